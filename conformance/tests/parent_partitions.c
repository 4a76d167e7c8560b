/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The life of a child partition as its parent sees it: created, initialized, finalized, deleted,
 * and what is refused between the steps. Root partitions do that for every guest that they start; a
 * step that works too early or too late is one in which the hypervisor's structures are half made.
 */
#include <conformance/child.h>

/* ---- IDs ---- */

HV_TEST(partitions, ids_are_never_given_twice, COVERS(HV_REQ_PART_001, HV_REQ_PART_003),
        NEEDS_PARENT, "A parent that still holds the ID of a deleted child would reach a stranger")
{
    uint64_t ids[8];

    parent_begin();
    for (unsigned i = 0; i < 8; i++) {
        ids[i] = child_create(0);
        CHECK(ids[i] != HV_PARTITION_ID_INVALID && ids[i] != HV_PARTITION_ID_SELF &&
                  ids[i] != parent_own_id(),
              "ID 0x%llx is somebody else's", (unsigned long long)ids[i]);
        for (unsigned j = 0; j < i; j++)
            CHECK(ids[i] != ids[j], "ID 0x%llx was given twice", (unsigned long long)ids[i]);
        if (i % 2)
            child_remove(ids[i]);
    }
    OBSERVE("distance", "%lld", (long long)(ids[7] - ids[6]));
}

/* ---- Creation ---- */

HV_TEST(partitions, creation_takes_56_bytes_and_returns_an_id, COVERS(HV_REQ_PART_010),
        NEEDS_PARENT, "A field at another place is a flag that the parent never set")
{
    struct hv_input_create_partition block = { .compatibility_version = 0x0609 };
    uint64_t id, value;

    parent_begin();
    child_remove(child_create(0));
    REQUIRE_EQ(parent_simple(HvCallCreatePartition, &block, sizeof(block)), HV_STATUS_SUCCESS);
    memcpy(&id, parent_output(), sizeof(id));
    CHECK_EQ(parent_output_written(sizeof(id)), 0);
    if (parent_get_property(id, HvPartitionPropertyCompatibilityVersion, &value) ==
        HV_STATUS_SUCCESS)
        CHECK_EQ(value, 0x0609);
    block.padding = 1;
    CHECK_EQ(parent_simple(HvCallCreatePartition, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_output_written(0), 0);
}

/* What is defined may be unavailable, but it is known. */
HV_TEST(partitions, defined_creation_flags_are_known, COVERS(HV_REQ_PART_011), NEEDS_PARENT,
        "A parent that is told that its flag is invalid takes the hypervisor for another version")
{
    static const uint8_t defined[] = { 0, 1, 4, 8, 9, 10, 13, 15, 16, 19, 20, 22 };
    unsigned made = 0;

    parent_begin();
    child_remove(child_create(0));
    for (unsigned i = 0; i < sizeof(defined); i++) {
        uint64_t id;
        uint16_t status = parent_create(UINT64_C(1) << defined[i], &id);

        CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_FEATURE_UNAVAILABLE ||
                  status == HV_STATUS_OPERATION_DENIED,
              "creation flag %u: status 0x%x", defined[i], status);
        made += status == HV_STATUS_SUCCESS;
        if (status == HV_STATUS_SUCCESS)
            child_remove(id);
    }
    OBSERVE("flags", "%u of %u", made, (unsigned)sizeof(defined));
    CHECK(made > 0, "no creation flag works");
}

#define DEFINED_FLAGS UINT64_C(0x59a713)

HV_TEST(partitions, undefined_creation_flags_are_refused, COVERS(HV_REQ_PART_012), NEEDS_PARENT,
        "What is ignored today means something tomorrow, and old parents set it by accident")
{
    uint64_t id;

    parent_begin();
    child_remove(child_create(0));
    for (unsigned bit = 0; bit < 64; bit++) {
        uint16_t status;

        if (DEFINED_FLAGS >> bit & 1)
            continue;
        status = parent_create(UINT64_C(1) << bit, &id);
        CHECK(status == HV_STATUS_INVALID_PARAMETER, "creation flag %u: status 0x%x", bit, status);
        CHECK_EQ(parent_output_written(0), 0);
    }
    CHECK_EQ(parent_next_child(HV_PARTITION_ID_SELF, 0, &id), HV_STATUS_SUCCESS);
    CHECK_EQ(id, HV_PARTITION_ID_INVALID);
}

