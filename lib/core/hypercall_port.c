/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls that make ports and connections (TLFS v2.0, 14.9). A parent makes them for its children;
 * for itself a partition needs a privilege. A port names the one partition that may connect to it,
 * which can be any. The order of checks is that in which the TLFS lists their statuses.
 *
 * While a call works on a partition, the lock of its state keeps that active.
 */
#include <hv/abi/tlfs.h>

#include "core.h"
#include "hypercall.h"

/* ---- Whose ---- */

/* As hv_hypercall_target(), for what a partition may do to itself with a privilege only. */
static hv_status find_owner(const struct hv_vp *vp, uint64_t partition_id, uint64_t privilege,
                            struct hv_partition **owner)
{
    hv_status status = hv_hypercall_target(vp, partition_id, owner);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (*owner != vp->partition || hv_partition_may(vp->partition, privilege))
        return HV_STATUS_SUCCESS;
    hv_partition_drop(*owner);
    return HV_STATUS_ACCESS_DENIED;
}

/* The same, with the lock of the owner's state until hv_hypercall_end(). */
static hv_status begin(const struct hv_vp *vp, uint64_t partition_id, uint64_t privilege,
                       struct hv_partition **owner)
{
    hv_status status = find_owner(vp, partition_id, privilege, owner);

    if (status == HV_STATUS_SUCCESS)
        hv_lock_acquire(&(*owner)->lineage.lock);
    return status;
}

static bool is_active(const struct hv_partition *partition)
{
    return hv_partition_state(&partition->lineage) == HV_PARTITION_ACTIVE;
}

/* begin() for an active one. */
static hv_status begin_active(const struct hv_vp *vp, uint64_t partition_id, uint64_t privilege,
                              struct hv_partition **owner)
{
    hv_status status = begin(vp, partition_id, privilege, owner);

    if (status != HV_STATUS_SUCCESS || is_active(*owner))
        return status;
    hv_hypercall_end(*owner);
    return HV_STATUS_INVALID_PARTITION_STATE;
}

/* The partition at the other end, whoever that is, with a reference. */
static hv_status find_other(const struct hv_vp *vp, uint64_t partition_id,
                            const struct hv_partition *owner, struct hv_partition **other)
{
    uint64_t id = partition_id == HV_PARTITION_ID_SELF ? vp->partition->id : partition_id;
    struct hv_partition *found = hv_hierarchy_find(vp->partition->lineage.hierarchy, id);

    if (!found)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (found == owner) {
        hv_partition_drop(found);
        return HV_STATUS_INVALID_PARTITION_ID;
    }
    *other = found;
    return HV_STATUS_SUCCESS;
}

/* TLFS v6.0b, 11.7: monitor pages are made by parents alone. */
static bool may_use(const struct hv_vp *vp, uint32_t port_type)
{
    return port_type != HvPortTypeMonitor ||
           hv_partition_may(vp->partition, HV_PRIVILEGE_CreatePartitions);
}

/* ---- Ports ---- */

static bool has_target(uint32_t type)
{
    return type == HvPortTypeMessage || type == HvPortTypeEvent || type == HvPortTypeDoorbell;
}

static struct hv_port_config parse_info(const struct hv_port_info *info)
{
    struct hv_port_config config = { .type = info->port_type };

    if (has_target(config.type)) {
        config.sint = info->message.target_sint;
        config.vp_index = info->message.target_vp;
    }
    if (info->port_type == HvPortTypeEvent) {
        config.base_flag = info->event.base_flag_number;
        config.flag_count = info->event.flag_count;
    }
    return config;
}

static bool is_info_valid(const struct hv_port_info *info, const struct hv_port_config *config)
{
    if (info->padding || !hv_port_config_is_valid(config))
        return false;
    if (config->type == HvPortTypeEvent)
        return !info->event.reserved && hv_port_flags_are_valid(config);
    if (config->type == HvPortTypeMonitor)
        return !info->monitor.reserved;
    return has_target(config->type) && !info->message.reserved;
}

