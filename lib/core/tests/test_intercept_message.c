/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Intercept messages as they lie in memory: the offsets of the TLFS, counted by hand. */
#include <check.h>
#include <string.h>

#include "child_fixture.h"
#include "intercept_message.h"
#include "suite.h"

#define PAYLOAD 16
#define RIP     UINT64_C(0xFFFFF80000001234)
#define RFLAGS  UINT64_C(0x10246)
#define GPR(n)  (UINT64_C(0x0101010101010101) * (0x10 + (uint64_t)(n)))
#define STATE   0x1234

#define UNTOUCHED 0x5A

static struct hv_gprs gprs;
static struct hv_intercept_state state;
static struct hv_shown_registers own;
static struct hv_exit vm_exit;
static struct hv_message message;
static uint8_t expected[HV_MESSAGE_SIZE];

static struct hv_x64_segment_register segment(uint8_t seed)
{
    return (struct hv_x64_segment_register){ .base = UINT64_C(0x1122334455667700) + seed,
                                             .limit = 0xAABBCC00u + seed,
                                             .selector = (uint16_t)(0x5500 + seed),
                                             .attributes = (uint16_t)(0x6600 + seed) };
}

static void set_segment(uint32_t name, struct hv_x64_segment_register value)
{
    memcpy(&own.segments[name - HvX64RegisterEs], &value, sizeof(value));
}

static struct hv_x64_segment_register shown(uint32_t name)
{
    struct hv_x64_segment_register value;

    memcpy(&value, &state.registers->segments[name - HvX64RegisterEs], sizeof(value));
    return value;
}

static void put(unsigned offset, uint64_t value, unsigned size)
{
    memcpy(expected + PAYLOAD + offset, &value, size);
}

static void put_segment(unsigned offset, uint8_t seed)
{
    put(offset, UINT64_C(0x1122334455667700) + seed, 8);
    put(offset + 8, 0xAABBCC00u + seed, 4);
    put(offset + 12, 0x5500u + seed, 2);
    put(offset + 14, 0x6600u + seed, 2);
}

static void put_gprs(unsigned offset)
{
    for (unsigned i = 0; i < 16; i++)
        put(offset + 8 * i, GPR(i), 8);
}

static void put_message_header(uint32_t type, uint8_t size)
{
    memset(expected, 0, sizeof(expected));
    memcpy(expected, &type, sizeof(type));
    expected[4] = size;
    memcpy(expected + 8, &state.partition_id, 8);
}

static void put_header(uint32_t type, uint8_t size, uint8_t length, uint8_t access)
{
    put_message_header(type, size);
    put(0, 3, 4);
    put(4, length, 1);
    put(5, access, 1);
    put(6, STATE, 2);
    put_segment(8, 1);
    put(24, RIP, 8);
    put(32, RFLAGS, 8);
}

static void put_code(unsigned offset, const uint8_t *code, unsigned size)
{
    memcpy(expected + PAYLOAD + offset, code, size);
}

/* What is behind the payload is left alone. */
static void expect(void)
{
    unsigned end = PAYLOAD + expected[4];

    memset(expected + end, UNTOUCHED, sizeof(expected) - end);
    ck_assert_mem_eq(&message, expected, sizeof(expected));
}

static void begin(void)
{
    for (unsigned i = 0; i < HV_GPR_COUNT; i++)
        gprs.gpr[i] = GPR(i);
    gprs.rip = RIP;
    gprs.rflags = RFLAGS;
    state = (struct hv_intercept_state){ .partition_id = UINT64_C(0x123456789),
                                         .vp_index = 3,
                                         .exo = true,
                                         .cr8 = 0xB,
                                         .execution_state = STATE,
                                         .registers = &own };
    set_segment(HvX64RegisterCs, segment(1));
    set_segment(HvX64RegisterSs, segment(2));
    set_segment(HvX64RegisterDs, segment(3));
    set_segment(HvX64RegisterEs, segment(4));
    vm_exit = (struct hv_exit){ .instruction_length = 2, .gprs = &gprs };
    memset(&message, UNTOUCHED, sizeof(message));
}

