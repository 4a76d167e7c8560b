/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The conformance kernel: selects tests, runs them, writes results
 * (conformance/driver/PROTOCOL.md). */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#include "run.h"

#define PROTOCOL_VERSION 1
#define NAME_SIZE        128
#define LINE_SIZE        512

/* The linker gathers what HV_TEST() put into the section. */
extern const struct test *const __start_hv_tests[];
extern const struct test *const __stop_hv_tests[];

static char globs[GUEST_MAX_COMMAND_LINE];

static struct {
    uint32_t passed, failed, skipped;
} totals;

static void dashes(char *out, const char *in, char *end)
{
    for (; *in && out < end - 1; in++)
        *out++ = *in == '_' ? '-' : *in;
    *out = '\0';
}

/* area/name as it is printed. */
static void test_name(const struct test *test, char name[NAME_SIZE])
{
    char *end = name + NAME_SIZE;
    char *slash;

    dashes(name, test->area, end);
    slash = name + strlen(name);
    if (slash < end - 2) {
        *slash++ = '/';
        dashes(slash, test->name, end);
    }
}

static void requirement_list(const struct test *test, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const enum hv_requirement *id = test->requirements; *id != HV_REQ_NONE && used < size;
         id++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "," : "",
                                 hv_requirement_ids[*id]);
}

static bool selected(const struct test *test)
{
    char name[NAME_SIZE];

    test_name(test, name);
    return globs[0] == '\0' || glob_list_match(globs, name);
}

static uint32_t count_selected(void)
{
    uint32_t count = 0;

    for (const struct test *const *test = __start_hv_tests; test < __stop_hv_tests; test++)
        count += selected(*test);
    return count;
}

static void print_meta(void)
{
    char name[NAME_SIZE], requirements[LINE_SIZE];
    uint32_t index = 0;

    for (const struct test *const *test = __start_hv_tests; test < __stop_hv_tests; test++) {
        if (!selected(*test))
            continue;
        test_name(*test, name);
        requirement_list(*test, requirements, sizeof(requirements));
        printf("# meta %u %s reqs=%s minvps=%u\n", ++index, name, requirements,
               (*test)->needs->vps ? (*test)->needs->vps : 1);
    }
}

static void print_failure(const struct test *test, const struct test_result *result)
{
    printf("  ---\n  message: %s\n  at: %s\n  why: %s\n  ...\n", result->message, result->at,
           test->why);
}

static void run_one(const struct test *test, uint32_t index)
{
    char name[NAME_SIZE], text[LINE_SIZE];
    struct test_result result;

    test_name(test, name);
    printf("# begin %u %s\n", index, name);
    hv_baseline();
    if (!needs_met(test->needs, text, sizeof(text))) {
        totals.skipped++;
        printf("ok %u - %s # SKIP %s\n", index, name, text);
        return;
    }
    test_run(test, &result);
    if (result.skipped) {
        totals.skipped++;
        printf("ok %u - %s # SKIP %s\n", index, name, result.skip);
        return;
    }
    requirement_list(test, text, sizeof(text));
    printf("%s %u - %s # checks=%u reqs=%s\n", result.failed ? "not ok" : "ok", index, name,
           result.checks, text);
    if (result.failed) {
        totals.failed++;
        print_failure(test, &result);
    } else {
        totals.passed++;
    }
}

static void run_all(uint32_t start)
{
    uint32_t index = 0;

    hv_note_initial_state();
    for (const struct test *const *test = __start_hv_tests; test < __stop_hv_tests; test++) {
        if (!selected(*test))
            continue;
        if (++index >= start)
            run_one(*test, index);
    }
    hv_baseline();
}

int guest_main(const struct guest_boot_info *boot)
{
    uint32_t count;

    (void)boot;
    boot_option("tests", globs, sizeof(globs));
    count = count_selected();
    printf("# hvkit-conformance %d tests=%u vps=%u\n", PROTOCOL_VERSION, count, cpu_count());
    printf("TAP version 13\n1..%u\n", count);
    print_meta();
    if (!boot_option("list", NULL, 0))
        run_all((uint32_t)boot_option_number("start", 1));
    printf("# end passed=%u failed=%u skipped=%u\n", totals.passed, totals.failed, totals.skipped);
    return 0;
}
