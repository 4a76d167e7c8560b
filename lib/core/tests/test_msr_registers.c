/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The registers behind the synthetic MSRs: each reserved bit alone, which of them VPs share, the
 * pages that some of them place over guest memory, and what a locked or refused write leaves.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"
#include "fake_platform.h"
#include "msr_access.h"
#include "suite.h"
#include "vp_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LINUX_ID 0x8100000000000000u

static struct hv_mapping mapping_of(uint64_t gpa_page)
{
    struct hv_mapping mapping;

    ck_assert(hv_address_translate(partition, gpa_page, &mapping));
    return mapping;
}

static bool covered(uint64_t gpa_page)
{
    return mapping_of(gpa_page).overlay;
}

static enum hv_disposition access_page(uint64_t gpa_page, enum hv_access access)
{
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY, .gprs = &fake_vp(vp)->gprs };

    exit.memory.gpa = gpa_page << HV_PAGE_SHIFT;
    exit.memory.access = (uint8_t)access;
    fake_vp(vp)->injected = false;
    return hv_vp_exit(vp, &exit);
}

START_TEST(guest_os_id_is_free_form_and_shared)
{
    static const uint64_t ids[] = { 1, LINUX_ID, 0x000100000A003839, UINT64_MAX };
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_GUEST_OS_ID), 0);
    for (size_t i = 0; i < COUNT(ids); i++) {
        must_write(vp, HV_X64_MSR_GUEST_OS_ID, ids[i]);
        ck_assert_uint_eq(value_of(other, HV_X64_MSR_GUEST_OS_ID), ids[i]);
    }
}
END_TEST

START_TEST(hypercall_page_is_not_enabled_without_an_identity)
{
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), 0x10000);
    ck_assert(!covered(0x10));
}
END_TEST

START_TEST(hypercall_page_covers_and_uncovers_guest_memory)
{
    uint8_t *under = fake_page(&fake, 0x10);
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    memset(under, 0x5A, HV_PAGE_SIZE);
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    ck_assert_uint_eq(value_of(other, HV_X64_MSR_HYPERCALL), 0x10001);
    ck_assert(covered(0x10));
    ck_assert_uint_eq(mapping_of(0x10).access, HV_ACCESS_READ | HV_ACCESS_EXECUTE);

    must_write(vp, HV_X64_MSR_HYPERCALL, 0x11001);
    ck_assert(!covered(0x10));
    ck_assert_uint_eq(mapping_of(0x10).spa_page, 0x10);
    ck_assert(covered(0x11));

    must_write(vp, HV_X64_MSR_HYPERCALL, 0x11000);
    ck_assert(!covered(0x11));
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), 0x11000);
    for (size_t i = 0; i < HV_PAGE_SIZE; i++)
        ck_assert_uint_eq(under[i], 0x5A);
}
END_TEST

static const uint8_t *hypercall_code(void)
{
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    ck_assert(covered(0x10));
    return fake_page(&fake, mapping_of(0x10).spa_page);
}

START_TEST(hypercall_page_holds_the_instruction_of_the_processor)
{
    static const uint8_t amd[] = { 0x0F, 0x01, 0xD9, 0xC3 };
    static const uint8_t intel[] = { 0x0F, 0x01, 0xC1, 0xC3 };
    const uint8_t *code = hypercall_code();

    ck_assert_mem_eq(code, amd, sizeof(amd));
    for (size_t i = sizeof(amd); i < HV_PAGE_SIZE; i++)
        ck_assert_uint_eq(code[i], 0xCC);

    fake_platform_destroy(&fake);
    fake_platform_init(&fake);
    fake.platform.facts.slat_format = HV_SLAT_EPT;
    use_partition(UINT64_MAX);
    code = hypercall_code();
    ck_assert_mem_eq(code, intel, sizeof(intel));
    ck_assert_uint_eq(code[sizeof(intel)], 0xCC);
}
END_TEST

START_TEST(hypercall_page_holds_the_code_of_the_platform)
{
    static const uint8_t own[] = { 0xE6, 0x5A, 0x90, 0x90, 0xC3 };
    const uint8_t *code;

    fake.platform.facts.hypercall_code = own;
    fake.platform.facts.hypercall_code_size = sizeof(own);
    use_partition(UINT64_MAX);
    code = hypercall_code();
    ck_assert_mem_eq(code, own, sizeof(own));
    ck_assert_uint_eq(code[sizeof(own)], 0xCC);
}
END_TEST