static void teardown(void)
{
}

START_TEST(an_io_message_tells_port_kind_and_registers)
{
    static const uint8_t code[] = { 0xF3, 0x6F };

    vm_exit.io.port = 0xCF8;
    vm_exit.io.size = 4;
    vm_exit.io.write = true;
    vm_exit.io.string = true;
    vm_exit.io.rep = true;
    vm_exit.io.code_size = sizeof(code);
    memcpy(vm_exit.io.code, code, sizeof(code));
    hv_intercept_make_io(&message, &state, &vm_exit);
    put_header(0x80010000, 128, 0xB2, 1);
    put(40, 0xCF8, 2);
    put(42, 4 | 1 << 3 | 1 << 4, 1);
    put(43, sizeof(code), 1);
    put(48, GPR(0), 8);
    put_code(56, code, sizeof(code));
    put_segment(72, 3);
    put_segment(88, 4);
    put(104, GPR(1), 8);
    put(112, GPR(6), 8);
    put(120, GPR(7), 8);
    expect();
}
END_TEST

START_TEST(a_read_of_a_port_has_no_more_flags_than_its_size)
{
    vm_exit.io.port = 0x60;
    vm_exit.io.size = 1;
    hv_intercept_make_io(&message, &state, &vm_exit);
    ck_assert_uint_eq(((uint8_t *)&message)[PAYLOAD + 5], 0);
    ck_assert_uint_eq(((uint8_t *)&message)[PAYLOAD + 42], 1);
}
END_TEST

START_TEST(an_msr_message_tells_index_and_value)
{
    gprs.gpr[HV_GPR_RCX] = UINT64_C(0xFFFFFFFFC0001234);
    hv_intercept_make_msr(&message, &state, &vm_exit, true);
    put_header(0x80010001, 64, 0xB2, 1);
    put(40, 0xC0001234, 4);
    put(48, GPR(2), 8);
    put(56, GPR(0), 8);
    expect();
    hv_intercept_make_msr(&message, &state, &vm_exit, false);
    put(5, 0, 1);
    expect();
}
END_TEST

START_TEST(a_cpuid_message_tells_what_the_answer_would_be)
{
    static const uint32_t answer[4] = { 0xA1, 0xB2, 0xC3, 0xD4 };

    hv_intercept_make_cpuid(&message, &state, &vm_exit, answer);
    put_header(0x80010002, 104, 0xB2, 2);
    put(40, GPR(0), 8);
    put(48, GPR(1), 8);
    put(56, GPR(2), 8);
    put(64, GPR(3), 8);
    put(72, 0xA1, 8);
    put(80, 0xC3, 8);
    put(88, 0xD4, 8);
    put(96, 0xB2, 8);
    expect();
}
END_TEST

START_TEST(an_exception_message_tells_vector_error_and_registers)
{
    static const uint8_t code[] = { 0x0F, 0x0B, 0x90 };

    vm_exit.exception.vector = 14;
    vm_exit.exception.has_error = true;
    vm_exit.exception.error = 0x17;
    vm_exit.exception.parameter = UINT64_C(0xDEAD000);
    vm_exit.exception.code_size = sizeof(code);
    memcpy(vm_exit.exception.code, code, sizeof(code));
    hv_intercept_make_exception(&message, &state, &vm_exit);
    put_header(0x80010003, 240, 0xB2, 2);
    put(40, 14, 2);
    put(42, 1, 1);
    put(43, sizeof(code), 1);
    put(44, 0x17, 4);
    put(48, 0xDEAD000, 8);
    put_code(64, code, sizeof(code));
    put_segment(80, 3);
    put_segment(96, 2);
    put_gprs(112);
    expect();
}
END_TEST

