/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore of what belongs to the partition: its registers, reference time, properties. */
#include <hv/interrupt.h>

#include "save_fixture.h"
#include "suite.h"

#define OS_ID    UINT64_C(0x8100000000001234)
#define PAGE_GPA UINT64_C(0x7000)

static void look_at(struct machine *machine, uint64_t gpa, struct hv_mapping *mapping)
{
    ck_assert(hv_address_translate(machine->partition, gpa / HV_PAGE_SIZE, mapping));
}

static void restore_with(struct hv_restore restore, hv_status status)
{
    ck_assert_uint_eq(hv_partition_restore(to.partition, &restore, saved.bytes, saved.size),
                      status);
}

/* ---- Registers ---- */

START_TEST(hypercall_page_is_where_it_was)
{
    struct hv_mapping mapping;

    must_write(from.vps[0], HV_X64_MSR_GUEST_OS_ID, OS_ID);
    must_write(from.vps[0], HV_X64_MSR_HYPERCALL, PAGE_GPA | HV_X64_MSR_HYPERCALL_ENABLE);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[1], HV_X64_MSR_GUEST_OS_ID), OS_ID);
    ck_assert_uint_eq(value_of(to.vps[1], HV_X64_MSR_HYPERCALL),
                      PAGE_GPA | HV_X64_MSR_HYPERCALL_ENABLE);
    look_at(&to, PAGE_GPA, &mapping);
    ck_assert_uint_eq(mapping.spa_page, to.partition->hypercall_page.spa_page);
    /* And goes when the guest says so. */
    must_write(to.vps[0], HV_X64_MSR_GUEST_OS_ID, 0);
    look_at(&to, PAGE_GPA, &mapping);
    ck_assert_uint_eq(mapping.spa_page, PAGE_GPA / HV_PAGE_SIZE);
}
END_TEST

START_TEST(a_locked_hypercall_page_stays_locked)
{
    must_write(from.vps[0], HV_X64_MSR_GUEST_OS_ID, OS_ID);
    must_write(from.vps[0], HV_X64_MSR_HYPERCALL,
               PAGE_GPA | HV_X64_MSR_HYPERCALL_ENABLE | HV_X64_MSR_HYPERCALL_LOCKED);
    /* The lock outlives the identity. */
    must_write(from.vps[0], HV_X64_MSR_GUEST_OS_ID, 0);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_GUEST_OS_ID), 0);
    must_refuse(to.vps[0], HV_X64_MSR_HYPERCALL, 0);
    ck_assert(to.partition->hypercall_page.enabled);
}
END_TEST

START_TEST(crash_parameters_are_kept)
{
    for (uint32_t i = 0; i < 5; i++)
        must_write(from.vps[0], HV_X64_MSR_CRASH_P0 + i, 0x1000 + i);
    migrate();
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_CRASH_P0 + i), 0x1000 + i);
    ck_assert_uint_eq(to.fake.crashes, 0);
}
END_TEST

START_TEST(statistics_pages_are_where_they_were)
{
    struct hv_mapping mapping;

    must_write(from.vps[0], HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE, PAGE_GPA | 1);
    must_write(from.vps[0], HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE, (PAGE_GPA + 0x1000) | 1);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE), PAGE_GPA | 1);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE),
                      (PAGE_GPA + 0x1000) | 1);
    look_at(&to, PAGE_GPA, &mapping);
    ck_assert_uint_eq(mapping.spa_page, to.partition->stats.overlay[0].spa_page);
    look_at(&to, PAGE_GPA + 0x1000, &mapping);
    ck_assert_uint_eq(mapping.spa_page, to.partition->stats.overlay[1].spa_page);
}
END_TEST

START_TEST(registers_of_time_are_kept)
{
    must_write(from.vps[0], HV_X64_MSR_REENLIGHTENMENT_CONTROL,
               HV_REENLIGHTENMENT_CONTROL_ENABLED | UINT64_C(1) << 32 | 0x55);
    must_write(from.vps[0], HV_X64_MSR_TSC_EMULATION_CONTROL, 1);
    must_write(from.vps[0], HV_X64_MSR_TSC_INVARIANT_CONTROL, 1);
    must_write(from.vps[0], HV_X64_MSR_REFERENCE_TSC, PAGE_GPA | 1);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_REENLIGHTENMENT_CONTROL),
                      HV_REENLIGHTENMENT_CONTROL_ENABLED | UINT64_C(1) << 32 | 0x55);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_TSC_EMULATION_CONTROL), 1);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_TSC_EMULATION_STATUS), 0);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_TSC_INVARIANT_CONTROL), 1);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_REFERENCE_TSC), PAGE_GPA | 1);
}
END_TEST

