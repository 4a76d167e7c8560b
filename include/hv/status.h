/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief The type in which the hypervisor answers.
 */
#ifndef HV_STATUS_H
#define HV_STATUS_H

#include <stdint.h>

/**
 * A TLFS status code: HV_STATUS_SUCCESS (0) or one of the HV_STATUS_ constants of hv/abi/tlfs.h.
 *
 * Functions of this library report failure in the same codes that a guest sees, so that a handler
 * can hand them on.
 */
typedef uint16_t hv_status;

#endif
