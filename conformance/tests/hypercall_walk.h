/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Walks over all calls of hypercall_table.h with one mistake at a time, in such a way that nothing
 * can come of it: the parameters of calls that do something lie where none may lie.
 *
 * The TLFS leaves the order of errors open, so each walk takes every answer that its mistakes
 * allow, and says in one value which were given: "2x98 6x11 3x4(0002,0003,0008,000b)" are 98
 * unknown codes, 11 denied ones, and four calls that are there, with their codes.
 */
#ifndef CONFORMANCE_TESTS_HYPERCALL_WALK_H
#define CONFORMANCE_TESTS_HYPERCALL_WALK_H

#include "hypercall_support.h"
#include "hypercall_table.h"

#define WALK_FAULT    0xffff /* a status that stands for #UD */
#define WALK_STATUSES 8      /* different ones of a walk */
#define WALK_CODES    8      /* of a status that are written out; more are only counted */

struct walk_answer {
    uint16_t status;
    uint16_t count;
    uint16_t codes[WALK_CODES];
};

struct walk {
    struct walk_answer answers[WALK_STATUSES];
    unsigned used;
};

static inline void walk_note(struct walk *walk, uint16_t code, uint16_t status)
{
    struct walk_answer *answer = walk->answers;

    while (answer < walk->answers + walk->used && answer->status != status)
        answer++;
    if (answer == walk->answers + WALK_STATUSES)
        return;
    if (answer == walk->answers + walk->used) {
        walk->used++;
        *answer = (struct walk_answer){ .status = status };
    }
    if (answer->count < WALK_CODES)
        answer->codes[answer->count] = code;
    answer->count++;
}

/* "2x98", and for a few calls that are there which they are. */
static inline size_t walk_answer_text(const struct walk_answer *answer, char *text, size_t size)
{
    size_t used = answer->status == WALK_FAULT
                      ? (size_t)snprintf(text, size, "#UDx%u", answer->count)
                      : (size_t)snprintf(text, size, "%xx%u", answer->status, answer->count);

    if (is_refusal(answer->status) || answer->count > WALK_CODES)
        return used;
    for (unsigned i = 0; i < answer->count && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%c%04x", i ? ',' : '(', answer->codes[i]);
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, ")");
    return used;
}

static inline void walk_report(const struct walk *walk, const char *key)
{
    char text[320] = "nothing";
    size_t used = 0;

    for (unsigned i = 0; i < walk->used && used + 1 < sizeof(text); i++) {
        if (i)
            text[used++] = ' ';
        used += walk_answer_text(&walk->answers[i], text + used, sizeof(text) - used);
    }
    test_value(key, "%s", text);
}

/* An input value with a mistake, and for which calls it is one. */
struct mistake {
    const char *name;
    uint64_t set, clear; /* bits of a right input value */
    uint8_t only, never; /* enum table_kind: all of these, none of those */
};

#define WALK_COUNT(n)    ((uint64_t)(n) << HV_HYPERCALL_REP_COUNT_SHIFT)
#define WALK_START(n)    ((uint64_t)(n) << HV_HYPERCALL_REP_START_INDEX_SHIFT)
#define WALK_VARIABLE(n) ((uint64_t)(n) << HV_HYPERCALL_VARIABLE_HEADER_SIZE_SHIFT)

static inline bool walk_concerns(const struct mistake *mistake, const struct table_call *call)
{
    return table_is_safe(call) && (call->kinds & mistake->only) == mistake->only &&
           !(call->kinds & mistake->never);
}

static inline uint64_t walk_control(const struct mistake *mistake, const struct table_call *call)
{
    uint64_t right = hv_control(call->code, false, 0, call->kinds & TABLE_REP, 0);

    return (right & ~mistake->clear) | mistake->set;
}

/* What to add to the address of parameters. */
static inline unsigned walk_misalignment(const struct table_call *call)
{
    return call->kinds & TABLE_HARMLESS ? 0 : 1;
}

/*
 * The result of a call with a wrong input value. Zeros are right input for some harmless calls, and
 * one mistake more for others; of the misalignment it is known what to say.
 */
static inline void walk_check(const struct mistake *mistake, const struct table_call *call,
                              uint64_t result)
{
    uint16_t status = hv_result_status(result);
    bool allowed = call->kinds & TABLE_HARMLESS
                       ? status != HV_STATUS_SUCCESS
                       : is_refusal(status) || status == HV_STATUS_INVALID_HYPERCALL_INPUT ||
                             status == HV_STATUS_INVALID_ALIGNMENT;

    CHECK(result == status && allowed, "%s, code 0x%04x: result 0x%llx", mistake->name, call->code,
          (unsigned long long)result);
}

#endif
