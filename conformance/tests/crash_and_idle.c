/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Crash registers, guest idle, statistics pages. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define CRASH_NEEDS NEEDS(.features = HV_FEATURE_EDX_GUEST_CRASH_MSRS)

HV_TEST(crash_enlightenment, parameters_keep_what_was_written,
        COVERS(HV_REQ_CRASH_001, HV_REQ_CRASH_002), CRASH_NEEDS,
        "They are written one by one before the notification")
{
    uint64_t value;

    for (uint32_t i = 0; i < 5; i++)
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + i, UINT64_C(0x1122334455667700) + i));
    for (uint32_t i = 0; i < 5; i++) {
        CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_P0 + i, &value));
        CHECK_EQ(value, UINT64_C(0x1122334455667700) + i);
    }
    for (uint32_t i = 0; i < 5; i++)
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + i, 0));
}

HV_TEST(crash_enlightenment, control_reports_supported_actions, COVERS(HV_REQ_CRASH_003),
        CRASH_NEEDS, "A guest asks here before it crashes whether anybody listens")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_CTL, &value));
    CHECK((value & HV_CRASH_CTL_CRASH_NOTIFY) != 0, "CrashNotify is not supported: 0x%llx",
          (unsigned long long)value);
    CHECK_EQ(value & ~(HV_CRASH_CTL_CRASH_NOTIFY | HV_CRASH_CTL_CRASH_MESSAGE |
                       HV_CRASH_CTL_NO_CRASH_DUMP | HV_CRASH_CTL_PRE_OS_ID_MASK),
             0);
    test_value("actions", "0x%016llx", (unsigned long long)value);
}

HV_TEST(crash_enlightenment, control_write_does_not_change_supported_actions,
        COVERS(HV_REQ_CRASH_003, HV_REQ_CRASH_006), CRASH_NEEDS,
        "Reading tells what is possible, not what was written")
{
    uint64_t before, after;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_CTL, &before));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_CTL, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_CTL, &after));
    CHECK_EQ(after, before);
}

/*
 * Writing CrashNotify is left to targets that survive it: QEMU on KVM reports the panic and, by its
 * default action, pauses or ends the machine.
 */
static bool may_notify(void)
{
    return boot_option("crash-notify", NULL, 0);
}

HV_TEST(crash_enlightenment, notification_does_not_fault,
        COVERS(HV_REQ_CRASH_004, HV_REQ_CRASH_007), CRASH_NEEDS,
        "An exception in the crash handler loses the report")
{
    if (!may_notify())
        test_skip("the target ends a machine that reports a crash");
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0, 0x7e57));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_CTL, HV_CRASH_CTL_CRASH_NOTIFY));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0, 0));
}

/* Reports a crash with a message of that place and length, and takes the registers back: a host
   that looks at them now and then ends a guest that leaves them so. */
static void notify_with_message(uint64_t gpa, uint64_t length)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P3, gpa));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P4, length));
    CHECK_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_CRASH_CTL, HV_CRASH_CTL_CRASH_NOTIFY | HV_CRASH_CTL_CRASH_MESSAGE));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P3, 0));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P4, 0));
}

HV_TEST(crash_enlightenment, message_is_accepted, COVERS(HV_REQ_CRASH_005, HV_REQ_CRASH_007),
        CRASH_NEEDS, "Linux sends the end of its kernel log so")
{
    uint8_t *page = hv_test_page('c');

    if (!may_notify())
        test_skip("the target ends a machine that reports a crash");
    notify_with_message(phys_of(page), PAGE_SIZE);
    notify_with_message(phys_of(page) + 100, 17);
    free_page(page);
}

HV_TEST(crash_enlightenment, hostile_messages_are_harmless, COVERS(HV_REQ_CRASH_010), CRASH_NEEDS,
        "Address and length come from a guest that is already broken")
{
    uint8_t *page = hv_test_page('d');

    if (!may_notify())
        test_skip("the target ends a machine that reports a crash");
    notify_with_message(phys_of(page), PAGE_SIZE + 1);
    notify_with_message(phys_of(page), UINT64_MAX);
    notify_with_message(UINT64_MAX, 16);
    notify_with_message(UINT64_C(1) << hv_physical_address_bits(), PAGE_SIZE);
    notify_with_message(0, 0);
    free_page(page);
}

