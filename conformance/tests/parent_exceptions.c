/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Exceptions of a child that its parent wants to see before the child does. */
#include <conformance/child.h>

#define EXECUTE HV_INTERCEPT_ACCESS_MASK_EXECUTE

static struct child begin(uint8_t vector)
{
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_listen();
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeException, EXECUTE, vector),
               HV_STATUS_SUCCESS);
    return child;
}

static struct hv_x64_exception_intercept_message run(const struct child *child, const void *code,
                                                     size_t size)
{
    struct hv_x64_exception_intercept_message told;
    struct hv_message message;

    child_run_to_message(child, 0, code, size, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeExceptionIntercept);
    CHECK_EQ(message.header.payload_size, sizeof(told));
    memcpy(&told, message.payload, sizeof(told));
    return told;
}

HV_TEST(intercepts_and_messages, an_exception_is_told_with_all_registers,
        COVERS(HV_REQ_INT_017, HV_REQ_INT_027, HV_REQ_INT_010), NEEDS_PARENT,
        "A debugger in the parent shows them, and an emulator of instructions begins with them")
{
    static const uint8_t code[] = {
        0xb8, 0x01, 0x00, 0x00, 0x00, 0xb9, 0x02, 0x00, 0x00, 0x00, 0xba, 0x03,
        0x00, 0x00, 0x00, 0xbb, 0x04, 0x00, 0x00, 0x00, 0xbd, 0x05, 0x00, 0x00,
        0x00, 0xbe, 0x06, 0x00, 0x00, 0x00, 0xbf, 0x07, 0x00, 0x00, 0x00, /* mov eax..edi, 1..7 */
        0x0f, 0x0b
    }; /* ud2 */
    struct child child = begin(VECTOR_UD);
    struct hv_x64_exception_intercept_message told = run(&child, code, sizeof(code));

    CHECK_EQ(told.exception_vector, VECTOR_UD);
    CHECK_EQ(told.exception_info & HV_X64_EXCEPTION_ERROR_CODE_VALID, 0);
    CHECK_EQ(told.header.rip, CHILD_CODE_GPA + 35);
    CHECK_EQ(told.rax, 1);
    CHECK_EQ(told.rcx, 2);
    CHECK_EQ(told.rdx, 3);
    CHECK_EQ(told.rbx, 4);
    CHECK_EQ(told.rbp, 5);
    CHECK_EQ(told.rsi, 6);
    CHECK_EQ(told.rdi, 7);
    CHECK_EQ(told.rsp, CHILD_STACK_END);
    CHECK_EQ(told.ds_segment.selector, 0x10);
    CHECK_EQ(told.ss_segment.selector, 0x10);
    if (told.instruction_byte_count >= 2)
        CHECK(told.instruction_bytes[0] == 0x0f && told.instruction_bytes[1] == 0x0b,
              "the instruction's bytes are others");
}

HV_TEST(intercepts_and_messages, an_error_code_comes_along, COVERS(HV_REQ_INT_017), NEEDS_PARENT,
        "Half of what a fault says is in it")
{
    static const uint8_t code[] = { 0xb8, 0x40, 0x00, 0x00, 0x00, 0x8e, 0xd8 }; /* mov ds, 0x40 */
    struct child child = begin(VECTOR_GP);
    struct hv_x64_exception_intercept_message told;

    child_load(&child, 0, code, sizeof(code));
    child_add_handlers(&child, 0);
    told = run(&child, code, sizeof(code));
    CHECK_EQ(told.exception_vector, VECTOR_GP);
    CHECK_EQ(told.exception_info & HV_X64_EXCEPTION_ERROR_CODE_VALID,
             HV_X64_EXCEPTION_ERROR_CODE_VALID);
    CHECK_EQ(told.error_code, 0x40);
}

#define DIRECTORY UINT64_C(0x9000)

