/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* XSAVE areas: which state components VPs have, and the two formats (APM vol. 2, 11.5). */
#ifndef TYPE1_SVM_XSAVE_H
#define TYPE1_SVM_XSAVE_H

#include <stdbool.h>
#include <stdint.h>

struct hv_vp;

/* State components: bits of XCR0. */
#define SVM_XSAVE_X87    UINT64_C(1)
#define SVM_XSAVE_SSE    UINT64_C(2)
#define SVM_XSAVE_AVX    UINT64_C(4)
#define SVM_XSAVE_BOUNDS UINT64_C(0x18)
#define SVM_XSAVE_AVX512 UINT64_C(0xE0)
#define SVM_XSAVE_KEYS   (UINT64_C(1) << 9)

/* A page that XSAVE writes in the standard format. */
struct svm_xsave {
    uint8_t bytes[4096];
} __attribute__((aligned(4096)));

/* Bytes of an area with these components, in the standard format. */
uint32_t svm_xsave_size(uint64_t states);

/* The state after reset, in a zeroed area. */
void svm_xsave_reset(struct svm_xsave *area);

/* hv_cpu_ops.get_xsave and set_xsave. */
bool svm_get_xsave(void *context, struct hv_vp *vp, uint64_t states, void *area, uint32_t size);
bool svm_set_xsave(void *context, struct hv_vp *vp, uint64_t states, const void *area,
                   uint32_t size);

#endif
