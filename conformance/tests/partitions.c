/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Partitions by their ids: SELF is the caller, 0 is nobody, and what belongs to others can neither
 * be read nor changed by trying numbers. And what is for parents alone.
 */
#include "hypercall_support.h"
#include "hypercall_table.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

#define MARK 0xa5

static bool output_is_untouched(void)
{
    return hv_differing(output, MARK, 0) == 0;
}

/* ---- Calls with input that is right, for partitions of any id ---- */

static void fill_property(uint8_t *block, unsigned reps)
{
    struct hv_input_get_partition_property *header = (void *)block;

    (void)reps;
    header->property_code = HvPartitionPropertyPrivilegeFlags;
}

static void fill_apic_id(uint8_t *block, unsigned reps)
{
    uint32_t apic_id = cpu_at(0)->apic_id;

    (void)reps;
    memcpy(block + sizeof(struct hv_input_get_vp_index_from_apic_id), &apic_id, sizeof(apic_id));
}

/* Calls of which any partition may have some, and their input but for the partition. */
static const struct right_call {
    uint16_t code;
    uint16_t reps;
    uint64_t privilege; /* with it the call is there for SELF; 0: it may be missing */
    void (*fill)(uint8_t *block, unsigned reps);
} right_calls[] = {
    { HvCallGetPartitionProperty, 0, 0, fill_property },
    { HvCallGetVpIndexFromApicId, 1, 0, fill_apic_id },
    { HvCallGetVpRegisters, 1, HV_PRIVILEGE_AccessVpRegisters, fill_get_registers },
    { HvCallSetVpRegisters, 1, HV_PRIVILEGE_AccessVpRegisters, fill_set_registers },
};

#define RIGHT_COUNT (sizeof(right_calls) / sizeof(right_calls[0]))

/* All these calls begin with the partition. @return the result value */
static uint64_t call_for(uint16_t code, uint16_t reps, uint64_t partition)
{
    memcpy(input, &partition, sizeof(partition));
    memset(output, MARK, sizeof(output));
    return hv_call(hv_control(code, false, 0, reps, 0), phys_of(input), phys_of(output));
}

static uint64_t right_call_for(const struct right_call *call, uint64_t partition)
{
    memset(input, 0, sizeof(input));
    call->fill(input, 1);
    return call_for(call->code, call->reps, partition);
}

static bool is_done(const struct right_call *call, uint64_t result)
{
    return result == (uint64_t)call->reps << 32;
}

/* The caller's own id; 0 if it may not know. */
static uint64_t own_id(void)
{
    uint64_t id = 0;

    if (!hv_may(HV_PRIVILEGE_AccessPartitionId))
        return 0;
    REQUIRE_EQ(hv_call(HvGetPartitionId, 0, phys_of(output)), HV_STATUS_SUCCESS);
    memcpy(&id, output, sizeof(id));
    return id;
}

HV_TEST(partitions, self_is_the_callers_own_id, COVERS(HV_REQ_PART_002), NEEDS_NOTHING,
        "A guest need not know its id, and one that knows it may use it")
{
    uint64_t id;

    hv_enable_hypercalls();
    id = own_id();
    for (unsigned i = 0; i < RIGHT_COUNT; i++) {
        const struct right_call *call = &right_calls[i];
        uint64_t self = right_call_for(call, HV_PARTITION_ID_SELF);
        bool must_work = call->privilege && hv_may(call->privilege);

        CHECK(is_done(call, self) || (!must_work && is_refusal(hv_result_status(self))),
              "code 0x%x, SELF: result 0x%llx", call->code, (unsigned long long)self);
        if (id != 0)
            CHECK_EQ(right_call_for(call, id), self);
    }
}

/* Fails, and by what says no more than that there is nothing for the caller. */
static void check_is_nobodys(const struct right_call *call, uint64_t partition)
{
    uint64_t result = right_call_for(call, partition);
    uint16_t status = hv_result_status(result);

    CHECK((is_refusal(status) || status == HV_STATUS_INVALID_PARTITION_ID) &&
              hv_result_reps(result) == 0,
          "code 0x%x, partition 0x%llx: result 0x%llx", call->code, (unsigned long long)partition,
          (unsigned long long)result);
    CHECK(output_is_untouched(), "code 0x%x: output is written", call->code);
}

HV_TEST(partitions, zero_names_no_partition, COVERS(HV_REQ_PART_002), NEEDS_NOTHING,
        "It is what a caller has who forgot to fill the field in")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < RIGHT_COUNT; i++)
        check_is_nobodys(&right_calls[i], HV_PARTITION_ID_INVALID);
}

/* ---- Other partitions ---- */

/* Ids that the caller has not; it has made no children. */
static unsigned list_other_ids(uint64_t *ids)
{
    uint64_t id = own_id();
    unsigned count = 0;

    ids[count++] = UINT64_C(0x123456789);
    ids[count++] = HV_PARTITION_ID_SELF - 1;
    if (id != 0) {
        ids[count++] = id + 1;
        ids[count++] = id - 1;
        ids[count++] = id + (UINT64_C(1) << 32);
        ids[count++] = id | UINT64_C(1) << 63;
    }
    return count;
}

