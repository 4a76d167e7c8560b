/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Accesses that an overlay does not allow, and those that a processor makes on its own: page walks,
 * accessed bits, both halves of a store across a page boundary.
 *
 * KVM and Xen have no overlays; what the guest writes to their pages stays there.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define PAGE_TABLE_ENTRIES 512
#define PTE_PRESENT        UINT64_C(0x1)
#define PTE_WRITABLE       UINT64_C(0x2)
#define PTE_ACCESSED       UINT64_C(0x20)
#define MIB_2              UINT64_C(0x200000)
#define DATA_BYTE          0x5d

static bool may_place(uint32_t msr)
{
    switch (msr) {
    case HV_X64_MSR_HYPERCALL:
        return hv_may(HV_PRIVILEGE_AccessHypercallMsrs);
    case HV_X64_MSR_REFERENCE_TSC:
        return hv_may(HV_PRIVILEGE_AccessPartitionReferenceTsc);
    case HV_X64_MSR_VP_ASSIST_PAGE:
        return hv_may(HV_PRIVILEGE_AccessIntrCtrlRegs);
    case HV_X64_MSR_SIMP:
    case HV_X64_MSR_SIEFP:
        return hv_may(HV_PRIVILEGE_AccessSynicRegs);
    default:
        return hv_may(HV_PRIVILEGE_AccessStatsReg);
    }
}

static struct fault place(uint32_t msr, uint64_t gpa)
{
    if (msr == HV_X64_MSR_HYPERCALL)
        wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID);
    return safe_wrmsr(msr, gpa | HV_X64_MSR_PAGE_ENABLE);
}

/* ---- Stores across a page boundary ---- */

static struct fault store(uint8_t *address, unsigned size)
{
    if (size == 2)
        return safe_write16(address, 0x2211);
    if (size == 4)
        return safe_write32(address, 0x44332211);
    return safe_write64(address, UINT64_C(0x8877665544332211));
}

static void check_crossing(uint8_t *ram, uint8_t *boundary, unsigned size)
{
    struct fault fault = store(boundary - size / 2, size);

    CHECK(fault.raised && fault.vector == VECTOR_GP, "%u bytes: %s", size,
          fault.raised ? vector_name(fault.vector) : "no fault");
    CHECK(hv_differing(ram, DATA_BYTE, 0) == 0, "%u bytes: %u of them are written", size,
          hv_differing(ram, DATA_BYTE, 0));
}

static void check_crossings(bool ram_first)
{
    static const unsigned sizes[] = { 2, 4, 8 };
    uint8_t *pages = alloc_pages(2, 0), *ram, before[16];
    const uint8_t *overlay;

    REQUIRE(pages != NULL, "no two pages in a row");
    ram = ram_first ? pages : pages + PAGE_SIZE;
    overlay = ram_first ? pages + PAGE_SIZE : pages;
    memset(ram, DATA_BYTE, PAGE_SIZE);
    REQUIRE_NO_FAULT(place(HV_X64_MSR_HYPERCALL, phys_of(overlay)));
    memcpy(before, overlay, sizeof(before));
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        check_crossing(ram, pages + PAGE_SIZE, sizes[i]);
    CHECK(memcmp(before, overlay, sizeof(before)) == 0, "the overlay has changed");
    wrmsr(HV_X64_MSR_HYPERCALL, 0);
    free_pages(pages, 2);
}

