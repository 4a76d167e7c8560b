/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What tests of the SynIC and of synthetic timers share: a SynIC that is switched on, its pages,
 * and a timer as the one source of messages that every implementation has.
 */
#ifndef CONFORMANCE_TESTS_SYNIC_SUPPORT_H
#define CONFORMANCE_TESTS_SYNIC_SUPPORT_H

#include <conformance/hyperv.h>
#include <conformance/test.h>

#define SYNIC_VECTOR 0x60
#define SYNIC_MS     UINT64_C(10000) /* units of 100 ns */
#define SYNIC_WAIT   2000000         /* microseconds for what must come */
#define SYNIC_QUIET  20000           /* microseconds for what must not come */

#define NEEDS_TIMERS                                                                     \
    .privileges = HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_AccessSyntheticTimerRegs | \
                  HV_PRIVILEGE_AccessPartitionReferenceCounter

/* The message and event flag pages of a CPU, as the guest maps them. */
struct synic_pages {
    volatile struct hv_message_page *messages;
    volatile struct hv_synic_event_flags_page *events;
    uint64_t message_gpa, event_gpa;
};

static inline uint32_t synic_sint_msr(unsigned sint)
{
    return HV_X64_MSR_SINT0 + sint;
}

static inline uint32_t synic_config_msr(unsigned timer)
{
    return HV_X64_MSR_STIMER0_CONFIG + 2 * timer;
}

static inline uint32_t synic_count_msr(unsigned timer)
{
    return HV_X64_MSR_STIMER0_COUNT + 2 * timer;
}

/* Everything off on this CPU, so far as it is there. */
static inline void synic_off(void *unused)
{
    (void)unused;
    for (unsigned timer = 0; timer < 4; timer++) {
        safe_wrmsr(synic_config_msr(timer), 0);
        safe_wrmsr(synic_count_msr(timer), 0);
    }
    for (unsigned sint = 0; sint < HV_SYNIC_SINT_COUNT; sint++)
        safe_wrmsr(synic_sint_msr(sint), HV_X64_MSR_SINT_RESET | SYNIC_VECTOR);
    safe_wrmsr(HV_X64_MSR_SIMP, 0);
    safe_wrmsr(HV_X64_MSR_SIEFP, 0);
    safe_wrmsr(HV_X64_MSR_SCONTROL, 0);
}

/* Pages for this CPU; the content is whatever the implementation gives them. */
static inline struct synic_pages synic_pages(void)
{
    struct synic_pages pages = { .message_gpa = phys_of(hv_test_page(0)),
                                 .event_gpa = phys_of(hv_test_page(0)) };

    pages.messages = hv_map_data(pages.message_gpa);
    pages.events = hv_map_data(pages.event_gpa);
    return pages;
}

/* A SynIC that is on, with SINT @p sint at SYNIC_VECTOR plus @p bits. On CPU 0. */
static inline struct synic_pages synic_on(unsigned sint, uint64_t bits)
{
    struct synic_pages pages = synic_pages();

    synic_off(NULL);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, pages.message_gpa | HV_X64_MSR_PAGE_ENABLE));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIEFP, pages.event_gpa | HV_X64_MSR_PAGE_ENABLE));
    REQUIRE_NO_FAULT(safe_wrmsr(synic_sint_msr(sint), SYNIC_VECTOR | bits));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE));
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        pages.messages->sint_message[i].header.message_type = HvMessageTypeNone;
    /* What an earlier test has left pending is not this one's. */
    hv_count_interrupts(SYNIC_VECTOR);
    irq_enable();
    udelay(10);
    irq_disable();
    hv_count_interrupts(SYNIC_VECTOR);
    return pages;
}

static inline uint64_t synic_now(void)
{
    uint64_t now = 0;

    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_TIME_REF_COUNT, &now));
    return now;
}

/* Configures a timer for messages to a SINT; with ENABLE it starts. */
static inline void synic_timer(unsigned timer, unsigned sint, uint64_t bits, uint64_t count)
{
    REQUIRE_NO_FAULT(safe_wrmsr(synic_count_msr(timer), count));
    REQUIRE_NO_FAULT(safe_wrmsr(synic_config_msr(timer),
                                bits | (uint64_t)sint << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT));
}

/* What makes a timer interrupt by SYNIC_VECTOR, with no message. */
static inline uint64_t synic_direct_bits(void)
{
    return HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | (uint64_t)SYNIC_VECTOR
                                                      << HV_X64_MSR_STIMER_CONFIG_APIC_VECTOR_SHIFT;
}

/* Waits until a slot is full, with interrupts as they are. */
static inline bool synic_wait_message(const struct synic_pages *pages, unsigned sint)
{
    const volatile uint32_t *type =
        (const volatile uint32_t *)(uintptr_t)&pages->messages->sint_message[sint];
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (*type == HvMessageTypeNone && rdtsc() < end)
        cpu_pause();
    return *type != HvMessageTypeNone;
}

/* Waits until that many interrupts have come. */
static inline bool synic_wait_interrupts(uint32_t count)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (hv_interrupt_count() < count && rdtsc() < end)
        cpu_pause();
    return hv_interrupt_count() >= count;
}

static inline const volatile struct hv_timer_message_payload *
synic_payload(const struct synic_pages *pages, unsigned sint)
{
    return (const volatile struct hv_timer_message_payload *)(uintptr_t)pages->messages
        ->sint_message[sint]
        .payload;
}

/* Waits until a full slot says that more is queued; fails the test if it never does. */
static inline void synic_wait_pending(const struct synic_pages *pages, unsigned sint)
{
    const volatile struct hv_message *slot = &pages->messages->sint_message[sint];
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (!(slot->header.message_flags & HV_MESSAGE_FLAG_PENDING) && rdtsc() < end)
        cpu_pause();
    CHECK(slot->header.message_flags & HV_MESSAGE_FLAG_PENDING, "MessagePending is not set");
}

/* Empties a slot as the TLFS asks: the type, a barrier, then EOM if there is more. */
static inline void synic_empty(const struct synic_pages *pages, unsigned sint)
{
    volatile struct hv_message *slot = &pages->messages->sint_message[sint];

    slot->header.message_type = HvMessageTypeNone;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (slot->header.message_flags & HV_MESSAGE_FLAG_PENDING)
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
}

#endif
