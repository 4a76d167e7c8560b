/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The debugging calls (TLFS v2.0, 20.3). The embedder has the buffers and the connection; here is
 * who may call and what is well formed.
 *
 * The hint that the guest will call again until it succeeds, with the time for which its VP may be
 * suspended, is not taken: the call returns at once, which 20.1.6 allows.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

/* The dispatcher has seen the privilege, which is not granted without a connection. */
static bool has_channel(const struct hv_partition *partition)
{
    return atomic_load_explicit(&partition->debug.channel, memory_order_relaxed) != 0;
}

/* TLFS v2.0, 20.3.1: HvPostDebugData. */
hv_status hv_hypercall_post_debug_data(struct hv_hypercall_call *call)
{
    struct hv_partition *partition = call->vp->partition;
    const struct hv_debug_ops *debug = &partition->platform->debug;
    const struct hv_input_post_debug_data *input = call->header;
    struct hv_output_post_debug_data *output = call->output;
    uint32_t pending = 0;
    hv_status status;

    if (!has_channel(partition))
        return HV_STATUS_OPERATION_DENIED;
    if (input->options & ~HV_DEBUG_POST_LOOP)
        return HV_STATUS_INVALID_PARAMETER;
    /* More than fits in the page is more than the maximum, or crosses into the next page. */
    if (input->count > call->input_data_size)
        return HV_STATUS_INVALID_PARAMETER;
    status = debug->post(debug->context, partition, input + 1, input->count, &pending);
    output->pending_count = pending;
    return status;
}

/* TLFS v2.0, 20.1.5: whether the connection has received anything, for anybody, since the last
   retrieval. */
static bool is_active(struct hv_partition *partition)
{
    const struct hv_debug_ops *debug = &partition->platform->debug;
    uint64_t received = debug->received(debug->context);

    return atomic_exchange_explicit(&partition->debug.seen, received, memory_order_relaxed) !=
           received;
}

/* TLFS v2.0, 20.3.2: HvRetrieveDebugData. */
hv_status hv_hypercall_retrieve_debug_data(struct hv_hypercall_call *call)
{
    const uint32_t options = HV_DEBUG_RETRIEVE_LOOP | HV_DEBUG_RETRIEVE_TEST_ACTIVITY;
    struct hv_partition *partition = call->vp->partition;
    const struct hv_debug_ops *debug = &partition->platform->debug;
    const struct hv_input_retrieve_debug_data *input = call->header;
    struct hv_output_retrieve_debug_data *output = call->output;
    uint32_t retrieved = 0, remaining = 0;
    hv_status status;
    bool active;

    if (!has_channel(partition))
        return HV_STATUS_OPERATION_DENIED;
    if ((input->options & ~options) || input->count > call->output_data_size)
        return HV_STATUS_INVALID_PARAMETER;
    active = is_active(partition);
    if ((input->options & HV_DEBUG_RETRIEVE_TEST_ACTIVITY) && !active)
        return HV_STATUS_INACTIVE;
    status = debug->retrieve(debug->context, partition, output + 1, input->count, &retrieved,
                             &remaining);
    output->retrieved_count = retrieved;
    output->remaining_count = remaining;
    call->output_data_size = (uint16_t)retrieved;
    return status;
}

/* TLFS v2.0, 20.3.3: HvResetDebugSession. */
hv_status hv_hypercall_reset_debug_session(struct hv_hypercall_call *call)
{
    const uint32_t options = HV_DEBUG_PURGE_INCOMING_DATA | HV_DEBUG_PURGE_OUTGOING_DATA;
    struct hv_partition *partition = call->vp->partition;
    const struct hv_debug_ops *debug = &partition->platform->debug;
    const struct hv_input_reset_debug_session *input = call->header;

    if (!has_channel(partition))
        return HV_STATUS_OPERATION_DENIED;
    if (input->options == 0 || (input->options & ~options))
        return HV_STATUS_INVALID_PARAMETER;
    return debug->purge(debug->context, partition, input->options & HV_DEBUG_PURGE_INCOMING_DATA,
                        input->options & HV_DEBUG_PURGE_OUTGOING_DATA);
}
