/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Flush hypercalls that are seen to flush: a page of the guest is mapped to another frame without
 * INVLPG, and a VP that has read the old frame reads again.
 */
#ifndef CONFORMANCE_TESTS_FLUSH_SUPPORT_H
#define CONFORMANCE_TESTS_FLUSH_SUPPORT_H

#include "hypercall_support.h"

/* ---- The page ---- */

static uint64_t frames[2][512] __attribute__((aligned(4096)));

static struct {
    const volatile uint64_t *page; /* mapped to either of the two frames */
    uint64_t seen[GUEST_MAX_CPUS]; /* what a VP read there */
} window;

#define FRAME_WORD(i) (UINT64_C(0xf00d000000000000) + (i))
#define PTE_FRAME     (UINT64_C(0xfffffffff) << PAGE_SHIFT)

static inline void window_look(void *unused)
{
    (void)unused;
    window.seen[cpu_index()] = window.page[0];
}

/* Lets a VP read the first frame, so that its TLB may have it, and maps the second one. */
static inline void window_change(uint32_t cpu, uint32_t map_flags)
{
    uint64_t *entry;

    for (unsigned i = 0; i < 2; i++)
        frames[i][0] = FRAME_WORD(i);
    window.page = paging_map_window(phys_of(frames[0]), PAGE_SIZE, MAP_NX | map_flags);
    entry = paging_entry((uint64_t)(uintptr_t)window.page, 1);
    REQUIRE(entry != NULL, "the page has no page table entry");
    REQUIRE_NO_FAULT(smp_call(cpu, window_look, NULL));
    CHECK_EQ(window.seen[cpu], FRAME_WORD(0));
    *entry = (*entry & ~PTE_FRAME) | phys_of(frames[1]);
}

/* After the flush the VP must read the second one. */
static inline void window_check(uint32_t cpu, const char *what)
{
    REQUIRE_NO_FAULT(smp_call(cpu, window_look, NULL));
    CHECK(window.seen[cpu] == FRAME_WORD(1), "%s: CPU %u reads the old page", what, cpu);
    paging_unmap((uint64_t)(uintptr_t)window.page, PAGE_SIZE);
    paging_flush();
}

/* ---- VPs by their index ---- */

static uint32_t vp_indexes[GUEST_MAX_CPUS];

static inline void note_vp_index(void *unused)
{
    (void)unused;
    vp_indexes[cpu_index()] = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
}

static inline void begin_with_vps(void)
{
    hv_enable_hypercalls();
    REQUIRE_NO_FAULT(smp_call_all(note_vp_index, NULL));
}

/* A mask of 64 bits has no place for every VP. */
static inline bool fits_mask(uint32_t cpu)
{
    return vp_indexes[cpu] < 64;
}

static inline uint64_t vp_mask(uint32_t cpu)
{
    return UINT64_C(1) << vp_indexes[cpu];
}

/* A set of one VP: its only bank follows. @return what is behind it */
static inline uint64_t *fill_set(struct hv_vp_set *set, uint32_t cpu)
{
    uint64_t *bank = (uint64_t *)(void *)(set + 1);
    uint32_t vp = vp_indexes[cpu];

    set->format = HV_GENERIC_SET_SPARSE_4K;
    set->valid_banks_mask = UINT64_C(1) << (vp / HV_VP_SET_VPS_PER_BANK);
    *bank = UINT64_C(1) << (vp % HV_VP_SET_VPS_PER_BANK);
    return bank + 1;
}

/* ---- The calls ---- */

struct flush {
    const char *name;
    uint16_t code;
    bool list; /* of one element, the page */
    bool set;  /* takes a set in place of a mask */
};

static const struct flush flushes_by_mask[] = {
    { "space", HvCallFlushVirtualAddressSpace, false, false },
    { "list", HvCallFlushVirtualAddressList, true, false },
};

static const struct flush flushes_by_set[] = {
    { "space of a set", HvCallFlushVirtualAddressSpaceEx, false, true },
    { "list of a set", HvCallFlushVirtualAddressListEx, true, true },
};

/* RDX, R8 and XMM0 to XMM5 of a fast call, or input in memory. */
static uint64_t flush_input[14] __attribute__((aligned(128)));

static inline void fill_flush_of(const struct flush *flush, uint32_t cpu, uint64_t flags)
{
    struct hv_input_flush_virtual_address_space *by_mask = (void *)flush_input;
    struct hv_input_flush_virtual_address_space_ex *by_set = (void *)flush_input;
    uint64_t range = (uint64_t)(uintptr_t)window.page;

    memset(flush_input, 0xff, sizeof(flush_input));
    by_mask->address_space = read_cr3() & PAGE_MASK;
    by_mask->flags = flags;
    if (flush->set) {
        memcpy(fill_set(&by_set->processor_set, cpu), &range, sizeof(range));
        return;
    }
    by_mask->processor_mask = vp_mask(cpu);
    memcpy(by_mask + 1, &range, sizeof(range));
}

/* Flushes the page, or all, of one VP. @return the status */
static inline uint16_t make_flush(const struct flush *flush, uint32_t cpu, bool fast,
                                  uint64_t flags)
{
    struct regs regs = { .rcx = hv_control(flush->code, fast, flush->set, flush->list, 0) };

    fill_flush_of(flush, cpu, flags);
    if (fast) {
        regs.rdx = flush_input[0];
        regs.r8 = flush_input[1];
        memcpy(regs.xmm, &flush_input[2], sizeof(regs.xmm));
    } else {
        regs.rdx = phys_of(flush_input);
    }
    REQUIRE_NO_FAULT(hv_call_regs(&regs));
    return hv_result_status(regs.rax);
}

/* That a call reaches a VP, for a page of its address space and for a global one. */
static inline void check_flush(const struct flush *flush, uint32_t cpu, bool fast)
{
    static const uint32_t mappings[] = { 0, MAP_GLOBAL };

    for (unsigned i = 0; i < 2; i++) {
        window_change(cpu, mappings[i]);
        CHECK_EQ(make_flush(flush, cpu, fast, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES),
                 HV_STATUS_SUCCESS);
        window_check(cpu, flush->name);
    }
}

#endif
