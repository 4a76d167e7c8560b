/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "hyperv_testdev.h"

#include <hv/abi/tlfs.h>
#include <hv/port.h>
#include <hv/synic.h>

#include "lock.h"

#define SINT_SHIFT          0
#define VP_SHIFT            8
#define ACTION_SHIFT        16
#define CONNECTION_SHIFT    24
#define FIELD_MASK          0xFFu
#define MESSAGE_PORTS_FIRST 0x100u
#define EVENT_PORTS_FIRST   0x200u

struct command {
    uint32_t sint, vp_index, action, connection;
};

/* A port and its connection come and go together. */
static atomic_flag lock = ATOMIC_FLAG_INIT;

static struct command decode(uint32_t value)
{
    return (struct command){
        .sint = value >> SINT_SHIFT & FIELD_MASK,
        .vp_index = value >> VP_SHIFT & FIELD_MASK,
        .action = value >> ACTION_SHIFT & FIELD_MASK,
        .connection = value >> CONNECTION_SHIFT & FIELD_MASK,
    };
}

static hv_status set_sint(struct hv_partition *partition, const struct command *command)
{
    struct hv_vp *vp = hv_vp_get(partition, command->vp_index);

    return vp ? hv_synic_raise(vp, command->sint) : HV_STATUS_INVALID_VP_INDEX;
}

static hv_status create(struct hv_partition *partition, uint32_t connection, uint32_t port,
                        const struct hv_port_config *config)
{
    hv_status status = hv_port_create(partition, port, config);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = hv_port_connect(partition, connection, partition, port);
    if (status != HV_STATUS_SUCCESS)
        hv_port_delete(partition, port);
    return status;
}

static hv_status create_messages(struct hv_partition *partition, const struct command *command)
{
    const struct hv_port_config config = { .type = HvPortTypeMessage,
                                           .sint = command->sint,
                                           .vp_index = command->vp_index };

    return create(partition, command->connection, MESSAGE_PORTS_FIRST + command->connection,
                  &config);
}

static hv_status create_events(struct hv_partition *partition, const struct command *command)
{
    const struct hv_port_config config = { .type = HvPortTypeEvent,
                                           .sint = command->sint,
                                           .vp_index = command->vp_index,
                                           .base_flag = (uint16_t)command->connection,
                                           .flag_count = 1 };

    return create(partition, command->connection, EVENT_PORTS_FIRST + command->connection, &config);
}

static hv_status destroy(struct hv_partition *partition, uint32_t connection, uint32_t port)
{
    hv_status status = hv_port_delete(partition, port);

    if (status != HV_STATUS_SUCCESS)
        return status;
    return hv_port_disconnect(partition, connection);
}

static hv_status carry_out(struct hv_partition *partition, const struct command *command)
{
    switch (command->action) {
    case HYPERV_TESTDEV_CREATE_ROUTE:
    case HYPERV_TESTDEV_DESTROY_ROUTE:
        return HV_STATUS_SUCCESS;
    case HYPERV_TESTDEV_SET_SINT:
        return set_sint(partition, command);
    case HYPERV_TESTDEV_CREATE_MESSAGES:
        return create_messages(partition, command);
    case HYPERV_TESTDEV_DESTROY_MESSAGES:
        return destroy(partition, command->connection, MESSAGE_PORTS_FIRST + command->connection);
    case HYPERV_TESTDEV_CREATE_EVENTS:
        return create_events(partition, command);
    case HYPERV_TESTDEV_DESTROY_EVENTS:
        return destroy(partition, command->connection, EVENT_PORTS_FIRST + command->connection);
    default:
        return HV_STATUS_INVALID_PARAMETER;
    }
}

hv_status hyperv_testdev_command(struct hv_partition *partition, uint32_t value)
{
    const struct command command = decode(value);
    hv_status status;

    lock_acquire(&lock);
    status = carry_out(partition, &command);
    lock_release(&lock);
    return status;
}
