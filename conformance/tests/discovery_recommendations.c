/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPUID leaf 0x40000004: what is recommended has to work, and to do what the guest would have done
 * itself. A flush that does not reach a processor corrupts memory long after (opnsense/src#297 and
 * virtio-win/kvm-guest-drivers-windows#1582 are about flushes that did not).
 */
#include "hypercall_support.h"

#define VECTOR_IPI 0x74

static uint8_t input[256] __attribute__((aligned(256)));
static uint64_t frames[2][512] __attribute__((aligned(4096)));

/* A page that is mapped to either of two frames, and what a VP reads there. */
static struct {
    const volatile uint64_t *page;
    uint64_t *entry;
    uint64_t seen[GUEST_MAX_CPUS];
} window;

#define FRAME_WORD(i) (UINT64_C(0xf00d000000000000) + (i))

static void map_first_frame(uint32_t flags)
{
    for (unsigned i = 0; i < 2; i++)
        frames[i][0] = FRAME_WORD(i);
    window.page = paging_map_window(phys_of(frames[0]), PAGE_SIZE, MAP_NX | flags);
    window.entry = paging_entry((uint64_t)(uintptr_t)window.page, 1);
    REQUIRE(window.entry != NULL, "the window has no page table entry");
}

static void map_second_frame(void)
{
    *window.entry = (*window.entry & ~(UINT64_C(0xfffffffff) << PAGE_SHIFT)) | phys_of(frames[1]);
}

static void look(void *unused)
{
    (void)unused;
    window.seen[cpu_index()] = window.page[0];
}

/* A VP reads the first frame, so that its TLB may have it, and the second one after the flush. */
static void check_flush_reaches(uint32_t cpu, uint32_t flags, struct fault (*flush)(void),
                                const char *what)
{
    map_first_frame(flags);
    REQUIRE_NO_FAULT(smp_call(cpu, look, NULL));
    CHECK_EQ(window.seen[cpu], FRAME_WORD(0));
    map_second_frame();
    CHECK_NO_FAULT(flush());
    REQUIRE_NO_FAULT(smp_call(cpu, look, NULL));
    CHECK(window.seen[cpu] == FRAME_WORD(1), "%s: CPU %u reads the old page", what, cpu);
    paging_unmap((uint64_t)(uintptr_t)window.page, PAGE_SIZE);
    paging_flush();
}

/* ---- VPs by their index ---- */

static uint32_t vp_indexes[GUEST_MAX_CPUS];

static void note_vp_index(void *unused)
{
    (void)unused;
    vp_indexes[cpu_index()] = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
}

static void begin(void)
{
    hv_enable_hypercalls();
    REQUIRE_NO_FAULT(smp_call_all(note_vp_index, NULL));
}

/* A mask of 64 bits has no place for every VP. */
static bool fits_mask(uint32_t cpu)
{
    return vp_indexes[cpu] < 64;
}

static uint64_t vp_mask(uint32_t cpu)
{
    return UINT64_C(1) << vp_indexes[cpu];
}

/* ---- Flushes by mask ---- */

static uint64_t processor_mask;

static void fill_mask_flush(void)
{
    struct hv_input_flush_virtual_address_space *block = (void *)input;
    uint64_t range = (uint64_t)(uintptr_t)window.page;

    *block = (struct hv_input_flush_virtual_address_space){
        .address_space = read_cr3() & PAGE_MASK,
        .flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES,
        .processor_mask = processor_mask,
    };
    memcpy(block + 1, &range, sizeof(range));
}

static struct fault call_flush(uint64_t control)
{
    struct regs regs = { .rcx = control, .rdx = phys_of(input) };
    struct fault fault = hv_call_regs(&regs);

    CHECK_EQ(hv_result_status(regs.rax), HV_STATUS_SUCCESS);
    return fault;
}

static struct fault flush_space(void)
{
    fill_mask_flush();
    return call_flush(HvCallFlushVirtualAddressSpace);
}

static struct fault flush_list(void)
{
    fill_mask_flush();
    return call_flush(hv_control(HvCallFlushVirtualAddressList, false, 0, 1, 0));
}

static struct fault flush_this_address_space(void)
{
    fill_mask_flush();
    ((struct hv_input_flush_virtual_address_space *)(void *)input)->flags = 0;
    return call_flush(HvCallFlushVirtualAddressSpace);
}

HV_TEST(discovery, local_flushes_work_where_recommended, COVERS(HV_REQ_CPUID_042, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_LOCAL_FLUSH_HYPERCALL),
        "A guest that follows has no INVLPG left in its kernel")
{
    begin();
    processor_mask = vp_mask(0);
    check_flush_reaches(0, 0, flush_space, "space");
    check_flush_reaches(0, 0, flush_list, "list");
    check_flush_reaches(0, 0, flush_this_address_space, "one address space");
    check_flush_reaches(0, MAP_GLOBAL, flush_space, "space, global page");
    check_flush_reaches(0, MAP_GLOBAL, flush_list, "list, global page");
}

HV_TEST(discovery, remote_flushes_work_where_recommended,
        COVERS(HV_REQ_CPUID_043, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL, .vps = 2),
        "The call returns when the other VPs have flushed, not when they have been told")
{
    begin();
    for (uint32_t cpu = 1; cpu < cpu_count() && fits_mask(cpu); cpu++) {
        processor_mask = vp_mask(cpu);
        check_flush_reaches(cpu, 0, flush_space, "space");
        check_flush_reaches(cpu, 0, flush_list, "list");
        check_flush_reaches(cpu, MAP_GLOBAL, flush_space, "space, global page");
        check_flush_reaches(cpu, MAP_GLOBAL, flush_list, "list, global page");
    }
}

/* ---- Calls with sets of VPs ---- */

static uint64_t *fill_set(struct hv_vp_set *set, uint32_t cpu)
{
    uint64_t *bank = (uint64_t *)(void *)(set + 1);

    *set = (struct hv_vp_set){ HV_GENERIC_SET_SPARSE_4K, UINT64_C(1)
                                                             << (cpu / HV_VP_SET_VPS_PER_BANK) };
    *bank = UINT64_C(1) << (cpu % HV_VP_SET_VPS_PER_BANK);
    return bank + 1;
}

static uint32_t target;

static void fill_set_flush(void)
{
    struct hv_input_flush_virtual_address_space_ex *block = (void *)input;

    block->address_space = read_cr3() & PAGE_MASK;
    block->flags = HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;
    *fill_set(&block->processor_set, target) = (uint64_t)(uintptr_t)window.page;
}

static struct fault flush_space_ex(void)
{
    fill_set_flush();
    return call_flush(hv_control(HvCallFlushVirtualAddressSpaceEx, false, 1, 0, 0));
}

static struct fault flush_list_ex(void)
{
    fill_set_flush();
    return call_flush(hv_control(HvCallFlushVirtualAddressListEx, false, 1, 1, 0));
}

HV_TEST(discovery, flushes_of_sets_work_where_recommended, COVERS(HV_REQ_CPUID_051),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL),
        "A guest uses them on sight of the bit; the encoding has been wrong on both sides")
{
    begin();
    for (target = 0; target < cpu_count(); target++) {
        check_flush_reaches(target, 0, flush_space_ex, "space of a set");
        check_flush_reaches(target, 0, flush_list_ex, "list of a set");
        check_flush_reaches(target, MAP_GLOBAL, flush_list_ex, "list of a set, global page");
    }
}

