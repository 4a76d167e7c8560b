/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The local APIC's registers in xAPIC mode. Source: Intel SDM, volume 3A, chapter 10. */
#include <string.h>

#include "apic_fixture.h"

static struct hv_apic apic;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
}

#define LAST_REGISTER 0xFFu

static bool is_vector_register(unsigned reg)
{
    return reg >= 0x10 && reg <= 0x27;
}

/* SDM, table "Local APIC Register Address Map", for an APIC with six LVT entries. */
static bool is_there(unsigned reg)
{
    static const uint8_t others[] = { 0x02, 0x03, 0x08, 0x0A, 0x0B, 0x0D, 0x0E, 0x0F, 0x28, 0x30,
                                      0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3E };

    for (size_t i = 0; i < sizeof(others); i++)
        if (others[i] == reg)
            return true;
    return is_vector_register(reg);
}

static bool is_writable(unsigned reg)
{
    return is_there(reg) && !is_vector_register(reg) && reg != 0x02 && reg != 0x03 && reg != 0x0A &&
           reg != 0x39;
}

START_TEST(registers_have_their_reset_values)
{
    hv_apic_init(&apic, &apic_clock, APIC_ID, true);
    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++) {
        uint64_t expected = reg == 0x02                  ? 0x23000000
                            : reg == 0x03                ? 0x00050014
                            : reg == 0x0E                ? 0xFFFFFFFF
                            : reg == 0x0F                ? 0xFF
                            : reg >= 0x32 && reg <= 0x37 ? APIC_MASKED
                                                         : 0;

        ck_assert_msg(apic_read(&apic, reg) == expected, "register %#x", reg);
    }
    ck_assert_uint_eq(hv_apic_base(&apic), 0xFEE00900);
    hv_apic_init(&apic, &apic_clock, APIC_ID, false);
    ck_assert_uint_eq(hv_apic_base(&apic), 0xFEE00800);
}
END_TEST

START_TEST(reading_a_register_that_is_not_there_is_zero_and_an_error)
{
    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++) {
        apic_errors(&apic);
        apic_write(&apic, HV_APIC_TPR, 0x50);
        if (!is_there(reg))
            ck_assert_uint_eq(apic_read(&apic, reg), 0);
        else
            apic_read(&apic, reg);
        ck_assert_msg(apic_errors(&apic) == (is_there(reg) ? 0 : HV_APIC_ESR_ILLEGAL_REGISTER),
                      "register %#x", reg);
    }
}
END_TEST

START_TEST(writing_a_register_that_is_not_there_changes_nothing_and_is_an_error)
{
    struct hv_apic before;

    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++) {
        if (is_there(reg))
            continue;
        apic_errors(&apic);
        before = apic;
        ck_assert_int_eq(apic_write(&apic, reg, 0xFFFFFFFF).kind, HV_APIC_NOTHING);
        before.errors = HV_APIC_ESR_ILLEGAL_REGISTER;
        ck_assert_msg(memcmp(&apic, &before, sizeof(apic)) == 0, "register %#x", reg);
    }
}
END_TEST

START_TEST(read_only_registers_ignore_what_is_written)
{
    struct hv_apic before = apic;

    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++) {
        if (!is_there(reg) || is_writable(reg))
            continue;
        ck_assert_int_eq(apic_write(&apic, reg, 0xFFFFFFFF).kind, HV_APIC_NOTHING);
        ck_assert_msg(memcmp(&apic, &before, sizeof(apic)) == 0, "register %#x", reg);
    }
}
END_TEST

