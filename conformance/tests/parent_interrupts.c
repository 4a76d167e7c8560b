/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts that a parent asserts in its child: every device that it emulates ends in one. */
#include <conformance/child.h>

#define VECTOR 0x45
#define OTHER  0x56

/* mov byte [0x3000], 1: what comes from now on is not lost */
#define READY 0xc6, 0x05, 0x00, 0x30, 0x00, 0x00, 0x01

static const uint8_t waiting[] = { CHILD_ENABLE_APIC, READY, CHILD_WAIT_FOR_INTERRUPTS };
/* CLI, then a loop: what comes stays pending. */
static const uint8_t deaf[] = { CHILD_ENABLE_APIC, 0xfa, READY, 0xeb, 0xfe };

static bool is_ready(const struct child *child)
{
    const volatile uint8_t *flag = child->ram + 0x3000;
    uint64_t end = rdtsc() + tsc_from_us(2000000);

    while (!*flag && rdtsc() < end)
        cpu_pause();
    return *flag;
}

/* A child whose VP 0 runs this, and is READY. */
static struct child begin(const void *code, size_t size)
{
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_listen();
    child_load(&child, 0, code, size);
    child_add_handlers(&child, 0);
    child_run(&child, 0);
    REQUIRE(is_ready(&child), "the VP does not run");
    return child;
}

static void hear(const struct child *child)
{
    child_stop(child, 0);
    child_set(child, 0, HvX64RegisterRflags, RFLAGS_IF | 2);
    child_run(child, 0);
}

/* ---- Input ---- */

HV_TEST(local_apic, asserting_takes_32_bytes, COVERS(HV_REQ_APIC_023, HV_REQ_APIC_024),
        NEEDS_PARENT, "An interrupt for the wrong VTL is one for the wrong operating system")
{
    struct hv_input_assert_virtual_interrupt block = { .requested_vector = VECTOR };
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    block.target_partition = child.id;
    CHECK_EQ(parent_simple(HvCallAssertVirtualInterrupt, &block, sizeof(block)), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++) {
        block.reserved[i] = 1;
        CHECK_EQ(parent_simple(HvCallAssertVirtualInterrupt, &block, sizeof(block)),
                 HV_STATUS_INVALID_PARAMETER);
        block.reserved[i] = 0;
    }
    for (unsigned bit = 34; bit < 64; bit++) {
        block.interrupt_control = UINT64_C(1) << bit;
        CHECK_EQ(parent_simple(HvCallAssertVirtualInterrupt, &block, sizeof(block)),
                 HV_STATUS_INVALID_PARAMETER);
    }
    block.interrupt_control = HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED;
    CHECK_EQ(parent_simple(HvCallAssertVirtualInterrupt, &block, sizeof(block)), HV_STATUS_SUCCESS);
}

HV_TEST(local_apic, interrupts_have_types, COVERS(HV_REQ_APIC_025, HV_REQ_APIC_027), NEEDS_PARENT,
        "A type that is taken for another one is an NMI where a key was pressed")
{
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    for (uint64_t type = 0; type < 16; type++) {
        bool has_vector = type == HvX64InterruptTypeFixed ||
                          type == HvX64InterruptTypeLowestPriority ||
                          type == HvX64InterruptTypeExtInt || type == HvX64InterruptTypeSipi;
        bool needed = has_vector || type == HvX64InterruptTypeNmi || type == HvX64InterruptTypeInit;
        uint16_t status = parent_assert(child.id, type, 0, has_vector ? VECTOR : 0);

        CHECK(status == HV_STATUS_SUCCESS || (!needed && status == HV_STATUS_INVALID_PARAMETER),
              "type %u: status 0x%x", (unsigned)type, status);
        if (type > HvX64InterruptTypeLocalInt1)
            CHECK_EQ(status, HV_STATUS_INVALID_PARAMETER);
        CHECK_EQ(parent_assert(child.id, type, 0, 256), HV_STATUS_INVALID_PARAMETER);
        if (!has_vector)
            CHECK_EQ(parent_assert(child.id, type, 0, VECTOR), HV_STATUS_INVALID_PARAMETER);
    }
    CHECK_EQ(parent_assert(child.id, UINT32_MAX, 0, VECTOR), HV_STATUS_INVALID_PARAMETER);
}

