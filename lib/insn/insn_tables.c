/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Source: AMD64 APM Vol. 3, appendix A.1 "Opcode Maps"; Intel SDM Vol. 2, appendix A.3 to A.4. */
#include "insn_tables.h"

#include <hv/insn.h>

#define LOAD   HV_INSN_ACCESS_LOAD
#define STORE  HV_INSN_ACCESS_STORE
#define MODIFY HV_INSN_ACCESS_MODIFY
#define NONE   HV_INSN_ACCESS_NONE

#define OP(name)   HV_INSN_OP_##name
#define IMM(name)  INSN_IMM_##name
#define SIZE(name) INSN_SIZE_##name

/* Rows without a name. */
#define PLAIN \
    {         \
        0     \
    }
#define RULES(bits)     \
    {                   \
        .rules = (bits) \
    }
#define MODRM     RULES(INSN_MODRM)
#define UNDEFINED RULES(INSN_UNDEFINED)
#define NOT_IN_64 RULES(INSN_NOT_IN_64)
#define IMMEDIATE(imm, width, bits)                                 \
    {                                                               \
        .immediate = IMM(imm), .size = SIZE(width), .rules = (bits) \
    }
#define MODRM_IMM8 IMMEDIATE(U8, V, INSN_MODRM)
#define MODRM_SIZE(width)                        \
    {                                            \
        .size = SIZE(width), .rules = INSN_MODRM \
    }
#define BRANCH8 IMMEDIATE(S8, F64, 0)
#define BRANCH  IMMEDIATE(Z, F64, 0)
#define GROUP(name)                                               \
    {                                                             \
        .op = INSN_GROUP_##name, .rules = INSN_MODRM | INSN_GROUP \
    }

/* Rows with a name. */
#define NAMED(name, width, bits)                             \
    {                                                        \
        .op = OP(name), .size = SIZE(width), .rules = (bits) \
    }
#define NAMED_IMM(name, imm, width, bits)                                           \
    {                                                                               \
        .op = OP(name), .immediate = IMM(imm), .size = SIZE(width), .rules = (bits) \
    }
#define MEMORY(name, width, bytes, direction, bits)                                         \
    {                                                                                       \
        .op = OP(name), .size = SIZE(width), .memory_size = (bytes), .access = (direction), \
        .rules = (bits)                                                                     \
    }
#define MEMORY_IMM(name, imm, width, direction, bits)                                      \
    {                                                                                      \
        .op = OP(name), .immediate = IMM(imm), .size = SIZE(width), .access = (direction), \
        .rules = (bits)                                                                    \
    }
#define RM_REG(name, width, direction, bits) \
    MEMORY(name, width, INSN_MEM_OPERAND, direction, INSN_MODRM | INSN_RM_FIRST | (bits))
#define REG_RM(name, width) MEMORY(name, width, INSN_MEM_OPERAND, LOAD, INSN_MODRM)
#define RM_IMM(name, imm, width, direction, bits) \
    MEMORY_IMM(name, imm, width, direction, INSN_MODRM | INSN_RM_FIRST | (bits))
#define STRING(name, width, direction, place) \
    MEMORY(name, width, INSN_MEM_OPERAND, direction, place)
#define CONTROL(name) NAMED(name, NATIVE, INSN_MODRM | INSN_RM_REGISTER)

/* The eight opcodes of an arithmetic instruction in the one-byte map, without the last two. */
#define ARITHMETIC(name, direction, bits)                                                      \
    RM_REG(name, BYTE, direction, bits), RM_REG(name, V, direction, bits), REG_RM(name, BYTE), \
        REG_RM(name, V), IMMEDIATE(S8, BYTE, 0), IMMEDIATE(Z, V, 0)
