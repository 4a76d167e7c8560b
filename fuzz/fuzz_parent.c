/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A root partition that makes children, gives them memory and VPs, and takes all of it back, in any
 * order and with any parameters, while children place overlays and ports lead to and fro.
 *
 * After each step every page has one holder and the accounts of all pools balance; when all
 * children are gone, the root has everything that it had.
 *
 * Input: a list of steps of 8 bytes.
 */
#include <string.h>

#include <hv/address.h>
#include <hv/port.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "hypercall.h"

#define SLOTS       4
#define MAX_STEPS   96
#define INPUT_PAGE  1
#define OUTPUT_PAGE 2
#define FIRST_OWN   4 /* pages of the root's memory that it may give away, from here on */
#define OWN         (FAKE_FIRST_POOL - FIRST_OWN)

struct __attribute__((packed)) step {
    uint8_t what;
    uint8_t whom; /* one of the slots, the root itself, or nobody */
    uint16_t small;
    uint32_t value;
};

static struct fake_platform fake;
static struct hv_partition *root;
static struct hv_vp *root_vp;
static uint64_t ids[SLOTS]; /* of children, or HV_PARTITION_ID_INVALID */

static void serve_at_once(void *context, struct hv_vp *vp)
{
    (void)context;
    hv_vp_prepare(vp);
}

/* ---- What the steps are about ---- */

static struct hv_frames *frames(void)
{
    return &root->lineage.hierarchy->frames;
}

static uint64_t id_of(const struct step *step)
{
    if (step->whom % 16 < 12)
        return ids[step->whom % SLOTS];
    return step->whom % 2 ? HV_PARTITION_ID_SELF : step->value;
}

/* The child in a slot; nobody else drops it. */
static struct hv_partition *child_of(const struct step *step)
{
    struct hv_partition *child =
        hv_hierarchy_find(root->lineage.hierarchy, ids[step->whom % SLOTS]);

    if (child)
        hv_partition_drop(child);
    return child;
}

static bool is_active(const struct hv_partition *partition)
{
    return partition && hv_partition_state(&partition->lineage) == HV_PARTITION_ACTIVE;
}

static uint64_t own_page(uint32_t value)
{
    return FIRST_OWN + value % OWN;
}

static uint64_t *page_at(uint64_t number)
{
    return fake_page(&fake, number);
}

/* Executes a call until it ends. */
static uint64_t call(uint64_t control, const void *input, size_t size)
{
    struct hv_gprs *gprs = &fake_vp(root_vp)->gprs;
    unsigned executions = 0;

    memset(page_at(INPUT_PAGE), 0, HV_PAGE_SIZE);
    memcpy(page_at(INPUT_PAGE), input, size);
    do {
        gprs->rip = 0;
        fake_hypercall(root_vp, control, INPUT_PAGE << HV_PAGE_SHIFT, OUTPUT_PAGE << HV_PAGE_SHIFT);
        control = gprs->gpr[HV_GPR_RCX];
        CHECK(++executions < 5000);
    } while (gprs->rip == 0);
    return gprs->gpr[HV_GPR_RAX];
}

static hv_status status_of(uint64_t result)
{
    return (hv_status)(result & HV_HYPERCALL_RESULT_STATUS_MASK);
}

static uint64_t reps_of(uint64_t result)
{
    return (result & HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK) >>
           HV_HYPERCALL_RESULT_REPS_COMPLETED_SHIFT;
}

static uint64_t reps(uint16_t code, uint64_t count)
{
    return code | count << HV_HYPERCALL_REP_COUNT_SHIFT;
}

/* ---- Steps ---- */

static void create(const struct step *step)
{
    struct hv_input_create_partition input = { .flags = step->small };
    uint64_t *id = &ids[step->whom % SLOTS];

    if (*id != HV_PARTITION_ID_INVALID)
        return;
    if (status_of(call(HvCallCreatePartition, &input, sizeof(input))) == HV_STATUS_SUCCESS)
        *id = page_at(OUTPUT_PAGE)[0];
}

