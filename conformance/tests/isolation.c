/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A child that does all the harm it can, beside another one that counts and a root that keeps time.
 * Whatever it does is its own affair: it may die of it, and nobody else may notice.
 */
#include <conformance/child.h>

#include "hypercall_support.h"

/* inc dword [0x3000]; jmp */
static const uint8_t counting[] = { 0xff, 0x05, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xf8 };

#define PRIVILEGES                                                               \
    (HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessPartitionId |         \
     HV_PRIVILEGE_AccessVpRegisters | HV_PRIVILEGE_AccessSynicRegs |             \
     HV_PRIVILEGE_AccessSyntheticTimerRegs | HV_PRIVILEGE_AccessIntrCtrlRegs |   \
     HV_PRIVILEGE_AccessPartitionReferenceCounter | HV_PRIVILEGE_AccessVpIndex | \
     HV_PRIVILEGE_PostMessages | HV_PRIVILEGE_SignalEvents)

struct scene {
    struct child attacker, victim;
    volatile uint8_t *guard;
};

static uint32_t counter(const struct child *child)
{
    return *(const volatile uint32_t *)(const void *)(child->ram + 0x3000);
}

static struct scene begin(void)
{
    struct scene scene;

    parent_begin();
    scene.victim = child_make(CHILD_EXO);
    child_add_vp(&scene.victim, 0);
    scene.guard = child_page(0xc3);
    scene.attacker = child_make_privileged(CHILD_EXO, PRIVILEGES);
    child_add_vp(&scene.attacker, 0);
    child_set(&scene.attacker, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID);
    child_listen();
    child_load(&scene.victim, 0, counting, sizeof(counting));
    child_set(&scene.victim, 0, HvX64RegisterRbx, 0x12345678);
    child_run(&scene.victim, 0);
    return scene;
}

/* The victim's code, registers and progress, the root's memory and its clock. */
static void check_unharmed(const struct scene *scene, uint64_t since)
{
    uint32_t before = counter(&scene->victim);
    uint64_t end = rdtsc() + tsc_from_us(3000000);

    while (counter(&scene->victim) == before && rdtsc() < end)
        cpu_pause();
    CHECK(counter(&scene->victim) != before, "the other child has stopped");
    CHECK(memcmp(scene->victim.ram + CHILD_CODE_GPA, counting, sizeof(counting)) == 0,
          "the other child's memory has changed");
    CHECK_EQ(child_get(&scene->victim, 0, HvX64RegisterRbx), 0x12345678);
    CHECK_EQ(hv_differing(scene->guard, 0xc3, 0), 0);
    CHECK(rdmsr(HV_X64_MSR_TIME_REF_COUNT) > since, "the root's clock has stopped");
    CHECK_EQ(rdmsr(HV_X64_MSR_GUEST_OS_ID), TEST_GUEST_OS_ID);
}

/* ---- Hypercalls ---- */

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 16;
}

static const uint64_t extremes[] = { 0,
                                     1,
                                     UINT64_MAX,
                                     UINT64_C(1) << 63,
                                     0x7ff,
                                     UINT32_MAX,
                                     UINT64_C(1) << 52,
                                     0xfff,
                                     0xfffff000,
                                     0x2000,
                                     0x2ff8,
                                     UINT64_C(0xfffffffffffff000) };

static uint64_t extreme(uint64_t *seed)
{
    return extremes[next(seed) % (sizeof(extremes) / sizeof(extremes[0]))];
}

/* Any code, with any control word, about any partition. One that ends the VP begins it again. */
static void attack(const struct scene *scene, uint64_t *seed)
{
    const uint8_t last = hv_native_entry() == ENTRY_VMMCALL ? 0xd9 : 0xc1;
    const uint8_t code[] = { 0x0f, 0x01, last, CHILD_OUT };
    const uint64_t ids[] = { scene->victim.id, parent_own_id(), HV_PARTITION_ID_SELF,
                             extreme(seed) };
    const struct child *attacker = &scene->attacker;
    uint64_t control = next(seed) % 0x140;
    uint64_t block[8];
    struct hv_message message;

    if (next(seed) % 2)
        control |= (next(seed) & 3) << 16 | (next(seed) & 0x1f) << 32 | (next(seed) & 1) << 48;
    for (unsigned i = 0; i < 8; i++)
        block[i] = extreme(seed);
    block[0] = ids[next(seed) % 4];
    memcpy(attacker->ram + 0x2000, block, sizeof(block));
    child_load(attacker, 0, code, sizeof(code));
    child_set(attacker, 0, HvX64RegisterRdx, control >> 32);
    child_set(attacker, 0, HvX64RegisterRax, control & UINT32_MAX);
    child_set(attacker, 0, HvX64RegisterRbx, control >> 16 & 1 ? block[0] >> 32 : 0);
    child_set(attacker, 0, HvX64RegisterRcx, control >> 16 & 1 ? block[0] & UINT32_MAX : 0x2000);
    child_set(attacker, 0, HvX64RegisterRdi, 0);
    child_set(attacker, 0, HvX64RegisterRsi, next(seed) % 2 ? 0x3000 : extreme(seed) & UINT32_MAX);
    child_run(attacker, 0);
    REQUIRE(child_wait(&message), "hypercall 0x%llx, partition 0x%llx: nothing comes back",
            (unsigned long long)control, (unsigned long long)block[0]);
}

#define ATTACKS 100u

