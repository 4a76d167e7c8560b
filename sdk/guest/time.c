/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The PIT, and the TSC measured with it.
 */
#include "private.h"

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_MODE0_2  0xb0 /* channel 2, low then high byte, interrupt on terminal count */
#define PIT_LATCH_2  0x80
#define PORT61       0x61
#define PORT61_GATE  0x01
#define PORT61_SOUND 0x02

#define CALIBRATION_TICKS (PIT_HZ / 100)
#define FALLBACK_HZ       1000000000u

#define LEAF_TSC             0x15u
#define LEAF_FREQUENCY       0x16u
#define LEAF_HYPERVISOR      0x40000000u
#define LEAF_HYPERVISOR_TSC  0x10u
#define LEAF_XEN_TIME        3u
#define HYPERVISOR_STEP      0x100u
#define HYPERVISOR_LEAVES    4u
#define CPUID_ECX_HYPERVISOR (1u << 31)

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

static uint64_t measure(void)
{
    uint64_t start, end;
    uint16_t first, last;

    pit_start();
    first = pit_elapsed();
    start = rdtsc_ordered();
    do {
        last = pit_elapsed();
        end = rdtsc_ordered();
    } while ((uint16_t)(last - first) < CALIBRATION_TICKS);
    return (end - start) * PIT_HZ / (uint16_t)(last - first);
}

/* "XenVMMXenVMM": subleaf 0 of leaf 3 has the TSC's kHz in ECX (Xen's public/arch-x86/cpuid.h). */
static uint64_t xen_hz(uint32_t leaf)
{
    struct cpuid_regs r = cpuid(leaf);

    if (r.ebx != 0x566e6558 || r.ecx != 0x65584d4d || r.edx != 0x4d4d566e)
        return 0;
    return (uint64_t)cpuid_count(leaf + LEAF_XEN_TIME, 0).ecx * 1000;
}

static uint64_t hypervisor_hz(void)
{
    uint64_t found = 0;

    if ((cpuid(1).ecx & CPUID_ECX_HYPERVISOR) == 0)
        return 0;
    for (uint32_t i = 0; found == 0 && i < HYPERVISOR_LEAVES; i++)
        found = xen_hz(LEAF_HYPERVISOR + i * HYPERVISOR_STEP);
    if (found == 0 && cpuid(LEAF_HYPERVISOR).eax >= LEAF_HYPERVISOR + LEAF_HYPERVISOR_TSC)
        found = (uint64_t)cpuid(LEAF_HYPERVISOR + LEAF_HYPERVISOR_TSC).eax * 1000;
    return found;
}

static uint64_t cpuid_hz(void)
{
    uint32_t max = cpuid(0).eax;
    struct cpuid_regs r;

    if (max >= LEAF_TSC) {
        r = cpuid(LEAF_TSC);
        if (r.eax != 0 && r.ebx != 0 && r.ecx != 0)
            return (uint64_t)r.ecx * r.ebx / r.eax;
    }
    if (max >= LEAF_FREQUENCY && (cpuid(LEAF_FREQUENCY).eax & 0xffff) != 0)
        return (uint64_t)(cpuid(LEAF_FREQUENCY).eax & 0xffff) * 1000000;
    return hypervisor_hz();
}

static void find_hz(void)
{
    uint64_t found;

    if (pit_present()) {
        source = TSC_FROM_PIT;
        hz = measure();
        return;
    }
    found = cpuid_hz();
    source = found != 0 ? TSC_FROM_CPUID : TSC_FROM_NOTHING;
    hz = found != 0 ? found : FALLBACK_HZ;
}

uint64_t tsc_hz(void)
{
    if (hz == 0)
        find_hz();
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
