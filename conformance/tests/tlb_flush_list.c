/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallFlushVirtualAddressList: lists of ranges, each with its base and the number of further
 * pages. An implementation may flush more; what is named must go, whatever else is in the list.
 */
#include "flush_support.h"

#define LISTS   NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL)
#define LIST    (&flushes_by_mask[1])
#define PAGES   4096u /* the longest range */
#define LONGEST ((PAGE_SIZE - sizeof(struct hv_input_flush_virtual_address_space)) / 8)

/* ---- Many pages ---- */

static struct {
    uint64_t gva;
    uint32_t count;
    uint32_t old[GUEST_MAX_CPUS]; /* of the pages, how many a VP sees in the first frame */
} run;

static uint64_t run_page(uint32_t page)
{
    return run.gva + page * PAGE_SIZE;
}

static void run_look(void *unused)
{
    uint32_t old = 0;

    (void)unused;
    for (uint32_t i = 0; i < run.count; i++)
        old += *(const volatile uint64_t *)(uintptr_t)run_page(i) == FRAME_WORD(0);
    run.old[cpu_index()] = old;
}

static void run_map(uint64_t frame)
{
    for (uint32_t i = 0; i < run.count; i++)
        map_frame(run_page(i), 1, frame);
}

/* Lets a VP read all pages in the first frame, and maps all of them to the second one. */
static void run_change(uint32_t cpu, uint32_t count)
{
    for (unsigned i = 0; i < 2; i++)
        frames[i][0] = FRAME_WORD(i);
    if (!run.gva)
        run.gva = paging_alloc_gva(PAGES * PAGE_SIZE, 0);
    run.count = count;
    for (uint32_t i = 0; i < count; i++)
        REQUIRE(paging_map(run_page(i), phys_of(frames[0]), PAGE_SIZE, MAP_NX),
                "page %u can't be mapped", i);
    REQUIRE_NO_FAULT(smp_call(cpu, run_look, NULL));
    CHECK_EQ(run.old[cpu], count);
    run_map(phys_of(frames[1]));
}

static void run_check(uint32_t cpu, const char *what)
{
    REQUIRE_NO_FAULT(smp_call(cpu, run_look, NULL));
    CHECK(run.old[cpu] == 0, "%s: CPU %u reads %u of %u old pages", what, cpu, run.old[cpu],
          run.count);
    paging_unmap(run.gva, run.count * PAGE_SIZE);
    REQUIRE_NO_FAULT(smp_call(cpu, paging_flush_call, NULL));
    paging_flush();
}

/* Flushes @p count ranges on a VP, from element @p start on. */
static void flush_ranges(uint32_t cpu, const uint64_t *ranges, unsigned count, unsigned start)
{
    uint64_t *list = fill_flush_header(LIST, cpu, 0);

    memcpy(list, ranges, count * sizeof(*ranges));
    CHECK_EQ(send_flush_list(LIST, false, count, start), (uint64_t)count << 32);
}

/* The last VP that a mask can name: another one than the caller, if there is one. */
static uint32_t target(void)
{
    uint32_t cpu = 0;

    begin_with_vps();
    while (cpu + 1 < cpu_count() && fits_mask(cpu + 1))
        cpu++;
    return cpu;
}

/* ---- Ranges ---- */

HV_TEST(tlb_and_virtual_mmu, lists_flush_one_page, COVERS(HV_REQ_TLB_005, HV_REQ_TLB_012), LISTS,
        "One page on one VP is what nearly every call asks for")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count() && fits_mask(cpu); cpu++) {
        check_flush_with(LIST, cpu, 0, false, 0);
        check_flush_with(LIST, cpu, MAP_GLOBAL, false, 0);
    }
}

HV_TEST(tlb_and_virtual_mmu, every_range_of_a_list_is_flushed,
        COVERS(HV_REQ_TLB_005, HV_REQ_TLB_019), LISTS,
        "Ranges of different lengths in no order, with gaps between that nobody asked for")
{
    uint32_t cpu = target();
    uint64_t ranges[4];

    run_change(cpu, 10);
    ranges[0] = run_page(6) | 3;
    ranges[1] = run_page(0);
    ranges[2] = run_page(4) | 1;
    ranges[3] = run_page(1) | 2;
    flush_ranges(cpu, ranges, 4, 0);
    run_check(cpu, "4 ranges");
}

HV_TEST(tlb_and_virtual_mmu, the_count_is_of_further_pages, COVERS(HV_REQ_TLB_019), LISTS,
        "0 means one page; taken for the number of pages the last one stays")
{
    static const uint32_t counts[] = { 1, 2, 3, 512, 513 };
    uint32_t cpu = target();

    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        uint64_t range;

        run_change(cpu, counts[i]);
        range = run_page(0) | (counts[i] - 1);
        flush_ranges(cpu, &range, 1, 0);
        run_check(cpu, "one range");
    }
}

