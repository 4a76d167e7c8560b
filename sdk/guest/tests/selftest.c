/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The runtime tested by itself: a kernel that prints TAP and ends with 0 if all is well.
 *
 * exit=N on the command line instead ends at once with N, and exit=fault by an exception.
 */
#include "selftest.h"

static unsigned int number;
static unsigned int failures;

void check(bool good, const char *name)
{
    number++;
    if (!good)
        failures++;
    printf("%sok %u - %s\n", good ? "" : "not ", number, name);
}

static void explain(struct fault fault)
{
    printf("# raised %d %s error %#x rip %#llx cr2 %#llx\n", fault.raised,
           vector_name(fault.vector), fault.error, (unsigned long long)fault.rip,
           (unsigned long long)fault.cr2);
}

void check_fault(struct fault fault, uint8_t vector, uint32_t error, const char *name)
{
    bool good = fault.raised && fault.vector == vector && fault.error == error;

    check(good, name);
    if (!good)
        explain(fault);
}

void check_no_fault(struct fault fault, const char *name)
{
    check(!fault.raised, name);
    if (fault.raised)
        explain(fault);
}

static void print_environment(const struct guest_boot_info *boot)
{
    static const char *const protocols[] = { "multiboot1", "multiboot2", "PVH" };
    static const char *const clocks[] = {
        [TSC_FROM_PIT] = "pit",       [TSC_FROM_PM_TIMER] = "pm-timer",
        [TSC_FROM_CPUID] = "cpuid",   [TSC_FROM_HYPERVISOR] = "hypervisor",
        [TSC_FROM_CALLER] = "caller", [TSC_FROM_NOTHING] = "nothing",
    };

    printf("# protocol %s, command line \"%s\"\n", protocols[boot->protocol], boot->command_line);
    for (uint32_t i = 0; i < boot->region_count; i++) {
        printf("# memory %#llx + %#llx type %u\n", (unsigned long long)boot->regions[i].base,
               (unsigned long long)boot->regions[i].size, boot->regions[i].type);
    }
    printf("# %u of %u CPUs, %s, %zu free pages, TSC %llu Hz by %s\n", cpu_count(),
           cpu_count_announced(), apic_is_x2() ? "x2APIC" : "xAPIC", free_page_count(),
           (unsigned long long)tsc_hz(), clocks[tsc_source()]);
}

static void exit_early(void)
{
    char how[8];

    if (!boot_option("exit", how, sizeof(how)))
        return;
    if (strcmp(how, "fault") == 0)
        __asm__ volatile("ud2");
    guest_exit((int)boot_option_number("exit", 0));
}

int guest_main(const struct guest_boot_info *boot)
{
    exit_early();
    print_environment(boot);
    test_basics();
    test_faults();
    test_memory();
    test_paging();
    test_modes();
    test_interrupts();
    test_smp();
    printf("1..%u\n", number);
    return failures != 0;
}
