/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The bus as an operating system finds it. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pci.h>

#include "pci_fixture.h"
#include "suite.h"

static struct hv_pci pci;
static struct hv_pci_function bridge;
static struct pci_device device;

static void setup(void)
{
    struct hv_pci_function_config config = pci_device_config(&device);
    memset(&device, 0, sizeof(device));
    hv_pci_init(&pci);
    hv_pci_function_init_host_bridge(&bridge);
    ck_assert(hv_pci_function_init(&device.function, &config));
    ck_assert(hv_pci_add(&pci, &bridge, 0, 0));
    ck_assert(hv_pci_add(&pci, &device.function, 3, 0));
}

START_TEST(host_bridge_is_an_i440fx)
{
    ck_assert_uint_eq(pci_read(&pci, 0, 0x00, 4), 0x12378086);
    ck_assert_uint_eq(pci_read(&pci, 0, 0x04, 4), 0x02800006);
    ck_assert_uint_eq(pci_read(&pci, 0, 0x08, 4), 0x06000002);
    for (unsigned offset = 0x0C; offset < 0x100; offset += 4) {
        ck_assert_uint_eq(pci_read(&pci, 0, offset, 4), 0);
        pci_write(&pci, 0, offset, 4, 0xFFFFFFFF);
        ck_assert_uint_eq(pci_read(&pci, 0, offset, 4), offset == 0x0C ? 0x0000F800 : 0);
    }
    pci_write(&pci, 0, 0x04, 4, 0xFFFFFFFF);
    ck_assert_uint_eq(pci_read(&pci, 0, 0x04, 4), 0x02800106);
    pci_write(&pci, 0, 0x04, 4, 0);
    ck_assert_uint_eq(pci_read(&pci, 0, 0x04, 4), 0x02800004);
}
END_TEST

START_TEST(address_keeps_what_can_be_written)
{
    ck_assert_uint_eq(hv_pci_read(&pci, ADDRESS, 4), 0);
    hv_pci_write(&pci, ADDRESS, 4, 0xFFFFFFFF);
    ck_assert_uint_eq(hv_pci_read(&pci, ADDRESS, 4), 0x80FFFFFC);
}
END_TEST

START_TEST(address_is_reached_by_a_double_word_alone)
{
    hv_pci_write(&pci, ADDRESS, 4, 0x80001800);
    for (unsigned offset = 0; offset < 4; offset++) {
        for (unsigned size = 0; size < 9; size++) {
            if (offset != 0 || size != 4) {
                hv_pci_write(&pci, offset, size, 0);
                ck_assert_uint_eq(hv_pci_read(&pci, offset, size), 0xFFFFFFFF);
            }
        }
    }
    ck_assert_uint_eq(hv_pci_read(&pci, ADDRESS, 4), 0x80001800);
}
END_TEST

START_TEST(data_is_reached_by_bytes_words_and_double_words)
{
    ck_assert_uint_eq(pci_read(&pci, 3, 0x00, 4), 0x10001AF4);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x00, 2), 0x1AF4);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x01, 2), 0x001A);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x02, 2), 0x1000);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x03, 1), 0x10);
    pci_write(&pci, 3, 0x12, 1, 0xAB);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x10, 4), 0x00AB0001);
    pci_write(&pci, 3, 0x12, 2, 0x1234);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x10, 4), 0x12340001);
    pci_write(&pci, 3, 0x10, 4, 0x0000C020);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x10, 4), 0x0000C021);
}
END_TEST

START_TEST(data_beyond_the_register_reaches_no_one)
{
    static const struct {
        unsigned offset;
        unsigned size;
    } bad[] = { { 5, 4 }, { 7, 2 }, { 4, 8 }, { 4, 3 }, { 4, 0 }, { 8, 1 }, { UINT32_MAX, 2 } };
    pci_select(&pci, 3, 0, 0x10);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_uint_eq(hv_pci_read(&pci, bad[i].offset, bad[i].size), 0xFFFFFFFF);
        hv_pci_write(&pci, bad[i].offset, bad[i].size, 0xFFFFFFFF);
    }
    ck_assert_uint_eq(device.writes, 0);
}
END_TEST

START_TEST(absent_functions_read_as_ones)
{
    for (unsigned i = 0; i < 256; i++) {
        bool present = i == 0 || i == 3 * 8;
        pci_select(&pci, i / 8, i % 8, 0);
        ck_assert_uint_eq(hv_pci_read(&pci, DATA, 2) == 0xFFFF || !present, !present);
        ck_assert_uint_eq(hv_pci_read(&pci, DATA, 4) == 0xFFFFFFFF, !present);
        if (!present) {
            hv_pci_write(&pci, DATA, 4, 0);
            ck_assert_uint_eq(hv_pci_read(&pci, DATA, 4), 0xFFFFFFFF);
        }
    }
}
END_TEST

