/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A root partition that makes children, gives them memory and VPs, and takes all of it back, in any
 * order and with any parameters, while children place overlays, and ports lead to and fro which the
 * embedder or calls have made: for messages, events, monitor pages and doorbells. One child makes
 * children of its own in the same ways, until the root takes away what it needs for that.
 *
 * After each step every page has one holder, or is shared by as many mappings of one level as there
 * are, what is deposited is in nobody's reach, the accounts of all pools balance, and ports and
 * connections know each other; when all children are gone, the root has everything that it had.
 *
 * Input: a list of steps of 8 bytes.
 */
#include <string.h>

#include <hv/address.h>
#include <hv/insn.h>
#include <hv/port.h>

#include "household.h"
#include "hypercall.h"

#define SLOTS       4
#define MAX_STEPS   96
#define INPUT_PAGE  1
#define OUTPUT_PAGE 2
#define OWN         (FAKE_FIRST_POOL - HOUSEHOLD_FIRST_OWN)
#define BY_MIDDLE   0x80 /* in step.what: who takes the step */

/* What the middle partition begins with. */
#define MIDDLE_POOL  150 /* deposited pages, from HOUSEHOLD_FIRST_OWN on */
#define MIDDLE_FIRST (HOUSEHOLD_FIRST_OWN + MIDDLE_POOL)
#define MIDDLE_RAM   64 /* pages from MIDDLE_FIRST on, in the middle from GPA page MIDDLE_GPA on */
#define MIDDLE_GPA   HOUSEHOLD_GPA
#define ALL_RIGHTS                                                              \
    (HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE | HV_MAP_GPA_KERNEL_EXECUTABLE | \
     HV_MAP_GPA_USER_EXECUTABLE)

struct __attribute__((packed)) step {
    uint8_t what;
    uint8_t whom; /* one of the slots, the caller itself, or nobody */
    uint16_t small;
    uint32_t value;
};

/* Who makes children: the root, and the partition in its first slot as long as that can. */
struct parent {
    struct hv_vp *vp;
    uint64_t first, count;  /* GPA pages that it may give away */
    uint64_t input, output; /* GPA pages */
    uint64_t ids[SLOTS];    /* of its children, or HV_PARTITION_ID_INVALID */
};

static struct fake_platform fake;
static struct hv_partition *root;
static struct parent by_root, by_middle;
static struct parent *by; /* who takes the step */

/* ---- What the steps are about ---- */

static uint64_t id_of(const struct step *step)
{
    if (step->whom % 16 < 12)
        return by->ids[step->whom % SLOTS];
    return step->whom % 2 ? HV_PARTITION_ID_SELF : step->value;
}

/* The partition with that ID, or NULL; nobody else drops it. */
static struct hv_partition *find(uint64_t id)
{
    struct hv_partition *found = hv_hierarchy_find(root->lineage.hierarchy, id);

    if (found)
        hv_partition_drop(found);
    return found;
}

static struct hv_partition *child_of(const struct step *step)
{
    return find(by->ids[step->whom % SLOTS]);
}

static bool is_active(const struct hv_partition *partition)
{
    return partition && hv_partition_state(&partition->lineage) == HV_PARTITION_ACTIVE;
}

static uint64_t own_page(uint32_t value)
{
    return by->first + value % by->count;
}

static uint64_t *page_at(uint64_t number)
{
    return fake_page(&fake, number);
}

/* What the caller has there, or a page that is nobody's: then the call fails. */
static uint64_t *parameters(uint64_t gpa_page)
{
    static uint64_t nowhere[HV_PAGE_SIZE / sizeof(uint64_t)];
    struct hv_mapping mapping;

    return hv_address_translate(by->vp->partition, gpa_page, &mapping) &&
                   mapping.access == HV_ACCESS_ALL && mapping.spa_page < FAKE_FIRST_POOL
               ? page_at(mapping.spa_page)
               : nowhere;
}

static uint64_t output(unsigned index)
{
    return parameters(by->output)[index];
}

/* Executes a call until it ends. */
static uint64_t call(uint64_t control, const void *input, size_t size)
{
    struct hv_gprs *gprs = &fake_vp(by->vp)->gprs;
    unsigned executions = 0;

    memset(parameters(by->input), 0, HV_PAGE_SIZE);
    memcpy(parameters(by->input), input, size);
    do {
        gprs->rip = 0;
        fake_hypercall(by->vp, control, by->input << HV_PAGE_SHIFT, by->output << HV_PAGE_SHIFT);
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
    uint64_t *id = &by->ids[step->whom % SLOTS];

    if (*id != HV_PARTITION_ID_INVALID)
        return;
    if (status_of(call(HvCallCreatePartition, &input, sizeof(input))) == HV_STATUS_SUCCESS)
        *id = output(0);
}

static void forget(uint64_t id)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (by->ids[i] == id)
            by->ids[i] = HV_PARTITION_ID_INVALID;
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
        CHECK(by == &by_middle || (output((unsigned)i) >= HOUSEHOLD_FIRST_OWN &&
                                   output((unsigned)i) < FAKE_FIRST_POOL));
}

