/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Reference time under stress: while the page is moved about, while VPs wait, when the guest writes
 * its TSC, and for longer than one reading.
 *
 * A page placed nowhere and a race of its removal were ways into Xen (XSA-472). After a pause or a
 * restore clocks stood still, ran 18 times too slow or jumped by 45 minutes (cloud-hypervisor#7930
 * and #8383, Xen f6a07643e1cc); a TSC beyond 2^54 hung a reboot of Windows (QEMU 5286c3662294).
 */
#include "reference_time_support.h"

#define VECTOR  0x64
#define MSR_TSC 0x10u

#define PAGE_AND_COUNTER                                           \
    NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc | \
                        HV_PRIVILEGE_AccessPartitionReferenceCounter)

static uint8_t first_page[4096] __attribute__((aligned(4096)));
static uint8_t second_page[4096] __attribute__((aligned(4096)));

struct snapshot {
    uint32_t sequence;
    uint64_t scale;
    int64_t offset;
};

static const volatile struct hv_reference_tsc_page *place(void *page)
{
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, phys_of(page) | HV_X64_MSR_PAGE_ENABLE));
    return (const volatile struct hv_reference_tsc_page *)page;
}

/* All of one version of the page; false when it is not valid. */
static bool take_snapshot(const volatile struct hv_reference_tsc_page *page, struct snapshot *now)
{
    do {
        now->sequence = page->tsc_sequence;
        __asm__ volatile("" ::: "memory");
        now->scale = page->tsc_scale;
        now->offset = page->tsc_offset;
        __asm__ volatile("" ::: "memory");
    } while (page->tsc_sequence != now->sequence);
    return now->sequence != 0;
}

static uint64_t time_by(const struct snapshot *page)
{
    return (uint64_t)(((unsigned __int128)rdtsc_ordered() * page->scale) >> 64) +
           (uint64_t)page->offset;
}

/* ---- The sequence ---- */

/* Two versions with one sequence are one and the same. */
static void check_versions(const struct snapshot *old, const struct snapshot *now)
{
    bool differ = now->scale != old->scale || now->offset != old->offset;

    CHECK(!differ || now->sequence != old->sequence,
          "sequence 0x%x: scale 0x%llx and 0x%llx, offset %lld and %lld", now->sequence,
          (unsigned long long)old->scale, (unsigned long long)now->scale, (long long)old->offset,
          (long long)now->offset);
    CHECK(now->sequence != 0xffffffff, "0xffffffff was the invalid sequence of TLFS v3 and v4");
}

HV_TEST(reference_time, sequence_changes_with_scale_and_offset, COVERS(HV_REQ_TIME_015),
        PAGE_AND_COUNTER,
        "A guest takes two readings with one sequence for one version of the page")
{
    const volatile struct hv_reference_tsc_page *page = place(first_page);
    struct snapshot old, now;

    if (!take_snapshot(page, &old))
        test_skip("the page says that the counter is to be used (sequence 0)");
    for (unsigned i = 0; i < 24; i++) {
        uint64_t before, time;

        if (i % 2)
            wrmsr(HV_X64_MSR_REFERENCE_TSC, 0);
        (void)place(first_page);
        before = counter();
        if (!take_snapshot(page, &now))
            continue;
        check_versions(&old, &now);
        time = time_by(&now);
        CHECK(time + 1 >= before, "counter %llu, then page %llu", (unsigned long long)before,
              (unsigned long long)time);
        old = now;
    }
}

/* Whether @p now is not older than @p old; the numbers wrap. */
static bool goes_on(uint32_t old, uint32_t now)
{
    return now - old < UINT32_C(1) << 31;
}

/* KVM goes on counting from the number that it finds in the guest's memory. */
HV_TEST(reference_time, sequence_goes_on_when_the_page_moves, COVERS(HV_REQ_TIME_015),
        PAGE_AND_COUNTER, "The page is one and the same wherever it lies")
{
    struct snapshot old, now;

    for (unsigned i = 0; i < 4; i++)
        (void)place(first_page);
    if (!take_snapshot(place(first_page), &old))
        test_skip("the page says that the counter is to be used (sequence 0)");
    memset(second_page, 0, sizeof(second_page));
    REQUIRE(take_snapshot(place(second_page), &now), "the page is not valid where it is now");
    check_versions(&old, &now);
    CHECK(goes_on(old.sequence, now.sequence), "the sequence was 0x%x and is 0x%x", old.sequence,
          now.sequence);
}

