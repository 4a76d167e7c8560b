/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "partition.h"

#include "call.h"
#include "host.h"

#define CREATION_FLAGS                                                                     \
    (HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED |                                  \
     HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED | \
     HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED |                           \
     HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE)

#define READ_WRITE (HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE)
#define ALL_PORTS  UINT64_C(0xFFFF0000) /* first in bits 15:0, last in 31:16 */

#define FIRST_DEPOSIT 64u /* pages; more are asked for when they are needed */
#define MOST_TRIES    64u /* of a call that wants more memory each time */

#define CPUID_1 1u

#define MTRR_ENABLED 0x800u /* IA32_MTRR_DEF_TYPE */

static bool check(struct root_child *child, const char *what, hv_status status)
{
    return status == HV_STATUS_SUCCESS || root_child_fail(child, what, status);
}

static bool mend(struct root_child *child, hv_status status)
{
    return root_pool_mend(&child->partition.pool, child->partition.own, status);
}

/* ---- The partition ---- */

/* Until it exists it is the root's pool that pays for it. */
static hv_status create(struct root_child *child)
{
    struct root_partition *partition = &child->partition;
    hv_status status = root_call_create_partition(CREATION_FLAGS, &partition->pool.partition);

    for (unsigned i = 0; i < MOST_TRIES && status != HV_STATUS_SUCCESS; i++) {
        partition->pool.partition = HV_PARTITION_ID_INVALID;
        if (!root_pool_mend(partition->own, partition->own, status))
            return status;
        status = root_call_create_partition(CREATION_FLAGS, &partition->pool.partition);
    }
    if (status != HV_STATUS_SUCCESS)
        partition->pool.partition = HV_PARTITION_ID_INVALID;
    return status;
}

/* What this partition has not got itself it can't give; the description may ask for it all the
   same. */
static hv_status grant(struct root_child *child)
{
    return root_call_set_property(child->partition.pool.partition,
                                  HvPartitionPropertyPrivilegeFlags,
                                  child->machine.privileges & root_host_privileges());
}

static hv_status set_unless(struct root_child *child, uint32_t code, uint64_t value, uint64_t usual)
{
    if (value == usual)
        return HV_STATUS_SUCCESS;
    return root_call_set_property(child->partition.pool.partition, code, value);
}

/* What says nothing needs no hypervisor that has such properties. */
static bool set_share(struct root_child *child)
{
    const struct hv_machine *machine = &child->machine;

    return check(child, "set its weight",
                 set_unless(child, HvPartitionPropertyCpuWeight, machine->cpu_weight,
                            HV_CPU_WEIGHT_DEFAULT)) &&
           check(
               child, "set its cap",
               set_unless(child, HvPartitionPropertyCpuCap, machine->cpu_cap, HV_CPU_CAP_SCALE)) &&
           check(child, "set its reserve",
                 set_unless(child, HvPartitionPropertyCpuReserve, machine->cpu_reserve, 0));
}

/* Ports and memory where nothing is are the parent's anyway, and so are ends of VPs. HLT is the
   hypervisor's, which has the local APICs, and nobody needs to see CPUID. */
static bool install_intercepts(struct root_child *child)
{
    uint64_t id = child->partition.pool.partition;

    return check(child, "intercept its ports",
                 root_call_install_intercept(id, HvInterceptTypeX64IoPortRange, READ_WRITE,
                                             ALL_PORTS)) &&
           check(child, "intercept its MSRs",
                 root_call_install_intercept(id, HvInterceptTypeX64Msr, READ_WRITE, 0)) &&
           check(child, "intercept its ends of interrupts",
                 root_call_install_intercept(id, HvInterceptTypeX64ApicEoi,
                                             HV_INTERCEPT_ACCESS_MASK_WRITE, 0));
}

static bool make_partition(struct root_child *child)
{
    struct root_partition *partition = &child->partition;

    if (!check(child, "create a partition", create(child)) ||
        !check(child, "deposit memory", root_pool_add(&partition->pool, FIRST_DEPOSIT)) ||
        !check(child, "grant it its privileges", grant(child)) ||
        !check(child, "initialize its partition",
               root_call_initialize_partition(partition->pool.partition)))
        return false;
    partition->active = true;
    return set_share(child) && install_intercepts(child);
}

/* ---- VPs ---- */

static hv_status create_vp(struct root_child *child, uint32_t index)
{
    uint64_t id = child->partition.pool.partition;
    hv_status status = root_call_create_vp(id, index);

    for (unsigned i = 0; i < MOST_TRIES && mend(child, status); i++)
        status = root_call_create_vp(id, index);
    return status;
}

static hv_status map_page(struct root_child *child, uint32_t index, uint16_t type, uint64_t *page)
{
    uint64_t id = child->partition.pool.partition;
    hv_status status = root_call_map_state_page(id, index, type, page);

    for (unsigned i = 0; i < MOST_TRIES && mend(child, status); i++)
        status = root_call_map_state_page(id, index, type, page);
    return status;
}

