/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* APM vol. 2, chapter 5. */
#include "gva.h"

#include <stddef.h>

#include <hv/address.h>

#include "cpu.h"
#include "memory.h"
#include "paging.h"
#include "svm.h"

#define PDE_4M_HIGH_SHIFT 13
#define PDE_4M_HIGH_MASK  0xFF

#define NO_PAGE UINT64_MAX

/* A way through the tables. */
struct walk {
    uint64_t gpa;
    uint64_t rights; /* what all entries allow */
    unsigned levels;
    const uint8_t *entry[GVA_LEVELS];
    uint64_t value[GVA_LEVELS];
};

static inline __attribute__((always_inline)) void pass(struct walk *walk, const uint8_t *place,
                                                       uint64_t entry)
{
    walk->rights &= entry;
    walk->value[walk->levels] = entry;
    walk->entry[walk->levels++] = place;
}

static void forget_all(struct gva_cache *cache, uint64_t generation)
{
    for (unsigned set = 0; set < GVA_CACHE_SETS; set++)
        for (unsigned way = 0; way < GVA_CACHE_WAYS; way++)
            cache->entry[set][way].gpa_page = NO_PAGE;
    for (unsigned i = 0; i < GVA_RECENT_WALKS; i++)
        cache->recent[i].linear_page = NO_PAGE;
    cache->generation = generation;
}

static bool find_page(struct svm_vp *vp, uint64_t gpa_page, struct gva_page *found)
{
    struct hv_mapping mapping;

    if (!hv_address_translate(hv_vp_partition(vp->vp), gpa_page, &mapping) ||
        !(mapping.access & HV_ACCESS_READ) || !memory_is_ram(mapping.spa_page))
        return false;
    *found = (struct gva_page){ gpa_page, memory_at(mapping.spa_page * PAGE_SIZE) };
    return true;
}

/* The first way is the one used last, so that two pages which share a set do not drive each other
   out. */
static __attribute__((noinline)) const uint8_t *replace_first(struct svm_vp *vp, uint64_t gpa_page)
{
    struct gva_page *set = vp->pages.entry[gpa_page % GVA_CACHE_SETS], found = set[1];

    if (found.gpa_page != gpa_page && !find_page(vp, gpa_page, &found))
        return NULL;
    set[1] = set[0];
    set[0] = found;
    return found.page;
}

static inline __attribute__((always_inline)) const uint8_t *gpa_pointer(struct svm_vp *vp,
                                                                        uint64_t gpa)
{
    uint64_t gpa_page = gpa / PAGE_SIZE;
    const struct gva_page *first = vp->pages.entry[gpa_page % GVA_CACHE_SETS];
    const uint8_t *page = first->page;

    if (__builtin_expect(first->gpa_page != gpa_page, false)) {
        page = replace_first(vp, gpa_page);
        if (!page)
            return NULL;
    }
    return page + gpa % PAGE_SIZE;
}

/* Tables of 8-byte entries, from the level whose entries cover 1 << shift bytes. */
static bool walk_long(struct svm_vp *vp, uint64_t linear, uint64_t table, unsigned shift,
                      struct walk *walk)
{
    for (;; shift -= 9) {
        const uint8_t *entries = gpa_pointer(vp, table);
        uint64_t entry;

        if (!entries)
            return false;
        entries += (linear >> shift) % 512 * 8;
        entry = *(const volatile uint64_t *)entries;
        if (!(entry & PAGE_PRESENT))
            return false;
        pass(walk, entries, entry);
        if (shift == 12 || (shift <= 30 && (entry & PAGE_LARGE))) {
            uint64_t offset = (UINT64_C(1) << shift) - 1;

            walk->gpa = (entry & PAGE_ADDRESS & ~offset) | (linear & offset);
            return true;
        }
        table = entry & PAGE_ADDRESS;
    }
}

