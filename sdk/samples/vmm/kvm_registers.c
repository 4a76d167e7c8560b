/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP's architectural registers by their TLFS names. Outside the guest general and system
   registers are in the page that KVM shares; others KVM is asked for. */
#include <stddef.h>
#include <string.h>

#include "kvm_backend.h"

#define RFLAGS_DEFINED UINT64_C(0x3F7FD7) /* CF to ID */
#define RFLAGS_ONE     UINT64_C(0x2)
#define EFER_LME       UINT64_C(0x100)
#define EFER_LMA       UINT64_C(0x400)
#define CR0_PG         UINT64_C(0x80000000)
#define CR4_LA57       UINT64_C(0x1000)

#define MSR_TSC 0x10u

/* ---- General registers ---- */

void kvm_load_gprs(struct kvm_vp *vp)
{
    const struct kvm_regs *regs = &vp->run->s.regs.regs;

    vp->gprs =
        (struct hv_gprs){ .gpr = { regs->rax, regs->rcx, regs->rdx, regs->rbx, regs->rsp, regs->rbp,
                                   regs->rsi, regs->rdi, regs->r8, regs->r9, regs->r10, regs->r11,
                                   regs->r12, regs->r13, regs->r14, regs->r15 },
                          .rip = regs->rip,
                          .rflags = regs->rflags };
}

