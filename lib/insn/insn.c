/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/insn.h>

#include "insn_decoder.h"

#define CR_CR8 8u

/* ---- Prefixes ---- */

/* In 64-bit mode those of ES, CS, SS and DS are ignored and don't cancel one of FS or GS. */
static void override_segment(struct insn_decoder *d, enum hv_insn_segment segment)
{
    if (d->mode == HV_INSN_64 && segment < HV_INSN_FS) {
        return;
    }
    d->out->prefixes |= HV_INSN_PREFIX_SEGMENT;
    d->out->memory.segment = (uint8_t)segment;
}

static void repeat(struct insn_decoder *d, enum hv_insn_prefix which)
{
    unsigned kept = d->out->prefixes & ~(unsigned)(HV_INSN_PREFIX_REP | HV_INSN_PREFIX_REPNE);
    d->out->prefixes = (uint8_t)(kept | (unsigned)which);
}

static bool legacy_prefix(struct insn_decoder *d, uint8_t byte)
{
    switch (byte) {
    case 0x26:
    case 0x2E:
    case 0x36:
    case 0x3E:
        override_segment(d, (enum hv_insn_segment)((byte >> 3) & 3));
        return true;
    case 0x64:
    case 0x65:
        override_segment(d, (enum hv_insn_segment)(byte & 7));
        return true;
    case 0x66:
        d->out->prefixes |= HV_INSN_PREFIX_OPERAND_SIZE;
        return true;
    case 0x67:
        d->out->prefixes |= HV_INSN_PREFIX_ADDRESS_SIZE;
        return true;
    case 0xF0:
        d->out->prefixes |= HV_INSN_PREFIX_LOCK;
        return true;
    case 0xF2:
        repeat(d, HV_INSN_PREFIX_REPNE);
        return true;
    case 0xF3:
        repeat(d, HV_INSN_PREFIX_REP);
        return true;
    default:
        return false;
    }
}

/* Leaves the first byte of the opcode in out->opcode. A REX prefix counts only just before it. */
static enum hv_insn_status decode_prefixes(struct insn_decoder *d)
{
    for (;;) {
        uint8_t byte = 0;
        enum hv_insn_status status = insn_fetch_byte(d, &byte);
        if (status != HV_INSN_OK) {
            return status;
        }
        if (d->mode == HV_INSN_64 && (byte & 0xF0) == 0x40) {
            d->out->rex = (uint8_t)(HV_INSN_REX_PRESENT | (byte & 0x0F));
        } else if (legacy_prefix(d, byte)) {
            d->out->rex = 0;
        } else {
            d->out->opcode = byte;
            return HV_INSN_OK;
        }
    }
}

static void set_address_size(struct insn_decoder *d)
{
    bool changed = (d->out->prefixes & HV_INSN_PREFIX_ADDRESS_SIZE) != 0;
    if (d->mode == HV_INSN_64) {
        d->out->address_size = changed ? 4 : 8;
    } else {
        d->out->address_size = changed == (d->mode == HV_INSN_16) ? 4 : 2;
    }
}

static uint8_t operand_size_v(const struct insn_decoder *d)
{
    bool changed = (d->out->prefixes & HV_INSN_PREFIX_OPERAND_SIZE) != 0;
    if ((d->out->rex & HV_INSN_REX_W) != 0) {
        return 8;
    }
    return changed == (d->mode == HV_INSN_16) ? 4 : 2;
}

static void set_operand_size(struct insn_decoder *d)
{
    uint8_t size = operand_size_v(d);
    bool long_mode = d->mode == HV_INSN_64;
    switch (d->row->size) {
    case INSN_SIZE_BYTE:
        size = 1;
        break;
    case INSN_SIZE_Z:
        size = size == 8 ? 4 : size;
        break;
    case INSN_SIZE_D64:
        size = long_mode && size == 4 ? 8 : size;
        break;
    case INSN_SIZE_F64:
        size = long_mode ? 8 : size;
        break;
    case INSN_SIZE_NATIVE:
        size = long_mode ? 8 : 4;
        break;
    case INSN_SIZE_4_OR_8:
        size = size == 8 ? 8 : 4;
        break;
    default:
        break;
    }
    d->out->operand_size = size;
}

