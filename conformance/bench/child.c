/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The child partition of a row: made by hypercalls, of memory that comes back when it goes. */
#include "child.h"

#include "bench.h"

#define CREATION_FLAGS                                                                     \
    (HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED |                                  \
     HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED | \
     HV_PARTITION_CREATION_FLAG_X2APIC_CAPABLE |                                           \
     HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED)

#define ALL_RIGHTS                                                              \
    (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE | HV_MAP_GPA_KERNEL_EXECUTABLE | \
     HV_MAP_GPA_USER_EXECUTABLE)

/* Pages of its pool, and what the caller's needs for it to exist. */
#define POOL_PAGES 96u
#define OWN_PAGES  16u
#define WAIT_US    1000000

/* CS in real mode: present, code, accessed; the VP begins where child_begin() has put the code. */
#define REAL_CODE     0x9bu
#define STARTUP_BLOCK 1u

static uint8_t input[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint8_t output[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static struct {
    uint64_t id;
    uint8_t *ram;
    uint32_t vps;
    bool failed;
} child;

/* The list stands behind the header. A call that fails, fails the row. */
static void call(uint16_t code, const void *header, size_t size, const uint64_t *list,
                 unsigned count)
{
    uint64_t result, reps = (uint64_t)count << 32;

    memcpy(input, header, size);
    if (list)
        memcpy(input + size, list, count * sizeof(*list));
    result = hypercall(code | reps, phys_of(input), phys_of(output));
    if ((uint16_t)result != HV_STATUS_SUCCESS)
        child.failed = true;
}

static uint64_t page_of(const volatile void *address)
{
    return phys_of(address) >> PAGE_SHIFT;
}

/* ---- Memory ---- */

static void deposit(uint64_t id, unsigned count)
{
    const struct hv_input_deposit_memory header = { id };
    uint64_t pages[POOL_PAGES];

    for (unsigned i = 0; i < count; i++)
        pages[i] = page_of(alloc_page());
    call(HvCallDepositMemory, &header, sizeof(header), pages, count);
}

/* Until there is none that is free. */
static void withdraw(uint64_t id)
{
    const struct hv_input_withdraw_memory header = { .partition_id = id };
    uint64_t result, pages[POOL_PAGES];
    unsigned done;

    do {
        memcpy(input, &header, sizeof(header));
        result = hypercall(HvCallWithdrawMemory | (uint64_t)POOL_PAGES << 32, phys_of(input),
                           phys_of(output));
        done = result >> 32 & 0xfff;
        memcpy(pages, output, done * sizeof(pages[0]));
        for (unsigned i = 0; i < done; i++)
            free_page(virt_of(pages[i] << PAGE_SHIFT));
    } while (done == POOL_PAGES);
}

static uint64_t in_use(uint64_t id)
{
    const struct hv_input_withdraw_memory header = { .partition_id = id };
    struct hv_output_get_memory_balance balance;

    call(HvCallGetMemoryBalance, &header, sizeof(header), NULL, 0);
    memcpy(&balance, output, sizeof(balance));
    return balance.pages_in_use * PAGE_SIZE;
}

uint64_t child_memory_own(void)
{
    return in_use(HV_PARTITION_ID_SELF);
}

uint64_t child_memory(void)
{
    return in_use(child.id);
}

/* ---- The partition ---- */

const char *child_prepare(void)
{
    child.ram = alloc_pages(CHILD_RAM_SIZE / PAGE_SIZE, HV_LARGE_PAGE_SIZE);
    if (!child.ram)
        return "there is not so much memory";
    deposit(HV_PARTITION_ID_SELF, OWN_PAGES);
    return NULL;
}

void child_finish(void)
{
    withdraw(HV_PARTITION_ID_SELF);
    if (child.ram)
        free_pages(child.ram, CHILD_RAM_SIZE / PAGE_SIZE);
    child.ram = NULL;
}

void child_create(void)
{
    const struct hv_input_create_partition header = { .flags = CREATION_FLAGS };

    child.failed = false;
    child.vps = 0;
    call(HvCallCreatePartition, &header, sizeof(header), NULL, 0);
    memcpy(&child.id, output, sizeof(child.id));
    deposit(child.id, POOL_PAGES);
    call(HvCallInitializePartition, &child.id, sizeof(child.id), NULL, 0);
}

void child_map_ram(void)
{
    const struct hv_input_map_gpa_pages header = { .target_partition_id = child.id,
                                                   .map_flags =
                                                       ALL_RIGHTS | HV_MAP_GPA_LARGE_PAGE };
    uint64_t pages[CHILD_RAM_SIZE / HV_LARGE_PAGE_SIZE];

    for (unsigned i = 0; i < CHILD_RAM_SIZE / HV_LARGE_PAGE_SIZE; i++)
        pages[i] = page_of(child.ram + i * HV_LARGE_PAGE_SIZE);
    call(HvCallMapGpaPages, &header, sizeof(header), pages, CHILD_RAM_SIZE / HV_LARGE_PAGE_SIZE);
}

volatile uint32_t *child_words(void)
{
    return (volatile uint32_t *)(void *)(child.ram + CHILD_WORDS_GPA);
}

void child_load(const void *code, size_t size)
{
    memcpy(child.ram + CHILD_CODE_GPA, code, size);
    memset(child.ram + CHILD_WORDS_GPA, 0, PAGE_SIZE);
}

/* ---- Its VPs ---- */

void child_add_vp(void)
{
    const struct hv_input_create_vp header = { .partition_id = child.id, .vp_index = child.vps };

    call(HvCallCreateVp, &header, sizeof(header), NULL, 0);
    child.vps++;
}

void child_map_state_pages(void)
{
    static const uint16_t types[] = { HvVpStatePageInterceptMessage, HvVpStatePageRegisters };

    for (uint32_t vp = 0; vp < child.vps; vp++) {
        for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            const struct hv_input_map_vp_state_page header = { .partition_id = child.id,
                                                               .vp_index = vp,
                                                               .type = types[i] };

            call(HvCallMapVpStatePage, &header, sizeof(header), NULL, 0);
        }
    }
}

static void set_register(struct hv_register_assoc *element, uint32_t name,
                         union hv_register_value value)
{
    *element = (struct hv_register_assoc){ .name = name, .value = value };
}

/* VP 0 begins by its registers, and the others, which wait for it, by a start-up IPI. */
void child_run(uint32_t vp)
{
    const union hv_register_value code = { .segment = { .limit = 0xffff,
                                                        .attributes = REAL_CODE } };
    const union hv_register_value rip = { .reg64 = CHILD_CODE_GPA }, clear = { .reg64 = 0 };
    const struct hv_input_assert_virtual_interrupt startup = { .target_partition = child.id,
                                                               .interrupt_control =
                                                                   HvX64InterruptTypeSipi,
                                                               .destination_address = vp,
                                                               .requested_vector = STARTUP_BLOCK };
    struct {
        struct hv_input_vp_registers header;
        struct hv_register_assoc list[3];
    } block = { .header = { .partition_id = child.id, .vp_index = vp } };
    unsigned count = 0;

    if (vp == 0) {
        set_register(&block.list[count++], HvX64RegisterCs, code);
        set_register(&block.list[count++], HvX64RegisterRip, rip);
    }
    set_register(&block.list[count++], HvRegisterExplicitSuspend, clear);
    call(HvCallSetVpRegisters, &block, sizeof(block), NULL, count);
    if (vp != 0)
        call(HvCallAssertVirtualInterrupt, &startup, sizeof(startup), NULL, 0);
}

bool child_wait(uint32_t word, uint32_t value)
{
    uint64_t end = rdtsc() + tsc_from_us(WAIT_US);

    while (child_words()[word] != value && rdtsc() < end)
        cpu_pause();
    return child_words()[word] == value;
}

/* ---- The end ---- */

bool child_remove(void)
{
    call(HvCallFinalizePartition, &child.id, sizeof(child.id), NULL, 0);
    withdraw(child.id);
    call(HvCallDeletePartition, &child.id, sizeof(child.id), NULL, 0);
    return !child.failed;
}
