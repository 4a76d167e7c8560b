/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Pipe header, IC header, body: from bytes and to bytes. */
#include <stddef.h>
#include <stdint.h>

#include <hv/abi/vmbus.h>
#include <hv/ic.h>

#include "mem.h"

#define PIPE_SIZE   sizeof(struct vmbus_pipe_header)
#define HEADER_SIZE sizeof(struct ic_header)

_Static_assert(HV_IC_HEADER_SIZE == PIPE_SIZE + HEADER_SIZE, "both headers");

enum hv_ic_status hv_ic_parse(const void *packet, size_t size, struct hv_ic_message *message)
{
    struct vmbus_pipe_header pipe;
    struct ic_header header;
    const uint8_t *bytes = packet;
    if (size < HV_IC_HEADER_SIZE) {
        return HV_IC_MALFORMED;
    }
    memcpy(&pipe, bytes, PIPE_SIZE);
    memcpy(&header, bytes + PIPE_SIZE, HEADER_SIZE);
    if (pipe.type != VMBUS_PIPE_DATA || pipe.length < HEADER_SIZE ||
        pipe.length > IC_MAX_MESSAGE_SIZE || pipe.length > size - PIPE_SIZE ||
        header.size > pipe.length - HEADER_SIZE) {
        return HV_IC_MALFORMED;
    }
    *message = (struct hv_ic_message){
        .framework_version = header.framework_version,
        .message_version = header.message_version,
        .type = header.type,
        .status = header.status,
        .transaction_id = header.transaction_id,
        .flags = header.flags,
        .body = bytes + HV_IC_HEADER_SIZE,
        .body_size = header.size,
    };
    return HV_IC_OK;
}

enum hv_ic_status hv_ic_build(void *buffer, size_t capacity, const struct hv_ic_message *message,
                              size_t *size)
{
    uint8_t *bytes = buffer;
    if (message->body_size > IC_MAX_MESSAGE_SIZE - HEADER_SIZE || capacity < HV_IC_HEADER_SIZE ||
        message->body_size > capacity - HV_IC_HEADER_SIZE) {
        return HV_IC_NO_BUFFER;
    }
    struct vmbus_pipe_header pipe = {
        .type = VMBUS_PIPE_DATA,
        .length = (uint32_t)(HEADER_SIZE + message->body_size),
    };
    struct ic_header header = {
        .framework_version = message->framework_version,
        .type = message->type,
        .message_version = message->message_version,
        .size = (uint16_t)message->body_size,
        .status = message->status,
        .transaction_id = message->transaction_id,
        .flags = message->flags,
    };
    /* The body first: it may lie where the headers go. */
    if (message->body_size != 0) {
        memmove(bytes + HV_IC_HEADER_SIZE, message->body, message->body_size);
    }
    memcpy(bytes, &pipe, PIPE_SIZE);
    memcpy(bytes + PIPE_SIZE, &header, HEADER_SIZE);
    *size = HV_IC_HEADER_SIZE + message->body_size;
    return HV_IC_OK;
}
