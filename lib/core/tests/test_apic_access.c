/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How a guest reaches its local APIC: by MSRs of the architecture, by synthetic ones, and by
 * instructions on its page; and what an access leads to outside of the APIC. Source: Intel SDM,
 * volume 3A, "Advanced Programmable Interrupt Controller"; TLFS: local APIC.
 */
#include <string.h>

#include "apic_access.h"
#include "apic_bits.h"
#include "synic_fixture.h"
#include "suite.h"

#define APIC_GPA UINT64_C(0xFEE00000)
#define X2(reg)  (HV_APIC_X2_MSR_FIRST + (reg))
#define RIP      UINT64_C(0x1000)
#define IPI      0x53
#define TO_SELF  (HV_APIC_TO_SELF << HV_APIC_ICR_SHORTHAND_SHIFT | IPI)
#define NOTHING  UINT32_MAX /* what is read where nothing is */
#define SENTINEL UINT64_C(0x1122334455667788)

static void begin(void)
{
    synic_setup();
    fake_vp(vp)->apic_changes = 0;
}

static void use_x2(void)
{
    must_write(vp, HV_APIC_BASE_MSR, hv_apic_base(&vp->apic) | HV_APIC_BASE_EXTD);
    fake_vp(vp)->apic_changes = 0;
}

/* Whether the VP has been sent the IPI; takes it. */
static bool is_sent(void)
{
    bool sent;

    hv_vp_prepare(vp);
    sent = hv_apic_test(vp->apic.irr, IPI);
    hv_apic_clear(vp->apic.irr, IPI);
    return sent;
}

/* As an interrupt in service, by level. */
static void put_in_service(uint8_t vector)
{
    hv_interrupt_post(vp, vector, true);
    hv_vp_prepare(vp);
    hv_interrupt_poll(vp, fake.tsc);
    hv_interrupt_accept(vp, vector);
}

static void release(struct hv_vp *target, struct hv_synic_message *message)
{
    (void)target;
    (void)message;
}

/* A message comes while its slot is full, which is emptied then. */
static void make_message_wait(struct hv_synic_message *message)
{
    *message = (struct hv_synic_message){ .release = release, .sint = SINT };
    message->content.header.message_type = TYPE;
    slot(vp, SINT)->header.message_type = 99;
    hv_synic_queue(vp, message);
    slot(vp, SINT)->header.message_type = HvMessageTypeNone;
}

/* ---- MSRs ---- */

START_TEST(the_base_can_be_read_and_written)
{
    uint64_t base = value_of(vp, HV_APIC_BASE_MSR);

    ck_assert_uint_eq(base, APIC_GPA | HV_APIC_BASE_ENABLE | HV_APIC_BASE_BSP);
    must_write(vp, HV_APIC_BASE_MSR, base | HV_APIC_BASE_EXTD);
    ck_assert_uint_eq(value_of(vp, HV_APIC_BASE_MSR), base | HV_APIC_BASE_EXTD);
    ck_assert_uint_eq(fake_vp(vp)->apic_changes, 1);
    ck_assert(write_faults(vp, HV_APIC_BASE_MSR, base | UINT64_C(1) << 60));
    ck_assert(write_faults(vp, HV_APIC_BASE_MSR, base));
    ck_assert_uint_eq(value_of(vp, HV_APIC_BASE_MSR), base | HV_APIC_BASE_EXTD);
}
END_TEST

/* By who restores a VP or resets it, whatever mode its guest has left. */
START_TEST(the_base_is_set_from_any_mode_to_any_other)
{
    static const uint64_t modes[] = { 0, HV_APIC_BASE_ENABLE,
                                      HV_APIC_BASE_ENABLE | HV_APIC_BASE_EXTD };
    const uint64_t base = APIC_GPA | HV_APIC_BASE_BSP;

    for (unsigned from = 0; from < 3; from++)
        for (unsigned to = 0; to < 3; to++) {
            ck_assert(hv_apic_set_base(vp, base | modes[from]));
            fake_vp(vp)->apic_changes = 0;
            ck_assert(hv_apic_set_base(vp, base | modes[to]));
            ck_assert_uint_eq(hv_apic_base(&vp->apic), base | modes[to]);
            ck_assert_uint_eq(fake_vp(vp)->apic_changes, from != to);
            ck_assert(!hv_apic_set_base(vp, base | HV_APIC_BASE_EXTD));
            ck_assert(!hv_apic_set_base(vp, (base ^ HV_APIC_BASE_BSP) | modes[from]));
            ck_assert_uint_eq(hv_apic_base(&vp->apic), base | modes[to]);
        }
}
END_TEST