static void balance(const struct step *step)
{
    struct hv_input_withdraw_memory input = { .partition_id = id_of(step) };
    struct hv_partition *child = child_of(step);
    uint64_t result = call(HvCallGetMemoryBalance, &input, sizeof(input));

    if (child && input.partition_id == child->id && by == &by_root) {
        CHECK(result == HV_STATUS_SUCCESS);
        CHECK(output(0) + output(1) == child->pool.total);
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
                                      HvPartitionPropertyReferenceTime,
                                      HvPartitionPropertyCpuReserve,
                                      HvPartitionPropertyCpuWeight };
    struct hv_input_set_partition_property input = { .partition_id = id_of(step),
                                                     .property_code = codes[step->small % 7],
                                                     .property_value = step->value };

    call(HvCallSetPartitionProperty, &input, sizeof(input));
}

/* One that is followed, or any. */
static uint64_t page_of_child(const struct step *step)
{
    return step->value % 4 ? HOUSEHOLD_GPA + step->value / 4 % HOUSEHOLD_GPA_PAGES : step->value;
}

static void map(const struct step *step)
{
    uint64_t input[4] = { id_of(step), page_of_child(step) };

    input[2] = step->small % 8 ? ALL_RIGHTS : HV_MAP_GPA_READABLE;
    input[3] = own_page(step->small / 8);
    call(reps(HvCallMapGpaPages, 1), input, sizeof(input));
}

static void unmap(const struct step *step)
{
    uint64_t input[3] = { id_of(step), page_of_child(step) };

    call(reps(HvCallUnmapGpaPages, 1 + step->small % 8), input, sizeof(input));
}

/* One of a child's VPs, or NULL. */
static struct hv_vp *vp_of(const struct step *step)
{
    struct hv_partition *child = child_of(step);

    for (uint32_t index = 0; is_active(child) && index < 8; index++) {
        struct hv_vp *vp = hv_vp_get(child, (step->small + index) % 8);

        if (vp)
            return vp;
    }
    return NULL;
}

/* A child's VP places one of its pages, and with that makes tables. */
static void place(const struct step *step)
{
    static const uint32_t msrs[] = {
        HV_X64_MSR_HYPERCALL,     HV_X64_MSR_VP_ASSIST_PAGE,
        HV_X64_MSR_SIMP,          HV_X64_MSR_SIEFP,
        HV_X64_MSR_REFERENCE_TSC, HV_X64_MSR_STATS_VP_RETAIL_PAGE,
        HV_X64_MSR_SCONTROL,      HV_X64_MSR_EOM,
    };
    struct hv_vp *vp = vp_of(step);

    if (!vp)
        return;
    fake_wrmsr(vp, HV_X64_MSR_GUEST_OS_ID, 1);
    fake_wrmsr(vp, msrs[step->small % 8], (uint64_t)step->value << HV_PAGE_SHIFT | 1);
}

