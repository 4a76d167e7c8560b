/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Hypercalls by the hypercall page; memory; the console. */
#include <guest/guest.h>

#include "host.h"
#include "host_start.h"

/* TLFS "Reporting the Guest OS Identity": an open source system, type 0x7F is nobody's. */
#define GUEST_OS_ID UINT64_C(0xFF00000000000001)

#define PARENT_PRIVILEGES                                                   \
    (HV_PRIVILEGE_CreatePartitions | HV_PRIVILEGE_AccessMemoryPool |        \
     HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_AccessSyntheticTimerRegs | \
     HV_PRIVILEGE_AccessPartitionReferenceCounter | HV_PRIVILEGE_AccessHypercallMsrs)

static uint8_t hypercall_ram[4096] __attribute__((aligned(4096)));
static struct root_call_pages call_pages __attribute__((aligned(4096)));
static uint64_t hypercall_code;
static bool takes_xmm;

uint64_t root_host_privileges(void)
{
    struct cpuid_regs r = cpuid(HV_CPUID_FEATURES);

    return (uint64_t)r.ebx << 32 | r.eax;
}

const char *root_host_start_calls(void)
{
    if (!(cpuid(1).ecx & HV_CPUID_1_ECX_HYPERVISOR_PRESENT) ||
        cpuid(HV_CPUID_INTERFACE).eax != HV_INTERFACE_SIGNATURE)
        return "there is no hypervisor with the Hyper-V interface";
    if ((root_host_privileges() & PARENT_PRIVILEGES) != PARENT_PRIVILEGES)
        return "the hypervisor does not let this partition have children";
    takes_xmm = (cpuid(HV_CPUID_FEATURES).edx & HV_FEATURE_EDX_XMM_HYPERCALL_INPUT) != 0;
    wrmsr(HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID);
    wrmsr(HV_X64_MSR_HYPERCALL, phys_of(hypercall_ram) | HV_X64_MSR_HYPERCALL_ENABLE);
    hypercall_code = (uint64_t)(uintptr_t)paging_map_window(phys_of(hypercall_ram), PAGE_SIZE, 0);
    return NULL;
}

/* ---- Hypercalls ---- */

struct root_call_pages *root_host_call_pages(void)
{
    return &call_pages;
}

/* TLFS "Hypercall Interface", the calling convention of 64-bit mode. */
uint64_t root_host_hypercall(uint64_t control, struct root_call_pages *pages)
{
    register uint64_t output __asm__("r8") = phys_of(pages->output);
    uint64_t input = phys_of(pages->input), result;

    __asm__ volatile("call *%[code]"
                     : "=a"(result), "+c"(control), "+d"(input), "+r"(output)
                     : [code] "r"(hypercall_code)
                     : "r9", "r10", "r11", "memory", "cc");
    return result;
}

/* TLFS "XMM Fast Hypercall Input": RDX, R8, XMM0 and so on, which nothing here uses otherwise. */
uint64_t root_host_hypercall_short(uint64_t control, uint64_t first, uint64_t second,
                                   uint64_t third)
{
    register uint64_t r8 __asm__("r8") = second;
    uint64_t result;

    if (__builtin_expect(!takes_xmm, false))
        return root_host_hypercall_by_page(control, first, second, third);
    control |= HV_HYPERCALL_FAST;
    __asm__ volatile("movq %[third], %%xmm0\n"
                     "pxor %%xmm1, %%xmm1\n"
                     "call *%[code]"
                     : "=a"(result), "+c"(control), "+d"(first), "+r"(r8)
                     : [code] "r"(hypercall_code), [third] "r"(third)
                     : "r9", "r10", "r11", "memory", "cc");
    return result;
}

/* ---- Memory ---- */

void *root_host_take_pages(uint64_t count, uint64_t alignment)
{
    return alloc_high_pages(count, alignment);
}

void root_host_give_pages(void *pages, uint64_t count)
{
    memset(pages, 0, count * PAGE_SIZE);
    free_pages(pages, count);
}

uint64_t root_host_free_pages(void)
{
    return free_page_count();
}

/* ---- The serial port ---- */

void root_host_write(const char *bytes, uint64_t count)
{
    console_write(bytes, count);
}

int root_host_read(void)
{
    return console_read();
}

void root_host_say(const char *format, ...)
{
    va_list args;

    printf("root| ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}
