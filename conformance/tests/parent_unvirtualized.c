/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What old operating systems do and a hypervisor may not have: a switch of tasks by hardware, and
 * x87 errors that are told by FERR#. Either works, or the parent is told so.
 */
#include <conformance/child.h>

#include "interrupt_line.h"

#define NEEDS_ROOT NEEDS(.privileges = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions)

#define FEATURE_TASK_SWITCH 2 /* TLFS v2.0, 16.5.9 */
#define TABLE               UINT64_C(0x9000)
#define TASK_A              UINT64_C(0xa000)
#define TASK_B              UINT64_C(0xb000)
#define ENTRY               UINT64_C(0xc000) /* of task B */
#define CR0_ET              0x10
#define VECTOR              0x46
#define FERR_PORT           0xf0 /* a write ends what FERR# has raised */

/* An available task state segment of 104 bytes. */
#define TASK(base_) (UINT64_C(0x0000890000000067) | (base_) << 16)

static void put_tables(const struct child *child)
{
    static const uint64_t descriptors[] = { 0, UINT64_C(0x00cf9b000000ffff),
                                            UINT64_C(0x00cf93000000ffff), TASK(TASK_A),
                                            TASK(TASK_B) };
    const struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) pointer = { sizeof(descriptors) - 1, (uint32_t)TABLE };
    uint32_t task[26] = { 0 };
    static const uint8_t code[] = { 0xb0, 0x5b, CHILD_OUT }; /* mov al, 0x5b */

    memcpy(child->ram + TABLE, descriptors, sizeof(descriptors));
    memcpy(child->ram + TABLE + 0x100, &pointer, sizeof(pointer));
    task[8] = (uint32_t)ENTRY;
    task[9] = 2;
    task[14] = (uint32_t)CHILD_STACK_END;
    task[19] = 0x08;
    task[18] = task[20] = task[21] = 0x10;
    memcpy(child->ram + TASK_B, task, sizeof(task));
    memcpy(child->ram + ENTRY, code, sizeof(code));
}

HV_TEST(intercepts_and_messages, a_task_switch_works_or_is_told, COVERS(HV_REQ_INT_023),
        NEEDS_PARENT, "A guest that stops without a word looks like a bug of its own")
{
    static const uint8_t code[] = {
        0x0f, 0x01, 0x15, 0x00, 0x91, 0x00, 0x00, /* lgdt [TABLE + 0x100] */
        0x66, 0xb8, 0x18, 0x00,                   /* mov ax, 0x18 */
        0x0f, 0x00, 0xd8,                         /* ltr ax */
        0xea, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00  /* jmp 0x20:0 */
    };
    const struct hv_x64_unsupported_feature_message *unsupported;
    const struct hv_x64_io_port_intercept_message *io;
    struct child child = child_begin(CHILD_EXO);
    struct hv_message message;

    put_tables(&child);
    child_listen();
    child_run_to_message(&child, 0, code, sizeof(code), &message);
    unsupported = (const void *)message.payload;
    io = (const void *)message.payload;
    if (message.header.message_type == HvMessageTypeUnsupportedFeature) {
        OBSERVE("task switch", "unsupported");
        CHECK_EQ(unsupported->vp_index, 0);
        CHECK_EQ(unsupported->feature_code, FEATURE_TASK_SWITCH);
        CHECK_EQ(child_get(&child, 0, HvRegisterInterceptSuspend) & 1, 1);
        return;
    }
    OBSERVE("task switch", "works");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(io->header.rip, ENTRY + 2);
    CHECK_EQ(io->rax & 0xff, 0x5b);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRsp), CHILD_STACK_END);
}

/* ---- FERR# ---- */

#define ERRORS 0x84 /* a divide error, and the summary, in the status word */

static void end_ferr(void)
{
    outb(FERR_PORT, 0);
}

/* fldcw [word]; fld1; fldz; fdivp; fwait; fnstsw ax */
#define DIVIDE_BY_ZERO 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b, 0xdf, 0xe0