/* The four top entries of PAE are no table of 4 KiB; they lie at any 32-byte boundary. */
static bool walk_pae(struct svm_vp *vp, uint64_t linear, struct walk *walk)
{
    const uint8_t *entries = gpa_pointer(vp, vp->vmcb->cr3 & 0xFFFFFFE0);
    uint64_t entry;

    if (!entries)
        return false;
    entry = *(const volatile uint64_t *)(entries + (linear >> 30) * 8);
    if (!(entry & PAGE_PRESENT))
        return false;
    return walk_long(vp, linear, entry & PAGE_ADDRESS, 21, walk);
}

static bool walk_32(struct svm_vp *vp, uint64_t linear, struct walk *walk)
{
    const uint8_t *entries = gpa_pointer(vp, vp->vmcb->cr3 & 0xFFFFF000);
    uint64_t entry;

    if (!entries)
        return false;
    entries += (linear >> 22) * 4;
    entry = *(const volatile uint32_t *)entries;
    if (!(entry & PAGE_PRESENT))
        return false;
    pass(walk, entries, entry);
    if ((entry & PAGE_LARGE) && (vp->vmcb->cr4 & CR4_PSE)) {
        uint64_t high = entry >> PDE_4M_HIGH_SHIFT & PDE_4M_HIGH_MASK;

        walk->gpa = high << 32 | (entry & 0xFFC00000) | (linear & 0x3FFFFF);
        return true;
    }
    entries = gpa_pointer(vp, entry & 0xFFFFF000);
    if (!entries)
        return false;
    entries += (linear >> 12) % 1024 * 4;
    entry = *(const volatile uint32_t *)entries;
    pass(walk, entries, entry);
    walk->gpa = (entry & 0xFFFFF000) | (linear & 0xFFF);
    return (entry & PAGE_PRESENT) != 0;
}

static bool find(struct svm_vp *vp, uint64_t linear, struct walk *walk)
{
    const struct vmcb *vmcb = vp->vmcb;

    walk->rights = UINT64_MAX;
    walk->levels = 0;
    if (!(vmcb->cr0 & CR0_PG)) {
        walk->gpa = linear;
        return true;
    }
    if (vmcb->efer & EFER_LMA)
        return walk_long(vp, linear, vmcb->cr3 & PAGE_ADDRESS, (vmcb->cr4 & CR4_LA57) ? 48 : 39,
                         walk);
    linear &= UINT32_MAX;
    if (vmcb->cr4 & CR4_PAE)
        return walk_pae(vp, linear, walk);
    return walk_32(vp, linear, walk);
}

static void check_cache(struct svm_vp *vp)
{
    uint64_t generation = svm_generation(vp);

    if (vp->pages.generation != generation)
        forget_all(&vp->pages, generation);
}

/* ---- Walks of late ---- */

static unsigned place_of(uint64_t linear)
{
    return linear / PAGE_SIZE % GVA_RECENT_WALKS;
}

static uint64_t mode_of(const struct vmcb *vmcb)
{
    return (vmcb->cr4 & CR4_LA57) | (vmcb->efer & EFER_LMA);
}

/* The bits in which an entry is another one. */
static uint64_t changed(const struct gva_step *step)
{
    return *step->entry ^ step->value;
}

/* Nearly every exit comes here, and a loop would take longer than what is in it. */
static bool is_as_it_was(const struct svm_vp *vp, const struct gva_recent *recent, uint64_t linear)
{
    const struct gva_step *step = recent->step;

    _Static_assert(GVA_LEVELS == 5, "each level is looked at");
    if (recent->linear_page != linear / PAGE_SIZE || recent->cr3 != vp->vmcb->cr3 ||
        recent->mode != mode_of(vp->vmcb))
        return false;
    return (changed(&step[0]) | changed(&step[1]) | changed(&step[2]) | changed(&step[3]) |
            changed(&step[4])) == 0;
}

