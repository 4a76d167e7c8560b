/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Instructions on a device's memory, as a guest sees their effects. */
#include <check.h>
#include <string.h>

#include "messages.h"
#include "suite.h"

#define LOAD  HV_INTERCEPT_ACCESS_READ
#define STORE HV_INTERCEPT_ACCESS_WRITE
#define EXO   offsetof(struct hv_x64_memory_intercept_message, ds_segment)

static struct fixture f;
static struct hv_x64_memory_intercept_message message;

/* RBX is the device's address, as all instructions here have it. */
static void setup(void)
{
    fixture_init(&f);
    memset(&message, 0, sizeof(message));
    fake_vid_set(&f.fake, HvX64RegisterRbx, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRax, UINT64_C(0x1122334455667788));
    fake_vid_set(&f.fake, HvX64RegisterRcx, UINT64_C(0x99AABBCCDDEEFF10));
}

static enum worker_result run(uint8_t access, const char *bytes, unsigned count, uint8_t size)
{
    message.header = long_mode_header(access);
    message.instruction_byte_count = (uint8_t)count;
    memset(message.instruction_bytes, 0, sizeof(message.instruction_bytes));
    memcpy(message.instruction_bytes, bytes, count);
    message.guest_physical_address = message.guest_virtual_address = DEVICE_GPA;
    return deliver(&f, HvMessageTypeUnmappedGpa, &message, size);
}

#define RUN(access, bytes)                                                            \
    do {                                                                              \
        ck_assert_int_eq(run(access, bytes, sizeof(bytes) - 1, EXO), WORKER_GOES_ON); \
        ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RIP + sizeof(bytes) - 1);        \
        ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), 0);                 \
    } while (0)

static uint64_t rax(void)
{
    return reg(&f, HvX64RegisterRax);
}

START_TEST(load_writes_the_register_as_its_size_says)
{
    RUN(LOAD, "\x8A\x03"); /* mov al, [rbx] */
    ck_assert_uint_eq(rax(), UINT64_C(0x11223344556677A1));
    RUN(LOAD, "\x8A\x23"); /* mov ah, [rbx] */
    ck_assert_uint_eq(rax(), UINT64_C(0x112233445566A2A1));
    RUN(LOAD, "\x66\x8B\x03");
    ck_assert_uint_eq(rax(), UINT64_C(0x112233445566A4A3));
    RUN(LOAD, "\x8B\x43\x10");
    ck_assert_uint_eq(rax(), 0xA8A7A6A5);
    ck_assert_uint_eq(f.mmio.offset, 0x10);
    RUN(LOAD, "\x48\x8B\x03");
    ck_assert_uint_eq(rax(), UINT64_C(0xB0AFAEADACABAAA9));
}
END_TEST

START_TEST(store_takes_a_register_or_a_constant)
{
    RUN(STORE, "\x89\x0B"); /* mov [rbx], ecx */
    ck_assert_uint_eq(f.mmio.value, 0xDDEEFF10);
    RUN(STORE, "\x88\x2B"); /* mov [rbx], ch */
    ck_assert_uint_eq(f.mmio.value, 0xFF);
    ck_assert_uint_eq(f.mmio.size, 1);
    RUN(STORE, "\x48\xC7\x43\x08\xFF\xFF\xFF\xFF"); /* mov qword [rbx+8], -1 */
    ck_assert_uint_eq(f.mmio.value, UINT64_MAX);
    ck_assert_uint_eq(f.mmio.offset, 8);
    RUN(STORE, "\xC6\x03\x80"); /* mov byte [rbx], 0x80 */
    ck_assert_uint_eq(f.mmio.value, 0x80);
    ck_assert_uint_eq(rax(), UINT64_C(0x1122334455667788));
}
END_TEST

START_TEST(absolute_address_is_a_memory_operand)
{
    RUN(STORE, "\xA3\x20\x00\x00\xFE\x00\x00\x00\x00"); /* mov [0xFE000020], eax */
    ck_assert_uint_eq(f.mmio.value, 0x55667788);
    ck_assert_uint_eq(f.mmio.offset, 0x20);
}
END_TEST

