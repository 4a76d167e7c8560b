/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What processors have for flushing their own translations works as ever, on every VP, and together
 * with the hypercalls.
 */
#include "flush_support.h"

#define CR4_PSE (1u << 4)

static void do_invlpg(void *offset)
{
    invlpg((const void *)(uintptr_t)(window.gva + (uintptr_t)offset));
}

static void reload_cr3(void *unused)
{
    (void)unused;
    write_cr3(read_cr3());
}

/* The bit ends as it was. */
static void toggle_cr4(void *bit)
{
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 ^ (uintptr_t)bit);
    write_cr4(cr4);
}

/* For a page of the address space or a global one, on each VP. */
static void check_instruction(smp_fn *flush, uintptr_t argument, uint32_t map_flags,
                              const char *what)
{
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        window_change(cpu, map_flags);
        REQUIRE_NO_FAULT(smp_call(cpu, flush, (void *)argument));
        window_check(cpu, what);
    }
}

HV_TEST(tlb_and_virtual_mmu, invlpg_forgets_a_page, COVERS(HV_REQ_TLB_033), NEEDS_NOTHING,
        "Global or not, wherever in the page the address is")
{
    check_instruction(do_invlpg, 0, 0, "INVLPG");
    check_instruction(do_invlpg, 0xfff, MAP_GLOBAL, "INVLPG of a global page");
}

HV_TEST(tlb_and_virtual_mmu, invlpg_forgets_a_large_page, COVERS(HV_REQ_TLB_033), NEEDS_NOTHING,
        "Where the hypervisor maps it by small pages, the processor has cached many")
{
    static const uint32_t mappings[] = { 0, MAP_GLOBAL };

    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (unsigned i = 0; i < 2; i++) {
            window_change_large(cpu, 0x1ff000, mappings[i]);
            REQUIRE_NO_FAULT(smp_call(cpu, do_invlpg, (void *)(uintptr_t)0x80000));
            window_check(cpu, "INVLPG of a large page");
        }
}

HV_TEST(tlb_and_virtual_mmu, writing_cr3_forgets_the_address_space, COVERS(HV_REQ_TLB_034),
        NEEDS_NOTHING, "The value may be the one that is there")
{
    check_instruction(reload_cr3, 0, 0, "MOV to CR3");
}

HV_TEST(tlb_and_virtual_mmu, writing_cr4_forgets_global_pages_too, COVERS(HV_REQ_TLB_035),
        NEEDS_NOTHING, "PGE and PSE; PAE can't be changed in long mode")
{
    check_instruction(toggle_cr4, CR4_PGE, 0, "CR4.PGE");
    check_instruction(toggle_cr4, CR4_PGE, MAP_GLOBAL, "CR4.PGE and a global page");
    check_instruction(toggle_cr4, CR4_PSE, 0, "CR4.PSE");
    check_instruction(toggle_cr4, CR4_PSE, MAP_GLOBAL, "CR4.PSE and a global page");
}

/* ---- Both ---- */

/* Shows the VP a frame, maps the other one, and flushes in one way or the other. */
static void change_again(uint32_t cpu, unsigned frame, bool by_hypercall)
{
    map_frame(window.gva, 1, phys_of(frames[frame]));
    if (by_hypercall)
        CHECK_EQ(make_flush(&flushes_by_mask[1], cpu, false, 0), HV_STATUS_SUCCESS);
    else
        REQUIRE_NO_FAULT(smp_call(cpu, do_invlpg, NULL));
    REQUIRE_NO_FAULT(smp_call(cpu, window_look, NULL));
    CHECK(window.seen[cpu] == FRAME_WORD(frame), "CPU %u reads the old page after %s", cpu,
          by_hypercall ? "the hypercall" : "INVLPG");
}

HV_TEST(tlb_and_virtual_mmu, hypercalls_and_instructions_mix, COVERS(HV_REQ_TLB_036),
        NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL),
        "Each flush counts, in whatever order they come")
{
    static const bool by_hypercall[] = { true, false, false, true, true, false, true };

    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count() && fits_mask(cpu); cpu++) {
        window_change(cpu, 0);
        for (unsigned i = 0; i < sizeof(by_hypercall); i++)
            change_again(cpu, (i + 1) % 2, by_hypercall[i]);
        window_check(cpu, "after all");
    }
}
