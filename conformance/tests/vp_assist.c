/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The VP assist page: one for each VP, over memory of the guest's choice, for both to write to.
 *
 * KVM and Xen have no overlay here: they clear the first bytes of the guest's own page.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define ASSIST_NEEDS NEEDS(.privileges = HV_PRIVILEGE_AccessIntrCtrlRegs)
#define PATTERN      0x5a
#define VECTOR       0x63
#define ROUNDS       64

static uint64_t at(const volatile void *page)
{
    return phys_of(page) | HV_X64_MSR_PAGE_ENABLE;
}

static void place(uint64_t value)
{
    REQUIRE_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, value));
}

static uint64_t placed(void)
{
    uint64_t value = ~UINT64_C(0);

    CHECK_NO_FAULT(safe_rdmsr(HV_X64_MSR_VP_ASSIST_PAGE, &value));
    return value;
}

HV_TEST(virtual_processor, assist_register_reads_back, COVERS(HV_REQ_VP_009), ASSIST_NEEDS,
        "Linux and Windows write it once for each VP and keep no copy of it")
{
    uint8_t *page = hv_test_page(0);

    CHECK_EQ(placed(), 0);
    place(at(page));
    CHECK_EQ(placed(), at(page));
    place(phys_of(page));
    CHECK_EQ(placed() & ~UINT64_C(0xffe), phys_of(page));
    place(0);
    CHECK_EQ(placed(), 0);
    free_page(page);
}

HV_TEST(virtual_processor, assist_register_tolerates_its_preserved_bits,
        COVERS(HV_REQ_VP_009, HV_REQ_MSR_032), ASSIST_NEEDS,
        "Bits 11:1 are RsvdP: a value with them must not cost the page")
{
    uint8_t *page = hv_test_page(0);
    uint64_t value = at(page) | 0xffe;

    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, value));
    CHECK_EQ(placed() & ~UINT64_C(0xffe), at(page));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, placed()));
    CHECK_EQ(placed() & ~UINT64_C(0xffe), at(page));
    place(0);
    free_page(page);
}

HV_TEST(virtual_processor, assist_page_uncovers_memory_when_it_goes,
        COVERS(HV_REQ_VP_010, HV_REQ_GPA_001, HV_REQ_GPA_004), ASSIST_NEEDS,
        "A kernel that is left by kexec hands the page on as ordinary memory")
{
    uint8_t *page = hv_test_page(PATTERN);

    place(at(page));
    ((volatile uint8_t *)page)[100] = 1;
    ((volatile uint8_t *)page)[100] = 0;
    place(0);
    CHECK_EQ(hv_differing(page, PATTERN, 0), 0);
    free_page(page);
}

HV_TEST(virtual_processor, assist_page_takes_its_content_along,
        COVERS(HV_REQ_VP_010, HV_REQ_GPA_005), ASSIST_NEEDS,
        "The page is the overlay's, wherever it lies; what it leaves is uncovered")
{
    uint8_t *first = hv_test_page(PATTERN), *second = hv_test_page(PATTERN);

    place(at(first));
    ((volatile uint8_t *)first)[2048] = 0x77;
    place(at(second));
    CHECK_EQ(hv_differing(first, PATTERN, 0), 0);
    CHECK(((volatile uint8_t *)second)[2048] == 0x77, "byte 2048 is 0x%x after the move",
          ((volatile uint8_t *)second)[2048]);
    ((volatile uint8_t *)second)[2048] = 0;
    place(0);
    CHECK_EQ(hv_differing(second, PATTERN, 0), 0);
    free_page(first);
    free_page(second);
}

