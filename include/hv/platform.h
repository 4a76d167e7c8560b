/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief All that an embedder provides to lib/core.
 *
 * One table of functions for each concern, each with its own context pointer that is handed back as
 * the first argument. Every function may be called on any logical processor (LP) unless its comment
 * says otherwise; none may call back into lib/core unless its comment says so, but for the queue of
 * hv/flush.h. lib/core uses nothing of the machine but these.
 */
#ifndef HV_PLATFORM_H
#define HV_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/status.h>

struct hv_gprs;
struct hv_initial_vp_context;
struct hv_interrupt_entry;
struct hv_partition;
struct hv_vp;

/** A 128-bit register value; narrower registers are zero-extended. */
struct hv_register128 {
    uint64_t low;  /**< Bits 63:0. */
    uint64_t high; /**< Bits 127:64. */
};

/** An interrupt of a device that a root has, to one of the root's VPs. */
struct hv_device_interrupt {
    uint64_t device_id; /**< HV_DEVICE_ID of type HV_DEVICE_TYPE_PCI or HV_DEVICE_TYPE_IOAPIC. */
    uint32_t apic_id;   /**< Of the VP. */
    uint8_t vector;     /**< 16 to 255. */
    bool level;         /**< Level-triggered. */
};

/**
 * What a parent is shown of its child's VP at each intercept, besides what every exit has. Each has
 * the form of the register with its name, and all of them the order of struct hv_vp_register_page.
 */
struct hv_shown_registers {
    struct hv_register128 xmm[6];      /**< XMM0 to XMM5. */
    struct hv_register128 segments[6]; /**< ES, CS, SS, DS, FS, GS. */
    uint64_t cr0;                      /**< CR0. */
    uint64_t cr3;                      /**< CR3. */
    uint64_t cr4;                      /**< CR4. */
    uint64_t cr8;                      /**< CR8; not the back end's to write. */
    uint64_t efer;                     /**< EFER. */
    uint64_t dr7;                      /**< DR7. */
    uint64_t pending_interruption;     /**< HvRegisterPendingInterruption. */
    uint64_t interrupt_state;          /**< HvRegisterInterruptState. */
    uint64_t emulation_hints;          /**< None; likewise. */
    uint64_t xfem;                     /**< XCR0. */
};

/** What a logical processor has done since it was started, in ticks of hv_time_ops.tsc. */
struct hv_lp_run_time {
    uint64_t total;      /**< Everything. */
    uint64_t guests;     /**< In guests. */
    uint64_t hypervisor; /**< In the hypervisor, on behalf of guests or of itself. */
};

/**
 * The CPU back end: the part of an embedder that enters and leaves the guest (AMD SVM, Intel VMX,
 * a userspace interface, a fake in a test).
 */
struct hv_cpu_ops {
    void *context; /**< Handed to each function of this table. */

    /**
     * Read an architectural register of @p vp by its HV_REGISTER_NAME.
     *
     * Called on the LP that owns @p vp, with the VP outside the guest. The back end knows all
     * architectural registers of its architecture; synthetic ones never reach it. For hv_vp_save()
     * and hv_vp_restore(), and for the parent of a VP's partition, it knows
     * HvRegisterInternalActivityState too, which tells what the VP waits for: its start-up, an
     * interrupt after HLT, or one after HV_DISPOSITION_IDLE; one of the HV_INTERNAL_ACTIVITY bits,
     * or none. RIP is behind the instruction by which it waits.
     * @return HV_STATUS_SUCCESS, or HV_STATUS_INVALID_PARAMETER for a name it does not know.
     */
    hv_status (*get_register)(void *context, struct hv_vp *vp, uint32_t name,
                              struct hv_register128 *value);

    /**
     * Read at once all that a parent is shown of @p vp, a VP of its child, at an intercept: what
     * get_register would tell of each. Called in an exit of @p vp. @p registers may lie in memory
     * that the parent sees: it is written, once, and never read. With HV_CPU_CREATE_VP.
     */
    void (*read_shown)(void *context, struct hv_vp *vp, struct hv_shown_registers *registers);

    /**
     * Where the general registers of @p vp are, to be read and written: those that an exit has.
     * Same conditions; RIP and RFLAGS, of which not every value will do, are written by
     * set_register alone. With HV_CPU_CREATE_VP.
     */
    struct hv_gprs *(*gprs)(void *context, struct hv_vp *vp);

