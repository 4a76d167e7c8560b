/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Whom an interrupt's destination names: a parent asks before it routes one. */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"
#include "vp_set.h"

_Static_assert(HV_VP_SET_WORDS <= HV_VP_SET_BANKS, "a bank for each word");

static bool is_valid(const struct hv_input_get_vp_set_from_mda *input)
{
    return input->destination_address <= UINT32_MAX && !input->target_vtl && input->logical <= 1 &&
           !input->reserved0 && !input->reserved1;
}

/* Only banks with members are there, the lowest first (TLFS: HV_VP_SET, sparse). */
static void write_set(const uint64_t *words, struct hv_vp_set *set)
{
    uint64_t *bank = (uint64_t *)(set + 1);

    set->format = HV_GENERIC_SET_SPARSE_4K;
    for (unsigned i = 0; i < HV_VP_SET_WORDS; i++) {
        if (words[i] == 0)
            continue;
        set->valid_banks_mask |= UINT64_C(1) << i;
        *bank++ = words[i];
    }
}

/* An APIC ID has the width that the boot VP's APIC gives it, as in HvCallAssertVirtualInterrupt. */
static void find_set(const struct hv_partition *partition,
                     const struct hv_input_get_vp_set_from_mda *input, struct hv_vp_set *set)
{
    const struct hv_vp *boot = hv_vp_get(partition, 0);
    const struct hv_apic_destination destination = {
        .value = (uint32_t)input->destination_address,
        .logical = input->logical,
        .wide = boot && hv_apic_is_x2(&boot->apic),
    };
    uint64_t words[HV_VP_SET_WORDS] = { 0 };

    hv_apic_find_targets(partition, &destination, words);
    write_set(words, set);
}

/* TLFS: HvCallGetVpSetFromMda. */
hv_status hv_hypercall_get_vp_set_from_mda(struct hv_hypercall_call *call)
{
    const struct hv_input_get_vp_set_from_mda *input = call->header;
    struct hv_partition *target;
    hv_status status = hv_hypercall_enter(call->vp, input->target_partition, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (is_valid(input))
        find_set(target, input, call->output);
    else
        status = HV_STATUS_INVALID_PARAMETER;
    hv_hypercall_leave(call->vp, target);
    return status;
}
