/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The device "hyperv-testdev" of QEMU, by which a guest makes itself ports and connections.
 *
 * Source: QEMU, hw/hyperv/hyperv_testdev.c.
 */
#ifndef CONFORMANCE_HYPERV_TESTDEV_H
#define CONFORMANCE_HYPERV_TESTDEV_H

#include <stdbool.h>
#include <stdint.h>

#include <guest/guest.h>

/** What the device can be told to do. */
enum hyperv_testdev_action {
    HYPERV_TESTDEV_CREATE_ROUTE = 1,    /**< before a SINT can be set */
    HYPERV_TESTDEV_SET_SINT = 3,        /**< interrupt by a SINT */
    HYPERV_TESTDEV_CREATE_MESSAGES = 4, /**< a connection to a message port of the VP's SINT */
    HYPERV_TESTDEV_CREATE_EVENTS = 6,   /**< to an event port; its flag is the connection ID */
};

/** Whether it is there: nothing but the command line tells, by the word hyperv-testdev. */
static inline bool hyperv_testdev_present(void)
{
    return boot_option("hyperv-testdev", NULL, 0);
}

/** Gives it a command. @p sint, @p vp (an index) and @p connection (an ID) are below 256. */
static inline void hyperv_testdev_command(enum hyperv_testdev_action action, uint32_t vp,
                                          unsigned sint, uint32_t connection)
{
    outl(0x3000, connection << 24 | (uint32_t)action << 16 | vp << 8 | sint);
}

#endif
