/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "household.h"

#include <string.h>

#include <hv/port.h>

#include "child.h"
#include "hypercall.h"

/* Of functions that look at each page after each step: they aren't what is to be explored. */
#define NO_COVERAGE __attribute__((no_sanitize("coverage")))

static struct fake_platform *fake;
static struct hv_partition *root;
static struct hv_vp *root_vp;

static struct hv_partition *first_child(struct hv_partition *parent)
{
    return hv_hierarchy_next_child(parent, HV_PARTITION_ID_INVALID);
}

/* Drops the one that it comes from, of which the loop had a reference. */
static struct hv_partition *next_child(struct hv_partition *child)
{
    struct hv_partition *parent = child->lineage.parent;
    uint64_t previous = child->id;

    hv_partition_drop(child);
    return hv_hierarchy_next_child(parent, previous);
}

static uint32_t count_children(struct hv_partition *parent)
{
    uint32_t count = 0;

    for (struct hv_partition *child = first_child(parent); child; child = next_child(child))
        count++;
    return count;
}

static struct hv_frames *frames(void)
{
    return &root->lineage.hierarchy->frames;
}

static uint64_t *page_at(uint64_t number)
{
    return fake_page(fake, number);
}

/* ---- Pages ---- */

static struct hv_partition *holder_of(uint64_t page, bool *deposited)
{
    uint64_t holder = atomic_load(&frames()->table[page].holder);

    *deposited = holder & HV_FRAME_DEPOSITED;
    CHECK(!(holder & HV_FRAME_HELD_BACK));
    return (struct hv_partition *)(uintptr_t)((holder & HV_FRAME_ADDRESS_MASK) >>
                                              HV_FRAME_ADDRESS_SHIFT);
}

NO_COVERAGE static size_t count_deposited(const struct hv_partition *in)
{
    size_t count = 0;

    for (uint64_t page = 0; page < FAKE_PAGES; page++)
        count += hv_frame_is_deposited(frames(), page, in);
    return count;
}

/* The connection that a port says it has leads to it. */
static bool is_led_to(const struct hv_port *port)
{
    struct hv_partition *sender = hv_hierarchy_find(root->lineage.hierarchy, port->sender_id);
    const struct hv_connection *connection;

    if (!sender)
        return false;
    connection = sender->ports.connection_bucket[port->connection_id % HV_CONNECTION_BUCKETS];
    while (connection && connection->id != port->connection_id)
        connection = connection->next;
    hv_partition_drop(sender);
    return connection && connection->port == port && connection->by_call;
}

/* Ports that are connected have their connections; connections lead to ports that are there, or to
   nothing, and have their doorbells. */
static void check_ports(struct hv_partition *partition)
{
    const struct hv_ports *ports = &partition->ports;
    uint32_t doorbells = 0;

    for (unsigned i = 0; i < HV_PORT_BUCKETS; i++)
        for (const struct hv_port *port = ports->bucket[i]; port; port = port->next) {
            CHECK(!port->deleted && port->owner == partition);
            CHECK(!port->connected || is_led_to(port));
            CHECK(!port->lent_page.enabled || port->connected);
        }
    for (unsigned i = 0; i < HV_CONNECTION_BUCKETS; i++)
        for (const struct hv_connection *line = ports->connection_bucket[i]; line;
             line = line->next) {
            CHECK(!line->by_call || !line->port || (!line->port->deleted && line->port->connected));
            doorbells += line->port && line->port->config.type == HvPortTypeDoorbell;
        }
    for (unsigned i = 0; i < HV_DOORBELL_BUCKETS; i++)
        for (const struct hv_connection *line = ports->doorbell_bucket[i]; line;
             line = line->next_doorbell) {
            CHECK(line->port && line->port->config.type == HvPortTypeDoorbell);
            doorbells--;
        }
    CHECK(doorbells == 0);
}

