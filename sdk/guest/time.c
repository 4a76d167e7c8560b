/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The PIT, and delays by the TSC.
 */
#include "private.h"

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_MODE0_2  0xb0 /* channel 2, low then high byte, interrupt on terminal count */
#define PIT_LATCH_2  0x80
#define PORT61       0x61
#define PORT61_GATE  0x01
#define PORT61_SOUND 0x02

static uint64_t hz;
static enum tsc_source source;

static uint16_t pit_read(void)
{
    uint16_t low;

    outb(PIT_COMMAND, PIT_LATCH_2);
    low = inb(PIT_CHANNEL2);
    return (uint16_t)(low | (unsigned int)inb(PIT_CHANNEL2) << 8);
}

void pit_start(void)
{
    outb(PORT61, (uint8_t)((inb(PORT61) & ~PORT61_SOUND) | PORT61_GATE));
    outb(PIT_COMMAND, PIT_MODE0_2);
    outb(PIT_CHANNEL2, 0xff);
    outb(PIT_CHANNEL2, 0xff);
}

uint16_t pit_elapsed(void)
{
    return (uint16_t)(0xffffu - pit_read());
}

bool pit_present(void)
{
    uint16_t first;

    pit_start();
    first = pit_elapsed();
    for (unsigned int i = 0; i < 1000; i++) {
        if (pit_elapsed() != first)
            return true;
    }
    return false;
}

void pit_delay(uint64_t us)
{
    uint64_t ticks = us / 1000000 * PIT_HZ + us % 1000000 * PIT_HZ / 1000000 + 1, done = 0;
    uint16_t last = 0;

    if (!pit_present())
        return;
    pit_start();
    while (done < ticks) {
        uint16_t now = pit_elapsed();

        done += (uint16_t)(now - last);
        last = now;
        cpu_pause();
    }
}

uint64_t tsc_hz(void)
{
    if (hz == 0)
        hz = calibrate_tsc(&source);
    return hz;
}

enum tsc_source tsc_source(void)
{
    tsc_hz();
    return source;
}

void tsc_set_hz(uint64_t value)
{
    source = TSC_FROM_CALLER;
    hz = value;
}

/* value * mul / div without overflow in between; the result must fit. */
static uint64_t scale(uint64_t value, uint64_t mul, uint64_t div)
{
    uint64_t high, low, rest;

    __asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(value), "r"(mul) : "cc");
    if (high >= div)
        return UINT64_MAX;
    __asm__("divq %4" : "=a"(low), "=d"(rest) : "0"(low), "1"(high), "r"(div) : "cc");
    return low;
}

uint64_t tsc_to_us(uint64_t ticks)
{
    return scale(ticks, 1000000, tsc_hz());
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return scale(ticks, 1000000000, tsc_hz());
}

uint64_t tsc_from_us(uint64_t us)
{
    return scale(us, tsc_hz(), 1000000);
}

void udelay(uint64_t us)
{
    uint64_t ticks = tsc_from_us(us), start = rdtsc();

    while (rdtsc() - start < ticks)
        cpu_pause();
}

void mdelay(uint64_t ms)
{
    udelay(ms * 1000);
}

bool wait_until_equal(const volatile uint32_t *word, uint32_t value, uint64_t us)
{
    uint64_t ticks = tsc_from_us(us), start = rdtsc();

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
        if (rdtsc() - start >= ticks)
            return false;
        cpu_pause();
    }
    return true;
}
