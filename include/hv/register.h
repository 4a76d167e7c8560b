/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * Registers of the architecture by their TLFS names: what is the same for each CPU back end.
 */
#ifndef HV_REGISTER_H
#define HV_REGISTER_H

#include <stdbool.h>
#include <stdint.h>

struct hv_initial_vp_context;
struct hv_register128;

/**
 * Find the MSR that a register is, of those that a guest has to itself: MTRRs, TSC_AUX, PAT, those
 * of SYSENTER, SYSCALL and SWAPGS. Synthetic MSRs, EFER, the TSC and those of the local APIC are
 * not among them. Pure.
 * @return false: it is none of these; @p msr is left alone.
 */
bool hv_register_msr(uint32_t name, uint32_t *msr);

/**
 * Read one register of the state in which HvCallStartVirtualProcessor starts a VP, counted by
 * @p index from 0 on: in the order in which software would set them, long mode before paging, CS
 * before RIP, since each is checked against those that are there. PAT is the last. Pure.
 * @return false: there are no more; nothing is written.
 */
bool hv_register_initial(const struct hv_initial_vp_context *initial, uint32_t index,
                         uint32_t *name, struct hv_register128 *value);

#endif
