/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Hypercalls in each mode of the processor: where they are allowed, and the registers that 32-bit
 * callers use.
 */
#include "hypercall_support.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

/* Registers of a 32-bit caller: EDX:EAX input value, EBX:ECX and EDI:ESI parameters. */
static struct regs32 regs32(uint64_t value, uint64_t first, uint64_t second)
{
    struct regs32 regs = {
        .eax = (uint32_t)value,
        .edx = (uint32_t)(value >> 32),
        .ecx = (uint32_t)first,
        .ebx = (uint32_t)(first >> 32),
        .esi = (uint32_t)second,
        .edi = (uint32_t)(second >> 32),
        .ebp = (uint32_t)hv_hypercall_gpa(),
    };

    for (unsigned i = 0; i < 6; i++)
        regs.xmm[i] = (struct xmm){ 0xaaaa000000000000 + i, 0xbbbb000000000000 + i };
    return regs;
}

static uint64_t result32(const struct regs32 *regs)
{
    return (uint64_t)regs->edx << 32 | regs->eax;
}

/* Calls through the hypercall page. */
static uint64_t call32(enum cpu_mode mode, uint64_t value, uint64_t first, uint64_t second)
{
    struct regs32 regs = regs32(value, first, second);

    REQUIRE_NO_FAULT(run_mode(mode, call_ebp, sizeof(call_ebp), &regs));
    return result32(&regs);
}

/* ---- Where hypercalls are not allowed ---- */

static uint64_t user_vmcall(void *unused)
{
    uint64_t result = 0x10008;

    (void)unused;
    __asm__ volatile("vmcall"
                     : "+a"(result)
                     : "c"(UINT64_C(0x10008)), "d"(UINT64_C(1))
                     : "r8", "memory");
    return result;
}

static uint64_t user_vmmcall(void *unused)
{
    uint64_t result = 0x10008;

    (void)unused;
    __asm__ volatile("vmmcall"
                     : "+a"(result)
                     : "c"(UINT64_C(0x10008)), "d"(UINT64_C(1))
                     : "r8", "memory");
    return result;
}

static uint64_t user_call(void *page)
{
    uint64_t result = 0;

    __asm__ volatile("call *%1"
                     : "+a"(result)
                     : "r"(page), "c"(UINT64_C(0x10008)), "d"(UINT64_C(1))
                     : "r8", "memory");
    return result;
}

HV_TEST(hypercall_abi, user_mode_can_not_call, COVERS(HV_REQ_HC_018), NEEDS_NOTHING,
        "A hypercall has the rights of the kernel; a program must not have it")
{
    bool amd = hv_native_entry() == ENTRY_VMMCALL;

    hv_enable_hypercalls();
    CHECK_FAULT(run_user(amd ? user_vmmcall : user_vmcall, NULL, NULL), VECTOR_UD);
}

HV_TEST(hypercall_abi, user_mode_can_not_call_through_the_page, COVERS(HV_REQ_HC_018),
        NEEDS_NOTHING, "Where the page is mapped for users, the call is still not theirs")
{
    void *page;

    hv_enable_hypercalls();
    page = paging_map_window(hv_hypercall_gpa(), PAGE_SIZE, MAP_USER);
    CHECK_FAULT(run_user(user_call, page, NULL), VECTOR_UD);
}

HV_TEST(hypercall_abi, user_mode_can_not_use_the_other_instruction, COVERS(HV_REQ_HC_018),
        NEEDS_NOTHING, "KVM rewrites the other vendor's instruction in place; not for a program")
{
    bool amd = hv_native_entry() == ENTRY_VMMCALL;

    hv_enable_hypercalls();
    CHECK_FAULT(run_user(amd ? user_vmcall : user_vmmcall, NULL, NULL), VECTOR_UD);
}

