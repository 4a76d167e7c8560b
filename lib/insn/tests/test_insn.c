/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The instruction decoder. A wrong length makes a guest resume in the middle of an instruction, a
 * wrong operand makes it lose a device write, so every table row states the whole encoding by hand
 * and is also tried cut short at each byte and with other bytes behind it.
 */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <hv/insn.h>

#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NO           HV_INSN_NO_REGISTER

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

static size_t bytes_of(const char *hex, uint8_t *bytes)
{
    size_t n = strlen(hex) / 2;
    ck_assert_uint_le(n, 32);
    for (size_t i = 0; i < n; i++) {
        unsigned value = 0;
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    return n;
}

static enum hv_insn_status decode(enum hv_insn_mode mode, const char *hex, struct hv_insn *insn)
{
    uint8_t bytes[32];
    size_t n = bytes_of(hex, bytes);
    return hv_insn_decode(bytes, n, mode, insn);
}

/* Decodes @hex, which is one whole instruction: alone, cut short, and with bytes behind it. */
static struct hv_insn decode_whole(enum hv_insn_mode mode, const char *hex)
{
    uint8_t bytes[48];
    struct hv_insn insn;
    size_t n = bytes_of(hex, bytes);
    for (size_t part = 0; part < n; part++) {
        ck_assert_msg(hv_insn_decode(bytes, part, mode, &insn) == HV_INSN_TRUNCATED,
                      "%s, first %zu bytes", hex, part);
    }
    for (unsigned filler = 0; filler <= 0xFF; filler += 0x55) {
        memset(bytes + n, (int)filler, 15);
        ck_assert_msg(hv_insn_decode(bytes, n + 15, mode, &insn) == HV_INSN_OK, "%s and more", hex);
        ck_assert_msg(insn.length == n, "%s and more: length %u", hex, insn.length);
    }
    ck_assert_msg(hv_insn_decode(bytes, n, mode, &insn) == HV_INSN_OK, "%s", hex);
    ck_assert_msg(insn.length == n, "%s: length %u", hex, insn.length);
    return insn;
}

struct named {
    enum hv_insn_mode mode;
    const char *hex;
    enum hv_insn_op op;
};

#define IN16(hex, name)                    \
    {                                      \
        HV_INSN_16, hex, HV_INSN_OP_##name \
    }
#define IN32(hex, name)                    \
    {                                      \
        HV_INSN_32, hex, HV_INSN_OP_##name \
    }
#define IN64(hex, name)                    \
    {                                      \
        HV_INSN_64, hex, HV_INSN_OP_##name \
    }

static void check_named(const struct named *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct hv_insn insn = decode_whole(rows[i].mode, rows[i].hex);
        ck_assert_msg(insn.op == rows[i].op, "%s: op %d", rows[i].hex, (int)insn.op);
    }
}

