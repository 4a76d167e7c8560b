/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Connections, in the memory of who sends. One stays when its port is deleted, and leads nowhere
 * (TLFS: "becomes useless"); but it keeps no memory of the port's owner then.
 */
#include "core.h"
#include "port.h"

/* ---- Under connection_lock ---- */

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

static struct hv_connection **doorbell_bucket(struct hv_ports *ports, uint64_t gpa)
{
    return &ports->doorbell_bucket[gpa / sizeof(uint64_t) % HV_DOORBELL_BUCKETS];
}

static bool is_doorbell(const struct hv_port *port)
{
    return port && port->config.type == HvPortTypeDoorbell;
}

static void hang_up(struct hv_ports *ports, struct hv_connection *connection)
{
    struct hv_connection **bucket = doorbell_bucket(ports, connection->doorbell.gpa);

    connection->next_doorbell = *bucket;
    *bucket = connection;
    atomic_fetch_add_explicit(&ports->doorbells, 1, memory_order_relaxed);
}

static void take_down(struct hv_ports *ports, struct hv_connection *connection)
{
    struct hv_connection **link = doorbell_bucket(ports, connection->doorbell.gpa);

    while (*link != connection)
        link = &(*link)->next_doorbell;
    *link = connection->next_doorbell;
    atomic_fetch_sub_explicit(&ports->doorbells, 1, memory_order_relaxed);
}

/* The connection's reference to its port, if there is one, becomes the caller's. With the lock of
   the monitors, too. */
static struct hv_port *take_port(struct hv_ports *ports, struct hv_connection *connection)
{
    struct hv_port *port = connection->port;

    if (is_doorbell(port))
        take_down(ports, connection);
    if (port)
        hv_port_monitor_forget(&ports->monitors, port, connection->id);
    connection->port = NULL;
    return port;
}

static hv_status add_connection(struct hv_partition *sender, uint32_t id, struct hv_port *port,
                                const struct hv_doorbell *doorbell)
{
    struct hv_connection **link = find_connection(&sender->ports, id);
    struct hv_connection *connection;

    if (*link)
        return HV_STATUS_INVALID_CONNECTION_ID;
    connection = alloc_connection(sender);
    if (!connection)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    *connection = (struct hv_connection){
        .port = port, .id = id, .by_call = port && port->sender_id != HV_PARTITION_ID_INVALID
    };
    *link = connection;
    if (is_doorbell(port)) {
        connection->doorbell = *doorbell;
        hang_up(&sender->ports, connection);
    }
    return HV_STATUS_SUCCESS;
}

/* ---- Beginning and end ---- */

static void drop(struct hv_port *port)
{
    if (port)
        hv_port_drop(port);
}

bool hv_connection_exists(struct hv_partition *sender, uint32_t connection_id)
{
    bool exists;

    hv_lock_acquire(&sender->ports.connection_lock);
    exists = *find_connection(&sender->ports, connection_id) != NULL;
    hv_lock_release(&sender->ports.connection_lock);
    return exists;
}

hv_status hv_connection_add(struct hv_partition *sender, uint32_t connection_id,
                            struct hv_port *port, const struct hv_doorbell *doorbell)
{
    hv_status status = HV_STATUS_INVALID_CONNECTION_ID;

    hv_lock_acquire(&sender->ports.connection_lock);
    if (!(connection_id & ~HV_CONNECTION_ID_MASK))
        status = add_connection(sender, connection_id, port, doorbell);
    hv_lock_release(&sender->ports.connection_lock);
    if (status != HV_STATUS_SUCCESS)
        drop(port);
    return status;
}

hv_status hv_port_connect(struct hv_partition *sender, uint32_t connection_id,
                          struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port;

    if (connection_id & ~HV_CONNECTION_ID_MASK)
        return HV_STATUS_INVALID_CONNECTION_ID;
    port = hv_port_find(owner, port_id);
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    if (port->config.type == HvPortTypeMessage || port->config.type == HvPortTypeEvent)
        return hv_connection_add(sender, connection_id, port, NULL);
    hv_port_drop(port);
    return HV_STATUS_INVALID_PARAMETER;
}

/* The port, which the caller refers to, has no connection any more. */
static void unclaim(struct hv_partition *sender, struct hv_port *port)
{
    hv_overlay_disable(sender, &port->lent_page);
    if (port->sender_id != HV_PARTITION_ID_INVALID)
        hv_port_unclaim(port);
}

/* The connection has no port any more. */
static void end(struct hv_partition *sender, struct hv_port *port)
{
    unclaim(sender, port);
    hv_port_drop(port);
}

/* The page of the port, over the sender's GPA space too. */
static hv_status lend_page(struct hv_partition *sender, struct hv_port *port, uint64_t gpa)
{
    const struct hv_overlay *page = &port->monitor_page;

    port->lent_page = (struct hv_overlay){ .spa_page = page->spa_page,
                                           .page = page->page,
                                           .access = page->access,
                                           .violation_vector = page->violation_vector };
    return hv_overlay_enable(sender, &port->lent_page, gpa >> HV_PAGE_SHIFT);
}

static hv_status add_to(struct hv_partition *sender, uint32_t connection_id, struct hv_port *port,
                        const struct hv_connection_plan *plan)
{
    hv_status status;

    if (port->config.type != HvPortTypeMonitor)
        return hv_connection_add(sender, connection_id, port, &plan->doorbell);
    status = lend_page(sender, port, plan->monitor_gpa);
    if (status == HV_STATUS_SUCCESS)
        return hv_port_monitor_add(sender, connection_id, port, plan->monitor_gpa);
    hv_port_drop(port);
    return status;
}

