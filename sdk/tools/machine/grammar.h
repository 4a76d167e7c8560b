/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Mappings with known keys, and the kinds of values that keys have. Each function reports what is
   wrong with the value, and then returns false or leaves the result as it was. */
#ifndef MACHINE_GRAMMAR_H
#define MACHINE_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "errors.h"
#include "tree.h"

#define KEYS_MAX 16

/* A table of keys ends with one that has no name. */
struct key {
    const char *name;
    bool required;
    bool may_be_null;     /* a value that is left out has a meaning */
    const char *synonyms; /* what others call it, blanks between; NULL if there is nothing */
};

struct field {
    struct position at;       /* of the key; of the mapping if the key is not there */
    const struct node *value; /* NULL if the key is not there or its value is of no use */
};

/* Finds the value of each key. What describes the mapping, as in "a machine". */
bool mapping_read(struct errors *errors, const struct node *mapping, const char *what,
                  const struct key *keys, struct field *fields);

/* A whole number in decimal digits. */
void number_read(struct errors *errors, const struct node *node, const char *key, uint32_t least,
                 uint32_t most, uint32_t *result);

/* Bytes, with a unit. */
void memory_read(struct errors *errors, const struct node *node, const char *key, uint64_t *result);

/* A percentage with up to three decimals, in units of 1/0x10000. */
void percent_read(struct errors *errors, const struct node *node, const char *key,
                  uint32_t *result);

/* The name of a machine or of a console. */
void name_read(struct errors *errors, const struct node *node, const char *key,
               const char **result);

/* A text of up to limit bytes; empty only if that has a meaning. */
bool text_read(struct errors *errors, const struct node *node, const char *key, size_t limit,
               bool may_be_empty, const char **result);

/* One of the words; returns its index, or -1. */
int word_read(struct errors *errors, const struct node *node, const char *key,
              const char *const *words);

#endif