START_TEST(intercepted_instructions_have_a_name_and_a_length)
{
    static const struct named rows[] = {
        IN64("0fa2", CPUID),
        IN64("660fa2", CPUID),
        IN64("480fa2", CPUID),
        IN64("f30fa2", CPUID),
        IN64("2e660fa2", CPUID),
        IN64("666666660fa2", CPUID),
        IN16("0fa2", CPUID),
        IN32("670fa2", CPUID),
        IN64("0f32", RDMSR),
        IN32("660f32", RDMSR),
        IN64("0f30", WRMSR),
        IN64("480f30", WRMSR),
        IN64("0f01c1", VMCALL),
        IN32("0f01c1", VMCALL),
        IN64("0f01d9", VMMCALL),
        IN16("0f01d9", VMMCALL),
        IN64("f30f01d9", VMMCALL),
        IN64("f4", HLT),
        IN64("66f4", HLT),
        IN16("f4", HLT),
        IN64("0f01d0", XGETBV),
        IN64("0f01d1", XSETBV),
        IN64("0f0138", INVLPG),
        IN64("0f017808", INVLPG),
        IN64("0f013d00000000", INVLPG),
        IN16("0f0138", INVLPG),
        IN64("0f01df", INVLPGA),
        IN64("0f08", INVD),
        IN64("0f09", WBINVD),
        IN64("f30f09", WBINVD),
        IN64("0f01c8", MONITOR),
        IN64("670f01c8", MONITOR),
        IN64("0f01c9", MWAIT),
        IN64("0f01fa", MONITORX),
        IN64("0f01fb", MWAITX),
        IN64("f390", PAUSE),
        IN64("f34190", PAUSE),
        IN64("90", OTHER),
        IN64("f290", OTHER),
        IN64("0f31", RDTSC),
        IN64("0f01f9", RDTSCP),
        IN64("0f33", RDPMC),
        IN64("0f01fd", RDPRU),
        IN64("e460", IN),
        IN64("e560", IN),
        IN64("ec", IN),
        IN64("66ed", IN),
        IN64("e670", OUT),
        IN64("e770", OUT),
        IN64("ee", OUT),
        IN64("ef", OUT),
        IN64("6c", INS),
        IN64("f36d", INS),
        IN64("6e", OUTS),
        IN64("f3666f", OUTS),
        IN64("0f20c0", MOV_FROM_CR),
        IN64("0f22d8", MOV_TO_CR),
        IN64("410f22c0", MOV_TO_CR),
        IN64("440f20c0", MOV_FROM_CR),
        IN32("0f20e0", MOV_FROM_CR),
        IN32("0f2000", MOV_FROM_CR),
        IN32("0f2284", MOV_TO_CR),
        IN64("0f21f8", MOV_FROM_DR),
        IN64("0f23f8", MOV_TO_DR),
        IN64("0f06", CLTS),
        IN64("0f01e0", SMSW),
        IN64("0f0120", SMSW),
        IN64("0f01f0", LMSW),
        IN64("0f0130", LMSW),
        IN64("0f0100", SGDT),
        IN64("0f0108", SIDT),
        IN64("0f0110", LGDT),
        IN64("0f011c25785634f2", LIDT),
        IN16("660f01160010", LGDT),
        IN64("0f00c0", SLDT),
        IN64("0f00c8", STR),
        IN64("0f00d0", LLDT),
        IN64("0f00d8", LTR),
        IN64("0f01d8", VMRUN),
        IN64("0f01da", VMLOAD),
        IN64("0f01db", VMSAVE),
        IN64("0f01dc", STGI),
        IN64("0f01dd", CLGI),
        IN64("0f01de", SKINIT),
        IN64("cd80", INT),
        IN64("f1", INT1),
        IN64("cc", INT3),
        IN32("ce", INTO),
        IN64("cf", IRET),
        IN64("48cf", IRET),
        IN64("9c", PUSHF),
        IN64("9d", POPF),
        IN64("0faa", RSM),
    };
    check_named(rows, COUNT(rows));
}
END_TEST

