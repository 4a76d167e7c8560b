/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief PCI configuration space: mechanism #1, one bus, and functions that devices register.
 *
 * The embedder gives the ports 0xCF8 to 0xCFF to hv_pci_read() and hv_pci_write(). A device has a
 * struct hv_pci_function, whose configuration space is filled once and then belongs to the guest as
 * far as it may write it; after each write the device is told, and looks at what it cares about:
 * hv_pci_bar_address(), hv_pci_command(). A configuration space holds what was written, and nothing
 * that changes by itself but the interrupt status.
 *
 * There is bus 0 only. What does not exist reads as all ones and takes no writes. Nothing here
 * depends on time.
 *
 * Instances of one bus are used by one thread at a time. They allocate nothing; a bus points to its
 * functions, which the embedder keeps where they are.
 *
 * Sources: PCI Local Bus Specification 3.0, sections 3.2.2.3 "Configuration Space Decoding" and 6.2
 * "Configuration Space Functions"; for the host bridge the Intel 440FX data sheet (290549),
 * "PMC Registers".
 */
#ifndef HV_PCI_H
#define HV_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HV_PCI_FIRST_PORT  0xCF8u /**< CONFIG_ADDRESS; CONFIG_DATA is four ports further */
#define HV_PCI_PORTS       8u
#define HV_PCI_DEVICES     32u
#define HV_PCI_FUNCTIONS   8u /**< of a device */
#define HV_PCI_CONFIG_SIZE 256u
#define HV_PCI_BARS        6u
#define HV_PCI_FIRST_GSI   16u /**< the first global system interrupt that PCI uses */
#define HV_PCI_GSIS        8u  /**< how many it uses */

/** Registers of a configuration space, as offsets in it. */
enum hv_pci_register {
    HV_PCI_VENDOR_ID = 0x00,           /**< 2 bytes */
    HV_PCI_DEVICE_ID = 0x02,           /**< 2 bytes */
    HV_PCI_COMMAND = 0x04,             /**< 2 bytes, enum hv_pci_command_bit */
    HV_PCI_STATUS = 0x06,              /**< 2 bytes, enum hv_pci_status_bit */
    HV_PCI_REVISION = 0x08,            /**< 1 byte; the class code follows, 3 bytes */
    HV_PCI_CACHE_LINE = 0x0C,          /**< 1 byte */
    HV_PCI_LATENCY_TIMER = 0x0D,       /**< 1 byte */
    HV_PCI_HEADER_TYPE = 0x0E,         /**< 1 byte */
    HV_PCI_FIRST_BAR = 0x10,           /**< base address registers, 4 bytes each */
    HV_PCI_SUBSYSTEM_VENDOR_ID = 0x2C, /**< 2 bytes */
    HV_PCI_SUBSYSTEM_ID = 0x2E,        /**< 2 bytes */
    HV_PCI_CAPABILITIES = 0x34,        /**< 1 byte, where the first capability is */
    HV_PCI_INTERRUPT_LINE = 0x3C,      /**< 1 byte, for the guest's own use */
    HV_PCI_INTERRUPT_PIN = 0x3D,       /**< 1 byte */
};

/** Bits of the command register. */
enum hv_pci_command_bit {
    HV_PCI_COMMAND_IO = 0x0001,
    HV_PCI_COMMAND_MEMORY = 0x0002,
    HV_PCI_COMMAND_BUS_MASTER = 0x0004,
    HV_PCI_COMMAND_SERR = 0x0100,
    HV_PCI_COMMAND_NO_INTX = 0x0400,
};

/** Bits of the status register. */
enum hv_pci_status_bit {
    HV_PCI_STATUS_INTERRUPT = 0x0008,
    HV_PCI_STATUS_CAPABILITIES = 0x0010,
    HV_PCI_STATUS_FAST_BACK_TO_BACK = 0x0080,
    HV_PCI_STATUS_MEDIUM = 0x0200, /**< timing of DEVSEL# */
};

/** What a base address register is of. */
enum hv_pci_bar_kind {
    HV_PCI_BAR_NONE,
    HV_PCI_BAR_IO,
    HV_PCI_BAR_MEMORY_32,
    HV_PCI_BAR_MEMORY_64, /**< takes the next one as well, which is to be HV_PCI_BAR_NONE */
};

