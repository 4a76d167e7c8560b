/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Save and restore of a VP: registers, run time, assist page, local APIC, start state. */
#include <hv/interrupt.h>

#include "ratio.h"
#include "save_fixture.h"
#include "suite.h"

#define PAGE_GPA UINT64_C(0x7000)

static void reset_registers(struct machine *machine)
{
    memset(fake_vp(machine->vps[0])->registers, 0, sizeof(fake_vp(machine->vps[0])->registers));
}

/* ---- Registers of the architecture ---- */

START_TEST(general_registers_are_kept)
{
    struct fake_vp *backend = fake_vp(from.vps[0]);

    for (unsigned i = 0; i < HV_GPR_COUNT; i++)
        backend->gprs.gpr[i] = UINT64_C(0x1111111111111111) * i + 1;
    backend->gprs.rip = 0xFFFFF80012345678;
    backend->gprs.rflags = 0x202;
    for (unsigned i = 0; i < 16; i++)
        memset(backend->xmm[i], 0x40 + (int)i, 16);
    migrate();
    ck_assert_mem_eq(&fake_vp(to.vps[0])->gprs, &backend->gprs, sizeof(backend->gprs));
    ck_assert_mem_eq(fake_vp(to.vps[0])->xmm, backend->xmm, sizeof(backend->xmm));
}
END_TEST

/* Of each group one, each with a value of its own. */
static const uint32_t names[] = {
    HvX64RegisterEfer,
    HvX64RegisterCr0,
    HvX64RegisterCr2,
    HvX64RegisterCr3,
    HvX64RegisterCr4,
    HvX64RegisterXfem,
    HvX64RegisterEs,
    HvX64RegisterTr,
    HvX64RegisterIdtr,
    HvX64RegisterGdtr,
    HvX64RegisterFpMmx0,
    HvX64RegisterXmmControlStatus,
    HvX64RegisterDr0,
    HvX64RegisterDr7,
    HvX64RegisterKernelGsBase,
    HvX64RegisterPat,
    HvX64RegisterSfmask,
    HvX64RegisterMsrMtrrDefType,
    HvX64RegisterMsrMtrrPhysMask0,
    HvX64RegisterMsrMtrrFix4kF8000,
    HvX64RegisterTscAux,
    HvX64RegisterDebugCtl,
    HvX64RegisterSpecCtrl,
    HvX64RegisterXss,
    HvX64RegisterUCet,
    HvX64RegisterXfdErr,
    HvRegisterPendingInterruption,
    HvRegisterInterruptState,
    HvRegisterPendingEvent0,
    HvX64RegisterPendingDebugException,
    HvRegisterPendingEvent3,
};

#define NAMES (sizeof(names) / sizeof(names[0]))

START_TEST(each_register_that_the_back_end_knows_is_kept)
{
    const struct hv_cpu_ops *cpu = &from.fake.platform.cpu;

    for (size_t i = 0; i < NAMES; i++) {
        const struct hv_register128 value = { .low = 0x100 + i };

        ck_assert_uint_eq(cpu->set_register(&from.fake, from.vps[0], names[i], &value),
                          HV_STATUS_SUCCESS);
    }
    migrate();
    for (size_t i = 0; i < NAMES; i++) {
        struct hv_register128 value;

        cpu->get_register(&to.fake, to.vps[0], names[i], &value);
        ck_assert_msg(value.low == 0x100 + i, "register %#x", names[i]);
        cpu->get_register(&to.fake, to.vps[1], names[i], &value);
        ck_assert_uint_eq(value.low, 0);
    }
}
END_TEST

/* Its clock is the embedder's, and the APIC's registers are in the APIC's record. */
START_TEST(registers_that_belong_elsewhere_are_not_saved)
{
    static const uint32_t others[] = { HvX64RegisterTsc,      HvX64RegisterTscAdjust,
                                       HvX64RegisterCr8,      HvX64RegisterTscDeadline,
                                       HvX64RegisterApicBase, HvX64RegisterMsrMtrrCap,
                                       HvX64RegisterPredCmd,  HvX64RegisterInitialApicId };
    const struct hv_register_payload *payload;

    save_all(&from);
    payload = payload_of(&saved_vp[0], HV_RECORD_REGISTERS);
    for (size_t i = 0; i < payload_size(&saved_vp[0], HV_RECORD_REGISTERS) / sizeof(*payload); i++)
        for (size_t j = 0; j < sizeof(others) / sizeof(others[0]); j++)
            ck_assert_uint_ne(payload[i].name, others[j]);
}
END_TEST

