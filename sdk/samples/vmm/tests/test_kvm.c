/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The back end of /dev/kvm, on a KVM that does as the test says: exits and what comes of them. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "fake_kvm.h"
#include "suite.h"

#define LINUX_ID     UINT64_C(0x8100000000000000)
#define RIP          UINT64_C(0x1000)
#define STATUS_BAD   HV_STATUS_INVALID_HYPERCALL_CODE
#define UNKNOWN_MSR  0x12345678u
#define LONG_MODE    UINT64_C(0x500)
#define CODE_ENABLED UINT64_C(0x5001)

static struct worker_intercept intercept;

static void start(void)
{
    fake_kvm_start(1);
    fake_kvm_make();
}

static uint8_t *ram_at(uint64_t gpa)
{
    return fake_partition.memory.seen + gpa;
}

/* ---- What the guest does ---- */

static int write_msr(struct kvm_run *run, uint32_t msr, uint64_t value)
{
    run->exit_reason = KVM_EXIT_X86_WRMSR;
    run->msr.index = msr;
    run->msr.data = value;
    run->s.regs.regs.rip = RIP;
    run->s.regs.regs.rcx = msr;
    run->s.regs.regs.rax = (uint32_t)value;
    run->s.regs.regs.rdx = value >> 32;
    return 0;
}

static int read_msr(struct kvm_run *run, uint32_t msr)
{
    run->exit_reason = KVM_EXIT_X86_RDMSR;
    run->msr.index = msr;
    run->s.regs.regs.rcx = msr;
    return 0;
}

static int identify(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
}

static int enable_code(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_HYPERCALL, CODE_ENABLED);
}

static int enable_tsc_page(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_REFERENCE_TSC, 0x7001);
}

static int disable_code(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_HYPERCALL, 0);
}

static int enable_code_beyond_ram(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_HYPERCALL, FAKE_RAM | 1);
}

/* RIP as it is when the OUT has ended. */
static int call_hypervisor(struct kvm_run *run, struct kvm_sregs *sregs)
{
    sregs->efer = LONG_MODE;
    sregs->cr0 = 0x80000001;
    sregs->cr4 = 0x20;
    sregs->cs.l = 1;
    run->s.regs.regs.rip = RIP + 2;
    run->s.regs.regs.rcx = 0xFFFF;
    return fake_kvm_out(run, KVM_HYPERCALL_PORT, 0);
}

static int call_from_user_mode(struct kvm_run *run, struct kvm_sregs *sregs)
{
    call_hypervisor(run, sregs);
    sregs->ss.dpl = 3;
    return 0;
}

static int shut_down(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    run->exit_reason = KVM_EXIT_SHUTDOWN;
    return 0;
}

static int write_protected(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)run;
    (void)sregs;
    errno = EFAULT;
    return -1;
}

static int read_unknown(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return read_msr(run, UNKNOWN_MSR);
}

static int read_firmwares(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    run->msr.data = 77;
    run->s.regs.regs.rax = 77;
    return read_msr(run, 0xC0010010);
}

static int write_tsc(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, 0x10, 1);
}

static int read_vp_index(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    run->msr.data = 77;
    return read_msr(run, HV_X64_MSR_VP_INDEX);
}

static int write_vp_index(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_VP_INDEX, 5);
}

static int reset(struct kvm_run *run, struct kvm_sregs *sregs)
{
    (void)sregs;
    return write_msr(run, HV_X64_MSR_RESET, HV_X64_MSR_RESET_RESET);
}

static void run_until_kicked(void)
{
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_KICKED);
}

/* ---- Memory ---- */

START_TEST(overlay_page_lies_over_ram_for_the_guest_alone)
{
    static const uint8_t code[] = { 0xE6, KVM_HYPERCALL_PORT, 0xC3 };

    *ram_at(0x5000) = 0x11;
    fake_kvm_add(identify);
    fake_kvm_add(enable_code);
    run_until_kicked();
    ck_assert_mem_eq(ram_at(0x500A), code, sizeof(code));
    ck_assert_uint_eq(fake_partition.memory.all[0x5000], 0x11);
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = disable_code;
    fake_kvm.runs[1] = NULL;
    run_until_kicked();
    ck_assert_uint_eq(*ram_at(0x5000), 0x11);
    *ram_at(0x5000) = 0x22;
    ck_assert_uint_eq(fake_partition.memory.all[0x5000], 0x22);
}
END_TEST

