/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What the worker needs of its host: the VID interface, and where characters go.
 *
 * The worker holds the machine of one partition: it knows devices, not how virtual processors are
 * run. Its host may be a root partition's program that uses hypercalls, a Linux process on
 * /dev/mshv or one on /dev/kvm. They differ in who runs a VP, and this interface is what they have
 * in common:
 *
 * - With a hypervisor's scheduler, a VP that was resumed runs by itself. Its intercept arrives as a
 *   message some time later, whichever VP it is of. Such a host starts the VP in resume() and takes
 *   the next message from its queue in next().
 * - With KVM, a VP runs as long as a thread of the host is in a call. Such a host only marks the VP
 *   in resume() and runs it in next(); or it has a thread for each VP, which runs it, hands what
 *   comes of it to worker_guest_intercept() or worker_machine_intercept() under a lock of the host,
 *   and never uses next().
 *
 * Therefore the worker never waits, nothing in it asks a VP to run and expects it to have stopped
 * again on return, and an intercept is a value that can be queued. A suspended VP stays as it is
 * until resume(), however long the worker takes.
 *
 * Registers are written by resume() as well as by set_registers(), because an emulated instruction
 * ends with both: by hypercalls that is one call (the suspend register is one of the list), and
 * half the price of each port access.
 *
 * Hyper-V describes an intercept by a message with the registers that most handlers need, and
 * leaves the instruction to the parent; KVM has executed the instruction but for the access. Hence
 * there are two forms, WORKER_INTERCEPT_MESSAGE and WORKER_INTERCEPT_ACCESS. A host uses that which
 * it has; nothing is converted.
 *
 * Guest memory is the host's: it tells where each piece lies, the worker reads and writes it there.
 * map() only gives it to the guest.
 *
 * Functions return HV_STATUS_SUCCESS, or the status with which the hypervisor refused; a host with
 * other errors returns HV_STATUS_OPERATION_FAILED. The worker takes each refusal as the end of the
 * machine (WORKER_FAILED), so a host that can mend a shortage (deposit memory) does so by itself.
 *
 * Source: TLFS "Partitions", "Intercepts", data types HV_MESSAGE_TYPE and HV_REGISTER_NAME.
 */
#ifndef WORKER_VID_H
#define WORKER_VID_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

#define WORKER_NO_TIME UINT64_MAX /**< "never", of a time */

/** A register with the value that it gets. */
struct worker_register {
    uint32_t name;                 /**< HV_REGISTER_NAME */
    union hv_register_value value; /**< as HvCallSetVpRegisters takes it */
};

/** What HvCallAssertVirtualInterrupt is told; an I/O APIC or an MSI says all of it. */
struct worker_interrupt {
    uint64_t destination;     /**< APIC id, or logical destination */
    uint32_t type;            /**< HvX64InterruptType value */
    uint32_t vector;          /**< interrupt vector */
    bool level_triggered;     /**< an end of interrupt is to be reported: HvMessageTypeX64ApicEoi */
    bool logical_destination; /**< what destination is */
};

/** How an intercept is told. */
enum worker_intercept_kind {
    WORKER_INTERCEPT_MESSAGE, /**< the instruction is still to be executed */
    WORKER_INTERCEPT_ACCESS,  /**< the host executes it and needs the access alone */
};

/**
 * An access that the host has taken out of an instruction: @c count elements of @c size bytes, one
 * after the other, at the same port or at ascending memory addresses.
 */
struct worker_access {
    uint64_t address; /**< port or GPA of the first element */
    uint8_t *data;    /**< count * size bytes: what is written, or room for what is read */
    uint32_t count;   /**< elements, at least 1 */
    uint8_t size;     /**< 1, 2, 4 or 8 */
    bool is_port;     /**< a port, else memory */
    bool is_write;    /**< from the guest to the device */
};

/** Why a VP is suspended. */
struct worker_intercept {
    enum worker_intercept_kind kind; /**< which of the two it is */
    uint32_t vp_index;               /**< the VP, also where the message repeats it */
    /** One of them. */
    union {
        /** An intercept message of the hypervisor, HvMessageTypeX64IoPortIntercept and others. */
        struct hv_message message;
        /** A single access. */
        struct worker_access access;
    };
};

