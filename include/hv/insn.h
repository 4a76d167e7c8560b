/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * x86 instruction decoder.
 *
 * A hypervisor needs it twice: to find the length and identity of an intercepted instruction where
 * the CPU does not report the next instruction pointer, and to emulate a load or store that faulted
 * on an emulated page (the APIC page, device memory). The length is right for every instruction of
 * the one-byte, 0F, 0F38, 0F3A, VEX, EVEX and XOP maps; the operands are described for those that
 * have a name in enum hv_insn_op.
 *
 * Source: AMD64 Architecture Programmer's Manual, Volume 3, chapter 1 "Instruction Encoding" and
 * appendix A "Opcode and Operand Encodings"; Intel SDM, Volume 2, chapter 2 and appendix A.
 */
#ifndef HV_INSN_H
#define HV_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An instruction that is longer raises #GP (APM Vol. 3, 1.1). */
#define HV_INSN_MAX_LENGTH 15u

/** Value of hv_insn_memory::base and hv_insn_memory::index when the operand has none. */
#define HV_INSN_NO_REGISTER 0xFFu

/** Default operand and address size of the code segment. */
enum hv_insn_mode {
    HV_INSN_16,
    HV_INSN_32,
    HV_INSN_64,
};

enum hv_insn_status {
    HV_INSN_OK,
    /** The bytes given are a proper beginning: call again with more. */
    HV_INSN_TRUNCATED,
    /** No such instruction in this mode, or longer than HV_INSN_MAX_LENGTH: the guest gets a fault.
     */
    HV_INSN_INVALID,
};

/** Bits of hv_insn::prefixes. Of several F2 and F3 bytes the last one counts. */
enum hv_insn_prefix {
    HV_INSN_PREFIX_LOCK = 1 << 0,
    HV_INSN_PREFIX_REP = 1 << 1,
    HV_INSN_PREFIX_REPNE = 1 << 2,
    HV_INSN_PREFIX_OPERAND_SIZE = 1 << 3,
    HV_INSN_PREFIX_ADDRESS_SIZE = 1 << 4,
    HV_INSN_PREFIX_SEGMENT = 1 << 5,
};

/** Bits of hv_insn::rex. A VEX, EVEX or XOP prefix sets the same bits. */
enum hv_insn_rex {
    HV_INSN_REX_B = 1 << 0,
    HV_INSN_REX_X = 1 << 1,
    HV_INSN_REX_R = 1 << 2,
    HV_INSN_REX_W = 1 << 3,
    /** A REX prefix is present, even if it carries none of the other bits. */
    HV_INSN_REX_PRESENT = 1 << 6,
};

enum hv_insn_encoding {
    HV_INSN_ENCODING_LEGACY,
    HV_INSN_ENCODING_VEX,
    HV_INSN_ENCODING_EVEX,
    HV_INSN_ENCODING_XOP,
};

/** Values of hv_insn::map; a VEX, EVEX or XOP prefix gives the number itself (XOP: 8 to 10). */
enum hv_insn_map {
    HV_INSN_MAP_PRIMARY = 0,
    HV_INSN_MAP_0F = 1,
    HV_INSN_MAP_0F38 = 2,
    HV_INSN_MAP_0F3A = 3,
};

/** Segment registers, numbered as in a MOV Sreg instruction. */
enum hv_insn_segment {
    HV_INSN_ES,
    HV_INSN_CS,
    HV_INSN_SS,
    HV_INSN_DS,
    HV_INSN_FS,
    HV_INSN_GS,
};

/** What an instruction does with its memory operand. */
enum hv_insn_access {
    /** No memory operand, only its address is used (INVLPG), or not known (HV_INSN_OP_OTHER). */
    HV_INSN_ACCESS_NONE = 0,
    HV_INSN_ACCESS_LOAD = 1,
    HV_INSN_ACCESS_STORE = 2,
    HV_INSN_ACCESS_MODIFY = 3,
};

enum hv_insn_op {
    /** Any instruction that needs no emulation: length, ModRM and address are right, no more. */
    HV_INSN_OP_OTHER,

