/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "watch.h"

#include "call.h"

#define RFLAGS_IF (UINT64_C(1) << 9)

bool root_watch_crash(const struct root_child *child)
{
    static const uint32_t names[] = { HvRegisterGuestCrashP0, HvRegisterGuestCrashP1,
                                      HvRegisterGuestCrashP2, HvRegisterGuestCrashP3,
                                      HvRegisterGuestCrashP4 };
    union hv_register_value values[sizeof(names) / sizeof(names[0])];
    uint64_t all = 0;

    if (root_call_get_registers(child->partition.pool.partition, 0, names, values,
                                sizeof(names) / sizeof(names[0])) != HV_STATUS_SUCCESS)
        return false;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        all |= values[i].reg64;
    return all != 0;
}

/* Its start-up can only come from another VP, and an interrupt does not wake who has disabled them.
 */
static bool stands_still(const struct root_child *child, uint32_t vp_index)
{
    static const uint32_t names[] = { HvRegisterInternalActivityState, HvX64RegisterRflags };
    union hv_register_value values[2];

    if (root_call_get_registers(child->partition.pool.partition, vp_index, names, values, 2) !=
        HV_STATUS_SUCCESS)
        return false;
    if (values[0].reg64 & HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND)
        return true;
    return (values[0].reg64 & HV_INTERNAL_ACTIVITY_HALT_SUSPEND) && !(values[1].reg64 & RFLAGS_IF);
}

static bool all_stand_still(const struct root_child *child)
{
    for (uint32_t i = 0; i < child->partition.vp_count; i++)
        if (!stands_still(child, i))
            return false;
    return true;
}

/*
 * Each has to be seen twice: what the guest writes on its console after the report is to be seen
 * too; and VPs are looked at one after the other, so one may have woken another in between.
 */
enum root_end root_watch(struct root_child *child)
{
    bool crashed = root_watch_crash(child), still = all_stand_still(child);
    enum root_end end = ROOT_RUNS;

    if (crashed && child->crashed)
        end = ROOT_CRASH;
    else if (still && child->still && !crashed)
        end = ROOT_HALT;
    child->crashed = crashed;
    child->still = still;
    return end;
}
