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

/** Remembers an intercept message. One that equals the last intercept is counted. */
void worker_history_add_message(struct worker_history *history, uint32_t vp_index,
                                const struct hv_message *message);

/** Remembers an access likewise. */
void worker_history_add_access(struct worker_history *history, uint32_t vp_index,
                               const struct worker_access *access);

/** Tells what has become of the intercept that was remembered last. */
void worker_history_conclude(struct worker_history *history, enum worker_result result);

/** The @p age -th last intercept, from 0 on; NULL: it is forgotten or never was. */
const struct worker_past *worker_history_get(const struct worker_history *history, uint32_t age);

#endif
