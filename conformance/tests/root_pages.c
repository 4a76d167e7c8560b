/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What Linux expects of its pages where it is the root, which no TLFS says: it takes them where
 * their registers have them, executes a copy of the hypercall page, and has VP assist pages before
 * it says who it is.
 */
#include "hypercall_support.h"

#define NEEDS_ROOT NEEDS(.privileges = HV_PRIVILEGE_CpuManagement | HV_PRIVILEGE_CreatePartitions)

static uint8_t copy[4096] __attribute__((aligned(4096)));

static void enable(uint32_t msr, uint64_t place)
{
    uint64_t value = 0;

    REQUIRE_NO_FAULT(safe_wrmsr(msr, place | HV_X64_MSR_PAGE_ENABLE));
    CHECK_NO_FAULT(safe_rdmsr(msr, &value));
    CHECK(value == (place | HV_X64_MSR_PAGE_ENABLE), "MSR 0x%x: 0x%llx, not 0x%llx with bit 0", msr,
          (unsigned long long)value, (unsigned long long)place);
}

/* A call that needs no memory, by the code at that GPA. */
static void check_callable(uint64_t gpa)
{
    const uint64_t address = (uint64_t)(uintptr_t)hv_map_code(gpa);
    struct regs regs = { .rax = ~UINT64_C(0),
                         .rcx = hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0),
                         .rdx = 1 };

    CHECK_NO_FAULT(safe_hypercall(ENTRY_ADDRESS, address, &regs));
    CHECK_EQ(regs.rax, HV_STATUS_SUCCESS);
}

HV_TEST(root_management, a_copy_of_the_hypercall_page_is_callable, COVERS(HV_REQ_ROOT_020),
        NEEDS_ROOT, "Linux as the root calls nothing but its copy")
{
    hv_enable_hypercalls();
    memcpy(copy, hv_map_code(hv_hypercall_gpa()), PAGE_SIZE);
    check_callable(phys_of(copy));
}

static struct {
    uint64_t read;
    uint32_t assist;
} seen[GUEST_MAX_CPUS];

static void assist_first(void *pages)
{
    uint32_t cpu = cpu_index();
    uint8_t *page = ((uint8_t **)pages)[cpu];

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, phys_of(page) | HV_X64_MSR_PAGE_ENABLE));
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_VP_ASSIST_PAGE, &seen[cpu].read));
    CHECK_NO_FAULT(safe_read32(page, &seen[cpu].assist));
}

/* hv_baseline() is for the caller's VP. */
static void end_assist(void *unused)
{
    (void)unused;
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, 0));
}

HV_TEST(root_management, assist_pages_come_before_the_identity, COVERS(HV_REQ_ROOT_021), NEEDS_ROOT,
        "Linux as the root enables them before it writes HV_X64_MSR_GUEST_OS_ID")
{
    static uint8_t *pages[GUEST_MAX_CPUS];
    uint64_t identity = 1;

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &identity));
    REQUIRE_EQ(identity, 0);
    for (uint32_t i = 0; i < cpu_count(); i++) {
        pages[i] = hv_test_page(0);
        memset(pages[i], 0xFF, PAGE_SIZE);
    }
    CHECK_NO_FAULT(smp_call_all(assist_first, pages));
    for (uint32_t i = 0; i < cpu_count(); i++) {
        CHECK(seen[i].read == (phys_of(pages[i]) | HV_X64_MSR_PAGE_ENABLE),
              "CPU %u: the register is 0x%llx", i, (unsigned long long)seen[i].read);
        CHECK((seen[i].assist & ~1u) == 0, "CPU %u: the page begins with 0x%x", i, seen[i].assist);
    }
    CHECK_NO_FAULT(smp_call_all(end_assist, NULL));
    hv_baseline();
}

HV_TEST(root_management, each_processor_of_the_root_has_times, COVERS(HV_REQ_ROOT_022), NEEDS_ROOT,
        "Linux makes processors of its own where the second one has none")
{
    static uint64_t input[2] __attribute__((aligned(16)));
    static uint64_t output[4] __attribute__((aligned(32)));

    hv_enable_hypercalls();
    for (uint32_t lp = 0; lp < cpu_count(); lp++) {
        input[0] = lp;
        CHECK(hv_result_status(hv_call(HvGetLogicalProcessorRunTime, phys_of(input),
                                       phys_of(output))) == HV_STATUS_SUCCESS,
              "LP %u has none", lp);
    }
}

HV_TEST(root_management, pages_can_be_enabled_where_registers_have_them, COVERS(HV_REQ_ROOT_023),
        NEEDS_ROOT, "Linux as the root reads the place, sets bit 0, and uses what is there")
{
    const uint64_t hypercall = hv_initial_state()->hypercall;
    const uint64_t messages = hv_initial_synic()->simp, events = hv_initial_synic()->siefp;
    uint64_t word = 1;

    if (hypercall == 0 || messages == 0 || events == 0)
        test_skip("the root chooses places");
    CHECK(hypercall != messages && hypercall != events && messages != events,
          "0x%llx, 0x%llx and 0x%llx are not three places", (unsigned long long)hypercall,
          (unsigned long long)messages, (unsigned long long)events);
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, 1));
    enable(HV_X64_MSR_HYPERCALL, hypercall);
    check_callable(hypercall);
    enable(HV_X64_MSR_SIMP, messages);
    enable(HV_X64_MSR_SIEFP, events);
    CHECK_NO_FAULT(safe_write64(hv_map_data(messages), 0));
    CHECK_NO_FAULT(safe_write64(hv_map_data(events), 1));
    CHECK_NO_FAULT(safe_read64(hv_map_data(messages), &word));
    CHECK_EQ(word, 0);
    CHECK_NO_FAULT(safe_write64(hv_map_data(events), 0));
}
