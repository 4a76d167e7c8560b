/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where RAM is in a machine. */
#ifndef WORKER_LAYOUT_H
#define WORKER_LAYOUT_H

#include <worker/machine.h>

/* Gives the guest its memory and fills in the map. */
hv_status worker_layout_init(struct worker_machine *machine);

#endif
