/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts between lib/core's local APIC and a KVM that does as the test says. */
#include <check.h>
#include <string.h>

#include "fake_kvm.h"
#include "suite.h"

#define VECTOR    0x85
#define IF        UINT64_C(0x202)
#define APIC_PAGE UINT64_C(0xFEE00000)
#define SPURIOUS  0xF0u

static struct worker_intercept intercept;

static void start(void)
{
    fake_kvm_start(1);
    fake_kvm_make();
}

/* ---- What the guest does ---- */

static int halt(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    run->exit_reason = KVM_EXIT_HLT;
    run->s.regs.regs.rflags = IF;
    run->ready_for_interrupt_injection = 1;
    return 0;
}

static int open_window(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    run->exit_reason = KVM_EXIT_IRQ_WINDOW_OPEN;
    run->ready_for_interrupt_injection = 1;
    return 0;
}

/* Bit 8 of the spurious vector register: the APIC is on. */
static int switch_apic_on(struct kvm_run *run, struct kvm_sregs *sregs)
{
    const uint32_t value = 0x1FF;

    (void)sregs;
    run->exit_reason = KVM_EXIT_MMIO;
    run->mmio.phys_addr = APIC_PAGE + SPURIOUS;
    run->mmio.len = 4;
    run->mmio.is_write = 1;
    memcpy(run->mmio.data, &value, sizeof(value));
    return 0;
}

static int end_of_interrupt(struct kvm_run *run, struct kvm_sregs *sregs)
{
    switch_apic_on(run, sregs);
    memset(run->mmio.data, 0, 4);
    run->mmio.phys_addr = APIC_PAGE + 0xB0;
    return 0;
}

static void run_until_kicked(void)
{
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_KICKED);
}

/* ---- Interrupts ---- */

static void interrupt(bool level)
{
    const struct hv_interrupt_request request = { .type = HvX64InterruptTypeFixed,
                                                  .level = level,
                                                  .vector = VECTOR };

    ck_assert_uint_eq(hv_interrupt_assert(fake_partition.partition, &request), HV_STATUS_SUCCESS);
}

START_TEST(interrupt_waits_for_the_window)
{
    fake_kvm_add(switch_apic_on);
    run_until_kicked();
    interrupt(false);
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = fake_kvm_out_to_com1;
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_INTERCEPT);
    ck_assert_uint_eq(fake_kvm.interrupt_count, 0);
    ck_assert_uint_eq(fake_kvm.run[0]->request_interrupt_window, 1);
    /* Ready or not: the OUT has not ended. */
    fake_kvm.run[0]->ready_for_interrupt_injection = 1;
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = open_window;
    fake_kvm.runs[1] = NULL;
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.taken[0], 0);
    ck_assert_uint_eq(fake_kvm.taken[1], 1);
    ck_assert_uint_eq(fake_kvm.interrupts[0], VECTOR);
    ck_assert_uint_eq(fake_kvm.run[0]->request_interrupt_window, 0);
}
END_TEST

START_TEST(halted_vp_wakes_for_an_interrupt)
{
    fake_kvm_add(switch_apic_on);
    run_until_kicked();
    interrupt(false);
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = halt;
    fake_kvm.runs[1] = NULL;
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.interrupt_count, 1);
    ck_assert_uint_eq(fake_kvm.interrupts[0], VECTOR);
    ck_assert_int_eq(atomic_load(&fake_partition.vp[0].activity), KVM_RUNS);
}
END_TEST

START_TEST(end_of_a_level_is_told)
{
    uint32_t vector = 0;

    fake_kvm_add(switch_apic_on);
    fake_kvm_add(open_window);
    run_until_kicked();
    interrupt(true);
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = end_of_interrupt;
    fake_kvm.runs[1] = NULL;
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.interrupt_count, 1);
    ck_assert(vmm_kvm_backend.take_ended(&fake_partition, &vector));
    ck_assert_uint_eq(vector, VECTOR);
    ck_assert(!vmm_kvm_backend.take_ended(&fake_partition, &vector));
}
END_TEST

START_TEST(interrupt_of_an_8259_is_told_when_it_was_taken)
{
    const struct worker_interrupt wanted = { .type = HvX64InterruptTypeExtInt, .vector = 0x20 };
    const struct vmm_backend *backend = &vmm_kvm_backend;

    ck_assert_uint_eq(backend->assert_interrupt(&fake_partition, &wanted), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(backend->clear_interrupt(&fake_partition), HV_STATUS_NOT_ACKNOWLEDGED);
    fake_kvm_add(open_window);
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.interrupts[0], 0x20);
    ck_assert_uint_eq(backend->clear_interrupt(&fake_partition), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(backend->clear_interrupt(&fake_partition), HV_STATUS_NOT_ACKNOWLEDGED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_kvm_interrupt");
    TCase *tests = tcase_create("kvm_interrupt");

    tcase_add_checked_fixture(tests, start, fake_kvm_end);
    tcase_add_test(tests, interrupt_waits_for_the_window);
    tcase_add_test(tests, halted_vp_wakes_for_an_interrupt);
    tcase_add_test(tests, end_of_a_level_is_told);
    tcase_add_test(tests, interrupt_of_an_8259_is_told_when_it_was_taken);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
