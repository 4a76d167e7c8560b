/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* State pages of a child's VP: where its parent finds them, what is in them, what it may change. */
#include <check.h>
#include <stddef.h>
#include <string.h>

#include "child_fixture.h"
#include "suite.h"

#define NOWHERE UINT64_C(0xDEADDEADDEADDEAD)

static uint64_t map_with(struct hv_input_map_vp_state_page input, uint64_t *location)
{
    uint64_t result;

    memcpy(input_page(), &input, sizeof(input));
    result = call_from(root_vp, HvCallMapVpStatePage);
    memcpy(location, output_page(), sizeof(*location));
    return result;
}

static uint64_t unmap_with(struct hv_input_map_vp_state_page input)
{
    memcpy(input_page(), &input, 16);
    return call_from(root_vp, HvCallUnmapVpStatePage);
}

static struct hv_input_map_vp_state_page input_of(uint16_t type)
{
    return (struct hv_input_map_vp_state_page){ .partition_id = child->id,
                                                .type = type,
                                                .requested_map_location = NOWHERE };
}

/* What the parent finds at a page of its GPA space. */
static void *seen_at(uint64_t gpa_page)
{
    struct hv_mapping mapping;

    if (!hv_address_translate(root, gpa_page, &mapping))
        return NULL;
    ck_assert_uint_eq(mapping.access, HV_ACCESS_READ | HV_ACCESS_WRITE);
    return fake_page(&fake, mapping.spa_page);
}

static void *map(uint16_t type)
{
    uint64_t location = 0;
    void *page;

    ck_assert_uint_eq(map_with(input_of(type), &location), HV_STATUS_SUCCESS);
    page = seen_at(location);
    ck_assert_ptr_nonnull(page);
    return page;
}

/* ---- Mapping ---- */

