/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP's architectural registers by their TLFS names. */
#include <stddef.h>

#include <hv/abi/tlfs.h>

#include "cpu.h"
#include "lp.h"
#include "svm.h"
#include "svm_debug.h"
#include "svm_float.h"
#include "svm_mtrr.h"
#include "svm_switch.h"
#include "svm_valid.h"

/* A register that is a 64-bit field of the VMCB. */
struct field {
    uint32_t name;
    uint16_t offset;
    uint16_t group; /* of clean bits */
    bool (*valid)(const struct svm_vp *vp, uint64_t value);
};

#define FIELD(register_name, field, group, valid)                                \
    {                                                                            \
        HvX64Register##register_name, offsetof(struct vmcb, field), group, valid \
    }

static const struct field fields[] = {
    FIELD(Cr2, cr2, VMCB_CLEAN_CR2, NULL),
    FIELD(Cr3, cr3, VMCB_CLEAN_CR, svm_valid_cr3),
    FIELD(Cr4, cr4, VMCB_CLEAN_CR, svm_valid_cr4),
    FIELD(Dr6, dr6, VMCB_CLEAN_DR, svm_valid_debug),
    FIELD(Dr7, dr7, VMCB_CLEAN_DR, svm_valid_debug),
    FIELD(Pat, pat, VMCB_CLEAN_NESTED, svm_valid_pat),
    FIELD(KernelGsBase, kernel_gs_base, 0, svm_valid_canonical),
    FIELD(SysenterCs, sysenter_cs, 0, NULL),
    FIELD(SysenterEip, sysenter_eip, 0, svm_valid_canonical),
    FIELD(SysenterEsp, sysenter_esp, 0, svm_valid_canonical),
    FIELD(Star, star, 0, NULL),
    FIELD(Lstar, lstar, 0, svm_valid_canonical),
    FIELD(Cstar, cstar, 0, svm_valid_canonical),
    FIELD(Sfmask, sfmask, 0, NULL),
};

static const struct field *find_field(uint32_t name)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].name == name)
            return &fields[i];
    return NULL;
}

static uint64_t *field_at(struct svm_vp *vp, const struct field *field)
{
    return (uint64_t *)(void *)((uint8_t *)vp->vmcb + field->offset);
}

/* In the order of their names: ES to TR. */
static struct vmcb_segment *segment_at(struct svm_vp *vp, uint32_t name)
{
#define AT(segment) offsetof(struct vmcb, segment)
    static const uint16_t places[] = { AT(es), AT(cs), AT(ss),   AT(ds),
                                       AT(fs), AT(gs), AT(ldtr), AT(tr) };
#undef AT

    return (struct vmcb_segment *)(void *)((uint8_t *)vp->vmcb + places[name - HvX64RegisterEs]);
}

/*
 * HV_X64_SEGMENT_REGISTER: base; limit, selector, attributes as in a descriptor. The VMCB has
 * selector and attributes before the limit, and the attributes without their reserved bits 8 to 11.
 */
static inline __attribute__((always_inline)) void show_segment(const struct vmcb_segment *segment,
                                                               struct hv_register128 *value)
{
    uint64_t word, upper;

    __builtin_memcpy(&word, segment, sizeof(word));
    word = word << 32 | word >> 32;
    upper = word & UINT64_C(0xF) << 56;
    value->low = segment->base;
    value->high = (word & ~(UINT64_C(0xFF) << 56)) | upper << 4;
}

static void get_segment(struct svm_vp *vp, uint32_t name, struct hv_register128 *value)
{
    show_segment(segment_at(vp, name), value);
}

static hv_status set_segment(struct svm_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    struct vmcb_segment *segment = segment_at(vp, name);
    uint16_t attributes = (uint16_t)(value->high >> 48);

    if (!svm_valid_segment(vp, name, value))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    segment->base = value->low;
    segment->limit = (uint32_t)value->high;
    segment->selector = (uint16_t)(value->high >> 32);
    segment->attributes = (uint16_t)((attributes & 0xFF) | (attributes >> 4 & 0xF00));
    if (name == HvX64RegisterSs)
        vp->vmcb->cpl = (attributes >> HV_X64_SEGMENT_DPL_SHIFT) & 3;
    svm_touch(vp, VMCB_CLEAN_SEGMENTS);
    return HV_STATUS_SUCCESS;
}

