/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Memory pools: pages that a parent gives to the hypervisor on behalf of a partition. While they
 * are in the pool they are nobody's, and they come back empty. A page that is in a pool and still
 * somebody's is the shortest way into the hypervisor.
 */
#include <conformance/child.h>

/* ---- Deposits ---- */

HV_TEST(memory_pools, deposited_pages_are_in_the_balance,
        COVERS(HV_REQ_MEM_002, HV_REQ_MEM_013, HV_REQ_MEM_014), NEEDS_PARENT,
        "By the balance a parent sees what a guest costs")
{
    struct hv_output_get_memory_balance balance;
    struct child child;
    uint64_t pages[3];

    parent_begin();
    child.id = child_create(CHILD_EXO);
    child_deposit(child.id, 100);
    REQUIRE_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_output_written(sizeof(balance)), 0);
    CHECK_EQ(balance.pages_available, 100);
    CHECK_EQ(balance.pages_in_use, 0);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, child.id), HV_STATUS_SUCCESS);
    child_add_vp(&child, 0);
    REQUIRE_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_available + balance.pages_in_use, 100);
    CHECK(balance.pages_in_use > 0, "a VP takes no memory");
    REQUIRE_EQ(parent_withdraw(child.id, 3, pages), UINT64_C(3) << 32);
    REQUIRE_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_available + balance.pages_in_use, 97);
    for (unsigned i = 0; i < 3; i++)
        free_page(virt_of(pages[i] << PAGE_SHIFT));
}

HV_TEST(memory_pools, a_deposited_page_is_out_of_reach,
        COVERS(HV_REQ_MEM_005, HV_REQ_MEM_015, HV_REQ_GPA_020, HV_REQ_GPA_023), NEEDS_PARENT,
        "Who can write to it writes to the hypervisor's structures")
{
    volatile uint8_t *page = alloc_page();
    uint64_t number = page_number(page), id, read;
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    id = child_create(0);
    CHECK_NO_FAULT(safe_write64(page, UINT64_C(0x1122334455667788)));
    REQUIRE_EQ(parent_deposit(id, &number, 1), UINT64_C(1) << 32);
    if (!safe_read64(page, &read).raised)
        CHECK(read != UINT64_C(0x1122334455667788), "the page can be read");
    if (!safe_write64(page, UINT64_C(0x8877665544332211)).raised &&
        !safe_read64(page, &read).raised)
        CHECK(read != UINT64_C(0x8877665544332211), "the page can be written");
    CHECK_EQ(parent_map(child.id, 0x100, CHILD_ALL_RIGHTS, &number, 1), HV_STATUS_OPERATION_DENIED);
    CHECK_EQ(parent_map(HV_PARTITION_ID_SELF, number, HV_MAP_GPA_READABLE, &number, 1) & 0xffff,
             HV_STATUS_OBJECT_IN_USE);
    CHECK_EQ(child_take_back(id), 1);
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (page[i] != 0) {
            CHECK(false, "byte %u was written while the page was in the pool", i);
            break;
        }
}

