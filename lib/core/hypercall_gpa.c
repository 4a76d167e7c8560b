/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls by which a parent makes the GPA space of a child (TLFS v2.0, 8.3), and by which the root
 * changes the rights to its own pages.
 *
 * A batch of elements shares one flush: pages that were replaced go back to the parent behind it.
 */
#include <hv/abi/tlfs.h>

#include "address_replace.h"
#include "core.h"
#include "hypercall.h"

#define LARGE UINT64_C(512) /* 4 KiB pages */

#define RIGHTS_FLAGS                                                              \
    (HV_MAP_GPA_PERMISSIONS_MASK | HV_MAP_GPA_ADJUSTABLE | HV_MAP_GPA_NO_ACCESS | \
     HV_MAP_GPA_NOT_CACHED | HV_MAP_GPA_LARGE_PAGE)
#define EXECUTABLE (HV_MAP_GPA_KERNEL_EXECUTABLE | HV_MAP_GPA_USER_EXECUTABLE)

/* One call, for as many of its elements as there is time for. */
struct batch {
    struct hv_hypercall_call *call;
    struct hv_partition *target;
    struct hv_mapping what; /* what the target's pages become */
    unsigned level;         /* 1, or 2 for large pages */
    bool reserve;           /* they get no memory */
    struct hv_replaced replaced;
};

typedef hv_status element_function(struct batch *batch, uint16_t index);

/*
 * Rights that the nested page tables can express, in both formats (TLFS v2.0, 8.1.2). User and
 * kernel code can't be told apart, so one right without the other is refused. What the flags say of
 * overlays, constant content and recorded accesses is not offered.
 */
static hv_status parse_flags(uint32_t flags, struct hv_mapping *what, unsigned *level)
{
    uint32_t rights = flags & HV_MAP_GPA_PERMISSIONS_MASK;
    uint32_t executable = rights & EXECUTABLE;

    if ((flags & ~RIGHTS_FLAGS) || (rights && (flags & HV_MAP_GPA_NO_ACCESS)))
        return HV_STATUS_INVALID_PARAMETER;
    if ((rights && !(rights & HV_MAP_GPA_READABLE)) || (executable && executable != EXECUTABLE))
        return HV_STATUS_INVALID_PARAMETER;
    *what = (struct hv_mapping){
        .spa_page = HV_NO_PAGE,
        .access = (uint8_t)((rights & HV_MAP_GPA_READABLE ? HV_ACCESS_READ : 0) |
                            (rights & HV_MAP_GPA_WRITABLE ? HV_ACCESS_WRITE : 0) |
                            (executable ? HV_ACCESS_EXECUTE : 0)),
        .cache = flags & HV_MAP_GPA_NOT_CACHED ? HV_CACHE_UNCACHED : HV_CACHE_WRITE_BACK,
        .inaccessible = !rights,
    };
    *level = flags & HV_MAP_GPA_LARGE_PAGE ? 2 : 1;
    return HV_STATUS_SUCCESS;
}

static bool is_self(const struct batch *batch)
{
    return batch->target == batch->call->vp->partition;
}

static hv_status check_range(const struct hv_partition *partition, uint64_t page, unsigned level)
{
    uint64_t pages = hv_slat_pages(level), count = partition->address.page_count;

    return page % pages == 0 && page < count && pages <= count - page ? HV_STATUS_SUCCESS
                                                                      : HV_STATUS_INVALID_PARAMETER;
}

/* ---- a batch ---- */

/* Elements share a page of the call's, which has no output, for what they replace. */
static hv_status run_elements(struct batch *batch, element_function *run)
{
    struct hv_hypercall_call *call = batch->call;
    uint16_t index = call->index;
    hv_status status;

    hv_replaced_init(&batch->replaced, call->output);
    do {
        status = run(batch, index);
        if (status == HV_STATUS_SUCCESS)
            index++;
    } while (status == HV_STATUS_SUCCESS && index < call->control->rep_count &&
             hv_replaced_has_room(&batch->replaced, batch->level) &&
             hv_now(call->vp->partition) < call->deadline);
    hv_replaced_release(batch->target, &batch->replaced);
    call->done = (uint16_t)(index - call->index);
    return status;
}

/* The lock keeps the target active, and other calls for it out, until the flush is done. */
static hv_status run_batch(struct batch *batch, uint64_t target, element_function *run)
{
    hv_status status = hv_hypercall_begin(batch->call->vp, target, &batch->target);

    if (status != HV_STATUS_SUCCESS)
        return status;
    status = run_elements(batch, run);
    hv_hypercall_end(batch->target);
    return status;
}

/* ---- mapping ---- */