START_TEST(without_a_local_apic_its_registers_are_the_back_ends)
{
    const uint32_t capabilities =
        from.fake.platform.facts.capabilities & ~(uint32_t)HV_CPU_LOCAL_APIC;
    const struct hv_register128 value = { .low = 9 };
    struct hv_register128 read;

    fake_platform_destroy(&from.fake);
    fake_platform_init(&from.fake);
    from.fake.platform.facts.capabilities = capabilities;
    start_machine(&from, UINT64_MAX);
    from.fake.platform.cpu.set_register(&from.fake, from.vps[0], HvX64RegisterCr8, &value);
    save_all(&from);
    reset_registers(&from);
    ck_assert_uint_eq(restore_vp(&from, 0), HV_STATUS_SUCCESS);
    from.fake.platform.cpu.get_register(&from.fake, from.vps[0], HvX64RegisterCr8, &read);
    ck_assert_uint_eq(read.low, 9);
}
END_TEST

START_TEST(a_vp_goes_on_waiting_for_what_it_has_waited_for)
{
    static const uint64_t waits[] = { HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND,
                                      HV_INTERNAL_ACTIVITY_HALT_SUSPEND,
                                      HV_INTERNAL_ACTIVITY_IDLE_SUSPEND };

    fake_vp(from.vps[1])->activity = waits[_i];
    migrate();
    ck_assert_uint_eq(fake_vp(to.vps[0])->activity, 0);
    ck_assert_uint_eq(fake_vp(to.vps[1])->activity, waits[_i]);
}
END_TEST

/* As a back end checks them: each name's place in the list. */
START_TEST(registers_come_in_an_order_in_which_they_can_be_set)
{
    static const uint32_t order[] = { HvX64RegisterEfer, HvX64RegisterCr4, HvX64RegisterCr3,
                                      HvX64RegisterCr0,  HvX64RegisterCs,  HvX64RegisterRip };
    const struct hv_register_payload *payload;
    size_t found = 0, count;

    save_all(&from);
    payload = payload_of(&saved_vp[0], HV_RECORD_REGISTERS);
    count = payload_size(&saved_vp[0], HV_RECORD_REGISTERS) / sizeof(*payload);
    for (size_t i = 0; i < count && found < 6; i++)
        if (payload[i].name == order[found])
            found++;
    ck_assert_uint_eq(found, 6);
}
END_TEST

static void change_register(size_t index, uint32_t name, uint32_t zero, uint64_t low)
{
    struct hv_register_payload *payload;

    save_vp(&from, 0);
    payload = payload_of(&saved_vp[0], HV_RECORD_REGISTERS);
    payload[index].name = name;
    payload[index].zero = zero;
    payload[index].value.low = low;
}

START_TEST(registers_that_do_not_belong_there_are_refused)
{
    static const struct {
        size_t index;
        uint32_t name;
    } cases[] = {
        { 0, HvX64RegisterTsc },        { 0, HvX64RegisterCr8 },
        { 0, HvX64RegisterMsrMtrrCap }, { 0, 0xFFFFFFFF },
        { 1, HvX64RegisterEfer }, /* twice */
        { 0, HvX64RegisterCr4 },        /* and twice */ { 0, HvRegisterGuestOsId },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        change_register(cases[i].index, cases[i].name, 0, 0);
        fake_vp(to.vps[0])->gprs.rip = 0x1234;
        ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_PARAMETER);
        ck_assert_uint_eq(fake_vp(to.vps[0])->gprs.rip, 0x1234);
    }
    change_register(0, HvX64RegisterEfer, 1, 0);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_value_that_the_back_end_refuses_is_refused)
{
    change_register(1, HvX64RegisterCr4, 0, UINT64_C(1) << 32);
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_REGISTER_VALUE);
}
END_TEST

START_TEST(registers_that_were_not_saved_stay)
{
    struct hv_record_header header;
    struct hv_register_payload *payload;
    size_t size;

    save_vp(&from, 0);
    payload = payload_of(&saved_vp[0], HV_RECORD_REGISTERS);
    size = payload_size(&saved_vp[0], HV_RECORD_REGISTERS);
    /* All but the first are cut out. */
    memcpy(&header, (uint8_t *)payload - sizeof(header), sizeof(header));
    header.size = sizeof(*payload);
    memcpy((uint8_t *)payload - sizeof(header), &header, sizeof(header));
    memmove(payload + 1, (uint8_t *)payload + size,
            saved_vp[0].size - (size_t)((uint8_t *)payload - saved_vp[0].bytes) - size);
    saved_vp[0].size -= size - sizeof(*payload);
    fake_vp(to.vps[0])->gprs.rip = 0x1234;
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(to.vps[0])->gprs.rip, 0x1234);
}
END_TEST

