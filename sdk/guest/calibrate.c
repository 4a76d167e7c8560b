/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The frequency of the TSC: measured with a clock of the platform where there is one, else as the
 * processor or the hypervisor tells.
 *
 * A generation-2 machine of Hyper-V has no PIT; it has the ACPI PM timer. What a hypervisor says of
 * itself comes after the clocks: tests of its clocks would otherwise measure them by themselves.
 */
#include "private.h"

#include <hv/abi/tlfs_cpuid.h>
#include <hv/abi/tlfs_msr.h>
#include <hv/abi/tlfs_partition.h>

#define PM_TIMER_HZ   3579545u
#define PM_TIMER_MASK 0xffffffu /* the least width; a wider timer has these bits too */

#define REFERENCE_HZ 10000000u
#define PROBES       1000
#define READINGS     4
#define ROUNDS       5

#define FALLBACK_HZ 1000000000u

#define LEAF_TSC            0x15u
#define LEAF_FREQUENCY      0x16u
#define LEAF_HYPERVISOR     0x40000000u
#define LEAF_HYPERVISOR_TSC 0x10u
#define LEAF_XEN_TIME       3u
#define HYPERVISOR_STEP     0x100u
#define HYPERVISOR_LEAVES   4u

/* A clock that counts up. */
struct reference {
    uint64_t (*read)(void);
    uint64_t mask;
    uint32_t hz;
};

/* A reading of a clock and of the TSC at the same time. */
struct instant {
    uint64_t clock, tsc;
};

static uint16_t pm_timer;

static uint64_t read_pit(void)
{
    return pit_elapsed();
}

static uint64_t read_pm_timer(void)
{
    return inl(pm_timer);
}

static uint64_t read_counter(void)
{
    return rdmsr(HV_X64_MSR_TIME_REF_COUNT);
}

static bool counts(const struct reference *clock)
{
    uint64_t first = clock->read() & clock->mask;

    for (unsigned int i = 0; i < PROBES; i++) {
        if ((clock->read() & clock->mask) != first)
            return true;
    }
    return false;
}

/* Reads both. Somebody else may have the processor between one reading and the next, so the closest
 * of some tries. */
static struct instant read_both(const struct reference *clock)
{
    struct instant best = { 0, 0 };
    uint64_t least = UINT64_MAX;

    for (unsigned int i = 0; i < READINGS; i++) {
        uint64_t before = rdtsc_ordered(), value = clock->read(), gap = rdtsc_ordered() - before;

        if (gap < least) {
            least = gap;
            best = (struct instant){ value & clock->mask, before + gap / 2 };
        }
    }
    return best;
}

/* TSC ticks in a second, from a hundredth of one. */
static uint64_t measure_once(const struct reference *clock)
{
    struct instant start = read_both(clock), end;
    uint64_t elapsed;

    do {
        end = read_both(clock);
        elapsed = (end.clock - start.clock) & clock->mask;
    } while (elapsed < clock->hz / 100);
    return (end.tsc - start.tsc) * clock->hz / elapsed;
}

/* A clock that wrapped meanwhile makes the TSC seem faster, never slower: the least that was
 * measured, as soon as two measurements agree. */
static uint64_t measure(const struct reference *clock)
{
    uint64_t least = measure_once(clock);

    for (unsigned int i = 1; i < ROUNDS; i++) {
        uint64_t next = measure_once(clock), more = next > least ? next - least : least - next;

        least = next < least ? next : least;
        if (more <= least / 100)
            break;
    }
    return least;
}

static uint64_t pit_hz(void)
{
    static const struct reference pit = { read_pit, 0xffff, PIT_HZ };

    if (!pit_present())
        return 0;
    pit_start();
    return measure(&pit);
}

static uint64_t pm_timer_hz(void)
{
    static const struct reference timer = { read_pm_timer, PM_TIMER_MASK, PM_TIMER_HZ };

    pm_timer = acpi_pm_timer_port();
    return pm_timer != 0 && counts(&timer) ? measure(&timer) : 0;
}

static uint64_t crystal_hz(void)
{
    struct cpuid_regs r;

    if (cpuid(0).eax < LEAF_TSC)
        return 0;
    r = cpuid(LEAF_TSC);
    return r.eax != 0 ? (uint64_t)r.ecx * r.ebx / r.eax : 0;
}

/* The TSC's rated frequency, in whole MHz. */
static uint64_t base_hz(void)
{
    if (cpuid(0).eax < LEAF_FREQUENCY)
        return 0;
    return (uint64_t)(cpuid(LEAF_FREQUENCY).eax & 0xffff) * 1000000;
}

/* The frequency register of the TLFS, else the reference counter; 0 unless they are announced. */
static uint64_t tlfs_hz(void)
{
    static const struct reference counter = { read_counter, UINT64_MAX, REFERENCE_HZ };
    uint32_t privileges = cpuid(HV_CPUID_FEATURES).eax;
    uint64_t value;

    if (cpuid(HV_CPUID_INTERFACE).eax != HV_INTERFACE_SIGNATURE)
        return 0;
    if ((privileges & HV_PRIVILEGE_AccessFrequencyRegs) != 0 &&
        !safe_rdmsr(HV_X64_MSR_TSC_FREQUENCY, &value).raised && value != 0)
        return value;
    if ((privileges & HV_PRIVILEGE_AccessPartitionReferenceCounter) == 0 ||
        safe_rdmsr(HV_X64_MSR_TIME_REF_COUNT, &value).raised || !counts(&counter))
        return 0;
    return measure(&counter);
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
    uint64_t found;

    if ((cpuid(1).ecx & HV_CPUID_1_ECX_HYPERVISOR_PRESENT) == 0)
        return 0;
    found = tlfs_hz();
    for (uint32_t i = 0; found == 0 && i < HYPERVISOR_LEAVES; i++)
        found = xen_hz(LEAF_HYPERVISOR + i * HYPERVISOR_STEP);
    if (found == 0 && cpuid(LEAF_HYPERVISOR).eax >= LEAF_HYPERVISOR + LEAF_HYPERVISOR_TSC)
        found = (uint64_t)cpuid(LEAF_HYPERVISOR + LEAF_HYPERVISOR_TSC).eax * 1000;
    return found;
}

uint64_t calibrate_tsc(enum tsc_source *source)
{
    static const struct {
        uint64_t (*find)(void);
        enum tsc_source source;
    } ways[] = {
        { pit_hz, TSC_FROM_PIT },       { pm_timer_hz, TSC_FROM_PM_TIMER },
        { crystal_hz, TSC_FROM_CPUID }, { hypervisor_hz, TSC_FROM_HYPERVISOR },
        { base_hz, TSC_FROM_CPUID },
    };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        uint64_t hz = ways[i].find();

        *source = ways[i].source;
        if (hz != 0)
            return hz;
    }
    *source = TSC_FROM_NOTHING;
    return FALLBACK_HZ;
}
