/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What no message tells of: a crash that the guest has reported, and VPs that wait for good.
 *
 * A host looks from time to time, a second apart or so. Each has to be seen twice: what the guest
 * writes on its console after its report is to be seen too; and VPs are looked at one after the
 * other, so one may have woken another in between.
 *
 * Needed of worker_vid::get_registers for VPs that run: HvRegisterGuestCrashP0 and the following,
 * HvRegisterInternalActivityState and RFLAGS. Where it refuses, nothing is seen.
 */
#ifndef WORKER_WATCH_H
#define WORKER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <worker/vid.h>

/** What a look has found. */
enum worker_watch_result {
    WORKER_WATCH_NOTHING, /**< it goes on */
    WORKER_WATCH_CRASHED, /**< the guest has reported a crash */
    WORKER_WATCH_STILL, /**< each VP waits for its start-up, or is halted and takes no interrupt */
};

/** What was found by the last look. Zero before the first. */
struct worker_watch {
    bool crashed; /**< crash registers have something */
    bool still;   /**< nothing can wake a VP */
};

/**
 * Whether the guest has reported a crash (TLFS "Guest Crash Enlightenment").
 *
 * @param vid  The host.
 */
bool worker_watch_sees_crash(const struct worker_vid *vid);

/**
 * Looks at all VPs.
 *
 * @param watch     Of the machine.
 * @param vid       The host.
 * @param vp_count  VPs, from index 0 on.
 */
enum worker_watch_result worker_watch_look(struct worker_watch *watch, const struct worker_vid *vid,
                                           uint32_t vp_count);

#endif
