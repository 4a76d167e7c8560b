/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Resetting the machine, by all means that machines have had. */
#include "acpi.h"
#include "clock.h"
#include "cpu.h"
#include "svm.h"

#define RESET_CONTROL    0xCF9
#define RESET_HARD       0x02
#define RESET_HARD_DO    0x06
#define KEYBOARD_CONTROL 0x64
#define KEYBOARD_PULSE   0xFE
#define PATIENCE_US      20000

void machine_reset(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) no_idt = { 0, 0 };

    acpi_reset();
    clock_delay_us(PATIENCE_US);
    outb(RESET_CONTROL, RESET_HARD);
    outb(RESET_CONTROL, RESET_HARD_DO);
    clock_delay_us(PATIENCE_US);
    outb(KEYBOARD_CONTROL, KEYBOARD_PULSE);
    clock_delay_us(PATIENCE_US);
    /* A triple fault of the host shuts the processor down, which chipsets turn into a reset. */
    __asm__ volatile("lidt %0\n"
                     "int3"
                     :
                     : "m"(no_idt));
    for (;;)
        __asm__ volatile("hlt");
}
