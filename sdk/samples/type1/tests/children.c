/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Child partitions of the root on this hypervisor: what their VPs do is told, what is the root's
 * and what is theirs keeps apart, and everything comes back. The word halt: the root waits for
 * messages by HLT.
 */
#include "child_rig.h"

#define PORT       0xE9
#define PARTITIONS 20 /* more than QEMU has ASIDs */
#define MANY       20000
#define UNMAPPED   0x200000
#define MAGIC      UINT64_C(0x1122334455667788)
#define HIS_MAGIC  UINT64_C(0x99)

#define CODE(name, text)                                                            \
    extern const uint8_t name[], name##_end[];                                      \
    __asm__(".pushsection .rodata\n.code32\n" #name ":\n" text "\n" #name "_end:\n" \
            ".code64\n.popsection\n")
#define SIZE(name) (uint32_t)(name##_end - name)

/* Tells EAX for ever. */
CODE(says_number, "1: out %eax, $0xE9\n jmp 1b");

/* Everything that a parent gets to see, one after the other. */
CODE(shows_all, "mov $0x3F8, %edx\n mov $0x58, %al\n out %al, %dx\n"
                "in %dx, %al\n out %eax, $0xE9\n"
                "mov 0x200000, %eax\n out %eax, $0xE9\n"
                "wbinvd\n invd\n pause\n"
                "mov $0xC0010117, %ecx\n rdmsr\n out %eax, $0xE9\n"
                "ud2\n stgi\n out %eax, $0xE9\n"
                "hlt\n out %eax, $0xE9\n"
                "int3");

/* XMM0, DR0 and MM0 over many exits. */
CODE(keeps_registers, "fninit\n movd %eax, %xmm0\n movd %eax, %mm0\n mov %eax, %dr0\n"
                      "1: xor %eax, %eax\n out %eax, $0xE9\n"
                      "movd %xmm0, %eax\n out %eax, $0xE9\n"
                      "movd %mm0, %eax\n out %eax, $0xE9\n"
                      "mov %dr0, %eax\n out %eax, $0xE9\n"
                      "incl %eax\n movd %eax, %xmm0\n movd %eax, %mm0\n mov %eax, %dr0\n"
                      "jmp 1b");

CODE(spins, "1: incl 0x2000\n jmp 1b");

/* The APIC's timer interrupts a HLT; its handler tells. */
CODE(waits_for_timer, "lidt 0x1F00\n lgdt 0x1F10\n"
                      "movl $0x1FF, 0xFEE000F0\n movl $0xB, 0xFEE003E0\n"
                      "movl $0x40, 0xFEE00320\n movl $5000000, 0xFEE00380\n"
                      "sti\n 1: hlt\n jmp 1b");
CODE(tells_timer, "mov $0x71, %eax\n out %eax, $0xE9\n movl $0, 0xFEE000B0\n iret");

static struct hv_message message;

static const void *payload(void)
{
    return message.payload;
}

/* ---- What a parent sees ---- */

static void expect(uint32_t type)
{
    if (!RIG_CHECK(rig_wait(&message)))
        return;
    if (!RIG_CHECK(message.header.message_type == type))
        printf("type 0x%x instead of 0x%x\n", message.header.message_type, type);
}

static void answer_in(uint64_t id)
{
    const struct hv_x64_io_port_intercept_message *io = payload();

    expect(HvMessageTypeX64IoPortIntercept);
    RIG_CHECK(io->port_number == 0x3F8 &&
              io->header.intercept_access_type == HV_INTERCEPT_ACCESS_READ);
    rig_set(id, 0, HvX64RegisterRax, 0x77);
    rig_go_on(&message);
    RIG_CHECK(rig_expect_out(&message, PORT) == 0x77);
    rig_go_on(&message);
}

static void see_memory(uint64_t id)
{
    const struct hv_x64_memory_intercept_message *memory = payload();

    expect(HvMessageTypeUnmappedGpa);
    RIG_CHECK(memory->guest_physical_address == UNMAPPED);
    RIG_CHECK(memory->memory_access_info & HV_X64_MEMORY_ACCESS_GVA_VALID);
    RIG_CHECK(memory->guest_virtual_address == UNMAPPED);
    RIG_CHECK(memory->instruction_byte_count >= 5 && memory->instruction_bytes[0] == 0xA1);
    rig_set(id, 0, HvX64RegisterRax, 0x78);
    rig_set(id, 0, HvX64RegisterRip, memory->header.rip + 5);
    rig_set(id, 0, HvRegisterInterceptSuspend, 0);
    RIG_CHECK(rig_expect_out(&message, PORT) == 0x78);
    rig_go_on(&message);
}

