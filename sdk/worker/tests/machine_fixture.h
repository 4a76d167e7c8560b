/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A machine of two VPs with 2 MiB of RAM on the fake host, and a console that is two arrays. */
#ifndef WORKER_MACHINE_FIXTURE_H
#define WORKER_MACHINE_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include <worker/machine.h>

#include "messages.h"

#define MACHINE_VPS 2u

struct machine_fixture {
    struct fake_vid fake;
    struct worker_machine machine;
    struct worker_machine_config config;
    uint8_t *ram;
    char printed[256];
    uint32_t printed_count;
    const char *typed; /* what is still to be read */
};

static inline void fixture_put(void *context, uint8_t character)
{
    struct machine_fixture *fixture = context;

    if (fixture->printed_count + 1 < sizeof(fixture->printed))
        fixture->printed[fixture->printed_count++] = (char)character;
}

static inline bool fixture_get(void *context, uint8_t *character)
{
    struct machine_fixture *fixture = context;

    if (!fixture->typed || !*fixture->typed)
        return false;
    *character = (uint8_t)*fixture->typed++;
    return true;
}

static inline void machine_fixture_init(struct machine_fixture *fixture)
{
    static const uint32_t apic_ids[MACHINE_VPS] = { 0, 1 };

    memset(fixture, 0, sizeof(*fixture));
    fake_vid_init(&fixture->fake);
    fixture->ram = aligned_alloc(HV_PAGE_SIZE, WORKER_LEAST_RAM);
    if (!fixture->ram)
        abort();
    memset(fixture->ram, 0, WORKER_LEAST_RAM);
    fixture->config = (struct worker_machine_config){
        .vid = &fixture->fake.vid,
        .ram = fixture->ram,
        .ram_size = WORKER_LEAST_RAM,
        .vp_count = MACHINE_VPS,
        .apic_ids = apic_ids,
        .unix_time = INT64_C(1767225599) * 10000000, /* 2025-12-31 23:59:59 */
        .console = { { fixture, fixture_put, fixture_get } },
    };
}

static inline void machine_fixture_free(struct machine_fixture *fixture)
{
    free(fixture->ram);
}

/* One access, as a host that has taken it out of the instruction tells it. */
static inline enum worker_machine_state machine_access(struct machine_fixture *fixture,
                                                       bool is_port, bool is_write,
                                                       uint64_t address, unsigned size, void *data)
{
    struct worker_intercept intercept = { .kind = WORKER_INTERCEPT_ACCESS,
                                          .access = { .address = address,
                                                      .data = data,
                                                      .count = 1,
                                                      .size = (uint8_t)size,
                                                      .is_port = is_port,
                                                      .is_write = is_write } };

    return worker_machine_intercept(&fixture->machine, &intercept, fixture->fake.now);
}

static inline enum worker_machine_state machine_out(struct machine_fixture *fixture, uint16_t port,
                                                    unsigned size, uint32_t value)
{
    return machine_access(fixture, true, true, port, size, &value);
}

static inline uint32_t machine_in(struct machine_fixture *fixture, uint16_t port, unsigned size)
{
    uint32_t value = 0;

    machine_access(fixture, true, false, port, size, &value);
    return value;
}

static inline void machine_store(struct machine_fixture *fixture, uint64_t gpa, uint32_t value)
{
    machine_access(fixture, false, true, gpa, 4, &value);
}

static inline uint32_t machine_load(struct machine_fixture *fixture, uint64_t gpa)
{
    uint32_t value = 0;

    machine_access(fixture, false, false, gpa, 4, &value);
    return value;
}

static inline enum worker_machine_state
machine_message(struct machine_fixture *fixture, uint32_t type, const void *payload, uint8_t size)
{
    struct worker_intercept intercept = { .kind = WORKER_INTERCEPT_MESSAGE, .vp_index = VP };

    intercept.message.header.message_type = type;
    intercept.message.header.payload_size = size;
    memcpy(intercept.message.payload, payload, size);
    return worker_machine_intercept(&fixture->machine, &intercept, fixture->fake.now);
}

/* Lets a pin of the I/O APIC interrupt VP 0. */
static inline void machine_unmask(struct machine_fixture *fixture, unsigned pin, uint32_t low)
{
    machine_store(fixture, HV_IOAPIC_DEFAULT_ADDRESS, HV_IOAPIC_TABLE + 2 * pin + 1);
    machine_store(fixture, HV_IOAPIC_DEFAULT_ADDRESS + HV_IOAPIC_WINDOW, 0);
    machine_store(fixture, HV_IOAPIC_DEFAULT_ADDRESS, HV_IOAPIC_TABLE + 2 * pin);
    machine_store(fixture, HV_IOAPIC_DEFAULT_ADDRESS + HV_IOAPIC_WINDOW, low);
}

static inline const struct worker_interrupt *last_interrupt(const struct machine_fixture *fixture)
{
    return &fixture->fake.interrupts[(fixture->fake.interrupt_count - 1) % FAKE_INTERRUPTS];
}

#endif
