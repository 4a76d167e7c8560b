/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief MAC addresses of a machine's virtual network adapters: no two adapters have the same.
 *
 * An adapter gets a dynamic address from a range, or has a static one, which may be in the range or
 * not; either way nobody else gets it. The range is by default one of 256 addresses that begins
 * with Hyper-V's 00-15-5D, continued by two bytes by which the machines of a network differ. Of an
 * adapter it is also known with which VLAN its frames are tagged; an address is one adapter's
 * whatever the VLAN.
 *
 * All is O(1), but that addresses with the same hash are looked through. Nothing is allocated: an
 * adapter is linked in by memory of its own. One thread at a time uses a pool.
 *
 * An address is a number whose bits 47:40 are the byte that is sent first.
 */
#ifndef HV_MAC_POOL_H
#define HV_MAC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hv/status.h>

#define HV_MAC_POOL_MAX     4096u /**< Addresses of a range. */
#define HV_MAC_POOL_DEFAULT 256u  /**< The same, as Hyper-V has it. */
#define HV_MAC_POOL_BUCKETS 256u  /**< Of the hash; a power of two. */

#define HV_MAC_VLAN_NONE 0u    /**< Frames are not tagged. */
#define HV_MAC_VLAN_MAX  4094u /**< IEEE 802.1Q: the greatest VLAN identifier. */

/** An adapter; the embedder's memory, in use until hv_mac_pool_release(). */
struct hv_mac_adapter {
    uint64_t address;            /**< Read it; zero while the adapter has none. */
    uint16_t vlan;               /**< 1 to HV_MAC_VLAN_MAX, or HV_MAC_VLAN_NONE. */
    bool dynamic;                /**< The address is of the pool's choice. */
    struct hv_mac_adapter *next; /**< The pool's. */
};

/** A pool; all of it is private. */
struct hv_mac_pool {
    uint64_t first;                                      /**< Of the range. */
    uint32_t count;                                      /**< Addresses of the range. */
    uint64_t full;                                       /**< Words of taken that are all ones. */
    uint64_t taken[HV_MAC_POOL_MAX / 64];                /**< A bit for each address. */
    struct hv_mac_adapter *buckets[HV_MAC_POOL_BUCKETS]; /**< All adapters, by address. */
};

/** The first address of the default range of the machine that has @p machine as its two bytes. */
static inline uint64_t hv_mac_pool_default_first(uint16_t machine)
{
    return UINT64_C(0x00155D000000) | (uint64_t)machine << 8;
}

/**
 * Make an empty pool.
 * @param pool  any memory.
 * @param first first address of the range.
 * @param count how many there are, 1 to HV_MAC_POOL_MAX.
 * @return HV_STATUS_SUCCESS, or HV_STATUS_INVALID_PARAMETER for another count and for a range that
 *         is not all unicast addresses of one vendor: bits 47:24 are the same, bit 40 is zero.
 */
hv_status hv_mac_pool_init(struct hv_mac_pool *pool, uint64_t first, uint32_t count);

/**
 * Give an adapter the lowest address of the range that nobody has.
 * @param pool    the pool.
 * @param adapter any memory; on success its address is what it gets.
 * @param vlan    HV_MAC_VLAN_NONE to HV_MAC_VLAN_MAX.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER for another VLAN; HV_STATUS_NO_RESOURCES
 *         when all are taken.
 */
hv_status hv_mac_pool_take(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter, uint16_t vlan);

/**
 * Give an adapter the address that its owner has chosen.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_PARAMETER for another VLAN, for zero, and for what
 * is no unicast address of 48 bits; HV_STATUS_OBJECT_IN_USE when another adapter has it.
 */
hv_status hv_mac_pool_claim(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter,
                            uint64_t address, uint16_t vlan);

/** Take the address back from an adapter that has one of this pool. */
void hv_mac_pool_release(struct hv_mac_pool *pool, struct hv_mac_adapter *adapter);

/** The adapter that has the address, or NULL. */
struct hv_mac_adapter *hv_mac_pool_find(const struct hv_mac_pool *pool, uint64_t address);

/** Addresses of the range that nobody has. */
uint32_t hv_mac_pool_available(const struct hv_mac_pool *pool);

#endif
