/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A VP after reset, after INIT and at its start (APM vol. 2, table 14-1). */

#include "kvm_backend.h"

#define REAL_MODE_LIMIT 0xFFFFu
#define TYPE_CODE       0xBu
#define TYPE_DATA       0x3u
#define TYPE_LDT        0x2u
#define TYPE_TSS        0xBu
#define RESET_SELECTOR  0xF000u
#define RESET_BASE      UINT64_C(0xFFFF0000)
#define RESET_RIP       UINT64_C(0xFFF0)
#define RFLAGS_ONE      UINT64_C(0x2)
#define CR0_ET          UINT64_C(0x10)
#define CR0_NW_CD       UINT64_C(0x60000000)

static const struct kvm_segment data = {
    .limit = REAL_MODE_LIMIT, .type = TYPE_DATA, .s = 1, .present = 1
};

static struct kvm_segment code(uint16_t selector, uint64_t base)
{
    struct kvm_segment segment = data;

    segment.type = TYPE_CODE;
    segment.selector = selector;
    segment.base = base;
    return segment;
}

static void touch(struct kvm_vp *vp)
{
    vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
}

/* What was on its way into the guest. The APIC's base is lib/core's to change. */
static void drop_events(struct kvm_vp *vp)
{
    const struct kvm_vcpu_events events = { .flags = KVM_VCPUEVENT_VALID_NMI_PENDING |
                                                     KVM_VCPUEVENT_VALID_SHADOW };

    (void)kvm_call(vp->partition, vp->file, KVM_SET_VCPU_EVENTS, &events);
    vp->exception.valid = false;
    vp->nmi = false;
    vp->extint = HV_INTERRUPT_NONE;
}

void kvm_set_init_state(struct kvm_vp *vp)
{
    struct kvm_sregs *sregs = &vp->run->s.regs.sregs;
    uint64_t apic_base = sregs->apic_base;
    struct kvm_debugregs debug = { .dr6 = 0xFFFF0FF0, .dr7 = 0x400 };

    *sregs = (struct kvm_sregs){ .es = data, .ss = data, .ds = data, .fs = data, .gs = data };
    sregs->ldt = (struct kvm_segment){ .limit = REAL_MODE_LIMIT, .type = TYPE_LDT, .present = 1 };
    sregs->tr = (struct kvm_segment){ .limit = REAL_MODE_LIMIT, .type = TYPE_TSS, .present = 1 };
    sregs->gdt.limit = sregs->idt.limit = REAL_MODE_LIMIT;
    sregs->cr0 = CR0_ET;
    sregs->apic_base = apic_base;
    vp->gprs = (struct hv_gprs){ .rflags = RFLAGS_ONE };
    (void)kvm_call(vp->partition, vp->file, KVM_SET_DEBUGREGS, &debug);
    drop_events(vp);
    kvm_set_startup_state(vp, 0);
    atomic_store(&vp->activity, KVM_WAITS_FOR_STARTUP);
}

void kvm_set_startup_state(struct kvm_vp *vp, uint8_t vector)
{
    vp->run->s.regs.sregs.cs = code((uint16_t)(vector << 8), (uint64_t)vector << 12);
    vp->gprs.rip = 0;
    kvm_store_gprs(vp);
    touch(vp);
}

/* The first VP runs, and waits for nobody. */
void kvm_set_reset_state(struct kvm_vp *vp)
{
    kvm_set_init_state(vp);
    vp->run->s.regs.sregs.cr0 |= CR0_NW_CD;
    vp->run->s.regs.sregs.cs = code(RESET_SELECTOR, RESET_BASE);
    vp->gprs.rip = RESET_RIP;
    kvm_store_gprs(vp);
    if (vp->index == 0)
        atomic_store(&vp->activity, KVM_RUNS);
}

/* ---- HvCallStartVirtualProcessor ---- */

static hv_status apply(struct kvm_vp *vp, const struct hv_initial_vp_context *initial)
{
    const struct kvm_sregs before = vp->run->s.regs.sregs;
    hv_status status = HV_STATUS_SUCCESS;
    struct hv_register128 value;
    uint32_t name;

    for (uint32_t i = 0;
         status == HV_STATUS_SUCCESS && hv_register_initial(initial, i, &name, &value); i++)
        status = kvm_register_set(vp, name, &value);
    return status == HV_STATUS_SUCCESS ? kvm_registers_check(vp, &before) : status;
}

hv_status kvm_start(void *context, struct hv_vp *hv_vp, const struct hv_initial_vp_context *initial)
{
    struct kvm_vp *vp = hv_vp_backend(hv_vp);
    hv_status status;

    (void)context;
    if (atomic_load(&vp->activity) != KVM_WAITS_FOR_STARTUP)
        return HV_STATUS_INVALID_VP_STATE;
    status = apply(vp, initial);
    if (status != HV_STATUS_SUCCESS) {
        kvm_set_init_state(vp);
        return status;
    }
    atomic_store(&vp->activity, KVM_RUNS);
    return HV_STATUS_SUCCESS;
}
