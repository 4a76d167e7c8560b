/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The controllers as an operating system sees them; expectations are those of the 8259A data sheet
   and, for the edge/level registers, of the 82371SB's. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pic.h>

#include "pic_fixture.h"
#include "suite.h"

enum { CMD = HV_PIC_MASTER_COMMAND, DATA = HV_PIC_MASTER_DATA };
enum { SLAVE_CMD = HV_PIC_SLAVE_COMMAND, SLAVE_DATA = HV_PIC_SLAVE_DATA };
enum { EOI = 0x20, READ_IRR = 0x0A, READ_ISR = 0x0B, POLL = 0x0C };

static struct hv_pic pic;

static void wr(uint16_t port, uint8_t value)
{
    hv_pic_write(&pic, port, value);
}

static uint8_t rd(uint16_t port)
{
    return hv_pic_read(&pic, port);
}

static uint8_t irr(uint16_t port)
{
    wr(port, READ_IRR);
    return rd(port);
}

static uint8_t isr(uint16_t port)
{
    wr(port, READ_ISR);
    return rd(port);
}

static void setup(void)
{
    hv_pic_init(&pic);
    pic_initialize(&pic, 0x01);
}

/* The next interrupt is @irq, which ends up in service. */
static void accept(unsigned irq)
{
    ck_assert_msg(hv_pic_output(&pic), "no interrupt instead of %u", irq);
    ck_assert_uint_eq(hv_pic_acknowledge(&pic), MASTER_VECTOR + irq);
}

static void accept_none(void)
{
    ck_assert(!hv_pic_output(&pic));
}

START_TEST(nothing_interrupts_before_it_is_initialized)
{
    hv_pic_init(&pic);
    pic_raise(&pic, 1);
    accept_none();
    wr(DATA, 0x00);
    accept_none();
    pic_initialize_chip(&pic, CMD, MASTER_VECTOR, 0x01);
    pic_raise(&pic, 9);
    accept_none(); /* of a slave that is not */
    pic_raise(&pic, 1);
    accept(1);
}
END_TEST

START_TEST(initialization_takes_as_many_words_as_the_first_one_says)
{
    static const struct {
        uint8_t icw1;
        unsigned words;
    } sequences[] = { { 0x10, 2 }, { 0x11, 3 }, { 0x12, 1 }, { 0x13, 2 } };
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        wr(CMD, sequences[i].icw1);
        pic_raise(&pic, 7);
        for (unsigned word = 0; word < sequences[i].words; word++) {
            accept_none();
            wr(DATA, 0x47); /* the low bits of a vector are the line's */
            ck_assert_uint_eq(rd(DATA), 0x00);
        }
        ck_assert(hv_pic_output(&pic));
        ck_assert_uint_eq(hv_pic_acknowledge(&pic), 0x47);
        wr(DATA, 0x47);
        ck_assert_uint_eq(rd(DATA), 0x47);
    }
}
END_TEST

START_TEST(initialization_forgets_what_was_there_and_waits_for_edges)
{
    pic_initialize(&pic, 0x13);
    wr(DATA, 0xF0);
    wr(CMD, 0xC3);
    wr(CMD, 0x68 | READ_ISR);
    pic_raise(&pic, 1);
    pic_initialize(&pic, 0x01);
    ck_assert_uint_eq(rd(DATA), 0);
    ck_assert_uint_eq(rd(CMD), 0); /* the IRR */
    accept_none();
    hv_pic_set_line(&pic, 1, true);
    accept_none();
    pic_raise(&pic, 1);
    ck_assert_uint_eq(rd(CMD), 0x02);
    pic_raise(&pic, 0);
    accept(0);
    accept_none();
    ck_assert_uint_eq(isr(CMD), 0x01);
    pic_initialize(&pic, 0x01);
    ck_assert_uint_eq(isr(CMD), 0);
}
END_TEST