START_TEST(lengths_follow_mode_and_prefixes)
{
    static const struct named rows[] = {
        /* Immediates as wide as the operand. */
        IN64("0511223344", OTHER),
        IN64("66051122", OTHER),
        IN64("480511223344", OTHER),
        IN16("051122", OTHER),
        IN16("660511223344", OTHER),
        IN64("b811223344", OTHER),
        IN64("66b81122", OTHER),
        IN64("48b81122334455667788", OTHER),
        IN64("4166b81122", OTHER),
        IN16("b81122", OTHER),
        IN64("b011", OTHER),
        IN64("6811223344", OTHER),
        IN64("66681122", OTHER),
        IN64("6a11", OTHER),
        IN64("69c011223344", OTHER),
        IN64("6669c01122", OTHER),
        IN64("6bc011", OTHER),
        IN64("a811", OTHER),
        IN64("a911223344", OTHER),
        /* Branches. */
        IN64("e811223344", OTHER),
        IN64("66e811223344", OTHER),
        IN32("66e81122", OTHER),
        IN16("e81122", OTHER),
        IN64("eb11", OTHER),
        IN64("0f8411223344", OTHER),
        IN64("660f8411223344", OTHER),
        IN32("660f841122", OTHER),
        IN64("c3", OTHER),
        IN64("c21122", OTHER),
        IN64("e311", OTHER),
        IN64("ff15aabbccdd", OTHER),
        IN32("9a112233445566", OTHER),
        IN16("9a11223344", OTHER),
        IN32("66ea11223344", OTHER),
        IN64("c8112233", OTHER),
        /* One-byte opcodes that 64-bit mode gives another use. */
        IN32("40", OTHER),
        IN32("82c011", ADD),
        IN32("6200", OTHER),
        IN32("c500", OTHER),
        IN32("c44011", OTHER),
        IN32("63c0", OTHER),
        IN64("63c0", MOVSX),
        IN32("d6", OTHER),
        IN32("d40a", OTHER),
        /* Groups. */
        IN64("f60011", TEST),
        IN64("f70011223344", TEST),
        IN64("66f7001122", TEST),
        IN64("f6c811", TEST),
        IN64("f720", OTHER),
        IN64("c6f811", OTHER),
        IN64("c7f811223344", OTHER),
        IN64("8fc0", POP),
        IN64("ff30", PUSH),
        IN64("c1e011", OTHER),
        IN64("d1e0", OTHER),
        IN64("d80d11223344", OTHER),
        /* Two-byte and three-byte maps. */
        IN64("0f0b", OTHER),
        IN64("0f1f8011223344", OTHER),
        IN64("0f05", OTHER),
        IN64("0fc8", OTHER),
        IN64("0f1000", OTHER),
        IN64("f20f1000", OTHER),
        IN64("660f6f00", OTHER),
        IN64("660f70c011", OTHER),
        IN64("0fc2c011", OTHER),
        IN64("0f77", OTHER),
        IN64("0fa4c011", OTHER),
        IN64("0fa5c0", OTHER),
        IN64("0f78c0", OTHER),
        IN64("660f78c01122", OTHER),
        IN64("f20f78c01122", OTHER),
        IN64("0f0fc0bf", OTHER),
        IN64("0f38f000", OTHER),
        IN64("660f3a0fc011", OTHER),
        IN64("0f3accc011", OTHER),
        IN64("f30fb8c0", OTHER),
        IN64("0fae38", OTHER),
        IN64("f30f01fa", OTHER),
        IN64("0f01f8", OTHER),
        /* VEX, EVEX, XOP. */
        IN64("c5f877", OTHER),
        IN64("c5fd6f00", OTHER),
        IN64("c5f970c011", OTHER),
        IN64("c4e27d1800", OTHER),
        IN64("c4e37d18c001", OTHER),
        IN64("c4e17c10842411223344", OTHER),
        IN32("c5fd6fc0", OTHER),
        IN32("c4e27d18c0", OTHER),
        IN64("62f17c481000", OTHER),
        IN64("62f17c48104011", OTHER),
        IN64("62f37d4819c001", OTHER),
        IN64("62f57c4858c0", OTHER),
        IN32("62f17c4810c0", OTHER),
        IN64("8fe97890c0", OTHER),
        IN64("8fe878c0c011", OTHER),
        IN64("8fea7810c011223344", OTHER),
        /* Addresses. */
        IN64("8b00", MOV),
        IN64("8b4011", MOV),
        IN64("8b8011223344", MOV),
        IN64("8b0511223344", MOV),
        IN64("8b0424", MOV),
        IN64("8b042511223344", MOV),
        IN64("8b442411", MOV),
        IN64("8b842411223344", MOV),
        IN32("678b061122", MOV),
        IN32("678b4011", MOV),
        IN32("678b801122", MOV),
        IN16("8b00", MOV),
        IN16("8b061122", MOV),
        IN16("678b0511223344", MOV),
        IN64("a01122334455667788", MOV),
        IN64("67a011223344", MOV),
        IN32("a111223344", MOV),
        IN32("67a11122", MOV),
        IN16("a31122", MOV),
    };
    check_named(rows, COUNT(rows));
}
END_TEST

struct memory_row {
    enum hv_insn_mode mode;
    const char *hex;
    enum hv_insn_op op;
    uint8_t operand_size;
    enum hv_insn_access access;
    uint8_t size;
    enum hv_insn_segment segment;
    uint8_t base;
    uint8_t index;
    uint8_t scale;
    int64_t displacement;
    uint8_t reg;
};

#define LOAD    HV_INSN_ACCESS_LOAD
#define STORE   HV_INSN_ACCESS_STORE
#define MODIFY  HV_INSN_ACCESS_MODIFY
#define NOTHING HV_INSN_ACCESS_NONE
#define DS      HV_INSN_DS
#define SS      HV_INSN_SS
#define ES      HV_INSN_ES
#define ROW(mode, hex, op, ...)                           \
    {                                                     \
        HV_INSN_##mode, hex, HV_INSN_OP_##op, __VA_ARGS__ \
    }

static void check_memory(const struct memory_row *row)
{
    struct hv_insn insn = decode_whole(row->mode, row->hex);
    const struct hv_insn_memory *memory = &insn.memory;
    ck_assert_msg(insn.op == row->op, "%s: op %d", row->hex, (int)insn.op);
    ck_assert_msg(memory->present, "%s: memory", row->hex);
    ck_assert_msg(insn.operand_size == row->operand_size, "%s: operand size %u", row->hex,
                  insn.operand_size);
    ck_assert_msg(memory->access == row->access, "%s: access %u", row->hex, memory->access);
    ck_assert_msg(memory->size == row->size, "%s: size %u", row->hex, memory->size);
    ck_assert_msg(memory->segment == row->segment, "%s: segment %u", row->hex, memory->segment);
    ck_assert_msg(memory->base == row->base, "%s: base %u", row->hex, memory->base);
    ck_assert_msg(memory->index == row->index, "%s: index %u", row->hex, memory->index);
    ck_assert_msg(memory->scale == row->scale, "%s: scale %u", row->hex, memory->scale);
    ck_assert_msg(memory->displacement == row->displacement, "%s: displacement", row->hex);
    ck_assert_msg(insn.reg == row->reg, "%s: reg %u", row->hex, insn.reg);
}