#define ARITHMETIC_GROUP(imm, width, bits)                           \
    {                                                                \
        RM_IMM(ADD, imm, width, MODIFY, INSN_LOCKABLE | (bits)),     \
            RM_IMM(OR, imm, width, MODIFY, INSN_LOCKABLE | (bits)),  \
            RM_IMM(ADC, imm, width, MODIFY, INSN_LOCKABLE | (bits)), \
            RM_IMM(SBB, imm, width, MODIFY, INSN_LOCKABLE | (bits)), \
            RM_IMM(AND, imm, width, MODIFY, INSN_LOCKABLE | (bits)), \
            RM_IMM(SUB, imm, width, MODIFY, INSN_LOCKABLE | (bits)), \
            RM_IMM(XOR, imm, width, MODIFY, INSN_LOCKABLE | (bits)), \
            RM_IMM(CMP, imm, width, LOAD, bits)                      \
    }
#define UNARY_GROUP(imm, width)                                                                   \
    {                                                                                             \
        RM_IMM(TEST, imm, width, LOAD, 0), RM_IMM(TEST, imm, width, LOAD, 0),                     \
            RM_REG(NOT, width, MODIFY, INSN_LOCKABLE), RM_REG(NEG, width, MODIFY, INSN_LOCKABLE), \
            MODRM_SIZE(width), MODRM_SIZE(width), MODRM_SIZE(width), MODRM_SIZE(width)            \
    }

/* Rows 26, 2E, 36, 3E, 40-4F in 64-bit mode, 64-67, F0, F2 and F3 are prefixes; 0F leads to its
 * map. */
