/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The debugging calls. Their data have a size of the guest's choice, behind input and output in the
 * same page, so each bound is tried: of the count, of the page, of the buffer.
 */
#include <check.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "msr_access.h"
#include "suite.h"
#include "vp_fixture.h"

#define INPUT   UINT64_C(0x10000)
#define OUTPUT  UINT64_C(0x20000)
#define MAXIMUM HV_DEBUG_MAXIMUM_DATA_SIZE
#define FAST    (UINT64_C(1) << 16)
#define GUEST   UINT64_C(0x8100000000000001)

static uint8_t *guest(uint64_t gpa)
{
    return (uint8_t *)fake_page(&fake, gpa >> HV_PAGE_SHIFT) + (gpa & HV_PAGE_MASK);
}

static void begin(void)
{
    setup();
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, GUEST);
    ck_assert_uint_eq(hv_partition_set_property(partition, HvPartitionPropertyDebugChannelId, 7),
                      HV_STATUS_SUCCESS);
    memset(guest(OUTPUT), 0xA5, HV_PAGE_SIZE);
    for (uint32_t i = 0; i < HV_PAGE_SIZE; i++)
        guest(INPUT)[i] = (uint8_t)(i * 7);
}

static uint64_t post_at(uint64_t gpa, uint32_t count, uint32_t options)
{
    struct hv_input_post_debug_data input = { .count = count, .options = options };

    memcpy(guest(gpa), &input, sizeof(input));
    return fake_hypercall(vp, HvPostDebugData, gpa, OUTPUT);
}

static uint64_t post(uint32_t count)
{
    return post_at(INPUT, count, 0);
}

static uint64_t retrieve_at(uint64_t gpa, uint32_t count, uint32_t options)
{
    struct hv_input_retrieve_debug_data input = { .count = count, .options = options };

    memcpy(guest(INPUT), &input, sizeof(input));
    return fake_hypercall(vp, HvRetrieveDebugData, INPUT, gpa);
}

static uint64_t retrieve(uint32_t count)
{
    return retrieve_at(OUTPUT, count, 0);
}

static uint64_t reset(uint64_t options)
{
    return fake_hypercall(vp, HvResetDebugSession | FAST, options, 0);
}

static uint32_t output_word(unsigned index)
{
    uint32_t word;

    memcpy(&word, guest(OUTPUT) + index * sizeof(word), sizeof(word));
    return word;
}

static void arrive(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        fake.debug.incoming[i] = (uint8_t)(i * 3);
    fake.debug.arrived = count;
    fake.debug.received += count;
}

static bool untouched(uint64_t from, uint64_t to)
{
    for (; from < to; from++)
        if (*guest(from) != 0xA5)
            return false;
    return true;
}

START_TEST(posted_data_arrive_to_the_byte)
{
    ck_assert_uint_eq(post(100), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.debug.posted, 100);
    ck_assert_mem_eq(fake.debug.outgoing, guest(INPUT) + 8, 100);
    ck_assert_uint_eq(output_word(0), 100);
    ck_assert_uint_eq(output_word(1), 0);
    ck_assert(untouched(OUTPUT + 8, OUTPUT + HV_PAGE_SIZE));
}
END_TEST

