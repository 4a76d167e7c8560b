/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Synthetic timers: what setting one takes, and what it takes when its time has come. */
#include "bench.h"

#define SINT        3
#define FAR_AWAY    UINT64_C(10000000000) /* units of 100 ns */
#define SOON        UINT64_C(2000)
#define UNDISTURBED 50 /* instructions that no round of the loop has */
#define AUTO        HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE
#define CONFIG_MSR  HV_X64_MSR_STIMER0_CONFIG
#define COUNT_MSR   HV_X64_MSR_STIMER0_COUNT

static uint8_t message_ram[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static volatile struct hv_message_page *messages;

static uint64_t now_100ns(void)
{
    return rdmsr(HV_X64_MSR_TIME_REF_COUNT);
}

const char *begin_timer_message(const struct bench_row *row)
{
    (void)row;
    wrmsr(HV_X64_MSR_SIMP, phys_of(message_ram) | HV_X64_MSR_PAGE_ENABLE);
    messages = paging_map_window(phys_of(message_ram), PAGE_SIZE, MAP_WRITE | MAP_NX);
    wrmsr(HV_X64_MSR_SINT0 + SINT, BENCH_VECTOR);
    wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    wrmsr(CONFIG_MSR, AUTO | (uint64_t)SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
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

/* Empties the slot as the TLFS asks. */
static void take_message(void)
{
    volatile struct hv_message *slot;

    if (!messages)
        return;
    slot = &messages->sint_message[SINT];
    slot->header.message_type = HvMessageTypeNone;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (slot->header.message_flags & HV_MESSAGE_FLAG_PENDING)
        wrmsr(HV_X64_MSR_EOM, 0);
}

/*
 * The guest reads the clock in a loop: what lies between two readings, when more than the loop, and
 * between the last of them and the handler, is what the expiration takes. The guest runs when the
 * time comes, and no two clocks are compared.
 */
uint64_t measure_timer_expiry(const struct bench_row *row)
{
    uint64_t lost = 0, last, now, end;

    (void)row;
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
    take_message();
    if (arrivals() != 1)
        return BENCH_FAILED;
    return lost + arrival_tsc() - (arrival_tsc() > now ? now : last);
}

void end_timer(const struct bench_row *row)
{
    (void)row;
    safe_wrmsr(CONFIG_MSR, 0);
    safe_wrmsr(HV_X64_MSR_SCONTROL, 0);
    safe_wrmsr(HV_X64_MSR_SIMP, 0);
    messages = NULL;
}
