/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * TLFS: local APIC, "EOI assist": a word in the guest's VP assist page says that the interrupt in
 * service needs no EOI; the guest completes it by clearing the bit, and nobody is told. What that
 * has done to the ISR is found out when it matters.
 *
 * The bit is set only while nothing is requested, and each request takes it away before anything
 * else. So an interrupt that waits for the one in service always finds it complete, or makes its
 * EOI an exit. All this happens on the LP that owns the VP, with the VP outside the guest: whether
 * a request of another LP comes before or after the guest's clearing is decided when the inbox is
 * taken. Other VPs may scribble on the page all the same, so accesses are atomic.
 *
 * The guest may also set and clear the bit as it likes: then it is the completion of its own
 * interrupts that comes early, late or never, as with EOIs that it does not owe, or owes.
 */
#include <hv/abi/tlfs.h>

#include "apic_bits.h"

static bool is_ended_by_guest(struct hv_apic *apic)
{
    /* Relaxed: the guest of this VP is not running, and nothing else hangs on the word. */
    return !(__atomic_load_n(apic->assist, __ATOMIC_RELAXED) & HV_VP_ASSIST_NO_EOI_REQUIRED);
}

static void end_spared(struct hv_apic *apic)
{
    hv_apic_clear(apic->isr, (unsigned)hv_apic_in_service(apic));
    apic->eoi_spared = false;
    hv_apic_touch(apic);
}

void hv_apic_spare_eoi(struct hv_apic *apic)
{
    int vector;

    if (!apic->assist || hv_apic_has_request(apic))
        return;
    vector = hv_apic_in_service(apic);
    if (vector == HV_APIC_NO_VECTOR || hv_apic_test(apic->tmr, (unsigned)vector))
        return;
    apic->eoi_spared = true;
    __atomic_fetch_or(apic->assist, HV_VP_ASSIST_NO_EOI_REQUIRED, __ATOMIC_RELAXED);
}

void hv_apic_note_spared_eoi(struct hv_apic *apic)
{
    if (apic->eoi_spared && is_ended_by_guest(apic))
        end_spared(apic);
}

void hv_apic_require_eoi(struct hv_apic *apic)
{
    uint32_t old;

    if (!apic->eoi_spared)
        return;
    old = __atomic_fetch_and(apic->assist, ~HV_VP_ASSIST_NO_EOI_REQUIRED, __ATOMIC_RELAXED);
    if (!(old & HV_VP_ASSIST_NO_EOI_REQUIRED))
        end_spared(apic);
    apic->eoi_spared = false;
}

void hv_apic_set_assist(struct hv_apic *apic, uint32_t *assist)
{
    if (assist == apic->assist)
        return;
    hv_apic_require_eoi(apic);
    apic->assist = assist;
}
