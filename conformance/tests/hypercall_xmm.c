/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Fast calls with more parameters than two: input in XMM0 to XMM5, output in what is left of them.
 *
 * The TLFS does not say which calls take their input in this form. Windows uses it for the flush
 * and IPI calls with processor sets, and these have been wrong in KVM more than once.
 */
#include "hypercall_support.h"

#define VECTOR_TEST 0x72

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

/* The block of registers of a fast call: RDX, R8, XMM0 to XMM5. */
union block {
    uint8_t bytes[HV_HYPERCALL_XMM_FAST_MAX_BYTES];
    uint32_t dwords[28];
    uint64_t words[14];
};

static struct regs load_block(uint64_t control, const union block *block)
{
    struct regs regs = { .rax = ~UINT64_C(0), .rcx = control };

    regs.rdx = block->words[0];
    regs.r8 = block->words[1];
    memcpy(regs.xmm, &block->words[2], sizeof(regs.xmm));
    return regs;
}

static union block store_block(const struct regs *regs)
{
    union block block;

    block.words[0] = regs->rdx;
    block.words[1] = regs->r8;
    memcpy(&block.words[2], regs->xmm, sizeof(regs->xmm));
    return block;
}

/* Makes a fast call; *block is replaced by the registers afterwards. */
static struct fault fast_call(uint64_t control, union block *block, uint64_t *result)
{
    struct regs regs = load_block(control, block);
    struct fault fault = hv_call_regs(&regs);

    *result = regs.rax;
    *block = store_block(&regs);
    return fault;
}

static uint64_t checked_call(uint64_t control, union block *block)
{
    uint64_t result = 0;

    REQUIRE_NO_FAULT(fast_call(control, block, &result));
    return result;
}

static void fill_noise(union block *block, unsigned from)
{
    for (unsigned i = from; i < sizeof(block->bytes); i++)
        block->bytes[i] = (uint8_t)(0xc0 + i);
}

static uint64_t fast_control(const struct test_call *call, unsigned reps)
{
    return call_control(call, reps) | HV_HYPERCALL_FAST;
}

/* Input of an announced call, as a block; noise behind it. */
static void build_block(const struct test_call *call, unsigned reps, union block *block)
{
    unsigned size = call_input_size(call, reps);

    fill_noise(block, 0);
    call->fill(input, reps);
    memcpy(block->bytes, input, size < sizeof(block->bytes) ? size : sizeof(block->bytes));
}

/* ---- Input ---- */

/* What a call without the fast form answers; gaps of the TLFS leave the status open. */
static bool is_no_fast_form(uint16_t status)
{
    return status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_HYPERCALL_INPUT;
}

/* A call with more than 16 bytes of input and no output that takes them in registers. */
static const struct test_call *find_carrier(unsigned kinds)
{
    FOR_EACH_CALL(call, kinds | CALL_NO_OUTPUT)
    {
        union block block;
        uint64_t result;

        if (call_input_size(call, 1) <= HV_HYPERCALL_FAST_MAX_INPUT_BYTES)
            continue;
        build_block(call, 1, &block);
        result = checked_call(fast_control(call, 1), &block);
        if (!is_no_fast_form(hv_result_status(result)))
            return call;
    }
    return NULL;
}

static const struct test_call *require_carrier(unsigned kinds)
{
    const struct test_call *call;

    hv_enable_hypercalls();
    call = find_carrier(kinds);
    if (!call)
        test_skip("no announced call of this kind takes XMM input");
    return call;
}

HV_TEST(hypercall_abi, xmm_input_is_taken_where_announced, COVERS(HV_REQ_HC_067, HV_REQ_CPUID_021),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "The bit without a call that takes its input so would be an empty promise")
{
    const struct test_call *call = require_carrier(0);
    union block block;

    build_block(call, 1, &block);
    CHECK_EQ(checked_call(fast_control(call, 1), &block), (uint64_t)call_reps(call, 1) << 32);
    test_value("xmm-input-call", "%s", call->name);
}

