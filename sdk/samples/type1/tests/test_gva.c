/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where the bytes at a linear address are. Why: the way there is kept, and a guest changes its
 * tables without saying so; what it leads to must be what the tables say at each moment.
 */
#include <check.h>
#include <string.h>

#include "cpu.h"
#include "gva.h"
#include "memory.h"
#include "paging.h"
#include "suite.h"
#include "svm.h"

#define LINEAR  UINT64_C(0x7F1234567ABC)
#define LINEAR5 (UINT64_C(0x5A) << 48 | LINEAR)
#define PAGES   16
#define FLAGS   (PAGE_PRESENT | PAGE_WRITE)

enum {
    TOP5 = 1,
    TOP,
    THIRD,
    SECOND,
    FIRST,
    CODE,
    OTHER_TOP,
    OTHER_THIRD,
    OTHER_SECOND,
    OTHER_FIRST,
    OTHER_CODE
};

static uint64_t guest[PAGES][PAGE_SIZE / 8] __attribute__((aligned(PAGE_SIZE)));
static struct svm_vp vp;
static struct vmcb vmcb;
static _Atomic uint64_t generation;
static bool hidden; /* the guest's memory is not there */

/* ---- In place of the rest ---- */

bool memory_is_ram(uint64_t page_number)
{
    (void)page_number;
    return true;
}

struct hv_partition *hv_vp_partition(const struct hv_vp *hv_vp)
{
    (void)hv_vp;
    return NULL;
}

void *hv_address_enter(const struct hv_partition *partition)
{
    (void)partition;
    return NULL;
}

void hv_address_leave(void *section)
{
    (void)section;
}

bool hv_address_translate(const struct hv_partition *partition, uint64_t gpa_page,
                          struct hv_mapping *mapping)
{
    (void)partition;
    if (gpa_page >= PAGES || hidden)
        return false;
    *mapping = (struct hv_mapping){ .spa_page = memory_physical(guest[gpa_page]) / PAGE_SIZE,
                                    .access = HV_ACCESS_READ | HV_ACCESS_WRITE };
    return true;
}

/* ---- Tests ---- */

static uint64_t *entry(unsigned table, unsigned shift)
{
    return &guest[table][LINEAR5 >> shift & 511];
}

static void link_to(unsigned table, unsigned shift, unsigned next)
{
    *entry(table, shift) = (uint64_t)next * PAGE_SIZE | FLAGS;
}

static void begin(void)
{
    memset(guest, 0, sizeof(guest));
    memset(&vp, 0, sizeof(vp));
    memset(&vmcb, 0, sizeof(vmcb));
    hidden = false;
    generation = 1;
    vp.vmcb = &vmcb;
    vp.slat = &generation;
    vmcb.cr0 = CR0_PG | CR0_PE;
    vmcb.cr4 = CR4_PAE;
    vmcb.efer = EFER_LME | EFER_LMA;
    vmcb.cr3 = TOP * PAGE_SIZE;
    link_to(TOP5, 48, TOP);
    link_to(TOP, 39, THIRD);
    link_to(THIRD, 30, SECOND);
    link_to(SECOND, 21, FIRST);
    link_to(FIRST, 12, CODE);
    link_to(OTHER_TOP, 39, OTHER_THIRD);
    link_to(OTHER_THIRD, 30, OTHER_SECOND);
    link_to(OTHER_SECOND, 21, OTHER_FIRST);
    link_to(OTHER_FIRST, 12, OTHER_CODE);
}

static const void *place_in(unsigned page)
{
    return (const uint8_t *)guest[page] + LINEAR % PAGE_SIZE;
}

START_TEST(the_way_is_found_again)
{
    for (unsigned i = 0; i < 3; i++)
        ck_assert_ptr_eq(gva_pointer(&vp, LINEAR), place_in(CODE));
    ck_assert_ptr_null(gva_pointer(&vp, LINEAR + PAGE_SIZE));
    ck_assert_ptr_eq(gva_pointer(&vp, LINEAR), place_in(CODE));
}
END_TEST

