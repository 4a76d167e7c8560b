/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records that no registers wrote. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/acpi_pm.h>

#include "acpi_pm_fixture.h"
#include "suite.h"

static struct acpi_machine machine, other_machine;
static struct hv_acpi_pm pm, other;
static struct hv_acpi_pm_record record;

static void setup(void)
{
    struct hv_acpi_pm_config config = acpi_machine_config(&machine);
    struct hv_acpi_pm_config other_config = acpi_machine_config(&other_machine);
    memset(&machine, 0, sizeof(machine));
    memset(&other_machine, 0, sizeof(other_machine));
    hv_acpi_pm_init(&pm, &config, 0);
    hv_acpi_pm_init(&other, &other_config, 3);
}

START_TEST(restored_registers_go_on_where_the_saved_ones_stopped)
{
    hv_acpi_pm_write(&pm, HV_ACPI_PM_EVENT, 4, 0x01010000, 0);
    hv_acpi_pm_write(&pm, HV_ACPI_PM_CONTROL, 2, 0x1400, 0);
    hv_acpi_pm_write_reset(&pm, 0x02);
    hv_acpi_pm_press_power_button(&pm);
    hv_acpi_pm_save(&pm, 20000007, &record);
    ck_assert(hv_acpi_pm_restore(&other, &record, sizeof(record), 10));
    ck_assert_uint_eq(hv_acpi_pm_read(&other, HV_ACPI_PM_EVENT, 4, 10), 0x01010100);
    ck_assert_uint_eq(hv_acpi_pm_read(&other, HV_ACPI_PM_CONTROL, 2, 10), 0x1401);
    ck_assert_uint_eq(hv_acpi_pm_read_reset(&other), 0x02);
    ck_assert(hv_acpi_pm_interrupt(&other));
    for (uint64_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(hv_acpi_pm_read(&other, HV_ACPI_PM_TIMER, 4, 10 + i),
                          hv_acpi_pm_read(&pm, HV_ACPI_PM_TIMER, 4, 20000007 + i));
    }
    ck_assert_uint_eq(hv_acpi_pm_deadline(&other) + 20000007 - 10, hv_acpi_pm_deadline(&pm));
    ck_assert_uint_eq(other_machine.sleeps + other_machine.hard_resets, 0);
}
END_TEST

START_TEST(restoring_at_an_earlier_time_counts_from_the_last)
{
    hv_acpi_pm_save(&pm, 10000000, &record);
    ck_assert(hv_acpi_pm_restore(&other, &record, sizeof(record), 0));
    ck_assert_uint_eq(hv_acpi_pm_read(&other, HV_ACPI_PM_TIMER, 4, 3), 3579545);
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    hv_acpi_pm_save(&pm, 0, &record);
    ck_assert(!hv_acpi_pm_restore(&other, &record, sizeof(record) - 1, 3));
    record.size++;
    ck_assert(!hv_acpi_pm_restore(&other, &record, sizeof(record), 3));
    record.size--;
    record.version++;
    ck_assert(!hv_acpi_pm_restore(&other, &record, sizeof(record), 3));
}
END_TEST

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
    struct hv_acpi_pm_record bad[9];
    struct hv_acpi_pm before = other;
    hv_acpi_pm_save(&pm, 0, &record);
    for (size_t i = 0; i < 9; i++) {
        bad[i] = record;
    }
    bad[0].fraction = 10000000;
    bad[1].status = HV_ACPI_PM_GBL;
    bad[2].status = HV_ACPI_PM_RTC;
    bad[3].enable = 0x0200;
    bad[4].control = 0x0001;
    bad[5].control = 0x2000;
    bad[6].reset_control = 0x08;
    bad[7].reserved = 1;
    bad[8].fraction = UINT32_MAX;
    for (size_t i = 0; i < 9; i++) {
        ck_assert_msg(!hv_acpi_pm_restore(&other, &bad[i], sizeof(record), 5), "case %zu", i);
        ck_assert_mem_eq(&before, &other, sizeof(other));
    }
    record.fraction = 9999999;
    ck_assert(hv_acpi_pm_restore(&other, &record, sizeof(record), 5));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("acpi pm record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_registers_go_on_where_the_saved_ones_stopped);
    tcase_add_test(tests, restoring_at_an_earlier_time_counts_from_the_last);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_state_is_refused_and_changes_nothing);
    Suite *suite = suite_create("acpi pm record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
