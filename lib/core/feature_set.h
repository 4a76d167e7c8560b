/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a partition is offered, derived once from what its creator asked for, what this library
 * implements and what the back end can do. CPUID, the MSR table and the hypercall table all ask
 * here, so that a bit that is announced works and a feature that is missing is not announced.
 */
#ifndef HV_CORE_FEATURE_SET_H
#define HV_CORE_FEATURE_SET_H

#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/platform.h>
#include <hv/status.h>

struct hv_features {
    uint64_t privileges;      /* leaf 0x40000003 EBX:EAX */
    uint32_t features_edx;    /* leaf 0x40000003 EDX */
    uint32_t recommendations; /* leaf 0x40000004 EAX */
    uint32_t hardware;        /* leaf 0x40000006 EAX */
};

struct hv_partition;

/* Privileges of those who have children. */
#define HV_FEATURES_OF_PARENTS                                                                  \
    (HV_PRIVILEGE_CreatePartitions | HV_PRIVILEGE_AccessMemoryPool | HV_PRIVILEGE_AccessStats | \
     HV_FEATURES_OF_ROOTS)

/* Those of them that concern the whole machine. */
#define HV_FEATURES_OF_ROOTS (HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_ConfigureProfiler)

/* Privileges that mean nothing without a hierarchy of partitions, of which one is the root. */
#define HV_FEATURES_OF_HIERARCHIES \
    (HV_FEATURES_OF_PARENTS | HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort)

/* The privileges that this library can grant on that machine. */
uint64_t hv_features_implemented(const struct hv_platform *platform);

/*
 * Those that a partition can have: a child none that its parent doesn't have, nor those of roots;
 * and no AccessMemoryPool when nobody can be below it.
 */
uint64_t hv_features_grantable(const struct hv_partition *partition);

/* Those that a child has if its parent doesn't say otherwise. */
uint64_t hv_features_of_child(const struct hv_partition *parent);

/* HvPartitionPropertySyntheticProcFeatures: another view of what a partition is offered. */
uint64_t hv_features_get_synthetic(const struct hv_partition *partition);

/*
 * Offers the features that are set, if they can be granted, and not those that are clear.
 * HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE for features that nobody knows, and for a partition without
 * the interface itself.
 */
hv_status hv_features_set_synthetic(struct hv_partition *partition, uint64_t value);

/* privileges: what the partition's creator asks for. */
void hv_features_derive(struct hv_features *features, const struct hv_platform *platform,
                        uint64_t privileges);

#endif