START_TEST(write_to_the_hypercall_page_is_a_protection_fault)
{
    const uint8_t *code = hypercall_code();

    ck_assert_int_eq(access_page(0x10, HV_ACCESS_WRITE), HV_DISPOSITION_RESUME);
    ck_assert(fake_injected(vp, 13));
    ck_assert_uint_eq(code[0], 0x0F);
}
END_TEST

START_TEST(hypercall_msr_keeps_reserved_bits)
{
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    for (unsigned bit = 2; bit < 12; bit++) {
        uint64_t value = 0x10001 | UINT64_C(1) << bit;

        must_write(vp, HV_X64_MSR_HYPERCALL, value);
        ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), value);
    }
}
END_TEST

START_TEST(hypercall_page_beyond_the_gpa_space_faults)
{
    uint64_t end = UINT64_C(1) << 40;

    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, end | 1);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, end);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, ~UINT64_C(0xFFF) | 1);
    ck_assert(covered(0x10));
    must_write(vp, HV_X64_MSR_HYPERCALL, (end - HV_PAGE_SIZE) | 1);
    ck_assert(covered((end >> HV_PAGE_SHIFT) - 1));
    ck_assert(!covered(0x10));
}
END_TEST

START_TEST(clearing_the_identity_disables_the_hypercall_page)
{
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID + 1);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), 0x10001);
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, 0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), 0x10000);
    ck_assert(!covered(0x10));
}
END_TEST

START_TEST(locked_hypercall_msr_is_immutable_until_reset)
{
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x10003);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, 0);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, 0x11003);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, 0x10003);
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, 0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), 0x10003);
    ck_assert(covered(0x10));
    hv_partition_reset(partition);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_HYPERCALL), 0);
    ck_assert(!covered(0x10));
    must_write(vp, HV_X64_MSR_HYPERCALL, 0x11000);
}
END_TEST

START_TEST(page_that_finds_no_memory_for_tables_faults_and_changes_nothing)
{
    must_write(vp, HV_X64_MSR_GUEST_OS_ID, LINUX_ID);
    drain_pool(partition);
    must_refuse(vp, HV_X64_MSR_HYPERCALL, 0x10001);
    must_refuse(vp, HV_X64_MSR_REFERENCE_TSC, 0x10001);
    must_refuse(vp, HV_X64_MSR_STATS_VP_RETAIL_PAGE, 0x10001);
    ck_assert(!covered(0x10));
    ck_assert_uint_eq(fake.log_lines, 0); /* or a guest could flood the log */
}
END_TEST

START_TEST(vp_index_is_the_vps_own)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 63);

    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_VP_INDEX), 0);
    ck_assert_uint_eq(value_of(other, HV_X64_MSR_VP_INDEX), 63);
}
END_TEST

START_TEST(reset_msr_resets_on_bit_zero_alone)
{
    uint64_t rip = fake_vp(vp)->gprs.rip;

    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_RESET), 0);
    ck_assert_int_eq(fake_wrmsr(vp, HV_X64_MSR_RESET, 0), HV_DISPOSITION_RESUME);
    ck_assert(!fake_vp(vp)->injected);
    ck_assert_int_eq(fake_wrmsr(vp, HV_X64_MSR_RESET, 1), HV_DISPOSITION_RESET);
    ck_assert(!fake_vp(vp)->injected);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, rip + 6);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_RESET), 0);
    must_refuse_each(vp, HV_X64_MSR_RESET, ~UINT64_C(1));
    must_refuse(vp, HV_X64_MSR_RESET, 3);
}
END_TEST

START_TEST(guest_idle_reads_zero_and_waits_behind_the_instruction)
{
    uint64_t rip = fake_vp(vp)->gprs.rip;
    uint64_t value = 1;

    fake_vp(vp)->gprs.gpr[HV_GPR_RAX] = UINT64_MAX;
    fake_vp(vp)->gprs.gpr[HV_GPR_RDX] = UINT64_MAX;
    ck_assert_int_eq(fake_rdmsr(vp, HV_X64_MSR_GUEST_IDLE, &value), HV_DISPOSITION_IDLE);
    ck_assert_uint_eq(value, 0);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, rip + 2);
    ck_assert(!fake_vp(vp)->injected);
}
END_TEST

