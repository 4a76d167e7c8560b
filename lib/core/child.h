/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The life of a child partition and of its VPs, which its parent decides on by hypercalls. The
 * caller refers to the child. self is the VP of the parent that makes the call, on its own LP.
 */
#ifndef HV_CORE_CHILD_H
#define HV_CORE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

struct hv_partition;
struct hv_vp;

/*
 * A new child, in pages of the parent's pool, in state HV_PARTITION_CREATED.
 * HV_STATUS_INVALID_PARAMETER for flags or fields that the TLFS has reserved;
 * HV_STATUS_FEATURE_UNAVAILABLE for flags of what is not implemented; HV_STATUS_PARTITION_TOO_DEEP
 * for a parent of the lowest level; HV_STATUS_INVALID_PARTITION_STATE for one that is being
 * finalized; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_child_create(struct hv_partition *parent,
                          const struct hv_input_create_partition *input, uint64_t *id);

/* HV_STATUS_INVALID_PARTITION_STATE unless it has just been created. */
hv_status hv_child_initialize(struct hv_partition *child);

/*
 * Takes everything from the child but itself: VPs, ports, connections, GPA space. After that
 * nothing of its pool is in use, but for what another LP is just working with. When done becomes
 * false, the deadline (hv_time_ops.tsc) has passed, and the call is to be repeated for what is left
 * of the GPA space. HV_STATUS_INVALID_PARTITION_STATE; HV_STATUS_OPERATION_DENIED while it has
 * children.
 */
hv_status hv_child_finalize(struct hv_vp *self, struct hv_partition *child, uint64_t deadline,
                            bool *done);

/*
 * Makes the child's ID invalid, and its memory its parent's as soon as nobody refers to it.
 * HV_STATUS_INVALID_PARTITION_STATE while it is active; HV_STATUS_OPERATION_DENIED while there are
 * pages in its pool.
 */
hv_status hv_child_delete(struct hv_partition *child);

/*
 * A new VP, whose APIC ID is its index, explicitly suspended. HV_STATUS_INVALID_PARTITION_STATE;
 * HV_STATUS_INVALID_VP_INDEX when it exists or can't; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_child_create_vp(struct hv_vp *self, struct hv_partition *child, uint32_t index);

/* HV_STATUS_INVALID_PARTITION_STATE; HV_STATUS_INVALID_VP_INDEX. */
hv_status hv_child_delete_vp(struct hv_vp *self, struct hv_partition *child, uint32_t index);

#endif