START_TEST(the_debugger_is_still_there)
{
    for (unsigned active = 0; active < 2; active++) {
        fresh_target();
        ck_assert_uint_eq(
            hv_partition_set_property(from.partition, HvPartitionPropertyDebugChannelId, 0x77),
            HV_STATUS_SUCCESS);
        from.fake.debug.received = 100 + active;
        from.partition->debug.seen = 100;
        to.fake.debug.received = 7;
        migrate();
        ck_assert_uint_eq(to.partition->debug.channel, 0x77);
        ck_assert_uint_eq(to.partition->debug.seen, 7 - active);
    }
}
END_TEST

START_TEST(what_was_there_before_a_restore_is_gone)
{
    save_all(&from);
    must_write(to.vps[0], HV_X64_MSR_GUEST_OS_ID, OS_ID);
    must_write(to.vps[0], HV_X64_MSR_HYPERCALL, PAGE_GPA | HV_X64_MSR_HYPERCALL_ENABLE);
    must_write(to.vps[0], HV_X64_MSR_CRASH_P0, 1);
    restore_all(&to);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_GUEST_OS_ID), 0);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_HYPERCALL), 0);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_CRASH_P0), 0);
    ck_assert(!to.partition->hypercall_page.enabled);
}
END_TEST

/* ---- Time ---- */

START_TEST(reference_time_stands_still_until_the_restore)
{
    uint64_t before;

    from.fake.tsc += 12345 * TICKS_PER_UNIT;
    before = hv_time_reference(from.partition);
    save_all(&from);
    to.fake.tsc += UINT64_C(3600) * FAKE_TSC_HZ;
    restore_all(&to);
    ck_assert_uint_eq(hv_time_reference(to.partition), before);
    to.fake.tsc += 5 * MS * TICKS_PER_UNIT;
    ck_assert_uint_eq(hv_time_reference(to.partition), before + 5 * MS);
}
END_TEST

/* On the same machine an embedder may let the time that has passed count. */
START_TEST(reference_time_runs_on_from_the_moment_that_was_saved)
{
    uint64_t before = hv_time_reference(from.partition);
    struct hv_restore restore = { .tsc = from.fake.tsc };

    save_all(&from);
    to.fake.tsc = from.fake.tsc + 7 * MS * TICKS_PER_UNIT;
    restore_with(restore, HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_time_reference(to.partition), before + 7 * MS);
}
END_TEST

START_TEST(the_moment_that_is_saved_is_the_callers)
{
    uint64_t tsc = from.fake.tsc + 100 * TICKS_PER_UNIT, reference;
    size_t used;

    save_partition(&from);
    ck_assert_uint_eq(hv_partition_save(from.partition, tsc, saved.bytes, saved.size, &used),
                      HV_STATUS_SUCCESS);
    reference = hv_time_reference(from.partition);
    restore_partition(&to);
    ck_assert_uint_eq(hv_time_reference(to.partition), reference + 100);
}
END_TEST

static struct hv_reference_tsc_page *tsc_page(struct machine *machine)
{
    return machine->partition->time.page.page;
}

/* As a guest computes it (TLFS: reference TSC page). */
static uint64_t time_by_page(struct machine *machine)
{
    const struct hv_reference_tsc_page *page = tsc_page(machine);
    unsigned __int128 product = (unsigned __int128)machine->fake.tsc * page->tsc_scale;

    return (uint64_t)(product >> 64) + (uint64_t)page->tsc_offset;
}

START_TEST(the_tsc_page_gives_the_time_with_another_clock)
{
    uint64_t before = hv_time_reference(from.partition);

    fake_platform_destroy(&to.fake);
    fake_platform_init(&to.fake);
    to.fake.platform.facts.tsc_hz = 3100000000;
    to.fake.tsc = OTHER_TSC;
    start_machine(&to, UINT64_MAX);
    migrate();
    ck_assert_uint_eq(time_by_page(&to), before);
    to.fake.tsc += 3100000000;
    ck_assert_uint_eq(hv_time_reference(to.partition), before + 10000000);
    ck_assert_uint_eq(time_by_page(&to), hv_time_reference(to.partition));
}
END_TEST

