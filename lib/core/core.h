/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The two objects that everything in this room hangs on. */
#ifndef HV_CORE_CORE_H
#define HV_CORE_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/exit.h>
#include <hv/partition.h>
#include <hv/platform.h>
#include <hv/vp.h>

#include "address_space.h"
#include "apic.h"
#include "apic_route.h"
#include "cpu_share.h"
#include "debug.h"
#include "dispatch.h"
#include "feature_set.h"
#include "flush_inhibit.h"
#include "grace.h"
#include "gate.h"
#include "hierarchy.h"
#include "hypercall.h"
#include "intercept.h"
#include "intercept_install.h"
#include "lock.h"
#include "pool.h"
#include "port.h"
#include "request.h"
#include "schedule.h"
#include "stats.h"
#include "reference_time.h"
#include "stimer.h"
#include "synic.h"
#include "unhalted_timer.h"

#define HV_GPA_BITS_MIN 32 /* the least width of a guest physical address */

#define HV_X64_EXCEPTION_UD 6
#define HV_X64_EXCEPTION_GP 13
#define HV_X64_EXCEPTION_MC 18

struct hv_crash_registers {
    _Atomic uint64_t parameters[5];
    struct hv_lock lock; /* one report at a time: guards message */
    void *message;       /* one page: private copy of the guest's message */
    uint64_t message_page;
};

/* What a child was created with besides flags (TLFS: HvCallCreatePartition). */
struct hv_creation {
    uint32_t compatibility_version;
    uint64_t disabled_features[2];
    uint64_t disabled_xsave_features;
};

/* One partition; lives in its first deposited page. */
struct hv_partition {
    const struct hv_platform *platform;
    uint64_t spa_page; /* of this object */
    uint64_t id;
    bool root;
    uint64_t creation_flags;     /* HV_PARTITION_CREATION_FLAG bits; of a child, constant */
    struct hv_creation creation; /* of a child, constant */
    struct hv_lineage lineage;
    struct hv_gate gate; /* for whoever of another partition works on the VPs */
    uint8_t gpa_bits;
    uint32_t max_vps;
    uint64_t first_overlay; /* GPA page number, constant: overlay_place.h */
    _Atomic uint32_t vp_count;
    struct hv_vp *_Atomic *vps; /* one page of pointers, by VP index */
    uint64_t vps_page;
    struct hv_features features;
    struct hv_pool pool;
    struct hv_address_space address;
    struct hv_grace readers; /* of the GPA space and of the memory in it */

    struct hv_cpu_share share;

    struct hv_lock register_lock;   /* writers of the partition-wide registers below */
    _Atomic uint64_t guest_os_id;   /* HV_X64_MSR_GUEST_OS_ID */
    _Atomic uint64_t hypercall_msr; /* HV_X64_MSR_HYPERCALL */
    struct hv_overlay hypercall_page;
    struct hv_time time;
    struct hv_crash_registers crash;
    struct hv_stats_pages stats;
    struct hv_apic_routes apic;
    struct hv_ports ports;
    struct hv_debug_session debug;
    struct hv_intercepts intercepts; /* of a child: what its parent wants to see */
    struct hv_flush_inhibits flush_inhibits;
};

_Static_assert(sizeof(struct hv_partition) <= HV_PAGE_SIZE, "a partition must fit in one page");

/* Why a VP is not entered: bits of hv_vp.suspended. The first three are registers of the VP. */
enum hv_vp_suspension {
    HV_VP_SUSPEND_EXPLICIT = 1u << 0,  /* HvRegisterExplicitSuspend */
    HV_VP_SUSPEND_INTERCEPT = 1u << 1, /* HvRegisterInterceptSuspend */
    HV_VP_SUSPEND_DISPATCH = 1u << 2,  /* HvRegisterDispatchSuspend */
    HV_VP_SUSPEND_MESSAGE = 1u << 3,   /* its intercept message waits for the parent's slot */
    HV_VP_SUSPEND_CHANGE = 1u << 4,    /* its partition loses a VP: hv_vp_pause() */
    HV_VP_SUSPEND_FLUSH = 1u << 5,     /* flushes what may not be flushed yet: hv_flush_waits() */
};

/* One virtual processor; lives in one page. Everything in it belongs to the LP that owns the VP,
   but for requests. */
struct hv_vp {
    struct hv_partition *partition;
    void *backend;
    uint64_t spa_page; /* of this object */
    uint32_t index;
    uint32_t npiep;                        /* HV_X64_MSR_NPIEP_CONFIG */
    _Atomic(struct hv_request *) requests; /* posted by any LP */
    struct hv_sched sched;
    _Atomic uint32_t suspended;   /* enum hv_vp_suspension; 0 without a parent */
    _Atomic bool flush_inhibited; /* TlbFlushInhibit of HvRegisterInterceptSuspend */
    bool waiting;                 /* serves requests in the middle of an exit */
    bool running;                 /* between account_start and account_stop */
    uint64_t started_tsc;         /* of the current run */
    uint64_t run_ticks;           /* of earlier runs, TSC ticks */
    struct hv_stats_pages stats;
    struct hv_apic apic; /* unused without HV_CPU_LOCAL_APIC */
    struct hv_synic synic;
    struct hv_stimers stimers;
    struct hv_unhalted_timer unhalted_timer;
    struct hv_vp_intercept intercept; /* of a child */
    struct hv_dispatch *dispatch;     /* NULL: the hypervisor schedules it */
    uint64_t monitor_due;             /* TSC at which to look for monitor pages, or HV_APIC_NEVER */
    uint32_t apic_events;        /* enum hv_apic_event: arrived, not yet taken by the back end */
    _Atomic uint64_t assist_msr; /* HV_X64_MSR_VP_ASSIST_PAGE */
    struct hv_overlay assist_page;
    uint8_t *hypercall_input;  /* one page: private copy of the current call's input */
    uint8_t *hypercall_output; /* one page: output before it is copied to the guest */
    struct hv_hypercall_form hypercall_form; /* of its last call */
    uint64_t hypercall_input_page;
    uint64_t hypercall_output_page;
};

