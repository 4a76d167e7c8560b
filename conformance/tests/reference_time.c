/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Reference time: the counter, the reference TSC page, frequencies, reenlightenment.
 *
 * Clocks are where implementations broke most visibly: a reference TSC page placed at a bad GPA
 * dereferenced NULL in Xen, and disabling it raced (XSA-472); after a pause cloud-hypervisor left a
 * stale page and the guest stood still for minutes (cloud-hypervisor#7930); ACRN reported a wrong
 * APIC frequency (ACRN#7918).
 */
#include "reference_time_support.h"

static uint8_t tsc_ram[4096] __attribute__((aligned(4096)));

static uint64_t tsc_page_msr(uint64_t gpa)
{
    return gpa | HV_X64_MSR_PAGE_ENABLE;
}

/* The page as the guest sees it, mapped readable. */
static const volatile struct hv_reference_tsc_page *enable_tsc_page(void)
{
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, tsc_page_msr(phys_of(tsc_ram))));
    return (const volatile struct hv_reference_tsc_page *)(const volatile void *)tsc_ram;
}

/* TLFS: "reference TSC mechanism"; false when the page tells to use the counter instead. */
static bool page_time(const volatile struct hv_reference_tsc_page *page, uint64_t *time)
{
    for (;;) {
        uint32_t sequence = page->tsc_sequence;
        uint64_t tsc;

        if (sequence == 0)
            return false;
        tsc = rdtsc_ordered();
        *time = (uint64_t)(((unsigned __int128)tsc * page->tsc_scale) >> 64) +
                (uint64_t)page->tsc_offset;
        if (page->tsc_sequence == sequence)
            return true;
    }
}

HV_TEST(reference_time, counter_advances, COVERS(HV_REQ_TIME_001, HV_REQ_TIME_004),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "It is the clock that every other clock of the interface is derived from")
{
    uint64_t last = counter();

    for (unsigned i = 0; i < 100; i++) {
        uint64_t now = counter();

        CHECK(now > last, "reading %u: %llu after %llu", i, (unsigned long long)now,
              (unsigned long long)last);
        last = now;
    }
}

HV_TEST(reference_time, counter_started_at_zero, COVERS(HV_REQ_TIME_002),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "It counts from the creation of the partition, so it is small after a fresh boot")
{
    uint64_t first = hv_initial_counter();

    CHECK(first > 0 && first < 600 * COUNTER_HZ, "the counter said %llu seconds after boot",
          (unsigned long long)(first / COUNTER_HZ));
}

HV_TEST(reference_time, counter_is_read_only, COVERS(HV_REQ_TIME_003, HV_REQ_MSR_028),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "A guest can't set the clock of a partition")
{
    uint64_t before = counter();

    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_TIME_REF_COUNT, 0), VECTOR_GP);
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_TIME_REF_COUNT, before), VECTOR_GP);
    CHECK(counter() > before, "the counter went back");
}

/* Units of the counter that pass in 20 ms of TSC, and how many should. */
static uint64_t measure_counter(uint64_t hz, uint64_t *expected)
{
    uint64_t tsc = rdtsc_ordered(), time = counter(), ticks;

    while (rdtsc_ordered() - tsc < hz / 50)
        cpu_pause();
    ticks = rdtsc_ordered() - tsc;
    *expected = ticks * 1000 / (hz / (COUNTER_HZ / 1000));
    return counter() - time;
}

HV_TEST(reference_time, counter_keeps_pace_with_the_tsc, COVERS(HV_REQ_TIME_001, HV_REQ_TIME_005),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter |
                            HV_PRIVILEGE_AccessFrequencyRegs),
        "100 ns units are what guests convert with")
{
    uint64_t hz = rdmsr(HV_X64_MSR_TSC_FREQUENCY), units = 0, expected = 0;

    REQUIRE(hz > 1000000, "the TSC runs at %llu Hz", (unsigned long long)hz);
    for (unsigned i = 0; i < TRIES && (i == 0 || !within_tenth(units, expected)); i++)
        units = measure_counter(hz, &expected);
    CHECK(within_tenth(units, expected), "%llu units passed, the TSC says %llu",
          (unsigned long long)units, (unsigned long long)expected);
}

static uint64_t ap_counter;

static void read_counter(void *unused)
{
    (void)unused;
    ap_counter = counter();
}