/* TLFS v6.0b reserves all but the two upper bits. */
HV_CHARACTERIZE(crash_enlightenment, actions_beyond_notify, COVERS(HV_REQ_GAP_133), CRASH_NEEDS,
                "PreOSId and NoCrashDump are in the later text alone")
{
    const uint64_t later = HV_CRASH_CTL_NO_CRASH_DUMP | HV_CRASH_CTL_PRE_OS_ID_MASK;
    uint64_t actions;
    struct fault fault;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_CRASH_CTL, &actions));
    OBSERVE("crash-message", "%s", actions & HV_CRASH_CTL_CRASH_MESSAGE ? "offered" : "absent");
    OBSERVE("no-crash-dump", "%s", actions & HV_CRASH_CTL_NO_CRASH_DUMP ? "offered" : "absent");
    OBSERVE("pre-os-id", "%s", actions & HV_CRASH_CTL_PRE_OS_ID_MASK ? "offered" : "absent");
    fault = safe_wrmsr(HV_X64_MSR_CRASH_CTL, later);
    OBSERVE("writing-them", "%s", fault.raised ? vector_name(fault.vector) : "taken");
}

static uint64_t seen_parameter;

static void read_parameter(void *unused)
{
    (void)unused;
    (void)safe_rdmsr(HV_X64_MSR_CRASH_P0 + 1, &seen_parameter);
}

/* KVM: of the partition. Xen: of each VP. */
HV_CHARACTERIZE(crash_enlightenment, whose_parameters_they_are, COVERS(HV_REQ_GAP_244),
                NEEDS(.features = HV_FEATURE_EDX_GUEST_CRASH_MSRS, .vps = 2),
                "A crash handler that moves to another VP may find other parameters there")
{
    const uint64_t mark = UINT64_C(0x7e577e577e577e57);

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + 1, mark));
    REQUIRE_NO_FAULT(smp_call(1, read_parameter, NULL));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + 1, 0));
    OBSERVE("scope", "%s", seen_parameter == mark ? "partition" : "VP");
}

/* ---- Guest idle ---- */

#define IDLE_VECTOR 0x61
#define IDLE_NEEDS                                       \
    NEEDS(.privileges = HV_PRIVILEGE_AccessGuestIdleReg, \
          .features = HV_FEATURE_EDX_GUEST_IDLE_STATE)

#define IDLE_TICKS 1000000 /* of the APIC timer */

/* Reads the register; returns the TSC ticks that passed. */
static uint64_t idle(void)
{
    uint64_t start = rdtsc_ordered(), value;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_IDLE, &value));
    return rdtsc_ordered() - start;
}

/* With interrupts taken, one shot could come before the VP idles, and nothing would wake it. */
static void idle_with_interrupts(void)
{
    hv_count_interrupts(IDLE_VECTOR);
    apic_timer_periodic(IDLE_VECTOR, IDLE_TICKS);
    irq_enable();
    (void)idle();
    irq_disable();
    apic_timer_stop();
}

/* Takes what the timer may have left behind. */
static void end_idle(void)
{
    irq_window();
    register_interrupt(IDLE_VECTOR, NULL, NULL);
}

/* One try: whether the VP idled until the timer fired, rather than found it fired already. */
static bool idle_masked(void)
{
    uint64_t ticks;

    hv_count_interrupts(IDLE_VECTOR);
    irq_disable();
    apic_timer_oneshot(IDLE_VECTOR, IDLE_TICKS);
    ticks = idle();
    CHECK(hv_interrupt_count() == 0, "the interrupt was taken although RFLAGS.IF is clear");
    CHECK(apic_is_pending(IDLE_VECTOR) || apic_in_service(IDLE_VECTOR), "the interrupt is lost");
    irq_window();
    CHECK_EQ(hv_interrupt_count(), 1);
    register_interrupt(IDLE_VECTOR, NULL, NULL);
    return ticks > 20000;
}

HV_TEST(
    guest_idle, an_interrupt_wakes_although_interrupts_are_masked,
    COVERS(HV_REQ_IDLE_001, HV_REQ_IDLE_002), IDLE_NEEDS,
    "The idle loop reads the register with interrupts off, so that none slips in before it sleeps")
{
    unsigned tries = 1;

    /* On a busy machine the timer may have fired before the register is read. */
    while (!idle_masked() && tries < 10)
        tries++;
    CHECK(tries < 10, "the VP never idled");
}

