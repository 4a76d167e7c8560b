/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The page for a hypercall's output, which the caller's parent takes away in the middle. */
#include <conformance/child.h>

#define INPUT   UINT64_C(0x3000)
#define COUNTER UINT64_C(0x3800)
#define OUTPUT  UINT64_C(0x9000)
#define NAMES   64u
#define ROUNDS  20u
#define ONE     (UINT64_C(1) << 32)

/* Reads NAMES registers into OUTPUT again and again, and counts that. */
static void load(const struct child *child)
{
    const uint64_t control = HvCallGetVpRegisters | (uint64_t)NAMES << 32;
    const uint8_t last = hv_native_entry() == ENTRY_VMMCALL ? 0xd9 : 0xc1;
    const uint8_t code[] = {
        0xb8,
        (uint8_t)control,
        (uint8_t)(control >> 8),
        0,
        0, /* mov eax, control */
        0xba,
        (uint8_t)(control >> 32),
        (uint8_t)(control >> 40),
        0,
        0, /* mov edx, the rest */
        0x31,
        0xdb, /* xor ebx, ebx */
        0xb9,
        0x00,
        0x30,
        0,
        0, /* mov ecx, INPUT */
        0x31,
        0xff, /* xor edi, edi */
        0xbe,
        0x00,
        0x90,
        0,
        0, /* mov esi, OUTPUT */
        0x0f,
        0x01,
        last, /* the call */
        0xff,
        0x05,
        0x00,
        0x38,
        0,
        0, /* inc COUNTER */
        0xeb,
        0xdd /* again */
    };
    const struct hv_input_vp_registers header = { .partition_id = HV_PARTITION_ID_SELF,
                                                  .vp_index = HV_VP_INDEX_SELF };
    uint32_t names[NAMES];

    for (unsigned i = 0; i < NAMES; i++)
        names[i] = HvX64RegisterRsp;
    memcpy(child->ram + INPUT, &header, sizeof(header));
    memcpy(child->ram + INPUT + sizeof(header), names, sizeof(names));
    child_load(child, 0, code, sizeof(code));
}

static uint32_t count(const struct child *child)
{
    return *(const volatile uint32_t *)(child->ram + COUNTER);
}

/* It has made a call from here on. */
static bool goes_on(const struct child *child)
{
    uint32_t before = count(child);
    uint64_t end = rdtsc() + tsc_from_us(2000000);

    while (count(child) - before < 2 && rdtsc() < end)
        cpu_pause();
    return count(child) - before >= 2;
}

static bool is_written(const struct child *child)
{
    const uint64_t *values = (const uint64_t *)(const void *)(child->ram + OUTPUT);

    for (unsigned i = 0; i < NAMES; i++)
        if (values[2 * i] != CHILD_STACK_END || values[2 * i + 1] != 0)
            return false;
    return true;
}

static void unmap_and_look(const struct child *child)
{
    uint8_t *page = child->ram + OUTPUT;
    struct hv_message message;
    const struct hv_x64_memory_intercept_message *memory = (const void *)message.payload;

    REQUIRE_EQ(parent_unmap(child->id, OUTPUT >> PAGE_SHIFT, 0, 1), ONE);
    memset(page, PARENT_MARK, PAGE_SIZE);
    REQUIRE(child_wait(&message), "the caller goes on without its page");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeUnmappedGpa);
    CHECK_EQ(memory->guest_physical_address & PAGE_MASK, OUTPUT);
    CHECK(hv_differing(page, PARENT_MARK, 0) == 0, "output comes after the page is gone");
}

HV_TEST(hypercall_abi, output_does_not_come_after_its_page_is_gone, COVERS(HV_REQ_HC_050),
        NEEDS_PARENT, "The page is somebody else's by then")
{
    const uint64_t privileges = HV_PRIVILEGE_AccessHypercallMsrs | HV_PRIVILEGE_AccessVpRegisters;
    struct child child;
    uint64_t source;

    parent_begin();
    child = child_make_privileged(CHILD_EXO, privileges);
    child_add_vp(&child, 0);
    child_set(&child, 0, HvRegisterGuestOsId, TEST_GUEST_OS_ID);
    child_listen();
    load(&child);
    child_run(&child, 0);
    source = page_number(child.ram + OUTPUT);
    for (unsigned round = 0; round < ROUNDS; round++) {
        REQUIRE(goes_on(&child), "round %u: the calls have stopped", round);
        CHECK(is_written(&child), "round %u: the output is another", round);
        unmap_and_look(&child);
        REQUIRE_EQ(parent_map(child.id, OUTPUT >> PAGE_SHIFT, CHILD_ALL_RIGHTS, &source, 1), ONE);
        child_run(&child, 0);
    }
    REQUIRE(goes_on(&child), "the calls have stopped");
    child_stop(&child, 0);
}
