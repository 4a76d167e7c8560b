/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The synthetic time-unhalted timer: a beat of the time in which a VP runs, for profilers and
 * watchdogs. Neither KVM nor Xen has it.
 */
#include "synic_support.h"

#define CONFIG     HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG
#define COUNT      HV_X64_MSR_STIME_UNHALTED_TIMER_COUNT
#define ENABLED    HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG_ENABLED
#define VECTOR     0x64
#define WAKE       0x65
#define WAKE_TICKS 1000000 /* of the APIC timer */
#define PERIOD     (5 * SYNIC_MS)
#define STORM      5 /* ticks */

#define FEATURE HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER
#define TIMER   HV_PRIVILEGE_AccessSyntheticTimerRegs
#define CLOCK   HV_PRIVILEGE_AccessPartitionReferenceCounter
#define RUNTIME HV_PRIVILEGE_AccessVpRunTimeReg
#define ASSIST  HV_PRIVILEGE_AccessIntrCtrlRegs

static void write_register(uint32_t msr, uint64_t value)
{
    REQUIRE_NO_FAULT(safe_wrmsr(msr, value));
}

static uint64_t read_register(uint32_t msr)
{
    uint64_t value = ~UINT64_C(0);

    CHECK_NO_FAULT(safe_rdmsr(msr, &value));
    return value;
}

static void start(uint8_t vector, uint64_t count)
{
    write_register(COUNT, count);
    write_register(CONFIG, ENABLED | vector);
}

/* With interrupts masked; none of it is left pending. */
static void stop(void)
{
    write_register(CONFIG, 0);
    write_register(COUNT, 0);
    irq_window();
}

HV_TEST(synthetic_timers, unhalted_timer_registers_read_back,
        COVERS(HV_REQ_TIMER_037, HV_REQ_TIMER_038), NEEDS(.privileges = TIMER, .features = FEATURE),
        "Guests look at what they have set")
{
    static const uint64_t counts[] = { 1, PERIOD, UINT64_C(1) << 63, UINT64_MAX, 0 };
    static const uint64_t configs[] = {
        2, VECTOR, 0xff, ENABLED | 2, ENABLED | 16, ENABLED | VECTOR, ENABLED | 0xff
    };

    CHECK_EQ(read_register(CONFIG), 0);
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        write_register(COUNT, counts[i]);
        CHECK_EQ(read_register(COUNT), counts[i]);
    }
    for (unsigned i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        write_register(CONFIG, configs[i]);
        CHECK_EQ(read_register(CONFIG), configs[i]);
    }
    stop();
}

/* Whether a write is refused, or at least not kept. */
static bool is_taken(uint64_t config)
{
    struct fault fault = safe_wrmsr(CONFIG, config);

    if (fault.raised)
        CHECK_FAULT(fault, VECTOR_GP);
    return !fault.raised && read_register(CONFIG) == config;
}

HV_TEST(synthetic_timers, unhalted_timer_refuses_what_it_can_not_deliver,
        COVERS(HV_REQ_TIMER_037, HV_REQ_TIMER_039), NEEDS(.privileges = TIMER, .features = FEATURE),
        "Vectors below 16 are exceptions, which nobody but the processor may raise")
{
    write_register(CONFIG, 0);
    for (unsigned vector = 0; vector < 16; vector++) {
        CHECK(is_taken(ENABLED | vector) == (vector == VECTOR_NMI), "vector %u", vector);
        write_register(CONFIG, 0);
    }
    for (unsigned bit = 9; bit < 64; bit++) {
        CHECK(!is_taken(UINT64_C(1) << bit | VECTOR), "bit %u, which must be zero", bit);
        write_register(CONFIG, 0);
    }
}

HV_TEST(synthetic_timers, unhalted_timer_interrupts_by_its_vector,
        COVERS(HV_REQ_TIMER_038, HV_REQ_TIMER_039), NEEDS(.privileges = TIMER, .features = FEATURE),
        "The guest chooses it by the priority that the interrupt is to have")
{
    static const uint8_t vectors[] = { 0x30, VECTOR, 0x80, 0xe0 };

    for (unsigned i = 0; i < sizeof(vectors); i++) {
        hv_count_interrupts(vectors[i]);
        start(vectors[i], SYNIC_MS);
        irq_enable();
        CHECK(synic_wait_interrupts(3), "vector 0x%x: %u interrupts", vectors[i],
              hv_interrupt_count());
        irq_disable();
        stop();
    }
}

static volatile uint32_t nmis;

static void count_nmi(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    nmis++;
}

