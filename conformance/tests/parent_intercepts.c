/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a child's VP does that is its parent's affair: a message says all that an emulator needs,
 * and the VP waits at the instruction.
 */
#include <conformance/child.h>

#include "hypercall_support.h"

#define READ_WRITE (HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE)
#define EXECUTE    HV_INTERCEPT_ACCESS_MASK_EXECUTE

static struct child begin(void)
{
    struct child child;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_listen();
    return child;
}

#define RUN(child, vp, code, message) child_run_to_message(child, vp, code, sizeof(code), message)

/* The common part, of flat protected mode at CPL 0. */
static void check_header(const struct hv_message *message, uint64_t rip, unsigned length,
                         uint8_t access)
{
    const struct hv_x64_intercept_message_header *header = (const void *)message->payload;

    CHECK_EQ(header->vp_index, 0);
    CHECK_EQ(header->instruction_length & HV_X64_INTERCEPT_INSTRUCTION_LENGTH_MASK, length);
    CHECK_EQ(header->intercept_access_type, access);
    CHECK_EQ(header->rip, rip);
    CHECK_EQ(header->rflags & ~UINT64_C(0xcd5), 2);
    CHECK_EQ(header->cs_segment.selector, 0x08);
    CHECK_EQ(header->cs_segment.base, 0);
    CHECK_EQ(header->cs_segment.limit, UINT32_MAX);
    CHECK_EQ(header->execution_state &
                 (HV_X64_VP_EXECUTION_STATE_CPL_MASK | HV_X64_VP_EXECUTION_STATE_CR0_PE |
                  HV_X64_VP_EXECUTION_STATE_CR0_AM | HV_X64_VP_EXECUTION_STATE_EFER_LMA),
             HV_X64_VP_EXECUTION_STATE_CR0_PE);
}

/* ---- Ports ---- */

HV_TEST(intercepts_and_messages, port_output_is_told,
        COVERS(HV_REQ_INT_009, HV_REQ_INT_010, HV_REQ_INT_012, HV_REQ_INT_013, HV_REQ_INT_027),
        NEEDS_PARENT, "Every device of a child's is behind this message")
{
    static const uint8_t code[] = { 0xb8, 0x78, 0x56, 0x34, 0x12, /* mov eax, 0x12345678 */
                                    0x66, 0xba, 0xf8, 0x03,       /* mov dx, 0x3f8 */
                                    0xee };                       /* out dx, al */
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_io_port_intercept_message *io = (const void *)message.payload;

    RUN(&child, 0, code, &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(message.header.payload_size, sizeof(*io));
    CHECK_EQ(message.header.message_flags & ~HV_MESSAGE_FLAG_PENDING, 0);
    check_header(&message, CHILD_CODE_GPA + 9, 1, HV_INTERCEPT_ACCESS_WRITE);
    CHECK_EQ(io->port_number, 0x3f8);
    CHECK_EQ(io->access_info & ~0u, 1);
    CHECK_EQ(io->rax, 0x12345678);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRip), CHILD_CODE_GPA + 9);
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend) & 1, 1);
}

HV_TEST(intercepts_and_messages, port_input_of_every_size_is_told,
        COVERS(HV_REQ_INT_013, HV_REQ_INT_014), NEEDS_PARENT,
        "An emulator answers as many bytes as it is told")
{
    static const struct {
        uint8_t code[3];
        uint8_t length, size;
    } inputs[] = { { { 0xe4, 0x71 }, 2, 1 },       /* in al, 0x71 */
                   { { 0x66, 0xe5, 0x71 }, 3, 2 }, /* in ax, 0x71 */
                   { { 0xe5, 0x71 }, 2, 4 } };     /* in eax, 0x71 */
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_io_port_intercept_message *io = (const void *)message.payload;

    CHECK_EQ(parent_install(child.id, HvInterceptTypeX64IoPort, READ_WRITE, 0x73),
             HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++) {
        RUN(&child, 0, inputs[i].code, &message);
        CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
        check_header(&message, CHILD_CODE_GPA, inputs[i].length, HV_INTERCEPT_ACCESS_READ);
        CHECK_EQ(io->port_number, 0x71);
        CHECK_EQ(io->access_info, inputs[i].size);
    }
}

