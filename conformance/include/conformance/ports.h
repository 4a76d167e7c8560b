/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Ports to this partition itself, without a parent that makes them: the device
 * "hyperv-testdev" of QEMU, which the sample hypervisor has too.
 *
 * For tests with .ports in their needs. Nothing tells a guest whether the device is there, so the
 * target says it by the word hyperv-testdev on the command line.
 */
#ifndef CONFORMANCE_PORTS_H
#define CONFORMANCE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/** Whether ports can be made. */
bool ports_available(void);

/**
 * A connection to a message port of a VP's SINT, which lasts as long as the kernel: QEMU does not
 * take one away in safety while a message waits. At the first call the VP's SynIC must be on.
 * Without a free ID the running test fails.
 * @return connection ID
 */
uint32_t ports_messages(uint32_t vp, unsigned sint);

/** Likewise to an event port with one flag, whose number in the VP's page is the connection ID. */
uint32_t ports_events(uint32_t vp, unsigned sint);

/** Interrupts a VP by a SINT, without message or event. As above. */
void ports_set_sint(uint32_t vp, unsigned sint);

#endif