START_TEST(reserved_bits_read_as_zero)
{
    static const struct {
        uint8_t reg;
        uint32_t defined, fixed;
    } cases[] = {
        { HV_APIC_TPR, 0xFF, 0 },
        { HV_APIC_LDR, 0xFF000000, 0 },
        { HV_APIC_DFR, 0xF0000000, 0x0FFFFFFF },
        { HV_APIC_SVR, 0x3FF, 0 },
        { HV_APIC_ICR_HIGH, 0xFF000000, 0 },
        { HV_APIC_ICR, 0x000CCFFF, 0 },
        { HV_APIC_LVT_TIMER, 0x000700FF, 0 },
        { HV_APIC_LVT_THERMAL, 0x000107FF, 0 },
        { HV_APIC_LVT_PERFORMANCE, 0x000107FF, 0 },
        { HV_APIC_LVT_LINT0, 0x0001A7FF, 0 },
        { HV_APIC_LVT_LINT1, 0x0001A7FF, 0 },
        { HV_APIC_LVT_ERROR, 0x000100FF, 0 },
        { HV_APIC_DIVIDE, 0xB, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (unsigned bit = 0; bit < 32; bit++) {
            uint32_t kept = bit == 8 ? 0 : 0x100; /* of the SVR: stay enabled */
            uint32_t value = 1u << bit;

            if (cases[i].reg == HV_APIC_SVR)
                value |= kept;
            apic_write(&apic, cases[i].reg, value);
            ck_assert_msg(apic_read(&apic, cases[i].reg) ==
                              ((value & cases[i].defined) | cases[i].fixed),
                          "register %#x bit %u", cases[i].reg, bit);
        }
}
END_TEST

START_TEST(ldr_and_dfr_tell_of_another_logical_id)
{
    ck_assert_int_eq(apic_write(&apic, HV_APIC_LDR, 0xFF000000).kind, HV_APIC_LOGICAL);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_DFR, 0).kind, HV_APIC_LOGICAL);
    ck_assert_uint_eq(apic.ldr, 0xFF000000);
    ck_assert_uint_eq(apic.dfr, 0x0FFFFFFF);
}
END_TEST

START_TEST(writing_the_low_half_of_the_icr_sends)
{
    struct hv_apic_effect effect;

    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR_HIGH, 0xABFFFFFF).kind, HV_APIC_NOTHING);
    effect = apic_write(&apic, HV_APIC_ICR, 0x000C48F1);
    ck_assert_int_eq(effect.kind, HV_APIC_SEND);
    ck_assert_uint_eq(effect.command, UINT64_C(0xAB000C48F1));
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ICR), 0x000C48F1);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ICR_HIGH), 0xAB000000);
}
END_TEST

/* SDM, "Interrupt Command Register": a command is sent at once, so it never pends. */
START_TEST(delivery_status_is_never_pending)
{
    apic_write(&apic, HV_APIC_ICR, 0x000C1030);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ICR), 0x000C0030);
}
END_TEST

START_TEST(every_delivery_mode_is_sent)
{
    for (uint32_t mode = HV_APIC_FIXED; mode <= HV_APIC_EXTINT; mode++) {
        struct hv_apic_effect effect = apic_write(&apic, HV_APIC_ICR, mode << 8 | 0x4020);

        ck_assert_int_eq(effect.kind, HV_APIC_SEND);
        ck_assert_uint_eq(effect.command, mode << 8 | 0x4020);
    }
}
END_TEST

START_TEST(level_deassert_of_init_is_not_sent)
{
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, 0x8500).kind, HV_APIC_NOTHING);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, 0xC500).kind, HV_APIC_SEND);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, 0x0500).kind, HV_APIC_SEND);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, 0x8400).kind, HV_APIC_SEND);
}
END_TEST

START_TEST(illegal_vectors_are_not_sent)
{
    for (uint32_t vector = 0; vector < 32; vector++)
        for (uint32_t mode = HV_APIC_FIXED; mode <= HV_APIC_EXTINT; mode++) {
            bool illegal = mode <= HV_APIC_LOWEST_PRIORITY && vector < 16;

            apic_errors(&apic);
            ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, mode << 8 | vector).kind,
                             illegal ? HV_APIC_NOTHING : HV_APIC_SEND);
            ck_assert_uint_eq(apic_errors(&apic), illegal ? HV_APIC_ESR_SEND_ILLEGAL : 0);
        }
}
END_TEST

/* SDM, "Error Handling": bit 5 for what is written to the ICR, bit 6 for "a self IPI". */
START_TEST(illegal_vector_to_oneself_is_an_error_of_both_sides)
{
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, 0x0004000F).kind, HV_APIC_NOTHING);
    ck_assert_uint_eq(apic_errors(&apic), HV_APIC_ESR_SEND_ILLEGAL | HV_APIC_ESR_RECEIVE_ILLEGAL);
}
END_TEST

