/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Arithmetic of instructions with a memory operand. */
#ifndef WORKER_ALU_H
#define WORKER_ALU_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/insn.h>

/* Whether op is one of those that worker_alu() knows. */
bool worker_alu_knows(enum hv_insn_op op);

/* Whether the result is stored: not for CMP and TEST. */
bool worker_alu_stores(enum hv_insn_op op);

/*
 * Computes left op right; NOT, NEG, INC and DEC have no right. Operands have size bytes, 1, 2, 4 or
 * 8, and no bits above. The status flags in rflags are set as the instruction does.
 */
uint64_t worker_alu(enum hv_insn_op op, unsigned size, uint64_t left, uint64_t right,
                    uint64_t *rflags);

#endif