HV_TEST(intercepts_and_messages, strings_to_ports_are_told, COVERS(HV_REQ_INT_013), NEEDS_PARENT,
        "A disk's sector comes by one instruction of this kind")
{
    static const uint8_t code[] = { 0xb9, 0x10, 0x00, 0x00, 0x00, /* mov ecx, 16 */
                                    0xbe, 0x00, 0x20, 0x00, 0x00, /* mov esi, 0x2000 */
                                    0xbf, 0x00, 0x30, 0x00, 0x00, /* mov edi, 0x3000 */
                                    0x66, 0xba, 0xf0, 0x01,       /* mov dx, 0x1f0 */
                                    0xf3, 0x6e };                 /* rep outsb */
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_io_port_intercept_message *io = (const void *)message.payload;

    RUN(&child, 0, code, &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(io->port_number, 0x1f0);
    CHECK_EQ(io->access_info,
             1 | HV_X64_IO_PORT_ACCESS_STRING_OP | HV_X64_IO_PORT_ACCESS_REP_PREFIX);
    CHECK_EQ(io->rcx, 16);
    CHECK_EQ(io->rsi, 0x2000);
    CHECK_EQ(io->rdi, 0x3000);
    CHECK_EQ(io->ds_segment.selector, 0x10);
    CHECK_EQ(io->es_segment.limit, UINT32_MAX);
}

/* ---- CPUID ---- */

#define LEAF 0x40009876u

HV_TEST(intercepts_and_messages, cpuid_is_told_where_asked_for,
        COVERS(HV_REQ_INT_016, HV_REQ_INT_012, HV_REQ_INT_004, HV_REQ_INT_001, HV_REQ_VP_064,
               HV_REQ_INT_027),
        NEEDS_PARENT, "A VMM gives its guest leaves of its own")
{
    static const uint8_t code[] = { 0xb8, 0x76, 0x98,     0x00, 0x40, /* mov eax, 0x40009876 */
                                    0xb9, 0x03, 0x00,     0x00, 0x00, /* mov ecx, 3 */
                                    0x0f, 0xa2, CHILD_OUT };          /* cpuid */
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_cpuid_intercept_message *told = (const void *)message.payload;

    child_run_code(&child, 0, code, sizeof(code));
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeX64Cpuid, EXECUTE, LEAF), HV_STATUS_SUCCESS);
    RUN(&child, 0, code, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64CpuidIntercept);
    CHECK_EQ(message.header.payload_size, sizeof(*told));
    check_header(&message, CHILD_CODE_GPA + 10, 2, HV_INTERCEPT_ACCESS_EXECUTE);
    CHECK_EQ(told->rax, LEAF);
    CHECK_EQ(told->rcx, 3);
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeX64Cpuid, 0, LEAF), HV_STATUS_SUCCESS);
    child_run_code(&child, 0, code, sizeof(code));
}

HV_TEST(intercepts_and_messages, the_default_of_cpuid_comes_along, COVERS(HV_REQ_INT_016),
        NEEDS_PARENT, "A parent changes one bit and takes the rest from this")
{
    static const uint8_t code[] = { 0xb8, 0x01, 0x00, 0x00, 0x40, /* mov eax, 0x40000001 */
                                    0x31, 0xc9,                   /* xor ecx, ecx */
                                    0x0f, 0xa2 };
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_cpuid_intercept_message *told = (const void *)message.payload;

    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeX64GlobalCpuid, EXECUTE, 0),
               HV_STATUS_SUCCESS);
    RUN(&child, 0, code, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64CpuidIntercept);
    CHECK_EQ(told->default_result_rax, 0x31237648);
    CHECK_EQ(told->rax, HV_CPUID_INTERFACE);
}

/* ---- MSRs ---- */

#define MSR_OF_NOBODY 0xc0011234u