static bool has_port(struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port = hv_port_find(owner, port_id);

    if (port)
        hv_port_drop(port);
    return port != NULL;
}

static hv_status check_port(struct hv_partition *owner, const struct hv_input_create_port *input,
                            const struct hv_port_config *config)
{
    if (!hv_port_id_is_valid(input->port_id, config->type) || has_port(owner, input->port_id))
        return HV_STATUS_INVALID_PORT_ID;
    if (has_target(config->type) && config->vp_index != HV_ANY_VP &&
        !hv_vp_get(owner, config->vp_index))
        return HV_STATUS_INVALID_VP_INDEX;
    if (!is_info_valid(&input->port_info, config) || input->port_vtl || input->min_connection_vtl ||
        input->reserved)
        return HV_STATUS_INVALID_PARAMETER;
    if (config->type == HvPortTypeMonitor) {
        hv_status status = hv_port_monitor_check(owner, input->port_info.monitor.monitor_address);

        if (status != HV_STATUS_SUCCESS)
            return status;
    }
    return hv_hypercall_check_proximity(&input->proximity_domain_info);
}

static hv_status create_for(struct hv_partition *owner, const struct hv_partition *sender,
                            const struct hv_input_create_port *input)
{
    const struct hv_port_plan plan = { .config = parse_info(&input->port_info),
                                       .sender_id = sender->id,
                                       .monitor_gpa = input->port_info.monitor.monitor_address };
    hv_status status = check_port(owner, input, &plan.config);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (!is_active(owner) || !is_active(sender))
        return HV_STATUS_INVALID_PARTITION_STATE;
    return hv_port_add(owner, input->port_id, &plan);
}

static hv_status create(const struct hv_vp *vp, const struct hv_input_create_port *input)
{
    struct hv_partition *owner, *sender;
    hv_status status = begin(vp, input->port_partition, HV_PRIVILEGE_CreatePort, &owner);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_ACCESS_DENIED;
    if (may_use(vp, input->port_info.port_type))
        status = find_other(vp, input->connection_partition, owner, &sender);
    if (status == HV_STATUS_SUCCESS) {
        status = create_for(owner, sender, input);
        hv_partition_drop(sender);
    }
    hv_hypercall_end(owner);
    return status;
}

/* TLFS: HvCallCreatePort. */
hv_status hv_hypercall_create_port(struct hv_hypercall_call *call)
{
    return create(call->vp, call->header);
}

/* TLFS v2.0: HvCreatePort. */
hv_status hv_hypercall_create_port_v2(struct hv_hypercall_call *call)
{
    const struct hv_input_create_port_v2 *input = call->header;
    const struct hv_input_create_port current = {
        .port_partition = input->port_partition,
        .port_id = input->port_id,
        .connection_partition = input->connection_partition,
        .port_info = input->port_info,
    };

    if (input->padding || input->port_info.port_type == HvPortTypeDoorbell)
        return HV_STATUS_INVALID_PARAMETER;
    return create(call->vp, &current);
}

/* What waits is lost (TLFS v2.0, 14.9.2), and its memory back when the call returns. */
static hv_status delete_port(struct hv_vp *vp, struct hv_partition *owner, uint32_t port_id)
{
    struct hv_port *port = hv_port_find(owner, port_id);
    hv_status status;

    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    status = hv_port_delete(owner, port_id);
    hv_port_drop_messages(vp, port);
    hv_port_drop(port);
    return status;
}

/* TLFS: HvCallDeletePort. */
hv_status hv_hypercall_delete_port(struct hv_hypercall_call *call)
{
    const struct hv_input_delete_port *input = call->header;
    struct hv_partition *owner;
    hv_status status = find_owner(call->vp, input->port_partition, HV_PRIVILEGE_CreatePort, &owner);

    if (status != HV_STATUS_SUCCESS)
        return status;
    hv_partition_drop(owner);
    /* Not with the lock of its state, as it waits for VPs. */
    status = hv_hypercall_enter(call->vp, input->port_partition, &owner);
    if (status != HV_STATUS_SUCCESS)
        return status;
    status = input->reserved ? HV_STATUS_INVALID_PARAMETER
                             : delete_port(call->vp, owner, input->port_id);
    hv_hypercall_leave(call->vp, owner);
    return status;
}