/* TLFS: the sequence changes with scale and offset. A fresh partition begins with 1. */
START_TEST(the_tsc_page_has_a_sequence_that_the_guest_has_not_seen)
{
    for (uint32_t times = 0; times < 3; times++) {
        uint32_t sequence = tsc_page(&from)->tsc_sequence;

        fresh_target();
        migrate();
        ck_assert_uint_ne(tsc_page(&to)->tsc_sequence, sequence);
        ck_assert_uint_ne(tsc_page(&to)->tsc_sequence, 0);
        ck_assert_uint_ne(tsc_page(&to)->tsc_sequence, UINT32_MAX);
        hv_time_set_reference(from.partition, hv_time_reference(from.partition));
    }
}
END_TEST

START_TEST(the_sequence_wraps_past_what_has_a_meaning)
{
    static const uint32_t sequences[] = { 0xFFFFFFFE, 0xFFFFFFFF, 0 };

    for (size_t i = 0; i < 3; i++) {
        struct hv_time_payload *payload;

        fresh_target();
        save_partition(&from);
        payload = payload_of(&saved, HV_RECORD_TIME);
        payload->sequence = sequences[i];
        ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(tsc_page(&to)->tsc_sequence, 1);
    }
}
END_TEST

/* TLFS: migration to a host without invariant TSC. The guest has lost the privilege, and that is
   the one that it may lose; the next machine gives it back. */
START_TEST(without_an_invariant_tsc_the_page_says_so)
{
    uint64_t before = hv_time_reference(from.partition);
    uint32_t sequence = tsc_page(&from)->tsc_sequence;
    const uint64_t privileges = ~(uint64_t)HV_PRIVILEGE_AccessTscInvariantControls;

    fake_platform_destroy(&from.fake);
    fake_platform_init(&from.fake);
    start_machine(&from, privileges);
    fake_platform_destroy(&to.fake);
    fake_platform_init(&to.fake);
    to.fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_INVARIANT_TSC;
    start_machine(&to, privileges);
    must_write(from.vps[0], HV_X64_MSR_REFERENCE_TSC, PAGE_GPA | 1);
    migrate();
    ck_assert_uint_eq(tsc_page(&to)->tsc_sequence, 0);
    ck_assert_uint_eq(hv_time_reference(to.partition), before);
    ck_assert(to.partition->time.page.enabled);
    save_all(&to);
    restore_all(&from);
    ck_assert_uint_ne(tsc_page(&from)->tsc_sequence, 0);
    ck_assert_uint_ne(tsc_page(&from)->tsc_sequence, sequence);
}
END_TEST

/* TLFS: after each migration an interrupt, when the guest has asked for it. */
START_TEST(a_migrated_guest_is_told_when_it_has_asked)
{
    static const struct {
        uint64_t control;
        bool migrated, told;
    } cases[] = {
        { HV_REENLIGHTENMENT_CONTROL_ENABLED | UINT64_C(1) << 32 | 0x55, true, true },
        { HV_REENLIGHTENMENT_CONTROL_ENABLED | UINT64_C(1) << 32 | 0x55, false, false },
        { UINT64_C(1) << 32 | 0x55, true, false },
        { HV_REENLIGHTENMENT_CONTROL_ENABLED | UINT64_C(9) << 32 | 0x55, true, false },
        { HV_REENLIGHTENMENT_CONTROL_ENABLED | UINT64_C(0xFFFFFFFF) << 32 | 0x55, true, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hv_restore restore = { .tsc = OTHER_TSC, .migrated = cases[i].migrated };

        fresh_target();
        must_write(from.vps[0], HV_X64_MSR_REENLIGHTENMENT_CONTROL, cases[i].control);
        save_all(&from);
        restore_with(restore, HV_STATUS_SUCCESS);
        ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(restore_vp(&to, 1), HV_STATUS_SUCCESS);
        hv_vp_prepare(to.vps[1]);
        hv_interrupt_poll(to.vps[1], to.fake.tsc);
        ck_assert_int_eq(hv_interrupt_view(to.vps[1])->vector,
                         cases[i].told ? 0x55 : HV_INTERRUPT_NONE);
        ck_assert(!hv_apic_has_post(&to.vps[0]->apic));
    }
}
END_TEST

/* ---- What is refused ---- */

static const struct change of_partition[] = {
    CHANGE(hv_partition_payload, privileges, 1, INVALID_PARTITION_STATE),
    CHANGE(hv_partition_payload, features_edx, 1, INVALID_PARTITION_STATE),
    CHANGE(hv_partition_payload, recommendations, 1, INVALID_PARTITION_STATE),
    CHANGE(hv_partition_payload, hardware, 1, INVALID_PARTITION_STATE),
    CHANGE(hv_partition_payload, vp_count, 3, INVALID_PARTITION_STATE),
    CHANGE(hv_partition_payload, page_count, UINT64_C(1) << 20, INVALID_PARTITION_STATE),
    CHANGE(hv_partition_payload, hypercall_msr, UINT64_C(1) << 40, INVALID_PARAMETER),
    CHANGE(hv_partition_payload, hypercall_msr, PAGE_GPA | 1, INVALID_PARAMETER),
    CHANGE(hv_partition_payload, debug_active, 2, INVALID_PARAMETER),
    CHANGE(hv_partition_payload, zero, 1, INVALID_PARAMETER),
};

static const struct change of_time[] = {
    CHANGE(hv_time_payload, reenlightenment_control, 0x100, INVALID_PARAMETER),
    CHANGE(hv_time_payload, reenlightenment_control, 0x1000F, INVALID_PARAMETER),
    CHANGE(hv_time_payload, tsc_emulation_control, 2, INVALID_PARAMETER),
    CHANGE(hv_time_payload, tsc_emulation_status, 1, INVALID_PARAMETER),
    CHANGE(hv_time_payload, tsc_invariant_control, 2, INVALID_PARAMETER),
    CHANGE(hv_time_payload, zero, 1, INVALID_PARAMETER),
};

static void refuse(uint32_t component, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        save_partition(&from);
        apply(payload_of(&saved, component), &changes[i]);
        ck_assert_msg(restore_partition(&to) == changes[i].status, "%s", changes[i].name);
    }
}

