/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Patterns for test names. */
#include "run.h"

/* Matches text against pattern up to its end or a comma; '*' is any run of characters. */
static bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text || (*pattern == '?')) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0' || *pattern == ',';
}

bool glob_list_match(const char *globs, const char *text)
{
    for (;;) {
        if (glob_match(globs, text))
            return true;
        while (*globs && *globs != ',')
            globs++;
        if (*globs == '\0')
            return false;
        globs++;
    }
}
