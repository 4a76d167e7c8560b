/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How a guest reaches its local APIC: page, architectural MSRs, synthetic MSRs. */
#ifndef HV_CORE_APIC_ACCESS_H
#define HV_CORE_APIC_ACCESS_H

#include <hv/exit.h>
#include <hv/vp.h>

#include "msr.h"

/* IA32_APIC_BASE, IA32_TSC_DEADLINE and the x2APIC registers; HV_DISPOSITION_PASS for others. */
enum hv_disposition hv_apic_rdmsr(struct hv_vp *vp, struct hv_exit *exit);
enum hv_disposition hv_apic_wrmsr(struct hv_vp *vp, struct hv_exit *exit);

/* The same registers by the number of their MSR, in any mode; false where RDMSR or WRMSR would
   raise #GP. For MSRs of the APIC only. */
bool hv_apic_get_msr(struct hv_vp *vp, uint32_t msr, uint64_t *value);
bool hv_apic_set_msr(struct hv_vp *vp, uint32_t msr, uint64_t value);

/* Sets IA32_APIC_BASE for who restores the VP, or resets it: from any mode to any other. */
bool hv_apic_set_base(struct hv_vp *vp, uint64_t value);

/* Whether a fault at that address is an access to the APIC's registers. */
bool hv_apic_is_page(const struct hv_vp *vp, uint64_t gpa);

/* An access of 32 bits to the register at that address of the page, which is a multiple of 16. On
   the LP that owns vp. */
uint32_t hv_apic_page_load(struct hv_vp *vp, uint64_t gpa);
void hv_apic_page_store(struct hv_vp *vp, uint64_t gpa, uint32_t value);

/* Carries out the instruction that accesses the page. */
enum hv_disposition hv_apic_page_exit(struct hv_vp *vp, struct hv_exit *exit);

/* HV_X64_MSR_EOI, HV_X64_MSR_ICR, HV_X64_MSR_TPR. */
hv_msr_writer hv_apic_write_eoi;
hv_msr_reader hv_apic_read_icr;
hv_msr_writer hv_apic_write_icr;
hv_msr_reader hv_apic_read_tpr;
hv_msr_writer hv_apic_write_tpr;

#endif