/* HV_X64_TABLE_REGISTER: 48 bits of padding, limit, base. */
static void get_table(struct svm_vp *vp, uint32_t name, struct hv_register128 *value)
{
    const struct vmcb_segment *table =
        name == HvX64RegisterIdtr ? &vp->vmcb->idtr : &vp->vmcb->gdtr;

    value->low = (uint64_t)(table->limit & 0xFFFF) << 48;
    value->high = table->base;
}

static hv_status set_table(struct svm_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    struct vmcb_segment *table = name == HvX64RegisterIdtr ? &vp->vmcb->idtr : &vp->vmcb->gdtr;

    if (!svm_valid_canonical(vp, value->high))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    table->limit = (uint32_t)(value->low >> 48);
    table->base = value->high;
    svm_touch(vp, VMCB_CLEAN_TABLES);
    return HV_STATUS_SUCCESS;
}

/* LMA follows from PG and LME (APM vol. 2, 14.6). */
static void update_lma(struct svm_vp *vp)
{
    struct vmcb *vmcb = vp->vmcb;

    vmcb->efer &= ~(uint64_t)EFER_LMA;
    if ((vmcb->cr0 & CR0_PG) && (vmcb->efer & EFER_LME))
        vmcb->efer |= EFER_LMA;
    svm_touch(vp, VMCB_CLEAN_CR);
}

static hv_status set_cr0(struct svm_vp *vp, uint64_t value)
{
    if (!svm_valid_cr0(vp, value))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->vmcb->cr0 = value | CR0_ET;
    update_lma(vp);
    return HV_STATUS_SUCCESS;
}

static hv_status set_efer(struct svm_vp *vp, uint64_t value)
{
    if (!svm_efer_valid(value) ||
        ((vp->vmcb->cr0 & CR0_PG) && ((value ^ vp->vmcb->efer) & EFER_LME)))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->vmcb->efer = value | EFER_SVME;
    update_lma(vp);
    return HV_STATUS_SUCCESS;
}

/* HV_X64_PENDING_INTERRUPTION_REGISTER has the types of VMCB events, but for one. */
static uint64_t get_pending(const struct svm_vp *vp)
{
    uint64_t event = vp->event;

    if (!(event & VMCB_EVENT_VALID))
        return 0;
    return HV_X64_PENDING_INTERRUPTION_PENDING |
           (event >> 8 & 7) << HV_X64_PENDING_INTERRUPTION_TYPE_SHIFT |
           ((event & VMCB_EVENT_HAS_ERROR) ? HV_X64_PENDING_INTERRUPTION_DELIVER_ERROR_CODE : 0) |
           (event & VMCB_EVENT_VECTOR) << HV_X64_PENDING_INTERRUPTION_VECTOR_SHIFT |
           (event >> VMCB_EVENT_ERROR_SHIFT) << HV_X64_PENDING_INTERRUPTION_ERROR_CODE_SHIFT;
}

static hv_status set_pending(struct svm_vp *vp, uint64_t value)
{
    uint64_t type =
        (value & HV_X64_PENDING_INTERRUPTION_TYPE_MASK) >> HV_X64_PENDING_INTERRUPTION_TYPE_SHIFT;
    uint64_t vector = (value & HV_X64_PENDING_INTERRUPTION_VECTOR_MASK) >>
                      HV_X64_PENDING_INTERRUPTION_VECTOR_SHIFT;
    bool has_error = (value & HV_X64_PENDING_INTERRUPTION_DELIVER_ERROR_CODE) != 0;

    if (!(value & HV_X64_PENDING_INTERRUPTION_PENDING)) {
        vp->event = 0;
        return HV_STATUS_SUCCESS;
    }
    if (!svm_valid_event(type, vector, has_error))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->event = VMCB_EVENT_VALID | type << 8 | vector;
    if (has_error)
        vp->event |= VMCB_EVENT_HAS_ERROR | (value >> HV_X64_PENDING_INTERRUPTION_ERROR_CODE_SHIFT)
                                                << VMCB_EVENT_ERROR_SHIFT;
    return HV_STATUS_SUCCESS;
}

