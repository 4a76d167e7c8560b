/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Statistics pages of a partition and of a VP (TLFS v2.0: statistics). */
#ifndef HV_CORE_STATS_H
#define HV_CORE_STATS_H

#include <hv/status.h>

#include "msr.h"

struct hv_partition;
struct hv_stats_pages;

hv_status hv_stats_init(struct hv_partition *partition, struct hv_stats_pages *stats);
/* Gives the pages back, also those of an initialization that failed. */
void hv_stats_destroy(struct hv_partition *partition, struct hv_stats_pages *stats);
void hv_stats_reset(struct hv_partition *partition, struct hv_stats_pages *stats);

hv_msr_reader hv_stats_read;
hv_msr_writer hv_stats_write;

#endif
