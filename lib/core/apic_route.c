/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A destination is resolved without looking at every VP: by tables of physical and logical IDs.
 * Only when a guest has given one logical ID to several VPs, as it may, are all of them asked, and
 * while the tables of logical IDs are rebuilt.
 */
#include <hv/interrupt.h>

#include "apic_route.h"
#include "core.h"
#include "ratio.h"
#include "vp_set.h"

#define CLOCK_SHIFT   32
#define FLAT_VPS      8
#define CLUSTER_VPS   4
#define X2_CLUSTER    16
#define X2_BITS       UINT32_C(0xFFFF)
#define NO_CLUSTER    15u  /* in the cluster model: everyone */
#define SHORTEST_TICK 5000 /* periodic timers tick at most so many times a second, as KVM's do */

_Static_assert(HV_APIC_MAX_IDS * sizeof(uint16_t) <= HV_PAGE_SIZE, "APIC IDs must fit in one page");

typedef void visitor(struct hv_vp *target, void *context);

/* ---- Tables ---- */

hv_status hv_apic_routes_init(struct hv_partition *partition)
{
    const struct hv_platform_facts *facts = &partition->platform->facts;
    struct hv_apic_routes *routes = &partition->apic;
    /* Without a known clock the timer counts TSC ticks. */
    uint64_t apic_hz = facts->apic_hz ? facts->apic_hz : facts->tsc_hz;

    routes->by_id = hv_pool_alloc(&partition->pool, &routes->by_id_page);
    if (!routes->by_id)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    routes->clock.tsc_per_tick = hv_ratio(facts->tsc_hz, apic_hz, CLOCK_SHIFT);
    routes->clock.ticks_per_tsc = hv_ratio(apic_hz, facts->tsc_hz, CLOCK_SHIFT);
    routes->clock.min_period = facts->tsc_hz / SHORTEST_TICK;
    return HV_STATUS_SUCCESS;
}

void hv_apic_routes_destroy(struct hv_partition *partition)
{
    if (partition->apic.by_id)
        hv_pool_free(&partition->pool, partition->apic.by_id_page);
}

void hv_apic_attach(struct hv_vp *vp)
{
    struct hv_apic_routes *routes = &vp->partition->apic;

    atomic_store_explicit(&routes->by_id[vp->apic.id], (uint16_t)(vp->index + 1),
                          memory_order_release);
}

void hv_apic_detach(struct hv_vp *vp)
{
    struct hv_apic_routes *routes = &vp->partition->apic;

    atomic_store_explicit(&routes->by_id[vp->apic.id], 0, memory_order_relaxed);
    hv_apic_routes_update(vp->partition);
}

static struct hv_vp *vp_of(const struct hv_partition *partition, const _Atomic uint16_t *entry)
{
    uint16_t number = atomic_load_explicit(entry, memory_order_acquire);

    return number ? hv_vp_get(partition, number - 1u) : NULL;
}

struct hv_vp *hv_apic_find(const struct hv_partition *partition, uint32_t id)
{
    return id < HV_APIC_MAX_IDS ? vp_of(partition, &partition->apic.by_id[id]) : NULL;
}

static bool is_flat(const struct hv_apic *apic)
{
    return atomic_load_explicit(&apic->dfr, memory_order_relaxed) >> HV_APIC_DFR_SHIFT ==
           HV_APIC_DFR_FLAT;
}

static uint32_t logical_id(const struct hv_apic *apic)
{
    return atomic_load_explicit(&apic->ldr, memory_order_relaxed) >> HV_APIC_LDR_SHIFT;
}

/* Returns whether somebody is there already. */
static bool take_slots(_Atomic uint16_t *slots, uint32_t bits, uint32_t vp_index)
{
    bool taken = false;

    for (; bits != 0; bits &= bits - 1) {
        _Atomic uint16_t *slot = &slots[__builtin_ctz(bits)];

        taken |= atomic_load_explicit(slot, memory_order_relaxed) != 0;
        atomic_store_explicit(slot, (uint16_t)(vp_index + 1), memory_order_release);
    }
    return taken;
}

