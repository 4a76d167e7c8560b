/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypercall dispatcher; docs/hypercalls.md tells the order of its checks and why it is so. */
#ifndef HV_CORE_HYPERCALL_H
#define HV_CORE_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>

#include <hv/abi/tlfs.h>
#include <hv/exit.h>
#include <hv/status.h>
#include <hv/vp.h>

/* A hypercall input value, taken apart (TLFS: hypercall interface, "hypercall inputs"). */
struct hv_hypercall_control {
    uint16_t code;
    bool fast;
    bool nested;
    uint16_t variable_qwords;
    uint16_t rep_count;
    uint16_t rep_start;
};

/*
 * HV_STATUS_INVALID_HYPERCALL_INPUT when a reserved bit is set; the fields are valid all the same.
 * Pure.
 */
hv_status hv_hypercall_parse_control(uint64_t value, struct hv_hypercall_control *control);

/* The input value that resumes a rep call at an element. Pure. */
uint64_t hv_hypercall_resume_value(uint64_t value, uint16_t rep_start);

/* In which counter of a VP's statistics page a call is counted. Pure. */
unsigned hv_hypercall_counter(uint16_t code);

/* TSC ticks that one execution of a call may take, if it can be resumed. */
uint64_t hv_hypercall_budget(const struct hv_partition *partition);

/* A hypercall result value. Pure. */
uint64_t hv_hypercall_result(hv_status status, uint16_t reps_completed);

__attribute__((noinline)) enum hv_disposition hv_hypercall_exit(struct hv_vp *vp,
                                                                struct hv_exit *exit);

/* The instruction that makes a hypercall, without prefixes. */
#define HV_HYPERCALL_INSTRUCTION_LENGTH 3
const uint8_t *hv_hypercall_instruction(const struct hv_platform *platform);

/* Writes the code of the hypercall page for the platform's hypercall instruction. */
void hv_hypercall_page_fill(const struct hv_platform *platform, uint8_t *page);

/* One call as its handler sees it: well formed, privileged, and copied out of guest memory. */
struct hv_hypercall_call {
    struct hv_vp *vp;
    const struct hv_hypercall_control *control;
    const void *header;       /* fixed header, 8-byte aligned */
    const uint64_t *variable; /* control->variable_qwords of them */
    const void *input;        /* rep call: this element; otherwise NULL */
    void *output;             /* rep call: this element's output; simple call: the whole output;
                                 zeroed beforehand */
    uint16_t index;           /* rep call: this element's index */
    /* With HV_HYPERCALL_BATCH: TSC after which it ends with the element that it is at; and how many
       elements the handler has done, one at least if it succeeds. */
    uint64_t deadline;
    uint16_t done;
    bool again; /* nothing of it was done: to be executed once more, as no time is left or the VP
                   is suspended; of a rep call, with the current element */
    bool looks; /* somebody else on the LP can run now */
    bool lends; /* simple call: the caller waits, and its output comes by hv_vp_end_lending() */
    /* With HV_HYPERCALL_DATA_IN and _OUT: bytes behind the input, of which some may be no part of
       the call; and room behind the output, which the handler turns into what it has written. */
    uint16_t input_data_size;
    uint16_t output_data_size;
};

typedef hv_status hv_hypercall_handler(struct hv_hypercall_call *call);

enum hv_hypercall_flags {
    HV_HYPERCALL_REP = 1u << 0,
    HV_HYPERCALL_VARIABLE_HEADER = 1u << 1,
    HV_HYPERCALL_ALLOW_FAST = 1u << 2, /* may be called fast: two registers, or XMM if announced */
    HV_HYPERCALL_EXTENDED = 1u << 3,   /* one of the extended calls */
    HV_HYPERCALL_ROOT = 1u << 4,       /* only the root partition may call */
    HV_HYPERCALL_ANY_PRIVILEGE = 1u << 5, /* one of the privileges is enough */
    /* Data of a size that the call's own input names lie behind a simple call's input, or output,
       in its page; never fast. */
    HV_HYPERCALL_DATA_IN = 1u << 6,
    HV_HYPERCALL_DATA_OUT = 1u << 7,
    HV_HYPERCALL_AT_ONCE = 1u << 8, /* rep call: its handler is called for the first element and
                                       does what is left of the list */
    HV_HYPERCALL_BATCH = 1u << 9,   /* rep call: its handler may do elements that follow, until the
                                       deadline, and says how many it has done */
};

