/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A debug channel without a debugger: what is posted waits until it is retrieved again. It is there
 * to try the guest's side, and the hypervisor's, without a second machine.
 */
#ifndef TYPE1_DEBUG_LOOPBACK_H
#define TYPE1_DEBUG_LOOPBACK_H

#include <hv/platform.h>

/* The channel ID of the root partition. */
#define DEBUG_LOOPBACK_CHANNEL 1

/* Puts itself in the platform as the connection to a debugger. */
void debug_loopback_init(struct hv_platform *platform);

#endif
