/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A child that makes the calls itself: what it may, and what is its parent's. */
#include <conformance/child.h>

#include "hypercall_support.h"

#define INPUT_GPA  UINT64_C(0x2000)
#define OUTPUT_GPA UINT64_C(0x3000)
#define AWAY       UINT64_C(0x200000) /* where the child has no memory */

static struct child begin(uint64_t privileges)
{
    struct child child;

    parent_begin();
    child = child_make_privileged(CHILD_EXO, privileges);
    child_add_vp(&child, 0);
    child_set(&child, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID);
    child_listen();
    return child;
}

/* With a block in memory. @return the status */
static uint16_t call(const struct child *child, uint16_t code, unsigned reps, const void *block,
                     size_t size)
{
    memset(child->ram + INPUT_GPA, 0, PAGE_SIZE);
    memset(child->ram + OUTPUT_GPA, PARENT_MARK, PAGE_SIZE);
    memcpy(child->ram + INPUT_GPA, block, size);
    return hv_result_status(
        child_hypercall(child, 0, hv_control(code, false, 0, reps, 0), INPUT_GPA, OUTPUT_GPA));
}

static uint64_t output_of(const struct child *child)
{
    uint64_t value;

    memcpy(&value, child->ram + OUTPUT_GPA, sizeof(value));
    return value;
}

#define CHILD_PRIVILEGES                                                 \
    (HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessPartitionId | \
     HV_PRIVILEGE_AccessVpRegisters)

HV_TEST(partitions, a_child_calls_in_its_own_name, COVERS(HV_REQ_PART_007, HV_REQ_PART_002),
        NEEDS_PARENT, "A guest that is taken for its parent is the root of the machine")
{
    struct child child = begin(CHILD_PRIVILEGES);

    CHECK_EQ(call(&child, HvGetPartitionId, 0, NULL, 0), HV_STATUS_SUCCESS);
    CHECK_EQ(output_of(&child), child.id);
}

