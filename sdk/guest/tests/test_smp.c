/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The other CPUs.
 */
#include "selftest.h"

#define VECTOR_IPI 0x60
#define WAIT_US    5000000
#define ROUNDS     100

static struct smp_barrier barrier;
static struct spinlock lock;
static volatile uint64_t counter;
static volatile uint32_t received[GUEST_MAX_CPUS];
static volatile uint32_t ready, release, steps;

static void store_identity(void *arg)
{
    uint32_t *out = arg;

    out[0] = cpu_index();
    out[1] = apic_id();
}

static void count_locked(void *arg)
{
    (void)arg;
    smp_barrier_wait(&barrier);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        uint64_t seen;

        spin_lock(&lock);
        seen = counter;
        cpu_pause();
        counter = seen + 1;
        spin_unlock(&lock);
    }
    smp_barrier_wait(&barrier);
}

static void on_ipi(struct trap_frame *frame, void *arg)
{
    (void)frame;
    (void)arg;
    received[cpu_index()]++;
    apic_eoi();
}

static void wait_for_ipi(void *arg)
{
    (void)arg;
    irq_enable();
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    wait_until_equal(&received[cpu_index()], 1, WAIT_US);
    irq_disable();
}

static void wait_for_release(void *arg)
{
    (void)arg;
    wait_until_equal(&release, 1, WAIT_US);
}

static void expected_faults(void *arg)
{
    uint64_t value;

    *(struct fault *)arg = safe_read64((void *)0x0000700000000000ULL, &value);
}

static void crash(void *arg)
{
    (void)arg;
    __asm__ volatile("ud2");
}

static uint64_t cpl(void *arg)
{
    uint64_t cs;

    (void)arg;
    __asm__ volatile("mov %%cs, %0" : "=r"(cs));
    return cs & 3;
}

static void modes_here(void *arg)
{
    static const uint8_t read_cr0[] = { 0x0f, 0x20, 0xc0 };
    struct regs32 regs = { .eax = 1 };
    uint64_t level = 0;
    bool good = !run_user(cpl, NULL, &level).raised && level == 3;

    good = good && !run_mode(MODE_REAL, read_cr0, sizeof(read_cr0), &regs).raised &&
           (regs.eax & CR0_PE) == 0;
    *(bool *)arg = good;
}

static void check_on(bool good, uint32_t index, const char *what)
{
    char name[64];

    snprintf(name, sizeof(name), "CPU %u: %s", index, what);
    check(good, name);
}

static void count_step(void *arg)
{
    (void)arg;
    __atomic_add_fetch(&steps, 1, __ATOMIC_SEQ_CST);
}

/* The other CPUs step while they have nothing else to do, and take jobs all the same. */
static void test_idle(void)
{
    uint64_t deadline = rdtsc() + tsc_from_us(WAIT_US);
    uint32_t identity[2] = { 0, 0 }, seen;

    smp_set_idle(count_step, NULL);
    while (steps < ROUNDS && rdtsc() < deadline)
        cpu_pause();
    check(steps >= ROUNDS, "idle CPUs step");
    smp_call(1, store_identity, identity);
    check(identity[0] == 1, "a stepping CPU takes a job");
    smp_set_idle(NULL, NULL);
    for (uint32_t i = 1; i < cpu_count(); i++)
        smp_call(i, store_identity, identity);
    seen = steps;
    udelay(1000);
    check(steps == seen, "and stops when told to");
}

static void test_restart(uint32_t index)
{
    uint32_t identity[2] = { 0, 0 };

    smp_stop(index);
    check_on(!smp_join_online(index, 1000), index, "stays away after INIT");
    check_on(smp_restart(index), index, "comes back after a start-up IPI");
    smp_call(index, store_identity, identity);
    check_on(identity[0] == index && identity[1] == cpu_at(index)->apic_id, index,
             "is the same CPU as before");
}

static void test_one(uint32_t index)
{
    struct fault fault = { .raised = false };
    uint32_t identity[2] = { 0, 0 }, before = unexpected_fault_count();
    bool good = false;

    smp_call(index, store_identity, identity);
    check_on(identity[0] == index && identity[1] == cpu_at(index)->apic_id, index, "runs a job");
    smp_call(index, expected_faults, &fault);
    check_on(fault.raised && fault.vector == VECTOR_PF, index, "catches a fault");
    printf("# an unexpected #UD is reported next\n");
    fault = smp_call(index, crash, NULL);
    check_on(fault.raised && fault.vector == VECTOR_UD && unexpected_fault_count() == before + 1,
             index, "survives an unexpected fault");
    check_on(!smp_call(index, store_identity, identity).raised, index, "takes the next job");
    smp_call(index, modes_here, &good);
    check_on(good, index, "runs CPL 3 and real mode");

    ready = 0;
    smp_start(index, wait_for_ipi, NULL);
    wait_until_equal(&ready, 1, WAIT_US);
    apic_send_ipi(cpu_at(index)->apic_id, VECTOR_IPI);
    smp_join(index);
    check_on(received[index] == 1, index, "receives an IPI");

    release = 0;
    smp_start(index, wait_for_release, NULL);
    good = !smp_join_timeout(index, 1000);
    release = 1;
    check_on(good && smp_join_timeout(index, WAIT_US), index, "is waited for with a timeout");
    test_restart(index);
}

void test_smp(void)
{
    uint64_t expected = boot_option_number("cpus", 1);

    check(cpu_count() == expected, "as many CPUs as the command line says");
    check(cpu_at(0) == this_cpu() && cpu_at(cpu_count()) == NULL, "CPUs by index");
    register_interrupt(VECTOR_IPI, on_ipi, NULL);
    for (uint32_t i = 1; i < cpu_count(); i++)
        test_one(i);
    register_interrupt(VECTOR_IPI, NULL, NULL);
    if (cpu_count() > 1)
        test_idle();
    smp_barrier_init(&barrier, cpu_count());
    check_no_fault(smp_call_all(count_locked, NULL), "all CPUs at once, barrier");
    check(counter == (uint64_t)ROUNDS * cpu_count(), "lock");
}
