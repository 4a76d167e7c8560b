/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Which exits of a child its parent sees, and which calls decide that. */
#include <check.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define UNKNOWN_MSR 0x12345
#define RIP         UINT64_C(0x1000)

static void setup(void)
{
    child_setup();
    fake_vp(vp)->gprs.rip = RIP;
}

/* The parent has got a message of that type, and the VP stands where it stood. */
static void expect_message(uint32_t type)
{
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, type);
    ck_assert(hv_vp_is_suspended(vp));
    ck_assert(!fake_vp(vp)->injected);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, RIP);
    empty_slot(root_vp);
}

static void expect_none(void)
{
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeNone);
}

static uint64_t install(uint64_t partition_id, uint32_t type, uint32_t access, uint64_t parameter)
{
    const struct hv_input_install_intercept input = { .partition_id = partition_id,
                                                      .access_type = access,
                                                      .intercept_type = type,
                                                      .intercept_parameter = parameter };

    memcpy(input_page(), &input, sizeof(input));
    return call_from(root_vp, HvCallInstallIntercept);
}

static void must_install(uint32_t type, uint32_t access, uint64_t parameter)
{
    ck_assert_uint_eq(install(child->id, type, access, parameter), HV_STATUS_SUCCESS);
}

/* ---- Always ---- */

START_TEST(port_io_goes_to_the_parent)
{
    intercept(vp);
    expect_message(HvMessageTypeX64IoPortIntercept);
}
END_TEST

START_TEST(a_triple_fault_goes_to_the_parent)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_SHUTDOWN);

    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_SUSPEND);
    expect_message(HvMessageTypeUnrecoverableException);
}
END_TEST

START_TEST(a_reset_goes_to_the_parent)
{
    const struct hv_x64_msr_intercept_message *payload = (const void *)slot_of(root_vp)->payload;

    child->features.privileges |= HV_PRIVILEGE_AccessResetReg;
    ck_assert_int_eq(fake_wrmsr(vp, HV_X64_MSR_RESET, HV_X64_MSR_RESET_RESET),
                     HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(payload->msr_number, HV_X64_MSR_RESET);
    ck_assert_uint_eq(payload->rax, HV_X64_MSR_RESET_RESET);
    ck_assert_uint_eq(payload->header.intercept_access_type, HV_INTERCEPT_ACCESS_WRITE);
    expect_message(HvMessageTypeMsrIntercept);
    ck_assert_int_eq(fake_wrmsr(vp, HV_X64_MSR_RESET, 0), HV_DISPOSITION_RESUME);
    expect_none();
}
END_TEST

static enum hv_disposition access_memory(uint64_t gpa, uint8_t access)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_MEMORY);

    exit.memory.gpa = gpa;
    exit.memory.access = access;
    return run_exit(vp, &exit);
}

static uint32_t cache_type(void)
{
    return (uint32_t)slot_of(root_vp)->payload[5];
}

