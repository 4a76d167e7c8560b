/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved ports and connections of a partition, as the embedder has made them. Those that were
 * made by hypercalls are not saved: who made them makes them again, for partitions that have other
 * IDs then. Messages that wait are with the VP that is to get them (message_record.c).
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

/* ---- Ports ---- */

static void save_port(const struct hv_port *port, struct hv_record_writer *writer)
{
    const struct hv_port_payload payload = {
        .id = port->id,
        .type = port->config.type,
        .sint = port->config.sint,
        .vp_index = port->config.vp_index,
        .base_flag = port->config.base_flag,
        .flag_count = port->config.flag_count,
        .last_vp = atomic_load_explicit(&port->last_vp, memory_order_relaxed),
    };

    hv_record_put(writer, &payload, sizeof(payload));
}

static void save_ports(struct hv_partition *partition, uint64_t tsc,
                       struct hv_record_writer *writer)
{
    struct hv_ports *ports = &partition->ports;

    (void)tsc;
    hv_lock_acquire(&ports->lock);
    for (unsigned i = 0; i < HV_PORT_BUCKETS; i++)
        for (const struct hv_port *port = ports->bucket[i]; port; port = port->next)
            if (port->sender_id == HV_PARTITION_ID_INVALID)
                save_port(port, writer);
    hv_lock_release(&ports->lock);
}

static hv_status restore_port(struct hv_partition *partition, const struct hv_port_payload *payload)
{
    const struct hv_port_config config = { .type = payload->type,
                                           .sint = payload->sint,
                                           .vp_index = payload->vp_index,
                                           .base_flag = payload->base_flag,
                                           .flag_count = payload->flag_count };
    struct hv_port *port;
    hv_status status;

    if (payload->last_vp >= partition->max_vps)
        return HV_STATUS_INVALID_PARAMETER;
    status = hv_port_create(partition, payload->id, &config);
    if (status != HV_STATUS_SUCCESS)
        return status;
    port = hv_port_find(partition, payload->id);
    atomic_store_explicit(&port->last_vp, payload->last_vp, memory_order_relaxed);
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

static hv_status restore_ports(struct hv_partition *partition, const struct hv_restore *restore,
                               const struct hv_record *record)
{
    const struct hv_record_kind *kind = &hv_ports_component.kind;
    hv_status status = HV_STATUS_SUCCESS;

    (void)restore;
    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < hv_record_elements(record, kind); i++) {
        struct hv_port_payload payload;

        memcpy(&payload, hv_record_element(record, kind, i), sizeof(payload));
        status = restore_port(partition, &payload);
    }
    return status;
}

const struct hv_partition_component hv_ports_component = {
    .kind = { .component = HV_RECORD_PORTS,
              .version = 1,
              .element = sizeof(struct hv_port_payload) },
    .save = save_ports,
    .restore = restore_ports,
};

/* ---- Connections ---- */

/* Of a port that is no more nothing is left but that it can't be reached. */
static struct hv_connection_payload describe(struct hv_partition *partition,
                                             const struct hv_connection *connection)
{
    const struct hv_port *port = connection->port;
    struct hv_connection_payload payload = { .owner = HV_PARTITION_ID_SELF, .id = connection->id };

    if (!port || atomic_load_explicit(&port->deleted, memory_order_relaxed)) {
        payload.deleted = 1;
        return payload;
    }
    if (port->owner != partition)
        payload.owner = port->owner->id;
    payload.port_id = port->id;
    payload.monitor_gpa = hv_port_monitor_gpa(&partition->ports.monitors, port, connection->id);
    return payload;
}

static void save_connections(struct hv_partition *partition, uint64_t tsc,
                             struct hv_record_writer *writer)
{
    struct hv_ports *ports = &partition->ports;

    (void)tsc;
    hv_lock_acquire(&ports->monitors.lock);
    hv_lock_acquire(&ports->connection_lock);
    for (unsigned i = 0; i < HV_CONNECTION_BUCKETS; i++)
        for (const struct hv_connection *connection = ports->connection_bucket[i]; connection;
             connection = connection->next) {
            const struct hv_connection_payload payload = describe(partition, connection);

            if (!connection->by_call)
                hv_record_put(writer, &payload, sizeof(payload));
        }
    hv_lock_release(&ports->connection_lock);
    hv_lock_release(&ports->monitors.lock);
}

static hv_status connect_to_deleted(struct hv_partition *partition,
                                    const struct hv_connection_payload *payload)
{
    if (payload->deleted != 1 || payload->owner != HV_PARTITION_ID_SELF || payload->port_id != 0 ||
        payload->monitor_gpa != 0)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_connection_add(partition, payload->id, NULL, NULL);
}

static bool is_monitor(struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port = hv_port_find(owner, port_id);
    bool monitor;

    if (!port)
        return false;
    monitor = port->config.type == HvPortTypeMonitor;
    hv_port_drop(port);
    return monitor;
}

static hv_status connect(struct hv_partition *partition, const struct hv_restore *restore,
                         const struct hv_connection_payload *payload)
{
    struct hv_partition *owner = partition;

    if (payload->deleted)
        return connect_to_deleted(partition, payload);
    if (payload->owner != HV_PARTITION_ID_SELF)
        owner = restore->find_partition ? restore->find_partition(restore->context, payload->owner)
                                        : NULL;
    if (!owner)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (is_monitor(owner, payload->port_id))
        return hv_port_connect_monitor(partition, payload->id, owner, payload->port_id,
                                       payload->monitor_gpa);
    if (payload->monitor_gpa)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_port_connect(partition, payload->id, owner, payload->port_id);
}

static hv_status restore_connections(struct hv_partition *partition,
                                     const struct hv_restore *restore,
                                     const struct hv_record *record)
{
    const struct hv_record_kind *kind = &hv_connections_component.kind;
    hv_status status = HV_STATUS_SUCCESS;

    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < hv_record_elements(record, kind); i++) {
        struct hv_connection_payload payload;

        memcpy(&payload, hv_record_element(record, kind, i), sizeof(payload));
        status = connect(partition, restore, &payload);
    }
    return status;
}

const struct hv_partition_component hv_connections_component = {
    .kind = { .component = HV_RECORD_CONNECTIONS,
              .version = 2,
              .element = sizeof(struct hv_connection_payload) },
    .save = save_connections,
    .restore = restore_connections,
};
