/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The I/O APIC as a driver sees it; expectations are those of the 82093AA data sheet. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ioapic.h>

#include "ioapic_fixture.h"
#include "suite.h"

#define LOGICAL    0x00000800u
#define PENDING    0x00001000u
#define LOW_ACTIVE 0x00002000u
#define REMOTE_IRR 0x00004000u
#define LEVEL      0x00008000u
#define MASKED     0x00010000u

static struct ioapic_bus bus;
static struct hv_ioapic ioapic;

static void setup(void)
{
    struct hv_ioapic_config config = ioapic_bus_config(&bus);
    memset(&bus, 0, sizeof(bus));
    hv_ioapic_init(&ioapic, &config);
}

static void pulse(unsigned pin)
{
    hv_ioapic_set_line(&ioapic, pin, true);
    hv_ioapic_set_line(&ioapic, pin, false);
}

START_TEST(registers_after_power_on)
{
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_ID), 0);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_VERSION), 0x00170020);
    for (unsigned pin = 0; pin < HV_IOAPIC_PINS; pin++) {
        ck_assert_uint_eq(ioapic_entry(&ioapic, pin), MASKED);
        ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_TABLE + 2 * pin + 1), 0);
        pulse(pin);
    }
    ck_assert_uint_eq(bus.count, 0);
}
END_TEST

START_TEST(id_is_four_bits_and_the_arbitration_id_too)
{
    struct hv_ioapic_config config = ioapic_bus_config(&bus);
    config.id = 0x15;
    hv_ioapic_init(&ioapic, &config);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_ID), 0x05000000);
    ioapic_write(&ioapic, HV_IOAPIC_ID, 0xFFFFFFFF);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_ID), 0x0F000000);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_ARBITRATION), 0x0F000000);
    ioapic_write(&ioapic, HV_IOAPIC_ARBITRATION, 0);
    ioapic_write(&ioapic, HV_IOAPIC_VERSION, 0);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_ARBITRATION), 0x0F000000);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_VERSION), 0x00170020);
}
END_TEST

START_TEST(registers_that_do_not_exist_read_as_zero)
{
    for (unsigned index = 0x03; index < 0x100; index++) {
        if (index < 0x10 || index >= 0x40) {
            ioapic_write(&ioapic, index, 0xFFFFFFFF);
            ck_assert_uint_eq(ioapic_read(&ioapic, index), 0);
        }
    }
}
END_TEST

START_TEST(entry_keeps_what_can_be_written)
{
    struct hv_ioapic_config config = ioapic_bus_config(&bus);
    for (unsigned extended = 0; extended < 2; extended++) {
        config.extended_destination = extended == 1;
        hv_ioapic_init(&ioapic, &config);
        ioapic_set_entry(&ioapic, 23, 0xFFFFFFFF);
        ck_assert_uint_eq(ioapic_entry(&ioapic, 23), 0x0001AFFF);
        ioapic_write(&ioapic, 0x3F, 0xFFFFFFFF);
        ck_assert_uint_eq(ioapic_read(&ioapic, 0x3F), extended == 1 ? 0xFFFE0000 : 0xFF000000);
    }
}
END_TEST

START_TEST(only_whole_words_reach_the_window)
{
    static const unsigned sizes[] = { 0, 1, 2, 3, 8 };
    hv_ioapic_write(&ioapic, HV_IOAPIC_SELECT, 4, HV_IOAPIC_VERSION);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_WINDOW, sizes[i]), 0xFFFFFFFF);
    }
    hv_ioapic_write(&ioapic, HV_IOAPIC_SELECT, 1, HV_IOAPIC_TABLE);
    hv_ioapic_write(&ioapic, HV_IOAPIC_WINDOW, 1, 0x31);
    ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_WINDOW, 4), MASKED);
    for (uint64_t offset = 0; offset < HV_IOAPIC_WINDOW_SIZE; offset++) {
        if (offset != HV_IOAPIC_SELECT && offset != HV_IOAPIC_WINDOW) {
            hv_ioapic_write(&ioapic, offset, 4, 0);
            ck_assert_uint_eq(hv_ioapic_read(&ioapic, offset, 4), 0xFFFFFFFF);
        }
    }
    ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_SELECT, 4), HV_IOAPIC_TABLE);
    ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_WINDOW, 4), MASKED);
}
END_TEST

