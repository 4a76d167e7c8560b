/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What tests of ports that a parent makes share: the calls, and a child with a SynIC that is on. */
#ifndef CONFORMANCE_TESTS_PARENT_PORT_SUPPORT_H
#define CONFORMANCE_TESTS_PARENT_PORT_SUPPORT_H

#include <conformance/child.h>

#include "port_support.h"

/* IDs that nobody else uses here; a few follow each. */
#define PP_PORT UINT32_C(0x7A0010)
#define PP_LINE UINT32_C(0x7B0010)
#define PP_IDS  8u

#define PP_SINT     3u
#define PP_FLAG     100u /* the first one of an event port */
#define PP_FLAGS    10u
#define PP_SIM_GPA  UINT64_C(0x9000) /* of the child's VP 0 */
#define PP_SIEF_GPA UINT64_C(0xa000)

#define NEEDS_PARENT_PORTS                                                                       \
    NEEDS(.privileges = PARENT_PRIVILEGES | HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort | \
                        HV_PRIVILEGE_PostMessages | HV_PRIVILEGE_SignalEvents |                  \
                        HV_PRIVILEGE_AccessSynicRegs)

/* ---- The calls ---- */

static inline uint16_t pp_create(struct hv_input_create_port input)
{
    return parent_simple(HvCallCreatePort, &input, sizeof(input));
}

static inline uint16_t pp_connect(struct hv_input_connect_port input)
{
    return parent_simple(HvCallConnectPort, &input, sizeof(input));
}

static inline uint16_t pp_delete(uint64_t owner, uint32_t port)
{
    const struct hv_input_delete_port input = { .port_partition = owner, .port_id = port };

    return parent_simple(HvCallDeletePort, &input, sizeof(input));
}

static inline uint16_t pp_disconnect(uint64_t sender, uint32_t connection)
{
    const struct hv_input_disconnect_port input = { .connection_partition = sender,
                                                    .connection_id = connection };

    return parent_simple(HvCallDisconnectPort, &input, sizeof(input));
}

static inline uint16_t pp_get_property(uint64_t owner, uint32_t port, uint32_t code,
                                       uint64_t *value)
{
    const struct hv_input_get_port_property input = { .partition_id = owner,
                                                      .port_id = port,
                                                      .property_code = code };
    uint16_t status = parent_simple(HvGetPortProperty, &input, sizeof(input));

    memcpy(value, parent_output(), sizeof(*value));
    return status;
}

static inline uint16_t pp_set_property(uint64_t owner, uint32_t port, uint32_t code, uint64_t value)
{
    const struct hv_input_set_port_property input = {
        .partition_id = owner, .port_id = port, .property_code = code, .property_value = value
    };

    return parent_simple(HvCallSetPortProperty, &input, sizeof(input));
}

/* ---- What they are given ---- */

static inline struct hv_input_create_port pp_message_port(uint64_t owner, uint64_t sender)
{
    struct hv_input_create_port input = { .port_partition = owner,
                                          .port_id = PP_PORT,
                                          .connection_partition = sender,
                                          .port_info.port_type = HvPortTypeMessage };

    input.port_info.message.target_sint = PP_SINT;
    input.port_info.message.target_vp = HV_ANY_VP;
    return input;
}

static inline struct hv_input_create_port pp_event_port(uint64_t owner, uint64_t sender)
{
    struct hv_input_create_port input = pp_message_port(owner, sender);

    input.port_info.port_type = HvPortTypeEvent;
    input.port_info.event.base_flag_number = PP_FLAG;
    input.port_info.event.flag_count = PP_FLAGS;
    return input;
}

static inline struct hv_input_connect_port pp_line(uint64_t sender, uint64_t owner, uint32_t type)
{
    return (struct hv_input_connect_port){ .connection_partition = sender,
                                           .connection_id = PP_LINE,
                                           .port_partition = owner,
                                           .port_id = PP_PORT,
                                           .connection_info.port_type = type };
}

/* ---- The child ---- */

