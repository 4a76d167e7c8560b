/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Port instructions, as a guest sees their effects. Expectations are those of the APM. */
#include <check.h>
#include <string.h>

#include "messages.h"
#include "suite.h"

static struct fixture f;
static struct hv_x64_io_port_intercept_message message;

static void setup(void)
{
    fixture_init(&f);
}

static void make(bool is_write, unsigned size, unsigned flags, const char *bytes, unsigned count)
{
    message = (struct hv_x64_io_port_intercept_message){
        .header = long_mode_header(is_write),
        .port_number = PORT,
        .access_info = (uint8_t)(size | flags),
        .instruction_byte_count = (uint8_t)count,
        .rax = UINT64_C(0x1122334455667788),
        .rcx = 4,
        .rsi = RAM_GPA + 0x200,
        .rdi = RAM_GPA + 0x300,
    };
    memcpy(message.instruction_bytes, bytes, count);
}

static enum worker_result go(void)
{
    return deliver(&f, HvMessageTypeX64IoPortIntercept, &message, sizeof(message));
}

#define STRING HV_X64_IO_PORT_ACCESS_STRING_OP
#define REP    (HV_X64_IO_PORT_ACCESS_STRING_OP | HV_X64_IO_PORT_ACCESS_REP_PREFIX)

START_TEST(out_writes_the_low_bytes_of_rax)
{
    make(true, 2, 0, "\x66\xEF", 2);
    message.header.instruction_length = 2;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.value, 0x7788);
    ck_assert_uint_eq(f.port.size, 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 2);
    ck_assert_uint_eq(f.fake.resumes, 1);
    ck_assert_uint_eq(f.fake.resumed_vp, VP);
    ck_assert_uint_eq(f.fake.reads, 0);
}
END_TEST

START_TEST(in_of_one_or_two_bytes_leaves_the_rest_of_rax)
{
    make(false, 1, 0, "\xEC", 1);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRax), UINT64_C(0x11223344556677A1));
    make(false, 2, 0, "\x66\xED", 2);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRax), UINT64_C(0x112233445566A3A2));
}
END_TEST

START_TEST(in_of_four_bytes_clears_the_upper_half)
{
    make(false, 4, 0, "\xED", 1);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRax), 0xA4A3A2A1);
}
END_TEST

START_TEST(length_that_the_message_lacks_is_decoded)
{
    make(false, 1, 0, "\xE4\xF8\x90\x90", 4);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 2);
}
END_TEST

START_TEST(bytes_that_the_message_lacks_are_fetched)
{
    memcpy(f.ram + RIP - RAM_GPA, "\xE4\xF8", 2);
    make(false, 1, 0, "", 0);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 2);
}
END_TEST

START_TEST(upper_half_of_the_length_byte_is_not_length)
{
    make(false, 1, 0, "\xEC", 1);
    message.header.instruction_length = 0xF1;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 1);
}
END_TEST

START_TEST(rip_wraps_outside_64_bit_mode)
{
    make(false, 1, 0, "\xEC", 1);
    message.header.execution_state = HV_X64_VP_EXECUTION_STATE_CR0_PE;
    message.header.cs_segment.attributes = 0x9B | HV_X64_SEGMENT_DEFAULT;
    message.header.rip = UINT32_MAX;
    message.header.instruction_length = 1;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), 0);
}
END_TEST

START_TEST(completed_instruction_clears_the_resume_flag)
{
    make(true, 1, 0, "\xEE", 1);
    message.header.rflags = 0x10002;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRflags), 2);
}
END_TEST

static struct hv_vp_register_page page;

static void give_page(void)
{
    memset(&page, 0x55, sizeof(page));
    page.dirty = 0;
    f.fake.register_page = &page;
}

