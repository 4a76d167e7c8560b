/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief A VP's registers in its register page, for a host that has one.
 *
 * The hypervisor fills the page (HvVpStatePageRegisters) when a VP is suspended by an intercept,
 * and takes what was changed when the VP goes on. Most intercepts need no more registers than it
 * has, so a host that looks there first saves the hypercalls.
 *
 * A page counts between an intercept and the next time that the VP runs, and no longer than until
 * its registers are written by a hypercall; to know that is up to the host.
 *
 * Source: Linux, include/hyperv; beyond the TLFS.
 */
#ifndef WORKER_REGISTER_PAGE_H
#define WORKER_REGISTER_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <worker/vid.h>

/**
 * Reads registers, all or none.
 *
 * @param page    The page.
 * @param names   HV_REGISTER_NAME of each.
 * @param values  Filled; when false is returned, with anything.
 * @param count   Registers.
 * @return False: the page is not valid, or does not have all of them.
 */
bool worker_register_page_get(const struct hv_vp_register_page *page, const uint32_t *names,
                              union hv_register_value *values, uint32_t count);

#endif
