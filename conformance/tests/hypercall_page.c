/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The guest OS id and the hypercall page: how a guest establishes the interface.
 *
 * KVM and Xen write the code into the guest's own RAM instead of covering it, so what was there is
 * lost, and a guest that relocates its page finds instructions in what it believes is its data
 * (propolis#850 and #863 are about the same mistake).
 */
#include "hypercall_support.h"

#define PATTERN 0x5a

/* Two pages of RAM to put the hypercall page over. */
static uint8_t ram[2][4096] __attribute__((aligned(4096)));
static uint8_t copy[4096];

static uint64_t read_hypercall(void)
{
    uint64_t value = 0;

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &value));
    return value;
}

static uint64_t read_os_id(void)
{
    uint64_t value = 0;

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_GUEST_OS_ID, &value));
    return value;
}

static void write_hypercall(uint64_t value)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_HYPERCALL, value));
}

static void write_os_id(uint64_t value)
{
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_GUEST_OS_ID, value));
}

static void fill_ram(void)
{
    memset(ram, PATTERN, sizeof(ram));
}

/* Bytes of a page that are still the pattern. */
static unsigned count_pattern(const volatile uint8_t *page)
{
    unsigned count = 0;

    for (unsigned i = 0; i < PAGE_SIZE; i++)
        count += page[i] == PATTERN;
    return count;
}

static void enable_over(const uint8_t *page)
{
    write_hypercall(phys_of(page) | HV_X64_MSR_HYPERCALL_ENABLE);
}

static struct fault call_notify(const uint8_t *page, uint64_t *result)
{
    struct regs regs = { .rax = ~UINT64_C(0),
                         .rcx = hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0),
                         .rdx = 1 };
    struct fault fault = safe_hypercall(ENTRY_ADDRESS, (uint64_t)(uintptr_t)page, &regs);

    *result = regs.rax;
    return fault;
}

static void check_callable(const uint8_t *page)
{
    uint64_t result = ~UINT64_C(0);

    CHECK_NO_FAULT(call_notify(page, &result));
    CHECK_EQ(result, HV_STATUS_SUCCESS);
}

/* ---- Guest OS id ---- */

static uint64_t seen_on_vp[GUEST_MAX_CPUS];

static void note_msr(void *msr)
{
    uint64_t value = ~UINT64_C(0);

    safe_rdmsr((uint32_t)(uintptr_t)msr, &value);
    seen_on_vp[cpu_index()] = value;
}

static void check_on_every_vp(uint32_t msr, uint64_t expected)
{
    REQUIRE_NO_FAULT(smp_call_all(note_msr, (void *)(uintptr_t)msr));
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(seen_on_vp[i] == expected, "VP %u reads 0x%llx from MSR 0x%x, expected 0x%llx", i,
              (unsigned long long)seen_on_vp[i], msr, (unsigned long long)expected);
}

struct write {
    uint32_t msr;
    uint64_t value;
};

static void write_on_vp(void *argument)
{
    const struct write *write = argument;

    CHECK_NO_FAULT(safe_wrmsr(write->msr, write->value));
}

HV_TEST(hypercall_abi, guest_os_id_is_one_register_for_all_vps, COVERS(HV_REQ_HC_002),
        NEEDS(.vps = 2), "The boot processor sets it; the others rely on that and do not")
{
    struct write other = { HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID + 1 };

    check_on_every_vp(HV_X64_MSR_GUEST_OS_ID, 0);
    write_os_id(TEST_GUEST_OS_ID);
    check_on_every_vp(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID);
    REQUIRE_NO_FAULT(smp_call(1, write_on_vp, &other));
    check_on_every_vp(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID + 1);
}

