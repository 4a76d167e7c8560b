/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "frame.h"

#include <stddef.h>

#include "core.h"

#define DEPOSITED HV_FRAME_DEPOSITED
#define HELD_BACK HV_FRAME_HELD_BACK
#define SHARED    HV_FRAME_SHARED
#define ONE       (UINT64_C(1) << HV_FRAME_COUNT_SHIFT)
#define COUNT     HV_FRAME_COUNT_MASK

_Static_assert(HV_HIERARCHY_LEVELS - 1 <= HV_FRAME_LEVEL_MASK >> HV_FRAME_LEVEL_SHIFT,
               "a level must fit in its bits");

static unsigned level_of(const struct hv_partition *partition)
{
    return partition ? partition->lineage.level : 0;
}

static uint64_t holding(const struct hv_partition *partition)
{
    return (uint64_t)(uintptr_t)partition << HV_FRAME_ADDRESS_SHIFT | (uint64_t)level_of(partition)
                                                                          << HV_FRAME_LEVEL_SHIFT;
}

static uint64_t sharing(const struct hv_partition *parent)
{
    return holding(parent) | SHARED;
}

static bool is_shared_by(uint64_t holder, const struct hv_partition *parent)
{
    return (holder & ~COUNT) == sharing(parent);
}

static struct hv_frame *frame_of(const struct hv_frames *frames, uint64_t spa_page)
{
    return spa_page < frames->count ? &frames->table[spa_page] : NULL;
}

static uint64_t load(const struct hv_frame *frame)
{
    return atomic_load_explicit(&frame->holder, memory_order_relaxed);
}

/* Acquire and release: what the last holder has done to the page is done for the next one. */
static bool change(struct hv_frame *frame, uint64_t *from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(&frame->holder, from, to, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

static bool change_from(struct hv_frames *frames, uint64_t spa_page, uint64_t from, uint64_t to)
{
    struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && change(frame, &from, to);
}

struct hv_partition *hv_frame_holder(struct hv_partition *partition)
{
    return partition->lineage.parent ? partition : NULL;
}

bool hv_frame_deposit(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *from,
                      const struct hv_partition *to)
{
    return change_from(frames, spa_page, holding(from), holding(to) | DEPOSITED);
}

bool hv_frame_return(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                     const struct hv_partition *to)
{
    return change_from(frames, spa_page, holding(of) | DEPOSITED, holding(to));
}

/* ---- Mappings ---- */

/* What a mapping is about. */
struct line {
    uint64_t parents; /* the parent has it alone */
    uint64_t childs;  /* the child has it alone */
    uint64_t shared;  /* the parent has mapped it several times; without the number */
    uint64_t level;   /* of the child, as a holder has it */
};

static struct line line_of(const struct hv_partition *parent, const struct hv_partition *child)
{
    return (struct line){ .parents = holding(parent),
                          .childs = holding(child),
                          .shared = sharing(parent),
                          .level = (uint64_t)level_of(child) << HV_FRAME_LEVEL_SHIFT };
}

/*
 * The holder with one mapping more, or the same if that can't be. As the parent has the page in its
 * GPA space, who has it one level below is a child of it; further below, a child has passed it on.
 * A mapping that is held back counts until it is given back.
 */
static inline uint64_t one_more(const struct line *line, uint64_t holder)
{
    if (holder == line->parents)
        return line->childs;
    if (holder & SHARED)
        return (holder & ~COUNT) == line->shared && (holder & COUNT) != COUNT ? holder + ONE
                                                                              : holder;
    if (!(holder & DEPOSITED) && (holder & HV_FRAME_LEVEL_MASK) == line->level)
        return line->shared + 2 * ONE;
    return holder;
}

/* The holder with one mapping less, or the same if the child doesn't have it. */
static inline uint64_t one_less(const struct line *line, uint64_t holder)
{
    if (holder == line->childs)
        return line->parents;
    if ((holder & ~COUNT) != line->shared)
        return holder;
    return (holder & COUNT) == ONE ? line->parents : holder - ONE;
}

static void note_places(struct hv_frame *frame, unsigned level, uint64_t gpa_page)
{
    frame->places[level] = gpa_page;
    for (unsigned below = level + 1; below < HV_FRAME_PLACES; below++)
        frame->places[below] = HV_FRAME_NOWHERE;
}

/* A page that is shared was noted when it was mapped first. */
static bool map_one(struct hv_frame *frame, const struct line *line, unsigned level,
                    uint64_t gpa_page)
{
    uint64_t holder = load(frame), next;

    do {
        next = one_more(line, holder);
        if (next == holder)
            return false;
    } while (!change(frame, &holder, next));
    if (next == line->childs)
        note_places(frame, level, gpa_page);
    return true;
}

static void unmap_one(struct hv_frame *frame, const struct line *line)
{
    uint64_t holder = load(frame), next;

    do {
        next = one_less(line, holder);
        if (next == holder)
            return;
    } while (!change(frame, &holder, next));
}

static bool has_entries(const struct hv_frames *frames, uint64_t spa_page, uint64_t count)
{
    return spa_page < frames->count && count <= frames->count - spa_page;
}

static bool can_map(const struct hv_frame *table, uint64_t count, const struct line *line)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t holder = load(&table[i]);

        if (one_more(line, holder) == holder)
            return false;
    }
    return true;
}

