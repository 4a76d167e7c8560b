/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Save and restore of a SynIC with its pages, of synthetic timers, of ports and connections and of
 * messages on their way: none may be lost, and none come twice.
 */
#include <hv/interrupt.h>
#include <hv/port.h>

#include "hypercall.h"
#include "save_fixture.h"
#include "suite.h"

#define SINT       4
#define OTHER_SINT 5
#define VECTOR     0x40
#define SIM_GPA    UINT64_C(0x5000)
#define SIEF_GPA   UINT64_C(0x6000)
#define TYPE       0x17
#define PORT       0x123456
#define CONNECTION 0xABCDEF

#define MONITOR_PORT 0x77
#define MONITOR      0x78 /* the connection to it */
#define MONITOR_GPA  UINT64_C(0x9000)

#define TIMER_TO(sint) ((uint64_t)(sint) << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT)

static const struct hv_port_config message_port = { .type = HvPortTypeMessage, .sint = SINT };

static void enable_synic(struct machine *machine, unsigned index)
{
    struct hv_vp *vp = machine->vps[index];

    must_write(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    must_write(vp, HV_X64_MSR_SIMP, (SIM_GPA + index * 0x10000) | HV_X64_MSR_PAGE_ENABLE);
    must_write(vp, HV_X64_MSR_SIEFP, (SIEF_GPA + index * 0x10000) | HV_X64_MSR_PAGE_ENABLE);
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR);
    must_write(vp, HV_X64_MSR_SINT0 + OTHER_SINT, VECTOR + 1);
}

static void synic_setup(void)
{
    setup();
    from.fake.tsc += 1000 * TICKS_PER_UNIT;
    enable_synic(&from, 0);
    enable_synic(&from, 1);
}

static struct hv_message *slot(struct machine *machine, unsigned index, unsigned sint)
{
    struct hv_message_page *page = machine->vps[index]->synic.message_page.page;

    return &page->sint_message[sint];
}

static void empty(struct machine *machine, unsigned index, unsigned sint)
{
    slot(machine, index, sint)->header.message_type = HvMessageTypeNone;
    must_write(machine->vps[index], HV_X64_MSR_EOM, 0);
}

static int pending(struct machine *machine, unsigned index)
{
    hv_vp_prepare(machine->vps[index]);
    hv_interrupt_poll(machine->vps[index], machine->fake.tsc);
    return hv_interrupt_view(machine->vps[index])->vector;
}

static void connect(struct machine *machine, const struct hv_port_config *config)
{
    ck_assert_uint_eq(hv_port_create(machine->partition, PORT, config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(machine->partition, CONNECTION, machine->partition, PORT),
                      HV_STATUS_SUCCESS);
}

static hv_status post_on(struct machine *machine, uint32_t connection, uint64_t number)
{
    struct hv_input_post_message input = { .connection_id = connection,
                                           .message_type = TYPE,
                                           .payload_size = 8 };
    struct hv_hypercall_call call = { .vp = machine->vps[0], .header = &input };

    input.payload[0] = number;
    return hv_hypercall_post_message(&call);
}

static void post(uint64_t number)
{
    ck_assert_uint_eq(post_on(&from, CONNECTION, number), HV_STATUS_SUCCESS);
}

/* The slot has that message and none comes after it. */
static void expect_last(unsigned index, uint64_t number)
{
    ck_assert_uint_eq(slot(&to, index, SINT)->header.message_type, TYPE);
    ck_assert_uint_eq(slot(&to, index, SINT)->payload[0], number);
    empty(&to, index, SINT);
    ck_assert_uint_eq(slot(&to, index, SINT)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(to.vps[index]->synic.waiting, 0);
}

/* ---- Registers and pages ---- */

START_TEST(synic_registers_are_kept)
{
    for (uint32_t i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        must_write(from.vps[0], HV_X64_MSR_SINT0 + i, 0x60 + i);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SCONTROL), HV_X64_MSR_SCONTROL_ENABLE);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SIMP), SIM_GPA | 1);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SIEFP), SIEF_GPA | 1);
    ck_assert_uint_eq(value_of(to.vps[1], HV_X64_MSR_SIMP), (SIM_GPA + 0x10000) | 1);
    for (uint32_t i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SINT0 + i), 0x60 + i);
}
END_TEST

START_TEST(a_synic_that_is_off_stays_off)
{
    must_write(from.vps[0], HV_X64_MSR_SCONTROL, 0);
    must_write(from.vps[0], HV_X64_MSR_SIMP, SIM_GPA);
    migrate();
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SCONTROL), 0);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SIMP), SIM_GPA);
    ck_assert(!to.vps[0]->synic.message_page.enabled);
}
END_TEST

