/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvCallDispatchVp: a root that schedules runs its child's VPs in its own time. */
#include "hypercall_support.h"
#include "parent_dispatch_support.h"

#define NEEDS_ROOT NEEDS(.privileges = DISPATCH_PRIVILEGES)

#define NEEDS_ROOT_WITH_STATISTICS \
    NEEDS(.privileges = DISPATCH_PRIVILEGES | HV_PRIVILEGE_AccessStats)

#define CLEAR HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND
#define SCAN  HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION

#define VECTOR 0x71

/* A counter at 0x3000, counted up in a loop: inc dword [0x3000]; jmp $ */
#define COUNTING 0xff, 0x05, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xf8

static const uint8_t counting[] = { COUNTING };

static uint32_t counter(const struct child *child)
{
    return *(const volatile uint32_t *)(const void *)(child->ram + 0x3000);
}

/* ---- Who schedules ---- */

HV_TEST(scheduler, who_schedules_is_a_property_of_the_system, COVERS(HV_REQ_SCHED_014), NEEDS_ROOT,
        "A root that takes itself for the scheduler waits for VPs that it never runs")
{
    uint64_t type = dispatch_scheduler_type();

    CHECK(type >= HvSchedulerTypeLp && type <= HvSchedulerTypeRoot, "type %llu",
          (unsigned long long)type);
    CHECK_EQ(parent_output_written(sizeof(type)), 0);
    OBSERVE("type", "%llu", (unsigned long long)type);
}

/* ---- The call ---- */

static uint16_t dispatch_with(const struct hv_input_dispatch_vp *block,
                              struct hv_output_dispatch_vp *output)
{
    uint16_t status = parent_simple(HvCallDispatchVp, block, sizeof(*block));

    memcpy(output, parent_output(), sizeof(*output));
    return status;
}

/* Once: what comes for the caller may end it at any time. */
static struct hv_output_dispatch_vp dispatch(const struct child *child, uint32_t vp, uint32_t flags)
{
    const struct hv_input_dispatch_vp block = { .partition_id = child->id,
                                                .vp_index = vp,
                                                .flags = flags };
    struct hv_output_dispatch_vp output;

    REQUIRE_EQ(dispatch_with(&block, &output), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_output_written(sizeof(output)), 0);
    return output;
}

/* Until it ends for a reason of the VP's. */
static void run_until(const struct child *child, uint32_t vp, uint32_t flags, uint32_t state,
                      uint32_t event)
{
    const uint64_t end = rdtsc() + tsc_from_us(3000000);
    struct hv_output_dispatch_vp output = dispatch(child, vp, flags);

    while (output.dispatch_state == HV_DISPATCH_STATE_READY &&
           output.dispatch_event == HV_DISPATCH_EVENT_NONE && rdtsc() < end)
        output = dispatch(child, vp, 0);
    CHECK_EQ(output.dispatch_state, state);
    CHECK_EQ(output.dispatch_event, event);
}

static void run_until_blocked(const struct child *child, uint32_t vp, uint32_t flags)
{
    run_until(child, vp, flags, HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_NONE);
}

/* It is interrupted by the end of a slice, if nothing else. */
static void check_advances(const struct child *child, uint32_t flags)
{
    const uint64_t end = rdtsc() + tsc_from_us(3000000);
    const uint32_t before = counter(child);
    struct hv_output_dispatch_vp output;

    do {
        output = dispatch(child, 0, flags);
        CHECK_EQ(output.dispatch_state, HV_DISPATCH_STATE_READY);
        CHECK_EQ(output.dispatch_event, HV_DISPATCH_EVENT_NONE);
    } while (counter(child) == before && rdtsc() < end);
    CHECK(counter(child) != before, "the VP has not run");
}

