/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The address manager against a flat model: sequences of map, unmap, protect, overlay enable and
 * disable, deposit and withdraw, from a pool that is often too small.
 *
 * The model knows a few dozen pages around the boundaries of large pages. After each step these
 * must translate, fault and read as the model says; the pool must balance; no table may be linked
 * twice; and hardware must have been told to forget when a translation became wrong.
 *
 * Input: three bytes of setup (table format, pool pages, 1 GiB pages or not), then eight bytes a
 * step: see struct step.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"

#define GPA_BITS  40u
#define GPA_PAGES (UINT64_C(1) << (GPA_BITS - HV_PAGE_SHIFT))
#define PAGES_2M  UINT64_C(512)
#define PAGES_1G  (PAGES_2M * 512)
#define BASE      (2 * PAGES_1G)
#define AROUND    8u /* pages known around each anchor, half of them before it */
#define ANCHORS   7u
#define PROBES    (ANCHORS * AROUND)
#define OVERLAYS  4u
#define MAX_STEPS 40u
#define MAX_POOL  24u

static const uint64_t anchors[ANCHORS] = {
    4,
    BASE,
    BASE + PAGES_2M,
    BASE + PAGES_1G,
    BASE + PAGES_1G + PAGES_2M,
    BASE + 2 * PAGES_1G,
    GPA_PAGES - 4,
};
static const uint64_t counts[] = {
    1,         2,          3, 7, PAGES_2M, PAGES_2M + 1, PAGES_1G, PAGES_1G - 1, 2 * PAGES_1G,
    GPA_PAGES, UINT64_MAX, 0
};
static const uint64_t sources[] = {
    0,
    1,
    16,
    PAGES_2M,
    PAGES_2M + 1,
    BASE,
    BASE + PAGES_2M,
    BASE + 3,
    GPA_PAGES - PAGES_1G,
    GPA_PAGES - 1,
    GPA_PAGES,
    UINT64_MAX,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum operation { MAP, UNMAP, PROTECT, ENABLE, DISABLE, DEPOSIT, WITHDRAW, OPERATIONS };

struct step {
    uint8_t operation;
    uint8_t access;
    uint8_t cache;
    uint8_t anchor;
    uint8_t offset; /* from AROUND / 2 before the anchor on */
    uint8_t count;
    uint8_t source;
    uint8_t overlay;
};

struct probe {
    uint64_t gpa_page;
    struct hv_mapping mapped; /* without overlays */
};

struct model {
    struct probe probes[PROBES];
    struct hv_overlay overlays[OVERLAYS];
    uint64_t places[OVERLAYS];
    unsigned age[OVERLAYS]; /* of enabling; 0: disabled */
    unsigned clock;
    size_t total;
};

static struct fake_platform fake;
static struct hv_partition *partition;
static struct model model;
static struct fake_vp cpu;

/* ---- the model ---- */

static const struct hv_overlay *top_overlay(uint64_t gpa_page)
{
    const struct hv_overlay *top = NULL;
    unsigned age = 0;

    for (unsigned i = 0; i < OVERLAYS; i++) {
        if (model.age[i] <= age || model.places[i] != gpa_page)
            continue;
        age = model.age[i];
        top = &model.overlays[i];
    }
    return top;
}

/* What the guest is to see; access none when it is to see nothing. */
static struct hv_mapping expected(const struct probe *probe)
{
    const struct hv_overlay *top = top_overlay(probe->gpa_page);

    if (top == NULL)
        return probe->mapped;
    return (struct hv_mapping){ .spa_page = top->spa_page,
                                .access = top->access,
                                .cache = HV_CACHE_WRITE_BACK,
                                .overlay = true };
}

static bool same(const struct hv_mapping *left, const struct hv_mapping *right)
{
    if (left->access == HV_ACCESS_NONE || right->access == HV_ACCESS_NONE)
        return left->access == right->access;
    return left->spa_page == right->spa_page && left->access == right->access &&
           left->cache == right->cache && left->overlay == right->overlay;
}

static bool access_possible(uint8_t access)
{
    if (access == HV_ACCESS_EXECUTE)
        return fake.platform.facts.slat_format == HV_SLAT_EPT;
    return access <= HV_ACCESS_ALL && (access & HV_ACCESS_READ);
}

static bool cache_possible(uint8_t cache)
{
    return cache <= HV_CACHE_WRITE_BACK && cache != 2 && cache != 3;
}

static bool range_possible(uint64_t first, uint64_t count)
{
    return first <= GPA_PAGES && count <= GPA_PAGES - first;
}

/* ---- what must hold after each step ---- */

static struct hv_mapping translate(uint64_t gpa_page)
{
    struct hv_mapping mapping = { .access = HV_ACCESS_NONE };

    if (!hv_address_translate(partition, gpa_page, &mapping))
        mapping.access = HV_ACCESS_NONE;
    return mapping;
}

static void check_exit(const struct probe *probe, const struct hv_mapping *mapping, uint8_t access)
{
    struct hv_vp vp = { .partition = partition, .backend = &cpu };
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &cpu.gprs };
    const struct hv_overlay *top = top_overlay(probe->gpa_page);

    cpu.injected = false;
    exit.memory.gpa = probe->gpa_page << HV_PAGE_SHIFT;
    exit.memory.access = access;
    CHECK(hv_address_exit(&vp, &exit) == HV_DISPOSITION_RESUME);
    CHECK(cpu.injected == !(mapping->access & access));
    if (cpu.injected)
        CHECK(cpu.vector == (top == NULL ? HV_X64_EXCEPTION_MC : top->violation_vector));
}

