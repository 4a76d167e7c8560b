/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The instruction decoder against Zydis, an independent one, in all three modes.
 *
 * What Zydis takes, hv_insn_decode must take with the same length, address and (for the operations
 * that have a name) operands. What Zydis refuses, hv_insn_decode may take as HV_INSN_OP_OTHER
 * alone: its caller never emulates that. Every disagreement aborts; the few that are meant are in
 * deliberate_difference().
 *
 * Inputs: instruction bytes, and a few more than an instruction can have. The custom mutator builds
 * most of them from prefixes, an opcode and ModRM, because random bytes seldom make the long forms.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <Zydis/Zydis.h>

#include "fuzz.h"
#include "hv/insn.h"

#define RIP       UINT64_C(0x123456789AB0)
#define MAX_INPUT 32u

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

struct reference {
    ZyanStatus status;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

struct comparison {
    const uint8_t *bytes;
    size_t size;
    enum hv_insn_mode mode;
    enum hv_insn_status status;
    struct hv_insn insn;
    struct reference reference;
};

static _Noreturn void disagree(const struct comparison *c, const char *what, int64_t ours,
                               int64_t theirs)
{
    static const unsigned bits[] = { 16, 32, 64 };
    fprintf(stderr, "%s differs: ours %" PRId64 ", Zydis %" PRId64 "\n%u-bit, bytes:", what, ours,
            theirs, bits[c->mode]);
    for (size_t i = 0; i < c->size; i++) {
        fprintf(stderr, " %02x", c->bytes[i]);
    }
    fprintf(stderr, "\nours: status %d op %d length %u; Zydis: status %08x %s length %u\n",
            (int)c->status, (int)c->insn.op, c->insn.length, c->reference.status,
            ZYAN_SUCCESS(c->reference.status) ? ZydisMnemonicGetString(c->reference.insn.mnemonic)
                                              : "-",
            c->reference.insn.length);
    abort();
}

static void agree(const struct comparison *c, const char *what, int64_t ours, int64_t theirs)
{
    if (ours != theirs) {
        disagree(c, what, ours, theirs);
    }
}

/* ---- Names ---- */

/* Zero stands for HV_INSN_OP_OTHER. */
static const uint8_t op_of_mnemonic[ZYDIS_MNEMONIC_MAX_VALUE + 1] = {
#define OP(mnemonic, op) [ZYDIS_MNEMONIC_##mnemonic] = HV_INSN_OP_##op
    OP(CPUID, CPUID),
    OP(RDMSR, RDMSR),
    OP(WRMSR, WRMSR),
    OP(VMCALL, VMCALL),
    OP(VMMCALL, VMMCALL),
    OP(HLT, HLT),
    OP(XGETBV, XGETBV),
    OP(XSETBV, XSETBV),
    OP(INVLPG, INVLPG),
    OP(INVLPGA, INVLPGA),
    OP(INVD, INVD),
    OP(WBINVD, WBINVD),
    OP(MONITOR, MONITOR),
    OP(MWAIT, MWAIT),
    OP(MONITORX, MONITORX),
    OP(MWAITX, MWAITX),
    OP(PAUSE, PAUSE),
    OP(RDTSC, RDTSC),
    OP(RDTSCP, RDTSCP),
    OP(RDPMC, RDPMC),
    OP(RDPRU, RDPRU),
    OP(IN, IN),
    OP(OUT, OUT),
    OP(INSB, INS),
    OP(INSW, INS),
    OP(INSD, INS),
    OP(OUTSB, OUTS),
    OP(OUTSW, OUTS),
    OP(OUTSD, OUTS),
    OP(CLTS, CLTS),
    OP(SMSW, SMSW),
    OP(LMSW, LMSW),
    OP(SGDT, SGDT),
    OP(SIDT, SIDT),
    OP(LGDT, LGDT),
    OP(LIDT, LIDT),
    OP(SLDT, SLDT),
    OP(STR, STR),
    OP(LLDT, LLDT),
    OP(LTR, LTR),
    OP(VMRUN, VMRUN),
    OP(VMLOAD, VMLOAD),
    OP(VMSAVE, VMSAVE),
    OP(STGI, STGI),
    OP(CLGI, CLGI),
    OP(SKINIT, SKINIT),
    OP(INT, INT),
    OP(INT1, INT1),
    OP(INT3, INT3),
    OP(INTO, INTO),
    OP(IRET, IRET),
    OP(IRETD, IRET),
    OP(IRETQ, IRET),
    OP(PUSHF, PUSHF),
    OP(PUSHFD, PUSHF),
    OP(PUSHFQ, PUSHF),
    OP(POPF, POPF),
    OP(POPFD, POPF),
    OP(POPFQ, POPF),
    OP(RSM, RSM),
    OP(MOV, MOV),
    OP(MOVNTI, MOV),
    OP(MOVZX, MOVZX),
    OP(MOVSX, MOVSX),
    OP(MOVSXD, MOVSX),
    OP(XCHG, XCHG),
    OP(XADD, XADD),
    OP(CMPXCHG, CMPXCHG),
    OP(CMPXCHG8B, CMPXCHG_PAIR),
    OP(CMPXCHG16B, CMPXCHG_PAIR),
    OP(ADD, ADD),
    OP(OR, OR),
    OP(ADC, ADC),
    OP(SBB, SBB),
    OP(AND, AND),
    OP(SUB, SUB),
    OP(XOR, XOR),
    OP(CMP, CMP),
    OP(TEST, TEST),
    OP(NOT, NOT),
    OP(NEG, NEG),
    OP(INC, INC),
    OP(DEC, DEC),
    OP(BT, BT),
    OP(BTS, BTS),
    OP(BTR, BTR),
    OP(BTC, BTC),
    OP(PUSH, PUSH),
    OP(POP, POP),
    OP(MOVSB, MOVS),
    OP(MOVSW, MOVS),
    OP(MOVSD, MOVS),
    OP(MOVSQ, MOVS),
    OP(CMPSB, CMPS),
    OP(CMPSW, CMPS),
    OP(CMPSD, CMPS),
    OP(CMPSQ, CMPS),
    OP(STOSB, STOS),
    OP(STOSW, STOS),
    OP(STOSD, STOS),
    OP(STOSQ, STOS),
    OP(LODSB, LODS),
    OP(LODSW, LODS),
    OP(LODSD, LODS),
    OP(LODSQ, LODS),
    OP(SCASB, SCAS),
    OP(SCASW, SCAS),
    OP(SCASD, SCAS),
    OP(SCASQ, SCAS),
#undef OP
};

static bool is_string(enum hv_insn_op op)
{
    return op >= HV_INSN_OP_MOVS || op == HV_INSN_OP_INS || op == HV_INSN_OP_OUTS;
}

static bool has_modrm_operands(enum hv_insn_op op)
{
    return op >= HV_INSN_OP_MOV && op < HV_INSN_OP_MOVS;
}

static enum hv_insn_op control_move(const struct reference *r)
{
    switch (r->insn.opcode) {
    case 0x20:
        return HV_INSN_OP_MOV_FROM_CR;
    case 0x21:
        return HV_INSN_OP_MOV_FROM_DR;
    case 0x22:
        return HV_INSN_OP_MOV_TO_CR;
    default:
        return HV_INSN_OP_MOV_TO_DR;
    }
}

/* The forms that have a name only with ModRM or an absolute address. */
static bool is_short_form(const struct reference *r)
{
    uint8_t opcode = r->insn.opcode;
    bool primary = r->insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
    bool absolute = primary && opcode >= 0xA0 && opcode <= 0xA3;
    bool segment = primary && (opcode == 0x8C || opcode == 0x8E);
    return segment || ((r->insn.attributes & ZYDIS_ATTRIB_HAS_MODRM) == 0 && !absolute);
}

static enum hv_insn_op expected_op(const struct reference *r)
{
    enum hv_insn_op op = (enum hv_insn_op)op_of_mnemonic[r->insn.mnemonic];
    bool primary = r->insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
    if (r->insn.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY || (is_string(op) && !primary)) {
        return HV_INSN_OP_OTHER;
    }
    if (op == HV_INSN_OP_MOV && !primary && r->insn.mnemonic == ZYDIS_MNEMONIC_MOV) {
        return control_move(r);
    }
    return has_modrm_operands(op) && is_short_form(r) ? HV_INSN_OP_OTHER : op;
}

/* ---- Operands ---- */

struct gpr {
    int64_t number;
    bool high;
};

static struct gpr gpr_of(ZydisRegister reg)
{
    if (reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_R15B) {
        int64_t position = (int64_t)reg - ZYDIS_REGISTER_AL;
        bool high = position >= 4 && position < 8;
        return (struct gpr){ position < 4 ? position : position - 4, high };
    }
    return (struct gpr){ ZydisRegisterGetId(reg), false };
}

static void compare_registers(const struct comparison *c)
{
    const struct hv_insn *insn = &c->insn;
    for (size_t i = 0; i < c->reference.insn.operand_count; i++) {
        const ZydisDecodedOperand *operand = &c->reference.operands[i];
        if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER) {
            continue;
        }
        struct gpr gpr = gpr_of(operand->reg.value);
        if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG) {
            agree(c, "reg", insn->reg, gpr.number);
            agree(c, "reg_high_byte", insn->reg_high_byte, gpr.high);
            agree(c, "rm_first", insn->rm_first && insn->op >= HV_INSN_OP_MOV,
                  i != 0 && insn->op >= HV_INSN_OP_MOV);
        } else if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM) {
            agree(c, "rm", insn->rm, gpr.number);
            agree(c, "rm_high_byte", insn->rm_high_byte, gpr.high);
        }
    }
}

