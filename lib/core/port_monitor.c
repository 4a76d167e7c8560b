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
 * TLFS: an Armed bit ensures that a notification is deferred by its latency. An examination that
 * finds a trigger pending arms it, and one that comes a latency later signals it. A guest clears
 * the bit when it changes the Pending bit, so that the latency begins anew.
 */
#include <stddef.h>

#include "core.h"
#include "port.h"

#define UNITS_PER_SECOND  UINT64_C(10000000) /* 100 ns each, as latencies */
#define MIN_DISTANCE      UINT64_C(1000)     /* between two examinations: 100 us */
#define MAX_DISTANCE      UINT64_C(100000)   /* also where no group is enabled: 10 ms */
#define TRIES             4u                 /* at triggers that the guest goes on changing */
#define EXAMINER          0u                 /* index of the VP whose LP does it */
#define PAGE_FIELD(field) offsetof(struct hv_monitor_page, field)

/* The part of a page that is read each time. */
struct header {
    uint32_t trigger_state;
    uint32_t reserved;
    struct hv_monitor_trigger_group trigger_group[HV_MONITOR_GROUPS];
} HV_PACKED;

_Static_assert(HV_PORT_MONITORS * sizeof(((struct hv_port_monitors *)NULL)->armed_at[0]) <=
                   HV_PAGE_SIZE,
               "times must fit in one page");
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

static bool has_times(struct hv_partition *sender)
{
    struct hv_port_monitors *monitors = &sender->ports.monitors;

    if (!monitors->armed_at) {
        monitors->pool = &sender->pool;
        monitors->armed_at = hv_pool_alloc(&sender->pool, &monitors->armed_at_page);
    }
    return monitors->armed_at;
}

static void drop_times(struct hv_port_monitors *monitors)
{
    for (unsigned i = 0; i < HV_PORT_MONITORS; i++)
        if (monitors->page[i].port)
            return;
    hv_pool_free(monitors->pool, monitors->armed_at_page);
    monitors->armed_at = NULL;
}

hv_status hv_port_monitor_add(struct hv_partition *sender, uint32_t connection_id,
                              struct hv_port *port, uint64_t gpa)
{
    struct hv_port_monitors *monitors = &sender->ports.monitors;
    struct hv_port_monitor *unused;
    hv_status status;

    hv_lock_acquire(&monitors->lock);
    unused = find(monitors, NULL, 0); /* as hv_port_monitor_forget() leaves one */
    if (unused && has_times(sender)) {
        status = hv_connection_add(sender, connection_id, port, NULL);
        if (status == HV_STATUS_SUCCESS)
            *unused = (struct hv_port_monitor){ .port = port,
                                                .gpa = gpa,
                                                .connection_id = connection_id };
        else
            drop_times(monitors);
    } else {
        hv_port_drop(port);
        status = unused ? HV_STATUS_INSUFFICIENT_MEMORY : HV_STATUS_NO_RESOURCES;
    }
    hv_lock_release(&monitors->lock);
    if (status == HV_STATUS_SUCCESS)
        announce(sender);
    return status;
}

hv_status hv_port_connect_monitor(struct hv_partition *sender, uint32_t connection_id,
                                  struct hv_partition *owner, uint32_t port_id, uint64_t gpa)
{
    struct hv_port *port;

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
    return hv_port_monitor_add(sender, connection_id, port, gpa);
}

void hv_port_monitor_forget(struct hv_port_monitors *monitors, const struct hv_port *port,
                            uint32_t connection_id)
{
    struct hv_port_monitor *monitor = find(monitors, port, connection_id);

    if (!monitor)
        return;
    *monitor = (struct hv_port_monitor){ 0 };
    drop_times(monitors);
}

hv_status hv_port_monitor_check(const struct hv_partition *partition, uint64_t gpa)
{
    if (gpa % HV_PAGE_SIZE)
        return HV_STATUS_INVALID_ALIGNMENT;
    return gpa >> HV_PAGE_SHIFT < partition->address.page_count ? HV_STATUS_SUCCESS
                                                                : HV_STATUS_INVALID_PARAMETER;
}

uint64_t hv_port_monitor_gpa(struct hv_port_monitors *monitors, const struct hv_port *port,
                             uint32_t connection_id)
{
    const struct hv_port_monitor *monitor = find(monitors, port, connection_id);

    return monitor ? monitor->gpa : 0;
}

/* ---- Examination ---- */

struct examination {
    struct hv_vp *vp;
    uint64_t gpa;                                        /* of the page */
    uint32_t (*armed_at)[HV_MONITOR_TRIGGERS_PER_GROUP]; /* of its groups; NULL: no page yet */
    uint32_t now;                                        /* likewise */
    uint64_t distance; /* to the next one, at most; in units of 100 ns */
};

