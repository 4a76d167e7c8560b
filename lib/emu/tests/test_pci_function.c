/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A function's configuration space; expectations are those of the PCI specification. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pci.h>

#include "pci_fixture.h"
#include "suite.h"

#define FUNCTION 3u

static struct hv_pci pci;
static struct pci_device device;
static struct hv_pci_function_config config;

static void setup(void)
{
    memset(&device, 0, sizeof(device));
    config = pci_device_config(&device);
    hv_pci_init(&pci);
    ck_assert(hv_pci_function_init(&device.function, &config));
    ck_assert(hv_pci_add(&pci, &device.function, FUNCTION, 0));
}

static uint32_t rd(unsigned offset)
{
    return pci_read(&pci, FUNCTION, offset, 4);
}

static void wr(unsigned offset, uint32_t value)
{
    pci_write(&pci, FUNCTION, offset, 4, value);
}

START_TEST(header_says_what_the_configuration_says)
{
    ck_assert_uint_eq(rd(0x00), 0x10001AF4);
    ck_assert_uint_eq(rd(0x04), 0);
    ck_assert_uint_eq(rd(0x08), 0x02000103);
    ck_assert_uint_eq(rd(0x0C), 0);
    ck_assert_uint_eq(rd(0x2C), 0x56781234);
    ck_assert_uint_eq(rd(0x3C), 0x00000100);
}
END_TEST

START_TEST(header_keeps_what_can_be_written)
{
    for (unsigned offset = 0; offset < 0x100; offset += 4) {
        uint32_t before = rd(offset);
        wr(offset, 0xFFFFFFFF);
        uint32_t expected = offset == 0x04   ? 0x0407
                            : offset == 0x0C ? 0xFFFF
                            : offset == 0x3C ? before | 0xFF
                                             : before;
        if (offset < 0x10 || offset >= 0x28) {
            ck_assert_uint_eq(rd(offset), expected);
        }
    }
}
END_TEST

START_TEST(command_has_the_bits_of_what_there_is)
{
    memset(config.bars, 0, sizeof(config.bars));
    config.bus_master = false;
    config.interrupt_pin = 0;
    hv_pci_function_init(&device.function, &config);
    wr(0x04, 0xFFFFFFFF);
    ck_assert_uint_eq(hv_pci_command(&device.function), 0);
    wr(0x0C, 0xFFFFFFFF);
    wr(0x3C, 0xFFFFFFFF);
    ck_assert_uint_eq(rd(0x0C), 0);
    ck_assert_uint_eq(rd(0x3C), 0);
    config.bars[5] = (struct hv_pci_bar){ HV_PCI_BAR_IO, false, 4 };
    hv_pci_function_init(&device.function, &config);
    wr(0x04, 0xFFFFFFFF);
    ck_assert_uint_eq(hv_pci_command(&device.function), HV_PCI_COMMAND_IO);
    config.bars[5] = (struct hv_pci_bar){ HV_PCI_BAR_MEMORY_32, false, 16 };
    hv_pci_function_init(&device.function, &config);
    wr(0x04, 0xFFFFFFFF);
    ck_assert_uint_eq(hv_pci_command(&device.function), HV_PCI_COMMAND_MEMORY);
    config.bars[5].kind = HV_PCI_BAR_NONE;
    config.bars[0] = (struct hv_pci_bar){ HV_PCI_BAR_MEMORY_64, false, 16 };
    config.bus_master = true;
    hv_pci_function_init(&device.function, &config);
    wr(0x04, 0xFFFFFFFF);
    ck_assert_uint_eq(hv_pci_command(&device.function),
                      HV_PCI_COMMAND_MEMORY | HV_PCI_COMMAND_BUS_MASTER);
}
END_TEST

START_TEST(bars_show_kind_and_size)
{
    static const uint32_t initial[] = { 0x01, 0x00, 0x0C, 0x00, 0x08, 0x00 };
    static const uint32_t sized[] = { 0xFFFFFFE1, 0xFFFFF000, 0x0000000C,
                                      0xFFFFFFFE, 0xFFFFFFF8, 0x00000000 };
    for (unsigned bar = 0; bar < 6; bar++) {
        ck_assert_uint_eq(rd(0x10 + bar * 4), initial[bar]);
        wr(0x10 + bar * 4, 0xFFFFFFFF);
        ck_assert_uint_eq(rd(0x10 + bar * 4), sized[bar]);
        wr(0x10 + bar * 4, 0);
        ck_assert_uint_eq(rd(0x10 + bar * 4), initial[bar]);
    }
}
END_TEST

