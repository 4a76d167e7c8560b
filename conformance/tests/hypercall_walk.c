/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Every call of the TLFS, called wrongly by a 64-bit caller: none may be carried out. */
#include "hypercall_walk.h"

#define MARK 0xa5

/* Zeros, so that what is read of it by mistake names partition 0, VP 0 and no flag. */
static uint8_t input[2][4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

static void begin(void)
{
    hv_enable_hypercalls();
    memset(output, MARK, sizeof(output));
}

static void check_memory(void)
{
    unsigned changed = 0;

    for (unsigned i = 0; i < PAGE_SIZE; i++)
        changed += output[i] != MARK || input[0][i] || input[1][i];
    CHECK(changed == 0, "%u bytes of parameters are written", changed);
}

static void walk_mistake(const struct mistake *mistake)
{
    struct walk walk = { .used = 0 };

    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++) {
        uint64_t result;

        if (!walk_concerns(mistake, call))
            continue;
        result = hv_call(walk_control(mistake, call), phys_of(input) + walk_misalignment(call),
                         phys_of(output) + walk_misalignment(call));
        walk_check(mistake, call, result);
        walk_note(&walk, call->code, hv_result_status(result));
    }
    walk_report(&walk, mistake->name);
}

static void walk_mistakes(const struct mistake *mistakes, unsigned count)
{
    begin();
    for (unsigned i = 0; i < count; i++)
        walk_mistake(&mistakes[i]);
    check_memory();
}

#define WALK(mistakes) walk_mistakes((mistakes), sizeof(mistakes) / sizeof((mistakes)[0]))

HV_TEST(hypercall_abi, every_call_refuses_reserved_bits,
        COVERS(HV_REQ_HC_029, HV_REQ_HC_030, HV_REQ_HC_031), NEEDS_NOTHING,
        "Xen looks at none of these bits; a later flag would be passed over in silence")
{
    static const struct mistake mistakes[] = {
        { .name = "bits-30-27", .set = UINT64_C(0xf) << 27 },
        { .name = "bits-47-44", .set = UINT64_C(0xf) << 44 },
        { .name = "bits-63-60", .set = UINT64_C(0xf) << 60 },
    };

    WALK(mistakes);
}

HV_TEST(hypercall_abi, every_simple_call_refuses_rep_fields, COVERS(HV_REQ_HC_032, HV_REQ_HC_033),
        NEEDS_NOTHING, "A guest that takes a call for a rep call would believe in its reps")
{
    static const struct mistake mistakes[] = {
        { .name = "count-1", .set = WALK_COUNT(1), .never = TABLE_REP | TABLE_ANY },
        { .name = "count-4095", .set = WALK_COUNT(0xfff), .never = TABLE_REP | TABLE_ANY },
        { .name = "start-1", .set = WALK_START(1), .never = TABLE_REP | TABLE_ANY },
        { .name = "both", .set = WALK_COUNT(2) | WALK_START(1), .never = TABLE_REP | TABLE_ANY },
    };

    WALK(mistakes);
}

HV_TEST(hypercall_abi, every_rep_call_refuses_an_empty_range, COVERS(HV_REQ_HC_034, HV_REQ_HC_035),
        NEEDS_NOTHING, "Count minus start is not to become a large number")
{
    static const struct mistake mistakes[] = {
        { .name = "no-reps", .clear = HV_HYPERCALL_REP_COUNT_MASK, .only = TABLE_REP },
        { .name = "start-is-count", .set = WALK_START(1), .only = TABLE_REP },
        { .name = "start-4095", .set = WALK_START(0xfff), .only = TABLE_REP },
    };

    WALK(mistakes);
}

HV_TEST(hypercall_abi, every_call_refuses_a_wrong_variable_header, COVERS(HV_REQ_HC_036),
        NEEDS_NOTHING, "Xen does not look at the field; where one is taken, it must fit its page")
{
    static const struct mistake mistakes[] = {
        { .name = "one-word", .set = WALK_VARIABLE(1), .never = TABLE_VARIABLE | TABLE_ANY },
        { .name = "bit-26", .set = WALK_VARIABLE(0x200), .never = TABLE_VARIABLE | TABLE_ANY },
        { .name = "longer-than-a-page", .set = WALK_VARIABLE(0x3ff), .only = TABLE_VARIABLE },
    };

    WALK(mistakes);
}

/* Calls that have input, with the input value right and the input at @p gpa. The zeros there are a
 * mistake too for most, so that any error is right. */
static void walk_input(const char *name, uint64_t gpa, unsigned least_size)
{
    static const struct mistake none = { .never = TABLE_ANY };
    struct walk walk = { .used = 0 };

    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++) {
        uint64_t result;

        if (!walk_concerns(&none, call) || call->input_size < least_size)
            continue;
        result = hv_call(walk_control(&none, call), gpa, phys_of(output) + 1);
        CHECK(result == hv_result_status(result) && result != HV_STATUS_SUCCESS,
              "%s, code 0x%04x: result 0x%llx", name, call->code, (unsigned long long)result);
        walk_note(&walk, call->code, hv_result_status(result));
    }
    walk_report(&walk, name);
}