void kvm_store_gprs(struct kvm_vp *vp)
{
    const uint64_t *gpr = vp->gprs.gpr;

    vp->run->s.regs.regs = (struct kvm_regs){
        .rax = gpr[HV_GPR_RAX],
        .rbx = gpr[HV_GPR_RBX],
        .rcx = gpr[HV_GPR_RCX],
        .rdx = gpr[HV_GPR_RDX],
        .rsi = gpr[HV_GPR_RSI],
        .rdi = gpr[HV_GPR_RDI],
        .rsp = gpr[HV_GPR_RSP],
        .rbp = gpr[HV_GPR_RBP],
        .r8 = gpr[HV_GPR_R8],
        .r9 = gpr[HV_GPR_R9],
        .r10 = gpr[HV_GPR_R10],
        .r11 = gpr[HV_GPR_R11],
        .r12 = gpr[HV_GPR_R12],
        .r13 = gpr[HV_GPR_R13],
        .r14 = gpr[HV_GPR_R14],
        .r15 = gpr[HV_GPR_R15],
        .rip = vp->gprs.rip,
        .rflags = vp->gprs.rflags,
    };
    vp->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

bool kvm_long_mode(const struct kvm_vp *vp)
{
    const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

    return (sregs->efer & EFER_LMA) && sregs->cs.l;
}

static bool is_canonical(const struct kvm_vp *vp, uint64_t value)
{
    unsigned unused = (vp->run->s.regs.sregs.cr4 & CR4_LA57) ? 64 - 57 : 64 - 48;

    return (uint64_t)((int64_t)(value << unused) >> unused) == value;
}

static hv_status set_general(struct kvm_vp *vp, uint32_t name, uint64_t value)
{
    if (name == HvX64RegisterRip) {
        if (kvm_long_mode(vp) ? !is_canonical(vp, value) : value > UINT32_MAX)
            return HV_STATUS_INVALID_REGISTER_VALUE;
        vp->gprs.rip = value;
    } else if (name == HvX64RegisterRflags) {
        if ((value & ~RFLAGS_DEFINED) || !(value & RFLAGS_ONE))
            return HV_STATUS_INVALID_REGISTER_VALUE;
        vp->gprs.rflags = value;
    } else {
        vp->gprs.gpr[name - HvX64RegisterRax] = value;
    }
    kvm_store_gprs(vp);
    return HV_STATUS_SUCCESS;
}

static uint64_t get_general(const struct kvm_vp *vp, uint32_t name)
{
    if (name == HvX64RegisterRip)
        return vp->gprs.rip;
    if (name == HvX64RegisterRflags)
        return vp->gprs.rflags;
    return vp->gprs.gpr[name - HvX64RegisterRax];
}

/* ---- System registers ---- */

static struct kvm_segment *segment_of(struct kvm_vp *vp, uint32_t name)
{
#define AT(segment) offsetof(struct kvm_sregs, segment)
    static const uint16_t places[] = { AT(es), AT(cs), AT(ss),  AT(ds),
                                       AT(fs), AT(gs), AT(ldt), AT(tr) };
#undef AT

    return (struct kvm_segment *)(void *)((uint8_t *)&vp->run->s.regs.sregs +
                                          places[name - HvX64RegisterEs]);
}

static struct kvm_dtable *table_of(struct kvm_vp *vp, uint32_t name)
{
    struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

    return name == HvX64RegisterIdtr ? &sregs->idt : &sregs->gdt;
}

static __u64 *control_of(struct kvm_vp *vp, uint32_t name)
{
    struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

    switch (name) {
    case HvX64RegisterCr0:
        return &sregs->cr0;
    case HvX64RegisterCr2:
        return &sregs->cr2;
    case HvX64RegisterCr3:
        return &sregs->cr3;
    case HvX64RegisterCr4:
        return &sregs->cr4;
    case HvX64RegisterEfer:
        return &sregs->efer;
    default:
        return NULL;
    }
}

/* LMA follows from PG and LME (APM vol. 2, 14.6); KVM takes nothing else. */
static void update_lma(struct kvm_sregs *sregs)
{
    sregs->efer &= ~EFER_LMA;
    if ((sregs->cr0 & CR0_PG) && (sregs->efer & EFER_LME))
        sregs->efer |= EFER_LMA;
}

/* HV_X64_TABLE_REGISTER: 48 bits of padding, limit, base. */
static void set_system(struct kvm_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    if (name >= HvX64RegisterEs && name <= HvX64RegisterTr) {
        kvm_segment_set(segment_of(vp, name), value);
    } else if (name == HvX64RegisterIdtr || name == HvX64RegisterGdtr) {
        table_of(vp, name)->limit = (uint16_t)(value->low >> 48);
        table_of(vp, name)->base = value->high;
    } else {
        *control_of(vp, name) = value->low;
        update_lma(&vp->run->s.regs.sregs);
    }
    vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
}

hv_status kvm_registers_check(struct kvm_vp *vp, const struct kvm_sregs *before)
{
    struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

    if (kvm_call(vp->partition, vp->file, KVM_SET_SREGS, sregs) >= 0)
        return HV_STATUS_SUCCESS;
    *sregs = *before;
    return HV_STATUS_INVALID_REGISTER_VALUE;
}

static bool get_system(struct kvm_vp *vp, uint32_t name, struct hv_register128 *value)
{
    if (name >= HvX64RegisterEs && name <= HvX64RegisterTr) {
        kvm_segment_get(segment_of(vp, name), value);
    } else if (name == HvX64RegisterIdtr || name == HvX64RegisterGdtr) {
        value->low = (uint64_t)table_of(vp, name)->limit << 48;
        value->high = table_of(vp, name)->base;
    } else if (control_of(vp, name)) {
        value->low = *control_of(vp, name);
    } else {
        return false;
    }
    return true;
}

static bool is_system(struct kvm_vp *vp, uint32_t name)
{
    return (name >= HvX64RegisterEs && name <= HvX64RegisterTr) || name == HvX64RegisterIdtr ||
           name == HvX64RegisterGdtr || control_of(vp, name);
}

/* ---- MSRs ---- */

/* A list of one. */
union msr_list {
    struct kvm_msrs list;
    uint8_t bytes[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
};

bool kvm_msr_get(struct kvm_vp *vp, uint32_t msr, uint64_t *value)
{
    union msr_list msrs = { .bytes = { 0 } };

    msrs.list.nmsrs = 1;
    msrs.list.entries[0].index = msr;
    if (kvm_call(vp->partition, vp->file, KVM_GET_MSRS, &msrs) != 1)
        return false;
    *value = msrs.list.entries[0].data;
    return true;
}

bool kvm_msr_set(struct kvm_vp *vp, uint32_t msr, uint64_t value)
{
    union msr_list msrs = { .bytes = { 0 } };

    msrs.list.nmsrs = 1;
    msrs.list.entries[0].index = msr;
    msrs.list.entries[0].data = value;
    return kvm_call(vp->partition, vp->file, KVM_SET_MSRS, &msrs) == 1;
}

static bool find_msr(uint32_t name, uint32_t *msr)
{
    *msr = MSR_TSC;
    return name == HvX64RegisterTsc || hv_register_msr(name, msr);
}

/* ---- Debug, extended and floating-point registers ---- */

static __u64 *debug_of(struct kvm_debugregs *debug, uint32_t name)
{
    if (name <= HvX64RegisterDr3)
        return &debug->db[name - HvX64RegisterDr0];
    return name == HvX64RegisterDr6 ? &debug->dr6 : &debug->dr7;
}

static hv_status access_debug(struct kvm_vp *vp, uint32_t name, uint64_t *value, bool write)
{
    struct kvm_debugregs debug = { 0 };

    if (kvm_call(vp->partition, vp->file, KVM_GET_DEBUGREGS, &debug) < 0)
        return HV_STATUS_OPERATION_FAILED;
    if (!write) {
        *value = *debug_of(&debug, name);
        return HV_STATUS_SUCCESS;
    }
    *debug_of(&debug, name) = *value;
    return kvm_call(vp->partition, vp->file, KVM_SET_DEBUGREGS, &debug) < 0
               ? HV_STATUS_INVALID_REGISTER_VALUE
               : HV_STATUS_SUCCESS;
}

static hv_status access_xfem(struct kvm_vp *vp, uint64_t *value, bool write)
{
    struct kvm_xcrs xcrs = { 0 };

    if (kvm_call(vp->partition, vp->file, KVM_GET_XCRS, &xcrs) < 0 || xcrs.nr_xcrs == 0)
        return HV_STATUS_OPERATION_FAILED;
    if (!write) {
        *value = xcrs.xcrs[0].value;
        return HV_STATUS_SUCCESS;
    }
    xcrs.xcrs[0].value = *value;
    return kvm_call(vp->partition, vp->file, KVM_SET_XCRS, &xcrs) < 0
               ? HV_STATUS_INVALID_REGISTER_VALUE
               : HV_STATUS_SUCCESS;
}

static hv_status access_xmm(struct kvm_vp *vp, uint32_t name, struct hv_register128 *value,
                            bool write)
{
    struct kvm_fpu fpu = { 0 };
    uint8_t *bytes = fpu.xmm[name - HvX64RegisterXmm0];

    if (kvm_call(vp->partition, vp->file, KVM_GET_FPU, &fpu) < 0)
        return HV_STATUS_OPERATION_FAILED;
    if (!write) {
        memcpy(value, bytes, sizeof(*value));
        return HV_STATUS_SUCCESS;
    }
    memcpy(bytes, value, sizeof(*value));
    return kvm_call(vp->partition, vp->file, KVM_SET_FPU, &fpu) < 0 ? HV_STATUS_OPERATION_FAILED
                                                                    : HV_STATUS_SUCCESS;
}

/* ---- All of them ---- */

static const uint64_t activities[] = {
    [KVM_RUNS] = 0,
    [KVM_WAITS_FOR_STARTUP] = HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND,
    [KVM_HALTED] = HV_INTERNAL_ACTIVITY_HALT_SUSPEND,
    [KVM_IDLE] = HV_INTERNAL_ACTIVITY_IDLE_SUSPEND,
};

hv_status kvm_register_get(struct kvm_vp *vp, uint32_t name, struct hv_register128 *value)
{
    uint32_t msr;

    *value = (struct hv_register128){ 0 };
    if (name >= HvX64RegisterRax && name <= HvX64RegisterRflags) {
        value->low = get_general(vp, name);
        return HV_STATUS_SUCCESS;
    }
    if (get_system(vp, name, value))
        return HV_STATUS_SUCCESS;
    if (name >= HvX64RegisterDr0 && name <= HvX64RegisterDr7)
        return access_debug(vp, name, &value->low, false);
    if (name >= HvX64RegisterXmm0 && name <= HvX64RegisterXmm15)
        return access_xmm(vp, name, value, false);
    if (name == HvX64RegisterXfem)
        return access_xfem(vp, &value->low, false);
    if (name == HvRegisterInternalActivityState) {
        value->low = activities[atomic_load(&vp->activity)];
        return HV_STATUS_SUCCESS;
    }
    if (find_msr(name, &msr) && kvm_msr_get(vp, msr, &value->low))
        return HV_STATUS_SUCCESS;
    return HV_STATUS_INVALID_PARAMETER;
}

hv_status kvm_register_set(struct kvm_vp *vp, uint32_t name, const struct hv_register128 *value)
{
    uint64_t low = value->low;
    struct hv_register128 wide = *value;
    uint32_t msr;

    if (name >= HvX64RegisterRax && name <= HvX64RegisterRflags)
        return set_general(vp, name, low);
    if (is_system(vp, name)) {
        set_system(vp, name, value);
        return HV_STATUS_SUCCESS;
    }
    if (name >= HvX64RegisterDr0 && name <= HvX64RegisterDr7)
        return access_debug(vp, name, &low, true);
    if (name >= HvX64RegisterXmm0 && name <= HvX64RegisterXmm15)
        return access_xmm(vp, name, &wide, true);
    if (name == HvX64RegisterXfem)
        return access_xfem(vp, &low, true);
    /* As WRMSR: all VPs count alike. */
    if (name == HvX64RegisterTsc)
        return HV_STATUS_SUCCESS;
    if (!find_msr(name, &msr))
        return HV_STATUS_INVALID_PARAMETER;
    return kvm_msr_set(vp, msr, low) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_REGISTER_VALUE;
}
