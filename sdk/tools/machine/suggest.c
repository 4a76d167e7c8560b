/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "suggest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 32

static unsigned least(unsigned left, unsigned right)
{
    return left < right ? left : right;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* Letters to add, drop, replace or swap with their neighbour (optimal string alignment distance).
   Both are at most LONGEST long. */
static unsigned distance(const char *left, size_t left_length, const char *right,
                         size_t right_length)
{
    unsigned rows[LONGEST + 1][LONGEST + 1];

    for (size_t j = 0; j <= right_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= left_length; i++) {
        rows[i][0] = (unsigned)i;
        for (size_t j = 1; j <= right_length; j++) {
            char a = lower(left[i - 1]), b = lower(right[j - 1]);
            unsigned best = rows[i - 1][j - 1] + (a != b);

            best = least(best, least(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a == lower(right[j - 2]) && lower(left[i - 2]) == b)
                best = least(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    }
    return rows[left_length][right_length];
}

const char *suggest(const char *text, size_t length, const char *const *allowed)
{
    const char *found = NULL;
    unsigned best = LONGEST;

    if (length > LONGEST)
        return NULL;
    for (; *allowed; allowed++) {
        size_t size = strlen(*allowed);
        unsigned far = size <= LONGEST ? distance(text, length, *allowed, size) : LONGEST;

        /* A third of the letters may be wrong: "no" is not "on". */
        if (far > size / 3)
            continue;
        if (far == best)
            found = NULL;
        if (far < best) {
            best = far;
            found = *allowed;
        }
    }
    return found;
}

struct word_list expected_words(const char *text, size_t length, const char *const *allowed)
{
    const char *meant = suggest(text, length, allowed);
    struct word_list list;
    size_t at;

    if (meant) {
        snprintf(list.text, sizeof(list.text), "did you mean '%s'?", meant);
        return list;
    }
    at = (size_t)snprintf(list.text, sizeof(list.text),
                          allowed[0] && allowed[1] ? "expected one of " : "expected ");
    for (unsigned i = 0; allowed[i] && at < sizeof(list.text); i++)
        at += (size_t)snprintf(list.text + at, sizeof(list.text) - at, "%s%s", i > 0 ? ", " : "",
                               allowed[i]);
    return list;
}
