/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Starting and stopping virtual processors: HvCallStartVirtualProcessor, and what INIT leaves of
 * their synthetic state.
 *
 * propolis kept synthetic MSRs over a reset (propolis#849); the next system then had a page over
 * its memory that it had never asked for.
 */
#include "hypercall_support.h"

#define LAST_VP    (cpu_count() - 1)
#define START_WAIT 1000000 /* microseconds */

#define MAY_START NEEDS(.privileges = HV_PRIVILEGE_StartVirtualProcessor, .vps = 2)

static uint8_t input[4096] __attribute__((aligned(4096)));

static struct hv_input_enable_vp_vtl *block(void)
{
    return (struct hv_input_enable_vp_vtl *)(void *)input;
}

struct descriptor_table {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static struct hv_x64_table_register table_of(const struct descriptor_table *table)
{
    return (struct hv_x64_table_register){ .limit = table->limit, .base = table->base };
}

#define CODE_64     0xa09b /* present, code, readable, accessed; long; granularity 4 KiB */
#define DATA_32     0xc093 /* present, data, writable, accessed; 32 bits; granularity 4 KiB */
#define TSS_BUSY    0x008b
#define LDT_PRESENT 0x0082

static struct hv_x64_segment_register segment(uint16_t selector, uint16_t attributes)
{
    return (struct hv_x64_segment_register){ .limit = 0xffffffff,
                                             .selector = selector,
                                             .attributes = attributes };
}

/* The state in which the kernel takes a VP up: this VP's tables and paging, 64-bit mode. */
static void fill_context(struct hv_initial_vp_context *context)
{
    struct descriptor_table gdt, idt;
    uint16_t cs, ds;

    __asm__ volatile("sgdt %0" : "=m"(gdt));
    __asm__ volatile("sidt %0" : "=m"(idt));
    __asm__ volatile("mov %%cs, %0" : "=r"(cs));
    __asm__ volatile("mov %%ds, %0" : "=r"(ds));
    *context = (struct hv_initial_vp_context){
        .rip = smp_entry(),
        .rflags = 2,
        .cs = segment(cs, CODE_64),
        .ds = segment(ds, DATA_32),
        .es = segment(ds, DATA_32),
        .fs = segment(ds, DATA_32),
        .gs = segment(ds, DATA_32),
        .ss = segment(ds, DATA_32),
        .tr = { .limit = 0x67, .attributes = TSS_BUSY },
        .ldtr = { .attributes = LDT_PRESENT },
        .idtr = table_of(&idt),
        .gdtr = table_of(&gdt),
        .efer = rdmsr(MSR_EFER),
        .cr0 = read_cr0(),
        .cr3 = read_cr3(),
        .cr4 = read_cr4(),
        .msr_cr_pat = rdmsr(MSR_PAT),
    };
}

static uint32_t last_index;

static void note_index(void *unused)
{
    (void)unused;
    last_index = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
}

static void begin(void)
{
    hv_enable_hypercalls();
    CHECK_NO_FAULT(smp_call(LAST_VP, note_index, NULL));
    *block() = (struct hv_input_enable_vp_vtl){ .partition_id = HV_PARTITION_ID_SELF,
                                                .vp_index = last_index };
    fill_context(&block()->vp_context);
}

static uint16_t start(void)
{
    return hv_result_status(hv_call(HvCallStartVirtualProcessor, phys_of(input), 0));
}

/* Of a VP that was sent INIT just before: on a busy machine that may take its time to arrive. */
static uint16_t start_stopped(void)
{
    uint16_t status = start();

    for (unsigned i = 0; i < 100 && status == HV_STATUS_INVALID_VP_STATE; i++) {
        udelay(1000);
        status = start();
    }
    return status;
}

/* Whatever happened to the VP, the next test finds it at work. */
static void bring_back(void)
{
    REQUIRE(smp_join_online(LAST_VP, 0) || smp_restart(LAST_VP), "VP %u did not come back",
            LAST_VP);
}

HV_TEST(virtual_processor, starting_needs_its_privilege, COVERS(HV_REQ_VP_055, HV_REQ_HC_077),
        NEEDS(.lacks = HV_PRIVILEGE_StartVirtualProcessor),
        "A context with every register is more than INIT and a start-up IPI can do")
{
    uint16_t status;

    hv_enable_hypercalls();
    *block() = (struct hv_input_enable_vp_vtl){ .partition_id = HV_PARTITION_ID_SELF };
    status = start();
    CHECK(is_refusal(status), "status 0x%x", status);
    OBSERVE("start-status", "0x%x", status);
}

HV_TEST(virtual_processor, a_running_vp_is_not_started, COVERS(HV_REQ_VP_056, HV_REQ_VP_052),
        MAY_START, "It would lose the place where it is")
{
    begin();
    CHECK_EQ(start(), HV_STATUS_INVALID_VP_STATE);
    block()->vp_index = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
    CHECK_EQ(start(), HV_STATUS_INVALID_VP_STATE);
    CHECK_NO_FAULT(smp_call(LAST_VP, note_index, NULL));
}

HV_TEST(virtual_processor, starting_nobody_is_refused, COVERS(HV_REQ_VP_055, HV_REQ_VP_052),
        MAY_START, "Each field of the header is checked")
{
    uint16_t status;

    begin();
    block()->vp_index = 0x00010000;
    CHECK_EQ(start(), HV_STATUS_INVALID_VP_INDEX);
    block()->vp_index = HV_ANY_VP;
    CHECK_EQ(start(), HV_STATUS_INVALID_VP_INDEX);
    begin();
    block()->partition_id = UINT64_C(0x123456789abcdef0);
    status = start();
    CHECK(status == HV_STATUS_INVALID_PARTITION_ID || status == HV_STATUS_ACCESS_DENIED,
          "another partition: status 0x%x", status);
    begin();
    block()->target_vtl = 7;
    status = start();
    CHECK(status == HV_STATUS_INVALID_PARAMETER || status == HV_STATUS_INVALID_VTL_STATE ||
              status == HV_STATUS_ACCESS_DENIED,
          "VTL 7: status 0x%x", status);
}

HV_TEST(virtual_processor, a_vp_starts_in_the_state_given, COVERS(HV_REQ_VP_053, HV_REQ_VP_054),
        MAY_START, "In 64-bit mode from its first instruction, with no code below 1 MiB")
{
    uint16_t status;

    begin();
    smp_stop(LAST_VP);
    status = start_stopped();
    CHECK_EQ(status, HV_STATUS_SUCCESS);
    if (status == HV_STATUS_SUCCESS)
        CHECK(smp_join_online(LAST_VP, START_WAIT), "the VP does not arrive");
    bring_back();
    CHECK_EQ(start(), HV_STATUS_INVALID_VP_STATE);
    CHECK_NO_FAULT(smp_call(LAST_VP, note_index, NULL));
    CHECK_EQ(last_index, block()->vp_index);
}

/* What FS and GS have before the kernel, at whose entry this ends, loads them. */
static uint32_t fs_at_start __attribute__((used)), gs_at_start __attribute__((used));
static uint64_t then_to __attribute__((used));
extern const uint8_t note_bases[];
__asm__(".pushsection .text\n"
        "note_bases:\n"
        "mov $0xc0000100, %ecx\n"
        "rdmsr\n"
        "mov %eax, fs_at_start(%rip)\n"
        "inc %ecx\n"
        "rdmsr\n"
        "mov %eax, gs_at_start(%rip)\n"
        "jmp *then_to(%rip)\n"
        ".popsection\n");

HV_TEST(virtual_processor, each_register_of_the_state_is_its_own, COVERS(HV_REQ_VP_053), MAY_START,
        "FS and GS look alike and are not")
{
    begin();
    then_to = smp_entry();
    block()->vp_context.rip = (uint64_t)(uintptr_t)note_bases;
    block()->vp_context.fs.base = 0x12345000;
    block()->vp_context.gs.base = 0x6789a000;
    smp_stop(LAST_VP);
    CHECK_EQ(start_stopped(), HV_STATUS_SUCCESS);
    bring_back();
    CHECK_EQ(fs_at_start, 0x12345000);
    CHECK_EQ(gs_at_start, 0x6789a000);
}

HV_TEST(
    virtual_processor, a_vp_does_not_start_in_an_impossible_state,
    COVERS(HV_REQ_VP_055, HV_REQ_VP_053), MAY_START,
    "An entry that the processor refuses ends the partition if nobody looks at the state before")
{
    static const struct {
        const char *what;
        size_t offset;
        uint64_t value;
    } bad[] = {
        { "EFER", offsetof(struct hv_initial_vp_context, efer), UINT64_C(1) << 63 },
        { "CR0", offsetof(struct hv_initial_vp_context, cr0), UINT64_C(1) << 32 },
        { "CR4", offsetof(struct hv_initial_vp_context, cr4), UINT64_C(1) << 63 },
        { "PAT", offsetof(struct hv_initial_vp_context, msr_cr_pat), 0x0202020202020202 },
    };

    begin();
    smp_stop(LAST_VP);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint16_t status;

        fill_context(&block()->vp_context);
        memcpy((uint8_t *)&block()->vp_context + bad[i].offset, &bad[i].value, sizeof(uint64_t));
        status = start_stopped();
        CHECK(status == HV_STATUS_INVALID_REGISTER_VALUE, "%s: status 0x%x", bad[i].what, status);
    }
    CHECK(!smp_join_online(LAST_VP, 1000), "the VP runs all the same");
    bring_back();
}

/* ---- INIT ---- */

/* Page registers of a VP, and those of the partition that INIT of one VP may or may not touch. */
static const struct {
    const char *key;
    uint32_t msr;
    uint64_t privilege;
    bool page;
    uint64_t value;
} kept[] = {
    { "guest-os-id", HV_X64_MSR_GUEST_OS_ID, HV_PRIVILEGE_AccessHypercallMsrs, false,
      TEST_GUEST_OS_ID },
    { "reference-tsc", HV_X64_MSR_REFERENCE_TSC, HV_PRIVILEGE_AccessPartitionReferenceTsc, true,
      0 },
    { "vp-assist", HV_X64_MSR_VP_ASSIST_PAGE, HV_PRIVILEGE_AccessIntrCtrlRegs, true, 0 },
    { "vp-stats", HV_X64_MSR_STATS_VP_RETAIL_PAGE, HV_PRIVILEGE_AccessStatsReg, true, 0 },
    { "sint2", HV_X64_MSR_SINT0 + 2, HV_PRIVILEGE_AccessSynicRegs, false, 0x10065 },
    { "scontrol", HV_X64_MSR_SCONTROL, HV_PRIVILEGE_AccessSynicRegs, false, 1 },
};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

static uint64_t initial[KEPT], written[KEPT], found[KEPT];

static void write_all(void *page)
{
    for (unsigned i = 0; i < KEPT; i++) {
        if (!hv_may(kept[i].privilege))
            continue;
        (void)safe_rdmsr(kept[i].msr, &initial[i]);
        (void)safe_wrmsr(kept[i].msr,
                         kept[i].page ? phys_of(page) | HV_X64_MSR_PAGE_ENABLE : kept[i].value);
        (void)safe_rdmsr(kept[i].msr, &written[i]);
    }
}

static void read_all(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < KEPT; i++)
        (void)safe_rdmsr(kept[i].msr, &found[i]);
}

