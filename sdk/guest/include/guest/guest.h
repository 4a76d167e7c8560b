/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file guest.h
 * @brief Everything of the guest runtime.
 *
 * A kernel defines guest_main() and links with hvkit_guest; the runtime brings every virtual
 * processor to 64-bit C before it calls it.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <guest/apic.h>
#include <guest/boot.h>
#include <guest/console.h>
#include <guest/cpu.h>
#include <guest/exit.h>
#include <guest/fault.h>
#include <guest/interrupt.h>
#include <guest/memory.h>
#include <guest/mode.h>
#include <guest/paging.h>
#include <guest/percpu.h>
#include <guest/smp.h>
#include <guest/string.h>
#include <guest/time.h>

#endif