START_TEST(an_exception_without_error_code_has_none)
{
    vm_exit.exception.vector = 6;
    vm_exit.exception.error = 0x17;
    hv_intercept_make_exception(&message, &state, &vm_exit);
    put_header(0x80010003, 240, 0xB2, 2);
    put(40, 6, 2);
    put_segment(80, 3);
    put_segment(96, 2);
    put_gprs(112);
    expect();
}
END_TEST

static const uint8_t memory_code[15] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void make_memory(uint8_t access, bool gva_valid)
{
    vm_exit.instruction_length = 0;
    vm_exit.memory.gpa = UINT64_C(0xFEE00010);
    vm_exit.memory.access = access;
    vm_exit.memory.gva_valid = gva_valid;
    vm_exit.memory.gva = UINT64_C(0xFFFF800000000010);
    vm_exit.memory.code_size = sizeof(memory_code);
    memcpy(vm_exit.memory.code, memory_code, sizeof(memory_code));
    hv_intercept_make_memory(&message, &state, &vm_exit, HvMessageTypeGpaIntercept, 6);
}

static void put_memory(uint8_t size, uint8_t length, uint8_t access)
{
    put_header(0x80000001, size, length, access);
    put(40, 6, 4);
    put(44, 15, 1);
    put(46, 0xB, 1);
    put(56, 0xFEE00010, 8);
    put_code(64, memory_code, sizeof(memory_code));
}

START_TEST(a_memory_message_of_an_exo_partition_ends_after_the_instruction)
{
    make_memory(HV_ACCESS_WRITE, true);
    put_memory(80, 0xB0, 1);
    put(45, 1, 1);
    put(48, UINT64_C(0xFFFF800000000010), 8);
    expect();
}
END_TEST

START_TEST(a_memory_message_of_any_other_has_the_registers_too)
{
    state.exo = false;
    make_memory(HV_ACCESS_EXECUTE, false);
    put_memory(240, 0, 2);
    put_segment(80, 3);
    put_segment(96, 2);
    put_gprs(112);
    expect();
}
END_TEST

START_TEST(a_memory_message_tells_the_kind_of_access)
{
    make_memory(HV_ACCESS_READ, false);
    ck_assert_uint_eq(((uint8_t *)&message)[PAYLOAD + 5], 0);
    vm_exit.memory.code_size = 255;
    hv_intercept_make_memory(&message, &state, &vm_exit, HvMessageTypeUnmappedGpa, 0);
    ck_assert_uint_eq(((uint8_t *)&message)[PAYLOAD + 44], 15);
    ck_assert_uint_eq(message.header.message_type, 0x80000000);
}
END_TEST

START_TEST(without_exo_the_whole_byte_is_the_length)
{
    state.exo = false;
    hv_intercept_make_plain(&message, &state, &vm_exit, HvMessageTypeUnrecoverableException);
    put_header(0x80000021, 40, 2, 2);
    expect();
}
END_TEST

START_TEST(short_messages_are_short)
{
    hv_intercept_make_opaque(&message, state.partition_id, 9);
    put_message_header(0x8000003F, 4);
    put(0, 9, 4);
    expect();
    hv_intercept_make_eoi(&message, state.partition_id, 9, 0xF1);
    put_message_header(0x80010004, 8);
    put(0, 9, 4);
    put(4, 0xF1, 4);
    expect();
}
END_TEST

/* ---- What is read of the VP ---- */

static void put_register(uint32_t name, uint64_t low, uint64_t high)
{
    const struct hv_register128 value = { low, high };

    ck_assert_uint_eq(fake.platform.cpu.set_register(fake.platform.cpu.context, vp, name, &value),
                      HV_STATUS_SUCCESS);
}

static uint16_t execution_state(uint64_t rflags)
{
    const struct hv_gprs registers = { .rflags = rflags };

    hv_intercept_read_state(vp, &registers, &state);
    return state.execution_state;
}

