/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Pages by which a parent sees the state of its child's VP without asking (TLFS:
 * HvCallMapVpStatePage): the latest intercept message, and the registers at the intercept.
 *
 * Each is a page of the child's pool, which lies over the parent's GPA space while it is mapped; by
 * itself where the parent had that page before it deposited it. It stays the VP's until the VP
 * ends. All of it belongs to the LP that owns the VP.
 */
#ifndef HV_CORE_VP_STATE_PAGE_H
#define HV_CORE_VP_STATE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/status.h>

#include "address_space.h"

struct hv_gprs;
struct hv_shown_registers;
struct hv_vp;

#define HV_VP_STATE_PAGES 2 /* HvVpStatePageRegisters, HvVpStatePageInterceptMessage */

/*
 * Maps a page at *gpa_page of the parent's GPA space or, if that isn't given, tells where it is
 * now. HV_STATUS_INVALID_PARAMETER for a type or a place that is not there;
 * HV_STATUS_INSUFFICIENT_MEMORY of the child; HV_STATUS_INSUFFICIENT_ROOT_MEMORY of the parent.
 */
hv_status hv_state_page_map(struct hv_vp *vp, uint32_t type, bool given, uint64_t *gpa_page);

/* HV_STATUS_INVALID_PARAMETER for a page that is not mapped. */
hv_status hv_state_page_unmap(struct hv_vp *vp, uint32_t type);

/* Takes the page, if there is one, from under the parent's eyes and gives it back. */
void hv_state_page_destroy(struct hv_vp *vp, uint32_t type);

/* ---- The register page (register_page.c) ---- */

/* Where the back end is to put what it shows. */
struct hv_shown_registers *hv_register_page_shown(struct hv_vp_register_page *page);

/* Writes the rest, when that is there: gprs are those of the exit. */
void hv_register_page_fill(struct hv_vp_register_page *page, const struct hv_gprs *gprs,
                           uint8_t cr8);

/*
 * Takes the registers that the parent has changed in a page that is valid, which then is not any
 * more. HV_STATUS_INVALID_REGISTER_VALUE when one is refused; those before it have been taken.
 */
hv_status hv_register_page_take(struct hv_vp *vp);

/* Takes the vectors that the parent has left in the page, valid or not: their number is the lowest
   byte, they are above it. */
uint64_t hv_register_page_take_vectors(struct hv_vp *vp);

/* Where the page is, or NULL while it is not mapped. */
void *hv_state_page(struct hv_vp *vp, uint32_t type);

#endif
