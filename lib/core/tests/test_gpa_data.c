/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Accesses to a child's memory as one of its VPs would make them. Why: a parent that completes an
 * instruction of its child must meet the overlay, and the APIC, that the child would have met.
 */
#include <check.h>
#include <string.h>

#include "apic_bits.h"
#include "core.h"
#include "fake_platform.h"
#include "family.h"
#include "suite.h"

#define INPUT  UINT64_C(0x1F0000)
#define OUTPUT UINT64_C(0x1F1000)
#define APIC   UINT64_C(0xFEE00000)
#define TPR    0x80u

static struct fake_platform fake;
static struct hv_partition *root, *child;
static struct hv_vp *vp, *of;

/* A VP of which nobody else has the LP: requests are served when it is kicked. */
static void kick(void *context, struct hv_vp *target)
{
    (void)context;
    hv_vp_prepare(target);
}

static void setup(void)
{
    fake_platform_init(&fake);
    fake.platform.cpu.kick = kick;
    root = family_root(&fake);
    vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    child = family_child(&fake, root, 24);
    of = fake_vp_create(&fake, child, 0);
    ck_assert_uint_eq(hv_address_map(child, 0, 0x10, 4, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
}

static void teardown(void)
{
    fake_platform_destroy(&fake);
}

static struct hv_input_write_gpa *input(void)
{
    return fake_page(&fake, INPUT / HV_PAGE_SIZE);
}

static const struct hv_output_read_gpa *output(void)
{
    return fake_page(&fake, OUTPUT / HV_PAGE_SIZE);
}

static void prepare(uint64_t gpa, uint32_t count)
{
    input()->access = (struct hv_input_read_gpa){ .partition_id = child->id,
                                                  .byte_count = count,
                                                  .base_gpa = gpa,
                                                  .control_flags = HvCacheTypeWriteBack };
}

static uint64_t call(bool write)
{
    memset(fake_page(&fake, OUTPUT / HV_PAGE_SIZE), 0xEE, HV_PAGE_SIZE);
    return fake_hypercall(vp, write ? HvWriteGpa : HvReadGpa, INPUT, OUTPUT);
}

static uint32_t result_of(bool write, uint64_t gpa, uint32_t count)
{
    prepare(gpa, count);
    ck_assert_uint_eq(call(write), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(output()->reserved, 0);
    return output()->result_code;
}

static void expect_data(const void *bytes, uint32_t count)
{
    static const uint8_t zero[16];

    ck_assert_mem_eq(output()->data, bytes, count);
    ck_assert_mem_eq(output()->data + count, zero, 16 - count);
}

START_TEST(memory_is_read_and_written)
{
    uint8_t *page = fake_page(&fake, 0x11);
    uint32_t count = (uint32_t)_i;

    for (unsigned i = 0; i < 64; i++)
        page[i] = (uint8_t)(i + 1);
    ck_assert_uint_eq(result_of(false, 0x1003, count), HvAccessGpaSuccess);
    expect_data(page + 3, count);
    memset(input()->data, 0xA5, 16);
    ck_assert_uint_eq(result_of(true, 0x1003, count), HvAccessGpaSuccess);
    for (unsigned i = 0; i < 64; i++)
        ck_assert_uint_eq(page[i], i >= 3 && i < 3 + count ? 0xA5 : i + 1);
}
END_TEST

START_TEST(rights_decide)
{
    ck_assert_uint_eq(hv_address_protect(child, 1, 1, HV_ACCESS_READ), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(result_of(false, 0x1000, 8), HvAccessGpaSuccess);
    ck_assert_uint_eq(result_of(true, 0x1000, 8), HvAccessGpaWriteIntercept);
    ck_assert_uint_eq(result_of(false, 0x8000, 8), HvAccessGpaUnmapped);
    expect_data("", 1);
    ck_assert_uint_eq(result_of(true, 0x8000, 8), HvAccessGpaUnmapped);
    /* Held and inaccessible. */
    input()->access.partition_id = child->id;
    ((uint64_t *)(void *)input())[1] = HV_MAP_GPA_NO_ACCESS;
    ((uint64_t *)(void *)input())[2] = 2;
    ck_assert_uint_eq(fake_hypercall(vp, HvCallModifySparseGpaPages | UINT64_C(1) << 32, INPUT, 0) &
                          0xFFFF,
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(result_of(false, 0x2000, 8), HvAccessGpaReadIntercept);
    ck_assert_uint_eq(result_of(true, 0x2000, 8), HvAccessGpaWriteIntercept);
}
END_TEST

START_TEST(a_device_is_not_reached)
{
    ck_assert_uint_eq(hv_address_map(child, 8, FAKE_PAGES + 1, 1, HV_ACCESS_ALL, HV_CACHE_UNCACHED),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(result_of(false, 0x8000, 4), HvAccessGpaUnmapped);
}
END_TEST

START_TEST(an_overlay_is_met)
{
    struct hv_overlay *overlay = &child->hypercall_page;
    uint8_t *beneath = fake_page(&fake, 0x11);

    ck_assert_uint_eq(hv_overlay_enable(child, overlay, 1), HV_STATUS_SUCCESS);
    memset(overlay->page, 0x5A, 16);
    memset(beneath, 0x11, 16);
    ck_assert_uint_eq(result_of(false, 0x1000, 16), HvAccessGpaSuccess);
    expect_data(overlay->page, 16);
    ck_assert_uint_eq(result_of(true, 0x1000, 16), HvAccessGpaIllegalOverlayAccess);
    ck_assert_uint_eq(beneath[0], 0x11);
}
END_TEST

START_TEST(the_apic_page_is_the_vps)
{
    uint32_t value = 0x40;

    memcpy(input()->data, &value, sizeof(value));
    ck_assert_uint_eq(result_of(true, APIC + TPR, 4), HvAccessGpaSuccess);
    ck_assert_uint_eq(of->apic.tpr, 0x40);
    ck_assert_uint_eq(vp->apic.tpr, 0);
    ck_assert_uint_eq(result_of(false, APIC + TPR, 4), HvAccessGpaSuccess);
    expect_data(&value, 4);
    ck_assert_uint_eq(result_of(false, APIC + TPR, 8), HvAccessGpaIllegalOverlayAccess);
    ck_assert_uint_eq(result_of(false, APIC + TPR + 4, 4), HvAccessGpaIllegalOverlayAccess);
    /* Memory in its place is met first, as by the VP. */
    ck_assert_uint_eq(
        hv_address_map(child, APIC >> 12, 0x20, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    value = 0;
    ck_assert_uint_eq(result_of(false, APIC + TPR, 4), HvAccessGpaSuccess);
    expect_data(&value, 4);
}
END_TEST

START_TEST(parameters_must_make_sense)
{
    static const struct {
        uint64_t gpa;
        uint32_t count;
        uint64_t flags;
    } bad[] = {
        { 0x1000, 0, 6 },     { 0x1000, 17, 6 }, { 0x1FFF, 2, 6 },     { 0x1000, 8, 2 },
        { 0x1000, 8, 3 },     { 0x1000, 8, 7 },  { 0x1000, 8, 0x106 }, { UINT64_C(1) << 40, 8, 6 },
        { UINT64_MAX, 1, 6 },
    };

    for (unsigned write = 0; write < 2; write++) {
        prepare(bad[_i].gpa, bad[_i].count);
        input()->access.control_flags = bad[_i].flags;
        ck_assert_uint_eq(call(write), HV_STATUS_INVALID_PARAMETER);
    }
}
END_TEST

START_TEST(the_last_bytes_of_a_page_are_within_it)
{
    ck_assert_uint_eq(result_of(false, 0x1FF0, 16), HvAccessGpaSuccess);
    ck_assert_uint_eq(result_of(true, 0x1FFF, 1), HvAccessGpaSuccess);
}
END_TEST

START_TEST(the_target_is_a_vp_of_an_active_child)
{
    prepare(0x1000, 8);
    input()->access.vp_index = 1;
    ck_assert_uint_eq(call(false), HV_STATUS_INVALID_VP_INDEX);
    prepare(0x1000, 8);
    input()->access.partition_id = 77;
    ck_assert_uint_eq(call(false), HV_STATUS_INVALID_PARTITION_ID);
    input()->access.partition_id = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(call(true), HV_STATUS_ACCESS_DENIED);
    prepare(0x1000, 8);
    atomic_store(&child->lineage.state, HV_PARTITION_CREATED);
    ck_assert_uint_eq(call(true), HV_STATUS_INVALID_PARTITION_STATE);
    root->features.privileges &= ~HV_PRIVILEGE_CreatePartitions;
    ck_assert_uint_eq(call(false), HV_STATUS_ACCESS_DENIED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpa_data");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, memory_is_read_and_written, 1, 17);
    tcase_add_test(all, rights_decide);
    tcase_add_test(all, a_device_is_not_reached);
    tcase_add_test(all, an_overlay_is_met);
    tcase_add_test(all, the_apic_page_is_the_vps);
    tcase_add_loop_test(all, parameters_must_make_sense, 0, 9);
    tcase_add_test(all, the_last_bytes_of_a_page_are_within_it);
    tcase_add_test(all, the_target_is_a_vp_of_an_active_child);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
