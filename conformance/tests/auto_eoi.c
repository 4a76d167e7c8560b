/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts of the SynIC that need no EOI, and others of the same vector that do. */
#include "apic_support.h"
#include "synic_support.h"

#define SINT   3
#define ROUNDS 8

static void set_sint(uint64_t bits)
{
    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(SINT), SYNIC_VECTOR | bits));
}

/* A timer in the past: its message and its interrupt come at once. */
static void raise_sint(const struct synic_pages *pages, uint32_t round)
{
    synic_timer(0, SINT, HV_X64_MSR_STIMER_CONFIG_ENABLE, 1);
    REQUIRE(apic_log_wait(round), "interrupt %u does not come", round);
    synic_empty(pages, SINT);
}

/*
 * VirtualBox kept a bit for each vector beside its pending interrupts; an interrupt that was taken
 * between the two left the bit behind, for the next of that vector (VirtualBox/virtualbox#855).
 */
HV_TEST(local_apic, auto_eoi_ends_with_the_setting_of_the_sint,
        COVERS(HV_REQ_SYNIC_026, HV_REQ_APIC_001),
        NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_AccessSyntheticTimerRegs),
        "An EOI that is taken for granted once too often is an interrupt that interrupts itself")
{
    struct synic_pages pages;

    apic_begin();
    pages = synic_on(SINT, HV_X64_MSR_SINT_AUTO_EOI);
    apic_log.count = 0;
    register_interrupt(SYNIC_VECTOR, apic_note, NULL);
    for (uint32_t round = 1; round <= 2 * ROUNDS; round += 2) {
        set_sint(HV_X64_MSR_SINT_AUTO_EOI);
        raise_sint(&pages, round);
        CHECK(!apic_in_service(SYNIC_VECTOR), "round %u: with AutoEOI it is in service", round);
        set_sint(0);
        raise_sint(&pages, round + 1);
        CHECK(apic_in_service(SYNIC_VECTOR), "round %u: without AutoEOI it is complete", round + 1);
        apic_eoi();
    }
    register_interrupt(SYNIC_VECTOR, NULL, NULL);
    synic_off(NULL);
}