START_TEST(what_in_changes_is_marked_in_the_register_page)
{
    give_page();
    make(false, 1, 0, "\xEC", 1);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.fake.resumes, 1);
    ck_assert_uint_eq(f.fake.resumed_registers, 0);
    ck_assert_uint_eq(page.gp_registers[0], UINT64_C(0x11223344556677A1));
    ck_assert_uint_eq(page.gp_registers[1], UINT64_C(0x5555555555555555));
    ck_assert_uint_eq(page.rip, RIP + 1);
    ck_assert_uint_eq(page.rflags, UINT64_C(0x5555555555555555));
    ck_assert_uint_eq(page.dirty, HV_VP_REGISTER_PAGE_DIRTY_GENERAL | HV_VP_REGISTER_PAGE_DIRTY_IP);
}
END_TEST

START_TEST(what_out_changes_is_marked_beside_what_was_marked_before)
{
    give_page();
    page.dirty = HV_VP_REGISTER_PAGE_DIRTY_XMM;
    make(true, 1, 0, "\xEE", 1);
    message.header.rflags = 0x10002;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.fake.resumed_registers, 0);
    ck_assert_uint_eq(page.gp_registers[0], UINT64_C(0x5555555555555555));
    ck_assert_uint_eq(page.rflags, 2);
    ck_assert_uint_eq(page.dirty, HV_VP_REGISTER_PAGE_DIRTY_XMM | HV_VP_REGISTER_PAGE_DIRTY_IP |
                                      HV_VP_REGISTER_PAGE_DIRTY_FLAGS);
}
END_TEST

/* The page has no place for it. */
START_TEST(exception_is_no_matter_of_the_register_page)
{
    f.fake.pages[0] =
        (struct fake_page){ .gva = RAM_GPA + 0x1000, .code = HvTranslateGvaPageNotPresent };
    f.fake.page_count = 1;
    give_page();
    make(false, 1, REP, "\xF3\x6C", 2);
    message.rdi = RAM_GPA + 0xFFE;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(page.dirty, 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 2);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 2));
}
END_TEST

START_TEST(outs_reads_guest_memory)
{
    memcpy(f.ram + 0x200, "abcdefgh", 8);
    make(true, 1, STRING, "\x6E", 1);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.value, 'a');
    ck_assert_uint_eq(reg(&f, HvX64RegisterRsi), RAM_GPA + 0x201);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 1);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 0);
}
END_TEST

START_TEST(repeated_outs_does_all_elements_in_order)
{
    memcpy(f.ram + 0x200, "abcdefgh", 8);
    make(true, 2, REP, "\xF3\x66\x6F", 3);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, 4);
    ck_assert_int_eq(memcmp(f.port.written, "aceg", 4), 0);
    ck_assert_uint_eq(f.port.size, 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRsi), RAM_GPA + 0x208);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 3);
}
END_TEST

START_TEST(repeated_ins_fills_guest_memory)
{
    make(false, 1, REP, "\xF3\x6C", 2);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(f.ram + 0x300, "\xA1\xA2\xA3\xA4\0", 5), 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), RAM_GPA + 0x304);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 2);
}
END_TEST

START_TEST(direction_flag_goes_down)
{
    make(false, 1, REP, "\xF3\x6C", 2);
    message.header.rflags |= 0x400;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(f.ram + 0x2FD, "\xA4\xA3\xA2\xA1", 4), 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), RAM_GPA + 0x2FC);
}
END_TEST

START_TEST(count_of_zero_does_nothing)
{
    make(false, 1, REP, "\xF3\x6C", 2);
    message.rcx = 0;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.reads, 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + 2);
}
END_TEST

START_TEST(element_may_cross_pages_that_lie_apart)
{
    f.fake.pages[0] = (struct fake_page){ .gva = 0x7000, .gpa = RAM_GPA + 0x1000 };
    f.fake.pages[1] = (struct fake_page){ .gva = 0x8000, .gpa = RAM_GPA };
    f.fake.page_count = 2;
    make(false, 4, STRING, "\x6D", 1);
    message.rdi = 0x7FFD;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(f.ram + 0x1FFD, "\xA1\xA2\xA3", 3), 0);
    ck_assert_uint_eq(f.ram[0], 0xA4);
}
END_TEST

