/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* How long each virtual processor has run. */
#include "vp_register_support.h"

#define ACCOUNT_TICK 100000 /* 10 ms, in units of 100 ns */

static uint64_t runtime(void)
{
    return rdmsr(HV_X64_MSR_VP_RUNTIME);
}

static uint64_t ap_value;

static void read_runtime(void *unused)
{
    (void)unused;
    ap_value = runtime();
}

HV_TEST(virtual_processor, runtime_advances_and_never_goes_back,
        COVERS(HV_REQ_VP_006, HV_REQ_VP_007), NEEDS(.privileges = HV_PRIVILEGE_AccessVpRunTimeReg),
        "Guests charge threads by it")
{
    uint64_t first = runtime(), last = first;

    /* Some account by ticks of the host's clock, so it may take 10 ms to see anything. */
    for (unsigned i = 0; i < 20 || (last == first && i < 600); i++) {
        uint64_t now;

        udelay(50);
        now = runtime();
        CHECK(now >= last, "%llu after %llu", (unsigned long long)now, (unsigned long long)last);
        last = now;
    }
    CHECK(last > first, "30 ms of work left the run time at %llu", (unsigned long long)last);
}

HV_TEST(virtual_processor, runtime_is_no_more_than_elapsed_time,
        COVERS(HV_REQ_VP_006, HV_REQ_VP_007),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRunTimeReg |
                            HV_PRIVILEGE_AccessPartitionReferenceCounter),
        "It is in units of 100 ns, as reference time is")
{
    uint64_t time = rdmsr(HV_X64_MSR_TIME_REF_COUNT), start = runtime(), ran, passed;

    udelay(40000);
    ran = runtime() - start;
    passed = rdmsr(HV_X64_MSR_TIME_REF_COUNT) - time;
    /* Those that account by ticks may count one too many. */
    CHECK(ran <= passed + ACCOUNT_TICK, "it ran %llu units in %llu", (unsigned long long)ran,
          (unsigned long long)passed);
}

HV_TEST(virtual_processor, runtime_is_per_vp, COVERS(HV_REQ_VP_008),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpRunTimeReg, .vps = 2),
        "Each VP has an account of its own")
{
    uint64_t before;

    REQUIRE_NO_FAULT(smp_call(1, read_runtime, NULL));
    before = ap_value;
    REQUIRE_NO_FAULT(smp_call(1, read_runtime, NULL));
    CHECK(ap_value >= before, "VP 1: %llu after %llu", (unsigned long long)ap_value,
          (unsigned long long)before);
    CHECK(ap_value != runtime(), "two VPs have the same run time to 100 ns");
}

static uint64_t runtime_of_vp_1(void)
{
    struct hv_u128 value;

    REQUIRE_EQ(hv_result_status(try_get(HvRegisterVpRuntime, &value)), HV_STATUS_SUCCESS);
    return value.low;
}

static void note_vp_1(void *index)
{
    *(uint32_t *)index = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
}

HV_CHARACTERIZE(virtual_processor, runtime_while_suspended, COVERS(HV_REQ_GAP_241),
                NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessVpIndex |
                                    HV_PRIVILEGE_AccessVpRunTimeReg,
                      .vps = 2),
                "A VP that is suspended does not run, but its time may be counted")
{
    uint64_t before, after;
    uint32_t index;
    uint16_t status;

    begin();
    REQUIRE_NO_FAULT(smp_call(1, note_vp_1, &index));
    header()->vp_index = index;
    status = hv_result_status(try_set(HvRegisterExplicitSuspend, 1));
    if (status != HV_STATUS_SUCCESS) {
        OBSERVE("suspend", "status %u", status);
        return;
    }
    before = runtime_of_vp_1();
    mdelay(20);
    after = runtime_of_vp_1();
    REQUIRE_EQ(hv_result_status(try_set(HvRegisterExplicitSuspend, 0)), HV_STATUS_SUCCESS);
    OBSERVE("runtime", "%s", after == before ? "stands" : "runs");
}
