/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypercall page, and a call that does nothing: an interrupt for no VP. */
#include "bench.h"

#define GUEST_OS_ID UINT64_C(0x8100000000000001)
#define FAST        (UINT64_C(1) << 16)

static uint8_t ram[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static const void *code;

static struct hv_input_send_synthetic_cluster_ipi nobody __attribute__((aligned(32))) = {
    .vector = BENCH_VECTOR,
};

bool hypercalls_init(void)
{
    if (safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID).raised ||
        safe_wrmsr(HV_X64_MSR_HYPERCALL, phys_of(ram) | HV_X64_MSR_HYPERCALL_ENABLE).raised)
        return false;
    code = paging_map_window(phys_of(ram), PAGE_SIZE, 0);
    return true;
}

uint64_t hypercall(uint64_t control, uint64_t rdx, uint64_t r8)
{
    register uint64_t third __asm__("r8") = r8;
    uint64_t result;

    __asm__ volatile("call *%[code]"
                     : "=a"(result), "+c"(control), "+d"(rdx), "+r"(third)
                     : [code] "m"(code)
                     : "r9", "r10", "r11", "cc", "memory");
    return result;
}

static uint64_t call_slow(void)
{
    return hypercall(HvCallSendSyntheticClusterIpi, phys_of(&nobody), 0);
}

static uint64_t call_fast(void)
{
    return hypercall(HvCallSendSyntheticClusterIpi | FAST, BENCH_VECTOR, 0);
}

const char *begin_hypercall(const struct bench_row *row)
{
    uint64_t result = row->measure == measure_hypercall_fast ? call_fast() : call_slow();

    return (uint16_t)result == HV_STATUS_SUCCESS ? NULL : "the hypercall is refused";
}

uint64_t measure_hypercall_slow(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    (void)call_slow();
    return rdtsc() - start;
}

uint64_t measure_hypercall_fast(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    (void)call_fast();
    return rdtsc() - start;
}
