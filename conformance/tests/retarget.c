/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallRetargetDeviceInterrupt. Nothing announces the call, and the suite's guest has no device
 * that is assigned to it; so the test is whether the call, where it is there, tells a device that
 * it does not know from a call that is wrong. In which order it looks is open.
 */
#include "hypercall_support.h"

#define NO_DEVICE UINT64_C(0x7fff7fff7fff)
#define VECTOR    0x74
#define SET       HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET
#define MULTICAST HV_DEVICE_INTERRUPT_TARGET_MULTICAST
/* A VP and a bank that no target has. */
#define ABSENT_VP   63u
#define ABSENT_BANK 63u

static struct {
    struct hv_input_retarget_device_interrupt fixed;
    uint64_t words[3];
} input __attribute__((aligned(128)));

/* To the VP that calls, which must be one of the first 64. */
static void fill(uint32_t flags)
{
    memset(&input, 0, sizeof(input));
    input.fixed = (struct hv_input_retarget_device_interrupt){
        .partition_id = HV_PARTITION_ID_SELF,
        .device_id = NO_DEVICE,
        .interrupt_entry = { .interrupt_source = HvInterruptSourceMsi,
                             .msi_entry = { .address = 0xfee00000, .data = VECTOR } },
        .interrupt_target = { .vector = VECTOR, .flags = flags },
    };
    if (flags & SET)
        input.fixed.interrupt_target.processor_mask = HV_GENERIC_SET_SPARSE_4K;
    else
        input.fixed.interrupt_target.processor_mask = UINT64_C(1) << rdmsr(HV_X64_MSR_VP_INDEX);
    input.words[0] = 1;
    input.words[1] = UINT64_C(1) << rdmsr(HV_X64_MSR_VP_INDEX);
}

static uint16_t retarget(unsigned words)
{
    return hv_result_status(
        hv_call(hv_control(HvCallRetargetDeviceInterrupt, false, words, 0, 0), phys_of(&input), 0));
}

static void require_retarget(void)
{
    hv_enable_hypercalls();
    if (!call_is_there(HvCallRetargetDeviceInterrupt))
        test_skip("the call is not there, and nothing announces it");
}

/* The id has 8 bytes by TLFS v6.0b, and 6 by the Markdown TLFS. */
HV_TEST(synthetic_ipi, unknown_devices_can_not_be_retargeted,
        COVERS(HV_REQ_IPI_012, HV_REQ_IPI_013, HV_REQ_IPI_014, HV_REQ_IPI_017), NEEDS_NOTHING,
        "In either form of the target, for one VP or for all of it")
{
    static const uint32_t flags[] = { 0, MULTICAST };

    require_retarget();
    for (unsigned i = 0; i < 2; i++) {
        fill(flags[i]);
        CHECK_EQ(retarget(0), HV_STATUS_INVALID_DEVICE_ID);
        fill(flags[i] | SET);
        CHECK_EQ(retarget(2), HV_STATUS_INVALID_DEVICE_ID);
    }
}

/* That the call fails, by a status that is not kept for something else. */
static void check_wrong(unsigned words, const char *what)
{
    uint16_t status = retarget(words);

    CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_DEVICE_ID ||
              status == HV_STATUS_INVALID_HYPERCALL_INPUT,
          "%s: status %x", what, status);
}

HV_TEST(synthetic_ipi, a_retarget_is_for_the_own_partition, COVERS(HV_REQ_IPI_012, HV_REQ_IPI_017),
        NEEDS_NOTHING, "The interrupts of other partitions are not to be had by a number")
{
    static const uint64_t ids[] = { UINT64_C(0x123456789), UINT64_MAX - 1, 0 };

    require_retarget();
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        uint16_t status;

        fill(0);
        input.fixed.partition_id = ids[i];
        status = retarget(0);
        CHECK(status == HV_STATUS_ACCESS_DENIED || status == HV_STATUS_INVALID_PARTITION_ID ||
                  status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_OPERATION_DENIED ||
                  status == HV_STATUS_INVALID_DEVICE_ID,
              "partition 0x%llx: status %x", (unsigned long long)ids[i], status);
    }
}

HV_TEST(synthetic_ipi, retargets_with_wrong_fields_fail,
        COVERS(HV_REQ_IPI_012, HV_REQ_IPI_013, HV_REQ_IPI_014, HV_REQ_IPI_017), NEEDS_NOTHING,
        "Reserved fields, unknown sources and flags, vectors that an APIC does not take")
{
    require_retarget();
    fill(0);
    input.fixed.reserved = 1;
    check_wrong(0, "reserved");
    fill(0);
    input.fixed.interrupt_entry.reserved = 1;
    check_wrong(0, "reserved of the entry");
    fill(0);
    input.fixed.interrupt_entry.interrupt_source = 0xff;
    check_wrong(0, "source");
    fill(UINT32_C(1) << 31);
    check_wrong(0, "flags");
    fill(0);
    input.fixed.interrupt_target.vector = 0x100;
    check_wrong(0, "vector 0x100");
    fill(0);
    input.fixed.interrupt_target.vector = 2;
    check_wrong(0, "vector 2");
}

HV_TEST(synthetic_ipi, the_target_of_a_retarget_must_exist, COVERS(HV_REQ_IPI_016, HV_REQ_IPI_014),
        NEEDS_NOTHING, "An interrupt that goes nowhere stops its device")
{
    require_retarget();
    fill(0);
    input.fixed.interrupt_target.processor_mask = UINT64_C(1) << ABSENT_VP;
    check_wrong(0, "absent VP");
    fill(SET);
    input.words[0] = UINT64_C(1) << ABSENT_BANK;
    check_wrong(2, "absent bank");
    fill(SET);
    input.fixed.interrupt_target.processor_mask = HV_GENERIC_SET_ALL;
    check_wrong(2, "all VPs");
}
