/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Flushes of VPs that are all in the guest, so that each has to be told. */
#include "bench.h"

const char *begin_flush(const struct bench_row *row)
{
    processors_spin(processors_mask(row->vps));
    return NULL;
}

/* Makes the call with its input in memory, and subtracts what the others execute meanwhile. */
static uint64_t measure(uint64_t control, const void *input)
{
    uint64_t spun = processors_spun(), start = rdtsc(), ticks;

    if ((uint16_t)hypercall(control, phys_of(input), 0) != HV_STATUS_SUCCESS)
        return BENCH_FAILED;
    ticks = rdtsc() - start;
    return ticks - (processors_spun() - spun);
}

static struct hv_input_flush_virtual_address_space header_of(const struct bench_row *row)
{
    return (struct hv_input_flush_virtual_address_space){
        .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
        .processor_mask = processors_mask(row->vps),
    };
}

uint64_t measure_flush(const struct bench_row *row)
{
    struct hv_input_flush_virtual_address_space input __attribute__((aligned(32))) = header_of(row);

    return measure(HvCallFlushVirtualAddressSpace, &input);
}

uint64_t measure_flush_list(const struct bench_row *row)
{
    struct {
        struct hv_input_flush_virtual_address_space header;
        uint64_t range;
    } input __attribute__((aligned(32))) = { header_of(row), (uintptr_t)&input & PAGE_MASK };

    return measure(HvCallFlushVirtualAddressList | UINT64_C(1) << HV_HYPERCALL_REP_COUNT_SHIFT,
                   &input);
}

void end_flush(const struct bench_row *row)
{
    (void)row;
    processors_rest();
}
