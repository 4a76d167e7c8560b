/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Messages and events that a parent sends to a VP of its child without a connection. Messages that
 * wait are in buffers of a port of the VP's own, which nobody can find.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

struct posting {
    const struct hv_input_post_message_direct *input;
    hv_status status;
};

static struct hv_port *find_port(struct hv_vp *vp)
{
    struct hv_vp_intercept *intercept = &vp->intercept;

    if (!intercept->direct_port)
        intercept->direct_port = hv_port_make_hidden(vp->partition);
    return intercept->direct_port;
}

static hv_status post_message(struct hv_vp *vp, const struct hv_input_post_message_direct *input)
{
    struct hv_port_buffer *buffer;
    struct hv_port *port;

    if (!hv_synic_takes_messages(vp))
        return HV_STATUS_INVALID_SYNIC_STATE;
    port = find_port(vp);
    if (!port)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    buffer = hv_port_take_buffer(port);
    if (!buffer)
        return HV_STATUS_INSUFFICIENT_BUFFERS;
    buffer->message.sint = (uint8_t)input->sint_index;
    buffer->message.content = input->message;
    hv_synic_queue(vp, &buffer->message);
    return HV_STATUS_SUCCESS;
}

static void post(struct hv_vp *vp, void *argument)
{
    struct posting *posting = argument;

    posting->status = post_message(vp, posting->input);
}

static bool is_message_valid(const struct hv_input_post_message_direct *input)
{
    const struct hv_message_header *header = &input->message.header;

    return !input->vtl && !input->padding0[0] && !input->padding0[1] && !input->padding0[2] &&
           !input->padding1 && input->sint_index < HV_SYNIC_SINT_COUNT &&
           header->message_type != HvMessageTypeNone &&
           header->payload_size <= HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT;
}

/* TLFS: HvCallPostMessageDirect. */
hv_status hv_hypercall_post_message_direct(struct hv_hypercall_call *call)
{
    const struct hv_input_post_message_direct *input = call->header;
    struct posting posting = { .input = input };
    struct hv_vp *target;
    hv_status status =
        hv_hypercall_child_vp(call->vp, input->partition_id, input->vp_index, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    posting.status = HV_STATUS_INVALID_PARAMETER;
    if (is_message_valid(input))
        hv_request_call(call->vp, target, post, &posting);
    hv_hypercall_leave(call->vp, target->partition);
    return posting.status;
}

/* TLFS: HvCallSignalEventDirect. */
hv_status hv_hypercall_signal_event_direct(struct hv_hypercall_call *call)
{
    const struct hv_input_signal_event_direct *input = call->header;
    bool *newly_signaled = call->output;
    struct hv_vp *target;
    hv_status status =
        hv_hypercall_child_vp(call->vp, input->target_partition, input->target_vp, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_INVALID_PARAMETER;
    if (!input->target_vtl && input->target_sint < HV_SYNIC_SINT_COUNT &&
        input->flag_number < HV_EVENT_FLAGS_COUNT)
        status = hv_synic_signal(call->vp, target, input->target_sint, input->flag_number,
                                 newly_signaled);
    hv_hypercall_leave(call->vp, target->partition);
    return status;
}
