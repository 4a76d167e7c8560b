/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Messages that wait for a slot, in the order in which they will be delivered. Each is put back
 * into the room of its owner: its timer's, or a buffer of its port's. Those that came without a
 * port (HvCallPostMessageDirect) get hidden ones, which vanish with them.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

/* ---- Save ---- */

static struct hv_message_payload describe(struct hv_vp *vp, const struct hv_synic_message *message)
{
    struct hv_message_payload payload = { .sint = message->sint, .content = message->content };
    const struct hv_port *port;

    for (unsigned i = 0; i < HV_STIMERS; i++)
        if (message == &vp->stimers.timer[i].message) {
            payload.source = HV_MESSAGE_OF_TIMER;
            payload.id = i;
            return payload;
        }
    port = hv_port_of(message);
    payload.source = HV_MESSAGE_OF_PORT;
    payload.id = port->id;
    if (atomic_load_explicit(&port->deleted, memory_order_relaxed)) {
        payload.source = HV_MESSAGE_OF_NONE;
        payload.id = 0;
    }
    return payload;
}

static void save(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer)
{
    (void)tsc;
    /* SINT 0 has messages about children, which are no part of this partition. */
    for (unsigned i = 1; i < HV_SYNIC_SINT_COUNT; i++)
        for (const struct hv_synic_message *message = hv_synic_first(&vp->synic, i); message;
             message = hv_synic_next(&vp->synic, message)) {
            struct hv_message_payload payload = describe(vp, message);

            if (!hv_synic_is_dead(message))
                hv_record_put(writer, &payload, sizeof(payload));
        }
}

/* ---- Restore ---- */

/* The message of a timer that has expired, as it is made (stimer.c). */
static bool is_of_timer(const struct hv_vp *vp, const struct hv_message_payload *payload)
{
    const struct hv_stimer *timer = &vp->stimers.timer[payload->id];
    const uint64_t sint = (timer->config & HV_X64_MSR_STIMER_CONFIG_SINTX_MASK) >>
                          HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT;
    bool enabled = timer->config & HV_X64_MSR_STIMER_CONFIG_ENABLE;
    bool periodic = timer->config & HV_X64_MSR_STIMER_CONFIG_PERIODIC;

    /* A periodic one waits for its message to be delivered; one-shot is over. */
    return !(timer->config & HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE) && sint == payload->sint &&
           enabled == periodic && timer->count != 0 && timer->due == HV_APIC_NEVER &&
           !timer->message.queued;
}

static hv_status queue_of_timer(struct hv_vp *vp, const struct hv_message_payload *payload)
{
    const struct hv_message_header header = {
        .message_type = HvMessageTimerExpired,
        .payload_size = sizeof(struct hv_timer_message_payload),
    };
    const struct hv_timer_message_payload *content = (const void *)payload->content.payload;

    if (payload->id >= HV_STIMERS || !is_of_timer(vp, payload) ||
        content->timer_index != payload->id ||
        memcmp(&payload->content.header, &header, sizeof(header)) != 0)
        return HV_STATUS_INVALID_PARAMETER;
    hv_stimer_send(vp, payload->id, content->expiration_time);
    return HV_STATUS_SUCCESS;
}

/* What HvCallPostMessage lets through (port.c). */
static bool is_posted(const struct hv_message_payload *payload)
{
    const struct hv_message_header *header = &payload->content.header;

    return payload->sint != 0 && payload->sint < HV_SYNIC_SINT_COUNT &&
           header->message_type != HvMessageTypeNone &&
           !(header->message_type & HV_MESSAGE_TYPE_HYPERVISOR_MASK) &&
           header->payload_size <= HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT;
}

/* Takes a buffer of the port, which then is kept by the message. */
static hv_status queue_of_port(struct hv_vp *vp, struct hv_port *port,
                               const struct hv_message_payload *payload)
{
    struct hv_port_buffer *buffer = hv_port_take_buffer(port);

    if (!buffer)
        return HV_STATUS_INSUFFICIENT_BUFFERS;
    buffer->message.sint = (uint8_t)payload->sint;
    buffer->message.content = payload->content;
    hv_synic_queue(vp, &buffer->message);
    return HV_STATUS_SUCCESS;
}

static bool is_from(const struct hv_vp *vp, const struct hv_port *port,
                    const struct hv_message_payload *payload)
{
    const struct hv_port_config *config = &port->config;

    return config->type == HvPortTypeMessage && config->sint == payload->sint &&
           (config->vp_index == HV_ANY_VP || config->vp_index == vp->index) &&
           payload->content.header.origination_id == port->id;
}

static hv_status queue_of_living(struct hv_vp *vp, const struct hv_message_payload *payload)
{
    struct hv_port *port = hv_port_find(vp->partition, payload->id);
    hv_status status = HV_STATUS_INVALID_PORT_ID;

    if (!port)
        return status;
    if (is_from(vp, port, payload))
        status = queue_of_port(vp, port, payload);
    hv_port_drop(port);
    return status;
}

/* *port, if there is one, has taken those before; it is another one when that is full. */
static hv_status queue_of_none(struct hv_vp *vp, const struct hv_message_payload *payload,
                               struct hv_port **port)
{
    hv_status status = HV_STATUS_INSUFFICIENT_BUFFERS;

    if (payload->id != 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (*port)
        status = queue_of_port(vp, *port, payload);
    if (status == HV_STATUS_SUCCESS)
        return status;
    if (*port)
        hv_port_drop(*port);
    *port = hv_port_make_hidden(vp->partition);
    return *port ? queue_of_port(vp, *port, payload) : HV_STATUS_INSUFFICIENT_MEMORY;
}

static hv_status queue(struct hv_vp *vp, const struct hv_message_payload *payload,
                       struct hv_port **hidden)
{
    if (payload->zero)
        return HV_STATUS_INVALID_PARAMETER;
    if (payload->source == HV_MESSAGE_OF_TIMER)
        return queue_of_timer(vp, payload);
    if (payload->source > HV_MESSAGE_OF_NONE || !is_posted(payload))
        return HV_STATUS_INVALID_PARAMETER;
    if (payload->source == HV_MESSAGE_OF_PORT)
        return queue_of_living(vp, payload);
    return queue_of_none(vp, payload, hidden);
}

static hv_status restore_messages(struct hv_vp *vp, const struct hv_restore *restore,
                                  const struct hv_record *record)
{
    const struct hv_record_kind *kind = &hv_messages_component.kind;
    hv_status status = HV_STATUS_SUCCESS;
    struct hv_port *hidden = NULL;

    (void)restore;
    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < hv_record_elements(record, kind); i++) {
        struct hv_message_payload payload;

        memcpy(&payload, hv_record_element(record, kind, i), sizeof(payload));
        status = queue(vp, &payload, &hidden);
    }
    if (hidden)
        hv_port_drop(hidden);
    return status;
}

const struct hv_vp_component hv_messages_component = {
    .kind = { .component = HV_RECORD_MESSAGES,
              .version = 1,
              .element = sizeof(struct hv_message_payload) },
    .save = save,
    .restore = restore_messages,
};
