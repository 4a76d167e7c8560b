/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Opcode tables of the instruction decoder: one row says what follows an opcode and how it is used.
 */
#ifndef HV_INSN_TABLES_H
#define HV_INSN_TABLES_H

#include <stdint.h>

enum insn_immediate {
    INSN_IMM_NONE,
    /** One byte, sign-extended. */
    INSN_IMM_S8,
    /** One byte, zero-extended. */
    INSN_IMM_U8,
    INSN_IMM_16,
    INSN_IMM_32,
    /** As wide as the operand, four bytes at most. */
    INSN_IMM_Z,
    /** As wide as the operand. */
    INSN_IMM_V,
    /** Far pointer: offset and selector. */
    INSN_IMM_FAR,
    /** ENTER, EXTRQ, INSERTQ: two immediates, taken as one number. */
    INSN_IMM_24,
    INSN_IMM_2X8,
    /** Address of the operand, as wide as addresses are. */
    INSN_IMM_MOFFS,
};

enum insn_size {
    INSN_SIZE_V,
    INSN_SIZE_BYTE,
    /** As V, four bytes at most. */
    INSN_SIZE_Z,
    /** As V, but eight bytes instead of four in 64-bit mode. */
    INSN_SIZE_D64,
    /** Eight bytes in 64-bit mode, else as V. */
    INSN_SIZE_F64,
    /** Eight bytes in 64-bit mode, else four. */
    INSN_SIZE_NATIVE,
    /** Eight bytes with REX.W, else four. */
    INSN_SIZE_4_OR_8,
};

/** Size of the memory operand: bytes, or one of these. */
enum insn_memory_size {
    INSN_MEM_OPERAND = 0,
    INSN_MEM_TABLE_REGISTER = 0x40,
    INSN_MEM_PAIR,
    INSN_MEM_UP_TO_4,
    INSN_MEM_ADDRESS_ONLY,
};

enum insn_rule {
    INSN_MODRM = 1 << 0,
    INSN_NOT_IN_64 = 1 << 1,
    INSN_LOCKABLE = 1 << 2,
    INSN_MEMORY_ONLY = 1 << 3,
    /** #UD after 66, F2 or F3. */
    INSN_NO_PREFIX = 1 << 4,
    /** rm is a register whatever mod is. */
    INSN_RM_REGISTER = 1 << 5,
    /** op is an enum insn_group; ModRM.reg selects the row. */
    INSN_GROUP = 1 << 6,
    INSN_UNDEFINED = 1 << 7,
    INSN_RM_FIRST = 1 << 8,
    /** Memory operand at rSI or ES:rDI. */
    INSN_AT_SI = 1 << 9,
    INSN_AT_DI = 1 << 10,
};

enum insn_group {
    INSN_GROUP_80,
    INSN_GROUP_81,
    INSN_GROUP_83,
    INSN_GROUP_8F,
    INSN_GROUP_C6,
    INSN_GROUP_C7,
    INSN_GROUP_F6,
    INSN_GROUP_F7,
    INSN_GROUP_FE,
    INSN_GROUP_FF,
    INSN_GROUP_0F00,
    /** With a memory operand; otherwise hv_insn_0f01_register applies. */
    INSN_GROUP_0F01,
    INSN_GROUP_0FBA,
    INSN_GROUP_0FC7,
    INSN_GROUP_COUNT,
};

struct insn_row {
    uint8_t op;
    uint8_t immediate;
    uint8_t size;
    uint8_t memory_size;
    uint8_t access;
    uint16_t rules;
};

extern const struct insn_row hv_insn_map_primary[256];
extern const struct insn_row hv_insn_map_0f[256];
extern const struct insn_row hv_insn_group[INSN_GROUP_COUNT][8];
/** Index: the low six bits of a ModRM byte with mod 3. */
extern const struct insn_row hv_insn_0f01_register[64];

#endif
