/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The conformance kernel: selects tests, runs them, writes results
 * (conformance/driver/PROTOCOL.md). */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#include "run.h"

#define PROTOCOL_VERSION 1
#define LINE_SIZE        512
#define VENDOR_SIZE      13

static struct {
    uint32_t passed, failed, skipped;
} totals;

static uint64_t repetitions;

static void requirement_list(const struct test *test, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const enum hv_requirement *id = test->requirements; *id != HV_REQ_NONE && used < size;
         id++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "," : "",
                                 hv_requirement_ids[*id]);
}

/* @param whys also why each test is there, which the driver need hear once only */
static void print_meta(bool whys)
{
    char name[TEST_NAME_SIZE], requirements[LINE_SIZE];

    for (uint32_t index = 1; index <= selection_count(); index++) {
        const struct test *test = selection_at(index);

        test_name(test, name);
        requirement_list(test, requirements, sizeof(requirements));
        printf("# meta %u %s reqs=%s minvps=%u\n", index, name, requirements,
               test->needs->vps ? test->needs->vps : 1);
        if (whys)
            printf("# why %u %s\n", index, test->why);
    }
}

/* The text of a register that holds four characters; what can't be printed becomes '.'. */
static char *put_characters(char *out, uint32_t characters)
{
    for (unsigned i = 0; i < 4; i++, characters >>= 8) {
        char c = (char)(characters & 0xff);

        if (c != '\0')
            *out++ = c >= ' ' && c <= '~' ? c : '.';
    }
    *out = '\0';
    return out;
}

/* Who is being tested, so far as it says so itself. */
static void print_implementation(void)
{
    struct cpuid_regs leaf = cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION);
    char text[VENDOR_SIZE];

    put_characters(put_characters(put_characters(text, leaf.ebx), leaf.ecx), leaf.edx);
    printf("# value vendor=%s\n", text);
    put_characters(text, cpuid(HV_CPUID_INTERFACE).eax);
    printf("# value interface=%s\n", text);
    if (leaf.eax >= HV_CPUID_VERSION) {
        /* Some show it only to a guest that has said who it is. */
        struct fault fault = safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID);
        struct cpuid_regs version = cpuid(HV_CPUID_VERSION);

        if (!fault.raised)
            safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, 0);
        printf("# value version=%u.%u.%u\n", version.ebx >> 16, version.ebx & 0xffff, version.eax);
    }
}

static void print_failure(const struct test *test, const struct test_result *result,
                          uint64_t repetition)
{
    printf("  ---\n  message: %s\n  at: %s\n  why: %s\n", result->message, result->at, test->why);
    if (repetitions > 1)
        printf("  repetition: %llu\n", (unsigned long long)repetition);
    printf("  ...\n");
}

/* Runs the test as often as asked, until it fails or skips. @return the last repetition */
static uint64_t repeat(const struct test *test, struct test_result *result)
{
    uint32_t checks = 0;
    uint64_t repetition = 1;

    for (;; repetition++) {
        hv_baseline();
        settle_interrupts();
        test_run(test, result);
        checks += result->checks;
        if (result->failed || result->skipped || repetition >= repetitions)
            break;
        printf("# repetition %llu passed\n", (unsigned long long)repetition);
    }
    result->checks = checks;
    return repetition;
}

static void run_one(const struct test *test, uint32_t index)
{
    char name[TEST_NAME_SIZE], text[LINE_SIZE];
    struct test_result result;
    uint64_t repetition;

    test_name(test, name);
    printf("# begin %u %s\n", index, name);
    if (!needs_met(test->needs, text, sizeof(text))) {
        totals.skipped++;
        printf("ok %u - %s # SKIP %s\n", index, name, text);
        return;
    }
    repetition = repeat(test, &result);
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
        print_failure(test, &result, repetition);
    } else {
        totals.passed++;
    }
}

static void run_all(uint64_t start)
{
    hv_note_initial_state();
    hv_note_initial_synic();
    print_implementation();
    if (boot_option("busy", NULL, 0))
        load_start();
    for (uint64_t index = start; index <= selection_count(); index++)
        run_one(selection_at((uint32_t)index), (uint32_t)index);
    load_stop();
    hv_baseline();
}

int guest_main(const struct guest_boot_info *boot)
{
    const char *wrong;
    uint64_t start;

    (void)boot;
    hv_note_initial_counter();
    ask_arguments();
    wrong = selection_init();
    start = boot_option_number("start", 1);
    if (start == 0)
        start = 1;
    if (wrong) {
        printf("# %s\n", wrong);
        return 1;
    }
    repetitions = boot_option_number("repeat", 1);
    /* A boot loader may have left the line where it pleases. */
    printf("\n# hvkit-conformance %d tests=%u vps=%u\n", PROTOCOL_VERSION, selection_count(),
           cpu_count());
    printf("TAP version 13\n1..%u\n", selection_count());
    print_meta(start == 1);
    if (!boot_option("list", NULL, 0))
        run_all(start);
    printf("# end passed=%u failed=%u skipped=%u\n", totals.passed, totals.failed, totals.skipped);
    return 0;
}
