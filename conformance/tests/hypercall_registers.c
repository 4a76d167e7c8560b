/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which registers a hypercall changes: the result, and nothing else that is not said. */
#include "hypercall_support.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

static uint64_t build_input(const struct test_call *call, unsigned reps)
{
    call->fill(input, reps);
    return phys_of(input);
}

static void poison(struct regs *regs)
{
    uint64_t *word = &regs->rax;

    for (unsigned i = 0; i < 15; i++)
        word[i] = UINT64_C(0x1111111111111111) * i + 0x0123456789abcdef;
    for (unsigned i = 0; i < 6; i++)
        regs->xmm[i] = (struct xmm){ 0xaaaa000000000000 + i, 0xbbbb000000000000 + i };
    regs->rflags = RFLAGS_CF | RFLAGS_ZF;
}

/* Everything but RAX is as before. */
static void check_preserved(const struct regs *before, const struct regs *after, const char *what)
{
    static const char *const names[] = { "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "R8",
                                         "R9",  "R10", "R11", "R12", "R13", "R14", "R15" };
    const uint64_t *was = &before->rax, *is = &after->rax;

    for (unsigned i = 1; i < 15; i++)
        CHECK(is[i] == was[i], "%s: %s becomes 0x%llx", what, names[i], (unsigned long long)is[i]);
    CHECK(memcmp(before->xmm, after->xmm, sizeof(before->xmm)) == 0, "%s changes XMM0 to XMM5",
          what);
    CHECK(((before->rflags ^ after->rflags) & (RFLAGS_CF | RFLAGS_ZF)) == 0, "%s changes flags",
          what);
}

static void check_registers(uint64_t value, uint64_t rdx, uint64_t r8, const char *what)
{
    struct regs before = { 0 }, after;

    poison(&before);
    before.rcx = value;
    before.rdx = rdx;
    before.r8 = r8;
    after = before;
    REQUIRE_NO_FAULT(hv_call_regs(&after));
    CHECK(after.rax != before.rax, "%s: RAX is not written", what);
    check_preserved(&before, &after, what);
}

HV_TEST(hypercall_abi, simple_calls_change_no_register_but_rax,
        COVERS(HV_REQ_HC_065, HV_REQ_HC_066), NEEDS_NOTHING,
        "Callers keep live values in all other registers; ACRN once clobbered the high half of one")
{
    hv_enable_hypercalls();
    check_registers(notify_value(), 1, 0x5555, "fast call");
    FOR_EACH_CALL(call, CALL_SIMPLE)
    check_registers(call_control(call, 1), build_input(call, 1), phys_of(output), call->name);
}

HV_TEST(hypercall_abi, refused_calls_change_no_register_but_rax,
        COVERS(HV_REQ_HC_065, HV_REQ_HC_066), NEEDS_NOTHING,
        "The way out after an error is another one than that after success")
{
    hv_enable_hypercalls();
    check_registers(0x7123, 1, 2, "unknown code");
    check_registers(0x17123, 1, 2, "unknown code, fast");
    check_registers(notify_value() | HV_HYPERCALL_RSVDZ_MASK, 1, 2, "reserved bits");
    check_registers(notify_value() | UINT64_C(5) << 32, 1, 2, "rep count");
    FOR_EACH_CALL(call, CALL_REP)
    check_registers(call_control(call, 0), phys_of(input), phys_of(output), call->name);
}

/* RCX may have another rep start index afterwards (HC-060), and nothing else. */
HV_TEST(hypercall_abi, rep_calls_change_rax_and_the_start_index,
        COVERS(HV_REQ_HC_060, HV_REQ_HC_065, HV_REQ_HC_066), NEEDS_NOTHING,
        "A call that is continued has its progress in RCX")
{
    call_required(CALL_REP, "rep call");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_REP)
    {
        struct regs before = { 0 }, after;

        poison(&before);
        before.rcx = call_control(call, 8);
        before.rdx = build_input(call, 8);
        before.r8 = phys_of(output);
        after = before;
        REQUIRE_NO_FAULT(hv_call_regs(&after));
        CHECK(((after.rcx ^ before.rcx) & ~HV_HYPERCALL_REP_START_INDEX_MASK) == 0,
              "%s: RCX becomes 0x%llx", call->name, (unsigned long long)after.rcx);
        after.rcx = before.rcx;
        check_preserved(&before, &after, call->name);
    }
}

static struct xmm upper_before[16], upper_after[16];

HV_TEST(hypercall_abi, xmm6_to_xmm15_are_preserved, COVERS(HV_REQ_HC_066), NEEDS_NOTHING,
        "A hypervisor that uses vector instructions must put the guest's registers back")
{
    struct regs regs = { .rcx = notify_value(), .rdx = 1 };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < 16; i++)
        upper_before[i] = (struct xmm){ 0x1234000000000000 + i, 0x5678000000000000 + i };
    xmm_load(upper_before);
    hv_call_regs(&regs);
    xmm_save(upper_after);
    CHECK_EQ(regs.rax, HV_STATUS_SUCCESS);
    for (unsigned i = 6; i < 16; i++)
        CHECK(memcmp(&upper_before[i], &upper_after[i], sizeof(struct xmm)) == 0,
              "XMM%u has changed", i);
}

HV_TEST(hypercall_abi, result_replaces_all_of_rax, COVERS(HV_REQ_HC_065, HV_REQ_HC_055),
        NEEDS_NOTHING, "A result written to EAX or AX leaves rubbish above it")
{
    static const uint64_t values[] = { 0x10008, 0x7123, 0x10008 | UINT64_C(1) << 60 };
    static const uint16_t statuses[] = { HV_STATUS_SUCCESS, HV_STATUS_INVALID_HYPERCALL_CODE,
                                         HV_STATUS_INVALID_HYPERCALL_INPUT };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < 3; i++) {
        struct regs regs = { .rax = ~UINT64_C(0), .rcx = values[i], .rdx = 1 };

        REQUIRE_NO_FAULT(hv_call_regs(&regs));
        CHECK_EQ(regs.rax, statuses[i]);
    }
}
