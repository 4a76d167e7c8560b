/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Memory is a file that exists nowhere else, mapped twice. lib/core sees it as it is: page number n
 * is "system physical" page n. The guest, and the worker with it, sees RAM through a mapping in
 * which an overlay page lies where the guest has put it: it is mapped over the page that it covers.
 * KVM follows what this process has mapped, and has told its processors when mmap() returns; so
 * nothing has to stop meanwhile, as it would have to if KVM's slots were cut instead.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_backend.h"

#define NO_OFFSET UINT64_MAX

void *kvm_memory_take(struct kvm_memory *memory, uint64_t size, struct vmm_trouble *trouble)
{
    *memory = (struct kvm_memory){ .file = memfd_create("guest", MFD_CLOEXEC), .ram_size = size };
    for (uint32_t i = 0; i < KVM_MOST_WINDOWS; i++)
        memory->window_gpa[i] = KVM_NO_WINDOW;
    if (memory->file >= 0 && ftruncate(memory->file, (off_t)size) == 0)
        memory->seen = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->file, 0);
    if (memory->seen && memory->seen != MAP_FAILED)
        return memory->seen;
    vmm_trouble(trouble, "no memory for it: %s", strerror(errno));
    memory->seen = NULL;
    kvm_memory_give(memory);
    return NULL;
}

void kvm_memory_give(struct kvm_memory *memory)
{
    if (memory->seen)
        munmap(memory->seen, memory->ram_size);
    if (memory->file >= 0)
        close(memory->file);
    *memory = (struct kvm_memory){ .file = -1 };
}

bool kvm_memory_extend(struct kvm_memory *memory, uint64_t pages, struct vmm_trouble *trouble)
{
    uint64_t all = memory->ram_size / HV_PAGE_SIZE + pages;

    if (ftruncate(memory->file, (off_t)(all * HV_PAGE_SIZE)) != 0)
        return vmm_trouble(trouble, "no memory for its partition: %s", strerror(errno));
    memory->pages = all;
    memory->all =
        mmap(NULL, all * HV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory->file, 0);
    memory->windows =
        mmap(NULL, KVM_MOST_WINDOWS * HV_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory->all != MAP_FAILED && memory->windows != MAP_FAILED)
        return true;
    return vmm_trouble(trouble, "no memory for its partition: %s", strerror(errno));
}

void kvm_memory_shorten(struct kvm_memory *memory)
{
    if (memory->all && memory->all != MAP_FAILED)
        munmap(memory->all, memory->pages * HV_PAGE_SIZE);
    if (memory->windows && memory->windows != MAP_FAILED)
        munmap(memory->windows, KVM_MOST_WINDOWS * HV_PAGE_SIZE);
    memory->all = memory->windows = NULL;
}

/* ---- RAM ---- */

static bool set_slot(const struct kvm_partition *partition, uint32_t slot, uint64_t gpa,
                     uint64_t size, const void *host)
{
    const struct kvm_userspace_memory_region region = {
        .slot = slot, .guest_phys_addr = gpa, .memory_size = size, .userspace_addr = (uintptr_t)host
    };

    return kvm_call(partition, partition->file, KVM_SET_USER_MEMORY_REGION, &region) >= 0;
}

hv_status kvm_memory_map(struct kvm_partition *partition, uint64_t gpa, const void *host,
                         uint64_t size)
{
    struct kvm_memory *memory = &partition->memory;
    uint64_t offset = (uint64_t)((const uint8_t *)host - memory->seen);
    uint32_t slot = memory->piece_count;

    if (slot == KVM_MOST_PIECES || offset > memory->ram_size || size > memory->ram_size - offset)
        return HV_STATUS_INVALID_PARAMETER;
    if (!set_slot(partition, slot, gpa, size, host))
        return HV_STATUS_OPERATION_FAILED;
    memory->pieces[slot].gpa = gpa;
    memory->pieces[slot].size = size;
    memory->pieces[slot].offset = offset;
    memory->piece_count++;
    return hv_address_map(partition->partition, gpa / HV_PAGE_SIZE, offset / HV_PAGE_SIZE,
                          size / HV_PAGE_SIZE, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK);
}

