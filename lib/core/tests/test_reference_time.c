/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Time. Guests keep their clocks by it, and take it now from the counter MSR, now from the
 * reference TSC page; an error in the last digit of the scale is minutes after a year, and a
 * difference between the two makes time run backwards.
 */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef unsigned __int128 uint128;

static const uint64_t frequencies[] = {
    10000001,   24000000,   1000000000, 1999999999,        2000000000,
    2399987654, 3333333333, 5700000000, UINT64_C(1) << 33, UINT64_C(0xFFFFFFFFFFFFFFFF),
};

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_vp *vp;

static void begin(uint64_t tsc_hz, uint64_t tsc)
{
    fake.platform.facts.tsc_hz = tsc_hz;
    fake.tsc = tsc;
    partition = fake_partition(&fake);
    vp = fake_vp_create(&fake, partition, 0);
}

static void begin_again(uint64_t tsc_hz, uint64_t tsc)
{
    fake_platform_destroy(&fake);
    fake_platform_init(&fake);
    begin(tsc_hz, tsc);
}

static void setup(void)
{
    fake_platform_init(&fake);
    begin(FAKE_TSC_HZ, FAKE_TSC_HZ);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static uint64_t value_on(struct hv_vp *reader, uint32_t msr)
{
    uint64_t value = 0;

    fake_rdmsr(reader, msr, &value);
    ck_assert(!fake_vp(reader)->injected);
    return value;
}

static uint64_t counter(void)
{
    return value_on(vp, HV_X64_MSR_TIME_REF_COUNT);
}

/* Truncated product, by the definition. */
static uint64_t units(uint64_t ticks, uint64_t hz)
{
    uint64_t scale = (uint64_t)(((uint128)10000000 << 64) / hz);

    return (uint64_t)((uint128)ticks * scale >> 64);
}

START_TEST(counter_is_zero_at_creation_whatever_the_tsc)
{
    static const uint64_t starts[] = { 0, 1, UINT64_C(1) << 54, UINT64_MAX - 5 };

    for (size_t i = 0; i < COUNT(starts); i++) {
        for (size_t j = 0; j < COUNT(frequencies); j++) {
            begin_again(frequencies[j], starts[i]);
            ck_assert_uint_eq(counter(), 0);
        }
    }
}
END_TEST

START_TEST(counter_is_exact_for_every_frequency)
{
    for (size_t j = 0; j < COUNT(frequencies); j++) {
        uint64_t hz = frequencies[j];
        uint64_t start = 123456789;

        begin_again(hz, start);
        for (unsigned bit = 0; bit < 63; bit++) {
            uint64_t now = start + (UINT64_C(1) << bit) + bit;

            fake.tsc = now;
            ck_assert_uint_eq(counter(), units(now, hz) - units(start, hz));
        }
    }
}
END_TEST

START_TEST(counter_stays_right_for_decades)
{
    for (size_t j = 1; j < COUNT(frequencies) - 1; j++) {
        uint64_t hz = frequencies[j];
        uint64_t seconds = 30u * 365 * 86400;

        begin_again(hz, 0);
        fake.tsc = hz * seconds;
        ck_assert_uint_ge(counter() + 1, seconds * 10000000);
        ck_assert_uint_le(counter(), seconds * 10000000);
    }
}
END_TEST

START_TEST(counter_never_runs_backwards_on_any_vp)
{
    struct hv_vp *vps[3] = { vp, fake_vp_create(&fake, partition, 1),
                             fake_vp_create(&fake, partition, 2) };
    uint64_t last = 0;

    fake.tsc_step = 37;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t now = value_on(vps[i % 3], HV_X64_MSR_TIME_REF_COUNT);

        ck_assert_uint_ge(now, last);
        last = now;
    }
    ck_assert_uint_gt(last, 0);
}
END_TEST

START_TEST(counter_can_not_be_written)
{
    fake_wrmsr(vp, HV_X64_MSR_TIME_REF_COUNT, 5);
    ck_assert(fake_injected(vp, 13));
    ck_assert_uint_eq(counter(), 0);
}
END_TEST

START_TEST(counter_runs_on_across_a_reset)
{
    fake.tsc += 3 * FAKE_TSC_HZ;
    hv_partition_reset(partition);
    ck_assert_uint_ge(counter(), 29999999);
}
END_TEST