START_TEST(the_largest_post_fills_the_page)
{
    ck_assert_uint_eq(post(MAXIMUM), HV_STATUS_SUCCESS);
    ck_assert_mem_eq(fake.debug.outgoing, guest(INPUT) + 8, MAXIMUM);
    ck_assert_uint_eq(post(MAXIMUM + 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(post(UINT32_MAX), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(fake.debug.posted, MAXIMUM);
}
END_TEST

START_TEST(posted_data_must_not_cross_the_page)
{
    uint64_t gpa = INPUT + HV_PAGE_SIZE - 24;

    ck_assert_uint_eq(post_at(gpa, 16, 0), HV_STATUS_SUCCESS);
    ck_assert_mem_eq(fake.debug.outgoing, guest(gpa) + 8, 16);
    ck_assert_uint_eq(post_at(gpa, 17, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(post_at(INPUT + HV_PAGE_SIZE - 8, 0, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.debug.posted, 16);
}
END_TEST

START_TEST(a_post_that_does_not_fit_posts_nothing)
{
    ck_assert_uint_eq(post(MAXIMUM), HV_STATUS_SUCCESS);
    memset(guest(OUTPUT), 0xA5, HV_PAGE_SIZE);
    ck_assert_uint_eq(post(MAXIMUM), HV_STATUS_INSUFFICIENT_BUFFERS);
    ck_assert(untouched(OUTPUT, OUTPUT + HV_PAGE_SIZE));
    ck_assert_uint_eq(post(0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output_word(0), MAXIMUM);
}
END_TEST

START_TEST(options_of_a_post)
{
    ck_assert_uint_eq(post_at(INPUT, 1, HV_DEBUG_POST_LOOP), HV_STATUS_SUCCESS);
    for (unsigned bit = 1; bit < 32; bit++)
        ck_assert_uint_eq(post_at(INPUT, 1, 1u << bit), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(fake.debug.posted, 1);
}
END_TEST

START_TEST(received_data_are_handed_out_to_the_byte)
{
    arrive(100);
    ck_assert_uint_eq(retrieve(60), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output_word(0), 60);
    ck_assert_uint_eq(output_word(1), 40);
    for (unsigned i = 0; i < 60; i++)
        ck_assert_uint_eq(guest(OUTPUT)[8 + i], (uint8_t)(i * 3));
    ck_assert(untouched(OUTPUT + 68, OUTPUT + HV_PAGE_SIZE));
    ck_assert_uint_eq(retrieve(MAXIMUM), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output_word(0), 40);
    ck_assert_uint_eq(output_word(1), 0);
    ck_assert_uint_eq(guest(OUTPUT)[8], (uint8_t)(60 * 3));
    ck_assert_uint_eq(retrieve(1), HV_STATUS_NO_DATA);
}
END_TEST

START_TEST(a_count_of_zero_asks_and_takes_nothing)
{
    ck_assert_uint_eq(retrieve(0), HV_STATUS_NO_DATA);
    arrive(3);
    ck_assert_uint_eq(retrieve(0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output_word(0), 0);
    ck_assert_uint_eq(output_word(1), 3);
    ck_assert(untouched(OUTPUT + 8, OUTPUT + HV_PAGE_SIZE));
}
END_TEST

START_TEST(retrieved_data_must_not_cross_the_page)
{
    uint64_t gpa = OUTPUT + HV_PAGE_SIZE - 24;

    arrive(100);
    ck_assert_uint_eq(retrieve_at(gpa, 17, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(retrieve(MAXIMUM + 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(fake.debug.arrived, 100);
    ck_assert_uint_eq(retrieve_at(gpa, 16, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(guest(gpa)[8 + 15], 15 * 3);
    ck_assert_uint_eq(*guest(OUTPUT + HV_PAGE_SIZE), 0);
}
END_TEST

START_TEST(a_retrieval_that_fails_writes_nothing)
{
    ck_assert_uint_eq(retrieve(100), HV_STATUS_NO_DATA);
    ck_assert(untouched(OUTPUT, OUTPUT + HV_PAGE_SIZE));
}
END_TEST

START_TEST(inactivity_is_told_when_asked_for)
{
    arrive(8);
    ck_assert_uint_eq(retrieve_at(OUTPUT, 4, HV_DEBUG_RETRIEVE_TEST_ACTIVITY), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(retrieve_at(OUTPUT, 4, HV_DEBUG_RETRIEVE_TEST_ACTIVITY), HV_STATUS_INACTIVE);
    ck_assert_uint_eq(fake.debug.arrived, 4);
    ck_assert_uint_eq(retrieve_at(OUTPUT, 4, HV_DEBUG_RETRIEVE_LOOP), HV_STATUS_SUCCESS);
    for (unsigned bit = 2; bit < 32; bit++)
        ck_assert_uint_eq(retrieve_at(OUTPUT, 4, 1u << bit), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(reset_discards_what_it_names)
{
    arrive(8);
    ck_assert_uint_eq(post(8), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(reset(HV_DEBUG_PURGE_INCOMING_DATA), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.debug.arrived, 0);
    ck_assert_uint_eq(fake.debug.posted, 8);
    ck_assert_uint_eq(reset(HV_DEBUG_PURGE_INCOMING_DATA), HV_STATUS_NO_DATA);
    ck_assert_uint_eq(reset(HV_DEBUG_PURGE_OUTGOING_DATA), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.debug.posted, 0);
    ck_assert_uint_eq(reset(0), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 2; bit < 32; bit++)
        ck_assert_uint_eq(reset(UINT64_C(1) << bit | 1), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(without_a_channel_every_call_is_denied)
{
    arrive(8);
    ck_assert_uint_eq(hv_partition_set_property(partition, HvPartitionPropertyDebugChannelId, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post(1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(retrieve(1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(reset(1), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(fake.debug.posted, 0);
    ck_assert_uint_eq(fake.debug.arrived, 8);
}
END_TEST

START_TEST(the_channel_is_a_property_of_16_bits)
{
    uint64_t value;

    ck_assert_uint_eq(
        hv_partition_set_property(partition, HvPartitionPropertyDebugChannelId, 0xFFFF),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(
        hv_partition_set_property(partition, HvPartitionPropertyDebugChannelId, 0x10000),
        HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(
        hv_partition_get_property(partition, HvPartitionPropertyDebugChannelId, &value),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 0xFFFF);
}
END_TEST

START_TEST(data_calls_are_never_fast)
{
    ck_assert_uint_eq(fake_hypercall(vp, HvPostDebugData | FAST, 0, 0),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(fake_hypercall(vp, HvRetrieveDebugData | FAST, 0, 0),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(debugging_is_announced_with_its_privilege)
{
    uint32_t out[4];

    fake_cpuid(vp, HV_CPUID_FEATURES, 0, out);
    ck_assert(out[3] & HV_FEATURE_EDX_GUEST_DEBUGGING);
    begin_again(~HV_PRIVILEGE_Debugging, fake.platform.facts.capabilities);
    fake_cpuid(vp, HV_CPUID_FEATURES, 0, out);
    ck_assert(!(out[3] & HV_FEATURE_EDX_GUEST_DEBUGGING));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("debug");
    Suite *suite = suite_create("core_debug");

    tcase_add_checked_fixture(tests, begin, teardown);
    tcase_add_test(tests, posted_data_arrive_to_the_byte);
    tcase_add_test(tests, the_largest_post_fills_the_page);
    tcase_add_test(tests, posted_data_must_not_cross_the_page);
    tcase_add_test(tests, a_post_that_does_not_fit_posts_nothing);
    tcase_add_test(tests, options_of_a_post);
    tcase_add_test(tests, received_data_are_handed_out_to_the_byte);
    tcase_add_test(tests, a_count_of_zero_asks_and_takes_nothing);
    tcase_add_test(tests, retrieved_data_must_not_cross_the_page);
    tcase_add_test(tests, a_retrieval_that_fails_writes_nothing);
    tcase_add_test(tests, inactivity_is_told_when_asked_for);
    tcase_add_test(tests, reset_discards_what_it_names);
    tcase_add_test(tests, without_a_channel_every_call_is_denied);
    tcase_add_test(tests, the_channel_is_a_property_of_16_bits);
    tcase_add_test(tests, data_calls_are_never_fast);
    tcase_add_test(tests, debugging_is_announced_with_its_privilege);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
