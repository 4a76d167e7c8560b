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

/* How these instructions look without prefixes, as they do nearly always. */
static inline __attribute__((always_inline)) bool is_plain(const uint8_t *bytes, enum hv_insn_op op,
                                                           unsigned *length)
{
    *length = 2;
    if (bytes[0] != 0x0F)
        return false;
    switch (op) {
    case HV_INSN_OP_CPUID:
        return bytes[1] == 0xA2;
    case HV_INSN_OP_RDMSR:
        return bytes[1] == 0x32;
    case HV_INSN_OP_WRMSR:
        return bytes[1] == 0x30;
    case HV_INSN_OP_VMMCALL:
        *length = 3;
        return bytes[1] == 0x01 && bytes[2] == 0xD9;
    default:
        return false;
    }
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

static inline __attribute__((always_inline)) bool find_plain(struct svm_vp *vp, uint64_t linear,
                                                             enum hv_insn_op op, unsigned *length)
{
    const uint8_t *code = gva_pointer(vp, linear);

    return code && is_plain(code, op, length);
}

static __attribute__((noinline)) bool find_plain_in_section(struct svm_vp *vp, uint64_t linear,
                                                            enum hv_insn_op op, unsigned *length)
{
    void *section = gva_enter(vp);
    bool found = find_plain(vp, linear, op, length);

    gva_leave(section);
    return found;
}

unsigned fetch_length(struct svm_vp *vp, enum hv_insn_op op)
{
    struct hv_insn insn;
    unsigned length;
    uint64_t linear;

    if (svm_has_next_rip())
        return (unsigned)(vp->vmcb->next_rip - vp->gprs.rip) & 0xF;
    linear = fetch_linear_rip(vp);
    if (linear % PAGE_SIZE <= PAGE_SIZE - 3 &&
        (vp->child ? find_plain_in_section(vp, linear, op, &length)
                   : find_plain(vp, linear, op, &length)))
        return length;
    if (!fetch_instruction(vp, &insn) || insn.op != op)
        return 0;
    return insn.length;
}
