/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Overlay pages: what lies over guest memory, and what reappears when it goes.
 *
 * KVM and Xen have no overlays; they write into the page that the guest names, so its content is
 * lost and the page stays writable (KVM since 2010). oxide's propolis lost overlay content on a
 * move (propolis#850).
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define NO_GPA UINT64_MAX

/* A register that places an overlay, and what the guest may do with it. */
struct overlay_msr {
    const char *name;
    uint32_t msr;
    uint64_t privilege;
};

static const struct overlay_msr reference_tsc = { "REFERENCE_TSC", HV_X64_MSR_REFERENCE_TSC,
                                                  HV_PRIVILEGE_AccessPartitionReferenceTsc };
static const struct overlay_msr hypercall = { "HYPERCALL", HV_X64_MSR_HYPERCALL,
                                              HV_PRIVILEGE_AccessHypercallMsrs };

static void place(const struct overlay_msr *overlay, uint64_t gpa)
{
    if (overlay->msr == HV_X64_MSR_HYPERCALL)
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    REQUIRE_NO_FAULT(safe_wrmsr(overlay->msr, gpa == NO_GPA ? 0 : gpa | HV_X64_MSR_PAGE_ENABLE));
}

static void check_uncovered_on_disable(const struct overlay_msr *overlay)
{
    uint8_t *page = hv_test_page(0xa5);

    place(overlay, phys_of(page));
    CHECK(hv_differing(page, 0xa5, 0) != 0, "%s: the page shows the guest's memory while enabled",
          overlay->name);
    place(overlay, NO_GPA);
    CHECK(hv_differing(page, 0xa5, 0) == 0, "%s: %u bytes differ after it was disabled",
          overlay->name, hv_differing(page, 0xa5, 0));
    free_page(page);
}

HV_TEST(gpa_space_and_overlays, memory_reappears_when_the_hypercall_page_goes,
        COVERS(HV_REQ_GPA_001, HV_REQ_GPA_004, HV_REQ_HC_011),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "A boot loader's hypercall page lies where the kernel keeps its data later")
{
    check_uncovered_on_disable(&hypercall);
}

HV_TEST(gpa_space_and_overlays, memory_reappears_when_the_tsc_page_goes,
        COVERS(HV_REQ_GPA_001, HV_REQ_GPA_004, HV_REQ_TIME_010),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "kexec hands memory on that the old kernel had its overlays on")
{
    check_uncovered_on_disable(&reference_tsc);
}

static void check_uncovered_on_move(const struct overlay_msr *overlay)
{
    uint8_t *first = hv_test_page(0x11), *second = hv_test_page(0x22);

    place(overlay, phys_of(first));
    place(overlay, phys_of(second));
    CHECK(hv_differing(first, 0x11, 0) == 0, "%s: %u bytes differ where it was", overlay->name,
          hv_differing(first, 0x11, 0));
    CHECK(hv_differing(second, 0x22, 0) != 0, "%s: it did not arrive", overlay->name);
    place(overlay, NO_GPA);
    CHECK(hv_differing(second, 0x22, 0) == 0, "%s: %u bytes differ after it was disabled",
          overlay->name, hv_differing(second, 0x22, 0));
    free_page(first);
    free_page(second);
}

HV_TEST(gpa_space_and_overlays, moving_the_hypercall_page_uncovers_the_old_place,
        COVERS(HV_REQ_GPA_005), NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "The page can be moved at any time until it is locked")
{
    check_uncovered_on_move(&hypercall);
}

HV_TEST(gpa_space_and_overlays, moving_the_tsc_page_uncovers_the_old_place,
        COVERS(HV_REQ_GPA_005, HV_REQ_TIME_010),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "A second kernel names a page of its own")
{
    check_uncovered_on_move(&reference_tsc);
}

HV_TEST(gpa_space_and_overlays, two_overlays_on_one_page_stack, COVERS(HV_REQ_GPA_006),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs |
                            HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "The order is open, but one of them shows, and memory comes back at the end")
{
    uint8_t *page = hv_test_page(0x33), code[16], tsc_first = 0;

    place(&hypercall, phys_of(page));
    memcpy(code, page, sizeof(code));
    place(&reference_tsc, phys_of(page));
    tsc_first = memcmp(code, page, sizeof(code)) != 0;
    test_value("on-top", "%s", tsc_first ? "reference TSC page" : "hypercall page");

    place(&reference_tsc, NO_GPA);
    CHECK(memcmp(code, page, sizeof(code)) == 0, "the hypercall page did not reappear");
    place(&hypercall, NO_GPA);
    CHECK(hv_differing(page, 0x33, 0) == 0, "%u bytes of memory differ",
          hv_differing(page, 0x33, 0));
    free_page(page);
}

HV_TEST(gpa_space_and_overlays, the_lower_overlay_can_go_first, COVERS(HV_REQ_GPA_006),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs |
                            HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "The one that stays must stay visible")
{
    uint8_t *page = hv_test_page(0x44);

    place(&hypercall, phys_of(page));
    place(&reference_tsc, phys_of(page));
    place(&hypercall, NO_GPA);
    CHECK(hv_differing(page, 0x44, 0) != 0, "the reference TSC page is gone too");
    place(&reference_tsc, NO_GPA);
    CHECK(hv_differing(page, 0x44, 0) == 0, "%u bytes of memory differ",
          hv_differing(page, 0x44, 0));
    free_page(page);
}

/* The first 2 MiB boundary behind all RAM and below the devices under 4 GiB, or NO_GPA. */
static uint64_t unmapped_gpa(void)
{
    const struct guest_boot_info *boot = boot_info();
    uint64_t end = 0;

    for (uint32_t i = 0; i < boot->region_count; i++) {
        uint64_t top = boot->regions[i].base + boot->regions[i].size;

        if (top > end && top <= UINT64_C(0xc0000000))
            end = top;
    }
    end = (end + 0x3fffff) & ~UINT64_C(0x1fffff);
    return end < UINT64_C(0xc0000000) ? end : NO_GPA;
}

HV_TEST(
    gpa_space_and_overlays, an_overlay_on_unmapped_space_is_accessible,
    COVERS(HV_REQ_GPA_003, HV_REQ_GPA_002),
    NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
    "Linux as a confidential guest puts pages above its RAM; on KVM there is no memory to write to")
{
    uint64_t gpa = unmapped_gpa(), scale = 0;
    const volatile struct hv_reference_tsc_page *page;

    if (gpa == NO_GPA)
        test_skip("there is no hole in the memory map below 3 GiB");
    page = (const volatile struct hv_reference_tsc_page *)hv_map_data(gpa);
    place(&reference_tsc, gpa);
    CHECK_NO_FAULT(safe_read64(&page->tsc_scale, &scale));
    CHECK(scale != 0 && scale != UINT64_MAX, "TscScale is 0x%llx", (unsigned long long)scale);
    place(&reference_tsc, NO_GPA);
}

HV_TEST(gpa_space_and_overlays, writing_to_the_hypercall_page_raises_gp,
        COVERS(HV_REQ_GPA_008, HV_REQ_HC_013),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "The page is code that every hypercall of the guest runs through")
{
    uint8_t *page = hv_test_page(0x55);
    uint8_t before[16], value;

    place(&hypercall, phys_of(page));
    memcpy(before, page, sizeof(before));
    CHECK_FAULT(safe_write8(page, 0xcc), VECTOR_GP);
    CHECK_FAULT(safe_write64(page + 8, 0), VECTOR_GP);
    CHECK_NO_FAULT(safe_read8(page, &value));
    CHECK(memcmp(before, page, sizeof(before)) == 0, "the code has changed");
    free_page(page);
}

static volatile uint8_t *shared_page;
static unsigned seen_by_ap;

static void look_at_page(void *byte)
{
    seen_by_ap = hv_differing(shared_page, (uint8_t)(uintptr_t)byte, 0);
}

HV_TEST(gpa_space_and_overlays, other_vps_see_the_overlay_come_and_go,
        COVERS(HV_REQ_GPA_001, HV_REQ_GPA_004),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc, .vps = 2),
        "A translation that another VP has cached must not outlive the change")
{
    shared_page = hv_test_page(0x66);
    for (uint32_t round = 0; round < 4; round++)
        for (uint32_t vp = 1; vp < cpu_count(); vp++) {
            REQUIRE_NO_FAULT(smp_call(vp, look_at_page, (void *)0x66));
            CHECK(seen_by_ap == 0, "VP %u sees %u foreign bytes before", vp, seen_by_ap);
            place(&reference_tsc, phys_of(shared_page));
            REQUIRE_NO_FAULT(smp_call(vp, look_at_page, (void *)0x66));
            CHECK(seen_by_ap != 0, "VP %u does not see the overlay", vp);
            place(&reference_tsc, NO_GPA);
            REQUIRE_NO_FAULT(smp_call(vp, look_at_page, (void *)0x66));
            CHECK(seen_by_ap == 0, "VP %u sees %u foreign bytes after", vp, seen_by_ap);
        }
    free_page((void *)(uintptr_t)shared_page);
}

