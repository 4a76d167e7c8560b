/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Exits that do next to nothing, and what is in every count. */
#include "bench.h"

uint64_t measure_nothing(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    return rdtsc() - start;
}

uint64_t measure_cpuid(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    (void)cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION);
    return rdtsc() - start;
}

uint64_t measure_time_ref_count(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    (void)rdmsr(HV_X64_MSR_TIME_REF_COUNT);
    return rdtsc() - start;
}

/* The scratch register of COM1. */
#define DEVICE_PORT 0x3ff

const char *begin_device_port(const struct bench_row *row)
{
    (void)row;
    return cpuid(HV_CPUID_FEATURES).ebx & (uint32_t)(HV_PRIVILEGE_CreatePartitions >> 32)
               ? "a root has the machine's own devices"
               : NULL;
}

uint64_t measure_device_port(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    (void)inb(DEVICE_PORT);
    return rdtsc() - start;
}