/* ---- Interrupts ---- */

static uint32_t received[GUEST_MAX_CPUS];

static void note_ipi(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    received[cpu_index()]++;
    apic_eoi();
}

static void take_ipi(void *unused)
{
    (void)unused;
    irq_enable();
    udelay(100);
    irq_disable();
}

static void check_ipi(uint64_t control, uint32_t cpu, const char *what)
{
    struct regs regs = { .rcx = control, .rdx = phys_of(input) };

    memset(received, 0, sizeof(received));
    REQUIRE_NO_FAULT(hv_call_regs(&regs));
    CHECK(regs.rax == HV_STATUS_SUCCESS, "%s: status 0x%x", what, (unsigned)regs.rax);
    REQUIRE_NO_FAULT(smp_call_all(take_ipi, NULL));
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(received[i] == (i == cpu), "%s to CPU %u: CPU %u has %u interrupts", what, cpu, i,
              received[i]);
}

static void enable_apic(void *unused)
{
    (void)unused;
    apic_enable();
}

static void begin_ipis(void)
{
    begin();
    REQUIRE_NO_FAULT(smp_call_all(enable_apic, NULL));
    register_interrupt(VECTOR_IPI, note_ipi, NULL);
}

HV_TEST(discovery, cluster_ipi_works_where_recommended, COVERS(HV_REQ_CPUID_050, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI),
        "Every VP by its bit, the caller too, and nobody else")
{
    begin_ipis();
    for (uint32_t cpu = 0; cpu < cpu_count() && fits_mask(cpu); cpu++) {
        *(struct hv_input_send_synthetic_cluster_ipi *)(void *)input =
            (struct hv_input_send_synthetic_cluster_ipi){ .vector = VECTOR_IPI,
                                                          .processor_mask = vp_mask(cpu) };
        check_ipi(HvCallSendSyntheticClusterIpi, cpu, "IPI");
    }
    register_interrupt(VECTOR_IPI, NULL, NULL);
}