HV_TEST(local_apic, interrupts_are_for_children, COVERS(HV_REQ_APIC_026, HV_REQ_APIC_033),
        NEEDS_PARENT, "A guest that interrupts others can keep them from working")
{
    parent_begin();
    child_create(0);
    CHECK_EQ(parent_assert(HV_PARTITION_ID_SELF, 0, 0, VECTOR), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_assert(parent_own_id(), 0, 0, VECTOR), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_assert(PARENT_NOBODY, 0, 0, VECTOR), HV_STATUS_INVALID_PARTITION_ID);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, HV_PARTITION_ID_SELF), HV_STATUS_ACCESS_DENIED);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, PARENT_NOBODY), HV_STATUS_INVALID_PARTITION_ID);
}

/* ---- Delivery ---- */

HV_TEST(local_apic, an_asserted_interrupt_is_taken, COVERS(HV_REQ_APIC_025, HV_REQ_APIC_028),
        NEEDS_PARENT, "One that is lost is a disk that never answers")
{
    struct child child = begin(waiting, sizeof(waiting));

    for (unsigned i = 1; i <= 5; i++) {
        CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, VECTOR), HV_STATUS_SUCCESS);
        CHECK(child_wait_interrupts(&child, VECTOR, i), "interrupt %u is lost", i);
    }
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeLowestPriority, 0, OTHER),
             HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, OTHER, 1), "that of lowest priority is lost");
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeNmi, 0, 0), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, VECTOR_NMI, 1), "the NMI is lost");
    /* Nobody has that ID. */
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 77, VECTOR), HV_STATUS_SUCCESS);
    CHECK(child_is_quiet(), "a message");
    CHECK_EQ(child_interrupts(&child, VECTOR), 5);
}

HV_TEST(local_apic, an_edge_is_latched, COVERS(HV_REQ_APIC_028), NEEDS_PARENT,
        "The device has forgotten it by the time that the guest listens")
{
    struct child child = begin(deaf, sizeof(deaf));

    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, VECTOR), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, OTHER), HV_STATUS_SUCCESS);
    udelay(20000);
    CHECK_EQ(child_interrupts(&child, VECTOR), 0);
    hear(&child);
    CHECK(child_wait_interrupts(&child, VECTOR, 1), "the first is lost");
    CHECK(child_wait_interrupts(&child, OTHER, 1), "the second is lost");
}

HV_TEST(local_apic, a_logical_destination_is_honoured, COVERS(HV_REQ_APIC_024), NEEDS_PARENT,
        "Windows programs its devices so")
{
    /* mov dword [0xfee000d0], 0x02000000: the logical ID is 2 */
    static const uint8_t code[] = { 0xc7,
                                    0x05,
                                    0xd0,
                                    0x00,
                                    0xe0,
                                    0xfe,
                                    0x00,
                                    0x00,
                                    0x00,
                                    0x02,
                                    CHILD_ENABLE_APIC,
                                    READY,
                                    CHILD_WAIT_FOR_INTERRUPTS };
    const uint64_t logical = HV_X64_INTERRUPT_CONTROL_LOGICAL_DESTINATION_MODE;
    struct child child = begin(code, sizeof(code));

    CHECK_EQ(parent_assert(child.id, 0, 0, OTHER), HV_STATUS_SUCCESS);
    REQUIRE(child_wait_interrupts(&child, OTHER, 1), "the VP does not run");
    CHECK_EQ(parent_assert(child.id, logical, 1, VECTOR), HV_STATUS_SUCCESS);
    udelay(20000);
    CHECK_EQ(child_interrupts(&child, VECTOR), 0);
    CHECK_EQ(parent_assert(child.id, logical, 2, VECTOR), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, VECTOR, 1), "the interrupt is lost");
}

/* ---- Level-triggered interrupts ---- */

HV_TEST(local_apic, the_end_of_a_level_is_told,
        COVERS(HV_REQ_APIC_035, HV_REQ_INT_021, HV_REQ_INT_027), NEEDS_PARENT,
        "The I/O APIC in the parent waits for it before it sends the next")
{
    struct child child = begin(waiting, sizeof(waiting));
    struct hv_message message;
    const struct hv_x64_apic_eoi_message *eoi = (const void *)message.payload;

    /* Some hypervisors tell only those who have asked. */
    parent_install(child.id, HvInterceptTypeX64ApicEoi, HV_INTERCEPT_ACCESS_MASK_WRITE, 0);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, OTHER), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, OTHER, 1), "the interrupt is lost");
    CHECK(child_is_quiet(), "the end of an edge is told");
    CHECK_EQ(parent_assert(child.id, HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED, 0, VECTOR),
             HV_STATUS_SUCCESS);
    REQUIRE(child_wait(&message), "the end of a level is not told");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64ApicEoi);
    CHECK_EQ(message.header.origination_id, child.id);
    CHECK_EQ(eoi->vp_index, 0);
    CHECK_EQ(eoi->interrupt_vector, VECTOR);
    CHECK_EQ(child_interrupts(&child, VECTOR), 1);
    /* It has not stopped the VP. */
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, OTHER), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, OTHER, 2), "the VP has stopped");
}

