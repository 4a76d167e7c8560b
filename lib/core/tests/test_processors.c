/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Hypercalls for other VPs: flushes and cluster IPIs. Why: a VP that is left out of a flush goes on
 * with a mapping that is gone, and one too many costs it its time.
 */
#include <check.h>

#include <hv/interrupt.h>

#include "apic_bits.h"
#include "core.h"
#include "fake_platform.h"
#include "hypercall.h"
#include "suite.h"

#define VPS    3
#define VECTOR 0x40

static struct fake_platform fake;
static struct hv_vp *vps[VPS];

static void setup(void)
{
    struct hv_partition *partition;

    fake_platform_init(&fake);
    partition = fake_partition(&fake);
    for (uint32_t i = 0; i < VPS; i++) {
        vps[i] = fake_vp_create(&fake, partition, i);
        hv_apic_write(&vps[i]->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

/* Which VPs have been flushed since the last time, as a mask. */
static unsigned flushed(void)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < VPS; i++)
        if (atomic_exchange(&fake_vp(vps[i])->tlb_flushes, 0))
            mask |= 1u << i;
    return mask;
}

/* Which VPs have been told to forget some ranges since the last time; what these are is in flushes.
 */
static struct hv_flush flushes[VPS];

static unsigned range_flushed(void)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < VPS; i++) {
        hv_flush_queue_take(&fake_vp(vps[i])->flushes, &flushes[i]);
        if (atomic_exchange(&fake_vp(vps[i])->range_flushes, 0))
            mask |= 1u << i;
    }
    return mask;
}

/* Which VPs have the interrupt pending. */
static unsigned interrupted(void)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < VPS; i++) {
        hv_vp_prepare(vps[i]);
        hv_interrupt_poll(vps[i], fake.tsc);
        if (hv_interrupt_view(vps[i])->vector == VECTOR)
            mask |= 1u << i;
    }
    return mask;
}

static hv_status flush(uint64_t space, uint64_t flags, uint64_t mask)
{
    const struct hv_input_flush_virtual_address_space input = { space, flags, mask };
    struct hv_hypercall_call call = { .vp = vps[0], .header = &input };

    return hv_hypercall_flush_virtual_address_space(&call);
}

/* The list from element start on. */
static hv_status flush_list(const uint64_t *ranges, uint16_t count, uint16_t start, uint64_t mask)
{
    const struct hv_input_flush_virtual_address_space input = { 0x1000, 0, mask };
    const struct hv_hypercall_control control = { .rep_count = count, .rep_start = start };
    struct hv_hypercall_call call = {
        .vp = vps[0], .header = &input, .control = &control, .input = ranges + start, .index = start
    };

    return hv_hypercall_flush_virtual_address_space(&call);
}

static hv_status flush_set(uint64_t format, uint64_t valid, const uint64_t *banks, uint16_t count)
{
    const struct hv_input_flush_virtual_address_space_ex input = {
        .address_space = 0x1000, .processor_set = { format, valid }
    };
    const struct hv_hypercall_control control = { .variable_qwords = count };
    struct hv_hypercall_call call = {
        .vp = vps[0], .header = &input, .variable = banks, .control = &control
    };

    return hv_hypercall_flush_virtual_address_space_ex(&call);
}

/* reserved: a byte of these, from the low one on. */
static hv_status send_ipi(uint32_t vector, uint8_t vtl, uint32_t reserved, uint64_t mask)
{
    const struct hv_input_send_synthetic_cluster_ipi input = {
        .vector = vector,
        .target_vtl = vtl,
        .reserved = { (uint8_t)reserved, (uint8_t)(reserved >> 8), (uint8_t)(reserved >> 16) },
        .processor_mask = mask
    };
    struct hv_hypercall_call call = { .vp = vps[0], .header = &input };

    return hv_hypercall_send_cluster_ipi(&call);
}

static hv_status send_ipi_set_with(uint32_t vector, uint64_t format, uint64_t valid,
                                   const uint64_t *banks, uint16_t count)
{
    const struct hv_input_send_synthetic_cluster_ipi_ex input = {
        .vector = vector, .processor_set = { format, valid }
    };
    const struct hv_hypercall_control control = { .variable_qwords = count };
    struct hv_hypercall_call call = {
        .vp = vps[0], .header = &input, .variable = banks, .control = &control
    };

    return hv_hypercall_send_cluster_ipi_ex(&call);
}

