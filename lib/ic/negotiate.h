/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The body of a negotiate message. */
#ifndef HV_IC_NEGOTIATE_H
#define HV_IC_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/ic.h>

/* Version lists in wire form: pointers into a body, any alignment. */
struct hv_ic_offer {
    const uint8_t *frameworks;
    uint16_t framework_count;
    const uint8_t *messages;
    uint16_t message_count;
};

#define HV_IC_OFFER_MAX_SIZE \
    (sizeof(struct ic_negotiate) + 2 * HV_IC_MAX_VERSIONS * sizeof(struct ic_version))

/* False when the body is too short for the counts in it. */
bool hv_ic_offer_parse(const struct hv_ic_message *message, struct hv_ic_offer *offer);

/* Builds a body; each count is at most HV_IC_MAX_VERSIONS. Returns its size. */
size_t hv_ic_offer_build(uint8_t body[HV_IC_OFFER_MAX_SIZE], const struct ic_version *frameworks,
                         uint16_t framework_count, const struct ic_version *messages,
                         uint16_t message_count);

struct ic_version hv_ic_version_at(const uint8_t *list, size_t index);

bool hv_ic_version_equal(struct ic_version left, struct ic_version right);

/* The highest version that both lists hold; false if there is none. */
bool hv_ic_version_choose(const struct ic_version *ours, uint16_t our_count, const uint8_t *theirs,
                          uint16_t their_count, struct ic_version *chosen);

#endif
