/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <conformance/child.h>

#define POOL_PAGES 64u
#define BATCH      64u  /* pages of one call */
#define MAX_BLOCKS 128u /* of memory, in one test */
#define WAIT_US    5000000u
#define QUIET_US   20000u

/* Where child_add_handlers() puts what it makes. */
#define STUBS_GPA    UINT64_C(0x4000)
#define STUB_SIZE    32u
#define IDT_GPA      UINT64_C(0x6000)
#define GDT_GPA      UINT64_C(0x6800)
#define COUNTERS_GPA UINT64_C(0x7000)
#define VECTORS      256u

#define SEGMENT_CODE32 0xc09bu /* present, flat, 32 bits, accessed */
#define SEGMENT_DATA32 0xc093u

struct block {
    uint8_t *address;
    size_t pages;
};

static struct {
    struct block blocks[MAX_BLOCKS]; /* the test's memory, to be freed behind it */
    unsigned count;
    volatile struct hv_message_page *messages;
    uint8_t *message_ram;
} state;

/* ---- Pools ---- */

/* One that can't be used is not for the next test. */
static void free_numbers(const uint64_t *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        void *page = virt_of(pages[i] << PAGE_SHIFT);

        if (CHECK(!safe_write64(page, 0).raised, "page 0x%llx came back and can't be written to",
                  (unsigned long long)pages[i]))
            free_page(page);
    }
}

void child_deposit(uint64_t id, unsigned count)
{
    uint64_t pages[BATCH];

    while (count > 0) {
        unsigned batch = count < BATCH ? count : BATCH;

        for (unsigned i = 0; i < batch; i++)
            pages[i] = page_number(alloc_page());
        REQUIRE_EQ(parent_deposit(id, pages, batch), (uint64_t)batch << 32);
        count -= batch;
    }
}

unsigned child_take_back(uint64_t id)
{
    uint64_t pages[BATCH], result;
    unsigned total = 0;

    do {
        result = parent_withdraw(id, BATCH, pages);
        free_numbers(pages, hv_result_reps(result));
        total += hv_result_reps(result);
    } while (hv_result_status(result) == HV_STATUS_SUCCESS && hv_result_reps(result) > 0);
    return total;
}

/* ---- Making and ending ---- */

/* One that was never initialized can't be finalized, and need not be. */
void child_remove(uint64_t id)
{
    uint16_t status = parent_by_id(HvCallFinalizePartition, id);

    CHECK(status == HV_STATUS_SUCCESS || status == HV_STATUS_INVALID_PARTITION_STATE,
          "finalizing partition %llu: status 0x%x", (unsigned long long)id, status);
    child_take_back(id);
    status = parent_by_id(HvCallDeletePartition, id);
    CHECK(status == HV_STATUS_SUCCESS, "deleting partition %llu: status 0x%x",
          (unsigned long long)id, status);
}

/* Memory is freed only when nobody maps it any more. */
static void remove_all(void)
{
    uint64_t id, last = 0;

    parent_begin();
    while (parent_next_child(HV_PARTITION_ID_SELF, HV_PARTITION_ID_INVALID, &id) ==
               HV_STATUS_SUCCESS &&
           id != HV_PARTITION_ID_INVALID) {
        REQUIRE(id != last, "partition %llu can't be deleted", (unsigned long long)id);
        last = id;
        child_remove(id);
    }
    while (state.count > 0) {
        state.count--;
        CHECK_NO_FAULT(safe_write64(state.blocks[state.count].address, 0));
        free_pages(state.blocks[state.count].address, state.blocks[state.count].pages);
    }
    child_take_back(HV_PARTITION_ID_SELF);
}

uint64_t child_create(uint64_t flags)
{
    uint64_t id;

    test_at_end(remove_all);
    REQUIRE_EQ(parent_create(flags, &id), HV_STATUS_SUCCESS);
    return id;
}

uint64_t child_make_empty(uint64_t flags)
{
    uint64_t id = child_create(flags);

    child_deposit(id, POOL_PAGES);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    return id;
}

uint8_t *child_memory(size_t pages, uint8_t byte)
{
    uint8_t *memory;

    test_at_end(remove_all);
    REQUIRE(state.count < MAX_BLOCKS, "too much memory in one test");
    memory = alloc_high_pages(pages, PAGE_SIZE);
    state.blocks[state.count++] = (struct block){ memory, pages };
    memset(memory, byte, pages * PAGE_SIZE);
    return memory;
}

static struct child give_memory(uint64_t id)
{
    struct child child = { .id = id, .ram = child_memory(CHILD_RAM_PAGES, 0) };
    uint64_t pages[CHILD_RAM_PAGES];

