/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The last intercepts of a guest, for the report of a crash.
 */
#ifndef WORKER_HISTORY_H
#define WORKER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <worker/guest.h>

#define WORKER_HISTORY_LENGTH 16u /**< intercepts that are remembered */

/** An intercept that was. */
struct worker_past {
    uint64_t rip;              /**< of the instruction; 0 if the host executes it */
    uint64_t address;          /**< port, GPA, MSR or vector */
    uint32_t type;             /**< message type; 0: WORKER_INTERCEPT_ACCESS */
    uint32_t vp_index;         /**< whose */
    uint32_t repeats;          /**< so many more, the same, followed */
    bool is_port;              /**< what address is, of an access */
    bool is_write;             /**< from the guest to the device */
    enum worker_result result; /**< of the last of them */
};

/** The last intercepts. All fields are private. */
struct worker_history {
    uint32_t count;                                 /**< of all that are not repeats, ever */
    struct worker_past past[WORKER_HISTORY_LENGTH]; /**< a ring */
};

/** Starts without any. */
void worker_history_init(struct worker_history *history);

/** Remembers an intercept, and what has become of it. One that equals the last one is counted. */
void worker_history_add(struct worker_history *history, const struct worker_intercept *intercept,
                        enum worker_result result);

/** The @p age -th last intercept, from 0 on; NULL: it is forgotten or never was. */
const struct worker_past *worker_history_get(const struct worker_history *history, uint32_t age);

#endif
