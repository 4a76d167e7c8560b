/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A guest of one page of RAM at RAM_GPA with a device on each bus, and intercept messages of it as
   a hypervisor writes them. */
#ifndef WORKER_MESSAGES_H
#define WORKER_MESSAGES_H

#include <string.h>

#include <worker/guest.h>

#include "fake_vid.h"

#define RAM_GPA    UINT64_C(0x10000)
#define RAM_SIZE   (4 * HV_PAGE_SIZE)
#define DEVICE_GPA UINT64_C(0xFE000000)
#define PORT       0x3F8u
#define RIP        (RAM_GPA + 0x100)
#define VP         3u

/* A device that keeps the last accesses and answers with one more byte each time. */
struct fake_device {
    unsigned reads, writes;
    uint64_t offset, value;
    unsigned size;
    uint8_t next;
    uint8_t written[64]; /* the low byte of each write */
};

struct fixture {
    struct fake_vid fake;
    struct worker_guest guest;
    struct fake_device port, mmio;
    _Alignas(4096) uint8_t ram[RAM_SIZE];
};

static inline uint64_t fake_device_read(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    struct fake_device *device = context;
    uint64_t value = 0;

    (void)now;
    device->reads++;
    device->offset = offset;
    device->size = size;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)device->next++ << (8 * i);
    return value;
}

static inline void fake_device_write(void *context, uint64_t offset, unsigned size, uint64_t value,
                                     uint64_t now)
{
    struct fake_device *device = context;

    (void)now;
    device->written[device->writes++ % sizeof(device->written)] = (uint8_t)value;
    device->offset = offset;
    device->size = size;
    device->value = value;
}

static inline void fixture_init(struct fixture *fixture)
{
    struct worker_device port = { &fixture->port, fake_device_read, fake_device_write, 4 };
    struct worker_device mmio = { &fixture->mmio, fake_device_read, fake_device_write, 8 };

    memset(fixture, 0, sizeof(*fixture));
    fixture->port.next = fixture->mmio.next = 0xA1;
    fake_vid_init(&fixture->fake);
    worker_guest_init(&fixture->guest, &fixture->fake.vid);
    worker_memory_add(&fixture->guest.memory, RAM_GPA, fixture->ram, RAM_SIZE,
                      HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE);
    worker_bus_add(&fixture->guest.ports, PORT, 8, &port);
    worker_bus_add(&fixture->guest.mmio, DEVICE_GPA, 0x2000, &mmio);
}

/* 64-bit mode, CPL 0. */
static inline struct hv_x64_intercept_message_header long_mode_header(uint8_t access)
{
    return (struct hv_x64_intercept_message_header){
        .vp_index = VP,
        .intercept_access_type = access,
        .execution_state = HV_X64_VP_EXECUTION_STATE_CR0_PE | HV_X64_VP_EXECUTION_STATE_EFER_LMA,
        .cs_segment = { .limit = UINT32_MAX,
                        .attributes = 0xB | HV_X64_SEGMENT_NON_SYSTEM | HV_X64_SEGMENT_PRESENT |
                                      HV_X64_SEGMENT_LONG },
        .rip = RIP,
        .rflags = 0x2,
    };
}

/* The message goes through bytes, as it does with a hypervisor. */
static inline enum worker_result deliver(struct fixture *fixture, uint32_t type,
                                         const void *payload, uint8_t size)
{
    struct worker_intercept intercept = { .kind = WORKER_INTERCEPT_MESSAGE, .vp_index = VP };

    intercept.message.header.message_type = type;
    intercept.message.header.payload_size = size;
    memcpy(intercept.message.payload, payload, size);
    return worker_guest_intercept(&fixture->guest, &intercept, 1000);
}

static inline uint64_t reg(struct fixture *fixture, uint32_t name)
{
    return fake_vid_get(&fixture->fake, name);
}

/* The exception that was raised: pending, type 3, with its error code. */
static inline uint64_t exception(uint64_t vector, uint64_t error_code)
{
    return 1 | 3 << 1 | 1 << 4 | vector << 16 | error_code << 32;
}

#endif