START_TEST(extension_by_zeros_and_by_sign)
{
    RUN(LOAD, "\x0F\xB6\x03"); /* movzx eax, byte */
    ck_assert_uint_eq(rax(), 0xA1);
    RUN(LOAD, "\x48\x0F\xBE\x03"); /* movsx rax, byte */
    ck_assert_uint_eq(rax(), UINT64_C(0xFFFFFFFFFFFFFFA2));
    RUN(LOAD, "\x0F\xBF\x03"); /* movsx eax, word */
    ck_assert_uint_eq(rax(), 0xFFFFA4A3);
    RUN(LOAD, "\x48\x63\x03"); /* movsxd rax, dword */
    ck_assert_uint_eq(rax(), UINT64_C(0xFFFFFFFFA8A7A6A5));
}
END_TEST

START_TEST(exchange_reads_and_writes)
{
    RUN(STORE, "\x87\x03");
    ck_assert_uint_eq(f.mmio.value, 0x55667788);
    ck_assert_uint_eq(rax(), 0xA4A3A2A1);
}
END_TEST

START_TEST(arithmetic_in_memory_reads_then_writes)
{
    RUN(STORE, "\x83\x0B\x0E"); /* or dword [rbx], 0xE */
    ck_assert_uint_eq(f.mmio.reads, 1);
    ck_assert_uint_eq(f.mmio.value, 0xA4A3A2AF);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRflags), 0x2 | 0x80 | 0x4);
    RUN(STORE, "\x21\x03"); /* and [rbx], eax */
    ck_assert_uint_eq(f.mmio.value, 0xA8A7A6A5 & 0x55667788);
    ck_assert_uint_eq(rax(), UINT64_C(0x1122334455667788));
}
END_TEST

START_TEST(arithmetic_with_a_register_only_reads)
{
    RUN(LOAD, "\x03\x03"); /* add eax, [rbx] */
    ck_assert_uint_eq(rax(), (uint32_t)(0x55667788 + 0xA4A3A2A1));
    ck_assert_uint_eq(f.mmio.writes, 0);
}
END_TEST

START_TEST(comparison_changes_flags_alone)
{
    RUN(LOAD, "\x3B\x03"); /* cmp eax, [rbx]: 0x55667788 below 0xA4A3A2A1 */
    ck_assert_uint_eq(rax(), UINT64_C(0x1122334455667788));
    ck_assert_uint_eq(reg(&f, HvX64RegisterRflags) & 0x41, 1);
    RUN(LOAD, "\x80\x3B\xA5"); /* cmp byte [rbx], 0xA5 */
    ck_assert_uint_eq(reg(&f, HvX64RegisterRflags) & 0x41, 0x40);
    RUN(LOAD, "\xF6\x03\x01"); /* test byte [rbx], 1: 0xA6 */
    ck_assert_uint_eq(reg(&f, HvX64RegisterRflags) & 0x41, 0x40);
    ck_assert_uint_eq(f.mmio.writes, 0);
}
END_TEST

START_TEST(unaligned_access_reaches_the_device_in_pieces)
{
    RUN(STORE, "\x89\x43\x0E"); /* mov [rbx+14], eax */
    ck_assert_uint_eq(f.mmio.writes, 2);
    ck_assert_uint_eq(f.mmio.offset, 16);
    ck_assert_uint_eq(f.mmio.value, 0x5566);
}
END_TEST

START_TEST(move_of_strings_goes_between_memory_and_device)
{
    memcpy(f.ram + 0x200, "abcdefgh", 8);
    fake_vid_set(&f.fake, HvX64RegisterRsi, RAM_GPA + 0x200);
    fake_vid_set(&f.fake, HvX64RegisterRdi, DEVICE_GPA + 0x40);
    fake_vid_set(&f.fake, HvX64RegisterRcx, 2);
    RUN(STORE, "\xF3\xA5"); /* rep movsd */
    ck_assert_uint_eq(f.mmio.writes, 2);
    ck_assert_uint_eq(f.mmio.value, 0x68676665);
    ck_assert_uint_eq(f.mmio.offset, 0x44);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRsi), RAM_GPA + 0x208);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), DEVICE_GPA + 0x48);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 0);
    fake_vid_set(&f.fake, HvX64RegisterRsi, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRdi, RAM_GPA + 0x300);
    RUN(LOAD, "\x48\xA5"); /* movsq */
    ck_assert_int_eq(memcmp(f.ram + 0x300, "\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xA8", 8), 0);
}
END_TEST

