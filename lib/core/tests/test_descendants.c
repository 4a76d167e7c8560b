/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A child that makes children of its own. Why: what the hypervisor keeps for a grandchild lies in
 * memory that three partitions have had, and a message about it goes to a VP that its own parent
 * may take away at that moment.
 */
#include "hypercall.h"
#include "root_fixture.h"
#include "suite.h"

#define POOL       120 /* pages that the root deposits for the child */
#define FIRST_RAM  300 /* of the root's, which the child has */
#define RAM        64
#define RAM_GPA    UINT64_C(0x100)     /* first page of it in the child */
#define INPUT_GPA  (RAM_GPA + RAM - 2) /* of the child's calls */
#define OUTPUT_GPA (RAM_GPA + RAM - 1) /* of the same */
#define FAR_GPA    UINT64_C(0x40000)   /* in the root: nothing else near it */
#define BASE_PAGES 9                   /* of a partition */
#define VP_PAGES   (8 + FAKE_VP_PAGES) /* of a VP */
#define READWRITE  (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)
#define ALL        (READWRITE | HV_MAP_GPA_KERNEL_EXECUTABLE | HV_MAP_GPA_USER_EXECUTABLE)
#define PARENT     (HV_PRIVILEGE_CreatePartitions | HV_PRIVILEGE_AccessMemoryPool)

static struct hv_partition *child;
static struct hv_vp *child_vp;

static struct hv_frames *frames(void)
{
    return &root->lineage.hierarchy->frames;
}

static uint64_t spa_of(uint64_t child_page)
{
    return child_page - RAM_GPA + FIRST_RAM;
}

/* The partition with that ID; nobody else drops it. */
static struct hv_partition *partition_of(uint64_t id)
{
    struct hv_partition *found = hv_hierarchy_find(root->lineage.hierarchy, id);

    ck_assert_ptr_nonnull(found);
    hv_partition_drop(found);
    return found;
}

/* ---- Calls, of the root or of the child ---- */

/* A caller with its own pages for parameters. */
struct caller {
    struct hv_vp **vp;
    uint64_t input, output; /* GPA pages */
    uint64_t input_spa, output_spa;
};

static const struct caller by_root = { &root_vp, INPUT_PAGE, OUTPUT_PAGE, INPUT_PAGE, OUTPUT_PAGE };
static const struct caller by_child = { &child_vp, INPUT_GPA, OUTPUT_GPA, FIRST_RAM + RAM - 2,
                                        FIRST_RAM + RAM - 1 };

static uint64_t call_by(const struct caller *by, uint64_t control, const void *input, size_t size)
{
    memset(page_at(by->input_spa), 0, HV_PAGE_SIZE);
    memcpy(page_at(by->input_spa), input, size);
    return fake_hypercall(*by->vp, control, by->input << HV_PAGE_SHIFT,
                          by->output << HV_PAGE_SHIFT);
}

static uint64_t output_of(const struct caller *by)
{
    return page_at(by->output_spa)[0];
}

static uint64_t id_call(const struct caller *by, uint16_t code, uint64_t id)
{
    return call_by(by, code, &id, sizeof(id));
}

static uint64_t create(const struct caller *by)
{
    struct hv_input_create_partition input = { .flags = HV_PARTITION_CREATION_FLAG_EXO_PARTITION };

    return call_by(by, HvCallCreatePartition, &input, sizeof(input));
}

static uint64_t set_property(const struct caller *by, uint64_t id, uint32_t code, uint64_t value)
{
    struct hv_input_set_partition_property input = { .partition_id = id,
                                                     .property_code = code,
                                                     .property_value = value };

    return call_by(by, HvCallSetPartitionProperty, &input, sizeof(input));
}

static uint64_t deposit_by(const struct caller *by, uint64_t id, uint64_t first, unsigned count)
{
    uint64_t input[1 + RAM] = { id };

    for (unsigned i = 0; i < count; i++)
        input[1 + i] = first + i;
    return call_by(by, reps(HvCallDepositMemory, count), input, sizeof(input));
}

