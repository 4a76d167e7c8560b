/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypercall page where the TLFS is silent: the instruction without it, and a locked one. */
#include "hypercall_support.h"

static uint8_t ram[2][4096] __attribute__((aligned(4096)));

static void observe_instruction(const char *key)
{
    struct regs regs = { .rcx = notify_value(), .rdx = 1 };
    struct fault fault = safe_hypercall(hv_native_entry(), 0, &regs);

    if (fault.raised)
        OBSERVE(key, "%s", vector_name(fault.vector));
    else if (regs.rax > HV_HYPERCALL_RESULT_STATUS_MASK)
        OBSERVE(key, "another interface");
    else
        OBSERVE(key, "status %x", hv_result_status(regs.rax));
}

/* OpenVMM once let the page be enabled without an id; KVM asks for the id and not for the page. */
HV_CHARACTERIZE(hypercall_abi, instruction_without_the_page, COVERS(HV_REQ_GAP_230), NEEDS_NOTHING,
                "Kernel debuggers call before there is a page; nothing promises that they can")
{
    observe_instruction("no-id");
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    observe_instruction("id-and-no-page");
    hv_enable_hypercalls();
    observe_instruction("id-and-page");
}

static void observe_write(const char *key, uint64_t value)
{
    uint64_t before = rdmsr(HV_X64_MSR_HYPERCALL);
    struct fault fault = safe_wrmsr(HV_X64_MSR_HYPERCALL, value);

    OBSERVE(key, "%s",
            fault.raised ? vector_name(fault.vector)
                         : (rdmsr(HV_X64_MSR_HYPERCALL) == before ? "dropped" : "stored"));
}

HV_CHARACTERIZE(hypercall_abi, writes_to_a_locked_register, COVERS(HV_REQ_GAP_231),
                NEEDS(.features = HV_FEATURE_EDX_HYPERCALL_MSR_LOCK),
                "A fault or nothing: and whether a guest without an id keeps its locked page")
{
    uint64_t locked = phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_LOCKED | HV_X64_MSR_HYPERCALL_ENABLE;

    require_to_run_alone("hypercall-abi/writes-to-a-locked-register");
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_HYPERCALL, locked));
    observe_write("disable", 0);
    observe_write("move", phys_of(ram[1]) | HV_X64_MSR_HYPERCALL_ENABLE);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, 0));
    OBSERVE("id-cleared", "%s",
            rdmsr(HV_X64_MSR_HYPERCALL) & HV_X64_MSR_HYPERCALL_ENABLE ? "stays" : "disabled");
}
