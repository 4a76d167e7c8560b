/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "child_rig.h"

#define VECTOR        0x70
#define PAGES         4  /* of a child's memory, from GPA 0 on */
#define POOL_PAGES    24 /* before VPs: nested page tables */
#define POOL_PAGES_VP 12
#define MAX_CHILDREN  32
#define REP(count)    ((uint64_t)(count) << HV_HYPERCALL_REP_COUNT_SHIFT)

#define ALL_RIGHTS                                                              \
    (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE | HV_MAP_GPA_KERNEL_EXECUTABLE | \
     HV_MAP_GPA_USER_EXECUTABLE)

static struct {
    uint64_t id;
    uint8_t *memory;
    unsigned deposited;
} children[MAX_CHILDREN];

static uint8_t *input, *output;
static volatile struct hv_message *slot;
static bool halts;
static unsigned failures;

bool rig_check(bool good, const char *file, int line, const char *what)
{
    if (!good) {
        printf("not ok: %s:%d: %s\n", file, line, what);
        failures++;
    }
    return good;
}

unsigned rig_failures(void)
{
    return failures;
}

/* ---- Calls ---- */

static uint16_t call(uint64_t control)
{
    struct regs regs = { .rcx = control, .rdx = phys_of(input), .r8 = phys_of(output) };

    (void)safe_vmmcall(&regs);
    return (uint16_t)regs.rax;
}

static void must(uint64_t control)
{
    uint16_t status = call(control);

    if (status != HV_STATUS_SUCCESS) {
        printf("not ok: call 0x%x: status 0x%x\n", (unsigned)(control & 0xFFFF), status);
        failures++;
    }
}

static void *begin(size_t size)
{
    memset(input, 0, size + 64);
    return input;
}

static void must_for(uint16_t code, uint64_t partition)
{
    *(uint64_t *)begin(sizeof(partition)) = partition;
    must(code);
}

/* ---- Messages ---- */

static void message_arrived(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    apic_eoi();
}

void rig_init(bool interrupt)
{
    uint8_t *messages = alloc_page();

    input = alloc_page();
    output = alloc_page();
    slot = (volatile struct hv_message *)messages;
    halts = interrupt;
    register_interrupt(VECTOR, message_arrived, NULL);
    wrmsr(HV_X64_MSR_GUEST_OS_ID, UINT64_C(0x8100000000000001));
    wrmsr(HV_X64_MSR_SIMP, phys_of(messages) | 1);
    wrmsr(HV_X64_MSR_SINT0, VECTOR | (interrupt ? 0 : HV_X64_MSR_SINT_POLLING));
    wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
}

static bool has_come(void)
{
    return slot->header.message_type != HvMessageTypeNone;
}

/* An interrupt between the look and HLT ends that: they are enabled by the instruction before. */
static void wait_a_little(void)
{
    if (!halts) {
        cpu_pause();
        return;
    }
    apic_timer_oneshot(VECTOR, 10000000);
    if (!has_come())
        irq_enable_and_halt();
    irq_disable();
    apic_timer_stop();
}

static void take(struct hv_message *message)
{
    memcpy(message, (const void *)(uintptr_t)slot, sizeof(*message));
    slot->header.message_type = HvMessageTypeNone;
    __asm__ volatile("mfence" : : : "memory");
    wrmsr(HV_X64_MSR_EOM, 0);
}

bool rig_wait(struct hv_message *message)
{
    uint64_t start = rdmsr(HV_X64_MSR_TIME_REF_COUNT);

    while (!has_come()) {
        if (rdmsr(HV_X64_MSR_TIME_REF_COUNT) - start > 50000000)
            return false;
        wait_a_little();
    }
    take(message);
    return true;
}

/* ---- Partitions ---- */

static unsigned find(uint64_t partition)
{
    unsigned i = 0;

    while (children[i].id != partition)
        i++;
    return i;
}

static void deposit(unsigned child, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t *list = begin(sizeof(*list) * 2);

        list[0] = children[child].id;
        list[1] = phys_of(alloc_high_pages(1, 0)) >> PAGE_SHIFT;
        must(HvCallDepositMemory | REP(1));
        children[child].deposited++;
    }
}

static void map(unsigned child)
{
    struct hv_input_map_gpa_pages *header = begin(sizeof(*header) + PAGES * 8);
    uint64_t *list = (uint64_t *)(void *)(header + 1);

    header->target_partition_id = children[child].id;
    header->map_flags = ALL_RIGHTS;
    for (unsigned i = 0; i < PAGES; i++)
        list[i] = (phys_of(children[child].memory) >> PAGE_SHIFT) + i;
    must(HvCallMapGpaPages | REP(PAGES));
}

uint64_t rig_create(uint64_t flags, const void *code, uint32_t size)
{
    struct hv_input_create_partition *create = begin(sizeof(*create));
    unsigned child = find(0);

    create->flags = flags;
    must(HvCallCreatePartition);
    children[child].id = *(const uint64_t *)(const void *)output;
    children[child].memory = alloc_high_pages(PAGES, 0);
    children[child].deposited = 0;
    memcpy(children[child].memory + RIG_CODE_GPA, code, size);
    deposit(child, POOL_PAGES);
    must_for(HvCallInitializePartition, children[child].id);
    map(child);
    return children[child].id;
}

void *rig_memory(uint64_t partition, uint64_t gpa)
{
    return children[find(partition)].memory + gpa;
}