static uint64_t withdraw_by(const struct caller *by, uint64_t id, unsigned count)
{
    struct hv_input_withdraw_memory input = { .partition_id = id };

    return call_by(by, reps(HvCallWithdrawMemory, count), &input, sizeof(input));
}

static uint64_t map_by(const struct caller *by, uint64_t id, uint64_t target, uint64_t source,
                       uint32_t flags, unsigned count)
{
    uint64_t input[3 + RAM] = { id, target, flags };

    for (unsigned i = 0; i < count; i++)
        input[3 + i] = source + i;
    return call_by(by, reps(HvCallMapGpaPages, count), input, sizeof(input));
}

static uint64_t unmap_by(const struct caller *by, uint64_t id, uint64_t target)
{
    uint64_t input[3] = { id, target, 0 };

    return call_by(by, reps(HvCallUnmapGpaPages, 1), input, sizeof(input));
}

static uint64_t modify_by(const struct caller *by, uint64_t id, uint64_t page, uint32_t flags)
{
    uint64_t input[3] = { id, flags, page };

    return call_by(by, reps(HvCallModifySparseGpaPages, 1), input, sizeof(input));
}

static uint64_t create_vp_by(const struct caller *by, uint64_t id, uint32_t index)
{
    struct hv_input_create_vp input = { .partition_id = id, .vp_index = index };

    return call_by(by, HvCallCreateVp, &input, sizeof(input));
}

static uint64_t delete_vp_by(const struct caller *by, uint64_t id, uint32_t index)
{
    struct hv_input_delete_vp input = { .partition_id = id, .vp_index = index };

    return call_by(by, HvCallDeleteVp, &input, sizeof(input));
}

static uint64_t next_child(const struct caller *by, uint64_t parent, uint64_t previous)
{
    struct hv_input_get_next_child_partition input = { .parent_id = parent,
                                                       .previous_child_id = previous };
    uint64_t status = call_by(by, HvCallGetNextChildPartition, &input, sizeof(input));

    ck_assert_uint_eq(status, HV_STATUS_SUCCESS);
    return output_of(by);
}

/* ---- Partitions ---- */

static void setup_child(void)
{
    setup();
    child = create_child();
    ck_assert_uint_eq(set_property(&by_root, child->id, HvPartitionPropertyPrivilegeFlags,
                                   hv_partition_privileges(child) | PARENT),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, POOL), result(HV_STATUS_SUCCESS, POOL));
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_by(&by_root, child->id, RAM_GPA, FIRST_RAM, ALL, RAM),
                      result(HV_STATUS_SUCCESS, RAM));
    ck_assert_uint_eq(create_vp_by(&by_root, child->id, 0), HV_STATUS_SUCCESS);
    child_vp = hv_vp_get(child, 0);
    atomic_store(&child->guest_os_id, 1);
}

/* An active grandchild, in which pages of the child's RAM from 0 on are deposited. */
static struct hv_partition *grandchild(unsigned pages)
{
    struct hv_partition *made;

    ck_assert_uint_eq(create(&by_child), HV_STATUS_SUCCESS);
    made = partition_of(output_of(&by_child));
    if (pages)
        ck_assert_uint_eq(deposit_by(&by_child, made->id, RAM_GPA, pages),
                          result(HV_STATUS_SUCCESS, pages));
    ck_assert_uint_eq(id_call(&by_child, HvCallInitializePartition, made->id), HV_STATUS_SUCCESS);
    return made;
}

static bool reaches(const struct hv_partition *partition, uint64_t gpa_page, uint64_t spa_page)
{
    struct hv_mapping mapping;

    return hv_address_translate(partition, gpa_page, &mapping) && mapping.spa_page == spa_page;
}

static bool holds(struct hv_partition *partition, uint64_t spa_page)
{
    return hv_frame_is_held(frames(), spa_page, hv_frame_holder(partition));
}

