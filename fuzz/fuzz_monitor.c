/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Monitor pages of any content under a guest that rewrites them, unmaps them and lays overlays over
 * them while its time goes by, against a plain account of which events must have been signalled,
 * which are deferred, and when the pages must be examined next.
 *
 * Input: operations of 12 bytes; see struct operation. VP 0 sends to two ports, to which
 * connections 0 and 1 lead: one of VP 1's, and one that is for any VP.
 */
#include <string.h>

#include <hv/address.h>
#include <hv/interrupt.h>
#include <hv/port.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "port.h"

#define MAX_OPERATIONS 400
#define PAGES          2u /* that can be monitored; then connections 16 and 17 */
#define FIRST_PAGE     16u
#define FIRST_MONITOR  16u
#define MONITOR_PORT   9u
#define SINT           3u /* plus the number of the port */
#define PORTS          2u
#define BASE_FLAG      5u
#define FLAGS          40u
#define TICKS          (FAKE_TSC_HZ / 10000000) /* in 100 ns */
#define SHORTEST       UINT64_C(1000)
#define LONGEST        UINT64_C(100000)

struct operation {
    uint8_t kind;
    uint8_t page; /* of PAGES */
    uint16_t where;
    uint64_t value;
} __attribute__((packed));

enum operation_kind {
    WRITE_STATE,
    WRITE_GROUP,
    WRITE_LATENCY,
    WRITE_PARAMETER,
    WRITE_ANYTHING,
    PROTECT,
    MAP,
    COVER,
    CONNECT,
    DISCONNECT,
    EXAMINE,
    KINDS,
};

struct machine {
    struct fake_platform fake;
    struct hv_partition *partition;
    struct hv_vp *vps[2];
    bool connected[PAGES];
    bool announced; /* to VP 0, which has not looked since */
    /* Of triggers that were seen to be armed: when. Others may wait or not. */
    uint32_t known[PAGES][HV_MONITOR_GROUPS];
    uint32_t armed_at[PAGES][HV_MONITOR_GROUPS][HV_MONITOR_TRIGGERS_PER_GROUP];
};

static struct machine machine;

static void write_msr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    CHECK(fake_wrmsr(vp, msr, value) == HV_DISPOSITION_RESUME);
}

static void create_ports(void)
{
    struct hv_port_config config = { .type = HvPortTypeEvent,
                                     .base_flag = BASE_FLAG,
                                     .flag_count = FLAGS };
    const struct hv_port_config monitor = { .type = HvPortTypeMonitor };

    for (uint32_t id = 0; id < PORTS; id++) {
        config.sint = SINT + id;
        config.vp_index = id == 0 ? 1 : HV_ANY_VP;
        CHECK(hv_port_create(machine.partition, id, &config) == HV_STATUS_SUCCESS);
        CHECK(hv_port_connect(machine.partition, id, machine.partition, id) == HV_STATUS_SUCCESS);
    }
    CHECK(hv_port_create(machine.partition, MONITOR_PORT, &monitor) == HV_STATUS_SUCCESS);
}

static void begin(void)
{
    machine = (struct machine){ 0 };
    fake_platform_init(&machine.fake);
    machine.partition = fake_partition(&machine.fake);
    for (uint32_t i = 0; i < 2; i++) {
        struct hv_vp *vp = fake_vp_create(&machine.fake, machine.partition, i);

        machine.vps[i] = vp;
        hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
        write_msr(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
        write_msr(vp, HV_X64_MSR_SIEFP, (UINT64_C(64) + i) << HV_PAGE_SHIFT | 1);
        for (uint32_t id = 0; id < PORTS; id++)
            write_msr(vp, HV_X64_MSR_SINT0 + SINT + id, 0x40 + id);
    }
    create_ports();
}

/* ---- What a guest sees ---- */

/* The page that VP 0 finds there, whatever it may do with it. */
static struct hv_monitor_page *visible(unsigned page, uint8_t *access)
{
    struct hv_mapping mapping;

    if (!hv_address_translate(machine.partition, FIRST_PAGE + page, &mapping)) {
        *access = HV_ACCESS_NONE;
        return NULL;
    }
    *access = mapping.access;
    return fake_page(&machine.fake, mapping.spa_page);
}

/* Flags of a port, at the one VP that they go to: VP 0 comes first of those that take events. */
static uint64_t flags_of(uint32_t id)
{
    const struct hv_vp *vp = machine.vps[id == 0 ? 1 : 0];
    const uint8_t *flags = (const uint8_t *)vp->synic.event_page.page + (SINT + id) * 256;
    uint64_t set = 0;

    for (unsigned i = 0; i < FLAGS; i++)
        set |= (uint64_t)(flags[(BASE_FLAG + i) / 8] >> (BASE_FLAG + i) % 8 & 1) << i;
    return set;
}

static void clear_flags(void)
{
    for (unsigned i = 0; i < 2; i++)
        memset(machine.vps[i]->synic.event_page.page, 0, HV_PAGE_SIZE);
}

/* Nothing was set but flags of the ports, and those only at their VPs. */
static void check_no_others(void)
{
    unsigned expected = 0, found = 0;

    for (uint32_t id = 0; id < PORTS; id++)
        expected += (unsigned)__builtin_popcountll(flags_of(id));
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *bytes = machine.vps[i]->synic.event_page.page;

        for (unsigned at = 0; at < HV_PAGE_SIZE; at++)
            found += (unsigned)__builtin_popcount(bytes[at]);
    }
    CHECK(found == expected);
}