START_TEST(initialization_without_the_last_word_clears_what_it_sets)
{
    pic_initialize(&pic, 0x13);
    wr(CMD, 0x10);
    wr(DATA, MASTER_VECTOR);
    wr(DATA, 0x04);
    pic_raise(&pic, 0);
    accept(0);
    ck_assert_uint_eq(isr(CMD), 0x01);
}
END_TEST

START_TEST(lines_have_fixed_priorities)
{
    static const unsigned order[] = { 0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7 };
    for (unsigned irq = 16; irq-- > 0;) {
        pic_raise(&pic, irq);
    }
    ck_assert_uint_eq(irr(CMD), 0xFF);
    ck_assert_uint_eq(irr(SLAVE_CMD), 0xFF);
    for (unsigned i = 0; i < 15; i++) {
        accept(order[i]);
        accept_none();
        if (order[i] >= 8) {
            wr(SLAVE_CMD, EOI);
        }
        wr(CMD, EOI);
    }
    accept_none();
}
END_TEST

START_TEST(higher_line_interrupts_a_lower_one)
{
    pic_raise(&pic, 5);
    accept(5);
    pic_raise(&pic, 5);
    pic_raise(&pic, 6);
    accept_none();
    pic_raise(&pic, 12);
    accept(12);
    pic_raise(&pic, 1);
    accept(1);
    ck_assert_uint_eq(isr(CMD), 0x26);
    ck_assert_uint_eq(isr(SLAVE_CMD), 0x10);
    wr(CMD, EOI);
    ck_assert_uint_eq(isr(CMD), 0x24);
    wr(CMD, 0x65); /* specific */
    ck_assert_uint_eq(isr(CMD), 0x04);
    wr(SLAVE_CMD, EOI);
    wr(CMD, EOI);
    accept(5);
    wr(CMD, EOI);
    accept(6);
}
END_TEST

START_TEST(edge_interrupts_once_and_is_withdrawn_by_its_line)
{
    hv_pic_set_line(&pic, 4, true);
    hv_pic_set_line(&pic, 4, true);
    accept(4);
    wr(CMD, EOI);
    accept_none();
    pic_raise(&pic, 4);
    ck_assert(hv_pic_output(&pic));
    hv_pic_set_line(&pic, 4, false);
    accept_none();
    pic_raise(&pic, 10);
    ck_assert_uint_eq(irr(CMD), 0x04);
    hv_pic_set_line(&pic, 10, false);
    ck_assert_uint_eq(irr(CMD), 0x00);
    accept_none();
}
END_TEST

START_TEST(level_interrupts_as_long_as_it_lasts)
{
    wr(HV_PIC_MASTER_LEVEL, 0x20);
    wr(HV_PIC_SLAVE_LEVEL, 0x08);
    hv_pic_set_line(&pic, 5, true);
    hv_pic_set_line(&pic, 11, true);
    for (int i = 0; i < 3; i++) {
        accept(11);
        ck_assert_uint_eq(irr(SLAVE_CMD), 0x08);
        wr(SLAVE_CMD, EOI);
        wr(CMD, EOI);
    }
    hv_pic_set_line(&pic, 11, false);
    for (int i = 0; i < 3; i++) {
        accept(5);
        accept_none();
        wr(CMD, EOI);
    }
    hv_pic_set_line(&pic, 5, false);
    accept_none();
}
END_TEST

START_TEST(some_lines_are_always_edge_triggered)
{
    wr(HV_PIC_MASTER_LEVEL, 0xFF);
    ck_assert_uint_eq(rd(HV_PIC_SLAVE_LEVEL), 0);
    wr(HV_PIC_SLAVE_LEVEL, 0xFF);
    ck_assert_uint_eq(rd(HV_PIC_MASTER_LEVEL), 0xF8);
    ck_assert_uint_eq(rd(HV_PIC_SLAVE_LEVEL), 0xDE);
    pic_initialize(&pic, 0x01);
    ck_assert_uint_eq(rd(HV_PIC_MASTER_LEVEL), 0xF8);
    wr(CMD, 0x19); /* LTIM */
    wr(DATA, MASTER_VECTOR);
    wr(DATA, 0x04);
    wr(DATA, 0x01);
    hv_pic_set_line(&pic, 0, true);
    accept(0);
    wr(CMD, EOI);
    accept_none();
}
END_TEST

