/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Sets of VPs. Why: a guest packs its set into banks, and who unpacks it wrongly leaves VPs out of
 * flushes (microsoft/litebox#958, Linux 7321f47eada5).
 */
#include <check.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"
#include "vp_set.h"

#define SPARSE HV_GENERIC_SET_SPARSE_4K

static struct fake_platform fake;
static struct hv_partition *partition;

static void setup(void)
{
    fake_platform_init(&fake);
    partition = fake_partition(&fake);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static struct hv_vp_bitmap parse(uint64_t valid, const uint64_t *banks, uint16_t count)
{
    const struct hv_vp_set set = { SPARSE, valid };
    struct hv_vp_bitmap bitmap;

    ck_assert_uint_eq(hv_vp_bitmap_from_set(&bitmap, &set, banks, count), HV_STATUS_SUCCESS);
    return bitmap;
}

/* TLFS: the set { 0, 5, 130 }. */
START_TEST(example_of_the_document)
{
    const uint64_t banks[] = { 0x21, 0x04 };
    struct hv_vp_bitmap bitmap = parse(0x5, banks, 2);

    ck_assert(!bitmap.all && !bitmap.beyond);
    for (unsigned word = 0; word < HV_VP_SET_WORDS; word++)
        ck_assert_uint_eq(bitmap.words[word], word == 0 ? 0x21 : (word == 2 ? 0x04 : 0));
}
END_TEST

START_TEST(banks_go_to_their_bits_in_ascending_order)
{
    uint64_t banks[HV_VP_SET_WORDS];
    struct hv_vp_bitmap bitmap;

    for (unsigned i = 0; i < HV_VP_SET_WORDS; i++)
        banks[i] = i + 1;
    bitmap = parse(0xFF, banks, HV_VP_SET_WORDS);
    for (unsigned i = 0; i < HV_VP_SET_WORDS; i++)
        ck_assert_uint_eq(bitmap.words[i], i + 1);
    bitmap = parse(UINT64_C(1) << (HV_VP_SET_WORDS - 1) | UINT64_C(1) << 63, banks, 2);
    ck_assert_uint_eq(bitmap.words[HV_VP_SET_WORDS - 1], 1);
    ck_assert(bitmap.beyond);
}
END_TEST

START_TEST(there_are_as_many_banks_as_bits)
{
    const struct hv_vp_set set = { SPARSE, 0x101 };
    const uint64_t banks[] = { 1, 1, 1 };
    struct hv_vp_bitmap bitmap;

    for (uint16_t count = 0; count <= 3; count++)
        ck_assert_uint_eq(hv_vp_bitmap_from_set(&bitmap, &set, banks, count),
                          count == 2 ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(empty_is_a_set_without_members)
{
    const uint64_t banks[] = { 0, 0 }, last[] = { 0, 1 };
    struct hv_vp_bitmap bitmap = parse(3, banks, 2);

    ck_assert(hv_vp_bitmap_is_empty(&bitmap));
    bitmap = parse(UINT64_C(1) << 63 | 1, last, 2);
    ck_assert(!hv_vp_bitmap_is_empty(&bitmap));
    bitmap = parse(UINT64_C(1) << 7 | 1, last, 2);
    ck_assert(!hv_vp_bitmap_is_empty(&bitmap));
    bitmap = (struct hv_vp_bitmap){ .all = true };
    ck_assert(!hv_vp_bitmap_is_empty(&bitmap));
}
END_TEST

static bool exists(uint64_t valid, const uint64_t *banks, uint16_t count)
{
    struct hv_vp_bitmap bitmap = parse(valid, banks, count);

    return hv_vp_bitmap_exists(&bitmap, partition);
}

START_TEST(sets_exist_when_all_their_members_do)
{
    const uint64_t first = 1, two = 3, none = 0, gap = 1 | UINT64_C(1) << 40;
    const uint64_t beyond[] = { 1, 1 }, nothing_beyond[] = { 1, 0 };
    const struct hv_vp_bitmap all = { .all = true };

    fake_vp_create(&fake, partition, 0);
    ck_assert(exists(1, &first, 1));
    ck_assert(exists(1, &none, 1));
    ck_assert(!exists(1, &two, 1));
    fake_vp_create(&fake, partition, 1);
    ck_assert(exists(1, &two, 1));
    ck_assert(!exists(1, &gap, 1));
    ck_assert(!exists(2, &first, 1));
    ck_assert(!exists(UINT64_C(1) << 63 | 1, beyond, 2));
    ck_assert(exists(UINT64_C(1) << 63 | 1, nothing_beyond, 2));
    ck_assert(hv_vp_bitmap_exists(&all, partition));
}
END_TEST

START_TEST(members_come_in_order_and_absent_ones_not_at_all)
{
    const uint64_t bank = UINT64_C(1) << 63 | UINT64_C(1) << 40 | 5;
    struct hv_vp_bitmap bitmap = parse(1, &bank, 1);
    struct hv_vp *vps[] = { fake_vp_create(&fake, partition, 0),
                            fake_vp_create(&fake, partition, 40),
                            fake_vp_create(&fake, partition, 63) };
    uint32_t index = 0;

    fake_vp_create(&fake, partition, 1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_ptr_eq(hv_vp_bitmap_next(&bitmap, partition, &index), vps[i]);
    ck_assert_ptr_null(hv_vp_bitmap_next(&bitmap, partition, &index));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vp_set");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, example_of_the_document);
    tcase_add_test(all, banks_go_to_their_bits_in_ascending_order);
    tcase_add_test(all, there_are_as_many_banks_as_bits);
    tcase_add_test(all, empty_is_a_set_without_members);
    tcase_add_test(all, sets_exist_when_all_their_members_do);
    tcase_add_test(all, members_come_in_order_and_absent_ones_not_at_all);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