HV_TEST(hypercall_abi, guest_os_id_takes_any_value, COVERS(HV_REQ_HC_003), NEEDS_NOTHING,
        "The encodings are recommendations; FreeBSD and others once wrote values outside them")
{
    static const uint64_t values[] = { 1,
                                       UINT64_C(0x8000000000000000),
                                       UINT64_C(0xffffffffffffffff),
                                       UINT64_C(0x0001040a00002800),
                                       UINT64_C(0x8200048502000000),
                                       UINT64_C(0x123456789abcdef0) };

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        write_os_id(values[i]);
        CHECK_EQ(read_os_id(), values[i]);
    }
}

HV_TEST(hypercall_abi, page_needs_a_guest_os_id, COVERS(HV_REQ_HC_004, HV_REQ_HC_017),
        NEEDS_NOTHING,
        "A guest without identity has no hypercalls; OpenVMM once enabled the page all the same")
{
    fill_ram();
    enable_over(ram[0]);
    CHECK_EQ(read_hypercall() & HV_X64_MSR_HYPERCALL_ENABLE, 0);
    CHECK_EQ(count_pattern(ram[0]), PAGE_SIZE);
}

HV_TEST(hypercall_abi, page_works_when_the_id_comes_late, COVERS(HV_REQ_HC_004), NEEDS_NOTHING,
        "A refused enable must leave nothing behind that stands in the way of the next one")
{
    enable_over(ram[0]);
    write_os_id(TEST_GUEST_OS_ID);
    CHECK_EQ(read_hypercall() & HV_X64_MSR_HYPERCALL_ENABLE, 0);
    enable_over(ram[0]);
    CHECK_EQ(read_hypercall() & HV_X64_MSR_HYPERCALL_ENABLE, HV_X64_MSR_HYPERCALL_ENABLE);
    check_callable(ram[0]);
}

HV_TEST(hypercall_abi, clearing_the_guest_os_id_disables_the_page, COVERS(HV_REQ_HC_005),
        NEEDS_NOTHING, "A boot loader that leaves without identity leaves no page either")
{
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    CHECK_EQ(read_hypercall() & HV_X64_MSR_HYPERCALL_ENABLE, HV_X64_MSR_HYPERCALL_ENABLE);
    write_os_id(0);
    CHECK_EQ(read_hypercall() & HV_X64_MSR_HYPERCALL_ENABLE, 0);
}

HV_TEST(hypercall_abi, clearing_the_guest_os_id_uncovers_the_ram,
        COVERS(HV_REQ_HC_005, HV_REQ_HC_011), NEEDS_NOTHING,
        "What lies under the page belongs to the guest and must be there again")
{
    fill_ram();
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    CHECK(count_pattern(ram[0]) < PAGE_SIZE, "the page does not cover the RAM");
    write_os_id(0);
    CHECK_EQ(count_pattern(ram[0]), PAGE_SIZE);
}

HV_TEST(hypercall_abi, another_guest_os_id_keeps_the_page, COVERS(HV_REQ_HC_005), NEEDS_NOTHING,
        "Windows changes its id while it boots, with the page in use")
{
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    write_os_id(TEST_GUEST_OS_ID + 0x10000);
    CHECK_EQ(read_hypercall(), phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_ENABLE);
    check_callable(ram[0]);
}

/* ---- The register ---- */

HV_TEST(hypercall_abi, register_reads_back_page_and_enable, COVERS(HV_REQ_HC_006), NEEDS_NOTHING,
        "Linux checks the register after writing it and disables hypercalls if it differs")
{
    write_os_id(TEST_GUEST_OS_ID);
    for (unsigned i = 0; i < 2; i++) {
        write_hypercall(phys_of(ram[i]));
        CHECK_EQ(read_hypercall(), phys_of(ram[i]));
        enable_over(ram[i]);
        CHECK_EQ(read_hypercall(), phys_of(ram[i]) | HV_X64_MSR_HYPERCALL_ENABLE);
    }
}

