/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Two VPs of the root, each of which gives the same few pages to a child of its own and takes them
 * away again, while somebody writes to both children's memory all the time. Why: a write that was
 * on its way when the page changed hands would land in the other child; one write in millions does.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"

#define CHILDREN 2
#define PAGES    4 /* that both want, from SPA page FIRST on */
#define FIRST    UINT64_C(8)
#define ROUNDS   600
#define LOOKS    20
#define FLAGS    (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)
#define WORDS    (HV_PAGE_SIZE / sizeof(uint64_t))

static struct fake_platform fake;
static struct hv_partition *root, *children[CHILDREN];
static struct hv_vp *vps[CHILDREN];
static atomic_uint unfinished;
static unsigned owned[CHILDREN];

/* Check's assertions are for the main thread alone. */
static void must(bool condition)
{
    if (!condition)
        abort();
}

static void setup(void)
{
    fake_platform_init(&fake);
    root = family_root(&fake);
    atomic_store(&root->guest_os_id, 1);
    for (unsigned i = 0; i < CHILDREN; i++) {
        vps[i] = fake_vp_create(&fake, root, i);
        children[i] = family_child(&fake, root, 8);
        owned[i] = 0;
    }
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static hv_status call(unsigned self, uint16_t code, uint64_t gpa_page, uint32_t flags)
{
    uint64_t gpa = (UINT64_C(0x100) + self) * HV_PAGE_SIZE;
    uint64_t *input = fake_page(&fake, gpa / HV_PAGE_SIZE);

    input[0] = children[self]->id;
    input[1] = gpa_page;
    input[2] = flags;
    input[3] = FIRST + gpa_page;
    return (hv_status)(fake_hypercall(vps[self], code | UINT64_C(1) << 32, gpa, 0) & 0xFFFF);
}

/* What a child has at a page is what was written for that child. */
static void look(unsigned self, uint64_t gpa_page)
{
    uint64_t words[WORDS];

    must(hv_address_read(children[self], gpa_page * HV_PAGE_SIZE, words, sizeof(words)));
    for (unsigned i = 0; i < WORDS; i++)
        must(words[i] == self + 1);
}

static void fill(unsigned self, uint64_t gpa_page, bool must_succeed)
{
    uint64_t words[WORDS];
    bool written;

    for (unsigned i = 0; i < WORDS; i++)
        words[i] = self + 1;
    written = hv_address_write(children[self], gpa_page * HV_PAGE_SIZE, words, sizeof(words));
    must(written || !must_succeed);
}

static void *give_and_take(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t page = round % PAGES;
        hv_status status = call(self, HvCallMapGpaPages, page, FLAGS);

        must(status == HV_STATUS_SUCCESS || status == HV_STATUS_OPERATION_DENIED);
        if (status != HV_STATUS_SUCCESS) {
            sched_yield();
            continue;
        }
        owned[self]++;
        fill(self, page, true);
        for (unsigned i = 0; i < LOOKS; i++)
            look(self, page);
        must(call(self, HvCallUnmapGpaPages, page, 0) == HV_STATUS_SUCCESS);
    }
    atomic_fetch_sub(&unfinished, 1);
    return NULL;
}

static void *write_always(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;

    while (atomic_load(&unfinished) > 0)
        for (uint64_t page = 0; page < PAGES; page++)
            fill(self, page, false);
    return NULL;
}

START_TEST(a_page_is_one_childs_at_a_time)
{
    pthread_t givers[CHILDREN], writers[CHILDREN];

    atomic_store(&unfinished, CHILDREN);
    for (uintptr_t i = 0; i < CHILDREN; i++) {
        ck_assert_int_eq(pthread_create(&givers[i], NULL, give_and_take, (void *)i), 0);
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_always, (void *)i), 0);
    }
    for (unsigned i = 0; i < CHILDREN; i++) {
        pthread_join(givers[i], NULL);
        pthread_join(writers[i], NULL);
        ck_assert_uint_gt(owned[i], 0);
    }
    for (uint64_t page = FIRST; page < FIRST + PAGES; page++)
        ck_assert(family_holds(root, page));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpa_stress");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 100);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_page_is_one_childs_at_a_time);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