const struct insn_row hv_insn_map_primary[256] = {
    [0x00] = ARITHMETIC(ADD, MODIFY, INSN_LOCKABLE),
    NOT_IN_64,
    NOT_IN_64,
    [0x08] = ARITHMETIC(OR, MODIFY, INSN_LOCKABLE),
    NOT_IN_64,
    UNDEFINED,
    [0x10] = ARITHMETIC(ADC, MODIFY, INSN_LOCKABLE),
    NOT_IN_64,
    NOT_IN_64,
    [0x18] = ARITHMETIC(SBB, MODIFY, INSN_LOCKABLE),
    NOT_IN_64,
    NOT_IN_64,
    [0x20] = ARITHMETIC(AND, MODIFY, INSN_LOCKABLE),
    UNDEFINED,
    NOT_IN_64,
    [0x28] = ARITHMETIC(SUB, MODIFY, INSN_LOCKABLE),
    UNDEFINED,
    NOT_IN_64,
    [0x30] = ARITHMETIC(XOR, MODIFY, INSN_LOCKABLE),
    UNDEFINED,
    NOT_IN_64,
    [0x38] = ARITHMETIC(CMP, LOAD, 0),
    UNDEFINED,
    NOT_IN_64,
    [0x40 ... 0x4F] = NOT_IN_64,
    [0x50 ... 0x5F] = NAMED(OTHER, D64, 0),
    [0x60 ... 0x61] = NOT_IN_64,
    [0x62] = RULES(INSN_MODRM | INSN_NOT_IN_64 | INSN_MEMORY_ONLY),
    [0x63] = RULES(INSN_MODRM | INSN_NOT_IN_64),
    [0x64 ... 0x67] = UNDEFINED,
    [0x68] = IMMEDIATE(Z, D64, 0),
    [0x69] = IMMEDIATE(Z, V, INSN_MODRM),
    [0x6A] = IMMEDIATE(S8, D64, 0),
    [0x6B] = IMMEDIATE(S8, V, INSN_MODRM),
    [0x6C] = STRING(INS, BYTE, STORE, INSN_AT_DI),
    [0x6D] = STRING(INS, Z, STORE, INSN_AT_DI),
    [0x6E] = STRING(OUTS, BYTE, LOAD, INSN_AT_SI),
    [0x6F] = STRING(OUTS, Z, LOAD, INSN_AT_SI),
    [0x70 ... 0x7F] = BRANCH8,
    [0x80] = GROUP(80),
    [0x81] = GROUP(81),
    [0x82] = { .op = INSN_GROUP_80, .rules = INSN_MODRM | INSN_GROUP | INSN_NOT_IN_64 },
    [0x83] = GROUP(83),
    [0x84] = RM_REG(TEST, BYTE, LOAD, 0),
    [0x85] = RM_REG(TEST, V, LOAD, 0),
    [0x86] = RM_REG(XCHG, BYTE, MODIFY, INSN_LOCKABLE),
    [0x87] = RM_REG(XCHG, V, MODIFY, INSN_LOCKABLE),
    [0x88] = RM_REG(MOV, BYTE, STORE, 0),
    [0x89] = RM_REG(MOV, V, STORE, 0),
    [0x8A] = REG_RM(MOV, BYTE),
    [0x8B] = REG_RM(MOV, V),
    [0x8C] = MODRM,
    [0x8D] = RULES(INSN_MODRM | INSN_MEMORY_ONLY),
    [0x8E] = MODRM,
    [0x8F] = GROUP(8F),
    [0x90 ... 0x99] = PLAIN,
    [0x9A] = IMMEDIATE(FAR, V, INSN_NOT_IN_64),
    [0x9B] = PLAIN,
    [0x9C] = NAMED(PUSHF, D64, 0),
    [0x9D] = NAMED(POPF, D64, 0),
    [0x9E ... 0x9F] = PLAIN,
    [0xA0] = MEMORY_IMM(MOV, MOFFS, BYTE, LOAD, 0),
    [0xA1] = MEMORY_IMM(MOV, MOFFS, V, LOAD, 0),
    [0xA2] = MEMORY_IMM(MOV, MOFFS, BYTE, STORE, INSN_RM_FIRST),
    [0xA3] = MEMORY_IMM(MOV, MOFFS, V, STORE, INSN_RM_FIRST),
    [0xA4] = STRING(MOVS, BYTE, LOAD, INSN_AT_SI),
    [0xA5] = STRING(MOVS, V, LOAD, INSN_AT_SI),
    [0xA6] = STRING(CMPS, BYTE, LOAD, INSN_AT_SI | INSN_RM_FIRST),
    [0xA7] = STRING(CMPS, V, LOAD, INSN_AT_SI | INSN_RM_FIRST),
    [0xA8] = IMMEDIATE(S8, BYTE, 0),
    [0xA9] = IMMEDIATE(Z, V, 0),
    [0xAA] = STRING(STOS, BYTE, STORE, INSN_AT_DI | INSN_RM_FIRST),
    [0xAB] = STRING(STOS, V, STORE, INSN_AT_DI | INSN_RM_FIRST),
    [0xAC] = STRING(LODS, BYTE, LOAD, INSN_AT_SI),
    [0xAD] = STRING(LODS, V, LOAD, INSN_AT_SI),
    [0xAE] = STRING(SCAS, BYTE, LOAD, INSN_AT_DI),
    [0xAF] = STRING(SCAS, V, LOAD, INSN_AT_DI),
    [0xB0 ... 0xB7] = IMMEDIATE(S8, BYTE, 0),
    [0xB8 ... 0xBF] = IMMEDIATE(V, V, 0),
    [0xC0] = IMMEDIATE(U8, BYTE, INSN_MODRM),
    [0xC1] = IMMEDIATE(U8, V, INSN_MODRM),
    [0xC2] = IMMEDIATE(16, F64, 0),
    [0xC3] = NAMED(OTHER, F64, 0),
    [0xC4 ... 0xC5] = RULES(INSN_MODRM | INSN_NOT_IN_64 | INSN_MEMORY_ONLY),
    [0xC6] = GROUP(C6),
    [0xC7] = GROUP(C7),
    [0xC8] = IMMEDIATE(24, D64, 0),
    [0xC9] = NAMED(OTHER, D64, 0),
    [0xCA] = IMMEDIATE(16, V, 0),
    [0xCB] = PLAIN,
    [0xCC] = NAMED(INT3, V, 0),
    [0xCD] = NAMED_IMM(INT, U8, V, 0),
    [0xCE] = NAMED(INTO, V, INSN_NOT_IN_64),
    [0xCF] = NAMED(IRET, V, 0),
    [0xD0] = MODRM_SIZE(BYTE),
    [0xD1] = MODRM,
    [0xD2] = MODRM_SIZE(BYTE),
    [0xD3] = MODRM,
    [0xD4 ... 0xD5] = IMMEDIATE(U8, BYTE, INSN_NOT_IN_64),
    [0xD6] = NOT_IN_64,
    [0xD7] = PLAIN,
    [0xD8 ... 0xDF] = MODRM,
    [0xE0 ... 0xE3] = BRANCH8,
    [0xE4] = NAMED_IMM(IN, U8, BYTE, 0),
    [0xE5] = NAMED_IMM(IN, U8, Z, 0),
    [0xE6] = NAMED_IMM(OUT, U8, BYTE, 0),
    [0xE7] = NAMED_IMM(OUT, U8, Z, 0),
    [0xE8 ... 0xE9] = BRANCH,
    [0xEA] = IMMEDIATE(FAR, V, INSN_NOT_IN_64),
    [0xEB] = BRANCH8,
    [0xEC] = NAMED(IN, BYTE, 0),
    [0xED] = NAMED(IN, Z, 0),
    [0xEE] = NAMED(OUT, BYTE, 0),
    [0xEF] = NAMED(OUT, Z, 0),
    [0xF0] = UNDEFINED,
    [0xF1] = NAMED(INT1, V, 0),
    [0xF2 ... 0xF3] = UNDEFINED,
    [0xF4] = NAMED(HLT, V, 0),
    [0xF5] = PLAIN,
    [0xF6] = GROUP(F6),
    [0xF7] = GROUP(F7),
    [0xF8 ... 0xFD] = PLAIN,
    [0xFE] = GROUP(FE),
    [0xFF] = GROUP(FF),
};

