/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The page table (AMD APM vol. 2, chapter 5).
 */
#include "private.h"

#define P   (1ULL << 0)
#define RW  (1ULL << 1)
#define US  (1ULL << 2)
#define PWT (1ULL << 3)
#define PCD (1ULL << 4)
#define PS  (1ULL << 7)
#define G   (1ULL << 8)
#define NX  (1ULL << 63)

#define PAT_4K     (1ULL << 7)
#define PAT_LARGE  (1ULL << 12)
#define ADDRESS    0x000ffffffffff000ULL
#define PERMIT_ALL (P | RW | US)

#define APIC_PAGE 0xfee00000ULL

/* Window for paging_alloc_gva(): PML4 slots 16 to 31. */
#define WINDOW_START 0x0000080000000000ULL
#define WINDOW_END   0x0000100000000000ULL

static uint64_t nx;
static uint64_t next_gva = WINDOW_START;
static struct spinlock lock;

static uint64_t level_size(unsigned int level)
{
    return 1ULL << (12 + 9 * (level - 1));
}

static bool is_leaf(uint64_t entry, unsigned int level)
{
    return level == 1 || (level <= 3 && (entry & PS) != 0);
}

static uint64_t leaf_bits(uint32_t flags, unsigned int level)
{
    uint32_t pat = (flags & MAP_PAT_MASK) >> MAP_PAT_SHIFT;
    uint64_t bits = P;

    bits |= flags & MAP_WRITE ? RW : 0;
    bits |= flags & MAP_USER ? US : 0;
    bits |= flags & MAP_NX ? nx : 0;
    bits |= flags & MAP_GLOBAL ? G : 0;
    bits |= pat & 1 ? PWT : 0;
    bits |= pat & 2 ? PCD : 0;
    if (level == 1)
        return bits | (pat & 4 ? PAT_4K : 0);
    return bits | PS | (pat & 4 ? PAT_LARGE : 0);
}

static uint64_t leaf_address(uint64_t entry, unsigned int level)
{
    return entry & ADDRESS & ~(level_size(level) - 1);
}

static uint32_t leaf_flags(uint64_t entry, unsigned int level)
{
    uint32_t pat = 0, flags = 0;

    pat |= entry & PWT ? 1u : 0;
    pat |= entry & PCD ? 2u : 0;
    pat |= entry & (level == 1 ? PAT_4K : PAT_LARGE) ? 4u : 0;
    flags |= entry & RW ? MAP_WRITE : 0;
    flags |= entry & US ? MAP_USER : 0;
    flags |= entry & NX ? MAP_NX : 0;
    flags |= entry & G ? MAP_GLOBAL : 0;
    flags |= level == 2 ? MAP_2M : 0;
    flags |= level == 3 ? MAP_1G : 0;
    return flags | MAP_PAT(pat);
}

static uint64_t *slot(uint64_t table, uint64_t gva, unsigned int level)
{
    return (uint64_t *)virt_of(table & ADDRESS) + (gva >> (12 + 9 * (level - 1)) & 511);
}

static void split(uint64_t *entry, unsigned int level)
{
    uint64_t *table = alloc_page();
    uint64_t gpa = leaf_address(*entry, level);
    uint64_t bits = leaf_bits(leaf_flags(*entry, level), level - 1);

    for (unsigned int i = 0; i < 512; i++)
        table[i] = (gpa + i * level_size(level - 1)) | bits;
    *entry = phys_of(table) | PERMIT_ALL;
}

/* The entry for @p gva at @p level, making and splitting tables on the way. */
static uint64_t *walk_to(uint64_t gva, unsigned int level)
{
    uint64_t *entry = slot(phys_of(boot_pml4), gva, 4);

    for (unsigned int at = 4; at > level; at--) {
        if ((*entry & P) == 0)
            *entry = phys_of(alloc_page()) | PERMIT_ALL;
        else if (is_leaf(*entry, at))
            split(entry, at);
        entry = slot(*entry, gva, at - 1);
    }
    return entry;
}