static uint64_t get_interrupt_state(const struct svm_vp *vp)
{
    bool iret_done = vp->nmi_iret && vp->gprs.rip != vp->nmi_iret_rip;

    return ((vp->vmcb->interrupt_shadow & VMCB_SHADOW) ? HV_X64_INTERRUPT_STATE_INTERRUPT_SHADOW
                                                       : 0) |
           (vp->nmi_masked && !iret_done ? HV_X64_INTERRUPT_STATE_NMI_MASKED : 0);
}

static hv_status set_interrupt_state(struct svm_vp *vp, uint64_t value)
{
    if (value & ~(HV_X64_INTERRUPT_STATE_INTERRUPT_SHADOW | HV_X64_INTERRUPT_STATE_NMI_MASKED))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    vp->vmcb->interrupt_shadow &= ~VMCB_SHADOW;
    if (value & HV_X64_INTERRUPT_STATE_INTERRUPT_SHADOW)
        vp->vmcb->interrupt_shadow |= VMCB_SHADOW;
    svm_event_set_nmi_mask(vp, (value & HV_X64_INTERRUPT_STATE_NMI_MASKED) != 0);
    return HV_STATUS_SUCCESS;
}

static const uint64_t activities[] = {
    [SVM_RUNNING] = 0,
    [SVM_WAIT_FOR_STARTUP] = HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND,
    [SVM_HALTED] = HV_INTERNAL_ACTIVITY_HALT_SUSPEND,
    [SVM_IDLE] = HV_INTERNAL_ACTIVITY_IDLE_SUSPEND,
    [SVM_LENDS] = 0,
};

static hv_status set_activity(struct svm_vp *vp, uint64_t value)
{
    for (unsigned i = 0; i < sizeof(activities) / sizeof(activities[0]); i++)
        if (activities[i] == value) {
            vp->activity = (enum svm_activity)i;
            return HV_STATUS_SUCCESS;
        }
    return HV_STATUS_INVALID_REGISTER_VALUE;
}

/* Type ranges are the machine's: they are not written when they say so already. */
static hv_status set_msr(struct svm_vp *vp, uint32_t msr, uint64_t value)
{
    uint64_t current;

    if (rdmsr_safe(msr, &current) && current == value)
        return HV_STATUS_SUCCESS;
    return svm_switch_write_msr(vp, msr, value) ? HV_STATUS_SUCCESS
                                                : HV_STATUS_INVALID_REGISTER_VALUE;
}

/* What a child has under the names of MSRs that are the machine's for the root. */
static hv_status set_mtrr(struct svm_vp *vp, uint32_t msr, uint64_t value)
{
    return svm_mtrr_write(&vp->mtrr, msr, value) ? HV_STATUS_SUCCESS
                                                 : HV_STATUS_INVALID_REGISTER_VALUE;
}

bool svm_set_xcr0(struct svm_vp *vp, uint64_t value)
{
    /* Other components than these are not exchanged between VPs. */
    if (vp->child && (value & ~svm_switch_states()))
        return false;
    return (read_cr4() & CR4_OSXSAVE) && xsetbv_safe(value);
}

static uint64_t get_xcr0(void)
{
    return (read_cr4() & CR4_OSXSAVE) ? xgetbv() : 1;
}

static bool in_range(uint32_t name, uint32_t first, uint32_t last)
{
    return name >= first && name <= last;
}