START_TEST(strings_of_the_accumulator)
{
    fake_vid_set(&f.fake, HvX64RegisterRdi, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRcx, 3);
    RUN(STORE, "\xF3\xAA"); /* rep stosb */
    ck_assert_uint_eq(f.mmio.writes, 3);
    ck_assert_int_eq(memcmp(f.mmio.written, "\x88\x88\x88", 3), 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), DEVICE_GPA + 3);
    fake_vid_set(&f.fake, HvX64RegisterRsi, DEVICE_GPA);
    RUN(LOAD, "\xAD"); /* lodsd */
    ck_assert_uint_eq(rax(), 0xA4A3A2A1);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRsi), DEVICE_GPA + 4);
}
END_TEST

START_TEST(fault_of_the_destination_comes_before_the_read)
{
    f.fake.pages[0] = (struct fake_page){ .gva = RAM_GPA, .gpa = RAM_GPA, .read_only = true };
    f.fake.page_count = 1;
    fake_vid_set(&f.fake, HvX64RegisterRsi, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRdi, RAM_GPA);
    ck_assert_int_eq(run(LOAD, "\xA5", 1, EXO), WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.reads, 0);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 3));
    ck_assert_uint_eq(reg(&f, HvX64RegisterCr2), RAM_GPA);
}
END_TEST

static void forbid(uint64_t page, uint32_t code, bool read_only)
{
    f.fake.pages[f.fake.page_count++] =
        (struct fake_page){ .gva = page, .gpa = page, .code = code, .read_only = read_only };
}

#define FAULTS(access, bytes, error)                                                     \
    do {                                                                                 \
        fake_vid_set(&f.fake, HvX64RegisterRip, 0);                                      \
        ck_assert_int_eq(run(access, bytes, sizeof(bytes) - 1, EXO), WORKER_GOES_ON);    \
        ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, error)); \
        ck_assert_uint_eq(reg(&f, HvX64RegisterRip), 0);                                 \
    } while (0)

START_TEST(fault_leaves_registers_and_devices_alone)
{
    forbid(DEVICE_GPA, HvTranslateGvaSuccess, true);
    FAULTS(STORE, "\x87\x03", 3); /* xchg [rbx], eax */
    FAULTS(STORE, "\x01\x03", 3); /* add [rbx], eax */
    FAULTS(STORE, "\x89\x03", 3);
    ck_assert_uint_eq(f.mmio.reads, 0);
    ck_assert_uint_eq(f.mmio.writes, 0);
    f.fake.page_count = 0;
    forbid(DEVICE_GPA, HvTranslateGvaPageNotPresent, false);
    FAULTS(LOAD, "\x8B\x03", 0);
    FAULTS(LOAD, "\x0F\xB6\x03", 0);
    FAULTS(LOAD, "\x03\x03", 0);
    FAULTS(LOAD, "\x3B\x03", 0);
    ck_assert_uint_eq(rax(), UINT64_C(0x1122334455667788));
    ck_assert_uint_eq(reg(&f, HvX64RegisterRflags), 0);
}
END_TEST

START_TEST(reading_needs_no_right_to_write)
{
    forbid(DEVICE_GPA, HvTranslateGvaSuccess, true);
    RUN(LOAD, "\x03\x03");     /* add eax, [rbx] */
    RUN(LOAD, "\x80\x3B\xA5"); /* cmp byte [rbx], 0xA5 */
    fake_vid_set(&f.fake, HvX64RegisterRsi, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRdi, DEVICE_GPA);
    RUN(LOAD, "\xAD"); /* lodsd */
    ck_assert_uint_eq(f.mmio.reads, 3);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), DEVICE_GPA);
}
END_TEST

START_TEST(fault_of_a_string_leaves_the_rest_to_do)
{
    forbid(DEVICE_GPA + 0x1000, HvTranslateGvaPageNotPresent, false);
    fake_vid_set(&f.fake, HvX64RegisterRsi, DEVICE_GPA + 0xFF8);
    fake_vid_set(&f.fake, HvX64RegisterRdi, RAM_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRcx, 4);
    FAULTS(LOAD, "\xF3\xA5", 0);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRcx), 2);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRsi), DEVICE_GPA + 0x1000);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRdi), RAM_GPA + 8);
    ck_assert_uint_eq(reg(&f, HvX64RegisterCr2), DEVICE_GPA + 0x1000);
}
END_TEST