HV_TEST(reference_time, counter_is_one_for_all_vps, COVERS(HV_REQ_TIME_001, HV_REQ_TIME_004),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter, .vps = 2),
        "A thread that moves to another VP must not see time go back")
{
    uint64_t last = counter();

    for (unsigned round = 0; round < 8; round++)
        for (uint32_t vp = 0; vp < cpu_count(); vp++) {
            REQUIRE_NO_FAULT(smp_call(vp, read_counter, NULL));
            CHECK(ap_counter > last, "VP %u read %llu after %llu", vp,
                  (unsigned long long)ap_counter, (unsigned long long)last);
            last = ap_counter;
        }
}

HV_TEST(reference_time, tsc_page_register_is_zero_at_first, COVERS(HV_REQ_TIME_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "Nothing may lie over memory before the guest asks for it")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_REFERENCE_TSC, &value));
    CHECK_EQ(value, 0);
}

HV_TEST(reference_time, tsc_page_register_reads_back, COVERS(HV_REQ_TIME_007),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "Guests check what they wrote; kvm-unit-tests' hyperv_clock does")
{
    uint64_t value;

    (void)enable_tsc_page();
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_REFERENCE_TSC, &value));
    CHECK_EQ(value, tsc_page_msr(phys_of(tsc_ram)));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_REFERENCE_TSC, &value));
    CHECK_EQ(value, 0);
}

static uint64_t ap_tsc_page;

static void read_tsc_page_msr(void *unused)
{
    (void)unused;
    ap_tsc_page = rdmsr(HV_X64_MSR_REFERENCE_TSC);
}

HV_TEST(reference_time, tsc_page_register_is_partition_wide, COVERS(HV_REQ_TIME_007),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc, .vps = 2),
        "There is one page for all VPs")
{
    (void)enable_tsc_page();
    REQUIRE_NO_FAULT(smp_call(1, read_tsc_page_msr, NULL));
    CHECK_EQ(ap_tsc_page, tsc_page_msr(phys_of(tsc_ram)));
}

HV_TEST(
    reference_time, tsc_page_is_valid, COVERS(HV_REQ_TIME_011, HV_REQ_TIME_014),
    NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
    "Sequence 0 is allowed and tells the guest to use the counter; scale 0 would stop its clock")
{
    const volatile struct hv_reference_tsc_page *page = enable_tsc_page();

    test_value("sequence", "0x%x", page->tsc_sequence);
    test_value("scale", "0x%llx", (unsigned long long)page->tsc_scale);
    if (page->tsc_sequence != 0)
        CHECK(page->tsc_scale != 0, "the page is valid and its scale is 0");
    else
        CHECK(hv_may(HV_PRIVILEGE_AccessPartitionReferenceCounter),
              "the page is not valid and there is no counter to fall back to");
}

HV_TEST(reference_time, tsc_page_agrees_with_the_counter, COVERS(HV_REQ_TIME_012, HV_REQ_TIME_013),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc |
                            HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "Guests switch between the two after a migration, and time may not jump then")
{
    const volatile struct hv_reference_tsc_page *page = enable_tsc_page();

    for (unsigned i = 0; i < 20; i++) {
        uint64_t before = counter(), between, after;

        if (!page_time(page, &between))
            test_skip("the page says that the counter is to be used (sequence 0)");
        after = counter();
        /* The two clocks round to 100 ns each on their own. */
        CHECK(between + 1 >= before && between <= after + 1,
              "counter %llu, page %llu, counter %llu", (unsigned long long)before,
              (unsigned long long)between, (unsigned long long)after);
    }
}

HV_TEST(reference_time, tsc_page_scale_fits_the_frequency, COVERS(HV_REQ_TIME_012, HV_REQ_TIME_021),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc |
                            HV_PRIVILEGE_AccessFrequencyRegs),
        "Two ways to learn one frequency must not disagree")
{
    const volatile struct hv_reference_tsc_page *page = enable_tsc_page();
    uint64_t hz = rdmsr(HV_X64_MSR_TSC_FREQUENCY), units;

    if (page->tsc_sequence == 0)
        test_skip("the page says that the counter is to be used (sequence 0)");
    /* Units in one second of TSC ticks. */
    units = (uint64_t)(((unsigned __int128)hz * page->tsc_scale) >> 64);
    CHECK(units > COUNTER_HZ - COUNTER_HZ / 1000 && units < COUNTER_HZ + COUNTER_HZ / 1000,
          "one second by TSC_FREQUENCY is %llu units by the page", (unsigned long long)units);
}

