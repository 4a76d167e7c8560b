/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Private face of ports and connections. */
#ifndef HV_CORE_PORT_H
#define HV_CORE_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/exit.h>
#include <hv/port.h>

#include "lock.h"
#include "synic.h"

#define HV_PORT_MESSAGES      16 /* TLFS: guest message buffers of a port */
#define HV_PORT_BUCKETS       16
#define HV_CONNECTION_BUCKETS 64
#define HV_DOORBELL_BUCKETS   32
#define HV_PORT_BUFFER_PAGES  2

struct hv_port;

/* A message of a port while it waits. */
struct hv_port_buffer {
    struct hv_synic_message message; /* first: it is found by its address */
    struct hv_port *port;
    _Atomic uint32_t vp_index; /* for whom it waits */
    uint8_t index;
};

/* Lives in a page of its owner's pool. */
struct hv_port {
    struct hv_partition *owner;
    struct hv_port_config config;
    uint32_t id;
    struct hv_port *next;        /* in its bucket; guarded by the owner's ports.lock */
    uint64_t spa_page;           /* of this object */
    _Atomic uint32_t references; /* the owner's table, connections, messages that wait */
    _Atomic bool deleted;
    _Atomic uint32_t free;         /* buffers, as a mask */
    _Atomic uint32_t last_vp;      /* HV_ANY_VP: who got the latest */
    _Atomic uint32_t preferred_vp; /* HV_ANY_VP: who gets the next; or HV_ANY_VP */
    _Atomic uint64_t post_count;   /* messages that were posted */
    /* TLFS: a port made by a hypercall has one partition that may connect, once at a time. Else
       HV_PARTITION_ID_INVALID, and the embedder connects whom it wants to. */
    uint64_t sender_id;
    bool connected; /* and then by that connection; guarded by the owner's ports.lock */
    uint32_t connection_id;
    /* Monitor port made by a hypercall: its page, and the same over the sender's GPA space. */
    struct hv_overlay monitor_page, lent_page;
    /* Doorbell port that has found no room in a ring: the next one there, under the ring's lock. */
    struct hv_port *next_waiting;
    _Atomic bool waiting;
    struct hv_port_buffer *buffers[HV_PORT_MESSAGES];
    uint64_t buffer_pages[HV_PORT_BUFFER_PAGES];
};

/* What rings a doorbell: a store of that size and value to that address of the sender's memory. */
struct hv_doorbell {
    uint64_t gpa;
    uint64_t value;
    uint64_t flags; /* HV_DOORBELL_FLAG bits */
};

/* Of a page in the pool of the partition that sends. */
struct hv_connection {
    struct hv_connection *next; /* in its bucket, or of those that are free */
    struct hv_port *port;       /* a reference, or NULL: the port's memory is its owner's again */
    uint32_t id;
    bool by_call;                        /* not the embedder's */
    struct hv_doorbell doorbell;         /* of a doorbell port */
    struct hv_connection *next_doorbell; /* in its bucket, as long as it has its port */
};

/* They come by the page, and stay their partition's. */
struct hv_connection_page {
    struct hv_connection_page *next;
    uint64_t spa_page;
    struct hv_connection connections[];
};

/* A page that the hypervisor watches for a sender. */
struct hv_port_monitor {
    const struct hv_port *port; /* NULL: none; the connection has the reference */
    uint64_t gpa;               /* in the sender's memory */
    uint32_t connection_id;
};

struct hv_port_monitors {
    struct hv_lock lock; /* held while pages are examined; taken before connection_lock */
    struct hv_port_monitor page[HV_PORT_MONITORS];
    /* When a trigger of a page was armed last: low bits of the reference time. In a page of the
       sender's pool, while there is a page to watch. */
    uint32_t (*armed_at)[HV_MONITOR_GROUPS][HV_MONITOR_TRIGGERS_PER_GROUP];
    uint64_t armed_at_page;
    struct hv_pool *pool;
};

