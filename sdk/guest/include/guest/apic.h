/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file apic.h
 * @brief The local APIC of the CPU that executes this, in xAPIC or x2APIC mode.
 *
 * Enabled before guest_main() with spurious vector GUEST_VECTOR_SPURIOUS, all LVT entries masked,
 * task priority 0, in the mode that firmware left it in; apic=x2 on the command line switches all
 * CPUs to x2APIC before the others are started.
 */
#ifndef GUEST_APIC_H
#define GUEST_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_VECTOR_SPURIOUS 0xffu

#define MSR_X2APIC_FIRST 0x800u

/** Register offsets in the xAPIC page; the x2APIC MSR is 0x800 + offset / 16. */
enum apic_register {
    APIC_ID = 0x020,
    APIC_VERSION = 0x030,
    APIC_TPR = 0x080,
    APIC_PPR = 0x0a0,
    APIC_EOI = 0x0b0,
    APIC_LDR = 0x0d0,
    APIC_DFR = 0x0e0,
    APIC_SVR = 0x0f0,
    APIC_ISR = 0x100,
    APIC_TMR = 0x180,
    APIC_IRR = 0x200,
    APIC_ESR = 0x280,
    APIC_ICR = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_PERF = 0x340,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_LVT_MASKED     (1u << 16)
#define APIC_TIMER_PERIODIC (1u << 17)
#define APIC_BASE_BSP       (1u << 8)
#define APIC_BASE_X2        (1u << 10)
#define APIC_BASE_ENABLE    (1u << 11)
#define APIC_ICR_FIXED      0x00000u
#define APIC_ICR_NMI        0x00400u
#define APIC_ICR_INIT       0x00500u
#define APIC_ICR_STARTUP    0x00600u
#define APIC_ICR_PENDING    0x01000u
#define APIC_ICR_ASSERT     0x04000u
#define APIC_ICR_SELF       0x40000u
#define APIC_ICR_ALL        0x80000u
#define APIC_ICR_OTHERS     0xc0000u

/** Whether CPUID announces a local APIC that is enabled in its base MSR. */
bool apic_present(void);

/** Whether this CPU's APIC is in x2APIC mode. */
bool apic_is_x2(void);

/** Whether the CPU can switch to x2APIC mode. */
bool apic_has_x2(void);

/** Enables this CPU's APIC in software, in its current mode, all LVT entries masked. */
void apic_enable(void);

/** Switches this CPU to x2APIC mode. @return false if it has none */
bool apic_enable_x2(void);

/** Reads a register; the ICR's low half. */
uint32_t apic_read(enum apic_register reg);

/** Writes a register; not the ICR, see apic_send(). */
void apic_write(enum apic_register reg, uint32_t value);

/** This CPU's APIC id: 8 bits in xAPIC mode, 32 in x2APIC mode. */
uint32_t apic_id(void);

/** End of interrupt. */
void apic_eoi(void);

/** Writes the ICR: @p command is its low half, @p destination the APIC id (or logical id). Waits
 * for the previous delivery in xAPIC mode. */
void apic_send(uint32_t destination, uint32_t command);

/** Sends a fixed interrupt. */
void apic_send_ipi(uint32_t apic_id, uint8_t vector);

/** Sends an NMI. */
void apic_send_nmi(uint32_t apic_id);

/** Sends INIT; a CPU that runs the work loop is lost to smp_call() after this. */
void apic_send_init(uint32_t apic_id);

/** Sends a start-up IPI for the real-mode page @p page (address / 4096). */
void apic_send_sipi(uint32_t apic_id, uint8_t page);

/** Sends a fixed interrupt to this CPU by the self shorthand. */
void apic_self_ipi(uint8_t vector);

/** Whether @p vector is pending in the IRR. */
bool apic_is_pending(uint8_t vector);

/** Whether @p vector is in service. */
bool apic_in_service(uint8_t vector);

/** Starts the timer once, divided by 1: @p count ticks from now it raises @p vector. */
void apic_timer_oneshot(uint8_t vector, uint32_t count);

/** Starts the timer, divided by 1, every @p count ticks. */
void apic_timer_periodic(uint8_t vector, uint32_t count);

/** Stops the timer. */
void apic_timer_stop(void);

/** Masks all lines of both 8259A. */
void pic_mask_all(void);

#endif
