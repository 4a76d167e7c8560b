/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Guest virtual addresses that a VP has to forget: a queue for CPU back ends.
 *
 * A back end that can flush single pages only on the LP that owns a VP puts what other LPs ask for
 * into such a queue, one for each VP, by hv_cpu_ops.flush_ranges and hv_cpu_ops.flush_tlb. The
 * owner looks at it before each entry, after it has announced the entry: so either it sees what has
 * been put there, or whoever has put it there sees a VP that is in the guest, and waits for it.
 *
 * These functions touch nothing but the queue, may be called by functions of hv_cpu_ops, and never
 * wait. A queue of zeroes is empty.
 */
#ifndef HV_FLUSH_H
#define HV_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The most pages that are flushed one by one; where there are more, the whole TLB goes. Linux makes
 * a list of at most 33 pages and asks for everything beyond. Pages flushed singly take a VP longer
 * the more they are, which other LPs wait for.
 */
#define HV_FLUSH_MAXIMUM_PAGES 64u

/** Ranges that fit in a queue. */
#define HV_FLUSH_QUEUE_RANGES 16u

/** What waits for one VP. Its members are hv_flush_queue_add()'s and hv_flush_queue_take()'s. */
struct hv_flush_queue {
    _Atomic uint32_t claimed;               /**< Places that somebody fills or has filled. */
    _Atomic uint32_t filled;                /**< Places that are filled, or that all is to go. */
    uint64_t ranges[HV_FLUSH_QUEUE_RANGES]; /**< Ranges, as hv_cpu_ops.flush_ranges has them. */
};

/** What a VP has to forget now. */
struct hv_flush {
    bool all;                               /**< Everything; then the ranges do not matter. */
    uint32_t count;                         /**< Ranges. */
    uint64_t ranges[HV_FLUSH_QUEUE_RANGES]; /**< As hv_cpu_ops.flush_ranges has them. */
};

/** Pages that @p count ranges name together; a page that is named twice counts twice. Pure. */
uint64_t hv_flush_pages(const uint64_t *ranges, uint32_t count);

/**
 * Add @p count ranges, 1 or more, all of them or, when they do not fit, everything. On any LP, by
 * several at once.
 */
void hv_flush_queue_add(struct hv_flush_queue *queue, const uint64_t *ranges, uint32_t count);

/** Add everything. On any LP. */
void hv_flush_queue_add_all(struct hv_flush_queue *queue);

/** Whether nothing waits. On any LP; sequentially consistent, as is what hv_flush_queue_add() does
 *  last. */
static inline bool hv_flush_queue_is_empty(const struct hv_flush_queue *queue)
{
    return queue->filled == 0;
}

/**
 * Take what waits: everything, or ranges of at most HV_FLUSH_MAXIMUM_PAGES pages together. On the
 * LP that owns the VP, which forgets it before it enters the guest.
 * @param queue what others have added to.
 * @param[out] flush what to forget; no ranges, and not everything, when the queue was empty.
 */
void hv_flush_queue_take(struct hv_flush_queue *queue, struct hv_flush *flush);

#endif
