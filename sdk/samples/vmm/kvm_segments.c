/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HV_X64_SEGMENT_REGISTER: base; limit, selector, and attributes as in a descriptor. */
#include "kvm_backend.h"

#define TYPE       0xFu
#define S_SHIFT    4
#define DPL_SHIFT  5
#define DPL        3u
#define P_SHIFT    7
#define AVL_SHIFT  12
#define L_SHIFT    13
#define DB_SHIFT   14
#define G_SHIFT    15
#define ATTRIBUTES 48 /* in the upper half */
#define SELECTOR   32

void kvm_segment_get(const struct kvm_segment *segment, struct hv_register128 *value)
{
    uint32_t attributes = segment->type | (uint32_t)segment->s << S_SHIFT |
                          (uint32_t)segment->dpl << DPL_SHIFT |
                          (uint32_t)segment->present << P_SHIFT |
                          (uint32_t)segment->avl << AVL_SHIFT | (uint32_t)segment->l << L_SHIFT |
                          (uint32_t)segment->db << DB_SHIFT | (uint32_t)segment->g << G_SHIFT;

    value->low = segment->base;
    value->high = segment->limit | (uint64_t)segment->selector << SELECTOR |
                  (uint64_t)attributes << ATTRIBUTES;
}

void kvm_segment_set(struct kvm_segment *segment, const struct hv_register128 *value)
{
    uint32_t attributes = (uint32_t)(value->high >> ATTRIBUTES);

    *segment = (struct kvm_segment){
        .base = value->low,
        .limit = (uint32_t)value->high,
        .selector = (uint16_t)(value->high >> SELECTOR),
        .type = attributes & TYPE,
        .s = attributes >> S_SHIFT & 1,
        .dpl = attributes >> DPL_SHIFT & DPL,
        .present = attributes >> P_SHIFT & 1,
        .avl = attributes >> AVL_SHIFT & 1,
        .l = attributes >> L_SHIFT & 1,
        .db = attributes >> DB_SHIFT & 1,
        .g = attributes >> G_SHIFT & 1,
        .unusable = !(attributes >> P_SHIFT & 1),
    };
}
