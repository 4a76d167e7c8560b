/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallSwitchVirtualAddressSpace (TLFS v6.0b, virtual MMU interfaces): a MOV to CR3 that needs not
 * flush, since the virtual TLB knows address spaces apart. Nothing says whether the call is there
 * where it is not recommended; where it is, it has to work.
 */
#include "flush_support.h"

/* Spaces share all but one entry of the top table, which maps one page of each to its own frame. */
#define SPACES      3u
#define PRIVATE_GVA UINT64_C(0x0000600000000000)
#define TABLE_FLAGS 3u /* present, writable */

static struct space {
    uint64_t *top, *tables[3];
} spaces[SPACES];
static uint64_t space_frames[SPACES][512] __attribute__((aligned(4096)));
static uint64_t space_id[1] __attribute__((aligned(8)));

static unsigned index_of(unsigned level)
{
    return PRIVATE_GVA >> (PAGE_SHIFT + 9 * (level - 1)) & 511;
}

static void build_space(struct space *space, uint64_t frame)
{
    uint64_t *table;

    table = space->top = alloc_page();
    memcpy(table, virt_of(read_cr3() & PAGE_MASK), PAGE_SIZE);
    for (unsigned level = 4; level > 1; level--) {
        uint64_t *next = space->tables[level - 2] = alloc_page();

        table[index_of(level)] = phys_of(next) | TABLE_FLAGS;
        table = next;
    }
    table[index_of(1)] = frame | TABLE_FLAGS;
}

static void free_space(struct space *space)
{
    for (unsigned i = 0; i < 3; i++)
        free_page(space->tables[i]);
    free_page(space->top);
}

static uint16_t switch_to(uint64_t id, bool fast)
{
    space_id[0] = id;
    return hv_result_status(hv_call(hv_control(HvSwitchVirtualAddressSpace, fast, 0, 0, 0),
                                    fast ? id : phys_of(space_id), 0));
}

static void require_switch(void)
{
    hv_enable_hypercalls();
    if (!call_is_there(HvSwitchVirtualAddressSpace))
        test_skip("the call is not there, and not recommended");
}

HV_TEST(tlb_and_virtual_mmu, switching_loads_cr3, COVERS(HV_REQ_TLB_001), NEEDS_NOTHING,
        "The id is the value of CR3, in memory or in a register")
{
    uint64_t original = read_cr3();
    uint64_t *copy = alloc_page();

    require_switch();
    memcpy(copy, virt_of(original & PAGE_MASK), PAGE_SIZE);
    for (unsigned fast = 0; fast < 2; fast++) {
        CHECK_EQ(switch_to(phys_of(copy), fast), HV_STATUS_SUCCESS);
        CHECK_EQ(read_cr3(), phys_of(copy));
        CHECK_EQ(switch_to(original, fast), HV_STATUS_SUCCESS);
        CHECK_EQ(read_cr3(), original);
    }
    write_cr3(original);
    free_page(copy);
}

/*
 * Without the flush of MOV to CR3, translations of several spaces are there at the same time. Who
 * can't keep them apart must flush all the same.
 */
HV_TEST(tlb_and_virtual_mmu, switching_keeps_address_spaces_apart,
        COVERS(HV_REQ_TLB_001, HV_REQ_TLB_002), NEEDS_NOTHING,
        "A translation of the last address space that is used in the next one lets processes "
        "read each other")
{
    const volatile uint64_t *page = (const volatile uint64_t *)(uintptr_t)PRIVATE_GVA;
    uint64_t original = read_cr3();

    require_switch();
    for (unsigned i = 0; i < SPACES; i++) {
        space_frames[i][0] = FRAME_WORD(i);
        build_space(&spaces[i], phys_of(space_frames[i]));
    }
    for (unsigned round = 0; round < 4 * SPACES; round++) {
        unsigned i = round * 2 % SPACES;

        CHECK_EQ(switch_to(phys_of(spaces[i].top), round & 1), HV_STATUS_SUCCESS);
        CHECK_EQ(page[0], FRAME_WORD(i));
    }
    write_cr3(original);
    for (unsigned i = 0; i < SPACES; i++)
        free_space(&spaces[i]);
}

HV_TEST(tlb_and_virtual_mmu, switching_to_an_impossible_address_space, COVERS(HV_REQ_TLB_003),
        NEEDS_NOTHING, "Reserved bits of CR3 are refused, and CR3 stays as it is")
{
    uint64_t original = read_cr3();

    require_switch();
    for (unsigned bit = hv_physical_address_bits(); bit < 63; bit++)
        for (unsigned fast = 0; fast < 2; fast++) {
            uint16_t status = switch_to(original | UINT64_C(1) << bit, fast);

            CHECK(status == HV_STATUS_INVALID_PARAMETER, "bit %u: status %x", bit, status);
            CHECK_EQ(read_cr3(), original);
        }
}

/* Either they are supported, or refused by a status; a VP is not to die of them. */
HV_TEST(tlb_and_virtual_mmu, switching_with_cache_bits, COVERS(HV_REQ_TLB_037), NEEDS_NOTHING,
        "PWT and PCD of the id may be refused")
{
    uint64_t original = read_cr3();

    require_switch();
    for (unsigned bit = 3; bit <= 4; bit++) {
        uint64_t id = original ^ UINT64_C(1) << bit;
        uint16_t status = switch_to(id, false);

        CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_INVALID_PARAMETER,
              "bit %u: status %x", bit, status);
        CHECK_EQ(read_cr3(), status == HV_STATUS_SUCCESS ? id : original);
        write_cr3(original);
    }
}
