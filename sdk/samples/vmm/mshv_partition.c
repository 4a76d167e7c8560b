/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A partition by /dev/mshv: it is gone when its files are closed, whoever closes them. */
#include "mshv_partition.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/mshv.h>

#define READ_WRITE (HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE)
#define ALL_PORTS  UINT64_C(0xFFFF0000) /* first in bits 15:0, last in 31:16 */

#define CPUID_1 1u

#define MTRR_ENABLED 0x800u /* IA32_MTRR_DEF_TYPE */

static bool check(struct vmm_trouble *trouble, const char *what, hv_status status)
{
    return status == HV_STATUS_SUCCESS ||
           vmm_trouble(trouble, "could not %s, status 0x%04x", what, status);
}

static bool refused(struct vmm_trouble *trouble, const char *what)
{
    return vmm_trouble(trouble, "could not %s: %s", what, strerror(errno));
}

/* ---- The partition ---- */

/* Privileges of this partition. */
static uint64_t own_privileges(void)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;

    __cpuid(HV_CPUID_FEATURES, eax, ebx, ecx, edx);
    return eax | (uint64_t)ebx << 32;
}

/* What this partition has not got itself it can't give; the description may ask for it all the
   same. */
static bool grant(const struct mshv_partition *partition, const struct hv_machine *machine,
                  struct vmm_trouble *trouble)
{
    return check(trouble, "grant it its privileges",
                 mshv_set_property(partition->file, HvPartitionPropertyPrivilegeFlags,
                                   machine->privileges & own_privileges()));
}

static bool set_unless(const struct mshv_partition *partition, uint32_t code, uint64_t value,
                       uint64_t usual, const char *what, struct vmm_trouble *trouble)
{
    return value == usual || check(trouble, what, mshv_set_property(partition->file, code, value));
}

/* What says nothing needs no hypervisor that has such properties. */
static bool set_share(const struct mshv_partition *partition, const struct hv_machine *machine,
                      struct vmm_trouble *trouble)
{
    return set_unless(partition, HvPartitionPropertyCpuWeight, machine->cpu_weight,
                      HV_CPU_WEIGHT_DEFAULT, "set its weight", trouble) &&
           set_unless(partition, HvPartitionPropertyCpuCap, machine->cpu_cap, HV_CPU_CAP_SCALE,
                      "set its cap", trouble) &&
           set_unless(partition, HvPartitionPropertyCpuReserve, machine->cpu_reserve, 0,
                      "set its reserve", trouble);
}

static hv_status install(const struct mshv_partition *partition, uint32_t type, uint32_t access,
                         uint64_t parameter)
{
    const struct hv_input_install_intercept input = { .access_type = access,
                                                      .intercept_type = type,
                                                      .intercept_parameter = parameter };

    return mshv_call(partition->file, HvCallInstallIntercept, 0, &input, sizeof(input), NULL, 0);
}

/* Memory where nothing is, and ends of VPs, are the parent's anyway. HLT is the hypervisor's, which
   has the local APICs, and nobody needs to see CPUID. */
static bool install_intercepts(const struct mshv_partition *partition, struct vmm_trouble *trouble)
{
    return check(trouble, "intercept its ports",
                 install(partition, HvInterceptTypeX64IoPortRange, READ_WRITE, ALL_PORTS)) &&
           check(trouble, "intercept its MSRs",
                 install(partition, HvInterceptTypeX64Msr, READ_WRITE, 0));
}

static bool create(struct mshv_partition *partition, const struct hv_machine *machine,
                   struct vmm_trouble *trouble)
{
    struct mshv_create_partition wanted = { .pt_flags = 1u << MSHV_PT_BIT_LAPIC |
                                                        1u << MSHV_PT_BIT_X2APIC |
                                                        1u << MSHV_PT_BIT_GPA_SUPER_PAGES };

    partition->file = ioctl(partition->device, MSHV_CREATE_PARTITION, &wanted);
    if (partition->file < 0)
        return refused(trouble, "create a partition");
    if (!grant(partition, machine, trouble))
        return false;
    if (ioctl(partition->file, MSHV_INITIALIZE_PARTITION) < 0)
        return refused(trouble, "initialize its partition");
    return set_share(partition, machine, trouble) && install_intercepts(partition, trouble);
}