START_TEST(memory_operands_are_described)
{
    static const struct memory_row rows[] = {
        ROW(64, "8907", MOV, 4, STORE, 4, DS, RDI, NO, 1, 0, RAX),
        ROW(64, "4889be80000000", MOV, 8, STORE, 8, DS, RSI, NO, 1, 0x80, RDI),
        ROW(64, "66448943f0", MOV, 2, STORE, 2, DS, RBX, NO, 1, -16, R8),
        ROW(64, "408837", MOV, 1, STORE, 1, DS, RDI, NO, 1, 0, RSI),
        ROW(64, "8a03", MOV, 1, LOAD, 1, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "8b45fc", MOV, 4, LOAD, 4, SS, RBP, NO, 1, -4, RAX),
        ROW(64, "8b0424", MOV, 4, LOAD, 4, SS, RSP, NO, 1, 0, RAX),
        ROW(64, "438b44b510", MOV, 4, LOAD, 4, DS, R13, R14, 4, 16, RAX),
        ROW(64, "428b04e500000000", MOV, 4, LOAD, 4, DS, NO, R12, 8, 0, RAX),
        ROW(64, "658b042508030000", MOV, 4, LOAD, 4, HV_INSN_GS, NO, NO, 1, 0x308, RAX),
        ROW(64, "643e8b00", MOV, 4, LOAD, 4, HV_INSN_FS, RAX, NO, 1, 0, RAX),
        ROW(64, "2e8b00", MOV, 4, LOAD, 4, DS, RAX, NO, 1, 0, RAX),
        ROW(32, "2e8b00", MOV, 4, LOAD, 4, HV_INSN_CS, RAX, NO, 1, 0, RAX),
        ROW(32, "8b0d8003e0fe", MOV, 4, LOAD, 4, DS, NO, NO, 1, -0x11FFC80, RCX),
        ROW(16, "8b02", MOV, 2, LOAD, 2, SS, RBP, RSI, 1, 0, RAX),
        ROW(16, "8b41ff", MOV, 2, LOAD, 2, DS, RBX, RDI, 1, -1, RAX),
        ROW(16, "268b05", MOV, 2, LOAD, 2, ES, RDI, NO, 1, 0, RAX),
        ROW(16, "66678904d9", MOV, 4, STORE, 4, DS, RCX, RBX, 8, 0, RAX),
        ROW(64, "a18003e0fe00000000", MOV, 4, LOAD, 4, DS, NO, NO, 1, 0xFEE00380, RAX),
        ROW(64, "67a3000020f0", MOV, 4, STORE, 4, DS, NO, NO, 1, 0xF0200000, RAX),
        ROW(64, "0fc301", MOV, 4, STORE, 4, DS, RCX, NO, 1, 0, RAX),
        ROW(16, "0fc301", MOV, 4, STORE, 4, DS, RBX, RDI, 1, 0, RAX),
        ROW(64, "0fb609", MOVZX, 4, LOAD, 1, DS, RCX, NO, 1, 0, RCX),
        ROW(64, "480fb709", MOVZX, 8, LOAD, 2, DS, RCX, NO, 1, 0, RCX),
        ROW(64, "660fbe21", MOVSX, 2, LOAD, 1, DS, RCX, NO, 1, 0, RSP),
        ROW(64, "0fbf09", MOVSX, 4, LOAD, 2, DS, RCX, NO, 1, 0, RCX),
        ROW(64, "4c6309", MOVSX, 8, LOAD, 4, DS, RCX, NO, 1, 0, R9),
        ROW(64, "8703", XCHG, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "f00fc103", XADD, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "f0480fb10b", CMPXCHG, 8, MODIFY, 8, DS, RBX, NO, 1, 0, RCX),
        ROW(64, "f00fc70b", CMPXCHG_PAIR, 4, MODIFY, 8, DS, RBX, NO, 1, 0, RCX),
        ROW(64, "660fc70b", CMPXCHG_PAIR, 4, MODIFY, 8, DS, RBX, NO, 1, 0, RCX),
        ROW(64, "480fc70b", CMPXCHG_PAIR, 8, MODIFY, 16, DS, RBX, NO, 1, 0, RCX),
        ROW(64, "0103", ADD, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "0b03", OR, 4, LOAD, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "f02103", AND, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "3003", XOR, 1, MODIFY, 1, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "3903", CMP, 4, LOAD, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "8503", TEST, 4, LOAD, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "f0ff03", INC, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "fe0b", DEC, 1, MODIFY, 1, DS, RBX, NO, 1, 0, RCX),
        ROW(64, "f713", NOT, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RDX),
        ROW(64, "f71b", NEG, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RBX),
        ROW(64, "0fa303", BT, 4, LOAD, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "f00fab03", BTS, 4, MODIFY, 4, DS, RBX, NO, 1, 0, RAX),
        ROW(64, "ff33", PUSH, 8, LOAD, 8, DS, RBX, NO, 1, 0, RSI),
        ROW(64, "f3a4", MOVS, 1, LOAD, 1, DS, RSI, NO, 1, 0, RAX),
        ROW(64, "f348a5", MOVS, 8, LOAD, 8, DS, RSI, NO, 1, 0, RAX),
        ROW(16, "26a5", MOVS, 2, LOAD, 2, ES, RSI, NO, 1, 0, RAX),
        ROW(64, "f3ab", STOS, 4, STORE, 4, ES, RDI, NO, 1, 0, RAX),
        ROW(64, "65aa", STOS, 1, STORE, 1, ES, RDI, NO, 1, 0, RAX),
        ROW(64, "66ad", LODS, 2, LOAD, 2, DS, RSI, NO, 1, 0, RAX),
        ROW(64, "ae", SCAS, 1, LOAD, 1, ES, RDI, NO, 1, 0, RAX),
        ROW(64, "f3486d", INS, 4, STORE, 4, ES, RDI, NO, 1, 0, RAX),
        ROW(64, "646e", OUTS, 1, LOAD, 1, HV_INSN_FS, RSI, NO, 1, 0, RAX),
        ROW(64, "0f0138", INVLPG, 8, NOTHING, 0, DS, RAX, NO, 1, 0, RDI),
        ROW(64, "0f0110", LGDT, 8, LOAD, 10, DS, RAX, NO, 1, 0, RDX),
        ROW(32, "0f0108", SIDT, 4, STORE, 6, DS, RAX, NO, 1, 0, RCX),
        ROW(64, "480f0008", STR, 8, STORE, 2, DS, RAX, NO, 1, 0, RCX),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_memory(&rows[i]);
    }
}
END_TEST

