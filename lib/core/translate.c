/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "translate.h"

#include "core.h"

#define CR0_WP (UINT64_C(1) << 16)
#define CR0_CD (UINT64_C(1) << 30)
#define CR0_PG (UINT64_C(1) << 31)

#define CR4_PSE  (UINT64_C(1) << 4)
#define CR4_PAE  (UINT64_C(1) << 5)
#define CR4_LA57 (UINT64_C(1) << 12)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)

#define EFER_LMA (UINT64_C(1) << 10)
#define EFER_NXE (UINT64_C(1) << 11)

#define PTE_PRESENT  (UINT64_C(1) << 0)
#define PTE_WRITE    (UINT64_C(1) << 1)
#define PTE_USER     (UINT64_C(1) << 2)
#define PTE_PWT      (UINT64_C(1) << 3)
#define PTE_PCD      (UINT64_C(1) << 4)
#define PTE_ACCESSED (UINT64_C(1) << 5)
#define PTE_DIRTY    (UINT64_C(1) << 6)
#define PTE_LARGE    (UINT64_C(1) << 7) /* above level 1 */
#define PTE_PAT      (UINT64_C(1) << 7) /* at level 1 */
#define PTE_PAT_HIGH (UINT64_C(1) << 12)
#define PTE_NX       (UINT64_C(1) << 63)

/* Bits 52 to 62 belong to software, but for PAE, and in four levels. */
#define PTE_SOFTWARE (UINT64_C(0x7FF) << 52)
#define PDPTE_ZERO   UINT64_C(0x1E6) /* of PAE's four top entries */
#define PDE_4M_ZERO  (UINT64_C(1) << 21)
#define ADDRESS_BITS UINT64_C(0x000FFFFFFFFFF000)
#define ALL_RIGHTS   (PTE_WRITE | PTE_USER)
#define PAGE_BITS    12

/* The kinds of tables. */
enum mode { LONG_MODE, PAE, LEGACY };

struct walk {
    const struct hv_partition *partition;
    const struct hv_paging_state *state;
    uint64_t flags;
    uint64_t address; /* virtual */
    enum mode mode;
    unsigned level;
    uint64_t entry;  /* the last one */
    uint64_t place;  /* its GPA */
    uint64_t rights; /* that all entries allow: ALL_RIGHTS; PTE_NX when one forbids execution */
    struct hv_translation *out;
};

static bool fail(struct walk *walk, uint32_t result, uint64_t gpa_page)
{
    *walk->out = (struct hv_translation){ .result = result, .gpa_page = gpa_page };
    return false;
}

/* ---- the guest's tables in memory ---- */

static uint32_t entry_size(const struct walk *walk)
{
    return walk->mode == LEGACY ? 4 : 8;
}

/* Why a table's page can't be accessed. */
static bool fail_access(struct walk *walk, uint64_t gpa, uint8_t access)
{
    uint64_t page = gpa >> HV_PAGE_SHIFT;
    struct hv_mapping mapping;
    bool mapped = hv_address_translate(walk->partition, page, &mapping);

    if (!mapped && !mapping.inaccessible)
        return fail(walk, HvTranslateGvaGpaUnmapped, page);
    if (mapping.overlay)
        return fail(walk, HvTranslateGvaGpaIllegalOverlayAccess, page);
    return fail(walk,
                access == HV_ACCESS_READ ? HvTranslateGvaGpaNoReadAccess
                                         : HvTranslateGvaGpaNoWriteAccess,
                page);
}

/* An entry of 4 bytes is read along with its neighbour: 8 bytes come in one piece. */
static bool read_entry(struct walk *walk, uint64_t gpa)
{
    uint64_t word;

    if (!hv_address_read(walk->partition, gpa & ~UINT64_C(7), &word, sizeof(word)))
        return fail_access(walk, gpa, HV_ACCESS_READ);
    walk->place = gpa;
    walk->entry = word;
    if (walk->mode == LEGACY)
        walk->entry = (uint32_t)(gpa & 4 ? word >> 32 : word);
    return true;
}

/* An entry that the guest has changed since it was read is left as it is now. */
static bool mark(struct walk *walk, uint64_t bits)
{
    uint64_t marked = walk->entry | bits, found;

    if (!(walk->flags & HV_TRANSLATE_GVA_SET_PAGE_TABLE_BITS) || marked == walk->entry)
        return true;
    if (!hv_address_replace_word(walk->partition, walk->place, entry_size(walk), walk->entry,
                                 marked, &found))
        return fail_access(walk, walk->place, HV_ACCESS_WRITE);
    walk->entry = marked;
    return true;
}

