/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The GPA space: table formats, mapping, running out of memory. */
#include <check.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define PAGES_2M 512u
#define PAGES_1G (512u * 512u)
/* A GPA and an SPA of devices, aligned to 1 GiB, far from each other. */
#define GPA_BASE (8u * PAGES_1G)
#define SPA_BASE (16u * PAGES_1G)
#define POOL     64u

static struct fake_platform fake;
static struct hv_partition *partition;

static const uint8_t caches[] = { HV_CACHE_UNCACHED, HV_CACHE_WRITE_COMBINING,
                                  HV_CACHE_WRITE_THROUGH, HV_CACHE_WRITE_PROTECTED,
                                  HV_CACHE_WRITE_BACK };
static const uint8_t rights[] = { HV_ACCESS_READ, HV_ACCESS_READ | HV_ACCESS_WRITE,
                                  HV_ACCESS_READ | HV_ACCESS_EXECUTE, HV_ACCESS_ALL };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void setup(void)
{
    fake_platform_init(&fake);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static void start(int format, size_t pages)
{
    fake.platform.facts.slat_format = format == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    partition = fake_space(&fake, 40, pages);
}

static void map(uint64_t gpa_page, uint64_t spa_page, uint64_t count, uint8_t access)
{
    ck_assert_uint_eq(
        hv_address_map(partition, gpa_page, spa_page, count, access, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
}

/* Level of the entry that decides on a page; negative when that is not present. */
static int level_of(uint64_t gpa_page)
{
    const struct hv_slat_ops *slat = partition->address.slat;
    uint64_t table = hv_address_root(partition);

    for (unsigned level = HV_SLAT_TOP_LEVEL;; level--) {
        uint64_t *entries = fake_page(&fake, table);
        uint64_t entry = entries[hv_slat_index(gpa_page, level)];

        if (!slat->descend(entry, level, &table))
            return slat->is_present(entry) ? (int)level : -(int)level;
    }
}

static void expect_mapped(uint64_t gpa_page, uint64_t spa_page, uint8_t access, uint8_t cache)
{
    struct hv_mapping mapping;

    ck_assert(hv_address_translate(partition, gpa_page, &mapping));
    ck_assert_uint_eq(mapping.spa_page, spa_page);
    ck_assert_uint_eq(mapping.access, access);
    ck_assert_uint_eq(mapping.cache, cache);
    ck_assert(!mapping.overlay);
}

static bool is_mapped(uint64_t gpa_page)
{
    struct hv_mapping mapping;

    return hv_address_translate(partition, gpa_page, &mapping);
}

static void expect_balance(void)
{
    ck_assert_uint_eq(partition->pool.total,
                      hv_pool_unused(&partition->pool) + fake_tables(&fake, partition));
}

/* ---- formats ---- */

static uint64_t leaf(const struct hv_slat_ops *slat, uint8_t access, uint8_t cache, unsigned level,
                     bool overlay)
{
    struct hv_mapping mapping = {
        .spa_page = 0x40000, .access = access, .cache = cache, .overlay = overlay
    };

    return slat->leaf(&mapping, level);
}

START_TEST(npt_entries_have_the_bits_of_the_manual)
{
    const struct hv_slat_ops *npt = &hv_slat_npt;
    const uint8_t rw = HV_ACCESS_READ | HV_ACCESS_WRITE;

    /* P, R/W and U/S. */
    ck_assert_uint_eq(npt->table(0x12345), 0x12345007);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK, 1, false), 0x40000007);
    /* NX is bit 63. */
    ck_assert_uint_eq(leaf(npt, rw, HV_CACHE_WRITE_BACK, 1, false), 0x8000000040000007);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_READ, HV_CACHE_WRITE_BACK, 1, false), 0x8000000040000005);
    /* PWT is bit 3, PCD bit 4, PAT bit 7 at level 1 and bit 12 above, PS bit 7. */
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_WRITE_THROUGH, 1, false), 0x4000000F);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_WRITE_COMBINING, 1, false), 0x40000017);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_UNCACHED, 1, false), 0x4000001F);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_WRITE_PROTECTED, 1, false), 0x4000008F);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_WRITE_PROTECTED, 2, false), 0x4000108F);
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_UNCACHED, 3, false), 0x4000009F);
    /* An overlay is marked in a bit that is available to software, 9 to 11. */
    ck_assert_uint_eq(leaf(npt, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK, 1, true), 0x40000207);
}
END_TEST

