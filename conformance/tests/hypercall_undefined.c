/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What stays certain where a caller breaks the rules or a result is not defined: the call comes
 * back, says something that is a result, and touches nothing but what it was given. And what a
 * caller must not notice: an interrupt in the middle.
 */
#include "hypercall_support.h"

#define MARK 0xa5

static uint8_t page[3][4096] __attribute__((aligned(4096)));

static void fill_pages(void)
{
    memset(page, MARK, sizeof(page));
}

/* Bytes that have changed, but for the @p size bytes at @p offset of page 1. */
static unsigned count_changes(unsigned offset, unsigned size)
{
    const uint8_t *byte = page[0];
    unsigned from = (unsigned)PAGE_SIZE + offset, changes = 0;

    for (unsigned i = 0; i < sizeof(page); i++)
        changes += (i < from || i >= from + size) && byte[i] != MARK;
    return changes;
}

static void check_still_works(void)
{
    CHECK_EQ(hv_call(notify_value(), 1, 0), HV_STATUS_SUCCESS);
}

HV_TEST(hypercall_abi, overlapping_parameters_touch_nothing_else, COVERS(HV_REQ_HC_047),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
        "The caller is at fault, but the fault ends at the end of its lists")
{
    static const uint8_t distances[] = { 0, 8, 16, 24, 32 };
    const struct test_call *call = call_from(test_calls, CALL_INPUT | CALL_OUTPUT);

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
        unsigned reps = 4, output = 256 + distances[i];
        unsigned end = output + call_output_size(call, reps);
        uint64_t result;

        fill_pages();
        call->fill(&page[1][256], reps);
        result =
            hv_call(call_control(call, reps), phys_of(&page[1][256]), phys_of(&page[1][output]));
        check_result_layout(result, "overlapping lists");
        CHECK(count_changes(256, end - 256) == 0, "%u bytes outside the lists are written",
              count_changes(256, end - 256));
        check_still_works();
    }
}

static uint8_t code_before[4096];

/* Input at the hypercall page itself: what is read there is anything, but not more than that. */
HV_TEST(hypercall_abi, input_on_the_hypercall_page_does_no_harm, COVERS(HV_REQ_HC_051),
        NEEDS_NOTHING, "What is read of an overlay is undefined; what happens to it is not")
{
    const uint8_t *code = hv_enable_hypercalls();

    memcpy(code_before, code, PAGE_SIZE);
    FOR_EACH_CALL(call, CALL_INPUT)
    {
        uint64_t result;

        /* The instructions are no input that a set of registers should be made from. */
        if (call->code == HvCallSetVpRegisters)
            continue;
        fill_pages();
        result = hv_call(call_control(call, 1), hv_hypercall_gpa(), phys_of(page[1]));
        check_result_layout(result, call->name);
        CHECK(count_changes(0, call_output_size(call, 1)) == 0, "%s writes beyond its output",
              call->name);
    }
    CHECK(memcmp(code_before, code, PAGE_SIZE) == 0, "the hypercall page has changed");
    check_still_works();
}

HV_TEST(hypercall_abi, output_on_the_hypercall_page_does_not_replace_it,
        COVERS(HV_REQ_HC_013, HV_REQ_HC_051), NEEDS_NOTHING,
        "The hypervisor writes where the guest itself may not: into the code of every caller")
{
    const uint8_t *code;

    call_required(CALL_OUTPUT, "call with output");
    code = hv_enable_hypercalls();
    memcpy(code_before, code, PAGE_SIZE);
    FOR_EACH_CALL(call, CALL_OUTPUT)
    {
        call->fill(page[0], 1);
        check_result_layout(hv_call(call_control(call, 1), phys_of(page[0]), hv_hypercall_gpa()),
                            call->name);
    }
    CHECK(memcmp(code_before, code, PAGE_SIZE) == 0, "the hypercall page has changed");
    check_still_works();
}

HV_TEST(hypercall_abi, a_failed_call_writes_nothing_beyond_its_output, COVERS(HV_REQ_HC_074),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
        "Output of a failed call is indeterminate, but only output is")
{
    struct hv_input_vp_registers *header = (void *)page[0];
    uint32_t *names = (void *)(header + 1);

    hv_enable_hypercalls();
    for (unsigned bad = 0; bad < 4; bad++) {
        unsigned size = 4 * sizeof(struct hv_u128);
        uint64_t result;

        fill_pages();
        fill_get_registers(page[0], 4);
        names[bad] = 0x0fffffff;
        result = hv_call(hv_control(HvCallGetVpRegisters, false, 0, 4, 0), phys_of(page[0]),
                         phys_of(&page[1][64]));
        CHECK(hv_result_status(result) != HV_STATUS_SUCCESS, "register 0x0fffffff is known");
        memset(page[0], MARK, sizeof(*header) + 4 * sizeof(names[0]));
        CHECK(count_changes(64, size) == 0, "%u bytes beyond the output are written",
              count_changes(64, size));
    }
}

