/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Walks through a guest's page tables, and the call that makes them. Why: a parent that emulates an
 * instruction of its child reaches memory by what this says; a right too many is the child's kernel
 * open to its users.
 */
#include <check.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"
#include "translate.h"

#define PG   (UINT64_C(1) << 31)
#define WP   (UINT64_C(1) << 16)
#define CD   (UINT64_C(1) << 30)
#define PSE  (UINT64_C(1) << 4)
#define PAE  (UINT64_C(1) << 5)
#define LA57 (UINT64_C(1) << 12)
#define SMEP (UINT64_C(1) << 20)
#define SMAP (UINT64_C(1) << 21)
#define LMA  (UINT64_C(1) << 10)
#define NXE  (UINT64_C(1) << 11)

#define P   UINT64_C(0x001)
#define W   UINT64_C(0x002)
#define U   UINT64_C(0x004)
#define PWT UINT64_C(0x008)
#define PCD UINT64_C(0x010)
#define A   UINT64_C(0x020)
#define D   UINT64_C(0x040)
#define PS  UINT64_C(0x080)
#define NX  (UINT64_C(1) << 63)

#define READ    HV_TRANSLATE_GVA_VALIDATE_READ
#define WRITE   HV_TRANSLATE_GVA_VALIDATE_WRITE
#define EXECUTE HV_TRANSLATE_GVA_VALIDATE_EXECUTE
#define SET     HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS

/* The guest's tables, by level, one page each, from GPA page 16 on. */
#define TABLE(level) (UINT64_C(15) + (level))
#define PAGE         UINT64_C(0x123)        /* what is translated maps here */
#define GVA          UINT64_C(0x7654321ABC) /* a page number with an index at each level */
#define INPUT        UINT64_C(0x1F0000)
#define OUTPUT       UINT64_C(0x1F1000)

static struct fake_platform fake;
static struct hv_partition *root, *child;
static struct hv_vp *vp;
static struct hv_paging_state state;
static struct hv_translation out;

