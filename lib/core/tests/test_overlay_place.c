/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where the overlay pages of a root lie: each MSR that places one names a page of its own, which is
 * not enabled before the root says so, and again after a reset; what the root does with it counts
 * as ever. Everybody else finds zeros.
 */
#include <check.h>
#include <stddef.h>

#include "msr_access.h"
#include "root_fixture.h"
#include "suite.h"

#define FIRST    600u /* behind the RAM of the fixture */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define AT(page) ((uint64_t)(page) << HV_PAGE_SHIFT)

static const uint32_t of_partition[] = { HV_X64_MSR_HYPERCALL, HV_X64_MSR_REFERENCE_TSC };
static const uint32_t of_vp[] = { HV_X64_MSR_VP_ASSIST_PAGE, HV_X64_MSR_SIEFP, HV_X64_MSR_SIMP,
                                  HV_X64_MSR_SIRBP };

static void setup_placed(void)
{
    fake_platform_init(&fake);
    fake.platform.cpu.kick = serve_at_once;
    fake.first_overlay = FIRST;
    root = fake_root(&fake);
    root_vp = fake_vp_create(&fake, root, 0);
}

static bool is_mapped(uint64_t page)
{
    struct hv_mapping mapping;

    return hv_address_translate(root, page, &mapping);
}

static void must_be_at_first(struct hv_vp *vp)
{
    uint64_t page = FIRST + COUNT(of_partition) + hv_vp_index(vp) * COUNT(of_vp);

    for (size_t i = 0; i < COUNT(of_partition); i++)
        ck_assert_uint_eq(value_of(vp, of_partition[i]), AT(FIRST + i));
    for (size_t i = 0; i < COUNT(of_vp); i++)
        ck_assert_uint_eq(value_of(vp, of_vp[i]), AT(page + i));
}

START_TEST(each_page_has_a_place_that_is_not_enabled)
{
    struct hv_partition_config config = { .max_vps = 2 };

    must_be_at_first(root_vp);
    must_be_at_first(fake_vp_create(&fake, root, 1));
    /* As many places as these, and no page at any. */
    ck_assert_uint_eq(hv_partition_overlay_pages(&config), COUNT(of_partition) + 2 * COUNT(of_vp));
    for (uint64_t page = FIRST; page < FIRST + hv_partition_overlay_pages(&config); page++)
        ck_assert(!is_mapped(page));
}
END_TEST

/* As Linux does it: the value that was read, with the bit set. */
static void enable(struct hv_vp *vp, uint32_t msr)
{
    must_write(vp, msr, value_of(vp, msr) | HV_X64_MSR_PAGE_ENABLE);
}

static void enable_all(struct hv_vp *vp)
{
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, 1);
    for (size_t i = 0; i < COUNT(of_partition); i++)
        enable(vp, of_partition[i]);
    for (size_t i = 0; i < COUNT(of_vp); i++)
        enable(vp, of_vp[i]);
}

START_TEST(what_is_enabled_is_there)
{
    enable_all(root_vp);
    for (uint64_t page = FIRST; page < FIRST + COUNT(of_partition) + COUNT(of_vp); page++)
        ck_assert(is_mapped(page));
    ck_assert(!is_mapped(FIRST + COUNT(of_partition) + COUNT(of_vp)));
}
END_TEST

START_TEST(root_may_move_a_page)
{
    enable_all(root_vp);
    must_write(root_vp, HV_X64_MSR_SIMP, AT(3) | HV_X64_MSR_PAGE_ENABLE);
    ck_assert_uint_eq(value_of(root_vp, HV_X64_MSR_SIMP), AT(3) | HV_X64_MSR_PAGE_ENABLE);
    ck_assert(!is_mapped(FIRST + 4));
}
END_TEST