    /**
     * Write an architectural register of @p vp; same conditions as get_register.
     * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER for an unknown or read-only name;
     *         HV_STATUS_INVALID_REGISTER_VALUE for a value that the architecture refuses (reserved
     *         bits, non-canonical addresses, impossible combinations). Nothing changes on failure.
     */
    hv_status (*set_register)(void *context, struct hv_vp *vp, uint32_t name,
                              const struct hv_register128 *value);

    /** Copy @p count of the guest's XMM registers, from @p first on, 16 bytes each, to @p out. */
    void (*read_xmm)(void *context, struct hv_vp *vp, unsigned first, unsigned count, void *out);

    /** Load @p count of the guest's XMM registers, from @p first on, from @p in. */
    void (*write_xmm)(void *context, struct hv_vp *vp, unsigned first, unsigned count,
                      const void *in);

    /**
     * Make @p vp take exception @p vector when it is entered next; RIP stays at the instruction
     * that caused it. @p has_error tells whether @p error is pushed.
     */
    void (*inject_exception)(void *context, struct hv_vp *vp, uint8_t vector, bool has_error,
                             uint32_t error);

    /**
     * Make @p vp take the fixed interrupt @p vector as if its local APIC had accepted it. May be
     * called on any LP. Not called with HV_CPU_LOCAL_APIC.
     */
    void (*inject_interrupt)(void *context, struct hv_vp *vp, uint8_t vector);

    /**
     * The guest has completed the level-triggered interrupt @p vector: its source may assert it
     * again. On the LP that runs @p vp. For HV_CPU_LOCAL_APIC, as the next two; not called for a
     * VP whose partition has a parent in lib/core, which is told instead.
     */
    void (*end_of_interrupt)(void *context, struct hv_vp *vp, uint8_t vector);

    /**
     * The mode, the logical ID or the local vector table of @p vp's APIC has changed, for back ends
     * that pass interrupts of the processor's own APIC on. On the LP that runs @p vp.
     */
    void (*apic_changed)(void *context, struct hv_vp *vp);

    /**
     * Push 32 bits on the guest's stack as PUSH m32 does, RSP included. On the LP that runs @p vp.
     * @return false when that faulted; then the exception has been injected and nothing changed.
     */
    bool (*push)(void *context, struct hv_vp *vp, uint32_t value);

    /**
     * Start @p vp, which waits for its start-up, with the registers of @p initial and otherwise as
     * INIT has left it. On the LP that owns @p vp; with HV_CPU_START_VP.
     * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_VP_STATE when it does not wait;
     *         HV_STATUS_INVALID_REGISTER_VALUE for a state that the architecture refuses. It goes
     *         on waiting, as INIT has left it, when it is not started.
     */
    hv_status (*start)(void *context, struct hv_vp *vp,
                       const struct hv_initial_vp_context *initial);

    /**
     * Make the back end's part of @p vp, a VP of a partition that has a parent, with the registers
     * that a processor has after reset; all VPs but number 0 wait for their start-up. It is
     * suspended (hv_vp_is_suspended()). From here on it belongs to an LP that reacts to kick.
     * Called with a lock held, so it must not wait for another LP.
     * Pages for it come from hv_partition_alloc_page(), and this may call hv_vp_index(),
     * hv_vp_partition(), hv_interrupt_view() and, at its end, hv_lp_add(). With HV_CPU_CREATE_VP,
     * as the next two.
     * @param[out] backend what hv_vp_backend() tells; to be set before hv_lp_add().
     * @return HV_STATUS_SUCCESS, or HV_STATUS_INSUFFICIENT_MEMORY with nothing left of it.
     */
    hv_status (*create_vp)(void *context, struct hv_vp *vp, void **backend);

    /**
     * Take the back end's part of @p vp away, and give its pages back by
     * hv_partition_free_page(). The VP is suspended and outside the guest, and no scheduler has it
     * any more; when this returns no LP has anything to do with it. On any LP.
     */
    void (*delete_vp)(void *context, struct hv_vp *vp);

    /**
     * Let an interrupt of a device through, and tell by @p entry what the root is to give the
     * device: HvInterruptSourceMsi with an address and data for PCI, HvInterruptSourceIoApic with a
     * redirection entry for an I/O APIC. NULL, as unmap_interrupt: nothing is remapped, and the
     * entry addresses the APIC ID itself.
     * @return HV_STATUS_SUCCESS, HV_STATUS_INVALID_DEVICE_ID or HV_STATUS_NO_RESOURCES.
     */
    hv_status (*map_interrupt)(void *context, const struct hv_device_interrupt *interrupt,
                               struct hv_interrupt_entry *entry);