/* ---- Bad places, from all VPs at once ---- */

static void storm(void *unused)
{
    uint64_t beyond = UINT64_C(1) << hv_physical_address_bits();
    const uint64_t bases[] = { phys_of(first_page), beyond, UINT64_C(0x000ffffffffff000),
                               phys_of(second_page), beyond - PAGE_SIZE };

    (void)unused;
    for (unsigned i = 0; i < 25; i++) {
        uint64_t value;

        (void)safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, bases[i % 5] | HV_X64_MSR_PAGE_ENABLE);
        CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_REFERENCE_TSC, &value));
        if (i % 3 == 0)
            CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_REFERENCE_TSC, 0));
    }
}

HV_TEST(reference_time, page_survives_a_storm_of_bad_places,
        COVERS(HV_REQ_TIME_009, HV_REQ_TIME_007), PAGE_AND_COUNTER,
        "Xen dereferenced NULL for a bad page, and freed a good one twice in a race (XSA-472)")
{
    struct snapshot now;
    uint64_t before, time, after;

    CHECK_NO_FAULT(smp_call_all(storm, NULL));
    if (!take_snapshot(place(first_page), &now))
        return;
    before = counter();
    time = time_by(&now);
    after = counter();
    CHECK(time + 1 >= before && time <= after + 1, "counter %llu, page %llu, counter %llu",
          (unsigned long long)before, (unsigned long long)time, (unsigned long long)after);
}

/* ---- One time for all, for a while ---- */

static struct spinlock lock;
static uint64_t last_counter, last_page;
static uint32_t wrong_counter, wrong_page, jumps;
static const volatile struct hv_reference_tsc_page *shared;

#define JUMP     (COUNTER_HZ * 60)
#define ROUNDS   200
#define PAUSE_US 700 /* all rounds: longer than a target goes on without being saved (50 ms) */

/* One reading of both clocks after the last one of any VP. */
static void read_clocks(void)
{
    struct snapshot now;
    uint64_t time;

    spin_lock(&lock);
    time = counter();
    wrong_counter += time <= last_counter;
    jumps += time > last_counter + JUMP;
    last_counter = time;
    if (take_snapshot(shared, &now)) {
        time = time_by(&now);
        wrong_page += time < last_page;
        jumps += time > last_page + JUMP;
        last_page = time;
    }
    spin_unlock(&lock);
}

static void watch_clocks(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        read_clocks();
        udelay(PAUSE_US);
    }
}

HV_TEST(reference_time, time_neither_jumps_nor_goes_back,
        COVERS(HV_REQ_TIME_004, HV_REQ_TIME_013, HV_REQ_TIME_019), PAGE_AND_COUNTER,
        "A guest that was stopped for a while must not believe that it was for 45 minutes; Xen's "
        "counter once did, and kvmclock jumped by 253 years")
{
    struct snapshot now;

    shared = place(first_page);
    wrong_counter = wrong_page = jumps = 0;
    last_counter = counter();
    last_page = take_snapshot(shared, &now) ? time_by(&now) : 0;
    CHECK_NO_FAULT(smp_call_all(watch_clocks, NULL));
    CHECK(wrong_counter == 0, "the counter did not advance %u times", wrong_counter);
    CHECK(wrong_page == 0, "the page went back %u times", wrong_page);
    CHECK(jumps == 0, "%u jumps of more than a minute", jumps);
}

/* ---- While a VP waits ---- */

/* TSC ticks as units of the counter, and how many of those passed, over a halt of about 1 ms. */
static void measure_halt(uint64_t hz, uint64_t *by_tsc, uint64_t *by_counter)
{
    uint64_t tsc, time;

    hv_count_interrupts(VECTOR);
    tsc = rdtsc_ordered();
    time = counter();
    apic_timer_periodic(VECTOR, 1000000);
    while (hv_interrupt_count() < 3)
        irq_enable_and_halt();
    irq_disable();
    *by_counter = counter() - time;
    *by_tsc = (rdtsc_ordered() - tsc) * 1000 / (hz / (COUNTER_HZ / 1000));
    apic_timer_stop();
    irq_window();
    register_interrupt(VECTOR, NULL, NULL);
}