START_TEST(repne_repeats_as_rep_does)
{
    fake_vid_set(&f.fake, HvX64RegisterRdi, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRcx, 3);
    RUN(STORE, "\xF2\xAA");
    ck_assert_uint_eq(f.mmio.writes, 3);
}
END_TEST

START_TEST(operand_may_cross_pages_that_lie_apart)
{
    f.fake.pages[0] = (struct fake_page){ .gva = 0x7000, .gpa = DEVICE_GPA + 0x1000 };
    f.fake.pages[1] = (struct fake_page){ .gva = 0x8000, .gpa = RAM_GPA };
    f.fake.page_count = 2;
    fake_vid_set(&f.fake, HvX64RegisterRbx, 0x7FFF);
    memcpy(f.ram, "\x01\x02\x03\x04", 4);
    RUN(LOAD, "\x8B\x03");
    ck_assert_uint_eq(rax(), 0x030201A1);
    ck_assert_uint_eq(f.mmio.offset, 0x1FFF);
    RUN(STORE, "\x89\x0B"); /* 0xDDEEFF10 */
    ck_assert_uint_eq(f.mmio.value, 0x10);
    ck_assert_int_eq(memcmp(f.ram, "\xFF\xEE\xDD\x04", 4), 0);
}
END_TEST

START_TEST(move_of_eight_bytes_has_no_sign_to_extend)
{
    fake_vid_set(&f.fake, HvX64RegisterRax, 0);
    f.mmio.next = 0x01;
    RUN(LOAD, "\x48\x8B\x03");
    ck_assert_uint_eq(rax(), UINT64_C(0x0807060504030201));
}
END_TEST

START_TEST(segments_of_the_message_count_outside_64_bit_mode)
{
    message.header = long_mode_header(LOAD);
    message.header.execution_state = HV_X64_VP_EXECUTION_STATE_CR0_PE;
    message.header.cs_segment.attributes = 0x9B | HV_X64_SEGMENT_DEFAULT;
    message.ds_segment = (struct hv_x64_segment_register){ DEVICE_GPA, 0xFFF, 0x10, 0x93 };
    message.ss_segment = (struct hv_x64_segment_register){ DEVICE_GPA + 0x100, 0xF, 0x18, 0x93 };
    message.rbx = 4;
    message.rbp = 8;
    message.instruction_byte_count = 2;
    memcpy(message.instruction_bytes, "\x8B\x03", 2); /* mov eax, [ebx] */
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, sizeof(message)),
                     WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.offset, 4);
    message.instruction_byte_count = 3;
    memcpy(message.instruction_bytes, "\x8B\x45\x00", 3); /* mov eax, [ebp] */
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, sizeof(message)),
                     WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.offset, 0x108);
    message.rbp = 0xD;
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, sizeof(message)),
                     WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(12, 0));
    ck_assert_uint_eq(f.fake.reads, 0);
}
END_TEST

START_TEST(page_of_the_message_is_known_only_if_it_says_so)
{
    forbid(DEVICE_GPA, HvTranslateGvaPageNotPresent, false);
    message.memory_access_info = HV_X64_MEMORY_ACCESS_GVA_VALID;
    FAULTS(LOAD, "\x8B\x03", 0);
    message.memory_access_info = HV_X64_MEMORY_ACCESS_GVA_GPA_VALID;
    FAULTS(LOAD, "\x8B\x03", 0);
    message.memory_access_info |= HV_X64_MEMORY_ACCESS_GVA_VALID | HV_X64_MEMORY_ACCESS_TLB_LOCKED;
    fake_vid_set(&f.fake, HvRegisterPendingInterruption, 0);
    RUN(STORE, "\x89\x0B");
    ck_assert_uint_eq(f.mmio.writes, 1);
}
END_TEST

START_TEST(as_many_bytes_as_the_message_has_room_for)
{
    message.header = long_mode_header(LOAD);
    memset(message.instruction_bytes, 0x90, sizeof(message.instruction_bytes));
    memcpy(message.instruction_bytes, "\x8B\x03", 2);
    message.instruction_byte_count = 16;
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, EXO), WORKER_GOES_ON);
    message.instruction_byte_count = 17;
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, EXO), WORKER_UNSUPPORTED);
    ck_assert_str_eq(f.guest.reason, "a memory intercept that makes no sense");
    ck_assert_uint_eq(f.mmio.reads, 1);
}
END_TEST

