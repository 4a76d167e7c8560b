/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A partition and VPs that are nothing but what the scheduler knows of them. */
#ifndef HV_CORE_TESTS_SCHED_FIXTURE_H
#define HV_CORE_TESTS_SCHED_FIXTURE_H

#include <string.h>

#include "core.h"
#include "fake_platform.h"

static struct fake_platform fake;
static struct hv_partition partition;

static inline void make_vps(struct hv_vp *vps, uint32_t count)
{
    fake_platform_init(&fake);
    memset(&partition, 0, sizeof(partition));
    partition.platform = &fake.platform;
    hv_cpu_share_init(&partition.share);
    memset(vps, 0, count * sizeof(*vps));
    for (uint32_t i = 0; i < count; i++) {
        vps[i].partition = &partition;
        vps[i].index = i;
    }
}

static inline void teardown(void)
{
    fake_platform_destroy(&fake);
}

#endif
