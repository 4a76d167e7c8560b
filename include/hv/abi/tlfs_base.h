/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What the other headers of the TLFS share: packing, layout checks, sizes and special ids.
 */
#ifndef HV_ABI_TLFS_BASE_H
#define HV_ABI_TLFS_BASE_H

#include <stdint.h>

/**
 * @name Layout of wire structures
 * Wire structures are packed; each is followed by a check of its size and of the offsets that its
 * specification gives. The macros are for use within the headers of hv/abi.
 * @{
 */
#ifndef HV_PACKED
#define HV_PACKED __attribute__((packed)) /**< no padding */
#endif
#ifdef __cplusplus
#define HV_ABI_ASSERT(condition, text) \
    static_assert(condition, text) /**< a check at compile time */
#else
#define HV_ABI_ASSERT(condition, text) \
    _Static_assert(condition, text) /**< a check at compile time */
#endif
/** Checks the size of a structure. */
#define HV_ABI_SIZE(type, size) HV_ABI_ASSERT(sizeof(struct type) == (size), "size of " #type)
/** Checks the offset of a field. */
#define HV_ABI_OFFSET(type, field, offset) \
    HV_ABI_ASSERT(__builtin_offsetof(struct type, field) == (offset), #type "." #field)
/** @} */

/**
 * @name Pages
 * The interface counts in pages of 4 KiB, and in large pages of 2 MiB.
 * @{
 */
#define HV_PAGE_SHIFT       12u
#define HV_PAGE_SIZE        UINT64_C(0x1000)
#define HV_PAGE_MASK        (HV_PAGE_SIZE - 1) /**< the offset within a page */
#define HV_LARGE_PAGE_SHIFT 21u
#define HV_LARGE_PAGE_SIZE  UINT64_C(0x200000)
/** @} */

/**
 * @name Special ids
 * TLFS, data types HV_PARTITION_ID, HV_VP_INDEX and HV_VTL.
 * @{
 */
#define HV_PARTITION_ID_INVALID UINT64_C(0)
#define HV_PARTITION_ID_SELF    UINT64_C(0xFFFFFFFFFFFFFFFF)
#define HV_ANY_VP               0xFFFFFFFFu
#define HV_VP_INDEX_SELF        0xFFFFFFFEu
#define HV_NUM_VTLS             2u
#define HV_INVALID_VTL          0xFFu
#define HV_VTL_ALL              0xFu
/** @} */

/**
 * @name Fields of HV_INPUT_VTL
 * TLFS, data type HV_INPUT_VTL: one byte. Bits 7:5 must be zero.
 * @{
 */
#define HV_INPUT_VTL_TARGET_VTL_MASK 0x0Fu
#define HV_INPUT_VTL_USE_TARGET_VTL  0x10u /**< when clear, the VTL of the caller is meant */
#define HV_INPUT_VTL_RSVDZ_MASK      0xE0u
/** @} */

/**
 * @name Synthetic interrupt controller and timers
 * TLFS "Inter-Partition Communication", "Virtual Interrupt Controller", "Timers".
 * @{
 */
#define HV_SYNIC_SINT_COUNT        16u
#define HV_SYNIC_STIMER_COUNT      4u    /**< per virtual processor */
#define HV_EVENT_FLAGS_COUNT       2048u /**< per SINT */
#define HV_EVENT_FLAGS_BYTE_COUNT  256u
#define HV_PORT_MESSAGE_BUFFERS    16u /**< messages that a port queues */
#define HV_DEBUG_MAXIMUM_DATA_SIZE 4088u
#define HV_REFERENCE_TIME_UNIT_NS  100u /**< unit of the reference time */
/** @} */

/**
 * @name SINTs with a fixed use
 * TLFS "Virtual Interrupt Controller" for intercepts; the others are those of Linux
 * (include/hyperv).
 * @{
 */
#define HV_SYNIC_INTERCEPTION_SINT_INDEX 0u
#define HV_SYNIC_IOMMU_FAULT_SINT_INDEX  1u
#define HV_SYNIC_VMBUS_SINT_INDEX        2u
#define HV_SYNIC_FIRST_UNUSED_SINT_INDEX 5u
/** @} */

#endif
