/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls for memory pools and statistics, in the hands of a guest that has not been given them: the
 * memory of a partition's pool is the host's, and its statistics tell of other guests.
 */
#include "hypercall_support.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

#define MARK 0xa5

struct refused_call {
    const char *name;
    uint16_t code;
    uint16_t reps;
};

static void check_output_untouched(const char *name)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (output[i] != MARK) {
            CHECK(false, "%s: byte %u of the output is written", name, i);
            return;
        }
}

/* Of itself and of another partition, input all zero but for the partition. */
static uint16_t check_refused(const struct refused_call *call)
{
    static const uint64_t partitions[] = { HV_PARTITION_ID_SELF, 0, 1, UINT64_C(0x123456789) };
    uint16_t status = 0;

    memset(output, MARK, sizeof(output));
    for (unsigned i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
        uint64_t result;

        memset(input, 0, sizeof(input));
        memcpy(input, &partitions[i], sizeof(partitions[i]));
        result = hv_call(hv_control(call->code, false, 0, call->reps, 0), phys_of(input),
                         phys_of(output));
        status = hv_result_status(result);
        CHECK(is_refusal(status) && hv_result_reps(result) == 0, "%s, partition 0x%llx: 0x%llx",
              call->name, (unsigned long long)partitions[i], (unsigned long long)result);
    }
    check_output_untouched(call->name);
    return status;
}

HV_TEST(memory_pools, pools_are_not_for_guests, COVERS(HV_REQ_MEM_003, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_AccessMemoryPool),
        "A guest that withdraws a page from its pool has memory of the hypervisor")
{
    static const struct refused_call calls[] = {
        { "HvCallDepositMemory", HvCallDepositMemory, 1 },
        { "HvCallWithdrawMemory", HvCallWithdrawMemory, 1 },
        { "HvCallGetMemoryBalance", HvCallGetMemoryBalance, 0 },
    };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < 3; i++)
        OBSERVE(calls[i].name, "status %u", check_refused(&calls[i]));
}

HV_TEST(memory_pools, a_refused_deposit_takes_no_page, COVERS(HV_REQ_MEM_003),
        NEEDS(.lacks = HV_PRIVILEGE_AccessMemoryPool),
        "A page that is gone from the guest although the call failed is lost for both")
{
    uint8_t *page = hv_test_page(0x3c);
    struct hv_input_deposit_memory *header = (void *)input;
    uint64_t number = phys_of(page) >> PAGE_SHIFT;

    hv_enable_hypercalls();
    header->partition_id = HV_PARTITION_ID_SELF;
    memcpy(header + 1, &number, sizeof(number));
    CHECK(is_refusal(hv_result_status(
              hv_call(hv_control(HvCallDepositMemory, false, 0, 1, 0), phys_of(input), 0))),
          "the deposit is not refused");
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        if (((volatile uint8_t *)page)[i] != 0x3c) {
            CHECK(false, "byte %u of the page has changed", i);
            break;
        }
    CHECK_NO_FAULT(safe_write64(page, 1));
    free_page(page);
}

HV_TEST(statistics, mapping_pages_is_not_for_guests, COVERS(HV_REQ_STATS_005, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_AccessStats),
        "The hypervisor's page tells how busy everybody on the machine is")
{
    static const struct refused_call calls[] = {
        { "HvMapStatsPage", HvMapStatsPage, 0 },
        { "HvCallMapStatsPage2", HvCallMapStatsPage2, 0 },
        { "HvCallUnmapStatsPage", HvCallUnmapStatsPage, 0 },
    };

    hv_enable_hypercalls();
    for (unsigned i = 0; i < 3; i++)
        OBSERVE(calls[i].name, "status %u", check_refused(&calls[i]));
}

/* Object types of the whole machine; a page of its own a guest may have by other means. */
HV_TEST(statistics, global_pages_are_the_roots, COVERS(HV_REQ_STATS_005),
        NEEDS(.privileges = HV_PRIVILEGE_AccessStats, .lacks = HV_PRIVILEGE_CreatePartitions),
        "AccessStats is for the partition's own objects")
{
    static const uint32_t global[] = { HvStatsObjectHypervisor, HvStatsObjectLogicalProcessor };
    struct hv_input_map_stats_page *block = (void *)input;

    hv_enable_hypercalls();
    for (unsigned i = 0; i < 2; i++) {
        uint16_t status;

        memset(input, 0, sizeof(input));
        block->stats_type = global[i];
        status = hv_result_status(hv_call(HvMapStatsPage, phys_of(input), phys_of(output)));
        CHECK(status == HV_STATUS_ACCESS_DENIED || status == HV_STATUS_INVALID_PARAMETER,
              "type 0x%x: status 0x%x", global[i], status);
    }
}
