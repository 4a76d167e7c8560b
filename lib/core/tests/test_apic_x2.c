/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The local APIC's registers in x2APIC mode, where each register says by a fault what it does not
 * take. Source: Intel SDM, volume 3A, "Extended XAPIC (x2APIC)", its table of registers.
 */
#include <string.h>

#include "apic_fixture.h"

static struct hv_apic apic;

static void setup(void)
{
    apic_start(&apic, &apic_clock);
    apic_enter_x2(&apic);
}

#define LAST_REGISTER 0xFFu

/* What may be written of each register. EOI and ESR take zero alone. */
struct rule {
    bool readable, writable;
    uint64_t defined;
};

static struct rule rule_of(unsigned reg)
{
    switch (reg) {
    case 0x02: /* ID */
    case 0x03: /* version */
    case 0x0A: /* PPR */
    case 0x0D: /* LDR */
    case 0x39: /* current count */
        return (struct rule){ .readable = true };
    case 0x08: /* TPR */
        return (struct rule){ true, true, 0xFF };
    case 0x0B: /* EOI */
        return (struct rule){ false, true, 0 };
    case 0x0F: /* SVR */
        return (struct rule){ true, true, 0x3FF };
    case 0x28: /* ESR */
        return (struct rule){ true, true, 0 };
    case 0x30: /* ICR */
        return (struct rule){ true, true, UINT64_C(0xFFFFFFFF000CCFFF) };
    case 0x32: /* LVT timer; the delivery status is read-only, not reserved */
        return (struct rule){ true, true, 0x000710FF };
    case 0x33: /* LVT thermal, performance */
    case 0x34:
        return (struct rule){ true, true, 0x000117FF };
    case 0x35: /* LVT LINT0, LINT1 */
    case 0x36:
        return (struct rule){ true, true, 0x0001F7FF };
    case 0x37: /* LVT error */
        return (struct rule){ true, true, 0x000110FF };
    case 0x38: /* initial count */
        return (struct rule){ true, true, 0xFFFFFFFF };
    case 0x3E: /* divide configuration */
        return (struct rule){ true, true, 0xB };
    case 0x3F: /* self IPI */
        return (struct rule){ false, true, 0xFF };
    default:
        return (struct rule){ .readable = reg >= 0x10 && reg <= 0x27 };
    }
}

START_TEST(only_readable_registers_can_be_read)
{
    uint64_t value;

    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++)
        ck_assert_msg(hv_apic_read(&apic, reg, 0, &value) == rule_of(reg).readable, "register %#x",
                      reg);
    ck_assert_uint_eq(apic.errors, 0);
}
END_TEST

START_TEST(a_fault_changes_nothing)
{
    struct hv_apic before;

    hv_apic_request(&apic, 0x80, true);
    apic_take(&apic);
    before = apic;
    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++)
        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t value = UINT64_C(1) << bit;

            if (rule_of(reg).writable && (value & rule_of(reg).defined))
                continue;
            ck_assert_msg(apic_write(&apic, reg, value).kind == HV_APIC_FAULT,
                          "register %#x bit %u", reg, bit);
            ck_assert_msg(memcmp(&apic, &before, sizeof(apic)) == 0, "register %#x bit %u", reg,
                          bit);
        }
}
END_TEST

START_TEST(every_defined_bit_can_be_written)
{
    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++) {
        struct rule rule = rule_of(reg);

        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t value = UINT64_C(1) << bit;

            if (value & rule.defined)
                ck_assert_msg(apic_write(&apic, reg, value).kind != HV_APIC_FAULT,
                              "register %#x bit %u", reg, bit);
            apic_write(&apic, HV_APIC_SVR, 0x1FF);
        }
        ck_assert_int_eq(apic_write(&apic, reg, 0).kind == HV_APIC_FAULT, !rule.writable);
    }
}
END_TEST

START_TEST(what_was_written_is_read_back)
{
    for (unsigned reg = 0; reg <= LAST_REGISTER; reg++) {
        struct rule rule = rule_of(reg);
        /* Delivery status and remote IRR are for hardware to set. */
        uint64_t status = reg >= HV_APIC_LVT_TIMER && reg <= HV_APIC_LVT_ERROR ? 0x5000 : 0;

        if (!rule.readable || !rule.writable || reg == HV_APIC_ESR)
            continue;
        setup();
        apic_write(&apic, reg, rule.defined);
        ck_assert_msg(apic_read(&apic, reg) == (rule.defined & ~status), "register %#x", reg);
    }
}
END_TEST

