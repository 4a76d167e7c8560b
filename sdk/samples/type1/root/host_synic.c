/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Messages about children come to SINT 0, the timer's to another; interrupts of both do no more
 * than end a wait. Interrupts are disabled except while this VP waits.
 */
#include <guest/guest.h>

#include "host.h"
#include "host_start.h"

#define INTERCEPT_SINT HV_SYNIC_INTERCEPTION_SINT_INDEX
#define TIMER_SINT     1u
#define VECTOR         0x50u
#define LEAST_WAIT     5000u /* 500 us */

static struct hv_message_page messages __attribute__((aligned(4096)));
static uint64_t armed = UINT64_MAX; /* when the timer expires; UINT64_MAX: never */

static void wake(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    apic_eoi();
}

/* Only this VP has anything to do; the others leave their processors to the children. */
static void stop_other_cpus(void)
{
    for (uint32_t i = 1; i < cpu_count(); i++)
        smp_stop(i);
}

const char *root_host_start_synic(void)
{
    stop_other_cpus();
    register_interrupt(VECTOR, wake, NULL);
    wrmsr(HV_X64_MSR_SIMP, phys_of(&messages) | HV_X64_MSR_PAGE_ENABLE);
    wrmsr(HV_X64_MSR_SINT0 + INTERCEPT_SINT, VECTOR);
    wrmsr(HV_X64_MSR_SINT0 + TIMER_SINT, VECTOR);
    wrmsr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    wrmsr(HV_X64_MSR_STIMER0_CONFIG,
          HV_X64_MSR_STIMER_CONFIG_AUTO_ENABLE | (uint64_t)TIMER_SINT
                                                     << HV_X64_MSR_STIMER_CONFIG_SINTX_SHIFT);
    return NULL;
}

const char *root_host_start(void)
{
    const char *wrong = root_host_start_calls();

    if (wrong)
        return wrong;
    root_host_start_time();
    return root_host_start_synic();
}

/* ---- Messages ---- */

static bool is_empty(unsigned sint)
{
    const volatile struct hv_message_header *header = &messages.sint_message[sint].header;

    return header->message_type == HvMessageTypeNone;
}

/* TLFS "SynIC message flags": the slot is emptied, then the flag read, then EOM written. */
static void free_slot(unsigned sint)
{
    volatile struct hv_message_header *header = &messages.sint_message[sint].header;

    header->message_type = HvMessageTypeNone;
    __asm__ volatile("mfence" ::: "memory");
    if (header->message_flags & HV_MESSAGE_FLAG_PENDING)
        wrmsr(HV_X64_MSR_EOM, 0);
}

const struct hv_message *root_host_message(void)
{
    return is_empty(INTERCEPT_SINT) ? NULL : &messages.sint_message[INTERCEPT_SINT];
}

void root_host_free_message(void)
{
    free_slot(INTERCEPT_SINT);
}

/* ---- Time ---- */

/* A count that has passed expires at once; 0 stops the timer. */
static void set_timer(uint64_t deadline)
{
    if (deadline == armed)
        return;
    armed = deadline;
    wrmsr(HV_X64_MSR_STIMER0_COUNT, deadline == UINT64_MAX ? 0 : deadline);
}

/* Not for each character of a serial port: a guest that waits for it asks, and then time has gone
   on anyway. */
void root_host_wake_at(uint64_t deadline)
{
    uint64_t least;

    if (deadline >= armed)
        return;
    least = root_host_now() + LEAST_WAIT;
    deadline = deadline < least ? least : deadline;
    if (deadline < armed)
        set_timer(deadline);
}

static void take_expiration(void)
{
    if (!is_empty(TIMER_SINT)) {
        armed = UINT64_MAX;
        free_slot(TIMER_SINT);
    }
}

/* STI lets none in before the instruction behind it has been executed. */
void root_host_poll(void)
{
    irq_enable();
    __asm__ volatile("nop");
    irq_disable();
    take_expiration();
}

void root_host_wait(uint64_t deadline)
{
    set_timer(deadline);
    while (is_empty(INTERCEPT_SINT) && is_empty(TIMER_SINT)) {
        irq_enable_and_halt();
        irq_disable();
    }
    take_expiration();
}
