/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallDispatchVp on several processors of the root: a VP runs on whichever makes the call, and
 * all of it comes along. Linux makes it wherever the thread of the VP happens to be.
 */
#include "parent_dispatch_support.h"

#define NEEDS_ROOT_WITH(count) NEEDS(.privileges = DISPATCH_PRIVILEGES, .vps = (count))

#define VECTOR      0x71
#define PATIENCE_US 3000000

/* A number at 0x3000, counted up in a loop by way of a register of which each processor has one:
   mov ebx, dr0; inc ebx; mov dr0, ebx; mov [0x3000], ebx; jmp */
static const uint8_t counting[] = { 0x0f, 0x21, 0xc3, 0x43, 0x0f, 0x23, 0xc3, 0x89,
                                    0x1d, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xf1 };

static uint32_t word(const struct child *child, uint32_t gpa)
{
    return *(const volatile uint32_t *)(const void *)(child->ram + gpa);
}

/* ---- The call, on any processor ---- */

/* What one processor is to dispatch; it has pages of its own for that. */
struct dispatcher {
    const struct child *child;
    struct hv_input_dispatch_vp *input;
    volatile struct hv_output_dispatch_vp *output;
    uint16_t status;    /* of the latest call */
    unsigned refusals;  /* calls that were refused */
    uint32_t goal;      /* number at 0x3000 that it is to get beyond */
    volatile bool stop; /* it is to end */
};

static void make_dispatcher(struct dispatcher *dispatcher, const struct child *child)
{
    *dispatcher = (struct dispatcher){ .child = child };
    dispatcher->input = (void *)child_page(0);
    dispatcher->output = (void *)child_page(PARENT_MARK);
    dispatcher->input->partition_id = child->id;
}

/* Once. */
static void dispatch(struct dispatcher *dispatcher)
{
    dispatcher->status =
        hv_result_status(hv_call(HvCallDispatchVp, phys_of(dispatcher->input),
                                 phys_of((const volatile void *)dispatcher->output)));
    dispatcher->refusals += dispatcher->status != HV_STATUS_SUCCESS;
}

static bool is_ready(const struct dispatcher *dispatcher)
{
    return dispatcher->output->dispatch_state == HV_DISPATCH_STATE_READY &&
           dispatcher->output->dispatch_event == HV_DISPATCH_EVENT_NONE;
}

/* Until the number is beyond its goal. */
static void advance(void *argument)
{
    const uint64_t end = rdtsc() + tsc_from_us(PATIENCE_US);
    struct dispatcher *dispatcher = argument;

    do
        dispatch(dispatcher);
    while (dispatcher->status == HV_STATUS_SUCCESS && is_ready(dispatcher) &&
           word(dispatcher->child, 0x3000) <= dispatcher->goal && rdtsc() < end);
}

static void advance_on(uint32_t cpu, struct dispatcher *dispatcher)
{
    const uint32_t before = word(dispatcher->child, 0x3000);

    dispatcher->goal = before;
    CHECK_NO_FAULT(smp_call(cpu, advance, dispatcher));
    REQUIRE_EQ(dispatcher->status, HV_STATUS_SUCCESS);
    CHECK(word(dispatcher->child, 0x3000) > before, "the VP has not run on CPU %u", cpu);
}

static void load_counting(const struct child *child, uint32_t from)
{
    child_load(child, 0, counting, sizeof(counting));
    child_set(child, 0, HvX64RegisterDr0, from);
    child_run(child, 0);
}

/* ---- Where a VP runs ---- */

HV_TEST(scheduler, a_vp_runs_on_each_processor_that_dispatches_it, COVERS(HV_REQ_SCHED_024),
        NEEDS_ROOT_WITH(2), "The thread that runs a VP moves to another processor")
{
    struct child child = dispatch_begin();
    struct dispatcher dispatcher;
    uint32_t before;

    make_dispatcher(&dispatcher, &child);
    load_counting(&child, 0);
    for (uint32_t i = 0; i < 40; i++) {
        advance_on(i % cpu_count(), &dispatcher);
        before = word(&child, 0x3000);
        udelay(100);
        CHECK_EQ(word(&child, 0x3000), before);
    }
}

/* Both processors want what the other one has had. */
HV_TEST(scheduler, vps_change_places, COVERS(HV_REQ_SCHED_024), NEEDS_ROOT_WITH(2),
        "Registers that stay in a processor while others run are those of the VP that comes")
{
    const uint32_t other_from = 0x40000000;
    struct child first = dispatch_begin(), second = child_make(DISPATCH_CHILD);
    struct dispatcher dispatchers[2];

    child_add_vp(&second, 0);
    make_dispatcher(&dispatchers[0], &first);
    make_dispatcher(&dispatchers[1], &second);
    load_counting(&first, 0);
    load_counting(&second, other_from);
    for (unsigned i = 0; i < 100; i++) {
        struct dispatcher *here = &dispatchers[i % 2], *there = &dispatchers[!(i % 2)];

        here->goal = word(here->child, 0x3000);
        there->goal = word(there->child, 0x3000);
        smp_start(1, advance, there);
        advance(here);
        CHECK_NO_FAULT(smp_join(1));
        REQUIRE_EQ(here->status, HV_STATUS_SUCCESS);
        REQUIRE_EQ(there->status, HV_STATUS_SUCCESS);
        CHECK(word(here->child, 0x3000) > here->goal, "the VP has not run here");
        CHECK(word(there->child, 0x3000) > there->goal, "the VP has not run there");
        REQUIRE(word(&first, 0x3000) < other_from && word(&second, 0x3000) >= other_from,
                "a VP counts with another's register");
    }
}

