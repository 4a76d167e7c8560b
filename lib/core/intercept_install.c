/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "intercept_install.h"

#include "core.h"

#define READ_WRITE (HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE)
#define MAX_LEAVES (HV_PAGE_SIZE / sizeof(uint32_t))

#define EXCEPTIONS 32u
#define NMI        2u /* has the number of an exception, and is none */

/* TLFS v6.0b, 6.1: ports and MSRs are intercepted for reads and writes together, what is executed
   for execution. For the end of an interrupt it has no rule. */
static bool is_access_valid(uint32_t type, uint32_t access)
{
    if (access == HV_INTERCEPT_ACCESS_MASK_NONE)
        return true;
    switch (type) {
    case HvInterceptTypeX64IoPort:
    case HvInterceptTypeX64IoPortRange:
    case HvInterceptTypeX64Msr:
        return access == READ_WRITE;
    case HvInterceptTypeX64Cpuid:
    case HvInterceptTypeX64GlobalCpuid:
    case HvInterceptTypeException:
        return access == HV_INTERCEPT_ACCESS_MASK_EXECUTE;
    default:
        return access <= (READ_WRITE | HV_INTERCEPT_ACCESS_MASK_EXECUTE);
    }
}

/* ---- Of each type ---- */

static bool is_range(uint64_t parameter)
{
    return parameter <= UINT32_MAX && (parameter & UINT16_MAX) <= parameter >> 16;
}

static void kick_all(struct hv_partition *partition)
{
    for (uint32_t i = 0; i < partition->max_vps; i++) {
        struct hv_vp *vp = hv_vp_get(partition, i);

        if (vp)
            hv_vp_kick(vp);
    }
}

static hv_status set_exception(struct hv_partition *partition, uint64_t vector, bool wanted)
{
    struct hv_intercepts *intercepts = &partition->intercepts;

    if (vector >= EXCEPTIONS || vector == NMI)
        return HV_STATUS_INVALID_PARAMETER;
    if (wanted)
        atomic_fetch_or_explicit(&intercepts->exceptions, 1u << vector, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&intercepts->exceptions, ~(1u << vector), memory_order_relaxed);
    kick_all(partition);
    return HV_STATUS_SUCCESS;
}

static hv_status set_type(struct hv_partition *partition, uint32_t type, bool wanted)
{
    if (wanted)
        atomic_fetch_or_explicit(&partition->intercepts.types, 1u << type, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&partition->intercepts.types, ~(1u << type),
                                  memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

/* ---- CPUID leaves, under the lock ---- */

/* Where the leaf is in the list, or its end. */
static uint32_t find_leaf(const struct hv_intercepts *intercepts, const uint32_t *leaves,
                          uint32_t leaf)
{
    uint32_t at = 0;

    while (at < intercepts->leaf_count && leaves[at] != leaf)
        at++;
    return at;
}

static void remove_leaf(struct hv_intercepts *intercepts, uint32_t leaf)
{
    uint32_t *leaves = atomic_load_explicit(&intercepts->leaves, memory_order_relaxed);
    uint32_t at = leaves ? find_leaf(intercepts, leaves, leaf) : 0;

    if (at < intercepts->leaf_count)
        leaves[at] = leaves[--intercepts->leaf_count];
}

static hv_status add_leaf(struct hv_partition *partition, uint32_t leaf)
{
    struct hv_intercepts *intercepts = &partition->intercepts;
    uint32_t *leaves = atomic_load_explicit(&intercepts->leaves, memory_order_relaxed);

    if (!leaves) {
        leaves = hv_pool_alloc(&partition->pool, &intercepts->leaves_page);
        if (!leaves)
            return HV_STATUS_INSUFFICIENT_MEMORY;
        atomic_store_explicit(&intercepts->leaves, leaves, memory_order_relaxed);
    }
    if (find_leaf(intercepts, leaves, leaf) < intercepts->leaf_count)
        return HV_STATUS_SUCCESS;
    if (intercepts->leaf_count == MAX_LEAVES)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    leaves[intercepts->leaf_count++] = leaf;
    return HV_STATUS_SUCCESS;
}

void hv_intercept_destroy(struct hv_partition *partition)
{
    struct hv_intercepts *intercepts = &partition->intercepts;

    if (!atomic_exchange_explicit(&intercepts->leaves, NULL, memory_order_relaxed))
        return;
    intercepts->leaf_count = 0;
    hv_pool_free(&partition->pool, intercepts->leaves_page);
}

static hv_status set_leaf(struct hv_partition *partition, uint64_t leaf, bool wanted)
{
    hv_status status = HV_STATUS_SUCCESS;

    if (leaf > UINT32_MAX)
        return HV_STATUS_INVALID_PARAMETER;
    hv_lock_acquire(&partition->intercepts.lock);
    if (wanted)
        status = add_leaf(partition, (uint32_t)leaf);
    else
        remove_leaf(&partition->intercepts, (uint32_t)leaf);
    hv_lock_release(&partition->intercepts.lock);
    return status;
}

bool hv_intercept_wants_cpuid(struct hv_partition *partition, uint32_t leaf)
{
    struct hv_intercepts *intercepts = &partition->intercepts;
    const uint32_t *leaves;
    bool wanted;

    if (hv_intercept_is_on(partition, HvInterceptTypeX64GlobalCpuid))
        return true;
    leaves = atomic_load_explicit(&intercepts->leaves, memory_order_relaxed);
    if (!leaves)
        return false;
    hv_lock_acquire(&intercepts->lock);
    wanted = find_leaf(intercepts, leaves, leaf) < intercepts->leaf_count;
    hv_lock_release(&intercepts->lock);
    return wanted;
}

/* ---- All ---- */

bool hv_intercept_is_on(const struct hv_partition *partition, uint32_t type)
{
    return atomic_load_explicit(&partition->intercepts.types, memory_order_relaxed) & 1u << type;
}

/* All ports are the parent's at any time, so an intercept of one adds nothing and its removal takes
   nothing away. */
hv_status hv_intercept_install(struct hv_partition *partition, uint32_t type, uint32_t access,
                               uint64_t parameter)
{
    bool wanted = access != HV_INTERCEPT_ACCESS_MASK_NONE;

    if (!is_access_valid(type, access))
        return HV_STATUS_INVALID_PARAMETER;
    switch (type) {
    case HvInterceptTypeX64IoPort:
        return parameter <= UINT16_MAX ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
    case HvInterceptTypeX64IoPortRange:
        return is_range(parameter) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
    case HvInterceptTypeX64Cpuid:
        return set_leaf(partition, parameter, wanted);
    case HvInterceptTypeException:
        return set_exception(partition, parameter, wanted);
    case HvInterceptTypeX64Msr:
    case HvInterceptTypeX64GlobalCpuid:
    case HvInterceptTypeX64ApicEoi:
        return set_type(partition, type, wanted);
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}
