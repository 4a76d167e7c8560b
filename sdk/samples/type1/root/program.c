/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "program.h"

#include "call.h"
#include "child.h"
#include "host.h"
#include "mem.h"

#define MILLISECOND   UINT64_C(10000) /* in units of 100 ns */
#define TURN          (5 * MILLISECOND)
#define MOST_MESSAGES 64u /* one after the other, before other children's devices */

/* The VP that is dispatched, until it has had its slice or can't go on. */
struct turn {
    uint32_t child, vp_index;
    uint64_t end;
};

struct program {
    struct root_child *child[HV_MACHINE_MAX_MACHINES]; /* NULL: it is buried */
    uint32_t count;
    struct root_pool own;
    struct root_keyboard keyboard;
    const char *watched; /* name of the machine whose console has the port at first; NULL: none */
    uint32_t shown;      /* index of the one that has it now */
    bool as_expected;
    struct turn turn;
    bool schedules; /* VPs of children run when they are dispatched */
};

static uint64_t child_pages(void)
{
    return (sizeof(struct root_child) + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
}

/* ---- Beginning and end of a child ---- */

static struct root_console *first_console(struct root_child *child)
{
    if (child->machine.device_count == 0)
        return NULL;
    return &child->console[child->machine.devices[0].kind == HV_MACHINE_DEVICE_COM2 ? 1 : 0];
}

static void join_consoles(struct program *program, struct root_child *child)
{
    bool is_watched = program->watched && strcmp(program->watched, child->machine.name) == 0;
    struct root_console *console = first_console(child);

    for (unsigned i = 0; i < WORKER_COM_PORTS; i++)
        child->console[i].hidden = program->watched != NULL;
    if (!is_watched || !console)
        return;
    console->keyboard = &program->keyboard;
    program->shown = program->count;
}

/* The console of the machine after that which is shown, if there is one. */
static void show_next(struct program *program)
{
    struct root_child *shown = program->child[program->shown];

    if (shown && first_console(shown))
        first_console(shown)->keyboard = NULL;
    for (uint32_t i = 0; i < program->count; i++) {
        struct root_child *child;

        program->shown = (program->shown + 1) % program->count;
        child = program->child[program->shown];
        if (child && first_console(child)) {
            first_console(child)->keyboard = &program->keyboard;
            root_host_say("console of %s", child->machine.name);
            return;
        }
    }
}

static void start(struct program *program, const struct hv_machine *machine)
{
    struct root_child *child = root_host_take_pages(child_pages(), 0);

    if (!child) {
        root_host_say("child %s ended: error: no memory for its machine", machine->name);
        program->as_expected = false;
        return;
    }
    child->machine = *machine;
    child->partition.own = &program->own;
    child->partition.dispatched = program->schedules;
    join_consoles(program, child);
    program->child[program->count++] = child;
    root_child_start(child);
}

static void bury(struct program *program, uint32_t index)
{
    struct root_child *child = program->child[index];

    program->as_expected &= root_child_bury(child);
    root_host_give_pages(child, child_pages());
    program->child[index] = NULL;
    if (program->watched && !program->keyboard.left && index == program->shown)
        show_next(program);
}

/* ---- All of them ---- */

static struct root_child *find(const struct program *program, uint64_t partition)
{
    for (uint32_t i = 0; i < program->count; i++)
        if (program->child[i] && program->child[i]->partition.pool.partition == partition)
            return program->child[i];
    return NULL;
}

static void take_signals(struct program *program, const struct hv_message *message)
{
    struct hv_scheduler_vp_signal_pair_message signals;

    memcpy(&signals, message->payload, sizeof(signals));
    for (uint32_t i = 0; i < signals.vp_count && i < HV_SCHEDULER_SIGNAL_PAIRS; i++) {
        struct root_child *child = find(program, signals.partition_ids[i]);

        if (child)
            root_child_signal(child, signals.vp_indexes[i]);
    }
}

/* Intercepts and their like begin with the index of their VP. */
static uint32_t vp_index_of(const struct hv_message *message)
{
    return (uint32_t)message->payload[0];
}

/* The slot is freed before the child's VP goes on, as its next message may come at once. */
static void pass_message(struct root_child *child, const struct hv_message *slot)
{
    uint32_t vp_index = vp_index_of(slot);
    struct hv_message message;

    if (slot->header.message_type == HvMessageTypeOpaqueIntercept) {
        root_host_free_message();
        root_child_intercept(child, vp_index);
        return;
    }
    memcpy(&message, slot, sizeof(message));
    root_host_free_message();
    root_child_message(child, vp_index, &message);
}

static bool take_message(struct program *program)
{
    const struct hv_message *slot = root_host_message();
    struct root_child *child;

    if (!slot)
        return false;
    child = find(program, slot->header.origination_id);
    if (slot->header.message_type == HvMessageTypeSchedulerVpSignalPair) {
        take_signals(program, slot);
        root_host_free_message();
    } else if (child) {
        pass_message(child, slot);
    } else {
        root_host_free_message();
    }
    return true;
}

/* A VP whose intercepts are quickly dealt with goes on, or one that never has any would get all
   time between them. */
static bool has_turn(const struct program *program, uint64_t now)
{
    const struct root_child *child = program->child[program->turn.child];
    uint32_t vp_index = program->turn.vp_index;

    return child && now < program->turn.end && root_child_find_ready(child, &vp_index) &&
           vp_index == program->turn.vp_index;
}

/* The next that is ready; false: there is none. */
static bool give_turn(struct program *program, uint64_t now)
{
    struct turn *turn = &program->turn;

    turn->vp_index++;
    turn->end = now + TURN;
    for (uint32_t i = 0; i <= program->count; i++) {
        const struct root_child *child = program->child[turn->child];

        if (child && root_child_find_ready(child, &turn->vp_index))
            return true;
        turn->child = (turn->child + 1) % program->count;
        turn->vp_index = 0;
    }
    return false;
}

/* Runs a VP, where the root schedules. False: none is ready, or something has come for the root. */
static bool dispatch(struct program *program)
{
    uint64_t now = root_host_now();
    bool interrupted = false;
    struct root_child *child;

    if (!has_turn(program, now) && !give_turn(program, now))
        return false;
    child = program->child[program->turn.child];
    root_host_wake_at(root_child_deadline(child));
    root_child_dispatch(child, program->turn.vp_index, &interrupted);
    if (interrupted)
        root_host_poll();
    return !interrupted;
}

static bool is_ready(const struct program *program)
{
    for (uint32_t i = 0; program->schedules && i < program->count; i++) {
        uint32_t vp_index = 0;

        if (program->child[i] && root_child_find_ready(program->child[i], &vp_index))
            return true;
    }
    return false;
}

static bool go_on(struct program *program)
{
    return take_message(program) || (program->schedules && dispatch(program));
}

static void stop_all(struct program *program)
{
    for (uint32_t i = 0; i < program->count; i++)
        if (program->child[i])
            root_child_stop(program->child[i], ROOT_STOPPED);
}

static void look_at_keyboard(struct program *program)
{
    root_keyboard_look(&program->keyboard);
    if (program->keyboard.left)
        stop_all(program);
    if (program->keyboard.next)
        show_next(program);
    program->keyboard.next = false;
}

/* Whether one of those that are left is not only there for others. */
static bool is_needed(const struct program *program)
{
    for (uint32_t i = 0; i < program->count; i++)
        if (program->child[i] && !root_child_follows(program->child[i]))
            return true;
    return false;
}

/* Returns how many go on. */
static uint32_t advance(struct program *program)
{
    uint64_t now = root_host_now();
    uint32_t running = 0;

    for (uint32_t i = 0; i < program->count; i++) {
        struct root_child *child = program->child[i];

        if (!child)
            continue;
        if (now >= root_child_deadline(child) || program->keyboard.count > 0)
            root_child_advance(child, now);
        if (root_child_restarts(child))
            root_child_restart(child);
        if (child->end == ROOT_RUNS)
            running++;
        else
            bury(program, i);
    }
    return running;
}

static uint64_t deadline(const struct program *program)
{
    uint64_t earliest = program->watched ? root_host_now() + 10 * MILLISECOND : WORKER_NO_TIME;

    for (uint32_t i = 0; i < program->count; i++) {
        uint64_t time = program->child[i] ? root_child_deadline(program->child[i]) : WORKER_NO_TIME;

        if (time < earliest)
            earliest = time;
    }
    return earliest;
}

static void run(struct program *program)
{
    do {
        for (unsigned i = 0; i < MOST_MESSAGES && go_on(program); i++)
            ;
        if (program->watched)
            look_at_keyboard(program);
        if (!is_needed(program))
            stop_all(program);
        if (advance(program) == 0)
            return;
        if (!is_ready(program))
            root_host_wait(deadline(program));
    } while (true);
}

/* Pages that the root gave its own pool come back last: children were paid from it. */
static void check_balance(struct program *program, uint64_t free_before)
{
    hv_status status = root_pool_drain(&program->own);
    uint64_t free_now = root_host_free_pages();

    if (status != HV_STATUS_SUCCESS)
        root_host_say("could not withdraw the root's own memory, status 0x%04x", status);
    if (free_now != free_before)
        root_host_say("%llu pages of memory are missing",
                      (unsigned long long)(free_before - free_now));
    program->as_expected &= status == HV_STATUS_SUCCESS && free_now == free_before;
}

/* A hypervisor that does not tell schedules by itself. */
static bool is_scheduler(void)
{
    uint64_t type;

    return root_call_scheduler_type(&type) == HV_STATUS_SUCCESS && type == HvSchedulerTypeRoot;
}

bool root_program_run(const struct hv_machine *machines, uint32_t count, const char *watched)
{
    static struct program program;
    uint64_t free_before = root_host_free_pages();

    program = (struct program){ .own.partition = HV_PARTITION_ID_SELF,
                                .watched = watched,
                                .as_expected = true,
                                .schedules = is_scheduler() };
    for (uint32_t i = 0; i < count; i++)
        start(&program, &machines[i]);
    run(&program);
    check_balance(&program, free_before);
    root_host_say("all children have ended");
    return program.as_expected;
}
