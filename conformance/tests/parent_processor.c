/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The processor that a child has: what is told of it, what faults, and what instructions do that
 * the hypervisor carries out.
 */
#include "parent_processor_support.h"

HV_TEST(virtual_processor, init_of_a_child_resets_its_apic, COVERS(HV_REQ_VP_049), NEEDS_PARENT,
        "A system that is started anew on a VP would find interrupts of the one before held back")
{
    static const uint8_t code[] = { 0xeb, 0xfe }; /* for ever */
    struct child child = processor_begin(code, sizeof(code), 0);
    uint64_t end = rdtsc() + tsc_from_us(3000000);

    child_set(&child, 0, HvX64RegisterApicTpr, 0x40);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterApicTpr), 0x40);
    child_run(&child, 0);
    REQUIRE_EQ(parent_assert(child.id, HvX64InterruptTypeInit, 0, 0), HV_STATUS_SUCCESS);
    while (child_get(&child, 0, HvX64RegisterApicTpr) != 0 && rdtsc() < end)
        cpu_pause();
    CHECK_EQ(child_get(&child, 0, HvX64RegisterApicTpr), 0);
}

HV_TEST(virtual_processor, msrs_of_a_child_are_what_it_is_told, COVERS(HV_REQ_VP_023), NEEDS_PARENT,
        "Bits of the hypervisor's own in EFER tell a guest what it is not to have")
{
    static const uint8_t code[] = { MOV_ECX(0xc0000080u), RDMSR, CHILD_OUT };
    struct child child = processor_begin(code, sizeof(code), 0);

    (void)processor_run(&child);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRax), 0);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRdx), 0);
}

HV_TEST(virtual_processor, cpuid_tells_each_vp_its_apic_id, COVERS(HV_REQ_VP_023), NEEDS_PARENT,
        "A system that finds one processor twice starts one")
{
    struct child child;
    struct cpuid_regs values;

    child = child_begin(CHILD_EXO);
    child_add_vp(&child, 1);
    for (uint32_t vp = 0; vp < 2; vp++) {
        REQUIRE_EQ(
            parent_cpuid(child.id, vp, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 1, 0, &values),
            HV_STATUS_SUCCESS);
        CHECK_EQ(values.ebx >> 24, vp);
        REQUIRE_EQ(
            parent_cpuid(child.id, vp, HV_GET_VP_CPUID_VALUES_USE_VP_XFEM_XSS, 0xb, 0, &values),
            HV_STATUS_SUCCESS);
        if (values.ebx != 0)
            CHECK_EQ(values.edx, vp);
    }
}

HV_TEST(intercepts_and_messages, a_halt_is_told_where_there_is_no_apic, COVERS(HV_REQ_INT_006),
        NEEDS_PARENT, "Whoever has the interrupts has to know who waits for them")
{
    static const uint8_t code[] = { 0xf4, CHILD_OUT };
    struct child child = child_begin(HV_PARTITION_CREATION_FLAG_EXO_PARTITION);
    struct hv_message message;

    child_listen();
    child_run_to_message(&child, 0, code, sizeof(code), &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeX64Halt);
}

HV_TEST(virtual_processor, counters_that_are_not_there_fault, COVERS(HV_REQ_VP_023), NEEDS_PARENT,
        "The machine's counters tell one guest what another one does")
{
    static const uint8_t code[] = { ZERO_ECX, 0x0f, 0x33 /* RDPMC */, CHILD_OUT };
    struct child child = processor_begin(code, sizeof(code), 0);
    struct hv_message message;
    const struct hv_x64_exception_intercept_message *told = (const void *)message.payload;

    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_EXECUTE,
                              VECTOR_GP),
               HV_STATUS_SUCCESS);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeExceptionIntercept);
    CHECK_EQ(told->exception_vector, VECTOR_GP);
}

/* ---- What belongs to an instruction that the hypervisor carries out ---- */

#define PUSHF           0x9c
#define POPF            0x9d
#define TRACE           0x81, 0x0c, 0x24, 0x00, 0x01, 0x00, 0x00 /* or dword [esp], RFLAGS.TF */
#define NO_TRACE        0x81, 0x24, 0x24, 0xff, 0xfe, 0xff, 0xff
#define CPUID           0x0f, 0xa2
#define TWO_NOPS_IN_ONE 0x66, 0x90

