/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "apic_support.h"
#include "interrupt_line.h"

#define VECTORS 256
#define WORD    32

struct apic_log apic_log;

static uint32_t word(enum apic_register first, unsigned index)
{
    return apic_read((enum apic_register)((unsigned)first + index * 16));
}

static bool is_any_pending(void)
{
    uint32_t any = 0;

    for (unsigned i = 0; i < VECTORS / WORD; i++)
        any |= word(APIC_IRR, i);
    return any != 0;
}

/* One read instead of eight. */
static bool is_any_in_service(void)
{
    return apic_read(APIC_PPR) != 0;
}

/* Handlers may complete what they take, or leave that to who drains. */
void apic_drain(void)
{
    apic_write(APIC_TPR, 0);
    for (unsigned i = 0; i < VECTORS && (is_any_in_service() || is_any_pending()); i++) {
        if (is_any_in_service())
            apic_eoi();
        irq_window();
    }
}

void apic_calm(void *unused)
{
    (void)unused;
    irq_disable();
    apic_timer_stop();
    apic_enable();
    if (!apic_is_x2()) {
        apic_write(APIC_LDR, 0);
        apic_write(APIC_DFR, UINT32_MAX);
    }
    apic_drain();
}

void apic_begin(void)
{
    if (!apic_present())
        test_skip("there is no local APIC");
    interrupt_line_stop();
    REQUIRE_NO_FAULT(smp_call_all(apic_calm, NULL));
}

/* ---- Who has received what ---- */

struct holders {
    uint8_t vector;
    apic_cpus cpus;
};

static void note_holder(void *argument)
{
    struct holders *holders = argument;

    if (apic_is_pending(holders->vector))
        __atomic_fetch_or(&holders->cpus, apic_cpu(cpu_index()), __ATOMIC_RELAXED);
}

apic_cpus apic_holders(uint8_t vector)
{
    struct holders holders = { .vector = vector };

    CHECK_NO_FAULT(smp_call_all(note_holder, &holders));
    return holders.cpus;
}

static void drain(void *unused)
{
    (void)unused;
    apic_drain();
}

void apic_check_arrival(uint8_t vector, apic_cpus expected, const char *what)
{
    uint64_t start = rdtsc();
    apic_cpus cpus = apic_holders(vector);

    while ((cpus & expected) != expected && tsc_to_us(rdtsc() - start) < APIC_WAIT) {
        cpu_pause();
        cpus = apic_holders(vector);
    }
    udelay(APIC_QUIET);
    cpus = apic_holders(vector);
    REQUIRE(cpus == expected, "%s: the interrupt is pending on CPUs 0x%llx, not 0x%llx", what,
            (unsigned long long)cpus, (unsigned long long)expected);
    CHECK_NO_FAULT(smp_call_all(drain, NULL));
}

/* ---- Handlers ---- */

void apic_note(struct trap_frame *frame, void *unused)
{
    uint32_t count = apic_log.count;

    (void)unused;
    if (count < sizeof(apic_log.vectors))
        apic_log.vectors[count] = (uint8_t)frame->vector;
    apic_log.count = count + 1;
}

void apic_note_and_end(struct trap_frame *frame, void *unused)
{
    apic_note(frame, unused);
    apic_eoi();
}

static void set_handler(interrupt_fn *handler)
{
    register_interrupt(APIC_LOW, handler, NULL);
    register_interrupt(APIC_MIDDLE, handler, NULL);
    register_interrupt(APIC_HIGH, handler, NULL);
}

void apic_log_start(interrupt_fn *handler)
{
    apic_log.count = 0;
    set_handler(handler);
}

void apic_log_stop(void)
{
    set_handler(NULL);
}

bool apic_log_wait(uint32_t count)
{
    uint64_t start = rdtsc();

    /* PAUSE: QEMU runs its processors in turns of up to 100 ms on one thread, and by it the turn
       ends. What is waited for may need the others, often, one after the other. */
    while (apic_log.count < count && tsc_to_us(rdtsc() - start) < APIC_WAIT) {
        irq_window();
        cpu_pause();
    }
    return apic_log.count >= count;
}

void apic_take_now(uint8_t vector)
{
    uint32_t count = apic_log.count;

    apic_self_ipi(vector);
    REQUIRE(apic_log_wait(count + 1), "interrupt 0x%x does not come", vector);
}

bool apic_is_level(uint8_t vector)
{
    return (word(APIC_TMR, vector / WORD) >> vector % WORD & 1) != 0;
}

/* On a busy host INIT may take its time, and a start-up IPI that comes before it is over counts for
   nothing. */
void apic_restart(uint32_t cpu)
{
    for (unsigned i = 0; i < 8; i++)
        if (smp_restart(cpu))
            return;
    REQUIRE(false, "CPU %u did not come back", cpu);
}
