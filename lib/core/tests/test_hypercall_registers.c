/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The calls that are implemented: register access, identity, properties, extended calls, and what
 * the table says of those that are not implemented.
 */
#include "hypercall_rig.h"
#include "register.h"
#include "suite.h"

#define FAST (UINT64_C(1) << 16)

static struct hv_vp *other;

/* The other VP's LP reacts to its kick at once. */
static void kick(void *context, struct hv_vp *vp)
{
    (void)context;
    fake_vp(vp)->kicks++;
    hv_vp_prepare(vp);
}

static void setup(void)
{
    rig_setup();
    rig.fake.platform.cpu.kick = kick;
    other = fake_vp_create(&rig.fake, rig.partition, 3);
}

static uint64_t call(uint64_t control)
{
    rig_fill_registers(fake_vp(rig.vp));
    rig_set_inputs(&fake_vp(rig.vp)->gprs, control, RIG_INPUT, RIG_OUTPUT);
    rig_execute(hv_hypercall_find);
    return rig_result();
}

static uint64_t result(hv_status status, uint64_t reps)
{
    return status | reps << 32;
}

/* ---- HvCallGetVpRegisters, HvCallSetVpRegisters ---- */

static struct hv_input_vp_registers *header(void)
{
    struct hv_input_vp_registers *input = (void *)rig_words(RIG_INPUT);

    memset(input, 0, sizeof(*input));
    input->partition_id = HV_PARTITION_ID_SELF;
    input->vp_index = HV_VP_INDEX_SELF;
    return input;
}

static void put_names(const uint32_t *names, size_t count)
{
    memcpy(rig_words(RIG_INPUT + 16), names, count * sizeof(*names));
}

static uint64_t get(uint32_t name)
{
    put_names(&name, 1);
    return call(rig_reps(HvCallGetVpRegisters, 1, 0));
}

static uint64_t set(uint32_t name, uint64_t low, uint64_t high)
{
    uint64_t *element = rig_words(RIG_INPUT + 16);

    memcpy(element, (uint64_t[]){ name | UINT64_C(0xDDDDDDDD) << 32, ~UINT64_C(0), low, high }, 32);
    return call(rig_reps(HvCallSetVpRegisters, 1, 0));
}

static void expect_value(uint32_t name, uint64_t low, uint64_t high)
{
    ck_assert_uint_eq(get(name), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[0], low);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[1], high);
}

START_TEST(caller_reads_its_own_registers)
{
    header();
    put_names((uint32_t[]){ HvX64RegisterRbx, HvX64RegisterXmm7, HvRegisterVpIndex }, 3);
    memset(fake_vp(rig.vp)->xmm[7], 0x77, 16);
    ck_assert_uint_eq(call(rig_reps(HvCallGetVpRegisters, 3, 0)), result(HV_STATUS_SUCCESS, 3));
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[0], rig.before.gpr[HV_GPR_RBX]);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[1], 0);
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[2], UINT64_C(0x7777777777777777));
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[3], UINT64_C(0x7777777777777777));
    ck_assert_uint_eq(rig_words(RIG_OUTPUT)[4], 0);
}
END_TEST

