/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Page tables of any content, walked in any mode, for any access. A walk ends, reads nothing but
 * the guest's memory, and writes nothing but accessed and dirty bits, if asked to; what is allowed
 * together is allowed one by one; a user never gets what the kernel would not get without SMEP and
 * SMAP.
 *
 * Input: struct fuzz_input, then the content of the tables' pages, repeated.
 */
#include <stdint.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "translate.h"

#define PAGES     8u /* of guest memory */
#define SIZE      (PAGES * HV_PAGE_SIZE)
#define GPA_BITS  36u
#define WP        (UINT64_C(1) << 16)
#define SMEP_SMAP (UINT64_C(3) << 20)
#define BITS      UINT64_C(0x60) /* accessed, dirty */
#define ACCESSES  UINT64_C(7)

struct fuzz_input {
    uint64_t cr0, cr3, cr4, efer, pat, flags, gva_page;
    uint8_t cpl;
    uint8_t alignment_check;
    uint8_t read_only; /* pages */
    uint8_t unmapped;
};

static struct fake_platform fake;
static struct hv_partition *partition;
static uint8_t before[SIZE];

static struct hv_translation translate(const struct hv_paging_state *state, uint64_t flags,
                                       uint64_t gva_page)
{
    struct hv_translation out = { .result = UINT32_MAX };

    hv_translate(partition, state, flags, gva_page, &out);
    CHECK(out.result <= HvTranslateGvaGpaIllegalOverlayAccess);
    if (out.result == HvTranslateGvaSuccess)
        CHECK(out.gpa_page < UINT64_C(1) << (GPA_BITS + 12) && out.cache != 7);
    else if (out.result < HvTranslateGvaGpaUnmapped)
        CHECK(out.gpa_page == 0);
    return out;
}

static void expect_same(const struct hv_translation *all, const struct hv_paging_state *state,
                        uint64_t flags, uint64_t gva_page)
{
    struct hv_translation one = translate(state, flags, gva_page);

    CHECK(one.result == HvTranslateGvaSuccess && one.gpa_page == all->gpa_page);
}

static void check_writes(bool may_write)
{
    const uint8_t *now = fake_page(&fake, 0);

    for (unsigned i = 0; i < SIZE; i++)
        CHECK(now[i] == before[i] ||
              (may_write && (now[i] & ~BITS) == (before[i] & ~BITS) && (before[i] & ~now[i]) == 0));
}

static void start(const struct fuzz_input *input, const uint8_t *content, size_t size)
{
    uint8_t *memory;

    if (fake.memory == NULL) {
        fake_platform_init(&fake);
        partition = fake_space(&fake, GPA_BITS, 16);
    }
    memory = fake_page(&fake, 0);
    for (unsigned i = 0; i < SIZE; i++)
        memory[i] = size ? content[i % size] : 0;
    memcpy(before, memory, SIZE);
    CHECK(hv_address_map(partition, 0, 0, PAGES, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) ==
          HV_STATUS_SUCCESS);
    for (unsigned page = 0; page < PAGES; page++) {
        if (input->read_only >> page & 1)
            CHECK(hv_address_protect(partition, page, 1, HV_ACCESS_READ) == HV_STATUS_SUCCESS);
        if (input->unmapped >> page & 1)
            CHECK(hv_address_unmap(partition, page, 1) == HV_STATUS_SUCCESS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint64_t set = HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS;
    struct fuzz_input input;
    struct hv_paging_state state;
    struct hv_translation all;
    uint64_t flags;

    if (size < sizeof(input))
        return 0;
    memcpy(&input, data, sizeof(input));
    start(&input, data + sizeof(input), size - sizeof(input));
    state = (struct hv_paging_state){ input.cr0,
                                      input.cr3,
                                      input.cr4,
                                      input.efer,
                                      input.pat,
                                      input.cpl % 4,
                                      input.alignment_check & 1 };
    flags = input.flags & ~set;
    all = translate(&state, flags, input.gva_page);
    check_writes(false);
    if (all.result == HvTranslateGvaSuccess) {
        for (uint64_t access = 1; access <= 4; access *= 2)
            if (flags & access)
                expect_same(&all, &state, (flags & ~ACCESSES) | access, input.gva_page);
        state.cr4 &= ~SMEP_SMAP;
        expect_same(&all, &state, (flags & ACCESSES) | HV_TRANSLATE_GVA_SUPERVISOR_ACCESS,
                    input.gva_page);
    }
    translate(&state, flags | set, input.gva_page);
    check_writes(true);
    return 0;
}
