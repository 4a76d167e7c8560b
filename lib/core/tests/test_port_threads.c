/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Ports and connections that come and go while others send on them. Why: a sender must never reach
 * memory that its port has given back, nor what now bears its ID, and in the end nothing may be
 * missing. For ThreadSanitizer, above all.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "child.h"
#include "child_fixture.h"
#include "suite.h"

#define ROUNDS 300
#define SINT   3u
#define PORT   7u
#define LINE   8u
#define FLAGS  9u /* of the connection for events */

static _Atomic bool done, child_done;
static pthread_t of_child;
static _Atomic unsigned arrived; /* messages and events that were accepted */

static void count_kick(void *context, struct hv_vp *kicked)
{
    (void)context;
    atomic_fetch_add(&fake_vp(kicked)->kicks, 1);
}

static void listen(struct hv_vp *target, uint64_t gpa)
{
    write_msr(target, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    write_msr(target, HV_X64_MSR_SIMP, gpa | HV_X64_MSR_PAGE_ENABLE);
    write_msr(target, HV_X64_MSR_SIEFP, (gpa + HV_PAGE_SIZE) | HV_X64_MSR_PAGE_ENABLE);
    write_msr(target, HV_X64_MSR_SINT0 + SINT, 0x55);
}

static void begin(void)
{
    child_setup();
    root->features.privileges |= HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort;
    listen(other_root_vp, 0x30000);
    listen(root_vp, 0x32000);
    listen(vp, 0x8000);
    fake.platform.cpu.kick = count_kick;
    atomic_store(&done, false);
    atomic_store(&arrived, 0);
}

static bool is_refusal(hv_status status)
{
    return status == HV_STATUS_INVALID_CONNECTION_ID || status == HV_STATUS_INVALID_PORT_ID ||
           status == HV_STATUS_INSUFFICIENT_BUFFERS || status == HV_STATUS_INVALID_SYNIC_STATE ||
           status == HV_STATUS_INVALID_VP_INDEX;
}

static void count(hv_status status)
{
    if (status == HV_STATUS_SUCCESS)
        atomic_fetch_add(&arrived, 1);
    else
        ck_assert_msg(is_refusal(status), "%#x", status);
}

static void send(struct hv_vp *sender)
{
    const struct hv_input_post_message message = { .connection_id = LINE, .message_type = 1 };
    const struct hv_input_signal_event event = { .connection_id = FLAGS };
    struct hv_hypercall_call call = { .vp = sender, .header = &message };

    count(hv_hypercall_post_message(&call));
    call.header = &event;
    count(hv_hypercall_signal_event(&call));
}

/* Takes what is in the slot, as a guest does. */
static void receive(struct hv_vp *target)
{
    struct hv_message_page *page = target->synic.message_page.page;
    uint32_t *type = (void *)&page->sint_message[SINT];

    __atomic_store_n(type, HvMessageTypeNone, __ATOMIC_SEQ_CST);
    hv_synic_deliver(target);
}

/* An LP with a VP that sends and receives. */
static void *run(void *argument)
{
    struct hv_vp *self = argument;

    while (!atomic_load(&done)) {
        hv_vp_prepare(self);
        if (!(atomic_load(&self->suspended) & HV_VP_SUSPEND_CHANGE)) {
            send(self);
            receive(self);
            hv_port_monitors_examine(self);
        }
        sched_yield();
    }
    return NULL;
}

static hv_status simple(uint16_t code, const void *input, size_t size)
{
    memcpy(input_page(), input, size);
    return (hv_status)call_from(root_vp, code);
}

static void join(const struct hv_partition *sender, const struct hv_partition *owner, bool events)
{
    struct hv_input_create_port port = { .port_partition = owner->id,
                                         .port_id = PORT + events,
                                         .connection_partition = sender->id,
                                         .port_info = { .port_type = HvPortTypeMessage } };
    struct hv_input_connect_port line = { .connection_partition = sender->id,
                                          .connection_id = events ? FLAGS : LINE,
                                          .port_partition = owner->id,
                                          .port_id = PORT + events };

    port.port_info.message.target_sint = SINT;
    port.port_info.message.target_vp = HV_ANY_VP;
    if (events) {
        port.port_info.port_type = HvPortTypeEvent;
        port.port_info.event.flag_count = 1;
    }
    line.connection_info.port_type = port.port_info.port_type;
    ck_assert_uint_eq(simple(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(simple(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_SUCCESS);
}

static void end_port(const struct hv_partition *owner, bool events)
{
    const struct hv_input_delete_port input = { owner->id, PORT + events, 0 };

    ck_assert_uint_eq(simple(HvCallDeletePort, &input, sizeof(input)), HV_STATUS_SUCCESS);
}

static void end_connection(const struct hv_partition *sender, bool events)
{
    const struct hv_input_disconnect_port input = { sender->id, events ? FLAGS : LINE, 0 };

    ck_assert_uint_eq(simple(HvCallDisconnectPort, &input, sizeof(input)), HV_STATUS_SUCCESS);
}

/* A page of the root's that its child's VP 0 looks at by itself. */
static void share_page(unsigned round)
{
    struct hv_input_create_port port = { .port_partition = root->id,
                                         .port_id = PORT + 2,
                                         .connection_partition = child->id,
                                         .port_info = { .port_type = HvPortTypeMonitor } };
    struct hv_input_connect_port line = { .connection_partition = child->id,
                                          .connection_id = FLAGS + 1,
                                          .port_partition = root->id,
                                          .port_id = PORT + 2,
                                          .connection_info = { .port_type = HvPortTypeMonitor } };
    const struct hv_input_delete_port deletion = { root->id, PORT + 2, 0 };
    const struct hv_input_disconnect_port disconnection = { child->id, FLAGS + 1, 0 };

    port.port_info.monitor.monitor_address = 0x40000;
    line.connection_info.monitor.monitor_address = 0x6000;
    ck_assert_uint_eq(simple(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(simple(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_SUCCESS);
    if (round & 1)
        ck_assert_uint_eq(simple(HvCallDisconnectPort, &disconnection, sizeof(disconnection)),
                          HV_STATUS_SUCCESS);
    ck_assert_uint_eq(simple(HvCallDeletePort, &deletion, sizeof(deletion)), HV_STATUS_SUCCESS);
    if (!(round & 1))
        ck_assert_uint_eq(simple(HvCallDisconnectPort, &disconnection, sizeof(disconnection)),
                          HV_STATUS_SUCCESS);
}

/* Of both ways and both kinds, either end first. */
static void round_trip(unsigned round)
{
    const struct hv_partition *sender = round & 1 ? root : child;
    const struct hv_partition *owner = round & 1 ? child : root;
    bool events = round & 2;
    unsigned before = atomic_load(&arrived);

    join(sender, owner, events);
    for (unsigned i = 0; i < 50 && atomic_load(&arrived) == before; i++)
        sched_yield();
    receive(root_vp);
    share_page(round);
    if (round & 4) {
        end_port(owner, events);
        end_connection(sender, events);
    } else {
        end_connection(sender, events);
        end_port(owner, events);
    }
}

static void settle(struct hv_vp *target)
{
    for (unsigned i = 0; i < 2; i++) {
        hv_vp_prepare(target);
        receive(target);
    }
}

START_TEST(they_come_and_go_while_others_send)
{
    pthread_t of_root;
    size_t unused_of_root, unused_of_child;

    /* The pages of connections stay. */
    for (unsigned round = 0; round < 8; round++)
        round_trip(round);
    unused_of_root = hv_partition_available(root);
    unused_of_child = hv_partition_available(child);
    ck_assert_int_eq(pthread_create(&of_child, NULL, run, vp), 0);
    ck_assert_int_eq(pthread_create(&of_root, NULL, run, other_root_vp), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        hv_vp_prepare(root_vp);
        round_trip(round);
    }
    atomic_store(&done, true);
    pthread_join(of_child, NULL);
    pthread_join(of_root, NULL);
    settle(vp);
    settle(root_vp);
    settle(other_root_vp);
    ck_assert_uint_gt(atomic_load(&arrived), 0);
    ck_assert_uint_eq(hv_partition_available(root), unused_of_root);
    ck_assert_uint_eq(hv_partition_available(child), unused_of_child);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&root->lineage.references), 2);
}
END_TEST

static void stop_child(void *context, struct hv_vp *deleted)
{
    (void)context;
    (void)deleted;
    atomic_store(&child_done, true);
    pthread_join(of_child, NULL);
}

static void *serve(void *argument)
{
    while (!atomic_load(&child_done)) {
        hv_vp_prepare(argument);
        sched_yield();
    }
    return NULL;
}

/* The child's ports end with it while its parent's other VP sends to them. */
START_TEST(a_partition_ends_while_others_send_to_it)
{
    pthread_t of_root;
    bool finished;

    join(root, child, false);
    join(child, root, false);
    fake.platform.cpu.delete_vp = stop_child;
    atomic_store(&child_done, false);
    ck_assert_int_eq(pthread_create(&of_root, NULL, run, other_root_vp), 0);
    ck_assert_int_eq(pthread_create(&of_child, NULL, serve, vp), 0);
    while (atomic_load(&arrived) < HV_PORT_MESSAGES)
        sched_yield();
    ck_assert_uint_eq(hv_child_finalize(root_vp, child, UINT64_MAX, &finished), HV_STATUS_SUCCESS);
    ck_assert(finished);
    atomic_store(&done, true);
    pthread_join(of_root, NULL);
    ck_assert_ptr_null(hv_port_find(child, PORT));
    ck_assert_ptr_nonnull(hv_port_claim(root, PORT, child->id, LINE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("port threads");
    TCase *tests = tcase_create("port threads");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, begin, child_teardown);
    tcase_add_test(tests, they_come_and_go_while_others_send);
    tcase_add_test(tests, a_partition_ends_while_others_send_to_it);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
