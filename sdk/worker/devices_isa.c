/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Between the bus and the devices that were ISA's. Each access may move an interrupt line. */
#include "devices.h"
#include "lines.h"

enum isa_device { COM1, COM2, PIT, PORT_B, RTC, PIC_MASTER, PIC_SLAVE, PIC_LEVEL };

static const struct {
    uint16_t first, count;
} ports[WORKER_ISA_DEVICES] = {
    [COM1] = { 0x3F8, HV_UART_PORTS },
    [COM2] = { 0x2F8, HV_UART_PORTS },
    [PIT] = { 0x40, HV_PIT_PORTS },
    [PORT_B] = { 0x61, 1 },
    [RTC] = { 0x70, HV_RTC_PORTS },
    [PIC_MASTER] = { HV_PIC_MASTER_COMMAND, 2 },
    [PIC_SLAVE] = { HV_PIC_SLAVE_COMMAND, 2 },
    [PIC_LEVEL] = { HV_PIC_MASTER_LEVEL, 2 },
};

static void update_lines(struct worker_machine *machine, unsigned number)
{
    switch (number) {
    case COM1:
    case COM2:
        worker_lines_update_com(machine, number - COM1);
        break;
    case PIT:
    case PORT_B:
        worker_lines_update_timer(machine);
        break;
    case RTC:
        worker_lines_update_clock(machine);
        break;
    default:
        worker_lines_update_legacy(machine);
        break;
    }
}

static uint8_t read_device(struct worker_machine *machine, unsigned number, unsigned offset,
                           uint64_t now)
{
    switch (number) {
    case COM1:
    case COM2:
        return hv_uart_read(&machine->uart[number - COM1], offset, now);
    case PIT:
        return hv_pit_read(&machine->pit, offset, now);
    case PORT_B:
        return hv_pit_read_port_b(&machine->pit, now);
    case RTC:
        return hv_rtc_read(&machine->rtc, offset, now);
    default:
        return hv_pic_read(&machine->pic, (uint16_t)(ports[number].first + offset));
    }
}

static void write_device(struct worker_machine *machine, unsigned number, unsigned offset,
                         uint8_t value, uint64_t now)
{
    switch (number) {
    case COM1:
    case COM2:
        hv_uart_write(&machine->uart[number - COM1], offset, value, now);
        break;
    case PIT:
        hv_pit_write(&machine->pit, offset, value, now);
        break;
    case PORT_B:
        hv_pit_write_port_b(&machine->pit, value, now);
        break;
    case RTC:
        hv_rtc_write(&machine->rtc, offset, value, now);
        break;
    default:
        hv_pic_write(&machine->pic, (uint16_t)(ports[number].first + offset), value);
        break;
    }
}

static uint64_t read_port(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_isa_device *device = context;
    uint8_t value = read_device(device->machine, device->number, (unsigned)offset, now);

    (void)size;
    update_lines(device->machine, device->number);
    return value;
}

static void write_port(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct worker_isa_device *device = context;

    (void)size;
    write_device(device->machine, device->number, (unsigned)offset, (uint8_t)value, now);
    update_lines(device->machine, device->number);
}

bool worker_devices_attach_isa(struct worker_machine *machine)
{
    for (unsigned i = 0; i < WORKER_ISA_DEVICES; i++) {
        struct worker_isa_device *device = &machine->isa[i];
        const struct worker_device bus_device = { device, read_port, write_port, 1 };

        *device = (struct worker_isa_device){ machine, i };
        if (!worker_bus_add(&machine->guest.ports, ports[i].first, ports[i].count, &bus_device))
            return false;
    }
    return true;
}