/* ---- Operands ---- */

static enum hv_insn_status decode_modrm(struct insn_decoder *d)
{
    struct hv_insn *out = d->out;
    if ((d->row->rules & INSN_MODRM) == 0) {
        return HV_INSN_OK;
    }
    enum hv_insn_status status = insn_fetch_byte(d, &out->modrm);
    if (status != HV_INSN_OK) {
        return status;
    }
    out->has_modrm = true;
    if ((d->row->rules & INSN_GROUP) != 0) {
        d->row = hv_insn_select_in_group(d);
    }
    if ((d->row->rules & INSN_UNDEFINED) != 0) {
        return HV_INSN_INVALID;
    }
    bool is_register = insn_modrm_mod(out) == 3 || (d->row->rules & INSN_RM_REGISTER) != 0;
    if (is_register) {
        return (d->row->rules & INSN_MEMORY_ONLY) != 0 ? HV_INSN_INVALID : HV_INSN_OK;
    }
    return hv_insn_decode_address(d);
}

static uint8_t immediate_size(const struct insn_decoder *d)
{
    uint8_t operand = d->out->operand_size;
    uint8_t at_most_4 = operand == 8 ? 4 : operand;
    switch (d->row->immediate) {
    case INSN_IMM_S8:
    case INSN_IMM_U8:
        return 1;
    case INSN_IMM_16:
    case INSN_IMM_2X8:
        return 2;
    case INSN_IMM_24:
        return 3;
    case INSN_IMM_32:
        return 4;
    case INSN_IMM_Z:
        return at_most_4;
    case INSN_IMM_V:
        return operand;
    case INSN_IMM_FAR:
        return (uint8_t)(at_most_4 + 2);
    default:
        return 0;
    }
}

static enum hv_insn_status decode_immediate(struct insn_decoder *d)
{
    struct hv_insn *out = d->out;
    if (d->row->immediate == INSN_IMM_MOFFS) {
        return hv_insn_decode_absolute(d);
    }
    uint64_t raw = 0;
    out->immediate_size = immediate_size(d);
    enum hv_insn_status status = insn_fetch_unsigned(d, out->immediate_size, &raw);
    if (status != HV_INSN_OK) {
        return status;
    }
    bool is_signed = d->row->immediate == INSN_IMM_S8 || d->row->immediate == INSN_IMM_Z;
    out->immediate = is_signed ? insn_sign_extend(raw, out->immediate_size) : (int64_t)raw;
    return HV_INSN_OK;
}

static uint8_t memory_size(const struct insn_decoder *d)
{
    uint8_t operand = d->out->operand_size;
    switch (d->row->memory_size) {
    case INSN_MEM_OPERAND:
        return operand;
    case INSN_MEM_TABLE_REGISTER:
        return d->mode == HV_INSN_64 ? 10 : 6;
    case INSN_MEM_PAIR:
        return operand == 8 ? 16 : 8;
    case INSN_MEM_UP_TO_4:
        return operand == 8 ? 4 : operand;
    case INSN_MEM_ADDRESS_ONLY:
        return 0;
    default:
        return d->row->memory_size;
    }
}

/* Without REX, byte registers 4 to 7 are AH, CH, DH and BH. */
static void set_byte_register(const struct hv_insn *insn, uint8_t *number, bool *high)
{
    if (insn->rex == 0 && *number >= 4) {
        *number = (uint8_t)(*number - 4);
        *high = true;
    }
}