/* ---- Account ---- */

struct account {
    uint64_t flags[PORTS];
    uint64_t distance; /* 100 ns */
};

/* What VP 0 finds at both places before it looks. */
struct snapshot {
    uint8_t access[PAGES];
    struct hv_monitor_page page[PAGES];
};

static void take_snapshot(struct snapshot *snapshot)
{
    for (unsigned i = 0; i < PAGES; i++) {
        const struct hv_monitor_page *page = visible(i, &snapshot->access[i]);

        if (page)
            snapshot->page[i] = *page;
    }
}

static void account_trigger(const struct hv_monitor_parameter *parameter, struct account *account)
{
    if (parameter->connection_id < PORTS && parameter->flag_number < FLAGS &&
        parameter->reserved_z == 0)
        account->flags[parameter->connection_id] |= UINT64_C(1) << parameter->flag_number;
}

static uint32_t reference_now(void)
{
    return (uint32_t)hv_time_reference(machine.partition);
}

/* Whether a pending trigger must have been signalled by now. A guest that arms one by itself does
   not know from when on it waits. */
static bool is_due(const struct hv_monitor_page *before, const struct hv_monitor_page *after,
                   unsigned page, unsigned group, unsigned trigger)
{
    uint32_t *armed_at = &machine.armed_at[page][group][trigger];
    uint32_t *known = &machine.known[page][group];
    uint32_t bit = 1u << trigger;

    if (before->latency[group][trigger] == 0)
        return true;
    if (!(before->trigger_group[group].armed & bit)) {
        *known |= bit;
        *armed_at = reference_now();
        return false;
    }
    if (!(*known & bit))
        return !(after->trigger_group[group].pending & bit);
    return reference_now() - *armed_at + 1 >= before->latency[group][trigger];
}

static void account_triggers(const struct hv_monitor_page *before,
                             const struct hv_monitor_page *after, unsigned page, unsigned group,
                             struct account *account)
{
    uint32_t pending = before->trigger_group[group].pending, left = pending;

    if (pending == 0)
        return;
    for (unsigned i = 0; i < HV_MONITOR_TRIGGERS_PER_GROUP; i++)
        if ((pending >> i & 1) && is_due(before, after, page, group, i)) {
            account_trigger(&before->parameter[group][i], account);
            left &= ~(1u << i);
        }
    CHECK(after->trigger_group[group].pending == left);
    CHECK(after->trigger_group[group].armed == left);
}

static void account_page(const struct snapshot *before, const struct snapshot *after, unsigned page,
                         struct account *account)
{
    const struct hv_monitor_page *was = &before->page[page], *is = &after->page[page];
    bool readable = machine.connected[page] && (before->access[page] & HV_ACCESS_READ);

    for (unsigned group = 0; group < HV_MONITOR_GROUPS; group++) {
        const struct hv_monitor_trigger_group *old = &was->trigger_group[group];

        if (!readable || !(was->trigger_state >> group & 1) ||
            !(before->access[page] & HV_ACCESS_WRITE) || old->pending == 0)
            CHECK(memcmp(old, &is->trigger_group[group], sizeof(*old)) == 0);
        if (!readable || !(was->trigger_state >> group & 1))
            continue;
        for (unsigned i = 0; i < HV_MONITOR_TRIGGERS_PER_GROUP; i++)
            if (was->latency[group][i] != 0 && was->latency[group][i] < account->distance)
                account->distance = was->latency[group][i];
        if (before->access[page] & HV_ACCESS_WRITE)
            account_triggers(was, is, page, group, account);
    }
}

static struct account take_account(const struct snapshot *before, const struct snapshot *after)
{
    struct account account = { .distance = LONGEST };

    for (unsigned i = 0; i < PAGES; i++)
        if (before->access[i] != HV_ACCESS_NONE)
            account_page(before, after, i, &account);
    if (account.distance < SHORTEST)
        account.distance = SHORTEST;
    return account;
}

