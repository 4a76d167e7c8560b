/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The I/O APIC under random lines, accesses, EOIs and refusing local APICs, and under hostile saved
 * states.
 *
 * Input: see device.h; steps of six bytes: opcode, size or pin, and a word. Invariants: entries
 * keep their reserved bits, only level-triggered entries have a remote IRR, no message is of a
 * masked pin or a reserved mode, none comes twice without an EOI, a step sends at most one message
 * a pin, and one restored from what was saved behaves like the one that goes on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/ioapic.h>

#include "device.h"

#define STEP 6u

struct bus {
    struct hv_ioapic *ioapic;
    struct hv_ioapic_message last;
    uint32_t count;
    uint32_t in_step;
    bool busy;
};

static bool send(void *context, const struct hv_ioapic_message *message)
{
    struct bus *bus = context;
    uint64_t entry = bus->ioapic->entries[message->pin];
    CHECK((entry & 0x10000) == 0);
    CHECK(message->delivery_mode != 3 && message->delivery_mode != 6);
    CHECK(!message->level || (message->delivery_mode <= 1 && (entry & 0x4000) == 0));
    CHECK(message->destination <= 0x7FFF);
    CHECK(++bus->in_step <= HV_IOAPIC_PINS);
    if (bus->busy) {
        return false;
    }
    bus->last = *message;
    bus->count++;
    return true;
}

static void check_entries(const struct hv_ioapic *ioapic)
{
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        uint64_t entry = ioapic->entries[pin];
        CHECK((entry & 0x0001FFFFFFFE1000) == 0);
        CHECK((entry & 0x4000) == 0 || (entry & 0x8600) == 0x8000);
    }
    CHECK(((ioapic->lines | ioapic->edges) >> HV_IOAPIC_PINS) == 0);
}

static uint32_t do_step(struct hv_ioapic *ioapic, struct bus *bus, const uint8_t step[STEP])
{
    static const uint16_t offsets[] = { HV_IOAPIC_SELECT, HV_IOAPIC_WINDOW, HV_IOAPIC_WINDOW,
                                        HV_IOAPIC_EOI };
    uint32_t value;
    memcpy(&value, &step[2], sizeof(value));
    bus->in_step = 0;
    switch (step[0] % 8) {
    case 0:
        hv_ioapic_write(ioapic, offsets[step[1] % 4], 4, value);
        return 0;
    case 1:
        hv_ioapic_write(ioapic, value, step[1], value);
        return 0;
    case 2:
        return hv_ioapic_read(ioapic, offsets[step[1] % 4], 4);
    case 3:
        return hv_ioapic_read(ioapic, value, step[1]);
    case 4:
        hv_ioapic_set_line(ioapic, step[1], value % 2 != 0);
        return 0;
    case 5:
        hv_ioapic_eoi(ioapic, step[1]);
        return 0;
    case 6:
        bus->busy = step[1] % 2 != 0;
        hv_ioapic_retry(ioapic);
        return 0;
    default:
        hv_ioapic_reset(ioapic);
        return 0;
    }
}

/* One that went through save and restore, beside one that did not. */
static void run(struct hv_ioapic *ioapic, struct bus *bus, const uint8_t *data, size_t size)
{
    struct hv_ioapic twin;
    struct bus twin_bus = *bus;
    struct hv_ioapic_record record;
    struct hv_ioapic_config config = ioapic->config;
    twin_bus.ioapic = &twin;
    config.backend.context = &twin_bus;
    hv_ioapic_init(&twin, &config);
    hv_ioapic_save(ioapic, &record);
    CHECK(hv_ioapic_restore(&twin, &record, sizeof(record)));
    for (; size >= STEP; data += STEP, size -= STEP) {
        uint32_t value = do_step(ioapic, bus, data);
        CHECK(value == do_step(&twin, &twin_bus, data));
        CHECK(bus->count == twin_bus.count);
        CHECK(bus->last.vector == twin_bus.last.vector && bus->last.pin == twin_bus.last.pin);
        check_entries(ioapic);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    struct hv_ioapic ioapic;
    struct bus bus = { .ioapic = &ioapic };
    if (!device_input(&input, data, size, sizeof(struct hv_ioapic_record))) {
        return 0;
    }
    const struct hv_ioapic_config config = {
        .backend = { &bus, send },
        .idle_lines = (input.flags & 1) != 0 ? UINT32_MAX : 0,
        .eoi_register = (input.flags & 2) != 0,
        .extended_destination = (input.flags & 4) != 0,
        .id = input.flags,
    };
    hv_ioapic_init(&ioapic, &config);
    if (input.record) {
        hv_ioapic_restore(&ioapic, input.record, input.record_size);
    }
    check_entries(&ioapic);
    run(&ioapic, &bus, input.steps, input.size);
    return 0;
}