HV_TEST(hypercall_abi, reserved_bits_of_the_register_do_not_fault, COVERS(HV_REQ_HC_007),
        NEEDS_NOTHING, "They are to be preserved, so guests write back whatever they read")
{
    write_os_id(TEST_GUEST_OS_ID);
    for (unsigned bit = 2; bit < HV_X64_MSR_HYPERCALL_GPFN_SHIFT; bit++) {
        uint64_t base = phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_ENABLE;
        uint64_t value;

        write_hypercall(base | UINT64_C(1) << bit);
        value = read_hypercall();
        CHECK_EQ(value & ~HV_X64_MSR_HYPERCALL_RSVDP_MASK, base);
        if (bit == 2)
            test_value("hypercall-msr-rsvdp", "%s",
                       value & HV_X64_MSR_HYPERCALL_RSVDP_MASK ? "kept" : "dropped");
    }
    check_callable(ram[0]);
}

HV_TEST(hypercall_abi, register_is_one_for_all_vps, COVERS(HV_REQ_HC_008), NEEDS(.vps = 2),
        "There is one page for the partition; VP 1 finds it where VP 0 put it")
{
    uint64_t value = phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_ENABLE;
    struct write moved = { HV_X64_MSR_HYPERCALL, phys_of(ram[1]) | HV_X64_MSR_HYPERCALL_ENABLE };

    write_os_id(TEST_GUEST_OS_ID);
    write_hypercall(value);
    check_on_every_vp(HV_X64_MSR_HYPERCALL, value);
    REQUIRE_NO_FAULT(smp_call(1, write_on_vp, &moved));
    check_on_every_vp(HV_X64_MSR_HYPERCALL, moved.value);
    check_callable(ram[1]);
}

HV_TEST(hypercall_abi, page_beyond_the_gpa_space_faults, COVERS(HV_REQ_HC_009), NEEDS_NOTHING,
        "Xen logs and accepts it, and the guest calls into nothing")
{
    unsigned bits = hv_physical_address_bits();
    uint64_t good = phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_ENABLE;

    write_os_id(TEST_GUEST_OS_ID);
    write_hypercall(good);
    for (unsigned bit = bits; bit < 64; bit++) {
        uint64_t bad = UINT64_C(1) << bit | good;

        CHECK(safe_wrmsr(HV_X64_MSR_HYPERCALL, bad).vector == VECTOR_GP,
              "a page number with address bit %u does not raise #GP", bit);
    }
    CHECK_FAULT(safe_wrmsr(HV_X64_MSR_HYPERCALL, ~UINT64_C(0) << bits | good), VECTOR_GP);
    CHECK_EQ(read_hypercall(), good);
    check_callable(ram[0]);
}

/* ---- The overlay ---- */

HV_TEST(hypercall_abi, page_covers_ram_and_gives_it_back, COVERS(HV_REQ_HC_011, HV_REQ_HC_017),
        NEEDS_NOTHING, "An overlay hides the guest's memory, it does not destroy it")
{
    fill_ram();
    write_os_id(TEST_GUEST_OS_ID);
    for (unsigned round = 0; round < 3; round++) {
        enable_over(ram[0]);
        CHECK(count_pattern(ram[0]) < PAGE_SIZE, "round %u: the RAM is not covered", round);
        write_hypercall(phys_of(ram[0]));
        CHECK_EQ(count_pattern(ram[0]), PAGE_SIZE);
    }
}

HV_TEST(hypercall_abi, moving_the_page_uncovers_where_it_was, COVERS(HV_REQ_HC_011), NEEDS_NOTHING,
        "Linux moves the page on kexec and resume from hibernation")
{
    fill_ram();
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    enable_over(ram[1]);
    CHECK_EQ(count_pattern(ram[0]), PAGE_SIZE);
    CHECK(count_pattern(ram[1]) < PAGE_SIZE, "the page is not where it was moved to");
    check_callable(ram[1]);
    enable_over(ram[0]);
    CHECK_EQ(count_pattern(ram[1]), PAGE_SIZE);
    check_callable(ram[0]);
}