/* TLFS: pages are examined at about the lowest latency of each group. One of zero hints at nothing:
   it is what a trigger has that is not in use. */
static void shorten(struct examination *examination, const uint16_t *latency)
{
    for (unsigned i = 0; i < HV_MONITOR_TRIGGERS_PER_GROUP; i++)
        if (latency[i] != 0 && latency[i] < examination->distance)
            examination->distance = latency[i];
}

/* Both ends of the time between two examinations are rounded down. */
static bool has_waited(const struct examination *examination, uint32_t armed_at, uint16_t latency)
{
    return examination->now - armed_at + 1 >= latency;
}

/* The triggers of a group as they are to be: those that are due are taken, the others armed. */
static uint64_t decide(const struct examination *examination, unsigned group,
                       const uint16_t *latency, uint64_t triggers, uint32_t *due)
{
    uint32_t *armed_at = examination->armed_at[group];
    uint32_t pending = (uint32_t)triggers, armed = (uint32_t)(triggers >> 32) & pending;

    *due = 0;
    for (uint32_t left = pending; left != 0; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint32_t bit = 1u << i;

        if (latency[i] == 0 || ((armed & bit) && has_waited(examination, armed_at[i], latency[i])))
            *due |= bit;
        else if (!(armed & bit))
            armed_at[i] = examination->now;
    }
    pending &= ~*due;
    return (uint64_t)pending << 32 | pending;
}

/* Returns the triggers that are due, which were taken out of the group. */
static uint32_t take(const struct examination *examination, unsigned group, const uint16_t *latency,
                     uint64_t triggers)
{
    uint64_t gpa = examination->gpa + PAGE_FIELD(trigger_group) +
                   group * sizeof(struct hv_monitor_trigger_group);

    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t due;
        uint64_t decided = decide(examination, group, latency, triggers, &due), found;

        if (decided == triggers ||
            !hv_address_replace_word(examination->vp->partition, gpa, 8, triggers, decided, &found))
            return 0;
        if (found == triggers)
            return due;
        triggers = found;
    }
    return 0;
}

/*
 * TLFS: the hypervisor calls HvCallSignalEvent on the sender's behalf, and discards its status. A
 * guest sets a bit after the parameters, so they are read after the bit was taken.
 */
static void signal(const struct examination *examination, unsigned group, uint32_t due)
{
    struct hv_input_signal_event input[HV_MONITOR_TRIGGERS_PER_GROUP];
    uint64_t gpa = examination->gpa + PAGE_FIELD(parameter) + group * sizeof(input);

    if (!hv_address_read(examination->vp->partition, gpa, input, sizeof(input)))
        return;
    for (; due != 0; due &= due - 1)
        (void)hv_port_signal(examination->vp, &input[__builtin_ctz(due)]);
}

static void examine_group(struct examination *examination, unsigned group,
                          const struct hv_monitor_trigger_group *triggers)
{
    uint16_t latency[HV_MONITOR_TRIGGERS_PER_GROUP];
    uint64_t gpa = examination->gpa + PAGE_FIELD(latency) + group * sizeof(latency);
    uint32_t due;

    if (!hv_address_read(examination->vp->partition, gpa, latency, sizeof(latency)))
        return;
    shorten(examination, latency);
    if (triggers->pending == 0)
        return;
    due = take(examination, group, latency, (uint64_t)triggers->armed << 32 | triggers->pending);
    if (due != 0)
        signal(examination, group, due);
}

static void examine(struct examination *examination)
{
    struct header header;

    if (!hv_address_read(examination->vp->partition, examination->gpa, &header, sizeof(header)))
        return;
    for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++)
        if (header.trigger_state >> group & 1)
            examine_group(examination, group, &header.trigger_group[group]);
}

static bool is_watched(const struct hv_port_monitor *monitor)
{
    return monitor->port && !atomic_load_explicit(&monitor->port->deleted, memory_order_relaxed);
}

/* Returns the distance to the next examination, or 0 when there is none. */
static uint64_t examine_all(struct hv_vp *vp)
{
    struct hv_port_monitors *monitors = &vp->partition->ports.monitors;
    struct examination examination = { .vp = vp,
                                       .now = (uint32_t)hv_time_reference(vp->partition),
                                       .distance = MAX_DISTANCE };

    hv_lock_acquire(&monitors->lock);
    for (unsigned i = 0; i < HV_PORT_MONITORS; i++)
        if (is_watched(&monitors->page[i])) {
            examination.gpa = monitors->page[i].gpa;
            examination.armed_at = monitors->armed_at[i];
            examine(&examination);
        }
    hv_lock_release(&monitors->lock);
    if (!examination.armed_at)
        return 0;
    return examination.distance < MIN_DISTANCE ? MIN_DISTANCE : examination.distance;
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
