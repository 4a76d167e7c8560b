/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A queue with many producers and one consumer, without a lock, so that nobody waits for an LP that
 * was interrupted in the middle. A producer claims places, fills them and says so; the consumer
 * takes all that are filled and gives the places back. The order in which pages are forgotten does
 * not matter.
 */
#include <stdatomic.h>

#include <hv/abi/tlfs.h>
#include <hv/flush.h>

#define PLACES ((1u << HV_FLUSH_QUEUE_RANGES) - 1)
#define ALL    (1u << 31) /* of hv_flush_queue.filled */

_Static_assert(HV_FLUSH_QUEUE_RANGES < 31, "places and ALL are bits of one word");

static uint64_t pages_of(uint64_t range)
{
    return (range & HV_GVA_RANGE_ADDITIONAL_PAGES_MASK) + 1;
}

uint64_t hv_flush_pages(const uint64_t *ranges, uint32_t count)
{
    uint64_t pages = 0;

    for (uint32_t i = 0; i < count; i++)
        pages += pages_of(ranges[i]);
    return pages;
}

/* A place that was free, as a bit; 0 when there is none. */
static uint32_t claim(struct hv_flush_queue *queue)
{
    uint32_t claimed = atomic_load_explicit(&queue->claimed, memory_order_relaxed), place;

    do {
        place = ~claimed & (claimed + 1) & PLACES;
        if (!place)
            return 0;
        /* Acquire: pairs with the release in hv_flush_queue_take(), which has read this place. */
    } while (!atomic_compare_exchange_weak_explicit(&queue->claimed, &claimed, claimed | place,
                                                    memory_order_acquire, memory_order_relaxed));
    return place;
}

void hv_flush_queue_add(struct hv_flush_queue *queue, const uint64_t *ranges, uint32_t count)
{
    uint32_t filled = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = claim(queue);

        if (!place) {
            filled |= ALL;
            break;
        }
        queue->ranges[__builtin_ctz(place)] = ranges[i];
        filled |= place;
    }
    /* Sequentially consistent: what the caller looks at next is whether the VP is in the guest. */
    atomic_fetch_or(&queue->filled, filled);
}

void hv_flush_queue_add_all(struct hv_flush_queue *queue)
{
    atomic_fetch_or(&queue->filled, ALL);
}

void hv_flush_queue_take(struct hv_flush_queue *queue, struct hv_flush *flush)
{
    /* Acquire: pairs with the release of those who have filled these places. */
    uint32_t filled = atomic_exchange_explicit(&queue->filled, 0, memory_order_acquire);
    uint32_t places = filled & PLACES, count = 0;
    uint64_t pages = 0;

    for (uint32_t left = places; left; left &= left - 1) {
        flush->ranges[count] = queue->ranges[__builtin_ctz(left)];
        pages += pages_of(flush->ranges[count++]);
    }
    flush->count = count;
    flush->all = (filled & ALL) || pages > HV_FLUSH_MAXIMUM_PAGES;
    /* Release: whoever claims these places next writes to them after they were read. */
    if (places)
        atomic_fetch_and_explicit(&queue->claimed, ~places, memory_order_release);
}