bool hv_frame_can_map(const struct hv_frames *frames, uint64_t spa_page, uint64_t count,
                      const struct hv_partition *by, const struct hv_partition *to)
{
    const struct line line = line_of(by, to);

    return has_entries(frames, spa_page, count) && can_map(&frames->table[spa_page], count, &line);
}

/* Those that the parent has alone, up to the first that it has not. Most often that is all. */
static uint64_t take_alone(struct hv_frame *table, uint64_t count, const struct line *line,
                           unsigned level, uint64_t gpa_page)
{
    uint64_t done = 0;

    for (; done < count; done++) {
        uint64_t holder = line->parents;

        if (!change(&table[done], &holder, line->childs))
            break;
        note_places(&table[done], level, gpa_page + done);
    }
    return done;
}

/* What is shared can't be undone to what it was, so that is looked at before. */
bool hv_frame_map(struct hv_frames *frames, uint64_t spa_page, uint64_t count,
                  const struct hv_partition *by, const struct hv_partition *to, uint64_t gpa_page)
{
    const struct line line = line_of(by, to);
    unsigned level = level_of(by);
    struct hv_frame *table;
    uint64_t done;

    if (!has_entries(frames, spa_page, count))
        return false;
    table = &frames->table[spa_page];
    done = take_alone(table, count, &line, level, gpa_page);
    if (done < count && can_map(table + done, count - done, &line))
        while (done < count && map_one(&table[done], &line, level, gpa_page + done))
            done++;
    if (done == count)
        return true;
    hv_frame_unmap(frames, spa_page, done, to, by);
    return false;
}

void hv_frame_unmap(struct hv_frames *frames, uint64_t spa_page, uint64_t count,
                    const struct hv_partition *of, const struct hv_partition *to)
{
    const struct line line = line_of(to, of);

    for (uint64_t page = spa_page; page < spa_page + count && page < frames->count; page++)
        unmap_one(&frames->table[page], &line);
}

/* A shared page stays one until its last mapping is given back, which this one can be. */
bool hv_frame_hold_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                        const struct hv_partition *to)
{
    return change_from(frames, spa_page, holding(of), holding(of) | HELD_BACK) ||
           hv_frame_is_shared(frames, spa_page, to);
}

void hv_frame_give_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                        const struct hv_partition *to)
{
    struct line line = line_of(to, of);

    line.childs |= HELD_BACK;
    if (spa_page < frames->count)
        unmap_one(&frames->table[spa_page], &line);
}

void hv_frame_keep(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of)
{
    change_from(frames, spa_page, holding(of) | HELD_BACK, holding(of));
}

/* ---- Questions ---- */

bool hv_frame_is_passed_on(const struct hv_frames *frames, uint64_t spa_page)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && load(frame) != 0;
}

/* Nobody reads them before the page can be found where it is now. */
void hv_frame_note_place(struct hv_frames *frames, uint64_t spa_page, unsigned level,
                         uint64_t gpa_page)
{
    note_places(frame_of(frames, spa_page), level, gpa_page);
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

static bool is_now(const struct hv_frames *frames, uint64_t spa_page, uint64_t holder)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && load(frame) == holder;
}

bool hv_frame_is_held(const struct hv_frames *frames, uint64_t spa_page,
                      const struct hv_partition *holder)
{
    return is_now(frames, spa_page, holding(holder));
}

bool hv_frame_is_shared(const struct hv_frames *frames, uint64_t spa_page,
                        const struct hv_partition *by)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && is_shared_by(load(frame), by);
}

bool hv_frame_is_in_pool(const struct hv_frames *frames, uint64_t spa_page)
{
    const struct hv_frame *frame = frame_of(frames, spa_page);

    return frame && (load(frame) & DEPOSITED);
}

bool hv_frame_is_deposited(const struct hv_frames *frames, uint64_t spa_page,
                           const struct hv_partition *holder)
{
    return is_now(frames, spa_page, holding(holder) | DEPOSITED);
}
