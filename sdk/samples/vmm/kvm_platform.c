/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What lib/core needs of its embedder. */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm_backend.h"

#define APIC_HZ          UINT64_C(200000000) /* as Hyper-V's */
#define APIC_BASE_ENABLE UINT64_C(0x800)

#define CPUID_ADDRESS_SIZES 0x80000008u
#define LEAST_ADDRESS_BITS  36u
#define MOST_ADDRESS_BITS   48u

/*
 * KVM leaves VMCALL and VMMCALL to nobody: it answers them itself, whoever executes them. An OUT
 * leaves the guest in each mode and on each processor, and has the same bytes in all of them; of AL
 * it changes no register. To user mode OUT is #GP, where a guest expects #UD, so the code looks at
 * CPL first, and leaves registers and flags as they were.
 */
/* clang-format off */
static const uint8_t hypercall_code[] = {
    0x50,                     /* push %rax */
    0x9C,                     /* pushf */
    0x8C, 0xC8,               /* mov %cs, %eax */
    0xA8, 0x03,               /* test $3, %al */
    0x75, 0x05,               /* jnz 1f */
    0x9D,                     /* popf */
    0x58,                     /* pop %rax */
    0xE6, KVM_HYPERCALL_PORT, /* out %al, $port */
    0xC3,                     /* ret */
    0x9D,                     /* 1: popf */
    0x58,                     /* pop %rax */
    0x0F, 0x0B,               /* ud2 */
};
/* clang-format on */

uint64_t kvm_tsc(void)
{
    return __builtin_ia32_rdtsc();
}

static uint64_t tsc(void *context)
{
    (void)context;
    return kvm_tsc();
}

/* ---- Memory ---- */

static void *map(void *context, uint64_t spa_page)
{
    const struct kvm_memory *memory = &((struct kvm_partition *)context)->memory;

    return spa_page < memory->pages ? memory->all + spa_page * HV_PAGE_SIZE : NULL;
}

/* All that there is was given to the partition when it was made. */
static bool alloc(void *context, uint64_t *spa_page)
{
    (void)context;
    (void)spa_page;
    return false;
}

static void release(void *context, uint64_t spa_page)
{
    (void)context;
    (void)spa_page;
}

/* ---- Registers ---- */

static hv_status get_register(void *context, struct hv_vp *vp, uint32_t name,
                              struct hv_register128 *value)
{
    (void)context;
    return kvm_register_get(hv_vp_backend(vp), name, value);
}

static hv_status set_register(void *context, struct hv_vp *hv_vp, uint32_t name,
                              const struct hv_register128 *value)
{
    struct kvm_vp *vp = hv_vp_backend(hv_vp);
    const struct kvm_sregs before = vp->run->s.regs.sregs;
    hv_status status = kvm_register_set(vp, name, value);

    (void)context;
    return status == HV_STATUS_SUCCESS ? kvm_registers_check(vp, &before) : status;
}

static void read_xmm(void *context, struct hv_vp *hv_vp, unsigned first, unsigned count, void *out)
{
    const struct kvm_vp *vp = hv_vp_backend(hv_vp);
    struct kvm_fpu fpu = { 0 };

    (void)context;
    (void)kvm_call(vp->partition, vp->file, KVM_GET_FPU, &fpu);
    memcpy(out, fpu.xmm[first], count * sizeof(fpu.xmm[0]));
}

static void write_xmm(void *context, struct hv_vp *hv_vp, unsigned first, unsigned count,
                      const void *in)
{
    const struct kvm_vp *vp = hv_vp_backend(hv_vp);
    struct kvm_fpu fpu = { 0 };

    (void)context;
    if (kvm_call(vp->partition, vp->file, KVM_GET_FPU, &fpu) < 0)
        return;
    memcpy(fpu.xmm[first], in, count * sizeof(fpu.xmm[0]));
    (void)kvm_call(vp->partition, vp->file, KVM_SET_FPU, &fpu);
}

/* ---- Events ---- */

static void inject_exception(void *context, struct hv_vp *hv_vp, uint8_t vector, bool has_error,
                             uint32_t error)
{
    struct kvm_vp *vp = hv_vp_backend(hv_vp);

    (void)context;
    vp->exception = (struct kvm_exception){
        .valid = true, .vector = vector, .has_error = has_error, .error = error
    };
}

