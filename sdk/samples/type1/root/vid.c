/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "vid.h"

#include <worker/register_page.h>

#include "call.h"
#include "host.h"

#define LARGE (HV_LARGE_PAGE_SIZE / HV_PAGE_SIZE)

/* ---- Memory ---- */

/* What is still to be mapped, or unmapped, in pages. */
struct range {
    uint64_t gpa_page;
    uint64_t source_page;
    uint64_t count;
};

/* How many units the next call is for, and whether they are large pages. */
static uint32_t next_units(const struct range *range, bool *large)
{
    uint64_t to_large = (LARGE - range->gpa_page % LARGE) % LARGE, units = range->count;

    *large = to_large == 0 && range->source_page % LARGE == 0 && range->count >= LARGE;
    if (*large)
        units = range->count / LARGE;
    else if (to_large > 0 && to_large < units)
        units = to_large;
    return units < ROOT_CALL_MOST_MAPPED ? (uint32_t)units : ROOT_CALL_MOST_MAPPED;
}

static void advance(struct range *range, uint64_t pages)
{
    range->gpa_page += pages;
    range->source_page += pages;
    range->count -= pages;
}

/* A call that had too little memory has done some of it. */
static hv_status map_next(struct root_child *child, struct range *range, uint32_t flags)
{
    bool large;
    uint32_t units = next_units(range, &large), done;
    hv_status status =
        root_call_map(child->partition.pool.partition, range->gpa_page, range->source_page,
                      large ? flags | HV_MAP_GPA_LARGE_PAGE : flags, units, &done);

    advance(range, large ? done * LARGE : done);
    if (done == 0 && status == HV_STATUS_SUCCESS)
        return HV_STATUS_OPERATION_FAILED;
    if (status != HV_STATUS_SUCCESS &&
        root_pool_mend(&child->partition.pool, child->partition.own, status))
        return HV_STATUS_SUCCESS;
    return status;
}

static hv_status map(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags)
{
    struct range range = { .gpa_page = gpa / HV_PAGE_SIZE,
                           .source_page = (uintptr_t)host / HV_PAGE_SIZE,
                           .count = size / HV_PAGE_SIZE };
    hv_status status = HV_STATUS_SUCCESS;

    while (range.count > 0 && status == HV_STATUS_SUCCESS)
        status = map_next(context, &range, flags);
    return status;
}

static hv_status unmap(void *context, uint64_t gpa, uint64_t size)
{
    const struct root_child *child = context;
    struct range range = { .gpa_page = gpa / HV_PAGE_SIZE, .count = size / HV_PAGE_SIZE };
    hv_status status = HV_STATUS_SUCCESS;

    while (range.count > 0 && status == HV_STATUS_SUCCESS) {
        uint32_t units =
            range.count < ROOT_CALL_MOST_MAPPED ? (uint32_t)range.count : ROOT_CALL_MOST_MAPPED;
        uint32_t done;

        status = root_call_unmap(child->partition.pool.partition, range.gpa_page, 0, units, &done);
        advance(&range, done);
    }
    return status;
}

/* ---- Registers ---- */

static struct hv_vp_register_page *register_page(void *context, uint32_t vp_index)
{
    const struct root_child *child = context;
    const struct root_vp *vp = &child->partition.vps[vp_index];

    return vp->stopped && vp->registers && vp->registers->is_valid ? vp->registers : NULL;
}

static hv_status get_registers(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count)
{
    const struct root_child *child = context;
    const struct hv_vp_register_page *page = register_page(context, vp_index);

    if (page && worker_register_page_get(page, names, values, count))
        return HV_STATUS_SUCCESS;
    return root_call_get_registers(child->partition.pool.partition, vp_index, names, values, count);
}

static hv_status set_registers(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count)
{
    struct root_child *child = context;

    child->partition.vps[vp_index].stopped = false;
    return root_call_set_registers(child->partition.pool.partition, vp_index, registers, count);
}

/* ---- Running ---- */

/* What the page has counts when the VP goes on: with the end of its intercept, or with the dispatch
   that ends it. One that was suspended besides has no valid page here. */
static hv_status go_on(const struct root_child *child, uint32_t vp_index)
{
    if (child->partition.dispatched)
        return HV_STATUS_SUCCESS;
    return root_call_end_intercept(child->partition.pool.partition, vp_index);
}

static hv_status resume(void *context, uint32_t vp_index, const struct worker_register *registers,
                        uint32_t count)
{
    struct root_child *child = context;
    struct root_vp *vp = &child->partition.vps[vp_index];
    bool in_page = count == 0 && register_page(child, vp_index);

    vp->stopped = false;
    vp->ready = true;
    vp->clear = in_page;
    if (in_page)
        return go_on(child, vp_index);
    return root_call_resume(child->partition.pool.partition, vp_index, registers, count);
}

static hv_status suspend(void *context, uint32_t vp_index)
{
    const struct worker_register suspended = { .name = HvRegisterExplicitSuspend,
                                               .value.reg128 = { .low = 1 } };
    struct root_child *child = context;

    child->partition.vps[vp_index].ready = child->partition.vps[vp_index].stopped = false;
    return root_call_set_registers(child->partition.pool.partition, vp_index, &suspended, 1);
}

static hv_status translate(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code)
{
    const struct root_child *child = context;

    return root_call_translate(child->partition.pool.partition, vp_index, gva, flags, gpa, code);
}

/* ---- Interrupts and time ---- */

static hv_status assert_interrupt(void *context, const struct worker_interrupt *interrupt)
{
    const struct root_child *child = context;

    return root_call_assert_interrupt(child->partition.pool.partition, interrupt);
}

static hv_status clear_interrupt(void *context)
{
    const struct root_child *child = context;

    return root_call_clear_interrupt(child->partition.pool.partition);
}

/* The root's reference time: devices need one that goes on evenly, not the child's own. */
static uint64_t now(void *context)
{
    (void)context;
    return root_host_now();
}

void root_vid_init(struct root_child *child)
{
    child->vid = (struct worker_vid){ .context = child,
                                      .map = map,
                                      .unmap = unmap,
                                      .get_registers = get_registers,
                                      .set_registers = set_registers,
                                      .register_page = register_page,
                                      .resume = resume,
                                      .suspend = suspend,
                                      .translate = translate,
                                      .assert_interrupt = assert_interrupt,
                                      .clear_interrupt = clear_interrupt,
                                      .now = now };
}
