/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Interrupts: to this VP, to several, and how they end. */
#include "bench.h"

#define WAIT_US  1000000
#define SELF_IPI (APIC_ICR_SELF | APIC_ICR_ASSERT | BENCH_VECTOR)

static struct {
    volatile uint32_t count;
    volatile uint64_t tsc;     /* of the last one */
    volatile uint64_t eoi;     /* ticks that ending it took */
    volatile uint32_t *assist; /* the VP assist page, when it is enabled */
    bool has_eoi_msr;
} arrived;

static uint8_t assist_ram[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

uint32_t arrivals(void)
{
    return arrived.count;
}

uint64_t arrival_tsc(void)
{
    return arrived.tsc;
}

void arrivals_clear(void)
{
    arrived.count = 0;
}

bool arrivals_wait(uint32_t count)
{
    uint64_t end = rdtsc() + tsc_from_us(WAIT_US);

    while (arrived.count < count && rdtsc() < end)
        cpu_pause();
    return arrived.count >= count;
}

void end_interrupt(void)
{
    if (arrived.has_eoi_msr)
        wrmsr(HV_X64_MSR_EOI, 0);
    else
        apic_eoi();
}

static void arrive(struct trap_frame *frame, void *unused)
{
    uint64_t now = rdtsc();

    (void)frame;
    (void)unused;
    arrived.tsc = now;
    end_interrupt();
    __atomic_fetch_add(&arrived.count, 1, __ATOMIC_RELAXED);
}

void interrupts_init(void)
{
    struct cpuid_regs r = cpuid(HV_CPUID_FEATURES);

    arrived.has_eoi_msr = (r.eax & HV_PRIVILEGE_AccessIntrCtrlRegs) != 0;
    (void)tsc_hz();
    register_interrupt(BENCH_VECTOR, arrive, NULL);
}

/* The same way into the handler as an interrupt takes, with no hypervisor on it. */
uint64_t measure_trap(const struct bench_row *row)
{
    uint64_t start = rdtsc();

    (void)row;
    __asm__ volatile("int %0" : : "i"(BENCH_VECTOR) : "memory");
    return arrived.tsc - start;
}

/* ---- Ending one ---- */

static void arrive_eoi_msr(struct trap_frame *frame, void *unused)
{
    uint64_t start = rdtsc();

    (void)frame;
    (void)unused;
    wrmsr(HV_X64_MSR_EOI, 0);
    arrived.eoi = rdtsc() - start;
    arrived.count++;
}

/* TLFS: the bit says that no EOI is required; who clears it has ended the interrupt. */
static void arrive_eoi_assist(struct trap_frame *frame, void *unused)
{
    uint64_t start = rdtsc();
    bool cleared;

    (void)frame;
    (void)unused;
    __asm__ volatile("btrl $0, %0" : "+m"(*arrived.assist), "=@ccc"(cleared) : : "memory");
    arrived.eoi = cleared ? rdtsc() - start : BENCH_FAILED;
    if (!cleared)
        wrmsr(HV_X64_MSR_EOI, 0);
    arrived.count++;
}

static uint64_t measure_eoi(interrupt_fn *handler)
{
    arrivals_clear();
    register_interrupt(BENCH_VECTOR, handler, NULL);
    wrmsr(HV_X64_MSR_ICR, SELF_IPI);
    arrivals_wait(1);
    register_interrupt(BENCH_VECTOR, arrive, NULL);
    return arrived.count == 1 ? arrived.eoi : BENCH_FAILED;
}

uint64_t measure_eoi_msr(const struct bench_row *row)
{
    (void)row;
    return measure_eoi(arrive_eoi_msr);
}

const char *begin_eoi_assist(const struct bench_row *row)
{
    wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, phys_of(assist_ram) | HV_X64_MSR_PAGE_ENABLE);
    arrived.assist = paging_map_window(phys_of(assist_ram), PAGE_SIZE, MAP_WRITE | MAP_NX);
    return measure_eoi_assist(row) == BENCH_FAILED ? "the assist page never says so" : NULL;
}

uint64_t measure_eoi_assist(const struct bench_row *row)
{
    (void)row;
    return measure_eoi(arrive_eoi_assist);
}

/* The implementation may learn that the last one has ended when there is the next; Xen does. */
void end_eoi_assist(const struct bench_row *row)
{
    measure_eoi_msr(row);
    wrmsr(HV_X64_MSR_VP_ASSIST_PAGE, 0);
}

/* ---- Sending some ---- */

uint64_t measure_self_ipi(const struct bench_row *row)
{
    uint64_t start;

    (void)row;
    arrivals_clear();
    start = rdtsc();
    wrmsr(HV_X64_MSR_ICR, SELF_IPI);
    return arrivals_wait(1) ? arrived.tsc - start : BENCH_FAILED;
}

/* From the call until the last of them has ended its interrupt. */
uint64_t measure_cluster_ipi(const struct bench_row *row)
{
    struct hv_input_send_synthetic_cluster_ipi input __attribute__((aligned(32))) = {
        .vector = BENCH_VECTOR,
        .processor_mask = processors_mask(row->vps),
    };
    uint64_t start;

    arrivals_clear();
    start = rdtsc();
    if ((uint16_t)hypercall(HvCallSendSyntheticClusterIpi, phys_of(&input), 0) != HV_STATUS_SUCCESS)
        return BENCH_FAILED;
    return arrivals_wait(row->vps) ? rdtsc() - start : BENCH_FAILED;
}
