/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * HvCallSendSyntheticClusterIpi: one fixed interrupt for each VP of a mask. Guests send nearly all
 * their interrupts by it; one that does not come is a hang, one too many is a spurious wakeup.
 */
#include "ipi_support.h"

#define PATIENCE_US 2000000

/* Those that a mask can name. */
static struct vps in_mask(struct vps vps)
{
    for (unsigned i = 1; i < sizeof(vps.banks) / sizeof(vps.banks[0]); i++)
        vps.banks[i] = 0;
    return vps;
}

static struct vps caller(void)
{
    struct vps vps = { { 0 } };

    vps_add(&vps, 0);
    return vps;
}

/* ---- Who is interrupted ---- */

static void check_masks(bool fast)
{
    for (unsigned i = 1; i < VPS_CHOICES; i++) {
        struct vps vps = in_mask(vps_choose(i));

        if (vps_is_empty(&vps))
            continue;
        CHECK_EQ(ipi_send_mask(IPI_VECTOR, &vps, fast), HV_STATUS_SUCCESS);
        ipi_check(&vps, fast ? "fast call" : "call");
    }
}

HV_TEST(synthetic_ipi, every_vp_of_the_mask_is_interrupted,
        COVERS(HV_REQ_IPI_001, HV_REQ_IPI_003, HV_REQ_IPI_004), IPI_MASKS,
        "Bit n is the VP with index n; once each, and nobody else")
{
    ipi_begin();
    check_masks(false);
    ipi_end();
}

/* The upper half of RDX is the target VTL and what is reserved. */
HV_TEST(synthetic_ipi, masks_can_be_in_registers, COVERS(HV_REQ_IPI_001, HV_REQ_IPI_004), IPI_MASKS,
        "16 bytes of input fit in two registers; guests send all their interrupts so")
{
    struct vps vps;

    ipi_begin();
    vps = caller();
    *ipi_by_mask() = (struct hv_input_send_synthetic_cluster_ipi){ .vector = IPI_VECTOR,
                                                                   .processor_mask = vps.banks[0] };
    if (!ipi_has_fast_form(HvCallSendSyntheticClusterIpi, 0))
        test_skip("the call has no fast form");
    ipi_collect();
    ipi_forget();
    check_masks(true);
    ipi_end();
}

/* ---- Vectors ---- */

HV_TEST(synthetic_ipi, vectors_from_16_on_are_delivered, COVERS(HV_REQ_IPI_002, HV_REQ_IPI_003),
        IPI_MASKS, "The lowest that an APIC takes, and the highest")
{
    static const uint8_t vectors[] = { 0x10, 0x1f, 0x20, 0x7f, 0x80, 0xf0, 0xfe };
    struct vps vps = { { 0 } };

    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count() && ipi.vp[cpu] < 64; cpu++)
        vps_add(&vps, cpu);
    for (unsigned i = 0; i < sizeof(vectors); i++) {
        register_interrupt(vectors[i], ipi_note, NULL);
        CHECK_EQ(ipi_send_mask(vectors[i], &vps, false), HV_STATUS_SUCCESS);
        ipi_check(&vps, "vector");
        register_interrupt(vectors[i], NULL, NULL);
    }
    ipi_end();
}

static const uint32_t bad_vectors[] = { 0,     1,     2,       14,         15,        0x100,
                                        0x174, 0x474, 0x10074, 0x80000074, UINT32_MAX };

static void count_stray(void *total)
{
    __atomic_fetch_add((uint64_t *)total, this_cpu()->stray_interrupts, __ATOMIC_RELAXED);
}

static uint64_t strays(void)
{
    uint64_t total = 0;

    REQUIRE_NO_FAULT(smp_call_all(count_stray, &total));
    return total;
}

/* KVM has another status for it. */
HV_TEST(synthetic_ipi, vectors_below_16_and_above_255_are_refused, COVERS(HV_REQ_IPI_002),
        IPI_MASKS, "Taken modulo 256, or for a fault, they end in the wrong handler")
{
    struct vps vps;
    uint64_t before;

    ipi_begin();
    vps = caller();
    before = strays();
    for (unsigned i = 0; i < sizeof(bad_vectors) / sizeof(bad_vectors[0]); i++) {
        uint64_t result = ipi_send_mask(bad_vectors[i], &vps, false);

        CHECK(result == HV_STATUS_INVALID_PARAMETER, "vector 0x%x: result 0x%llx", bad_vectors[i],
              (unsigned long long)result);
    }
    ipi_check_nobody("refused vectors");
    CHECK_EQ(strays(), before);
    ipi_end();
}

static volatile uint32_t nmis;

static void note_nmi(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    nmis++;
}

