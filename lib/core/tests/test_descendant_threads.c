/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VPs of a middle partition come and go while its child's VPs send them messages: no message stays
 * where nobody finds it, and nobody uses a VP that is gone. Each VP has a thread as its LP.
 */
#include <pthread.h>
#include <sched.h>

#include "root_fixture.h"
#include "suite.h"

#define SENDERS 2
#define ROUNDS  60
#define POOL    60

struct lp {
    pthread_t thread;
    struct hv_vp *vp;
    atomic_bool stop;
    atomic_uint count; /* messages sent, or found */
};

static struct lp receivers[HV_PARTITION_MAX_VPS], senders[HV_PARTITION_MAX_VPS];
static struct hv_partition *middle, *lowest;
static hv_status (*create_backend)(void *context, struct hv_vp *vp, void **backend);
static void (*delete_backend)(void *context, struct hv_vp *vp);

static struct lp *lp_of(const struct hv_vp *vp)
{
    return vp->partition == middle ? &receivers[vp->index] : &senders[vp->index];
}

/* A VP of the middle: it empties its slot whenever it finds something there. */
static void receive(struct lp *lp)
{
    struct hv_message_page *page = lp->vp->synic.message_page.page;
    void *type = &page->sint_message[0].header.message_type;

    if (__atomic_load_n((uint32_t *)type, __ATOMIC_ACQUIRE) == HvMessageTypeNone)
        return;
    atomic_fetch_add(&lp->count, 1);
    __atomic_store_n((uint32_t *)type, HvMessageTypeNone, __ATOMIC_RELEASE);
    hv_synic_deliver(lp->vp);
}

/* A VP of the lowest partition, whose parent lets it go on at once. */
static void send(struct lp *lp)
{
    struct hv_exit exit = { .reason = HV_EXIT_IO,
                            .instruction_length = 2,
                            .gprs = &fake_vp(lp->vp)->gprs,
                            .io = { .size = 1 } };

    if (atomic_load(&lp->vp->suspended) == HV_VP_SUSPEND_INTERCEPT)
        atomic_fetch_and(&lp->vp->suspended, ~(uint32_t)HV_VP_SUSPEND_INTERCEPT);
    if (hv_vp_is_suspended(lp->vp))
        return;
    ck_assert_int_eq(hv_vp_exit(lp->vp, &exit), HV_DISPOSITION_SUSPEND);
    atomic_fetch_add(&lp->count, 1);
}

static void *run(void *argument)
{
    struct lp *lp = argument;

    while (!atomic_load(&lp->stop)) {
        hv_vp_prepare(lp->vp);
        if (lp->vp->partition == middle)
            receive(lp);
        else
            send(lp);
        sched_yield();
    }
    return NULL;
}

static hv_status create_with_lp(void *context, struct hv_vp *vp, void **backend)
{
    struct lp *lp = lp_of(vp);
    hv_status status = create_backend(context, vp, backend);

    if (status != HV_STATUS_SUCCESS)
        return status;
    lp->vp = vp;
    atomic_store(&lp->stop, false);
    atomic_store(&lp->count, 0);
    ck_assert_int_eq(pthread_create(&lp->thread, NULL, run, lp), 0);
    return status;
}

static void delete_with_lp(void *context, struct hv_vp *vp)
{
    struct lp *lp = lp_of(vp);

    atomic_store(&lp->stop, true);
    pthread_join(lp->thread, NULL);
    delete_backend(context, vp);
}

static void count_kick(void *context, struct hv_vp *vp)
{
    (void)context;
    atomic_fetch_add(&fake_vp(vp)->kicks, 1);
}

static struct hv_partition *child_of(struct hv_partition *parent)
{
    struct hv_input_create_partition input = { .flags = HV_PARTITION_CREATION_FLAG_EXO_PARTITION };
    struct hv_partition *made;
    uint64_t id, page;

    ck_assert_uint_eq(hv_child_create(parent, &input, &id), HV_STATUS_SUCCESS);
    made = hv_hierarchy_find(root->lineage.hierarchy, id);
    hv_partition_drop(made);
    for (unsigned i = 0; i < POOL; i++) {
        ck_assert(fake.platform.pages.alloc(&fake, &page));
        ck_assert_uint_eq(hv_partition_deposit(made, page), HV_STATUS_SUCCESS);
    }
    ck_assert_uint_eq(hv_child_initialize(made), HV_STATUS_SUCCESS);
    return made;
}

static void begin(void)
{
    setup();
    middle = child_of(root);
    lowest = child_of(middle);
    create_backend = fake.platform.cpu.create_vp;
    delete_backend = fake.platform.cpu.delete_vp;
    fake.platform.cpu.create_vp = create_with_lp;
    fake.platform.cpu.delete_vp = delete_with_lp;
    fake.platform.cpu.kick = count_kick;
}

static void create_receiver(uint32_t index)
{
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, middle, index), HV_STATUS_SUCCESS);
    vp = hv_vp_get(middle, index);
    atomic_store(&vp->synic.simp, HV_X64_MSR_PAGE_ENABLE);
    atomic_store(&vp->synic.scontrol, HV_X64_MSR_SCONTROL_ENABLE);
}

/* Its messages go to VP 1 as long as there is one. */
static void create_sender(uint32_t index)
{
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, lowest, index), HV_STATUS_SUCCESS);
    vp = hv_vp_get(lowest, index);
    atomic_store(&vp->intercept.caller, 1);
    atomic_fetch_and(&vp->suspended, ~(uint32_t)HV_VP_SUSPEND_EXPLICIT);
}

/* One more message than is on its way. */
static void wait_until_sent(uint32_t index)
{
    unsigned before = atomic_load(&senders[index].count);

    while (atomic_load(&senders[index].count) < before + 2)
        sched_yield();
}

START_TEST(receivers_come_and_go_while_messages_are_sent)
{
    create_receiver(0);
    create_receiver(1);
    for (uint32_t index = 0; index < SENDERS; index++)
        create_sender(index);
    for (unsigned round = 0; round < ROUNDS; round++) {
        wait_until_sent(round % SENDERS);
        ck_assert_uint_eq(hv_child_delete_vp(root_vp, middle, 1), HV_STATUS_SUCCESS);
        for (uint32_t index = 0; index < SENDERS; index++)
            wait_until_sent(index);
        create_receiver(1);
    }
    ck_assert_uint_gt(atomic_load(&receivers[0].count), 0);
    ck_assert_uint_eq(finalize(lowest), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(atomic_load(&lowest->lineage.references), 1);
    ck_assert_uint_eq(hv_pool_unused(&lowest->pool), POOL);
    ck_assert_uint_eq(finalize(middle), HV_STATUS_OPERATION_DENIED);
}
END_TEST

static void end(void)
{
    for (uint32_t index = 0; index < 2; index++)
        ck_assert_uint_eq(hv_child_delete_vp(root_vp, middle, index), HV_STATUS_SUCCESS);
    teardown();
}

int main(void)
{
    Suite *suite = suite_create("descendant threads");
    TCase *tests = tcase_create("descendant threads");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, receivers_come_and_go_while_messages_are_sent);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
