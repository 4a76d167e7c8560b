/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ic.h>

#include "negotiate.h"

#define REQUEST   (IC_FLAG_TRANSACTION | IC_FLAG_REQUEST)
#define RESPONSE  (IC_FLAG_TRANSACTION | IC_FLAG_RESPONSE)
#define DIRECTION (IC_FLAG_TRANSACTION | IC_FLAG_REQUEST | IC_FLAG_RESPONSE)

void hv_ic_guest_init(struct hv_ic_guest *guest, const struct hv_ic_service *service)
{
    *guest = (struct hv_ic_guest){ .service = service };
}

enum hv_ic_status hv_ic_guest_respond(const struct hv_ic_message *request, uint32_t status,
                                      const void *body, size_t body_size, void *buffer,
                                      size_t capacity, size_t *size)
{
    struct hv_ic_message response = *request;
    response.status = status;
    response.flags = RESPONSE;
    response.body = body;
    response.body_size = body_size;
    return hv_ic_build(buffer, capacity, &response, size);
}

static enum hv_ic_status answer(struct hv_ic_guest *guest, const struct hv_ic_message *request,
                                void *reply, size_t capacity, size_t *reply_size)
{
    const struct hv_ic_service *service = guest->service;
    struct hv_ic_offer offer;
    struct ic_version framework = { 0, 0 };
    struct ic_version version = { 0, 0 };
    uint8_t body[HV_IC_OFFER_MAX_SIZE];
    if (!hv_ic_offer_parse(request, &offer)) {
        return HV_IC_MALFORMED;
    }
    bool common = hv_ic_version_choose(service->frameworks, service->framework_count,
                                       offer.frameworks, offer.framework_count, &framework) &&
                  hv_ic_version_choose(service->messages, service->message_count, offer.messages,
                                       offer.message_count, &version);
    uint16_t count = common ? 1 : 0;
    size_t body_size = hv_ic_offer_build(body, &framework, count, &version, count);
    enum hv_ic_status status = hv_ic_guest_respond(request, IC_STATUS_SUCCESS, body, body_size,
                                                   reply, capacity, reply_size);
    if (status != HV_IC_OK) {
        return status;
    }
    guest->negotiated = common;
    if (!common) {
        return HV_IC_UNSUPPORTED;
    }
    guest->framework_version = framework;
    guest->message_version = version;
    return HV_IC_REPLY;
}

enum hv_ic_status hv_ic_guest_receive(struct hv_ic_guest *guest, const void *packet, size_t size,
                                      void *reply, size_t capacity, size_t *reply_size,
                                      struct hv_ic_message *message)
{
    if (hv_ic_parse(packet, size, message) != HV_IC_OK) {
        return HV_IC_MALFORMED;
    }
    if ((message->flags & DIRECTION) != REQUEST) {
        return HV_IC_IGNORED;
    }
    if (message->type == IC_TYPE_NEGOTIATE) {
        return answer(guest, message, reply, capacity, reply_size);
    }
    return guest->negotiated && message->type == guest->service->type ? HV_IC_MESSAGE
                                                                      : HV_IC_IGNORED;
}
