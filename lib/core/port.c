/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A port is alive as long as somebody refers to it: its owner's table until it is deleted, each
 * connection, each message of it that waits. So nothing that is on its way can lose its ground.
 */
#include "core.h"
#include "hypercall.h"
#include "mem.h"
#include "port.h"

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

    hv_overlay_destroy(port->owner, &port->monitor_page);
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

void hv_port_hold(struct hv_port *port)
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

/* TLFS: messages of a port that is deleted are lost; those of one that is hidden are not. */
static bool alloc_buffers(struct hv_port *port, bool hidden)
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
        port->buffers[i]->message.dead = hidden ? NULL : &port->deleted;
    }
    atomic_store_explicit(&port->free, ALL_BUFFERS, memory_order_relaxed);
    return true;
}

static bool names_target(const struct hv_port_config *config)
{
    return config->sint || config->vp_index || config->base_flag || config->flag_count;
}

bool hv_port_config_is_valid(const struct hv_port_config *config)
{
    if (config->type == HvPortTypeMonitor)
        return !names_target(config);
    if (config->type != HvPortTypeMessage && config->type != HvPortTypeEvent &&
        config->type != HvPortTypeDoorbell)
        return false;
    if (config->sint < FIRST_SINT || config->sint >= HV_SYNIC_SINT_COUNT)
        return false;
    return config->type != HvPortTypeEvent ||
           (config->flag_count != 0 &&
            (uint32_t)config->base_flag + config->flag_count <= HV_EVENT_FLAGS_COUNT);
}

bool hv_port_flags_are_valid(const struct hv_port_config *config)
{
    return (uint32_t)config->base_flag + config->flag_count < HV_EVENT_FLAGS_COUNT;
}

static hv_status check_config(const struct hv_partition *owner, const struct hv_port_config *config)
{
    if (!hv_port_config_is_valid(config) || config->type == HvPortTypeDoorbell)
        return HV_STATUS_INVALID_PARAMETER;
    if (config->type != HvPortTypeMonitor && config->vp_index != HV_ANY_VP &&
        !hv_vp_get(owner, config->vp_index))
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
                            const struct hv_port_plan *plan, bool hidden)
{
    uint64_t spa_page;
    struct hv_port *port = hv_pool_alloc(&owner->pool, &spa_page);

    if (!port)
        return NULL;
    port->owner = owner;
    port->config = plan->config;
    port->sender_id = plan->sender_id;
    port->id = id;
    port->spa_page = spa_page;
    atomic_store_explicit(&port->references, 1, memory_order_relaxed);
    atomic_store_explicit(&port->deleted, hidden, memory_order_relaxed);
    atomic_store_explicit(&port->preferred_vp, HV_ANY_VP, memory_order_relaxed);
    if (plan->config.type == HvPortTypeMessage && !alloc_buffers(port, hidden)) {
        hv_port_drop(port);
        return NULL;
    }
    return port;
}

/* The page of a monitor port lies over its owner's GPA space from the beginning. */
static hv_status place_page(struct hv_port *port, const struct hv_port_plan *plan)
{
    const uint8_t access = HV_ACCESS_READ | HV_ACCESS_WRITE;
    hv_status status;

    if (plan->config.type != HvPortTypeMonitor || plan->sender_id == HV_PARTITION_ID_INVALID)
        return HV_STATUS_SUCCESS;
    status = hv_overlay_init(port->owner, &port->monitor_page, access, HV_X64_EXCEPTION_MC);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return hv_overlay_enable(port->owner, &port->monitor_page, plan->monitor_gpa >> HV_PAGE_SHIFT);
}

struct hv_port *hv_port_make_hidden(struct hv_partition *owner)
{
    const struct hv_port_plan plan = { .config = { .type = HvPortTypeMessage } };

    return make(owner, 0, &plan, true);
}

hv_status hv_port_add(struct hv_partition *owner, uint32_t port_id, const struct hv_port_plan *plan)
{
    struct hv_port *port = make(owner, port_id, plan, false), **link;
    hv_status status;

    if (!port)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    status = place_page(port, plan);
    if (status == HV_STATUS_SUCCESS) {
        hv_lock_acquire(&owner->ports.lock);
        link = find_link(&owner->ports, port_id);
        if (*link)
            status = HV_STATUS_INVALID_PORT_ID;
        else
            *link = port;
        hv_lock_release(&owner->ports.lock);
    }
    if (status != HV_STATUS_SUCCESS)
        hv_port_drop(port);
    return status;
}

hv_status hv_port_create(struct hv_partition *owner, uint32_t port_id,
                         const struct hv_port_config *config)
{
    const struct hv_port_plan plan = { .config = *config, .sender_id = HV_PARTITION_ID_INVALID };
    hv_status status = check_config(owner, config);

    if (port_id & ~HV_PORT_ID_MASK)
        return HV_STATUS_INVALID_PORT_ID;
    return status == HV_STATUS_SUCCESS ? hv_port_add(owner, port_id, &plan) : status;
}

/* Its connection, if it has one, stays without it. */
static void take_from_sender(struct hv_port *port, uint32_t connection_id)
{
    struct hv_partition *sender =
        hv_hierarchy_find(port->owner->lineage.hierarchy, port->sender_id);

    if (!sender)
        return;
    hv_connection_detach(sender, connection_id, port);
    hv_partition_drop(sender);
}