/* 32 bits, with code at CS:0x100 and data at DS. */
static enum worker_result run_32(const char *bytes, unsigned count,
                                 struct hv_x64_segment_register data)
{
    message.header = long_mode_header(LOAD);
    message.header.execution_state = HV_X64_VP_EXECUTION_STATE_CR0_PE;
    message.header.cs_segment = (struct hv_x64_segment_register){
        .base = RAM_GPA, .limit = 0xFFF, .attributes = 0x9F | HV_X64_SEGMENT_DEFAULT
    };
    message.header.rip = 0x100;
    message.ds_segment = data;
    memcpy(f.ram + 0x100, bytes, count);
    return deliver(&f, HvMessageTypeUnmappedGpa, &message, sizeof(message));
}

START_TEST(instruction_is_fetched_through_its_segment)
{
    const struct hv_x64_segment_register data = { DEVICE_GPA, 0xFFF, 0x10, 0x93 };

    message.rbx = 8;
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.offset, 8);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), 0x102);
    ck_assert_uint_eq(f.fake.translation_flags & HV_TRANSLATE_GVA_VALIDATE_WRITE, 0);
    /* From the segment of the code itself, which is conforming and does not expand down. */
    message.rbx = 0x100;
    ck_assert_int_eq(run_32("\x2E\x8B\x03", 3, data), WORKER_GOES_ON);
    ck_assert_uint_eq(rax() & 0xFFFFFF, 0x038B2E);
    message.rbx = 0xFFD;
    ck_assert_int_eq(run_32("\x2E\x8B\x03", 3, data), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(13, 0));
}
END_TEST

START_TEST(linear_addresses_of_32_bits_wrap)
{
    const struct hv_x64_segment_register data = { 0xFFFFFFF0, 0xFFFFFFFF, 0x10, 0x93 };

    f.fake.pages[0] = (struct fake_page){ .gva = 0xFFFFF000, .gpa = DEVICE_GPA + 0x1000 };
    f.fake.pages[1] = (struct fake_page){ .gva = 0, .gpa = RAM_GPA + 0x1000 };
    f.fake.page_count = 2;
    memcpy(f.ram + 0x1000, "\x01\x02\x03\x04", 4);
    message.rbx = 0xE;
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(rax(), 0x0201A2A1);
    message.rbx = 0x10;
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(rax(), 0x04030201);
    message.rbx = 0xFFFFFFFE; /* but offsets do not */
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(13, 0));
}
END_TEST

START_TEST(segment_that_expands_down_ends_at_4_gib_or_64_kib)
{
    struct hv_x64_segment_register data = { DEVICE_GPA - 0xFFFC, 0xFFF, 0x10,
                                            0x97 | HV_X64_SEGMENT_DEFAULT };

    message.rbx = 0xFFFD;
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(f.mmio.reads, 3);
    data.attributes = 0x97;
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(13, 0));
    fake_vid_set(&f.fake, HvRegisterPendingInterruption, 0);
    message.rbx = 0xFFFC;
    ck_assert_int_eq(run_32("\x8B\x03", 2, data), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), 0);
}
END_TEST

START_TEST(instruction_outside_of_memory_is_not_fetched)
{
    message.header = long_mode_header(LOAD);
    message.header.rip = DEVICE_GPA;
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, EXO), WORKER_UNSUPPORTED);
    ck_assert_str_eq(f.guest.reason, "an instruction outside of memory");
    ck_assert_uint_eq(f.mmio.reads, 0);
}
END_TEST

START_TEST(page_is_translated_once_for_an_instruction)
{
    memcpy(f.ram + 0x200, "abcdefgh", 8);
    fake_vid_set(&f.fake, HvX64RegisterRsi, RAM_GPA + 0x200);
    fake_vid_set(&f.fake, HvX64RegisterRdi, DEVICE_GPA);
    fake_vid_set(&f.fake, HvX64RegisterRcx, 100);
    RUN(STORE, "\xF3\xA4");
    ck_assert_uint_eq(f.fake.translations, 2);
    ck_assert_uint_eq(f.fake.translation_flags,
                      HV_TRANSLATE_GVA_VALIDATE_READ | HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS);
}
END_TEST

