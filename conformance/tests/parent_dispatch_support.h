/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tests of HvCallDispatchVp begin with. */
#ifndef PARENT_DISPATCH_SUPPORT_H
#define PARENT_DISPATCH_SUPPORT_H

#include <conformance/child.h>

#define DISPATCH_PRIVILEGES (PARENT_PRIVILEGES | HV_PRIVILEGE_CpuManagement)

/* A child's VPs have register pages and message pages. */
#define DISPATCH_CHILD (CHILD_EXO | HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED)

/* Who schedules: HV_SCHEDULER_TYPE. */
static inline uint64_t dispatch_scheduler_type(void)
{
    const struct hv_input_get_system_property block = { .property_id =
                                                            HvSystemPropertySchedulerType };
    uint64_t type;

    parent_begin();
    REQUIRE_EQ(parent_simple(HvCallGetSystemProperty, &block, sizeof(block)), HV_STATUS_SUCCESS);
    memcpy(&type, parent_output(), sizeof(type));
    return type;
}

/* A child, where the root schedules; otherwise the test is skipped. */
static inline struct child dispatch_begin(void)
{
    if (dispatch_scheduler_type() != HvSchedulerTypeRoot)
        test_skip("the hypervisor schedules");
    return child_begin(DISPATCH_CHILD);
}

/* Statistics of VP 0. */
static inline volatile const uint64_t *dispatch_map_counters(const struct child *child)
{
    const struct hv_input_map_stats_page block = { .stats_type = HvStatsObjectVp,
                                                   .object_identity = { .object_id = child->id } };
    uint64_t page;

    child_deposit(HV_PARTITION_ID_SELF, 1);
    REQUIRE_EQ(parent_simple(HvMapStatsPage, &block, sizeof(block)), HV_STATUS_SUCCESS);
    memcpy(&page, parent_output(), sizeof(page));
    return virt_of(page << PAGE_SHIFT);
}

#endif