HV_TEST(hypercall_abi, compatibility_mode_user_can_not_call, COVERS(HV_REQ_HC_018), NEEDS_NOTHING,
        "32-bit programs are programs too")
{
    struct regs32 regs = regs32(notify_value(), 1, 0);

    hv_enable_hypercalls();
    CHECK_FAULT(run_mode(MODE_COMPAT_CPL3, native_code(), sizeof(vmcall), &regs), VECTOR_UD);
    CHECK_EQ(regs.eax, (uint32_t)notify_value());
}

HV_TEST(hypercall_abi, real_mode_can_not_call, COVERS(HV_REQ_HC_019), NEEDS_NOTHING,
        "CPL is 0 there, so the check of CPL is not enough")
{
    struct regs32 regs = regs32(notify_value(), 1, 0);

    hv_enable_hypercalls();
    CHECK_FAULT(run_mode(MODE_REAL, native_code(), sizeof(vmcall), &regs), VECTOR_UD);
}

/* The page's code may set a register that tells this interface from another; Xen's does. */
static const char *outside_the_page(const struct fault *fault, uint64_t result)
{
    if (fault->raised)
        return "#UD";
    return result == HV_STATUS_SUCCESS ? "works" : "is a call of another interface";
}

HV_TEST(hypercall_abi, instruction_outside_the_page_works_or_faults, COVERS(HV_REQ_HC_022),
        NEEDS_NOTHING, "Windows' kernel debugger uses the instruction with no page at hand")
{
    struct regs regs = { .rax = 0x77, .rcx = notify_value(), .rdx = 1 };
    struct fault fault;

    hv_enable_hypercalls();
    fault = safe_hypercall(hv_native_entry(), 0, &regs);
    if (fault.raised)
        CHECK_FAULT(fault, VECTOR_UD);
    test_value("outside-the-page", "%s", outside_the_page(&fault, regs.rax));
}

/* ---- 32-bit callers ---- */

HV_TEST(hypercall_abi, callers_in_32_bit_modes_succeed,
        COVERS(HV_REQ_HC_020, HV_REQ_HC_021, HV_REQ_HC_026), NEEDS_NOTHING,
        "32-bit kernels, with and without paging, and 32-bit code of 64-bit ones")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++) {
        uint64_t result = call32(modes32[i], notify_value(), 1, ~UINT64_C(0));

        CHECK(result == HV_STATUS_SUCCESS, "%s: EDX:EAX is 0x%llx", mode_name(modes32[i]),
              (unsigned long long)result);
    }
}

HV_TEST(hypercall_abi, input_value_of_32_bit_callers_is_in_edx_and_eax,
        COVERS(HV_REQ_HC_021, HV_REQ_HC_024), NEEDS_NOTHING,
        "Each half decides: the code is in EAX, rep fields and reserved bits are in EDX")
{
    static const struct {
        uint64_t value;
        uint16_t status;
    } cases[] = {
        { 0x7123, HV_STATUS_INVALID_HYPERCALL_CODE },
        { 0x10008 | UINT64_C(1) << 27, HV_STATUS_INVALID_HYPERCALL_INPUT },
        { 0x10008 | UINT64_C(1) << 32, HV_STATUS_INVALID_HYPERCALL_INPUT },
        { 0x10008 | UINT64_C(1) << 47, HV_STATUS_INVALID_HYPERCALL_INPUT },
        { 0x10008 | UINT64_C(1) << 63, HV_STATUS_INVALID_HYPERCALL_INPUT },
    };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++)
        for (unsigned j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
            uint64_t result = call32(modes32[i], cases[j].value, 1, 0);

            CHECK(result == cases[j].status, "%s, value 0x%llx: EDX:EAX is 0x%llx",
                  mode_name(modes32[i]), (unsigned long long)cases[j].value,
                  (unsigned long long)result);
        }
}

