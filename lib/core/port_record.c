/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The saved ports of a partition. Those that were made by hypercalls name who may connect, a
 * partition that has another ID when it is restored. Messages that wait are with the VP that is to
 * get them (message_record.c).
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
        .sender = port->sender_id,
        .monitor_gpa = port->monitor_page.gpa_page << HV_PAGE_SHIFT,
        .post_count = atomic_load_explicit(&port->post_count, memory_order_relaxed),
        .preferred_vp = atomic_load_explicit(&port->preferred_vp, memory_order_relaxed),
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
            save_port(port, writer);
    hv_lock_release(&ports->lock);
}

/* As HvCallCreatePort looks at it. */
static hv_status check(const struct hv_partition *owner, uint32_t id,
                       const struct hv_port_plan *plan)
{
    const struct hv_port_config *config = &plan->config;
    bool monitor = config->type == HvPortTypeMonitor;

    if (!hv_port_config_is_valid(config) || !hv_port_flags_are_valid(config))
        return HV_STATUS_INVALID_PARAMETER;
    if (!hv_port_id_is_valid(id, config->type))
        return HV_STATUS_INVALID_PORT_ID;
    if (monitor)
        return hv_port_monitor_check(owner, plan->monitor_gpa);
    if (config->vp_index != HV_ANY_VP && !hv_vp_get(owner, config->vp_index))
        return HV_STATUS_INVALID_VP_INDEX;
    return plan->monitor_gpa ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
}

/* Only partitions of one hierarchy find each other's ports when they are deleted. */
static hv_status find_sender(const struct hv_partition *owner, const struct hv_restore *restore,
                             uint64_t saved_id, uint64_t *id)
{
    const struct hv_partition *sender = hv_record_find_partition(restore, saved_id);

    if (!sender || sender == owner)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (!owner->lineage.hierarchy || sender->lineage.hierarchy != owner->lineage.hierarchy)
        return HV_STATUS_INVALID_PARTITION_ID;
    if (hv_partition_state(&sender->lineage) != HV_PARTITION_ACTIVE)
        return HV_STATUS_INVALID_PARTITION_STATE;
    *id = sender->id;
    return HV_STATUS_SUCCESS;
}

static hv_status create(struct hv_partition *partition, const struct hv_restore *restore,
                        const struct hv_port_payload *payload)
{
    struct hv_port_plan plan = { .config = { .type = payload->type,
                                             .sint = payload->sint,
                                             .vp_index = payload->vp_index,
                                             .base_flag = payload->base_flag,
                                             .flag_count = payload->flag_count },
                                 .monitor_gpa = payload->monitor_gpa };
    hv_status status;

    if (payload->sender == HV_PARTITION_ID_INVALID)
        return payload->monitor_gpa ? HV_STATUS_INVALID_PARAMETER
                                    : hv_port_create(partition, payload->id, &plan.config);
    status = check(partition, payload->id, &plan);
    if (status == HV_STATUS_SUCCESS)
        status = find_sender(partition, restore, payload->sender, &plan.sender_id);
    return status == HV_STATUS_SUCCESS ? hv_port_add(partition, payload->id, &plan) : status;
}

/* TLFS: a preference is for ports that may choose. */
static bool is_preference(const struct hv_partition *owner, const struct hv_port_payload *payload)
{
    if (payload->preferred_vp == HV_ANY_VP)
        return true;
    return payload->type != HvPortTypeMonitor && payload->vp_index == HV_ANY_VP &&
           payload->preferred_vp < owner->max_vps;
}

static hv_status restore_port(struct hv_partition *partition, const struct hv_restore *restore,
                              const struct hv_port_payload *payload)
{
    struct hv_port *port;
    hv_status status;

    if (payload->last_vp >= partition->max_vps || !is_preference(partition, payload) ||
        payload->zero)
        return HV_STATUS_INVALID_PARAMETER;
    status = create(partition, restore, payload);
    if (status != HV_STATUS_SUCCESS)
        return status;
    port = hv_port_find(partition, payload->id);
    atomic_store_explicit(&port->last_vp, payload->last_vp, memory_order_relaxed);
    atomic_store_explicit(&port->post_count, payload->post_count, memory_order_relaxed);
    atomic_store_explicit(&port->preferred_vp, payload->preferred_vp, memory_order_relaxed);
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

static hv_status restore_ports(struct hv_partition *partition, const struct hv_restore *restore,
                               const struct hv_record *record)
{
    const struct hv_record_kind *kind = &hv_ports_component.kind;
    hv_status status = HV_STATUS_SUCCESS;

    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < hv_record_elements(record, kind); i++) {
        struct hv_port_payload payload;

        memcpy(&payload, hv_record_element(record, kind, i), sizeof(payload));
        status = restore_port(partition, restore, &payload);
    }
    return status;
}

const struct hv_partition_component hv_ports_component = {
    .kind = { .component = HV_RECORD_PORTS,
              .version = 2,
              .element = sizeof(struct hv_port_payload) },
    .save = save_ports,
    .restore = restore_ports,
};

/* ---- Pages of monitor ports ---- */

static void save_pages(struct hv_partition *partition, uint64_t tsc,
                       struct hv_record_writer *writer)
{
    struct hv_ports *ports = &partition->ports;

    (void)tsc;
    hv_lock_acquire(&ports->lock);
    for (unsigned i = 0; i < HV_PORT_BUCKETS; i++)
        for (const struct hv_port *port = ports->bucket[i]; port; port = port->next) {
            const uint32_t head[2] = { port->id };

            if (!port->monitor_page.page)
                continue;
            hv_record_put(writer, head, sizeof(head));
            hv_record_put(writer, port->monitor_page.page, HV_PAGE_SIZE);
        }
    hv_lock_release(&ports->lock);
}

/* What a guest writes there may be anything. */
static hv_status restore_page(struct hv_partition *partition, const uint8_t *element)
{
    struct hv_port *port;
    uint32_t head[2];

    memcpy(head, element, sizeof(head));
    if (head[1])
        return HV_STATUS_INVALID_PARAMETER;
    port = hv_port_find(partition, head[0]);
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    if (!port->monitor_page.page) {
        hv_port_drop(port);
        return HV_STATUS_INVALID_PARAMETER;
    }
    memcpy(port->monitor_page.page, element + sizeof(head), HV_PAGE_SIZE);
    hv_port_drop(port);
    return HV_STATUS_SUCCESS;
}

static hv_status restore_pages(struct hv_partition *partition, const struct hv_restore *restore,
                               const struct hv_record *record)
{
    const struct hv_record_kind *kind = &hv_monitor_pages_component.kind;
    hv_status status = HV_STATUS_SUCCESS;

    (void)restore;
    for (uint32_t i = 0; status == HV_STATUS_SUCCESS && i < hv_record_elements(record, kind); i++)
        status = restore_page(partition, hv_record_element(record, kind, i));
    return status;
}

const struct hv_partition_component hv_monitor_pages_component = {
    .kind = { .component = HV_RECORD_MONITOR_PAGES,
              .version = 1,
              .element = sizeof(struct hv_monitor_page_payload) },
    .save = save_pages,
    .restore = restore_pages,
};
