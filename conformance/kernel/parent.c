/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <conformance/parent.h>

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

void parent_begin(void)
{
    hv_enable_hypercalls();
}

uint64_t parent_call(uint64_t control, const void *header, size_t header_size, const void *list,
                     size_t list_size)
{
    memset(input, 0, sizeof(input));
    memset(output, PARENT_MARK, sizeof(output));
    memcpy(input, header, header_size);
    if (list_size)
        memcpy(input + header_size, list, list_size);
    return hv_call(control, phys_of(input), phys_of(output));
}

uint16_t parent_simple(uint16_t code, const void *header, size_t size)
{
    return hv_result_status(parent_call(code, header, size, NULL, 0));
}

const void *parent_output(void)
{
    return output;
}

unsigned parent_output_written(unsigned from)
{
    return hv_differing(output, PARENT_MARK, from);
}

uint64_t parent_own_id(void)
{
    uint64_t id;

    REQUIRE_EQ(parent_call(HvGetPartitionId, NULL, 0, NULL, 0), HV_STATUS_SUCCESS);
    memcpy(&id, output, sizeof(id));
    return id;
}

/* ---- Partitions ---- */

uint16_t parent_create(uint64_t flags, uint64_t *id)
{
    struct hv_input_create_partition block = { .flags = flags };
    uint16_t status = parent_simple(HvCallCreatePartition, &block, sizeof(block));

    memcpy(id, output, sizeof(*id));
    return status;
}

uint16_t parent_by_id(uint16_t code, uint64_t id)
{
    return hv_result_status(hv_call(hv_control(code, true, 0, 0, 0), id, 0));
}

uint16_t parent_next_child(uint64_t parent, uint64_t previous, uint64_t *next)
{
    struct hv_input_get_next_child_partition block = { parent, previous };
    uint16_t status = parent_simple(HvCallGetNextChildPartition, &block, sizeof(block));

    memcpy(next, output, sizeof(*next));
    return status;
}

uint16_t parent_get_property(uint64_t id, uint32_t code, uint64_t *value)
{
    struct hv_input_get_partition_property block = { .partition_id = id, .property_code = code };
    uint16_t status = parent_simple(HvCallGetPartitionProperty, &block, sizeof(block));

    memcpy(value, output, sizeof(*value));
    return status;
}

uint16_t parent_set_property(uint64_t id, uint32_t code, uint64_t value)
{
    struct hv_input_set_partition_property block = { .partition_id = id,
                                                     .property_code = code,
                                                     .property_value = value };

    return parent_simple(HvCallSetPartitionProperty, &block, sizeof(block));
}

/* ---- Memory ---- */

uint64_t parent_deposit(uint64_t id, const uint64_t *pages, unsigned count)
{
    struct hv_input_deposit_memory block = { id };

    return parent_call(hv_control(HvCallDepositMemory, false, 0, count, 0), &block, sizeof(block),
                       pages, count * sizeof(*pages));
}

uint64_t parent_withdraw(uint64_t id, unsigned count, uint64_t *pages)
{
    struct hv_input_withdraw_memory block = { .partition_id = id };
    uint64_t result = parent_call(hv_control(HvCallWithdrawMemory, false, 0, count, 0), &block,
                                  sizeof(block), NULL, 0);

    memcpy(pages, output, count * sizeof(*pages));
    return result;
}

uint16_t parent_balance(uint64_t id, struct hv_output_get_memory_balance *balance)
{
    struct hv_input_withdraw_memory block = { .partition_id = id };
    uint16_t status = parent_simple(HvCallGetMemoryBalance, &block, sizeof(block));

    memcpy(balance, output, sizeof(*balance));
    return status;
}

uint64_t parent_map(uint64_t id, uint64_t base, uint32_t flags, const uint64_t *sources,
                    unsigned count)
{
    struct hv_input_map_gpa_pages block = { .target_partition_id = id,
                                            .target_gpa_base = base,
                                            .map_flags = flags };

    return parent_call(hv_control(HvCallMapGpaPages, false, 0, count, 0), &block, sizeof(block),
                       sources, count * sizeof(*sources));
}

uint64_t parent_unmap(uint64_t id, uint64_t base, uint32_t flags, unsigned count)
{
    struct hv_input_unmap_gpa_pages block = { .target_partition_id = id,
                                              .target_gpa_base = base,
                                              .unmap_flags = flags };

    return parent_call(hv_control(HvCallUnmapGpaPages, false, 0, count, 0), &block, sizeof(block),
                       NULL, 0);
}