static void compare_immediate(const struct comparison *c)
{
    const struct hv_insn *insn = &c->insn;
    const struct ZydisDecodedInstructionRawImm_ *imm = &c->reference.insn.raw.imm[0];
    agree(c, "immediate size", insn->immediate_size * 8, imm->size);
    if (insn->immediate_size == 0) {
        return;
    }
    unsigned shift = 64u - imm->size;
    bool is_unsigned = insn->op == HV_INSN_OP_IN || insn->op == HV_INSN_OP_OUT ||
                       insn->op == HV_INSN_OP_INT ||
                       (insn->op >= HV_INSN_OP_BT && insn->op <= HV_INSN_OP_BTC);
    uint64_t top = imm->value.u << shift;
    agree(c, "immediate", insn->immediate,
          is_unsigned ? (int64_t)(top >> shift) : (int64_t)top >> shift);
}

static int64_t register_or_none(ZydisRegister reg)
{
    bool none =
        reg == ZYDIS_REGISTER_NONE || reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP;
    return none ? HV_INSN_NO_REGISTER : gpr_of(reg).number;
}

static void compare_effective_address(const struct comparison *c,
                                      const ZydisDecodedOperand *operand)
{
    uint64_t gpr[16];
    static ZydisRegisterContext context;
    for (unsigned i = 0; i < 16; i++) {
        gpr[i] = UINT64_C(0x9E3779B97F4A7C15) * (i + 1);
        context.values[ZYDIS_REGISTER_RAX + i] = gpr[i];
        context.values[ZYDIS_REGISTER_EAX + i] = (uint32_t)gpr[i];
        context.values[ZYDIS_REGISTER_AX + i] = (uint16_t)gpr[i];
    }
    ZyanU64 theirs = 0;
    if (!ZYAN_SUCCESS(
            ZydisCalcAbsoluteAddressEx(&c->reference.insn, operand, RIP, &context, &theirs))) {
        disagree(c, "effective address", 0, 0);
    }
    if (c->insn.address_size == 2) {
        theirs = (uint16_t)theirs;
    }
    /* Some unnamed instructions, such as those of MPX, ignore the address size prefix. */
    bool uncomparable = c->insn.op == HV_INSN_OP_OTHER || c->insn.op == HV_INSN_OP_POP ||
                        (c->insn.op >= HV_INSN_OP_BT && c->insn.op <= HV_INSN_OP_BTC);
    if (!uncomparable) {
        agree(c, "effective address", (int64_t)hv_insn_effective_offset(&c->insn, gpr, RIP),
              (int64_t)theirs);
    }
}

