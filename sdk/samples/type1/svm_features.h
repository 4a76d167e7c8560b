/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The processor in the words of partition properties: features that a parent can take from its
   child. */
#ifndef TYPE1_SVM_FEATURES_H
#define TYPE1_SVM_FEATURES_H

struct hv_platform_facts;

/* What this machine has for children; the capabilities are known. */
void svm_features_find(struct hv_platform_facts *facts);

#endif
