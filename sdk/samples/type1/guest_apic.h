/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The root partition's local APICs. They are the physical ones; only what would start, stop or
 * interrupt an LP behind the hypervisor's back is looked at: APIC_BASE, INIT, start-up, NMI.
 */
#ifndef TYPE1_GUEST_APIC_H
#define TYPE1_GUEST_APIC_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/platform.h>

struct svm_vp;

/* Whether the guest physical address lies in the APIC page, which is mapped without write access.
 */
bool guest_apic_is_page(uint64_t gpa);

/* Carries out the instruction at RIP, a store to the APIC page. */
void guest_apic_store(struct svm_vp *vp, uint64_t gpa);

/* WRMSR; false: #GP. */
bool guest_apic_write_base(struct svm_vp *vp, uint64_t value);
bool guest_apic_write_x2apic_icr(struct svm_vp *vp, uint64_t value);

/* hv_cpu_ops.read_apic and write_apic. */
uint64_t guest_apic_read_synthetic(void *context, struct hv_vp *vp, enum hv_apic_register reg);
bool guest_apic_write_synthetic(void *context, struct hv_vp *vp, enum hv_apic_register reg,
                                uint64_t value);

#endif