/* A page a call, until there is none. */
static unsigned withdraw(uint64_t partition)
{
    unsigned count = 0;

    for (;;) {
        struct hv_input_withdraw_memory *header = begin(sizeof(*header));

        header->partition_id = partition;
        if (call(HvCallWithdrawMemory | REP(1)) != HV_STATUS_SUCCESS)
            return count;
        free_page(virt_of(*(const uint64_t *)(const void *)output << PAGE_SHIFT));
        count++;
    }
}

unsigned rig_delete(uint64_t partition)
{
    unsigned child = find(partition), pages;
    struct hv_message rest;

    must_for(HvCallFinalizePartition, partition);
    /* One of its VPs may have said something more; nothing new comes. */
    while (has_come() && slot->header.origination_id == partition)
        take(&rest);
    pages = withdraw(partition);
    RIG_CHECK(pages == children[child].deposited);
    must_for(HvCallDeletePartition, partition);
    free_pages(children[child].memory, PAGES);
    children[child].id = 0;
    return pages;
}

/* ---- VPs ---- */

static void set128(uint64_t partition, uint32_t vp, uint32_t name, uint64_t low, uint64_t high)
{
    struct hv_input_vp_registers *header =
        begin(sizeof(*header) + sizeof(struct hv_register_assoc));
    struct hv_register_assoc *element = (struct hv_register_assoc *)(void *)(header + 1);

    header->partition_id = partition;
    header->vp_index = vp;
    element->name = name;
    memcpy(&element->value, &low, sizeof(low));
    memcpy((uint8_t *)&element->value + 8, &high, sizeof(high));
    must(HvCallSetVpRegisters | REP(1));
}

void rig_set(uint64_t partition, uint32_t vp, uint32_t name, uint64_t value)
{
    set128(partition, vp, name, value, 0);
}

uint64_t rig_get(uint64_t partition, uint32_t vp, uint32_t name)
{
    struct hv_input_vp_registers *header = begin(sizeof(*header) + sizeof(name));

    header->partition_id = partition;
    header->vp_index = vp;
    memcpy(header + 1, &name, sizeof(name));
    must(HvCallGetVpRegisters | REP(1));
    return *(const uint64_t *)(const void *)output;
}

static void set_flat_segment(uint64_t partition, uint32_t vp, uint32_t name, uint16_t attributes)
{
    set128(partition, vp, name, 0, UINT32_MAX | (uint64_t)8 << 32 | (uint64_t)attributes << 48);
}

void rig_add_vp(uint64_t partition, uint32_t vp)
{
    static const uint32_t data[] = { HvX64RegisterDs, HvX64RegisterEs, HvX64RegisterSs };
    struct hv_input_create_vp *create;

    deposit(find(partition), POOL_PAGES_VP);
    create = begin(sizeof(*create));
    create->partition_id = partition;
    create->vp_index = vp;
    must(HvCallCreateVp);
    rig_set(partition, vp, HvX64RegisterCr0, CR0_PE | CR0_NE | CR0_MP);
    rig_set(partition, vp, HvX64RegisterCr4, CR4_OSFXSR | CR4_OSXMMEXCPT);
    set_flat_segment(partition, vp, HvX64RegisterCs, 0xC09B);
    for (unsigned i = 0; i < sizeof(data) / sizeof(data[0]); i++)
        set_flat_segment(partition, vp, data[i], 0xC093);
    rig_set(partition, vp, HvX64RegisterRip, RIG_CODE_GPA);
    rig_set(partition, vp, HvX64RegisterRsp, RIG_STACK_GPA - vp * 64);
    rig_set(partition, vp, HvX64RegisterRax, vp);
}

void rig_delete_vp(uint64_t partition, uint32_t vp)
{
    struct hv_input_delete_vp *header = begin(sizeof(*header));

    header->partition_id = partition;
    header->vp_index = vp;
    must(HvCallDeleteVp);
}

void rig_intercept(uint64_t partition, uint32_t type, uint32_t access, uint64_t parameter)
{
    struct hv_input_install_intercept *header = begin(sizeof(*header));

    header->partition_id = partition;
    header->access_type = access;
    header->intercept_type = type;
    header->intercept_parameter = parameter;
    must(HvCallInstallIntercept);
}

void rig_run(uint64_t partition, uint32_t vp)
{
    rig_set(partition, vp, HvRegisterExplicitSuspend, 0);
}

static const struct hv_x64_intercept_message_header *header_of(const struct hv_message *message)
{
    return (const void *)message->payload;
}

void rig_go_on(const struct hv_message *message)
{
    const struct hv_x64_intercept_message_header *header = header_of(message);
    uint64_t partition = message->header.origination_id;

    rig_set(partition, header->vp_index, HvX64RegisterRip,
            header->rip + (header->instruction_length & 0xF));
    rig_set(partition, header->vp_index, HvRegisterInterceptSuspend, 0);
}

uint64_t rig_expect_out(struct hv_message *message, uint16_t port)
{
    const struct hv_x64_io_port_intercept_message *io = (const void *)message->payload;

    if (!RIG_CHECK(rig_wait(message)))
        return 0;
    if (!RIG_CHECK(message->header.message_type == HvMessageTypeX64IoPortIntercept) ||
        !RIG_CHECK(io->port_number == port) ||
        !RIG_CHECK(io->header.intercept_access_type == HV_INTERCEPT_ACCESS_WRITE))
        printf("type 0x%x rip 0x%llx port 0x%x\n", message->header.message_type,
               (unsigned long long)io->header.rip, io->port_number);
    return io->rax;
}