START_TEST(change_of_trigger_forgets_the_edge_and_sees_the_level)
{
    wr(DATA, 0xFF);
    hv_pic_set_line(&pic, 3, true);
    wr(HV_PIC_MASTER_LEVEL, 0x08);
    ck_assert_uint_eq(irr(CMD), 0x08);
    wr(HV_PIC_MASTER_LEVEL, 0x00);
    ck_assert_uint_eq(irr(CMD), 0x00);
    hv_pic_set_line(&pic, 3, false);
    wr(HV_PIC_MASTER_LEVEL, 0x08);
    hv_pic_set_line(&pic, 3, true);
    wr(HV_PIC_MASTER_LEVEL, 0x00);
    ck_assert_uint_eq(irr(CMD), 0x00);
    pic_raise(&pic, 4);
    wr(HV_PIC_MASTER_LEVEL, 0xE0);
    ck_assert_uint_eq(irr(CMD), 0x10);
}
END_TEST

START_TEST(masked_line_waits)
{
    wr(DATA, 0x02);
    wr(SLAVE_DATA, 0x01);
    pic_raise(&pic, 1);
    pic_raise(&pic, 8);
    accept_none();
    ck_assert_uint_eq(irr(CMD), 0x02);
    wr(SLAVE_DATA, 0x00);
    ck_assert_uint_eq(irr(CMD), 0x06);
    accept(8);
    wr(DATA, 0x00);
    accept(1);
}
END_TEST

START_TEST(late_acknowledge_gets_the_lowest_line_and_serves_nothing)
{
    pic_raise(&pic, 3);
    wr(DATA, 0x08);
    ck_assert_uint_eq(hv_pic_acknowledge(&pic), MASTER_VECTOR + 7);
    ck_assert_uint_eq(isr(CMD), 0);
    pic_raise(&pic, 9);
    hv_pic_set_line(&pic, 9, false);
    ck_assert_uint_eq(hv_pic_acknowledge(&pic), MASTER_VECTOR + 7);
    ck_assert_uint_eq(isr(CMD), 0);
    ck_assert_uint_eq(isr(SLAVE_CMD), 0);
}
END_TEST

START_TEST(slave_is_locked_out_while_it_is_served_unless_it_nests)
{
    for (int nests = 0; nests < 2; nests++) {
        pic_initialize(&pic, nests != 0 ? 0x11 : 0x01);
        pic_raise(&pic, 10);
        accept(10);
        pic_raise(&pic, 9);
        pic_raise(&pic, 3);
        pic_raise(&pic, 14);
        if (nests == 0) {
            accept_none();
            wr(CMD, EOI);
        }
        accept(9);
        accept_none(); /* 3 and 14 are of lower priority */
        ck_assert_uint_eq(isr(SLAVE_CMD), 0x06);
        hv_pic_set_line(&pic, 9, false);
        hv_pic_set_line(&pic, 3, false);
        hv_pic_set_line(&pic, 14, false);
    }
}
END_TEST

START_TEST(nesting_slave_does_not_interrupt_without_a_request)
{
    pic_initialize(&pic, 0x11);
    wr(CMD, 0xC1); /* the slave's line has the highest priority */
    accept_none();
    pic_raise(&pic, 9);
    accept(9);
    accept_none();
}
END_TEST

START_TEST(automatic_end_of_interrupt_serves_nothing)
{
    pic_initialize(&pic, 0x03);
    pic_raise(&pic, 9);
    pic_raise(&pic, 8);
    pic_raise(&pic, 7);
    accept(8);
    accept(9);
    accept(7);
    accept_none();
    ck_assert_uint_eq(isr(CMD), 0);
    ck_assert_uint_eq(isr(SLAVE_CMD), 0);
}
END_TEST

