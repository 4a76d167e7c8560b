/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Monitored notifications. Why: a guest that trusts them makes no hypercall, so one that is lost is
 * lost for good; and the page that the hypervisor looks at by itself is a hostile guest's memory.
 */
#include <check.h>

#include <hv/address.h>
#include <hv/interrupt.h>
#include <hv/port.h>

#include "core.h"
#include "port.h"
#include "suite.h"
#include "synic_fixture.h"

#define PORT         0x1001 /* to which the events go */
#define MONITOR_PORT 0x1002
#define EVENTS       0x20 /* the connection to PORT */
#define MONITOR      0x30 /* that to MONITOR_PORT */
#define PAGE         UINT64_C(0x8000)
#define BASE_FLAG    100
#define FLAGS        32
#define TICKS        (FAKE_TSC_HZ / 10000000) /* in 100 ns */
#define SHORTEST     (1000 * TICKS)
#define LONGEST      (100000 * TICKS)

static const struct hv_port_config monitor_port = { .type = HvPortTypeMonitor };
static const struct hv_port_config event_port = {
    .type = HvPortTypeEvent, .sint = SINT, .base_flag = BASE_FLAG, .flag_count = FLAGS
};

static hv_status connect_at(uint32_t connection, uint64_t gpa)
{
    return hv_port_connect_monitor(partition, connection, partition, MONITOR_PORT, gpa);
}

