/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the files of the interrupt controllers share. Sections are those of the 8259A data sheet. */
#ifndef HV_EMU_PIC_H
#define HV_EMU_PIC_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/pic.h>

enum {
    ICW1_INITIALIZE = 0x10,
    ICW1_SINGLE = 0x02,
    ICW1_NEEDS_ICW4 = 0x01,

    ICW2_BASE = 0xF8,

    ICW4_SPECIAL_NESTING = 0x10,
    ICW4_AUTO_EOI = 0x02,

    OCW2_ROTATE = 0x80,
    OCW2_SPECIFIC = 0x40,
    OCW2_EOI = 0x20,
    OCW2_LEVEL = 0x07,

    OCW3 = 0x08, /* tells it from OCW2 */
    OCW3_SETS_MASK_MODE = 0x40,
    OCW3_MASK_MODE = 0x20,
    OCW3_POLL = 0x04,
    OCW3_SETS_READ = 0x02,
    OCW3_READ_ISR = 0x01,

    POLL_REQUEST = 0x80,

    /* Timer, keyboard and cascade; clock and coprocessor: always edge-triggered. */
    MASTER_LEVELS = 0xF8,
    SLAVE_LEVELS = 0xDE,
};

/* What the next write to the data port is ("Initialization Sequence"). */
enum {
    STEP_READY = 0, /* OCW1 */
    STEP_ICW2,
    STEP_ICW3,
    STEP_ICW4,
    STEP_POWER_ON, /* also OCW1, but there are no interrupts */
};

#define HV_PIC_NONE (-1)

/* The line that a chip would interrupt for now, or HV_PIC_NONE. */
int hv_pic_pending(const struct hv_pic *pic, const struct hv_pic_chip *chip);

#endif