START_TEST(overlay_page_beyond_ram_has_a_slot_as_long_as_it_is_there)
{
    const struct kvm_userspace_memory_region *slot = NULL;

    fake_kvm_add(identify);
    fake_kvm_add(enable_code_beyond_ram);
    run_until_kicked();
    for (unsigned i = KVM_MOST_PIECES; i < FAKE_SLOTS; i++)
        if (fake_kvm.slots[i].memory_size)
            slot = &fake_kvm.slots[i];
    ck_assert_ptr_nonnull(slot);
    ck_assert_uint_eq(slot->guest_phys_addr, FAKE_RAM);
    ck_assert_uint_eq(slot->memory_size, HV_PAGE_SIZE);
    ck_assert_uint_eq(*(const uint8_t *)(uintptr_t)slot->userspace_addr, 0x50);
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = disable_code;
    fake_kvm.runs[1] = NULL;
    run_until_kicked();
    ck_assert_uint_eq(slot->memory_size, 0);
}
END_TEST

/* Where the hypercall page is and where the reference TSC page is, by the operand or, where that
   leads nowhere, the latter. */
START_TEST(write_to_a_protected_page_raises_what_goes_with_the_page)
{
    static const struct {
        uint8_t code[2];
        uint64_t rdi, rbx;
        uint32_t vector;
    } cases[] = {
        { { 0x88, 0x03 } /* mov %al, (%ebx) */, 0, 0x5123, 13 },
        { { 0x88, 0x03 }, 0, 0x7123, 18 },
        { { 0x89, 0x03 } /* mov %eax, (%ebx) */, 0, 0x4FFE, 13 },
        { { 0xAA, 0x90 } /* stosb */, 0x5123, 0, 13 },
        { { 0xA4, 0x90 } /* movsb */, 0x5123, 0, 13 },
        { { 0x90, 0x90 } /* nop */, 0, 0, 18 },
    };

    fake_kvm_add(identify);
    fake_kvm_add(enable_code);
    fake_kvm_add(enable_tsc_page);
    fake_kvm_add(write_protected);
    fake_kvm.run[0]->s.regs.sregs.cs = (struct kvm_segment){ .db = 1 };
    fake_kvm.run[0]->s.regs.regs.rbx = cases[_i].rbx;
    fake_kvm.run[0]->s.regs.regs.rdi = cases[_i].rdi;
    memcpy(ram_at(RIP), cases[_i].code, 2);
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.events.exception.injected, 1);
    ck_assert_uint_eq(fake_kvm.events.exception.nr, cases[_i].vector);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.regs.rip, RIP);
}
END_TEST

START_TEST(exception_that_cannot_be_delivered_is_the_end)
{
    fake_kvm_add(identify);
    fake_kvm_add(enable_code);
    fake_kvm_add(write_protected);
    fake_kvm_add(write_protected);
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_INTERCEPT);
    ck_assert_uint_eq(intercept.message.header.message_type, HvMessageTypeUnrecoverableException);
}
END_TEST

/* ---- Hypercalls and MSRs ---- */

START_TEST(out_of_the_hypercall_page_is_a_hypercall)
{
    const struct kvm_regs *regs;

    fake_kvm_add(identify);
    fake_kvm_add(enable_code);
    fake_kvm_add(call_hypervisor);
    run_until_kicked();
    regs = &fake_kvm.run[0]->s.regs.regs;
    ck_assert_uint_eq(regs->rax & 0xFFFF, STATUS_BAD);
    ck_assert_uint_eq(regs->rip, RIP + 2);
    /* KVM had to end the OUT first. */
    ck_assert_uint_eq(fake_kvm.finished, 1);
}
END_TEST

