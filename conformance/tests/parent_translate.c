/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallTranslateVirtualAddress: what an emulator in the parent needs to follow a guest's pointers.
 * The VP has tables for 64-bit paging in its memory, and never runs.
 */
#include <conformance/child.h>

#define PML4 UINT64_C(0x9000)
#define PDPT UINT64_C(0xa000)
#define PD   UINT64_C(0xb000)
#define PT   UINT64_C(0xc000)

#define FIRST 0x200 /* number of the first virtual page of the table */

#define P   UINT64_C(0x01)
#define RW  UINT64_C(0x02)
#define US  UINT64_C(0x04)
#define PWT UINT64_C(0x08)
#define PCD UINT64_C(0x10)
#define A   UINT64_C(0x20)
#define D   UINT64_C(0x40)
#define NX  (UINT64_C(1) << 63)

#define READ    HV_TRANSLATE_GVA_VALIDATE_READ
#define WRITE   HV_TRANSLATE_GVA_VALIDATE_WRITE
#define EXECUTE HV_TRANSLATE_GVA_VALIDATE_EXECUTE
#define USER    HV_TRANSLATE_GVA_USER_ACCESS

/* Entries of the page table; a page of the child's is at 0x2000. */
enum page {
    PLAIN,
    ABSENT,
    READ_ONLY,
    SUPERVISOR,
    NO_EXECUTE,
    RESERVED,
    OVERLAY,
    WRITE_THROUGH,
    UNCACHED,
    PAGES
};

static const uint64_t entries[PAGES] = {
    [PLAIN] = 0x2000 | P | RW | US,
    [ABSENT] = 0x2000,
    [READ_ONLY] = 0x2000 | P | US,
    [SUPERVISOR] = 0x2000 | P | RW,
    [NO_EXECUTE] = 0x2000 | P | RW | US | NX,
    [RESERVED] = 0x2000 | P | RW | US | UINT64_C(1) << 51,
    [OVERLAY] = 0x503000 | P | RW | US,
    [WRITE_THROUGH] = 0x2000 | P | RW | US | PWT,
    [UNCACHED] = 0x2000 | P | RW | US | PWT | PCD,
};

static void put(const struct child *child, uint64_t gpa, uint64_t value)
{
    memcpy(child->ram + gpa, &value, sizeof(value));
}

static uint64_t entry_of(const struct child *child, uint64_t gpa)
{
    uint64_t value;

    memcpy(&value, child->ram + gpa, sizeof(value));
    return value;
}

static void enable_paging(const struct child *child)
{
    child_set(child, 0, HvX64RegisterCr4, CR4_PAE);
    child_set(child, 0, HvX64RegisterCr3, PML4);
    child_set(child, 0, HvX64RegisterEfer, EFER_LME | EFER_LMA | EFER_NXE);
    child_set(child, 0, HvX64RegisterCr0, CR0_PE | 0x10 | CR0_NE | CR0_WP | CR0_PG);
}

static struct child begin(void)
{
    uint64_t page;
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    put(&child, PML4, PDPT | P | RW | US);
    put(&child, PDPT, PD | P | RW | US);
    put(&child, PD + 8, PT | P | RW | US); /* the second 2 MiB */
    for (unsigned i = 0; i < PAGES; i++)
        put(&child, PT + 8 * i, entries[i]);
    page = page_number(child_page(0));
    REQUIRE_EQ(parent_map(child.id, 0x503, CHILD_ALL_RIGHTS, &page, 1), UINT64_C(1) << 32);
    enable_paging(&child);
    return child;
}

static struct hv_output_translate_virtual_address translate(const struct child *child,
                                                            uint64_t flags, unsigned page)
{
    struct hv_output_translate_virtual_address output;
    uint16_t status = parent_translate(child->id, 0, flags, FIRST + page, &output);

    CHECK(status == HV_STATUS_SUCCESS, "page %u, flags 0x%llx: status 0x%x", page,
          (unsigned long long)flags, status);
    return output;
}