/* A failed call whose only fault is the input value has read and written no memory at all. */
HV_TEST(hypercall_abi, a_refused_call_writes_no_output, COVERS(HV_REQ_HC_074), NEEDS_NOTHING,
        "An early way out that clears or copies the output page first leaks or destroys")
{
    hv_enable_hypercalls();
    fill_pages();
    for (unsigned i = 0; i < 2; i++) {
        hv_call(UINT64_C(0x7123) | (uint64_t)i << 16, phys_of(page[0]), phys_of(page[1]));
        FOR_EACH_CALL(call, 0)
        hv_call(call_control(call, 1) | UINT64_C(1) << 60, phys_of(page[0]), phys_of(page[1]));
    }
    CHECK_EQ(count_changes(0, 0), 0);
}

/* ---- Answers without the hypervisor ---- */

/* The page of an implementation without hypercalls does not even enter it, and answers so. Rep
 * fields of a code that nobody has may be refused before the code. */
HV_TEST(hypercall_abi, a_code_of_nobody_is_answered_in_every_mode, COVERS(HV_REQ_HC_016),
        NEEDS_NOTHING, "EAX is 2 and EDX is 0 for any caller, whatever was in them before")
{
    hv_enable_hypercalls();
    CHECK_EQ(hv_call(0x7123, ~UINT64_C(0), ~UINT64_C(0)), HV_STATUS_INVALID_HYPERCALL_CODE);
    for (unsigned i = 0; i < MODES32; i++)
        for (uint32_t reps = 0; reps < 2; reps++) {
            struct regs32 regs = { .eax = 0x7123,
                                   .edx = reps,
                                   .ebp = (uint32_t)hv_hypercall_gpa() };

            REQUIRE_NO_FAULT(run_mode(modes32[i], call_ebp, sizeof(call_ebp), &regs));
            CHECK((regs.eax == HV_STATUS_INVALID_HYPERCALL_CODE ||
                   (reps && regs.eax == HV_STATUS_INVALID_HYPERCALL_INPUT)) &&
                      regs.edx == 0,
                  "%s, %u reps: EDX:EAX is 0x%x:0x%x", mode_name(modes32[i]), reps, regs.edx,
                  regs.eax);
        }
}

/* ---- Interrupts ---- */

#define VECTOR_TICK 0x75
#define TICKS       20000u /* of the APIC timer, at most, from the start to the interrupt */
#define CALLS       60u

/* The longest list that fits a page of input and a page of output; 1 for a simple call. */
static unsigned many_reps(const struct test_call *call)
{
    unsigned fit, written;

    if (!(call->kinds & CALL_REP))
        return 1;
    fit = ((unsigned)PAGE_SIZE - call->header_size) / call->element_size;
    written = call->output_size ? (unsigned)PAGE_SIZE / call->output_size : fit;
    return written < fit ? written : fit;
}

/* Elements of output that are still as they were before the call. */
static unsigned count_unwritten(const struct test_call *call, unsigned reps)
{
    unsigned unwritten = 0;

    for (unsigned i = 0; i < call_output_size(call, reps); i += call->output_size)
        unwritten += page[1][i] == MARK && page[1][i + 1] == MARK;
    return unwritten;
}

/* One call, with an interrupt on its way. @return whether all of it is done */
static bool call_completes(const struct test_call *call, unsigned reps, uint32_t ticks)
{
    uint64_t result;

    memset(page[1], MARK, PAGE_SIZE);
    /* One at a time: a period that is shorter than its handling, as under emulation, lets nothing
     * else run. */
    apic_timer_oneshot(VECTOR_TICK, ticks);
    irq_enable();
    result = hv_call(call_control(call, reps), phys_of(page[0]), phys_of(page[1]));
    irq_disable();
    return result == (uint64_t)call_reps(call, reps) << 32 && count_unwritten(call, reps) == 0;
}

HV_TEST(
    hypercall_abi, interrupted_calls_complete, COVERS(HV_REQ_HC_085, HV_REQ_HC_061, HV_REQ_HC_062),
    NEEDS_NOTHING,
    "A call that is suspended is executed again, and its caller never knows: the result and the "
    "elements do not depend on when the timer ticks")
{
    hv_enable_hypercalls();
    apic_enable();
    hv_count_interrupts(VECTOR_TICK);
    FOR_EACH_CALL(call, 0)
    {
        unsigned reps = many_reps(call), wrong = 0;

        call->fill(page[0], reps);
        for (unsigned i = 0; i < CALLS; i++)
            wrong += !call_completes(call, reps, TICKS / CALLS * (i + 1));
        CHECK(wrong == 0, "%s: %u of %u calls are wrong", call->name, wrong, CALLS);
    }
    udelay(1000);
    irq_enable();
    __asm__ volatile("nop");
    irq_disable();
    register_interrupt(VECTOR_TICK, NULL, NULL);
    CHECK(hv_interrupt_count() != 0, "the timer did not interrupt");
}