static void set_registers(struct insn_decoder *d)
{
    struct hv_insn *out = d->out;
    if (!out->has_modrm) {
        return;
    }
    out->reg = (uint8_t)(insn_modrm_reg(out) | insn_rex_extension(out, HV_INSN_REX_R));
    if (d->row->size == INSN_SIZE_BYTE) {
        set_byte_register(out, &out->reg, &out->reg_high_byte);
    }
    if (out->memory.present) {
        return;
    }
    out->rm = (uint8_t)(insn_modrm_rm(out) | insn_rex_extension(out, HV_INSN_REX_B));
    if (d->row->size == INSN_SIZE_BYTE || d->row->memory_size == 1) {
        set_byte_register(out, &out->rm, &out->rm_high_byte);
    }
}

/* LOCK MOV CR0 is MOV CR8 on CPUs that announce it (APM Vol. 3, "MOV CRn", AltMovCr8). */
static enum hv_insn_status check_control_register(struct insn_decoder *d)
{
    struct hv_insn *out = d->out;
    const unsigned exist = 1u << 0 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << CR_CR8;
    if (insn_has_prefix(d, HV_INSN_PREFIX_LOCK)) {
        if (out->reg != 0) {
            return HV_INSN_INVALID;
        }
        out->reg = CR_CR8;
    }
    return (exist >> out->reg & 1u) != 0 ? HV_INSN_OK : HV_INSN_INVALID;
}

static enum hv_insn_status check_prefixes(struct insn_decoder *d)
{
    if ((d->row->rules & INSN_NO_PREFIX) != 0 &&
        insn_has_prefix(d,
                        HV_INSN_PREFIX_OPERAND_SIZE | HV_INSN_PREFIX_REP | HV_INSN_PREFIX_REPNE)) {
        return HV_INSN_INVALID;
    }
    if (d->row->op == HV_INSN_OP_MOV_FROM_CR || d->row->op == HV_INSN_OP_MOV_TO_CR) {
        return check_control_register(d);
    }
    bool lockable = (d->row->rules & INSN_LOCKABLE) != 0 && d->out->memory.present;
    if (insn_has_prefix(d, HV_INSN_PREFIX_LOCK) && !lockable) {
        return HV_INSN_INVALID;
    }
    bool debug = d->row->op == HV_INSN_OP_MOV_FROM_DR || d->row->op == HV_INSN_OP_MOV_TO_DR;
    return debug && d->out->reg >= 8 ? HV_INSN_INVALID : HV_INSN_OK;
}

static enum hv_insn_status finish(struct insn_decoder *d)
{
    struct hv_insn *out = d->out;
    out->op = (enum hv_insn_op)d->row->op;
    out->length = (uint8_t)d->offset;
    out->rm_first = (d->row->rules & INSN_RM_FIRST) != 0;
    hv_insn_set_string_memory(d);
    set_registers(d);
    if (out->memory.present && out->op != HV_INSN_OP_OTHER) {
        out->memory.access = d->row->access;
        out->memory.size = memory_size(d);
    }
    return check_prefixes(d);
}

enum hv_insn_status hv_insn_decode(const uint8_t *bytes, size_t n, enum hv_insn_mode mode,
                                   struct hv_insn *out)
{
    struct insn_decoder d = { .bytes = bytes, .size = n, .mode = mode, .out = out };
    *out = (struct hv_insn){ 0 };

    enum hv_insn_status status = decode_prefixes(&d);
    if (status != HV_INSN_OK) {
        return status;
    }
    set_address_size(&d);
    status = hv_insn_decode_opcode(&d);
    if (status != HV_INSN_OK) {
        return status;
    }
    bool missing = (d.row->rules & INSN_UNDEFINED) != 0 ||
                   ((d.row->rules & INSN_NOT_IN_64) != 0 && mode == HV_INSN_64);
    if (missing) {
        return HV_INSN_INVALID;
    }
    status = decode_modrm(&d);
    if (status != HV_INSN_OK) {
        return status;
    }
    set_operand_size(&d);
    status = decode_immediate(&d);
    return status == HV_INSN_OK ? finish(&d) : status;
}
