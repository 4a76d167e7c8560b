/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPUID is an exit to the hypervisor, which has to know how long the instruction was. Processors
 * without that help leave it to a decoder, and compilers and obfuscators put prefixes before it.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define CPUID_WITH(prefix, regs)     \
    __asm__ volatile(prefix " cpuid" \
                     : "+a"((regs)->eax), "=b"((regs)->ebx), "+c"((regs)->ecx), "=d"((regs)->edx))

static void check_interface(const char *prefix, const struct cpuid_regs *regs)
{
    CHECK(regs->eax == HV_INTERFACE_SIGNATURE, "with prefix %s: EAX is 0x%x", prefix, regs->eax);
}

HV_TEST(discovery, cpuid_may_have_prefixes, COVERS(HV_REQ_CPUID_001, HV_REQ_CPUID_005),
        NEEDS_NOTHING, "Execution must go on behind the instruction, wherever that is")
{
    struct cpuid_regs regs = { .eax = HV_CPUID_INTERFACE };

    CPUID_WITH(".byte 0x66;", &regs);
    check_interface("66", &regs);
    regs = (struct cpuid_regs){ .eax = HV_CPUID_INTERFACE };
    CPUID_WITH(".byte 0xf3;", &regs);
    check_interface("F3", &regs);
    regs = (struct cpuid_regs){ .eax = HV_CPUID_INTERFACE };
    CPUID_WITH(".byte 0x66, 0x64, 0x67, 0x48;", &regs);
    check_interface("66 64 67 48", &regs);
}
