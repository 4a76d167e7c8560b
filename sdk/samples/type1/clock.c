/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "clock.h"

#include "apic.h"
#include "console.h"
#include "cpu.h"

#define PIT_HZ         1193182
#define PIT_COMMAND    0x43
#define PIT_CHANNEL_2  0x42
#define PIT_ONE_SHOT   0xB0 /* channel 2, both bytes, mode 0, binary */
#define PORT_B         0x61
#define PORT_B_GATE    0x01
#define PORT_B_SPEAKER 0x02
#define PORT_B_OUT     0x20
#define WINDOW_TICKS   (PIT_HZ / 200)
#define MAX_WINDOWS    60
#define ENOUGH         3
#define CLOSE          2000 /* differing by no more than that part */
#define PATIENCE       100000000u
#define RATIO_SHIFT    32

static uint64_t tsc_hz, apic_hz;
static uint64_t ticks_per_tsc; /* of the APIC; 32.32 */

struct window {
    uint64_t tsc;
    uint32_t apic;
};

/* What passes in one PIT window; false if the PIT does not answer. */
static bool measure(struct window *window)
{
    uint64_t start = rdtsc();
    uint32_t count = apic_read(APIC_CURRENT_COUNT);
    unsigned patience = PATIENCE;

    outb(PIT_CHANNEL_2, WINDOW_TICKS & 0xFF);
    outb(PIT_CHANNEL_2, WINDOW_TICKS >> 8);
    while (!(inb(PORT_B) & PORT_B_OUT))
        if (--patience == 0)
            return false;
    window->tsc = rdtsc() - start;
    window->apic = count - apic_read(APIC_CURRENT_COUNT);
    return true;
}

static struct window measure_again(void)
{
    struct window window;

    outb(PIT_COMMAND, PIT_ONE_SHOT);
    if (!measure(&window))
        boot_fail("neither CPUID nor the PIT tells the TSC frequency; enable the 8254 timer");
    return window;
}

static bool is_close(uint64_t ticks, uint64_t least)
{
    return ticks - least <= least / CLOSE;
}

/*
 * Whatever disturbs a measurement makes it longer, so that the shortest is the best: believed as
 * soon as some others are as short. On a host that many share most may be disturbed.
 */
static void measure_best(void)
{
    struct window windows[MAX_WINDOWS], best = { UINT64_MAX, UINT32_MAX };
    unsigned close = 0;

    for (unsigned count = 0; count < MAX_WINDOWS && close < ENOUGH; count++) {
        windows[count] = measure_again();
        if (windows[count].tsc < best.tsc)
            best.tsc = windows[count].tsc;
        if (windows[count].apic < best.apic)
            best.apic = windows[count].apic;
        close = 0;
        for (unsigned i = 0; i <= count; i++)
            close += is_close(windows[i].tsc, best.tsc) && is_close(windows[i].apic, best.apic);
    }
    tsc_hz = best.tsc * PIT_HZ / WINDOW_TICKS;
    apic_hz = (uint64_t)best.apic * PIT_HZ / WINDOW_TICKS;
}

/* Leaf 0x15: the ratio of TSC to crystal, and the crystal's frequency. */
static void read_cpuid(void)
{
    struct cpuid_result clock = cpuid_or_zero(0x15);

    if (clock.eax != 0 && clock.ebx != 0 && clock.ecx != 0)
        tsc_hz = (uint64_t)clock.ecx * clock.ebx / clock.eax;
}

void clock_init(void)
{
    uint8_t port_b = inb(PORT_B);
    uint32_t divide = apic_read(APIC_DIVIDE), lvt = apic_read(APIC_LVT_TIMER);

    outb(PORT_B, (uint8_t)((port_b & ~PORT_B_SPEAKER) | PORT_B_GATE));
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_DIVIDE, APIC_DIVIDE_BY_1);
    apic_write(APIC_INITIAL_COUNT, UINT32_MAX);
    measure_best();
    apic_write(APIC_INITIAL_COUNT, 0);
    apic_write(APIC_DIVIDE, divide);
    apic_write(APIC_LVT_TIMER, lvt);
    outb(PORT_B, port_b);
    read_cpuid();
    /* Both are below 2^32 ticks a millisecond, so nothing is lost by the division. */
    ticks_per_tsc = (apic_hz / 1000 << RATIO_SHIFT) / (tsc_hz / 1000);
}

uint64_t clock_tsc_hz(void)
{
    return tsc_hz;
}

uint64_t clock_apic_hz(void)
{
    return apic_hz;
}

uint32_t clock_apic_ticks(uint64_t tsc)
{
    uint64_t now = rdtsc(), ticks;

    if (tsc <= now)
        return 1;
    ticks = (uint64_t)((unsigned __int128)(tsc - now) * ticks_per_tsc >> RATIO_SHIFT) + 1;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

void clock_delay_us(uint64_t microseconds)
{
    uint64_t end = rdtsc() + tsc_hz * microseconds / 1000000;

    while ((int64_t)(rdtsc() - end) < 0)
        cpu_relax();
}