static void restore_all(void *unused)
{
    (void)unused;
    for (unsigned i = KEPT; i-- > 0;)
        if (hv_may(kept[i].privilege))
            (void)safe_wrmsr(kept[i].msr, initial[i]);
}

/* Stated for SCONTROL, SIEFP, SIMP and timers alone. */
HV_CHARACTERIZE(virtual_processor, init_of_a_vp, COVERS(HV_REQ_GAP_206),
                NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs, .vps = 2),
                "A page that outlives the processor's state lies over memory of the next system")
{
    uint8_t *page = hv_test_page(0);

    REQUIRE_NO_FAULT(smp_call(LAST_VP, write_all, page));
    smp_stop(LAST_VP);
    REQUIRE(smp_restart(LAST_VP), "VP %u did not come back", LAST_VP);
    REQUIRE_NO_FAULT(smp_call(LAST_VP, read_all, NULL));
    for (unsigned i = 0; i < KEPT; i++)
        if (hv_may(kept[i].privilege) && written[i] != initial[i])
            OBSERVE(kept[i].key, "%s",
                    found[i] == written[i]   ? "kept"
                    : found[i] == initial[i] ? "reset"
                                             : "changed");
    REQUIRE_NO_FAULT(smp_call(LAST_VP, restore_all, NULL));
    free_page(page);
}

/* What a VP says of itself. */
struct life {
    uint64_t index, runtime;
};

static void note_life(void *argument)
{
    struct life *life = argument;

    (void)safe_rdmsr(HV_X64_MSR_VP_INDEX, &life->index);
    (void)safe_rdmsr(HV_X64_MSR_VP_RUNTIME, &life->runtime);
}

HV_TEST(virtual_processor, index_and_runtime_outlive_init, COVERS(HV_REQ_VP_001, HV_REQ_VP_007),
        NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex | HV_PRIVILEGE_AccessVpRunTimeReg, .vps = 2),
        "They are the VP's for its lifetime, and INIT is not the end of it")
{
    static struct life before, after;

    for (uint32_t vp = 1; vp < cpu_count(); vp++) {
        REQUIRE_NO_FAULT(smp_call(vp, note_life, &before));
        smp_stop(vp);
        REQUIRE(smp_restart(vp), "VP %u did not come back", vp);
        REQUIRE_NO_FAULT(smp_call(vp, note_life, &after));
        CHECK_EQ(after.index, before.index);
        CHECK(after.runtime >= before.runtime, "VP %u: run time %llu, then %llu", vp,
              (unsigned long long)before.runtime, (unsigned long long)after.runtime);
    }
}
