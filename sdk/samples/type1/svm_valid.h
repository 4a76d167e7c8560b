/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which register values the architecture takes: what VMRUN or the guest's own MOV would refuse. */
#ifndef TYPE1_SVM_VALID_H
#define TYPE1_SVM_VALID_H

#include <stdbool.h>
#include <stdint.h>

struct svm_vp;
struct hv_register128;

bool svm_valid_canonical(const struct svm_vp *vp, uint64_t value);
bool svm_valid_rip(const struct svm_vp *vp, uint64_t value);
bool svm_valid_rflags(const struct svm_vp *vp, uint64_t value);
bool svm_valid_cr0(const struct svm_vp *vp, uint64_t value);
bool svm_valid_cr3(const struct svm_vp *vp, uint64_t value);
bool svm_valid_cr4(const struct svm_vp *vp, uint64_t value);
bool svm_valid_debug(const struct svm_vp *vp, uint64_t value);
bool svm_valid_pat(const struct svm_vp *vp, uint64_t value);
bool svm_valid_segment(const struct svm_vp *vp, uint32_t name, const struct hv_register128 *value);

/* Type and vector of a pending event. */
bool svm_valid_event(uint64_t type, uint64_t vector, bool has_error);

#endif