/* Placed or not: the content of an overlay is the hypervisor's to keep. */
START_TEST(the_content_of_both_pages_is_kept)
{
    struct hv_synic *synic = &from.vps[0]->synic;

    for (uint64_t enable = 0; enable < 2; enable++) {
        fresh_target();
        must_write(from.vps[0], HV_X64_MSR_SIMP, SIM_GPA | enable);
        must_write(from.vps[0], HV_X64_MSR_SIEFP, SIEF_GPA | enable);
        memset(synic->message_page.page, 0x11, HV_PAGE_SIZE);
        memset(synic->event_page.page, 0x22, HV_PAGE_SIZE);
        migrate();
        ck_assert_mem_eq(to.vps[0]->synic.message_page.page, synic->message_page.page,
                         HV_PAGE_SIZE);
        ck_assert_mem_eq(to.vps[0]->synic.event_page.page, synic->event_page.page, HV_PAGE_SIZE);
    }
}
END_TEST

START_TEST(auto_eoi_is_kept)
{
    must_write(from.vps[0], HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_AUTO_EOI);
    migrate();
    hv_interrupt_post(to.vps[0], VECTOR, false);
    ck_assert_int_eq(pending(&to, 0), VECTOR);
    hv_interrupt_accept(to.vps[0], VECTOR);
    ck_assert_int_eq(hv_apic_in_service(&to.vps[0]->apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(an_event_that_was_signalled_is_seen_once)
{
    const struct hv_port_config config = {
        .type = HvPortTypeEvent, .sint = SINT, .vp_index = 1, .base_flag = 100, .flag_count = 10
    };
    bool newly_set;

    connect(&from, &config);
    ck_assert_uint_eq(hv_synic_signal(from.vps[0], from.vps[1], SINT, 105, &newly_set),
                      HV_STATUS_SUCCESS);
    migrate();
    ck_assert_uint_eq(((uint8_t *)to.vps[1]->synic.event_page.page)[SINT * 256 + 13], 1 << 1);
    ck_assert_int_eq(pending(&to, 1), VECTOR);
    ck_assert_uint_eq(hv_synic_signal(to.vps[0], to.vps[1], SINT, 105, &newly_set),
                      HV_STATUS_SUCCESS);
    ck_assert(!newly_set);
}
END_TEST

/* ---- Messages ---- */

START_TEST(messages_that_wait_are_delivered_in_order_and_once)
{
    connect(&from, &message_port);
    for (uint64_t i = 0; i < 5; i++)
        post(i);
    migrate();
    for (uint64_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(slot(&to, 0, SINT)->payload[0], i);
        ck_assert_uint_eq(slot(&to, 0, SINT)->header.origination_id, PORT);
        ck_assert(slot(&to, 0, SINT)->header.message_flags & HV_MESSAGE_FLAG_PENDING);
        empty(&to, 0, SINT);
    }
    expect_last(0, 4);
}
END_TEST

START_TEST(messages_that_were_posted_by_another_vp_are_not_lost)
{
    struct hv_port_config config = message_port;

    config.vp_index = 1;
    connect(&from, &config);
    post(1);
    ck_assert(hv_synic_has_posts(&from.vps[1]->synic));
    migrate();
    ck_assert_int_eq(pending(&to, 1), VECTOR);
    expect_last(1, 1);
}
END_TEST

/* The guest empties a slot, and is saved before it can write EOM. */
START_TEST(a_slot_that_was_emptied_is_filled_without_being_asked)
{
    connect(&from, &message_port);
    post(1);
    post(2);
    slot(&from, 0, SINT)->header.message_type = HvMessageTypeNone;
    migrate();
    ck_assert_int_eq(pending(&to, 0), VECTOR);
    expect_last(0, 2);
}
END_TEST

START_TEST(a_restored_port_has_as_many_buffers_left)
{
    connect(&from, &message_port);
    for (uint64_t i = 0; i < HV_PORT_MESSAGES; i++)
        post(i);
    migrate();
    ck_assert_uint_eq(post_on(&to, CONNECTION, 100), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_on(&to, CONNECTION, 101), HV_STATUS_INSUFFICIENT_BUFFERS);
    empty(&to, 0, SINT);
    ck_assert_uint_eq(post_on(&to, CONNECTION, 102), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(saving_delivers_and_loses_nothing_on_the_old_side)
{
    connect(&from, &message_port);
    post(1);
    post(2);
    save_all(&from);
    save_all(&from);
    ck_assert_uint_eq(slot(&from, 0, SINT)->payload[0], 1);
    empty(&from, 0, SINT);
    ck_assert_uint_eq(slot(&from, 0, SINT)->payload[0], 2);
    empty(&from, 0, SINT);
    ck_assert_uint_eq(slot(&from, 0, SINT)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(messages_of_deleted_ports_are_lost)
{
    connect(&from, &message_port);
    post(1);
    post(2);
    ck_assert_uint_eq(hv_port_delete(from.partition, PORT), HV_STATUS_SUCCESS);
    migrate();
    ck_assert_uint_eq(slot(&to, 0, SINT)->payload[0], 1);
    empty(&to, 0, SINT);
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTypeNone);
}
END_TEST

/* As HvCallPostMessageDirect does it. */
static void post_without_port(struct hv_vp *vp, uint64_t number)
{
    static struct hv_port *port;
    struct hv_port_buffer *buffer = NULL;

    if (number % HV_PORT_MESSAGES == 0)
        port = hv_port_make_hidden(vp->partition);
    ck_assert_ptr_nonnull(port);
    buffer = hv_port_take_buffer(port);
    ck_assert_ptr_nonnull(buffer);
    buffer->message.sint = SINT;
    buffer->message.content =
        (struct hv_message){ .header = { .message_type = TYPE, .payload_size = 8 },
                             .payload = { number } };
    hv_synic_queue(vp, &buffer->message);
    if (number % HV_PORT_MESSAGES == HV_PORT_MESSAGES - 1)
        hv_port_drop(port);
}

/* More than one port has room for; the memory of each is back when its last one is delivered. */
START_TEST(messages_without_a_port_are_delivered)
{
    size_t pages;

    for (uint64_t i = 0; i < 2 * HV_PORT_MESSAGES; i++)
        post_without_port(from.vps[0], i);
    save_all(&from);
    pages = hv_partition_available(to.partition);
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_SUCCESS);
    /* For the tables of the overlays. */
    pages -= pages - hv_partition_available(to.partition) - 2 * 3;
    for (uint64_t i = 0; i < 2 * HV_PORT_MESSAGES; i++) {
        ck_assert_uint_eq(slot(&to, 0, SINT)->payload[0], i);
        empty(&to, 0, SINT);
    }
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTypeNone);
    ck_assert_uint_eq(hv_partition_available(to.partition), pages);
}
END_TEST

/* ---- Ports and connections ---- */

START_TEST(ports_and_connections_are_kept)
{
    const struct hv_port_config config = {
        .type = HvPortTypeEvent, .sint = SINT, .vp_index = 1, .base_flag = 100, .flag_count = 10
    };
    const struct hv_port *port;

    ck_assert_uint_eq(hv_port_create(from.partition, 7, &config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(from.partition, 8, from.partition, 7), HV_STATUS_SUCCESS);
    connect(&from, &message_port);
    migrate();
    port = hv_port_find(to.partition, 7);
    ck_assert_mem_eq(&port->config, &config, sizeof(config));
    ck_assert_uint_eq(post_on(&to, CONNECTION, 3), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_on(&to, 8, 3), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(hv_port_disconnect(to.partition, 8), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_delete(to.partition, 7), HV_STATUS_SUCCESS);
}
END_TEST

static void connect_monitor(void)
{
    const struct hv_port_config config = { .type = HvPortTypeMonitor };

    ck_assert_uint_eq(hv_port_create(from.partition, MONITOR_PORT, &config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(
        hv_port_connect_monitor(from.partition, MONITOR, from.partition, MONITOR_PORT, MONITOR_GPA),
        HV_STATUS_SUCCESS);
}

/* The page is guest memory, which the embedder brings along. */
START_TEST(a_monitor_page_is_examined_again)
{
    struct hv_monitor_page *page = fake_page(&to.fake, MONITOR_GPA >> HV_PAGE_SHIFT);
    const struct hv_port_config events = {
        .type = HvPortTypeEvent, .sint = SINT, .vp_index = 1, .base_flag = 8, .flag_count = 1
    };

    connect(&from, &events);
    connect_monitor();
    migrate();
    page->trigger_state = 1;
    page->trigger_group[0].pending = 1;
    page->parameter[0][0].connection_id = CONNECTION;
    ck_assert_int_eq(pending(&to, 0), HV_INTERRUPT_NONE);
    ck_assert_uint_eq(page->trigger_group[0].pending, 0);
    ck_assert_int_eq(pending(&to, 1), VECTOR);
    ck_assert_uint_eq(((uint8_t *)to.vps[1]->synic.event_page.page)[SINT * 256 + 1], 1);
    ck_assert_uint_lt(hv_interrupt_view(to.vps[0])->deadline, HV_INTERRUPT_NEVER);
}
END_TEST

/* A port for any VP stays with the one that it has chosen. */
START_TEST(who_got_the_latest_message_gets_the_next)
{
    struct hv_port_config config = message_port;

    config.vp_index = HV_ANY_VP;
    connect(&from, &config);
    must_write(from.vps[0], HV_X64_MSR_SCONTROL, 0);
    post(1);
    must_write(from.vps[0], HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    migrate();
    ck_assert_uint_eq(post_on(&to, CONNECTION, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTypeNone);
    hv_vp_prepare(to.vps[1]);
    ck_assert_uint_eq(slot(&to, 1, SINT)->payload[0], 1);
    empty(&to, 1, SINT);
    expect_last(1, 2);
}
END_TEST

START_TEST(a_connection_to_a_deleted_port_is_still_one)
{
    connect(&from, &message_port);
    ck_assert_uint_eq(hv_port_delete(from.partition, PORT), HV_STATUS_SUCCESS);
    /* Another port of that ID is not the one that it leads to. */
    ck_assert_uint_eq(hv_port_create(from.partition, PORT, &message_port), HV_STATUS_SUCCESS);
    migrate();
    ck_assert_uint_eq(post_on(&to, CONNECTION, 1), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(hv_port_connect(to.partition, CONNECTION, to.partition, PORT),
                      HV_STATUS_INVALID_CONNECTION_ID);
    ck_assert_uint_eq(hv_port_disconnect(to.partition, CONNECTION), HV_STATUS_SUCCESS);
}
END_TEST

static struct hv_partition *find_partition(void *context, uint64_t id)
{
    return id == 1 ? context : NULL;
}

/* Of another partition, which the embedder knows by its ID; here that is the first machine's. */
START_TEST(a_connection_to_another_partition_is_made_again)
{
    struct hv_restore restore = { .tsc = OTHER_TSC,
                                  .find_partition = find_partition,
                                  .context = from.partition };

    ck_assert_uint_eq(hv_port_create(from.partition, PORT, &message_port), HV_STATUS_SUCCESS);
    to.partition->id = 2;
    ck_assert_uint_eq(hv_port_connect(to.partition, CONNECTION, from.partition, PORT),
                      HV_STATUS_SUCCESS);
    save_all(&to);
    fresh_target();
    ck_assert_uint_eq(hv_partition_restore(to.partition, &restore, saved.bytes, saved.size),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_on(&to, CONNECTION, 9), HV_STATUS_SUCCESS);
    hv_vp_prepare(from.vps[0]);
    ck_assert_uint_eq(slot(&from, 0, SINT)->payload[0], 9);
    fresh_target();
    restore.find_partition = NULL;
    ck_assert_uint_eq(hv_partition_restore(to.partition, &restore, saved.bytes, saved.size),
                      HV_STATUS_INVALID_PARTITION_ID);
}
END_TEST

/* ---- Timers ---- */

static void start_timer(unsigned index, uint64_t config, uint64_t count)
{
    must_write(from.vps[0], HV_X64_MSR_STIMER0_CONFIG + 2 * index,
               config | HV_X64_MSR_STIMER_CONFIG_ENABLE);
    must_write(from.vps[0], HV_X64_MSR_STIMER0_COUNT + 2 * index, count);
}

static void pass(struct machine *machine, uint64_t units)
{
    machine->fake.tsc += units * TICKS_PER_UNIT;
    pending(machine, 0);
}

START_TEST(timer_registers_are_kept)
{
    for (uint32_t i = 0; i < 4; i++)
        start_timer(i, TIMER_TO(SINT), UINT64_C(1) << 50);
    must_write(from.vps[0], HV_X64_MSR_STIMER2_CONFIG, TIMER_TO(OTHER_SINT));
    migrate();
    for (uint32_t msr = HV_X64_MSR_STIMER0_CONFIG; msr <= HV_X64_MSR_STIMER3_COUNT; msr++)
        ck_assert_uint_eq(value_of(to.vps[0], msr), value_of(from.vps[0], msr));
}
END_TEST

/* By reference time, which stands still between. */
START_TEST(a_timer_expires_when_it_would_have)
{
    uint64_t now = hv_time_reference(from.partition);

    start_timer(0, TIMER_TO(SINT), now + 10 * MS);
    pass(&from, 4 * MS);
    migrate();
    pass(&to, 6 * MS - 10);
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTypeNone);
    pass(&to, 11);
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTimerExpired);
    ck_assert_int_eq(pending(&to, 0), VECTOR);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STIMER0_CONFIG), TIMER_TO(SINT));
}
END_TEST

/* The back end is told of the deadline without anybody touching a timer. */
START_TEST(a_restored_timer_has_a_deadline)
{
    start_timer(0, TIMER_TO(SINT), hv_time_reference(from.partition) + MS);
    migrate();
    pending(&to, 0);
    ck_assert_uint_ge(hv_interrupt_view(to.vps[0])->deadline,
                      to.fake.tsc + (MS - 1) * TICKS_PER_UNIT);
    ck_assert_uint_le(hv_interrupt_view(to.vps[0])->deadline,
                      to.fake.tsc + (MS + 1) * TICKS_PER_UNIT);
}
END_TEST

START_TEST(a_periodic_timer_keeps_its_beat)
{
    start_timer(1, TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_PERIODIC, 10 * MS);
    pass(&from, 4 * MS);
    migrate();
    for (unsigned i = 0; i < 3; i++) {
        pass(&to, (i == 0 ? 6 : 10) * MS - 5);
        ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTypeNone);
        pass(&to, 5 + 1);
        ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTimerExpired);
        empty(&to, 0, SINT);
        to.fake.tsc -= TICKS_PER_UNIT;
    }
}
END_TEST

START_TEST(a_direct_timer_interrupts)
{
    start_timer(3, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x91u << 4,
                hv_time_reference(from.partition) + MS);
    migrate();
    ck_assert_int_eq(pending(&to, 0), HV_INTERRUPT_NONE);
    to.fake.tsc += (MS + 1) * TICKS_PER_UNIT;
    ck_assert_int_eq(pending(&to, 0), 0x91);
}
END_TEST

/* Expired, and its message waits behind another. */
static void expire_behind_a_message(uint64_t config, uint64_t count)
{
    slot(&from, 0, SINT)->header.message_type = TYPE;
    start_timer(2, config, count);
    pass(&from, 2 * MS);
    ck_assert(from.vps[0]->stimers.timer[2].message.queued);
}

START_TEST(an_expiration_that_waits_is_delivered_once)
{
    uint64_t expiration = hv_time_reference(from.partition) + MS;
    const struct hv_timer_message_payload *content;

    expire_behind_a_message(TIMER_TO(SINT), expiration);
    migrate();
    pass(&to, MS);
    empty(&to, 0, SINT);
    content = (const void *)slot(&to, 0, SINT)->payload;
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTimerExpired);
    ck_assert_uint_eq(content->timer_index, 2);
    ck_assert_uint_eq(content->expiration_time, expiration);
    ck_assert_uint_eq(content->delivery_time, hv_time_reference(to.partition));
    empty(&to, 0, SINT);
    pass(&to, 100 * MS);
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTypeNone);
}
END_TEST

START_TEST(a_periodic_timer_whose_message_waits_goes_on)
{
    expire_behind_a_message(TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_PERIODIC, MS);
    migrate();
    for (unsigned i = 0; i < 5; i++) {
        empty(&to, 0, SINT);
        pass(&to, MS + 1);
        ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTimerExpired);
    }
}
END_TEST

START_TEST(messages_of_timers_and_ports_keep_their_order)
{
    connect(&from, &message_port);
    expire_behind_a_message(TIMER_TO(SINT), hv_time_reference(from.partition) + MS);
    post(1);
    migrate();
    empty(&to, 0, SINT);
    ck_assert_uint_eq(slot(&to, 0, SINT)->header.message_type, HvMessageTimerExpired);
    empty(&to, 0, SINT);
    expect_last(0, 1);
}
END_TEST

/* ---- What is refused ---- */

#define ENABLED HV_X64_MSR_STIMER_CONFIG_ENABLE

static const struct change of_timer[] = {
    CHANGE(hv_timer_payload, config, ENABLED, INVALID_PARAMETER), /* no SINT */
    CHANGE(hv_timer_payload, config, HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0xF0,
           INVALID_PARAMETER),                                           /* vector 15 */
    CHANGE(hv_timer_payload, config, TIMER_TO(SINT), INVALID_PARAMETER), /* due, and disabled */
    CHANGE(hv_timer_payload, count, 0, INVALID_PARAMETER),               /* due */
    CHANGE(hv_timer_payload, due, 1, INVALID_PARAMETER),                 /* not its expiration */
};

START_TEST(a_timer_that_can_not_be_is_refused)
{
    start_timer(0, TIMER_TO(SINT), UINT64_C(1) << 50);
    for (size_t i = 0; i < sizeof(of_timer) / sizeof(of_timer[0]); i++) {
        save_all(&from);
        apply(payload_of(&saved_vp[0], HV_RECORD_TIMERS), &of_timer[i]);
        ck_assert_msg(restore_vp(&to, 0) == of_timer[i].status, "%s", of_timer[i].name);
        ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STIMER0_CONFIG), 0);
    }
}
END_TEST