/* ---- Registers of the VP ---- */

START_TEST(npiep_and_statistics_are_kept)
{
    must_write(from.vps[0], HV_X64_MSR_NPIEP_CONFIG, 5);
    must_write(from.vps[0], HV_X64_MSR_STATS_VP_RETAIL_PAGE, PAGE_GPA | 1);
    must_write(from.vps[0], HV_X64_MSR_STATS_VP_INTERNAL_PAGE, PAGE_GPA + 0x1000);
    migrate();
    ck_assert_uint_eq(hv_vp_npiep(to.vps[0]), 5);
    ck_assert_uint_eq(hv_vp_npiep(to.vps[1]), 0);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STATS_VP_RETAIL_PAGE), PAGE_GPA | 1);
    ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_STATS_VP_INTERNAL_PAGE), PAGE_GPA + 0x1000);
    ck_assert(to.vps[0]->stats.overlay[0].enabled);
    ck_assert(!to.vps[0]->stats.overlay[1].enabled);
}
END_TEST

START_TEST(run_time_goes_on_from_where_it_was)
{
    uint64_t before;

    hv_vp_account_start(from.vps[0], from.fake.tsc);
    from.fake.tsc += 500 * TICKS_PER_UNIT;
    before = hv_vp_runtime(from.vps[0]);
    ck_assert_uint_ge(before, 499);
    save_all(&from);
    from.fake.tsc += 500 * TICKS_PER_UNIT;
    restore_all(&to);
    ck_assert_uint_eq(hv_vp_runtime(to.vps[0]), before);
    to.fake.tsc += 100 * TICKS_PER_UNIT;
    ck_assert_uint_eq(hv_vp_runtime(to.vps[0]), before);
    hv_vp_account_start(to.vps[0], to.fake.tsc);
    to.fake.tsc += 100 * TICKS_PER_UNIT;
    ck_assert_uint_eq(hv_vp_runtime(to.vps[0]), before + 100);
    /* The saved one goes on, too. */
    ck_assert_uint_eq(hv_vp_runtime(from.vps[0]), before + 500);
}
END_TEST

START_TEST(time_is_converted_to_another_clock_and_never_less)
{
    static const uint64_t clocks[] = { 2000000000, 2100000000, 1900000001, 3333333333, 10000001 };

    ck_assert_uint_eq(hv_ratio_convert(UINT64_MAX, 7, 7), UINT64_MAX);
    for (size_t i = 0; i < 5; i++)
        for (uint64_t ticks = 1; ticks < UINT64_C(1) << 50; ticks = ticks * 3 + 1) {
            unsigned __int128 exact = (unsigned __int128)ticks * clocks[i];
            uint64_t converted = hv_ratio_convert(ticks, FAKE_TSC_HZ, clocks[i]);

            ck_assert((unsigned __int128)converted * FAKE_TSC_HZ >= exact);
            ck_assert(converted - (uint64_t)(exact / FAKE_TSC_HZ) <= 6);
        }
}
END_TEST

START_TEST(run_time_and_timers_are_converted_to_another_clock)
{
    fake_platform_destroy(&to.fake);
    fake_platform_init(&to.fake);
    to.fake.platform.facts.tsc_hz = 4 * FAKE_TSC_HZ;
    start_machine(&to, UINT64_MAX);
    hv_vp_account_start(from.vps[0], from.fake.tsc);
    from.fake.tsc += 500 * TICKS_PER_UNIT;
    hv_apic_write(&from.vps[0]->apic, HV_APIC_LVT_TIMER, 0x55, from.fake.tsc);
    hv_apic_write(&from.vps[0]->apic, HV_APIC_INITIAL_COUNT, 1000000, from.fake.tsc);
    ck_assert_uint_eq(from.vps[0]->apic.timer.deadline - from.fake.tsc, 20000000);
    migrate();
    /* Rounded up; the timer's is cut to its period. */
    ck_assert_uint_eq(to.vps[0]->run_ticks, 4 * 500 * TICKS_PER_UNIT + 1);
    ck_assert_uint_eq(to.vps[0]->apic.timer.deadline - to.fake.tsc, 80000000);
}
END_TEST

/* ---- The assist page ---- */

