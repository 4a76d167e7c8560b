/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A child's time as its parent sees and sets it, and what a crashed child leaves behind. */
#include <conformance/child.h>

#define MS UINT64_C(10000) /* units of 100 ns */

static uint64_t time_of(const struct child *child)
{
    return child_get(child, 0, HvRegisterTimeRefCount);
}

HV_TEST(reference_time, a_child_has_its_own_time, COVERS(HV_REQ_TIME_006), NEEDS_PARENT,
        "With the counter of another partition a guest sees when that was started")
{
    static const uint8_t code[] = { 0xeb, 0xfe }; /* jmp $ */
    struct child child = child_begin(CHILD_EXO);
    uint64_t before, after;

    child_load(&child, 0, code, sizeof(code));
    child_run(&child, 0);
    before = time_of(&child);
    CHECK(before < 60000 * MS, "a new partition is %llu ms old", (unsigned long long)(before / MS));
    udelay(20000);
    after = time_of(&child);
    CHECK(after - before >= 15 * MS && after - before < 5000 * MS, "20 ms are %llu units of 100 ns",
          (unsigned long long)(after - before));
}

HV_TEST(reference_time, a_parent_stops_and_sets_time, COVERS(HV_REQ_TIME_029, HV_REQ_TIME_017),
        NEEDS_PARENT, "A guest that was saved for a week does not see the week")
{
    const uint64_t saved = UINT64_C(0x123456789a);
    struct child child = child_begin(CHILD_EXO);
    uint64_t value;

    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyReferenceTime, saved),
               HV_STATUS_SUCCESS);
    udelay(5000);
    CHECK_EQ(time_of(&child), saved);
    CHECK_EQ(parent_get_property(child.id, HvPartitionPropertyReferenceTime, &value),
             HV_STATUS_SUCCESS);
    CHECK_EQ(value, saved);
    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyTimeFreeze, 0), HV_STATUS_SUCCESS);
    udelay(5000);
    value = time_of(&child);
    CHECK(value > saved && value - saved < 5000 * MS, "time goes on from 0x%llx",
          (unsigned long long)value);
    CHECK_EQ(parent_set_property(child.id, HvPartitionPropertyTimeFreeze, 2),
             HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);
}

HV_TEST(reference_time, time_goes_from_one_partition_to_another, COVERS(HV_REQ_TIME_017),
        NEEDS_PARENT, "That is how a guest is restored")
{
    struct child from = child_begin(CHILD_EXO), to = child_make(CHILD_EXO);
    uint64_t saved, value;

    child_add_vp(&to, 0);
    REQUIRE_EQ(parent_set_property(from.id, HvPartitionPropertyReferenceTime, UINT64_C(1) << 40),
               HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_set_property(from.id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
    saved = time_of(&from);
    REQUIRE_EQ(parent_set_property(to.id, HvPartitionPropertyTimeFreeze, 1), HV_STATUS_SUCCESS);
    REQUIRE_EQ(parent_set_property(to.id, HvPartitionPropertyReferenceTime, saved),
               HV_STATUS_SUCCESS);
    CHECK_EQ(time_of(&to), saved);
    REQUIRE_EQ(parent_set_property(to.id, HvPartitionPropertyTimeFreeze, 0), HV_STATUS_SUCCESS);
    value = time_of(&to);
    CHECK(value >= saved && value - saved < 5000 * MS, "time has jumped to 0x%llx",
          (unsigned long long)value);
    CHECK_EQ(time_of(&from), saved);
}

/* ---- Timers that v2.0 has for guests that know none of its own ---- */

static void check_optional(uint64_t id, uint32_t code, uint64_t value)
{
    uint64_t read = 0;
    uint16_t status = parent_set_property(id, code, value);

    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_UNKNOWN_PROPERTY,
          "property 0x%x: status 0x%x", code, status);
    CHECK_EQ(parent_get_property(id, code, &read), status);
    if (status == HV_STATUS_SUCCESS)
        CHECK_EQ(read, value);
}

HV_TEST(synthetic_timers, assists_are_there_or_unknown,
        COVERS(HV_REQ_TIMER_043, HV_REQ_TIMER_044, HV_REQ_TIMER_045, HV_REQ_TIMER_046),
        NEEDS_PARENT, "A parent that leaves the PM timer to an assist that isn't there has none")
{
    struct child child = child_begin(CHILD_EXO);

    check_optional(child.id, HvPartitionPropertyEmulatedTimerPeriod, 0);
    check_optional(child.id, HvPartitionPropertyEmulatedTimerControl, 0x40);
    check_optional(child.id, HvPartitionPropertyPmTimerAssist, 0);
}

/* ---- A crash ---- */

HV_TEST(crash_enlightenment, a_parent_reads_what_a_crash_left,
        COVERS(HV_REQ_CRASH_008, HV_REQ_CRASH_009),
        NEEDS(.privileges = PARENT_PRIVILEGES, .features = HV_FEATURE_EDX_GUEST_CRASH_MSRS),
        "It is all that is known of a guest that died without a dump")
{
    /* mov eax, ecx; not eax; mov edx, ecx; wrmsr: each of P0 to P4 gets values of its own. */
    static const uint8_t code[] = { 0xb9, 0x00, 0x01,     0x00, 0x40,       /* mov ecx, P0 */
                                    0x89, 0xc8, 0xf7,     0xd0, 0x89, 0xca, /* the values */
                                    0x0f, 0x30, 0x41,                       /* wrmsr; inc ecx */
                                    0x81, 0xf9, 0x05,     0x01, 0x00, 0x40, /* cmp ecx, P4 + 1 */
                                    0x75, 0xef, CHILD_OUT };                /* jne values */
    struct child child = child_begin(CHILD_EXO);

    child_listen();
    for (uint32_t i = 0; i < 5; i++)
        CHECK_EQ(child_get(&child, 0, HvRegisterGuestCrashP0 + i), 0);
    child_run_code(&child, 0, code, sizeof(code));
    for (uint32_t i = 0; i < 5; i++) {
        uint64_t msr = HV_X64_MSR_CRASH_P0 + i;

        CHECK_EQ(child_get(&child, 0, HvRegisterGuestCrashP0 + i), msr << 32 | (~msr & UINT32_MAX));
    }
    CHECK(child_get(&child, 0, HvRegisterGuestCrashCtl) & HV_CRASH_CTL_CRASH_NOTIFY,
          "a guest can't tell of its crash");
}