static const struct change of_synic[] = {
    CHANGE(hv_synic_payload, sint[3], 0x0F, INVALID_PARAMETER),
};

START_TEST(a_synic_that_can_not_be_is_refused)
{
    save_all(&from);
    apply(payload_of(&saved_vp[0], HV_RECORD_SYNIC), &of_synic[0]);
    ck_assert_uint_eq(restore_vp(&to, 0), of_synic[0].status);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_SCONTROL), 0);
}
END_TEST

static const struct change of_port[] = {
    CHANGE(hv_port_payload, id, 0x01000000, INVALID_PORT_ID),
    CHANGE(hv_port_payload, type, 9, INVALID_PARAMETER),
    CHANGE(hv_port_payload, sint, 0, INVALID_PARAMETER),
    CHANGE(hv_port_payload, vp_index, 5, INVALID_VP_INDEX),
    CHANGE(hv_port_payload, last_vp, 64, INVALID_PARAMETER),
    CHANGE(hv_port_payload, last_vp, HV_ANY_VP, INVALID_PARAMETER),
};

static const struct change of_connection[] = {
    CHANGE(hv_connection_payload, owner, 77, INVALID_PARTITION_ID),
    CHANGE(hv_connection_payload, id, 0x01000000, INVALID_CONNECTION_ID),
    CHANGE(hv_connection_payload, port_id, 1, INVALID_PORT_ID),
    CHANGE(hv_connection_payload, deleted, 2, INVALID_PARAMETER),
    CHANGE(hv_connection_payload, deleted, 1, INVALID_PARAMETER), /* with a port */
    CHANGE(hv_connection_payload, monitor_gpa, 0x8000, INVALID_PARAMETER),
};

