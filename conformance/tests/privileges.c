/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The bits of HV_PARTITION_PRIVILEGE_MASK, each by all that it stands for: the lower half by
 * registers, the upper half by calls. discovery.c has one register for each bit; a group that is
 * there in part is found here.
 */
#include "hypercall_support.h"
#include "hypercall_table.h"

struct register_group {
    uint64_t privilege;
    uint32_t first, last;
};

/* What can be read without consequences: neither EOI and EOM nor the register of the idle state. */
static const struct register_group groups[] = {
    { HV_PRIVILEGE_AccessVpRunTimeReg, HV_X64_MSR_VP_RUNTIME, HV_X64_MSR_VP_RUNTIME },
    { HV_PRIVILEGE_AccessPartitionReferenceCounter, HV_X64_MSR_TIME_REF_COUNT,
      HV_X64_MSR_TIME_REF_COUNT },
    { HV_PRIVILEGE_AccessSynicRegs, HV_X64_MSR_SCONTROL, HV_X64_MSR_SIMP },
    { HV_PRIVILEGE_AccessSynicRegs, HV_X64_MSR_SINT0, HV_X64_MSR_SINT15 },
    { HV_PRIVILEGE_AccessSyntheticTimerRegs, HV_X64_MSR_STIMER0_CONFIG, HV_X64_MSR_STIMER3_COUNT },
    { HV_PRIVILEGE_AccessIntrCtrlRegs, HV_X64_MSR_ICR, HV_X64_MSR_VP_ASSIST_PAGE },
    { HV_PRIVILEGE_AccessHypercallMsrs, HV_X64_MSR_GUEST_OS_ID, HV_X64_MSR_HYPERCALL },
    { HV_PRIVILEGE_AccessVpIndex, HV_X64_MSR_VP_INDEX, HV_X64_MSR_VP_INDEX },
    { HV_PRIVILEGE_AccessResetReg, HV_X64_MSR_RESET, HV_X64_MSR_RESET },
    { HV_PRIVILEGE_AccessStatsReg, HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE,
      HV_X64_MSR_STATS_VP_INTERNAL_PAGE },
    { HV_PRIVILEGE_AccessPartitionReferenceTsc, HV_X64_MSR_REFERENCE_TSC,
      HV_X64_MSR_REFERENCE_TSC },
    { HV_PRIVILEGE_AccessFrequencyRegs, HV_X64_MSR_TSC_FREQUENCY, HV_X64_MSR_APIC_FREQUENCY },
    { HV_PRIVILEGE_AccessReenlightenmentControls, HV_X64_MSR_REENLIGHTENMENT_CONTROL,
      HV_X64_MSR_TSC_EMULATION_STATUS },
};

HV_TEST(partitions, each_register_follows_its_privilege, COVERS(HV_REQ_PART_004), NEEDS_NOTHING,
        "A bit that lies elsewhere gives one thing and announces another")
{
    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (uint32_t msr = groups[i].first; msr <= groups[i].last; msr++) {
            bool announced = hv_may(groups[i].privilege);
            uint64_t value;
            struct fault fault = safe_rdmsr(msr, &value);

            CHECK(announced ? !fault.raised : fault.raised && fault.vector == VECTOR_GP,
                  "bit %d is %s, MSR 0x%x %s", __builtin_ctzll(groups[i].privilege),
                  announced ? "set" : "clear", msr, fault.raised ? "faults" : "answers");
        }
}

/* ---- Calls ---- */

/* Parents have some calls for their children whatever else they may. */
static bool is_for(const struct table_call *call, uint64_t privilege)
{
    return call->privilege == privilege && !hv_may(HV_PRIVILEGE_CreatePartitions);
}

static void check_upper_bit(uint64_t privilege)
{
    unsigned calls = 0, there = 0;

    for (unsigned i = 0; i < TABLE_COUNT; i++) {
        uint16_t status;

        if (!is_for(&table[i], privilege))
            continue;
        status = probe_call(table[i].code);
        calls++;
        there += !is_refusal(status);
        CHECK(hv_may(privilege) || is_refusal(status), "bit %d is clear, call 0x%x: status 0x%x",
              __builtin_ctzll(privilege), table[i].code, status);
    }
    CHECK(!hv_may(privilege) || calls == 0 || there != 0,
          "bit %d is set, and none of its %u calls is there", __builtin_ctzll(privilege), calls);
}

HV_TEST(partitions, calls_follow_their_privileges, COVERS(HV_REQ_PART_005), NEEDS_NOTHING,
        "Each bit of the upper half is the right to make some calls, and nothing else")
{
    hv_enable_hypercalls();
    for (unsigned bit = 32; bit < 64; bit++)
        check_upper_bit(UINT64_C(1) << bit);
}