HV_TEST(hypercall_abi, ram_of_a_disabled_page_is_writable, COVERS(HV_REQ_HC_017), NEEDS_NOTHING,
        "After disabling there is nothing left of the overlay, its write protection included")
{
    volatile uint8_t *page = hv_map_data(phys_of(ram[0]));

    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    write_hypercall(phys_of(ram[0]));
    CHECK_NO_FAULT(safe_write8(page, 0x11));
    CHECK_NO_FAULT(safe_write64(page + 2040, UINT64_C(0x2222222222222222)));
    CHECK_EQ(page[0], 0x11);
    CHECK_EQ(page[2047], 0x22);
    CHECK_EQ(ram[0][0], 0x11);
}

HV_TEST(hypercall_abi, page_is_readable, COVERS(HV_REQ_HC_012), NEEDS_NOTHING,
        "Debuggers and patch guards read what they execute")
{
    uint64_t value;

    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    for (unsigned offset = 0; offset < PAGE_SIZE; offset += 8)
        if (safe_read64(ram[0] + offset, &value).raised)
            CHECK(false, "reading offset 0x%x faults", offset);
    CHECK_NO_FAULT(safe_read64(ram[0], &value));
    test_value("hypercall-page-bytes", "%016llx", (unsigned long long)__builtin_bswap64(value));
}

static const uint16_t write_offsets[] = { 0, 1, 3, 0x800, 0xff8, 0xfff };

HV_TEST(hypercall_abi, writing_the_page_raises_gp, COVERS(HV_REQ_HC_013), NEEDS_NOTHING,
        "Where it is ordinary RAM, any stray write becomes code that the kernel runs")
{
    volatile uint8_t *page = hv_map_data(phys_of(ram[0]));

    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    memcpy(copy, (const uint8_t *)page, PAGE_SIZE);
    for (unsigned i = 0; i < sizeof(write_offsets) / sizeof(write_offsets[0]); i++)
        CHECK(safe_write8(page + write_offsets[i], 0x90).vector == VECTOR_GP,
              "writing offset 0x%x does not raise #GP", write_offsets[i]);
    CHECK_FAULT(safe_write64(page + 0x10, 0), VECTOR_GP);
    if (!CHECK(memcmp(copy, (const uint8_t *)page, PAGE_SIZE) == 0, "the page has changed"))
        memcpy((uint8_t *)page, copy, PAGE_SIZE);
}

HV_TEST(hypercall_abi, a_read_modify_write_of_the_page_raises_gp, COVERS(HV_REQ_HC_013),
        NEEDS_NOTHING, "An emulated instruction that reads and writes can slip past the check")
{
    volatile uint8_t *page = hv_map_data(phys_of(ram[0]));
    uint8_t before;

    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    before = page[8];
    fault_clear();
    __asm__ volatile(GUEST_TRY("lock incb (%0)")::"r"(page + 8) : "memory", "cc");
    CHECK_FAULT(fault_take(), VECTOR_GP);
    fault_clear();
    __asm__ volatile(GUEST_TRY("xorb $0x55, (%0)")::"r"(page + 8) : "memory", "cc");
    CHECK_FAULT(fault_take(), VECTOR_GP);
    if (!CHECK_EQ(page[8], before))
        page[8] = before;
}

/* ---- The code ---- */

HV_TEST(hypercall_abi, page_makes_the_call_and_returns, COVERS(HV_REQ_HC_014, HV_REQ_HC_012),
        NEEDS_NOTHING, "The page ends in a near return; the caller's stack is as it was")
{
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    for (unsigned i = 0; i < 64; i++)
        check_callable(ram[0]);
}

HV_TEST(hypercall_abi, page_works_at_any_virtual_address, COVERS(HV_REQ_HC_014, HV_REQ_HC_012),
        NEEDS_NOTHING, "Kernels map it high and read-only, and more than once")
{
    const uint8_t *first = hv_map_code(phys_of(ram[0]));
    const uint8_t *second = hv_map_code(phys_of(ram[0]));

    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    check_callable(first);
    check_callable(second);
    CHECK(memcmp(first, second, PAGE_SIZE) == 0, "the mappings differ");
}