START_TEST(arithmetic_with_an_immediate_is_eight_instructions)
{
    static const enum hv_insn_op ops[] = { HV_INSN_OP_ADD, HV_INSN_OP_OR,  HV_INSN_OP_ADC,
                                           HV_INSN_OP_SBB, HV_INSN_OP_AND, HV_INSN_OP_SUB,
                                           HV_INSN_OP_XOR, HV_INSN_OP_CMP };
    static const struct {
        const char *opcode, *immediate;
        uint8_t size;
    } forms[] = { { "80", "7f", 1 }, { "81", "11223344", 4 }, { "83", "7f", 4 } };

    for (size_t form = 0; form < COUNT(forms); form++) {
        for (uint8_t i = 0; i < COUNT(ops); i++) {
            uint8_t size = forms[form].size;
            /* Byte registers four to seven are the high ones of the first four. */
            uint8_t reg = size == 1 && i >= 4 ? i - 4 : i;
            char hex[16];
            const struct memory_row row = {
                HV_INSN_64, hex, ops[i], size, ops[i] == HV_INSN_OP_CMP ? LOAD : MODIFY,
                size,       DS,  RBX,    NO,   1,
                0,          reg
            };

            snprintf(hex, sizeof(hex), "%s%02x%s", forms[form].opcode, i << 3 | RBX,
                     forms[form].immediate);
            check_memory(&row);
        }
    }
}
END_TEST

struct immediate_row {
    enum hv_insn_mode mode;
    const char *hex;
    uint8_t size;
    int64_t value;
};

