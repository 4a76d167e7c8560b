/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How a machine of KVM is made, and what its VPs begin with. */
#include <check.h>
#include <string.h>

#include "fake_kvm.h"
#include "suite.h"

#define HYPERVISOR (1u << 31)
#define OTHERS     0xFFu /* of APIC IDs, in EBX */
#define CR4_PGE    0x80u
#define START_RIP  UINT64_C(0x7000)
#define RFLAGS_ONE UINT64_C(2)

static void start(void)
{
    fake_kvm_start(2);
}

static struct kvm_vp *vp_of(uint32_t index)
{
    return &fake_partition.vp[index];
}

/* ---- CPUID ---- */

START_TEST(guest_sees_the_interface_and_nothing_of_kvm)
{
    const struct kvm_cpuid_entry2 *entry;

    fake_kvm_make();
    entry = fake_kvm_cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION, 0);
    ck_assert_uint_eq(entry->ebx, HV_VENDOR_EBX);
    ck_assert_uint_eq(fake_kvm_cpuid(HV_CPUID_INTERFACE, 0)->eax, HV_INTERFACE_SIGNATURE);
    ck_assert_uint_ne(fake_kvm_cpuid(HV_CPUID_VERSION, 0)->eax, 0);
    ck_assert_ptr_nonnull(fake_kvm_cpuid(entry->eax, 0));
    ck_assert_uint_eq(fake_kvm_cpuid(HV_CPUID_IMPLEMENTATION_LIMITS, 0)->eax, 2);
    entry = fake_kvm_cpuid(1, 0);
    ck_assert(entry->ecx & HYPERVISOR);
    /* VMX and the TSC deadline. */
    ck_assert_uint_eq(entry->ecx & (1u << 5 | 1u << 24), 0);
    ck_assert_uint_eq(fake_kvm_cpuid(0x80000001, 0)->ecx & 1u << 2, 0);
    ck_assert_uint_eq(fake_kvm_cpuid(7, 0)->ebx & 1u << 1, 0);
}
END_TEST

START_TEST(each_vp_is_a_core_of_one_package)
{
    fake_kvm_make();
    /* Those of the last one are kept. */
    ck_assert_uint_eq(fake_kvm_cpuid(1, 0)->ebx, 1u << 24 | 2u << 16 | 0x0800);
    ck_assert_uint_eq(fake_kvm_cpuid(0xB, 0)->edx, 1);
    ck_assert_uint_eq(fake_kvm_cpuid(0xB, 1)->ebx, 2);
    ck_assert_uint_eq(fake_kvm_cpuid(0xB, 1)->eax, 1);
    ck_assert_uint_eq(fake_kvm_cpuid(0x80000008, 0)->ecx, 1u << 12 | 1u);
}
END_TEST

START_TEST(machine_without_the_interface_sees_no_hypervisor)
{
    fake_machine.privileges = 0;
    fake_kvm_make();
    ck_assert_uint_eq(fake_kvm_cpuid(1, 0)->ecx & HYPERVISOR, 0);
    ck_assert_ptr_null(fake_kvm_cpuid(HV_CPUID_VENDOR_AND_MAX_FUNCTION, 0));
    ck_assert_ptr_null(fake_kvm_cpuid(HV_CPUID_INTERFACE, 0));
}
END_TEST

START_TEST(invariant_tsc_is_told_as_the_kernel_trusts_it)
{
    fake_partition.tsc_is_reliable = _i;
    fake_kvm_make();
    ck_assert_int_eq(
        !!(fake_kvm_cpuid(HV_CPUID_FEATURES, 0)->eax & HV_PRIVILEGE_AccessPartitionReferenceTsc),
        _i);
}
END_TEST

/* ---- Making ---- */

START_TEST(old_kvm_is_trouble)
{
    struct vmm_trouble trouble = { .text = "" };

    fake_kvm.missing = KVM_CAP_X86_MSR_FILTER;
    ck_assert_ptr_nonnull(kvm_memory_take(&fake_partition.memory, FAKE_RAM, &trouble));
    ck_assert(!kvm_partition_make(&fake_partition, &fake_machine, &trouble));
    ck_assert_str_eq(trouble.text,
                     "this KVM is too old: it can't leave MSRs to user space (Linux 5.16 can)");
}
END_TEST

START_TEST(machine_can_be_made_again)
{
    fake_kvm_make();
    *fake_partition.memory.seen = 1;
    kvm_partition_unmake(&fake_partition);
    kvm_memory_give(&fake_partition.memory);
    fake_kvm_make();
    ck_assert_uint_eq(*fake_partition.memory.seen, 0);
    ck_assert_uint_eq(fake_partition.vp_count, 2);
}
END_TEST

/* ---- Registers ---- */

START_TEST(first_vp_starts_and_others_wait)
{
    fake_kvm_make();
    ck_assert_int_eq(atomic_load(&vp_of(0)->activity), KVM_RUNS);
    ck_assert_uint_eq(vp_of(0)->gprs.rip, 0xFFF0);
    ck_assert_int_eq(atomic_load(&vp_of(1)->activity), KVM_WAITS_FOR_STARTUP);
    hv_interrupt_post_event(vp_of(1)->vp, HV_INTERRUPT_STARTUP, 0x9A);
    kvm_interrupt_take_events(vp_of(1));
    ck_assert_int_eq(atomic_load(&vp_of(1)->activity), KVM_RUNS);
    ck_assert_uint_eq(fake_kvm.run[1]->s.regs.sregs.cs.base, 0x9A000);
    ck_assert_uint_eq(fake_kvm.run[1]->s.regs.sregs.cs.selector, 0x9A00);
    ck_assert_uint_eq(vp_of(1)->gprs.rip, 0);
    hv_interrupt_post_event(vp_of(1)->vp, HV_INTERRUPT_INIT, 0);
    kvm_interrupt_take_events(vp_of(1));
    ck_assert_int_eq(atomic_load(&vp_of(1)->activity), KVM_WAITS_FOR_STARTUP);
}
END_TEST

