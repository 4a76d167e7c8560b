/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A processor in the place of the machine's: included ahead of a file of the back end, whose
 * privileged instructions it turns into these.
 */
#ifndef TYPE1_TESTS_PROCESSOR_H
#define TYPE1_TESTS_PROCESSOR_H

#include "cpu.h"

#define PROCESSOR_MSRS 9

/* What there is of CPUID, and the MSRs with their values. */
struct processor {
    uint64_t dr[4];
    unsigned dr_writes;
    uint32_t msrs[PROCESSOR_MSRS];
    uint64_t values[PROCESSOR_MSRS];
    unsigned msr_count, msr_reads, msr_writes;
    bool refuses; /* each value that is written by wrmsr_safe() */
    bool has_xsave;
    uint64_t xcr0;
};

extern struct processor processor;

uint64_t processor_read_dr(unsigned number);
void processor_write_dr(unsigned number, uint64_t value);
uint64_t processor_rdmsr(uint32_t msr);
void processor_wrmsr(uint32_t msr, uint64_t value);
bool processor_rdmsr_safe(uint32_t msr, uint64_t *value);
bool processor_wrmsr_safe(uint32_t msr, uint64_t value);
struct cpuid_result processor_cpuid(uint32_t leaf);
bool processor_xsetbv_safe(uint64_t value);

#define read_dr0()             processor_read_dr(0)
#define read_dr1()             processor_read_dr(1)
#define read_dr2()             processor_read_dr(2)
#define read_dr3()             processor_read_dr(3)
#define write_dr0(value)       processor_write_dr(0, value)
#define write_dr1(value)       processor_write_dr(1, value)
#define write_dr2(value)       processor_write_dr(2, value)
#define write_dr3(value)       processor_write_dr(3, value)
#define rdmsr(msr)             processor_rdmsr(msr)
#define wrmsr(msr, value)      processor_wrmsr(msr, value)
#define rdmsr_safe(msr, value) processor_rdmsr_safe(msr, value)
#define wrmsr_safe(msr, value) processor_wrmsr_safe(msr, value)
#define cpuid(leaf, subleaf)   processor_cpuid(leaf)
#define cpuid_or_zero(leaf)    processor_cpuid(leaf)
#define xgetbv()               processor.xcr0
#define xsetbv_safe(value)     processor_xsetbv_safe(value)

#endif
