/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief A guest with its memory and buses, and what its intercepts do there.
 *
 * This is the part of the worker that executes instructions on behalf of a VP: port accesses,
 * memory accesses where a device is, CPUID, MSRs and HLT. Which devices there are is up to
 * the owner of the buses.
 *
 * Guests are hostile, and so are their page tables and the bytes of their instructions: whatever
 * an intercept says, no memory but the guest's is touched, each call ends after a bounded number of
 * steps, and what a processor would fault on raises that exception in the guest.
 *
 * One thread at a time. Times are in units of 100 ns of the partition's reference time.
 */
#ifndef WORKER_GUEST_H
#define WORKER_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <worker/bus.h>
#include <worker/memory.h>
#include <worker/vid.h>

/** Elements of a repeated string instruction for each intercept; then it is executed again. */
#define WORKER_MAX_ELEMENTS 4096u

/** What has become of a VP. */
enum worker_result {
    WORKER_GOES_ON,      /**< it was resumed, or had not been suspended */
    WORKER_STOPPED,      /**< a device has stopped the guest: it is suspended, halfway through */
    WORKER_TRIPLE_FAULT, /**< it is at its end: an ordinary PC would reset */
    WORKER_UNSUPPORTED,  /**< it is suspended; worker_guest::reason says what can't be done */
    WORKER_FAILED,       /**< the VID has refused; worker_guest::status says how */
};

/** Who is told that an interrupt has ended that was asserted with level_triggered. */
struct worker_interrupt_end {
    /** Handed to the function. */
    void *context;
    /** Gets the vector. NULL: no one wants to know. */
    void (*ended)(void *context, uint32_t vector, uint64_t now);
};

/** A guest. */
struct worker_guest {
    const struct worker_vid *vid;              /**< its host */
    struct worker_memory memory;               /**< its memory */
    struct worker_bus ports;                   /**< devices by port */
    struct worker_bus mmio;                    /**< devices by GPA */
    bool stopped;                              /**< a device may set it: no VP is resumed then */
    struct worker_interrupt_end interrupt_end; /**< may be set after worker_guest_init() */
    const char *reason;                        /**< of the last WORKER_UNSUPPORTED */
    hv_status status;                          /**< of the last WORKER_FAILED */
};

/** Starts without memory and devices. @p vid must outlive @p guest. */
void worker_guest_init(struct worker_guest *guest, const struct worker_vid *vid);

/**
 * Does what an intercept asks for, and resumes its VP.
 *
 * - Port and memory accesses reach RAM or a device. Of a repeated string instruction
 *   WORKER_MAX_ELEMENTS are done, then the guest executes it again.
 * - CPUID returns what the hypervisor would have returned.
 * - RDMSR and WRMSR raise #GP: the worker has no MSR.
 * - HLT is done: the hypervisor's local APIC would have waited, so there is none.
 *
 * @param guest      The guest.
 * @param intercept  Its fields are checked. Data of a read WORKER_INTERCEPT_ACCESS is filled in.
 * @param now        The time.
 */
enum worker_result worker_guest_intercept(struct worker_guest *guest,
                                          struct worker_intercept *intercept, uint64_t now);

/**
 * The same for a message alone.
 *
 * @param guest    The guest.
 * @param message  Where it is: it must stay as it is until worker_vid::resume() is called, and is
 *                 not looked at after that.
 * @param now      The time.
 */
enum worker_result worker_guest_message(struct worker_guest *guest,
                                        const struct hv_message *message, uint64_t now);

/** The same for an access of that VP. */
enum worker_result worker_guest_access(struct worker_guest *guest, uint32_t vp_index,
                                       const struct worker_access *access, uint64_t now);

#endif