HV_TEST(reference_time, tsc_runs_on_while_the_vp_waits, COVERS(HV_REQ_TIME_023, HV_REQ_TIME_005),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceCounter |
                            HV_PRIVILEGE_AccessFrequencyRegs),
        "A clock that stands still while nobody looks is late ever after")
{
    uint64_t hz = rdmsr(HV_X64_MSR_TSC_FREQUENCY), by_tsc = 0, by_counter = 1;

    if (!apic_present())
        test_skip("there is no local APIC");
    for (unsigned i = 0; i < TRIES && (i == 0 || !within_tenth(by_tsc, by_counter)); i++)
        measure_halt(hz, &by_tsc, &by_counter);
    CHECK(within_tenth(by_tsc, by_counter), "%llu units by the TSC, %llu by the counter",
          (unsigned long long)by_tsc, (unsigned long long)by_counter);
}

/* ---- When the guest writes the TSC ---- */

static uint64_t tsc_before[GUEST_MAX_CPUS];
static struct fault tsc_fault[GUEST_MAX_CPUS];

static void set_tsc(void *value)
{
    uint32_t cpu = cpu_index();

    tsc_before[cpu] = rdtsc_ordered();
    tsc_fault[cpu] = safe_wrmsr(MSR_TSC, (uint64_t)(uintptr_t)value);
}

/* Both clocks agree, and no more than a second has passed since. */
static void check_agreement(uint64_t since, const char *when)
{
    const volatile struct hv_reference_tsc_page *page =
        (const volatile struct hv_reference_tsc_page *)(const volatile void *)first_page;
    struct snapshot now;
    uint64_t before = counter(), time, after;

    CHECK(before - since < COUNTER_HZ * 10, "%s: the counter jumps from %llu to %llu", when,
          (unsigned long long)since, (unsigned long long)before);
    if (!take_snapshot(page, &now))
        return;
    time = time_by(&now);
    after = counter();
    CHECK(time + 1 >= before && time <= after + 1, "%s: counter %llu, page %llu, counter %llu",
          when, (unsigned long long)before, (unsigned long long)time, (unsigned long long)after);
}

HV_TEST(reference_time, a_tsc_that_is_set_does_not_set_the_time,
        COVERS(HV_REQ_TIME_013, HV_REQ_TIME_012), PAGE_AND_COUNTER,
        "Reference time is the partition's; a large TSC must not overflow on the way to it")
{
    const uint64_t large = UINT64_C(1) << 55;
    uint64_t tsc = rdtsc_ordered(), start = counter();
    bool moved;

    (void)place(first_page);
    CHECK_NO_FAULT(smp_call_all(set_tsc, (void *)(uintptr_t)large));
    moved = rdtsc_ordered() >= large;
    OBSERVE("tsc-write", "%s",
            tsc_fault[0].raised ? vector_name(tsc_fault[0].vector)
            : moved             ? "taken"
                                : "dropped");
    check_agreement(start, "after the write");
    if (moved)
        CHECK_NO_FAULT(smp_call_all(set_tsc, (void *)(uintptr_t)(tsc + (rdtsc_ordered() - large))));
    check_agreement(start, "when it is back");
}

/* ---- Reenlightenment ---- */

#define CONTROL       HV_X64_MSR_REENLIGHTENMENT_CONTROL
#define ENABLED       (UINT64_C(1) << 16)
#define REENLIGHTENED NEEDS(.privileges = HV_PRIVILEGE_AccessReenlightenmentControls)

static void wait_with_interrupts(void)
{
    irq_enable();
    mdelay(5);
    irq_disable();
}

