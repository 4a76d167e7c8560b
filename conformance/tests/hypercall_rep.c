/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Rep calls: a list of elements, processed in order, with the number that was completed in the
 * result. The rules that any rep call shows are tested with all that are announced; those that need
 * a visible effect of an element, with the register calls.
 */
#include "hypercall_support.h"

#define MARK 0xa5

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

static uint64_t make_call(const struct test_call *call, unsigned count, unsigned start)
{
    call->fill(input, count);
    return hv_call(hv_control(call->code, false, 0, count, start), phys_of(input), phys_of(output));
}

static void check_status(const struct test_call *call, unsigned count, unsigned start,
                         uint16_t expected)
{
    uint64_t result = make_call(call, count, start);

    CHECK(hv_result_status(result) == expected, "%s, %u reps from %u: status 0x%x, expected 0x%x",
          call->name, count, start, hv_result_status(result), expected);
}

static void begin(void)
{
    call_required(CALL_REP, "rep call");
    hv_enable_hypercalls();
}

/* ---- Any rep call ---- */

HV_TEST(hypercall_abi, rep_calls_report_every_rep, COVERS(HV_REQ_HC_055, HV_REQ_HC_059),
        NEEDS_NOTHING, "Linux repeats a rep call until the number in the result is its own")
{
    begin();
    FOR_EACH_CALL(call, CALL_REP)
    for (unsigned count = 1; count <= 16; count++) {
        uint64_t result = make_call(call, count, 0);

        CHECK(result == (uint64_t)count << 32, "%s, %u reps: result 0x%llx", call->name, count,
              (unsigned long long)result);
    }
}

HV_TEST(hypercall_abi, zero_rep_count_on_a_rep_call_is_refused, COVERS(HV_REQ_HC_034),
        NEEDS_NOTHING, "A list of nothing is a mistake of the caller")
{
    begin();
    FOR_EACH_CALL(call, CALL_REP)
    {
        CHECK_EQ(make_call(call, 0, 0), HV_STATUS_INVALID_HYPERCALL_INPUT);
        check_status(call, 0, 1, HV_STATUS_INVALID_HYPERCALL_INPUT);
    }
}

HV_TEST(hypercall_abi, rep_start_not_below_the_count_is_refused, COVERS(HV_REQ_HC_035),
        NEEDS_NOTHING, "Count minus start is not to become a large number")
{
    begin();
    FOR_EACH_CALL(call, CALL_REP)
    {
        check_status(call, 1, 1, HV_STATUS_INVALID_HYPERCALL_INPUT);
        check_status(call, 1, 2, HV_STATUS_INVALID_HYPERCALL_INPUT);
        check_status(call, 4, 4, HV_STATUS_INVALID_HYPERCALL_INPUT);
        check_status(call, 4, 0xfff, HV_STATUS_INVALID_HYPERCALL_INPUT);
    }
}

HV_TEST(hypercall_abi, rep_start_below_the_count_is_taken, COVERS(HV_REQ_HC_035, HV_REQ_HC_056),
        NEEDS_NOTHING, "Reps completed count from element 0: start 5 of 10 yields 10")
{
    static const uint8_t ranges[][2] = { { 2, 1 }, { 10, 5 }, { 10, 9 }, { 16, 1 } };

    begin();
    FOR_EACH_CALL(call, CALL_REP)
    for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        uint64_t result = make_call(call, ranges[i][0], ranges[i][1]);

        CHECK(result == (uint64_t)ranges[i][0] << 32, "%s, %u reps from %u: result 0x%llx",
              call->name, ranges[i][0], ranges[i][1], (unsigned long long)result);
    }
}

/* How many elements fit a page of input and a page of output. */
static unsigned longest_list(const struct test_call *call)
{
    unsigned fit = ((unsigned)PAGE_SIZE - call->header_size) / call->element_size;
    unsigned written = call->output_size ? (unsigned)PAGE_SIZE / call->output_size : fit;

    return written < fit ? written : fit;
}

