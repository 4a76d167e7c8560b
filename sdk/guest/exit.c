/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The end of the guest: everything that some machine understands, in turn.
 */
#include "private.h"

#define DEBUG_EXIT_PORT 0xf4
#define BOCHS_PORT      0x8900
#define QEMU_ACPI_PORT  0x604
#define OLD_ACPI_PORT   0xb004
#define SLEEP_ENABLE    0x2000
#define EXIT_CODE_MASK  0x7f

static void bochs_shutdown(void)
{
    static const char word[] = "Shutdown";

    for (const char *s = word; *s != 0; s++)
        outb(BOCHS_PORT, (uint8_t)*s);
}

void guest_triple_fault(void)
{
    struct descriptor_pointer none = { 0, 0 };

    for (;;)
        __asm__ volatile("lidt %0; ud2" ::"m"(none));
}

/* Where a reset boots this guest again, "end=halt" keeps the machine from running it for ever. */
static void halt_if_told(void)
{
    char how[8];

    if (!boot_option("end", how, sizeof(how)) || strcmp(how, "halt") != 0)
        return;
    for (;;)
        __asm__ volatile("cli; hlt");
}

void guest_exit(int code)
{
    irq_disable();
    console_drain();
    outl(DEBUG_EXIT_PORT, (uint32_t)code & EXIT_CODE_MASK);
    guest_power_off();
    outw(QEMU_ACPI_PORT, SLEEP_ENABLE);
    outw(OLD_ACPI_PORT, SLEEP_ENABLE);
    bochs_shutdown();
    halt_if_told();
    guest_triple_fault();
}

void guest_panic(const char *fmt, ...)
{
    va_list args;

    console_break_lock();
    va_start(args, fmt);
    printf("panic: ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
    guest_exit(GUEST_EXIT_PANIC);
}
