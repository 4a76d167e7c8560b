/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How much of the machine's processors a partition's VPs get (TLFS v6.0b, 14.2): weight, reserve
 * and cap, which are partition properties. The scheduler goes by the weight.
 */
#ifndef HV_CORE_CPU_SHARE_H
#define HV_CORE_CPU_SHARE_H

#include <stdatomic.h>
#include <stdint.h>

#include <hv/status.h>

struct hv_partition;

/* Part of struct hv_partition. */
struct hv_cpu_share {
    _Atomic uint32_t weight; /* HV_CPU_WEIGHT_MIN to _MAX; read by any LP */
    /* Under the lock of the hierarchy, or of the registers where there is none. */
    uint32_t reserve; /* of an LP for each VP, in units of 1 / HV_CPU_CAP_SCALE */
    uint32_t cap;     /* the same */
    uint32_t vps;     /* that the reserve is for */
};

void hv_cpu_share_init(struct hv_cpu_share *share);

/* One of the three properties. HV_STATUS_UNKNOWN_PROPERTY. */
hv_status hv_cpu_share_get(const struct hv_partition *partition, uint32_t code, uint64_t *value);

/*
 * HV_STATUS_UNKNOWN_PROPERTY; HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE also for a reserve above the
 * cap, and for one by which the reserves of all VPs were more than the machine has.
 */
hv_status hv_cpu_share_set(struct hv_partition *partition, uint32_t code, uint64_t value);

/* There will be one more VP: HV_STATUS_OPERATION_DENIED when the machine has not enough for its
   reserve. And one less. */
hv_status hv_cpu_share_add_vp(struct hv_partition *partition);
void hv_cpu_share_remove_vp(struct hv_partition *partition);

#endif