START_TEST(registers_in_the_message_are_not_asked_for)
{
    message.rbx = DEVICE_GPA + 4;
    message.rcx = 0x1234;
    ck_assert_int_eq(run(STORE, "\x89\x0B", 2, sizeof(message)), WORKER_GOES_ON);
    ck_assert_uint_eq(f.fake.reads, 0);
    ck_assert_uint_eq(f.mmio.offset, 4);
    ck_assert_uint_eq(f.mmio.value, 0x1234);
}
END_TEST

START_TEST(address_in_the_message_is_not_translated_again)
{
    f.fake.pages[0] = (struct fake_page){ .gva = DEVICE_GPA, .code = HvTranslateGvaPageNotPresent };
    f.fake.page_count = 1;
    message.memory_access_info =
        HV_X64_MEMORY_ACCESS_GVA_VALID | HV_X64_MEMORY_ACCESS_GVA_GPA_VALID;
    RUN(LOAD, "\x8B\x03");
    ck_assert_uint_eq(f.mmio.reads, 1);
    /* What was a read says nothing of a write. */
    ck_assert_int_eq(run(LOAD, "\x89\x03", 2, EXO), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 2));
}
END_TEST

START_TEST(instruction_may_lie_across_two_pages)
{
    message.header.rip = 0;
    memcpy(f.ram + 0xFFF, "\x8B\x03", 2);
    message.instruction_byte_count = 0;
    message.header = long_mode_header(LOAD);
    message.header.rip = RAM_GPA + 0xFFF;
    ck_assert_int_eq(deliver(&f, HvMessageTypeGpaIntercept, &message, EXO), WORKER_GOES_ON);
    ck_assert_uint_eq(rax(), 0xA4A3A2A1);
    ck_assert_uint_eq(reg(&f, HvX64RegisterRip), RAM_GPA + 0x1001);
}
END_TEST

START_TEST(missing_page_of_the_instruction_is_a_fetch_fault)
{
    f.fake.pages[0] =
        (struct fake_page){ .gva = RAM_GPA + 0x1000, .code = HvTranslateGvaPageNotPresent };
    f.fake.page_count = 1;
    f.ram[0xFFF] = 0x8B;
    message.header = long_mode_header(LOAD);
    message.header.rip = RAM_GPA + 0xFFF;
    message.instruction_byte_count = 0;
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, EXO), WORKER_GOES_ON);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), exception(14, 0x10));
    ck_assert_uint_eq(reg(&f, HvX64RegisterCr2), RAM_GPA + 0x1000);
}
END_TEST

/* What is told then is the page of a table, and none of the operand. */
START_TEST(page_tables_must_be_in_memory)
{
    f.fake.pages[0] = (struct fake_page){ .gva = DEVICE_GPA,
                                          .gpa = DEVICE_GPA,
                                          .code = HvTranslateGvaGpaUnmapped + (uint32_t)_i };
    f.fake.page_count = 1;
    ck_assert_int_eq(run(LOAD, "\x8B\x03", 2, EXO), WORKER_UNSUPPORTED);
    ck_assert_uint_eq(f.mmio.reads, 0);
    ck_assert_uint_eq(reg(&f, HvRegisterPendingInterruption), 0);
}
END_TEST

START_TEST(nobody_answers_with_ones)
{
    fake_vid_set(&f.fake, HvX64RegisterRbx, DEVICE_GPA + 0x100000);
    RUN(LOAD, "\x8B\x03");
    ck_assert_uint_eq(rax(), 0xFFFFFFFF);
    RUN(STORE, "\x89\x03");
    ck_assert_uint_eq(f.mmio.writes, 0);
}
END_TEST

START_TEST(access_of_an_events_delivery_is_not_the_instructions)
{
    message.header = long_mode_header(LOAD);
    message.header.execution_state |= HV_X64_VP_EXECUTION_STATE_INTERRUPTION_PENDING;
    message.instruction_byte_count = 2;
    memcpy(message.instruction_bytes, "\x8B\x03", 2);
    ck_assert_int_eq(deliver(&f, HvMessageTypeUnmappedGpa, &message, EXO), WORKER_UNSUPPORTED);
    ck_assert_uint_eq(f.mmio.reads, 0);
}
END_TEST