HV_TEST(reference_time, tsc_page_beyond_the_gpa_space_does_not_fault, COVERS(HV_REQ_TIME_009),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "Xen dereferenced NULL on a bad page here (XSA-472)")
{
    uint64_t beyond = UINT64_C(1) << hv_physical_address_bits();

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, tsc_page_msr(beyond)));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, tsc_page_msr(UINT64_C(0xfffffffff000))));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, 0));
}

static void toggle_tsc_page(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 50; i++) {
        (void)safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, tsc_page_msr(phys_of(tsc_ram)));
        (void)safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, 0);
    }
}

HV_TEST(reference_time, tsc_page_can_be_toggled_on_all_vps_at_once, COVERS(HV_REQ_TIME_007),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc, .vps = 2),
        "Disabling it on one VP while another enables it leaked a page mapping in Xen (XSA-472)")
{
    uint64_t value;

    CHECK_NO_FAULT(smp_call_all(toggle_tsc_page, NULL));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_REFERENCE_TSC, &value));
    CHECK_EQ(value, 0);
}

HV_TEST(reference_time, tsc_page_comes_with_an_invariant_tsc, COVERS(HV_REQ_TIME_018),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc |
                            HV_PRIVILEGE_AccessFrequencyRegs),
        "A page whose scale does not hold is worse than none")
{
    uint64_t hz = rdmsr(HV_X64_MSR_TSC_FREQUENCY);

    CHECK_EQ(rdmsr(HV_X64_MSR_TSC_FREQUENCY), hz);
    mdelay(2);
    CHECK_EQ(rdmsr(HV_X64_MSR_TSC_FREQUENCY), hz);
}

static uint64_t ap_tsc;

static void read_tsc(void *unused)
{
    (void)unused;
    ap_tsc = rdtsc_ordered();
}

HV_TEST(reference_time, tsc_is_synchronised_across_vps, COVERS(HV_REQ_TIME_019),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc, .vps = 2),
        "All VPs use one scale and offset")
{
    for (unsigned round = 0; round < 4; round++)
        for (uint32_t vp = 1; vp < cpu_count(); vp++) {
            uint64_t before = rdtsc_ordered(), after;

            REQUIRE_NO_FAULT(smp_call(vp, read_tsc, NULL));
            after = rdtsc_ordered();
            CHECK(ap_tsc >= before && ap_tsc <= after,
                  "VP %u read 0x%llx between 0x%llx and 0x%llx", vp, (unsigned long long)ap_tsc,
                  (unsigned long long)before, (unsigned long long)after);
        }
}

static uint64_t measure_tsc(void)
{
    uint64_t start, pit;

    pit_start();
    start = rdtsc_ordered();
    while (pit_elapsed() < PIT_HZ / 40)
        cpu_pause();
    pit = pit_elapsed();
    return (rdtsc_ordered() - start) * PIT_HZ / pit;
}

HV_TEST(reference_time, tsc_frequency_matches_the_pit, COVERS(HV_REQ_TIME_021),
        NEEDS(.privileges = HV_PRIVILEGE_AccessFrequencyRegs),
        "Linux takes it as it is and measures no more")
{
    uint64_t hz = rdmsr(HV_X64_MSR_TSC_FREQUENCY), measured = 0;

    if (!pit_present())
        test_skip("there is no PIT to compare with");
    test_value("tsc-hz", "%llu", (unsigned long long)hz);
    for (unsigned i = 0; i < TRIES && (i == 0 || !within_tenth(hz, measured)); i++)
        measured = measure_tsc();
    CHECK(within_tenth(hz, measured), "%llu Hz, measured %llu Hz", (unsigned long long)hz,
          (unsigned long long)measured);
}

static uint64_t measure_apic_timer(void)
{
    uint64_t start, units;
    uint32_t count;

    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_TIMER_DIVIDE, 0xb);
    apic_write(APIC_TIMER_INITIAL, 0xffffffff);
    start = counter();
    while (counter() - start < COUNTER_HZ / 100)
        cpu_pause();
    count = 0xffffffff - apic_read(APIC_TIMER_CURRENT);
    units = counter() - start;
    apic_timer_stop();
    return (uint64_t)count * COUNTER_HZ / units;
}

