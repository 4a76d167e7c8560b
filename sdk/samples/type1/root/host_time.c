/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Reference time: by the page for it where the hypervisor fills one, as an MSR costs an exit. */
#include <guest/guest.h>

#include "host.h"
#include "host_start.h"

static volatile struct hv_reference_tsc_page page __attribute__((aligned(4096)));

void root_host_start_time(void)
{
    if (root_host_privileges() & HV_PRIVILEGE_AccessPartitionReferenceTsc)
        wrmsr(HV_X64_MSR_REFERENCE_TSC, phys_of((const void *)&page) | HV_X64_MSR_PAGE_ENABLE);
}

/* TLFS "Partition Reference Time Enlightenment": sequence 0 says that the page does not count. */
uint64_t root_host_now(void)
{
    uint32_t sequence;
    uint64_t time;

    do {
        sequence = page.tsc_sequence;
        if (sequence == 0)
            return rdmsr(HV_X64_MSR_TIME_REF_COUNT);
        time = (uint64_t)((unsigned __int128)rdtsc() * page.tsc_scale >> 64) +
               (uint64_t)page.tsc_offset;
    } while (page.tsc_sequence != sequence);
    return time;
}
