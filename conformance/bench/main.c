/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Measures all rows and writes what they take (conformance/driver/PROTOCOL.md, "The bench kernel").
 */
#include "bench.h"

#define PROTOCOL_VERSION 1
#define WARM_UP          4
#define REPETITIONS      16
#define BURSTS           8 /* of repetitions that are scattered */
#define STEP_US          370 /* by which the pauses between these differ: no part of a kernel's tick */

struct count {
    uint64_t least, most;
};

static uint64_t frames[FRAME_NONE + 1];

/* Runs an operation until caches of the implementation are filled, then counts. */
static bool repeat_burst(const struct bench_row *row, struct count *count)
{
    for (unsigned i = 0; i < WARM_UP + REPETITIONS; i++) {
        uint64_t ticks;

        processors_settle();
        ticks = row->measure(row);
        if (ticks == BENCH_FAILED)
            return false;
        if (i < WARM_UP)
            continue;
        if (ticks < count->least)
            count->least = ticks;
        if (ticks > count->most)
            count->most = ticks;
    }
    return true;
}

static unsigned bursts_of(const struct bench_row *row)
{
    return row->scattered ? BURSTS : 1;
}

static uint64_t repeat(void *arg)
{
    static struct count count;
    const struct bench_row *row = arg;

    count = (struct count){ .least = BENCH_FAILED };
    for (unsigned i = 0; i < bursts_of(row); i++) {
        udelay(i * STEP_US);
        if (!repeat_burst(row, &count))
            return 0;
    }
    return (uint64_t)(uintptr_t)&count;
}

static uint64_t begin(void *arg)
{
    const struct bench_row *row = arg;

    return row->begin ? (uint64_t)(uintptr_t)row->begin(row) : 0;
}

static uint64_t end(void *arg)
{
    const struct bench_row *row = arg;

    if (row->end)
        row->end(row);
    return 0;
}

static const char *missing(const struct bench_row *row)
{
    struct cpuid_regs r = cpuid(HV_CPUID_FEATURES);
    uint64_t privileges = (uint64_t)r.ebx << 32 | r.eax;

    if ((privileges & row->privileges) != row->privileges)
        return "a privilege is not announced";
    if ((r.edx & row->features) != row->features)
        return "a feature is not announced";
    if (cpu_count() < row->vps || (row->vps == 1 && cpu_count() < 2))
        return "there are not so many virtual processors";
    return NULL;
}

/* An exception in one row is the end of that row alone. */
static const char *measure(const struct bench_row *row, struct count *count)
{
    uint64_t wrong = 0, result = 0;
    struct fault fault = safe_call(begin, (void *)(uintptr_t)row, &wrong);

    irq_enable();
    if (!fault.raised && wrong == 0)
        fault = safe_call(repeat, (void *)(uintptr_t)row, &result);
    if (result)
        *count = *(const struct count *)(uintptr_t)result;
    irq_enable();
    safe_call(end, (void *)(uintptr_t)row, NULL);
    if (fault.raised)
        return vector_name(fault.vector);
    if (wrong)
        return (const char *)(uintptr_t)wrong;
    return result ? NULL : "it does not do what it should";
}

static void run(const struct bench_row *row)
{
    struct count count = { 0 };
    const char *wrong = missing(row), *unit = row->is_memory ? " unit=bytes" : "";

    if (!wrong)
        wrong = measure(row, &count);
    if (wrong)
        printf("# row %s%s none %s\n", row->name, unit, wrong);
    else
        printf("# row %s%s least=%llu most=%llu repetitions=%u\n", row->name, unit,
               (unsigned long long)(count.least - frames[row->frame]),
               (unsigned long long)(count.most - frames[row->frame]), bursts_of(row) * REPETITIONS);
}

static uint64_t cost_of_frame(uint64_t (*frame)(const struct bench_row *row))
{
    const struct bench_row row = { .measure = frame };

    return ((const struct count *)(uintptr_t)repeat((void *)(uintptr_t)&row))->least;
}

int guest_main(const struct guest_boot_info *boot)
{
    (void)boot;
    /* A boot loader may have left the line where it pleases. */
    printf("\n# hvkit-bench %d rows=%u vps=%u\n", PROTOCOL_VERSION, bench_row_count, cpu_count());
    if (!hypercalls_init()) {
        printf("# there is no hypercall page\n");
        return 1;
    }
    interrupts_init();
    irq_enable();
    processors_init();
    frames[FRAME_CLOCK] = cost_of_frame(measure_nothing);
    frames[FRAME_INTERRUPT] = cost_of_frame(measure_trap);
    for (unsigned i = 0; i < bench_row_count; i++)
        run(&bench_rows[i]);
    printf("# end rows=%u\n", bench_row_count);
    return 0;
}