static void see_msr(uint64_t id)
{
    const struct hv_x64_msr_intercept_message *msr = payload();

    expect(HvMessageTypeMsrIntercept);
    RIG_CHECK(msr->msr_number == 0xC0010117);
    rig_set(id, 0, HvX64RegisterRax, 0x79);
    rig_go_on(&message);
    RIG_CHECK(rig_expect_out(&message, PORT) == 0x79);
    rig_go_on(&message);
}

static void see_exception(uint64_t id)
{
    const struct hv_x64_exception_intercept_message *exception = payload();

    /* The second one is the hypervisor's. */
    for (unsigned length = 2; length <= 3; length++) {
        expect(HvMessageTypeExceptionIntercept);
        RIG_CHECK(exception->exception_vector == 6);
        rig_set(id, 0, HvX64RegisterRip, exception->header.rip + length);
        rig_set(id, 0, HvRegisterInterceptSuspend, 0);
    }
    RIG_CHECK(rig_expect_out(&message, PORT) == 0x79);
    rig_go_on(&message);
}

static void test_all(void)
{
    uint64_t id = rig_create(0, shows_all, SIZE(shows_all));

    rig_add_vp(id, 0);
    rig_intercept(id, HvInterceptTypeX64Msr,
                  HV_INTERCEPT_ACCESS_MASK_READ | HV_INTERCEPT_ACCESS_MASK_WRITE, 0);
    rig_intercept(id, HvInterceptTypeException, HV_INTERCEPT_ACCESS_MASK_EXECUTE, 6);
    rig_run(id, 0);
    RIG_CHECK((rig_expect_out(&message, 0x3F8) & 0xFF) == 'X');
    rig_go_on(&message);
    answer_in(id);
    see_memory(id);
    see_msr(id);
    see_exception(id);
    expect(HvMessageTypeX64Halt);
    rig_go_on(&message);
    RIG_CHECK(rig_expect_out(&message, PORT) == 0x79);
    rig_go_on(&message);
    /* INT3 without an IDT: the VP ends, and nobody else. */
    expect(HvMessageTypeUnrecoverableException);
    RIG_CHECK(rig_get(id, 0, HvX64RegisterDr7) == 0x400);
    rig_delete(id);
    printf("messages: done\n");
}

/* ---- Whose registers ---- */

/* Hypercalls of the guest's runtime load XMM0 to XMM5. */
static void set_own(uint64_t value)
{
    __asm__ volatile("movq %0, %%xmm15\n mov %0, %%dr0" : : "r"(value));
}

static bool own_is(uint64_t value)
{
    uint64_t xmm, debug;

    __asm__ volatile("movq %%xmm15, %0\n mov %%dr0, %1" : "=r"(xmm), "=r"(debug));
    return xmm == value && debug == value;
}

static void expect_value(uint64_t value)
{
    RIG_CHECK(rig_expect_out(&message, PORT) == value);
    rig_go_on(&message);
}

static void test_registers(void)
{
    uint64_t id = rig_create(0, keeps_registers, SIZE(keeps_registers));

    rig_add_vp(id, 0);
    rig_set(id, 0, HvX64RegisterRax, HIS_MAGIC);
    set_own(MAGIC);
    rig_run(id, 0);
    for (unsigned round = 0; round < 10; round++) {
        expect_value(0);
        RIG_CHECK(own_is(MAGIC + round));
        set_own(MAGIC + round + 1);
        for (unsigned i = 0; i < 3; i++)
            expect_value(HIS_MAGIC + round);
    }
    (void)rig_expect_out(&message, PORT);
    RIG_CHECK(rig_get(id, 0, HvX64RegisterXmm0) == HIS_MAGIC + 10);
    RIG_CHECK(rig_get(id, 0, HvX64RegisterDr0) == HIS_MAGIC + 10);
    RIG_CHECK(own_is(MAGIC + 10));
    rig_set(id, 0, HvX64RegisterXmm0, 0x55);
    rig_go_on(&message);
    expect_value(0x55);
    rig_delete(id);
    printf("registers: done\n");
}