static bool is_memory(const struct hv_partition *parent, uint64_t spa_page, uint64_t count)
{
    const struct hv_memory_ops *memory = &parent->platform->memory;

    for (uint64_t i = 0; i < count; i++)
        if (!memory->map(memory->context, spa_page + i))
            return false;
    return true;
}

/* The memory of a page of the caller's, which need not have access to it. In a section. */
static hv_status look_at_source(const struct hv_partition *parent, uint64_t source,
                                uint64_t *spa_page)
{
    struct hv_mapping mapping;

    if (source >= parent->address.page_count)
        return HV_STATUS_INVALID_PARAMETER;
    (void)hv_address_look_up(parent, source, &mapping);
    if (mapping.spa_page == HV_NO_PAGE || mapping.overlay ||
        !is_memory(parent, mapping.spa_page, 1))
        return HV_STATUS_OPERATION_DENIED;
    *spa_page = mapping.spa_page;
    return HV_STATUS_SUCCESS;
}

static hv_status find_source(const struct hv_partition *parent, uint64_t source, uint64_t *spa_page)
{
    void *section = hv_address_enter(parent);
    hv_status status = look_at_source(parent, source, spa_page);

    hv_address_leave(section);
    return status;
}

static hv_status map_page(struct batch *batch, uint64_t target, uint64_t source)
{
    struct hv_mapping mapping = batch->what;
    hv_status status = find_source(batch->call->vp->partition, source, &mapping.spa_page);

    return status == HV_STATUS_SUCCESS
               ? hv_address_replace(batch->target, target, 1, &mapping, source, &batch->replaced)
               : status;
}

/* In a section; as many entries are looked at as there are. */
static bool is_large(const struct hv_partition *parent, uint64_t source, uint64_t *spa_page)
{
    struct hv_mapping mapping;

    for (uint64_t done = 0; done < LARGE;) {
        uint64_t run = hv_address_look_up_run(parent, source + done, &mapping);

        if (mapping.spa_page == HV_NO_PAGE || mapping.overlay)
            return false;
        if (done == 0)
            *spa_page = mapping.spa_page;
        if (*spa_page % LARGE != 0 || mapping.spa_page != *spa_page + done)
            return false;
        done += run;
    }
    return is_memory(parent, *spa_page, LARGE);
}

/* Whether 512 pages of the caller's are as many of memory that can be one large page. */
static bool find_large_source(const struct hv_partition *parent, uint64_t source,
                              uint64_t *spa_page)
{
    void *section = hv_address_enter(parent);
    bool found = is_large(parent, source, spa_page);

    hv_address_leave(section);
    return found;
}

/* In small pages where it can't be one. When that fails half way, it can be tried again. */
static hv_status map_large(struct batch *batch, uint64_t target, uint64_t source)
{
    struct hv_mapping mapping = batch->what;
    hv_status status = HV_STATUS_INVALID_PARAMETER;

    if (find_large_source(batch->call->vp->partition, source, &mapping.spa_page))
        status = hv_address_replace(batch->target, target, 2, &mapping, source, &batch->replaced);
    if (status != HV_STATUS_INVALID_PARAMETER)
        return status;
    status = HV_STATUS_SUCCESS;
    for (uint64_t i = 0; i < LARGE && status == HV_STATUS_SUCCESS; i++)
        status = map_page(batch, target + i, source + i);
    return status;
}

static hv_status map_none(struct batch *batch, uint64_t target, unsigned level)
{
    return hv_address_replace(batch->target, target, level, &batch->what, 0, &batch->replaced);
}

/* A right to nothing needs no page. */
static hv_status map_nothing(struct batch *batch, uint64_t target)
{
    hv_status status = map_none(batch, target, batch->level);

    if (batch->level == 1 || status != HV_STATUS_INVALID_PARAMETER)
        return status;
    status = HV_STATUS_SUCCESS;
    for (uint64_t i = 0; i < LARGE && status == HV_STATUS_SUCCESS; i++)
        status = map_none(batch, target + i, 1);
    return status;
}

static hv_status modify(struct batch *batch, uint64_t page)
{
    hv_status status = check_range(batch->target, page, batch->level);

    for (uint64_t i = 0; i < hv_slat_pages(batch->level) && status == HV_STATUS_SUCCESS; i++)
        status = hv_address_modify(batch->target, page + i, &batch->what, &batch->replaced);
    return status;
}

/* The root's pages are where they are; it may change no more than its rights to them. */
static hv_status map_self(struct batch *batch, uint64_t target, uint64_t source)
{
    hv_status status;

    if (!batch->target->root || target != source)
        return HV_STATUS_ACCESS_DENIED;
    status = modify(batch, target);
    return status == HV_STATUS_OPERATION_DENIED ? HV_STATUS_ACCESS_DENIED : status;
}

