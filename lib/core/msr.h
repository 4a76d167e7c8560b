/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Synthetic MSRs. */
#ifndef HV_CORE_MSR_H
#define HV_CORE_MSR_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/exit.h>
#include <hv/vp.h>

struct hv_overlay;

/* How an access ends. */
enum hv_msr_result {
    HV_MSR_OK,
    HV_MSR_FAULT, /* #GP for a guest, HV_STATUS_INVALID_PARAMETER for a register hypercall */
    HV_MSR_IDLE,  /* read is done; the VP is to wait for an interrupt */
    HV_MSR_RESET, /* write is done; the machine is to be reset */
};

/* How the table of MSRs (msr.c) reaches a register. A writer that faults has changed nothing. */
typedef enum hv_msr_result hv_msr_reader(struct hv_vp *vp, uint32_t msr, uint64_t *value);
typedef enum hv_msr_result hv_msr_writer(struct hv_vp *vp, uint32_t msr, uint64_t value);

__attribute__((noinline)) enum hv_disposition hv_msr_read_exit(struct hv_vp *vp,
                                                               struct hv_exit *exit);
__attribute__((noinline)) enum hv_disposition hv_msr_write_exit(struct hv_vp *vp,
                                                                struct hv_exit *exit);

/*
 * The register behind a synthetic MSR, with the checks of its value but without those of the
 * caller's privilege: for register hypercalls, which have a privilege of their own. HV_MSR_FAULT
 * for an MSR that does not exist, or is not readable or writable.
 */
enum hv_msr_result hv_msr_get(struct hv_vp *vp, uint32_t msr, uint64_t *value);
enum hv_msr_result hv_msr_set(struct hv_vp *vp, uint32_t msr, uint64_t value);

/*
 * Writes an MSR that places an overlay page: bit 0 and the page number decide, the rest is kept as
 * written (TLFS: RsvdP). HV_MSR_FAULT when no page is left for the nested page tables.
 */
enum hv_msr_result hv_msr_place_page(struct hv_partition *partition, _Atomic uint64_t *msr,
                                     struct hv_overlay *overlay, uint64_t value);

/* The same for a caller that holds register_lock. */
enum hv_msr_result hv_msr_place_page_locked(struct hv_partition *partition, _Atomic uint64_t *msr,
                                            struct hv_overlay *overlay, uint64_t value);

#endif
