/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* State of a child's VP that its parent gets and sets in a page of its own. */
#include <check.h>
#include <stddef.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define STATE_PAGE UINT64_C(0x18) /* in the root's memory */
#define ONE_PAGE   (UINT64_C(1) << 17)

static struct {
    struct hv_input_vp_state header;
    uint64_t page;
} input;

static void setup(void)
{
    child_setup();
    input.header =
        (struct hv_input_vp_state){ .partition_id = child->id, .xsave_states = UINT64_C(0x1234) };
    input.page = STATE_PAGE;
}

static void *state_page(void)
{
    return fake_page(&fake, STATE_PAGE);
}

static uint64_t call_with(uint64_t control)
{
    memcpy(input_page(), &input, sizeof(input));
    return call_from(root_vp, control);
}

static uint64_t get(uint32_t type)
{
    input.header.type = type;
    return call_with(HvCallGetVpState | ONE_PAGE);
}

static uint64_t set(uint32_t type)
{
    input.header.type = type;
    return call_with(HvCallSetVpState | ONE_PAGE);
}

/* ---- Local APIC ---- */

static struct hv_local_interrupt_controller_state *apic_state(void)
{
    memset(state_page(), 0x77, HV_PAGE_SIZE);
    ck_assert_uint_eq(get(HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER), HV_STATUS_SUCCESS);
    return state_page();
}

static void write_apic(unsigned reg, uint64_t value)
{
    hv_apic_write(&vp->apic, reg, value, fake.tsc);
}

static void put(uint8_t *page, unsigned offset, uint32_t value)
{
    memcpy(page + offset, &value, sizeof(value));
}

START_TEST(the_registers_of_the_apic_are_in_their_places)
{
    uint8_t expected[HV_PAGE_SIZE] = { 0 };

    write_apic(HV_APIC_SVR, 0x1F0);
    write_apic(HV_APIC_LDR, 0x5000000);
    write_apic(HV_APIC_ICR_HIGH, 0x3000000);
    write_apic(HV_APIC_LVT_TIMER, 0x10031);
    write_apic(HV_APIC_LVT_THERMAL, 0x32);
    write_apic(HV_APIC_LVT_PERFORMANCE, 0x33);
    write_apic(HV_APIC_LVT_LINT0, 0x700);
    write_apic(HV_APIC_LVT_LINT1, 0x400);
    write_apic(HV_APIC_LVT_ERROR, 0x34);
    write_apic(HV_APIC_DIVIDE, 0xB);
    write_apic(HV_APIC_INITIAL_COUNT, 1000);
    hv_apic_request(&vp->apic, 0x81, true);
    hv_apic_accept(&vp->apic, 0x81, false);
    hv_apic_request(&vp->apic, 0x41, false);
    apic_state();
    put(expected, 4, 0x50014);
    put(expected, 8, 0x5000000);
    put(expected, 12, UINT32_MAX);
    put(expected, 16, 0x1F0);
    put(expected, 20 + 16, 2);
    put(expected, 52 + 16, 2);
    put(expected, 84 + 8, 2);
    put(expected, 120, 0x3000000);
    put(expected, 128, 0x10031);
    put(expected, 132, 0x32);
    put(expected, 136, 0x33);
    put(expected, 140, 0x700);
    put(expected, 144, 0x400);
    put(expected, 148, 0x34);
    put(expected, 160, 1000);
    put(expected, 164, 1000);
    put(expected, 168, 0xB);
    ck_assert_mem_eq(state_page(), expected, HV_PAGE_SIZE);
}
END_TEST

