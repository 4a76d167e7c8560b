/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The worker under any intercept: whatever the message, the instruction, the guest's page tables
 * and its memory hold, only the guest's memory is touched, devices see what they were promised, and
 * each call ends.
 *
 * Input: four page table entries (page, where it leads to, result code, read-only), 16 bytes that
 * memory is filled with, then intercepts: a byte 0, message type, payload size and payload; or a
 * byte 1 and an access.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <worker/guest.h>

#include "fake_vid.h"
#include "fuzz.h"

#define RAM_GPA  UINT64_C(0x10000)
#define RAM_SIZE (4 * HV_PAGE_SIZE)
#define MMIO_GPA UINT64_C(0x40000)
#define WIDTH    8u
#define RANGE    0x2000u

static const uint32_t types[] = {
    HvMessageTypeX64IoPortIntercept, HvMessageTypeUnmappedGpa,
    HvMessageTypeGpaIntercept,       HvMessageTypeX64CpuidIntercept,
    HvMessageTypeMsrIntercept,       HvMessageTypeX64Halt,
    HvMessageTypeX64ApicEoi,         HvMessageTypeUnrecoverableException,
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static unsigned accesses;

static void check_access(uint64_t offset, unsigned size)
{
    CHECK(size == 1 || size == 2 || size == 4 || size == WIDTH);
    CHECK(offset % size == 0 && offset + size <= RANGE);
    accesses++;
}

static uint64_t read(void *context, uint64_t offset, unsigned size, uint64_t now)
{
    (void)context;
    (void)now;
    check_access(offset, size);
    return offset * UINT64_C(0x0101010101010101);
}

static void write(void *context, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)context;
    (void)now;
    check_access(offset, size);
    CHECK(size == 8 || value >> (8 * size) == 0);
}

static bool take(const uint8_t **data, size_t *left, void *to, size_t size)
{
    if (*left < size)
        return false;
    memcpy(to, *data, size);
    *data += size;
    *left -= size;
    return true;
}

static void make_pages(struct fake_vid *fake, const uint8_t bytes[16])
{
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *entry = bytes + i * 4;

        fake->pages[fake->page_count++] = (struct fake_page){
            .gva = (uint64_t)entry[0] << 12,
            .gpa = (uint64_t)entry[1] << 12,
            .code = entry[2] % 10,
            .read_only = entry[3] & 1,
        };
    }
}

static bool make_message(struct worker_intercept *intercept, const uint8_t **data, size_t *left)
{
    struct hv_message *message = &intercept->message;
    uint8_t head[2];

    if (!take(data, left, head, sizeof(head)))
        return false;
    message->header.message_type = types[head[0] % TYPES];
    message->header.payload_size = head[1];
    return take(data, left, message->payload,
                head[1] < sizeof(message->payload) ? head[1] : sizeof(message->payload));
}

static bool make_access(struct worker_intercept *intercept, const uint8_t **data, size_t *left,
                        uint8_t room[64])
{
    uint8_t head[5];

    if (!take(data, left, head, sizeof(head)))
        return false;
    intercept->access = (struct worker_access){
        .address = (uint64_t)head[0] << 12 | head[1],
        .data = room,
        .count = head[2] % 8,
        .size = head[3] % 10,
        .is_port = head[4] & 1,
        .is_write = head[4] & 2,
    };
    return true;
}

static void deliver(struct worker_guest *guest, struct fake_vid *fake,
                    struct worker_intercept *intercept)
{
    unsigned resumes = fake->resumes;
    uint64_t rip = fake_vid_get(fake, HvX64RegisterRip);
    struct hv_x64_intercept_message_header header;
    enum worker_result result;

    accesses = 0;
    guest->reason = NULL;
    memcpy(&header, intercept->message.payload, sizeof(header));
    result = worker_guest_intercept(guest, intercept, 0);
    CHECK(result <= WORKER_FAILED);
    CHECK(accesses <= WORKER_MAX_ELEMENTS * 4 * WIDTH);
    CHECK(fake->resumes - resumes <= 1);
    CHECK(result != WORKER_FAILED && (result == WORKER_UNSUPPORTED) == (guest->reason != NULL));
    if (result == WORKER_GOES_ON && intercept->kind == WORKER_INTERCEPT_MESSAGE &&
        fake_vid_get(fake, HvX64RegisterRip) != rip)
        CHECK((uint32_t)(fake_vid_get(fake, HvX64RegisterRip) - header.rip) <= 15);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct worker_device device = { NULL, read, write, WIDTH };
    static struct fake_vid fake;
    static struct worker_guest guest;
    uint8_t pages[16], fill[16], room[64] = { 0 };
    uint8_t *ram = aligned_alloc(HV_PAGE_SIZE, RAM_SIZE);

    fake_vid_init(&fake);
    worker_guest_init(&guest, &fake.vid);
    CHECK(ram);
    CHECK(worker_memory_add(&guest.memory, RAM_GPA, ram, RAM_SIZE,
                            HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE) == HV_STATUS_SUCCESS);
    CHECK(worker_bus_add(&guest.ports, 0, RANGE, &device));
    CHECK(worker_bus_add(&guest.mmio, MMIO_GPA, RANGE, &device));
    if (take(&data, &size, pages, sizeof(pages)) && take(&data, &size, fill, sizeof(fill))) {
        make_pages(&fake, pages);
        for (unsigned i = 0; i < RAM_SIZE; i++)
            ram[i] = fill[i % sizeof(fill)];
        while (size > 0) {
            struct worker_intercept intercept = { .kind = *data & 1 };

            data++;
            size--;
            if (!(intercept.kind == WORKER_INTERCEPT_ACCESS
                      ? make_access(&intercept, &data, &size, room)
                      : make_message(&intercept, &data, &size)))
                break;
            deliver(&guest, &fake, &intercept);
        }
    }
    free(ram);
    return 0;
}
