/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A port is alive as long as somebody refers to it: its owner's table until it is deleted, each
 * connection, each message of it that waits. So nothing that is on its way can lose its ground.
 */
#include "core.h"
#include "hypercall.h"
#include "mem.h"
#include "port.h"

#define ID_MASK     0x00FFFFFFu
#define NO_ID       UINT32_MAX
#define FIRST_SINT  1u
#define ALL_BUFFERS ((1u << HV_PORT_MESSAGES) - 1)

_Static_assert(sizeof(struct hv_port) <= HV_PAGE_SIZE, "a port must fit in one page");
_Static_assert(HV_PORT_MESSAGES / HV_PORT_BUFFER_PAGES * sizeof(struct hv_port_buffer) <=
                   HV_PAGE_SIZE,
               "a page of buffers");

/* ---- Life of a port ---- */

static void free_pages(struct hv_port *port)
{
    struct hv_pool *pool = &port->owner->pool;
    uint64_t pages[HV_PORT_BUFFER_PAGES], own = port->spa_page;

    memcpy(pages, port->buffer_pages, sizeof(pages));
    for (unsigned i = 0; i < HV_PORT_BUFFER_PAGES; i++)
        if (port->buffers[i * HV_PORT_MESSAGES / HV_PORT_BUFFER_PAGES])
            hv_pool_free(pool, pages[i]);
    hv_pool_free(pool, own);
}

void hv_port_drop(struct hv_port *port)
{
    /* Release: all that others did with it comes before; acquire: and is seen by who frees it. */
    if (atomic_fetch_sub_explicit(&port->references, 1, memory_order_acq_rel) == 1)
        free_pages(port);
}

static void take_reference(struct hv_port *port)
{
    atomic_fetch_add_explicit(&port->references, 1, memory_order_relaxed);
}

/* The message is in its slot, or dropped: its room is free again. */
static void release_buffer(struct hv_vp *vp, struct hv_synic_message *message)
{
    struct hv_port_buffer *buffer = (struct hv_port_buffer *)message;
    struct hv_port *port = buffer->port;

    (void)vp;
    atomic_fetch_or_explicit(&port->free, 1u << buffer->index, memory_order_release);
    hv_port_drop(port);
}

static bool alloc_buffers(struct hv_port *port)
{
    const unsigned per_page = HV_PORT_MESSAGES / HV_PORT_BUFFER_PAGES;

    for (unsigned i = 0; i < HV_PORT_MESSAGES; i++) {
        if (i % per_page == 0) {
            port->buffers[i] = hv_pool_alloc(&port->owner->pool, &port->buffer_pages[i / per_page]);
            if (!port->buffers[i])
                return false;
        } else {
            port->buffers[i] = port->buffers[i - 1] + 1;
        }
        port->buffers[i]->port = port;
        port->buffers[i]->index = (uint8_t)i;
        port->buffers[i]->message.release = release_buffer;
    }
    atomic_store_explicit(&port->free, ALL_BUFFERS, memory_order_relaxed);
    return true;
}

static bool names_target(const struct hv_port_config *config)
{
    return config->sint || config->vp_index || config->base_flag || config->flag_count;
}

static hv_status check_config(const struct hv_partition *owner, const struct hv_port_config *config)
{
    if (config->type == HvPortTypeMonitor)
        return names_target(config) ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
    if (config->type != HvPortTypeMessage && config->type != HvPortTypeEvent)
        return HV_STATUS_INVALID_PARAMETER;
    if (config->sint < FIRST_SINT || config->sint >= HV_SYNIC_SINT_COUNT)
        return HV_STATUS_INVALID_PARAMETER;
    if (config->type == HvPortTypeEvent &&
        (config->flag_count == 0 ||
         (uint32_t)config->base_flag + config->flag_count > HV_EVENT_FLAGS_COUNT))
        return HV_STATUS_INVALID_PARAMETER;
    if (config->vp_index != HV_ANY_VP && !hv_vp_get(owner, config->vp_index))
        return HV_STATUS_INVALID_VP_INDEX;
    return HV_STATUS_SUCCESS;
}

/* The link to the port of that ID, or to the NULL at the end of its bucket. */
static struct hv_port **find_link(struct hv_ports *ports, uint32_t id)
{
    struct hv_port **link = &ports->bucket[id % HV_PORT_BUCKETS];

    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static struct hv_port *make(struct hv_partition *owner, uint32_t id,
                            const struct hv_port_config *config)
{
    uint64_t spa_page;
    struct hv_port *port = hv_pool_alloc(&owner->pool, &spa_page);

    if (!port)
        return NULL;
    port->owner = owner;
    port->config = *config;
    port->id = id;
    port->spa_page = spa_page;
    atomic_store_explicit(&port->references, 1, memory_order_relaxed);
    if (config->type == HvPortTypeMessage && !alloc_buffers(port)) {
        hv_port_drop(port);
        return NULL;
    }
    return port;
}

struct hv_port *hv_port_make_deleted(struct hv_partition *owner, uint32_t type)
{
    const struct hv_port_config config = { .type = type };
    struct hv_port *port = make(owner, 0, &config);