START_TEST(ept_entries_have_the_bits_of_the_manual)
{
    const struct hv_slat_ops *ept = &hv_slat_ept;

    /* R, W, X; the memory type of a table pointer is reserved. */
    ck_assert_uint_eq(ept->table(0x12345), 0x12345007);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK, 1, false), 0x40000037);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_READ, HV_CACHE_WRITE_BACK, 1, false), 0x40000031);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_EXECUTE, HV_CACHE_WRITE_BACK, 1, false), 0x40000034);
    /* Bits 5:3: UC 0, WC 1, WT 4, WP 5, WB 6. */
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_UNCACHED, 1, false), 0x40000007);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_COMBINING, 1, false), 0x4000000F);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_THROUGH, 1, false), 0x40000027);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_PROTECTED, 1, false), 0x4000002F);
    /* Bit 7 for 2 MiB and 1 GiB pages. */
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK, 2, false), 0x400000B7);
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK, 3, false), 0x400000B7);
    /* Bit 52 is ignored by hardware. */
    ck_assert_uint_eq(leaf(ept, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK, 1, true), 0x10000040000037);
}
END_TEST

static const struct hv_slat_ops *const formats[] = { &hv_slat_npt, &hv_slat_ept };

static void check_round_trip(const struct hv_slat_ops *slat, uint8_t access, uint8_t cache,
                             unsigned level, bool overlay)
{
    struct hv_mapping back = { 0 };
    uint64_t entry = leaf(slat, access, cache, level, overlay), below;

    ck_assert(slat->is_present(entry));
    ck_assert(!slat->descend(entry, level, &below));
    slat->decode(entry, level, &back);
    ck_assert_uint_eq(back.spa_page, 0x40000);
    ck_assert_uint_eq(back.access, access);
    ck_assert_uint_eq(back.cache, cache);
    ck_assert_int_eq(back.overlay, overlay);
}

START_TEST(leaf_reads_back_as_it_was_written)
{
    for (size_t a = 0; a < COUNT(rights); a++) {
        for (size_t c = 0; c < COUNT(caches); c++) {
            for (unsigned level = 1; level <= 3; level++) {
                check_round_trip(formats[_i], rights[a], caches[c], level, false);
                check_round_trip(formats[_i], rights[a], caches[c], level, true);
            }
        }
    }
}
END_TEST

START_TEST(table_entry_is_no_leaf_and_leads_to_its_page)
{
    uint64_t entry = formats[_i]->table(0xFFFFFFFFF);

    ck_assert(formats[_i]->is_present(entry));
    for (unsigned level = 2; level <= HV_SLAT_TOP_LEVEL; level++) {
        uint64_t below = 0;

        ck_assert(formats[_i]->descend(entry, level, &below));
        ck_assert_uint_eq(below, 0xFFFFFFFFF);
        ck_assert(!formats[_i]->descend(0, level, &below));
    }
    ck_assert(!formats[_i]->is_present(0));
}
END_TEST

START_TEST(split_leaf_keeps_what_it_allowed)
{
    /* Accessed and dirty: bits 5 and 6 in NPT, 8 and 9 in EPT. */
    uint64_t used = _i == 0 ? 0x60 : 0x300;

    for (size_t c = 0; c < COUNT(caches); c++) {
        for (unsigned level = 2; level <= 3; level++) {
            uint64_t entry = leaf(formats[_i], HV_ACCESS_READ, caches[c], level, false);

            for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i += 73) {
                struct hv_mapping part = { .spa_page = 0x40000 + i * hv_slat_pages(level - 1),
                                           .access = HV_ACCESS_READ,
                                           .cache = caches[c] };

                ck_assert_uint_eq(formats[_i]->split(entry | used, level, i),
                                  formats[_i]->leaf(&part, level - 1) | used);
            }
        }
    }
}
END_TEST

