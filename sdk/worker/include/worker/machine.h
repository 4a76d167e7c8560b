/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief A PC: memory, devices, and the wires between them, for one child partition.
 *
 * The machine is a state machine like its devices: it is told of intercepts and of the time, and
 * asks to be called again at worker_machine_deadline(). Two ways to drive it:
 *
 * - worker_machine_step(), over and over, with a host that has worker_vid::next;
 * - worker_machine_intercept() and worker_machine_advance() by a host with threads of its own,
 *   which lets one of them in at a time.
 *
 * Memory: RAM from 0 to 640 KiB, from 1 MiB to WORKER_RAM_HOLE, and the rest from 4 GiB on. Below
 * 1 MiB 128 KiB more hold ACPI tables that describe all of it. The local APICs are the
 * hypervisor's.
 *
 * Devices: WORKER_COM_PORTS serial ports, 8254 timer with port 0x61, clock with CMOS RAM, 8259s,
 * I/O APIC, ACPI power management with the reset register, PCI bus with a host bridge. All lines
 * reach the I/O APIC: the timer at pin 2, ISA devices at the pin of their number, PCI from pin 16
 * on; all but PCI's reach the 8259s as well.
 *
 * One thread at a time. Times are in units of 100 ns of the partition's reference time.
 */
#ifndef WORKER_MACHINE_H
#define WORKER_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/acpi_pm.h>
#include <hv/ioapic.h>
#include <hv/pci.h>
#include <hv/pic.h>
#include <hv/pit.h>
#include <hv/rtc.h>
#include <hv/uart.h>
#include <worker/guest.h>
#include <worker/history.h>
#include <worker/loader.h>

#define WORKER_COM_PORTS   2u                   /**< serial ports: 0x3F8 and 0x2F8 */
#define WORKER_ISA_DEVICES 8u                   /**< ranges of ports of devices that were ISA's */
#define WORKER_RAM_HOLE    UINT64_C(0xC0000000) /**< where RAM below 4 GiB ends at the latest */
#define WORKER_LEAST_RAM   UINT64_C(0x200000)   /**< bytes that a machine has at least */
#define WORKER_TABLES      UINT64_C(0xE0000)    /**< where tables are, up to 1 MiB */
#define WORKER_PM_PORT     0x600u               /**< first port of the power management registers */
#define WORKER_LEAST_WAIT  UINT64_C(5000)       /**< between two times at which devices are due */

/** What the machine does. */
enum worker_machine_state {
    WORKER_MACHINE_RUNS,    /**< what it is for */
    WORKER_MACHINE_RESETS,  /**< the guest wants a reset: make a new machine */
    WORKER_MACHINE_OFF,     /**< the guest has switched it off */
    WORKER_MACHINE_CRASHED, /**< see worker_report() */
};

/** How far the interrupt is that the 8259s have given away last. */
enum worker_legacy_state {
    WORKER_LEGACY_NONE, /**< the VP has taken it */
    WORKER_LEGACY_HELD, /**< the host has refused it */
    WORKER_LEGACY_SENT, /**< the host has it */
};

/** What a machine is made of. */
struct worker_machine_config {
    const struct worker_vid *vid;                    /**< its host */
    void *ram;                                       /**< whole pages of the host, cleared */
    uint64_t ram_size;                               /**< at least WORKER_LEAST_RAM */
    uint32_t vp_count;                               /**< VPs, from index 0 on */
    const uint32_t *apic_ids;                        /**< of each VP; until init returns */
    int64_t unix_time;                               /**< now, in units of 100 ns since 1970 */
    struct worker_console console[WORKER_COM_PORTS]; /**< ends of the serial ports */
};

/** One of the devices that were ISA's, as the bus of ports knows it. All fields are private. */
struct worker_isa_device {
    struct worker_machine *machine; /**< whose */
    unsigned number;                /**< which */
};

/** A machine. All fields are private but to be read. */
struct worker_machine {
    struct worker_machine_config config; /**< as given */
    enum worker_machine_state state;     /**< now */
    struct worker_guest guest;           /**< memory and buses */
    struct worker_map map;               /**< of the memory */
    struct worker_start start;           /**< of VP 0 */
    struct worker_history history;       /**< last intercepts */
    hv_status interrupt_status;          /**< of the last interrupt that the host refused */
    uint64_t advanced;                   /**< when worker_machine_advance() was called last */

    struct hv_uart uart[WORKER_COM_PORTS];            /**< serial ports */
    struct hv_pit pit;                                /**< timer */
    struct hv_rtc rtc;                                /**< clock */
    struct hv_pic pic;                                /**< 8259s */
    enum worker_legacy_state legacy_state;            /**< of legacy_vector */
    uint8_t legacy_vector;                            /**< last of the 8259s */
    struct hv_ioapic ioapic;                          /**< I/O APIC */
    uint32_t levels;                                  /**< of lines, as they were passed last */
    struct hv_acpi_pm pm;                             /**< power management */
    struct hv_pci pci;                                /**< bus */
    struct hv_pci_function host_bridge;               /**< its only function */
    struct worker_isa_device isa[WORKER_ISA_DEVICES]; /**< what the bus of ports knows */
};

/**
 * Makes a machine as after power-on, and gives the guest its memory.
 *
 * @param machine  Stays where it is: devices point to it.
 * @param config   Copied; what it points to must outlive @p machine.
 * @return HV_STATUS_INVALID_PARAMETER for memory or VPs that can't be, or what the VID says.
 */
hv_status worker_machine_init(struct worker_machine *machine,
                              const struct worker_machine_config *config);

/** Loads a kernel as worker_load() does. Its @c rsdp is not looked at. */
const char *worker_machine_load(struct worker_machine *machine, const struct worker_kernel *kernel);

/** Lets all VPs go: the first with the kernel's state, the others to wait for their start-up. */
hv_status worker_machine_start(struct worker_machine *machine);

/** Handles an intercept. In a state other than WORKER_MACHINE_RUNS nothing happens. */
enum worker_machine_state worker_machine_intercept(struct worker_machine *machine,
                                                   struct worker_intercept *intercept,
                                                   uint64_t now);

/** The same for a message, which worker_guest_message() says where to keep. */
enum worker_machine_state worker_machine_message(struct worker_machine *machine, uint32_t vp_index,
                                                 const struct hv_message *message, uint64_t now);

/** The same for an access. */
enum worker_machine_state worker_machine_access(struct worker_machine *machine, uint32_t vp_index,
                                                const struct worker_access *access, uint64_t now);

/** Does what is due, and looks for input at the consoles. */
enum worker_machine_state worker_machine_advance(struct worker_machine *machine, uint64_t now);

/**
 * When worker_machine_advance() has something to do by itself; WORKER_NO_TIME: never.
 *
 * Not before WORKER_LEAST_WAIT has passed since the last time, so that no guest keeps its host busy
 * by a timer with the shortest of periods: its ticks are merged.
 */
uint64_t worker_machine_deadline(const struct worker_machine *machine);

/** Does what is due, waits for an intercept until the deadline, and handles it. */
enum worker_machine_state worker_machine_step(struct worker_machine *machine);

/**
 * Lets the serial ports send what they still have, however long that would take them. For a machine
 * that has stopped: a guest need not wait for its last words before it switches itself off.
 */
void worker_machine_flush(struct worker_machine *machine);

/** The power button is pressed, briefly. */
void worker_machine_press_power_button(struct worker_machine *machine, uint64_t now);

#endif
