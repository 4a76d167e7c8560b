/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "debug_loopback.h"

#include <hv/abi/tlfs.h>

#include "lock.h"

#define BUFFER_SIZE 8192u /* two posts of the largest size, and not three */

/* Bytes first to first + count, modulo the size, wait. */
static struct {
    atomic_flag lock;
    uint32_t first, count;
    uint64_t received;
    uint8_t bytes[BUFFER_SIZE];
} loop = { .lock = ATOMIC_FLAG_INIT };

static hv_status post(void *context, struct hv_partition *partition, const void *data,
                      uint32_t count, uint32_t *pending)
{
    const uint8_t *bytes = data;
    hv_status status = HV_STATUS_INSUFFICIENT_BUFFERS;

    (void)context;
    (void)partition;
    lock_acquire(&loop.lock);
    if (count <= BUFFER_SIZE - loop.count) {
        for (uint32_t i = 0; i < count; i++)
            loop.bytes[(loop.first + loop.count + i) % BUFFER_SIZE] = bytes[i];
        loop.count += count;
        loop.received += count;
        status = HV_STATUS_SUCCESS;
    }
    *pending = loop.count;
    lock_release(&loop.lock);
    return status;
}

static hv_status retrieve(void *context, struct hv_partition *partition, void *data, uint32_t count,
                          uint32_t *retrieved, uint32_t *remaining)
{
    uint8_t *bytes = data;
    hv_status status = HV_STATUS_NO_DATA;

    (void)context;
    (void)partition;
    lock_acquire(&loop.lock);
    if (loop.count != 0) {
        *retrieved = count < loop.count ? count : loop.count;
        for (uint32_t i = 0; i < *retrieved; i++)
            bytes[i] = loop.bytes[(loop.first + i) % BUFFER_SIZE];
        loop.first = (loop.first + *retrieved) % BUFFER_SIZE;
        loop.count -= *retrieved;
        *remaining = loop.count;
        status = HV_STATUS_SUCCESS;
    }
    lock_release(&loop.lock);
    return status;
}

/* What waits was posted and is received, both. */
static hv_status purge(void *context, struct hv_partition *partition, bool incoming, bool outgoing)
{
    hv_status status;

    (void)context;
    (void)partition;
    (void)incoming;
    (void)outgoing;
    lock_acquire(&loop.lock);
    status = loop.count != 0 ? HV_STATUS_SUCCESS : HV_STATUS_NO_DATA;
    loop.count = 0;
    lock_release(&loop.lock);
    return status;
}

static uint64_t received(void *context)
{
    uint64_t count;

    (void)context;
    lock_acquire(&loop.lock);
    count = loop.received;
    lock_release(&loop.lock);
    return count;
}

void debug_loopback_init(struct hv_platform *platform)
{
    platform->debug = (struct hv_debug_ops){
        .post = post,
        .retrieve = retrieve,
        .purge = purge,
        .received = received,
    };
}
