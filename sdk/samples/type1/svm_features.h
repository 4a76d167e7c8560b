/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The processor in the words of partition properties: features that a parent can take from its
   child, and the bits of CPUID that tell of them. */
#ifndef TYPE1_SVM_FEATURES_H
#define TYPE1_SVM_FEATURES_H

#include <stdint.h>

struct hv_partition;
struct hv_processor_facts;

/* What this machine has for children. */
void svm_features_find(struct hv_processor_facts *facts);

/* Takes from a leaf of CPUID what the partition doesn't have. */
void svm_features_mask(const struct hv_partition *partition, uint32_t leaf, uint32_t subleaf,
                       uint32_t out[4]);

#endif
