/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The worker's view of a child's partition: each of its wishes is a hypercall. */
#ifndef ROOT_VID_H
#define ROOT_VID_H

#include "child.h"

/* Fills child->vid. */
void root_vid_init(struct root_child *child);

#endif
