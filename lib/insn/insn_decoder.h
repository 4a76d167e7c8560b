/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* State shared by the parts of the instruction decoder, and how they read bytes. */
#ifndef HV_INSN_DECODER_H
#define HV_INSN_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include <hv/insn.h>
#include "insn_tables.h"

#define INSN_REGISTER_SP 4u
#define INSN_REGISTER_BP 5u
#define INSN_REGISTER_SI 6u
#define INSN_REGISTER_DI 7u

struct insn_decoder {
    const uint8_t *bytes;
    size_t size;
    size_t offset;
    enum hv_insn_mode mode;
    struct hv_insn *out;
    const struct insn_row *row;
};

/* Reads the rest of the opcode, of which out->opcode has the first byte, and finds its row. */
enum hv_insn_status hv_insn_decode_opcode(struct insn_decoder *d);

/* The row that ModRM selects in the group d->row. */
const struct insn_row *hv_insn_select_in_group(const struct insn_decoder *d);

/* Memory operands: by ModRM with what follows it, by absolute offset, or at rSI or rDI. */
enum hv_insn_status hv_insn_decode_address(struct insn_decoder *d);
enum hv_insn_status hv_insn_decode_absolute(struct insn_decoder *d);
void hv_insn_set_string_memory(struct insn_decoder *d);

static inline uint8_t insn_modrm_mod(const struct hv_insn *insn)
{
    return (uint8_t)(insn->modrm >> 6);
}

static inline uint8_t insn_modrm_reg(const struct hv_insn *insn)
{
    return (uint8_t)((insn->modrm >> 3) & 7u);
}

static inline uint8_t insn_modrm_rm(const struct hv_insn *insn)
{
    return (uint8_t)(insn->modrm & 7u);
}

static inline uint8_t insn_rex_extension(const struct hv_insn *insn, enum hv_insn_rex bit)
{
    return (insn->rex & bit) != 0 ? 8 : 0;
}

static inline bool insn_has_prefix(const struct insn_decoder *d, unsigned prefixes)
{
    return (d->out->prefixes & prefixes) != 0;
}

/* Whether @p count more bytes are there and within the longest instruction. */
static inline enum hv_insn_status insn_need(const struct insn_decoder *d, size_t count)
{
    if (d->offset + count > HV_INSN_MAX_LENGTH) {
        return HV_INSN_INVALID;
    }
    return d->offset + count > d->size ? HV_INSN_TRUNCATED : HV_INSN_OK;
}

static inline enum hv_insn_status insn_fetch_byte(struct insn_decoder *d, uint8_t *value)
{
    enum hv_insn_status status = insn_need(d, 1);
    if (status == HV_INSN_OK) {
        *value = d->bytes[d->offset++];
    }
    return status;
}

static inline enum hv_insn_status insn_fetch_unsigned(struct insn_decoder *d, size_t count,
                                                      uint64_t *value)
{
    enum hv_insn_status status = insn_need(d, count);
    if (status != HV_INSN_OK) {
        return status;
    }
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        *value |= (uint64_t)d->bytes[d->offset + i] << (8 * i);
    }
    d->offset += count;
    return HV_INSN_OK;
}

static inline int64_t insn_sign_extend(uint64_t value, size_t bytes)
{
    if (bytes >= 8) {
        return (int64_t)value;
    }
    uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    return (int64_t)((value ^ sign) - sign);
}

static inline enum hv_insn_status insn_fetch_signed(struct insn_decoder *d, size_t count,
                                                    int64_t *value)
{
    uint64_t raw = 0;
    enum hv_insn_status status = insn_fetch_unsigned(d, count, &raw);
    if (status == HV_INSN_OK) {
        *value = count == 0 ? 0 : insn_sign_extend(raw, count);
    }
    return status;
}

#endif
