/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What tests of the local APIC share. CPUs other than the first wait for work with interrupts
 * disabled, so what is sent to them stays in their IRR, and can be counted there with no hurry.
 */
#ifndef CONFORMANCE_TESTS_APIC_SUPPORT_H
#define CONFORMANCE_TESTS_APIC_SUPPORT_H

#include <conformance/hyperv.h>
#include <conformance/test.h>

#define APIC_NEEDS_MSRS NEEDS(.privileges = HV_PRIVILEGE_AccessIntrCtrlRegs)

#define APIC_WAIT  4000000 /* microseconds for what must come */
#define APIC_QUIET 2000    /* microseconds for what must not come */

/* Vectors of three priority classes, the lowest first. */
#define APIC_LOW    0x42
#define APIC_MIDDLE 0x63
#define APIC_HIGH   0x85

/* A set of CPUs, by their index; those from 64 on are left out of account. */
typedef uint64_t apic_cpus;

static inline apic_cpus apic_cpu(uint32_t index)
{
    return index < 64 ? UINT64_C(1) << index : 0;
}

static inline apic_cpus apic_all_cpus(void)
{
    return cpu_count() < 64 ? apic_cpu(cpu_count()) - 1 : ~UINT64_C(0);
}

/* Skips the test where there is no local APIC. Otherwise the APICs of all CPUs are enabled, all
   lines masked, task priority 0, logical IDs 0 in the flat model, nothing pending or in service,
   and this CPU's interrupts are disabled. */
void apic_begin(void);

/* The same for the CPU that executes it. */
void apic_calm(void *unused);

/* This CPU takes and completes whatever it can. */
void apic_drain(void);

/* The CPUs that have the vector in their IRR. */
apic_cpus apic_holders(uint8_t vector);

/*
 * Checks that the vector arrives at those CPUs, and nowhere else; else the test ends. Then all of
 * them take it, so that the next may be sent.
 */
void apic_check_arrival(uint8_t vector, apic_cpus expected, const char *what);

/* A handler that only notes the vector in apic_log and its count, and completes nothing. */
void apic_note(struct trap_frame *frame, void *unused);

/* The same, and completes it. */
void apic_note_and_end(struct trap_frame *frame, void *unused);

struct apic_log {
    volatile uint32_t count;
    volatile uint8_t vectors[16]; /* the first ones, in their order */
};

/* Of the CPU that runs the test. */
extern struct apic_log apic_log;

/* Empties the log, and sets the handler for the three vectors above. */
void apic_log_start(interrupt_fn *handler);

/* The three vectors have no handler again. */
void apic_log_stop(void);

/* Lets interrupts in until the log has that many entries. @return whether it has */
bool apic_log_wait(uint32_t count);

/* Raises the vector on this CPU, whose interrupts are disabled, and lets it in: its handler runs.
 */
void apic_take_now(uint8_t vector);

/* Brings a CPU back that smp_stop() has stopped; fails the test if it stays away. */
void apic_restart(uint32_t cpu);

/* A bit of the TMR. */
bool apic_is_level(uint8_t vector);

#endif
