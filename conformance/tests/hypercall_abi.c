/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The rules of the hypercall interface that hold for every call: the input value, where parameters
 * may lie, the result value.
 *
 * The TLFS leaves the order of errors open, so each test makes one mistake at a time.
 */
#include "hypercall_support.h"

/* Input and output, each with a page behind it. */
static uint8_t input[2][4096] __attribute__((aligned(4096)));
static uint8_t output[2][4096] __attribute__((aligned(4096)));

/* Builds the input of a call at input[0] + offset. */
static uint64_t build_input(const struct test_call *call, unsigned reps, unsigned offset)
{
    static uint8_t block[4096] __attribute__((aligned(8)));

    call->fill(block, reps);
    memcpy(&input[0][offset], block, call_input_size(call, reps));
    return phys_of(&input[0][offset]);
}

static uint64_t make_call(const struct test_call *call, unsigned reps)
{
    return hv_call(call_control(call, reps), build_input(call, reps, 0), phys_of(output));
}

static uint16_t notify_status(uint64_t value)
{
    return hv_result_status(hv_call(value, 1, 0));
}

/* ---- Input value ---- */

HV_TEST(hypercall_abi, announced_calls_succeed, COVERS(HV_REQ_HC_023, HV_REQ_HC_027, HV_REQ_HC_076),
        NEEDS_NOTHING, "What a guest is told to use has to work when it is used rightly")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, 0)
    {
        uint64_t result = make_call(call, 1);

        CHECK(result == (uint64_t)call_reps(call, 1) << 32, "%s returns 0x%llx", call->name,
              (unsigned long long)result);
    }
}

HV_TEST(hypercall_abi, fast_form_succeeds, COVERS(HV_REQ_HC_025, HV_REQ_HC_073, HV_REQ_HC_076),
        NEEDS_NOTHING, "Spin locks notify in the fast form, with no page at hand")
{
    hv_enable_hypercalls();
    CHECK_EQ(hv_call(notify_value(), 1, 0), HV_STATUS_SUCCESS);
    CHECK_EQ(hv_call(notify_value(), 0x7fffffff, ~UINT64_C(0)), HV_STATUS_SUCCESS);
}

/* Sets each bit of a range of the input value, for every announced call. */
static void check_reserved_bits(unsigned first, unsigned last)
{
    hv_enable_hypercalls();
    for (unsigned bit = first; bit <= last; bit++) {
        uint64_t flag = UINT64_C(1) << bit;

        CHECK(notify_status(notify_value() | flag) == HV_STATUS_INVALID_HYPERCALL_INPUT,
              "bit %u on a fast call: status 0x%x", bit, notify_status(notify_value() | flag));
        FOR_EACH_CALL(call, 0)
        {
            uint64_t result =
                hv_call(call_control(call, 1) | flag, build_input(call, 1, 0), phys_of(output));

            CHECK(hv_result_status(result) == HV_STATUS_INVALID_HYPERCALL_INPUT,
                  "bit %u on %s: status 0x%x", bit, call->name, hv_result_status(result));
        }
    }
}

HV_TEST(hypercall_abi, reserved_bits_30_to_27_are_refused, COVERS(HV_REQ_HC_027, HV_REQ_HC_029),
        NEEDS_NOTHING, "A flag of a later version must not be passed over in silence")
{
    check_reserved_bits(27, 30);
}

HV_TEST(hypercall_abi, reserved_bits_47_to_44_are_refused, COVERS(HV_REQ_HC_027, HV_REQ_HC_030),
        NEEDS_NOTHING, "A rep count of 4096 must not become one of 0")
{
    check_reserved_bits(44, 47);
}

HV_TEST(hypercall_abi, reserved_bits_63_to_60_are_refused, COVERS(HV_REQ_HC_027, HV_REQ_HC_031),
        NEEDS_NOTHING, "A start index of 4096 must not become one of 0")
{
    check_reserved_bits(60, 63);
}

