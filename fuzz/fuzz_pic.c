/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The interrupt controllers under random port accesses and lines, and under hostile saved states.
 *
 * Input: see device.h; steps of two bytes: opcode, value. Invariants: reserved bits of the level
 * registers stay zero, an interrupt that is announced is a request that is not masked and not in
 * service (unless the slave nests), one that was not announced serves nothing, and chips restored
 * from what was saved behave like those that go on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hv/pic.h>

#include "device.h"

static const uint16_t ports[] = { HV_PIC_MASTER_COMMAND,
                                  HV_PIC_MASTER_DATA,
                                  HV_PIC_SLAVE_COMMAND,
                                  HV_PIC_SLAVE_DATA,
                                  HV_PIC_MASTER_LEVEL,
                                  HV_PIC_SLAVE_LEVEL,
                                  0x4D2,
                                  0x22 };

static struct hv_pic_record saved(const struct hv_pic *pic)
{
    struct hv_pic_record record;
    hv_pic_save(pic, &record);
    return record;
}

/* The base of a chip has no low bits, so a vector names the line. */
static void check_taken(const struct hv_pic_chip_record *before,
                        const struct hv_pic_chip_record *after, uint8_t vector)
{
    uint8_t bit = (uint8_t)(1u << vector % 8);
    uint8_t requests =
        (uint8_t)((before->edges & ~before->level) | (before->lines & before->level));
    CHECK((vector & ~7) == before->base);
    CHECK((requests & ~before->imr & bit) != 0);
    CHECK((before->isr & bit) == 0 || before->special_nesting || before->special_mask);
    CHECK(after->isr == (before->auto_eoi ? before->isr : before->isr | bit));
    CHECK((after->edges & bit) == 0 || bit == 4);
}

static uint8_t acknowledge(struct hv_pic *pic)
{
    bool announced = hv_pic_output(pic);
    struct hv_pic_record before = saved(pic);
    uint8_t vector = hv_pic_acknowledge(pic);
    struct hv_pic_record after = saved(pic);
    if (!announced) {
        CHECK(vector == before.master.base + 7);
        CHECK(memcmp(&before, &after, sizeof(before)) == 0);
    } else if (memcmp(&before.slave, &after.slave, sizeof(before.slave)) != 0) {
        check_taken(&before.slave, &after.slave, vector);
    } else if ((vector & ~7) != before.slave.base) {
        check_taken(&before.master, &after.master, vector);
    }
    return vector;
}

static uint8_t do_step(struct hv_pic *pic, uint8_t opcode, uint8_t value)
{
    switch (opcode >> 4) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        hv_pic_write(pic, ports[opcode % 8], value);
        return 0;
    case 5:
    case 6:
        return hv_pic_read(pic, ports[opcode % 8]);
    case 7:
        hv_pic_set_line(pic, value, (opcode & 1) != 0);
        return 0;
    case 8:
        hv_pic_set_line(pic, opcode & 15, false);
        return 0;
    case 9:
    case 10:
        hv_pic_set_line(pic, opcode & 15, false);
        hv_pic_set_line(pic, opcode & 15, true);
        return 0;
    case 11:
        hv_pic_reset(pic);
        return 0;
    case 12:
        return hv_pic_is_busy(pic, value);
    default:
        return acknowledge(pic);
    }
}

static void check_chips(const struct hv_pic_record *record)
{
    CHECK((record->master.level & 0x07) == 0 && (record->slave.level & 0x21) == 0);
    CHECK((record->master.base & 7) == 0 && (record->slave.base & 7) == 0);
}

static void run(struct hv_pic *pic, const uint8_t *data, size_t size)
{
    struct hv_pic twin;
    struct hv_pic_record record = saved(pic);
    hv_pic_init(&twin);
    CHECK(hv_pic_restore(&twin, &record, sizeof(record)));
    for (; size >= 2; data += 2, size -= 2) {
        CHECK(do_step(pic, data[0], data[1]) == do_step(&twin, data[0], data[1]));
        CHECK(hv_pic_output(pic) == hv_pic_output(&twin));
        record = saved(pic);
        check_chips(&record);
        if (data[0] % 4 == 3) {
            hv_pic_init(&twin);
            CHECK(hv_pic_restore(&twin, &record, sizeof(record)));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device_input input;
    struct hv_pic pic;
    if (!device_input(&input, data, size, sizeof(struct hv_pic_record))) {
        return 0;
    }
    hv_pic_init(&pic);
    if (input.record) {
        hv_pic_restore(&pic, input.record, input.record_size);
    }
    run(&pic, input.steps, input.size);
    return 0;
}
