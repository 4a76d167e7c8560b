/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Packets of a hostile peer, on both sides of an IC channel.
 *
 * Input: one byte that selects the service and the side's state, then a packet. Invariants: a
 * message lies within its packet; what was parsed is built again as the same message; a host
 * is ready only with versions that it offered; a guest's answer is one that a host takes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/ic.h>

#include "fuzz.h"

static const struct hv_ic_service *const services[] = { &hv_ic_heartbeat, &hv_ic_shutdown,
                                                        &hv_ic_timesync,  &hv_ic_kvp,
                                                        &hv_ic_vss,       &hv_ic_file_copy };

static uint8_t buffer[HV_IC_MAX_PACKET_SIZE];

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_message(const struct hv_ic_message *message, const uint8_t *packet, size_t size)
{
    struct hv_ic_message again;
    size_t built = 0;
    require(message->body >= packet + HV_IC_HEADER_SIZE);
    require(message->body_size <= (size_t)(packet + size - message->body));
    require(hv_ic_build(buffer, sizeof(buffer), message, &built) == HV_IC_OK);
    require(built == HV_IC_HEADER_SIZE + message->body_size);
    require(hv_ic_parse(buffer, built, &again) == HV_IC_OK);
    require(again.type == message->type && again.flags == message->flags &&
            again.status == message->status && again.transaction_id == message->transaction_id &&
            again.body_size == message->body_size &&
            memcmp(again.body, message->body, again.body_size) == 0);
}

static bool lists(const struct ic_version *list, uint16_t count, struct ic_version version)
{
    for (uint16_t i = 0; i < count; i++) {
        if (list[i].major == version.major && list[i].minor == version.minor) {
            return true;
        }
    }
    return false;
}

static void check_host(const struct hv_ic_service *service, const uint8_t *packet, size_t size,
                       unsigned requests)
{
    struct hv_ic_host host;
    struct hv_ic_message message;
    size_t built;
    hv_ic_host_init(&host, service);
    require(hv_ic_host_receive(&host, packet, size, &message) == HV_IC_NOT_READY);
    require(hv_ic_host_negotiate(&host, buffer, sizeof(buffer), &built) == HV_IC_OK);
    enum hv_ic_status status = hv_ic_host_receive(&host, packet, size, &message);
    require((status == HV_IC_NEGOTIATED) == (host.state == HV_IC_HOST_READY));
    if (status == HV_IC_NEGOTIATED) {
        require(lists(service->frameworks, service->framework_count, host.framework_version));
        require(lists(service->messages, service->message_count, host.message_version));
    }
    host.state = HV_IC_HOST_READY;
    for (unsigned i = 0; i < requests; i++) {
        hv_ic_host_request(&host, packet, size < 64 ? size : 64, buffer, sizeof(buffer), &built);
    }
    status = hv_ic_host_receive(&host, packet, size, &message);
    if (status == HV_IC_MESSAGE) {
        check_message(&message, packet, size);
        /* The same response a second time is a response to nothing. */
        require(hv_ic_host_receive(&host, packet, size, &message) == HV_IC_IGNORED);
    }
    require((status == HV_IC_MALFORMED) == (host.state == HV_IC_HOST_STOPPED));
}

static void check_guest(const struct hv_ic_service *service, const uint8_t *packet, size_t size)
{
    struct hv_ic_guest guest;
    struct hv_ic_message message;
    static uint8_t reply[HV_IC_MAX_PACKET_SIZE];
    size_t reply_size = 0;
    hv_ic_guest_init(&guest, service);
    enum hv_ic_status status =
        hv_ic_guest_receive(&guest, packet, size, reply, sizeof(reply), &reply_size, &message);
    require(guest.negotiated == (status == HV_IC_REPLY));
    if (status == HV_IC_REPLY || status == HV_IC_UNSUPPORTED) {
        struct hv_ic_host host = { .service = service,
                                   .state = HV_IC_HOST_NEGOTIATING,
                                   .negotiate_id = message.transaction_id };
        enum hv_ic_status expected = guest.negotiated ? HV_IC_NEGOTIATED : HV_IC_UNSUPPORTED;
        require(hv_ic_host_receive(&host, reply, reply_size, &message) == expected);
    }
    guest.negotiated = true;
    status = hv_ic_guest_receive(&guest, packet, size, reply, sizeof(reply), &reply_size, &message);
    if (status == HV_IC_MESSAGE) {
        check_message(&message, packet, size);
        require(message.type == service->type);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct hv_ic_service *service =
        services[data[0] % (sizeof(services) / sizeof(*services))];
    /* A copy of its own size, so that the address sanitizer sees a read past its end. */
    uint8_t *packet = malloc(size - 1 + (size == 1));
    require(packet != NULL);
    memcpy(packet, data + 1, size - 1);
    check_host(service, packet, size - 1, data[0] / 16u);
    check_guest(service, packet, size - 1);
    free(packet);
    return 0;
}