/* ---- ExtINT ---- */

HV_TEST(local_apic, extint_is_for_the_boot_processor,
        COVERS(HV_REQ_APIC_031, HV_REQ_APIC_032, HV_REQ_APIC_033), NEEDS_PARENT,
        "The 8259 in the parent interrupts a guest that has not heard of APICs")
{
    /* Task priority 0xf0, the APIC not enabled. */
    static const uint8_t code[] = { 0xc7, 0x05, 0x80, 0x00, 0xe0,  0xfe,
                                    0xf0, 0x00, 0x00, 0x00, READY, CHILD_WAIT_FOR_INTERRUPTS };
    struct child child = begin(code, sizeof(code));

    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, child.id), HV_STATUS_NOT_ACKNOWLEDGED);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeExtInt, 1, VECTOR),
             HV_STATUS_INVALID_PARAMETER);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeExtInt, 0, VECTOR), HV_STATUS_SUCCESS);
    REQUIRE(child_wait_interrupts(&child, VECTOR, 1), "the interrupt is lost");
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeExtInt, 0, OTHER), HV_STATUS_ACKNOWLEDGED);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, child.id), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, child.id), HV_STATUS_NOT_ACKNOWLEDGED);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeExtInt, 0, OTHER), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, OTHER, 1), "the second interrupt is lost");
    CHECK_EQ(child_interrupts(&child, VECTOR), 1);
}

HV_TEST(local_apic, a_second_extint_takes_the_place_of_the_first, COVERS(HV_REQ_APIC_030),
        NEEDS_PARENT, "An 8259 that has changed its mind has one request, the latest")
{
    struct child child = begin(deaf, sizeof(deaf));

    child_stop(&child, 0);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeExtInt, 0, VECTOR), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeExtInt, 0, OTHER), HV_STATUS_SUCCESS);
    hear(&child);
    CHECK(child_wait_interrupts(&child, OTHER, 1), "the second is lost");
    udelay(20000);
    CHECK_EQ(child_interrupts(&child, VECTOR), 0);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, child.id), HV_STATUS_SUCCESS);
}

HV_TEST(local_apic, a_level_is_withdrawn_before_it_is_taken, COVERS(HV_REQ_APIC_029), NEEDS_PARENT,
        "A device that was read in the meantime has nothing to say any more")
{
    struct child child = begin(deaf, sizeof(deaf));

    CHECK_EQ(parent_assert(child.id,
                           HvX64InterruptTypeExtInt | HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED, 0,
                           VECTOR),
             HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id,
                           HvX64InterruptTypeExtInt | HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED, 0,
                           HV_INTERRUPT_VECTOR_NONE),
             HV_STATUS_SUCCESS);
    hear(&child);
    udelay(50000);
    CHECK_EQ(child_interrupts(&child, VECTOR), 0);
    CHECK_EQ(parent_by_id(HvClearVirtualInterrupt, child.id), HV_STATUS_NOT_ACKNOWLEDGED);
}

HV_TEST(local_apic, a_level_is_withdrawn_and_an_edge_is_not,
        COVERS(HV_REQ_APIC_027, HV_REQ_APIC_028, HV_REQ_APIC_029), NEEDS_PARENT,
        "What a message has announced is not announced a second time")
{
    const uint64_t level = HV_X64_INTERRUPT_CONTROL_LEVEL_TRIGGERED;
    struct child child = begin(deaf, sizeof(deaf));

    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, OTHER), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id, level, 0, VECTOR), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, HV_INTERRUPT_VECTOR_NONE),
             HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id, level, 0, HV_INTERRUPT_VECTOR_NONE), HV_STATUS_SUCCESS);
    CHECK_EQ(parent_assert(child.id, HvX64InterruptTypeNmi, 0, HV_INTERRUPT_VECTOR_NONE),
             HV_STATUS_INVALID_PARAMETER);
    hear(&child);
    CHECK(child_wait_interrupts(&child, OTHER, 1), "the edge is lost");
    udelay(20000);
    CHECK_EQ(child_interrupts(&child, VECTOR), 0);
    CHECK_EQ(parent_assert(child.id, level, 0, VECTOR), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, VECTOR, 1), "a later one is lost");
}