START_TEST(immediates_are_extended_to_the_operand)
{
    static const struct immediate_row rows[] = {
        { HV_INSN_64, "c60380", 1, -128 },
        { HV_INSN_64, "c703feffffff", 4, -2 },
        { HV_INSN_64, "48c703feffffff", 4, -2 },
        { HV_INSN_64, "66c703feff", 2, -2 },
        { HV_INSN_64, "8323f0", 1, -16 },
        { HV_INSN_64, "812300ff0000", 4, 0xFF00 },
        { HV_INSN_64, "f60380", 1, -128 },
        { HV_INSN_64, "0fba2bff", 1, 0xFF },
        { HV_INSN_64, "cdff", 1, 0xFF },
        { HV_INSN_64, "e4ff", 1, 0xFF },
        { HV_INSN_64, "e6cf", 1, 0xCF },
        { HV_INSN_64, "48b8ffffffffffffff7f", 8, INT64_MAX },
        { HV_INSN_64, "8903", 0, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hv_insn insn = decode_whole(rows[i].mode, rows[i].hex);
        ck_assert_msg(insn.immediate_size == rows[i].size, "%s: immediate size", rows[i].hex);
        ck_assert_msg(insn.immediate == rows[i].value, "%s: immediate", rows[i].hex);
    }
}
END_TEST

START_TEST(byte_registers_four_to_seven_need_rex_to_be_low)
{
    struct hv_insn insn = decode_whole(HV_INSN_64, "8823");
    ck_assert_uint_eq(insn.reg, RAX);
    ck_assert(insn.reg_high_byte);
    insn = decode_whole(HV_INSN_64, "408823");
    ck_assert_uint_eq(insn.reg, RSP);
    ck_assert(!insn.reg_high_byte);
    insn = decode_whole(HV_INSN_64, "0fb6c7");
    ck_assert_uint_eq(insn.rm, RBX);
    ck_assert(insn.rm_high_byte);
    ck_assert(!insn.reg_high_byte);
}
END_TEST

START_TEST(operand_order_tells_the_forms_of_cmp_apart)
{
    ck_assert(decode_whole(HV_INSN_64, "3903").rm_first);
    ck_assert(!decode_whole(HV_INSN_64, "3b03").rm_first);
    ck_assert(decode_whole(HV_INSN_64, "833b01").rm_first);
    ck_assert(decode_whole(HV_INSN_64, "0103").rm_first);
    ck_assert(!decode_whole(HV_INSN_64, "0303").rm_first);
}
END_TEST

START_TEST(control_registers_are_numbered)
{
    struct hv_insn insn = decode_whole(HV_INSN_64, "450f22c1");
    ck_assert_uint_eq(insn.reg, 8);
    ck_assert_uint_eq(insn.rm, R9);
    ck_assert_uint_eq(insn.operand_size, 8);
    ck_assert(!insn.memory.present);
    insn = decode_whole(HV_INSN_32, "f00f20c0");
    ck_assert_uint_eq(insn.op, HV_INSN_OP_MOV_FROM_CR);
    ck_assert_uint_eq(insn.reg, 8);
    ck_assert_uint_eq(insn.operand_size, 4);
}
END_TEST

START_TEST(prefixes_are_reported)
{
    struct hv_insn insn = decode_whole(HV_INSN_64, "f2f36667a5");
    ck_assert_uint_eq(insn.prefixes, HV_INSN_PREFIX_REP | HV_INSN_PREFIX_OPERAND_SIZE |
                                         HV_INSN_PREFIX_ADDRESS_SIZE);
    ck_assert_uint_eq(insn.address_size, 4);
    insn = decode_whole(HV_INSN_64, "f3f2a5");
    ck_assert_uint_eq(insn.prefixes, HV_INSN_PREFIX_REPNE);
    insn = decode_whole(HV_INSN_64, "f065ff03");
    ck_assert_uint_eq(insn.prefixes, HV_INSN_PREFIX_LOCK | HV_INSN_PREFIX_SEGMENT);
    /* A REX prefix before another prefix has no effect. */
    insn = decode_whole(HV_INSN_64, "48668b03");
    ck_assert_uint_eq(insn.rex, 0);
    ck_assert_uint_eq(insn.operand_size, 2);
    insn = decode_whole(HV_INSN_64, "66488b03");
    ck_assert_uint_eq(insn.rex, HV_INSN_REX_PRESENT | HV_INSN_REX_W);
    ck_assert_uint_eq(insn.operand_size, 8);
}
END_TEST

struct invalid_row {
    enum hv_insn_mode mode;
    const char *hex;
};

static void check_invalid(const struct invalid_row *rows, size_t count)
{
    struct hv_insn insn;
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(decode(rows[i].mode, rows[i].hex, &insn) == HV_INSN_INVALID, "%s",
                      rows[i].hex);
    }
}

