/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts and exceptions of a child whose frame can't be written: they come when it can, once.
 */
#include <conformance/child.h>

#define VECTOR 0x71

/* The stack is a page behind the child's memory. */
#define STACK_PAGE CHILD_RAM_PAGES
#define STACK_END  ((CHILD_RAM_PAGES + 1) * PAGE_SIZE)

static struct child begin(const void *code, size_t size)
{
    struct child child = child_begin(CHILD_EXO);

    child_listen();
    child_load(&child, 0, code, size);
    child_add_handlers(&child, 0);
    child_set(&child, 0, HvX64RegisterRsp, STACK_END);
    return child;
}

/* The message of the frame that can't be written, and the memory for it. */
static void give_stack(const struct child *child)
{
    const uint64_t page = page_number(child_page(0));
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    REQUIRE(child_wait(&message), "no message");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_WRITE);
    CHECK_EQ(memory->guest_physical_address >> PAGE_SHIFT, STACK_PAGE);
    REQUIRE_EQ(parent_map(child->id, STACK_PAGE, CHILD_ALL_RIGHTS, &page, 1), UINT64_C(1) << 32);
    child_run(child, 0);
}

static void check_interrupted_once(const struct child *child, uint8_t vector)
{
    CHECK(child_wait_interrupts(child, vector, 1), "the interrupt is lost");
    udelay(20000);
    CHECK_EQ(child_interrupts(child, vector), 1);
}

/* mov byte [0x3000], 1: an APIC that is off would take nothing. */
static const uint8_t waiting[] = {
    CHILD_ENABLE_APIC, 0xc6, 0x05, 0x00, 0x30, 0x00, 0x00, 0x01, CHILD_WAIT_FOR_INTERRUPTS
};

static struct child begin_waiting(void)
{
    struct child child = begin(waiting, sizeof(waiting));
    const uint64_t end = rdtsc() + tsc_from_us(3000000);

    child_run(&child, 0);
    while (!((volatile uint8_t *)child.ram)[0x3000] && rdtsc() < end)
        cpu_pause();
    return child;
}

HV_TEST(intercepts_and_messages, an_interrupt_outlives_the_intercept_of_its_frame,
        COVERS(HV_REQ_INT_007, HV_REQ_INT_019), NEEDS_PARENT,
        "A page of the guest's stack was swapped out, and its device waits for ever")
{
    struct child child = begin_waiting();

    REQUIRE_EQ(parent_assert(child.id, HvX64InterruptTypeFixed, 0, VECTOR), HV_STATUS_SUCCESS);
    give_stack(&child);
    check_interrupted_once(&child, VECTOR);
}

HV_TEST(intercepts_and_messages, an_nmi_outlives_the_intercept_of_its_frame,
        COVERS(HV_REQ_INT_007, HV_REQ_INT_019), NEEDS_PARENT,
        "A watchdog asks once, and takes silence for a hang")
{
    struct child child = begin_waiting();

    REQUIRE_EQ(parent_assert(child.id, HvX64InterruptTypeNmi, 0, 0), HV_STATUS_SUCCESS);
    give_stack(&child);
    check_interrupted_once(&child, VECTOR_NMI);
    /* The mask of NMIs ended with the handler. */
    REQUIRE_EQ(parent_assert(child.id, HvX64InterruptTypeNmi, 0, 0), HV_STATUS_SUCCESS);
    CHECK(child_wait_interrupts(&child, VECTOR_NMI, 2), "there is no second NMI");
}

#define RFLAGS_STEP 0x102u

HV_TEST(intercepts_and_messages, a_trap_outlives_the_intercept_of_its_frame,
        COVERS(HV_REQ_INT_007, HV_REQ_INT_019), NEEDS_PARENT,
        "A fault comes again with its instruction; a step that a debugger waits for does not")
{
    static const uint8_t code[] = { 0x90, 0x90, 0x90, CHILD_OUT };
    struct child child = begin(code, sizeof(code));
    struct hv_message message;

    child_set(&child, 0, HvX64RegisterRflags, RFLAGS_STEP);
    child_run(&child, 0);
    give_stack(&child);
    REQUIRE(child_wait(&message), "the child does not come to its end");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(child_interrupts(&child, VECTOR_DB), 3);
}

/* Its stack is the hypercall page, where a write is a fault, which would have to be written there,
   too. */
HV_TEST(intercepts_and_messages, a_fault_for_a_fault_is_a_double_fault, COVERS(HV_REQ_INT_022),
        NEEDS_PARENT, "Without the rule the processor raises faults for ever, one for another")
{
    static const uint8_t code[] = {
        0xb9, 0x00, 0x00, 0x00, 0x40, /* mov ecx, HV_X64_MSR_GUEST_OS_ID */
        0xb8, 0x01, 0x00, 0x00, 0x00, /* mov eax, 1 */
        0x31, 0xd2,                   /* xor edx, edx */
        0x0f, 0x30,                   /* wrmsr */
        0x41,                         /* inc ecx: HV_X64_MSR_HYPERCALL */
        0xb8, 0x01, 0x90, 0x00, 0x00, /* mov eax, 0x9001 */
        0x0f, 0x30,                   /* wrmsr */
        0xbc, 0x00, 0xa0, 0x00, 0x00, /* mov esp, 0xa000 */
        0x0f, 0x0b,                   /* ud2 */
    };
    struct child child = begin(code, sizeof(code));
    struct hv_message message;

    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeUnrecoverableException);
    CHECK_EQ(child_interrupts(&child, VECTOR_UD), 0);
}
