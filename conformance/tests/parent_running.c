/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* VPs of a child that run: what starts them, what stops them, and who is stopped. */
#include <conformance/child.h>

/* A counter at 0x3000, counted up in a loop: inc dword [0x3000]; jmp $ */
static const uint8_t counting[] = { 0xff, 0x05, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xf8 };

static uint32_t counter(const struct child *child)
{
    return *(const volatile uint32_t *)(const void *)(child->ram + 0x3000);
}

static bool advances(const struct child *child)
{
    uint64_t end = rdtsc() + tsc_from_us(3000000);
    uint32_t before = counter(child);

    while (counter(child) == before && rdtsc() < end)
        cpu_pause();
    return counter(child) != before;
}

static bool stands(const struct child *child)
{
    uint32_t before = counter(child);

    udelay(30000);
    return counter(child) == before;
}

static struct child begin(unsigned vps)
{
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    for (unsigned vp = 0; vp < vps; vp++)
        child_add_vp(&child, vp);
    child_listen();
    return child;
}

/* ---- Suspension ---- */

HV_TEST(virtual_processor, a_vp_runs_when_nothing_suspends_it,
        COVERS(HV_REQ_VP_040, HV_REQ_VP_042, HV_REQ_INT_007), NEEDS_PARENT,
        "A parent that has stopped a VP reads registers that don't move")
{
    static const uint8_t code[] = { CHILD_OUT, 0xff, 0x05, 0x00, 0x30, 0x00, 0x00, 0xeb, 0xf8 };
    struct child child = begin(1);
    struct hv_message message;

    child_load(&child, 0, code, sizeof(code));
    CHECK(stands(&child), "a VP runs that was never started");
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    /* Both suspend it now; the intercept's end is not enough, and neither is the other's. */
    child_set(&child, 0, HvX64RegisterRip, CHILD_CODE_GPA + 2);
    child_stop(&child, 0);
    child_set(&child, 0, HvRegisterInterceptSuspend, 0);
    CHECK(stands(&child), "explicit suspension does not hold");
    child_set(&child, 0, HvRegisterExplicitSuspend, 0);
    CHECK(advances(&child), "the VP does not go on");
    child_stop(&child, 0);
    CHECK(stands(&child), "the VP runs though it is suspended");
    child_set(&child, 0, HvX64RegisterRip, CHILD_CODE_GPA);
    child_set(&child, 0, HvRegisterExplicitSuspend, 0);
    REQUIRE(child_wait(&message), "no second message");
    child_set(&child, 0, HvX64RegisterRip, CHILD_CODE_GPA + 2);
    child_set(&child, 0, HvRegisterExplicitSuspend, 1);
    child_set(&child, 0, HvRegisterExplicitSuspend, 0);
    CHECK(stands(&child), "the intercept's suspension does not hold");
    child_set(&child, 0, HvRegisterInterceptSuspend, 0);
    CHECK(advances(&child), "the VP does not go on after an intercept");
}

HV_TEST(virtual_processor, registers_of_a_running_vp, COVERS(HV_REQ_VP_024), NEEDS_PARENT,
        "A register that is set while the guest sets it too has either value, and never none")
{
    struct child child = begin(1);
    uint16_t status;
    uint64_t value;

    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    REQUIRE(advances(&child), "the VP does not run");
    status = parent_set_register64(child.id, 0, HvX64RegisterRsi, 0x77);
    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_INVALID_VP_STATE, "status 0x%x",
          status);
    OBSERVE("status", "%u", status);
    CHECK_EQ(parent_get_register64(child.id, 0, HvX64RegisterRsi, &value), status);
    if (status == HV_STATUS_SUCCESS)
        CHECK_EQ(value, 0x77);
    CHECK(advances(&child), "the VP has stopped");
}

/* The same in real mode, in the page at which a start-up IPI lets VP 1 begin; at 0x100: OUT. */
static const uint8_t counting16[0x102] = { 0x66, 0xff, 0x06, 0x00,
                                           0x30, 0xeb, 0xf9, [0x100] = CHILD_OUT };

#define STARTUP_PAGE 2

static void start_second(const struct child *child, const void *code, size_t size)
{
    memcpy(child->ram + STARTUP_PAGE * PAGE_SIZE, code, size);
    child_run(child, 1);
    REQUIRE_EQ(parent_assert(child->id, HvX64InterruptTypeSipi, 1, STARTUP_PAGE),
               HV_STATUS_SUCCESS);
}

HV_TEST(intercepts_and_messages, an_intercept_stops_one_vp, COVERS(HV_REQ_INT_006, HV_REQ_INT_008),
        NEEDS_PARENT, "The other processors of the guest have their own work")
{
    static const uint8_t out[] = { CHILD_OUT };
    struct child child = begin(2);
    struct hv_message first, second;
    const struct hv_x64_intercept_message_header *header = (const void *)first.payload;

    start_second(&child, counting16, sizeof(counting16));
    REQUIRE(advances(&child), "VP 1 does not run");
    child_run_to_message(&child, 0, out, sizeof(out), &first);
    CHECK_EQ(header->vp_index, 0);
    CHECK(advances(&child), "VP 1 has stopped as well");
    /* In the order in which they were noticed: VP 0 first, though nobody takes its message yet. */
    child_run(&child, 0);
    udelay(50000);
    child_stop(&child, 1);
    child_set(&child, 1, HvX64RegisterRip, 0x100);
    child_run(&child, 1);
    REQUIRE(child_wait(&first), "no message of VP 0");
    REQUIRE(child_wait(&second), "no message of VP 1");
    CHECK_EQ(header->vp_index, 0);
    header = (const void *)second.payload;
    CHECK_EQ(header->vp_index, 1);
}