START_TEST(npiep_is_per_vp_and_refuses_reserved_bits)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    for (uint64_t value = 0; value < 16; value++) {
        must_write(vp, HV_X64_MSR_NPIEP_CONFIG, value);
        ck_assert_uint_eq(value_of(vp, HV_X64_MSR_NPIEP_CONFIG), value);
        ck_assert_uint_eq(hv_vp_npiep(vp), value);
    }
    ck_assert_uint_eq(value_of(other, HV_X64_MSR_NPIEP_CONFIG), 0);
    ck_assert_uint_eq(hv_vp_npiep(other), 0);
    must_refuse_each(vp, HV_X64_MSR_NPIEP_CONFIG, ~UINT64_C(0xF));
}
END_TEST

START_TEST(reenlightenment_refuses_reserved_bits_and_impossible_vectors)
{
    uint32_t msr = HV_X64_MSR_REENLIGHTENMENT_CONTROL;

    must_refuse_each(vp, msr, HV_REENLIGHTENMENT_CONTROL_RSVDZ_MASK);
    for (uint64_t vector = 0; vector < 256; vector++) {
        uint64_t enabled = vector | HV_REENLIGHTENMENT_CONTROL_ENABLED;

        must_write(vp, msr, vector);
        if (vector < 16)
            must_refuse(vp, msr, enabled);
        else
            must_write(vp, msr, enabled);
    }
    must_write(vp, msr, 0xFFFFFFFF000100EE);
    ck_assert_uint_eq(value_of(vp, msr), 0xFFFFFFFF000100EE);
}
END_TEST

START_TEST(tsc_emulation_can_be_opted_in_and_only_ended)
{
    must_write(vp, HV_X64_MSR_TSC_EMULATION_CONTROL, 1);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_TSC_EMULATION_CONTROL), 1);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_TSC_EMULATION_STATUS), 0);
    must_write(vp, HV_X64_MSR_TSC_EMULATION_CONTROL, 0);
    must_refuse_each(vp, HV_X64_MSR_TSC_EMULATION_CONTROL, ~UINT64_C(1));

    must_write(vp, HV_X64_MSR_TSC_EMULATION_STATUS, 0);
    must_refuse_each(vp, HV_X64_MSR_TSC_EMULATION_STATUS, UINT64_MAX);
    partition->time.tsc_emulation_status = HV_TSC_EMULATION_STATUS_IN_PROGRESS;
    must_write(vp, HV_X64_MSR_TSC_EMULATION_STATUS, 1);
    must_write(vp, HV_X64_MSR_TSC_EMULATION_STATUS, 0);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_TSC_EMULATION_STATUS), 0);
    must_refuse(vp, HV_X64_MSR_TSC_EMULATION_STATUS, 1);
    partition->time.tsc_emulation_status = HV_TSC_EMULATION_STATUS_IN_PROGRESS;
    hv_partition_reset(partition);
    ck_assert_uint_eq(value_of(vp, HV_X64_MSR_TSC_EMULATION_STATUS), 0);
}
END_TEST

START_TEST(invariant_tsc_once_exposed_stays_exposed)
{
    must_refuse_each(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, ~UINT64_C(1));
    must_write(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, 0);
    must_write(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, 1);
    must_write(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, 1);
    must_refuse(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, 0);
    must_refuse(vp, HV_X64_MSR_TSC_INVARIANT_CONTROL, 3);
}
END_TEST

static const uint32_t stats_msrs[] = {
    HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE,
    HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE,
    HV_X64_MSR_STATS_VP_RETAIL_PAGE,
    HV_X64_MSR_STATS_VP_INTERNAL_PAGE,
};

/* The retail pages begin with a group, the internal ones with the end. */
START_TEST(statistics_pages_are_read_only_overlays)
{
    for (size_t i = 0; i < COUNT(stats_msrs); i++) {
        uint64_t page = 0x20 + i;
        const struct hv_statistics_group_header *header;

        must_write(vp, stats_msrs[i], page << HV_PAGE_SHIFT | 0xFFF);
        ck_assert_uint_eq(value_of(vp, stats_msrs[i]), page << HV_PAGE_SHIFT | 0xFFF);
        ck_assert(covered(page));
        header = fake_page(&fake, mapping_of(page).spa_page);
        ck_assert_uint_eq(header->type, i % 2 ? HV_STATISTICS_TYPE_END_OF_LIST
                                              : HV_STATISTICS_TYPE_ARCHITECTURAL);
        ck_assert_int_eq(access_page(page, HV_ACCESS_WRITE), HV_DISPOSITION_RESUME);
        ck_assert(fake_injected(vp, 18));
        must_write(vp, stats_msrs[i], page << HV_PAGE_SHIFT);
        ck_assert(!covered(page));
    }
}
END_TEST