uint16_t parent_read_gpa(uint64_t id, uint32_t vp, uint64_t gpa, void *data, uint32_t size,
                         uint32_t *result)
{
    struct hv_input_read_gpa block = { .partition_id = id,
                                       .vp_index = vp,
                                       .byte_count = size,
                                       .base_gpa = gpa,
                                       .control_flags = HvCacheTypeWriteBack };
    uint16_t status = parent_simple(HvReadGpa, &block, sizeof(block));
    const struct hv_output_read_gpa *read = (const void *)output;

    *result = read->result_code;
    if (size <= sizeof(read->data))
        memcpy(data, read->data, size);
    return status;
}

uint16_t parent_write_gpa(uint64_t id, uint32_t vp, uint64_t gpa, const void *data, uint32_t size,
                          uint32_t *result)
{
    struct hv_input_write_gpa block = { .access = { .partition_id = id,
                                                    .vp_index = vp,
                                                    .byte_count = size,
                                                    .base_gpa = gpa,
                                                    .control_flags = HvCacheTypeWriteBack } };
    uint16_t status;

    if (size <= sizeof(block.data))
        memcpy(block.data, data, size);
    status = parent_simple(HvWriteGpa, &block, sizeof(block));
    memcpy(result, output, sizeof(*result));
    return status;
}

uint16_t parent_translate(uint64_t id, uint32_t vp, uint64_t flags, uint64_t gva_page,
                          struct hv_output_translate_virtual_address *translated)
{
    struct hv_input_translate_virtual_address block = {
        .partition_id = id, .vp_index = vp, .control_flags = flags, .gva_page = gva_page
    };
    uint16_t status = parent_simple(HvCallTranslateVirtualAddress, &block, sizeof(block));

    memcpy(translated, output, sizeof(*translated));
    return status;
}

/* ---- Virtual processors ---- */

uint16_t parent_create_vp(uint64_t id, uint32_t vp)
{
    struct hv_input_create_vp block = { .partition_id = id, .vp_index = vp };

    return parent_simple(HvCallCreateVp, &block, sizeof(block));
}

uint16_t parent_delete_vp(uint64_t id, uint32_t vp)
{
    struct hv_input_delete_vp block = { .partition_id = id, .vp_index = vp };

    return parent_simple(HvCallDeleteVp, &block, sizeof(block));
}

uint16_t parent_get_register(uint64_t id, uint32_t vp, uint32_t name,
                             union hv_register_value *value)
{
    struct hv_input_vp_registers block = { .partition_id = id, .vp_index = vp };
    uint64_t result = parent_call(hv_control(HvCallGetVpRegisters, false, 0, 1, 0), &block,
                                  sizeof(block), &name, sizeof(name));

    memcpy(value, output, sizeof(*value));
    return hv_result_status(result);
}

uint16_t parent_set_register(uint64_t id, uint32_t vp, uint32_t name,
                             const union hv_register_value *value)
{
    struct hv_input_vp_registers block = { .partition_id = id, .vp_index = vp };
    struct hv_register_assoc element = { .name = name, .value = *value };

    return hv_result_status(parent_call(hv_control(HvCallSetVpRegisters, false, 0, 1, 0), &block,
                                        sizeof(block), &element, sizeof(element)));
}

uint16_t parent_get_register64(uint64_t id, uint32_t vp, uint32_t name, uint64_t *value)
{
    union hv_register_value read;
    uint16_t status = parent_get_register(id, vp, name, &read);

    *value = read.reg128.low;
    return status;
}

uint16_t parent_set_register64(uint64_t id, uint32_t vp, uint32_t name, uint64_t value)
{
    const union hv_register_value written = { .reg128 = { value, 0 } };

    return parent_set_register(id, vp, name, &written);
}

uint16_t parent_install(uint64_t id, uint32_t type, uint32_t access, uint64_t parameter)
{
    struct hv_input_install_intercept block = { id, access, type, parameter };

    return parent_simple(HvCallInstallIntercept, &block, sizeof(block));
}

uint16_t parent_assert(uint64_t id, uint64_t control, uint64_t destination, uint32_t vector)
{
    struct hv_input_assert_virtual_interrupt block = { .target_partition = id,
                                                       .interrupt_control = control,
                                                       .destination_address = destination,
                                                       .requested_vector = vector };

    return parent_simple(HvCallAssertVirtualInterrupt, &block, sizeof(block));
}

uint16_t parent_cpuid(uint64_t id, uint32_t vp, uint32_t flags, uint32_t leaf, uint32_t subleaf,
                      struct cpuid_regs *values)
{
    struct hv_input_get_vp_cpuid_values block = { .partition_id = id,
                                                  .vp_index = vp,
                                                  .flags = flags };
    struct hv_cpuid_leaf_info element = { .eax = leaf, .ecx = subleaf };
    uint64_t result = parent_call(hv_control(HvCallGetVpCpuidValues, false, 0, 1, 0), &block,
                                  sizeof(block), &element, sizeof(element));

    memcpy(values, output, sizeof(*values));
    return hv_result_status(result);
}