START_TEST(hypercall_without_a_page_or_from_user_mode_is_ud)
{
    fake_run *const runs[] = { call_hypervisor, call_from_user_mode };

    if (_i == 1) {
        fake_kvm_add(identify);
        fake_kvm_add(enable_code);
    }
    fake_kvm_add(runs[_i]);
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.events.exception.nr, 6);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.regs.rip, RIP);
}
END_TEST

START_TEST(synthetic_msrs_are_those_of_the_hypervisor)
{
    fake_kvm_add(read_vp_index);
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.run[0]->msr.error, 0);
    ck_assert_uint_eq(fake_kvm.run[0]->msr.data, 0);
    fake_kvm.run_count = 0;
    fake_kvm.runs[0] = write_vp_index;
    run_until_kicked();
    /* KVM raises the exception, so nothing else must. */
    ck_assert_uint_eq(fake_kvm.run[0]->msr.error, 1);
    ck_assert_uint_eq(fake_kvm.events.exception.injected, 0);
}
END_TEST

START_TEST(other_msrs_are_refused_but_those_of_firmware_and_the_tsc)
{
    static const struct {
        fake_run *run;
        uint8_t error;
    } cases[] = { { read_unknown, 1 }, { read_firmwares, 0 }, { write_tsc, 0 } };

    fake_kvm_add(cases[_i].run);
    run_until_kicked();
    ck_assert_uint_eq(fake_kvm.run[0]->msr.error, cases[_i].error);
    ck_assert_uint_eq(fake_kvm.run[0]->msr.data, 0);
}
END_TEST

START_TEST(reset_of_the_hypervisor_is_told)
{
    const struct hv_x64_msr_intercept_message *message = (const void *)intercept.message.payload;

    fake_kvm_add(reset);
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_INTERCEPT);
    ck_assert_uint_eq(intercept.message.header.message_type, HvMessageTypeMsrIntercept);
    ck_assert_uint_eq(message->msr_number, HV_X64_MSR_RESET);
    ck_assert_uint_eq(message->rax, HV_X64_MSR_RESET_RESET);
}
END_TEST

/* ---- The worker's ---- */

START_TEST(port_is_the_workers)
{
    fake_kvm_add(fake_kvm_out_to_com1);
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_INTERCEPT);
    ck_assert_int_eq(intercept.kind, WORKER_INTERCEPT_ACCESS);
    ck_assert_uint_eq(intercept.access.address, 0x3F8);
    ck_assert(intercept.access.is_port && intercept.access.is_write);
    ck_assert_uint_eq(*intercept.access.data, 'x');
}
END_TEST

START_TEST(triple_fault_is_told)
{
    fake_kvm_add(shut_down);
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_INTERCEPT);
    ck_assert_uint_eq(intercept.message.header.message_type, HvMessageTypeUnrecoverableException);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_kvm");
    TCase *tests = tcase_create("kvm");

    tcase_add_checked_fixture(tests, start, fake_kvm_end);
    tcase_add_test(tests, overlay_page_lies_over_ram_for_the_guest_alone);
    tcase_add_test(tests, overlay_page_beyond_ram_has_a_slot_as_long_as_it_is_there);
    tcase_add_loop_test(tests, write_to_a_protected_page_raises_what_goes_with_the_page, 0, 6);
    tcase_add_test(tests, exception_that_cannot_be_delivered_is_the_end);
    tcase_add_test(tests, out_of_the_hypercall_page_is_a_hypercall);
    tcase_add_loop_test(tests, hypercall_without_a_page_or_from_user_mode_is_ud, 0, 2);
    tcase_add_test(tests, synthetic_msrs_are_those_of_the_hypervisor);
    tcase_add_loop_test(tests, other_msrs_are_refused_but_those_of_firmware_and_the_tsc, 0, 3);
    tcase_add_test(tests, reset_of_the_hypervisor_is_told);
    tcase_add_test(tests, port_is_the_workers);
    tcase_add_test(tests, triple_fault_is_told);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
