/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a child sees of the processor: what the root sees, without what it does not have for itself
 * (performance counters, power states, supervisor state), as one package with a core for each VP.
 */
#include <hv/partition.h>

#include "cpu.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_switch.h"
#include "svm_xsave.h"

#define LEVEL_CORE    0x200u
#define LEVEL_THREAD  0x100u
#define COUNT_MASK    0xFFu
#define ID_BITS_SHIFT 12
#define D1_KEPT       0x7u /* XSAVEOPT, XSAVEC, XGETBV with ECX = 1 */

struct child_mask {
    uint32_t leaf;
    uint32_t keep[4]; /* EAX, EBX, ECX, EDX */
};

static const struct child_mask masks[] = {
    { 0x00000001, { ~0u, ~0u, ~(1u << 15) /* PDCM */, ~0u } },
    { 0x00000006, { 0, 0, 0, 0 } },
    { 0x00000007,
      { ~0u, ~(1u << 12 | 1u << 15) /* resource monitoring */, ~(1u << 7) /* shadow stacks */,
        ~(1u << 20) /* branch tracking */ } },
    { 0x0000000A, { 0, 0, 0, 0 } },
    { 0x0000000F, { 0, 0, 0, 0 } },
    { 0x00000010, { 0, 0, 0, 0 } },
    /* IBS, LWP, watchdog, topology extensions, performance counters. */
    { 0x80000001,
      { ~0u, ~0u,
        ~(1u << 10 | 1u << 13 | 1u << 15 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 27 | 1u << 28),
        ~0u } },
    { 0x80000007, { 0, 0, 0, CPUID_INVARIANT_TSC } },
    { 0x8000001B, { 0, 0, 0, 0 } },
    { 0x8000001C, { 0, 0, 0, 0 } },
    { 0x8000001D, { 0, 0, 0, 0 } },
    { 0x8000001E, { 0, 0, 0, 0 } },
    { 0x80000022, { 0, 0, 0, 0 } },
};

/* The highest index and one. */
static uint32_t count_vps(const struct svm_vp *vp)
{
    const struct hv_partition *partition = hv_vp_partition(vp->vp);
    uint32_t count = HV_PARTITION_MAX_VPS;

    while (count > 1 && !hv_vp_get(partition, count - 1))
        count--;
    return count;
}

/* Of APIC IDs up to count - 1. */
static uint32_t id_bits(uint32_t count)
{
    return count > 1 ? 32 - (uint32_t)__builtin_clz(count - 1) : 0;
}

static void describe_level(const struct svm_vp *vp, uint32_t subleaf, uint32_t out[4])
{
    uint32_t count = count_vps(vp);

    out[0] = subleaf == 1 ? id_bits(count) : 0;
    out[1] = subleaf == 0 ? 1 : subleaf == 1 ? count : 0;
    out[2] = subleaf | (subleaf == 0 ? LEVEL_THREAD : subleaf == 1 ? LEVEL_CORE : 0);
    out[3] = hv_vp_index(vp->vp);
}

static void describe_states(uint32_t subleaf, uint32_t out[4])
{
    uint64_t states = svm_switch_states();

    if (subleaf == 0) {
        out[0] = (uint32_t)states;
        out[2] = svm_xsave_size(states);
        out[3] = (uint32_t)(states >> 32);
    } else if (subleaf == 1) {
        out[0] &= D1_KEPT;
        out[2] = out[3] = 0;
    } else if (subleaf > 63 || !(states >> subleaf & 1)) {
        out[0] = out[1] = out[2] = out[3] = 0;
    }
}

void svm_child_cpuid_of_all(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        if (masks[i].leaf != leaf || (leaf == 7 && subleaf != 0))
            continue;
        for (unsigned reg = 0; reg < 4; reg++)
            out[reg] &= masks[i].keep[reg];
    }
    if (leaf == 0xD)
        describe_states(subleaf, out);
}

void svm_child_cpuid(const struct svm_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    svm_child_cpuid_of_all(leaf, subleaf, out);
    switch (leaf) {
    case 0x1:
        out[1] = (out[1] & 0xFFFF) | count_vps(vp) << 16 | hv_vp_index(vp->vp) << 24;
        break;
    case 0xB:
    case 0x1F:
        describe_level(vp, subleaf, out);
        break;
    case 0x80000008:
        out[2] = ((count_vps(vp) - 1) & COUNT_MASK) | id_bits(count_vps(vp)) << ID_BITS_SHIFT;
        break;
    default:
        break;
    }
}

void svm_tell_cpuid(void *context, struct hv_vp *hv_vp, uint32_t leaf, uint32_t subleaf,
                    uint32_t out[4])
{
    struct svm_vp *vp = hv_vp_backend(hv_vp), *other = svm_switch_borrow(vp);

    (void)context;
    /* The size of an XSAVE area depends on XCR0. */
    svm_cpuid(vp, leaf, subleaf, out);
    svm_switch_return(vp, other);
}
