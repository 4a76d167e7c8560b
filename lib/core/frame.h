/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who holds each page of the machine's memory: a table with an entry a page, by SPA page number.
 *
 * A page is the root's, or a descendant's that has it in its GPA space, or deposited in a
 * partition's pool, and there is one of them at any time: what a child holds is not mapped a second
 * time, nor deposited. A parent keeps its own access to what it has mapped for a child. What is
 * deposited is out of the reach of all: of its depositor, and of that one's ancestors, from whom
 * the depositor has it.
 */
#ifndef HV_CORE_FRAME_H
#define HV_CORE_FRAME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hv_partition;

/* Levels of a hierarchy, the root's among them, and those that have somebody below to whom they
   pass pages on. */
#define HV_HIERARCHY_LEVELS 4
#define HV_FRAME_PLACES     (HV_HIERARCHY_LEVELS - 1)

#define HV_FRAME_NOWHERE UINT64_MAX /* no GPA page */

struct hv_frame {
    /* Who has it; NULL: the root, or nobody. The lowest bits say how: see frame.c. */
    _Atomic uintptr_t holder;
    /* Of a page that was passed on: the GPA page where each of those who did so has it, or had it
       before it was deposited, by level. */
    uint64_t places[HV_FRAME_PLACES];
};

struct hv_frames {
    struct hv_frame *table;
    uint64_t count; /* pages from 0 on that have an entry; all others can't be passed on */
};

/* How a partition is named as a holder: NULL for the root. */
struct hv_partition *hv_frame_holder(struct hv_partition *partition);

/*
 * A partition passes a page on: from holds it (NULL: the root), and now to does, in its pool if
 * deposited or else in its GPA space. False, with nothing changed, when from does not hold it, or
 * the page has no entry.
 */
bool hv_frame_pass(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *from,
                   struct hv_partition *to, bool deposited);

/*
 * The way back: of holds the page, and from now on to (NULL: the root) has it in its GPA space.
 * False, with nothing changed, when of does not hold it in that way.
 */
bool hv_frame_return(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                     bool deposited, struct hv_partition *to);

/*
 * of has the page in its GPA space and is about to lose it: from now on it can't pass it on, and
 * its parent gets it by hv_frame_give_back(), when nobody uses it any more. False, with nothing
 * changed, when of does not have it there.
 */
bool hv_frame_hold_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of);

/* The end of that: to (NULL: the root) has the page in its GPA space. Nothing happens unless of
   has held it back. */
void hv_frame_give_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                        struct hv_partition *to);

/* Whether somebody other than the root has the page, in whatever way. */
bool hv_frame_is_passed_on(const struct hv_frames *frames, uint64_t spa_page);

/* Who has just passed a page on, of that level, notes where it has the page itself. */
void hv_frame_note_place(struct hv_frames *frames, uint64_t spa_page, unsigned level,
                         uint64_t gpa_page);

/* That place, of a page that was passed on, or HV_FRAME_NOWHERE: it did not come that way. */
uint64_t hv_frame_place(const struct hv_frames *frames, uint64_t spa_page, unsigned level);

/* Whether it was a partition of that level that passed the page on last. */
bool hv_frame_is_from(const struct hv_frames *frames, uint64_t spa_page, unsigned level);

/* Whether that partition (NULL: the root) has the page in its GPA space. */
bool hv_frame_is_held(const struct hv_frames *frames, uint64_t spa_page,
                      const struct hv_partition *holder);

/* Whether the page is deposited in anybody's pool. */
bool hv_frame_is_in_pool(const struct hv_frames *frames, uint64_t spa_page);

/* Whether the page is deposited in that partition's (NULL: the root's) pool. */
bool hv_frame_is_deposited(const struct hv_frames *frames, uint64_t spa_page,
                           const struct hv_partition *holder);

#endif