/* A page that was connected is looked at once before. */
static void settle(struct hv_vp *vp)
{
    hv_vp_prepare(vp);
    hv_interrupt_poll(vp, machine.fake.tsc);
    clear_flags();
    if (machine.announced)
        memset(machine.known, 0, sizeof(machine.known));
    machine.announced = false;
}

static void examine(void)
{
    static struct snapshot before, after;
    struct hv_vp *vp = machine.vps[0];
    const struct hv_interrupt_view *view = hv_interrupt_view(vp);
    bool any = machine.connected[0] || machine.connected[1];
    struct account account;

    settle(vp);
    take_snapshot(&before);
    if (view->deadline != HV_INTERRUPT_NEVER) {
        CHECK(view->deadline - machine.fake.tsc >= SHORTEST * TICKS);
        CHECK(view->deadline - machine.fake.tsc <= LONGEST * TICKS);
        machine.fake.tsc = view->deadline;
    } else {
        CHECK(!any);
    }
    hv_interrupt_poll(vp, machine.fake.tsc);
    take_snapshot(&after);
    account = take_account(&before, &after);
    CHECK(view->deadline ==
          (any ? machine.fake.tsc + account.distance * TICKS : HV_INTERRUPT_NEVER));
    for (uint32_t id = 0; id < PORTS; id++)
        CHECK(flags_of(id) == account.flags[id]);
    check_no_others();
}

/* ---- Steps ---- */

static void write_page(const struct operation *operation, struct hv_monitor_page *page)
{
    unsigned group = operation->where % HV_MONITOR_GROUPS;
    unsigned trigger = operation->where >> 2 & 31;
    uint64_t value = operation->value;

    switch (operation->kind % KINDS) {
    case WRITE_STATE:
        page->trigger_state = (uint32_t)value;
        break;
    case WRITE_GROUP:
        page->trigger_group[group].pending = (uint32_t)value;
        page->trigger_group[group].armed = (uint32_t)(value >> 32);
        break;
    case WRITE_LATENCY:
        page->latency[group][trigger] = (uint16_t)value;
        break;
    case WRITE_PARAMETER:
        memcpy(&page->parameter[group][trigger], &value, sizeof(value));
        break;
    default:
        memcpy((uint8_t *)page + operation->where % (HV_PAGE_SIZE - 7), &value, sizeof(value));
        break;
    }
}

/* The embedder's part: two pages of memory, of which each can be at both places. */
static void change_map(const struct operation *operation, unsigned page)
{
    static const uint8_t accesses[] = { HV_ACCESS_READ, HV_ACCESS_READ | HV_ACCESS_WRITE,
                                        HV_ACCESS_ALL };
    uint64_t gpa_page = FIRST_PAGE + page;

    if (operation->where % 4 == 3)
        CHECK(hv_address_unmap(machine.partition, gpa_page, 1) == HV_STATUS_SUCCESS);
    else if (operation->kind % KINDS == PROTECT)
        CHECK(hv_address_protect(machine.partition, gpa_page, 1, accesses[operation->where % 4]) ==
              HV_STATUS_SUCCESS);
    else
        CHECK(hv_address_map(machine.partition, gpa_page, gpa_page, 1,
                             accesses[operation->where % 4],
                             HV_CACHE_WRITE_BACK) == HV_STATUS_SUCCESS);
}

static void run(const struct operation *operation)
{
    unsigned page = operation->page % PAGES;
    uint64_t gpa = (FIRST_PAGE + page) << HV_PAGE_SHIFT;
    uint8_t access;
    struct hv_monitor_page *content = visible(page, &access);

    switch (operation->kind % KINDS) {
    case PROTECT:
    case MAP:
        change_map(operation, page);
        break;
    case COVER:
        write_msr(machine.vps[0], HV_X64_MSR_SIMP, gpa | (operation->where & 1));
        break;
    case CONNECT:
        CHECK(hv_port_connect_monitor(machine.partition, FIRST_MONITOR + page, machine.partition,
                                      MONITOR_PORT, gpa) ==
              (machine.connected[page] ? HV_STATUS_INVALID_CONNECTION_ID : HV_STATUS_SUCCESS));
        machine.connected[page] = true;
        machine.announced = true;
        break;
    case DISCONNECT:
        CHECK(hv_port_disconnect(machine.partition, FIRST_MONITOR + page) ==
              (machine.connected[page] ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_CONNECTION_ID));
        machine.connected[page] = false;
        break;
    case EXAMINE:
        examine();
        break;
    default:
        if (access & HV_ACCESS_WRITE)
            write_page(operation, content);
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
    }
    examine();
    fake_platform_destroy(&machine.fake);
    return 0;
}
