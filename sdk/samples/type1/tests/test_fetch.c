/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How long an intercepted instruction is. Why: most are known at a glance; what such a glance gets
 * wrong makes the guest go on in the middle of an instruction.
 */
#include <check.h>
#include <string.h>

#include "cpu.h"
#include "fetch.h"
#include "gva.h"
#include "memory.h"
#include "suite.h"
#include "svm.h"

#define LONG_CODE (1u << 9)

static uint8_t code[2 * PAGE_SIZE];
static struct svm_vp vp;
static struct vmcb vmcb;
static unsigned sections;
static bool next_rip, is_recent;

/* ---- In place of the rest ---- */

const uint8_t *gva_pointer(struct svm_vp *asked, uint64_t linear)
{
    ck_assert_ptr_eq(asked, &vp);
    return linear < sizeof(code) ? code + linear : NULL;
}

const uint8_t *gva_recent(const struct svm_vp *asked, uint64_t linear)
{
    ck_assert_ptr_eq(asked, &vp);
    return is_recent ? gva_pointer(&vp, linear) : NULL;
}

bool svm_has_next_rip(void)
{
    return next_rip;
}

struct hv_partition *hv_vp_partition(const struct hv_vp *hv_vp)
{
    (void)hv_vp;
    return NULL;
}

void *hv_address_enter(const struct hv_partition *partition)
{
    (void)partition;
    sections++;
    return code;
}

void hv_address_leave(void *section)
{
    ck_assert_ptr_eq(section, code);
    sections--;
}

/* ---- Tests ---- */

static void begin(void)
{
    memset(&vp, 0, sizeof(vp));
    memset(&vmcb, 0, sizeof(vmcb));
    memset(code, 0x90, sizeof(code));
    next_rip = is_recent = false;
    sections = 0;
    vp.vmcb = &vmcb;
    vmcb.efer = EFER_LMA;
    vmcb.cs.attributes = LONG_CODE;
    vp.gprs.rip = 0x100;
}

static unsigned length_at_rip(enum hv_insn_op op, const void *bytes, size_t size)
{
    memcpy(code + vp.gprs.rip, bytes, size);
    return fetch_length(&vp, op);
}

#define length_of(op, bytes) length_at_rip(op, bytes, sizeof(bytes) - 1)

static void check_lengths(void)
{
    ck_assert_uint_eq(length_of(HV_INSN_OP_CPUID, "\x0F\xA2"), 2);
    ck_assert_uint_eq(length_of(HV_INSN_OP_RDMSR, "\x0F\x32"), 2);
    ck_assert_uint_eq(length_of(HV_INSN_OP_WRMSR, "\x0F\x30"), 2);
    ck_assert_uint_eq(length_of(HV_INSN_OP_VMMCALL, "\x0F\x01\xD9"), 3);
    ck_assert_uint_eq(length_of(HV_INSN_OP_HLT, "\xF4"), 1);
    ck_assert_uint_eq(length_of(HV_INSN_OP_INVD, "\x0F\x08"), 2);
    ck_assert_uint_eq(length_of(HV_INSN_OP_CPUID, "\x66\x48\x0F\xA2"), 4);
    ck_assert_uint_eq(length_of(HV_INSN_OP_VMMCALL, "\x66\x0F\x01\xD9"), 4);
    ck_assert_uint_eq(length_of(HV_INSN_OP_HLT, "\x66\xF4"), 2);
    ck_assert_uint_eq(sections, 0);
}

START_TEST(instructions_are_as_long_as_they_are)
{
    check_lengths();
    is_recent = true;
    check_lengths();
    vp.child = true;
    check_lengths();
}
END_TEST

START_TEST(another_instruction_has_no_length)
{
    ck_assert_uint_eq(length_of(HV_INSN_OP_CPUID, "\x0F\x32"), 0);
    ck_assert_uint_eq(length_of(HV_INSN_OP_VMMCALL, "\x0F\x01\xD8"), 0);
    ck_assert_uint_eq(length_of(HV_INSN_OP_RDMSR, "\x0F\x30"), 0);
    ck_assert_uint_eq(length_of(HV_INSN_OP_HLT, "\x90\x90\x90"), 0);
    ck_assert_uint_eq(length_of(HV_INSN_OP_OTHER, "\xF4\x90\x90"), 0);
    vp.gprs.rip = sizeof(code);
    ck_assert_uint_eq(fetch_length(&vp, HV_INSN_OP_HLT), 0);
}
END_TEST

/* Of the next page nothing is read that the instruction does not have there. */
START_TEST(an_instruction_may_end_its_page)
{
    vp.gprs.rip = PAGE_SIZE - 2;
    ck_assert_uint_eq(length_of(HV_INSN_OP_CPUID, "\x0F\xA2"), 2);
    ck_assert_uint_eq(length_of(HV_INSN_OP_VMMCALL, "\x0F\x01\xD9"), 3);
    vp.gprs.rip = sizeof(code) - 3;
    ck_assert_uint_eq(length_of(HV_INSN_OP_VMMCALL, "\x0F\x01\xD9"), 3);
    vp.gprs.rip = sizeof(code) - 4;
    ck_assert_uint_eq(length_of(HV_INSN_OP_HLT, "\xF4"), 1);
}
END_TEST

START_TEST(a_processor_that_tells_is_believed)
{
    next_rip = true;
    vmcb.next_rip = vp.gprs.rip + 5;
    ck_assert_uint_eq(length_of(HV_INSN_OP_CPUID, "\x0F\xA2"), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fetch");
    TCase *tests = tcase_create("fetch");

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, instructions_are_as_long_as_they_are);
    tcase_add_test(tests, another_instruction_has_no_length);
    tcase_add_test(tests, an_instruction_may_end_its_page);
    tcase_add_test(tests, a_processor_that_tells_is_believed);
    return run_suite(suite);
}
