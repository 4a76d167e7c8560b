/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Intercepts: how what a child's VP does becomes a message to its parent (TLFS v6.0b, chapters 6
 * and 13).
 *
 * The VP is suspended before the instruction takes effect, and a message is sent to SINT 0 of one
 * of the parent's VPs. Its room is part of the VP: a VP is not entered again before its message has
 * found its slot, so that there is no second one meanwhile, and none is lost.
 */
#ifndef HV_CORE_INTERCEPT_H
#define HV_CORE_INTERCEPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/exit.h>
#include <hv/status.h>
#include <hv/vp.h>

#include "apic.h"
#include "intercept_result.h"
#include "synic.h"
#include "vp_state_page.h"

struct hv_port;
struct hv_register128;

/* A message, and the parent's VP that it was sent to. */
struct hv_intercept_message {
    struct hv_synic_message message; /* first: it is found by its address */
    _Atomic(struct hv_vp *) receiver;
};

/* Notifications that an interrupt is complete, of one VP; they don't suspend it. */
struct hv_intercept_eoi {
    struct hv_intercept_message message; /* on its way while busy */
    _Atomic bool busy;
    _Atomic uint32_t vectors[HV_APIC_WORDS]; /* complete, and not yet told */
};

/* Part of struct hv_vp. */
struct hv_vp_intercept {
    struct hv_intercept_message message; /* on its way while HV_VP_SUSPEND_MESSAGE */
    struct hv_intercept_eoi eoi;
    _Atomic uint32_t caller; /* index of the parent's VP that dealt with this one last */
    struct hv_overlay pages[HV_VP_STATE_PAGES]; /* by HvVpStatePage value */
    struct hv_intercept_results results;
    struct hv_port *direct_port; /* of messages without a connection; NULL: there never was one */
};

/* For a VP of a child that has been created: it is suspended until its parent lets it run. */
void hv_intercept_init(struct hv_vp *vp);

/* An access to a port, which concerns the parent. On the VP's LP, as all that follows. */
enum hv_disposition hv_intercept_io(struct hv_vp *vp, const struct hv_exit *exit);

/* Another exit that does. */
enum hv_disposition hv_intercept_exit(struct hv_vp *vp, struct hv_exit *exit);

/*
 * A memory exit of a child that the nested page tables don't allow. mapped: there is a page, of
 * that cache type, without the right.
 */
enum hv_disposition hv_intercept_memory(struct hv_vp *vp, const struct hv_exit *exit, bool mapped,
                                        uint8_t cache_type);

/* A child's CPUID that the parent wants to see, which would answer this. */
enum hv_disposition hv_intercept_cpuid(struct hv_vp *vp, const struct hv_exit *exit,
                                       const uint32_t answer[4]);

/* A child asks for a reset of its machine, by the MSR that is for that: its parent is told. */
enum hv_disposition hv_intercept_reset(struct hv_vp *vp, const struct hv_exit *exit);

/* Tells the parent that a VP can be dispatched again; false: one that says so is on its way, or
   there is nobody to tell. */
bool hv_intercept_send_signal(struct hv_vp *vp);
void hv_intercept_init_signal(struct hv_intercept_message *signal);

/* Takes the signals that wait behind one of the same partition into it. On the receiver's LP. */
void hv_intercept_gather_signals(struct hv_vp *receiver, struct hv_synic_message *message);

/* A child has completed a level-triggered interrupt. */
void hv_intercept_end_of_interrupt(struct hv_vp *vp, uint8_t vector);

/* Where the message of a child's VP is to be written, in an exit: in its intercept message page, if
   that is mapped, which its parent sees and may write to. */
struct hv_message *hv_intercept_room(struct hv_vp *vp);

/* Suspends the VP, and tells its parent why by the message in that room: if that is the page, the
   message that is sent only says so. counter: the one of the VP's that counts it. */
enum hv_disposition hv_intercept_send(struct hv_vp *vp, const struct hv_message *content,
                                      unsigned counter);

/*
 * Takes back what is on its way from a VP that is not run any more, and takes its state pages out
 * of the parent's GPA space, so that nothing refers to it. On the LP of self, a VP of the parent.
 */
void hv_intercept_end(struct hv_vp *self, struct hv_vp *vp);

/*
 * Sends what children's VPs have sent to this one, which nobody finds any more and no LP has, to
 * another VP of its partition. On the LP of self, a VP above.
 */
void hv_intercept_forward(struct hv_vp *self, struct hv_vp *vp);

/* ---- Suspend registers (suspend.c) ---- */

/* Whether a name is one of them. */
bool hv_suspend_is_register(uint32_t name);

/* On the VP's LP, outside the guest: what is set counts when it returns. */
hv_status hv_suspend_get(const struct hv_vp *vp, uint32_t name, struct hv_register128 *value);
hv_status hv_suspend_set(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value);

/* As hv_suspend_set(), but who calls it wakes the VP if that runs now. */
hv_status hv_suspend_change(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value,
                            bool *runs);

/* Clears HvRegisterInterceptSuspend, for a VP that is dispatched then. On its LP. */
hv_status hv_suspend_end_intercept(struct hv_vp *vp);

#endif