/* What is deposited is out of the root's reach, and nothing else is. */
NO_COVERAGE static void check_frames(void)
{
    for (uint64_t page = HOUSEHOLD_FIRST_OWN; page < FAKE_FIRST_POOL; page++) {
        struct hv_mapping mapping;
        bool deposited;
        struct hv_partition *holder = holder_of(page, &deposited);
        bool reached = hv_address_translate(root, page, &mapping) && !mapping.overlay;

        CHECK(mapping.overlay || reached == !deposited);
        CHECK(!reached || mapping.spa_page == page);
        CHECK(!holder || hv_partition_state(&holder->lineage) < HV_PARTITION_DELETED);
    }
}

NO_COVERAGE static void check_unused(const struct hv_partition *partition)
{
    uint64_t page = partition->pool.first_unused;
    bool seen[FAKE_PAGES] = { false };

    for (size_t left = hv_partition_available(partition); left > 0; left--) {
        CHECK(page < FAKE_PAGES && !seen[page]);
        seen[page] = true;
        if (partition != root)
            CHECK(hv_frame_is_deposited(frames(), page, partition));
        else
            CHECK(page >= FAKE_FIRST_POOL || hv_frame_is_deposited(frames(), page, NULL));
        page = *page_at(page);
    }
}

/* What refers to a child: it is found, its children do, its messages, and who looks at it now. */
static uint32_t references(const struct hv_partition *child, uint32_t children)
{
    uint32_t count = 2 + children;

    for (uint32_t index = 0; index < child->max_vps; index++) {
        const struct hv_vp *vp = hv_vp_get(child, index);

        count += vp && (atomic_load(&vp->suspended) & HV_VP_SUSPEND_MESSAGE);
    }
    return count;
}

/* What it reaches of its memory is no hypervisor's, and what it has given away is below it. */
static void check_reach(const struct hv_partition *partition)
{
    for (uint64_t page = HOUSEHOLD_GPA; page < HOUSEHOLD_GPA + HOUSEHOLD_GPA_PAGES; page++) {
        struct hv_mapping mapping;
        bool deposited;

        if (!hv_address_translate(partition, page, &mapping) || mapping.overlay ||
            hv_frame_is_shared(frames(), mapping.spa_page,
                               hv_frame_holder(partition->lineage.parent)))
            continue;
        for (const struct hv_partition *holder = holder_of(mapping.spa_page, &deposited);
             holder != partition; holder = holder->lineage.parent)
            CHECK(holder != NULL);
        CHECK(!deposited);
    }
}

/* ---- How often a page is mapped ---- */

typedef uint16_t mappings[FAKE_PAGES]; /* of each page */

NO_COVERAGE static void count_leaf(const struct hv_partition *partition, uint64_t entry,
                                   uint64_t gpa_page, mappings count)
{
    struct hv_mapping mapping;

    hv_slat_decode(partition->address.slat, entry, 1, &mapping);
    if (mapping.overlay)
        mapping = *hv_overlay_covered(&partition->address, gpa_page);
    if (mapping.spa_page < FAKE_PAGES)
        count[mapping.spa_page]++;
}

/* An entry that maps a large page is what it maps. */
NO_COVERAGE static void count_large(const struct hv_partition *partition, uint64_t entry,
                                    unsigned level, mappings count)
{
    struct hv_mapping mapping;

    hv_slat_decode(partition->address.slat, entry, level, &mapping);
    for (uint64_t i = 0; entry != 0 && i < hv_slat_pages(level); i++)
        if (mapping.spa_page + i < FAKE_PAGES)
            count[mapping.spa_page + i]++;
}

NO_COVERAGE static void count_table(const struct hv_partition *partition, uint64_t table,
                                    unsigned level, uint64_t gpa_page, mappings count)
{
    for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i++) {
        uint64_t entry = page_at(table)[i], below;
        uint64_t first = gpa_page + i * hv_slat_pages(level);

        if (level == 1)
            count_leaf(partition, entry, first, count);
        else if (partition->address.slat->descend(entry, level, &below))
            count_table(partition, below, level - 1, first, count);
        else
            count_large(partition, entry, level, count);
    }
}

