/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallFlushVirtualAddressSpaceEx and HvCallFlushVirtualAddressListEx: the same flushes for a set
 * of VPs. In a list call the ranges begin behind the last bank, wherever that is.
 */
#include "flush_support.h"

#define SETS            \
    NEEDS(.recommends = \
              HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS | HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL)
#define LIST (&flushes_by_set[1])
#define BOTH(flush)                             \
    const struct flush *flush = flushes_by_set; \
    flush < flushes_by_set + 2;                 \
    flush++

HV_TEST(tlb_and_virtual_mmu, sets_flush_one_vp, COVERS(HV_REQ_TLB_006, HV_REQ_TLB_007), SETS,
        "Each VP alone, its page and a global one, in the address space that is loaded")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (BOTH(flush)) {
            check_flush_with(flush, cpu, 0, false, 0);
            check_flush_with(flush, cpu, MAP_GLOBAL, false, 0);
        }
}

static struct hv_input_flush_virtual_address_space_ex *header(void)
{
    return (void *)flush_input;
}

/* Flushes the page with @p words banks in the header. @return the result value */
static uint64_t flush_banks(const struct flush *flush, unsigned words, unsigned reps,
                            unsigned start)
{
    return hv_call(hv_control(flush->code, false, words, reps, start), phys_of(flush_input), 0);
}

/* KVM took the ranges from behind the fixed header, where the banks are (Linux 7321f47eada5). */
HV_TEST(tlb_and_virtual_mmu, ranges_begin_behind_the_last_bank,
        COVERS(HV_REQ_TLB_007, HV_REQ_TLB_028), SETS,
        "Banks of VPs that are not there stand between, and a range behind another")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (unsigned more = 0; more < 4; more++) {
            uint64_t *list;

            window_change(cpu, 0);
            list = fill_flush_header(LIST, cpu, 0);
            for (unsigned i = 0; i < more; i++) {
                header()->processor_set.valid_banks_mask |= UINT64_C(1) << (63 - i);
                *list++ = 0;
            }
            list[0] = UINT64_C(0x400000);
            list[1] = window.gva;
            CHECK_EQ(flush_banks(LIST, 1 + more, 2, 0), UINT64_C(2) << 32);
            window_check(cpu, "list behind its banks");
        }
}

HV_TEST(tlb_and_virtual_mmu, lists_of_sets_go_on_where_they_stopped, COVERS(HV_REQ_TLB_007), SETS,
        "The start index counts ranges, not banks")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        uint64_t *list;

        window_change(cpu, 0);
        list = fill_flush_header(LIST, cpu, 0);
        list[0] = list[1] = UINT64_C(0x400000);
        list[2] = window.gva;
        CHECK_EQ(flush_banks(LIST, 1, 3, 2), UINT64_C(3) << 32);
        window_check(cpu, "from element 2 on");
    }
}

HV_TEST(tlb_and_virtual_mmu, flag_for_all_processors_overrides_the_set,
        COVERS(HV_REQ_TLB_006, HV_REQ_TLB_007, HV_REQ_TLB_010),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL,
              .vps = 2),
        "The set is ignored, one without members included")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (BOTH(flush)) {
            window_change(cpu, 0);
            fill_flush_of(flush, cpu, HV_FLUSH_ALL_PROCESSORS);
            flush_input[4] = 0; /* its bank */
            CHECK_EQ(send_flush(flush, false), HV_STATUS_SUCCESS);
            window_check(cpu, flush->name);
        }
}

HV_TEST(tlb_and_virtual_mmu, sets_flush_large_pages_as_a_whole,
        COVERS(HV_REQ_TLB_007, HV_REQ_TLB_020), SETS, "The range names 4 KiB somewhere in it")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        window_change_large(cpu, 0x1ff000, 0);
        *fill_flush_header(LIST, cpu, 0) = window.gva + 0x3000;
        CHECK_EQ(send_flush(LIST, false), HV_STATUS_SUCCESS);
        window_check(cpu, "large page");
    }
}

/* ---- What is refused ---- */

HV_TEST(tlb_and_virtual_mmu, flushes_of_sets_refuse_reserved_flags,
        COVERS(HV_REQ_TLB_032, HV_REQ_TLB_009), SETS,
        "A flag of a later version asks for something that this one does not do")
{
    begin_with_vps();
    for (BOTH(flush))
        check_reserved_flags(flush);
}

HV_TEST(tlb_and_virtual_mmu, flushes_of_sets_refuse_impossible_address_spaces,
        COVERS(HV_REQ_TLB_032, HV_REQ_TLB_014), SETS,
        "An id with reserved bits of CR3 can't be that of an address space")
{
    begin_with_vps();
    for (BOTH(flush))
        check_impossible_spaces(flush);
}

HV_TEST(tlb_and_virtual_mmu, lists_of_sets_refuse_the_flag_for_non_global_pages,
        COVERS(HV_REQ_TLB_032, HV_REQ_TLB_017), SETS,
        "A list names its pages; which of them are global is in the page table")
{
    begin_with_vps();
    window_change(0, 0);
    CHECK_EQ(make_flush(LIST, 0, false, HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY),
             HV_STATUS_INVALID_PARAMETER);
}
