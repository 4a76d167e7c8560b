/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A parent that maps, unmaps and changes rights in two children, in any order, against a flat
 * model.
 *
 * After each call: each element that counts as done is what the model says, and the first one that
 * does not had to fail like that; every page is the child's that has it mapped, or shared by as
 * many mappings as there are, or the parent's; each child's pool balances, with no table linked
 * twice or freed while it is linked; and hardware was told to forget what has become wrong. At the
 * end both spaces are taken apart.
 *
 * Input: three bytes of setup (table format and whether a page is deposited, pages for each pool,
 * how long an element takes), then eight bytes a step: see struct step.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/core/tests/family.h"
#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"

#define CHILDREN  2u
#define PAGES_2M  UINT64_C(512)
#define RAM       PAGES_2M /* the parent's, GPA = SPA */
#define REGIONS   3u
#define KNOWN     (REGIONS * PAGES_2M) /* pages of a child's that the model knows */
#define MAX_STEPS 24u
#define MAX_POOL  12u
#define INPUT     UINT64_C(0x1F000) /* in the parent's RAM, which it can reach whoever else has it */
#define NO_PAGE   UINT64_MAX

static const uint64_t regions[REGIONS] = { 0, PAGES_2M, PAGES_2M * 1024 - PAGES_2M };

enum operation { MAP, MAP_SPARSE, RESERVE, UNMAP, MODIFY, OVERLAY, POOL, OPERATIONS };

struct step {
    uint8_t operation;
    uint8_t child;
    uint8_t flags;
    uint8_t region;
    uint8_t page; /* of the region, in units of 3 */
    uint8_t source;
    uint8_t count;
    uint8_t stride;
};

/* What a child has at a page, overlays aside. */
struct known {
    uint64_t spa_page;
    uint8_t access;
    bool inaccessible;
};

static struct child {
    struct hv_partition *partition;
    struct known pages[KNOWN];
    size_t objects; /* pages of the pool that are no tables */
} children[CHILDREN];

static struct fake_platform fake;
static struct hv_partition *root;
static struct hv_vp *vp;
static uint64_t deposited; /* a page that no child may map, or NO_PAGE */

static uint64_t gpa_of(uint64_t index)
{
    return regions[index / PAGES_2M] + index % PAGES_2M;
}

static uint64_t *input(void)
{
    return fake_page(&fake, INPUT / HV_PAGE_SIZE);
}

/* ---- what must hold after each step ---- */

static void check_page(const struct child *child, uint64_t index)
{
    const struct known *known = &child->pages[index];
    struct hv_address_space *space = &child->partition->address;
    struct hv_mapping mapping;
    bool mapped = hv_address_translate(child->partition, gpa_of(index), &mapping);

    if (hv_overlay_at(space, gpa_of(index))) {
        CHECK(mapped && mapping.overlay);
        mapping = *hv_overlay_covered(space, gpa_of(index));
        mapped = mapping.access != HV_ACCESS_NONE;
    }
    CHECK(mapped == (known->access != HV_ACCESS_NONE));
    CHECK(mapping.access == known->access);
    CHECK(mapping.inaccessible == known->inaccessible);
    if (known->access != HV_ACCESS_NONE)
        CHECK(mapping.spa_page == known->spa_page);
}

static struct hv_frames *frames(void)
{
    return &root->lineage.hierarchy->frames;
}

static bool is_shared(uint64_t page)
{
    return hv_frame_is_shared(frames(), page, NULL);
}

static uint64_t sharers(uint64_t page)
{
    uint64_t holder = atomic_load(&frames()->table[page].holder);

    return (holder & HV_FRAME_COUNT_MASK) >> HV_FRAME_COUNT_SHIFT;
}

static void check_holders(void)
{
    unsigned places[RAM] = { 0 };

    for (unsigned i = 0; i < CHILDREN; i++)
        for (uint64_t index = 0; index < KNOWN; index++) {
            uint64_t page = children[i].pages[index].spa_page;

            if (page == NO_PAGE)
                continue;
            CHECK(page < RAM && page != deposited);
            places[page]++;
            CHECK(family_holds(children[i].partition, page) || is_shared(page));
        }
    for (uint64_t page = 0; page < RAM; page++) {
        CHECK(page == deposited || family_holds(root, page) == !places[page]);
        CHECK(is_shared(page) ? sharers(page) == places[page] : places[page] <= 1);
    }
}

