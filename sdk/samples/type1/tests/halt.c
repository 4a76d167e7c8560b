/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A VP that waits, by HLT or by the guest idle MSR, until its timer interrupts. Each wait must end
 * by that interrupt and nothing else, also while the hypervisor saves and restores the VP. Fails
 * when a wait ends too soon.
 */
#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#define VECTOR 0x60
#define WAITS  5
#define TICKS  50000000 /* of the APIC's timer; many times what lies between two saves */

static volatile unsigned arrived;

static void arrive(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    arrived++;
    apic_eoi();
}

static bool halt(void)
{
    apic_timer_oneshot(VECTOR, TICKS);
    irq_enable_and_halt();
    irq_disable();
    return arrived == 1;
}

/* The interrupt is masked, and pending when the wait is over. */
static bool idle(void)
{
    bool pending;

    apic_timer_oneshot(VECTOR, TICKS);
    (void)rdmsr(HV_X64_MSR_GUEST_IDLE);
    pending = apic_is_pending(VECTOR);
    irq_enable_and_halt();
    irq_disable();
    return pending && arrived == 1;
}

static bool repeat(const char *name, bool (*wait)(void))
{
    unsigned good = 0;

    for (unsigned i = 0; i < WAITS; i++) {
        arrived = 0;
        good += wait();
        /* What has not come yet does not count for the next. */
        apic_timer_stop();
    }
    printf("%s: %u of %u waits have ended by the interrupt\n", name, good, WAITS);
    return good == WAITS;
}

int guest_main(const struct guest_boot_info *boot)
{
    bool halted, idled;

    (void)boot;
    register_interrupt(VECTOR, arrive, NULL);
    halted = repeat("hlt", halt);
    idled = repeat("guest idle", idle);
    if (!halted || !idled)
        return 1;
    printf("halt: done\n");
    return 0;
}