HV_TEST(hypercall_abi, all_reserved_bits_at_once_are_refused,
        COVERS(HV_REQ_HC_029, HV_REQ_HC_030, HV_REQ_HC_031), NEEDS_NOTHING,
        "A comparison with one mask instead of a test of its bits misses combinations")
{
    hv_enable_hypercalls();
    CHECK_EQ(notify_status(notify_value() | HV_HYPERCALL_RSVDZ_MASK),
             HV_STATUS_INVALID_HYPERCALL_INPUT);
    CHECK_EQ(notify_status(notify_value() | (HV_HYPERCALL_RSVDZ_MASK & 0xffffffff)),
             HV_STATUS_INVALID_HYPERCALL_INPUT);
    CHECK_EQ(notify_status(notify_value() | (HV_HYPERCALL_RSVDZ_MASK & ~UINT64_C(0xffffffff))),
             HV_STATUS_INVALID_HYPERCALL_INPUT);
}

HV_TEST(hypercall_abi, nested_bit_has_a_defined_answer, COVERS(HV_REQ_HC_040), NEEDS_NOTHING,
        "The bit is a reserved one of TLFS 6.0b; asking for the outer hypervisor where there is "
        "none is refused or the same as asking for this one")
{
    uint64_t result;

    hv_enable_hypercalls();
    result = hv_call(notify_value() | HV_HYPERCALL_IS_NESTED, 1, 0);
    check_result_layout(result, "nested bit");
    CHECK(result == HV_STATUS_SUCCESS || result == HV_STATUS_INVALID_HYPERCALL_INPUT ||
              result == HV_STATUS_ACCESS_DENIED || result == HV_STATUS_INVALID_HYPERCALL_CODE,
          "result is 0x%llx", (unsigned long long)result);
    test_value("nested-bit-status", "0x%x", hv_result_status(result));
}

static const uint16_t counts[] = { 1, 2, 3, 0x7ff, 0x800, 0xfff };

HV_TEST(hypercall_abi, rep_count_on_a_simple_call_is_refused, COVERS(HV_REQ_HC_032), NEEDS_NOTHING,
        "A guest that takes a call for a rep call would believe in reps that never were")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        FOR_EACH_CALL(call, CALL_SIMPLE)
        {
            uint64_t value = hv_control(call->code, false, 0, counts[i], 0);
            uint64_t result = hv_call(value, build_input(call, 1, 0), phys_of(output));

            CHECK(result == HV_STATUS_INVALID_HYPERCALL_INPUT, "%s, %u reps: result 0x%llx",
                  call->name, counts[i], (unsigned long long)result);
        }
}

HV_TEST(hypercall_abi, rep_start_on_a_simple_call_is_refused, COVERS(HV_REQ_HC_033), NEEDS_NOTHING,
        "The field is zero for calls without reps")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        FOR_EACH_CALL(call, CALL_SIMPLE)
        {
            uint64_t value = hv_control(call->code, false, 0, 0, counts[i]);
            uint64_t result = hv_call(value, build_input(call, 1, 0), phys_of(output));

            CHECK(hv_result_status(result) == HV_STATUS_INVALID_HYPERCALL_INPUT,
                  "%s, start %u: result 0x%llx", call->name, counts[i], (unsigned long long)result);
        }
}

HV_TEST(hypercall_abi, variable_header_on_a_fixed_call_is_refused,
        COVERS(HV_REQ_HC_036, HV_REQ_HC_027), NEEDS_NOTHING,
        "Each bit of the field counts, the tenth too, which TLFS 6.0b does not have")
{
    hv_enable_hypercalls();
    for (unsigned bit = 0; bit < 10; bit++)
        FOR_EACH_CALL(call, 0)
        {
            uint64_t value = call_control(call, 1) | UINT64_C(1) << (17 + bit);
            uint64_t result = hv_call(value, build_input(call, 1, 0), phys_of(output));

            CHECK(hv_result_status(result) == HV_STATUS_INVALID_HYPERCALL_INPUT,
                  "%s with a variable header of %u: result 0x%llx", call->name, 1u << bit,
                  (unsigned long long)result);
        }
}