static void mark_tables(const struct hv_slat_ops *slat, uint64_t table, unsigned level,
                        bool *linked)
{
    const uint64_t *entries = fake_page(&fake, table);
    uint64_t below;

    linked[table] = true;
    for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i++)
        if (slat->descend(entries[i], level, &below))
            mark_tables(slat, below, level - 1, linked);
}

static void check_pool(const struct child *child)
{
    struct hv_partition *partition = child->partition;
    const struct hv_address_space *space = &partition->address;
    uint64_t page = partition->pool.first_unused;
    size_t unused = hv_pool_unused(&partition->pool);
    bool linked[FAKE_PAGES] = { false };

    CHECK(partition->pool.total == unused + child->objects + fake_tables(&fake, partition));
    mark_tables(space->slat, space->root, HV_SLAT_TOP_LEVEL, linked);
    for (size_t i = 0; i < unused; i++) {
        CHECK(!linked[page]);
        page = *(const uint64_t *)fake_page(&fake, page);
    }
}

static void check_all(void)
{
    for (unsigned i = 0; i < CHILDREN; i++) {
        for (uint64_t index = 0; index < KNOWN; index++)
            check_page(&children[i], index);
        check_pool(&children[i]);
    }
    check_holders();
}

/* ---- calls ---- */

/* Until it is complete, as a guest's processor does. */
static uint64_t call(uint64_t control)
{
    const struct hv_gprs *gprs = &fake_vp(vp)->gprs;
    uint64_t rip, result;

    do {
        rip = gprs->rip;
        result = fake_hypercall(vp, control, INPUT, 0);
        control = gprs->gpr[HV_GPR_RCX];
    } while (gprs->rip == rip);
    return result;
}

static uint32_t flags_of(const struct step *step)
{
    uint32_t flags = step->flags & HV_MAP_GPA_PERMISSIONS_MASK;

    if (step->flags & 0x10)
        flags |= HV_MAP_GPA_LARGE_PAGE;
    if (step->flags & 0x20)
        flags |= HV_MAP_GPA_ADJUSTABLE;
    if (step->operation == RESERVE || (step->operation == MODIFY && step->flags & 0x40))
        flags = (flags & ~HV_MAP_GPA_PERMISSIONS_MASK) | HV_MAP_GPA_NO_ACCESS;
    return flags;
}

static bool flags_possible(uint32_t flags)
{
    uint32_t execute = HV_MAP_GPA_KERNEL_EXECUTABLE | HV_MAP_GPA_USER_EXECUTABLE;
    uint32_t rights = flags & HV_MAP_GPA_PERMISSIONS_MASK;

    return !rights || ((rights & HV_MAP_GPA_READABLE) &&
                       ((rights & execute) == 0 || (rights & execute) == execute));
}

/* Only the low bits of HV_MAP_GPA are where hv_access has them; execute is bits 2 and 3. */
static uint8_t access_of(uint32_t flags)
{
    return flags & HV_ACCESS_ALL;
}

struct element {
    uint64_t index; /* in the model; beyond KNOWN: not a page of it */
    uint64_t source;
};

/* The page for a GPA page that the input named. */
static uint64_t index_of(const struct step *step, uint64_t offset)
{
    uint64_t within = (uint64_t)step->page * 3 % PAGES_2M + offset;

    return step->region % REGIONS * PAGES_2M + within;
}

/* ---- the model of one element ---- */

/* Reads a large page's worth of the model back: a call may have done some of it. */
static void learn(struct child *child, uint64_t index)
{
    struct hv_address_space *space = &child->partition->address;
    struct hv_mapping mapping;

    for (uint64_t i = index; i < index + PAGES_2M; i++) {
        (void)hv_address_translate(child->partition, gpa_of(i), &mapping);
        if (mapping.overlay)
            mapping = *hv_overlay_covered(space, gpa_of(i));
        child->pages[i] = (struct known){ mapping.spa_page, mapping.access, mapping.inaccessible };
    }
}

struct request {
    struct child *child;
    enum operation operation;
    uint32_t flags;
};

