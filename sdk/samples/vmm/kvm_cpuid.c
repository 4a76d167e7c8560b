/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a guest sees of the processor: what KVM can give, without what it gives by itself to its own
 * guests, as one package with a core for each VP; and the hypervisor's leaves as lib/core has them.
 * KVM takes all answers before the VP runs, and answers alone from then on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_backend.h"

#define MOST_ENTRIES       256u
#define LIST_SIZE          (sizeof(struct kvm_cpuid2) + MOST_ENTRIES * sizeof(struct kvm_cpuid_entry2))
#define HYPERVISOR_LEAVES  0x4u
#define HYPERVISOR_PRESENT (1u << 31)

#define LEVEL_CORE    0x200u
#define LEVEL_THREAD  0x100u
#define COUNT_MASK    0xFFu
#define ID_BITS_SHIFT 12

/* A guest that says who it is: any number but 0. */
#define SOMEBODY UINT64_C(0x8100000000000000)

struct mask {
    uint32_t leaf;
    uint32_t keep[4]; /* EAX, EBX, ECX, EDX */
};

static const struct mask masks[] = {
    /* VMX, PDCM and the TSC deadline, which KVM on Intel's processors may take for itself. */
    { 0x00000001, { ~0u, ~0u, ~(1u << 5 | 1u << 15 | 1u << 24), ~0u } },
    { 0x00000004, { 0, 0, 0, 0 } },
    { 0x00000006, { 0, 0, 0, 0 } },
    { 0x00000007, { ~0u, ~(1u << 1) /* TSC_ADJUST */, ~0u, ~0u } },
    { 0x0000000A, { 0, 0, 0, 0 } },
    /* SVM, IBS, watchdog, topology extensions, performance counters. */
    { 0x80000001,
      { ~0u, ~0u,
        ~(1u << 2 | 1u << 10 | 1u << 13 | 1u << 15 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 27 |
          1u << 28),
        ~0u } },
    { 0x8000000A, { 0, 0, 0, 0 } },
    { 0x8000001D, { 0, 0, 0, 0 } },
    { 0x8000001E, { 0, 0, 0, 0 } },
    { 0x80000022, { 0, 0, 0, 0 } },
};

/* Of APIC IDs up to count - 1. */
static uint32_t id_bits(uint32_t count)
{
    return count > 1 ? 32 - (uint32_t)__builtin_clz(count - 1) : 0;
}

static void describe_level(struct kvm_cpuid_entry2 *entry, uint32_t count, uint32_t index)
{
    uint32_t level = entry->index;

    entry->eax = level == 1 ? id_bits(count) : 0;
    entry->ebx = level == 0 ? 1 : level == 1 ? count : 0;
    entry->ecx = level | (level == 0 ? LEVEL_THREAD : level == 1 ? LEVEL_CORE : 0);
    entry->edx = index;
}

static void describe_place(struct kvm_cpuid_entry2 *entry, uint32_t count, uint32_t index)
{
    switch (entry->function) {
    case 0x1:
        entry->ebx = (entry->ebx & 0xFFFF) | count << 16 | index << 24;
        break;
    case 0xB:
    case 0x1F:
        describe_level(entry, count, index);
        break;
    case 0x80000008:
        entry->ecx = ((count - 1) & COUNT_MASK) | id_bits(count) << ID_BITS_SHIFT;
        break;
    default:
        break;
    }
}

static void adapt(const struct kvm_vp *vp, struct kvm_cpuid_entry2 *entry)
{
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        if (masks[i].leaf != entry->function || (entry->function == 7 && entry->index != 0))
            continue;
        entry->eax &= masks[i].keep[0];
        entry->ebx &= masks[i].keep[1];
        entry->ecx &= masks[i].keep[2];
        entry->edx &= masks[i].keep[3];
    }
    describe_place(entry, vp->partition->vp_count, vp->index);
}

/* ---- lib/core's part ---- */

