/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Cacheability as guests ask for it: in CR0, CR3, page tables and the PAT. Whether a cache is used
 * can't be seen in what memory holds; that each setting is taken, and harms nothing, can.
 */
#include "vp_register_support.h"

#define CR3_PWT    (UINT64_C(1) << 3)
#define CR3_PCD    (UINT64_C(1) << 4)
#define PTE_PWT    (UINT64_C(1) << 3)
#define PTE_PCD    (UINT64_C(1) << 4)
#define PATTERN(i) (UINT64_C(0x5ca1ab1e00000000) + (i))
#define LARGE_PAGE (UINT64_C(2) << 20)
/* UC, WC, WT, WP, WB, UC-: every type there is, each at two places or more. */
#define ALL_TYPES   UINT64_C(0x0007060605040100)
#define OTHER_TYPES UINT64_C(0x0606070600010405)

static uint64_t memory[2][512] __attribute__((aligned(4096)));

/* Stores by one mapping and loads by another. */
static void check_memory(volatile uint64_t *page, volatile uint64_t *alias, const char *what)
{
    static uint64_t number;

    for (unsigned i = 0; i < 512; i += 64) {
        page[i] = PATTERN(++number);
        CHECK(alias[i] == PATTERN(number), "%s: word %u was lost", what, i);
        alias[i] = PATTERN(++number);
        CHECK(page[i] == PATTERN(number), "%s: word %u was lost on the way back", what, i);
    }
}

/* ---- Control registers ---- */

HV_TEST(tlb_and_virtual_mmu, cache_bits_of_cr3_are_taken_or_ignored, COVERS(HV_REQ_TLB_037),
        NEEDS_NOTHING, "PWT and PCD may be unsupported, and then change nothing")
{
    static const uint64_t bits[] = { CR3_PWT, CR3_PCD, CR3_PWT | CR3_PCD };
    uint64_t original = read_cr3();

    for (unsigned i = 0; i < 3; i++) {
        uint64_t now;

        write_cr3(original | bits[i]);
        now = read_cr3();
        check_memory(memory[0], memory[0], "CR3");
        write_cr3(original);
        CHECK((now & ~(CR3_PWT | CR3_PCD)) == (original & ~(CR3_PWT | CR3_PCD)),
              "CR3 became 0x%llx", (unsigned long long)now);
        CHECK_EQ(read_cr3(), original);
    }
}

HV_TEST(tlb_and_virtual_mmu, cache_disable_is_taken_or_ignored, COVERS(HV_REQ_TLB_038),
        NEEDS_NOTHING, "CR0.CD may be unsupported, and then stays clear")
{
    uint64_t original = read_cr0(), now;

    write_cr0(original | CR0_CD);
    now = read_cr0();
    check_memory(memory[0], memory[0], "CR0.CD");
    write_cr0(original);
    CHECK((now | CR0_CD) == (original | CR0_CD), "CR0 became 0x%llx", (unsigned long long)now);
    CHECK_EQ(read_cr0(), original);
}

HV_TEST(tlb_and_virtual_mmu, cache_disable_by_hypercall, COVERS(HV_REQ_TLB_038), REGISTER_ACCESS,
        "Where MOV ignores the bit, setting the register with it fails")
{
    uint64_t original = read_cr0();
    uint16_t status;
    bool supported;

    begin();
    write_cr0(original | CR0_CD);
    supported = (read_cr0() & CR0_CD) != 0;
    write_cr0(original);
    status = hv_result_status(try_set(HvX64RegisterCr0, original | CR0_CD));
    CHECK_EQ(read_cr0(), status == HV_STATUS_SUCCESS ? original | CR0_CD : original);
    CHECK(supported || status != HV_STATUS_SUCCESS, "the bit was set by hypercall");
    write_cr0(original);
}

/* ---- Page tables ---- */

HV_TEST(tlb_and_virtual_mmu, cache_bits_of_tables_are_harmless, COVERS(HV_REQ_TLB_039),
        NEEDS_NOTHING, "At each level above the page, with accessed and dirty bits to be written")
{
    static const uint64_t bits[] = { PTE_PWT, PTE_PCD, PTE_PWT | PTE_PCD };

    for (unsigned level = 2; level <= 4; level++)
        for (unsigned i = 0; i < 3; i++) {
            /* Alone below its table of every level. */
            uint64_t gva = UINT64_C(0x0000500000000000) + (UINT64_C(1) << 39) * (level * 4 + i);
            uint64_t *entry;

            REQUIRE(paging_map(gva, phys_of(memory[0]), PAGE_SIZE, MAP_WRITE | MAP_NX),
                    "the page can't be mapped");
            entry = paging_entry(gva, level);
            REQUIRE(entry != NULL, "there is no entry at level %u", level);
            *entry |= bits[i];
            paging_flush();
            check_memory((volatile uint64_t *)(uintptr_t)gva, memory[0], "table");
            *entry &= ~bits[i];
            paging_unmap(gva, PAGE_SIZE);
        }
}