HV_TEST(partitions, a_new_partition_is_empty, COVERS(HV_REQ_PART_015, HV_REQ_PART_014),
        NEEDS_PARENT, "Pages that are in its pool from the start are somebody's")
{
    struct hv_output_get_memory_balance balance;
    uint64_t id, page;

    parent_begin();
    id = child_create(0);
    REQUIRE_EQ(parent_balance(id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_available, 0);
    CHECK_EQ(parent_withdraw(id, 1, &page), HV_STATUS_NO_RESOURCES);
    CHECK_EQ(parent_create_vp(id, 0), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
}

/* ---- Who pays ---- */

HV_TEST(partitions, the_creator_pays_for_a_partition, COVERS(HV_REQ_PART_016), NEEDS_PARENT,
        "What nobody pays for, everybody can use up")
{
    struct hv_output_get_memory_balance before, during, after;
    uint64_t id;

    parent_begin();
    child_remove(child_create(0));
    REQUIRE_EQ(parent_balance(HV_PARTITION_ID_SELF, &before), HV_STATUS_SUCCESS);
    id = child_create(0);
    REQUIRE_EQ(parent_balance(HV_PARTITION_ID_SELF, &during), HV_STATUS_SUCCESS);
    child_remove(id);
    REQUIRE_EQ(parent_balance(HV_PARTITION_ID_SELF, &after), HV_STATUS_SUCCESS);
    CHECK(during.pages_available < before.pages_available, "%llu pages before, %llu after",
          (unsigned long long)before.pages_available, (unsigned long long)during.pages_available);
    CHECK_EQ(after.pages_available, before.pages_available);
    CHECK_EQ(after.pages_in_use, before.pages_in_use);
}

#define MOST_PARTITIONS 20000u

HV_TEST(partitions, creation_ends_when_the_pool_is_empty, COVERS(HV_REQ_PART_016, HV_REQ_MEM_001),
        NEEDS_PARENT, "A parent learns by this status that it has to deposit more")
{
    uint64_t id;
    unsigned count = 0;
    uint16_t status;

    parent_begin();
    child_create(0);
    do
        status = parent_create(0, &id);
    while (status == HV_STATUS_SUCCESS && ++count < MOST_PARTITIONS);
    OBSERVE("partitions", "%u", count);
    REQUIRE_EQ(status, HV_STATUS_INSUFFICIENT_MEMORY);
    CHECK_EQ(parent_create(0, &id), HV_STATUS_INSUFFICIENT_MEMORY);
    child_deposit(HV_PARTITION_ID_SELF, 256);
    CHECK_EQ(parent_create(0, &id), HV_STATUS_SUCCESS);
}

/* ---- States ---- */

/* Calls about a partition that is not active. */
static void check_inactive(uint64_t id)
{
    struct hv_output_translate_virtual_address translated;
    struct cpuid_regs regs;
    uint64_t value, page = page_number(child_page(0));
    uint32_t result;

    CHECK_EQ(parent_create_vp(id, 0), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_delete_vp(id, 0), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_map(id, 0, CHILD_ALL_RIGHTS, &page, 1), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_unmap(id, 0, 0, 1), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64Msr, 3, 0), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_get_register64(id, 0, HvX64RegisterRip, &value),
             HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_set_register64(id, 0, HvX64RegisterRip, 0), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_read_gpa(id, 0, 0, &value, 8, &result), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_write_gpa(id, 0, 0, &value, 8, &result), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_translate(id, 0, HV_TRANSLATE_GVA_VALIDATE_READ, 0, &translated),
             HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_assert(id, HvX64InterruptTypeFixed, 0, 0x40),
             HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, id), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_cpuid(id, 0, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 0, 0, &regs),
             HV_STATUS_INVALID_PARTITION_STATE);
}

