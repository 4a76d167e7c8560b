/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "platform.h"

#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "debug_loopback.h"
#include "lp.h"
#include "memory.h"
#include "svm.h"
#include "svm_features.h"

#define CPUID_1G_PAGES   (1u << 26) /* leaf 0x80000001 EDX */
#define MAX_ADDRESS_BITS 48         /* of nested tables with four levels */

static struct hv_platform platform;

static uint64_t tsc(void *context)
{
    (void)context;
    return rdtsc();
}

static void *map(void *context, uint64_t spa_page)
{
    (void)context;
    return memory_is_ram(spa_page) ? memory_at(spa_page * PAGE_SIZE) : NULL;
}

static bool alloc(void *context, uint64_t *spa_page)
{
    (void)context;
    return memory_page_alloc(spa_page);
}

static void release(void *context, uint64_t spa_page)
{
    (void)context;
    memory_page_free(spa_page);
}

static void write_log(void *context, enum hv_log_level level, const char *text)
{
    static const char *const names[] = { "error", "warning", "info" };

    (void)context;
    log_line("%s: %s", names[level], text);
}

static void guest_crashed(void *context, struct hv_partition *partition,
                          const struct hv_crash_report *report)
{
    (void)context;
    log_line("partition %lu crashed: VP %u, 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx",
             hv_partition_id(partition), report->vp_index, report->parameters[0],
             report->parameters[1], report->parameters[2], report->parameters[3],
             report->parameters[4]);
    if (report->message)
        log_text("crash message: ", report->message, report->message_length);
}

static uint8_t physical_address_bits(void)
{
    uint8_t bits = (uint8_t)cpuid_or_zero(0x80000008).eax;

    if (bits < 32)
        return 36;
    return bits < MAX_ADDRESS_BITS ? bits : MAX_ADDRESS_BITS;
}

void platform_init(const struct options *options)
{
    platform.time.tsc = tsc;
    platform.memory.map = map;
    platform.memory.direct = memory_at(0);
    platform.pages.alloc = alloc;
    platform.pages.free = release;
    platform.log.write = write_log;
    platform.log.guest_crashed = guest_crashed;
    platform.facts.physical_address_bits = physical_address_bits();
    if (options->tsc_trusted || (cpuid_or_zero(0x80000007).edx & CPUID_INVARIANT_TSC))
        platform.facts.capabilities |= HV_CPU_INVARIANT_TSC;
    if (cpuid_or_zero(0x80000001).edx & CPUID_1G_PAGES)
        platform.facts.capabilities |= HV_CPU_1G_PAGES;
    svm_fill_platform(&platform);
    if (options->root_scheduler)
        platform.facts.capabilities |= HV_CPU_ROOT_SCHEDULER;
    if (options->debug_loopback)
        debug_loopback_init(&platform);
    if (options->minimal)
        platform.facts.capabilities &= ~(uint32_t)(HV_CPU_XMM | HV_CPU_NPIEP);
}

void platform_measured(void)
{
    platform.facts.tsc_hz = clock_tsc_hz();
    platform.facts.apic_hz = clock_apic_hz();
    platform.facts.lp_count = lp_count();
    svm_features_find(&platform.facts);
}

const struct hv_platform *platform_get(void)
{
    return &platform;
}
