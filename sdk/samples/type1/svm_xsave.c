/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm_xsave.h"

#include "cpu.h"
#include "string.h"
#include "svm.h"
#include "svm_switch.h"

#define LEGACY_SIZE    512u
#define HEADER_SIZE    64u
#define FCW_OFFSET     0
#define TAGS_OFFSET    4
#define MXCSR_OFFSET   24
#define MXCSR_MASK     28
#define RESET_FCW      0x0040
#define RESET_TAGS     0xFF /* registers are zero, not empty */
#define RESET_MXCSR    0x1F80u
#define DEFAULT_MASK   0xFFBFu
#define FIRST_EXTENDED 2
#define LAST_COMPONENT 62
#define COMPACTED      (UINT64_C(1) << 63)
#define ALIGNED        (1u << 1) /* leaf 0xD.n ECX */

struct header {
    uint64_t present;
    uint64_t compaction;
    uint64_t reserved[6];
};

uint32_t svm_xsave_size(uint64_t states)
{
    uint32_t size = LEGACY_SIZE + HEADER_SIZE;

    for (uint32_t i = FIRST_EXTENDED; i <= LAST_COMPONENT; i++) {
        struct cpuid_result component;

        if (!(states >> i & 1))
            continue;
        component = cpuid(0xD, i);
        if (component.ebx + component.eax > size)
            size = component.ebx + component.eax;
    }
    return size;
}

void svm_xsave_reset(struct svm_xsave *area)
{
    const uint16_t fcw = RESET_FCW;
    const uint32_t mxcsr = RESET_MXCSR;
    const struct header header = { .present = SVM_XSAVE_X87 };

    memcpy(area->bytes + FCW_OFFSET, &fcw, sizeof(fcw));
    area->bytes[TAGS_OFFSET] = RESET_TAGS;
    memcpy(area->bytes + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
    memcpy(area->bytes + LEGACY_SIZE, &header, sizeof(header));
}

/* ---- Between the formats ---- */

/* Where a component lies in the standard format, and where in an area of that format (compaction 0)
   or of the compacted one. end is behind the last one so far. */
struct place {
    uint32_t size, standard, other;
};

static struct place place_of(uint32_t component, uint64_t compaction, uint32_t *end)
{
    struct cpuid_result leaf = cpuid(0xD, component);
    struct place place = { .size = leaf.eax, .standard = leaf.ebx, .other = leaf.ebx };

    if (compaction & COMPACTED) {
        place.other = (leaf.ecx & ALIGNED) ? (*end + 63) & ~63u : *end;
        *end = place.other + place.size;
    }
    return place;
}

static uint32_t compacted_size(uint64_t states)
{
    uint32_t end = LEGACY_SIZE + HEADER_SIZE;

    for (uint32_t i = FIRST_EXTENDED; i <= LAST_COMPONENT; i++)
        if (states >> i & 1)
            (void)place_of(i, COMPACTED, &end);
    return end;
}

static void compact(const struct svm_xsave *from, uint64_t states, uint8_t *to)
{
    uint32_t end = LEGACY_SIZE + HEADER_SIZE;
    struct header header;

    memcpy(&header, from->bytes + LEGACY_SIZE, sizeof(header));
    header.present &= states;
    header.compaction = COMPACTED | states;
    memcpy(to, from->bytes, LEGACY_SIZE);
    memcpy(to + LEGACY_SIZE, &header, sizeof(header));
    for (uint32_t i = FIRST_EXTENDED; i <= LAST_COMPONENT; i++) {
        struct place place;

        if (!(states >> i & 1))
            continue;
        place = place_of(i, COMPACTED, &end);
        memcpy(to + place.other, from->bytes + place.standard, place.size);
    }
}

static bool is_zero(const uint64_t *words, unsigned count)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < count; i++)
        any |= words[i];
    return any == 0;
}