HV_TEST(scheduler, a_hypervisor_that_schedules_dispatches_nothing, COVERS(HV_REQ_SCHED_016),
        NEEDS_ROOT, "A VP that two schedule runs twice at a time")
{
    struct hv_input_dispatch_vp block = { 0 };
    struct hv_output_dispatch_vp output;
    struct child child;
    uint16_t status;

    if (dispatch_scheduler_type() == HvSchedulerTypeRoot)
        test_skip("the root schedules");
    child = child_begin(DISPATCH_CHILD);
    block.partition_id = child.id;
    child_load(&child, 0, counting, sizeof(counting));
    status = dispatch_with(&block, &output);
    CHECK(status == HV_STATUS_OPERATION_DENIED || is_refusal(status), "status 0x%x", status);
    CHECK_EQ(parent_output_written(0), 0);
    CHECK_EQ(counter(&child), 0);
    CHECK_EQ(cpuid(HV_CPUID_FEATURES).ecx & HV_FEATURE_ECX_VP_DISPATCH_INTERRUPT_INJECTION, 0);
}

HV_TEST(scheduler, a_child_runs_only_while_it_is_dispatched,
        COVERS(HV_REQ_SCHED_015, HV_REQ_SCHED_017), NEEDS_ROOT,
        "The root has given the time to someone else")
{
    struct child child = dispatch_begin();
    uint32_t before;

    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    udelay(30000);
    CHECK_EQ(counter(&child), 0);
    for (unsigned i = 0; i < 3; i++) {
        check_advances(&child, 0);
        before = counter(&child);
        udelay(30000);
        CHECK_EQ(counter(&child), before);
    }
}

/* Without interrupts: one that waits while they are disabled ends each dispatch. */
static void listen(void)
{
    child_listen();
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SINT0, 0x60 | HV_X64_MSR_SINT_POLLING));
}

/* ---- Why it ends ---- */

static const void *map_page(const struct child *child, uint16_t type)
{
    const struct hv_input_map_vp_state_page block = { .partition_id = child->id, .type = type };
    uint64_t page;

    REQUIRE_EQ(parent_simple(HvCallMapVpStatePage, &block, sizeof(block)), HV_STATUS_SUCCESS);
    memcpy(&page, parent_output(), sizeof(page));
    return virt_of(page << PAGE_SHIFT);
}

