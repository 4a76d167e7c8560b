/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Children that ring while their parent empties the ring as Linux does. Why: producer and consumer
 * share a page and nothing else, and the parent sleeps when it was told of nothing: so no ring may
 * be forgotten, neither in the ring nor beside it.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <hv/insn.h>

#include "child_fixture.h"
#include "suite.h"

#define SINT      5u
#define RINGERS   2u
#define ROUNDS    20000u
#define BELL      UINT64_C(0xFEB00000)
#define FIRST_ID  1u
#define SLOTS     HV_SYNIC_EVENT_RING_MESSAGE_COUNT
#define NO_ANSWER 2000000u /* looks of the parent in vain */

static _Atomic unsigned rung[RINGERS], finished;
static unsigned heard[RINGERS], tail;

static void count_kick(void *context, struct hv_vp *kicked)
{
    (void)context;
    atomic_fetch_add(&fake_vp(kicked)->kicks, 1);
}

static hv_status simple(uint16_t code, const void *input, size_t size)
{
    memcpy(input_page(), input, size);
    return (hv_status)call_from(root_vp, code);
}

static void hang(uint32_t id)
{
    struct hv_input_create_port port = { .port_partition = root->id,
                                         .port_id = id,
                                         .connection_partition = child->id,
                                         .port_info = { .port_type = HvPortTypeDoorbell } };
    struct hv_input_connect_port line = { .connection_partition = child->id,
                                          .connection_id = id,
                                          .port_partition = root->id,
                                          .port_id = id,
                                          .connection_info = { .port_type = HvPortTypeDoorbell } };

    port.port_info.message.target_sint = SINT;
    port.port_info.message.target_vp = 0;
    line.connection_info.doorbell.gpa = BELL + 8 * (uint64_t)id;
    line.connection_info.doorbell.flags = HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE;
    ck_assert_uint_eq(simple(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(simple(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_SUCCESS);
}

static void begin(void)
{
    child_setup();
    root->features.privileges |= HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort;
    write_msr(root_vp, HV_X64_MSR_SIRBP, 0x40000 | HV_X64_MSR_PAGE_ENABLE);
    write_msr(root_vp, HV_X64_MSR_SINT0 + SINT, 0x99 | HV_X64_MSR_SINT_AS_INTERCEPT);
    fake_vp_create(&fake, child, 1);
    for (uint32_t i = 0; i < RINGERS; i++) {
        atomic_store(&hv_vp_get(child, i)->suspended, 0);
        hang(FIRST_ID + i);
        heard[i] = 0;
        atomic_store(&rung[i], 0);
    }
    fake.platform.cpu.kick = count_kick;
    atomic_store(&finished, 0);
    tail = 0;
}

/* ---- A child's LP ---- */

static void *ring_on(void *argument)
{
    struct hv_vp *self = argument;
    uint64_t gpa = BELL + 8 * (uint64_t)(FIRST_ID + self->index);

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct hv_exit exit = exit_of(self, HV_EXIT_MEMORY);

        fake_vp(self)->gprs.gpr[HV_GPR_RBX] = gpa;
        exit.memory.gpa = gpa;
        exit.memory.access = HV_ACCESS_WRITE;
        exit.memory.code_mode = HV_INSN_64;
        exit.memory.code_size = 2;
        memcpy(exit.memory.code, "\x89\x03", 2); /* MOV [RBX], EAX */
        ck_assert_int_eq(run_exit(self, &exit), HV_DISPOSITION_RESUME);
        atomic_fetch_add(&rung[self->index], 1);
        if (i % 100 == 0)
            sched_yield();
    }
    atomic_fetch_add(&finished, 1);
    return NULL;
}

/* ---- The parent's ---- */

static struct hv_synic_event_ring *ring(void)
{
    struct hv_synic_event_ring_page *page = root_vp->synic.ring_page.page;

    return &page->sint_event_ring[SINT];
}

static uint32_t *slot_at_tail(void)
{
    void *slot = &ring()->data[tail];

    return slot;
}

static uint32_t look(void)
{
    return __atomic_load_n(slot_at_tail(), __ATOMIC_SEQ_CST);
}

static uint32_t find_port(void)
{
    uint32_t id = look();

    if (id == 0 && __atomic_load_n(&ring()->ring_full, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&ring()->ring_full, 0, __ATOMIC_SEQ_CST);
        hv_event_ring_refill(root_vp, SINT);
        id = look();
    }
    if (id == 0) {
        __atomic_store_n(&ring()->signal_masked, 0, __ATOMIC_SEQ_CST);
        id = look();
    }
    return id;
}

static void drain(void)
{
    uint32_t id;

    while ((id = find_port()) != 0) {
        __atomic_store_n(&ring()->signal_masked, 1, __ATOMIC_SEQ_CST);
        __atomic_store_n(slot_at_tail(), 0, __ATOMIC_SEQ_CST);
        tail = (tail + 1) % SLOTS;
        ck_assert(id >= FIRST_ID && id < FIRST_ID + RINGERS);
        heard[id - FIRST_ID]++;
    }
}

/* Whether there was a message; the parent does nothing unless there is. */
static bool take_message(void)
{
    void *field = &slot_of(root_vp)->header.message_type;
    uint32_t *type = field;

    hv_vp_prepare(root_vp);
    if (__atomic_load_n(type, __ATOMIC_SEQ_CST) == HvMessageTypeNone)
        return false;
    ck_assert_uint_eq(*type, HvMessageTypeSynicSintIntercept);
    drain();
    __atomic_store_n(type, HvMessageTypeNone, __ATOMIC_SEQ_CST);
    hv_synic_deliver(root_vp);
    return true;
}

START_TEST(no_ring_is_forgotten)
{
    pthread_t threads[RINGERS];
    unsigned in_vain = 0;

    for (uint32_t i = 0; i < RINGERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ring_on, hv_vp_get(child, i)), 0);
    while (atomic_load(&finished) < RINGERS && in_vain < NO_ANSWER) {
        in_vain = take_message() ? 0 : in_vain + 1;
        sched_yield();
    }
    for (uint32_t i = 0; i < RINGERS; i++)
        pthread_join(threads[i], NULL);
    while (take_message())
        ;
    ck_assert_uint_eq(look(), 0);
    ck_assert_ptr_null(root_vp->synic.rings.last[SINT]);
    for (uint32_t i = 0; i < RINGERS; i++) {
        ck_assert_uint_gt(heard[i], 0);
        ck_assert_uint_le(heard[i], atomic_load(&rung[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doorbell threads");
    TCase *tests = tcase_create("doorbell threads");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, begin, child_teardown);
    tcase_add_test(tests, no_ring_is_forgotten);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
