/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Two VPs of a partition whose SynICs are on: what tests of messages and events stand on. */
#ifndef HV_CORE_TESTS_SYNIC_FIXTURE_H
#define HV_CORE_TESTS_SYNIC_FIXTURE_H

#include "msr_access.h"
#include "vp_fixture.h"

#define SINT     4
#define VECTOR   0x40
#define SIM_GPA  UINT64_C(0x5000)
#define SIEF_GPA UINT64_C(0x6000)
#define TYPE     0x17 /* of a message */

static struct hv_vp *other;

static inline void enable_synic(struct hv_vp *target, uint64_t offset)
{
    must_write(target, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    must_write(target, HV_X64_MSR_SIMP, (SIM_GPA + offset) | HV_X64_MSR_PAGE_ENABLE);
    must_write(target, HV_X64_MSR_SIEFP, (SIEF_GPA + offset) | HV_X64_MSR_PAGE_ENABLE);
    must_write(target, HV_X64_MSR_SINT0 + SINT, VECTOR);
    hv_apic_write(&target->apic, HV_APIC_SVR, 0x1FF, 0);
}

static inline void synic_setup(void)
{
    setup();
    other = fake_vp_create(&fake, partition, 1);
    enable_synic(vp, 0);
    enable_synic(other, 0x10000);
}

static inline struct hv_message *slot(struct hv_vp *target, unsigned sint)
{
    struct hv_message_page *page = target->synic.message_page.page;

    return &page->sint_message[sint];
}

/* The vector that the VP takes next. */
static inline int pending(struct hv_vp *target)
{
    hv_interrupt_poll(target, fake.tsc);
    return hv_interrupt_view(target)->vector;
}

#endif
