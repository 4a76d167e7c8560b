/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A virtual machine of KVM, and the partition of lib/core that its VPs are of. */
#include "kvm_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PARTITION_ID 2
#define GPA_BITS     40u

/* Whether the TSC is invariant says CPUID, which can't be changed when the guest asks for it. */
#define NOT_GIVEN HV_PRIVILEGE_AccessTscInvariantControls

/* Where a PC has nothing; Intel's older processors need some pages for real mode. */
#define TSS_ADDRESS UINT64_C(0xFFFBD000)

/* Each overlay page may need nested tables of its own, a VP has three of them. */
#define TABLE_PAGES     32u
#define OVERLAYS_OF_VP  3u
#define TABLES_OF_PAGE  3u
#define PAGES_OF_TABLES (512u * 512u) /* that one table maps, by pages of 2 MiB */

#define MSR_APIC_BASE     0x1Bu
#define MSR_TSC           0x10u
#define MSR_PLATFORM_ID   0x17u
#define MSR_TSC_ADJUST    0x3Bu
#define MSR_TSC_DEADLINE  0x6E0u
#define MSR_HYPERV        0x40000000u
#define MSR_HYPERV_COUNT  0x1000u
#define MSR_MTRR_DEF_TYPE 0x2FFu
#define MTRR_ENABLED      0x800u

#define QUIRKS (KVM_X86_QUIRK_FIX_HYPERCALL_INSN | KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS)

#define KHZ 1000u

static bool refused(struct vmm_trouble *trouble, const char *what)
{
    return vmm_trouble(trouble, "could not %s: %s", what, strerror(errno));
}

static bool check(struct vmm_trouble *trouble, const char *what, hv_status status)
{
    return status == HV_STATUS_SUCCESS ||
           vmm_trouble(trouble, "could not %s, status 0x%04x", what, status);
}

/* ---- The virtual machine ---- */

static bool need(const struct kvm_partition *partition, uint32_t capability, const char *what,
                 struct vmm_trouble *trouble)
{
    return kvm_call(partition, partition->device, KVM_CHECK_EXTENSION,
                    (const void *)(uintptr_t)capability) > 0 ||
           vmm_trouble(trouble, "this KVM is too old: it can't %s (Linux 5.16 can)", what);
}

static bool enable(const struct kvm_partition *partition, uint32_t capability, uint64_t value)
{
    const struct kvm_enable_cap cap = { .cap = capability, .args = { value } };

    return kvm_call(partition, partition->file, KVM_ENABLE_CAP, &cap) >= 0;
}

/* What KVM has to leave to lib/core, or to nobody: all TSCs count alike. */
static bool filter_msrs(const struct kvm_partition *partition)
{
    static uint8_t none[MSR_HYPERV_COUNT / 8];
    const uint32_t both = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE;
    const struct kvm_msr_filter filter = {
        .flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
        .ranges = { { .flags = both,
                      .base = MSR_HYPERV,
                      .nmsrs = MSR_HYPERV_COUNT,
                      .bitmap = none },
                    { .flags = both, .base = MSR_APIC_BASE, .nmsrs = 1, .bitmap = none },
                    { .flags = both, .base = MSR_TSC_DEADLINE, .nmsrs = 1, .bitmap = none },
                    { .flags = both, .base = MSR_PLATFORM_ID, .nmsrs = 1, .bitmap = none },
                    { .flags = both, .base = MSR_TSC_ADJUST, .nmsrs = 1, .bitmap = none },
                    { .flags = KVM_MSR_FILTER_WRITE,
                      .base = MSR_TSC,
                      .nmsrs = 1,
                      .bitmap = none } },
    };

    return enable(partition, KVM_CAP_X86_USER_SPACE_MSR,
                  KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_UNKNOWN |
                      KVM_MSR_EXIT_REASON_FILTER) &&
           kvm_call(partition, partition->file, KVM_X86_SET_MSR_FILTER, &filter) >= 0;
}