hv_status hv_port_delete(struct hv_partition *owner, uint32_t port_id)
{
    struct hv_ports *ports = &owner->ports;
    struct hv_port *port, **link;
    uint32_t connection_id = 0;
    bool connected = false;

    hv_lock_acquire(&ports->lock);
    link = find_link(ports, port_id);
    port = *link;
    if (port) {
        *link = port->next;
        atomic_store_explicit(&port->deleted, true, memory_order_relaxed);
        connected = port->connected;
        connection_id = port->connection_id;
    }
    hv_lock_release(&ports->lock);
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    if (connected)
        take_from_sender(port, connection_id);
    hv_overlay_disable(owner, &port->monitor_page);
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

struct hv_port *hv_port_find(struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port;

    hv_lock_acquire(&owner->ports.lock);
    port = *find_link(&owner->ports, port_id);
    if (port)
        hv_port_hold(port);
    hv_lock_release(&owner->ports.lock);
    return port;
}

struct hv_port_buffer *hv_port_take_buffer(struct hv_port *port)
{
    uint32_t free = atomic_load_explicit(&port->free, memory_order_relaxed);

    while (free != 0) {
        uint32_t taken = free & (free - 1);

        /* Acquire: pairs with the release in release_buffer(). */
        if (atomic_compare_exchange_weak_explicit(&port->free, &free, taken, memory_order_acquire,
                                                  memory_order_relaxed)) {
            hv_port_hold(port);
            return port->buffers[__builtin_ctz(free)];
        }
    }
    return NULL;
}

static bool is_free(const struct hv_port_buffer *buffer)
{
    return atomic_load_explicit(&buffer->port->free, memory_order_acquire) >> buffer->index & 1;
}

static void drop_dead(struct hv_vp *vp, void *unused)
{
    (void)unused;
    hv_synic_drop_dead(vp);
}

void hv_port_drop_messages(struct hv_vp *self, struct hv_port *port)
{
    uint32_t waiting = 0;

    if (port->config.type == HvPortTypeMessage)
        waiting = ~atomic_load_explicit(&port->free, memory_order_acquire) & ALL_BUFFERS;
    /* One that is not where it was has found its slot, or has been dropped. */
    for (; waiting != 0; waiting &= waiting - 1) {
        struct hv_port_buffer *buffer = port->buffers[__builtin_ctz(waiting)];
        uint32_t index = atomic_load_explicit(&buffer->vp_index, memory_order_relaxed);
        struct hv_vp *vp = hv_vp_get(port->owner, index);

        if (vp && !is_free(buffer))
            hv_request_call(self, vp, drop_dead, NULL);
    }
}

/* ---- The one who may connect ---- */

struct hv_port *hv_port_claim(struct hv_partition *owner, uint32_t port_id, uint64_t sender_id,
                              uint32_t connection_id)
{
    struct hv_port *port;

    hv_lock_acquire(&owner->ports.lock);
    port = *find_link(&owner->ports, port_id);
    if (port && (port->sender_id != sender_id || port->connected))
        port = NULL;
    if (port) {
        port->connected = true;
        port->connection_id = connection_id;
        hv_port_hold(port);
    }
    hv_lock_release(&owner->ports.lock);
    return port;
}

void hv_port_unclaim(struct hv_port *port)
{
    hv_lock_acquire(&port->owner->ports.lock);
    port->connected = false;
    hv_lock_release(&port->owner->ports.lock);
}

/* ---- Properties ---- */

hv_status hv_port_get_property(const struct hv_port *port, uint32_t code, uint64_t *value)
{
    switch (code) {
    case HvPortPropertyPostCount:
        *value = atomic_load_explicit(&port->post_count, memory_order_relaxed);
        return HV_STATUS_SUCCESS;
    case HvPortPropertyPreferredTargetVp:
        *value = port->config.vp_index;
        if (port->config.vp_index == HV_ANY_VP)
            *value = atomic_load_explicit(&port->preferred_vp, memory_order_relaxed);
        return HV_STATUS_SUCCESS;
    default:
        return HV_STATUS_UNKNOWN_PROPERTY;
    }
}

/* TLFS: a preference is for ports that may choose; the count is not the caller's to say. */
hv_status hv_port_set_property(struct hv_port *port, uint32_t code, uint64_t value)
{
    if (code == HvPortPropertyPostCount)
        return HV_STATUS_OPERATION_DENIED;
    if (code != HvPortPropertyPreferredTargetVp)
        return HV_STATUS_UNKNOWN_PROPERTY;
    if (port->config.type == HvPortTypeMonitor || port->config.vp_index != HV_ANY_VP)
        return HV_STATUS_OPERATION_DENIED;
    if (value != HV_ANY_VP && value >= port->owner->max_vps)
        return HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
    atomic_store_explicit(&port->preferred_vp, (uint32_t)value, memory_order_relaxed);
    return HV_STATUS_SUCCESS;
}

/* ---- The end of a partition ---- */

static bool delete_any(struct hv_partition *owner, unsigned bucket)
{
    struct hv_ports *ports = &owner->ports;
    struct hv_port *port;
    uint32_t id = 0;

    hv_lock_acquire(&ports->lock);
    port = ports->bucket[bucket];
    if (port)
        id = port->id;
    hv_lock_release(&ports->lock);
    if (port)
        hv_port_delete(owner, id);
    return port != NULL;
}

/* The embedder may have connected them to its parent, and to its siblings. */
static void sever_from_relatives(struct hv_partition *owner)
{
    struct hv_partition *parent = owner->lineage.parent, *sibling;
    uint64_t id = HV_PARTITION_ID_INVALID;

    hv_connections_sever(parent, owner);
    while ((sibling = hv_hierarchy_next_child(parent, id))) {
        id = sibling->id;
        hv_connections_sever(sibling, owner);
        hv_partition_drop(sibling);
    }
}

void hv_ports_delete(struct hv_partition *owner)
{
    for (unsigned bucket = 0; bucket < HV_PORT_BUCKETS; bucket++)
        while (delete_any(owner, bucket))
            ;
    sever_from_relatives(owner);
}
