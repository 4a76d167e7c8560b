/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* DR0 to DR3 of VPs; DR6 and DR7 are in the VMCB. On the VP's LP. */
#ifndef TYPE1_SVM_DEBUG_H
#define TYPE1_SVM_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

struct svm_vp;

/* The VP has left the guest by an access to a debug register, which it is to execute again. */
void svm_debug_open(struct svm_vp *vp);

/* DR7 has been set from outside: breakpoints count at the next entry. */
void svm_debug_update(struct svm_vp *vp);

/* When the VP's state comes into the processor, and goes from there. */
void svm_debug_load(const struct svm_vp *vp);
void svm_debug_save(struct svm_vp *vp);

/* DR0 to DR3 by number, wherever they are. */
uint64_t svm_debug_get(const struct svm_vp *vp, unsigned number);
void svm_debug_set(struct svm_vp *vp, unsigned number, uint64_t value);

/* A VP that has never run: its registers are in its memory. */
void svm_debug_reset(struct svm_vp *vp);

#endif