START_TEST(impossible_access_masks_are_refused)
{
    const uint32_t all = UINT32_MAX;

    for (size_t i = 0; i < COUNT(rights); i++)
        ck_assert(formats[_i]->access_valid(rights[i], 0));
    ck_assert(!formats[_i]->access_valid(HV_ACCESS_NONE, all));
    ck_assert(!formats[_i]->access_valid(HV_ACCESS_WRITE, all));
    ck_assert(!formats[_i]->access_valid(HV_ACCESS_WRITE | HV_ACCESS_EXECUTE, all));
    ck_assert(!formats[_i]->access_valid(HV_ACCESS_ALL + 1, all));
    ck_assert(
        !formats[_i]->access_valid(HV_ACCESS_EXECUTE, all & ~(uint32_t)HV_CPU_EPT_EXECUTE_ONLY));
    ck_assert_int_eq(formats[_i]->access_valid(HV_ACCESS_EXECUTE, HV_CPU_EPT_EXECUTE_ONLY),
                     _i == 1);
}
END_TEST

/* ---- mapping ---- */

START_TEST(largest_page_that_alignment_allows_is_used)
{
    start(_i, POOL);
    /* 4 KiB up to the next 2 MiB, 2 MiB up to the next 1 GiB, 1 GiB, and down again. */
    map(GPA_BASE - PAGES_2M - 1, SPA_BASE - PAGES_2M - 1, 2u * PAGES_2M + PAGES_1G + 2,
        HV_ACCESS_ALL);
    ck_assert_int_eq(level_of(GPA_BASE - PAGES_2M - 1), 1);
    ck_assert_int_eq(level_of(GPA_BASE - PAGES_2M), 2);
    ck_assert_int_eq(level_of(GPA_BASE), 3);
    ck_assert_int_eq(level_of(GPA_BASE + PAGES_1G), 2);
    ck_assert_int_eq(level_of(GPA_BASE + PAGES_1G + PAGES_2M), 1);
    for (uint64_t i = 0; i < PAGES_1G + 2u * PAGES_2M + 2; i += 31)
        expect_mapped(GPA_BASE - PAGES_2M - 1 + i, SPA_BASE - PAGES_2M - 1 + i, HV_ACCESS_ALL,
                      HV_CACHE_WRITE_BACK);
    ck_assert(!is_mapped(GPA_BASE - PAGES_2M - 2));
    ck_assert(!is_mapped(GPA_BASE + PAGES_1G + PAGES_2M + 1));
    expect_balance();
}
END_TEST

START_TEST(no_1g_page_without_the_capability)
{
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_1G_PAGES;
    start(_i, POOL);
    map(GPA_BASE, SPA_BASE, PAGES_1G, HV_ACCESS_ALL);
    ck_assert_int_eq(level_of(GPA_BASE), 2);
    ck_assert_int_eq(level_of(GPA_BASE + PAGES_1G - 1), 2);
}
END_TEST

