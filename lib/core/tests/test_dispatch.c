/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The root's scheduler: whose time a child's VP runs in, why it ends, and who is told. */
#include <check.h>
#include <string.h>

#include "apic_bits.h"
#include "cpuid.h"
#include "dispatch_fixture.h"
#include "intercept_message.h"
#include "suite.h"

#define PAGE_GPA_PAGE UINT64_C(0x40)

static void root_waits(void)
{
    hv_lp_put(lp, now, HV_LP_WAITS, HV_LP_NEVER);
}

static void check_signal(void)
{
    const struct hv_message *message = slot_of(root_vp);
    struct hv_scheduler_vp_signal_pair_message payload;

    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(message->header.message_type, HvMessageTypeSchedulerVpSignalPair);
    ck_assert_uint_eq(message->header.payload_size, sizeof(payload));
    memcpy(&payload, message->payload, sizeof(payload));
    ck_assert_uint_eq(payload.overflow_count, 0);
    ck_assert_uint_eq(payload.vp_count, 1);
    ck_assert_uint_eq(payload.partition_ids[0], child->id);
    ck_assert_uint_eq(payload.vp_indexes[0], vp->index);
}

static struct hv_vp_register_page *map_register_page(void)
{
    uint64_t gpa_page = PAGE_GPA_PAGE + 1;

    ck_assert_uint_eq(hv_state_page_map(vp, HvVpStatePageRegisters, true, &gpa_page),
                      HV_STATUS_SUCCESS);
    return hv_state_page(vp, HvVpStatePageRegisters);
}

static void map_message_page(void)
{
    uint64_t gpa_page = PAGE_GPA_PAGE;

    ck_assert_uint_eq(hv_state_page_map(vp, HvVpStatePageInterceptMessage, true, &gpa_page),
                      HV_STATUS_SUCCESS);
}

/* ---- Who runs ---- */

START_TEST(a_child_runs_only_when_it_is_dispatched)
{
    resume();
    hv_lp_kick(vp);
    root_waits();
    ck_assert_ptr_null(hv_lp_pick(lp, now));
    hv_lp_kick(root_vp);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
    lend(0);
}
END_TEST

START_TEST(the_call_is_complete_before_the_child_runs)
{
    uint64_t rip;

    resume();
    rip = fake_vp(root_vp)->gprs.rip;
    lend(0);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(root_vp)->gprs.rip, rip + 3);
}
END_TEST

START_TEST(what_comes_for_the_lender_takes_its_time_back)
{
    resume();
    lend(0);
    ck_assert(!hv_lp_look(lp, now));
    hv_lp_kick(root_vp);
    ck_assert(hv_lp_look(lp, now));
    end(HV_LP_YIELDS, HV_LP_NEVER);
    check_output(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_NONE);
    ck_assert_uint_eq(blocked(), 0);
    root_waits();
    ck_assert_ptr_null(hv_lp_pick(lp, now));
}
END_TEST

START_TEST(it_ends_with_the_slice_though_nobody_waits)
{
    resume();
    lend(0);
    ck_assert_uint_eq(hv_lp_deadline(lp), now + FAKE_TSC_HZ / 200);
    ck_assert(!hv_lp_look(lp, now + FAKE_TSC_HZ / 200 - 1));
    ck_assert(hv_lp_look(lp, now + FAKE_TSC_HZ / 200));
}
END_TEST

START_TEST(a_vp_that_still_waits_may_be_dispatched)
{
    resume();
    for (unsigned i = 1; i < 4; i++) {
        lend(0);
        ck_assert_uint_eq(hv_lp_deadline(lp), now + FAKE_TSC_HZ / 200);
        end(HV_LP_WAITS, now + i);
        check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_NONE);
        ck_assert_uint_eq(hv_lp_deadline(lp), now + i);
    }
    now += 10;
    hv_lp_look(lp, now);
    ck_assert_uint_eq(hv_lp_deadline(lp), HV_LP_NEVER);
    ck_assert_uint_eq(signals(), 1);
}
END_TEST

START_TEST(a_lender_with_something_to_do_lends_nothing)
{
    resume();
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_DISPATCH);
    hv_lp_put(lp, now, HV_LP_LENDS, HV_LP_NEVER);
    hv_lp_kick(root_vp);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
    ck_assert(!hv_vp_lends(root_vp));
    hv_vp_end_lending(root_vp);
    check_output(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_NONE);
}
END_TEST