/* Registers of which each has rules of its own. */
static hv_status get_single(struct svm_vp *vp, uint32_t name, uint64_t *value)
{
    const struct field *field;
    uint32_t msr;

    switch (name) {
    case HvX64RegisterRip:
        *value = vp->gprs.rip;
        return HV_STATUS_SUCCESS;
    case HvX64RegisterRflags:
        *value = vp->gprs.rflags;
        return HV_STATUS_SUCCESS;
    case HvX64RegisterCr0:
        *value = vp->vmcb->cr0;
        return HV_STATUS_SUCCESS;
    case HvX64RegisterXfem:
        *value = get_xcr0();
        return HV_STATUS_SUCCESS;
    case HvX64RegisterEfer:
        *value = vp->vmcb->efer & ~(uint64_t)EFER_SVME;
        return HV_STATUS_SUCCESS;
    case HvX64RegisterTsc:
        *value = rdtsc();
        return HV_STATUS_SUCCESS;
    case HvRegisterPendingInterruption:
        *value = get_pending(vp);
        return HV_STATUS_SUCCESS;
    case HvRegisterInterruptState:
        *value = get_interrupt_state(vp);
        return HV_STATUS_SUCCESS;
    case HvRegisterInternalActivityState:
        *value = activities[vp->activity];
        return HV_STATUS_SUCCESS;
    case HvRegisterPendingEvent0:
        /* None: what is pending is shown as an interruption. */
        *value = 0;
        return HV_STATUS_SUCCESS;
    default:
        break;
    }
    field = find_field(name);
    if (field) {
        *value = *field_at(vp, field);
        return HV_STATUS_SUCCESS;
    }
    if (!hv_register_msr(name, &msr))
        return HV_STATUS_INVALID_PARAMETER;
    if (vp->child && svm_mtrr_read(&vp->mtrr, msr, value))
        return HV_STATUS_SUCCESS;
    return rdmsr_safe(msr, value) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
}

/* Registers that are in the processor while the VP's LP is not turned to another one. */
static bool is_switched(uint32_t name)
{
    return in_range(name, HvX64RegisterXmm0, HvX64RegisterXmmControlStatus) ||
           name == HvX64RegisterXfem || name == HvX64RegisterTscAux;
}

static hv_status get_register(struct svm_vp *vp, uint32_t name, struct hv_register128 *value)
{
    if (in_range(name, HvX64RegisterRax, HvX64RegisterR15))
        value->low = vp->gprs.gpr[name - HvX64RegisterRax];
    else if (in_range(name, HvX64RegisterEs, HvX64RegisterTr))
        get_segment(vp, name, value);
    else if (in_range(name, HvX64RegisterIdtr, HvX64RegisterGdtr))
        get_table(vp, name, value);
    else if (in_range(name, HvX64RegisterDr0, HvX64RegisterDr3))
        value->low = svm_debug_get(vp, name - HvX64RegisterDr0);
    else if (in_range(name, HvX64RegisterXmm0, HvX64RegisterXmmControlStatus))
        svm_float_get(name, value);
    else
        return get_single(vp, name, &value->low);
    return HV_STATUS_SUCCESS;
}

hv_status svm_get_register(void *context, struct hv_vp *hv_vp, uint32_t name,
                           struct hv_register128 *value)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp), *other;
    hv_status status;

    (void)context;
    *value = (struct hv_register128){ 0 };
    if (vp->loaded)
        svm_vmsave(vp->vmcb_address);
    if (!is_switched(name))
        return get_register(vp, name, value);
    other = svm_switch_borrow(vp);
    status = get_register(vp, name, value);
    svm_switch_return(vp, other);
    return status;
}

struct hv_gprs *svm_gprs(void *context, struct hv_vp *hv_vp)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);

    (void)context;
    return &vp->gprs;
}

/* At an intercept: the VP is the one that has just left the guest, and the processor has all of it.
 */
void svm_read_shown(void *context, struct hv_vp *hv_vp, struct hv_shown_registers *registers)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);
    const struct vmcb *vmcb = vp->vmcb;

    (void)context;
    if (vp->loaded)
        svm_vmsave(vp->vmcb_address);
    show_segment(&vmcb->es, &registers->segments[0]);
    show_segment(&vmcb->cs, &registers->segments[1]);
    show_segment(&vmcb->ss, &registers->segments[2]);
    show_segment(&vmcb->ds, &registers->segments[3]);
    show_segment(&vmcb->fs, &registers->segments[4]);
    show_segment(&vmcb->gs, &registers->segments[5]);
    registers->cr0 = vmcb->cr0;
    registers->cr3 = vmcb->cr3;
    registers->cr4 = vmcb->cr4;
    registers->efer = vmcb->efer & ~(uint64_t)EFER_SVME;
    registers->dr7 = vmcb->dr7;
    registers->pending_interruption = get_pending(vp);
    registers->interrupt_state = get_interrupt_state(vp);
    registers->xfem = get_xcr0();
    svm_float_show(registers->xmm);
}