HV_TEST(tlb_and_virtual_mmu, a_translation_is_a_result_and_a_page,
        COVERS(HV_REQ_TLB_044, HV_REQ_TLB_050), NEEDS_PARENT,
        "An emulator writes where this says, with the parent's rights")
{
    struct child child = begin();
    struct hv_input_translate_virtual_address block = { .partition_id = child.id,
                                                        .control_flags = READ,
                                                        .gva_page = FIRST };
    const struct hv_output_translate_virtual_address *output = parent_output();

    REQUIRE_EQ(parent_simple(HvCallTranslateVirtualAddress, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    CHECK_EQ(output->result_code, HvTranslateGvaSuccess);
    CHECK_EQ(output->gpa_page, 2);
    CHECK_EQ(parent_output_written(sizeof(*output)), 0);
    block.vp_index = 1;
    CHECK_EQ(parent_simple(HvCallTranslateVirtualAddress, &block, sizeof(block)),
             HV_STATUS_INVALID_VP_INDEX);
}

HV_TEST(tlb_and_virtual_mmu, the_longer_translation_is_the_same, COVERS(HV_REQ_TLB_053),
        NEEDS_PARENT, "The page is elsewhere in its output")
{
    struct child child = begin();
    struct hv_input_translate_virtual_address block = { .partition_id = child.id,
                                                        .control_flags = READ,
                                                        .gva_page = FIRST };
    const struct hv_output_translate_virtual_address_ex *output = parent_output();

    REQUIRE_EQ(parent_simple(HvCallTranslateVirtualAddressEx, &block, sizeof(block)),
               HV_STATUS_SUCCESS);
    CHECK_EQ(output->result_code, HvTranslateGvaSuccess);
    CHECK_EQ(output->cache_type_overlay, HvCacheTypeWriteBack);
    CHECK_EQ(output->gpa_page, 2);
    block.padding = 1;
    CHECK_EQ(parent_simple(HvCallTranslateVirtualAddressEx, &block, sizeof(block)),
             HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(tlb_and_virtual_mmu, an_access_type_is_needed, COVERS(HV_REQ_TLB_046, HV_REQ_TLB_045),
        NEEDS_PARENT, "A translation that was validated for nothing may be used for nothing")
{
    struct child child = begin();
    struct hv_output_translate_virtual_address output;

    CHECK_EQ(parent_translate(child.id, 0, 0, FIRST, &output), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_translate(child.id, 0, HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS, FIRST, &output),
             HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 11; bit < 56; bit++)
        CHECK_EQ(parent_translate(child.id, 0, READ | UINT64_C(1) << bit, FIRST, &output),
                 HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_translate(child.id, 0, READ | WRITE | EXECUTE, FIRST, &output),
             HV_STATUS_SUCCESS);
    CHECK_EQ(output.result_code, HvTranslateGvaSuccess);
}

static const struct {
    enum page page;
    uint64_t flags;
    uint32_t result;
} cases[] = {
    { PLAIN, READ, HvTranslateGvaSuccess },
    { PLAIN, WRITE | USER, HvTranslateGvaSuccess },
    { ABSENT, READ, HvTranslateGvaPageNotPresent },
    { READ_ONLY, READ, HvTranslateGvaSuccess },
    { READ_ONLY, WRITE, HvTranslateGvaPrivilegeViolation },
    { SUPERVISOR, READ, HvTranslateGvaSuccess },
    { SUPERVISOR, READ | USER, HvTranslateGvaPrivilegeViolation },
    { SUPERVISOR, READ | USER | HV_TRANSLATE_GVA_PRIVILEGE_EXEMPT, HvTranslateGvaSuccess },
    { NO_EXECUTE, READ, HvTranslateGvaSuccess },
    { NO_EXECUTE, EXECUTE, HvTranslateGvaPrivilegeViolation },
    { RESERVED, READ, HvTranslateGvaInvalidPageTableFlags },
};

HV_TEST(tlb_and_virtual_mmu, a_failed_translation_says_why,
        COVERS(HV_REQ_TLB_047, HV_REQ_TLB_045, HV_REQ_TLB_050), NEEDS_PARENT,
        "A page fault is the guest's affair, a page that is not mapped the parent's")
{
    struct child child = begin();

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hv_output_translate_virtual_address output =
            translate(&child, cases[i].flags, cases[i].page);
        CHECK(output.result_code == cases[i].result, "entry %u, flags 0x%llx: result %u, not %u",
              cases[i].page, (unsigned long long)cases[i].flags, output.result_code,
              cases[i].result);
        if (output.result_code == HvTranslateGvaSuccess)
            CHECK_EQ(output.gpa_page, 2);
    }
}

#define TABLE_SPAN 512u /* pages that one table translates */

HV_TEST(tlb_and_virtual_mmu, tables_that_are_not_there_are_told,
        COVERS(HV_REQ_TLB_047, HV_REQ_TLB_050), NEEDS_PARENT,
        "A guest's tables may be in memory that the parent has put away")
{
    struct child child = begin();
    uint8_t *table = child_page(0);
    const uint64_t entry = 0x2000 | P | RW | US, number = page_number(table);
    struct hv_output_translate_virtual_address output;

    memcpy(table, &entry, sizeof(entry));
    for (uint64_t i = 2; i < 5; i++)
        put(&child, PD + 8 * i, (0x500000 + i * PAGE_SIZE) | P | RW | US);
    REQUIRE_EQ(parent_map(child.id, 0x503, HV_MAP_GPA_NO_ACCESS, &number, 1), UINT64_C(1) << 32);
    REQUIRE_EQ(parent_map(child.id, 0x504, HV_MAP_GPA_READABLE, &number, 1), UINT64_C(1) << 32);
    output = translate(&child, READ, 2 * TABLE_SPAN - FIRST);
    CHECK_EQ(output.result_code, HvTranslateGvaGpaUnmapped);
    CHECK_EQ(output.gpa_page, 0x502);
    output = translate(&child, READ, 3 * TABLE_SPAN - FIRST);
    CHECK_EQ(output.result_code, HvTranslateGvaGpaNoReadAccess);
    CHECK_EQ(output.gpa_page, 0x503);
    output = translate(&child, READ, 4 * TABLE_SPAN - FIRST);
    CHECK_EQ(output.result_code, HvTranslateGvaSuccess);
    CHECK_EQ(output.gpa_page, 2);
    output = translate(&child, READ | HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS, 4 * TABLE_SPAN - FIRST);
    CHECK_EQ(output.result_code, HvTranslateGvaGpaNoWriteAccess);
    CHECK_EQ(output.gpa_page, 0x504);
}

/* Of the page itself the TLFS does not say whether it has to be there. */
HV_TEST(tlb_and_virtual_mmu, a_translated_page_is_named_though_it_is_not_there,
        COVERS(HV_REQ_TLB_050), NEEDS_PARENT,
        "The registers of devices are at such pages, and are what is emulated")
{
    struct child child = begin();
    struct hv_output_translate_virtual_address output;

    put(&child, PT, 0x508000 | P | RW | US);
    output = translate(&child, READ, 0);
    CHECK(output.result_code == HvTranslateGvaSuccess ||
              output.result_code == HvTranslateGvaGpaUnmapped,
          "result %u", output.result_code);
    OBSERVE("result", "%u", output.result_code);
    CHECK_EQ(output.gpa_page, 0x508);
}

HV_TEST(tlb_and_virtual_mmu, a_translation_tells_of_overlays,
        COVERS(HV_REQ_TLB_051, HV_REQ_TLB_047), NEEDS_PARENT,
        "An emulator that writes under an overlay changes what the guest never sees")
{
    struct child child = begin();
    struct hv_output_translate_virtual_address output;

    output = translate(&child, READ, OVERLAY);
    CHECK_EQ(output.cache_type_overlay & HV_TRANSLATE_GVA_RESULT_OVERLAY_PAGE, 0);
    child_set(&child, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID);
    child_set(&child, 0, HvX64RegisterHypercall, 0x503000 | HV_X64_MSR_HYPERCALL_ENABLE);
    output = translate(&child, READ, OVERLAY);
    CHECK_EQ(output.result_code, HvTranslateGvaSuccess);
    CHECK(output.cache_type_overlay & HV_TRANSLATE_GVA_RESULT_OVERLAY_PAGE,
          "the hypercall page is no overlay");
    CHECK_EQ(output.gpa_page, 0x503);
}

HV_TEST(tlb_and_virtual_mmu, a_translation_tells_the_memory_type, COVERS(HV_REQ_TLB_051),
        NEEDS_PARENT, "Memory that is read by two types at once is undefined on some processors")
{
    static const struct {
        enum page page;
        uint32_t type;
    } types[] = { { PLAIN, HvCacheTypeWriteBack },
                  { WRITE_THROUGH, HvCacheTypeWriteThrough },
                  { UNCACHED, HvCacheTypeUncached } };
    struct child child = begin();

    for (unsigned i = 0; i < 3; i++) {
        struct hv_output_translate_virtual_address output = translate(&child, READ, types[i].page);

        CHECK_EQ(output.cache_type_overlay & HV_TRANSLATE_GVA_RESULT_CACHE_TYPE_MASK,
                 types[i].type);
    }
    child_set(&child, 0, HvX64RegisterPat, UINT64_C(0x0007040600070401)); /* entry 0: WC */
    CHECK_EQ(translate(&child, READ, PLAIN).cache_type_overlay &
                 HV_TRANSLATE_GVA_RESULT_CACHE_TYPE_MASK,
             HvCacheTypeWriteCombining);
}

HV_TEST(tlb_and_virtual_mmu, a_translation_holds_flushes_back_on_request,
        COVERS(HV_REQ_TLB_045, HV_REQ_TLB_025), NEEDS_PARENT,
        "What was translated is written to some time later")
{
    const uint64_t inhibit = HV_TRANSLATE_GVA_TLB_FLUSH_INHIBIT;
    struct child child = begin();

    translate(&child, READ, PLAIN);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 0);
    CHECK_EQ(translate(&child, READ | inhibit, ABSENT).result_code, HvTranslateGvaPageNotPresent);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 0);
    CHECK_EQ(translate(&child, READ | inhibit, PLAIN).result_code, HvTranslateGvaSuccess);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 2);
    child_set(&child, 0, HvRegisterInterceptSuspend, 0);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), 0);
}

