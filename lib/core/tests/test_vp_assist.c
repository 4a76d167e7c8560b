/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The VP assist page and the local APIC's synthetic MSRs: the page is one for each VP, hides what
 * is beneath it and is the guest's to write; the MSRs reach the APIC with the value as it was
 * written.
 */
#include <check.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "msr.h"
#include "suite.h"
#include "synic_fixture.h"

#define ASSIST   HV_X64_MSR_VP_ASSIST_PAGE
#define AT(page) ((uint64_t)(page) << HV_PAGE_SHIFT | HV_X64_MSR_PAGE_ENABLE)
#define PATTERN  0x5A

static uint8_t guest_byte(uint64_t gpa_page)
{
    uint8_t byte;

    ck_assert(hv_address_read(partition, gpa_page << HV_PAGE_SHIFT, &byte, sizeof(byte)));
    return byte;
}

START_TEST(page_covers_memory_with_zeros_and_gives_it_back)
{
    memset(fake_page(&fake, 3), PATTERN, HV_PAGE_SIZE);
    must_write(vp, ASSIST, AT(3));
    ck_assert_uint_eq(value_of(vp, ASSIST), AT(3));
    ck_assert_uint_eq(guest_byte(3), 0);
    must_write(vp, ASSIST, 0);
    ck_assert_uint_eq(guest_byte(3), PATTERN);
}
END_TEST

START_TEST(guest_reads_and_writes_the_page_and_does_not_execute_it)
{
    struct hv_mapping mapping;
    uint8_t byte = 1;

    must_write(vp, ASSIST, AT(3));
    ck_assert(hv_address_write(partition, 3u << HV_PAGE_SHIFT, &byte, sizeof(byte)));
    ck_assert_uint_eq(guest_byte(3), 1);
    ck_assert(hv_address_translate(partition, 3, &mapping));
    ck_assert_uint_eq(mapping.access, HV_ACCESS_READ | HV_ACCESS_WRITE);
}
END_TEST

START_TEST(each_vp_has_a_page_of_its_own)
{
    uint8_t byte = 7;

    other = fake_vp_create(&fake, partition, 1);
    must_write(vp, ASSIST, AT(3));
    must_write(other, ASSIST, AT(4));
    ck_assert(hv_address_write(partition, 3u << HV_PAGE_SHIFT, &byte, sizeof(byte)));
    ck_assert_uint_eq(guest_byte(4), 0);
    ck_assert_uint_eq(value_of(vp, ASSIST), AT(3));
    ck_assert_uint_eq(value_of(other, ASSIST), AT(4));
}
END_TEST

START_TEST(reserved_bits_of_the_register_are_kept)
{
    must_write(vp, ASSIST, AT(3) | 0xFFE);
    ck_assert_uint_eq(value_of(vp, ASSIST), AT(3) | 0xFFE);
    ck_assert_uint_eq(guest_byte(3), 0);
}
END_TEST

START_TEST(page_beyond_the_gpa_space_is_taken_and_invisible)
{
    must_write(vp, ASSIST, AT(UINT64_C(1) << 28));
    ck_assert_uint_eq(value_of(vp, ASSIST), AT(UINT64_C(1) << 28));
}
END_TEST

START_TEST(reset_takes_the_page_away_and_empties_it)
{
    uint8_t byte = 7;

    must_write(vp, ASSIST, AT(3));
    ck_assert(hv_address_write(partition, 3u << HV_PAGE_SHIFT, &byte, sizeof(byte)));
    hv_vp_reset(vp);
    ck_assert_uint_eq(value_of(vp, ASSIST), 0);
    must_write(vp, ASSIST, AT(5));
    ck_assert_uint_eq(guest_byte(5), 0);
}
END_TEST

START_TEST(apic_msrs_reach_the_apic)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    must_write(vp, HV_X64_MSR_TPR, 0xF0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_TPR), 0xF0);
    ck_assert_uint_eq(vp->apic.tpr, 0xF0);
    /* An IPI to itself, taken and completed. */
    must_write(vp, HV_X64_MSR_ICR, 0x44061);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_ICR), 0x44061);
    must_write(vp, HV_X64_MSR_TPR, 0);
    ck_assert_int_eq(hv_apic_pending(&vp->apic), 0x61);
    hv_apic_accept(&vp->apic, 0x61, false);
    must_write(vp, HV_X64_MSR_EOI, 5);
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(reserved_bits_of_apic_msrs_fault)
{
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    hv_apic_accept(&vp->apic, 0x61, false);
    must_refuse_each(vp, HV_X64_MSR_TPR, ~UINT64_C(0xFF));
    for (unsigned bit = 32; bit < 64; bit++)
        ck_assert(write_faults(vp, HV_X64_MSR_EOI, UINT64_C(1) << bit));
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), 0x61);
}
END_TEST

