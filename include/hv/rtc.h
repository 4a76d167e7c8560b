/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief An MC146818A real-time clock with 128 bytes of CMOS RAM, as in a PC, in virtual time.
 *
 * A state machine: each function that takes a time is told it in units of 100 ns, as the partition
 * reference time; it never goes back, and a time before the last one counts as the last one. The
 * embedder calls hv_rtc_advance() at hv_rtc_deadline(), and then sets the line of IRQ 8 to
 * hv_rtc_interrupt(), as after each read and write. Each call takes a bounded number of steps,
 * however much time has passed.
 *
 * The embedder gives the time of day once, as Unix time that belongs to a virtual time, and may
 * correct it with hv_rtc_set_wall_clock(); what the guest sets remains an offset to it. The guest
 * has UTC or local time, whichever the embedder gives.
 *
 * The registers hold what the guest has written until the next update. Then a field that is out of
 * range counts as its nearest limit: the 31st of February as its last day. Years run from 0000 to
 * 9999 (the century is the byte at 0x32, in the format of the others) and have the Gregorian
 * calendar's leap days.
 *
 * An update ends when a second is over; UIP is set for the 2228 us before. The registers keep their
 * values until then. The clock runs with the divider for 32768 Hz (DV = 010) and stands with all
 * others; the first second ends half a second after that is set.
 *
 * Periodic interrupts that no one has acknowledged are merged, as in the chip.
 *
 * Ports are one byte wide; the bus splits wider accesses.
 *
 * Not modelled: the square wave and daylight saving, whose bits are kept, and an empty battery.
 *
 * An instance is used by one thread at a time. It allocates nothing and holds no pointers.
 *
 * Source: Motorola MC146818A data sheet; Intel 82371SB (PIIX3) data sheet, "Real Time Clock
 * Registers", for the ports.
 */
#ifndef HV_RTC_H
#define HV_RTC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Ports, as offsets from the first of HV_RTC_PORTS ports, which is 0x70 in a PC. */
enum hv_rtc_port {
    HV_RTC_INDEX = 0, /**< Bits 6 to 0: register; bit 7: NMI is masked. Reads as ones. */
    HV_RTC_DATA = 1,
};

/** Registers. All others up to HV_RTC_RAM_SIZE are RAM. */
enum hv_rtc_register {
    HV_RTC_SECONDS = 0x00,
    HV_RTC_SECONDS_ALARM = 0x01,
    HV_RTC_MINUTES = 0x02,
    HV_RTC_MINUTES_ALARM = 0x03,
    HV_RTC_HOURS = 0x04,
    HV_RTC_HOURS_ALARM = 0x05,
    HV_RTC_WEEKDAY = 0x06, /**< 1: Sunday */
    HV_RTC_DAY = 0x07,
    HV_RTC_MONTH = 0x08,
    HV_RTC_YEAR = 0x09,
    HV_RTC_A = 0x0A,
    HV_RTC_B = 0x0B,
    HV_RTC_C = 0x0C,
    HV_RTC_D = 0x0D,
    HV_RTC_CENTURY = 0x32,
};

#define HV_RTC_PORTS    2u
#define HV_RTC_RAM_SIZE 128u
#define HV_RTC_NO_TIME  UINT64_MAX /**< "never", of a time */

/** The clock. All fields are private. */
struct hv_rtc {
    uint64_t now;
    uint64_t wall;  /* time of day since 0000-01-01 in units of 100 ns */
    uint32_t phase; /* of the guest's second, in units of 100 ns; 0 while the clock stands */
    uint8_t index;
    bool nmi_masked;
    uint8_t ram[HV_RTC_RAM_SIZE]; /* with registers; A without UIP, C without IRQF */
};

#define HV_RTC_RECORD_VERSION 1u

/** Saved state. Any bytes may be given to hv_rtc_restore(). */
struct hv_rtc_record {
    uint32_t version; /**< HV_RTC_RECORD_VERSION */
    uint32_t size;    /**< of this struct */
    uint64_t wall;    /**< The embedder's time of day, since 0000-01-01 in units of 100 ns. */
    uint32_t phase;   /**< Of the guest's second, in units of 100 ns. */
    uint8_t index;
    uint8_t nmi_masked;
    uint8_t reserved[2]; /**< zero */
    uint8_t ram[HV_RTC_RAM_SIZE];
};

/**
 * Prepares a clock that shows the time of day in BCD and 24 hours, runs, and makes no interrupts;
 * as firmware leaves it. The RAM is zero.
 *
 * @param rtc       The clock.
 * @param unix_time What it shows at @p now: since 1970-01-01 in units of 100 ns. Years beyond 9999
 *                  begin again at 0000.
 * @param now       Virtual time.
 */
void hv_rtc_init(struct hv_rtc *rtc, int64_t unix_time, uint64_t now);

/** The RESET pin: no interrupts. Time and RAM stay. */
void hv_rtc_reset(struct hv_rtc *rtc, uint64_t now);

/** Reads the port at @p offset, of which the low bit counts. */
uint8_t hv_rtc_read(struct hv_rtc *rtc, unsigned offset, uint64_t now);

/** Writes the port at @p offset, of which the low bit counts. */
void hv_rtc_write(struct hv_rtc *rtc, unsigned offset, uint8_t value, uint64_t now);

/** Does all that is due up to @p now. */
void hv_rtc_advance(struct hv_rtc *rtc, uint64_t now);

/** When hv_rtc_interrupt() will change by itself; HV_RTC_NO_TIME: never. */
uint64_t hv_rtc_deadline(const struct hv_rtc *rtc);

/** Level of the interrupt line, active high as in a PC. */
bool hv_rtc_interrupt(const struct hv_rtc *rtc);

/** Whether the guest has masked NMI by bit 7 of the index port. */
bool hv_rtc_nmi_masked(const struct hv_rtc *rtc);

/**
 * Corrects the time of day, after the host's clock was set or the machine has slept. The guest's
 * clock moves by as much; while it stands or the guest holds it (SET), it does not.
 *
 * @param rtc       The clock.
 * @param unix_time The time of day at @p now, as for hv_rtc_init().
 * @param now       Virtual time.
 */
void hv_rtc_set_wall_clock(struct hv_rtc *rtc, int64_t unix_time, uint64_t now);

/**
 * By how much the guest's clock is ahead of the embedder's, in units of 100 ns, at most 5000 years
 * either way. An embedder that keeps this lets the next machine start with unix_time + offset.
 */
int64_t hv_rtc_offset(const struct hv_rtc *rtc);

/** Reads a byte of RAM, as firmware's settings. Registers and what is beyond read as zero. */
uint8_t hv_rtc_ram(const struct hv_rtc *rtc, unsigned index);

/** Writes a byte of RAM. Returns false for registers and what is beyond. */
bool hv_rtc_set_ram(struct hv_rtc *rtc, unsigned index, uint8_t value);

/** Writes the state to @p record, after doing what is due up to @p now. */
void hv_rtc_save(struct hv_rtc *rtc, uint64_t now, struct hv_rtc_record *record);

/**
 * Takes a saved state. The embedder's time of day is that of @p rtc, and the guest's clock has the
 * same offset to it as before, as if it had run in between; alarms of that time are not made up
 * for.
 *
 * @param rtc     A clock after hv_rtc_init().
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @param now     The time that the saved state continues from.
 * @return False when the record has another version or holds what no clock can be in: then nothing
 *         has changed.
 */
bool hv_rtc_restore(struct hv_rtc *rtc, const void *record, size_t size, uint64_t now);

#endif
