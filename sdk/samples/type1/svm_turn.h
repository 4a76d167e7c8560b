/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#ifndef TYPE1_SVM_TURN_H
#define TYPE1_SVM_TURN_H

#include <stdbool.h>

struct lp;

/* Whether the processor knows by vmcb.clean what of a VMCB has not changed; once. */
void svm_turn_init(bool has_clean_bits);

/* Runs the VPs of the LP, in the order that its scheduler gives. */
void svm_turn_picked(struct lp *lp) __attribute__((noreturn));

#endif
