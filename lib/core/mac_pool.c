/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <hv/abi/tlfs.h>
#include <hv/mac_pool.h>

#include "mem.h"

#define WORD_BITS     64u
#define ADDRESS_BITS  48
#define GROUP_ADDRESS (UINT64_C(1) << 40) /* IEEE 802: multicast, among it broadcast */
#define VENDOR_SHIFT  24

_Static_assert(HV_MAC_POOL_MAX / WORD_BITS <= WORD_BITS, "one word tells which words are full");

static bool is_unicast(uint64_t address)
{
    return address != 0 && address >> ADDRESS_BITS == 0 && !(address & GROUP_ADDRESS);
}

hv_status hv_mac_pool_init(struct hv_mac_pool *pool, uint64_t first, uint32_t count)
{
    if (count == 0 || count > HV_MAC_POOL_MAX || !is_unicast(first) ||
        first >> VENDOR_SHIFT != (first + count - 1) >> VENDOR_SHIFT)
        return HV_STATUS_INVALID_PARAMETER;
    memset(pool, 0, sizeof(*pool));
    pool->first = first;
    pool->count = count;
    return HV_STATUS_SUCCESS;
}

/* ---- The range ---- */

static bool is_in_range(const struct hv_mac_pool *pool, uint64_t address)
{
    return address >= pool->first && address - pool->first < pool->count;
}

static void mark(struct hv_mac_pool *pool, uint64_t address)
{
    uint32_t index = (uint32_t)(address - pool->first), word = index / WORD_BITS;

    pool->taken[word] |= UINT64_C(1) << index % WORD_BITS;
    if (pool->taken[word] == UINT64_MAX)
        pool->full |= UINT64_C(1) << word;
}

static void clear(struct hv_mac_pool *pool, uint64_t address)
{
    uint32_t index = (uint32_t)(address - pool->first), word = index / WORD_BITS;

    pool->taken[word] &= ~(UINT64_C(1) << index % WORD_BITS);
    pool->full &= ~(UINT64_C(1) << word);
}

/* The first bit that is clear in the first word that is not full. */
static bool find_free(const struct hv_mac_pool *pool, uint64_t *address)
{
    uint32_t word, index;

    if (pool->full == UINT64_MAX)
        return false;
    word = (uint32_t)__builtin_ctzll(~pool->full);
    if (word * WORD_BITS >= pool->count)
        return false;
    index = word * WORD_BITS + (uint32_t)__builtin_ctzll(~pool->taken[word]);
    *address = pool->first + index;
    return index < pool->count;
}

/* ---- All addresses ---- */

/* Neighbours differ in the last byte. */
static uint32_t bucket_of(uint64_t address)
{
    return (uint32_t)(address ^ address >> 8 ^ address >> 16) % HV_MAC_POOL_BUCKETS;
}

static void add(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter)
{
    struct hv_mac_adapter **bucket = &pool->buckets[bucket_of(adapter->address)];

    adapter->next = *bucket;
    *bucket = adapter;
    if (is_in_range(pool, adapter->address))
        mark(pool, adapter->address);
}

hv_status hv_mac_pool_take(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter, uint16_t vlan)
{
    uint64_t address;

    if (vlan > HV_MAC_VLAN_MAX)
        return HV_STATUS_INVALID_PARAMETER;
    if (!find_free(pool, &address))
        return HV_STATUS_NO_RESOURCES;
    *adapter = (struct hv_mac_adapter){ .address = address, .vlan = vlan, .dynamic = true };
    add(pool, adapter);
    return HV_STATUS_SUCCESS;
}

hv_status hv_mac_pool_claim(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter,
                            uint64_t address, uint16_t vlan)
{
    if (vlan > HV_MAC_VLAN_MAX || !is_unicast(address))
        return HV_STATUS_INVALID_PARAMETER;
    if (hv_mac_pool_find(pool, address))
        return HV_STATUS_OBJECT_IN_USE;
    *adapter = (struct hv_mac_adapter){ .address = address, .vlan = vlan };
    add(pool, adapter);
    return HV_STATUS_SUCCESS;
}

void hv_mac_pool_release(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter)
{
    struct hv_mac_adapter **link = &pool->buckets[bucket_of(adapter->address)];

    while (*link != adapter)
        link = &(*link)->next;
    *link = adapter->next;
    if (is_in_range(pool, adapter->address))
        clear(pool, adapter->address);
    *adapter = (struct hv_mac_adapter){ 0 };
}

struct hv_mac_adapter *hv_mac_pool_find(const struct hv_mac_pool *pool, uint64_t address)
{
    struct hv_mac_adapter *adapter = pool->buckets[bucket_of(address)];

    while (adapter && adapter->address != address)
        adapter = adapter->next;
    return adapter;
}

uint32_t hv_mac_pool_available(const struct hv_mac_pool *pool)
{
    uint32_t taken = 0;

    for (uint32_t word = 0; word < HV_MAC_POOL_MAX / WORD_BITS; word++)
        for (uint64_t left = pool->taken[word]; left; left &= left - 1)
            taken++;
    return pool->count - taken;
}