/* In an ICR, 0x400 is the delivery mode of NMIs. */
HV_TEST(synthetic_ipi, there_are_no_nmis, COVERS(HV_REQ_IPI_005), IPI_MASKS,
        "Neither by the vector of an NMI nor by the bits that an APIC has for it")
{
    static const uint32_t vectors[] = { VECTOR_NMI, 0x400, 0x400 | VECTOR_NMI, 0x400 | IPI_VECTOR };
    struct vps vps;

    ipi_begin();
    vps = caller();
    nmis = 0;
    register_interrupt(VECTOR_NMI, note_nmi, NULL);
    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        CHECK(hv_result_status(ipi_send_mask(vectors[i], &vps, false)) != HV_STATUS_SUCCESS,
              "vector 0x%x is taken", vectors[i]);
    ipi_check_nobody("no NMI");
    CHECK_EQ(nmis, 0);
    register_interrupt(VECTOR_NMI, NULL, NULL);
    ipi_end();
}

/* ---- Reserved fields ---- */

HV_TEST(synthetic_ipi, reserved_bytes_are_refused, COVERS(HV_REQ_IPI_006, HV_REQ_IPI_001),
        IPI_MASKS, "Bytes 5 to 7 of the input, in memory or in the upper half of a register")
{
    struct vps vps;

    ipi_begin();
    vps = caller();
    for (unsigned fast = 0; fast < 2; fast++)
        for (unsigned byte = 0; byte < 3; byte++) {
            uint64_t result;

            *ipi_by_mask() =
                (struct hv_input_send_synthetic_cluster_ipi){ .vector = IPI_VECTOR,
                                                              .processor_mask = vps.banks[0] };
            ipi_by_mask()->reserved[byte] = (uint8_t)(1u << (byte * 3));
            result = ipi_call(HvCallSendSyntheticClusterIpi, fast, 0);
            CHECK(result == HV_STATUS_INVALID_PARAMETER, "byte %u: result 0x%llx", 5 + byte,
                  (unsigned long long)result);
        }
    ipi_check_nobody("reserved bytes");
    ipi_end();
}

/* ---- How it is delivered ---- */

static void look_at_apic(void *seen)
{
    uint32_t offset = IPI_VECTOR / 32u * 16u, bit = 1u << IPI_VECTOR % 32;
    uint32_t *bits = seen;

    bits[0] = apic_read((enum apic_register)(APIC_IRR + offset)) & bit;
    bits[1] = apic_read((enum apic_register)(APIC_TMR + offset)) & bit;
}

HV_TEST(synthetic_ipi, interrupts_are_pending_and_edge_triggered, COVERS(HV_REQ_IPI_003), IPI_MASKS,
        "In the IRR until they are taken, with the bit of the TMR clear")
{
    ipi_begin();
    for (uint32_t cpu = 0; cpu < cpu_count() && ipi.vp[cpu] < 64; cpu++) {
        struct vps vps = { { 0 } };
        uint32_t bits[2];

        vps_add(&vps, cpu);
        CHECK_EQ(ipi_send_mask(IPI_VECTOR, &vps, false), HV_STATUS_SUCCESS);
        REQUIRE_NO_FAULT(smp_call(cpu, look_at_apic, bits));
        CHECK(bits[0] != 0, "VP %u has nothing in its IRR", ipi.vp[cpu]);
        CHECK(bits[1] == 0, "VP %u: the interrupt is level-triggered", ipi.vp[cpu]);
        ipi_check(&vps, "pending");
    }
    ipi_end();
}

HV_TEST(synthetic_ipi, a_pending_interrupt_comes_once, COVERS(HV_REQ_IPI_003), IPI_MASKS,
        "An APIC has one bit for each vector, however often it is set")
{
    struct vps vps;

    ipi_begin();
    vps = in_mask(vps_choose(7));
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(ipi_send_mask(IPI_VECTOR, &vps, false), HV_STATUS_SUCCESS);
    ipi_check(&vps, "sent five times");
    ipi_end();
}

/*
 * A priority above that of the vector: at the same, QEMU tells a hypervisor that the interrupt can
 * be taken, and Xen finds for ever that it can't.
 */
HV_TEST(synthetic_ipi, the_task_priority_holds_interrupts_back, COVERS(HV_REQ_IPI_003), IPI_MASKS,
        "A fixed interrupt is one that the APIC arbitrates")
{
    struct vps vps;

    ipi_begin();
    vps = caller();
    apic_write(APIC_TPR, (IPI_VECTOR & 0xf0) + 0x10);
    CHECK_EQ(ipi_send_mask(IPI_VECTOR, &vps, false), HV_STATUS_SUCCESS);
    irq_window();
    CHECK_EQ(ipi.received[0], 0);
    apic_write(APIC_TPR, (IPI_VECTOR & 0xf0) - 1);
    irq_window();
    CHECK_EQ(ipi.received[0], 1);
    apic_write(APIC_TPR, 0);
    ipi_end();
}

static volatile bool asleep;

static void sleep_once(void *unused)
{
    (void)unused;
    asleep = true;
    while (ipi.received[cpu_index()] == 0) {
        irq_enable_and_halt();
        irq_disable();
    }
}