START_TEST(a_deadline_of_the_lender_ends_it)
{
    resume();
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_DISPATCH);
    hv_lp_put(lp, now, HV_LP_LENDS, now + 100);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), vp);
    ck_assert_uint_eq(hv_lp_deadline(lp), now + 100);
    now += 100;
    ck_assert(hv_lp_look(lp, now));
}
END_TEST

START_TEST(the_lender_pays)
{
    uint64_t had = root_vp->sched.had;

    resume();
    lend(0);
    now += 500;
    end(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_uint_eq(root_vp->sched.had, had + 500);
    ck_assert_uint_eq(vp->sched.had, 0);
}
END_TEST

/* ---- Why it ends ---- */

START_TEST(a_suspended_vp_does_not_run)
{
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_SUCCESS);
    ck_assert(!hv_vp_lends(root_vp));
    check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
    ck_assert_uint_eq(blocked(), 1);
}
END_TEST

START_TEST(an_intercept_is_told_by_the_call)
{
    map_message_page();
    resume();
    lend(0);
    intercept(vp);
    end(HV_LP_STOPS, HV_LP_NEVER);
    check_output(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    ck_assert_uint_eq(blocked(), 0);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(((struct hv_message *)hv_state_page(vp, HvVpStatePageInterceptMessage))
                          ->header.message_type,
                      HvMessageTypeX64IoPortIntercept);
}
END_TEST

START_TEST(without_its_page_an_intercept_is_a_message)
{
    resume();
    lend(0);
    intercept(vp);
    end(HV_LP_STOPS, HV_LP_NEVER);
    check_output(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
}
END_TEST

START_TEST(the_next_call_ends_the_intercept)
{
    map_message_page();
    resume();
    lend(0);
    intercept(vp);
    end(HV_LP_STOPS, HV_LP_NEVER);
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_RESUME);
    check_output(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
    lend(HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND);
    ck_assert_uint_eq(atomic_load(&vp->suspended), 0);
}
END_TEST

START_TEST(what_the_register_page_has_counts_then)
{
    struct hv_vp_register_page *page = map_register_page();

    map_message_page();
    resume();
    lend(0);
    intercept(vp);
    end(HV_LP_STOPS, HV_LP_NEVER);
    page->gp_registers[HV_GPR_RBX] = 0x1234;
    page->rip = 0x5678;
    page->dirty = HV_VP_REGISTER_PAGE_DIRTY_GENERAL | HV_VP_REGISTER_PAGE_DIRTY_IP;
    lend(HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND);
    ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[HV_GPR_RBX], 0x1234);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0x5678);
}
END_TEST

/* ---- Vectors in the register page ---- */

#define SCAN   HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION
#define VECTOR 0x51

/* The register page of a VP whose local APIC takes interrupts. */
static struct hv_vp_register_page *begin_vectors(void)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    return map_register_page();
}

static void leave_vectors(struct hv_vp_register_page *page, uint8_t count, uint8_t first)
{
    page->interrupt_vector_count = count;
    for (unsigned i = 0; i < sizeof(page->interrupt_vectors); i++)
        page->interrupt_vectors[i] = (uint8_t)(first + i);
}

/* How many of the seven from the first one on wait at the VP's local APIC. */
static unsigned requested(uint8_t first)
{
    unsigned count = 0;

    hv_vp_prepare(vp);
    for (unsigned i = 0; i < 7; i++)
        count += hv_apic_test(vp->apic.irr, first + i);
    return count;
}

START_TEST(vectors_of_the_register_page_are_injected_when_asked_for)
{
    struct hv_vp_register_page *page = begin_vectors();

    resume();
    leave_vectors(page, 2, VECTOR);
    lend(0);
    ck_assert_uint_eq(requested(VECTOR), 0);
    end(HV_LP_YIELDS, HV_LP_NEVER);
    ck_assert_uint_eq(page->interrupt_vector_count, 2);
    lend(SCAN);
    ck_assert_uint_eq(requested(VECTOR), 2);
    ck_assert(hv_apic_test(vp->apic.irr, VECTOR) && hv_apic_test(vp->apic.irr, VECTOR + 1));
    ck_assert_uint_eq(page->interrupt_vector_count, 0);
    ck_assert_uint_eq(page->interrupt_vectors[0], 0);
}
END_TEST

