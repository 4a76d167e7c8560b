/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The format of nested page tables: how one 64-bit entry says what it says. Levels count as in the
 * hardware manuals: 4 is the top, 1 holds 4 KiB leaves; leaves may be at levels 1, 2 and 3.
 *
 * In both formats 0 is an entry that is not present. Accessed and dirty bits are born clear: the
 * first access costs hardware a write, and in exchange they tell the truth to whoever tracks which
 * pages a guest has used.
 */
#ifndef HV_CORE_SLAT_H
#define HV_CORE_SLAT_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/address.h>

#define HV_SLAT_TOP_LEVEL     4u
#define HV_SLAT_TABLE_ENTRIES 512u
#define HV_SLAT_INDEX_BITS    9u
/* Four levels translate 48 bits of guest physical address. */
#define HV_SLAT_ADDRESS_BITS 48u
/* Bits 51:12, where every entry of both formats has the address. */
#define HV_SLAT_ADDRESS_MASK UINT64_C(0x000FFFFFFFFFF000)

/* For hv_mapping.spa_page of what has no memory. */
#define HV_NO_PAGE UINT64_MAX

struct hv_slat_ops {
    uint64_t accessed, dirty; /* the bits of a leaf in which hardware records accesses */
    /* An entry that points to a lower table and restricts nothing. */
    uint64_t (*table)(uint64_t spa_page);
    /* A leaf of the level, of a mapping with an access mask that access_valid() accepts; overlay is
       kept in a bit that hardware ignores. */
    uint64_t (*leaf)(const struct hv_mapping *mapping, unsigned level);
    /* The leaf of the next lower level that does for the index-th of its 512 parts what a leaf of
       the level (2 or 3) does for all of them; accessed and dirty bits are inherited. */
    uint64_t (*split)(uint64_t leaf, unsigned level, unsigned index);
    bool (*is_present)(uint64_t entry);
    /* Whether an entry of the level points to a table; if so, its page number. What is present and
       does not is a leaf. */
    bool (*descend)(uint64_t entry, unsigned level, uint64_t *spa_page);
    /* Reads a leaf; spa_page is that of its first 4 KiB. */
    void (*decode)(uint64_t entry, unsigned level, struct hv_mapping *mapping);
    /* Whether the format can express the access mask; enum hv_cpu_capability. */
    bool (*access_valid)(uint8_t access, uint32_t capabilities);
};

extern const struct hv_slat_ops hv_slat_npt;
extern const struct hv_slat_ops hv_slat_ept;

/*
 * The entry for a leaf, or for what is not present: unmapped, or inaccessible with or without a
 * page. Hardware ignores what an entry says that is not present, in either format.
 */
uint64_t hv_slat_encode(const struct hv_slat_ops *slat, const struct hv_mapping *mapping,
                        unsigned level);

/* The reverse, for anything but a table. */
void hv_slat_decode(const struct hv_slat_ops *slat, uint64_t entry, unsigned level,
                    struct hv_mapping *mapping);

/* Whether an entry that is no table has memory, be it accessible or not. */
bool hv_slat_has_page(const struct hv_slat_ops *slat, uint64_t entry);

/* The entry of the next lower level that says for the index-th of 512 parts what this one says for
   all of them; anything but a table. */
uint64_t hv_slat_part(const struct hv_slat_ops *slat, uint64_t entry, unsigned level,
                      unsigned index);

/* 4 KiB pages that one entry of the level covers. */
static inline uint64_t hv_slat_pages(unsigned level)
{
    return UINT64_C(1) << (HV_SLAT_INDEX_BITS * (level - 1));
}

static inline unsigned hv_slat_index(uint64_t gpa_page, unsigned level)
{
    return (unsigned)(gpa_page >> (HV_SLAT_INDEX_BITS * (level - 1))) % HV_SLAT_TABLE_ENTRIES;
}

#endif