HV_TEST(synthetic_timers, unhalted_timer_of_vector_2_is_an_nmi, COVERS(HV_REQ_TIMER_039),
        NEEDS(.privileges = TIMER, .features = FEATURE),
        "A watchdog has to reach code that has masked interrupts")
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);
    uint32_t last;

    nmis = 0;
    register_interrupt(VECTOR_NMI, count_nmi, NULL);
    start(VECTOR_NMI, SYNIC_MS);
    while (nmis < 3 && rdtsc() < end)
        cpu_pause();
    CHECK(nmis >= 3, "%u NMIs", nmis);
    stop();
    last = nmis;
    udelay(SYNIC_QUIET);
    CHECK_EQ(nmis, last);
    register_interrupt(VECTOR_NMI, NULL, NULL);
}

/* ---- The beat ---- */

#define BEATS                                                                          \
    400 /* of which one pair is to be as close as it should be, whatever the host does \
         */

static uint64_t beats[BEATS];
static volatile uint32_t beat_count;
static uint32_t beat_work; /* microseconds that the handler takes */

static void note_beat(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    if (beat_count < BEATS)
        beats[beat_count] = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
    beat_count++;
    udelay(beat_work);
    apic_eoi();
}

/* Whether two interrupts came less than 3/2 of a period apart. */
static bool has_close_pair(void)
{
    for (uint32_t i = 1; i < beat_count; i++)
        if (beats[i] - beats[i - 1] < PERIOD + PERIOD / 2)
            return true;
    return false;
}

static void listen(uint32_t work)
{
    uint64_t begin, passed, end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    beat_work = work;
    beat_count = 0;
    register_interrupt(VECTOR, note_beat, NULL);
    begin = synic_now();
    start(VECTOR, PERIOD);
    irq_enable();
    while ((beat_count < 10 || !has_close_pair()) && beat_count < BEATS && rdtsc() < end)
        cpu_pause();
    irq_disable();
    passed = synic_now() - begin;
    CHECK(beat_count >= 10, "only %u interrupts", beat_count);
    CHECK(beat_count <= passed / PERIOD, "%u interrupts in %llu units", beat_count,
          (unsigned long long)passed);
    CHECK(has_close_pair(), "no two interrupts are one period apart");
    stop();
    register_interrupt(VECTOR, NULL, NULL);
}

HV_TEST(synthetic_timers, unhalted_timer_counts_in_units_of_100_ns, COVERS(HV_REQ_TIMER_038),
        NEEDS(.privileges = TIMER | CLOCK, .features = FEATURE),
        "A profile is wrong by the factor that the beat is")
{
    listen(0);
}

HV_TEST(synthetic_timers, unhalted_timer_does_not_wait_for_its_handler, COVERS(HV_REQ_TIMER_042),
        NEEDS(.privileges = TIMER | CLOCK, .features = FEATURE),
        "A timer that began anew after each interrupt would see less, the longer handlers take")
{
    listen((uint32_t)(PERIOD * 7 / 10 / 10));
}

static volatile uint32_t storm_ticks;

static void end_storm(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    if (++storm_ticks == STORM)
        safe_wrmsr(CONFIG, 0);
    apic_eoi();
}

HV_TEST(synthetic_timers, a_storm_of_the_unhalted_timer_can_be_ended,
        COVERS(HV_REQ_TIMER_038, HV_REQ_TIMER_042), NEEDS(.privileges = TIMER, .features = FEATURE),
        "A period that no machine can keep is the guest's mistake, which it must be able to mend")
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    storm_ticks = 0;
    register_interrupt(VECTOR, end_storm, NULL);
    start(VECTOR, 1);
    irq_enable();
    while (storm_ticks < STORM && rdtsc() < end)
        cpu_pause();
    CHECK(storm_ticks >= STORM, "only %u interrupts", storm_ticks);
    udelay(SYNIC_QUIET);
    irq_disable();
    CHECK(storm_ticks <= STORM + 1, "%u interrupts after the end", storm_ticks - STORM);
    stop();
    register_interrupt(VECTOR, NULL, NULL);
}

/* ---- Halts ---- */

static void wake(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    apic_eoi();
}

/* Again and again, in case that one comes before the CPU is halted. */
static void start_waking(void)
{
    register_interrupt(WAKE, wake, NULL);
    apic_timer_periodic(WAKE, WAKE_TICKS);
}

static void sleep_once(void)
{
    irq_enable_and_halt();
    irq_disable();
}

static void stop_waking(void)
{
    apic_timer_stop();
    irq_window();
    register_interrupt(WAKE, NULL, NULL);
}

