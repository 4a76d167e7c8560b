/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HV_VP_SET as calls take it. Guests have packed their sets wrongly for machines with many VPs
 * (microsoft/litebox#958), and KVM has unpacked them wrongly (Linux 7321f47eada5, 47d3e5cdfe60);
 * both go unnoticed as long as the set has one bank. Interrupts show who is in a set and who is
 * not.
 */
#include "ipi_support.h"

/* Banks of VPs that no target starts. */
#define ABSENT_BANK 7u
#define MIDDLE_BANK 31u
#define LAST_BANK   63u

static uint64_t *packed_banks(void)
{
    return (uint64_t *)(void *)(ipi_by_set() + 1);
}

/* Sends the set that is packed. */
static void send_packed(unsigned banks, const struct vps *vps, const char *what)
{
    CHECK_EQ(ipi_call(HvCallSendSyntheticClusterIpiEx, false, banks), HV_STATUS_SUCCESS);
    ipi_check(vps, what);
}

HV_TEST(tlb_and_virtual_mmu, sparse_sets_have_their_members_and_no_others,
        COVERS(HV_REQ_TLB_026, HV_REQ_TLB_027, HV_REQ_TLB_028), IPI_SETS,
        "Format 0: the mask of valid banks, then the banks")
{
    ipi_begin();
    for (unsigned i = 1; i < VPS_CHOICES; i++) {
        struct vps vps = vps_choose(i);

        if (!vps_is_empty(&vps))
            send_packed(ipi_pack(&vps, 0), &vps, "sparse set");
    }
    ipi_end();
}

/* A bank that is not the first of all, as the only one. What is answered to absent VPs is open. */
static void send_absent_bank(void)
{
    static const struct vps nobody;
    unsigned banks = ipi_pack(&nobody, UINT64_C(1) << ABSENT_BANK);

    packed_banks()[0] = UINT64_MAX;
    ipi_call(HvCallSendSyntheticClusterIpiEx, false, banks);
    ipi_check(&nobody, "an absent bank alone");
}

/* Nobody is in banks 31 and 63 of any target; what they hold is who gets it if the order is wrong.
 */
HV_TEST(tlb_and_virtual_mmu, banks_are_in_ascending_order, COVERS(HV_REQ_TLB_028), IPI_SETS,
        "In any other order, or taken by their number, they name other VPs")
{
    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        struct vps vps = { { 0 } };
        unsigned banks;

        vps_add(&vps, cpu);
        banks = ipi_pack(&vps, UINT64_C(1) << MIDDLE_BANK | UINT64_C(1) << LAST_BANK);
        packed_banks()[banks - 2] = UINT64_MAX;
        packed_banks()[banks - 1] = UINT64_MAX;
        send_packed(banks, &vps, "two absent banks behind");
    }
    send_absent_bank();
    ipi_end();
}

HV_TEST(tlb_and_virtual_mmu, a_bank_may_be_empty, COVERS(HV_REQ_TLB_029, HV_REQ_TLB_028), IPI_SETS,
        "It takes its place all the same, before, between and behind others")
{
    static const struct vps nobody;
    static const uint64_t more[] = { UINT64_MAX, UINT64_C(0xff), UINT64_C(1) << LAST_BANK, 6 };

    ipi_begin();
    for (unsigned i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        struct vps last = { { 0 } };

        vps_add(&last, cpu_count() - 1);
        send_packed(ipi_pack(&last, more[i]), &last, "empty banks");
        send_packed(ipi_pack(&nobody, more[i]), &nobody, "nothing but empty banks");
    }
    ipi_end();
}

/* The set of the document, of those of its VPs that are there. */
HV_TEST(tlb_and_virtual_mmu, the_example_of_the_document, COVERS(HV_REQ_TLB_030),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI,
              .vps = 131),
        "{0, 5, 130} is ValidBanksMask 5 and the banks 0x21 and 4")
{
    struct vps vps = { { 0x21, 0, 0x4 } };

    ipi_begin();
    *ipi_by_set() = (struct hv_input_send_synthetic_cluster_ipi_ex){
        .vector = IPI_VECTOR, .processor_set = { HV_GENERIC_SET_SPARSE_4K, 0x5 }
    };
    packed_banks()[0] = 0x21;
    packed_banks()[1] = 0x4;
    send_packed(2, &vps, "{0, 5, 130}");
    ipi_end();
}

HV_TEST(tlb_and_virtual_mmu, the_set_of_all_needs_no_banks, COVERS(HV_REQ_TLB_027, HV_REQ_TLB_031),
        IPI_SETS, "Format 1: everybody, and what the banks say does not matter")
{
    struct vps everybody = { { 0 } };

    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        vps_add(&everybody, cpu);
    ipi_send_all(IPI_VECTOR);
    send_packed(0, &everybody, "no banks");
    ipi_send_all(IPI_VECTOR);
    ipi_by_set()->processor_set.valid_banks_mask = 1;
    packed_banks()[0] = 0;
    send_packed(1, &everybody, "an empty bank");
    ipi_end();
}