/* What a guest was interrupted by is none of the next one's business. */
START_TEST(the_way_out_of_x2apic_mode_is_a_reset)
{
    uint64_t base = hv_apic_base(&vp->apic);

    use_x2();
    hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, fake.tsc);
    ck_assert(hv_apic_set_base(vp, base));
    ck_assert_uint_eq(vp->apic.svr, 0xFF);
}
END_TEST

START_TEST(the_deadline_is_that_of_the_timer)
{
    uint64_t deadline = fake.tsc + 100000;

    hv_apic_write(&vp->apic, HV_APIC_LVT_TIMER, 0x40000 | IPI, fake.tsc);
    must_write(vp, HV_APIC_TSC_DEADLINE_MSR, deadline);
    ck_assert_uint_eq(value_of(vp, HV_APIC_TSC_DEADLINE_MSR), deadline);
    fake.tsc = deadline;
    ck_assert_uint_eq(value_of(vp, HV_APIC_TSC_DEADLINE_MSR), 0);
    ck_assert(is_sent());
}
END_TEST

START_TEST(registers_are_msrs_in_x2apic_mode_alone)
{
    uint64_t value = SENTINEL;

    ck_assert_int_eq(fake_rdmsr(vp, X2(HV_APIC_ID), &value), HV_DISPOSITION_RESUME);
    ck_assert(fake_injected(vp, HV_X64_EXCEPTION_GP));
    ck_assert(write_faults(vp, X2(HV_APIC_TPR), 0x30));
    ck_assert_uint_eq(vp->apic.tpr, 0);
    use_x2();
    ck_assert_uint_eq(value_of(vp, X2(HV_APIC_ID)), 0);
    must_write(vp, X2(HV_APIC_TPR), 0x30);
    ck_assert_uint_eq(value_of(vp, X2(HV_APIC_TPR)), 0x30);
    ck_assert(write_faults(vp, X2(HV_APIC_TPR), UINT64_C(1) << 32));
    ck_assert(write_faults(vp, X2(HV_APIC_ID), 0));
}
END_TEST

START_TEST(msrs_beside_those_of_the_apic_are_not_its_own)
{
    static const uint32_t own[] = { HV_APIC_X2_MSR_FIRST, HV_APIC_X2_MSR_LAST, HV_APIC_BASE_MSR,
                                    HV_APIC_TSC_DEADLINE_MSR };
    static const uint32_t others[] = { HV_APIC_X2_MSR_FIRST - 1, HV_APIC_X2_MSR_LAST + 1,
                                       HV_APIC_BASE_MSR + 1, HV_APIC_TSC_DEADLINE_MSR + 1 };
    uint64_t value;

    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(fake_rdmsr(vp, own[i], &value), HV_DISPOSITION_RESUME);
        ck_assert_int_eq(fake_wrmsr(vp, own[i], UINT64_MAX), HV_DISPOSITION_RESUME);
        ck_assert_int_eq(fake_rdmsr(vp, others[i], &value), HV_DISPOSITION_PASS);
        ck_assert_int_eq(fake_wrmsr(vp, others[i], 0), HV_DISPOSITION_PASS);
    }
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_LOCAL_APIC;
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(fake_rdmsr(vp, own[i], &value), HV_DISPOSITION_PASS);
        ck_assert_int_eq(fake_wrmsr(vp, own[i], 0), HV_DISPOSITION_PASS);
    }
}
END_TEST

