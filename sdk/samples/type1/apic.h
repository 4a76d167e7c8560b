/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The physical local APIC of this LP (APM vol. 2, chapter 16). It is the hypervisor's; guests have
   lib/core's. */
#ifndef TYPE1_APIC_H
#define TYPE1_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Registers by their offset in the xAPIC page. */
#define APIC_ID            0x020
#define APIC_VERSION       0x030
#define APIC_TPR           0x080
#define APIC_EOI           0x0B0
#define APIC_LDR           0x0D0
#define APIC_DFR           0x0E0
#define APIC_SVR           0x0F0
#define APIC_ISR           0x100
#define APIC_TMR           0x180
#define APIC_ICR           0x300
#define APIC_ICR_HIGH      0x310
#define APIC_LVT_TIMER     0x320
#define APIC_LVT_THERMAL   0x330
#define APIC_LVT_PERFMON   0x340
#define APIC_LVT_LINT0     0x350
#define APIC_LVT_LINT1     0x360
#define APIC_LVT_ERROR     0x370
#define APIC_INITIAL_COUNT 0x380
#define APIC_CURRENT_COUNT 0x390
#define APIC_DIVIDE        0x3E0

#define APIC_SVR_ENABLE  (1u << 8)
#define APIC_LVT_MASKED  (1u << 16)
#define APIC_LVT_MODE    (7u << 8)
#define APIC_LVT_EXTINT  (7u << 8)
#define APIC_DIVIDE_BY_1 0xBu

/* Vectors of the hypervisor's own. A device of the root partition that is given one of them is
   heard all the same: what the hypervisor did not ask for is the guest's. */
#define APIC_VECTOR_TIMER    0xFE
#define APIC_VECTOR_SPURIOUS 0xFF

#define APIC_ICR_NMI     (4u << 8)
#define APIC_ICR_INIT    (5u << 8)
#define APIC_ICR_STARTUP (6u << 8)
#define APIC_ICR_BUSY    (1u << 12)
#define APIC_ICR_ASSERT  (1u << 14)

/* Maps the xAPIC page; once, on the first LP, with the final page tables. */
void apic_map(void);

/* Physical address of the APIC page. */
uint64_t apic_page(void);

/* Whether this LP's APIC is in x2APIC mode. */
bool apic_is_x2apic(void);

uint32_t apic_id(void);
uint32_t apic_read(uint32_t reg);
void apic_write(uint32_t reg, uint32_t value);

/* Sends an interrupt command to one APIC ID. */
void apic_send(uint32_t destination, uint32_t command);

/* Readies this LP's APIC for the hypervisor: enabled, all priorities let through, timer stopped.
   The pins stay as firmware has left them. */
void apic_take(void);

/* Whether that vector is in service here, and was asserted by level. */
bool apic_in_service(uint8_t vector);
bool apic_is_level(uint8_t vector);

/* The highest vector in service, or -1. */
int apic_highest_in_service(void);

void apic_eoi(void);

/* APIC_VECTOR_TIMER after that many ticks of the APIC's clock; 0: never. */
void apic_start_timer(uint32_t ticks);

#endif
