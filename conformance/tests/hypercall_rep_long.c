/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Rep calls long enough to be interrupted: after 50 microseconds the hypervisor hands out what it
 * has, and the instruction is executed again with another start index. An index that is wrong then
 * leaves elements out, or does them in the wrong place, and nothing in the result tells.
 */
#include "vp_register_support.h"

#define ELEMENTS (PAGE_SIZE / sizeof(struct hv_u128))

/* Neighbours differ, and none is zero. */
static const uint32_t names[] = { HvRegisterGuestOsId, HvX64RegisterHypercall,
                                  HvRegisterPrivilegesAndFeaturesInfo };

static const uint8_t *element(unsigned index)
{
    return output + index * sizeof(struct hv_u128);
}

static void check_list(unsigned start, const struct hv_u128 expected[3])
{
    static const uint8_t untouched[sizeof(struct hv_u128)] = { 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5,
                                                               0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5,
                                                               0xa5, 0xa5, 0xa5, 0xa5 };
    unsigned wrong = 0;

    memset(output, 0xa5, sizeof(output));
    CHECK_EQ(hv_call(hv_control(HvCallGetVpRegisters, false, 0, ELEMENTS, start), phys_of(input),
                     phys_of(output)),
             (uint64_t)ELEMENTS << 32);
    for (unsigned i = 0; i < ELEMENTS; i++)
        wrong += memcmp(element(i), i < start ? untouched : (const void *)&expected[i % 3],
                        sizeof(struct hv_u128)) != 0;
    CHECK(wrong == 0, "from %u: %u of %u elements are wrong", start, wrong, (unsigned)ELEMENTS);
}

HV_TEST(hypercall_abi, long_lists_are_done_to_the_last_element,
        COVERS(HV_REQ_HC_060, HV_REQ_HC_056), REGISTER_ACCESS,
        "A list that is resumed in the wrong place has holes that the caller cannot see")
{
    struct hv_u128 expected[3];
    uint32_t *list;

    begin();
    for (unsigned i = 0; i < 3; i++)
        expected[i] = get(names[i]);
    list = (void *)(header() + 1);
    for (unsigned i = 0; i < ELEMENTS; i++)
        list[i] = names[i % 3];
    /* Start indices that no later index contains bit by bit. */
    check_list(0, expected);
    check_list(0x55, expected);
    check_list(0x7f, expected);
}

HV_TEST(hypercall_abi, padding_of_the_output_holds_nothing_of_other_calls, COVERS(HV_REQ_HC_053),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessVpIndex),
        "What an earlier call left behind may be another VP's, or the hypervisor's own")
{
    struct hv_input_get_vp_index_from_apic_id *ids = (void *)input;
    uint64_t apic_id = cpu_at(0)->apic_id, found = ~UINT64_C(0);

    begin();
    CHECK(get(HvRegisterGuestOsId).low >> 32 != 0, "the guest OS ID has no upper half");
    *ids = (struct hv_input_get_vp_index_from_apic_id){ .partition_id = HV_PARTITION_ID_SELF };
    memcpy(ids + 1, &apic_id, sizeof(apic_id));
    CHECK_EQ(hv_call(hv_control(HvCallGetVpIndexFromApicId, false, 0, 1, 0), phys_of(input),
                     phys_of(output)),
             UINT64_C(1) << 32);
    memcpy(&found, output, sizeof(found));
    CHECK(found >> 32 == 0, "the element is 0x%llx", (unsigned long long)found);
}