HV_TEST(virtual_processor, a_vp_begins_at_the_reset_vector, COVERS(HV_REQ_VP_049, HV_REQ_INT_011),
        NEEDS_PARENT, "Firmware is there, at the end of the first 4 GiB")
{
    struct child child = begin(2);
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    child_run(&child, 1);
    CHECK(child_is_quiet(), "VP 1 does not wait for its start-up");
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->header.vp_index, 0);
    CHECK_EQ(memory->guest_physical_address, 0xfffffff0);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_EXECUTE);
    CHECK_EQ(memory->header.rip, 0xfff0);
    CHECK_EQ(memory->header.cs_segment.selector, 0xf000);
    CHECK_EQ(memory->header.execution_state &
                 (HV_X64_VP_EXECUTION_STATE_CPL_MASK | HV_X64_VP_EXECUTION_STATE_CR0_PE |
                  HV_X64_VP_EXECUTION_STATE_EFER_LMA),
             0);
}

/* ---- What is pending, and what is impossible ---- */

#define PENDING_VECTOR 0x45

/* An interrupt by its vector, though interrupts are disabled: it was accepted before. False if it
   came more than once. */
static bool takes_pending_once(const struct child *child)
{
    unsigned before = child_interrupts(child, PENDING_VECTOR), came;
    struct hv_message message;

    child_set(child, 0, HvX64RegisterRip, CHILD_CODE_GPA);
    child_set(child, 0, HvRegisterPendingInterruption, PENDING_VECTOR << 16 | 1);
    child_run(child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(child_get(child, 0, HvRegisterPendingInterruption) & 1, 0);
    came = child_interrupts(child, PENDING_VECTOR) - before;
    CHECK(came != 0, "it has not come");
    return came == 1;
}

HV_TEST(virtual_processor, what_is_pending_is_delivered, COVERS(HV_REQ_VP_038, HV_REQ_VP_039),
        NEEDS_PARENT, "A guest that was saved in the middle of an interrupt waits for it for ever")
{
    static const uint8_t code[] = { 0x90, CHILD_OUT };
    struct child child = begin(1);
    struct hv_message message;
    bool once = false;

    child_load(&child, 0, code, sizeof(code));
    child_add_handlers(&child, 0);
    /* QEMU's processor delivers an interrupt twice now and then (guest/interrupt.h). */
    for (unsigned i = 0; i < 3 && !once; i++)
        once = takes_pending_once(&child);
    CHECK(once, "it comes more than once each time");
    child_set(&child, 0, HvX64RegisterRip, CHILD_CODE_GPA);
    child_set(&child, 0, HvRegisterPendingInterruption, UINT64_C(0x00060007)); /* #UD */
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no second message");
    CHECK_EQ(child_interrupts(&child, VECTOR_UD), 1);
}

/* Each of them may be set; only together they are impossible. */
HV_TEST(virtual_processor, an_impossible_state_stops_the_vp, COVERS(HV_REQ_VP_025, HV_REQ_INT_024),
        NEEDS_PARENT, "A hypervisor that enters such a guest is the one that crashes")
{
    static const uint8_t code[] = { CHILD_OUT };
    struct child child = begin(1);
    struct hv_message message;
    const struct hv_x64_invalid_vp_register_message *invalid = (const void *)message.payload;
    uint16_t status;

    child_load(&child, 0, code, sizeof(code));
    /* Long mode without PAE: EFER, CR0 and CR4 are fine each by itself. */
    child_set(&child, 0, HvX64RegisterEfer, EFER_LME | EFER_LMA);
    status = parent_set_register64(child.id, 0, HvX64RegisterCr0, CR0_PE | 0x10 | CR0_PG);
    if (status != HV_STATUS_SUCCESS) {
        CHECK_EQ(status, HV_STATUS_INVALID_REGISTER_VALUE);
        return;
    }
    child_set(&child, 0, HvX64RegisterCr3, 0x9000);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeInvalidVpRegisterValue);
    CHECK_EQ(message.header.origination_id, child.id);
    CHECK_EQ(invalid->vp_index, 0);
    child_set(&child, 0, HvX64RegisterCr0, CR0_PE | 0x10);
    child_set(&child, 0, HvX64RegisterEfer, 0);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "the VP can't go on");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
}

/* ---- Memory while it runs ---- */

HV_TEST(gpa_space_and_overlays, memory_is_taken_from_a_running_vp,
        COVERS(HV_REQ_GPA_010, HV_REQ_GPA_018), NEEDS_PARENT,
        "Cached translations would let the guest write to a page that somebody else has now")
{
    struct child child = begin(1);
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    REQUIRE(advances(&child), "the VP does not run");
    REQUIRE_EQ(parent_unmap(child.id, 3, 0, 1), UINT64_C(1) << 32);
    CHECK(stands(&child), "the VP still writes to the page");
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->guest_physical_address, 0x3000);
}

HV_TEST(partitions, a_running_partition_can_be_ended, COVERS(HV_REQ_PART_020), NEEDS_PARENT,
        "A guest that hangs is ended like any other")
{
    struct child child = begin(2);

    child_load(&child, 0, counting, sizeof(counting));
    child_run(&child, 0);
    REQUIRE(advances(&child), "the VP does not run");
    CHECK_EQ(parent_by_id(HvCallFinalizePartition, child.id), HV_STATUS_SUCCESS);
    CHECK(stands(&child), "a VP runs on in a partition that is no more");
    child_take_back(child.id);
    CHECK_EQ(parent_by_id(HvCallDeletePartition, child.id), HV_STATUS_SUCCESS);
}
