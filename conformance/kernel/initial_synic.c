/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The SynIC of a VP that nobody has used yet: the last one, which firmware leaves alone above all.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#include "run.h"

static struct hv_initial_synic initial;
static uint64_t message_gpa, event_gpa;

static bool read_register(uint32_t msr, uint64_t *value)
{
    return !safe_rdmsr(msr, value).raised;
}

static void note_timers(void)
{
    initial.has_timers = true;
    for (unsigned i = 0; i < HV_SYNIC_STIMER_COUNT; i++)
        initial.has_timers &=
            read_register(HV_X64_MSR_STIMER0_CONFIG + 2 * i, &initial.timer_config[i]);
}

/* Where nothing is in the way, the page is what lies over memory that is full of 0xa5. */
static unsigned bytes_set(uint32_t msr, uint64_t gpa)
{
    unsigned count;

    if (safe_wrmsr(msr, gpa | HV_X64_MSR_PAGE_ENABLE).raised)
        return PAGE_SIZE;
    safe_wrmsr(HV_X64_MSR_EOM, 0);
    count = hv_differing((const volatile uint8_t *)(uintptr_t)gpa, 0, 0);
    safe_wrmsr(msr, 0);
    return count;
}

static void note(void *unused)
{
    (void)unused;
    note_timers();
    initial.present = read_register(HV_X64_MSR_SCONTROL, &initial.scontrol) &&
                      read_register(HV_X64_MSR_SIEFP, &initial.siefp) &&
                      read_register(HV_X64_MSR_SIMP, &initial.simp);
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT && initial.present; i++)
        initial.present = read_register(HV_X64_MSR_SINT0 + i, &initial.sint[i]);
    if (!initial.present)
        return;
    /* What waited in a queue would come now. */
    safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    initial.message_bytes_set = bytes_set(HV_X64_MSR_SIMP, message_gpa);
    initial.event_bytes_set = bytes_set(HV_X64_MSR_SIEFP, event_gpa);
    safe_wrmsr(HV_X64_MSR_SCONTROL, 0);
}

void hv_note_initial_synic(void)
{
    message_gpa = phys_of(hv_test_page(0xa5));
    event_gpa = phys_of(hv_test_page(0xa5));
    smp_call(cpu_count() - 1, note, NULL);
}

const struct hv_initial_synic *hv_initial_synic(void)
{
    return &initial;
}
