/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which of the back ends runs the machine. */
#ifndef VMM_BACKEND_CHOICE_H
#define VMM_BACKEND_CHOICE_H

#include "backend.h"
#include "options.h"

/* The one that the options name, or the first whose device is there; NULL: there is trouble.
   backends: as vmm_backends. */
const struct vmm_backend *vmm_backend_choose(const struct vmm_backend *const *backends,
                                             const struct vmm_options *options,
                                             struct vmm_trouble *trouble);

#endif
