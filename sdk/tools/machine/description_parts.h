/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The parts of a machine that have a grammar of their own. Each reports its errors. */
#ifndef MACHINE_DESCRIPTION_PARTS_H
#define MACHINE_DESCRIPTION_PARTS_H

#include "errors.h"
#include "tree.h"

struct hv_machine;

/* cpu: weight, reserve and cap. */
void cpu_read(struct errors *errors, const struct node *node, struct hv_machine *machine);

/* hyperv: the privileges. */
void hyperv_read(struct errors *errors, const struct node *node, struct hv_machine *machine);

/* devices, which replace those that the machine has. */
void devices_read(struct errors *errors, const struct node *node, struct hv_machine *machine);

/* ends, of a machine whose devices are known. */
void ends_read(struct errors *errors, const struct node *node, struct hv_machine *machine);

/* restarts, of a machine whose ends are known; without them (NULL) what these suggest. */
void restarts_read(struct errors *errors, const struct node *node, struct hv_machine *machine);

#endif
