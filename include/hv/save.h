/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Save and restore: what lib/core knows of a partition as a sequence of records.
 *
 * A partition is saved in several pieces: one of the partition and one of each VP, which is saved
 * and restored on the LP that owns it since its registers are there. Guest memory, what is mapped
 * where and the back end's own state are the embedder's to carry along; so are devices.
 *
 * To save: stop all VPs. Each one's LP goes on calling hv_vp_prepare() until all have stopped, so
 * that no VP waits for another; and nobody outside sends to the partition any more. Then call
 * hv_partition_save() once and hv_vp_save() for each VP, all with the same time. Saving changes
 * nothing that a guest could see: the partition may go on afterwards.
 *
 * Ports and connections that were made by hypercalls name partitions, which may have other IDs
 * when they are restored: hv_restore.find_partition says which. Who owns a port is restored before
 * who is connected to it; of two partitions with ports for each other, the connections of the first
 * are made again by who has made them.
 *
 * To restore: create a partition with the same configuration, map its memory, create its VPs with
 * the same indexes and APIC IDs. Call hv_partition_restore(), then hv_vp_restore() for each VP.
 *
 * Records may come from an enemy. Each piece's form is checked before anything changes, and then
 * each record is taken whole or not at all, in their order. After a failure the partition is half
 * restored: it holds nothing impossible, but is of no use, and its memory can be used again.
 *
 * Source: TLFS v2.0, "Partition Save and Restore"; TLFS, "Timers" and "Live Migration".
 */
#ifndef HV_SAVE_H
#define HV_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/partition.h>
#include <hv/status.h>
#include <hv/vp.h>

/** What a record is of; in the order in which records follow each other. */
enum hv_record_component {
    /* Of a partition. */
    HV_RECORD_PARTITION = 1,     /**< Configuration and partition-wide registers. */
    HV_RECORD_TIME = 2,          /**< Reference time and its registers. */
    HV_RECORD_PORTS = 3,         /**< Ports, made by hv_port_create() or by hypercalls. */
    HV_RECORD_CONNECTIONS = 4,   /**< Connections, made in either way; doorbells among them. */
    HV_RECORD_MONITOR_PAGES = 5, /**< Content of the pages of monitor ports made by hypercalls. */
    /* Of a VP. */
    HV_RECORD_VP = 16,        /**< Per-VP registers that belong to no other component; run time. */
    HV_RECORD_REGISTERS = 17, /**< Registers of the architecture, as the back end has them. */
    HV_RECORD_APIC = 18, /**< Local APIC, with all that waits in it; with HV_CPU_LOCAL_APIC only. */
    HV_RECORD_ASSIST_PAGE = 19,    /**< VP assist page. */
    HV_RECORD_TIMERS = 20,         /**< Synthetic timers. */
    HV_RECORD_MESSAGES = 21,       /**< Messages that wait for a slot. */
    HV_RECORD_SYNIC = 22,          /**< SynIC with its two pages. */
    HV_RECORD_UNHALTED_TIMER = 23, /**< Synthetic time-unhalted timer. */
    HV_RECORD_EVENT_RINGS = 24,    /**< Event rings, and who waits for room in them; of a VP in a
                                        hierarchy of partitions only. */
};

/**
 * Each record begins with this; the payload follows, and the next record follows that. All is
 * little-endian, packed, at any alignment.
 */
struct hv_record_header {
    uint32_t component; /**< enum hv_record_component. */
    uint32_t version;   /**< Of the payload's layout. */
    uint32_t vp_index;  /**< The VP, or HV_ANY_VP in a partition's records. */
    uint32_t size;      /**< Bytes of payload. */
};

/**
 * Save what belongs to the partition and to no VP. On any LP, with all VPs stopped.
 *
 * @param partition what to save.
 * @param tsc       the moment that is saved, in hv_time_ops.tsc: not before the last VP stopped.
 * @param[out] records where the records go; NULL with a @p size of 0, to ask how many bytes.
 * @param size      bytes there.
 * @param[out] used bytes that the records take, also when they are too many.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INSUFFICIENT_BUFFER when @p size is too small, and then the
 *         content of @p records is of no use.
 */
hv_status hv_partition_save(struct hv_partition *partition, uint64_t tsc, void *records,
                            size_t size, size_t *used);

/**
 * Save a VP; as hv_partition_save(), but on the LP that owns @p vp.
 *
 * Of the registers of the architecture all those are saved that the back end knows by
 * hv_cpu_ops.get_register, HvRegisterInternalActivityState among them; but not the TSC, which is
 * the embedder's by hv_time_ops.tsc. A VP that waits may be saved as it waits: it goes on waiting
 * when it is restored, until its APIC has what it waits for, which may be at once.
 */
hv_status hv_vp_save(struct hv_vp *vp, uint64_t tsc, void *records, size_t size, size_t *used);

/** How a partition goes on. */
struct hv_restore {
    /**
     * The value of hv_time_ops.tsc at which the moment that was saved is taken up. With the time of
     * now, no time has passed for the guest (TLFS: reference time appears to stop). On the same
     * machine it may be that given to hv_partition_save(): then the guest finds that time has
     * passed, and timers that would have expired meanwhile do so at once.
     */
    uint64_t tsc;
    /**
     * The machine is another one: a guest that has asked for it gets the reenlightenment interrupt
     * (TLFS: HV_X64_MSR_REENLIGHTENMENT_CONTROL).
     */
    bool migrated;
    /**
     * The partition that had that ID when it was saved, or NULL: for connections to ports of others
     * and for ports of others' connections. May be NULL itself where there are none.
     */
    struct hv_partition *(*find_partition)(void *context, uint64_t id);
    void *context; /**< Handed to find_partition. */
};

/**
 * Restore what hv_partition_save() has saved, into a partition without ports and connections whose
 * VPs exist. On any LP, with no VP in the guest. Resets the partition first.
 *
 * @param partition where to.
 * @param restore   how it goes on.
 * @param records   what was saved; must not change meanwhile.
 * @param size      bytes of it.
 * @return HV_STATUS_SUCCESS;
 *         HV_STATUS_INVALID_SAVE_RESTORE_STATE when it is no sequence of the records that belong
 *         here: one is missing, unknown, there twice, too short or too long;
 *         HV_STATUS_FEATURE_UNAVAILABLE for a record of another version;
 *         HV_STATUS_INVALID_PARTITION_STATE when the partition is not as the saved one: privileges,
 *         features, number of VPs, GPA width;
 *         HV_STATUS_INVALID_PARAMETER for a value that can't be;
 *         HV_STATUS_INVALID_PARTITION_ID for a partition at the other end that is not found;
 *         any status of hv_port_create(), hv_port_connect() and hv_port_connect_monitor(), and of
 * the hypercalls that do the same; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_partition_restore(struct hv_partition *partition, const struct hv_restore *restore,
                               const void *records, size_t size);

/**
 * Restore what hv_vp_save() has saved; after hv_partition_restore(), on the LP that owns @p vp.
 * Resets the VP first. VPs may be restored at the same time on their LPs.
 *
 * @return as hv_partition_restore(); HV_STATUS_INVALID_VP_INDEX for records of another VP;
 *         HV_STATUS_INVALID_PORT_ID and HV_STATUS_INSUFFICIENT_BUFFERS for a message of a port that
 *         is not there or can't have sent so many; or what hv_cpu_ops.set_register says to a value.
 */
hv_status hv_vp_restore(struct hv_vp *vp, const struct hv_restore *restore, const void *records,
                        size_t size);

#endif
