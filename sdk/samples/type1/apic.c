/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "apic.h"

#include "cpu.h"
#include "memory.h"
#include "paging.h"

#define XAPIC_ID_SHIFT 24
#define LVT_COUNT      6

static uint64_t page_address;

void apic_map(void)
{
    page_address = rdmsr(MSR_APIC_BASE) & PAGE_ADDRESS;
    paging_map(APIC_VIRTUAL, page_address, PAGE_SIZE,
               PAGE_WRITE | PAGE_NO_CACHE | PAGE_WRITE_THROUGH | PAGE_NO_EXECUTE);
}

uint64_t apic_page(void)
{
    return page_address;
}

bool apic_is_x2apic(void)
{
    return (rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD) != 0;
}

static volatile uint32_t *xapic(uint32_t reg)
{
    return (volatile uint32_t *)(uintptr_t)(APIC_VIRTUAL + reg);
}

uint32_t apic_read(uint32_t reg)
{
    if (apic_is_x2apic())
        return (uint32_t)rdmsr(MSR_X2APIC_FIRST + (reg >> 4));
    return *xapic(reg);
}

void apic_write(uint32_t reg, uint32_t value)
{
    if (apic_is_x2apic())
        wrmsr(MSR_X2APIC_FIRST + (reg >> 4), value);
    else
        *xapic(reg) = value;
}

uint32_t apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return apic_is_x2apic() ? id : id >> XAPIC_ID_SHIFT;
}

static void wait_sent(void)
{
    while (*xapic(APIC_ICR) & APIC_ICR_BUSY)
        cpu_relax();
}

void apic_send_raw(uint64_t command)
{
    /* WRMSR to the x2APIC does not wait for earlier stores; what the interrupt tells of must be
       visible before it arrives. */
    __asm__ volatile("mfence" : : : "memory");
    if (apic_is_x2apic()) {
        wrmsr(MSR_X2APIC_ICR, command);
        return;
    }
    wait_sent();
    *xapic(APIC_ICR_HIGH) = (uint32_t)(command >> 32);
    *xapic(APIC_ICR) = (uint32_t)command;
    wait_sent();
}

void apic_send(uint32_t destination, uint32_t command)
{
    uint32_t high;

    if (apic_is_x2apic()) {
        apic_send_raw((uint64_t)destination << 32 | command);
        return;
    }
    high = *xapic(APIC_ICR_HIGH);
    apic_send_raw((uint64_t)destination << (32 + XAPIC_ID_SHIFT) | command);
    *xapic(APIC_ICR_HIGH) = high;
}

/* An interrupt in service would block others for ever once its handler is gone. */
static void end_all_interrupts(void)
{
    for (unsigned round = 0; round < 256; round++) {
        uint32_t in_service = 0;

        for (uint32_t i = 0; i < 8; i++)
            in_service |= apic_read(APIC_ISR + i * 0x10);
        if (in_service == 0)
            return;
        apic_write(APIC_EOI, 0);
    }
}

void apic_reset(void)
{
    static const uint16_t lvts[] = { APIC_LVT_TIMER, APIC_LVT_THERMAL, APIC_LVT_PERFMON,
                                     APIC_LVT_LINT0, APIC_LVT_LINT1,   APIC_LVT_ERROR };

    end_all_interrupts();
    for (unsigned i = 0; i < LVT_COUNT; i++)
        apic_write(lvts[i], APIC_LVT_MASKED);
    apic_write(APIC_INITIAL_COUNT, 0);
    apic_write(APIC_DIVIDE, 0);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SVR, APIC_SVR_RESET);
    if (apic_is_x2apic())
        return;
    apic_write(APIC_LDR, 0);
    apic_write(APIC_DFR, APIC_DFR_FLAT);
}
