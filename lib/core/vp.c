/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "apic_access.h"
#include "core.h"
#include "cpuid.h"
#include "grace.h"
#include "hypercall.h"
#include "mem.h"
#include "msr.h"
#include "vp_assist.h"

/* The object, a page each for a hypercall's input and output, the retail statistics page, the VP
   assist page, the pages of message slots and event flags. */
#define VP_PAGES 7

/* In a hierarchy: the page of event rings, and that of a root which schedules its children. */
#define HIERARCHY_PAGES 2

size_t hv_vp_pages(const struct hv_partition_config *config)
{
    return config->root && config->frames ? VP_PAGES + HIERARCHY_PAGES : VP_PAGES;
}

static hv_status init_components(struct hv_vp *vp)
{
    struct hv_pool *pool = &vp->partition->pool;

    vp->hypercall_input = hv_pool_alloc(pool, &vp->hypercall_input_page);
    vp->hypercall_output = hv_pool_alloc(pool, &vp->hypercall_output_page);
    if (!vp->hypercall_input || !vp->hypercall_output)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    if (hv_vp_parent(vp))
        hv_intercept_init(vp);
    if (hv_dispatch_init(vp) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    hv_stimer_init(vp);
    hv_unhalted_timer_reset(vp);
    if (hv_synic_init(vp) != HV_STATUS_SUCCESS ||
        hv_stats_init(vp->partition, &vp->stats, &hv_stats_of_vp) != HV_STATUS_SUCCESS)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    return hv_vp_assist_init(vp);
}

/* Gives back what there is of them, and the VP's own page at last. */
static void free_pages(struct hv_vp *vp)
{
    struct hv_partition *partition = vp->partition;

    hv_cpu_share_remove_vp(partition);
    hv_dispatch_destroy(vp);
    hv_vp_assist_destroy(vp);
    hv_stats_hide_all(partition, &vp->stats);
    hv_stats_destroy(partition, &vp->stats);
    hv_synic_destroy(vp);
    if (vp->hypercall_output)
        hv_pool_free(&partition->pool, vp->hypercall_output_page);
    if (vp->hypercall_input)
        hv_pool_free(&partition->pool, vp->hypercall_input_page);
    hv_pool_free(&partition->pool, vp->spa_page);
}

/* A VP that nobody finds yet, and that has its part of the processors. */
static hv_status build(struct hv_partition *partition, uint32_t index, uint32_t apic_id,
                       struct hv_vp **vp)
{
    uint64_t spa_page;
    hv_status status = hv_cpu_share_add_vp(partition);
    struct hv_vp *built;

    if (status != HV_STATUS_SUCCESS)
        return status;
    built = hv_pool_alloc(&partition->pool, &spa_page);
    if (!built) {
        hv_cpu_share_remove_vp(partition);
        return HV_STATUS_INSUFFICIENT_MEMORY;
    }
    built->partition = partition;
    built->spa_page = spa_page;
    built->index = index;
    hv_apic_init(&built->apic, &partition->apic.clock, apic_id, index == 0);
    status = init_components(built);
    if (status != HV_STATUS_SUCCESS)
        free_pages(built);
    *vp = built;
    return status;
}

static void publish(struct hv_vp *vp)
{
    struct hv_partition *partition = vp->partition;

    /* Release: who finds it, finds it complete. */
    atomic_store_explicit(&partition->vps[vp->index], vp, memory_order_release);
    hv_apic_attach(vp);
    atomic_fetch_add_explicit(&partition->vp_count, 1, memory_order_relaxed);
    hv_stats_note_vps(partition, 1);
}

static hv_status check_free(const struct hv_partition *partition, uint32_t index, uint32_t apic_id)
{
    if (index >= partition->max_vps || partition->vps[index])
        return HV_STATUS_INVALID_VP_INDEX;
    if (apic_id >= HV_APIC_MAX_IDS || hv_apic_find(partition, apic_id))
        return HV_STATUS_INVALID_PARAMETER;
    return HV_STATUS_SUCCESS;
}

hv_status hv_vp_create(struct hv_partition *partition, uint32_t index, uint32_t apic_id,
                       void *backend, struct hv_vp **vp)
{
    hv_status status = check_free(partition, index, apic_id);

    if (status == HV_STATUS_SUCCESS)
        status = build(partition, index, apic_id, vp);
    if (status != HV_STATUS_SUCCESS)
        return status;
    (*vp)->backend = backend;
    publish(*vp);
    return HV_STATUS_SUCCESS;
}

hv_status hv_vp_create_suspended(struct hv_partition *partition, uint32_t index)
{
    const struct hv_cpu_ops *cpu = &partition->platform->cpu;
    struct hv_vp *vp;
    hv_status status = check_free(partition, index, index);

    if (status == HV_STATUS_SUCCESS)
        status = build(partition, index, index, &vp);
    if (status != HV_STATUS_SUCCESS)
        return status;
    atomic_init(&vp->suspended, HV_VP_SUSPEND_EXPLICIT);
    status = cpu->create_vp(cpu->context, vp, &vp->backend);
    if (status == HV_STATUS_SUCCESS)
        publish(vp);
    else
        free_pages(vp);
    return status;
}

void hv_vp_destroy(struct hv_vp *self, struct hv_vp *vp)
{
    struct hv_partition *partition = vp->partition;
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    hv_intercept_end(self, vp);
    /* Who finds it still, to send it a message, is in a section that is waited for. Messages are
       taken from it when its LP has nothing to do with it any more. */
    atomic_store(&partition->vps[vp->index], NULL);
    hv_grace_wait(&partition->readers);
    hv_sched_leave(self, vp);
    cpu->delete_vp(cpu->context, vp);
    hv_intercept_forward(self, vp);
    atomic_fetch_sub_explicit(&partition->vp_count, 1, memory_order_relaxed);
    hv_stats_note_vps(partition, UINT64_MAX);
    hv_apic_detach(vp);
    free_pages(vp);
}

static void stand_still(struct hv_vp *vp, void *in_exit)
{
    atomic_fetch_or_explicit(&vp->suspended, HV_VP_SUSPEND_CHANGE, memory_order_relaxed);
    *(bool *)in_exit = vp->waiting;
}

/* A VP that waits for another one in the middle of an exit ends it first. */
void hv_vp_pause(struct hv_vp *self, struct hv_vp *vp)
{
    bool in_exit = true;

    while (in_exit)
        hv_request_call(self, vp, stand_still, &in_exit);
}

void hv_vp_resume(struct hv_vp *vp)
{
    /* Release: what was done meanwhile comes before what it does next. */
    atomic_fetch_and_explicit(&vp->suspended, ~HV_VP_SUSPEND_CHANGE, memory_order_release);
    hv_vp_kick(vp);
}

bool hv_vp_is_suspended(const struct hv_vp *vp)
{
    /* Acquire: pairs with the release of each that ends a suspension. */
    return atomic_load_explicit(&vp->suspended, memory_order_acquire) != 0;
}

struct hv_vp *hv_vp_get(const struct hv_partition *partition, uint32_t index)
{
    if (index >= partition->max_vps)
        return NULL;
    return partition->vps[index];
}

void *hv_vp_backend(const struct hv_vp *vp)
{
    return vp->backend;
}

uint32_t hv_vp_index(const struct hv_vp *vp)
{
    return vp->index;
}

struct hv_partition *hv_vp_partition(const struct hv_vp *vp)
{
    return vp->partition;
}

static __attribute__((noinline)) enum hv_disposition memory_exit(struct hv_vp *vp,
                                                                 struct hv_exit *exit)
{
    hv_vp_count(vp, VpNestedPageFaultInterceptsCount);
    if (!exit->memory.page_walk && hv_apic_is_page(vp, exit->memory.gpa)) {
        hv_vp_count(vp, VpApicMmioAccesses);
        return hv_apic_page_exit(vp, exit);
    }
    return hv_address_exit(vp, exit);
}

static __attribute__((noinline)) enum hv_disposition other_exit(struct hv_vp *vp,
                                                                struct hv_exit *exit)
{
    switch (exit->reason) {
    case HV_EXIT_MEMORY:
        return memory_exit(vp, exit);
    case HV_EXIT_HALT:
        hv_vp_count(vp, VpHltInstructionsCount);
        return hv_intercept_exit(vp, exit);
    case HV_EXIT_EXCEPTION:
    case HV_EXIT_SHUTDOWN:
        hv_vp_count(vp, VpOtherInterceptsCount);
        return hv_intercept_exit(vp, exit);
    case HV_EXIT_UNKNOWN_MSR:
        /* Counted before, as what was passed on. */
        return hv_intercept_exit(vp, exit);
    default:
        return HV_DISPOSITION_PASS;
    }
}

_Static_assert(HV_EXIT_HYPERCALL == 3, "CPUID and accesses to MSRs come first");

static inline enum hv_disposition instruction_exit(struct hv_vp *vp, struct hv_exit *exit,
                                                   enum hv_exit_reason reason)
{
    if (reason == HV_EXIT_CPUID) {
        hv_vp_count(vp, VpCpuidInstructionsCount);
        return hv_cpuid_exit(vp, exit);
    }
    hv_vp_count(vp, VpMsrAccessesCount);
    return reason == HV_EXIT_MSR_READ ? hv_msr_read_exit(vp, exit) : hv_msr_write_exit(vp, exit);
}

/* What there is most of is found without a search. */
enum hv_disposition hv_vp_exit(struct hv_vp *vp, struct hv_exit *exit)
{
    enum hv_exit_reason reason = exit->reason;

    if (reason == HV_EXIT_HYPERCALL) {
        hv_vp_count(vp, VpHypercallsCount);
        return hv_hypercall_exit(vp, exit);
    }
    if (reason < HV_EXIT_HYPERCALL)
        return instruction_exit(vp, exit, reason);
    if (reason != HV_EXIT_IO)
        return other_exit(vp, exit);
    hv_vp_count(vp, VpIoInstructionsCount);
    return hv_intercept_io(vp, exit);
}

static __attribute__((noinline)) void take_posts(struct hv_vp *vp)
{
    hv_request_serve(vp);
    if (hv_apic_has_post(&vp->apic))
        hv_vp_take_interrupts(vp);
    if (hv_synic_has_posts(&vp->synic))
        hv_synic_take_posts(vp);
}

void hv_vp_prepare(struct hv_vp *vp)
{
    if (atomic_load_explicit(&vp->requests, memory_order_relaxed) || hv_apic_has_post(&vp->apic) ||
        hv_synic_has_posts(&vp->synic))
        take_posts(vp);
}

void hv_vp_account_start(struct hv_vp *vp, uint64_t tsc)
{
    hv_vp_count(vp, VpLogicalProcessorDispatches);
    vp->running = true;
    vp->started_tsc = tsc;
    hv_unhalted_timer_account(vp, tsc);
}

/* The VP may have moved to an LP whose clock is a little behind; no time has passed then. */
static uint64_t ticks_of_current_run(const struct hv_vp *vp, uint64_t tsc)
{
    return vp->running && tsc > vp->started_tsc ? tsc - vp->started_tsc : 0;
}

void hv_vp_account_stop(struct hv_vp *vp, uint64_t tsc)
{
    vp->run_ticks += ticks_of_current_run(vp, tsc);
    vp->running = false;
    hv_unhalted_timer_account(vp, tsc);
    hv_stats_store(vp->stats.overlay[0].page, VpTotalRunTime,
                   hv_time_from_ticks(vp->partition, vp->run_ticks));
    if (vp->partition->root && vp->partition->lineage.hierarchy)
        hv_stats_refresh(vp->partition, tsc);
}

uint64_t hv_vp_run_ticks(const struct hv_vp *vp, uint64_t tsc)
{
    return vp->run_ticks + ticks_of_current_run(vp, tsc);
}

uint64_t hv_vp_runtime(const struct hv_vp *vp)
{
    return hv_time_from_ticks(vp->partition, hv_vp_run_ticks(vp, hv_now(vp->partition)));
}

uint32_t hv_vp_npiep(const struct hv_vp *vp)
{
    return vp->npiep;
}

void hv_vp_reset(struct hv_vp *vp)
{
    hv_dispatch_cancel(vp);
    vp->npiep = 0;
    vp->monitor_due = 0;
    hv_synic_reset(vp);
    hv_stimer_reset(vp);
    hv_unhalted_timer_reset(vp);
    hv_apic_reset(&vp->apic);
    hv_apic_routes_update(vp->partition);
    hv_stats_reset(vp->partition, &vp->stats);
    hv_vp_assist_reset(vp);
}