START_TEST(rotation_makes_the_served_line_the_lowest)
{
    pic_raise(&pic, 4);
    pic_raise(&pic, 6);
    accept(4);
    wr(CMD, 0xA0); /* rotate on non-specific EOI */
    ck_assert_uint_eq(isr(CMD), 0);
    pic_raise(&pic, 4);
    pic_raise(&pic, 5);
    accept(5);
    wr(CMD, 0xE1); /* rotate on specific EOI of another line */
    ck_assert_uint_eq(isr(CMD), 0x20);
    wr(CMD, 0x65);
    pic_raise(&pic, 1);
    accept(4);
    wr(CMD, EOI);
    accept(6);
    wr(CMD, EOI);
    accept(1);
    wr(CMD, EOI);
    wr(CMD, 0xA0); /* of nothing: changes nothing */
    pic_raise(&pic, 1);
    pic_raise(&pic, 3);
    accept(3);
}
END_TEST

START_TEST(priority_can_be_set_and_the_highest_in_service_follows_it)
{
    wr(CMD, 0xC4);
    pic_raise(&pic, 0);
    pic_raise(&pic, 5);
    accept(5);
    accept_none();
    wr(CMD, EOI);
    accept(0);
    pic_raise(&pic, 7);
    accept(7);
    wr(CMD, EOI);
    ck_assert_uint_eq(isr(CMD), 0x01);
    wr(CMD, 0x40); /* no operation */
    wr(CMD, EOI);
    pic_raise(&pic, 4);
    pic_raise(&pic, 3);
    accept(3);
}
END_TEST

START_TEST(commands_look_at_their_own_bits_alone)
{
    pic_raise(&pic, 5);
    accept(5);
    pic_raise(&pic, 3);
    accept(3);
    wr(CMD, 0xC5); /* sets priority, ends nothing */
    wr(CMD, 0xC7);
    wr(CMD, 0x80);
    wr(CMD, 0x00);
    wr(CMD, 0x45);
    ck_assert_uint_eq(isr(CMD), 0x28);
    wr(CMD, 0x25); /* not specific */
    ck_assert_uint_eq(isr(CMD), 0x20);
    wr(CMD, EOI);
    wr(CMD, 0xE1); /* rotates with nothing in service */
    wr(CMD, 0xA7); /* does not */
    pic_raise(&pic, 1);
    pic_raise(&pic, 3);
    pic_raise(&pic, 9);
    accept(9);
    wr(CMD, EOI);
    accept(3);
    wr(CMD, EOI);
    wr(CMD, 0xC4);
    pic_raise(&pic, 4);
    accept(1);
}
END_TEST

START_TEST(rotation_in_automatic_mode_can_be_switched)
{
    pic_initialize(&pic, 0x03);
    wr(CMD, 0x80);
    pic_raise(&pic, 0);
    pic_raise(&pic, 1);
    accept(0);
    pic_raise(&pic, 0);
    accept(1);
    accept(0);
    wr(CMD, 0x00);
    pic_raise(&pic, 1);
    accept(1);
    pic_raise(&pic, 0);
    pic_raise(&pic, 1);
    accept(1);
}
END_TEST

START_TEST(special_mask_mode_lets_all_but_the_masked_line_through)
{
    pic_raise(&pic, 1);
    accept(1);
    wr(CMD, 0x68);
    wr(DATA, 0x02);
    pic_raise(&pic, 1);
    pic_raise(&pic, 5);
    accept(5);
    pic_raise(&pic, 6);
    accept_none();
    wr(CMD, EOI); /* of 5: a masked line is not ended by this */
    ck_assert_uint_eq(isr(CMD), 0x02);
    wr(CMD, EOI);
    ck_assert_uint_eq(isr(CMD), 0x02);
    wr(CMD, 0x28); /* without ESMM, SMM is ignored */
    accept(6);
    wr(CMD, EOI);
    pic_raise(&pic, 7);
    wr(CMD, 0x4B);
    accept_none();
    wr(CMD, EOI);
    accept(7);
}
END_TEST

