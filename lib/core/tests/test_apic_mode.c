/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * IA32_APIC_BASE and INIT. Source: Intel SDM, volume 3A, "x2APIC State Transitions" and "Local APIC
 * State".
 */
#include "apic_fixture.h"

#define MODES (HV_APIC_BASE_ENABLE | HV_APIC_BASE_EXTD)
#define BASE_OF(en, extd) \
    (0xFEE00100 | ((en) ? HV_APIC_BASE_ENABLE : 0) | ((extd) ? HV_APIC_BASE_EXTD : 0))

static struct hv_apic apic;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
}

/* Something in every register that a guest can write. */
static void fill(void)
{
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++)
        apic_write(&apic, reg, 0x40 + reg);
    apic_write(&apic, HV_APIC_DIVIDE, 0xB);
    apic_write(&apic, HV_APIC_INITIAL_COUNT, 1000000);
    apic_write(&apic, HV_APIC_TPR, 0x20);
    hv_apic_request(&apic, 0x90, true);
    apic_take(&apic);
    hv_apic_request(&apic, 0x91, false);
    if (!hv_apic_is_x2(&apic)) {
        apic_write(&apic, HV_APIC_LDR, 0x04000000);
        apic_write(&apic, HV_APIC_DFR, 0);
        apic_write(&apic, HV_APIC_ICR_HIGH, 0x05000000);
    }
    apic_write(&apic, HV_APIC_ICR, 0x00000041);
    apic_write(&apic, HV_APIC_ICR, 0);
    apic_write(&apic, HV_APIC_ESR, 0);
    apic_write(&apic, HV_APIC_ICR, 0);
}

static void check_is_as_after_power_on(void)
{
    struct hv_apic fresh;

    hv_apic_init(&fresh, &apic_clock, APIC_ID, true);
    fresh.base = apic.base;
    if (hv_apic_is_x2(&apic))
        fresh.ldr = hv_apic_x2_logical_id(APIC_ID);
    ck_assert_mem_eq(&apic, &fresh, sizeof(apic));
}

static void bring_to(unsigned from)
{
    apic_start(&apic, &apic_clock);
    if (from == 3)
        apic_enter_x2(&apic);
    if (from == 0)
        hv_apic_write_base(&apic, BASE_OF(0, 0));
    ck_assert_uint_eq(hv_apic_base(&apic) & MODES, BASE_OF(from & 1, from >> 1) & MODES);
}

/* States are EN + 2 * EXTD: 0 disabled, 1 xAPIC, 2 invalid, 3 x2APIC. From 2 nothing starts. */
START_TEST(only_the_transitions_of_the_manual_are_allowed)
{
    static const bool legal[4][4] = {
        [0] = { [0] = true, [1] = true },
        [1] = { [0] = true, [1] = true, [3] = true },
        [3] = { [0] = true, [3] = true },
    };

    for (unsigned from = 0; from < 4; from++)
        for (unsigned to = 0; to < 4; to++) {
            struct hv_apic before;
            struct hv_apic_effect effect;

            if (from == 2)
                continue;
            bring_to(from);
            before = apic;
            effect = hv_apic_write_base(&apic, BASE_OF(to & 1, to >> 1));
            ck_assert_msg((effect.kind != HV_APIC_FAULT) == legal[from][to], "%u to %u", from, to);
            if (effect.kind == HV_APIC_FAULT || from == to)
                ck_assert_mem_eq(&apic, &before, sizeof(apic));
            else
                ck_assert_int_eq(effect.kind, HV_APIC_LOGICAL);
            if (legal[from][to])
                ck_assert_uint_eq(hv_apic_base(&apic), BASE_OF(to & 1, to >> 1));
        }
}
END_TEST

START_TEST(the_invalid_state_can_not_be_reached)
{
    for (unsigned from = 0; from < 4; from++) {
        if (from == 2)
            continue;
        bring_to(from);
        ck_assert_int_eq(hv_apic_write_base(&apic, BASE_OF(0, 1)).kind, HV_APIC_FAULT);
    }
}
END_TEST