HV_TEST(memory_pools, only_whole_and_exclusive_pages_are_taken,
        COVERS(HV_REQ_MEM_004, HV_REQ_MEM_008), NEEDS_PARENT,
        "A page that a guest still maps would be a window into the hypervisor")
{
    uint64_t id, own = page_number(child_page(0)), shared, twice = page_number(alloc_page());
    uint64_t hypercalls, beyond = UINT64_C(1) << (hv_physical_address_bits() - PAGE_SHIFT);
    struct child child;
    uint16_t status;

    parent_begin();
    hypercalls = hv_hypercall_gpa() >> PAGE_SHIFT;
    child = child_make(CHILD_EXO);
    shared = page_number(child.ram);
    id = child_create(0);

    CHECK_EQ(parent_deposit(id, &shared, 1), HV_STATUS_OPERATION_DENIED);
    REQUIRE_EQ(parent_deposit(id, &twice, 1), UINT64_C(1) << 32);
    CHECK_EQ(parent_deposit(id, &twice, 1), HV_STATUS_OPERATION_DENIED);
    CHECK_EQ(parent_deposit(id, &beyond, 1), HV_STATUS_OPERATION_DENIED);
    status = hv_result_status(parent_deposit(id, &hypercalls, 1));
    CHECK(status == HV_STATUS_OPERATION_DENIED || status == HV_STATUS_OBJECT_IN_USE,
          "the hypercall page: status 0x%x", status);

    REQUIRE_EQ(parent_map(HV_PARTITION_ID_SELF, own, HV_MAP_GPA_READABLE, &own, 1), UINT64_C(1)
                                                                                        << 32);
    CHECK_EQ(parent_deposit(id, &own, 1), HV_STATUS_OPERATION_DENIED);
    REQUIRE_EQ(parent_map(HV_PARTITION_ID_SELF, own, CHILD_ALL_RIGHTS, &own, 1), UINT64_C(1) << 32);
    CHECK_EQ(parent_unmap(child.id, 0, 0, 1), UINT64_C(1) << 32);
    CHECK_EQ(child_take_back(id), 1);
}

HV_TEST(memory_pools, a_page_is_free_again_when_nobody_maps_it, COVERS(HV_REQ_MEM_004),
        NEEDS_PARENT, "Memory of guests that are gone is for the next ones")
{
    uint64_t id, other, page = page_number(alloc_page());

    parent_begin();
    id = child_make_empty(0);
    other = child_create(0);
    REQUIRE_EQ(parent_map(id, 7, CHILD_ALL_RIGHTS, &page, 1), UINT64_C(1) << 32);
    CHECK_EQ(parent_deposit(other, &page, 1), HV_STATUS_OPERATION_DENIED);
    REQUIRE_EQ(parent_unmap(id, 7, 0, 1), UINT64_C(1) << 32);
    CHECK_EQ(parent_deposit(other, &page, 1), UINT64_C(1) << 32);
}

/* However many mappings there were. */
HV_TEST(
    memory_pools, a_shared_page_is_taken_when_the_last_mapping_has_gone,
    COVERS(HV_REQ_MEM_004, HV_REQ_GPA_025), NEEDS_PARENT,
    "The first of two guests that lets a page go makes it the hypervisor's while the other writes")
{
    uint64_t id, second, pool, page = page_number(alloc_page());
    const uint64_t one = UINT64_C(1) << 32;

    parent_begin();
    id = child_make_empty(0);
    second = child_make_empty(0);
    pool = child_create(0);
    REQUIRE_EQ(parent_map(id, 7, CHILD_ALL_RIGHTS, &page, 1), one);
    REQUIRE_EQ(parent_map(id, 8, HV_MAP_GPA_READABLE, &page, 1), one);
    REQUIRE_EQ(parent_map(second, 7, CHILD_ALL_RIGHTS, &page, 1), one);
    CHECK_EQ(parent_deposit(pool, &page, 1), HV_STATUS_OPERATION_DENIED);
    REQUIRE_EQ(parent_unmap(id, 7, 0, 1), one);
    CHECK_EQ(parent_deposit(pool, &page, 1), HV_STATUS_OPERATION_DENIED);
    REQUIRE_EQ(parent_unmap(second, 7, 0, 1), one);
    CHECK_EQ(parent_deposit(pool, &page, 1), HV_STATUS_OPERATION_DENIED);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, id), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_deposit(pool, &page, 1), one);
    CHECK_EQ(parent_map(second, 7, CHILD_ALL_RIGHTS, &page, 1), HV_STATUS_OPERATION_DENIED);
}

