/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A child that does what its command line says: "how=fault" or "how=stop", else it switches itself
   off when all its CPUs have answered. */
#include <guest/guest.h>

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
    while (strcmp(end, "stop") == 0)
        cpu_halt();
    smp_call_all(answer, &count);
    mdelay(20);
    printf("%u CPUs have answered\n", count);
    return 0;
}
