/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The last intercepts are remembered, the oldest forgotten. */
#include <check.h>
#include <string.h>

#include <worker/history.h>

#include "messages.h"
#include "suite.h"

static struct worker_history history;

static void add_message(uint32_t type, const void *payload, size_t size)
{
    struct hv_message message = { .header = { .message_type = type } };

    memcpy(message.payload, payload, size);
    worker_history_add_message(&history, VP, &message);
}

static void add(uint16_t number, uint64_t rip)
{
    struct hv_x64_io_port_intercept_message port = {
        .header = long_mode_header(HV_INTERCEPT_ACCESS_WRITE), .port_number = number
    };

    port.header.rip = rip;
    add_message(HvMessageTypeX64IoPortIntercept, &port, sizeof(port));
    worker_history_conclude(&history, WORKER_GOES_ON);
}

static void setup(void)
{
    worker_history_init(&history);
}

START_TEST(last_intercept_comes_first)
{
    ck_assert_ptr_null(worker_history_get(&history, 0));
    add(0x80, 1);
    add(0x81, 2);
    ck_assert_uint_eq(worker_history_get(&history, 0)->address, 0x81);
    ck_assert_uint_eq(worker_history_get(&history, 0)->rip, 2);
    ck_assert_uint_eq(worker_history_get(&history, 0)->vp_index, VP);
    ck_assert(worker_history_get(&history, 0)->is_write);
    ck_assert_uint_eq(worker_history_get(&history, 1)->address, 0x80);
    ck_assert_ptr_null(worker_history_get(&history, 2));
}
END_TEST

START_TEST(repeats_are_counted)
{
    add(0x80, 1);
    add(0x80, 1);
    add(0x80, 1);
    ck_assert_uint_eq(worker_history_get(&history, 0)->repeats, 2);
    ck_assert_ptr_null(worker_history_get(&history, 1));
    add(0x80, 2);
    ck_assert_uint_eq(worker_history_get(&history, 0)->repeats, 0);
}
END_TEST

START_TEST(oldest_are_forgotten)
{
    for (uint16_t i = 0; i < 3 * WORKER_HISTORY_LENGTH; i++)
        add(i, i);
    ck_assert_uint_eq(worker_history_get(&history, 0)->address, 3 * WORKER_HISTORY_LENGTH - 1);
    ck_assert_uint_eq(worker_history_get(&history, WORKER_HISTORY_LENGTH - 1)->address,
                      2 * WORKER_HISTORY_LENGTH);
    ck_assert_ptr_null(worker_history_get(&history, WORKER_HISTORY_LENGTH));
}
END_TEST

static const struct worker_past *past_of(uint32_t type, const void *payload, size_t size)
{
    add_message(type, payload, size);
    worker_history_conclude(&history, WORKER_UNSUPPORTED);
    return worker_history_get(&history, 0);
}

START_TEST(address_is_what_the_intercept_is_about)
{
    struct hv_x64_memory_intercept_message memory = { .header = long_mode_header(0),
                                                      .guest_physical_address = 0x1234 };
    struct hv_x64_msr_intercept_message msr = { .header = long_mode_header(0), .msr_number = 0x10 };
    struct hv_x64_apic_eoi_message eoi = { VP, 0x31 };
    const struct worker_access access = { .address = 0x60, .is_port = true };

    ck_assert_uint_eq(past_of(HvMessageTypeGpaIntercept, &memory, sizeof(memory))->address, 0x1234);
    ck_assert_uint_eq(past_of(HvMessageTypeMsrIntercept, &msr, sizeof(msr))->address, 0x10);
    ck_assert_uint_eq(past_of(HvMessageTypeX64ApicEoi, &eoi, sizeof(eoi))->address, 0x31);
    ck_assert_uint_eq(worker_history_get(&history, 0)->rip, 0);
    ck_assert_int_eq(worker_history_get(&history, 0)->result, WORKER_UNSUPPORTED);
    worker_history_add_access(&history, VP, &access);
    worker_history_conclude(&history, WORKER_GOES_ON);
    ck_assert_int_eq(worker_history_get(&history, 0)->result, WORKER_GOES_ON);
    ck_assert_uint_eq(worker_history_get(&history, 0)->address, 0x60);
    ck_assert_uint_eq(worker_history_get(&history, 0)->type, 0);
    ck_assert(worker_history_get(&history, 0)->is_port);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker history");
    TCase *tcase = tcase_create("history");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, last_intercept_comes_first);
    tcase_add_test(tcase, repeats_are_counted);
    tcase_add_test(tcase, oldest_are_forgotten);
    tcase_add_test(tcase, address_is_what_the_intercept_is_about);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