void hv_connection_detach(struct hv_partition *sender, uint32_t connection_id, struct hv_port *port)
{
    struct hv_ports *ports = &sender->ports;
    struct hv_connection *connection;

    hv_lock_acquire(&ports->monitors.lock);
    hv_lock_acquire(&ports->connection_lock);
    connection = *find_connection(ports, connection_id);
    if (connection && connection->port == port)
        take_port(ports, connection);
    else
        connection = NULL;
    hv_lock_release(&ports->connection_lock);
    hv_lock_release(&ports->monitors.lock);
    if (connection)
        end(sender, port);
}

/*
 * Who deletes a port takes it from a connection that is there. If this one comes too late for that,
 * it sees that the port is deleted: both look under the same lock.
 */
hv_status hv_connection_begin(struct hv_partition *sender, uint32_t connection_id,
                              struct hv_port *port, const struct hv_connection_plan *plan)
{
    hv_status status;

    hv_port_hold(port);
    status = add_to(sender, connection_id, port, plan);
    if (status != HV_STATUS_SUCCESS)
        unclaim(sender, port);
    else if (atomic_load_explicit(&port->deleted, memory_order_relaxed))
        hv_connection_detach(sender, connection_id, port);
    hv_port_drop(port);
    return status;
}

hv_status hv_port_disconnect(struct hv_partition *sender, uint32_t connection_id)
{
    struct hv_ports *ports = &sender->ports;
    struct hv_connection *connection, **link;
    struct hv_port *port = NULL;

    hv_lock_acquire(&ports->monitors.lock);
    hv_lock_acquire(&ports->connection_lock);
    link = find_connection(ports, connection_id);
    connection = *link;
    if (connection) {
        port = take_port(ports, connection);
        *link = connection->next;
        free_connection(ports, connection);
    }
    hv_lock_release(&ports->connection_lock);
    hv_lock_release(&ports->monitors.lock);
    if (port)
        end(sender, port);
    return connection ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_CONNECTION_ID;
}

/* ---- Use ---- */

hv_status hv_connection_follow(struct hv_partition *sender, uint32_t connection_id, uint32_t type,
                               struct hv_port **port)
{
    hv_status status = HV_STATUS_SUCCESS;
    const struct hv_connection *connection;

    hv_lock_acquire(&sender->ports.connection_lock);
    connection = *find_connection(&sender->ports, connection_id);
    if (!connection) {
        status = HV_STATUS_INVALID_CONNECTION_ID;
    } else if (!connection->port ||
               atomic_load_explicit(&connection->port->deleted, memory_order_relaxed) ||
               connection->port->config.type != type) {
        status = HV_STATUS_INVALID_PORT_ID;
    } else {
        *port = connection->port;
        hv_port_hold(*port);
    }
    hv_lock_release(&sender->ports.connection_lock);
    return status;
}

struct hv_port *hv_connection_find_doorbell(struct hv_partition *sender, uint64_t gpa, uint8_t size,
                                            uint64_t value)
{
    struct hv_ports *ports = &sender->ports;
    const struct hv_connection *connection;
    struct hv_port *port = NULL;

    if (atomic_load_explicit(&ports->doorbells, memory_order_relaxed) == 0)
        return NULL;
    hv_lock_acquire(&ports->connection_lock);
    for (connection = *doorbell_bucket(ports, gpa); connection && !port;
         connection = connection->next_doorbell)
        if (connection->doorbell.gpa == gpa &&
            hv_doorbell_matches(&connection->doorbell, size, value))
            port = connection->port;
    if (port)
        hv_port_hold(port);
    hv_lock_release(&ports->connection_lock);
    return port;
}

/* ---- The end of a partition ---- */

/* The port of owner that one of the connections leads to, taken from it; NULL: none does. */
static struct hv_port *sever_any(struct hv_ports *ports, unsigned bucket,
                                 const struct hv_partition *owner)
{
    struct hv_connection *connection;
    struct hv_port *port = NULL;

    hv_lock_acquire(&ports->monitors.lock);
    hv_lock_acquire(&ports->connection_lock);
    for (connection = ports->connection_bucket[bucket]; connection && !port;
         connection = connection->next)
        if (connection->port && connection->port->owner == owner)
            port = take_port(ports, connection);
    hv_lock_release(&ports->connection_lock);
    hv_lock_release(&ports->monitors.lock);
    return port;
}

void hv_connections_sever(struct hv_partition *sender, const struct hv_partition *owner)
{
    struct hv_port *port;

    for (unsigned bucket = 0; bucket < HV_CONNECTION_BUCKETS; bucket++)
        while ((port = sever_any(&sender->ports, bucket, owner)))
            end(sender, port);
}

static bool disconnect_any(struct hv_partition *sender, unsigned bucket)
{
    struct hv_ports *ports = &sender->ports;
    const struct hv_connection *connection;
    uint32_t id = 0;

    hv_lock_acquire(&ports->connection_lock);
    connection = ports->connection_bucket[bucket];
    if (connection)
        id = connection->id;
    hv_lock_release(&ports->connection_lock);
    if (connection)
        hv_port_disconnect(sender, id);
    return connection != NULL;
}

void hv_connections_destroy(struct hv_partition *sender)
{
    struct hv_ports *ports = &sender->ports;

    for (unsigned bucket = 0; bucket < HV_CONNECTION_BUCKETS; bucket++)
        while (disconnect_any(sender, bucket))
            ;
    while (ports->connection_pages) {
        struct hv_connection_page *page = ports->connection_pages;

        ports->connection_pages = page->next;
        hv_pool_free(&sender->pool, page->spa_page);
    }
    ports->free_connections = NULL;
}
