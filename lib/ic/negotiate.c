/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ic.h>

#include "mem.h"
#include "negotiate.h"

bool hv_ic_offer_parse(const struct hv_ic_message *message, struct hv_ic_offer *offer)
{
    struct ic_negotiate head;
    if (message->body_size < sizeof(head)) {
        return false;
    }
    memcpy(&head, message->body, sizeof(head));
    size_t versions = (size_t)head.framework_count + head.message_count;
    if (versions > (message->body_size - sizeof(head)) / sizeof(struct ic_version)) {
        return false;
    }
    offer->frameworks = message->body + sizeof(head);
    offer->framework_count = head.framework_count;
    offer->messages = offer->frameworks + head.framework_count * sizeof(struct ic_version);
    offer->message_count = head.message_count;
    return true;
}

size_t hv_ic_offer_build(uint8_t body[HV_IC_OFFER_MAX_SIZE], const struct ic_version *frameworks,
                         uint16_t framework_count, const struct ic_version *messages,
                         uint16_t message_count)
{
    struct ic_negotiate head = { .framework_count = framework_count,
                                 .message_count = message_count };
    size_t framework_bytes = framework_count * sizeof(struct ic_version);
    size_t message_bytes = message_count * sizeof(struct ic_version);
    memcpy(body, &head, sizeof(head));
    memcpy(body + sizeof(head), frameworks, framework_bytes);
    memcpy(body + sizeof(head) + framework_bytes, messages, message_bytes);
    return sizeof(head) + framework_bytes + message_bytes;
}

struct ic_version hv_ic_version_at(const uint8_t *list, size_t index)
{
    struct ic_version version;
    memcpy(&version, list + index * sizeof(version), sizeof(version));
    return version;
}

static uint32_t rank(struct ic_version version)
{
    return (uint32_t)version.major << 16 | version.minor;
}

bool hv_ic_version_equal(struct ic_version left, struct ic_version right)
{
    return rank(left) == rank(right);
}

bool hv_ic_version_choose(const struct ic_version *ours, uint16_t our_count, const uint8_t *theirs,
                          uint16_t their_count, struct ic_version *chosen)
{
    bool found = false;
    for (uint16_t i = 0; i < their_count; i++) {
        struct ic_version version = hv_ic_version_at(theirs, i);
        for (uint16_t j = 0; j < our_count; j++) {
            if (hv_ic_version_equal(ours[j], version) &&
                (!found || rank(version) > rank(*chosen))) {
                *chosen = version;
                found = true;
            }
        }
    }
    return found;
}
