/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The SynIC of a VP: its pages, and one source of interrupts. */
#include "bench.h"

struct pages {
    uint8_t messages[PAGE_SIZE], events[PAGE_SIZE];
} __attribute__((aligned(PAGE_SIZE)));

/* Of CPU 0 and 1. */
static struct pages ram[2];

void synic_on(void)
{
    const struct pages *pages = &ram[cpu_index()];

    wrmsr(HV_X64_MSR_SIMP, phys_of(pages->messages) | HV_X64_MSR_PAGE_ENABLE);
    wrmsr(HV_X64_MSR_SIEFP, phys_of(pages->events) | HV_X64_MSR_PAGE_ENABLE);
    wrmsr(HV_X64_MSR_SINT0 + BENCH_SINT, BENCH_VECTOR);
    wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
}

void synic_off(void)
{
    wrmsr(HV_X64_MSR_SCONTROL, 0);
    wrmsr(HV_X64_MSR_SINT0 + BENCH_SINT, HV_X64_MSR_SINT_MASKED | BENCH_VECTOR);
    wrmsr(HV_X64_MSR_SIEFP, 0);
    wrmsr(HV_X64_MSR_SIMP, 0);
}

static volatile void *page_at(const uint8_t *page)
{
    return (volatile void *)(uintptr_t)page;
}

/* As the TLFS asks. */
void synic_take_message(void)
{
    volatile struct hv_message_page *page = page_at(ram[0].messages);
    volatile struct hv_message *slot = &page->sint_message[BENCH_SINT];

    slot->header.message_type = HvMessageTypeNone;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (slot->header.message_flags & HV_MESSAGE_FLAG_PENDING)
        wrmsr(HV_X64_MSR_EOM, 0);
}

bool synic_take_event(uint32_t cpu, unsigned flag)
{
    uint64_t *words = (void *)(ram[cpu].events + BENCH_SINT * HV_EVENT_FLAGS_COUNT / 8);
    uint64_t bit = UINT64_C(1) << flag % 64;

    return __atomic_fetch_and(&words[flag / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}