START_TEST(own_partition_and_vp_may_be_named_by_number)
{
    header()->partition_id = rig.partition->id;
    ck_assert_uint_eq(get(HvRegisterVpIndex), result(HV_STATUS_SUCCESS, 1));
    header()->vp_index = 0;
    ck_assert_uint_eq(get(HvRegisterVpIndex), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(caller_writes_its_own_registers)
{
    header();
    ck_assert_uint_eq(set(HvX64RegisterRbx, 0x1234, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.gpr[HV_GPR_RBX], 0x1234);
    rig_expect_kept(1u << HV_GPR_RAX | 1u << HV_GPR_RBX);
    ck_assert_uint_eq(set(HvX64RegisterXmm3, 1, 2), result(HV_STATUS_SUCCESS, 1));
    ck_assert_mem_eq(fake_vp(rig.vp)->xmm[3], ((uint64_t[]){ 1, 2 }), 16);
}
END_TEST

START_TEST(caller_that_sets_its_rip_goes_on_there)
{
    header();
    ck_assert_uint_eq(set(HvX64RegisterRip, 0x4000, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.rip, 0x4000);
}
END_TEST

static uint64_t value_of(uint32_t name)
{
    struct hv_register128 value;

    ck_assert_uint_eq(hv_register_get(rig.vp, name, &value), HV_STATUS_SUCCESS);
    return value.low;
}

/* Why: the call could not be executed again with the registers that it needs, so what a suspension
   leaves undone would stay undone: a VP that runs on with half of its new registers. */
START_TEST(list_that_sets_registers_of_the_call_itself_is_not_suspended)
{
    static const uint32_t own[] = { HvX64RegisterRip, HvX64RegisterRcx, HvX64RegisterRdx,
                                    HvX64RegisterR8 };

    rig.fake.tsc_step = FAKE_TSC_HZ;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        uint64_t elements[][4] = { { own[i], 0, 0x4000 }, { HvX64RegisterR12, 0, 0x5678 } };

        header();
        memcpy(rig_words(RIG_INPUT + 16), elements, sizeof(elements));
        ck_assert_uint_eq(call(rig_reps(HvCallSetVpRegisters, 2, 0)), result(HV_STATUS_SUCCESS, 2));
        ck_assert_uint_eq(fake_vp(rig.vp)->gprs.gpr[HV_GPR_R12], 0x5678);
        ck_assert_uint_eq(value_of(own[i]), 0x4000);
    }
}
END_TEST

START_TEST(registers_of_another_vp_are_reached_through_its_lp)
{
    header()->vp_index = 3;
    expect_value(HvRegisterVpIndex, 3, 0);
    ck_assert_uint_eq(fake_vp(other)->kicks, 1);
    header()->vp_index = 3;
    ck_assert_uint_eq(set(HvX64RegisterRbx, 0x55, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(fake_vp(other)->gprs.gpr[HV_GPR_RBX], 0x55);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.gpr[HV_GPR_RBX], rig.before.gpr[HV_GPR_RBX]);
}
END_TEST

START_TEST(absent_vp_is_an_invalid_index)
{
    static const uint32_t absent[] = { 1, 63, 64, 512, 0x7FFFFFFF, HV_ANY_VP };

    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        header()->vp_index = absent[i];
        ck_assert_uint_eq(get(HvX64RegisterRbx), result(HV_STATUS_INVALID_VP_INDEX, 0));
    }
}
END_TEST

START_TEST(foreign_partition_is_denied_or_invalid_for_a_possible_parent)
{
    static const uint64_t foreign[] = { HV_PARTITION_ID_INVALID, 2, 1 | UINT64_C(1) << 32 };

    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        rig.partition->features.privileges = HV_PRIVILEGE_AccessVpRegisters;
        header()->partition_id = foreign[i];
        ck_assert_uint_eq(get(HvX64RegisterRbx), result(HV_STATUS_ACCESS_DENIED, 0));
        rig.partition->features.privileges |= HV_PRIVILEGE_CreatePartitions;
        ck_assert_uint_eq(get(HvX64RegisterRbx), result(HV_STATUS_INVALID_PARTITION_ID, 0));
    }
}
END_TEST

START_TEST(own_registers_need_the_privilege)
{
    header();
    rig.partition->features.privileges = ~HV_PRIVILEGE_AccessVpRegisters;
    ck_assert_uint_eq(get(HvX64RegisterRbx), result(HV_STATUS_ACCESS_DENIED, 0));
    ck_assert_uint_eq(set(HvX64RegisterRbx, 1, 0), result(HV_STATUS_ACCESS_DENIED, 0));
    rig.partition->features.privileges =
        ~(HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_CreatePartitions);
    ck_assert_uint_eq(call(rig_reps(HvCallGetVpRegisters, 0, 0)),
                      result(HV_STATUS_ACCESS_DENIED, 0));
    rig.partition->features.privileges = HV_PRIVILEGE_AccessVpRegisters;
    ck_assert_uint_eq(get(HvX64RegisterRbx), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(only_vtl_0_exists)
{
    for (unsigned vtl = 0; vtl < 256; vtl++) {
        bool zero = (vtl & HV_INPUT_VTL_USE_TARGET_VTL) ? vtl == HV_INPUT_VTL_USE_TARGET_VTL
                                                        : !(vtl & HV_INPUT_VTL_RSVDZ_MASK);

        header()->input_vtl = (uint8_t)vtl;
        ck_assert_uint_eq(get(HvX64RegisterRbx), zero ? result(HV_STATUS_SUCCESS, 1)
                                                      : result(HV_STATUS_INVALID_PARAMETER, 0));
    }
}
END_TEST

START_TEST(reserved_header_bytes_must_be_zero)
{
    for (unsigned bit = 0; bit < 24; bit++) {
        header()->reserved[bit / 8] = (uint8_t)(1u << bit % 8);
        ck_assert_uint_eq(get(HvX64RegisterRbx), result(HV_STATUS_INVALID_PARAMETER, 0));
    }
}
END_TEST

START_TEST(unknown_name_ends_the_list)
{
    static const uint32_t unknown[] = {
        0x00000206, 0x000A0016, 0x000D0002, HvRegisterGuestIdle, HvRegisterExplicitSuspend,
        0xFFFFFFFF
    };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        header();
        put_names((uint32_t[]){ HvRegisterVpIndex, unknown[i], HvRegisterVpIndex }, 3);
        ck_assert_uint_eq(call(rig_reps(HvCallGetVpRegisters, 3, 0)),
                          result(HV_STATUS_INVALID_PARAMETER, 1));
        ck_assert_uint_eq(set(unknown[i], 0, 0), result(HV_STATUS_INVALID_PARAMETER, 0));
    }
}
END_TEST

START_TEST(feature_registers_are_cpuid_leaves)
{
    static const uint32_t leaves[][2] = {
        { 0x100, 0x40000002 }, { 0x200, 0x40000003 }, { 0x201, 0x40000004 },
        { 0x202, 0x40000005 }, { 0x203, 0x40000006 }, { 0x204, 0x40000007 },
        { 0x205, 0x40000008 }, { 0x207, 0x4000000A }, { 0x208, 0x4000000B },
    };

    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        uint32_t out[4];

        header();
        fake_cpuid(rig.vp, leaves[i][1], 0, out);
        expect_value(leaves[i][0], out[0] | (uint64_t)out[1] << 32,
                     out[2] | (uint64_t)out[3] << 32);
        ck_assert_uint_eq(set(leaves[i][0], 0, 0), result(HV_STATUS_INVALID_PARAMETER, 0));
    }
}
END_TEST

START_TEST(synthetic_registers_are_the_msrs)
{
    static const uint32_t pairs[][2] = {
        { HvRegisterGuestOsId, HV_X64_MSR_GUEST_OS_ID },
        { HvX64RegisterHypercall, HV_X64_MSR_HYPERCALL },
        { HvRegisterReferenceTsc, HV_X64_MSR_REFERENCE_TSC },
        { HvRegisterGuestCrashP0, HV_X64_MSR_CRASH_P0 },
        { HvRegisterGuestCrashP4, HV_X64_MSR_CRASH_P4 },
        { HvRegisterStatsPartitionRetail, HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE },
        { HvRegisterStatsPartitionInternal, HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE },
        { HvRegisterStatsVpRetail, HV_X64_MSR_STATS_VP_RETAIL_PAGE },
        { HvRegisterStatsVpInternal, HV_X64_MSR_STATS_VP_INTERNAL_PAGE },
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        uint64_t value = 0x300000 + i * 0x1000, msr = 0;

        header();
        ck_assert_uint_eq(set(pairs[i][0], value, 0), result(HV_STATUS_SUCCESS, 1));
        fake_rdmsr(rig.vp, pairs[i][1], &msr);
        ck_assert_uint_eq(msr, value);
        expect_value(pairs[i][0], value, 0);
    }
}
END_TEST

START_TEST(frequencies_can_be_read)
{
    header();
    expect_value(HvRegisterProcessorClockFrequency, FAKE_TSC_HZ, 0);
    expect_value(HvRegisterInterruptClockFrequency, rig.fake.platform.facts.apic_hz, 0);
}
END_TEST

START_TEST(read_only_registers_are_refused)
{
    static const uint32_t names[] = { HvRegisterVpIndex, HvRegisterVpRuntime,
                                      HvRegisterTimeRefCount, HvRegisterProcessorClockFrequency,
                                      HvRegisterInterruptClockFrequency };

    header();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_uint_eq(get(names[i]), result(HV_STATUS_SUCCESS, 1));
        ck_assert_uint_eq(set(names[i], 0, 0), result(HV_STATUS_INVALID_PARAMETER, 0));
    }
}
END_TEST

START_TEST(value_that_an_msr_refuses_is_an_invalid_value)
{
    header();
    ck_assert_uint_eq(set(HvX64RegisterHypercall, (UINT64_C(1) << 52) | 1, 0),
                      result(HV_STATUS_INVALID_REGISTER_VALUE, 0));
    ck_assert_uint_eq(set(HvX64RegisterCr0, UINT64_C(1) << 32, 0),
                      result(HV_STATUS_INVALID_REGISTER_VALUE, 0));
}
END_TEST

START_TEST(register_of_an_msr_that_is_not_there_is_refused)
{
    struct hv_register128 value = { .low = 1, .high = 2 };

    ck_assert_uint_eq(hv_register_get(rig.vp, HvRegisterSirbp, &value),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        hv_register_set(rig.vp, HvRegisterSirbp, &(struct hv_register128){ .low = 1 }),
        HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_register_get(rig.vp, HvRegisterVpIndex, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 0);
    ck_assert_uint_eq(value.high, 0);
}
END_TEST

START_TEST(registers_of_the_local_apic_are_the_msrs)
{
    struct hv_apic *apic = &rig.vp->apic;

    hv_apic_write(apic, HV_APIC_SVR, 0x1FF, 0);
    hv_apic_accept(apic, 0x50, false);
    header();
    ck_assert_uint_eq(set(HvX64RegisterSyntheticEoi, 5, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_int_eq(hv_apic_in_service(apic), HV_APIC_NO_VECTOR);
    ck_assert_uint_eq(set(HvX64RegisterSyntheticIcr, 0x44061, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_int_eq(hv_apic_pending(apic), 0x61);
    ck_assert_uint_eq(set(HvX64RegisterSyntheticTpr, 0xF0, 0), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(apic->tpr, 0xF0);
    expect_value(HvX64RegisterSyntheticIcr, 0x44061, 0);
    expect_value(HvX64RegisterSyntheticTpr, 0xF0, 0);
    ck_assert_uint_eq(get(HvX64RegisterSyntheticEoi), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* What the architecture calls by other names (HvX64RegisterApicId and so on) is the same APIC. */
START_TEST(architectural_apic_registers_are_the_local_apic)
{
    struct hv_register128 value;

    ck_assert_uint_eq(hv_register_get(rig.vp, HvX64RegisterApicBase, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 0xFEE00900);
    value.low = 0xFEE00D00;
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterApicBase, &value), HV_STATUS_SUCCESS);
    ck_assert(hv_apic_is_x2(&rig.vp->apic));
    value.low = 0xFEE00900;
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterApicBase, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_apic_base(&rig.vp->apic), 0xFEE00900);
    value.low = 0xFEE00500;
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterApicBase, &value),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(hv_register_get(rig.vp, HvX64RegisterInitialApicId, &value),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 0);
    value = (struct hv_register128){ .low = 0x1F5 };
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterApicSpurious, &value),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(rig.vp->apic.svr, 0x1F5);
    value.low = 9;
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterCr8, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(rig.vp->apic.tpr, 0x90);
    ck_assert_uint_eq(hv_register_get(rig.vp, HvX64RegisterCr8, &value), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(value.low, 9);
    value.low = 16;
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterCr8, &value),
                      HV_STATUS_INVALID_REGISTER_VALUE);
    ck_assert_uint_eq(hv_register_set(rig.vp, HvX64RegisterInitialApicId, &value),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_register_get(rig.vp, HvX64RegisterApicEoi, &value), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(pending_events_are_the_back_ends)
{
    static const uint32_t names[] = { HvRegisterPendingInterruption, HvRegisterPendingEvent1,
                                      HvX64RegisterPendingDebugException, HvRegisterPendingEvent3 };

    header();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_uint_eq(set(names[i], 0x100 + i, 0), result(HV_STATUS_SUCCESS, 1));
        expect_value(names[i], 0x100 + i, 0);
    }
    /* Events have 128 bits, and what they may hold is the back end's to say. */
    for (uint32_t name = HvRegisterPendingEvent0; name <= HvRegisterPendingEvent3; name++) {
        bool event = name != 0x10006 && name != HvX64RegisterPendingDebugException;

        ck_assert_uint_eq(set(name, 1, 1),
                          event ? HV_STATUS_INVALID_REGISTER_VALUE : HV_STATUS_INVALID_PARAMETER);
    }
}
END_TEST

START_TEST(bits_beyond_64_are_refused_for_narrow_registers)
{
    static const uint32_t narrow[] = { HvX64RegisterRbx, HvRegisterGuestOsId, HvX64RegisterEfer };
    static const uint32_t wide[] = { HvX64RegisterXmm0, HvX64RegisterCs, HvX64RegisterIdtr };

    header();
    for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
        for (unsigned bit = 0; bit < 64; bit++)
            ck_assert_uint_eq(set(narrow[i], 1, UINT64_C(1) << bit),
                              result(HV_STATUS_INVALID_PARAMETER, 0));
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        ck_assert_uint_eq(set(wide[i], 1, UINT64_MAX), result(HV_STATUS_SUCCESS, 1));
}
END_TEST

START_TEST(fast_register_access_works_in_registers)
{
    struct fake_vp *backend = fake_vp(rig.vp);
    uint64_t first = HV_PARTITION_ID_SELF, second = HV_VP_INDEX_SELF;

    memcpy(backend->xmm[0], (uint32_t[]){ HvRegisterVpIndex, HvX64RegisterRbx, 0, 0 }, 16);
    rig_fill_registers(backend);
    rig_set_inputs(&backend->gprs, rig_reps(HvCallGetVpRegisters, 2, 0) | FAST, first, second);
    rig_execute(hv_hypercall_find);
    ck_assert_uint_eq(rig_result(), result(HV_STATUS_SUCCESS, 2));
    ck_assert_mem_eq(backend->xmm[1], ((uint64_t[]){ 0, 0 }), 16);
    ck_assert_mem_eq(backend->xmm[2], ((uint64_t[]){ rig.before.gpr[HV_GPR_RBX], 0 }), 16);
}
END_TEST

/* ---- HvCallGetVpIndexFromApicId ---- */

START_TEST(apic_ids_become_vp_indexes)
{
    memcpy(rig_words(RIG_INPUT),
           (uint64_t[]){ HV_PARTITION_ID_SELF, UINT64_C(0xFFFFFFFFFFFFFF00),
                         3 | UINT64_C(0xEEEEEEEE) << 32, 0, 5 },
           40);
    memset(rig_words(RIG_OUTPUT), 0xFF, 24);
    ck_assert_uint_eq(call(rig_reps(HvCallGetVpIndexFromApicId, 3, 0)),
                      result(HV_STATUS_INVALID_PARAMETER, 2));
    ck_assert_mem_eq(rig_words(RIG_OUTPUT), ((uint64_t[]){ 3, 0, UINT64_MAX }), 24);
}
END_TEST

START_TEST(apic_id_lookup_checks_partition_vtl_and_privilege)
{
    uint64_t *input = rig_words(RIG_INPUT), control = rig_reps(HvCallGetVpIndexFromApicId, 1, 0);

    memcpy(input, (uint64_t[]){ 99, 0, 0 }, 24);
    ck_assert_uint_eq(call(control), result(HV_STATUS_ACCESS_DENIED, 0));
    memcpy(input, (uint64_t[]){ HV_PARTITION_ID_SELF, 0x11, 0 }, 24);
    ck_assert_uint_eq(call(control), result(HV_STATUS_INVALID_PARAMETER, 0));
    rig.partition->features.privileges = ~HV_PRIVILEGE_AccessVpIndex;
    ck_assert_uint_eq(call(control), result(HV_STATUS_ACCESS_DENIED, 0));
}
END_TEST

/* ---- Identity, properties, hints ---- */

START_TEST(partition_id_is_told_to_the_privileged)
{
    ck_assert_uint_eq(call(HvGetPartitionId), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(*rig_words(RIG_OUTPUT), rig.partition->id);
    rig.partition->features.privileges = ~HV_PRIVILEGE_AccessPartitionId;
    ck_assert_uint_eq(call(HvGetPartitionId), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(own_property_can_be_read)
{
    uint64_t *input = rig_words(RIG_INPUT), expected = 0;

    ck_assert_uint_eq(
        hv_partition_get_property(rig.partition, HvPartitionPropertyPrivilegeFlags, &expected),
        HV_STATUS_SUCCESS);
    memcpy(input, (uint64_t[]){ HV_PARTITION_ID_SELF, HvPartitionPropertyPrivilegeFlags }, 16);
    ck_assert_uint_eq(call(HvCallGetPartitionProperty), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(*rig_words(RIG_OUTPUT), expected);
    input[1] |= UINT64_C(1) << 63;
    ck_assert_uint_eq(call(HvCallGetPartitionProperty), HV_STATUS_INVALID_PARAMETER);
    input[1] = 0xFFFFFFFF;
    ck_assert_uint_eq(call(HvCallGetPartitionProperty), HV_STATUS_UNKNOWN_PROPERTY);
    input[0] = 77;
    ck_assert_uint_eq(call(HvCallGetPartitionProperty), HV_STATUS_ACCESS_DENIED);
}
END_TEST

START_TEST(long_spin_wait_always_succeeds)
{
    *rig_words(RIG_INPUT) = UINT64_MAX;
    ck_assert_uint_eq(call(HvCallNotifyLongSpinWait), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call(HvCallNotifyLongSpinWait | FAST), HV_STATUS_SUCCESS);
}
END_TEST

/* ---- Extended calls ---- */

START_TEST(extended_calls_need_their_privilege)
{
    static const uint16_t codes[] = { 0x8001, 0x8002, 0x8006, 0x8007, 0x8041, 0xC001, 0xFFFF };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        rig.partition->features.privileges = ~HV_PRIVILEGE_EnableExtendedHypercalls;
        ck_assert_uint_eq(call(codes[i]), HV_STATUS_ACCESS_DENIED);
        rig.partition->features.privileges = HV_PRIVILEGE_EnableExtendedHypercalls;
        ck_assert_uint_eq(call(codes[i]),
                          i == 0 ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_HYPERCALL_CODE);
    }
    ck_assert_uint_eq(call(0x8000), HV_STATUS_INVALID_HYPERCALL_CODE);
}
END_TEST

START_TEST(extended_capabilities_are_those_that_answer)
{
    *rig_words(RIG_OUTPUT) = UINT64_MAX;
    ck_assert_uint_eq(call(HvExtCallQueryCapabilities), HV_STATUS_SUCCESS);
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t reported = *rig_words(RIG_OUTPUT) >> bit & 1;
        const struct hv_hypercall_row *row = hv_hypercall_find((uint16_t)(0x8002 + bit));

        ck_assert_uint_eq(reported, row->handler != NULL);
    }
    ck_assert_uint_eq(call(HvExtCallQueryCapabilities | FAST), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

/* ---- The table ---- */

START_TEST(rows_are_found_by_their_codes_and_well_formed)
{
    unsigned implemented = 0;

    for (uint32_t code = 0; code <= 0xFFFF; code++) {
        const struct hv_hypercall_row *row = hv_hypercall_find((uint16_t)code);

        if (!row || (row->code == 0 && code > 0x8006))
            continue;
        ck_assert_uint_eq(row->code, code);
        ck_assert_ptr_nonnull(row->name);
        ck_assert_uint_eq(row->header_size % 8, 0);
        ck_assert(row->input_size == 0 || (row->flags & HV_HYPERCALL_REP));
        ck_assert_uint_eq(!!(row->flags & HV_HYPERCALL_EXTENDED), code > 0x8000);
        implemented += row->handler != NULL;
    }
    ck_assert_uint_eq(implemented, 78);
}
END_TEST

START_TEST(specified_call_is_denied_to_those_without_its_privilege)
{
    static const struct {
        uint16_t code;
        uint64_t privilege;
    } calls[] = {
        { HvRestorePartitionState, HV_PRIVILEGE_CreatePartitions },
        { HvCallQueryNumaDistance, HV_PRIVILEGE_CpuManagement },
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        rig.partition->features.privileges = ~calls[i].privilege;
        ck_assert_uint_eq(call(calls[i].code), HV_STATUS_ACCESS_DENIED);
        rig.partition->features.privileges = calls[i].privilege;
        ck_assert_uint_eq(call(calls[i].code), HV_STATUS_INVALID_HYPERCALL_CODE);
    }
    rig_is_no_root();
    ck_assert_uint_eq(call(HvCallScrubPartition), HV_STATUS_ACCESS_DENIED);
    rig.partition->features.privileges = UINT64_MAX;
    ck_assert_uint_eq(call(HvCallAddLogicalProcessor), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("hypercall_registers");
    tcase_add_checked_fixture(tcase, setup, rig_teardown);
    tcase_add_test(tcase, caller_reads_its_own_registers);
    tcase_add_test(tcase, own_partition_and_vp_may_be_named_by_number);
    tcase_add_test(tcase, caller_writes_its_own_registers);
    tcase_add_test(tcase, caller_that_sets_its_rip_goes_on_there);
    tcase_add_test(tcase, list_that_sets_registers_of_the_call_itself_is_not_suspended);
    tcase_add_test(tcase, registers_of_another_vp_are_reached_through_its_lp);
    tcase_add_test(tcase, absent_vp_is_an_invalid_index);
    tcase_add_test(tcase, foreign_partition_is_denied_or_invalid_for_a_possible_parent);
    tcase_add_test(tcase, own_registers_need_the_privilege);
    tcase_add_test(tcase, only_vtl_0_exists);
    tcase_add_test(tcase, reserved_header_bytes_must_be_zero);
    tcase_add_test(tcase, unknown_name_ends_the_list);
    tcase_add_test(tcase, feature_registers_are_cpuid_leaves);
    tcase_add_test(tcase, synthetic_registers_are_the_msrs);
    tcase_add_test(tcase, frequencies_can_be_read);
    tcase_add_test(tcase, read_only_registers_are_refused);
    tcase_add_test(tcase, value_that_an_msr_refuses_is_an_invalid_value);
    tcase_add_test(tcase, register_of_an_msr_that_is_not_there_is_refused);
    tcase_add_test(tcase, registers_of_the_local_apic_are_the_msrs);
    tcase_add_test(tcase, architectural_apic_registers_are_the_local_apic);
    tcase_add_test(tcase, pending_events_are_the_back_ends);
    tcase_add_test(tcase, bits_beyond_64_are_refused_for_narrow_registers);
    tcase_add_test(tcase, fast_register_access_works_in_registers);
    tcase_add_test(tcase, apic_ids_become_vp_indexes);
    tcase_add_test(tcase, apic_id_lookup_checks_partition_vtl_and_privilege);
    tcase_add_test(tcase, partition_id_is_told_to_the_privileged);
    tcase_add_test(tcase, own_property_can_be_read);
    tcase_add_test(tcase, long_spin_wait_always_succeeds);
    tcase_add_test(tcase, extended_calls_need_their_privilege);
    tcase_add_test(tcase, extended_capabilities_are_those_that_answer);
    tcase_add_test(tcase, rows_are_found_by_their_codes_and_well_formed);
    tcase_add_test(tcase, specified_call_is_denied_to_those_without_its_privilege);
    Suite *suite = suite_create("core_hypercall_registers");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