HV_TEST(hypercall_abi, longest_list_completes, COVERS(HV_REQ_HC_060, HV_REQ_HC_061), NEEDS_NOTHING,
        "A list that takes longer than 50 microseconds is continued, which the caller can't see")
{
    begin();
    FOR_EACH_CALL(call, CALL_REP)
    {
        unsigned count = longest_list(call);
        struct regs regs = { .rcx = hv_control(call->code, false, 0, count, 0),
                             .rdx = phys_of(input),
                             .r8 = phys_of(output) };
        uint64_t control = regs.rcx;

        call->fill(input, count);
        REQUIRE_NO_FAULT(hv_call_regs(&regs));
        CHECK(regs.rax == (uint64_t)count << 32, "%s, %u reps: result 0x%llx", call->name, count,
              (unsigned long long)regs.rax);
        CHECK(((regs.rcx ^ control) & ~HV_HYPERCALL_REP_START_INDEX_MASK) == 0,
              "%s: RCX becomes 0x%llx", call->name, (unsigned long long)regs.rcx);
        test_value("start-index-afterwards", "%s:%u", call->name,
                   (unsigned)(regs.rcx >> HV_HYPERCALL_REP_START_INDEX_SHIFT));
    }
}

HV_TEST(hypercall_abi, lists_longer_than_a_page_are_refused, COVERS(HV_REQ_HC_043, HV_REQ_HC_044),
        NEEDS_NOTHING, "The rep count alone says how long the list is; nothing may be read beyond")
{
    begin();
    FOR_EACH_CALL(call, CALL_REP)
    {
        unsigned over = longest_list(call) + 1;
        uint64_t control = hv_control(call->code, false, 0, over, 0);
        uint64_t most = hv_control(call->code, false, 0, HV_HYPERCALL_MAX_REP_COUNT, 0);
        uint16_t status;

        call->fill(input, 1);
        status = hv_result_status(hv_call(control, phys_of(input), phys_of(output)));
        CHECK(status == HV_STATUS_INVALID_ALIGNMENT, "%s, %u reps: status 0x%x", call->name, over,
              status);
        status = hv_result_status(hv_call(most, phys_of(input), phys_of(output)));
        CHECK(status == HV_STATUS_INVALID_ALIGNMENT, "%s, 4095 reps: status 0x%x", call->name,
              status);
    }
}

HV_TEST(hypercall_abi, interrupts_arrive_around_a_long_list, COVERS(HV_REQ_HC_062), NEEDS_NOTHING,
        "However long the list, a pending interrupt is taken, and the call completes all the same")
{
    const struct test_call *call = call_required(CALL_REP, "rep call");
    unsigned count = longest_list(call);
    uint64_t result;

    hv_enable_hypercalls();
    hv_count_interrupts(0x71);
    apic_enable();
    apic_self_ipi(0x71);
    irq_enable();
    result = make_call(call, count, 0);
    irq_disable();
    register_interrupt(0x71, NULL, NULL);
    CHECK_EQ(result, (uint64_t)count << 32);
    CHECK_EQ(hv_interrupt_count(), 1);
}

/* ---- Calls whose elements have an effect ---- */

#define REGISTER_ACCESS NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters)
#define NO_REGISTER     0x0fffffffu

static uint32_t *names(void)
{
    return (uint32_t *)(void *)(input + sizeof(struct hv_input_vp_registers));
}

static struct hv_register_assoc *elements(void)
{
    return (struct hv_register_assoc *)(void *)(input + sizeof(struct hv_input_vp_registers));
}

static const struct hv_u128 *values(void)
{
    return (const struct hv_u128 *)(const void *)output;
}

static uint64_t get(unsigned count, unsigned start)
{
    return hv_call(hv_control(HvCallGetVpRegisters, false, 0, count, start), phys_of(input),
                   phys_of(output));
}

static uint64_t set(unsigned count, unsigned start)
{
    return hv_call(hv_control(HvCallSetVpRegisters, false, 0, count, start), phys_of(input), 0);
}

static uint64_t os_id(void)
{
    uint64_t value = 0;

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    return value;
}

/* Element i writes the guest OS id TEST_GUEST_OS_ID + 1 + i. */
static void fill_ids(unsigned count)
{
    fill_set_registers(input, count);
    for (unsigned i = 0; i < count; i++)
        elements()[i].value.reg64 = TEST_GUEST_OS_ID + 1 + i;
}

