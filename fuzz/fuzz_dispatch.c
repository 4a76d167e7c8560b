/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A root that schedules: two VPs of it and three of its children on one logical processor, which
 * runs them as a back end does, whatever the root asks for, suspends, resets, kicks and neglects.
 *
 * A child's VP runs in the time of a VP of the root that knows of it, or not at all; each call ends
 * with an output that says why; each signal that is counted arrives, once.
 *
 * Input: operations of 8 bytes.
 */
#include <string.h>

#include "core.h"
#include "family.h"
#include "fuzz.h"

#define MAX_OPERATIONS 400
#define ROOTS          2u
#define BORROWERS      3u /* two of the first child's, one of the second's */
#define VPS            (ROOTS + BORROWERS)
#define INPUT_GPA      UINT64_C(0x10000)
#define OUTPUT_GPA     UINT64_C(0x11000) /* and the next page, for the second VP */
#define SIM_GPA        UINT64_C(0x20000)
#define VECTOR         0x41
#define CHILD_FLAGS                                                                        \
    (HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED | \
     HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED)

struct operation {
    uint8_t kind;
    uint8_t who; /* which VP */
    uint16_t small;
    uint32_t large;
} __attribute__((packed));

static struct machine {
    struct fake_platform fake;
    struct hv_partition *root, *children[2];
    struct hv_vp *vps[VPS]; /* the root's first */
    struct hv_lp *lp;
    struct hv_vp *current;
    uint64_t now;
    bool lending[ROOTS];      /* has made a call that has not ended */
    bool init[ROOTS];         /* an INIT waits */
    uint64_t told[BORROWERS]; /* signals that have arrived */
} m;

/* ---- The logical processor ---- */

static unsigned index_of(const struct hv_vp *vp)
{
    unsigned index = 0;

    while (m.vps[index] != vp)
        index++;
    return index;
}

static bool is_root(const struct hv_vp *vp)
{
    return vp->partition == m.root;
}

/* The output of a call that is over. */
static void check_output(unsigned who)
{
    struct hv_output_dispatch_vp output;

    memcpy(&output, fake_page(&m.fake, OUTPUT_GPA / HV_PAGE_SIZE + who), sizeof(output));
    CHECK(output.dispatch_state == HV_DISPATCH_STATE_BLOCKED ||
          output.dispatch_state == HV_DISPATCH_STATE_READY);
    CHECK(output.dispatch_event <= HV_DISPATCH_EVENT_INTERCEPT);
    CHECK((output.dispatch_event == HV_DISPATCH_EVENT_INTERCEPT) <=
          (output.dispatch_state == HV_DISPATCH_STATE_READY));
}

static bool has_interrupt(struct hv_vp *vp)
{
    hv_interrupt_poll(vp, m.now);
    return hv_interrupt_view(vp)->vector != HV_INTERRUPT_NONE;
}

static void take_init(struct hv_vp *vp)
{
    bool *init = &m.init[index_of(vp)];

    if (*init)
        hv_dispatch_cancel(vp);
    *init = false;
}

/* One that lends is not entered before that has ended. False: it has been put aside again. */
static bool end_lending(struct hv_vp *vp)
{
    unsigned who = index_of(vp);

    if (hv_vp_lends(vp) && !has_interrupt(vp)) {
        hv_lp_put(m.lp, m.now, HV_LP_LENDS, HV_LP_NEVER);
        return false;
    }
    hv_vp_end_lending(vp);
    CHECK(!hv_vp_lends(vp));
    check_output(who);
    m.lending[who] = false;
    return true;
}

static bool can_go_on(struct hv_vp *vp)
{
    hv_vp_prepare(vp);
    if (is_root(vp)) {
        take_init(vp);
        return !m.lending[index_of(vp)] || end_lending(vp);
    }
    CHECK(hv_vp_lender(vp) != NULL);
    if (!hv_vp_is_suspended(vp))
        return true;
    hv_lp_put(m.lp, m.now, HV_LP_STOPS, HV_LP_NEVER);
    return false;
}