START_TEST(reset_of_a_vp_puts_its_pages_back)
{
    enable_all(root_vp);
    for (size_t i = 0; i < COUNT(of_vp); i++)
        must_write(root_vp, of_vp[i], AT(3));
    hv_vp_reset(root_vp);
    for (size_t i = 0; i < COUNT(of_vp); i++) {
        ck_assert_uint_eq(value_of(root_vp, of_vp[i]), AT(FIRST + COUNT(of_partition) + i));
        ck_assert(!is_mapped(FIRST + COUNT(of_partition) + i));
    }
    /* The partition's are not the VP's to reset. */
    ck_assert(is_mapped(FIRST));
}
END_TEST

START_TEST(reset_of_the_partition_puts_all_back)
{
    enable_all(root_vp);
    must_write(root_vp, HV_X64_MSR_HYPERCALL, AT(5));
    must_write(root_vp, HV_X64_MSR_REFERENCE_TSC, AT(6));
    hv_partition_reset(root);
    must_be_at_first(root_vp);
}
END_TEST

START_TEST(child_chooses_for_itself)
{
    struct hv_partition *child;
    struct hv_vp *vp;

    must_write(root_vp, HV_X64_MSR_GUEST_OS_ID, 1);
    child = active_child(FIRST_OWN, 64);
    ck_assert_uint_eq(hv_vp_create_suspended(child, 0), HV_STATUS_SUCCESS);
    vp = hv_vp_get(child, 0);
    for (size_t i = 0; i < COUNT(of_vp); i++) {
        uint64_t value;

        ck_assert_int_eq(hv_msr_get(vp, of_vp[i], &value), HV_MSR_OK);
        ck_assert_uint_eq(value, 0);
    }
}
END_TEST

START_TEST(who_does_not_manage_the_machine_chooses_for_itself)
{
    struct hv_partition *partition = fake_partition(&fake);
    struct hv_vp *vp = fake_vp_create(&fake, partition, 0);

    ck_assert(!hv_partition_may(partition, HV_PRIVILEGE_CpuManagement));
    for (size_t i = 0; i < COUNT(of_partition); i++)
        ck_assert_uint_eq(value_of(vp, of_partition[i]), 0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_SIMP), 0);
}
END_TEST

static hv_status create(const struct hv_partition_config *config)
{
    struct hv_partition *partition;
    uint64_t pages[32];

    for (size_t i = 0; i < COUNT(pages); i++)
        pages[i] = FAKE_FIRST_POOL + i;
    return hv_partition_create(&fake.platform, config, pages, COUNT(pages), &partition);
}

START_TEST(places_lie_in_the_space_of_a_root)
{
    const uint64_t space = UINT64_C(1) << (32 - HV_PAGE_SHIFT);
    struct hv_partition_config config = { .id = 7, .root = true, .max_vps = 4, .gpa_bits = 32 };

    config.first_overlay = space - hv_partition_overlay_pages(&config);
    ck_assert_uint_eq(create(&config), HV_STATUS_SUCCESS);
    config.first_overlay++;
    ck_assert_uint_eq(create(&config), HV_STATUS_INVALID_PARAMETER);
    config.first_overlay = UINT64_MAX;
    ck_assert_uint_eq(create(&config), HV_STATUS_INVALID_PARAMETER);
    config.first_overlay = 1;
    config.root = false;
    ck_assert_uint_eq(create(&config), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

int main(void)
{
    TCase *placed = tcase_create("placed"), *bare = tcase_create("config");
    Suite *suite = suite_create("overlay_place");

    tcase_add_checked_fixture(placed, setup_placed, teardown);
    tcase_add_test(placed, each_page_has_a_place_that_is_not_enabled);
    tcase_add_test(placed, what_is_enabled_is_there);
    tcase_add_test(placed, root_may_move_a_page);
    tcase_add_test(placed, reset_of_a_vp_puts_its_pages_back);
    tcase_add_test(placed, reset_of_the_partition_puts_all_back);
    tcase_add_test(placed, child_chooses_for_itself);
    tcase_add_test(placed, who_does_not_manage_the_machine_chooses_for_itself);
    tcase_add_checked_fixture(bare, setup, teardown);
    tcase_add_test(bare, places_lie_in_the_space_of_a_root);
    suite_add_tcase(suite, placed);
    suite_add_tcase(suite, bare);
    return run_suite(suite);
}
