/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What an exit costs, in instructions. Under QEMU's -icount shift=0 the TSC counts instructions, so
 * the numbers are exact and the same in each run. Arguments: limit=N fails the kernel when the
 * empty exit (CPUID leaf 0x40000000) costs more.
 */
#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#define ROUNDS 64

typedef void operation(void);

static void nothing(void)
{
}

static void cpuid_exit(void)
{
    (void)cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION);
}

static void counter_read(void)
{
    (void)rdmsr(HV_X64_MSR_TIME_REF_COUNT);
}

static void fast_hypercall(void)
{
    struct regs regs = { .rcx = HvCallNotifyLongSpinWait | HV_HYPERCALL_FAST };

    (void)safe_vmmcall(&regs);
}

static void unknown_hypercall(void)
{
    struct regs regs = { .rcx = 0x7fff };

    (void)safe_vmmcall(&regs);
}

/* The least of many, so that a translation block made on the way does not count. */
static uint64_t cost(operation *run)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = rdtsc(), ticks;

        run();
        ticks = rdtsc() - start;
        if (ticks < least)
            least = ticks;
    }
    return least;
}

int guest_main(const struct guest_boot_info *boot)
{
    uint64_t limit = boot_option_number("limit", UINT64_MAX), frame = cost(nothing), empty;

    (void)boot;
    wrmsr(HV_X64_MSR_GUEST_OS_ID, UINT64_C(0x8100000000000001));
    empty = cost(cpuid_exit) - frame;
    printf("cpuid exit: %llu instructions\n", (unsigned long long)empty);
    printf("time-ref-count read: %llu instructions\n",
           (unsigned long long)(cost(counter_read) - frame));
    printf("fast hypercall: %llu instructions\n",
           (unsigned long long)(cost(fast_hypercall) - frame));
    printf("unknown hypercall: %llu instructions\n",
           (unsigned long long)(cost(unknown_hypercall) - frame));
    return empty <= limit ? 0 : 1;
}
