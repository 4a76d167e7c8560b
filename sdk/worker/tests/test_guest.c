/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Intercepts that are neither a port's nor memory's, and accesses that the host has taken out. */
#include <check.h>
#include <string.h>

#include "messages.h"
#include "suite.h"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
}

START_TEST(cpuid_returns_what_the_hypervisor_would)
{
    struct hv_x64_cpuid_intercept_message message = {
        .header = long_mode_header(HV_INTERCEPT_ACCESS_READ),
        .default_result_rax = UINT64_C(0x1100000001),
        .default_result_rcx = UINT64_C(0x1100000002),
        .default_result_rdx = UINT64_C(0x1103000003),
        .default_result_rbx = UINT64_C(0x1104000004),
    };

    ck_assert_int_eq(deliver(&f, HvMessageTypeX64CpuidIntercept, &message, sizeof(message)),
                     WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRax), 1);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdx), 0x03000003);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRbx), 0x04000004);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 2);
}
END_TEST

START_TEST(msr_is_not_there)
{
    struct hv_x64_msr_intercept_message message = { .header =
                                                        long_mode_header(HV_INTERCEPT_ACCESS_WRITE),
                                                    .msr_number = 0x1234 };

    ck_assert_int_eq(deliver(&f, HvMessageTypeMsrIntercept, &message, sizeof(message)),
                     WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(13, 0));
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), 0);
}
END_TEST

START_TEST(halt_is_passed)
{
    struct hv_x64_intercept_message_header message = long_mode_header(0);

    ck_assert_int_eq(deliver(&f, HvMessageTypeX64Halt, &message, sizeof(message)), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 1);
}
END_TEST

START_TEST(triple_fault_leaves_the_vp_suspended)
{
    struct hv_x64_intercept_message_header message = long_mode_header(0);

    ck_assert_int_eq(deliver(&f, HvMessageTypeUnrecoverableException, &message, sizeof(message)),
                     WORKER_TRIPLE_FAULT);
    ck_assert_uint_eq(f.fake.resumes, 0);
}
END_TEST

static void note_end(void *context, uint32_t vector, uint64_t now)
{
    *(uint64_t *)context = vector * 10000 + now;
}

START_TEST(end_of_interrupt_is_handed_on_and_resumes_nothing)
{
    struct hv_x64_apic_eoi_message message = { .vp_index = VP, .interrupt_vector = 0x31 };
    uint64_t ended = 0;

    ck_assert_int_eq(deliver(&f, HvMessageTypeX64ApicEoi, &message, sizeof(message)),
                     WORKER_GOES_ON);
    f.guest.interrupt_end = (struct worker_interrupt_end){ &ended, note_end };
    ck_assert_int_eq(deliver(&f, HvMessageTypeX64ApicEoi, &message, sizeof(message)),
                     WORKER_GOES_ON);
    ck_assert_uint_eq(ended, 0x31 * 10000 + 1000);
    ck_assert_uint_eq(f.fake.resumes, 0);
}
END_TEST

START_TEST(unknown_and_short_messages_are_refused)
{
    uint8_t nothing[240] = { 0 };

    ck_assert_int_eq(deliver(&f, HvMessageTypeUnsupportedFeature, nothing, 240),
                     WORKER_UNSUPPORTED);
    ck_assert_str_eq(f.guest.reason, "an intercept of a kind that the worker does not know");
    ck_assert_int_eq(deliver(&f, HvMessageTypeX64ApicEoi, nothing, 7), WORKER_UNSUPPORTED);
    ck_assert_int_eq(deliver(&f, HvMessageTypeX64IoPortIntercept, nothing, 127),
                     WORKER_UNSUPPORTED);
    ck_assert_int_eq(deliver(&f, HvMessageTypeX64CpuidIntercept, nothing, 103), WORKER_UNSUPPORTED);
    ck_assert_int_eq(deliver(&f, HvMessageTypeMsrIntercept, nothing, 39), WORKER_UNSUPPORTED);
    ck_assert_str_eq(f.guest.reason, "an intercept message that is too short");
    ck_assert_uint_eq(f.fake.resumes, 0);
}
END_TEST