/* ---- VPs ---- */

static bool answer_cpuid(const struct mshv_partition *partition, uint32_t index,
                         const struct hv_register_x64_cpuid_result_parameters *result,
                         struct vmm_trouble *trouble)
{
    struct {
        struct hv_input_register_intercept_result header;
        struct hv_register_x64_cpuid_result_parameters result;
    } HV_PACKED input = { .header = { .vp_index = index,
                                      .intercept_type = HvInterceptTypeX64Cpuid },
                          .result = *result };

    return check(trouble, "hide the hypervisor",
                 mshv_call(partition->file, HvCallRegisterInterceptResult, 0, &input, sizeof(input),
                           NULL, 0));
}

/* A machine without the hypervisor interface is not to see that there is one. */
static bool hide_hypervisor(const struct mshv_partition *partition, uint32_t index,
                            struct vmm_trouble *trouble)
{
    struct hv_register_x64_cpuid_result_parameters result = {
        .input_eax = CPUID_1,
        .always_override = 1,
        .result_ecx_mask = HV_CPUID_1_ECX_HYPERVISOR_PRESENT
    };

    if (!answer_cpuid(partition, index, &result, trouble))
        return false;
    result.result_eax_mask = result.result_ebx_mask = UINT32_MAX;
    result.result_ecx_mask = result.result_edx_mask = UINT32_MAX;
    for (uint32_t leaf = HV_CPUID_VENDOR_AND_MAX_FUNCTION; leaf <= HV_CPUID_IPT_FEATURES; leaf++) {
        result.input_eax = leaf;
        if (!answer_cpuid(partition, index, &result, trouble))
            return false;
    }
    return true;
}

/* Firmware of a PC leaves memory cacheable; who finds the MTRRs off does without the PAT too. */
static bool set_memory_type(const struct mshv_partition *partition, uint32_t index,
                            struct vmm_trouble *trouble)
{
    const struct worker_register type = { .name = HvX64RegisterMsrMtrrDefType,
                                          .value.reg128 = { .low = MTRR_ENABLED |
                                                                   HvCacheTypeWriteBack } };

    return check(trouble, "set up the MTRRs of a VP",
                 mshv_set_registers(partition->file, index, &type, 1));
}

/* A VP does without the page: then all is done by hypercalls. */
static void map_registers(struct mshv_vp *vp)
{
    void *page = mmap(NULL, HV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vp->file,
                      MSHV_VP_MMAP_OFFSET_REGISTERS * HV_PAGE_SIZE);

    vp->registers = page == MAP_FAILED ? NULL : page;
}

static bool create_vp(struct mshv_partition *partition, uint32_t index, struct vmm_trouble *trouble)
{
    struct mshv_create_vp wanted = { .vp_index = index };
    struct mshv_vp *vp = &partition->vp[index];

    *vp = (struct mshv_vp){ .file = ioctl(partition->file, MSHV_CREATE_VP, &wanted) };
    partition->vp_count = index + 1;
    if (vp->file < 0)
        return refused(trouble, "create a VP");
    map_registers(vp);
    return set_memory_type(partition, index, trouble);
}

bool mshv_partition_make(struct mshv_partition *partition, const struct hv_machine *machine,
                         struct vmm_trouble *trouble)
{
    mshv_levels_init(&partition->levels);
    if (!create(partition, machine, trouble))
        return false;
    for (uint32_t i = 0; i < machine->vp_count; i++)
        if (!create_vp(partition, i, trouble) ||
            (machine->privileges == 0 && !hide_hypervisor(partition, i, trouble)))
            return false;
    return true;
}

/* ---- The way back ---- */

static void close_vp(struct mshv_vp *vp)
{
    if (vp->registers)
        munmap(vp->registers, HV_PAGE_SIZE);
    if (vp->file >= 0)
        close(vp->file);
}

void mshv_partition_unmake(struct mshv_partition *partition)
{
    while (partition->vp_count > 0)
        close_vp(&partition->vp[--partition->vp_count]);
    mshv_levels_free(&partition->levels);
    if (partition->file >= 0)
        close(partition->file);
    partition->file = -1;
}