START_TEST(memory_that_is_not_there_and_memory_that_is_denied_are_told_apart)
{
    uint64_t absent = (uint64_t)CHILD_RAM * HV_PAGE_SIZE;

    ck_assert_int_eq(access_memory(absent, HV_ACCESS_READ), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(cache_type(), HvCacheTypeUncached);
    expect_message(HvMessageTypeUnmappedGpa);
    ck_assert_uint_eq(hv_address_protect(child, 1, 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    ck_assert_int_eq(access_memory(0x1008, HV_ACCESS_WRITE), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(cache_type(), HvCacheTypeWriteBack);
    expect_message(HvMessageTypeGpaIntercept);
}
END_TEST

START_TEST(memory_that_is_there_by_now_is_accessed_again)
{
    ck_assert_int_eq(access_memory(0x1000, HV_ACCESS_WRITE), HV_DISPOSITION_RESUME);
    expect_none();
    ck_assert(!fake_vp(vp)->injected);
}
END_TEST

START_TEST(a_childs_overlay_is_not_its_parents)
{
    atomic_store(&child->guest_os_id, 1);
    write_msr(vp, HV_X64_MSR_HYPERCALL, 0x2000 | HV_X64_MSR_HYPERCALL_ENABLE);
    ck_assert_int_eq(access_memory(0x2000, HV_ACCESS_WRITE), HV_DISPOSITION_RESUME);
    ck_assert(fake_injected(vp, HV_X64_EXCEPTION_GP));
    expect_none();
}
END_TEST

START_TEST(a_childs_apic_page_is_not_its_parents)
{
    static const uint8_t code[] = { 0x8B, 0x00 }; /* mov (%eax), %eax */
    struct hv_exit exit = exit_of(vp, HV_EXIT_MEMORY);

    exit.memory.gpa = 0xFEE00020;
    exit.memory.access = HV_ACCESS_READ;
    exit.memory.code_mode = HV_INSN_64;
    exit.memory.code_size = sizeof(code);
    memcpy(exit.memory.code, code, sizeof(code));
    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_RESUME);
    expect_none();
}
END_TEST

/* ---- HLT ---- */

START_TEST(hlt_is_the_parents_where_nothing_else_could_end_it)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_HALT);

    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_PASS);
    expect_none();
    child->creation_flags &= ~HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED;
    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_SUSPEND);
    expect_message(HvMessageTypeX64Halt);
}
END_TEST

/* ---- Exceptions ---- */

static enum hv_disposition raise_exception(uint8_t vector)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_EXCEPTION);

    exit.exception.vector = vector;
    return run_exit(vp, &exit);
}

START_TEST(an_exception_goes_to_who_asked_for_it)
{
    unsigned kicks = fake_vp(vp)->kicks;

    ck_assert_int_eq(raise_exception(6), HV_DISPOSITION_PASS);
    must_install(HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 6);
    must_install(HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 31);
    ck_assert_uint_eq(fake_vp(vp)->kicks, kicks + 2);
    ck_assert_uint_eq(hv_vp_exception_intercepts(vp), 1u << 6 | 1u << 31);
    ck_assert_int_eq(raise_exception(7), HV_DISPOSITION_PASS);
    expect_none();
    ck_assert_int_eq(raise_exception(6), HV_DISPOSITION_SUSPEND);
    expect_message(HvMessageTypeExceptionIntercept);
    must_install(HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_NONE, 6);
    ck_assert_uint_eq(hv_vp_exception_intercepts(vp), 1u << 31);
    ck_assert_int_eq(raise_exception(6), HV_DISPOSITION_PASS);
}
END_TEST

/* ---- CPUID ---- */

START_TEST(a_leaf_goes_to_who_asked_for_it)
{
    uint32_t out[4];

    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 7);
    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 0x40000000);
    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 7);
    ck_assert_int_eq(fake_cpuid(vp, 8, 0, out), HV_DISPOSITION_RESUME);
    expect_none();
    fake_vp(vp)->gprs.rip = RIP;
    ck_assert_int_eq(fake_cpuid(vp, 7, 3, out), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(slot_of(root_vp)->payload[5], 7);
    ck_assert_uint_eq(slot_of(root_vp)->payload[6], 3);
    ck_assert_uint_eq(slot_of(root_vp)->payload[9], FAKE_CPUID(0));
    expect_message(HvMessageTypeX64CpuidIntercept);
    ck_assert_int_eq(fake_cpuid(vp, 0x40000000, 0, out), HV_DISPOSITION_SUSPEND);
    expect_message(HvMessageTypeX64CpuidIntercept);
    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_NONE, 7);
    ck_assert_int_eq(fake_cpuid(vp, 7, 0, out), HV_DISPOSITION_RESUME);
    ck_assert_int_eq(fake_cpuid(vp, 0x40000000, 0, out), HV_DISPOSITION_SUSPEND);
}
END_TEST

