/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Statistics pages by hypercall, and what is counted in them. Why: a root's tools add up what they
 * find there, and Linux doesn't start a VP whose page it can't map.
 */
#include "hypercall.h"
#include "root_fixture.h"
#include "stats.h"
#include "suite.h"

#define POOL     40
#define SPARE    (FIRST_OWN + 100)   /* pages that the tests deposit for the root itself */
#define PLACE    UINT64_C(0x40000)   /* where nothing is mapped */
#define VP_PAGES (8 + FAKE_VP_PAGES) /* of a VP */

static struct hv_partition *child;

static void setup_child(void)
{
    struct hv_input_create_vp input = { 0 };

    setup();
    child = active_child(FIRST_OWN, POOL);
    input.partition_id = child->id;
    ck_assert_uint_eq(call(HvCallCreateVp, &input, sizeof(input)), HV_STATUS_SUCCESS);
}

static struct hv_input_map_stats_page object(uint32_t type, uint64_t id, uint32_t vp_index)
{
    return (struct hv_input_map_stats_page){
        .stats_type = type, .object_identity = { .object_id = id, .vp_index = vp_index }
    };
}

static uint64_t map(uint32_t type, uint64_t id, uint32_t vp_index)
{
    struct hv_input_map_stats_page input = object(type, id, vp_index);

    return call(HvMapStatsPage, &input, sizeof(input));
}

static uint64_t map_at(uint32_t type, uint64_t id, uint32_t vp_index, uint64_t place)
{
    struct hv_input_map_stats_page2 input = { .map = object(type, id, vp_index),
                                              .map_location = place };

    return call(HvCallMapStatsPage2, &input, sizeof(input));
}

static uint64_t unmap(uint32_t type, uint64_t id, uint32_t vp_index)
{
    struct hv_input_map_stats_page input = object(type, id, vp_index);

    return call(HvCallUnmapStatsPage, &input, sizeof(input));
}

/* What the root sees at a page that it was told of. */
static const uint64_t *seen_at(uint64_t gpa_page)
{
    struct hv_mapping mapping;

    ck_assert(hv_address_translate(root, gpa_page, &mapping));
    ck_assert(mapping.overlay);
    ck_assert_uint_eq(mapping.access, HV_ACCESS_READ);
    return page_at(mapping.spa_page);
}

static uint64_t counter(const struct hv_vp *vp, unsigned index)
{
    const uint64_t *counters = vp->stats.overlay[0].page;

    return counters[index];
}

/* ---- The pages ---- */

