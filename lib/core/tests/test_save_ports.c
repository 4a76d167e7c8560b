/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Ports and connections that were made by hypercalls, saved and restored: a child goes on as its
 * twin, which has another ID. Why: a device of a child whose port is lost is one that is silent for
 * ever, and one whose port is somebody else's tells him what is none of his business.
 */
#include <check.h>
#include <string.h>

#include "component.h"
#include "port_fixture.h"
#include "suite.h"

#define PAGE       UINT64_C(0x6000) /* of a monitor, in its owner's memory and in its sender's */
#define BELL       UINT64_C(0xFEB00010)
#define ROOM       32768
#define OTHER_LINE (LINE - 1)

static struct hv_partition *twin;
static struct hv_vp *twin_vp;
static uint8_t saved[ROOM], saved_vp[ROOM];
static size_t size, size_vp;

static void start(void)
{
    begin();
    twin = add_child(root, EXO_FLAGS);
    ck_assert_uint_eq(hv_address_map(twin, 0, FAKE_FIRST_POOL - 2 * CHILD_RAM, CHILD_RAM,
                                     HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    twin_vp = fake_vp_create(&fake, twin, 0);
}

static struct hv_partition *find_partition(void *context, uint64_t id)
{
    (void)context;
    if (id == child->id)
        return twin;
    if (id == root->id)
        return root;
    return id == sibling->id ? sibling : NULL;
}

static void save(void)
{
    ck_assert_uint_eq(hv_partition_save(child, fake.tsc, saved, sizeof(saved), &size),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_vp_save(vp, fake.tsc, saved_vp, sizeof(saved_vp), &size_vp),
                      HV_STATUS_SUCCESS);
}

static hv_status restore(void)
{
    const struct hv_restore how = { .tsc = fake.tsc, .find_partition = find_partition };

    return hv_partition_restore(twin, &how, saved, size);
}

/* The payload of a record of the partition. */
static void *payload_of(enum hv_record_component component)
{
    struct hv_record_header header;
    size_t at = 0;

    for (;;) {
        ck_assert_uint_lt(at, size);
        memcpy(&header, saved + at, sizeof(header));
        at += sizeof(header);
        if (header.component == component)
            return saved + at;
        at += header.size;
    }
}

static struct hv_port *port_of(struct hv_partition *owner)
{
    struct hv_port *port = hv_port_find(owner, PORT);

    ck_assert_ptr_nonnull(port);
    hv_port_drop(port);
    return port;
}

static struct hv_input_create_port doorbell_port(const struct hv_partition *owner,
                                                 const struct hv_partition *sender)
{
    struct hv_input_create_port input = message_port(owner, sender);

    input.port_info.port_type = HvPortTypeDoorbell;
    return input;
}

static struct hv_input_connect_port doorbell_line(const struct hv_partition *sender,
                                                  const struct hv_partition *owner)
{
    struct hv_input_connect_port input = connection(sender, owner, HvPortTypeDoorbell);

    input.connection_info.doorbell.gpa = BELL;
    input.connection_info.doorbell.trigger_value = 7;
    input.connection_info.doorbell.flags = HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD;
    return input;
}

/* ---- What comes back ---- */

START_TEST(a_port_is_for_the_same_sender)
{
    struct hv_input_connect_port line;
    const struct hv_port *port;

    join(root, child);
    ck_assert_uint_eq(post_from(root_vp, 1), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_set_property(port_of(child), HvPortPropertyPreferredTargetVp, 2),
                      HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    port = port_of(twin);
    ck_assert_uint_eq(port->sender_id, root->id);
    ck_assert_mem_eq(&port->config, &port_of(child)->config, sizeof(port->config));
    ck_assert_uint_eq(port->post_count, 1);
    ck_assert_uint_eq(port->preferred_vp, 2);
    ck_assert(!port->connected);
    line = connection(sibling, twin, HvPortTypeMessage);
    ck_assert_uint_eq(connect(line), HV_STATUS_INVALID_PORT_ID);
    line = connection(root, twin, HvPortTypeMessage);
    line.connection_id = OTHER_LINE;
    ck_assert_uint_eq(connect(line), HV_STATUS_SUCCESS);
}
END_TEST

START_TEST(a_connection_claims_its_port)
{
    join(child, root);
    save();
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(message_port(root, twin)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    ck_assert(port_of(root)->connected);
    ck_assert_uint_eq(port_of(root)->connection_id, LINE);
    ck_assert_uint_eq(post_from(twin_vp, 5), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(disconnect(twin, LINE, 0), HV_STATUS_SUCCESS);
    ck_assert(!port_of(root)->connected);
}
END_TEST

START_TEST(a_connection_to_what_is_no_more_leads_nowhere)
{
    join(child, root);
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(create(message_port(root, twin)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(post_from(twin_vp, 5), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

START_TEST(a_connection_needs_a_port_for_it)
{
    join(child, root);
    save();
    /* That is for the child itself. */
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(create(message_port(root, sibling)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
    ck_assert_uint_eq(post_from(twin_vp, 5), HV_STATUS_INVALID_CONNECTION_ID);
}
END_TEST

START_TEST(a_doorbell_rings_again)
{
    struct hv_port *port;

    ck_assert_uint_eq(create(doorbell_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(doorbell_line(child, root)), HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(doorbell_port(root, twin)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    port = hv_connection_find_doorbell(twin, BELL, 4, 7);
    ck_assert_ptr_eq(port, port_of(root));
    hv_port_drop(port);
    ck_assert_ptr_null(hv_connection_find_doorbell(twin, BELL, 4, 8));
    ck_assert_ptr_null(hv_connection_find_doorbell(twin, BELL, 2, 7));
}
END_TEST

START_TEST(a_monitor_page_has_its_content)
{
    const struct hv_overlay *page;

    ck_assert_uint_eq(create(monitor_port(child, root, PAGE)), HV_STATUS_SUCCESS);
    memset(port_of(child)->monitor_page.page, 0x5A, HV_PAGE_SIZE);
    save();
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    page = &port_of(twin)->monitor_page;
    ck_assert_uint_eq(page->gpa_page, PAGE / HV_PAGE_SIZE);
    ck_assert_ptr_eq(hv_overlay_at(&twin->address, PAGE / HV_PAGE_SIZE), page);
    ck_assert_mem_eq(page->page, port_of(child)->monitor_page.page, HV_PAGE_SIZE);
    ck_assert_ptr_ne(page->page, port_of(child)->monitor_page.page);
}
END_TEST

START_TEST(a_monitor_page_is_watched_again)
{
    ck_assert_uint_eq(create(monitor_port(root, child, PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(monitor_line(child, root, PAGE)), HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(delete (root, PORT, 0), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(monitor_port(root, twin, PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_port_monitor_gpa(&twin->ports.monitors, port_of(root), LINE), PAGE);
    ck_assert_ptr_eq(hv_overlay_at(&twin->address, PAGE / HV_PAGE_SIZE), &port_of(root)->lent_page);
}
END_TEST

START_TEST(what_waits_is_its_ports)
{
    const struct hv_restore how = { .tsc = fake.tsc };

    join(root, child);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(post_from(root_vp, i), HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(hv_vp_restore(twin_vp, &how, saved_vp, size_vp), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(__builtin_popcount(port_of(twin)->free),
                      __builtin_popcount(port_of(child)->free));
    ck_assert_uint_lt(__builtin_popcount(port_of(twin)->free), HV_PORT_MESSAGES);
}
END_TEST

/* ---- Records of an enemy ---- */

static void refuse_port(size_t offset, uint64_t value, size_t bytes, hv_status status)
{
    struct hv_port_payload *payload;
    hv_status found;

    save();
    payload = payload_of(HV_RECORD_PORTS);
    memcpy((uint8_t *)payload + offset, &value, bytes);
    found = restore();
    ck_assert_msg(found == status, "offset %zu: status %#x", offset, found);
    ck_assert_ptr_null(hv_port_find(twin, payload->id));
}

#define PORT_FIELD(field) \
    offsetof(struct hv_port_payload, field), sizeof(((struct hv_port_payload *)NULL)->field)

static const struct {
    size_t offset, bytes;
    uint64_t value;
    hv_status status;
} of_port[] = {
    { PORT_FIELD(sender), 77, HV_STATUS_INVALID_PARTITION_ID },
    { PORT_FIELD(sender), HV_PARTITION_ID_SELF, HV_STATUS_INVALID_PARTITION_ID },
    { PORT_FIELD(monitor_gpa), PAGE, HV_STATUS_INVALID_PARAMETER },
    { PORT_FIELD(preferred_vp), 64, HV_STATUS_INVALID_PARAMETER },
    { PORT_FIELD(zero), 1, HV_STATUS_INVALID_PARAMETER },
    { PORT_FIELD(id), 0x01000000, HV_STATUS_INVALID_PORT_ID },
    { PORT_FIELD(vp_index), 5, HV_STATUS_INVALID_VP_INDEX },
    { PORT_FIELD(sint), 0, HV_STATUS_INVALID_PARAMETER },
    { PORT_FIELD(flag_count), 2048 - 100, HV_STATUS_INVALID_PARAMETER },
    { PORT_FIELD(last_vp), 64, HV_STATUS_INVALID_PARAMETER },
    { PORT_FIELD(type), 9, HV_STATUS_INVALID_PARAMETER },
};

START_TEST(a_port_that_can_not_be_is_refused)
{
    ck_assert_uint_eq(create(event_port(child, root)), HV_STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof(of_port) / sizeof(of_port[0]); i++)
        refuse_port(of_port[i].offset, of_port[i].value, of_port[i].bytes, of_port[i].status);
    /* Its own sender. */
    refuse_port(offsetof(struct hv_port_payload, sender), child->id, 8,
                HV_STATUS_INVALID_PARTITION_ID);
    atomic_store(&root->lineage.state, HV_PARTITION_FINALIZED);
    save();
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARTITION_STATE);
}
END_TEST

START_TEST(a_doorbell_port_that_can_not_be_is_refused)
{
    ck_assert_uint_eq(create(doorbell_port(child, root)), HV_STATUS_SUCCESS);
    refuse_port(offsetof(struct hv_port_payload, id), 0, 4, HV_STATUS_INVALID_PORT_ID);
    /* The embedder has none. */
    refuse_port(offsetof(struct hv_port_payload, sender), 0, 8, HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_monitor_port_that_can_not_be_is_refused)
{
    const size_t gpa = offsetof(struct hv_port_payload, monitor_gpa);
    struct hv_monitor_page_payload *page;

    ck_assert_uint_eq(create(monitor_port(child, root, PAGE)), HV_STATUS_SUCCESS);
    refuse_port(gpa, PAGE + 8, 8, HV_STATUS_INVALID_ALIGNMENT);
    refuse_port(gpa, UINT64_C(1) << 36, 8, HV_STATUS_INVALID_PARAMETER);
    refuse_port(offsetof(struct hv_port_payload, preferred_vp), 0, 4, HV_STATUS_INVALID_PARAMETER);
    save();
    page = payload_of(HV_RECORD_MONITOR_PAGES);
    page->zero = 1;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_page_without_a_monitor_is_refused)
{
    struct hv_input_create_port other = message_port(child, root);
    struct hv_monitor_page_payload *page;

    other.port_id = PORT - 1;
    ck_assert_uint_eq(create(monitor_port(child, root, PAGE)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(create(other), HV_STATUS_SUCCESS);
    save();
    page = payload_of(HV_RECORD_MONITOR_PAGES);
    page->port_id = PORT - 1;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_page_of_no_port_is_refused)
{
    struct hv_monitor_page_payload *page;

    ck_assert_uint_eq(create(monitor_port(child, root, PAGE)), HV_STATUS_SUCCESS);
    save();
    page = payload_of(HV_RECORD_MONITOR_PAGES);
    page->port_id = PORT - 1;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PORT_ID);
}
END_TEST

static void refuse_line(unsigned word, uint64_t value, hv_status status)
{
    struct hv_connection_payload *payload;
    hv_status found;

    save();
    payload = payload_of(HV_RECORD_CONNECTIONS);
    memcpy((uint8_t *)payload + 8 * word, &value, sizeof(value));
    found = restore();
    ck_assert_msg(found == status, "word %u: status %#x", word, found);
    ck_assert(!port_of(root)->connected);
    ck_assert_uint_eq(port_of(root)->references, 1);
    ck_assert(!hv_connection_exists(twin, LINE));
}

/* Words of hv_connection_payload. */
enum { OWNER, IDS, DELETED, MONITOR_GPA, DOORBELL_GPA, DOORBELL_VALUE, DOORBELL_FLAGS };

/* The connection is the child's still, and its port the twin's. */
static void give_port_to_twin(void)
{
    struct hv_port *port = port_of(root);

    port->sender_id = twin->id;
    port->connected = false;
    atomic_store(&port->references, 1);
}

START_TEST(a_connection_that_can_not_be_is_refused)
{
    join(child, root);
    give_port_to_twin();
    refuse_line(OWNER, 77, HV_STATUS_INVALID_PARTITION_ID);
    refuse_line(IDS, PORT | UINT64_C(0x01000000), HV_STATUS_INVALID_CONNECTION_ID);
    refuse_line(IDS, LINE | (uint64_t)(PORT - 1) << 32, HV_STATUS_INVALID_PORT_ID);
    refuse_line(DELETED, 1, HV_STATUS_INVALID_PARAMETER);
    refuse_line(MONITOR_GPA, PAGE, HV_STATUS_INVALID_PARAMETER);
    for (unsigned word = DOORBELL_GPA; word <= DOORBELL_FLAGS; word++)
        refuse_line(word, 8, HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_doorbell_that_can_not_be_is_refused)
{
    ck_assert_uint_eq(create(doorbell_port(root, child)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(doorbell_line(child, root)), HV_STATUS_SUCCESS);
    give_port_to_twin();
    refuse_line(MONITOR_GPA, PAGE, HV_STATUS_INVALID_PARAMETER);
    refuse_line(DOORBELL_GPA, UINT64_MAX, HV_STATUS_INVALID_PARAMETER);
    refuse_line(DOORBELL_FLAGS, UINT64_MAX, HV_STATUS_INVALID_PARAMETER);
}
END_TEST

START_TEST(who_can_not_be_found_is_nobody)
{
    const struct hv_restore alone = { .tsc = fake.tsc };

    ck_assert_uint_eq(create(message_port(child, root)), HV_STATUS_SUCCESS);
    save();
    ck_assert_uint_eq(hv_partition_restore(twin, &alone, saved, size),
                      HV_STATUS_INVALID_PARTITION_ID);
}
END_TEST

/* Partitions of another machine, or of the embedder, can't end what a call has begun. */
START_TEST(both_ends_are_of_one_hierarchy)
{
    ck_assert_uint_eq(create(message_port(child, root)), HV_STATUS_SUCCESS);
    save();
    twin->lineage.hierarchy = NULL;
    ck_assert_uint_eq(restore(), HV_STATUS_INVALID_PARTITION_ID);
    twin->lineage.hierarchy = root->lineage.hierarchy;
    ck_assert_uint_eq(restore(), HV_STATUS_SUCCESS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("save ports");
    TCase *tests = tcase_create("save ports");

    tcase_add_checked_fixture(tests, start, child_teardown);
    tcase_add_test(tests, a_port_is_for_the_same_sender);
    tcase_add_test(tests, a_connection_claims_its_port);
    tcase_add_test(tests, a_connection_to_what_is_no_more_leads_nowhere);
    tcase_add_test(tests, a_connection_needs_a_port_for_it);
    tcase_add_test(tests, a_doorbell_rings_again);
    tcase_add_test(tests, a_monitor_page_has_its_content);
    tcase_add_test(tests, a_monitor_page_is_watched_again);
    tcase_add_test(tests, what_waits_is_its_ports);
    tcase_add_test(tests, a_port_that_can_not_be_is_refused);
    tcase_add_test(tests, a_doorbell_port_that_can_not_be_is_refused);
    tcase_add_test(tests, a_monitor_port_that_can_not_be_is_refused);
    tcase_add_test(tests, a_page_without_a_monitor_is_refused);
    tcase_add_test(tests, a_page_of_no_port_is_refused);
    tcase_add_test(tests, a_connection_that_can_not_be_is_refused);
    tcase_add_test(tests, a_doorbell_that_can_not_be_is_refused);
    tcase_add_test(tests, who_can_not_be_found_is_nobody);
    tcase_add_test(tests, both_ends_are_of_one_hierarchy);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
