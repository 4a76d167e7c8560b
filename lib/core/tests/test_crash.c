/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Guest crash registers. A guest in its last moments, or one that pretends to be, names any address
 * and any length for its message; the report must come anyway, and with no byte that is not its.
 */
#include <check.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "msr_access.h"
#include "suite.h"
#include "vp_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NOTIFY  HV_CRASH_CTL_CRASH_NOTIFY
#define MESSAGE (HV_CRASH_CTL_CRASH_NOTIFY | HV_CRASH_CTL_CRASH_MESSAGE)

static void crash_with_message(uint64_t gpa, uint64_t length)
{
    must_write(vp, HV_X64_MSR_CRASH_P3, gpa);
    must_write(vp, HV_X64_MSR_CRASH_P4, length);
    must_write(vp, HV_X64_MSR_CRASH_CTL, MESSAGE);
}

START_TEST(crash_control_tells_what_is_understood_and_keeps_nothing)
{
    uint64_t capabilities = HV_CRASH_CTL_CRASH_NOTIFY | HV_CRASH_CTL_CRASH_MESSAGE |
                            HV_CRASH_CTL_NO_CRASH_DUMP | HV_CRASH_CTL_PRE_OS_ID_MASK;

    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_CRASH_CTL), capabilities);
    must_write(vp, HV_X64_MSR_CRASH_CTL, 0);
    must_write(vp, HV_X64_MSR_CRASH_CTL, NOTIFY);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_CRASH_CTL), capabilities);
}
END_TEST

START_TEST(crash_parameters_are_kept_shared_and_reported)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 9);
    uint64_t parameters[5];

    for (uint32_t i = 0; i < 5; i++)
        must_write(vp, HV_X64_MSR_CRASH_P0 + i, 0xF000000000000000 + i);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(value_of(other, HV_X64_MSR_CRASH_P0 + i), 0xF000000000000000 + i);
    hv_partition_get_crash(partition, parameters);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(parameters[i], 0xF000000000000000 + i);
    vp = other;
    must_write(vp, HV_X64_MSR_CRASH_CTL, NOTIFY | HV_CRASH_CTL_NO_CRASH_DUMP);
    ck_assert_uint_eq(fake.crashes, 1);
    ck_assert_uint_eq(fake.crash.vp_index, 9);
    ck_assert_uint_eq(fake.crash.control, NOTIFY | HV_CRASH_CTL_NO_CRASH_DUMP);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(fake.crash.parameters[i], 0xF000000000000000 + i);
    ck_assert_ptr_null(fake.crash.message);
    ck_assert_uint_eq(fake.crash.message_length, 0);
}
END_TEST

START_TEST(crash_control_without_notify_reports_nothing)
{
    must_write(vp, HV_X64_MSR_CRASH_CTL, 0);
    must_write(vp, HV_X64_MSR_CRASH_CTL, HV_CRASH_CTL_CRASH_MESSAGE);
    must_write(vp, HV_X64_MSR_CRASH_CTL, ~NOTIFY);
    ck_assert_uint_eq(fake.crashes, 0);
}
END_TEST

START_TEST(crash_message_is_left_alone_unless_announced)
{
    must_write(vp, HV_X64_MSR_CRASH_P3, 0x3000);
    must_write(vp, HV_X64_MSR_CRASH_P4, 10);
    must_write(vp, HV_X64_MSR_CRASH_CTL, NOTIFY);
    ck_assert_uint_eq(fake.crashes, 1);
    ck_assert_ptr_null(fake.crash.message);
    ck_assert_uint_eq(fake.crash.message_length, 0);
}
END_TEST

START_TEST(crash_message_is_reported_to_the_byte)
{
    static const char text[] = "no init found";

    memcpy((char *)fake_page(&fake, 3) + 100, text, sizeof(text));
    crash_with_message(0x3064, strlen(text));
    ck_assert_uint_eq(fake.crashes, 1);
    ck_assert_uint_eq(fake.crash.message_length, strlen(text));
    ck_assert_mem_eq(fake.crash.message, text, strlen(text));
}
END_TEST

