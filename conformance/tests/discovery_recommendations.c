/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * CPUID leaf 0x40000004: what is recommended has to work, and to do what the guest would have done
 * itself. A flush that does not reach a processor corrupts memory long after (opnsense/src#297 and
 * virtio-win/kvm-guest-drivers-windows#1582 are about flushes that did not).
 */
#include "flush_support.h"

#define VECTOR_IPI 0x74

static uint8_t input[64] __attribute__((aligned(64)));

/* ---- Flushes ---- */

HV_TEST(discovery, local_flushes_work_where_recommended, COVERS(HV_REQ_CPUID_042, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_LOCAL_FLUSH_HYPERCALL),
        "A guest that follows has no INVLPG left in its kernel")
{
    begin_with_vps();
    for (unsigned i = 0; i < 2; i++)
        check_flush(&flushes_by_mask[i], 0, false);
    check_flush_with(&flushes_by_mask[0], 0, 0, false, 0);
}

HV_TEST(discovery, remote_flushes_work_where_recommended,
        COVERS(HV_REQ_CPUID_043, HV_REQ_CPUID_040),
        NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL, .vps = 2),
        "The call returns when the other VPs have flushed, not when they have been told")
{
    begin_with_vps();
    for (uint32_t cpu = 1; cpu < cpu_count() && fits_mask(cpu); cpu++)
        for (unsigned i = 0; i < 2; i++)
            check_flush(&flushes_by_mask[i], cpu, false);
}

HV_TEST(discovery, flushes_of_sets_work_where_recommended, COVERS(HV_REQ_CPUID_051),
        NEEDS(.recommends = HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS |
                            HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL),
        "A guest uses them on sight of the bit; the encoding has been wrong on both sides")
{
    begin_with_vps();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (unsigned i = 0; i < 2; i++)
            check_flush(&flushes_by_set[i], cpu, false);
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
    uint64_t result;

    memset(received, 0, sizeof(received));
    result = hv_call(control, phys_of(input), 0);
    CHECK(result == HV_STATUS_SUCCESS, "%s: status 0x%x", what, (unsigned)result);
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
    begin_with_vps();
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

/* The bit may be clear: the processor's rule stands all the same. */
HV_TEST(discovery, toggling_global_pages_flushes_all, COVERS(HV_REQ_CPUID_056), NEEDS_NOTHING,
        "What the bit recommends is a write to CR4 that hypervisors with shadow page tables miss")
{
    static const uint32_t mappings[] = { 0, MAP_GLOBAL };
    uint64_t cr4 = read_cr4();

    for (unsigned i = 0; i < 2; i++) {
        window_change(0, mappings[i]);
        write_cr4(cr4 ^ CR4_PGE);
        write_cr4(cr4);
        window_check(0, mappings[i] ? "global page" : "page");
    }
}