START_TEST(hypercall_with_parameters_outside_of_memory_fails)
{
    RUN(LOAD, "\x0F\x01\xD9"); /* vmmcall */
    ck_assert_uint_eq(rax(), HV_STATUS_INVALID_HYPERCALL_INPUT);
    fake_vid_set(&f.fake, HvX64RegisterRax, UINT64_MAX);
    RUN(STORE, "\x0F\x01\xC1"); /* vmcall */
    ck_assert_uint_eq(rax(), HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

START_TEST(what_is_not_emulated_says_so)
{
    ck_assert_int_eq(run(STORE, "\x0F\xC1\x03", 3, EXO), WORKER_UNSUPPORTED); /* xadd */
    ck_assert_int_eq(run(LOAD, "\x0F\x6F\x03", 3, EXO), WORKER_UNSUPPORTED);  /* movq mm0 */
    ck_assert_int_eq(run(LOAD, "\x90", 1, EXO), WORKER_UNSUPPORTED);
    ck_assert_int_eq(run(LOAD, "\x8B\xC3", 2, EXO), WORKER_UNSUPPORTED);     /* mov eax, ebx */
    ck_assert_int_eq(run(LOAD, "\x0F\x01\x3B", 3, EXO), WORKER_UNSUPPORTED); /* invlpg */
    ck_assert_int_eq(run(HV_INTERCEPT_ACCESS_EXECUTE, "\x90", 1, EXO), WORKER_UNSUPPORTED);
    ck_assert_str_eq(f.guest.reason, "an instruction outside of memory");
    ck_assert_int_eq(run(LOAD, "\x8B\x03", 2, EXO - 1), WORKER_UNSUPPORTED);
    ck_assert_uint_eq(f.fake.resumes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker mmio");
    TCase *tcase = tcase_create("mmio");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, load_writes_the_register_as_its_size_says);
    tcase_add_test(tcase, store_takes_a_register_or_a_constant);
    tcase_add_test(tcase, absolute_address_is_a_memory_operand);
    tcase_add_test(tcase, extension_by_zeros_and_by_sign);
    tcase_add_test(tcase, exchange_reads_and_writes);
    tcase_add_test(tcase, arithmetic_in_memory_reads_then_writes);
    tcase_add_test(tcase, arithmetic_with_a_register_only_reads);
    tcase_add_test(tcase, comparison_changes_flags_alone);
    tcase_add_test(tcase, unaligned_access_reaches_the_device_in_pieces);
    tcase_add_test(tcase, move_of_strings_goes_between_memory_and_device);
    tcase_add_test(tcase, strings_of_the_accumulator);
    tcase_add_test(tcase, fault_of_the_destination_comes_before_the_read);
    tcase_add_test(tcase, fault_leaves_registers_and_devices_alone);
    tcase_add_test(tcase, reading_needs_no_right_to_write);
    tcase_add_test(tcase, fault_of_a_string_leaves_the_rest_to_do);
    tcase_add_test(tcase, repne_repeats_as_rep_does);
    tcase_add_test(tcase, operand_may_cross_pages_that_lie_apart);
    tcase_add_test(tcase, move_of_eight_bytes_has_no_sign_to_extend);
    tcase_add_test(tcase, segments_of_the_message_count_outside_64_bit_mode);
    tcase_add_test(tcase, page_of_the_message_is_known_only_if_it_says_so);
    tcase_add_test(tcase, as_many_bytes_as_the_message_has_room_for);
    tcase_add_test(tcase, instruction_is_fetched_through_its_segment);
    tcase_add_test(tcase, linear_addresses_of_32_bits_wrap);
    tcase_add_test(tcase, segment_that_expands_down_ends_at_4_gib_or_64_kib);
    tcase_add_test(tcase, instruction_outside_of_memory_is_not_fetched);
    tcase_add_test(tcase, page_is_translated_once_for_an_instruction);
    tcase_add_test(tcase, registers_in_the_message_are_not_asked_for);
    tcase_add_test(tcase, address_in_the_message_is_not_translated_again);
    tcase_add_test(tcase, instruction_may_lie_across_two_pages);
    tcase_add_test(tcase, missing_page_of_the_instruction_is_a_fetch_fault);
    tcase_add_loop_test(tcase, page_tables_must_be_in_memory, 0, 6);
    tcase_add_test(tcase, nobody_answers_with_ones);
    tcase_add_test(tcase, access_of_an_events_delivery_is_not_the_instructions);
    tcase_add_test(tcase, hypercall_with_parameters_outside_of_memory_fails);
    tcase_add_test(tcase, what_is_not_emulated_says_so);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