START_TEST(the_assist_page_is_kept_with_its_content)
{
    struct hv_mapping mapping;

    for (uint64_t enable = 0; enable < 2; enable++) {
        fresh_target();
        must_write(from.vps[0], HV_X64_MSR_VP_ASSIST_PAGE, PAGE_GPA | enable);
        memset(from.vps[0]->assist_page.page, 0x3C, HV_PAGE_SIZE);
        migrate();
        ck_assert_uint_eq(value_of(to.vps[0], HV_X64_MSR_VP_ASSIST_PAGE), PAGE_GPA | enable);
        ck_assert_mem_eq(to.vps[0]->assist_page.page, from.vps[0]->assist_page.page, HV_PAGE_SIZE);
        hv_address_translate(to.partition, PAGE_GPA / HV_PAGE_SIZE, &mapping);
        ck_assert(mapping.overlay == (enable != 0));
    }
}
END_TEST

/* ---- Local APIC ---- */

static int vector_of(struct hv_vp *vp)
{
    hv_vp_prepare(vp);
    hv_interrupt_poll(vp, ((struct fake_platform *)vp->partition->platform)->tsc);
    return hv_interrupt_view(vp)->vector;
}

START_TEST(interrupts_that_are_pending_or_posted_are_kept)
{
    hv_apic_request(&from.vps[0]->apic, 0x61, false);
    hv_interrupt_post(from.vps[0], 0x52, false);
    migrate();
    ck_assert_int_eq(vector_of(to.vps[0]), 0x61);
    hv_interrupt_accept(to.vps[0], 0x61);
    must_write(to.vps[0], HV_X64_MSR_EOI, 0);
    ck_assert_int_eq(vector_of(to.vps[0]), 0x52);
    hv_interrupt_accept(to.vps[0], 0x52);
    must_write(to.vps[0], HV_X64_MSR_EOI, 0);
    ck_assert_int_eq(vector_of(to.vps[0]), HV_INTERRUPT_NONE);
    ck_assert_int_eq(vector_of(to.vps[1]), HV_INTERRUPT_NONE);
    ck_assert_uint_ge(fake_vp(to.vps[0])->apic_changes, 1);
}
END_TEST

/* The page is the APIC's again, too. */
START_TEST(the_assist_page_spares_eois_afterwards)
{
    const struct hv_vp_assist_page *page;

    hv_apic_write(&from.vps[0]->apic, HV_APIC_SVR, 0x1FF, from.fake.tsc);
    must_write(from.vps[0], HV_X64_MSR_VP_ASSIST_PAGE, PAGE_GPA | HV_X64_MSR_PAGE_ENABLE);
    hv_apic_request(&from.vps[0]->apic, 0x61, false);
    migrate();
    page = to.vps[0]->assist_page.page;
    ck_assert_uint_eq(page->apic_assist, 0);
    ck_assert_int_eq(vector_of(to.vps[0]), 0x61);
    hv_interrupt_accept(to.vps[0], 0x61);
    ck_assert_uint_eq(page->apic_assist, HV_VP_ASSIST_NO_EOI_REQUIRED);
}
END_TEST

/* Posted, or taken from the inbox and not yet looked at by the back end. */
START_TEST(events_are_kept_once_wherever_they_are)
{
    struct hv_interrupt_vectors vectors;

    for (unsigned taken = 0; taken < 2; taken++) {
        fresh_target();
        hv_interrupt_post_event(from.vps[1], HV_INTERRUPT_INIT, 0);
        hv_interrupt_post_event(from.vps[1], HV_INTERRUPT_STARTUP, 0x9A);
        hv_interrupt_post_event(from.vps[1], HV_INTERRUPT_NMI, 0);
        hv_interrupt_post_event(from.vps[1], HV_INTERRUPT_EXTINT, 0x08);
        if (taken)
            hv_vp_prepare(from.vps[1]);
        migrate();
        hv_interrupt_events(from.vps[1], &vectors);
        hv_vp_prepare(to.vps[1]);
        ck_assert_uint_eq(hv_interrupt_events(to.vps[1], &vectors), 0xF);
        ck_assert_uint_eq(vectors.startup, 0x9A);
        ck_assert_int_eq(vectors.extint, 0x08);
        hv_vp_prepare(to.vps[1]);
        ck_assert_uint_eq(hv_interrupt_events(to.vps[1], &vectors), 0);
    }
}
END_TEST

START_TEST(saving_takes_nothing_from_the_vp)
{
    struct hv_interrupt_vectors vectors;

    hv_interrupt_post_event(from.vps[1], HV_INTERRUPT_NMI, 0);
    hv_interrupt_post(from.vps[1], 0x52, false);
    save_all(&from);
    ck_assert_uint_eq(hv_interrupt_events(from.vps[1], &vectors), HV_INTERRUPT_NMI);
    ck_assert_int_eq(vector_of(from.vps[1]), 0x52);
}
END_TEST