/* ---- Properties ---- */

/* The port that a call is about, with a reference. */
static hv_status find_port(const struct hv_vp *vp, uint64_t partition_id, uint32_t port_id,
                           struct hv_port **port)
{
    struct hv_partition *owner;
    hv_status status = begin_active(vp, partition_id, HV_PRIVILEGE_CreatePort, &owner);

    if (status != HV_STATUS_SUCCESS)
        return status;
    *port = hv_port_find(owner, port_id);
    hv_hypercall_end(owner);
    return *port ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PORT_ID;
}

/* TLFS v2.0: HvGetPortProperty. */
hv_status hv_hypercall_get_port_property(struct hv_hypercall_call *call)
{
    const struct hv_input_get_port_property *input = call->header;
    struct hv_port *port;
    hv_status status = find_port(call->vp, input->partition_id, input->port_id, &port);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_INVALID_PARAMETER;
    if (!input->padding0 && !input->padding1)
        status = hv_port_get_property(port, input->property_code, call->output);
    hv_port_drop(port);
    return status;
}

/* TLFS v2.0: HvSetPortProperty. */
hv_status hv_hypercall_set_port_property(struct hv_hypercall_call *call)
{
    const struct hv_input_set_port_property *input = call->header;
    struct hv_port *port;
    hv_status status = find_port(call->vp, input->partition_id, input->port_id, &port);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_INVALID_PARAMETER;
    if (!input->padding0 && !input->padding1)
        status = hv_port_set_property(port, input->property_code, input->property_value);
    hv_port_drop(port);
    return status;
}

/* ---- Connections ---- */

static struct hv_connection_plan plan_of(const struct hv_connection_info *info)
{
    return (struct hv_connection_plan){
        .doorbell = { .gpa = info->doorbell.gpa,
                      .value = info->doorbell.trigger_value,
                      .flags = info->doorbell.flags },
        .monitor_gpa = info->monitor.monitor_address,
    };
}

/* HV_STATUS_INVALID_PARAMETER for what does not go with the port. */
static hv_status check_info(const struct hv_partition *sender, const struct hv_port *port,
                            const struct hv_connection_info *info)
{
    const struct hv_connection_plan plan = plan_of(info);

    if (info->port_type != port->config.type || info->padding)
        return HV_STATUS_INVALID_PARAMETER;
    if (info->port_type == HvPortTypeDoorbell)
        return hv_doorbell_check(sender, &plan.doorbell);
    if (info->monitor.reserved[0] || info->monitor.reserved[1])
        return HV_STATUS_INVALID_PARAMETER;
    if (info->port_type == HvPortTypeMonitor)
        return hv_port_monitor_check(sender, plan.monitor_gpa);
    return plan.monitor_gpa ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
}

static hv_status check_connection(const struct hv_partition *sender, const struct hv_port *port,
                                  const struct hv_input_connect_port *input)
{
    hv_status status = check_info(sender, port, &input->connection_info);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (input->connection_vtl || input->reserved0[0] || input->reserved0[1] ||
        input->reserved0[2] || input->reserved1)
        return HV_STATUS_INVALID_PARAMETER;
    return hv_hypercall_check_proximity(&input->proximity_domain_info);
}

/* Takes the reference to the port, and gives the claim back when it fails. */
static hv_status connect_claimed(struct hv_partition *sender, struct hv_port *port,
                                 const struct hv_input_connect_port *input)
{
    const struct hv_connection_plan plan = plan_of(&input->connection_info);
    hv_status status = check_connection(sender, port, input);

    if (status == HV_STATUS_SUCCESS)
        return hv_connection_begin(sender, input->connection_id, port, &plan);
    hv_port_unclaim(port);
    hv_port_drop(port);
    return status;
}

