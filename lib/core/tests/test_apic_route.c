/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who receives what a VP sends by its interrupt command register. Why: an IPI that reaches one VP
 * too few is a guest that waits for ever, one too many is a handler that nobody expects. Source:
 * Intel SDM, volume 3A, "Issuing Interprocessor Interrupts", "Determining IPI Destination".
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "apic_bits.h"
#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define VPS      8
#define VECTOR   0x61
#define SENDS    5000
#define TO(mask) (UINT64_C(1) * (mask))
#define ALL      TO((1u << VPS) - 1)
#define NOBODY   TO(0)

/* The last one is the largest that there can be; those from index 5 on are of x2APIC clusters 0xF,
   0x10 and 0x7F. */
static const uint32_t ids[VPS] = { 0, 1, 2, 0xE, 0x0F, 0xFE, 0x101, HV_APIC_MAX_IDS - 1 };

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_vp *vps[VPS];
static struct fake_vp *backends;

static void setup(void)
{
    fake_platform_init(&fake);
    partition = fake_partition(&fake);
    backends = calloc(VPS, sizeof(*backends));
    for (uint32_t i = 0; i < VPS; i++) {
        ck_assert_uint_eq(hv_vp_create(partition, i, ids[i], &backends[i], &vps[i]),
                          HV_STATUS_SUCCESS);
        hv_apic_write(&vps[i]->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

static void teardown(void)
{
    free(backends);
    fake_platform_destroy(&fake);
}

/* ---- Modes and logical IDs ---- */

/* Which VPs are in x2APIC mode. */
static void use_x2(uint64_t mask)
{
    for (unsigned i = 0; i < VPS; i++) {
        uint64_t base = hv_apic_base(&vps[i]->apic) & ~HV_APIC_BASE_EXTD;

        atomic_store(&vps[i]->apic.base, mask >> i & 1 ? base | HV_APIC_BASE_EXTD : base);
    }
    hv_apic_routes_update(partition);
}

static void set_logical(unsigned vp, bool flat, uint32_t id)
{
    hv_apic_write(&vps[vp]->apic, HV_APIC_DFR, flat ? UINT32_MAX : HV_APIC_DFR_ONES, 0);
    hv_apic_write(&vps[vp]->apic, HV_APIC_LDR, id << HV_APIC_LDR_SHIFT, 0);
    hv_apic_routes_update(partition);
}

static bool are_all_asked(void)
{
    return atomic_load(&partition->apic.shared);
}

/* ---- Sending and receiving ---- */

static uint64_t command(uint32_t destination, bool logical, unsigned mode, unsigned shorthand)
{
    return (uint64_t)destination << 32 | (logical ? HV_APIC_ICR_LOGICAL : 0) |
           shorthand << HV_APIC_ICR_SHORTHAND_SHIFT | mode << HV_APIC_ICR_MODE_SHIFT | VECTOR;
}

/* Which VPs have an interrupt that they had not before, and no other than this vector. */
static uint64_t interrupted(uint8_t vector)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < VPS; i++) {
        uint32_t *irr = vps[i]->apic.irr;
        uint32_t others = 0;

        hv_vp_prepare(vps[i]);
        if (hv_apic_test(irr, vector))
            mask |= UINT64_C(1) << i;
        hv_apic_clear(irr, vector);
        for (unsigned word = 0; word < HV_APIC_WORDS; word++)
            others |= irr[word];
        ck_assert_uint_eq(others, 0);
        hv_apic_touch(&vps[i]->apic);
    }
    return mask;
}

/* Which VPs have this event, and no other; its vector, if it has one, is VECTOR. */
static uint64_t told(uint32_t event)
{
    struct hv_interrupt_vectors vectors = { 0 };
    uint64_t mask = 0;

    for (unsigned i = 0; i < VPS; i++) {
        uint32_t events;

        hv_vp_prepare(vps[i]);
        events = hv_interrupt_events(vps[i], &vectors);
        if (events == 0)
            continue;
        ck_assert_uint_eq(events, event);
        if (event == HV_INTERRUPT_STARTUP)
            ck_assert_uint_eq(vectors.startup, VECTOR);
        mask |= UINT64_C(1) << i;
    }
    return mask;
}

static uint64_t send(unsigned from, uint64_t what)
{
    hv_apic_send(vps[from], what);
    return interrupted(VECTOR);
}

static uint64_t to_physical(unsigned from, uint32_t destination)
{
    return send(from, command(destination, false, HV_APIC_FIXED, HV_APIC_TO_DESTINATION));
}

static uint64_t to_logical(unsigned from, uint32_t destination)
{
    return send(from, command(destination, true, HV_APIC_FIXED, HV_APIC_TO_DESTINATION));
}

/* ---- Tables ---- */

START_TEST(clocks_are_those_of_the_machine)
{
    const struct hv_apic_clock *clock = &partition->apic.clock;

    ck_assert_uint_eq(clock->tsc_per_tick, UINT64_C(10) << 32);
    ck_assert_uint_eq(clock->ticks_per_tsc, (UINT64_C(1) << 32) / 10);
    ck_assert_uint_eq(clock->min_period, FAKE_TSC_HZ / 5000);
    ck_assert_ptr_eq(vps[1]->apic.clock, clock);
    fake.platform.facts.apic_hz = 0;
    ck_assert_uint_eq(hv_apic_routes_init(partition), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(clock->tsc_per_tick, UINT64_C(1) << 32);
    ck_assert_uint_eq(clock->ticks_per_tsc, UINT64_C(1) << 32);
}
END_TEST

START_TEST(tables_need_a_page)
{
    struct hv_partition *space = fake_space(&fake, 40, 1);

    ck_assert_uint_eq(hv_apic_routes_init(space), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_ptr_null(space->apic.by_id);
}
END_TEST

START_TEST(vps_are_found_by_their_ids)
{
    for (unsigned i = 0; i < VPS; i++) {
        ck_assert_ptr_eq(hv_apic_find(partition, ids[i]), vps[i]);
        ck_assert_uint_eq(vps[i]->apic.id, ids[i]);
        ck_assert_int_eq((hv_apic_base(&vps[i]->apic) & HV_APIC_BASE_BSP) != 0, i == 0);
    }
    ck_assert_ptr_null(hv_apic_find(partition, 3));
    ck_assert_ptr_null(hv_apic_find(partition, HV_APIC_MAX_IDS));
    ck_assert_ptr_null(hv_apic_find(partition, UINT32_MAX));
}
END_TEST

/* What lies behind the table is no part of it, even if it looks like an entry. */
START_TEST(no_id_is_found_behind_the_table)
{
    static _Atomic uint16_t entries[HV_APIC_MAX_IDS + 1];
    _Atomic uint16_t *own = partition->apic.by_id;

    entries[HV_APIC_MAX_IDS] = 1;
    partition->apic.by_id = entries;
    ck_assert_ptr_null(hv_apic_find(partition, HV_APIC_MAX_IDS));
    partition->apic.by_id = own;
}
END_TEST

/* ---- Physical destinations ---- */

START_TEST(a_physical_destination_is_one_vp)
{
    for (unsigned i = 0; i < VPS && ids[i] < HV_APIC_XAPIC_BROADCAST; i++) {
        ck_assert_uint_eq(to_physical(0, ids[i]), TO(1u << i));
        ck_assert_uint_eq(to_physical(i, ids[i]), TO(1u << i));
    }
    ck_assert_uint_eq(to_physical(0, 3), NOBODY);
    use_x2(ALL);
    for (unsigned i = 0; i < VPS; i++)
        ck_assert_uint_eq(to_physical(1, ids[i]), TO(1u << i));
    ck_assert_uint_eq(to_physical(1, HV_APIC_MAX_IDS), NOBODY);
}
END_TEST

START_TEST(broadcast_is_as_wide_as_the_senders_mode)
{
    ck_assert_uint_eq(to_physical(2, HV_APIC_XAPIC_BROADCAST), ALL);
    ck_assert_uint_eq(to_logical(2, HV_APIC_XAPIC_BROADCAST), ALL);
    use_x2(TO(1));
    ck_assert_uint_eq(to_physical(0, HV_APIC_XAPIC_BROADCAST), NOBODY);
    ck_assert_uint_eq(to_physical(0, HV_APIC_X2APIC_BROADCAST), ALL);
    ck_assert_uint_eq(to_logical(0, HV_APIC_X2APIC_BROADCAST), ALL);
    ck_assert_uint_eq(to_physical(1, HV_APIC_XAPIC_BROADCAST), ALL);
}
END_TEST

/* ---- Logical destinations ---- */

START_TEST(flat_ids_are_a_mask)
{
    for (unsigned i = 0; i < VPS; i++)
        set_logical(i, true, 1u << i);
    ck_assert(!are_all_asked());
    for (unsigned mask = 0; mask < 0xFF; mask++)
        ck_assert_uint_eq(to_logical(3, mask), TO(mask));
}
END_TEST

START_TEST(flat_ids_of_several_bits_are_reached_by_each)
{
    set_logical(4, true, 0x81);
    ck_assert(!are_all_asked());
    ck_assert_uint_eq(to_logical(0, 0x80), TO(0x10));
    ck_assert_uint_eq(to_logical(0, 0x01), TO(0x10));
    ck_assert_uint_eq(to_logical(0, 0x7E), NOBODY);
}
END_TEST

START_TEST(cluster_ids_are_a_cluster_and_a_mask)
{
    for (unsigned i = 0; i < VPS; i++)
        set_logical(i, false, (i < 4 ? 0x00 : 0xE0) | 1u << i % 4);
    ck_assert(!are_all_asked());
    for (unsigned mask = 0; mask < 0x10; mask++) {
        ck_assert_uint_eq(to_logical(3, mask), TO(mask));
        ck_assert_uint_eq(to_logical(3, 0xE0 | mask), TO(mask << 4));
        ck_assert_uint_eq(to_logical(3, 0xD0 | mask), NOBODY);
        /* Cluster 15 is all of them. */
        if (mask < 0xF)
            ck_assert_uint_eq(to_logical(3, 0xF0 | mask), TO(mask << 4 | mask));
    }
}
END_TEST

START_TEST(each_takes_a_destination_by_its_own_model)
{
    set_logical(1, true, 0x21);
    set_logical(2, false, 0x21);
    set_logical(3, false, 0x12);
    ck_assert(!are_all_asked());
    ck_assert_uint_eq(to_logical(0, 0x21), TO(6));
    ck_assert_uint_eq(to_logical(0, 0x20), TO(2));
    ck_assert_uint_eq(to_logical(0, 0x11), TO(2));
    ck_assert_uint_eq(to_logical(0, 0x12), TO(8));
    ck_assert_uint_eq(to_logical(0, 0xF2), TO(0xA));
}
END_TEST

/* What is in a table shows who looks there. */
START_TEST(tables_are_asked_and_not_every_vp)
{
    set_logical(1, true, 0x02);
    set_logical(2, false, 0x42);
    atomic_store(&partition->apic.flat[1], 6);
    atomic_store(&partition->apic.cluster[4][1], 7);
    ck_assert_uint_eq(to_logical(0, 0x02), TO(0x20));
    ck_assert_uint_eq(to_logical(0, 0x42), TO(0x60));
    hv_apic_routes_update(partition);
    ck_assert_uint_eq(to_logical(0, 0x42), TO(0x06));
}
END_TEST

START_TEST(ids_of_before_reach_nobody)
{
    for (unsigned cluster = 0; cluster < 15; cluster++)
        for (unsigned bit = 0; bit < 4; bit++) {
            set_logical(2, false, cluster << 4 | 1u << bit);
            ck_assert_uint_eq(to_logical(0, cluster << 4 | 1u << bit), TO(4));
            set_logical(2, false, 0);
            ck_assert_uint_eq(to_logical(0, cluster << 4 | 1u << bit), NOBODY);
        }
    for (unsigned bit = 0; bit < 8; bit++) {
        set_logical(2, true, 1u << bit);
        ck_assert_uint_eq(to_logical(0, 1u << bit), TO(4));
        set_logical(2, true, 0);
        ck_assert_uint_eq(to_logical(0, 1u << bit), NOBODY);
    }
    ck_assert(!are_all_asked());
}
END_TEST

START_TEST(an_id_that_several_have_reaches_all_of_them)
{
    set_logical(1, true, 0x06);
    set_logical(5, true, 0x02);
    set_logical(6, true, 0x08);
    ck_assert(are_all_asked());
    ck_assert_uint_eq(to_logical(0, 0x02), TO(0x22));
    ck_assert_uint_eq(to_logical(0, 0x0A), TO(0x62));
    ck_assert_uint_eq(to_logical(0, 0x04), TO(0x02));
    ck_assert_uint_eq(to_logical(0, 0xF0), NOBODY);
    set_logical(5, true, 0x01);
    ck_assert(!are_all_asked());
    set_logical(1, false, 0x31);
    set_logical(5, false, 0x31);
    ck_assert(are_all_asked());
    ck_assert_uint_eq(to_logical(0, 0x31), TO(0x22));
    ck_assert_uint_eq(to_logical(0, 0x32), NOBODY);
    ck_assert_uint_eq(to_logical(0, 0x41), NOBODY);
}
END_TEST

static atomic_bool sorted;

static void *sort_on(void *unused)
{
    (void)unused;
    while (!atomic_load(&sorted))
        hv_apic_routes_update(partition);
    return NULL;
}

/* As when another VP sets its own ID all the time. */
START_TEST(no_interrupt_is_lost_while_ids_are_sorted)
{
    pthread_t thread;
    unsigned lost = 0;

    set_logical(3, true, 0x04);
    set_logical(5, false, 0x52);
    atomic_store(&sorted, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, sort_on, NULL), 0);
    for (unsigned i = 0; i < SENDS; i++) {
        lost += to_logical(0, 0x04) != TO(8);
        lost += to_logical(0, 0x52) != TO(0x20);
    }
    atomic_store(&sorted, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(lost, 0);
}
END_TEST

/* SDM, "Logical Destination Mode in x2APIC Mode": the cluster in bits 31:16, a mask in 15:0. */
START_TEST(x2_ids_follow_from_physical_ones)
{
    use_x2(ALL);
    ck_assert(!are_all_asked());
    for (unsigned i = 0; i < VPS; i++)
        ck_assert_uint_eq(to_logical(0, (ids[i] >> 4) << 16 | 1u << ids[i] % 16), TO(1u << i));
    ck_assert_uint_eq(to_logical(0, 0xC007), TO(0x1F));
    ck_assert_uint_eq(to_logical(0, 0x0008), NOBODY);
    ck_assert_uint_eq(to_logical(0, 0x10007), NOBODY);
    ck_assert_uint_eq(to_logical(0, UINT32_C(0xFFFF0001)), NOBODY);
}
END_TEST

START_TEST(vps_of_both_modes_are_reached_by_their_own_ids)
{
    set_logical(1, true, 0x04); /* counts for nothing in x2APIC mode */
    set_logical(3, true, 0x04);
    use_x2(TO(0x27));
    ck_assert(!are_all_asked());
    ck_assert_uint_eq(to_logical(0, 0x04), TO(0x0C)); /* x2 ID 2, and VP 3 */
    ck_assert_uint_eq(to_logical(3, 0x04), TO(0x0C));
    ck_assert_uint_eq(to_logical(0, 0x104), TO(0x04)); /* beyond 8 bits: x2APIC alone */
    ck_assert_uint_eq(to_logical(0, 0x4000), NOBODY);  /* x2 ID 0xE is of another mode */
    ck_assert_uint_eq(to_logical(0, 0xF4000), TO(0x20));
    set_logical(4, true, 0x04);
    ck_assert(are_all_asked());
    ck_assert_uint_eq(to_logical(0, 0x04), TO(0x1C));
}
END_TEST

/* ---- Delivery modes ---- */

START_TEST(the_lowest_priority_is_one_of_the_targets)
{
    for (unsigned i = 0; i < VPS; i++)
        set_logical(i, true, 1u << i);
    for (unsigned mask = 1; mask < 0xFF; mask++) {
        unsigned count = (unsigned)__builtin_popcount(mask);
        uint64_t reached = 0;

        for (unsigned i = 0; i < count; i++) {
            uint8_t vector = (uint8_t)(VECTOR + i);
            uint64_t one;

            hv_apic_send(vps[0],
                         (command(mask, true, HV_APIC_LOWEST_PRIORITY, 0) & ~UINT64_C(0xFF)) |
                             vector);
            one = interrupted(vector);
            ck_assert_int_eq(__builtin_popcountll(one), 1);
            reached |= one;
        }
        /* Different vectors go to different VPs. */
        ck_assert_uint_eq(reached, TO(mask));
    }
    ck_assert_uint_eq(send(0, command(3, false, HV_APIC_LOWEST_PRIORITY, 0)), NOBODY);
}
END_TEST

START_TEST(each_mode_is_what_it_says)
{
    static const struct {
        unsigned mode;
        uint32_t event;
    } modes[] = {
        { HV_APIC_NMI, HV_INTERRUPT_NMI },
        { HV_APIC_INIT, HV_INTERRUPT_INIT },
        { HV_APIC_STARTUP, HV_INTERRUPT_STARTUP },
    };

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        ck_assert_uint_eq(send(0, command(2, false, modes[i].mode, 0)), NOBODY);
        ck_assert_uint_eq(told(modes[i].event), TO(4));
    }
    for (unsigned mode = 0; mode < 8; mode++) {
        if (mode == HV_APIC_SMI || mode == HV_APIC_EXTINT || mode == 3) {
            ck_assert_uint_eq(send(0, command(2, false, mode, 0)), NOBODY);
            ck_assert_uint_eq(told(0), NOBODY);
        }
    }
}
END_TEST

/* ---- Shorthands ---- */

START_TEST(shorthands_name_the_sender_all_and_the_others)
{
    ck_assert_uint_eq(send(2, command(1, false, HV_APIC_FIXED, HV_APIC_TO_SELF)), TO(4));
    ck_assert_uint_eq(send(2, command(1, false, HV_APIC_FIXED, HV_APIC_TO_ALL)), ALL);
    ck_assert_uint_eq(send(2, command(1, false, HV_APIC_FIXED, HV_APIC_TO_OTHERS)), ALL & ~TO(4));
    ck_assert_uint_eq(send(0, command(1, false, HV_APIC_LOWEST_PRIORITY, HV_APIC_TO_OTHERS)),
                      ALL & ~TO(1));
    ck_assert_uint_eq(send(0, command(1, false, HV_APIC_NMI, HV_APIC_TO_OTHERS)), NOBODY);
    ck_assert_uint_eq(told(HV_INTERRUPT_NMI), ALL & ~TO(1));
    ck_assert_uint_eq(send(0, command(1, false, HV_APIC_STARTUP, HV_APIC_TO_OTHERS)), NOBODY);
    ck_assert_uint_eq(told(HV_INTERRUPT_STARTUP), ALL & ~TO(1));
}
END_TEST

START_TEST(nothing_but_fixed_interrupts_can_name_the_sender)
{
    static const unsigned modes[] = { HV_APIC_LOWEST_PRIORITY, HV_APIC_NMI, HV_APIC_INIT,
                                      HV_APIC_STARTUP };

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        ck_assert_uint_eq(send(0, command(0, false, modes[i], HV_APIC_TO_SELF)), NOBODY);
        ck_assert_uint_eq(send(0, command(0, false, modes[i], HV_APIC_TO_ALL)), NOBODY);
        ck_assert_uint_eq(told(0), NOBODY);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("apic_route");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, clocks_are_those_of_the_machine);
    tcase_add_test(all, tables_need_a_page);
    tcase_add_test(all, vps_are_found_by_their_ids);
    tcase_add_test(all, no_id_is_found_behind_the_table);
    tcase_add_test(all, a_physical_destination_is_one_vp);
    tcase_add_test(all, broadcast_is_as_wide_as_the_senders_mode);
    tcase_add_test(all, flat_ids_are_a_mask);
    tcase_add_test(all, flat_ids_of_several_bits_are_reached_by_each);
    tcase_add_test(all, cluster_ids_are_a_cluster_and_a_mask);
    tcase_add_test(all, each_takes_a_destination_by_its_own_model);
    tcase_add_test(all, tables_are_asked_and_not_every_vp);
    tcase_add_test(all, ids_of_before_reach_nobody);
    tcase_add_test(all, an_id_that_several_have_reaches_all_of_them);
    tcase_add_test(all, no_interrupt_is_lost_while_ids_are_sorted);
    tcase_add_test(all, x2_ids_follow_from_physical_ones);
    tcase_add_test(all, vps_of_both_modes_are_reached_by_their_own_ids);
    tcase_add_test(all, the_lowest_priority_is_one_of_the_targets);
    tcase_add_test(all, each_mode_is_what_it_says);
    tcase_add_test(all, shorthands_name_the_sender_all_and_the_others);
    tcase_add_test(all, nothing_but_fixed_interrupts_can_name_the_sender);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