HV_TEST(intercepts_and_messages, unknown_msrs_are_told,
        COVERS(HV_REQ_INT_015, HV_REQ_INT_012, HV_REQ_MSR_003, HV_REQ_INT_027), NEEDS_PARENT,
        "Guests of other hypervisors look for MSRs that their parent may have")
{
    static const uint8_t read[] = { 0xb9, 0x34, 0x12, 0x01, 0xc0, 0x0f, 0x32 };
    static const uint8_t write[] = { 0xb9, 0x34, 0x12, 0x01, 0xc0, /* mov ecx, ... */
                                     0xb8, 0x78, 0x56, 0x34, 0x12, /* mov eax, 0x12345678 */
                                     0xba, 0x21, 0x43, 0x65, 0x07, /* mov edx, 0x07654321 */
                                     0x0f, 0x30 };
    static const uint8_t known[] = { 0xb9, 0x02, 0x00, 0x00, 0x40, 0x0f, 0x32, CHILD_OUT };
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_msr_intercept_message *msr = (const void *)message.payload;

    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeX64Msr, READ_WRITE, 0), HV_STATUS_SUCCESS);
    RUN(&child, 0, read, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeMsrIntercept);
    CHECK_EQ(message.header.payload_size, sizeof(*msr));
    check_header(&message, CHILD_CODE_GPA + 5, 2, HV_INTERCEPT_ACCESS_READ);
    CHECK_EQ(msr->msr_number, MSR_OF_NOBODY);
    RUN(&child, 0, write, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeMsrIntercept);
    check_header(&message, CHILD_CODE_GPA + 15, 2, HV_INTERCEPT_ACCESS_WRITE);
    CHECK_EQ(msr->rdx, 0x07654321);
    CHECK_EQ(msr->rax, 0x12345678);
    /* What the hypervisor has itself is not the parent's. */
    child_run_code(&child, 0, known, sizeof(known));
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRax), 0);
}

HV_TEST(intercepts_and_messages, unknown_msrs_fault_or_read_zero,
        COVERS(HV_REQ_MSR_003, HV_REQ_PART_042), NEEDS_PARENT,
        "Which of the two decides whether a guest's probing ends in a crash")
{
    static const uint8_t code[] = { 0xb8,     0xff, 0xff, 0xff, 0xff, /* mov eax, -1 */
                                    0xb9,     0x34, 0x12, 0x01, 0xc0, /* mov ecx, ... */
                                    0x0f,     0x30, 0x0f, 0x32,       /* wrmsr, rdmsr */
                                    CHILD_OUT };
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_exception_intercept_message *fault = (const void *)message.payload;

    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeException, EXECUTE, VECTOR_GP),
               HV_STATUS_SUCCESS);
    RUN(&child, 0, code, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeExceptionIntercept);
    CHECK_EQ(fault->exception_vector, VECTOR_GP);
    CHECK_EQ(fault->error_code, 0);
    CHECK_EQ(fault->header.rip, CHILD_CODE_GPA + 10);
    REQUIRE_EQ(parent_set_property(child.id, HvPartitionPropertyUnimplementedMsrAction,
                                   HvUnimplementedMsrActionIgnoreWriteReadZero),
               HV_STATUS_SUCCESS);
    child_run_code(&child, 0, code, sizeof(code));
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRax), 0);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRdx), 0);
}

/* ---- The end ---- */

HV_TEST(intercepts_and_messages, a_triple_fault_is_told, COVERS(HV_REQ_INT_022), NEEDS_PARENT,
        "It resets the guest, which only the parent can do")
{
    static const uint8_t code[] = { 0x0f, 0x0b }; /* ud2, without a table of handlers */
    struct child child = begin();
    const union hv_register_value none = { .table = { .limit = 0 } };
    struct hv_message message;

    REQUIRE_EQ(parent_set_register(child.id, 0, HvX64RegisterIdtr, &none), HV_STATUS_SUCCESS);
    RUN(&child, 0, code, &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeUnrecoverableException);
    CHECK_EQ(message.header.payload_size, sizeof(struct hv_x64_intercept_message_header));
    CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend) & 1, 1);
    CHECK(child_is_quiet(), "the VP goes on");
}

/* ---- Memory ---- */

#define RAM_END (CHILD_RAM_PAGES * PAGE_SIZE)

HV_TEST(intercepts_and_messages, memory_that_is_not_there_is_told,
        COVERS(HV_REQ_INT_019, HV_REQ_GPA_010, HV_REQ_INT_006), NEEDS_PARENT,
        "Every register of a device in memory is behind this message")
{
    static const uint8_t load[] = { 0xa1, 0x34, 0x12, 0x20, 0x00 };  /* mov eax, [0x201234] */
    static const uint8_t store[] = { 0xb0, 0x5a,                     /* mov al, 0x5a */
                                     0xa2, 0x34, 0x12, 0x20, 0x00 }; /* mov [0x201234], al */
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    RUN(&child, 0, load, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->guest_physical_address, 0x201234);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_READ);
    CHECK_EQ(memory->header.rip, CHILD_CODE_GPA);
    if (memory->instruction_byte_count >= sizeof(load))
        CHECK(memcmp(memory->instruction_bytes, load, sizeof(load)) == 0,
              "the instruction's bytes are others");
    if (memory->memory_access_info & HV_X64_MEMORY_ACCESS_GVA_VALID)
        CHECK_EQ(memory->guest_virtual_address, 0x201234);
    RUN(&child, 0, store, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_WRITE);
    CHECK_EQ(memory->header.rip, CHILD_CODE_GPA + 2);
}