struct hv_hypercall_row;
typedef const struct hv_hypercall_row *hv_hypercall_lookup(uint16_t code);

/*
 * What an input value says of a call, and what of it is refused for a caller with these privileges,
 * before its parameters are looked at. A VP keeps that of its last call, since it makes the same
 * one again and again.
 */
struct hv_hypercall_form {
    uint64_t value;            /* hypercall input value */
    uint64_t privileges;       /* of the caller's partition */
    hv_hypercall_lookup *find; /* NULL: of no call yet */
    struct hv_hypercall_control control;
    hv_status status;
    unsigned counter; /* of the VP's statistics */
    const struct hv_hypercall_row *row;
    /* Sizes of the whole parameter lists, bytes: at most 0x3FF * 8 + 0xFFF * 0xFFFF, no overflow.
       Not without a row. */
    uint32_t header_size; /* fixed and variable */
    uint32_t input_size;
    uint32_t output_size;
    /* Of a fast call: the chunks of the block of registers that hold input, behind which output
       starts (catalogue HC-070); HV_FEATURE_EDX_ bits of what its lists need; and whether the block
       is large enough. */
    uint32_t input_chunks;
    uint32_t registers;
    bool fits;
};

struct hv_hypercall_row {
    uint16_t code;
    uint16_t flags;
    uint16_t header_size; /* fixed input header, or the whole input of a simple call: bytes, a
                             multiple of 8 */
    uint16_t input_size;  /* of one rep element, bytes */
    uint16_t output_size; /* of one rep element, or of a simple call, bytes */
    uint64_t privilege;   /* all of these HV_PRIVILEGE_ bits are needed */
    hv_hypercall_handler *handler; /* NULL: not implemented, only who may call is known */
    const char *name;
};

/* NULL for a code of which nothing is known; a row without handler for one that is known and not
   implemented. */
const struct hv_hypercall_row *hv_hypercall_find(uint16_t code);

/* As hv_hypercall_exit(), with the calls that find knows: how tests get calls of any shape. */
enum hv_disposition hv_hypercall_dispatch(struct hv_vp *vp, struct hv_exit *exit,
                                          hv_hypercall_lookup *find);

/* The bit mask that HvExtCallQueryCapabilities answers: what the table implements. */
uint64_t hv_hypercall_extended_capabilities(void);

/*
 * Whether a partition ID in the input of a call that is for the caller's own partition names that:
 * HV_STATUS_SUCCESS, or what to answer when not. An ID is wrong for a caller that might have
 * children, and none of the business of any other.
 */
hv_status hv_hypercall_check_self(const struct hv_vp *vp, uint64_t partition_id);

/*
 * The partition that an ID in a call's input names, the caller's own or one of its children, with a
 * reference that the caller of this drops. HV_STATUS_INVALID_PARTITION_ID for an ID that nobody
 * has; HV_STATUS_ACCESS_DENIED for somebody else's, and for any to a caller that can't have
 * children.
 */
hv_status hv_hypercall_target(const struct hv_vp *vp, uint64_t partition_id,
                              struct hv_partition **target);

/* As above for calls that are about children alone: HV_STATUS_ACCESS_DENIED for the caller's own.
 */
hv_status hv_hypercall_child(const struct hv_vp *vp, uint64_t partition_id,
                             struct hv_partition **child);

