/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The registers as an operating system sees them; expectations are those of the ACPI spec. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/acpi_pm.h>

#include "acpi_pm_fixture.h"
#include "suite.h"

enum { STATUS = 0, ENABLE = 2, CONTROL = 4, TIMER = 8 };

#define SECOND UINT64_C(10000000)

static struct acpi_machine machine;
static struct hv_acpi_pm pm;
static uint64_t now;

static void start(bool timer_32_bits)
{
    struct hv_acpi_pm_config config = acpi_machine_config(&machine);
    config.timer_32_bits = timer_32_bits;
    memset(&machine, 0, sizeof(machine));
    now = 777;
    hv_acpi_pm_init(&pm, &config, now);
}

static void setup(void)
{
    start(false);
}

static uint32_t rd(unsigned offset)
{
    return hv_acpi_pm_read(&pm, offset, offset == TIMER ? 4 : 2, now);
}

static void wr(unsigned offset, uint16_t value)
{
    hv_acpi_pm_write(&pm, offset, 2, value, now);
}

START_TEST(registers_after_power_on)
{
    ck_assert_uint_eq(rd(STATUS), 0);
    ck_assert_uint_eq(rd(ENABLE), 0);
    ck_assert_uint_eq(rd(CONTROL), 1);
    ck_assert_uint_eq(rd(TIMER), 0);
    ck_assert_uint_eq(hv_acpi_pm_read_reset(&pm), 0);
    ck_assert(!hv_acpi_pm_interrupt(&pm));
    ck_assert_uint_eq(hv_acpi_pm_deadline(&pm), HV_ACPI_PM_NO_TIME);
}
END_TEST

START_TEST(timer_counts_as_the_clock_says)
{
    static const struct {
        uint64_t time;
        uint32_t count;
    } moments[] = {
        { 0, 0 },
        { 2, 0 },
        { 3, 1 }, /* a tick takes 2.79 units */
        { 5, 1 },
        { 6, 2 },
        { SECOND - 1, 3579544 },
        { SECOND, 3579545 },
        { 27936511, 9999999 },
        { 27936512, 10000000 },
        { 4 * SECOND, 14318180 },
    };
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        now = 777 + moments[i].time;
        ck_assert_uint_eq(rd(TIMER), moments[i].count);
    }
}
END_TEST

/* Read at odd moments for years, it has what it would have at the end if never read. */
START_TEST(timer_does_not_drift)
{
    start(true);
    const uint64_t year = 365 * 24 * 3600 * SECOND;
    uint64_t step = 1;
    while (now < 3 * year) {
        now += step;
        step = step * 3 % 1000000007 + 1;
        rd(TIMER);
    }
    uint64_t passed = now - 777;
    uint64_t count = passed / SECOND * 3579545 + passed % SECOND * 3579545 / SECOND;
    ck_assert_uint_eq(rd(TIMER), (uint32_t)count);
}
END_TEST

START_TEST(timer_of_24_bits_wraps_and_has_no_more)
{
    now = 777 + 5 * SECOND;
    ck_assert_uint_eq(rd(TIMER), 5 * 3579545 - 0x1000000);
    start(true);
    now = 777 + 5 * SECOND;
    ck_assert_uint_eq(rd(TIMER), 5 * 3579545);
    now = 777 + 1200 * SECOND;
    ck_assert_uint_eq(rd(TIMER), (uint32_t)(UINT64_C(1200) * 3579545));
}
END_TEST

START_TEST(status_is_set_when_the_highest_bit_changes)
{
    for (unsigned wide = 0; wide < 2; wide++) {
        start(wide == 1);
        uint32_t half = wide == 1 ? 0x80000000 : 0x800000;
        for (unsigned i = 1; i < 5; i++) {
            uint64_t due = (UINT64_C(0) + half) * i * SECOND / 3579545 + 1 + 777;
            now = due - 1;
            ck_assert_uint_eq(rd(STATUS), 0);
            ck_assert_uint_eq(rd(TIMER), (half * i - 1) & (half * 2 - 1));
            now = due;
            ck_assert_uint_eq(rd(STATUS), HV_ACPI_PM_TMR);
            ck_assert_uint_eq(rd(TIMER), half * i & (half * 2 - 1));
            wr(STATUS, HV_ACPI_PM_TMR);
            ck_assert_uint_eq(rd(STATUS), 0);
        }
    }
}
END_TEST

START_TEST(status_is_set_by_any_number_of_changes)
{
    now += 1000 * SECOND;
    ck_assert_uint_eq(rd(STATUS), HV_ACPI_PM_TMR);
    now = UINT64_MAX;
    wr(STATUS, HV_ACPI_PM_TMR);
    ck_assert_uint_eq(rd(STATUS), 0);
}
END_TEST