/*
 * Zydis 4.0.0 takes R13D for the base where mod 0 and SIB base 5 mean a displacement alone,
 * whatever REX.B is (APM Vol. 3, table 1-12); it does so only in 32-bit addresses.
 */
static bool is_base_r13d_bug(const struct reference *r)
{
    return r->insn.raw.modrm.mod == 0 && r->insn.raw.modrm.rm == 4 && r->insn.raw.sib.base == 5 &&
           r->insn.address_width == 32;
}

static void compare_address(const struct comparison *c, const ZydisDecodedOperand *operand)
{
    const struct hv_insn_memory *memory = &c->insn.memory;
    const ZydisDecodedOperandMem *theirs = &operand->mem;
    if (theirs->type == ZYDIS_MEMOP_TYPE_VSIB || theirs->type == ZYDIS_MEMOP_TYPE_MIB ||
        is_base_r13d_bug(&c->reference)) {
        return;
    }
    agree(c, "base", memory->base, register_or_none(theirs->base));
    agree(c, "index", memory->index, register_or_none(theirs->index));
    if (memory->index != HV_INSN_NO_REGISTER) {
        agree(c, "scale", memory->scale, theirs->scale);
    }
    agree(c, "rip_relative", memory->rip_relative,
          theirs->base == ZYDIS_REGISTER_RIP || theirs->base == ZYDIS_REGISTER_EIP);
    if (c->insn.encoding != HV_INSN_ENCODING_EVEX) {
        /* Zydis sign-extends absolute offsets also, which changes nothing in the address. */
        unsigned unused = 64u - 8u * c->insn.address_size;
        agree(c, "displacement", (int64_t)((uint64_t)memory->displacement << unused),
              (int64_t)((uint64_t)theirs->disp.value << unused));
        compare_effective_address(c, operand);
    }
    /* On an indirect branch 3E is the prefix NOTRACK. */
    if (theirs->type == ZYDIS_MEMOP_TYPE_MEM && c->insn.op != HV_INSN_OP_OTHER) {
        agree(c, "segment", memory->segment, ZydisRegisterGetId(theirs->segment));
    }
}

