/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* VP registers by name (TLFS: HV_REGISTER_NAME), as register hypercalls read and write them. */
#ifndef HV_CORE_REGISTER_H
#define HV_CORE_REGISTER_H

#include <stdint.h>

#include <hv/platform.h>
#include <hv/status.h>
#include <hv/vp.h>

/* On the LP that owns vp. HV_STATUS_INVALID_PARAMETER for a name that can't be read. */
hv_status hv_register_get(struct hv_vp *vp, uint32_t name, struct hv_register128 *value);

/*
 * On the LP that owns vp. HV_STATUS_INVALID_PARAMETER for a name that can't be written or bits
 * beyond its size; HV_STATUS_INVALID_REGISTER_VALUE for a value that the register refuses.
 */
hv_status hv_register_set(struct hv_vp *vp, uint32_t name, const struct hv_register128 *value);

#endif