HV_TEST(scheduler, an_intercept_ends_the_dispatch, COVERS(HV_REQ_SCHED_017, HV_REQ_SCHED_018),
        NEEDS_ROOT, "A message besides would be for an intercept that has been dealt with")
{
    static const uint8_t code[] = { CHILD_OUT, COUNTING };
    struct child child = dispatch_begin();
    const struct hv_message *page = map_page(&child, HvVpStatePageInterceptMessage);
    const struct hv_x64_io_port_intercept_message *io = (const void *)page->payload;

    listen();
    child_load(&child, 0, code, sizeof(code));
    child_run(&child, 0);
    run_until(&child, 0, 0, HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    CHECK_EQ(page->header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(io->port_number, CHILD_PORT);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 1);
    CHECK(child_is_quiet(), "a message came, too");
    /* It stays so until the parent has dealt with it. */
    child_set(&child, 0, HvX64RegisterRip, CHILD_CODE_GPA + 2);
    run_until(&child, 0, 0, HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    CHECK_EQ(counter(&child), 0);
    check_advances(&child, CLEAR);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 0);
}

HV_TEST(scheduler, the_register_page_counts_at_the_next_dispatch, COVERS(HV_REQ_SCHED_018),
        NEEDS_ROOT, "The device's answer is in the register that the guest reads")
{
    static const uint8_t code[] = { CHILD_OUT, 0x89, 0x1d, 0x04, 0x30, 0x00, 0x00, COUNTING };
    struct child child = dispatch_begin();
    struct hv_vp_register_page *page;

    map_page(&child, HvVpStatePageInterceptMessage);
    page = (void *)(uintptr_t)map_page(&child, HvVpStatePageRegisters);
    child_load(&child, 0, code, sizeof(code)); /* mov [0x3004], ebx */
    child_run(&child, 0);
    run_until(&child, 0, 0, HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    REQUIRE(page->is_valid, "the register page is not valid");
    page->gp_registers[3] = 0x5ca1ab1e;
    page->rip += 2;
    page->dirty = HV_VP_REGISTER_PAGE_DIRTY_GENERAL | HV_VP_REGISTER_PAGE_DIRTY_IP;
    check_advances(&child, CLEAR);
    CHECK_EQ(*(const uint32_t *)(const void *)(child.ram + 0x3004), 0x5ca1ab1e);
}

HV_TEST(scheduler, a_suspended_vp_is_not_dispatched, COVERS(HV_REQ_SCHED_017), NEEDS_ROOT,
        "Linux suspends a VP and waits until it has stopped")
{
    static const uint32_t names[] = { HvRegisterExplicitSuspend, HvRegisterDispatchSuspend };
    struct child child = dispatch_begin();

    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    for (unsigned i = 0; i < 2; i++) {
        child_set(&child, 0, names[i], 1);
        run_until(&child, 0, 0, HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
        child_set(&child, 0, names[i], 0);
    }
    CHECK_EQ(counter(&child), 0);
    check_advances(&child, 0);
}

/* ---- Signals ---- */

#define MAX_VPS 4

/* How often each VP of the child has been named in messages, which are taken until there are
   no more. */
struct signals {
    unsigned messages, of[MAX_VPS];
};

static void note(struct signals *signals, uint32_t vp)
{
    REQUIRE(vp < MAX_VPS, "VP %u is signalled", vp);
    signals->of[vp]++;
}

static void note_pairs(struct signals *signals, const struct child *child,
                       const struct hv_scheduler_vp_signal_pair_message *pairs)
{
    CHECK_EQ(pairs->overflow_count, 0);
    REQUIRE(pairs->vp_count >= 1 && pairs->vp_count <= HV_SCHEDULER_SIGNAL_PAIRS, "%u VPs",
            pairs->vp_count);
    for (unsigned i = 0; i < pairs->vp_count; i++) {
        CHECK_EQ(pairs->partition_ids[i], child->id);
        note(signals, pairs->vp_indexes[i]);
    }
}

static void note_set(struct signals *signals, const struct child *child,
                     const struct hv_scheduler_vp_signal_bitset_message *set)
{
    unsigned count = 0;

    CHECK_EQ(set->partition_id, child->id);
    CHECK_EQ(set->overflow_count, 0);
    CHECK_EQ(set->format, HV_GENERIC_SET_SPARSE_4K);
    CHECK_EQ(set->valid_bank_mask, 1);
    for (uint64_t bank = set->banks[0]; bank; bank &= bank - 1) {
        note(signals, (uint32_t)__builtin_ctzll(bank));
        count++;
    }
    CHECK_EQ(set->vp_count, count);
}

static struct signals take_signals(const struct child *child)
{
    struct signals signals = { 0 };
    struct hv_message message;

    while (!child_is_quiet()) {
        REQUIRE(child_wait(&message), "no message");
        signals.messages++;
        if (message.header.message_type == HvMessageTypeSchedulerVpSignalPair)
            note_pairs(&signals, child, (const void *)message.payload);
        else if (message.header.message_type == HvMessageTypeSchedulerVpSignalBitset)
            note_set(&signals, child, (const void *)message.payload);
        else
            CHECK(false, "message 0x%x", message.header.message_type);
    }
    return signals;
}

static void check_signals(const struct child *child, unsigned expected)
{
    struct signals signals = take_signals(child);

    CHECK_EQ(signals.of[0], expected);
    CHECK_EQ(signals.of[1] + signals.of[2] + signals.of[3], 0);
}

HV_TEST(scheduler, a_blocked_vp_is_signalled_once_when_it_can_run,
        COVERS(HV_REQ_SCHED_020, HV_REQ_SCHED_021), NEEDS_ROOT_WITH_STATISTICS,
        "Linux compares the counts at the end of a VP, and waits for the one that is missing")
{
    struct child child = dispatch_begin();
    volatile const uint64_t *counters = dispatch_map_counters(&child);

    listen();
    child_load(&child, 0, counting, sizeof(counting));
    for (unsigned i = 1; i <= 3; i++) {
        run_until(&child, 0, 0, HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
        CHECK_EQ(counters[VpRootDispatchThreadBlocked], 1);
        CHECK_EQ(child_get(&child, 0, HvRegisterVpRootSignalCount), i - 1);
        child_set(&child, 0, HvRegisterExplicitSuspend, 0);
        check_signals(&child, 1);
        CHECK_EQ(counters[VpRootDispatchThreadBlocked], 0);
        CHECK_EQ(child_get(&child, 0, HvRegisterVpRootSignalCount), i);
        check_advances(&child, 0);
        CHECK_EQ(counters[VpRootDispatchThreadBlocked], 0);
        child_stop(&child, 0);
    }
    check_signals(&child, 0);
}

HV_TEST(scheduler, a_vp_that_was_not_blocked_is_not_signalled, COVERS(HV_REQ_SCHED_020), NEEDS_ROOT,
        "Each is an interrupt of the root")
{
    struct child child = dispatch_begin();

    listen();
    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    check_advances(&child, 0);
    child_stop(&child, 0);
    child_set(&child, 0, HvRegisterExplicitSuspend, 0);
    check_signals(&child, 0);
    CHECK_EQ(child_get(&child, 0, HvRegisterVpRootSignalCount), 0);
}

/* The local APIC on, interrupts too, and HLT in a loop. */
static const uint8_t halting[] = { CHILD_ENABLE_APIC, 0xfb, 0xf4, 0xeb, 0xfd };

static void load_halting(const struct child *child, uint32_t vp)
{
    child_load(child, vp, halting, sizeof(halting));
    child_add_handlers(child, vp);
    child_run(child, vp);
}

HV_TEST(scheduler, an_interrupt_signals_a_vp_that_has_halted,
        COVERS(HV_REQ_SCHED_017, HV_REQ_SCHED_020), NEEDS_ROOT,
        "A guest that sleeps until its device is done sleeps for ever")
{
    struct child child = dispatch_begin();

    listen();
    load_halting(&child, 0);
    run_until_blocked(&child, 0, 0);
    check_signals(&child, 0);
    for (unsigned i = 1; i <= 3; i++) {
        REQUIRE_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, VECTOR), HV_STATUS_SUCCESS);
        check_signals(&child, 1);
        CHECK_EQ(child_interrupts(&child, VECTOR), i - 1);
        run_until_blocked(&child, 0, 0);
        CHECK_EQ(child_interrupts(&child, VECTOR), i);
    }
}

HV_TEST(scheduler, signals_of_several_vps_are_all_there, COVERS(HV_REQ_SCHED_020, HV_REQ_SCHED_021),
        NEEDS_ROOT, "They may share a message, in which each VP has its bit")
{
    struct child child = dispatch_begin();
    struct signals signals;

    listen();
    for (uint32_t vp = 1; vp < MAX_VPS; vp++)
        child_add_vp(&child, vp);
    for (uint32_t vp = 0; vp < MAX_VPS; vp++)
        run_until(&child, vp, 0, HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
    /* VP 0 can run, the others, which wait for their start-up, after an interrupt that is for it.
     */
    for (uint32_t vp = 0; vp < MAX_VPS; vp++)
        child_run(&child, vp);
    signals = take_signals(&child);
    OBSERVE("messages", "%u", signals.messages);
    for (uint32_t vp = 0; vp < MAX_VPS; vp++) {
        CHECK_EQ(signals.of[vp], 1);
        CHECK_EQ(child_get(&child, vp, HvRegisterVpRootSignalCount), 1);
    }
}

HV_TEST(scheduler, dispatch_suspend_holds_signals_back, COVERS(HV_REQ_SCHED_022), NEEDS_ROOT,
        "A VP that is being taken down is looked for when its signal comes")
{
    struct child child = dispatch_begin();

    listen();
    load_halting(&child, 0);
    run_until_blocked(&child, 0, 0);
    child_set(&child, 0, HvRegisterDispatchSuspend, 1);
    CHECK_EQ(child_get(&child, 0, HvRegisterDispatchSuspend), 1);
    REQUIRE_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, VECTOR), HV_STATUS_SUCCESS);
    check_signals(&child, 0);
    CHECK_EQ(child_get(&child, 0, HvRegisterVpRootSignalCount), 0);
    child_set(&child, 0, HvRegisterDispatchSuspend, 0);
    check_signals(&child, 1);
    CHECK_EQ(child_get(&child, 0, HvRegisterVpRootSignalCount), 1);
}

/* ---- Vectors in the register page ---- */

HV_TEST(scheduler, vectors_of_the_register_page_interrupt_a_dispatched_vp, COVERS(HV_REQ_SCHED_019),
        NEEDS_ROOT, "Linux leaves the interrupts of devices there, and makes no call for them")
{
    struct child child = dispatch_begin();
    struct hv_vp_register_page *page;
    volatile uint64_t *vectors;

    if (!(cpuid(HV_CPUID_FEATURES).ecx & HV_FEATURE_ECX_VP_DISPATCH_INTERRUPT_INJECTION))
        test_skip("vectors are not looked for");
    listen();
    page = (void *)(uintptr_t)map_page(&child, HvVpStatePageRegisters);
    vectors = (volatile void *)&page->interrupt_vector_count;
    load_halting(&child, 0);
    run_until_blocked(&child, 0, 0);
    *vectors = (uint64_t)(VECTOR + 1) << 16 | VECTOR << 8 | 2;
    run_until_blocked(&child, 0, 0);
    CHECK_EQ(child_interrupts(&child, VECTOR), 0);
    CHECK(*vectors != 0, "vectors are gone");
    run_until_blocked(&child, 0, SCAN);
    CHECK_EQ(child_interrupts(&child, VECTOR), 1);
    CHECK_EQ(child_interrupts(&child, VECTOR + 1), 1);
    CHECK_EQ(*vectors, 0);
    run_until_blocked(&child, 0, SCAN);
    CHECK_EQ(child_interrupts(&child, VECTOR), 1);
    /* More than there is room for, and exceptions among them. */
    *vectors =
        ((UINT64_C(0x0101010101010101) * VECTOR) << 8 & ~UINT64_C(0xff0000)) | 0x030000 | 0xff;
    run_until_blocked(&child, 0, SCAN);
    CHECK_EQ(child_interrupts(&child, VECTOR), 2);
    CHECK_EQ(child_interrupts(&child, 3), 0);
    CHECK_EQ(*vectors, 0);
    /* It was blocked, and was dispatched before there was something to signal. */
    check_signals(&child, 0);
}

/* ---- What is refused ---- */

static void check_refused(const struct hv_input_dispatch_vp *block, uint16_t expected)
{
    struct hv_output_dispatch_vp output;

    CHECK_EQ(dispatch_with(block, &output), expected);
    CHECK_EQ(parent_output_written(0), 0);
}

HV_TEST(scheduler, what_is_dispatched_is_checked, COVERS(HV_REQ_SCHED_023, HV_REQ_SCHED_015),
        NEEDS_ROOT, "A VP of someone else's, or one that is gone")
{
    struct child child = dispatch_begin();
    struct hv_input_dispatch_vp block = { .partition_id = child.id, .vp_index = 1 };

    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    check_refused(&block, HV_STATUS_INVALID_VP_INDEX);
    block.vp_index = UINT32_MAX;
    check_refused(&block, HV_STATUS_INVALID_VP_INDEX);
    block = (struct hv_input_dispatch_vp){ .partition_id = PARENT_NOBODY };
    check_refused(&block, HV_STATUS_INVALID_PARTITION_ID);
    block.partition_id = HV_PARTITION_ID_SELF;
    check_refused(&block, HV_STATUS_ACCESS_DENIED);
    block = (struct hv_input_dispatch_vp){ .partition_id = child.id, .flags = UINT32_C(1) << 31 };
    check_refused(&block, HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(counter(&child), 0);
    check_advances(&child, 0);
}
