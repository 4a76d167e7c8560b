/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A child that does what its command line says: "how=fault", "how=stop" or "how=reset", else it
   switches itself off when all its CPUs have answered. */
#include <guest/guest.h>

#define RESET_PORT  0xcf9
#define RESET       0x06
#define CMOS_INDEX  0x70
#define CMOS_DATA   0x71
#define CMOS_UNUSED 0x60                /* a byte of CMOS RAM that nobody else needs */
#define UNUSED_GPA  UINT64_C(0x2f00010) /* the same of memory, in the last of 64 MiB */

static uint8_t exchange_cmos(uint8_t value)
{
    uint8_t old;

    outb(CMOS_INDEX, CMOS_UNUSED);
    old = inb(CMOS_DATA);
    outb(CMOS_DATA, value);
    return old;
}

/* Leaves something behind in memory that nobody has cleared and in a device, and tells what was
   left there. */
static void reset(void)
{
    volatile uint64_t *free = virt_of(UNUSED_GPA);

    printf("found %llx and %x\n", (unsigned long long)*free, exchange_cmos(0x5e));
    *free = 0x5ec7e7;
    mdelay(20);
    outb(RESET_PORT, RESET);
}

static void answer(void *count)
{
    __atomic_add_fetch((uint32_t *)count, 1, __ATOMIC_RELAXED);
}

int guest_main(const struct guest_boot_info *boot)
{
    uint32_t count = 0;
    char end[8] = "";

    (void)boot;
    boot_option("how", end, sizeof(end));
    if (strcmp(end, "fault") == 0)
        guest_triple_fault();
    if (strcmp(end, "reset") == 0)
        reset();
    while (strcmp(end, "stop") == 0)
        cpu_halt();
    smp_call_all(answer, &count);
    mdelay(20);
    printf("%u CPUs have answered\n", count);
    return 0;
}