START_TEST(page_size_follows_the_alignment_of_both_sides)
{
    start(_i, POOL);
    map(GPA_BASE, SPA_BASE + PAGES_2M, PAGES_1G, HV_ACCESS_ALL);
    ck_assert_int_eq(level_of(GPA_BASE), 2);
    map(GPA_BASE + 2u * PAGES_1G, SPA_BASE + 1, PAGES_2M, HV_ACCESS_ALL);
    ck_assert_int_eq(level_of(GPA_BASE + 2u * PAGES_1G), 1);
    expect_mapped(GPA_BASE + 2u * PAGES_1G + 5, SPA_BASE + 6, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}
END_TEST

START_TEST(protecting_one_page_of_1g_leaves_the_others_alone)
{
    const uint64_t page = GPA_BASE + 5u * PAGES_2M + 7;

    start(_i, POOL);
    ck_assert_uint_eq(hv_address_map(partition, GPA_BASE, SPA_BASE, PAGES_1G, HV_ACCESS_ALL,
                                     HV_CACHE_WRITE_PROTECTED),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_address_protect(partition, page, 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    /* Every page where it was cut, some further on. */
    for (uint64_t i = 0; i < PAGES_1G; i += i < 7u * PAGES_2M ? 1 : 97) {
        uint8_t access = GPA_BASE + i == page ? HV_ACCESS_READ : HV_ACCESS_ALL;

        expect_mapped(GPA_BASE + i, SPA_BASE + i, access, HV_CACHE_WRITE_PROTECTED);
    }
    ck_assert_int_eq(level_of(page), 1);
    ck_assert_int_eq(level_of(page + PAGES_2M), 2);
    ck_assert_uint_eq(fake_tables(&fake, partition), 4);
}
END_TEST

START_TEST(unmapping_the_middle_of_a_large_page_keeps_its_ends)
{
    start(_i, POOL);
    map(GPA_BASE, SPA_BASE, PAGES_1G, HV_ACCESS_ALL);
    ck_assert_uint_eq(hv_address_unmap(partition, GPA_BASE + 3, PAGES_1G - 5), HV_STATUS_SUCCESS);
    for (uint64_t i = 0; i < PAGES_1G; i += i < PAGES_2M || i > PAGES_1G - PAGES_2M ? 1 : 97)
        ck_assert_int_eq(is_mapped(GPA_BASE + i), i < 3 || i >= PAGES_1G - 2);
    expect_mapped(GPA_BASE + PAGES_1G - 2, SPA_BASE + PAGES_1G - 2, HV_ACCESS_ALL,
                  HV_CACHE_WRITE_BACK);
    expect_balance();
}
END_TEST

/* Four levels of tables translate 36 bits of a page number; those above must not be dropped. */
START_TEST(nothing_lies_beyond_the_space)
{
    start(_i, POOL);
    map(0, 0, 1, HV_ACCESS_ALL);
    ck_assert(is_mapped(0));
    ck_assert(!is_mapped(UINT64_C(1) << 28));
    ck_assert(!is_mapped(UINT64_C(1) << 36));
    ck_assert(!is_mapped(UINT64_C(1) << 51));
}
END_TEST

START_TEST(nothing_lies_beyond_the_largest_space)
{
    fake.platform.facts.slat_format = _i == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    partition = fake_space(&fake, 48, POOL);
    map(0, 0, 1, HV_ACCESS_ALL);
    ck_assert(is_mapped(0));
    ck_assert(!is_mapped(UINT64_C(1) << 36));
}
END_TEST

START_TEST(mapping_replaces_what_was_there)
{
    start(_i, POOL);
    map(GPA_BASE, SPA_BASE, PAGES_1G, HV_ACCESS_ALL);
    map(GPA_BASE + 1, SPA_BASE, 1, HV_ACCESS_READ);
    expect_mapped(GPA_BASE, SPA_BASE, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    expect_mapped(GPA_BASE + 1, SPA_BASE, HV_ACCESS_READ, HV_CACHE_WRITE_BACK);
    expect_mapped(GPA_BASE + 2, SPA_BASE + 2, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    ck_assert_uint_eq(hv_address_map(partition, GPA_BASE, SPA_BASE + PAGES_1G, PAGES_1G,
                                     HV_ACCESS_READ, HV_CACHE_UNCACHED),
                      HV_STATUS_SUCCESS);
    for (uint64_t i = 0; i < PAGES_1G; i += 37)
        expect_mapped(GPA_BASE + i, SPA_BASE + PAGES_1G + i, HV_ACCESS_READ, HV_CACHE_UNCACHED);
    expect_balance();
}
END_TEST

START_TEST(pages_that_are_not_mapped_are_passed_over)
{
    uint64_t all;

    start(_i, 1);
    all = partition->address.page_count;
    ck_assert_uint_eq(hv_address_unmap(partition, 0, all), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_address_protect(partition, 0, all, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    ck_assert(!is_mapped(0));
    ck_assert_uint_eq(fake_tables(&fake, partition), 1);
    ck_assert_uint_eq(fake.slat_flushes, 0);
}
END_TEST

START_TEST(empty_tables_are_used_again)
{
    size_t unused;

    start(_i, POOL);
    map(GPA_BASE + 1, SPA_BASE, 3, HV_ACCESS_ALL);
    unused = hv_pool_unused(&partition->pool);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert_uint_eq(hv_address_unmap(partition, GPA_BASE, PAGES_2M), HV_STATUS_SUCCESS);
        map(GPA_BASE + 1, SPA_BASE, 3, HV_ACCESS_ALL);
    }
    ck_assert_uint_eq(hv_pool_unused(&partition->pool), unused);
    expect_balance();
}
END_TEST

START_TEST(ranges_outside_the_space_are_refused)
{
    uint64_t end;
    static const struct {
        uint64_t back; /* pages before the end of the space at which the range begins */
        uint64_t count;
    } outside[] = {
        { 0, 1 },          { 1, 2 },          { 1, UINT64_MAX }, { 16, UINT64_MAX - 3 },
        { UINT64_MAX, 1 }, { 0, UINT64_MAX },
    };

    start(_i, POOL);
    end = partition->address.page_count;
    for (size_t i = 0; i < COUNT(outside); i++) {
        uint64_t gpa = end - outside[i].back;
        uint64_t count = outside[i].count;

        ck_assert_uint_eq(
            hv_address_map(partition, gpa, 0, count, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
            HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(hv_address_unmap(partition, gpa, count), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(hv_address_protect(partition, gpa, count, HV_ACCESS_ALL),
                          HV_STATUS_INVALID_PARAMETER);
    }
    ck_assert(!is_mapped(end));
    ck_assert(!is_mapped(UINT64_MAX));
    map(end - 1, 0, 1, HV_ACCESS_ALL);
    ck_assert(is_mapped(end - 1));
    ck_assert(!is_mapped(end));
}
END_TEST

START_TEST(impossible_mappings_are_refused)
{
    const uint64_t end = UINT64_C(1) << (40 - HV_PAGE_SHIFT);

    start(_i, POOL);
    ck_assert_uint_eq(hv_address_map(partition, 0, end, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_map(partition, 0, end - 1, 2, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        hv_address_map(partition, 0, UINT64_MAX, 2, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_map(partition, 0, 0, 1, HV_ACCESS_NONE, HV_CACHE_WRITE_BACK),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_map(partition, 0, 0, 1, HV_ACCESS_WRITE, HV_CACHE_WRITE_BACK),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_map(partition, 0, 0, 1, HV_ACCESS_ALL, (enum hv_cache_type)2),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_protect(partition, 0, 1, HV_ACCESS_NONE),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_protect(partition, 0, 1, HV_ACCESS_WRITE),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert(!is_mapped(0));
    ck_assert_uint_eq(fake_tables(&fake, partition), 1);
}
END_TEST

START_TEST(space_is_as_wide_as_four_levels_reach)
{
    start(_i, 8);
    ck_assert_uint_eq(hv_address_space_init(partition, 49), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_space_init(partition, 31), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_address_space_init(partition, 48), HV_STATUS_SUCCESS);
    map((UINT64_C(1) << 36) - 1, 3, 1, HV_ACCESS_ALL);
    expect_mapped((UINT64_C(1) << 36) - 1, 3, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}
END_TEST

START_TEST(space_needs_a_page_for_its_top_table)
{
    start(_i, 1);
    ck_assert_uint_eq(hv_address_space_init(partition, 40), HV_STATUS_INSUFFICIENT_MEMORY);
}
END_TEST

START_TEST(hardware_forgets_only_what_became_wrong)
{
    start(_i, POOL);
    map(GPA_BASE, SPA_BASE, PAGES_2M, HV_ACCESS_READ);
    ck_assert_uint_eq(fake.slat_flushes, 0);
    /* Wider, and the same again: a CPU that finds an entry too narrow looks again. */
    ck_assert_uint_eq(hv_address_protect(partition, GPA_BASE, 3, HV_ACCESS_ALL), HV_STATUS_SUCCESS);
    map(GPA_BASE, SPA_BASE, 3, HV_ACCESS_ALL);
    ck_assert_uint_eq(fake.slat_flushes, 0);
    /* Narrower; another page; another cache type; gone. Each once, however many pages. */
    ck_assert_uint_eq(
        hv_address_protect(partition, GPA_BASE, 3, HV_ACCESS_READ | HV_ACCESS_EXECUTE),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.slat_flushes, 1);
    map(GPA_BASE + 3, SPA_BASE, 3, HV_ACCESS_ALL);
    ck_assert_uint_eq(fake.slat_flushes, 2);
    ck_assert_uint_eq(
        hv_address_map(partition, GPA_BASE, SPA_BASE, 1, HV_ACCESS_ALL, HV_CACHE_UNCACHED),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.slat_flushes, 3);
    ck_assert_uint_eq(hv_address_unmap(partition, GPA_BASE, PAGES_2M), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.slat_flushes, 4);
    ck_assert_uint_eq(hv_address_unmap(partition, GPA_BASE, PAGES_2M), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake.slat_flushes, 4);
}
END_TEST

/* ---- running out of memory ---- */

/* 2 GiB in 1 GiB pages, of which both ends must be cut to change what lies between. */
#define CUT_FIRST (GPA_BASE + 1u)
#define CUT_COUNT (2u * PAGES_1G - 2u)

static void expect_untouched(void)
{
    for (uint64_t i = 0; i < 2u * PAGES_1G; i += 511)
        expect_mapped(GPA_BASE + i, SPA_BASE + i, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}

START_TEST(unmap_and_protect_change_all_or_nothing)
{
    for (size_t spare = 0; spare <= 4; spare++) {
        hv_status expected = spare < 4 ? HV_STATUS_INSUFFICIENT_MEMORY : HV_STATUS_SUCCESS;

        start(_i, 2 + spare);
        map(GPA_BASE, SPA_BASE, 2u * PAGES_1G, HV_ACCESS_ALL);
        ck_assert_uint_eq(hv_pool_unused(&partition->pool), spare);
        ck_assert_uint_eq(hv_address_unmap(partition, CUT_FIRST, CUT_COUNT), expected);
        expect_balance();
        if (expected == HV_STATUS_SUCCESS) {
            ck_assert(!is_mapped(CUT_FIRST));
            continue;
        }
        expect_untouched();
        ck_assert_uint_eq(hv_address_protect(partition, CUT_FIRST, CUT_COUNT, HV_ACCESS_READ),
                          expected);
        expect_untouched();
        ck_assert_uint_eq(fake.slat_flushes, 0);
        expect_balance();
    }
}
END_TEST

START_TEST(map_that_runs_out_leaves_each_page_old_or_new)
{
    /* From two pages before a 1 GiB boundary to two after: tables on both sides. */
    for (size_t spare = 0; spare < 8; spare++) {
        hv_status status;

        start(_i, 1 + spare);
        status = hv_address_map(partition, GPA_BASE - 2, SPA_BASE, 4, HV_ACCESS_ALL,
                                HV_CACHE_WRITE_BACK);
        ck_assert_uint_eq(status, spare < 5 ? HV_STATUS_INSUFFICIENT_MEMORY : HV_STATUS_SUCCESS);
        for (uint64_t i = 0; i < 4; i++) {
            if (is_mapped(GPA_BASE - 2 + i))
                expect_mapped(GPA_BASE - 2 + i, SPA_BASE + i, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
            else
                ck_assert_uint_ne(status, HV_STATUS_SUCCESS);
        }
        expect_balance();
    }
}
END_TEST

static unsigned asked;

static void *count_maps(void *context, uint64_t spa_page)
{
    asked++;
    return fake_page(context, spa_page);
}

/* Nobody is asked for a page of the tables where all memory is in one piece. */
START_TEST(tables_are_reached_directly)
{
    fake.platform.memory.map = count_maps;
    start(_i, POOL);
    map(GPA_BASE, SPA_BASE, 1, HV_ACCESS_ALL);
    asked = 0;
    expect_mapped(GPA_BASE, SPA_BASE, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    ck_assert_uint_eq(asked, HV_SLAT_TOP_LEVEL);
    fake.platform.memory.direct = fake_page(&fake, 0);
    asked = 0;
    expect_mapped(GPA_BASE, SPA_BASE, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
    ck_assert_uint_eq(asked, 0);
    map(GPA_BASE + 1, SPA_BASE + 1, PAGES_2M, HV_ACCESS_READ);
    expect_mapped(GPA_BASE + PAGES_2M, SPA_BASE + PAGES_2M, HV_ACCESS_READ, HV_CACHE_WRITE_BACK);
}
END_TEST

static void add_format_tests(Suite *suite)
{
    TCase *tests = tcase_create("formats");

    tcase_add_test(tests, npt_entries_have_the_bits_of_the_manual);
    tcase_add_test(tests, ept_entries_have_the_bits_of_the_manual);
    tcase_add_loop_test(tests, leaf_reads_back_as_it_was_written, 0, 2);
    tcase_add_loop_test(tests, table_entry_is_no_leaf_and_leads_to_its_page, 0, 2);
    tcase_add_loop_test(tests, split_leaf_keeps_what_it_allowed, 0, 2);
    tcase_add_loop_test(tests, impossible_access_masks_are_refused, 0, 2);
    suite_add_tcase(suite, tests);
}

static void add_mapping_tests(Suite *suite)
{
    TCase *tests = tcase_create("mapping");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, largest_page_that_alignment_allows_is_used, 0, 2);
    tcase_add_loop_test(tests, no_1g_page_without_the_capability, 0, 2);
    tcase_add_loop_test(tests, page_size_follows_the_alignment_of_both_sides, 0, 2);
    tcase_add_loop_test(tests, protecting_one_page_of_1g_leaves_the_others_alone, 0, 2);
    tcase_add_loop_test(tests, unmapping_the_middle_of_a_large_page_keeps_its_ends, 0, 2);
    tcase_add_loop_test(tests, nothing_lies_beyond_the_space, 0, 2);
    tcase_add_loop_test(tests, nothing_lies_beyond_the_largest_space, 0, 2);
    tcase_add_loop_test(tests, mapping_replaces_what_was_there, 0, 2);
    tcase_add_loop_test(tests, pages_that_are_not_mapped_are_passed_over, 0, 2);
    tcase_add_loop_test(tests, empty_tables_are_used_again, 0, 2);
    tcase_add_loop_test(tests, ranges_outside_the_space_are_refused, 0, 2);
    tcase_add_loop_test(tests, impossible_mappings_are_refused, 0, 2);
    tcase_add_loop_test(tests, space_is_as_wide_as_four_levels_reach, 0, 2);
    tcase_add_loop_test(tests, space_needs_a_page_for_its_top_table, 0, 2);
    tcase_add_loop_test(tests, hardware_forgets_only_what_became_wrong, 0, 2);
    tcase_add_loop_test(tests, unmap_and_protect_change_all_or_nothing, 0, 2);
    tcase_add_loop_test(tests, map_that_runs_out_leaves_each_page_old_or_new, 0, 2);
    tcase_add_loop_test(tests, tables_are_reached_directly, 0, 2);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    Suite *suite = suite_create("address");

    add_format_tests(suite);
    add_mapping_tests(suite);
    return run_suite(suite);
}
