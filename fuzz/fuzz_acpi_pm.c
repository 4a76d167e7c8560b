/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * ACPI's registers under random accesses and time, and under hostile saved states.
 *
 * Input: see device.h; steps of eight bytes: opcode, port, size, time, value. Invariants: registers
 * keep their reserved bits and SCI_EN, the timer counts what 128-bit arithmetic counts, no
 * interrupt of the timer comes before its deadline or is missing at it, and registers restored from
 * what was saved behave like those that go on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/acpi_pm.h>

#include "device.h"

#define STEP 8u

static void sleep_type(void *context, uint8_t type)
{
    CHECK(type <= HV_ACPI_SLEEP_TYPE_MASK);
    ++*(uint32_t *)context;
}

static void reset(void *context, bool hard)
{
    *(uint32_t *)context += hard ? 0x10000 : 0x1000000;
}

/* What a timer shows that starts from @start ticks after a whole second and goes on for @passed. */
static uint32_t timer_after(const struct hv_acpi_pm *start, uint64_t passed)
{
    unsigned __int128 span = (unsigned __int128)start->fraction + passed;
    uint32_t count = (uint32_t)(start->count + (uint64_t)(span * HV_ACPI_PM_HZ / 10000000));
    return start->config.timer_32_bits ? count : count & 0xFFFFFF;
}

static void check(struct hv_acpi_pm *pm)
{
    uint64_t now = pm->now;
    CHECK((hv_acpi_pm_read(pm, HV_ACPI_PM_EVENT, 4, now) & ~0x05210101u) == 0);
    CHECK((hv_acpi_pm_read(pm, HV_ACPI_PM_CONTROL, 2, now) & ~0x1C02u) == 1);
    CHECK((hv_acpi_pm_read_reset(pm) & ~6) == 0);
    CHECK(pm->fraction < 10000000);
    uint64_t deadline = hv_acpi_pm_deadline(pm);
    CHECK(deadline > now || deadline == HV_ACPI_PM_NO_TIME);
    if (deadline != HV_ACPI_PM_NO_TIME) {
        struct hv_acpi_pm later = *pm;
        hv_acpi_pm_advance(&later, deadline - 1);
        CHECK((later.status & HV_ACPI_PM_TMR) == 0);
        hv_acpi_pm_advance(&later, deadline);
        CHECK((later.status & HV_ACPI_PM_TMR) != 0 && hv_acpi_pm_interrupt(&later));
    }
}

static uint32_t do_step(struct hv_acpi_pm *pm, const uint8_t step[STEP])
{
    uint32_t value;
    memcpy(&value, &step[4], sizeof(value));
    uint64_t span = (uint64_t)step[3] << step[0] / 4;
    uint64_t now = span <= UINT64_MAX - pm->now ? pm->now + span : UINT64_MAX;
    switch (step[0] % 8) {
    case 0:
    case 1:
        hv_acpi_pm_write(pm, step[1], step[2], value, now);
        return 0;
    case 2:
        return hv_acpi_pm_read(pm, step[1], step[2], now);
    case 3:
        hv_acpi_pm_write_reset(pm, (uint8_t)value);
        return hv_acpi_pm_read_reset(pm);
    case 4:
        hv_acpi_pm_press_power_button(pm);
        return hv_acpi_pm_interrupt(pm);
    case 5:
        hv_acpi_pm_advance(pm, hv_acpi_pm_deadline(pm));
        return hv_acpi_pm_read(pm, HV_ACPI_PM_TIMER, 4, pm->now);
    case 6: {
        uint32_t expected = timer_after(pm, now - pm->now);
        CHECK(hv_acpi_pm_read(pm, HV_ACPI_PM_TIMER, 4, now) == expected);
        return expected;
    }
    default:
        hv_acpi_pm_reset(pm, now);
        return 0;
    }
}

/* Registers that went through save and restore, at another time, beside some that did not. */
static void run(struct hv_acpi_pm *pm, const uint8_t *data, size_t size)
{
    uint32_t twin_told = *(uint32_t *)pm->config.backend.context;
    struct hv_acpi_pm twin;
    struct hv_acpi_pm_record record;
    struct hv_acpi_pm_config config = pm->config;
    config.backend.context = &twin_told;
    hv_acpi_pm_init(&twin, &config, pm->now);
    hv_acpi_pm_save(pm, pm->now, &record);
    CHECK(hv_acpi_pm_restore(&twin, &record, sizeof(record), pm->now));
    for (; size >= STEP; data += STEP, size -= STEP) {
        CHECK(do_step(pm, data) == do_step(&twin, data));
        CHECK(*(uint32_t *)pm->config.backend.context == twin_told);
        CHECK(hv_acpi_pm_deadline(pm) == hv_acpi_pm_deadline(&twin));
        check(pm);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    struct hv_acpi_pm pm;
    uint32_t told = 0;
    if (!device_input(&input, data, size, sizeof(struct hv_acpi_pm_record))) {
        return 0;
    }
    const struct hv_acpi_pm_config config = { .backend = { &told, sleep_type, reset },
                                              .timer_32_bits = (input.flags & 1) != 0 };
    hv_acpi_pm_init(&pm, &config, (input.flags & 2) != 0 ? UINT64_MAX - 100000000 : 0);
    if (input.record) {
        hv_acpi_pm_restore(&pm, input.record, input.record_size, pm.now);
    }
    run(&pm, input.steps, input.size);
    return 0;
}