HV_TEST(hypercall_abi, xmm_input_faults_where_not_announced,
        COVERS(HV_REQ_HC_069, HV_REQ_CPUID_021),
        NEEDS(.lacks_features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "#UD tells that the form is unknown; a call with half its input would do something else")
{
    unsigned tried = 0;

    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT | CALL_NO_OUTPUT)
    {
        union block block;
        uint64_t result;

        if (call_input_size(call, 1) <= HV_HYPERCALL_FAST_MAX_INPUT_BYTES)
            continue;
        tried++;
        build_block(call, 1, &block);
        CHECK_FAULT(fast_call(fast_control(call, 1), &block, &result), VECTOR_UD);
    }
    if (!tried)
        test_skip("no call with more than 16 bytes of input is announced");
}

HV_TEST(hypercall_abi, xmm_input_may_fill_the_block, COVERS(HV_REQ_HC_067),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "All 112 bytes can be used, and every number of elements that fits")
{
    const struct test_call *call = require_carrier(CALL_REP);
    unsigned most = (HV_HYPERCALL_XMM_FAST_MAX_BYTES - call->header_size) / call->element_size;

    for (unsigned reps = 1; reps <= most; reps++) {
        union block block;

        build_block(call, reps, &block);
        CHECK_EQ(checked_call(fast_control(call, reps), &block), (uint64_t)reps << 32);
    }
}

HV_TEST(hypercall_abi, xmm_input_beyond_the_block_is_refused, COVERS(HV_REQ_HC_067),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "There is no XMM6 for this; an implementation that reads on reads its own memory")
{
    const struct test_call *call = require_carrier(CALL_REP);
    unsigned over = (HV_HYPERCALL_XMM_FAST_MAX_BYTES - call->header_size) / call->element_size + 1;
    union block block;
    struct fault fault;
    uint64_t result = 0;

    build_block(call, over, &block);
    fault = fast_call(fast_control(call, over), &block, &result);
    if (fault.raised)
        CHECK_FAULT(fault, VECTOR_UD);
    else
        CHECK(hv_result_status(result) != HV_STATUS_SUCCESS, "%s takes %u elements", call->name,
              over);
    test_value("xmm-input-too-long", fault.raised ? "#UD" : "0x%x", hv_result_status(result));
}

HV_TEST(hypercall_abi, xmm_input_leaves_the_registers_as_they_are,
        COVERS(HV_REQ_HC_066, HV_REQ_HC_068), NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "RDX, R8 and XMM0 to XMM5 are input only, and what the input does not reach is ignored")
{
    const struct test_call *call = require_carrier(0);

    for (unsigned noise = 0; noise < 4; noise++) {
        union block before, after;

        build_block(call, 1, &before);
        for (unsigned i = call_input_size(call, 1); i < sizeof(before.bytes); i++)
            before.bytes[i] = (uint8_t)(before.bytes[i] * (noise * 2 + 1));
        after = before;
        CHECK_EQ(checked_call(fast_control(call, 1), &after), (uint64_t)call_reps(call, 1) << 32);
        CHECK(memcmp(&before, &after, sizeof(before)) == 0, "%s changes its registers", call->name);
    }
}

HV_TEST(hypercall_abi, rep_rules_hold_for_xmm_input, COVERS(HV_REQ_HC_034, HV_REQ_HC_029),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "The input value means the same in every form")
{
    const struct test_call *call = require_carrier(CALL_REP);
    union block block;

    build_block(call, 1, &block);
    CHECK_EQ(checked_call(fast_control(call, 0), &block), HV_STATUS_INVALID_HYPERCALL_INPUT);
    CHECK_EQ(checked_call(fast_control(call, 1) | UINT64_C(1) << 27, &block),
             HV_STATUS_INVALID_HYPERCALL_INPUT);
    CHECK_EQ(checked_call(fast_control(call, 1) | UINT64_C(1) << 17, &block),
             HV_STATUS_INVALID_HYPERCALL_INPUT);
    CHECK_EQ(hv_result_status(checked_call(fast_control(call, 1) | UINT64_C(1) << 48, &block)),
             HV_STATUS_INVALID_HYPERCALL_INPUT);
}

/* ---- Where the bytes of input are ---- */

