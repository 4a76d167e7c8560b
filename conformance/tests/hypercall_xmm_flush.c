/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Flushes with their input in registers. The set, its banks and the list come one behind the other
 * over RDX, R8 and the XMM registers; KVM took the list from where the banks are (Linux
 * 7321f47eada5), and before 6.2 flushed everything, which hid it.
 */
#include "flush_support.h"

/* A call that has no fast form says so by a status, which the TLFS leaves open. */
static bool has_fast_form(const struct flush *flush)
{
    uint16_t status = make_flush(flush, 0, true, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);

    return status != HV_STATUS_INVALID_PARAMETER && status != HV_STATUS_INVALID_HYPERCALL_INPUT;
}

static void check_fast_flushes(const struct flush flushes[2])
{
    unsigned fast = 0;

    begin_with_vps();
    for (unsigned i = 0; i < 2; i++) {
        if (!has_fast_form(&flushes[i]))
            continue;
        fast++;
        for (uint32_t cpu = 0; cpu < cpu_count() && (flushes[i].set || fits_mask(cpu)); cpu++)
            check_flush(&flushes[i], cpu, true);
    }
    if (!fast)
        test_skip("the flush calls have no fast form");
}

HV_TEST(hypercall_abi, xmm_flushes_by_mask_flush, COVERS(HV_REQ_HC_067),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT,
              .recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL),
        "The mask is in XMM0 and the list begins in its upper half")
{
    check_fast_flushes(flushes_by_mask);
}

HV_TEST(hypercall_abi, xmm_flushes_by_set_flush, COVERS(HV_REQ_HC_067, HV_REQ_HC_037),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT,
              .recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL),
        "The banks are in XMM1, and the list begins behind the last of them")
{
    check_fast_flushes(flushes_by_set);
}