START_TEST(both_halves_of_an_msr_are_there)
{
    use_x2();
    must_write(vp, X2(HV_APIC_ICR), UINT64_C(0x12345678) << 32 | IPI);
    fake_vp(vp)->gprs.gpr[HV_GPR_RDX] = SENTINEL;
    fake_vp(vp)->gprs.gpr[HV_GPR_RAX] = SENTINEL;
    ck_assert_uint_eq(value_of(vp, X2(HV_APIC_ICR)), UINT64_C(0x12345678) << 32 | IPI);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_ICR), UINT64_C(0x12345678) << 32 | IPI);
}
END_TEST

START_TEST(synthetic_icr_has_the_destination_of_the_mode)
{
    ck_assert(!is_sent());
    must_write(vp, HV_X64_MSR_ICR, TO_SELF);
    ck_assert(is_sent());
    must_write(vp, HV_X64_MSR_ICR, IPI); /* ID 0 in xAPIC mode */
    ck_assert(is_sent());
    must_write(vp, HV_X64_MSR_ICR, UINT64_C(1) << 56 | IPI); /* ID 1 */
    ck_assert(!is_sent());
    hv_vp_prepare(other);
    ck_assert(hv_apic_test(other->apic.irr, IPI));
    hv_apic_clear(other->apic.irr, IPI);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_ICR), UINT64_C(1) << 56 | IPI);
    use_x2();
    must_write(vp, HV_X64_MSR_ICR, UINT64_C(1) << 32 | IPI);
    hv_vp_prepare(other);
    ck_assert(hv_apic_test(other->apic.irr, IPI));
    ck_assert(write_faults(vp, HV_X64_MSR_ICR, UINT64_C(1) << 13));
}
END_TEST

START_TEST(synthetic_registers_have_their_reserved_bits)
{
    must_write(vp, HV_X64_MSR_TPR, 0xFF);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_TPR), 0xFF);
    ck_assert(write_faults(vp, HV_X64_MSR_TPR, 0x100));
    ck_assert_uint_eq(vp->apic.tpr, 0xFF);
    must_write(vp, HV_X64_MSR_EOI, UINT32_MAX);
    ck_assert(write_faults(vp, HV_X64_MSR_EOI, UINT64_C(1) << 32));
}
END_TEST

/* ---- What an access leads to ---- */

START_TEST(an_eoi_is_told_to_the_source)
{
    put_in_service(IPI);
    must_write(vp, HV_X64_MSR_EOI, 0);
    ck_assert_uint_eq(fake_vp(vp)->eois, 1);
    ck_assert_uint_eq(fake_vp(vp)->last_eoi, IPI);
    put_in_service(IPI + 1);
    use_x2();
    must_write(vp, X2(HV_APIC_EOI), 0);
    ck_assert_uint_eq(fake_vp(vp)->eois, 2);
    ck_assert_uint_eq(fake_vp(vp)->last_eoi, IPI + 1);
    must_write(vp, X2(HV_APIC_EOI), 0);
    ck_assert_uint_eq(fake_vp(vp)->eois, 2);
}
END_TEST

START_TEST(the_back_end_is_told_what_it_passes_on)
{
    static const struct {
        unsigned reg;
        uint32_t value;
        bool told;
    } writes[] = {
        { HV_APIC_LVT_TIMER, 0x10000, true },
        { HV_APIC_LVT_LINT0, 0x10000, true },
        { HV_APIC_LVT_ERROR, 0x10000, true },
        { HV_APIC_SVR, 0x1FF, true },
        { HV_APIC_TPR, 0, false },
        { HV_APIC_ESR, 0, false },
        { HV_APIC_DIVIDE, 0, false },
        { HV_APIC_INITIAL_COUNT, 0, false },
    };

    use_x2();
    for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        fake_vp(vp)->apic_changes = 0;
        must_write(vp, X2(writes[i].reg), writes[i].value);
        ck_assert_msg(fake_vp(vp)->apic_changes == writes[i].told, "register %#x", writes[i].reg);
    }
}
END_TEST

