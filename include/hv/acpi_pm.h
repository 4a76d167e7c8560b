/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief ACPI fixed hardware: the power management timer, PM1 event and control registers, and the
 * reset control register, in virtual time.
 *
 * A state machine: each function is told the time, which is in units of 100 ns, as the partition
 * reference time, and never goes back; a time before the last one counts as the last one. The
 * embedder calls hv_acpi_pm_advance() at hv_acpi_pm_deadline(), and then sets the line of the SCI
 * to hv_acpi_pm_interrupt(), as after each write and each press of the button.
 *
 * The platform is always in ACPI mode: SCI_EN is fixed at 1, and there is no SMI command port, as
 * the specification has it for a platform without legacy mode (a FADT with SMI_CMD of 0). A guest
 * that boots without firmware has no other mode, and no system management mode to change it in. It
 * is not "hardware-reduced": that has no PM timer and no fixed power button.
 *
 * There are the events TMR, PWRBTN, and two that nothing raises: GBL and RTC. The sleep and RTC
 * events are not there, which the FADT is to say, and general-purpose events are not either; RTC
 * can be enabled all the same, since Linux does not ask the FADT and takes it for an error when the
 * bit does not stay. No state but S5 can be entered, from which nothing returns, so WAK_STS stays
 * 0.
 *
 * An instance is used by one thread at a time. It allocates nothing and holds no pointers but those
 * of its configuration.
 *
 * Sources: ACPI specification 6.5, section 4.8 "ACPI Register Model"; for the reset control
 * register Intel's ICH10 data sheet, "RST_CNT: Reset Control Register", without its full reset.
 */
#ifndef HV_ACPI_PM_H
#define HV_ACPI_PM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Register blocks, as offsets from the first of HV_ACPI_PM_PORTS ports. */
enum hv_acpi_pm_block {
    HV_ACPI_PM_EVENT = 0,   /**< PM1 status and PM1 enable, two bytes each */
    HV_ACPI_PM_CONTROL = 4, /**< PM1 control, two bytes */
    HV_ACPI_PM_TIMER = 8,   /**< four bytes, read only */
};

/** Bits of PM1 status and PM1 enable. */
enum hv_acpi_pm_event {
    HV_ACPI_PM_TMR = 0x0001,    /**< the timer's highest bit has changed */
    HV_ACPI_PM_GBL = 0x0020,    /**< the global lock was released; never set */
    HV_ACPI_PM_PWRBTN = 0x0100, /**< the power button was pressed */
    HV_ACPI_PM_RTC = 0x0400,    /**< an alarm of the clock; never set */
};

#define HV_ACPI_PM_PORTS        16u
#define HV_ACPI_PM_HZ           3579545u   /**< of the timer */
#define HV_ACPI_PM_NO_TIME      UINT64_MAX /**< "never", of a time */
#define HV_ACPI_RESET_PORT      0xCF9u     /**< where a PC has the reset control register */
#define HV_ACPI_RESET_VALUE     0x06u      /**< to be written there for a hard reset */
#define HV_ACPI_SLEEP_TYPE_OFF  0x05u      /**< SLP_TYP of S5, in our tables' \_S5 */
#define HV_ACPI_SLEEP_TYPE_MASK 0x07u      /**< SLP_TYP has three bits */

/** What registers do to the machine. The functions must not call back into the same instance. */
struct hv_acpi_pm_backend {
    /** Handed to each function. */
    void *context;
    /**
     * The guest wants to sleep: it has set SLP_EN, with this SLP_TYP of three bits. The one in \_S5
     * (HV_ACPI_SLEEP_TYPE_OFF with our tables) is the order to switch off; others mean nothing and
     * may be ignored. Must not be NULL.
     */
    void (*sleep)(void *context, uint8_t type);
    /** The guest resets the machine, or (not @p hard) its processors by INIT. Must not be NULL. */
    void (*reset)(void *context, bool hard);
};

/** Fixed properties. */
struct hv_acpi_pm_config {
    struct hv_acpi_pm_backend backend;
    /** The timer has 32 bits, not 24 (FADT: TMR_VAL_EXT). */
    bool timer_32_bits;
};

/** The registers. All fields are private. */
struct hv_acpi_pm {
    struct hv_acpi_pm_config config;
    uint64_t now;
    /** Of the timer when its last whole second ended. */
    uint32_t count;
    /** What has passed since, less than a second. */
    uint32_t fraction;
    uint16_t status;
    uint16_t enable;
    uint16_t control;
    uint8_t reset_control;
};

#define HV_ACPI_PM_RECORD_VERSION 1u

/** Saved state. Any bytes may be given to hv_acpi_pm_restore(). */
struct hv_acpi_pm_record {
    uint32_t version;  /**< HV_ACPI_PM_RECORD_VERSION */
    uint32_t size;     /**< of this struct */
    uint32_t count;    /**< of the timer when its last whole second ended */
    uint32_t fraction; /**< what has passed since, in units of 100 ns */
    uint16_t status;
    uint16_t enable;
    uint16_t control;
    uint8_t reset_control;
    uint8_t reserved; /**< zero */
};

/** Prepares the registers as after power-on; the timer starts from 0. */
void hv_acpi_pm_init(struct hv_acpi_pm *pm, const struct hv_acpi_pm_config *config, uint64_t now);

/** As after power-on. */
void hv_acpi_pm_reset(struct hv_acpi_pm *pm, uint64_t now);

/**
 * Reads from the register blocks.
 *
 * @param pm      Whose.
 * @param offset  Of the first port, from that of the blocks.
 * @param size    1, 2 or 4 bytes, at any offset.
 * @param now     The time.
 * @return The value. Ports that are no register read as ones, and so does any other @p size and
 *         what lies beyond HV_ACPI_PM_PORTS.
 */
uint32_t hv_acpi_pm_read(struct hv_acpi_pm *pm, unsigned offset, unsigned size, uint64_t now);

/** Writes to the register blocks, byte by byte; other bytes than those of registers are ignored. */
void hv_acpi_pm_write(struct hv_acpi_pm *pm, unsigned offset, unsigned size, uint32_t value,
                      uint64_t now);

/** Reads the reset control register, a port of one byte. */
uint8_t hv_acpi_pm_read_reset(const struct hv_acpi_pm *pm);

/** Writes the reset control register: bit 2 resets when it becomes 1, hard if bit 1 is 1. */
void hv_acpi_pm_write_reset(struct hv_acpi_pm *pm, uint8_t value);

/** The power button is pressed, briefly. */
void hv_acpi_pm_press_power_button(struct hv_acpi_pm *pm);

/** Lets the timer come to @p now. */
void hv_acpi_pm_advance(struct hv_acpi_pm *pm, uint64_t now);

/** When the timer interrupts by itself; HV_ACPI_PM_NO_TIME: it doesn't. */
uint64_t hv_acpi_pm_deadline(const struct hv_acpi_pm *pm);

/** Level of the SCI: true is asserted. */
bool hv_acpi_pm_interrupt(const struct hv_acpi_pm *pm);

/** Writes the state at @p now to @p record. */
void hv_acpi_pm_save(struct hv_acpi_pm *pm, uint64_t now, struct hv_acpi_pm_record *record);

/**
 * Takes a saved state. The configuration stays, and the back end is told nothing.
 *
 * @param pm      One after hv_acpi_pm_init().
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @param now     The time that the saved state continues from.
 * @return False when the record has another version or holds what no registers can be in: then
 *         nothing has changed.
 */
bool hv_acpi_pm_restore(struct hv_acpi_pm *pm, const void *record, size_t size, uint64_t now);

#endif
