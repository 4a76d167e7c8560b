/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "options.h"

#define POOL_DEFAULT_MIB 4
#define POOL_MAXIMUM_MIB 1024
#define NUMBER_MAXIMUM   100000 /* beyond that digits are passed over */

static bool word_is(const char *word, unsigned length, const char *expected)
{
    unsigned i = 0;

    for (; i < length && expected[i]; i++)
        if (word[i] != expected[i])
            return false;
    return i == length && expected[i] == 0;
}

/* Digits after the prefix; 0 if the word is another one. */
static uint32_t word_number(const char *word, unsigned length, const char *prefix)
{
    uint32_t value = 0;
    unsigned i = 0;

    for (; prefix[i]; i++)
        if (i >= length || word[i] != prefix[i])
            return 0;
    for (; i < length && word[i] >= '0' && word[i] <= '9' && value <= NUMBER_MAXIMUM; i++)
        value = value * 10 + (uint32_t)(word[i] - '0');
    return value;
}

static void parse_word(struct options *options, const char *word, unsigned length)
{
    uint32_t pool = word_number(word, length, "pool=");
    uint32_t period = word_number(word, length, "save-restore=");

    if (word_is(word, length, "log") || word_is(word, length, "log=com1"))
        options->log = true;
    if (word_is(word, length, "tsc=trust"))
        options->tsc_trusted = true;
    if (word_is(word, length, "minimal"))
        options->minimal = true;
    if (word_is(word, length, "debug=loopback"))
        options->debug_loopback = true;
    if (word_is(word, length, "scheduler=root"))
        options->root_scheduler = true;
    if (word_is(word, length, "hyperv-testdev"))
        options->hyperv_testdev = true;
    if (period != 0)
        options->save_restore_ms = period;
    if (pool != 0)
        options->pool_mib = pool < POOL_MAXIMUM_MIB ? pool : POOL_MAXIMUM_MIB;
}

struct options options_parse(const char *command_line)
{
    struct options options = { .pool_mib = POOL_DEFAULT_MIB };

    while (*command_line) {
        unsigned length = 0;

        while (command_line[length] && command_line[length] != ' ')
            length++;
        parse_word(&options, command_line, length);
        command_line += length;
        while (*command_line == ' ')
            command_line++;
    }
    return options;
}