static void forget(uint64_t id)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (ids[i] == id)
            ids[i] = HV_PARTITION_ID_INVALID;
}

static void change(const struct step *step)
{
    static const uint16_t codes[] = { HvCallInitializePartition, HvCallFinalizePartition,
                                      HvCallDeletePartition };
    uint16_t code = codes[step->small % 3];
    uint64_t id = id_of(step);
    hv_status status = status_of(call(code, &id, sizeof(id)));

    if (code == HvCallDeletePartition && status == HV_STATUS_SUCCESS)
        forget(id);
}

static void deposit(const struct step *step)
{
    uint64_t input[65] = { id_of(step) };
    unsigned count = 1 + step->small % 64;

    for (unsigned i = 0; i < count; i++)
        input[1 + i] = own_page(step->value + i * (1 + (step->value >> 24)));
    call(reps(HvCallDepositMemory, count), input, sizeof(input));
}

static void withdraw(const struct step *step)
{
    struct hv_input_withdraw_memory input = { .partition_id = id_of(step) };
    uint64_t result = call(reps(HvCallWithdrawMemory, 1 + step->small % 64), &input, sizeof(input));

    for (uint64_t i = 0; i < reps_of(result); i++)
        CHECK(page_at(OUTPUT_PAGE)[i] >= FIRST_OWN && page_at(OUTPUT_PAGE)[i] < FAKE_FIRST_POOL);
}

static void balance(const struct step *step)
{
    struct hv_input_withdraw_memory input = { .partition_id = id_of(step) };
    struct hv_partition *child = child_of(step);
    uint64_t result = call(HvCallGetMemoryBalance, &input, sizeof(input));

    if (child && input.partition_id == child->id) {
        CHECK(result == HV_STATUS_SUCCESS);
        CHECK(page_at(OUTPUT_PAGE)[0] + page_at(OUTPUT_PAGE)[1] == child->pool.total);
    }
}

static void create_vp(const struct step *step)
{
    struct hv_input_create_vp input = { .partition_id = id_of(step),
                                        .vp_index = step->small % 520 };

    call(HvCallCreateVp, &input, sizeof(input));
}

static void delete_vp(const struct step *step)
{
    struct hv_input_delete_vp input = { .partition_id = id_of(step),
                                        .vp_index = step->small % 520 };

    call(HvCallDeleteVp, &input, sizeof(input));
}

static void set_property(const struct step *step)
{
    static const uint32_t codes[] = { HvPartitionPropertyPrivilegeFlags,
                                      HvPartitionPropertySyntheticProcFeatures,
                                      HvPartitionPropertyPhysicalAddressWidth,
                                      HvPartitionPropertyTimeFreeze,
                                      HvPartitionPropertyReferenceTime };
    struct hv_input_set_partition_property input = { .partition_id = id_of(step),
                                                     .property_code = codes[step->small % 5],
                                                     .property_value = step->value };

    call(HvCallSetPartitionProperty, &input, sizeof(input));
}

/* As a parent maps a page for its child. */
static void map(const struct step *step)
{
    struct hv_partition *child = child_of(step);
    uint64_t page = own_page(step->small);

    if (!is_active(child) || !hv_frame_pass(frames(), page, NULL, child, false))
        return;
    /* A page of the child's that is replaced would have to go back first. */
    if (hv_address_translate(child, step->value, &(struct hv_mapping){ 0 }) ||
        hv_address_map(child, step->value, page, 1, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) !=
            HV_STATUS_SUCCESS)
        CHECK(hv_frame_return(frames(), page, child, false, NULL));
}

