/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "save_restore.h"

#include <hv/abi/tlfs.h>

#include "clock.h"
#include "console.h"
#include "memory.h"
#include "platform.h"
#include "root.h"

/* Of records for one VP, or for the partition: three pages of a SynIC, and messages. */
#define BUFFER_PAGES 16

struct save_restore save_restore;

/* What is saved of the partition, and of each VP by its LP. */
struct buffer {
    void *bytes;
    size_t used;
};

static struct {
    _Atomic uint32_t arrived;  /* LPs at this meeting */
    _Atomic uint64_t meetings; /* that are over */
    uint64_t moment;           /* TSC */
    struct buffer partition;
    struct buffer *vps; /* by LP */
} saved;

static void make_buffer(struct buffer *buffer)
{
    buffer->bytes = memory_take(BUFFER_PAGES);
}

void save_restore_start(uint32_t period_ms)
{
    if (period_ms == 0)
        return;
    make_buffer(&saved.partition);
    saved.vps = memory_take(page_round_up(lp_count() * sizeof(struct buffer)) / PAGE_SIZE);
    for (uint32_t i = 0; i < lp_count(); i++)
        make_buffer(&saved.vps[i]);
    save_restore.period = clock_tsc_hz() / 1000 * period_ms;
    save_restore.next = rdtsc() + save_restore.period;
}

static void check(hv_status status, const char *what)
{
    if (status == HV_STATUS_SUCCESS)
        return;
    console_line("%s: status 0x%x; the hypervisor is at fault", what, status);
    machine_stop(3);
}

static bool leads(const struct svm_vp *vp)
{
    return vp->lp->index == 0;
}

static void wait(struct svm_vp *vp, bool serving)
{
    if (serving)
        (void)hv_lp_look(atomic_load(&vp->lp->scheduler), rdtsc());
    cpu_relax();
}

/* All LPs come, and wait until LP 0 has done its part alone. serving: until all have come, one may
   wait for the VP of another. */
static void meet(struct svm_vp *vp, bool serving, void (*part)(struct svm_vp *vp))
{
    uint64_t meeting = atomic_load(&saved.meetings);

    atomic_fetch_add(&saved.arrived, 1);
    if (!leads(vp)) {
        while (atomic_load(&saved.meetings) == meeting)
            wait(vp, serving);
        return;
    }
    while (atomic_load(&saved.arrived) != lp_count())
        wait(vp, serving);
    part(vp);
    atomic_store(&saved.arrived, 0);
    atomic_store(&saved.meetings, meeting + 1);
}

static void call_others(const struct lp *self)
{
    atomic_store(&save_restore.wanted, true);
    for (uint32_t i = 0; i < lp_count(); i++)
        if (lp_get(i) != self)
            lp_notify(lp_get(i), LP_EVENT_LOOK);
}

/* ---- Save ---- */

static void save_partition(struct svm_vp *vp)
{
    saved.moment = rdtsc();
    check(hv_partition_save(hv_vp_partition(vp->vp), saved.moment, saved.partition.bytes,
                            BUFFER_PAGES * PAGE_SIZE, &saved.partition.used),
          "saving the root partition");
}

static void save_vp(struct svm_vp *vp)
{
    struct buffer *buffer = &saved.vps[vp->lp->index];

    check(hv_vp_save(vp->vp, saved.moment, buffer->bytes, BUFFER_PAGES * PAGE_SIZE, &buffer->used),
          "saving a VP");
}

/* ---- Restore ---- */

/* The machine's clocks have run on, and so does reference time: a guest finds that it has waited.
 */
static struct hv_restore how(void)
{
    return (struct hv_restore){ .tsc = saved.moment };
}

static void restore_partition(struct svm_vp *vp)
{
    const struct hv_platform *platform = platform_get();
    struct hv_partition *partition = root_renew();
    const struct hv_restore restore = how();

    (void)vp;
    check(hv_partition_restore(partition, &restore, saved.partition.bytes, saved.partition.used),
          "restoring the root partition");
    /* No LP may use what it knows of the old one's address space. */
    platform->cpu.flush_slat(platform->cpu.context, partition);
}

/* All that a register can say is taken from the VP first. */
static void restore_vp(struct svm_vp *vp)
{
    const struct buffer *buffer = &saved.vps[vp->lp->index];
    const struct hv_restore restore = how();
    int accepted = vp->accepted, extint = vp->extint;
    bool nmi_pending = vp->nmi_pending;

    svm_set_init_state(vp);
    vp->activity = SVM_WAIT_FOR_STARTUP;
    check(hv_vp_restore(vp->vp, &restore, buffer->bytes, buffer->used), "restoring a VP");
    vp->accepted = accepted;
    vp->extint = extint;
    vp->nmi_pending = nmi_pending;
    vp->counted = false;
}

static void end(struct svm_vp *vp)
{
    (void)vp;
    atomic_store(&save_restore.wanted, false);
    save_restore.next = rdtsc() + save_restore.period;
}

void save_restore_now(struct svm_vp *vp)
{
    if (leads(vp))
        call_others(vp->lp);
    meet(vp, true, save_partition);
    save_vp(vp);
    meet(vp, false, restore_partition);
    restore_vp(vp);
    meet(vp, false, end);
}