HV_TEST(synthetic_timers, unhalted_timer_stands_still_while_halted, COVERS(HV_REQ_TIMER_040),
        NEEDS(.privileges = TIMER | CLOCK | RUNTIME, .features = FEATURE),
        "It would wake an idle guest for nothing, and blame the idle loop for all its time")
{
    uint64_t begin, ran, passed, halted = 0, end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    start_waking();
    hv_count_interrupts(VECTOR);
    begin = synic_now();
    ran = rdmsr(HV_X64_MSR_VP_RUNTIME);
    start(VECTOR, PERIOD);
    while (halted < 6 * PERIOD && rdtsc() < end) {
        sleep_once();
        passed = synic_now() - begin;
        halted = passed - (rdmsr(HV_X64_MSR_VP_RUNTIME) - ran);
    }
    ran = rdmsr(HV_X64_MSR_VP_RUNTIME) - ran;
    stop();
    CHECK(halted >= 6 * PERIOD, "it was halted for %llu units only", (unsigned long long)halted);
    CHECK(hv_interrupt_count() <= ran / PERIOD, "%u interrupts in %llu units of run time",
          hv_interrupt_count(), (unsigned long long)ran);
    stop_waking();
    register_interrupt(VECTOR, NULL, NULL);
}

HV_TEST(synthetic_timers, unhalted_timer_goes_on_after_a_halt, COVERS(HV_REQ_TIMER_040),
        NEEDS(.privileges = TIMER, .features = FEATURE),
        "What ran between naps counts: a guest that often sleeps a little is profiled too")
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    start_waking();
    hv_count_interrupts(VECTOR);
    start(VECTOR, PERIOD);
    while (hv_interrupt_count() < 3 && rdtsc() < end) {
        sleep_once();
        udelay((uint32_t)(PERIOD / 10 / 4));
        irq_window();
    }
    CHECK(hv_interrupt_count() >= 3, "%u interrupts", hv_interrupt_count());
    stop();
    stop_waking();
    register_interrupt(VECTOR, NULL, NULL);
}

/* ---- The flag ---- */

static bool wait_for_flag(const volatile uint8_t *flag)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (*flag == 0 && rdtsc() < end)
        cpu_pause();
    return *flag == 1;
}

HV_TEST(synthetic_timers, unhalted_timer_says_that_it_has_expired, COVERS(HV_REQ_TIMER_041),
        NEEDS(.privileges = TIMER | ASSIST, .features = FEATURE),
        "By it a handler of NMIs tells this one from others")
{
    uint64_t gpa = phys_of(hv_test_page(0));
    volatile struct hv_vp_assist_page *page = hv_map_data(gpa);
    volatile uint8_t *flag = &page->synthetic_time_unhalted_timer_expired;

    hv_count_interrupts(VECTOR);
    write_register(HV_X64_MSR_VP_ASSIST_PAGE, gpa | HV_X64_MSR_PAGE_ENABLE);
    *flag = 0;
    for (unsigned round = 0; round < 3; round++) {
        start(VECTOR, PERIOD);
        CHECK(wait_for_flag(flag), "the flag is %u", *flag);
        stop();
        CHECK(hv_interrupt_count() > round, "the flag is set, and no interrupt came");
        udelay(SYNIC_QUIET);
        CHECK_EQ(*flag, 1);
        *flag = 0;
        udelay(SYNIC_QUIET);
        CHECK_EQ(*flag, 0);
    }
    write_register(HV_X64_MSR_VP_ASSIST_PAGE, 0);
    register_interrupt(VECTOR, NULL, NULL);
}

HV_TEST(synthetic_timers, unhalted_timer_expires_before_its_flag_is_cleared,
        COVERS(HV_REQ_TIMER_041, HV_REQ_TIMER_042),
        NEEDS(.privileges = TIMER | ASSIST, .features = FEATURE),
        "The flag is a note to the guest, and no request for the next interrupt")
{
    uint64_t gpa = phys_of(hv_test_page(0));
    volatile struct hv_vp_assist_page *page = hv_map_data(gpa);

    write_register(HV_X64_MSR_VP_ASSIST_PAGE, gpa | HV_X64_MSR_PAGE_ENABLE);
    page->synthetic_time_unhalted_timer_expired = 0;
    hv_count_interrupts(VECTOR);
    start(VECTOR, SYNIC_MS);
    irq_enable();
    CHECK(synic_wait_interrupts(3), "%u interrupts", hv_interrupt_count());
    irq_disable();
    stop();
    CHECK_EQ(page->synthetic_time_unhalted_timer_expired, 1);
    page->synthetic_time_unhalted_timer_expired = 0;
    write_register(HV_X64_MSR_VP_ASSIST_PAGE, 0);
    register_interrupt(VECTOR, NULL, NULL);
}