static void dispatch_until_stopped(void *argument)
{
    struct dispatcher *dispatcher = argument;

    while (!dispatcher->stop && dispatcher->refusals == 0)
        dispatch(dispatcher);
}

HV_TEST(scheduler, a_vp_that_is_dispatched_elsewhere_is_refused,
        COVERS(HV_REQ_SCHED_023, HV_REQ_SCHED_024), NEEDS_ROOT_WITH(2),
        "A VP that runs twice at a time is two VPs")
{
    const uint64_t end = rdtsc() + tsc_from_us(PATIENCE_US);
    struct child child = dispatch_begin();
    struct dispatcher here, there;

    make_dispatcher(&here, &child);
    make_dispatcher(&there, &child);
    load_counting(&child, 0);
    smp_start(1, dispatch_until_stopped, &there);
    do {
        memset((void *)(uintptr_t)here.output, PARENT_MARK, sizeof(*here.output));
        dispatch(&here);
    } while (here.refusals == 0 && there.refusals == 0 && rdtsc() < end);
    there.stop = true;
    CHECK_NO_FAULT(smp_join(1));
    CHECK_EQ(here.refusals + there.refusals, 1);
    CHECK_EQ(here.refusals ? here.status : there.status, HV_STATUS_INVALID_VP_STATE);
    if (here.refusals)
        CHECK_EQ(here.output->dispatch_state, PARENT_MARK * 0x01010101u);
    advance_on(0, &here);
}

/* ---- What comes along ---- */

/* Reads 0x9000 to 0x3004, then counts: mov eax, [0x9000]; mov [0x3004], eax; inc dword [0x3000] */
static const uint8_t reading[] = { 0xa1, 0x00, 0x90, 0x00, 0x00, 0xa3, 0x04, 0x30, 0x00,
                                   0x00, 0xff, 0x05, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xee };

static void map_page(const struct child *child, const uint8_t *page)
{
    const uint64_t source = page_number(page);

    REQUIRE_EQ(hv_result_status(parent_map(child->id, 9, CHILD_ALL_RIGHTS, &source, 1)),
               HV_STATUS_SUCCESS);
}

HV_TEST(scheduler, a_vp_that_comes_back_has_forgotten_old_pages, COVERS(HV_REQ_SCHED_024),
        NEEDS_ROOT_WITH(2), "A processor that it has left knows what was taken away meanwhile")
{
    struct child child = dispatch_begin();
    uint8_t *pages[2];
    struct dispatcher dispatcher;

    for (unsigned i = 0; i < 2; i++)
        pages[i] = child_page((uint8_t)(0x11 * (i + 1)));
    make_dispatcher(&dispatcher, &child);
    child_load(&child, 0, reading, sizeof(reading));
    child_run(&child, 0);
    for (unsigned i = 0; i < 40; i++) {
        map_page(&child, pages[i / 2 % 2]);
        advance_on(i % 2, &dispatcher);
        advance_on(i % 2, &dispatcher);
        CHECK_EQ(word(&child, 0x3004), *(const uint32_t *)(const void *)pages[i / 2 % 2]);
    }
}

/* The local APIC on, and a loop that sets its timer to as many ticks as the immediate says, once,
   and halts. */
static const uint8_t timed[] = {
    CHILD_ENABLE_APIC, /* */
    0xc7,
    0x05,
    0xe0,
    0x03,
    0xe0,
    0xfe,
    0x0b,
    0x00,
    0x00,
    0x00, /* divide by 1 */
    0xc7,
    0x05,
    0x20,
    0x03,
    0xe0,
    0xfe,
    VECTOR,
    0x00,
    0x00,
    0x00, /* local vector table */
    0xfb, /* sti */
    0xc7,
    0x05,
    0x80,
    0x03,
    0xe0,
    0xfe,
    0x00,
    0x00,
    0x00,
    0x00, /* initial count */
    0xf4,
    0xeb,
    0xf3,
};

#define TIMED_COUNT 37 /* offset of the initial count */

static void run_until_blocked(void *argument)
{
    const uint64_t end = rdtsc() + tsc_from_us(PATIENCE_US);
    struct dispatcher *dispatcher = argument;

    do
        dispatch(dispatcher);
    while (dispatcher->status == HV_STATUS_SUCCESS && is_ready(dispatcher) && rdtsc() < end);
}