START_TEST(a_partition_that_is_another_or_can_not_be_is_refused)
{
    refuse(HV_RECORD_PARTITION, of_partition, sizeof(of_partition) / sizeof(of_partition[0]));
    refuse(HV_RECORD_TIME, of_time, sizeof(of_time) / sizeof(of_time[0]));
    save_partition(&from);
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
}
END_TEST

/* Overlays need nested page tables. */
START_TEST(too_little_memory_is_a_status)
{
    static const struct {
        uint32_t msr;
        uint64_t value;
    } pages[] = {
        { HV_X64_MSR_REFERENCE_TSC, UINT64_C(0x4000000000) | 1 },
        { HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE, UINT64_C(0x4000000000) | 1 },
        { HV_X64_MSR_HYPERCALL, UINT64_C(0x4000000000) | 1 },
    };

    must_write(from.vps[0], HV_X64_MSR_GUEST_OS_ID, OS_ID);
    drain_pool(to.partition);
    for (size_t i = 0; i < 3; i++) {
        must_write(from.vps[0], pages[i].msr, pages[i].value);
        save_partition(&from);
        ck_assert_uint_eq(restore_partition(&to), HV_STATUS_INSUFFICIENT_MEMORY);
        must_write(from.vps[0], pages[i].msr, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_save_partition");
    TCase *tcase = tcase_create("partition");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, hypercall_page_is_where_it_was);
    tcase_add_test(tcase, a_locked_hypercall_page_stays_locked);
    tcase_add_test(tcase, crash_parameters_are_kept);
    tcase_add_test(tcase, statistics_pages_are_where_they_were);
    tcase_add_test(tcase, registers_of_time_are_kept);
    tcase_add_test(tcase, the_debugger_is_still_there);
    tcase_add_test(tcase, what_was_there_before_a_restore_is_gone);
    tcase_add_test(tcase, reference_time_stands_still_until_the_restore);
    tcase_add_test(tcase, reference_time_runs_on_from_the_moment_that_was_saved);
    tcase_add_test(tcase, the_moment_that_is_saved_is_the_callers);
    tcase_add_test(tcase, the_tsc_page_gives_the_time_with_another_clock);
    tcase_add_test(tcase, the_tsc_page_has_a_sequence_that_the_guest_has_not_seen);
    tcase_add_test(tcase, the_sequence_wraps_past_what_has_a_meaning);
    tcase_add_test(tcase, without_an_invariant_tsc_the_page_says_so);
    tcase_add_test(tcase, a_migrated_guest_is_told_when_it_has_asked);
    tcase_add_test(tcase, a_partition_that_is_another_or_can_not_be_is_refused);
    tcase_add_test(tcase, too_little_memory_is_a_status);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