static hv_status set_field(struct svm_vp *vp, const struct field *field, uint64_t value)
{
    if (field->valid && !field->valid(vp, value))
        return HV_STATUS_INVALID_REGISTER_VALUE;
    *field_at(vp, field) = value;
    svm_touch(vp, field->group);
    if (field->group == VMCB_CLEAN_DR)
        svm_debug_update(vp);
    return HV_STATUS_SUCCESS;
}

static hv_status set_single(struct svm_vp *vp, uint32_t name, uint64_t value)
{
    hv_status bad = HV_STATUS_INVALID_REGISTER_VALUE;
    const struct field *field;
    uint32_t msr;

    switch (name) {
    case HvX64RegisterCr0:
        return set_cr0(vp, value);
    case HvX64RegisterXfem:
        return svm_set_xcr0(vp, value) ? HV_STATUS_SUCCESS : bad;
    case HvX64RegisterEfer:
        return set_efer(vp, value);
    case HvRegisterPendingInterruption:
        return set_pending(vp, value);
    case HvRegisterInterruptState:
        return set_interrupt_state(vp, value);
    case HvRegisterInternalActivityState:
        return set_activity(vp, value);
    case HvX64RegisterTsc:
        /* As WRMSR: all VPs count alike. */
        return HV_STATUS_SUCCESS;
    default:
        break;
    }
    field = find_field(name);
    if (field)
        return set_field(vp, field, value);
    if (!hv_register_msr(name, &msr))
        return HV_STATUS_INVALID_PARAMETER;
    if (vp->child && msr != MSR_TSC_AUX)
        return set_mtrr(vp, msr, value);
    return set_msr(vp, msr, value);
}

static hv_status set_register(struct svm_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    /* That there is none can be said of events, and no more: others are pending interruptions. */
    if (name == HvRegisterPendingEvent0)
        return value->low || value->high ? HV_STATUS_INVALID_REGISTER_VALUE : HV_STATUS_SUCCESS;
    if (in_range(name, HvX64RegisterEs, HvX64RegisterTr))
        return set_segment(vp, name, value);
    if (in_range(name, HvX64RegisterIdtr, HvX64RegisterGdtr))
        return set_table(vp, name, value);
    if (in_range(name, HvX64RegisterDr0, HvX64RegisterDr3)) {
        svm_debug_set(vp, name - HvX64RegisterDr0, value->low);
        return HV_STATUS_SUCCESS;
    }
    if (in_range(name, HvX64RegisterXmm0, HvX64RegisterXmmControlStatus))
        return svm_float_set(name, value) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_REGISTER_VALUE;
    return set_single(vp, name, value->low);
}

/* General registers, RIP and RFLAGS: those that svm_entry.S has, wherever the others are. */
static hv_status set_general(struct svm_vp *vp, uint32_t name, uint64_t value)
{
    if (name == HvX64RegisterRip) {
        if (!svm_valid_rip(vp, value))
            return HV_STATUS_INVALID_REGISTER_VALUE;
        vp->gprs.rip = value;
    } else if (name == HvX64RegisterRflags) {
        if (!svm_valid_rflags(vp, value))
            return HV_STATUS_INVALID_REGISTER_VALUE;
        vp->gprs.rflags = value;
    } else {
        vp->gprs.gpr[name - HvX64RegisterRax] = value;
    }
    return HV_STATUS_SUCCESS;
}

/* One that is in the VMCB or, if switched, in the processor while the VP's turn lasts. */
static __attribute__((noinline)) hv_status set_other(struct svm_vp *vp, uint32_t name,
                                                     const struct hv_register128 *value)
{
    const bool switched = is_switched(name);
    struct svm_vp *other = NULL;
    hv_status status;

    if (vp->loaded)
        svm_vmsave(vp->vmcb_address);
    if (switched)
        other = svm_switch_borrow(vp);
    status = set_register(vp, name, value);
    if (switched)
        svm_switch_return(vp, other);
    if (vp->loaded)
        svm_vmload(vp->vmcb_address);
    return status;
}

hv_status svm_set_register(void *context, struct hv_vp *hv_vp, uint32_t name,
                           const struct hv_register128 *value)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp);

    (void)context;
    /* A parent sets these for most intercepts. */
    if (in_range(name, HvX64RegisterRax, HvX64RegisterRflags))
        return set_general(vp, name, value->low);
    return set_other(vp, name, value);
}
