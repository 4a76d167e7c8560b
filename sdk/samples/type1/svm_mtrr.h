/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Memory type ranges of a child's VP (APM vol. 2, 7.7): registers that hold what is written, since
 * the machine's ranges are the root's, and which type an access has follows from the guest's PAT.
 */
#ifndef TYPE1_SVM_MTRR_H
#define TYPE1_SVM_MTRR_H

#include <stdbool.h>
#include <stdint.h>

#define SVM_MTRR_VARIABLE 8
#define SVM_MTRR_FIXED    11

struct svm_mtrr {
    uint64_t type; /* default type register */
    uint64_t variable[2 * SVM_MTRR_VARIABLE];
    uint64_t fixed[SVM_MTRR_FIXED];
};

/* False: no such register. */
bool svm_mtrr_read(const struct svm_mtrr *mtrr, uint32_t msr, uint64_t *value);

/* False: no such register, not one to write, or not a value for it. */
bool svm_mtrr_write(struct svm_mtrr *mtrr, uint32_t msr, uint64_t value);

#endif
