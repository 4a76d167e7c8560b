/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which interrupt is next, and what an EOI completes. Source: Intel SDM, volume 3A, "Handling
 * Interrupts".
 */
#include "apic_fixture.h"

static struct hv_apic apic;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
}

static uint64_t ppr(void)
{
    return apic_read(&apic, HV_APIC_PPR);
}

START_TEST(ppr_is_the_higher_of_task_and_interrupt_in_service)
{
    for (unsigned vector = 15; vector < 256; vector++)
        for (unsigned tpr = 0; tpr < 256; tpr++) {
            unsigned service = vector < 16 ? 0 : vector; /* 15: nothing is in service */

            apic_start(&apic, &apic_clock);
            if (service)
                hv_apic_accept(&apic, (uint8_t)vector, false);
            apic_write(&apic, HV_APIC_TPR, tpr);
            ck_assert_uint_eq(ppr(), tpr / 16 >= service / 16 ? tpr : service & 0xF0);
            ck_assert_uint_eq(hv_apic_processor_priority(&apic), ppr());
        }
}
END_TEST

START_TEST(only_a_higher_class_than_the_ppr_is_pending)
{
    for (unsigned vector = 16; vector < 256; vector++)
        for (unsigned tpr = 0; tpr < 256; tpr++) {
            apic_start(&apic, &apic_clock);
            hv_apic_request(&apic, (uint8_t)vector, false);
            hv_apic_set_tpr(&apic, (uint8_t)tpr);
            ck_assert_int_eq(hv_apic_pending(&apic),
                             vector / 16 > tpr / 16 ? (int)vector : HV_APIC_NO_VECTOR);
            ck_assert_int_eq(hv_apic_pending_behind_tpr(&apic), (int)vector);
        }
}
END_TEST

START_TEST(higher_vectors_come_first_and_all_come)
{
    static const uint8_t vectors[] = { 0x31, 0xFF, 0x10, 0x80, 0x20, 0x7F, 0xE0, 0x42 };
    static const int order[] = { 0xFF, 0xE0, 0x80, 0x7F, 0x42, 0x31, 0x20, 0x10 };

    for (size_t i = 0; i < sizeof(vectors); i++)
        hv_apic_request(&apic, vectors[i], false);
    for (size_t i = 0; i < sizeof(vectors); i++) {
        ck_assert_int_eq(apic_take(&apic), order[i]);
        ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
        hv_apic_eoi(&apic);
    }
    ck_assert_int_eq(apic_take(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(nested_interrupts_are_completed_inside_out)
{
    for (unsigned class = 1; class < 16; class ++) {
        hv_apic_request(&apic, (uint8_t)(class * 16 + 5), false);
        ck_assert_int_eq(apic_take(&apic), (int)class * 16 + 5);
        /* Not even the highest of the same class. */
        hv_apic_request(&apic, (uint8_t)(class * 16 + 15), false);
        ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
        ck_assert_uint_eq(ppr(), class * 16);
    }
    for (unsigned class = 15; class > 0; class --) {
        ck_assert_int_eq(hv_apic_in_service(&apic), (int)class * 16 + 5);
        hv_apic_eoi(&apic);
        ck_assert_int_eq(apic_take(&apic), (int)class * 16 + 15);
        hv_apic_eoi(&apic);
    }
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    ck_assert_uint_eq(ppr(), 0);
}
END_TEST

START_TEST(a_vector_in_service_can_be_requested_once_more)
{
    hv_apic_request(&apic, 0x50, false);
    apic_take(&apic);
    hv_apic_request(&apic, 0x50, false);
    hv_apic_request(&apic, 0x50, false);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    hv_apic_eoi(&apic);
    ck_assert_int_eq(apic_take(&apic), 0x50);
    hv_apic_eoi(&apic);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
}
END_TEST

START_TEST(lowering_the_task_priority_lets_through_what_waits_behind_it)
{
    hv_apic_set_tpr(&apic, 0x60);
    hv_apic_request(&apic, 0x60, false);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    ck_assert_int_eq(hv_apic_pending_behind_tpr(&apic), 0x60);
    hv_apic_set_tpr(&apic, 0x5F);
    ck_assert_int_eq(hv_apic_pending(&apic), 0x60);
}
END_TEST

START_TEST(what_waits_for_an_eoi_does_not_wait_behind_the_task_priority)
{
    hv_apic_request(&apic, 0x68, false);
    apic_take(&apic);
    hv_apic_set_tpr(&apic, 0xF0);
    hv_apic_request(&apic, 0x6F, false);
    ck_assert_int_eq(hv_apic_pending_behind_tpr(&apic), HV_APIC_NO_VECTOR);
    hv_apic_request(&apic, 0x70, false);
    ck_assert_int_eq(hv_apic_pending_behind_tpr(&apic), 0x70);
}
END_TEST

START_TEST(accepted_vector_leaves_the_irr_and_enters_the_isr)
{
    for (unsigned vector = 16; vector < 256; vector++) {
        apic_start(&apic, &apic_clock);
        hv_apic_request(&apic, (uint8_t)vector, false);
        hv_apic_accept(&apic, (uint8_t)vector, false);
        for (unsigned word = 0; word < 8; word++) {
            ck_assert_uint_eq(apic_read(&apic, HV_APIC_IRR + word), 0);
            ck_assert_uint_eq(apic_read(&apic, HV_APIC_ISR + word),
                              word == vector / 32 ? 1u << vector % 32 : 0);
        }
    }
}
END_TEST

START_TEST(auto_eoi_vector_never_gets_into_service)
{
    hv_apic_request(&apic, 0x50, false);
    hv_apic_accept(&apic, 0x50, true);
    ck_assert_int_eq(hv_apic_pending(&apic), HV_APIC_NO_VECTOR);
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    ck_assert_uint_eq(ppr(), 0);
    hv_apic_request(&apic, 0x40, false);
    ck_assert_int_eq(hv_apic_pending(&apic), 0x40);
}
END_TEST

START_TEST(eoi_of_nothing_does_nothing)
{
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_NOTHING);
    hv_apic_request(&apic, 0x50, true);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_NOTHING);
    ck_assert_int_eq(hv_apic_pending(&apic), 0x50);
}
END_TEST

START_TEST(eoi_completes_whatever_is_written)
{
    static const uint32_t values[] = { 0, 1, 0x50, UINT32_MAX };

    for (size_t i = 0; i < 4; i++) {
        hv_apic_request(&apic, 0x50, false);
        apic_take(&apic);
        apic_write(&apic, HV_APIC_EOI, values[i]);
        ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    }
}
END_TEST

START_TEST(eoi_of_a_level_interrupt_is_sent_to_its_source)
{
    struct hv_apic_effect effect;

    hv_apic_request(&apic, 0x50, true);
    hv_apic_request(&apic, 0x60, false);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_TMR + 2), 1u << 16);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_TMR + 3), 0);
    ck_assert_int_eq(apic_take(&apic), 0x60);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_NOTHING);
    ck_assert_int_eq(apic_take(&apic), 0x50);
    effect = apic_write(&apic, HV_APIC_EOI, 0);
    ck_assert_int_eq(effect.kind, HV_APIC_EOI_SENT);
    ck_assert_uint_eq(effect.vector, 0x50);
}
END_TEST

