/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Flushes that wait while a parent completes an instruction of its child's. */
#include <conformance/child.h>

#define SUSPENDED         1u
#define TLB_FLUSH_INHIBIT 2u

#define INPUT UINT64_C(0x3000)
#define START 2u /* page of VP 1's first instruction */

static const uint8_t load[] = { 0xa1, 0x00, 0x00, 0x20, 0x00 }; /* mov eax, [0x200000] */

static uint16_t set_suspend(const struct child *child, uint64_t value)
{
    return parent_set_register64(child->id, 0, HvRegisterInterceptSuspend, value);
}

/* A child whose VP 0 has read memory that is not there. */
static struct child begin(void)
{
    struct hv_message message;
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_listen();
    child_run_to_message(&child, 0, load, sizeof(load), &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    return child;
}

HV_TEST(tlb_and_virtual_mmu, a_memory_intercept_holds_flushes_back, COVERS(HV_REQ_TLB_025),
        NEEDS_PARENT, "The parent emulates by a translation that another VP has just taken away")
{
    struct child child = begin();

    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), SUSPENDED | TLB_FLUSH_INHIBIT);
    CHECK_EQ(set_suspend(&child, SUSPENDED), HV_STATUS_SUCCESS);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), SUSPENDED);
    CHECK(set_suspend(&child, SUSPENDED | TLB_FLUSH_INHIBIT) != HV_STATUS_SUCCESS,
          "a parent sets the flag itself");
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), SUSPENDED);
}

HV_TEST(tlb_and_virtual_mmu, other_intercepts_hold_no_flushes_back, COVERS(HV_REQ_TLB_025),
        NEEDS_PARENT, "Every access to a port would stop the guest's memory manager")
{
    static const uint8_t code[] = { CHILD_OUT };
    struct hv_message message;
    struct child child = child_begin(CHILD_EXO);

    child_listen();
    child_run_to_message(&child, 0, code, sizeof(code), &message);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend), SUSPENDED);
}

/* VP 1 waits for its start-up IPI, as after INIT. */
static void add_vp_1(struct child *child)
{
    static const uint8_t code[] = { CHILD_OUT };
    struct hv_message message;

    child_add_vp(child, 1);
    memcpy(child->ram + START * PAGE_SIZE, code, sizeof(code));
    child_run(child, 1);
    REQUIRE_EQ(parent_assert(child->id, HvX64InterruptTypeSipi, 1, START), HV_STATUS_SUCCESS);
    REQUIRE(child_wait(&message), "VP 1 does not start");
    child_set(child, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID);
}

/* It makes a call, and then an intercept. */
static void call_from_vp_1(struct child *child, uint64_t control, uint64_t mask)
{
    const struct hv_input_flush_virtual_address_space input = {
        .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES, .processor_mask = mask
    };
    const uint8_t last = hv_native_entry() == ENTRY_VMMCALL ? 0xd9 : 0xc1;
    const uint8_t code[] = { 0x0f, 0x01, last, CHILD_OUT };
    const uint64_t range = 0;

    memcpy(child->ram + INPUT, &input, sizeof(input));
    memcpy(child->ram + INPUT + sizeof(input), &range, sizeof(range));
    child_load(child, 1, code, sizeof(code));
    child_set(child, 1, HvX64RegisterRdx, control >> 32);
    child_set(child, 1, HvX64RegisterRax, (uint32_t)control);
    child_set(child, 1, HvX64RegisterRbx, 0);
    child_set(child, 1, HvX64RegisterRcx, INPUT);
    child_set(child, 1, HvX64RegisterRdi, 0);
    child_set(child, 1, HvX64RegisterRsi, 0);
    child_run(child, 1);
}

/* The intercept of VP 1 behind its call. */
static void expect_return(const struct child *child, uint64_t result)
{
    struct hv_message message;
    const struct hv_x64_io_port_intercept_message *io = (const void *)message.payload;

    REQUIRE(child_wait(&message), "the flush does not return");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(io->header.vp_index, 1);
    CHECK_EQ(child_get(child, 1, HvX64RegisterRax) & UINT32_MAX, (uint32_t)result);
    CHECK_EQ(child_get(child, 1, HvX64RegisterRdx) & UINT32_MAX, result >> 32);
}

HV_TEST(tlb_and_virtual_mmu, a_flush_waits_for_the_parent, COVERS(HV_REQ_TLB_024, HV_REQ_TLB_025),
        NEEDS_PARENT, "A page that was swapped out has changed after that, and nobody knows")
{
    const uint64_t list = HvCallFlushVirtualAddressList | UINT64_C(1) << 32;
    struct child child = begin();

    add_vp_1(&child);
    call_from_vp_1(&child, HvCallFlushVirtualAddressSpace, 1);
    CHECK(child_is_quiet(), "the flush returns");
    CHECK_EQ(child_get(&child, 1, HvX64RegisterRip), CHILD_CODE_GPA);
    CHECK_EQ(set_suspend(&child, SUSPENDED), HV_STATUS_SUCCESS);
    expect_return(&child, HV_STATUS_SUCCESS);

    child_run_to_message(&child, 0, load, sizeof(load), &(struct hv_message){ 0 });
    call_from_vp_1(&child, list, 3);
    CHECK(child_is_quiet(), "the flush of a list returns");
    CHECK_EQ(set_suspend(&child, SUSPENDED), HV_STATUS_SUCCESS);
    expect_return(&child, UINT64_C(1) << 32);
}

HV_TEST(tlb_and_virtual_mmu, a_flush_waits_for_nobody_else, COVERS(HV_REQ_TLB_024), NEEDS_PARENT,
        "A guest whose parent emulates all the time gets nowhere")
{
    struct child child = begin();

    add_vp_1(&child);
    call_from_vp_1(&child, HvCallFlushVirtualAddressSpace, 2);
    expect_return(&child, HV_STATUS_SUCCESS);
}