HV_TEST(intercepts_and_messages, rights_of_memory_are_kept,
        COVERS(HV_REQ_INT_019, HV_REQ_GPA_011, HV_REQ_GPA_030), NEEDS_PARENT,
        "A snapshot that is still written to is none")
{
    static const uint8_t store[] = {
        0xc7, 0x05, 0x00, 0x30, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44, CHILD_OUT
    }; /* mov dword [0x3000], 0x44332211 */
    static const uint8_t load[] = { 0xa1, 0x00, 0x30, 0x00, 0x00, CHILD_OUT };
    static const uint8_t jump[] = { 0xb8, 0x00, 0x30, 0x00, 0x00, 0xff, 0xe0 }; /* jmp 0x3000 */
    struct child child = begin();
    uint64_t page = page_number(child.ram) + 3;
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    REQUIRE_EQ(parent_map(child.id, 3, HV_MAP_GPA_READABLE, &page, 1), UINT64_C(1) << 32);
    child_run_code(&child, 0, load, sizeof(load));
    RUN(&child, 0, store, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeGpaIntercept);
    CHECK_EQ(memory->guest_physical_address, 0x3000);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_WRITE);
    CHECK_EQ(hv_differing(child.ram + 0x3000, 0, 0), 0);
    RUN(&child, 0, jump, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeGpaIntercept);
    CHECK_EQ(memory->guest_physical_address, 0x3000);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_EXECUTE);
    REQUIRE_EQ(parent_map(child.id, 3, CHILD_ALL_RIGHTS, &page, 1), UINT64_C(1) << 32);
    child_run_code(&child, 0, store, sizeof(store));
    CHECK_EQ(child.ram[0x3003], 0x44);
    REQUIRE_EQ(parent_map(child.id, 3, HV_MAP_GPA_NO_ACCESS, &page, 1), UINT64_C(1) << 32);
    RUN(&child, 0, load, &message);
    CHECK_EQ(message.header.message_type, HvMessageTypeGpaIntercept);
    CHECK_EQ(memory->header.intercept_access_type, HV_INTERCEPT_ACCESS_READ);
}

HV_TEST(intercepts_and_messages, the_lowest_address_is_told, COVERS(HV_REQ_INT_020), NEEDS_PARENT,
        "An emulator that begins in the middle of an access loses its first bytes")
{
    /* mov eax, [0xfffe]: two bytes of memory, two that are not there */
    static const uint8_t half[] = { 0xa1, 0xfe, 0xff, 0x00, 0x00 };
    /* mov eax, [0x200ffe]: in two pages, neither there */
    static const uint8_t none[] = { 0xa1, 0xfe, 0x0f, 0x20, 0x00 };
    struct child child = begin();
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    RUN(&child, 0, half, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->guest_physical_address, RAM_END);
    RUN(&child, 0, none, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->guest_physical_address, 0x200ffe);
}

/* What a fault in the middle has changed must not have been. */
HV_TEST(intercepts_and_messages, an_intercepted_instruction_has_not_happened,
        COVERS(HV_REQ_INT_006, HV_REQ_GPA_031), NEEDS_PARENT,
        "It is executed again, or emulated from the start")
{
    static const uint8_t code[] = { 0xbc, 0x00,     0x10, 0x20, 0x00, /* mov esp, 0x201000 */
                                    0xb8, 0x01,     0x00, 0x00, 0x00, /* mov eax, 1 */
                                    0x50, CHILD_OUT };                /* push eax */
    struct child child = begin();
    uint64_t page = page_number(child_page(0));
    struct hv_message message;

    RUN(&child, 0, code, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRip), CHILD_CODE_GPA + 10);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRsp), 0x201000);
    /* The parent puts memory there, and lets it go on. */
    REQUIRE_EQ(parent_map(child.id, 0x200, CHILD_ALL_RIGHTS, &page, 1), UINT64_C(1) << 32);
    child_run(&child, 0);
    REQUIRE(child_wait(&message), "the VP doesn't go on");
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRsp), 0x200ffc);
    CHECK_EQ(((uint8_t *)virt_of(page << PAGE_SHIFT))[0xffc], 1);
}
