/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Arithmetic against the processor that runs the test. */
#include <check.h>
#include <stdbool.h>

#include "alu.h"
#include "suite.h"

#define STATUS UINT64_C(0x8D5)
#define NO_AF  (STATUS & ~UINT64_C(0x10)) /* AF is undefined after AND, OR, XOR and TEST */

/* Runs an instruction with the carry flag as it is in flags. */
#define NATIVE(instruction, type, left, right, flags)                       \
    __extension__({                                                         \
        type native_left = (type)(left);                                    \
        __asm__ volatile("bt $0, %1\n\t" instruction "\n\tpushfq\n\tpop %1" \
                         : "+q"(native_left), "+r"(flags)                   \
                         : "q"((type)(right))                               \
                         : "cc", "memory");                                 \
        native_left;                                                        \
    })

/* An assertion of Check for each case would take minutes. */
static bool is_same(enum hv_insn_op op, unsigned size, const uint64_t operand[2], uint64_t carry,
                    const uint64_t native[2], uint64_t mask)
{
    uint64_t flags = carry | 0x202, result = worker_alu(op, size, operand[0], operand[1], &flags);

    return (!worker_alu_stores(op) || result == native[0]) &&
           (flags & mask) == (native[1] & mask) && (flags & ~STATUS) == 0x202;
}

#define COMPARE(op, instruction, type, left, right, mask)                                        \
    for (uint64_t carry = 0; carry < 2; carry++) {                                               \
        uint64_t flags = carry, result = NATIVE(instruction, type, left, right, flags);          \
        if (!is_same(HV_INSN_OP_##op, sizeof(type), (uint64_t[]){ (type)(left), (type)(right) }, \
                     carry, (uint64_t[]){ result, flags }, mask))                                \
            ck_abort_msg("%s %llx %llx", #op, (unsigned long long)(left),                        \
                         (unsigned long long)(right));                                           \
    }

#define COMPARE_ALL(type, left, right)                         \
    do {                                                       \
        COMPARE(ADD, "add %2, %0", type, left, right, STATUS)  \
        COMPARE(ADC, "adc %2, %0", type, left, right, STATUS)  \
        COMPARE(SUB, "sub %2, %0", type, left, right, STATUS)  \
        COMPARE(SBB, "sbb %2, %0", type, left, right, STATUS)  \
        COMPARE(CMP, "cmp %2, %0", type, left, right, STATUS)  \
        COMPARE(AND, "and %2, %0", type, left, right, NO_AF)   \
        COMPARE(OR, "or %2, %0", type, left, right, NO_AF)     \
        COMPARE(XOR, "xor %2, %0", type, left, right, NO_AF)   \
        COMPARE(TEST, "test %2, %0", type, left, right, NO_AF) \
    } while (0)

#define COMPARE_UNARY(type, suffix, left)                       \
    do {                                                        \
        COMPARE(INC, "inc" suffix " %0", type, left, 0, STATUS) \
        COMPARE(DEC, "dec" suffix " %0", type, left, 0, STATUS) \
        COMPARE(NEG, "neg" suffix " %0", type, left, 0, STATUS) \
    } while (0)

START_TEST(bytes_are_as_the_processor_has_them)
{
    for (unsigned left = 0; left < 256; left++) {
        COMPARE_UNARY(uint8_t, "b", left);
        for (unsigned right = 0; right < 256; right += 1 + right % 7)
            COMPARE_ALL(uint8_t, left, right);
    }
}
END_TEST

static const uint64_t values[] = {
    0,
    1,
    2,
    0xF,
    0x10,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x7FFFFFFFFFFFFFFF,
    0x8000000000000000,
    0xFFFFFFFFFFFFFFFF,
    0x123456789ABCDEF0,
};
#define VALUES (sizeof(values) / sizeof(values[0]))

START_TEST(wider_operands_are_as_the_processor_has_them)
{
    for (unsigned i = 0; i < VALUES; i++) {
        COMPARE_UNARY(uint16_t, "w", values[i]);
        COMPARE_UNARY(uint32_t, "l", values[i]);
        COMPARE_UNARY(uint64_t, "q", values[i]);
        for (unsigned j = 0; j < VALUES; j++) {
            COMPARE_ALL(uint16_t, values[i], values[j]);
            COMPARE_ALL(uint32_t, values[i], values[j]);
            COMPARE_ALL(uint64_t, values[i], values[j]);
        }
    }
}
END_TEST

START_TEST(not_changes_no_flag)
{
    uint64_t flags = 0x246;

    ck_assert_uint_eq(worker_alu(HV_INSN_OP_NOT, 2, 0x00F0, 0, &flags), 0xFF0F);
    ck_assert_uint_eq(flags, 0x246);
}
END_TEST

START_TEST(other_instructions_are_not_known)
{
    ck_assert(worker_alu_knows(HV_INSN_OP_ADD));
    ck_assert(worker_alu_knows(HV_INSN_OP_DEC));
    ck_assert(!worker_alu_knows(HV_INSN_OP_CMPXCHG_PAIR));
    ck_assert(!worker_alu_knows(HV_INSN_OP_BT));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("worker alu");
    TCase *tcase = tcase_create("alu");

    tcase_add_test(tcase, bytes_are_as_the_processor_has_them);
    tcase_add_test(tcase, wider_operands_are_as_the_processor_has_them);
    tcase_add_test(tcase, not_changes_no_flag);
    tcase_add_test(tcase, other_instructions_are_not_known);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