static void setup(void)
{
    fake_platform_init(&fake);
    root = family_root(&fake);
    vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    child = family_child(&fake, root, 24);
    ck_assert_uint_eq(
        hv_address_map(child, 0, 0, FAKE_FIRST_POOL, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    state = (struct hv_paging_state){ .cr0 = PG | WP,
                                      .cr3 = TABLE(4) << 12,
                                      .cr4 = PAE,
                                      .efer = LMA | NXE,
                                      .pat = UINT64_C(0x0007040600070406) };
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static unsigned index_at(uint64_t gva_page, unsigned level)
{
    return (unsigned)(gva_page >> 9 * (level - 1)) % 512;
}

static uint64_t *entry_at(unsigned level)
{
    return (uint64_t *)fake_page(&fake, TABLE(level)) + index_at(GVA, level);
}

/* Four or five levels of entries that allow all, down to the lowest. */
static void fill(unsigned levels, unsigned lowest)
{
    state.cr3 = TABLE(levels) << 12;
    for (unsigned level = levels; level > lowest; level--)
        *entry_at(level) = TABLE(level - 1) << 12 | P | W | U;
    *entry_at(lowest) = PAGE << 12 | P | W | U;
}

static void walk(uint64_t flags, uint64_t gva_page)
{
    memset(&out, 0xEE, sizeof(out));
    hv_translate(child, &state, flags, gva_page, &out);
}

static void expect(uint32_t result, uint64_t gpa_page)
{
    ck_assert_uint_eq(out.result, result);
    ck_assert_uint_eq(out.gpa_page, gpa_page);
    if (result != HvTranslateGvaSuccess) {
        ck_assert_uint_eq(out.cache, 0);
        ck_assert(!out.overlay);
    }
}

static uint64_t gva4(void)
{
    return (GVA & ((UINT64_C(1) << 35) - 1));
}

/* ---- modes ---- */

START_TEST(without_paging_all_is_as_it_is)
{
    state.cr0 = 0;
    walk(WRITE, 0x5);
    expect(HvTranslateGvaSuccess, 5);
    ck_assert_uint_eq(out.cache, HV_CACHE_WRITE_BACK);
    walk(EXECUTE, 0x100005);
    expect(HvTranslateGvaSuccess, 5);
}
END_TEST

START_TEST(four_levels_end_where_the_entry_is_large)
{
    static const uint64_t rest[] = { 0, 0x1FF, 0x3FFFF };
    unsigned lowest = (unsigned)_i;

    fill(4, lowest);
    if (lowest > 1)
        *entry_at(lowest) = P | W | U | PS | UINT64_C(1) << 30;
    walk(READ, gva4());
    expect(HvTranslateGvaSuccess,
           lowest == 1 ? PAGE : UINT64_C(1) << 18 | (gva4() & rest[lowest - 1]));
}
END_TEST

START_TEST(addresses_are_canonical)
{
    uint64_t high = UINT64_C(0xFFFFFFFFFFFFF) << 35 & UINT64_C(0xFFFFFFFFFFFFF);

    fill(4, 1);
    walk(READ, UINT64_C(1) << 35 | gva4());
    expect(HvTranslateGvaPageNotPresent, 0);
    walk(READ, UINT64_C(1) << 52 | gva4());
    expect(HvTranslateGvaPageNotPresent, 0);
    *((uint64_t *)fake_page(&fake, TABLE(4)) + index_at(high, 4)) = TABLE(3) << 12 | P | W | U;
    walk(READ, high | (gva4() & ((UINT64_C(1) << 27) - 1)));
    expect(HvTranslateGvaSuccess, PAGE);
}
END_TEST

START_TEST(five_levels)
{
    uint64_t gva = GVA & ((UINT64_C(1) << 44) - 1);

    state.cr4 |= LA57;
    fill(5, 1);
    walk(READ, gva);
    expect(HvTranslateGvaSuccess, PAGE);
    walk(READ, gva | UINT64_C(1) << 44);
    expect(HvTranslateGvaPageNotPresent, 0);
}
END_TEST

START_TEST(pae_has_three_levels_of_which_the_top_is_small)
{
    uint64_t gva = GVA & 0xFFFFF, *top = fake_page(&fake, TABLE(3));

    state.efer = NXE;
    state.cr3 = TABLE(3) << 12 | 0x40;
    top += 0x40 / 8;
    fill(2, 1);
    state.cr3 = TABLE(3) << 12 | 0x40;
    top[gva >> 18] = TABLE(2) << 12 | P;
    walk(WRITE | SET, gva);
    expect(HvTranslateGvaSuccess, PAGE);
    ck_assert_uint_eq(top[gva >> 18], TABLE(2) << 12 | P);
    ck_assert_uint_eq(*entry_at(2) & (A | D), A);
    ck_assert_uint_eq(*entry_at(1) & (A | D), A | D);
    walk(READ, gva | 0x100000);
    expect(HvTranslateGvaPageNotPresent, 0);
    top[gva >> 18] |= W;
    walk(READ, gva);
    expect(HvTranslateGvaInvalidPageTableFlags, 0);
    top[gva >> 18] = TABLE(2) << 12 | P;
    *entry_at(1) |= UINT64_C(1) << 52;
    walk(READ, gva);
    expect(HvTranslateGvaInvalidPageTableFlags, 0);
}
END_TEST

static uint32_t *legacy(unsigned level)
{
    return (uint32_t *)fake_page(&fake, TABLE(level)) + (GVA >> 10 * (level - 1)) % 1024;
}

START_TEST(legacy_paging_has_two_levels)
{
    uint64_t gva = GVA & 0xFFFFF;

    state.efer = 0;
    state.cr4 = PSE;
    state.cr3 = TABLE(2) << 12;
    legacy(2)[0] = (uint32_t)(TABLE(1) << 12 | P | W | U);
    legacy(2)[1] = 0x1234;
    /* Bit 21 is reserved in large pages alone. */
    legacy(1)[0] = (uint32_t)((PAGE | 0x200) << 12 | P | W | U);
    walk(READ, gva);
    expect(HvTranslateGvaSuccess, PAGE | 0x200);
    legacy(1)[0] = (uint32_t)(PAGE << 12 | P | W | U);
    walk(WRITE | SET, gva);
    expect(HvTranslateGvaSuccess, PAGE);
    ck_assert_uint_eq(legacy(2)[0] & (A | D), A);
    ck_assert_uint_eq(legacy(1)[0] & (A | D), A | D);
    ck_assert_uint_eq(legacy(2)[1], 0x1234);
    walk(READ, gva | 0x100000);
    expect(HvTranslateGvaPageNotPresent, 0);
    legacy(2)[0] = (uint32_t)(P | W | U | PS | 0x00C00000 | 0x5 << 13);
    walk(READ, gva);
    expect(HvTranslateGvaSuccess, UINT64_C(5) << 20 | 0xC00 | (gva & 0x3FF));
    legacy(2)[0] |= 1u << 21;
    walk(READ, gva);
    expect(HvTranslateGvaInvalidPageTableFlags, 0);
    state.cr4 = 0;
    legacy(2)[0] = (uint32_t)(TABLE(1) << 12 | P | W | U | PS);
    walk(READ, gva);
    expect(HvTranslateGvaSuccess, PAGE);
}
END_TEST

/* ---- what ends a walk ---- */

START_TEST(each_entry_must_be_present)
{
    fill(4, 1);
    *entry_at((unsigned)_i) &= ~P;
    walk(READ, gva4());
    expect(HvTranslateGvaPageNotPresent, 0);
}
END_TEST

START_TEST(reserved_bits_are_noticed)
{
    static const struct {
        unsigned lowest, level;
        uint64_t bits;
        bool nxe;
    } bad[] = {
        { 1, 1, UINT64_C(1) << 40, true }, /* beyond the GPA space */
        { 1, 3, UINT64_C(1) << 51, true },
        { 1, 4, PS, true },
        { 1, 2, NX, false },
        { 2, 2, PS | UINT64_C(1) << 13, true },
        { 3, 3, PS | UINT64_C(1) << 29, true },
    };

    fill(4, bad[_i].lowest);
    if (bad[_i].lowest > 1)
        *entry_at(bad[_i].lowest) = P | W | U;
    *entry_at(bad[_i].level) |= bad[_i].bits;
    if (!bad[_i].nxe)
        state.efer = LMA | 1; /* and SYSCALL */
    walk(READ, gva4());
    expect(HvTranslateGvaInvalidPageTableFlags, 0);
}
END_TEST

START_TEST(tables_must_be_accessible)
{
    fill(4, 1);
    ck_assert_uint_eq(hv_address_protect(child, TABLE(2), 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    walk(READ, gva4());
    expect(HvTranslateGvaSuccess, PAGE);
    walk(READ | SET, gva4());
    expect(HvTranslateGvaGpaNoWriteAccess, TABLE(2));
    ck_assert_uint_eq(*entry_at(3) & A, A); /* stays */
    ck_assert_uint_eq(*entry_at(1) & A, 0);
    ck_assert_uint_eq(hv_address_unmap(child, TABLE(2), 1), HV_STATUS_SUCCESS);
    walk(READ, gva4());
    expect(HvTranslateGvaGpaUnmapped, TABLE(2));
    ck_assert_uint_eq(hv_overlay_enable(child, &child->hypercall_page, TABLE(2)),
                      HV_STATUS_SUCCESS);
    memcpy(child->hypercall_page.page, fake_page(&fake, TABLE(2)), HV_PAGE_SIZE);
    walk(READ, gva4());
    expect(HvTranslateGvaSuccess, PAGE);
    walk(READ | SET, gva4());
    expect(HvTranslateGvaGpaIllegalOverlayAccess, TABLE(2));
}
END_TEST

/* ---- rights ---- */

static void expect_allowed(uint64_t flags, bool allowed)
{
    walk(flags, gva4());
    if (allowed)
        expect(HvTranslateGvaSuccess, PAGE);
    else
        expect(HvTranslateGvaPrivilegeViolation, 0);
}

START_TEST(every_entry_has_to_allow_it)
{
    unsigned level = (unsigned)_i;

    state.cpl = 3;
    fill(4, 1);
    expect_allowed(READ | WRITE | EXECUTE, true);
    *entry_at(level) &= ~W;
    expect_allowed(READ | EXECUTE, true);
    expect_allowed(WRITE, false);
    *entry_at(level) |= W | NX;
    expect_allowed(READ | WRITE, true);
    expect_allowed(EXECUTE, false);
    *entry_at(level) &= ~(NX | U);
    expect_allowed(READ, false);
    expect_allowed(READ | HV_TRANSLATE_GVA_PRIVILEGE_EXEMPT, true);
    expect_allowed(READ | HV_TRANSLATE_GVA_SUPERVISOR_ACCESS, true);
    state.cpl = 0;
    expect_allowed(READ, true);
    expect_allowed(READ | HV_TRANSLATE_GVA_USER_ACCESS, false);
}
END_TEST

START_TEST(the_kernel_writes_what_is_read_only_unless_wp_is_set)
{
    fill(4, 1);
    *entry_at(1) &= ~W;
    expect_allowed(WRITE, false);
    state.cr0 &= ~WP;
    expect_allowed(WRITE, true);
    expect_allowed(WRITE | HV_TRANSLATE_GVA_USER_ACCESS, false);
}
END_TEST

START_TEST(smep_and_smap_keep_the_kernel_off_user_pages)
{
    fill(4, 1);
    state.cr4 |= SMEP;
    expect_allowed(EXECUTE, false);
    expect_allowed(EXECUTE | HV_TRANSLATE_GVA_USER_ACCESS, true);
    expect_allowed(READ, true);
    state.cr4 |= SMAP;
    expect_allowed(READ, false);
    expect_allowed(WRITE, false);
    expect_allowed(READ | HV_TRANSLATE_GVA_OVERRIDE_SMAP, true);
    state.alignment_check = true;
    expect_allowed(READ, true);
    expect_allowed(READ | HV_TRANSLATE_GVA_ENFORCE_SMAP, false);
    expect_allowed(READ | HV_TRANSLATE_GVA_ENFORCE_SMAP | HV_TRANSLATE_GVA_USER_ACCESS, true);
    *entry_at(2) &= ~U;
    state.alignment_check = false;
    expect_allowed(READ, true);
    expect_allowed(EXECUTE, true);
}
END_TEST

/* ---- accessed and dirty bits, cache types, overlays ---- */

START_TEST(bits_are_set_when_asked_for)
{
    fill(4, 1);
    walk(WRITE, gva4());
    ck_assert_uint_eq(*entry_at(1) & (A | D), 0);
    walk(READ | SET, gva4());
    for (unsigned level = 1; level <= 4; level++)
        ck_assert_uint_eq(*entry_at(level) & (A | D), A);
    walk(WRITE | SET, gva4());
    ck_assert_uint_eq(*entry_at(1) & (A | D), A | D);
    ck_assert_uint_eq(*entry_at(2) & (A | D), A);
}
END_TEST

START_TEST(a_violation_sets_no_dirty_bit)
{
    fill(4, 1);
    *entry_at(1) &= ~W;
    walk(WRITE | SET, gva4());
    expect(HvTranslateGvaPrivilegeViolation, 0);
    ck_assert_uint_eq(*entry_at(1) & (A | D), A);
}
END_TEST

START_TEST(the_cache_type_is_what_counts)
{
    fill(4, 1);
    state.pat = UINT64_C(0x0001040600070406) | UINT64_C(5) << 32;
    walk(READ, gva4());
    ck_assert_uint_eq(out.cache, HV_CACHE_WRITE_BACK);
    *entry_at(1) |= PWT;
    walk(READ, gva4());
    ck_assert_uint_eq(out.cache, HV_CACHE_WRITE_THROUGH);
    *entry_at(1) = (*entry_at(1) & ~PWT) | PCD;
    walk(READ, gva4());
    ck_assert_uint_eq(out.cache, HV_CACHE_UNCACHED);
    *entry_at(1) |= PS; /* PAT */
    walk(READ, gva4());
    ck_assert_uint_eq(out.cache, HV_CACHE_WRITE_COMBINING);
    state.cr0 |= CD;
    walk(READ, gva4());
    ck_assert_uint_eq(out.cache, HV_CACHE_UNCACHED);
    state.cr0 &= ~CD;
    ck_assert_uint_eq(hv_address_map(child, PAGE, PAGE, 1, HV_ACCESS_ALL, HV_CACHE_UNCACHED),
                      HV_STATUS_SUCCESS);
    walk(READ, gva4());
    ck_assert_uint_eq(out.cache, HV_CACHE_UNCACHED);
}
END_TEST

START_TEST(the_page_itself_need_not_be_there)
{
    fill(4, 1);
    ck_assert_uint_eq(hv_address_unmap(child, PAGE, 1), HV_STATUS_SUCCESS);
    walk(READ, gva4());
    expect(HvTranslateGvaSuccess, PAGE);
    ck_assert(!out.overlay);
    ck_assert_uint_eq(hv_overlay_enable(child, &child->hypercall_page, PAGE), HV_STATUS_SUCCESS);
    walk(READ, gva4());
    expect(HvTranslateGvaSuccess, PAGE);
    ck_assert(out.overlay);
}
END_TEST

/* ---- the call ---- */

static uint64_t call(uint64_t id, uint32_t index, uint64_t flags, uint64_t gva_page)
{
    struct hv_input_translate_virtual_address *input = fake_page(&fake, INPUT / HV_PAGE_SIZE);

    *input = (struct hv_input_translate_virtual_address){
        .partition_id = id, .vp_index = index, .control_flags = flags, .gva_page = gva_page
    };
    return fake_hypercall(vp, HvCallTranslateVirtualAddress, INPUT, OUTPUT);
}

static void set(struct hv_vp *of, uint32_t name, uint64_t low, uint64_t high)
{
    const struct hv_register128 value = { low, high };
    const struct hv_cpu_ops *cpu = &fake.platform.cpu;

    ck_assert_uint_eq(cpu->set_register(cpu->context, of, name, &value), HV_STATUS_SUCCESS);
}

/* A VP of which nobody else has the LP: requests are served when it is kicked. */
static void kick(void *context, struct hv_vp *of)
{
    (void)context;
    hv_vp_prepare(of);
}

static struct hv_vp *child_vp(void)
{
    struct hv_vp *of = fake_vp_create(&fake, child, 0);

    fake.platform.cpu.kick = kick;
    set(of, HvX64RegisterCr0, state.cr0, 0);
    set(of, HvX64RegisterCr3, state.cr3, 0);
    set(of, HvX64RegisterCr4, state.cr4, 0);
    set(of, HvX64RegisterEfer, state.efer, 0);
    set(of, HvX64RegisterPat, state.pat, 0);
    return of;
}

START_TEST(the_vps_state_counts)
{
    const struct hv_output_translate_virtual_address *output;
    struct hv_vp *of;

    fill(4, 1);
    of = child_vp();
    output = fake_page(&fake, OUTPUT / HV_PAGE_SIZE);
    ck_assert_uint_eq(call(child->id, 0, READ, gva4()), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->result_code, HvTranslateGvaSuccess);
    ck_assert_uint_eq(output->cache_type_overlay, HvCacheTypeWriteBack);
    ck_assert_uint_eq(output->gpa_page, PAGE);
    *entry_at(1) &= ~U;
    set(of, HvX64RegisterSs, 0, UINT64_C(0x60) << 48); /* CPL 3 */
    ck_assert_uint_eq(call(child->id, 0, READ, gva4()), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->result_code, HvTranslateGvaPrivilegeViolation);
    set(of, HvX64RegisterSs, 0, 0);
    *entry_at(1) |= U;
    set(of, HvX64RegisterCr4, PAE | SMAP, 0);
    ck_assert_uint_eq(call(child->id, 0, READ, gva4()), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->result_code, HvTranslateGvaPrivilegeViolation);
    set(of, HvX64RegisterRflags, UINT64_C(1) << 18, 0);
    ck_assert_uint_eq(call(child->id, 0, READ, gva4()), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->result_code, HvTranslateGvaSuccess);
    ck_assert_uint_eq(hv_overlay_enable(child, &child->hypercall_page, PAGE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call(child->id, 0, READ, gva4()), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->cache_type_overlay,
                      HvCacheTypeWriteBack | HV_TRANSLATE_GVA_RESULT_OVERLAY_PAGE);
}
END_TEST

static uint64_t call_ex(void)
{
    struct hv_input_translate_virtual_address *input = fake_page(&fake, INPUT / HV_PAGE_SIZE);

    *input = (struct hv_input_translate_virtual_address){ .partition_id = child->id,
                                                          .control_flags = READ,
                                                          .gva_page = gva4() };
    return fake_hypercall(vp, HvCallTranslateVirtualAddressEx, INPUT, OUTPUT);
}

START_TEST(the_extended_call_says_the_same)
{
    struct hv_input_translate_virtual_address *input = fake_page(&fake, INPUT / HV_PAGE_SIZE);
    const struct hv_output_translate_virtual_address_ex *output =
        fake_page(&fake, OUTPUT / HV_PAGE_SIZE);

    fill(4, 1);
    child_vp();
    ck_assert_uint_eq(call_ex(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->result_code, HvTranslateGvaSuccess);
    ck_assert_uint_eq(output->cache_type_overlay, HvCacheTypeWriteBack);
    ck_assert_uint_eq(output->event_info, 0);
    ck_assert_uint_eq(output->gpa_page, PAGE);
    input->padding = 1;
    ck_assert_uint_eq(fake_hypercall(vp, HvCallTranslateVirtualAddressEx, INPUT, OUTPUT),
                      HV_STATUS_INVALID_PARAMETER);
}
END_TEST

static void expect_page(uint32_t result, uint64_t gpa_page)
{
    const struct hv_output_translate_virtual_address *output =
        fake_page(&fake, OUTPUT / HV_PAGE_SIZE);
    const struct hv_output_translate_virtual_address_ex *extended = (const void *)output;

    ck_assert_uint_eq(call(child->id, 0, READ, gva4()), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output->result_code, result);
    ck_assert_uint_eq(output->gpa_page, gpa_page);
    ck_assert_uint_eq(call_ex(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(extended->result_code, result);
    ck_assert_uint_eq(extended->gpa_page, gpa_page);
}

/* TLFS: of a table that can't be accessed its page is told; the translated page itself is told,
   mapped or not. */
START_TEST(the_page_that_is_not_there_is_told)
{
    fill(4, 1);
    child_vp();
    ck_assert_uint_eq(hv_address_unmap(child, PAGE, 1), HV_STATUS_SUCCESS);
    expect_page(HvTranslateGvaSuccess, PAGE);
    ck_assert_uint_eq(hv_address_unmap(child, TABLE(1), 1), HV_STATUS_SUCCESS);
    expect_page(HvTranslateGvaGpaUnmapped, TABLE(1));
    ck_assert_uint_eq(hv_address_unmap(child, TABLE(3), 1), HV_STATUS_SUCCESS);
    expect_page(HvTranslateGvaGpaUnmapped, TABLE(3));
}
END_TEST

START_TEST(flags_must_make_sense)
{
    static const uint64_t bad[] = {
        0,
        SET,
        READ | HV_TRANSLATE_GVA_SHADOW_STACK,
        READ | 0x800,
        READ | UINT64_C(1) << 55,
        READ | HV_TRANSLATE_GVA_USER_ACCESS | HV_TRANSLATE_GVA_SUPERVISOR_ACCESS,
        READ | HV_TRANSLATE_GVA_ENFORCE_SMAP | HV_TRANSLATE_GVA_OVERRIDE_SMAP,
        READ | UINT64_C(0x11) << 56, /* VTL 1 */
        READ | UINT64_C(0x20) << 56,
    };

    child_vp();
    ck_assert_uint_eq(call(child->id, 0, bad[_i], 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(the_target_is_a_vp_of_an_active_child)
{
    child_vp();
    ck_assert_uint_eq(call(child->id, 1, READ, 0), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(call(77, 0, READ, 0), HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(call(HV_PARTITION_ID_SELF, 0, READ, 0), HV_STATUS_ACCESS_DENIED);
    atomic_store(&child->lineage.state, HV_PARTITION_FINALIZED);
    ck_assert_uint_eq(call(child->id, 0, READ, 0), HV_STATUS_INVALID_PARTITION_STATE);
    root->features.privileges &= ~HV_PRIVILEGE_CreatePartitions;
    ck_assert_uint_eq(call(child->id, 0, READ, 0), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("translate");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, without_paging_all_is_as_it_is);
    tcase_add_loop_test(all, four_levels_end_where_the_entry_is_large, 1, 4);
    tcase_add_test(all, addresses_are_canonical);
    tcase_add_test(all, five_levels);
    tcase_add_test(all, pae_has_three_levels_of_which_the_top_is_small);
    tcase_add_test(all, legacy_paging_has_two_levels);
    tcase_add_loop_test(all, each_entry_must_be_present, 1, 5);
    tcase_add_loop_test(all, reserved_bits_are_noticed, 0, 6);
    tcase_add_test(all, tables_must_be_accessible);
    tcase_add_loop_test(all, every_entry_has_to_allow_it, 1, 5);
    tcase_add_test(all, the_kernel_writes_what_is_read_only_unless_wp_is_set);
    tcase_add_test(all, smep_and_smap_keep_the_kernel_off_user_pages);
    tcase_add_test(all, bits_are_set_when_asked_for);
    tcase_add_test(all, a_violation_sets_no_dirty_bit);
    tcase_add_test(all, the_cache_type_is_what_counts);
    tcase_add_test(all, the_page_itself_need_not_be_there);
    tcase_add_test(all, the_vps_state_counts);
    tcase_add_test(all, the_extended_call_says_the_same);
    tcase_add_test(all, the_page_that_is_not_there_is_told);
    tcase_add_loop_test(all, flags_must_make_sense, 0, 9);
    tcase_add_test(all, the_target_is_a_vp_of_an_active_child);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