HV_TEST(tlb_and_virtual_mmu, page_table_bits_are_set_on_request, COVERS(HV_REQ_TLB_049),
        NEEDS_PARENT, "A guest that writes pages out by their dirty bit loses what was emulated")
{
    const uint64_t set = HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS;
    struct child child = begin();

    translate(&child, READ | WRITE, PLAIN);
    CHECK_EQ(entry_of(&child, PT) & (A | D), 0);
    CHECK_EQ(entry_of(&child, PML4) & A, 0);
    translate(&child, READ | set, PLAIN);
    CHECK_EQ(entry_of(&child, PT) & (A | D), A);
    CHECK_EQ(entry_of(&child, PML4) & A, A);
    CHECK_EQ(entry_of(&child, PDPT) & A, A);
    CHECK_EQ(entry_of(&child, PD + 8) & A, A);
    translate(&child, WRITE | set, PLAIN);
    CHECK_EQ(entry_of(&child, PT) & (A | D), A | D);
    put(&child, PML4, PDPT | P | RW | US);
    CHECK_EQ(translate(&child, READ | set, ABSENT).result_code, HvTranslateGvaPageNotPresent);
    CHECK_EQ(entry_of(&child, PML4) & A, A);
    CHECK_EQ(entry_of(&child, PT + 8 * ABSENT), entries[ABSENT]);
}

