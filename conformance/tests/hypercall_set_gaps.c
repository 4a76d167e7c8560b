/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Flush and IPI calls and their sets of VPs, where the TLFS is silent. An IPI is sent to nobody
 * here, or to VPs that are not there.
 */
#include "hypercall_support.h"

#define VECTOR      0x76
#define ABSENT_BANK 63u /* of VPs that no target starts */

static uint8_t input[256] __attribute__((aligned(256)));

static const struct {
    uint16_t code;
    uint32_t recommended; /* any of these bits of leaf 0x40000004 EAX */
} calls[] = {
    { HvCallFlushVirtualAddressSpace, TEST_CALL_FLUSHES },
    { HvCallFlushVirtualAddressList, TEST_CALL_FLUSHES },
    { HvCallSendSyntheticClusterIpi, HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI },
    { HvCallFlushVirtualAddressSpaceEx, HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS },
    { HvCallFlushVirtualAddressListEx, HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS },
    { HvCallSendSyntheticClusterIpiEx, HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS },
};

/* KVM that enforces CPUID denies what is not recommended. */
HV_CHARACTERIZE(hypercall_abi, what_gates_flushes_and_ipis, COVERS(HV_REQ_GAP_221), NEEDS_NOTHING,
                "There are recommendations for them and no privileges")
{
    uint32_t recommends = hv_recommendations();

    hv_enable_hypercalls();
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        uint16_t status = probe_call(calls[i].code);
        char key[16];

        snprintf(key, sizeof(key), "%04x", calls[i].code);
        OBSERVE(key, "%srecommended, %s", recommends & calls[i].recommended ? "" : "not ",
                status == HV_STATUS_ACCESS_DENIED ? "denied"
                                                  : (is_refusal(status) ? "unknown" : "there"));
    }
}

/* "status 5", or that the call is not there. */
static void observe(const char *key, uint16_t code, unsigned words)
{
    if (call_is_there(code))
        OBSERVE(key, "status %x",
                hv_result_status(hv_call(hv_control(code, false, words, 0, 0), phys_of(input), 0)));
    else
        OBSERVE(key, "not there");
}

static void observe_masks(uint64_t mask)
{
    *(struct hv_input_flush_virtual_address_space *)(void *)input =
        (struct hv_input_flush_virtual_address_space){ .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
                                                       .processor_mask = mask };
    observe("flush", HvCallFlushVirtualAddressSpace, 0);
    *(struct hv_input_send_synthetic_cluster_ipi *)(void *)input =
        (struct hv_input_send_synthetic_cluster_ipi){ .vector = VECTOR, .processor_mask = mask };
    observe("ipi", HvCallSendSyntheticClusterIpi, 0);
}

static void observe_sets(struct hv_vp_set set, uint64_t bank, unsigned words)
{
    struct hv_input_flush_virtual_address_space_ex *flush = (void *)input;
    struct hv_input_send_synthetic_cluster_ipi_ex *ipi = (void *)input;

    memset(input, 0, sizeof(input));
    flush->flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;
    flush->processor_set = set;
    memcpy(flush + 1, &bank, sizeof(bank));
    observe("flush-of-set", HvCallFlushVirtualAddressSpaceEx, words);
    /* An unknown format or set may be taken for all VPs, which nobody is to notice. */
    if (set.format != HV_GENERIC_SET_SPARSE_4K)
        return;
    memset(input, 0, sizeof(input));
    ipi->vector = VECTOR;
    ipi->processor_set = set;
    memcpy(ipi + 1, &bank, sizeof(bank));
    observe("ipi-to-set", HvCallSendSyntheticClusterIpiEx, words);
}

HV_CHARACTERIZE(hypercall_abi, empty_processor_masks, COVERS(HV_REQ_GAP_222), NEEDS_NOTHING,
                "An error in TLFS v6.0b; KVM and Xen take it for what it says")
{
    hv_enable_hypercalls();
    observe_masks(0);
    observe_sets((struct hv_vp_set){ HV_GENERIC_SET_SPARSE_4K, 0 }, 0, 0);
}

HV_CHARACTERIZE(hypercall_abi, masks_of_absent_vps, COVERS(HV_REQ_GAP_224), NEEDS_NOTHING,
                "A guest that lost a VP may still have it in its masks")
{
    hv_enable_hypercalls();
    observe_masks(UINT64_C(1) << 63);
    observe_sets((struct hv_vp_set){ HV_GENERIC_SET_SPARSE_4K, UINT64_C(1) << ABSENT_BANK }, 1, 1);
}

HV_CHARACTERIZE(hypercall_abi, sets_of_an_unknown_format, COVERS(HV_REQ_GAP_226), NEEDS_NOTHING,
                "The document has two formats and no word about others")
{
    hv_enable_hypercalls();
    observe_sets((struct hv_vp_set){ 2, 0 }, 0, 0);
}

HV_CHARACTERIZE(hypercall_abi, sets_with_fewer_banks_than_bits, COVERS(HV_REQ_GAP_226),
                NEEDS_NOTHING,
                "Banks that the header does not have are read from somewhere, or not")
{
    hv_enable_hypercalls();
    observe_sets((struct hv_vp_set){ HV_GENERIC_SET_SPARSE_4K, UINT64_C(3) << (ABSENT_BANK - 1) },
                 0, 1);
}

HV_CHARACTERIZE(hypercall_abi, sets_of_all_without_a_variable_header, COVERS(HV_REQ_GAP_227),
                NEEDS_NOTHING, "KVM once returned early and flushed nothing")
{
    hv_enable_hypercalls();
    observe_sets((struct hv_vp_set){ HV_GENERIC_SET_ALL, 0 }, 0, 0);
}
