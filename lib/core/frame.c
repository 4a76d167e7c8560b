/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "frame.h"

#include <stddef.h>

#include "core.h"

/* In the lowest bits of frame.holder, as a partition begins with a page. */
#define DEPOSITED ((uintptr_t)1)
#define HELD_BACK ((uintptr_t)2)

static uintptr_t holding(const struct hv_partition *partition, bool deposited)
{
    return (uintptr_t)partition | (deposited ? DEPOSITED : 0);
}

static struct hv_frame *frame_of(const struct hv_frames *frames, uint64_t spa_page)
{
    return spa_page < frames->count ? &frames->table[spa_page] : NULL;
}

/* Acquire and release: what the last holder has done to the page is done for the next one. */
static bool change(struct hv_frames *frames, uint64_t spa_page, uintptr_t from, uintptr_t to)
{
    struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && atomic_compare_exchange_strong_explicit(
                        &frame->holder, &from, to, memory_order_acq_rel, memory_order_relaxed);
}

struct hv_partition *hv_frame_holder(struct hv_partition *partition)
{
    return partition->lineage.parent ? partition : NULL;
}

bool hv_frame_pass(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *from,
                   struct hv_partition *to, bool deposited)
{
    return change(frames, spa_page, holding(from, false), holding(to, deposited));
}

bool hv_frame_return(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                     bool deposited, struct hv_partition *to)
{
    return change(frames, spa_page, holding(of, deposited), holding(to, false));
}

bool hv_frame_hold_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of)
{
    return change(frames, spa_page, holding(of, false), (uintptr_t)of | HELD_BACK);
}

void hv_frame_give_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                        struct hv_partition *to)
{
    change(frames, spa_page, (uintptr_t)of | HELD_BACK, holding(to, false));
}

bool hv_frame_is_passed_on(const struct hv_frames *frames, uint64_t spa_page)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && atomic_load_explicit(&frame->holder, memory_order_relaxed) != 0;
}

/* Nobody reads them before the page can be found where it is now. */
void hv_frame_note_place(struct hv_frames *frames, uint64_t spa_page, unsigned level,
                         uint64_t gpa_page)
{
    struct hv_frame *frame = frame_of(frames, spa_page);

    frame->places[level] = gpa_page;
    for (unsigned below = level + 1; below < HV_FRAME_PLACES; below++)
        frame->places[below] = HV_FRAME_NOWHERE;
}

uint64_t hv_frame_place(const struct hv_frames *frames, uint64_t spa_page, unsigned level)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && level < HV_FRAME_PLACES ? frame->places[level] : HV_FRAME_NOWHERE;
}

bool hv_frame_is_from(const struct hv_frames *frames, uint64_t spa_page, unsigned level)
{
    return hv_frame_place(frames, spa_page, level) != HV_FRAME_NOWHERE &&
           hv_frame_place(frames, spa_page, level + 1) == HV_FRAME_NOWHERE;
}

static bool is_now(const struct hv_frames *frames, uint64_t spa_page, uintptr_t holder)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && atomic_load_explicit(&frame->holder, memory_order_relaxed) == holder;
}

bool hv_frame_is_held(const struct hv_frames *frames, uint64_t spa_page,
                      const struct hv_partition *holder)
{
    return is_now(frames, spa_page, holding(holder, false));
}

bool hv_frame_is_in_pool(const struct hv_frames *frames, uint64_t spa_page)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && (atomic_load_explicit(&frame->holder, memory_order_relaxed) & DEPOSITED);
}

bool hv_frame_is_deposited(const struct hv_frames *frames, uint64_t spa_page,
                           const struct hv_partition *holder)
{
    return is_now(frames, spa_page, holding(holder, true));
}