static int64_t access_of(const ZydisDecodedOperand *operand)
{
    bool load = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
    bool store = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    return (load ? HV_INSN_ACCESS_LOAD : 0) | (store ? HV_INSN_ACCESS_STORE : 0);
}

static void compare_access(const struct comparison *c, const ZydisDecodedOperand *operand)
{
    if (c->insn.op == HV_INSN_OP_OTHER || c->insn.op == HV_INSN_OP_INVLPG) {
        agree(c, "access", c->insn.memory.access, HV_INSN_ACCESS_NONE);
        return;
    }
    agree(c, "access", c->insn.memory.access, access_of(operand));
    /* MOVSXD r16 reads r/m16 (Intel SDM Vol. 2, "MOVSXD"). */
    bool movsxd_16 =
        c->reference.insn.mnemonic == ZYDIS_MNEMONIC_MOVSXD && c->insn.operand_size == 2;
    agree(c, "memory size", c->insn.memory.size * 8, movsxd_16 ? 16 : operand->size);
}

/* The memory operand that hv_insn describes: encoded, or rSI before rDI. */
static const ZydisDecodedOperand *memory_operand(const struct comparison *c)
{
    const ZydisDecodedOperand *found = NULL;
    for (size_t i = 0; i < c->reference.insn.operand_count; i++) {
        const ZydisDecodedOperand *operand = &c->reference.operands[i];
        if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY) {
            continue;
        }
        if (operand->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ||
            operand->encoding == ZYDIS_OPERAND_ENCODING_DISP16_32_64) {
            return operand;
        }
        bool source = gpr_of(operand->mem.base).number == 6;
        if (is_string(c->insn.op) && (found == NULL || source)) {
            found = operand;
        }
    }
    return found;
}