START_TEST(bar_has_an_address_when_the_command_enables_it)
{
    uint64_t address;
    wr(0x10, 0xC03F);
    wr(0x14, 0xFEBF1FFF);
    wr(0x18, 0xFFFFFFFF);
    wr(0x1C, 0xAB00004F);
    ck_assert(!hv_pci_bar_address(&device.function, 0, &address));
    ck_assert(!hv_pci_bar_address(&device.function, 1, &address));
    wr(0x04, HV_PCI_COMMAND_IO);
    ck_assert(hv_pci_bar_address(&device.function, 0, &address));
    ck_assert_uint_eq(address, 0xC020);
    ck_assert(!hv_pci_bar_address(&device.function, 1, &address));
    wr(0x04, HV_PCI_COMMAND_MEMORY);
    ck_assert(!hv_pci_bar_address(&device.function, 0, &address));
    ck_assert(hv_pci_bar_address(&device.function, 1, &address));
    ck_assert_uint_eq(address, 0xFEBF1000);
    ck_assert(hv_pci_bar_address(&device.function, 2, &address));
    ck_assert_uint_eq(address, UINT64_C(0xAB00004E00000000));
    ck_assert(!hv_pci_bar_address(&device.function, 3, &address));
    ck_assert(!hv_pci_bar_address(&device.function, 5, &address));
    ck_assert(!hv_pci_bar_address(&device.function, 6, &address));
    ck_assert(!hv_pci_bar_address(&device.function, UINT32_MAX, &address));
}
END_TEST

START_TEST(bar_beyond_the_ports_has_no_address)
{
    uint64_t address;
    wr(0x04, HV_PCI_COMMAND_IO);
    wr(0x10, 0xFFFF);
    ck_assert(hv_pci_bar_address(&device.function, 0, &address));
    ck_assert_uint_eq(address, 0xFFE0);
    wr(0x10, 0x10000);
    ck_assert(!hv_pci_bar_address(&device.function, 0, &address));
}
END_TEST

START_TEST(impossible_configuration_is_refused)
{
    static const struct {
        unsigned index;
        struct hv_pci_bar bar;
        bool good;
    } bars[] = {
        { 0, { HV_PCI_BAR_IO, false, 4 }, true },
        { 0, { HV_PCI_BAR_IO, false, 2 }, false },
        { 0, { HV_PCI_BAR_IO, false, 0 }, false },
        { 0, { HV_PCI_BAR_IO, false, 24 }, false },
        { 0, { HV_PCI_BAR_IO, false, 256 }, true },
        { 0, { HV_PCI_BAR_IO, false, 512 }, false },
        { 4, { HV_PCI_BAR_MEMORY_32, false, 8 }, false },
        { 4, { HV_PCI_BAR_MEMORY_32, false, 48 }, false },
        { 4, { HV_PCI_BAR_MEMORY_32, false, UINT64_C(1) << 31 }, true },
        { 4, { HV_PCI_BAR_MEMORY_32, false, UINT64_C(1) << 32 }, false },
        { 4, { HV_PCI_BAR_MEMORY_64, false, 16 }, true },
        { 4, { HV_PCI_BAR_MEMORY_64, false, 8 }, false },
        { 4, { HV_PCI_BAR_MEMORY_64, false, 48 }, false },
        { 4, { HV_PCI_BAR_MEMORY_64, false, UINT64_C(1) << 63 }, true },
        { 5, { HV_PCI_BAR_MEMORY_64, false, 16 }, false },
        { 3, { HV_PCI_BAR_MEMORY_32, false, 16 }, false }, /* the upper half of the one before */
        { 5, { (enum hv_pci_bar_kind)4, false, 16 }, false },
    };
    for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
        config = pci_device_config(&device);
        config.bars[bars[i].index] = bars[i].bar;
        ck_assert_msg(hv_pci_function_init(&device.function, &config) == bars[i].good, "case %zu",
                      i);
    }
    config = pci_device_config(&device);
    config.vendor_id = 0xFFFF;
    ck_assert(!hv_pci_function_init(&device.function, &config));
    config = pci_device_config(&device);
    config.class_code = 0xFFFFFF;
    ck_assert(hv_pci_function_init(&device.function, &config));
    config.class_code = 0x1000000;
    ck_assert(!hv_pci_function_init(&device.function, &config));
    config = pci_device_config(&device);
    config.interrupt_pin = 4;
    ck_assert(hv_pci_function_init(&device.function, &config));
    config.interrupt_pin = 5;
    ck_assert(!hv_pci_function_init(&device.function, &config));
}
END_TEST

