/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A platform for unit tests and fuzzers: a range of host memory as physical memory, a clock that
 * the test turns, a back end that keeps registers in a struct and records what it was told.
 */
#ifndef HV_CORE_TESTS_FAKE_PLATFORM_H
#define HV_CORE_TESTS_FAKE_PLATFORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/hv.h>

#define FAKE_PAGES        1024 /* pages of physical memory, SPA page numbers 0 to FAKE_PAGES - 1 */
#define FAKE_REGISTERS    320
#define FAKE_DEBUG_BUFFER 6000 /* bytes to and from the debugger that fit */
#define FAKE_VP_PAGES     2    /* that the back end takes for a VP that lib/core asks it for */
#define FAKE_TSC_HZ       UINT64_C(2000000000)
#define FAKE_FIRST_POOL   512 /* pages from here on are given to pools by alloc; below: guest RAM */

/* What the fake CPU answers to CPUID, whatever the leaf: 0x11111111 in EAX to 0x44444444 in EDX. */
#define FAKE_CPUID(n) (UINT32_C(0x11111111) * ((n) + 1u))

/* What inject_interrupt and kick, which any thread may call, change is atomic. */
struct fake_vp {
    struct fake_vp *next; /* all of the platform's */
    struct hv_gprs gprs;
    uint8_t xmm[16][16];
    uint64_t xsave_states; /* of the latest access to the area that follows */
    uint8_t xsave[4096];
    struct {
        uint32_t name;
        struct hv_register128 value;
        bool used;
    } registers[FAKE_REGISTERS];
    bool injected;
    uint8_t vector;
    bool has_error;
    uint32_t error;
    uint64_t activity;    /* HV_INTERNAL_ACTIVITY bits */
    uint64_t started_pat; /* PAT that it was started with */
    _Atomic unsigned interrupts;
    _Atomic uint8_t last_interrupt;
    _Atomic unsigned kicks;
    enum hv_disposition disposition; /* of its last fake_hypercall() */
    _Atomic unsigned tlb_flushes;
    _Atomic unsigned range_flushes;
    struct hv_flush_queue flushes; /* ranges that nobody takes but the test */
    _Atomic unsigned tlb_waits;
    unsigned eois; /* of level-triggered interrupts */
    uint8_t last_eoi;
    unsigned apic_changes;
    uint32_t pushed;
    bool push_faults;
    void *lp;                      /* that it has moved to */
    unsigned moves;                /* how often it has */
    uint64_t pages[FAKE_VP_PAGES]; /* of a VP that lib/core has asked for */
};

struct fake_platform {
    struct hv_platform platform;
    uint8_t *memory; /* FAKE_PAGES pages */
    bool taken[FAKE_PAGES];
    uint64_t first_overlay; /* of a root that is made after it is set */
    struct fake_vp *vps;
    void *frames; /* of the root that has a hierarchy */
    _Atomic uint64_t tsc;
    uint64_t tsc_step; /* added at each reading */
    _Atomic unsigned slat_flushes;
    unsigned crashes;
    struct hv_crash_report crash;
    char crash_message[4096];
    struct {
        uint8_t outgoing[FAKE_DEBUG_BUFFER], incoming[FAKE_DEBUG_BUFFER];
        uint32_t posted, arrived; /* bytes in them */
        uint64_t received;        /* on the connection, by anybody */
    } debug;
    unsigned log_lines;
    /* Called before each map() of a page below FAKE_FIRST_POOL: a hostile guest that changes memory
       between two readings. NULL for none. */
    void (*on_map)(struct fake_platform *fake, uint64_t spa_page);
    void *on_map_argument;
    /* Called at each kick: an LP that reacts at once. NULL: none does, or other threads do. */
    void (*on_kick)(struct hv_vp *vp);
    void (*on_kick_lp)(void *lp); /* the same, of an LP with a scheduler */
};

/*
 * All capabilities set; slat NPT; 40 physical address bits; 4 LPs; APIC timer at 200 MHz. Guest RAM
 * is zeroed, the other pages hold garbage.
 */
void fake_platform_init(struct fake_platform *fake);
void fake_platform_destroy(struct fake_platform *fake);

/* Host address of a physical page. */
void *fake_page(struct fake_platform *fake, uint64_t spa_page);

/* A partition with every privilege asked for, gpa_bits 40, id 1, root, given 128 pages, with guest
   RAM of FAKE_FIRST_POOL pages mapped at GPA = SPA, all access; asserts that nothing fails. */
struct hv_partition *fake_partition(struct fake_platform *fake);
struct hv_partition *fake_partition_with(struct fake_platform *fake, uint64_t privileges);

/* The same, with a hierarchy: it may have children. Once. */
struct hv_partition *fake_root(struct fake_platform *fake);

/*
 * Only the memory half of a partition: a pool of that many pages, less one for the top table of an
 * empty GPA space. No exit may be run on it but hv_address_exit().
 */
struct hv_partition *fake_space(struct fake_platform *fake, uint8_t gpa_bits, size_t pages);

/* Pages in the nested page tables of a partition; asserts that no page is linked twice. */
size_t fake_tables(struct fake_platform *fake, const struct hv_partition *partition);

/* A VP of that index, with its fake_vp as back end. */
struct hv_vp *fake_vp_create(struct fake_platform *fake, struct hv_partition *partition,
                             uint32_t index);
struct fake_vp *fake_vp(struct hv_vp *vp);

/*
 * Architectural registers: general ones and XMM come from the fields above, any other name from
 * 0x10000 to 0x8FFFF is kept in the table; HvRegisterInternalActivityState is fake_vp.activity.
 * Refused with HV_STATUS_INVALID_REGISTER_VALUE: CR0 and CR4 beyond 32 bits, and a non-zero high
 * half of all but XMM, segment and table registers.
 */

/* Each runs one exit and clears the record of injections first. */
enum hv_disposition fake_cpuid(struct hv_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
enum hv_disposition fake_rdmsr(struct hv_vp *vp, uint32_t msr, uint64_t *value);
enum hv_disposition fake_wrmsr(struct hv_vp *vp, uint32_t msr, uint64_t value);
/* 64-bit caller at CPL 0: RCX, RDX, R8; returns RAX. */
uint64_t fake_hypercall(struct hv_vp *vp, uint64_t control, uint64_t input, uint64_t output);

/* The last exit injected exactly this exception. */
bool fake_injected(struct hv_vp *vp, uint8_t vector);

#endif