START_TEST(a_suspended_vp_has_its_vectors_when_it_runs)
{
    struct hv_vp_register_page *page = begin_vectors();

    leave_vectors(page, 1, VECTOR);
    ck_assert_int_eq(dispatch_by(root_vp, SCAN), HV_DISPOSITION_RESUME);
    check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
    ck_assert_uint_eq(page->interrupt_vector_count, 0);
    resume();
    hv_lp_look(lp, now);
    lend(SCAN);
    ck_assert_uint_eq(requested(VECTOR), 1);
}
END_TEST

START_TEST(a_count_beyond_the_page_takes_what_is_there)
{
    struct hv_vp_register_page *page = begin_vectors();

    resume();
    leave_vectors(page, 0xFF, VECTOR);
    lend(SCAN);
    ck_assert_uint_eq(requested(VECTOR), 7);
}
END_TEST

START_TEST(vectors_of_exceptions_are_not_injected)
{
    struct hv_vp_register_page *page = begin_vectors();

    resume();
    leave_vectors(page, 7, 13);
    lend(SCAN);
    ck_assert_uint_eq(requested(13), 4);
    ck_assert(!hv_apic_test(vp->apic.irr, 15) && hv_apic_test(vp->apic.irr, 16));
    /* Nor is that an error of its local APIC. */
    ck_assert_uint_eq(vp->apic.errors, 0);
}
END_TEST

START_TEST(without_a_register_page_there_are_no_vectors)
{
    resume();
    lend(SCAN);
    ck_assert_uint_eq(requested(VECTOR), 0);
}
END_TEST

static uint32_t features_ecx(const struct hv_vp *asked)
{
    uint32_t value[4];

    hv_cpuid_hypervisor_leaf(asked, HV_CPUID_FEATURES, value);
    return value[HV_ECX];
}

START_TEST(cpuid_says_that_vectors_are_injected)
{
    ck_assert_uint_eq(features_ecx(root_vp), HV_FEATURE_ECX_VP_DISPATCH_INTERRUPT_INJECTION);
    ck_assert_uint_eq(features_ecx(vp), 0);
    child_begin_again(EXO_FLAGS);
    ck_assert_uint_eq(features_ecx(root_vp), 0);
}
END_TEST

START_TEST(suspending_it_ends_it)
{
    resume();
    lend(0);
    atomic_fetch_or(&vp->suspended, HV_VP_SUSPEND_EXPLICIT);
    end(HV_LP_STOPS, HV_LP_NEVER);
    check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_SUSPEND);
}
END_TEST

START_TEST(a_vp_that_is_taken_away_gives_the_time_back)
{
    resume();
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_DISPATCH);
    hv_lp_put(lp, now, HV_LP_LENDS, HV_LP_NEVER);
    hv_lp_remove(vp);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
    hv_vp_end_lending(root_vp);
    check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_NONE);
}
END_TEST

START_TEST(a_lender_that_is_reset_forgets_it)
{
    resume();
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_DISPATCH);
    hv_vp_reset(root_vp);
    ck_assert(!hv_vp_lends(root_vp));
    lend(0);
}
END_TEST

/* ---- Signals ---- */

START_TEST(a_blocked_vp_that_can_run_is_told_of)
{
    resume();
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    check_output(HV_DISPATCH_STATE_BLOCKED, HV_DISPATCH_EVENT_NONE);
    ck_assert_uint_eq(blocked(), 1);
    ck_assert_uint_eq(signals(), 0);
    hv_lp_kick(vp);
    ck_assert(!hv_lp_look(lp, now));
    check_signal();
    ck_assert_uint_eq(blocked(), 0);
    ck_assert_uint_eq(signals(), 1);
}
END_TEST

START_TEST(it_is_told_once)
{
    resume();
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    for (unsigned i = 0; i < 3; i++) {
        hv_lp_kick(vp);
        hv_lp_look(lp, now);
    }
    check_signal();
    ck_assert_uint_eq(signals(), 1);
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    hv_lp_kick(vp);
    hv_lp_look(lp, now);
    check_signal();
    ck_assert_uint_eq(signals(), 2);
}
END_TEST

