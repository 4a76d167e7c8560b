/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Guest crash registers (TLFS: partition properties, "guest crash enlightenment"). */
#ifndef HV_CORE_CRASH_H
#define HV_CORE_CRASH_H

#include <stdint.h>

#include "msr.h"

struct hv_partition;

hv_status hv_crash_init(struct hv_partition *partition);
/* Gives the page back, if there is one. */
void hv_crash_destroy(struct hv_partition *partition);
void hv_crash_reset(struct hv_partition *partition);

hv_msr_reader hv_crash_read_parameter;
hv_msr_writer hv_crash_write_parameter;
hv_msr_reader hv_crash_read_control;
hv_msr_writer hv_crash_write_control;

#endif