START_TEST(a_childs_page_is_where_the_root_had_it)
{
    uint64_t place;

    ck_assert_uint_eq(map(HvStatsObjectVp, child->id, 0), HV_STATUS_SUCCESS);
    place = output(0);
    ck_assert_uint_eq(place, hv_vp_get(child, 0)->stats.overlay[0].spa_page);
    ck_assert_ptr_eq(seen_at(place), hv_vp_get(child, 0)->stats.overlay[0].page);
    ck_assert_uint_eq(map(HvStatsObjectVp, child->id, 0), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(unmap(HvStatsObjectVp, child->id, 0), HV_STATUS_SUCCESS);
    ck_assert(!hv_address_translate(root, place, &(struct hv_mapping){ 0 }));
    ck_assert_uint_eq(unmap(HvStatsObjectVp, child->id, 0), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(map(HvStatsObjectVp, child->id, 0), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(the_root_keeps_a_place_for_what_it_has_not_deposited)
{
    uint64_t available;

    ck_assert_uint_eq(map(HvStatsObjectPartition, root->id, 0), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(deposit(HV_PARTITION_ID_SELF, SPARE, 1), result(HV_STATUS_SUCCESS, 1));
    available = hv_partition_available(root);
    ck_assert_uint_eq(map(HvStatsObjectPartition, HV_PARTITION_ID_SELF, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), SPARE);
    ck_assert_uint_eq(seen_at(SPARE)[PtPartitionId], root->id);
    ck_assert_uint_eq(hv_partition_available(root), available - 1);
    ck_assert_uint_eq(withdraw(HV_PARTITION_ID_SELF, 1), result(HV_STATUS_NO_RESOURCES, 0));
    ck_assert_uint_eq(map(HvStatsObjectVp, root->id, 0), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(unmap(HvStatsObjectPartition, root->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map(HvStatsObjectVp, root->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output(0), SPARE);
    ck_assert_uint_eq(unmap(HvStatsObjectVp, root->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(withdraw(HV_PARTITION_ID_SELF, 1), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(a_place_can_be_named)
{
    const uint64_t beyond = root->address.page_count + 5;

    ck_assert_uint_eq(map_at(HvStatsObjectVp, child->id, 0, PLACE), HV_STATUS_SUCCESS);
    ck_assert_ptr_eq(seen_at(PLACE), hv_vp_get(child, 0)->stats.overlay[0].page);
    ck_assert_uint_eq(map_at(HvStatsObjectPartition, child->id, 0, beyond), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unmap(HvStatsObjectPartition, child->id, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectHypervisor, 0, 0, PLACE + 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(seen_at(PLACE + 1)[HvLogicalProcessors], fake.platform.facts.lp_count);
}
END_TEST

START_TEST(a_write_is_a_machine_check)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY,
                            .instruction_length = 2,
                            .gprs = &fake_vp(root_vp)->gprs,
                            .memory = { .gpa = PLACE << HV_PAGE_SHIFT,
                                        .access = HV_ACCESS_WRITE } };

    ck_assert_uint_eq(map_at(HvStatsObjectVp, child->id, 0, PLACE), HV_STATUS_SUCCESS);
    fake_vp(root_vp)->injected = false;
    ck_assert_int_eq(hv_vp_exit(root_vp, &exit), HV_DISPOSITION_RESUME);
    ck_assert(fake_injected(root_vp, HV_X64_EXCEPTION_MC));
}
END_TEST

START_TEST(what_is_gone_is_not_seen_any_more)
{
    struct hv_input_delete_vp input = { .partition_id = child->id };

    ck_assert_uint_eq(map_at(HvStatsObjectVp, child->id, 0, PLACE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectPartition, child->id, 0, PLACE + 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call(HvCallDeleteVp, &input, sizeof(input)), HV_STATUS_SUCCESS);
    ck_assert(!hv_address_translate(root, PLACE, &(struct hv_mapping){ 0 }));
    ck_assert(hv_address_translate(root, PLACE + 1, &(struct hv_mapping){ 0 }));
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert(!hv_address_translate(root, PLACE + 1, &(struct hv_mapping){ 0 }));
    ck_assert_uint_eq(withdraw(child->id, POOL + 1), result(HV_STATUS_NO_RESOURCES, POOL));
}
END_TEST

START_TEST(a_call_that_is_refused_shows_nothing)
{
    struct hv_input_map_stats_page input = object(HvStatsObjectVp, child->id, 0);
    struct hv_partition *created = create_child();

    ck_assert_uint_eq(map(HvStatsObjectVp, child->id, 7), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(map(HvStatsObjectVp, 999, 0), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(map(HvStatsObjectPartition, 999, 0), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(map(HvStatsObjectVp, created->id, 0), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(map(HvStatsObjectPartition, created->id, 0),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(map(HvStatsObjectPartition, child->id, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(map(HvStatsObjectHypervisor, 1, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(map(HvStatsObjectHypervisor, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(map(HvStatsObjectLogicalProcessor, fake.platform.facts.lp_count, 0),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(map(3, 0, 0), HV_STATUS_INVALID_PARAMETER);
    input.object_identity.stats_area_type = HV_STATS_AREA_PARENT;
    ck_assert_uint_eq(call(HvMapStatsPage, &input, sizeof(input)), HV_STATUS_INVALID_PARAMETER);
    input.object_identity.stats_area_type = HV_STATS_AREA_SELF;
    for (unsigned i = 0; i < 3; i++) {
        input.object_identity.reserved[i] = 1;
        ck_assert_uint_eq(call(HvMapStatsPage, &input, sizeof(input)), HV_STATUS_INVALID_PARAMETER);
        input.object_identity.reserved[i] = 0;
    }
    input.padding = 1;
    ck_assert_uint_eq(call(HvMapStatsPage, &input, sizeof(input)), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(unmap(HvStatsObjectVp, child->id, 0), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(unmap(HvStatsObjectHypervisor, 0, 0), HV_STATUS_OPERATION_DENIED);
}
END_TEST

START_TEST(who_may_see_what)
{
    ck_assert(hv_partition_may(root, HV_PRIVILEGE_AccessStats));
    root->features.privileges &= ~HV_PRIVILEGE_AccessStats;
    ck_assert_uint_eq(map_at(HvStatsObjectVp, child->id, 0, PLACE), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(unmap(HvStatsObjectVp, child->id, 0), HV_STATUS_ACCESS_DENIED);
    root->features.privileges |= HV_PRIVILEGE_AccessStats;
    /* Global objects are the root's. */
    root->root = false;
    ck_assert_uint_eq(map_at(HvStatsObjectHypervisor, 0, 0, PLACE), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 0, 0, PLACE), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(map_at(HvStatsObjectVp, child->id, 0, PLACE), HV_STATUS_SUCCESS);
}
END_TEST

/* TLFS v2.0 21.1.3: headers, one behind the group of the other, and the end. */
static void expect_groups(const uint64_t *page, unsigned second, unsigned end)
{
    const struct hv_statistics_group_header *headers = (const void *)page;
    unsigned first_end = second ? second : end;

    ck_assert_uint_eq(headers[0].type, HV_STATISTICS_TYPE_ARCHITECTURAL);
    ck_assert_uint_eq(headers[0].version_major, 1);
    ck_assert_uint_eq(headers[0].version_minor, 0);
    ck_assert_uint_eq(headers[0].length, (first_end - 1) * 8);
    if (second) {
        ck_assert_uint_eq(headers[second].type, HV_STATISTICS_TYPE_RELEASE_SPECIFIC);
        ck_assert_uint_eq(headers[second].length, (end - second - 1) * 8);
    }
    for (unsigned i = end; i < HV_STATISTICS_PAGE_COUNTERS; i++)
        ck_assert_uint_eq(page[i], 0);
}

START_TEST(pages_are_groups_of_counters)
{
    ck_assert_uint_eq(map_at(HvStatsObjectVp, child->id, 0, PLACE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectPartition, child->id, 0, PLACE + 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectHypervisor, 0, 0, PLACE + 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 1, 0, PLACE + 3), HV_STATUS_SUCCESS);
    expect_groups(seen_at(PLACE), HV_STATISTICS_VP_SECOND, HV_STATISTICS_VP_COUNTERS);
    expect_groups(seen_at(PLACE + 1), HV_STATISTICS_PT_SECOND, HV_STATISTICS_PT_COUNTERS);
    expect_groups(seen_at(PLACE + 2), HV_STATISTICS_HV_SECOND, HV_STATISTICS_HV_COUNTERS);
    expect_groups(seen_at(PLACE + 3), 0, HV_STATISTICS_LP_COUNTERS);
}
END_TEST

/* ---- The page without groups ---- */

/* What a VP's own partition has at the page of an MSR, or NULL. */
static const void *own_page(struct hv_vp *vp, uint64_t gpa_page)
{
    struct hv_mapping mapping;

    if (!hv_address_translate(vp->partition, gpa_page, &mapping))
        return NULL;
    ck_assert(mapping.overlay);
    ck_assert_uint_eq(mapping.access, HV_ACCESS_READ);
    return page_at(mapping.spa_page);
}

static void place_internal(struct hv_vp *vp, uint32_t msr, uint64_t gpa_page)
{
    fake_vp(vp)->injected = false;
    (void)fake_wrmsr(vp, msr, gpa_page << HV_PAGE_SHIFT | HV_X64_MSR_PAGE_ENABLE);
    ck_assert(!fake_vp(vp)->injected);
}

/* Each has a place of its own for it, and takes it along. */
START_TEST(vps_share_the_internal_page_of_their_partition)
{
    static const uint8_t zeros[HV_PAGE_SIZE];
    struct hv_vp *vp = hv_vp_get(child, 0);
    struct hv_input_delete_vp input = { .partition_id = child->id };

    child->features.privileges |= HV_PRIVILEGE_AccessStatsReg;
    place_internal(vp, HV_X64_MSR_STATS_VP_INTERNAL_PAGE, PLACE);
    place_internal(vp, HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE, PLACE + 1);
    ck_assert_ptr_nonnull(own_page(vp, PLACE));
    ck_assert_ptr_eq(own_page(vp, PLACE), own_page(vp, PLACE + 1));
    ck_assert_mem_eq(own_page(vp, PLACE), zeros, sizeof(zeros));
    place_internal(vp, HV_X64_MSR_STATS_VP_INTERNAL_PAGE, PLACE + 1);
    ck_assert_ptr_null(own_page(vp, PLACE));
    ck_assert_uint_eq(call(HvCallDeleteVp, &input, sizeof(input)), HV_STATUS_SUCCESS);
    ck_assert(hv_address_translate(child, PLACE + 1, &(struct hv_mapping){ 0 }));
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(withdraw(child->id, POOL + 1), result(HV_STATUS_NO_RESOURCES, POOL));
}
END_TEST

/* ---- What is counted ---- */

START_TEST(partitions_vps_and_pages_are_counted)
{
    const uint64_t *all, *own, *childs;
    uint64_t pages;

    ck_assert_uint_eq(map_at(HvStatsObjectHypervisor, 0, 0, PLACE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectPartition, root->id, 0, PLACE + 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectPartition, child->id, 0, PLACE + 2), HV_STATUS_SUCCESS);
    all = seen_at(PLACE);
    own = seen_at(PLACE + 1);
    childs = seen_at(PLACE + 2);
    ck_assert_uint_eq(all[HvPartitions], 2);
    ck_assert_uint_eq(all[HvVirtualProcessors], 2);
    ck_assert_uint_eq(own[PtVirtualProcessors], 1);
    ck_assert_uint_eq(own[PtNumberofActiveChildPartitions], 1);
    ck_assert_uint_eq(own[PtDepositedPages], root->pool.total);
    ck_assert_uint_eq(childs[PtPartitionId], child->id);
    ck_assert_uint_eq(childs[PtVirtualProcessors], 1);
    ck_assert_uint_eq(childs[PtDepositedPages], POOL);
    pages = all[HvTotalPages];
    ck_assert_uint_eq(pages, root->pool.total + POOL);
    ck_assert_uint_eq(deposit(child->id, FIRST_OWN + POOL, 2), result(HV_STATUS_SUCCESS, 2));
    ck_assert_uint_eq(all[HvTotalPages], pages + 2);
    ck_assert_uint_eq(childs[PtDepositedPages], POOL + 2);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(all[HvVirtualProcessors], 1);
    ck_assert_uint_eq(withdraw(child->id, POOL + 2), result(HV_STATUS_SUCCESS, POOL + 2));
    ck_assert_uint_eq(call_id(HvCallDeletePartition, child->id), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(all[HvTotalPages], pages - POOL);
    ck_assert_uint_eq(all[HvPartitions], 1);
    ck_assert_uint_eq(own[PtNumberofActiveChildPartitions], 0);
}
END_TEST

#define UNIT (FAKE_TSC_HZ / 10000000) /* ticks in 100 ns */

static uint64_t lp_ticks;

/* Half a unit more, which no rounding takes for another one. */
static void tell_lp_time(void *context, uint32_t lp, struct hv_lp_run_time *time)
{
    (void)context;
    time->total = (lp + 1) * lp_ticks + UNIT / 2;
    time->guests = time->total / 2;
    time->hypervisor = time->total / 4;
}

START_TEST(times_of_logical_processors_are_brought_up_to_date)
{
    const uint64_t *page;

    fake.platform.cpu.lp_run_time = tell_lp_time;
    lp_ticks = 1000 * UNIT;
    /* The first that is asked for need not be the first there is. */
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 3, 0, PLACE), HV_STATUS_SUCCESS);
    page = seen_at(PLACE);
    ck_assert_uint_eq(page[LpGlobalTime], 4000);
    ck_assert_uint_eq(page[LpTotalRunTime], 3000);
    ck_assert_uint_eq(page[LpHypervisorRunTime], 1000);
    lp_ticks = 2000 * UNIT;
    hv_vp_account_start(root_vp, FAKE_TSC_HZ);
    hv_vp_account_stop(root_vp, FAKE_TSC_HZ);
    ck_assert_uint_eq(page[LpGlobalTime], 8000);
    /* Not so soon again. */
    lp_ticks = 3000 * UNIT;
    hv_vp_account_stop(root_vp, FAKE_TSC_HZ + FAKE_TSC_HZ / 20);
    ck_assert_uint_eq(page[LpGlobalTime], 8000);
    hv_vp_account_stop(root_vp, FAKE_TSC_HZ + FAKE_TSC_HZ / 10);
    ck_assert_uint_eq(page[LpGlobalTime], 12000);
    /* The same page, whoever asks again. */
    ck_assert_uint_eq(unmap(HvStatsObjectLogicalProcessor, 3, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 3, 0, PLACE), HV_STATUS_SUCCESS);
    ck_assert_ptr_eq(seen_at(PLACE), page);
}
END_TEST

START_TEST(logical_processors_have_a_page_each)
{
    fake.platform.facts.lp_count = 100;
    fake.platform.cpu.lp_run_time = tell_lp_time;
    lp_ticks = UNIT;
    for (uint32_t lp = 0; lp < 100; lp += 9)
        ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, lp, 0, PLACE + lp),
                          HV_STATUS_SUCCESS);
    lp_ticks *= 2;
    hv_vp_account_stop(root_vp, FAKE_TSC_HZ);
    for (uint32_t lp = 0; lp < 100; lp += 9)
        ck_assert_uint_eq(seen_at(PLACE + lp)[LpGlobalTime], 2 * (lp + 1));
}
END_TEST

START_TEST(without_a_page_a_logical_processor_is_not_shown)
{
    uint64_t page;

    while (hv_pool_alloc(&root->pool, &page))
        continue;
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 0, 0, 5),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    hv_pool_free(&root->pool, page);
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 0, 0, 5),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(deposit(HV_PARTITION_ID_SELF, SPARE, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(map_at(HvStatsObjectLogicalProcessor, 0, 0, 5), HV_STATUS_SUCCESS);
}
END_TEST

static void run(struct hv_vp *vp, enum hv_exit_reason reason)
{
    struct hv_exit exit = { .reason = reason, .instruction_length = 2, .gprs = &fake_vp(vp)->gprs };

    exit.io.size = 1;
    (void)hv_vp_exit(vp, &exit);
    atomic_store(&vp->suspended, 0);
}

START_TEST(exits_are_counted_by_their_reason)
{
    static const struct {
        enum hv_exit_reason reason;
        unsigned counter;
    } reasons[] = {
        { HV_EXIT_CPUID, VpCpuidInstructionsCount },
        { HV_EXIT_MSR_READ, VpMsrAccessesCount },
        { HV_EXIT_MSR_WRITE, VpMsrAccessesCount },
        { HV_EXIT_HYPERCALL, VpHypercallsCount },
        { HV_EXIT_MEMORY, VpNestedPageFaultInterceptsCount },
        { HV_EXIT_IO, VpIoInstructionsCount },
        { HV_EXIT_HALT, VpHltInstructionsCount },
        { HV_EXIT_EXCEPTION, VpOtherInterceptsCount },
        { HV_EXIT_SHUTDOWN, VpOtherInterceptsCount },
    };
    struct hv_vp *vp = hv_vp_get(child, 0);

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        uint64_t before = counter(vp, reasons[i].counter);

        run(vp, reasons[i].reason);
        ck_assert_uint_eq(counter(vp, reasons[i].counter), before + 1);
    }
    ck_assert_uint_eq(counter(vp, VpIoInterceptMessages), 1);
    ck_assert_uint_eq(counter(vp, VpMemoryInterceptMessages), 1);
    ck_assert_uint_ge(counter(vp, VpOtherMessages), 1);
    expect_groups(vp->stats.overlay[0].page, HV_STATISTICS_VP_SECOND, HV_STATISTICS_VP_COUNTERS);
}
END_TEST

START_TEST(an_msr_that_was_passed_on_is_counted_once)
{
    struct hv_vp *vp = hv_vp_get(child, 0);

    run(vp, HV_EXIT_UNKNOWN_MSR);
    ck_assert_uint_eq(counter(vp, VpMsrAccessesCount), 0);
    expect_groups(vp->stats.overlay[0].page, HV_STATISTICS_VP_SECOND, HV_STATISTICS_VP_COUNTERS);
}
END_TEST

START_TEST(hypercalls_are_counted_by_what_they_are_about)
{
    static const struct {
        uint16_t code;
        unsigned counter;
    } calls[] = {
        { HvCallFlushVirtualAddressSpace, VpVirtualMmuHypercalls },
        { HvGetLogicalProcessorRunTime, VpLogicalProcessorHypercalls },
        { HvCallNotifyLongSpinWait, VpLongSpinWaitHypercalls },
        { HvCallSendSyntheticClusterIpi, VpVirtualInterruptHypercalls },
        { HvCallGetMemoryBalance, VpDepositHypercalls },
        { HvCallMapGpaPages, VpGpaSpaceHypercalls },
        { HvCallDeleteVp, VpVirtualProcessorHypercalls },
        { HvCallSignalEvent, VpSyntheticInterruptHypercalls },
        { HvGetPartitionId, VpOtherHypercalls },
        { 0x0F00, VpOtherHypercalls },
        { HvExtCallQueryCapabilities, VpExtendedHypercalls },
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        uint64_t before = counter(root_vp, calls[i].counter);

        fake_hypercall(root_vp, calls[i].code, 0, 0);
        ck_assert_uint_eq(counter(root_vp, calls[i].counter), before + 1);
    }
}
END_TEST

START_TEST(an_access_to_the_apic_page_is_counted_as_that_too)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY,
                            .gprs = &fake_vp(root_vp)->gprs,
                            .memory = { .gpa = 0xFEE00030, .access = HV_ACCESS_READ } };

    (void)hv_vp_exit(root_vp, &exit);
    ck_assert_uint_eq(counter(root_vp, VpApicMmioAccesses), 1);
    ck_assert_uint_eq(counter(root_vp, VpNestedPageFaultInterceptsCount), 1);
}
END_TEST

START_TEST(run_time_and_dispatches_are_told_when_the_vp_stops)
{
    struct hv_vp *vp = hv_vp_get(child, 0);

    hv_vp_account_start(vp, 0);
    ck_assert_uint_eq(counter(vp, VpTotalRunTime), 0);
    hv_vp_account_stop(vp, FAKE_TSC_HZ + UNIT / 2);
    hv_vp_account_start(vp, 2 * FAKE_TSC_HZ);
    hv_vp_account_stop(vp, 3 * FAKE_TSC_HZ);
    ck_assert_uint_eq(counter(vp, VpTotalRunTime), 20000000);
    ck_assert_uint_eq(counter(vp, VpLogicalProcessorDispatches), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tests = tcase_create("stats");

    tcase_add_checked_fixture(tests, setup_child, teardown);
    tcase_add_test(tests, a_childs_page_is_where_the_root_had_it);
    tcase_add_test(tests, the_root_keeps_a_place_for_what_it_has_not_deposited);
    tcase_add_test(tests, a_place_can_be_named);
    tcase_add_test(tests, a_write_is_a_machine_check);
    tcase_add_test(tests, what_is_gone_is_not_seen_any_more);
    tcase_add_test(tests, a_call_that_is_refused_shows_nothing);
    tcase_add_test(tests, who_may_see_what);
    tcase_add_test(tests, pages_are_groups_of_counters);
    tcase_add_test(tests, vps_share_the_internal_page_of_their_partition);
    tcase_add_test(tests, partitions_vps_and_pages_are_counted);
    tcase_add_test(tests, times_of_logical_processors_are_brought_up_to_date);
    tcase_add_test(tests, logical_processors_have_a_page_each);
    tcase_add_test(tests, without_a_page_a_logical_processor_is_not_shown);
    tcase_add_test(tests, exits_are_counted_by_their_reason);
    tcase_add_test(tests, an_msr_that_was_passed_on_is_counted_once);
    tcase_add_test(tests, hypercalls_are_counted_by_what_they_are_about);
    tcase_add_test(tests, an_access_to_the_apic_page_is_counted_as_that_too);
    tcase_add_test(tests, run_time_and_dispatches_are_told_when_the_vp_stops);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
