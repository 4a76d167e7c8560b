/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* APM vol. 1, 3.1.4 "RFLAGS Register"; vol. 3, the instructions. */
#include "alu.h"

#include "vp.h"

#define STATUS_FLAGS                                                             \
    (WORKER_RFLAGS_CF | WORKER_RFLAGS_PF | WORKER_RFLAGS_AF | WORKER_RFLAGS_ZF | \
     WORKER_RFLAGS_SF | WORKER_RFLAGS_OF)

bool worker_alu_knows(enum hv_insn_op op)
{
    return op >= HV_INSN_OP_ADD && op <= HV_INSN_OP_DEC;
}

bool worker_alu_stores(enum hv_insn_op op)
{
    return op != HV_INSN_OP_CMP && op != HV_INSN_OP_TEST;
}

static bool is_even(uint8_t byte)
{
    byte ^= byte >> 4;
    byte ^= byte >> 2;
    byte ^= byte >> 1;
    return (byte & 1) == 0;
}

/* Flags that depend on the result alone. */
static uint64_t result_flags(uint64_t result, uint64_t sign)
{
    uint64_t flags = 0;

    if (is_even((uint8_t)result))
        flags |= WORKER_RFLAGS_PF;
    if (result == 0)
        flags |= WORKER_RFLAGS_ZF;
    if (result & sign)
        flags |= WORKER_RFLAGS_SF;
    return flags;
}

/* left + right + carry. */
static uint64_t add(uint64_t left, uint64_t right, uint64_t carry, uint64_t sign, uint64_t *flags)
{
    uint64_t mask = sign | (sign - 1), result = (left + right + carry) & mask;

    *flags = result_flags(result, sign);
    if (result < left || (carry && result == left))
        *flags |= WORKER_RFLAGS_CF;
    *flags |= (left ^ right ^ result) & WORKER_RFLAGS_AF;
    if ((left ^ result) & (right ^ result) & sign)
        *flags |= WORKER_RFLAGS_OF;
    return result;
}

/* left - right - borrow. */
static uint64_t subtract(uint64_t left, uint64_t right, uint64_t borrow, uint64_t sign,
                         uint64_t *flags)
{
    uint64_t mask = sign | (sign - 1), result = (left - right - borrow) & mask;

    *flags = result_flags(result, sign);
    if (left < right || (borrow && left == right))
        *flags |= WORKER_RFLAGS_CF;
    *flags |= (left ^ right ^ result) & WORKER_RFLAGS_AF;
    if ((left ^ right) & (left ^ result) & sign)
        *flags |= WORKER_RFLAGS_OF;
    return result;
}

static uint64_t logic(uint64_t result, uint64_t sign, uint64_t *flags)
{
    *flags = result_flags(result, sign);
    return result;
}

static uint64_t compute(enum hv_insn_op op, uint64_t left, uint64_t right, uint64_t sign,
                        uint64_t *flags)
{
    uint64_t carry = *flags & WORKER_RFLAGS_CF ? 1 : 0;

    switch (op) {
    case HV_INSN_OP_ADD:
        return add(left, right, 0, sign, flags);
    case HV_INSN_OP_ADC:
        return add(left, right, carry, sign, flags);
    case HV_INSN_OP_INC:
        return add(left, 1, 0, sign, flags);
    case HV_INSN_OP_SBB:
        return subtract(left, right, carry, sign, flags);
    case HV_INSN_OP_DEC:
        return subtract(left, 1, 0, sign, flags);
    case HV_INSN_OP_NEG:
        return subtract(0, left, 0, sign, flags);
    case HV_INSN_OP_OR:
        return logic(left | right, sign, flags);
    case HV_INSN_OP_XOR:
        return logic(left ^ right, sign, flags);
    case HV_INSN_OP_AND:
    case HV_INSN_OP_TEST:
        return logic(left & right, sign, flags);
    default:
        return subtract(left, right, 0, sign, flags);
    }
}

uint64_t worker_alu(enum hv_insn_op op, unsigned size, uint64_t left, uint64_t right,
                    uint64_t *rflags)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1), changed = STATUS_FLAGS, flags = *rflags;
    uint64_t result;

    if (op == HV_INSN_OP_NOT)
        return ~left & (sign | (sign - 1));
    if (op == HV_INSN_OP_INC || op == HV_INSN_OP_DEC)
        changed &= ~WORKER_RFLAGS_CF;
    result = compute(op, left, right, sign, &flags);
    *rflags = (*rflags & ~changed) | (flags & changed);
    return result;
}
