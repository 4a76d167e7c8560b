/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls of a guest that has not given its identity. There can be no hypercall page then, but the
 * instruction is there; KVM takes it for one of its own calls, and so finds no such call.
 */
#include "hypercall_support.h"

HV_TEST(hypercall_abi, instruction_without_an_identity_is_no_hypercall, COVERS(HV_REQ_HC_022),
        NEEDS_NOTHING, "The identity comes first, then calls: what they mean may depend on it")
{
    struct regs regs = { .rax = 0x77, .rcx = notify_value(), .rdx = 1 };
    struct fault fault = safe_hypercall(hv_native_entry(), 0, &regs);

    if (fault.raised)
        CHECK_FAULT(fault, VECTOR_UD);
    else
        CHECK(regs.rax != HV_STATUS_SUCCESS, "the call succeeded");
}