static const uint16_t unknown_codes[] = { 0x0000, 0x003f, 0x01ff, 0x0fff,
                                          0x1000, 0x4000, 0x7fff, 0x8000 };

HV_TEST(hypercall_abi, unknown_codes_are_refused, COVERS(HV_REQ_HC_028), NEEDS_NOTHING,
        "Guests probe for calls by calling them")
{
    hv_enable_hypercalls();
    memset(input, 0, sizeof(input));
    for (unsigned i = 0; i < sizeof(unknown_codes) / sizeof(unknown_codes[0]); i++) {
        uint64_t slow = hv_control(unknown_codes[i], false, 0, 0, 0);
        uint64_t fast = hv_control(unknown_codes[i], true, 0, 0, 0);

        CHECK(hv_call(slow, phys_of(input), phys_of(output)) == HV_STATUS_INVALID_HYPERCALL_CODE,
              "code 0x%x", unknown_codes[i]);
        CHECK(hv_call(fast, 0, 0) == HV_STATUS_INVALID_HYPERCALL_CODE, "code 0x%x, fast",
              unknown_codes[i]);
    }
}

HV_TEST(hypercall_abi, unknown_code_with_other_mistakes_is_refused, COVERS(HV_REQ_HC_028),
        NEEDS_NOTHING, "The order of errors is open, but an error it is")
{
    static const uint64_t mistakes[] = { UINT64_C(1) << 27,     UINT64_C(1) << 44,
                                         UINT64_C(1) << 60,     UINT64_C(1) << 32,
                                         UINT64_C(1) << 48,     UINT64_C(1) << 17,
                                         HV_HYPERCALL_IS_NESTED };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        uint64_t result = hv_call(0x7123 | mistakes[i], phys_of(input), phys_of(output));
        uint16_t status = hv_result_status(result);

        check_result_layout(result, "unknown code");
        CHECK(status == HV_STATUS_INVALID_HYPERCALL_CODE ||
                  status == HV_STATUS_INVALID_HYPERCALL_INPUT,
              "0x%llx: status 0x%x", (unsigned long long)mistakes[i], status);
    }
}

/* ---- Result value ---- */

HV_TEST(hypercall_abi, result_has_no_reserved_bits, COVERS(HV_REQ_HC_055), NEEDS_NOTHING,
        "Callers compare the whole value with 0 and shift the rest")
{
    static const uint64_t values[] = { 0x8,
                                       0x10008,
                                       0x7123,
                                       UINT64_C(0x0000000100000008),
                                       UINT64_C(0x0001000000000008),
                                       UINT64_C(0xffffffff00000008),
                                       UINT64_C(0xfffffffffffeffff),
                                       UINT64_C(0x0000000100000003),
                                       UINT64_C(0x0000000000000050) };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        uint64_t result = hv_call(values[i], phys_of(input), phys_of(output));

        check_result_layout(result, "input value");
        CHECK(hv_result_reps(result) == 0 || hv_result_status(result) == HV_STATUS_SUCCESS,
              "input value 0x%llx: %u reps with status 0x%x", (unsigned long long)values[i],
              hv_result_reps(result), hv_result_status(result));
    }
}

HV_TEST(hypercall_abi, simple_calls_report_no_reps, COVERS(HV_REQ_HC_055), NEEDS_NOTHING,
        "The field belongs to rep calls")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_SIMPLE)
    CHECK(hv_result_reps(make_call(call, 1)) == 0, "%s reports reps", call->name);
}

/* ---- Parameters in memory ---- */

