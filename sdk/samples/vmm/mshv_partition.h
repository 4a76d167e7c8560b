/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What the back end of /dev/mshv has, and the making of it. */
#ifndef VMM_MSHV_PARTITION_H
#define VMM_MSHV_PARTITION_H

#include <hvkit/machine.h>

#include "mshv.h"
#include "mshv_levels.h"
#include "trouble.h"

struct mshv_vp {
    int file;                              /* -1: there is none */
    struct hv_vp_register_page *registers; /* NULL: not mapped */
    bool stopped;                          /* by an intercept, and its registers unchanged */
};

struct mshv_partition {
    int device;
    int file; /* -1: there is none */
    struct mshv_levels levels;
    uint32_t vp_count; /* that were begun */
    struct mshv_vp vp[HV_MACHINE_MAX_VPS];
};

bool mshv_partition_make(struct mshv_partition *partition, const struct hv_machine *machine,
                         struct vmm_trouble *trouble);

void mshv_partition_unmake(struct mshv_partition *partition);

#endif