START_TEST(poll_acknowledges_on_the_next_read_of_either_port)
{
    wr(CMD, POLL);
    ck_assert_uint_eq(rd(CMD), 0);
    wr(DATA, 0x80);
    pic_raise(&pic, 3);
    pic_raise(&pic, 9);
    pic_raise(&pic, 11);
    wr(CMD, POLL);
    ck_assert_uint_eq(rd(DATA), 0x82);
    ck_assert_uint_eq(rd(DATA), 0x80); /* the mask */
    ck_assert_uint_eq(isr(CMD), 0x04);
    ck_assert_uint_eq(isr(SLAVE_CMD), 0x00);
    wr(SLAVE_CMD, POLL);
    ck_assert_uint_eq(rd(SLAVE_CMD), 0x81);
    ck_assert_uint_eq(isr(SLAVE_CMD), 0x02);
    ck_assert_uint_eq(irr(CMD), 0x08);
    wr(SLAVE_CMD, EOI);
    ck_assert_uint_eq(irr(CMD), 0x0C);
    wr(CMD, POLL);
    wr(CMD, READ_ISR); /* takes it back */
    ck_assert_uint_eq(rd(CMD), 0x04);
}
END_TEST

START_TEST(poll_without_request_changes_nothing)
{
    pic_initialize(&pic, 0x03);
    wr(CMD, 0x80);
    wr(CMD, 0xC3);
    wr(CMD, POLL);
    ck_assert_uint_eq(rd(CMD), 0);
    pic_raise(&pic, 3);
    pic_raise(&pic, 0);
    pic_raise(&pic, 5);
    accept(5);
    accept(0);
    accept(3);
}
END_TEST

START_TEST(polled_slave_tells_its_master_of_the_next_one)
{
    pic_initialize(&pic, 0x03);
    pic_raise(&pic, 9);
    pic_raise(&pic, 11);
    wr(CMD, POLL);
    ck_assert_uint_eq(rd(CMD), 0x82);
    accept_none();
    wr(SLAVE_CMD, POLL);
    ck_assert_uint_eq(rd(SLAVE_CMD), 0x81);
    accept(11);
}
END_TEST

START_TEST(chosen_register_stays_until_another_is_chosen)
{
    pic_raise(&pic, 0);
    accept(0);
    pic_raise(&pic, 4);
    ck_assert_uint_eq(isr(CMD), 0x01);
    wr(CMD, 0x08);
    ck_assert_uint_eq(rd(CMD), 0x01);
    ck_assert_uint_eq(irr(CMD), 0x10);
    wr(CMD, 0x09);
    ck_assert_uint_eq(rd(CMD), 0x10);
}
END_TEST

START_TEST(foreign_ports_and_lines_are_nobodys)
{
    struct hv_pic before = pic;
    static const uint16_t ports[] = { 0x22, 0x1F, 0xA2, 0x4D2, 0x4CF, 0xFFFF, 0 };
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        wr(ports[i], 0x11);
        ck_assert_uint_eq(rd(ports[i]), 0xFF);
    }
    hv_pic_set_line(&pic, HV_PIC_CASCADE, true);
    hv_pic_set_line(&pic, 16, true);
    hv_pic_set_line(&pic, UINT32_MAX, true);
    ck_assert_mem_eq(&before, &pic, sizeof(pic));
    pic_raise(&pic, 8);
    ck_assert(!hv_pic_is_busy(&pic, 16));
    wr(CMD, POLL);
    ck_assert_uint_eq(rd(CMD), 0x82);
    hv_pic_set_line(&pic, HV_PIC_CASCADE, false); /* would make another edge */
    ck_assert_uint_eq(irr(CMD), 0x00);
}
END_TEST

