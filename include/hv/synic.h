/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The synthetic interrupt controller of a VP, as an embedder's own devices use it.
 *
 * What other partitions send goes through ports (hv/port.h). Source: TLFS, "Inter-Partition
 * Communication".
 */
#ifndef HV_SYNIC_H
#define HV_SYNIC_H

#include <stdint.h>

#include <hv/status.h>
#include <hv/vp.h>

/**
 * Interrupt a VP by one of its synthetic interrupt sources, with neither a message nor an event
 * flag behind it. On any LP.
 *
 * @param vp   whom to interrupt, with the vector that its SINT register has.
 * @param sint 0 to 15.
 * @return HV_STATUS_SUCCESS, also for a SINT in polling mode, which interrupts nobody;
 *         HV_STATUS_INVALID_PARAMETER for a @p sint out of range; HV_STATUS_INVALID_SYNIC_STATE
 *         when the VP's SynIC is off or the SINT is masked.
 */
hv_status hv_synic_raise(struct hv_vp *vp, uint32_t sint);

#endif