HV_TEST(gpa_space_and_overlays, neighbours_of_an_overlay_are_untouched, COVERS(HV_REQ_GPA_001),
        NEEDS(.privileges = HV_PRIVILEGE_AccessPartitionReferenceTsc),
        "Placing one page cuts a large mapping; what lies beside it must come through that")
{
    uint8_t *pages = alloc_pages(3, 0);

    REQUIRE(pages != NULL, "no three pages in a row");
    memset(pages, 0x77, 3 * PAGE_SIZE);
    place(&reference_tsc, phys_of(pages + PAGE_SIZE));
    CHECK_EQ(hv_differing(pages, 0x77, 0), 0);
    CHECK_EQ(hv_differing(pages + 2 * PAGE_SIZE, 0x77, 0), 0);
    memset(pages, 0x78, PAGE_SIZE);
    memset(pages + 2 * PAGE_SIZE, 0x79, PAGE_SIZE);
    place(&reference_tsc, NO_GPA);
    CHECK_EQ(hv_differing(pages, 0x78, 0), 0);
    CHECK_EQ(hv_differing(pages + PAGE_SIZE, 0x77, 0), 0);
    CHECK_EQ(hv_differing(pages + 2 * PAGE_SIZE, 0x79, 0), 0);
    free_pages(pages, 3);
}
