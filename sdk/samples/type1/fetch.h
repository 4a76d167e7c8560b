/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The instruction that a VP left the guest at. */
#ifndef TYPE1_FETCH_H
#define TYPE1_FETCH_H

#include <stdbool.h>

#include <hv/insn.h>

#include "cpu.h"
#include "svm.h"

/* Attributes of a code segment in a VMCB. */
#define FETCH_SEGMENT_LONG    (1u << 9)
#define FETCH_SEGMENT_DEFAULT (1u << 10)

/* The mode that code runs in. */
enum hv_insn_mode fetch_mode(const struct svm_vp *vp);
static inline bool fetch_is_64(const struct svm_vp *vp)
{
    return (vp->vmcb->efer & EFER_LMA) && (vp->vmcb->cs.attributes & FETCH_SEGMENT_LONG);
}

/*
 * Length of the intercepted instruction, from the processor if it tells, else decoded.
 * @return 0 if another instruction, or none, is there now: another VP has changed the code.
 */
unsigned fetch_length(struct svm_vp *vp, enum hv_insn_op op);

/* The linear address of RIP, and of an offset in a segment (enum hv_insn_segment). */
uint64_t fetch_linear_rip(const struct svm_vp *vp);
uint64_t fetch_linear(const struct svm_vp *vp, unsigned segment, uint64_t offset);

/* What is readable of the 15 bytes at RIP; returns how many. */
unsigned fetch_bytes(struct svm_vp *vp, uint8_t bytes[HV_INSN_MAX_LENGTH]);

struct hv_exit;

/* The bytes of the instruction at RIP, and their mode, for an exit that lib/core decodes. */
void fetch_code(struct svm_vp *vp, struct hv_exit *exit);

/* Fetches and decodes the instruction at RIP; false if there is none. */
bool fetch_instruction(struct svm_vp *vp, struct hv_insn *insn);

#endif