START_TEST(page_fault_stops_ins_before_the_device_is_read)
{
    f.fake.pages[0] =
        (struct fake_page){ .gva = RAM_GPA + 0x1000, .code = HvTranslateGvaPageNotPresent };
    f.fake.page_count = 1;
    make(false, 1, REP, "\xF3\x6C", 2);
    message.rdi = RAM_GPA + 0xFFE;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.reads, 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), RAM_GPA + 0x1000);
    ck_assert_uint_eq(reg(&f, HvX64RegisterCr2), RAM_GPA + 0x1000);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 2));
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), 0);
}
END_TEST

START_TEST(page_fault_of_a_user_tells_what_it_was)
{
    f.fake.pages[0] = (struct fake_page){ .gva = RAM_GPA, .gpa = RAM_GPA, .read_only = true };
    f.fake.page_count = 1;
    make(false, 1, STRING, "\x6C", 1);
    message.header.execution_state |= 3;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 7));
    f.fake.pages[0].read_only = false;
    f.fake.pages[0].code = HvTranslateGvaPageNotPresent;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 6));
    f.fake.pages[0].code = HvTranslateGvaInvalidPageTableFlags;
    make(true, 1, STRING, "\x6E", 1);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 9));
}
END_TEST

START_TEST(many_elements_are_done_in_portions)
{
    make(true, 1, REP, "\xF3\x6E", 2);
    message.rcx = WORKER_MAX_ELEMENTS + 10;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, WORKER_MAX_ELEMENTS);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 10);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), 0);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), 0);
}
END_TEST

START_TEST(address_size_limits_what_counts)
{
    make(true, 1, REP, "\x67\xF3\x6E", 3);
    message.rcx = UINT64_C(0xFFFFFFFF00000002);
    message.rsi = UINT64_C(0xFFFFFFFF00000000) | (RAM_GPA + 0x200);
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRsi), RAM_GPA + 0x202);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 0);
}
END_TEST

START_TEST(real_mode_adds_the_segment_and_wraps_in_it)
{
    make(false, 1, REP, "\xF3\x6C", 2);
    message.header.execution_state = 0;
    message.header.cs_segment.attributes = 0x9B;
    message.es_segment = (struct hv_x64_segment_register){ RAM_GPA - 0xF000, 0xFFFF, 0x100, 0x93 };
    message.rdi = 0x1234F010;
    message.rcx = 0x12340002;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_int_eq(memcmp(f.ram + 0x10, "\xA1\xA2\0", 3), 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), 0x1234F012);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 0x12340000);
}
END_TEST

START_TEST(segment_limit_is_kept)
{
    make(true, 2, STRING, "\x66\x6F", 2);
    message.header.execution_state = HV_X64_VP_EXECUTION_STATE_CR0_PE;
    message.header.cs_segment.attributes = 0x9B | HV_X64_SEGMENT_DEFAULT;
    message.ds_segment = (struct hv_x64_segment_register){ RAM_GPA, 0x200, 0x10, 0x93 };
    message.rsi = 0x200;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(13, 0));
    ck_assert_uint_eq(f.port.writes, 0);
    message.rsi = 0x1FF;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, 1);
}
END_TEST

START_TEST(segment_that_expands_down_has_its_limit_below)
{
    make(true, 1, STRING, "\x6E", 1);
    message.header.execution_state = HV_X64_VP_EXECUTION_STATE_CR0_PE;
    message.header.cs_segment.attributes = 0x9B | HV_X64_SEGMENT_DEFAULT;
    message.ds_segment = (struct hv_x64_segment_register){ RAM_GPA, 0x200, 0x10, 0x97 };
    message.rsi = 0x200;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, 0);
    message.rsi = 0x201;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, 1);
    message.rsi = 0x10000;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.writes, 1);
}
END_TEST

START_TEST(segment_override_is_asked_for)
{
    f.ram[0x250] = 'x';
    fake_vid_register(&f.fake, HvX64RegisterFs)->segment.base = RAM_GPA + 0x50;
    make(true, 1, STRING, "\x64\x6E", 2);
    message.rsi = 0x200;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.port.value, 'x');
}
END_TEST

START_TEST(string_instruction_may_move_to_a_device)
{
    make(false, 1, STRING, "\x6C", 1);
    message.rdi = DEVICE_GPA + 8;
    ck_assert_int_eq(go(), WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.value, 0xA1);
    ck_assert_uint_eq(f.mmio.offset, 8);
}
END_TEST

