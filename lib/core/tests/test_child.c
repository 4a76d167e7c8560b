/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The life of a child and of its VPs, and that no page is lost in it. */
#include <hv/address.h>
#include <hv/port.h>

#include "intercept_result.h"
#include "root_fixture.h"
#include "suite.h"
#include "vp_state_page.h"

#define BASE_PAGES 9 /* of a partition */
#define VP_PAGES   (8 + FAKE_VP_PAGES)

static size_t unused(const struct hv_partition *partition)
{
    return hv_partition_available(partition);
}

static size_t used(struct hv_partition *partition)
{
    uint64_t free_pages, in_use;

    hv_pool_balance(&partition->pool, &free_pages, &in_use);
    ck_assert_uint_eq(free_pages, unused(partition));
    return in_use;
}

static void drain(struct hv_partition *partition, size_t leave)
{
    uint64_t page;

    while (unused(partition) > leave)
        ck_assert_ptr_nonnull(hv_pool_alloc(&partition->pool, &page));
}

static enum hv_partition_state state(const struct hv_partition *partition)
{
    return hv_partition_state(&partition->lineage);
}

START_TEST(a_child_is_made_of_pages_of_its_parent)
{
    size_t before = unused(root);
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(before - unused(root), BASE_PAGES);
    ck_assert_uint_eq(unused(child) + used(child), 0);
    ck_assert_ptr_eq(child->lineage.parent, root);
    ck_assert_uint_eq(state(child), HV_PARTITION_CREATED);
    ck_assert(!child->root);
}
END_TEST

START_TEST(too_few_pages_for_a_child_are_all_kept)
{
    struct hv_input_create_partition input = { 0 };
    uint64_t id = 77;

    for (size_t left = BASE_PAGES; left-- > 0;) {
        drain(root, left);
        ck_assert_uint_eq(hv_child_create(root, &input, &id), HV_STATUS_INSUFFICIENT_MEMORY);
        ck_assert_uint_eq(unused(root), left);
    }
    ck_assert_uint_eq(id, 77);
    ck_assert_ptr_null(hv_hierarchy_next_child(root, 0));
}
END_TEST

START_TEST(how_a_child_was_created_is_kept)
{
    struct hv_input_create_partition input = {
        .flags = HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE,
        .compatibility_version = 0x609,
        .disabled_processor_features = { 5, 6 },
        .disabled_processor_xsave_features = 7,
    };
    struct hv_partition *child;
    uint64_t id;

    ck_assert_uint_eq(hv_child_create(root, &input, &id), HV_STATUS_SUCCESS);
    child = hv_hierarchy_find(root->lineage.hierarchy, id);
    ck_assert_uint_eq(child->creation_flags, HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE);
    ck_assert_uint_eq(child->creation.compatibility_version, 0x609);
    ck_assert_uint_eq(child->creation.disabled_features[0], 5);
    ck_assert_uint_eq(child->creation.disabled_features[1], 6);
    ck_assert_uint_eq(child->creation.disabled_xsave_features, 7);
}
END_TEST

START_TEST(a_child_has_no_more_than_its_parent)
{
    struct hv_partition *child;

    root->features.privileges &= ~HV_PRIVILEGE_AccessSynicRegs;
    child = create_child();
    ck_assert_uint_eq(hv_partition_privileges(child),
                      (UINT64_C(0x1FF) | HV_PRIVILEGE_AccessGuestIdleReg) &
                          ~HV_PRIVILEGE_AccessSynicRegs);
    ck_assert_uint_eq(hv_features_grantable(child) & HV_PRIVILEGE_AccessSynicRegs, 0);
    ck_assert_uint_ne(hv_features_grantable(child) & HV_PRIVILEGE_PostMessages, 0);
    /* The machine's processors are the root's. */
    ck_assert_uint_eq(hv_features_grantable(child) & HV_FEATURES_OF_PARENTS,
                      HV_FEATURES_OF_PARENTS & ~HV_FEATURES_OF_ROOTS);
    ck_assert_uint_eq(hv_features_grantable(root) & HV_FEATURES_OF_PARENTS, HV_FEATURES_OF_PARENTS);
}
END_TEST