HV_TEST(intercepts_and_messages, an_x87_error_without_ne_is_no_exception, COVERS(HV_REQ_INT_025),
        NEEDS_PARENT, "DOS programs wait for IRQ 13, and have their printer's handler at vector 16")
{
    static const uint8_t code[] = { 0xdb,           0xe3, /* fninit */
                                    0xd9,           0x2d,     0x00,
                                    0x90,           0x00,     0x00, /* fldcw [TABLE] */
                                    DIVIDE_BY_ZERO, CHILD_OUT };
    const uint16_t control = 0x037b; /* division by zero is not masked */
    const struct hv_x64_invalid_vp_register_message *ferr;
    const struct hv_x64_io_port_intercept_message *io;
    struct child child = child_begin(CHILD_EXO);
    struct hv_message message;

    test_at_end(end_ferr);
    REQUIRE_EQ(parent_install(child.id, HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_EXECUTE,
                              VECTOR_MF),
               HV_STATUS_SUCCESS);
    memcpy(child.ram + TABLE, &control, sizeof(control));
    child_listen();
    child_load(&child, 0, code, sizeof(code));
    child_set(&child, 0, HvX64RegisterCr0, CR0_PE | CR0_ET);
    child_run(&child, 0);
    if (!child_wait(&message)) {
        OBSERVE("x87 error", "waits");
        return;
    }
    ferr = (const void *)message.payload;
    io = (const void *)message.payload;
    if (message.header.message_type == HvMessageTypeX64LegacyFpError) {
        OBSERVE("x87 error", "told");
        CHECK_EQ(ferr->vp_index, 0);
        return;
    }
    OBSERVE("x87 error", "goes on");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    CHECK_EQ(io->rax & ERRORS, ERRORS);
}

/* ---- The root itself ---- */

/* DIVIDE_BY_ZERO; assemblers disagree about the name of the division. */
static uint16_t divide_by_zero(void)
{
    uint16_t control = 0x037b, status = 0;

    __asm__ volatile("fninit; fldcw %1; fld1; fldz; .byte 0xde, 0xf9; fwait; fnstsw %0; fninit"
                     : "=a"(status)
                     : "m"(control)
                     : "memory");
    return status;
}

HV_TEST(intercepts_and_messages, an_x87_error_of_the_root_is_ignored, COVERS(HV_REQ_INT_026),
        NEEDS_ROOT,
        "There is nobody above whom it could be told, and no reason to stop the machine")
{
    uint64_t cr0 = read_cr0();
    uint16_t status;

    parent_begin();
    child_listen();
    test_at_end(end_ferr);
    write_cr0(cr0 & ~(uint64_t)CR0_NE);
    status = divide_by_zero();
    write_cr0(cr0);
    CHECK_EQ(status & ERRORS, ERRORS);
    CHECK(child_is_quiet(), "a message comes");
}

#define ENDS 4

static volatile uint32_t taken;

/* The line stays up, so each end of an interrupt is the beginning of the next, and nothing else is
   done until the line is stopped. */
static void end_level(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    if (++taken == ENDS)
        interrupt_line_stop();
    apic_eoi();
}

HV_TEST(intercepts_and_messages, an_eoi_of_the_root_is_told_to_nobody, COVERS(HV_REQ_INT_026),
        NEEDS_ROOT, "The root's message slot fills with what it did itself")
{
    uint64_t end;

    parent_begin();
    child_listen();
    apic_enable();
    register_interrupt(VECTOR, end_level, NULL);
    test_at_end(interrupt_line_stop);
    taken = 0;
    if (!interrupt_line_start(VECTOR))
        test_skip("there is no I/O APIC");
    for (end = rdtsc() + tsc_from_us(2000000); taken < ENDS && rdtsc() < end;)
        irq_window();
    interrupt_line_stop();
    irq_window();
    register_interrupt(VECTOR, NULL, NULL);
    CHECK(taken >= ENDS, "%u interrupts of the line are taken", taken);
    CHECK(child_is_quiet(), "a message comes");
}