static void pick(void)
{
    unsigned tries = 0;

    do {
        CHECK(++tries < 100);
        m.current = hv_lp_pick(m.lp, m.now);
    } while (m.current && !can_go_on(m.current));
}

static void put(enum hv_lp_release why, uint64_t deadline)
{
    if (!m.current)
        return;
    hv_lp_put(m.lp, m.now, why, deadline);
    pick();
}

/* ---- Operations ---- */

static uint64_t partition_id(uint32_t choice)
{
    const uint64_t ids[] = { m.children[0]->id, m.children[1]->id, HV_PARTITION_ID_SELF, choice };

    return ids[choice % 4];
}

static void dispatch(const struct operation *operation)
{
    const struct hv_input_dispatch_vp input = {
        .partition_id =
            partition_id(operation->small % 16 < 12 ? operation->small % 2 : operation->large),
        .vp_index = operation->small >> 4 & 3,
        .flags = operation->small >> 6 & (operation->small >> 15 ? 0xFF : 0x41),
        .time_slice = operation->large % 16 == 5,
        .spec_ctrl = operation->large % 16 == 6,
    };
    struct hv_exit exit = { .reason = HV_EXIT_HYPERCALL,
                            .instruction_length = 3,
                            .hypercall = { .protected_mode = true, .long_mode = true } };
    unsigned who;

    if (!m.current || !is_root(m.current))
        return;
    who = index_of(m.current);
    memcpy(fake_page(&m.fake, INPUT_GPA / HV_PAGE_SIZE), &input, sizeof(input));
    exit.gprs = &fake_vp(m.current)->gprs;
    exit.gprs->gpr[HV_GPR_RCX] = HvCallDispatchVp;
    exit.gprs->gpr[HV_GPR_RDX] = INPUT_GPA;
    exit.gprs->gpr[HV_GPR_R8] = OUTPUT_GPA + who * HV_PAGE_SIZE;
    if (hv_vp_exit(m.current, &exit) != HV_DISPOSITION_DISPATCH) {
        if (exit.gprs->gpr[HV_GPR_RAX] == HV_STATUS_SUCCESS)
            check_output(who);
        return;
    }
    m.lending[who] = true;
    put(HV_LP_LENDS, operation->large % 2 ? m.now + operation->large : HV_LP_NEVER);
}

static void let_go(const struct operation *operation)
{
    const enum hv_lp_release whys[] = { HV_LP_YIELDS, HV_LP_WAITS, HV_LP_STOPS };

    put(whys[operation->small % 3], operation->large % 2 ? m.now + operation->large : HV_LP_NEVER);
}

static void exit_of_child(const struct operation *operation)
{
    struct hv_exit exit = { .reason = operation->small % 2 ? HV_EXIT_IO : HV_EXIT_CPUID,
                            .instruction_length = 2 };

    if (!m.current || is_root(m.current))
        return;
    exit.gprs = &fake_vp(m.current)->gprs;
    if (exit.reason == HV_EXIT_IO)
        exit.io.size = 1;
    if (hv_vp_exit(m.current, &exit) == HV_DISPOSITION_SUSPEND)
        put(HV_LP_STOPS, HV_LP_NEVER);
}

static void kick(const struct operation *operation)
{
    hv_vp_kick(m.vps[operation->who % VPS]);
}

static void look(const struct operation *operation)
{
    m.now += operation->large;
    if (hv_lp_look(m.lp, m.now))
        put(HV_LP_YIELDS, HV_LP_NEVER);
}

/* To whoever was woken last. */
static void hand_over(const struct operation *operation)
{
    const struct hv_vp *from = m.current;
    struct hv_vp *to;

    (void)operation;
    if (!from)
        return;
    to = hv_lp_hand_over(m.lp, m.now, hv_vp_is_suspended(from) ? HV_LP_STOPS : HV_LP_YIELDS);
    if (!to)
        return;
    CHECK(to != from && !hv_vp_lender(from));
    m.current = to;
    if (!can_go_on(to))
        pick();
}

