/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The guest's own page tables: from guest virtual to guest physical address. */
#ifndef TYPE1_GVA_H
#define TYPE1_GVA_H

#include <stdbool.h>
#include <stdint.h>

#define GVA_CACHE_SIZE 64

struct svm_vp;

/*
 * Where guest physical pages of ordinary memory can be read. All of it is good as long as no nested
 * translation has been taken away since, which the generation tells.
 */
struct gva_cache {
    uint64_t generation;
    struct {
        uint64_t gpa_page;
        const uint8_t *page;
    } entry[GVA_CACHE_SIZE];
};

/*
 * Where the byte at a linear address can be read, to the end of its page; NULL if it is not mapped
 * or not in ordinary memory. Access rights are not checked: the guest's instruction fetch was.
 */
const uint8_t *gva_pointer(struct svm_vp *vp, uint64_t linear);

/*
 * Where the guest may store the byte at a linear address, as an implicit access of its current
 * privilege level; the tables' accessed and dirty bits are set. NULL if not: present tells whether
 * the page is mapped.
 */
uint8_t *gva_store_pointer(struct svm_vp *vp, uint64_t linear, bool *present);

#endif