    /* Instructions that a hypervisor intercepts. */
    HV_INSN_OP_CPUID,
    HV_INSN_OP_RDMSR,
    HV_INSN_OP_WRMSR,
    HV_INSN_OP_VMCALL,
    HV_INSN_OP_VMMCALL,
    HV_INSN_OP_HLT,
    HV_INSN_OP_XGETBV,
    HV_INSN_OP_XSETBV,
    HV_INSN_OP_INVLPG,
    HV_INSN_OP_INVLPGA,
    HV_INSN_OP_INVD,
    /** WBINVD, and WBNOINVD, which is the same with an F3 prefix that older CPUs ignore. */
    HV_INSN_OP_WBINVD,
    HV_INSN_OP_MONITOR,
    HV_INSN_OP_MWAIT,
    HV_INSN_OP_MONITORX,
    HV_INSN_OP_MWAITX,
    HV_INSN_OP_PAUSE,
    HV_INSN_OP_RDTSC,
    HV_INSN_OP_RDTSCP,
    HV_INSN_OP_RDPMC,
    HV_INSN_OP_RDPRU,
    /** The port is the immediate if immediate_size is 1, else DX. */
    HV_INSN_OP_IN,
    HV_INSN_OP_OUT,
    HV_INSN_OP_INS,
    HV_INSN_OP_OUTS,
    /** The control or debug register is reg, the general register rm. */
    HV_INSN_OP_MOV_FROM_CR,
    HV_INSN_OP_MOV_TO_CR,
    HV_INSN_OP_MOV_FROM_DR,
    HV_INSN_OP_MOV_TO_DR,
    HV_INSN_OP_CLTS,
    HV_INSN_OP_SMSW,
    HV_INSN_OP_LMSW,
    HV_INSN_OP_SGDT,
    HV_INSN_OP_SIDT,
    HV_INSN_OP_LGDT,
    HV_INSN_OP_LIDT,
    HV_INSN_OP_SLDT,
    HV_INSN_OP_STR,
    HV_INSN_OP_LLDT,
    HV_INSN_OP_LTR,
    HV_INSN_OP_VMRUN,
    HV_INSN_OP_VMLOAD,
    HV_INSN_OP_VMSAVE,
    HV_INSN_OP_STGI,
    HV_INSN_OP_CLGI,
    HV_INSN_OP_SKINIT,
    HV_INSN_OP_INT,
    HV_INSN_OP_INT1,
    HV_INSN_OP_INT3,
    HV_INSN_OP_INTO,
    HV_INSN_OP_IRET,
    HV_INSN_OP_PUSHF,
    HV_INSN_OP_POPF,
    HV_INSN_OP_RSM,

    /* Instructions that access memory, with operands in ModRM (or an absolute offset, MOV). */
    HV_INSN_OP_MOV,
    HV_INSN_OP_MOVZX,
    /** MOVSX and MOVSXD. */
    HV_INSN_OP_MOVSX,
    HV_INSN_OP_XCHG,
    HV_INSN_OP_XADD,
    HV_INSN_OP_CMPXCHG,
    /** CMPXCHG8B and CMPXCHG16B. */
    HV_INSN_OP_CMPXCHG_PAIR,
    HV_INSN_OP_ADD,
    HV_INSN_OP_OR,
    HV_INSN_OP_ADC,
    HV_INSN_OP_SBB,
    HV_INSN_OP_AND,
    HV_INSN_OP_SUB,
    HV_INSN_OP_XOR,
    HV_INSN_OP_CMP,
    HV_INSN_OP_TEST,
    HV_INSN_OP_NOT,
    HV_INSN_OP_NEG,
    HV_INSN_OP_INC,
    HV_INSN_OP_DEC,
    HV_INSN_OP_BT,
    HV_INSN_OP_BTS,
    HV_INSN_OP_BTR,
    HV_INSN_OP_BTC,
    HV_INSN_OP_PUSH,
    HV_INSN_OP_POP,

    /* String instructions; INS and OUTS above are two more. */
    HV_INSN_OP_MOVS,
    HV_INSN_OP_CMPS,
    HV_INSN_OP_STOS,
    HV_INSN_OP_LODS,
    HV_INSN_OP_SCAS,
};