/* SDM, "Interrupt Acceptance for Fixed Interrupts": acceptance into the IRR sets and clears it. */
START_TEST(trigger_mode_is_that_of_the_latest_request)
{
    hv_apic_request(&apic, 0x50, true);
    hv_apic_request(&apic, 0x50, false);
    apic_take(&apic);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_NOTHING);
    hv_apic_request(&apic, 0x50, false);
    hv_apic_request(&apic, 0x50, true);
    apic_take(&apic);
    ck_assert_int_eq(hv_apic_eoi(&apic).kind, HV_APIC_EOI_SENT);
}
END_TEST

START_TEST(cr8_is_the_task_priority)
{
    hv_apic_set_tpr(&apic, 0xA0);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_TPR), 0xA0);
    ck_assert_uint_eq(ppr(), 0xA0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("priority");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, ppr_is_the_higher_of_task_and_interrupt_in_service);
    tcase_add_test(tcase, only_a_higher_class_than_the_ppr_is_pending);
    tcase_add_test(tcase, higher_vectors_come_first_and_all_come);
    tcase_add_test(tcase, nested_interrupts_are_completed_inside_out);
    tcase_add_test(tcase, a_vector_in_service_can_be_requested_once_more);
    tcase_add_test(tcase, lowering_the_task_priority_lets_through_what_waits_behind_it);
    tcase_add_test(tcase, what_waits_for_an_eoi_does_not_wait_behind_the_task_priority);
    tcase_add_test(tcase, accepted_vector_leaves_the_irr_and_enters_the_isr);
    tcase_add_test(tcase, auto_eoi_vector_never_gets_into_service);
    tcase_add_test(tcase, eoi_of_nothing_does_nothing);
    tcase_add_test(tcase, eoi_completes_whatever_is_written);
    tcase_add_test(tcase, eoi_of_a_level_interrupt_is_sent_to_its_source);
    tcase_add_test(tcase, trigger_mode_is_that_of_the_latest_request);
    tcase_add_test(tcase, cr8_is_the_task_priority);
    return apic_run("core_apic_priority", tcase);
}