static const struct change of_monitor[] = {
    CHANGE(hv_connection_payload, monitor_gpa, 0x8001, INVALID_ALIGNMENT),
    CHANGE(hv_connection_payload, monitor_gpa, UINT64_C(1) << 63, INVALID_PARAMETER),
    CHANGE(hv_connection_payload, deleted, 1, INVALID_PARAMETER), /* with a port */
};

START_TEST(ports_and_connections_that_can_not_be_are_refused)
{
    connect(&from, &message_port);
    for (size_t i = 0; i < sizeof(of_port) / sizeof(of_port[0]); i++) {
        fresh_target();
        save_partition(&from);
        apply(payload_of(&saved, HV_RECORD_PORTS), &of_port[i]);
        ck_assert_msg(restore_partition(&to) == of_port[i].status, "%s", of_port[i].name);
    }
    for (size_t i = 0; i < sizeof(of_connection) / sizeof(of_connection[0]); i++) {
        fresh_target();
        save_partition(&from);
        apply(payload_of(&saved, HV_RECORD_CONNECTIONS), &of_connection[i]);
        ck_assert_msg(restore_partition(&to) == of_connection[i].status, "%s",
                      of_connection[i].name);
    }
}
END_TEST

START_TEST(a_monitor_page_that_can_not_be_is_refused)
{
    connect_monitor();
    for (size_t i = 0; i < sizeof(of_monitor) / sizeof(of_monitor[0]); i++) {
        fresh_target();
        save_partition(&from);
        apply(payload_of(&saved, HV_RECORD_CONNECTIONS), &of_monitor[i]);
        ck_assert_msg(restore_partition(&to) == of_monitor[i].status, "%s", of_monitor[i].name);
    }
}
END_TEST

