/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which tests run, and in which order. */
#include <conformance/test.h>

#include "run.h"

#define MAX_TESTS 4096

/* The linker gathers what HV_TEST() put into the section. */
extern const struct test *const __start_hv_tests[];
extern const struct test *const __stop_hv_tests[];

static const struct test *selection[MAX_TESTS];
static uint32_t count;

static void dashes(char *out, const char *in, char *end)
{
    for (; *in && out < end - 1; in++)
        *out++ = *in == '_' ? '-' : *in;
    *out = '\0';
}

void test_name(const struct test *test, char name[TEST_NAME_SIZE])
{
    char *end = name + TEST_NAME_SIZE;
    char *slash;

    dashes(name, test->area, end);
    slash = name + strlen(name);
    if (slash < end - 2) {
        *slash++ = '/';
        dashes(slash, test->name, end);
    }
}

/* "2/4": the second of every four. */
static bool parse_shard(const char *text, uint32_t *which, uint32_t *of)
{
    uint32_t number[2] = { 0, 0 };

    for (unsigned i = 0; i < 2; i++) {
        if (*text < '0' || *text > '9')
            return false;
        for (; *text >= '0' && *text <= '9' && number[i] < MAX_TESTS; text++)
            number[i] = number[i] * 10 + (uint32_t)(*text - '0');
        if (*text != (i == 0 ? '/' : '\0'))
            return false;
        text++;
    }
    *which = number[0];
    *of = number[1];
    return *which >= 1 && *which <= *of && *of <= MAX_TESTS;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static void shuffle(uint64_t seed)
{
    uint64_t state = seed + UINT64_C(0x9e3779b97f4a7c15);

    if (state == 0)
        state = 1;
    for (uint32_t left = count; left > 1; left--) {
        uint32_t other = (uint32_t)(next_random(&state) % left);
        const struct test *swapped = selection[left - 1];

        selection[left - 1] = selection[other];
        selection[other] = swapped;
    }
}

const char *selection_init(void)
{
    static char globs[GUEST_MAX_COMMAND_LINE];
    char text[32], name[TEST_NAME_SIZE];
    uint32_t which = 1, of = 1, ordinal = 0;

    if (__stop_hv_tests - __start_hv_tests > MAX_TESTS)
        return "the kernel holds more tests than it can select from";
    boot_option("tests", globs, sizeof(globs));
    if (boot_option("shard", text, sizeof(text)) && !parse_shard(text, &which, &of))
        return "shard= is not of the form 2/4";
    count = 0;
    for (const struct test *const *test = __start_hv_tests; test < __stop_hv_tests; test++) {
        test_name(*test, name);
        if (globs[0] != '\0' && !glob_list_match(globs, name))
            continue;
        if (ordinal++ % of == which - 1)
            selection[count++] = *test;
    }
    if (boot_option("shuffle", NULL, 0))
        shuffle(boot_option_number("shuffle", 0));
    return NULL;
}

uint32_t selection_count(void)
{
    return count;
}

const struct test *selection_at(uint32_t index)
{
    return selection[index - 1];
}