/* HvCallSendSyntheticClusterIpiEx to this VP, as a block with noise behind it. */
static void build_ipi(union block *block)
{
    struct hv_input_send_synthetic_cluster_ipi_ex *header = (void *)block->bytes;
    uint32_t vp = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);

    fill_noise(block, 0);
    *header = (struct hv_input_send_synthetic_cluster_ipi_ex){
        .vector = VECTOR_TEST,
        .processor_set = { HV_GENERIC_SET_SPARSE_4K, UINT64_C(1) << (vp / HV_VP_SET_VPS_PER_BANK) },
    };
    block->words[sizeof(*header) / 8] = UINT64_C(1) << (vp % HV_VP_SET_VPS_PER_BANK);
}

static void take_interrupts(void)
{
    irq_enable();
    udelay(100);
    irq_disable();
}

HV_TEST(hypercall_abi, xmm_input_reaches_the_call_as_written, COVERS(HV_REQ_HC_067, HV_REQ_HC_037),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT,
              .recommends = HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI |
                            HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS),
        "KVM once took the banks of the set from the wrong half of a register (Linux 47d3e5cdfe60)")
{
    uint64_t control = hv_control(HvCallSendSyntheticClusterIpiEx, true, 1, 0, 0);
    union block block;
    uint64_t result;

    hv_enable_hypercalls();
    apic_enable();
    hv_count_interrupts(VECTOR_TEST);
    build_ipi(&block);
    result = checked_call(control, &block);
    take_interrupts();
    CHECK_EQ(result, HV_STATUS_SUCCESS);
    CHECK_EQ(hv_interrupt_count(), 1);
    build_ipi(&block);
    block.words[sizeof(struct hv_input_send_synthetic_cluster_ipi_ex) / 8] = 0;
    checked_call(control, &block);
    take_interrupts();
    CHECK_EQ(hv_interrupt_count(), 1);
    register_interrupt(VECTOR_TEST, NULL, NULL);
}

#define SET_IN_REGISTERS                                \
    NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters, \
          .features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT | HV_FEATURE_EDX_GUEST_CRASH_MSRS)

#define CRASH_PARAMETERS 3

/* HvCallSetVpRegisters of the crash parameters P0 to P2: 112 bytes, all that there are. */
static void build_crash(union block *block, uint64_t value)
{
    struct hv_register_assoc *elements =
        (void *)&block->bytes[sizeof(struct hv_input_vp_registers)];

    fill_register_header(block->bytes);
    for (unsigned i = 0; i < CRASH_PARAMETERS; i++)
        elements[i] = (struct hv_register_assoc){ .name = HvRegisterGuestCrashP0 + i,
                                                  .value.reg128.low = value + i };
}

static void check_crash(uint64_t value)
{
    for (unsigned i = 0; i < CRASH_PARAMETERS; i++)
        CHECK_EQ(rdmsr(HV_X64_MSR_CRASH_P0 + i), value + i);
}

HV_TEST(hypercall_abi, every_register_of_the_block_is_read, COVERS(HV_REQ_HC_067), SET_IN_REGISTERS,
        "RDX and R8, then XMM0 to XMM5 in their order, low half first")
{
    union block block;

    hv_enable_hypercalls();
    build_crash(&block, 0x1111222233334440);
    CHECK_EQ(checked_call(hv_control(HvCallSetVpRegisters, true, 0, 3, 0), &block), UINT64_C(3)
                                                                                        << 32);
    check_crash(0x1111222233334440);
    build_crash(&block, 0);
    checked_call(hv_control(HvCallSetVpRegisters, true, 0, 3, 0), &block);
}

static void clear_crash(void)
{
    for (unsigned i = 0; i < CRASH_PARAMETERS; i++)
        CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_CRASH_P0 + i, 0));
}

HV_TEST(hypercall_abi, lists_of_each_length_are_read_from_the_block, COVERS(HV_REQ_HC_067),
        SET_IN_REGISTERS,
        "A hypervisor reads as many registers as the input has, two of them for one element")
{
    hv_enable_hypercalls();
    for (unsigned reps = 1; reps <= CRASH_PARAMETERS; reps++) {
        uint64_t value = UINT64_C(0x9999aaaabbbbcc00) + reps * 16;
        union block block;

        clear_crash();
        build_crash(&block, value);
        CHECK_EQ(checked_call(hv_control(HvCallSetVpRegisters, true, 0, reps, 0), &block),
                 (uint64_t)reps << 32);
        for (unsigned i = 0; i < CRASH_PARAMETERS; i++)
            CHECK_EQ(rdmsr(HV_X64_MSR_CRASH_P0 + i), i < reps ? value + i : 0);
    }
    clear_crash();
}

