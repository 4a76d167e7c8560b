/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which back end runs the machine, of those that the program has. */
#include <check.h>
#include <string.h>

#include "backend_choice.h"
#include "suite.h"

/* Nothing is ever called of them. */
static const struct vmm_backend absent = { .name = "absent", .device = "/dev/null/absent" };
static const struct vmm_backend missing = { .name = "missing", .device = "/dev/null/missing" };
static const struct vmm_backend present = { .name = "present", .device = "/dev/null" };
static const struct vmm_backend later = { .name = "later", .device = "/dev/zero" };

static struct vmm_trouble trouble;

static const struct vmm_backend *choose(const struct vmm_backend *const *backends, const char *name)
{
    const struct vmm_options options = { .backend = name, .device = "/dev/zero" };

    trouble.text[0] = 0;
    return vmm_backend_choose(backends, &options, &trouble);
}

START_TEST(first_whose_device_is_there)
{
    const struct vmm_backend *const second[] = { &absent, &present, &later, NULL };
    const struct vmm_backend *const first[] = { &present, &absent, &later, NULL };
    const struct vmm_backend *const last[] = { &absent, &missing, &later, NULL };

    ck_assert_ptr_eq(choose(second, NULL), &present);
    ck_assert_ptr_eq(choose(first, NULL), &present);
    ck_assert_ptr_eq(choose(last, NULL), &later);
    ck_assert_str_eq(trouble.text, "");
}
END_TEST

/* Then its open() has a device to name in what it says. */
START_TEST(without_any_device_the_first)
{
    const struct vmm_backend *const backends[] = { &missing, &absent, NULL };

    ck_assert_ptr_eq(choose(backends, NULL), &missing);
    ck_assert_str_eq(trouble.text, "");
}
END_TEST

START_TEST(named_one_whether_its_device_is_there_or_not)
{
    const struct vmm_backend *const backends[] = { &present, &absent, &later, NULL };

    ck_assert_ptr_eq(choose(backends, "later"), &later);
    ck_assert_ptr_eq(choose(backends, "absent"), &absent);
    ck_assert_ptr_eq(choose(backends, "present"), &present);
    ck_assert_str_eq(trouble.text, "");
}
END_TEST

START_TEST(name_that_no_one_has_is_told)
{
    const struct vmm_backend *const backends[] = { &present, &later, NULL };
    static const char *const names[] = { "absent", "", "presen", "presents", "Present" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_msg(choose(backends, names[i]) == NULL, "'%s' is one", names[i]);
        ck_assert_ptr_nonnull(strstr(trouble.text, "this program has no back end '"));
        ck_assert_ptr_nonnull(strstr(trouble.text, names[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_backend_choice");
    TCase *tests = tcase_create("backend_choice");

    tcase_add_test(tests, first_whose_device_is_there);
    tcase_add_test(tests, without_any_device_the_first);
    tcase_add_test(tests, named_one_whether_its_device_is_there_or_not);
    tcase_add_test(tests, name_that_no_one_has_is_told);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