START_TEST(deleting_a_child_gives_its_pages_back)
{
    size_t before = unused(root);
    struct hv_partition *child = create_child();
    uint64_t id = child->id;

    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unused(root), before);
    ck_assert_ptr_null(hv_hierarchy_find(root->lineage.hierarchy, id));
    ck_assert_uint_eq(atomic_load(&root->lineage.references), 1);
}
END_TEST

START_TEST(states_follow_each_other)
{
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(finalize(child), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, 0), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(state(child), HV_PARTITION_ACTIVE);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(state(child), HV_PARTITION_FINALIZED);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_child_initialize(child), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_INVALID_PARTITION_STATE);
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_child_with_pages_in_its_pool_is_not_deleted)
{
    struct hv_partition *child = create_child();

    ck_assert_uint_eq(deposit(child->id, FIRST_OWN, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_OPERATION_DENIED);
    ck_assert_uint_eq(state(child), HV_PARTITION_CREATED);
    ck_assert_uint_eq(withdraw(child->id, 1), result(HV_STATUS_SUCCESS, 1));
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_new_vp_is_suspended_and_found)
{
    struct hv_partition *child = active_child(FIRST_OWN, 2 * VP_PAGES);
    struct hv_vp *first, *second;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 300), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(used(child), 2 * VP_PAGES);
    first = hv_vp_get(child, 0);
    second = hv_vp_get(child, 300);
    ck_assert_uint_eq(atomic_load(&second->suspended), HV_VP_SUSPEND_EXPLICIT);
    ck_assert(hv_vp_is_suspended(first));
    ck_assert_ptr_eq(hv_apic_find(child, 300), second);
    ck_assert_uint_eq(second->index, 300);
    ck_assert_uint_eq(atomic_load(&child->vp_count), 2);
    ck_assert(!fake_vp(first)->activity);
    ck_assert(fake_vp(second)->activity == HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND);
}
END_TEST

START_TEST(too_few_pages_for_a_vp_are_all_kept)
{
    struct hv_partition *child = active_child(FIRST_OWN, 0);

    for (unsigned pages = 0; pages < VP_PAGES; pages++) {
        ck_assert_uint_eq(unused(child), pages);
        ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_INSUFFICIENT_MEMORY);
        ck_assert_uint_eq(unused(child), pages);
        ck_assert_ptr_null(hv_vp_get(child, 0));
        ck_assert_ptr_null(hv_apic_find(child, 0));
        ck_assert_uint_eq(deposit(child->id, FIRST_OWN + pages, 1), result(HV_STATUS_SUCCESS, 1));
    }
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unused(child), 0);
}
END_TEST

START_TEST(a_vp_index_is_free_and_in_range)
{
    struct hv_partition *child = active_child(FIRST_OWN, 3 * VP_PAGES);

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 1), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, HV_PARTITION_MAX_VPS),
                      HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, 0), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, UINT32_MAX), HV_STATUS_INVALID_VP_INDEX);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, HV_PARTITION_MAX_VPS - 1),
                      HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_deleted_vp_gives_its_pages_back_and_the_others_go_on)
{
    struct hv_partition *child = active_child(FIRST_OWN, 2 * VP_PAGES);
    struct hv_vp *other;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 1), HV_STATUS_SUCCESS);
    other = hv_vp_get(child, 0);
    atomic_store(&other->suspended, 0);
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(used(child), VP_PAGES);
    ck_assert_uint_eq(unused(child), VP_PAGES);
    ck_assert_ptr_null(hv_vp_get(child, 1));
    ck_assert_ptr_null(hv_apic_find(child, 1));
    ck_assert_uint_eq(atomic_load(&child->apic.by_id[1]), 0);
    ck_assert_uint_eq(atomic_load(&child->vp_count), 1);
    ck_assert_ptr_eq(hv_vp_get(child, 0), other);
    ck_assert(!hv_vp_is_suspended(other));
    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 1), HV_STATUS_SUCCESS);
}
END_TEST

