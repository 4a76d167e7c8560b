/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The program, above any back end. */
#ifndef VMM_RUN_H
#define VMM_RUN_H

#include "backend.h"

/* Exit statuses. */
enum { VMM_EXIT_EXPECTED, VMM_EXIT_UNEXPECTED, VMM_EXIT_NOTHING };

/* backends: as vmm_backends. */
int vmm_main(const struct vmm_backend *const *backends, int count, char *const *arguments);

#endif
