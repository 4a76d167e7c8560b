/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The interrupt controllers: lines, priorities, acknowledge, command words. */
#include <stdbool.h>
#include <stdint.h>

#include <hv/pic.h>

#include "pic.h"

#define DEFAULT_LEVEL 7u /* of an acknowledge that finds no request */
#define NO_RANK       8u

/* ---- Priorities ---- */

static uint8_t requests(const struct hv_pic_chip *chip)
{
    return (uint8_t)((chip->edges & ~chip->level) | (chip->lines & chip->level));
}

static unsigned line_of(const struct hv_pic_chip *chip, unsigned rank)
{
    return (chip->lowest + 1 + rank) % 8;
}

/* Rank of the first of @lines, 0 being the highest priority; NO_RANK of none. */
static unsigned first_rank(const struct hv_pic_chip *chip, uint8_t lines)
{
    unsigned rank = 0;
    while (rank < NO_RANK && (lines & 1u << line_of(chip, rank)) == 0) {
        rank++;
    }
    return rank;
}

/* "Special Mask Mode": what is masked counts as not in service. */
static uint8_t services(const struct hv_pic_chip *chip)
{
    return (uint8_t)(chip->isr & ~(chip->special_mask ? chip->imr : 0));
}

int hv_pic_pending(const struct hv_pic *pic, const struct hv_pic_chip *chip)
{
    uint8_t wanted = (uint8_t)(requests(chip) & ~chip->imr);
    if (wanted == 0) {
        return HV_PIC_NONE;
    }
    unsigned rank = first_rank(chip, wanted);
    unsigned served = first_rank(chip, services(chip));
    if (chip->step != STEP_READY || rank > served) {
        return HV_PIC_NONE;
    }
    unsigned line = line_of(chip, rank);
    /* "Special Fully Nested Mode": a slave that is in service may interrupt again. */
    bool nests = chip == &pic->master && chip->special_nesting && line == HV_PIC_CASCADE;
    return rank < served || nests ? (int)line : HV_PIC_NONE;
}

/* ---- Lines ---- */

static void set_pin(struct hv_pic_chip *chip, unsigned pin, bool level)
{
    uint8_t bit = (uint8_t)(1u << pin);
    if (!level) {
        chip->lines &= (uint8_t)~bit;
        chip->edges &= (uint8_t)~bit;
    } else if ((chip->lines & bit) == 0) {
        chip->lines |= bit;
        chip->edges |= bit & (uint8_t)~chip->level;
    }
}

static void update_cascade(struct hv_pic *pic)
{
    set_pin(&pic->master, HV_PIC_CASCADE, hv_pic_pending(pic, &pic->slave) != HV_PIC_NONE);
}

static struct hv_pic_chip *chip_of(struct hv_pic *pic, unsigned irq)
{
    return irq < 8 ? &pic->master : &pic->slave;
}

void hv_pic_set_line(struct hv_pic *pic, unsigned irq, bool level)
{
    if (irq < HV_PIC_LINES && irq != HV_PIC_CASCADE) {
        set_pin(chip_of(pic, irq), irq % 8, level);
        update_cascade(pic);
    }
}

bool hv_pic_output(const struct hv_pic *pic)
{
    return hv_pic_pending(pic, &pic->master) != HV_PIC_NONE;
}

bool hv_pic_is_busy(const struct hv_pic *pic, unsigned irq)
{
    const struct hv_pic_chip *chip = irq < 8 ? &pic->master : &pic->slave;
    return irq < HV_PIC_LINES && ((requests(chip) | chip->isr) & 1u << irq % 8) != 0;
}

/* ---- Acknowledge ---- */

static void set_lowest(struct hv_pic_chip *chip, unsigned line)
{
    chip->lowest = (uint8_t)line;
}

/* Takes the pending line of @chip into service. */
static int take(struct hv_pic *pic, struct hv_pic_chip *chip)
{
    int line = hv_pic_pending(pic, chip);
    if (line == HV_PIC_NONE) {
        return line;
    }
    uint8_t bit = (uint8_t)(1u << line);
    chip->edges &= (uint8_t)~bit;
    if (!chip->auto_eoi) {
        chip->isr |= bit;
    } else if (chip->auto_rotate) {
        set_lowest(chip, (unsigned)line);
    }
    if (chip == &pic->slave) {
        /* Its output falls before it rises for the next, which the master takes for an edge. */
        set_pin(&pic->master, HV_PIC_CASCADE, false);
        update_cascade(pic);
    }
    return line;
}

static uint8_t vector(const struct hv_pic_chip *chip, int line)
{
    return (uint8_t)(chip->base + (line == HV_PIC_NONE ? DEFAULT_LEVEL : (unsigned)line));
}

uint8_t hv_pic_acknowledge(struct hv_pic *pic)
{
    int line = take(pic, &pic->master);
    if (line == (int)HV_PIC_CASCADE) {
        return vector(&pic->slave, take(pic, &pic->slave));
    }
    return vector(&pic->master, line);
}

/* "Poll Command": the next read acknowledges. */
static uint8_t poll(struct hv_pic *pic, struct hv_pic_chip *chip)
{
    int line = take(pic, chip);
    chip->poll = false;
    return line == HV_PIC_NONE ? 0 : (uint8_t)(POLL_REQUEST | line);
}