/* A whole piece, as it was mapped. */
hv_status kvm_memory_unmap(struct kvm_partition *partition, uint64_t gpa, uint64_t size)
{
    struct kvm_memory *memory = &partition->memory;

    for (uint32_t slot = 0; slot < memory->piece_count; slot++) {
        if (memory->pieces[slot].gpa != gpa || memory->pieces[slot].size != size)
            continue;
        if (!set_slot(partition, slot, gpa, 0, memory->seen))
            return HV_STATUS_OPERATION_FAILED;
        memory->pieces[slot].size = 0;
        return hv_address_unmap(partition->partition, gpa / HV_PAGE_SIZE, size / HV_PAGE_SIZE);
    }
    return HV_STATUS_INVALID_PARAMETER;
}

/* Where the page is in the mapping that the guest sees; NO_OFFSET: no RAM is there. */
static uint64_t find_ram(const struct kvm_memory *memory, uint64_t gpa)
{
    for (uint32_t i = 0; i < memory->piece_count; i++)
        if (gpa - memory->pieces[i].gpa < memory->pieces[i].size)
            return memory->pieces[i].offset + (gpa - memory->pieces[i].gpa);
    return NO_OFFSET;
}

/* ---- Overlay pages ---- */

static bool show(const struct kvm_memory *memory, uint8_t *place, const struct hv_mapping *mapping)
{
    int protection = PROT_READ | ((mapping->access & HV_ACCESS_WRITE) ? PROT_WRITE : 0);

    return mmap(place, HV_PAGE_SIZE, protection, MAP_SHARED | MAP_FIXED, memory->file,
                (off_t)(mapping->spa_page * HV_PAGE_SIZE)) != MAP_FAILED;
}

/* The window at gpa, or one that is not in use; KVM_MOST_WINDOWS: there is none. */
static uint32_t find_window(const struct kvm_memory *memory, uint64_t gpa)
{
    uint32_t found = KVM_MOST_WINDOWS;

    for (uint32_t i = 0; i < KVM_MOST_WINDOWS; i++) {
        if (memory->window_gpa[i] == gpa)
            return i;
        if (memory->window_gpa[i] == KVM_NO_WINDOW && found == KVM_MOST_WINDOWS)
            found = i;
    }
    return found;
}

/* Where no RAM is, an overlay page has a slot of its own, and none when it has gone. */
static bool change_window(struct kvm_partition *partition, uint64_t gpa,
                          const struct hv_mapping *mapping)
{
    struct kvm_memory *memory = &partition->memory;
    uint32_t window = find_window(memory, gpa);
    bool is_new;

    if (window == KVM_MOST_WINDOWS)
        return false;
    is_new = memory->window_gpa[window] != gpa;
    memory->window_gpa[window] = mapping ? gpa : KVM_NO_WINDOW;
    if (mapping && !show(memory, memory->windows + window * HV_PAGE_SIZE, mapping))
        return false;
    if (mapping ? !is_new : is_new)
        return true;
    return set_slot(partition, KVM_MOST_PIECES + window, gpa, mapping ? HV_PAGE_SIZE : 0,
                    memory->windows + window * HV_PAGE_SIZE);
}

/* lib/core's lock is held: one page after the other. */
void kvm_page_changed(void *context, struct hv_partition *hv_partition, uint64_t gpa_page)
{
    struct kvm_partition *partition = context;
    struct kvm_memory *memory = &partition->memory;
    uint64_t gpa = gpa_page * HV_PAGE_SIZE, offset = find_ram(memory, gpa);
    struct hv_mapping mapping;
    bool is_there = hv_address_translate(hv_partition, gpa_page, &mapping), done;

    if (is_there && mapping.overlay && !(mapping.access & HV_ACCESS_WRITE))
        atomic_store(&memory->protected_gpa, gpa);
    if (offset != NO_OFFSET)
        done = is_there && show(memory, memory->seen + offset, &mapping);
    else
        done = change_window(partition, gpa, is_there ? &mapping : NULL);
    if (!done)
        atomic_store(&partition->broken, true);
}