HV_TEST(partitions, a_child_without_the_privilege_is_denied, COVERS(HV_REQ_PART_007), NEEDS_PARENT,
        "What its parent has not given it, it has not")
{
    struct child child = begin(HV_PRIVILEGE_AccessHypercallMsrs);

    CHECK_EQ(call(&child, HvGetPartitionId, 0, NULL, 0), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(hv_differing(child.ram + OUTPUT_GPA, PARENT_MARK, 0), 0);
}

/* Each begins with a partition's ID. */
static const struct {
    uint16_t code;
    uint16_t reps;
} parents_calls[] = {
    { HvCallInitializePartition, 0 },
    { HvCallFinalizePartition, 0 },
    { HvCallDeletePartition, 0 },
    { HvCallSetPartitionProperty, 0 },
    { HvCallGetNextChildPartition, 0 },
    { HvCallDepositMemory, 1 },
    { HvCallWithdrawMemory, 1 },
    { HvCallGetMemoryBalance, 0 },
    { HvCallMapGpaPages, 1 },
    { HvCallUnmapGpaPages, 1 },
    { HvCallMapSparseGpaPages, 1 },
    { HvCallModifySparseGpaPages, 1 },
    { HvCallInstallIntercept, 0 },
    { HvCallCreateVp, 0 },
    { HvCallDeleteVp, 0 },
    { HvCallTranslateVirtualAddress, 0 },
    { HvReadGpa, 0 },
    { HvWriteGpa, 0 },
    { HvClearVirtualInterrupt, 0 },
    { HvCallAssertVirtualInterrupt, 0 },
    { HvCallRegisterInterceptResult, 0 },
    { HvCallMapVpStatePage, 0 },
    { HvCallGetVpCpuidValues, 1 },
};

HV_TEST(partitions, a_child_is_nobodys_parent,
        COVERS(HV_REQ_PART_019, HV_REQ_PART_031, HV_REQ_PART_044, HV_REQ_GPA_022, HV_REQ_VP_051,
               HV_REQ_INT_031, HV_REQ_APIC_026, HV_REQ_TLB_052),
        NEEDS_PARENT, "A guest that may map memory for its neighbour reads it")
{
    struct child child = begin(CHILD_PRIVILEGES), other = child_make(CHILD_EXO);
    const uint64_t ids[] = { parent_own_id(), other.id, child.id, HV_PARTITION_ID_SELF };

    child_add_vp(&other, 0);
    for (unsigned i = 0; i < sizeof(parents_calls) / sizeof(parents_calls[0]); i++)
        for (unsigned j = 0; j < 4; j++) {
            uint16_t status =
                call(&child, parents_calls[i].code, parents_calls[i].reps, &ids[j], sizeof(ids[j]));

            CHECK(status == HV_STATUS_ACCESS_DENIED, "code 0x%x, partition %llu: status 0x%x",
                  parents_calls[i].code, (unsigned long long)ids[j], status);
            CHECK_EQ(hv_differing(child.ram + OUTPUT_GPA, PARENT_MARK, 0), 0);
        }
}

HV_TEST(partitions, properties_of_others_are_not_read, COVERS(HV_REQ_PART_031), NEEDS_PARENT,
        "They tell which guest is next door")
{
    struct child child = begin(CHILD_PRIVILEGES), other = child_make(CHILD_EXO);
    struct hv_input_get_partition_property block = { .property_code =
                                                         HvPartitionPropertyPrivilegeFlags };
    const uint64_t ids[] = { parent_own_id(), other.id, PARENT_NOBODY };

    for (unsigned i = 0; i < 3; i++) {
        block.partition_id = ids[i];
        CHECK_EQ(call(&child, HvCallGetPartitionProperty, 0, &block, sizeof(block)),
                 HV_STATUS_ACCESS_DENIED);
    }
    block.partition_id = HV_PARTITION_ID_SELF;
    CHECK_EQ(call(&child, HvCallGetPartitionProperty, 0, &block, sizeof(block)), HV_STATUS_SUCCESS);
    CHECK_EQ(output_of(&child), CHILD_PRIVILEGES);
}

/* ---- Children of children ---- */

#define PARENT_OF_OTHERS                                                \
    (HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_CreatePartitions | \
     HV_PRIVILEGE_AccessMemoryPool)

/* Two levels are the least that there must be; who offers no more doesn't let a child have any. */
static bool has_third_level(void)
{
    uint16_t status = parent_set_property(child_create(CHILD_EXO),
                                          HvPartitionPropertyPrivilegeFlags, PARENT_OF_OTHERS);

    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE,
          "status 0x%x", status);
    OBSERVE("levels", "%s", status == HV_STATUS_SUCCESS ? "three or more" : "two");
    return status == HV_STATUS_SUCCESS;
}

HV_TEST(partitions, a_partition_with_children_is_not_finalized,
        COVERS(HV_REQ_PART_021, HV_REQ_PART_014), NEEDS_PARENT,
        "Its children would be nobody's, and go on")
{
    const struct hv_input_create_partition block = { .flags = 0 };
    struct hv_output_get_memory_balance balance;
    struct child child;
    uint64_t grandchild;

    parent_begin();
    if (!has_third_level())
        return;
    child = begin(PARENT_OF_OTHERS);
    child_deposit(child.id, 64);
    REQUIRE_EQ(call(&child, HvCallCreatePartition, 0, &block, sizeof(block)), HV_STATUS_SUCCESS);
    grandchild = output_of(&child);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_OPERATION_DENIED);
    CHECK_EQ(parent_balance(grandchild, &balance), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(
        child_hypercall(&child, 0, hv_control(HvCallDeletePartition, true, 0, 0, 0), grandchild, 0),
        HV_STATUS_SUCCESS);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
}

HV_TEST(virtual_processor, a_vp_does_not_see_what_suspends_it, COVERS(HV_REQ_VP_043), NEEDS_PARENT,
        "It would be reading a register that says that it doesn't run")
{
    struct child child = begin(CHILD_PRIVILEGES);
    struct {
        struct hv_input_vp_registers header;
        uint32_t name;
    } block = { .header = { HV_PARTITION_ID_SELF, HV_VP_INDEX_SELF, 0, { 0 } } };

    block.name = HvRegisterVpIndex;
    CHECK_EQ(call(&child, HvCallGetVpRegisters, 1, &block, sizeof(block)), HV_STATUS_SUCCESS);
    for (uint32_t name = HvRegisterExplicitSuspend; name <= HvRegisterInterceptSuspend; name++) {
        block.name = name;
        CHECK(call(&child, HvCallGetVpRegisters, 1, &block, sizeof(block)) != HV_STATUS_SUCCESS,
              "register %u can be read", name);
    }
}