HV_TEST(memory_pools, a_list_ends_at_its_first_bad_page, COVERS(HV_REQ_MEM_006), NEEDS_PARENT,
        "What was taken before is the pool's, and the caller has to know it")
{
    struct hv_output_get_memory_balance balance;
    uint64_t id, pages[5];

    parent_begin();
    id = child_create(0);
    for (unsigned i = 0; i < 5; i++)
        pages[i] = page_number(alloc_page());
    CHECK_EQ(parent_deposit(id, &pages[1], 1), UINT64_C(1) << 32);
    /* The second one is there already. */
    CHECK_EQ(parent_deposit(id, pages, 5), UINT64_C(1) << 32 | HV_STATUS_OPERATION_DENIED);
    REQUIRE_EQ(parent_balance(id, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_available, 2);
    for (unsigned i = 2; i < 5; i++)
        CHECK_NO_FAULT(safe_write64(virt_of(pages[i] << PAGE_SHIFT), 1));
    CHECK_EQ(parent_deposit(id, &pages[2], 3), UINT64_C(3) << 32);
}

/* ---- Withdrawals ---- */

HV_TEST(memory_pools, pages_come_back_empty_to_where_they_were,
        COVERS(HV_REQ_MEM_009, HV_REQ_MEM_010), NEEDS_PARENT,
        "What the hypervisor leaves in them is read by the next guest that gets them")
{
    uint64_t id, pages[4], back[4];

    parent_begin();
    id = child_make_empty(CHILD_EXO);
    child_take_back(id);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *page = alloc_page();

        memset(page, 0x11 * (int)(i + 1), PAGE_SIZE);
        pages[i] = page_number(page);
    }
    REQUIRE_EQ(parent_deposit(id, pages, 4), UINT64_C(4) << 32);
    REQUIRE_EQ(parent_withdraw(id, 4, back), UINT64_C(4) << 32);
    CHECK_EQ(parent_output_written(4 * sizeof(back[0])), 0);
    for (unsigned i = 0; i < 4; i++) {
        unsigned found = 0;
        volatile uint8_t *page = virt_of(back[i] << PAGE_SHIFT);

        for (unsigned j = 0; j < 4; j++)
            found += pages[j] == back[i];
        CHECK(found == 1, "page 0x%llx came back, which was never deposited",
              (unsigned long long)back[i]);
        CHECK_EQ(hv_differing(page, 0, 0), 0);
        CHECK_NO_FAULT(safe_write64(page, i));
    }
    /* All rights are back: they can be deposited again. */
    CHECK_EQ(parent_deposit(id, back, 4), UINT64_C(4) << 32);
}

HV_TEST(memory_pools, a_withdrawal_ends_when_nothing_is_free,
        COVERS(HV_REQ_MEM_011, HV_REQ_MEM_009), NEEDS_PARENT,
        "A parent withdraws until it is told that there is no more")
{
    uint64_t id, back[8];

    parent_begin();
    id = child_create(0);
    CHECK_EQ(parent_withdraw(id, 8, back), HV_STATUS_NO_RESOURCES);
    child_deposit(id, 3);
    CHECK_EQ(parent_withdraw(id, 8, back), UINT64_C(3) << 32 | HV_STATUS_NO_RESOURCES);
    CHECK_EQ(parent_output_written(3 * sizeof(back[0])), 0);
    for (unsigned i = 0; i < 3; i++)
        free_page(virt_of(back[i] << PAGE_SHIFT));
    CHECK_EQ(parent_withdraw(PARENT_NOBODY, 1, back), HV_STATUS_INVALID_PARTITION_ID);
}

HV_TEST(memory_pools, an_idle_pool_can_be_emptied, COVERS(HV_REQ_MEM_012, HV_REQ_MEM_014),
        NEEDS_PARENT,
        "A page less for each guest that was started, and the machine is full one day")
{
    struct hv_output_get_memory_balance balance;
    size_t before, after;
    struct child child;

    parent_begin();
    child_remove(child_create(0));
    before = free_page_count();
    for (unsigned round = 0; round < 3; round++) {
        child.id = child_create(CHILD_EXO);
        child_deposit(child.id, 80);
        CHECK_EQ(child_take_back(child.id), 80);
        child_deposit(child.id, 80);
        REQUIRE_EQ(parent_by_id(HvCallInitializePartition, child.id), HV_STATUS_SUCCESS);
        child_add_vp(&child, 0);
        REQUIRE_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
        REQUIRE_EQ(parent_balance(child.id, &balance), HV_STATUS_SUCCESS);
        CHECK_EQ(balance.pages_available, 80);
        CHECK_EQ(child_take_back(child.id), 80);
        CHECK_EQ(parent_by_id(HvCallDeletePartition, child.id), HV_STATUS_SUCCESS);
    }
    after = free_page_count();
    CHECK_EQ(after, before);
}

