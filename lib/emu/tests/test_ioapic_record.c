/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records that no I/O APIC wrote. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/ioapic.h>

#include "ioapic_fixture.h"
#include "suite.h"

#define LEVEL 0x00008000u

static struct ioapic_bus bus, other_bus;
static struct hv_ioapic ioapic, other;
static struct hv_ioapic_record record;

static void setup(void)
{
    struct hv_ioapic_config config = ioapic_bus_config(&bus);
    struct hv_ioapic_config other_config = ioapic_bus_config(&other_bus);
    memset(&bus, 0, sizeof(bus));
    memset(&other_bus, 0, sizeof(other_bus));
    hv_ioapic_init(&ioapic, &config);
    hv_ioapic_init(&other, &other_config);
    ioapic_set_entry(&ioapic, 1, 0x31);
    ioapic_set_entry(&ioapic, 9, LEVEL | 0x39);
    ioapic_write(&ioapic, HV_IOAPIC_ID, 0x04000000);
    hv_ioapic_write(&ioapic, HV_IOAPIC_SELECT, 4, HV_IOAPIC_ARBITRATION);
}

START_TEST(restored_one_goes_on_where_the_saved_one_stopped)
{
    hv_ioapic_set_line(&ioapic, 9, true);
    bus.busy = true;
    hv_ioapic_set_line(&ioapic, 1, true);
    hv_ioapic_save(&ioapic, &record);
    ck_assert(hv_ioapic_restore(&other, &record, sizeof(record)));
    ck_assert_uint_eq(hv_ioapic_read(&other, HV_IOAPIC_WINDOW, 4), 0x04000000);
    ck_assert_uint_eq(hv_ioapic_read(&other, HV_IOAPIC_SELECT, 4), HV_IOAPIC_ARBITRATION);
    ck_assert_uint_eq(other_bus.count, 0);
    hv_ioapic_retry(&other);
    ck_assert_uint_eq(other_bus.count, 1);
    ck_assert_uint_eq(other_bus.last.vector, 0x31);
    hv_ioapic_set_line(&other, 1, true);
    ck_assert_uint_eq(other_bus.count, 1);
    hv_ioapic_eoi(&other, 0x39);
    ck_assert_uint_eq(other_bus.last.vector, 0x39);
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    hv_ioapic_save(&ioapic, &record);
    ck_assert(!hv_ioapic_restore(&other, &record, sizeof(record) - 1));
    record.size++;
    ck_assert(!hv_ioapic_restore(&other, &record, sizeof(record)));
    record.size--;
    record.version++;
    ck_assert(!hv_ioapic_restore(&other, &record, sizeof(record)));
}
END_TEST

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
#define BYTE(name, offset, value)                                   \
    {                                                               \
        offsetof(struct hv_ioapic_record, name) + (offset), (value) \
    }
    static const struct {
        size_t offset;
        uint8_t value;
    } bad[] = {
        BYTE(entries, 1, 0x10),     /* delivery status */
        BYTE(entries, 8 + 1, 0x40), /* remote IRR of an edge */
        BYTE(entries, 2, 0x03),     /* reserved bits */
        BYTE(entries, 6, 0x01),     BYTE(lines, 3, 1),
        BYTE(edges, 3, 1),          BYTE(edges, 1, 2), /* an edge of a level-triggered pin */
        BYTE(id, 0, 0x10),          BYTE(reserved, 5, 1),
    };
    struct hv_ioapic before = other;
    hv_ioapic_save(&ioapic, &record);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hv_ioapic_record hostile = record;
        ((uint8_t *)&hostile)[bad[i].offset] = bad[i].value;
        ck_assert_msg(!hv_ioapic_restore(&other, &hostile, sizeof(hostile)), "case %zu", i);
        ck_assert_mem_eq(&before, &other, sizeof(other));
    }
    ck_assert(hv_ioapic_restore(&other, &record, sizeof(record)));
}
END_TEST

START_TEST(edge_of_an_entry_that_sends_nothing_is_refused)
{
    ioapic_set_entry(&ioapic, 1, 0x0300 | LEVEL | 0x31);
    hv_ioapic_save(&ioapic, &record);
    record.edges = 1u << 1;
    ck_assert(!hv_ioapic_restore(&other, &record, sizeof(record)));
}
END_TEST

START_TEST(extended_destination_is_refused_where_there_is_none)
{
    struct hv_ioapic_config config = ioapic_bus_config(&other_bus);
    ioapic_write(&ioapic, HV_IOAPIC_TABLE + 1, 0x00020000);
    hv_ioapic_save(&ioapic, &record);
    ck_assert(hv_ioapic_restore(&other, &record, sizeof(record)));
    config.extended_destination = false;
    hv_ioapic_init(&other, &config);
    ck_assert(!hv_ioapic_restore(&other, &record, sizeof(record)));
}
END_TEST

START_TEST(record_holds_nothing_of_the_memory_it_was_made_in)
{
    struct hv_ioapic_record twin;
    memset(&record, 0xFF, sizeof(record));
    memset(&twin, 0x00, sizeof(twin));
    hv_ioapic_save(&ioapic, &record);
    hv_ioapic_save(&ioapic, &twin);
    ck_assert_mem_eq(&record, &twin, sizeof(twin));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ioapic record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_one_goes_on_where_the_saved_one_stopped);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_state_is_refused_and_changes_nothing);
    tcase_add_test(tests, edge_of_an_entry_that_sends_nothing_is_refused);
    tcase_add_test(tests, extended_destination_is_refused_where_there_is_none);
    tcase_add_test(tests, record_holds_nothing_of_the_memory_it_was_made_in);
    Suite *suite = suite_create("ioapic record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