HV_TEST(tlb_and_virtual_mmu, a_range_has_up_to_4096_pages, COVERS(HV_REQ_TLB_019), LISTS,
        "All 12 bits count: the range ends 16 MiB behind its base")
{
    uint32_t cpu = target();
    uint64_t range;

    run_change(cpu, PAGES);
    range = run_page(0) | (PAGES - 1);
    flush_ranges(cpu, &range, 1, 0);
    run_check(cpu, "16 MiB");
}

/* KVM keeps at most 16 ranges for a VP and flushes all when there are more. */
HV_TEST(tlb_and_virtual_mmu, lists_fill_a_page, COVERS(HV_REQ_TLB_005), LISTS,
        "The longest list that a page of input holds, with what matters at its end")
{
    static uint64_t ranges[LONGEST];
    uint32_t cpu = target();

    run_change(cpu, 2);
    for (unsigned i = 0; i < LONGEST; i++)
        ranges[i] = UINT64_C(0x400000) + i * PAGE_SIZE;
    ranges[LONGEST - 2] = run_page(0);
    ranges[LONGEST - 1] = run_page(1);
    flush_ranges(cpu, ranges, LONGEST, 0);
    run_check(cpu, "the longest list");
}

HV_TEST(tlb_and_virtual_mmu, a_list_goes_on_where_it_stopped, COVERS(HV_REQ_TLB_005), LISTS,
        "A call that was interrupted comes again with the elements that are left")
{
    uint32_t cpu = target();
    uint64_t ranges[5];

    run_change(cpu, 3);
    for (unsigned i = 0; i < 2; i++)
        ranges[i] = UINT64_C(0x400000);
    for (unsigned i = 2; i < 5; i++)
        ranges[i] = run_page(i - 2);
    flush_ranges(cpu, ranges, 5, 2);
    run_check(cpu, "from element 2 on");
}

/* ---- Large pages ---- */

HV_TEST(tlb_and_virtual_mmu, a_large_page_is_flushed_as_a_whole, COVERS(HV_REQ_TLB_020), LISTS,
        "The range names 4 KiB somewhere in it")
{
    static const uint32_t places[][2] = { { 0x1ff000, 0 }, { 0, 0x1ff000 }, { 0x80000, 0x101000 } };

    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count() && fits_mask(cpu); cpu++) {
        const uint32_t *place = places[cpu % 3];

        window_change_large(cpu, place[0], cpu & 1 ? MAP_GLOBAL : 0);
        *fill_flush_header(LIST, cpu, 0) = window.gva + place[1];
        CHECK_EQ(send_flush(LIST, false), HV_STATUS_SUCCESS);
        window_check(cpu, "large page");
    }
}

/* ---- GVAs that are none ---- */

HV_TEST(tlb_and_virtual_mmu, gvas_that_are_none_are_ignored, COVERS(HV_REQ_TLB_021), LISTS,
        "Not canonical, or running over the end of the address space, between two good ranges")
{
    uint32_t cpu = target();
    uint64_t ranges[7] = {
        0,
        UINT64_C(0x0000800000000000),
        UINT64_C(0x8000000000000000),
        UINT64_C(0x00007ffffffff000) | 0xfff,
        UINT64_C(0xfffffffffffff000) | 0xfff,
        UINT64_C(0x1234567812345000) | 7,
    };

    run_change(cpu, 2);
    ranges[0] = run_page(0);
    ranges[6] = run_page(1);
    flush_ranges(cpu, ranges, 7, 0);
    run_check(cpu, "the good ones");
}

/* ---- What is refused ---- */

HV_TEST(tlb_and_virtual_mmu, lists_refuse_the_flag_for_non_global_pages, COVERS(HV_REQ_TLB_017),
        LISTS, "A list names its pages; which of them are global is in the page table")
{
    begin_with_vps();
    window_change(0, 0);
    CHECK_EQ(make_flush(LIST, 0, false, HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(make_flush(LIST, 0, false,
                        HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES),
             HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(tlb_and_virtual_mmu, lists_refuse_reserved_flags, COVERS(HV_REQ_TLB_009), LISTS,
        "Among them may be one that gives the ranges another format")
{
    begin_with_vps();
    check_reserved_flags(LIST);
}

HV_TEST(tlb_and_virtual_mmu, lists_refuse_extended_ranges_unless_announced, COVERS(HV_REQ_TLB_009),
        NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL,
              .lacks_features = HV_FEATURE_EDX_EXTENDED_GVA_RANGES_FOR_FLUSH),
        "Taken for ranges of the plain format, they name other pages than the guest meant")
{
    begin_with_vps();
    window_change(0, 0);
    CHECK_EQ(make_flush(LIST, 0, false, HV_FLUSH_USE_EXTENDED_RANGE_FORMAT),
             HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(tlb_and_virtual_mmu, lists_refuse_impossible_address_spaces, COVERS(HV_REQ_TLB_014), LISTS,
        "An id with reserved bits of CR3 can't be that of an address space")
{
    begin_with_vps();
    check_impossible_spaces(LIST);
}