static void compare_memory(const struct comparison *c)
{
    const ZydisDecodedOperand *operand = memory_operand(c);
    if (operand == NULL) {
        agree(c, "memory operand", c->insn.memory.present && c->insn.op != HV_INSN_OP_OTHER, 0);
        return;
    }
    agree(c, "memory operand", c->insn.memory.present, 1);
    compare_address(c, operand);
    compare_access(c, operand);
}

static bool has_operand_size(enum hv_insn_op op)
{
    switch (op) {
    case HV_INSN_OP_IN:
    case HV_INSN_OP_OUT:
    case HV_INSN_OP_MOV_FROM_CR:
    case HV_INSN_OP_MOV_TO_CR:
    case HV_INSN_OP_MOV_FROM_DR:
    case HV_INSN_OP_MOV_TO_DR:
    case HV_INSN_OP_IRET:
    case HV_INSN_OP_PUSHF:
    case HV_INSN_OP_POPF:
        return true;
    default:
        return is_string(op) || has_modrm_operands(op);
    }
}

/*
 * Port accesses have four bytes at most, MOVNTI four at least; Zydis has it right in the operands
 * (see compare_access) but not here.
 */
static int64_t operand_width(const struct comparison *c)
{
    bool port = c->insn.op >= HV_INSN_OP_IN && c->insn.op <= HV_INSN_OP_OUTS;
    uint8_t width = c->reference.insn.operand_width;
    bool wrong = (port && width > 32) || (c->insn.op == HV_INSN_OP_MOV && width == 16 &&
                                          c->reference.insn.mnemonic == ZYDIS_MNEMONIC_MOVNTI);
    return wrong ? 32 : width;
}

static void compare_named(const struct comparison *c)
{
    if (has_operand_size(c->insn.op)) {
        agree(c, "operand size", c->insn.operand_size * 8, operand_width(c));
    }
    agree(c, "address size", c->insn.address_size * 8, c->reference.insn.address_width);
    compare_registers(c);
    compare_immediate(c);
}

/* ---- Validity ---- */

/*
 * Disagreements that are meant, all on bytes that Zydis refuses:
 *  - LOCK MOV CR0 names CR8 on AMD.
 */
static bool deliberate_difference(const struct comparison *c)
{
    bool control = c->insn.op == HV_INSN_OP_MOV_FROM_CR || c->insn.op == HV_INSN_OP_MOV_TO_CR;
    return control && (c->insn.prefixes & HV_INSN_PREFIX_LOCK) != 0 && c->insn.reg == 8;
}

/* Knights Corner's encodings, which no CPU with virtualization has. */
static bool is_knights_corner(const struct reference *r)
{
    return r->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_MVEX ||
           r->insn.meta.isa_set == ZYDIS_ISA_SET_KNCE ||
           r->insn.meta.isa_set == ZYDIS_ISA_SET_KNCV ||
           r->insn.meta.isa_set == ZYDIS_ISA_SET_KNCJKBR ||
           r->insn.meta.isa_set == ZYDIS_ISA_SET_KNCSTREAM;
}

static void compare(const struct comparison *c)
{
    const struct reference *r = &c->reference;
    if (!ZYAN_SUCCESS(r->status)) {
        bool lax = c->status != HV_INSN_OK || c->insn.op == HV_INSN_OP_OTHER;
        if (!lax && !deliberate_difference(c)) {
            disagree(c, "validity", c->status, r->status);
        }
        return;
    }
    if (is_knights_corner(r)) {
        return;
    }
    agree(c, "status", c->status, HV_INSN_OK);
    agree(c, "length", c->insn.length, r->insn.length);
    agree(c, "op", c->insn.op, expected_op(r));
    compare_memory(c);
    if (c->insn.op != HV_INSN_OP_OTHER) {
        compare_named(c);
    }
}

