/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What of a child's exits its parent gets to see. Always: port I/O, memory that is not mapped or
 * may not be used so, the end of the VP by a triple fault, a reset by the MSR for it. If it has
 * asked for it: exceptions, CPUID leaves, MSRs that nobody has and that it has registered nothing
 * for. HLT is the parent's in a partition without local APICs, where nothing here could end it.
 */
#include "core.h"
#include "intercept.h"
#include "intercept_install.h"
#include "intercept_message.h"

static __attribute__((noinline)) enum hv_disposition
send_plain(struct hv_vp *vp, const struct hv_exit *exit, uint32_t type)
{
    struct hv_message *message = hv_intercept_room(vp);
    struct hv_intercept_state state;

    hv_intercept_read_state(vp, exit->gprs, &state);
    hv_intercept_make_plain(message, &state, exit, type);
    return hv_intercept_send(vp, message, VpOtherMessages);
}

static enum hv_disposition handle_halt(struct hv_vp *vp, const struct hv_exit *exit)
{
    if (vp->partition->creation_flags & HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED)
        return HV_DISPOSITION_PASS;
    return send_plain(vp, exit, HvMessageTypeX64Halt);
}

uint32_t hv_vp_exception_intercepts(const struct hv_vp *vp)
{
    return atomic_load_explicit(&vp->partition->intercepts.exceptions, memory_order_relaxed);
}

static __attribute__((noinline)) enum hv_disposition handle_exception(struct hv_vp *vp,
                                                                      const struct hv_exit *exit)
{
    struct hv_message *message = hv_intercept_room(vp);
    struct hv_intercept_state state;

    if (!(hv_vp_exception_intercepts(vp) >> (exit->exception.vector & 31) & 1))
        return HV_DISPOSITION_PASS;
    hv_intercept_read_state(vp, exit->gprs, &state);
    hv_intercept_make_exception(message, &state, exit);
    return hv_intercept_send(vp, message, VpOtherMessages);
}

/* ---- MSRs that neither lib/core nor the back end has ---- */

static enum hv_disposition send_msr(struct hv_vp *vp, const struct hv_exit *exit, bool write)
{
    struct hv_message *message = hv_intercept_room(vp);
    struct hv_intercept_state state;

    hv_intercept_read_state(vp, exit->gprs, &state);
    hv_intercept_make_msr(message, &state, exit, write);
    return hv_intercept_send(vp, message, VpOtherMessages);
}

/* TLFS: HV_UNIMPLEMENTED_MSR_ACTION. */
static enum hv_disposition act_on_msr(struct hv_vp *vp, struct hv_exit *exit, uint32_t action)
{
    if (action == HvUnimplementedMsrActionFault)
        return hv_vp_inject_gp(vp);
    if (!exit->unknown_msr.write) {
        exit->gprs->gpr[HV_GPR_RAX] = 0;
        exit->gprs->gpr[HV_GPR_RDX] = 0;
    }
    return hv_exit_complete(exit);
}

static __attribute__((noinline)) enum hv_disposition handle_unknown_msr(struct hv_vp *vp,
                                                                        struct hv_exit *exit)
{
    const struct hv_partition *partition = vp->partition;
    uint32_t msr = (uint32_t)exit->gprs->gpr[HV_GPR_RCX];
    uint32_t action;

    if (hv_intercept_result_of_msr(vp, msr, exit->unknown_msr.write, &action))
        return act_on_msr(vp, exit, action);
    if (hv_intercept_is_on(partition, HvInterceptTypeX64Msr))
        return send_msr(vp, exit, exit->unknown_msr.write);
    action = atomic_load_explicit(&partition->intercepts.unknown_msr_action, memory_order_relaxed);
    return act_on_msr(vp, exit, action);
}

/* Its machine is the parent's, whether that has asked for MSRs or not. */
enum hv_disposition hv_intercept_reset(struct hv_vp *vp, const struct hv_exit *exit)
{
    return send_msr(vp, exit, true);
}

/* ---- All ---- */

enum hv_disposition hv_intercept_io(struct hv_vp *vp, const struct hv_exit *exit)
{
    struct hv_message *message;
    struct hv_intercept_state state;

    if (!hv_vp_parent(vp))
        return HV_DISPOSITION_PASS;
    message = hv_intercept_room(vp);
    hv_intercept_read_state(vp, exit->gprs, &state);
    hv_intercept_make_io(message, &state, exit);
    return hv_intercept_send(vp, message, VpIoInterceptMessages);
}

enum hv_disposition hv_intercept_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    if (!hv_vp_parent(vp))
        return exit->reason == HV_EXIT_UNKNOWN_MSR ? hv_vp_inject_gp(vp) : HV_DISPOSITION_PASS;
    switch (exit->reason) {
    case HV_EXIT_HALT:
        return handle_halt(vp, exit);
    case HV_EXIT_EXCEPTION:
        return handle_exception(vp, exit);
    case HV_EXIT_UNKNOWN_MSR:
        return handle_unknown_msr(vp, exit);
    default:
        return send_plain(vp, exit, HvMessageTypeUnrecoverableException);
    }
}

enum hv_disposition hv_intercept_memory(struct hv_vp *vp, const struct hv_exit *exit, bool mapped,
                                        uint8_t cache_type)
{
    uint32_t type = mapped ? HvMessageTypeGpaIntercept : HvMessageTypeUnmappedGpa;
    struct hv_message *message = hv_intercept_room(vp);
    struct hv_intercept_state state;

    hv_flush_inhibit(vp);
    hv_intercept_read_state(vp, exit->gprs, &state);
    hv_intercept_make_memory(message, &state, exit, type, cache_type);
    return hv_intercept_send(vp, message, VpMemoryInterceptMessages);
}

enum hv_disposition hv_intercept_cpuid(struct hv_vp *vp, const struct hv_exit *exit,
                                       const uint32_t answer[4])
{
    struct hv_message *message = hv_intercept_room(vp);
    struct hv_intercept_state state;

    hv_intercept_read_state(vp, exit->gprs, &state);
    hv_intercept_make_cpuid(message, &state, exit, answer);
    return hv_intercept_send(vp, message, VpOtherMessages);
}