HV_TEST(virtual_processor, assist_page_is_the_guests_to_write, COVERS(HV_REQ_VP_010), ASSIST_NEEDS,
        "Half of its fields are written by the guest, by plain stores")
{
    uint8_t *page = hv_test_page(0);
    uint64_t value;

    place(at(page));
    for (unsigned offset = 80; offset < PAGE_SIZE; offset += 504) {
        CHECK_NO_FAULT(safe_write64(page + offset, UINT64_C(0x1122334455667788) + offset));
        CHECK_NO_FAULT(safe_read64(page + offset, &value));
        CHECK_EQ(value, UINT64_C(0x1122334455667788) + offset);
        CHECK_NO_FAULT(safe_write64(page + offset, 0));
    }
    place(0);
    free_page(page);
}

/* Over a page of zeros, so that it does not matter whether there is an overlay. */
static const volatile struct hv_vp_assist_page *fresh_page(uint8_t *memory)
{
    place(at(memory));
    return (const volatile struct hv_vp_assist_page *)(const volatile void *)memory;
}

HV_TEST(
    virtual_processor, assist_page_says_nothing_at_first, COVERS(HV_REQ_VP_011), ASSIST_NEEDS,
    "Each field has a value that a guest acts on: no EOI less, no VTL entered, no timer expired")
{
    uint8_t *memory = hv_test_page(0);
    const volatile struct hv_vp_assist_page *page = fresh_page(memory);

    CHECK_EQ(page->apic_assist, 0);
    CHECK_EQ(page->reserved_z0, 0);
    CHECK_EQ(page->vtl_control.entry_reason, HvVtlEntryReserved);
    CHECK_EQ(page->vtl_control.vina_status, 0);
    CHECK_EQ(page->nested_enlightenments_control.features, 0);
    CHECK_EQ(page->nested_enlightenments_control.hypercall_controls, 0);
    CHECK_EQ(page->enlighten_vm_entry, 0);
    CHECK_EQ(page->current_nested_vmcs, 0);
    CHECK_EQ(page->synthetic_time_unhalted_timer_expired, 0);
    CHECK_EQ(hv_differing(memory, 0, sizeof(*page) - sizeof(page->reserved_z3)), 0);
    place(0);
    free_page(memory);
}

HV_TEST(virtual_processor, fault_information_is_empty_without_a_fault,
        COVERS(HV_REQ_VP_013, HV_REQ_VP_011), ASSIST_NEEDS,
        "At 64, on 16 bytes: a code there that means nothing is taken for a virtualized fault")
{
    uint8_t *memory = hv_test_page(0);
    const volatile struct hv_vp_assist_page *page = fresh_page(memory);
    uint64_t value;

    /* A fault that is the processor's own leaves nothing here. */
    (void)safe_read64((const void *)UINT64_C(0x0000700000000000), &value);
    (void)safe_rdmsr(0x4000ffff, &value);
    CHECK_EQ(page->virtualization_fault_information.parameter0, 0);
    CHECK_EQ(page->virtualization_fault_information.reserved0, 0);
    CHECK_EQ(page->virtualization_fault_information.code, 0);
    CHECK_EQ(page->virtualization_fault_information.parameter1, 0);
    place(0);
    free_page(memory);
}

/* ---- One for each VP ---- */

static uint8_t *pages[GUEST_MAX_CPUS];
static struct {
    uint64_t before, enabled, after;
    uint64_t mark;
} seen[GUEST_MAX_CPUS];

static void place_own(void *unused)
{
    uint32_t cpu = cpu_index();

    (void)unused;
    seen[cpu].before = placed();
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, at(pages[cpu])));
    CHECK_NO_FAULT(safe_write64(pages[cpu] + 2048, cpu + 1));
}

static void look_at_own(void *unused)
{
    uint32_t cpu = cpu_index();

    (void)unused;
    seen[cpu].enabled = placed();
    CHECK_NO_FAULT(safe_read64(pages[cpu] + 2048, &seen[cpu].mark));
    CHECK_NO_FAULT(safe_write64(pages[cpu] + 2048, 0));
    CHECK_NO_FAULT(safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, 0));
    seen[cpu].after = placed();
}