/* ---- Many ---- */

static void run_many(uint64_t ids[PARTITIONS])
{
    unsigned told[PARTITIONS] = { 0 }, missing = PARTITIONS;

    /* Who is quick may come often before the last one does for the first time. */
    for (unsigned i = 0; i < 4 * PARTITIONS || (missing > 0 && i < MANY); i++) {
        uint64_t index = rig_expect_out(&message, PORT);

        if (!RIG_CHECK(index < PARTITIONS))
            return;
        RIG_CHECK(message.header.origination_id == ids[index]);
        missing -= told[index]++ == 0;
        rig_go_on(&message);
    }
    RIG_CHECK(missing == 0);
}

static void test_many(void)
{
    uint64_t ids[PARTITIONS];

    for (unsigned i = 0; i < PARTITIONS; i++) {
        ids[i] = rig_create(0, says_number, SIZE(says_number));
        rig_add_vp(ids[i], 0);
        rig_set(ids[i], 0, HvX64RegisterRax, i);
    }
    for (unsigned i = 0; i < PARTITIONS; i++)
        rig_run(ids[i], 0);
    run_many(ids);
    for (unsigned i = 0; i < PARTITIONS; i++)
        rig_delete(ids[i]);
    printf("many: done\n");
}

/* ---- In the middle ---- */

static uint64_t start_spinning(void)
{
    uint64_t id = rig_create(0, spins, SIZE(spins));

    rig_add_vp(id, 0);
    rig_add_vp(id, 1);
    rig_run(id, 0);
    return id;
}

static void wait_for_change(uint64_t id)
{
    const volatile uint32_t *counter = rig_memory(id, 0x2000);
    uint32_t before = *counter;

    while (*counter == before)
        cpu_pause();
}

static void test_deletion(void)
{
    for (unsigned round = 0; round < 10; round++) {
        uint64_t first = start_spinning(), second = start_spinning();
        uint32_t end;

        wait_for_change(first);
        wait_for_change(second);
        rig_delete_vp(first, 1);
        wait_for_change(first);
        rig_delete_vp(first, 0);
        end = *(volatile uint32_t *)rig_memory(first, 0x2000);
        wait_for_change(second);
        RIG_CHECK(*(volatile uint32_t *)rig_memory(first, 0x2000) == end);
        rig_delete(first);
        rig_delete(second);
    }
    printf("deletion: done\n");
}

/* ---- Time ---- */

static void test_timer(void)
{
    uint64_t id = rig_create(HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED, waits_for_timer,
                             SIZE(waits_for_timer));
    uint8_t *memory = rig_memory(id, 0);
    uint32_t handler = 0x1800;
    uint64_t gate = (handler & 0xFFFF) | (uint64_t)8 << 16 | UINT64_C(0x8E00) << 32 |
                    (uint64_t)(handler >> 16) << 48;

    memcpy(memory + handler, tells_timer, SIZE(tells_timer));
    memcpy(memory + 0x40 * 8, &gate, sizeof(gate));
    memcpy(memory + 0x1F00, &(struct {
               uint16_t limit;
               uint32_t base;
           } __attribute__((packed))){ 0x7FF, 0 },
           6);
    memcpy(memory + 0x1F10, &(struct {
               uint16_t limit;
               uint32_t base;
           } __attribute__((packed))){ 0xF, 0x1F20 },
           6);
    memcpy(memory + 0x1F28, &(uint64_t){ UINT64_C(0x00CF9B000000FFFF) }, 8);
    rig_add_vp(id, 0);
    rig_run(id, 0);
    RIG_CHECK(rig_expect_out(&message, PORT) == 0x71);
    rig_delete(id);
    printf("timer: done\n");
}

int guest_main(const struct guest_boot_info *boot)
{
    size_t pages;

    (void)boot;
    rig_init(boot_option("halt", NULL, 0));
    pages = free_page_count();
    test_all();
    test_registers();
    test_many();
    test_deletion();
    test_timer();
    RIG_CHECK(free_page_count() == pages);
    if (rig_failures() == 0)
        printf("children: done\n");
    return rig_failures() != 0;
}