    /**
     * The end of that. The entry is what the root says.
     * @return HV_STATUS_SUCCESS, or HV_STATUS_INVALID_PARAMETER for one that is not mapped.
     */
    hv_status (*unmap_interrupt)(void *context, uint64_t device_id,
                                 const struct hv_interrupt_entry *entry);

    /**
     * Turn the machine off, as its root asks for it: write the SLP_TYP values of its ACPI tables
     * for S5, 0 to 7, and SLP_EN to the PM1a and PM1b control registers. Returns only if that does
     * not work. NULL: the machine is not turned off so.
     */
    void (*power_off)(void *context, uint8_t pm1a_type, uint8_t pm1b_type);

    /** Tell what logical processor @p lp, below hv_platform_facts.lp_count, has done with its time.
     */
    void (*lp_run_time)(void *context, uint32_t lp, struct hv_lp_run_time *time);

    /**
     * What the back end would answer @p vp to CPUID now, as in hv_exit.cpuid.native: EAX, EBX, ECX,
     * EDX. On the LP that owns @p vp. For children of another partition; NULL: their parents can't
     * ask.
     */
    void (*cpuid)(void *context, struct hv_vp *vp, uint32_t leaf, uint32_t subleaf,
                  uint32_t out[4]);

    /**
     * Write the XSAVE area of @p vp to @p area, in the compacted format and with the state
     * components of the mask @p states; false when these don't fit in @p size bytes. On the LP that
     * owns @p vp. For children of another partition; NULL: their parents don't reach it.
     */
    bool (*get_xsave)(void *context, struct hv_vp *vp, uint64_t states, void *area, uint32_t size);

    /**
     * Load an XSAVE area of either format, of any content, into @p vp; the other components keep
     * what they have. False, with nothing changed, for one that XRSTOR would refuse. As above.
     */
    bool (*set_xsave)(void *context, struct hv_vp *vp, uint64_t states, const void *area,
                      uint32_t size);

    /**
     * Forget every cached translation of @p partition's nested page tables, on all LPs. When it
     * returns no LP can use one that was cached before the call.
     *
     * May wait for LPs that are inside the guest, and must not wait for one that is outside: that
     * one may be waiting for a lock which the caller holds, and forgets before it enters again.
     */
    void (*flush_slat)(void *context, struct hv_partition *partition);

    /**
     * A guest of @p partition now finds something else at @p gpa_page, as hv_address_translate()
     * tells: an overlay page was put there, or taken away. For a back end whose processor does not
     * walk the tables of hv_address_root(), but others that it has to keep in step; when this
     * returns no LP can use what was there before. Called with a lock held, so it must not wait for
     * an LP that is outside the guest. NULL: the tables say it all.
     */
    void (*page_changed)(void *context, struct hv_partition *partition, uint64_t gpa_page);

    /**
     * Make @p vp forget every cached translation of its own page tables before it executes its next
     * instruction. May be called on any LP, and does not wait: a VP that is not running is only
     * marked.
     */
    void (*flush_tlb)(void *context, struct hv_vp *vp);

    /**
     * The same for @p count ranges of guest virtual addresses, in every address space of @p vp,
     * global pages among them: what INVLPG would forget for any address in them, so a large page
     * goes as a whole. May forget more, up to everything.
     *
     * A range has its first page in bits 63:12 and the number of further pages in bits 11:0
     * (TLFS: HvCallFlushVirtualAddressList). There are 1 or more of them and at most
     * HV_FLUSH_MAXIMUM_PAGES pages together. Addresses that the guest can't have, not canonical
     * ones for example, are ignored.
     *
     * A back end that can't do it on another LP than the VP's has a queue in hv/flush.h.
     */
    void (*flush_ranges)(void *context, struct hv_vp *vp, const uint64_t *ranges, uint32_t count);

    /**
     * Wait until @p vp can't use a translation that was cached before the latest flush_tlb(), nor
     * one of its addresses that was cached before the latest flush_ranges().
     */
    void (*wait_flushed)(void *context, struct hv_vp *vp);

    /**
     * Make the LP that owns @p vp leave the guest, or its idle state, and call hv_vp_prepare() for
     * it soon. Does not wait. A kick of a VP that is outside the guest must not be lost. Never
     * called for a VP that was given to hv_lp_add().
     */
    void (*kick)(void *context, struct hv_vp *vp);

    /**
     * With a scheduler: make that LP leave the guest, or its idle state, and call hv_lp_look() or
     * hv_lp_pick() soon. Does not wait. A kick that comes while it is outside the guest must not be
     * lost.
     * @param lp what hv_lp_create() was given for it.
     */
    void (*kick_lp)(void *context, void *lp);