START_TEST(non_zero_eoi_and_esr_fault)
{
    hv_apic_request(&apic, 0x80, false);
    apic_take(&apic);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_EOI, 1).kind, HV_APIC_FAULT);
    ck_assert_int_eq(hv_apic_in_service(&apic), 0x80);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_EOI, 0).kind, HV_APIC_NOTHING);
    ck_assert_int_eq(hv_apic_in_service(&apic), HV_APIC_NO_VECTOR);
    ck_assert_int_eq(apic_write(&apic, HV_APIC_ESR, 0x80).kind, HV_APIC_FAULT);
}
END_TEST

START_TEST(ids_are_of_32_bits)
{
    static const struct {
        uint32_t id, logical;
    } cases[] = {
        { 0, 0x00000001 },          { 15, 0x00008000 },
        { 16, 0x00010001 },         { 0x123, 0x00120008 },
        { 0xFFFF, 0x0FFF8000 },     { 0x10000, 0x10000001 },
        { 0xFFFFF, 0xFFFF8000 },    { 0x100000, 0x00000001 } /* only 20 bits have a logical ID */,
        { 0xFFFFFFFE, 0xFFFF4000 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hv_apic_init(&apic, &apic_clock, cases[i].id, false);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_ID), (uint32_t)(cases[i].id << 24));
        apic_enter_x2(&apic);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_ID), cases[i].id);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_LDR), cases[i].logical);
        ck_assert_uint_eq(apic.ldr, cases[i].logical);
    }
}
END_TEST

START_TEST(icr_is_one_register_of_64_bits)
{
    const uint64_t command = UINT64_C(0x12345678000C08F1);
    struct hv_apic_effect effect = apic_write(&apic, HV_APIC_ICR, command);

    ck_assert_int_eq(effect.kind, HV_APIC_SEND);
    ck_assert_uint_eq(effect.command, command);
    ck_assert_uint_eq(apic_read(&apic, HV_APIC_ICR), command);
}
END_TEST

START_TEST(illegal_vectors_are_not_sent)
{
    for (uint32_t vector = 0; vector < 32; vector++) {
        apic_errors(&apic);
        ck_assert_int_eq(apic_write(&apic, HV_APIC_ICR, vector).kind,
                         vector < 16 ? HV_APIC_NOTHING : HV_APIC_SEND);
        ck_assert_uint_eq(apic_errors(&apic), vector < 16 ? HV_APIC_ESR_SEND_ILLEGAL : 0);
    }
}
END_TEST

START_TEST(self_ipi_is_a_fixed_interrupt_to_oneself)
{
    for (uint32_t vector = 0; vector < 256; vector++) {
        struct hv_apic_effect effect;

        apic_errors(&apic);
        apic_write(&apic, HV_APIC_ICR, UINT64_C(0x700000040));
        effect = apic_write(&apic, HV_APIC_SELF_IPI, vector);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_ICR), UINT64_C(0x700000040));
        ck_assert_int_eq(effect.kind, vector < 16 ? HV_APIC_NOTHING : HV_APIC_SEND);
        if (vector >= 16)
            ck_assert_uint_eq(effect.command, 0x00040000 | vector);
        ck_assert_uint_eq(apic_errors(&apic),
                          vector < 16 ? HV_APIC_ESR_SEND_ILLEGAL | HV_APIC_ESR_RECEIVE_ILLEGAL : 0);
    }
}
END_TEST

START_TEST(vectors_are_read_as_in_xapic_mode)
{
    for (unsigned vector = 16; vector < 256; vector++)
        hv_apic_request(&apic, (uint8_t)vector, vector % 3 == 0);
    for (unsigned word = 0; word < 8; word++) {
        uint32_t level = 0;

        for (unsigned bit = word == 0 ? 16 : 0; bit < 32; bit++)
            level |= (uint32_t)((word * 32 + bit) % 3 == 0) << bit;
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_IRR + word), word ? 0xFFFFFFFF : 0xFFFF0000);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_TMR + word), level);
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_ISR + word), 0);
    }
    for (int vector = 255; vector > 16; vector -= 16)
        hv_apic_accept(&apic, (uint8_t)vector, false);
    for (unsigned word = 0; word < 8; word++)
        ck_assert_uint_eq(apic_read(&apic, HV_APIC_ISR + word), word ? 0x80008000 : 0x80000000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("x2apic");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, only_readable_registers_can_be_read);
    tcase_add_test(tcase, a_fault_changes_nothing);
    tcase_add_test(tcase, every_defined_bit_can_be_written);
    tcase_add_test(tcase, what_was_written_is_read_back);
    tcase_add_test(tcase, non_zero_eoi_and_esr_fault);
    tcase_add_test(tcase, ids_are_of_32_bits);
    tcase_add_test(tcase, icr_is_one_register_of_64_bits);
    tcase_add_test(tcase, illegal_vectors_are_not_sent);
    tcase_add_test(tcase, self_ipi_is_a_fixed_interrupt_to_oneself);
    tcase_add_test(tcase, vectors_are_read_as_in_xapic_mode);
    return apic_run("core_apic_x2", tcase);
}
