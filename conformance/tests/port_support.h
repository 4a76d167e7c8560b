/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tests of ports share: sending on a connection, in each form that there is. */
#ifndef CONFORMANCE_TESTS_PORT_SUPPORT_H
#define CONFORMANCE_TESTS_PORT_SUPPORT_H

#include <conformance/ports.h>

#include "synic_support.h"

#define PORT_SINT       5
#define PORT_OTHER_SINT 6
#define PORT_TYPE       0x12345678u

#define NEEDS_SYNIC                                                          \
    .privileges = HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_PostMessages | \
                  HV_PRIVILEGE_SignalEvents | HV_PRIVILEGE_AccessHypercallMsrs
#define PORTS NEEDS(NEEDS_SYNIC, .ports = true)

/* A message of eight bytes. */
static inline struct hv_input_post_message port_message(uint32_t connection, uint64_t payload)
{
    return (struct hv_input_post_message){ .connection_id = connection,
                                           .message_type = PORT_TYPE,
                                           .payload_size = sizeof(payload),
                                           .payload[0] = payload };
}

/* HvCallPostMessage; hypercalls must be enabled. On CPU 0. */
static inline uint16_t port_post(const struct hv_input_post_message *message)
{
    static uint8_t input[PAGE_SIZE] __attribute__((aligned(4096)));

    memcpy(input, message, sizeof(*message));
    return hv_result_status(hv_call(HvCallPostMessage, phys_of(input), 0));
}

/* Until there is a buffer for it: how soon one is free again is not said anywhere. */
static inline uint16_t port_post_patiently(const struct hv_input_post_message *message)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);
    uint16_t status;

    do
        status = port_post(message);
    while (status == HV_STATUS_INSUFFICIENT_BUFFERS && rdtsc() < end);
    return status;
}

/* HvCallSignalEvent in its fast form. On any CPU. */
static inline uint16_t port_signal(uint32_t connection, uint16_t flag)
{
    return hv_result_status(hv_call(hv_control(HvCallSignalEvent, true, 0, 0, 0),
                                    (uint64_t)flag << 32 | connection, 0));
}

static inline bool port_flag(const struct synic_pages *pages, unsigned sint, uint32_t flag)
{
    return pages->events->sint_event_flags[sint].flags[flag / 8] >> flag % 8 & 1;
}

static inline void port_clear_flag(const struct synic_pages *pages, unsigned sint, uint32_t flag)
{
    volatile uint8_t *byte = &pages->events->sint_event_flags[sint].flags[flag / 8];

    __atomic_fetch_and(byte, (uint8_t) ~(1u << flag % 8), __ATOMIC_SEQ_CST);
}

static inline bool port_wait_flag(const struct synic_pages *pages, unsigned sint, uint32_t flag)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (!port_flag(pages, sint, flag) && rdtsc() < end)
        cpu_pause();
    return port_flag(pages, sint, flag);
}

/* Takes what a test that failed has left in the queue of a port, which lasts. */
static inline void port_drain(const struct synic_pages *pages)
{
    volatile struct hv_message *slot = &pages->messages->sint_message[PORT_SINT];

    do {
        slot->header.message_type = HvMessageTypeNone;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
        udelay(SYNIC_QUIET);
    } while (slot->header.message_type != HvMessageTypeNone);
}

/* A SynIC as synic_on() makes it, no event flag set, nothing in its queue, and hypercalls. */
static inline struct synic_pages port_setup(unsigned sint, uint64_t bits)
{
    struct synic_pages pages = synic_on(sint, bits);
    volatile uint64_t *flags = (volatile uint64_t *)(uintptr_t)pages.events;

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        flags[i] = 0;
    port_drain(&pages);
    irq_enable();
    udelay(10);
    irq_disable();
    hv_count_interrupts(SYNIC_VECTOR);
    hv_enable_hypercalls();
    return pages;
}

#endif
