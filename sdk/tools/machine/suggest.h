/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which word was meant, and which words there are. */
#ifndef MACHINE_SUGGEST_H
#define MACHINE_SUGGEST_H

#include <stddef.h>

#define WORD_LIST_SIZE 400

struct word_list {
    char text[WORD_LIST_SIZE];
};

/* The word that text was probably meant to be; NULL if there is none, or more than one. Lists of
   words end with NULL. */
const char *suggest(const char *text, size_t length, const char *const *allowed);

/* "did you mean 'a'?", "expected one of a, b, c" or "expected a" */
struct word_list expected_words(const char *text, size_t length, const char *const *allowed);

#endif
