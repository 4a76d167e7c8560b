/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A guest that attacks, as its command line says: how=calls, how=devices or how=storm (with all
 * CPUs). It does so for ever, or rounds=N times and then ends by die=triple, die=crash, die=jump or
 * die=halt.
 */
#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#include "attack.h"

#define NOWHERE UINT64_C(0xd0000000) /* GPA at which nothing is */

static const struct {
    const char *name;
    void (*prepare)(void);
    void (*step)(void);
} attacks[] = {
    { "calls", NULL, attack_by_call },
    { "devices", NULL, attack_by_device },
    { "storm", attack_prepare_storm, attack_by_storm },
};

/* ---- Ends ---- */

static void crash(void)
{
    for (uint32_t i = 0; i < 5; i++)
        wrmsr(HV_X64_MSR_CRASH_P0 + i, 0xdead + i);
    wrmsr(HV_X64_MSR_CRASH_CTL, HV_CRASH_CTL_CRASH_NOTIFY);
}

static void jump(void)
{
    void *window = paging_map_window(NOWHERE, PAGE_SIZE, 0);

    __asm__ volatile("jmp *%0" ::"r"(window));
}

static void halt(void)
{
    irq_disable();
    cpu_halt();
}

static void die(void)
{
    static const struct {
        const char *name;
        void (*end)(void);
    } ends[] = {
        { "triple", guest_triple_fault }, { "crash", crash }, { "jump", jump }, { "halt", halt }
    };
    char how[8] = "";

    boot_option("die", how, sizeof(how));
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(how, ends[i].name) == 0)
            ends[i].end();
    for (;;)
        cpu_pause();
}

/* ---- Attacks ---- */

/* A line each time that there were twice as many. */
static void attack(uint64_t rounds, unsigned way)
{
    uint64_t next = 1000;

    for (uint64_t i = 1; rounds == 0 || i <= rounds; i++) {
        attacks[way].step();
        if (i == next && this_cpu()->index == 0) {
            printf("%llu attacks\n", (unsigned long long)i);
            next *= 2;
        }
    }
}

static void attack_on(void *way)
{
    unsigned index = *(const unsigned *)way;

    if (attacks[index].prepare)
        attacks[index].prepare();
    attack(boot_option_number("rounds", 0), index);
}

int guest_main(const struct guest_boot_info *boot)
{
    char how[8] = "";
    static unsigned way;

    (void)boot;
    boot_option("how", how, sizeof(how));
    while (way < sizeof(attacks) / sizeof(attacks[0]) && strcmp(how, attacks[way].name) != 0)
        way++;
    if (way == sizeof(attacks) / sizeof(attacks[0]))
        return 1;
    printf("attacking by %s\n", how);
    attack_hypercall_page();
    smp_call_all(attack_on, &way);
    printf("dying\n");
    mdelay(20);
    die();
    return 0;
}
