/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/bus.h>

#include <stddef.h>

/* A part of an access that one device takes at once, or that no one takes. */
struct part {
    const struct worker_range *range;
    unsigned size;
};

void worker_bus_init(struct worker_bus *bus)
{
    bus->count = bus->found = 0;
}

/* Index of the first range that ends at or behind an address. */
static uint32_t find(const struct worker_bus *bus, uint64_t address)
{
    uint32_t low = 0, high = bus->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (bus->range[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_width(unsigned width)
{
    return width == 1 || width == 2 || width == 4 || width == 8;
}

bool worker_bus_add(struct worker_bus *bus, uint64_t first, uint64_t count,
                    const struct worker_device *device)
{
    uint64_t last = first + (count - 1);
    uint32_t place = find(bus, first);

    if (count == 0 || last < first || !is_width(device->width) || bus->count == WORKER_BUS_RANGES)
        return false;
    if (place < bus->count && bus->range[place].first <= last)
        return false;
    for (uint32_t i = bus->count++; i > place; i--)
        bus->range[i] = bus->range[i - 1];
    bus->range[place] = (struct worker_range){ .first = first, .last = last, .device = *device };
    return true;
}

bool worker_bus_remove(struct worker_bus *bus, uint64_t first)
{
    uint32_t place = find(bus, first);

    if (place == bus->count || bus->range[place].first != first)
        return false;
    bus->count--;
    for (uint32_t i = place; i < bus->count; i++)
        bus->range[i] = bus->range[i + 1];
    return true;
}

bool worker_bus_claims(const struct worker_bus *bus, uint64_t address, unsigned size)
{
    uint32_t place = find(bus, address);

    return place < bus->count &&
           (bus->range[place].first <= address || bus->range[place].first - address < size);
}

static unsigned smaller(unsigned a, uint64_t b)
{
    return b < a ? (unsigned)b : a;
}

/* The largest power of two that offset is a multiple of and that is at most limit, 1 to 8. */
static unsigned aligned_size(uint64_t offset, unsigned limit)
{
    unsigned aligned = 1u << __builtin_ctz((unsigned)offset | 8);
    unsigned largest = 1u << (31 - __builtin_clz(limit));

    return aligned < largest ? aligned : largest;
}

/* The range that has an address, or the first behind it; NULL: there is none. */
static const struct worker_range *find_range(struct worker_bus *bus, uint64_t address)
{
    const struct worker_range *last = &bus->range[bus->found];

    /* A driver's accesses to its device come one after the other. */
    if (bus->found < bus->count && last->first <= address && address <= last->last)
        return last;
    bus->found = find(bus, address);
    return bus->found < bus->count ? &bus->range[bus->found] : NULL;
}

/* The first part of an access of left bytes. */
static struct part first_part(struct worker_bus *bus, uint64_t address, unsigned left)
{
    const struct worker_range *range = find_range(bus, address);

    if (!range)
        return (struct part){ NULL, left };
    if (range->first > address)
        return (struct part){ NULL, smaller(left, range->first - address) };
    left = smaller(left, range->device.width);
    if (left == 1)
        return (struct part){ range, left };
    if (range->last - address < left)
        left = (unsigned)(range->last - address) + 1;
    return (struct part){ range, aligned_size(address - range->first, left) };
}

static uint64_t mask_of(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
}

/* A byte is in no more than one range. */
static uint64_t read_byte(struct worker_bus *bus, uint64_t address, uint64_t now)
{
    const struct worker_range *range = find_range(bus, address);

    if (!range || range->first > address || !range->device.read)
        return UINT8_MAX;
    return range->device.read(range->device.context, address - range->first, 1, now) & UINT8_MAX;
}

uint64_t worker_bus_read(struct worker_bus *bus, uint64_t address, unsigned size, uint64_t now)
{
    uint64_t value = 0;

    if (size == 1)
        return read_byte(bus, address, now);
    for (unsigned done = 0; done < size;) {
        struct part part = first_part(bus, address + done, size - done);
        uint64_t bytes = UINT64_MAX;

        if (part.range && part.range->device.read)
            bytes = part.range->device.read(part.range->device.context,
                                            address + done - part.range->first, part.size, now);
        value |= (bytes & mask_of(part.size)) << (8 * done);
        done += part.size;
    }
    return value;
}

void worker_bus_write(struct worker_bus *bus, uint64_t address, unsigned size, uint64_t value,
                      uint64_t now)
{
    for (unsigned done = 0; done < size;) {
        struct part part = first_part(bus, address + done, size - done);

        if (part.range && part.range->device.write)
            part.range->device.write(part.range->device.context, address + done - part.range->first,
                                     part.size, (value >> (8 * done)) & mask_of(part.size), now);
        done += part.size;
    }
}