static hv_status map(struct batch *batch, uint64_t target, uint64_t source)
{
    hv_status status = check_range(batch->target, target, batch->level);

    if (status != HV_STATUS_SUCCESS)
        return status;
    if (is_self(batch))
        return map_self(batch, target, source);
    if (batch->reserve)
        return map_nothing(batch, target);
    status = check_range(batch->call->vp->partition, source, batch->level);
    if (status != HV_STATUS_SUCCESS)
        return status;
    return batch->level == 1 ? map_page(batch, target, source) : map_large(batch, target, source);
}

static hv_status map_listed(struct batch *batch, uint16_t index)
{
    const struct hv_input_map_gpa_pages *header = batch->call->header;
    const uint64_t *sources = batch->call->input; /* from call->index on */
    uint64_t offset = index * hv_slat_pages(batch->level);

    if (header->target_gpa_base > UINT64_MAX - offset)
        return HV_STATUS_INVALID_PARAMETER;
    return map(batch, header->target_gpa_base + offset, sources[index - batch->call->index]);
}

hv_status hv_hypercall_map_gpa_pages(struct hv_hypercall_call *call)
{
    const struct hv_input_map_gpa_pages *header = call->header;
    struct batch batch = { .call = call, .reserve = header->map_flags & HV_MAP_GPA_NO_ACCESS };
    hv_status status = parse_flags(header->map_flags, &batch.what, &batch.level);

    return status == HV_STATUS_SUCCESS ? run_batch(&batch, header->target_partition_id, map_listed)
                                       : status;
}

static hv_status map_pair(struct batch *batch, uint16_t index)
{
    const struct hv_gpa_mapping *pairs = batch->call->input;
    const struct hv_gpa_mapping *pair = &pairs[index - batch->call->index];

    return map(batch, pair->target_gpa_page_number, pair->source_gpa_page_number);
}

hv_status hv_hypercall_map_sparse_gpa_pages(struct hv_hypercall_call *call)
{
    const struct hv_input_modify_sparse_gpa_pages *header = call->header;
    struct batch batch = { .call = call, .reserve = header->map_flags & HV_MAP_GPA_NO_ACCESS };
    hv_status status = parse_flags(header->map_flags, &batch.what, &batch.level);

    return status == HV_STATUS_SUCCESS ? run_batch(&batch, header->target_partition_id, map_pair)
                                       : status;
}

/* ---- rights and unmapping ---- */

static hv_status modify_listed(struct batch *batch, uint16_t index)
{
    const uint64_t *pages = batch->call->input;

    return modify(batch, pages[index - batch->call->index]);
}

hv_status hv_hypercall_modify_sparse_gpa_pages(struct hv_hypercall_call *call)
{
    const struct hv_input_modify_sparse_gpa_pages *header = call->header;
    struct batch batch = { .call = call };
    hv_status status = parse_flags(header->map_flags, &batch.what, &batch.level);

    if (status == HV_STATUS_SUCCESS && header->padding)
        status = HV_STATUS_INVALID_PARAMETER;
    return status == HV_STATUS_SUCCESS
               ? run_batch(&batch, header->target_partition_id, modify_listed)
               : status;
}

static hv_status unmap_next(struct batch *batch, uint16_t index)
{
    const struct hv_input_unmap_gpa_pages *header = batch->call->header;
    uint64_t offset = index * hv_slat_pages(batch->level);
    uint64_t page = header->target_gpa_base + offset;
    hv_status status;

    if (is_self(batch))
        return HV_STATUS_ACCESS_DENIED;
    status = page < offset ? HV_STATUS_INVALID_PARAMETER
                           : check_range(batch->target, page, batch->level);
    return status == HV_STATUS_SUCCESS ? map_nothing(batch, page) : status;
}

/* There is no list; an element is a page behind the base. Pages are never committed in advance, so
   there is nothing that KEEP_PRECOMMITTED could keep. */
hv_status hv_hypercall_unmap_gpa_pages(struct hv_hypercall_call *call)
{
    const struct hv_input_unmap_gpa_pages *header = call->header;
    struct batch batch = { .call = call, .what = { .spa_page = HV_NO_PAGE } };

    if (header->unmap_flags & ~(HV_UNMAP_GPA_KEEP_PRECOMMITTED | HV_UNMAP_GPA_LARGE_PAGE))
        return HV_STATUS_INVALID_PARAMETER;
    batch.level = header->unmap_flags & HV_UNMAP_GPA_LARGE_PAGE ? 2 : 1;
    return run_batch(&batch, header->target_partition_id, unmap_next);
}