START_TEST(all_leaves_can_be_asked_for)
{
    uint32_t out[4];

    must_install(HvInterceptTypeX64GlobalCpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 0);
    ck_assert_int_eq(fake_cpuid(vp, 1, 0, out), HV_DISPOSITION_SUSPEND);
    expect_message(HvMessageTypeX64CpuidIntercept);
    must_install(HvInterceptTypeX64GlobalCpuid, HV_INTERCEPT_ACCESS_MASK_NONE, 0);
    ck_assert_int_eq(fake_cpuid(vp, 1, 0, out), HV_DISPOSITION_RESUME);
}
END_TEST

START_TEST(leaves_end_with_the_memory_for_them)
{
    uint32_t leaf = 0;

    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_NONE, 1);
    while (install(child->id, HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, leaf) ==
           HV_STATUS_SUCCESS)
        leaf++;
    ck_assert_uint_eq(leaf, HV_PAGE_SIZE / sizeof(leaf));
    ck_assert_uint_eq(
        install(child->id, HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, leaf),
        HV_STATUS_INSUFFICIENT_MEMORY);
    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_NONE, 0);
    must_install(HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, leaf);
}
END_TEST

START_TEST(the_first_leaf_needs_a_page)
{
    while (hv_partition_alloc_page(child, NULL))
        continue;
    ck_assert_uint_eq(
        install(child->id, HvInterceptTypeX64Cpuid, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 1),
        HV_STATUS_INSUFFICIENT_MEMORY);
    must_install(HvInterceptTypeX64Msr, 3, 0);
    must_install(HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 3);
    must_install(HvInterceptTypeX64IoPort, 3, 0x60);
}
END_TEST

/* ---- MSRs ---- */

static enum hv_disposition access_msr(struct hv_vp *target, bool write)
{
    struct hv_exit exit = exit_of(target, HV_EXIT_UNKNOWN_MSR);
    uint64_t *gpr = fake_vp(target)->gprs.gpr;

    exit.unknown_msr.write = write;
    gpr[HV_GPR_RCX] = UNKNOWN_MSR;
    gpr[HV_GPR_RAX] = 0x11;
    gpr[HV_GPR_RDX] = 0x22;
    fake_vp(target)->gprs.rip = RIP;
    return run_exit(target, &exit);
}

START_TEST(an_unknown_msr_faults)
{
    for (unsigned write = 0; write < 2; write++) {
        ck_assert_int_eq(access_msr(vp, write), HV_DISPOSITION_RESUME);
        ck_assert(fake_injected(vp, HV_X64_EXCEPTION_GP));
        ck_assert_uint_eq(fake_vp(vp)->gprs.rip, RIP);
        ck_assert_int_eq(access_msr(root_vp, write), HV_DISPOSITION_RESUME);
        ck_assert(fake_injected(root_vp, HV_X64_EXCEPTION_GP));
    }
}
END_TEST

