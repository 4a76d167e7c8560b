/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a virtual processor is beside the interface: real mode, ports, and instructions of the
 * processor that are not for guests (TLFS v6.0b, chapter 8).
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

/* ---- Instructions ---- */

static struct fault try_monitor(const void *address)
{
    fault_clear();
    __asm__ volatile(GUEST_TRY("monitor")::"a"(address), "c"(0), "d"(0) : "memory");
    return fault_take();
}

static struct fault try_mwait(void)
{
    fault_clear();
    __asm__ volatile(GUEST_TRY("mwait")::"a"(0), "c"(0) : "memory");
    return fault_take();
}

#define CPUID_MONITOR (1u << 3) /* leaf 1 ECX */

/* KVM executes them as no-operations, by a quirk that user space can turn off. */
HV_TEST(
    virtual_processor, monitor_and_mwait_do_not_exist, COVERS(HV_REQ_VP_062),
    NEEDS(.lacks = HV_PRIVILEGE_CpuManagement),
    "A guest that waits in MWAIT where nothing wakes it keeps its processor, or never comes back")
{
    static uint64_t line[8];

    CHECK((cpuid(1).ecx & CPUID_MONITOR) == 0, "CPUID leaf 1 announces MONITOR");
    CHECK_FAULT(try_monitor(line), VECTOR_UD);
    CHECK_FAULT(try_mwait(), VECTOR_UD);
}

static struct fault try_rsm(void)
{
    fault_clear();
    __asm__ volatile(GUEST_TRY("rsm")::: "memory");
    return fault_take();
}

HV_TEST(virtual_processor, system_management_mode_is_not_entered, COVERS(HV_REQ_VP_065),
        NEEDS_NOTHING, "RSM outside it is invalid; inside it, this test would not be running")
{
    CHECK_FAULT(try_rsm(), VECTOR_UD);
}

/* ---- Ports ---- */

/* Ports that no PC device decodes: behind the second DMA controller, and where ISA cards have
 * nothing (address bits 9:8 clear). */
static const uint16_t free_ports[] = { 0x00e4, 0x18a0, 0x2c64, 0x9098 };

HV_TEST(virtual_processor, ports_without_a_device_read_all_ones, COVERS(HV_REQ_VP_063),
        NEEDS(.lacks = HV_PRIVILEGE_CreatePartitions),
        "Guests probe for devices so; any other answer is a device")
{
    for (unsigned i = 0; i < sizeof(free_ports) / sizeof(free_ports[0]); i++) {
        uint16_t port = free_ports[i];

        CHECK(inb(port) == 0xff, "port 0x%x: a byte is 0x%x", port, inb(port));
        CHECK(inw(port) == 0xffff, "port 0x%x: a word is 0x%x", port, inw(port));
        CHECK(inl(port) == 0xffffffff, "port 0x%x: a doubleword is 0x%x", port, inl(port));
        outb(port, 0x12);
        outw(port, 0x1234);
        outl(port, 0x12345678);
        CHECK(inl(port) == 0xffffffff, "port 0x%x: 0x%x after writes", port, inl(port));
    }
}

HV_TEST(virtual_processor, string_instructions_on_ports_without_a_device, COVERS(HV_REQ_VP_063),
        NEEDS(.lacks = HV_PRIVILEGE_CreatePartitions),
        "They are emulated by other code than IN and OUT, and count in registers")
{
    static uint8_t bytes[16];
    void *to = bytes;
    const void *from = bytes;
    uint64_t count = sizeof(bytes);

    memset(bytes, 0x21, sizeof(bytes));
    __asm__ volatile("rep insb" : "+D"(to), "+c"(count) : "d"(free_ports[0]) : "memory");
    CHECK_EQ(count, 0);
    CHECK(to == bytes + sizeof(bytes), "RDI is %p, the end is %p", to, (void *)(bytes + 16));
    for (unsigned i = 0; i < sizeof(bytes); i++)
        CHECK(bytes[i] == 0xff, "byte %u is 0x%x", i, bytes[i]);
    count = sizeof(bytes);
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"(free_ports[0]) : "memory");
    CHECK_EQ(count, 0);
    CHECK(from == bytes + sizeof(bytes), "RSI has not moved to the end");
}

/* ---- Real mode ---- */

extern const uint8_t real_program[], real_program_end[];

/*
 * Segments, stack, flags, a string instruction, CPUID, a far call and a software interrupt. EBX
 * collects a bit for each step that went well.
 */
