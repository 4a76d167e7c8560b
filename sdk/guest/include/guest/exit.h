/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file exit.h
 * @brief The end of the guest.
 */
#ifndef GUEST_EXIT_H
#define GUEST_EXIT_H

/** Exit code after an exception that nobody expected. */
#define GUEST_EXIT_FAULT 0x7e

/** Exit code after guest_panic(). */
#define GUEST_EXIT_PANIC 0x7d

/**
 * @brief Ends the guest, from any CPU.
 *
 * Drains the console, then tries in this order: isa-debug-exit at port 0xf4 (QEMU ends with
 * status (@p code << 1) | 1), ACPI power-off, the power-off ports of QEMU and Bochs, and then a
 * triple fault, or with "end=halt" on the command line HLT for ever.
 */
void guest_exit(int code) __attribute__((noreturn));

/** Prints a line that begins with "panic:", then guest_exit(GUEST_EXIT_PANIC). */
void guest_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/** ACPI power-off; returns if there is none. */
void guest_power_off(void);

/** Triple fault on this CPU. */
void guest_triple_fault(void) __attribute__((noreturn));

#endif