START_TEST(select_is_one_byte)
{
    hv_ioapic_write(&ioapic, HV_IOAPIC_SELECT, 4, 0xFFFFFF01);
    ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_SELECT, 4), 1);
    hv_ioapic_write(&ioapic, HV_IOAPIC_SELECT, 2, 0xFF02);
    ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_SELECT, 1), 2);
    hv_ioapic_write(&ioapic, HV_IOAPIC_SELECT, 8, 0x10);
    ck_assert_uint_eq(hv_ioapic_read(&ioapic, HV_IOAPIC_SELECT, 2), 2);
}
END_TEST

START_TEST(message_says_what_the_entry_says)
{
    ioapic_write(&ioapic, HV_IOAPIC_TABLE + 2 * 7 + 1, 0xA5120000);
    ioapic_set_entry(&ioapic, 7, LOGICAL | 0x0100 | 0x31);
    pulse(7);
    ck_assert_uint_eq(bus.count, 1);
    ck_assert_uint_eq(bus.last.destination, 0x09A5);
    ck_assert(bus.last.logical);
    ck_assert(!bus.last.level);
    ck_assert_uint_eq(bus.last.delivery_mode, HV_IOAPIC_LOWEST_PRIORITY);
    ck_assert_uint_eq(bus.last.vector, 0x31);
    ck_assert_uint_eq(bus.last.pin, 7);
    ioapic_set_entry(&ioapic, 7, LEVEL | 0xFD);
    hv_ioapic_set_line(&ioapic, 7, true);
    ck_assert(!bus.last.logical);
    ck_assert(bus.last.level);
    ck_assert_uint_eq(bus.last.delivery_mode, HV_IOAPIC_FIXED);
    ck_assert_uint_eq(bus.last.vector, 0xFD);
}
END_TEST

START_TEST(edge_interrupts_once_for_each_rise)
{
    ioapic_set_entry(&ioapic, 1, 0x31);
    hv_ioapic_set_line(&ioapic, 1, false);
    ck_assert_uint_eq(bus.count, 0);
    hv_ioapic_set_line(&ioapic, 1, true);
    hv_ioapic_set_line(&ioapic, 1, true);
    ck_assert_uint_eq(bus.count, 1);
    hv_ioapic_set_line(&ioapic, 1, false);
    hv_ioapic_eoi(&ioapic, 0x31);
    ck_assert_uint_eq(bus.count, 1);
    hv_ioapic_set_line(&ioapic, 1, true);
    ck_assert_uint_eq(bus.count, 2);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 1), 0x31);
}
END_TEST

START_TEST(edge_on_a_masked_pin_is_lost)
{
    ioapic_set_entry(&ioapic, 1, MASKED | 0x31);
    hv_ioapic_set_line(&ioapic, 1, true);
    ioapic_set_entry(&ioapic, 1, 0x31);
    ck_assert_uint_eq(bus.count, 0);
}
END_TEST

START_TEST(edge_before_the_mask_is_kept)
{
    ioapic_set_entry(&ioapic, 1, 0x31);
    bus.busy = true;
    pulse(1);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 1), PENDING | 0x31);
    ioapic_set_entry(&ioapic, 1, MASKED | 0x31);
    bus.busy = false;
    hv_ioapic_retry(&ioapic);
    ck_assert_uint_eq(bus.count, 0);
    ioapic_set_entry(&ioapic, 1, 0x32);
    ck_assert_uint_eq(bus.count, 1);
    ck_assert_uint_eq(bus.last.vector, 0x32);
    hv_ioapic_retry(&ioapic);
    ck_assert_uint_eq(bus.count, 1);
}
END_TEST

START_TEST(edge_that_waits_is_forgotten_by_another_kind_of_entry)
{
    static const uint32_t others[] = { LEVEL, 0x0300, 0x0600 };
    for (unsigned i = 0; i < 3; i++) {
        ioapic_set_entry(&ioapic, 1, 0x31);
        bus.busy = true;
        pulse(1);
        ioapic_set_entry(&ioapic, 1, others[i] | 0x31);
        bus.busy = false;
        ioapic_set_entry(&ioapic, 1, 0x31);
        ck_assert_uint_eq(bus.count, 0);
    }
}
END_TEST