HV_TEST(hypercall_abi, announced_calls_succeed_for_32_bit_callers,
        COVERS(HV_REQ_HC_020, HV_REQ_HC_024), NEEDS_NOTHING,
        "Input at EBX:ECX, output at EDI:ESI, reps completed in EDX")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++)
        FOR_EACH_CALL(call, 0)
        {
            unsigned reps = 3;
            uint64_t result;

            call->fill(input, reps);
            result = call32(modes32[i], call_control(call, reps), phys_of(input), phys_of(output));
            CHECK(result == (uint64_t)call_reps(call, reps) << 32, "%s, %s: EDX:EAX is 0x%llx",
                  mode_name(modes32[i]), call->name, (unsigned long long)result);
        }
}

HV_TEST(hypercall_abi, both_halves_of_a_gpa_count_for_32_bit_callers, COVERS(HV_REQ_HC_024),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
        "A PAE kernel has memory above 4 GiB; its upper half must not be dropped")
{
    uint64_t control = hv_control(HvCallGetVpRegisters, false, 0, 1, 0);
    uint64_t outside = UINT64_C(1) << 63;

    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++) {
        fill_get_registers(input, 1);
        CHECK_EQ(call32(modes32[i], control, phys_of(input) | outside, phys_of(output)),
                 HV_STATUS_INVALID_ALIGNMENT);
        CHECK_EQ(call32(modes32[i], control, phys_of(input), phys_of(output) | outside),
                 HV_STATUS_INVALID_ALIGNMENT);
    }
}

HV_TEST(hypercall_abi, output_of_32_bit_callers_is_written, COVERS(HV_REQ_HC_024),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
        "Output goes to EDI:ESI and to nowhere else")
{
    const uint64_t *value = (const uint64_t *)(const void *)output;

    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++) {
        fill_get_registers(input, 1);
        memset(output, 0xa5, sizeof(output));
        CHECK_EQ(call32(modes32[i], hv_control(HvCallGetVpRegisters, false, 0, 1, 0),
                        phys_of(input), phys_of(output)),
                 UINT64_C(1) << 32);
        CHECK_EQ(value[0], TEST_GUEST_OS_ID);
        CHECK_EQ(value[1], 0);
        CHECK_EQ(output[16], 0xa5);
    }
}

HV_TEST(hypercall_abi, only_the_result_changes_for_32_bit_callers,
        COVERS(HV_REQ_HC_065, HV_REQ_HC_066), NEEDS_NOTHING,
        "EDX:EAX is input and result; everything else is the caller's")
{
    static const uint64_t calls[] = { 0x10008, 0x7123, 0x10008 | UINT64_C(3) << 32 };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++)
        for (unsigned j = 0; j < 3; j++) {
            struct regs32 before = regs32(calls[j], 0x1111111122222222, 0x3333333344444444);
            struct regs32 after = before;

            REQUIRE_NO_FAULT(run_mode(modes32[i], call_ebp, sizeof(call_ebp), &after));
            CHECK(after.ebx == before.ebx && after.ecx == before.ecx && after.esi == before.esi &&
                      after.edi == before.edi && after.ebp == before.ebp,
                  "%s, value 0x%llx: a register has changed", mode_name(modes32[i]),
                  (unsigned long long)calls[j]);
            CHECK(memcmp(before.xmm, after.xmm, sizeof(before.xmm)) == 0,
                  "%s: XMM registers have changed", mode_name(modes32[i]));
            CHECK(after.edx == 0, "%s: EDX is 0x%x", mode_name(modes32[i]), after.edx);
        }
}

HV_TEST(hypercall_abi, instruction_outside_the_page_in_32_bit_modes,
        COVERS(HV_REQ_HC_020, HV_REQ_HC_022), NEEDS_NOTHING,
        "What holds in 64-bit mode holds here; no other fault than #UD comes of it")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++) {
        struct regs32 regs = regs32(notify_value(), 1, 0);
        struct fault fault = run_mode(modes32[i], native_code(), sizeof(vmcall), &regs);

        if (fault.raised)
            CHECK_FAULT(fault, VECTOR_UD);
        test_value(mode_name(modes32[i]), "%s", outside_the_page(&fault, result32(&regs)));
    }
}
