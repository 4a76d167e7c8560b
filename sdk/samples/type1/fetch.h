/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The instruction that a VP left the guest at. */
#ifndef TYPE1_FETCH_H
#define TYPE1_FETCH_H

#include <stdbool.h>

#include <hv/insn.h>

struct svm_vp;

/* The mode that code runs in. */
enum hv_insn_mode fetch_mode(const struct svm_vp *vp);

/*
 * Length of the intercepted instruction, from the processor if it tells, else decoded.
 * @return 0 if another instruction, or none, is there now: another VP has changed the code.
 */
unsigned fetch_length(struct svm_vp *vp, enum hv_insn_op op);

struct hv_exit;

/* The bytes of the instruction at RIP, and their mode, for an exit that lib/core decodes. */
void fetch_code(struct svm_vp *vp, struct hv_exit *exit);

/* Fetches and decodes the instruction at RIP; false if there is none. */
bool fetch_instruction(struct svm_vp *vp, struct hv_insn *insn);

#endif
