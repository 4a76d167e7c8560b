/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a parent can say about its child's share of the processors. */
#include <conformance/child.h>

/* The property, or the test is skipped: an implementation may schedule all guests alike. */
static uint64_t get_or_skip(uint64_t id, uint32_t code, const char *what)
{
    uint64_t value = 0;
    uint16_t status = parent_get_property(id, code, &value);

    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_UNKNOWN_PROPERTY,
          "property 0x%x: status 0x%x", code, status);
    if (status != HV_STATUS_SUCCESS)
        test_skip("%s of a partition can't be set here", what);
    return value;
}

HV_TEST(scheduler, a_cap_has_a_range, COVERS(HV_REQ_SCHED_001, HV_REQ_PART_036), NEEDS_PARENT,
        "A guest that was to have a tenth of a processor takes all of it")
{
    uint64_t id, value;

    parent_begin();
    id = child_make_empty(0);
    CHECK_EQ(get_or_skip(id, HvPartitionPropertyCpuCap, "the cap"), HV_CPU_CAP_SCALE);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyCpuCap, HV_CPU_CAP_SCALE + 1),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyCpuCap, HV_CPU_CAP_SCALE / 4),
             HV_STATUS_SUCCESS);
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyCpuCap, &value), HV_STATUS_SUCCESS);
    CHECK_EQ(value, HV_CPU_CAP_SCALE / 4);
}

/* inc dword [0x3000]; jmp: it takes all that it gets. */
static const uint8_t counting[] = { 0xff, 0x05, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xf8 };

static uint64_t run_time(const struct child *child)
{
    return child_get(child, 0, HvRegisterVpRuntime);
}

HV_TEST(scheduler, a_capped_vp_waits, COVERS(HV_REQ_SCHED_001, HV_REQ_SCHED_008), NEEDS_PARENT,
        "What it doesn't get is what others were promised")
{
    struct child child;
    uint64_t before;

    parent_begin();
    child = child_make(CHILD_EXO);
    get_or_skip(child.id, HvPartitionPropertyCpuCap, "the cap");
    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyCpuCap, HV_CPU_CAP_SCALE / 5),
               HV_STATUS_SUCCESS);
    child_add_vp(&child, 0);
    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    udelay(200000);
    before = run_time(&child);
    udelay(1000000);
    CHECK(run_time(&child) - before < 3500000, "a fifth of a second became %llu units of 100 ns",
          (unsigned long long)(run_time(&child) - before));
}

#define PAGES_OF_A_VP 16 /* and some more */

HV_TEST(scheduler, reserves_fit_into_caps_and_processors,
        COVERS(HV_REQ_SCHED_002, HV_REQ_SCHED_003, HV_REQ_SCHED_004, HV_REQ_SCHED_005,
               HV_REQ_VP_048, HV_REQ_PART_036),
        NEEDS_PARENT, "Guarantees of more than there is are none")
{
    struct child child;
    uint64_t reserve = HvPartitionPropertyCpuReserve, value;
    unsigned created = 0;
    uint16_t status;

    parent_begin();
    child = child_make(CHILD_EXO);
    CHECK_EQ(get_or_skip(child.id, (uint32_t)reserve, "the reserve"), 0);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyCpuReserve, HV_CPU_CAP_SCALE + 1),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyCpuCap, HV_CPU_CAP_SCALE / 2),
               HV_STATUS_SUCCESS);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyCpuReserve, HV_CPU_CAP_SCALE / 2 + 1),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyCpuReserve, HV_CPU_CAP_SCALE / 2),
             HV_STATUS_SUCCESS);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyCpuCap, HV_CPU_CAP_SCALE / 4),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    /* Half a processor each; with more VPs than processors the reserve may be given up. */
    child_deposit(child.id, PAGES_OF_A_VP * (2 * cpu_count() + 1));
    do
        status = parent_create_vp(child.id, created);
    while (status == HV_STATUS_SUCCESS && ++created <= 2 * cpu_count());
    if (status == HV_STATUS_SUCCESS)
        CHECK_EQ(parent_get_property(child.id, HvPartitionPropertyCpuReserve, &value),
                 HV_STATUS_SUCCESS);
    CHECK(status == HV_STATUS_OPERATION_DENIED || (status == HV_STATUS_SUCCESS && value == 0),
          "%u VPs have half a processor each on %u: status 0x%x", created, cpu_count(), status);
}

HV_TEST(scheduler, weights_share_a_busy_processor,
        COVERS(HV_REQ_SCHED_006, HV_REQ_SCHED_007, HV_REQ_PART_036), NEEDS_PARENT,
        "A guest that is worth more gets more, and only when others want it too")
{
    uint64_t id, value;

    parent_begin();
    id = child_make_empty(0);
    CHECK_EQ(get_or_skip(id, HvPartitionPropertyCpuWeight, "the weight"), HV_CPU_WEIGHT_DEFAULT);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyCpuWeight, 0),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyCpuWeight, HV_CPU_WEIGHT_MAX + 1),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    CHECK_EQ(parent_set_property(id, HvPartitionPropertyCpuWeight, HV_CPU_WEIGHT_MAX),
             HV_STATUS_SUCCESS);
    CHECK_EQ(parent_get_property(id, HvPartitionPropertyCpuWeight, &value), HV_STATUS_SUCCESS);
    CHECK_EQ(value, HV_CPU_WEIGHT_MAX);
}
