/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallPostMessage and HvCallSignalEvent: from a connection to a VP of the port's owner. */
#include "core.h"
#include "hypercall.h"
#include "mem.h"
#include "port.h"

typedef bool takes_function(const struct hv_vp *vp, uint32_t sint);

static bool takes_messages(const struct hv_vp *vp, uint32_t sint)
{
    (void)sint;
    return hv_synic_takes_messages(vp);
}

/* That its SINT is masked is found when it is signalled. */
static bool takes_events(const struct hv_vp *vp, uint32_t sint)
{
    (void)sint;
    return hv_synic_takes_events(vp);
}

static hv_status check_target(const struct hv_port *port, const struct hv_vp *target,
                              takes_function *takes)
{
    if (!target)
        return HV_STATUS_INVALID_VP_INDEX;
    return takes(target, port->config.sint) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_SYNIC_STATE;
}

/* A VP that takes it: the one that is preferred before others, then the one of last time. */
static hv_status choose_any(struct hv_port *port, takes_function *takes, struct hv_vp **target)
{
    const struct hv_partition *owner = port->owner;
    uint32_t first = atomic_load_explicit(&port->preferred_vp, memory_order_relaxed);
    hv_status status = HV_STATUS_INVALID_VP_INDEX;

    if (first == HV_ANY_VP)
        first = atomic_load_explicit(&port->last_vp, memory_order_relaxed);
    for (uint32_t i = 0; i < owner->max_vps; i++) {
        uint32_t index = (first + i) % owner->max_vps;

        *target = hv_vp_get(owner, index);
        if (!*target)
            continue;
        status = check_target(port, *target, takes);
        if (status != HV_STATUS_SUCCESS)
            continue;
        atomic_store_explicit(&port->last_vp, index, memory_order_relaxed);
        break;
    }
    return status;
}

/* Where the port's next one goes. HV_STATUS_INVALID_VP_INDEX: there is no such VP, or none at all.
 */
static hv_status choose_target(struct hv_port *port, takes_function *takes, struct hv_vp **target)
{
    if (port->config.vp_index == HV_ANY_VP)
        return choose_any(port, takes, target);
    *target = hv_vp_get(port->owner, port->config.vp_index);
    return check_target(port, *target, takes);
}

/* VPs of a partition that has a parent may be deleted; not between these two, if the first says so.
 */
static bool begin_use(const struct hv_vp *self, struct hv_partition *owner)
{
    return owner == self->partition || !owner->lineage.parent || hv_gate_try_enter(&owner->gate);
}

static void end_use(const struct hv_vp *self, struct hv_partition *owner)
{
    if (owner != self->partition && owner->lineage.parent)
        hv_gate_leave(&owner->gate);
}

static hv_status post_to_owner(struct hv_vp *self, struct hv_port *port,
                               const struct hv_input_post_message *input)
{
    struct hv_port_buffer *buffer;
    struct hv_vp *target;
    hv_status status = choose_target(port, takes_messages, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    buffer = hv_port_take_buffer(port);
    if (!buffer)
        return HV_STATUS_INSUFFICIENT_BUFFERS;
    atomic_store_explicit(&buffer->vp_index, target->index, memory_order_relaxed);
    buffer->message.sint = (uint8_t)port->config.sint;
    buffer->message.content.header = (struct hv_message_header){
        .message_type = input->message_type,
        .payload_size = (uint8_t)input->payload_size,
        .origination_id = port->id,
    };
    memset(buffer->message.content.payload, 0, sizeof(buffer->message.content.payload));
    memcpy(buffer->message.content.payload, input->payload, input->payload_size);
    hv_synic_post(self, target, &buffer->message);
    atomic_fetch_add_explicit(&port->post_count, 1, memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

static hv_status post(struct hv_vp *self, struct hv_port *port,
                      const struct hv_input_post_message *input)
{
    struct hv_partition *owner = port->owner;
    hv_status status;

    if (!begin_use(self, owner))
        return HV_STATUS_INVALID_SYNIC_STATE;
    status = post_to_owner(self, port, input);
    end_use(self, owner);
    return status;
}

/* TLFS: HvCallPostMessage. */
hv_status hv_hypercall_post_message(struct hv_hypercall_call *call)
{
    const struct hv_input_post_message *input = call->header;
    struct hv_port *port;
    hv_status status;

    if (input->reserved || input->message_type == HvMessageTypeNone ||
        (input->message_type & HV_MESSAGE_TYPE_HYPERVISOR_MASK) ||
        input->payload_size > HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT)
        return HV_STATUS_INVALID_PARAMETER;
    status =
        hv_connection_follow(call->vp->partition, input->connection_id, HvPortTypeMessage, &port);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = post(call->vp, port, input);
    hv_port_drop(port);
    return status;
}

static hv_status signal_owner(struct hv_vp *self, struct hv_port *port, uint16_t flag)
{
    struct hv_vp *target;
    bool newly_set;
    hv_status status;

    if (flag >= port->config.flag_count)
        return HV_STATUS_INVALID_PARAMETER;
    status = choose_target(port, takes_events, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return hv_synic_signal(self, target, (uint8_t)port->config.sint,
                           (uint32_t)port->config.base_flag + flag, &newly_set);
}

static hv_status signal(struct hv_vp *self, struct hv_port *port, uint16_t flag)
{
    struct hv_partition *owner = port->owner;
    hv_status status;

    if (!begin_use(self, owner))
        return HV_STATUS_INVALID_SYNIC_STATE;
    status = signal_owner(self, port, flag);
    end_use(self, owner);
    return status;
}

hv_status hv_port_signal(struct hv_vp *self, const struct hv_input_signal_event *input)
{
    struct hv_port *port;
    hv_status status;

    if (input->reserved)
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_connection_follow(self->partition, input->connection_id, HvPortTypeEvent, &port);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = signal(self, port, input->flag_number);
    hv_port_drop(port);
    return status;
}

/* TLFS: HvCallSignalEvent. */
hv_status hv_hypercall_signal_event(struct hv_hypercall_call *call)
{
    return hv_port_signal(call->vp, call->header);
}

bool hv_port_ring(struct hv_vp *self, struct hv_port *port)
{
    struct hv_partition *owner = port->owner;
    struct hv_vp *target;
    bool heard;

    if (!begin_use(self, owner))
        return false;
    heard = choose_target(port, hv_event_ring_takes, &target) == HV_STATUS_SUCCESS;
    if (heard)
        hv_event_ring_signal(self, target, port);
    end_use(self, owner);
    return heard;
}
