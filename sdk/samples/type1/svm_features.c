/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm_features.h"

#include <hv/processor.h>

#include "cpu.h"
#include "svm.h"
#include "svm_child.h"
#include "svm_switch.h"
#include "svm_xsave.h"

#define CLFLUSH_SHIFT 8 /* of leaf 1 EBX */
#define CLFLUSH_MASK  0xFFu
#define LEAF_POWER    0x80000007u

/* As a child sees it. That the TSC is invariant the platform knows better than CPUID. */
static void read_as_child(void *context, uint32_t leaf, uint32_t subleaf, uint32_t value[4])
{
    const struct hv_platform_facts *facts = context;

    svm_cpuid_of_all(leaf, subleaf, value);
    svm_child_cpuid_of_all(leaf, subleaf, value);
    if (leaf == LEAF_POWER && (facts->capabilities & HV_CPU_INVARIANT_TSC))
        value[3] |= CPUID_INVARIANT_TSC;
}

void svm_features_find(struct hv_platform_facts *facts)
{
    struct hv_processor_facts *processor = &facts->processor;

    hv_processor_find_features(read_as_child, facts, processor);
    processor->clflush_size = cpuid(1, 0).ebx >> CLFLUSH_SHIFT & CLFLUSH_MASK;
    processor->xsave_states = svm_switch_states();
    if (processor->xsave_states == 0)
        processor->xsave_features = 0;
    else
        processor->xsave_size = svm_xsave_size(processor->xsave_states);
}