START_TEST(deadline_is_the_moment_of_the_timer_interrupt)
{
    uint64_t due = UINT64_C(0x800000) * SECOND / 3579545 + 1 + 777;
    now += SECOND / 3;
    wr(ENABLE, HV_ACPI_PM_TMR);
    ck_assert_uint_eq(hv_acpi_pm_deadline(&pm), due);
    now += 2 * SECOND;
    hv_acpi_pm_advance(&pm, now);
    ck_assert_uint_eq(hv_acpi_pm_deadline(&pm), due);
    hv_acpi_pm_advance(&pm, due - 1);
    ck_assert(!hv_acpi_pm_interrupt(&pm));
    hv_acpi_pm_advance(&pm, due);
    ck_assert(hv_acpi_pm_interrupt(&pm));
    ck_assert_uint_eq(hv_acpi_pm_deadline(&pm), HV_ACPI_PM_NO_TIME);
    now = due;
    wr(STATUS, HV_ACPI_PM_TMR);
    ck_assert(!hv_acpi_pm_interrupt(&pm));
    ck_assert_uint_eq(hv_acpi_pm_deadline(&pm), UINT64_C(0x1000000) * SECOND / 3579545 + 1 + 777);
}
END_TEST

START_TEST(deadline_at_the_end_of_time_is_never)
{
    now = UINT64_MAX - 5;
    wr(STATUS, HV_ACPI_PM_TMR);
    wr(ENABLE, HV_ACPI_PM_TMR);
    ck_assert_uint_eq(hv_acpi_pm_deadline(&pm), HV_ACPI_PM_NO_TIME);
}
END_TEST

START_TEST(time_that_goes_back_stands_still)
{
    now += SECOND;
    ck_assert_uint_eq(rd(TIMER), 3579545);
    now -= 5000;
    ck_assert_uint_eq(rd(TIMER), 3579545);
}
END_TEST

START_TEST(timer_ignores_writes)
{
    now += SECOND;
    hv_acpi_pm_write(&pm, TIMER, 4, 0, now);
    ck_assert_uint_eq(rd(TIMER), 3579545);
}
END_TEST

START_TEST(only_events_that_exist_can_be_enabled)
{
    wr(ENABLE, 0xFFFF);
    ck_assert_uint_eq(rd(ENABLE), HV_ACPI_PM_TMR | HV_ACPI_PM_GBL | HV_ACPI_PM_PWRBTN | 0x0400);
    wr(ENABLE, 0);
    ck_assert_uint_eq(rd(ENABLE), 0);
}
END_TEST

START_TEST(power_button_interrupts_until_its_status_is_cleared)
{
    hv_acpi_pm_press_power_button(&pm);
    ck_assert(!hv_acpi_pm_interrupt(&pm));
    wr(ENABLE, HV_ACPI_PM_PWRBTN);
    ck_assert(hv_acpi_pm_interrupt(&pm));
    wr(STATUS, (uint16_t)~HV_ACPI_PM_PWRBTN);
    ck_assert(hv_acpi_pm_interrupt(&pm));
    ck_assert_uint_eq(rd(STATUS), HV_ACPI_PM_PWRBTN);
    wr(STATUS, HV_ACPI_PM_PWRBTN);
    ck_assert(!hv_acpi_pm_interrupt(&pm));
    ck_assert_uint_eq(rd(STATUS), 0);
}
END_TEST

START_TEST(bytes_and_double_words_reach_the_same_registers)
{
    hv_acpi_pm_press_power_button(&pm);
    hv_acpi_pm_write(&pm, ENABLE, 1, 0x21, now);
    hv_acpi_pm_write(&pm, ENABLE + 1, 1, 0x01, now);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, STATUS, 4, now), 0x01210100);
    hv_acpi_pm_write(&pm, ENABLE, 1, 0x00, now);
    ck_assert_uint_eq(rd(ENABLE), 0x0100);
    hv_acpi_pm_write(&pm, STATUS, 1, 0xFF, now);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, STATUS + 1, 1, now), 1);
    hv_acpi_pm_write(&pm, STATUS, 4, 0x00010100, now);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, STATUS, 4, now), 0x00010000);
    now += SECOND;
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, TIMER + 1, 1, now), 3579545 >> 8 & 0xFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, TIMER + 1, 2, now), 3579545 >> 8 & 0xFFFF);
}
END_TEST

START_TEST(what_is_no_register_reads_as_ones)
{
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, 6, 2, now), 0xFFFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, CONTROL, 4, now), 0xFFFF0001);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, 12, 4, now), 0xFFFFFFFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, STATUS, 3, now), 0xFFFFFFFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, STATUS, 0, now), 0xFFFFFFFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, 15, 1, now), 0xFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, 14, 4, now), 0xFFFFFFFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, 16, 1, now), 0xFFFFFFFF);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, UINT32_MAX, 2, now), 0xFFFFFFFF);
    hv_acpi_pm_write(&pm, ENABLE, 3, 0xFFFF, now);
    hv_acpi_pm_write(&pm, UINT32_MAX, 4, 0xFFFFFFFF, now);
    hv_acpi_pm_write(&pm, 6, 2, 0xFFFF, now);
    ck_assert_uint_eq(rd(ENABLE), 0);
    ck_assert_uint_eq(rd(CONTROL), 1);
    ck_assert_uint_eq(machine.sleeps, 0);
}
END_TEST

