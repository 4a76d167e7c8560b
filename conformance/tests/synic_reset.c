/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The SynIC and the timers of a VP that is new, and of one that has been reset. */
#include "synic_support.h"

#define SYNIC     NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs)
#define TIMERS    NEEDS(.privileges = HV_PRIVILEGE_AccessSyntheticTimerRegs)
#define BOTH      HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_AccessSyntheticTimerRegs
#define SINT      3
#define LAST_VP   (cpu_count() - 1)
#define LONG_TIME (1000 * SYNIC_MS)

HV_TEST(synic, a_new_vp_has_everything_off,
        COVERS(HV_REQ_SYNIC_002, HV_REQ_SYNIC_007, HV_REQ_SYNIC_010, HV_REQ_SYNIC_019), SYNIC,
        "A guest sets what it needs and takes the rest for granted")
{
    const struct hv_initial_synic *initial = hv_initial_synic();

    REQUIRE(initial->present, "the registers can't be read");
    CHECK_EQ(initial->scontrol, 0);
    CHECK(hv_is_initial_place(initial->siefp), "SIEFP is 0x%llx",
          (unsigned long long)initial->siefp);
    CHECK(hv_is_initial_place(initial->simp), "SIMP is 0x%llx", (unsigned long long)initial->simp);
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        CHECK(initial->sint[i] == HV_X64_MSR_SINT_RESET, "SINT%u is 0x%llx", i,
              (unsigned long long)initial->sint[i]);
}

HV_TEST(synic, slots_and_queues_of_a_new_vp_are_empty, COVERS(HV_REQ_SYNIC_033, HV_REQ_SYNIC_053),
        SYNIC, "A slot that looks full takes no message")
{
    REQUIRE(hv_initial_synic()->present, "the registers can't be read");
    CHECK_EQ(hv_initial_synic()->message_bytes_set, 0);
}

HV_TEST(synic, event_flags_of_a_new_vp_are_clear, COVERS(HV_REQ_SYNIC_034), SYNIC,
        "A flag that is set already brings no interrupt")
{
    REQUIRE(hv_initial_synic()->present, "the registers can't be read");
    CHECK_EQ(hv_initial_synic()->event_bytes_set, 0);
}

HV_TEST(synthetic_timers, timers_of_a_new_vp_are_off, COVERS(HV_REQ_TIMER_003), TIMERS,
        "A timer that ticks by itself interrupts a guest that has no handler yet")
{
    REQUIRE(hv_initial_synic()->has_timers, "the registers can't be read");
    for (unsigned i = 0; i < HV_SYNIC_STIMER_COUNT; i++)
        CHECK_EQ(hv_initial_synic()->timer_config[i], 0);
}

static struct {
    uint64_t message_gpa, event_gpa;
    uint64_t scontrol, siefp, simp, timer_config;
    unsigned message_bytes_set, event_bytes_set;
} last;

static void use(void *later)
{
    synic_off(NULL);
    safe_wrmsr(HV_X64_MSR_SIMP, last.message_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(HV_X64_MSR_SIEFP, last.event_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    safe_wrmsr(synic_sint_msr(SINT), SYNIC_VECTOR | HV_X64_MSR_SINT_MASKED);
    memset((void *)(uintptr_t)last.message_gpa, 0x11, PAGE_SIZE);
    memset((void *)(uintptr_t)last.event_gpa, 0x11, PAGE_SIZE);
    /* One message that waits for its slot, and one that is not due. */
    safe_wrmsr(synic_count_msr(1), 1);
    safe_wrmsr(synic_config_msr(1), HV_X64_MSR_STIMER_CONFIG_ENABLE |
                                        (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
    safe_wrmsr(synic_count_msr(0), *(uint64_t *)later);
    safe_wrmsr(synic_config_msr(0), HV_X64_MSR_STIMER_CONFIG_ENABLE |
                                        (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
}

static void read_all(void *unused)
{
    (void)unused;
    safe_rdmsr(HV_X64_MSR_SCONTROL, &last.scontrol);
    safe_rdmsr(HV_X64_MSR_SIEFP, &last.siefp);
    safe_rdmsr(HV_X64_MSR_SIMP, &last.simp);
    safe_rdmsr(synic_config_msr(0), &last.timer_config);
}

static void look_at_pages(void *unused)
{
    (void)unused;
    safe_wrmsr(HV_X64_MSR_SIMP, last.message_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(HV_X64_MSR_SIEFP, last.event_gpa | HV_X64_MSR_PAGE_ENABLE);
    safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    safe_wrmsr(HV_X64_MSR_EOM, 0);
    udelay(SYNIC_QUIET);
    last.message_bytes_set = hv_differing((volatile uint8_t *)(uintptr_t)last.message_gpa, 0, 0);
    last.event_bytes_set = hv_differing((volatile uint8_t *)(uintptr_t)last.event_gpa, 0, 0);
}

static void begin_again(void)
{
    uint64_t later = synic_now() + LONG_TIME;

    last.message_gpa = phys_of(hv_test_page(0));
    last.event_gpa = phys_of(hv_test_page(0));
    REQUIRE_NO_FAULT(smp_call(LAST_VP, use, &later));
    smp_stop(LAST_VP);
    REQUIRE(smp_restart(LAST_VP), "VP %u did not come back", LAST_VP);
}

static const char *kept_or_reset(bool kept)
{
    return kept ? "kept" : "reset";
}

/* KVM and Xen keep all of it: a system that starts a VP anew by INIT finds what another has left.
 */
HV_CHARACTERIZE(synic, what_init_leaves, COVERS(HV_REQ_GAP_206),
                NEEDS(.privileges = BOTH | HV_PRIVILEGE_AccessPartitionReferenceCounter, .vps = 2),
                "The TLFS speaks of the reset of a VP, and does not say that INIT is one")
{
    begin_again();
    REQUIRE_NO_FAULT(smp_call(LAST_VP, read_all, NULL));
    OBSERVE("scontrol", "%s", kept_or_reset(last.scontrol != 0));
    OBSERVE("siefp", "%s", kept_or_reset(last.siefp != 0));
    OBSERVE("simp", "%s", kept_or_reset(last.simp != 0));
    OBSERVE("timers", "%s", kept_or_reset(last.timer_config != 0));
    REQUIRE_NO_FAULT(smp_call(LAST_VP, look_at_pages, NULL));
    OBSERVE("messages", "%s", kept_or_reset(last.message_bytes_set != 0));
    OBSERVE("event-flags", "%s", kept_or_reset(last.event_bytes_set != 0));
    REQUIRE_NO_FAULT(smp_call(LAST_VP, synic_off, NULL));
}
