/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Values that are one scalar. */
#include <string.h>

#include <hvkit/machine.h>

#include "grammar.h"
#include "suggest.h"

#define NUMBER_LIMIT (UINT64_MAX / 20) /* one more digit still fits */

static bool is_scalar(struct errors *errors, const struct node *node, const char *key,
                      const char *expected)
{
    if (node->kind == NODE_SCALAR && !node_is_null(node))
        return true;
    if (node->kind != NODE_BAD)
        errors_add(errors, node->at, "%s: expected %s, not %s", key, expected,
                   node_kind_text(node));
    return false;
}

/* Digits at the start of a text; a number that is too large for anything stays at NUMBER_LIMIT. */
static size_t digits(const char *text, size_t length, uint64_t *value)
{
    size_t count = 0;

    *value = 0;
    for (; count < length && text[count] >= '0' && text[count] <= '9'; count++)
        if (*value < NUMBER_LIMIT)
            *value = *value * 10 + (uint64_t)(text[count] - '0');
    return count;
}

/* "010" is 8 to some and 10 to others. */
static bool has_leading_zero(const struct node *node)
{
    return node->length > 1 && node->text[0] == '0' && node->text[1] >= '0' && node->text[1] <= '9';
}

void number_read(struct errors *errors, const struct node *node, const char *key, uint32_t least,
                 uint32_t most, uint32_t *result)
{
    struct quote given;
    uint64_t value;
    size_t count;

    if (!is_scalar(errors, node, key, "a number"))
        return;
    given = quote(node->text, node->length);
    count = digits(node->text, node->length, &value);
    if (!node->plain || count == 0 || count != node->length || has_leading_zero(node))
        errors_add(errors, node->at, "%s: '%s' is not a number; expected %u to %u, without quotes",
                   key, given.text, least, most);
    else if (value < least || value > most)
        errors_add(errors, node->at, "%s: %s is out of range; expected %u to %u", key, given.text,
                   least, most);
    else
        *result = (uint32_t)value;
}

static size_t blanks(const char *text, size_t length)
{
    size_t count = 0;

    while (count < length && text[count] == ' ')
        count++;
    return count;
}

void memory_read(struct errors *errors, const struct node *node, const char *key, uint64_t *result)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", NULL };
    const char *unit;
    struct quote given;
    uint64_t value;
    size_t count, length;
    unsigned i = 0;

    if (!is_scalar(errors, node, key, "a size such as 64 MiB"))
        return;
    given = quote(node->text, node->length);
    count = digits(node->text, node->length, &value);
    if (count == 0 || has_leading_zero(node)) {
        errors_add(errors, node->at, "%s: '%s' is not a size; expected one such as 64 MiB", key,
                   given.text);
        return;
    }
    count += blanks(node->text + count, node->length - count);
    unit = node->text + count;
    length = node->length - count;
    while (units[i] && (strlen(units[i]) != length || memcmp(units[i], unit, length) != 0))
        i++;
    if (!units[i]) {
        errors_add(errors, node->at, "%s: '%s' has %s unit; %s", key, given.text,
                   length == 0 ? "no" : "an unknown", expected_words(unit, length, units).text);
        return;
    }
    if (value > HV_MACHINE_MAX_MEMORY >> (10 * (i + 1)))
        value = UINT64_MAX;
    else
        value <<= 10 * (i + 1);
    if (value < HV_MACHINE_MIN_MEMORY || value > HV_MACHINE_MAX_MEMORY)
        errors_add(errors, node->at, "%s: %s is out of range; expected 1 MiB to 1 TiB", key,
                   given.text);
    else if (value % HV_MACHINE_MEMORY_UNIT != 0)
        errors_add(errors, node->at, "%s: %s is not in whole pages; expected a multiple of 4 KiB",
                   key, given.text);
    else
        *result = value;
}

/* Thousandths behind the point; returns the characters, 0 if there are none or more than three. */
static size_t decimals(const char *text, size_t length, uint64_t *thousandths)
{
    uint64_t value;
    size_t count;

    if (length == 0 || text[0] != '.')
        return 0;
    count = digits(text + 1, length - 1, &value);
    if (count == 0 || count > 3)
        return 0;
    for (size_t i = count; i < 3; i++)
        value *= 10;
    *thousandths += value;
    return count + 1;
}

void percent_read(struct errors *errors, const struct node *node, const char *key, uint32_t *result)
{
    struct quote given;
    uint64_t value;
    size_t count;

    if (!is_scalar(errors, node, key, "a percentage such as 50%"))
        return;
    given = quote(node->text, node->length);
    count = digits(node->text, node->length, &value);
    if (has_leading_zero(node))
        count = 0;
    /* In thousandths, of which too many are not to overflow. */
    value = value > 100 ? 101000 : value * 1000;
    if (count > 0) {
        count += decimals(node->text + count, node->length - count, &value);
        count += blanks(node->text + count, node->length - count);
    }
    if (count == 0 || node->length - count != 1 || node->text[count] != '%')
        errors_add(
            errors, node->at,
            "%s: '%s' is not a percentage; expected 0%% to 100%%, of a processor for each VP", key,
            given.text);
    else if (value > 100000)
        errors_add(errors, node->at, "%s: %s is out of range; expected 0%% to 100%%", key,
                   given.text);
    else
        *result = (uint32_t)((value * HV_CPU_CAP_SCALE + 50000) / 100000);
}

bool text_read(struct errors *errors, const struct node *node, const char *key, size_t limit,
               bool may_be_empty, const char **result)
{
    if (!is_scalar(errors, node, key, "a text"))
        return false;
    if (node->length > limit)
        errors_add(errors, node->at, "%s: %zu bytes are too long; at most %zu are allowed", key,
                   node->length, limit);
    else if (!hv_machine_is_text(node->text, node->length))
        errors_add(errors, node->at, "%s: '%s' has control characters or line ends", key,
                   quote(node->text, node->length).text);
    else if (node->length == 0 && !may_be_empty)
        errors_add(errors, node->at, "%s: the text is empty", key);
    else {
        *result = node->text;
        return true;
    }
    return false;
}

void name_read(struct errors *errors, const struct node *node, const char *key, const char **result)
{
    if (!is_scalar(errors, node, key, "a name"))
        return;
    if (!hv_machine_is_name(node->text, node->length))
        errors_add(errors, node->at,
                   "%s: '%s' is not a name; expected 1 to %u characters of a-z, 0-9 and -", key,
                   quote(node->text, node->length).text, HV_MACHINE_MAX_NAME);
    else
        *result = node->text;
}

int word_read(struct errors *errors, const struct node *node, const char *key,
              const char *const *words)
{
    if (!is_scalar(errors, node, key, "a word"))
        return -1;
    for (int i = 0; words[i]; i++)
        if (node_is(node, words[i]))
            return i;
    errors_add(errors, node->at, "%s: unknown value '%s'; %s", key,
               quote(node->text, node->length).text,
               expected_words(node->text, node->length, words).text);
    return -1;
}