/* MONITOR and MWAIT are not there, and code is as the guest has written it. Older kernels do not
   know all of these. */
static bool drop_quirks(const struct kvm_partition *partition)
{
    int known = kvm_call(partition, partition->device, KVM_CHECK_EXTENSION,
                         (const void *)(uintptr_t)KVM_CAP_DISABLE_QUIRKS2);

    return known <= 0 || enable(partition, KVM_CAP_DISABLE_QUIRKS2, (uint64_t)known & QUIRKS);
}

static bool create_machine(struct kvm_partition *partition, struct vmm_trouble *trouble)
{
    if (!need(partition, KVM_CAP_X86_USER_SPACE_MSR, "leave MSRs to user space", trouble) ||
        !need(partition, KVM_CAP_X86_MSR_FILTER, "leave MSRs to user space", trouble) ||
        !need(partition, KVM_CAP_SYNC_REGS, "share registers", trouble) ||
        !need(partition, KVM_CAP_IMMEDIATE_EXIT, "be ended by a signal", trouble) ||
        !need(partition, KVM_CAP_VCPU_ATTRIBUTES, "have all TSCs count alike", trouble))
        return false;
    partition->file = kvm_call(partition, partition->device, KVM_CREATE_VM, NULL);
    if (partition->file < 0)
        return refused(trouble, "create a virtual machine");
    if (kvm_call(partition, partition->file, KVM_SET_TSS_ADDR, (const void *)TSS_ADDRESS) < 0)
        return refused(trouble, "give KVM its pages");
    return (filter_msrs(partition) && drop_quirks(partition)) ||
           refused(trouble, "keep its MSRs from KVM");
}

/* ---- VPs, as KVM has them ---- */

/* The TSC that the guest reads is the processor's own. */
static bool set_tsc(const struct kvm_vp *vp)
{
    const uint64_t offset = 0;
    const struct kvm_device_attr attribute = { .group = KVM_VCPU_TSC_CTRL,
                                               .attr = KVM_VCPU_TSC_OFFSET,
                                               .addr = (uintptr_t)&offset };

    return kvm_call(vp->partition, vp->file, KVM_SET_DEVICE_ATTR, &attribute) >= 0;
}

static bool load_registers(const struct kvm_vp *vp)
{
    struct kvm_sync_regs *regs = &vp->run->s.regs;

    vp->run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
    return kvm_call(vp->partition, vp->file, KVM_GET_REGS, &regs->regs) >= 0 &&
           kvm_call(vp->partition, vp->file, KVM_GET_SREGS, &regs->sregs) >= 0;
}

static bool create_vcpu(struct kvm_partition *partition, uint32_t index,
                        struct vmm_trouble *trouble)
{
    struct kvm_vp *vp = &partition->vp[index];
    int size = kvm_call(partition, partition->device, KVM_GET_VCPU_MMAP_SIZE, NULL);
    void *run;

    *vp = (struct kvm_vp){ .partition = partition, .index = index };
    vp->file =
        kvm_call(partition, partition->file, KVM_CREATE_VCPU, (const void *)(uintptr_t)index);
    partition->vp_count = index + 1;
    if (vp->file < 0 || size < (int)sizeof(*vp->run))
        return refused(trouble, "create a VP");
    run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vp->file, 0);
    if (run == MAP_FAILED)
        return refused(trouble, "share a page with a VP");
    vp->run = run;
    /* Firmware of a PC leaves memory cacheable; who finds the MTRRs off does without the PAT too.
     */
    return (set_tsc(vp) && load_registers(vp) &&
            kvm_msr_set(vp, MSR_MTRR_DEF_TYPE, MTRR_ENABLED | HvCacheTypeWriteBack)) ||
           refused(trouble, "set a VP up");
}

static bool create_vcpus(struct kvm_partition *partition, uint32_t count,
                         struct vmm_trouble *trouble)
{
    int khz;