/* Pages of 4 MiB; the first is there. */
static void enable_paging(const struct child *child)
{
    const uint32_t entry = 0x83;

    memcpy(child->ram + DIRECTORY, &entry, sizeof(entry));
    child_set(child, 0, HvX64RegisterCr4, 1u << 4);
    child_set(child, 0, HvX64RegisterCr3, DIRECTORY);
    child_set(child, 0, HvX64RegisterCr0, CR0_PE | 0x10 | CR0_NE | CR0_PG);
}

HV_TEST(intercepts_and_messages, a_page_fault_comes_with_its_address,
        COVERS(HV_REQ_INT_017, HV_REQ_INT_018), NEEDS_PARENT,
        "Without it the parent would have to decode what the processor has found")
{
    static const uint8_t code[] = { 0xa2, 0x78, 0x56, 0x44, 0x00 }; /* mov [0x445678], al */
    struct child child = begin(VECTOR_PF);
    struct hv_x64_exception_intercept_message told;
    struct hv_message message;

    child_load(&child, 0, code, sizeof(code));
    enable_paging(&child);
    child_set(&child, 0, HvX64RegisterCr2, 0x1234);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeExceptionIntercept);
    memcpy(&told, message.payload, sizeof(told));
    CHECK_EQ(told.exception_vector, VECTOR_PF);
    CHECK_EQ(told.exception_parameter, 0x445678);
    CHECK_EQ(told.error_code, PF_WRITE);
    CHECK_EQ(told.exception_info & HV_X64_EXCEPTION_ERROR_CODE_VALID,
             HV_X64_EXCEPTION_ERROR_CODE_VALID);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterCr2), 0x1234);
}

HV_TEST(intercepts_and_messages, exceptions_are_told_before_they_combine, COVERS(HV_REQ_INT_018),
        NEEDS_PARENT, "A parent that asked for #GP is not to learn of a triple fault")
{
    static const uint8_t code[] = { 0x0f, 0x0b }; /* ud2, whose handler is beyond the table */
    struct child child = begin(VECTOR_GP);
    const union hv_register_value none = { .table = { .limit = 0 } };
    struct hv_x64_exception_intercept_message told;

    REQUIRE_EQ(parent_set_register(child.id, 0, HvX64RegisterIdtr, &none), HV_STATUS_SUCCESS);
    told = run(&child, code, sizeof(code));
    CHECK_EQ(told.exception_vector, VECTOR_GP);
    CHECK_EQ(told.header.rip, CHILD_CODE_GPA);
}

HV_TEST(intercepts_and_messages, software_interrupts_are_no_exceptions, COVERS(HV_REQ_INT_018),
        NEEDS_PARENT, "INT 6 is a system call of somebody's, not an invalid instruction")
{
    static const uint8_t code[] = { 0xcd, VECTOR_UD, 0xcd, VECTOR_UD, CHILD_OUT };
    struct child child = begin(VECTOR_UD);
    struct hv_message message;

    child_load(&child, 0, code, sizeof(code));
    child_add_handlers(&child, 0);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(child_interrupts(&child, VECTOR_UD), 2);
}

HV_TEST(intercepts_and_messages, an_exception_that_nobody_asked_for_is_the_guests,
        COVERS(HV_REQ_INT_004, HV_REQ_INT_017), NEEDS_PARENT,
        "Guests take thousands of them a second")
{
    static const uint8_t code[] = { 0x31, 0xd2, 0xf7, 0xf2, CHILD_OUT }; /* div edx, of zero */
    struct child child = begin(VECTOR_DE);
    struct hv_message message;

    CHECK_EQ(run(&child, code, sizeof(code)).exception_vector, VECTOR_DE);
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeException, 0, VECTOR_DE), HV_STATUS_SUCCESS);
    child_load(&child, 0, code, sizeof(code));
    child_add_handlers(&child, 0);
    child_run(&child, 0);
    CHECK(child_wait_interrupts(&child, VECTOR_DE, 3), "the guest's handler is not called");
    CHECK(child_is_quiet(), "a message about an exception that is the guest's");
    child_stop(&child, 0);
    child_set(&child, 0, HvX64RegisterRip, CHILD_CODE_GPA + 4);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "no message");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
}
