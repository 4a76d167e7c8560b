/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Memory operands: how they are encoded, and what offset they have. */
#include "insn_decoder.h"

/* Intel SDM Vol. 2, table 2-1: base and index of the 16-bit addressing forms. */
static void set_address_16(struct hv_insn_memory *memory, uint8_t rm)
{
    static const uint8_t base[8] = { 3, 3, 5, 5, 6, 7, 5, 3 };
    static const uint8_t index[4] = { 6, 7, 6, 7 };
    memory->base = base[rm];
    memory->index = rm < 4 ? index[rm] : HV_INSN_NO_REGISTER;
}

static enum hv_insn_status decode_address_16(struct insn_decoder *d)
{
    struct hv_insn_memory *memory = &d->out->memory;
    uint8_t mod = insn_modrm_mod(d->out);
    uint8_t rm = insn_modrm_rm(d->out);
    if (mod == 0 && rm == 6) {
        return insn_fetch_signed(d, 2, &memory->displacement);
    }
    set_address_16(memory, rm);
    return insn_fetch_signed(d, mod, &memory->displacement);
}

static enum hv_insn_status decode_sib(struct insn_decoder *d, size_t *displacement)
{
    struct hv_insn_memory *memory = &d->out->memory;
    uint8_t sib = 0;
    enum hv_insn_status status = insn_fetch_byte(d, &sib);
    if (status != HV_INSN_OK) {
        return status;
    }
    uint8_t index = (uint8_t)(((sib >> 3) & 7u) | insn_rex_extension(d->out, HV_INSN_REX_X));
    if (index != INSN_REGISTER_SP) {
        memory->index = index;
        memory->scale = (uint8_t)(1u << (sib >> 6));
    }
    if ((sib & 7u) == INSN_REGISTER_BP && insn_modrm_mod(d->out) == 0) {
        *displacement = 4;
    } else {
        memory->base = (uint8_t)((sib & 7u) | insn_rex_extension(d->out, HV_INSN_REX_B));
    }
    return HV_INSN_OK;
}

static enum hv_insn_status decode_address_32(struct insn_decoder *d)
{
    struct hv_insn_memory *memory = &d->out->memory;
    static const uint8_t displacements[3] = { 0, 1, 4 };
    uint8_t mod = insn_modrm_mod(d->out);
    uint8_t rm = insn_modrm_rm(d->out);
    size_t displacement = displacements[mod];
    if (rm == INSN_REGISTER_SP) {
        enum hv_insn_status status = decode_sib(d, &displacement);
        if (status != HV_INSN_OK) {
            return status;
        }
    } else if (mod == 0 && rm == INSN_REGISTER_BP) {
        displacement = 4;
        memory->rip_relative = d->mode == HV_INSN_64;
    } else {
        memory->base = (uint8_t)(rm | insn_rex_extension(d->out, HV_INSN_REX_B));
    }
    return insn_fetch_signed(d, displacement, &memory->displacement);
}

static void set_memory(struct insn_decoder *d)
{
    struct hv_insn_memory *memory = &d->out->memory;
    memory->present = true;
    memory->base = HV_INSN_NO_REGISTER;
    memory->index = HV_INSN_NO_REGISTER;
    memory->scale = 1;
}

static void set_default_segment(struct insn_decoder *d)
{
    struct hv_insn_memory *memory = &d->out->memory;
    bool stack = memory->base == INSN_REGISTER_BP || memory->base == INSN_REGISTER_SP;
    if ((d->out->prefixes & HV_INSN_PREFIX_SEGMENT) == 0) {
        memory->segment = stack ? HV_INSN_SS : HV_INSN_DS;
    }
}

enum hv_insn_status hv_insn_decode_address(struct insn_decoder *d)
{
    set_memory(d);
    enum hv_insn_status status =
        d->out->address_size == 2 ? decode_address_16(d) : decode_address_32(d);
    set_default_segment(d);
    return status;
}

enum hv_insn_status hv_insn_decode_absolute(struct insn_decoder *d)
{
    uint64_t address = 0;
    set_memory(d);
    set_default_segment(d);
    enum hv_insn_status status = insn_fetch_unsigned(d, d->out->address_size, &address);
    d->out->memory.displacement = (int64_t)address;
    return status;
}

void hv_insn_set_string_memory(struct insn_decoder *d)
{
    struct hv_insn_memory *memory = &d->out->memory;
    if ((d->row->rules & (INSN_AT_SI | INSN_AT_DI)) == 0) {
        return;
    }
    set_memory(d);
    if ((d->row->rules & INSN_AT_SI) != 0) {
        memory->base = INSN_REGISTER_SI;
        set_default_segment(d);
    } else {
        memory->base = INSN_REGISTER_DI;
        memory->segment = HV_INSN_ES;
    }
}

static uint64_t truncate(uint64_t value, uint8_t bytes)
{
    return bytes >= 8 ? value : value & ((UINT64_C(1) << (8 * bytes)) - 1);
}

/* Bytes from the encoded address to the operand that holds the selected bit, rounded down. */
static uint64_t bit_string_offset(const struct hv_insn *insn, const uint64_t gpr[16])
{
    uint8_t size = insn->operand_size;
    bool bit_test = insn->op >= HV_INSN_OP_BT && insn->op <= HV_INSN_OP_BTC;
    if (!bit_test || insn->immediate_size != 0) {
        return 0;
    }
    int64_t bit = insn_sign_extend(truncate(gpr[insn->reg], size), size);
    uint64_t magnitude = (uint64_t)bit >> 3;
    uint64_t sign = bit < 0 ? UINT64_C(7) << 61 : 0;
    return (magnitude | sign) & ~((uint64_t)size - 1);
}

uint64_t hv_insn_effective_offset(const struct hv_insn *insn, const uint64_t gpr[16], uint64_t rip)
{
    const struct hv_insn_memory *memory = &insn->memory;
    uint64_t offset = (uint64_t)memory->displacement;
    if (memory->rip_relative) {
        offset += rip + insn->length;
    }
    if (memory->base != HV_INSN_NO_REGISTER) {
        offset += gpr[memory->base];
    }
    if (memory->index != HV_INSN_NO_REGISTER) {
        offset += gpr[memory->index] * memory->scale;
    }
    if (insn->op == HV_INSN_OP_POP && memory->base == INSN_REGISTER_SP) {
        offset += insn->operand_size;
    }
    return truncate(offset + bit_string_offset(insn, gpr), insn->address_size);
}

uint64_t hv_insn_string_destination(const struct hv_insn *insn, const uint64_t gpr[16])
{
    return truncate(gpr[INSN_REGISTER_DI], insn->address_size);
}
