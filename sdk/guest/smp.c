/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Starting the other CPUs, and their work.
 */
#include "private.h"

/* INIT, 10 ms, SIPI, 200 us, SIPI: Intel SDM vol. 3, 9.4.4.1. */
#define INIT_DELAY_US 10000
#define SIPI_DELAY_US 200

/* Emulation on a busy host is slow; a CPU that only CPUID tells of may not exist. */
#define START_TIMEOUT_US 1000000
#define GUESS_TIMEOUT_US 50000

#define XAPIC_MAX_ID    254u
#define CPUID_EDX_HTT   (1u << 28)
#define TOPOLOGY_LEVELS 4u

static struct cpu_private *cpus[GUEST_MAX_CPUS];
static uint32_t count;
static uint32_t announced;
static smp_fn *idle_step;
static void *idle_arg;
static bool use_x2;

uint32_t cpu_count(void)
{
    return count;
}

uint32_t cpu_count_announced(void)
{
    return announced;
}

struct cpu *cpu_at(uint32_t index)
{
    return index < count ? &cpus[index]->cpu : NULL;
}

static void run_job(struct cpu_private *priv)
{
    struct guest_jmp jmp;

    priv->cpu.catcher = NULL;
    priv->cpu.handlers = 0;
    priv->job_fault.raised = false;
    if (guest_setjmp(&jmp) == 0) {
        guest_set_recovery(&jmp);
        priv->job_fn(priv->job_arg);
    } else {
        priv->job_fault = priv->cpu.unexpected;
    }
    __atomic_store_n(&priv->job_state, JOB_NONE, __ATOMIC_RELEASE);
}

static void rest(void)
{
    smp_fn *step = __atomic_load_n(&idle_step, __ATOMIC_ACQUIRE);

    if (step != NULL)
        step(idle_arg);
    else
        cpu_pause();
}

/* An exception here, between jobs (an NMI, for one), comes back to the loop. */
static void __attribute__((noreturn)) work(struct cpu_private *priv)
{
    struct guest_jmp idle;

    for (;;) {
        guest_setjmp(&idle);
        irq_disable();
        guest_set_recovery(&idle);
        while (__atomic_load_n(&priv->job_state, __ATOMIC_ACQUIRE) == JOB_NONE)
            rest();
        run_job(priv);
    }
}

void ap_main(struct cpu_private *priv)
{
    write_cr4(read_cr4() | CR4_PGE);
    cpu_setup(priv, priv->cpu.index);
    if (use_x2)
        apic_enable_x2();
    else
        apic_enable();
    priv->cpu.apic_id = apic_id();
    __atomic_store_n(&priv->online, 1, __ATOMIC_RELEASE);
    work(priv);
}

static bool is_cpu0(uint32_t id)
{
    return id == cpus[0]->cpu.apic_id;
}

/* Without firmware tables: the ids from 0 up, as many as CPUID leaf 0xb or 1 tells. */
static uint32_t guess_cpus(uint32_t *apic_ids, uint32_t max)
{
    uint32_t found = cpuid(1).ebx >> 16 & 0xff;

    if ((cpuid(1).edx & CPUID_EDX_HTT) == 0)
        found = 1;
    for (uint32_t i = 0; cpuid(0).eax >= 0xb && i < TOPOLOGY_LEVELS; i++) {
        uint32_t level = cpuid_count(0xb, i).ebx & 0xffff;

        if (level > found)
            found = level;
    }
    if (found > max)
        found = max;
    for (uint32_t i = 0; i < found; i++)
        apic_ids[i] = i;
    return found;
}

/* Puts a CPU's stack on offer; ap64 in boot.S finds the struct on its top. */
static void offer_stack(struct cpu_private *priv)
{
    void **top = (void **)(priv->kernel_stack + KERNEL_STACK_SIZE) - 2;

    *top = priv;
    __atomic_store_n(&ap_stack_offer, top, __ATOMIC_RELEASE);
}

static struct cpu_private *make_cpu(uint32_t index)
{
    struct cpu_private *priv = alloc_pages(sizeof(*priv) / PAGE_SIZE, 0);

    if (priv == NULL)
        guest_panic("no memory for CPU %u", index);
    paging_protect(phys_of(priv), sizeof(*priv), MAP_WRITE | MAP_USER | MAP_NX);
    priv->cpu.index = index;
    offer_stack(priv);
    return priv;
}

/* @return whether the offer was taken back before a CPU took it */
static bool withdraw_stack(void)
{
    return __atomic_exchange_n(&ap_stack_offer, NULL, __ATOMIC_ACQ_REL) != NULL;
}

/* @return whether the CPU came within the time */
static bool send_startup(uint32_t id, const struct cpu_private *priv, uint64_t timeout_us)
{
    uint8_t page = LOW_AP_TRAMPOLINE >> PAGE_SHIFT;

    apic_send_sipi(id, page);
    if (wait_until_equal(&priv->online, 1, SIPI_DELAY_US))
        return true;
    apic_send_sipi(id, page);
    return wait_until_equal(&priv->online, 1, timeout_us);
}

