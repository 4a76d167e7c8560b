/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The ACPI registers as time goes on: the timer, events, sleep and reset. */
#include <stdbool.h>
#include <stdint.h>

#include <hv/acpi_pm.h>

#include "acpi_pm.h"

#define NO_REGISTER 0xFFFFu

/* ---- Timer ---- */

/*
 * Ticks in a part of a second. Whole seconds are whole numbers of ticks, and are counted apart, so
 * nothing is ever rounded twice.
 */
static uint32_t ticks(uint64_t fraction)
{
    return (uint32_t)(fraction * HV_ACPI_PM_HZ / ACPI_PM_TIME_UNITS_A_SECOND);
}

/* With the carry that it has over the 32 bits of the last whole second. */
static uint64_t timer_count(const struct hv_acpi_pm *pm)
{
    return (uint64_t)pm->count + ticks(pm->fraction);
}

/* "TMR_STS": the highest bit changes each time that this many ticks have passed. */
static uint64_t half_period(const struct hv_acpi_pm *pm)
{
    return UINT64_C(1) << (pm->config.timer_32_bits ? 31 : 23);
}

void hv_acpi_pm_advance(struct hv_acpi_pm *pm, uint64_t now)
{
    if (now <= pm->now) {
        return;
    }
    uint64_t passed = now - pm->now;
    uint64_t fraction = pm->fraction + passed % ACPI_PM_TIME_UNITS_A_SECOND;
    uint64_t seconds =
        passed / ACPI_PM_TIME_UNITS_A_SECOND + fraction / ACPI_PM_TIME_UNITS_A_SECOND;
    uint64_t count = pm->count + seconds * HV_ACPI_PM_HZ;
    fraction %= ACPI_PM_TIME_UNITS_A_SECOND;
    if ((count + ticks(fraction)) / half_period(pm) != timer_count(pm) / half_period(pm)) {
        pm->status |= HV_ACPI_PM_TMR;
    }
    pm->count = (uint32_t)count;
    pm->fraction = (uint32_t)fraction;
    pm->now = now;
}

uint64_t hv_acpi_pm_deadline(const struct hv_acpi_pm *pm)
{
    if ((pm->enable & HV_ACPI_PM_TMR) == 0 || (pm->status & HV_ACPI_PM_TMR) != 0) {
        return HV_ACPI_PM_NO_TIME;
    }
    uint64_t half = half_period(pm);
    uint64_t due = (timer_count(pm) / half + 1) * half - pm->count;
    /* The first moment at which that many ticks have passed since the last whole second. */
    uint64_t span = (due * ACPI_PM_TIME_UNITS_A_SECOND + HV_ACPI_PM_HZ - 1) / HV_ACPI_PM_HZ;
    uint64_t left = span - pm->fraction;
    return left < HV_ACPI_PM_NO_TIME - pm->now ? pm->now + left : HV_ACPI_PM_NO_TIME;
}

static uint32_t read_timer(const struct hv_acpi_pm *pm)
{
    uint32_t count = (uint32_t)timer_count(pm);
    return pm->config.timer_32_bits ? count : count & 0xFFFFFF;
}

/* ---- Events and sleep ---- */

bool hv_acpi_pm_interrupt(const struct hv_acpi_pm *pm)
{
    return (pm->status & pm->enable) != 0;
}

void hv_acpi_pm_press_power_button(struct hv_acpi_pm *pm)
{
    pm->status |= HV_ACPI_PM_PWRBTN;
}

/* "PM1 Control Registers": SLP_EN is write only, and GBL_RLS has no one to tell. */
static void write_control(struct hv_acpi_pm *pm, uint16_t mask, uint16_t bits)
{
    mask &= PM1_CNT_KEPT;
    pm->control = (uint16_t)((pm->control & ~mask) | (bits & mask));
    if ((bits & PM1_CNT_SLP_EN) != 0) {
        uint8_t type = (uint8_t)((pm->control & PM1_CNT_SLP_TYP) >> PM1_CNT_SLP_TYP_SHIFT);
        pm->config.backend.sleep(pm->config.backend.context, type);
    }
}

/* ---- Register blocks ---- */

static uint16_t read_half(const struct hv_acpi_pm *pm, unsigned offset)
{
    switch (offset) {
    case HV_ACPI_PM_EVENT:
        return pm->status;
    case HV_ACPI_PM_EVENT + 2:
        return pm->enable;
    case HV_ACPI_PM_CONTROL:
        return pm->control | PM1_CNT_SCI_EN;
    case HV_ACPI_PM_TIMER:
        return (uint16_t)read_timer(pm);
    case HV_ACPI_PM_TIMER + 2:
        return (uint16_t)(read_timer(pm) >> 16);
    default:
        return NO_REGISTER;
    }
}

static void write_byte(struct hv_acpi_pm *pm, unsigned offset, uint8_t value)
{
    unsigned shift = offset % 2 * 8;
    uint16_t mask = (uint16_t)(0xFF << shift);
    uint16_t bits = (uint16_t)(value << shift);
    switch (offset - offset % 2) {
    case HV_ACPI_PM_EVENT:
        pm->status &= (uint16_t)~bits;
        return;
    case HV_ACPI_PM_EVENT + 2:
        pm->enable = (uint16_t)((pm->enable & ~mask) | (bits & PM1_EVENTS));
        return;
    case HV_ACPI_PM_CONTROL:
        write_control(pm, mask, bits);
        return;
    default:
        return;
    }
}

static bool is_access(unsigned offset, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && offset < HV_ACPI_PM_PORTS &&
           size <= HV_ACPI_PM_PORTS - offset;
}

uint32_t hv_acpi_pm_read(struct hv_acpi_pm *pm, unsigned offset, unsigned size, uint64_t now)
{
    hv_acpi_pm_advance(pm, now);
    if (!is_access(offset, size)) {
        return UINT32_MAX;
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        unsigned port = offset + i;
        uint8_t byte = (uint8_t)(read_half(pm, port - port % 2) >> port % 2 * 8);
        value |= (uint32_t)byte << i * 8;
    }
    return value;
}

void hv_acpi_pm_write(struct hv_acpi_pm *pm, unsigned offset, unsigned size, uint32_t value,
                      uint64_t now)
{
    hv_acpi_pm_advance(pm, now);
    for (unsigned i = 0; is_access(offset, size) && i < size; i++) {
        write_byte(pm, offset + i, (uint8_t)(value >> i * 8));
    }
}

/* ---- Reset ---- */

uint8_t hv_acpi_pm_read_reset(const struct hv_acpi_pm *pm)
{
    return pm->reset_control;
}

void hv_acpi_pm_write_reset(struct hv_acpi_pm *pm, uint8_t value)
{
    bool rises = (value & ~pm->reset_control & RESET_CPU) != 0;
    pm->reset_control = value & RESET_KEPT;
    if (rises) {
        pm->config.backend.reset(pm->config.backend.context, (value & RESET_HARD) != 0);
    }
}

void hv_acpi_pm_init(struct hv_acpi_pm *pm, const struct hv_acpi_pm_config *config, uint64_t now)
{
    *pm = (struct hv_acpi_pm){ .config = *config, .now = now };
}

void hv_acpi_pm_reset(struct hv_acpi_pm *pm, uint64_t now)
{
    struct hv_acpi_pm_config config = pm->config;
    hv_acpi_pm_init(pm, &config, now > pm->now ? now : pm->now);
}
