/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Flush hypercalls that are seen to flush: a page of the guest is mapped to another frame without
 * INVLPG, and a VP that has read the old frame reads again.
 */
#ifndef CONFORMANCE_TESTS_FLUSH_SUPPORT_H
#define CONFORMANCE_TESTS_FLUSH_SUPPORT_H

#include "hypercall_support.h"

/* ---- The page ---- */

#define LARGE_PAGE (UINT64_C(2) << 20)

static uint64_t frames[2][512] __attribute__((aligned(4096)));

static struct {
    const volatile uint64_t *page; /* a word that is mapped to either of two frames */
    uint64_t gva, size;            /* of the whole mapping */
    uint64_t seen[GUEST_MAX_CPUS]; /* what a VP read there */
} window;

#define FRAME_WORD(i) (UINT64_C(0xf00d000000000000) + (i))
#define PTE_FRAME     (UINT64_C(0xfffffffff) << PAGE_SHIFT)

static inline void window_look(void *unused)
{
    (void)unused;
    window.seen[cpu_index()] = window.page[0];
}

/* Maps another frame at @p gva, by its entry at @p level, and flushes nothing. */
static inline void map_frame(uint64_t gva, unsigned level, uint64_t frame)
{
    uint64_t *entry = paging_entry(gva, level);

    REQUIRE(entry != NULL, "the page has no page table entry");
    *entry = (*entry & ~PTE_FRAME) | frame;
}

/* Lets a VP read the first frame, so that its TLB may have it. */
static inline void window_show(uint32_t cpu)
{
    REQUIRE_NO_FAULT(smp_call(cpu, window_look, NULL));
    CHECK_EQ(window.seen[cpu], FRAME_WORD(0));
}

/* Lets a VP read the first frame and maps the second one. */
static inline void window_change(uint32_t cpu, uint32_t map_flags)
{
    for (unsigned i = 0; i < 2; i++)
        frames[i][0] = FRAME_WORD(i);
    window.page = paging_map_window(phys_of(frames[0]), PAGE_SIZE, MAP_NX | map_flags);
    window.gva = (uint64_t)(uintptr_t)window.page;
    window.size = PAGE_SIZE;
    window_show(cpu);
    map_frame(window.gva, 1, phys_of(frames[1]));
}

/* The same with a large page that is read at @p offset. */
static inline void window_change_large(uint32_t cpu, uint32_t offset, uint32_t map_flags)
{
    static uint8_t *large[2];

    for (unsigned i = 0; i < 2; i++) {
        if (!large[i])
            large[i] = alloc_pages(LARGE_PAGE / PAGE_SIZE, LARGE_PAGE);
        REQUIRE(large[i] != NULL, "there is no memory for large pages");
        *(uint64_t *)(void *)(large[i] + offset) = FRAME_WORD(i);
    }
    window.gva = paging_alloc_gva(LARGE_PAGE, LARGE_PAGE);
    window.size = LARGE_PAGE;
    window.page = (const volatile uint64_t *)(uintptr_t)(window.gva + offset);
    REQUIRE(paging_map(window.gva, phys_of(large[0]), LARGE_PAGE, MAP_2M | MAP_NX | map_flags),
            "the large page can't be mapped");
    window_show(cpu);
    map_frame(window.gva, 2, phys_of(large[1]));
}

/* After the flush the VP must read the second one. */
static inline void window_check(uint32_t cpu, const char *what)
{
    REQUIRE_NO_FAULT(smp_call(cpu, window_look, NULL));
    CHECK(window.seen[cpu] == FRAME_WORD(1), "%s: CPU %u reads the old page", what, cpu);
    paging_unmap(window.gva, window.size);
    REQUIRE_NO_FAULT(smp_call(cpu, paging_flush_call, NULL));
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
static uint64_t flush_input[512] __attribute__((aligned(4096)));

static inline struct hv_input_flush_virtual_address_space *flush_header(void)
{
    return (void *)flush_input;
}

/* Of one VP, and of the address space that is loaded. @return where the list begins */
static inline uint64_t *fill_flush_header(const struct flush *flush, uint32_t cpu, uint64_t flags)
{
    struct hv_input_flush_virtual_address_space_ex *by_set = (void *)flush_input;

    memset(flush_input, 0xff, sizeof(flush_input));
    flush_header()->address_space = read_cr3() & PAGE_MASK;
    flush_header()->flags = flags;
    if (flush->set)
        return fill_set(&by_set->processor_set, cpu);
    flush_header()->processor_mask = vp_mask(cpu);
    return (uint64_t *)(void *)(flush_header() + 1);
}

static inline void fill_flush_of(const struct flush *flush, uint32_t cpu, uint64_t flags)
{
    *fill_flush_header(flush, cpu, flags) = window.gva;
}

/* Makes the call with the input as it is, one bank if it takes a set. @return the result value */
static inline uint64_t send_flush_list(const struct flush *flush, bool fast, unsigned reps,
                                       unsigned start)
{
    struct regs regs = { .rcx = hv_control(flush->code, fast, flush->set, reps, start) };

    if (fast) {
        regs.rdx = flush_input[0];
        regs.r8 = flush_input[1];
        memcpy(regs.xmm, &flush_input[2], sizeof(regs.xmm));
    } else {
        regs.rdx = phys_of(flush_input);
    }
    REQUIRE_NO_FAULT(hv_call_regs(&regs));
    return regs.rax;
}

/* The same with one element, if it takes a list. @return the status */
static inline uint16_t send_flush(const struct flush *flush, bool fast)
{
    return hv_result_status(send_flush_list(flush, fast, flush->list, 0));
}

/* Flushes the page, or all, of one VP. @return the status */
static inline uint16_t make_flush(const struct flush *flush, uint32_t cpu, bool fast,
                                  uint64_t flags)
{
    fill_flush_of(flush, cpu, flags);
    return send_flush(flush, fast);
}

/* That a call with these flags reaches a VP, for a page mapped so. */
static inline void check_flush_with(const struct flush *flush, uint32_t cpu, uint32_t map_flags,
                                    bool fast, uint64_t flags)
{
    window_change(cpu, map_flags);
    CHECK_EQ(make_flush(flush, cpu, fast, flags), HV_STATUS_SUCCESS);
    window_check(cpu, flush->name);
}

/* That a call reaches a VP, for a page of its address space and for a global one. */
static inline void check_flush(const struct flush *flush, uint32_t cpu, bool fast)
{
    check_flush_with(flush, cpu, 0, fast, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
    check_flush_with(flush, cpu, MAP_GLOBAL, fast, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
}

/* ---- What all of them refuse ---- */

static inline void check_reserved_flags(const struct flush *flush)
{
    for (unsigned bit = 4; bit < 64; bit++) {
        uint16_t status =
            make_flush(flush, 0, false, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES | UINT64_C(1) << bit);

        CHECK(status == HV_STATUS_INVALID_PARAMETER, "%s, flag %u: status %x", flush->name, bit,
              status);
    }
}

/* Bits of CR3 that are reserved; bit 63 means something to MOV to CR3. */
static inline void check_impossible_spaces(const struct flush *flush)
{
    for (unsigned bit = hv_physical_address_bits(); bit < 63; bit++) {
        uint16_t status;

        fill_flush_of(flush, 0, 0);
        flush_header()->address_space |= UINT64_C(1) << bit;
        status = send_flush(flush, false);
        CHECK(status == HV_STATUS_INVALID_PARAMETER, "%s, bit %u of the address space: status %x",
              flush->name, bit, status);
    }
}

#endif