START_TEST(without_the_capability_a_register_hypercall_reaches_no_apic)
{
    uint64_t value;

    begin_again(UINT64_MAX, fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_LOCAL_APIC);
    ck_assert_int_eq(hv_msr_get(vp, HV_X64_MSR_ICR, &value), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_get(vp, HV_X64_MSR_TPR, &value), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_EOI, 0), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_ICR, 0), HV_MSR_FAULT);
    ck_assert_int_eq(hv_msr_set(vp, HV_X64_MSR_TPR, 0), HV_MSR_FAULT);
}
END_TEST

/* ---- EOI assist ---- */

static uint32_t eoi_assist(uint64_t gpa_page)
{
    uint32_t value;

    ck_assert(hv_address_read(partition, gpa_page << HV_PAGE_SHIFT, &value, sizeof(value)));
    return value;
}

static void clear_eoi_assist(uint64_t gpa_page)
{
    uint32_t value = 0;

    ck_assert(hv_address_write(partition, gpa_page << HV_PAGE_SHIFT, &value, sizeof(value)));
}

/* An interrupt comes and the VP takes it. */
static void interrupt(uint8_t vector)
{
    hv_interrupt_post(vp, vector, false);
    hv_vp_prepare(vp);
    ck_assert_int_eq(pending(vp), vector);
    hv_interrupt_accept(vp, vector);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
}

START_TEST(the_page_says_that_no_eoi_is_required)
{
    must_write(vp, ASSIST, AT(3));
    interrupt(0x50);
    ck_assert_uint_eq(eoi_assist(3), HV_VP_ASSIST_NO_EOI_REQUIRED);
    clear_eoi_assist(3);
    interrupt(0x50);
    ck_assert_uint_eq(eoi_assist(3), HV_VP_ASSIST_NO_EOI_REQUIRED);
    /* A post takes it back as soon as it is taken. */
    hv_interrupt_post(vp, 0x20, false);
    hv_vp_prepare(vp);
    ck_assert_uint_eq(eoi_assist(3), 0);
    ck_assert_int_eq(pending(vp), HV_INTERRUPT_NONE);
    must_write(vp, HV_X64_MSR_EOI, 0);
    ck_assert_int_eq(pending(vp), 0x20);
}
END_TEST

/* The word moves with the page, and what was said of the interrupt in service stays true. */
START_TEST(the_page_can_move_and_go_with_an_interrupt_in_service)
{
    must_write(vp, ASSIST, AT(3));
    interrupt(0x50);
    must_write(vp, ASSIST, AT(4));
    ck_assert_uint_eq(eoi_assist(3), 0);
    ck_assert_uint_eq(eoi_assist(4), HV_VP_ASSIST_NO_EOI_REQUIRED);
    must_write(vp, ASSIST, 0);
    must_write(vp, ASSIST, AT(4));
    ck_assert_uint_eq(eoi_assist(4), 0);
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), 0x50);
    must_write(vp, HV_X64_MSR_EOI, 0);
    interrupt(0x50);
    clear_eoi_assist(4);
    must_write(vp, ASSIST, 0);
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(a_disabled_page_says_nothing)
{
    must_write(vp, ASSIST, AT(3) & ~UINT64_C(1));
    interrupt(0x50);
    ck_assert(!vp->apic.eoi_spared);
    must_write(vp, HV_X64_MSR_EOI, 0);
    hv_vp_reset(vp);
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    interrupt(0x50);
    ck_assert(!vp->apic.eoi_spared);
}
END_TEST

START_TEST(reset_with_an_interrupt_in_service_leaves_no_trace)
{
    must_write(vp, ASSIST, AT(3));
    interrupt(0x50);
    hv_vp_reset(vp);
    ck_assert(!vp->apic.eoi_spared);
    ck_assert_ptr_null(vp->apic.assist);
    must_write(vp, ASSIST, AT(3));
    ck_assert_uint_eq(eoi_assist(3), 0);
}
END_TEST