    /**
     * Where the root schedules (HV_CPU_ROOT_SCHEDULER): @p vp, which has been put since it was
     * picked last, belongs to another LP from here on, and will be picked there. Nothing of it may
     * be left in the LP that had it, where this is called. Does not wait.
     * @param lp what hv_lp_create() was given for the LP that it moves to.
     */
    void (*move_vp)(void *context, struct hv_vp *vp, void *lp);
};

/** Time of the machine. */
struct hv_time_ops {
    void *context; /**< Handed to each function of this table. */

    /** The LP's time stamp counter, in ticks of hv_platform_facts.tsc_hz, synchronous on all LPs.
     */
    uint64_t (*tsc)(void *context);
};

/** Access to physical memory. */
struct hv_memory_ops {
    void *context; /**< Handed to each function of this table. */

    /**
     * The address at which the 4 KiB page with system physical page number @p spa_page can be read
     * and written, or NULL when that page is not ordinary memory. Stays valid for ever and is the
     * same on every LP.
     */
    void *(*map)(void *context, uint64_t spa_page);

    /**
     * Where all of that is mapped in one piece, system physical address 0 first: map() gives
     * addresses in it. NULL: it is not in one piece. Saves a call for each page that lib/core knows
     * to be memory, as those of nested page tables.
     */
    uint8_t *direct;
};

/**
 * Whole pages of memory for partitions that have no parent to deposit any, such as the root.
 * Pages are 4 KiB, need not be zeroed nor contiguous, and must be reachable by hv_memory_ops.map.
 */
struct hv_page_ops {
    void *context; /**< Handed to each function of this table. */

    /** Take a page; false when there is none. */
    bool (*alloc)(void *context, uint64_t *spa_page);

    /** Give a page back. */
    void (*free)(void *context, uint64_t spa_page);
};

/** How much a log line matters. */
enum hv_log_level {
    HV_LOG_ERROR,   /**< The embedder did something wrong. */
    HV_LOG_WARNING, /**< A guest did something that its owner wants to know of. */
    HV_LOG_INFO,    /**< A rare event in a partition's life. */
};

/** What a guest reported by its crash registers (TLFS: partition properties, "guest crash"). */
struct hv_crash_report {
    uint32_t vp_index;       /**< The VP that wrote HV_X64_MSR_CRASH_CTL. */
    uint64_t control;        /**< The value written. */
    uint64_t parameters[5];  /**< HV_X64_MSR_CRASH_P0 to P4. */
    const char *message;     /**< The guest's message: not terminated, any bytes; NULL for none. */
    uint32_t message_length; /**< Bytes in @p message, at most 4096. */
};

/** What lib/core has to tell. */
struct hv_log_ops {
    void *context; /**< Handed to each function of this table. */

    /** One line of text without line end. */
    void (*write)(void *context, enum hv_log_level level, const char *text);

    /** A guest reported its crash. @p report is valid during the call. */
    void (*guest_crashed)(void *context, struct hv_partition *partition,
                          const struct hv_crash_report *report);
};

/**
 * A connection to an external debugger, and a session for each partition on it (TLFS v2.0, chapter
 * 20): a stream of bytes in each direction, buffered by the embedder. All functions, or none where
 * there is no such connection. A partition reaches its session only while
 * HvPartitionPropertyDebugChannelId is not zero.
 */
struct hv_debug_ops {
    void *context; /**< Handed to each function of this table. */

    /**
     * Take @p count bytes, 0 to HV_DEBUG_MAXIMUM_DATA_SIZE, to be sent, all or none of them.
     * @param[out] pending bytes that wait to be sent now.
     * @return HV_STATUS_SUCCESS; HV_STATUS_INSUFFICIENT_BUFFERS when there is no room for all.
     */
    hv_status (*post)(void *context, struct hv_partition *partition, const void *data,
                      uint32_t count, uint32_t *pending);

    /**
     * Hand out at most @p count of the bytes that were received; with 0, only tell whether there
     * are any.
     * @param[out] retrieved bytes written to @p data.
     * @param[out] remaining bytes that are left.
     * @return HV_STATUS_SUCCESS; HV_STATUS_NO_DATA when there were none.
     */
    hv_status (*retrieve)(void *context, struct hv_partition *partition, void *data, uint32_t count,
                          uint32_t *retrieved, uint32_t *remaining);

    /**
     * Discard what was received and not retrieved, and what was posted and not sent.
     * @return HV_STATUS_SUCCESS; HV_STATUS_NO_DATA when there was nothing to discard.
     */
    hv_status (*purge)(void *context, struct hv_partition *partition, bool incoming, bool outgoing);