const struct insn_row hv_insn_map_0f[256] = {
    [0x00] = GROUP(0F00),
    [0x01] = GROUP(0F01),
    [0x02 ... 0x03] = MODRM,
    [0x04] = UNDEFINED,
    [0x05] = PLAIN,
    [0x06] = NAMED(CLTS, V, 0),
    [0x07] = PLAIN,
    [0x08] = NAMED(INVD, V, 0),
    [0x09] = NAMED(WBINVD, V, 0),
    [0x0A] = UNDEFINED,
    [0x0B] = PLAIN,
    [0x0C] = UNDEFINED,
    [0x0D] = MODRM,
    [0x0E] = PLAIN,
    [0x0F] = MODRM_IMM8,
    [0x10 ... 0x1F] = MODRM,
    [0x20] = CONTROL(MOV_FROM_CR),
    [0x21] = CONTROL(MOV_FROM_DR),
    [0x22] = CONTROL(MOV_TO_CR),
    [0x23] = CONTROL(MOV_TO_DR),
    [0x24 ... 0x27] = UNDEFINED,
    [0x28 ... 0x2F] = MODRM,
    [0x30] = NAMED(WRMSR, V, 0),
    [0x31] = NAMED(RDTSC, V, 0),
    [0x32] = NAMED(RDMSR, V, 0),
    [0x33] = NAMED(RDPMC, V, 0),
    [0x34 ... 0x35] = PLAIN,
    [0x36] = UNDEFINED,
    [0x37] = PLAIN,
    [0x38 ... 0x3F] = UNDEFINED,
    [0x40 ... 0x6F] = MODRM,
    [0x70 ... 0x73] = MODRM_IMM8,
    [0x74 ... 0x76] = MODRM,
    [0x77] = PLAIN,
    [0x78 ... 0x79] = MODRM,
    [0x7A ... 0x7B] = UNDEFINED,
    [0x7C ... 0x7F] = MODRM,
    [0x80 ... 0x8F] = BRANCH,
    [0x90 ... 0x9F] = MODRM_SIZE(BYTE),
    [0xA0 ... 0xA1] = NAMED(OTHER, D64, 0),
    [0xA2] = NAMED(CPUID, V, 0),
    [0xA3] = RM_REG(BT, V, LOAD, 0),
    [0xA4] = MODRM_IMM8,
    [0xA5 ... 0xA7] = MODRM,
    [0xA8 ... 0xA9] = NAMED(OTHER, D64, 0),
    [0xAA] = NAMED(RSM, V, 0),
    [0xAB] = RM_REG(BTS, V, MODIFY, INSN_LOCKABLE),
    [0xAC] = MODRM_IMM8,
    [0xAD ... 0xAF] = MODRM,
    [0xB0] = RM_REG(CMPXCHG, BYTE, MODIFY, INSN_LOCKABLE),
    [0xB1] = RM_REG(CMPXCHG, V, MODIFY, INSN_LOCKABLE),
    [0xB2] = RULES(INSN_MODRM | INSN_MEMORY_ONLY),
    [0xB3] = RM_REG(BTR, V, MODIFY, INSN_LOCKABLE),
    [0xB4 ... 0xB5] = RULES(INSN_MODRM | INSN_MEMORY_ONLY),
    [0xB6] = MEMORY(MOVZX, V, 1, LOAD, INSN_MODRM),
    [0xB7] = MEMORY(MOVZX, V, 2, LOAD, INSN_MODRM),
    [0xB8 ... 0xB9] = MODRM,
    [0xBA] = GROUP(0FBA),
    [0xBB] = RM_REG(BTC, V, MODIFY, INSN_LOCKABLE),
    [0xBC ... 0xBD] = MODRM,
    [0xBE] = MEMORY(MOVSX, V, 1, LOAD, INSN_MODRM),
    [0xBF] = MEMORY(MOVSX, V, 2, LOAD, INSN_MODRM),
    [0xC0] = RM_REG(XADD, BYTE, MODIFY, INSN_LOCKABLE),
    [0xC1] = RM_REG(XADD, V, MODIFY, INSN_LOCKABLE),
    [0xC2] = MODRM_IMM8,
    [0xC3] = RM_REG(MOV, 4_OR_8, STORE, INSN_MEMORY_ONLY | INSN_NO_PREFIX),
    [0xC4 ... 0xC6] = MODRM_IMM8,
    [0xC7] = GROUP(0FC7),
    [0xC8 ... 0xCF] = PLAIN,
    [0xD0 ... 0xFF] = MODRM,
};