HV_TEST(guest_idle, execution_continues_behind_the_instruction, COVERS(HV_REQ_IDLE_006), IDLE_NEEDS,
        "The interrupt is taken at the next instruction boundary")
{
    idle_with_interrupts();
    CHECK(hv_interrupt_count() >= 1, "the VP woke and took no interrupt");
    end_idle();
}

HV_TEST(guest_idle, a_pending_interrupt_prevents_idling, COVERS(HV_REQ_IDLE_004), IDLE_NEEDS,
        "An interrupt that came just before must not be slept through")
{
    uint64_t value;

    hv_count_interrupts(IDLE_VECTOR);
    irq_disable();
    apic_self_ipi(IDLE_VECTOR);
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_IDLE, &value));
    irq_window();
    CHECK_EQ(hv_interrupt_count(), 1);
    register_interrupt(IDLE_VECTOR, NULL, NULL);
}

static volatile uint32_t ap_runs;

static void run_for_a_while(void *stop)
{
    while (!*(volatile uint32_t *)stop) {
        ap_runs++;
        cpu_pause();
    }
}

HV_TEST(guest_idle, other_vps_go_on, COVERS(HV_REQ_IDLE_005),
        NEEDS(.privileges = HV_PRIVILEGE_AccessGuestIdleReg,
              .features = HV_FEATURE_EDX_GUEST_IDLE_STATE, .vps = 2),
        "Idle is a state of one VP")
{
    static volatile uint32_t stop;
    uint32_t before;

    stop = 0;
    ap_runs = 0;
    smp_start(1, run_for_a_while, (void *)(uintptr_t)&stop);
    while (ap_runs == 0)
        cpu_pause();
    before = ap_runs;
    /* The machine below may give VP 1 no time during a single one. */
    for (unsigned i = 0; i < 100 && ap_runs == before; i++)
        idle_with_interrupts();
    CHECK(ap_runs > before, "VP 1 stood still while VP 0 was idle");
    stop = 1;
    (void)smp_join(1);
    end_idle();
}

HV_TEST(guest_idle, register_is_read_only, COVERS(HV_REQ_MSR_028), IDLE_NEEDS,
        "Reading it is the whole interface")
{
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_IDLE, 0), VECTOR_GP);
}

HV_CHARACTERIZE(guest_idle, what_the_register_returns, COVERS(HV_REQ_GAP_240), IDLE_NEEDS,
                "Neither the value nor a wait with an interrupt pending is described")
{
    uint64_t value = ~UINT64_C(0), start;

    hv_count_interrupts(IDLE_VECTOR);
    irq_disable();
    apic_timer_periodic(IDLE_VECTOR, IDLE_TICKS);
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_IDLE, &value));
    OBSERVE("value", "0x%llx", (unsigned long long)value);
    apic_timer_stop();
    irq_window();
    apic_self_ipi(IDLE_VECTOR);
    start = rdtsc_ordered();
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_IDLE, &value));
    OBSERVE("with-one-pending", "0x%llx, %s", (unsigned long long)value,
            tsc_to_us(rdtsc_ordered() - start) < 1000000 ? "at once" : "later");
    end_idle();
}

/* ---- Woken by a synthetic timer ---- */

#define TIMER_SINT    2u
#define TIMER_VECTOR  0x62
#define BACKUP_TICKS  500000000 /* of the APIC timer; long after the synthetic one */
#define TIMER_PERIODS 10000     /* of 100 ns: 1 ms */

#define TIMER_NEEDS                                                                      \
    NEEDS(.privileges = HV_PRIVILEGE_AccessGuestIdleReg | HV_PRIVILEGE_AccessSynicRegs | \
                        HV_PRIVILEGE_AccessSyntheticTimerRegs |                          \
                        HV_PRIVILEGE_AccessPartitionReferenceCounter,                    \
          .features = HV_FEATURE_EDX_GUEST_IDLE_STATE)

/* Synthetic timer 0 sends a message to a SINT of this VP in about a millisecond. */
static void arm_timer(uint8_t *messages)
{
    volatile struct hv_message_page *page = (void *)messages;

    wrmsr(HV_X64_MSR_SIMP, phys_of(messages) | HV_X64_MSR_PAGE_ENABLE);
    /* An overlay keeps what an earlier test has left in it. */
    page->sint_message[TIMER_SINT].header.message_type = HvMessageTypeNone;
    wrmsr(HV_X64_MSR_SINT0 + TIMER_SINT, TIMER_VECTOR);
    wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    wrmsr(HV_X64_MSR_STIMER0_COUNT, rdmsr(HV_X64_MSR_TIME_REF_COUNT) + TIMER_PERIODS);
    wrmsr(HV_X64_MSR_STIMER0_CONFIG,
          TIMER_SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT | HV_X64_MSR_STIMER_CONFIG_ENABLE);
}