__asm__(".pushsection .rodata\n"
        ".code16\n"
        "real_program:\n"
        "    xorl %ebx, %ebx\n"
        "    movl %cr0, %eax\n"
        "    testb $1, %al\n"
        "    jnz 1f\n"
        "    orw $0x001, %bx\n"
        "1:  movw %cs, %ax\n"
        "    cmpw $0x0900, %ax\n"
        "    jne 1f\n"
        "    orw $0x002, %bx\n"
        /* Through ES = address / 16, seen again through DS = 0. */
        "1:  movw $0x0c00, %ax\n"
        "    movw %ax, %es\n"
        "    movw $0xbeef, %es:0x10\n"
        "    xorw %ax, %ax\n"
        "    movw %ax, %ds\n"
        "    cmpw $0xbeef, 0xc010\n"
        "    jne 1f\n"
        "    orw $0x004, %bx\n"
        /* 16 bytes from DS:SI to ES:DI. */
        "1:  movw $0xc010, %si\n"
        "    movw $0x0020, %di\n"
        "    movw $8, %cx\n"
        "    cld\n"
        "    rep movsw\n"
        "    cmpw $0xbeef, 0xc020\n"
        "    jne 1f\n"
        "    cmpw $0x0030, %di\n"
        "    jne 1f\n"
        "    orw $0x008, %bx\n"
        /* Flags through the stack. */
        "1:  stc\n"
        "    pushf\n"
        "    clc\n"
        "    popf\n"
        "    jnc 1f\n"
        "    orw $0x010, %bx\n"
        /* Offsets wrap at 64 KiB: DS:FFFF + 1 is DS:0000. */
        "1:  movw $0xffff, %si\n"
        "    incw %si\n"
        "    jnz 1f\n"
        "    orw $0x020, %bx\n"
        /* CPUID works, and says the same. */
        "1:  pushl %ebx\n"
        "    movl $0x40000001, %eax\n"
        "    cpuid\n"
        "    popl %ebx\n"
        "    cmpl $0x31237648, %eax\n"
        "    jne 1f\n"
        "    orw $0x040, %bx\n"
        /* A far call, to a place in the same segment, comes back. */
        "1:  pushw %cs\n"
        "    call 2f\n"
        "    orw $0x080, %bx\n"
        "    jmp 1f\n"
        "2:  lret\n"
        /* 32-bit arithmetic by prefix. */
        "1:  movl $0xffffffff, %eax\n"
        "    addl $1, %eax\n"
        "    jnc 1f\n"
        "    orw $0x100, %bx\n"
        "1:\n"
        "real_program_end:\n"
        ".code64\n"
        ".popsection\n");

#define REAL_STEPS 0x1ff

static void check_real_mode(void)
{
    struct regs32 regs = { .esi = 0x12345678, .edi = 0x9abcdef0, .ebp = 0x55aa55aa };

    size_t size = (size_t)(real_program_end - real_program);

    CHECK_NO_FAULT(run_mode(MODE_REAL, real_program, size, &regs));
    CHECK_EQ(regs.ebx, REAL_STEPS);
    CHECK_EQ(regs.ebp, 0x55aa55aa);
    CHECK_EQ(regs.esi >> 16, 0x1234);
    CHECK_EQ(regs.edi >> 16, 0x9abc);
}

HV_TEST(virtual_processor, real_mode_works, COVERS(HV_REQ_VP_066), NEEDS_NOTHING,
        "Every boot begins in it, and some hypervisors emulate it instruction by instruction")
{
    check_real_mode();
}

HV_TEST(virtual_processor, real_mode_can_be_entered_again_and_again, COVERS(HV_REQ_VP_066),
        NEEDS_NOTHING, "Boot loaders call the firmware in real mode from protected mode")
{
    static const uint8_t nothing[] = { 0x90 };

    for (unsigned i = 0; i < 20; i++) {
        struct regs32 regs = { .eax = i };

        check_real_mode();
        REQUIRE_NO_FAULT(run_mode(MODE_PROTECTED32, nothing, sizeof(nothing), &regs));
        CHECK_EQ(regs.eax, i);
        if (!mode_usable(MODE_PAE32))
            continue;
        REQUIRE_NO_FAULT(run_mode(MODE_PAE32, nothing, sizeof(nothing), &regs));
        CHECK_EQ(regs.eax, i);
    }
}

static void real_mode_here(void *unused)
{
    (void)unused;
    check_real_mode();
}

HV_TEST(virtual_processor, real_mode_works_on_every_vp, COVERS(HV_REQ_VP_066), NEEDS(.vps = 2),
        "Each VP but the first starts there")
{
    for (uint32_t vp = 1; vp < cpu_count(); vp++)
        CHECK_NO_FAULT(smp_call(vp, real_mode_here, NULL));
}
