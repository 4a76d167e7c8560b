/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "mshv.h"

#include <string.h>
#include <sys/ioctl.h>

#include <linux/mshv.h>

/* The kernel deposits what memory a call wants, and makes it again. */
hv_status mshv_call(int file, uint16_t code, uint16_t reps, const void *input, size_t input_size,
                    void *output, size_t output_size)
{
    struct mshv_root_hvcall call = { .code = code,
                                     .reps = reps,
                                     .in_sz = (uint16_t)input_size,
                                     .out_sz = (uint16_t)output_size,
                                     .in_ptr = (uintptr_t)input,
                                     .out_ptr = (uintptr_t)output };

    if (ioctl(file, MSHV_ROOT_HVCALL, &call) >= 0)
        return HV_STATUS_SUCCESS;
    return call.status != HV_STATUS_SUCCESS ? (hv_status)call.status : HV_STATUS_OPERATION_FAILED;
}

hv_status mshv_set_property(int partition, uint32_t code, uint64_t value)
{
    const struct hv_input_set_partition_property input = { .property_code = code,
                                                           .property_value = value };

    return mshv_call(partition, HvCallSetPartitionProperty, 0, &input, sizeof(input), NULL, 0);
}

hv_status mshv_get_registers(int file, uint32_t vp_index, const uint32_t *names,
                             union hv_register_value *values, uint32_t count)
{
    struct {
        struct hv_input_vp_registers header;
        uint32_t names[MSHV_MOST_REGISTERS];
    } input = { .header = { .vp_index = vp_index } };

    if (count == 0 || count > MSHV_MOST_REGISTERS)
        return HV_STATUS_INVALID_PARAMETER;
    memcpy(input.names, names, count * sizeof(*names));
    return mshv_call(file, HvCallGetVpRegisters, (uint16_t)count, &input,
                     sizeof(input.header) + count * sizeof(*names), values,
                     count * sizeof(*values));
}

hv_status mshv_set_registers(int file, uint32_t vp_index, const struct worker_register *registers,
                             uint32_t count)
{
    struct {
        struct hv_input_vp_registers header;
        struct hv_register_assoc list[MSHV_MOST_REGISTERS];
    } input = { .header = { .vp_index = vp_index } };

    if (count == 0 || count > MSHV_MOST_REGISTERS)
        return HV_STATUS_INVALID_PARAMETER;
    for (uint32_t i = 0; i < count; i++)
        input.list[i] =
            (struct hv_register_assoc){ .name = registers[i].name, .value = registers[i].value };
    return mshv_call(file, HvCallSetVpRegisters, (uint16_t)count, &input,
                     sizeof(input.header) + count * sizeof(*input.list), NULL, 0);
}