START_TEST(registers_are_found_by_name)
{
    static const uint32_t names[] = { HvX64RegisterRax, HvX64RegisterR15, HvX64RegisterRsp,
                                      HvX64RegisterCr3, HvX64RegisterCr2 };

    fake_kvm_make();
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct hv_register128 value = { .low = 0x1000 * (i + 1) };

        ck_assert_uint_eq(kvm_register_set(vp_of(0), names[i], &value), HV_STATUS_SUCCESS);
    }
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.regs.rax, 0x1000);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.regs.r15, 0x2000);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.regs.rsp, 0x3000);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.sregs.cr3, 0x4000);
    ck_assert_uint_eq(fake_kvm.run[0]->kvm_dirty_regs, KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS);
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct hv_register128 value;

        ck_assert_uint_eq(kvm_register_get(vp_of(0), names[i], &value), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(value.low, 0x1000 * (i + 1));
    }
}
END_TEST

START_TEST(segment_keeps_all_of_its_fields)
{
    const struct hv_register128 value = { .low = 0x123456789A,
                                          .high = UINT64_C(0xA09B001000FFEEDD) };
    struct hv_register128 read;

    fake_kvm_make();
    for (uint32_t name = HvX64RegisterEs; name <= HvX64RegisterTr; name++) {
        ck_assert_uint_eq(kvm_register_set(vp_of(0), name, &value), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(kvm_register_get(vp_of(0), name, &read), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(read.low, value.low);
        ck_assert_uint_eq(read.high, value.high);
    }
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.sregs.cs.l, 1);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.sregs.cs.db, 0);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.sregs.cs.g, 1);
}
END_TEST

START_TEST(vp_starts_as_it_was_asked_for_or_waits_on)
{
    struct hv_initial_vp_context initial = {
        .rip = START_RIP, .rflags = RFLAGS_ONE, .efer = 0x500, .cr0 = 0x80000011, .cr4 = 0x20
    };

    fake_kvm_make();
    initial.cr4 = 0;
    ck_assert_uint_eq(kvm_start(&fake_partition, vp_of(1)->vp, &initial),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_int_eq(atomic_load(&vp_of(1)->activity), KVM_WAITS_FOR_STARTUP);
    ck_assert_uint_eq(fake_kvm.run[1]->s.regs.sregs.cr0, 0x10);
    initial.cr4 = 0x20;
    ck_assert_uint_eq(kvm_start(&fake_partition, vp_of(1)->vp, &initial), HV_STATUS_SUCCESS);
    ck_assert_int_eq(atomic_load(&vp_of(1)->activity), KVM_RUNS);
    ck_assert_uint_eq(fake_kvm.run[1]->s.regs.sregs.efer, 0x500);
    ck_assert_uint_eq(vp_of(1)->gprs.rip, START_RIP);
    ck_assert_uint_eq(kvm_start(&fake_partition, vp_of(1)->vp, &initial),
                      HV_STATUS_INVALID_VP_STATE);
}
END_TEST

START_TEST(flush_changes_cr4_and_puts_it_back)
{
    struct worker_intercept intercept;

    fake_kvm_make();
    kvm_flush_tlb(&fake_partition, vp_of(0)->vp);
    /* Nobody is in the guest. */
    kvm_wait_flushed(&fake_partition, vp_of(0)->vp);
    ck_assert_uint_eq(fake_kvm.changed_cr4 & CR4_PGE, 0);
    ck_assert_int_eq(fake_kvm_run(&intercept), VMM_RUN_KICKED);
    ck_assert_uint_eq(fake_kvm.changed_cr4, CR4_PGE);
    ck_assert_uint_eq(fake_kvm.run[0]->s.regs.sregs.cr4 & CR4_PGE, 0);
    ck_assert(!atomic_load(&vp_of(0)->flush));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm_kvm_machine");
    TCase *tests = tcase_create("kvm_machine");

    tcase_add_checked_fixture(tests, start, fake_kvm_end);
    tcase_add_test(tests, guest_sees_the_interface_and_nothing_of_kvm);
    tcase_add_test(tests, each_vp_is_a_core_of_one_package);
    tcase_add_test(tests, machine_without_the_interface_sees_no_hypervisor);
    tcase_add_loop_test(tests, invariant_tsc_is_told_as_the_kernel_trusts_it, 0, 2);
    tcase_add_test(tests, old_kvm_is_trouble);
    tcase_add_test(tests, machine_can_be_made_again);
    tcase_add_test(tests, first_vp_starts_and_others_wait);
    tcase_add_test(tests, registers_are_found_by_name);
    tcase_add_test(tests, segment_keeps_all_of_its_fields);
    tcase_add_test(tests, vp_starts_as_it_was_asked_for_or_waits_on);
    tcase_add_test(tests, flush_changes_cr4_and_puts_it_back);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
