/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Monitored notifications (TLFS): a sender sets a bit in a page instead of making a hypercall, and
 * the hypervisor looks at the page now and then.
 *
 * The page is guest memory. Each of its bytes is read once at an examination; what was read decides
 * about nothing but which events are signalled, as if the guest had asked for them itself, and when
 * the page is read again. So what a guest can spend is time of its VP 0, and there is always as
 * much between two examinations as the least distance below.
 *
 * The Armed bits, by which a trigger can be kept back for its latency, are cleared along with the
 * Pending bits and not looked at: a notification may come sooner than its hint says.
 */
#include <stddef.h>

#include "core.h"
#include "port.h"

#define UNITS_PER_SECOND  UINT64_C(10000000) /* 100 ns each, as latencies */
#define MIN_DISTANCE      UINT64_C(1000)     /* between two examinations: 100 us */
#define MAX_DISTANCE      UINT64_C(100000)   /* also where no group is enabled: 10 ms */
#define EXAMINER          0u                 /* index of the VP whose LP does it */
#define PAGE_FIELD(field) offsetof(struct hv_monitor_page, field)

/* The part of a page that is read each time. */
struct header {
    uint32_t trigger_state;
    uint32_t reserved;
    struct hv_monitor_trigger_group trigger_group[HV_MONITOR_GROUPS];
} HV_PACKED;

_Static_assert(sizeof(struct header) == PAGE_FIELD(reserved_z2), "the beginning of a monitor page");
_Static_assert(sizeof(struct hv_monitor_parameter) == sizeof(struct hv_input_signal_event) &&
                   offsetof(struct hv_monitor_parameter, flag_number) ==
                       offsetof(struct hv_input_signal_event, flag_number) &&
                   offsetof(struct hv_monitor_parameter, reserved_z) ==
                       offsetof(struct hv_input_signal_event, reserved),
               "a parameter is the input of HvCallSignalEvent");

/* ---- Connections ---- */

static struct hv_port_monitor *find(struct hv_port_monitors *monitors, const struct hv_port *port,
                                    uint32_t connection_id)
{
    for (unsigned i = 0; i < HV_PORT_MONITORS; i++) {
        struct hv_port_monitor *monitor = &monitors->page[i];

        if (monitor->port == port && monitor->connection_id == connection_id)
            return monitor;
    }
    return NULL;
}

/* The VP that examines learns that there is something to examine. */
static void announce(struct hv_partition *sender)
{
    struct hv_vp *vp = hv_vp_get(sender, EXAMINER);

    if (vp && hv_vp_has_apic(vp) && hv_apic_post_event(&vp->apic, HV_APIC_EVENT_MONITORS, 0))
        hv_vp_kick(vp);
}

/* Takes the caller's reference to port. */
static hv_status connect(struct hv_partition *sender, uint32_t connection_id, struct hv_port *port,
                         uint64_t gpa)
{
    struct hv_port_monitors *monitors = &sender->ports.monitors;
    struct hv_port_monitor *unused;
    hv_status status;

    hv_lock_acquire(&monitors->lock);
    unused = find(monitors, NULL, 0); /* as hv_port_monitor_forget() leaves one */
    if (unused) {
        status = hv_connection_add(sender, connection_id, port, NULL);
        if (status == HV_STATUS_SUCCESS)
            *unused = (struct hv_port_monitor){ .port = port,
                                                .gpa = gpa,
                                                .connection_id = connection_id };
    } else {
        hv_port_drop(port);
        status = HV_STATUS_NO_RESOURCES;
    }
    hv_lock_release(&monitors->lock);
    return status;
}

hv_status hv_port_connect_monitor(struct hv_partition *sender, uint32_t connection_id,
                                  struct hv_partition *owner, uint32_t port_id, uint64_t gpa)
{
    struct hv_port *port;
    hv_status status;

    if (gpa % HV_PAGE_SIZE)
        return HV_STATUS_INVALID_ALIGNMENT;
    if (gpa >> HV_PAGE_SHIFT >= sender->address.page_count)
        return HV_STATUS_INVALID_PARAMETER;
    port = hv_port_find(owner, port_id);
    if (!port)
        return HV_STATUS_INVALID_PORT_ID;
    if (port->config.type != HvPortTypeMonitor) {
        hv_port_drop(port);
        return HV_STATUS_INVALID_PARAMETER;
    }
    status = connect(sender, connection_id, port, gpa);
    if (status == HV_STATUS_SUCCESS)
        announce(sender);
    return status;
}