/** A base address register. */
struct hv_pci_bar {
    enum hv_pci_bar_kind kind;
    /** Memory that may be prefetched. */
    bool prefetchable;
    /** In bytes: a power of 2; 4 to 256 of I/O, 16 to 2^31 or 2^63 of memory. */
    uint64_t size;
};

/** Fixed properties of a function. */
struct hv_pci_function_config {
    /** Handed to the function below. */
    void *context;
    /**
     * The guest has written @p size bytes at @p offset, and they have been taken as far as they can
     * be written. Must not access the bus. NULL: no one wants to know.
     */
    void (*written)(void *context, unsigned offset, unsigned size);
    uint16_t vendor_id;           /**< not 0xFFFF */
    uint16_t device_id;           /**< by the vendor */
    uint16_t subsystem_vendor_id; /**< 0: none */
    uint16_t subsystem_id;        /**< by that vendor */
    uint32_t class_code;          /**< 24 bits: class, subclass, programming interface */
    uint8_t revision;             /**< by the vendor */
    uint8_t interrupt_pin;        /**< 1 to 4: INTA# to INTD#; 0: none */
    bool bus_master;              /**< the device reads and writes memory */
    /** Base address registers. */
    struct hv_pci_bar bars[HV_PCI_BARS];
};

/** A function. All fields are private. */
struct hv_pci_function {
    struct hv_pci_function_config config;
    uint8_t space[HV_PCI_CONFIG_SIZE];
    /** What a reset brings back. */
    uint8_t initial[HV_PCI_CONFIG_SIZE];
    /** Bits that the guest can write. */
    uint8_t writable[HV_PCI_CONFIG_SIZE];
    /** Bits that the guest clears by writing 1. */
    uint8_t cleared[HV_PCI_CONFIG_SIZE];
};

/** A bus with its configuration mechanism. All fields are private. */
struct hv_pci {
    /** CONFIG_ADDRESS. */
    uint32_t address;
    /** A bit for each device that has functions. */
    uint32_t devices;
    struct hv_pci_function *functions[HV_PCI_DEVICES][HV_PCI_FUNCTIONS];
};

#define HV_PCI_RECORD_VERSION 1u

/** Saved state of a bus without its functions. */
struct hv_pci_record {
    uint32_t version;  /**< HV_PCI_RECORD_VERSION */
    uint32_t size;     /**< of this struct */
    uint32_t address;  /**< CONFIG_ADDRESS */
    uint32_t reserved; /**< zero */
};

#define HV_PCI_FUNCTION_RECORD_VERSION 1u

/** Saved state of a function. */
struct hv_pci_function_record {
    uint32_t version; /**< HV_PCI_FUNCTION_RECORD_VERSION */
    uint32_t size;    /**< of this struct */
    uint8_t space[HV_PCI_CONFIG_SIZE];
};

/* ---- Functions ---- */

/**
 * Prepares a function: identification, base address registers, and a command register with bits for
 * what the function has.
 *
 * @param function  What is filled.
 * @param config    Copied.
 * @return False when @p config breaks what it says above; then @p function is of no use.
 */
bool hv_pci_function_init(struct hv_pci_function *function,
                          const struct hv_pci_function_config *config);

/**
 * Prepares the host bridge that a PC has at 0:0.0, here an Intel 440FX (8086:1237, revision 2). It
 * is there to be found: its registers beyond the header, which control memory, read as zero.
 */
void hv_pci_function_init_host_bridge(struct hv_pci_function *function);

/**
 * Defines a register beyond those that hv_pci_function_init() made, such as a capability, or one of
 * those anew. Before the guest runs.
 *
 * @param function  Whose.
 * @param offset    Of the register.
 * @param size      Of the register in bytes: 1, 2 or 4.
 * @param value     What it holds at first and after a reset.
 * @param writable  Bits that the guest can write.
 * @param cleared   Bits that the guest clears by writing 1; none of @p writable.
 * @return False when the register does not fit the configuration space or bits are both.
 */