/* TLFS: SynIC, "message slots": the end of an interrupt is a moment to look at the slot again. */
START_TEST(an_eoi_lets_a_message_in_that_waits)
{
    struct hv_synic_message message;

    for (unsigned x2 = 0; x2 < 2; x2++) {
        if (x2)
            use_x2();
        make_message_wait(&message);
        must_write(vp, x2 ? X2(HV_APIC_TPR) : HV_X64_MSR_TPR, 0);
        ck_assert_uint_eq(slot(vp, SINT)->header.message_type, HvMessageTypeNone);
        must_write(vp, x2 ? X2(HV_APIC_EOI) : HV_X64_MSR_EOI, 0);
        ck_assert_uint_eq(slot(vp, SINT)->header.message_type, TYPE);
        slot(vp, SINT)->header.message_type = HvMessageTypeNone;
    }
}
END_TEST

/* ---- The page ---- */

static enum hv_disposition access_page(uint32_t offset, enum hv_insn_mode mode, const char *code,
                                       uint8_t size)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &fake_vp(vp)->gprs };

    exit.memory.gpa = APIC_GPA + offset;
    exit.memory.code_mode = (uint8_t)mode;
    exit.memory.code_size = size;
    memcpy(exit.memory.code, code, size);
    fake_vp(vp)->injected = false;
    fake_vp(vp)->gprs.rip = RIP;
    return hv_apic_page_exit(vp, &exit);
}

#define ACCESS(reg, mode, code) access_page((reg)*16, mode, code, sizeof(code) - 1)
#define LOAD                    "\x8B\x03" /* mov (%rbx), %eax */
#define STORE                   "\x89\x03" /* mov %eax, (%rbx) */
#define STORE_IMMEDIATE         "\xC7\x03\x53\x00\x04\x00"
#define PUSH                    "\xFF\x33"

static uint64_t *rax(void)
{
    return &fake_vp(vp)->gprs.gpr[HV_GPR_RAX];
}

static void must_go_on(enum hv_disposition disposition, unsigned length)
{
    ck_assert_int_eq(disposition, HV_DISPOSITION_RESUME);
    ck_assert(!fake_vp(vp)->injected);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, RIP + length);
}

START_TEST(the_page_is_one_page)
{
    ck_assert(hv_apic_is_page(vp, APIC_GPA));
    ck_assert(hv_apic_is_page(vp, APIC_GPA + 0xFFF));
    ck_assert(!hv_apic_is_page(vp, APIC_GPA - 1));
    ck_assert(!hv_apic_is_page(vp, APIC_GPA + 0x1000));
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_LOCAL_APIC;
    ck_assert(!hv_apic_is_page(vp, APIC_GPA));
}
END_TEST

START_TEST(loads_and_stores_reach_a_register)
{
    *rax() = UINT64_C(0xFFFFFFFF00000030);
    must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_64, STORE), 2);
    ck_assert_uint_eq(vp->apic.tpr, 0x30);
    *rax() = SENTINEL;
    must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_64, LOAD), 2);
    ck_assert_uint_eq(*rax(), 0x30);
    must_go_on(ACCESS(HV_APIC_VERSION, HV_INSN_64, LOAD), 2);
    ck_assert_uint_eq(*rax(), 0x00050014);
    must_go_on(ACCESS(HV_APIC_ICR, HV_INSN_64, STORE_IMMEDIATE), 6);
    ck_assert(is_sent());
    put_in_service(IPI);
    must_go_on(ACCESS(HV_APIC_EOI, HV_INSN_64, STORE), 2);
    ck_assert_uint_eq(fake_vp(vp)->eois, 1);
}
END_TEST

START_TEST(a_logical_id_counts_at_once)
{
    *rax() = 0x02000000;
    must_go_on(ACCESS(HV_APIC_LDR, HV_INSN_64, STORE), 2);
    ck_assert_uint_eq(fake_vp(vp)->apic_changes, 1);
    must_write(vp, HV_X64_MSR_ICR, UINT64_C(2) << 56 | HV_APIC_ICR_LOGICAL | IPI);
    ck_assert(is_sent());
}
END_TEST

