/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interprocessor interrupts: who receives what the ICR sends, and what else a command does. */
#include "apic_support.h"

#define VECTOR          APIC_MIDDLE
#define LOWEST_PRIORITY 0x00100u
#define SMI             0x00200u
#define LOGICAL         0x00800u
#define LEVEL           0x08000u
#define BROADCAST       0xffu
#define FLAT            0xffffffffu
#define CLUSTERS        0x0fffffffu
#define SMM_BASE        0x30000u /* of a processor that nobody has told otherwise */
#define SMM_ENTRY       (SMM_BASE + 0x8000u)

static uint32_t id_of(uint32_t cpu)
{
    return cpu_at(cpu)->apic_id;
}

static void begin_xapic(void)
{
    apic_begin();
    if (apic_is_x2())
        test_skip("in x2APIC mode logical IDs are read-only");
}

HV_TEST(local_apic, a_physical_destination_is_one_cpu, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "By its APIC id, itself included")
{
    apic_begin();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        apic_send_ipi(id_of(cpu), VECTOR);
        apic_check_arrival(VECTOR, apic_cpu(cpu), "by id");
    }
}

static bool is_used(uint32_t id)
{
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        if (id_of(cpu) == id)
            return true;
    return false;
}

HV_TEST(local_apic, an_unused_destination_is_nobody, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "An IPI to a CPU that is not there must not go to one that is")
{
    apic_begin();
    for (uint32_t id = 0; id < BROADCAST; id += 0x2b) {
        if (is_used(id))
            continue;
        apic_send_ipi(id, VECTOR);
        apic_check_arrival(VECTOR, 0, "to an unused id");
    }
}

HV_TEST(local_apic, shorthands_are_self_all_and_others, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "The destination field counts for nothing then")
{
    apic_begin();
    for (uint32_t field = 0; field < 2; field++) {
        apic_send(field, APIC_ICR_SELF | APIC_ICR_ASSERT | VECTOR);
        apic_check_arrival(VECTOR, apic_cpu(0), "self");
        apic_send(field, APIC_ICR_ALL | APIC_ICR_ASSERT | VECTOR);
        apic_check_arrival(VECTOR, apic_all_cpus(), "all");
        apic_send(field, APIC_ICR_OTHERS | APIC_ICR_ASSERT | VECTOR);
        apic_check_arrival(VECTOR, apic_all_cpus() & ~apic_cpu(0), "others");
    }
}

HV_TEST(local_apic, a_broadcast_destination_is_everyone, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "0xff is no APIC id; the sender is one of all")
{
    uint32_t everyone = BROADCAST;

    apic_begin();
    if (apic_is_x2())
        everyone = UINT32_MAX;
    apic_send(everyone, APIC_ICR_ASSERT | VECTOR);
    apic_check_arrival(VECTOR, apic_all_cpus(), "physical");
    apic_send(everyone, LOGICAL | APIC_ICR_ASSERT | VECTOR);
    if (apic_is_x2())
        apic_check_arrival(VECTOR, apic_all_cpus(), "logical");
    CHECK_NO_FAULT(smp_call_all(apic_calm, NULL));
}

/* ---- Logical destinations ---- */

static uint32_t logical_ids[GUEST_MAX_CPUS];
static uint32_t format;

static void set_logical(void *unused)
{
    (void)unused;
    apic_write(APIC_DFR, format);
    apic_write(APIC_LDR, logical_ids[cpu_index()] << 24);
}

static void use_logical(uint32_t dfr)
{
    format = dfr;
    REQUIRE_NO_FAULT(smp_call_all(set_logical, NULL));
}

static void check_logical(uint32_t destination, apic_cpus expected, const char *what)
{
    apic_send(destination, LOGICAL | APIC_ICR_ASSERT | VECTOR);
    apic_check_arrival(VECTOR, expected, what);
}

/* The CPUs of which a bit is in the mask, if each of the first eight has one. */
static apic_cpus flat_members(uint32_t mask)
{
    return mask & apic_all_cpus() & 0xff;
}

