/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a CPU back end sees of a VP's local APIC. */
#include <hv/interrupt.h>

#include "apic_access.h"
#include "apic_bits.h"
#include "apic_route.h"
#include "core.h"

_Static_assert((int)HV_INTERRUPT_NONE == HV_APIC_NO_VECTOR, "one value for nothing");
_Static_assert(HV_INTERRUPT_NEVER == HV_APIC_NEVER, "one value for never");
_Static_assert((int)HV_INTERRUPT_NMI == HV_APIC_EVENT_NMI &&
                   (int)HV_INTERRUPT_INIT == HV_APIC_EVENT_INIT &&
                   (int)HV_INTERRUPT_STARTUP == HV_APIC_EVENT_STARTUP &&
                   (int)HV_INTERRUPT_EXTINT == HV_APIC_EVENT_EXTINT,
               "events are passed on as they are");

void hv_interrupt_post(struct hv_vp *vp, uint8_t vector, bool level)
{
    const struct hv_cpu_ops *cpu = hv_vp_cpu(vp);

    if (!hv_vp_has_apic(vp))
        cpu->inject_interrupt(cpu->context, vp, vector);
    else if (hv_apic_post(&vp->apic, vector, level))
        hv_vp_kick(vp);
}

void hv_vp_interrupt(struct hv_vp *self, struct hv_vp *target, uint8_t vector)
{
    if (target == self && hv_vp_has_apic(target))
        hv_apic_request(&target->apic, vector, false);
    else
        hv_interrupt_post(target, vector, false);
}

void hv_interrupt_post_event(struct hv_vp *vp, enum hv_interrupt_event event, int vector)
{
    if (hv_apic_post_event(&vp->apic, (enum hv_apic_event)event, vector))
        hv_vp_kick(vp);
}

static bool is_type(uint32_t type)
{
    return type == HV_APIC_FIXED || type == HV_APIC_LOWEST_PRIORITY || type == HV_APIC_NMI ||
           type == HV_APIC_INIT || type == HV_APIC_STARTUP;
}

hv_status hv_interrupt_assert(struct hv_partition *partition,
                              const struct hv_interrupt_request *request)
{
    const struct hv_apic_destination destination =
        hv_apic_device_destination(partition, request->destination, request->logical_destination);

    if (!is_type(request->type))
        return HV_STATUS_INVALID_PARAMETER;
    hv_apic_assert(partition, &destination, (uint8_t)request->type, request->vector,
                   request->level);
    return HV_STATUS_SUCCESS;
}

bool hv_interrupt_is_page(const struct hv_vp *vp, uint64_t gpa)
{
    return hv_apic_is_page(vp, gpa);
}

uint32_t hv_interrupt_page_load(struct hv_vp *vp, uint64_t gpa)
{
    return hv_apic_page_load(vp, gpa);
}

void hv_interrupt_page_store(struct hv_vp *vp, uint64_t gpa, uint32_t value)
{
    hv_apic_page_store(vp, gpa, value);
}

/* An INIT takes back a start-up IPI that came before it. */
void hv_vp_take_interrupts(struct hv_vp *vp)
{
    uint32_t taken = hv_apic_take_posts(&vp->apic);

    if (taken & HV_APIC_EVENT_INIT)
        vp->apic_events &= ~(uint32_t)HV_APIC_EVENT_STARTUP;
    if (taken & HV_APIC_EVENT_MONITORS) {
        vp->monitor_due = 0;
        hv_apic_touch(&vp->apic);
    }
    vp->apic_events |= taken & ~(uint32_t)HV_APIC_EVENT_MONITORS;
}

