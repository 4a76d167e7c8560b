/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Features that a parent disables at creation are missing from its child's CPUID. Why: that is how
 * one keeps a guest movable between machines, and a bit that stays is found out after the move. And
 * a parent is told of each that a processor has: it disables what it is not told of.
 */
#include <hv/processor.h>

#include "child_fixture.h"
#include "cpuid.h"
#include "suite.h"

static const uint32_t leaves[] = { 0x1,        0x6,        0x7,        0xD,
                                   0x80000001, 0x80000007, 0x80000008, 0x80000002 };

static void disable(uint64_t features0, uint64_t features1, uint64_t xsave)
{
    child->creation.disabled_features[0] = features0;
    child->creation.disabled_features[1] = features1;
    child->creation.disabled_xsave_features = xsave;
}

static void disable_one(unsigned bank, unsigned feature)
{
    uint64_t off[3] = { 0 };

    off[bank] = UINT64_C(1) << feature;
    disable(off[0], off[1], off[2]);
}

/* What is left of a leaf that had all bits. */
static void left_of(uint32_t leaf, uint32_t subleaf, uint32_t value[4])
{
    for (unsigned i = 0; i < 4; i++)
        value[i] = UINT32_MAX;
    hv_cpuid_hide_disabled(child, leaf, subleaf, value);
}

static void expect_hidden(uint32_t leaf, uint32_t subleaf, unsigned where, uint32_t bits)
{
    uint32_t value[4];

    left_of(leaf, subleaf, value);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_msg(value[i] == (i == where ? ~bits : UINT32_MAX), "leaf %#x, register %u: %#x",
                      leaf, i, value[i]);
}

START_TEST(nothing_is_hidden_that_is_not_disabled)
{
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        for (uint32_t subleaf = 0; subleaf < 3; subleaf++)
            expect_hidden(leaves[i], subleaf, 0, 0);
}
END_TEST

/* Intel SDM vol. 2A and AMD APM vol. 3, a feature of each leaf and register. */
START_TEST(a_feature_has_its_bit)
{
    static const struct {
        unsigned bank, feature;
        uint32_t leaf, subleaf;
        unsigned where;
        uint32_t bits;
    } features[] = {
        { 0, 0, 0x1, 0, HV_ECX, 1 },
        { 0, 21, 0x1, 0, HV_ECX, UINT32_C(1) << 30 },
        { 2, 0, 0x1, 0, HV_ECX, UINT32_C(1) << 26 },
        { 2, 2, 0x1, 0, HV_ECX, UINT32_C(1) << 28 },
        { 1, 0, 0x6, 0, HV_ECX, 1 },
        { 0, 35, 0x7, 0, HV_EBX, UINT32_C(1) << 20 },
        { 2, 10, 0x7, 0, HV_EBX, UINT32_C(1) << 31 },
        { 1, 4, 0x7, 0, HV_ECX, UINT32_C(1) << 16 },
        { 0, 60, 0x7, 0, HV_EDX, UINT32_C(1) << 10 },
        { 2, 23, 0x7, 1, HV_EAX, UINT32_C(1) << 5 },
        { 2, 6, 0xD, 0, HV_EAX, 0xE0 },
        { 2, 27, 0xD, 0, HV_EAX, 0x60000 },
        { 2, 12, 0xD, 1, HV_EAX, 8 },
        { 0, 15, 0x80000001, 0, HV_EDX, UINT32_C(1) << 26 },
        { 0, 1, 0x80000001, 0, HV_ECX, 1 },
        { 1, 1, 0x80000007, 0, HV_EDX, UINT32_C(1) << 8 },
        { 0, 46, 0x80000008, 0, HV_EBX, UINT32_C(1) << 12 },
    };

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        disable_one(features[i].bank, features[i].feature);
        expect_hidden(features[i].leaf, features[i].subleaf, features[i].where, features[i].bits);
    }
}
END_TEST

/* No two features share a bit of one leaf, so the count says that none is in the table twice. */
START_TEST(each_bit_is_hidden_by_one_feature)
{
    unsigned one_by_one = 0, together = 0;
    uint32_t value[4];

    for (unsigned bank = 0; bank < 3; bank++)
        for (unsigned feature = 0; feature < 64; feature++) {
            disable_one(bank, feature);
            for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
                for (uint32_t subleaf = 0; subleaf < 2; subleaf++) {
                    left_of(leaves[i], subleaf, value);
                    for (unsigned where = 0; where < 4; where++)
                        one_by_one += (unsigned)__builtin_popcount(~value[where]);
                }
        }
    disable(UINT64_MAX, UINT64_MAX, UINT64_MAX);
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        for (uint32_t subleaf = 0; subleaf < 2; subleaf++) {
            left_of(leaves[i], subleaf, value);
            for (unsigned where = 0; where < 4; where++)
                together += (unsigned)__builtin_popcount(~value[where]);
        }
    ck_assert_uint_eq(one_by_one, together);
    ck_assert_uint_gt(together, 100);
}
END_TEST