START_TEST(level_interrupts_again_only_after_its_eoi)
{
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    hv_ioapic_set_line(&ioapic, 9, true);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | REMOTE_IRR | 0x39);
    pulse(9);
    hv_ioapic_set_line(&ioapic, 9, true);
    hv_ioapic_eoi(&ioapic, 0x38);
    hv_ioapic_retry(&ioapic);
    ck_assert_uint_eq(bus.count, 1);
    hv_ioapic_eoi(&ioapic, 0x39);
    ck_assert_uint_eq(bus.count, 2);
    hv_ioapic_set_line(&ioapic, 9, false);
    hv_ioapic_eoi(&ioapic, 0x39);
    ck_assert_uint_eq(bus.count, 2);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | 0x39);
}
END_TEST

START_TEST(eoi_ends_all_pins_of_its_vector)
{
    ioapic_set_entry(&ioapic, 0, LEVEL | 0x39);
    ioapic_set_entry(&ioapic, 23, LEVEL | 0x39);
    hv_ioapic_set_line(&ioapic, 0, true);
    hv_ioapic_set_line(&ioapic, 23, true);
    hv_ioapic_eoi(&ioapic, 0x39);
    ck_assert_uint_eq(bus.count, 4);
}
END_TEST

START_TEST(eoi_register_is_that_of_version_0x20)
{
    struct hv_ioapic_config config = ioapic_bus_config(&bus);
    for (unsigned eoi = 0; eoi < 2; eoi++) {
        config.eoi_register = eoi == 1;
        hv_ioapic_init(&ioapic, &config);
        ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_VERSION), eoi == 1 ? 0x170020 : 0x170011);
        ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
        hv_ioapic_set_line(&ioapic, 9, true);
        hv_ioapic_set_line(&ioapic, 9, false);
        hv_ioapic_write(&ioapic, HV_IOAPIC_EOI, 1, 0x39);
        hv_ioapic_write(&ioapic, HV_IOAPIC_EOI + 4, 4, 0x39);
        ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | REMOTE_IRR | 0x39);
        hv_ioapic_write(&ioapic, HV_IOAPIC_EOI, 4, 0x39);
        ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | (eoi == 1 ? 0 : REMOTE_IRR) | 0x39);
    }
}
END_TEST

START_TEST(entry_made_edge_triggered_forgets_its_remote_irr)
{
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    hv_ioapic_set_line(&ioapic, 9, true);
    ioapic_set_entry(&ioapic, 9, MASKED | 0x39);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), MASKED | 0x39);
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    ck_assert_uint_eq(bus.count, 2);
}
END_TEST

START_TEST(mask_does_not_touch_the_remote_irr)
{
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    hv_ioapic_set_line(&ioapic, 9, true);
    ioapic_set_entry(&ioapic, 9, MASKED | LEVEL | 0x39);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), MASKED | LEVEL | REMOTE_IRR | 0x39);
    hv_ioapic_eoi(&ioapic, 0x39);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), MASKED | LEVEL | 0x39);
    ck_assert_uint_eq(bus.count, 1);
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    ck_assert_uint_eq(bus.count, 2);
}
END_TEST

START_TEST(level_that_goes_before_it_is_sent_is_gone)
{
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    bus.busy = true;
    hv_ioapic_set_line(&ioapic, 9, true);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | PENDING | 0x39);
    hv_ioapic_set_line(&ioapic, 9, false);
    bus.busy = false;
    hv_ioapic_retry(&ioapic);
    ck_assert_uint_eq(bus.count, 0);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | 0x39);
}
END_TEST

START_TEST(retry_sends_what_was_refused)
{
    ioapic_set_entry(&ioapic, 0, 0x33);
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    bus.busy = true;
    pulse(0);
    hv_ioapic_set_line(&ioapic, 9, true);
    bus.busy = false;
    hv_ioapic_retry(&ioapic);
    hv_ioapic_retry(&ioapic);
    ck_assert_uint_eq(bus.count, 2);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 0), 0x33);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), LEVEL | REMOTE_IRR | 0x39);
}
END_TEST

START_TEST(low_active_line_interrupts_when_it_falls)
{
    struct hv_ioapic_config config = ioapic_bus_config(&bus);
    config.idle_lines = 1u << 16 | 1u << 17;
    hv_ioapic_init(&ioapic, &config);
    ioapic_set_entry(&ioapic, 16, LOW_ACTIVE | LEVEL | 0x40);
    ioapic_set_entry(&ioapic, 17, LOW_ACTIVE | 0x41);
    ck_assert_uint_eq(bus.count, 0);
    hv_ioapic_set_line(&ioapic, 16, false);
    ck_assert_uint_eq(bus.last.vector, 0x40);
    hv_ioapic_set_line(&ioapic, 17, false);
    ck_assert_uint_eq(bus.last.vector, 0x41);
    hv_ioapic_set_line(&ioapic, 17, true);
    ck_assert_uint_eq(bus.count, 2);
}
END_TEST