HV_TEST(hypercall_abi, misaligned_input_is_refused, COVERS(HV_REQ_HC_041), NEEDS_NOTHING,
        "Each of the seven wrong alignments, with input that is right otherwise")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    for (unsigned offset = 1; offset < 8; offset++) {
        uint64_t gpa = build_input(call, 1, offset);
        uint64_t result = hv_call(call_control(call, 1), gpa, phys_of(output));

        CHECK(hv_result_status(result) == HV_STATUS_INVALID_ALIGNMENT,
              "%s at offset %u: status 0x%x", call->name, offset, hv_result_status(result));
    }
}

HV_TEST(hypercall_abi, input_at_any_multiple_of_8_is_taken, COVERS(HV_REQ_HC_041), NEEDS_NOTHING,
        "Eight bytes are enough; calls that move 16 at a time must not ask for more")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    for (unsigned offset = 0; offset <= 64; offset += 8) {
        uint64_t gpa = build_input(call, 1, offset);
        uint64_t result = hv_call(call_control(call, 1), gpa, phys_of(output));

        CHECK(hv_result_status(result) == HV_STATUS_SUCCESS, "%s at offset %u: status 0x%x",
              call->name, offset, hv_result_status(result));
    }
}

HV_TEST(hypercall_abi, misaligned_output_is_refused, COVERS(HV_REQ_HC_042), NEEDS_NOTHING,
        "Each of the seven wrong alignments; nothing is written")
{
    call_required(CALL_OUTPUT, "call with output");
    hv_enable_hypercalls();
    memset(output, 0xa5, sizeof(output));
    FOR_EACH_CALL(call, CALL_OUTPUT)
    for (unsigned offset = 1; offset < 8; offset++) {
        uint64_t gpa = build_input(call, 1, 0);
        uint64_t result = hv_call(call_control(call, 1), gpa, phys_of(output) + offset);

        CHECK(hv_result_status(result) == HV_STATUS_INVALID_ALIGNMENT,
              "%s at offset %u: status 0x%x", call->name, offset, hv_result_status(result));
    }
    for (unsigned i = 0; i < 64; i++)
        CHECK(output[0][i] == 0xa5, "output byte %u is written", i);
}

/* The last place in a page, at a multiple of 8, for so many bytes. */
static unsigned offset_before_end(unsigned size)
{
    return (unsigned)PAGE_SIZE - ((size + 7) & ~7u);
}

HV_TEST(hypercall_abi, input_may_end_with_the_page, COVERS(HV_REQ_HC_043), NEEDS_NOTHING,
        "The last byte of the page is a good place for the last byte of the input")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    for (unsigned reps = 1; reps <= 3; reps++) {
        unsigned offset = offset_before_end(call_input_size(call, reps));
        uint64_t gpa = build_input(call, reps, offset);
        uint64_t result = hv_call(call_control(call, reps), gpa, phys_of(output));

        CHECK(hv_result_status(result) == HV_STATUS_SUCCESS, "%s at offset 0x%x: status 0x%x",
              call->name, offset, hv_result_status(result));
    }
}

HV_TEST(hypercall_abi, input_across_a_page_boundary_is_refused, COVERS(HV_REQ_HC_043),
        NEEDS_NOTHING,
        "The next page of GPA space can be anything; the list may not reach it by one element")
{
    unsigned tried = 0;

    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    for (unsigned reps = 1; reps <= 3; reps++) {
        unsigned size = call_input_size(call, reps);
        unsigned offset = offset_before_end(size) + 8;
        uint64_t result;

        if (offset >= PAGE_SIZE)
            continue;
        tried++;
        result =
            hv_call(call_control(call, reps), build_input(call, reps, offset), phys_of(output));
        CHECK(hv_result_status(result) == HV_STATUS_INVALID_ALIGNMENT,
              "%s, %u bytes at offset 0x%x: status 0x%x", call->name, size, offset,
              hv_result_status(result));
    }
    if (!tried)
        test_skip("no call with more than 8 bytes of input is announced");
}

