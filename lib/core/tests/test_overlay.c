/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Overlay pages (TLFS v6.0b, 5.2.1 and 8.8): what covers what, and what comes back. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define PAGES_2M 512u
#define PAGES_1G (512u * 512u)
#define PLACE    UINT64_C(0x105) /* where overlays are put: guest RAM is mapped there 1:1 */
#define RX       (HV_ACCESS_READ | HV_ACCESS_EXECUTE)
#define RW       (HV_ACCESS_READ | HV_ACCESS_WRITE)

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_overlay code;    /* as the hypercall page */
static struct hv_overlay data;    /* as a SIM page */
static struct hv_overlay counter; /* as the reference TSC page */

static void start(int format, size_t pages)
{
    fake.platform.facts.slat_format = format == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    partition = fake_space(&fake, 40, pages);
}

static void add_overlay(struct hv_overlay *overlay, uint8_t access, uint8_t vector, int content)
{
    ck_assert_uint_eq(hv_overlay_init(partition, overlay, access, vector), HV_STATUS_SUCCESS);
    memset(overlay->page, content, HV_PAGE_SIZE);
}

static void setup_format(int format)
{
    start(format, 64);
    add_overlay(&code, RX, HV_X64_EXCEPTION_GP, 0xC0);
    add_overlay(&data, RW, HV_X64_EXCEPTION_MC, 0xDA);
    add_overlay(&counter, HV_ACCESS_READ, HV_X64_EXCEPTION_GP, 0x77);
    ck_assert_uint_eq(
        hv_address_map(partition, PLACE - 5, PLACE - 5, 64, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    memset(fake_page(&fake, PLACE), 0x11, HV_PAGE_SIZE);
}

static void setup(void)
{
    fake_platform_init(&fake);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void enable(struct hv_overlay *overlay, uint64_t gpa_page)
{
    ck_assert_uint_eq(hv_overlay_enable(partition, overlay, gpa_page), HV_STATUS_SUCCESS);
}

/* The byte that the guest sees at a page, or -1. */
static int seen(uint64_t gpa_page)
{
    uint8_t first;
    uint8_t last;

    if (!hv_address_read(partition, gpa_page * HV_PAGE_SIZE, &first, 1))
        return -1;
    ck_assert(hv_address_read(partition, (gpa_page + 1) * HV_PAGE_SIZE - 1, &last, 1));
    ck_assert_uint_eq(first, last);
    return first;
}

static void expect_overlay(uint64_t gpa_page, const struct hv_overlay *overlay)
{
    struct hv_mapping mapping;

    ck_assert(hv_address_translate(partition, gpa_page, &mapping));
    ck_assert(mapping.overlay);
    ck_assert_uint_eq(mapping.spa_page, overlay->spa_page);
    ck_assert_uint_eq(mapping.access, overlay->access);
    ck_assert_uint_eq(mapping.cache, HV_CACHE_WRITE_BACK);
}

static void expect_mapping(uint64_t gpa_page, uint64_t spa_page, uint8_t access, uint8_t cache)
{
    struct hv_mapping mapping;

    ck_assert(hv_address_translate(partition, gpa_page, &mapping));
    ck_assert(!mapping.overlay);
    ck_assert_uint_eq(mapping.spa_page, spa_page);
    ck_assert_uint_eq(mapping.access, access);
    ck_assert_uint_eq(mapping.cache, cache);
}

static bool is_mapped(uint64_t gpa_page)
{
    struct hv_mapping mapping;

    return hv_address_translate(partition, gpa_page, &mapping);
}

/* ---- who keeps tables of its own ---- */

static struct {
    unsigned count;
    uint64_t gpa_page;
    bool overlay, mapped;
    uint64_t spa_page;
} told;

/* By then the new page can be looked up. */
static void page_changed(void *context, struct hv_partition *changed, uint64_t gpa_page)
{
    struct hv_mapping mapping;

    ck_assert_ptr_eq(context, &fake);
    ck_assert_ptr_eq(changed, partition);
    told.count++;
    told.gpa_page = gpa_page;
    told.mapped = hv_address_translate(partition, gpa_page, &mapping);
    told.overlay = mapping.overlay;
    told.spa_page = mapping.spa_page;
}

static void expect_told(unsigned count, uint64_t gpa_page, const struct hv_overlay *overlay)
{
    ck_assert_uint_eq(told.count, count);
    ck_assert_uint_eq(told.gpa_page, gpa_page);
    ck_assert_int_eq(told.overlay, overlay != NULL);
    if (overlay)
        ck_assert_uint_eq(told.spa_page, overlay->spa_page);
}

START_TEST(each_page_that_changes_is_told)
{
    memset(&told, 0, sizeof(told));
    fake.platform.cpu.context = &fake;
    fake.platform.cpu.page_changed = page_changed;
    setup_format(_i);
    enable(&data, PLACE);
    expect_told(1, PLACE, &data);
    enable(&code, PLACE);
    expect_told(2, PLACE, &code);
    /* Nobody sees that. */
    hv_overlay_disable(partition, &data);
    ck_assert_uint_eq(told.count, 2);
    enable(&code, PLACE + 1);
    expect_told(4, PLACE + 1, &code);
    hv_overlay_disable(partition, &code);
    expect_told(5, PLACE + 1, NULL);
    ck_assert(told.mapped);
    ck_assert_uint_eq(told.spa_page, PLACE + 1);
    enable(&code, PLACE + PAGES_2M);
    expect_told(6, PLACE + PAGES_2M, &code);
    hv_overlay_disable(partition, &code);
    expect_told(7, PLACE + PAGES_2M, NULL);
    ck_assert(!told.mapped);
}
END_TEST

/* ---- covering and uncovering ---- */

START_TEST(fresh_overlay_is_zeroed_and_nowhere)
{
    static const uint8_t zeros[HV_PAGE_SIZE];
    struct hv_overlay overlay;

    setup_format(_i);
    ck_assert_uint_eq(hv_overlay_init(partition, &overlay, RW, HV_X64_EXCEPTION_MC),
                      HV_STATUS_SUCCESS);
    ck_assert_mem_eq(overlay.page, zeros, HV_PAGE_SIZE);
    ck_assert_ptr_eq(overlay.page, fake_page(&fake, overlay.spa_page));
    ck_assert(!overlay.enabled);
    hv_overlay_disable(partition, &overlay);
    ck_assert_uint_eq(fake.slat_flushes, 0);
}
END_TEST

START_TEST(overlay_needs_a_page)
{
    struct hv_overlay overlay = { .gpa_page = 42 };

    start(_i, 1);
    ck_assert_uint_eq(hv_overlay_init(partition, &overlay, RW, HV_X64_EXCEPTION_MC),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(overlay.gpa_page, 42);
}
END_TEST

START_TEST(overlay_covers_memory_and_uncovers_it_unchanged)
{
    uint8_t byte = 0xAB;

    setup_format(_i);
    enable(&data, PLACE);
    expect_overlay(PLACE, &data);
    ck_assert_int_eq(seen(PLACE), 0xDA);
    ck_assert(hv_address_write(partition, PLACE * HV_PAGE_SIZE + 9, &byte, 1));
    ck_assert_uint_eq(((uint8_t *)data.page)[9], 0xAB);
    ck_assert_uint_eq(((uint8_t *)fake_page(&fake, PLACE))[9], 0x11);
    hv_overlay_disable(partition, &data);
    ck_assert_int_eq(seen(PLACE), 0x11);
    expect_mapping(PLACE, PLACE, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    ck_assert_uint_eq(((uint8_t *)data.page)[9], 0xAB);
}
END_TEST

START_TEST(neighbours_of_an_overlay_stay_as_they_are)
{
    setup_format(_i);
    enable(&data, PLACE);
    expect_mapping(PLACE - 1, PLACE - 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    expect_mapping(PLACE + 1, PLACE + 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}
END_TEST

START_TEST(rights_of_the_covered_page_do_not_matter)
{
    setup_format(_i);
    ck_assert_uint_eq(hv_address_protect(partition, PLACE, 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    enable(&data, PLACE);
    expect_overlay(PLACE, &data);
    hv_overlay_disable(partition, &data);
    expect_mapping(PLACE, PLACE, HV_ACCESS_READ, HV_CACHE_WRITE_BACK);
}
END_TEST

START_TEST(overlay_works_where_nothing_is_mapped)
{
    setup_format(_i);
    enable(&data, 0x7654321);
    expect_overlay(0x7654321, &data);
    ck_assert(!is_mapped(0x7654320));
    ck_assert(!is_mapped(0x7654322));
    ck_assert_uint_eq(fake.slat_flushes, 0);
    hv_overlay_disable(partition, &data);
    ck_assert(!is_mapped(0x7654321));
    ck_assert_uint_eq(fake.slat_flushes, 1);
}
END_TEST

START_TEST(overlay_beyond_the_space_is_enabled_but_not_accessible)
{
    const uint64_t end = UINT64_C(1) << 28;

    setup_format(_i);
    enable(&data, PLACE);
    enable(&data, end);
    ck_assert(data.enabled);
    ck_assert_uint_eq(data.gpa_page, end);
    ck_assert_int_eq(seen(PLACE), 0x11);
    ck_assert(!is_mapped(end));
    enable(&code, end);
    enable(&data, UINT64_MAX);
    hv_overlay_disable(partition, &code);
    ck_assert(!code.enabled);
    enable(&data, PLACE);
    expect_overlay(PLACE, &data);
}
END_TEST

START_TEST(moving_uncovers_the_old_place_and_takes_the_content_along)
{
    setup_format(_i);
    enable(&data, PLACE);
    enable(&data, PLACE + 1);
    ck_assert_int_eq(seen(PLACE), 0x11);
    expect_overlay(PLACE + 1, &data);
    ck_assert_int_eq(seen(PLACE + 1), 0xDA);
    hv_overlay_disable(partition, &data);
    ck_assert_int_eq(seen(PLACE + 1), 0);
}
END_TEST

START_TEST(enabling_where_it_lies_changes_nothing)
{
    unsigned flushes;

    setup_format(_i);
    enable(&data, PLACE);
    enable(&code, PLACE);
    flushes = fake.slat_flushes;
    enable(&data, PLACE);
    enable(&code, PLACE);
    expect_overlay(PLACE, &code);
    ck_assert_uint_eq(fake.slat_flushes, flushes);
    hv_overlay_disable(partition, &code);
    expect_overlay(PLACE, &data);
    hv_overlay_disable(partition, &data);
    hv_overlay_disable(partition, &data);
    ck_assert_int_eq(seen(PLACE), 0x11);
}
END_TEST

START_TEST(overlay_splits_a_large_page_and_keeps_its_attributes)
{
    const uint64_t base = 4u * PAGES_1G;
    const uint64_t place = base + 3u * PAGES_2M + 9;

    setup_format(_i);
    ck_assert_uint_eq(
        hv_address_map(partition, base, base, PAGES_1G, HV_ACCESS_READ, HV_CACHE_WRITE_THROUGH),
        HV_STATUS_SUCCESS);
    enable(&data, place);
    expect_overlay(place, &data);
    for (uint64_t i = 0; i < PAGES_1G; i += i < 4u * PAGES_2M ? 1 : 97) {
        if (base + i != place)
            expect_mapping(base + i, base + i, HV_ACCESS_READ, HV_CACHE_WRITE_THROUGH);
    }
    hv_overlay_disable(partition, &data);
    expect_mapping(place, place, HV_ACCESS_READ, HV_CACHE_WRITE_THROUGH);
}
END_TEST

/* ---- stacks ---- */

START_TEST(last_enabled_overlay_is_on_top)
{
    setup_format(_i);
    enable(&code, PLACE);
    enable(&data, PLACE);
    enable(&counter, PLACE);
    expect_overlay(PLACE, &counter);
    hv_overlay_disable(partition, &counter);
    expect_overlay(PLACE, &data);
    hv_overlay_disable(partition, &data);
    expect_overlay(PLACE, &code);
    hv_overlay_disable(partition, &code);
    ck_assert_int_eq(seen(PLACE), 0x11);
}
END_TEST

/* In each order of three, taken away until nothing is left. */
START_TEST(stack_survives_any_order_of_leaving)
{
    struct hv_overlay *all[3] = { &code, &data, &counter };

    setup_format(_i);
    for (int first = 0; first < 3; first++) {
        for (int second = 0; second < 3; second++) {
            int last = 3 - first - second;

            if (first == second)
                continue;
            for (int i = 0; i < 3; i++)
                enable(all[i], PLACE);
            hv_overlay_disable(partition, all[first]);
            expect_overlay(PLACE, all[last > second ? last : second]);
            hv_overlay_disable(partition, all[second]);
            expect_overlay(PLACE, all[last]);
            hv_overlay_disable(partition, all[last]);
            expect_mapping(PLACE, PLACE, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
        }
    }
}
END_TEST

START_TEST(leaving_from_under_another_changes_nothing_visible)
{
    unsigned flushes;

    setup_format(_i);
    enable(&code, PLACE);
    enable(&data, PLACE);
    flushes = fake.slat_flushes;
    hv_overlay_disable(partition, &code);
    expect_overlay(PLACE, &data);
    ck_assert_uint_eq(fake.slat_flushes, flushes);
}
END_TEST

START_TEST(places_that_share_a_bucket_do_not_mix)
{
    setup_format(_i);
    enable(&code, PLACE);
    enable(&data, PLACE + HV_COVERED_BUCKETS);
    enable(&counter, PLACE + 2 * HV_COVERED_BUCKETS);
    expect_overlay(PLACE, &code);
    expect_overlay(PLACE + HV_COVERED_BUCKETS, &data);
    expect_overlay(PLACE + 2 * HV_COVERED_BUCKETS, &counter);
    enable(&counter, PLACE + HV_COVERED_BUCKETS);
    expect_overlay(PLACE + HV_COVERED_BUCKETS, &counter);
    hv_overlay_disable(partition, &data);
    hv_overlay_disable(partition, &code);
    expect_overlay(PLACE + HV_COVERED_BUCKETS, &counter);
    ck_assert_int_eq(seen(PLACE), 0x11);
    hv_overlay_disable(partition, &counter);
    expect_mapping(PLACE + HV_COVERED_BUCKETS, PLACE + HV_COVERED_BUCKETS, HV_ACCESS_ALL,
                   HV_CACHE_WRITE_BACK);
}
END_TEST

START_TEST(stack_in_a_shared_bucket_keeps_its_neighbours)
{
    const uint64_t neighbour = PLACE + HV_COVERED_BUCKETS;

    setup_format(_i);
    /* A neighbour comes to a bucket while there is a stack, which then shrinks. */
    enable(&code, PLACE);
    enable(&counter, PLACE);
    enable(&data, neighbour);
    hv_overlay_disable(partition, &counter);
    ck_assert_uint_eq(hv_address_unmap(partition, neighbour, 1), HV_STATUS_SUCCESS);
    expect_overlay(neighbour, &data);
    /* A stack grows where a neighbour follows in the bucket. */
    enable(&counter, PLACE);
    hv_overlay_disable(partition, &data);
    ck_assert(!is_mapped(neighbour));
    hv_overlay_disable(partition, &counter);
    expect_overlay(PLACE, &code);
}
END_TEST

/* ---- changes underneath ---- */

START_TEST(mapping_under_an_overlay_shows_when_it_leaves)
{
    unsigned flushes;

    setup_format(_i);
    enable(&code, PLACE);
    enable(&data, PLACE);
    flushes = fake.slat_flushes;
    ck_assert_uint_eq(hv_address_map(partition, PLACE, 0x40, 1, HV_ACCESS_READ, HV_CACHE_UNCACHED),
                      HV_STATUS_SUCCESS);
    expect_overlay(PLACE, &data);
    ck_assert_uint_eq(fake.slat_flushes, flushes);
    hv_overlay_disable(partition, &data);
    expect_overlay(PLACE, &code);
    hv_overlay_disable(partition, &code);
    expect_mapping(PLACE, 0x40, HV_ACCESS_READ, HV_CACHE_UNCACHED);
}
END_TEST

START_TEST(large_mapping_goes_around_an_overlay)
{
    const uint64_t base = 4u * PAGES_1G;

    setup_format(_i);
    enable(&data, base + 5);
    ck_assert_uint_eq(
        hv_address_map(partition, base, base, PAGES_1G, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    expect_overlay(base + 5, &data);
    expect_mapping(base + 4, base + 4, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    expect_mapping(base + 6, base + 6, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    hv_overlay_disable(partition, &data);
    expect_mapping(base + 5, base + 5, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}
END_TEST

START_TEST(unmapping_under_an_overlay_leaves_a_hole)
{
    setup_format(_i);
    enable(&data, PLACE);
    ck_assert_uint_eq(hv_address_unmap(partition, PLACE - 5, 64), HV_STATUS_SUCCESS);
    expect_overlay(PLACE, &data);
    ck_assert(!is_mapped(PLACE - 1));
    ck_assert(!is_mapped(PLACE + 1));
    hv_overlay_disable(partition, &data);
    ck_assert(!is_mapped(PLACE));
}
END_TEST

START_TEST(protecting_under_an_overlay_shows_when_it_leaves)
{
    setup_format(_i);
    enable(&data, PLACE);
    enable(&code, 0x9000); /* where nothing is mapped, and nothing is to appear */
    ck_assert_uint_eq(hv_address_protect(partition, PLACE, 1, RX), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_address_protect(partition, 0x9000, 1, RX), HV_STATUS_SUCCESS);
    expect_overlay(PLACE, &data);
    expect_overlay(0x9000, &code);
    hv_overlay_disable(partition, &data);
    hv_overlay_disable(partition, &code);
    expect_mapping(PLACE, PLACE, RX, HV_CACHE_WRITE_BACK);
    ck_assert(!is_mapped(0x9000));
}
END_TEST

/* ---- running out of memory ---- */

/* Pages that the path to a place needs: three below an empty top, two below a 1 GiB page, one
   below a 2 MiB page. */
static const struct {
    uint64_t count; /* mapped from 1 GiB on beforehand; 0: nothing */
    size_t used;    /* pages of tables, with the top one */
    size_t needed;
} paths[] = { { 0, 1, 3 }, { PAGES_1G, 2, 2 }, { PAGES_2M, 3, 1 } };

static void check_path(uint64_t count, size_t used, size_t needed, size_t spare)
{
    const uint64_t place = PAGES_1G + 3;
    const uint64_t elsewhere = UINT64_C(1) << 30; /* beyond the space */
    size_t unused;

    start(0, used + 1 + spare);
    if (count > 0)
        ck_assert_uint_eq(hv_address_map(partition, PAGES_1G, 0, count, RX, HV_CACHE_WRITE_BACK),
                          HV_STATUS_SUCCESS);
    add_overlay(&data, RW, HV_X64_EXCEPTION_MC, 0xDA);
    enable(&data, elsewhere);
    unused = hv_pool_unused(&partition->pool);
    ck_assert_uint_eq(unused, spare);
    if (spare >= needed) {
        enable(&data, place);
        expect_overlay(place, &data);
        ck_assert_uint_eq(hv_pool_unused(&partition->pool), spare - needed);
        return;
    }
    ck_assert_uint_eq(hv_overlay_enable(partition, &data, place), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert(data.enabled);
    ck_assert_uint_eq(data.gpa_page, elsewhere);
    ck_assert_uint_eq(hv_pool_unused(&partition->pool), unused);
    ck_assert_uint_eq(fake_tables(&fake, partition), used);
    ck_assert_int_eq(is_mapped(place), count > 0);
}

START_TEST(enabling_without_memory_changes_nothing)
{
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (size_t spare = 0; spare <= paths[i].needed; spare++)
            check_path(paths[i].count, paths[i].used, paths[i].needed, spare);
    }
}
END_TEST

START_TEST(failed_move_leaves_the_overlay_where_it_is)
{
    start(_i, 5);
    add_overlay(&data, RW, HV_X64_EXCEPTION_MC, 0xDA);
    enable(&data, 7);
    ck_assert_uint_eq(hv_pool_unused(&partition->pool), 0);
    ck_assert_uint_eq(hv_overlay_enable(partition, &data, 7 + PAGES_2M),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    expect_overlay(7, &data);
    ck_assert(!is_mapped(7 + PAGES_2M));
    enable(&data, 8); /* needs no page */
    expect_overlay(8, &data);
}
END_TEST

START_TEST(moving_through_the_space_costs_a_bounded_number_of_tables)
{
    size_t before;
    unsigned moves = 0;

    setup_format(_i);
    ck_assert_uint_eq(hv_pool_deposit(&partition->pool, FAKE_FIRST_POOL + 400), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < HV_OVERLAY_TABLES_BASE; i++)
        ck_assert_uint_eq(hv_pool_deposit(&partition->pool, FAKE_FIRST_POOL + 401 + i),
                          HV_STATUS_SUCCESS);
    before = hv_pool_unused(&partition->pool);
    while (hv_overlay_enable(partition, &data, (moves + 2) * PAGES_2M) == HV_STATUS_SUCCESS)
        moves++;
    ck_assert_uint_ge(moves, HV_OVERLAY_TABLES_BASE / 2);
    ck_assert_uint_le(before - hv_pool_unused(&partition->pool), HV_OVERLAY_TABLES_BASE);
    ck_assert_uint_gt(hv_pool_unused(&partition->pool), 0);
    expect_overlay((moves + 1) * PAGES_2M, &data);
    enable(&data, 2 * PAGES_2M); /* where it has been before */
    expect_overlay(2 * PAGES_2M, &data);
}
END_TEST

START_TEST(each_vp_adds_to_what_overlays_may_take)
{
    start(_i, 200);
    add_overlay(&data, RW, HV_X64_EXCEPTION_MC, 0xDA);
    atomic_store(&partition->vp_count, 2);
    for (uint64_t i = 0; i < HV_OVERLAY_TABLES_BASE; i++)
        enable(&data, i * PAGES_2M);
    enable(&data, (HV_OVERLAY_TABLES_BASE + 2 * HV_OVERLAY_TABLES_PER_VP - 4) * PAGES_2M);
}
END_TEST

START_TEST(last_table_that_overlays_may_take_can_be_used)
{
    const uint64_t hole = UINT64_C(1) << 27; /* three tables away from all that is mapped */

    setup_format(_i);
    partition->address.overlay_tables = HV_OVERLAY_TABLES_BASE - 2;
    ck_assert_uint_eq(hv_overlay_enable(partition, &data, hole), HV_STATUS_INSUFFICIENT_MEMORY);
    partition->address.overlay_tables = HV_OVERLAY_TABLES_BASE - 3;
    enable(&data, hole);
    expect_overlay(hole, &data);
}
END_TEST

START_TEST(overlay_that_moves_to_a_hole_leaves_a_hole_there)
{
    setup_format(_i);
    enable(&data, PLACE);
    enable(&data, 0x9000);
    expect_overlay(0x9000, &data);
    hv_overlay_disable(partition, &data);
    ck_assert(!is_mapped(0x9000));
}
END_TEST

START_TEST(overlay_beyond_the_space_is_in_no_table)
{
    const uint64_t end = UINT64_C(1) << 28;
    uint8_t before[HV_PAGE_SIZE];
    uint8_t *root;

    setup_format(_i);
    root = fake_page(&fake, hv_address_root(partition));
    memcpy(before, root, HV_PAGE_SIZE);
    for (uint64_t beyond = 0; beyond < 2; beyond++) {
        enable(&data, end + beyond);
        ck_assert_mem_eq(root, before, HV_PAGE_SIZE);
    }
    hv_overlay_disable(partition, &data);
    ck_assert_mem_eq(root, before, HV_PAGE_SIZE);
    ck_assert_uint_eq(fake.slat_flushes, 0);
}
END_TEST

START_TEST(hardware_forgets_an_overlay_that_gives_way_to_another)
{
    setup_format(_i);
    enable(&code, PLACE);
    enable(&data, PLACE);
    fake.slat_flushes = 0;
    hv_overlay_disable(partition, &data);
    expect_overlay(PLACE, &code);
    ck_assert_uint_eq(fake.slat_flushes, 1);
}
END_TEST

START_TEST(hardware_forgets_what_an_overlay_covers)
{
    setup_format(_i);
    enable(&data, PLACE);
    ck_assert_uint_eq(fake.slat_flushes, 1);
    enable(&data, PLACE + 1); /* two places, one flush */
    ck_assert_uint_eq(fake.slat_flushes, 2);
    hv_overlay_disable(partition, &data);
    ck_assert_uint_eq(fake.slat_flushes, 3);
    enable(&data, 0x9000); /* nothing was there */
    ck_assert_uint_eq(fake.slat_flushes, 3);
    enable(&data, 0x9001); /* nor here, but the place that it leaves was cached */
    ck_assert_uint_eq(fake.slat_flushes, 4);
}
END_TEST

/* ---- guest access ---- */

static struct fake_vp cpu;

static void access_place(uint8_t access)
{
    struct hv_vp vp = { .partition = partition, .backend = &cpu };
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &cpu.gprs };

    memset(&cpu, 0, sizeof(cpu));
    exit.memory.gpa = PLACE * HV_PAGE_SIZE + 0x123;
    exit.memory.access = access;
    ck_assert_int_eq(hv_address_exit(&vp, &exit), HV_DISPOSITION_RESUME);
}

START_TEST(write_to_a_code_page_raises_gp)
{
    setup_format(_i);
    enable(&code, PLACE);
    access_place(HV_ACCESS_WRITE);
    ck_assert(cpu.injected);
    ck_assert_uint_eq(cpu.vector, HV_X64_EXCEPTION_GP);
    ck_assert(cpu.has_error);
    ck_assert_uint_eq(cpu.error, 0);
    access_place(HV_ACCESS_EXECUTE);
    ck_assert(!cpu.injected);
    access_place(HV_ACCESS_READ);
    ck_assert(!cpu.injected);
}
END_TEST

START_TEST(execution_of_a_data_page_raises_mc)
{
    setup_format(_i);
    enable(&code, PLACE);
    enable(&data, PLACE); /* the rules are those of the visible one */
    access_place(HV_ACCESS_EXECUTE);
    ck_assert(cpu.injected);
    ck_assert_uint_eq(cpu.vector, HV_X64_EXCEPTION_MC);
    ck_assert(!cpu.has_error);
    access_place(HV_ACCESS_WRITE);
    ck_assert(!cpu.injected);
}
END_TEST

START_TEST(hypervisor_writes_for_a_guest_respect_overlays)
{
    uint8_t bytes[2] = { 1, 2 };

    setup_format(_i);
    enable(&code, PLACE);
    ck_assert(!hv_address_write(partition, PLACE * HV_PAGE_SIZE, bytes, 2));
    ck_assert(!hv_address_write(partition, PLACE * HV_PAGE_SIZE - 1, bytes, 2));
    ck_assert_uint_eq(*(uint8_t *)code.page, 0xC0);
    ck_assert_int_eq(seen(PLACE - 1), 0);
}
END_TEST

static void add_cover_tests(Suite *suite)
{
    TCase *tests = tcase_create("cover");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, fresh_overlay_is_zeroed_and_nowhere, 0, 2);
    tcase_add_loop_test(tests, overlay_needs_a_page, 0, 2);
    tcase_add_loop_test(tests, overlay_covers_memory_and_uncovers_it_unchanged, 0, 2);
    tcase_add_loop_test(tests, neighbours_of_an_overlay_stay_as_they_are, 0, 2);
    tcase_add_loop_test(tests, rights_of_the_covered_page_do_not_matter, 0, 2);
    tcase_add_loop_test(tests, overlay_works_where_nothing_is_mapped, 0, 2);
    tcase_add_loop_test(tests, overlay_beyond_the_space_is_enabled_but_not_accessible, 0, 2);
    tcase_add_loop_test(tests, moving_uncovers_the_old_place_and_takes_the_content_along, 0, 2);
    tcase_add_loop_test(tests, enabling_where_it_lies_changes_nothing, 0, 2);
    tcase_add_loop_test(tests, overlay_splits_a_large_page_and_keeps_its_attributes, 0, 2);
    suite_add_tcase(suite, tests);
}

static void add_stack_tests(Suite *suite)
{
    TCase *tests = tcase_create("stack");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, last_enabled_overlay_is_on_top, 0, 2);
    tcase_add_loop_test(tests, stack_survives_any_order_of_leaving, 0, 2);
    tcase_add_loop_test(tests, leaving_from_under_another_changes_nothing_visible, 0, 2);
    tcase_add_loop_test(tests, places_that_share_a_bucket_do_not_mix, 0, 2);
    tcase_add_loop_test(tests, stack_in_a_shared_bucket_keeps_its_neighbours, 0, 2);
    tcase_add_loop_test(tests, mapping_under_an_overlay_shows_when_it_leaves, 0, 2);
    tcase_add_loop_test(tests, large_mapping_goes_around_an_overlay, 0, 2);
    tcase_add_loop_test(tests, unmapping_under_an_overlay_leaves_a_hole, 0, 2);
    tcase_add_loop_test(tests, protecting_under_an_overlay_shows_when_it_leaves, 0, 2);
    suite_add_tcase(suite, tests);
}

static void add_limit_tests(Suite *suite)
{
    TCase *tests = tcase_create("limits");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, enabling_without_memory_changes_nothing);
    tcase_add_loop_test(tests, failed_move_leaves_the_overlay_where_it_is, 0, 2);
    tcase_add_loop_test(tests, moving_through_the_space_costs_a_bounded_number_of_tables, 0, 2);
    tcase_add_loop_test(tests, each_vp_adds_to_what_overlays_may_take, 0, 2);
    tcase_add_loop_test(tests, last_table_that_overlays_may_take_can_be_used, 0, 2);
    tcase_add_loop_test(tests, overlay_that_moves_to_a_hole_leaves_a_hole_there, 0, 2);
    tcase_add_loop_test(tests, overlay_beyond_the_space_is_in_no_table, 0, 2);
    tcase_add_loop_test(tests, hardware_forgets_an_overlay_that_gives_way_to_another, 0, 2);
    tcase_add_loop_test(tests, hardware_forgets_what_an_overlay_covers, 0, 2);
    tcase_add_loop_test(tests, write_to_a_code_page_raises_gp, 0, 2);
    tcase_add_loop_test(tests, execution_of_a_data_page_raises_mc, 0, 2);
    tcase_add_loop_test(tests, hypervisor_writes_for_a_guest_respect_overlays, 0, 2);
    tcase_add_loop_test(tests, each_page_that_changes_is_told, 0, 2);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    Suite *suite = suite_create("overlay");

    add_cover_tests(suite);
    add_stack_tests(suite);
    add_limit_tests(suite);
    return run_suite(suite);
}
