/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What is saved and restored together in one record: a row of a table (save.c). */
#ifndef HV_CORE_COMPONENT_H
#define HV_CORE_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/save.h>

#include "record.h"

/*
 * save puts the payload that restore takes; the record around it is the caller's. tsc is the moment
 * that is saved. restore changes nothing when it refuses, or leaves what can be thrown away.
 */
struct hv_partition_component {
    struct hv_record_kind kind;
    void (*save)(struct hv_partition *partition, uint64_t tsc, struct hv_record_writer *writer);
    hv_status (*restore)(struct hv_partition *partition, const struct hv_restore *restore,
                         const struct hv_record *record);
};

/* The partition that had that ID when it was saved, or NULL. */
struct hv_partition *hv_record_find_partition(const struct hv_restore *restore, uint64_t saved_id);

struct hv_vp_component {
    struct hv_record_kind kind;
    bool needs_apic;  /* is there with HV_CPU_LOCAL_APIC only */
    bool needs_rings; /* is there in a hierarchy only */
    void (*save)(struct hv_vp *vp, uint64_t tsc, struct hv_record_writer *writer);
    hv_status (*restore)(struct hv_vp *vp, const struct hv_restore *restore,
                         const struct hv_record *record);
};

extern const struct hv_partition_component hv_partition_component;
extern const struct hv_partition_component hv_time_component;
extern const struct hv_partition_component hv_ports_component;
extern const struct hv_partition_component hv_connections_component;
extern const struct hv_partition_component hv_monitor_pages_component;

extern const struct hv_vp_component hv_vp_component;
extern const struct hv_vp_component hv_registers_component;
extern const struct hv_vp_component hv_apic_component;
extern const struct hv_vp_component hv_assist_component;
extern const struct hv_vp_component hv_timers_component;
extern const struct hv_vp_component hv_messages_component;
extern const struct hv_vp_component hv_synic_component;
extern const struct hv_vp_component hv_unhalted_timer_component;
extern const struct hv_vp_component hv_event_rings_component;

/* ---- Payloads. Every byte has a meaning, so a record says nothing of the memory it was made in.
 */

struct hv_partition_payload {
    uint64_t privileges;
    uint32_t features_edx;
    uint32_t recommendations;
    uint32_t hardware;
    uint32_t vp_count;
    uint64_t page_count; /* of the GPA space */
    uint64_t guest_os_id;
    uint64_t hypercall_msr;
    uint64_t crash[5];
    uint64_t stats[2];
    uint16_t debug_channel;
    uint16_t debug_active; /* the connection has received what the guest was not told of yet */
    uint32_t zero;
};

struct hv_time_payload {
    uint64_t reference; /* 100 ns */
    uint64_t reference_tsc_msr;
    uint64_t reenlightenment_control;
    uint64_t tsc_emulation_control;
    uint64_t tsc_emulation_status;
    uint64_t tsc_invariant_control;
    uint32_t sequence; /* the latest one that the guest may have seen in the reference TSC page */
    uint32_t zero;
};

struct hv_port_payload {
    uint32_t id;
    uint32_t type;
    uint32_t sint;
    uint32_t vp_index;
    uint16_t base_flag;
    uint16_t flag_count;
    uint32_t last_vp;
    uint64_t sender;      /* a partition ID; HV_PARTITION_ID_INVALID: the embedder has made it */
    uint64_t monitor_gpa; /* of a monitor port with a sender: the page in its owner's memory */
    uint64_t post_count;
    uint32_t preferred_vp; /* HV_ANY_VP: none */
    uint32_t zero;
};

struct hv_monitor_page_payload {
    uint32_t port_id;
    uint32_t zero;
    uint8_t page[HV_PAGE_SIZE];
};

struct hv_connection_payload {
    uint64_t owner; /* of the port: a partition ID; HV_PARTITION_ID_SELF for its own */
    uint32_t id;
    uint32_t port_id;
    uint64_t deleted;     /* 1: the port is no more, whatever has its ID now */
    uint64_t monitor_gpa; /* of a monitor port: the page in the sender's memory */
    uint64_t doorbell[3]; /* of a doorbell port: address, value, flags */
};

struct hv_vp_payload {
    uint64_t tsc_hz; /* of run_ticks */
    uint64_t run_ticks;
    uint64_t stats[2];
    uint32_t npiep;
    uint32_t zero;
};

struct hv_register_payload {
    uint32_t name;
    uint32_t zero;
    struct hv_register128 value;
};

/* Behind it: the page. */
struct hv_assist_payload {
    uint64_t msr;
};

struct hv_timer_payload {
    uint64_t config;
    uint64_t count;
    uint64_t expiration;
    uint64_t due;
};

/* Whose a message is that waits. */
enum hv_message_source {
    HV_MESSAGE_OF_TIMER, /* id: which */
    HV_MESSAGE_OF_PORT,  /* id: its ID */
    HV_MESSAGE_OF_NONE,  /* of no port that is saved */
};

struct hv_message_payload {
    uint32_t source; /* enum hv_message_source */
    uint32_t id;
    uint32_t sint;
    uint32_t zero;
    struct hv_message content; /* as it is queued, in the order of the queue */
};

/* Behind it: the page of message slots and that of event flags. */
struct hv_synic_payload {
    uint64_t scontrol;
    uint64_t simp;
    uint64_t siefp;
    uint64_t sint[16];
};

struct hv_unhalted_timer_payload {
    uint64_t config;
    uint64_t count;
    uint64_t left; /* run time until it expires, 100 ns; 0 when it does not run */
};

/* Behind it: the page; then who waits. */
struct hv_event_rings_payload {
    uint64_t sirbp;
    uint32_t signals; /* SINTs of which a message is still to tell, as a mask */
    uint32_t zero;
    uint8_t head[16]; /* of each ring: the slot for the next ID */
};

/* A doorbell that has found its ring full; in the order in which they rang. */
struct hv_waiting_doorbell_payload {
    uint32_t sint;
    uint32_t port_id;
};

_Static_assert(sizeof(struct hv_partition_payload) == 112, "no padding");
_Static_assert(sizeof(struct hv_time_payload) == 56, "no padding");
_Static_assert(sizeof(struct hv_port_payload) == 56, "no padding");
_Static_assert(sizeof(struct hv_monitor_page_payload) == 8 + HV_PAGE_SIZE, "no padding");
_Static_assert(sizeof(struct hv_connection_payload) == 56, "no padding");
_Static_assert(sizeof(struct hv_vp_payload) == 40, "no padding");
_Static_assert(sizeof(struct hv_register_payload) == 24, "no padding");
_Static_assert(sizeof(struct hv_timer_payload) == 32, "no padding");
_Static_assert(sizeof(struct hv_message_payload) == 272, "no padding");
_Static_assert(sizeof(struct hv_synic_payload) == 152, "no padding");
_Static_assert(sizeof(struct hv_unhalted_timer_payload) == 24, "no padding");
_Static_assert(sizeof(struct hv_event_rings_payload) == 32, "no padding");
_Static_assert(sizeof(struct hv_waiting_doorbell_payload) == 8, "no padding");

#endif
