/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* From opcode bytes to the row of the tables. */
#include "insn_decoder.h"

static const struct insn_row row_modrm = { .rules = INSN_MODRM };
static const struct insn_row row_modrm_imm8 = { .immediate = INSN_IMM_U8, .rules = INSN_MODRM };
static const struct insn_row row_modrm_imm32 = { .immediate = INSN_IMM_32, .rules = INSN_MODRM };
static const struct insn_row row_modrm_2x8 = { .immediate = INSN_IMM_2X8, .rules = INSN_MODRM };
static const struct insn_row row_pause = { .op = HV_INSN_OP_PAUSE };
static const struct insn_row row_movsxd = { .op = HV_INSN_OP_MOVSX,
                                            .memory_size = INSN_MEM_UP_TO_4,
                                            .access = HV_INSN_ACCESS_LOAD,
                                            .rules = INSN_MODRM };
static const struct insn_row row_undefined = { .rules = INSN_UNDEFINED };

static const struct insn_row *select_primary(const struct insn_decoder *d)
{
    if (d->out->opcode == 0x90 && insn_has_prefix(d, HV_INSN_PREFIX_REP)) {
        return &row_pause;
    }
    if (d->out->opcode == 0x63 && d->mode == HV_INSN_64) {
        return &row_movsxd;
    }
    return &hv_insn_map_primary[d->out->opcode];
}

static const struct insn_row *select_0f(const struct insn_decoder *d)
{
    bool repeat_ne = insn_has_prefix(d, HV_INSN_PREFIX_REPNE);
    bool simd_66 =
        insn_has_prefix(d, HV_INSN_PREFIX_OPERAND_SIZE) && !insn_has_prefix(d, HV_INSN_PREFIX_REP);

    /* EXTRQ and INSERTQ share the opcode with VMREAD, which has no immediate. */
    if (d->out->opcode == 0x78 && (repeat_ne || simd_66)) {
        return &row_modrm_2x8;
    }
    return &hv_insn_map_0f[d->out->opcode];
}

static enum hv_insn_status decode_escape(struct insn_decoder *d)
{
    struct hv_insn *out = d->out;
    out->map = HV_INSN_MAP_0F;
    enum hv_insn_status status = insn_fetch_byte(d, &out->opcode);
    if (status != HV_INSN_OK) {
        return status;
    }
    if (out->opcode != 0x38 && out->opcode != 0x3A) {
        d->row = select_0f(d);
        return HV_INSN_OK;
    }
    out->map = out->opcode == 0x38 ? HV_INSN_MAP_0F38 : HV_INSN_MAP_0F3A;
    d->row = out->map == HV_INSN_MAP_0F38 ? &row_modrm : &row_modrm_imm8;
    return insn_fetch_byte(d, &out->opcode);
}

static const struct insn_row *select_vector_0f(const struct hv_insn *insn)
{
    switch (insn->opcode) {
    case 0x70:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0xC2:
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return &row_modrm_imm8;
    case 0x77:
        return insn->encoding == HV_INSN_ENCODING_VEX ? &hv_insn_map_0f[0x77] : &row_modrm;
    default:
        return &row_modrm;
    }
}

/* Maps 5 and 6 are those of AVX512-FP16 and exist in EVEX alone. */
static const struct insn_row *select_vector(const struct hv_insn *insn)
{
    bool evex = insn->encoding == HV_INSN_ENCODING_EVEX;
    switch (insn->map) {
    case HV_INSN_MAP_0F:
        return select_vector_0f(insn);
    case HV_INSN_MAP_0F38:
        return &row_modrm;
    case HV_INSN_MAP_0F3A:
        return &row_modrm_imm8;
    case 5:
    case 6:
        return evex ? &row_modrm : &row_undefined;
    default:
        return &row_undefined;
    }
}

static const struct insn_row *select_xop(const struct hv_insn *insn)
{
    switch (insn->map) {
    case 8:
        return &row_modrm_imm8;
    case 9:
        return &row_modrm;
    case 10:
        return &row_modrm_imm32;
    default:
        return &row_undefined;
    }
}