    for (unsigned i = 0; i < CHILD_RAM_PAGES; i++)
        pages[i] = page_number(child.ram) + i;
    REQUIRE_EQ(parent_map(child.id, 0, CHILD_ALL_RIGHTS, pages, CHILD_RAM_PAGES),
               (uint64_t)CHILD_RAM_PAGES << 32);
    return child;
}

struct child child_make(uint64_t flags)
{
    return give_memory(child_make_empty(flags));
}

struct child child_make_privileged(uint64_t flags, uint64_t privileges)
{
    uint64_t id = child_create(flags);

    REQUIRE_EQ(parent_set_property(id, HvPartitionPropertyPrivilegeFlags, privileges),
               HV_STATUS_SUCCESS);
    child_deposit(id, POOL_PAGES);
    REQUIRE_EQ(parent_by_id(HvCallInitializePartition, id), HV_STATUS_SUCCESS);
    return give_memory(id);
}

/* ---- Virtual processors ---- */

void child_add_vp(const struct child *child, uint32_t vp)
{
    REQUIRE_EQ(parent_create_vp(child->id, vp), HV_STATUS_SUCCESS);
}

struct child child_begin(uint64_t flags)
{
    struct child child;

    parent_begin();
    child = child_make(flags);
    child_add_vp(&child, 0);
    return child;
}

uint64_t child_get(const struct child *child, uint32_t vp, uint32_t name)
{
    uint64_t value;
    uint16_t status = parent_get_register64(child->id, vp, name, &value);

    REQUIRE(status == HV_STATUS_SUCCESS, "reading register 0x%x: status 0x%x", name, status);
    return value;
}

void child_set(const struct child *child, uint32_t vp, uint32_t name, uint64_t value)
{
    uint16_t status = parent_set_register64(child->id, vp, name, value);

    REQUIRE(status == HV_STATUS_SUCCESS, "setting register 0x%x to 0x%llx: status 0x%x", name,
            (unsigned long long)value, status);
}

void child_set_segment(const struct child *child, uint32_t vp, uint32_t name,
                       struct hv_x64_segment_register segment)
{
    const union hv_register_value value = { .segment = segment };
    uint16_t status = parent_set_register(child->id, vp, name, &value);

    REQUIRE(status == HV_STATUS_SUCCESS, "setting register 0x%x: status 0x%x", name, status);
}

static void set_flat(const struct child *child, uint32_t vp)
{
    static const uint32_t data[] = { HvX64RegisterSs, HvX64RegisterDs, HvX64RegisterEs };
    struct hv_x64_segment_register segment = { .limit = UINT32_MAX,
                                               .selector = 0x08,
                                               .attributes = SEGMENT_CODE32 };

    child_set(child, vp, HvX64RegisterCr0, CR0_PE | 0x10 /* ET */ | CR0_NE);
    child_set_segment(child, vp, HvX64RegisterCs, segment);
    segment.selector = 0x10;
    segment.attributes = SEGMENT_DATA32;
    for (unsigned i = 0; i < sizeof(data) / sizeof(data[0]); i++)
        child_set_segment(child, vp, data[i], segment);
}

void child_load(const struct child *child, uint32_t vp, const void *code, size_t size)
{
    memcpy(child->ram + CHILD_CODE_GPA, code, size);
    set_flat(child, vp);
    child_set(child, vp, HvX64RegisterRip, CHILD_CODE_GPA);
    child_set(child, vp, HvX64RegisterRsp, CHILD_STACK_END);
    child_set(child, vp, HvX64RegisterRflags, 2);
}

void child_run(const struct child *child, uint32_t vp)
{
    child_set(child, vp, HvRegisterInterceptSuspend, 0);
    child_set(child, vp, HvRegisterExplicitSuspend, 0);
}

void child_stop(const struct child *child, uint32_t vp)
{
    child_set(child, vp, HvRegisterExplicitSuspend, 1);
}

/* ---- Interrupts ---- */

static void make_stub(const struct child *child, uint8_t vector)
{
    static const uint8_t code[] = {
        0xfe, 0x05, 0,    0,    0,    0,                            /* inc byte [counter] */
        0xc7, 0x05, 0xb0, 0x00, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0x00, /* mov dword [EOI], 0 */
        0xcf,                                                       /* iret */
    };
    const uint32_t counter = (uint32_t)COUNTERS_GPA + vector;
    uint8_t *stub = child->ram + STUBS_GPA + STUB_SIZE * vector;

    memcpy(stub, code, sizeof(code));
    memcpy(stub + 2, &counter, sizeof(counter));
}

static void make_gate(const struct child *child, uint8_t vector)
{
    const uint64_t stub = STUBS_GPA + STUB_SIZE * vector;
    const uint64_t gate = stub | UINT64_C(0x08) << 16 | UINT64_C(0x8e00) << 32;

    memcpy(child->ram + IDT_GPA + 8 * vector, &gate, sizeof(gate));
}