static void check_probe(const struct probe *probe)
{
    struct hv_mapping right = expected(probe);
    struct hv_mapping actual = translate(probe->gpa_page);
    uint64_t gpa = probe->gpa_page << HV_PAGE_SHIFT;
    uint8_t byte;

    CHECK(same(&actual, &right));
    CHECK(hv_address_read(partition, gpa, &byte, 1) ==
          ((right.access & HV_ACCESS_READ) && right.spa_page < FAKE_PAGES));
    check_exit(probe, &right, HV_ACCESS_READ);
    check_exit(probe, &right, HV_ACCESS_WRITE);
    check_exit(probe, &right, HV_ACCESS_EXECUTE);
}

static void check_all(void)
{
    for (unsigned i = 0; i < PROBES; i++)
        check_probe(&model.probes[i]);
    CHECK(partition->pool.total == model.total);
    CHECK(model.total ==
          hv_pool_unused(&partition->pool) + fake_tables(&fake, partition) + OVERLAYS);
}

/* ---- steps ---- */

static uint64_t step_page(const struct step *step)
{
    return anchors[step->anchor % ANCHORS] - AROUND / 2 + step->offset % (AROUND + 2);
}

static struct hv_mapping mapped_by(const struct step *step, const struct probe *probe)
{
    return (struct hv_mapping){ .spa_page = sources[step->source % COUNT(sources)] +
                                            (probe->gpa_page - step_page(step)),
                                .access = step->access,
                                .cache = step->cache };
}

/* What is mapped at a probe, be it covered or not. */
static struct hv_mapping look_under(const struct probe *probe)
{
    if (hv_overlay_at(&partition->address, probe->gpa_page) != NULL)
        return *hv_overlay_covered(&partition->address, probe->gpa_page);
    return translate(probe->gpa_page);
}

static void model_map(const struct step *step, struct probe *probe, hv_status status)
{
    struct hv_mapping mapped = mapped_by(step, probe);
    struct hv_mapping actual = look_under(probe);

    /* A map that ran out of memory may have come as far as this page, or not. */
    if (status == HV_STATUS_INSUFFICIENT_MEMORY && same(&actual, &probe->mapped))
        return;
    probe->mapped = mapped;
}

static void model_range(const struct step *step, uint64_t count, hv_status status)
{
    for (unsigned i = 0; i < PROBES; i++) {
        struct probe *probe = &model.probes[i];

        if (probe->gpa_page < step_page(step) || probe->gpa_page - step_page(step) >= count)
            continue;
        if (step->operation == MAP)
            model_map(step, probe, status);
        else if (status == HV_STATUS_SUCCESS && probe->mapped.access != HV_ACCESS_NONE)
            probe->mapped.access = step->operation == UNMAP ? HV_ACCESS_NONE : step->access;
    }
}

static void change_range(const struct step *step)
{
    uint64_t count = counts[step->count % COUNT(counts)];
    uint64_t gpa = step_page(step);
    uint64_t spa = sources[step->source % COUNT(sources)];
    bool possible = range_possible(gpa, count);
    hv_status status;

    if (step->operation == MAP) {
        status = hv_address_map(partition, gpa, spa, count, step->access,
                                (enum hv_cache_type)step->cache);
        possible = possible && range_possible(spa, count) && cache_possible(step->cache);
    } else if (step->operation == PROTECT) {
        status = hv_address_protect(partition, gpa, count, step->access);
    } else {
        status = hv_address_unmap(partition, gpa, count);
    }
    if (step->operation != UNMAP)
        possible = possible && access_possible(step->access);
    CHECK((status == HV_STATUS_INVALID_PARAMETER) == !possible);
    if (possible)
        model_range(step, count, status);
}