    if (port)
        atomic_store_explicit(&port->deleted, true, memory_order_relaxed);
    return port;
}

hv_status hv_port_create(struct hv_partition *owner, uint32_t port_id,
                         const struct hv_port_config *config)
{
    struct hv_ports *ports = &owner->ports;
    hv_status status = check_config(owner, config);
    struct hv_port *port, **link;

    if (port_id & ~ID_MASK)
        return HV_STATUS_INVALID_PORT_ID;
    if (status != HV_STATUS_SUCCESS)
        return status;
    port = make(owner, port_id, config);
    if (!port)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    hv_lock_acquire(&ports->lock);
    link = find_link(ports, port_id);
    if (*link)
        status = HV_STATUS_INVALID_PORT_ID;
    else
        *link = port;
    hv_lock_release(&ports->lock);
    if (status != HV_STATUS_SUCCESS)
        hv_port_drop(port);
    return status;
}

hv_status hv_port_delete(struct hv_partition *owner, uint32_t port_id)
{
    struct hv_ports *ports = &owner->ports;
    struct hv_port *port, **link;

    hv_lock_acquire(&ports->lock);
    link = find_link(ports, port_id);
    port = *link;
    if (port) {
        *link = port->next;
        atomic_store_explicit(&port->deleted, true, memory_order_relaxed);
    }
    hv_lock_release(&ports->lock);
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

struct hv_port *hv_port_find(struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port;

    hv_lock_acquire(&owner->ports.lock);
    port = *find_link(&owner->ports, port_id);
    if (port)
        take_reference(port);
    hv_lock_release(&owner->ports.lock);
    return port;
}

/* ---- Connections; under connection_lock ---- */

static struct hv_connection **find_connection(struct hv_ports *ports, uint32_t id)
{
    struct hv_connection **link = &ports->connection_bucket[id % HV_CONNECTION_BUCKETS];

    while (*link && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

static void free_connection(struct hv_ports *ports, struct hv_connection *connection)
{
    connection->next = ports->free_connections;
    ports->free_connections = connection;
}

static bool add_connection_page(struct hv_partition *sender)
{
    const size_t count =
        (HV_PAGE_SIZE - sizeof(struct hv_connection_page)) / sizeof(struct hv_connection);
    struct hv_ports *ports = &sender->ports;
    uint64_t spa_page;
    struct hv_connection_page *page = hv_pool_alloc(&sender->pool, &spa_page);

    if (!page)
        return false;
    page->spa_page = spa_page;
    page->next = ports->connection_pages;
    ports->connection_pages = page;
    for (size_t i = 0; i < count; i++)
        free_connection(ports, &page->connections[i]);
    return true;
}

static struct hv_connection *alloc_connection(struct hv_partition *sender)
{
    struct hv_ports *ports = &sender->ports;
    struct hv_connection *connection;

    if (!ports->free_connections && !add_connection_page(sender))
        return NULL;
    connection = ports->free_connections;
    ports->free_connections = connection->next;
    return connection;
}

static hv_status add_connection(struct hv_partition *sender, uint32_t id, struct hv_port *port)
{
    struct hv_connection **link = find_connection(&sender->ports, id);
    struct hv_connection *connection;

    if (*link)
        return HV_STATUS_INVALID_CONNECTION_ID;
    connection = alloc_connection(sender);
    if (!connection)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    *connection = (struct hv_connection){ .port = port, .id = id };
    *link = connection;
    return HV_STATUS_SUCCESS;
}

hv_status hv_port_connect_to(struct hv_partition *sender, uint32_t connection_id,
                             struct hv_port *port)
{
    hv_status status = HV_STATUS_INVALID_CONNECTION_ID;

    hv_lock_acquire(&sender->ports.connection_lock);
    if (!(connection_id & ~ID_MASK))
        status = add_connection(sender, connection_id, port);
    hv_lock_release(&sender->ports.connection_lock);
    if (status != HV_STATUS_SUCCESS)
        hv_port_drop(port);
    return status;
}

hv_status hv_port_connect(struct hv_partition *sender, uint32_t connection_id,
                          struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port;

    if (connection_id & ~ID_MASK)
        return HV_STATUS_INVALID_CONNECTION_ID;
    port = hv_port_find(owner, port_id);
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    if (port->config.type != HvPortTypeMonitor)
        return hv_port_connect_to(sender, connection_id, port);
    hv_port_drop(port);
    return HV_STATUS_INVALID_PARAMETER;
}

/* Returns the connection's reference to its port; NULL: there is no such connection. */
static struct hv_port *remove_connection(struct hv_partition *sender, uint32_t connection_id)
{
    struct hv_connection *connection, **link;
    struct hv_port *port = NULL;

    hv_lock_acquire(&sender->ports.connection_lock);
    link = find_connection(&sender->ports, connection_id);
    connection = *link;
    if (connection) {
        port = connection->port;
        *link = connection->next;
        free_connection(&sender->ports, connection);
    }
    hv_lock_release(&sender->ports.connection_lock);
    return port;
}

hv_status hv_port_disconnect(struct hv_partition *sender, uint32_t connection_id)
{
    struct hv_port_monitors *monitors = &sender->ports.monitors;
    struct hv_port *port;

    hv_lock_acquire(&monitors->lock);
    port = remove_connection(sender, connection_id);
    if (port)
        hv_port_monitor_forget(monitors, port, connection_id);
    hv_lock_release(&monitors->lock);
    if (!port)
        return HV_STATUS_INVALID_CONNECTION_ID;
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

/* ---- The end of a partition ---- */

/* The ID of a connection of the bucket to a port of owner (NULL: to any), or NO_ID. */
static uint32_t connection_to(struct hv_ports *ports, unsigned bucket,
                              const struct hv_partition *owner)
{
    const struct hv_connection *connection;
    uint32_t id = NO_ID;

    hv_lock_acquire(&ports->connection_lock);
    for (connection = ports->connection_bucket[bucket]; connection && id == NO_ID;
         connection = connection->next)
        if (!owner || connection->port->owner == owner)
            id = connection->id;
    hv_lock_release(&ports->connection_lock);
    return id;
}

static void disconnect_all(struct hv_partition *sender, const struct hv_partition *owner)
{
    for (unsigned bucket = 0; bucket < HV_CONNECTION_BUCKETS; bucket++)
        for (uint32_t id; (id = connection_to(&sender->ports, bucket, owner)) != NO_ID;)
            hv_port_disconnect(sender, id);
}

/* A connection's own partition, its siblings and its parent. */
static void disconnect_relatives(struct hv_partition *owner)
{
    struct hv_partition *parent = owner->lineage.parent, *sibling;
    uint64_t id = HV_PARTITION_ID_INVALID;

    disconnect_all(parent, owner);
    while ((sibling = hv_hierarchy_next_child(parent, id))) {
        id = sibling->id;
        disconnect_all(sibling, owner);
        hv_partition_drop(sibling);
    }
}

void hv_ports_delete(struct hv_partition *owner)
{
    struct hv_ports *ports = &owner->ports;

    for (unsigned bucket = 0; bucket < HV_PORT_BUCKETS; bucket++) {
        struct hv_port *port;

        do {
            uint32_t id = 0;

            hv_lock_acquire(&ports->lock);
            port = ports->bucket[bucket];
            if (port)
                id = port->id;
            hv_lock_release(&ports->lock);
            if (port)
                hv_port_delete(owner, id);
        } while (port);
    }
    disconnect_relatives(owner);
}

void hv_ports_destroy(struct hv_partition *partition)
{
    struct hv_ports *ports = &partition->ports;

    disconnect_all(partition, NULL);
    while (ports->connection_pages) {
        struct hv_connection_page *page = ports->connection_pages;

        ports->connection_pages = page->next;
        hv_pool_free(&partition->pool, page->spa_page);
    }
    ports->free_connections = NULL;
}

/* ---- Sending ---- */

/* A reference to the port that a connection leads to. */
static hv_status follow(struct hv_partition *sender, uint32_t connection_id, uint32_t type,
                        struct hv_port **port)
{
    hv_status status = HV_STATUS_SUCCESS;
    const struct hv_connection *connection;

    hv_lock_acquire(&sender->ports.connection_lock);
    connection = *find_connection(&sender->ports, connection_id);
    if (!connection) {
        status = HV_STATUS_INVALID_CONNECTION_ID;
    } else if (atomic_load_explicit(&connection->port->deleted, memory_order_relaxed) ||
               connection->port->config.type != type) {
        status = HV_STATUS_INVALID_PORT_ID;
    } else {
        *port = connection->port;
        take_reference(*port);
    }
    hv_lock_release(&sender->ports.connection_lock);
    return status;
}

/* Where the port's next one goes: its VP; or one that takes it, the one of last time before others.
 */
static hv_status choose_target(struct hv_port *port, bool (*takes)(const struct hv_vp *vp),
                               struct hv_vp **target)
{
    const struct hv_partition *owner = port->owner;
    uint32_t last = atomic_load_explicit(&port->last_vp, memory_order_relaxed);

    if (port->config.vp_index != HV_ANY_VP) {
        *target = hv_vp_get(owner, port->config.vp_index);
        return *target && takes(*target) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_SYNIC_STATE;
    }
    for (uint32_t i = 0; i < owner->max_vps; i++) {
        uint32_t index = (last + i) % owner->max_vps;

        *target = hv_vp_get(owner, index);
        if (*target && takes(*target)) {
            atomic_store_explicit(&port->last_vp, index, memory_order_relaxed);
            return HV_STATUS_SUCCESS;
        }
    }
    return HV_STATUS_INVALID_SYNIC_STATE;
}

struct hv_port_buffer *hv_port_take_buffer(struct hv_port *port)
{
    uint32_t free = atomic_load_explicit(&port->free, memory_order_relaxed);

    while (free != 0) {
        uint32_t taken = free & (free - 1);

        /* Acquire: pairs with the release in release_buffer(). */
        if (atomic_compare_exchange_weak_explicit(&port->free, &free, taken, memory_order_acquire,
                                                  memory_order_relaxed)) {
            take_reference(port);
            return port->buffers[__builtin_ctz(free)];
        }
    }
    return NULL;
}

/* VPs of a partition that has a parent may be deleted; not between these two, if the first says so.
 */
static bool begin_use(const struct hv_vp *self, struct hv_partition *owner)
{
    return owner == self->partition || !owner->lineage.parent || hv_gate_try_enter(&owner->gate);
}

static void end_use(const struct hv_vp *self, struct hv_partition *owner)
{
    if (owner != self->partition && owner->lineage.parent)
        hv_gate_leave(&owner->gate);
}

static hv_status post_to_owner(struct hv_vp *self, struct hv_port *port,
                               const struct hv_input_post_message *input)
{
    struct hv_port_buffer *buffer;
    struct hv_vp *target;
    hv_status status = choose_target(port, hv_synic_takes_messages, &target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    buffer = hv_port_take_buffer(port);
    if (!buffer)
        return HV_STATUS_INSUFFICIENT_BUFFERS;
    buffer->message.sint = (uint8_t)port->config.sint;
    buffer->message.content.header = (struct hv_message_header){
        .message_type = input->message_type,
        .payload_size = (uint8_t)input->payload_size,
        .origination_id = port->id,
    };
    memset(buffer->message.content.payload, 0, sizeof(buffer->message.content.payload));
    memcpy(buffer->message.content.payload, input->payload, input->payload_size);
    hv_synic_post(self, target, &buffer->message);
    return HV_STATUS_SUCCESS;
}

static hv_status post(struct hv_vp *self, struct hv_port *port,
                      const struct hv_input_post_message *input)
{
    struct hv_partition *owner = port->owner;
    hv_status status;

    if (!begin_use(self, owner))
        return HV_STATUS_INVALID_SYNIC_STATE;
    status = post_to_owner(self, port, input);
    end_use(self, owner);
    return status;
}

/* TLFS: HvCallPostMessage. */
hv_status hv_hypercall_post_message(struct hv_hypercall_call *call)
{
    const struct hv_input_post_message *input = call->header;
    struct hv_port *port;
    hv_status status;

    if (input->reserved || input->message_type == HvMessageTypeNone ||
        (input->message_type & HV_MESSAGE_TYPE_HYPERVISOR_MASK) ||
        input->payload_size > HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT)
        return HV_STATUS_INVALID_PARAMETER;
    status = follow(call->vp->partition, input->connection_id, HvPortTypeMessage, &port);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = post(call->vp, port, input);
    hv_port_drop(port);
    return status;
}

static hv_status signal_owner(struct hv_vp *self, struct hv_port *port, uint16_t flag)
{
    struct hv_vp *target;
    bool newly_set;
    hv_status status;

    if (flag >= port->config.flag_count)
        return HV_STATUS_INVALID_PARAMETER;
    status = choose_target(port, hv_synic_takes_events, &target);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return hv_synic_signal(self, target, (uint8_t)port->config.sint,
                           (uint32_t)port->config.base_flag + flag, &newly_set);
}

static hv_status signal(struct hv_vp *self, struct hv_port *port, uint16_t flag)
{
    struct hv_partition *owner = port->owner;
    hv_status status;

    if (!begin_use(self, owner))
        return HV_STATUS_INVALID_SYNIC_STATE;
    status = signal_owner(self, port, flag);
    end_use(self, owner);
    return status;
}

hv_status hv_port_signal(struct hv_vp *self, const struct hv_input_signal_event *input)
{
    struct hv_port *port;
    hv_status status;

    if (input->reserved)
        return HV_STATUS_INVALID_PARAMETER;
    status = follow(self->partition, input->connection_id, HvPortTypeEvent, &port);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = signal(self, port, input->flag_number);
    hv_port_drop(port);
    return status;
}

/* TLFS: HvCallSignalEvent. */
hv_status hv_hypercall_signal_event(struct hv_hypercall_call *call)
{
    return hv_port_signal(call->vp, call->header);
}
