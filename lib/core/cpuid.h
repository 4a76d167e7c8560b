/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* CPUID: what a partition is told. */
#ifndef HV_CORE_CPUID_H
#define HV_CORE_CPUID_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/exit.h>
#include <hv/vp.h>

enum { HV_EAX, HV_EBX, HV_ECX, HV_EDX };

__attribute__((noinline)) enum hv_disposition hv_cpuid_exit(struct hv_vp *vp, struct hv_exit *exit);

/* A leaf of the hypervisor range 0x40000000 to 0x4FFFFFFF. */
void hv_cpuid_hypervisor_leaf(const struct hv_vp *vp, uint32_t leaf, uint32_t out[4]);

/* An architectural leaf: value holds what the back end would answer and is adapted. */
void hv_cpuid_architectural_leaf(const struct hv_vp *vp, uint32_t leaf, uint32_t subleaf,
                                 uint32_t value[4]);

/* Clears what the partition's parent has disabled in an architectural leaf. */
void hv_cpuid_hide_disabled(const struct hv_partition *partition, uint32_t leaf, uint32_t subleaf,
                            uint32_t value[4]);

/* Any leaf of a child, with or without what its parent has registered: value holds what the back
   end would answer. */
void hv_cpuid_answer_child(const struct hv_vp *vp, uint32_t leaf, uint32_t subleaf, bool registered,
                           uint32_t value[4]);

#endif