START_TEST(modes_of_one_trigger_ignore_the_other)
{
    static const uint8_t modes[] = { HV_IOAPIC_SMI, HV_IOAPIC_NMI, HV_IOAPIC_INIT,
                                     HV_IOAPIC_EXTINT };
    for (unsigned i = 0; i < 4; i++) {
        setup();
        ioapic_set_entry(&ioapic, 2, LEVEL | (uint32_t)modes[i] << 8);
        pulse(2);
        ck_assert(!bus.last.level);
        ck_assert_uint_eq(bus.last.delivery_mode, modes[i]);
        hv_ioapic_set_line(&ioapic, 2, true);
        ck_assert_uint_eq(bus.count, 2);
        ck_assert_uint_eq(ioapic_entry(&ioapic, 2), LEVEL | (uint32_t)modes[i] << 8);
    }
}
END_TEST

START_TEST(reserved_modes_send_nothing)
{
    static const uint32_t modes[] = { 0x0300, 0x0600 };
    for (unsigned i = 0; i < 2; i++) {
        ioapic_set_entry(&ioapic, 2, modes[i] | LEVEL | 0x32);
        pulse(2);
        ck_assert_uint_eq(ioapic_entry(&ioapic, 2), modes[i] | LEVEL | 0x32);
        ioapic_set_entry(&ioapic, 2, 0x32);
        ck_assert_uint_eq(bus.count, 0);
    }
}
END_TEST

START_TEST(pins_beyond_the_last_are_ignored)
{
    struct hv_ioapic before = ioapic;
    hv_ioapic_set_line(&ioapic, HV_IOAPIC_PINS, true);
    hv_ioapic_set_line(&ioapic, 64, true);
    ck_assert_mem_eq(&before, &ioapic, sizeof(before));
}
END_TEST

START_TEST(reset_masks_all_and_leaves_the_lines)
{
    hv_ioapic_set_line(&ioapic, 9, true);
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    ioapic_write(&ioapic, HV_IOAPIC_ID, 0x03000000);
    hv_ioapic_reset(&ioapic);
    ck_assert_uint_eq(ioapic_entry(&ioapic, 9), MASKED);
    ck_assert_uint_eq(ioapic_read(&ioapic, HV_IOAPIC_ID), 0);
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    ck_assert_uint_eq(bus.count, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ioapic");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, registers_after_power_on);
    tcase_add_test(tests, id_is_four_bits_and_the_arbitration_id_too);
    tcase_add_test(tests, registers_that_do_not_exist_read_as_zero);
    tcase_add_test(tests, entry_keeps_what_can_be_written);
    tcase_add_test(tests, only_whole_words_reach_the_window);
    tcase_add_test(tests, select_is_one_byte);
    tcase_add_test(tests, message_says_what_the_entry_says);
    tcase_add_test(tests, edge_interrupts_once_for_each_rise);
    tcase_add_test(tests, edge_on_a_masked_pin_is_lost);
    tcase_add_test(tests, edge_before_the_mask_is_kept);
    tcase_add_test(tests, edge_that_waits_is_forgotten_by_another_kind_of_entry);
    tcase_add_test(tests, level_interrupts_again_only_after_its_eoi);
    tcase_add_test(tests, eoi_ends_all_pins_of_its_vector);
    tcase_add_test(tests, eoi_register_is_that_of_version_0x20);
    tcase_add_test(tests, entry_made_edge_triggered_forgets_its_remote_irr);
    tcase_add_test(tests, mask_does_not_touch_the_remote_irr);
    tcase_add_test(tests, level_that_goes_before_it_is_sent_is_gone);
    tcase_add_test(tests, retry_sends_what_was_refused);
    tcase_add_test(tests, low_active_line_interrupts_when_it_falls);
    tcase_add_test(tests, modes_of_one_trigger_ignore_the_other);
    tcase_add_test(tests, reserved_modes_send_nothing);
    tcase_add_test(tests, pins_beyond_the_last_are_ignored);
    tcase_add_test(tests, reset_masks_all_and_leaves_the_lines);
    Suite *suite = suite_create("ioapic");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