START_TEST(what_was_got_can_be_set)
{
    struct hv_local_interrupt_controller_state before;
    unsigned changes;

    write_apic(HV_APIC_SVR, 0x1F0);
    write_apic(HV_APIC_DIVIDE, 0xB);
    write_apic(HV_APIC_LVT_TIMER, 0x31);
    write_apic(HV_APIC_INITIAL_COUNT, 1000);
    hv_apic_request(&vp->apic, 0x41, true);
    fake.tsc += 600 * 10;
    before = *apic_state();
    ck_assert_uint_eq(before.counter_value, 400);
    write_apic(HV_APIC_SVR, 0xFF);
    write_apic(HV_APIC_INITIAL_COUNT, 0);
    changes = fake_vp(vp)->apic_changes;
    memcpy(state_page(), &before, sizeof(before));
    ck_assert_uint_eq(set(HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(vp)->apic_changes, changes + 1);
    ck_assert_mem_eq(apic_state(), &before, sizeof(before));
    ck_assert_uint_eq(vp->apic.timer.deadline, fake.tsc + 400 * 10);
}
END_TEST

START_TEST(pins_of_an_apic_that_is_off_stay_masked)
{
    struct hv_local_interrupt_controller_state *state = apic_state();

    state->lvt_lint0 = 0x700;
    state->lvt_lint1 = 0x400;
    ck_assert_uint_eq(set(HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_interrupt_local_entry(vp, HV_INTERRUPT_LINT0), 0x10700);
    ck_assert_uint_eq(hv_interrupt_local_entry(vp, HV_INTERRUPT_LINT1), 0x10400);
}
END_TEST

START_TEST(a_logical_id_that_is_set_is_a_destination)
{
    const struct hv_apic_destination destination = { .value = 4, .logical = true };
    struct hv_local_interrupt_controller_state *state = apic_state();

    state->spurious = 0x1FF;
    state->ldr = 0x4000000;
    ck_assert_uint_eq(set(HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER), HV_STATUS_SUCCESS);
    hv_apic_assert(child, &destination, HV_APIC_FIXED, 0x61, false);
    hv_interrupt_poll(vp, fake.tsc);
    ck_assert_int_eq(hv_interrupt_view(vp)->vector, 0x61);
}
END_TEST

START_TEST(events_that_wait_are_not_lost)
{
    struct hv_interrupt_vectors vectors;

    apic_state();
    fake.on_kick = NULL;
    hv_interrupt_post_event(vp, HV_INTERRUPT_NMI, 0);
    fake.on_kick = react;
    ck_assert_uint_eq(set(HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER), HV_STATUS_SUCCESS);
    hv_vp_prepare(vp);
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors), HV_INTERRUPT_NMI);
}
END_TEST

