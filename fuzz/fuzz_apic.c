/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A local APIC under any sequence of register accesses, interrupts and time, with its invariants
 * and a second opinion on its timer; one that was saved and restored beside one that was not; and a
 * guest that uses its EOI assist well or ill.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "apic.h"
#include "apic_bits.h"
#include "apic_record.h"
#include "fuzz.h"
#include "ratio.h"

#define ID          7u
#define STEP_SIZE   10u /* what to do, a register or vector, and 8 bytes of value */
#define FIRST_LEGAL HV_APIC_FIRST_VECTOR
#define REGISTERS   0x40u
#define NONE        UINT64_MAX
#define LAST        (UINT64_MAX - 1) /* where deadlines end; time ends before */

struct machine {
    struct hv_apic apic;
    struct hv_apic_clock clock;
    uint64_t now;
    /* The second opinion. */
    uint64_t due;       /* when the next timer interrupt may come, or NONE */
    bool count_falls;   /* since the last read nothing has set the counter */
    uint64_t count;     /* as it was read last */
    uint32_t assist[2]; /* where the EOI assist may be */
    bool scribbled;     /* the guest has written there what it should not */
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* ---- Invariants ---- */

static unsigned class_of(int vector)
{
    return (unsigned)vector >> 4;
}

static void check_vectors(const struct hv_apic *apic)
{
    int pending = hv_apic_pending(apic), behind = hv_apic_pending_behind_tpr(apic);
    unsigned priority = hv_apic_processor_priority(apic);

    require(((apic->irr[0] | apic->isr[0] | apic->tmr[0]) & 0xFFFF) == 0);
    for (unsigned i = 0; i < HV_APIC_WORDS; i++)
        for (unsigned shift = 0; shift < 32; shift += 16) {
            uint32_t in_class = apic->isr[i] >> shift & 0xFFFF;

            require((in_class & (in_class - 1)) == 0);
        }
    require(class_of(apic->tpr) <= priority >> 4);
    require(pending == HV_APIC_NO_VECTOR ||
            (class_of(pending) > priority >> 4 && hv_apic_test(apic->irr, (unsigned)pending) &&
             behind == pending));
}

/* A guest is told to omit an EOI only where that is safe, and the bit is nowhere else. */
static void check_assist(const struct machine *machine)
{
    const struct hv_apic *apic = &machine->apic;
    int vector = hv_apic_in_service(apic);

    if (apic->eoi_spared) {
        require(apic->assist != NULL && vector != HV_APIC_NO_VECTOR);
        require(!hv_apic_test(apic->tmr, (unsigned)vector) && !hv_apic_has_request(apic));
    }
    for (unsigned i = 0; i < 2 && !machine->scribbled; i++)
        require(machine->assist[i] == 0 ||
                (machine->assist[i] == HV_VP_ASSIST_NO_EOI_REQUIRED && apic->eoi_spared &&
                 apic->assist == &machine->assist[i]));
}

static void check_registers(const struct hv_apic *apic)
{
    for (unsigned i = 0; i < HV_APIC_LVT_ENTRIES; i++) {
        require((apic->lvt[i] & ~hv_apic_lvt_writable(HV_APIC_LVT_TIMER + i)) == 0);
        require((apic->svr & HV_APIC_SVR_ENABLE) || (apic->lvt[i] & HV_APIC_LVT_MASKED));
    }
    require(hv_apic_is_enabled(apic) || !hv_apic_is_x2(apic));
    require(!hv_apic_is_x2(apic) || apic->ldr == 1u << ID);
}

static void check_timer(const struct hv_apic *apic)
{
    const struct hv_apic_timer *timer = &apic->timer;
    enum hv_apic_timer_mode mode = hv_apic_timer_mode_of(apic->lvt[0]);

    require(timer->armed || timer->deadline == HV_APIC_NEVER);
    require((timer->divide & ~HV_APIC_DIVIDE_DEFINED) == 0);
    if (mode <= HV_APIC_PERIODIC)
        require(!timer->armed || (timer->initial != 0 && timer->period != 0));
    else
        require(timer->initial == 0 && (!timer->armed || mode == HV_APIC_TSC_DEADLINE));
}

/* ---- Time ---- */

static bool timer_is_requested(const struct hv_apic *apic)
{
    return hv_apic_test(apic->irr, apic->lvt[0] & HV_APIC_LVT_VECTOR_MASK);
}

static enum hv_apic_timer_mode mode_of(const struct machine *machine)
{
    return hv_apic_timer_mode_of(machine->apic.lvt[0]);
}

/* Whatever reached the timer has been done: when may it fire? */
static void expect_timer(struct machine *machine)
{
    machine->due = machine->apic.timer.armed ? machine->apic.timer.deadline : NONE;
    machine->count_falls = false;
}

/* Serves the timer and checks that it fires when and only when it is due, and once. */
static void serve(struct machine *machine)
{
    struct hv_apic *apic = &machine->apic;
    bool was_requested = timer_is_requested(apic), is_due = machine->now >= machine->due;
    bool fires = is_due && !(apic->lvt[0] & HV_APIC_LVT_MASKED) &&
                 (apic->lvt[0] & HV_APIC_LVT_VECTOR_MASK) >= FIRST_LEGAL;
    uint64_t period = apic->timer.period;

    hv_apic_timer_expire(apic, machine->now);
    require(timer_is_requested(apic) == (was_requested || fires));
    if (!is_due) {
        require(apic->timer.deadline == machine->due);
        return;
    }
    if (mode_of(machine) == HV_APIC_PERIODIC) {
        require(apic->timer.deadline > machine->now);
        require(apic->timer.deadline == LAST ||
                (apic->timer.deadline - machine->due) % period == 0);
    } else {
        require(!apic->timer.armed);
    }
    expect_timer(machine);
}

static void read_count(struct machine *machine)
{
    uint64_t count;

    serve(machine);
    require(hv_apic_read(&machine->apic, HV_APIC_CURRENT_COUNT, machine->now, &count));
    require(count <= machine->apic.timer.initial);
    require((count != 0) == (machine->apic.timer.armed && mode_of(machine) <= HV_APIC_PERIODIC));
    require(!machine->count_falls || count <= machine->count);
    machine->count_falls = true;
    machine->count = count;
}

/* ---- Accesses ---- */

static void check_started(const struct machine *machine, uint32_t count)
{
    const struct hv_apic_timer *timer = &machine->apic.timer;
    unsigned shift = (((timer->divide & 8) >> 1 | (timer->divide & 3)) + 1) & 7;
    unsigned __int128 ticks =
        (unsigned __int128)((uint64_t)count << shift) * machine->clock.tsc_per_tick;

    if (mode_of(machine) > HV_APIC_PERIODIC)
        return;
    require(timer->armed == (count != 0));
    /* Never earlier than the count says, and less than a tick later. */
    if (timer->armed && timer->deadline != LAST) {
        uint64_t left = timer->deadline - machine->now;

        require(((unsigned __int128)left << 32) >= ticks);
        require(left <= machine->clock.min_period || ((unsigned __int128)(left - 1) << 32) < ticks);
    }
}

/* A disabled APIC has no registers, but for the synthetic MSRs. */
static bool can_access(const struct hv_apic *apic, unsigned reg)
{
    return hv_apic_is_enabled(apic) || reg == HV_APIC_ICR || reg == HV_APIC_EOI;
}

static void write_register(struct machine *machine, unsigned reg, uint64_t value)
{
    struct hv_apic before;
    struct hv_apic_effect effect;

    if (!can_access(&machine->apic, reg))
        return;
    serve(machine);
    before = machine->apic;
    effect = hv_apic_write(&machine->apic, reg, value, machine->now);
    if (effect.kind == HV_APIC_FAULT) {
        require(hv_apic_is_x2(&machine->apic));
        require(memcmp(&before, &machine->apic, sizeof(before)) == 0);
        return;
    }
    if (reg == HV_APIC_INITIAL_COUNT)
        check_started(machine, (uint32_t)value);
    if (effect.kind == HV_APIC_SEND)
        require((effect.command & ~(UINT64_C(0xFFFFFFFF00000000) | HV_APIC_ICR_DEFINED_LOW)) == 0);
    if (effect.kind == HV_APIC_TIMER)
        expect_timer(machine);
    else
        require(machine->apic.timer.deadline == machine->due);
}

static void read_register(struct machine *machine, unsigned reg)
{
    struct hv_apic before;
    uint64_t value = 0;

    if (!can_access(&machine->apic, reg))
        return;
    serve(machine);
    hv_apic_note_spared_eoi(&machine->apic);
    before = machine->apic;
    if (!hv_apic_read(&machine->apic, reg, machine->now, &value)) {
        require(hv_apic_is_x2(&machine->apic));
    } else {
        require(value <= UINT32_MAX || reg == HV_APIC_ICR);
        /* A register that is not there leaves a trace in the ESR, and what that interrupts. */
        if (before.errors != machine->apic.errors) {
            require(!hv_apic_is_x2(&before) && value == 0);
            require((before.errors ^ machine->apic.errors) & HV_APIC_ESR_ILLEGAL_REGISTER);
            return;
        }
    }
    require(memcmp(&before, &machine->apic, sizeof(before)) == 0);
}

static void write_base(struct machine *machine, uint8_t modes, uint64_t noise)
{
    struct hv_apic before = machine->apic;
    uint64_t value = hv_apic_base(&machine->apic) & ~(HV_APIC_BASE_ENABLE | HV_APIC_BASE_EXTD);

    value |= (uint64_t)(modes & 3) << 10;
    value ^= modes & 4 ? noise : 0;
    if (hv_apic_write_base(&machine->apic, value).kind == HV_APIC_FAULT)
        require(memcmp(&before, &machine->apic, sizeof(before)) == 0);
    else
        require(hv_apic_base(&machine->apic) == value);
    expect_timer(machine);
}

static void write_deadline(struct machine *machine, uint64_t value)
{
    serve(machine);
    hv_apic_write_deadline(&machine->apic, value, machine->now);
    if (mode_of(machine) == HV_APIC_TSC_DEADLINE) {
        require(machine->apic.timer.armed == (value > machine->now));
        require(hv_apic_read_deadline(&machine->apic, machine->now) ==
                (value > machine->now ? value : 0));
        require(value == 0 || value > machine->now || (machine->apic.lvt[0] & HV_APIC_LVT_MASKED) ||
                (machine->apic.lvt[0] & HV_APIC_LVT_VECTOR_MASK) < FIRST_LEGAL ||
                timer_is_requested(&machine->apic));
    } else {
        require(hv_apic_read_deadline(&machine->apic, machine->now) == 0);
    }
    expect_timer(machine);
}

/* ---- Interrupts ---- */

static void take(struct machine *machine, bool auto_eoi)
{
    struct hv_apic *apic = &machine->apic;
    int vector = hv_apic_pending(apic), service = hv_apic_in_service(apic);

    if (vector == HV_APIC_NO_VECTOR)
        return;
    require(service == HV_APIC_NO_VECTOR || class_of(vector) > class_of(service));
    hv_apic_accept(apic, (uint8_t)vector, auto_eoi);
    require(!hv_apic_test(apic->irr, (unsigned)vector));
    require(hv_apic_in_service(apic) == (auto_eoi ? service : vector));
    if (!auto_eoi)
        hv_apic_spare_eoi(apic);
}

static void complete(struct hv_apic *apic)
{
    struct hv_apic_effect effect;
    int service;
    bool level;

    hv_apic_note_spared_eoi(apic);
    service = hv_apic_in_service(apic);
    level = service != HV_APIC_NO_VECTOR && hv_apic_test(apic->tmr, (unsigned)service);
    effect = hv_apic_eoi(apic);
    require(!apic->eoi_spared);
    require((effect.kind == HV_APIC_EOI_SENT) == level);
    require(!level || effect.vector == service);
    require(service == HV_APIC_NO_VECTOR || hv_apic_in_service(apic) < service);
}

/* As the TLFS asks for. */
static void complete_by_assist(struct hv_apic *apic)
{
    uint32_t old = apic->assist ? *apic->assist : 0;

    if (apic->assist)
        *apic->assist = 0;
    if (!(old & HV_VP_ASSIST_NO_EOI_REQUIRED)) {
        complete(apic);
        return;
    }
    hv_apic_note_spared_eoi(apic);
    require(!apic->eoi_spared);
}

static void post(struct hv_apic *apic, uint8_t vector, bool level)
{
    bool had = hv_apic_has_post(apic);

    require(hv_apic_post(apic, vector, level) == !had);
    require(hv_apic_has_post(apic));
}

static void post_event(struct hv_apic *apic, uint8_t selector, uint8_t vector)
{
    if (selector & 0x80)
        hv_apic_post_event(apic, HV_APIC_EVENT_EXTINT, HV_APIC_NO_VECTOR);
    else if (selector & 0x40)
        hv_apic_post_withdrawal(apic);
    else
        hv_apic_post_event(apic, (enum hv_apic_event)(1u << selector % 4), vector);
    require(hv_apic_has_post(apic));
}

/* ---- Save and restore ---- */

/* The APIC goes on as one that came out of its own record, at another time. */
static void migrate(struct machine *machine, uint64_t to)
{
    struct hv_apic_record record, again;
    struct hv_apic fresh;

    serve(machine);
    hv_apic_save(&machine->apic, machine->now, &record);
    hv_apic_init(&fresh, &machine->clock, ID, true);
    require(hv_apic_restore(&fresh, &record, sizeof(record), to));
    hv_apic_save(&fresh, to, &again);
    /* At the end of time less may be left. */
    if (again.timer_left != record.timer_left)
        require(again.timer_left < record.timer_left);
    again.timer_left = record.timer_left;
    again.timer_armed = record.timer_armed;
    if (to < UINT64_MAX / 2)
        require(memcmp(&record, &again, sizeof(record)) == 0);
    machine->apic = fresh;
    machine->now = to;
    expect_timer(machine);
}

static void restore(struct machine *machine, const uint8_t *data, size_t size)
{
    struct hv_apic before;

    serve(machine);
    before = machine->apic;
    if (!hv_apic_restore(&machine->apic, data, size, machine->now))
        require(memcmp(&before, &machine->apic, sizeof(before)) == 0);
    expect_timer(machine);
}

/* A valid record with some bytes of another: gets further than one of noise. */
static void restore_changed(struct machine *machine, uint8_t at, uint64_t value)
{
    struct hv_apic_record record;

    serve(machine);
    hv_apic_save(&machine->apic, machine->now, &record);
    memcpy((uint8_t *)&record + at % (sizeof(record) - sizeof(value)), &value, sizeof(value));
    restore(machine, (const uint8_t *)&record, sizeof(record));
}

/* ---- Steps ---- */

static void pass(struct machine *machine, uint64_t time)
{
    machine->now = time < LAST - machine->now ? machine->now + time : LAST - 1;
}

static void do_step(struct machine *machine, const uint8_t *step)
{
    struct hv_apic *apic = &machine->apic;
    unsigned reg = step[1] % REGISTERS;
    uint64_t value;

    memcpy(&value, step + 2, sizeof(value));
    switch (step[0] % 23) {
    case 0:
    case 1:
        write_register(machine, reg, value);
        break;
    case 2:
    case 3: /* most registers have few bits */
        write_register(machine, reg, (uint32_t)value & 0xF8FFF);
        break;
    case 4:
        read_register(machine, reg);
        break;
    case 5:
        read_count(machine);
        break;
    case 6:
        hv_apic_request(apic, step[1], value & 1);
        break;
    case 7:
        take(machine, value & 1);
        break;
    case 8:
        complete(apic);
        break;
    case 9:
        post(apic, step[1], value & 1);
        break;
    case 10:
        post_event(apic, step[1], (uint8_t)value);
        break;
    case 11:
        require((hv_apic_take_posts(apic) & ~UINT32_C(0xF)) == 0);
        require(!hv_apic_has_post(apic));
        break;
    case 12:
        hv_apic_set_tpr(apic, step[1]);
        break;
    case 13:
        write_base(machine, step[1], value);
        break;
    case 14:
        write_deadline(machine, step[1] & 1 ? value : machine->now + (uint16_t)value);
        break;
    case 15:
        pass(machine, value >> step[1] % 64);
        serve(machine);
        break;
    case 16: /* to just before the deadline, or to it */
        if (machine->due < LAST && machine->due > machine->now + 1)
            machine->now = machine->due - (value & 1);
        serve(machine);
        break;
    case 17:
        hv_apic_reset(apic);
        expect_timer(machine);
        break;
    case 18:
        migrate(machine, (value >> step[1] % 64) % LAST);
        break;
    case 19:
        restore_changed(machine, step[1], value);
        break;
    case 20:
        hv_apic_set_assist(apic, step[1] & 1 ? &machine->assist[step[1] >> 1 & 1] : NULL);
        break;
    case 21:
        machine->scribbled = true;
        machine->assist[step[1] & 1] = (uint32_t)value;
        break;
    default:
        complete_by_assist(apic);
        break;
    }
}

static const struct hv_apic_clock clocks[] = {
    { UINT64_C(10) << 32, (UINT64_C(1) << 32) / 10, 40000 },
    { UINT64_C(1) << 32, UINT64_C(1) << 32, 1 },
    { (UINT64_C(1) << 32) / 3, UINT64_C(3) << 32, 1 },
    { 517775000000, 35627334, 58000 }, /* 2893.2 MHz and 24 MHz */
    { UINT64_C(1) << 56, 1 << 8, 1 },
    { 1 << 8, UINT64_C(1) << 56, 1 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine machine = { .due = NONE };

    if (size < 1)
        return 0;
    machine.clock = clocks[(data[0] & 0xF) % (sizeof(clocks) / sizeof(clocks[0]))];
    hv_apic_init(&machine.apic, &machine.clock, ID, true);
    if (data[0] & 0x10)
        hv_apic_write(&machine.apic, HV_APIC_SVR, 0x1FF, 0);
    if (data[0] & 0x20)
        hv_apic_write_base(&machine.apic, hv_apic_base(&machine.apic) | HV_APIC_BASE_EXTD);
    machine.now = data[0] & 0x40 ? UINT64_C(1) << 63 : 0;
    if (data[0] & 0x80)
        restore(&machine, data + 1, size - 1);
    for (data++, size--; size >= STEP_SIZE; data += STEP_SIZE, size -= STEP_SIZE) {
        do_step(&machine, data);
        check_vectors(&machine.apic);
        check_assist(&machine);
        check_registers(&machine.apic);
        check_timer(&machine.apic);
    }
    return 0;
}