static hv_status send_ipi_set(uint64_t format, uint64_t valid, const uint64_t *banks,
                              uint16_t count)
{
    return send_ipi_set_with(VECTOR, format, valid, banks, count);
}

START_TEST(flush_reaches_who_is_named)
{
    (void)flushed();
    ck_assert_uint_eq(flush(0x1000, 0, 5), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 5);
    ck_assert_uint_eq(flush(0x1000, HV_FLUSH_ALL_PROCESSORS, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 7);
    /* VP 63 does not exist. */
    ck_assert_uint_eq(flush(0x1000, 0, UINT64_C(1) << 63 | 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 2);
}
END_TEST

START_TEST(flush_is_checked)
{
    const uint64_t beyond = UINT64_C(1) << vps[0]->partition->gpa_bits;

    (void)flushed();
    ck_assert_uint_eq(flush(0x1000, 0, 0), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 3; bit < 64; bit++)
        ck_assert_uint_eq(flush(0x1000, UINT64_C(1) << bit, 1), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = vps[0]->partition->gpa_bits; bit < 64; bit++)
        ck_assert_uint_eq(flush(UINT64_C(1) << bit, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flushed(), 0);
    ck_assert_uint_eq(flush(beyond >> 1, 0, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 1);
    ck_assert_uint_eq(flush(beyond, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 1);
}
END_TEST

/* A flush that returns before it is done leaves a VP that runs with what it has cached. */
START_TEST(flush_waits_for_who_is_named)
{
    for (unsigned i = 0; i < VPS; i++)
        atomic_store(&fake_vp(vps[i])->tlb_waits, 0);
    ck_assert_uint_eq(flush(0x1000, 0, 6), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < VPS; i++)
        ck_assert_uint_eq(atomic_load(&fake_vp(vps[i])->tlb_waits), i > 0);
}
END_TEST

START_TEST(global_pages_have_no_place_in_lists)
{
    const struct hv_input_flush_virtual_address_space input = { 0x1000,
                                                                HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY,
                                                                1 };
    const uint64_t range = 0x400000;
    const struct hv_hypercall_control control = { .rep_count = 1 };
    struct hv_hypercall_call call = { .vp = vps[0], .header = &input, .control = &control };

    ck_assert_uint_eq(hv_hypercall_flush_virtual_address_space(&call), HV_STATUS_SUCCESS);
    call.input = &range;
    ck_assert_uint_eq(hv_hypercall_flush_virtual_address_space(&call), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(range_flushed(), 0);
}
END_TEST

START_TEST(a_list_names_what_is_flushed)
{
    const uint64_t ranges[] = { 0x400000, UINT64_C(0xFFFF800000000000) | 3, 0x800000 | 1 };

    (void)flushed();
    for (unsigned i = 0; i < VPS; i++)
        atomic_store(&fake_vp(vps[i])->tlb_waits, 0);
    ck_assert_uint_eq(flush_list(ranges, 3, 0, 5), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(range_flushed(), 5);
    ck_assert_uint_eq(flushed(), 0);
    for (unsigned i = 0; i < VPS; i += 2) {
        ck_assert(!flushes[i].all);
        ck_assert_uint_eq(flushes[i].count, 3);
        ck_assert_mem_eq(flushes[i].ranges, ranges, sizeof(ranges));
    }
    ck_assert_uint_eq(flushes[1].count, 0);
    for (unsigned i = 0; i < VPS; i++)
        ck_assert_uint_eq(atomic_load(&fake_vp(vps[i])->tlb_waits), i != 1);
}
END_TEST

START_TEST(a_list_goes_on_from_its_start)
{
    const uint64_t ranges[] = { 0x400000 | 0xFFF, 0x600000, 0x800000 };

    (void)flushed();
    ck_assert_uint_eq(flush_list(ranges, 3, 1, 2), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(range_flushed(), 2);
    ck_assert_uint_eq(flushes[1].count, 2);
    ck_assert_mem_eq(flushes[1].ranges, ranges + 1, 2 * sizeof(*ranges));
    ck_assert_uint_eq(flushed(), 0);
}
END_TEST

START_TEST(a_long_list_is_a_flush_of_everything)
{
    uint64_t ranges[] = { 0x400000 | (HV_FLUSH_MAXIMUM_PAGES - 2), 0x600000 };

    (void)flushed();
    ck_assert_uint_eq(flush_list(ranges, 2, 0, 3), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(range_flushed(), 3);
    ck_assert_uint_eq(flushed(), 0);
    ranges[1] |= 1;
    ck_assert_uint_eq(flush_list(ranges, 2, 0, 3), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(range_flushed(), 0);
    ck_assert_uint_eq(flushed(), 3);
}
END_TEST

START_TEST(a_list_for_a_set_names_what_is_flushed)
{
    const struct hv_input_flush_virtual_address_space_ex input = {
        .address_space = 0x1000, .processor_set = { HV_GENERIC_SET_SPARSE_4K, 1 }
    };
    const uint64_t bank = 6, range = 0x400000 | 7;
    const struct hv_hypercall_control control = { .variable_qwords = 1, .rep_count = 1 };
    struct hv_hypercall_call call = {
        .vp = vps[0], .header = &input, .variable = &bank, .control = &control, .input = &range
    };

    (void)flushed();
    ck_assert_uint_eq(hv_hypercall_flush_virtual_address_space_ex(&call), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(range_flushed(), 6);
    ck_assert_uint_eq(flushes[2].count, 1);
    ck_assert_uint_eq(flushes[2].ranges[0], range);
    ck_assert_uint_eq(flushed(), 0);
}
END_TEST

START_TEST(an_address_space_is_no_wider_than_the_guests_nor_the_machines)
{
    (void)flushed();
    fake.platform.facts.physical_address_bits = 52;
    ck_assert_uint_eq(flush(UINT64_C(1) << 40, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush(UINT64_C(1) << 39, 0, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 1);
    fake.platform.facts.physical_address_bits = 36;
    ck_assert_uint_eq(flush(UINT64_C(1) << 36, 0, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flushed(), 0);
    ck_assert_uint_eq(flush(UINT64_C(1) << 35, 0, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 1);
}
END_TEST

static hv_status flush_bank_with(uint64_t address_space, uint64_t flags)
{
    const struct hv_input_flush_virtual_address_space_ex input = {
        .address_space = address_space,
        .flags = flags,
        .processor_set = { HV_GENERIC_SET_SPARSE_4K, 1 }
    };
    const struct hv_hypercall_control control = { .variable_qwords = 1 };
    const uint64_t bank = 2;
    struct hv_hypercall_call call = {
        .vp = vps[0], .header = &input, .variable = &bank, .control = &control
    };

    return hv_hypercall_flush_virtual_address_space_ex(&call);
}

START_TEST(flush_of_a_set_is_checked)
{
    (void)flushed();
    ck_assert_uint_eq(flush_bank_with(0x1000, UINT64_C(1) << 3), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush_bank_with(UINT64_C(1) << 63, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flushed(), 0);
    ck_assert_uint_eq(flush_bank_with(0x1000, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 2);
    ck_assert_uint_eq(flush_bank_with(0x1000, HV_FLUSH_ALL_PROCESSORS), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 7);
}
END_TEST

static hv_status switch_to(uint64_t address_space)
{
    struct hv_hypercall_call call = { .vp = vps[1], .header = &address_space };

    return hv_hypercall_switch_virtual_address_space(&call);
}

static uint64_t cr3_of(struct hv_vp *vp)
{
    struct hv_register128 value;

    ck_assert_uint_eq(
        fake.platform.cpu.get_register(fake.platform.cpu.context, vp, HvX64RegisterCr3, &value),
        HV_STATUS_SUCCESS);
    return value.low;
}

static hv_status refuse_register(void *context, struct hv_vp *vp, uint32_t name,
                                 const struct hv_register128 *value)
{
    (void)context;
    (void)vp;
    (void)value;
    ck_assert_uint_eq(name, HvX64RegisterCr3);
    return HV_STATUS_INVALID_REGISTER_VALUE;
}

START_TEST(a_switch_loads_cr3_and_forgets_what_was_cached)
{
    (void)flushed();
    ck_assert_uint_eq(switch_to(0x5000), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(cr3_of(vps[1]), 0x5000);
    ck_assert_uint_eq(flushed(), 2);
    ck_assert_uint_eq(switch_to(UINT64_C(1) << vps[0]->partition->gpa_bits),
                      HV_STATUS_INVALID_PARAMETER);
    fake.platform.cpu.set_register = refuse_register;
    ck_assert_uint_eq(switch_to(0x6000), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(cr3_of(vps[1]), 0x5000);
    ck_assert_uint_eq(flushed(), 0);
}
END_TEST

START_TEST(sparse_sets_name_vps_by_banks)
{
    const uint64_t banks[] = { 6, UINT64_MAX };

    (void)flushed();
    ck_assert_uint_eq(flush_set(HV_GENERIC_SET_SPARSE_4K, 1, banks, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 6);
    ck_assert_uint_eq(flush_set(HV_GENERIC_SET_SPARSE_4K, UINT64_C(1) << 63 | 1, banks, 2),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 6);
    ck_assert_uint_eq(flush_set(HV_GENERIC_SET_ALL, 0, NULL, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(flushed(), 7);
    ck_assert_uint_eq(flush_set(2, 1, banks, 1), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(flush_set(HV_GENERIC_SET_SPARSE_4K, 3, banks, 1),
                      HV_STATUS_INVALID_HYPERCALL_INPUT);
    ck_assert_uint_eq(flushed(), 0);
}
END_TEST

START_TEST(ipi_reaches_who_is_named)
{
    ck_assert_uint_eq(send_ipi(VECTOR, 0, 0, 6), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(interrupted(), 6);
}
END_TEST

START_TEST(ipi_to_itself_and_to_a_set)
{
    const uint64_t bank = 1;

    ck_assert_uint_eq(send_ipi_set(HV_GENERIC_SET_SPARSE_4K, 1, &bank, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(interrupted(), 1);
    ck_assert_uint_eq(send_ipi_set(HV_GENERIC_SET_ALL, 0, NULL, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(interrupted(), 7);
}
END_TEST

START_TEST(ipi_is_checked)
{
    ck_assert_uint_eq(send_ipi(15, 0, 0, 7), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(send_ipi(256, 0, 0, 7), HV_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 0; bit < 24; bit++)
        ck_assert_uint_eq(send_ipi(VECTOR, 0, 1u << bit, 7), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(send_ipi(VECTOR, 0x80, 0, 7), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(send_ipi_set_with(15, HV_GENERIC_SET_ALL, 0, NULL, 0),
                      HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(send_ipi_set(2, 0, NULL, 0), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(send_ipi_set(HV_GENERIC_SET_SPARSE_4K, 1, NULL, 0),
                      HV_STATUS_INVALID_HYPERCALL_INPUT);
    ck_assert_uint_eq(interrupted(), 0);
    /* The lowest and the highest that there are. */
    ck_assert_uint_eq(send_ipi(16, 0, 0, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(send_ipi(255, 0, 0, 1), HV_STATUS_SUCCESS);
    hv_vp_prepare(vps[0]);
    ck_assert(hv_apic_test(vps[0]->apic.irr, 16));
    ck_assert(hv_apic_test(vps[0]->apic.irr, 255));
    fake.platform.facts.capabilities &= ~(uint32_t)HV_CPU_LOCAL_APIC;
    ck_assert_uint_eq(send_ipi(VECTOR, 0, 0, 7), HV_STATUS_INVALID_HYPERCALL_CODE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("processors");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, flush_reaches_who_is_named);
    tcase_add_test(all, flush_is_checked);
    tcase_add_test(all, flush_waits_for_who_is_named);
    tcase_add_test(all, global_pages_have_no_place_in_lists);
    tcase_add_test(all, a_list_names_what_is_flushed);
    tcase_add_test(all, a_list_goes_on_from_its_start);
    tcase_add_test(all, a_long_list_is_a_flush_of_everything);
    tcase_add_test(all, a_list_for_a_set_names_what_is_flushed);
    tcase_add_test(all, an_address_space_is_no_wider_than_the_guests_nor_the_machines);
    tcase_add_test(all, flush_of_a_set_is_checked);
    tcase_add_test(all, a_switch_loads_cr3_and_forgets_what_was_cached);
    tcase_add_test(all, sparse_sets_name_vps_by_banks);
    tcase_add_test(all, ipi_reaches_who_is_named);
    tcase_add_test(all, ipi_to_itself_and_to_a_set);
    tcase_add_test(all, ipi_is_checked);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
