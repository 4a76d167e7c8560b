/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What one test leaves in the interrupt controller or the table of handlers is not for the next.
 */
#include <guest/apic.h>
#include <guest/cpu.h>
#include <guest/interrupt.h>

#include "run.h"

#define VECTORS  256u
#define WORD     32u
#define ATTEMPTS 16 /* at most one priority class after the other */

static bool any(enum apic_register first)
{
    for (unsigned word = 0; word < VECTORS / WORD; word++)
        if (apic_read((enum apic_register)(first + 16 * word)) != 0)
            return true;
    return false;
}

void settle_interrupts(void)
{
    irq_disable();
    this_cpu()->taken = 0;
    for (unsigned vector = 0; vector < VECTORS; vector++)
        register_interrupt((uint8_t)vector, NULL, NULL);
    if (!apic_present())
        return;
    apic_timer_stop();
    apic_write(APIC_TPR, 0);
    for (unsigned i = 0; i < ATTEMPTS && any(APIC_ISR); i++)
        apic_eoi();
    /* Without a handler they are acknowledged, and that is all. */
    for (unsigned i = 0; i < ATTEMPTS && any(APIC_IRR); i++)
        irq_window();
}