START_TEST(auto_eoi_needs_none_anyway)
{
    must_write(vp, HV_X64_MSR_SINT0 + SINT, VECTOR | HV_X64_MSR_SINT_AUTO_EOI);
    must_write(vp, ASSIST, AT(3));
    interrupt(VECTOR);
    ck_assert_uint_eq(eoi_assist(3), 0);
    ck_assert_int_eq(hv_apic_in_service(&vp->apic), HV_APIC_NO_VECTOR);
    interrupt(VECTOR + 1);
    ck_assert_uint_eq(eoi_assist(3), HV_VP_ASSIST_NO_EOI_REQUIRED);
}
END_TEST

static void keep(struct hv_vp *owner, struct hv_synic_message *message)
{
    (void)owner;
    (void)message;
}

/* The guest's EOI is what makes the second message come (TLFS: "message queues"). */
START_TEST(while_a_message_waits_the_eoi_is_required)
{
    struct hv_synic_message first = { .sint = SINT, .release = keep }, second = first;

    first.content.header.message_type = second.content.header.message_type = TYPE;
    must_write(vp, ASSIST, AT(3));
    hv_synic_queue(vp, &first);
    ck_assert_int_eq(pending(vp), VECTOR);
    hv_interrupt_accept(vp, VECTOR);
    ck_assert_uint_eq(eoi_assist(3), HV_VP_ASSIST_NO_EOI_REQUIRED);
    hv_synic_queue(vp, &second);
    ck_assert_uint_eq(eoi_assist(3), 0);
    must_write(vp, HV_X64_MSR_EOI, 0);
    interrupt(0x50);
    ck_assert_uint_eq(eoi_assist(3), 0);
    slot(vp, SINT)->header.message_type = HvMessageTypeNone;
    must_write(vp, HV_X64_MSR_EOI, 0);
    ck_assert_int_eq(pending(vp), VECTOR);
    hv_interrupt_accept(vp, VECTOR);
    ck_assert_uint_eq(eoi_assist(3), HV_VP_ASSIST_NO_EOI_REQUIRED);
}
END_TEST

/* It waits for the page, and no EOI brings it. */
START_TEST(a_message_without_a_page_requires_no_eoi)
{
    struct hv_synic_message message = { .sint = SINT, .release = keep };

    message.content.header.message_type = TYPE;
    must_write(vp, ASSIST, AT(3));
    must_write(vp, HV_X64_MSR_SIMP, 0);
    hv_synic_queue(vp, &message);
    interrupt(VECTOR);
    ck_assert_uint_eq(eoi_assist(3), HV_VP_ASSIST_NO_EOI_REQUIRED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("vp_assist");
    TCase *assist = tcase_create("eoi_assist");
    Suite *suite = suite_create("vp_assist");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, page_covers_memory_with_zeros_and_gives_it_back);
    tcase_add_test(tests, guest_reads_and_writes_the_page_and_does_not_execute_it);
    tcase_add_test(tests, each_vp_has_a_page_of_its_own);
    tcase_add_test(tests, reserved_bits_of_the_register_are_kept);
    tcase_add_test(tests, page_beyond_the_gpa_space_is_taken_and_invisible);
    tcase_add_test(tests, reset_takes_the_page_away_and_empties_it);
    tcase_add_test(tests, apic_msrs_reach_the_apic);
    tcase_add_test(tests, reserved_bits_of_apic_msrs_fault);
    tcase_add_test(tests, without_the_capability_a_register_hypercall_reaches_no_apic);
    tcase_add_checked_fixture(assist, synic_setup, teardown);
    tcase_add_test(assist, the_page_says_that_no_eoi_is_required);
    tcase_add_test(assist, the_page_can_move_and_go_with_an_interrupt_in_service);
    tcase_add_test(assist, a_disabled_page_says_nothing);
    tcase_add_test(assist, reset_with_an_interrupt_in_service_leaves_no_trace);
    tcase_add_test(assist, auto_eoi_needs_none_anyway);
    tcase_add_test(assist, while_a_message_waits_the_eoi_is_required);
    tcase_add_test(assist, a_message_without_a_page_requires_no_eoi);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, assist);
    return run_suite(suite);
}
