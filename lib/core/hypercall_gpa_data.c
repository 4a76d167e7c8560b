/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* HvReadGpa and HvWriteGpa: an access to a child's memory as one of its VPs would make it. */
#include <hv/abi/tlfs.h>

#include "apic_access.h"
#include "core.h"
#include "hypercall.h"
#include "mem.h"

struct access {
    struct hv_vp *self; /* who calls */
    struct hv_partition *child;
    struct hv_vp *vp; /* whose access it is */
    uint64_t gpa;
    uint32_t count;
    uint8_t kind;   /* HV_ACCESS_READ or HV_ACCESS_WRITE */
    uint8_t *data;  /* 16 bytes, from or to which it goes */
    uint32_t value; /* of a register of the APIC */
};

static uint32_t intercept(const struct access *access)
{
    return access->kind == HV_ACCESS_READ ? HvAccessGpaReadIntercept : HvAccessGpaWriteIntercept;
}

/* ---- the page of the local APIC ---- */

static void access_register(struct hv_vp *vp, void *argument)
{
    struct access *access = argument;

    if (access->kind == HV_ACCESS_READ)
        access->value = hv_apic_page_load(vp, access->gpa);
    else
        hv_apic_page_store(vp, access->gpa, access->value);
}

static uint32_t access_apic(struct access *access)
{
    if (access->count != sizeof(access->value) || access->gpa % 16 != 0)
        return HvAccessGpaIllegalOverlayAccess;
    memcpy(&access->value, access->data, sizeof(access->value));
    hv_request_call(access->self, access->vp, access_register, access);
    memcpy(access->data, &access->value, sizeof(access->value));
    return HvAccessGpaSuccess;
}

/* ---- memory ---- */

static bool access_memory(const struct access *access)
{
    return access->kind == HV_ACCESS_READ
               ? hv_address_read(access->child, access->gpa, access->data, access->count)
               : hv_address_write(access->child, access->gpa, access->data, access->count);
}

static uint32_t perform(struct access *access)
{
    struct hv_mapping mapping;
    bool mapped = hv_address_translate(access->child, access->gpa >> HV_PAGE_SHIFT, &mapping);

    if (!mapped && mapping.inaccessible)
        return intercept(access);
    if (!mapped)
        return hv_apic_is_page(access->vp, access->gpa) ? access_apic(access) : HvAccessGpaUnmapped;
    if (!(mapping.access & access->kind))
        return mapping.overlay ? HvAccessGpaIllegalOverlayAccess : intercept(access);
    /* Device memory, or taken away this moment. */
    return access_memory(access) ? HvAccessGpaSuccess : HvAccessGpaUnmapped;
}

/* ---- the calls ---- */

static bool cache_type_exists(uint64_t type)
{
    return type <= HvCacheTypeWriteBack && type != 2 && type != 3;
}

static hv_status check_access(const struct hv_input_read_gpa *input)
{
    uint64_t offset = input->base_gpa & HV_PAGE_MASK;

    if (input->byte_count < 1 || input->byte_count > HV_ACCESS_GPA_MAX_BYTES ||
        offset + input->byte_count > HV_PAGE_SIZE)
        return HV_STATUS_INVALID_PARAMETER;
    return cache_type_exists(input->control_flags) ? HV_STATUS_SUCCESS
                                                   : HV_STATUS_INVALID_PARAMETER;
}

static hv_status run(struct access *access, const struct hv_input_read_gpa *input, uint32_t *result)
{
    hv_status status = check_access(input);

    if (status == HV_STATUS_SUCCESS)
        status =
            hv_hypercall_child_vp(access->self, input->partition_id, input->vp_index, &access->vp);
    if (status != HV_STATUS_SUCCESS)
        return status;
    access->child = access->vp->partition;
    if (input->base_gpa >> HV_PAGE_SHIFT < access->child->address.page_count)
        *result = perform(access);
    else
        status = HV_STATUS_INVALID_PARAMETER;
    hv_hypercall_leave(access->self, access->child);
    return status;
}

/* TLFS v2.0 12.4.5. */
hv_status hv_hypercall_read_gpa(struct hv_hypercall_call *call)
{
    const struct hv_input_read_gpa *input = call->header;
    struct hv_output_read_gpa *output = call->output;
    uint8_t data[HV_ACCESS_GPA_MAX_BYTES] = { 0 };
    uint32_t result = HvAccessGpaUnmapped;
    struct access access = { .self = call->vp,
                             .gpa = input->base_gpa,
                             .count = input->byte_count,
                             .kind = HV_ACCESS_READ,
                             .data = data };
    hv_status status = run(&access, input, &result);

    output->result_code = result;
    if (result == HvAccessGpaSuccess)
        memcpy(output->data, data, sizeof(data));
    return status;
}

/* TLFS v2.0 12.4.6. */
hv_status hv_hypercall_write_gpa(struct hv_hypercall_call *call)
{
    const struct hv_input_write_gpa *input = call->header;
    struct hv_output_write_gpa *output = call->output;
    uint8_t data[HV_ACCESS_GPA_MAX_BYTES];
    uint32_t result = HvAccessGpaUnmapped;
    struct access access = { .self = call->vp,
                             .gpa = input->access.base_gpa,
                             .count = input->access.byte_count,
                             .kind = HV_ACCESS_WRITE,
                             .data = data };
    hv_status status;

    memcpy(data, input->data, sizeof(data));
    status = run(&access, &input->access, &result);
    output->result_code = result;
    return status;
}
