/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Between the bus and the devices that were ISA's. Each access may move an interrupt line. */
#include "devices.h"
#include "lines.h"

#define PIT_PORT   0x40u
#define PORT_B     0x61u
#define PORT_COUNT 1u
#define RTC_PORT   0x70u
#define PIC_PORTS  2u /* of a chip, and of both level registers */

static const uint16_t com_ports[WORKER_COM_PORTS] = { 0x3F8, 0x2F8 };

/* ---- Serial ports ---- */

static uint64_t read_com(struct worker_machine *machine, unsigned port, uint64_t offset,
                         uint64_t now)
{
    uint8_t value = hv_uart_read(&machine->uart[port], (unsigned)offset, now);

    worker_lines_update(machine);
    return value;
}

static void write_com(struct worker_machine *machine, unsigned port, uint64_t offset,
                      uint64_t value, uint64_t now)
{
    hv_uart_write(&machine->uart[port], (unsigned)offset, (uint8_t)value, now);
    worker_lines_update(machine);
}

static uint64_t read_com1(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    return read_com(context, 0, offset, now);
}

static void write_com1(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    write_com(context, 0, offset, value, now);
}

static uint64_t read_com2(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    return read_com(context, 1, offset, now);
}

static void write_com2(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    write_com(context, 1, offset, value, now);
}

/* ---- Timer ---- */

static uint64_t read_pit(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    struct worker_machine *machine = context;
    uint8_t value = hv_pit_read(&machine->pit, (unsigned)offset, now);

    (void)size;
    worker_lines_update(machine);
    return value;
}

static void write_pit(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct worker_machine *machine = context;

    (void)size;
    hv_pit_write(&machine->pit, (unsigned)offset, (uint8_t)value, now);
    worker_lines_update(machine);
}

static uint64_t read_port_b(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    struct worker_machine *machine = context;
    uint8_t value = hv_pit_read_port_b(&machine->pit, now);

    (void)offset;
    (void)size;
    worker_lines_update(machine);
    return value;
}

static void write_port_b(void *context, uint64_t offset, unsigned size, uint64_t value,
                         uint64_t now)
{
    struct worker_machine *machine = context;

    (void)offset;
    (void)size;
    hv_pit_write_port_b(&machine->pit, (uint8_t)value, now);
    worker_lines_update(machine);
}

/* ---- Clock ---- */

static uint64_t read_rtc(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    struct worker_machine *machine = context;
    uint8_t value = hv_rtc_read(&machine->rtc, (unsigned)offset, now);

    (void)size;
    worker_lines_update(machine);
    return value;
}

static void write_rtc(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct worker_machine *machine = context;

    (void)size;
    hv_rtc_write(&machine->rtc, (unsigned)offset, (uint8_t)value, now);
    worker_lines_update(machine);
}

/* ---- 8259s ---- */

static uint64_t read_pic(struct worker_machine *machine, uint64_t port)
{
    uint8_t value = hv_pic_read(&machine->pic, (uint16_t)port);

    worker_lines_update(machine);
    return value;
}

static void write_pic(struct worker_machine *machine, uint64_t port, uint64_t value)
{
    hv_pic_write(&machine->pic, (uint16_t)port, (uint8_t)value);
    worker_lines_update(machine);
}

static uint64_t read_master(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    (void)now;
    return read_pic(context, HV_PIC_MASTER_COMMAND + offset);
}

static void write_master(void *context, uint64_t offset, unsigned size, uint64_t value,
                         uint64_t now)
{
    (void)size;
    (void)now;
    write_pic(context, HV_PIC_MASTER_COMMAND + offset, value);
}

static uint64_t read_slave(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    (void)now;
    return read_pic(context, HV_PIC_SLAVE_COMMAND + offset);
}

static void write_slave(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    (void)now;
    write_pic(context, HV_PIC_SLAVE_COMMAND + offset, value);
}

static uint64_t read_level(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    (void)now;
    return read_pic(context, HV_PIC_MASTER_LEVEL + offset);
}

static void write_level(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    (void)now;
    write_pic(context, HV_PIC_MASTER_LEVEL + offset, value);
}

/* ---- Where they are ---- */

static bool attach_pic(struct worker_machine *machine)
{
    const struct worker_device master = { machine, read_master, write_master, 1 };
    const struct worker_device slave = { machine, read_slave, write_slave, 1 };
    const struct worker_device level = { machine, read_level, write_level, 1 };
    struct worker_bus *ports = &machine->guest.ports;

    return worker_bus_add(ports, HV_PIC_MASTER_COMMAND, PIC_PORTS, &master) &&
           worker_bus_add(ports, HV_PIC_SLAVE_COMMAND, PIC_PORTS, &slave) &&
           worker_bus_add(ports, HV_PIC_MASTER_LEVEL, PIC_PORTS, &level);
}

bool worker_devices_attach_isa(struct worker_machine *machine)
{
    const struct worker_device com1 = { machine, read_com1, write_com1, 1 };
    const struct worker_device com2 = { machine, read_com2, write_com2, 1 };
    const struct worker_device pit = { machine, read_pit, write_pit, 1 };
    const struct worker_device port_b = { machine, read_port_b, write_port_b, 1 };
    const struct worker_device rtc = { machine, read_rtc, write_rtc, 1 };
    struct worker_bus *ports = &machine->guest.ports;

    return attach_pic(machine) && worker_bus_add(ports, com_ports[0], HV_UART_PORTS, &com1) &&
           worker_bus_add(ports, com_ports[1], HV_UART_PORTS, &com2) &&
           worker_bus_add(ports, PIT_PORT, HV_PIT_PORTS, &pit) &&
           worker_bus_add(ports, PORT_B, PORT_COUNT, &port_b) &&
           worker_bus_add(ports, RTC_PORT, HV_RTC_PORTS, &rtc);
}
