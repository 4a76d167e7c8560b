/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Reading HV_X64_MSR_GUEST_IDLE puts the VP to sleep for as long as nothing comes. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define SLEEP_VECTOR 0x63
#define SLEEP_TICKS \
    30000000 /* of the APIC timer: far longer than an exit takes on a busy machine */
#define TRIES 3

/* One try, with interrupts masked: whether the VP slept until the timer fired. */
static bool slept(void)
{
    uint64_t value;
    bool fired;

    hv_count_interrupts(SLEEP_VECTOR);
    apic_timer_oneshot(SLEEP_VECTOR, SLEEP_TICKS);
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_IDLE, &value));
    fired = apic_is_pending(SLEEP_VECTOR) || apic_in_service(SLEEP_VECTOR);
    apic_timer_stop();
    irq_window();
    register_interrupt(SLEEP_VECTOR, NULL, NULL);
    return fired;
}

HV_TEST(guest_idle, the_vp_sleeps_until_something_comes, COVERS(HV_REQ_IDLE_001),
        NEEDS(.privileges = HV_PRIVILEGE_AccessGuestIdleReg,
              .features = HV_FEATURE_EDX_GUEST_IDLE_STATE),
        "An idle loop that is not slept in burns a processor and nobody notices")
{
    unsigned tries = 1;

    /* Something else may wake the VP now and then. */
    while (!slept() && tries <= TRIES)
        tries++;
    CHECK(tries <= TRIES, "%u times the read came back before the timer fired", TRIES);
}
