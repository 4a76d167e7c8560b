/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What stays in the processor while the hypervisor runs, because it does not use it: x87, SSE and
 * AVX registers, XCR0, DR0 to DR3, some MSRs. It is exchanged only when an LP turns to another VP.
 */
#include "svm_switch.h"

#include <stddef.h>

#include "cpu.h"
#include "lp.h"
#include "memory.h"
#include "string.h"
#include "svm.h"
#include "svm_debug.h"
#include "svm_xsave.h"

#define CPUID_RDTSCP     (1u << 27)                                  /* 0x80000001 EDX */
#define CPUID_SPEC_CTRL  (1u << 12 | 1u << 14 | 1u << 15 | 1u << 24) /* 0x80000008 EBX */
#define CPUID_SHADOW     (1u << 7)                                   /* 7 ECX */
#define CPUID_BRANCHES   (1u << 20)                                  /* 7 EDX */
#define CPUID_SUPERVISOR (1u << 3)                                   /* 0xD.1 EAX: XSAVES */

static struct {
    uint64_t states; /* that XSAVE exchanges; 0: there is FXSAVE alone */
    /* First those that guests write unseen; then DEBUGCTL, of which the processor clears bits; then
       those of which each write is intercepted, as that of DEBUGCTL is. */
    uint32_t msrs[LP_SWITCHED_MSRS];
    uint32_t unseen;
    uint32_t msr_count;
} features;

/* ---- What there is ---- */

static void add_msr(bool present, uint32_t msr)
{
    uint64_t value;

    if (present && rdmsr_safe(msr, &value))
        features.msrs[features.msr_count++] = msr;
}

static void find_msrs(void)
{
    struct cpuid_result seven = cpuid_or_zero(7);
    bool shadow = (seven.ecx & CPUID_SHADOW) || (seven.edx & CPUID_BRANCHES);
    bool xsaves = features.states != 0 && (cpuid(0xD, 1).eax & CPUID_SUPERVISOR);

    features.msr_count = 0;
    add_msr(cpuid_or_zero(0x80000008).ebx & CPUID_SPEC_CTRL, MSR_SPEC_CTRL);
    add_msr(shadow, MSR_U_CET);
    for (uint32_t msr = MSR_PL0_SSP; msr <= MSR_PL3_SSP; msr++)
        add_msr(shadow, msr);
    features.unseen = features.msr_count;
    add_msr(true, MSR_DEBUGCTL);
    add_msr(cpuid_or_zero(0x80000001).edx & CPUID_RDTSCP, MSR_TSC_AUX);
    add_msr(xsaves, MSR_XSS);
}

/* What fits in a page and is taken together by XCR0. */
static uint64_t find_states(void)
{
    static const uint64_t groups[] = { SVM_XSAVE_AVX, SVM_XSAVE_BOUNDS, SVM_XSAVE_AVX512,
                                       SVM_XSAVE_KEYS };
    struct cpuid_result supported = cpuid(0xD, 0);
    uint64_t machine = (uint64_t)supported.edx << 32 | supported.eax;
    uint64_t states = SVM_XSAVE_X87 | SVM_XSAVE_SSE;

    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if ((machine & groups[i]) == groups[i] &&
            svm_xsave_size(groups[i]) <= sizeof(struct svm_xsave) &&
            xsetbv_safe(states | groups[i]))
            states |= groups[i];
    (void)xsetbv_safe(SVM_XSAVE_X87);
    return states;
}

void svm_switch_init(void)
{
    features.states = cpuid(1, 0).ecx & CPUID_1_ECX_XSAVE ? find_states() : 0;
    find_msrs();
}

uint64_t svm_switch_states(void)
{
    return features.states;
}

bool svm_switches_msr(uint32_t msr)
{
    for (uint32_t i = 0; i < features.msr_count; i++)
        if (features.msrs[i] == msr)
            return true;
    return false;
}

void svm_switch_intercept(uint8_t *map)
{
    for (uint32_t i = features.unseen; i < features.msr_count; i++)
        svm_msr_intercept(map, features.msrs[i], false, true);
}

/* ---- Floating point ---- */

