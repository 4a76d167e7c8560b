/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Registers that lie side by side and must not be one: those of a VP and of its partition, and
 * those of one purpose. A table with the wrong pointer in it answers every test of one register
 * alone.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Writes another value to each register; then each must still have its own. */
static void check_apart(const uint32_t *msrs, const uint64_t *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        REQUIRE_NO_FAULT(safe_wrmsr(msrs[i], values[i]));
    for (unsigned i = 0; i < count; i++) {
        uint64_t seen = 0;

        CHECK_NO_FAULT(safe_rdmsr(msrs[i], &seen));
        CHECK(seen == values[i], "MSR 0x%x is 0x%llx, 0x%llx was written", msrs[i],
              (unsigned long long)seen, (unsigned long long)values[i]);
    }
    for (unsigned i = 0; i < count; i++)
        REQUIRE_NO_FAULT(safe_wrmsr(msrs[i], 0));
}

HV_TEST(statistics, registers_are_four, COVERS(HV_REQ_STATS_009),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStatsReg),
        "Four pages that cover one another are three too few")
{
    static const uint32_t msrs[] = { HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE,
                                     HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE,
                                     HV_X64_MSR_STATS_VP_RETAIL_PAGE,
                                     HV_X64_MSR_STATS_VP_INTERNAL_PAGE };
    /* Not enabled, so that nothing is covered. */
    static const uint64_t values[] = { 0x1000000, 0x2000000, 0x3000000, 0x4000000 };

    check_apart(msrs, values, COUNT(msrs));
}

static uint64_t seen_by_ap;

static void read_vp_page(void *unused)
{
    (void)unused;
    (void)safe_rdmsr(HV_X64_MSR_STATS_VP_RETAIL_PAGE, &seen_by_ap);
}

HV_TEST(statistics, vp_registers_are_per_vp, COVERS(HV_REQ_STATS_009, HV_REQ_STATS_010),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStatsReg, .vps = 2),
        "Each VP has counters of its own, and a place for them")
{
    seen_by_ap = ~UINT64_C(0);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_STATS_VP_RETAIL_PAGE, 0x1000000));
    (void)smp_call(1, read_vp_page, NULL);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_STATS_VP_RETAIL_PAGE, 0));
    CHECK_EQ(seen_by_ap, 0);
}

HV_TEST(reference_time, control_of_emulation_and_of_reenlightenment_are_two,
        COVERS(HV_REQ_TIME_024, HV_REQ_TIME_026),
        NEEDS(.privileges = HV_PRIVILEGE_AccessReenlightenmentControls),
        "A guest that takes over its TSC after a migration writes both")
{
    static const uint32_t msrs[] = { HV_X64_MSR_REENLIGHTENMENT_CONTROL,
                                     HV_X64_MSR_TSC_EMULATION_CONTROL };
    static const uint64_t values[] = { 0x40, 1 };
    uint64_t status = 1;

    check_apart(msrs, values, COUNT(msrs));
    /* The status is a third one; nothing is emulated without a migration. */
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_TSC_EMULATION_CONTROL, 1));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_EMULATION_STATUS, &status));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_TSC_EMULATION_CONTROL, 0));
    CHECK_EQ(status, 0);
}
