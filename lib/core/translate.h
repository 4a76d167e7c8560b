/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A walk through a guest's own page tables (TLFS v6.0b, 9.4; APM vol. 2, 5; SDM vol. 3A, 4): 32-bit
 * paging, PAE, four and five levels.
 */
#ifndef HV_CORE_TRANSLATE_H
#define HV_CORE_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

struct hv_partition;

/* What of a VP's state decides on a translation. */
struct hv_paging_state {
    uint64_t cr0, cr3, cr4, efer, pat;
    uint8_t cpl;
    bool alignment_check; /* RFLAGS.AC, which lets the kernel reach user pages under SMAP */
};

struct hv_translation {
    uint32_t result;   /* HvTranslateGva value */
    uint8_t cache;     /* enum hv_cache_type, for HvTranslateGvaSuccess; so is overlay */
    bool overlay;      /* the page is an overlay */
    uint64_t gpa_page; /* where it is, or what could not be accessed; else 0 */
};

/*
 * Translates a virtual page by the HV_TRANSLATE_GVA flags, of which at least one says how it is to
 * be accessed. Sets accessed and dirty bits in the guest's tables if they say so. On any LP: what
 * another VP changes in the tables meanwhile is seen before or after, as hardware would. The page
 * itself need not be mapped. Protection keys and shadow stacks are not considered.
 */
void hv_translate(const struct hv_partition *partition, const struct hv_paging_state *state,
                  uint64_t flags, uint64_t gva_page, struct hv_translation *translation);

#endif
