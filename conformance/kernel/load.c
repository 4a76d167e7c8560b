/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the other CPUs do while a test runs, when the run is a busy one. */
#include <conformance/hyperv.h>

#include "run.h"

#define WORDS 64

static bool counter, runtime;
static volatile uint64_t memory[WORDS]; /* of all CPUs, so that its cache lines travel */

/* A little of what guests do all the time: exits of several kinds, and dirty cache lines. */
static void step(void *unused)
{
    uint64_t value;

    (void)unused;
    cpuid(HV_CPUID_FEATURES);
    if (counter)
        safe_rdmsr(HV_X64_MSR_TIME_REF_COUNT, &value);
    if (runtime)
        safe_rdmsr(HV_X64_MSR_VP_RUNTIME, &value);
    safe_rdmsr(MSR_APIC_BASE, &value);
    for (unsigned i = 0; i < WORDS; i++)
        memory[i] = i;
    cpu_pause();
}

void load_start(void)
{
    counter = hv_may(HV_PRIVILEGE_AccessPartitionReferenceCounter);
    runtime = hv_may(HV_PRIVILEGE_AccessVpRunTimeReg);
    smp_set_idle(step, NULL);
}

void load_stop(void)
{
    smp_set_idle(NULL, NULL);
}