static void monitor_setup(void)
{
    synic_setup();
    ck_assert_uint_eq(hv_port_create(partition, PORT, &event_port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(partition, EVENTS, partition, PORT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_create(partition, MONITOR_PORT, &monitor_port), HV_STATUS_SUCCESS);
}

/* The page, which lies in guest RAM at the address of the same number. */
static struct hv_monitor_page *page(void)
{
    return fake_page(&fake, PAGE >> HV_PAGE_SHIFT);
}

/* A trigger of each group that sets the flag of its number, and all groups enabled. */
static void fill_page(void)
{
    page()->trigger_state = HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK;
    for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++)
        for (uint16_t i = 0; i < HV_MONITOR_TRIGGERS_PER_GROUP; i++)
            page()->parameter[group][i] =
                (struct hv_monitor_parameter){ .connection_id = EVENTS, .flag_number = i };
}

static void connect(void)
{
    fill_page();
    ck_assert_uint_eq(connect_at(MONITOR, PAGE), HV_STATUS_SUCCESS);
}

static uint64_t deadline(void)
{
    hv_vp_prepare(vp);
    hv_interrupt_poll(vp, fake.tsc);
    return hv_interrupt_view(vp)->deadline;
}

/* As the LP does it: at the deadline that it was given. */
static void run_to_examination(void)
{
    uint64_t next = deadline();

    ck_assert_uint_ne(next, HV_INTERRUPT_NEVER);
    fake.tsc = next;
    hv_interrupt_poll(vp, fake.tsc);
}

/* The flags of the port that are set, which are taken back. */
static uint32_t take_flags(void)
{
    uint8_t *flags = (uint8_t *)vp->synic.event_page.page + SINT * 256;
    uint32_t set = 0;

    for (unsigned i = 0; i < FLAGS; i++)
        if (flags[(BASE_FLAG + i) / 8] >> (BASE_FLAG + i) % 8 & 1)
            set |= 1u << i;
    memset(flags, 0, 256);
    return set;
}

START_TEST(port_and_connection_are_checked)
{
    struct hv_port_config config = monitor_port;

    config.sint = 1;
    ck_assert_uint_eq(hv_port_create(partition, 1, &config), HV_STATUS_INVALID_PARAMETER);
    config = monitor_port;
    config.vp_index = HV_ANY_VP;
    ck_assert_uint_eq(hv_port_create(partition, 1, &config), HV_STATUS_INVALID_PARAMETER);
    config = monitor_port;
    config.base_flag = 1;
    ck_assert_uint_eq(hv_port_create(partition, 1, &config), HV_STATUS_INVALID_PARAMETER);
    config = monitor_port;
    config.flag_count = 1;
    ck_assert_uint_eq(hv_port_create(partition, 1, &config), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect_at(MONITOR, PAGE + 8), HV_STATUS_INVALID_ALIGNMENT);
    ck_assert_uint_eq(connect_at(MONITOR, UINT64_C(1) << 40), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect_at(0x1000000, PAGE), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(connect_at(EVENTS, PAGE), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(hv_port_connect_monitor(partition, MONITOR, partition, 7, PAGE),
                      HV_STATUS_INVALID_PORT_ID);
    /* A page belongs to monitor ports, and to no others. */
    ck_assert_uint_eq(hv_port_connect_monitor(partition, MONITOR, partition, PORT, PAGE),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_port_connect(partition, MONITOR, partition, MONITOR_PORT),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    ck_assert_uint_eq(connect_at(MONITOR, (UINT64_C(1) << 40) - HV_PAGE_SIZE), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(pages_are_limited_and_can_be_had_again)
{
    size_t before;

    for (uint32_t i = 0; i < HV_PORT_MONITORS; i++)
        ck_assert_uint_eq(connect_at(MONITOR + i, PAGE), HV_STATUS_SUCCESS);
    before = hv_pool_unused(&partition->pool);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(connect_at(0x99, PAGE), HV_STATUS_NO_RESOURCES);
        ck_assert_uint_eq(hv_port_disconnect(partition, MONITOR + 1), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(connect_at(MONITOR + 1, PAGE), HV_STATUS_SUCCESS);
    }
    ck_assert_uint_eq(hv_port_connect_monitor(partition, 0x99, partition, PORT, PAGE),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_port_connect(partition, 0x99, partition, MONITOR_PORT),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_port_delete(partition, MONITOR_PORT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_delete(partition, PORT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_disconnect(partition, EVENTS), HV_STATUS_SUCCESS);
    for (uint32_t i = 0; i < HV_PORT_MONITORS; i++)
        ck_assert_uint_eq(hv_port_disconnect(partition, MONITOR + i), HV_STATUS_SUCCESS);
    /* The ports' pages are back, so nobody holds them still; so is what the watching took. */
    ck_assert_uint_eq(hv_pool_unused(&partition->pool), before + 3);
}
END_TEST

START_TEST(trigger_signals_the_event_of_its_parameter)
{
    connect();
    for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++) {
        page()->trigger_group[group] =
            (struct hv_monitor_trigger_group){ .pending = 0x80000101, .armed = 0x101 };
        page()->parameter[group][8].flag_number = (uint16_t)(20 + group);
        run_to_examination();
        ck_assert_uint_eq(take_flags(), 0x80000001 | 1u << (20 + group));
        ck_assert_uint_eq(page()->trigger_group[group].pending, 0);
        ck_assert_uint_eq(page()->trigger_group[group].armed, 0);
        /* As a signalled event does. */
        ck_assert_int_eq(hv_interrupt_view(vp)->vector, VECTOR);
        run_to_examination();
        ck_assert_uint_eq(take_flags(), 0);
    }
}
END_TEST

START_TEST(group_that_is_not_enabled_stays_as_it_is)
{
    connect();
    for (unsigned enabled = 0; enabled < HV_MONITOR_GROUPS; enabled++) {
        /* Bits beyond the four are nobody's. */
        page()->trigger_state = 0xFFFFFFF0 | 1u << enabled;
        for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++)
            page()->trigger_group[group].pending = 1u << group;
        run_to_examination();
        ck_assert_uint_eq(take_flags(), 1u << enabled);
        for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++)
            ck_assert_uint_eq(page()->trigger_group[group].pending,
                              group == enabled ? 0 : 1u << group);
    }
}
END_TEST

START_TEST(error_is_discarded)
{
    connect();
    page()->parameter[1][0].connection_id = EVENTS + 1;
    page()->parameter[1][1].connection_id = UINT32_MAX;
    page()->parameter[1][2].connection_id = MONITOR;
    page()->parameter[1][3].flag_number = FLAGS;
    page()->parameter[1][4].reserved_z = 1;
    page()->trigger_group[1].pending = 0x3F;
    run_to_examination();
    ck_assert_uint_eq(take_flags(), 1u << 5);
    ck_assert_uint_eq(page()->trigger_group[1].pending, 0);
}
END_TEST

START_TEST(who_may_not_signal_is_not_examined)
{
    begin_again(UINT64_MAX & ~HV_PRIVILEGE_SignalEvents, fake.platform.facts.capabilities);
    ck_assert_uint_eq(hv_port_create(partition, MONITOR_PORT, &monitor_port), HV_STATUS_SUCCESS);
    connect();
    page()->trigger_group[0].pending = 1;
    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1);
}
END_TEST

/* How long from one examination to the next. */
static uint64_t distance(void)
{
    run_to_examination();
    return hv_interrupt_view(vp)->deadline - fake.tsc;
}

START_TEST(distance_follows_the_latency_within_limits)
{
    connect();
    ck_assert_uint_eq(distance(), LONGEST);
    page()->latency[2][7] = UINT16_MAX;
    ck_assert_uint_eq(distance(), UINT16_MAX * TICKS);
    page()->latency[3][31] = 3000;
    page()->latency[0][0] = 4000;
    ck_assert_uint_eq(distance(), 3000 * TICKS);
    /* That of a group which is not enabled counts for nothing. */
    page()->trigger_state = 7;
    ck_assert_uint_eq(distance(), 4000 * TICKS);
    page()->latency[1][5] = 1;
    ck_assert_uint_eq(distance(), SHORTEST);
    /* Nor does what is enabled and is no group. */
    memset(page()->reserved_z3, 8, sizeof(page()->reserved_z3));
    page()->trigger_state = 0xFFFFFFF0;
    ck_assert_uint_eq(distance(), LONGEST);
}
END_TEST

static void expect_triggers(uint32_t flags, uint32_t pending)
{
    run_to_examination();
    ck_assert_uint_eq(take_flags(), flags);
    ck_assert_uint_eq(page()->trigger_group[2].pending, pending);
    ck_assert_uint_eq(page()->trigger_group[2].armed, pending);
}

/* TLFS: a notification is deferred by at least its latency, from when it was seen and armed. */
START_TEST(trigger_is_deferred_by_its_own_latency)
{
    connect();
    deadline();
    page()->latency[2][3] = 2000;
    page()->latency[2][4] = 5001;
    page()->latency[2][5] = 4001; /* as near as clocks that are rounded can tell */
    page()->latency[2][6] = 4002;
    page()->latency[2][31] = 4000;
    page()->trigger_group[2].pending = 0x80000079;
    expect_triggers(1u << 0, 0x80000078);
    expect_triggers(1u << 3, 0x80000070);
    expect_triggers(1u << 31 | 1u << 5, 0x50);
    expect_triggers(1u << 4 | 1u << 6, 0);
    expect_triggers(0, 0);
    /* And again. */
    page()->trigger_group[2].pending = 0x18;
    expect_triggers(0, 0x18);
    expect_triggers(1u << 3, 0x10);
    expect_triggers(0, 0x10);
    expect_triggers(1u << 4, 0);
}
END_TEST

/* A guest clears the Armed bit when it changes the Pending bit. */
START_TEST(trigger_that_is_set_again_is_deferred_anew)
{
    connect();
    deadline();
    page()->latency[2][3] = 2000;
    page()->trigger_group[2].pending = 8;
    for (unsigned i = 0; i < 5; i++) {
        expect_triggers(0, 8);
        page()->trigger_group[2].armed = 0;
    }
    expect_triggers(0, 8);
    expect_triggers(8, 0);
}
END_TEST

START_TEST(trigger_that_is_taken_back_signals_nothing)
{
    connect();
    deadline();
    page()->latency[2][3] = page()->latency[2][4] = 2000;
    page()->trigger_group[2].pending = 0x18;
    expect_triggers(0, 0x18);
    page()->trigger_group[2].pending = 0x10;
    expect_triggers(0x10, 0);
    /* An Armed bit alone is none, and goes when the group is changed. */
    page()->trigger_group[2] = (struct hv_monitor_trigger_group){ .pending = 0x10, .armed = 8 };
    expect_triggers(0, 0x10);
    expect_triggers(0x10, 0);
}
END_TEST

static void count_access(struct fake_platform *platform, uint64_t spa_page)
{
    unsigned *accesses = platform->on_map_argument;

    *accesses += spa_page == PAGE >> HV_PAGE_SHIFT;
}

/* A page that nobody changes stays clean: it may be on its way to another machine. */
START_TEST(trigger_that_waits_is_only_read)
{
    unsigned accesses = 0;

    connect();
    deadline();
    page()->latency[2][3] = 5000;
    page()->latency[2][4] = 2000;
    page()->trigger_group[2].pending = 8;
    expect_triggers(0, 8);
    fake.on_map_argument = &accesses;
    fake.on_map = count_access;
    run_to_examination();
    fake.on_map = NULL;
    /* The header, and the latencies of all groups. */
    ck_assert_uint_eq(accesses, 1 + HV_MONITOR_GROUPS);
    ck_assert_uint_eq(page()->trigger_group[2].armed, 8);
}
END_TEST

/* Each page has its own. */
START_TEST(pages_are_armed_for_themselves)
{
    struct hv_monitor_page *second = fake_page(&fake, (PAGE >> HV_PAGE_SHIFT) + 1);

    connect();
    page()->latency[2][3] = 4000;
    *second = *page();
    ck_assert_uint_eq(connect_at(MONITOR + 1, PAGE + HV_PAGE_SIZE), HV_STATUS_SUCCESS);
    second->latency[0][9] = 2000;
    deadline();
    page()->trigger_group[2].pending = 8;
    expect_triggers(0, 8);
    second->trigger_group[2].pending = 8;
    expect_triggers(0, 8);
    ck_assert_uint_eq(second->trigger_group[2].armed, 8);
    expect_triggers(8, 0);
    ck_assert_uint_eq(second->trigger_group[2].pending, 8);
    run_to_examination();
    ck_assert_uint_eq(second->trigger_group[2].pending, 0);
    ck_assert_uint_eq(take_flags(), 8);
}
END_TEST

START_TEST(watching_needs_a_page_of_the_pool)
{
    uint64_t taken;

    while (hv_pool_alloc(&partition->pool, &taken))
        continue;
    ck_assert_uint_eq(connect_at(MONITOR, PAGE), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    hv_pool_free(&partition->pool, taken);
    /* A connection that can't be made leaves it alone. */
    ck_assert_uint_eq(connect_at(EVENTS, PAGE), HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(hv_pool_unused(&partition->pool), 1);
    connect();
    ck_assert_uint_eq(hv_pool_unused(&partition->pool), 0);
}
END_TEST

static void take_long(struct fake_platform *platform, uint64_t spa_page)
{
    (void)spa_page;
    platform->tsc += 5 * SHORTEST;
}

/* However long an examination takes, there is time for the guest before the next. */
START_TEST(distance_begins_at_the_end)
{
    connect();
    page()->latency[0][0] = 1;
    fake.on_map = take_long;
    run_to_examination();
    ck_assert_uint_eq(hv_interrupt_view(vp)->deadline, fake.tsc + SHORTEST);
}
END_TEST

START_TEST(nothing_happens_before_the_deadline)
{
    connect();
    run_to_examination();
    page()->trigger_group[0].pending = 1;
    fake.tsc += LONGEST - 1;
    hv_interrupt_poll(vp, fake.tsc);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1);
    fake.tsc++;
    hv_interrupt_poll(vp, fake.tsc);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 0);
    ck_assert_uint_eq(take_flags(), 1);
}
END_TEST

/* VP 0 may be in the guest or asleep, with no deadline of its own. */
START_TEST(vp_0_learns_of_a_connection_and_others_do_not)
{
    unsigned kicks = fake_vp(vp)->kicks, others = fake_vp(other)->kicks;
    struct hv_interrupt_vectors vectors;

    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    connect();
    ck_assert_uint_eq(fake_vp(vp)->kicks, kicks + 1);
    ck_assert_uint_eq(fake_vp(other)->kicks, others);
    hv_vp_prepare(vp);
    ck_assert(!hv_interrupt_view(vp)->current);
    /* It is no event of the back end's. */
    ck_assert_uint_eq(hv_interrupt_events(vp, &vectors), 0);
    ck_assert_uint_eq(deadline(), fake.tsc + LONGEST);
    hv_vp_prepare(other);
    hv_interrupt_poll(other, fake.tsc);
    ck_assert_uint_eq(hv_interrupt_view(other)->deadline, HV_INTERRUPT_NEVER);
}
END_TEST

START_TEST(page_is_left_alone_without_connection_or_port)
{
    connect();
    ck_assert_uint_eq(deadline(), fake.tsc + LONGEST);
    ck_assert_uint_eq(hv_port_delete(partition, MONITOR_PORT), HV_STATUS_SUCCESS);
    page()->trigger_group[0].pending = 1;
    run_to_examination();
    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    ck_assert_uint_eq(hv_port_disconnect(partition, MONITOR), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1);
    ck_assert_uint_eq(hv_port_create(partition, MONITOR_PORT, &monitor_port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect_at(MONITOR, PAGE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_disconnect(partition, MONITOR), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1);
}
END_TEST

START_TEST(each_page_is_examined_for_itself)
{
    struct hv_monitor_page *second = fake_page(&fake, (PAGE >> HV_PAGE_SHIFT) + 1);

    connect();
    *second = *page();
    ck_assert_uint_eq(connect_at(MONITOR + 1, PAGE + HV_PAGE_SIZE), HV_STATUS_SUCCESS);
    page()->trigger_group[0].pending = 1;
    page()->latency[0][9] = 5000;
    second->trigger_group[0].pending = 2;
    second->latency[0][9] = 4000;
    ck_assert_uint_eq(deadline(), fake.tsc + 4000 * TICKS);
    ck_assert_uint_eq(take_flags(), 3);
    ck_assert_uint_eq(hv_port_disconnect(partition, MONITOR + 1), HV_STATUS_SUCCESS);
    page()->trigger_group[0].pending = 1;
    second->trigger_group[0].pending = 2;
    ck_assert_uint_eq(distance(), 5000 * TICKS);
    ck_assert_uint_eq(take_flags(), 1);
}
END_TEST

START_TEST(page_that_is_not_there_is_passed_over_until_it_is)
{
    const uint64_t number = PAGE >> HV_PAGE_SHIFT;

    connect();
    page()->trigger_group[0].pending = 1;
    page()->latency[0][9] = 1;
    ck_assert_uint_eq(hv_address_unmap(partition, number, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(distance(), LONGEST);
    ck_assert_uint_eq(take_flags(), 0);
    /* A trigger that can't be cleared would go on for ever. */
    ck_assert_uint_eq(
        hv_address_map(partition, number, number, 1, HV_ACCESS_READ, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    run_to_examination();
    ck_assert_uint_eq(take_flags(), 0);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1);
    ck_assert_uint_eq(hv_address_protect(partition, number, 1, HV_ACCESS_READ | HV_ACCESS_WRITE),
                      HV_STATUS_SUCCESS);
    run_to_examination();
    ck_assert_uint_eq(take_flags(), 1);
}
END_TEST

/* An overlay that the guest puts there is what both see. */
START_TEST(overlay_covers_the_page)
{
    struct hv_monitor_page *overlay = vp->synic.message_page.page;

    connect();
    page()->trigger_group[0].pending = 1;
    *overlay = *page();
    overlay->trigger_group[0].pending = 2;
    must_write(vp, HV_X64_MSR_SIMP, PAGE | HV_X64_MSR_PAGE_ENABLE);
    run_to_examination();
    ck_assert_uint_eq(take_flags(), 2);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1);
    must_write(vp, HV_X64_MSR_SIMP, 0);
    run_to_examination();
    ck_assert_uint_eq(take_flags(), 1);
}
END_TEST

/* A guest that writes while the page is examined: each access may find another content. */
static void scribble(struct fake_platform *platform, uint64_t spa_page)
{
    struct hv_monitor_page *target = fake_page(platform, spa_page);
    unsigned *accesses = platform->on_map_argument;

    if (spa_page != PAGE >> HV_PAGE_SHIFT)
        return;
    /* The header is read; then the group changes before it is taken. */
    if (++*accesses == 2) {
        target->trigger_group[0].pending = 4;
        target->parameter[0][2].flag_number = 9;
        target->trigger_group[1].pending = 1;
    }
}

START_TEST(what_is_signalled_is_what_was_taken)
{
    unsigned accesses = 0;

    connect();
    deadline();
    page()->trigger_group[0].pending = 1;
    fake.on_map_argument = &accesses;
    fake.on_map = scribble;
    run_to_examination();
    fake.on_map = NULL;
    ck_assert_uint_eq(page()->trigger_group[0].pending, 0);
    /* The second group had nothing when the header was read; it is for the next time. */
    ck_assert_uint_eq(page()->trigger_group[1].pending, 1);
    ck_assert_uint_eq(take_flags(), 1u << 9);
}
END_TEST

/* A guest that changes the triggers as often as they are looked at; the argument counts. */
static void change(struct fake_platform *platform, uint64_t spa_page)
{
    struct hv_monitor_page *target = fake_page(platform, spa_page);
    unsigned *accesses = platform->on_map_argument;

    if (spa_page == PAGE >> HV_PAGE_SHIFT)
        target->trigger_group[0].pending = 1 | ++*accesses << 8;
}

START_TEST(guest_can_hold_up_its_own_triggers_alone)
{
    unsigned accesses = 0;

    connect();
    deadline();
    page()->trigger_group[0].pending = 1;
    fake.on_map_argument = &accesses;
    fake.on_map = change;
    run_to_examination();
    fake.on_map = NULL;
    /* Header, the latencies of all groups, and a few times the triggers. */
    ck_assert_uint_le(accesses, 1 + HV_MONITOR_GROUPS + 4);
    ck_assert_uint_eq(page()->trigger_group[0].pending, 1 | accesses << 8);
    ck_assert_uint_eq(take_flags(), 0);
    run_to_examination();
    ck_assert_uint_eq(take_flags() & 1, 1);
}
END_TEST

/* What another LP takes away in the middle: after the header, the latencies, the triggers, the
   parameters. It then waits for this access to end, which is of no interest here. */
static void vanish(struct fake_platform *platform, uint64_t spa_page)
{
    static const struct hv_mapping nothing = { .access = HV_ACCESS_NONE };
    unsigned *left = platform->on_map_argument;

    if (spa_page != PAGE >> HV_PAGE_SHIFT || --*left != 0)
        return;
    ck_assert_uint_eq(hv_address_isolate(partition, spa_page), HV_STATUS_SUCCESS);
    hv_address_set(partition, spa_page, &nothing);
}

START_TEST(page_can_vanish_at_any_time)
{
    unsigned left = (unsigned)_i;

    connect();
    page()->trigger_group[0].pending = 1;
    run_to_examination();
    ck_assert_uint_eq(take_flags(), 1);
    page()->trigger_group[0].pending = 1;
    page()->latency[0][9] = 5000;
    fake.on_map_argument = &left;
    fake.on_map = vanish;
    ck_assert_uint_eq(distance(), _i == 1 ? LONGEST : 5000 * TICKS);
    ck_assert_uint_eq(page()->trigger_group[0].pending, _i <= 2);
    ck_assert_uint_eq(take_flags(), _i == 4);
}
END_TEST

/* The sender's memory is the receiver's here, by the fake machine's map. */
START_TEST(sender_can_be_another_partition_whose_vp_comes_later)
{
    struct hv_partition *sender = fake_partition(&fake);
    struct hv_vp *sending;

    fill_page();
    page()->trigger_group[0].pending = 2;
    ck_assert_uint_eq(hv_port_connect(sender, EVENTS, partition, PORT), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect_monitor(sender, MONITOR, partition, MONITOR_PORT, PAGE),
                      HV_STATUS_SUCCESS);
    sending = fake_vp_create(&fake, sender, 0);
    hv_interrupt_poll(sending, fake.tsc);
    ck_assert_uint_eq(take_flags(), 2);
    ck_assert_uint_eq(hv_interrupt_view(sending)->deadline, fake.tsc + LONGEST);
    /* Who receives has nothing to examine. */
    ck_assert_uint_eq(deadline(), HV_INTERRUPT_NEVER);
    ck_assert_int_eq(hv_interrupt_view(vp)->vector, VECTOR);
}
END_TEST

START_TEST(vp_with_an_apic_of_its_own_is_left_alone)
{
    unsigned kicks;

    begin_again(UINT64_MAX, fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_LOCAL_APIC);
    kicks = fake_vp(vp)->kicks;
    ck_assert_uint_eq(hv_port_create(partition, MONITOR_PORT, &monitor_port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect_at(MONITOR, PAGE), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(vp)->kicks, kicks);
    ck_assert_uint_eq(hv_port_disconnect(partition, MONITOR), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(reset_of_a_vp_does_not_end_the_examination)
{
    connect();
    deadline();
    hv_vp_reset(vp);
    ck_assert_uint_eq(deadline(), fake.tsc + LONGEST);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("port_monitor");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, monitor_setup, teardown);
    tcase_add_test(all, port_and_connection_are_checked);
    tcase_add_test(all, pages_are_limited_and_can_be_had_again);
    tcase_add_test(all, trigger_signals_the_event_of_its_parameter);
    tcase_add_test(all, group_that_is_not_enabled_stays_as_it_is);
    tcase_add_test(all, error_is_discarded);
    tcase_add_test(all, who_may_not_signal_is_not_examined);
    tcase_add_test(all, distance_follows_the_latency_within_limits);
    tcase_add_test(all, trigger_is_deferred_by_its_own_latency);
    tcase_add_test(all, trigger_that_is_set_again_is_deferred_anew);
    tcase_add_test(all, trigger_that_is_taken_back_signals_nothing);
    tcase_add_test(all, trigger_that_waits_is_only_read);
    tcase_add_test(all, pages_are_armed_for_themselves);
    tcase_add_test(all, watching_needs_a_page_of_the_pool);
    tcase_add_test(all, guest_can_hold_up_its_own_triggers_alone);
    tcase_add_test(all, distance_begins_at_the_end);
    tcase_add_test(all, nothing_happens_before_the_deadline);
    tcase_add_test(all, vp_0_learns_of_a_connection_and_others_do_not);
    tcase_add_test(all, page_is_left_alone_without_connection_or_port);
    tcase_add_test(all, each_page_is_examined_for_itself);
    tcase_add_test(all, page_that_is_not_there_is_passed_over_until_it_is);
    tcase_add_test(all, overlay_covers_the_page);
    tcase_add_test(all, what_is_signalled_is_what_was_taken);
    tcase_add_loop_test(all, page_can_vanish_at_any_time, 1, 5);
    tcase_add_test(all, sender_can_be_another_partition_whose_vp_comes_later);
    tcase_add_test(all, vp_with_an_apic_of_its_own_is_left_alone);
    tcase_add_test(all, reset_of_a_vp_does_not_end_the_examination);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
