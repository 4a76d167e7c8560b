/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief An 8254 interval timer as in a PC, with port 0x61, in virtual time.
 *
 * A state machine: each function is told the time, which is in units of 100 ns, as the partition
 * reference time, and never goes back; a time before the last one counts as the last one. The
 * counters' clock has exactly 21 pulses in 176 units (315/88/3 MHz), which are counted in integers:
 * nothing drifts, and how often and how late the embedder calls changes nothing. Each call takes a
 * bounded number of steps, whatever the guest has programmed and however much time has passed.
 *
 * The gates of counters 0 and 1 are high; that of counter 2 is bit 0 of port 0x61. Counter 0 makes
 * interrupts: each rise of its output is a *tick*. The embedder calls hv_pit_advance() at
 * hv_pit_deadline() and then asks hv_pit_ticks(). For each tick that it takes, it lets the line of
 * IRQ 0 fall and rise again, as in hv_pic_set_line(), however short the pulse of the output is; it
 * need not follow the output otherwise. Ticks that came while no one asked wait; how many of them
 * can is hv_pit_config.most_ticks, and which of them the guest gets is up to the embedder:
 * - one, as from a chip: hv_pit_take_ticks(pit, hv_pit_ticks(pit));
 * - all, one whenever the guest has dealt with the last: hv_pit_take_ticks(pit, 1).
 *
 * Ports are one byte wide; the bus splits wider accesses.
 *
 * What the data sheet leaves open or forbids: a count of 1 in modes 2 and 3 lets the output stand
 * still; a count in BCD with digits above 9 is what its digits weigh, modulo 10000; the byte after
 * a latch command is the low one, even if a high one was next; the control word register reads as
 * ones.
 *
 * Not modelled: sound, and the NMI sources of port 0x61, whose bits 6 and 7 read as zero.
 *
 * An instance is used by one thread at a time. It allocates nothing and holds no pointers.
 *
 * Source: Intel 82C54 data sheet, "Programming the 82C54", "Mode Definitions"; Intel 82371SB
 * (PIIX3) data sheet, "NMI Status and Control Register".
 */
#ifndef HV_PIT_H
#define HV_PIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Registers, as offsets from the first of HV_PIT_PORTS ports, which is 0x40 in a PC. */
enum hv_pit_register {
    HV_PIT_COUNTER_0 = 0, /**< Interrupts. */
    HV_PIT_COUNTER_1 = 1, /**< Refresh of memory, of which port 0x61 shows a trace. */
    HV_PIT_COUNTER_2 = 2, /**< Speaker. */
    HV_PIT_CONTROL = 3,   /**< Control words; write only. */
};

#define HV_PIT_PORTS    4u
#define HV_PIT_COUNTERS 3u
#define HV_PIT_NO_TIME  UINT64_MAX /**< "never", of a time */

/** Bits of port 0x61, of which the low four can be written. */
enum hv_pit_port_b {
    HV_PIT_GATE_2 = 0x01,
    HV_PIT_SPEAKER = 0x02,       /**< The speaker gets counter 2's output. */
    HV_PIT_PARITY_OFF = 0x04,    /**< Kept, without effect. */
    HV_PIT_IO_CHECK_OFF = 0x08,  /**< Kept, without effect. */
    HV_PIT_REFRESH = 0x10,       /**< Toggles at each rise of counter 1's output. */
    HV_PIT_OUTPUT_2 = 0x20,      /**< Counter 2's output. */
    HV_PIT_PORT_B_WRITES = 0x0F, /**< All that can be written. */
};

/** Fixed properties of a timer. */
struct hv_pit_config {
    /** So many ticks wait to be taken; what comes beyond is dropped. 0 counts as 1. */
    uint32_t most_ticks;
};

/** One of the three counters. All fields are private. */
struct hv_pit_counter {
    uint8_t control; /* low six bits of the control word */
    bool gate;
    bool out;

    bool write_high;   /* the second byte of a count is next */
    uint8_t write_low; /* the first one */
    bool read_high;
    bool status_latched;
    uint8_t latched_status;
    uint8_t latched_bytes; /* still to be read of latched_count */
    uint16_t latched_count;