/* R, X and B are stored inverted in bits 7 to 5; outside 64-bit mode they have no effect. */
static void set_inverted_rex(struct insn_decoder *d, uint8_t rxb, bool w)
{
    if (d->mode != HV_INSN_64) {
        return;
    }
    unsigned rex = w ? HV_INSN_REX_W : 0u;
    rex |= (rxb & 0x80) == 0 ? HV_INSN_REX_R : 0u;
    rex |= (rxb & 0x40) == 0 ? HV_INSN_REX_X : 0u;
    rex |= (rxb & 0x20) == 0 ? HV_INSN_REX_B : 0u;
    d->out->rex = (uint8_t)rex;
}

/* Payload bytes after C5, C4 and 8F, 62: 1, 2 and 3. */
static enum hv_insn_status decode_vector(struct insn_decoder *d, enum hv_insn_encoding encoding,
                                         size_t payload)
{
    struct hv_insn *out = d->out;
    uint64_t bytes = 0;
    if (out->rex != 0 || insn_has_prefix(d, HV_INSN_PREFIX_LOCK | HV_INSN_PREFIX_OPERAND_SIZE |
                                                HV_INSN_PREFIX_REP | HV_INSN_PREFIX_REPNE)) {
        return HV_INSN_INVALID;
    }
    enum hv_insn_status status = insn_fetch_unsigned(d, payload, &bytes);
    if (status != HV_INSN_OK) {
        return status;
    }
    status = insn_fetch_byte(d, &out->opcode);
    if (status != HV_INSN_OK) {
        return status;
    }
    uint8_t first = (uint8_t)bytes;
    out->encoding = (uint8_t)encoding;
    if (payload == 1) {
        set_inverted_rex(d, (uint8_t)(first | 0x60), false);
        out->map = HV_INSN_MAP_0F;
    } else {
        set_inverted_rex(d, first, (bytes & 0x8000) != 0);
        out->map = first & (encoding == HV_INSN_ENCODING_EVEX ? 0x07 : 0x1F);
    }
    /* EVEX has a zero in bit 3 and a one in bit 10 (Intel SDM Vol. 2, 2.7.1). */
    if (encoding == HV_INSN_ENCODING_EVEX && (bytes & 0x408) != 0x400) {
        return HV_INSN_INVALID;
    }
    d->row = encoding == HV_INSN_ENCODING_XOP ? select_xop(out) : select_vector(out);
    return HV_INSN_OK;
}

/* Outside 64-bit mode C4, C5 and 62 are LES, LDS and BOUND unless ModRM would name a register. */
enum hv_insn_status hv_insn_decode_opcode(struct insn_decoder *d)
{
    uint8_t opcode = d->out->opcode;
    if (opcode == 0x0F) {
        return decode_escape(d);
    }
    d->row = select_primary(d);
    if (opcode != 0xC4 && opcode != 0xC5 && opcode != 0x62 && opcode != 0x8F) {
        return HV_INSN_OK;
    }
    enum hv_insn_status status = insn_need(d, 1);
    if (status != HV_INSN_OK) {
        return status;
    }
    uint8_t next = d->bytes[d->offset];
    if (opcode == 0x8F) {
        return (next & 0x1F) < 8 ? HV_INSN_OK : decode_vector(d, HV_INSN_ENCODING_XOP, 2);
    }
    if (d->mode != HV_INSN_64 && next < 0xC0) {
        return HV_INSN_OK;
    }
    if (opcode == 0x62) {
        return decode_vector(d, HV_INSN_ENCODING_EVEX, 3);
    }
    return decode_vector(d, HV_INSN_ENCODING_VEX, opcode == 0xC5 ? 1 : 2);
}

const struct insn_row *hv_insn_select_in_group(const struct insn_decoder *d)
{
    const struct hv_insn *out = d->out;
    bool is_register = insn_modrm_mod(out) == 3;
    if (d->row->op == INSN_GROUP_0F01 && is_register) {
        /* F3 makes MCOMMIT of MONITORX. */
        bool mcommit = out->modrm == 0xFA && insn_has_prefix(d, HV_INSN_PREFIX_REP);
        return mcommit ? &row_modrm : &hv_insn_0f01_register[out->modrm & 0x3F];
    }
    const struct insn_row *row = &hv_insn_group[d->row->op][insn_modrm_reg(out)];
    /* XABORT and XBEGIN are these two bytes alone. */
    bool transaction = d->row->op == INSN_GROUP_C6 || d->row->op == INSN_GROUP_C7;
    if (transaction && insn_modrm_reg(out) == 7 && out->modrm != 0xF8) {
        return &row_undefined;
    }
    return row;
}