START_TEST(an_unknown_msr_can_be_nothing)
{
    const uint64_t *gpr = fake_vp(vp)->gprs.gpr;
    uint64_t value;

    ck_assert_uint_eq(
        hv_partition_set_property(child, HvPartitionPropertyUnimplementedMsrAction, 1),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(
        hv_partition_get_property(child, HvPartitionPropertyUnimplementedMsrAction, &value),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 1);
    ck_assert_int_eq(access_msr(vp, true), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, RIP + 2);
    ck_assert_uint_eq(gpr[HV_GPR_RAX], 0x11);
    ck_assert_int_eq(access_msr(vp, false), HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, RIP + 2);
    ck_assert_uint_eq(gpr[HV_GPR_RAX] | gpr[HV_GPR_RDX], 0);
    ck_assert(!fake_vp(vp)->injected);
}
END_TEST

START_TEST(the_action_is_a_childs_and_one_of_two)
{
    uint64_t value;

    ck_assert_uint_eq(
        hv_partition_set_property(child, HvPartitionPropertyUnimplementedMsrAction, 2),
        HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_partition_set_property(root, HvPartitionPropertyUnimplementedMsrAction, 1),
                      HV_STATUS_UNKNOWN_PROPERTY);
    ck_assert_uint_eq(
        hv_partition_get_property(root, HvPartitionPropertyUnimplementedMsrAction, &value),
        HV_STATUS_UNKNOWN_PROPERTY);
}
END_TEST

START_TEST(an_unknown_msr_goes_to_who_asked_for_it)
{
    must_install(HvInterceptTypeX64Msr, 3, 0);
    ck_assert_int_eq(access_msr(vp, true), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(slot_of(root_vp)->payload[5], UNKNOWN_MSR);
    expect_message(HvMessageTypeMsrIntercept);
    must_install(HvInterceptTypeX64Msr, 0, 0);
    ck_assert_int_eq(access_msr(vp, true), HV_DISPOSITION_RESUME);
}
END_TEST

/* ---- A partition without parent ---- */

START_TEST(without_a_parent_the_back_end_does_it)
{
    static const enum hv_exit_reason reasons[] = { HV_EXIT_IO, HV_EXIT_HALT, HV_EXIT_EXCEPTION,
                                                   HV_EXIT_SHUTDOWN };

    for (unsigned i = 0; i < 4; i++) {
        struct hv_exit exit = exit_of(root_vp, reasons[i]);

        ck_assert_int_eq(run_exit(root_vp, &exit), HV_DISPOSITION_PASS);
        ck_assert(!hv_vp_is_suspended(root_vp));
        ck_assert(!fake_vp(root_vp)->injected);
    }
    ck_assert_uint_eq(hv_vp_exception_intercepts(root_vp), 0);
}
END_TEST

/* ---- Statuses ---- */

START_TEST(each_type_has_its_accesses)
{
    static const struct {
        uint32_t type, access;
        uint64_t parameter;
    } rows[] = {
        { HvInterceptTypeX64IoPort, 3, 1 },      { HvInterceptTypeX64IoPortRange, 3, 1 | 1 << 16 },
        { HvInterceptTypeX64Msr, 3, 1 },         { HvInterceptTypeX64Cpuid, 4, 1 },
        { HvInterceptTypeX64GlobalCpuid, 4, 1 }, { HvInterceptTypeException, 4, 1 }
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint32_t access = 0; access < 16; access++)
            ck_assert_uint_eq(install(child->id, rows[i].type, access, rows[i].parameter),
                              access == 0 || access == rows[i].access
                                  ? HV_STATUS_SUCCESS
                                  : HV_STATUS_INVALID_PARAMETER);
    for (uint32_t access = 0; access < 16; access++)
        ck_assert_uint_eq(install(child->id, HvInterceptTypeX64ApicEoi, access, 0),
                          access < 8 ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(parameters_have_their_ranges)
{
    static const struct {
        uint32_t type, access;
        uint64_t last, beyond;
    } rows[] = {
        { HvInterceptTypeX64IoPort, 3, 0xFFFF, 0x10000 },
        { HvInterceptTypeX64IoPortRange, 3, 0xFFFFFFFF, UINT64_C(0x100000000) },
        { HvInterceptTypeX64IoPortRange, 3, 5 << 16 | 5, 4 << 16 | 5 },
        { HvInterceptTypeX64Cpuid, 4, UINT32_MAX, UINT64_C(1) << 32 },
        { HvInterceptTypeException, 4, 31, 32 },
        { HvInterceptTypeException, 4, 3, 2 },
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        must_install(rows[i].type, rows[i].access, rows[i].last);
        ck_assert_uint_eq(install(child->id, rows[i].type, rows[i].access, rows[i].beyond),
                          HV_STATUS_INVALID_PARAMETER);
    }
}
END_TEST

START_TEST(types_that_are_not_offered_are_refused)
{
    static const uint32_t types[] = {
        4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 18, 19, 20, UINT32_MAX
    };

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        for (uint32_t access = 0; access < 8; access++)
            ck_assert_uint_eq(install(child->id, types[i], access, 0), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(only_an_active_child_has_intercepts)
{
    ck_assert_uint_eq(install(HV_PARTITION_ID_SELF, HvInterceptTypeX64Msr, 3, 0),
                      HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(install(root->id, HvInterceptTypeX64Msr, 3, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(install(child->id + 1, HvInterceptTypeX64Msr, 3, 0),
                      HV_STATUS_INVALID_PARTITION_ID);
    ck_assert_uint_eq(install(add_child(child, 0)->id, HvInterceptTypeX64Msr, 3, 0),
                      HV_STATUS_ACCESS_DENIED);
    atomic_store(&child->lineage.state, HV_PARTITION_FINALIZED);
    ck_assert_uint_eq(install(child->id, HvInterceptTypeX64Msr, 3, 0),
                      HV_STATUS_INVALID_PARTITION_STATE);
    root->features.privileges &= ~HV_PRIVILEGE_CreatePartitions;
    ck_assert_uint_eq(install(child->id, HvInterceptTypeX64Msr, 3, 0), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 2);
}
END_TEST

/* ---- HvCallCheckForIoIntercept ---- */

static uint64_t check_io(struct hv_input_check_for_io_intercept input)
{
    memcpy(input_page(), &input, sizeof(input));
    return call_from(root_vp, HvCallCheckForIoIntercept);
}

START_TEST(a_childs_ports_are_all_intercepted)
{
    static const uint8_t sizes[] = { 1, 2, 4 };
    struct hv_input_check_for_io_intercept input = { .partition_id = child->id, .port = 0xCFC };
    const uint8_t *output = output_page();

    for (unsigned i = 0; i < sizeof(sizes); i++) {
        input.size = sizes[i];
        input.is_write = i % 2;
        ck_assert_uint_eq(check_io(input), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(output[0], 1);
        ck_assert_uint_eq(output[1], 0xEE);
    }
    input.partition_id = HV_PARTITION_ID_SELF;
    input.vp_index = HV_VP_INDEX_SELF;
    ck_assert_uint_eq(check_io(input), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output[0], 0);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(no_other_access_is_looked_up)
{
    const struct hv_input_check_for_io_intercept good = { .partition_id = child->id, .size = 1 };
    struct hv_input_check_for_io_intercept bad[5] = { good, good, good, good, good };

    bad[0].size = 3;
    bad[1].size = 0;
    bad[2].is_write = 2;
    bad[3].padding = 1;
    bad[4].target_vtl = 0xFF;
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(check_io(bad[i]), HV_STATUS_INVALID_PARAMETER);
    bad[0] = good;
    bad[0].vp_index = 1;
    ck_assert_uint_eq(check_io(bad[0]), HV_STATUS_INVALID_VP_INDEX);
    bad[0].vp_index = HV_VP_INDEX_SELF;
    ck_assert_uint_eq(check_io(bad[0]), HV_STATUS_INVALID_VP_INDEX);
    bad[0] = good;
    bad[0].partition_id++;
    ck_assert_uint_eq(check_io(bad[0]), HV_STATUS_INVALID_PARTITION_ID);
    atomic_store(&child->lineage.state, HV_PARTITION_CREATED);
    ck_assert_uint_eq(check_io(good), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

/* ---- Registers of a child ---- */

START_TEST(a_parent_reaches_its_childs_registers)
{
    uint64_t value;

    ck_assert_uint_eq(set_register_of(root_vp, vp, HvX64RegisterRbx, 0x77), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[HV_GPR_RBX], 0x77);
    ck_assert_uint_eq(get_register_of(other_root_vp, vp, HvX64RegisterRbx, &value),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value, 0x77);
    ck_assert_uint_eq(get_register_of(root_vp, vp, 0x7F, &value), HV_STATUS_INVALID_PARAMETER);
    root->features.privileges &= ~HV_PRIVILEGE_AccessVpRegisters;
    ck_assert_uint_eq(get_register_of(root_vp, vp, HvX64RegisterRbx, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(get_register_of(root_vp, root_vp, HvX64RegisterRbx, &value),
                      HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

static uint64_t get_with(struct hv_input_vp_registers header)
{
    memset(input_page(), 0, 64);
    memcpy(input_page(), &header, sizeof(header));
    return call_from(root_vp, HvCallGetVpRegisters | UINT64_C(1) << 32);
}

START_TEST(the_header_of_a_childs_registers_is_checked)
{
    const struct hv_input_vp_registers good = { .partition_id = child->id };
    struct hv_input_vp_registers bad = good;

    ck_assert_uint_eq(get_with(good), UINT64_C(1) << 32);
    bad.reserved[1] = 1;
    ck_assert_uint_eq(get_with(bad), HV_STATUS_INVALID_PARAMETER);
    bad = good;
    bad.input_vtl = 0x11;
    ck_assert_uint_eq(get_with(bad), HV_STATUS_INVALID_PARAMETER);
    bad = good;
    bad.vp_index = 3;
    ck_assert_uint_eq(get_with(bad), HV_STATUS_INVALID_VP_INDEX);
    bad.vp_index = HV_VP_INDEX_SELF;
    ck_assert_uint_eq(get_with(bad), HV_STATUS_INVALID_VP_INDEX);
    atomic_store(&child->lineage.state, HV_PARTITION_FINALIZED);
    ck_assert_uint_eq(get_with(good), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

/* ---- Hypercalls ---- */

/* The child has RAM from GPA 0 on, CHILD_RAM pages. */
#define NO_RAM UINT64_C(0x100000)

static enum hv_disposition call_as_child(uint64_t control, uint64_t input, uint64_t output)
{
    struct hv_exit exit = exit_of(vp, HV_EXIT_HYPERCALL);

    exit.hypercall.protected_mode = true;
    exit.hypercall.long_mode = true;
    exit.gprs->gpr[HV_GPR_RCX] = control;
    exit.gprs->gpr[HV_GPR_RDX] = input;
    exit.gprs->gpr[HV_GPR_R8] = output;
    exit.gprs->gpr[HV_GPR_RAX] = 0x77;
    return run_exit(vp, &exit);
}

static void expect_access(uint64_t gpa, uint8_t access)
{
    const struct hv_x64_memory_intercept_message *memory = (const void *)slot_of(root_vp)->payload;

    ck_assert_uint_eq(memory->guest_physical_address, gpa);
    ck_assert_uint_eq(memory->header.intercept_access_type, access);
    ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[HV_GPR_RAX], 0x77);
    expect_message(HvMessageTypeUnmappedGpa);
    resume();
}

START_TEST(parameters_of_a_child_that_are_not_there_go_to_the_parent)
{
    atomic_store(&child->guest_os_id, 1);
    ck_assert_int_eq(call_as_child(HvCallGetPartitionProperty, NO_RAM, 0x2000),
                     HV_DISPOSITION_SUSPEND);
    expect_access(NO_RAM, HV_INTERCEPT_ACCESS_READ);
    ck_assert_int_eq(call_as_child(HvCallGetPartitionProperty, 0x1000, NO_RAM),
                     HV_DISPOSITION_SUSPEND);
    expect_access(NO_RAM, HV_INTERCEPT_ACCESS_WRITE);
    /* Without parameters there is nothing to reach. */
    ck_assert_int_eq(call_as_child(HvCallNotifyLongSpinWait | UINT64_C(1) << 16, NO_RAM, NO_RAM),
                     HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[HV_GPR_RAX], HV_STATUS_SUCCESS);
    expect_none();
}
END_TEST

START_TEST(such_a_call_is_told_with_its_instruction)
{
    const struct hv_x64_memory_intercept_message *memory = (const void *)slot_of(root_vp)->payload;
    struct hv_exit exit = exit_of(vp, HV_EXIT_HYPERCALL);

    atomic_store(&child->guest_os_id, 1);
    exit.instruction_length = 3;
    exit.hypercall.protected_mode = true;
    exit.hypercall.long_mode = true;
    exit.gprs->gpr[HV_GPR_RCX] = HvCallGetPartitionProperty;
    exit.gprs->gpr[HV_GPR_RDX] = NO_RAM;
    exit.gprs->gpr[HV_GPR_R8] = 0x2000;
    ck_assert_int_eq(run_exit(vp, &exit), HV_DISPOSITION_SUSPEND);
    ck_assert_uint_eq(memory->instruction_byte_count, 3);
    ck_assert_mem_eq(memory->instruction_bytes, hv_hypercall_instruction(&fake.platform), 3);
}
END_TEST

START_TEST(output_on_an_overlay_is_an_error)
{
    atomic_store(&child->guest_os_id, 1);
    write_msr(vp, HV_X64_MSR_HYPERCALL, 0x2000 | HV_X64_MSR_HYPERCALL_ENABLE);
    ck_assert_int_eq(call_as_child(HvCallGetPartitionProperty, 0x1000, 0x2000),
                     HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[HV_GPR_RAX], HV_STATUS_INVALID_HYPERCALL_INPUT);
    expect_none();
}
END_TEST

START_TEST(parameters_of_a_caller_without_a_parent_are_an_error)
{
    ck_assert_uint_eq(
        fake_hypercall(root_vp, HvCallGetPartitionProperty, UINT64_C(1) << 34, OUTPUT_GPA),
        HV_STATUS_INVALID_HYPERCALL_INPUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intercept-exit");
    TCase *tests = tcase_create("intercept-exit");

    tcase_add_checked_fixture(tests, setup, child_teardown);
    tcase_add_test(tests, port_io_goes_to_the_parent);
    tcase_add_test(tests, a_triple_fault_goes_to_the_parent);
    tcase_add_test(tests, a_reset_goes_to_the_parent);
    tcase_add_test(tests, memory_that_is_not_there_and_memory_that_is_denied_are_told_apart);
    tcase_add_test(tests, memory_that_is_there_by_now_is_accessed_again);
    tcase_add_test(tests, a_childs_overlay_is_not_its_parents);
    tcase_add_test(tests, a_childs_apic_page_is_not_its_parents);
    tcase_add_test(tests, hlt_is_the_parents_where_nothing_else_could_end_it);
    tcase_add_test(tests, an_exception_goes_to_who_asked_for_it);
    tcase_add_test(tests, a_leaf_goes_to_who_asked_for_it);
    tcase_add_test(tests, all_leaves_can_be_asked_for);
    tcase_add_test(tests, leaves_end_with_the_memory_for_them);
    tcase_add_test(tests, the_first_leaf_needs_a_page);
    tcase_add_test(tests, an_unknown_msr_faults);
    tcase_add_test(tests, an_unknown_msr_can_be_nothing);
    tcase_add_test(tests, the_action_is_a_childs_and_one_of_two);
    tcase_add_test(tests, an_unknown_msr_goes_to_who_asked_for_it);
    tcase_add_test(tests, without_a_parent_the_back_end_does_it);
    tcase_add_test(tests, each_type_has_its_accesses);
    tcase_add_test(tests, parameters_have_their_ranges);
    tcase_add_test(tests, types_that_are_not_offered_are_refused);
    tcase_add_test(tests, only_an_active_child_has_intercepts);
    tcase_add_test(tests, a_childs_ports_are_all_intercepted);
    tcase_add_test(tests, no_other_access_is_looked_up);
    tcase_add_test(tests, a_parent_reaches_its_childs_registers);
    tcase_add_test(tests, the_header_of_a_childs_registers_is_checked);
    tcase_add_test(tests, parameters_of_a_child_that_are_not_there_go_to_the_parent);
    tcase_add_test(tests, such_a_call_is_told_with_its_instruction);
    tcase_add_test(tests, output_on_an_overlay_is_an_error);
    tcase_add_test(tests, parameters_of_a_caller_without_a_parent_are_an_error);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