START_TEST(frequency_msrs_tell_the_platforms_frequencies)
{
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_TSC_FREQUENCY), FAKE_TSC_HZ);
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_APIC_FREQUENCY), 200000000);
}
END_TEST

static const struct hv_reference_tsc_page *enable_page(void)
{
    struct hv_mapping mapping;

    fake_wrmsr(vp, HV_X64_MSR_REFERENCE_TSC, 0x10001);
    ck_assert(!fake_vp(vp)->injected);
    ck_assert(hv_address_translate(partition, 0x10, &mapping));
    ck_assert(mapping.overlay);
    return fake_page(&fake, mapping.spa_page);
}

/* As the TLFS tells a guest to compute it. */
static uint64_t page_time(const struct hv_reference_tsc_page *page, uint64_t tsc)
{
    return (uint64_t)((uint128)tsc * page->tsc_scale >> 64) + (uint64_t)page->tsc_offset;
}

START_TEST(page_and_counter_agree_at_every_tick)
{
    for (size_t j = 0; j < COUNT(frequencies); j++) {
        const struct hv_reference_tsc_page *page;

        begin_again(frequencies[j], UINT64_C(1) << 40);
        page = enable_page();
        for (unsigned i = 0; i < 1000; i++) {
            ck_assert_uint_eq(page_time(page, fake.tsc), counter());
            fake.tsc += 977 * i + 1;
        }
    }
}
END_TEST

START_TEST(page_has_its_fields_and_nothing_else)
{
    const struct hv_reference_tsc_page *page = enable_page();
    const uint8_t *bytes = (const uint8_t *)page;

    ck_assert_uint_ne(page->tsc_sequence, 0);
    ck_assert_uint_ne(page->tsc_sequence, 0xFFFFFFFF);
    ck_assert_uint_eq(page->tsc_scale, (uint64_t)(((uint128)10000000 << 64) / FAKE_TSC_HZ));
    for (size_t i = 4; i < 8; i++)
        ck_assert_uint_eq(bytes[i], 0);
    for (size_t i = 24; i < HV_PAGE_SIZE; i++)
        ck_assert_uint_eq(bytes[i], 0);
}
END_TEST

START_TEST(page_is_a_read_only_overlay)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &fake_vp(vp)->gprs };
    struct hv_mapping mapping;

    memset(fake_page(&fake, 0x10), 0x77, HV_PAGE_SIZE);
    enable_page();
    ck_assert(hv_address_translate(partition, 0x10, &mapping));
    ck_assert_uint_eq(mapping.access, HV_ACCESS_READ);
    exit.memory.gpa = 0x10008;
    exit.memory.access = HV_ACCESS_WRITE;
    ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_RESUME);
    ck_assert(fake_injected(vp, 18));

    fake_wrmsr(vp, HV_X64_MSR_REFERENCE_TSC, 0x10000);
    ck_assert(hv_address_translate(partition, 0x10, &mapping));
    ck_assert(!mapping.overlay);
    ck_assert_uint_eq(*(uint8_t *)fake_page(&fake, mapping.spa_page), 0x77);
}
END_TEST

START_TEST(page_register_is_shared_and_keeps_reserved_bits)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_REFERENCE_TSC), 0);
    for (unsigned bit = 1; bit < 12; bit++) {
        uint64_t value = 0x10001 | UINT64_C(1) << bit;

        fake_wrmsr(vp, HV_X64_MSR_REFERENCE_TSC, value);
        ck_assert(!fake_vp(vp)->injected);
        ck_assert_uint_eq(value_on(other, HV_X64_MSR_REFERENCE_TSC), value);
    }
}
END_TEST

START_TEST(page_beyond_the_gpa_space_does_not_fault)
{
    uint64_t value = (UINT64_C(1) << 40) | 1;

    enable_page();
    fake_wrmsr(vp, HV_X64_MSR_REFERENCE_TSC, value);
    ck_assert(!fake_vp(vp)->injected);
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_REFERENCE_TSC), value);
    enable_page();
}
END_TEST