START_TEST(a_page_of_a_deleted_port_is_refused)
{
    struct hv_connection_payload *payload;

    connect_monitor();
    ck_assert_uint_eq(hv_port_delete(from.partition, MONITOR_PORT), HV_STATUS_SUCCESS);
    save_partition(&from);
    payload = payload_of(&saved, HV_RECORD_CONNECTIONS);
    ck_assert_uint_eq(payload->monitor_gpa, 0);
    payload->monitor_gpa = MONITOR_GPA;
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_port_that_is_there_already_is_refused)
{
    connect(&from, &message_port);
    save_all(&from);
    restore_all(&to);
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

#define CONTENT(field, to, with) CHANGE(hv_message_payload, content.field, to, with)

static const struct change of_message[] = {
    CHANGE(hv_message_payload, source, 3, INVALID_PARAMETER),
    CHANGE(hv_message_payload, source, HV_MESSAGE_OF_TIMER, INVALID_PARAMETER),
    CHANGE(hv_message_payload, source, HV_MESSAGE_OF_NONE, INVALID_PARAMETER), /* with an ID */
    CHANGE(hv_message_payload, id, 1, INVALID_PORT_ID),
    CHANGE(hv_message_payload, sint, 0, INVALID_PARAMETER),
    CHANGE(hv_message_payload, sint, 16, INVALID_PARAMETER),
    CHANGE(hv_message_payload, sint, OTHER_SINT, INVALID_PORT_ID), /* not its port's */
    CHANGE(hv_message_payload, zero, 1, INVALID_PARAMETER),
    CONTENT(header.message_type, HvMessageTypeNone, INVALID_PARAMETER),
    CONTENT(header.message_type, HvMessageTimerExpired, INVALID_PARAMETER),
    CONTENT(header.payload_size, 241, INVALID_PARAMETER),
    CONTENT(header.origination_id, 1, INVALID_PORT_ID), /* not its port's */
};

START_TEST(a_message_that_can_not_be_is_refused)
{
    connect(&from, &message_port);
    post(1);
    post(2);
    for (size_t i = 0; i < sizeof(of_message) / sizeof(of_message[0]); i++) {
        fresh_target();
        save_all(&from);
        apply(payload_of(&saved_vp[0], HV_RECORD_MESSAGES), &of_message[i]);
        ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
        ck_assert_msg(restore_vp(&to, 0) == of_message[i].status, "%s", of_message[i].name);
        ck_assert_uint_eq(to.vps[0]->synic.waiting, 0);
    }
}
END_TEST

static const struct change of_timer_message[] = {
    CHANGE(hv_message_payload, id, 4, INVALID_PARAMETER),
    CHANGE(hv_message_payload, id, 1, INVALID_PARAMETER),
    CHANGE(hv_message_payload, sint, OTHER_SINT, INVALID_PARAMETER),
    CONTENT(header.message_type, TYPE, INVALID_PARAMETER),
    CONTENT(header.payload_size, 25, INVALID_PARAMETER),
    CONTENT(payload[0], 99, INVALID_PARAMETER), /* the timer's index */
};

START_TEST(a_message_that_its_timer_can_not_have_sent_is_refused)
{
    expire_behind_a_message(TIMER_TO(SINT), hv_time_reference(from.partition) + MS);
    for (size_t i = 0; i < sizeof(of_timer_message) / sizeof(of_timer_message[0]); i++) {
        save_all(&from);
        apply(payload_of(&saved_vp[0], HV_RECORD_MESSAGES), &of_timer_message[i]);
        ck_assert_msg(restore_vp(&to, 0) == of_timer_message[i].status, "%s",
                      of_timer_message[i].name);
    }
}
END_TEST

/* In each the timer has not just expired. */
static const struct change of_its_timer[] = {
    CHANGE(hv_timer_payload, config, TIMER_TO(SINT) | ENABLED, INVALID_PARAMETER),
    CHANGE(hv_timer_payload, config, TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_PERIODIC,
           INVALID_PARAMETER),
    CHANGE(hv_timer_payload, config, TIMER_TO(SINT) | HV_X64_MSR_STIMER_CONFIG_DIRECT_MODE | 0x910,
           INVALID_PARAMETER),
    CHANGE(hv_timer_payload, count, 0, INVALID_PARAMETER),
};

START_TEST(a_message_of_a_timer_that_has_not_expired_is_refused)
{
    expire_behind_a_message(TIMER_TO(SINT), hv_time_reference(from.partition) + MS);
    for (size_t i = 0; i < sizeof(of_its_timer) / sizeof(of_its_timer[0]); i++) {
        save_all(&from);
        apply((uint8_t *)payload_of(&saved_vp[0], HV_RECORD_TIMERS) +
                  2 * sizeof(struct hv_timer_payload),
              &of_its_timer[i]);
        ck_assert_msg(restore_vp(&to, 0) == of_its_timer[i].status, "%zu", i);
    }
}
END_TEST

/* Makes two of the messages that wait for VP 0. */
static void double_messages(void)
{
    uint8_t *payload = payload_of(&saved_vp[0], HV_RECORD_MESSAGES);
    uint32_t size = payload_size(&saved_vp[0], HV_RECORD_MESSAGES), twice = 2 * size;
    size_t behind = (size_t)(payload - saved_vp[0].bytes) + size;
    uint8_t *bytes = malloc(saved_vp[0].size + size);

    memcpy(bytes, saved_vp[0].bytes, behind);
    memcpy(bytes + behind, payload, size);
    memcpy(bytes + behind + size, saved_vp[0].bytes + behind, saved_vp[0].size - behind);
    memcpy(bytes + behind - size - sizeof(twice), &twice, sizeof(twice));
    free(saved_vp[0].bytes);
    saved_vp[0].bytes = bytes;
    saved_vp[0].size += size;
}

START_TEST(more_messages_than_there_can_be_are_refused)
{
    connect(&from, &message_port);
    for (uint64_t i = 0; i < HV_PORT_MESSAGES; i++)
        post(i);
    save_all(&from);
    double_messages();
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INSUFFICIENT_BUFFERS);
}
END_TEST

