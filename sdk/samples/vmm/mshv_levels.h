/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Ends of level-triggered interrupts. The driver tells of one by a file, the resample eventfd of an
 * irqfd; it finds the irqfd by the vector that has ended, in the place of an interrupt's number. A
 * vector without one would be a message that the driver does not know and never takes out of its
 * slot, so each gets its file before it is asserted for the first time.
 */
#ifndef VMM_MSHV_LEVELS_H
#define VMM_MSHV_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

#include <worker/vid.h>

#define MSHV_VECTORS 256u

struct mshv_levels {
    int epoll;               /* of all ended; -1: no level-triggered interrupt was ever asserted */
    int raise[MSHV_VECTORS]; /* 0: the vector has none; -1: it can't have one */
    int ended[MSHV_VECTORS];
};

void mshv_levels_init(struct mshv_levels *levels);
void mshv_levels_free(struct mshv_levels *levels);

/* Makes sure that the end of the interrupt will be told. */
hv_status mshv_levels_prepare(struct mshv_levels *levels, int partition,
                              const struct worker_interrupt *interrupt);

/* Takes the vector of an interrupt that has ended; false: no more. */
bool mshv_levels_take(struct mshv_levels *levels, uint32_t *vector);

#endif