START_TEST(reference_time_continues_from_the_value_that_is_set)
{
    const struct hv_reference_tsc_page *page = enable_page();
    static const uint64_t times[] = { 0, 1, 10000000, UINT64_C(1) << 62 };

    for (size_t i = 0; i < COUNT(times); i++) {
        uint32_t sequence = page->tsc_sequence;

        ck_assert_uint_eq(
            hv_partition_set_property(partition, HvPartitionPropertyReferenceTime, times[i]),
            HV_STATUS_SUCCESS);
        ck_assert_uint_eq(page->tsc_sequence, sequence + 1);
        ck_assert_uint_eq(counter(), times[i]);
        fake.tsc += 2000;
        ck_assert_uint_eq(counter(), times[i] + 10);
        ck_assert_uint_eq(page_time(page, fake.tsc), counter());
    }
}
END_TEST

START_TEST(sequence_passes_over_the_values_that_mean_invalid)
{
    const struct hv_reference_tsc_page *page = enable_page();

    partition->time.sequence = 0xFFFFFFFD;
    hv_time_set_reference(partition, 0);
    ck_assert_uint_eq(page->tsc_sequence, 0xFFFFFFFE);
    hv_time_set_reference(partition, 0);
    ck_assert_uint_eq(page->tsc_sequence, 1);
    hv_time_set_reference(partition, 0);
    ck_assert_uint_eq(page->tsc_sequence, 2);
}
END_TEST

START_TEST(page_is_marked_unusable_when_the_tsc_is_not_invariant)
{
    const struct hv_reference_tsc_page *page;

    fake_platform_destroy(&fake);
    fake_platform_init(&fake);
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_INVARIANT_TSC;
    begin(FAKE_TSC_HZ, 0);
    page = partition->time.page.page;
    ck_assert_uint_eq(page->tsc_sequence, 0);
    hv_time_set_reference(partition, 100);
    ck_assert_uint_eq(page->tsc_sequence, 0);
    ck_assert_uint_eq(counter(), 100);
}
END_TEST

/* Every state of the page that a guest could see while it changes: the page is write-protected, so
   each store to it traps before it is done, and is then single-stepped. */
struct state {
    uint32_t sequence;
    uint64_t scale;
    int64_t offset;
};

#define EFLAGS_TF 0x100

static struct state states[256];
static size_t state_count;
static struct hv_reference_tsc_page *watched;

static void record_state(void)
{
    const volatile struct hv_reference_tsc_page *page = watched;

    if (state_count == COUNT(states))
        abort();
    states[state_count++] = (struct state){ page->tsc_sequence, page->tsc_scale, page->tsc_offset };
}

static void before_store(int signal, siginfo_t *info, void *context)
{
    uint64_t page = (uint64_t)(uintptr_t)info->si_addr & ~HV_PAGE_MASK;

    (void)signal;
    if (page != (uint64_t)(uintptr_t)watched)
        abort();
    record_state();
    mprotect(watched, HV_PAGE_SIZE, PROT_READ | PROT_WRITE);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= EFLAGS_TF;
}

static void after_store(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    mprotect(watched, HV_PAGE_SIZE, PROT_READ);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~EFLAGS_TF;
}

static void record_changes(struct hv_reference_tsc_page *page, unsigned changes)
{
    struct sigaction store = { .sa_sigaction = before_store, .sa_flags = SA_SIGINFO };
    struct sigaction step = { .sa_sigaction = after_store, .sa_flags = SA_SIGINFO };
    struct sigaction old_store, old_step;

    watched = page;
    state_count = 0;
    ck_assert_int_eq(sigaction(SIGSEGV, &store, &old_store), 0);
    ck_assert_int_eq(sigaction(SIGTRAP, &step, &old_step), 0);
    ck_assert_int_eq(mprotect(watched, HV_PAGE_SIZE, PROT_READ), 0);
    for (unsigned i = 0; i < changes; i++)
        hv_time_set_reference(partition, 1000 * i);
    mprotect(watched, HV_PAGE_SIZE, PROT_READ | PROT_WRITE);
    sigaction(SIGSEGV, &old_store, NULL);
    sigaction(SIGTRAP, &old_step, NULL);
    record_state();
}

/* The state in which the page rests under a sequence: the last that has it. */
static const struct state *settled(uint32_t sequence)
{
    const struct state *found = NULL;

    for (size_t i = 0; i < state_count; i++) {
        if (states[i].sequence == sequence)
            found = &states[i];
    }
    return found;
}

