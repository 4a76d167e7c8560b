/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What conformance/hyperv.h promises. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

static uint8_t hypercall_ram[4096] __attribute__((aligned(4096)));
static const void *hypercall_code;
static struct hv_initial_state initial;
static uint32_t recommendations;
static uint64_t initial_counter;
static volatile uint32_t interrupt_count;

uint64_t hv_privileges(void)
{
    struct cpuid_regs r = cpuid(HV_CPUID_FEATURES);

    return (uint64_t)r.ebx << 32 | r.eax;
}

uint32_t hv_features(void)
{
    return cpuid(HV_CPUID_FEATURES).edx;
}

bool hv_may(uint64_t privileges)
{
    return (hv_privileges() & privileges) == privileges;
}

const char *hv_access_to(uint32_t msr)
{
    uint64_t value;
    struct fault fault = safe_rdmsr(msr, &value);

    return fault.raised ? vector_name(fault.vector) : "readable";
}

void hv_note_initial_state(void)
{
    initial.fault = safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &initial.guest_os_id);
    if (!initial.fault.raised)
        initial.fault = safe_rdmsr(HV_X64_MSR_HYPERCALL, &initial.hypercall);
    safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID);
    recommendations = cpuid(HV_CPUID_ENLIGHTENMENT_INFO).eax;
    safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, initial.guest_os_id);
}

uint32_t hv_recommendations(void)
{
    return recommendations;
}

const struct hv_initial_state *hv_initial_state(void)
{
    return &initial;
}

bool hv_is_initial_place(uint64_t value)
{
    return value == 0 || (hv_may(HV_PRIVILEGE_CpuManagement) && (value & (PAGE_SIZE - 1)) == 0);
}

void hv_baseline(void)
{
    static const uint32_t registers[] = {
        HV_X64_MSR_HYPERCALL,
        HV_X64_MSR_REFERENCE_TSC,
        HV_X64_MSR_VP_ASSIST_PAGE,
        HV_X64_MSR_STATS_PARTITION_RETAIL_PAGE,
        HV_X64_MSR_STATS_PARTITION_INTERNAL_PAGE,
        HV_X64_MSR_STATS_VP_RETAIL_PAGE,
        HV_X64_MSR_STATS_VP_INTERNAL_PAGE,
        HV_X64_MSR_STIMER0_CONFIG,
        HV_X64_MSR_STIMER0_COUNT,
        HV_X64_MSR_STIMER1_CONFIG,
        HV_X64_MSR_STIMER1_COUNT,
        HV_X64_MSR_STIMER2_CONFIG,
        HV_X64_MSR_STIMER2_COUNT,
        HV_X64_MSR_STIMER3_CONFIG,
        HV_X64_MSR_STIMER3_COUNT,
        HV_X64_MSR_SCONTROL,
        HV_X64_MSR_SIMP,
        HV_X64_MSR_SIEFP,
        HV_X64_MSR_GUEST_OS_ID,
    };
    uint64_t value;

    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        if (!safe_rdmsr(registers[i], &value).raised && value != 0)
            safe_wrmsr(registers[i], 0);
}

enum hypercall_entry hv_native_entry(void)
{
    struct cpuid_regs r = cpuid(0);
    bool amd = r.ebx == 0x68747541 && r.edx == 0x69746e65 && r.ecx == 0x444d4163;
    bool hygon = r.ebx == 0x6f677948 && r.edx == 0x6e65476e && r.ecx == 0x656e6975;

    return amd || hygon ? ENTRY_VMMCALL : ENTRY_VMCALL;
}

void hv_note_initial_counter(void)
{
    (void)safe_rdmsr(HV_X64_MSR_TIME_REF_COUNT, &initial_counter);
}

uint64_t hv_initial_counter(void)
{
    return initial_counter;
}

uint64_t hv_hypercall_gpa(void)
{
    return phys_of(hypercall_ram);
}

void *hv_enable_hypercalls(void)
{
    uint64_t value;

    if (!hypercall_code)
        hypercall_code = hv_map_code(hv_hypercall_gpa());
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID));
    REQUIRE_NO_FAULT(
        safe_wrmsr(HV_X64_MSR_HYPERCALL, hv_hypercall_gpa() | HV_X64_MSR_HYPERCALL_ENABLE));
    REQUIRE_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &value));
    REQUIRE_EQ(value & ~UINT64_C(0xffe), hv_hypercall_gpa() | HV_X64_MSR_HYPERCALL_ENABLE);
    return (void *)(uintptr_t)hypercall_code;
}

struct fault hv_call_regs(struct regs *regs)
{
    return safe_hypercall(ENTRY_ADDRESS, (uint64_t)(uintptr_t)hypercall_code, regs);
}

uint64_t hv_call(uint64_t control, uint64_t input_gpa, uint64_t output_gpa)
{
    struct regs regs = { .rcx = control, .rdx = input_gpa, .r8 = output_gpa };

    REQUIRE_NO_FAULT(hv_call_regs(&regs));
    return regs.rax;
}

static void count_interrupt(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    interrupt_count++;
    apic_eoi();
}

void hv_count_interrupts(uint8_t vector)
{
    interrupt_count = 0;
    register_interrupt(vector, count_interrupt, NULL);
}

uint32_t hv_interrupt_count(void)
{
    return interrupt_count;
}

const void *hv_map_code(uint64_t gpa)
{
    return paging_map_window(gpa, PAGE_SIZE, 0);
}

volatile void *hv_map_data(uint64_t gpa)
{
    return paging_map_window(gpa, PAGE_SIZE, MAP_WRITE | MAP_NX);
}

uint8_t *hv_test_page(uint8_t byte)
{
    uint8_t *page = alloc_page();

    memset(page, byte, PAGE_SIZE);
    return page;
}

unsigned hv_differing(const volatile uint8_t *page, uint8_t byte, unsigned from)
{
    unsigned count = 0;

    for (unsigned i = from; i < PAGE_SIZE; i++)
        count += page[i] != byte;
    return count;
}

unsigned hv_physical_address_bits(void)
{
    if (cpuid(0x80000000).eax < 0x80000008)
        return 36;
    return cpuid(0x80000008).eax & 0xff;
}
