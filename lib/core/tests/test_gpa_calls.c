/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The calls by which a parent makes the GPA space of a child. Why: a page that two partitions have
 * at once, or that is lost between them, is the worst that a hypervisor can do; and a parent goes
 * by the status and the count of elements alone.
 */
#include <check.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"

#define PAGES_2M  UINT64_C(512)
#define PAGES_1G  (PAGES_2M * 512)
#define PAGES     (UINT64_C(1) << 28) /* of a GPA space */
#define INPUT     UINT64_C(0x1FF000)  /* in the root's RAM */
#define EXECUTE   (HV_MAP_GPA_KERNEL_EXECUTABLE | HV_MAP_GPA_USER_EXECUTABLE)
#define READWRITE (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)
#define ALL       (READWRITE | EXECUTE)
#define LARGE_ALL (ALL | HV_MAP_GPA_LARGE_PAGE)

static struct fake_platform fake;
static struct hv_partition *root, *child;
static struct hv_vp *vp;

static void start(int format)
{
    fake.platform.facts.slat_format = format == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    root = family_root(&fake);
    vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    child = family_child(&fake, root, 40);
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

static uint64_t *input(void)
{
    return fake_page(&fake, INPUT / HV_PAGE_SIZE);
}

static uint64_t result(hv_status status, uint64_t reps)
{
    return (uint64_t)status | reps << 32;
}

static uint64_t call(uint16_t code, uint64_t reps)
{
    return fake_hypercall(vp, code | reps << 32, INPUT, 0);
}

/* A list of reps sources that follow each other. */
static uint64_t map_to(uint64_t id, uint64_t gpa_page, uint32_t flags, uint64_t source,
                       uint64_t reps)
{
    uint64_t step = flags & HV_MAP_GPA_LARGE_PAGE ? PAGES_2M : 1;

    input()[0] = id;
    input()[1] = gpa_page;
    input()[2] = flags;
    for (uint64_t i = 0; i < reps; i++)
        input()[3 + i] = source + i * step;
    return call(HvCallMapGpaPages, reps);
}

static uint64_t map(uint64_t gpa_page, uint32_t flags, uint64_t source, uint64_t reps)
{
    return map_to(child->id, gpa_page, flags, source, reps);
}

static uint64_t unmap(uint64_t gpa_page, uint32_t flags, uint64_t reps)
{
    input()[0] = child->id;
    input()[1] = gpa_page;
    input()[2] = flags;
    return call(HvCallUnmapGpaPages, reps);
}

static uint64_t modify(uint64_t gpa_page, uint32_t flags)
{
    input()[0] = child->id;
    input()[1] = flags;
    input()[2] = gpa_page;
    return call(HvCallModifySparseGpaPages, 1);
}

static void expect_mapped(uint64_t gpa_page, uint64_t spa_page, uint8_t access)
{
    struct hv_mapping mapping;

    ck_assert(hv_address_translate(child, gpa_page, &mapping));
    ck_assert_uint_eq(mapping.spa_page, spa_page);
    ck_assert_uint_eq(mapping.access, access);
    ck_assert_uint_eq(mapping.cache, HV_CACHE_WRITE_BACK);
    ck_assert(family_holds(child, spa_page));
}

static void expect_no_access(uint64_t gpa_page, bool inaccessible)
{
    struct hv_mapping mapping;

    ck_assert(!hv_address_translate(child, gpa_page, &mapping));
    ck_assert_uint_eq(mapping.access, HV_ACCESS_NONE);
    ck_assert(mapping.inaccessible == inaccessible);
}

static unsigned level_of(uint64_t gpa_page)
{
    const struct hv_slat_ops *slat = child->address.slat;
    uint64_t table = hv_address_root(child);

    for (unsigned level = HV_SLAT_TOP_LEVEL;; level--) {
        uint64_t *entries = fake_page(&fake, table);

        if (!slat->descend(entries[hv_slat_index(gpa_page, level)], level, &table))
            return level;
    }
}

/* The pool and who holds what, with held pages the child's. */
static void expect_held(uint64_t held)
{
    uint64_t count = 0;

    for (uint64_t page = 0; page < FAKE_PAGES; page++)
        count += family_holds(child, page);
    ck_assert_uint_eq(count, held);
    for (uint64_t page = 0; page < FAKE_FIRST_POOL; page++)
        ck_assert(family_holds(child, page) || family_holds(root, page));
}

/* ---- mapping ---- */

START_TEST(a_page_is_the_childs_and_the_parent_keeps_its_access)
{
    struct hv_mapping mapping;
    uint64_t word = 0x1234;

    start(_i);
    ck_assert_uint_eq(map(0x123, ALL | HV_MAP_GPA_ADJUSTABLE, 7, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(0x123, 7, HV_ACCESS_ALL);
    expect_held(1);
    ck_assert(hv_address_translate(root, 7, &mapping));
    ck_assert_uint_eq(mapping.access, HV_ACCESS_ALL);
    ck_assert(hv_address_write(root, 7 * HV_PAGE_SIZE, &word, sizeof(word)));
    word = 0;
    ck_assert(hv_address_read(child, 0x123 * HV_PAGE_SIZE, &word, sizeof(word)));
    ck_assert_uint_eq(word, 0x1234);
    ck_assert_uint_eq(fake.slat_flushes, 0);
}
END_TEST

START_TEST(a_list_is_mapped_in_order)
{
    ck_assert_uint_eq(map(0x1FE, READWRITE, 20, 100), result(HV_STATUS_SUCCESS, 100));
    for (uint64_t i = 0; i < 100; i++)
        expect_mapped(0x1FE + i, 20 + i, HV_ACCESS_READ | HV_ACCESS_WRITE);
    expect_held(100);
}
END_TEST

START_TEST(pairs_are_mapped)
{
    input()[0] = child->id;
    input()[1] = HV_MAP_GPA_READABLE | EXECUTE;
    input()[2] = 0x500;
    input()[3] = 4;
    input()[4] = PAGES_1G;
    input()[5] = 2;
    ck_assert_uint_eq(call(HvCallMapSparseGpaPages, 2), result(HV_STATUS_SUCCESS, 2));
    expect_mapped(0x500, 4, HV_ACCESS_READ | HV_ACCESS_EXECUTE);
    expect_mapped(PAGES_1G, 2, HV_ACCESS_READ | HV_ACCESS_EXECUTE);
}
END_TEST

START_TEST(not_cached_is_uncached)
{
    struct hv_mapping mapping;

    ck_assert_uint_eq(map(0, READWRITE | HV_MAP_GPA_NOT_CACHED, 1, 1),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert(hv_address_translate(child, 0, &mapping));
    ck_assert_uint_eq(mapping.cache, HV_CACHE_UNCACHED);
}
END_TEST

static const uint32_t good_flags[] = { HV_MAP_GPA_READABLE, READWRITE,
                                       HV_MAP_GPA_READABLE | EXECUTE, ALL };
static const uint8_t good_access[] = { HV_ACCESS_READ, HV_ACCESS_READ | HV_ACCESS_WRITE,
                                       HV_ACCESS_READ | HV_ACCESS_EXECUTE, HV_ACCESS_ALL };

START_TEST(rights_are_as_asked)
{
    ck_assert_uint_eq(map(0, good_flags[_i], 1, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(0, 1, good_access[_i]);
}
END_TEST

static const uint32_t bad_flags[] = {
    HV_MAP_GPA_WRITABLE,
    EXECUTE,
    HV_MAP_GPA_WRITABLE | EXECUTE,
    HV_MAP_GPA_READABLE | HV_MAP_GPA_KERNEL_EXECUTABLE,
    HV_MAP_GPA_READABLE | HV_MAP_GPA_USER_EXECUTABLE,
    HV_MAP_GPA_READABLE | HV_MAP_GPA_NO_ACCESS,
    HV_MAP_GPA_ZEROED,
    HV_MAP_GPA_ONES,
    HV_MAP_GPA_READABLE | HV_MAP_GPA_NO_OVERLAY,
    HV_MAP_GPA_READABLE | 0x10,
    HV_MAP_GPA_READABLE | HV_MAP_GPA_SET_DIRTY,
    HV_MAP_GPA_READABLE | 0x40000000,
};

START_TEST(impossible_flags_are_refused)
{
    uint64_t refused = result(HV_STATUS_INVALID_PARAMETER, 0);

    ck_assert_uint_eq(map(0, bad_flags[_i], 1, 2), refused);
    ck_assert_uint_eq(modify(0, bad_flags[_i]), refused);
    input()[0] = child->id;
    input()[1] = bad_flags[_i];
    ck_assert_uint_eq(call(HvCallMapSparseGpaPages, 1), refused);
    expect_held(0);
}
END_TEST

static bool is_shared(uint64_t spa_page)
{
    return hv_frame_is_shared(&root->lineage.hierarchy->frames, spa_page, NULL);
}

/* TLFS v2.0, 8.3.1. */
START_TEST(a_page_may_be_mapped_several_times)
{
    struct hv_partition *other = family_child(&fake, root, 8);
    struct hv_mapping mapping;

    ck_assert_uint_eq(map(0, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(1, HV_MAP_GPA_READABLE, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_to(other->id, 0, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(is_shared(7));
    for (uint64_t page = 0; page < 2; page++) {
        ck_assert(hv_address_translate(child, page, &mapping));
        ck_assert_uint_eq(mapping.spa_page, 7);
        ck_assert_uint_eq(mapping.access, page == 0 ? HV_ACCESS_ALL : HV_ACCESS_READ);
    }
    ck_assert_uint_eq(modify(1, ALL), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap(0, 0, 2), result(HV_STATUS_SUCCESS, 2));
    ck_assert(is_shared(7));
    ck_assert(hv_address_translate(other, 0, &mapping));
    /* At one place again, it is still nobody's but the root's. */
    ck_assert(!hv_frame_deposit(&root->lineage.hierarchy->frames, 7, NULL, child));
    ck_assert(!hv_frame_deposit(&root->lineage.hierarchy->frames, 7, other, child));
    input()[0] = other->id;
    input()[1] = input()[2] = 0;
    ck_assert_uint_eq(call(HvCallUnmapGpaPages, 1), result(HV_STATUS_SUCCESS, 1));
    expect_held(0);
}
END_TEST

START_TEST(shared_pages_go_back_with_the_last_space)
{
    struct hv_partition *other = family_child(&fake, root, 8);

    ck_assert_uint_eq(map(0, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(PAGES_2M, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_to(other->id, 0, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(level_of(PAGES_2M), 2);
    /* Other memory in place of half of it. */
    ck_assert_uint_eq(map(0, LARGE_ALL | HV_MAP_GPA_NOT_CACHED, 0, 1),
                      result(HV_STATUS_SUCCESS, 1));
    while (!hv_address_space_destroy(child, UINT64_MAX))
        continue;
    ck_assert(is_shared(0) && is_shared(PAGES_2M - 1));
    while (!hv_address_space_destroy(other, UINT64_MAX))
        continue;
    expect_held(0);
}
END_TEST

/* Each page finds another one in its place, which comes later in the same call. */
START_TEST(pages_change_places)
{
    for (uint64_t page = 0; page < 4; page++)
        ck_assert_uint_eq(map(page, ALL, 20 + (page + 3) % 4, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(0, ALL, 20, 4), result(HV_STATUS_SUCCESS, 4));
    for (uint64_t page = 0; page < 4; page++) {
        struct hv_mapping mapping;

        ck_assert(hv_address_translate(child, page, &mapping));
        ck_assert_uint_eq(mapping.spa_page, 20 + page);
    }
    ck_assert_uint_eq(unmap(0, 0, 4), result(HV_STATUS_SUCCESS, 4));
    expect_held(0);
}
END_TEST

/* What a child has passed on, or deposited, has one place: the parent takes nothing behind its
   back. */
START_TEST(what_is_further_below_is_not_shared)
{
    struct hv_partition *other = family_child(&fake, root, 8);
    struct hv_partition *grandchild = family_child(&fake, child, 8);
    struct hv_frames *frames = &root->lineage.hierarchy->frames;
    uint64_t denied = result(HV_STATUS_OPERATION_DENIED, 0);

    ck_assert_uint_eq(map(0, ALL, 7, 3), result(HV_STATUS_SUCCESS, 3));
    ck_assert(hv_frame_map(frames, 8, 1, child, grandchild, 1));
    ck_assert(hv_frame_deposit(frames, 9, child, grandchild));
    for (uint64_t page = 8; page < 10; page++) {
        ck_assert_uint_eq(map_to(other->id, 0, ALL, page, 1), denied);
        ck_assert_uint_eq(map(100, ALL, page, 1), denied);
    }
    ck_assert_uint_eq(map_to(other->id, 0, LARGE_ALL, 0, 1), denied);
    ck_assert(family_holds(root, 0) && family_holds(child, 7) && family_holds(root, 511));
    ck_assert_uint_eq(map_to(other->id, 0, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    /* Nor does a child pass on what it shares. */
    ck_assert(!hv_frame_can_map(frames, 7, 1, child, grandchild));
}
END_TEST

START_TEST(sources_that_are_no_memory_of_the_parent_are_refused)
{
    uint64_t denied = result(HV_STATUS_OPERATION_DENIED, 0);
    struct hv_overlay *overlay = &root->hypercall_page;

    ck_assert_uint_eq(map(0, ALL, FAKE_FIRST_POOL, 1), denied); /* unmapped */
    ck_assert_uint_eq(map(0, ALL, PAGES, 1), result(HV_STATUS_INVALID_PARAMETER, 0));
    ck_assert_uint_eq(hv_overlay_enable(root, overlay, 9), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(0, ALL, 9, 1), denied);
    ck_assert_uint_eq(
        hv_address_map(root, 0x5000, FAKE_PAGES + 5, 1, HV_ACCESS_ALL, HV_CACHE_UNCACHED),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(0, ALL, 0x5000, 1), denied); /* a device */
    ck_assert(hv_frame_deposit(&root->lineage.hierarchy->frames, 3, NULL, child));
    ck_assert_uint_eq(map(0, ALL, 3, 1), denied); /* deposited */
    expect_no_access(0, false);
}
END_TEST

START_TEST(targets_outside_the_space_are_refused)
{
    uint64_t refused = result(HV_STATUS_INVALID_PARAMETER, 0);

    ck_assert_uint_eq(map(PAGES, ALL, 7, 1), refused);
    ck_assert_uint_eq(map(PAGES - 1, ALL, 7, 3), result(HV_STATUS_INVALID_PARAMETER, 1));
    ck_assert_uint_eq(map(UINT64_MAX, ALL, 8, 2), refused);
    ck_assert_uint_eq(unmap(PAGES, 0, 1), refused);
    ck_assert_uint_eq(unmap(PAGES - 1, 0, 2), result(HV_STATUS_INVALID_PARAMETER, 1));
    ck_assert_uint_eq(unmap(UINT64_MAX, 0, 2), refused);
    ck_assert_uint_eq(modify(PAGES, ALL), refused);
    expect_held(0);
}
END_TEST

START_TEST(an_error_says_how_far_it_came)
{
    ck_assert_uint_eq(map(0, ALL, 30, 1), result(HV_STATUS_SUCCESS, 1));
    input()[0] = child->id;
    input()[1] = 0x10;
    input()[2] = ALL;
    for (unsigned i = 0; i < 5; i++)
        input()[3 + i] = i == 3 ? FAKE_FIRST_POOL : 40 + i;
    ck_assert_uint_eq(call(HvCallMapGpaPages, 5), result(HV_STATUS_OPERATION_DENIED, 3));
    expect_held(4);
    expect_mapped(0x12, 42, HV_ACCESS_ALL);
    expect_no_access(0x13, false);
}
END_TEST

/* ---- who may ---- */

START_TEST(the_target_is_an_active_child)
{
    struct hv_partition *grandchild = family_child(&fake, child, 8);

    ck_assert_uint_eq(map_to(77, 0, ALL, 7, 1), result(HV_STATUS_INVALID_PARTITION_ID, 0));
    ck_assert_uint_eq(map_to(grandchild->id, 0, ALL, 7, 1), result(HV_STATUS_ACCESS_DENIED, 0));
    for (unsigned state = HV_PARTITION_CREATED; state <= HV_PARTITION_FINALIZED; state++) {
        uint64_t right = state == HV_PARTITION_ACTIVE
                             ? result(HV_STATUS_SUCCESS, 1)
                             : result(HV_STATUS_INVALID_PARTITION_STATE, 0);

        atomic_store(&child->lineage.state, state);
        ck_assert_uint_eq(map(0, ALL, 7, 1), right);
        ck_assert_uint_eq(modify(0, ALL), right);
        ck_assert_uint_eq(unmap(0, 0, 1), right);
    }
}
END_TEST

START_TEST(who_may_not_create_partitions_may_not_map)
{
    root->features.privileges &= ~HV_PRIVILEGE_CreatePartitions;
    ck_assert_uint_eq(map(0, ALL, 7, 1), result(HV_STATUS_ACCESS_DENIED, 0));
    ck_assert_uint_eq(unmap(0, 0, 1), result(HV_STATUS_ACCESS_DENIED, 0));
}
END_TEST

START_TEST(the_root_changes_no_more_than_rights_of_its_own_pages)
{
    uint64_t denied = result(HV_STATUS_ACCESS_DENIED, 0);
    struct hv_mapping mapping;

    ck_assert_uint_eq(map_to(root->id, 5, HV_MAP_GPA_READABLE, 5, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(hv_address_translate(root, 5, &mapping));
    ck_assert_uint_eq(mapping.spa_page, 5);
    ck_assert_uint_eq(mapping.access, HV_ACCESS_READ);
    ck_assert_uint_gt(fake.slat_flushes, 0);
    ck_assert_uint_eq(map_to(HV_PARTITION_ID_SELF, 5, ALL, 6, 1), denied);
    ck_assert_uint_eq(map_to(root->id, FAKE_FIRST_POOL, ALL, FAKE_FIRST_POOL, 1), denied);
    input()[0] = root->id;
    input()[1] = 5;
    input()[2] = 0;
    ck_assert_uint_eq(call(HvCallUnmapGpaPages, 1), denied);
    ck_assert(hv_address_translate(root, 5, &mapping));
}
END_TEST

/* ---- replacing and unmapping ---- */

START_TEST(what_is_replaced_goes_back_after_a_flush)
{
    ck_assert_uint_eq(map(3, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(3, HV_MAP_GPA_READABLE, 8, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(3, 8, HV_ACCESS_READ);
    expect_held(1);
    ck_assert_uint_eq(fake.slat_flushes, 1);
}
END_TEST

START_TEST(the_same_page_gets_other_rights)
{
    ck_assert_uint_eq(map(3, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(3, HV_MAP_GPA_READABLE, 7, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(3, 7, HV_ACCESS_READ);
    ck_assert_uint_eq(fake.slat_flushes, 1);
    ck_assert_uint_eq(map(3, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(3, 7, HV_ACCESS_ALL);
    ck_assert_uint_eq(fake.slat_flushes, 1);
}
END_TEST

START_TEST(unmapped_and_inaccessible_are_not_the_same)
{
    start(_i);
    ck_assert_uint_eq(map(0x40, HV_MAP_GPA_NO_ACCESS, 0, 3), result(HV_STATUS_SUCCESS, 3));
    expect_held(0);
    expect_no_access(0x40, true);
    expect_no_access(0x42, true);
    expect_no_access(0x43, false);
    ck_assert_uint_eq(map(0x41, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(0x41, 7, HV_ACCESS_ALL);
    ck_assert_uint_eq(map(0x41, HV_MAP_GPA_NO_ACCESS, 0, 1), result(HV_STATUS_SUCCESS, 1));
    expect_no_access(0x41, true);
    expect_held(0);
    ck_assert_uint_eq(unmap(0x3F, 0, 5), result(HV_STATUS_SUCCESS, 5));
    for (uint64_t page = 0x3F; page < 0x44; page++)
        expect_no_access(page, false);
}
END_TEST

START_TEST(unmapping_gives_back_and_passes_over_what_is_not_mapped)
{
    ck_assert_uint_eq(map(0x10, ALL, 50, 4), result(HV_STATUS_SUCCESS, 4));
    ck_assert_uint_eq(unmap(0x11, HV_UNMAP_GPA_KEEP_PRECOMMITTED, 8), result(HV_STATUS_SUCCESS, 8));
    ck_assert_uint_eq(fake.slat_flushes, 1);
    expect_mapped(0x10, 50, HV_ACCESS_ALL);
    expect_no_access(0x11, false);
    expect_held(1);
    ck_assert_uint_eq(unmap(PAGES_1G, 0, 512), result(HV_STATUS_SUCCESS, 512));
    ck_assert_uint_eq(fake.slat_flushes, 1);
    ck_assert_uint_eq(unmap(0x10, 1, 1), result(HV_STATUS_INVALID_PARAMETER, 0));
    ck_assert_uint_eq(unmap(0x10, 8, 1), result(HV_STATUS_INVALID_PARAMETER, 0));
    expect_held(1);
}
END_TEST

START_TEST(what_the_child_has_passed_on_stays)
{
    struct hv_partition *grandchild = family_child(&fake, child, 8);
    struct hv_frames *frames = &root->lineage.hierarchy->frames;
    uint64_t in_use = result(HV_STATUS_OBJECT_IN_USE, 1);

    ck_assert_uint_eq(map(0, ALL, 7, 3), result(HV_STATUS_SUCCESS, 3));
    ck_assert(hv_frame_map(frames, 8, 1, child, grandchild, 1));
    ck_assert_uint_eq(unmap(0, 0, 3), in_use);
    ck_assert_uint_eq(map(0, HV_MAP_GPA_NO_ACCESS, 0, 3), in_use);
    ck_assert_uint_eq(map(0, ALL, 17, 3), in_use);
    ck_assert(family_holds(grandchild, 8));
    ck_assert(family_holds(root, 18));
    expect_mapped(0, 17, HV_ACCESS_ALL);
    expect_mapped(2, 9, HV_ACCESS_ALL);
}
END_TEST

START_TEST(a_map_under_an_overlay_changes_what_it_covers)
{
    struct hv_overlay *overlay = &child->hypercall_page;
    struct hv_mapping mapping;

    ck_assert_uint_eq(map(4, HV_MAP_GPA_NO_ACCESS, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_overlay_enable(child, overlay, 4), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(4, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(4, ALL, 8, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(modify(4, HV_MAP_GPA_READABLE), result(HV_STATUS_SUCCESS, 1));
    ck_assert(hv_address_translate(child, 4, &mapping));
    ck_assert(mapping.overlay);
    expect_held(1);
    hv_overlay_disable(child, overlay);
    expect_mapped(4, 8, HV_ACCESS_READ);
}
END_TEST

/* As the embedder does, who gives nothing back. */
START_TEST(what_was_unmapped_under_an_overlay_is_not_there_any_more)
{
    struct hv_overlay *overlay = &child->hypercall_page;

    ck_assert_uint_eq(map(4, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_overlay_enable(child, overlay, 4), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_address_unmap(child, 4, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(4, ALL, 8, 1), result(HV_STATUS_SUCCESS, 1));
    expect_held(2);
    hv_overlay_disable(child, overlay);
    expect_mapped(4, 8, HV_ACCESS_ALL);
}
END_TEST

START_TEST(an_overlay_uncovers_an_inaccessible_page)
{
    struct hv_overlay *overlay = &child->hypercall_page;

    ck_assert_uint_eq(map(4, HV_MAP_GPA_NO_ACCESS, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_overlay_enable(child, overlay, 4), HV_STATUS_SUCCESS);
    hv_overlay_disable(child, overlay);
    expect_no_access(4, true);
    ck_assert_uint_eq(hv_overlay_enable(child, overlay, 4), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unmap(4, 0, 1), result(HV_STATUS_SUCCESS, 1));
    hv_overlay_disable(child, overlay);
    expect_no_access(4, false);
}
END_TEST

/* ---- rights ---- */

START_TEST(rights_are_taken_and_given_back)
{
    start(_i);
    ck_assert_uint_eq(modify(3, ALL), result(HV_STATUS_OPERATION_DENIED, 0));
    ck_assert_uint_eq(map(3, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(modify(3, HV_MAP_GPA_READABLE), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(3, 7, HV_ACCESS_READ);
    ck_assert_uint_eq(modify(3, HV_MAP_GPA_NO_ACCESS), result(HV_STATUS_SUCCESS, 1));
    expect_no_access(3, true);
    expect_held(1);
    ck_assert_uint_eq(modify(3, ALL), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(3, 7, HV_ACCESS_ALL);
    ck_assert_uint_eq(map(4, HV_MAP_GPA_NO_ACCESS, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(modify(4, ALL), result(HV_STATUS_OPERATION_DENIED, 0));
    input()[1] = ALL | UINT64_C(1) << 32;
    ck_assert_uint_eq(call(HvCallModifySparseGpaPages, 1), result(HV_STATUS_INVALID_PARAMETER, 0));
}
END_TEST

START_TEST(a_page_without_rights_is_held_and_inaccessible)
{
    start(_i);
    ck_assert_uint_eq(map(3, 0, 7, 1), result(HV_STATUS_SUCCESS, 1));
    expect_no_access(3, true);
    expect_held(1);
    ck_assert_uint_eq(map(3, ALL, 7, 1), result(HV_STATUS_SUCCESS, 1));
    expect_mapped(3, 7, HV_ACCESS_ALL);
    ck_assert_uint_eq(modify(3, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap(3, 0, 1), result(HV_STATUS_SUCCESS, 1));
    expect_held(0);
}
END_TEST

/* ---- large pages ---- */

START_TEST(a_large_page_is_one)
{
    start(_i);
    ck_assert_uint_eq(map(PAGES_2M, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(level_of(PAGES_2M), 2);
    expect_mapped(PAGES_2M, 0, HV_ACCESS_ALL);
    expect_mapped(PAGES_2M + 511, 511, HV_ACCESS_ALL);
    expect_held(PAGES_2M);
    ck_assert_uint_eq(unmap(PAGES_2M, HV_UNMAP_GPA_LARGE_PAGE, 1), result(HV_STATUS_SUCCESS, 1));
    expect_no_access(PAGES_2M, false);
    expect_held(0);
}
END_TEST

START_TEST(a_large_page_is_split_as_needed)
{
    start(_i);
    ck_assert_uint_eq(map(0, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap(5, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(6, HV_MAP_GPA_NO_ACCESS, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(level_of(5), 1);
    expect_no_access(5, false);
    expect_no_access(6, true);
    expect_mapped(4, 4, HV_ACCESS_ALL);
    expect_mapped(511, 511, HV_ACCESS_ALL);
    expect_held(PAGES_2M - 2);
}
END_TEST

START_TEST(small_pages_become_a_large_one_and_their_table_is_freed)
{
    size_t unused;

    start(_i);
    ck_assert_uint_eq(map(PAGES_2M, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    unused = hv_partition_available(child);
    ck_assert_uint_eq(map(PAGES_2M + 1, HV_MAP_GPA_NO_ACCESS, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_partition_available(child), unused - 1);
    ck_assert_uint_eq(map(PAGES_2M, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(level_of(PAGES_2M), 2);
    ck_assert_uint_eq(hv_partition_available(child), unused);
    expect_held(PAGES_2M);
    ck_assert_uint_eq(map(PAGES_2M, HV_MAP_GPA_NO_ACCESS | HV_MAP_GPA_LARGE_PAGE, 0, 1),
                      result(HV_STATUS_SUCCESS, 1));
    expect_no_access(PAGES_2M + 511, true);
    expect_held(0);
    ck_assert_uint_eq(map(PAGES_2M + 9, ALL, 9, 1), result(HV_STATUS_SUCCESS, 1));
    expect_no_access(PAGES_2M + 8, true);
    ck_assert_uint_eq(unmap(PAGES_2M, HV_UNMAP_GPA_LARGE_PAGE, 1), result(HV_STATUS_SUCCESS, 1));
    expect_no_access(PAGES_2M + 8, false);
    ck_assert_uint_eq(hv_partition_available(child), unused);
    expect_held(0);
}
END_TEST

START_TEST(large_pages_are_aligned)
{
    uint64_t refused = result(HV_STATUS_INVALID_PARAMETER, 0);

    ck_assert_uint_eq(map(1, LARGE_ALL, 0, 1), refused);
    ck_assert_uint_eq(map(0, LARGE_ALL, 1, 1), refused);
    ck_assert_uint_eq(map(PAGES, LARGE_ALL, 0, 1), refused);
    ck_assert_uint_eq(map(0, LARGE_ALL, PAGES, 1), refused);
    ck_assert_uint_eq(unmap(1, HV_UNMAP_GPA_LARGE_PAGE, 1), refused);
    ck_assert_uint_eq(modify(1, LARGE_ALL), refused);
    expect_held(0);
}
END_TEST

/* Scattered memory of the parent's. */
START_TEST(what_can_not_be_one_large_page_is_512_small_ones)
{
    ck_assert_uint_eq(
        hv_address_map(root, PAGES_1G, 1, PAGES_2M - 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(
        hv_address_map(root, PAGES_1G + PAGES_2M - 1, 0, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(0, LARGE_ALL, PAGES_1G, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(level_of(0), 1);
    expect_mapped(0, 1, HV_ACCESS_ALL);
    expect_mapped(511, 0, HV_ACCESS_ALL);
    expect_held(PAGES_2M);
}
END_TEST

START_TEST(an_overlay_keeps_its_small_page)
{
    struct hv_overlay *overlay = &child->hypercall_page;
    struct hv_mapping mapping;

    ck_assert_uint_eq(hv_overlay_enable(child, overlay, 77), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(0, LARGE_ALL, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(hv_address_translate(child, 77, &mapping));
    ck_assert(mapping.overlay);
    expect_mapped(78, 78, HV_ACCESS_ALL);
    ck_assert_uint_eq(unmap(0, HV_UNMAP_GPA_LARGE_PAGE, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(hv_address_translate(child, 77, &mapping));
    expect_no_access(78, false);
    expect_held(0);
    hv_overlay_disable(child, overlay);
    expect_no_access(77, false);
}
END_TEST

START_TEST(a_large_page_comes_whole_or_not_at_all)
{
    struct hv_partition *other = family_child(&fake, root, 8);
    struct hv_frames *frames = &root->lineage.hierarchy->frames;

    ck_assert(hv_frame_deposit(frames, 300, NULL, other));
    ck_assert_uint_eq(map(0, ALL, 3, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map(0, LARGE_ALL, 0, 1), result(HV_STATUS_OPERATION_DENIED, 0));
    ck_assert(family_holds(root, 0) && family_holds(root, 299) && family_holds(root, 511));
    ck_assert(hv_frame_is_deposited(frames, 300, other));
    expect_mapped(0, 3, HV_ACCESS_ALL);
    expect_no_access(1, false);
}
END_TEST

/* ---- memory and time ---- */

START_TEST(without_memory_for_tables_nothing_of_the_element_is_done)
{
    struct hv_partition *poor = family_child(&fake, root, 0);
    uint64_t page;

    while (hv_partition_withdraw(poor, &page) == HV_STATUS_SUCCESS)
        continue;
    ck_assert_uint_eq(map_to(poor->id, 0, ALL, 7, 3), result(HV_STATUS_INSUFFICIENT_MEMORY, 0));
    ck_assert(family_holds(root, 7));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(fake.platform.pages.alloc(&fake, &page));
        ck_assert_uint_eq(hv_partition_deposit(poor, page), HV_STATUS_SUCCESS);
    }
    ck_assert_uint_eq(map_to(poor->id, PAGES_2M - 2, ALL, 7, 3),
                      result(HV_STATUS_INSUFFICIENT_MEMORY, 2));
    ck_assert(family_holds(poor, 8));
    ck_assert(family_holds(root, 9));
}
END_TEST

START_TEST(a_long_list_is_suspended_and_goes_on)
{
    struct fake_vp *backend = fake_vp(vp);
    uint64_t done;

    fake.tsc_step = FAKE_TSC_HZ / 1000000; /* a microsecond */
    map(0, ALL, 0, 400);
    done = backend->gprs.gpr[HV_GPR_RCX] >> 48;
    ck_assert_uint_gt(done, 0);
    ck_assert_uint_lt(done, 100);
    expect_held(done);
    expect_mapped(done - 1, done - 1, HV_ACCESS_ALL);
    expect_no_access(done, false);
}
END_TEST

START_TEST(a_batch_has_one_flush)
{
    ck_assert_uint_eq(map(0, ALL, 0, 300), result(HV_STATUS_SUCCESS, 300));
    ck_assert_uint_eq(map(0, HV_MAP_GPA_NO_ACCESS, 0, 300), result(HV_STATUS_SUCCESS, 300));
    ck_assert_uint_eq(fake.slat_flushes, 1);
    expect_held(0);
}
END_TEST

/* More pages than there is room to remember, no two of which follow each other. */
START_TEST(scattered_pages_all_go_back)
{
    for (uint64_t i = 0; i < 256; i++)
        ck_assert_uint_eq(map(i, ALL, (i * 7) % 256, 1), result(HV_STATUS_SUCCESS, 1));
    expect_held(256);
    ck_assert_uint_eq(unmap(0, 0, 512), result(HV_STATUS_SUCCESS, 512));
    expect_held(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpa_calls");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, a_page_is_the_childs_and_the_parent_keeps_its_access, 0, 2);
    tcase_add_test(all, a_list_is_mapped_in_order);
    tcase_add_test(all, pairs_are_mapped);
    tcase_add_test(all, not_cached_is_uncached);
    tcase_add_loop_test(all, rights_are_as_asked, 0, 4);
    tcase_add_loop_test(all, impossible_flags_are_refused, 0,
                        (int)(sizeof(bad_flags) / sizeof(bad_flags[0])));
    tcase_add_test(all, a_page_may_be_mapped_several_times);
    tcase_add_test(all, pages_change_places);
    tcase_add_test(all, shared_pages_go_back_with_the_last_space);
    tcase_add_test(all, what_is_further_below_is_not_shared);
    tcase_add_test(all, sources_that_are_no_memory_of_the_parent_are_refused);
    tcase_add_test(all, targets_outside_the_space_are_refused);
    tcase_add_test(all, an_error_says_how_far_it_came);
    tcase_add_test(all, the_target_is_an_active_child);
    tcase_add_test(all, who_may_not_create_partitions_may_not_map);
    tcase_add_test(all, the_root_changes_no_more_than_rights_of_its_own_pages);
    tcase_add_test(all, what_is_replaced_goes_back_after_a_flush);
    tcase_add_test(all, the_same_page_gets_other_rights);
    tcase_add_loop_test(all, unmapped_and_inaccessible_are_not_the_same, 0, 2);
    tcase_add_test(all, unmapping_gives_back_and_passes_over_what_is_not_mapped);
    tcase_add_test(all, what_the_child_has_passed_on_stays);
    tcase_add_test(all, a_map_under_an_overlay_changes_what_it_covers);
    tcase_add_test(all, what_was_unmapped_under_an_overlay_is_not_there_any_more);
    tcase_add_test(all, an_overlay_uncovers_an_inaccessible_page);
    tcase_add_loop_test(all, rights_are_taken_and_given_back, 0, 2);
    tcase_add_loop_test(all, a_page_without_rights_is_held_and_inaccessible, 0, 2);
    tcase_add_loop_test(all, a_large_page_is_one, 0, 2);
    tcase_add_loop_test(all, a_large_page_is_split_as_needed, 0, 2);
    tcase_add_loop_test(all, small_pages_become_a_large_one_and_their_table_is_freed, 0, 2);
    tcase_add_test(all, large_pages_are_aligned);
    tcase_add_test(all, what_can_not_be_one_large_page_is_512_small_ones);
    tcase_add_test(all, an_overlay_keeps_its_small_page);
    tcase_add_test(all, a_large_page_comes_whole_or_not_at_all);
    tcase_add_test(all, without_memory_for_tables_nothing_of_the_element_is_done);
    tcase_add_test(all, a_long_list_is_suspended_and_goes_on);
    tcase_add_test(all, a_batch_has_one_flush);
    tcase_add_test(all, scattered_pages_all_go_back);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
