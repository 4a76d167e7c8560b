/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who holds each page of the machine's memory: a table with an entry a page, by SPA page number.
 *
 * A page is the root's, or a descendant's that has it at one place of its GPA space, or shared:
 * mapped several times by one parent, in one child or in several (TLFS v2.0, 8.3.1); or it is
 * deposited in a partition's pool. It is one of these at any time. Who has a page alone may pass it
 * on, and nobody above takes it while that is so; a shared one is not passed on by those who share
 * it, and its parent has it back when the last mapping is gone. A parent keeps its own access to
 * what it has mapped for a child. What is deposited is out of the reach of all: of its depositor,
 * and of that one's ancestors, from whom the depositor has it.
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
    /* Who has it, and how: HV_FRAME_... below. 0: the root, or nobody. */
    _Atomic uint64_t holder;
    /* Of a page that was passed on: the GPA page where each of those who did so has it, or had it
       before it was deposited, by level. */
    uint64_t places[HV_FRAME_PLACES];
};

/*
 * Of a holder: the address of the partition, which is a page's and has 57 bits, and what fits in
 * beside it. Of a shared page it is the parent's, with the number of mappings.
 */
#define HV_FRAME_DEPOSITED     (UINT64_C(1) << 0)
#define HV_FRAME_HELD_BACK     (UINT64_C(1) << 1)
#define HV_FRAME_SHARED        (UINT64_C(1) << 2)
#define HV_FRAME_LEVEL_SHIFT   3 /* the partition's level: 2 bits */
#define HV_FRAME_LEVEL_MASK    (UINT64_C(3) << HV_FRAME_LEVEL_SHIFT)
#define HV_FRAME_COUNT_SHIFT   5 /* mappings: 14 bits */
#define HV_FRAME_COUNT_MASK    (UINT64_C(0x3FFF) << HV_FRAME_COUNT_SHIFT)
#define HV_FRAME_ADDRESS_SHIFT 7
#define HV_FRAME_ADDRESS_MASK  (UINT64_MAX << 19)

struct hv_frames {
    struct hv_frame *table;
    uint64_t count; /* pages from 0 on that have an entry; all others can't be passed on */
};

/* How a partition is named as a holder: NULL for the root. */
struct hv_partition *hv_frame_holder(struct hv_partition *partition);

/*
 * The page, which from (NULL: the root) has alone, goes into the pool of to. False, with nothing
 * changed, when from does not have it so, or it has no entry.
 */
bool hv_frame_deposit(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *from,
                      const struct hv_partition *to);

/* The way back: to (NULL: the root) has the page in its GPA space. False, with nothing
   changed, when it is not in the pool of of. */
bool hv_frame_return(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                     const struct hv_partition *to);

/* Whether all of count pages can be mapped as hv_frame_map() does, unless others do something at
   the same moment. */
bool hv_frame_can_map(const struct hv_frames *frames, uint64_t spa_page, uint64_t count,
                      const struct hv_partition *by, const struct hv_partition *to);

/*
 * A partition (NULL: the root), which has count pages in its GPA space at gpa_page and following
 * ones, maps them for its child to: to has them, or, what a child has already, shares them. All or
 * none: false when one of them has no entry, is deposited, was passed on by a child, or is mapped
 * too often.
 */
bool hv_frame_map(struct hv_frames *frames, uint64_t spa_page, uint64_t count,
                  const struct hv_partition *by, const struct hv_partition *to, uint64_t gpa_page);

/* The end of a mapping of each of count pages, which nobody uses any more: of had it of to (NULL:
   the root). What it had not is passed over. */
void hv_frame_unmap(struct hv_frames *frames, uint64_t spa_page, uint64_t count,
                    const struct hv_partition *of, const struct hv_partition *to);

/*
 * of has the page of to in its GPA space and is about to lose it: from now on it can't pass it on,
 * and hv_frame_give_back() ends the mapping, when nobody uses it any more. False, with nothing
 * changed, when of does not have it there, or has passed it on.
 */
bool hv_frame_hold_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                        const struct hv_partition *to);

/* The end of that: one mapping less. Nothing happens unless it was held back. */
void hv_frame_give_back(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of,
                        const struct hv_partition *to);

/* Or it stays as it was. */
void hv_frame_keep(struct hv_frames *frames, uint64_t spa_page, const struct hv_partition *of);

/* Whether somebody other than the root has the page, in whatever way. */
bool hv_frame_is_passed_on(const struct hv_frames *frames, uint64_t spa_page);

/* Who has just passed a page on, of that level, notes where it has the page itself. */
void hv_frame_note_place(struct hv_frames *frames, uint64_t spa_page, unsigned level,
                         uint64_t gpa_page);

/* That place, of a page that was passed on, or HV_FRAME_NOWHERE: it did not come that way. */
uint64_t hv_frame_place(const struct hv_frames *frames, uint64_t spa_page, unsigned level);

/* Whether it was a partition of that level that passed the page on last. */
bool hv_frame_is_from(const struct hv_frames *frames, uint64_t spa_page, unsigned level);

/* Whether that partition (NULL: the root) has the page in its GPA space, and nobody else from it or
   beside it. */
bool hv_frame_is_held(const struct hv_frames *frames, uint64_t spa_page,
                      const struct hv_partition *holder);

/* Whether children of that partition (NULL: the root) share the page. */
bool hv_frame_is_shared(const struct hv_frames *frames, uint64_t spa_page,
                        const struct hv_partition *by);

/* Whether the page is deposited in anybody's pool. */
bool hv_frame_is_in_pool(const struct hv_frames *frames, uint64_t spa_page);

/* Whether the page is deposited in that partition's (NULL: the root's) pool. */
bool hv_frame_is_deposited(const struct hv_frames *frames, uint64_t spa_page,
                           const struct hv_partition *holder);

#endif
