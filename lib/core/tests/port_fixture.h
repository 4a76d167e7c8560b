/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A root and two children of it, with the calls that make ports and connections. */
#ifndef HV_CORE_TESTS_PORT_FIXTURE_H
#define HV_CORE_TESTS_PORT_FIXTURE_H

#include <check.h>
#include <string.h>

#include "child.h"
#include "child_fixture.h"

#define SINT     3u
#define VECTOR   0x55
#define TYPE     0x17u
#define SIEF_GPA UINT64_C(0x8000)
#define PORT     0x123456u
#define LINE     0xABCDEFu /* a connection */

static struct hv_partition *sibling;

static inline void listen(struct hv_vp *target, uint64_t sief, uint64_t sim)
{
    write_msr(target, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    write_msr(target, HV_X64_MSR_SIMP, sim | HV_X64_MSR_PAGE_ENABLE);
    write_msr(target, HV_X64_MSR_SIEFP, sief | HV_X64_MSR_PAGE_ENABLE);
    write_msr(target, HV_X64_MSR_SINT0 + SINT, VECTOR);
    hv_apic_write(&target->apic, HV_APIC_SVR, 0x1FF, 0);
}

static inline void begin(void)
{
    child_setup();
    listen(root_vp, 0x30000, SIM_GPA);
    listen(vp, SIEF_GPA, 0x9000);
    sibling = add_child(root, EXO_FLAGS);
    fake_vp_create(&fake, sibling, 0);
    root->features.privileges |= HV_PRIVILEGE_CreatePort | HV_PRIVILEGE_ConnectPort;
}

static inline hv_status simple(uint16_t code, const void *input, size_t size)
{
    memcpy(input_page(), input, size);
    return (hv_status)call_from(root_vp, code);
}

/* A call of the child's, which has the memory behind its parent's. */
static inline hv_status from_child(uint16_t code, const void *input, size_t size)
{
    atomic_store(&child->guest_os_id, 1);
    memcpy(fake_page(&fake, FAKE_FIRST_POOL - CHILD_RAM + 1), input, size);
    return (hv_status)fake_hypercall(vp, code, HV_PAGE_SIZE, 2 * HV_PAGE_SIZE);
}

static inline struct hv_input_create_port message_port(const struct hv_partition *owner,
                                                       const struct hv_partition *sender)
{
    struct hv_input_create_port input = { .port_partition = owner->id,
                                          .port_id = PORT,
                                          .connection_partition = sender->id,
                                          .port_info = { .port_type = HvPortTypeMessage } };

    input.port_info.message.target_sint = SINT;
    input.port_info.message.target_vp = HV_ANY_VP;
    return input;
}

static inline struct hv_input_create_port event_port(const struct hv_partition *owner,
                                                     const struct hv_partition *sender)
{
    struct hv_input_create_port input = message_port(owner, sender);

    input.port_info.port_type = HvPortTypeEvent;
    input.port_info.event.base_flag_number = 100;
    input.port_info.event.flag_count = 10;
    return input;
}

static inline struct hv_input_connect_port
connection(const struct hv_partition *sender, const struct hv_partition *owner, uint32_t type)
{
    return (struct hv_input_connect_port){ .connection_partition = sender->id,
                                           .connection_id = LINE,
                                           .port_partition = owner->id,
                                           .port_id = PORT,
                                           .connection_info = { .port_type = type } };
}

static inline struct hv_input_create_port
monitor_port(const struct hv_partition *owner, const struct hv_partition *sender, uint64_t page)
{
    struct hv_input_create_port input = message_port(owner, sender);

    input.port_info = (struct hv_port_info){ .port_type = HvPortTypeMonitor };
    input.port_info.monitor.monitor_address = page;
    return input;
}

static inline struct hv_input_connect_port
monitor_line(const struct hv_partition *sender, const struct hv_partition *owner, uint64_t page)
{
    struct hv_input_connect_port input = connection(sender, owner, HvPortTypeMonitor);

    input.connection_info.monitor.monitor_address = page;
    return input;
}

static inline hv_status create(struct hv_input_create_port input)
{
    return simple(HvCallCreatePort, &input, sizeof(input));
}

static inline hv_status connect(struct hv_input_connect_port input)
{
    return simple(HvCallConnectPort, &input, sizeof(input));
}

static inline hv_status delete (const struct hv_partition *owner, uint32_t id, uint32_t reserved)
{
    const struct hv_input_delete_port input = { owner->id, id, reserved };

    return simple(HvCallDeletePort, &input, sizeof(input));
}

static inline hv_status disconnect(const struct hv_partition *sender, uint32_t id, uint32_t flags)
{
    const struct hv_input_disconnect_port input = { sender->id, id, flags };

    return simple(HvCallDisconnectPort, &input, sizeof(input));
}

/* A port of owner with a connection of sender. */
static inline void join(const struct hv_partition *sender, const struct hv_partition *owner)
{
    ck_assert_uint_eq(create(message_port(owner, sender)), HV_STATUS_SUCCESS);
    ck_assert_uint_eq(connect(connection(sender, owner, HvPortTypeMessage)), HV_STATUS_SUCCESS);
}

static inline hv_status post_from(struct hv_vp *sender, uint64_t number)
{
    struct hv_input_post_message input = {
        .connection_id = LINE, .message_type = TYPE, .payload_size = 8, .payload = { number }
    };
    struct hv_hypercall_call call = { .vp = sender, .header = &input };

    return hv_hypercall_post_message(&call);
}

static inline hv_status signal_from(struct hv_vp *sender, uint16_t flag)
{
    const struct hv_input_signal_event input = { .connection_id = LINE, .flag_number = flag };
    struct hv_hypercall_call call = { .vp = sender, .header = &input };

    return hv_hypercall_signal_event(&call);
}

static inline struct hv_message *slot(struct hv_vp *target)
{
    struct hv_message_page *page = target->synic.message_page.page;

    return &page->sint_message[SINT];
}

static inline void empty(struct hv_vp *target)
{
    slot(target)->header.message_type = HvMessageTypeNone;
    write_msr(target, HV_X64_MSR_EOM, 0);
}

/* Nobody is referred to but by those who are there. */
static inline void nobody_is_held(void)
{
    ck_assert_uint_eq(atomic_load(&root->lineage.references), 3);
    ck_assert_uint_eq(atomic_load(&child->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&sibling->lineage.references), 1);
    ck_assert_uint_eq(atomic_load(&child->gate.state), 0);
}

static inline void refuse(struct hv_input_create_port input, hv_status status)
{
    size_t unused = hv_partition_available(root);

    ck_assert_uint_eq(create(input), status);
    ck_assert_uint_eq(hv_partition_available(root), unused);
    ck_assert_ptr_null(hv_port_find(root, PORT));
}

static inline hv_status end(struct hv_partition *partition)
{
    bool done = true;
    hv_status status = hv_child_finalize(root_vp, partition, UINT64_MAX, &done);

    ck_assert(done);
    return status;
}

#endif
