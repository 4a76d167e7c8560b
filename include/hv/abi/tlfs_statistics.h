/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Statistics pages: groups of counters and where each counter is.
 *
 * Source: TLFS v2.0, 21 and appendix J. Names, and indexes of what appendix J leaves out: Linux,
 * drivers/hv/mshv_debugfs_counters.c, which reads a page as an array of 512 counters of 64 bits
 * that has the headers of groups at indexes that it does not name. Include <hv/abi/tlfs.h>.
 */
#ifndef HV_ABI_TLFS_STATISTICS_H
#define HV_ABI_TLFS_STATISTICS_H

#include <stdint.h>

#include <hv/abi/tlfs_base.h>

/** 64-bit counters, headers among them, that fit in a statistics page. */
#define HV_STATISTICS_PAGE_COUNTERS 512u

/** TLFS v2.0 21.1.3: HV_STATISTICS_GROUP_HEADER; one of zeros ends the page. */
struct hv_statistics_group_header {
    uint16_t type;          /**< HV_STATISTICS_TYPE, unique in the page */
    uint16_t version_minor; /**< grows when counters are added */
    uint16_t version_major; /**< grows when the format changes */
    uint16_t length;        /**< bytes of counters behind the header, a multiple of 8 */
} HV_PACKED;

/**
 * @name Statistics group types
 * TLFS v2.0, 21.1.4: the architectural group of any object, and the release-specific one.
 * @{
 */
#define HV_STATISTICS_TYPE_END_OF_LIST      0u
#define HV_STATISTICS_TYPE_ARCHITECTURAL    2u /**< HCA, LPA, PA, VPA */
#define HV_STATISTICS_TYPE_RELEASE_SPECIFIC 3u /**< LPV, PV, VPV */
/** @} */

/**
 * @name Areas of a statistics object
 * HV_STATS_OBJECT_IDENTITY.StatsAreaType; values: Linux, include/hyperv.
 * @{
 */
#define HV_STATS_AREA_SELF   0u
#define HV_STATS_AREA_PARENT 1u
/** @} */

/**
 * @name Hypervisor counters
 * The header of the second group is at 9.
 * @{
 */
#define HvLogicalProcessors       1u  /**< logical processors of the machine */
#define HvPartitions              2u  /**< partitions, the root among them */
#define HvTotalPages              3u  /**< bootstrap and deposited pages */
#define HvVirtualProcessors       4u  /**< virtual processors of all partitions */
#define HV_STATISTICS_HV_SECOND   9u  /**< header */
#define HV_STATISTICS_HV_COUNTERS 13u /**< end of the second group */
/** @} */

/**
 * @name Logical processor counters
 * Times in units of 100 ns.
 * @{
 */
#define LpGlobalTime              1u  /**< since the processor was started */
#define LpTotalRunTime            2u  /**< in guests and in the hypervisor */
#define LpHypervisorRunTime       3u  /**< in the hypervisor */
#define HV_STATISTICS_LP_COUNTERS 52u /**< end of the group */
/** @} */

/**
 * @name Partition counters
 * The header of the second group is at 2.
 * @{
 */
#define PtVirtualProcessors             1u  /**< virtual processors */
#define HV_STATISTICS_PT_SECOND         2u  /**< header */
#define PtDepositedPages                5u  /**< pages in its pool, used or not */
#define PtPartitionId                   26u /**< its ID */
#define PtNumberofActiveChildPartitions 46u /**< its children */
#define HV_STATISTICS_PT_COUNTERS       47u /**< end of the second group */
/** @} */

/**
 * @name Virtual processor counters
 * The header of the second group is at 6. Times in units of 100 ns.
 * @{
 */
#define VpTotalRunTime                   1u   /**< as HV_X64_MSR_VP_RUNTIME */
#define HV_STATISTICS_VP_SECOND          6u   /**< header */
#define VpHypercallsCount                7u   /**< hypercalls */
#define VpIoInstructionsCount            13u  /**< exits by port I/O */
#define VpHltInstructionsCount           15u  /**< exits by HLT */
#define VpCpuidInstructionsCount         19u  /**< exits by CPUID */
#define VpMsrAccessesCount               21u  /**< exits by RDMSR and WRMSR */
#define VpOtherInterceptsCount           23u  /**< exits by exceptions, triple faults */
#define VpApicMmioAccesses               39u  /**< accesses to the page of the local APIC */
#define VpIoInterceptMessages            40u  /**< intercept messages to the parent: port I/O */
#define VpMemoryInterceptMessages        41u  /**< the same: memory */
#define VpOtherMessages                  43u  /**< the same: all others */
#define VpGpaSpaceHypercalls             62u  /**< hypercalls about GPA spaces */
#define VpLogicalProcessorHypercalls     63u  /**< the same: logical processors */
#define VpLongSpinWaitHypercalls         64u  /**< HvCallNotifyLongSpinWait */
#define VpOtherHypercalls                65u  /**< those of no other counter */
#define VpSyntheticInterruptHypercalls   66u  /**< hypercalls about ports, messages, events */
#define VpVirtualInterruptHypercalls     67u  /**< the same: virtual interrupts, IPIs */
#define VpVirtualMmuHypercalls           68u  /**< the same: translations and flushes */
#define VpVirtualProcessorHypercalls     69u  /**< the same: virtual processors */
#define VpNestedPageFaultInterceptsCount 71u  /**< exits by a nested page fault */
#define VpLogicalProcessorDispatches     74u  /**< how often it began to run */
#define VpExtendedHypercalls             76u  /**< extended hypercalls */
#define VpDepositHypercalls              198u /**< hypercalls about deposited memory */
#define VpRootDispatchThreadBlocked      202u /**< for a scheduler in the root */
#define HV_STATISTICS_VP_COUNTERS        213u /**< end of the second group */
/** @} */

HV_ABI_SIZE(hv_statistics_group_header, 8);

#endif