/**
 * The memory operand. MOVS and CMPS have two: this is the source, at rSI; the other one is always
 * at ES:rDI and has the same size (hv_insn_string_destination).
 */
struct hv_insn_memory {
    bool present;
    bool rip_relative;
    /** enum hv_insn_segment. In 64-bit mode the bases of ES, CS, SS and DS are zero. */
    uint8_t segment;
    /** Number of a general register (0 RAX ... 15 R15), or HV_INSN_NO_REGISTER. */
    uint8_t base;
    uint8_t index;
    /** 1, 2, 4 or 8. */
    uint8_t scale;
    /** Bytes accessed; 0 for HV_INSN_ACCESS_NONE. */
    uint8_t size;
    /** enum hv_insn_access. */
    uint8_t access;
    /** Sign-extended. An 8-bit displacement after EVEX is not scaled. */
    int64_t displacement;
};

/** One decoded instruction. Registers are numbered with the REX bits applied, 0 to 15. */
struct hv_insn {
    enum hv_insn_op op;
    /** Bytes, 1 to 15. */
    uint8_t length;
    /** enum hv_insn_encoding. */
    uint8_t encoding;
    /** enum hv_insn_map. */
    uint8_t map;
    uint8_t opcode;
    /** enum hv_insn_prefix. */
    uint8_t prefixes;
    /** enum hv_insn_rex. */
    uint8_t rex;
    bool has_modrm;
    uint8_t modrm;
    /** Bytes: 1, 2, 4 or 8. MOVZX and MOVSX: of the register written. */
    uint8_t operand_size;
    /** Bytes: 2, 4 or 8. */
    uint8_t address_size;
    /**
     * Register operand. Without ModRM it is 0, the accumulator. With reg_high_byte it is bits 15:8
     * of that register (AH, CH, DH, BH).
     */
    uint8_t reg;
    /** The other register operand, when has_modrm and there is no memory operand. */
    uint8_t rm;
    bool reg_high_byte;
    bool rm_high_byte;
    /**
     * The memory or rm operand is the first: what is written, or the left side of CMP. For
     * HV_INSN_OP_MOV to HV_INSN_OP_BTC.
     */
    bool rm_first;
    /** Bytes in the encoding, 0 if there is no immediate: then the other operand is reg. */
    uint8_t immediate_size;
    /** Sign-extended, except ports and interrupt vectors. */
    int64_t immediate;
    struct hv_insn_memory memory;
};

/**
 * Decodes one instruction.
 *
 * LOCK is refused where the CPU refuses it, except that LOCK MOV CR0 names CR8 (APM Vol. 3,
 * "MOV CRn"). In 64-bit mode near branches ignore the operand size prefix, as on Intel.
 *
 * @param bytes  Instruction bytes; read up to the end of the instruction, never past @p n.
 * @param n      How many there are; 15 are always enough.
 * @param mode   Code segment default: HV_INSN_64 if CS.L in long mode, else from CS.D.
 * @param out    Filled when HV_INSN_OK is returned, else undefined.
 */
enum hv_insn_status hv_insn_decode(const uint8_t *bytes, size_t n, enum hv_insn_mode mode,
                                   struct hv_insn *out);

/**
 * Offset of the memory operand within its segment, truncated to the address size.
 *
 * It counts the bit offset of BT, BTS, BTR and BTC with a register (their operand lies outside of
 * the encoded address) and the increment of rSP before POP stores (APM Vol. 3, "POP").
 *
 * @param insn  Decoded instruction with memory.present.
 * @param gpr   General registers, in the order of their numbers.
 * @param rip   Address of the instruction's first byte.
 */
uint64_t hv_insn_effective_offset(const struct hv_insn *insn, const uint64_t gpr[16], uint64_t rip);

/** Offset within ES of the second memory operand of MOVS and CMPS: rDI, truncated likewise. */
uint64_t hv_insn_string_destination(const struct hv_insn *insn, const uint64_t gpr[16]);

#endif
