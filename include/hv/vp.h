/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief Virtual processors: created in a partition, driven by a CPU back end.
 *
 * A back end's loop for one VP is
 * @code
 *     for (;;) {
 *         hv_vp_prepare(vp);
 *         enter the guest; it leaves
 *         fill a struct hv_exit
 *         act on hv_vp_exit(vp, &exit)
 *     }
 * @endcode
 * A VP's state is touched only on the LP that runs it. Another LP that wants something of it posts
 * a request and kicks it; hv_vp_prepare() serves the requests.
 */
#ifndef HV_VP_H
#define HV_VP_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/exit.h>
#include <hv/partition.h>
#include <hv/status.h>

/**
 * Create a VP of a partition without a parent. To be called before any VP of the partition runs.
 *
 * @param partition its partition; pays with pages of its pool.
 * @param index     VP index.
 * @param apic_id   ID of its local APIC, 0 to 2047, which no other VP of the partition has.
 * @param backend   the back end's own object for this VP.
 * @param[out] vp   the new VP.
 * @return HV_STATUS_SUCCESS; HV_STATUS_INVALID_VP_INDEX when out of range or taken;
 *         HV_STATUS_INVALID_PARAMETER for an APIC ID that is; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_vp_create(struct hv_partition *partition, uint32_t index, uint32_t apic_id,
                       void *backend, struct hv_vp **vp);

/** The VP of that index, or NULL. */
struct hv_vp *hv_vp_get(const struct hv_partition *partition, uint32_t index);

/** The back end's object. */
void *hv_vp_backend(const struct hv_vp *vp);

/** The VP's index. */
uint32_t hv_vp_index(const struct hv_vp *vp);

/** The VP's partition. */
struct hv_partition *hv_vp_partition(const struct hv_vp *vp);

/**
 * Handle an exit. On the LP that runs @p vp.
 *
 * Advances RIP by the instruction length where the instruction is completed, in 64 bits: outside
 * 64-bit mode the back end truncates it. Never fails: a guest that does something wrong gets the
 * exception or status that the TLFS gives for it.
 */
enum hv_disposition hv_vp_exit(struct hv_vp *vp, struct hv_exit *exit);

/** Serve requests that others posted for @p vp. On the LP that runs it, before each entry. */
void hv_vp_prepare(struct hv_vp *vp);

/**
 * Whether @p vp must not be entered, because its parent has suspended it or has not yet dealt with
 * its intercept (TLFS: HvRegisterExplicitSuspend and those that follow). To be asked after
 * hv_vp_prepare(), before each entry of a VP whose partition has a parent; a kick follows each
 * change. On any LP; on the one that runs @p vp, what is no more so was so before hv_vp_prepare().
 */
bool hv_vp_is_suspended(const struct hv_vp *vp);

/**
 * The exceptions that the parent of @p vp's partition wants to see first, a bit for each of the
 * vectors 0 to 31: the back end leaves the guest at them, before they combine into others, with
 * HV_EXIT_EXCEPTION. INT n, INT3, INTO and ICEBP are none. To be read before each entry.
 */
uint32_t hv_vp_exception_intercepts(const struct hv_vp *vp);

/**
 * The VP starts to run on an LP: VP runtime and the synthetic time-unhalted timer count from here.
 * @p tsc is hv_time_ops.tsc. On that LP.
 */
void hv_vp_account_start(struct hv_vp *vp, uint64_t tsc);

/** The VP stops to run (it waits, idles or is descheduled): both stand still from here. */
void hv_vp_account_stop(struct hv_vp *vp, uint64_t tsc);

/**
 * Which of SGDT, SIDT, SLDT and STR the guest wants refused outside CPL 0: the bits of
 * HV_X64_MSR_NPIEP_CONFIG. A back end with HV_CPU_NPIEP reads it before each entry.
 */
uint32_t hv_vp_npiep(const struct hv_vp *vp);

/** INIT of one VP: its per-VP synthetic registers go back to their reset values. */
void hv_vp_reset(struct hv_vp *vp);

#endif
