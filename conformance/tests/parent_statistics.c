/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Statistics pages: counters of the hypervisor, mapped where the caller asks for them. */
#include <conformance/child.h>

#define NEEDS_STATISTICS NEEDS(.privileges = PARENT_PRIVILEGES | HV_PRIVILEGE_AccessStats)

/* HvCallMapStatsPage2: HvCallMapStatsPage with a place behind it. */
struct map_input {
    struct hv_input_map_stats_page map;
    uint64_t map_location;
};

static struct hv_input_map_stats_page object(uint32_t type, uint64_t id, uint32_t vp)
{
    return (struct hv_input_map_stats_page){
        .stats_type = type, .object_identity = { .object_id = id, .vp_index = vp }
    };
}

static uint16_t map_at(struct hv_input_map_stats_page what, const volatile void *at)
{
    struct map_input block = { .map = what, .map_location = page_number(at) };

    return parent_simple(HvCallMapStatsPage2, &block, sizeof(block));
}

/* Where the implementation puts it: at a page that the caller has given away, so it may ask for
 * one. */
static uint16_t map(struct hv_input_map_stats_page what, uint64_t *page)
{
    uint16_t status = parent_simple(HvMapStatsPage, &what, sizeof(what));

    if (status == HV_STATUS_INSUFFICIENT_MEMORY || status == HV_STATUS_INSUFFICIENT_ROOT_MEMORY) {
        child_deposit(HV_PARTITION_ID_SELF, 1);
        status = parent_simple(HvMapStatsPage, &what, sizeof(what));
    }
    memcpy(page, parent_output(), sizeof(*page));
    return status;
}

static uint16_t unmap(struct hv_input_map_stats_page what)
{
    return parent_simple(HvCallUnmapStatsPage, &what, sizeof(what));
}

HV_TEST(statistics, pages_of_every_object_are_mapped,
        COVERS(HV_REQ_STATS_001, HV_REQ_STATS_003, HV_REQ_STATS_004), NEEDS_STATISTICS,
        "Linux maps one for each VP, and fails if it can't")
{
    struct child child = child_begin(CHILD_EXO);
    const struct hv_input_map_stats_page objects[] = {
        object(HvStatsObjectHypervisor, 0, 0),       object(HvStatsObjectLogicalProcessor, 0, 0),
        object(HvStatsObjectPartition, child.id, 0), object(HvStatsObjectVp, child.id, 0),
        object(HvStatsObjectVp, parent_own_id(), 0),
    };
    uint64_t page, value;

    for (unsigned i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        REQUIRE_EQ(map(objects[i], &page), HV_STATUS_SUCCESS);
        CHECK_EQ(parent_output_written(sizeof(page)), 0);
        CHECK_NO_FAULT(safe_read64(virt_of(page << PAGE_SHIFT), &value));
        CHECK_EQ(unmap(objects[i]), HV_STATUS_SUCCESS);
        CHECK_EQ(unmap(objects[i]), HV_STATUS_OPERATION_DENIED);
    }
    CHECK_EQ(map(object(3, 0, 0), &page), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(map(object(0x10003, child.id, 0), &page), HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(statistics, a_place_is_given, COVERS(HV_REQ_STATS_002, HV_REQ_STATS_007, HV_REQ_STATS_011),
        NEEDS_STATISTICS, "What was under the page is memory of the caller's")
{
    struct child child = child_begin(CHILD_EXO);
    struct map_input block = { .map = object(HvStatsObjectVp, child.id, 0) };
    volatile uint8_t *page = child_page(0x66);

    REQUIRE_EQ(map_at(block.map, page), HV_STATUS_SUCCESS);
    CHECK(hv_differing(page, 0x66, 0) > PAGE_SIZE / 2, "the page is not there");
    CHECK_FAULT(safe_write8(page, 1), VECTOR_MC);
    CHECK_EQ(unmap(block.map), HV_STATUS_SUCCESS);
    CHECK_EQ(hv_differing(page, 0x66, 0), 0);
    block.map.padding = 1;
    block.map_location = page_number(page);
    CHECK_EQ(parent_simple(HvCallMapStatsPage2, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(statistics, a_page_is_mapped_once, COVERS(HV_REQ_STATS_006), NEEDS_STATISTICS,
        "Two callers would unmap it under each other")
{
    struct child child = child_begin(CHILD_EXO);
    struct hv_input_map_stats_page vp = object(HvStatsObjectVp, child.id, 0);

    REQUIRE_EQ(map_at(vp, child_page(0)), HV_STATUS_SUCCESS);
    CHECK_EQ(map_at(vp, child_page(0)), HV_STATUS_OPERATION_DENIED);
    CHECK_EQ(unmap(vp), HV_STATUS_SUCCESS);
    CHECK_EQ(map_at(vp, child_page(0)), HV_STATUS_SUCCESS);
}

HV_TEST(statistics, a_page_goes_with_its_object, COVERS(HV_REQ_STATS_008), NEEDS_STATISTICS,
        "A page of a VP that is gone is the memory of the next one")
{
    struct child child = child_begin(CHILD_EXO);
    volatile uint8_t *of_vp = child_page(0x66), *of_partition = child_page(0x77);

    REQUIRE_EQ(map_at(object(HvStatsObjectVp, child.id, 0), of_vp), HV_STATUS_SUCCESS);
    REQUIRE_EQ(map_at(object(HvStatsObjectPartition, child.id, 0), of_partition),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_delete_vp(child.id, 0), HV_STATUS_SUCCESS);
    CHECK_EQ(hv_differing(of_vp, 0x66, 0), 0);
    child_remove(child.id);
    CHECK_EQ(hv_differing(of_partition, 0x77, 0), 0);
}

HV_TEST(statistics, objects_are_checked, COVERS(HV_REQ_STATS_012, HV_REQ_STATS_013),
        NEEDS_STATISTICS, "Counters of a guest that does not exist are those of another one")
{
    struct child child = child_begin(CHILD_EXO);
    uint64_t page, created = child_create(0);
    struct hv_input_map_stats_page vp = object(HvStatsObjectVp, child.id, 0);

    for (unsigned i = 0; i < 3; i++) {
        vp.object_identity.reserved[i] = 1;
        CHECK_EQ(map(vp, &page), HV_STATUS_INVALID_PARAMETER);
        vp.object_identity.reserved[i] = 0;
    }
    CHECK_EQ(map(object(HvStatsObjectVp, child.id, 7), &page), HV_STATUS_INVALID_VP_INDEX);
    CHECK_EQ(map(object(HvStatsObjectVp, PARENT_NOBODY, 0), &page), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(map(object(HvStatsObjectPartition, PARENT_NOBODY, 0), &page),
             HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(map(object(HvStatsObjectVp, created, 0), &page), HV_STATUS_INVALID_PARTITION_STATE);
    CHECK_EQ(map(object(HvStatsObjectHypervisor, 1, 0), &page), HV_STATUS_INVALID_PARAMETER);
}