HV_TEST(partitions, hypercalls_of_a_child_harm_nobody,
        COVERS(HV_REQ_PART_031, HV_REQ_PART_046, HV_REQ_GPA_022), NEEDS_PARENT,
        "A guest that is taken over has a hypercall page like any other")
{
    struct scene scene = begin();
    uint64_t seed = 42, since = rdmsr(HV_X64_MSR_TIME_REF_COUNT);

    for (unsigned i = 0; i < ATTACKS; i++) {
        attack(&scene, &seed);
        if (i % 50 == 49)
            check_unharmed(&scene, since);
    }
}

/* ---- Interrupts ---- */

HV_TEST(partitions, storms_in_a_child_harm_nobody, COVERS(HV_REQ_PART_031, HV_REQ_INT_006),
        NEEDS_PARENT, "A guest that does nothing but interrupt itself takes its own time")
{
    /* In a loop: a fixed interrupt to itself by the ICR, interrupts enabled. */
    static const uint8_t code[] = {
        CHILD_ENABLE_APIC,
        0xfb, /* sti */
        0xc7,
        0x05,
        0x00,
        0x03,
        0xe0,
        0xfe,
        0x61,
        0x40,
        0x04,
        0x00, /* ICR: self, vector 0x61 */
        0xeb,
        0xf4 /* jmp */
    };
    struct scene scene = begin();
    uint64_t since = rdmsr(HV_X64_MSR_TIME_REF_COUNT);

    child_load(&scene.attacker, 0, code, sizeof(code));
    child_add_handlers(&scene.attacker, 0);
    child_run(&scene.attacker, 0);
    CHECK(child_wait_interrupts(&scene.attacker, 0x61, 3), "there is no storm");
    for (unsigned i = 0; i < 3; i++) {
        check_unharmed(&scene, since);
        udelay(50000);
    }
    /* And one from outside, of which the hypervisor has to keep account. */
    for (unsigned i = 0; i < 500; i++)
        CHECK_EQ(parent_assert(scene.attacker.id, HvX64InterruptTypeFixed, 0, 0x40 + i % 0x80),
                 HV_STATUS_SUCCESS);
    check_unharmed(&scene, since);
}

/* ---- Messages ---- */

#define MESSAGES_GPA UINT64_C(0xd000)
#define STORM_SINT   1
#define STORM_VECTOR 0x62

/* A timer that expires every 100 ns, whose messages the child takes as fast as it can. */
static void start_timer(const struct child *child)
{
    child_set(child, 0, HvRegisterSipp, MESSAGES_GPA | HV_X64_MSR_PAGE_ENABLE);
    child_set(child, 0, HvRegisterSint0 + STORM_SINT, STORM_VECTOR);
    child_set(child, 0, HvRegisterScontrol, HV_X64_MSR_SCONTROL_ENABLE);
    child_set(child, 0, HvRegisterStimer0Count, 1);
    child_set(child, 0, HvRegisterStimer0Config,
              HV_X64_MSR_STIMER_CONFIG_ENABLE | HV_X64_MSR_STIMER_CONFIG_PERIODIC |
                  STORM_SINT << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
}

HV_TEST(partitions, messages_in_a_child_harm_nobody, COVERS(HV_REQ_PART_031, HV_REQ_INT_006),
        NEEDS_PARENT, "A timer that is set to the least period keeps its own VP busy, and no other")
{
    static const uint8_t code[] = {
        CHILD_ENABLE_APIC,
        0xfb, /* sti */
        0xc7,
        0x05,
        0x00,
        0xd1,
        0x00,
        0x00,
        0x00,
        0x00,
        0x00,
        0x00, /* the slot is empty */
        0xb9,
        0x84,
        0x00,
        0x00,
        0x40,
        0x31,
        0xc0,
        0x31,
        0xd2,
        0x0f,
        0x30, /* EOM */
        0xeb,
        0xe9 /* jmp */
    };
    struct scene scene = begin();
    uint64_t since = rdmsr(HV_X64_MSR_TIME_REF_COUNT);

    child_load(&scene.attacker, 0, code, sizeof(code));
    child_add_handlers(&scene.attacker, 0);
    start_timer(&scene.attacker);
    child_run(&scene.attacker, 0);
    CHECK(child_wait_interrupts(&scene.attacker, STORM_VECTOR, 3), "there is no storm");
    for (unsigned i = 0; i < 3; i++) {
        check_unharmed(&scene, since);
        udelay(50000);
    }
    CHECK(child_is_quiet(), "a message of the child's own has reached the root");
}

/* ---- Ends ---- */

HV_TEST(partitions, crashes_of_a_child_harm_nobody, COVERS(HV_REQ_INT_022, HV_REQ_INT_006),
        NEEDS_PARENT, "A guest that dies a thousand times is a guest under test")
{
    static const uint8_t code[] = { 0x0f, 0x0b };
    const union hv_register_value none = { .table = { .limit = 0 } };
    struct scene scene = begin();
    uint64_t since = rdmsr(HV_X64_MSR_TIME_REF_COUNT);
    struct hv_message message;

    for (unsigned i = 0; i < 20; i++) {
        REQUIRE_EQ(parent_set_register(scene.attacker.id, 0, HvX64RegisterIdtr, &none),
                   HV_STATUS_SUCCESS);
        child_run_to_message(&scene.attacker, 0, code, sizeof(code), &message);
        CHECK_EQ(message.header.message_type, HvMessageTypeUnrecoverableException);
    }
    check_unharmed(&scene, since);
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, scene.attacker.id), HV_STATUS_SUCCESS);
    check_unharmed(&scene, since);
}