HV_TEST(gpa_space_and_overlays, stores_into_an_overlay_from_before_are_whole,
        COVERS(HV_REQ_GPA_014, HV_REQ_GPA_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "No byte moves before both pages allow it; the first half would be lost otherwise")
{
    check_crossings(true);
}

HV_TEST(gpa_space_and_overlays, stores_out_of_an_overlay_are_whole,
        COVERS(HV_REQ_GPA_014, HV_REQ_GPA_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "The page that refuses is the first one here, and the second must not be written")
{
    check_crossings(false);
}

HV_TEST(gpa_space_and_overlays, loads_across_an_overlay_see_both_sides, COVERS(HV_REQ_GPA_001),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "A load is allowed, and half of it comes from the overlay")
{
    uint8_t *pages = alloc_pages(2, 0), *overlay = pages + PAGE_SIZE;
    uint64_t value, expected;

    REQUIRE(pages != NULL, "no two pages in a row");
    memset(pages, DATA_BYTE, 2 * PAGE_SIZE);
    REQUIRE_NO_FAULT(place(HV_X64_MSR_HYPERCALL, phys_of(overlay)));
    expected = 0x5d5d5d5d;
    for (unsigned i = 0; i < 4; i++)
        expected |= (uint64_t)((volatile uint8_t *)overlay)[i] << (32 + 8 * i);
    CHECK_NO_FAULT(safe_read64(overlay - 4, &value));
    CHECK_EQ(value, expected);
    wrmsr(HV_X64_MSR_HYPERCALL, 0);
    free_pages(pages, 2);
}

/* ---- Page walks ---- */

/* 2 MiB of addresses that are translated through a page table of the test's own. */
static struct {
    uint64_t gva;
    volatile uint64_t *table;
    uint8_t *data;
} window;

static void open_window(void)
{
    uint64_t *directory_entry;

    if (window.gva == 0) {
        window.gva = paging_alloc_gva(MIB_2, MIB_2);
        window.table = alloc_page();
        window.data = alloc_page();
    }
    memset(window.data, DATA_BYTE, PAGE_SIZE);
    for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
        window.table[i] = phys_of(window.data) | PTE_PRESENT | PTE_WRITABLE;
    REQUIRE(paging_map(window.gva, phys_of(window.data), PAGE_SIZE, MAP_WRITE), "no mapping");
    directory_entry = paging_entry(window.gva, 2);
    REQUIRE(directory_entry != NULL, "no page directory");
    *directory_entry = phys_of(window.table) | (*directory_entry & ~PAGE_MASK);
    paging_flush();
}

static struct fault touch(unsigned index, uint64_t *value)
{
    paging_flush();
    return safe_read64((const void *)(window.gva + index * PAGE_SIZE), value);
}

static void check_walk(const char *when)
{
    uint64_t value = 0;

    CHECK_NO_FAULT(touch(0, &value));
    CHECK(value == UINT64_C(0x5d5d5d5d5d5d5d5d), "%s: the data are 0x%llx", when,
          (unsigned long long)value);
}

HV_TEST(gpa_space_and_overlays, a_page_table_under_an_overlay_harms_nobody,
        COVERS(HV_REQ_GPA_007, HV_REQ_GPA_004),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "The walk may fault, or find either page; the guest lives on, and finds its table again")
{
    struct fault fault;
    uint64_t value = 0;

    open_window();
    check_walk("before");
    REQUIRE_NO_FAULT(place(HV_X64_MSR_REFERENCE_TSC, phys_of(window.table)));
    fault = touch(9, &value);
    CHECK(!fault.raised || fault.vector == VECTOR_PF || fault.vector == VECTOR_GP ||
              fault.vector == VECTOR_MC,
          "%s", vector_name(fault.vector));
    OBSERVE("walk", "%s",
            fault.raised                            ? vector_name(fault.vector)
            : value == UINT64_C(0x5d5d5d5d5d5d5d5d) ? "memory"
                                                    : "overlay");
    wrmsr(HV_X64_MSR_REFERENCE_TSC, 0);
    for (unsigned i = 0; i < PAGE_TABLE_ENTRIES; i++)
        CHECK((window.table[i] & ~PTE_ACCESSED) ==
                  (phys_of(window.data) | PTE_PRESENT | PTE_WRITABLE),
              "entry %u is 0x%llx", i, (unsigned long long)window.table[i]);
    check_walk("after");
}

/* Entry 0 is then TscSequence, 1 TscScale, 2 TscOffset: whichever has bit 0 set is present. */
HV_TEST(gpa_space_and_overlays, accessed_bits_are_not_written_to_an_overlay,
        COVERS(HV_REQ_GPA_013, HV_REQ_GPA_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "A guest that can't write to the page must not have the processor write for it")
{
    struct hv_reference_tsc_page before, after;
    uint64_t value;

    open_window();
    REQUIRE_NO_FAULT(place(HV_X64_MSR_REFERENCE_TSC, phys_of(window.table)));
    memcpy(&before, (const void *)(uintptr_t)window.table, sizeof(before));
    for (unsigned i = 0; i < 4; i++)
        (void)touch(i, &value);
    memcpy(&after, (const void *)(uintptr_t)window.table, sizeof(after));
    wrmsr(HV_X64_MSR_REFERENCE_TSC, 0);
    paging_flush();
    if ((before.tsc_sequence | before.tsc_scale | (uint64_t)before.tsc_offset) == 0)
        test_skip("the page says that it is not in use, and by nothing else");
    CHECK_EQ(after.tsc_sequence, before.tsc_sequence);
    CHECK_EQ(after.reserved1, before.reserved1);
    CHECK_EQ(after.tsc_scale, before.tsc_scale);
    CHECK_EQ(after.tsc_offset, before.tsc_offset);
    CHECK(memcmp(before.reserved2, after.reserved2, sizeof(before.reserved2)) == 0,
          "the rest of the page has changed");
}

/* ---- What the documents leave open ---- */

static const struct {
    const char *key;
    uint32_t msr;
} places[] = {
    { "hypercall", HV_X64_MSR_HYPERCALL },
    { "reference-tsc", HV_X64_MSR_REFERENCE_TSC },
    { "vp-assist", HV_X64_MSR_VP_ASSIST_PAGE },
    { "stats", HV_X64_MSR_STATS_VP_RETAIL_PAGE },
    { "simp", HV_X64_MSR_SIMP },
    { "siefp", HV_X64_MSR_SIEFP },
};
#define FIRST_SYNIC_PLACE 4
#define PLACES            (sizeof(places) / sizeof(places[0]))

/* A store of another value than is there, at a place that no overlay uses; the old one is put back.
 */
static const char *store_outcome(volatile uint8_t *page)
{
    uint8_t before = page[4000];
    struct fault fault = safe_write8(page + 4000, (uint8_t)~before);
    bool stored = page[4000] != before;

    if (fault.raised)
        return vector_name(fault.vector);
    page[4000] = before;
    return stored ? "stored" : "dropped";
}

/* #MC in the pseudo-code of TLFS v6.0b, #GP for the hypercall page. */
HV_CHARACTERIZE(gpa_space_and_overlays, stores_to_overlays, COVERS(HV_REQ_GAP_201),
                NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
                "The exception differs from page to page")
{
    for (unsigned i = 0; i < PLACES; i++) {
        uint8_t *page;
        uint64_t old;

        if (!may_place(places[i].msr))
            continue;
        page = hv_test_page(0);
        old = rdmsr(places[i].msr);
        if (!place(places[i].msr, phys_of(page)).raised)
            OBSERVE(places[i].key, "%s", store_outcome(page));
        wrmsr(places[i].msr, old);
        free_page(page);
    }
}

/* KVM and Xen: the guest's page. */
HV_CHARACTERIZE(gpa_space_and_overlays, overlay_or_memory, COVERS(HV_REQ_GAP_202),
                NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
                "Whether a guest's own page keeps its content under each of them")
{
    for (unsigned i = 0; i < PLACES; i++) {
        uint8_t *page;
        uint64_t old;

        if (!may_place(places[i].msr))
            continue;
        page = hv_test_page(DATA_BYTE);
        old = rdmsr(places[i].msr);
        if (!place(places[i].msr, phys_of(page)).raised) {
            wrmsr(places[i].msr, 0);
            OBSERVE(places[i].key, "%s",
                    hv_differing(page, DATA_BYTE, 0) == 0 ? "content kept" : "content lost");
        }
        wrmsr(places[i].msr, old);
        free_page(page);
    }
}

static void observe_beyond(unsigned i)
{
    uint64_t old = rdmsr(places[i].msr);
    struct fault fault = place(places[i].msr, UINT64_C(1) << hv_physical_address_bits());

    OBSERVE(places[i].key, "%s", fault.raised ? vector_name(fault.vector) : "taken");
    wrmsr(places[i].msr, old);
}

/* Xen takes it for HYPERCALL. */
HV_CHARACTERIZE(gpa_space_and_overlays, pages_beyond_the_gpa_space, COVERS(HV_REQ_GAP_204),
                NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
                "#GP is stated for one register, no fault for another, nothing for the rest")
{
    for (unsigned i = 0; i < FIRST_SYNIC_PLACE; i++)
        if (may_place(places[i].msr))
            observe_beyond(i);
}

/* KVM hands them to user space, and QEMU 7.2 aborts when it can't map memory there. */
HV_CHARACTERIZE(gpa_space_and_overlays, synic_pages_beyond_the_gpa_space, COVERS(HV_REQ_GAP_204),
                NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs),
                "No fault is stated, and the page is then simply not accessible")
{
    for (unsigned i = FIRST_SYNIC_PLACE; i < PLACES; i++)
        observe_beyond(i);
}