/* A partition's own ports, and its connections to others'. */
struct hv_ports {
    struct hv_lock lock; /* guards the table of ports */
    struct hv_port *bucket[HV_PORT_BUCKETS];
    struct hv_lock connection_lock; /* guards the connections; held while one is used */
    struct hv_connection *connection_bucket[HV_CONNECTION_BUCKETS];
    struct hv_connection *free_connections;
    struct hv_connection_page *connection_pages;
    struct hv_connection *doorbell_bucket[HV_DOORBELL_BUCKETS]; /* by address */
    _Atomic uint32_t doorbells;                                 /* how many */
    struct hv_port_monitors monitors;
};

/* ---- Of port.c ---- */

/* What a new port is to be. */
struct hv_port_plan {
    struct hv_port_config config;
    uint64_t sender_id;   /* as in struct hv_port */
    uint64_t monitor_gpa; /* of a monitor port with a sender: where its page lies */
};

/* As hv_port_create(), of what is valid. HV_STATUS_INVALID_PORT_ID; HV_STATUS_INSUFFICIENT_MEMORY.
 */
hv_status hv_port_add(struct hv_partition *owner, uint32_t port_id,
                      const struct hv_port_plan *plan);

/* Whether the flags of an event port, or none of another, are such as there can be; and the SINT.
 */
bool hv_port_config_is_valid(const struct hv_port_config *config);

/* Whether the flags of an event port are such as a hypercall may ask for (TLFS v2.0, 14.9.1: the
   last is none of a port's). */
bool hv_port_flags_are_valid(const struct hv_port_config *config);

/* In an event ring, 0 is an empty slot. */
static inline bool hv_port_id_is_valid(uint32_t id, uint32_t type)
{
    return !(id & ~HV_PORT_ID_MASK) && (id != 0 || type != HvPortTypeDoorbell);
}

/* TLFS: HV_PORT_PROPERTY_CODE. HV_STATUS_UNKNOWN_PROPERTY. To be set also:
   HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE. */
hv_status hv_port_get_property(const struct hv_port *port, uint32_t code, uint64_t *value);
hv_status hv_port_set_property(struct hv_port *port, uint32_t code, uint64_t value);

/*
 * The owner's port of that ID for its one sender, which is to connect to it by a connection of that
 * ID; with a reference. NULL: there is none for that partition, or it is connected.
 */
struct hv_port *hv_port_claim(struct hv_partition *owner, uint32_t port_id, uint64_t sender_id,
                              uint32_t connection_id);
/* It can be claimed again; nothing to do for a port without a sender. The caller refers to it. */
void hv_port_unclaim(struct hv_port *port);

/* Drops what of a deleted port waits for VPs of its owner, none of which is deleted meanwhile. On
   the LP of self. */
void hv_port_drop_messages(struct hv_vp *self, struct hv_port *port);

/* The owner's port of that ID with a reference for the caller, or NULL. */
struct hv_port *hv_port_find(struct hv_partition *owner, uint32_t port_id);
/* One more reference to a port that the caller refers to already. */
void hv_port_hold(struct hv_port *port);
/* Gives a reference back. */
void hv_port_drop(struct hv_port *port);

/* A message port that nobody finds, with a reference for the caller; its messages are delivered as
   long as there is room for them. NULL: no memory. */
struct hv_port *hv_port_make_hidden(struct hv_partition *owner);

/* A buffer with a reference of its own until it is released, or NULL when all wait to be delivered.
 */
struct hv_port_buffer *hv_port_take_buffer(struct hv_port *port);

/*
 * Deletes all ports of a partition, and takes them from all connections that lead to them from
 * partitions of its hierarchy. Those who are sending to one of them have a reference to it until
 * they have done.
 */
void hv_ports_delete(struct hv_partition *owner);

/* ---- Of connection.c ---- */

/* As hv_port_connect(); takes the caller's reference, also when it fails. With port NULL: to one
   that is no more. The doorbell is that of a doorbell port, and copied. */
hv_status hv_connection_add(struct hv_partition *sender, uint32_t connection_id,
                            struct hv_port *port, const struct hv_doorbell *doorbell);

