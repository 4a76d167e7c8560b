/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What an LP exchanges when it turns to another VP. On the VP's LP, but for svm_switch_reset(). */
#ifndef TYPE1_SVM_SWITCH_H
#define TYPE1_SVM_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

struct lp;
struct svm_vp;

/* Finds out what the processor has, before any VP runs. */
void svm_switch_init(void);

/* State components of XSAVE that VPs have each for itself; 0: there is no XSAVE. */
uint64_t svm_switch_states(void);

/* Whether each VP has that MSR for itself in the processor. */
bool svm_switches_msr(uint32_t msr);

/* Of those, writes to some are intercepted, so that they need not be read at each turn. */
void svm_switch_intercept(uint8_t *map);
/* Writes any MSR of the processor for the VP, whose state is there; false: #GP. */
bool svm_switch_write_msr(struct svm_vp *vp, uint32_t msr, uint64_t value);

/* Before the LP turns to its first VP. */
void svm_switch_begin(struct lp *lp);

/* The state of a processor after reset; area is a zeroed page of the VP. */
void svm_switch_reset(struct svm_vp *vp, void *area);

/* The VP's state is in the processor from here on. */
void svm_switch_to(struct svm_vp *vp);

/* The VP's state is in its memory from here on, and nothing of the LP refers to it. */
void svm_switch_away(struct svm_vp *vp);

/* For one access: who had the processor, for svm_switch_return(). */
struct svm_vp *svm_switch_borrow(struct svm_vp *vp);
void svm_switch_return(struct svm_vp *vp, struct svm_vp *other);

#endif
