/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The other CPUs. An emulator that counts instructions runs one CPU at a time and goes on to the
 * next when one halts or executes PAUSE; so they halt, or they execute PAUSE in a loop whose rounds
 * they count.
 */
#include "bench.h"

#define SETTLE_ROUNDS     64
#define INSTRUCTIONS_SPIN 4

struct processor {
    volatile uint64_t rounds;
    volatile uint32_t spins;
    void (*volatile run)(void); /* NULL: nothing */
    uint32_t vp;
} __attribute__((aligned(64)));

static struct processor processors[GUEST_MAX_CPUS];

static void note_vp(void *unused)
{
    (void)unused;
    processors[cpu_index()].vp = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
}

static void spin(struct processor *self)
{
    __asm__ volatile("1: incq %0\n"
                     "pause\n"
                     "cmpl $0, %1\n"
                     "jne 1b"
                     : "+m"(self->rounds)
                     : "m"(self->spins)
                     : "cc", "memory");
}

static void rest(void *unused)
{
    struct processor *self = &processors[cpu_index()];

    (void)unused;
    for (;;) {
        irq_enable_and_halt();
        if (self->run)
            self->run();
        self->run = NULL;
        if (self->spins)
            spin(self);
        irq_disable();
    }
}

void processors_init(void)
{
    smp_call_all(note_vp, NULL);
    for (uint32_t i = 1; i < cpu_count(); i++)
        smp_start(i, rest, NULL);
    processors_settle();
}

void processors_settle(void)
{
    for (unsigned i = 0; i < SETTLE_ROUNDS; i++)
        cpu_pause();
}

uint64_t processors_mask(uint32_t vps)
{
    uint64_t mask = 0;

    if (vps == 1)
        return UINT64_C(1) << processors[1].vp;
    for (uint32_t i = 0; i < vps; i++)
        mask |= UINT64_C(1) << processors[i].vp;
    return mask;
}

uint32_t processors_vp(uint32_t cpu)
{
    return processors[cpu].vp;
}

void processors_call(uint32_t cpu, void (*run)(void))
{
    processors[cpu].run = run;
    apic_send_ipi(cpu_at(cpu)->apic_id, BENCH_VECTOR);
    while (processors[cpu].run)
        cpu_pause();
}

void processors_spin(uint64_t mask)
{
    for (uint32_t i = 1; i < cpu_count(); i++) {
        if (processors[i].vp >= 64 || !(mask >> processors[i].vp & 1))
            continue;
        processors[i].rounds = 0;
        processors[i].spins = 1;
        apic_send_ipi(cpu_at(i)->apic_id, BENCH_VECTOR);
        while (processors[i].rounds == 0)
            cpu_pause();
    }
}

void processors_rest(void)
{
    for (uint32_t i = 1; i < cpu_count(); i++)
        processors[i].spins = 0;
    processors_settle();
}

uint64_t processors_spun(void)
{
    uint64_t rounds = 0;

    for (uint32_t i = 1; i < cpu_count(); i++)
        rounds += processors[i].rounds;
    return rounds * INSTRUCTIONS_SPIN;
}
