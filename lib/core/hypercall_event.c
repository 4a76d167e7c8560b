/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallNotifyPartitionEvent: what a root tells of itself. Not in the TLFS; as Linux does it.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

static void suspend(struct hv_vp *vp, void *argument)
{
    const struct hv_register128 *suspended = argument;

    hv_suspend_set(vp, HvRegisterExplicitSuspend, suspended);
}

static void suspend_vps(struct hv_vp *self, struct hv_partition *partition)
{
    struct hv_register128 suspended = { .low = 1 };

    hv_gate_enter(&partition->gate, self);
    for (uint32_t i = 0; i < partition->max_vps; i++) {
        struct hv_vp *vp = hv_vp_get(partition, i);

        if (vp)
            hv_request_call(self, vp, suspend, &suspended);
    }
    hv_gate_leave(&partition->gate);
}

/* There are no more levels than HV_FRAME_PLACES, and one. */
static void suspend_descendants(struct hv_vp *self, struct hv_partition *parent)
{
    struct hv_partition *child;
    uint64_t id = 0;

    while ((child = hv_hierarchy_next_child(parent, id)) != NULL) {
        id = child->id;
        suspend_vps(self, child);
        suspend_descendants(self, child);
        hv_partition_drop(child);
    }
}

/* The root has crashed and saves what there is to be seen of it. Of the hypervisor there is nothing
   to be saved. */
static hv_status note_crash(struct hv_vp *self, uint32_t action)
{
    switch (action) {
    case HvCrashdumpActionEntry:
        return HV_STATUS_SUCCESS;
    case HvCrashdumpActionSuspendAllVps:
        suspend_descendants(self, self->partition);
        return HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}

hv_status hv_hypercall_notify_partition_event(struct hv_hypercall_call *call)
{
    const struct hv_input_notify_partition_event *input = call->header;

    switch (input->event) {
    case HvPartitionEventRootCrashdump:
        return note_crash(call->vp, input->input);
    case HvPartitionEventAllLogicalProcessorsStarted:
        return HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}
