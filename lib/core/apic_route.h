/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Who receives what a local APIC, or a device, sends. */
#ifndef HV_CORE_APIC_ROUTE_H
#define HV_CORE_APIC_ROUTE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/status.h>

#include "apic.h"
#include "lock.h"

struct hv_partition;
struct hv_vp;

/* APIC IDs that a VP can have: 0 to HV_APIC_MAX_IDS - 1. */
#define HV_APIC_MAX_IDS 2048

/* VP indexes are kept plus 1; 0 means none. */
struct hv_apic_routes {
    struct hv_apic_clock clock;
    _Atomic uint16_t *by_id; /* one page, by APIC ID */
    uint64_t by_id_page;
    struct hv_lock lock;      /* one rebuilds the three below at a time; readers need none */
    _Atomic uint32_t version; /* of the three below; odd while they are rebuilt */
    _Atomic uint16_t flat[8];
    _Atomic uint16_t cluster[16][4];
    _Atomic bool shared; /* several VPs have one logical ID: the two above don't tell all */
};

/* A destination as a sender names it. */
struct hv_apic_destination {
    uint32_t value;
    bool logical;
    bool wide; /* 32 bits (x2APIC), else 8 */
};

hv_status hv_apic_routes_init(struct hv_partition *partition);

/* Gives the page back, if there is one. */
void hv_apic_routes_destroy(struct hv_partition *partition);

/* Makes the APIC of a VP, which is in the table of VPs, be found by its ID; that is nobody else's.
 */
void hv_apic_attach(struct hv_vp *vp);

/* Takes the APIC of a VP, which is in the table of VPs no more, out of all routes. */
void hv_apic_detach(struct hv_vp *vp);

/* To be called when a logical ID or a mode has changed. */
void hv_apic_routes_update(struct hv_partition *partition);

/* The VP of a physical APIC ID, or NULL. */
struct hv_vp *hv_apic_find(const struct hv_partition *partition, uint32_t id);

/* Sets the bit of each VP that the destination names, by VP index, in words of 64. */
void hv_apic_find_targets(const struct hv_partition *partition,
                          const struct hv_apic_destination *destination, uint64_t *words);

/* What a device names: all VPs are in the mode of the first, as far as it can know. */
struct hv_apic_destination hv_apic_device_destination(const struct hv_partition *partition,
                                                      uint32_t value, bool logical);

/*
 * Asserts an interrupt as a device does, by its delivery mode: fixed, lowest priority, NMI, INIT or
 * start-up. On any LP.
 */
void hv_apic_assert(const struct hv_partition *partition,
                    const struct hv_apic_destination *destination, uint8_t mode, uint8_t vector,
                    bool level);

/*
 * Withdraws what was asserted so by level and not yet taken by its VP, whatever the vector (TLFS
 * v6.0b, 10.3). On any LP.
 */
void hv_apic_withdraw(const struct hv_partition *partition,
                      const struct hv_apic_destination *destination);

/* Sends what from's interrupt command register says; on the LP that owns from. */
void hv_apic_send(struct hv_vp *from, uint64_t command);

#endif