/* A child's VP does what its parent wants to know of. */
static void intercept(const struct step *step)
{
    struct hv_vp *vp = vp_of(step);
    struct hv_exit exit = { .reason = HV_EXIT_IO, .instruction_length = 2 };

    if (!vp || (atomic_load(&vp->suspended) & HV_VP_SUSPEND_MESSAGE))
        return;
    exit.gprs = &fake_vp(vp)->gprs;
    exit.io.size = 1;
    (void)hv_vp_exit(vp, &exit);
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

/* ---- Ports that calls make ---- */

#define BELLS UINT64_C(0xF0000000) /* where there is no memory */
#define PAGES UINT64_C(0x10000000) /* of monitor ports, in the same way */

/* Small numbers of each, so that they meet. */
static struct hv_input_create_port port_of(const struct step *step, uint64_t owner, uint64_t sender)
{
    struct hv_input_create_port input = { .port_partition = owner,
                                          .port_id = step->small >> 4 & 15,
                                          .connection_partition = sender,
                                          .port_info = { .port_type = step->small & 7 } };

    if ((step->small & 7) == HvPortTypeMonitor) {
        input.port_info.monitor.monitor_address = PAGES + (step->value & 7) * HV_PAGE_SIZE;
        return input;
    }
    input.port_info.message.target_sint = 3;
    input.port_info.message.target_vp = step->value & 8 ? HV_ANY_VP : 0;
    if ((step->small & 7) == HvPortTypeEvent)
        input.port_info.event.flag_count = 8;
    return input;
}

static struct hv_input_connect_port line_of(const struct step *step, uint64_t owner,
                                            uint64_t sender)
{
    struct hv_input_connect_port input = { .connection_partition = sender,
                                           .connection_id = step->value >> 4 & 15,
                                           .port_partition = owner,
                                           .port_id = step->small >> 4 & 15,
                                           .connection_info = { .port_type = step->small & 7 } };

    if ((step->small & 7) == HvPortTypeMonitor)
        input.connection_info.monitor.monitor_address = PAGES + (step->value & 7) * HV_PAGE_SIZE;
    if ((step->small & 7) == HvPortTypeDoorbell) {
        input.connection_info.doorbell.gpa = BELLS + (step->value & 7);
        input.connection_info.doorbell.flags =
            HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE | (step->value >> 8 & 7);
    }
    return input;
}

/* Of a child or of the root, for one of its relatives. */
static void call_port(const struct step *step)
{
    uint64_t owner = id_of(step),
             sender = step->small >> 12 & 4 ? by->vp->partition->id : by->ids[step->small >> 14];
    const struct hv_input_create_port port = port_of(step, owner, sender);
    const struct hv_input_connect_port line = line_of(step, owner, sender);
    const struct hv_input_delete_port deletion = { owner, port.port_id, 0 };
    const struct hv_input_disconnect_port disconnection = { sender, line.connection_id, 0 };
    const struct hv_input_set_port_property property = { .partition_id = owner,
                                                         .port_id = port.port_id,
                                                         .property_code = step->value & 3,
                                                         .property_value = step->value >> 8 };

    switch (step->small >> 8 & 7) {
    case 0:
        call(HvCallDeletePort, &deletion, sizeof(deletion));
        return;
    case 1:
        call(HvCallDisconnectPort, &disconnection, sizeof(disconnection));
        return;
    case 2:
        call(HvCallSetPortProperty, &property, sizeof(property));
        call(HvGetPortProperty, &property, sizeof(struct hv_input_get_port_property));
        return;
    default:
        call(HvCallCreatePort, &port, sizeof(port));
        call(HvCallConnectPort, &line, sizeof(line));
    }
}

/* Whatever has suspended it is over. */
static void let_run(struct hv_vp *vp)
{
    household_take_intercepts();
    atomic_store(&vp->suspended, 0);
}

/* A child stores where there may be a doorbell, and sends; the root empties rings and slots. */
static void use_ports(const struct step *step)
{
    struct hv_input_post_message message = { .connection_id = step->small & 15, .message_type = 1 };
    struct hv_partition *child = child_of(step);
    struct hv_vp *vp = is_active(child) ? hv_vp_get(child, 0) : NULL;
    struct hv_hypercall_call sent = { .vp = vp ? vp : by_root.vp, .header = &message };
    struct hv_exit exit = { .reason = HV_EXIT_MEMORY };

    if (by != &by_root)
        return;
    (void)hv_hypercall_post_message(&sent);
    (void)hv_hypercall_signal_event(&sent);
    if (step->value & 1)
        memset(by_root.vp->synic.ring_page.page, 0, HV_PAGE_SIZE);
    if (step->value & 2)
        hv_event_ring_refill(by_root.vp, 3);
    if (step->value & 4)
        memset(by_root.vp->synic.message_page.page, 0, HV_PAGE_SIZE);
    hv_synic_deliver(by_root.vp);
    if (!vp)
        return;
    hv_port_monitors_examine(vp);
    exit.gprs = &fake_vp(vp)->gprs;
    exit.gprs->gpr[HV_GPR_RBX] = exit.memory.gpa = BELLS + (step->value >> 4 & 7);
    exit.memory.access = HV_ACCESS_WRITE;
    exit.memory.code_mode = HV_INSN_64;
    exit.memory.code_size = 2;
    memcpy(exit.memory.code, step->value & 8 ? "\x89\x03" : "\x88\x03", 2);
    let_run(vp);
    (void)hv_vp_exit(vp, &exit);
    household_take_intercepts();
}

/* Shows a page of counters, or takes it away. */
static void see(const struct step *step)
{
    static const uint16_t codes[] = { HvMapStatsPage, HvCallUnmapStatsPage, HvCallMapStatsPage2 };
    struct hv_input_map_stats_page2 input = {
        .map = { .stats_type = (step->small & 8 ? 0x10000u : 0) + 1 + step->small / 16 % 2,
                 .object_identity = { .object_id = step->small & 8 ? id_of(step) : step->value % 8,
                                      .vp_index = step->small / 32 % 4 } },
        .map_location = step->value,
    };

    /* Over its own parameters the root could not even end its children. */
    if (step->value != by->input && step->value != by->output)
        call(codes[step->small % 3], &input, sizeof(input));
}

/* Timers of a child's VP as they come, and then time goes on. */
static void set_timers(const struct step *step)
{
    struct {
        struct hv_input_vp_state header;
        struct hv_synthetic_timers_state state;
    } input = { .header = { .partition_id = id_of(step),
                            .vp_index = step->small % 4,
                            .type = HV_VP_STATE_SYNTHETIC_TIMERS } };
    const uint64_t words = sizeof(input.state) / sizeof(uint64_t);
    struct hv_vp *vp;

    for (unsigned i = 0; i < HV_STIMERS; i++)
        input.state.timers[i] = (struct hv_stimer_state){
            .flags = step->value >> 28 & 1,
            .config = step->value >> i & 0x2001F,
            .count = (step->small >> 4) * (1 + i),
            .adjustment = step->value >> 20,
            .undelivered_expiration = step->value,
        };
    call(HvCallSetVpState | words << HV_HYPERCALL_VARIABLE_HEADER_SIZE_SHIFT, &input,
         sizeof(input));
    vp = vp_of(step);
    if (vp)
        hv_stimer_expire(vp);
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

static step_function *const steps[] = {
    create,    change,       deposit,   withdraw,  balance, create_vp,  map,           delete_vp,
    place,     set_property, make_port, send,      change,  deposit,    call_anything, unmap,
    intercept, call_port,    use_ports, call_port, see,     set_timers,
};

/* The middle's VP as it is now; without one it takes no step. */
static void take(const struct step *step)
{
    struct hv_partition *middle = find(by_root.ids[0]);

    by = step->what & BY_MIDDLE ? &by_middle : &by_root;
    by_middle.vp = is_active(middle) ? hv_vp_get(middle, 0) : NULL;
    if (by == &by_middle && by->vp)
        let_run(by->vp);
    if (by->vp)
        steps[(step->what & ~BY_MIDDLE) % (sizeof(steps) / sizeof(steps[0]))](step);
    by = &by_root;
}

/* A child that can make children. */
static void make_middle(void)
{
    struct step step = { .whom = 0 };
    uint64_t input[1 + MIDDLE_POOL], pages[3 + MIDDLE_RAM] = { 0, MIDDLE_GPA, ALL_RIGHTS };
    struct hv_partition *middle;

    create(&step);
    middle = child_of(&step);
    input[0] = pages[0] = middle->id;
    CHECK(hv_partition_set_property(middle, HvPartitionPropertyPrivilegeFlags,
                                    hv_features_grantable(middle)) == HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < MIDDLE_POOL; i++)
        input[1 + i] = HOUSEHOLD_FIRST_OWN + i;
    call(reps(HvCallDepositMemory, MIDDLE_POOL), input, sizeof(input));
    call(HvCallInitializePartition, &middle->id, sizeof(middle->id));
    for (unsigned i = 0; i < MIDDLE_RAM; i++)
        pages[3 + i] = MIDDLE_FIRST + i;
    call(reps(HvCallMapGpaPages, MIDDLE_RAM), pages, sizeof(pages));
    create_vp(&step);
    atomic_store(&middle->guest_os_id, 1);
    by_middle = (struct parent){ .first = MIDDLE_GPA,
                                 .count = MIDDLE_RAM - 2,
                                 .input = MIDDLE_GPA + MIDDLE_RAM - 2,
                                 .output = MIDDLE_GPA + MIDDLE_RAM - 1 };
}

static void begin(void)
{
    struct hv_vp *vp;

    vp = household_begin(&fake);
    root = hv_vp_partition(vp);
    by_root = (struct parent){ .vp = vp,
                               .first = HOUSEHOLD_FIRST_OWN,
                               .count = OWN,
                               .input = INPUT_PAGE,
                               .output = OUTPUT_PAGE };
    by = &by_root;
}

/* The children are those whose IDs the parents have been told. */
static void check_ids(const struct parent *parent)
{
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(!find(parent->ids[i]) == (parent->ids[i] == HV_PARTITION_ID_INVALID));
}

static void check(void)
{
    check_ids(&by_middle);
    check_ids(&by_root);
    household_check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t own, count = size / sizeof(struct step);

    begin();
    own = household_own_pages();
    make_middle();
    check();
    for (size_t i = 0; i < count && i < MAX_STEPS; i++) {
        struct step step;

        memcpy(&step, data + i * sizeof(step), sizeof(step));
        take(&step);
        check();
    }
    household_end(own);
    fake_platform_destroy(&fake);
    return 0;
}