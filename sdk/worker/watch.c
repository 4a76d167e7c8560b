/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/watch.h>

#define RFLAGS_IF     (UINT64_C(1) << 9)
#define CRASH_NUMBERS 5u

static bool get(const struct worker_vid *vid, uint32_t vp_index, const uint32_t *names,
                union hv_register_value *values, uint32_t count)
{
    return vid->get_registers(vid->context, vp_index, names, values, count) == HV_STATUS_SUCCESS;
}

bool worker_watch_sees_crash(const struct worker_vid *vid)
{
    static const uint32_t names[CRASH_NUMBERS] = { HvRegisterGuestCrashP0, HvRegisterGuestCrashP1,
                                                   HvRegisterGuestCrashP2, HvRegisterGuestCrashP3,
                                                   HvRegisterGuestCrashP4 };
    union hv_register_value values[CRASH_NUMBERS];
    uint64_t all = 0;

    if (!get(vid, 0, names, values, CRASH_NUMBERS))
        return false;
    for (unsigned i = 0; i < CRASH_NUMBERS; i++)
        all |= values[i].reg64;
    return all != 0;
}

/* Its start-up can only come from another VP, and an interrupt does not wake who has disabled them.
 */
static bool stands_still(const struct worker_vid *vid, uint32_t vp_index)
{
    static const uint32_t names[] = { HvRegisterInternalActivityState, HvX64RegisterRflags };
    union hv_register_value values[2];

    if (!get(vid, vp_index, names, values, 2))
        return false;
    if (values[0].reg64 & HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND)
        return true;
    return (values[0].reg64 & HV_INTERNAL_ACTIVITY_HALT_SUSPEND) && !(values[1].reg64 & RFLAGS_IF);
}

static bool all_stand_still(const struct worker_vid *vid, uint32_t vp_count)
{
    for (uint32_t i = 0; i < vp_count; i++)
        if (!stands_still(vid, i))
            return false;
    return true;
}

enum worker_watch_result worker_watch_look(struct worker_watch *watch, const struct worker_vid *vid,
                                           uint32_t vp_count)
{
    const struct worker_watch before = *watch;

    watch->crashed = worker_watch_sees_crash(vid);
    watch->still = all_stand_still(vid, vp_count);
    if (watch->crashed && before.crashed)
        return WORKER_WATCH_CRASHED;
    if (watch->still && before.still && !watch->crashed)
        return WORKER_WATCH_STILL;
    return WORKER_WATCH_NOTHING;
}