/*
 * As hv_hypercall_target(), for calls that work on VPs of the partition: none of them is deleted
 * before hv_hypercall_leave(), which drops the reference too. HV_STATUS_INVALID_PARTITION_STATE
 * unless it is active.
 */
hv_status hv_hypercall_enter(struct hv_vp *vp, uint64_t partition_id, struct hv_partition **target);
void hv_hypercall_leave(const struct hv_vp *vp, struct hv_partition *target);

/*
 * HV_STATUS_INVALID_PARAMETER for undefined flags; HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO for a
 * domain that there is not and that is demanded.
 */
hv_status hv_hypercall_check_proximity(const struct hv_proximity_domain_info *info);

/*
 * The VP that the input of a call names, of an active partition as above; hv_hypercall_leave() with
 * the VP's partition ends it.
 */
hv_status hv_hypercall_vp(struct hv_vp *vp, uint64_t partition_id, uint32_t vp_index,
                          struct hv_vp **target);
hv_status hv_hypercall_child_vp(struct hv_vp *vp, uint64_t partition_id, uint32_t vp_index,
                                struct hv_vp **target);

/*
 * The same VP if it is one of the caller's LP, and this caller had to do with it before; or NULL,
 * and then hv_hypercall_child_vp() says more. It is there until the LP serves a request: nothing
 * has to be left.
 */
struct hv_vp *hv_hypercall_near_child_vp(const struct hv_vp *vp, uint64_t partition_id,
                                         uint32_t vp_index);

/*
 * As hv_hypercall_target(), and the target's lineage.lock is held, which keeps it active, until
 * hv_hypercall_end(). HV_STATUS_INVALID_PARTITION_STATE unless it is.
 */
hv_status hv_hypercall_begin(const struct hv_vp *vp, uint64_t partition_id,
                             struct hv_partition **target);
void hv_hypercall_end(struct hv_partition *target);

struct hv_vp_bitmap;
struct hv_device_interrupt_target;

/*
 * The VPs of the caller's partition that a device's interrupt is for, one at least; a set's banks
 * are the variable header. HV_STATUS_INVALID_PARAMETER; HV_STATUS_INVALID_HYPERCALL_INPUT.
 */
hv_status hv_hypercall_parse_target(const struct hv_hypercall_call *call,
                                    const struct hv_device_interrupt_target *target,
                                    struct hv_vp_bitmap *targets);

/* HV_STATUS_INVALID_PARAMETER unless an HV_INPUT_VTL means VTL 0, the only one there is. */
hv_status hv_hypercall_check_vtl(uint8_t input_vtl);

