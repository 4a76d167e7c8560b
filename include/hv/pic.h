/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The two 8259A interrupt controllers of a PC, with the edge/level registers.
 *
 * A state machine without time. After each call of this header that changes something (reads do it
 * too: a poll) the embedder sets LINT0 of the local APIC, or the processor's interrupt pin, to
 * hv_pic_output(); when the processor takes the interrupt, hv_pic_acknowledge() says its vector.
 *
 * The slave hangs at IR2 of the master, whatever the guest writes as ICW3. As in a PIIX, ICW1's
 * LTIM has no effect: the registers at 0x4D0 and 0x4D1 say which lines are level-triggered.
 *
 * A request lasts until it is acknowledged, its line falls, or the chip is initialized; a line that
 * stays high after that makes another only when it is level-triggered. When hv_pic_acknowledge()
 * comes too late for a request, it gets level 7 of the master, and no bit of the ISR is set. The
 * slave's level 7 has no such case, as both pulses of an acknowledge are one call here.
 *
 * Ports are one byte wide; the bus splits wider accesses.
 *
 * Not modelled: the call instruction of the MCS-80 mode (what ICW4 says of it is ignored, and the
 * chips answer with vectors), buffered mode, and other ways to wire the chips.
 *
 * An instance is used by one thread at a time. It allocates nothing and holds no pointers.
 *
 * Source: Intel 8259A data sheet, "Programming the 8259A"; Intel 82371SB (PIIX3) data sheet,
 * "Interrupt Controller Registers".
 */
#ifndef HV_PIC_H
#define HV_PIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Ports in a PC. */
enum hv_pic_port {
    HV_PIC_MASTER_COMMAND = 0x20, /**< ICW1, OCW2, OCW3; IRR, ISR or poll when read */
    HV_PIC_MASTER_DATA = 0x21,    /**< ICW2 to ICW4, OCW1 */
    HV_PIC_SLAVE_COMMAND = 0xA0,
    HV_PIC_SLAVE_DATA = 0xA1,
    HV_PIC_MASTER_LEVEL = 0x4D0, /**< ELCR1: a bit for each level-triggered line */
    HV_PIC_SLAVE_LEVEL = 0x4D1,  /**< ELCR2 */
};

#define HV_PIC_LINES   16u
#define HV_PIC_CASCADE 2u /**< The line of the master that is the slave's. */

/** One of the two chips. All fields are private. */
struct hv_pic_chip {
    uint8_t lines;  /* levels of IR0 to IR7 */
    uint8_t edges;  /* of those that are edge-triggered: the edge was not acknowledged yet */
    uint8_t level;  /* those that are level-triggered */
    uint8_t isr;    /* in service */
    uint8_t imr;    /* masked */
    uint8_t base;   /* vector of IR0 */
    uint8_t lowest; /* the line of the lowest priority */
    uint8_t step;   /* of the initialization */
    bool single;
    bool needs_icw4;
    bool auto_eoi;
    bool auto_rotate;
    bool special_nesting;
    bool special_mask;
    bool read_isr;
    bool poll;
};

/** Both chips. All fields are private. */
struct hv_pic {
    struct hv_pic_chip master;
    struct hv_pic_chip slave;
};

#define HV_PIC_RECORD_VERSION 1u

/** Saved state of a chip; fields as in struct hv_pic_chip. */
struct hv_pic_chip_record {
    uint8_t lines;
    uint8_t edges;
    uint8_t level;
    uint8_t isr;
    uint8_t imr;
    uint8_t base;
    uint8_t lowest;
    uint8_t step;
    uint8_t single;
    uint8_t needs_icw4;
    uint8_t auto_eoi;
    uint8_t auto_rotate;
    uint8_t special_nesting;
    uint8_t special_mask;
    uint8_t read_isr;
    uint8_t poll;
};

/** Saved state. Any bytes may be given to hv_pic_restore(). */
struct hv_pic_record {
    uint32_t version; /**< HV_PIC_RECORD_VERSION */
    uint32_t size;    /**< of this struct */
    struct hv_pic_chip_record master;
    struct hv_pic_chip_record slave;
};

/** Prepares the chips as after power-on: all lines low and edge-triggered, neither initialized. */
void hv_pic_init(struct hv_pic *pic);

/** The state after hv_pic_init(), but lines keep their level. */
void hv_pic_reset(struct hv_pic *pic);

/** Reads @p port, one of enum hv_pic_port; any other reads as ones. A poll acknowledges. */
uint8_t hv_pic_read(struct hv_pic *pic, uint16_t port);

/** Writes @p port, one of enum hv_pic_port; any other write is dropped. */
void hv_pic_write(struct hv_pic *pic, uint16_t port, uint8_t value);

/**
 * Sets the level of a line. A pulse that is too short for the guest to see is nevertheless seen as
 * an edge if its last part is high: fall, then rise.
 *
 * @param pic   The chips.
 * @param irq   0 to 15 but HV_PIC_CASCADE; others have no pin and are ignored.
 * @param level True for high, which is active, whatever its trigger.
 */
void hv_pic_set_line(struct hv_pic *pic, unsigned irq, bool level);

/** Level of the line to the processor. */
bool hv_pic_output(const struct hv_pic *pic);

/** The processor takes the interrupt. Returns its vector. */
uint8_t hv_pic_acknowledge(struct hv_pic *pic);

/**
 * Whether line @p irq, 0 to 15, has a request that was not acknowledged, masked or not, or is in
 * service: an interrupt more would be merged or wait. False for others.
 */
bool hv_pic_is_busy(const struct hv_pic *pic, unsigned irq);

/** Writes the state to @p record. */
void hv_pic_save(const struct hv_pic *pic, struct hv_pic_record *record);

/**
 * Takes a saved state, with the levels that lines had.
 *
 * @param pic     The chips.
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @return False when the record has another version or holds what no pair of chips can be in: then
 *         nothing has changed.
 */
bool hv_pic_restore(struct hv_pic *pic, const void *record, size_t size);

#endif