static bool start_cpu(uint32_t id, uint64_t timeout_us)
{
    struct cpu_private *priv = make_cpu(count);

    if (!send_startup(id, priv, timeout_us) && withdraw_stack()) {
        free_pages(priv, sizeof(*priv) / PAGE_SIZE);
        return false;
    }
    while (!wait_until_equal(&priv->online, 1, timeout_us))
        cpu_pause();
    cpus[count++] = priv;
    return true;
}

static void start_all(const uint32_t *ids, uint32_t id_count, uint64_t timeout_us)
{
    uint64_t limit = boot_option_number("maxcpus", GUEST_MAX_CPUS);

    for (uint32_t i = 0; i < id_count; i++) {
        if (!is_cpu0(ids[i]))
            apic_send_init(ids[i]);
    }
    udelay(INIT_DELAY_US);
    for (uint32_t i = 0; i < id_count && count < limit; i++) {
        if (!is_cpu0(ids[i]) && !start_cpu(ids[i], timeout_us))
            printf("CPU with APIC id %u did not start\n", ids[i]);
    }
}

void smp_init(void)
{
    static uint32_t ids[GUEST_MAX_CPUS];
    uint64_t timeout = START_TIMEOUT_US;

    cpus[0] = this_cpu()->priv;
    count = 1;
    announced = 1;
    if (!apic_present())
        return;
    announced = acpi_list_cpus(ids, GUEST_MAX_CPUS);
    if (announced == 0) {
        announced = guess_cpus(ids, GUEST_MAX_CPUS);
        timeout = GUESS_TIMEOUT_US;
    }
    for (uint32_t i = 0; i < announced; i++) {
        if (ids[i] > XAPIC_MAX_ID && !apic_is_x2())
            apic_enable_x2();
    }
    use_x2 = apic_is_x2();
    if (announced < 2 || boot_option_number("maxcpus", GUEST_MAX_CPUS) < 2)
        return;
    memcpy(virt_of(LOW_AP_TRAMPOLINE), ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
    start_all(ids, announced, timeout);
}

void smp_stop(uint32_t index)
{
    struct cpu_private *priv = cpus[index];

    if (index >= count || index == cpu_index())
        guest_panic("smp_stop: CPU %u on CPU %u of %u", index, cpu_index(), count);
    smp_join(index);
    priv->online = 0;
    apic_send_init(priv->cpu.apic_id);
    udelay(INIT_DELAY_US);
    offer_stack(priv);
}

uint64_t smp_entry(void)
{
    return phys_of(ap64);
}

bool smp_join_online(uint32_t index, uint64_t microseconds)
{
    return wait_until_equal(&cpus[index]->online, 1, microseconds);
}

bool smp_restart(uint32_t index)
{
    return send_startup(cpus[index]->cpu.apic_id, cpus[index], START_TIMEOUT_US);
}

void smp_set_idle(smp_fn *step, void *arg)
{
    idle_arg = arg;
    __atomic_store_n(&idle_step, step, __ATOMIC_RELEASE);
}

void smp_start(uint32_t index, smp_fn *fn, void *arg)
{
    struct cpu_private *priv;

    if (index >= count || index == cpu_index())
        guest_panic("smp_start: CPU %u on CPU %u of %u", index, cpu_index(), count);
    priv = cpus[index];
    smp_join(index);
    priv->job_fn = fn;
    priv->job_arg = arg;
    __atomic_store_n(&priv->job_state, JOB_POSTED, __ATOMIC_RELEASE);
}

struct fault smp_join(uint32_t index)
{
    struct cpu_private *priv = cpus[index];

    while (__atomic_load_n(&priv->job_state, __ATOMIC_ACQUIRE) != JOB_NONE)
        cpu_pause();
    return priv->job_fault;
}

bool smp_join_timeout(uint32_t index, uint64_t microseconds)
{
    return wait_until_equal(&cpus[index]->job_state, JOB_NONE, microseconds);
}

struct fault smp_call(uint32_t index, smp_fn *fn, void *arg)
{
    if (index == cpu_index()) {
        fn(arg);
        return (struct fault){ .raised = false };
    }
    smp_start(index, fn, arg);
    return smp_join(index);
}

struct fault smp_call_all(smp_fn *fn, void *arg)
{
    struct fault first = { .raised = false };

    for (uint32_t i = 0; i < count; i++) {
        if (i != cpu_index())
            smp_start(i, fn, arg);
    }
    fn(arg);
    for (uint32_t i = 0; i < count; i++) {
        struct fault fault = { .raised = false };

        if (i != cpu_index())
            fault = smp_join(i);
        if (fault.raised && !first.raised)
            first = fault;
    }
    return first;
}