START_TEST(statistics_page_beyond_the_gpa_space_does_not_fault)
{
    for (size_t i = 0; i < COUNT(stats_msrs); i++) {
        must_write(vp, stats_msrs[i], ~UINT64_C(0xFFF) | 1);
        ck_assert_uint_eq(value_of(vp, stats_msrs[i]), ~UINT64_C(0xFFF) | 1);
        must_write(vp, stats_msrs[i], 0x20001);
        ck_assert(covered(0x20));
        must_write(vp, stats_msrs[i], 0);
        ck_assert(!covered(0x20));
    }
}
END_TEST

START_TEST(statistics_pages_are_the_same_after_a_reset)
{
    for (size_t i = 0; i < COUNT(stats_msrs); i++) {
        uint64_t page = 0x20 + i, before;

        must_write(vp, stats_msrs[i], page << HV_PAGE_SHIFT | 1);
        before = mapping_of(page).spa_page;
        hv_partition_reset(partition);
        ck_assert(!covered(page));
        must_write(vp, stats_msrs[i], page << HV_PAGE_SHIFT | 1);
        ck_assert_uint_eq(mapping_of(page).spa_page, before);
    }
}
END_TEST

START_TEST(statistics_pages_of_the_partition_are_shared_and_those_of_a_vp_are_not)
{
    struct hv_vp *other = fake_vp_create(&fake, partition, 1);

    for (size_t i = 0; i < COUNT(stats_msrs); i++) {
        must_write(vp, stats_msrs[i], (0x20 + i) << HV_PAGE_SHIFT | 1);
        ck_assert_uint_eq(value_of(other, stats_msrs[i]),
                          i < 2 ? (0x20 + i) << HV_PAGE_SHIFT | 1 : 0);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("msr_registers");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, guest_os_id_is_free_form_and_shared);
    tcase_add_test(tcase, hypercall_page_is_not_enabled_without_an_identity);
    tcase_add_test(tcase, hypercall_page_covers_and_uncovers_guest_memory);
    tcase_add_test(tcase, hypercall_page_holds_the_instruction_of_the_processor);
    tcase_add_test(tcase, hypercall_page_holds_the_code_of_the_platform);
    tcase_add_test(tcase, write_to_the_hypercall_page_is_a_protection_fault);
    tcase_add_test(tcase, hypercall_msr_keeps_reserved_bits);
    tcase_add_test(tcase, hypercall_page_beyond_the_gpa_space_faults);
    tcase_add_test(tcase, clearing_the_identity_disables_the_hypercall_page);
    tcase_add_test(tcase, locked_hypercall_msr_is_immutable_until_reset);
    tcase_add_test(tcase, page_that_finds_no_memory_for_tables_faults_and_changes_nothing);
    tcase_add_test(tcase, vp_index_is_the_vps_own);
    tcase_add_test(tcase, reset_msr_resets_on_bit_zero_alone);
    tcase_add_test(tcase, guest_idle_reads_zero_and_waits_behind_the_instruction);
    tcase_add_test(tcase, npiep_is_per_vp_and_refuses_reserved_bits);
    tcase_add_test(tcase, reenlightenment_refuses_reserved_bits_and_impossible_vectors);
    tcase_add_test(tcase, tsc_emulation_can_be_opted_in_and_only_ended);
    tcase_add_test(tcase, invariant_tsc_once_exposed_stays_exposed);
    tcase_add_test(tcase, statistics_pages_are_read_only_overlays);
    tcase_add_test(tcase, statistics_page_beyond_the_gpa_space_does_not_fault);
    tcase_add_test(tcase, statistics_pages_are_the_same_after_a_reset);
    tcase_add_test(tcase, statistics_pages_of_the_partition_are_shared_and_those_of_a_vp_are_not);
    Suite *suite = suite_create("core_msr_registers");
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
