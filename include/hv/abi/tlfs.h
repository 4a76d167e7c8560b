/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The Hyper-V interface as the Hypervisor Top Level Functional Specification (TLFS) gives
 * it.
 *
 * Include this file; it includes the parts. It contains constants and wire structures for x64 and
 * no function, so that hypervisors, guests and tools can share it.
 *
 * Names:
 * - Constants have the name of the TLFS, in its spelling: HvCallPostMessage, HvX64RegisterRip,
 *   HvMessageTypeGpaIntercept, HV_STATUS_SUCCESS, HV_X64_MSR_SCONTROL.
 * - Partition privileges are HV_PRIVILEGE_ and the field name of HV_PARTITION_PRIVILEGE_MASK.
 * - CPUID bits are named after what the TLFS says of them: HV_FEATURE_ECX_ and HV_FEATURE_EDX_ for
 *   leaf 0x40000003, HV_RECOMMEND_ for 0x40000004, HV_HARDWARE_ for 0x40000006,
 *   HV_CPU_MANAGEMENT_ for 0x40000007, HV_SVM_ for 0x40000008, HV_NESTED_HYPERVISOR_ for
 *   0x40000009 and HV_NESTED_VIRTUALIZATION_ for 0x4000000A, each followed by the register.
 * - A field of an MSR or of a register is the name of the MSR, or of its structure in the TLFS, and
 *   the field: a mask in place, or _SHIFT for the position of its lowest bit.
 * - Structures have the name of the TLFS in lower case, blocks of hypercalls hv_input_ and
 *   hv_output_ and the name of the call.
 *
 * Sizes: codes, MSR numbers, register names and 32-bit fields are unsigned int; privileges and the
 * fields of 64-bit values are uint64_t.
 *
 * Where the documents disagree, the comment says which one is followed. What no TLFS document
 * contains stands in groups of its own, or is marked "beyond the TLFS", with its source.
 */
#ifndef HV_ABI_TLFS_H
#define HV_ABI_TLFS_H

#include <hv/abi/tlfs_base.h>
#include <hv/abi/tlfs_cpuid.h>
#include <hv/abi/tlfs_evmcs.h>
#include <hv/abi/tlfs_hypercall.h>
#include <hv/abi/tlfs_input.h>
#include <hv/abi/tlfs_input_ipc.h>
#include <hv/abi/tlfs_message.h>
#include <hv/abi/tlfs_msr.h>
#include <hv/abi/tlfs_pages.h>
#include <hv/abi/tlfs_partition.h>
#include <hv/abi/tlfs_registers.h>
#include <hv/abi/tlfs_registers_x64.h>
#include <hv/abi/tlfs_statistics.h>
#include <hv/abi/tlfs_values.h>

#endif