HV_TEST(virtual_processor, assist_page_is_per_vp, COVERS(HV_REQ_VP_012, HV_REQ_VP_009),
        NEEDS(.privileges = HV_PRIVILEGE_AccessIntrCtrlRegs, .vps = 2),
        "A VP that saw another's EOI assist would drop the other's interrupts")
{
    for (uint32_t i = 0; i < cpu_count(); i++)
        pages[i] = hv_test_page(0);
    CHECK_NO_FAULT(smp_call_all(place_own, NULL));
    CHECK_NO_FAULT(smp_call_all(look_at_own, NULL));
    for (uint32_t i = 0; i < cpu_count(); i++) {
        CHECK(hv_is_initial_place(seen[i].before), "CPU %u: the register was 0x%llx", i,
              (unsigned long long)seen[i].before);
        CHECK(seen[i].enabled == at(pages[i]), "CPU %u: the register is 0x%llx", i,
              (unsigned long long)seen[i].enabled);
        CHECK(seen[i].mark == i + 1, "CPU %u: its page has the mark of CPU %lld", i,
              (long long)seen[i].mark - 1);
        CHECK_EQ(seen[i].after, 0);
        free_page(pages[i]);
    }
}

static void keep_moving(void *unused)
{
    uint32_t cpu = cpu_index();

    (void)unused;
    for (unsigned i = 0; i < 4; i++) {
        (void)safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, at(pages[cpu]));
        (void)safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE,
                         UINT64_C(1) << hv_physical_address_bits() | HV_X64_MSR_PAGE_ENABLE);
        (void)safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, UINT64_C(0xfffffffff001));
        (void)safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, at(pages[0]));
        (void)safe_wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, 0);
    }
}

/* Page registers that took bad pages were a way into Xen (XSA-472). */
HV_TEST(virtual_processor, assist_pages_survive_bad_places, COVERS(HV_REQ_VP_009, HV_REQ_VP_012),
        ASSIST_NEEDS, "Every VP places and moves its page at once, over each other's and nowhere")
{
    for (uint32_t i = 0; i < cpu_count(); i++)
        pages[i] = hv_test_page(0);
    CHECK_NO_FAULT(smp_call_all(keep_moving, NULL));
    CHECK_EQ(placed(), 0);
    for (uint32_t i = 0; i < cpu_count(); i++)
        free_page(pages[i]);
}

/* ---- End of interrupt by the page ---- */

static volatile uint32_t *assist;
static volatile uint32_t taken, lazy;

/* TLFS "EOI assist": who finds the bit set and clears it needs no EOI. */
static void end_lazily(struct trap_frame *frame, void *unused)
{
    bool spared;

    (void)frame;
    (void)unused;
    __asm__ volatile("lock btrl $0, %0" : "+m"(*assist), "=@ccc"(spared)::"memory");
    taken++;
    lazy += spared;
    if (!spared)
        apic_eoi();
}

HV_TEST(virtual_processor, interrupts_end_as_the_page_says, COVERS(HV_REQ_VP_011), ASSIST_NEEDS,
        "Whoever sets the bit and waits for an EOI all the same delivers no second interrupt")
{
    uint8_t *memory = hv_test_page(0);

    if (!apic_present())
        test_skip("there is no local APIC");
    place(at(memory));
    assist = (volatile uint32_t *)(void *)memory;
    taken = lazy = 0;
    register_interrupt(VECTOR, end_lazily, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        apic_self_ipi(VECTOR);
        for (unsigned spins = 0; spins < 1000 && taken == i; spins++)
            irq_window();
        CHECK(taken == i + 1, "interrupt %u: %u were taken", i + 1, taken);
        CHECK((*assist & ~HV_VP_ASSIST_NO_EOI_REQUIRED) == 0, "the EOI assist is 0x%x", *assist);
    }
    CHECK(!apic_in_service(VECTOR) && !apic_is_pending(VECTOR), "an interrupt is left");
    register_interrupt(VECTOR, NULL, NULL);
    place(0);
    OBSERVE("eoi-assist", "%s", lazy == 0 ? "never" : lazy == ROUNDS ? "always" : "at times");
    free_page(memory);
}
