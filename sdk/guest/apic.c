/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The local APIC (AMD APM vol. 2, chapter 16), and the 8259As masked.
 */
#include "private.h"

#define CPUID_EDX_APIC    (1u << 9)
#define CPUID_ECX_X2APIC  (1u << 21)
#define SVR_ENABLE        0x100u
#define TIMER_DIVIDE_BY_1 0xbu
#define BASE_ADDRESS      0x000ffffffffff000ULL

#define PIC1_DATA 0x21
#define PIC2_DATA 0xa1

static uint64_t base(void)
{
    return rdmsr(MSR_APIC_BASE);
}

bool apic_present(void)
{
    return (cpuid(1).edx & CPUID_EDX_APIC) != 0 && (base() & APIC_BASE_ENABLE) != 0;
}

bool apic_is_x2(void)
{
    return (base() & (APIC_BASE_X2 | APIC_BASE_ENABLE)) == (APIC_BASE_X2 | APIC_BASE_ENABLE);
}

bool apic_has_x2(void)
{
    return (cpuid(1).ecx & CPUID_ECX_X2APIC) != 0;
}

static uint32_t msr_of(enum apic_register reg)
{
    return MSR_X2APIC_FIRST + ((uint32_t)reg >> 4);
}

static volatile uint32_t *word_of(enum apic_register reg)
{
    return (volatile uint32_t *)((base() & BASE_ADDRESS) + (uint64_t)reg);
}

uint32_t apic_read(enum apic_register reg)
{
    return apic_is_x2() ? (uint32_t)rdmsr(msr_of(reg)) : *word_of(reg);
}

void apic_write(enum apic_register reg, uint32_t value)
{
    if (apic_is_x2())
        wrmsr(msr_of(reg), value);
    else
        *word_of(reg) = value;
}

uint32_t apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return apic_is_x2() ? id : id >> 24;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

void apic_enable(void)
{
    static const enum apic_register lvt[] = { APIC_LVT_TIMER, APIC_LVT_LINT0, APIC_LVT_LINT1,
                                              APIC_LVT_ERROR };

    for (size_t i = 0; i < sizeof(lvt) / sizeof(lvt[0]); i++)
        apic_write(lvt[i], APIC_LVT_MASKED);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SVR, SVR_ENABLE | GUEST_VECTOR_SPURIOUS);
}

bool apic_enable_x2(void)
{
    if (!apic_has_x2())
        return false;
    wrmsr(MSR_APIC_BASE, base() | APIC_BASE_ENABLE | APIC_BASE_X2);
    apic_enable();
    return true;
}

void apic_send(uint32_t destination, uint32_t command)
{
    if (apic_is_x2()) {
        /* The MSR write does not wait for earlier stores: SDM vol. 3, 11.12.3. */
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(msr_of(APIC_ICR), (uint64_t)destination << 32 | command);
        return;
    }
    while ((apic_read(APIC_ICR) & APIC_ICR_PENDING) != 0)
        cpu_pause();
    *word_of(APIC_ICR_HIGH) = destination << 24;
    *word_of(APIC_ICR) = command;
}

void apic_send_ipi(uint32_t id, uint8_t vector)
{
    apic_send(id, APIC_ICR_FIXED | APIC_ICR_ASSERT | vector);
}

void apic_send_nmi(uint32_t id)
{
    apic_send(id, APIC_ICR_NMI | APIC_ICR_ASSERT);
}

void apic_send_init(uint32_t id)
{
    apic_send(id, APIC_ICR_INIT | APIC_ICR_ASSERT);
}

void apic_send_sipi(uint32_t id, uint8_t page)
{
    apic_send(id, APIC_ICR_STARTUP | APIC_ICR_ASSERT | page);
}

void apic_self_ipi(uint8_t vector)
{
    apic_send(0, APIC_ICR_FIXED | APIC_ICR_ASSERT | APIC_ICR_SELF | vector);
}

static bool bit_of(enum apic_register first, uint8_t vector)
{
    enum apic_register reg = (enum apic_register)((unsigned int)first + vector / 32u * 16u);

    return (apic_read(reg) >> vector % 32 & 1) != 0;
}

bool apic_is_pending(uint8_t vector)
{
    return bit_of(APIC_IRR, vector);
}

bool apic_in_service(uint8_t vector)
{
    return bit_of(APIC_ISR, vector);
}

static void timer_start(uint32_t lvt, uint32_t count)
{
    apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, lvt);
    apic_write(APIC_TIMER_INITIAL, count);
}

void apic_timer_oneshot(uint8_t vector, uint32_t count)
{
    timer_start(vector, count);
}

void apic_timer_periodic(uint8_t vector, uint32_t count)
{
    timer_start(APIC_TIMER_PERIODIC | vector, count);
}

void apic_timer_stop(void)
{
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_TIMER_INITIAL, 0);
}

void pic_mask_all(void)
{
    outb(PIC1_DATA, 0xff);
    outb(PIC2_DATA, 0xff);
}

void apic_init(void)
{
    char mode[4];

    this_cpu()->apic_id = cpuid(1).ebx >> 24;
    if ((cpuid(1).edx & CPUID_EDX_APIC) == 0)
        return;
    if (!apic_present())
        wrmsr(MSR_APIC_BASE, base() | APIC_BASE_ENABLE);
    apic_enable();
    if (boot_option("apic", mode, sizeof(mode)) && strcmp(mode, "x2") == 0 && !apic_enable_x2())
        guest_panic("apic=x2, but there is no x2APIC");
    this_cpu()->apic_id = apic_id();
}