START_TEST(device_is_told_of_writes)
{
    pci_write(&pci, FUNCTION, 0x06, 2, 0xFFFF);
    ck_assert_uint_eq(device.writes, 1);
    ck_assert_uint_eq(device.offset, 0x06);
    ck_assert_uint_eq(device.size, 2);
    pci_write(&pci, FUNCTION, 0xFF, 1, 0);
    ck_assert_uint_eq(device.offset, 0xFF);
    ck_assert_uint_eq(device.size, 1);
    rd(0x04);
    ck_assert_uint_eq(device.writes, 2);
}
END_TEST

START_TEST(defined_register_has_bits_to_write_and_to_clear)
{
    ck_assert(
        hv_pci_function_define(&device.function, 0x40, 4, 0xFF00AA55, 0x00FF0000, 0xF0000000));
    wr(0x40, 0x00000000);
    ck_assert_uint_eq(rd(0x40), 0xFF00AA55);
    wr(0x40, 0x5F5FFFFF);
    ck_assert_uint_eq(rd(0x40), 0xAF5FAA55);
    hv_pci_function_reset(&device.function);
    ck_assert_uint_eq(rd(0x40), 0xFF00AA55);
    ck_assert(hv_pci_function_define(&device.function, 0x34, 1, 0x40, 0, 0));
    ck_assert_uint_eq(rd(0x34), 0x40);
}
END_TEST

START_TEST(register_that_does_not_fit_is_refused)
{
    ck_assert(!hv_pci_function_define(&device.function, 0x100, 1, 0, 0, 0));
    ck_assert(!hv_pci_function_define(&device.function, 0xFD, 4, 0, 0, 0));
    ck_assert(!hv_pci_function_define(&device.function, 0xFFFFFFFF, 2, 0, 0, 0));
    ck_assert(!hv_pci_function_define(&device.function, 0x40, 3, 0, 0, 0));
    ck_assert(!hv_pci_function_define(&device.function, 0x40, 4, 0, 3, 1));
    ck_assert(hv_pci_function_define(&device.function, 0xFF, 1, 0, 0, 0));
    ck_assert(hv_pci_function_define(&device.function, 0xFE, 2, 0, 0, 0));
}
END_TEST

START_TEST(interrupt_without_a_pin_goes_nowhere)
{
    config.interrupt_pin = 0;
    hv_pci_function_init(&device.function, &config);
    hv_pci_set_interrupt(&device.function, true);
    ck_assert_uint_eq(rd(0x04), 0);
    ck_assert_uint_eq(hv_pci_interrupts(&pci), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pci function");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, header_says_what_the_configuration_says);
    tcase_add_test(tests, header_keeps_what_can_be_written);
    tcase_add_test(tests, command_has_the_bits_of_what_there_is);
    tcase_add_test(tests, bars_show_kind_and_size);
    tcase_add_test(tests, bar_has_an_address_when_the_command_enables_it);
    tcase_add_test(tests, bar_beyond_the_ports_has_no_address);
    tcase_add_test(tests, impossible_configuration_is_refused);
    tcase_add_test(tests, device_is_told_of_writes);
    tcase_add_test(tests, defined_register_has_bits_to_write_and_to_clear);
    tcase_add_test(tests, register_that_does_not_fit_is_refused);
    tcase_add_test(tests, interrupt_without_a_pin_goes_nowhere);
    Suite *suite = suite_create("pci function");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