#define INCREMENT(name, width)          RM_REG(name, width, MODIFY, INSN_LOCKABLE)
#define MODRM_FAR                       RULES(INSN_MODRM | INSN_MEMORY_ONLY)
#define BIT_TEST(name, direction, bits) RM_IMM(name, U8, V, direction, bits)
#define TABLE_REGISTER(name, direction) \
    MEMORY(name, NATIVE, INSN_MEM_TABLE_REGISTER, direction, INSN_MODRM | INSN_MEMORY_ONLY)
#define SELECTOR(name, direction) MEMORY(name, V, 2, direction, INSN_MODRM | INSN_RM_FIRST)

const struct insn_row hv_insn_group[INSN_GROUP_COUNT][8] = {
    [INSN_GROUP_80] = ARITHMETIC_GROUP(S8, BYTE, 0),
    [INSN_GROUP_81] = ARITHMETIC_GROUP(Z, V, 0),
    [INSN_GROUP_83] = ARITHMETIC_GROUP(S8, V, 0),
    [INSN_GROUP_8F] = { RM_REG(POP, D64, STORE, 0), [1 ... 7] = UNDEFINED },
    [INSN_GROUP_C6] = { RM_IMM(MOV, S8, BYTE, STORE, 0), [1 ... 6] = UNDEFINED,
                        IMMEDIATE(S8, BYTE, INSN_MODRM) },
    [INSN_GROUP_C7] = { RM_IMM(MOV, Z, V, STORE, 0), [1 ... 6] = UNDEFINED,
                        IMMEDIATE(Z, V, INSN_MODRM) },
    [INSN_GROUP_F6] = UNARY_GROUP(S8, BYTE),
    [INSN_GROUP_F7] = UNARY_GROUP(Z, V),
    [INSN_GROUP_FE] = { INCREMENT(INC, BYTE), INCREMENT(DEC, BYTE), [2 ... 7] = UNDEFINED },
    [INSN_GROUP_FF] = { INCREMENT(INC, V), INCREMENT(DEC, V), MODRM_SIZE(F64), MODRM_FAR,
                        MODRM_SIZE(F64), MODRM_FAR,
                        MEMORY(PUSH, D64, INSN_MEM_OPERAND, LOAD, INSN_MODRM), UNDEFINED },
    [INSN_GROUP_0F00] = { SELECTOR(SLDT, STORE), SELECTOR(STR, STORE), SELECTOR(LLDT, LOAD),
                          SELECTOR(LTR, LOAD), [4 ... 7] = MODRM },
    [INSN_GROUP_0F01] = { TABLE_REGISTER(SGDT, STORE), TABLE_REGISTER(SIDT, STORE),
                          TABLE_REGISTER(LGDT, LOAD), TABLE_REGISTER(LIDT, LOAD),
                          SELECTOR(SMSW, STORE), MODRM, SELECTOR(LMSW, LOAD),
                          MEMORY(INVLPG, NATIVE, INSN_MEM_ADDRESS_ONLY, NONE, INSN_MODRM) },
    [INSN_GROUP_0FBA] = { [0 ... 3] = UNDEFINED,
                          BIT_TEST(BT, LOAD, 0),
                          BIT_TEST(BTS, MODIFY, INSN_LOCKABLE),
                          BIT_TEST(BTR, MODIFY, INSN_LOCKABLE),
                          BIT_TEST(BTC, MODIFY, INSN_LOCKABLE) },
    [INSN_GROUP_0FC7] = { MODRM,
                          MEMORY(CMPXCHG_PAIR, 4_OR_8, INSN_MEM_PAIR, MODIFY,
                                 INSN_MODRM | INSN_RM_FIRST | INSN_MEMORY_ONLY | INSN_LOCKABLE),
                          [2 ... 7] = MODRM },
};