static void disarm_timer(uint64_t messages_msr)
{
    wrmsr(HV_X64_MSR_STIMER0_CONFIG, 0);
    wrmsr(HV_X64_MSR_STIMER0_COUNT, 0);
    wrmsr(HV_X64_MSR_SCONTROL, 0);
    wrmsr(HV_X64_MSR_SINT0 + TIMER_SINT, HV_X64_MSR_SINT_RESET);
    wrmsr(HV_X64_MSR_SIMP, messages_msr);
}

HV_TEST(guest_idle, a_synthetic_timer_wakes, COVERS(HV_REQ_IDLE_003), TIMER_NEEDS,
        "An idle loop sleeps until its next timer, and that is a synthetic one where there are any")
{
    uint8_t *messages = hv_test_page(0);
    uint64_t messages_msr = rdmsr(HV_X64_MSR_SIMP);

    irq_disable();
    hv_count_interrupts(TIMER_VECTOR);
    /* So that a VP that is not woken fails the test and does not hang it. */
    apic_timer_oneshot(IDLE_VECTOR, BACKUP_TICKS);
    arm_timer(messages);
    (void)idle();
    CHECK(!apic_is_pending(IDLE_VECTOR), "the local APIC's timer woke the VP");
    irq_window();
    CHECK_EQ(hv_interrupt_count(), 1);
    apic_timer_stop();
    disarm_timer(messages_msr);
    irq_window();
    register_interrupt(TIMER_VECTOR, NULL, NULL);
    free_page(messages);
}

/* ---- Statistics pages ---- */

static const uint32_t stats_msrs[] = {
    HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE,
    HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE,
    HV_X64_MSR_STATS_VP_RETAIL_PAGE,
    HV_X64_MSR_STATS_VP_INTERNAL_PAGE,
};

HV_TEST(statistics, registers_are_zero_at_first, COVERS(HV_REQ_STATS_009),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStatsReg),
        "Nothing may lie over memory before the guest asks for it")
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t value = 1;

        CHECK_NO_FAULT(safe_rdmsr(stats_msrs[i], &value));
        CHECK_EQ(value, 0);
    }
}

HV_TEST(statistics, pages_are_overlays, COVERS(HV_REQ_STATS_010, HV_REQ_GPA_004),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStatsReg),
        "What lay beneath must be there again afterwards")
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *page = hv_test_page(0x88);
        uint64_t value;
        unsigned differ = 0;

        REQUIRE_NO_FAULT(safe_wrmsr(stats_msrs[i], phys_of(page) | HV_X64_MSR_PAGE_ENABLE));
        REQUIRE_NO_FAULT(safe_rdmsr(stats_msrs[i], &value));
        CHECK_EQ(value, phys_of(page) | HV_X64_MSR_PAGE_ENABLE);
        CHECK(((volatile uint8_t *)page)[0] != 0x88 || ((volatile uint8_t *)page)[4095] != 0x88,
              "MSR 0x%x: memory shows while the page is enabled", stats_msrs[i]);
        REQUIRE_NO_FAULT(safe_wrmsr(stats_msrs[i], 0));
        for (unsigned byte = 0; byte < PAGE_SIZE; byte++)
            differ += ((volatile uint8_t *)page)[byte] != 0x88;
        CHECK(differ == 0, "MSR 0x%x: %u bytes differ after it was disabled", stats_msrs[i],
              differ);
        free_page(page);
    }
}

HV_TEST(statistics, a_base_beyond_the_gpa_space_does_not_fault, COVERS(HV_REQ_STATS_010),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStatsReg), "The page is then simply not accessible")
{
    for (unsigned i = 0; i < 4; i++) {
        CHECK_NO_FAULT(safe_wrmsr(stats_msrs[i], UINT64_C(1) << hv_physical_address_bits() |
                                                     HV_X64_MSR_PAGE_ENABLE));
        CHECK_NO_FAULT(safe_wrmsr(stats_msrs[i], 0));
    }
}