/* A child's VP places one of its pages, and with that makes tables. */
static void place(const struct step *step)
{
    static const uint32_t msrs[] = { HV_X64_MSR_HYPERCALL,     HV_X64_MSR_VP_ASSIST_PAGE,
                                     HV_X64_MSR_SIMP,          HV_X64_MSR_SIEFP,
                                     HV_X64_MSR_REFERENCE_TSC, HV_X64_MSR_STATS_VP_RETAIL_PAGE };
    struct hv_partition *child = child_of(step);
    struct hv_vp *vp;

    if (!is_active(child))
        return;
    for (uint32_t index = 0; index < 8; index++) {
        vp = hv_vp_get(child, (step->small + index) % 8);
        if (vp)
            break;
    }
    if (!vp)
        return;
    fake_wrmsr(vp, HV_X64_MSR_GUEST_OS_ID, 1);
    fake_wrmsr(vp, msrs[step->small % 6], (uint64_t)step->value << HV_PAGE_SHIFT | 1);
}

static void make_port(const struct step *step)
{
    struct hv_port_config config = { .type = step->value % 2 ? HvPortTypeMessage : HvPortTypeEvent,
                                     .sint = 3,
                                     .vp_index = HV_ANY_VP,
                                     .flag_count = step->value % 2 ? 0 : 8 };
    struct hv_partition *child = child_of(step);
    uint32_t id = step->small % 32;

    if (!is_active(child))
        return;
    hv_port_create(child, id, &config);
    hv_port_create(root, id, &config);
    hv_port_connect(root, id + (uint32_t)child->id * 32, child, id);
    hv_port_connect(child, id, root, id);
}

static void send(const struct step *step)
{
    struct hv_input_post_message message = { .connection_id =
                                                 step->small % 32 + (step->value % 8 + 2) * 32,
                                             .message_type = 1 };

    call(HvCallPostMessage, &message, sizeof(message));
    call(HvCallSignalEvent, &message, sizeof(struct hv_input_signal_event));
}

/* Any call with parameters that nobody thought of; but partitions are made and deleted by the steps
   above, which keep count, and the root's VP keeps its registers. */
static void call_anything(const struct step *step)
{
    uint64_t words[8] = { id_of(step) };

    if (step->small == HvCallCreatePartition || step->small == HvCallDeletePartition ||
        step->small == HvCallSetVpRegisters)
        return;
    for (unsigned i = 1; i < 8; i++)
        words[i] = step->value >> (i * 3) & (step->value >> 28 ? 0xFFF : 0xF);
    call(step->small, words, sizeof(words));
}

typedef void step_function(const struct step *step);

static step_function *const steps[] = { create,    change, deposit,   withdraw, balance,
                                        create_vp, map,    delete_vp, place,    set_property,
                                        make_port, send,   change,    deposit,  call_anything };

/* ---- What holds at any time ---- */

static struct hv_partition *holder_of(uint64_t page, bool *deposited)
{
    uintptr_t holder = atomic_load(&frames()->table[page].holder);

    *deposited = holder & 1;
    return (struct hv_partition *)(holder & ~(uintptr_t)1);
}

static size_t count_deposited(const struct hv_partition *in)
{
    size_t count = 0;

    for (uint64_t page = 0; page < FAKE_PAGES; page++)
        count += hv_frame_is_deposited(frames(), page, in);
    return count;
}

/* What is deposited is out of the root's reach, and nothing else is. */
static void check_frames(void)
{
    for (uint64_t page = FIRST_OWN; page < FAKE_FIRST_POOL; page++) {
        struct hv_mapping mapping;
        bool deposited;
        struct hv_partition *holder = holder_of(page, &deposited);

        CHECK(hv_address_translate(root, page, &mapping) == !deposited);
        CHECK(deposited || mapping.spa_page == page);
        CHECK(!holder || hv_partition_state(&holder->lineage) < HV_PARTITION_DELETED);
    }
}