/* By the root, of a child. */
static void set_suspended(const struct operation *operation)
{
    static const uint32_t names[] = { HvRegisterExplicitSuspend, HvRegisterInterceptSuspend,
                                      HvRegisterDispatchSuspend };
    const struct hv_register128 value = { .low = operation->large % 4 };
    struct hv_vp *vp = m.vps[ROOTS + operation->who % BORROWERS];

    if (m.current && is_root(m.current))
        (void)hv_suspend_set(vp, names[operation->small % 3], &value);
}

static void count_told(uint64_t partition_id, uint32_t vp_index)
{
    for (unsigned i = 0; i < BORROWERS; i++)
        m.told[i] +=
            m.vps[ROOTS + i]->partition->id == partition_id && m.vps[ROOTS + i]->index == vp_index;
}

static void read_pair(const struct hv_message *slot)
{
    struct hv_scheduler_vp_signal_pair_message signal;

    memcpy(&signal, slot->payload, sizeof(signal));
    CHECK(signal.vp_count == 1 && signal.overflow_count == 0);
    count_told(signal.partition_ids[0], signal.vp_indexes[0]);
}

/* Only one child has two VPs. */
static void read_set(const struct hv_message *slot)
{
    struct hv_scheduler_vp_signal_bitset_message signal;

    memcpy(&signal, slot->payload, sizeof(signal));
    CHECK(signal.partition_id == m.children[0]->id && signal.overflow_count == 0);
    CHECK(signal.vp_count == 2 && signal.format == HV_GENERIC_SET_SPARSE_4K);
    CHECK(signal.valid_bank_mask == 1 && signal.banks[0] == 3);
    count_told(signal.partition_id, 0);
    count_told(signal.partition_id, 1);
}

/* The root empties a slot, in whatever state it is. */
static void read_slot(const struct operation *operation)
{
    unsigned who = operation->who % ROOTS;
    struct hv_message_page *page = m.vps[who]->synic.message_page.page;
    struct hv_message *slot = &page->sint_message[0];

    if (slot->header.message_type == HvMessageTypeSchedulerVpSignalPair)
        read_pair(slot);
    else if (slot->header.message_type == HvMessageTypeSchedulerVpSignalBitset)
        read_set(slot);
    memset(slot, 0, sizeof(*slot));
    hv_synic_take_posts(m.vps[who]);
}

static void interrupt(const struct operation *operation)
{
    hv_vp_interrupt(NULL, m.vps[operation->who % VPS], VECTOR);
}

static void end_interrupt(const struct operation *operation)
{
    struct hv_vp *vp = m.vps[operation->who % VPS];

    if (has_interrupt(vp))
        hv_interrupt_accept(vp, (uint8_t)hv_interrupt_view(vp)->vector);
    hv_apic_write(&vp->apic, HV_APIC_EOI, 0, m.now);
}

static void map_page(const struct operation *operation)
{
    struct hv_vp *vp = m.vps[ROOTS + operation->who % BORROWERS];
    uint32_t type = operation->small >> 1 & 1;
    uint64_t gpa_page = 0x40 + type * BORROWERS + operation->who % BORROWERS;

    if (operation->small % 2)
        (void)hv_state_page_map(vp, type, true, &gpa_page);
    else
        (void)hv_state_page_unmap(vp, type);
}

/* What the root leaves in a register page, whatever it is. */
static void leave_vectors(const struct operation *operation)
{
    struct hv_vp *vp = m.vps[ROOTS + operation->who % BORROWERS];
    struct hv_vp_register_page *page = hv_state_page(vp, HvVpStatePageRegisters);

    if (!page)
        return;
    page->interrupt_vector_count = (uint8_t)operation->small;
    memcpy(page->interrupt_vectors, &operation->large, sizeof(operation->large));
}

/* A VP leaves its LP, as before its end, and comes back as another one. */
static void replace(const struct operation *operation)
{
    struct hv_vp *vp = m.vps[ROOTS + operation->who % BORROWERS];

    if (vp == m.current)
        return;
    hv_lp_remove(vp);
    CHECK(!hv_vp_lender(vp));
    CHECK(hv_lp_add(m.lp, vp) == HV_STATUS_SUCCESS);
}