HV_TEST(reference_time, apic_frequency_matches_the_timer, COVERS(HV_REQ_TIME_022),
        NEEDS(.privileges = HV_PRIVILEGE_AccessFrequencyRegs |
                            HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "ACRN reported a wrong value here and guests' timers ran wrong (ACRN#7918)")
{
    uint64_t hz = rdmsr(HV_X64_MSR_APIC_FREQUENCY), measured = 0;

    if (!apic_present())
        test_skip("there is no local APIC");
    test_value("apic-hz", "%llu", (unsigned long long)hz);
    for (unsigned i = 0; i < TRIES && (i == 0 || !within_tenth(hz, measured)); i++)
        measured = measure_apic_timer();
    CHECK(within_tenth(hz, measured), "%llu Hz, measured %llu Hz", (unsigned long long)hz,
          (unsigned long long)measured);
}

/* ---- Invariant TSC ---- */

#define CPUID_INVARIANT_TSC (1u << 8) /* leaf 0x80000007 EDX */

static bool invariant_tsc_is_visible(void)
{
    return cpuid(0x80000007).edx & CPUID_INVARIANT_TSC;
}

HV_TEST(reference_time, invariant_tsc_appears_when_asked_for, COVERS(HV_REQ_TIME_020),
        NEEDS(.privileges = HV_PRIVILEGE_AccessTscInvariantControls),
        "A guest that is not prepared for migration must not come to rely on the bit unasked")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, &value));
    if (value == 0)
        CHECK(!invariant_tsc_is_visible(), "the bit is there although nobody has asked");
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, 2), VECTOR_GP);
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, UINT64_C(1) << 63 | 1), VECTOR_GP);
    REQUIRE_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, HV_X64_MSR_TSC_INVARIANT_CONTROL_EXPOSE));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, &value));
    CHECK_EQ(value, HV_X64_MSR_TSC_INVARIANT_CONTROL_EXPOSE);
    CHECK(invariant_tsc_is_visible(), "the bit did not appear");
}

HV_TEST(reference_time, invariant_tsc_control_without_privilege_faults, COVERS(HV_REQ_TIME_020),
        NEEDS(.lacks = HV_PRIVILEGE_AccessTscInvariantControls),
        "A guest that finds the register sets it and expects the bit")
{
    uint64_t value;

    CHECK_FAULT(safe_rdmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, &value), VECTOR_GP);
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, 1), VECTOR_GP);
}

/* ---- Reenlightenment ---- */

HV_TEST(reference_time, reenlightenment_control_reads_back, COVERS(HV_REQ_TIME_024),
        NEEDS(.privileges = HV_PRIVILEGE_AccessReenlightenmentControls),
        "Linux arms it with a vector and its own VP, and reads it when it tears down")
{
    uint64_t value = UINT64_C(1) << 16 | 0x51, seen;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REENLIGHTENMENT_CONTROL, value));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_REENLIGHTENMENT_CONTROL, &seen));
    CHECK_EQ(seen, value);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REENLIGHTENMENT_CONTROL, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_REENLIGHTENMENT_CONTROL, &seen));
    CHECK_EQ(seen, 0);
}

HV_TEST(reference_time, tsc_emulation_control_reads_back, COVERS(HV_REQ_TIME_026),
        NEEDS(.privileges = HV_PRIVILEGE_AccessReenlightenmentControls),
        "It is how a guest opts in")
{
    uint64_t seen;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_TSC_EMULATION_CONTROL, 1));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_EMULATION_CONTROL, &seen));
    CHECK_EQ(seen, 1);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_TSC_EMULATION_CONTROL, 0));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_EMULATION_CONTROL, &seen));
    CHECK_EQ(seen, 0);
}

HV_TEST(reference_time, tsc_emulation_is_not_in_progress, COVERS(HV_REQ_TIME_027, HV_REQ_TIME_028),
        NEEDS(.privileges = HV_PRIVILEGE_AccessReenlightenmentControls),
        "Nobody has migrated, and a guest that reads 1 waits for it to end")
{
    uint64_t seen;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_TSC_EMULATION_STATUS, &seen));
    CHECK_EQ(seen & 1, 0);
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_TSC_EMULATION_STATUS, 0));
}