/* The entry where the walk for @p gva ends, present leaf or not, and its level. */
static uint64_t *walk(uint64_t gva, unsigned int *level)
{
    uint64_t *entry = slot(phys_of(boot_pml4), gva, 4);

    for (*level = 4; (*entry & P) != 0 && !is_leaf(*entry, *level);)
        entry = slot(*entry, gva, --*level);
    return entry;
}

static bool is_canonical(uint64_t gva)
{
    return (uint64_t)((int64_t)(gva << 16) >> 16) == gva;
}

static bool is_range(uint64_t gva, uint64_t size, uint64_t page)
{
    return size != 0 && ((gva | size) & (page - 1)) == 0 && is_canonical(gva) &&
           gva + size - 1 >= gva && is_canonical(gva + size - 1) &&
           (gva ^ (gva + size - 1)) >> 63 == 0;
}

bool paging_map(uint64_t gva, uint64_t gpa, uint64_t size, uint32_t flags)
{
    unsigned int level = flags & MAP_1G ? 3 : flags & MAP_2M ? 2 : 1;
    uint64_t page = level_size(level);

    if (!is_range(gva, size, page) || (gpa & (page - 1)) != 0 || gpa + size - 1 < gpa ||
        ((gpa + size - 1) & ~(ADDRESS | 0xfff)) != 0)
        return false;
    spin_lock(&lock);
    for (uint64_t done = 0; done < size; done += page) {
        *walk_to(gva + done, level) = (gpa + done) | leaf_bits(flags, level);
        invlpg((void *)(gva + done));
    }
    spin_unlock(&lock);
    if (level > 1)
        paging_flush();
    return true;
}

/* Bytes from @p gva on that the entry at @p level covers, of at most @p left. */
static uint64_t covered(uint64_t gva, unsigned int level, uint64_t left)
{
    uint64_t rest = level_size(level) - (gva & (level_size(level) - 1));

    return rest < left ? rest : left;
}

/* Changes or (flags NULL) removes the leaf at @p gva, splitting it as needed. @return bytes done */
static uint64_t change_leaf(uint64_t gva, uint64_t left, const uint32_t *flags)
{
    unsigned int level;
    uint64_t *entry = walk(gva, &level);

    if ((*entry & P) == 0)
        return covered(gva, level, left);
    while (covered(gva, level, left) != level_size(level)) {
        split(entry, level);
        entry = slot(*entry, gva, --level);
    }
    *entry = flags == NULL ? 0 : leaf_address(*entry, level) | leaf_bits(*flags, level);
    invlpg((void *)gva);
    return level_size(level);
}

static void change(uint64_t gva, uint64_t size, const uint32_t *flags)
{
    spin_lock(&lock);
    for (uint64_t done = 0; done < size;)
        done += change_leaf(gva + done, size - done, flags);
    spin_unlock(&lock);
}

bool paging_unmap(uint64_t gva, uint64_t size)
{
    if (!is_range(gva, size, PAGE_SIZE))
        return false;
    change(gva, size, NULL);
    return true;
}

static bool is_mapped(uint64_t gva, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        unsigned int level;

        if ((*walk(gva + done, &level) & P) == 0)
            return false;
        done += covered(gva + done, level, size - done);
    }
    return true;
}

bool paging_protect(uint64_t gva, uint64_t size, uint32_t flags)
{
    if (!is_range(gva, size, PAGE_SIZE) || !is_mapped(gva, size))
        return false;
    change(gva, size, &flags);
    return true;
}

bool paging_query(uint64_t gva, struct paging_mapping *mapping)
{
    unsigned int level = 4;
    uint64_t *entry = slot(phys_of(boot_pml4), gva, 4);
    uint64_t common = RW | US, never = 0;

    if (!is_canonical(gva))
        return false;
    for (;; entry = slot(*entry, gva, --level)) {
        if ((*entry & P) == 0)
            return false;
        if (is_leaf(*entry, level))
            break;
        common &= *entry;
        never |= *entry & NX;
    }
    mapping->size = level_size(level);
    mapping->gpa = leaf_address(*entry, level) | (gva & (mapping->size - 1));
    mapping->flags = leaf_flags((*entry & (common | ~(RW | US))) | never, level);
    return true;
}