/* How a connection that is made by a hypercall reaches its port. */
struct hv_connection_plan {
    struct hv_doorbell doorbell; /* to a doorbell port */
    uint64_t monitor_gpa;        /* to a monitor port: where its page lies in the sender's memory */
};

/* Connects a partition to the port that it has claimed; takes the caller's reference, also when it
   fails. As hv_port_connect(), hv_port_connect_monitor(). */
hv_status hv_connection_begin(struct hv_partition *sender, uint32_t connection_id,
                              struct hv_port *port, const struct hv_connection_plan *plan);

/* Takes a port that is deleted from the connection of that ID, if that leads to it. */
void hv_connection_detach(struct hv_partition *sender, uint32_t connection_id,
                          struct hv_port *port);

/* Whether there is a connection of that ID. */
bool hv_connection_exists(struct hv_partition *sender, uint32_t connection_id);

/* A reference to the port of a doorbell that rings for a store, or NULL. */
struct hv_port *hv_connection_find_doorbell(struct hv_partition *sender, uint64_t gpa, uint8_t size,
                                            uint64_t value);

/* A reference to the port of that type that a connection leads to. HV_STATUS_INVALID_CONNECTION_ID;
   HV_STATUS_INVALID_PORT_ID for one that is no more, and for one of another type. */
hv_status hv_connection_follow(struct hv_partition *sender, uint32_t connection_id, uint32_t type,
                               struct hv_port **port);

/* Takes the ports of owner from the connections of sender, which then lead to nothing. */
void hv_connections_sever(struct hv_partition *sender, const struct hv_partition *owner);

/* Ends all connections of a partition of which no VP runs, and gives their pages back. */
void hv_connections_destroy(struct hv_partition *sender);

/* ---- Of port_send.c ---- */

/* HvCallSignalEvent, on behalf of the partition of self. On the LP of self. */
hv_status hv_port_signal(struct hv_vp *self, const struct hv_input_signal_event *input);

/* Puts the port's ID into the ring of its SINT. False: no VP takes it. On the LP of self. */
bool hv_port_ring(struct hv_vp *self, struct hv_port *port);

/* ---- Of port_doorbell.c ---- */

/* HV_STATUS_INVALID_PARAMETER for an address or flags that can't be. */
hv_status hv_doorbell_check(const struct hv_partition *sender, const struct hv_doorbell *doorbell);

/* Whether it rings for a store of that size and value, to its address. Pure. */
bool hv_doorbell_matches(const struct hv_doorbell *doorbell, uint8_t size, uint64_t value);

/*
 * Carries out a store of a child's that was not allowed, if it rings a doorbell that somebody
 * hears. False: nothing has happened. On the LP of vp.
 */
bool hv_doorbell_exit(struct hv_vp *vp, struct hv_exit *exit);

/* ---- Of port_monitor.c ---- */

/* Examines the monitor pages of the VP's partition if they are this VP's to examine, and sets the
   VP's monitor_due. On the VP's LP. */
void hv_port_monitors_examine(struct hv_vp *vp);

/*
 * hv_connection_add() to a monitor port, whose page is examined from now on. HV_STATUS_NO_RESOURCES
 * when there is no room for another one. Else as that.
 */
hv_status hv_port_monitor_add(struct hv_partition *sender, uint32_t connection_id,
                              struct hv_port *port, uint64_t gpa);

/* Where a monitor page is to lie. HV_STATUS_INVALID_ALIGNMENT, HV_STATUS_INVALID_PARAMETER. */
hv_status hv_port_monitor_check(const struct hv_partition *partition, uint64_t gpa);

/* With monitors->lock held: the connection is no more. */
void hv_port_monitor_forget(struct hv_port_monitors *monitors, const struct hv_port *port,
                            uint32_t connection_id);

/* With the lock held: the page of a connection, or 0 if its port is no monitor port. */
uint64_t hv_port_monitor_gpa(struct hv_port_monitors *monitors, const struct hv_port *port,
                             uint32_t connection_id);

/* Whose a message is that no timer has sent. */
static inline struct hv_port *hv_port_of(const struct hv_synic_message *message)
{
    return ((const struct hv_port_buffer *)message)->port;
}

#endif
