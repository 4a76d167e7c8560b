/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What no message tells: that a child has reported a crash, or stands still for good. */
#ifndef ROOT_WATCH_H
#define ROOT_WATCH_H

#include "child.h"

/* Whether the guest has written something into its crash registers. */
bool root_watch_crash(const struct root_child *child);

/* Looks at a child that runs; ROOT_RUNS, or the end that it has come to. */
enum root_end root_watch(struct root_child *child);

#endif