static struct regs32 load_block32(uint64_t control, const union block *block)
{
    struct regs32 regs = {
        .eax = (uint32_t)control,
        .edx = (uint32_t)(control >> 32),
        .ecx = block->dwords[0],
        .ebx = block->dwords[1],
        .esi = block->dwords[2],
        .edi = block->dwords[3],
        .ebp = (uint32_t)hv_hypercall_gpa(),
    };

    memcpy(regs.xmm, &block->words[2], sizeof(regs.xmm));
    return regs;
}

HV_TEST(hypercall_abi, xmm_input_of_32_bit_callers, COVERS(HV_REQ_HC_067, HV_REQ_HC_026),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT),
        "EBX:ECX and EDI:ESI come first, then the same XMM0 to XMM5")
{
    const struct test_call *call = require_carrier(0);

    for (unsigned i = 0; i < MODES32; i++) {
        union block block;
        struct regs32 regs;

        build_block(call, 1, &block);
        regs = load_block32(fast_control(call, 1), &block);
        REQUIRE_NO_FAULT(run_mode(modes32[i], call_ebp, sizeof(call_ebp), &regs));
        CHECK(regs.eax == 0 && regs.edx == call_reps(call, 1), "%s: EDX:EAX is 0x%x:0x%x",
              mode_name(modes32[i]), regs.edx, regs.eax);
        CHECK(memcmp(regs.xmm, &block.words[2], sizeof(regs.xmm)) == 0, "%s: XMM registers change",
              mode_name(modes32[i]));
    }
}

HV_TEST(hypercall_abi, every_register_of_the_block_is_read_for_32_bit_callers,
        COVERS(HV_REQ_HC_067, HV_REQ_HC_026), SET_IN_REGISTERS,
        "The halves of the two pairs are easily swapped")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++) {
        union block block;
        struct regs32 regs;
        uint64_t value = 0x5555666677778880 + i * 16;

        build_crash(&block, value);
        regs = load_block32(hv_control(HvCallSetVpRegisters, true, 0, 3, 0), &block);
        REQUIRE_NO_FAULT(run_mode(modes32[i], call_ebp, sizeof(call_ebp), &regs));
        CHECK_EQ(regs.eax, HV_STATUS_SUCCESS);
        CHECK_EQ(regs.edx, 3);
        check_crash(value);
    }
    clear_crash();
}

/* ---- Output ---- */

/* Where output starts: behind the input, rounded up to 16 bytes. */
static unsigned output_offset(unsigned input_size)
{
    return (input_size + 15) & ~15u;
}

static void check_outside(const union block *before, const union block *after, unsigned from,
                          unsigned size)
{
    unsigned changed = 0;

    for (unsigned i = 0; i < sizeof(before->bytes); i++)
        changed += (i < from || i >= from + size) && before->bytes[i] != after->bytes[i];
    CHECK(changed == 0, "%u bytes of registers outside the output have changed", changed);
}

HV_TEST(hypercall_abi, xmm_output_follows_the_rounded_input,
        COVERS(HV_REQ_HC_070, HV_REQ_CPUID_032),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters,
              .features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT | HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT),
        "20 bytes of input leave 80 for output: it starts in XMM1")
{
    hv_enable_hypercalls();
    for (unsigned reps = 1; reps <= 4; reps++) {
        unsigned from = output_offset((unsigned)sizeof(struct hv_input_vp_registers) + 4 * reps);
        union block before, after;

        fill_noise(&before, 0);
        fill_get_registers(input, reps);
        memcpy(before.bytes, input, sizeof(struct hv_input_vp_registers) + 4 * reps);
        after = before;
        CHECK_EQ(checked_call(hv_control(HvCallGetVpRegisters, true, 0, reps, 0), &after),
                 (uint64_t)reps << 32);
        for (unsigned i = 0; i < reps; i++) {
            CHECK_EQ(after.words[from / 8 + 2 * i], TEST_GUEST_OS_ID);
            CHECK_EQ(after.words[from / 8 + 2 * i + 1], 0);
        }
        check_outside(&before, &after, from, reps * (unsigned)sizeof(struct hv_u128));
    }
}

