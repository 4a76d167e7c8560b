/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which pages a child has read and written. Why: a parent that moves a running child to another
 * machine copies what this names, and a page that was written and is not named is lost.
 */
#include <check.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"

#define PAGES_2M UINT64_C(512)
#define PAGES    (UINT64_C(1) << 28)
#define INPUT    UINT64_C(0x10000)
#define OUTPUT   UINT64_C(0x20000)
#define BOTH     (HV_GPA_PAGE_ACCESSED | HV_GPA_PAGE_DIRTY)
#define CLEAR    (HV_GPA_PAGE_ACCESS_CLEAR_ACCESSED | HV_GPA_PAGE_ACCESS_CLEAR_DIRTY)

static struct fake_platform fake;
static struct hv_partition *root, *child;
static struct hv_vp *vp;

/* NPT, or EPT with accessed and dirty flags. */
static void start(int format)
{
    fake.platform.facts.slat_format = format == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    fake.platform.facts.capabilities |= HV_CPU_EPT_ACCESS_FLAGS;
    root = family_root(&fake);
    vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    child = family_child(&fake, root, 8);
    ck_assert_uint_eq(hv_address_track(child, true), HV_STATUS_SUCCESS);
}

static void setup(void)
{
    fake_platform_init(&fake);
    start(0);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void map(uint64_t gpa_page, uint64_t spa_page, uint64_t count)
{
    ck_assert_uint_eq(
        hv_address_map(child, gpa_page, spa_page, count, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
}

/* What hardware does when the child reads or writes. */
static void access_page(uint64_t gpa_page, bool write)
{
    const struct hv_slat_ops *slat = child->address.slat;
    uint64_t table = hv_address_root(child);

    for (unsigned level = HV_SLAT_TOP_LEVEL;; level--) {
        uint64_t *entry = (uint64_t *)fake_page(&fake, table) + hv_slat_index(gpa_page, level);

        if (slat->descend(*entry, level, &table))
            continue;
        ck_assert(slat->is_present(*entry));
        *entry |= slat->accessed | (write ? slat->dirty : 0);
        return;
    }
}

static uint64_t result(hv_status status, uint64_t reps)
{
    return (uint64_t)status | reps << 32;
}

static uint8_t *states(void)
{
    return fake_page(&fake, OUTPUT / HV_PAGE_SIZE);
}

static uint64_t query_of(uint64_t id, uint64_t gpa_page, uint64_t flags, uint64_t reps)
{
    uint64_t *input = fake_page(&fake, INPUT / HV_PAGE_SIZE);

    input[0] = id;
    input[1] = flags;
    input[2] = gpa_page;
    memset(states(), 0xEE, HV_PAGE_SIZE);
    return fake_hypercall(vp, HvCallGetGpaPagesAccessState | reps << 32, INPUT, OUTPUT);
}

static uint64_t query(uint64_t gpa_page, uint64_t flags, uint64_t reps)
{
    return query_of(child->id, gpa_page, flags, reps);
}

static uint8_t state(uint64_t gpa_page)
{
    ck_assert_uint_eq(query(gpa_page, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(states()[1], 0xEE);
    return states()[0];
}

START_TEST(what_the_child_has_done_is_told)
{
    start(_i);
    map(10, 10, 3);
    access_page(11, false);
    access_page(12, true);
    ck_assert_uint_eq(query(9, 0, 5), result(HV_STATUS_SUCCESS, 5));
    ck_assert_uint_eq(states()[0], 0); /* unmapped */
    ck_assert_uint_eq(states()[1], 0);
    ck_assert_uint_eq(states()[2], HV_GPA_PAGE_ACCESSED);
    ck_assert_uint_eq(states()[3], BOTH);
    ck_assert_uint_eq(states()[4], 0);
    ck_assert_uint_eq(fake.slat_flushes, 0);
}
END_TEST

START_TEST(it_is_told_and_then_forgotten)
{
    start(_i);
    map(10, 10, 2);
    access_page(10, true);
    access_page(11, true);
    ck_assert_uint_eq(query(10, HV_GPA_PAGE_ACCESS_CLEAR_DIRTY, 2), result(HV_STATUS_SUCCESS, 2));
    ck_assert_uint_eq(states()[1], BOTH);
    ck_assert_uint_eq(fake.slat_flushes, 1);
    ck_assert_uint_eq(state(11), HV_GPA_PAGE_ACCESSED);
    access_page(11, true);
    ck_assert_uint_eq(query(11, HV_GPA_PAGE_ACCESS_CLEAR_ACCESSED, 1),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(state(11), HV_GPA_PAGE_DIRTY);
    fake.slat_flushes = 1;
    ck_assert_uint_eq(query(10, CLEAR, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(state(10), 0);
    ck_assert_uint_eq(fake.slat_flushes, 2);
    ck_assert_uint_eq(query(10, CLEAR, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(fake.slat_flushes, 2);
}
END_TEST

START_TEST(it_can_be_set)
{
    map(10, 10, 2);
    ck_assert_uint_eq(query(10, HV_GPA_PAGE_ACCESS_SET_DIRTY, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(states()[0], 0);
    ck_assert_uint_eq(state(10), HV_GPA_PAGE_DIRTY);
    ck_assert_uint_eq(
        query(10, HV_GPA_PAGE_ACCESS_SET_ACCESSED | HV_GPA_PAGE_ACCESS_CLEAR_DIRTY, 1),
        result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(state(10), HV_GPA_PAGE_ACCESSED);
    ck_assert_uint_eq(state(11), 0);
}
END_TEST

START_TEST(a_large_page_is_cut_when_part_of_it_changes)
{
    start(_i);
    map(0, 0, PAGES_2M);
    access_page(7, true);
    ck_assert_uint_eq(query(3, CLEAR, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(states()[0], BOTH);
    ck_assert_uint_eq(state(3), 0);
    ck_assert_uint_eq(state(4), BOTH);
    ck_assert_uint_eq(state(511), BOTH);
}
END_TEST

START_TEST(without_a_page_for_the_table_it_fails_there)
{
    uint64_t page;

    map(PAGES_2M, 0, PAGES_2M);
    map(PAGES_2M - 1, 3, 1);
    access_page(PAGES_2M - 1, true);
    access_page(PAGES_2M, true);
    while (hv_partition_withdraw(child, &page) == HV_STATUS_SUCCESS)
        continue;
    ck_assert_uint_eq(query(PAGES_2M - 1, CLEAR, 3), result(HV_STATUS_INSUFFICIENT_MEMORY, 1));
    ck_assert_uint_eq(states()[0], BOTH);
    ck_assert_uint_eq(fake.slat_flushes, 1);
    ck_assert_uint_eq(state(PAGES_2M - 1), 0);
    ck_assert_uint_eq(state(PAGES_2M), BOTH);
}
END_TEST

START_TEST(a_covered_page_counts_as_written)
{
    map(10, 10, 1);
    ck_assert_uint_eq(hv_overlay_enable(child, &child->hypercall_page, 10), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(query(10, CLEAR, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(states()[0], BOTH);
    hv_overlay_disable(child, &child->hypercall_page);
    ck_assert_uint_eq(state(10), BOTH);
    ck_assert_uint_eq(query(10, CLEAR, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(state(10), 0);
    ck_assert_uint_eq(hv_overlay_enable(child, &child->hypercall_page, 11), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(state(11), 0); /* nothing beneath */
    hv_overlay_disable(child, &child->hypercall_page);
    ck_assert_uint_eq(state(11), 0);
}
END_TEST

START_TEST(what_is_written_for_the_child_counts)
{
    uint64_t word = 1;

    start(_i);
    map(10, 10, 3);
    ck_assert(hv_address_read(child, 10 * HV_PAGE_SIZE, &word, sizeof(word)));
    ck_assert_uint_eq(state(10), 0);
    ck_assert(hv_address_write(child, 11 * HV_PAGE_SIZE - 4, &word, sizeof(word)));
    ck_assert_uint_eq(state(10), BOTH);
    ck_assert_uint_eq(state(11), BOTH);
    ck_assert(hv_address_replace_word(child, 12 * HV_PAGE_SIZE, 8, 0, 1, &word));
    ck_assert_uint_eq(state(12), BOTH);
    ck_assert_uint_eq(query(10, CLEAR, 3), result(HV_STATUS_SUCCESS, 3));
    ck_assert_uint_eq(hv_address_track(child, false), HV_STATUS_SUCCESS);
    ck_assert(hv_address_write(child, 10 * HV_PAGE_SIZE, &word, sizeof(word)));
    ck_assert_uint_eq(hv_address_track(child, true), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(state(10), 0);
}
END_TEST

static uint64_t rights(uint64_t gpa_page, uint32_t flags)
{
    uint64_t *input = fake_page(&fake, INPUT / HV_PAGE_SIZE);

    input[0] = child->id;
    input[1] = flags;
    input[2] = gpa_page;
    return fake_hypercall(vp, HvCallModifySparseGpaPages | UINT64_C(1) << 32, INPUT, 0);
}

START_TEST(other_rights_leave_it_and_another_page_does_not)
{
    start(_i);
    map(10, 10, 1);
    access_page(10, true);
    ck_assert_uint_eq(hv_address_protect(child, 10, 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(state(10), BOTH);
    ck_assert_uint_eq(rights(10, HV_MAP_GPA_NO_ACCESS), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(state(10), BOTH);
    ck_assert_uint_eq(rights(10, HV_MAP_GPA_READABLE), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(state(10), BOTH);
    map(10, 11, 1);
    ck_assert_uint_eq(state(10), 0);
}
END_TEST

START_TEST(who_may_ask_and_what)
{
    static const uint64_t bad[] = { 0x3, 0xC, 0x10, UINT64_C(1) << 63 };

    map(10, 10, 1);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(query(10, bad[i], 1), result(HV_STATUS_INVALID_PARAMETER, 0));
    ck_assert_uint_eq(query(PAGES - 1, 0, 2), result(HV_STATUS_INVALID_PARAMETER, 1));
    ck_assert_uint_eq(query(PAGES, 0, 1), result(HV_STATUS_INVALID_PARAMETER, 0));
    ck_assert_uint_eq(query(UINT64_MAX, 0, 2), result(HV_STATUS_INVALID_PARAMETER, 0));
    ck_assert_uint_eq(query_of(77, 10, 0, 1), result(HV_STATUS_INVALID_PARTITION_ID, 0));
    ck_assert_uint_eq(query_of(HV_PARTITION_ID_SELF, 10, 0, 1), result(HV_STATUS_ACCESS_DENIED, 0));
    atomic_store(&child->lineage.state, HV_PARTITION_FINALIZED);
    ck_assert_uint_eq(query(10, 0, 1), result(HV_STATUS_INVALID_PARTITION_STATE, 0));
    atomic_store(&child->lineage.state, HV_PARTITION_ACTIVE);
    ck_assert_uint_eq(hv_address_track(child, false), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(query(10, 0, 1), result(HV_STATUS_OPERATION_DENIED, 0));
}
END_TEST

START_TEST(ept_without_flags_records_nothing)
{
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_EPT_ACCESS_FLAGS;
    ck_assert_uint_eq(hv_address_track(child, true), HV_STATUS_SUCCESS); /* NPT */
    fake.platform.facts.slat_format = HV_SLAT_EPT;
    ck_assert_uint_eq(hv_address_track(child, true), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(hv_address_track(child, false), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_property_turns_it_on_and_off)
{
    const uint32_t code = HvPartitionPropertyGpaPageAccessTracking;
    uint64_t value;

    map(10, 10, 1);
    ck_assert_uint_eq(hv_partition_get_property(child, code, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 1);
    ck_assert_uint_eq(hv_partition_set_property(child, code, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(query(10, 0, 1), result(HV_STATUS_OPERATION_DENIED, 0));
    ck_assert_uint_eq(hv_partition_get_property(child, code, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 0);
    ck_assert_uint_eq(hv_partition_set_property(child, code, 2),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_partition_set_property(child, code, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(query(10, 0, 1), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(a_long_list_is_suspended_and_goes_on)
{
    uint64_t done;

    map(0, 0, 400);
    fake.tsc_step = FAKE_TSC_HZ / 1000000;
    query(0, HV_GPA_PAGE_ACCESS_SET_DIRTY, 400);
    done = fake_vp(vp)->gprs.gpr[HV_GPR_RCX] >> 48;
    ck_assert_uint_gt(done, 0);
    ck_assert_uint_lt(done, 100);
    fake.tsc_step = 0;
    ck_assert_uint_eq(state(done - 1), HV_GPA_PAGE_DIRTY);
    ck_assert_uint_eq(state(done), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpa_access");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, what_the_child_has_done_is_told, 0, 2);
    tcase_add_loop_test(all, it_is_told_and_then_forgotten, 0, 2);
    tcase_add_test(all, it_can_be_set);
    tcase_add_loop_test(all, a_large_page_is_cut_when_part_of_it_changes, 0, 2);
    tcase_add_test(all, without_a_page_for_the_table_it_fails_there);
    tcase_add_test(all, a_covered_page_counts_as_written);
    tcase_add_loop_test(all, what_is_written_for_the_child_counts, 0, 2);
    tcase_add_loop_test(all, other_rights_leave_it_and_another_page_does_not, 0, 2);
    tcase_add_test(all, who_may_ask_and_what);
    tcase_add_test(all, ept_without_flags_records_nothing);
    tcase_add_test(all, a_property_turns_it_on_and_off);
    tcase_add_test(all, a_long_list_is_suspended_and_goes_on);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
