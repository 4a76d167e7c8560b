/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The encoding of AML; expectations are those of the ACPI specification, chapters 6.4 and 20. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aml.h"
#include "suite.h"

static uint8_t bytes[0x120000];
static struct acpi_writer writer;

static void setup(void)
{
    memset(bytes, 0xEE, sizeof(bytes));
    writer = (struct acpi_writer){ bytes, sizeof(bytes), 0 };
}

#define EXPECT(...)                                          \
    do {                                                     \
        static const uint8_t expected[] = { __VA_ARGS__ };   \
        ck_assert_uint_eq(writer.used, sizeof(expected));    \
        ck_assert_mem_eq(bytes, expected, sizeof(expected)); \
    } while (0)

START_TEST(integer_is_as_short_as_it_can_be)
{
    static const struct {
        uint64_t value;
        size_t size;
        uint8_t opcode;
    } integers[] = {
        { 0, 1, 0x00 },           { 1, 1, 0x01 },
        { 2, 2, 0x0A },           { 0xFF, 2, 0x0A },
        { 0x100, 3, 0x0B },       { 0xFFFF, 3, 0x0B },
        { 0x10000, 5, 0x0C },     { 0xFFFFFFFF, 5, 0x0C },
        { 0x100000000, 9, 0x0E }, { UINT64_MAX - 1, 9, 0x0E },
    };
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        setup();
        hv_aml_integer(&writer, integers[i].value);
        ck_assert_uint_eq(writer.used, integers[i].size);
        ck_assert_uint_eq(bytes[0], integers[i].opcode);
        ck_assert_mem_eq(bytes + 1, &integers[i].value, integers[i].size - 1);
    }
}
END_TEST

START_TEST(package_length_counts_itself_and_is_as_short_as_it_can_be)
{
    static const struct {
        size_t content;
        size_t size;
        uint8_t length[4];
    } lengths[] = {
        { 0, 1, { 0x01 } },
        { 62, 1, { 0x3F } },
        { 63, 2, { 0x41, 0x04 } },
        { 0xFFD, 2, { 0x4F, 0xFF } },
        { 0xFFE, 3, { 0x81, 0x00, 0x01 } },
        { 0xFFFFC, 3, { 0x8F, 0xFF, 0xFF } },
        { 0xFFFFD, 4, { 0xC1, 0x00, 0x00, 0x01 } },
    };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        setup();
        writer.used = 5 + lengths[i].content;
        memset(bytes + 5, 0x77, lengths[i].content);
        hv_aml_end(&writer, 5);
        ck_assert_uint_eq(writer.used, 5 + lengths[i].size + lengths[i].content);
        ck_assert_mem_eq(bytes + 5, lengths[i].length, lengths[i].size);
        ck_assert_uint_eq(bytes[4], 0xEE);
        ck_assert_uint_eq(bytes[writer.used], 0xEE);
        if (lengths[i].content != 0) {
            ck_assert_uint_eq(bytes[5 + lengths[i].size], 0x77);
            ck_assert_uint_eq(bytes[writer.used - 1], 0x77);
        }
    }
}
END_TEST

START_TEST(objects_nest)
{
    size_t scope = hv_aml_begin_scope(&writer, "_SB_");
    size_t device = hv_aml_begin_device(&writer, "COM1");
    hv_aml_name(&writer, "_UID");
    size_t package = hv_aml_begin_package(&writer, 1);
    hv_aml_integer(&writer, 0x1234);
    hv_aml_end(&writer, package);
    hv_aml_end(&writer, device);
    hv_aml_end(&writer, scope);
    EXPECT(0x10, 0x17, '_', 'S', 'B', '_', 0x5B, 0x82, 0x10, 'C', 'O', 'M', '1', 0x08, '_', 'U',
           'I', 'D', 0x12, 0x05, 0x01, 0x0B, 0x34, 0x12);
}
END_TEST

START_TEST(eisa_id_is_packed)
{
    hv_aml_eisa_id(&writer, "PNP0A03");
    hv_aml_eisa_id(&writer, "ABZF9E8");
    EXPECT(0x0C, 0x41, 0xD0, 0x0A, 0x03, 0x0C, 0x04, 0x5A, 0xF9, 0xE8);
}
END_TEST

START_TEST(resources_of_an_isa_device)
{
    size_t start = hv_aml_begin_resources(&writer);
    hv_aml_ports(&writer, 0x3F8, 8);
    hv_aml_irq(&writer, 12);
    hv_aml_end_resources(&writer, start);
    EXPECT(0x11, 0x10, 0x0A, 0x0D, 0x47, 0x01, 0xF8, 0x03, 0xF8, 0x03, 0x01, 0x08, 0x22, 0x00, 0x10,
           0x79, 0x00);
}
END_TEST

START_TEST(ranges_of_a_bridge)
{
    hv_aml_bus_range(&writer, 0, 0xFF);
    hv_aml_port_range(&writer, 0xD00, 0xFFFF);
    EXPECT(0x88, 0x0D, 0x00, 0x02, 0x0C, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00, 0x00,
           0x01, 0x88, 0x0D, 0x00, 0x01, 0x0C, 0x03, 0x00, 0x00, 0x00, 0x0D, 0xFF, 0xFF, 0x00, 0x00,
           0x00, 0xF3);
}
END_TEST

START_TEST(ranges_of_memory)
{
    hv_aml_memory_range_32(&writer, 0xC0000000, 0xFEBFFFFF);
    hv_aml_memory_range_64(&writer, 0x1000000000, 0x17FFFFFFFF);
    EXPECT(0x87, 0x17, 0x00, 0x00, 0x0C, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0xFF,
           0xFF, 0xBF, 0xFE, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0x3E, /* 32 bits */
           0x8A, 0x2B, 0x00, 0x00, 0x0C, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
           0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x17, 0x00, 0x00, 0x00,
           0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
           0x00);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_dropped)
{
    for (size_t size = 0; size < 17; size++) {
        setup();
        writer.size = size;
        size_t start = hv_aml_begin_resources(&writer);
        hv_aml_ports(&writer, 0x3F8, 8);
        hv_aml_irq(&writer, 12);
        hv_aml_end_resources(&writer, start);
        ck_assert_uint_eq(writer.used, 17);
        for (size_t i = size; i < 20; i++) {
            ck_assert_uint_eq(bytes[i], 0xEE);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("aml");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, integer_is_as_short_as_it_can_be);
    tcase_add_test(tests, package_length_counts_itself_and_is_as_short_as_it_can_be);
    tcase_add_test(tests, objects_nest);
    tcase_add_test(tests, eisa_id_is_packed);
    tcase_add_test(tests, resources_of_an_isa_device);
    tcase_add_test(tests, ranges_of_a_bridge);
    tcase_add_test(tests, ranges_of_memory);
    tcase_add_test(tests, what_does_not_fit_is_counted_and_dropped);
    Suite *suite = suite_create("aml");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