static void change_overlay(const struct step *step)
{
    unsigned i = step->overlay % OVERLAYS;
    size_t unused = hv_pool_unused(&partition->pool);
    hv_status status;

    if (step->operation == DISABLE) {
        hv_overlay_disable(partition, &model.overlays[i]);
        model.age[i] = 0;
        return;
    }
    status = hv_overlay_enable(partition, &model.overlays[i], step_page(step));
    if (status != HV_STATUS_SUCCESS) {
        CHECK(status == HV_STATUS_INSUFFICIENT_MEMORY);
        CHECK(hv_pool_unused(&partition->pool) == unused);
        return;
    }
    if (model.age[i] != 0 && model.places[i] == step_page(step))
        return;
    model.places[i] = step_page(step);
    model.age[i] = ++model.clock;
}

static void change_pool(const struct step *step)
{
    const struct hv_page_ops *pages = &fake.platform.pages;
    uint64_t page;

    if (step->operation == DEPOSIT) {
        if (model.total >= 2 * MAX_POOL || !pages->alloc(pages->context, &page))
            return;
        CHECK(hv_pool_deposit(&partition->pool, page) == HV_STATUS_SUCCESS);
        model.total++;
    } else if (hv_pool_withdraw(&partition->pool, &page) == HV_STATUS_SUCCESS) {
        pages->free(pages->context, page);
        model.total--;
    } else {
        CHECK(hv_pool_unused(&partition->pool) == 0);
    }
}

static bool became_stale(const struct hv_mapping *before, const struct hv_mapping *now)
{
    if (before->access == HV_ACCESS_NONE)
        return false;
    return before->spa_page != now->spa_page || before->cache != now->cache ||
           (before->access & ~now->access);
}

static void take_step(struct step step)
{
    struct hv_mapping before[PROBES];
    unsigned flushes = fake.slat_flushes;

    for (unsigned i = 0; i < PROBES; i++)
        before[i] = translate(model.probes[i].gpa_page);

    step.operation %= OPERATIONS;
    step.access %= HV_ACCESS_ALL + 2;
    step.cache %= HV_CACHE_WRITE_BACK + 2;
    if (step.operation <= PROTECT)
        change_range(&step);
    else if (step.operation <= DISABLE)
        change_overlay(&step);
    else
        change_pool(&step);

    check_all();
    for (unsigned i = 0; i < PROBES; i++) {
        struct hv_mapping now = translate(model.probes[i].gpa_page);

        if (became_stale(&before[i], &now))
            CHECK(fake.slat_flushes != flushes);
    }
}

/* ---- setup ---- */

static void start(const uint8_t setup[3])
{
    static const uint8_t access[OVERLAYS] = { HV_ACCESS_READ | HV_ACCESS_EXECUTE,
                                              HV_ACCESS_READ | HV_ACCESS_WRITE, HV_ACCESS_READ,
                                              HV_ACCESS_ALL };
    struct hv_platform_facts *facts = &fake.platform.facts;
    uint32_t capabilities = HV_CPU_EPT_EXECUTE_ONLY;

    if (fake.memory == NULL)
        fake_platform_init(&fake);
    memset(fake.taken, 0, sizeof(fake.taken));
    facts->slat_format = setup[0] % 2 == 0 ? HV_SLAT_NPT : HV_SLAT_EPT;
    facts->capabilities = capabilities | (setup[2] % 2 == 0 ? HV_CPU_1G_PAGES : 0u);

    memset(&model, 0, sizeof(model));
    model.total = 1 + OVERLAYS + setup[1] % MAX_POOL;
    partition = fake_space(&fake, GPA_BITS, model.total);
    for (unsigned i = 0; i < OVERLAYS; i++)
        CHECK(hv_overlay_init(partition, &model.overlays[i], access[i],
                              i % 2 == 0 ? HV_X64_EXCEPTION_GP : HV_X64_EXCEPTION_MC) ==
              HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < PROBES; i++)
        model.probes[i].gpa_page = anchors[i / AROUND] - AROUND / 2 + i % AROUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct step step;

    if (size < 3)
        return 0;
    start(data);
    check_all();
    data += 3;
    size -= 3;
    for (unsigned i = 0; i < MAX_STEPS && size >= sizeof(step); i++) {
        memcpy(&step, data, sizeof(step));
        take_step(step);
        data += sizeof(step);
        size -= sizeof(step);
    }
    return 0;
}