/* What XRSTOR would take (APM vol. 4, "XRSTOR"). */
static bool is_valid(const struct header *header, uint32_t mxcsr, uint32_t mask)
{
    uint64_t states = svm_switch_states();
    uint64_t within = header->compaction ? header->compaction & ~COMPACTED : states;

    if (header->compaction && !(header->compaction & COMPACTED))
        return false;
    return !(within & ~states) && !(header->present & ~within) &&
           is_zero(header->reserved, sizeof(header->reserved) / sizeof(header->reserved[0])) &&
           !(mxcsr & ~mask);
}

/* Whether all components that the header names lie within size. */
static bool is_whole(const struct header *header, uint32_t size)
{
    if (header->compaction)
        return compacted_size(header->compaction) <= size;
    return svm_xsave_size(header->present) <= size;
}

static void load_legacy(struct svm_xsave *to, const uint8_t *from, uint64_t states)
{
    if (states & SVM_XSAVE_X87) {
        memcpy(to->bytes, from, MXCSR_OFFSET);
        memcpy(to->bytes + 32, from + 32, 128);
    }
    if (states & SVM_XSAVE_SSE)
        memcpy(to->bytes + 160, from + 160, 256);
    if (states & (SVM_XSAVE_SSE | SVM_XSAVE_AVX))
        memcpy(to->bytes + MXCSR_OFFSET, from + MXCSR_OFFSET, sizeof(uint32_t));
}

/* Components that are wanted, as they are there or, where the header says so, as after reset. */
static void expand(struct svm_xsave *to, const uint8_t *from, const struct header *header,
                   uint64_t states)
{
    uint32_t end = LEGACY_SIZE + HEADER_SIZE;
    struct header *result = (struct header *)(void *)(to->bytes + LEGACY_SIZE);

    load_legacy(to, from, states & (header->present | SVM_XSAVE_SSE));
    for (uint32_t i = FIRST_EXTENDED; i <= LAST_COMPONENT; i++) {
        uint64_t named = header->compaction ? header->compaction : header->present;
        struct place place;

        if (!(named & ~COMPACTED & UINT64_C(1) << i))
            continue;
        place = place_of(i, header->compaction, &end);
        if (states & header->present & UINT64_C(1) << i)
            memcpy(to->bytes + place.standard, from + place.other, place.size);
    }
    result->present = (result->present & ~states) | (header->present & states);
}

/* ---- What lib/core asks for ---- */

/* The VP's state is in its memory. */
static uint32_t mxcsr_mask(const struct svm_vp *vp)
{
    uint32_t mask;

    memcpy(&mask, vp->xsave->bytes + MXCSR_MASK, sizeof(mask));
    return mask ? mask : DEFAULT_MASK;
}

bool svm_get_xsave(void *context, struct hv_vp *hv_vp, uint64_t states, void *area, uint32_t size)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp), *other;

    (void)context;
    states &= svm_switch_states();
    if (states == 0 || compacted_size(states) > size)
        return false;
    other = svm_switch_borrow(vp);
    svm_switch_away(vp);
    compact(vp->xsave, states, area);
    svm_switch_return(vp, other);
    return true;
}

bool svm_set_xsave(void *context, struct hv_vp *hv_vp, uint64_t states, const void *area,
                   uint32_t size)
{
    struct svm_vp *vp = hv_vp_backend(hv_vp), *other;
    const uint8_t *bytes = area;
    struct header header;
    uint32_t mxcsr;
    bool valid;

    (void)context;
    if (svm_switch_states() == 0 || size < LEGACY_SIZE + HEADER_SIZE)
        return false;
    memcpy(&header, bytes + LEGACY_SIZE, sizeof(header));
    memcpy(&mxcsr, bytes + MXCSR_OFFSET, sizeof(mxcsr));
    other = svm_switch_borrow(vp);
    svm_switch_away(vp);
    valid = is_valid(&header, mxcsr, mxcsr_mask(vp)) && is_whole(&header, size);
    if (valid)
        expand(vp->xsave, bytes, &header, states & svm_switch_states());
    svm_switch_return(vp, other);
    return valid;
}