START_TEST(an_apic_that_can_not_be_is_refused)
{
    struct hv_local_interrupt_controller_state before = *apic_state(), bad;

    for (unsigned i = 0; i < 4; i++) {
        bad = before;
        if (i == 0)
            bad.id++;
        else if (i == 1)
            bad.spurious = 0x10000;
        else if (i == 2)
            bad.isr[1] = 3;
        else
            bad.lvt_timer = 0x80000000;
        memcpy(state_page(), &bad, sizeof(bad));
        ck_assert_uint_eq(set(HV_VP_STATE_LOCAL_INTERRUPT_CONTROLLER), HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_mem_eq(apic_state(), &before, sizeof(before));
}
END_TEST

/* ---- Other pages ---- */

START_TEST(the_pages_of_the_synic_are_got_and_set)
{
    uint8_t *pages[] = { vp->synic.message_page.page, vp->synic.event_page.page };
    const uint32_t types[] = { HV_VP_STATE_SIM_PAGE, HV_VP_STATE_SIEF_PAGE };

    for (unsigned i = 0; i < 2; i++) {
        memset(pages[i], 0x31, HV_PAGE_SIZE);
        ck_assert_uint_eq(get(types[i]), HV_STATUS_SUCCESS);
        ck_assert_mem_eq(state_page(), pages[i], HV_PAGE_SIZE);
        memset(state_page(), 0x32, HV_PAGE_SIZE);
        ck_assert_uint_eq(set(types[i]), HV_STATUS_SUCCESS);
        ck_assert_mem_eq(state_page(), pages[i], HV_PAGE_SIZE);
        ck_assert_uint_eq(pages[1 - i][0], i == 0 ? 0 : 0x32);
    }
}
END_TEST

START_TEST(the_xsave_area_is_the_back_ends)
{
    memset(fake_vp(vp)->xsave, 0x41, HV_PAGE_SIZE);
    ck_assert_uint_eq(get(HV_VP_STATE_XSAVE), HV_STATUS_SUCCESS);
    ck_assert_mem_eq(state_page(), fake_vp(vp)->xsave, HV_PAGE_SIZE);
    ck_assert_uint_eq(fake_vp(vp)->xsave_states, 0x1234);
    memset(state_page(), 0x42, HV_PAGE_SIZE);
    ck_assert_uint_eq(set(HV_VP_STATE_XSAVE), HV_STATUS_SUCCESS);
    ck_assert_mem_eq(state_page(), fake_vp(vp)->xsave, HV_PAGE_SIZE);
    memset(state_page(), 0xFF, HV_PAGE_SIZE);
    ck_assert_uint_eq(set(HV_VP_STATE_XSAVE), HV_STATUS_INVALID_PARAMETER);
    fake.platform.cpu.get_xsave = NULL;
    fake.platform.cpu.set_xsave = NULL;
    ck_assert_uint_eq(get(HV_VP_STATE_XSAVE), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set(HV_VP_STATE_XSAVE), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* ---- Statuses ---- */

static void expect_both(uint64_t status)
{
    ck_assert_uint_eq(get(HV_VP_STATE_SIM_PAGE), status);
    ck_assert_uint_eq(set(HV_VP_STATE_SIM_PAGE), status);
}

START_TEST(state_that_is_not_there_is_refused)
{
    static const uint32_t types[] = { 0, 1, 4, 0x80000004, UINT32_MAX };

    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(get(types[i]), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(set(types[i]), HV_STATUS_INVALID_PARAMETER);
    }
    input.header.type = HV_VP_STATE_SIM_PAGE;
    for (uint64_t pages = 0; pages < 3; pages += 2) {
        ck_assert_uint_eq(call_with(HvCallGetVpState | pages << 17), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(call_with(HvCallSetVpState | pages << 17), HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(a_page_that_the_caller_does_not_have_is_refused)
{
    input.page = FAKE_FIRST_POOL;
    expect_both(HV_STATUS_INVALID_PARAMETER);
    input.page = UINT64_MAX;
    expect_both(HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(the_header_is_checked)
{
    const struct hv_input_vp_state good = input.header;

    input.header.reserved0[2] = 1;
    expect_both(HV_STATUS_INVALID_PARAMETER);
    input.header = good;
    input.header.reserved1 = 1;
    expect_both(HV_STATUS_INVALID_PARAMETER);
    input.header = good;
    input.header.input_vtl = 0x11;
    expect_both(HV_STATUS_INVALID_PARAMETER);
    input.header = good;
    input.header.vp_index = 1;
    expect_both(HV_STATUS_INVALID_VP_INDEX);
    input.header = good;
    input.header.partition_id = HV_PARTITION_ID_SELF;
    expect_both(HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

/* ---- Synthetic timers ---- */

#define TIMER_WORDS 25
#define PERIODIC                                                           \
    (HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC | \
     UINT64_C(2) << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT)
#define ONCE (HV_X64_MSR_STIMER_CONFIG_ENABLE | UINT64_C(3) << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT)

static uint64_t get_timers_at(uint64_t gpa)
{
    input.header.type = HV_VP_STATE_SYNTHETIC_TIMERS;
    memcpy(input_page(), &input.header, sizeof(input.header));
    memset(output_page(), 0xEE, HV_PAGE_SIZE);
    return fake_hypercall(root_vp, HvCallGetVpState, INPUT_GPA, gpa);
}

static const struct hv_synthetic_timers_state *timers(void)
{
    ck_assert_uint_eq(get_timers_at(OUTPUT_GPA), HV_STATUS_SUCCESS);
    return output_page();
}

static uint64_t set_timers(const struct hv_synthetic_timers_state *state, uint64_t words)
{
    input.header.type = HV_VP_STATE_SYNTHETIC_TIMERS;
    memset(input_page(), 0, HV_PAGE_SIZE);
    memcpy(input_page(), &input.header, sizeof(input.header));
    memcpy((uint8_t *)input_page() + sizeof(input.header), state, sizeof(*state));
    return call_from(root_vp, HvCallSetVpState | words << 17);
}

START_TEST(timers_are_got_and_go_on_where_they_are_set)
{
    struct hv_synthetic_timers_state state;
    const uint8_t *behind = (const uint8_t *)output_page() + sizeof(state);

    write_msr(vp, HV_X64_MSR_STIMER0_COUNT, 50000);
    write_msr(vp, HV_X64_MSR_STIMER0_CONFIG, PERIODIC);
    write_msr(vp, HV_X64_MSR_STIMER0_COUNT + 2, 900000);
    write_msr(vp, HV_X64_MSR_STIMER0_CONFIG + 2, ONCE);
    state = *timers();
    ck_assert_uint_eq(*behind, 0xEE);
    ck_assert_uint_eq(state.timers[0].config, PERIODIC);
    ck_assert_uint_eq(state.timers[0].count, 50000);
    ck_assert_uint_eq(state.timers[0].adjustment, vp->stimers.timer[0].expiration);
    ck_assert_uint_eq(state.timers[1].config, ONCE);
    ck_assert_uint_eq(state.timers[1].count, 900000);
    ck_assert_uint_eq(state.timers[2].config | state.timers[2].count, 0);
    hv_stimer_reset(vp);
    ck_assert_uint_eq(set_timers(&state, TIMER_WORDS), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(vp->stimers.timer[0].due, state.timers[0].adjustment);
    ck_assert_uint_eq(vp->stimers.timer[1].due, 900000);
    ck_assert_uint_eq(vp->stimers.timer[2].due, HV_APIC_NEVER);
    ck_assert_uint_eq(vp->stimers.deadline, fake.tsc);
    ck_assert_mem_eq(timers(), &state, sizeof(state));
}
END_TEST

START_TEST(a_timer_whose_message_waits_sends_it_again)
{
    struct hv_synthetic_timers_state state;

    write_msr(vp, HV_X64_MSR_STIMER0_COUNT, 50000);
    write_msr(vp, HV_X64_MSR_STIMER0_CONFIG, PERIODIC);
    fake.tsc += FAKE_TSC_HZ / 100;
    hv_stimer_expire(vp);
    ck_assert(vp->stimers.timer[0].message.queued);
    state = *timers();
    ck_assert_uint_eq(state.timers[0].flags, HV_STIMER_STATE_UNDELIVERED);
    ck_assert_uint_ne(state.timers[0].undelivered_expiration, 0);
    hv_stimer_reset(vp);
    ck_assert(!vp->stimers.timer[0].message.queued);
    ck_assert_uint_eq(set_timers(&state, TIMER_WORDS), HV_STATUS_SUCCESS);
    ck_assert(vp->stimers.timer[0].message.queued);
    ck_assert_uint_eq(vp->stimers.timer[0].due, HV_APIC_NEVER);
    ck_assert_mem_eq(timers(), &state, sizeof(state));
}
END_TEST

START_TEST(timers_that_can_not_be_are_refused)
{
    const struct hv_synthetic_timers_state good = { .timers[1] = { .config = ONCE,
                                                                   .count = 900000 } };
    struct hv_synthetic_timers_state state;

#define REFUSED(field_, value_)                                                          \
    do {                                                                                 \
        state = good;                                                                    \
        state.field_ = value_;                                                           \
        ck_assert_uint_eq(set_timers(&state, TIMER_WORDS), HV_STATUS_INVALID_PARAMETER); \
    } while (0)

    REFUSED(timers[0].flags, 2);
    REFUSED(timers[0].reserved, 1);
    REFUSED(reserved[4], 1);
    REFUSED(timers[0].config, HV_X64_MSR_STIMER_CONFIG_ENABLE); /* of SINT 0 */
    REFUSED(timers[0].config, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE);
    /* A message of a timer that sends none, and one of a timer that would have no period. */
    REFUSED(timers[0].flags, HV_STIMER_STATE_UNDELIVERED);
    state = good;
    state.timers[1].flags = HV_STIMER_STATE_UNDELIVERED;
    state.timers[1].config = PERIODIC;
    state.timers[1].count = 0;
    ck_assert_uint_eq(set_timers(&state, TIMER_WORDS), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(set_timers(&good, TIMER_WORDS - 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(vp->stimers.timer[1].config, 0);
    ck_assert_uint_eq(set_timers(&good, TIMER_WORDS), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(output_of_timers_is_aligned_and_in_one_page)
{
    ck_assert_uint_eq(get_timers_at(OUTPUT_GPA + 4), HV_STATUS_INVALID_ALIGNMENT);
    ck_assert_uint_eq(get_timers_at(OUTPUT_GPA + HV_PAGE_SIZE - 192), HV_STATUS_INVALID_ALIGNMENT);
    ck_assert_uint_eq(get_timers_at(OUTPUT_GPA + HV_PAGE_SIZE - 200), HV_STATUS_SUCCESS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vp-state");
    TCase *tests = tcase_create("vp-state");

    tcase_add_checked_fixture(tests, setup, child_teardown);
    tcase_add_test(tests, the_registers_of_the_apic_are_in_their_places);
    tcase_add_test(tests, what_was_got_can_be_set);
    tcase_add_test(tests, pins_of_an_apic_that_is_off_stay_masked);
    tcase_add_test(tests, a_logical_id_that_is_set_is_a_destination);
    tcase_add_test(tests, events_that_wait_are_not_lost);
    tcase_add_test(tests, an_apic_that_can_not_be_is_refused);
    tcase_add_test(tests, the_pages_of_the_synic_are_got_and_set);
    tcase_add_test(tests, the_xsave_area_is_the_back_ends);
    tcase_add_test(tests, state_that_is_not_there_is_refused);
    tcase_add_test(tests, a_page_that_the_caller_does_not_have_is_refused);
    tcase_add_test(tests, the_header_is_checked);
    tcase_add_test(tests, timers_are_got_and_go_on_where_they_are_set);
    tcase_add_test(tests, a_timer_whose_message_waits_sends_it_again);
    tcase_add_test(tests, timers_that_can_not_be_are_refused);
    tcase_add_test(tests, output_of_timers_is_aligned_and_in_one_page);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
