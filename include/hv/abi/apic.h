/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The local APIC's registers. Sources: Intel SDM, volume 3A, chapter "Advanced Programmable
 * Interrupt Controller (APIC)"; AMD64 APM, volume 2, chapter 16. Names are those of the SDM.
 */
#ifndef HV_ABI_APIC_H
#define HV_ABI_APIC_H

#include <stdint.h>

/* Where the registers are in memory after a reset, 16 bytes each, and as MSRs in x2APIC mode. */
#define HV_APIC_DEFAULT_BASE UINT64_C(0xFEE00000)
#define HV_APIC_X2_MSR_FIRST 0x800u
#define HV_APIC_X2_MSR_LAST  0x8FFu

/* Numbers of registers: offset in the page divided by 16, or MSR number less 0x800. */
enum hv_apic_register {
    HV_APIC_ID = 0x02,
    HV_APIC_VERSION = 0x03,
    HV_APIC_TPR = 0x08,
    HV_APIC_PPR = 0x0A,
    HV_APIC_EOI = 0x0B,
    HV_APIC_LDR = 0x0D,
    HV_APIC_DFR = 0x0E,
    HV_APIC_SVR = 0x0F,
    HV_APIC_ISR = 0x10, /* to 0x17 */
    HV_APIC_TMR = 0x18, /* to 0x1F */
    HV_APIC_IRR = 0x20, /* to 0x27 */
    HV_APIC_ESR = 0x28,
    HV_APIC_ICR = 0x30,
    HV_APIC_ICR_HIGH = 0x31, /* not in x2APIC mode */
    HV_APIC_LVT_TIMER = 0x32,
    HV_APIC_LVT_THERMAL = 0x33,
    HV_APIC_LVT_PERFORMANCE = 0x34,
    HV_APIC_LVT_LINT0 = 0x35,
    HV_APIC_LVT_LINT1 = 0x36,
    HV_APIC_LVT_ERROR = 0x37,
    HV_APIC_INITIAL_COUNT = 0x38,
    HV_APIC_CURRENT_COUNT = 0x39,
    HV_APIC_DIVIDE = 0x3E,
    HV_APIC_SELF_IPI = 0x3F, /* x2APIC mode only */
};

/* IA32_APIC_BASE. */
#define HV_APIC_BASE_MSR    0x1Bu
#define HV_APIC_BASE_BSP    (UINT64_C(1) << 8)
#define HV_APIC_BASE_EXTD   (UINT64_C(1) << 10)
#define HV_APIC_BASE_ENABLE (UINT64_C(1) << 11)

/* IA32_TSC_DEADLINE. */
#define HV_APIC_TSC_DEADLINE_MSR 0x6E0u

/* Version register: an integrated APIC; the number of the last LVT entry is in bits 23:16. */
#define HV_APIC_VERSION_INTEGRATED    0x14u
#define HV_APIC_VERSION_MAX_LVT_SHIFT 16

/* Spurious interrupt vector register. */
#define HV_APIC_SVR_VECTOR_MASK 0xFFu
#define HV_APIC_SVR_ENABLE      (1u << 8)
#define HV_APIC_SVR_FOCUS       (1u << 9)

/* Destination format register. */
#define HV_APIC_DFR_ONES    0x0FFFFFFFu
#define HV_APIC_DFR_FLAT    0xFu /* in bits 31:28; 0: clusters */
#define HV_APIC_DFR_SHIFT   28
#define HV_APIC_LDR_SHIFT   24
#define HV_APIC_XAPIC_SHIFT 24 /* of the ID and of a destination */

/* Error status register. */
#define HV_APIC_ESR_REDIRECTABLE     (1u << 4)
#define HV_APIC_ESR_SEND_ILLEGAL     (1u << 5)
#define HV_APIC_ESR_RECEIVE_ILLEGAL  (1u << 6)
#define HV_APIC_ESR_ILLEGAL_REGISTER (1u << 7)

/* Interrupt command register. */
#define HV_APIC_ICR_VECTOR_MASK     0xFFu
#define HV_APIC_ICR_MODE_SHIFT      8
#define HV_APIC_ICR_MODE_MASK       0x7u
#define HV_APIC_ICR_LOGICAL         (1u << 11)
#define HV_APIC_ICR_PENDING         (1u << 12)
#define HV_APIC_ICR_ASSERT          (1u << 14)
#define HV_APIC_ICR_LEVEL           (1u << 15)
#define HV_APIC_ICR_SHORTHAND_SHIFT 18
#define HV_APIC_ICR_SHORTHAND_MASK  0x3u
#define HV_APIC_ICR_DEFINED_LOW     0x000CCFFFu /* of bits 31:0, without the read-only PENDING */
#define HV_APIC_ICR_HIGH_DEFINED    0xFF000000u /* xAPIC */

enum hv_apic_delivery_mode {
    HV_APIC_FIXED = 0,
    HV_APIC_LOWEST_PRIORITY = 1,
    HV_APIC_SMI = 2,
    HV_APIC_NMI = 4,
    HV_APIC_INIT = 5,
    HV_APIC_STARTUP = 6,
    HV_APIC_EXTINT = 7,
};

enum hv_apic_shorthand {
    HV_APIC_TO_DESTINATION = 0,
    HV_APIC_TO_SELF = 1,
    HV_APIC_TO_ALL = 2,
    HV_APIC_TO_OTHERS = 3,
};

/* A destination field that means everyone. */
#define HV_APIC_XAPIC_BROADCAST  0xFFu
#define HV_APIC_X2APIC_BROADCAST UINT32_MAX

/* Local vector table. */
#define HV_APIC_LVT_VECTOR_MASK 0xFFu
#define HV_APIC_LVT_MODE_SHIFT  8
#define HV_APIC_LVT_MODE_MASK   0x7u
#define HV_APIC_LVT_POLARITY    (1u << 13)
#define HV_APIC_LVT_REMOTE_IRR  (1u << 14)
#define HV_APIC_LVT_LEVEL       (1u << 15)
#define HV_APIC_LVT_MASKED      (1u << 16)
#define HV_APIC_LVT_TIMER_SHIFT 17
#define HV_APIC_LVT_TIMER_MASK  0x3u

enum hv_apic_timer_mode {
    HV_APIC_ONE_SHOT = 0,
    HV_APIC_PERIODIC = 1,
    HV_APIC_TSC_DEADLINE = 2,
};

/* Divide configuration register. */
#define HV_APIC_DIVIDE_DEFINED 0xBu

/* Vectors 0 to 15 are illegal in a fixed interrupt. */
#define HV_APIC_FIRST_VECTOR 16u

#endif