/* Handlers, by the name of the call. */
hv_hypercall_handler hv_hypercall_notify_long_spin_wait;
hv_hypercall_handler hv_hypercall_create_partition;
hv_hypercall_handler hv_hypercall_initialize_partition;
hv_hypercall_handler hv_hypercall_finalize_partition;
hv_hypercall_handler hv_hypercall_delete_partition;
hv_hypercall_handler hv_hypercall_get_next_child_partition;
hv_hypercall_handler hv_hypercall_deposit_memory;
hv_hypercall_handler hv_hypercall_withdraw_memory;
hv_hypercall_handler hv_hypercall_get_memory_balance;
hv_hypercall_handler hv_hypercall_create_vp;
hv_hypercall_handler hv_hypercall_delete_vp;
hv_hypercall_handler hv_hypercall_get_partition_property;
hv_hypercall_handler hv_hypercall_set_partition_property;
hv_hypercall_handler hv_hypercall_get_partition_property_ex;
hv_hypercall_handler hv_hypercall_set_partition_property_ex;
hv_hypercall_handler hv_hypercall_get_partition_id;
hv_hypercall_handler hv_hypercall_get_vp_registers;
hv_hypercall_handler hv_hypercall_set_vp_registers;
hv_hypercall_handler hv_hypercall_get_vp_index_from_apic_id;
hv_hypercall_handler hv_hypercall_install_intercept;
hv_hypercall_handler hv_hypercall_check_for_io_intercept;
hv_hypercall_handler hv_hypercall_register_intercept_result;
hv_hypercall_handler hv_hypercall_unregister_intercept_result;
hv_hypercall_handler hv_hypercall_assert_virtual_interrupt;
hv_hypercall_handler hv_hypercall_clear_virtual_interrupt;
hv_hypercall_handler hv_hypercall_get_vp_set_from_mda;
hv_hypercall_handler hv_hypercall_post_message_direct;
hv_hypercall_handler hv_hypercall_signal_event_direct;
hv_hypercall_handler hv_hypercall_get_vp_cpuid_values;
hv_hypercall_handler hv_hypercall_dispatch_vp;
hv_hypercall_handler hv_hypercall_get_vp_state;
hv_hypercall_handler hv_hypercall_set_vp_state;
hv_hypercall_handler hv_hypercall_map_vp_state_page;
hv_hypercall_handler hv_hypercall_unmap_vp_state_page;
hv_hypercall_handler hv_hypercall_map_stats_page;
hv_hypercall_handler hv_hypercall_map_stats_page2;
hv_hypercall_handler hv_hypercall_unmap_stats_page;
hv_hypercall_handler hv_hypercall_get_logical_processor_run_time;
hv_hypercall_handler hv_hypercall_add_logical_processor;
hv_hypercall_handler hv_hypercall_get_system_property;
hv_hypercall_handler hv_hypercall_set_system_property;
hv_hypercall_handler hv_hypercall_enter_sleep_state;
hv_hypercall_handler hv_hypercall_notify_partition_event;
hv_hypercall_handler hv_hypercall_query_capabilities;
hv_hypercall_handler hv_hypercall_switch_virtual_address_space;
/* Each for the space call and the list call. */
hv_hypercall_handler hv_hypercall_flush_virtual_address_space;
hv_hypercall_handler hv_hypercall_flush_virtual_address_space_ex;
hv_hypercall_handler hv_hypercall_send_cluster_ipi;
hv_hypercall_handler hv_hypercall_send_cluster_ipi_ex;
hv_hypercall_handler hv_hypercall_map_device_interrupt;
hv_hypercall_handler hv_hypercall_unmap_device_interrupt;
hv_hypercall_handler hv_hypercall_retarget_device_interrupt;
hv_hypercall_handler hv_hypercall_create_port;
hv_hypercall_handler hv_hypercall_create_port_v2;
hv_hypercall_handler hv_hypercall_delete_port;
hv_hypercall_handler hv_hypercall_get_port_property;
hv_hypercall_handler hv_hypercall_set_port_property;
hv_hypercall_handler hv_hypercall_connect_port;
hv_hypercall_handler hv_hypercall_connect_port_v2;
hv_hypercall_handler hv_hypercall_disconnect_port;
hv_hypercall_handler hv_hypercall_notify_ring_empty;
hv_hypercall_handler hv_hypercall_post_message;
hv_hypercall_handler hv_hypercall_signal_event;
hv_hypercall_handler hv_hypercall_start_virtual_processor;
hv_hypercall_handler hv_hypercall_post_debug_data;
hv_hypercall_handler hv_hypercall_retrieve_debug_data;
hv_hypercall_handler hv_hypercall_reset_debug_session;
hv_hypercall_handler hv_hypercall_map_gpa_pages;
hv_hypercall_handler hv_hypercall_map_sparse_gpa_pages;
hv_hypercall_handler hv_hypercall_unmap_gpa_pages;
hv_hypercall_handler hv_hypercall_modify_sparse_gpa_pages;
hv_hypercall_handler hv_hypercall_get_gpa_pages_access_state;
hv_hypercall_handler hv_hypercall_translate_virtual_address;
hv_hypercall_handler hv_hypercall_read_gpa;
hv_hypercall_handler hv_hypercall_write_gpa;
hv_hypercall_handler hv_hypercall_translate_virtual_address_ex;

#endif