HV_TEST(tlb_and_virtual_mmu, without_paging_everything_translates, COVERS(HV_REQ_TLB_048),
        NEEDS_PARENT, "Firmware is emulated before it has tables")
{
    struct child child = begin();

    child_set(&child, 0, HvX64RegisterCr0, CR0_PE | 0x10);
    child_set(&child, 0, HvX64RegisterEfer, 0);
    child_set(&child, 0, HvX64RegisterCr3, UINT64_C(0x7000000));
    for (unsigned page = 0; page < 4; page++) {
        struct hv_output_translate_virtual_address output;

        CHECK_EQ(parent_translate(child.id, 0, READ | WRITE | USER, page, &output),
                 HV_STATUS_SUCCESS);
        CHECK_EQ(output.result_code, HvTranslateGvaSuccess);
        CHECK_EQ(output.gpa_page, page);
    }
}

HV_TEST(tlb_and_virtual_mmu, translations_are_for_parents, COVERS(HV_REQ_TLB_052), NEEDS_PARENT,
        "It walks page tables with nobody's rights")
{
    struct hv_output_translate_virtual_address output;

    parent_begin();
    child_create(0);
    CHECK_EQ(parent_translate(HV_PARTITION_ID_SELF, 0, READ, 0, &output), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_translate(parent_own_id(), 0, READ, 0, &output), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_translate(PARENT_NOBODY, 0, READ, 0, &output), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_translate(child_make_empty(0), 0, READ, 0, &output),
             HV_STATUS_INVALID_VP_INDEX);
}