/* Before the call: holders are as they were, so this is asked for one element alone. */
static hv_status expect(const struct request *request, const struct element *element)
{
    const struct child *child = request->child;
    bool large = request->flags & HV_MAP_GPA_LARGE_PAGE;
    uint64_t first = element->index;

    if (large && first % PAGES_2M != 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (request->operation == MODIFY) {
        for (uint64_t i = first; i < first + (large ? PAGES_2M : 1); i++)
            if (child->pages[i].spa_page == NO_PAGE)
                return HV_STATUS_OPERATION_DENIED;
        return HV_STATUS_SUCCESS;
    }
    if (request->operation != MAP && request->operation != MAP_SPARSE)
        return HV_STATUS_SUCCESS;
    if (large && element->source % PAGES_2M != 0)
        return HV_STATUS_INVALID_PARAMETER;
    if (element->source >= RAM)
        return HV_STATUS_OPERATION_DENIED;
    return deposited - element->source < (large ? PAGES_2M : 1) ? HV_STATUS_OPERATION_DENIED
                                                                : HV_STATUS_SUCCESS;
}

static void apply(const struct request *request, const struct element *element)
{
    uint64_t pages = request->flags & HV_MAP_GPA_LARGE_PAGE ? PAGES_2M : 1;

    for (uint64_t i = 0; i < pages; i++) {
        struct known *known = &request->child->pages[element->index + i];
        uint64_t page = NO_PAGE;

        if (request->operation == MODIFY)
            page = known->spa_page;
        else if (request->operation == MAP || request->operation == MAP_SPARSE)
            page = element->source + i;
        *known = (struct known){ .spa_page = page };
        if (request->operation == UNMAP)
            continue;
        known->access = access_of(request->flags);
        known->inaccessible = !known->access;
    }
}

/* ---- steps ---- */

static uint64_t write_list(const struct request *request, const struct step *step, unsigned count,
                           struct element *elements)
{
    uint64_t unit = request->flags & HV_MAP_GPA_LARGE_PAGE ? PAGES_2M : 1;
    bool pairs = request->operation == MAP_SPARSE, sparse = pairs || request->operation == MODIFY;
    uint64_t *words = input(), base = index_of(step, 0);

    if (unit > 1)
        base -= step->stride & 1 ? 0 : base % PAGES_2M;
    *words++ = request->child->partition->id;
    if (!sparse)
        *words++ = gpa_of(base);
    if (request->operation == UNMAP)
        *words++ = unit > 1 ? HV_UNMAP_GPA_LARGE_PAGE : 0;
    else
        *words++ = request->flags;
    for (unsigned i = 0; i < count; i++) {
        uint64_t offset = sparse ? (uint64_t)i * (step->stride % 5) : i;

        elements[i].index = base + offset * unit;
        elements[i].source = unit > 1 ? (step->source & 1 ? 1 : 0)
                                      : (step->source * 2u + i * (step->stride % 7u)) % (RAM + 8);
        if (elements[i].index >= KNOWN || elements[i].index / PAGES_2M != base / PAGES_2M)
            return i;
        if (sparse)
            *words++ = gpa_of(elements[i].index);
        if (request->operation != UNMAP && request->operation != MODIFY)
            *words++ = elements[i].source;
    }
    return count;
}

static const uint16_t codes[] = { [MAP] = HvCallMapGpaPages,
                                  [MAP_SPARSE] = HvCallMapSparseGpaPages,
                                  [RESERVE] = HvCallMapGpaPages,
                                  [UNMAP] = HvCallUnmapGpaPages,
                                  [MODIFY] = HvCallModifySparseGpaPages };

/* Elements before the one that failed are what the model makes of them, in order. */
static void check_result(const struct request *request, const struct element *elements,
                         uint64_t count, uint64_t result)
{
    hv_status status = (hv_status)(result & 0xFFFF);
    uint64_t done = result >> 32 & 0xFFF;

    CHECK(done <= count && (status == HV_STATUS_SUCCESS) == (done == count));
    for (uint64_t i = 0; i < done; i++)
        apply(request, &elements[i]);
    if (status == HV_STATUS_SUCCESS)
        return;
    if (request->flags & HV_MAP_GPA_LARGE_PAGE && elements[done].index % PAGES_2M == 0)
        learn(request->child, elements[done].index);
    CHECK(status == HV_STATUS_INSUFFICIENT_MEMORY || status == HV_STATUS_OPERATION_DENIED ||
          status == HV_STATUS_INVALID_PARAMETER);
}

static void change(const struct step *step)
{
    struct request request = { &children[step->child % CHILDREN], step->operation, flags_of(step) };
    struct element elements[64];
    bool large = request.flags & HV_MAP_GPA_LARGE_PAGE;
    uint64_t count = write_list(&request, step, large ? 1 : 1 + step->count % 64u, elements);
    hv_status first;
    uint64_t result;

    if (count == 0)
        return;
    first = expect(&request, &elements[0]);
    if (request.operation != UNMAP && !flags_possible(request.flags))
        first = HV_STATUS_INVALID_PARAMETER;
    result = call(codes[request.operation] | count << 32);
    if (first != HV_STATUS_SUCCESS) {
        bool poor = (result & 0xFFFF) == HV_STATUS_INSUFFICIENT_MEMORY;

        CHECK(result == first || (poor && first == HV_STATUS_OPERATION_DENIED));
    } else {
        CHECK((result & 0xFFFF) == HV_STATUS_INSUFFICIENT_MEMORY || (result >> 32 & 0xFFF) >= 1);
    }
    check_result(&request, elements, count, result);
}

static void change_overlay(const struct step *step)
{
    struct hv_partition *partition = children[step->child % CHILDREN].partition;
    struct hv_overlay *overlay =
        step->flags & 1 ? &partition->hypercall_page : &partition->time.page;

    if (step->flags & 2)
        hv_overlay_disable(partition, overlay);
    else
        (void)hv_overlay_enable(partition, overlay, gpa_of(index_of(step, 0)));
}

static void change_pool(const struct step *step)
{
    const struct hv_page_ops *pages = &fake.platform.pages;
    struct hv_pool *pool = &children[step->child % CHILDREN].partition->pool;
    uint64_t page;

    if (step->flags & 1) {
        if (hv_pool_withdraw(pool, &page) == HV_STATUS_SUCCESS)
            pages->free(pages->context, page);
    } else if (pages->alloc(pages->context, &page)) {
        CHECK(hv_pool_deposit(pool, page) == HV_STATUS_SUCCESS);
    }
}

static void take_step(struct step step)
{
    static struct known before[CHILDREN][KNOWN];
    unsigned flushes = fake.slat_flushes;

    for (unsigned i = 0; i < CHILDREN; i++)
        memcpy(before[i], children[i].pages, sizeof(before[i]));
    step.operation %= OPERATIONS;
    if (step.operation <= MODIFY)
        change(&step);
    else if (step.operation == OVERLAY)
        change_overlay(&step);
    else
        change_pool(&step);
    check_all();
    for (unsigned i = 0; i < CHILDREN; i++)
        for (uint64_t index = 0; index < KNOWN; index++) {
            const struct known *old = &before[i][index], *now = &children[i].pages[index];

            if (old->access & ~now->access || (old->access && old->spa_page != now->spa_page))
                CHECK(fake.slat_flushes != flushes);
        }
}

/* ---- setup ---- */

static void start(const uint8_t setup[3])
{
    if (fake.memory == NULL)
        fake_platform_init(&fake);
    memset(fake.taken, 0, sizeof(fake.taken));
    while (fake.vps != NULL) {
        struct fake_vp *last = fake.vps;

        fake.vps = last->next;
        free(last);
    }
    fake.platform.facts.slat_format = setup[0] % 2 == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    root = family_root(&fake);
    vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    fake.tsc_step = setup[2] * UINT64_C(1000);
    for (unsigned i = 0; i < CHILDREN; i++) {
        struct child *child = &children[i];

        child->partition = family_child(&fake, root, setup[1] % MAX_POOL);
        child->objects = child->partition->pool.total - hv_pool_unused(&child->partition->pool) - 1;
        for (uint64_t index = 0; index < KNOWN; index++)
            child->pages[index] = (struct known){ .spa_page = NO_PAGE };
    }
    deposited = setup[0] & 2 ? 300 : NO_PAGE;
    if (deposited != NO_PAGE)
        CHECK(hv_frame_deposit(frames(), deposited, NULL, children[0].partition));
}

static void finish(void)
{
    for (unsigned i = 0; i < CHILDREN; i++) {
        struct hv_partition *partition = children[i].partition;

        while (!hv_address_space_destroy(partition, 0))
            continue;
        CHECK(partition->pool.total == hv_pool_unused(&partition->pool) + children[i].objects);
    }
    for (uint64_t page = 0; page < RAM; page++)
        CHECK(page == deposited || family_holds(root, page));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct step step;

    if (size < 3)
        return 0;
    start(data);
    data += 3;
    size -= 3;
    for (unsigned i = 0; i < MAX_STEPS && size >= sizeof(step); i++) {
        memcpy(&step, data, sizeof(step));
        take_step(step);
        data += sizeof(step);
        size -= sizeof(step);
    }
    finish();
    return 0;
}
