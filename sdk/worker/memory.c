/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/memory.h>

#include <worker/vid.h>

#include "mem.h"

void worker_memory_init(struct worker_memory *memory, const struct worker_vid *vid)
{
    *memory = (struct worker_memory){ .vid = vid };
}

static bool is_whole_pages(uint64_t gpa, const void *host, uint64_t size)
{
    return (uintptr_t)host % HV_PAGE_SIZE == 0 && gpa % HV_PAGE_SIZE == 0 &&
           size % HV_PAGE_SIZE == 0 && size != 0 && gpa + size > gpa;
}

static bool overlaps(const struct worker_memory_piece *piece, uint64_t gpa, uint64_t size)
{
    return gpa < piece->gpa + piece->size && piece->gpa < gpa + size;
}

hv_status worker_memory_add(struct worker_memory *memory, uint64_t gpa, void *host, uint64_t size,
                            uint32_t flags)
{
    hv_status status;

    if (!is_whole_pages(gpa, host, size))
        return HV_STATUS_INVALID_PARAMETER;
    for (uint32_t i = 0; i < memory->count; i++)
        if (overlaps(&memory->piece[i], gpa, size))
            return HV_STATUS_INVALID_PARAMETER;
    if (memory->count == WORKER_MEMORY_PIECES)
        return HV_STATUS_INSUFFICIENT_MEMORY;
    status = memory->vid->map(memory->vid->context, gpa, host, size, flags);
    if (status != HV_STATUS_SUCCESS)
        return status;
    memory->piece[memory->count++] =
        (struct worker_memory_piece){ .gpa = gpa, .size = size, .host = host, .flags = flags };
    return HV_STATUS_SUCCESS;
}

static const struct worker_memory_piece *find(const struct worker_memory *memory, uint64_t gpa,
                                              uint64_t size)
{
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct worker_memory_piece *piece = &memory->piece[i];

        if (gpa >= piece->gpa && gpa - piece->gpa < piece->size &&
            size <= piece->size - (gpa - piece->gpa))
            return piece;
    }
    return NULL;
}

void *worker_memory_at(const struct worker_memory *memory, uint64_t gpa, uint64_t size)
{
    const struct worker_memory_piece *piece = find(memory, gpa, size);

    return piece ? piece->host + (gpa - piece->gpa) : NULL;
}

bool worker_memory_read(const struct worker_memory *memory, uint64_t gpa, void *buffer,
                        uint64_t size)
{
    const void *from = worker_memory_at(memory, gpa, size);

    if (!from)
        return false;
    memcpy(buffer, from, size);
    return true;
}

bool worker_memory_write(const struct worker_memory *memory, uint64_t gpa, const void *buffer,
                         uint64_t size)
{
    const struct worker_memory_piece *piece = find(memory, gpa, size);

    if (!piece || !(piece->flags & HV_MAP_GPA_WRITABLE))
        return false;
    memcpy(piece->host + (gpa - piece->gpa), buffer, size);
    return true;
}
