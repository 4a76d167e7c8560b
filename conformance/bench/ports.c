/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Messages and events through connections to this partition itself. QEMU's device hyperv-testdev
 * makes the ports; the word of that name on the command line says that it is there.
 */
#include "bench.h"

#define DEVICE_PORT      0x3000
#define VP_SHIFT         8
#define ACTION_SHIFT     16
#define CONNECTION_SHIFT 24
#define CREATE_MESSAGES  4u
#define CREATE_EVENTS    6u

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

static bool create(uint32_t action, uint32_t vp, uint32_t connection)
{
    if (!boot_option("hyperv-testdev", NULL, 0))
        return false;
    outl(DEVICE_PORT,
         connection << CONNECTION_SHIFT | action << ACTION_SHIFT | vp << VP_SHIFT | BENCH_SINT);
    return true;
}

const char *begin_post_message(const struct bench_row *row)
{
    (void)row;
    synic_on();
    return create(CREATE_MESSAGES, processors_vp(0), MESSAGES) ? NULL : "there are no ports";
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
    return create(CREATE_EVENTS, processors_vp(1), EVENTS) ? NULL : "there are no ports";
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
