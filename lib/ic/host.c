/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ic.h>

#include "mem.h"
#include "negotiate.h"

#define REQUEST       (IC_FLAG_TRANSACTION | IC_FLAG_REQUEST)
#define RESPONSE      (IC_FLAG_TRANSACTION | IC_FLAG_RESPONSE)
#define DIRECTION     (IC_FLAG_TRANSACTION | IC_FLAG_REQUEST | IC_FLAG_RESPONSE)
#define IDS_IN_A_WORD 64u

void hv_ic_host_init(struct hv_ic_host *host, const struct hv_ic_service *service)
{
    *host = (struct hv_ic_host){ .service = service, .state = HV_IC_HOST_CLOSED };
}

static uint64_t *awaited_word(struct hv_ic_host *host, uint8_t id)
{
    return &host->awaited[id / IDS_IN_A_WORD];
}

static uint64_t awaited_bit(uint8_t id)
{
    return UINT64_C(1) << id % IDS_IN_A_WORD;
}

static bool awaits_any(const struct hv_ic_host *host)
{
    return (host->awaited[0] | host->awaited[1] | host->awaited[2] | host->awaited[3]) != 0;
}

enum hv_ic_status hv_ic_host_negotiate(struct hv_ic_host *host, void *buffer, size_t capacity,
                                       size_t *size)
{
    const struct hv_ic_service *service = host->service;
    uint8_t body[HV_IC_OFFER_MAX_SIZE];
    struct hv_ic_message message = {
        .type = IC_TYPE_NEGOTIATE,
        .transaction_id = host->next_id,
        .flags = REQUEST,
        .body = body,
        .body_size = hv_ic_offer_build(body, service->frameworks, service->framework_count,
                                       service->messages, service->message_count),
    };
    enum hv_ic_status status = hv_ic_build(buffer, capacity, &message, size);
    if (status != HV_IC_OK) {
        return status;
    }
    host->negotiate_id = host->next_id++;
    memset(host->awaited, 0, sizeof(host->awaited));
    host->state = HV_IC_HOST_NEGOTIATING;
    return HV_IC_OK;
}

static enum hv_ic_status stop(struct hv_ic_host *host, enum hv_ic_status status)
{
    host->state = HV_IC_HOST_STOPPED;
    return status;
}

static bool is_listed(const struct ic_version *list, uint16_t count, struct ic_version version)
{
    for (uint16_t i = 0; i < count; i++) {
        if (hv_ic_version_equal(list[i], version)) {
            return true;
        }
    }
    return false;
}

/* The guest's choice. OpenVMM takes any version; one that was not offered is refused here. */
static enum hv_ic_status take_choice(struct hv_ic_host *host, const struct hv_ic_message *message)
{
    const struct hv_ic_service *service = host->service;
    struct hv_ic_offer choice;
    if (message->transaction_id != host->negotiate_id || !hv_ic_offer_parse(message, &choice)) {
        return stop(host, HV_IC_MALFORMED);
    }
    if (choice.framework_count == 0 && choice.message_count == 0) {
        return stop(host, HV_IC_UNSUPPORTED);
    }
    if (choice.framework_count != 1 || choice.message_count != 1) {
        return stop(host, HV_IC_MALFORMED);
    }
    struct ic_version framework = hv_ic_version_at(choice.frameworks, 0);
    struct ic_version version = hv_ic_version_at(choice.messages, 0);
    if (!is_listed(service->frameworks, service->framework_count, framework) ||
        !is_listed(service->messages, service->message_count, version)) {
        return stop(host, HV_IC_MALFORMED);
    }
    host->framework_version = framework;
    host->message_version = version;
    host->state = HV_IC_HOST_READY;
    return HV_IC_NEGOTIATED;
}

static enum hv_ic_status take_response(struct hv_ic_host *host, const struct hv_ic_message *message)
{
    uint64_t *word = awaited_word(host, message->transaction_id);
    uint64_t bit = awaited_bit(message->transaction_id);
    if (message->type != host->service->type || (*word & bit) == 0) {
        return HV_IC_IGNORED;
    }
    *word &= ~bit;
    return HV_IC_MESSAGE;
}

enum hv_ic_status hv_ic_host_receive(struct hv_ic_host *host, const void *packet, size_t size,
                                     struct hv_ic_message *message)
{
    if (host->state != HV_IC_HOST_NEGOTIATING && host->state != HV_IC_HOST_READY) {
        return HV_IC_NOT_READY;
    }
    if (hv_ic_parse(packet, size, message) != HV_IC_OK ||
        (message->flags & DIRECTION) != RESPONSE) {
        return stop(host, HV_IC_MALFORMED);
    }
    if (host->state == HV_IC_HOST_READY) {
        return take_response(host, message);
    }
    /* What a guest answered before a restore may still be in the ring. */
    return message->type == IC_TYPE_NEGOTIATE ? take_choice(host, message) : HV_IC_IGNORED;
}

enum hv_ic_status hv_ic_host_request(struct hv_ic_host *host, const void *body, size_t body_size,
                                     void *buffer, size_t capacity, size_t *size)
{
    if (host->state != HV_IC_HOST_READY) {
        return HV_IC_NOT_READY;
    }
    if (host->service->one_at_a_time && awaits_any(host)) {
        return HV_IC_BUSY;
    }
    struct hv_ic_message message = {
        .framework_version = host->framework_version,
        .message_version = host->message_version,
        .type = host->service->type,
        .transaction_id = host->next_id,
        .flags = REQUEST,
        .body = body,
        .body_size = body_size,
    };
    enum hv_ic_status status = hv_ic_build(buffer, capacity, &message, size);
    if (status != HV_IC_OK) {
        return status;
    }
    *awaited_word(host, host->next_id) |= awaited_bit(host->next_id);
    host->next_id++;
    return HV_IC_OK;
}