HV_TEST(hypercall_abi, output_across_a_page_boundary_is_refused, COVERS(HV_REQ_HC_044),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
        "Output that runs over lands in a page that the guest did not name")
{
    const struct test_call *call = call_from(test_calls, CALL_REP | CALL_OUTPUT);

    hv_enable_hypercalls();
    memset(output, 0xa5, sizeof(output));
    for (unsigned reps = 1; reps <= 3; reps++) {
        unsigned size = call_output_size(call, reps);
        uint64_t gpa = build_input(call, reps, 0);
        uint64_t fits = phys_of(output) + PAGE_SIZE - size;

        CHECK_EQ(hv_result_status(hv_call(call_control(call, reps), gpa, fits)), HV_STATUS_SUCCESS);
        for (unsigned over = 8; over < size; over += 8)
            CHECK_EQ(hv_result_status(hv_call(call_control(call, reps), gpa, fits + over)),
                     HV_STATUS_INVALID_ALIGNMENT);
    }
    for (unsigned i = 0; i < 64; i++)
        CHECK(output[1][i] == 0xa5, "byte %u of the next page is written", i);
}

/* GPAs that no guest can have. */
static unsigned outside_gpas(uint64_t gpas[4])
{
    unsigned bits = hv_physical_address_bits();

    gpas[0] = UINT64_C(1) << bits;
    gpas[1] = UINT64_C(1) << 52;
    gpas[2] = UINT64_C(1) << 63;
    gpas[3] = ~UINT64_C(0xfff);
    return 4;
}

HV_TEST(hypercall_abi, input_outside_the_gpa_space_is_refused, COVERS(HV_REQ_HC_045), NEEDS_NOTHING,
        "Bits above the physical address width must not be cut off")
{
    uint64_t gpas[4];
    unsigned count = outside_gpas(gpas);

    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    for (unsigned i = 0; i < count; i++) {
        uint64_t gpa = gpas[i] | build_input(call, 1, 0);
        uint64_t result = hv_call(call_control(call, 1), gpa, phys_of(output));

        CHECK(hv_result_status(result) == HV_STATUS_INVALID_ALIGNMENT,
              "%s with input at 0x%llx: status 0x%x", call->name, (unsigned long long)gpa,
              hv_result_status(result));
    }
}

HV_TEST(hypercall_abi, output_outside_the_gpa_space_is_refused, COVERS(HV_REQ_HC_045),
        NEEDS_NOTHING, "The same for what the hypervisor is to write")
{
    uint64_t gpas[4];
    unsigned count = outside_gpas(gpas);

    call_required(CALL_OUTPUT, "call with output");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_OUTPUT)
    for (unsigned i = 0; i < count; i++) {
        uint64_t result =
            hv_call(call_control(call, 1), build_input(call, 1, 0), gpas[i] | phys_of(output));

        CHECK(hv_result_status(result) == HV_STATUS_INVALID_ALIGNMENT,
              "%s with output at 0x%llx: status 0x%x", call->name,
              (unsigned long long)(gpas[i] | phys_of(output)), hv_result_status(result));
    }
}

static const uint64_t bad_gpas[] = { 1, 7, 0xffd, UINT64_C(0xffffffffffffffff),
                                     UINT64_C(0x8000000000000001) };

HV_TEST(hypercall_abi, gpa_of_missing_input_is_ignored, COVERS(HV_REQ_HC_046), NEEDS_NOTHING,
        "Callers leave the register as it happens to be")
{
    call_required(CALL_NO_INPUT, "call without input");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_NO_INPUT)
    for (unsigned i = 0; i < sizeof(bad_gpas) / sizeof(bad_gpas[0]); i++) {
        uint64_t result = hv_call(call_control(call, 1), bad_gpas[i], phys_of(output));

        CHECK(result == HV_STATUS_SUCCESS, "%s with RDX 0x%llx: result 0x%llx", call->name,
              (unsigned long long)bad_gpas[i], (unsigned long long)result);
    }
}

