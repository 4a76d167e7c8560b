/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Accesses that an overlay does not allow, or that reach no memory at all. */
#include "vp_register_support.h"

HV_TEST(gpa_space_and_overlays, writing_to_the_tsc_page_raises_mc, COVERS(HV_REQ_GPA_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "A write that is tried again and again hangs the VP; one that goes through spoils all time")
{
    uint8_t *page = hv_test_page(0x5a);
    const volatile struct hv_reference_tsc_page *time = (void *)page;
    uint64_t scale;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, phys_of(page) | HV_X64_MSR_PAGE_ENABLE));
    scale = time->tsc_scale;
    CHECK_FAULT(safe_write64((void *)(uintptr_t)&time->tsc_scale, ~scale), VECTOR_MC);
    CHECK_EQ(time->tsc_scale, scale);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, 0));
    free_page(page);
}

HV_TEST(statistics, writing_to_a_page_raises_mc, COVERS(HV_REQ_STATS_007, HV_REQ_GPA_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStatsReg), "Counters are the hypervisor's to write")
{
    static const uint32_t msrs[] = { HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE,
                                     HV_X64_MSR_STATS_VP_RETAIL_PAGE };
    uint8_t *page = hv_test_page(0x5b);

    for (unsigned i = 0; i < 2; i++) {
        REQUIRE_NO_FAULT(safe_wrmsr(msrs[i], phys_of(page) | HV_X64_MSR_PAGE_ENABLE));
        CHECK_FAULT(safe_write64(page + 8, 1), VECTOR_MC);
        REQUIRE_NO_FAULT(safe_wrmsr(msrs[i], 0));
    }
    free_page(page);
}

HV_TEST(hypercall_abi, calls_without_reachable_input_do_not_succeed, COVERS(HV_REQ_HC_048),
        REGISTER_ACCESS, "What the hypervisor could not read it must not act on")
{
    uint64_t last_page = (UINT64_C(1) << hv_physical_address_bits()) - PAGE_SIZE;
    uint64_t result;

    begin();
    /* What the call before has read must not stand in for what this one can't read. */
    (void)get(HvRegisterGuestOsId);
    result = hv_call(hv_control(HvCallGetVpRegisters, false, 0, 1, 0), last_page, phys_of(output));
    CHECK(hv_result_status(result) != HV_STATUS_SUCCESS, "the call succeeded");
    CHECK_EQ(hv_result_reps(result), 0);
    test_value("status", "0x%x", hv_result_status(result));
}
