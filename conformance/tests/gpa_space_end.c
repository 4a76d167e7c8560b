/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where the GPA space ends. CPUID leaf 0x80000008 announces it and nothing else does; what it
 * announces must be what the overlays are checked against, on both sides of the edge.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

/* Number of the first page that does not exist. */
static uint64_t end_page(void)
{
    return UINT64_C(1) << (hv_physical_address_bits() - 12);
}

static struct fault enable_at(uint64_t page)
{
    return safe_wrmsr(HV_X64_MSR_HYPERCALL,
                      page << HV_X64_MSR_HYPERCALL_GPFN_SHIFT | HV_X64_MSR_HYPERCALL_ENABLE);
}

HV_TEST(gpa_space_and_overlays, the_last_page_of_the_space_can_be_covered,
        COVERS(HV_REQ_GPA_003, HV_REQ_HC_009),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "An off-by-one in the check takes the top page away, or announces pages that are not there")
{
    uint64_t value;

    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    CHECK_NO_FAULT(enable_at(end_page() - 1));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &value));
    CHECK_EQ(value >> HV_X64_MSR_HYPERCALL_GPFN_SHIFT, end_page() - 1);
}