static void check_unused(const struct hv_partition *partition)
{
    uint64_t page = partition->pool.first_unused;
    bool seen[FAKE_PAGES] = { false };

    for (size_t left = hv_partition_available(partition); left > 0; left--) {
        CHECK(page < FAKE_PAGES && !seen[page]);
        seen[page] = true;
        if (partition != root)
            CHECK(hv_frame_is_deposited(frames(), page, partition));
        else
            CHECK(page >= FAKE_FIRST_POOL || hv_frame_is_deposited(frames(), page, NULL));
        page = *page_at(page);
    }
}

static void check_child(const struct hv_partition *child)
{
    CHECK(child->pool.total == count_deposited(child));
    CHECK(hv_partition_available(child) <= child->pool.total);
    CHECK(atomic_load(&child->lineage.references) == 1);
    CHECK(atomic_load(&child->gate.state) == 0);
    CHECK(!(child->features.privileges & HV_FEATURES_OF_PARENTS));
    CHECK(!(child->features.privileges & ~root->features.privileges));
    if (hv_partition_state(&child->lineage) == HV_PARTITION_FINALIZED)
        CHECK(hv_partition_available(child) == child->pool.total);
    check_unused(child);
}

static void check(void)
{
    struct step whom = { .whom = 0 };
    uint32_t children = 0;

    for (; whom.whom < SLOTS; whom.whom++) {
        const struct hv_partition *child = child_of(&whom);

        CHECK(!child == (ids[whom.whom] == HV_PARTITION_ID_INVALID));
        if (child)
            check_child(child);
        children += child != NULL;
    }
    CHECK(atomic_load(&root->lineage.references) == 1 + children);
    check_frames();
    check_unused(root);
}

/* ---- From the beginning to the end ---- */

/* The pages that the root has for itself: unused ones, and its tables. */
static size_t count_own(void)
{
    return hv_partition_available(root) + fake_tables(&fake, root);
}

/* Ports of the root, with their buffers, and connections. */
static void delete_ports(void)
{
    for (uint32_t id = 0; id < 32; id++)
        hv_port_delete(root, id);
    while (root->ports.connection_pages) {
        struct hv_connection_page *page = root->ports.connection_pages;

        root->ports.connection_pages = page->next;
        hv_pool_free(&root->pool, page->spa_page);
    }
}

static void end_child(uint64_t id)
{
    struct hv_input_withdraw_memory input = { .partition_id = id };

    call(HvCallFinalizePartition, &id, sizeof(id));
    while (status_of(call(reps(HvCallWithdrawMemory, 64), &input, sizeof(input))) ==
           HV_STATUS_SUCCESS)
        continue;
    CHECK(call(HvCallDeletePartition, &id, sizeof(id)) == HV_STATUS_SUCCESS);
}

static void end(size_t own)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (ids[i] == HV_PARTITION_ID_INVALID)
            continue;
        end_child(ids[i]);
        ids[i] = HV_PARTITION_ID_INVALID;
    }
    check();
    CHECK(atomic_load(&root->lineage.references) == 1);
    delete_ports();
    CHECK(count_own() == own + count_deposited(NULL));
    for (uint64_t page = FIRST_OWN; page < FAKE_FIRST_POOL; page++)
        CHECK(hv_frame_is_held(frames(), page, NULL) ||
              hv_frame_is_deposited(frames(), page, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t own, count = size / sizeof(struct step);

    fake_platform_init(&fake);
    fake.platform.cpu.kick = serve_at_once;
    fake.tsc_step = FAKE_TSC_HZ / 100000;
    root = fake_root(&fake);
    root_vp = fake_vp_create(&fake, root, 0);
    atomic_store(&root->guest_os_id, 1);
    memset(ids, 0, sizeof(ids));
    own = count_own();
    for (size_t i = 0; i < count && i < MAX_STEPS; i++) {
        struct step step;

        memcpy(&step, data + i * sizeof(step), sizeof(step));
        steps[step.what % (sizeof(steps) / sizeof(steps[0]))](&step);
        check();
    }
    end(own);
    fake_platform_destroy(&fake);
    return 0;
}
