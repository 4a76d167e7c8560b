/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* MAC addresses: two adapters with one make a network that works now and then. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hv/abi/tlfs.h>
#include <hv/mac_pool.h>

#include "suite.h"

#define MACHINE 0x1234
#define FIRST   UINT64_C(0x00155D123400)
#define STATIC  UINT64_C(0x020000000001) /* locally administered */
#define MANY    600

static struct hv_mac_pool pool;
static struct hv_mac_adapter adapters[HV_MAC_POOL_MAX + 1];

static void setup(void)
{
    memset(&pool, 0xAA, sizeof(pool));
    memset(adapters, 0, sizeof(adapters));
    ck_assert_uint_eq(
        hv_mac_pool_init(&pool, hv_mac_pool_default_first(MACHINE), HV_MAC_POOL_DEFAULT),
        HV_STATUS_SUCCESS);
}

static hv_status take(unsigned index)
{
    return hv_mac_pool_take(&pool, &adapters[index], HV_MAC_VLAN_NONE);
}

static hv_status claim(unsigned index, uint64_t address)
{
    return hv_mac_pool_claim(&pool, &adapters[index], address, HV_MAC_VLAN_NONE);
}

START_TEST(addresses_of_the_default_range_are_hyper_vs)
{
    ck_assert_uint_eq(hv_mac_pool_default_first(MACHINE), FIRST);
    for (unsigned i = 0; i < HV_MAC_POOL_DEFAULT; i++) {
        ck_assert_uint_eq(hv_mac_pool_available(&pool), HV_MAC_POOL_DEFAULT - i);
        ck_assert_uint_eq(take(i), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(adapters[i].address, FIRST + i);
        ck_assert(adapters[i].dynamic);
        ck_assert_ptr_eq(hv_mac_pool_find(&pool, FIRST + i), &adapters[i]);
    }
}
END_TEST

START_TEST(an_exhausted_range_gives_again_what_it_gets_back)
{
    for (unsigned i = 0; i < HV_MAC_POOL_DEFAULT; i++)
        ck_assert_uint_eq(take(i), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(take(HV_MAC_POOL_DEFAULT), HV_STATUS_NO_RESOURCES);
    ck_assert_uint_eq(adapters[HV_MAC_POOL_DEFAULT].address, 0);
    hv_mac_pool_release(&pool, &adapters[77]);
    ck_assert_uint_eq(adapters[77].address, 0);
    ck_assert_ptr_null(hv_mac_pool_find(&pool, FIRST + 77));
    ck_assert_uint_eq(take(HV_MAC_POOL_DEFAULT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(adapters[HV_MAC_POOL_DEFAULT].address, FIRST + 77);
    ck_assert_uint_eq(hv_mac_pool_available(&pool), 0);
    /* What is outside of the range can be had all the same. */
    ck_assert_uint_eq(claim(77, STATIC), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(the_longest_range_can_be_used_up)
{
    ck_assert_uint_eq(hv_mac_pool_init(&pool, FIRST & ~UINT64_C(0xFFF), HV_MAC_POOL_MAX),
                      HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < HV_MAC_POOL_MAX; i++)
        ck_assert_uint_eq(take(i), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(take(HV_MAC_POOL_MAX), HV_STATUS_NO_RESOURCES);
    hv_mac_pool_release(&pool, &adapters[HV_MAC_POOL_MAX - 1]);
    ck_assert_uint_eq(take(HV_MAC_POOL_MAX), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_range_need_not_fill_words)
{
    static const uint32_t counts[] = { 1, 3, 63, 64, 65, 127 };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        ck_assert_uint_eq(hv_mac_pool_init(&pool, FIRST, counts[i]), HV_STATUS_SUCCESS);
        for (uint32_t j = 0; j < counts[i]; j++)
            ck_assert_uint_eq(take(j), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(take(counts[i]), HV_STATUS_NO_RESOURCES);
    }
}
END_TEST

START_TEST(a_static_address_is_nobody_elses)
{
    ck_assert_uint_eq(claim(0, STATIC), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(claim(1, STATIC), HV_STATUS_OBJECT_IN_USE);
    /* One of the range: it is passed over, and in use once it is given. */
    ck_assert_uint_eq(claim(2, FIRST), HV_STATUS_SUCCESS);
    ck_assert(!adapters[2].dynamic);
    ck_assert_uint_eq(take(3), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(adapters[3].address, FIRST + 1);
    ck_assert_uint_eq(claim(4, FIRST + 1), HV_STATUS_OBJECT_IN_USE);
    hv_mac_pool_release(&pool, &adapters[2]);
    ck_assert_uint_eq(take(2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(adapters[2].address, FIRST);
    hv_mac_pool_release(&pool, &adapters[0]);
    ck_assert_uint_eq(claim(1, STATIC), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_mac_pool_available(&pool), HV_MAC_POOL_DEFAULT - 2);
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const uint64_t refused[] = { 0, UINT64_C(0x010000000001), UINT64_C(0xFFFFFFFFFFFF),
                                        UINT64_C(1) << 48, UINT64_MAX };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_uint_eq(claim(0, refused[i]), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(claim(0, UINT64_C(0xFEFFFFFFFFFF)), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_vlan_is_one_of_802_1q)
{
    ck_assert_uint_eq(hv_mac_pool_take(&pool, &adapters[0], HV_MAC_VLAN_MAX), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(adapters[0].vlan, 4094);
    ck_assert_uint_eq(hv_mac_pool_claim(&pool, &adapters[1], STATIC, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(adapters[1].vlan, 1);
    /* Another VLAN does not make it another address. */
    ck_assert_uint_eq(hv_mac_pool_claim(&pool, &adapters[2], STATIC, 2), HV_STATUS_OBJECT_IN_USE);
    ck_assert_uint_eq(hv_mac_pool_take(&pool, &adapters[2], 4095), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_mac_pool_claim(&pool, &adapters[2], STATIC + 1, 4095),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_ptr_null(hv_mac_pool_find(&pool, STATIC + 1));
}
END_TEST

START_TEST(a_range_is_one_vendors)
{
    ck_assert_uint_eq(hv_mac_pool_init(&pool, FIRST, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_mac_pool_init(&pool, FIRST, HV_MAC_POOL_MAX + 1),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_mac_pool_init(&pool, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_mac_pool_init(&pool, UINT64_C(0x010000000000), 1),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_mac_pool_init(&pool, UINT64_C(0x00155DFFFFFF), 2),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_mac_pool_init(&pool, UINT64_C(0x00155DFFFFFF), 1), HV_STATUS_SUCCESS);
}
END_TEST

/* Whatever comes and goes: each that has an address is found by it, and by nothing else. */
START_TEST(no_two_adapters_ever_have_the_same)
{
    unsigned having = 0;

    srand(1);
    for (unsigned step = 0; step < 20000; step++) {
        struct hv_mac_adapter *adapter = &adapters[rand() % MANY];

        if (adapter->address != 0) {
            hv_mac_pool_release(&pool, adapter);
            having--;
        } else if (rand() % 2) {
            having += hv_mac_pool_take(&pool, adapter, 0) == HV_STATUS_SUCCESS;
        } else {
            having += hv_mac_pool_claim(&pool, adapter, FIRST - 100 + (unsigned)rand() % 500, 0) ==
                      HV_STATUS_SUCCESS;
        }
        if (adapter->address != 0)
            ck_assert_ptr_eq(hv_mac_pool_find(&pool, adapter->address), adapter);
    }
    for (unsigned i = 0; i < MANY; i++)
        if (adapters[i].address != 0) {
            ck_assert_ptr_eq(hv_mac_pool_find(&pool, adapters[i].address), &adapters[i]);
            having--;
            hv_mac_pool_release(&pool, &adapters[i]);
        }
    ck_assert_uint_eq(having, 0);
    ck_assert_uint_eq(hv_mac_pool_available(&pool), HV_MAC_POOL_DEFAULT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mac pool");
    TCase *tests = tcase_create("mac pool");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, addresses_of_the_default_range_are_hyper_vs);
    tcase_add_test(tests, an_exhausted_range_gives_again_what_it_gets_back);
    tcase_add_test(tests, the_longest_range_can_be_used_up);
    tcase_add_test(tests, a_range_need_not_fill_words);
    tcase_add_test(tests, a_static_address_is_nobody_elses);
    tcase_add_test(tests, what_is_no_address_is_refused);
    tcase_add_test(tests, a_vlan_is_one_of_802_1q);
    tcase_add_test(tests, a_range_is_one_vendors);
    tcase_add_test(tests, no_two_adapters_ever_have_the_same);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
