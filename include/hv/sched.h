/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The scheduler: VPs of several partitions share a logical processor (LP).
 *
 * A VP that is added to an LP runs nowhere else, and all its state is touched on that LP alone. It
 * stays there, unless the root schedules: then a VP that the root has dispatched from another LP
 * moves there first, by hv_cpu_ops.move_vp. Each LP picks, of those that can run, the one that has
 * had least; who has waited does not come with more than a slice of credit. Choosing, waking and
 * timers take O(log n) in the number of the LP's VPs, and no lock.
 *
 * A back end with a scheduler does, on each LP:
 *
 * @code
 *     for (;;) {
 *         struct hv_vp *vp = hv_lp_pick(lp, tsc);
 *
 *         if (vp == NULL) { wait for a kick, or for hv_lp_deadline(); continue; }
 *         load vp's state; hv_vp_prepare(vp); act on its events;
 *         run it, until hv_lp_deadline() at the latest, and handle its exits;
 *         after each kick and at hv_lp_deadline(): if (hv_lp_look(lp, tsc)) let it go;
 *         save its state; hv_lp_put(lp, tsc, why, deadline);
 *     }
 * @endcode
 *
 * hv_cpu_ops.kick_lp is called for what comes for one of its VPs, in the place of hv_cpu_ops.kick.
 * Which VPs it was for is known here. Without a scheduler a VP is never added to an LP, and nothing
 * of this matters.
 */
#ifndef HV_SCHED_H
#define HV_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/platform.h>
#include <hv/status.h>
#include <hv/vp.h>

/** A logical processor, as the scheduler sees it. */
struct hv_lp;

/** VPs that one LP can have. */
#define HV_LP_MAX_VPS 512u

/** No moment: of a TSC. */
#define HV_LP_NEVER UINT64_MAX

/** Why a VP is let go. */
enum hv_lp_release {
    HV_LP_YIELDS, /**< It could go on: its slice is over, or it has nothing better to do. */
    HV_LP_WAITS,  /**< For a kick or a deadline. */
    HV_LP_STOPS,  /**< For a kick: it is suspended, or waits for its start-up. */
    HV_LP_LENDS,  /**< As HV_LP_WAITS, and for the VP that it has lent its time to, which is picked
                       next: after HV_DISPOSITION_DISPATCH. */
};

/** Pages that hv_lp_create() takes. */
size_t hv_lp_pages(void);

/**
 * Make the object of an LP in hv_lp_pages() pages.
 * @param platform kept by reference.
 * @param pages    system physical page numbers.
 * @param backend  what hv_cpu_ops.kick_lp and hv_cpu_ops.move_vp are told of it.
 * @param[out] lp  the LP, without VPs.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER when a page is not ordinary memory.
 */
hv_status hv_lp_create(const struct hv_platform *platform, const uint64_t *pages, void *backend,
                       struct hv_lp **lp);

/**
 * Give @p vp, which no LP has, to @p lp: it can run from now on. On any LP; kicks.
 * @return HV_STATUS_SUCCESS; HV_STATUS_NO_RESOURCES when @p lp has HV_LP_MAX_VPS.
 */
hv_status hv_lp_add(struct hv_lp *lp, struct hv_vp *vp);

/**
 * Take @p vp away from its LP; it is not the one that was picked. On that LP, or when no LP runs.
 * Nobody kicks it any more. A VP that lib/core deletes has left its LP before
 * hv_cpu_ops.delete_vp is called.
 */
void hv_lp_remove(struct hv_vp *vp);

/** Let @p vp, which has an LP, be looked at again: for what the back end keeps for it. On any LP.
 */
void hv_lp_kick(struct hv_vp *vp);

/** VPs that @p lp has. */
uint32_t hv_lp_load(const struct hv_lp *lp);

/**
 * Choose who runs. On @p lp, when nobody was picked, or has been put back.
 * @return the VP, or NULL when none can run.
 */
struct hv_vp *hv_lp_pick(struct hv_lp *lp, uint64_t tsc);

/**
 * Take note of kicks, and of deadlines that have been reached. On @p lp; state of VPs that the back
 * end keeps in registers has been saved, as requests of others may want it.
 * @return whether the VP that was picked should make room for another: at the end of its slice, for
 *         one that has had much less, or for one that wakes and has had less.
 */
bool hv_lp_look(struct hv_lp *lp, uint64_t tsc);

/**
 * The VP that was picked does not run any more. On its LP.
 * @param lp       that LP.
 * @param tsc      now: what it has run is counted up to here.
 * @param why      who it waits for.
 * @param deadline with HV_LP_WAITS, the TSC at which it can run in any case; or HV_LP_NEVER.
 */
void hv_lp_put(struct hv_lp *lp, uint64_t tsc, enum hv_lp_release why, uint64_t deadline);

/**
 * Instead of hv_lp_look(), hv_lp_put() and hv_lp_pick(), when who was picked is suspended or could
 * make room: a short way to the VP that it has woken last, on its own LP, as a parent and its
 * child's VP wake each other. On its LP; state as for hv_lp_look().
 * @param lp  that LP.
 * @param tsc now: what ran is counted up to here.
 * @param why HV_LP_STOPS: who was picked is suspended; HV_LP_YIELDS: it could go on.
 * @return who runs now, as if picked, when nothing else has come and the long way would lead there
 *         too; or NULL: then who was picked still is.
 */
struct hv_vp *hv_lp_hand_over(struct hv_lp *lp, uint64_t tsc, enum hv_lp_release why);

/** Whether @p vp has dispatched a VP which has not been put since. On its LP. */
bool hv_vp_lends(const struct hv_vp *vp);

/**
 * @p vp, which HV_DISPOSITION_DISPATCH has put aside, goes on: what it has lent is taken back, and
 * the output of its call is written. On its LP, outside the guest.
 */
void hv_vp_end_lending(struct hv_vp *vp);

/** The TSC at which hv_lp_look() has something to do without a kick, or HV_LP_NEVER. On @p lp. */
uint64_t hv_lp_deadline(const struct hv_lp *lp);

#endif
