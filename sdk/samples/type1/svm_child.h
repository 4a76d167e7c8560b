/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is different for VPs of child partitions: they have nothing of the machine, and the parent
   sees what they do. */
#ifndef TYPE1_SVM_CHILD_H
#define TYPE1_SVM_CHILD_H

#include <stdbool.h>
#include <stdint.h>

struct hv_exit;
struct hv_vp;
struct svm_vp;

/* Permission maps; once. */
void svm_child_init(void);

/* Adapts a VMCB that has what all VPs have (svm_child.c). */
void svm_child_set_intercepts(struct svm_vp *vp);

/* An exit that is handled in another way than the root's; false: it is not (svm_child.c). */
bool svm_child_exit(struct svm_vp *vp);

/* What a memory exit's message has besides the address (svm_child.c). */
void svm_child_describe_access(struct svm_vp *vp, struct hv_exit *exit);

/* When it begins to run, and at each exit: exceptions that the parent wants to see. */
void svm_child_prepare(struct svm_vp *vp);

/* An exception that was raised for it, and that its parent wants to see first (svm_child.c). */
void svm_child_show_raised(struct svm_vp *vp);

/* A triple fault: its parent is told (svm_child.c). */
void svm_child_shut_down(struct svm_vp *vp);

/* INIT, and what reset adds to it: VP 0 goes on, at the reset vector (svm_child.c). */
void svm_child_take_init(struct svm_vp *vp);
void svm_child_set_reset_state(struct svm_vp *vp);

/* MSRs that are not synthetic; false: it has no such one, or it can't take the value
   (svm_child_msr.c). */
bool svm_child_msr_read(struct svm_vp *vp, uint32_t msr, uint64_t *value);
bool svm_child_msr_write(struct svm_vp *vp, uint32_t msr, uint64_t value);
uint64_t svm_child_msr_map(void);

/* From what the root sees to what a child sees, and what of that is the same for all
   (svm_child_cpuid.c). */
void svm_child_cpuid_of_all(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
void svm_child_cpuid(const struct svm_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* hv_cpu_ops.cpuid (svm_child_cpuid.c). */
void svm_tell_cpuid(void *context, struct hv_vp *vp, uint32_t leaf, uint32_t subleaf,
                    uint32_t out[4]);

#endif