static void check_all_types(const char *what)
{
    uint8_t *large = alloc_pages(LARGE_PAGE / PAGE_SIZE, LARGE_PAGE);

    for (uint32_t i = 0; i < 8; i++) {
        uint32_t flags = MAP_WRITE | MAP_NX | MAP_PAT(i);

        check_memory(paging_map_window(phys_of(memory[0]), PAGE_SIZE, flags), memory[0], what);
        if (large)
            check_memory(paging_map_window(phys_of(large), LARGE_PAGE, flags | MAP_2M),
                         (volatile uint64_t *)(void *)large, "large page");
    }
    if (large)
        free_pages(large, LARGE_PAGE / PAGE_SIZE);
}

/* In an entry of a large page, the PAT bit stands where that of a page has the frame. */
HV_TEST(tlb_and_virtual_mmu, every_cache_type_can_be_mapped, COVERS(HV_REQ_TLB_042), NEEDS_NOTHING,
        "PAT, PWT and PCD of a page choose one of eight types, whatever they are")
{
    uint64_t original = rdmsr(MSR_PAT);

    check_all_types("types as they are");
    REQUIRE_NO_FAULT(safe_wrmsr(MSR_PAT, ALL_TYPES));
    paging_flush();
    check_all_types("all types");
    wrmsr(MSR_PAT, original);
    paging_flush();
}

/* ---- The PAT ---- */

static uint64_t pats[GUEST_MAX_CPUS];

static void read_pat(void *unused)
{
    (void)unused;
    pats[cpu_index()] = rdmsr(MSR_PAT);
}

static void write_pat(void *value)
{
    wrmsr(MSR_PAT, *(const uint64_t *)value);
}

HV_TEST(tlb_and_virtual_mmu, the_pat_is_per_vp, COVERS(HV_REQ_TLB_040), NEEDS(.vps = 2),
        "A VP that sets its types does not change those of others")
{
    uint64_t original = rdmsr(MSR_PAT), other = original == ALL_TYPES ? OTHER_TYPES : ALL_TYPES;

    REQUIRE_NO_FAULT(smp_call(1, write_pat, &other));
    REQUIRE_NO_FAULT(smp_call_all(read_pat, NULL));
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        CHECK(pats[cpu] == (cpu == 1 ? other : original), "CPU %u has types 0x%llx", cpu,
              (unsigned long long)pats[cpu]);
    REQUIRE_NO_FAULT(smp_call(1, write_pat, &original));
}

/* ---- INVD ---- */

HV_TEST(tlb_and_virtual_mmu, invd_loses_nothing, COVERS(HV_REQ_TLB_041), NEEDS_NOTHING,
        "A guest that could discard a cache would take writes back that others have seen")
{
    for (unsigned i = 0; i < 512; i++)
        memory[1][i] = PATTERN(i);
    fault_clear();
    __asm__ volatile(GUEST_TRY("invd")::: "memory");
    CHECK_NO_FAULT(fault_take());
    for (unsigned i = 0; i < 512; i++)
        CHECK(memory[1][i] == PATTERN(i), "word %u was lost", i);
}

/* ---- Without paging ---- */

/* mov eax, [0xc000]; inc dword [0xc000] */
static const uint8_t unpaged[] = {
    0xa1, 0x00, 0xc0, 0x00, 0x00, 0xff, 0x05, 0x00, 0xc0, 0x00, 0x00
};

HV_TEST(tlb_and_virtual_mmu, memory_is_one_with_and_without_paging, COVERS(HV_REQ_TLB_043),
        NEEDS_NOTHING, "Whatever type it has in either case, what was written is there")
{
    volatile uint32_t *word = virt_of(MODE_DATA_ADDRESS);
    volatile uint32_t *uncached =
        paging_map_window(MODE_DATA_ADDRESS, PAGE_SIZE, MAP_WRITE | MAP_NX | MAP_UC);

    for (uint32_t i = 0; i < 8; i++) {
        struct regs32 regs = { 0 };
        volatile uint32_t *by = i & 1 ? uncached : word;

        *by = 100 + i;
        REQUIRE_NO_FAULT(run_mode(MODE_PROTECTED32, unpaged, sizeof(unpaged), &regs));
        CHECK_EQ(regs.eax, 100 + i);
        CHECK_EQ(*by, 101 + i);
    }
}
