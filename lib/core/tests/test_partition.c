/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Partitions and VPs: what their creation refuses, that they live in the pages they are given and
 * nowhere else, that privileges are what was asked for less what can't work, and that a reset puts
 * everything back.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct fake_platform fake;

static void setup(void)
{
    fake_platform_init(&fake);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static struct hv_partition_config config(void)
{
    return (struct hv_partition_config){
        .id = 7, .privileges = UINT64_MAX, .root = false, .max_vps = 4, .gpa_bits = 36
    };
}

static hv_status create(const struct hv_partition_config *wanted, size_t count,
                        struct hv_partition **partition)
{
    uint64_t pages[64];

    ck_assert_uint_le(count, COUNT(pages));
    for (size_t i = 0; i < count; i++)
        pages[i] = FAKE_FIRST_POOL + i;
    *partition = NULL;
    return hv_partition_create(&fake.platform, wanted, pages, count, partition);
}

START_TEST(config_out_of_range_is_refused)
{
    struct hv_partition_config bad[] = {
        config(), config(), config(), config(), config(), config()
    };
    struct hv_partition *partition;

    bad[0].id = HV_PARTITION_ID_INVALID;
    bad[1].id = HV_PARTITION_ID_SELF;
    bad[2].max_vps = 0;
    bad[3].max_vps = HV_PARTITION_MAX_VPS + 1;
    bad[4].gpa_bits = 31;
    bad[5].gpa_bits = 53;
    for (size_t i = 0; i < COUNT(bad); i++) {
        ck_assert_uint_eq(create(&bad[i], 64, &partition), HV_STATUS_INVALID_PARAMETER);
        ck_assert_ptr_null(partition);
    }
}
END_TEST

START_TEST(config_at_its_limits_is_accepted)
{
    struct hv_partition_config wanted = config();
    struct hv_partition *partition;

    wanted.id = HV_PARTITION_ID_SELF - 1;
    wanted.max_vps = HV_PARTITION_MAX_VPS;
    wanted.gpa_bits = 48;
    ck_assert_uint_eq(create(&wanted, 64, &partition), HV_STATUS_SUCCESS);
    wanted.gpa_bits = 32;
    ck_assert_uint_eq(create(&wanted, 64, &partition), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_id(partition), HV_PARTITION_ID_SELF - 1);
    ck_assert_ptr_eq(hv_partition_platform(partition), &fake.platform);
    wanted.max_vps = 1;
    ck_assert_uint_eq(create(&wanted, 64, &partition), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(announced_number_of_pages_is_exactly_enough)
{
    struct hv_partition_config wanted = config();
    struct hv_partition *partition;

    for (size_t count = 0; count < hv_partition_pages(&wanted); count++)
        ck_assert_uint_eq(create(&wanted, count, &partition), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(create(&wanted, hv_partition_pages(&wanted), &partition), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(partition), 0);
}
END_TEST

START_TEST(pages_that_are_no_memory_are_refused)
{
    struct hv_partition_config wanted = config();
    uint64_t pages[16];
    struct hv_partition *partition = NULL;

    for (size_t bad = 0; bad < COUNT(pages); bad++) {
        for (size_t i = 0; i < COUNT(pages); i++)
            pages[i] = i == bad ? FAKE_PAGES : FAKE_FIRST_POOL + i;
        ck_assert_uint_eq(
            hv_partition_create(&fake.platform, &wanted, pages, COUNT(pages), &partition),
            HV_STATUS_INVALID_PARAMETER);
        ck_assert_ptr_null(partition);
    }
}
END_TEST

START_TEST(tsc_too_slow_for_the_time_scale_is_refused)
{
    struct hv_partition_config wanted = config();
    struct hv_partition *partition;

    fake.platform.facts.tsc_hz = 10000000;
    ck_assert_uint_eq(create(&wanted, 64, &partition), HV_STATUS_INVALID_PARAMETER);
    fake.platform.facts.tsc_hz = 10000001;
    ck_assert_uint_eq(create(&wanted, 64, &partition), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(pages_can_be_deposited_used_and_withdrawn)
{
    struct hv_partition_config wanted = config();
    struct hv_partition *partition;
    uint64_t page = 0;
    uint8_t *mine;

    ck_assert_uint_eq(create(&wanted, hv_partition_pages(&wanted), &partition), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_withdraw(partition, &page), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_ptr_null(hv_partition_alloc_page(partition, NULL));

    ck_assert_uint_eq(hv_partition_deposit(partition, FAKE_PAGES), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(hv_partition_deposit(partition, FAKE_FIRST_POOL + 100), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(partition), 1);
    ck_assert_uint_eq(hv_partition_withdraw(partition, &page), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(page, FAKE_FIRST_POOL + 100);

    memset(fake_page(&fake, page), 0xEE, HV_PAGE_SIZE);
    ck_assert_uint_eq(hv_partition_deposit(partition, page), HV_STATUS_SUCCESS);
    mine = hv_partition_alloc_page(partition, &page);
    ck_assert_ptr_eq(mine, fake_page(&fake, FAKE_FIRST_POOL + 100));
    for (size_t i = 0; i < HV_PAGE_SIZE; i++)
        ck_assert_uint_eq(mine[i], 0);
}
END_TEST

START_TEST(vps_are_found_by_index)
{
    struct hv_partition *partition = fake_partition(&fake);
    int backend;
    struct hv_vp *first, *last;

    ck_assert_uint_eq(hv_vp_create(partition, 0, 0, &backend, &first), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_vp_create(partition, 63, 63, NULL, &last), HV_STATUS_SUCCESS);
    ck_assert_ptr_eq(hv_vp_get(partition, 0), first);
    ck_assert_ptr_eq(hv_vp_get(partition, 63), last);
    ck_assert_ptr_null(hv_vp_get(partition, 1));
    ck_assert_ptr_null(hv_vp_get(partition, 64));
    ck_assert_ptr_null(hv_vp_get(partition, UINT32_MAX));
    ck_assert_ptr_eq(hv_vp_backend(first), &backend);
    ck_assert_uint_eq(hv_vp_index(last), 63);
    ck_assert_ptr_eq(hv_vp_partition(last), partition);
}
END_TEST

START_TEST(vp_index_must_be_free_and_in_range)
{
    struct hv_partition *partition = fake_partition(&fake);
    size_t available;
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_vp_create(partition, 64, 64, NULL, &vp), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_vp_create(partition, UINT32_MAX, UINT32_MAX, NULL, &vp),
                      HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_vp_create(partition, 5, 5, NULL, &vp), HV_STATUS_SUCCESS);
    available = hv_partition_available(partition);
    ck_assert_uint_eq(hv_vp_create(partition, 5, 5, NULL, &vp), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_partition_available(partition), available);
}
END_TEST

START_TEST(vp_takes_the_announced_pages_or_none)
{
    struct hv_partition_config wanted = config();
    struct hv_partition *partition;
    struct hv_vp *vp;

    ck_assert_uint_eq(
        create(&wanted, hv_partition_pages(&wanted) + hv_vp_pages(&wanted) - 1, &partition),
        HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_vp_create(partition, 0, 0, NULL, &vp), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(hv_partition_available(partition), hv_vp_pages(&wanted) - 1);
    ck_assert_ptr_null(hv_vp_get(partition, 0));

    ck_assert_uint_eq(hv_partition_deposit(partition, FAKE_FIRST_POOL + 200), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_vp_create(partition, 0, 0, NULL, &vp), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(partition), 0);
}
END_TEST

static const uint64_t implemented =
    HV_PRIVILEGE_AccessVpRunTimeReg | HV_PRIVILEGE_AccessPartitionReferenceCounter |
    HV_PRIVILEGE_AccessIntrCtrlRegs | HV_PRIVILEGE_AccessHypercallMsrs |
    HV_PRIVILEGE_AccessVpIndex | HV_PRIVILEGE_AccessResetReg | HV_PRIVILEGE_AccessStatsReg |
    HV_PRIVILEGE_AccessPartitionReferenceTsc | HV_PRIVILEGE_AccessGuestIdleReg |
    HV_PRIVILEGE_AccessFrequencyRegs | HV_PRIVILEGE_AccessReenlightenmentControls |
    HV_PRIVILEGE_AccessTscInvariantControls | HV_PRIVILEGE_AccessPartitionId |
    HV_PRIVILEGE_Debugging | HV_PRIVILEGE_AccessVpRegisters |
    HV_PRIVILEGE_EnableExtendedHypercalls | HV_PRIVILEGE_StartVirtualProcessor |
    HV_PRIVILEGE_AccessSynicRegs | HV_PRIVILEGE_AccessSyntheticTimerRegs |
    HV_PRIVILEGE_PostMessages | HV_PRIVILEGE_SignalEvents;

START_TEST(privileges_are_those_asked_for_that_are_implemented)
{
    ck_assert_uint_eq(hv_partition_privileges(fake_partition(&fake)), implemented);
    fake_platform_destroy(&fake);
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t asked = UINT64_C(1) << bit;

        fake_platform_init(&fake);
        ck_assert_uint_eq(hv_partition_privileges(fake_partition_with(&fake, asked)),
                          asked & implemented);
        fake_platform_destroy(&fake);
    }
    fake_platform_init(&fake);
}
END_TEST

START_TEST(privileges_that_need_a_capability_vanish_without_it)
{
    static const struct {
        uint32_t capability;
        uint64_t privileges;
    } needs[] = {
        { HV_CPU_INVARIANT_TSC,
          HV_PRIVILEGE_AccessPartitionReferenceTsc | HV_PRIVILEGE_AccessTscInvariantControls },
        { HV_CPU_GUEST_IDLE, HV_PRIVILEGE_AccessGuestIdleReg },
        { HV_CPU_RESET, HV_PRIVILEGE_AccessResetReg },
        { HV_CPU_NPIEP, 0 },
        { HV_CPU_XMM, 0 },
        { HV_CPU_MSR_BITMAPS, 0 },
        { HV_CPU_LOCAL_APIC, HV_PRIVILEGE_AccessIntrCtrlRegs | HV_PRIVILEGE_AccessSynicRegs |
                                 HV_PRIVILEGE_AccessSyntheticTimerRegs | HV_PRIVILEGE_PostMessages |
                                 HV_PRIVILEGE_SignalEvents },
        { HV_CPU_START_VP, HV_PRIVILEGE_StartVirtualProcessor },
    };

    for (size_t i = 0; i < COUNT(needs); i++) {
        fake_platform_destroy(&fake);
        fake_platform_init(&fake);
        fake.platform.facts.capabilities &= ~needs[i].capability;
        ck_assert_uint_eq(hv_partition_privileges(fake_partition(&fake)),
                          implemented & ~needs[i].privileges);
    }
}
END_TEST

START_TEST(debugging_is_not_offered_without_a_connection)
{
    fake.platform.debug = (struct hv_debug_ops){ 0 };
    ck_assert_uint_eq(hv_partition_privileges(fake_partition(&fake)),
                      implemented & ~HV_PRIVILEGE_Debugging);
}
END_TEST

START_TEST(frequencies_are_not_offered_while_the_apic_clock_is_unknown)
{
    fake.platform.facts.apic_hz = 0;
    ck_assert_uint_eq(hv_partition_privileges(fake_partition(&fake)),
                      implemented & ~HV_PRIVILEGE_AccessFrequencyRegs);
}
END_TEST

static uint64_t property(const struct hv_partition *partition, uint32_t code)
{
    uint64_t value = 0;

    ck_assert_uint_eq(hv_partition_get_property(partition, code, &value), HV_STATUS_SUCCESS);
    return value;
}

START_TEST(properties_tell_what_the_partition_is)
{
    struct hv_partition *partition = fake_partition_with(&fake, HV_PRIVILEGE_AccessHypercallMsrs);
    struct hv_vp *vp = fake_vp_create(&fake, partition, 0);

    fake.platform.facts.physical_address_bits = 46;
    ck_assert_uint_eq(property(partition, HvPartitionPropertyPrivilegeFlags),
                      HV_PRIVILEGE_AccessHypercallMsrs);
    ck_assert_uint_eq(property(partition, HvPartitionPropertyGuestOsId), 0);
    fake_wrmsr(vp, HV_X64_MSR_GUEST_OS_ID, 0x123456789ABCDEF0);
    ck_assert_uint_eq(property(partition, HvPartitionPropertyGuestOsId), 0x123456789ABCDEF0);
    ck_assert_uint_eq(property(partition, HvPartitionPropertyProcessorClockFrequency), FAKE_TSC_HZ);
    ck_assert_uint_eq(property(partition, HvPartitionPropertyPhysicalAddressWidth), 40);
    ck_assert_uint_eq(property(partition, HvPartitionPropertyImplementedPhysicalAddressBits), 46);
    ck_assert_uint_eq(property(partition, HvPartitionPropertyReferenceTime), 0);
    fake.tsc += FAKE_TSC_HZ;
    ck_assert_uint_ge(property(partition, HvPartitionPropertyReferenceTime), 9999999);
    ck_assert_uint_le(property(partition, HvPartitionPropertyReferenceTime), 10000000);
}
END_TEST

START_TEST(properties_without_an_implementation_are_unknown)
{
    static const uint32_t unknown[] = { 0, HvPartitionPropertySuspend,
                                        HvPartitionPropertyCpuGroupId, 0x00070001, UINT32_MAX };
    struct hv_partition *partition = fake_partition(&fake);
    uint64_t value;

    for (size_t i = 0; i < COUNT(unknown); i++) {
        ck_assert_uint_eq(hv_partition_get_property(partition, unknown[i], &value),
                          HV_STATUS_UNKNOWN_PROPERTY);
        ck_assert_uint_eq(hv_partition_set_property(partition, unknown[i], 0),
                          HV_STATUS_UNKNOWN_PROPERTY);
    }
}
END_TEST

START_TEST(read_only_properties_can_not_be_set)
{
    static const uint32_t read_only[] = { HvPartitionPropertyGuestOsId,
                                          HvPartitionPropertyProcessorClockFrequency,
                                          HvPartitionPropertyPhysicalAddressWidth,
                                          HvPartitionPropertyImplementedPhysicalAddressBits };
    struct hv_partition *partition = fake_partition(&fake);

    for (size_t i = 0; i < COUNT(read_only); i++) {
        uint64_t before = property(partition, read_only[i]);

        ck_assert_uint_eq(hv_partition_set_property(partition, read_only[i], before + 1),
                          HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
        ck_assert_uint_eq(property(partition, read_only[i]), before);
    }
}
END_TEST

START_TEST(privileges_can_be_set_until_there_is_a_vp)
{
    struct hv_partition *partition = fake_partition(&fake);
    uint32_t code = HvPartitionPropertyPrivilegeFlags;

    ck_assert_uint_eq(hv_partition_set_property(partition, code, HV_PRIVILEGE_AccessVpIndex),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_privileges(partition), HV_PRIVILEGE_AccessVpIndex);
    ck_assert_uint_eq(hv_partition_set_property(partition, code, HV_PRIVILEGE_AccessVSM),
                      HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
    ck_assert_uint_eq(hv_partition_privileges(partition), HV_PRIVILEGE_AccessVpIndex);
    fake_vp_create(&fake, partition, 0);
    ck_assert_uint_eq(hv_partition_set_property(partition, code, 0),
                      HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_partition_privileges(partition), HV_PRIVILEGE_AccessVpIndex);
}
END_TEST

START_TEST(exit_for_an_unknown_reason_is_the_back_ends)
{
    struct hv_partition *partition = fake_partition(&fake);
    struct hv_vp *vp = fake_vp_create(&fake, partition, 0);
    struct hv_gprs gprs = { .rip = 0x1000 };
    struct hv_exit exit = { .reason = (enum hv_exit_reason)99, .gprs = &gprs };

    ck_assert_int_eq(hv_vp_exit(vp, &exit), HV_DISPOSITION_PASS);
    ck_assert_uint_eq(gprs.rip, 0x1000);
}
END_TEST

/* Registers that a guest can set, with a value that shows. */
static const struct {
    uint32_t msr;
    uint64_t value;
} settable[] = {
    { HV_X64_MSR_GUEST_OS_ID, 0x8100000000000001 },
    { HV_X64_MSR_HYPERCALL, 0x10003 },
    { HV_X64_MSR_REFERENCE_TSC, 0x11001 },
    { HV_X64_MSR_NPIEP_CONFIG, 0xF },
    { HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE, 0x12001 },
    { HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE, 0x13001 },
    { HV_X64_MSR_STATS_VP_RETAIL_PAGE, 0x14001 },
    { HV_X64_MSR_STATS_VP_INTERNAL_PAGE, 0x15001 },
    { HV_X64_MSR_CRASH_P0, 10 },
    { HV_X64_MSR_CRASH_P1, 11 },
    { HV_X64_MSR_CRASH_P2, 12 },
    { HV_X64_MSR_CRASH_P3, 13 },
    { HV_X64_MSR_CRASH_P4, 14 },
    { HV_X64_MSR_REENLIGHTENMENT_CONTROL, 0x00000001000100EE },
    { HV_X64_MSR_TSC_EMULATION_CONTROL, 1 },
    { HV_X64_MSR_TSC_INVARIANT_CONTROL, 1 },
};

static void set_all(struct hv_vp *vp)
{
    uint64_t value;

    for (size_t i = 0; i < COUNT(settable); i++) {
        fake_wrmsr(vp, settable[i].msr, settable[i].value);
        ck_assert(!fake_vp(vp)->injected);
        fake_rdmsr(vp, settable[i].msr, &value);
        ck_assert_uint_eq(value, settable[i].value);
    }
}

static unsigned overlays_visible(const struct hv_partition *partition)
{
    struct hv_mapping mapping;
    unsigned visible = 0;

    for (uint64_t page = 0x10; page < 0x20; page++) {
        ck_assert(hv_address_translate(partition, page, &mapping));
        if (mapping.overlay)
            visible++;
        else
            ck_assert_uint_eq(mapping.spa_page, page);
    }
    return visible;
}

START_TEST(reset_restores_every_register_and_uncovers_every_page)
{
    struct hv_partition *partition = fake_partition(&fake);
    struct hv_vp *vp = fake_vp_create(&fake, partition, 0);
    uint64_t value;

    set_all(vp);
    ck_assert_uint_eq(overlays_visible(partition), 6);
    fake.tsc += FAKE_TSC_HZ;
    hv_partition_reset(partition);
    for (size_t i = 0; i < COUNT(settable); i++) {
        fake_rdmsr(vp, settable[i].msr, &value);
        ck_assert_uint_eq(value, 0);
    }
    ck_assert_uint_eq(overlays_visible(partition), 0);
    fake_rdmsr(vp, HV_X64_MSR_TIME_REF_COUNT, &value);
    ck_assert_uint_ge(value, 9999999);
    set_all(vp);
    ck_assert_uint_eq(overlays_visible(partition), 6);
}
END_TEST

START_TEST(reset_reaches_every_vp)
{
    struct hv_partition *partition = fake_partition(&fake);
    struct hv_vp *vps[] = { fake_vp_create(&fake, partition, 0),
                            fake_vp_create(&fake, partition, 1),
                            fake_vp_create(&fake, partition, 63) };

    for (size_t i = 0; i < COUNT(vps); i++)
        fake_wrmsr(vps[i], HV_X64_MSR_NPIEP_CONFIG, 1);
    hv_partition_reset(partition);
    for (size_t i = 0; i < COUNT(vps); i++)
        ck_assert_uint_eq(hv_vp_npiep(vps[i]), 0);
}
END_TEST

START_TEST(init_of_a_vp_resets_its_own_registers_only)
{
    struct hv_partition *partition = fake_partition(&fake);
    struct hv_vp *vp = fake_vp_create(&fake, partition, 0);
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);
    uint64_t value;

    set_all(vp);
    fake_wrmsr(other, HV_X64_MSR_NPIEP_CONFIG, 1);
    fake_wrmsr(other, HV_X64_MSR_STATS_VP_RETAIL_PAGE, 0x16001);
    hv_vp_reset(vp);
    for (size_t i = 0; i < COUNT(settable); i++) {
        bool per_vp = settable[i].msr == HV_X64_MSR_NPIEP_CONFIG ||
                      settable[i].msr == HV_X64_MSR_STATS_VP_RETAIL_PAGE ||
                      settable[i].msr == HV_X64_MSR_STATS_VP_INTERNAL_PAGE;

        fake_rdmsr(vp, settable[i].msr, &value);
        ck_assert_uint_eq(value, per_vp ? 0 : settable[i].value);
    }
    ck_assert_uint_eq(hv_vp_npiep(vp), 0);
    ck_assert_uint_eq(hv_vp_npiep(other), 1);
    ck_assert_uint_eq(overlays_visible(partition), 5);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("partition");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, config_out_of_range_is_refused);
    tcase_add_test(tcase, config_at_its_limits_is_accepted);
    tcase_add_test(tcase, announced_number_of_pages_is_exactly_enough);
    tcase_add_test(tcase, pages_that_are_no_memory_are_refused);
    tcase_add_test(tcase, tsc_too_slow_for_the_time_scale_is_refused);
    tcase_add_test(tcase, pages_can_be_deposited_used_and_withdrawn);
    tcase_add_test(tcase, vps_are_found_by_index);
    tcase_add_test(tcase, vp_index_must_be_free_and_in_range);
    tcase_add_test(tcase, vp_takes_the_announced_pages_or_none);
    tcase_add_test(tcase, privileges_are_those_asked_for_that_are_implemented);
    tcase_add_test(tcase, privileges_that_need_a_capability_vanish_without_it);
    tcase_add_test(tcase, debugging_is_not_offered_without_a_connection);
    tcase_add_test(tcase, frequencies_are_not_offered_while_the_apic_clock_is_unknown);
    tcase_add_test(tcase, properties_tell_what_the_partition_is);
    tcase_add_test(tcase, properties_without_an_implementation_are_unknown);
    tcase_add_test(tcase, read_only_properties_can_not_be_set);
    tcase_add_test(tcase, privileges_can_be_set_until_there_is_a_vp);
    tcase_add_test(tcase, exit_for_an_unknown_reason_is_the_back_ends);
    tcase_add_test(tcase, reset_restores_every_register_and_uncovers_every_page);
    tcase_add_test(tcase, reset_reaches_every_vp);
    tcase_add_test(tcase, init_of_a_vp_resets_its_own_registers_only);
    Suite *suite = suite_create("core_partition");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
