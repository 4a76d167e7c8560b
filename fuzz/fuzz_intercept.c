/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Two VPs of a child with exits of any kind, and a parent that calls, scribbles and neglects its
 * slot as it likes, against a plain count: each intercept gives one message, a VP that is suspended
 * by one has it on its way or behind it, and nothing is written but where it belongs.
 *
 * Input: operations of 16 bytes; see struct operation.
 */
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"

#define MAX_OPERATIONS 300
#define VPS            2u
#define CHILD_PAGES    64u
#define CHILD_RAM      8u
#define INPUT_GPA      UINT64_C(0x10000)
#define OUTPUT_GPA     UINT64_C(0x11000)
#define SIM_GPA        UINT64_C(0x20000)
#define HOME           UINT64_C(0x1000) /* plus the SPA page: where a page was deposited from */
#define PATTERN        0x6B

struct operation {
    uint8_t kind;
    uint8_t who; /* which VP */
    uint16_t small;
    uint32_t medium;
    uint64_t large;
} __attribute__((packed));

enum operation_kind {
    EXIT,
    SUSPEND_REGISTER,
    READ_SLOT,
    INSTALL,
    REGISTER_RESULT,
    MAP_PAGE,
    SCRIBBLE,
    POST_DIRECT,
    ASSERT,
    END_INTERRUPT,
    SWITCH_SYNIC,
    PREPARE,
    KINDS,
};

struct machine {
    struct fake_platform fake;
    struct hv_frame frames[FAKE_PAGES];
    struct hv_partition *root, *child;
    struct hv_vp *parents[VPS], *vps[VPS];
    unsigned sent[VPS], received[VPS];
};

static struct machine machine;

/* The child's LPs react at once, the parent's when it is their turn. */
static void react(struct hv_vp *vp)
{
    if (vp->partition == machine.child)
        hv_vp_prepare(vp);
}

static struct hv_partition *build(bool is_root, size_t count)
{
    struct hv_partition_config config = { .id = 1,
                                          .privileges = UINT64_MAX,
                                          .root = is_root,
                                          .max_vps = VPS,
                                          .gpa_bits = 36,
                                          .frames = is_root ? machine.frames : NULL,
                                          .frame_count = FAKE_PAGES };
    struct hv_partition *partition;
    uint64_t pages[128];

    for (size_t i = 0; i < count; i++)
        CHECK(machine.fake.platform.pages.alloc(&machine.fake, &pages[i]));
    CHECK(hv_partition_create(&machine.fake.platform, &config, pages, count, &partition) ==
          HV_STATUS_SUCCESS);
    for (size_t i = 0; i < count; i++)
        machine.frames[pages[i]].places[0] = HOME + pages[i];
    return partition;
}

static void switch_synic(struct hv_vp *parent, bool on)
{
    CHECK(fake_wrmsr(parent, HV_X64_MSR_SCONTROL, on) == HV_DISPOSITION_RESUME);
}

static void begin_parent(void)
{
    machine.root = build(true, 128);
    machine.root->features.privileges |= HV_PRIVILEGE_CreatePartitions;
    atomic_store(&machine.root->guest_os_id, 1);
    CHECK(hv_address_map(machine.root, 0, 0, FAKE_FIRST_POOL, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) ==
          HV_STATUS_SUCCESS);
    for (uint32_t i = 0; i < VPS; i++) {
        struct hv_vp *parent = fake_vp_create(&machine.fake, machine.root, i);

        machine.parents[i] = parent;
        switch_synic(parent, true);
        fake_wrmsr(parent, HV_X64_MSR_SIMP, (SIM_GPA + i * HV_PAGE_SIZE) | HV_X64_MSR_PAGE_ENABLE);
        fake_wrmsr(parent, HV_X64_MSR_SINT0, 0x41);
    }
}