START_TEST(other_buses_and_a_cleared_enable_bit_reach_no_one)
{
    static const uint32_t addresses[] = { 0x00001800, 0x80011800, 0x80801800 };
    for (unsigned i = 0; i < 3; i++) {
        hv_pci_write(&pci, ADDRESS, 4, addresses[i] | 0x10);
        hv_pci_write(&pci, DATA, 4, 0xFFFFFFFF);
        ck_assert_uint_eq(hv_pci_read(&pci, DATA, 4), 0xFFFFFFFF);
    }
    ck_assert_uint_eq(device.writes, 0);
}
END_TEST

START_TEST(function_of_a_place_that_is_none_or_taken_is_refused)
{
    static struct pci_device more;
    struct hv_pci_function_config config = pci_device_config(&more);
    hv_pci_function_init(&more.function, &config);
    ck_assert(!hv_pci_add(&pci, &more.function, 32, 0));
    ck_assert(!hv_pci_add(&pci, &more.function, 3, 8));
    ck_assert(!hv_pci_add(&pci, &more.function, 3, 0));
    ck_assert(!hv_pci_add(&pci, &more.function, 4, 1));
    ck_assert(hv_pci_add(&pci, &more.function, 31, 0));
}
END_TEST

START_TEST(second_function_makes_a_device_of_many)
{
    static struct pci_device more;
    struct hv_pci_function_config config = pci_device_config(&more);
    hv_pci_function_init(&more.function, &config);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x0E, 1), 0x00);
    ck_assert(hv_pci_add(&pci, &more.function, 3, 7));
    ck_assert_uint_eq(pci_read(&pci, 3, 0x0E, 1), 0x80);
    pci_select(&pci, 3, 7, 0);
    ck_assert_uint_eq(hv_pci_read(&pci, DATA, 4), 0x10001AF4);
    hv_pci_reset(&pci);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x0E, 1), 0x80);
}
END_TEST

START_TEST(interrupt_goes_to_the_line_of_its_device_and_pin)
{
    ck_assert_uint_eq(hv_pci_gsi(0, 1), 16);
    ck_assert_uint_eq(hv_pci_gsi(3, 1), 19);
    ck_assert_uint_eq(hv_pci_gsi(3, 4), 22);
    ck_assert_uint_eq(hv_pci_gsi(31, 4), 18);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 0);
    hv_pci_set_interrupt(&device.function, true);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 1u << 19);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x06, 2), 0x0008);
    pci_write(&pci, 3, 0x04, 2, HV_PCI_COMMAND_NO_INTX);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 0);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x06, 2), 0x0008);
    pci_write(&pci, 3, 0x04, 2, 0);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 1u << 19);
    hv_pci_set_interrupt(&device.function, false);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 0);
}
END_TEST

START_TEST(interrupts_of_all_devices_are_seen)
{
    static struct pci_device more[2];
    struct hv_pci_function_config config = pci_device_config(&more[0]);
    config.interrupt_pin = 2;
    hv_pci_function_init(&more[0].function, &config);
    hv_pci_function_init(&more[1].function, &config);
    ck_assert(hv_pci_add(&pci, &more[0].function, 31, 0));
    ck_assert(hv_pci_add(&pci, &more[1].function, 31, 7));
    hv_pci_set_interrupt(&device.function, true);
    hv_pci_set_interrupt(&more[1].function, true);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 1u << 19 | 1u << 16);
}
END_TEST

START_TEST(reset_reaches_the_bus_and_its_functions)
{
    pci_write(&pci, 0, 0x0D, 1, 0x40);
    pci_write(&pci, 3, 0x10, 4, 0xC000);
    hv_pci_set_interrupt(&device.function, true);
    hv_pci_reset(&pci);
    ck_assert_uint_eq(hv_pci_read(&pci, ADDRESS, 4), 0);
    ck_assert_uint_eq(pci_read(&pci, 0, 0x0D, 1), 0);
    ck_assert_uint_eq(pci_read(&pci, 3, 0x10, 4), 1);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pci");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, host_bridge_is_an_i440fx);
    tcase_add_test(tests, address_keeps_what_can_be_written);
    tcase_add_test(tests, address_is_reached_by_a_double_word_alone);
    tcase_add_test(tests, data_is_reached_by_bytes_words_and_double_words);
    tcase_add_test(tests, data_beyond_the_register_reaches_no_one);
    tcase_add_test(tests, absent_functions_read_as_ones);
    tcase_add_test(tests, other_buses_and_a_cleared_enable_bit_reach_no_one);
    tcase_add_test(tests, function_of_a_place_that_is_none_or_taken_is_refused);
    tcase_add_test(tests, second_function_makes_a_device_of_many);
    tcase_add_test(tests, interrupt_goes_to_the_line_of_its_device_and_pin);
    tcase_add_test(tests, interrupts_of_all_devices_are_seen);
    tcase_add_test(tests, reset_reaches_the_bus_and_its_functions);
    Suite *suite = suite_create("pci");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