static void (*delete_really)(void *context, struct hv_vp *vp);

static void expect_standing_still(void *context, struct hv_vp *vp)
{
    struct hv_partition *child = vp->partition;

    for (uint32_t i = 0; i < child->max_vps; i++)
        if (child->vps[i])
            ck_assert(atomic_load(&child->vps[i]->suspended) & HV_VP_SUSPEND_CHANGE);
    ck_assert(!hv_gate_try_enter(&child->gate));
    delete_really(context, vp);
}

START_TEST(all_stand_still_while_one_is_deleted)
{
    struct hv_partition *child = active_child(FIRST_OWN, 3 * VP_PAGES);

    for (uint32_t index = 0; index < 3; index++) {
        ck_assert_uint_eq(hv_child_create_vp(root_vp, child, index), HV_STATUS_SUCCESS);
        atomic_store(&hv_vp_get(child, index)->suspended, 0);
    }
    delete_really = fake.platform.cpu.delete_vp;
    fake.platform.cpu.delete_vp = expect_standing_still;
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(atomic_load(&hv_vp_get(child, 0)->suspended), 0);
    ck_assert_uint_eq(atomic_load(&hv_vp_get(child, 2)->suspended), 0);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_deleted_vp_takes_its_pages_from_the_guest)
{
    struct hv_partition *child = active_child(FIRST_OWN, 2 * VP_PAGES + 10);
    uint64_t page = 0x12345;
    struct hv_mapping mapping;

    for (uint32_t index = 0; index < 2; index++)
        ck_assert_uint_eq(hv_child_create_vp(root_vp, child, index), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(fake_wrmsr(hv_vp_get(child, 1), HV_X64_MSR_VP_ASSIST_PAGE,
                                 page << HV_PAGE_SHIFT | HV_X64_MSR_PAGE_ENABLE),
                      HV_DISPOSITION_RESUME);
    ck_assert(hv_address_translate(child, page, &mapping));
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, 1), HV_STATUS_SUCCESS);
    ck_assert(!hv_address_translate(child, page, &mapping));
    ck_assert_ptr_null(hv_overlay_at(&child->address, page));
}
END_TEST

START_TEST(tables_of_deleted_vps_count_still)
{
    struct hv_partition *child = active_child(FIRST_OWN, VP_PAGES + 10);
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    vp = hv_vp_get(child, 0);
    child->address.overlay_tables = HV_OVERLAY_TABLES_BASE + 2 * HV_OVERLAY_TABLES_PER_VP;
    fake_wrmsr(vp, HV_X64_MSR_VP_ASSIST_PAGE, 0x123000 | HV_X64_MSR_PAGE_ENABLE);
    ck_assert(fake_injected(vp, HV_X64_EXCEPTION_GP));
    child->address.overlay_tables = HV_OVERLAY_TABLES_BASE;
    fake_wrmsr(vp, HV_X64_MSR_VP_ASSIST_PAGE, 0x123000 | HV_X64_MSR_PAGE_ENABLE);
    ck_assert(!fake_vp(vp)->injected);
}
END_TEST

/* An exit of the VP goes on: it waits for another one, and serves requests the first time. */
static unsigned requests_in_exit;

static void serve_later(void *context, struct hv_vp *vp)
{
    (void)context;
    if (requests_in_exit > 0) {
        requests_in_exit--;
        hv_request_wait(vp);
    } else {
        hv_vp_prepare(vp);
    }
}

START_TEST(a_vp_that_waits_for_another_ends_its_exit_before_it_stands_still)
{
    struct hv_partition *child = active_child(FIRST_OWN, VP_PAGES);
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    vp = hv_vp_get(child, 0);
    fake.platform.cpu.kick = serve_later;
    requests_in_exit = 3;
    hv_vp_pause(root_vp, vp);
    ck_assert_uint_eq(requests_in_exit, 0);
    ck_assert_uint_eq(atomic_load(&vp->suspended), HV_VP_SUSPEND_EXPLICIT | HV_VP_SUSPEND_CHANGE);
    hv_vp_resume(vp);
    ck_assert_uint_eq(atomic_load(&vp->suspended), HV_VP_SUSPEND_EXPLICIT);
}
END_TEST

