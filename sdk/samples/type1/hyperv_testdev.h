/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The device "hyperv-testdev" of QEMU: one I/O port by which a guest makes itself what else a
 * parent partition would make, so that kernels that test messages and events need no parent
 * (kvm-unit-tests). Each command is a write of four bytes.
 *
 *   bits   0:7   SINT
 *          8:15  VP index
 *         16:23  what to do: enum hyperv_testdev_action
 *         24:31  connection ID
 */
#ifndef TYPE1_HYPERV_TESTDEV_H
#define TYPE1_HYPERV_TESTDEV_H

#include <stdint.h>

#include <hv/partition.h>

#define HYPERV_TESTDEV_PORT  0x3000u
#define HYPERV_TESTDEV_PORTS 4u

enum hyperv_testdev_action {
    HYPERV_TESTDEV_CREATE_ROUTE = 1, /* routes need nothing made: any SINT can be set */
    HYPERV_TESTDEV_DESTROY_ROUTE = 2,
    HYPERV_TESTDEV_SET_SINT = 3,
    HYPERV_TESTDEV_CREATE_MESSAGES = 4, /* a connection to a message port of the VP's SINT */
    HYPERV_TESTDEV_DESTROY_MESSAGES = 5,
    HYPERV_TESTDEV_CREATE_EVENTS = 6, /* to an event port with one flag, of the connection's ID */
    HYPERV_TESTDEV_DESTROY_EVENTS = 7,
};

/*
 * Carries out a command of a guest, on any LP. The guest is not told how it went: the status is for
 * tests. HV_STATUS_INVALID_PARAMETER for an action that there is not; HV_STATUS_INVALID_VP_INDEX;
 * else what hv/port.h and hv_synic_raise() say.
 */
hv_status hyperv_testdev_command(struct hv_partition *partition, uint32_t command);

#endif
