/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Attacks of a guest on whoever runs it. Each is one step that returns, whatever it has met; left
 * out is only what ends the guest itself, which is an attack of its own (attacker.c).
 */
#ifndef ROOT_TESTS_ATTACK_H
#define ROOT_TESTS_ATTACK_H

#include <stdint.h>

/* A random number, and one of those at which something changes. */
uint64_t attack_random(void);
uint64_t attack_extreme(void);

/* Any hypercall, with any control word and parameters. */
void attack_by_call(void);

/* Any port, MSR or address of a device. */
void attack_by_device(void);

/* Interrupts, messages, events and timers, as fast as it goes; prepared on each CPU. */
void attack_prepare_storm(void);
void attack_by_storm(void);

/* The hypercall page, to be called by safe_hypercall(). */
uint64_t attack_hypercall_page(void);

#endif