START_TEST(sleep_is_told_with_its_type)
{
    for (uint16_t type = 0; type < 8; type++) {
        wr(CONTROL, (uint16_t)(type << 10));
        ck_assert_uint_eq(machine.sleeps, type);
        ck_assert_uint_eq(rd(CONTROL), type << 10 | 1);
        wr(CONTROL, (uint16_t)(type << 10 | 1 << 13));
        ck_assert_uint_eq(machine.sleeps, type + 1);
        ck_assert_uint_eq(machine.type, type);
        ck_assert_uint_eq(rd(CONTROL), type << 10 | 1);
    }
    hv_acpi_pm_write(&pm, CONTROL + 1, 1, HV_ACPI_SLEEP_TYPE_OFF << 2 | 1 << 5, now);
    ck_assert_uint_eq(machine.type, HV_ACPI_SLEEP_TYPE_OFF);
    ck_assert_uint_eq(machine.sleeps, 9);
}
END_TEST

START_TEST(control_keeps_what_can_be_written)
{
    wr(CONTROL, 0xDFFF);
    ck_assert_uint_eq(rd(CONTROL), 0x1C03);
    wr(CONTROL, 0);
    ck_assert_uint_eq(rd(CONTROL), 1);
    ck_assert_uint_eq(machine.sleeps, 0);
}
END_TEST

START_TEST(reset_is_the_rise_of_its_bit)
{
    hv_acpi_pm_write_reset(&pm, 0x02);
    ck_assert_uint_eq(hv_acpi_pm_read_reset(&pm), 0x02);
    ck_assert_uint_eq(machine.hard_resets, 0);
    hv_acpi_pm_write_reset(&pm, HV_ACPI_RESET_VALUE);
    hv_acpi_pm_write_reset(&pm, HV_ACPI_RESET_VALUE);
    ck_assert_uint_eq(machine.hard_resets, 1);
    hv_acpi_pm_write_reset(&pm, 0xF9);
    ck_assert_uint_eq(hv_acpi_pm_read_reset(&pm), 0);
    hv_acpi_pm_write_reset(&pm, 0x04);
    ck_assert_uint_eq(hv_acpi_pm_read_reset(&pm), 4);
    ck_assert_uint_eq(machine.hard_resets, 1);
    ck_assert_uint_eq(machine.soft_resets, 1);
}
END_TEST

START_TEST(reset_leaves_nothing)
{
    hv_acpi_pm_press_power_button(&pm);
    wr(ENABLE, 0xFFFF);
    wr(CONTROL, 0x1C00);
    hv_acpi_pm_write_reset(&pm, 2);
    now += SECOND;
    hv_acpi_pm_reset(&pm, now);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, STATUS, 4, 0), 0);
    ck_assert_uint_eq(rd(CONTROL), 1);
    ck_assert_uint_eq(rd(TIMER), 0);
    ck_assert_uint_eq(hv_acpi_pm_read_reset(&pm), 0);
    now += SECOND;
    hv_acpi_pm_reset(&pm, 0);
    ck_assert_uint_eq(hv_acpi_pm_read(&pm, TIMER, 4, now - SECOND), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("acpi pm");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, registers_after_power_on);
    tcase_add_test(tests, timer_counts_as_the_clock_says);
    tcase_add_test(tests, timer_does_not_drift);
    tcase_add_test(tests, timer_of_24_bits_wraps_and_has_no_more);
    tcase_add_test(tests, status_is_set_when_the_highest_bit_changes);
    tcase_add_test(tests, status_is_set_by_any_number_of_changes);
    tcase_add_test(tests, deadline_is_the_moment_of_the_timer_interrupt);
    tcase_add_test(tests, deadline_at_the_end_of_time_is_never);
    tcase_add_test(tests, time_that_goes_back_stands_still);
    tcase_add_test(tests, timer_ignores_writes);
    tcase_add_test(tests, only_events_that_exist_can_be_enabled);
    tcase_add_test(tests, power_button_interrupts_until_its_status_is_cleared);
    tcase_add_test(tests, bytes_and_double_words_reach_the_same_registers);
    tcase_add_test(tests, what_is_no_register_reads_as_ones);
    tcase_add_test(tests, sleep_is_told_with_its_type);
    tcase_add_test(tests, control_keeps_what_can_be_written);
    tcase_add_test(tests, reset_is_the_rise_of_its_bit);
    tcase_add_test(tests, reset_leaves_nothing);
    Suite *suite = suite_create("acpi pm");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