/**
 * The host's side, as a table. All functions must be there unless their comment says otherwise;
 * each gets @c context first. They are called from within functions of the worker and must not call
 * back.
 */
struct worker_vid {
    /** Handed to each function. */
    void *context;

    /**
     * Gives the guest memory of the host. Replaces what was mapped there.
     *
     * @param gpa    First address; a multiple of HV_PAGE_SIZE, as is @p size.
     * @param host   Where the memory lies, at a page of the host; stays there as long as the guest
     *               has it.
     * @param size   Bytes.
     * @param flags  HV_MAP_GPA permission bits.
     */
    hv_status (*map)(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags);

    /** Takes back what map() gave. An access to it is an intercept from now on. */
    hv_status (*unmap)(void *context, uint64_t gpa, uint64_t size);

    /**
     * Reads registers of a suspended VP, all or none.
     *
     * Needed: general registers, RIP, RFLAGS, segment and table registers, CR0, CR2, CR3, CR4,
     * EFER; for the report of a crash also HvRegisterGuestCrashP0 and the following, which may be
     * refused.
     */
    hv_status (*get_registers)(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count);

    /**
     * Writes registers of a suspended VP in that order.
     *
     * Needed: those of get_registers() and HvRegisterPendingInterruption, by which the worker
     * raises exceptions.
     */
    hv_status (*set_registers)(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count);

    /**
     * A suspended VP's register page (HvVpStatePageRegisters) while it counts, that is, from an
     * intercept until the VP goes on or registers of it are written; else NULL. May be NULL itself,
     * for a host without such pages.
     *
     * The worker changes registers there, and marks them; resume() without a list is to take what
     * is marked.
     */
    struct hv_vp_register_page *(*register_page)(void *context, uint32_t vp_index);

    /**
     * Lets a suspended VP go on, after writing registers as set_registers() does. It may run before
     * the call returns, or not before next().
     */
    hv_status (*resume)(void *context, uint32_t vp_index, const struct worker_register *registers,
                        uint32_t count);

    /**
     * Suspends a VP: on return it executes no instruction until resume(). An intercept of it that
     * has happened already is reported all the same.
     */
    hv_status (*suspend)(void *context, uint32_t vp_index);

    /**
     * Takes the next intercept of any VP, in the order in which they happened. May be NULL for a
     * host that calls the worker when there is one.
     *
     * @param deadline   Time at which to return without one; WORKER_NO_TIME: never.
     * @param intercept  Filled when there is one.
     * @return False: the deadline has come, or the host wants the worker to look at its back ends.
     */
    bool (*next)(void *context, uint64_t deadline, struct worker_intercept *intercept);

    /**
     * Translates a guest virtual address as HvCallTranslateVirtualAddress does.
     *
     * @param flags  HV_TRANSLATE_GVA bits.
     * @param gpa    Set to the physical address of that byte for HvTranslateGvaSuccess, be memory
     *               there or, as for devices, none.
     * @param code   HvTranslateGva value. HvTranslateGvaGpaUnmapped and the codes above it are of a
     *               page table that cannot be accessed.
     */
    hv_status (*translate)(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code);

    /**
     * Raises an interrupt, whether VPs run or not. One of HvX64InterruptTypeExtInt goes to VP 0,
     * and comes only after clear_interrupt() has said that the last one was taken.
     */
    hv_status (*assert_interrupt)(void *context, const struct worker_interrupt *interrupt);

    /**
     * Asks whether the VP has taken the last interrupt of HvX64InterruptTypeExtInt, as
     * HvCallClearVirtualInterrupt does: HV_STATUS_SUCCESS, or HV_STATUS_NOT_ACKNOWLEDGED. NULL: the
     * host has no such interrupts, and guests get none of their 8259s.
     */
    hv_status (*clear_interrupt)(void *context);

    /** The partition's reference time in units of 100 ns; never goes back. */
    uint64_t (*now)(void *context);
};

/** The other end of a serial port. */
struct worker_console {
    /** Handed to each function. */
    void *context;
    /** Takes a character of the guest. NULL: it is dropped. */
    void (*put)(void *context, uint8_t character);
    /** Gives a character to the guest, or returns false: there is none now. NULL: never one. */
    bool (*get)(void *context, uint8_t *character);
};

#endif
