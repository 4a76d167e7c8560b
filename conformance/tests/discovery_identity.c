/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the guest's identity may change in the leaves: the version and nothing else. The first
 * thing that a guest does after it has found the interface is to give its identity, and it looks
 * at the leaves again later.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

HV_TEST(discovery, identity_changes_no_leaf_but_the_version,
        COVERS(HV_REQ_CPUID_005, HV_REQ_CPUID_008, HV_REQ_CPUID_015),
        NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
        "A kernel that is started by another one reads the leaves with an identity in place")
{
    struct cpuid_regs before[16];

    for (uint32_t i = 0; i < 16; i++)
        before[i] = cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION + i);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    for (uint32_t i = 0; i < 16; i++) {
        struct cpuid_regs after = cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION + i);

        if (HV_CPUID_VENDOR_AND_MAX_FUNCTION + i == HV_CPUID_VERSION)
            continue;
        CHECK(memcmp(&after, &before[i], sizeof(after)) == 0,
              "leaf 0x%x has changed with the identity", HV_CPUID_VENDOR_AND_MAX_FUNCTION + i);
    }
}