HV_TEST(hypercall_abi, elements_before_the_start_are_not_processed, COVERS(HV_REQ_HC_058),
        REGISTER_ACCESS, "They were done before; doing them twice is not the same as once")
{
    hv_enable_hypercalls();
    fill_get_registers(input, 6);
    memset(output, MARK, sizeof(output));
    for (unsigned i = 0; i < 4; i++)
        names()[i] = NO_REGISTER;
    CHECK_EQ(get(6, 4), UINT64_C(6) << 32);
    for (unsigned i = 0; i < 4 * sizeof(struct hv_u128); i++)
        CHECK(output[i] == MARK, "output byte %u, before the start, is written", i);
    CHECK_EQ(values()[4].low, TEST_GUEST_OS_ID);
    CHECK_EQ(values()[5].low, TEST_GUEST_OS_ID);
}

HV_TEST(hypercall_abi, output_elements_stand_at_their_index, COVERS(HV_REQ_HC_056, HV_REQ_HC_058),
        REGISTER_ACCESS, "Element 5 is written at 5, wherever the call starts")
{
    hv_enable_hypercalls();
    for (unsigned start = 0; start < 4; start++) {
        fill_get_registers(input, 4);
        names()[start] = HvRegisterVpIndex;
        memset(output, MARK, sizeof(output));
        CHECK_EQ(get(4, start), UINT64_C(4) << 32);
        CHECK_EQ(values()[start].low, rdmsr(HV_X64_MSR_VP_INDEX));
        for (unsigned i = start + 1; i < 4; i++)
            CHECK_EQ(values()[i].low, TEST_GUEST_OS_ID);
    }
}

HV_TEST(hypercall_abi, a_failing_element_ends_the_list, COVERS(HV_REQ_HC_057, HV_REQ_HC_058),
        REGISTER_ACCESS, "The number of reps says which element it was")
{
    hv_enable_hypercalls();
    for (unsigned bad = 0; bad < 6; bad++) {
        uint64_t result;

        fill_get_registers(input, 6);
        names()[bad] = NO_REGISTER;
        result = get(6, 0);
        check_result_layout(result, "failing element");
        CHECK_EQ(hv_result_status(result), HV_STATUS_INVALID_PARAMETER);
        CHECK_EQ(hv_result_reps(result), bad);
        for (unsigned i = 0; i < bad; i++)
            CHECK_EQ(values()[i].low, TEST_GUEST_OS_ID);
    }
}

HV_TEST(hypercall_abi, reps_before_the_start_count_as_completed_on_error,
        COVERS(HV_REQ_HC_056, HV_REQ_HC_057), REGISTER_ACCESS,
        "A caller that continues after an error must not do elements twice")
{
    hv_enable_hypercalls();
    for (unsigned start = 0; start <= 3; start++) {
        uint64_t result;

        fill_get_registers(input, 6);
        names()[3] = NO_REGISTER;
        result = get(6, start);
        CHECK_EQ(hv_result_status(result), HV_STATUS_INVALID_PARAMETER);
        CHECK_EQ(hv_result_reps(result), 3);
    }
}

HV_TEST(hypercall_abi, elements_are_processed_in_order, COVERS(HV_REQ_HC_058), REGISTER_ACCESS,
        "Of two writes to a register the later one stays")
{
    hv_enable_hypercalls();
    for (unsigned count = 1; count <= 8; count++) {
        fill_ids(count);
        CHECK_EQ(set(count, 0), (uint64_t)count << 32);
        CHECK_EQ(os_id(), TEST_GUEST_OS_ID + count);
    }
}

