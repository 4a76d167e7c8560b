/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Two VPs of the root, each of which maps the same few pages for a child of its own and takes them
 * away again, while somebody writes to both children's memory all the time; a third one deposits
 * them. Why: a write that was on its way when the last mapping went would land in what has become
 * the hypervisor's; one write in millions does.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"

#define CHILDREN 2
#define DEPOSITS CHILDREN /* the VP that makes them */
#define PAGES    4        /* that both want, from SPA page FIRST on */
#define FIRST    UINT64_C(8)
#define ROUNDS   600
#define LOOKS    20
#define STARES \
    400 /* at what is deposited: long enough for a thread to come back that had stopped */
#define MARK  UINT64_C(0x5A5A)
#define FLAGS (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE)
#define WORDS (HV_PAGE_SIZE / sizeof(uint64_t))

static struct fake_platform fake;
static struct hv_partition *root, *children[CHILDREN];
static struct hv_vp *vps[CHILDREN + 1];
static atomic_uint unfinished;
static unsigned mapped[CHILDREN], deposited;

/* Check's assertions are for the main thread alone. */
#define must(condition) must_at(condition, #condition, __LINE__)
static void must_at(bool holds, const char *condition, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, line, condition);
    abort();
}

/* In a page of the caller's own. */
static uint64_t *input_of(unsigned self)
{
    return fake_page(&fake, UINT64_C(0x100) + 2 * self);
}

static hv_status call(unsigned self, uint16_t code)
{
    uint64_t gpa = (UINT64_C(0x100) + 2 * self) * HV_PAGE_SIZE;

    return (
        hv_status)(fake_hypercall(vps[self], code | UINT64_C(1) << 32, gpa, gpa + HV_PAGE_SIZE) &
                   0xFFFF);
}

static hv_status change(unsigned self, uint16_t code, uint64_t gpa_page, uint32_t flags)
{
    uint64_t *input = input_of(self);

    input[0] = children[self]->id;
    input[1] = gpa_page;
    input[2] = flags;
    input[3] = FIRST + gpa_page;
    return call(self, code);
}

/* What a child's tables need it takes from its pool at the first mapping: before there are pages in
   it that deposit_and_withdraw() writes to. */
static void take_tables(unsigned self)
{
    must(change(self, HvCallMapGpaPages, 0, FLAGS) == HV_STATUS_SUCCESS);
    must(change(self, HvCallUnmapGpaPages, 0, 0) == HV_STATUS_SUCCESS);
}

static void setup(void)
{
    fake_platform_init(&fake);
    root = family_root(&fake);
    atomic_store(&root->guest_os_id, 1);
    for (unsigned i = 0; i < CHILDREN; i++) {
        vps[i] = fake_vp_create(&fake, root, i);
        children[i] = family_child(&fake, root, 8);
        mapped[i] = 0;
    }
    vps[DEPOSITS] = fake_vp_create(&fake, root, DEPOSITS);
    deposited = 0;
    for (unsigned i = 0; i < CHILDREN; i++)
        take_tables(i);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
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

static void *map_and_unmap(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t page = round % PAGES;
        hv_status status = change(self, HvCallMapGpaPages, page, FLAGS);

        must(status == HV_STATUS_SUCCESS || status == HV_STATUS_OPERATION_DENIED);
        if (status == HV_STATUS_SUCCESS) {
            mapped[self]++;
            for (unsigned i = 0; i < LOOKS; i++)
                fill(self, page, true);
            must(change(self, HvCallUnmapGpaPages, page, 0) == HV_STATUS_SUCCESS);
        }
        sched_yield();
    }
    atomic_fetch_sub(&unfinished, 1);
    return NULL;
}

/* The pool has a link in the page's first word. */
static void look(uint64_t page)
{
    uint64_t *words = fake_page(&fake, page);

    for (unsigned i = 1; i < WORDS; i++)
        words[i] = MARK;
    for (unsigned stare = 0; stare < STARES; stare++) {
        sched_yield();
        for (unsigned i = 1; i < WORDS; i++)
            must(words[i] == MARK);
    }
}

static void *deposit_and_withdraw(void *argument)
{
    uint64_t *input = input_of(DEPOSITS);

    (void)argument;
    for (uint64_t page = FIRST; atomic_load(&unfinished) > 0;
         page = FIRST + (page - FIRST + 1) % PAGES) {
        input[0] = children[0]->id;
        input[1] = page;
        if (call(DEPOSITS, HvCallDepositMemory) != HV_STATUS_SUCCESS)
            continue;
        deposited++;
        look(page);
        input[0] = children[0]->id;
        input[1] = 0;
        must(call(DEPOSITS, HvCallWithdrawMemory) == HV_STATUS_SUCCESS);
        sched_yield();
    }
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

START_TEST(nobody_writes_to_what_is_not_mapped_any_more)
{
    pthread_t givers[CHILDREN], writers[CHILDREN], depositor;

    atomic_store(&unfinished, CHILDREN);
    for (uintptr_t i = 0; i < CHILDREN; i++) {
        ck_assert_int_eq(pthread_create(&givers[i], NULL, map_and_unmap, (void *)i), 0);
        ck_assert_int_eq(pthread_create(&writers[i], NULL, write_always, (void *)i), 0);
    }
    ck_assert_int_eq(pthread_create(&depositor, NULL, deposit_and_withdraw, NULL), 0);
    for (unsigned i = 0; i < CHILDREN; i++) {
        pthread_join(givers[i], NULL);
        pthread_join(writers[i], NULL);
        ck_assert_uint_gt(mapped[i], 0);
    }
    pthread_join(depositor, NULL);
    ck_assert_uint_gt(deposited, 0);
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
    tcase_add_test(all, nobody_writes_to_what_is_not_mapped_any_more);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