/* A partition that is not active has neither ports nor connections, so that comes first. */
static hv_status connect(struct hv_partition *sender, struct hv_partition *owner,
                         const struct hv_input_connect_port *input)
{
    struct hv_port *port;

    if (!is_active(sender) || !is_active(owner))
        return HV_STATUS_INVALID_PARTITION_STATE;
    if ((input->connection_id & ~HV_CONNECTION_ID_MASK) ||
        hv_connection_exists(sender, input->connection_id))
        return HV_STATUS_INVALID_CONNECTION_ID;
    port = hv_port_claim(owner, input->port_id, sender->id, input->connection_id);
    return port ? connect_claimed(sender, port, input) : HV_STATUS_INVALID_PORT_ID;
}

static hv_status connect_as(const struct hv_vp *vp, const struct hv_input_connect_port *input)
{
    struct hv_partition *sender, *owner;
    hv_status status = begin(vp, input->connection_partition, HV_PRIVILEGE_ConnectPort, &sender);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_ACCESS_DENIED;
    if (may_use(vp, input->connection_info.port_type))
        status = find_other(vp, input->port_partition, sender, &owner);
    if (status == HV_STATUS_SUCCESS) {
        status = connect(sender, owner, input);
        hv_partition_drop(owner);
    }
    hv_hypercall_end(sender);
    return status;
}

/* TLFS: HvCallConnectPort. */
hv_status hv_hypercall_connect_port(struct hv_hypercall_call *call)
{
    return connect_as(call->vp, call->header);
}

/* 0 where there is no port. Who it is for is checked when it is connected. */
static uint32_t type_of(const struct hv_vp *vp, uint64_t partition_id, uint32_t port_id)
{
    struct hv_partition *owner;
    struct hv_port *port = NULL;
    uint32_t type = 0;

    if (find_other(vp, partition_id, NULL, &owner) != HV_STATUS_SUCCESS)
        return type;
    port = hv_port_find(owner, port_id);
    if (port) {
        type = port->config.type;
        hv_port_drop(port);
    }
    hv_partition_drop(owner);
    return type;
}

/* TLFS v2.0: HvConnectPort. There were no doorbells: one has no type here. */
hv_status hv_hypercall_connect_port_v2(struct hv_hypercall_call *call)
{
    const struct hv_input_connect_port_v2 *input = call->header;
    struct hv_input_connect_port current = {
        .connection_partition = input->connection_partition,
        .connection_id = input->connection_id,
        .port_partition = input->port_partition,
        .port_id = input->port_id,
    };
    uint32_t type = type_of(call->vp, input->port_partition, input->port_id);

    if (input->padding0 || input->padding1)
        return HV_STATUS_INVALID_PARAMETER;
    if (type != HvPortTypeDoorbell)
        current.connection_info.port_type = type;
    current.connection_info.monitor.monitor_address = input->connection_info;
    return connect_as(call->vp, &current);
}

/* TLFS: HvCallDisconnectPort. That the connection is a doorbell's may be said, and changes nothing.
 */
hv_status hv_hypercall_disconnect_port(struct hv_hypercall_call *call)
{
    const struct hv_input_disconnect_port *input = call->header;
    struct hv_partition *sender;
    hv_status status =
        begin_active(call->vp, input->connection_partition, HV_PRIVILEGE_ConnectPort, &sender);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = HV_STATUS_INVALID_PARAMETER;
    if (!(input->flags & ~HV_DISCONNECT_PORT_IS_DOORBELL))
        status = hv_port_disconnect(sender, input->connection_id);
    hv_hypercall_end(sender);
    return status;
}

/* ---- Event rings ---- */

/* HvCallNotifyRingEmpty: the caller's VP has emptied the ring of that SINT. */
hv_status hv_hypercall_notify_ring_empty(struct hv_hypercall_call *call)
{
    const struct hv_input_notify_ring_empty *input = call->header;

    if (input->sint_index >= HV_SYNIC_SINT_COUNT || input->reserved)
        return HV_STATUS_INVALID_PARAMETER;
    hv_event_ring_refill(call->vp, input->sint_index);
    return HV_STATUS_SUCCESS;
}