START_TEST(esr_shows_only_what_was_there_at_the_latest_write)
{
    apic_read(&apic, 0x00);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ESR), 0);
    apic_write(&apic, HV_APIC_ESR, 0xFFFFFFFF);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ESR), HV_APIC_ESR_ILLEGAL_REGISTER);
    apic_write(&apic, HV_APIC_ICR, 0x00000005);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ESR), HV_APIC_ESR_ILLEGAL_REGISTER);
    apic_write(&apic, HV_APIC_ESR, 0);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ESR), HV_APIC_ESR_SEND_ILLEGAL);
    apic_write(&apic, HV_APIC_ESR, 0);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ESR), 0);
}
END_TEST

START_TEST(error_interrupt_is_armed_again_by_a_write_to_the_esr)
{
    apic_write(&apic, HV_APIC_LVT_ERROR, 0xFE);
    apic_read(&apic, 0x00);
    ck_assert_int_eq(apic_take(&apic), 0xFE);
    apic_write(&apic, HV_APIC_EOI, 0);
    apic_read(&apic, 0x00);
    apic_write(&apic, HV_APIC_ICR, 0x00000005);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    apic_write(&apic, HV_APIC_ESR, 0);
    apic_read(&apic, 0x00);
    ck_assert_int_eq(hv_apic_pending(&apic), 0xFE);
}
END_TEST

START_TEST(errors_are_recorded_while_their_interrupt_is_masked)
{
    apic_write(&apic, HV_APIC_LVT_ERROR, APIC_MASKED | 0xFE);
    apic_read(&apic, 0x00);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    ck_assert_uint_eq(apic_errors(&apic), HV_APIC_ESR_ILLEGAL_REGISTER);
}
END_TEST

/* The error of the error interrupt must not lead to one more. */
START_TEST(error_interrupt_with_an_illegal_vector_is_one_more_error)
{
    apic_write(&apic, HV_APIC_LVT_ERROR, 0x05);
    apic_read(&apic, 0x00);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    ck_assert_uint_eq(apic_errors(&apic),
                      HV_APIC_ESR_ILLEGAL_REGISTER | HV_APIC_ESR_RECEIVE_ILLEGAL);
}
END_TEST

START_TEST(illegal_vectors_are_not_received)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        apic_errors(&apic);
        hv_apic_request(&apic, (uint8_t)vector, false);
        ck_assert_int_eq(apic_is_requested(&apic, vector), vector >= 16);
        ck_assert_uint_eq(apic_errors(&apic), vector >= 16 ? 0 : HV_APIC_ESR_RECEIVE_ILLEGAL);
    }
}
END_TEST

/* ---- Disabled by software ---- */

START_TEST(disabling_by_software_masks_the_table_for_good)
{
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++)
        apic_write(&apic, reg, 0x40);
    apic_write(&apic, HV_APIC_SVR, 0xFF);
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++) {
        ck_assert_uint_eq(apic_read(&apic, reg), APIC_MASKED | 0x40);
        apic_write(&apic, reg, 0x41);
        ck_assert_uint_eq(apic_read(&apic, reg), APIC_MASKED | 0x41);
    }
    apic_write(&apic, HV_APIC_SVR, 0x1FF);
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++) {
        ck_assert_uint_eq(apic_read(&apic, reg), APIC_MASKED | 0x41);
        apic_write(&apic, reg, 0x42);
        ck_assert_uint_eq(apic_read(&apic, reg), 0x42);
    }
}
END_TEST

START_TEST(disabled_by_software_holds_what_it_has_and_takes_no_more)
{
    hv_apic_request(&apic, 0x80, false);
    apic_take(&apic);
    hv_apic_request(&apic, 0x90, false);
    apic_write(&apic, HV_APIC_SVR, 0xFF);
    ck_assert(!hv_apic_accepts(&apic));
    hv_apic_request(&apic, 0xA0, false);
    hv_apic_request(&apic, 0x00, false);
    ck_assert(!apic_is_requested(&apic, 0xA0));
    ck_assert_uint_eq(apic_errors(&apic), 0);
    ck_assert_int_eq(hv_apic_in_service(&apic), 0x80);
    ck_assert_int_eq(apic_take(&apic), 0x90);
}
END_TEST

