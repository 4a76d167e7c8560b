/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who is whose child, who is found by an ID, and until when a partition is there. */
#include <check.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define ROOT_ID 5

static struct fake_platform fake;
static struct hv_frame frames[FAKE_PAGES];
static struct hv_partition *root;
static uint64_t next_page;

static struct hv_partition *create(bool is_root, void *table)
{
    struct hv_partition_config config = { .id = ROOT_ID,
                                          .privileges = UINT64_MAX,
                                          .root = is_root,
                                          .max_vps = 1,
                                          .gpa_bits = 36,
                                          .frames = table,
                                          .frame_count = FAKE_PAGES };
    struct hv_partition *partition;
    uint64_t pages[16];
    size_t count = hv_partition_pages(&config);

    ck_assert_uint_le(count, 16);
    for (size_t i = 0; i < count; i++)
        pages[i] = next_page++;
    ck_assert_uint_eq(hv_partition_create(&fake.platform, &config, pages, count, &partition),
                      HV_STATUS_SUCCESS);
    return partition;
}

static void setup(void)
{
    fake_platform_init(&fake);
    memset(frames, 0, sizeof(frames));
    next_page = FAKE_FIRST_POOL;
    root = create(true, frames);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static struct hv_partition *child_of(struct hv_partition *parent)
{
    struct hv_partition *child = create(false, NULL);

    hv_hierarchy_add(parent, child);
    return child;
}

static uint32_t references(const struct hv_partition *partition)
{
    return atomic_load(&partition->lineage.references);
}

static struct hv_partition *found(uint64_t id)
{
    struct hv_partition *partition = hv_hierarchy_find(root->lineage.hierarchy, id);

    if (partition)
        hv_partition_drop(partition);
    return partition;
}

static void delete_now(struct hv_partition *partition)
{
    atomic_store(&partition->lineage.state, HV_PARTITION_DELETED);
    hv_hierarchy_remove(partition);
}

START_TEST(a_root_is_found_by_its_id)
{
    ck_assert_ptr_eq(found(ROOT_ID), root);
    ck_assert_ptr_null(found(ROOT_ID + 1));
    ck_assert_ptr_null(root->lineage.parent);
    ck_assert_uint_eq(hv_partition_state(&root->lineage), HV_PARTITION_ACTIVE);
}
END_TEST

START_TEST(without_frames_there_is_no_hierarchy)
{
    ck_assert_ptr_null(create(true, NULL)->lineage.hierarchy);
    ck_assert_ptr_null(create(false, frames)->lineage.hierarchy);
}
END_TEST

START_TEST(ids_are_new_and_find_their_partitions)
{
    struct hv_partition *children[3];
    unsigned count = sizeof(children) / sizeof(children[0]);
    uint64_t last = ROOT_ID;

    for (unsigned i = 0; i < count; i++) {
        children[i] = child_of(root);
        ck_assert_uint_gt(children[i]->id, last);
        last = children[i]->id;
    }
    for (unsigned i = 0; i < count; i++)
        ck_assert_ptr_eq(found(children[i]->id), children[i]);
}
END_TEST

START_TEST(an_id_is_not_used_again)
{
    struct hv_partition *first = child_of(root);
    uint64_t id = first->id;

    delete_now(first);
    ck_assert_ptr_null(found(id));
    ck_assert_uint_gt(child_of(root)->id, id);
}
END_TEST

START_TEST(partitions_of_one_bucket_are_told_apart)
{
    struct hv_partition *first = child_of(root), *second;

    root->lineage.hierarchy->last_id += HV_HIERARCHY_BUCKETS - 1;
    second = child_of(root);
    ck_assert_uint_eq(second->id - first->id, HV_HIERARCHY_BUCKETS);
    ck_assert_ptr_eq(found(first->id), first);
    ck_assert_ptr_eq(found(second->id), second);
    delete_now(first);
    ck_assert_ptr_eq(found(second->id), second);
}
END_TEST

START_TEST(children_are_listed_by_rising_id)
{
    struct hv_partition *first = child_of(root), *second = child_of(root), *third = child_of(root);
    struct hv_partition *grandchild = child_of(second), *next;

    ck_assert_ptr_eq(next = hv_hierarchy_next_child(root, 0), first);
    hv_partition_drop(next);
    ck_assert_ptr_eq(next = hv_hierarchy_next_child(root, first->id), second);
    hv_partition_drop(next);
    ck_assert_ptr_eq(next = hv_hierarchy_next_child(root, second->id), third);
    hv_partition_drop(next);
    ck_assert_ptr_null(hv_hierarchy_next_child(root, third->id));
    ck_assert_ptr_eq(next = hv_hierarchy_next_child(second, 0), grandchild);
    hv_partition_drop(next);
    delete_now(first);
    ck_assert_ptr_eq(next = hv_hierarchy_next_child(root, 0), second);
    hv_partition_drop(next);
}
END_TEST

START_TEST(a_partition_is_there_as_long_as_somebody_refers_to_it)
{
    struct hv_partition *child = child_of(root), *user;
    size_t unused = hv_partition_available(root);
    uint64_t page = next_page++;

    ck_assert_uint_eq(hv_partition_deposit(child, page), HV_STATUS_SUCCESS);
    user = hv_hierarchy_find(root->lineage.hierarchy, child->id);
    ck_assert_uint_eq(references(child), 2);
    delete_now(child);
    ck_assert_ptr_eq(user, child);
    ck_assert_uint_eq(references(user), 1);
    ck_assert_uint_eq(hv_partition_available(root), unused);
    hv_partition_drop(user);
    ck_assert_uint_gt(hv_partition_available(root), unused);
}
END_TEST

START_TEST(a_child_keeps_its_parent)
{
    struct hv_partition *child = child_of(root), *grandchild = child_of(child);

    ck_assert_uint_eq(references(child), 2);
    delete_now(child);
    ck_assert_uint_eq(references(child), 1);
    ck_assert_ptr_eq(found(grandchild->id), grandchild);
    ck_assert_uint_eq(references(root), 2);
    delete_now(grandchild);
    ck_assert_uint_eq(references(root), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hierarchy");
    TCase *tests = tcase_create("hierarchy");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_root_is_found_by_its_id);
    tcase_add_test(tests, without_frames_there_is_no_hierarchy);
    tcase_add_test(tests, ids_are_new_and_find_their_partitions);
    tcase_add_test(tests, an_id_is_not_used_again);
    tcase_add_test(tests, partitions_of_one_bucket_are_told_apart);
    tcase_add_test(tests, children_are_listed_by_rising_id);
    tcase_add_test(tests, a_partition_is_there_as_long_as_somebody_refers_to_it);
    tcase_add_test(tests, a_child_keeps_its_parent);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
