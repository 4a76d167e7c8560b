/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Monitored notifications by pages that a parent makes: here the parent sends, so that its CPU 0 is
 * who examines, and its child receives.
 */
#include "parent_port_support.h"

#define CHILDS_PAGE   UINT64_C(0xc000)
#define MONITOR       1u /* number of its port and its connection; those of the events have 0 */
#define OFFSET(field) offsetof(struct hv_monitor_page, field)

struct monitor {
    struct child child;
    volatile struct hv_monitor_page *page; /* as the caller sees it */
    uint8_t *beneath;                      /* the caller's memory that it lies over */
};

static struct hv_input_create_port monitor_port(const struct child *child)
{
    struct hv_input_create_port port = { .port_partition = child->id,
                                         .port_id = PP_PORT + MONITOR,
                                         .connection_partition = parent_own_id(),
                                         .port_info.port_type = HvPortTypeMonitor };

    port.port_info.monitor.monitor_address = CHILDS_PAGE;
    return port;
}

static struct hv_input_connect_port monitor_line(const struct child *child, uint64_t gpa)
{
    struct hv_input_connect_port line = pp_line(parent_own_id(), child->id, HvPortTypeMonitor);

    line.connection_id = PP_LINE + MONITOR;
    line.port_id = PP_PORT + MONITOR;
    line.connection_info.monitor.monitor_address = gpa;
    return line;
}

/* An event port of the child's, and a page between the two. */
static struct monitor begin(void)
{
    struct monitor monitor = { .child = pp_begin() };

    pp_join(&monitor.child, pp_event_port(monitor.child.id, parent_own_id()));
    REQUIRE_EQ(pp_create(monitor_port(&monitor.child)), HV_STATUS_SUCCESS);
    monitor.beneath = hv_test_page(0x66);
    REQUIRE_EQ(pp_connect(monitor_line(&monitor.child, phys_of(monitor.beneath))),
               HV_STATUS_SUCCESS);
    monitor.page = hv_map_data(phys_of(monitor.beneath));
    return monitor;
}

/* Trigger @p number of @p group signals @p flag on @p connection. */
static void arm(const struct monitor *monitor, unsigned group, unsigned number, uint32_t connection,
                uint16_t flag)
{
    volatile struct hv_monitor_parameter *parameter = &monitor->page->parameter[group][number];

    parameter->connection_id = connection;
    parameter->flag_number = flag;
    parameter->reserved_z = 0;
    monitor->page->latency[group][number] = 1000;
}

/* The compiler knows the page as a packed structure; a group is 8 bytes, aligned. */
static volatile uint32_t *pending_of(const struct monitor *monitor, unsigned group)
{
    return (volatile uint32_t *)((uintptr_t)monitor->page +
                                 offsetof(struct hv_monitor_page, trigger_group) +
                                 group * sizeof(monitor->page->trigger_group[0]) +
                                 offsetof(struct hv_monitor_trigger_group, pending));
}

static uint32_t pending(const struct monitor *monitor, unsigned group)
{
    return __atomic_load_n(pending_of(monitor, group), __ATOMIC_SEQ_CST);
}

static void trigger(const struct monitor *monitor, unsigned group, unsigned number)
{
    __atomic_fetch_or(pending_of(monitor, group), 1u << number, __ATOMIC_SEQ_CST);
}

static bool wait_flag(const struct monitor *monitor, unsigned flag)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while (!pp_flag(&monitor->child, PP_FLAG + flag) && rdtsc() < end)
        cpu_pause();
    return pp_flag(&monitor->child, PP_FLAG + flag);
}

HV_TEST(
    ports_connections, a_monitor_page_is_shared,
    COVERS(HV_REQ_PORT_030, HV_REQ_PORT_043, HV_REQ_PORT_062), NEEDS_PARENT_PORTS,
    "What one writes is what the other and the hypervisor see; and what lies beneath is not lost")
{
    struct monitor monitor = begin();
    uint64_t own = parent_own_id(), offset = OFFSET(latency);

    CHECK_EQ(pp_read(&monitor.child, CHILDS_PAGE + offset), 0);
    monitor.page->latency[0][0] = 0x1234;
    CHECK_EQ((uint16_t)pp_read(&monitor.child, CHILDS_PAGE + offset), 0x1234);
    pp_write(&monitor.child, CHILDS_PAGE + offset, 0x5678);
    CHECK_EQ(monitor.page->latency[0][0], 0x5678);
    CHECK_EQ(pp_disconnect(own, PP_LINE + MONITOR), HV_STATUS_SUCCESS);
    CHECK_EQ(hv_differing(monitor.beneath, 0x66, 0), 0);
    CHECK_EQ((uint16_t)pp_read(&monitor.child, CHILDS_PAGE + offset), 0x5678);
    CHECK_EQ(pp_delete(monitor.child.id, PP_PORT + MONITOR), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_read(&monitor.child, CHILDS_PAGE + offset), 0);
}

