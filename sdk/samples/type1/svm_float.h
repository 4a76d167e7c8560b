/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Floating point and SSE registers. The hypervisor uses none of its own, so that the guest's are
   always in the processor. */
#ifndef TYPE1_SVM_FLOAT_H
#define TYPE1_SVM_FLOAT_H

#include <stdbool.h>
#include <stdint.h>

struct hv_register128;

/* HvX64RegisterXmm0 to HvX64RegisterXmmControlStatus. False: the processor refuses the value. */
void svm_float_get(uint32_t name, struct hv_register128 *value);
bool svm_float_set(uint32_t name, const struct hv_register128 *value);

/* XMM0 to XMM5, one after the other. */
void svm_float_show(struct hv_register128 *xmm);

#endif