uint64_t *paging_entry(uint64_t gva, unsigned int level)
{
    uint64_t *entry = slot(phys_of(boot_pml4), gva, 4);

    for (unsigned int at = 4; at > level; at--) {
        if ((*entry & P) == 0 || is_leaf(*entry, at))
            return NULL;
        entry = slot(*entry, gva, at - 1);
    }
    return entry;
}

uint64_t paging_alloc_gva(uint64_t size, uint64_t align)
{
    uint64_t mask = (align < PAGE_SIZE ? PAGE_SIZE : align) - 1, gva;

    spin_lock(&lock);
    gva = (next_gva + mask) & ~mask;
    if (size > WINDOW_END - WINDOW_START || gva + size + PAGE_SIZE > WINDOW_END)
        guest_panic("out of virtual addresses");
    next_gva = ((gva + size + PAGE_SIZE - 1) & PAGE_MASK) + PAGE_SIZE;
    spin_unlock(&lock);
    return gva;
}

void *paging_map_window(uint64_t gpa, uint64_t size, uint32_t flags)
{
    uint64_t page = flags & MAP_1G ? level_size(3) : flags & MAP_2M ? level_size(2) : PAGE_SIZE;
    uint64_t gva = paging_alloc_gva(size, page);

    return paging_map(gva, gpa, size, flags) ? (void *)gva : NULL;
}

void paging_flush(void)
{
    uint64_t cr4 = read_cr4();

    if (cr4 & CR4_PGE) {
        write_cr4(cr4 & ~(uint64_t)CR4_PGE);
        write_cr4(cr4);
    } else {
        write_cr3(read_cr3());
    }
}

void paging_flush_call(void *unused)
{
    (void)unused;
    paging_flush();
}

static uint64_t at_least(uint64_t address, uint64_t least)
{
    return address > least ? address : least;
}

static uint64_t at_most(uint64_t address, uint64_t most)
{
    return address < most ? address : most;
}

/* Large pages in between: beside RAM there may be something else. */
static void map_ram(uint64_t start, uint64_t end)
{
    uint64_t large = level_size(2), first = (start + large - 1) & ~(large - 1);
    uint64_t behind = at_least(end & ~(large - 1), first);

    paging_map(start, start, at_most(first, end) - start, MAP_WRITE | MAP_NX);
    paging_map(first, first, behind - first, MAP_WRITE | MAP_NX | MAP_2M);
    paging_map(behind, behind, at_least(end, behind) - behind, MAP_WRITE | MAP_NX);
}

/* As all below. The tables are from there, too: what is free there is taken first. */
static void map_high_ram(const struct guest_boot_info *boot)
{
    for (uint32_t i = 0; i < boot->region_count; i++) {
        const struct guest_memory_region *region = &boot->regions[i];
        uint64_t start = at_least(region->base, BOOT_MAPPED_END);
        uint64_t end = at_most(region->base + region->size, MEMORY_END) & PAGE_MASK;

        start = (start + PAGE_SIZE - 1) & PAGE_MASK;
        if (region->type == MEMORY_USABLE && start < end)
            map_ram(start, end);
    }
}

void paging_init(const struct guest_boot_info *boot)
{
    uint64_t start = phys_of(guest_image_start), text = phys_of(guest_text_end),
             end = phys_of(guest_image_end);

    nx = rdmsr(MSR_EFER) & EFER_NXE ? NX : 0;
    paging_protect(0, start, MAP_WRITE | MAP_NX);
    paging_protect(start, text - start, MAP_USER);
    paging_protect(text, end - text, MAP_WRITE | MAP_USER);
    paging_protect(end, BOOT_MAPPED_END - end, MAP_WRITE | MAP_NX);
    map_high_ram(boot);
    paging_protect(APIC_PAGE, PAGE_SIZE, MAP_WRITE | MAP_NX | MAP_UC);
    write_cr4(read_cr4() | CR4_PGE);
}
