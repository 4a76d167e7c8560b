/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Partitions: what separates one guest from another.
 *
 * A partition and all that belongs to it lives in pages that were deposited for it: its own object,
 * its virtual processors, its nested page tables, its overlay pages. Nothing else is ever
 * allocated, so running out is the status HV_STATUS_INSUFFICIENT_MEMORY and never a crash.
 */
#ifndef HV_PARTITION_H
#define HV_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/platform.h>
#include <hv/status.h>

/** Virtual processors that a partition can have: indexes 0 to HV_PARTITION_MAX_VPS - 1. */
#define HV_PARTITION_MAX_VPS 512

/** What a partition is created with. */
struct hv_partition_config {
    uint64_t id;         /**< Partition ID, neither HV_PARTITION_ID_INVALID nor _SELF. */
    uint64_t privileges; /**< HV_PRIVILEGE_ bits wanted; see hv_partition_privileges(). */
    bool root;           /**< This is the root partition. */
    uint32_t max_vps;    /**< Announced in CPUID leaf 0x40000005; 1 to HV_PARTITION_MAX_VPS. */
    uint8_t gpa_bits;    /**< Width of a guest physical address, 32 to 48. */
    /**
     * For a root: the first of hv_partition_overlay_pages() GPA pages, unused ones in its space,
     * where its overlay pages are to lie if it has the privilege CpuManagement. Its MSRs for the
     * hypercall page, the reference TSC page, the VP assist page, SIEFP, SIMP and SIRBP hold these
     * places at first and after a reset, and the root may enable them there or elsewhere. Linux
     * expects it. 0: they hold 0, as those of any other guest.
     */
    uint64_t first_overlay;
    /**
     * For a root partition that may create others: hv_frame_table_size() zeroed bytes, aligned to
     * 16, where is kept who holds each page of memory; they stay in use. A page that the root may
     * give away has one place in its GPA space, from where it is taken when it is deposited. NULL:
     * there will be no other partition.
     */
    void *frames;
    uint64_t frame_count; /**< Pages from SPA page number 0 on that @p frames is for. */
};

/** Bytes of hv_partition_config.frames for that many pages. */
size_t hv_frame_table_size(uint64_t pages);

/**
 * Create a partition in the pages given, of which it keeps all.
 *
 * @param platform where it runs; kept by reference.
 * @param config   copied.
 * @param pages    system physical page numbers; hv_partition_pages() tells how many are enough.
 * @param count    how many.
 * @param[out] partition the new partition, without VPs and with an empty GPA space.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER for a config out of range, a page that is
 *         not ordinary memory or a TSC of 10 MHz or slower; HV_STATUS_INSUFFICIENT_MEMORY. On
 *         failure the pages are the caller's again, with any content.
 */
hv_status hv_partition_create(const struct hv_platform *platform,
                              const struct hv_partition_config *config, const uint64_t *pages,
                              size_t count, struct hv_partition **partition);

/** Pages that hv_partition_create() needs for @p config, before VPs and GPA mappings. */
size_t hv_partition_pages(const struct hv_partition_config *config);

/** GPA pages that hv_partition_config.first_overlay begins. */
uint64_t hv_partition_overlay_pages(const struct hv_partition_config *config);

/** Pages that hv_vp_create() takes for a partition of @p config, without what the back end takes.
 */
size_t hv_vp_pages(const struct hv_partition_config *config);

/**
 * Add a page to the partition's pool (TLFS: HvCallDepositMemory).
 * @return HV_STATUS_SUCCESS, or HV_STATUS_INVALID_PARAMETER when it is not ordinary memory.
 */
hv_status hv_partition_deposit(struct hv_partition *partition, uint64_t spa_page);

/**
 * Take an unused page out of the partition's pool (TLFS: HvCallWithdrawMemory).
 * @return HV_STATUS_SUCCESS, or HV_STATUS_INSUFFICIENT_MEMORY when no page is unused.
 */
hv_status hv_partition_withdraw(struct hv_partition *partition, uint64_t *spa_page);

/** Pages in the pool that are not in use. */
size_t hv_partition_available(const struct hv_partition *partition);

/**
 * Take a zeroed page of the partition's pool for the back end's own use (a VMCB, a bitmap). It
 * stays in use until hv_partition_free_page().
 * @param partition whose pool pays.
 * @param[out] spa_page its system physical page number; may be NULL.
 * @return where it can be read and written, or NULL when the pool is empty.
 */
void *hv_partition_alloc_page(struct hv_partition *partition, uint64_t *spa_page);

/** Give a page of hv_partition_alloc_page() back to the pool that it is of. */
void hv_partition_free_page(struct hv_partition *partition, uint64_t spa_page);

/**
 * Put every synthetic register of the partition and its VPs back to its value at creation, and
 * take all overlays away. No VP may be inside the guest. The reference counter keeps running.
 */
void hv_partition_reset(struct hv_partition *partition);

/**
 * The partition's privilege mask, CPUID leaf 0x40000003 EBX:EAX: what was asked for, less what this
 * library and the back end do not implement.
 */
uint64_t hv_partition_privileges(const struct hv_partition *partition);

/** The partition's ID. */
uint64_t hv_partition_id(const struct hv_partition *partition);

/**
 * Read a property (TLFS: HvCallGetPartitionProperty, HV_PARTITION_PROPERTY_CODE).
 * @return HV_STATUS_SUCCESS or HV_STATUS_UNKNOWN_PROPERTY.
 */
hv_status hv_partition_get_property(const struct hv_partition *partition, uint32_t code,
                                    uint64_t *value);

/**
 * Write a property.
 * @return HV_STATUS_SUCCESS; HV_STATUS_UNKNOWN_PROPERTY; HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE,
 * also for a property that is read-only and for privileges that can't be granted;
 *         HV_STATUS_INVALID_PARTITION_STATE for one that is fixed once a VP exists;
 *         HV_STATUS_OPERATION_DENIED for one that turns on what the machine can't do.
 */
hv_status hv_partition_set_property(struct hv_partition *partition, uint32_t code, uint64_t value);

/** What the guest has in its crash registers, HV_X64_MSR_CRASH_P0 to P4, now. On any LP. */
void hv_partition_get_crash(const struct hv_partition *partition, uint64_t parameters[5]);

/** The platform that the partition was created with. */
const struct hv_platform *hv_partition_platform(const struct hv_partition *partition);

#endif
