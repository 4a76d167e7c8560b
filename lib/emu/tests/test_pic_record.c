/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore, and records that no pair of controllers wrote. */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pic.h>

#include "pic_fixture.h"
#include "suite.h"

static struct hv_pic pic, other;
static struct hv_pic_record record;

static void setup(void)
{
    hv_pic_init(&pic);
    hv_pic_init(&other);
    pic_initialize(&pic, 0x01);
    hv_pic_write(&pic, HV_PIC_MASTER_LEVEL, 0x20);
    pic_raise(&pic, 1);
    pic_raise(&pic, 12);
    hv_pic_set_line(&pic, 5, true);
}

START_TEST(restored_pair_goes_on_where_the_saved_one_stopped)
{
    static const unsigned order[] = { 10, 12, 5 };
    hv_pic_acknowledge(&pic);
    pic_raise(&pic, 10);
    hv_pic_write(&pic, HV_PIC_SLAVE_COMMAND, 0x11);
    hv_pic_write(&pic, HV_PIC_SLAVE_DATA, 0x38);
    hv_pic_save(&pic, &record);
    ck_assert(hv_pic_restore(&other, &record, sizeof(record)));
    hv_pic_write(&other, HV_PIC_SLAVE_DATA, 0x02);
    hv_pic_write(&other, HV_PIC_SLAVE_DATA, 0x01);
    ck_assert(!hv_pic_output(&other));
    pic_raise(&other, 10);
    pic_raise(&other, 12);
    for (unsigned i = 0; i < 3; i++) {
        hv_pic_write(&other, HV_PIC_SLAVE_COMMAND, 0x20);
        hv_pic_write(&other, HV_PIC_MASTER_COMMAND, 0x20);
        ck_assert(hv_pic_output(&other));
        ck_assert_uint_eq(hv_pic_acknowledge(&other), MASTER_VECTOR + order[i]);
    }
}
END_TEST

START_TEST(each_mode_is_in_the_record)
{
    struct hv_pic_record again;
    pic_initialize(&pic, 0x13);
    hv_pic_write(&pic, HV_PIC_MASTER_COMMAND, 0x80);
    hv_pic_write(&pic, HV_PIC_MASTER_COMMAND, 0x6F);
    hv_pic_write(&pic, HV_PIC_SLAVE_COMMAND, 0xC3);
    hv_pic_write(&pic, HV_PIC_SLAVE_DATA, 0x5A);
    hv_pic_save(&pic, &record);
    ck_assert(record.master.auto_eoi && record.master.auto_rotate && record.master.poll);
    ck_assert(record.master.special_nesting && record.master.special_mask);
    ck_assert(record.master.read_isr && record.master.needs_icw4);
    ck_assert(hv_pic_restore(&other, &record, sizeof(record)));
    hv_pic_save(&other, &again);
    ck_assert_mem_eq(&record, &again, sizeof(record));
    hv_pic_write(&other, HV_PIC_MASTER_COMMAND, 0x12);
    hv_pic_save(&other, &record);
    ck_assert(record.master.single && !record.master.needs_icw4);
    ck_assert(hv_pic_restore(&pic, &record, sizeof(record)));
    hv_pic_save(&pic, &again);
    ck_assert_mem_eq(&record, &again, sizeof(record));
}
END_TEST

START_TEST(new_and_reset_pairs_have_records)
{
    hv_pic_save(&other, &record);
    ck_assert(hv_pic_restore(&other, &record, sizeof(record)));
    hv_pic_reset(&pic);
    hv_pic_save(&pic, &record);
    ck_assert_uint_eq(record.slave.lines, 0x10);
    ck_assert_uint_eq(record.master.lines, 0x22);
    ck_assert(hv_pic_restore(&other, &record, sizeof(record)));
}
END_TEST

START_TEST(record_of_another_version_or_size_is_refused)
{
    hv_pic_save(&pic, &record);
    ck_assert(!hv_pic_restore(&other, &record, sizeof(record) - 1));
    record.size++;
    ck_assert(!hv_pic_restore(&other, &record, sizeof(record)));
    record.size--;
    record.version = 2;
    ck_assert(!hv_pic_restore(&other, &record, sizeof(record)));
}
END_TEST

START_TEST(impossible_state_is_refused_and_changes_nothing)
{
#define FIELD(name, value)                            \
    {                                                 \
        offsetof(struct hv_pic_record, name), (value) \
    }
    static const struct {
        size_t offset;
        uint8_t value;
    } bad[] = {
        FIELD(master.level, 0x04),    FIELD(slave.level, 0x01),        FIELD(master.lines, 0x20),
        FIELD(master.lines, 0x22),    FIELD(master.edges, 0x26),       FIELD(master.edges, 0x0E),
        FIELD(slave.lines, 0x00),     FIELD(slave.imr, 0x10),          FIELD(slave.isr, 0x01),
        FIELD(slave.step, 1),         FIELD(master.base, 0x31),        FIELD(slave.base, 0x3C),
        FIELD(master.lowest, 8),      FIELD(master.step, 5),           FIELD(master.single, 2),
        FIELD(master.needs_icw4, 2),  FIELD(master.auto_eoi, 2),       FIELD(master.auto_rotate, 2),
        FIELD(slave.special_mask, 2), FIELD(slave.special_nesting, 2), FIELD(slave.read_isr, 2),
        FIELD(slave.poll, 2),
    };
    hv_pic_save(&pic, &record);
    const struct hv_pic before = other;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hv_pic_record hostile = record;
        ((uint8_t *)&hostile)[bad[i].offset] = bad[i].value;
        ck_assert_msg(!hv_pic_restore(&other, &hostile, sizeof(hostile)), "case %zu", i);
        ck_assert_mem_eq(&before, &other, sizeof(other));
    }
    ck_assert(hv_pic_restore(&other, &record, sizeof(record)));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pic record");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, restored_pair_goes_on_where_the_saved_one_stopped);
    tcase_add_test(tests, each_mode_is_in_the_record);
    tcase_add_test(tests, new_and_reset_pairs_have_records);
    tcase_add_test(tests, record_of_another_version_or_size_is_refused);
    tcase_add_test(tests, impossible_state_is_refused_and_changes_nothing);
    Suite *suite = suite_create("pic record");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