START_TEST(line_is_busy_from_its_request_to_its_end)
{
    for (unsigned irq = 0; irq < 16; irq += 8) {
        wr(DATA, 0xFF);
        ck_assert(!hv_pic_is_busy(&pic, irq));
        pic_raise(&pic, irq);
        ck_assert(hv_pic_is_busy(&pic, irq));
        wr(DATA, 0x00);
        accept(irq);
        ck_assert(hv_pic_is_busy(&pic, irq));
        wr(SLAVE_CMD, EOI);
        wr(CMD, EOI);
        ck_assert(!hv_pic_is_busy(&pic, irq));
    }
}
END_TEST

START_TEST(reset_keeps_the_levels_of_lines_alone)
{
    wr(HV_PIC_MASTER_LEVEL, 0x08);
    hv_pic_set_line(&pic, 3, true);
    hv_pic_set_line(&pic, 12, true);
    hv_pic_set_line(&pic, 13, true);
    hv_pic_reset(&pic);
    accept_none();
    ck_assert_uint_eq(rd(HV_PIC_MASTER_LEVEL), 0);
    pic_initialize(&pic, 0x01);
    accept_none();
    hv_pic_set_line(&pic, 3, true);
    accept_none();
    wr(HV_PIC_MASTER_LEVEL, 0x08);
    accept(3);
    hv_pic_set_line(&pic, 12, true);
    accept_none();
    wr(CMD, EOI);
    wr(HV_PIC_MASTER_LEVEL, 0x00);
    hv_pic_set_line(&pic, 6, true);
    accept(6);
    wr(HV_PIC_SLAVE_LEVEL, 0x10);
    accept(12);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pic");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, nothing_interrupts_before_it_is_initialized);
    tcase_add_test(tests, initialization_takes_as_many_words_as_the_first_one_says);
    tcase_add_test(tests, initialization_forgets_what_was_there_and_waits_for_edges);
    tcase_add_test(tests, initialization_without_the_last_word_clears_what_it_sets);
    tcase_add_test(tests, lines_have_fixed_priorities);
    tcase_add_test(tests, higher_line_interrupts_a_lower_one);
    tcase_add_test(tests, edge_interrupts_once_and_is_withdrawn_by_its_line);
    tcase_add_test(tests, level_interrupts_as_long_as_it_lasts);
    tcase_add_test(tests, some_lines_are_always_edge_triggered);
    tcase_add_test(tests, change_of_trigger_forgets_the_edge_and_sees_the_level);
    tcase_add_test(tests, masked_line_waits);
    tcase_add_test(tests, late_acknowledge_gets_the_lowest_line_and_serves_nothing);
    tcase_add_test(tests, slave_is_locked_out_while_it_is_served_unless_it_nests);
    tcase_add_test(tests, nesting_slave_does_not_interrupt_without_a_request);
    tcase_add_test(tests, automatic_end_of_interrupt_serves_nothing);
    tcase_add_test(tests, rotation_makes_the_served_line_the_lowest);
    tcase_add_test(tests, priority_can_be_set_and_the_highest_in_service_follows_it);
    tcase_add_test(tests, commands_look_at_their_own_bits_alone);
    tcase_add_test(tests, rotation_in_automatic_mode_can_be_switched);
    tcase_add_test(tests, special_mask_mode_lets_all_but_the_masked_line_through);
    tcase_add_test(tests, poll_acknowledges_on_the_next_read_of_either_port);
    tcase_add_test(tests, poll_without_request_changes_nothing);
    tcase_add_test(tests, polled_slave_tells_its_master_of_the_next_one);
    tcase_add_test(tests, chosen_register_stays_until_another_is_chosen);
    tcase_add_test(tests, foreign_ports_and_lines_are_nobodys);
    tcase_add_test(tests, line_is_busy_from_its_request_to_its_end);
    tcase_add_test(tests, reset_keeps_the_levels_of_lines_alone);
    Suite *suite = suite_create("pic");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