NO_COVERAGE static void count_partition(const struct hv_partition *partition, mappings count)
{
    if (partition->address.page_count != 0)
        count_table(partition, partition->address.root, HV_SLAT_TOP_LEVEL, 0, count);
}

/* Of all partitions one level below the root, and of those two levels below. */
NO_COVERAGE static void count_all(mappings upper, mappings lower)
{
    memset(upper, 0, sizeof(mappings));
    memset(lower, 0, sizeof(mappings));
    for (struct hv_partition *child = first_child(root); child; child = next_child(child)) {
        count_partition(child, upper);
        for (struct hv_partition *grandchild = first_child(child); grandchild;
             grandchild = next_child(grandchild))
            count_partition(grandchild, lower);
    }
}

/* Who has a page alone has it at one place, and those above who have passed it on, too. */
NO_COVERAGE static void check_mappings(void)
{
    static mappings upper, lower;

    count_all(upper, lower);
    for (uint64_t page = HOUSEHOLD_FIRST_OWN; page < FAKE_FIRST_POOL; page++) {
        uint64_t holder = atomic_load(&frames()->table[page].holder);
        uint64_t shared = (holder & HV_FRAME_COUNT_MASK) >> HV_FRAME_COUNT_SHIFT;
        unsigned level = (unsigned)((holder & HV_FRAME_LEVEL_MASK) >> HV_FRAME_LEVEL_SHIFT);

        if (holder & HV_FRAME_DEPOSITED)
            continue;
        CHECK((holder & HV_FRAME_SHARED) ? shared >= 1 : shared == 0);
        level += shared != 0;
        CHECK(upper[page] == (level == 1 && shared ? shared : level >= 1));
        CHECK(lower[page] == (level == 2 && shared ? shared : level >= 2));
    }
}

/* ---- Partitions ---- */

static void check_child(struct hv_partition *child)
{
    CHECK(child->pool.total == count_deposited(child));
    CHECK(hv_partition_available(child) <= child->pool.total);
    CHECK(atomic_load(&child->lineage.references) == references(child, count_children(child)));
    CHECK(atomic_load(&child->gate.state) == 0);
    CHECK(!(child->features.privileges & HV_FEATURES_OF_ROOTS));
    CHECK(!(child->features.privileges & ~child->lineage.parent->features.privileges));
    if (hv_partition_state(&child->lineage) == HV_PARTITION_FINALIZED)
        CHECK(hv_partition_available(child) == child->pool.total);
    check_unused(child);
    check_reach(child);
    check_ports(child);
}

void household_check(void)
{
    CHECK(atomic_load(&root->lineage.references) == 1 + count_children(root));
    for (struct hv_partition *child = first_child(root); child; child = next_child(child)) {
        check_child(child);
        for (struct hv_partition *grandchild = first_child(child); grandchild;
             grandchild = next_child(grandchild))
            check_child(grandchild);
    }
    check_ports(root);
    check_frames();
    check_mappings();
    check_unused(root);
}

/* ---- From the beginning to the end ---- */

/* Pages of logical processors stay, once they are made. */
static void make_lp_pages(void)
{
    for (uint32_t i = 0; i < fake->platform.facts.lp_count; i++)
        CHECK(hv_stats_lp(root, i) != NULL);
}

