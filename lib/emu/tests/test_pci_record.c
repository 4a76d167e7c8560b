/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records of something else. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pci.h>

#include "pci_fixture.h"
#include "suite.h"

static struct hv_pci pci, other_pci;
static struct pci_device device, other;
static struct hv_pci_record record;
static struct hv_pci_function_record function_record;

static void start(struct hv_pci *bus, struct pci_device *on_it)
{
    struct hv_pci_function_config config = pci_device_config(on_it);
    memset(on_it, 0, sizeof(*on_it));
    hv_pci_init(bus);
    ck_assert(hv_pci_function_init(&on_it->function, &config));
    ck_assert(hv_pci_function_define(&on_it->function, 0x40, 4, 0x0F, 0xFF00, 0xF0000F));
    ck_assert(hv_pci_add(bus, &on_it->function, 3, 0));
}

static void setup(void)
{
    start(&pci, &device);
    start(&other_pci, &other);
    hv_pci_save(&pci, &record);
    hv_pci_function_save(&device.function, &function_record);
}

START_TEST(restored_function_is_as_the_saved_one)
{
    pci_write(&pci, 3, 0x04, 2, 0x0007);
    pci_write(&pci, 3, 0x18, 4, 0xFFFFFFFF);
    pci_write(&pci, 3, 0x1C, 4, 0x00000012);
    pci_write(&pci, 3, 0x40, 4, 0x00001201);
    hv_pci_set_interrupt(&device.function, true);
    hv_pci_save(&pci, &record);
    hv_pci_function_save(&device.function, &function_record);
    ck_assert(hv_pci_restore(&other_pci, &record, sizeof(record)));
    ck_assert(hv_pci_function_restore(&other.function, &function_record, sizeof(function_record)));
    ck_assert_uint_eq(hv_pci_read(&other_pci, ADDRESS, 4), 0x80001840);
    ck_assert_uint_eq(hv_pci_read(&other_pci, DATA, 4), 0x0000120E);
    for (unsigned offset = 0; offset < 256; offset += 4) {
        ck_assert_uint_eq(pci_read(&other_pci, 3, offset, 4), pci_read(&pci, 3, offset, 4));
    }
    ck_assert_uint_eq(hv_pci_interrupts(&other_pci), 1u << 19);
    ck_assert_uint_eq(other.writes, 0);
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    ck_assert(!hv_pci_restore(&other_pci, &record, sizeof(record) - 1));
    record.version++;
    ck_assert(!hv_pci_restore(&other_pci, &record, sizeof(record)));
    record.version--;
    record.size++;
    ck_assert(!hv_pci_restore(&other_pci, &record, sizeof(record)));
    struct hv_pci_function *function = &other.function;
    ck_assert(!hv_pci_function_restore(function, &function_record, sizeof(function_record) - 1));
    function_record.version++;
    ck_assert(!hv_pci_function_restore(function, &function_record, sizeof(function_record)));
    function_record.version--;
    function_record.size++;
    ck_assert(!hv_pci_function_restore(function, &function_record, sizeof(function_record)));
}
END_TEST

START_TEST(impossible_address_is_refused)
{
    static const uint32_t bad[] = { 1, 2, 0x01000000, 0x40000000 };
    for (unsigned i = 0; i < 4; i++) {
        record.address = bad[i];
        ck_assert(!hv_pci_restore(&other_pci, &record, sizeof(record)));
        ck_assert_uint_eq(hv_pci_read(&other_pci, ADDRESS, 4), 0);
    }
    record.address = 0x80FFFFFC;
    ck_assert(hv_pci_restore(&other_pci, &record, sizeof(record)));
    record.reserved = 1;
    ck_assert(!hv_pci_restore(&other_pci, &record, sizeof(record)));
}
END_TEST

/* Each bit of the space: whether it may differ is whether the guest or the device can change it. */
START_TEST(bit_that_no_one_can_change_is_refused)
{
    unsigned taken = 0;
    for (unsigned bit = 0; bit < HV_PCI_CONFIG_SIZE * 8; bit++) {
        struct hv_pci_function_record hostile = function_record;
        struct hv_pci_function before = other.function;
        hostile.space[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (hv_pci_function_restore(&other.function, &hostile, sizeof(hostile))) {
            taken++;
            ck_assert(hv_pci_function_restore(&other.function, &function_record,
                                              sizeof(function_record)));
        }
        ck_assert_mem_eq(&before, &other.function, sizeof(before));
    }
    /* Command 4, interrupt status 1, cache line and latency 16, line 8, BARs 27 + 20 + 31 + 28,
     * defined register 8 + 8. */
    ck_assert_uint_eq(taken, 4 + 1 + 16 + 8 + 27 + 20 + 31 + 28 + 16);
}
END_TEST

START_TEST(interrupt_status_without_a_pin_is_refused)
{
    struct hv_pci_function_config config = pci_device_config(&other);
    config.interrupt_pin = 0;
    hv_pci_function_init(&other.function, &config);
    hv_pci_function_save(&other.function, &function_record);
    ck_assert(hv_pci_function_restore(&other.function, &function_record, sizeof(function_record)));
    function_record.space[HV_PCI_STATUS] = HV_PCI_STATUS_INTERRUPT;
    ck_assert(!hv_pci_function_restore(&other.function, &function_record, sizeof(function_record)));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pci record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_function_is_as_the_saved_one);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_address_is_refused);
    tcase_add_test(tests, bit_that_no_one_can_change_is_refused);
    tcase_add_test(tests, interrupt_status_without_a_pin_is_refused);
    Suite *suite = suite_create("pci record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