/* ---- Command words ---- */

static void write_icw1(struct hv_pic_chip *chip, uint8_t value)
{
    *chip = (struct hv_pic_chip){
        .lines = chip->lines,
        .level = chip->level,
        .base = chip->base,
        .lowest = 7,
        .step = STEP_ICW2,
        .single = (value & ICW1_SINGLE) != 0,
        .needs_icw4 = (value & ICW1_NEEDS_ICW4) != 0,
    };
}

static uint8_t step_after_icw3(const struct hv_pic_chip *chip)
{
    return chip->needs_icw4 ? STEP_ICW4 : STEP_READY;
}

static void write_data(struct hv_pic_chip *chip, uint8_t value)
{
    switch (chip->step) {
    case STEP_ICW2:
        chip->base = value & ICW2_BASE;
        chip->step = chip->single ? step_after_icw3(chip) : STEP_ICW3;
        return;
    case STEP_ICW3:
        chip->step = step_after_icw3(chip);
        return;
    case STEP_ICW4:
        chip->special_nesting = (value & ICW4_SPECIAL_NESTING) != 0;
        chip->auto_eoi = (value & ICW4_AUTO_EOI) != 0;
        chip->step = STEP_READY;
        return;
    default:
        chip->imr = value;
        return;
    }
}

/* "End of Interrupt", "Automatic Rotation", "Specific Rotation". */
static void write_ocw2(struct hv_pic_chip *chip, uint8_t value)
{
    bool rotates = (value & OCW2_ROTATE) != 0;
    bool specific = (value & OCW2_SPECIFIC) != 0;
    if ((value & OCW2_EOI) == 0) {
        if (!specific) {
            chip->auto_rotate = rotates;
        } else if (rotates) {
            set_lowest(chip, value & OCW2_LEVEL);
        }
        return;
    }
    unsigned rank = first_rank(chip, services(chip));
    if (!specific && rank == NO_RANK) {
        return;
    }
    unsigned line = specific ? value & OCW2_LEVEL : line_of(chip, rank);
    chip->isr &= (uint8_t) ~(1u << line);
    if (rotates) {
        set_lowest(chip, line);
    }
}

static void write_ocw3(struct hv_pic_chip *chip, uint8_t value)
{
    if ((value & OCW3_SETS_MASK_MODE) != 0) {
        chip->special_mask = (value & OCW3_MASK_MODE) != 0;
    }
    if ((value & OCW3_SETS_READ) != 0) {
        chip->read_isr = (value & OCW3_READ_ISR) != 0;
    }
    chip->poll = (value & OCW3_POLL) != 0;
}

static void write_command(struct hv_pic_chip *chip, uint8_t value)
{
    if ((value & ICW1_INITIALIZE) != 0) {
        write_icw1(chip, value);
    } else if ((value & OCW3) != 0) {
        write_ocw3(chip, value);
    } else {
        write_ocw2(chip, value);
    }
}

static void write_level(struct hv_pic_chip *chip, uint8_t level)
{
    chip->level = level;
    chip->edges &= (uint8_t)~level;
}

/* ---- Ports ---- */

uint8_t hv_pic_read(struct hv_pic *pic, uint16_t port)
{
    struct hv_pic_chip *chip = port < HV_PIC_SLAVE_COMMAND ? &pic->master : &pic->slave;
    switch (port) {
    case HV_PIC_MASTER_COMMAND:
    case HV_PIC_SLAVE_COMMAND:
        return chip->poll ? poll(pic, chip) : chip->read_isr ? chip->isr : requests(chip);
    case HV_PIC_MASTER_DATA:
    case HV_PIC_SLAVE_DATA:
        return chip->poll ? poll(pic, chip) : chip->imr;
    case HV_PIC_MASTER_LEVEL:
        return pic->master.level;
    case HV_PIC_SLAVE_LEVEL:
        return pic->slave.level;
    default:
        return 0xFF;
    }
}

void hv_pic_write(struct hv_pic *pic, uint16_t port, uint8_t value)
{
    switch (port) {
    case HV_PIC_MASTER_COMMAND:
        write_command(&pic->master, value);
        break;
    case HV_PIC_MASTER_DATA:
        write_data(&pic->master, value);
        break;
    case HV_PIC_SLAVE_COMMAND:
        write_command(&pic->slave, value);
        break;
    case HV_PIC_SLAVE_DATA:
        write_data(&pic->slave, value);
        break;
    case HV_PIC_MASTER_LEVEL:
        write_level(&pic->master, value & MASTER_LEVELS);
        break;
    case HV_PIC_SLAVE_LEVEL:
        write_level(&pic->slave, value & SLAVE_LEVELS);
        break;
    default:
        break;
    }
    update_cascade(pic);
}

void hv_pic_init(struct hv_pic *pic)
{
    const struct hv_pic_chip chip = { .lowest = 7, .step = STEP_POWER_ON };
    *pic = (struct hv_pic){ .master = chip, .slave = chip };
}

void hv_pic_reset(struct hv_pic *pic)
{
    const struct hv_pic old = *pic;
    hv_pic_init(pic);
    /* No chip interrupts until it is initialized, the slave no master either. */
    pic->master.lines = old.master.lines & (uint8_t) ~(1u << HV_PIC_CASCADE);
    pic->slave.lines = old.slave.lines;
}
