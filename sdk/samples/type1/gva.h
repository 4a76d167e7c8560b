/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The guest's own page tables: from guest virtual to guest physical address. */
#ifndef TYPE1_GVA_H
#define TYPE1_GVA_H

#include <stdbool.h>
#include <stdint.h>

#define GVA_CACHE_SETS   32
#define GVA_CACHE_WAYS   2
#define GVA_RECENT_WALKS 4
#define GVA_LEVELS       5

struct svm_vp;

/* Where a page of ordinary memory can be read. */
struct gva_page {
    uint64_t gpa_page;
    const uint8_t *page;
};

/* A way through the tables of long mode that was gone. It is good as long as all entries on it are
   what they were, which is looked at each time: a guest need not say when it changes its tables. */
struct gva_recent {
    uint64_t linear_page; /* that of no address: none */
    uint64_t cr3;
    uint64_t mode; /* CR4.LA57 and EFER.LMA */
    struct gva_step {
        const volatile uint64_t *entry;
        uint64_t value;
    } step[GVA_LEVELS];  /* a shorter way has its last one again */
    const uint8_t *page; /* where it leads to */
    uint64_t spare[2];   /* found by a shift */
};

/*
 * Where guest physical pages of ordinary memory can be read. All of it is good as long as no nested
 * translation has been taken away since, which the generation tells.
 */
struct gva_cache {
    uint64_t generation;
    struct gva_page entry[GVA_CACHE_SETS][GVA_CACHE_WAYS];
    struct gva_recent recent[GVA_RECENT_WALKS];
};

/* What a linear address leads to, whatever the access; false: nothing. */
bool gva_translate(struct svm_vp *vp, uint64_t linear, uint64_t *gpa);

/*
 * Where the byte at a linear address can be read, to the end of its page; NULL if it is not mapped
 * or not in ordinary memory. Access rights are not checked: the guest's instruction fetch was. For
 * use between gva_enter() and gva_leave() (svm.h).
 */
const uint8_t *gva_pointer(struct svm_vp *vp, uint64_t linear);

/* The same, if the way there is one of late; else NULL, which says nothing. */
const uint8_t *gva_recent(const struct svm_vp *vp, uint64_t linear);

/*
 * Where the guest may store the byte at a linear address, as an implicit access of its current
 * privilege level; the tables' accessed and dirty bits are set. NULL if not: present tells whether
 * the page is mapped. For use in a section of hv_address_enter().
 */
uint8_t *gva_store_pointer(struct svm_vp *vp, uint64_t linear, bool *present);

#endif
