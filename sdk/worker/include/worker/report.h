/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What to tell a person about a guest that has crashed.
 */
#ifndef WORKER_REPORT_H
#define WORKER_REPORT_H

#include <stdint.h>

#include <worker/machine.h>

#define WORKER_REPORT_LINE 100u /**< most characters of a line, with the zero at the end */

/** Where the lines of a report go. */
struct worker_report_sink {
    /** Handed to the function. */
    void *context;
    /** Takes a line without an end of line. It is gone when the function returns. */
    void (*line)(void *context, const char *text);
};

/**
 * Tells why a machine has stopped, the registers of one VP, what the guest says of its own crash
 * (TLFS "Guest Crash Enlightenment") and the last intercepts, the latest first.
 *
 * @param machine   One that no one else uses meanwhile; the VP must be suspended.
 * @param vp_index  VP. Registers that the VID refuses are left out.
 * @param sink      Where to.
 */
void worker_report(const struct worker_machine *machine, uint32_t vp_index,
                   const struct worker_report_sink *sink);

#endif