START_TEST(a_child_makes_children_of_its_own_pool)
{
    size_t before = hv_partition_available(child);
    struct hv_partition *made = grandchild(0);

    ck_assert_ptr_eq(made->lineage.parent, child);
    ck_assert_uint_eq(made->lineage.level, 2);
    ck_assert_uint_eq(before - hv_partition_available(child), BASE_PAGES);
    ck_assert_uint_eq(next_child(&by_root, HV_PARTITION_ID_SELF, 0), child->id);
    ck_assert_uint_eq(next_child(&by_root, HV_PARTITION_ID_SELF, child->id),
                      HV_PARTITION_ID_INVALID);
    ck_assert_uint_eq(next_child(&by_root, child->id, 0), made->id);
    ck_assert_uint_eq(next_child(&by_child, HV_PARTITION_ID_SELF, 0), made->id);
    ck_assert_uint_eq(next_child(&by_child, made->id, 0), HV_PARTITION_ID_INVALID);
}
END_TEST

START_TEST(a_grandchild_is_its_parents_alone)
{
    struct hv_partition *made = grandchild(0);

    ck_assert_uint_eq(id_call(&by_root, HvCallFinalizePartition, made->id),
                      HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(id_call(&by_root, HvCallDeletePartition, made->id), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(create_vp_by(&by_root, made->id, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(deposit_by(&by_root, made->id, 200, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(map_by(&by_root, made->id, 0, 200, ALL, 1), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(id_call(&by_child, HvCallFinalizePartition, root->id),
                      HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(the_hierarchy_has_an_end)
{
    const uint64_t all = hv_partition_privileges(child);
    struct hv_partition *lowest = NULL, *parent = child;
    uint64_t id;

    while (parent->lineage.level + 1 < HV_HIERARCHY_LEVELS) {
        struct hv_input_create_partition input = { 0 };

        ck_assert_uint_eq(hv_child_create(parent, &input, &id), HV_STATUS_SUCCESS);
        lowest = partition_of(id);
        ck_assert_uint_eq(
            hv_features_grantable(lowest) & HV_PRIVILEGE_AccessMemoryPool,
            lowest->lineage.level + 1 < HV_HIERARCHY_LEVELS ? HV_PRIVILEGE_AccessMemoryPool : 0);
        ck_assert_uint_eq(hv_partition_set_property(lowest, HvPartitionPropertyPrivilegeFlags,
                                                    all & hv_features_grantable(lowest)),
                          HV_STATUS_SUCCESS);
        for (unsigned i = 0; i < 2 * BASE_PAGES; i++) {
            uint64_t page;

            ck_assert(fake.platform.pages.alloc(&fake, &page));
            ck_assert_uint_eq(hv_pool_deposit(&lowest->pool, page), HV_STATUS_SUCCESS);
        }
        ck_assert_uint_eq(hv_child_initialize(lowest), HV_STATUS_SUCCESS);
        parent = lowest;
    }
    ck_assert_uint_eq(lowest->lineage.level, HV_HIERARCHY_LEVELS - 1);
    ck_assert(hv_partition_may(lowest, HV_PRIVILEGE_CreatePartitions));
    ck_assert_uint_eq(hv_child_create(lowest, &(struct hv_input_create_partition){ 0 }, &id),
                      HV_STATUS_PARTITION_TOO_DEEP);
    ck_assert(!hv_hierarchy_has_children(lowest));
}
END_TEST

/* ---- Memory ---- */

START_TEST(a_grandchilds_page_is_the_childs_and_the_roots_memory)
{
    struct hv_partition *made = grandchild(8);
    uint64_t page = RAM_GPA + 20;

    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, READWRITE, 1),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert(reaches(made, 5, spa_of(page)) && reaches(child, page, spa_of(page)) &&
              reaches(root, spa_of(page), spa_of(page)));
    ck_assert(holds(made, spa_of(page)));
    ck_assert_uint_eq(unmap_by(&by_child, made->id, 5), result(HV_STATUS_SUCCESS, 1));
    ck_assert(holds(child, spa_of(page)) && !reaches(made, 5, spa_of(page)));
}
END_TEST

START_TEST(a_page_is_shared_by_one_level_alone)
{
    struct hv_partition *made = grandchild(8), *second = grandchild(0);
    uint64_t page = RAM_GPA + 20, spa = spa_of(page);

    ck_assert_uint_eq(deposit_by(&by_child, second->id, RAM_GPA + 8, 8),
                      result(HV_STATUS_SUCCESS, 8));
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, READWRITE, 1),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_by(&by_child, second->id, 6, page, ALL, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(hv_frame_is_shared(frames(), spa, child));
    ck_assert(reaches(made, 5, spa) && reaches(second, 6, spa));
    /* Nobody above takes it, nor gives it elsewhere; nor is it deposited. */
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(modify_by(&by_root, child->id, page, READWRITE), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(map_by(&by_root, child->id, FAR_GPA, spa, ALL, 1),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit_by(&by_root, child->id, spa, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit_by(&by_child, made->id, page, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(unmap_by(&by_child, made->id, 5), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(unmap_by(&by_child, second->id, 6), result(HV_STATUS_SUCCESS, 1));
    ck_assert(holds(child, spa));
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(who_shares_a_page_passes_it_on_to_nobody)
{
    struct hv_partition *made = grandchild(8);
    uint64_t page = RAM_GPA + 20, spa = spa_of(page);

    ck_assert_uint_eq(map_by(&by_root, child->id, FAR_GPA, spa, ALL, 1),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, ALL, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit_by(&by_child, made->id, page, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(deposit_by(&by_child, HV_PARTITION_ID_SELF, FAR_GPA, 1),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert(reaches(child, page, spa) && reaches(child, FAR_GPA, spa));
    ck_assert_uint_eq(modify_by(&by_root, child->id, page, HV_MAP_GPA_READABLE),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap_by(&by_root, child->id, FAR_GPA), result(HV_STATUS_SUCCESS, 1));
    ck_assert(holds(root, spa));
    /* Mapped afresh it has one place, and is the child's to give. */
    ck_assert_uint_eq(map_by(&by_root, child->id, page, spa, ALL, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, ALL, 1), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

/* As when its parent has moved it while it was being deposited. */
START_TEST(a_page_that_is_not_where_it_was_is_not_concealed)
{
    uint64_t page = RAM_GPA + 20;

    ck_assert_uint_eq(hv_address_conceal(child, page + 1, spa_of(page)),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(hv_address_conceal(child, UINT64_MAX, spa_of(page)),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert(reaches(child, page + 1, spa_of(page + 1)));
    ck_assert_uint_eq(hv_address_conceal(child, page, spa_of(page)), HV_STATUS_SUCCESS);
    ck_assert(!reaches(child, page, spa_of(page)));
}
END_TEST

START_TEST(what_the_child_has_passed_on_is_not_taken_from_it)
{
    struct hv_partition *made = grandchild(8);
    uint64_t page = RAM_GPA + 20, other = RAM_GPA + 21;

    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, ALL, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(map_by(&by_root, child->id, page, 200, ALL, 1), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(map_by(&by_root, child->id, page, spa_of(page), READWRITE, 1),
                      HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(modify_by(&by_root, child->id, page, READWRITE), HV_STATUS_OBJECT_IN_USE);
    ck_assert(reaches(child, page, spa_of(page)) && holds(root, 200));
    ck_assert_uint_eq(modify_by(&by_root, child->id, other, READWRITE),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap_by(&by_child, made->id, 5), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), result(HV_STATUS_SUCCESS, 1));
    ck_assert(holds(root, spa_of(page)));
}
END_TEST

START_TEST(nobody_gives_rights_that_it_does_not_have)
{
    struct hv_partition *made = grandchild(8);
    uint64_t page = RAM_GPA + 20;

    ck_assert_uint_eq(modify_by(&by_root, child->id, page, HV_MAP_GPA_READABLE),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, READWRITE, 1),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert(holds(child, spa_of(page)));
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, 0, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, READWRITE, 1),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, HV_MAP_GPA_READABLE, 1),
                      result(HV_STATUS_SUCCESS, 1));
    /* Nor to itself. */
    ck_assert_uint_eq(map_by(&by_child, HV_PARTITION_ID_SELF, page + 1, page + 1, ALL, 1),
                      HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(
        set_property(&by_child, HV_PARTITION_ID_SELF, HvPartitionPropertyTimeFreeze, 1),
        HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(a_page_that_was_passed_on_counts_as_written)
{
    struct hv_input_get_gpa_pages_access_state input = {
        .partition_id = child->id,
        .flags = HV_GPA_PAGE_ACCESS_CLEAR_DIRTY | HV_GPA_PAGE_ACCESS_CLEAR_ACCESSED,
        .gpa_page = RAM_GPA + 20,
    };
    const uint64_t control = reps(HvCallGetGpaPagesAccessState, 1);
    const uint8_t *state = (void *)page_at(OUTPUT_PAGE);
    struct hv_partition *made = grandchild(8);

    ck_assert_uint_eq(
        set_property(&by_root, child->id, HvPartitionPropertyGpaPageAccessTracking, 1),
        HV_STATUS_SUCCESS);
    call_by(&by_root, control, &input, sizeof(input));
    call_by(&by_root, control, &input, sizeof(input));
    ck_assert_uint_eq(*state, 0);
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, RAM_GPA + 20, ALL, 1),
                      result(HV_STATUS_SUCCESS, 1));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(call_by(&by_root, control, &input, sizeof(input)),
                          result(HV_STATUS_SUCCESS, 1));
        ck_assert_uint_eq(*state, HV_GPA_PAGE_ACCESSED | HV_GPA_PAGE_DIRTY);
    }
    ck_assert_uint_eq(unmap_by(&by_child, made->id, 5), result(HV_STATUS_SUCCESS, 1));
    call_by(&by_root, control, &input, sizeof(input));
    ck_assert_uint_eq(*state, HV_GPA_PAGE_ACCESSED | HV_GPA_PAGE_DIRTY);
    call_by(&by_root, control, &input, sizeof(input));
    ck_assert_uint_eq(*state, 0);
}
END_TEST

/* ---- Deposits ---- */

static void expect_concealed(uint64_t page)
{
    ck_assert(!reaches(child, page, spa_of(page)));
    ck_assert(!reaches(root, spa_of(page), spa_of(page)));
}

START_TEST(what_a_child_deposits_is_out_of_the_roots_reach_too)
{
    struct hv_partition *made = grandchild(8);
    uint64_t page = RAM_GPA + 20;
    unsigned flushes;

    ck_assert_uint_eq(map_by(&by_child, made->id, 4, page + 1, ALL, 1),
                      result(HV_STATUS_SUCCESS, 1));
    memset(page_at(spa_of(page)), 0x77, HV_PAGE_SIZE);
    flushes = fake.slat_flushes;
    ck_assert_uint_eq(deposit_by(&by_child, made->id, page, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(fake.slat_flushes - flushes, 2);
    expect_concealed(page);
    /* By no call does anybody get it back but by that which takes it from the pool. */
    ck_assert_uint_eq(map_by(&by_root, HV_PARTITION_ID_SELF, spa_of(page), spa_of(page), ALL, 1),
                      HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(modify_by(&by_root, HV_PARTITION_ID_SELF, spa_of(page), ALL),
                      HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(map_by(&by_root, child->id, page, spa_of(page), ALL, 1),
                      HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(map_by(&by_root, child->id, page, 200, ALL, 1), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(modify_by(&by_root, child->id, page, ALL), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(unmap_by(&by_root, child->id, page), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, page, 0, 1), HV_STATUS_OPERATION_DENIED);
    expect_concealed(page);
    ck_assert_uint_eq(withdraw_by(&by_child, made->id, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(output_of(&by_child), page);
    ck_assert_uint_eq(page_at(spa_of(page))[0], 0);
    ck_assert(reaches(child, page, spa_of(page)) && reaches(root, spa_of(page), spa_of(page)));
    ck_assert(holds(child, spa_of(page)));
}
END_TEST

START_TEST(a_deposit_that_the_root_lacks_a_table_for_changes_nothing)
{
    struct hv_partition *made = grandchild(8);
    uint64_t table, page = RAM_GPA + RAM, spa_page = 450;

    /* A large page of the root's, and one of its small ones in the child. */
    ck_assert_uint_eq(hv_address_map(root, FAR_GPA, 0, 512, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_by(&by_root, child->id, page, FAR_GPA + spa_page, ALL, 1),
                      result(HV_STATUS_SUCCESS, 1));
    while (hv_pool_alloc(&root->pool, &table))
        continue;
    ck_assert_uint_eq(deposit_by(&by_child, made->id, page, 1), HV_STATUS_OPERATION_DENIED);
    ck_assert(reaches(child, page, spa_page) && reaches(root, FAR_GPA + spa_page, spa_page));
    ck_assert(holds(child, spa_page));
    hv_pool_free(&root->pool, table);
    hv_pool_free(&root->pool, table = FAKE_PAGES - 1);
    ck_assert_uint_eq(deposit_by(&by_child, made->id, page, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(!reaches(root, FAR_GPA + spa_page, spa_page));
}
END_TEST

START_TEST(what_took_the_place_of_a_deposited_page_stays)
{
    struct hv_partition *made = grandchild(0);
    uint64_t page = RAM_GPA + 20;

    ck_assert_uint_eq(deposit_by(&by_child, made->id, page, 1), result(HV_STATUS_SUCCESS, 1));
    /* The root's GPA space is the embedder's to change. */
    ck_assert_uint_eq(
        hv_address_map(root, spa_of(page), 200, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(withdraw_by(&by_child, made->id, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert(reaches(root, spa_of(page), 200) && reaches(child, page, spa_of(page)));
}
END_TEST

START_TEST(who_has_deposited_a_page_withdraws_it)
{
    uint64_t page = RAM_GPA + 20;
    uint64_t own = result(HV_STATUS_NO_RESOURCES, 1);

    /* Into its own pool, where pages of the root's are. */
    ck_assert_uint_eq(deposit_by(&by_child, child->id, page, 1), result(HV_STATUS_SUCCESS, 1));
    expect_concealed(page);
    ck_assert_uint_eq(withdraw_by(&by_child, child->id, 2), own);
    ck_assert_uint_eq(output_of(&by_child), page);
    ck_assert(reaches(child, page, spa_of(page)));
    ck_assert_uint_eq(deposit_by(&by_child, child->id, page, 1), result(HV_STATUS_SUCCESS, 1));
    while ((withdraw_by(&by_root, child->id, 1) & HV_HYPERCALL_RESULT_STATUS_MASK) ==
           HV_STATUS_SUCCESS)
        ck_assert_uint_lt(output_of(&by_root), FIRST_OWN + POOL);
    ck_assert(hv_frame_is_deposited(frames(), spa_of(page), child));
}
END_TEST

/* ---- The end ---- */

static void end_grandchild(struct hv_partition *made)
{
    uint64_t id = made->id;

    ck_assert_uint_eq(id_call(&by_child, HvCallFinalizePartition, id), HV_STATUS_SUCCESS);
    while ((withdraw_by(&by_child, id, 1) & HV_HYPERCALL_RESULT_STATUS_MASK) == HV_STATUS_SUCCESS)
        continue;
    ck_assert_uint_eq(id_call(&by_child, HvCallDeletePartition, id), HV_STATUS_SUCCESS);
}

START_TEST(a_partition_with_children_is_not_finalized)
{
    struct hv_partition *made = grandchild(30);
    size_t available = hv_partition_available(child);

    ck_assert_uint_eq(create_vp_by(&by_child, made->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_by(&by_child, made->id, 5, RAM_GPA + 40, ALL, 4),
                      result(HV_STATUS_SUCCESS, 4));
    ck_assert_uint_eq(id_call(&by_root, HvCallFinalizePartition, child->id),
                      HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(hv_partition_state(&child->lineage), HV_PARTITION_ACTIVE);
    end_grandchild(made);
    ck_assert_uint_eq(hv_partition_available(child), available + BASE_PAGES);
    for (uint64_t page = RAM_GPA; page < RAM_GPA + RAM; page++)
        ck_assert(reaches(child, page, spa_of(page)) && holds(child, spa_of(page)));
    ck_assert_uint_eq(deposit_by(&by_child, child->id, RAM_GPA + 20, 1),
                      result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(id_call(&by_root, HvCallFinalizePartition, child->id), HV_STATUS_SUCCESS);
    /* Now the root gets what the child had deposited for itself, too. */
    ck_assert_uint_eq(withdraw(child->id, POOL + 2), result(HV_STATUS_NO_RESOURCES, POOL + 1));
    ck_assert_uint_eq(id_call(&by_root, HvCallDeletePartition, child->id), HV_STATUS_SUCCESS);
    for (uint64_t page = FIRST_OWN; page < FAKE_FIRST_POOL; page++)
        ck_assert(reaches(root, page, page) && holds(root, page));
}
END_TEST

START_TEST(who_is_being_finalized_gets_no_child)
{
    uint64_t id;

    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_child_create(child, &(struct hv_input_create_partition){ 0 }, &id),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert(!hv_hierarchy_has_children(child));
}
END_TEST

/* ---- Messages ---- */

static void take_messages(struct hv_vp *vp)
{
    atomic_store(&vp->synic.scontrol, HV_X64_MSR_SCONTROL_ENABLE);
    atomic_store(&vp->synic.simp, HV_X64_MSR_PAGE_ENABLE);
}

static struct hv_message *slot_of(struct hv_vp *vp)
{
    struct hv_message_page *page = vp->synic.message_page.page;

    return &page->sint_message[0];
}

static enum hv_disposition intercept(struct hv_vp *vp)
{
    struct hv_exit exit = { .reason = HV_EXIT_IO,
                            .instruction_length = 2,
                            .gprs = &fake_vp(vp)->gprs,
                            .io = { .port = 0x80, .size = 1, .write = true } };

    return hv_vp_exit(vp, &exit);
}

static struct hv_vp *running_vp(struct hv_partition *partition, uint32_t index)
{
    struct hv_vp *vp;

    ck_assert_uint_eq(create_vp_by(&by_child, partition->id, index), HV_STATUS_SUCCESS);
    vp = hv_vp_get(partition, index);
    atomic_store(&vp->suspended, 0);
    return vp;
}

START_TEST(a_grandchilds_intercept_is_its_parents)
{
    struct hv_partition *made = grandchild(30);
    struct hv_vp *vp = running_vp(made, 0);

    take_messages(child_vp);
    take_messages(root_vp);
    ck_assert_int_eq(intercept(vp), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(slot_of(child_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(slot_of(child_vp)->header.origination_id, made->id);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(atomic_load(&vp->suspended), HV_VP_SUSPEND_INTERCEPT);
}
END_TEST

START_TEST(a_message_whose_receiver_goes_reaches_another_vp)
{
    struct hv_partition *made = grandchild(40);
    struct hv_vp *first, *second, *other;

    ck_assert_uint_eq(create_vp_by(&by_root, child->id, 1), HV_STATUS_SUCCESS);
    other = hv_vp_get(child, 1);
    first = running_vp(made, 0);
    second = running_vp(made, 1);
    take_messages(child_vp);
    ck_assert_int_eq(intercept(first), HV_DISPOSITION_SUSPEND);
    /* Its slot is full now, and the other VP takes messages from here on. */
    ck_assert_int_eq(intercept(second), HV_DISPOSITION_SUSPEND);
    ck_assert(child_vp->synic.waiting);
    take_messages(other);
    ck_assert_uint_eq(delete_vp_by(&by_root, child->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot_of(other)->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(slot_of(other)->header.origination_id, made->id);
    ck_assert_uint_eq(atomic_load(&second->suspended), HV_VP_SUSPEND_INTERCEPT);
    ck_assert_uint_eq(atomic_load(&made->lineage.references), 1);
}
END_TEST

START_TEST(a_message_that_nobody_is_left_for_holds_nobody_up)
{
    struct hv_partition *made = grandchild(30);
    struct hv_vp *vp = running_vp(made, 0);

    ck_assert_int_eq(intercept(vp), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(atomic_load(&made->lineage.references), 2);
    ck_assert_uint_eq(atomic_load(&vp->suspended), HV_VP_SUSPEND_INTERCEPT | HV_VP_SUSPEND_MESSAGE);
    ck_assert_uint_eq(delete_vp_by(&by_root, child->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(atomic_load(&made->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&vp->suspended), HV_VP_SUSPEND_INTERCEPT);
}
END_TEST

START_TEST(a_state_page_lies_where_its_parent_had_it)
{
    struct hv_partition *made = grandchild(30);
    struct hv_vp *vp = running_vp(made, 0);
    uint64_t gpa_page = 0, spa_page;
    struct hv_mapping mapping;

    ck_assert_uint_eq(hv_state_page_map(vp, HvVpStatePageRegisters, false, &gpa_page),
                      HV_STATUS_SUCCESS);
    spa_page = vp->intercept.pages[HvVpStatePageRegisters].spa_page;
    ck_assert_uint_eq(spa_of(gpa_page), spa_page);
    ck_assert(hv_address_translate(child, gpa_page, &mapping) && mapping.overlay);
    ck_assert(!reaches(root, spa_page, spa_page));
    end_grandchild(made);
    ck_assert(reaches(child, gpa_page, spa_page) && reaches(root, spa_page, spa_page));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descendants");
    TCase *tests = tcase_create("descendants");

    tcase_add_checked_fixture(tests, setup_child, teardown);
    tcase_add_test(tests, a_child_makes_children_of_its_own_pool);
    tcase_add_test(tests, a_grandchild_is_its_parents_alone);
    tcase_add_test(tests, the_hierarchy_has_an_end);
    tcase_add_test(tests, a_grandchilds_page_is_the_childs_and_the_roots_memory);
    tcase_add_test(tests, a_page_is_shared_by_one_level_alone);
    tcase_add_test(tests, who_shares_a_page_passes_it_on_to_nobody);
    tcase_add_test(tests, a_page_that_is_not_where_it_was_is_not_concealed);
    tcase_add_test(tests, what_the_child_has_passed_on_is_not_taken_from_it);
    tcase_add_test(tests, nobody_gives_rights_that_it_does_not_have);
    tcase_add_test(tests, a_page_that_was_passed_on_counts_as_written);
    tcase_add_test(tests, what_a_child_deposits_is_out_of_the_roots_reach_too);
    tcase_add_test(tests, a_deposit_that_the_root_lacks_a_table_for_changes_nothing);
    tcase_add_test(tests, what_took_the_place_of_a_deposited_page_stays);
    tcase_add_test(tests, who_has_deposited_a_page_withdraws_it);
    tcase_add_test(tests, a_partition_with_children_is_not_finalized);
    tcase_add_test(tests, who_is_being_finalized_gets_no_child);
    tcase_add_test(tests, a_grandchilds_intercept_is_its_parents);
    tcase_add_test(tests, a_message_whose_receiver_goes_reaches_another_vp);
    tcase_add_test(tests, a_message_that_nobody_is_left_for_holds_nobody_up);
    tcase_add_test(tests, a_state_page_lies_where_its_parent_had_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