HV_TEST(hypercall_abi, every_call_refuses_misaligned_input, COVERS(HV_REQ_HC_041), NEEDS_NOTHING,
        "No call is carried out with input that is not aligned to 8 bytes")
{
    begin();
    walk_input("offset-1", phys_of(input) + 1, 1);
    walk_input("offset-4", phys_of(input) + 4, 1);
    walk_input("offset-7", phys_of(input) + 7, 1);
    check_memory();
}

HV_TEST(hypercall_abi, every_call_refuses_input_across_pages, COVERS(HV_REQ_HC_043), NEEDS_NOTHING,
        "No call is carried out with input that begins 8 bytes before the end of its page")
{
    begin();
    walk_input("across", phys_of(input[1]) - 8, 9);
    check_memory();
}

HV_TEST(hypercall_abi, every_call_refuses_input_outside_the_gpa_space, COVERS(HV_REQ_HC_045),
        NEEDS_NOTHING, "No call is carried out with input where there can be no memory")
{
    begin();
    walk_input("maxphyaddr", UINT64_C(1) << hv_physical_address_bits(), 1);
    walk_input("bit-63", UINT64_C(1) << 63 | phys_of(input), 1);
    check_memory();
}

HV_TEST(hypercall_abi, every_call_without_its_privilege_is_refused,
        COVERS(HV_REQ_HC_075, HV_REQ_HC_077), NEEDS_NOTHING,
        "Whoever may not call is to learn nothing else, so this comes before the wrong alignment")
{
    struct walk walk = { .used = 0 };

    begin();
    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++) {
        uint64_t result;

        if (!table_is_safe(call) || hv_may(call->privilege))
            continue;
        result = hv_call(hv_control(call->code, false, 0, call->kinds & TABLE_REP, 0),
                         phys_of(input) + 1, phys_of(output) + 1);
        CHECK(result == hv_result_status(result) && is_refusal(hv_result_status(result)),
              "code 0x%04x: result 0x%llx", call->code, (unsigned long long)result);
        walk_note(&walk, call->code, hv_result_status(result));
    }
    walk_report(&walk, "answers");
    check_memory();
}

/* ---- Codes that nobody has ---- */

#define FIRST_FREE_CODE 0x200u /* above every code that is known from anywhere */
#define STRIDE          61u    /* no divisor of 0x10000, so that low bits vary */

/* Known from nowhere, or not offered to a guest without the privilege of the whole range. */
static bool is_right_for_unknown(uint32_t code, uint64_t result)
{
    if (result == HV_STATUS_INVALID_HYPERCALL_CODE)
        return true;
    return code > HV_EXT_CALL_FIRST && !hv_may(HV_PRIVILEGE_EnableExtendedHypercalls) &&
           result == HV_STATUS_ACCESS_DENIED;
}

HV_TEST(hypercall_abi, codes_all_over_the_range_are_unknown, COVERS(HV_REQ_HC_028), NEEDS_NOTHING,
        "A table that is indexed by a part of the code, or one that is too short, shows here")
{
    struct walk walk = { .used = 0 };

    begin();
    for (uint32_t code = FIRST_FREE_CODE; code <= 0xffff; code += STRIDE) {
        uint64_t result = hv_call(code, phys_of(input) + 1, phys_of(output) + 1);

        if (table_has((uint16_t)code))
            continue;
        CHECK(is_right_for_unknown(code, result), "code 0x%04x: result 0x%llx", code,
              (unsigned long long)result);
        walk_note(&walk, (uint16_t)code, hv_result_status(result));
    }
    walk_report(&walk, "answers");
    check_memory();
}

HV_TEST(hypercall_abi, codes_with_one_bit_more_are_unknown, COVERS(HV_REQ_HC_028), NEEDS_NOTHING,
        "All 16 bits belong to the code: 0x4008 is not HvCallNotifyLongSpinWait")
{
    begin();
    for (unsigned bit = 9; bit <= 15; bit++) {
        uint32_t code = HvCallNotifyLongSpinWait | 1u << bit;
        uint64_t slow = hv_call(code, phys_of(input), phys_of(output));
        uint64_t fast = hv_call(code | HV_HYPERCALL_FAST, 1, 0);

        CHECK(is_right_for_unknown(code, slow), "code 0x%04x: result 0x%llx", code,
              (unsigned long long)slow);
        CHECK(is_right_for_unknown(code, fast), "code 0x%04x, fast: result 0x%llx", code,
              (unsigned long long)fast);
    }
    check_memory();
}