START_TEST(an_entry_that_has_changed_leads_elsewhere)
{
    static const struct {
        unsigned table, shift, other;
    } steps[] = { { TOP5, 48, OTHER_TOP },
                  { TOP, 39, OTHER_THIRD },
                  { THIRD, 30, OTHER_SECOND },
                  { SECOND, 21, OTHER_FIRST },
                  { FIRST, 12, OTHER_CODE } };

    for (unsigned levels = 4; levels <= 5; levels++)
        for (unsigned i = 5 - levels; i < 5; i++) {
            begin();
            vmcb.cr4 |= levels == 5 ? CR4_LA57 : 0;
            vmcb.cr3 = (levels == 5 ? TOP5 : TOP) * PAGE_SIZE;
            ck_assert_ptr_eq(gva_pointer(&vp, LINEAR5), place_in(CODE));
            link_to(steps[i].table, steps[i].shift, steps[i].other);
            ck_assert_ptr_eq(gva_pointer(&vp, LINEAR5), place_in(OTHER_CODE));
            *entry(steps[i].table, steps[i].shift) &= ~(uint64_t)PAGE_PRESENT;
            ck_assert_ptr_null(gva_pointer(&vp, LINEAR5));
        }
}
END_TEST

START_TEST(a_large_page_is_a_shorter_way)
{
    *entry(SECOND, 21) = PAGE_LARGE | FLAGS;
    ck_assert_ptr_null(gva_pointer(&vp, LINEAR));
    ck_assert_ptr_eq(gva_pointer(&vp, (LINEAR & ~UINT64_C(0x1FFFFF)) + CODE * PAGE_SIZE),
                     guest[CODE]);
    ck_assert_ptr_eq(gva_pointer(&vp, (LINEAR & ~UINT64_C(0x1FFFFF)) + CODE * PAGE_SIZE),
                     guest[CODE]);
    link_to(THIRD, 30, OTHER_SECOND);
    ck_assert_ptr_null(gva_pointer(&vp, (LINEAR & ~UINT64_C(0x1FFFFF)) + CODE * PAGE_SIZE));
}
END_TEST

START_TEST(another_table_or_mode_is_another_way)
{
    ck_assert_ptr_eq(gva_pointer(&vp, LINEAR), place_in(CODE));
    vmcb.cr3 = OTHER_TOP * PAGE_SIZE;
    ck_assert_ptr_eq(gva_pointer(&vp, LINEAR), place_in(OTHER_CODE));
    vmcb.cr4 |= CR4_LA57;
    ck_assert_ptr_null(gva_pointer(&vp, LINEAR));
    vmcb.cr4 &= ~(uint64_t)CR4_LA57;
    vmcb.efer = 0;
    ck_assert_ptr_null(gva_pointer(&vp, LINEAR));
    vmcb.efer = EFER_LME | EFER_LMA;
    ck_assert_ptr_eq(gva_pointer(&vp, LINEAR), place_in(OTHER_CODE));
}
END_TEST

START_TEST(nothing_is_known_of_memory_that_was_taken_away)
{
    ck_assert_ptr_eq(gva_pointer(&vp, LINEAR), place_in(CODE));
    hidden = true;
    generation = 2;
    ck_assert_ptr_null(gva_pointer(&vp, LINEAR));
}
END_TEST

/* What was never filled is nobody's, and not that of the first page. */
START_TEST(page_zero_is_looked_up)
{
    link_to(FIRST, 12, 0);
    hidden = true;
    ck_assert_ptr_null(gva_pointer(&vp, LINEAR));
    ck_assert_ptr_null(gva_pointer(&vp, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gva");
    TCase *tests = tcase_create("gva");

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, the_way_is_found_again);
    tcase_add_test(tests, an_entry_that_has_changed_leads_elsewhere);
    tcase_add_test(tests, a_large_page_is_a_shorter_way);
    tcase_add_test(tests, another_table_or_mode_is_another_way);
    tcase_add_test(tests, nothing_is_known_of_memory_that_was_taken_away);
    tcase_add_test(tests, page_zero_is_looked_up);
    return run_suite(suite);
}