static bool add_logical(struct hv_apic_routes *routes, const struct hv_vp *vp)
{
    uint32_t id = logical_id(&vp->apic);

    if (is_flat(&vp->apic))
        return take_slots(routes->flat, id, vp->index);
    return take_slots(routes->cluster[id >> CLUSTER_VPS], id & 0xF, vp->index);
}

static void clear_logical(struct hv_apic_routes *routes)
{
    for (unsigned i = 0; i < FLAT_VPS; i++)
        atomic_store_explicit(&routes->flat[i], 0, memory_order_release);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned j = 0; j < CLUSTER_VPS; j++)
            atomic_store_explicit(&routes->cluster[i][j], 0, memory_order_release);
}

/* Release: who reads by acquire what is written to the tables sees the odd version too. */
void hv_apic_routes_update(struct hv_partition *partition)
{
    struct hv_apic_routes *routes = &partition->apic;
    bool shared = false;
    uint32_t version;

    hv_lock_acquire(&routes->lock);
    version = atomic_load_explicit(&routes->version, memory_order_relaxed);
    atomic_store_explicit(&routes->version, version + 1, memory_order_relaxed);
    clear_logical(routes);
    for (uint32_t i = 0; i < partition->max_vps; i++) {
        const struct hv_vp *vp = partition->vps[i];

        if (vp && !hv_apic_is_x2(&vp->apic))
            shared |= add_logical(routes, vp);
    }
    atomic_store_explicit(&routes->shared, shared, memory_order_release);
    atomic_store_explicit(&routes->version, version + 2, memory_order_release);
    hv_lock_release(&routes->lock);
}

/* ---- Destinations ---- */

static void visit_all(const struct hv_partition *partition, const struct hv_vp *except,
                      visitor *visit, void *context)
{
    for (uint32_t i = 0; i < partition->max_vps; i++)
        if (partition->vps[i] && partition->vps[i] != except)
            visit(partition->vps[i], context);
}

static bool matches_xapic(const struct hv_apic *apic, uint32_t value)
{
    uint32_t id = logical_id(apic);

    if (is_flat(apic))
        return (id & value) != 0;
    return (id >> 4 == value >> 4 || value >> 4 == NO_CLUSTER) && (id & value & 0xF);
}

static void visit_matching(const struct hv_partition *partition, uint32_t value, visitor *visit,
                           void *context)
{
    for (uint32_t i = 0; i < partition->max_vps; i++) {
        struct hv_vp *vp = partition->vps[i];

        if (vp && !hv_apic_is_x2(&vp->apic) && matches_xapic(&vp->apic, value))
            visit(vp, context);
    }
}

/* The VPs of a logical destination. */
struct members {
    struct hv_vp *vps[FLAT_VPS + CLUSTER_VPS];
    uint32_t count;
};

static void find_in_slots(const struct hv_partition *partition, const _Atomic uint16_t *slots,
                          uint32_t bits, struct members *members)
{
    for (; bits != 0; bits &= bits - 1) {
        struct hv_vp *vp = vp_of(partition, &slots[__builtin_ctz(bits)]);

        if (vp)
            members->vps[members->count++] = vp;
    }
}

/* False when the tables do not tell: some are missing, or they have changed meanwhile. */
static bool find_in_tables(const struct hv_partition *partition, uint32_t value,
                           struct members *members)
{
    const struct hv_apic_routes *routes = &partition->apic;
    uint32_t version = atomic_load_explicit(&routes->version, memory_order_acquire);

    if ((version & 1) || atomic_load_explicit(&routes->shared, memory_order_acquire))
        return false;
    find_in_slots(partition, routes->flat, value, members);
    find_in_slots(partition, routes->cluster[value >> 4], value & 0xF, members);
    /* The tables were read by acquire, so this comes after. */
    return atomic_load_explicit(&routes->version, memory_order_relaxed) == version;
}

