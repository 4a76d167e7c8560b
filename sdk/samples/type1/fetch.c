/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fetch.h"

#include "cpu.h"
#include "gva.h"
#include "memory.h"
#include "string.h"
#include "svm.h"

/* Attributes of a code segment in a VMCB. */
#define SEGMENT_LONG    (1u << 9)
#define SEGMENT_DEFAULT (1u << 10)

enum hv_insn_mode fetch_mode(const struct svm_vp *vp)
{
    const struct vmcb *vmcb = vp->vmcb;

    if ((vmcb->efer & EFER_LMA) && (vmcb->cs.attributes & SEGMENT_LONG))
        return HV_INSN_64;
    return (vmcb->cs.attributes & SEGMENT_DEFAULT) ? HV_INSN_32 : HV_INSN_16;
}

uint64_t fetch_linear_rip(const struct svm_vp *vp)
{
    uint64_t linear = vp->vmcb->cs.base + vp->gprs.rip;

    return fetch_mode(vp) == HV_INSN_64 ? vp->gprs.rip : linear & UINT32_MAX;
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
    uint32_t mask, bytes; /* of its first bytes, in the order of memory */
    unsigned length;      /* 0: it is decoded */
};

#define PLAIN_SIZE sizeof(uint32_t)

static const struct plain plains[] = {
    [HV_INSN_OP_CPUID] = { 0xFFFF, 0xA20F, 2 }, [HV_INSN_OP_RDMSR] = { 0xFFFF, 0x320F, 2 },
    [HV_INSN_OP_WRMSR] = { 0xFFFF, 0x300F, 2 }, [HV_INSN_OP_VMMCALL] = { 0xFFFFFF, 0xD9010F, 3 },
    [HV_INSN_OP_HLT] = { 0xFF, 0xF4, 1 },
};

/* 0: it does not look so. */
static inline __attribute__((always_inline)) unsigned plain_length(const uint8_t *code,
                                                                   const struct plain *plain)
{
    uint32_t bytes;

    __builtin_memcpy(&bytes, code, sizeof(bytes));
    return (bytes & plain->mask) == plain->bytes ? plain->length : 0;
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

static inline __attribute__((always_inline)) unsigned find_plain(struct svm_vp *vp, uint64_t linear,
                                                                 const struct plain *plain)
{
    const uint8_t *code = gva_pointer(vp, linear);

    return code ? plain_length(code, plain) : 0;
}

static __attribute__((noinline)) unsigned find_plain_in_section(struct svm_vp *vp, uint64_t linear,
                                                                const struct plain *plain)
{
    void *section = gva_enter(vp);
    unsigned length = find_plain(vp, linear, plain);

    gva_leave(section);
    return length;
}

static __attribute__((noinline)) unsigned decode_length(struct svm_vp *vp, enum hv_insn_op op)
{
    struct hv_insn insn;

    return fetch_instruction(vp, &insn) && insn.op == op ? insn.length : 0;
}

unsigned fetch_length(struct svm_vp *vp, enum hv_insn_op op)
{
    unsigned length = 0;
    uint64_t linear;

    if (svm_has_next_rip())
        return (unsigned)(vp->vmcb->next_rip - vp->gprs.rip) & 0xF;
    linear = fetch_linear_rip(vp);
    if (op < sizeof(plains) / sizeof(plains[0]) && linear % PAGE_SIZE <= PAGE_SIZE - PLAIN_SIZE)
        length = vp->child ? find_plain_in_section(vp, linear, &plains[op])
                           : find_plain(vp, linear, &plains[op]);
    return __builtin_expect(length != 0, true) ? length : decode_length(vp, op);
}