#define SYSTEM(name)       NAMED(name, V, INSN_MODRM)
#define SYSTEM_ALONE(name) NAMED(name, V, INSN_MODRM | INSN_NO_PREFIX)

const struct insn_row hv_insn_0f01_register[64] = {
    [0x00] = MODRM,
    [0x01] = SYSTEM_ALONE(VMCALL),
    [0x02 ... 0x07] = MODRM,
    [0x08] = SYSTEM_ALONE(MONITOR),
    [0x09] = SYSTEM_ALONE(MWAIT),
    [0x0A ... 0x0F] = MODRM,
    [0x10] = SYSTEM_ALONE(XGETBV),
    [0x11] = SYSTEM_ALONE(XSETBV),
    [0x12 ... 0x17] = MODRM,
    [0x18] = SYSTEM(VMRUN),
    [0x19] = SYSTEM(VMMCALL),
    [0x1A] = SYSTEM(VMLOAD),
    [0x1B] = SYSTEM(VMSAVE),
    [0x1C] = SYSTEM(STGI),
    [0x1D] = SYSTEM(CLGI),
    [0x1E] = SYSTEM(SKINIT),
    [0x1F] = SYSTEM(INVLPGA),
    [0x20 ... 0x27] = SELECTOR(SMSW, STORE),
    [0x28 ... 0x2F] = MODRM,
    [0x30 ... 0x37] = SELECTOR(LMSW, LOAD),
    [0x38] = MODRM,
    [0x39] = SYSTEM(RDTSCP),
    [0x3A] = SYSTEM_ALONE(MONITORX),
    [0x3B] = SYSTEM_ALONE(MWAITX),
    [0x3C] = MODRM,
    [0x3D] = SYSTEM(RDPRU),
    [0x3E ... 0x3F] = MODRM,
};
