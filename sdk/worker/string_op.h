/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What all string instructions share: rSI, rDI, rCX and how often. */
#ifndef WORKER_STRING_OP_H
#define WORKER_STRING_OP_H

#include "vp.h"

struct worker_string {
    uint8_t size;         /* of an element */
    uint8_t address_size; /* bytes of rSI, rDI and rCX that count */
    uint8_t segment;      /* of rSI */
    bool repeats;
    bool done;
    uint32_t elements; /* in this intercept */
};

/* General registers used must be known. */
void worker_string_start(const struct hv_insn *insn, struct worker_string *string);

/*
 * Whether there is one more element to do now; the loop's condition. When the limit of an intercept
 * is reached, the guest is to execute the instruction again.
 */
bool worker_string_next(struct worker_vp *vp, struct worker_string *string);

/* Where the element is. False: an exception. */
bool worker_string_source(struct worker_vp *vp, const struct worker_string *string,
                          uint64_t *linear);
bool worker_string_destination(struct worker_vp *vp, const struct worker_string *string,
                               uint64_t *linear);

/* Moves rSI or rDI to the next element; counts one as done, when all of it is. */
void worker_string_step(struct worker_vp *vp, const struct worker_string *string, unsigned gpr);
void worker_string_count(struct worker_vp *vp, struct worker_string *string);

#endif