HV_TEST(partitions, an_uninitialized_partition_takes_memory_only,
        COVERS(HV_REQ_PART_017, HV_REQ_HC_078, HV_REQ_MEM_007, HV_REQ_INT_031, HV_REQ_TLB_052,
               HV_REQ_APIC_026),
        NEEDS_PARENT, "Its properties are not settled yet, so nothing may depend on them")
{
    struct hv_output_get_memory_balance balance;
    uint64_t id, next;

    parent_begin();
    id = child_create(0);
    check_inactive(id);
    CHECK_EQ(parent_balance(id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_next_child(id, HV_PARTITION_ID_INVALID, &next), HV_STATUS_SUCCESS);
    CHECK_EQ(next, HV_PARTITION_ID_INVALID);
    child_deposit(id, 4);
    CHECK_EQ(child_take_back(id), 4);
    child_deposit(id, 4);
    CHECK_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    child_deposit(id, 4);
}

HV_TEST(partitions, a_partition_is_initialized_once, COVERS(HV_REQ_PART_018), NEEDS_PARENT,
        "Initializing it again would forget the VPs that it has")
{
    uint64_t id;

    parent_begin();
    id = child_create(0);
    CHECK_EQ(parent_simple(HvCallInitializePartition, &id, sizeof(id)), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_simple(HvCallInitializePartition, &id, sizeof(id)),
             HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, id), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_INVALID_PARTITION_STATE);
}

HV_TEST(partitions, initialization_is_for_children,
        COVERS(HV_REQ_PART_019, HV_REQ_PART_018, HV_REQ_PART_021), NEEDS_PARENT,
        "A caller that can initialize itself can do so while it runs")
{
    static const uint16_t codes[] = { HvCallInitializePartition, HvCallFinalizePartition,
                                      HvCallDeletePartition };
    uint64_t id;
    uint16_t status;

    parent_begin();
    id = child_create(0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(parent_by_id(codes[i], PARENT_NOBODY), HV_STATUS_INVALID_PARTITION_ID);
        CHECK_EQ(parent_by_id(codes[i], HV_PARTITION_ID_INVALID), HV_STATUS_INVALID_PARTITION_ID);
        CHECK_EQ(parent_by_id(codes[i], HV_PARTITION_ID_SELF), HV_STATUS_ACCESS_DENIED);
        CHECK_EQ(parent_by_id(codes[i], parent_own_id()), HV_STATUS_ACCESS_DENIED);
    }
    /* Whether it takes memory is open; if it does, it comes from the partition's pool. */
    status = parent_by_id(HvCallInitializePartition, id);
    if (status == HV_STATUS_INSUFFICIENT_MEMORY) {
        child_deposit(id, 64);
        status = parent_by_id(HvCallInitializePartition, id);
    }
    CHECK_EQ(status, HV_STATUS_SUCCESS);
}

HV_TEST(partitions, finalization_gives_everything_back, COVERS(HV_REQ_PART_020, HV_REQ_MEM_012),
        NEEDS_PARENT, "What it keeps is lost until the machine is restarted")
{
    struct hv_output_get_memory_balance balance;
    struct child child;
    uint64_t pages[2];

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_add_vp(&child, 1);
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeX64Cpuid, 4, 0x1234), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
    CHECK(balance.pages_in_use > 0, "two VPs and %u pages take no memory", CHILD_RAM_PAGES);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_in_use, 0);
    CHECK_EQ(child_take_back(child.id), balance.pages_available);
    CHECK_EQ(parent_withdraw(child.id, 1, pages), HV_STATUS_NO_RESOURCES);
}

HV_TEST(partitions, a_finalized_partition_gives_memory_only,
        COVERS(HV_REQ_PART_022, HV_REQ_MEM_007, HV_REQ_HC_078), NEEDS_PARENT,
        "What still works is done with structures that have been freed")
{
    struct hv_output_get_memory_balance balance;
    uint64_t next, page, value;
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    check_inactive(child.id);
    CHECK_EQ(parent_get_property(child.id, HvPartitionPropertyGuestOsId, &value),
             HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyTimeFreeze, 0),
             HV_STATUS_INVALID_PARTITION_STATE);
    page = page_number(child_page(0));
    CHECK_EQ(parent_deposit(child.id, &page, 1), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_next_child(child.id, HV_PARTITION_ID_INVALID, &next), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    CHECK(child_take_back(child.id) > 0, "nothing comes back");
}

