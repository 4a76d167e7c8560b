/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Formatting, strings, command line, time.
 */
#include "selftest.h"

static bool formats(const char *expected, const char *fmt, ...)
{
    char text[64];
    va_list args;
    int length;

    va_start(args, fmt);
    length = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (strcmp(text, expected) == 0 && length == (int)strlen(expected))
        return true;
    printf("# \"%s\" instead of \"%s\"\n", text, expected);
    return false;
}

static void test_printf(void)
{
    char text[8];

    check(formats("-1 4294967295 ff FF", "%d %u %x %X", -1, UINT32_MAX, 255, 255), "integers");
    check(formats("00000000deadbeef -9223372036854775808", "%016llx %lld", 0xdeadbeefULL,
                  (long long)INT64_MIN),
          "64-bit integers");
    check(formats("18446744073709551615 ff -1", "%zu %hhx %hd", SIZE_MAX, 0x1ff, 0xffff),
          "lengths");
    check(formats("   42|42   |00042|0x2a|0x1000|0", "%5d|%-5d|%05d|%#x|%p|%d", 42, 42, 42, 42,
                  (void *)4096, 0),
          "widths and flags");
    check(formats("abc|  abc|ab|x|%|(null)", "%s|%5s|%.2s|%c|%%|%s", "abc", "abc", "abc", 'x',
                  (char *)NULL),
          "strings");
    check(snprintf(text, sizeof(text), "%s", "0123456789") == 10 && strcmp(text, "0123456") == 0,
          "snprintf truncates and returns the whole length");
}

static void test_strings(void)
{
    char bytes[] = "abcdefgh";

    memmove(bytes + 2, bytes, 5);
    check(memcmp(bytes, "ababcdeh", 8) == 0, "memmove upwards");
    memmove(bytes, bytes + 2, 5);
    check(memcmp(bytes, "abcdedeh", 8) == 0, "memmove downwards");
    check(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strncmp("ab", "ac", 1) == 0 &&
              strchr("abc", 'd') == NULL && *strchr("abc", 'c') == 'c',
          "string comparison and search");
}

static void test_options(void)
{
    char value[8] = "x";

    check(boot_option("flag", value, sizeof(value)) && value[0] == 0, "option without a value");
    check(boot_option("word", value, sizeof(value)) && strcmp(value, "second") == 0,
          "option with a value; the last one counts");
    check(boot_option_number("number", 0) == 42 && boot_option_number("hex", 0) == 0x1f,
          "numeric options");
    check(!boot_option("wor", NULL, 0) && boot_option_number("absent", 7) == 7 &&
              boot_option_number("word", 8) == 8,
          "absent and malformed options");
}

static void test_time(void)
{
    uint64_t start, elapsed;

    if (tsc_source() != TSC_FROM_PIT)
        return;
    check(tsc_hz() > 50000000 && tsc_hz() < 20000000000ULL, "TSC frequency is plausible");
    start = rdtsc();
    pit_delay(5000);
    elapsed = tsc_to_us(rdtsc() - start);
    check(elapsed >= 4500 && elapsed < 100000, "PIT delay as seen by the TSC");
    pit_start();
    udelay(5000);
    check(pit_elapsed() > PIT_HZ / 1000 * 4, "TSC delay as seen by the PIT");
    check(tsc_to_us(tsc_hz() * 3600) == 3600000000u && tsc_from_us(1000000) == tsc_hz(),
          "conversion of TSC ticks");
}

void test_basics(void)
{
    test_printf();
    test_strings();
    test_options();
    test_time();
}
