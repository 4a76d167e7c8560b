/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "attack.h"

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

#define GUEST_OS_ID UINT64_C(0x8100060000000001)
#define BLOCK_WORDS 16u
#define CODES       0x140u /* more than there are */

uint64_t attack_random(void)
{
    static uint64_t seed = 42;
    uint64_t next = __atomic_add_fetch(&seed, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);

    next = (next ^ next >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    next = (next ^ next >> 27) * UINT64_C(0x94d049bb133111eb);
    return next ^ next >> 31;
}

uint64_t attack_extreme(void)
{
    static const uint64_t values[] = { 0,
                                       1,
                                       0x7ff,
                                       0xfff,
                                       0xa0000,
                                       0xd0000000,
                                       0xfec00000,
                                       0xfee00000,
                                       0xfffff000,
                                       UINT32_MAX,
                                       UINT64_C(1) << 32,
                                       UINT64_C(1) << 52,
                                       UINT64_C(1) << 63,
                                       UINT64_C(0xfffffffffffff000),
                                       UINT64_MAX };

    return values[attack_random() % (sizeof(values) / sizeof(values[0]))];
}

uint64_t attack_hypercall_page(void)
{
    static uint64_t page;

    if (page == 0) {
        page = phys_of(alloc_page());
        wrmsr(HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID);
        wrmsr(HV_X64_MSR_HYPERCALL, page | HV_X64_MSR_PAGE_ENABLE);
        paging_protect(page, PAGE_SIZE, 0);
    }
    return page;
}

/* Registers of this VP are its own to lose, and so is a VP that it starts. */
static bool ends_itself(uint64_t code)
{
    return code == HvSwitchVirtualAddressSpace || code == HvCallSetVpRegisters ||
           code == HvCallStartVirtualProcessor;
}

static uint64_t any_code(void)
{
    uint64_t code;

    do
        code = attack_random() % CODES;
    while (ends_itself(code));
    return code;
}

static uint64_t any_control(void)
{
    uint64_t control = any_code();

    if (attack_random() % 2)
        control |= (attack_random() & 0x3ff) << 16 | (attack_random() & 0xfff) << 32 |
                   (attack_random() & 0xfff) << 48;
    if (attack_random() % 16 == 0)
        control |= attack_random() << 48;
    return control;
}

static void fill(uint64_t *block)
{
    for (unsigned i = 0; i < BLOCK_WORDS; i++)
        block[i] = attack_random() % 4 ? attack_extreme() : attack_random() >> attack_random() % 64;
    if (attack_random() % 2)
        block[0] = HV_PARTITION_ID_SELF;
}

void attack_by_call(void)
{
    static uint64_t *pages;
    uint64_t entry = attack_hypercall_page();
    struct regs regs = { .rcx = any_control() };

    if (!pages)
        pages = alloc_pages(2, 0);
    fill(pages);
    regs.rdx = attack_random() % 4 ? phys_of(pages) : attack_extreme();
    regs.r8 = attack_random() % 4 ? phys_of(pages) + PAGE_SIZE : attack_extreme();
    safe_hypercall(ENTRY_ADDRESS, entry, &regs);
}