START_TEST(a_page_appears_where_its_deposit_was)
{
    uint64_t location;

    for (uint16_t type = 0; type < 2; type++) {
        const uint8_t *page;

        ck_assert_uint_eq(map_with(input_of(type), &location), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(location, DEPOSIT_GPA_PAGE(vp->intercept.pages[type].spa_page));
        page = seen_at(location);
        ck_assert_ptr_eq(page, vp->intercept.pages[type].page);
        for (unsigned i = 0; i < HV_PAGE_SIZE; i++)
            ck_assert_uint_eq(page[i], 0);
        ck_assert_uint_eq(unmap_with((struct hv_input_map_vp_state_page){ .partition_id = child->id,
                                                                          .type = type }),
                          HV_STATUS_SUCCESS);
        ck_assert_ptr_null(seen_at(location));
    }
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(a_page_can_be_mapped_again)
{
    size_t unused = hv_partition_available(child);
    void *page = map(HvVpStatePageRegisters);

    ck_assert_ptr_eq(map(HvVpStatePageRegisters), page);
    ck_assert_uint_eq(unmap_with(input_of(0)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unmap_with(input_of(0)), HV_STATUS_INVALID_PARAMETER);
    ck_assert_ptr_eq(map(HvVpStatePageRegisters), page);
    ck_assert_uint_eq(hv_partition_available(child), unused - 1);
}
END_TEST

START_TEST(a_page_lies_over_a_place_that_is_named)
{
    struct hv_input_map_vp_state_page input = input_of(HvVpStatePageRegisters);
    struct hv_mapping mapping;
    uint64_t location;

    input.flags = 1;
    input.requested_map_location = 40;
    ck_assert_uint_eq(map_with(input, &location), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(location, 40);
    ck_assert_ptr_eq(seen_at(40), vp->intercept.pages[0].page);
    ck_assert_uint_eq(unmap_with(input_of(0)), HV_STATUS_SUCCESS);
    ck_assert(hv_address_translate(root, 40, &mapping));
    ck_assert_uint_eq(mapping.spa_page, 40);
}
END_TEST

START_TEST(what_is_not_there_is_refused)
{
    struct hv_input_map_vp_state_page bad;
    uint64_t location;

    for (uint32_t type = 2; type < 0x10000; type += 0x7FF)
        ck_assert_uint_eq(map_with(input_of((uint16_t)type), &location),
                          HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(unmap_with(input_of(2)), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(unmap_with(input_of(1)), HV_STATUS_INVALID_PARAMETER);
    bad = input_of(0);
    bad.flags = 2;
    ck_assert_uint_eq(map_with(bad, &location), HV_STATUS_INVALID_PARAMETER);
    bad.flags = 1;
    ck_assert_uint_eq(unmap_with(bad), HV_STATUS_INVALID_PARAMETER);
    bad.requested_map_location = root->address.page_count;
    ck_assert_uint_eq(map_with(bad, &location), HV_STATUS_INVALID_PARAMETER);
    bad = input_of(0);
    bad.input_vtl = 0x11;
    ck_assert_uint_eq(map_with(bad, &location), HV_STATUS_INVALID_PARAMETER);
    bad = input_of(0);
    bad.vp_index = 1;
    ck_assert_uint_eq(map_with(bad, &location), HV_STATUS_INVALID_VP_INDEX);
    bad.partition_id = HV_PARTITION_ID_SELF;
    ck_assert_uint_eq(map_with(bad, &location), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(unmap_with(bad), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
}
END_TEST

START_TEST(the_message_page_belongs_to_partitions_that_were_created_so)
{
    uint64_t location;

    child->creation_flags &= ~HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED;
    ck_assert_uint_eq(map_with(input_of(1), &location), HV_STATUS_INVALID_PARAMETER);
    map(HvVpStatePageRegisters);
}
END_TEST

START_TEST(memory_is_asked_of_who_lacks_it)
{
    struct hv_input_map_vp_state_page far_away = input_of(1);
    uint64_t location;

    map(HvVpStatePageInterceptMessage);
    while (hv_partition_alloc_page(child, NULL))
        continue;
    ck_assert_uint_eq(map_with(input_of(0), &location), HV_STATUS_INSUFFICIENT_MEMORY);
    while (hv_partition_alloc_page(root, NULL))
        continue;
    far_away.flags = 1;
    far_away.requested_map_location = root->address.page_count - 1;
    ck_assert_uint_eq(map_with(far_away, &location), HV_STATUS_INSUFFICIENT_ROOT_MEMORY);
}
END_TEST

START_TEST(a_page_that_nobody_deposited_has_no_place_of_its_own)
{
    struct hv_input_map_vp_state_page input = input_of(0);
    uint64_t location;

    root->lineage.hierarchy->frames.count = 0;
    ck_assert_uint_eq(map_with(input, &location), HV_STATUS_INVALID_PARAMETER);
    input.flags = 1;
    input.requested_map_location = 40;
    ck_assert_uint_eq(map_with(input, &location), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(pages_go_with_the_vp)
{
    void *page = map(HvVpStatePageRegisters);
    uint64_t gpa_page = vp->intercept.pages[0].gpa_page;

    ck_assert_ptr_eq(seen_at(gpa_page), page);
    hv_intercept_end(root_vp, vp);
    ck_assert_ptr_null(seen_at(gpa_page));
}
END_TEST

/* ---- The message page ---- */

START_TEST(the_message_is_in_the_page_and_the_slot_only_says_so)
{
    const struct hv_message *page = map(HvVpStatePageInterceptMessage);

    fake_vp(vp)->gprs.rip = 0x4321;
    intercept(vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeOpaqueIntercept);
    ck_assert_uint_eq(slot_of(root_vp)->header.payload_size, 4);
    ck_assert_uint_eq(slot_of(root_vp)->header.origination_id, child->id);
    ck_assert_uint_eq(slot_of(root_vp)->payload[0], 0);
    ck_assert_uint_eq(page->header.message_type, HvMessageTypeX64IoPortIntercept);
    ck_assert_uint_eq(page->header.origination_id, child->id);
    ck_assert_uint_eq(page->payload[3], 0x4321);
    ck_assert_uint_eq((uint16_t)page->payload[5], 0x80);
}
END_TEST

/* ---- The register page ---- */

/* Every register that the page has gets a value of its own. */
static void put_registers(void)
{
    static const uint32_t control[] = { HvX64RegisterCr0,         HvX64RegisterCr3,
                                        HvX64RegisterCr4,         HvX64RegisterEfer,
                                        HvX64RegisterDr7,         HvRegisterPendingInterruption,
                                        HvRegisterInterruptState, HvX64RegisterXfem };
    const struct hv_cpu_ops *cpu = &fake.platform.cpu;

    for (uint32_t i = 0; i < 8; i++) {
        const struct hv_register128 value = { 0xC0 + i, 0 };

        cpu->set_register(cpu->context, vp, control[i], &value);
    }
    for (uint32_t i = 0; i < 6; i++) {
        const struct hv_register128 value = { 0x5E60 + i, 0xD0 + i };

        cpu->set_register(cpu->context, vp, HvX64RegisterEs + i, &value);
    }
    memset(fake_vp(vp)->xmm, 0x33, sizeof(fake_vp(vp)->xmm));
    for (unsigned i = 0; i < HV_GPR_COUNT; i++)
        fake_vp(vp)->gprs.gpr[i] = 0x100 + i;
    fake_vp(vp)->gprs.rip = 0x200;
    fake_vp(vp)->gprs.rflags = 0x202;
    hv_interrupt_set_cr8(vp, 9);
}

static void put(uint8_t *page, unsigned offset, uint64_t value)
{
    memcpy(page + offset, &value, sizeof(value));
}

START_TEST(the_registers_of_an_intercept_are_in_the_page)
{
    static const unsigned control[] = { 352, 360, 368, 384, 392, 400, 408, 424 };
    const uint8_t *page = map(HvVpStatePageRegisters);
    uint8_t expected[HV_PAGE_SIZE] = { 1, 0, 1 };

    put_registers();
    intercept(vp);
    for (unsigned i = 0; i < 16; i++)
        put(expected, 8 + 8 * i, 0x100 + i);
    put(expected, 136, 0x200);
    put(expected, 144, 0x202);
    memset(expected + 160, 0x33, 96);
    for (unsigned i = 0; i < 6; i++) {
        put(expected, 256 + 16 * i, 0x5E60 + i);
        put(expected, 264 + 16 * i, 0xD0 + i);
    }
    for (unsigned i = 0; i < 8; i++)
        put(expected, control[i], 0xC0 + i);
    put(expected, 376, 9);
    ck_assert_mem_eq(page, expected, HV_PAGE_SIZE);
}
END_TEST

/* The parent writes something else everywhere. */
static struct hv_vp_register_page *change_page(uint32_t dirty)
{
    struct hv_vp_register_page *page = vp->intercept.pages[HvVpStatePageRegisters].page;

    memset((uint8_t *)page + 8, 0x44, 424);
    page->dirty = dirty;
    return page;
}

#define CHANGED UINT64_C(0x4444444444444444)

START_TEST(what_is_dirty_is_taken_when_the_vp_goes_on)
{
    static const uint32_t classes[] = { 0, 1, 2, 4, 8, 16, 31 };

    map(HvVpStatePageRegisters);
    for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        uint32_t dirty = classes[i];
        const struct hv_cpu_ops *cpu = &fake.platform.cpu;
        struct hv_vp_register_page *page;
        struct hv_register128 value;

        put_registers();
        intercept(vp);
        empty_slot(root_vp);
        page = change_page(dirty);
        resume();
        ck_assert(!hv_vp_is_suspended(vp));
        ck_assert_uint_eq(page->is_valid, 0);
        ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[0], dirty & 1 ? CHANGED : 0x100);
        ck_assert_uint_eq(fake_vp(vp)->gprs.gpr[15], dirty & 1 ? CHANGED : 0x10F);
        ck_assert_uint_eq(fake_vp(vp)->gprs.rip, dirty & 2 ? CHANGED : 0x200);
        ck_assert_uint_eq(fake_vp(vp)->gprs.rflags, dirty & 16 ? CHANGED : 0x202);
        ck_assert_uint_eq(fake_vp(vp)->xmm[5][15], dirty & 4 ? 0x44 : 0x33);
        ck_assert_uint_eq(fake_vp(vp)->xmm[6][0], 0x33);
        cpu->get_register(cpu->context, vp, HvX64RegisterGs, &value);
        ck_assert_uint_eq(value.high, dirty & 8 ? CHANGED : 0xD5);
        cpu->get_register(cpu->context, vp, HvX64RegisterCr3, &value);
        ck_assert_uint_eq(value.low, 0xC1);
    }
}
END_TEST

START_TEST(nothing_is_taken_while_something_suspends_the_vp)
{
    struct hv_vp_register_page *page;

    map(HvVpStatePageRegisters);
    resume();
    put_registers();
    intercept(vp);
    page = change_page(HV_VP_REGISTER_PAGE_DIRTY_IP);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 1),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(page->is_valid, 1);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0x200);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, CHANGED);
}
END_TEST

START_TEST(a_page_that_is_not_valid_is_not_looked_at)
{
    struct hv_vp_register_page *page;

    map(HvVpStatePageRegisters);
    put_registers();
    page = change_page(31);
    page->is_valid = 0;
    resume();
    ck_assert_uint_eq(fake_vp(vp)->gprs.rip, 0x200);
}
END_TEST

static hv_status refuse(void *context, struct hv_vp *target, uint32_t name,
                        const struct hv_register128 *value)
{
    (void)context;
    (void)target;
    (void)name;
    (void)value;
    return HV_STATUS_INVALID_REGISTER_VALUE;
}

START_TEST(a_vp_with_a_register_that_is_refused_stays_suspended)
{
    static const uint32_t classes[] = { HV_VP_REGISTER_PAGE_DIRTY_IP, HV_VP_REGISTER_PAGE_DIRTY_XMM,
                                        HV_VP_REGISTER_PAGE_DIRTY_SEGMENT,
                                        HV_VP_REGISTER_PAGE_DIRTY_FLAGS };

    map(HvVpStatePageRegisters);
    resume();
    for (unsigned i = 0; i < 4; i++) {
        intercept(vp);
        empty_slot(root_vp);
        change_page(classes[i]);
        fake.platform.cpu.set_register = refuse;
        ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 0),
                          HV_STATUS_INVALID_REGISTER_VALUE);
        ck_assert_uint_eq(atomic_load(&vp->suspended), HV_VP_SUSPEND_INTERCEPT);
    }
}
END_TEST

/* Where the two may differ in that, the back end says it. */
START_TEST(an_instruction_nearby_is_as_valid_as_the_last)
{
    static const struct {
        uint64_t last, next;
        bool is_near;
    } rows[] = {
        { 0x200, 0x202, true },
        { 0x200, 0x200, true },
        { INT32_MAX - 1u, INT32_MAX, true },
        { INT32_MAX, INT32_MAX + 1u, false },
        { UINT32_MAX, UINT32_MAX + UINT64_C(1), false },
        { UINT64_C(0x7FFFFFFFFFFF), UINT64_C(0x800000000000), false },
        { UINT64_C(0xFFFFFFFF80000000), UINT64_MAX, true },
        { UINT64_MAX, 0, false },
    };

    map(HvVpStatePageRegisters);
    resume();
    fake.platform.cpu.set_register = refuse;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hv_vp_register_page *page;

        fake_vp(vp)->gprs.rip = rows[i].last;
        intercept(vp);
        empty_slot(root_vp);
        page = change_page(HV_VP_REGISTER_PAGE_DIRTY_IP);
        page->rip = rows[i].next;
        ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 0),
                          rows[i].is_near ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_REGISTER_VALUE);
        ck_assert_uint_eq(fake_vp(vp)->gprs.rip, rows[i].is_near ? rows[i].next : rows[i].last);
        resume();
    }
}
END_TEST

