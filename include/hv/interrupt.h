/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Interrupts of a VP whose local APIC is lib/core's (HV_CPU_LOCAL_APIC).
 *
 * Before each entry a back end looks at hv_interrupt_view(): as long as that is current and its
 * deadline not reached, all is as it was at the last entry. Else it calls hv_interrupt_poll() and
 * - injects the vector that it names if the guest can take it now (RFLAGS.IF, no shadow, nothing
 * else being delivered), and tells so by hv_interrupt_accept(); else asks its processor for an exit
 * as soon as it can;
 * - arranges to leave the guest at the deadline.
 *
 * After each hv_vp_prepare(), which a kick asks for, it acts on hv_interrupt_events().
 *
 * Source of the APIC's rules: Intel SDM, volume 3A, chapter "Advanced Programmable Interrupt
 * Controller (APIC)"; AMD64 APM, volume 2, chapter 16; TLFS: local APIC.
 */
#ifndef HV_INTERRUPT_H
#define HV_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/vp.h>

/** hv_interrupt_view.vector: nothing to deliver. */
#define HV_INTERRUPT_NONE (-1)

/** hv_interrupt_view.deadline: no timer runs. */
#define HV_INTERRUPT_NEVER UINT64_MAX

/** What a VP's local APIC has to say to a back end that is about to enter it. */
struct hv_interrupt_view {
    bool current;         /**< Nothing has changed since hv_interrupt_poll(). */
    bool behind_priority; /**< One waits for nothing but a lower task priority: leave the guest when
                               that (CR8) is lowered. */
    bool fine_priority; /**< The task priority has bits that CR8 does not show: leave the guest when
                             that is written, which clears them. */
    uint8_t cr8;        /**< Task priority, 0 to 15. */
    int vector;         /**< What the VP takes next, or HV_INTERRUPT_NONE. */
    uint64_t deadline;  /**< TSC at which the next timer is due, or HV_INTERRUPT_NEVER. */
};

/** What hv_interrupt_events() reports, as a mask. */
enum hv_interrupt_event {
    HV_INTERRUPT_NMI = 1u << 0,     /**< A non-maskable interrupt. */
    HV_INTERRUPT_INIT = 1u << 1,    /**< INIT: call hv_vp_reset(), and wait for a start-up IPI. */
    HV_INTERRUPT_STARTUP = 1u << 2, /**< A start-up IPI; ignored unless the VP waits for one. */
    HV_INTERRUPT_EXTINT = 1u << 3,  /**< An interrupt of an 8259, which passes by the priorities; or
                                         its withdrawal. */
};

/** Vectors that go with events. */
struct hv_interrupt_vectors {
    uint8_t startup; /**< The VP starts at physical address startup * 4096. */
    int extint; /**< What the 8259 would have answered; HV_INTERRUPT_NONE: it has withdrawn what
                     the guest has not taken yet. */
};

/**
 * Interrupt @p vp, as a device or an IPI does: @p vector becomes pending in its local APIC. On any
 * LP; kicks the VP's LP if needed. Dropped when the APIC is disabled.
 */
void hv_interrupt_post(struct hv_vp *vp, uint8_t vector, bool level);

/**
 * Send one of enum hv_interrupt_event to @p vp; @p vector, 0 to 255, for those that have one.
 * HV_INTERRUPT_NONE withdraws HV_INTERRUPT_EXTINT. On any LP.
 */
void hv_interrupt_post_event(struct hv_vp *vp, enum hv_interrupt_event event, int vector);

/** An interrupt as an I/O APIC or a device sends it. */
struct hv_interrupt_request {
    uint32_t type;            /**< HvX64InterruptType value: fixed, lowest priority, NMI, INIT or
                                   start-up. */
    uint32_t destination;     /**< APIC ID, or logical destination. */
    bool logical_destination; /**< What destination is. */
    bool level;               /**< Level-triggered. */
    uint8_t vector;           /**< Of the types that have one. */
};