static void set_table(const struct child *child, uint32_t vp, uint32_t name, uint64_t base,
                      uint16_t limit)
{
    const union hv_register_value value = { .table = { .limit = limit, .base = base } };

    REQUIRE_EQ(parent_set_register(child->id, vp, name, &value), HV_STATUS_SUCCESS);
}

void child_add_handlers(const struct child *child, uint32_t vp)
{
    static const uint64_t descriptors[] = { 0, UINT64_C(0x00cf9b000000ffff),
                                            UINT64_C(0x00cf93000000ffff) };

    for (unsigned vector = 0; vector < VECTORS; vector++) {
        make_stub(child, (uint8_t)vector);
        make_gate(child, (uint8_t)vector);
    }
    memcpy(child->ram + GDT_GPA, descriptors, sizeof(descriptors));
    memset(child->ram + COUNTERS_GPA, 0, VECTORS);
    set_table(child, vp, HvX64RegisterIdtr, IDT_GPA, VECTORS * 8 - 1);
    set_table(child, vp, HvX64RegisterGdtr, GDT_GPA, sizeof(descriptors) - 1);
}

unsigned child_interrupts(const struct child *child, uint8_t vector)
{
    return ((volatile uint8_t *)child->ram)[COUNTERS_GPA + vector];
}

bool child_wait_interrupts(const struct child *child, uint8_t vector, unsigned count)
{
    uint64_t end = rdtsc() + tsc_from_us(WAIT_US);

    while (child_interrupts(child, vector) < count && rdtsc() < end)
        cpu_pause();
    return child_interrupts(child, vector) >= count;
}

/* ---- Messages ---- */

/* The page is mapped once; what hv_baseline() switches off is switched on again. */
void child_listen(void)
{
    if (!state.messages) {
        state.message_ram = hv_test_page(0);
        state.messages = hv_map_data(phys_of(state.message_ram));
    }
    REQUIRE_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_SIMP, phys_of(state.message_ram) | HV_X64_MSR_PAGE_ENABLE));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SINT0, 0x60));
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE));
    state.messages->sint_message[0].header.message_type = HvMessageTypeNone;
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
}

static bool wait_type(uint64_t us)
{
    const volatile uint32_t *type =
        (const volatile uint32_t *)(uintptr_t)&state.messages->sint_message[0];
    uint64_t end = rdtsc() + tsc_from_us(us);

    while (*type == HvMessageTypeNone && rdtsc() < end)
        cpu_pause();
    return *type != HvMessageTypeNone;
}

bool child_wait(struct hv_message *message)
{
    volatile struct hv_message *slot = &state.messages->sint_message[0];

    if (!wait_type(WAIT_US))
        return false;
    memcpy(message, (const void *)(uintptr_t)slot, sizeof(*message));
    slot->header.message_type = HvMessageTypeNone;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (slot->header.message_flags & HV_MESSAGE_FLAG_PENDING)
        REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_EOM, 0));
    return true;
}

bool child_is_quiet(void)
{
    return !wait_type(QUIET_US);
}

void child_run_to_message(const struct child *child, uint32_t vp, const void *code, size_t size,
                          struct hv_message *message)
{
    child_load(child, vp, code, size);
    child_run(child, vp);
    REQUIRE(child_wait(message), "no message came");
    CHECK_EQ(message->header.origination_id, child->id);
}

void child_run_code(const struct child *child, uint32_t vp, const void *code, size_t size)
{
    struct hv_message message;

    child_run_to_message(child, vp, code, size, &message);
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
}

static void set_pair(const struct child *child, uint32_t vp, uint32_t high, uint32_t low,
                     uint64_t value)
{
    child_set(child, vp, high, value >> 32);
    child_set(child, vp, low, value & UINT32_MAX);
}

uint64_t child_hypercall(const struct child *child, uint32_t vp, uint64_t control, uint64_t input,
                         uint64_t output)
{
    const uint8_t last = hv_native_entry() == ENTRY_VMMCALL ? 0xd9 : 0xc1;
    const uint8_t code[] = { 0x0f, 0x01, last, CHILD_OUT };
    struct hv_message message;

    child_load(child, vp, code, sizeof(code));
    set_pair(child, vp, HvX64RegisterRdx, HvX64RegisterRax, control);
    set_pair(child, vp, HvX64RegisterRbx, HvX64RegisterRcx, input);
    set_pair(child, vp, HvX64RegisterRdi, HvX64RegisterRsi, output);
    child_run(child, vp);
    REQUIRE(child_wait(&message), "the hypercall never returned");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    return child_get(child, vp, HvX64RegisterRdx) << 32 |
           (child_get(child, vp, HvX64RegisterRax) & UINT32_MAX);
}