HV_TEST(reference_time, nobody_is_told_of_a_migration_that_was_not, COVERS(HV_REQ_TIME_025),
        REENLIGHTENED, "A guest stops all its VPs to take a new frequency when the vector comes")
{
    uint64_t target = hv_may(HV_PRIVILEGE_AccessVpIndex) ? rdmsr(HV_X64_MSR_VP_INDEX) << 32 : 0;

    hv_count_interrupts(VECTOR);
    CHECK_NO_FAULT(safe_wrmsr(CONTROL, target | ENABLED | VECTOR));
    wait_with_interrupts();
    CHECK_EQ(rdmsr(CONTROL), target | ENABLED | VECTOR);
    CHECK_NO_FAULT(safe_wrmsr(CONTROL, target | VECTOR));
    wait_with_interrupts();
    CHECK_NO_FAULT(safe_wrmsr(CONTROL, 0));
    CHECK_EQ(hv_interrupt_count(), 0);
    register_interrupt(VECTOR, NULL, NULL);
}

HV_TEST(reference_time, vectors_of_exceptions_are_not_injected, COVERS(HV_REQ_TIME_025),
        REENLIGHTENED, "The vector must be one of the local APIC's: 16 to 255")
{
    for (unsigned vector = 0; vector < 16; vector++) {
        uint64_t value = 1;
        struct fault fault = safe_wrmsr(CONTROL, ENABLED | vector);

        CHECK_NO_FAULT(safe_rdmsr(CONTROL, &value));
        CHECK(fault.raised ? fault.vector == VECTOR_GP && value == 0 : value == (ENABLED | vector),
              "vector %u: %s, and the register is 0x%llx", vector,
              fault.raised ? vector_name(fault.vector) : "taken", (unsigned long long)value);
        wait_with_interrupts();
        CHECK_NO_FAULT(safe_wrmsr(CONTROL, 0));
    }
}

/* KVM: #GP for 1. */
HV_CHARACTERIZE(reference_time, writes_to_the_emulation_status, COVERS(HV_REQ_GAP_209),
                REENLIGHTENED, "A guest may clear InProgress; what setting it means is not said")
{
    struct fault fault = safe_wrmsr(HV_X64_MSR_TSC_EMULATION_STATUS, 1);
    uint64_t value = rdmsr(HV_X64_MSR_TSC_EMULATION_STATUS);

    OBSERVE("write-of-1", "%s",
            fault.raised ? vector_name(fault.vector)
            : value & 1  ? "stored"
                         : "dropped");
    (void)safe_wrmsr(HV_X64_MSR_TSC_EMULATION_STATUS, 0);
}

/* ---- Privileges ---- */

HV_CHARACTERIZE(reference_time, privilege_of_the_page_register, COVERS(HV_REQ_GAP_130),
                NEEDS_NOTHING, "The text names one privilege, the appendix of v6.0b the other")
{
    OBSERVE("counter-privilege", "%d", hv_may(HV_PRIVILEGE_AccessPartitionReferenceCounter));
    OBSERVE("tsc-privilege", "%d", hv_may(HV_PRIVILEGE_AccessPartitionReferenceTsc));
    OBSERVE("register", "%s", hv_access_to(HV_X64_MSR_REFERENCE_TSC));
}

/* KVM: #GP without the privilege and for any bit but 0. */
HV_CHARACTERIZE(reference_time, invariant_tsc_control, COVERS(HV_REQ_GAP_303), NEEDS_NOTHING,
                "Linux asks for the invariant TSC by it; no TLFS document has it")
{
    struct fault fault;

    OBSERVE("privilege", "%d", hv_may(HV_PRIVILEGE_AccessTscInvariantControls));
    OBSERVE("register", "%s", hv_access_to(HV_X64_MSR_TSC_INVARIANT_CONTROL));
    if (!hv_may(HV_PRIVILEGE_AccessTscInvariantControls))
        return;
    fault = safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, 2);
    OBSERVE("bit-1", "%s", fault.raised ? vector_name(fault.vector) : "taken");
    (void)safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, HV_X64_MSR_TSC_INVARIANT_CONTROL_EXPOSE);
    fault = safe_wrmsr(HV_X64_MSR_TSC_INVARIANT_CONTROL, 0);
    OBSERVE("clearing", "%s", fault.raised ? vector_name(fault.vector) : "taken");
}
