/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Flushes of VPs that are all in the guest, so that each has to be told. */
#include "bench.h"

const char *begin_flush(const struct bench_row *row)
{
    processors_spin(processors_mask(row->vps));
    return NULL;
}

uint64_t measure_flush(const struct bench_row *row)
{
    struct hv_input_flush_virtual_address_space input __attribute__((aligned(32))) = {
        .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
        .processor_mask = processors_mask(row->vps),
    };
    uint64_t spun = processors_spun(), start = rdtsc(), ticks;

    if ((uint16_t)hypercall(HvCallFlushVirtualAddressSpace, phys_of(&input), 0) !=
        HV_STATUS_SUCCESS)
        return BENCH_FAILED;
    ticks = rdtsc() - start;
    return ticks - (processors_spun() - spun);
}

void end_flush(const struct bench_row *row)
{
    (void)row;
    processors_rest();
}