/* VPs in x2APIC mode have their logical ID by their physical one (SDM, "Deriving Logical x2APIC ID
   from the Local x2APIC ID"). */
static void visit_x2(const struct hv_partition *partition, uint32_t value, visitor *visit,
                     void *context)
{
    uint32_t first = (value >> X2_CLUSTER) * X2_CLUSTER;

    for (uint32_t bits = value & X2_BITS; bits != 0; bits &= bits - 1) {
        struct hv_vp *vp = hv_apic_find(partition, first + (uint32_t)__builtin_ctz(bits));

        if (vp && hv_apic_is_x2(&vp->apic))
            visit(vp, context);
    }
}

static void visit_xapic_logical(const struct hv_partition *partition, uint32_t value,
                                visitor *visit, void *context)
{
    struct members members = { .count = 0 };

    if (value >> 4 == NO_CLUSTER || !find_in_tables(partition, value, &members)) {
        visit_matching(partition, value, visit, context);
        return;
    }
    for (uint32_t i = 0; i < members.count; i++)
        visit(members.vps[i], context);
}

static void visit_destination(const struct hv_partition *partition,
                              const struct hv_apic_destination *destination, visitor *visit,
                              void *context)
{
    uint32_t broadcast = destination->wide ? HV_APIC_X2APIC_BROADCAST : HV_APIC_XAPIC_BROADCAST;
    struct hv_vp *vp;

    if (destination->value == broadcast) {
        visit_all(partition, NULL, visit, context);
    } else if (!destination->logical) {
        vp = hv_apic_find(partition, destination->value);
        if (vp)
            visit(vp, context);
    } else {
        visit_x2(partition, destination->value, visit, context);
        if (destination->value <= HV_APIC_XAPIC_BROADCAST)
            visit_xapic_logical(partition, destination->value, visit, context);
    }
}

static void remember(struct hv_vp *target, void *context)
{
    uint64_t *words = context;

    words[target->index / 64] |= UINT64_C(1) << target->index % 64;
}

void hv_apic_find_targets(const struct hv_partition *partition,
                          const struct hv_apic_destination *destination, uint64_t *words)
{
    visit_destination(partition, destination, remember, words);
}

/* ---- The one of lowest priority ---- */

struct targets {
    struct hv_vp_bitmap vps;
    uint32_t count;
};

static void add_target(struct hv_vp *target, void *context)
{
    struct targets *targets = context;
    uint64_t *word = &targets->vps.words[target->index / 64];
    uint64_t bit = UINT64_C(1) << target->index % 64;

    targets->count += (*word & bit) == 0;
    *word |= bit;
}

/* Which of the targets has the lowest priority is for each of them alone to know; the vector
   decides, so that different sources go to different VPs. NULL: there is no target. */
static struct hv_vp *choose(const struct hv_partition *partition,
                            const struct hv_apic_destination *destination, uint8_t vector)
{
    struct targets targets = { .count = 0 };
    uint32_t index = 0;
    struct hv_vp *chosen;

    visit_destination(partition, destination, add_target, &targets);
    if (targets.count == 0)
        return NULL;
    chosen = hv_vp_bitmap_next(&targets.vps, partition, &index);
    for (uint32_t skip = vector % targets.count; chosen && skip > 0; skip--)
        chosen = hv_vp_bitmap_next(&targets.vps, partition, &index);
    return chosen;
}

/* ---- Delivery ---- */

struct delivery {
    struct hv_vp *from;
    uint8_t mode;
    uint8_t vector;
};

/* What comes as an event; false: an interrupt by its vector, or what there is not. */
static bool post_event(struct hv_vp *target, uint8_t mode, uint8_t vector)
{
    switch (mode) {
    case HV_APIC_NMI:
        hv_interrupt_post_event(target, HV_INTERRUPT_NMI, 0);
        return true;
    case HV_APIC_INIT:
        hv_interrupt_post_event(target, HV_INTERRUPT_INIT, 0);
        return true;
    case HV_APIC_STARTUP:
        hv_interrupt_post_event(target, HV_INTERRUPT_STARTUP, vector);
        return true;
    default:
        return false;
    }
}