START_TEST(senseless_messages_are_refused)
{
    make(true, 3, 0, "\xEE", 1);
    ck_assert_int_eq(go(), WORKER_UNSUPPORTED);
    make(true, 1, 0, "\xEE", 1);
    message.instruction_byte_count = 17;
    ck_assert_int_eq(go(), WORKER_UNSUPPORTED);
    make(true, 1, STRING, "\x6C", 1);
    ck_assert_int_eq(go(), WORKER_UNSUPPORTED);
    make(true, 1, STRING, "\x90", 1);
    ck_assert_int_eq(go(), WORKER_UNSUPPORTED);
    make(true, 1, STRING, "\x06", 1);
    ck_assert_int_eq(go(), WORKER_UNSUPPORTED);
    ck_assert_str_eq(f.guest.reason, "an instruction that can't be decoded");
    ck_assert_uint_eq(f.fake.resumes, 0);
    ck_assert_uint_eq(f.port.writes, 0);
}
END_TEST

START_TEST(refusal_of_the_host_is_handed_on)
{
    make(true, 1, 0, "\xEE", 1);
    f.fake.refusal = HV_STATUS_ACCESS_DENIED;
    ck_assert_int_eq(go(), WORKER_FAILED);
    ck_assert_uint_eq(f.guest.status, HV_STATUS_ACCESS_DENIED);
    make(true, 1, STRING, "\x6E", 1);
    f.guest.status = 0;
    ck_assert_int_eq(go(), WORKER_FAILED);
    ck_assert_uint_eq(f.guest.status, HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(f.port.writes, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker port");
    TCase *single = tcase_create("single"), *string = tcase_create("string");

    tcase_add_checked_fixture(single, setup, NULL);
    tcase_add_test(single, out_writes_the_low_bytes_of_rax);
    tcase_add_test(single, in_of_one_or_two_bytes_leaves_the_rest_of_rax);
    tcase_add_test(single, in_of_four_bytes_clears_the_upper_half);
    tcase_add_test(single, length_that_the_message_lacks_is_decoded);
    tcase_add_test(single, bytes_that_the_message_lacks_are_fetched);
    tcase_add_test(single, upper_half_of_the_length_byte_is_not_length);
    tcase_add_test(single, rip_wraps_outside_64_bit_mode);
    tcase_add_test(single, completed_instruction_clears_the_resume_flag);
    tcase_add_test(single, what_in_changes_is_marked_in_the_register_page);
    tcase_add_test(single, what_out_changes_is_marked_beside_what_was_marked_before);
    tcase_add_test(single, senseless_messages_are_refused);
    tcase_add_test(single, refusal_of_the_host_is_handed_on);
    suite_add_tcase(suite, single);
    tcase_add_checked_fixture(string, setup, NULL);
    tcase_add_test(string, exception_is_no_matter_of_the_register_page);
    tcase_add_test(string, outs_reads_guest_memory);
    tcase_add_test(string, repeated_outs_does_all_elements_in_order);
    tcase_add_test(string, repeated_ins_fills_guest_memory);
    tcase_add_test(string, direction_flag_goes_down);
    tcase_add_test(string, count_of_zero_does_nothing);
    tcase_add_test(string, element_may_cross_pages_that_lie_apart);
    tcase_add_test(string, page_fault_stops_ins_before_the_device_is_read);
    tcase_add_test(string, page_fault_of_a_user_tells_what_it_was);
    tcase_add_test(string, many_elements_are_done_in_portions);
    tcase_add_test(string, address_size_limits_what_counts);
    tcase_add_test(string, real_mode_adds_the_segment_and_wraps_in_it);
    tcase_add_test(string, segment_limit_is_kept);
    tcase_add_test(string, segment_that_expands_down_has_its_limit_below);
    tcase_add_test(string, segment_override_is_asked_for);
    tcase_add_test(string, string_instruction_may_move_to_a_device);
    suite_add_tcase(suite, string);
    return run_suite(suite);
}