static bool map_pages(struct root_child *child, uint32_t index)
{
    struct root_vp *vp = &child->partition.vps[index];
    uint64_t page;

    if (!check(child, "map the message page of a VP",
               map_page(child, index, HvVpStatePageInterceptMessage, &page)))
        return false;
    vp->message = (const void *)(uintptr_t)(page * HV_PAGE_SIZE);
    if (!check(child, "map the register page of a VP",
               map_page(child, index, HvVpStatePageRegisters, &page)))
        return false;
    vp->registers = (void *)(uintptr_t)(page * HV_PAGE_SIZE);
    return true;
}

static hv_status answer_cpuid(struct root_child *child, uint32_t index,
                              const struct hv_register_x64_cpuid_result_parameters *result)
{
    uint64_t id = child->partition.pool.partition;
    hv_status status = root_call_register_cpuid(id, index, result);

    for (unsigned i = 0; i < MOST_TRIES && mend(child, status); i++)
        status = root_call_register_cpuid(id, index, result);
    return status;
}

/* A machine without the hypervisor interface is not to see that there is one. */
static bool hide_hypervisor(struct root_child *child, uint32_t index)
{
    struct hv_register_x64_cpuid_result_parameters result = {
        .input_eax = CPUID_1,
        .always_override = 1,
        .result_ecx_mask = HV_CPUID_1_ECX_HYPERVISOR_PRESENT
    };

    if (!check(child, "hide the hypervisor", answer_cpuid(child, index, &result)))
        return false;
    result.result_eax_mask = result.result_ebx_mask = UINT32_MAX;
    result.result_ecx_mask = result.result_edx_mask = UINT32_MAX;
    for (uint32_t leaf = HV_CPUID_VENDOR_AND_MAX_FUNCTION; leaf <= HV_CPUID_IPT_FEATURES; leaf++) {
        result.input_eax = leaf;
        if (!check(child, "hide the hypervisor", answer_cpuid(child, index, &result)))
            return false;
    }
    return true;
}

/* Firmware of a PC leaves memory cacheable; who finds the MTRRs off does without the PAT too. */
static hv_status set_memory_type(const struct root_child *child, uint32_t index)
{
    const struct worker_register type = { .name = HvX64RegisterMsrMtrrDefType,
                                          .value.reg128 = { .low = MTRR_ENABLED |
                                                                   HvCacheTypeWriteBack } };

    return root_call_set_registers(child->partition.pool.partition, index, &type, 1);
}

static bool make_vps(struct root_child *child)
{
    struct root_partition *partition = &child->partition;

    for (uint32_t i = 0; i < child->machine.vp_count; i++) {
        if (!check(child, "create a VP", create_vp(child, i)))
            return false;
        partition->vp_count = i + 1;
        if (!map_pages(child, i) ||
            !check(child, "set up the MTRRs of a VP", set_memory_type(child, i)) ||
            (child->machine.privileges == 0 && !hide_hypervisor(child, i)))
            return false;
    }
    return true;
}

static bool take_vps(struct root_child *child)
{
    struct root_partition *partition = &child->partition;
    uint64_t size = child->machine.vp_count * sizeof(*partition->vps);

    partition->vps_pages = (size + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;
    partition->vps = root_host_take_pages(partition->vps_pages, 0);
    return partition->vps ||
           root_child_fail(child, "find memory for its VPs", HV_STATUS_INSUFFICIENT_MEMORY);
}

bool root_partition_make(struct root_child *child)
{
    return take_vps(child) && make_partition(child) && make_vps(child);
}

/* ---- The way back ---- */

static bool unmake_vp(struct root_child *child, uint32_t index)
{
    struct root_vp *vp = &child->partition.vps[index];
    uint64_t id = child->partition.pool.partition;
    bool whole = true;

    if (vp->registers)
        whole &= check(child, "unmap the register page of a VP",
                       root_call_unmap_state_page(id, index, HvVpStatePageRegisters));
    if (vp->message)
        whole &= check(child, "unmap the message page of a VP",
                       root_call_unmap_state_page(id, index, HvVpStatePageInterceptMessage));
    whole &= check(child, "delete a VP", root_call_delete_vp(id, index));
    return whole;
}

bool root_partition_unmake(struct root_child *child)
{
    struct root_partition *partition = &child->partition;
    uint64_t id = partition->pool.partition;
    bool whole = true;

    while (partition->vp_count > 0)
        whole &= unmake_vp(child, --partition->vp_count);
    if (partition->active) {
        hv_status status = root_call_finalize_partition(id);

        whole &= check(child, "finalize its partition", status);
        partition->active = status != HV_STATUS_SUCCESS;
    }
    if (id != HV_PARTITION_ID_INVALID) {
        whole &= check(child, "withdraw its memory", root_pool_drain(&partition->pool));
        whole &= check(child, "delete its partition", root_call_delete_partition(id));
    }
    if (partition->vps)
        root_host_give_pages(partition->vps, partition->vps_pages);
    partition->vps = NULL;
    return whole;
}