static uint64_t earliest(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static void serve_timers(struct hv_vp *vp, uint64_t tsc)
{
    if (tsc >= vp->apic.timer.deadline)
        hv_apic_timer_expire(&vp->apic, tsc);
    if (tsc >= vp->stimers.deadline)
        hv_stimer_expire(vp);
    if (tsc >= vp->unhalted_timer.deadline)
        hv_unhalted_timer_expire(vp, tsc);
    if (tsc >= vp->synic.retry)
        hv_synic_deliver(vp);
    if (tsc >= vp->monitor_due)
        hv_port_monitors_examine(vp);
    /* A timer may have posted an NMI. */
    if (hv_apic_has_post(&vp->apic))
        hv_vp_take_interrupts(vp);
}

const struct hv_interrupt_view *hv_interrupt_view(const struct hv_vp *vp)
{
    return &vp->apic.view;
}

static uint64_t next_deadline(const struct hv_vp *vp)
{
    uint64_t timers = earliest(earliest(vp->apic.timer.deadline, vp->stimers.deadline),
                               vp->unhalted_timer.deadline);

    return earliest(timers, earliest(vp->synic.retry, vp->monitor_due));
}

static void show(struct hv_vp *vp)
{
    struct hv_apic *apic = &vp->apic;
    struct hv_interrupt_view *view = &apic->view;

    *view = (struct hv_interrupt_view){
        .current = true,
        .fine_priority = (apic->tpr & 0xF) != 0,
        .cr8 = apic->tpr >> 4,
        .vector = HV_INTERRUPT_NONE,
        .deadline = next_deadline(vp),
    };
    if (!hv_apic_has_request(apic))
        return;
    view->vector = hv_apic_pending(apic);
    view->behind_priority =
        view->vector == HV_INTERRUPT_NONE && hv_apic_pending_behind_tpr(apic) != HV_APIC_NO_VECTOR;
}

void hv_interrupt_poll(struct hv_vp *vp, uint64_t tsc)
{
    serve_timers(vp, tsc);
    show(vp);
}

/*
 * TLFS: an interrupt of a SINT with AutoEOI needs no EOI, as if it had been there at once. While
 * messages wait for a full slot, an EOI is awaited: they are looked at again then.
 */
void hv_interrupt_accept(struct hv_vp *vp, uint8_t vector)
{
    bool auto_eoi = hv_apic_test(vp->synic.auto_eoi, vector);

    hv_apic_accept(&vp->apic, vector, auto_eoi);
    if (auto_eoi)
        hv_synic_deliver(vp);
    else if (vp->synic.retry == HV_APIC_NEVER)
        hv_apic_spare_eoi(&vp->apic);
    show(vp);
}

uint32_t hv_interrupt_events(struct hv_vp *vp, struct hv_interrupt_vectors *vectors)
{
    const struct hv_apic_inbox *inbox = &vp->apic.inbox;
    uint32_t events = vp->apic_events;

    vp->apic_events = 0;
    vectors->startup = (uint8_t)atomic_load_explicit(&inbox->startup_vector, memory_order_relaxed);
    vectors->extint = atomic_load_explicit(&inbox->extint_vector, memory_order_relaxed);
    return events;
}

void hv_interrupt_extint_taken(struct hv_vp *vp)
{
    if (hv_vp_parent(vp))
        atomic_store_explicit(&vp->partition->intercepts.extint_acknowledged, true,
                              memory_order_release);
}

void hv_interrupt_set_cr8(struct hv_vp *vp, uint8_t cr8)
{
    hv_apic_set_tpr(&vp->apic, (uint8_t)(cr8 << 4));
}

uint32_t hv_interrupt_local_entry(const struct hv_vp *vp, enum hv_interrupt_local entry)
{
    return vp->apic.lvt[entry];
}

void hv_interrupt_set_firmware_state(struct hv_vp *vp, uint32_t spurious, uint32_t lint0,
                                     uint32_t lint1)
{
    uint64_t now = hv_now(vp->partition);

    hv_apic_write(&vp->apic, HV_APIC_SVR, spurious, now);
    hv_apic_write(&vp->apic, HV_APIC_LVT_LINT0, lint0, now);
    hv_apic_write(&vp->apic, HV_APIC_LVT_LINT1, lint1, now);
}

uint64_t hv_interrupt_apic_base(const struct hv_vp *vp)
{
    return hv_apic_base(&vp->apic);
}

uint32_t hv_interrupt_logical_id(const struct hv_vp *vp)
{
    return atomic_load_explicit(&vp->apic.ldr, memory_order_relaxed);
}

uint32_t hv_interrupt_destination_format(const struct hv_vp *vp)
{
    return atomic_load_explicit(&vp->apic.dfr, memory_order_relaxed);
}
