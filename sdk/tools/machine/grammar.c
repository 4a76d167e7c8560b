/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "grammar.h"

#include <string.h>

#include "suggest.h"

/* The state of reading one mapping. */
struct reader {
    struct errors *errors;
    const struct key *keys;
    struct field *fields;
    bool seen[KEYS_MAX];
    bool accounted[KEYS_MAX]; /* seen, or probably misspelled: no need to say that it is missing */
};

static void key_names(const struct key *keys, const char **names)
{
    unsigned count = 0;

    for (; keys[count].name; count++)
        names[count] = keys[count].name;
    names[count] = NULL;
}

/* Whether a list with blanks between has this word. */
static bool has_word(const char *list, const struct node *word)
{
    while (list && *list) {
        size_t length = strcspn(list, " ");

        if (length == word->length && memcmp(list, word->text, length) == 0)
            return true;
        list += length + (list[length] == ' ');
    }
    return false;
}

/* The key that an unknown one was probably meant to be; NULL if that isn't clear. */
static const struct key *meant_key(const struct node *given, const struct key *keys)
{
    const char *names[KEYS_MAX + 1];
    const char *meant;

    for (const struct key *key = keys; key->name; key++)
        if (has_word(key->synonyms, given))
            return key;
    key_names(keys, names);
    meant = suggest(given->text, given->length, names);
    while (meant && keys->name != meant)
        keys++;
    return meant ? keys : NULL;
}

static void report_unknown_key(struct reader *reader, const struct node *key)
{
    const struct key *meant = meant_key(key, reader->keys);
    struct quote given = quote(key->text, key->length);

    if (node_is(key, "<<")) {
        errors_add(reader->errors, key->at,
                   "merge keys (<<) are not allowed; write the values where they are needed");
    } else if (meant) {
        errors_add(reader->errors, key->at, "unknown key '%s'; did you mean '%s'?", given.text,
                   meant->name);
        reader->accounted[meant - reader->keys] = true;
    } else {
        const char *names[KEYS_MAX + 1];

        key_names(reader->keys, names);
        errors_add(reader->errors, key->at, "unknown key '%s'; %s", given.text,
                   expected_words(key->text, key->length, names).text);
    }
}

static void take_value(struct reader *reader, unsigned index, const struct node *key)
{
    const struct node *value = key->next;
    struct field *field = &reader->fields[index];
    const char *name = reader->keys[index].name;

    if (reader->seen[index]) {
        errors_add(reader->errors, key->at, "'%s' is given twice; the first is in line %lu", name,
                   field->at.line);
        return;
    }
    reader->seen[index] = reader->accounted[index] = true;
    field->at = key->at;
    if (node_is_null(value) && !reader->keys[index].may_be_null)
        errors_add(reader->errors, key->at, "'%s' has no value; give one or leave it out", name);
    else if (value->kind != NODE_BAD)
        field->value = value;
}

static void take_pair(struct reader *reader, const struct node *key)
{
    unsigned index = 0;

    if (key->kind == NODE_BAD)
        return;
    if (key->kind != NODE_SCALAR) {
        errors_add(reader->errors, key->at, "a key must be a word, not %s", node_kind_text(key));
        return;
    }
    while (reader->keys[index].name && !node_is(key, reader->keys[index].name))
        index++;
    if (reader->keys[index].name)
        take_value(reader, index, key);
    else
        report_unknown_key(reader, key);
}

static void report_other_kind(struct errors *errors, const struct node *node, const char *what,
                              const struct key *keys)
{
    if (node->kind != NODE_BAD)
        errors_add(errors, node->at, "expected %s, a mapping with keys such as '%s', not %s", what,
                   keys[0].name, node_kind_text(node));
}

bool mapping_read(struct errors *errors, const struct node *mapping, const char *what,
                  const struct key *keys, struct field *fields)
{
    struct reader reader = { .errors = errors, .keys = keys, .fields = fields };

    for (unsigned i = 0; keys[i].name; i++)
        fields[i] = (struct field){ .at = mapping->at };
    if (mapping->kind != NODE_MAPPING) {
        report_other_kind(errors, mapping, what, keys);
        return false;
    }
    for (const struct node *key = mapping->first; key; key = key->next->next)
        take_pair(&reader, key);
    for (unsigned i = 0; keys[i].name; i++)
        if (keys[i].required && !reader.accounted[i])
            errors_add(errors, mapping->at, "%s needs the key '%s'", what, keys[i].name);
    return true;
}