START_TEST(instructions_that_do_not_exist_are_invalid)
{
    static const struct invalid_row rows[] = {
        { HV_INSN_64, "06" },           { HV_INSN_64, "27" },
        { HV_INSN_64, "60" },           { HV_INSN_64, "82c011" },
        { HV_INSN_64, "9a" },           { HV_INSN_64, "ea" },
        { HV_INSN_64, "ce" },           { HV_INSN_64, "d40a" },
        { HV_INSN_64, "d6" },           { HV_INSN_64, "0f04" },
        { HV_INSN_64, "0f24c0" },       { HV_INSN_64, "0f36" },
        { HV_INSN_64, "0fba00" },       { HV_INSN_64, "fe10" },
        { HV_INSN_64, "ff38" },         { HV_INSN_64, "c608" },
        { HV_INSN_64, "c7c8" },         { HV_INSN_64, "c7f900000000" },
        { HV_INSN_64, "8fe0" },         { HV_INSN_64, "8dc0" },
        { HV_INSN_64, "0f20c8" },       { HV_INSN_64, "0f22e8" },
        { HV_INSN_64, "440f20c8" },     { HV_INSN_64, "440f21c0" },
        { HV_INSN_64, "0fc7c8" },       { HV_INSN_64, "0fc3c0" },
        { HV_INSN_64, "660f01c1" },     { HV_INSN_64, "f30f01d1" },
        { HV_INSN_64, "660fc300" },     { HV_INSN_64, "66c5f877" },
        { HV_INSN_64, "48c5f877" },     { HV_INSN_64, "f3c5f877" },
        { HV_INSN_64, "f0c5f877" },     { HV_INSN_64, "c4e0781000" },
        { HV_INSN_64, "c4e4781000" },   { HV_INSN_64, "8feb781000" },
        { HV_INSN_64, "62f0780010" },   { HV_INSN_32, "8dc0" },
        { HV_INSN_32, "fff8" },         { HV_INSN_32, "0fb2c0" },
        { HV_INSN_16, "0f04" },         { HV_INSN_64, "62f1784810c0" },
        { HV_INSN_64, "62f97c4810c0" }, { HV_INSN_64, "c4e57c10c0" },
    };
    check_invalid(rows, COUNT(rows));
}
END_TEST

START_TEST(lock_is_refused_where_nothing_can_be_locked)
{
    static const struct invalid_row rows[] = {
        { HV_INSN_64, "f00fa2" },   { HV_INSN_64, "f00f32" },   { HV_INSN_64, "f00f30" },
        { HV_INSN_64, "f00f01c1" }, { HV_INSN_64, "f00f01d9" }, { HV_INSN_64, "f0f4" },
        { HV_INSN_64, "f08903" },   { HV_INSN_64, "f08b03" },   { HV_INSN_64, "f0c70300000000" },
        { HV_INSN_64, "f0a5" },     { HV_INSN_64, "f0ab" },     { HV_INSN_64, "f03903" },
        { HV_INSN_64, "f03b03" },   { HV_INSN_64, "f00303" },   { HV_INSN_64, "f001c3" },
        { HV_INSN_64, "f08503" },   { HV_INSN_64, "f00fa303" }, { HV_INSN_64, "f087c3" },
        { HV_INSN_64, "f0833b01" }, { HV_INSN_64, "f00fb603" }, { HV_INSN_64, "f00f22e0" },
        { HV_INSN_64, "f090" },     { HV_INSN_64, "f0ff33" },   { HV_INSN_32, "f00f0138" },
    };
    check_invalid(rows, COUNT(rows));
}
END_TEST

START_TEST(fifteen_bytes_are_the_limit)
{
    struct hv_insn insn;
    uint8_t bytes[32];

    memset(bytes, 0x66, sizeof(bytes));
    bytes[14] = 0xF4;
    ck_assert_int_eq(hv_insn_decode(bytes, 15, HV_INSN_64, &insn), HV_INSN_OK);
    ck_assert_uint_eq(insn.length, 15);
    ck_assert_uint_eq(insn.op, HV_INSN_OP_HLT);

    bytes[14] = 0x66;
    bytes[15] = 0xF4;
    ck_assert_int_eq(hv_insn_decode(bytes, 14, HV_INSN_64, &insn), HV_INSN_TRUNCATED);
    ck_assert_int_eq(hv_insn_decode(bytes, 15, HV_INSN_64, &insn), HV_INSN_INVALID);
    ck_assert_int_eq(hv_insn_decode(bytes, 16, HV_INSN_64, &insn), HV_INSN_INVALID);

    /* Opcode, ModRM, displacement and immediate, each with the last byte at 15 and then at 16. */
    static const struct invalid_row too_long[] = {
        { HV_INSN_64, "66666666666666666666666666660fa2" },
        { HV_INSN_64, "666666666666666666666666660f01d9" },
        { HV_INSN_64, "666666666666666666668b8011223344" },
        { HV_INSN_64, "66666666666648b81122334455667788" },
    };
    for (size_t i = 0; i < COUNT(too_long); i++) {
        const char *hex = too_long[i].hex;
        ck_assert_int_eq(decode(HV_INSN_64, hex, &insn), HV_INSN_INVALID);
        ck_assert_int_eq(decode(HV_INSN_64, hex + 2, &insn), HV_INSN_OK);
    }
}
END_TEST

