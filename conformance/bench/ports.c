/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Messages and events through connections to this partition itself. QEMU's device hyperv-testdev
 * makes the ports; the word of that name on the command line says that it is there.
 */
#include <conformance/hyperv_testdev.h>

#include "bench.h"

#define MESSAGES 1 /* connection IDs; that of an event is also its flag's number */
#define EVENTS   2

static struct hv_input_post_message message __attribute__((aligned(256))) = {
    .connection_id = MESSAGES,
    .message_type = 1,
    .payload_size = 8,
};

static struct hv_input_signal_event event __attribute__((aligned(8))) = {
    .connection_id = EVENTS,
};

static bool create(enum hyperv_testdev_action action, uint32_t vp, uint32_t connection)
{
    if (!hyperv_testdev_present())
        return false;
    hyperv_testdev_command(action, vp, BENCH_SINT, connection);
    return true;
}

const char *begin_post_message(const struct bench_row *row)
{
    (void)row;
    synic_on();
    return create(HYPERV_TESTDEV_CREATE_MESSAGES, processors_vp(0), MESSAGES)
               ? NULL
               : "there are no ports";
}

uint64_t measure_post_message(const struct bench_row *row)
{
    uint64_t start;

    (void)row;
    arrivals_clear();
    start = rdtsc();
    if ((uint16_t)hypercall(HvCallPostMessage, phys_of(&message), 0) != HV_STATUS_SUCCESS ||
        !arrivals_wait(1))
        return BENCH_FAILED;
    synic_take_message();
    return arrival_tsc() - start;
}

void end_post_message(const struct bench_row *row)
{
    (void)row;
    synic_off();
}

const char *begin_signal_event(const struct bench_row *row)
{
    (void)row;
    processors_call(1, synic_on);
    return create(HYPERV_TESTDEV_CREATE_EVENTS, processors_vp(1), EVENTS) ? NULL
                                                                          : "there are no ports";
}

/* Until the other VP has ended the interrupt. */
uint64_t measure_signal_event(const struct bench_row *row)
{
    uint64_t start, ticks;

    (void)row;
    arrivals_clear();
    start = rdtsc();
    if ((uint16_t)hypercall(HvCallSignalEvent, phys_of(&event), 0) != HV_STATUS_SUCCESS ||
        !arrivals_wait(1))
        return BENCH_FAILED;
    ticks = rdtsc() - start;
    return synic_take_event(1, EVENTS) ? ticks : BENCH_FAILED;
}

void end_signal_event(const struct bench_row *row)
{
    (void)row;
    processors_call(1, synic_off);
}