/* The root's SynIC is on, with its pages where there is no memory. */
static void listen(void)
{
    const uint64_t pages = UINT64_C(0x20000000) | HV_X64_MSR_PAGE_ENABLE;

    fake_wrmsr(root_vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    fake_wrmsr(root_vp, HV_X64_MSR_SIMP, pages);
    fake_wrmsr(root_vp, HV_X64_MSR_SIEFP, pages + HV_PAGE_SIZE);
    fake_wrmsr(root_vp, HV_X64_MSR_SIRBP, pages + 2 * HV_PAGE_SIZE);
    fake_wrmsr(root_vp, HV_X64_MSR_SINT0 + 3, 0x40 | HV_X64_MSR_SINT_AS_INTERCEPT);
}

static void serve_at_once(void *context, struct hv_vp *vp)
{
    (void)context;
    hv_vp_prepare(vp);
}

struct hv_vp *household_begin(struct fake_platform *platform)
{
    fake = platform;
    fake_platform_init(fake);
    fake->platform.cpu.kick = serve_at_once;
    fake->tsc_step = FAKE_TSC_HZ / 100000;
    root = fake_root(fake);
    root_vp = fake_vp_create(fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    make_lp_pages();
    listen();
    return root_vp;
}

void household_take_intercepts(void)
{
    struct hv_message_page *page = root_vp->synic.message_page.page;

    while (root_vp->synic.waiting & 1) {
        memset(&page->sint_message[0], 0, sizeof(page->sint_message[0]));
        hv_synic_deliver(root_vp);
    }
}

/* Executes a call of the root's once, without its registers and its memory. */
static hv_status carry_out(hv_hypercall_handler *handler, const void *input)
{
    uint64_t output;
    struct hv_hypercall_call call = { .vp = root_vp, .header = input, .output = &output };

    return handler(&call);
}

/* What the root itself and the machine count. */
static void unsee_globals(void)
{
    struct hv_input_map_stats_page object = { .stats_type = HvStatsObjectPartition,
                                              .object_identity = { .object_id = root->id } };

    (void)carry_out(hv_hypercall_unmap_stats_page, &object);
    object.stats_type = HvStatsObjectVp;
    (void)carry_out(hv_hypercall_unmap_stats_page, &object);
    for (uint32_t i = 0; i < fake->platform.facts.lp_count; i++) {
        object = (struct hv_input_map_stats_page){ .stats_type = HvStatsObjectLogicalProcessor,
                                                   .object_identity = { .object_id = i } };
        (void)carry_out(hv_hypercall_unmap_stats_page, &object);
    }
    object = (struct hv_input_map_stats_page){ .stats_type = HvStatsObjectHypervisor };
    (void)carry_out(hv_hypercall_unmap_stats_page, &object);
}

/* The pages that the root has for itself: unused ones, and its tables. */
size_t household_own_pages(void)
{
    return hv_partition_available(root) + fake_tables(fake, root);
}

/* Ports of the root, with their buffers, and connections; what waits in its VP refers to them. */
static void delete_ports(void)
{
    for (unsigned bucket = 0; bucket < HV_PORT_BUCKETS; bucket++)
        while (root->ports.bucket[bucket])
            hv_port_delete(root, root->ports.bucket[bucket]->id);
    hv_connections_destroy(root);
    hv_synic_reset(root_vp);
}

/* Its parent may have no VP any more, or no memory for its calls: what they would do. */
static void end_partition(struct hv_partition *partition)
{
    static struct hv_vp caller;
    struct hv_input_withdraw_memory input = { .partition_id = partition->id };
    uint64_t gpa_page;
    struct hv_hypercall_call withdrawal = { .vp = &caller, .header = &input, .output = &gpa_page };
    bool done;

    for (struct hv_partition *child = first_child(partition); child; child = next_child(child))
        end_partition(child);
    caller.partition = partition->lineage.parent;
    if (hv_partition_state(&partition->lineage) == HV_PARTITION_ACTIVE)
        CHECK(hv_child_finalize(root_vp, partition, UINT64_MAX, &done) == HV_STATUS_SUCCESS);
    while (hv_hypercall_withdraw_memory(&withdrawal) == HV_STATUS_SUCCESS)
        continue;
    CHECK(hv_child_delete(partition) == HV_STATUS_SUCCESS);
}

void household_end(size_t own)
{
    for (struct hv_partition *child = first_child(root); child; child = next_child(child))
        end_partition(child);
    household_check();
    CHECK(atomic_load(&root->lineage.references) == 1);
    delete_ports();
    unsee_globals();
    CHECK(household_own_pages() == own + count_deposited(NULL));
    for (uint64_t page = HOUSEHOLD_FIRST_OWN; page < FAKE_FIRST_POOL; page++)
        CHECK(hv_frame_is_held(frames(), page, NULL) ||
              hv_frame_is_deposited(frames(), page, NULL));
}