    uint32_t reload;   /* count register in clocks, 1 to 65536 */
    bool null_count;   /* it was not taken over yet */
    bool armed;        /* there is one since the control word */
    bool load_pending; /* the next clock takes it over */
    bool stopped;      /* nothing was taken over since the control word, or half a count came */
    bool expired;      /* modes 0, 1, 4, 5: the count has reached zero */
    uint32_t loaded;   /* what was taken over last */
    uint32_t value;    /* of the counting element, when it last began to count or stopped */
    uint64_t start;    /* the clock at which it began to count */
};

/** The timer. All fields are private. */
struct hv_pit {
    struct hv_pit_config config;
    uint64_t now;
    uint64_t clock;   /* pulses so far */
    uint32_t part;    /* of the next pulse, in 1/176 */
    uint32_t waiting; /* ticks */
    uint8_t port_b;
    bool refresh;
    struct hv_pit_counter counters[HV_PIT_COUNTERS];
};

#define HV_PIT_RECORD_VERSION 1u

/** Saved state of a counter; fields as in struct hv_pit_counter. */
struct hv_pit_counter_record {
    uint32_t reload;
    uint32_t loaded;
    uint32_t value; /**< at the time of saving */
    uint16_t latched_count;
    uint8_t control;
    uint8_t out;
    uint8_t write_high;
    uint8_t write_low;
    uint8_t read_high;
    uint8_t status_latched;
    uint8_t latched_status;
    uint8_t latched_bytes;
    uint8_t null_count;
    uint8_t armed;
    uint8_t load_pending;
    uint8_t stopped;
    uint8_t expired;
    uint8_t reserved; /**< zero */
};

/**
 * Saved state. It holds no times, so a timer may be restored at another one. Any bytes may be given
 * to hv_pit_restore().
 */
struct hv_pit_record {
    uint32_t version; /**< HV_PIT_RECORD_VERSION */
    uint32_t size;    /**< of this struct */
    uint32_t part;    /**< of the next pulse, in 1/176 */
    uint32_t waiting; /**< ticks */
    struct hv_pit_counter_record counters[HV_PIT_COUNTERS];
    uint8_t port_b;
    uint8_t refresh;
    uint8_t reserved[2]; /**< zero */
};

/**
 * Prepares a timer as the firmware of a PC finds it, but for counter 1, which refreshes memory
 * every 18 clocks as afterwards: counters 0 and 2 are in mode 3 and wait for a count.
 */
void hv_pit_init(struct hv_pit *pit, const struct hv_pit_config *config, uint64_t now);

/** The state after hv_pit_init(), with no tick waiting. */
void hv_pit_reset(struct hv_pit *pit, uint64_t now);

/** Reads the register at @p offset, of which the low two bits count. */
uint8_t hv_pit_read(struct hv_pit *pit, unsigned offset, uint64_t now);

/**
 * Writes the register at @p offset, of which the low two bits count. A control word for counter 0
 * drops the ticks that wait; if it makes the output rise, that is a tick.
 */
void hv_pit_write(struct hv_pit *pit, unsigned offset, uint8_t value, uint64_t now);

/** Reads port 0x61: enum hv_pit_port_b bits. */
uint8_t hv_pit_read_port_b(struct hv_pit *pit, uint64_t now);

/** Writes port 0x61. */
void hv_pit_write_port_b(struct hv_pit *pit, uint8_t value, uint64_t now);

/** Does all that is due up to @p now. */
void hv_pit_advance(struct hv_pit *pit, uint64_t now);

/** When the next tick comes; HV_PIT_NO_TIME: never, unless a register is written. */
uint64_t hv_pit_deadline(const struct hv_pit *pit);

/** How many ticks wait. */
uint32_t hv_pit_ticks(const struct hv_pit *pit);

/** Takes ticks away: @p count, or all if fewer wait. */
void hv_pit_take_ticks(struct hv_pit *pit, uint32_t count);

/** Level of the output of counter @p counter, 0 to 2, as of the last call that was told the time.
 */
bool hv_pit_output(const struct hv_pit *pit, unsigned counter);

/** Writes the state to @p record, after doing what is due up to @p now. */
void hv_pit_save(struct hv_pit *pit, uint64_t now, struct hv_pit_record *record);

/**
 * Takes a saved state. The configuration stays; ticks beyond its most_ticks are dropped.
 *
 * @param pit     A timer after hv_pit_init().
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @param now     The time that the saved state continues from.
 * @return False when the record has another version or holds what no timer can be in: then nothing
 *         has changed.
 */
bool hv_pit_restore(struct hv_pit *pit, const void *record, size_t size, uint64_t now);

#endif
