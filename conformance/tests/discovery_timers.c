/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Two bits of CPUID leaf 0x40000003 that a synthetic timer shows: direct mode, and polled SINTs. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define VECTOR_TIMER 0x73
#define SINT         4u
#define SOON         UINT64_C(1000)    /* 100 microseconds, in units of 100 ns */
#define LONG_ENOUGH  UINT64_C(1000000) /* microseconds */

#define DIRECT_VECTOR ((uint64_t)VECTOR_TIMER << HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT)
#define TIMER_NEEDS \
    (HV_PRIVILEGE_AccessSyntheticTimerRegs | HV_PRIVILEGE_AccessPartitionReferenceCounter)

static uint64_t soon(void)
{
    return rdmsr(HV_X64_MSR_TIME_REF_COUNT) + SOON;
}

/* Lets interrupts in until @p expected have come; a while longer, for one too many. */
static uint32_t take_interrupts(uint32_t expected, uint64_t microseconds)
{
    uint64_t end = rdtsc() + tsc_from_us(microseconds);

    irq_enable();
    while (hv_interrupt_count() < expected && rdtsc() < end)
        cpu_pause();
    udelay(1000);
    irq_disable();
    return hv_interrupt_count();
}

static void begin(void)
{
    apic_enable();
    hv_count_interrupts(VECTOR_TIMER);
}

static void end(void)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_CONFIG, 0));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_COUNT, 0));
    register_interrupt(VECTOR_TIMER, NULL, NULL);
}

HV_TEST(discovery, direct_timers_interrupt_when_announced, COVERS(HV_REQ_CPUID_035),
        NEEDS(.privileges = TIMER_NEEDS, .features = HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS),
        "Linux takes its clock events so, with no SynIC at all")
{
    begin();
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_COUNT, soon()));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_CONFIG, HV_X64_MSR_STIMER_CONFIG_ENABLE |
                                                             HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE |
                                                             DIRECT_VECTOR));
    CHECK_EQ(take_interrupts(1, LONG_ENOUGH), 1);
    end();
}

HV_TEST(discovery, direct_timers_do_not_interrupt_unless_announced, COVERS(HV_REQ_CPUID_035),
        NEEDS(.privileges = TIMER_NEEDS, .lacks_features = HV_FEATURE_EDX_DIRECT_SYNTHETIC_TIMERS),
        "The bits of the mode are reserved then: refused, or of no effect")
{
    begin();
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_COUNT, soon()));
    (void)safe_wrmsr(HV_X64_MSR_STIMER0_CONFIG, HV_X64_MSR_STIMER_CONFIG_ENABLE |
                                                    HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE |
                                                    DIRECT_VECTOR);
    CHECK_EQ(take_interrupts(1, 10000), 0);
    end();
}

/* The type of a message is its first word. */
static volatile uint32_t *message_type(uint8_t *page)
{
    return (volatile uint32_t *)(void *)(page + SINT * sizeof(struct hv_message));
}

/* A timer's message to the SINT; whether one came. */
static bool timer_message_comes(uint8_t *page, uint64_t sint)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, phys_of(page) | HV_X64_MSR_PAGE_ENABLE));
    /* An overlay brings the message along that an earlier test has left in it. */
    *message_type(page) = HvMessageTypeNone;
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SINT0 + SINT, sint));
    /* The count first: a timer with a count of zero may not let itself be enabled, as on Xen. */
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_COUNT, soon()));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_STIMER0_CONFIG,
                              HV_X64_MSR_STIMER_CONFIG_ENABLE |
                                  (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT));
    return wait_until_equal(message_type(page), HvMessageTimerExpired, LONG_ENOUGH);
}

static void end_synic(void)
{
    end();
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SINT0 + SINT, HV_X64_MSR_SINT_MASKED | VECTOR_TIMER));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, 0));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, 0));
}

HV_TEST(discovery, polled_sints_do_not_interrupt_when_announced, COVERS(HV_REQ_CPUID_033),
        NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs | TIMER_NEEDS,
              .features = HV_FEATURE_EDX_SINT_POLLING_MODE),
        "Xen has the bit and no polling: the interrupt comes at a vector that nobody expects")
{
    uint8_t *page = hv_test_page(0);
    uint64_t sint = HV_X64_MSR_SINT_POLLING | VECTOR_TIMER, value;

    begin();
    CHECK(timer_message_comes(page, sint), "no message came");
    CHECK_EQ(take_interrupts(1, 10000), 0);
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_SINT0 + SINT, &value));
    CHECK_EQ(value, sint);
    end_synic();
    free_page(page);
}

HV_TEST(discovery, sints_interrupt_while_they_are_not_polled, COVERS(HV_REQ_CPUID_033),
        NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs | TIMER_NEEDS),
        "The same with the bit clear, as most guests use their SINTs")
{
    uint8_t *page = hv_test_page(0);

    begin();
    CHECK(timer_message_comes(page, VECTOR_TIMER), "no message came");
    CHECK_EQ(take_interrupts(1, LONG_ENOUGH), 1);
    end_synic();
    free_page(page);
}