static void use_everything(struct hv_partition *child)
{
    const struct hv_port_config port = { .type = HvPortTypeMessage, .sint = 2 };
    const struct hv_port_config events = { .type = HvPortTypeEvent, .sint = 2, .flag_count = 1 };

    for (uint32_t index = 0; index < 3; index++)
        ck_assert_uint_eq(hv_child_create_vp(root_vp, child, index), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_create(child, 5, &port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_create(root, 6, &events), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(root, 7, child, 5), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(child, 8, root, 6), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(child, 9, child, 5), HV_STATUS_SUCCESS);
}

/* What a parent may have of the pages of a child's VP. */
static void watch(struct hv_vp *vp)
{
    const union hv_intercept_result_parameters result = { .cpuid = { .input_eax = 7 } };
    uint64_t gpa_page;

    ck_assert_uint_eq(hv_intercept_install(vp->partition, HvInterceptTypeX64Cpuid,
                                           HV_INTERCEPT_ACCESS_MASK_EXECUTE, 7),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_state_page_map(vp, HvVpStatePageRegisters, false, &gpa_page),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_intercept_result_register(vp, HvInterceptTypeX64Cpuid, &result),
                      HV_STATUS_SUCCESS);
}

START_TEST(finalizing_leaves_nothing_in_use)
{
    struct hv_partition *child = active_child(FIRST_OWN, 60);

    use_everything(child);
    watch(hv_vp_get(child, 0));
    ck_assert_uint_gt(used(child), 3 * VP_PAGES);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(used(child), 0);
    ck_assert_uint_eq(unused(child), 60);
    ck_assert_uint_eq(atomic_load(&child->vp_count), 0);
    ck_assert_ptr_null(fake.vps->next);
    ck_assert_uint_eq(hv_port_disconnect(root, 7), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_delete(root, 6), HV_STATUS_SUCCESS);
}
END_TEST

/* As a parent maps it. */
static void give_memory(struct hv_partition *child, uint64_t gpa_page, uint64_t spa_page)
{
    ck_assert(hv_frame_map(&root->lineage.hierarchy->frames, spa_page, 1, NULL, child, spa_page));
    ck_assert_uint_eq(
        hv_address_map(child, gpa_page, spa_page, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
}

START_TEST(finalizing_gives_memory_back_and_all_tables)
{
    size_t before = unused(root);
    struct hv_partition *child = active_child(FIRST_OWN, 60);
    size_t tables_of_root = before - unused(root) - BASE_PAGES;
    struct hv_frames *frames = &root->lineage.hierarchy->frames;
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    vp = hv_vp_get(child, 0);
    atomic_store(&child->guest_os_id, 1);
    give_memory(child, 0, 400);
    give_memory(child, 0x12345, 401);
    ck_assert_uint_eq(
        fake_wrmsr(vp, HV_X64_MSR_HYPERCALL, 0x12345000 | HV_X64_MSR_HYPERCALL_ENABLE),
        HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(
        fake_wrmsr(vp, HV_X64_MSR_VP_ASSIST_PAGE, 0x654321000 | HV_X64_MSR_PAGE_ENABLE),
        HV_DISPOSITION_RESUME);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(used(child), 0);
    ck_assert_uint_eq(unused(child), 60);
    ck_assert(hv_frame_is_held(frames, 400, NULL) && hv_frame_is_held(frames, 401, NULL));
    ck_assert_uint_eq(withdraw(child->id, 100), result(HV_STATUS_NO_RESOURCES, 60));
    ck_assert_uint_eq(hv_child_delete(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(unused(root), before - tables_of_root);
}
END_TEST

START_TEST(a_message_that_waits_in_a_vp_does_not_keep_its_port)
{
    const struct hv_port_config config = { .type = HvPortTypeMessage, .sint = 2, .vp_index = 0 };
    struct hv_partition *child = active_child(FIRST_OWN, 60);
    struct hv_input_post_message message = { .connection_id = 7, .message_type = 1 };
    struct hv_vp *vp;

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    vp = hv_vp_get(child, 0);
    atomic_store(&vp->synic.scontrol, HV_X64_MSR_SCONTROL_ENABLE);
    atomic_store(&vp->synic.simp, HV_X64_MSR_PAGE_ENABLE);
    ck_assert_uint_eq(hv_port_create(child, 5, &config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(root, 7, child, 5), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(call(HvCallPostMessage, &message, sizeof(message)), HV_STATUS_SUCCESS);
    ck_assert_uint_ne(vp->synic.waiting, 0);
    ck_assert_uint_eq(finalize(child), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(used(child), 0);
    ck_assert_uint_eq(call(HvCallPostMessage, &message, sizeof(message)),
                      HV_STATUS_INVALID_PORT_ID);
}
END_TEST

START_TEST(nothing_is_sent_to_a_partition_that_gets_or_loses_a_vp)
{
    const struct hv_port_config config = { .type = HvPortTypeMessage, .sint = 2, .vp_index = 0 };
    struct hv_partition *child = active_child(FIRST_OWN, 60);
    struct hv_input_post_message message = { .connection_id = 7, .message_type = 1 };

    ck_assert_uint_eq(hv_child_create_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    atomic_store(&hv_vp_get(child, 0)->synic.scontrol, HV_X64_MSR_SCONTROL_ENABLE);
    atomic_store(&hv_vp_get(child, 0)->synic.simp, HV_X64_MSR_PAGE_ENABLE);
    ck_assert_uint_eq(hv_port_create(child, 5, &config), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_connect(root, 7, child, 5), HV_STATUS_SUCCESS);
    hv_gate_close(&child->gate, root_vp);
    ck_assert_uint_eq(call(HvCallPostMessage, &message, sizeof(message)),
                      HV_STATUS_INVALID_SYNIC_STATE);
    hv_gate_open(&child->gate);
    ck_assert_uint_eq(call(HvCallPostMessage, &message, sizeof(message)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_child_delete_vp(root_vp, child, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(call(HvCallPostMessage, &message, sizeof(message)),
                      HV_STATUS_INVALID_VP_INDEX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("child");
    TCase *tests = tcase_create("child");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_child_is_made_of_pages_of_its_parent);
    tcase_add_test(tests, too_few_pages_for_a_child_are_all_kept);
    tcase_add_test(tests, how_a_child_was_created_is_kept);
    tcase_add_test(tests, a_child_has_no_more_than_its_parent);
    tcase_add_test(tests, deleting_a_child_gives_its_pages_back);
    tcase_add_test(tests, states_follow_each_other);
    tcase_add_test(tests, a_child_with_pages_in_its_pool_is_not_deleted);
    tcase_add_test(tests, a_new_vp_is_suspended_and_found);
    tcase_add_test(tests, too_few_pages_for_a_vp_are_all_kept);
    tcase_add_test(tests, a_vp_index_is_free_and_in_range);
    tcase_add_test(tests, a_deleted_vp_gives_its_pages_back_and_the_others_go_on);
    tcase_add_test(tests, all_stand_still_while_one_is_deleted);
    tcase_add_test(tests, a_deleted_vp_takes_its_pages_from_the_guest);
    tcase_add_test(tests, tables_of_deleted_vps_count_still);
    tcase_add_test(tests, a_vp_that_waits_for_another_ends_its_exit_before_it_stands_still);
    tcase_add_test(tests, finalizing_leaves_nothing_in_use);
    tcase_add_test(tests, finalizing_gives_memory_back_and_all_tables);
    tcase_add_test(tests, a_message_that_waits_in_a_vp_does_not_keep_its_port);
    tcase_add_test(tests, nothing_is_sent_to_a_partition_that_gets_or_loses_a_vp);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
