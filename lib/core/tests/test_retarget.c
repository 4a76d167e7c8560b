/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallRetargetDeviceInterrupt where there are no devices. Why: each field is checked before the
 * device is looked for, so that the call is as strict the day that there is one.
 */
#include <check.h>

#include "core.h"
#include "fake_platform.h"
#include "hypercall.h"
#include "suite.h"

#define DEVICE UINT64_C(0x1234)
#define SET    HV_DEVICE_INTERRUPT_TARGET_PROCESSOR_SET

static struct fake_platform fake;
static struct hv_vp *vp;

static void setup(void)
{
    struct hv_partition *partition;

    fake_platform_init(&fake);
    partition = fake_partition(&fake);
    vp = fake_vp_create(&fake, partition, 0);
    fake_vp_create(&fake, partition, 1);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

/* The interrupt of an unknown device, and nothing else wrong. */
static struct hv_input_retarget_device_interrupt good(uint32_t flags, uint64_t mask_or_format)
{
    return (struct hv_input_retarget_device_interrupt){
        .partition_id = HV_PARTITION_ID_SELF,
        .device_id = DEVICE,
        .interrupt_entry = { .interrupt_source = HvInterruptSourceMsi,
                             .msi_entry = { .address = 0xFEE00000, .data = 0x40 } },
        .interrupt_target = { .vector = 0x40, .flags = flags, .processor_mask = mask_or_format },
    };
}

static hv_status retarget(struct hv_input_retarget_device_interrupt input, const uint64_t *words,
                          uint16_t count)
{
    const struct hv_hypercall_control control = { .variable_qwords = count };
    struct hv_hypercall_call call = {
        .vp = vp, .header = &input, .variable = words, .control = &control
    };

    return hv_hypercall_retarget_device_interrupt(&call);
}

static hv_status retarget_mask(uint32_t flags, uint64_t mask)
{
    return retarget(good(flags, mask), NULL, 0);
}

START_TEST(a_call_without_a_mistake_names_an_unknown_device)
{
    const uint64_t words[] = { 1, 2 };

    ck_assert_uint_eq(retarget_mask(0, 3), HV_STATUS_INVALID_DEVICE_ID);
    ck_assert_uint_eq(retarget_mask(HV_DEVICE_INTERRUPT_TARGET_MULTICAST, 1),
                      HV_STATUS_INVALID_DEVICE_ID);
    ck_assert_uint_eq(retarget(good(SET, HV_GENERIC_SET_SPARSE_4K), words, 2),
                      HV_STATUS_INVALID_DEVICE_ID);
}
END_TEST

START_TEST(only_the_own_partition_can_be_meant)
{
    struct hv_input_retarget_device_interrupt input = good(0, 1);

    input.partition_id = vp->partition->id;
    ck_assert_uint_eq(retarget(input, NULL, 0), HV_STATUS_INVALID_DEVICE_ID);
    input.partition_id++;
    ck_assert_uint_eq(retarget(input, NULL, 0), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(fields_are_checked)
{
    struct hv_input_retarget_device_interrupt bad[6];

    for (unsigned i = 0; i < 6; i++)
        bad[i] = good(0, 1);
    bad[0].reserved = 1;
    bad[1].interrupt_entry.reserved = UINT32_C(1) << 31;
    bad[2].interrupt_entry.interrupt_source = HvInterruptSourceMsi + 1;
    bad[3].interrupt_target.vector = 15;
    bad[4].interrupt_target.vector = 256;
    bad[5].interrupt_target.flags = 4;
    for (unsigned i = 0; i < 6; i++)
        ck_assert_msg(retarget(bad[i], NULL, 0) == HV_STATUS_INVALID_PARAMETER, "input %u", i);
    bad[0] = good(0, 1);
    bad[0].interrupt_target.vector = 16;
    ck_assert_uint_eq(retarget(bad[0], NULL, 0), HV_STATUS_INVALID_DEVICE_ID);
    bad[0].interrupt_target.vector = 255;
    ck_assert_uint_eq(retarget(bad[0], NULL, 0), HV_STATUS_INVALID_DEVICE_ID);
}
END_TEST

START_TEST(targets_must_exist)
{
    const uint64_t empty[] = { 1, 0 }, absent[] = { 1, 4 }, beyond[] = { UINT64_C(1) << 63, 1 };
    const struct hv_input_retarget_device_interrupt set = good(SET, HV_GENERIC_SET_SPARSE_4K);

    ck_assert_uint_eq(retarget_mask(0, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retarget_mask(0, 5), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retarget(set, empty, 2), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retarget(set, absent, 2), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retarget(set, beyond, 2), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(sets_are_sparse_and_whole)
{
    const uint64_t words[] = { 3, 1 };

    ck_assert_uint_eq(retarget(good(SET, HV_GENERIC_SET_ALL), NULL, 0),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retarget(good(SET, 2), words, 2), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retarget(good(SET, HV_GENERIC_SET_SPARSE_4K), NULL, 0),
                      HV_STATUS_INVALID_HYPERCALL_INPUT);
    ck_assert_uint_eq(retarget(good(SET, HV_GENERIC_SET_SPARSE_4K), words, 2),
                      HV_STATUS_INVALID_HYPERCALL_INPUT);
    /* A mask has nothing behind it. */
    ck_assert_uint_eq(retarget(good(0, 1), words, 1), HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("retarget");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_call_without_a_mistake_names_an_unknown_device);
    tcase_add_test(all, only_the_own_partition_can_be_meant);
    tcase_add_test(all, fields_are_checked);
    tcase_add_test(all, targets_must_exist);
    tcase_add_test(all, sets_are_sparse_and_whole);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