static unsigned traced(const uint8_t *code, size_t size)
{
    struct child child = child_begin(CHILD_EXO);

    child_listen();
    child_load(&child, 0, code, size);
    child_add_handlers(&child, 0);
    (void)processor_run(&child);
    return child_interrupts(&child, VECTOR_DB);
}

HV_TEST(virtual_processor, an_intercepted_instruction_is_traced_like_others, COVERS(HV_REQ_VP_023),
        NEEDS_PARENT, "A debugger's step over CPUID is one step and not two")
{
    static const uint8_t plain[] = { PUSHF, TRACE,    POPF, TWO_NOPS_IN_ONE,
                                     PUSHF, NO_TRACE, POPF, CHILD_OUT };
    static const uint8_t intercepted[] = { PUSHF, TRACE,    POPF, CPUID,
                                           PUSHF, NO_TRACE, POPF, CHILD_OUT };
    unsigned steps = traced(plain, sizeof(plain));

    CHECK(steps > 0, "there is no trap");
    CHECK_EQ(traced(intercepted, sizeof(intercepted)), steps);
}

HV_TEST(virtual_processor, cpuid_tells_whether_xcr0_is_enabled, COVERS(HV_REQ_VP_023), NEEDS_PARENT,
        "Programs look there before they use XGETBV")
{
    static const uint8_t code[] = {
        0xb8, 0x01, 0x00, 0x00, 0x00 /* mov eax, 1 */, CPUID, CHILD_OUT
    };

    if (!(cpuid(1).ecx & CPUID_XSAVE))
        test_skip("the processor has no XSAVE");
    for (unsigned enabled = 0; enabled < 2; enabled++) {
        struct child child = processor_begin(code, sizeof(code), 0);

        child_set(&child, 0, HvX64RegisterCr4, enabled ? CR4_XCR0 : 0);
        (void)processor_run(&child);
        CHECK_EQ(child_get(&child, 0, HvX64RegisterRcx) >> 27 & 1, enabled);
    }
}

/* ---- What is checked before an entry would ---- */

HV_TEST(virtual_processor, memory_types_of_a_child_are_apart, COVERS(HV_REQ_VP_022, HV_REQ_VP_023),
        NEEDS_PARENT, "Firmware sets up some dozen registers that look alike")
{
    const uint64_t back = UINT64_C(0x0606060606060606), through = UINT64_C(0x0404040404040404);
    struct child child = child_begin(CHILD_EXO);
    uint16_t status;

    for (uint32_t i = 0; i < 11; i++)
        child_set(&child, 0, HvX64RegisterMsrMtrrFix64k00000 + i, i % 2 ? through : back);
    for (uint32_t i = 0; i < 11; i++)
        CHECK(child_get(&child, 0, HvX64RegisterMsrMtrrFix64k00000 + i) == (i % 2 ? through : back),
              "register %u is another", i);
    status = parent_set_register64(child.id, 0, HvX64RegisterMsrMtrrFix64k00000, 2);
    CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_REGISTER_VALUE,
          "type 2: status 0x%x", status);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterMsrMtrrFix64k00000), back);
}

HV_TEST(virtual_processor, a_base_is_an_address, COVERS(HV_REQ_VP_022, HV_REQ_VP_025), NEEDS_PARENT,
        "An entry that the processor refuses is the hypervisor's to explain")
{
    static const uint8_t code[] = { CHILD_OUT };
    const union hv_register_value gs = { .segment = { .base = UINT64_C(1) << 62,
                                                      .limit = UINT32_MAX,
                                                      .selector = 0x10,
                                                      .attributes = 0xc093 } };
    struct child child = processor_begin(code, sizeof(code), 0);
    struct hv_message message;
    uint16_t status = parent_set_register(child.id, 0, HvX64RegisterGs, &gs);

    if (status != HV_STATUS_SUCCESS) {
        CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_REGISTER_VALUE,
              "status 0x%x", status);
        return;
    }
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeInvalidVpRegisterValue);
}