    for (uint32_t i = 0; i < count; i++)
        if (!create_vcpu(partition, i, trouble))
            return false;
    khz = kvm_call(partition, partition->vp[0].file, KVM_GET_TSC_KHZ, NULL);
    if (khz <= 0)
        return refused(trouble, "find out how fast the TSC is");
    partition->tsc_hz = (uint64_t)khz * KHZ;
    return true;
}

/* ---- The partition ---- */

static uint64_t count_pages(const struct hv_partition_config *config,
                            const struct hv_machine *machine)
{
    uint64_t overlays = TABLE_PAGES + machine->vp_count * OVERLAYS_OF_VP;

    return hv_partition_pages(config) + machine->vp_count * hv_vp_pages(config) +
           overlays * TABLES_OF_PAGE + machine->memory / HV_PAGE_SIZE / PAGES_OF_TABLES;
}

static bool create_partition(struct kvm_partition *partition, const struct hv_machine *machine,
                             struct vmm_trouble *trouble)
{
    struct kvm_memory *memory = &partition->memory;
    uint8_t bits = partition->platform.facts.physical_address_bits;
    const struct hv_partition_config config = { .id = PARTITION_ID,
                                                .privileges = machine->privileges & ~NOT_GIVEN,
                                                .max_vps = machine->vp_count,
                                                .gpa_bits = bits < GPA_BITS ? bits : GPA_BITS };
    uint64_t count = count_pages(&config, machine), *pages = calloc(count, sizeof(*pages));
    hv_status status;

    if (!pages || !kvm_memory_extend(memory, count, trouble)) {
        free(pages);
        return vmm_trouble(trouble, "no memory for its partition");
    }
    for (uint64_t i = 0; i < count; i++)
        pages[i] = memory->ram_size / HV_PAGE_SIZE + i;
    status =
        hv_partition_create(&partition->platform, &config, pages, count, &partition->partition);
    free(pages);
    return check(trouble, "create a partition", status);
}

static bool create_vps(struct kvm_partition *partition, const struct hv_machine *machine,
                       struct vmm_trouble *trouble)
{
    for (uint32_t i = 0; i < partition->vp_count; i++) {
        struct kvm_vp *vp = &partition->vp[i];

        if (!check(trouble, "create a VP", hv_vp_create(partition->partition, i, i, vp, &vp->vp)))
            return false;
        vp->view = hv_interrupt_view(vp->vp);
        kvm_set_reset_state(vp);
        if (!kvm_cpuid_set(vp, machine->privileges != 0, trouble))
            return false;
    }
    return true;
}

bool kvm_partition_make(struct kvm_partition *partition, const struct hv_machine *machine,
                        struct vmm_trouble *trouble)
{
    atomic_store(&partition->extint_taken, false);
    atomic_store(&partition->broken, false);
    for (unsigned i = 0; i < 4; i++)
        atomic_store(&partition->ended_vectors[i], 0);
    if (!create_machine(partition, trouble) || !create_vcpus(partition, machine->vp_count, trouble))
        return false;
    kvm_platform_init(partition);
    return create_partition(partition, machine, trouble) && create_vps(partition, machine, trouble);
}

/* ---- The way back ---- */

static void close_vp(struct kvm_vp *vp)
{
    int size = kvm_call(vp->partition, vp->partition->device, KVM_GET_VCPU_MMAP_SIZE, NULL);

    kvm_vp_delete_timer(vp);
    if (vp->run && size > 0)
        munmap(vp->run, (size_t)size);
    if (vp->file >= 0)
        close(vp->file);
}

void kvm_partition_unmake(struct kvm_partition *partition)
{
    while (partition->vp_count > 0)
        close_vp(&partition->vp[--partition->vp_count]);
    if (partition->file >= 0)
        close(partition->file);
    partition->file = -1;
    kvm_memory_shorten(&partition->memory);
    partition->partition = NULL;
}
