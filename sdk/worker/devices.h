/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The devices of a machine: made, and put on their buses. */
#ifndef WORKER_DEVICES_H
#define WORKER_DEVICES_H

#include <worker/machine.h>

/* Buses must be empty. False: they have no room. */
bool worker_devices_init(struct worker_machine *machine, uint64_t now);

void worker_devices_advance(struct worker_machine *machine, uint64_t now);
uint64_t worker_devices_deadline(const struct worker_machine *machine);
void worker_devices_flush(struct worker_machine *machine);

/* Adds the devices' ranges to the buses. False: they have no room. */
bool worker_devices_attach_isa(struct worker_machine *machine);
bool worker_devices_attach_system(struct worker_machine *machine);

#endif
