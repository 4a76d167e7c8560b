/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "apic.h"

#include "cpu.h"
#include "memory.h"
#include "paging.h"

#define XAPIC_ID_SHIFT 24

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

void apic_send(uint32_t destination, uint32_t command)
{
    /* WRMSR to the x2APIC does not wait for earlier stores; what the interrupt tells of must be
       visible before it arrives. */
    __asm__ volatile("mfence" : : : "memory");
    if (apic_is_x2apic()) {
        wrmsr(MSR_X2APIC_ICR, (uint64_t)destination << 32 | command);
        return;
    }
    wait_sent();
    *xapic(APIC_ICR_HIGH) = destination << XAPIC_ID_SHIFT;
    *xapic(APIC_ICR) = command;
    wait_sent();
}

void apic_take(void)
{
    apic_write(APIC_SVR, APIC_SVR_ENABLE | APIC_VECTOR_SPURIOUS);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_DIVIDE, APIC_DIVIDE_BY_1);
    apic_write(APIC_INITIAL_COUNT, 0);
    apic_write(APIC_LVT_TIMER, APIC_VECTOR_TIMER);
    apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED);
}

static bool test_vector(uint32_t reg, uint8_t vector)
{
    return apic_read(reg + vector / 32 * 0x10) >> vector % 32 & 1;
}

bool apic_in_service(uint8_t vector)
{
    return test_vector(APIC_ISR, vector);
}

bool apic_is_level(uint8_t vector)
{
    return test_vector(APIC_TMR, vector);
}

int apic_highest_in_service(void)
{
    for (int word = 7; word >= 0; word--) {
        uint32_t bits = apic_read(APIC_ISR + (uint32_t)word * 0x10);

        if (bits != 0)
            return word * 32 + 31 - __builtin_clz(bits);
    }
    return -1;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

void apic_start_timer(uint32_t ticks)
{
    apic_write(APIC_INITIAL_COUNT, ticks);
}