START_TEST(one_that_is_on_its_way_says_it_too)
{
    resume();
    slot_of(root_vp)->header.message_type = 1;
    for (unsigned i = 0; i < 2; i++) {
        lend(0);
        end(HV_LP_WAITS, HV_LP_NEVER);
        hv_lp_kick(vp);
        hv_lp_look(lp, now);
        ck_assert_uint_eq(blocked(), 0);
    }
    ck_assert_uint_eq(signals(), 1);
    empty_slot(root_vp);
    check_signal();
}
END_TEST

START_TEST(the_deadline_of_a_blocked_vp_is_told)
{
    resume();
    lend(0);
    end(HV_LP_WAITS, now + 100);
    ck_assert_uint_eq(hv_lp_deadline(lp), now + 100);
    hv_lp_look(lp, now + 99);
    ck_assert_uint_eq(signals(), 0);
    hv_lp_look(lp, now + 100);
    check_signal();
}
END_TEST

START_TEST(letting_it_go_on_is_told)
{
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_RESUME);
    resume();
    hv_lp_look(lp, now);
    check_signal();
    lend(0);
}
END_TEST

START_TEST(dispatch_suspend_stops_signals)
{
    resume();
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterDispatchSuspend, 1),
                      HV_STATUS_SUCCESS);
    hv_lp_kick(vp);
    hv_lp_look(lp, now);
    ck_assert_uint_eq(signals(), 0);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterDispatchSuspend, 0),
                      HV_STATUS_SUCCESS);
    hv_lp_look(lp, now);
    check_signal();
}
END_TEST

/* ---- Signals of several ---- */

/* A VP that was blocked and can run now. */
static struct hv_vp *add_blocked(struct hv_partition *of, uint32_t index)
{
    struct hv_vp *added = fake_vp_create(&fake, of, index);
    const struct hv_input_dispatch_vp input = { .partition_id = of->id, .vp_index = index };

    add(lp, added);
    hv_lp_look(lp, now);
    ck_assert_int_eq(dispatch_with(root_vp, &input), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_SUCCESS);
    atomic_store(&added->suspended, 0);
    hv_lp_kick(added);
    hv_lp_look(lp, now);
    return added;
}

static void check_set(uint16_t count, uint64_t bank)
{
    const struct hv_message *message = slot_of(root_vp);
    struct hv_scheduler_vp_signal_bitset_message payload;

    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(message->header.message_type, HvMessageTypeSchedulerVpSignalBitset);
    ck_assert_uint_eq(message->header.payload_size, 40);
    memcpy(&payload, message->payload, sizeof(payload));
    ck_assert_uint_eq(payload.partition_id, child->id);
    ck_assert_uint_eq(payload.overflow_count, 0);
    ck_assert_uint_eq(payload.vp_count, count);
    ck_assert_uint_eq(payload.format, HV_GENERIC_SET_SPARSE_4K);
    ck_assert_uint_eq(payload.valid_bank_mask, 1);
    ck_assert_uint_eq(payload.banks[0], bank);
}

/* Two of the child's VPs and another child's, and then one more, wait for a slot. */
static struct hv_vp *fill_queue(struct hv_vp **second, struct hv_vp **last)
{
    struct hv_partition *other_child = add_child(root, EXO_FLAGS);
    struct hv_vp *others;

    resume();
    slot_of(root_vp)->header.message_type = 1;
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    hv_lp_kick(vp);
    hv_lp_look(lp, now);
    *second = add_blocked(child, 3);
    others = add_blocked(other_child, 1);
    *last = add_blocked(child, 2);
    return others;
}

START_TEST(signals_that_wait_together_are_one_message)
{
    struct hv_vp *second, *last, *others = fill_queue(&second, &last);
    struct hv_scheduler_vp_signal_pair_message pair;

    empty_slot(root_vp);
    check_set(2, 0x9);
    ck_assert(!atomic_load(&vp->dispatch->busy) && !atomic_load(&second->dispatch->busy));
    ck_assert_uint_eq(signals(), 1);
    ck_assert_uint_eq(second->dispatch->signals, 1);
    /* The order stays what it was. */
    empty_slot(root_vp);
    hv_vp_prepare(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeSchedulerVpSignalPair);
    memcpy(&pair, slot_of(root_vp)->payload, sizeof(pair));
    ck_assert_uint_eq(pair.partition_ids[0], others->partition->id);
    ck_assert_uint_eq(pair.vp_indexes[0], 1);
    ck_assert(slot_of(root_vp)->header.message_flags & HV_MESSAGE_FLAG_PENDING);
    empty_slot(root_vp);
    hv_vp_prepare(root_vp);
    memcpy(&pair, slot_of(root_vp)->payload, sizeof(pair));
    ck_assert_uint_eq(pair.partition_ids[0], child->id);
    ck_assert_uint_eq(pair.vp_indexes[0], 2);
    ck_assert(!(slot_of(root_vp)->header.message_flags & HV_MESSAGE_FLAG_PENDING));
    ck_assert_uint_eq(last->dispatch->signals, 1);
}
END_TEST