START_TEST(without_pages_there_is_nothing_to_fill_or_take)
{
    intercept(vp);
    ck_assert_uint_eq(slot_of(root_vp)->header.message_type, HvMessageTypeX64IoPortIntercept);
    resume();
    ck_assert(!hv_vp_is_suspended(vp));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vp-state-page");
    TCase *tests = tcase_create("vp-state-page");

    tcase_add_checked_fixture(tests, child_setup, child_teardown);
    tcase_add_test(tests, a_page_appears_where_its_deposit_was);
    tcase_add_test(tests, a_page_can_be_mapped_again);
    tcase_add_test(tests, a_page_lies_over_a_place_that_is_named);
    tcase_add_test(tests, what_is_not_there_is_refused);
    tcase_add_test(tests, the_message_page_belongs_to_partitions_that_were_created_so);
    tcase_add_test(tests, memory_is_asked_of_who_lacks_it);
    tcase_add_test(tests, a_page_that_nobody_deposited_has_no_place_of_its_own);
    tcase_add_test(tests, pages_go_with_the_vp);
    tcase_add_test(tests, the_message_is_in_the_page_and_the_slot_only_says_so);
    tcase_add_test(tests, the_registers_of_an_intercept_are_in_the_page);
    tcase_add_test(tests, what_is_dirty_is_taken_when_the_vp_goes_on);
    tcase_add_test(tests, nothing_is_taken_while_something_suspends_the_vp);
    tcase_add_test(tests, a_page_that_is_not_valid_is_not_looked_at);
    tcase_add_test(tests, a_vp_with_a_register_that_is_refused_stays_suspended);
    tcase_add_test(tests, an_instruction_nearby_is_as_valid_as_the_last);
    tcase_add_test(tests, without_pages_there_is_nothing_to_fill_or_take);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