HV_TEST(hypercall_abi, gpa_of_missing_output_is_ignored, COVERS(HV_REQ_HC_046), NEEDS_NOTHING,
        "Callers leave the register as it happens to be")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_NO_OUTPUT)
    for (unsigned i = 0; i < sizeof(bad_gpas) / sizeof(bad_gpas[0]); i++) {
        uint64_t result = hv_call(call_control(call, 1), build_input(call, 1, 0), bad_gpas[i]);

        CHECK(hv_result_status(result) == HV_STATUS_SUCCESS, "%s with R8 0x%llx: result 0x%llx",
              call->name, (unsigned long long)bad_gpas[i], (unsigned long long)result);
    }
}

HV_TEST(hypercall_abi, memory_beyond_the_parameters_is_left_alone, COVERS(HV_REQ_HC_023),
        NEEDS_NOTHING, "Output that is rounded up overwrites what lies behind it")
{
    call_required(CALL_OUTPUT, "call with output");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_OUTPUT)
    {
        unsigned size = call_output_size(call, 1);
        unsigned changed = 0;
        uint64_t gpa = build_input(call, 1, 0);

        memset(output, 0xa5, sizeof(output));
        CHECK_EQ(hv_result_status(hv_call(call_control(call, 1), gpa, phys_of(output) + 64)),
                 HV_STATUS_SUCCESS);
        for (unsigned i = 0; i < PAGE_SIZE; i++)
            changed += (i < 64 || i >= 64 + size) && output[0][i] != 0xa5;
        CHECK(changed == 0, "%s writes %u bytes outside its output", call->name, changed);
    }
}

HV_TEST(hypercall_abi, input_is_only_read, COVERS(HV_REQ_HC_023), NEEDS_NOTHING,
        "Guests keep their input for the next call")
{
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    {
        static uint8_t before[4096];
        uint64_t gpa = build_input(call, 2, 0);

        memcpy(before, input[0], sizeof(before));
        hv_call(call_control(call, 2), gpa, phys_of(output));
        CHECK(memcmp(before, input[0], sizeof(before)) == 0, "%s changes its input", call->name);
    }
}

/* ---- Errors ---- */

HV_TEST(hypercall_abi, missing_privilege_comes_before_other_errors, COVERS(HV_REQ_HC_075),
        NEEDS(.lacks = HV_PRIVILEGE_CreatePartitions),
        "An error about parameters tells a caller more than it is allowed to know")
{
    uint64_t code = HvCallCreatePartition;
    uint16_t status;

    hv_enable_hypercalls();
    status = hv_result_status(hv_call(code, phys_of(input) + 1, phys_of(output) + 1));
    CHECK(is_refusal(status), "misaligned parameters: status 0x%x", status);
    status = hv_result_status(hv_call(code, ~UINT64_C(7), ~UINT64_C(7)));
    CHECK(is_refusal(status), "parameters outside the GPA space: status 0x%x", status);
    status = hv_result_status(hv_call(code, phys_of(input) + PAGE_SIZE - 8, phys_of(output)));
    CHECK(is_refusal(status), "input across a page: status 0x%x", status);
}

HV_TEST(hypercall_abi, a_refused_call_has_no_effect, COVERS(HV_REQ_HC_029, HV_REQ_HC_041),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
        "A check that comes after the work is no check")
{
    const struct test_call *call = call_from(test_calls, CALL_REP | CALL_NO_OUTPUT);
    struct hv_register_assoc *element = (void *)&input[0][sizeof(struct hv_input_vp_registers)];
    uint64_t gpa, value;

    hv_enable_hypercalls();
    gpa = build_input(call, 1, 0);
    element->value.reg64 = TEST_GUEST_OS_ID + 5;
    hv_call(call_control(call, 1) | UINT64_C(1) << 27, gpa, 0);
    hv_call(call_control(call, 1) | UINT64_C(1) << 17, gpa, 0);
    hv_call(call_control(call, 1) | UINT64_C(1) << 48, gpa, 0);
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    CHECK_EQ(value, TEST_GUEST_OS_ID);
}