START_TEST(a_push_is_the_back_ends)
{
    vp->apic.tpr = 0x40;
    must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_32, PUSH), 2);
    ck_assert_uint_eq(fake_vp(vp)->pushed, 0x40);
    fake_vp(vp)->push_faults = true;
    must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_32, PUSH), 0);
}
END_TEST

START_TEST(other_accesses_are_refused)
{
    static const char *const codes[] = {
        "\x8A\x03",     /* mov (%rbx), %al */
        "\x48\x8B\x03", /* mov (%rbx), %rax */
        "\x66\x89\x03", /* mov %ax, (%rbx) */
        "\x03\x03",     /* add (%rbx), %eax */
        "\xFF\x33",     /* push (%rbx): 64 bits */
        "\x87\x03",     /* xchg %eax, (%rbx) */
        "\x89\xC3",     /* mov %eax, %ebx: no memory */
    };

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        ck_assert_int_eq(
            access_page(HV_APIC_TPR * 16, HV_INSN_64, codes[i], (uint8_t)strlen(codes[i])),
            HV_DISPOSITION_RESUME);
        ck_assert_msg(fake_injected(vp, HV_X64_EXCEPTION_GP), "code %u", i);
        ck_assert_uint_eq(fake_vp(vp)->gprs.rip, RIP);
    }
    for (uint32_t offset = 1; offset < 16; offset++) {
        access_page(HV_APIC_TPR * 16 + offset, HV_INSN_64, LOAD, 2);
        ck_assert(fake_injected(vp, HV_X64_EXCEPTION_GP));
    }
}
END_TEST

START_TEST(code_that_is_gone_runs_again)
{
    must_go_on(access_page(HV_APIC_TPR * 16, HV_INSN_64, LOAD, 0), 0);
    must_go_on(access_page(HV_APIC_TPR * 16, HV_INSN_64, LOAD, 1), 0);
}
END_TEST

START_TEST(nothing_is_there_without_the_page)
{
    for (unsigned x2 = 0; x2 < 2; x2++) {
        uint64_t base = value_of(vp, HV_APIC_BASE_MSR);

        must_write(vp, HV_APIC_BASE_MSR,
                   x2 ? base | HV_APIC_BASE_ENABLE : base & ~HV_APIC_BASE_ENABLE);
        if (x2)
            use_x2();
        *rax() = 0x30;
        must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_64, STORE), 2);
        ck_assert_uint_eq(vp->apic.tpr, 0);
        must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_64, LOAD), 2);
        ck_assert_uint_eq(*rax(), NOTHING);
        must_go_on(ACCESS(HV_APIC_TPR, HV_INSN_32, PUSH), 2);
        ck_assert_uint_eq(fake_vp(vp)->pushed, NOTHING);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("apic_access");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, teardown);
    tcase_add_test(all, the_base_can_be_read_and_written);
    tcase_add_test(all, the_base_is_set_from_any_mode_to_any_other);
    tcase_add_test(all, the_way_out_of_x2apic_mode_is_a_reset);
    tcase_add_test(all, the_deadline_is_that_of_the_timer);
    tcase_add_test(all, registers_are_msrs_in_x2apic_mode_alone);
    tcase_add_test(all, msrs_beside_those_of_the_apic_are_not_its_own);
    tcase_add_test(all, both_halves_of_an_msr_are_there);
    tcase_add_test(all, synthetic_icr_has_the_destination_of_the_mode);
    tcase_add_test(all, synthetic_registers_have_their_reserved_bits);
    tcase_add_test(all, an_eoi_is_told_to_the_source);
    tcase_add_test(all, the_back_end_is_told_what_it_passes_on);
    tcase_add_test(all, an_eoi_lets_a_message_in_that_waits);
    tcase_add_test(all, the_page_is_one_page);
    tcase_add_test(all, loads_and_stores_reach_a_register);
    tcase_add_test(all, a_logical_id_counts_at_once);
    tcase_add_test(all, a_push_is_the_back_ends);
    tcase_add_test(all, other_accesses_are_refused);
    tcase_add_test(all, code_that_is_gone_runs_again);
    tcase_add_test(all, nothing_is_there_without_the_page);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