static void ask_core(const struct kvm_vp *vp, struct kvm_cpuid_entry2 *entry)
{
    struct hv_gprs gprs = { .gpr = {
                                [HV_GPR_RAX] = entry->function, [HV_GPR_RCX] = entry->index } };
    struct hv_exit exit = { .reason = HV_EXIT_CPUID,
                            .gprs = &gprs,
                            .cpuid.native = { entry->eax, entry->ebx, entry->ecx, entry->edx } };

    if (hv_vp_exit(vp->vp, &exit) != HV_DISPOSITION_RESUME)
        return;
    entry->eax = (uint32_t)gprs.gpr[HV_GPR_RAX];
    entry->ebx = (uint32_t)gprs.gpr[HV_GPR_RBX];
    entry->ecx = (uint32_t)gprs.gpr[HV_GPR_RCX];
    entry->edx = (uint32_t)gprs.gpr[HV_GPR_RDX];
}

static void set_identity(const struct kvm_vp *vp, uint64_t identity)
{
    struct hv_gprs gprs = { .gpr = { [HV_GPR_RAX] = (uint32_t)identity,
                                     [HV_GPR_RCX] = HV_X64_MSR_GUEST_OS_ID,
                                     [HV_GPR_RDX] = identity >> 32 } };
    struct hv_exit exit = { .reason = HV_EXIT_MSR_WRITE, .gprs = &gprs };

    (void)hv_vp_exit(vp->vp, &exit);
}

/* The version is for guests that have said who they are (TLFS v6.0b 2.4). KVM can't wait for that:
   everybody sees it. */
static void add_core(const struct kvm_vp *vp, struct kvm_cpuid2 *list)
{
    uint32_t last = HV_CPUID_VENDOR_AND_MAX_FUNCTION;

    set_identity(vp, SOMEBODY);
    for (uint32_t leaf = last; leaf <= last && list->nent < MOST_ENTRIES; leaf++) {
        struct kvm_cpuid_entry2 *entry = &list->entries[list->nent++];

        *entry = (struct kvm_cpuid_entry2){ .function = leaf };
        ask_core(vp, entry);
        if (leaf == HV_CPUID_VENDOR_AND_MAX_FUNCTION)
            last = entry->eax;
    }
    set_identity(vp, 0);
}

/* ---- All of it ---- */

static void build(const struct kvm_vp *vp, bool has_interface, const struct kvm_cpuid2 *host,
                  struct kvm_cpuid2 *guest)
{
    for (uint32_t i = 0; i < host->nent; i++) {
        struct kvm_cpuid_entry2 *entry = &guest->entries[guest->nent];

        if (host->entries[i].function >> 28 == HYPERVISOR_LEAVES)
            continue;
        *entry = host->entries[i];
        adapt(vp, entry);
        ask_core(vp, entry);
        if (entry->function == 1 && !has_interface)
            entry->ecx &= ~HYPERVISOR_PRESENT;
        guest->nent++;
    }
    if (has_interface)
        add_core(vp, guest);
}

bool kvm_cpuid_set(struct kvm_vp *vp, bool has_interface, struct vmm_trouble *trouble)
{
    const struct kvm_partition *partition = vp->partition;
    struct kvm_cpuid2 *host = calloc(1, LIST_SIZE), *guest = calloc(1, LIST_SIZE);
    bool done = host && guest;

    if (done) {
        host->nent = MOST_ENTRIES / 2;
        done = kvm_call(partition, partition->device, KVM_GET_SUPPORTED_CPUID, host) >= 0;
    }
    if (done) {
        build(vp, has_interface, host, guest);
        done = kvm_call(partition, vp->file, KVM_SET_CPUID2, guest) >= 0;
    }
    if (!done)
        vmm_trouble(trouble, "could not tell a VP what CPUID says: %s", strerror(errno));
    free(host);
    free(guest);
    return done;
}