static const uint64_t gpr[16] = {
    [RAX] = 0x1000,
    [RBX] = 0xFFFFFFFF00002000,
    [RCX] = 0x30,
    [RSP] = 0x8000,
    [RBP] = 0x9000,
    [RSI] = 0x123456789A,
    [RDI] = 0xABCDEF12345678,
    [R8] = (uint64_t)-33,
    [R13] = 0x7000,
};

static uint64_t offset_of(enum hv_insn_mode mode, const char *hex)
{
    struct hv_insn insn = decode_whole(mode, hex);
    ck_assert(insn.memory.present);
    return hv_insn_effective_offset(&insn, gpr, 0xFFFF800000001000);
}

START_TEST(effective_offsets_wrap_at_the_address_size)
{
    ck_assert_uint_eq(offset_of(HV_INSN_64, "8b448810"), 0x1000 + 4 * 0x30 + 0x10);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "8b03"), 0xFFFFFFFF00002000);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "678b03"), 0x2000);
    ck_assert_uint_eq(offset_of(HV_INSN_32, "8b83f0dfffff"), 0xFFFFFFF0);
    ck_assert_uint_eq(offset_of(HV_INSN_16, "8b8000f0"), (0x2000 + 0x789A + 0xF000) & 0xFFFF);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "8b0510000000"), 0xFFFF800000001016);
    ck_assert_uint_eq(offset_of(HV_INSN_32, "8b0510000000"), 0x10);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "c7051000000078563412"), 0xFFFF80000000101A);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "678b0510000000"), 0x1017);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "48a1000000000000ffff"), 0xFFFF000000000000);
}
END_TEST

START_TEST(string_instructions_use_si_and_di)
{
    ck_assert_uint_eq(offset_of(HV_INSN_64, "f3a5"), 0x123456789A);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "67a5"), 0x3456789A);
    ck_assert_uint_eq(offset_of(HV_INSN_16, "aa"), 0x5678);
    struct hv_insn insn = decode_whole(HV_INSN_32, "a5");
    ck_assert_uint_eq(hv_insn_string_destination(&insn, gpr), 0x12345678);
    insn = decode_whole(HV_INSN_64, "a5");
    ck_assert_uint_eq(hv_insn_string_destination(&insn, gpr), 0xABCDEF12345678);
}
END_TEST

START_TEST(bit_offsets_in_registers_move_the_operand)
{
    /* BTS [rax], r8: bit -33 is bit 31 of the dword eight bytes below. */
    ck_assert_uint_eq(offset_of(HV_INSN_64, "440fab00"), 0x1000 - 8);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "4c0fab00"), 0x1000 - 8);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "66440fab00"), 0x1000 - 6);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "0fa308"), 0x1000 + 4);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "0fba28ff"), 0x1000);
}
END_TEST

START_TEST(pop_counts_its_own_increment_of_the_stack_pointer)
{
    ck_assert_uint_eq(offset_of(HV_INSN_64, "8f0424"), 0x8008);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "668f0424"), 0x8002);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "8f00"), 0x1000);
    ck_assert_uint_eq(offset_of(HV_INSN_64, "ff3424"), 0x8000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("insn");
    tcase_add_test(tcase, intercepted_instructions_have_a_name_and_a_length);
    tcase_add_test(tcase, lengths_follow_mode_and_prefixes);
    tcase_add_test(tcase, memory_operands_are_described);
    tcase_add_test(tcase, arithmetic_with_an_immediate_is_eight_instructions);
    tcase_add_test(tcase, immediates_are_extended_to_the_operand);
    tcase_add_test(tcase, byte_registers_four_to_seven_need_rex_to_be_low);
    tcase_add_test(tcase, operand_order_tells_the_forms_of_cmp_apart);
    tcase_add_test(tcase, control_registers_are_numbered);
    tcase_add_test(tcase, prefixes_are_reported);
    tcase_add_test(tcase, instructions_that_do_not_exist_are_invalid);
    tcase_add_test(tcase, lock_is_refused_where_nothing_can_be_locked);
    tcase_add_test(tcase, fifteen_bytes_are_the_limit);
    tcase_add_test(tcase, effective_offsets_wrap_at_the_address_size);
    tcase_add_test(tcase, string_instructions_use_si_and_di);
    tcase_add_test(tcase, bit_offsets_in_registers_move_the_operand);
    tcase_add_test(tcase, pop_counts_its_own_increment_of_the_stack_pointer);
    Suite *suite = suite_create("core_insn");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