static void save_float(struct svm_vp *vp)
{
    uint32_t low = (uint32_t)features.states, high = (uint32_t)(features.states >> 32);

    if (features.states == 0) {
        __asm__ volatile("fxsave64 %0" : "=m"(*vp->xsave));
        return;
    }
    vp->xcr0 = xgetbv();
    (void)xsetbv_safe(features.states);
    __asm__ volatile("xsave64 %0" : "+m"(*vp->xsave) : "a"(low), "d"(high));
}

/* All that is in the area has been checked. XCR0 is as save_float() leaves it. */
static void load_float(const struct svm_vp *vp)
{
    uint32_t low = (uint32_t)features.states, high = (uint32_t)(features.states >> 32);

    if (features.states == 0) {
        __asm__ volatile("fxrstor64 %0" : : "m"(*vp->xsave));
        return;
    }
    __asm__ volatile("xrstor64 %0" : : "m"(*vp->xsave), "a"(low), "d"(high));
    (void)xsetbv_safe(vp->xcr0);
}

/* ---- The rest ---- */

/* The LP knows what the processor has, but for what a VP has changed in its turn. */
static void read_msr(struct svm_vp *vp, uint32_t i)
{
    uint64_t value = rdmsr(features.msrs[i]);

    vp->msrs[i] = vp->lp->msrs[i] = value;
    if (value != 0)
        vp->uses_msrs = vp->lp->uses_msrs = true;
}

bool svm_switch_write_msr(struct svm_vp *vp, uint32_t msr, uint64_t value)
{
    if (!wrmsr_safe(msr, value))
        return false;
    for (uint32_t i = 0; i < features.msr_count; i++)
        if (features.msrs[i] == msr)
            read_msr(vp, i);
    return true;
}

void svm_switch_begin(struct lp *lp)
{
    if (features.states != 0)
        (void)xsetbv_safe(features.states);
    for (uint32_t i = 0; i < features.msr_count; i++)
        lp->msrs[i] = rdmsr(features.msrs[i]);
    lp->uses_msrs = true;
}

static void save(struct svm_vp *vp)
{
    save_float(vp);
    svm_debug_save(vp);
    for (uint32_t i = 0; i < features.unseen; i++)
        read_msr(vp, i);
    /* Of the next, nothing is cleared while nothing is set. */
    if (features.unseen < features.msr_count && vp->msrs[features.unseen] != 0)
        read_msr(vp, features.unseen);
}

static __attribute__((noinline)) void load_msrs(const struct svm_vp *vp)
{
    for (uint32_t i = 0; i < features.msr_count; i++)
        if (vp->lp->msrs[i] != vp->msrs[i]) {
            wrmsr(features.msrs[i], vp->msrs[i]);
            vp->lp->msrs[i] = vp->msrs[i];
        }
    vp->lp->uses_msrs = vp->uses_msrs;
}

static void load(const struct svm_vp *vp)
{
    load_float(vp);
    svm_debug_load(vp);
    if (vp->uses_msrs || vp->lp->uses_msrs)
        load_msrs(vp);
}

void svm_switch_reset(struct svm_vp *vp, void *area)
{
    vp->xsave = area;
    vp->xcr0 = 1;
    svm_xsave_reset(vp->xsave);
    svm_debug_reset(vp);
}

void svm_switch_to(struct svm_vp *vp)
{
    struct lp *lp = vp->lp;
    struct svm_vp *other = lp->in_processor;

    if (other == vp)
        return;
    if (other)
        save(other);
    load(vp);
    lp->in_processor = vp;
}

void svm_switch_away(struct svm_vp *vp)
{
    if (vp->lp->in_processor != vp)
        return;
    save(vp);
    vp->lp->in_processor = NULL;
}

struct svm_vp *svm_switch_borrow(struct svm_vp *vp)
{
    struct svm_vp *other = vp->lp->in_processor;

    svm_switch_to(vp);
    return other;
}

void svm_switch_return(struct svm_vp *vp, struct svm_vp *other)
{
    if (other)
        svm_switch_to(other);
    else
        svm_switch_away(vp);
}
