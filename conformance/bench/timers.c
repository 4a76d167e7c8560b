/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Synthetic timers: what setting one takes, and what it takes when its time has come. */
#include "bench.h"

#define FAR_AWAY    UINT64_C(10000000000) /* units of 100 ns */
#define SOON        UINT64_C(2000)
#define UNDISTURBED 50 /* instructions that no round of the loop has */
#define AUTO        HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE
#define CONFIG_MSR  HV_X64_MSR_STIMER0_CONFIG
#define COUNT_MSR   HV_X64_MSR_STIMER0_COUNT

static uint64_t now_100ns(void)
{
    return rdmsr(HV_X64_MSR_TIME_REF_COUNT);
}

const char *begin_timer_message(const struct bench_row *row)
{
    (void)row;
    synic_on();
    wrmsr(CONFIG_MSR, AUTO | (uint64_t)BENCH_SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
    return NULL;
}

const char *begin_timer_direct(const struct bench_row *row)
{
    (void)row;
    wrmsr(CONFIG_MSR, AUTO | HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE |
                          (uint64_t)BENCH_VECTOR << HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT);
    return NULL;
}

uint64_t measure_timer_arm(const struct bench_row *row)
{
    uint64_t count = now_100ns() + FAR_AWAY, start = rdtsc(), ticks;

    (void)row;
    wrmsr(COUNT_MSR, count);
    ticks = rdtsc() - start;
    wrmsr(COUNT_MSR, 0);
    return ticks;
}

/*
 * The guest reads the clock in a loop: what lies between two readings, when more than the loop, and
 * between the last of them and the handler, is what the expiration takes. The guest runs when the
 * time comes, and no two clocks are compared.
 */
uint64_t measure_timer_expiry(const struct bench_row *row)
{
    uint64_t lost = 0, last, now, end;

    arrivals_clear();
    wrmsr(COUNT_MSR, now_100ns() + SOON);
    last = rdtsc();
    end = last + tsc_from_us(1000000);
    for (;;) {
        now = rdtsc();
        if (arrivals() != 0 || now >= end)
            break;
        if (now - last > UNDISTURBED)
            lost += now - last;
        last = now;
    }
    if (row->begin == begin_timer_message)
        synic_take_message();
    if (arrivals() != 1)
        return BENCH_FAILED;
    return lost + arrival_tsc() - (arrival_tsc() > now ? now : last);
}

void end_timer(const struct bench_row *row)
{
    wrmsr(CONFIG_MSR, 0);
    if (row->begin == begin_timer_message)
        synic_off();
}