START_TEST(leaves_without_subleaves_answer_alike)
{
    disable(1, 0, 0);
    expect_hidden(0x1, 0, HV_ECX, 1);
    expect_hidden(0x1, 7, HV_ECX, 1);
    disable(UINT64_C(1) << 35, 0, 0);
    expect_hidden(0x7, 0, HV_EBX, UINT32_C(1) << 20);
    expect_hidden(0x7, 1, HV_EBX, 0);
}
END_TEST

static void cpuid(uint32_t leaf, uint32_t out[4])
{
    ck_assert_int_eq(fake_cpuid(vp, leaf, 0, out), HV_DISPOSITION_RESUME);
}

START_TEST(the_child_does_not_see_it)
{
    uint32_t before[4], after[4];

    cpuid(0x80000001, before);
    ck_assert(before[HV_EDX] & UINT32_C(1) << 26);
    disable(UINT64_C(1) << 15, 0, 0);
    cpuid(0x80000001, after);
    ck_assert_uint_eq(after[HV_EDX], before[HV_EDX] & ~(UINT32_C(1) << 26));
}
END_TEST

START_TEST(what_always_overrides_is_shown)
{
    union hv_intercept_result_parameters result = { .cpuid = { .input_eax = 0x80000001,
                                                               .result_edx = UINT32_C(1) << 26,
                                                               .result_edx_mask = UINT32_C(1)
                                                                                  << 26 } };
    uint32_t out[4];

    disable(UINT64_C(1) << 15, 0, 0);
    ck_assert_uint_eq(hv_intercept_result_register(vp, HvInterceptTypeX64Cpuid, &result),
                      HV_STATUS_SUCCESS);
    cpuid(0x80000001, out);
    ck_assert(!(out[HV_EDX] & UINT32_C(1) << 26));
    result.cpuid.always_override = 1;
    ck_assert_uint_eq(hv_intercept_result_register(vp, HvInterceptTypeX64Cpuid, &result),
                      HV_STATUS_SUCCESS);
    cpuid(0x80000001, out);
    ck_assert(out[HV_EDX] & UINT32_C(1) << 26);
}
END_TEST

/* ---- hv_processor_find_features() ---- */

/* A processor that has every bit but the disabled ones. */
static void read_left(void *context, uint32_t leaf, uint32_t subleaf, uint32_t value[4])
{
    (void)context;
    left_of(leaf, subleaf, value);
}

static struct hv_processor_facts found_by(hv_cpuid_function *read, void *context)
{
    struct hv_processor_facts facts = { .xsave_states = 3, .xsave_size = 4, .clflush_size = 5 };

    hv_processor_find_features(read, context, &facts);
    ck_assert_uint_eq(facts.xsave_states, 3);
    ck_assert_uint_eq(facts.xsave_size, 4);
    ck_assert_uint_eq(facts.clflush_size, 5);
    return facts;
}

static void expect_found(const struct hv_processor_facts *facts, uint64_t features0,
                         uint64_t features1, uint64_t xsave)
{
    ck_assert_uint_eq(facts->features[0], features0);
    ck_assert_uint_eq(facts->features[1], features1);
    ck_assert_uint_eq(facts->xsave_features, xsave);
}

START_TEST(a_feature_is_found_until_it_is_hidden)
{
    struct hv_processor_facts all = found_by(read_left, NULL), left;
    const uint64_t banks[] = { all.features[0], all.features[1], all.xsave_features };
    unsigned found = 0;

    for (unsigned bank = 0; bank < 3; bank++)
        for (unsigned feature = 0; feature < 64; feature++) {
            uint64_t bit = UINT64_C(1) << feature;
            uint64_t kept[] = { banks[0], banks[1], banks[2] };

            kept[bank] &= ~bit;
            disable_one(bank, feature);
            left = found_by(read_left, NULL);
            expect_found(&left, kept[0], kept[1], kept[2]);
            found += (banks[bank] & bit) != 0;
        }
    ck_assert_uint_gt(found, 90);
    disable(UINT64_MAX, UINT64_MAX, UINT64_MAX);
    left = found_by(read_left, NULL);
    expect_found(&left, 0, 0, 0);
}
END_TEST

