/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A GPA is memory, or a device, or nothing. Accesses are of 1 to 8 bytes within a page. */
#ifndef WORKER_PHYSICAL_H
#define WORKER_PHYSICAL_H

#include <worker/guest.h>

uint64_t worker_physical_read(struct worker_guest *guest, uint64_t gpa, unsigned size,
                              uint64_t now);
void worker_physical_write(struct worker_guest *guest, uint64_t gpa, unsigned size, uint64_t value,
                           uint64_t now);

#endif