START_TEST(guest_that_reads_during_a_change_never_computes_wrong_time)
{
    record_changes(partition->time.page.page, 5);
    ck_assert_uint_ge(state_count, 10);

    /* A guest reads the sequence in one state, the fields in any that follow, and the sequence
       again; it uses what it read when the sequences are the same and not 0. */
    for (size_t first = 0; first < state_count; first++) {
        const struct state *right = settled(states[first].sequence);

        for (size_t last = first; last < state_count && states[first].sequence != 0; last++) {
            if (states[last].sequence != states[first].sequence)
                continue;
            for (size_t i = first; i <= last; i++) {
                ck_assert_uint_eq(states[i].scale, right->scale);
                ck_assert_int_eq(states[i].offset, right->offset);
            }
        }
    }
}
END_TEST

START_TEST(vp_runtime_counts_only_while_the_vp_runs)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 0);
    fake.tsc += FAKE_TSC_HZ;
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 0);

    hv_vp_account_start(vp, fake.tsc);
    fake.tsc += 2010;
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 10);
    hv_vp_account_stop(vp, fake.tsc);
    fake.tsc += FAKE_TSC_HZ;
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 10);

    hv_vp_account_stop(vp, fake.tsc);
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 10);
    hv_vp_account_start(vp, fake.tsc);
    fake.tsc += 1010;
    hv_vp_account_stop(vp, fake.tsc);
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 15);
    ck_assert_uint_eq(value_on(other, HV_X64_MSR_VP_RUNTIME), 0);
}
END_TEST

START_TEST(short_runs_add_up_without_loss)
{
    for (unsigned i = 0; i < 1000; i++) {
        hv_vp_account_start(vp, fake.tsc);
        fake.tsc += 21;
        hv_vp_account_stop(vp, fake.tsc);
    }
    hv_vp_account_start(vp, fake.tsc);
    fake.tsc += 10;
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 105);
}
END_TEST

/* Why: clocks of two LPs may differ by some ticks, and a VP moves between them. One tick below zero
   would read as centuries, and once added up would never leave. */
START_TEST(vp_runtime_never_goes_below_what_it_was_when_a_clock_is_behind)
{
    uint64_t runtime;

    hv_vp_account_start(vp, fake.tsc);
    fake.tsc -= 100;
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 0);
    hv_vp_account_stop(vp, fake.tsc);
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), 0);

    hv_vp_account_start(vp, fake.tsc);
    fake.tsc += 2010;
    hv_vp_account_stop(vp, fake.tsc);
    runtime = value_on(vp, HV_X64_MSR_VP_RUNTIME);
    ck_assert_uint_eq(runtime, 10);
    hv_vp_account_start(vp, fake.tsc);
    hv_vp_account_stop(vp, fake.tsc - 1000);
    ck_assert_uint_eq(value_on(vp, HV_X64_MSR_VP_RUNTIME), runtime);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("reference_time");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, counter_is_zero_at_creation_whatever_the_tsc);
    tcase_add_test(tcase, counter_is_exact_for_every_frequency);
    tcase_add_test(tcase, counter_stays_right_for_decades);
    tcase_add_test(tcase, counter_never_runs_backwards_on_any_vp);
    tcase_add_test(tcase, counter_can_not_be_written);
    tcase_add_test(tcase, counter_runs_on_across_a_reset);
    tcase_add_test(tcase, frequency_msrs_tell_the_platforms_frequencies);
    tcase_add_test(tcase, page_and_counter_agree_at_every_tick);
    tcase_add_test(tcase, page_has_its_fields_and_nothing_else);
    tcase_add_test(tcase, page_is_a_read_only_overlay);
    tcase_add_test(tcase, page_register_is_shared_and_keeps_reserved_bits);
    tcase_add_test(tcase, page_beyond_the_gpa_space_does_not_fault);
    tcase_add_test(tcase, reference_time_continues_from_the_value_that_is_set);
    tcase_add_test(tcase, sequence_passes_over_the_values_that_mean_invalid);
    tcase_add_test(tcase, page_is_marked_unusable_when_the_tsc_is_not_invariant);
    tcase_add_test(tcase, guest_that_reads_during_a_change_never_computes_wrong_time);
    tcase_add_test(tcase, vp_runtime_counts_only_while_the_vp_runs);
    tcase_add_test(tcase, short_runs_add_up_without_loss);
    tcase_add_test(tcase, vp_runtime_never_goes_below_what_it_was_when_a_clock_is_behind);
    Suite *suite = suite_create("core_reference_time");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