HV_TEST(local_apic, a_flat_logical_destination_is_a_set, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "A bit for each of eight CPUs: Windows and Linux use it on small machines")
{
    begin_xapic();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        logical_ids[cpu] = cpu < 8 ? 1u << cpu : 0;
    use_logical(FLAT);
    for (uint32_t cpu = 0; cpu < cpu_count() && cpu < 8; cpu++)
        check_logical(1u << cpu, apic_cpu(cpu), "one bit");
    check_logical(0x03, flat_members(0x03), "two bits");
    check_logical(0xfe, flat_members(0xfe), "all but the first");
    check_logical(0x80, flat_members(0x80), "the last bit");
    check_logical(0xff, flat_members(0xff), "all bits");
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

HV_TEST(local_apic, logical_ids_can_be_shared_and_have_many_bits, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "A table of one CPU for each bit does not do")
{
    begin_xapic();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        logical_ids[cpu] = 0x10 | (cpu == 0 ? 0x06 : 0x08);
    use_logical(FLAT);
    check_logical(0x10, apic_all_cpus(), "shared by all");
    check_logical(0x02, apic_cpu(0), "the second bit of one");
    check_logical(0x04, apic_cpu(0), "the third bit of one");
    check_logical(0x06, apic_cpu(0), "both, once");
    check_logical(0x08, apic_all_cpus() & ~apic_cpu(0), "of the others");
    check_logical(0x21, 0, "of nobody");
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

HV_TEST(local_apic, a_cluster_destination_is_a_set_in_its_cluster, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "The same four bits mean other CPUs in another cluster")
{
    begin_xapic();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        logical_ids[cpu] = (cpu % 2) << 4 | 1u << (cpu / 2 % 4);
    use_logical(CLUSTERS);
    for (uint32_t cpu = 0; cpu < cpu_count() && cpu < 8; cpu++)
        check_logical(logical_ids[cpu], apic_cpu(cpu), "one of a cluster");
    check_logical(0x0f, 0x55 & apic_all_cpus(), "all of the first cluster");
    check_logical(0x1f, 0xaa & apic_all_cpus(), "all of the second cluster");
    check_logical(0x2f, 0, "a cluster with nobody in it");
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

HV_TEST(local_apic, lowest_priority_goes_to_one_of_the_set, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "An interrupt that two CPUs take is served twice")
{
    begin_xapic();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        logical_ids[cpu] = cpu < 8 ? 1u << cpu : 0;
    use_logical(FLAT);
    for (unsigned round = 0; round < 8; round++) {
        uint64_t start = rdtsc();
        apic_cpus cpus;

        apic_send(0xff, LOGICAL | LOWEST_PRIORITY | APIC_ICR_ASSERT | VECTOR);
        while (apic_holders(VECTOR) == 0 && tsc_to_us(rdtsc() - start) < APIC_WAIT)
            cpu_pause();
        udelay(APIC_QUIET);
        cpus = apic_holders(VECTOR);
        CHECK(cpus != 0 && (cpus & (cpus - 1)) == 0, "it is pending on CPUs 0x%llx",
              (unsigned long long)cpus);
        CHECK((cpus & ~flat_members(0xff)) == 0, "it is pending outside the set");
        REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
        REQUIRE_NO_FAULT(smp_call_all(set_logical, NULL));
    }
    apic_send(0x01, LOGICAL | LOWEST_PRIORITY | APIC_ICR_ASSERT | VECTOR);
    apic_check_arrival(VECTOR, apic_cpu(0), "a set of one");
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

/* ---- Other commands ---- */

static volatile uint32_t nmis[GUEST_MAX_CPUS];

static void count_nmi(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    nmis[cpu_index()]++;
}

static uint32_t nmis_of_all(void)
{
    uint32_t sum = 0;

    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        sum += nmis[cpu];
    return sum;
}

static void set_highest_priority(void *unused)
{
    (void)unused;
    apic_write(APIC_TPR, 0xff);
}

HV_TEST(local_apic, an_nmi_reaches_its_cpu_whatever_is_masked, COVERS(HV_REQ_APIC_001),
        NEEDS(.vps = 2), "It is how a hung CPU is looked at: no priority, no vector, no EOI")
{
    apic_begin();
    register_interrupt(VECTOR_NMI, count_nmi, NULL);
    REQUIRE_NO_FAULT(smp_call_all(set_highest_priority, NULL));
    for (uint32_t cpu = 1; cpu < cpu_count(); cpu++) {
        memset((void *)(uintptr_t)nmis, 0, sizeof(nmis));
        apic_send(id_of(cpu), APIC_ICR_NMI | APIC_ICR_ASSERT | VECTOR);
        CHECK(wait_until_equal(&nmis[cpu], 1, APIC_WAIT), "CPU %u has %u NMIs", cpu, nmis[cpu]);
        udelay(APIC_QUIET);
        CHECK_EQ(nmis_of_all(), 1);
        CHECK_EQ(apic_holders(VECTOR), 0);
    }
    memset((void *)(uintptr_t)nmis, 0, sizeof(nmis));
    apic_send(0, APIC_ICR_NMI | APIC_ICR_ASSERT | APIC_ICR_OTHERS);
    for (uint32_t cpu = 1; cpu < cpu_count(); cpu++)
        CHECK(wait_until_equal(&nmis[cpu], 1, APIC_WAIT), "CPU %u has %u NMIs", cpu, nmis[cpu]);
    CHECK_EQ(nmis[0], 0);
    register_interrupt(VECTOR_NMI, NULL, NULL);
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

static volatile uint32_t nmi_depth, deepest_nmi;

/* The first one sends the second. */
static void send_nmi_within(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    if (++nmi_depth > deepest_nmi)
        deepest_nmi = nmi_depth;
    if (nmis[0]++ == 0) {
        apic_send(id_of(0), APIC_ICR_NMI | APIC_ICR_ASSERT);
        udelay(APIC_QUIET);
    }
    nmi_depth--;
}

HV_TEST(local_apic, an_nmi_waits_for_the_end_of_another, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "All handlers of NMIs share one stack")
{
    apic_begin();
    memset((void *)(uintptr_t)nmis, 0, sizeof(nmis));
    nmi_depth = deepest_nmi = 0;
    register_interrupt(VECTOR_NMI, send_nmi_within, NULL);
    apic_send(id_of(0), APIC_ICR_NMI | APIC_ICR_ASSERT);
    CHECK(wait_until_equal(&nmis[0], 2, APIC_WAIT), "there are %u NMIs", nmis[0]);
    CHECK_EQ(deepest_nmi, 1);
    register_interrupt(VECTOR_NMI, NULL, NULL);
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

static void nothing(void *unused)
{
    (void)unused;
}

/* Since the Pentium 4 it does nothing; it is part of the start-up sequence of old systems. */
HV_TEST(local_apic, a_level_deassert_of_init_does_nothing, COVERS(HV_REQ_APIC_001), NEEDS(.vps = 2),
        "A CPU that took it for INIT would be lost")
{
    apic_begin();
    apic_send(id_of(1), APIC_ICR_INIT | LEVEL);
    udelay(APIC_QUIET);
    smp_start(1, nothing, NULL);
    CHECK(smp_join_timeout(1, APIC_WAIT), "CPU 1 does no work any more");
}

/* Where there is system management mode, its entry of a processor whose firmware has not moved it
   finds RSM. */
HV_TEST(local_apic, an_smi_is_sent_or_ignored, COVERS(HV_REQ_APIC_006), NEEDS_NOTHING,
        "It may not exist; it may be no other interrupt, and lose no state")
{
    static const uint8_t rsm[] = { 0x0f, 0xaa };
    uint8_t *entry = virt_of(SMM_ENTRY), saved[sizeof(rsm)];
    uint64_t stray = this_cpu()->stray_interrupts;

    apic_begin();
    memcpy(saved, entry, sizeof(saved));
    memcpy(entry, rsm, sizeof(rsm));
    apic_send(id_of(0), SMI | APIC_ICR_ASSERT);
    irq_window();
    udelay(APIC_QUIET);
    CHECK_EQ(this_cpu()->stray_interrupts, stray);
    CHECK_EQ(apic_read(APIC_TPR), 0);
    apic_check_arrival(0, 0, "vector 0");
    apic_send_ipi(id_of(0), VECTOR);
    apic_check_arrival(VECTOR, apic_cpu(0), "afterwards");
    memcpy(entry, saved, sizeof(saved));
}