_Static_assert(sizeof(struct hv_vp) <= HV_PAGE_SIZE, "a VP must fit in one page");

/* HV_X64_MSR_VP_RUNTIME: 100 ns units. On the LP that owns vp. */
uint64_t hv_vp_runtime(const struct hv_vp *vp);

/* The same at a certain TSC, in TSC ticks. */
uint64_t hv_vp_run_ticks(const struct hv_vp *vp, uint64_t tsc);

/* The parent of the VP's partition, or NULL: the embedder. */
static inline struct hv_partition *hv_vp_parent(const struct hv_vp *vp)
{
    return vp->partition->lineage.parent;
}

/* The VP of the root in whose time a VP runs, or NULL. */
static inline struct hv_vp *hv_vp_lender(const struct hv_vp *vp)
{
    return vp->dispatch ? vp->dispatch->lender : NULL;
}

/* Whether a VP is of a root that dispatches its children's. */
static inline bool hv_vp_dispatches(const struct hv_vp *vp)
{
    return vp->dispatch && !hv_vp_parent(vp);
}

/* Whether a VP runs only when the root dispatches it. */
static inline bool hv_vp_is_dispatched(const struct hv_vp *vp)
{
    return vp->dispatch && hv_vp_parent(vp);
}

static inline const struct hv_cpu_ops *hv_vp_cpu(const struct hv_vp *vp)
{
    return &vp->partition->platform->cpu;
}

/* Takes what was posted into vp's local APIC. On the LP that owns it. */
void hv_vp_take_interrupts(struct hv_vp *vp);

/* Interrupts target; self is the VP that the caller's LP owns, or NULL. */
void hv_vp_interrupt(struct hv_vp *self, struct hv_vp *target, uint8_t vector);

static inline void hv_vp_inject(struct hv_vp *vp, uint8_t vector, bool has_error, uint32_t error)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    cpu->inject_exception(cpu->context, vp, vector, has_error, error);
}

static inline enum hv_disposition hv_vp_inject_gp(struct hv_vp *vp)
{
    hv_vp_inject(vp, HV_X64_EXCEPTION_GP, true, 0);
    return HV_DISPOSITION_RESUME;
}

static inline enum hv_disposition hv_vp_inject_ud(struct hv_vp *vp)
{
    hv_vp_inject(vp, HV_X64_EXCEPTION_UD, false, 0);
    return HV_DISPOSITION_RESUME;
}

/* Ends the exiting instruction: execution goes on behind it. */
static inline enum hv_disposition hv_exit_complete(struct hv_exit *exit)
{
    exit->gprs->rip += exit->instruction_length;
    return HV_DISPOSITION_RESUME;
}

static inline bool hv_partition_may(const struct hv_partition *partition, uint64_t privileges)
{
    return (partition->features.privileges & privileges) == privileges;
}

/* Counts something in the VP's statistics page. On the LP that owns it. */
static inline __attribute__((always_inline)) void hv_vp_count(const struct hv_vp *vp,
                                                              unsigned counter)
{
    hv_stats_count_in(vp->stats.overlay[0].page, counter);
}

static inline bool hv_vp_has_apic(const struct hv_vp *vp)
{
    return (vp->partition->platform->facts.capabilities & HV_CPU_LOCAL_APIC) != 0;
}

/*
 * Makes vp, of another partition than self's, stand still: it does not execute, nor does its LP do
 * anything of an exit of it, until hv_vp_resume(). Its LP goes on to serve requests for it. On the
 * LP that owns self.
 */
void hv_vp_pause(struct hv_vp *self, struct hv_vp *vp);
void hv_vp_resume(struct hv_vp *vp);

/*
 * A VP of which the back end makes its part, explicitly suspended, with its index as APIC ID. As
 * hv_vp_create(). Not twice at the same time for one partition.
 */
hv_status hv_vp_create_suspended(struct hv_partition *partition, uint32_t index);

/*
 * Takes such a VP, which stands still and to which nobody refers, from the back end and from its
 * partition, and gives its pages back to the pool. self is the VP of this LP.
 */
void hv_vp_destroy(struct hv_vp *self, struct hv_vp *vp);

/* The greatest width of a guest physical address on that machine. */
static inline uint8_t hv_partition_widest_gpa(const struct hv_platform *platform)
{
    uint8_t bits = platform->facts.physical_address_bits;

    return bits < HV_SLAT_ADDRESS_BITS ? bits : HV_SLAT_ADDRESS_BITS;
}

/*
 * A partition of pages of the parent's pool, which is not found yet: hv_hierarchy_add() is next.
 * HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_partition_create_child(struct hv_partition *parent,
                                    const struct hv_partition_config *config,
                                    struct hv_partition **child);

/*
 * Gives the pages of a deleted partition, which nobody refers to any more, back to its parent; its
 * own first page too. By hv_partition_drop() alone.
 */
void hv_partition_release(struct hv_partition *partition);

static inline uint64_t hv_now(const struct hv_partition *partition)
{
    const struct hv_time_ops *time = &partition->platform->time;

    return time->tsc(time->context);
}

#endif