static void begin(void)
{
    memset(&machine, 0, sizeof(machine));
    fake_platform_init(&machine.fake);
    machine.fake.on_kick = react;
    begin_parent();
    machine.child = build(false, CHILD_PAGES);
    machine.child->creation_flags = HV_PARTITION_CREATION_FLAG_EXO_PARTITION |
                                    HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED;
    hv_hierarchy_add(machine.root, machine.child);
    CHECK(hv_address_map(machine.child, 0, FAKE_FIRST_POOL - CHILD_RAM, CHILD_RAM, HV_ACCESS_READ,
                         HV_CACHE_WRITE_BACK) == HV_STATUS_SUCCESS);
    memset(fake_page(&machine.fake, FAKE_FIRST_POOL - CHILD_RAM), PATTERN,
           CHILD_RAM * HV_PAGE_SIZE);
    for (uint32_t i = 0; i < VPS; i++) {
        machine.vps[i] = fake_vp_create(&machine.fake, machine.child, i);
        hv_apic_write(&machine.vps[i]->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

/* ---- The parent ---- */

static hv_status call(unsigned who, uint64_t control, const void *input, size_t size)
{
    memcpy(fake_page(&machine.fake, INPUT_GPA / HV_PAGE_SIZE), input, size);
    return (hv_status)fake_hypercall(machine.parents[who], control, INPUT_GPA, OUTPUT_GPA);
}

static void set_suspend_register(const struct operation *operation, unsigned who)
{
    struct {
        struct hv_input_vp_registers header;
        struct hv_register_assoc element;
    } input = { .header = { .partition_id = machine.child->id, .vp_index = who } };
    uint64_t value = operation->large % 3;

    input.element.name = operation->small % 4;
    memcpy(&input.element.value, &value, sizeof(value));
    call(operation->medium % VPS, HvCallSetVpRegisters | UINT64_C(1) << 32, &input, sizeof(input));
}

static void install(const struct operation *operation)
{
    const struct hv_input_install_intercept input = { .partition_id = machine.child->id,
                                                      .access_type = operation->small % 8,
                                                      .intercept_type = operation->medium % 20,
                                                      .intercept_parameter = operation->large };

    call(operation->who % VPS, HvCallInstallIntercept, &input, sizeof(input));
}

static void register_result(const struct operation *operation, unsigned who)
{
    struct {
        struct hv_input_register_intercept_result header;
        struct hv_register_x64_cpuid_result_parameters parameters;
    } input = { .header = { .partition_id = machine.child->id,
                            .vp_index = who,
                            .intercept_type = operation->small % 4 },
                .parameters = { .input_eax = operation->medium % 200,
                                .input_ecx = (uint32_t)operation->large % 3,
                                .subleaf_specific = operation->large >> 8 & 1,
                                .always_override = operation->large >> 9 & 1,
                                .result_eax_mask = (uint32_t)(operation->large >> 32) } };
    bool remove = operation->small & 0x8000;

    call(who, remove ? HvCallUnregisterInterceptResult : HvCallRegisterInterceptResult, &input,
         sizeof(input));
}

static void map_page(const struct operation *operation, unsigned who)
{
    const struct hv_input_map_vp_state_page input = {
        .partition_id = machine.child->id,
        .vp_index = who,
        .type = operation->small % 3,
        .flags = operation->medium & 1,
        .requested_map_location = operation->large % 64 + 64,
    };
    struct hv_input_map_vp_state_page unmapping = input;

    unmapping.flags = 0;
    if (operation->medium & 2)
        call(who, HvCallUnmapVpStatePage, &unmapping, 16);
    else
        call(who, HvCallMapVpStatePage, &input, sizeof(input));
}

/* What the parent writes is in its own view of the page. */
static void scribble(const struct operation *operation, unsigned who)
{
    const struct hv_overlay *overlay = &machine.vps[who]->intercept.pages[HvVpStatePageRegisters];
    uint64_t gpa = overlay->gpa_page * HV_PAGE_SIZE + operation->small % (HV_PAGE_SIZE - 8);

    if (overlay->enabled)
        CHECK(hv_address_write(machine.root, gpa, &operation->large, sizeof(operation->large)));
}

static void post_direct(const struct operation *operation, unsigned who)
{
    struct hv_input_post_message_direct input = { .partition_id = machine.child->id,
                                                  .vp_index = who,
                                                  .sint_index = operation->small % 17 };

    input.message.header.message_type = operation->medium;
    input.message.header.payload_size = (uint8_t)operation->large;
    call(who, HvCallPostMessageDirect, &input, sizeof(input));
}

static void assert_interrupt(const struct operation *operation)
{
    const struct hv_input_assert_virtual_interrupt input = {
        .target_partition = machine.child->id,
        .interrupt_control = operation->large & (UINT64_C(7) << 32 | 15),
        .destination_address = operation->medium,
        .requested_vector = operation->small,
    };

    call(operation->who % VPS, HvCallAssertVirtualInterrupt, &input, sizeof(input));
}

/* Whether there was a message; each is the child's, and of a kind that it can be. */
static bool read_slot(unsigned who)
{
    struct hv_message_page *page = machine.parents[who]->synic.message_page.page;
    struct hv_message *slot = &page->sint_message[0];
    uint32_t about = (uint32_t)slot->payload[0];

    for (unsigned sint = 1; sint < HV_SYNIC_SINT_COUNT; sint++)
        CHECK(page->sint_message[sint].header.message_type == HvMessageTypeNone);
    if (slot->header.message_type == HvMessageTypeNone)
        return false;
    CHECK(slot->header.message_type & HV_MESSAGE_TYPE_HYPERVISOR_MASK);
    CHECK(slot->header.origination_id == machine.child->id);
    CHECK(slot->header.payload_size <= HV_MESSAGE_MAX_PAYLOAD_BYTE_COUNT);
    CHECK(about < VPS);
    if (slot->header.message_type != HvMessageTypeX64ApicEoi)
        machine.received[about]++;
    slot->header.message_type = HvMessageTypeNone;
    CHECK(fake_wrmsr(machine.parents[who], HV_X64_MSR_EOM, 0) == HV_DISPOSITION_RESUME);
    return true;
}

/* ---- The child ---- */

static void fill_exit(const struct operation *operation, struct hv_exit *exit)
{
    switch (exit->reason) {
    case HV_EXIT_CPUID:
        exit->gprs->gpr[HV_GPR_RAX] = operation->medium % 200;
        exit->gprs->gpr[HV_GPR_RCX] = operation->large % 3;
        break;
    case HV_EXIT_MEMORY:
        exit->memory.gpa = operation->medium;
        exit->memory.access = (uint8_t)(1u << operation->large % 3);
        exit->memory.code_size = (uint8_t)(operation->large >> 8);
        break;
    case HV_EXIT_IO:
        exit->io.port = (uint16_t)operation->medium;
        exit->io.size = (uint8_t)operation->large;
        exit->io.code_size = (uint8_t)(operation->large >> 8);
        break;
    case HV_EXIT_EXCEPTION:
        exit->exception.vector = operation->medium % 32;
        exit->exception.code_size = (uint8_t)(operation->large >> 8);
        break;
    case HV_EXIT_UNKNOWN_MSR:
        exit->gprs->gpr[HV_GPR_RCX] = operation->medium % 200;
        exit->unknown_msr.write = operation->large & 1;
        break;
    default:
        break;
    }
}

/* As a back end does: only a VP that nothing suspends runs, and one that is suspended stands. */
static void run_child(const struct operation *operation, unsigned who)
{
    static const enum hv_exit_reason reasons[] = { HV_EXIT_CPUID,      HV_EXIT_MEMORY,
                                                   HV_EXIT_IO,         HV_EXIT_HALT,
                                                   HV_EXIT_EXCEPTION,  HV_EXIT_SHUTDOWN,
                                                   HV_EXIT_UNKNOWN_MSR };
    struct hv_vp *vp = machine.vps[who];
    struct hv_exit exit = { .reason = reasons[operation->small % 7],
                            .instruction_length = 2,
                            .gprs = &fake_vp(vp)->gprs };
    uint64_t rip = exit.gprs->rip;

    hv_vp_prepare(vp);
    if (hv_vp_is_suspended(vp))
        return;
    fake_vp(vp)->injected = false;
    fill_exit(operation, &exit);
    if (hv_vp_exit(vp, &exit) != HV_DISPOSITION_SUSPEND)
        return;
    machine.sent[who]++;
    CHECK(exit.gprs->rip == rip && !fake_vp(vp)->injected);
    CHECK(atomic_load(&vp->suspended) & HV_VP_SUSPEND_INTERCEPT);
}

static void end_interrupt(struct hv_vp *vp)
{
    hv_interrupt_poll(vp, machine.fake.tsc);
    if (hv_interrupt_view(vp)->vector != HV_INTERRUPT_NONE)
        hv_interrupt_accept(vp, (uint8_t)hv_interrupt_view(vp)->vector);
    CHECK(fake_wrmsr(vp, HV_X64_MSR_EOI, 0) == HV_DISPOSITION_RESUME);
}

/* ---- Account ---- */

static unsigned in_slots(uint32_t about)
{
    unsigned count = 0;

    for (unsigned i = 0; i < VPS; i++) {
        const struct hv_message_page *page = machine.parents[i]->synic.message_page.page;
        const struct hv_message *slot = &page->sint_message[0];

        count += slot->header.message_type != HvMessageTypeNone &&
                 slot->header.message_type != HvMessageTypeX64ApicEoi &&
                 (uint32_t)slot->payload[0] == about;
    }
    return count;
}

static void check_consistent(void)
{
    for (unsigned i = 0; i < VPS; i++) {
        struct hv_vp *vp = machine.vps[i];
        bool on_its_way = atomic_load(&vp->suspended) & HV_VP_SUSPEND_MESSAGE;

        CHECK(machine.sent[i] == machine.received[i] + in_slots(i) + on_its_way);
    }
}

/* A message page has nothing but a message. */
static void check_message_page(const struct hv_vp *vp)
{
    const uint8_t *page = vp->intercept.pages[HvVpStatePageInterceptMessage].page;

    for (unsigned at = HV_MESSAGE_SIZE; page && at < HV_PAGE_SIZE; at++)
        CHECK(page[at] == 0);
}

static void finish(void)
{
    const uint8_t *ram = fake_page(&machine.fake, FAKE_FIRST_POOL - CHILD_RAM);

    for (unsigned i = 0; i < VPS; i++) {
        switch_synic(machine.parents[i], true);
        hv_vp_prepare(machine.parents[i]);
        while (read_slot(i))
            continue;
    }
    check_consistent();
    for (unsigned i = 0; i < VPS; i++) {
        CHECK(machine.sent[i] == machine.received[i]);
        CHECK(!atomic_load(&machine.vps[i]->intercept.eoi.busy));
        check_message_page(machine.vps[i]);
        hv_intercept_end(machine.parents[i], machine.vps[i]);
    }
    CHECK(atomic_load(&machine.child->lineage.references) == 1);
    for (unsigned i = 0; i < CHILD_RAM * HV_PAGE_SIZE; i++)
        CHECK(ram[i] == PATTERN);
}

/* ---- Steps ---- */

static void run(const struct operation *operation)
{
    unsigned who = operation->who % VPS;

    switch (operation->kind % KINDS) {
    case EXIT:
        run_child(operation, who);
        break;
    case SUSPEND_REGISTER:
        set_suspend_register(operation, who);
        break;
    case READ_SLOT:
        read_slot(who);
        break;
    case INSTALL:
        install(operation);
        break;
    case REGISTER_RESULT:
        register_result(operation, who);
        break;
    case MAP_PAGE:
        map_page(operation, who);
        break;
    case SCRIBBLE:
        scribble(operation, who);
        break;
    case POST_DIRECT:
        post_direct(operation, who);
        break;
    case ASSERT:
        assert_interrupt(operation);
        break;
    case END_INTERRUPT:
        end_interrupt(machine.vps[who]);
        break;
    case SWITCH_SYNIC:
        switch_synic(machine.parents[who], operation->small & 1);
        break;
    default:
        hv_vp_prepare(machine.parents[who]);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin();
    for (unsigned i = 0; i < MAX_OPERATIONS && size >= sizeof(struct operation); i++) {
        struct operation operation;

        memcpy(&operation, data, sizeof(operation));
        data += sizeof(operation);
        size -= sizeof(operation);
        run(&operation);
        check_consistent();
    }
    finish();
    fake_platform_destroy(&machine.fake);
    return 0;
}