/* INIT of a root's VP: it counts when that is picked next. */
static void reset(const struct operation *operation)
{
    unsigned who = operation->who % ROOTS;

    m.init[who] = true;
    hv_vp_kick(m.vps[who]);
}

typedef void operation_function(const struct operation *operation);

static operation_function *const operations[] = {
    dispatch, dispatch,      dispatch,      let_go,    exit_of_child, kick,
    look,     set_suspended, read_slot,     interrupt, end_interrupt, replace,
    reset,    map_page,      leave_vectors, hand_over,
};

/* ---- What holds at any time ---- */

static void check(void)
{
    for (unsigned i = 0; i < ROOTS; i++) {
        const struct hv_vp *borrower = m.vps[i]->dispatch->borrower;

        CHECK(!borrower || (m.lending[i] && hv_vp_lender(borrower) == m.vps[i]));
    }
    for (unsigned i = 0; i < BORROWERS; i++) {
        const struct hv_vp *vp = m.vps[ROOTS + i], *lender = hv_vp_lender(vp);
        const struct hv_dispatch *dispatch = vp->dispatch;

        CHECK(!lender || lender->dispatch->borrower == vp);
        CHECK(vp != m.current || lender);
        /* In its slot, or behind another. */
        CHECK(dispatch->signals >= m.told[i] && dispatch->signals <= m.told[i] + 2);
        CHECK(!atomic_load(&dispatch->busy) || dispatch->signals > m.told[i]);
    }
    CHECK(!m.current || !is_root(m.current) || !m.lending[index_of(m.current)]);
}

/* ---- Beginning ---- */

static struct hv_lp *make_lp(void)
{
    uint64_t pages[8];
    struct hv_lp *lp;

    CHECK(hv_lp_pages() <= sizeof(pages) / sizeof(pages[0]));
    for (size_t i = 0; i < hv_lp_pages(); i++)
        CHECK(m.fake.platform.pages.alloc(&m.fake, &pages[i]));
    CHECK(hv_lp_create(&m.fake.platform, pages, NULL, &lp) == HV_STATUS_SUCCESS);
    return lp;
}

static void make_roots(void)
{
    m.root = family_root(&m.fake);
    atomic_store(&m.root->guest_os_id, 1);
    for (uint32_t i = 0; i < ROOTS; i++) {
        struct hv_vp *vp = m.vps[i] = fake_vp_create(&m.fake, m.root, i);

        fake_wrmsr(vp, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
        fake_wrmsr(vp, HV_X64_MSR_SIMP, (SIM_GPA + i * HV_PAGE_SIZE) | HV_X64_MSR_PAGE_ENABLE);
        fake_wrmsr(vp, HV_X64_MSR_SINT0, VECTOR);
        hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

static void make_children(void)
{
    for (unsigned i = 0; i < 2; i++) {
        m.children[i] = family_child(&m.fake, m.root, 64);
        m.children[i]->creation_flags = CHILD_FLAGS;
    }
    for (unsigned i = 0; i < BORROWERS; i++) {
        struct hv_vp *vp = m.vps[ROOTS + i] = fake_vp_create(&m.fake, m.children[i / 2], i % 2);

        atomic_store(&vp->suspended, 0);
        hv_apic_write(&vp->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

static void begin(void)
{
    memset(&m, 0, sizeof(m));
    fake_platform_init(&m.fake);
    m.fake.platform.facts.capabilities |= HV_CPU_ROOT_SCHEDULER;
    m.now = 1000;
    make_roots();
    make_children();
    m.lp = make_lp();
    for (unsigned i = 0; i < VPS; i++)
        CHECK(hv_lp_add(m.lp, m.vps[i]) == HV_STATUS_SUCCESS);
    pick();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = size / sizeof(struct operation);

    begin();
    for (size_t i = 0; i < count && i < MAX_OPERATIONS; i++) {
        struct operation operation;

        memcpy(&operation, data + i * sizeof(operation), sizeof(operation));
        operations[operation.kind % (sizeof(operations) / sizeof(operations[0]))](&operation);
        if (!m.current)
            pick();
        check();
    }
    fake_platform_destroy(&m.fake);
    return 0;
}