/**
 * Interrupt the VPs of @p partition that @p request addresses, as HvCallAssertVirtualInterrupt does
 * for a child. On any LP.
 * @return HV_STATUS_SUCCESS, also when it addresses nobody; HV_STATUS_INVALID_PARAMETER for another
 *         type.
 */
hv_status hv_interrupt_assert(struct hv_partition *partition,
                              const struct hv_interrupt_request *request);

/**
 * Whether @p gpa lies in the page of @p vp's APIC, which never is memory. On any LP.
 */
bool hv_interrupt_is_page(const struct hv_vp *vp, uint64_t gpa);

/**
 * An access to that page, for a back end that has it without its instruction (others leave
 * HV_EXIT_MEMORY to hv_vp_exit()): of 32 bits, at a multiple of 16. On the LP that runs @p vp.
 */
uint32_t hv_interrupt_page_load(struct hv_vp *vp, uint64_t gpa);
void hv_interrupt_page_store(struct hv_vp *vp, uint64_t gpa, uint32_t value);

/** The view of @p vp's local APIC, always the same place; for the LP that runs @p vp. */
const struct hv_interrupt_view *hv_interrupt_view(const struct hv_vp *vp);

/**
 * Serve timers that are due at @p tsc (hv_time_ops.tsc), and make the view current. On the LP that
 * runs @p vp.
 */
void hv_interrupt_poll(struct hv_vp *vp, uint64_t tsc);

/**
 * The VP takes the vector that hv_interrupt_poll() named. On the LP that runs it. The view is
 * current afterwards, and names the next.
 */
void hv_interrupt_accept(struct hv_vp *vp, uint8_t vector);

/** Take what has come besides fixed interrupts: bits of enum hv_interrupt_event. On its LP. */
uint32_t hv_interrupt_events(struct hv_vp *vp, struct hv_interrupt_vectors *vectors);

/**
 * The guest takes the vector of HV_INTERRUPT_EXTINT. Until then a later such event takes its place;
 * from then on the parent of @p vp has to say that it is done before it asserts another one (TLFS:
 * HvClearVirtualInterrupt). On the LP that runs @p vp.
 */
void hv_interrupt_extint_taken(struct hv_vp *vp);

/** The guest has written CR8. On the LP that runs @p vp. */
void hv_interrupt_set_cr8(struct hv_vp *vp, uint8_t cr8);

/** Entries of the local vector table whose sources lie outside lib/core. */
enum hv_interrupt_local {
    HV_INTERRUPT_THERMAL = 1,     /**< Thermal sensor. */
    HV_INTERRUPT_PERFORMANCE = 2, /**< Performance counters. */
    HV_INTERRUPT_LINT0 = 3,       /**< Pin 0: usually an 8259. */
    HV_INTERRUPT_LINT1 = 4,       /**< Pin 1: usually NMI. */
};

/** What the guest has written there (SDM, "Local Vector Table"). On the LP that runs @p vp. */
uint32_t hv_interrupt_local_entry(const struct hv_vp *vp, enum hv_interrupt_local entry);

/**
 * Put a VP's APIC into the state in which firmware leaves it to an operating system: the spurious
 * vector register and the two pins. Before the VP runs.
 */
void hv_interrupt_set_firmware_state(struct hv_vp *vp, uint32_t spurious, uint32_t lint0,
                                     uint32_t lint1);

/** IA32_APIC_BASE, which CPUID leaf 1 EDX bit 9 mirrors. On the LP that runs @p vp. */
uint64_t hv_interrupt_apic_base(const struct hv_vp *vp);

/** The logical APIC ID and the destination format, as the guest wrote them; xAPIC layout. */
uint32_t hv_interrupt_logical_id(const struct hv_vp *vp);
uint32_t hv_interrupt_destination_format(const struct hv_vp *vp);

#endif
