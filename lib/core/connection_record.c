/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The saved connections of a partition. Whether one was made by a hypercall follows from its port.
 */
#include <hv/abi/tlfs.h>

#include "component.h"
#include "core.h"
#include "mem.h"

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
    payload.doorbell[0] = connection->doorbell.gpa;
    payload.doorbell[1] = connection->doorbell.value;
    payload.doorbell[2] = connection->doorbell.flags;
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

            hv_record_put(writer, &payload, sizeof(payload));
        }
    hv_lock_release(&ports->connection_lock);
    hv_lock_release(&ports->monitors.lock);
}

static bool has_doorbell(const struct hv_connection_payload *payload)
{
    return payload->doorbell[0] || payload->doorbell[1] || payload->doorbell[2];
}

static hv_status connect_to_deleted(struct hv_partition *partition,
                                    const struct hv_connection_payload *payload)
{
    if (payload->deleted != 1 || payload->owner != HV_PARTITION_ID_SELF || payload->port_id != 0 ||
        payload->monitor_gpa != 0 || has_doorbell(payload))
        return HV_STATUS_INVALID_PARAMETER;
    return hv_connection_add(partition, payload->id, NULL, NULL);
}

/* HV_STATUS_INVALID_PARAMETER for what does not go with the port. */
static hv_status check(const struct hv_partition *sender, const struct hv_port *port,
                       const struct hv_connection_payload *payload,
                       const struct hv_connection_plan *plan)
{
    uint32_t type = port->config.type;

    if ((type != HvPortTypeDoorbell && has_doorbell(payload)) ||
        (type != HvPortTypeMonitor && payload->monitor_gpa))
        return HV_STATUS_INVALID_PARAMETER;
    if (type == HvPortTypeDoorbell)
        return hv_doorbell_check(sender, &plan->doorbell);
    return type == HvPortTypeMonitor ? hv_port_monitor_check(sender, plan->monitor_gpa)
                                     : HV_STATUS_SUCCESS;
}

/* As HvCallConnectPort does it. */
static hv_status connect_claimed(struct hv_partition *sender, struct hv_partition *owner,
                                 const struct hv_connection_payload *payload)
{
    const struct hv_connection_plan plan = {
        .doorbell = { .gpa = payload->doorbell[0],
                      .value = payload->doorbell[1],
                      .flags = payload->doorbell[2] },
        .monitor_gpa = payload->monitor_gpa,
    };
    struct hv_port *port = hv_port_claim(owner, payload->port_id, sender->id, payload->id);
    hv_status status;

    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    status = check(sender, port, payload, &plan);
    if (status == HV_STATUS_SUCCESS)
        return hv_connection_begin(sender, payload->id, port, &plan);
    hv_port_unclaim(port);
    hv_port_drop(port);
    return status;
}

/* What a record needs to know of a port. */
struct kind {
    bool by_call;
    bool monitor;
};

static hv_status find_kind(struct hv_partition *owner, uint32_t port_id, struct kind *kind)
{
    struct hv_port *port = hv_port_find(owner, port_id);

    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    kind->by_call = port->sender_id != HV_PARTITION_ID_INVALID;
    kind->monitor = port->config.type == HvPortTypeMonitor;
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

static hv_status connect_to(struct hv_partition *sender, struct hv_partition *owner,
                            const struct hv_connection_payload *payload)
{
    struct kind kind;
    hv_status status;

    if (payload->id & ~HV_CONNECTION_ID_MASK)
        return HV_STATUS_INVALID_CONNECTION_ID;
    status = find_kind(owner, payload->port_id, &kind);
    if (status != HV_STATUS_SUCCESS)
        return status;
    if (kind.by_call && sender->lineage.hierarchy != owner->lineage.hierarchy)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (kind.by_call)
        return connect_claimed(sender, owner, payload);
    if (has_doorbell(payload))
        return HV_STATUS_INVALID_PARAMETER;
    if (kind.monitor)
        return hv_port_connect_monitor(sender, payload->id, owner, payload->port_id,
                                       payload->monitor_gpa);
    if (payload->monitor_gpa)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_port_connect(sender, payload->id, owner, payload->port_id);
}

struct hv_partition *hv_record_find_partition(const struct hv_restore *restore, uint64_t saved_id)
{
    return restore->find_partition ? restore->find_partition(restore->context, saved_id) : NULL;
}

static hv_status connect(struct hv_partition *partition, const struct hv_restore *restore,
                         const struct hv_connection_payload *payload)
{
    struct hv_partition *owner = partition;

    if (payload->deleted)
        return connect_to_deleted(partition, payload);
    if (payload->owner != HV_PARTITION_ID_SELF)
        owner = hv_record_find_partition(restore, payload->owner);
    return owner ? connect_to(partition, owner, payload) : HV_STATUS_INVALID_PARTITION_ID;
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
              .version = 3,
              .element = sizeof(struct hv_connection_payload) },
    .save = save_connections,
    .restore = restore_connections,
};
