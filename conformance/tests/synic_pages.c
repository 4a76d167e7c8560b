/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The pages of the SynIC where the TLFS lets an implementation do this or that: it must stay sane.
 */
#include "synic_support.h"

#define SYNIC NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs)

static uint64_t other_gpa;

static void enable_other_page(void *unused)
{
    (void)unused;
    synic_off(NULL);
    safe_wrmsr(HV_X64_MSR_SIMP, other_gpa | HV_X64_MSR_PAGE_ENABLE);
}

static bool is_allowed(struct fault fault)
{
    return !fault.raised || fault.vector == VECTOR_MC;
}

HV_TEST(synic, the_page_of_another_vp_is_memory_or_out_of_reach, COVERS(HV_REQ_SYNIC_037),
        NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs, .vps = 2),
        "A machine check is foreseen, and nothing else")
{
    volatile uint64_t *word;
    uint64_t value = 0;
    struct fault fault;

    other_gpa = phys_of(hv_test_page(0));
    REQUIRE_NO_FAULT(smp_call(1, enable_other_page, NULL));
    word = hv_map_data(other_gpa);
    fault = safe_write64(word, UINT64_C(0x1122334455667788));
    CHECK(is_allowed(fault), "writing raises %s", vector_name(fault.vector));
    fault = safe_read64(word, &value);
    CHECK(is_allowed(fault), "reading raises %s", vector_name(fault.vector));
    if (!fault.raised)
        CHECK_EQ(value, UINT64_C(0x1122334455667788));
    smp_call(1, synic_off, NULL);
    CHECK_NO_FAULT(safe_write64(word, 0));
}

/* XSA-472 was about pages that came, went and overlapped. */
HV_TEST(synic, pages_in_one_place_harm_nobody, COVERS(HV_REQ_SYNIC_038), SYNIC,
        "The result is undefined for the guest that does it, and for it alone")
{
    uint64_t gpa = phys_of(hv_test_page(0x5a)), beside = phys_of(hv_test_page(0x5b));
    volatile uint8_t *view = hv_map_data(gpa);

    synic_off(NULL);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, gpa | HV_X64_MSR_PAGE_ENABLE));
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIEFP, gpa | HV_X64_MSR_PAGE_ENABLE));
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE));
        CHECK_NO_FAULT(safe_write64((volatile uint64_t *)view, i));
        CHECK_NO_FAULT(safe_wrmsr(i % 2 ? HV_X64_MSR_SIMP : HV_X64_MSR_SIEFP, 0));
        CHECK_NO_FAULT(safe_write64((volatile uint64_t *)view, i));
        synic_off(NULL);
    }
    CHECK_EQ(hv_differing((volatile uint8_t *)(uintptr_t)beside, 0x5b, 0), 0);
    CHECK_NO_FAULT(safe_write64((volatile uint64_t *)view, 1));
    CHECK_EQ(*(volatile uint64_t *)view, 1);
}

HV_TEST(synic, pages_that_have_been_moved_about_still_work, COVERS(HV_REQ_SYNIC_038), SYNIC,
        "What one guest program did to them must not last")
{
    struct synic_pages pages;

    synic_off(NULL);
    for (unsigned i = 0; i < 50; i++) {
        uint64_t gpa = phys_of(hv_test_page(0));

        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, gpa | HV_X64_MSR_PAGE_ENABLE));
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIEFP, gpa | HV_X64_MSR_PAGE_ENABLE));
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, 0));
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIEFP, 0));
        free_page((void *)(uintptr_t)gpa);
    }
    pages = synic_on(2, HV_X64_MSR_SINT_MASKED);
    pages.messages->sint_message[2].payload[3] = 0x1234;
    CHECK_EQ(pages.messages->sint_message[2].payload[3], 0x1234);
    synic_off(NULL);
}

HV_CHARACTERIZE(
    synic, content_of_a_page_that_moves, COVERS(HV_REQ_GAP_203), SYNIC,
    "Cleared, or carried along: the TLFS says when it is cleared, and this is not there")
{
    uint64_t first = phys_of(hv_test_page(0)), second = phys_of(hv_test_page(0));
    volatile uint64_t *old = hv_map_data(first), *new = hv_map_data(second);

    synic_off(NULL);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, first | HV_X64_MSR_PAGE_ENABLE));
    old[1] = 0x77;
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SIMP, second | HV_X64_MSR_PAGE_ENABLE));
    OBSERVE("content", "%s", new[1] == 0x77 ? "carried along" : "cleared");
    synic_off(NULL);
}
