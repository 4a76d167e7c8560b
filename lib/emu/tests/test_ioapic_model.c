/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Devices on all pins and a processor that serves them, in random order with masking, a local APIC
 * that refuses, and save and restore: each request is served once, and no interrupt comes without
 * one.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ioapic.h>

#include "ioapic_fixture.h"
#include "suite.h"

#define FIRST_VECTOR 0x30u
#define LOW_ACTIVE   0x00002000u
#define LEVEL        0x00008000u
#define MASKED       0x00010000u
#define STEPS        20000u

struct machine {
    struct hv_ioapic ioapic;
    uint64_t random;
    /* Requests of each device that the processor has not served. */
    unsigned waiting[HV_IOAPIC_PINS];
    unsigned served;
    unsigned asked;
    /* Vectors that the local APIC has accepted, and the one that is served: a bit each. */
    uint32_t accepted;
    uint32_t in_service;
    uint32_t masked;
    bool busy;
};

static struct machine machine;

static uint32_t roll(uint32_t sides)
{
    machine.random ^= machine.random << 13;
    machine.random ^= machine.random >> 7;
    machine.random ^= machine.random << 17;
    return (uint32_t)(machine.random >> 32) % sides;
}

/* A third of the pins each: edge, level, level and low active. */
static uint32_t kind(unsigned pin)
{
    return pin % 3 == 0 ? 0 : pin % 3 == 1 ? LEVEL : LEVEL | LOW_ACTIVE;
}

static bool accept(void *context, const struct hv_ioapic_message *message)
{
    uint32_t bit = 1u << message->pin;
    (void)context;
    ck_assert_uint_eq(message->vector, FIRST_VECTOR + message->pin);
    ck_assert_uint_eq(message->level, kind(message->pin) != 0);
    ck_assert_uint_eq(machine.masked & bit, 0);
    if (machine.busy) {
        return false;
    }
    ck_assert_uint_eq(machine.accepted & bit, 0);
    machine.accepted |= bit;
    return true;
}

static void set_asserted(unsigned pin, bool asserted)
{
    hv_ioapic_set_line(&machine.ioapic, pin, asserted != ((kind(pin) & LOW_ACTIVE) != 0));
}

static void set_masked(unsigned pin, bool masked)
{
    uint32_t bit = 1u << pin;
    machine.masked = masked ? machine.masked | bit : machine.masked & ~bit;
    ioapic_set_entry(&machine.ioapic, pin,
                     (FIRST_VECTOR + pin) | kind(pin) | (masked ? MASKED : 0));
}

/* A device whose interrupt is an edge has one request at a time, and none while it is masked. */
static void ask(unsigned pin)
{
    bool edge = kind(pin) == 0;
    if (edge && (machine.waiting[pin] != 0 || (machine.masked >> pin & 1) != 0)) {
        return;
    }
    machine.waiting[pin]++;
    machine.asked++;
    set_asserted(pin, true);
    if (edge) {
        set_asserted(pin, false);
    }
}

/* The processor begins to serve what was accepted, if it serves nothing; else it ends that. */
static void serve(void)
{
    unsigned pin = 0;
    if (machine.in_service != 0) {
        while ((machine.in_service >> pin & 1) == 0) {
            pin++;
        }
        machine.in_service = 0;
        if (kind(pin) != 0 && roll(2) == 0) {
            hv_ioapic_write(&machine.ioapic, HV_IOAPIC_EOI, 4, FIRST_VECTOR + pin);
        } else {
            hv_ioapic_eoi(&machine.ioapic, (uint8_t)(FIRST_VECTOR + pin));
        }
        return;
    }
    while (pin < HV_IOAPIC_PINS && (machine.accepted >> pin & 1) == 0) {
        pin++;
    }
    if (pin == HV_IOAPIC_PINS) {
        return;
    }
    machine.accepted &= ~(1u << pin);
    machine.in_service = 1u << pin;
    ck_assert_msg(machine.waiting[pin] != 0, "interrupt of pin %u without a request", pin);
    machine.served++;
    machine.waiting[pin]--;
    set_asserted(pin, machine.waiting[pin] != 0 && kind(pin) != 0);
}

static void save_and_restore(void)
{
    struct hv_ioapic_record record;
    hv_ioapic_save(&machine.ioapic, &record);
    ck_assert(hv_ioapic_restore(&machine.ioapic, &record, sizeof(record)));
}

static void set_busy(bool busy)
{
    machine.busy = busy;
    hv_ioapic_retry(&machine.ioapic);
}

static void step(void)
{
    switch (roll(16)) {
    case 0:
        set_busy(roll(2) == 0);
        return;
    case 1:
        set_masked(roll(HV_IOAPIC_PINS), roll(2) == 0);
        return;
    case 2:
        save_and_restore();
        return;
    case 3:
    case 4:
    case 5:
        ask(roll(HV_IOAPIC_PINS));
        return;
    default:
        serve();
    }
}

static void start(int seed)
{
    struct hv_ioapic_config config = { .backend = { NULL, accept }, .eoi_register = true };
    memset(&machine, 0, sizeof(machine));
    machine.random = 0x9E3779B97F4A7C15u * (uint64_t)(seed + 1);
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        config.idle_lines |= (kind(pin) & LOW_ACTIVE) != 0 ? 1u << pin : 0;
    }
    hv_ioapic_init(&machine.ioapic, &config);
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        set_masked(pin, false);
    }
}

static void finish(void)
{
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        set_masked(pin, false);
    }
    set_busy(false);
    for (unsigned i = 0; i < 2 * STEPS; i++) {
        serve();
    }
}

START_TEST(each_request_is_served_once)
{
    start(_i);
    for (unsigned i = 0; i < STEPS; i++) {
        step();
    }
    finish();
    ck_assert_uint_gt(machine.served, STEPS / 10);
    ck_assert_uint_eq(machine.served, machine.asked);
    ck_assert_uint_eq(machine.accepted | machine.in_service, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ioapic model");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_request_is_served_once, 0, 20);
    Suite *suite = suite_create("ioapic model");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
