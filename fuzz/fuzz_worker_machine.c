/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A whole machine under any accesses to its ports and memory, any time and any end of interrupt:
 * the lines of a device never keep it busy for ever, no deadline lies in the past, and what has
 * ended stays ended.
 *
 * Input: steps of six bytes: kind, address (two bytes; memory in pages of 256 bytes from the I/O
 * APIC on), value (two bytes), time.
 */
#include <stdlib.h>
#include <string.h>

#include <worker/machine.h>
#include <worker/report.h>

#include "fake_vid.h"
#include "fuzz.h"

#define MOST_INTERRUPTS 64u /* of one step: all pins, and as many again by an EOI */

static struct worker_machine machine;
static struct fake_vid fake;
static unsigned input_left;

static void put(void *context, uint8_t character)
{
    (void)context;
    (void)character;
}

static bool get(void *context, uint8_t *character)
{
    (void)context;
    *character = (uint8_t)input_left;
    return input_left > 0 && input_left-- > 0;
}

static void check_line(void *context, const char *text)
{
    (void)context;
    CHECK(strlen(text) < WORKER_REPORT_LINE);
}

static void access(uint8_t kind, uint16_t address, uint16_t value)
{
    uint8_t data[8] = { (uint8_t)value, (uint8_t)(value >> 8), 0, (uint8_t)value };
    struct worker_intercept intercept = {
        .kind = WORKER_INTERCEPT_ACCESS,
        .access = { .data = data,
                    .count = 1,
                    .size = (uint8_t)(1u << (kind >> 2 & 3)),
                    .is_port = (kind & 1) != 0,
                    .is_write = (kind & 2) != 0 },
    };

    intercept.access.address = kind & 1 ? address : HV_IOAPIC_DEFAULT_ADDRESS + address % 0x2000;
    worker_machine_intercept(&machine, &intercept, fake.now);
}

static void end_interrupt(uint16_t vector)
{
    struct worker_intercept intercept = { .kind = WORKER_INTERCEPT_MESSAGE };
    struct hv_x64_apic_eoi_message message = { 0, vector };

    intercept.message.header.message_type = HvMessageTypeX64ApicEoi;
    intercept.message.header.payload_size = sizeof(message);
    memcpy(intercept.message.payload, &message, sizeof(message));
    worker_machine_intercept(&machine, &intercept, fake.now);
}

static void advance(void)
{
    worker_machine_advance(&machine, fake.now);
    CHECK(worker_machine_deadline(&machine) > fake.now);
}

static void do_step(const uint8_t step[6])
{
    uint16_t address = (uint16_t)(step[1] | step[2] << 8),
             value = (uint16_t)(step[3] | step[4] << 8);
    uint64_t deadline;

    fake.now += (uint64_t)step[5] * step[5];
    switch (step[0] >> 4) {
    case 0:
        end_interrupt(value);
        return;
    case 1:
        worker_machine_press_power_button(&machine, fake.now);
        return;
    case 2:
        input_left += step[3];
        advance();
        return;
    case 3:
        deadline = worker_machine_deadline(&machine);
        if (deadline != WORKER_NO_TIME && deadline > fake.now)
            fake.now = deadline;
        advance();
        return;
    case 4:
        fake.refusal = step[3] & 1 ? HV_STATUS_INVALID_VP_STATE : HV_STATUS_SUCCESS;
        return;
    default:
        access(step[0], address, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct worker_report_sink sink = { NULL, check_line };
    static const uint32_t apic_ids[] = { 0, 1 };
    static uint8_t *ram;
    struct worker_machine_config config = { .vid = &fake.vid,
                                            .ram_size = WORKER_LEAST_RAM,
                                            .vp_count = 2,
                                            .apic_ids = apic_ids,
                                            .console = { { NULL, put, get } } };

    if (!ram)
        ram = aligned_alloc(HV_PAGE_SIZE, WORKER_LEAST_RAM);
    config.ram = ram;
    input_left = 0;
    fake_vid_init(&fake);
    CHECK(worker_machine_init(&machine, &config) == HV_STATUS_SUCCESS);
    for (; size >= 6; data += 6, size -= 6) {
        enum worker_machine_state before = machine.state;
        uint32_t interrupts = fake.interrupt_count;

        do_step(data);
        CHECK(before == WORKER_MACHINE_RUNS || machine.state == before);
        CHECK(fake.interrupt_count - interrupts <= MOST_INTERRUPTS);
    }
    fake.refusal = HV_STATUS_SUCCESS;
    worker_report(&machine, 0, &sink);
    return 0;
}