HV_TEST(synthetic_ipi, halted_vps_wake, COVERS(HV_REQ_IPI_003),
        NEEDS(.recommends = HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI, .vps = 2),
        "It is how a kernel gives an idle processor work")
{
    struct vps vps = { { 0 } };

    ipi_begin();
    vps_add(&vps, 1);
    for (unsigned i = 0; i < 10; i++) {
        ipi_forget();
        asleep = false;
        smp_start(1, sleep_once, NULL);
        while (!asleep)
            cpu_pause();
        udelay(i * 100);
        CHECK_EQ(ipi_send_mask(IPI_VECTOR, &vps, false), HV_STATUS_SUCCESS);
        REQUIRE(smp_join_timeout(1, PATIENCE_US), "the VP sleeps on");
    }
    ipi_end();
}

/* ---- Before the next instruction ---- */

static volatile uint64_t interrupted_rip;

static void note_rip(struct trap_frame *frame, void *unused)
{
    (void)unused;
    interrupted_rip = frame->rip;
    apic_eoi();
}

#define RET 0xC3

/* Whether the instruction before the interrupted one is VMCALL or VMMCALL. A page with code of
   another kind has not been left. */
static bool is_behind_hypercall(uint64_t rip, const void *page)
{
    const uint8_t *next = (const uint8_t *)(uintptr_t)rip, *code = next - sizeof(vmcall);

    if (rip - (uintptr_t)page >= PAGE_SIZE || rip - (uintptr_t)page < sizeof(vmcall))
        return false;
    if (memcmp(page, vmcall, sizeof(vmcall)) != 0 && memcmp(page, vmmcall, sizeof(vmmcall)) != 0)
        return *next == RET;
    return memcmp(code, vmcall, sizeof(vmcall)) == 0 || memcmp(code, vmmcall, sizeof(vmmcall)) == 0;
}

HV_TEST(synthetic_ipi, the_caller_is_interrupted_by_the_call,
        COVERS(HV_REQ_IPI_007, HV_REQ_IPI_003), IPI_MASKS,
        "Windows takes an interrupt of its own for delivered when the call has returned")
{
    struct vps vps;
    const void *page;

    ipi_begin();
    page = hv_enable_hypercalls();
    vps = caller();
    register_interrupt(IPI_VECTOR, note_rip, NULL);
    for (unsigned fast = 0; fast < 2; fast++) {
        interrupted_rip = 0;
        irq_enable();
        CHECK_EQ(ipi_send_mask(IPI_VECTOR, &vps, fast), HV_STATUS_SUCCESS);
        irq_disable();
        CHECK(interrupted_rip != 0, "there was no interrupt");
        if (interrupted_rip)
            CHECK(is_behind_hypercall(interrupted_rip, page),
                  "the interrupt came at 0x%llx, which is not behind the hypercall instruction",
                  (unsigned long long)interrupted_rip);
    }
    ipi_end();
}

#define IPI_TO_SELF (APIC_ICR_FIXED | APIC_ICR_ASSERT | APIC_ICR_SELF | IPI_VECTOR)

/* Writes the ICR of the APIC. @return address behind the instruction */
static uint64_t write_icr(void)
{
    uint64_t next;

    if (apic_is_x2()) {
        __asm__ volatile("lea 1f(%%rip), %0; sti; nop; wrmsr; 1: cli"
                         : "=&r"(next)
                         : "a"(IPI_TO_SELF), "d"(0), "c"(MSR_X2APIC_FIRST + APIC_ICR / 16)
                         : "memory");
    } else {
        volatile uint32_t *icr =
            virt_of((rdmsr(MSR_APIC_BASE) & UINT64_C(0x000ffffffffff000)) + APIC_ICR);

        __asm__ volatile("lea 1f(%%rip), %0; sti; nop; mov %1, (%2); 1: cli"
                         : "=&r"(next)
                         : "a"(IPI_TO_SELF), "r"(icr)
                         : "memory");
    }
    return next;
}

HV_TEST(synthetic_ipi, an_ipi_to_itself_comes_before_the_next_instruction, COVERS(HV_REQ_IPI_011),
        NEEDS_NOTHING, "Kernels defer work so, and find it done behind the write of the ICR")
{
    if (!apic_present())
        test_skip("there is no local APIC");
    apic_enable();
    register_interrupt(IPI_VECTOR, note_rip, NULL);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t next;

        interrupted_rip = 0;
        next = write_icr();
        CHECK_EQ(interrupted_rip, next);
    }
    register_interrupt(IPI_VECTOR, NULL, NULL);
}

HV_TEST(synthetic_ipi, so_does_one_by_the_synthetic_register, COVERS(HV_REQ_IPI_011),
        NEEDS(.privileges = HV_PRIVILEGE_AccessIntrCtrlRegs),
        "HV_X64_MSR_ICR stands for the register of the APIC")
{
    apic_enable();
    register_interrupt(IPI_VECTOR, note_rip, NULL);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t next;

        interrupted_rip = 0;
        __asm__ volatile("lea 1f(%%rip), %0; sti; nop; wrmsr; 1: cli"
                         : "=&r"(next)
                         : "a"(IPI_TO_SELF), "d"(0), "c"(HV_X64_MSR_ICR)
                         : "memory");
        CHECK_EQ(interrupted_rip, next);
    }
    register_interrupt(IPI_VECTOR, NULL, NULL);
}
