/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallFlushVirtualAddressSpace: whose translations go, and which. A translation that stays where
 * a guest had it flushed is memory corruption long after (virtio-win/kvm-guest-drivers-windows#1582
 * is one case, opnsense/src#297 another, about global pages).
 */
#include "flush_support.h"

#define FLUSHES       NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL)
#define OTHERS        NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL, .vps = 2)
#define SPACE         (&flushes_by_mask[0])
#define ABSENT_VP     63u
#define ALL_THE_FLAGS 8u /* combinations of the three */

/* Those that a mask can name. */
#define FOR_EACH_CPU(cpu, first) \
    for (uint32_t cpu = (first); cpu < cpu_count() && fits_mask(cpu); cpu++)

HV_TEST(tlb_and_virtual_mmu, own_translations_are_flushed,
        COVERS(HV_REQ_TLB_004, HV_REQ_TLB_022, HV_REQ_TLB_018), FLUSHES,
        "A kernel that follows the recommendation has no other instruction for it")
{
    begin_with_vps();
    check_flush_with(SPACE, 0, 0, false, 0);
    check_flush_with(SPACE, 0, 0, false, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
}

HV_TEST(tlb_and_virtual_mmu, translations_of_others_are_flushed,
        COVERS(HV_REQ_TLB_004, HV_REQ_TLB_012, HV_REQ_TLB_023, HV_REQ_TLB_018), OTHERS,
        "Each VP by its bit, and by the address space that all of them have loaded")
{
    begin_with_vps();
    FOR_EACH_CPU(cpu, 1)
    check_flush_with(SPACE, cpu, 0, false, 0);
}

/* ---- Flags ---- */

HV_TEST(tlb_and_virtual_mmu, every_combination_of_flags_flushes, COVERS(HV_REQ_TLB_008), FLUSHES,
        "Each flag widens the flush or leaves global pages out, none makes it fail")
{
    uint32_t last = 0;

    begin_with_vps();
    FOR_EACH_CPU(cpu, 0)
    last = cpu;
    for (uint64_t flags = 0; flags < ALL_THE_FLAGS; flags++)
        check_flush_with(SPACE, last, 0, false, flags);
}

HV_TEST(tlb_and_virtual_mmu, reserved_flags_are_refused, COVERS(HV_REQ_TLB_009), FLUSHES,
        "A flag of a later version asks for something that this one does not do")
{
    begin_with_vps();
    check_reserved_flags(SPACE);
}

HV_TEST(tlb_and_virtual_mmu, all_processors_are_flushed_whatever_the_mask, COVERS(HV_REQ_TLB_010),
        FLUSHES, "Guests leave the mask at zero, or at what the last call had")
{
    static const uint64_t masks[] = { 0, UINT64_C(1) << ABSENT_VP, 1 };

    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        window_change(cpu, 0);
        fill_flush_of(SPACE, 0, HV_FLUSH_ALL_PROCESSORS);
        flush_header()->processor_mask = masks[cpu % 3];
        CHECK_EQ(send_flush(SPACE, false), HV_STATUS_SUCCESS);
        window_check(cpu, "all processors");
    }
}

HV_TEST(tlb_and_virtual_mmu, an_empty_mask_is_refused, COVERS(HV_REQ_TLB_011), FLUSHES,
        "A guest that flushed nobody by mistake would never learn it")
{
    begin_with_vps();
    for (unsigned i = 0; i < 2; i++) {
        fill_flush_of(&flushes_by_mask[i], 0, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
        flush_header()->processor_mask = 0;
        CHECK_EQ(send_flush(&flushes_by_mask[i], false), HV_STATUS_INVALID_PARAMETER);
    }
}

/* ---- The mask ---- */

static void look_everywhere(void)
{
    FOR_EACH_CPU(cpu, 1)
    window_show(cpu);
}

/* One mask for several VPs: all of them, every other one, all but the first. */
HV_TEST(tlb_and_virtual_mmu, every_vp_of_the_mask_is_flushed,
        COVERS(HV_REQ_TLB_012, HV_REQ_TLB_018, HV_REQ_TLB_023), OTHERS,
        "The call returns when the last of them has flushed")
{
    static const uint64_t masks[] = { UINT64_MAX, UINT64_C(0x5555555555555555), ~UINT64_C(1) };

    begin_with_vps();
    for (unsigned i = 0; i < 3; i++) {
        uint64_t mask = 0;

        FOR_EACH_CPU(cpu, 0)
        mask |= vp_mask(cpu) & masks[i];
        window_change(0, 0);
        map_frame(window.gva, 1, phys_of(frames[0]));
        REQUIRE_NO_FAULT(smp_call_all(paging_flush_call, NULL));
        look_everywhere();
        map_frame(window.gva, 1, phys_of(frames[1]));
        fill_flush_of(SPACE, 0, 0);
        flush_header()->processor_mask = mask;
        CHECK_EQ(send_flush(SPACE, false), HV_STATUS_SUCCESS);
        FOR_EACH_CPU(cpu, 1)
        {
            if (!(mask & vp_mask(cpu)))
                continue;
            REQUIRE_NO_FAULT(smp_call(cpu, window_look, NULL));
            CHECK(window.seen[cpu] == FRAME_WORD(1), "mask 0x%llx: CPU %u reads the old page",
                  (unsigned long long)mask, cpu);
        }
        paging_unmap(window.gva, window.size);
        REQUIRE_NO_FAULT(smp_call_all(paging_flush_call, NULL));
    }
}

/* ---- The address space ---- */

HV_TEST(tlb_and_virtual_mmu, all_spaces_are_flushed_whatever_the_id, COVERS(HV_REQ_TLB_013),
        FLUSHES, "With the flag the id is ignored, impossible ones included")
{
    static const uint64_t ids[] = { 0, UINT64_MAX, UINT64_C(1) << 62 | 0x1000 };

    begin_with_vps();
    FOR_EACH_CPU(cpu, 0)
    {
        window_change(cpu, MAP_GLOBAL);
        fill_flush_of(SPACE, cpu, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
        flush_header()->address_space = ids[cpu % 3];
        CHECK_EQ(send_flush(SPACE, false), HV_STATUS_SUCCESS);
        window_check(cpu, "all address spaces");
    }
}

HV_TEST(tlb_and_virtual_mmu, impossible_address_spaces_are_refused, COVERS(HV_REQ_TLB_014), FLUSHES,
        "An id with reserved bits of CR3 can't be that of an address space")
{
    begin_with_vps();
    check_impossible_spaces(SPACE);
}

/* ---- Global pages ---- */

HV_TEST(tlb_and_virtual_mmu, non_global_pages_can_be_flushed_alone, COVERS(HV_REQ_TLB_015), FLUSHES,
        "What stays of global pages is open, but the others must go")
{
    begin_with_vps();
    FOR_EACH_CPU(cpu, 0)
    {
        check_flush_with(SPACE, cpu, 0, false, HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY);
        check_flush_with(SPACE, cpu, 0, false,
                         HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
    }
}

HV_TEST(tlb_and_virtual_mmu, global_pages_are_flushed_by_default, COVERS(HV_REQ_TLB_016), FLUSHES,
        "FreeBSD left its global pages to a flush that did not reach them, and died")
{
    begin_with_vps();
    FOR_EACH_CPU(cpu, 0)
    check_flush_with(SPACE, cpu, MAP_GLOBAL, false, 0);
}
