/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Why the guest was left, and what comes of it: ports and memory are the worker's, all that is
   Hyper-V's is lib/core's. */
#include <string.h>

#include "kvm_backend.h"

#define CR0_PE    UINT64_C(1)
#define RFLAGS_VM (UINT64_C(1) << 17)

#define VECTOR_UD 6
#define VECTOR_GP 13

#define MSR_LENGTH  2u /* bytes of RDMSR and WRMSR */
#define MSR_TSC     0x10u
#define MSR_SYSCFG  0xC0010010u
#define MSR_HWCR    0xC0010015u
#define MSR_NB_CFG  0xC001001Fu
#define MSR_PENDING 0xC0010055u
#define MSR_DE_CFG  0xC0011029u

static void raise_fault(struct kvm_vp *vp, uint8_t vector)
{
    vp->exception =
        (struct kvm_exception){ .valid = true, .vector = vector, .has_error = vector == VECTOR_GP };
}

/* ---- What the worker is told ---- */

static struct hv_message *message_of(struct worker_intercept *intercept, uint32_t type,
                                     uint8_t size)
{
    intercept->kind = WORKER_INTERCEPT_MESSAGE;
    intercept->message =
        (struct hv_message){ .header = { .message_type = type, .payload_size = size } };
    return &intercept->message;
}

enum kvm_result kvm_tell_end(struct worker_intercept *intercept)
{
    message_of(intercept, HvMessageTypeUnrecoverableException,
               sizeof(struct hv_x64_intercept_message_header));
    return KVM_INTERCEPTED;
}

/* The guest has asked the hypervisor for a reset; the machine is the worker's. */
static enum kvm_result tell_reset(const struct kvm_vp *vp, struct worker_intercept *intercept)
{
    const struct hv_x64_msr_intercept_message reset = {
        .header = { .vp_index = vp->index,
                    .instruction_length = MSR_LENGTH,
                    .intercept_access_type = HV_INTERCEPT_ACCESS_WRITE,
                    .rip = vp->gprs.rip,
                    .rflags = vp->gprs.rflags },
        .msr_number = HV_X64_MSR_RESET,
        .rax = HV_X64_MSR_RESET_RESET,
    };

    memcpy(message_of(intercept, HvMessageTypeMsrIntercept, sizeof(reset))->payload, &reset,
           sizeof(reset));
    return KVM_INTERCEPTED;
}

static enum kvm_result tell_access(struct worker_intercept *intercept,
                                   const struct worker_access *access)
{
    intercept->kind = WORKER_INTERCEPT_ACCESS;
    intercept->access = *access;
    return KVM_INTERCEPTED;
}

/* ---- Hypercalls ---- */

static enum kvm_result act_on(struct kvm_vp *vp, enum hv_disposition disposition,
                              struct worker_intercept *intercept)
{
    if (disposition == HV_DISPOSITION_IDLE)
        atomic_store(&vp->activity, KVM_IDLE);
    return disposition == HV_DISPOSITION_RESET ? tell_reset(vp, intercept) : KVM_GOES_ON;
}

/* KVM ends the OUT first; from there on its place is known, and may be changed. */
static enum kvm_result exit_hypercall(struct kvm_vp *vp, struct worker_intercept *intercept)
{
    const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;
    struct hv_exit exit = { .reason = HV_EXIT_HYPERCALL,
                            .instruction_length = KVM_HYPERCALL_INSTRUCTION,
                            .gprs = &vp->gprs };
    enum hv_disposition disposition;

    kvm_vp_finish(vp);
    vp->gprs.rip -= KVM_HYPERCALL_INSTRUCTION;
    exit.hypercall.cpl = sregs->ss.dpl;
    exit.hypercall.protected_mode = (sregs->cr0 & CR0_PE) && !(vp->gprs.rflags & RFLAGS_VM);
    exit.hypercall.long_mode = kvm_long_mode(vp);
    disposition = hv_vp_exit(vp->vp, &exit);
    if (disposition == HV_DISPOSITION_PASS)
        raise_fault(vp, VECTOR_UD);
    if (!kvm_long_mode(vp))
        vp->gprs.rip &= UINT32_MAX;
    kvm_store_gprs(vp);
    return act_on(vp, disposition, intercept);
}

/* ---- Ports ---- */

static enum kvm_result exit_io(struct kvm_vp *vp, struct worker_intercept *intercept)
{
    struct kvm_run *run = vp->run;
    const struct worker_access access = { .address = run->io.port,
                                          .data = (uint8_t *)run + run->io.data_offset,
                                          .count = run->io.count,
                                          .size = run->io.size,
                                          .is_port = true,
                                          .is_write = run->io.direction == KVM_EXIT_IO_OUT };

    vp->unfinished = true;
    if (access.address == KVM_HYPERCALL_PORT && access.is_write && access.size == 1 &&
        access.count == 1)
        return exit_hypercall(vp, intercept);
    return tell_access(intercept, &access);
}

/* ---- Memory ---- */

