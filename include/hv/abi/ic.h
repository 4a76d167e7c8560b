/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Integration services: what host and guest send each other on an IC channel.
 *
 * An IC channel is a VMBus channel in message pipe mode: struct vmbus_pipe_header, struct
 * ic_header, then a body. There is no public specification. Sources: OpenVMM,
 * vm/devices/hyperv_ic_protocol/src/lib.rs; Linux, include/linux/hyperv.h and drivers/hv/hv_util.c
 * (facts). Integers are little endian.
 */
#ifndef HV_ABI_IC_H
#define HV_ABI_IC_H

#include <hv/abi/tlfs_base.h>

/** Largest message, from ic_header to the end of the body. */
#define IC_MAX_MESSAGE_SIZE 13312u

/** A version of the framework or of a service. */
struct ic_version {
    uint16_t major;
    uint16_t minor;
} HV_PACKED;
HV_ABI_SIZE(ic_version, 4);
HV_ABI_OFFSET(ic_version, minor, 2);

/**
 * @name Message types
 * @{
 */
#define IC_TYPE_NEGOTIATE  0u
#define IC_TYPE_HEARTBEAT  1u
#define IC_TYPE_KVP        2u
#define IC_TYPE_SHUTDOWN   3u
#define IC_TYPE_TIMESYNC   4u
#define IC_TYPE_VSS        5u
#define IC_TYPE_RDV        6u
#define IC_TYPE_FILE_COPY  7u
#define IC_TYPE_VM_SESSION 8u
/** @} */

/**
 * @name Flags
 * Requests have TRANSACTION and REQUEST, their answers TRANSACTION and RESPONSE.
 * @{
 */
#define IC_FLAG_TRANSACTION 0x1u
#define IC_FLAG_REQUEST     0x2u
#define IC_FLAG_RESPONSE    0x4u
/** @} */

/**
 * @name Status codes
 * @{
 */
#define IC_STATUS_SUCCESS          0x00000000u
#define IC_STATUS_FAIL             0x80004005u
#define IC_STATUS_NOT_FOUND        0x80041002u
#define IC_STATUS_NOT_SUPPORTED    0x80070032u
#define IC_STATUS_ALREADY_EXISTS   0x80070050u
#define IC_STATUS_INVALID_ARGUMENT 0x80070057u
#define IC_STATUS_DISK_FULL        0x80070070u
#define IC_STATUS_NO_MORE_ITEMS    0x80070103u
#define IC_STATUS_NOT_CONNECTED    0x8007048Fu
#define IC_STATUS_MACHINE_LOCKED   0x800704F7u
/** @} */

/** Start of each message, behind the pipe header. */
struct ic_header {
    struct ic_version framework_version; /**< negotiated; 0.0 in the host's negotiate message */
    uint16_t type;                       /**< IC_TYPE value */
    struct ic_version message_version;   /**< negotiated; 0.0 in the host's negotiate message */
    uint16_t size;                       /**< bytes of the body */
    uint32_t status;                     /**< IC_STATUS value, of a response */
    uint8_t transaction_id;              /**< chosen by the host, repeated by the guest */
    uint8_t flags;                       /**< IC_FLAG bits */
    uint16_t reserved;
} HV_PACKED;
HV_ABI_SIZE(ic_header, 20);
HV_ABI_OFFSET(ic_header, type, 4);
HV_ABI_OFFSET(ic_header, message_version, 6);
HV_ABI_OFFSET(ic_header, size, 10);
HV_ABI_OFFSET(ic_header, status, 12);
HV_ABI_OFFSET(ic_header, transaction_id, 16);
HV_ABI_OFFSET(ic_header, flags, 17);

/**
 * Body of IC_TYPE_NEGOTIATE. struct ic_version follows framework_count + message_count times: the
 * framework's versions, then the service's.
 */
struct ic_negotiate {
    uint16_t framework_count; /**< in a response 1, or 0 if there is no common version */
    uint16_t message_count;   /**< likewise */
    uint32_t reserved;
} HV_PACKED;
HV_ABI_SIZE(ic_negotiate, 8);
HV_ABI_OFFSET(ic_negotiate, message_count, 2);

#endif