HV_TEST(ports_connections, a_trigger_is_an_event,
        COVERS(HV_REQ_PORT_057, HV_REQ_PORT_058, HV_REQ_PORT_063), NEEDS_PARENT_PORTS,
        "A guest that sets a bit makes no hypercall, so nothing else will bring its notification")
{
    struct monitor monitor = begin();

    monitor.page->trigger_state = HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK;
    for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++) {
        unsigned number = group * 10;

        arm(&monitor, group, number, PP_LINE, (uint16_t)group);
        trigger(&monitor, group, number);
        CHECK(wait_flag(&monitor, group), "no event of group %u", group);
        CHECK_EQ(pending(&monitor, group), 0);
    }
}

HV_TEST(ports_connections, a_group_that_is_disabled_is_left_alone, COVERS(HV_REQ_PORT_059),
        NEEDS_PARENT_PORTS,
        "A guest disables a group to see it drained, and then saves its machine")
{
    struct monitor monitor = begin();

    monitor.page->trigger_state = HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK & ~UINT32_C(1);
    arm(&monitor, 0, 3, PP_LINE, 0);
    arm(&monitor, 1, 3, PP_LINE, 1);
    trigger(&monitor, 0, 3);
    trigger(&monitor, 1, 3);
    CHECK(wait_flag(&monitor, 1), "no event of the group that is enabled");
    udelay(SYNIC_QUIET);
    CHECK(!pp_flag(&monitor.child, PP_FLAG), "an event of the group that is not");
    CHECK_EQ(pending(&monitor, 0), 1u << 3);
}

HV_TEST(ports_connections, a_trigger_that_fails_is_no_more, COVERS(HV_REQ_PORT_060),
        NEEDS_PARENT_PORTS, "The sender is elsewhere, and nobody could be told")
{
    struct monitor monitor = begin();

    monitor.page->trigger_state = HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK;
    arm(&monitor, 0, 0, PP_LINE + 7, 0);
    arm(&monitor, 0, 1, PP_LINE, PP_FLAGS);
    arm(&monitor, 0, 2, PP_LINE, 2);
    trigger(&monitor, 0, 0);
    trigger(&monitor, 0, 1);
    trigger(&monitor, 0, 2);
    CHECK(wait_flag(&monitor, 2), "no event of the trigger that is right");
    udelay(SYNIC_QUIET);
    CHECK_EQ(pending(&monitor, 0), 0);
    CHECK(!pp_flag(&monitor.child, PP_FLAG), "an event of another one");
}

HV_TEST(ports_connections, a_latency_is_a_hint, COVERS(HV_REQ_PORT_061), NEEDS_PARENT_PORTS,
        "One of zero, or of seconds, must not keep a notification for ever")
{
    static const uint16_t latencies[] = { 0, 1, 0xffff };
    struct monitor monitor = begin();

    monitor.page->trigger_state = HV_MONITOR_TRIGGER_STATE_GROUP_ENABLE_MASK;
    for (unsigned i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
        arm(&monitor, 2, i, PP_LINE, (uint16_t)i);
        monitor.page->latency[2][i] = latencies[i];
        trigger(&monitor, 2, i);
        CHECK(wait_flag(&monitor, i), "no event with a latency of %u", latencies[i]);
    }
}

HV_TEST(ports_connections, a_monitor_pages_place_is_checked,
        COVERS(HV_REQ_PORT_030, HV_REQ_PORT_037), NEEDS_PARENT_PORTS,
        "A page at an address that is none lies over two")
{
    struct child child = pp_begin();
    struct hv_input_create_port port = monitor_port(&child);
    uint64_t gpa = phys_of(hv_test_page(0));

    port.port_info.monitor.monitor_address += 8;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_ALIGNMENT);
    port = monitor_port(&child);
    port.port_info.monitor.reserved = 1;
    CHECK_EQ(pp_create(port), HV_STATUS_INVALID_PARAMETER);
    REQUIRE_EQ(pp_create(monitor_port(&child)), HV_STATUS_SUCCESS);
    CHECK_EQ(pp_connect(monitor_line(&child, gpa + 8)), HV_STATUS_INVALID_ALIGNMENT);
    CHECK_EQ(pp_connect(monitor_line(&child, gpa)), HV_STATUS_SUCCESS);
}