START_TEST(disabled_by_software_still_sends)
{
    apic_write(&apic, HV_APIC_SVR, 0xFF);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, 0x00000040).kind, HV_APIC_SEND);
}
END_TEST

/* ---- Local vector table ---- */

START_TEST(entries_fire_what_they_hold)
{
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++) {
        apic_write(&apic, reg, APIC_MASKED | (0x40 + reg));
        hv_apic_fire(&apic, reg);
        ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
        apic_write(&apic, reg, 0x40 + reg);
        hv_apic_fire(&apic, reg);
        ck_assert_int_eq(apic_take(&apic), (int)(0x40 + reg));
        ck_assert_int_eq(apic_write(&apic, HV_APIC_EOI, 0).kind, HV_APIC_NOTHING);
    }
}
END_TEST

START_TEST(lines_can_be_level_triggered_and_nothing_else_can)
{
    for (unsigned reg = HV_APIC_LVT_TIMER; reg <= HV_APIC_LVT_ERROR; reg++) {
        bool is_line = reg == HV_APIC_LVT_LINT0 || reg == HV_APIC_LVT_LINT1;

        apic_write(&apic, reg, 0x8060);
        hv_apic_fire(&apic, reg);
        apic_take(&apic);
        ck_assert_int_eq(apic_write(&apic, HV_APIC_EOI, 0).kind,
                         is_line ? HV_APIC_EOI_SENT : HV_APIC_NOTHING);
    }
}
END_TEST

START_TEST(entries_can_be_nmi_and_extint)
{
    static const struct {
        uint32_t mode, event;
    } cases[] = {
        { HV_APIC_NMI, HV_APIC_EVENT_NMI },
        { HV_APIC_EXTINT, HV_APIC_EVENT_EXTINT },
        { HV_APIC_SMI, 0 },
        { HV_APIC_INIT, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apic_write(&apic, HV_APIC_LVT_LINT0, cases[i].mode << 8 | 0x33);
        hv_apic_fire(&apic, HV_APIC_LVT_LINT0);
        ck_assert_uint_eq(hv_apic_take_posts(&apic), cases[i].event);
        ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("xapic");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, registers_have_their_reset_values);
    tcase_add_test(tcase, reading_a_register_that_is_not_there_is_zero_and_an_error);
    tcase_add_test(tcase, writing_a_register_that_is_not_there_changes_nothing_and_is_an_error);
    tcase_add_test(tcase, read_only_registers_ignore_what_is_written);
    tcase_add_test(tcase, reserved_bits_read_as_zero);
    tcase_add_test(tcase, ldr_and_dfr_tell_of_another_logical_id);
    tcase_add_test(tcase, writing_the_low_half_of_the_icr_sends);
    tcase_add_test(tcase, delivery_status_is_never_pending);
    tcase_add_test(tcase, every_delivery_mode_is_sent);
    tcase_add_test(tcase, level_deassert_of_init_is_not_sent);
    tcase_add_test(tcase, illegal_vectors_are_not_sent);
    tcase_add_test(tcase, illegal_vector_to_oneself_is_an_error_of_both_sides);
    tcase_add_test(tcase, esr_shows_only_what_was_there_at_the_latest_write);
    tcase_add_test(tcase, error_interrupt_is_armed_again_by_a_write_to_the_esr);
    tcase_add_test(tcase, errors_are_recorded_while_their_interrupt_is_masked);
    tcase_add_test(tcase, error_interrupt_with_an_illegal_vector_is_one_more_error);
    tcase_add_test(tcase, illegal_vectors_are_not_received);
    tcase_add_test(tcase, disabling_by_software_masks_the_table_for_good);
    tcase_add_test(tcase, disabled_by_software_holds_what_it_has_and_takes_no_more);
    tcase_add_test(tcase, disabled_by_software_still_sends);
    tcase_add_test(tcase, entries_fire_what_they_hold);
    tcase_add_test(tcase, lines_can_be_level_triggered_and_nothing_else_can);
    tcase_add_test(tcase, entries_can_be_nmi_and_extint);
    return apic_run("core_apic_xapic", tcase);
}