START_TEST(a_vp_that_ends_is_in_no_set)
{
    struct hv_vp *second, *last;

    fill_queue(&second, &last);
    hv_intercept_end(root_vp, second);
    empty_slot(root_vp);
    check_signal();
}
END_TEST

static void make_pair(struct hv_message *message, uint32_t vp_index)
{
    hv_intercept_make_signal(message, 7, vp_index);
}

START_TEST(a_set_has_banks_up_to_its_last_vp)
{
    struct hv_message message, added;
    struct hv_scheduler_vp_signal_bitset_message set;

    make_pair(&message, 1);
    make_pair(&added, 25 * 64 + 63);
    ck_assert(hv_intercept_add_signal(&message, &added));
    memcpy(&set, message.payload, sizeof(set));
    ck_assert_uint_eq(message.header.payload_size, sizeof(set));
    ck_assert_uint_eq(set.vp_count, 2);
    ck_assert_uint_eq(set.valid_bank_mask, 0x3FFFFFF);
    ck_assert_uint_eq(set.banks[0], 2);
    ck_assert_uint_eq(set.banks[25], UINT64_C(1) << 63);
    make_pair(&added, 64);
    ck_assert(hv_intercept_add_signal(&message, &added));
    memcpy(&set, message.payload, sizeof(set));
    ck_assert_uint_eq(set.vp_count, 3);
    ck_assert_uint_eq(set.valid_bank_mask, 0x3FFFFFF);
    ck_assert_uint_eq(set.banks[1], 1);
}
END_TEST

START_TEST(what_no_set_can_have_stays_a_pair)
{
    struct hv_message message, added, before;

    make_pair(&message, 1);
    make_pair(&added, 26 * 64);
    before = message;
    ck_assert(!hv_intercept_add_signal(&message, &added));
    ck_assert_mem_eq(&message, &before, sizeof(message));
    before = added;
    ck_assert(!hv_intercept_add_signal(&added, &message));
    ck_assert_mem_eq(&added, &before, sizeof(added));
    hv_intercept_make_signal(&added, 8, 2);
    before = message;
    ck_assert(!hv_intercept_add_signal(&message, &added));
    ck_assert_mem_eq(&message, &before, sizeof(message));
}
END_TEST

START_TEST(a_signal_ends_with_its_vp)
{
    uint32_t references = atomic_load(&child->lineage.references);

    resume();
    slot_of(root_vp)->header.message_type = 1;
    lend(0);
    end(HV_LP_WAITS, HV_LP_NEVER);
    hv_lp_kick(vp);
    hv_lp_look(lp, now);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), references + 1);
    hv_intercept_end(root_vp, vp);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), references);
    empty_slot(root_vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(what_is_not_known_is_refused)
{
    struct hv_input_dispatch_vp input = { .partition_id = child->id };

    for (unsigned bit = 1; bit < 32; bit++) {
        if (1u << bit == SCAN)
            continue;
        input.flags = 1u << bit;
        ck_assert_int_eq(dispatch_with(root_vp, &input), HV_DISPOSITION_RESUME);
        ck_assert_uint_eq(status_of(root_vp), HV_STATUS_INVALID_PARAMETER);
    }
    input = (struct hv_input_dispatch_vp){ .partition_id = child->id, .time_slice = 1 };
    dispatch_with(root_vp, &input);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_INVALID_PARAMETER);
    input = (struct hv_input_dispatch_vp){ .partition_id = child->id, .spec_ctrl = 1 };
    dispatch_with(root_vp, &input);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_INVALID_PARAMETER);
    input = (struct hv_input_dispatch_vp){ .partition_id = child->id, .vp_index = 1 };
    dispatch_with(root_vp, &input);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_INVALID_VP_INDEX);
    input = (struct hv_input_dispatch_vp){ .partition_id = HV_PARTITION_ID_SELF };
    dispatch_with(root_vp, &input);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(two_cant_lend_to_one)
{
    resume();
    add(lp, other_root_vp);
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_DISPATCH);
    ck_assert_int_eq(dispatch_by(other_root_vp, 0), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(other_root_vp), HV_STATUS_INVALID_VP_STATE);
    ck_assert(hv_vp_lends(root_vp));
}
END_TEST