/* Who sends to a logical ID finds the restored VP. */
START_TEST(logical_destinations_are_kept)
{
    hv_apic_write(&from.vps[1]->apic, HV_APIC_LDR, 0x80000000, 0);
    migrate();
    hv_apic_send(to.vps[0], UINT64_C(0x80) << 32 | 1u << 11 | 0x77);
    ck_assert_int_eq(vector_of(to.vps[1]), 0x77);
}
END_TEST

/* ---- What is refused ---- */

static const struct change of_vp[] = {
    CHANGE(hv_vp_payload, tsc_hz, 0, INVALID_PARAMETER),
    CHANGE(hv_vp_payload, npiep, 16, INVALID_PARAMETER),
    CHANGE(hv_vp_payload, zero, 1, INVALID_PARAMETER),
};

START_TEST(a_vp_that_can_not_be_is_refused)
{
    for (size_t i = 0; i < sizeof(of_vp) / sizeof(of_vp[0]); i++) {
        save_vp(&from, 0);
        apply(payload_of(&saved_vp[0], HV_RECORD_VP), &of_vp[i]);
        ck_assert_msg(restore_vp(&to, 0) == of_vp[i].status, "%s", of_vp[i].name);
    }
}
END_TEST

START_TEST(an_apic_that_can_not_be_is_refused)
{
    uint64_t *payload;

    save_vp(&from, 0);
    payload = payload_of(&saved_vp[0], HV_RECORD_APIC);
    payload[0] = 0;
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_PARAMETER);
    save_vp(&from, 0);
    payload = payload_of(&saved_vp[0], HV_RECORD_APIC);
    payload[1] = 0;
    ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(too_little_memory_is_a_status)
{
    static const uint32_t msrs[] = { HV_X64_MSR_VP_ASSIST_PAGE, HV_X64_MSR_STATS_VP_RETAIL_PAGE,
                                     HV_X64_MSR_STATS_VP_INTERNAL_PAGE, HV_X64_MSR_SIMP,
                                     HV_X64_MSR_SIEFP };

    drain_pool(to.partition);
    for (size_t i = 0; i < 5; i++) {
        must_write(from.vps[0], msrs[i], UINT64_C(0x4000000000) | 1);
        save_vp(&from, 0);
        ck_assert_uint_eq(restore_vp(&to, 0), HV_STATUS_INSUFFICIENT_MEMORY);
        must_write(from.vps[0], msrs[i], 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_save_vp");
    TCase *tcase = tcase_create("vp");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, general_registers_are_kept);
    tcase_add_test(tcase, each_register_that_the_back_end_knows_is_kept);
    tcase_add_test(tcase, registers_that_belong_elsewhere_are_not_saved);
    tcase_add_test(tcase, without_a_local_apic_its_registers_are_the_back_ends);
    tcase_add_loop_test(tcase, a_vp_goes_on_waiting_for_what_it_has_waited_for, 0, 3);
    tcase_add_test(tcase, registers_come_in_an_order_in_which_they_can_be_set);
    tcase_add_test(tcase, registers_that_do_not_belong_there_are_refused);
    tcase_add_test(tcase, a_value_that_the_back_end_refuses_is_refused);
    tcase_add_test(tcase, registers_that_were_not_saved_stay);
    tcase_add_test(tcase, npiep_and_statistics_are_kept);
    tcase_add_test(tcase, run_time_goes_on_from_where_it_was);
    tcase_add_test(tcase, time_is_converted_to_another_clock_and_never_less);
    tcase_add_test(tcase, run_time_and_timers_are_converted_to_another_clock);
    tcase_add_test(tcase, the_assist_page_is_kept_with_its_content);
    tcase_add_test(tcase, the_assist_page_spares_eois_afterwards);
    tcase_add_test(tcase, interrupts_that_are_pending_or_posted_are_kept);
    tcase_add_test(tcase, events_are_kept_once_wherever_they_are);
    tcase_add_test(tcase, saving_takes_nothing_from_the_vp);
    tcase_add_test(tcase, logical_destinations_are_kept);
    tcase_add_test(tcase, a_vp_that_can_not_be_is_refused);
    tcase_add_test(tcase, an_apic_that_can_not_be_is_refused);
    tcase_add_test(tcase, too_little_memory_is_a_status);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