static void remember(const struct svm_vp *vp, struct gva_recent *recent, uint64_t linear,
                     const struct walk *walk, const uint8_t *byte)
{
    if (!(vp->vmcb->efer & EFER_LMA) || walk->levels == 0)
        return;
    recent->linear_page = linear / PAGE_SIZE;
    recent->cr3 = vp->vmcb->cr3;
    recent->mode = mode_of(vp->vmcb);
    for (unsigned i = 0; i < GVA_LEVELS; i++) {
        unsigned level = i < walk->levels ? i : walk->levels - 1;

        recent->step[i].entry =
            (const volatile uint64_t *)(const volatile void *)walk->entry[level];
        recent->step[i].value = walk->value[level];
    }
    recent->page = byte - linear % PAGE_SIZE;
}

static __attribute__((noinline)) const uint8_t *walk_again(struct svm_vp *vp, uint64_t linear)
{
    const uint8_t *byte;
    struct walk walk;

    check_cache(vp);
    byte = find(vp, linear, &walk) ? gpa_pointer(vp, walk.gpa) : NULL;
    if (byte)
        remember(vp, &vp->pages.recent[place_of(linear)], linear, &walk, byte);
    return byte;
}

const uint8_t *gva_recent(const struct svm_vp *vp, uint64_t linear)
{
    const struct gva_recent *recent = &vp->pages.recent[place_of(linear)];

    HIDE(recent);
    if (__builtin_expect(
            vp->pages.generation == svm_generation(vp) && is_as_it_was(vp, recent, linear), true))
        return recent->page + linear % PAGE_SIZE;
    return NULL;
}

const uint8_t *gva_pointer(struct svm_vp *vp, uint64_t linear)
{
    const uint8_t *byte = gva_recent(vp, linear);

    return __builtin_expect(byte != NULL, true) ? byte : walk_again(vp, linear);
}

bool gva_translate(struct svm_vp *vp, uint64_t linear, uint64_t *gpa)
{
    void *section = gva_enter(vp);
    struct walk walk = { 0 };
    bool found;

    check_cache(vp);
    found = find(vp, linear, &walk);
    gva_leave(section);
    *gpa = walk.gpa;
    return found;
}

/* Write access, at the current privilege level (APM vol. 2, 5.6). */
static bool may_store(const struct svm_vp *vp, const struct walk *walk)
{
    const struct vmcb *vmcb = vp->vmcb;
    bool user = vmcb->cpl == 3, user_page = (walk->rights & PAGE_USER) != 0;

    if (user && !user_page)
        return false;
    if (!user && user_page && (vmcb->cr4 & CR4_SMAP) && !(vp->gprs.rflags & RFLAGS_AC))
        return false;
    return (walk->rights & PAGE_WRITE) || (!user && !(vmcb->cr0 & CR0_WP));
}

/* The entries' first byte has both bits; another VP may be changing the others. */
static void mark(const struct walk *walk)
{
    for (unsigned i = 0; i < walk->levels; i++) {
        uint8_t bits = i + 1 == walk->levels ? PAGE_ACCESSED | PAGE_DIRTY : PAGE_ACCESSED;

        __atomic_fetch_or((uint8_t *)(uintptr_t)walk->entry[i], bits, __ATOMIC_RELAXED);
    }
}

uint8_t *gva_store_pointer(struct svm_vp *vp, uint64_t linear, bool *present)
{
    const struct hv_partition *partition = hv_vp_partition(vp->vp);
    struct hv_mapping mapping;
    struct walk walk;

    check_cache(vp);
    *present = find(vp, linear, &walk);
    if (!*present || !may_store(vp, &walk))
        return NULL;
    if (!hv_address_translate(partition, walk.gpa / PAGE_SIZE, &mapping) ||
        !(mapping.access & HV_ACCESS_WRITE) || !memory_is_ram(mapping.spa_page))
        return NULL;
    mark(&walk);
    return (uint8_t *)memory_at(mapping.spa_page * PAGE_SIZE) + walk.gpa % PAGE_SIZE;
}