HV_TEST(hypercall_abi, elements_behind_a_failing_one_have_no_effect,
        COVERS(HV_REQ_HC_057, HV_REQ_HC_064), REGISTER_ACCESS,
        "Those before it stay done, those behind it are not tried")
{
    uint64_t result;

    hv_enable_hypercalls();
    fill_ids(4);
    elements()[2].name = NO_REGISTER;
    result = set(4, 0);
    CHECK_EQ(hv_result_status(result), HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(hv_result_reps(result), 2);
    CHECK_EQ(os_id(), TEST_GUEST_OS_ID + 2);
}

HV_TEST(hypercall_abi, start_index_selects_input_elements, COVERS(HV_REQ_HC_056, HV_REQ_HC_058),
        REGISTER_ACCESS, "The list starts at element 0 in memory, whatever the start index")
{
    hv_enable_hypercalls();
    fill_ids(5);
    elements()[0].name = NO_REGISTER;
    elements()[1].name = NO_REGISTER;
    elements()[4].name = NO_REGISTER;
    CHECK_EQ(set(4, 2), UINT64_C(4) << 32);
    CHECK_EQ(os_id(), TEST_GUEST_OS_ID + 4);
}

/* ---- Variable headers ---- */

/* Builds HvCallFlushVirtualAddressListEx with one bank, the caller's, and a list. */
static unsigned fill_flush_ex(unsigned count)
{
    struct hv_input_flush_virtual_address_space_ex *header = (void *)input;
    uint64_t *words = (void *)(header + 1);
    uint32_t vp = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);

    *header = (struct hv_input_flush_virtual_address_space_ex){
        .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
        .processor_set = { HV_GENERIC_SET_SPARSE_4K, UINT64_C(1) << (vp / HV_VP_SET_VPS_PER_BANK) },
    };
    words[0] = UINT64_C(1) << (vp % HV_VP_SET_VPS_PER_BANK);
    for (unsigned i = 0; i < count; i++)
        words[1 + i] = UINT64_C(0x400000) + i * PAGE_SIZE;
    return 1;
}

#define VP_SETS NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS)

static void require_flush(void)
{
    if (!(hv_recommendations() & TEST_CALL_FLUSHES))
        test_skip("no flush call is announced");
    hv_enable_hypercalls();
}

HV_TEST(hypercall_abi, variable_header_counts_in_words_of_8_bytes,
        COVERS(HV_REQ_HC_037, HV_REQ_HC_039), VP_SETS,
        "Wrong encodings of the processor set have been a bug of guests (litebox#958)")
{
    unsigned words;

    require_flush();
    words = fill_flush_ex(0);
    CHECK_EQ(hv_call(hv_control(HvCallFlushVirtualAddressSpaceEx, false, words, 0, 0),
                     phys_of(input), 0),
             HV_STATUS_SUCCESS);
    for (unsigned count = 1; count <= 4; count++) {
        words = fill_flush_ex(count);
        CHECK_EQ(hv_call(hv_control(HvCallFlushVirtualAddressListEx, false, words, count, 0),
                         phys_of(input), 0),
                 (uint64_t)count << 32);
    }
}

HV_TEST(hypercall_abi, variable_header_of_zero_is_taken, COVERS(HV_REQ_HC_038), VP_SETS,
        "KVM once took a set of all processors, which has no banks, for an empty one")
{
    struct hv_input_flush_virtual_address_space_ex *header = (void *)input;

    require_flush();
    fill_flush_ex(0);
    header->processor_set = (struct hv_vp_set){ HV_GENERIC_SET_ALL, 0 };
    CHECK_EQ(
        hv_call(hv_control(HvCallFlushVirtualAddressSpaceEx, false, 0, 0, 0), phys_of(input), 0),
        HV_STATUS_SUCCESS);
    CHECK_EQ(
        hv_call(hv_control(HvCallFlushVirtualAddressListEx, false, 0, 1, 0), phys_of(input), 0),
        UINT64_C(1) << 32);
}

HV_TEST(hypercall_abi, rep_fields_of_calls_with_a_variable_header, COVERS(HV_REQ_HC_034), VP_SETS,
        "The rules for the rep count are the same with a variable header")
{
    uint64_t result;

    require_flush();
    fill_flush_ex(1);
    result =
        hv_call(hv_control(HvCallFlushVirtualAddressListEx, false, 1, 0, 0), phys_of(input), 0);
    CHECK_EQ(result, HV_STATUS_INVALID_HYPERCALL_INPUT);
    result =
        hv_call(hv_control(HvCallFlushVirtualAddressListEx, false, 1, 1, 1), phys_of(input), 0);
    CHECK_EQ(hv_result_status(result), HV_STATUS_INVALID_HYPERCALL_INPUT);
    result =
        hv_call(hv_control(HvCallFlushVirtualAddressSpaceEx, false, 1, 1, 0), phys_of(input), 0);
    CHECK_EQ(hv_result_status(result), HV_STATUS_INVALID_HYPERCALL_INPUT);
}