HV_TEST(partitions, deletion_waits_for_the_pool,
        COVERS(HV_REQ_PART_023, HV_REQ_PART_024, HV_REQ_PART_025), NEEDS_PARENT,
        "Pages of a pool that is gone belong to nobody")
{
    uint64_t id;

    parent_begin();
    id = child_create(0);
    child_deposit(id, 1);
    CHECK_EQ(parent_by_id(HvCallDeletePartition, id), HV_STATUS_OPERATION_DENIED);
    CHECK_EQ(child_take_back(id), 1);
    CHECK_EQ(parent_by_id(HvCallDeletePartition, id), HV_STATUS_SUCCESS);

    id = child_make_empty(0);
    CHECK_EQ(parent_simple(HvCallDeletePartition, &id, sizeof(id)),
             HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, id), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_by_id(HvCallDeletePartition, id), HV_STATUS_OPERATION_DENIED);
    child_take_back(id);
    CHECK_EQ(parent_simple(HvCallDeletePartition, &id, sizeof(id)), HV_STATUS_SUCCESS);
}

HV_TEST(partitions, a_deleted_partition_is_unknown, COVERS(HV_REQ_PART_026), NEEDS_PARENT,
        "Its ID may still stand in tables of the parent's")
{
    static const uint16_t codes[] = { HvCallInitializePartition, HvCallFinalizePartition,
                                      HvCallDeletePartition, HvClearVirtualInterrupt };
    struct hv_output_get_memory_balance balance;
    uint64_t id, value, page = page_number(child_page(0));

    parent_begin();
    id = child_create(0);
    REQUIRE_EQ(parent_by_id(HvCallDeletePartition, id), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        CHECK_EQ(parent_by_id(codes[i], id), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_deposit(id, &page, 1), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_withdraw(id, 1, &value), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_balance(id, &balance), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_next_child(id, 0, &value), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyGuestOsId, &value),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyTimeFreeze, 0),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_map(id, 0, CHILD_ALL_RIGHTS, &page, 1), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_unmap(id, 0, 0, 1), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_create_vp(id, 0), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_get_register64(id, 0, HvX64RegisterRip, &value),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_install(id, HvInterceptTypeX64Msr, 3, 0), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_assert(id, HvX64InterruptTypeFixed, 0, 0x40), HV_STATUS_INVALID_PARTITION_ID);
}

/* ---- Enumeration ---- */

HV_TEST(partitions, children_are_listed_in_the_order_of_creation,
        COVERS(HV_REQ_PART_043, HV_REQ_PART_044), NEEDS_PARENT,
        "A parent that has crashed and come back finds its children by this")
{
    uint64_t ids[5], next = HV_PARTITION_ID_INVALID, gone;

    parent_begin();
    for (unsigned i = 0; i < 5; i++)
        ids[i] = child_create(0);
    gone = ids[2];
    child_remove(gone);
    for (unsigned i = 0; i < 5; i++) {
        if (i == 2)
            continue;
        REQUIRE_EQ(parent_next_child(HV_PARTITION_ID_SELF, next, &next), HV_STATUS_SUCCESS);
        CHECK_EQ(next, ids[i]);
    }
    CHECK_EQ(parent_output_written(sizeof(next)), 0);
    CHECK_EQ(parent_next_child(parent_own_id(), next, &next), HV_STATUS_SUCCESS);
    CHECK_EQ(next, HV_PARTITION_ID_INVALID);
    CHECK_EQ(parent_next_child(HV_PARTITION_ID_SELF, gone, &next), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_next_child(HV_PARTITION_ID_SELF, PARENT_NOBODY, &next),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_next_child(ids[0], ids[1], &next), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_next_child(PARENT_NOBODY, 0, &next), HV_STATUS_INVALID_PARTITION_ID);
}

/* ---- What the documents offer and few need ---- */

HV_TEST(partitions, saving_needs_a_start, COVERS(HV_REQ_PART_045), NEEDS_PARENT,
        "State that is restored without a beginning is anybody's state")
{
    struct {
        uint64_t partition_id;
        uint64_t flags;
    } block = { .flags = 0 };
    uint16_t status;

    parent_begin();
    block.partition_id = child_make_empty(0);
    status = parent_simple(HvRestorePartitionState, &block, sizeof(block));
    CHECK(status == HV_STATUS_INVALID_HYPERCALL_CODE ||
              status == HV_STATUS_INVALID_SAVE_RESTORE_STATE,
          "restoring without a start: status 0x%x", status);
    OBSERVE("restore", "status %u", status);
}