START_TEST(the_execution_state_follows_the_registers)
{
    const uint64_t dpl3 = UINT64_C(3) << 53;

    ck_assert_uint_eq(execution_state(2), 0);
    put_register(HvX64RegisterSs, 0, dpl3);
    ck_assert_uint_eq(execution_state(2), 0);
    put_register(HvX64RegisterCr0, 1, 0);
    ck_assert_uint_eq(execution_state(2), 3 | 1 << 2);
    put_register(HvX64RegisterSs, 0, 0);
    ck_assert_uint_eq(execution_state(2), 1 << 2);
    ck_assert_uint_eq(execution_state(2 | 1 << 17), 3 | 1 << 2);
    put_register(HvX64RegisterCr0, 1 | 1 << 18, 0);
    ck_assert_uint_eq(execution_state(2), 1 << 2 | 1 << 3);
    put_register(HvX64RegisterEfer, 1 << 10, 0);
    ck_assert_uint_eq(execution_state(2), 1 << 2 | 1 << 3 | 1 << 4);
    put_register(HvX64RegisterDr7, 0x402, 0);
    put_register(HvRegisterPendingInterruption, 1, 0);
    put_register(HvRegisterInterruptState, 1, 0);
    ck_assert_uint_eq(execution_state(2), 0x1000 | 0x7C);
    put_register(HvX64RegisterDr7, 0x400, 0);
    ck_assert_uint_eq(execution_state(2), 0x1000 | 0x5C);
}
END_TEST

START_TEST(the_state_names_partition_vp_and_segments)
{
    const struct hv_gprs registers = { .rflags = 2 };

    put_register(HvX64RegisterCs, 1, UINT64_C(0xA09B000800001000));
    put_register(HvX64RegisterDs, 2, 0x2000);
    put_register(HvX64RegisterEs, 3, 0x3000);
    hv_interrupt_set_cr8(vp, 7);
    hv_intercept_read_state(vp, &registers, &state);
    ck_assert_uint_eq(state.partition_id, child->id);
    ck_assert_uint_eq(state.vp_index, 0);
    ck_assert(state.exo);
    ck_assert_uint_eq(state.cr8, 7);
    ck_assert_uint_eq(shown(HvX64RegisterCs).base, 1);
    ck_assert_uint_eq(shown(HvX64RegisterCs).limit, 0x1000);
    ck_assert_uint_eq(shown(HvX64RegisterCs).selector, 8);
    ck_assert_uint_eq(shown(HvX64RegisterCs).attributes, 0xA09B);
    ck_assert_uint_eq(shown(HvX64RegisterDs).limit, 0x2000);
    ck_assert_uint_eq(shown(HvX64RegisterEs).limit, 0x3000);
    child_begin_again(0);
    hv_intercept_read_state(vp, &registers, &state);
    ck_assert(!state.exo);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intercept-message");
    TCase *layout = tcase_create("layout"), *reading = tcase_create("reading");

    tcase_add_checked_fixture(layout, begin, teardown);
    tcase_add_test(layout, an_io_message_tells_port_kind_and_registers);
    tcase_add_test(layout, a_read_of_a_port_has_no_more_flags_than_its_size);
    tcase_add_test(layout, an_msr_message_tells_index_and_value);
    tcase_add_test(layout, a_cpuid_message_tells_what_the_answer_would_be);
    tcase_add_test(layout, an_exception_message_tells_vector_error_and_registers);
    tcase_add_test(layout, an_exception_without_error_code_has_none);
    tcase_add_test(layout, a_memory_message_of_an_exo_partition_ends_after_the_instruction);
    tcase_add_test(layout, a_memory_message_of_any_other_has_the_registers_too);
    tcase_add_test(layout, a_memory_message_tells_the_kind_of_access);
    tcase_add_test(layout, without_exo_the_whole_byte_is_the_length);
    tcase_add_test(layout, short_messages_are_short);
    suite_add_tcase(suite, layout);
    tcase_add_checked_fixture(reading, child_setup, child_teardown);
    tcase_add_test(reading, the_execution_state_follows_the_registers);
    tcase_add_test(reading, the_state_names_partition_vp_and_segments);
    suite_add_tcase(suite, reading);
    return run_suite(suite);
}
