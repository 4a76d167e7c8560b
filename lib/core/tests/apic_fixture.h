/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A local APIC alone, with no time passing but what a test says. */
#ifndef HV_CORE_TESTS_APIC_FIXTURE_H
#define HV_CORE_TESTS_APIC_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "apic.h"
#include "ratio.h"
#include "suite.h"

#define APIC_ID     0x123u /* wider than an xAPIC ID */
#define APIC_MASKED (UINT32_C(1) << 16)

/* 10 TSC ticks for one of the APIC's: 2 GHz and 200 MHz. */
static const struct hv_apic_clock apic_clock = {
    .tsc_per_tick = UINT64_C(10) << 32,
    .ticks_per_tsc = (UINT64_C(1) << 32) / 10,
    .min_period = 1,
};

static inline struct hv_apic_effect apic_write(struct hv_apic *apic, unsigned reg, uint64_t value)
{
    return hv_apic_write(apic, reg, value, 0);
}

static inline uint64_t apic_read_at(struct hv_apic *apic, unsigned reg, uint64_t now)
{
    uint64_t value = UINT64_MAX;

    ck_assert_msg(hv_apic_read(apic, reg, now, &value), "register %#x", reg);
    return value;
}

static inline uint64_t apic_read(struct hv_apic *apic, unsigned reg)
{
    return apic_read_at(apic, reg, 0);
}

/* Into xAPIC mode, enabled by software. */
static inline void apic_start(struct hv_apic *apic, const struct hv_apic_clock *clock)
{
    hv_apic_init(apic, clock, APIC_ID, true);
    apic_write(apic, HV_APIC_SVR, 0x1FF);
}

static inline void apic_enter_x2(struct hv_apic *apic)
{
    struct hv_apic_effect effect = hv_apic_write_base(apic, hv_apic_base(apic) | HV_APIC_BASE_EXTD);

    ck_assert_int_eq(effect.kind, HV_APIC_LOGICAL);
}

static inline bool apic_is_requested(struct hv_apic *apic, unsigned vector)
{
    return apic->irr[vector / 32] >> vector % 32 & 1;
}

/* What a write to the ESR reveals. */
static inline uint64_t apic_errors(struct hv_apic *apic)
{
    apic_write(apic, HV_APIC_ESR, 0);
    return apic_read(apic, HV_APIC_ESR);
}

/* Takes the pending interrupt and returns it. */
static inline int apic_take(struct hv_apic *apic)
{
    int vector = hv_apic_pending(apic);

    if (vector != HV_APIC_NO_VECTOR)
        hv_apic_accept(apic, (uint8_t)vector, false);
    return vector;
}

static inline int apic_run(const char *name, TCase *tcase)
{
    Suite *suite = suite_create(name);

    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

#endif