/* ---- entries ---- */

static unsigned shift_of(const struct walk *walk)
{
    return PAGE_BITS + (walk->mode == LEGACY ? 10 : 9) * (walk->level - 1);
}

static bool is_pae_top(const struct walk *walk)
{
    return walk->mode == PAE && walk->level == 3;
}

static bool is_leaf(const struct walk *walk)
{
    if (walk->level == 1)
        return true;
    if (walk->level > 3 || is_pae_top(walk) || !(walk->entry & PTE_LARGE))
        return false;
    return walk->mode != LEGACY || (walk->state->cr4 & CR4_PSE);
}

/* Address bits of a large page below its size, less the one for its PAT bit. */
static uint64_t large_zero(const struct walk *walk)
{
    if (walk->mode == LEGACY)
        return PDE_4M_ZERO;
    return ((UINT64_C(1) << shift_of(walk)) - 1) & ADDRESS_BITS & ~PTE_PAT_HIGH;
}

static uint64_t reserved_bits(const struct walk *walk)
{
    uint64_t bits = 0;

    if (walk->mode != LEGACY)
        bits |= ADDRESS_BITS & ~((UINT64_C(1) << walk->partition->gpa_bits) - 1);
    if (walk->mode == PAE)
        bits |= PTE_SOFTWARE;
    if (is_pae_top(walk))
        return bits | PDPTE_ZERO | PTE_NX;
    if (walk->mode != LEGACY && !(walk->state->efer & EFER_NXE))
        bits |= PTE_NX;
    if (walk->mode == LONG_MODE && walk->level > 3)
        bits |= PTE_LARGE;
    if (walk->level > 1 && is_leaf(walk))
        bits |= large_zero(walk);
    return bits;
}

static uint64_t index_of(const struct walk *walk)
{
    uint64_t mask = walk->mode == LEGACY ? 0x3FF : is_pae_top(walk) ? 3 : 0x1FF;

    return walk->address >> shift_of(walk) & mask;
}

/* PAE's top entries restrict nothing and have no accessed bit. */
static bool take_entry(struct walk *walk)
{
    if (!(walk->entry & PTE_PRESENT))
        return fail(walk, HvTranslateGvaPageNotPresent, 0);
    if (walk->entry & reserved_bits(walk))
        return fail(walk, HvTranslateGvaInvalidPageTableFlags, 0);
    if (is_pae_top(walk))
        return true;
    walk->rights &= walk->entry | ~ALL_RIGHTS;
    walk->rights |= walk->entry & PTE_NX;
    return mark(walk, PTE_ACCESSED);
}

static bool walk_tables(struct walk *walk, uint64_t table)
{
    for (;; walk->level--) {
        if (!read_entry(walk, table + index_of(walk) * entry_size(walk)) || !take_entry(walk))
            return false;
        if (is_leaf(walk))
            return true;
        table = walk->entry & ADDRESS_BITS;
    }
}

/* ---- rights ---- */

static bool is_user_access(const struct walk *walk)
{
    if (walk->flags & (HV_TRANSLATE_GVA_PRIVILEGE_EXEMPT | HV_TRANSLATE_GVA_SUPERVISOR_ACCESS))
        return false;
    return (walk->flags & HV_TRANSLATE_GVA_USER_ACCESS) || walk->state->cpl == 3;
}

static bool smap_holds(const struct walk *walk)
{
    if (walk->flags & HV_TRANSLATE_GVA_ENFORCE_SMAP)
        return true;
    return !(walk->flags & HV_TRANSLATE_GVA_OVERRIDE_SMAP) && (walk->state->cr4 & CR4_SMAP) &&
           !walk->state->alignment_check;
}

static bool may_execute(const struct walk *walk, bool user)
{
    bool smep = !user && (walk->state->cr4 & CR4_SMEP) && (walk->rights & PTE_USER);

    return !smep && !(walk->rights & PTE_NX);
}

