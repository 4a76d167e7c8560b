/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypervisor's side of a child: partition, VPs, what of them is intercepted. */
#ifndef ROOT_PARTITION_H
#define ROOT_PARTITION_H

#include "child.h"

/* Both say in failed and status of the child what has gone wrong, and return false then. */
bool root_partition_make(struct root_child *child);

/* Takes apart what there is, and goes on where a step fails: a page that is lost should be the only
   one. */
bool root_partition_unmake(struct root_child *child);

/* Notes what could not be done, unless something was noted before; returns false. */
bool root_child_fail(struct root_child *child, const char *what, hv_status status);

#endif