void hv_port_monitor_forget(struct hv_port_monitors *monitors, const struct hv_port *port,
                            uint32_t connection_id)
{
    struct hv_port_monitor *monitor = find(monitors, port, connection_id);

    if (monitor)
        *monitor = (struct hv_port_monitor){ 0 };
}

uint64_t hv_port_monitor_gpa(struct hv_port_monitors *monitors, const struct hv_port *port,
                             uint32_t connection_id)
{
    const struct hv_port_monitor *monitor = find(monitors, port, connection_id);

    return monitor ? monitor->gpa : 0;
}

/* ---- Examination ---- */

/* TLFS: pages are examined at about the lowest latency of each group. One of zero hints at nothing:
   it is what a trigger has that is not in use. */
static uint64_t shorten(const struct hv_partition *sender, uint64_t page, unsigned group,
                        uint64_t distance)
{
    uint16_t latency[HV_MONITOR_TRIGGERS_PER_GROUP];

    if (!hv_address_read(sender, page + PAGE_FIELD(latency) + group * sizeof(latency), latency,
                         sizeof(latency)))
        return distance;
    for (unsigned i = 0; i < HV_MONITOR_TRIGGERS_PER_GROUP; i++)
        if (latency[i] != 0 && latency[i] < distance)
            distance = latency[i];
    return distance;
}

/*
 * TLFS: the hypervisor calls HvCallSignalEvent on the sender's behalf, and discards its status. A
 * guest sets a bit after the parameters, so they are read after the bit was taken.
 */
static void signal(struct hv_vp *vp, uint64_t page, unsigned group)
{
    const uint64_t trigger_group =
        page + PAGE_FIELD(trigger_group) + group * sizeof(struct hv_monitor_trigger_group);
    struct hv_input_signal_event input[HV_MONITOR_TRIGGERS_PER_GROUP];
    uint64_t triggers;

    if (!hv_address_exchange(vp->partition, trigger_group, 0, &triggers) ||
        !hv_address_read(vp->partition, page + PAGE_FIELD(parameter) + group * sizeof(input), input,
                         sizeof(input)))
        return;
    for (uint32_t pending = (uint32_t)triggers; pending != 0; pending &= pending - 1)
        (void)hv_port_signal(vp, &input[__builtin_ctz(pending)]);
}

/* Returns how long the page may be left alone, in units of 100 ns; at most that of the others. */
static uint64_t examine(struct hv_vp *vp, uint64_t page, uint64_t distance)
{
    struct header header;

    if (!hv_address_read(vp->partition, page, &header, sizeof(header)))
        return distance;
    for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++) {
        if (!(header.trigger_state >> group & 1))
            continue;
        if (header.trigger_group[group].pending)
            signal(vp, page, group);
        distance = shorten(vp->partition, page, group, distance);
    }
    return distance;
}

static bool is_watched(const struct hv_port_monitor *monitor)
{
    return monitor->port && !atomic_load_explicit(&monitor->port->deleted, memory_order_relaxed);
}

/* Returns the distance to the next examination, or 0 when there is none. */
static uint64_t examine_all(struct hv_vp *vp)
{
    struct hv_port_monitors *monitors = &vp->partition->ports.monitors;
    uint64_t distance = MAX_DISTANCE;
    bool any = false;

    hv_lock_acquire(&monitors->lock);
    for (unsigned i = 0; i < HV_PORT_MONITORS; i++)
        if (is_watched(&monitors->page[i])) {
            distance = examine(vp, monitors->page[i].gpa, distance);
            any = true;
        }
    hv_lock_release(&monitors->lock);
    if (!any)
        return 0;
    return distance < MIN_DISTANCE ? MIN_DISTANCE : distance;
}

void hv_port_monitors_examine(struct hv_vp *vp)
{
    const struct hv_partition *partition = vp->partition;
    uint64_t tsc_hz = partition->platform->facts.tsc_hz, distance = 0;

    if (vp->index == EXAMINER && hv_partition_may(partition, HV_PRIVILEGE_SignalEvents))
        distance = examine_all(vp);
    vp->monitor_due = HV_APIC_NEVER;
    /* From now on, so that the guest gets its time in between however long this took. */
    if (distance != 0)
        vp->monitor_due = hv_now(partition) + distance * tsc_hz / UNITS_PER_SECOND;
}