#define OTHER_IDS 6

HV_TEST(partitions, what_belongs_to_others_is_out_of_reach, COVERS(HV_REQ_PART_046), NEEDS_NOTHING,
        "Ids are small numbers, and easily guessed")
{
    uint64_t ids[OTHER_IDS];
    unsigned count;

    hv_enable_hypercalls();
    count = list_other_ids(ids);
    for (unsigned i = 0; i < RIGHT_COUNT; i++)
        for (unsigned j = 0; j < count; j++)
            check_is_nobodys(&right_calls[i], ids[j]);
    CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), TEST_GUEST_OS_ID);
}

/* More calls whose input begins with a partition. */
static const struct {
    uint16_t code;
    uint16_t reps;
} naming_calls[] = {
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
    { HvCallInstallIntercept, 0 },
    { HvCallCreateVp, 0 },
    { HvCallDeleteVp, 0 },
    { HvCallTranslateVirtualAddress, 0 },
    { HvReadGpa, 0 },
    { HvWriteGpa, 0 },
    { HvClearVirtualInterrupt, 0 },
    { HvSavePartitionState, 0 },
    { HvRestorePartitionState, 0 },
    { HvCallAssertVirtualInterrupt, 0 },
    { HvCallStartVirtualProcessor, 0 },
    { HvCallRetargetDeviceInterrupt, 0 },
    { HvCallSignalEventDirect, 0 },
    { HvCallPostMessageDirect, 0 },
    { HvCallEnablePartitionVtl, 0 },
    { HvCallEnableVpVtl, 0 },
    { HvCallModifyVtlProtectionMask, 1 },
    { HvCallMapVpStatePage, 0 },
};

HV_TEST(partitions, calls_for_other_partitions_fail, COVERS(HV_REQ_PART_046), NEEDS_NOTHING,
        "One that works is a way into another guest")
{
    uint64_t ids[OTHER_IDS];
    unsigned count;

    hv_enable_hypercalls();
    count = list_other_ids(ids);
    memset(input, 0, sizeof(input));
    for (unsigned i = 0; i < sizeof(naming_calls) / sizeof(naming_calls[0]); i++)
        for (unsigned j = 0; j < count; j++) {
            uint64_t result = call_for(naming_calls[i].code, naming_calls[i].reps, ids[j]);

            CHECK(hv_result_status(result) != HV_STATUS_SUCCESS && hv_result_reps(result) == 0,
                  "code 0x%x, partition 0x%llx: result 0x%llx", naming_calls[i].code,
                  (unsigned long long)ids[j], (unsigned long long)result);
            CHECK(output_is_untouched(), "code 0x%x: output is written", naming_calls[i].code);
        }
}

/* ---- For parents alone ---- */

#define NO_PARENT NEEDS(.lacks = HV_PRIVILEGE_CreatePartitions)

/*
 * ACCESS_DENIED, or what stands for a call that is not there at all (HC-028). Whether the guest may
 * make the call is known before anything of it is looked at.
 */
HV_TEST(partitions, creating_needs_its_privilege, COVERS(HV_REQ_PART_013), NO_PARENT,
        "A guest that can create partitions takes memory and time that nobody has given it")
{
    static const uint64_t flags[] = { 0, UINT64_C(1) << 13, UINT64_MAX };
    struct hv_input_create_partition *block = (void *)input;
    uint16_t first = 0;

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        uint16_t status;

        memset(input, 0, sizeof(input));
        memset(output, MARK, sizeof(output));
        block->flags = flags[i];
        block->compatibility_version = 0xa00;
        status = hv_result_status(hv_call(HvCallCreatePartition, phys_of(input), phys_of(output)));
        CHECK(is_refusal(status), "flags 0x%llx: status 0x%x", (unsigned long long)flags[i],
              status);
        CHECK(i == 0 || status == first, "the status depends on the flags");
        CHECK(output_is_untouched(), "there is an id of a partition");
        first = status;
    }
    OBSERVE("status", "0x%x", first);
}

static void check_child_call(const struct table_call *call, uint64_t partition)
{
    uint64_t result = call_for(call->code, call->kinds & TABLE_REP ? 1 : 0, partition);

    CHECK(is_refusal(hv_result_status(result)) && hv_result_reps(result) == 0,
          "code 0x%x, partition 0x%llx: result 0x%llx", call->code, (unsigned long long)partition,
          (unsigned long long)result);
    CHECK(output_is_untouched(), "code 0x%x: output is written", call->code);
}

HV_TEST(partitions, calls_for_children_need_the_privilege_to_create_them, COVERS(HV_REQ_PART_009),
        NO_PARENT, "They are no use to a partition that can't have children, except against others")
{
    static const uint64_t ids[] = { HV_PARTITION_ID_SELF, HV_PARTITION_ID_INVALID, 1, 2,
                                    UINT64_C(0x123456789) };

    hv_enable_hypercalls();
    memset(input, 0, sizeof(input));
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        for (unsigned j = 0; j < sizeof(ids) / sizeof(ids[0]); j++)
            if (table[i].privilege == HV_PRIVILEGE_CreatePartitions)
                check_child_call(&table[i], ids[j]);
}
