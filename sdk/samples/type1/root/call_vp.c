/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Virtual processors and their registers. */
#include "call_frame.h"

hv_status root_call_create_vp(uint64_t id, uint32_t vp_index)
{
    const struct hv_input_create_vp input = { .partition_id = id, .vp_index = vp_index };

    return root_call_simple(root_call_begin(&input, sizeof(input)), HvCallCreateVp);
}

hv_status root_call_delete_vp(uint64_t id, uint32_t vp_index)
{
    const struct hv_input_delete_vp input = { .partition_id = id, .vp_index = vp_index };

    return root_call_simple(root_call_begin(&input, sizeof(input)), HvCallDeleteVp);
}

hv_status root_call_map_state_page(uint64_t id, uint32_t vp_index, uint16_t type,
                                   uint64_t *gpa_page)
{
    const struct hv_input_map_vp_state_page input = { .partition_id = id,
                                                      .vp_index = vp_index,
                                                      .type = type };
    struct root_call_pages *pages = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_simple(pages, HvCallMapVpStatePage);

    memcpy(gpa_page, pages->output, sizeof(*gpa_page));
    return status;
}

hv_status root_call_unmap_state_page(uint64_t id, uint32_t vp_index, uint16_t type)
{
    const struct hv_input_map_vp_state_page input = { .partition_id = id,
                                                      .vp_index = vp_index,
                                                      .type = type };

    return root_call_simple(root_call_begin(&input, sizeof(input)), HvCallUnmapVpStatePage);
}

/* ---- Registers ---- */

static struct root_call_pages *begin_registers(uint64_t id, uint32_t vp_index)
{
    const struct hv_input_vp_registers input = { .partition_id = id, .vp_index = vp_index };

    return root_call_begin(&input, sizeof(input));
}

hv_status root_call_get_registers(uint64_t id, uint32_t vp_index, const uint32_t *names,
                                  union hv_register_value *values, uint32_t count)
{
    struct root_call_pages *pages = begin_registers(id, vp_index);
    hv_status status;
    uint32_t done;

    if (count == 0 || count > ROOT_CALL_MOST_REGISTERS)
        return HV_STATUS_INVALID_PARAMETER;
    memcpy(pages->input + sizeof(struct hv_input_vp_registers), names, count * sizeof(*names));
    status = root_call_rep(pages, HvCallGetVpRegisters, count, &done);
    if (status == HV_STATUS_SUCCESS)
        memcpy(values, pages->output, count * sizeof(*values));
    return status;
}

static void put_register(struct root_call_pages *pages, uint32_t index, uint32_t name,
                         const union hv_register_value *value)
{
    const struct hv_register_assoc element = { .name = name, .value = *value };

    memcpy(pages->input + sizeof(struct hv_input_vp_registers) + index * sizeof(element), &element,
           sizeof(element));
}

static void put_registers(struct root_call_pages *pages, const struct worker_register *registers,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put_register(pages, i, registers[i].name, &registers[i].value);
}

hv_status root_call_set_registers(uint64_t id, uint32_t vp_index,
                                  const struct worker_register *registers, uint32_t count)
{
    struct root_call_pages *pages = begin_registers(id, vp_index);
    uint32_t done;

    if (count == 0 || count > ROOT_CALL_MOST_REGISTERS)
        return HV_STATUS_INVALID_PARAMETER;
    put_registers(pages, registers, count);
    return root_call_rep(pages, HvCallSetVpRegisters, count, &done);
}

hv_status root_call_resume(uint64_t id, uint32_t vp_index, const struct worker_register *registers,
                           uint32_t count)
{
    const union hv_register_value clear = { .reg128 = { 0 } };
    struct root_call_pages *pages = begin_registers(id, vp_index);
    uint32_t done;

    if (count > ROOT_CALL_MOST_REGISTERS)
        return HV_STATUS_INVALID_PARAMETER;
    put_registers(pages, registers, count);
    put_register(pages, count, HvRegisterInterceptSuspend, &clear);
    put_register(pages, count + 1, HvRegisterExplicitSuspend, &clear);
    return root_call_rep(pages, HvCallSetVpRegisters, count + 2, &done);
}

/* Of a list of one register, the last 24 bytes of whose 48 are zero. The only one is done or
   refused; whatever interrupts the call makes it again. */
hv_status root_call_end_intercept(uint64_t id, uint32_t vp_index)
{
    uint64_t control = HvCallSetVpRegisters | UINT64_C(1) << HV_HYPERCALL_REP_COUNT_SHIFT;
    uint64_t result = root_host_hypercall_short(control, id, vp_index, HvRegisterInterceptSuspend);

    _Static_assert(sizeof(struct hv_input_vp_registers) == 16, "two words, VTL 0");
    _Static_assert(offsetof(struct hv_register_assoc, name) == 0, "the third");
    return (hv_status)(result & HV_HYPERCALL_RESULT_STATUS_MASK);
}

hv_status root_call_dispatch(uint64_t id, uint32_t vp_index, bool clear,
                             struct hv_output_dispatch_vp *output)
{
    const struct hv_input_dispatch_vp input = {
        .partition_id = id,
        .vp_index = vp_index,
        .flags = clear ? HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND : 0
    };
    struct root_call_pages *pages = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_simple(pages, HvCallDispatchVp);

    memcpy(output, pages->output, sizeof(*output));
    return status;
}

hv_status root_call_translate(uint64_t id, uint32_t vp_index, uint64_t gva, uint64_t flags,
                              uint64_t *gpa, uint32_t *code)
{
    const struct hv_input_translate_virtual_address input = { .partition_id = id,
                                                              .vp_index = vp_index,
                                                              .control_flags = flags,
                                                              .gva_page = gva / HV_PAGE_SIZE };
    struct root_call_pages *pages = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_simple(pages, HvCallTranslateVirtualAddress);
    struct hv_output_translate_virtual_address output;

    memcpy(&output, pages->output, sizeof(output));
    *code = output.result_code;
    *gpa = output.gpa_page * HV_PAGE_SIZE + gva % HV_PAGE_SIZE;
    return status;
}