START_TEST(crash_message_may_cross_a_page)
{
    memset((char *)fake_page(&fake, 3) + 4000, 'a', 96);
    memset(fake_page(&fake, 4), 'b', 4000);
    crash_with_message(0x3000 + 4000, 4096);
    ck_assert_uint_eq(fake.crash.message_length, 4096);
    for (size_t i = 0; i < 4096; i++)
        ck_assert_int_eq(fake.crash.message[i], i < 96 ? 'a' : 'b');
}
END_TEST

START_TEST(crash_message_is_cut_at_4096_bytes)
{
    static const uint64_t lengths[] = { 4097, 0x100000000, 0x100000001, UINT64_MAX };

    for (size_t i = 0; i < COUNT(lengths); i++) {
        fake.crash.message_length = 0;
        crash_with_message(0x5000, lengths[i]);
        ck_assert_uint_eq(fake.crash.message_length, 4096);
    }
}
END_TEST

START_TEST(crash_message_that_can_not_be_read_is_left_out)
{
    static const struct {
        uint64_t gpa;
        uint64_t length;
    } bad[] = {
        { 0x3000, 0 },
        { (uint64_t)FAKE_FIRST_POOL << 12, 1 },
        { ((uint64_t)FAKE_FIRST_POOL << 12) - 1, 2 },
        { UINT64_C(1) << 40, 1 },
        { (UINT64_C(1) << 40) - 1, 2 },
        { UINT64_MAX, 1 },
        { UINT64_MAX, 4096 },
        { UINT64_MAX - 4094, 4096 },
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        crash_with_message(bad[i].gpa, bad[i].length);
        ck_assert_uint_eq(fake.crashes, i + 1);
        ck_assert_ptr_null(fake.crash.message);
        ck_assert_uint_eq(fake.crash.message_length, 0);
        ck_assert_uint_eq(fake.crash.parameters[3], bad[i].gpa);
    }
}
END_TEST

static unsigned message_reads;
static bool locked;

static void count_message_reads(struct fake_platform *platform, uint64_t spa_page)
{
    const struct hv_lock *lock = &partition->crash.lock;

    (void)platform;
    if (spa_page != 6)
        return;
    message_reads++;
    locked = atomic_load(&lock->next) == atomic_load(&lock->serving) + 1;
}

START_TEST(crash_message_is_read_from_the_guest_once)
{
    fake.on_map = count_message_reads;
    message_reads = 0;
    crash_with_message(0x6000, 4096);
    ck_assert_uint_eq(fake.crash.message_length, 4096);
    ck_assert_uint_eq(message_reads, 1);
    /* Reports of two VPs share the copy. */
    ck_assert(locked);
}
END_TEST

START_TEST(crash_is_reported_when_the_pool_is_empty)
{
    drain_pool(partition);
    crash_with_message(0x3000, 10);
    ck_assert_uint_eq(fake.crashes, 1);
    ck_assert_uint_eq(fake.crash.message_length, 10);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("crash");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, crash_control_tells_what_is_understood_and_keeps_nothing);
    tcase_add_test(tcase, crash_parameters_are_kept_shared_and_reported);
    tcase_add_test(tcase, crash_control_without_notify_reports_nothing);
    tcase_add_test(tcase, crash_message_is_left_alone_unless_announced);
    tcase_add_test(tcase, crash_message_is_reported_to_the_byte);
    tcase_add_test(tcase, crash_message_may_cross_a_page);
    tcase_add_test(tcase, crash_message_is_cut_at_4096_bytes);
    tcase_add_test(tcase, crash_message_that_can_not_be_read_is_left_out);
    tcase_add_test(tcase, crash_message_is_read_from_the_guest_once);
    tcase_add_test(tcase, crash_is_reported_when_the_pool_is_empty);
    Suite *suite = suite_create("core_crash");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
