/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a hypervisor may leave in a processor while it does its own work, since it does not use it:
 * floating point, debug addresses, XCR0, some MSRs. It must not be there for the next partition.
 */
#include "parent_processor_support.h"

#define CPUID_RDTSCP (1u << 27) /* 0x80000001 EDX */
#define TSC_AUX      0xc0000103u

#define MOV_XMM7_FROM_EAX 0x66, 0x0f, 0x6e, 0xf8
#define MOV_EAX_FROM_XMM7 0x66, 0x0f, 0x7e, 0xf8
#define MOV_DR0_FROM_EAX  0x0f, 0x23, 0xc0
#define MOV_DR3_FROM_EAX  0x0f, 0x23, 0xd8
#define MOV_EAX_FROM_DR0  0x0f, 0x21, 0xc0
#define MOV_EAX_FROM_DR3  0x0f, 0x21, 0xd8
#define INC_EAX           0x40
#define XSETBV            0x0f, 0x01, 0xd1
#define XGETBV            0x0f, 0x01, 0xd0
#define WRMSR             0x0f, 0x30

/* Hypercalls have parameters in the lower ones. */
static void set_own(uint64_t value)
{
    __asm__ volatile("movq %0, %%xmm7\n"
                     "mov %0, %%dr0\n"
                     "mov %0, %%dr3"
                     :
                     : "r"(value));
}

static void check_own(uint64_t value)
{
    uint64_t xmm7, dr0, dr3;

    __asm__ volatile("movq %%xmm7, %0\n"
                     "mov %%dr0, %1\n"
                     "mov %%dr3, %2"
                     : "=r"(xmm7), "=r"(dr0), "=r"(dr3));
    CHECK_EQ(xmm7, value);
    CHECK_EQ(dr0, value);
    CHECK_EQ(dr3, value);
}

HV_TEST(virtual_processor, float_and_debug_registers_are_a_partitions_own,
        COVERS(HV_REQ_VP_023, HV_REQ_PART_046), NEEDS_PARENT,
        "Keys are in XMM registers while a system encrypts")
{
    static const uint8_t code[] = { MOV_XMM7_FROM_EAX, INC_EAX,   MOV_DR0_FROM_EAX,  INC_EAX,
                                    MOV_DR3_FROM_EAX,  CHILD_OUT, MOV_EAX_FROM_XMM7, CHILD_OUT,
                                    MOV_EAX_FROM_DR0,  CHILD_OUT, MOV_EAX_FROM_DR3,  CHILD_OUT };
    struct child child = processor_begin(code, sizeof(code), 0x1000);

    set_own(0x55);
    (void)processor_run(&child);
    check_own(0x55);
    set_own(0x66);
    CHECK_EQ(processor_go_on(&child), 0x1000);
    check_own(0x66);
    CHECK_EQ(processor_go_on(&child), 0x1001);
    set_own(0);
    CHECK_EQ(processor_go_on(&child), 0x1002);
    check_own(0);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterXmm0 + 7), 0x1000);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterDr0), 0x1001);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterDr3), 0x1002);
}

static void check_xcr0(uint32_t states)
{
    static const uint8_t code[] = { ZERO_ECX,  ZERO_EDX, XSETBV, CHILD_OUT,
                                    CHILD_OUT, ZERO_ECX, XGETBV, CHILD_OUT };
    struct child child = processor_begin(code, sizeof(code), states);

    (void)processor_run(&child);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterXfem), states);
    (void)processor_go_on(&child);
    CHECK_EQ(processor_go_on(&child), states);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterXfem), states);
}

HV_TEST(virtual_processor, xcr0_is_a_partitions_own, COVERS(HV_REQ_VP_023, HV_REQ_PART_046),
        NEEDS_PARENT, "XSAVE writes by it, and beyond a buffer that was measured by another")
{
    struct cpuid_regs states;
    struct child child;

    if (!(cpuid(1).ecx & CPUID_XSAVE))
        test_skip("the processor has no XSAVE");
    child = child_begin(CHILD_EXO);
    REQUIRE_EQ(parent_cpuid(child.id, 0, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 0xd, 0, &states),
               HV_STATUS_SUCCESS);
    /* The least that there can be, and all that it is told of. */
    check_xcr0(1);
    check_xcr0(states.eax);
}

HV_TEST(virtual_processor, tsc_aux_is_a_partitions_own, COVERS(HV_REQ_VP_023, HV_REQ_PART_046),
        NEEDS_PARENT, "Systems keep the number of a CPU there")
{
    static const uint8_t code[] = { MOV_ECX(TSC_AUX), ZERO_EDX, WRMSR,    CHILD_OUT,
                                    MOV_ECX(TSC_AUX), RDMSR,    CHILD_OUT };
    struct child child;
    uint64_t own;

    if (!(cpuid(0x80000001).edx & CPUID_RDTSCP) || safe_wrmsr(TSC_AUX, 0x77).raised)
        test_skip("the processor has no RDTSCP");
    child = processor_begin(code, sizeof(code), 0x1234);
    (void)processor_run(&child);
    REQUIRE_NO_FAULT(safe_rdmsr(TSC_AUX, &own));
    CHECK_EQ(own, 0x77);
    CHECK_EQ(processor_go_on(&child), 0x1234);
    REQUIRE_NO_FAULT(safe_wrmsr(TSC_AUX, 0));
}
