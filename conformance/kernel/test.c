/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The running test: its checks, its failures, how it ends. */
#include <conformance/test.h>

#include "run.h"

#define MESSAGE_SIZE 400

enum { END_DONE = 0, END_FAULT = 1, END_ABANDONED = 2, END_SKIPPED = 3 };

#define MAX_CLEANUPS 4

static struct {
    struct guest_jmp end;
    void (*cleanups[MAX_CLEANUPS])(void); /* what test_at_end() was given */
    uint32_t cleanup_count;
    uint32_t checks;
    uint32_t failures;
    uint32_t values;
    struct spinlock lock; /* guards the first failure, which several CPUs may report at once */
    char message[MESSAGE_SIZE];
    char at[128];
    char skip[MESSAGE_SIZE];
} current;

static const char *base_name(const char *path)
{
    const char *name = path;

    for (; *path; path++)
        if (*path == '/')
            name = path + 1;
    return name;
}

/* The first failure goes into the result; later ones are diagnostics. */
static void record(const char *file, int line, const char *message)
{
    spin_lock(&current.lock);
    if (current.failures++ == 0) {
        snprintf(current.message, sizeof(current.message), "%s", message);
        snprintf(current.at, sizeof(current.at), "%s:%d", base_name(file), line);
    } else if (current.failures <= 16) {
        printf("# also failed: %s (%s:%d, CPU %u)\n", message, base_name(file), line, cpu_index());
    }
    spin_unlock(&current.lock);
}

bool test_check(bool condition, const char *file, int line, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list args;

    __atomic_fetch_add(&current.checks, 1, __ATOMIC_RELAXED);
    if (condition)
        return true;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    record(file, line, message);
    return false;
}

bool test_check_equal(uint64_t actual, uint64_t expected, const char *text, const char *file,
                      int line)
{
    return test_check(actual == expected, file, line, "%s is 0x%llx, expected 0x%llx", text,
                      (unsigned long long)actual, (unsigned long long)expected);
}

bool test_check_fault(struct fault fault, uint8_t vector, const char *text, const char *file,
                      int line)
{
    if (!fault.raised)
        return test_check(false, file, line, "%s raised nothing, expected %s", text,
                          vector_name(vector));
    return test_check(fault.vector == vector, file, line,
                      "%s raised %s (error code 0x%x), expected %s", text,
                      vector_name(fault.vector), fault.error, vector_name(vector));
}

bool test_check_no_fault(struct fault fault, const char *text, const char *file, int line)
{
    return test_check(!fault.raised, file, line, "%s raised %s (error code 0x%x) at 0x%llx", text,
                      vector_name(fault.vector), fault.error, (unsigned long long)fault.rip);
}

void test_abandon(void)
{
    guest_longjmp(&current.end, END_ABANDONED);
}

void test_skip(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(current.skip, sizeof(current.skip), format, args);
    va_end(args);
    guest_longjmp(&current.end, END_SKIPPED);
}

void test_at_end(void (*cleanup)(void))
{
    for (uint32_t i = 0; i < current.cleanup_count; i++)
        if (current.cleanups[i] == cleanup)
            return;
    REQUIRE(current.cleanup_count < MAX_CLEANUPS, "too much to clean up after one test");
    current.cleanups[current.cleanup_count++] = cleanup;
}

void test_value(const char *key, const char *format, ...)
{
    char text[MESSAGE_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    current.values++;
    printf("# value %s=%s\n", key, text);
}

/* Says in the result what the exception was that ended the test. */
static void record_fault(const struct test *test)
{
    struct fault fault = last_unexpected_fault();

    test_check(false, test->file, 0, "unexpected %s (error code 0x%x) at 0x%llx, CR2 0x%llx",
               vector_name(fault.vector), fault.error, (unsigned long long)fault.rip,
               (unsigned long long)fault.cr2);
}

/* Whether it covers nothing but gaps of the TLFS, and so observes where others judge. */
static bool is_characterization(const struct test *test)
{
    const enum hv_requirement *id = test->requirements;

    while (*id != HV_REQ_NONE && *id >= HV_REQ_FIRST_GAP)
        id++;
    return *id == HV_REQ_NONE;
}

/* A test that came to its end must have looked at something. */
static void check_worth(const struct test *test)
{
    if (is_characterization(test)) {
        if (current.values == 0)
            test_check(false, test->file, 0, "the characterization observed nothing");
    } else if (current.checks == 0) {
        test_check(false, test->file, 0, "the test checked nothing");
    }
}

/* The last that was asked for; once, even if it fails half way. @return how it ended */
static int clean_up(void)
{
    void (*cleanup)(void) = current.cleanups[--current.cleanup_count];
    volatile int end = guest_setjmp(&current.end);

    if (end == END_DONE) {
        guest_set_recovery(&current.end);
        cleanup();
    }
    return end;
}

void test_run(const struct test *test, struct test_result *result)
{
    volatile int end;

    memset(&current, 0, sizeof(current));
    end = guest_setjmp(&current.end);
    if (end == END_DONE) {
        guest_set_recovery(&current.end);
        test->run();
    }
    if (end == END_FAULT)
        record_fault(test);
    while (current.cleanup_count > 0)
        if (clean_up() == END_FAULT)
            record_fault(test);
    guest_set_recovery(NULL);
    irq_disable();
    if (end == END_DONE)
        check_worth(test);

    result->checks = current.checks;
    result->failed = current.failures != 0;
    result->skipped = end == END_SKIPPED && !result->failed;
    result->message = current.message;
    result->at = current.at;
    result->skip = current.skip;
}
