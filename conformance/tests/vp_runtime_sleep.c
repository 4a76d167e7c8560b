/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The run time of a VP that sleeps: nothing is lost. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define WAKE_VECTOR 0x62
#define SLEEP_TICKS 200000 /* of the APIC timer */
#define WORK        10000  /* microseconds */

HV_TEST(virtual_processor, runtime_is_kept_while_the_vp_sleeps,
        COVERS(HV_REQ_VP_006, HV_REQ_VP_007),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRunTimeReg | HV_PRIVILEGE_AccessGuestIdleReg,
              .features = HV_FEATURE_EDX_GUEST_IDLE_STATE),
        "Each sleep ends a run, and the account must be carried over to the next one")
{
    uint64_t before, after, value;

    udelay(WORK);
    hv_count_interrupts(WAKE_VECTOR);
    before = rdmsr(HV_X64_MSR_VP_RUNTIME);
    apic_timer_oneshot(WAKE_VECTOR, SLEEP_TICKS);
    /* With interrupts masked the timer wakes the VP all the same, and none can slip in before. */
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_IDLE, &value));
    after = rdmsr(HV_X64_MSR_VP_RUNTIME);
    while (hv_interrupt_count() == 0)
        irq_window();
    register_interrupt(WAKE_VECTOR, NULL, NULL);
    CHECK(after >= before, "%llu after %llu", (unsigned long long)after,
          (unsigned long long)before);
}
