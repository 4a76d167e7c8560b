/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What back ends ask about registers: which MSR one is, what a VP is started with. */
#include <check.h>
#include <stddef.h>
#include <string.h>

#include <hv/abi/tlfs.h>
#include <hv/platform.h>
#include <hv/register.h>

#include "suite.h"

static const struct {
    uint32_t name, msr;
} known[] = {
    { HvX64RegisterKernelGsBase, 0xC0000102 },  { HvX64RegisterPat, 0x277 },
    { HvX64RegisterSysenterCs, 0x174 },         { HvX64RegisterSysenterEsp, 0x175 },
    { HvX64RegisterSysenterEip, 0x176 },        { HvX64RegisterStar, 0xC0000081 },
    { HvX64RegisterLstar, 0xC0000082 },         { HvX64RegisterCstar, 0xC0000083 },
    { HvX64RegisterSfmask, 0xC0000084 },        { HvX64RegisterTscAux, 0xC0000103 },
    { HvX64RegisterMsrMtrrCap, 0xFE },          { HvX64RegisterMsrMtrrDefType, 0x2FF },
    { HvX64RegisterMsrMtrrPhysBase0, 0x200 },   { HvX64RegisterMsrMtrrPhysBaseF, 0x21E },
    { HvX64RegisterMsrMtrrPhysMask0, 0x201 },   { HvX64RegisterMsrMtrrPhysMaskF, 0x21F },
    { HvX64RegisterMsrMtrrFix64k00000, 0x250 }, { HvX64RegisterMsrMtrrFix16k80000, 0x258 },
    { HvX64RegisterMsrMtrrFix16kA0000, 0x259 }, { HvX64RegisterMsrMtrrFix4kC0000, 0x268 },
    { HvX64RegisterMsrMtrrFix4kF8000, 0x26F },
};

START_TEST(registers_that_are_msrs_have_their_numbers)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        uint32_t msr = 0;

        ck_assert(hv_register_msr(known[i].name, &msr));
        ck_assert_uint_eq(msr, known[i].msr);
    }
}
END_TEST

START_TEST(others_are_none)
{
    static const uint32_t others[] = {
        HvX64RegisterRax,  HvX64RegisterCr0,      HvX64RegisterTsc,
        HvX64RegisterEfer, HvX64RegisterApicBase, HvRegisterGuestOsId
    };
    uint32_t msr = 77;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert(!hv_register_msr(others[i], &msr));
    ck_assert_uint_eq(msr, 77);
}
END_TEST

#define PLACE(field) offsetof(struct hv_initial_vp_context, field)

static const struct {
    uint32_t name;
    size_t place, size;
} expected[] = {
    { HvX64RegisterEfer, PLACE(efer), 8 },     { HvX64RegisterCr4, PLACE(cr4), 8 },
    { HvX64RegisterCr3, PLACE(cr3), 8 },       { HvX64RegisterCr0, PLACE(cr0), 8 },
    { HvX64RegisterCs, PLACE(cs), 16 },        { HvX64RegisterDs, PLACE(ds), 16 },
    { HvX64RegisterEs, PLACE(es), 16 },        { HvX64RegisterFs, PLACE(fs), 16 },
    { HvX64RegisterGs, PLACE(gs), 16 },        { HvX64RegisterSs, PLACE(ss), 16 },
    { HvX64RegisterTr, PLACE(tr), 16 },        { HvX64RegisterLdtr, PLACE(ldtr), 16 },
    { HvX64RegisterIdtr, PLACE(idtr), 16 },    { HvX64RegisterGdtr, PLACE(gdtr), 16 },
    { HvX64RegisterRflags, PLACE(rflags), 8 }, { HvX64RegisterRip, PLACE(rip), 8 },
    { HvX64RegisterRsp, PLACE(rsp), 8 },       { HvX64RegisterPat, PLACE(msr_cr_pat), 8 },
};

START_TEST(each_register_of_the_state_is_read_once_in_order)
{
    const uint32_t count = sizeof(expected) / sizeof(expected[0]);
    uint8_t bytes[sizeof(struct hv_initial_vp_context)];
    struct hv_initial_vp_context initial;
    struct hv_register128 value;
    uint32_t name = 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i + 1);
    memcpy(&initial, bytes, sizeof(bytes));
    for (uint32_t i = 0; i < count; i++) {
        struct hv_register128 there = { 0 };

        memcpy(&there, bytes + expected[i].place, expected[i].size);
        ck_assert(hv_register_initial(&initial, i, &name, &value));
        ck_assert_uint_eq(name, expected[i].name);
        ck_assert_uint_eq(value.low, there.low);
        ck_assert_uint_eq(value.high, there.high);
    }
    ck_assert(!hv_register_initial(&initial, count, &name, &value));
    ck_assert(!hv_register_initial(&initial, UINT32_MAX, &name, &value));
    ck_assert_uint_eq(name, HvX64RegisterPat);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_register_name");
    TCase *tcase = tcase_create("register_name");

    tcase_add_test(tcase, registers_that_are_msrs_have_their_numbers);
    tcase_add_test(tcase, others_are_none);
    tcase_add_test(tcase, each_register_of_the_state_is_read_once_in_order);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