/* What a test before this one has left in the caller's own partition. */
static inline void pp_clean(void)
{
    for (uint32_t i = 0; i < PP_IDS; i++) {
        (void)pp_disconnect(HV_PARTITION_ID_SELF, PP_LINE + i);
        (void)pp_delete(HV_PARTITION_ID_SELF, PP_PORT + i);
    }
}

/* A child whose VP 0, which stands still, takes messages and events. */
static inline struct child pp_begin(void)
{
    struct child child;

    parent_begin();
    pp_clean();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_set(&child, 0, HvRegisterSipp, PP_SIM_GPA | HV_X64_MSR_PAGE_ENABLE);
    child_set(&child, 0, HvRegisterSifp, PP_SIEF_GPA | HV_X64_MSR_PAGE_ENABLE);
    child_set(&child, 0, HvRegisterSint0 + PP_SINT, 0x55);
    child_set(&child, 0, HvRegisterScontrol, HV_X64_MSR_SCONTROL_ENABLE);
    return child;
}

/* A port of the child's and a connection of the caller's to it. */
static inline void pp_join(const struct child *child, struct hv_input_create_port port)
{
    REQUIRE_EQ(pp_create(port), HV_STATUS_SUCCESS);
    REQUIRE_EQ(pp_connect(pp_line(parent_own_id(), child->id, port.port_info.port_type)),
               HV_STATUS_SUCCESS);
}

static inline uint64_t pp_read(const struct child *child, uint64_t gpa)
{
    uint32_t result = UINT32_MAX;
    uint64_t value = 0;

    REQUIRE_EQ(parent_read_gpa(child->id, 0, gpa, &value, sizeof(value), &result),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(result, HvAccessGpaSuccess);
    return value;
}

static inline void pp_write(const struct child *child, uint64_t gpa, uint64_t value)
{
    uint32_t result = UINT32_MAX;

    REQUIRE_EQ(parent_write_gpa(child->id, 0, gpa, &value, sizeof(value), &result),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(result, HvAccessGpaSuccess);
}

/* A field of the message in the child's slot of PP_SINT. */
static inline uint64_t pp_slot(const struct child *child, unsigned offset)
{
    return pp_read(child, PP_SIM_GPA + PP_SINT * sizeof(struct hv_message) + offset);
}

static inline uint32_t pp_slot_type(const struct child *child)
{
    return (uint32_t)pp_slot(child, 0);
}

/* A message that was posted arrives when the VP's processor comes to it. @return its payload */
static inline uint64_t pp_arrived_at(const struct child *child, uint64_t slot_gpa)
{
    uint64_t end = rdtsc() + tsc_from_us(SYNIC_WAIT);

    while ((uint32_t)pp_read(child, slot_gpa) == HvMessageTypeNone && rdtsc() < end)
        cpu_pause();
    CHECK((uint32_t)pp_read(child, slot_gpa) != HvMessageTypeNone, "no message");
    return pp_read(child, slot_gpa + sizeof(struct hv_message_header));
}

static inline uint64_t pp_slot_payload(const struct child *child)
{
    return pp_arrived_at(child, PP_SIM_GPA + PP_SINT * sizeof(struct hv_message));
}

/* As the child does it when it has read the message. */
static inline void pp_empty(const struct child *child)
{
    pp_write(child, PP_SIM_GPA + PP_SINT * sizeof(struct hv_message), 0);
    child_set(child, 0, HvRegisterEom, 0);
}

static inline bool pp_flag(const struct child *child, unsigned flag)
{
    uint64_t word = PP_SIEF_GPA + PP_SINT * sizeof(struct hv_synic_event_flags) + flag / 64 * 8;

    return pp_read(child, word) >> flag % 64 & 1;
}

static inline uint16_t pp_post(uint64_t payload)
{
    const struct hv_input_post_message message = port_message(PP_LINE, payload);

    return port_post(&message);
}

/* Pages of a pool that are used. */
static inline uint64_t pp_used(uint64_t id)
{
    struct hv_output_get_memory_balance balance;

    REQUIRE_EQ(parent_balance(id, &balance), HV_STATUS_SUCCESS);
    return balance.pages_in_use;
}

#endif
