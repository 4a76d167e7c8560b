/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The processor in the words of partition properties.
 */
#ifndef HV_PROCESSOR_H
#define HV_PROCESSOR_H

#include <stdint.h>

#include <hv/platform.h>

/**
 * What CPUID answers: EAX, EBX, ECX and EDX of a leaf, in this order.
 * @param context the caller's of hv_processor_find_features().
 * @param leaf    EAX. Leaf 0, and 0x80000000, have the last leaf of their range in EAX.
 * @param subleaf ECX.
 * @param value   [out] zeros where there is no such subleaf.
 */
typedef void hv_cpuid_function(void *context, uint32_t leaf, uint32_t subleaf, uint32_t value[4]);

/**
 * Find which features of HV_PARTITION_PROCESSOR_FEATURES, its second bank, and
 * HV_PARTITION_PROCESSOR_XSAVE_FEATURES a processor has. A parent can disable these for a child,
 * whose CPUID is without them then. Those that no bit of CPUID tells are missing.
 * @param read    answers as guests are to see it, so that what the back end hides from them is
 * missing.
 * @param context for @p read.
 * @param facts   [out] features and xsave_features; the others stay as they are.
 */
void hv_processor_find_features(hv_cpuid_function *read, void *context,
                                struct hv_processor_facts *facts);

#endif
