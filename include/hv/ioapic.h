/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief An I/O APIC with 24 pins.
 *
 * A state machine: it is told the level of its lines, the guest's accesses and the EOIs of local
 * APICs, and hands each interrupt to its back end as a message, which a worker turns into
 * HvCallAssertVirtualInterrupt. It has no notion of time, since none of its answers depends on it.
 *
 * Delivery modes that are edge triggered by nature (SMI, NMI, INIT, ExtINT) are so whatever the
 * entry says; the two reserved delivery modes send nothing. An entry that becomes edge triggered
 * loses its remote IRR: operating systems that find no EOI register end an interrupt that way. An
 * edge that came before its pin was masked is kept; one that comes while it is masked is lost, as
 * the data sheet wants it. The arbitration ID is always the ID, and nothing is arbitrated.
 *
 * An instance is used by one thread at a time. It allocates nothing and holds no pointers but those
 * of its configuration.
 *
 * Sources: Intel 82093AA data sheet (290566), chapter 3; the EOI register and version 0x20 from the
 * data sheets of Intel's I/O controller hubs, "APIC Registers"; the extended destination ID from
 * Linux (bits 55:49 of an entry).
 */
#ifndef HV_IOAPIC_H
#define HV_IOAPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HV_IOAPIC_PINS            24u
#define HV_IOAPIC_DEFAULT_ADDRESS 0xFEC00000u /**< where a PC has the first one */
#define HV_IOAPIC_WINDOW_SIZE     0x1000u     /**< bytes that the registers are given in memory */

/** Registers, as offsets in the window. */
enum hv_ioapic_register {
    HV_IOAPIC_SELECT = 0x00, /**< IOREGSEL: which register IOWIN is; 8 bits */
    HV_IOAPIC_WINDOW = 0x10, /**< IOWIN */
    HV_IOAPIC_EOI = 0x40,    /**< EOIR, write only, with hv_ioapic_config.eoi_register; a vector */
};

/** What HV_IOAPIC_SELECT selects. */
enum hv_ioapic_index {
    HV_IOAPIC_ID = 0x00,          /**< IOAPICID: 27:24 */
    HV_IOAPIC_VERSION = 0x01,     /**< IOAPICVER: version, and 23:16 the last entry */
    HV_IOAPIC_ARBITRATION = 0x02, /**< IOAPICARB: 27:24 */
    HV_IOAPIC_TABLE = 0x10,       /**< IOREDTBL: two each, the low half first */
};

/** Delivery modes of messages; the numbers are those of HvX64InterruptTypeFixed and so on. */
enum hv_ioapic_delivery {
    HV_IOAPIC_FIXED = 0,
    HV_IOAPIC_LOWEST_PRIORITY = 1,
    HV_IOAPIC_SMI = 2,
    HV_IOAPIC_NMI = 4,
    HV_IOAPIC_INIT = 5,
    HV_IOAPIC_EXTINT = 7,
};

/** An interrupt on its way to the local APICs. */
struct hv_ioapic_message {
    /** APIC ID, or logical destination: 8 bits, 15 with an extended destination. */
    uint32_t destination;
    /** Of @p destination. */
    bool logical;
    /** Level triggered: hv_ioapic_eoi() is expected. Only with the first two delivery modes. */
    bool level;
    /** An enum hv_ioapic_delivery. */
    uint8_t delivery_mode;
    /** As the guest wrote it, also below 16, which a local APIC takes for an error. */
    uint8_t vector;
    /** Whose message it is. */
    uint8_t pin;
};

/** Where messages go. The function must not call back into the same I/O APIC. */
struct hv_ioapic_backend {
    /** Handed to the function. */
    void *context;
    /**
     * Sends a message. Must not be NULL. A return of false is "not now": the entry reads as pending
     * (delivery status), and hv_ioapic_retry() tries again.
     */
    bool (*send)(void *context, const struct hv_ioapic_message *message);
};

/** Fixed properties. */
struct hv_ioapic_config {
    struct hv_ioapic_backend backend;
    /** Levels of the lines at the start, a bit each: lines that are pulled up idle high. */
    uint32_t idle_lines;
    /** Version 0x20 with the register HV_IOAPIC_EOI; else 0x11 without. */
    bool eoi_register;
    /** Bits 55:49 of an entry are bits 14:8 of the destination; else they are reserved. */
    bool extended_destination;
    /** At the start; the low four bits count. */
    uint8_t id;
};

/** The I/O APIC. All fields are private. */
struct hv_ioapic {
    struct hv_ioapic_config config;
    uint8_t select;
    uint8_t id;
    /** Levels, a bit a pin. */
    uint32_t lines;
    /** Edges that no one has accepted yet, a bit a pin. */
    uint32_t edges;
    /** As the guest reads it, without the delivery status. */
    uint64_t entries[HV_IOAPIC_PINS];
};

#define HV_IOAPIC_RECORD_VERSION 1u

/** Saved state. Any bytes may be given to hv_ioapic_restore(). */
struct hv_ioapic_record {
    uint32_t version; /**< HV_IOAPIC_RECORD_VERSION */
    uint32_t size;    /**< of this struct */
    uint64_t entries[HV_IOAPIC_PINS];
    uint32_t lines;
    uint32_t edges;
    uint8_t select;
    uint8_t id;
    uint8_t reserved[6]; /**< zero */
};

/** Prepares an I/O APIC as after power-on: every pin is masked. */
void hv_ioapic_init(struct hv_ioapic *ioapic, const struct hv_ioapic_config *config);

/** As after power-on, but for the levels of the lines. */
void hv_ioapic_reset(struct hv_ioapic *ioapic);

/**
 * Reads from the window.
 *
 * @param ioapic  Whose.
 * @param offset  In bytes from the start of the window.
 * @param size    Of the access: 4 bytes at a register; IOREGSEL may be read by 1 or 2 as well.
 * @return The value; 0 for a register index that does not exist, all ones for any other offset or
 *         size and for the EOI register.
 */
uint32_t hv_ioapic_read(const struct hv_ioapic *ioapic, uint64_t offset, unsigned size);

/** Writes to the window, as hv_ioapic_read(); what that answers with all ones, is ignored here. */
void hv_ioapic_write(struct hv_ioapic *ioapic, uint64_t offset, unsigned size, uint32_t value);

/**
 * Sets the level of a line. Whether high is an interrupt, the guest decides by the polarity.
 *
 * @param ioapic  Whose.
 * @param pin     From 0 to HV_IOAPIC_PINS - 1; others are ignored.
 * @param high    The level.
 */
void hv_ioapic_set_line(struct hv_ioapic *ioapic, unsigned pin, bool high);

/**
 * A local APIC has ended a level-triggered interrupt with this vector. Lines that are still
 * asserted interrupt again at once: one message for each pin at most.
 */
void hv_ioapic_eoi(struct hv_ioapic *ioapic, uint8_t vector);

/** Sends again what the back end has not accepted. */
void hv_ioapic_retry(struct hv_ioapic *ioapic);

/** Writes the state to @p record. */
void hv_ioapic_save(const struct hv_ioapic *ioapic, struct hv_ioapic_record *record);

/**
 * Takes a saved state. Nothing is sent: what is pending waits for hv_ioapic_retry().
 *
 * @param ioapic  One after hv_ioapic_init(), with the configuration of the saved one.
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @return False when the record has another version or holds what no I/O APIC of that configuration
 *         can be in: then nothing has changed.
 */
bool hv_ioapic_restore(struct hv_ioapic *ioapic, const void *record, size_t size);

#endif