static enum worker_result access(bool is_port, bool is_write, uint64_t address, unsigned size,
                                 uint32_t count, uint8_t *data)
{
    struct worker_intercept intercept = { .kind = WORKER_INTERCEPT_ACCESS,
                                          .vp_index = VP,
                                          .access = { .address = address,
                                                      .data = data,
                                                      .count = count,
                                                      .size = (uint8_t)size,
                                                      .is_port = is_port,
                                                      .is_write = is_write } };

    return worker_guest_intercept(&f.guest, &intercept, 1000);
}

START_TEST(access_by_port_repeats_at_the_same_port)
{
    uint8_t data[6] = { 0 };

    ck_assert_int_eq(access(true, false, PORT, 2, 3, data), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(data, "\xA1\xA2\xA3\xA4\xA5\xA6", 6), 0);
    ck_assert_uint_eq(f.port.reads, 3);
    ck_assert_uint_eq(f.port.offset, 0);
    ck_assert_int_eq(access(true, true, PORT + 1, 1, 2, data), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(f.port.written, "\xA1\xA2", 2), 0);
    ck_assert_uint_eq(f.fake.resumes, 2);
    ck_assert_uint_eq(f.fake.resumed_vp, VP);
}
END_TEST

START_TEST(access_to_memory_goes_up)
{
    uint8_t data[8] = "abcdefgh";

    ck_assert_int_eq(access(false, true, DEVICE_GPA, 4, 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.offset, 4);
    ck_assert_uint_eq(f.mmio.value, 0x68676665);
    ck_assert_int_eq(access(false, false, DEVICE_GPA + 8, 8, 1, data), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(data, "\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xA8", 8), 0);
    ck_assert_int_eq(access(false, true, RAM_GPA + 5, 1, 2, data), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(f.ram + 5, "\xA1\xA2", 2), 0);
}
END_TEST

static void stop(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)offset;
    (void)size;
    (void)value;
    (void)now;
    *(bool *)context = true;
}

START_TEST(device_can_stop_the_guest)
{
    const struct worker_device device = { &f.guest.stopped, NULL, stop, 1 };
    struct hv_x64_io_port_intercept_message message = {
        .header = long_mode_header(HV_INTERCEPT_ACCESS_WRITE),
        .port_number = 0x604,
        .access_info = 1,
        .instruction_byte_count = 1,
        .instruction_bytes = { 0xEE },
    };
    uint8_t data[1] = { 0 };

    ck_assert(worker_bus_add(&f.guest.ports, 0x604, 1, &device));
    ck_assert_int_eq(deliver(&f, HvMessageTypeX64IoPortIntercept, &message, sizeof(message)),
                     WORKER_STOPPED);
    f.guest.stopped = false;
    ck_assert_int_eq(access(true, true, 0x604, 1, 1, data), WORKER_STOPPED);
    ck_assert_uint_eq(f.fake.resumes, 0);
}
END_TEST

START_TEST(access_of_odd_size_is_refused)
{
    uint8_t data[16] = { 0 };

    ck_assert_int_eq(access(true, true, PORT, 3, 1, data), WORKER_UNSUPPORTED);
    ck_assert_int_eq(access(true, true, PORT, 0, 1, data), WORKER_UNSUPPORTED);
    ck_assert_int_eq(access(true, true, PORT, 16, 1, data), WORKER_UNSUPPORTED);
    ck_assert_uint_eq(f.port.writes, 0);
    f.fake.refusal = HV_STATUS_INVALID_VP_INDEX;
    ck_assert_int_eq(access(true, true, PORT, 1, 1, data), WORKER_FAILED);
    ck_assert_uint_eq(f.guest.status, HV_STATUS_INVALID_VP_INDEX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker guest");
    TCase *tcase = tcase_create("guest");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, cpuid_returns_what_the_hypervisor_would);
    tcase_add_test(tcase, msr_is_not_there);
    tcase_add_test(tcase, halt_is_passed);
    tcase_add_test(tcase, triple_fault_leaves_the_vp_suspended);
    tcase_add_test(tcase, end_of_interrupt_is_handed_on_and_resumes_nothing);
    tcase_add_test(tcase, unknown_and_short_messages_are_refused);
    tcase_add_test(tcase, access_by_port_repeats_at_the_same_port);
    tcase_add_test(tcase, access_to_memory_goes_up);
    tcase_add_test(tcase, device_can_stop_the_guest);
    tcase_add_test(tcase, access_of_odd_size_is_refused);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