/* Every proper beginning wants more bytes, and bytes behind the instruction change nothing. */
static void check_lengths(const struct comparison *c)
{
    struct hv_insn part;
    size_t last = c->status == HV_INSN_OK ? c->insn.length : c->size;
    for (size_t n = 0; n < last; n++) {
        enum hv_insn_status status = hv_insn_decode(c->bytes, n, c->mode, &part);
        bool expected = status == HV_INSN_TRUNCATED ||
                        (status == HV_INSN_INVALID && c->status == HV_INSN_INVALID);
        agree(c, "status of a beginning", expected, 1);
    }
    if (c->status == HV_INSN_OK) {
        agree(c, "status of the exact bytes",
              hv_insn_decode(c->bytes, c->insn.length, c->mode, &part), HV_INSN_OK);
        agree(c, "op of the exact bytes", part.op, c->insn.op);
    }
}

static void decode_reference(struct comparison *c)
{
    static const ZydisMachineMode modes[] = { ZYDIS_MACHINE_MODE_LONG_COMPAT_16,
                                              ZYDIS_MACHINE_MODE_LONG_COMPAT_32,
                                              ZYDIS_MACHINE_MODE_LONG_64 };
    static const ZydisStackWidth stacks[] = { ZYDIS_STACK_WIDTH_16, ZYDIS_STACK_WIDTH_32,
                                              ZYDIS_STACK_WIDTH_64 };
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, modes[c->mode], stacks[c->mode]);
    c->reference.status = ZydisDecoderDecodeFull(&decoder, c->bytes, c->size, &c->reference.insn,
                                                 c->reference.operands);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > MAX_INPUT) {
        return 0;
    }
    for (enum hv_insn_mode mode = HV_INSN_16; mode <= HV_INSN_64; mode++) {
        struct comparison c = { .bytes = data, .size = size, .mode = mode };
        c.status = hv_insn_decode(data, size, mode, &c.insn);
        decode_reference(&c);
        compare(&c);
        check_lengths(&c);
    }
    return 0;
}

/* ---- Mutation ---- */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static size_t put_prefixes(uint8_t *out, uint32_t *random)
{
    static const uint8_t prefixes[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65,
                                        0x66, 0x67, 0xF0, 0xF2, 0xF3 };
    size_t n = 0;
    while (n < 6 && next_random(random) % 3 == 0) {
        out[n++] = prefixes[next_random(random) % sizeof(prefixes)];
    }
    if (next_random(random) % 3 == 0) {
        out[n++] = (uint8_t)(0x40 | (next_random(random) & 0x0F));
    }
    return n;
}

static size_t put_map(uint8_t *out, uint32_t *random)
{
    static const uint8_t maps[][2] = { { 0x0F, 0x38 }, { 0x0F, 0x3A }, { 0x0F, 0x00 },
                                       { 0xC4, 0xE1 }, { 0xC5, 0xF8 }, { 0x8F, 0xE9 },
                                       { 0x62, 0xF1 }, { 0x0F, 0x01 } };
    uint32_t choice = next_random(random) % 16;
    if (choice >= 12) {
        return 0;
    }
    if (choice >= 8) {
        out[0] = 0x0F;
        return 1;
    }
    memcpy(out, maps[choice], 2);
    return 2;
}

/* Prefixes, map, then random bytes: opcode, ModRM and all that follows. */
static size_t build(uint8_t *out, uint32_t *random)
{
    size_t n = put_prefixes(out, random);
    n += put_map(out + n, random);
    while (n < HV_INSN_MAX_LENGTH + 1) {
        out[n++] = (uint8_t)(next_random(random) >> 11);
    }
    return next_random(random) % 8 == 0 ? 1 + next_random(random) % n : n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint8_t built[HV_INSN_MAX_LENGTH + 1];
    uint32_t random = seed * 2654435761u | 1u;
    if (next_random(&random) % 4 == 0) {
        max_size = max_size < MAX_INPUT ? max_size : MAX_INPUT;
        return LLVMFuzzerMutate(data, size < max_size ? size : max_size, max_size);
    }
    size_t length = build(built, &random);
    if (length > max_size) {
        length = max_size;
    }
    memcpy(data, built, length);
    return length;
}
