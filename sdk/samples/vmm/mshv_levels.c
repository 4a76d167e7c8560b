/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "mshv_levels.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/mshv.h>

#include "mshv.h"

#define MSI_ADDRESS 0xFEE00000u
#define MSI_LEVEL   0x8000u /* bit of the data */

void mshv_levels_init(struct mshv_levels *levels)
{
    memset(levels, 0, sizeof(*levels));
    levels->epoll = -1;
}

void mshv_levels_free(struct mshv_levels *levels)
{
    for (uint32_t vector = 0; levels->epoll >= 0 && vector < MSHV_VECTORS; vector++)
        if (levels->raise[vector] > 0) {
            close(levels->raise[vector]);
            close(levels->ended[vector]);
        }
    if (levels->epoll >= 0)
        close(levels->epoll);
    mshv_levels_init(levels);
}

/* Once for the partition; nobody is told of ends before. */
static hv_status begin(struct mshv_levels *levels, int partition)
{
    const struct hv_input_install_intercept input = { .access_type = HV_INTERCEPT_ACCESS_MASK_WRITE,
                                                      .intercept_type = HvInterceptTypeX64ApicEoi };

    if (levels->epoll >= 0)
        return HV_STATUS_SUCCESS;
    levels->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (levels->epoll < 0)
        return HV_STATUS_OPERATION_FAILED;
    return mshv_call(partition, HvCallInstallIntercept, 0, &input, sizeof(input), NULL, 0);
}

/* The driver only wants to see that they are level-triggered: they are asserted by hypercalls. */
static bool route(const struct mshv_levels *levels, int partition)
{
    union {
        struct mshv_user_irq_table table;
        uint8_t bytes[sizeof(struct mshv_user_irq_table) +
                      MSHV_VECTORS * sizeof(struct mshv_user_irq_entry)];
    } routing;

    memset(&routing, 0, sizeof(routing));
    for (uint32_t vector = 0; vector < MSHV_VECTORS; vector++)
        if (levels->raise[vector] > 0)
            routing.table.entries[routing.table.nr++] = (struct mshv_user_irq_entry){
                .gsi = vector, .address_lo = MSI_ADDRESS, .data = MSI_LEVEL | vector
            };
    return ioctl(partition, MSHV_SET_MSI_ROUTING, &routing) >= 0;
}

static bool watch(const struct mshv_levels *levels, int partition, uint32_t vector)
{
    struct mshv_user_irqfd wanted = { .fd = levels->raise[vector],
                                      .resamplefd = levels->ended[vector],
                                      .gsi = vector,
                                      .flags = 1u << MSHV_IRQFD_BIT_RESAMPLE };
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = vector };

    return wanted.fd >= 0 && wanted.resamplefd >= 0 && route(levels, partition) &&
           ioctl(partition, MSHV_IRQFD, &wanted) >= 0 &&
           epoll_ctl(levels->epoll, EPOLL_CTL_ADD, wanted.resamplefd, &event) == 0;
}

hv_status mshv_levels_prepare(struct mshv_levels *levels, int partition,
                              const struct worker_interrupt *interrupt)
{
    uint32_t vector = interrupt->vector % MSHV_VECTORS;
    hv_status status = begin(levels, partition);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (levels->raise[vector] > 0)
        return HV_STATUS_SUCCESS;
    if (levels->raise[vector] < 0)
        return HV_STATUS_OPERATION_FAILED;
    levels->raise[vector] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    levels->ended[vector] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watch(levels, partition, vector))
        return HV_STATUS_SUCCESS;
    close(levels->raise[vector]);
    close(levels->ended[vector]);
    levels->raise[vector] = -1;
    return HV_STATUS_OPERATION_FAILED;
}

bool mshv_levels_take(struct mshv_levels *levels, uint32_t *vector)
{
    struct epoll_event event;
    uint64_t count;

    if (levels->epoll < 0 || epoll_wait(levels->epoll, &event, 1, 0) != 1)
        return false;
    *vector = event.data.u32;
    return read(levels->ended[*vector], &count, sizeof(count)) == sizeof(count);
}
