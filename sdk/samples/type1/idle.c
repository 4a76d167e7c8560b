/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "idle.h"

/* From idle_wait.S. */
extern const uint8_t idle_nmi_start[], idle_nmi_end[];
extern const uint8_t idle_interrupt_start[], idle_interrupt_end[];
extern const uint8_t idle_take_start[], idle_take_end[];

static bool within(uint64_t rip, const uint8_t *start, const uint8_t *end)
{
    return rip >= (uint64_t)(uintptr_t)start && rip < (uint64_t)(uintptr_t)end;
}

/* An interrupt is taken before the instruction at the end, or behind it. */
bool idle_is_interrupted(uint64_t rip)
{
    return within(rip, idle_interrupt_start, idle_interrupt_end + 1) ||
           within(rip, idle_take_start, idle_take_end + 1);
}

uint64_t idle_resume(uint64_t rip)
{
    if (within(rip, idle_nmi_start, idle_nmi_end))
        return (uint64_t)(uintptr_t)idle_nmi_end;
    if (within(rip, idle_interrupt_start, idle_interrupt_end))
        return (uint64_t)(uintptr_t)idle_interrupt_end;
    return rip;
}