/* No SMI (TLFS: local APIC), no external interrupt from a processor. */
static void deliver(struct hv_vp *target, void *context)
{
    const struct delivery *delivery = context;

    if (delivery->mode == HV_APIC_FIXED)
        hv_vp_interrupt(delivery->from, target, delivery->vector);
    else
        (void)post_event(target, delivery->mode, delivery->vector);
}

static void send_to_destination(struct hv_vp *from, uint64_t command, struct delivery *delivery)
{
    struct hv_apic_destination destination = {
        .value = (uint32_t)(command >> 32),
        .logical = command & HV_APIC_ICR_LOGICAL,
        .wide = hv_apic_is_x2(&from->apic),
    };

    struct hv_vp *target;

    if (delivery->mode != HV_APIC_LOWEST_PRIORITY) {
        visit_destination(from->partition, &destination, deliver, delivery);
        return;
    }
    target = choose(from->partition, &destination, delivery->vector);
    if (target)
        hv_vp_interrupt(from, target, delivery->vector);
}

void hv_apic_send(struct hv_vp *from, uint64_t command)
{
    struct delivery delivery = {
        .from = from,
        .mode = command >> HV_APIC_ICR_MODE_SHIFT & HV_APIC_ICR_MODE_MASK,
        .vector = (uint8_t)(command & HV_APIC_ICR_VECTOR_MASK),
    };
    uint32_t shorthand =
        (uint32_t)command >> HV_APIC_ICR_SHORTHAND_SHIFT & HV_APIC_ICR_SHORTHAND_MASK;
    bool to_self = shorthand == HV_APIC_TO_SELF || shorthand == HV_APIC_TO_ALL;

    if (shorthand == HV_APIC_TO_DESTINATION) {
        send_to_destination(from, command, &delivery);
        return;
    }
    /* SDM, "Valid Combinations": with the sender among the targets, fixed interrupts alone. */
    if (to_self && delivery.mode != HV_APIC_FIXED)
        return;
    if (delivery.mode == HV_APIC_LOWEST_PRIORITY)
        delivery.mode = HV_APIC_FIXED;
    if (shorthand == HV_APIC_TO_SELF)
        deliver(from, &delivery);
    else
        visit_all(from->partition, to_self ? NULL : from, deliver, &delivery);
}

/* ---- Of devices ---- */

struct assertion {
    uint8_t mode;
    uint8_t vector;
    bool level;
};

static void assert_at(struct hv_vp *target, void *context)
{
    const struct assertion *assertion = context;

    if (!post_event(target, assertion->mode, assertion->vector))
        hv_interrupt_post(target, assertion->vector, assertion->level);
}

struct hv_apic_destination hv_apic_device_destination(const struct hv_partition *partition,
                                                      uint32_t value, bool logical)
{
    const struct hv_vp *boot = hv_vp_get(partition, 0);

    return (struct hv_apic_destination){ .value = value,
                                         .logical = logical,
                                         .wide = boot && hv_apic_is_x2(&boot->apic) };
}

void hv_apic_assert(const struct hv_partition *partition,
                    const struct hv_apic_destination *destination, uint8_t mode, uint8_t vector,
                    bool level)
{
    struct assertion assertion = { .mode = mode, .vector = vector, .level = level };
    struct hv_vp *target;

    if (mode != HV_APIC_LOWEST_PRIORITY) {
        visit_destination(partition, destination, assert_at, &assertion);
        return;
    }
    target = choose(partition, destination, vector);
    if (target)
        assert_at(target, &assertion);
}

static void withdraw_at(struct hv_vp *target, void *context)
{
    (void)context;
    if (hv_vp_has_apic(target) && hv_apic_post_withdrawal(&target->apic))
        hv_vp_kick(target);
}

void hv_apic_withdraw(const struct hv_partition *partition,
                      const struct hv_apic_destination *destination)
{
    visit_destination(partition, destination, withdraw_at, NULL);
}