START_TEST(a_root_that_does_not_schedule_has_no_use_for_it)
{
    uint64_t value;

    child_begin_again(EXO_FLAGS);
    ck_assert_int_eq(dispatch_by(root_vp, 0), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(status_of(root_vp), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(get_register_of(root_vp, vp, HvRegisterVpRootSignalCount, &value),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(the_system_says_who_schedules)
{
    struct hv_input_get_system_property input = { .property_id = HvSystemPropertySchedulerType };
    uint64_t type;

    memcpy(input_page(), &input, sizeof(input));
    ck_assert_uint_eq(call_from(root_vp, HvCallGetSystemProperty), HV_STATUS_SUCCESS);
    memcpy(&type, output_page(), sizeof(type));
    ck_assert_uint_eq(type, HvSchedulerTypeRoot);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("dispatch");

    tcase_add_checked_fixture(tcase, dispatch_setup, child_teardown);
    tcase_add_test(tcase, a_child_runs_only_when_it_is_dispatched);
    tcase_add_test(tcase, the_call_is_complete_before_the_child_runs);
    tcase_add_test(tcase, what_comes_for_the_lender_takes_its_time_back);
    tcase_add_test(tcase, it_ends_with_the_slice_though_nobody_waits);
    tcase_add_test(tcase, a_vp_that_still_waits_may_be_dispatched);
    tcase_add_test(tcase, a_lender_with_something_to_do_lends_nothing);
    tcase_add_test(tcase, a_deadline_of_the_lender_ends_it);
    tcase_add_test(tcase, the_lender_pays);
    tcase_add_test(tcase, a_suspended_vp_does_not_run);
    tcase_add_test(tcase, an_intercept_is_told_by_the_call);
    tcase_add_test(tcase, without_its_page_an_intercept_is_a_message);
    tcase_add_test(tcase, the_next_call_ends_the_intercept);
    tcase_add_test(tcase, what_the_register_page_has_counts_then);
    tcase_add_test(tcase, vectors_of_the_register_page_are_injected_when_asked_for);
    tcase_add_test(tcase, a_suspended_vp_has_its_vectors_when_it_runs);
    tcase_add_test(tcase, a_count_beyond_the_page_takes_what_is_there);
    tcase_add_test(tcase, vectors_of_exceptions_are_not_injected);
    tcase_add_test(tcase, without_a_register_page_there_are_no_vectors);
    tcase_add_test(tcase, cpuid_says_that_vectors_are_injected);
    tcase_add_test(tcase, suspending_it_ends_it);
    tcase_add_test(tcase, a_vp_that_is_taken_away_gives_the_time_back);
    tcase_add_test(tcase, a_lender_that_is_reset_forgets_it);
    tcase_add_test(tcase, a_blocked_vp_that_can_run_is_told_of);
    tcase_add_test(tcase, it_is_told_once);
    tcase_add_test(tcase, one_that_is_on_its_way_says_it_too);
    tcase_add_test(tcase, the_deadline_of_a_blocked_vp_is_told);
    tcase_add_test(tcase, letting_it_go_on_is_told);
    tcase_add_test(tcase, dispatch_suspend_stops_signals);
    tcase_add_test(tcase, signals_that_wait_together_are_one_message);
    tcase_add_test(tcase, a_vp_that_ends_is_in_no_set);
    tcase_add_test(tcase, a_set_has_banks_up_to_its_last_vp);
    tcase_add_test(tcase, what_no_set_can_have_stays_a_pair);
    tcase_add_test(tcase, a_signal_ends_with_its_vp);
    tcase_add_test(tcase, what_is_not_known_is_refused);
    tcase_add_test(tcase, two_cant_lend_to_one);
    tcase_add_test(tcase, a_root_that_does_not_schedule_has_no_use_for_it);
    tcase_add_test(tcase, the_system_says_who_schedules);
    Suite *suite = suite_create("core_dispatch");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
