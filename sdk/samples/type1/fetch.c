/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fetch.h"

#include "cpu.h"
#include "gva.h"
#include "memory.h"
#include "string.h"
#include "svm.h"

enum hv_insn_mode fetch_mode(const struct svm_vp *vp)
{
    if (fetch_is_64(vp))
        return HV_INSN_64;
    return (vp->vmcb->cs.attributes & FETCH_SEGMENT_DEFAULT) ? HV_INSN_32 : HV_INSN_16;
}

uint64_t fetch_linear_rip(const struct svm_vp *vp)
{
    uint64_t linear = vp->vmcb->cs.base + vp->gprs.rip;

    return fetch_is_64(vp) ? vp->gprs.rip : linear & UINT32_MAX;
}

uint64_t fetch_linear(const struct svm_vp *vp, unsigned segment, uint64_t offset)
{
    const struct vmcb *vmcb = vp->vmcb;
    const struct vmcb_segment *const segments[] = { &vmcb->es, &vmcb->cs, &vmcb->ss,
                                                    &vmcb->ds, &vmcb->fs, &vmcb->gs };
    uint64_t base = segments[segment]->base;

    if (fetch_mode(vp) != HV_INSN_64)
        return (base + offset) & UINT32_MAX;
    return segment == HV_INSN_FS || segment == HV_INSN_GS ? base + offset : offset;
}

/* How an instruction looks without prefixes, as it does nearly always. */
struct plain {
    _Alignas(16) uint32_t mask; /* of its first bytes, in the order of memory; found by a shift */
    uint32_t bytes;
    unsigned length; /* of the one that looks so */
};

#define PLAIN_SIZE sizeof(uint32_t)

static const struct plain plains[] = {
    [HV_INSN_OP_OTHER] = { 0, 1, 0 }, /* none looks so */
    [HV_INSN_OP_VMCALL] = { 0xFFFFFF, 0xC1010F, 3 },
    [HV_INSN_OP_CPUID] = { 0xFFFF, 0xA20F, 2 },
    [HV_INSN_OP_RDMSR] = { 0xFFFF, 0x320F, 2 },
    [HV_INSN_OP_WRMSR] = { 0xFFFF, 0x300F, 2 },
    [HV_INSN_OP_VMMCALL] = { 0xFFFFFF, 0xD9010F, 3 },
    [HV_INSN_OP_HLT] = { 0xFF, 0xF4, 1 },
};

static inline bool is_plain(const uint8_t *code, const struct plain *plain)
{
    uint32_t bytes;

    __builtin_memcpy(&bytes, code, sizeof(bytes));
    return (bytes & plain->mask) == plain->bytes;
}

/* In a section. */
static unsigned copy_bytes(struct svm_vp *vp, uint64_t linear, uint8_t bytes[HV_INSN_MAX_LENGTH])
{
    unsigned first = (unsigned)(PAGE_SIZE - linear % PAGE_SIZE);
    const uint8_t *code = gva_pointer(vp, linear);

    if (!code)
        return 0;
    if (first > HV_INSN_MAX_LENGTH)
        first = HV_INSN_MAX_LENGTH;
    memcpy(bytes, code, first);
    if (first == HV_INSN_MAX_LENGTH)
        return first;
    code = gva_pointer(vp, linear + first);
    if (!code)
        return first;
    memcpy(bytes + first, code, HV_INSN_MAX_LENGTH - first);
    return HV_INSN_MAX_LENGTH;
}

unsigned fetch_bytes(struct svm_vp *vp, uint8_t bytes[HV_INSN_MAX_LENGTH])
{
    void *section = gva_enter(vp);
    unsigned count = copy_bytes(vp, fetch_linear_rip(vp), bytes);

    gva_leave(section);
    return count;
}

void fetch_code(struct svm_vp *vp, struct hv_exit *exit)
{
    exit->memory.code_mode = (uint8_t)fetch_mode(vp);
    exit->memory.code_size = (uint8_t)fetch_bytes(vp, exit->memory.code);
}

bool fetch_instruction(struct svm_vp *vp, struct hv_insn *insn)
{
    uint8_t bytes[HV_INSN_MAX_LENGTH];
    unsigned count = fetch_bytes(vp, bytes);

    return hv_insn_decode(bytes, count, fetch_mode(vp), insn) == HV_INSN_OK;
}

static bool may_be_plain(uint64_t linear, enum hv_insn_op op)
{
    return op < sizeof(plains) / sizeof(plains[0]) && linear % PAGE_SIZE <= PAGE_SIZE - PLAIN_SIZE;
}

static unsigned find_plain(struct svm_vp *vp, uint64_t linear, enum hv_insn_op op)
{
    void *section = gva_enter(vp);
    const uint8_t *code = gva_pointer(vp, linear);
    unsigned length = code && is_plain(code, &plains[op]) ? plains[op].length : 0;

    gva_leave(section);
    return length;
}

static unsigned decode_length(struct svm_vp *vp, enum hv_insn_op op)
{
    struct hv_insn insn;

    return fetch_instruction(vp, &insn) && insn.op == op ? insn.length : 0;
}

static __attribute__((noinline)) unsigned find_length(struct svm_vp *vp, enum hv_insn_op op)
{
    uint64_t linear = fetch_linear_rip(vp);
    unsigned length = may_be_plain(linear, op) ? find_plain(vp, linear, op) : 0;

    return __builtin_expect(length != 0, true) ? length : decode_length(vp, op);
}

/* Nearly every exit comes here. The root's, where nothing has changed since the last, calls
   nothing. */
unsigned fetch_length(struct svm_vp *vp, enum hv_insn_op op)
{
    const struct plain *plain;
    const uint8_t *code;
    uint64_t linear;

    if (svm_has_next_rip())
        return (unsigned)(vp->vmcb->next_rip - vp->gprs.rip) & 0xF;
    if (vp->child)
        return find_length(vp, op);
    linear = fetch_linear_rip(vp);
    if (!may_be_plain(linear, op))
        return find_length(vp, op);
    plain = &plains[op];
    HIDE(plain);
    code = gva_recent(vp, linear);
    if (!code || !is_plain(code, plain))
        return find_length(vp, op);
    return plain->length;
}