static void block_on(uint32_t cpu, struct dispatcher *dispatcher)
{
    CHECK_NO_FAULT(smp_call(cpu, run_until_blocked, dispatcher));
    REQUIRE_EQ(dispatcher->status, HV_STATUS_SUCCESS);
    CHECK_EQ(dispatcher->output->dispatch_state, HV_DISPATCH_STATE_BLOCKED);
}

static bool wait_for_signal(volatile const uint64_t *counters)
{
    const uint64_t end = rdtsc() + tsc_from_us(PATIENCE_US);

    while (counters[VpRootDispatchThreadBlocked] && rdtsc() < end)
        cpu_pause();
    return !counters[VpRootDispatchThreadBlocked];
}

HV_TEST(scheduler, a_timer_comes_along, COVERS(HV_REQ_SCHED_024, HV_REQ_SCHED_020),
        NEEDS(.privileges = DISPATCH_PRIVILEGES | HV_PRIVILEGE_AccessStats |
                            HV_PRIVILEGE_AccessFrequencyRegs,
              .vps = 2),
        "It was armed on a processor that has nothing to do with the VP any more")
{
    struct child child = dispatch_begin();
    const uint32_t ticks = (uint32_t)(rdmsr(HV_X64_MSR_APIC_FREQUENCY) / 10);
    volatile const uint64_t *counters = dispatch_map_counters(&child);
    struct dispatcher dispatcher;
    uint8_t code[sizeof(timed)];

    memcpy(code, timed, sizeof(code));
    memcpy(code + TIMED_COUNT, &ticks, sizeof(ticks));
    make_dispatcher(&dispatcher, &child);
    child_load(&child, 0, code, sizeof(code));
    child_add_handlers(&child, 0);
    child_run(&child, 0);
    for (uint32_t i = 0; i < 4; i++) {
        const unsigned before = child_interrupts(&child, VECTOR);

        block_on(i % 2, &dispatcher);
        block_on(!(i % 2), &dispatcher);
        CHECK(wait_for_signal(counters), "the timer has not come");
        block_on(i % 2, &dispatcher);
        CHECK(child_interrupts(&child, VECTOR) > before, "nor has its interrupt");
    }
}

/* ---- What comes meanwhile ---- */

#define INTERRUPTS 2000

/* Processors that dispatch a VP in turn, while another one interrupts it. */
static struct {
    struct dispatcher dispatchers[2];
    volatile const uint64_t *counters;
    volatile uint32_t turn;
    volatile bool stop;
} movers;

/* Each other time it dispatches only when the VP is signalled, else at once: so that it moves while
   something comes, and nothing but a signal helps when that was lost. */
static void move(void *argument)
{
    const uint32_t own = (uint32_t)(uintptr_t)argument;
    struct dispatcher *dispatcher = &movers.dispatchers[own];

    for (unsigned i = 0; !movers.stop; i++) {
        while (!movers.stop &&
               (movers.turn != own || (i % 2 && movers.counters[VpRootDispatchThreadBlocked])))
            cpu_pause();
        if (movers.stop || dispatcher->refusals)
            return;
        run_until_blocked(dispatcher);
        movers.turn = !own;
    }
}

static bool wait_interrupts(const struct child *child, unsigned count)
{
    const uint64_t end = rdtsc() + tsc_from_us(PATIENCE_US);

    while (child_interrupts(child, VECTOR) != count % 256 && rdtsc() < end)
        cpu_pause();
    return child_interrupts(child, VECTOR) == count % 256;
}

/* The local APIC on, interrupts too, and HLT in a loop. */
static const uint8_t halting[] = { CHILD_ENABLE_APIC, 0xfb, 0xf4, 0xeb, 0xfd };

HV_TEST(scheduler, no_interrupt_is_lost_while_a_vp_moves,
        COVERS(HV_REQ_SCHED_024, HV_REQ_SCHED_020),
        NEEDS(.privileges = DISPATCH_PRIVILEGES | HV_PRIVILEGE_AccessStats, .vps = 3),
        "It goes to the processor that the VP has just left, and the guest sleeps for ever")
{
    struct child child = dispatch_begin();
    unsigned i = 0;

    movers.counters = dispatch_map_counters(&child);
    movers.turn = 0;
    movers.stop = false;
    child_load(&child, 0, halting, sizeof(halting));
    child_add_handlers(&child, 0);
    child_run(&child, 0);
    /* Before it is interrupted its local APIC is on. */
    for (uintptr_t own = 0; own < 2; own++) {
        make_dispatcher(&movers.dispatchers[own], &child);
        block_on(0, &movers.dispatchers[own]);
        smp_start(1 + (uint32_t)own, move, (void *)own);
    }
    do {
        if (parent_assert(child.id, HvX64InterruptTypeFixed, 0, VECTOR) != HV_STATUS_SUCCESS)
            break;
    } while (wait_interrupts(&child, i + 1) && ++i < INTERRUPTS);
    movers.stop = true;
    for (unsigned own = 0; own < 2; own++) {
        CHECK_NO_FAULT(smp_join(1 + own));
        CHECK_EQ(movers.dispatchers[own].refusals, 0);
    }
    CHECK_EQ(i, INTERRUPTS);
}
