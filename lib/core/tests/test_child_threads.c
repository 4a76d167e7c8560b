/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * VPs come and go while their siblings interrupt them and their parent asks for them: nobody uses a
 * VP that is gone. Each VP has a thread as its LP. ThreadSanitizer sees what is used too late.
 */
#include <pthread.h>
#include <sched.h>

#include <hv/interrupt.h>

#include "hypercall.h"
#include "root_fixture.h"
#include "suite.h"

#define VPS    3
#define ROUNDS 60
#define VECTOR 0x77

/* ICR: fixed, to all but oneself. */
#define TO_OTHERS (VECTOR | UINT64_C(3) << 18)

struct lp {
    pthread_t thread;
    struct hv_vp *vp;
    atomic_bool stop;
    atomic_uint sent;
};

static struct lp lps[HV_PARTITION_MAX_VPS];
static struct hv_partition *child;
static struct hv_vp *other_root_vp;
static atomic_bool done;
static atomic_uint found;
static hv_status (*create_backend)(void *context, struct hv_vp *vp, void **backend);
static void (*delete_backend)(void *context, struct hv_vp *vp);

static void *run(void *argument)
{
    struct lp *lp = argument;

    while (!atomic_load(&lp->stop)) {
        hv_vp_prepare(lp->vp);
        if (!hv_vp_is_suspended(lp->vp)) {
            hv_apic_send(lp->vp, TO_OTHERS);
            atomic_fetch_add(&lp->sent, 1);
        }
        sched_yield();
    }
    return NULL;
}

static hv_status create_with_lp(void *context, struct hv_vp *vp, void **backend)
{
    struct lp *lp = &lps[vp->index];
    hv_status status = create_backend(context, vp, backend);

    if (status != HV_STATUS_SUCCESS)
        return status;
    lp->vp = vp;
    atomic_store(&lp->stop, false);
    atomic_store(&lp->sent, 0);
    ck_assert_int_eq(pthread_create(&lp->thread, NULL, run, lp), 0);
    return status;
}

static void delete_with_lp(void *context, struct hv_vp *vp)
{
    struct lp *lp = &lps[vp->index];

    atomic_store(&lp->stop, true);
    pthread_join(lp->thread, NULL);
    delete_backend(context, vp);
}

static void count_kick(void *context, struct hv_vp *vp)
{
    (void)context;
    atomic_fetch_add(&fake_vp(vp)->kicks, 1);
}

/* Another VP of the root, which wants to know of the child's VPs all the time. */
static void *look(void *argument)
{
    uint64_t id = *(uint64_t *)argument;

    while (!atomic_load(&done)) {
        struct hv_partition *target;

        hv_vp_prepare(other_root_vp);
        if (hv_hypercall_enter(other_root_vp, id, &target) == HV_STATUS_SUCCESS) {
            for (uint32_t index = 0; index < VPS; index++) {
                const struct hv_vp *vp = hv_vp_get(target, index);

                if (vp)
                    ck_assert_uint_eq(vp->index, index);
                atomic_fetch_add(&found, vp != NULL);
            }
            hv_hypercall_leave(other_root_vp, target);
        }
        sched_yield();
    }
    return NULL;
}

static void begin(void)
{
    setup();
    other_root_vp = fake_vp_create(&fake, root, 1);
    child = active_child(FIRST_OWN, 40);
    create_backend = fake.platform.cpu.create_vp;
    delete_backend = fake.platform.cpu.delete_vp;
    fake.platform.cpu.create_vp = create_with_lp;
    fake.platform.cpu.delete_vp = delete_with_lp;
    fake.platform.cpu.kick = count_kick;
    atomic_store(&done, false);
    atomic_store(&found, 0);
}

static void create_running(uint32_t index)
{
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, index), HV_STATUS_SUCCESS);
    vp = hv_vp_get(child, index);
    atomic_fetch_and(&vp->suspended, ~(uint32_t)HV_VP_SUSPEND_EXPLICIT);
}

static void wait_until_sent(uint32_t index)
{
    unsigned before = atomic_load(&lps[index].sent);

    while (atomic_load(&lps[index].sent) == before)
        sched_yield();
}

START_TEST(vps_come_and_go_while_all_use_them)
{
    uint64_t id = child->id;
    pthread_t thread;

    for (uint32_t index = 0; index < VPS; index++)
        create_running(index);
    ck_assert_int_eq(pthread_create(&thread, NULL, look, &id), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t index = round % VPS;

        ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, index), HV_STATUS_SUCCESS);
        wait_until_sent((index + 1) % VPS);
        create_running(index);
    }
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    ck_assert_uint_gt(atomic_load(&found), 0);
    ck_assert_uint_eq(withdraw(id, 100), result(HV_STATUS_NO_RESOURCES, 40));
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_SUCCESS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("child threads");
    TCase *tests = tcase_create("child threads");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, begin, teardown);
    tcase_add_test(tests, vps_come_and_go_while_all_use_them);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
