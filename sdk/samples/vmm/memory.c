/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "backend.h"

void *vmm_take_memory(void *context, uint64_t size, struct vmm_trouble *trouble)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)context;
    if (memory != MAP_FAILED)
        return memory;
    vmm_trouble(trouble, "no memory for it: %s", strerror(errno));
    return NULL;
}

void vmm_give_memory(void *context, void *memory, uint64_t size)
{
    (void)context;
    munmap(memory, size);
}