bool hv_pci_function_define(struct hv_pci_function *function, unsigned offset, unsigned size,
                            uint32_t value, uint32_t writable, uint32_t cleared);

/** As after hv_pci_function_init() and hv_pci_function_define(). The device is told nothing. */
void hv_pci_function_reset(struct hv_pci_function *function);

/**
 * Where the guest wants a base address register's range.
 *
 * @param function      Whose.
 * @param bar           From 0 to HV_PCI_BARS - 1; of one of 64 bits, the lower.
 * @param[out] address  Aligned to the size. Any such address: it may lie over memory or another
 *                      device, and the embedder decides who wins.
 * @return False when there is none: the command register does not enable it, an I/O range lies
 *         beyond the ports that a processor has, or the register does not exist.
 */
bool hv_pci_bar_address(const struct hv_pci_function *function, unsigned bar, uint64_t *address);

/** The command register: bits of enum hv_pci_command_bit. */
uint16_t hv_pci_command(const struct hv_pci_function *function);

/** The device asserts its interrupt pin, or not: the interrupt bit of the status register. */
void hv_pci_set_interrupt(struct hv_pci_function *function, bool asserted);

/* ---- The bus ---- */

/** Prepares a bus without functions. */
void hv_pci_init(struct hv_pci *pci);

/**
 * Puts a function on the bus, where it has to stay in memory. The first function of a device comes
 * first; a second one makes the device one of many functions.
 *
 * @param pci       The bus.
 * @param function  Prepared.
 * @param device    From 0 to HV_PCI_DEVICES - 1.
 * @param number    Of the function in the device, from 0 to HV_PCI_FUNCTIONS - 1.
 * @return False when there is no such place, it is taken, or function 0 of the device is missing.
 */
bool hv_pci_add(struct hv_pci *pci, struct hv_pci_function *function, unsigned device,
                unsigned number);

/** Resets the bus and all its functions. */
void hv_pci_reset(struct hv_pci *pci);

/**
 * Reads from the ports.
 *
 * @param pci     The bus.
 * @param offset  From HV_PCI_FIRST_PORT.
 * @param size    Of the access: 4 bytes at CONFIG_ADDRESS, 1, 2 or 4 bytes within CONFIG_DATA.
 * @return The value. All else reads as ones; such an access to the first four ports belongs to
 *         whoever has those ports, as the reset control register has 0xCF9.
 */
uint32_t hv_pci_read(const struct hv_pci *pci, unsigned offset, unsigned size);

/** Writes to the ports, as hv_pci_read(). */
void hv_pci_write(struct hv_pci *pci, unsigned offset, unsigned size, uint32_t value);

/**
 * The global system interrupt of a device's pin, as acpi_tables tell it to the guest.
 *
 * @param device  From 0 to HV_PCI_DEVICES - 1.
 * @param pin     From 1 to 4.
 */
unsigned hv_pci_gsi(unsigned device, unsigned pin);

/**
 * Global system interrupts that a function asserts and whose command register allows it, a bit
 * each. They are level triggered and low active: the line of a bit that is 1 is low.
 */
uint32_t hv_pci_interrupts(const struct hv_pci *pci);

/* ---- Save and restore ---- */

/** Writes the state of the bus, without its functions, to @p record. */
void hv_pci_save(const struct hv_pci *pci, struct hv_pci_record *record);

/**
 * Takes the state of a bus.
 *
 * @param pci     The bus.
 * @param record  Bytes from anywhere, any alignment.
 * @param size    How many.
 * @return False when the record has another version or is impossible: then nothing has changed.
 */
bool hv_pci_restore(struct hv_pci *pci, const void *record, size_t size);

/** Writes the state of a function to @p record. */
void hv_pci_function_save(const struct hv_pci_function *function,
                          struct hv_pci_function_record *record);

/**
 * Takes the state of a function. The device is told nothing, and looks at its registers afterwards.
 *
 * @param function  Prepared and on its bus as the saved one was.
 * @param record    Bytes from anywhere, any alignment.
 * @param size      How many.
 * @return False when the record has another version or differs in a bit that the guest can't
 *         change, as that of another device does: then nothing has changed.
 */
bool hv_pci_function_restore(struct hv_pci_function *function, const void *record, size_t size);

#endif