HV_TEST(hypercall_abi, output_that_does_not_fit_the_block_is_refused, COVERS(HV_REQ_HC_070),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters,
              .features = HV_FEATURE_EDX_XMM_HYPERCALL_INPUT | HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT),
        "Five values need 80 bytes, and 36 bytes of input leave 64")
{
    union block before, after;
    struct fault fault;
    uint64_t result = 0;

    hv_enable_hypercalls();
    fill_noise(&before, 0);
    fill_get_registers(input, 5);
    memcpy(before.bytes, input, sizeof(struct hv_input_vp_registers) + 20);
    after = before;
    fault = fast_call(hv_control(HvCallGetVpRegisters, true, 0, 5, 0), &after, &result);
    CHECK(fault.raised || hv_result_status(result) != HV_STATUS_SUCCESS, "result is 0x%llx",
          (unsigned long long)result);
    CHECK(memcmp(&before, &after, sizeof(before)) == 0, "registers have changed");
    test_value("xmm-output-too-long", fault.raised ? "#UD" : "0x%x", hv_result_status(result));
}

/* Compares a call's output in registers with that in memory. @return whether it has a fast form */
static bool check_output_at_rdx(const struct test_call *call)
{
    union block before, after;
    uint64_t memory = 0, result;

    CHECK_EQ(hv_call(call_control(call, 1), 0, phys_of(output)), HV_STATUS_SUCCESS);
    memcpy(&memory, output, sizeof(memory));
    fill_noise(&before, 0);
    after = before;
    result = checked_call(fast_control(call, 1), &after);
    if (is_no_fast_form(hv_result_status(result))) {
        CHECK(memcmp(&before, &after, sizeof(before)) == 0, "%s changes registers", call->name);
        return false;
    }
    CHECK_EQ(result, HV_STATUS_SUCCESS);
    CHECK(after.words[0] == memory, "%s: RDX is 0x%llx, in memory it was 0x%llx", call->name,
          (unsigned long long)after.words[0], (unsigned long long)memory);
    check_outside(&before, &after, 0, 8);
    return true;
}

HV_TEST(hypercall_abi, output_without_input_starts_at_rdx, COVERS(HV_REQ_HC_070, HV_REQ_CPUID_032),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT),
        "The registers that input does not use begin with RDX")
{
    unsigned fast = 0;

    call_required(CALL_NO_INPUT | CALL_OUTPUT, "call with output and no input");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_NO_INPUT | CALL_OUTPUT)
    fast += check_output_at_rdx(call);
    if (!fast)
        test_skip("no announced call without input gives its output in registers");
}

HV_TEST(hypercall_abi, xmm_output_faults_where_not_announced,
        COVERS(HV_REQ_HC_071, HV_REQ_CPUID_032),
        NEEDS(.lacks_features = HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT),
        "A caller that gets a status would look for output that is not there")
{
    call_required(CALL_OUTPUT, "call with output");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_OUTPUT)
    {
        union block block;
        uint64_t result;

        build_block(call, 1, &block);
        CHECK_FAULT(fast_call(fast_control(call, 1), &block, &result), VECTOR_UD);
    }
}

HV_TEST(hypercall_abi, xmm_output_is_not_for_32_bit_callers, COVERS(HV_REQ_HC_072),
        NEEDS(.features = HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT),
        "The form exists for 64-bit callers only; an x86 caller gets #UD or an error")
{
    call_required(CALL_OUTPUT, "call with output");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_OUTPUT)
    for (unsigned i = 0; i < MODES32; i++) {
        union block block;
        struct regs32 regs;
        struct fault fault;

        build_block(call, 1, &block);
        regs = load_block32(fast_control(call, 1), &block);
        fault = run_mode(modes32[i], call_ebp, sizeof(call_ebp), &regs);
        CHECK(fault.raised ? fault.vector == VECTOR_UD : (uint16_t)regs.eax != 0,
              "%s, %s: no error", mode_name(modes32[i]), call->name);
    }
}
