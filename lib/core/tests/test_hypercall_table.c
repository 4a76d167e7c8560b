/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Who may make the calls that are specified and not implemented: TLFS v6.0b, appendix A, by number.
 * A caller without the privilege is to learn nothing else, so a row that is missing, or that stands
 * at another number, tells what should stay hidden.
 */
#include <check.h>

#include <hv/abi/tlfs.h>

#include "hypercall.h"
#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Codes from first to last need the privilege, or the root partition, or both. */
struct rule {
    uint16_t first, last;
    uint64_t privilege;
    bool root;
};

static const struct rule rules[] = {
    { 0x0004, 0x0004, HV_PRIVILEGE_CpuManagement, false },
    { 0x0009, 0x0009, HV_PRIVILEGE_CpuManagement, false },
    { 0x0040, 0x0040, HV_PRIVILEGE_CreatePartitions, false },
    { 0x0048, 0x004A, HV_PRIVILEGE_AccessMemoryPool, false },
    { 0x005C, 0x005C, HV_PRIVILEGE_PostMessages, false },
    { 0x005D, 0x005D, HV_PRIVILEGE_SignalEvents, false },
    { 0x005F, 0x005F, HV_PRIVILEGE_CreatePartitions, false },
    { 0x0060, 0x0068, 0, true },
    { 0x0069, 0x006B, HV_PRIVILEGE_Debugging, false },
    { 0x006C, 0x006D, HV_PRIVILEGE_AccessStats, false },
    { 0x006F, 0x006F, HV_PRIVILEGE_ConfigureProfiler, true },
    { 0x0076, 0x007A, HV_PRIVILEGE_CpuManagement, true },
    { 0x007B, 0x007B, HV_PRIVILEGE_CpuManagement, false },
    { 0x007C, 0x007D, HV_PRIVILEGE_CpuManagement, true },
    { 0x0080, 0x008C, HV_PRIVILEGE_CpuManagement, true },
    { 0x008D, 0x008D, 0, true },
    { 0x008E, 0x008E, HV_PRIVILEGE_Debugging, true },
    { 0x008F, 0x0092, 0, true },
    { 0x0097, 0x0097, 0, true },
    { 0x0099, 0x0099, HV_PRIVILEGE_StartVirtualProcessor, false },
};

static const struct rule *find_rule(uint32_t code)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        if (code >= rules[i].first && code <= rules[i].last)
            return &rules[i];
    return NULL;
}

START_TEST(reserved_calls_are_for_those_that_the_tlfs_names)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        for (uint32_t code = rules[i].first; code <= rules[i].last; code++) {
            const struct hv_hypercall_row *row = hv_hypercall_find((uint16_t)code);

            ck_assert_msg(row != NULL, "code %#x is not known", code);
            ck_assert_msg(row->code == code && row->privilege == rules[i].privilege,
                          "code %#x: privileges %#lx", code, (unsigned long)row->privilege);
            ck_assert_msg(((row->flags & HV_HYPERCALL_ROOT) != 0) == rules[i].root,
                          "code %#x: root %d", code, !rules[i].root);
        }
}
END_TEST

START_TEST(other_calls_are_implemented_or_unknown)
{
    for (uint32_t code = 0; code < HV_EXT_CALL_FIRST; code++) {
        const struct hv_hypercall_row *row = hv_hypercall_find((uint16_t)code);

        if (find_rule(code) == NULL)
            ck_assert_msg(row == NULL || row->handler != NULL, "code %#x is reserved", code);
    }
}
END_TEST

START_TEST(extended_calls_need_one_privilege_under_any_number)
{
    for (uint32_t code = HV_EXT_CALL_FIRST + 1; code <= UINT16_MAX; code++) {
        const struct hv_hypercall_row *row = hv_hypercall_find((uint16_t)code);

        ck_assert_msg(row->flags == HV_HYPERCALL_EXTENDED &&
                          row->privilege == HV_PRIVILEGE_EnableExtendedHypercalls,
                      "code %#x", code);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hypercall_table");
    tcase_add_test(tcase, reserved_calls_are_for_those_that_the_tlfs_names);
    tcase_add_test(tcase, other_calls_are_implemented_or_unknown);
    tcase_add_test(tcase, extended_calls_need_one_privilege_under_any_number);
    Suite *suite = suite_create("core_hypercall_table");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