static void end_of_interrupt(void *context, struct hv_vp *vp, uint8_t vector)
{
    struct kvm_partition *partition = context;
    const uint64_t one = 1;
    ssize_t written;

    (void)vp;
    atomic_fetch_or(&partition->ended_vectors[vector / 64], UINT64_C(1) << vector % 64);
    /* A counter that is full can be read as well. */
    written = write(partition->ended, &one, sizeof(one));
    (void)written;
}

/* CPUID mirrors whether there is an APIC, and KVM answers CPUID. */
static void apic_changed(void *context, struct hv_vp *hv_vp)
{
    struct kvm_vp *vp = hv_vp_backend(hv_vp);
    struct kvm_sregs *sregs = &vp->run->s.regs.sregs;
    uint64_t base =
        (sregs->apic_base & ~APIC_BASE_ENABLE) | (hv_interrupt_apic_base(hv_vp) & APIC_BASE_ENABLE);

    (void)context;
    if (sregs->apic_base == base)
        return;
    sregs->apic_base = base;
    vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
}

/* Who takes a page away has told KVM by then, by kvm_page_changed(). */
static void flush_slat(void *context, struct hv_partition *partition)
{
    (void)context;
    (void)partition;
}

/* KVM has nothing for single addresses. */
static void flush_ranges(void *context, struct hv_vp *vp, const uint64_t *ranges, uint32_t count)
{
    (void)ranges;
    (void)count;
    kvm_flush_tlb(context, vp);
}

/* ---- What is told ---- */

static void write_log(void *context, enum hv_log_level level, const char *text)
{
    (void)context;
    if (level != HV_LOG_INFO)
        fprintf(stderr, "vmm| hypervisor: %s\n", text);
}

/* Who watches the crash registers finds it. */
static void guest_crashed(void *context, struct hv_partition *partition,
                          const struct hv_crash_report *report)
{
    (void)context;
    (void)partition;
    (void)report;
}

/* ---- All of it ---- */

static uint8_t address_bits(void)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;

    if (!__get_cpuid(CPUID_ADDRESS_SIZES, &eax, &ebx, &ecx, &edx))
        return LEAST_ADDRESS_BITS;
    eax &= 0xFF;
    return (uint8_t)(eax < MOST_ADDRESS_BITS ? eax : MOST_ADDRESS_BITS);
}

void kvm_platform_init(struct kvm_partition *partition)
{
    struct hv_platform *platform = &partition->platform;

    *platform = (struct hv_platform){
        .cpu = { .context = partition,
                 .get_register = get_register,
                 .set_register = set_register,
                 .read_xmm = read_xmm,
                 .write_xmm = write_xmm,
                 .inject_exception = inject_exception,
                 .end_of_interrupt = end_of_interrupt,
                 .apic_changed = apic_changed,
                 .start = kvm_start,
                 .flush_slat = flush_slat,
                 .page_changed = kvm_page_changed,
                 .flush_tlb = kvm_flush_tlb,
                 .flush_ranges = flush_ranges,
                 .wait_flushed = kvm_wait_flushed,
                 .kick = kvm_kick },
        .time = { .context = partition, .tsc = tsc },
        .memory = { .context = partition, .map = map },
        .pages = { .context = partition, .alloc = alloc, .free = release },
        .log = { .context = partition, .write = write_log, .guest_crashed = guest_crashed },
        .facts = { .tsc_hz = partition->tsc_hz,
                   .apic_hz = APIC_HZ,
                   .lp_count = partition->host_processors,
                   .capabilities = HV_CPU_GUEST_IDLE | HV_CPU_RESET | HV_CPU_XMM | HV_CPU_1G_PAGES |
                                   HV_CPU_LOCAL_APIC | HV_CPU_START_VP,
                   .slat_format = HV_SLAT_NPT,
                   .physical_address_bits = address_bits(),
                   .hypercall_code = hypercall_code,
                   .hypercall_code_size = sizeof(hypercall_code) },
    };
    if (partition->tsc_is_reliable)
        platform->facts.capabilities |= HV_CPU_INVARIANT_TSC;
}
