/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Memory pools and GPA spaces. */
#include "call_frame.h"

#define LARGE (HV_LARGE_PAGE_SIZE / HV_PAGE_SIZE)

hv_status root_call_deposit(uint64_t id, const uint64_t *pages, uint32_t count, uint32_t *done)
{
    const struct hv_input_deposit_memory input = { .partition_id = id };
    struct root_call_pages *call = root_call_begin(&input, sizeof(input));

    memcpy(call->input + sizeof(input), pages, count * sizeof(*pages));
    return root_call_rep(call, HvCallDepositMemory, count, done);
}

/* What has come back counts, whatever the status: the end of a pool is one. */
hv_status root_call_withdraw(uint64_t id, uint64_t *pages, uint32_t count, uint32_t *done)
{
    const struct hv_input_withdraw_memory input = { .partition_id = id };
    struct root_call_pages *call = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_rep(call, HvCallWithdrawMemory, count, done);

    if (*done > count)
        return HV_STATUS_OPERATION_FAILED;
    memcpy(pages, call->output, *done * sizeof(*pages));
    return status;
}

hv_status root_call_get_balance(uint64_t id, struct hv_output_get_memory_balance *balance)
{
    const struct hv_input_withdraw_memory input = { .partition_id = id };
    struct root_call_pages *call = root_call_begin(&input, sizeof(input));
    hv_status status = root_call_simple(call, HvCallGetMemoryBalance);

    memcpy(balance, call->output, sizeof(*balance));
    return status;
}

hv_status root_call_map(uint64_t id, uint64_t gpa_page, uint64_t source_page, uint32_t flags,
                        uint32_t count, uint32_t *done)
{
    const struct hv_input_map_gpa_pages input = { .target_partition_id = id,
                                                  .target_gpa_base = gpa_page,
                                                  .map_flags = flags };
    struct root_call_pages *call = root_call_begin(&input, sizeof(input));
    uint64_t step = flags & HV_MAP_GPA_LARGE_PAGE ? LARGE : 1;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t source = source_page + i * step;

        memcpy(call->input + sizeof(input) + i * sizeof(source), &source, sizeof(source));
    }
    return root_call_rep(call, HvCallMapGpaPages, count, done);
}

hv_status root_call_unmap(uint64_t id, uint64_t gpa_page, uint32_t flags, uint32_t count,
                          uint32_t *done)
{
    const struct hv_input_unmap_gpa_pages input = { .target_partition_id = id,
                                                    .target_gpa_base = gpa_page,
                                                    .unmap_flags = flags };

    return root_call_rep(root_call_begin(&input, sizeof(input)), HvCallUnmapGpaPages, count, done);
}