/* ---- Parameters that the child has not got ---- */

static struct hv_message begin_call(const struct child *child, uint64_t input, uint64_t output)
{
    const uint8_t last = hv_native_entry() == ENTRY_VMMCALL ? 0xd9 : 0xc1;
    const uint8_t code[] = { 0x0f, 0x01, last, CHILD_OUT };
    struct hv_message message;

    child_load(child, 0, code, sizeof(code));
    child_set(child, 0, HvX64RegisterRdx, 0);
    child_set(child, 0, HvX64RegisterRax, HvCallGetPartitionProperty);
    child_set(child, 0, HvX64RegisterRbx, 0);
    child_set(child, 0, HvX64RegisterRcx, input);
    child_set(child, 0, HvX64RegisterRdi, 0);
    child_set(child, 0, HvX64RegisterRsi, output);
    child_run(child, 0);
    REQUIRE(child_wait(&message), "no message");
    return message;
}

static void check_told(const struct child *child, const struct hv_message *message, uint64_t gpa,
                       uint8_t access)
{
    const struct hv_x64_memory_intercept_message *memory = (const void *)message->payload;

    REQUIRE_EQ(message->header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->guest_physical_address >> PAGE_SHIFT, gpa >> PAGE_SHIFT);
    CHECK_EQ(memory->header.intercept_access_type, access);
    CHECK_EQ(child_get(child, 0, HvX64RegisterRip), CHILD_CODE_GPA);
}

HV_TEST(hypercall_abi, parameters_that_are_not_there_are_the_parents,
        COVERS(HV_REQ_HC_048, HV_REQ_HC_049), NEEDS_PARENT,
        "Memory that the parent has put away for now is there when the guest touches it")
{
    struct child child = begin(CHILD_PRIVILEGES);
    struct hv_input_get_partition_property block = { .partition_id = HV_PARTITION_ID_SELF,
                                                     .property_code =
                                                         HvPartitionPropertyPrivilegeFlags };
    uint8_t *page = child_page(0);
    uint64_t number = page_number(page);
    struct hv_message message;

    memcpy(child.ram + INPUT_GPA, &block, sizeof(block));
    message = begin_call(&child, AWAY, OUTPUT_GPA);
    check_told(&child, &message, AWAY, HV_INTERCEPT_ACCESS_READ);
    message = begin_call(&child, INPUT_GPA, AWAY);
    check_told(&child, &message, AWAY, HV_INTERCEPT_ACCESS_WRITE);
    /* The call is executed when the memory is there. */
    REQUIRE_EQ(parent_map(child.id, AWAY >> PAGE_SHIFT, CHILD_ALL_RIGHTS, &number, 1), UINT64_C(1)
                                                                                           << 32);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "the call does not go on");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRax), HV_STATUS_SUCCESS);
    memcpy(&number, page, sizeof(number));
    CHECK_EQ(number, CHILD_PRIVILEGES);
}

/* ---- Calls that take a while ---- */

#define TABLES 200u /* of 2 MiB each */

HV_TEST(hypercall_abi, a_long_call_comes_to_its_end, COVERS(HV_REQ_HC_063), NEEDS_PARENT,
        "Half finalized, a partition is neither usable nor gone")
{
    struct hv_output_get_memory_balance balance;
    uint64_t id, nothing = 0;

    parent_begin();
    id = child_make_empty(CHILD_EXO);
    child_deposit(id, 2 * TABLES);
    for (unsigned i = 0; i < TABLES; i++)
        REQUIRE_EQ(parent_map(id, 512 * i, HV_MAP_GPA_NO_ACCESS, &nothing, 1), UINT64_C(1) << 32);
    REQUIRE_EQ(parent_balance(id, &balance), HV_STATUS_SUCCESS);
    CHECK(balance.pages_in_use >= TABLES, "%llu pages are in use",
          (unsigned long long)balance.pages_in_use);
    hv_count_interrupts(0x70);
    apic_timer_periodic(0x70, 20000);
    irq_enable();
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, id), HV_STATUS_SUCCESS);
    irq_disable();
    apic_timer_stop();
    REQUIRE_EQ(parent_balance(id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_in_use, 0);
}
