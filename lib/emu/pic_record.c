/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore. A record may come from an enemy: it is taken whole or not at all. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/pic.h>

#include "mem.h"
#include "pic.h"

/* Every byte of a record has a meaning, so a record says nothing of the memory it was made in. */
_Static_assert(sizeof(struct hv_pic_record) == 40, "no padding");

static struct hv_pic_chip_record save_chip(const struct hv_pic_chip *chip)
{
    return (struct hv_pic_chip_record){
        .lines = chip->lines,
        .edges = chip->edges,
        .level = chip->level,
        .isr = chip->isr,
        .imr = chip->imr,
        .base = chip->base,
        .lowest = chip->lowest,
        .step = chip->step,
        .single = chip->single,
        .needs_icw4 = chip->needs_icw4,
        .auto_eoi = chip->auto_eoi,
        .auto_rotate = chip->auto_rotate,
        .special_nesting = chip->special_nesting,
        .special_mask = chip->special_mask,
        .read_isr = chip->read_isr,
        .poll = chip->poll,
    };
}

void hv_pic_save(const struct hv_pic *pic, struct hv_pic_record *record)
{
    *record = (struct hv_pic_record){
        .version = HV_PIC_RECORD_VERSION,
        .size = sizeof(*record),
        .master = save_chip(&pic->master),
        .slave = save_chip(&pic->slave),
    };
}

static bool chip_is_valid(const struct hv_pic_chip_record *record, uint8_t levels)
{
    uint8_t flags = record->single | record->needs_icw4 | record->auto_eoi | record->auto_rotate |
                    record->special_nesting | record->special_mask | record->read_isr |
                    record->poll;
    return (record->level & ~levels) == 0 && (record->edges & ~record->lines) == 0 &&
           (record->edges & record->level) == 0 && (record->base & ~ICW2_BASE) == 0 &&
           record->lowest < 8 && record->step <= STEP_POWER_ON && flags <= 1;
}

static struct hv_pic_chip take_chip(const struct hv_pic_chip_record *record)
{
    return (struct hv_pic_chip){
        .lines = record->lines,
        .edges = record->edges,
        .level = record->level,
        .isr = record->isr,
        .imr = record->imr,
        .base = record->base,
        .lowest = record->lowest,
        .step = record->step,
        .single = record->single != 0,
        .needs_icw4 = record->needs_icw4 != 0,
        .auto_eoi = record->auto_eoi != 0,
        .auto_rotate = record->auto_rotate != 0,
        .special_nesting = record->special_nesting != 0,
        .special_mask = record->special_mask != 0,
        .read_isr = record->read_isr != 0,
        .poll = record->poll != 0,
    };
}

bool hv_pic_restore(struct hv_pic *pic, const void *record, size_t size)
{
    struct hv_pic_record copy;
    if (size != sizeof(copy)) {
        return false;
    }
    memcpy(&copy, record, sizeof(copy));
    if (copy.version != HV_PIC_RECORD_VERSION || copy.size != sizeof(copy) ||
        !chip_is_valid(&copy.master, MASTER_LEVELS) || !chip_is_valid(&copy.slave, SLAVE_LEVELS)) {
        return false;
    }
    struct hv_pic restored = { take_chip(&copy.master), take_chip(&copy.slave) };
    bool cascade = (restored.master.lines & 1u << HV_PIC_CASCADE) != 0;
    if (cascade != (hv_pic_pending(&restored, &restored.slave) != HV_PIC_NONE)) {
        return false;
    }
    *pic = restored;
    return true;
}