/* The accesses that the TLFS demands of a guest; others have nothing there. */
static void access_apic(struct kvm_vp *vp)
{
    struct kvm_run *run = vp->run;
    bool is_supported = run->mmio.len == 4 && run->mmio.phys_addr % 16 == 0;
    uint32_t value = UINT32_MAX;

    if (!run->mmio.is_write) {
        if (is_supported)
            value = hv_interrupt_page_load(vp->vp, run->mmio.phys_addr);
        memset(run->mmio.data, 0xFF, sizeof(run->mmio.data));
        memcpy(run->mmio.data, &value, sizeof(value));
    } else if (is_supported) {
        memcpy(&value, run->mmio.data, sizeof(value));
        hv_interrupt_page_store(vp->vp, run->mmio.phys_addr, value);
    }
}

/* An instruction that KVM emulates for another reason may write there too, and is behind the guest
   by then: the write is dropped. */
static bool is_overlay(const struct kvm_vp *vp, uint64_t gpa)
{
    struct hv_mapping mapping;

    return hv_address_translate(vp->partition->partition, gpa / HV_PAGE_SIZE, &mapping) &&
           mapping.overlay;
}

static enum kvm_result exit_mmio(struct kvm_vp *vp, struct worker_intercept *intercept)
{
    struct kvm_run *run = vp->run;
    const struct worker_access access = { .address = run->mmio.phys_addr,
                                          .data = run->mmio.data,
                                          .count = 1,
                                          .size = (uint8_t)run->mmio.len,
                                          .is_write = run->mmio.is_write };

    vp->unfinished = true;
    if (hv_interrupt_is_page(vp->vp, access.address)) {
        access_apic(vp);
        return KVM_GOES_ON;
    }
    if (is_overlay(vp, access.address))
        return KVM_GOES_ON;
    return tell_access(intercept, &access);
}

/* ---- MSRs ---- */

/* What firmware sets up, of which nothing is the guest's; operating systems look there without
   asking CPUID. */
static bool is_firmwares(uint32_t msr)
{
    return msr == MSR_SYSCFG || msr == MSR_HWCR || msr == MSR_NB_CFG || msr == MSR_PENDING ||
           msr == MSR_DE_CFG;
}

/* All VPs count alike: who writes the TSC changes nothing. */
static bool pass_msr(const struct kvm_run *run, bool write, uint64_t *value)
{
    *value = 0;
    return is_firmwares(run->msr.index) || (write && run->msr.index == MSR_TSC);
}

/* KVM ends the instruction by what it is told: lib/core gets copies of the registers. */
static enum kvm_result exit_msr(struct kvm_vp *vp, bool write, struct worker_intercept *intercept)
{
    struct kvm_run *run = vp->run;
    struct hv_gprs gprs = vp->gprs;
    struct hv_exit exit = { .reason = write ? HV_EXIT_MSR_WRITE : HV_EXIT_MSR_READ,
                            .instruction_length = MSR_LENGTH,
                            .gprs = &gprs };
    enum hv_disposition disposition;
    uint64_t value;

    vp->unfinished = true;
    disposition = hv_vp_exit(vp->vp, &exit);
    value = gprs.gpr[HV_GPR_RDX] << 32 | (uint32_t)gprs.gpr[HV_GPR_RAX];
    run->msr.error = vp->exception.valid;
    if (disposition == HV_DISPOSITION_PASS)
        run->msr.error = !pass_msr(run, write, &value);
    vp->exception.valid = false;
    run->msr.data = value;
    return act_on(vp, disposition, intercept);
}

/* ---- All of them ---- */

static enum kvm_result fail(const struct kvm_vp *vp, const char *what, uint64_t detail,
                            struct vmm_trouble *trouble)
{
    vmm_trouble(trouble, "VP %u at 0x%llx: %s (0x%llx)", vp->index,
                (unsigned long long)vp->gprs.rip, what, (unsigned long long)detail);
    return KVM_FAILED;
}

static enum kvm_result dispatch(struct kvm_vp *vp, struct worker_intercept *intercept,
                                struct vmm_trouble *trouble)
{
    const struct kvm_run *run = vp->run;

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        return exit_io(vp, intercept);
    case KVM_EXIT_MMIO:
        return exit_mmio(vp, intercept);
    case KVM_EXIT_X86_RDMSR:
        return exit_msr(vp, false, intercept);
    case KVM_EXIT_X86_WRMSR:
        return exit_msr(vp, true, intercept);
    case KVM_EXIT_HLT:
        atomic_store(&vp->activity, KVM_HALTED);
        return KVM_GOES_ON;
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_SET_TPR:
    case KVM_EXIT_INTR:
        return KVM_GOES_ON;
    case KVM_EXIT_SHUTDOWN:
        return kvm_tell_end(intercept);
    case KVM_EXIT_FAIL_ENTRY:
        return fail(vp, "the processor refuses its state",
                    run->fail_entry.hardware_entry_failure_reason, trouble);
    case KVM_EXIT_INTERNAL_ERROR:
        return fail(vp, "KVM can't go on with it", run->internal.suberror, trouble);
    default:
        return fail(vp, "KVM has left it for a reason that is not known", run->exit_reason,
                    trouble);
    }
}

enum kvm_result kvm_exit_handle(struct kvm_vp *vp, struct worker_intercept *intercept,
                                struct vmm_trouble *trouble)
{
    enum kvm_result result = dispatch(vp, intercept, trouble);

    if (atomic_load(&vp->partition->broken))
        return fail(vp, "an overlay page could not be shown", 0, trouble);
    return result;
}
