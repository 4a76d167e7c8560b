/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Monitor pages that a parent makes by hypercalls. Why: one page of memory is in two partitions, so
 * it must leave both before it is anybody else's.
 */
#include <check.h>
#include <string.h>

#include <hv/interrupt.h>

#include "port_fixture.h"
#include "suite.h"

#define OWNERS_PAGE  UINT64_C(0x55000)
#define SENDERS_PAGE UINT64_C(0x6000) /* over memory that the child has */
#define EVENTS       (LINE + 1)

static uint64_t memory_at(const struct hv_partition *partition, uint64_t gpa)
{
    struct hv_mapping mapping;

    return hv_address_translate(partition, gpa >> HV_PAGE_SHIFT, &mapping) ? mapping.spa_page : 0;
}

START_TEST(a_monitor_page_is_one_page_of_two)
{
    uint64_t of_root = memory_at(root, OWNERS_PAGE), of_child = memory_at(child, SENDERS_PAGE),
             page;
    size_t unused = hv_partition_available(root);

    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_partition_available(root), unused - 2);
    page = memory_at(root, OWNERS_PAGE);
    ck_assert_uint_ne(page, of_root);
    ck_assert_uint_eq(memory_at(child, SENDERS_PAGE), of_child);
    ck_assert_uint_eq(connect(monitor_line(child, root, SENDERS_PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(memory_at(child, SENDERS_PAGE), page);
    ck_assert_uint_eq(disconnect(child, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(memory_at(child, SENDERS_PAGE), of_child);
    ck_assert_uint_eq(connect(monitor_line(child, root, SENDERS_PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(memory_at(root, OWNERS_PAGE), of_root);
    ck_assert_uint_eq(memory_at(child, SENDERS_PAGE), of_child);
    ck_assert_uint_eq(hv_partition_available(root), unused);
    ck_assert_uint_eq(disconnect(child, LINE, 0), HV_STATUS_SUCCESS);
    nobody_is_held();
}
END_TEST

START_TEST(a_trigger_in_the_page_is_an_event)
{
    struct hv_input_create_port port = event_port(root, child);
    struct hv_input_connect_port line = connection(child, root, HvPortTypeEvent);
    const uint8_t *flags = root_vp->synic.event_page.page;
    struct hv_monitor_page *page;

    port.port_id = PORT + 1;
    line.port_id = PORT + 1;
    line.connection_id = EVENTS;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(line), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)), HV_STATUS_SUCCESS);
    page = fake_page(&fake, memory_at(root, OWNERS_PAGE));
    ck_assert_uint_eq(connect(monitor_line(child, root, SENDERS_PAGE)), HV_STATUS_SUCCESS);
    page->trigger_state = HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK;
    page->parameter[1][2] =
        (struct hv_monitor_parameter){ .connection_id = EVENTS, .flag_number = 3 };
    page->trigger_group[1].pending = 1 << 2;
    hv_vp_prepare(vp);
    hv_interrupt_poll(vp, fake.tsc);
    fake.tsc = hv_interrupt_view(vp)->deadline;
    hv_interrupt_poll(vp, fake.tsc);
    ck_assert_uint_eq(page->trigger_group[1].pending, 0);
    ck_assert_uint_eq(flags[SINT * 256 + 103 / 8], 1 << 103 % 8);
}
END_TEST

START_TEST(pages_are_checked)
{
    struct hv_input_create_port port = monitor_port(root, child, OWNERS_PAGE);
    struct hv_input_connect_port line = monitor_line(child, root, SENDERS_PAGE);

    port.port_info.monitor.monitor_address += 8;
    refuse(port, HV_STATUS_INVALID_ALIGNMENT);
    port.port_info.monitor.monitor_address = UINT64_C(1) << 36;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    port = monitor_port(root, child, OWNERS_PAGE);
    port.port_info.monitor.reserved = 1;
    refuse(port, HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)), HV_STATUS_SUCCESS);
    line.connection_info.monitor.monitor_address += 8;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_ALIGNMENT);
    line.connection_info.monitor.monitor_address = UINT64_C(1) << 36;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PARAMETER);
    line = monitor_line(child, root, SENDERS_PAGE);
    line.connection_info.monitor.reserved[1] = 1;
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(connect(monitor_line(child, root, SENDERS_PAGE)), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_partition_examines_no_more_pages_than_it_can)
{
    struct hv_input_create_port port = monitor_port(root, child, OWNERS_PAGE);
    struct hv_input_connect_port line = monitor_line(child, root, SENDERS_PAGE);
    uint64_t of_child = memory_at(child, SENDERS_PAGE + 4 * HV_PAGE_SIZE);

    for (uint32_t i = 0; i <= HV_PORT_MONITORS; i++) {
        port.port_id = line.port_id = PORT + i;
        line.connection_id = LINE + i;
        port.port_info.monitor.monitor_address = OWNERS_PAGE + i * HV_PAGE_SIZE;
        line.connection_info.monitor.monitor_address = SENDERS_PAGE + i * HV_PAGE_SIZE;
        ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
        ck_assert_uint_eq(connect(line),
                          i < HV_PORT_MONITORS ? HV_STATUS_SUCCESS : HV_STATUS_NO_RESOURCES);
    }
    ck_assert_uint_eq(memory_at(child, SENDERS_PAGE + 4 * HV_PAGE_SIZE), of_child);
    ck_assert_uint_eq(disconnect(child, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(line), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(monitor_pages_are_made_by_parents)
{
    struct hv_input_create_port port = monitor_port(child, root, OWNERS_PAGE);
    struct hv_input_connect_port line = monitor_line(child, root, SENDERS_PAGE);

    child->features.privileges |= HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort;
    ck_assert_uint_eq(from_child(HvCallCreatePort, &port, sizeof(port)), HV_STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(from_child(HvCallConnectPort, &line, sizeof(line)), HV_STATUS_ACCESS_DENIED);
    nobody_is_held();
}
END_TEST

START_TEST(without_memory_there_is_no_page)
{
    struct hv_input_connect_port line = monitor_line(child, root, SENDERS_PAGE);

    while (hv_partition_available(root) > 1)
        ck_assert_ptr_nonnull(hv_partition_alloc_page(root, NULL));
    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)),
                      HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_uint_eq(hv_partition_available(root), 1);
    /* Nor for the tables of a place that has none. */
    ck_assert_uint_eq(hv_partition_deposit(root, FAKE_PAGES - 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)), HV_STATUS_SUCCESS);
    while (hv_partition_available(child) > 0)
        ck_assert_ptr_nonnull(hv_partition_alloc_page(child, NULL));
    line.connection_info.monitor.monitor_address = UINT64_C(0x900000000);
    ck_assert_uint_eq(connect(line), HV_STATUS_INSUFFICIENT_MEMORY);
    ck_assert_ptr_nonnull(hv_port_claim(root, PORT, child->id, LINE));
    nobody_is_held();
}
END_TEST

START_TEST(a_page_ends_with_either_partition)
{
    uint64_t of_root = memory_at(root, OWNERS_PAGE);
    struct hv_input_create_port port = monitor_port(sibling, root, OWNERS_PAGE);
    struct hv_input_connect_port line = monitor_line(root, sibling, SENDERS_PAGE);

    ck_assert_uint_eq(create(monitor_port(root, child, OWNERS_PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(monitor_line(child, root, SENDERS_PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(end(child), HV_STATUS_SUCCESS);
    ck_assert_uint_ne(memory_at(root, OWNERS_PAGE), of_root);
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(memory_at(root, OWNERS_PAGE), of_root);
    line.connection_info.monitor.monitor_address = OWNERS_PAGE;
    ck_assert_uint_eq(create(port), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(line), HV_STATUS_SUCCESS);
    ck_assert_uint_ne(memory_at(root, OWNERS_PAGE), of_root);
    ck_assert_uint_eq(end(sibling), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(memory_at(root, OWNERS_PAGE), of_root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("monitor page");
    TCase *tests = tcase_create("monitor page");

    tcase_add_checked_fixture(tests, begin, child_teardown);
    tcase_add_test(tests, a_monitor_page_is_one_page_of_two);
    tcase_add_test(tests, a_trigger_in_the_page_is_an_event);
    tcase_add_test(tests, pages_are_checked);
    tcase_add_test(tests, a_partition_examines_no_more_pages_than_it_can);
    tcase_add_test(tests, monitor_pages_are_made_by_parents);
    tcase_add_test(tests, without_memory_there_is_no_page);
    tcase_add_test(tests, a_page_ends_with_either_partition);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
