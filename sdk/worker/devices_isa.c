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

/* ---- Serial ports ---- */

static uint64_t read_com(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_isa_device *device = context;
    unsigned port = device->number - COM1;
    uint8_t value = hv_uart_read(&device->machine->uart[port], (unsigned)offset, now);

    (void)size;
    worker_lines_update_com(device->machine, port);
    return value;
}

static void write_com(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct worker_isa_device *device = context;
    unsigned port = device->number - COM1;

    (void)size;
    hv_uart_write(&device->machine->uart[port], (unsigned)offset, (uint8_t)value, now);
    worker_lines_update_com(device->machine, port);
}

/* ---- Timer, and the port that shows one of its counters ---- */

static uint64_t read_timer(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_isa_device *device = context;
    struct hv_pit *pit = &device->machine->pit;
    uint8_t value = device->number == PIT ? hv_pit_read(pit, (unsigned)offset, now)
                                          : hv_pit_read_port_b(pit, now);

    (void)size;
    worker_lines_update_timer(device->machine);
    return value;
}

static void write_timer(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct worker_isa_device *device = context;
    struct hv_pit *pit = &device->machine->pit;

    (void)size;
    if (device->number == PIT)
        hv_pit_write(pit, (unsigned)offset, (uint8_t)value, now);
    else
        hv_pit_write_port_b(pit, (uint8_t)value, now);
    worker_lines_update_timer(device->machine);
}

/* ---- Clock ---- */

static uint64_t read_clock(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_isa_device *device = context;
    uint8_t value = hv_rtc_read(&device->machine->rtc, (unsigned)offset, now);

    (void)size;
    worker_lines_update_clock(device->machine);
    return value;
}

static void write_clock(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct worker_isa_device *device = context;

    (void)size;
    hv_rtc_write(&device->machine->rtc, (unsigned)offset, (uint8_t)value, now);
    worker_lines_update_clock(device->machine);
}

/* ---- 8259s ---- */

static uint16_t pic_port(const struct worker_isa_device *device, uint64_t offset)
{
    return (uint16_t)(ports[device->number].first + offset);
}

static uint64_t read_pic(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    const struct worker_isa_device *device = context;
    uint8_t value = hv_pic_read(&device->machine->pic, pic_port(device, offset));

    (void)size;
    (void)now;
    worker_lines_update_legacy(device->machine);
    return value;
}

static void write_pic(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct worker_isa_device *device = context;

    (void)size;
    (void)now;
    hv_pic_write(&device->machine->pic, pic_port(device, offset), (uint8_t)value);
    worker_lines_update_legacy(device->machine);
}

/* ---- All of them ---- */

static const struct {
    uint64_t (*read)(void *context, uint64_t offset, unsigned size, uint64_t now);
    void (*write)(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
} accesses[WORKER_ISA_DEVICES] = {
    [COM1] = { read_com, write_com },      [COM2] = { read_com, write_com },
    [PIT] = { read_timer, write_timer },   [PORT_B] = { read_timer, write_timer },
    [RTC] = { read_clock, write_clock },   [PIC_MASTER] = { read_pic, write_pic },
    [PIC_SLAVE] = { read_pic, write_pic }, [PIC_LEVEL] = { read_pic, write_pic },
};

bool worker_devices_attach_isa(struct worker_machine *machine)
{
    for (unsigned i = 0; i < WORKER_ISA_DEVICES; i++) {
        struct worker_isa_device *device = &machine->isa[i];
        const struct worker_device bus_device = { device, accesses[i].read, accesses[i].write, 1 };

        *device = (struct worker_isa_device){ machine, i };
        if (!worker_bus_add(&machine->guest.ports, ports[i].first, ports[i].count, &bus_device))
            return false;
    }
    return true;
}