    /** Bytes received on the connection since boot, for any partition. */
    uint64_t (*received)(void *context);
};

/** Formats of nested page tables (second level address translation). */
enum hv_slat_format {
    HV_SLAT_NPT, /**< AMD nested paging: the long-mode page table format (APM vol. 2, 15.25). */
    HV_SLAT_EPT, /**< Intel extended page tables (SDM vol. 3C, 29.3). */
};

/** What the CPU back end can do; what is not here is not announced to guests. */
enum hv_cpu_capability {
    HV_CPU_INVARIANT_TSC = 1u << 0,    /**< The TSC runs at tsc_hz, always, on all LPs alike. */
    HV_CPU_NPIEP = 1u << 1,            /**< Enforces what hv_vp_npiep() asks for. */
    HV_CPU_GUEST_IDLE = 1u << 2,       /**< Honours HV_DISPOSITION_IDLE. */
    HV_CPU_RESET = 1u << 3,            /**< Honours HV_DISPOSITION_RESET. */
    HV_CPU_XMM = 1u << 4,              /**< read_xmm and write_xmm work. */
    HV_CPU_1G_PAGES = 1u << 5,         /**< Nested page tables may hold 1 GiB pages. */
    HV_CPU_EPT_EXECUTE_ONLY = 1u << 6, /**< EPT entries may be executable and not readable. */
    HV_CPU_MSR_BITMAPS = 1u << 7,      /**< Uses MSR permission maps (announced in leaf 6). */
    HV_CPU_LOCAL_APIC = 1u << 8, /**< Leaves the VPs' local APICs to lib/core: hv/interrupt.h. */
    HV_CPU_START_VP = 1u << 9,   /**< start works. */
    HV_CPU_EPT_ACCESS_FLAGS = 1u << 10, /**< EPT: accessed and dirty flags are on (EPTP bit 6). */
    HV_CPU_CREATE_VP = 1u << 11,        /**< create_vp, delete_vp and lp_run_time work. */
    HV_CPU_ROOT_SCHEDULER = 1u << 12,   /**< VPs of the root's children run when the root dispatches
                                             them; honours HV_DISPOSITION_DISPATCH. */
};

/** What a processor can do, in the words of partition properties; zero where there is no XSAVE. */
struct hv_processor_facts {
    uint64_t features[2]; /**< HvPartitionPropertyProcessorFeatures0 and 1, as guests may have. */
    uint64_t xsave_features; /**< HvPartitionPropertyProcessorXsaveFeatures. */
    uint64_t xsave_states;   /**< State components that guests may enable: XCR0 and IA32_XSS. */
    uint32_t xsave_size;     /**< Bytes of the largest XSAVE area. */
    uint32_t clflush_size;   /**< HvPartitionPropertyProcessorCLFlushSize. */
};

/** Facts about the machine, constant from boot on. */
struct hv_platform_facts {
    uint64_t tsc_hz;       /**< Frequency of hv_time_ops.tsc, Hz, more than 10,000,000. */
    uint64_t apic_hz;      /**< Clock of the local APIC timer at divisor 1, Hz; 0: unknown. */
    uint32_t lp_count;     /**< Logical processors. */
    uint32_t capabilities; /**< Bits of enum hv_cpu_capability. */
    enum hv_slat_format slat_format;     /**< Format of nested page tables. */
    uint8_t physical_address_bits;       /**< Width of a system physical address, 32 to 52. */
    struct hv_processor_facts processor; /**< For children and their parents. */
    /**
     * Code of hypercall pages, the same for guests of 32 and 64 bits, that leaves the guest with
     * HV_EXIT_HYPERCALL and returns to its caller. NULL: VMMCALL or VMCALL, by slat_format.
     */
    const uint8_t *hypercall_code;
    uint32_t hypercall_code_size; /**< Bytes of it, at most a page. */
};

/** Everything that lib/core knows of where it runs; the embedder keeps it alive and unchanged. */
struct hv_platform {
    struct hv_cpu_ops cpu;          /**< CPU back end. */
    struct hv_time_ops time;        /**< Clock. */
    struct hv_memory_ops memory;    /**< Physical memory. */
    struct hv_page_ops pages;       /**< Page allocation. */
    struct hv_log_ops log;          /**< Log. */
    struct hv_debug_ops debug;      /**< Guest debugging; all zero: none. */
    struct hv_platform_facts facts; /**< Constants of the machine. */
};

#endif
