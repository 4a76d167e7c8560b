/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A root partition of a fake platform with its children and their children, and what holds of all
 * of them whatever the root has called: every page has one holder, or is shared by as many mappings
 * of one level as there are; what is deposited is in nobody's reach; the accounts of all pools
 * balance; ports and connections know each other; and when all children are gone, the root has
 * everything that it had.
 */
#ifndef FUZZ_HOUSEHOLD_H
#define FUZZ_HOUSEHOLD_H

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"

/* Pages of the root's memory that it may give away, from this one to FAKE_FIRST_POOL. */
#define HOUSEHOLD_FIRST_OWN 4

/* The GPA pages of children whose way through all levels is followed. */
#define HOUSEHOLD_GPA       UINT64_C(0x100)
#define HOUSEHOLD_GPA_PAGES 80

/* Makes the platform, whose clock goes on at each look and whose LPs react at once, and the root,
   which listens to messages and events; returns its VP. One at a time. */
struct hv_vp *household_begin(struct fake_platform *platform);

/* Pages that the root has for itself: unused ones, and its tables. */
size_t household_own_pages(void);

/* Fails if something does not hold. Between two calls. */
void household_check(void);

/* The root reads all messages of intercepts: while one is on its way it refers to the child. */
void household_take_intercepts(void);

/* Ends all children, and fails if the root has not got back all of the own pages that it had. */
void household_end(size_t own);

#endif