static bool check_rights(struct walk *walk)
{
    bool user = is_user_access(walk), user_page = walk->rights & PTE_USER;
    bool data = walk->flags & (HV_TRANSLATE_GVA_VALIDATE_READ | HV_TRANSLATE_GVA_VALIDATE_WRITE);
    bool writable = (walk->rights & PTE_WRITE) || (!user && !(walk->state->cr0 & CR0_WP));

    if ((user && !user_page) || (!user && user_page && data && smap_holds(walk)) ||
        ((walk->flags & HV_TRANSLATE_GVA_VALIDATE_WRITE) && !writable) ||
        ((walk->flags & HV_TRANSLATE_GVA_VALIDATE_EXECUTE) && !may_execute(walk, user)))
        return fail(walk, HvTranslateGvaPrivilegeViolation, 0);
    return true;
}

/* ---- the result ---- */

static uint64_t address_of(const struct walk *walk)
{
    uint64_t offset = (UINT64_C(1) << shift_of(walk)) - 1;
    uint64_t base = walk->entry & ADDRESS_BITS & ~offset;

    if (walk->mode == LEGACY && walk->level == 2)
        base |= (walk->entry >> 13 & 0xFF) << 32;
    return base | (walk->address & offset);
}

static uint8_t cache_by_pat(const struct walk *walk)
{
    unsigned index = 0;
    uint8_t type;

    if (walk->entry & PTE_PWT)
        index |= 1;
    if (walk->entry & PTE_PCD)
        index |= 2;
    if (walk->entry & (walk->level == 1 ? PTE_PAT : PTE_PAT_HIGH))
        index |= 4;
    type = walk->state->pat >> (8 * index) & 7;
    return type == 7 ? HV_CACHE_UNCACHED : type; /* 7: UC- */
}

static void succeed(struct walk *walk, uint64_t gpa, uint8_t cache)
{
    struct hv_mapping mapping;
    bool mapped = hv_address_translate(walk->partition, gpa >> HV_PAGE_SHIFT, &mapping);

    if ((walk->state->cr0 & CR0_CD) || (mapped && mapping.cache == HV_CACHE_UNCACHED))
        cache = HV_CACHE_UNCACHED;
    *walk->out = (struct hv_translation){ .result = HvTranslateGvaSuccess,
                                          .cache = cache,
                                          .overlay = mapping.overlay,
                                          .gpa_page = gpa >> HV_PAGE_SHIFT };
}

/* Chooses the tables; false when the address is beyond what they translate. */
static bool choose_mode(struct walk *walk, uint64_t gva_page, uint64_t *table)
{
    uint64_t cr3 = walk->state->cr3, cr4 = walk->state->cr4;
    unsigned unused;

    if (walk->state->efer & EFER_LMA) {
        walk->mode = LONG_MODE;
        walk->level = cr4 & CR4_LA57 ? 5 : 4;
        *table = cr3 & ADDRESS_BITS;
        unused = 64 - (12 + 9 * walk->level);
        return gva_page >> 52 == 0 &&
               (uint64_t)((int64_t)(walk->address << unused) >> unused) == walk->address;
    }
    walk->mode = cr4 & CR4_PAE ? PAE : LEGACY;
    walk->level = cr4 & CR4_PAE ? 3 : 2;
    *table = cr4 & CR4_PAE ? cr3 & UINT64_C(0xFFFFFFE0) : cr3 & UINT64_C(0xFFFFF000);
    return gva_page >> 20 == 0;
}

void hv_translate(const struct hv_partition *partition, const struct hv_paging_state *state,
                  uint64_t flags, uint64_t gva_page, struct hv_translation *translation)
{
    struct walk walk = { .partition = partition,
                         .state = state,
                         .flags = flags,
                         .address = gva_page << HV_PAGE_SHIFT,
                         .rights = ALL_RIGHTS,
                         .out = translation };
    uint64_t table;

    if (!(state->cr0 & CR0_PG)) {
        succeed(&walk, walk.address & UINT32_MAX, HV_CACHE_WRITE_BACK);
        return;
    }
    if (!choose_mode(&walk, gva_page, &table)) {
        fail(&walk, HvTranslateGvaPageNotPresent, 0);
        return;
    }
    if (!walk_tables(&walk, table) || !check_rights(&walk))
        return;
    if ((flags & HV_TRANSLATE_GVA_VALIDATE_WRITE) && !mark(&walk, PTE_DIRTY))
        return;
    succeed(&walk, address_of(&walk), cache_by_pat(&walk));
}