/* ---- Shortage ---- */

#define PAGES_OF_TABLE 512u

HV_TEST(memory_pools, calls_for_a_partition_draw_from_its_pool,
        COVERS(HV_REQ_MEM_001, HV_REQ_VP_047, HV_REQ_GPA_024), NEEDS_PARENT,
        "A guest that takes from the pool of another one can starve it")
{
    struct hv_output_get_memory_balance balance;
    uint64_t sources[200], first = page_number(child_memory(200, 0)), id, other, done;

    parent_begin();
    for (unsigned i = 0; i < 200; i++)
        sources[i] = first + i;
    other = child_make_empty(CHILD_EXO);
    id = child_create(CHILD_EXO);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_create_vp(id, 0), HV_STATUS_INSUFFICIENT_MEMORY);
    CHECK_EQ(parent_delete_vp(id, 0), HV_STATUS_INVALID_VP_INDEX);
    CHECK_EQ(parent_map(id, 0, CHILD_ALL_RIGHTS, sources, 200), HV_STATUS_INSUFFICIENT_MEMORY);
    REQUIRE_EQ(parent_balance(other, &balance), HV_STATUS_SUCCESS);
    CHECK_EQ(balance.pages_in_use, 0);
    /* Tables for 2 MiB, and no more: the pages behind need another one. */
    child_deposit(id, 3);
    done = parent_map(id, PAGES_OF_TABLE - 100, CHILD_ALL_RIGHTS, sources, 200);
    CHECK_EQ(hv_result_status(done), HV_STATUS_INSUFFICIENT_MEMORY);
    CHECK_EQ(hv_result_reps(done), 100);
    child_deposit(id, 1);
    CHECK_EQ(parent_map(id, PAGES_OF_TABLE, CHILD_ALL_RIGHTS, sources + 100, 100), UINT64_C(100)
                                                                                       << 32);
}

/* ---- Proximity domains ---- */

static uint16_t balance_near(uint64_t id, uint32_t domain, uint32_t flags)
{
    struct hv_input_withdraw_memory block = { id, { domain, flags } };

    return parent_simple(HvCallGetMemoryBalance, &block, sizeof(block));
}

static uint16_t create_near(uint32_t domain, uint32_t flags)
{
    struct hv_input_create_partition block = { .proximity_domain_info = { domain, flags } };

    return parent_simple(HvCallCreatePartition, &block, sizeof(block));
}

static bool is_refused_domain(uint16_t status)
{
    return status == HV_STATUS_INVALID_PARAMETER ||
           status == HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO;
}

HV_TEST(memory_pools, places_that_do_not_exist_are_refused, COVERS(HV_REQ_MEM_016), NEEDS_PARENT,
        "A parent that asks for memory near a processor finds out that there is none")
{
    const uint32_t valid = HV_PROXIMITY_DOMAIN_INFO_VALID, nowhere = 0x7fffffff;
    uint64_t id;

    parent_begin();
    id = child_create(0);
    CHECK_EQ(balance_near(id, 0, 0), HV_STATUS_SUCCESS);
    CHECK_EQ(balance_near(id, 0, valid), HV_STATUS_SUCCESS);
    CHECK(is_refused_domain(balance_near(id, nowhere, valid)), "a domain that does not exist");
    CHECK(is_refused_domain(create_near(nowhere, valid)), "a domain that does not exist");
    for (unsigned bit = 1; bit < 31; bit++) {
        CHECK(is_refused_domain(balance_near(id, 0, valid | 1u << bit)), "reserved flag %u", bit);
        CHECK(is_refused_domain(create_near(0, 1u << bit)), "reserved flag %u", bit);
    }
}