HV_TEST(discovery, cluster_ipi_of_sets_works_where_recommended, COVERS(HV_REQ_CPUID_051),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI),
        "KVM took the banks from the wrong place in the form with registers (Linux 7321f47eada5)")
{
    struct hv_input_send_synthetic_cluster_ipi_ex *block = (void *)input;

    begin_ipis();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        *block = (struct hv_input_send_synthetic_cluster_ipi_ex){ .vector = VECTOR_IPI };
        fill_set(&block->processor_set, cpu);
        check_ipi(hv_control(HvCallSendSyntheticClusterIpiEx, false, 1, 0, 0), cpu, "IPI of a set");
    }
    register_interrupt(VECTOR_IPI, NULL, NULL);
}

/* ---- Address spaces ---- */

HV_TEST(discovery, address_space_switch_works_where_recommended, COVERS(HV_REQ_CPUID_041),
        NEEDS(.recommends = HV_RECOMMEND_EAX_ADDRESS_SPACE_SWITCH_HYPERCALL),
        "The call stands for MOV to CR3, in either form, and CR3 reads as if it had been one")
{
    uint64_t original = read_cr3();
    uint64_t *copy = alloc_page();

    hv_enable_hypercalls();
    memcpy(copy, virt_of(original & PAGE_MASK), PAGE_SIZE);
    CHECK_EQ(hv_call(HvSwitchVirtualAddressSpace | HV_HYPERCALL_FAST, phys_of(copy), 0),
             HV_STATUS_SUCCESS);
    CHECK_EQ(read_cr3(), phys_of(copy));
    memcpy(input, &original, sizeof(original));
    CHECK_EQ(hv_call(HvSwitchVirtualAddressSpace, phys_of(input), 0), HV_STATUS_SUCCESS);
    CHECK_EQ(read_cr3(), original);
    write_cr3(original);
    free_page(copy);
}

static struct fault toggle_global_pages(void)
{
    uint64_t cr4 = read_cr4();

    write_cr4(cr4 ^ CR4_PGE);
    write_cr4(cr4);
    return (struct fault){ .raised = false };
}

/* The bit may be clear: the processor's rule stands all the same. */
HV_TEST(discovery, toggling_global_pages_flushes_all, COVERS(HV_REQ_CPUID_056), NEEDS_NOTHING,
        "What the bit recommends is a write to CR4 that hypervisors with shadow page tables miss")
{
    check_flush_reaches(0, 0, toggle_global_pages, "CR4.PGE");
    check_flush_reaches(0, MAP_GLOBAL, toggle_global_pages, "CR4.PGE, global page");
}
