/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Flushes while the VPs that are flushed run, sleep, or flush themselves. The call must not return
 * before all of them have forgotten, and must return.
 */
#include "flush_support.h"

#define OTHERS      NEEDS(.recommends = HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL, .vps = 2)
#define VECTOR_WAKE 0x75
#define ROUNDS      40u
#define PATIENCE_US 5000000

/* ---- VPs that read all the time ---- */

static struct {
    volatile uint64_t promised; /* no read that begins later may see an older page */
    volatile bool stop;
    volatile uint64_t reads[GUEST_MAX_CPUS];
    volatile uint64_t stale[GUEST_MAX_CPUS];
} race;

static void read_on(void *unused)
{
    uint32_t cpu = cpu_index();

    (void)unused;
    while (!race.stop) {
        uint64_t promised = race.promised;

        if (window.page[0] < promised)
            race.stale[cpu]++;
        race.reads[cpu]++;
        cpu_pause();
    }
}

/* Until each has begun and ended a read. */
static bool wait_for_reads(uint32_t readers)
{
    uint64_t give_up = rdtsc() + tsc_from_us(PATIENCE_US);

    for (uint32_t cpu = 1; cpu <= readers; cpu++)
        for (uint64_t from = race.reads[cpu]; race.reads[cpu] < from + 2; cpu_pause())
            if (rdtsc() > give_up)
                return false;
    return true;
}

/* The frames are numbered in the order in which they are mapped. */
static bool change_and_flush(uint64_t number, uint64_t mask)
{
    const struct flush *flush = &flushes_by_mask[number / 2 % 2];
    uint64_t *frame = frames[number % 2];

    frame[0] = FRAME_WORD(number);
    map_frame(window.gva, 1, phys_of(frame));
    fill_flush_of(flush, 0, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
    flush_header()->processor_mask = mask;
    if (!CHECK_EQ(send_flush(flush, false), HV_STATUS_SUCCESS))
        return false;
    race.promised = FRAME_WORD(number);
    return true;
}

HV_TEST(tlb_and_virtual_mmu, a_running_vp_has_flushed_when_the_call_returns,
        COVERS(HV_REQ_TLB_018, HV_REQ_TLB_023), OTHERS,
        "A VP that goes on for a moment with the old page writes to memory of somebody else")
{
    uint64_t mask = 0;
    uint32_t readers = 0;
    bool going = true;

    begin_with_vps();
    memset(&race, 0, sizeof(race));
    window_change(0, 0);
    for (uint32_t cpu = 1; cpu < cpu_count() && fits_mask(cpu); cpu++) {
        mask |= vp_mask(cpu);
        readers = cpu;
        smp_start(cpu, read_on, NULL);
    }
    for (uint64_t number = 2; going && number < ROUNDS; number++)
        going =
            change_and_flush(number, mask) && CHECK(wait_for_reads(readers), "a VP stands still");
    race.stop = true;
    for (uint32_t cpu = 1; cpu <= readers; cpu++) {
        CHECK_NO_FAULT(smp_join(cpu));
        CHECK(race.stale[cpu] == 0, "CPU %u has read a page after its flush %u times", cpu,
              (unsigned)race.stale[cpu]);
    }
    paging_unmap(window.gva, window.size);
    REQUIRE_NO_FAULT(smp_call_all(paging_flush_call, NULL));
}

/* ---- VPs that flush each other ---- */

static volatile uint32_t refused[GUEST_MAX_CPUS];

static void flush_all_the_time(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct regs regs = { .rcx = HvCallFlushVirtualAddressSpace, .rdx = phys_of(flush_input) };

        if (hv_call_regs(&regs).raised || regs.rax != HV_STATUS_SUCCESS)
            refused[cpu_index()]++;
    }
}

HV_TEST(tlb_and_virtual_mmu, vps_can_flush_each_other,
        COVERS(HV_REQ_TLB_010, HV_REQ_TLB_018, HV_REQ_TLB_023), OTHERS,
        "Who waits for another VP must not keep that one waiting")
{
    begin_with_vps();
    memset((void *)(uintptr_t)refused, 0, sizeof(refused));
    fill_flush_of(&flushes_by_mask[0], 0,
                  HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES);
    REQUIRE_NO_FAULT(smp_call_all(flush_all_the_time, NULL));
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        CHECK(refused[cpu] == 0, "CPU %u: %u calls failed", cpu, refused[cpu]);
}

/* ---- VPs that sleep ---- */

static volatile bool asleep;

static void wake(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    asleep = false;
    apic_eoi();
}

static void sleep_and_look(void *unused)
{
    (void)unused;
    window_look(NULL);
    asleep = true;
    while (asleep) {
        irq_enable_and_halt();
        irq_disable();
    }
    window_look(NULL);
}

HV_TEST(tlb_and_virtual_mmu, a_halted_vp_has_flushed_when_it_wakes,
        COVERS(HV_REQ_TLB_018, HV_REQ_TLB_023), OTHERS,
        "No kick is needed to flush a VP that does not run, but the flush is not to be forgotten")
{
    begin_with_vps();
    register_interrupt(VECTOR_WAKE, wake, NULL);
    for (unsigned i = 0; i < 2; i++) {
        window_change(1, i ? MAP_GLOBAL : 0);
        map_frame(window.gva, 1, phys_of(frames[0]));
        REQUIRE_NO_FAULT(smp_call(1, paging_flush_call, NULL));
        asleep = false;
        smp_start(1, sleep_and_look, NULL);
        while (!asleep)
            cpu_pause();
        udelay(1000);
        map_frame(window.gva, 1, phys_of(frames[1]));
        CHECK_EQ(make_flush(&flushes_by_mask[i], 1, false, HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES),
                 HV_STATUS_SUCCESS);
        apic_send_ipi(cpu_at(1)->apic_id, VECTOR_WAKE);
        CHECK_NO_FAULT(smp_join(1));
        window_check(1, "halted");
    }
    register_interrupt(VECTOR_WAKE, NULL, NULL);
}
