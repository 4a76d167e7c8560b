/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPUID leaf 0x40000004: what is recommended has to work, and to do what the guest would have done
 * itself. A flush that does not reach a processor corrupts memory long after (opnsense/src#297 and
 * virtio-win/kvm-guest-drivers-windows#1582 are about flushes that did not).
 */
#include "flush_support.h"
#include "ipi_support.h"

static uint8_t input[64] __attribute__((aligned(64)));

/* ---- Flushes ---- */

HV_TEST(discovery, local_flushes_work_where_recommended, COVERS(HV_REQ_CPUID_042, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_LOCAL_FLUSH_HYPERCALL),
        "A guest that follows has no INVLPG left in its kernel")
{
    begin_with_vps();
    for (unsigned i = 0; i < 2; i++)
        check_flush(&flushes_by_mask[i], 0, false);
    check_flush_with(&flushes_by_mask[0], 0, 0, false, 0);
}

HV_TEST(discovery, remote_flushes_work_where_recommended,
        COVERS(HV_REQ_CPUID_043, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL, .vps = 2),
        "The call returns when the other VPs have flushed, not when they have been told")
{
    begin_with_vps();
    for (uint32_t cpu = 1; cpu < cpu_count() && fits_mask(cpu); cpu++)
        for (unsigned i = 0; i < 2; i++)
            check_flush(&flushes_by_mask[i], cpu, false);
}

HV_TEST(discovery, flushes_of_sets_work_where_recommended, COVERS(HV_REQ_CPUID_051),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL),
        "A guest uses them on sight of the bit; the encoding has been wrong on both sides")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (unsigned i = 0; i < 2; i++)
            check_flush(&flushes_by_set[i], cpu, false);
}

/* ---- Interrupts ---- */

HV_TEST(discovery, cluster_ipi_works_where_recommended, COVERS(HV_REQ_CPUID_050, HV_REQ_CPUID_040),
        IPI_MASKS, "Every VP by its bit, the caller too, and nobody else")
{
    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count() && ipi.vp[cpu] < HV_VP_SET_VPS_PER_BANK; cpu++) {
        struct vps one = { { 0 } };

        vps_add(&one, cpu);
        CHECK_EQ(ipi_send_mask(IPI_VECTOR, &one, false), HV_STATUS_SUCCESS);
        ipi_check(&one, "IPI");
    }
    ipi_end();
}

HV_TEST(discovery, cluster_ipi_of_sets_works_where_recommended, COVERS(HV_REQ_CPUID_051), IPI_SETS,
        "KVM took the banks from the wrong place in the form with registers (Linux 7321f47eada5)")
{
    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        struct vps one = { { 0 } };

        vps_add(&one, cpu);
        CHECK_EQ(ipi_send_set(&one, false), HV_STATUS_SUCCESS);
        ipi_check(&one, "IPI of a set");
    }
    ipi_end();
}

/* ---- Address spaces ---- */

HV_TEST(discovery, address_space_switch_works_where_recommended, COVERS(HV_REQ_CPUID_041),
        NEEDS(.recommends = HV_RECOMMEND_EAX_ADDRESS_SPACE_SWITCH_HYPERCALL),
        "The call stands for MOV to CR3, in either form, and CR3 reads as if it had been one")
{
    uint64_t original = read_cr3();
    uint64_t *copy = alloc_page();

    hv_enable_hypercalls();
    memcpy(copy, virt_of(original & PAGE_MASK), PAGE_SIZE);
    CHECK_EQ(hv_call(HvSwitchVirtualAddressSpace | HV_HYPERCALL_FAST, phys_of(copy), 0),
             HV_STATUS_SUCCESS);
    CHECK_EQ(read_cr3(), phys_of(copy));
    memcpy(input, &original, sizeof(original));
    CHECK_EQ(hv_call(HvSwitchVirtualAddressSpace, phys_of(input), 0), HV_STATUS_SUCCESS);
    CHECK_EQ(read_cr3(), original);
    write_cr3(original);
    free_page(copy);
}

/* The bit may be clear: the processor's rule stands all the same. */
HV_TEST(discovery, toggling_global_pages_flushes_all, COVERS(HV_REQ_CPUID_056), NEEDS_NOTHING,
        "What the bit recommends is a write to CR4 that hypervisors with shadow page tables miss")
{
    static const uint32_t mappings[] = { 0, MAP_GLOBAL };
    uint64_t cr4 = read_cr4();

    for (unsigned i = 0; i < 2; i++) {
        window_change(0, mappings[i]);
        write_cr4(cr4 ^ CR4_PGE);
        write_cr4(cr4);
        window_check(0, mappings[i] ? "global page" : "page");
    }
}
