/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* XSAVE areas: which state components VPs have, and the two formats (APM vol. 2, 11.5). */
#ifndef TYPE1_SVM_XSAVE_H
#define TYPE1_SVM_XSAVE_H

#include <stdbool.h>
#include <stdint.h>

struct hv_vp;

/* A page that XSAVE writes in the standard format. */
struct svm_xsave {
    uint8_t bytes[4096];
} __attribute__((aligned(4096)));

/* The state components that fit in a page and that XCR0 takes together. */
uint64_t svm_xsave_find_states(void);

/* Bytes of an area with these components, in the standard format. */
uint32_t svm_xsave_size(uint64_t states);

/* The state after reset, in a zeroed area. */
void svm_xsave_reset(struct svm_xsave *area);

/* hv_cpu_ops.get_xsave and set_xsave. */
bool svm_get_xsave(void *context, struct hv_vp *vp, uint64_t states, void *area, uint32_t size);
bool svm_set_xsave(void *context, struct hv_vp *vp, uint64_t states, const void *area,
                   uint32_t size);

#endif
