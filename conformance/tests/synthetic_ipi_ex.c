/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallSendSyntheticClusterIpiEx: the same interrupt for a set of VPs, whose banks are the
 * variable header.
 */
#include "ipi_support.h"

static void check_sets(bool fast)
{
    for (unsigned i = 1; i < VPS_CHOICES; i++) {
        struct vps vps = vps_choose(i);

        if (vps_is_empty(&vps))
            continue;
        CHECK_EQ(ipi_send_set(&vps, fast), HV_STATUS_SUCCESS);
        ipi_check(&vps, fast ? "fast call" : "call");
    }
}

HV_TEST(synthetic_ipi, every_vp_of_the_set_is_interrupted, COVERS(HV_REQ_IPI_008, HV_REQ_TLB_026),
        IPI_SETS, "Once each, and nobody else")
{
    ipi_begin();
    check_sets(false);
    ipi_end();
}

/* KVM took the banks from XMM0, where the mask of the valid ones is (Linux 7321f47eada5). */
HV_TEST(synthetic_ipi, sets_can_be_in_registers, COVERS(HV_REQ_IPI_008),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI,
              .features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "The mask of valid banks is in the lower half of XMM0, the first bank in its upper half")
{
    struct vps vps = { { 0 } };

    ipi_begin();
    vps_add(&vps, 0);
    if (!ipi_has_fast_form(HvCallSendSyntheticClusterIpiEx, ipi_pack(&vps, 0)))
        test_skip("the call has no fast form");
    ipi_collect();
    ipi_forget();
    check_sets(true);
    ipi_end();
}

HV_TEST(synthetic_ipi, the_set_of_all_has_the_caller_in_it, COVERS(HV_REQ_IPI_010, HV_REQ_TLB_027),
        IPI_SETS, "Without a bank, and without a variable header")
{
    struct vps everybody = { { 0 } };

    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        vps_add(&everybody, cpu);
    ipi_send_all(IPI_VECTOR);
    CHECK_EQ(ipi_call(HvCallSendSyntheticClusterIpiEx, false, 0), HV_STATUS_SUCCESS);
    ipi_check(&everybody, "the set of all");
    ipi_end();
}

HV_TEST(synthetic_ipi, sets_do_not_change_what_a_vector_may_be, COVERS(HV_REQ_IPI_009), IPI_SETS,
        "16 to 255, for a sparse set and for that of all")
{
    static const uint32_t vectors[] = { 0, 2, 15, 0x100, 0x174, 0x10074, UINT32_MAX };
    struct vps vps = { { 0 } };

    ipi_begin();
    vps_add(&vps, 0);
    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        unsigned banks = ipi_pack(&vps, 0);
        uint64_t result;

        ipi_by_set()->vector = vectors[i];
        result = ipi_call(HvCallSendSyntheticClusterIpiEx, false, banks);
        CHECK(result == HV_STATUS_INVALID_PARAMETER, "vector 0x%x: result 0x%llx", vectors[i],
              (unsigned long long)result);
        ipi_send_all(vectors[i]);
        result = ipi_call(HvCallSendSyntheticClusterIpiEx, false, 0);
        CHECK(result == HV_STATUS_INVALID_PARAMETER, "vector 0x%x for all: result 0x%llx",
              vectors[i], (unsigned long long)result);
    }
    ipi_check_nobody("refused vectors");
    ipi_end();
}

HV_TEST(synthetic_ipi, reserved_bytes_before_a_set_are_refused, COVERS(HV_REQ_IPI_009), IPI_SETS,
        "Bytes 5 to 7 of the input")
{
    struct vps vps = { { 0 } };

    ipi_begin();
    vps_add(&vps, 0);
    for (unsigned byte = 0; byte < 3; byte++) {
        unsigned banks = ipi_pack(&vps, 0);
        uint64_t result;

        ipi_by_set()->reserved[byte] = (uint8_t)(1u << (byte * 3));
        result = ipi_call(HvCallSendSyntheticClusterIpiEx, false, banks);
        CHECK(result == HV_STATUS_INVALID_PARAMETER, "byte %u: result 0x%llx", 5 + byte,
              (unsigned long long)result);
    }
    ipi_check_nobody("reserved bytes");
    ipi_end();
}