/* Bits of one register. */
struct one_bit {
    uint32_t leaf, subleaf;
    unsigned where;
    uint32_t bits;
};

static void read_one_bit(void *context, uint32_t leaf, uint32_t subleaf, uint32_t value[4])
{
    const struct one_bit *bit = context;

    for (unsigned i = 0; i < 4; i++)
        value[i] = leaf == bit->leaf && subleaf == bit->subleaf && i == bit->where ? bit->bits : 0;
    if (leaf == 0 || leaf == 0x80000000)
        value[HV_EAX] = leaf | (leaf == 0 ? 0x1F : 0x21);
}

START_TEST(a_bit_is_the_feature)
{
    static const struct {
        struct one_bit bit;
        uint64_t features0, features1, xsave;
    } cases[] = {
        { { 0x1, 0, HV_ECX, 1 }, 1, 0, 0 },
        { { 0x1, 0, HV_ECX, UINT32_C(1) << 24 }, 0, UINT64_C(1) << 17, 0 },
        { { 0x1, 1, HV_ECX, 1 }, 0, 0, 0 },
        { { 0x7, 0, HV_EBX, UINT32_C(1) << 20 }, UINT64_C(1) << 35, 0, 0 },
        { { 0x7, 1, HV_EAX, UINT32_C(1) << 5 }, 0, 0, UINT64_C(1) << 23 },
        { { 0xD, 1, HV_EAX, 1 }, 0, 0, 2 },
        { { 0x80000001, 0, HV_EDX, UINT32_C(1) << 26 }, UINT64_C(1) << 15, 0, 0 },
        /* Two processors' bits of one feature. */
        { { 0x7, 0, HV_EDX, UINT32_C(1) << 26 }, UINT64_C(1) << 44, 0, 0 },
        { { 0x80000008, 0, HV_EBX, UINT32_C(1) << 14 }, UINT64_C(1) << 44, 0, 0 },
        /* State that could be saved is no feature. */
        { { 0xD, 0, HV_EAX, UINT32_MAX }, 0, 0, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct one_bit bit = cases[i].bit;
        struct hv_processor_facts facts = found_by(read_one_bit, &bit);

        expect_found(&facts, cases[i].features0, cases[i].features1, cases[i].xsave);
    }
}
END_TEST

/* Old processors answer a leaf beyond their last one with another leaf's bits. */
static void read_two_leaves(void *context, uint32_t leaf, uint32_t subleaf, uint32_t value[4])
{
    (void)context, (void)subleaf;
    for (unsigned i = 0; i < 4; i++)
        value[i] = leaf == 0 ? 1 : leaf == 0x80000000 ? 0 : UINT32_MAX;
}

START_TEST(leaves_beyond_the_last_say_nothing)
{
    struct hv_processor_facts facts = found_by(read_two_leaves, NULL);

    expect_found(&facts,
                 UINT64_C(1) << 0 | UINT64_C(1) << 2 | UINT64_C(1) << 3 | UINT64_C(1) << 4 |
                     UINT64_C(1) << 7 | UINT64_C(1) << 8 | UINT64_C(1) << 16 | UINT64_C(1) << 17 |
                     UINT64_C(1) << 18 | UINT64_C(1) << 20 | UINT64_C(1) << 21 | UINT64_C(1) << 29,
                 UINT64_C(1) << 17, UINT64_C(1) << 0 | UINT64_C(1) << 2 | UINT64_C(1) << 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpuid features");
    TCase *tests = tcase_create("cpuid features");

    tcase_add_checked_fixture(tests, child_setup, child_teardown);
    tcase_add_test(tests, nothing_is_hidden_that_is_not_disabled);
    tcase_add_test(tests, a_feature_has_its_bit);
    tcase_add_test(tests, each_bit_is_hidden_by_one_feature);
    tcase_add_test(tests, leaves_without_subleaves_answer_alike);
    tcase_add_test(tests, the_child_does_not_see_it);
    tcase_add_test(tests, what_always_overrides_is_shown);
    tcase_add_test(tests, a_feature_is_found_until_it_is_hidden);
    tcase_add_test(tests, a_bit_is_the_feature);
    tcase_add_test(tests, leaves_beyond_the_last_say_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
