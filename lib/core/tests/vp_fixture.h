/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* One partition with VP 0 on a fake machine: what tests of a VP's exits stand on. */
#ifndef HV_CORE_TESTS_VP_FIXTURE_H
#define HV_CORE_TESTS_VP_FIXTURE_H

#include "core.h"
#include "fake_platform.h"

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_vp *vp;

static inline void use_partition(uint64_t privileges)
{
    partition = fake_partition_with(&fake, privileges);
    vp = fake_vp_create(&fake, partition, 0);
}

static inline void setup(void)
{
    fake_platform_init(&fake);
    use_partition(UINT64_MAX);
}

static inline void teardown(void)
{
    fake_platform_destroy(&fake);
}

/* A fresh machine, for tests that need one with other privileges or capabilities. */
static inline void begin_again(uint64_t privileges, uint32_t capabilities)
{
    fake_platform_destroy(&fake);
    fake_platform_init(&fake);
    fake.platform.facts.capabilities = capabilities;
    use_partition(privileges);
}

#endif