START_TEST(no_other_bit_of_the_base_can_be_changed)
{
    for (unsigned from = 0; from < 4; from++)
        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t flip = UINT64_C(1) << bit;
            struct hv_apic before;

            if (from == 2 || (flip & MODES))
                continue;
            bring_to(from);
            before = apic;
            ck_assert_msg(hv_apic_write_base(&apic, hv_apic_base(&apic) ^ flip).kind ==
                              HV_APIC_FAULT,
                          "bit %u", bit);
            ck_assert_mem_eq(&apic, &before, sizeof(apic));
        }
}
END_TEST

START_TEST(disabling_and_enabling_is_a_reset)
{
    fill();
    hv_apic_write_base(&apic, BASE_OF(0, 0));
    check_is_as_after_power_on();
    hv_apic_write_base(&apic, BASE_OF(1, 0));
    check_is_as_after_power_on();
}
END_TEST

START_TEST(disabling_in_x2apic_mode_is_a_reset)
{
    apic_enter_x2(&apic);
    fill();
    hv_apic_write_base(&apic, BASE_OF(0, 0));
    check_is_as_after_power_on();
    hv_apic_write_base(&apic, BASE_OF(1, 0));
    check_is_as_after_power_on();
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ID), (uint32_t)(APIC_ID << 24));
}
END_TEST

/* SDM: all but LDR and the high half of the ICR is preserved. */
START_TEST(entering_x2apic_mode_keeps_the_registers)
{
    struct hv_apic before;

    fill();
    before = apic;
    apic_enter_x2(&apic);
    before.base = apic.base;
    before.ldr = 0x00120008;
    before.icr = 0x00000000;
    ck_assert_uint_eq(apic.timer.deadline, 10000000);
    ck_assert_mem_eq(&apic, &before, sizeof(apic));
}
END_TEST

START_TEST(high_half_of_the_icr_is_cleared_on_the_way_into_x2apic_mode)
{
    apic_write(&apic, HV_APIC_ICR_HIGH, 0x05000000);
    apic_write(&apic, HV_APIC_ICR, 0x00000041);
    apic_enter_x2(&apic);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ICR), 0x41);
}
END_TEST

START_TEST(init_resets_all_but_id_and_mode)
{
    for (unsigned from = 0; from < 4; from++) {
        if (from == 2)
            continue;
        bring_to(from);
        if (from != 0)
            fill();
        hv_apic_reset(&apic);
        check_is_as_after_power_on();
        ck_assert_uint_eq(hv_apic_base(&apic), BASE_OF(from & 1, from >> 1));
    }
}
END_TEST

START_TEST(init_leaves_the_inbox_alone)
{
    hv_apic_post_event(&apic, HV_APIC_EVENT_STARTUP, 0x9A);
    hv_apic_reset(&apic);
    ck_assert_uint_eq(hv_apic_take_posts(&apic), HV_APIC_EVENT_STARTUP);
    ck_assert_uint_eq(apic.inbox.startup_vector, 0x9A);
}
END_TEST

START_TEST(disabled_apic_takes_and_gives_nothing)
{
    hv_apic_request(&apic, 0x90, false);
    hv_apic_write_base(&apic, BASE_OF(0, 0));
    hv_apic_request(&apic, 0x91, false);
    ck_assert(!hv_apic_accepts(&apic));
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    ck_assert_int_eq(hv_apic_pending_behind_tpr(&apic), HV_APIC_NO_VECTOR);
    hv_apic_write_base(&apic, BASE_OF(1, 0));
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("mode");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, only_the_transitions_of_the_manual_are_allowed);
    tcase_add_test(tcase, the_invalid_state_can_not_be_reached);
    tcase_add_test(tcase, no_other_bit_of_the_base_can_be_changed);
    tcase_add_test(tcase, disabling_and_enabling_is_a_reset);
    tcase_add_test(tcase, disabling_in_x2apic_mode_is_a_reset);
    tcase_add_test(tcase, entering_x2apic_mode_keeps_the_registers);
    tcase_add_test(tcase, high_half_of_the_icr_is_cleared_on_the_way_into_x2apic_mode);
    tcase_add_test(tcase, init_resets_all_but_id_and_mode);
    tcase_add_test(tcase, init_leaves_the_inbox_alone);
    tcase_add_test(tcase, disabled_apic_takes_and_gives_nothing);
    return apic_run("core_apic_mode", tcase);
}