START_TEST(a_timer_with_two_messages_is_refused)
{
    expire_behind_a_message(TIMER_TO(SINT), hv_time_reference(from.partition) + MS);
    save_all(&from);
    double_messages();
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(too_little_memory_for_ports_is_a_status)
{
    connect(&from, &message_port);
    save_all(&from);
    drain_pool(to.partition);
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_INSUFFICIENT_MEMORY);
    fresh_target();
    post_without_port(from.vps[0], 0);
    post_without_port(from.vps[0], 1);
    save_all(&from);
    drain_pool(to.partition);
    ck_assert_uint_eq(restore_partition(&to), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INSUFFICIENT_MEMORY);
}
END_TEST

static void add_kept(Suite *suite)
{
    TCase *tcase = tcase_create("kept");

    tcase_add_checked_fixture(tcase, synic_setup, teardown);
    tcase_add_test(tcase, synic_registers_are_kept);
    tcase_add_test(tcase, a_synic_that_is_off_stays_off);
    tcase_add_test(tcase, the_content_of_both_pages_is_kept);
    tcase_add_test(tcase, auto_eoi_is_kept);
    tcase_add_test(tcase, an_event_that_was_signalled_is_seen_once);
    tcase_add_test(tcase, messages_that_wait_are_delivered_in_order_and_once);
    tcase_add_test(tcase, messages_that_were_posted_by_another_vp_are_not_lost);
    tcase_add_test(tcase, a_slot_that_was_emptied_is_filled_without_being_asked);
    tcase_add_test(tcase, a_restored_port_has_as_many_buffers_left);
    tcase_add_test(tcase, saving_delivers_and_loses_nothing_on_the_old_side);
    tcase_add_test(tcase, messages_of_deleted_ports_are_lost);
    tcase_add_test(tcase, messages_without_a_port_are_delivered);
    tcase_add_test(tcase, ports_and_connections_are_kept);
    tcase_add_test(tcase, a_monitor_page_is_examined_again);
    tcase_add_test(tcase, who_got_the_latest_message_gets_the_next);
    tcase_add_test(tcase, a_connection_to_a_deleted_port_is_still_one);
    tcase_add_test(tcase, a_connection_to_another_partition_is_made_again);
    tcase_add_test(tcase, timer_registers_are_kept);
    tcase_add_test(tcase, a_timer_expires_when_it_would_have);
    tcase_add_test(tcase, a_restored_timer_has_a_deadline);
    tcase_add_test(tcase, a_periodic_timer_keeps_its_beat);
    tcase_add_test(tcase, a_direct_timer_interrupts);
    tcase_add_test(tcase, an_expiration_that_waits_is_delivered_once);
    tcase_add_test(tcase, a_periodic_timer_whose_message_waits_goes_on);
    tcase_add_test(tcase, messages_of_timers_and_ports_keep_their_order);
    suite_add_tcase(suite, tcase);
}

static void add_refused(Suite *suite)
{
    TCase *tcase = tcase_create("refused");

    tcase_add_checked_fixture(tcase, synic_setup, teardown);
    tcase_add_test(tcase, a_timer_that_can_not_be_is_refused);
    tcase_add_test(tcase, a_synic_that_can_not_be_is_refused);
    tcase_add_test(tcase, ports_and_connections_that_can_not_be_are_refused);
    tcase_add_test(tcase, a_monitor_page_that_can_not_be_is_refused);
    tcase_add_test(tcase, a_page_of_a_deleted_port_is_refused);
    tcase_add_test(tcase, a_port_that_is_there_already_is_refused);
    tcase_add_test(tcase, a_message_that_can_not_be_is_refused);
    tcase_add_test(tcase, a_message_that_its_timer_can_not_have_sent_is_refused);
    tcase_add_test(tcase, a_message_of_a_timer_that_has_not_expired_is_refused);
    tcase_add_test(tcase, more_messages_than_there_can_be_are_refused);
    tcase_add_test(tcase, a_timer_with_two_messages_is_refused);
    tcase_add_test(tcase, too_little_memory_for_ports_is_a_status);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("core_save_synic");

    add_kept(suite);
    add_refused(suite);
    return run_suite(suite);
}
