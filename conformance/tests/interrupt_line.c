/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "interrupt_line.h"

#include <guest/guest.h>

/* 82093AA I/O APIC, at its usual place. */
#define IOAPIC_SELECT  0xfec00000u
#define IOAPIC_WINDOW  0xfec00010u
#define IOAPIC_VERSION 0x01
#define IOAPIC_ENTRY   0x10 /* the first; two words each */
#define ENTRY_LEVEL    (1u << 15)
#define ENTRY_MASKED   (1u << 16)

/* MC146818 real-time clock, on line 8. */
#define RTC_LINE     8u
#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define RTC_A        0x0a
#define RTC_B        0x0b
#define RTC_C        0x0c
#define RTC_NO_NMI   0x80
#define RTC_FAST     0x06 /* of RTC_A: 1024 Hz */
#define RTC_RATES    0x0f
#define RTC_PERIODIC 0x40 /* of RTC_B */

static bool started;
static uint8_t saved_a, saved_b;

static uint32_t ioapic_read(uint32_t reg)
{
    *(volatile uint32_t *)(uintptr_t)IOAPIC_SELECT = reg;
    return *(volatile uint32_t *)(uintptr_t)IOAPIC_WINDOW;
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)IOAPIC_SELECT = reg;
    *(volatile uint32_t *)(uintptr_t)IOAPIC_WINDOW = value;
}

static uint8_t rtc_read(uint8_t reg)
{
    outb(RTC_INDEX, RTC_NO_NMI | reg);
    return inb(RTC_DATA);
}

static void rtc_write(uint8_t reg, uint8_t value)
{
    outb(RTC_INDEX, RTC_NO_NMI | reg);
    outb(RTC_DATA, value);
}

static bool has_line(void)
{
    uint32_t version = ioapic_read(IOAPIC_VERSION);

    return version != UINT32_MAX && (version >> 16 & 0xff) >= RTC_LINE;
}

bool interrupt_line_start_entry(uint64_t entry)
{
    if (!has_line())
        return false;
    started = true;
    saved_a = rtc_read(RTC_A);
    saved_b = rtc_read(RTC_B);
    ioapic_write(IOAPIC_ENTRY + 2 * RTC_LINE, ENTRY_MASKED);
    ioapic_write(IOAPIC_ENTRY + 2 * RTC_LINE + 1, (uint32_t)(entry >> 32));
    ioapic_write(IOAPIC_ENTRY + 2 * RTC_LINE, (uint32_t)entry);
    rtc_write(RTC_A, (uint8_t)((saved_a & ~RTC_RATES) | RTC_FAST));
    rtc_write(RTC_B, saved_b | RTC_PERIODIC);
    (void)rtc_read(RTC_C);
    return true;
}

bool interrupt_line_start(uint8_t vector)
{
    return interrupt_line_start_entry((uint64_t)apic_id() << 56 | ENTRY_LEVEL | vector);
}

void interrupt_line_stop(void)
{
    if (!started)
        return;
    started = false;
    ioapic_write(IOAPIC_ENTRY + 2 * RTC_LINE, ENTRY_MASKED);
    rtc_write(RTC_B, saved_b);
    rtc_write(RTC_A, saved_a);
    (void)rtc_read(RTC_C);
}