static void call_many(void *page)
{
    uint64_t result = ~UINT64_C(0);

    for (unsigned i = 0; i < 32; i++) {
        CHECK_NO_FAULT(call_notify(page, &result));
        CHECK_EQ(result, HV_STATUS_SUCCESS);
    }
}

HV_TEST(hypercall_abi, every_vp_calls_through_the_same_page, COVERS(HV_REQ_HC_008, HV_REQ_HC_014),
        NEEDS(.vps = 2), "There is one page and no lock around it")
{
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    CHECK_NO_FAULT(smp_call_all(call_many, ram[0]));
}

HV_TEST(hypercall_abi, page_does_not_change_while_enabled, COVERS(HV_REQ_HC_015), NEEDS_NOTHING,
        "Guests may copy or verify the code; patching it in use is a race with every caller")
{
    uint64_t result;

    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    memcpy(copy, ram[0], PAGE_SIZE);
    check_callable(ram[0]);
    for (uint16_t code = 0x7000; code < 0x7010; code++) {
        struct regs regs = { .rcx = code };

        safe_hypercall(ENTRY_ADDRESS, phys_of(ram[0]), &regs);
    }
    write_os_id(TEST_GUEST_OS_ID + 1);
    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_HYPERCALL, &result));
    CHECK(memcmp(copy, ram[0], PAGE_SIZE) == 0, "the page has changed");
}

HV_TEST(hypercall_abi, enabling_twice_changes_nothing, COVERS(HV_REQ_HC_011, HV_REQ_HC_015),
        NEEDS_NOTHING, "A second enable that saves the overlay as if it were RAM loses the RAM")
{
    fill_ram();
    write_os_id(TEST_GUEST_OS_ID);
    enable_over(ram[0]);
    memcpy(copy, ram[0], PAGE_SIZE);
    enable_over(ram[0]);
    CHECK(memcmp(copy, ram[0], PAGE_SIZE) == 0, "the page has changed");
    check_callable(ram[0]);
    write_hypercall(0);
    CHECK_EQ(count_pattern(ram[0]), PAGE_SIZE);
}

/* ---- The lock ---- */

HV_TEST(hypercall_abi, a_locked_page_stays, COVERS(HV_REQ_HC_010, HV_REQ_CPUID_034),
        NEEDS(.features = HV_FEATURE_EDX_HYPERCALL_MSR_LOCK),
        "The lock keeps malware from moving the page under its callers")
{
    uint64_t locked = phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_LOCKED | HV_X64_MSR_HYPERCALL_ENABLE;

    require_to_run_alone("hypercall-abi/a-locked-page-stays");
    write_os_id(TEST_GUEST_OS_ID);
    write_hypercall(locked);
    CHECK_EQ(read_hypercall(), locked);
    test_value("locked-write", "%s",
               safe_wrmsr(HV_X64_MSR_HYPERCALL, 0).raised ? "faults" : "is ignored");
    CHECK_EQ(read_hypercall(), locked);
    safe_wrmsr(HV_X64_MSR_HYPERCALL, phys_of(ram[1]) | HV_X64_MSR_HYPERCALL_ENABLE);
    CHECK_EQ(read_hypercall(), locked);
    safe_wrmsr(HV_X64_MSR_HYPERCALL, phys_of(ram[0]) | HV_X64_MSR_HYPERCALL_ENABLE);
    CHECK_EQ(read_hypercall(), locked);
    /* Nor does losing the identity unlock it. */
    write_os_id(0);
    CHECK_EQ(read_hypercall(), locked);
    write_os_id(TEST_GUEST_OS_ID);
    CHECK_EQ(read_hypercall(), locked);
    check_callable(ram[0]);
}
