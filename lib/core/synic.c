/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <stddef.h>

#include <hv/synic.h>

#include "apic_bits.h"
#include "core.h"
#include "mem.h"
#include "overlay_place.h"
#include "synic.h"

#define VERSION 1

/* How long until a slot that was full is looked at again, without the guest asking for it (TLFS:
   "the hypervisor will attempt to deliver again after an unspecified time"). */
#define RETRIES_PER_SECOND 1000

/* ---- Messages ---- */

bool hv_synic_is_on(const struct hv_synic *synic, const _Atomic uint64_t *page)
{
    return (atomic_load_explicit(&synic->scontrol, memory_order_relaxed) &
            HV_X64_MSR_SCONTROL_ENABLE) &&
           (atomic_load_explicit(page, memory_order_relaxed) & HV_X64_MSR_PAGE_ENABLE);
}

bool hv_synic_takes_messages(const struct hv_vp *vp)
{
    return hv_synic_is_on(&vp->synic, &vp->synic.simp);
}

static struct hv_message *slot_of(const struct hv_synic *synic, unsigned sint)
{
    struct hv_message_page *page = synic->message_page.page;

    return &page->sint_message[sint];
}

void hv_synic_interrupt(struct hv_vp *self, struct hv_vp *target, unsigned sint)
{
    uint64_t value = atomic_load_explicit(&target->synic.sint[sint], memory_order_relaxed);

    if (value & (HV_X64_MSR_SINT_MASKED | HV_X64_MSR_SINT_POLLING))
        return;
    hv_vp_interrupt(self, target, (uint8_t)(value & HV_X64_MSR_SINT_VECTOR_MASK));
}

static struct hv_synic_message *take_first(struct hv_synic *synic, unsigned sint)
{
    struct hv_synic_message *last = synic->last[sint], *message = last->next;

    last->next = message->next;
    if (message == last) {
        synic->last[sint] = NULL;
        synic->waiting &= ~(1u << sint);
    }
    message->queued = false;
    return message;
}

static uint32_t load_type(const struct hv_message *slot)
{
    const void *field = &slot->header.message_type;

    return __atomic_load_n((const uint32_t *)field, __ATOMIC_SEQ_CST);
}

/* The guest sees the type last: then the slot is full. What lies behind words of the payload stays
   what it was. */
static inline void fill_slot(struct hv_vp *vp, unsigned sint, const struct hv_message *message,
                             size_t words)
{
    struct hv_message *slot = slot_of(&vp->synic, sint);
    void *field = &slot->header.message_type;

    slot->header.payload_size = message->header.payload_size;
    slot->header.message_flags = vp->synic.last[sint] ? HV_MESSAGE_FLAG_PENDING : 0;
    slot->header.reserved = message->header.reserved;
    slot->header.origination_id = message->header.origination_id;
    memcpy(slot->payload, message->payload, words * sizeof(slot->payload[0]));
    if (message->header.message_type == HvMessageTimerExpired) {
        struct hv_timer_message_payload *timer = (void *)slot->payload;

        timer->delivery_time = hv_time_reference(vp->partition);
    }
    __atomic_store_n((uint32_t *)field, message->header.message_type, __ATOMIC_RELEASE);
}

/*
 * Tells the guest that there is more. It may empty the slot at the same time, and have looked at
 * the flag before: so the slot is looked at once more.
 */
static bool is_full_still(struct hv_message *slot)
{
    void *flags = &slot->header.message_flags;

    if (load_type(slot) == HvMessageTypeNone)
        return false;
    __atomic_fetch_or((uint8_t *)flags, HV_MESSAGE_FLAG_PENDING, __ATOMIC_SEQ_CST);
    return load_type(slot) != HvMessageTypeNone;
}

static struct hv_synic_message *first_alive(struct hv_vp *vp, unsigned sint)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_synic_message *first;

    while ((first = hv_synic_first(synic, sint)) != NULL && hv_synic_is_dead(first)) {
        take_first(synic, sint);
        first->release(vp, first);
    }
    return first;
}

/* One that is in no queue, into a slot that is empty. */
static void put_in_slot(struct hv_vp *vp, unsigned sint, struct hv_synic_message *message)
{
    fill_slot(vp, sint, &message->content, HV_MESSAGE_MAX_PAYLOAD_QWORD_COUNT);
    message->release(vp, message);
    hv_synic_interrupt(vp, vp, sint);
}

static void deliver_sint(struct hv_vp *vp, unsigned sint)
{
    struct hv_synic *synic = &vp->synic;

    while (first_alive(vp, sint) && !is_full_still(slot_of(synic, sint))) {
        struct hv_synic_message *message = take_first(synic, sint);

        if (message->gathers)
            hv_intercept_gather_signals(vp, message);
        put_in_slot(vp, sint, message);
    }
}

void hv_synic_deliver(struct hv_vp *vp)
{
    struct hv_synic *synic = &vp->synic;
    const struct hv_platform_facts *facts = &vp->partition->platform->facts;

    synic->retry = HV_APIC_NEVER;
    if (!synic->waiting || !hv_synic_takes_messages(vp))
        return;
    for (uint32_t sints = synic->waiting; sints != 0; sints &= sints - 1)
        deliver_sint(vp, (unsigned)__builtin_ctz(sints));
    if (!synic->waiting)
        return;
    hv_apic_require_eoi(&vp->apic);
    hv_apic_touch(&vp->apic);
    synic->retry = hv_now(vp->partition) + facts->tsc_hz / RETRIES_PER_SECOND;
}

static void append(struct hv_synic *synic, struct hv_synic_message *message)
{
    struct hv_synic_message **last = &synic->last[message->sint];

    message->next = *last ? (*last)->next : message;
    if (*last)
        (*last)->next = message;
    *last = message;
    message->queued = true;
    synic->waiting |= 1u << message->sint;
}

static void drop_dead(struct hv_vp *vp, unsigned sint)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_synic_message *message = hv_synic_first(synic, sint);

    synic->last[sint]->next = NULL;
    synic->last[sint] = NULL;
    synic->waiting &= ~(1u << sint);
    while (message) {
        struct hv_synic_message *next = message->next;

        message->queued = false;
        if (hv_synic_is_dead(message))
            message->release(vp, message);
        else
            append(synic, message);
        message = next;
    }
}

void hv_synic_drop_dead(struct hv_vp *vp)
{
    hv_synic_take_posts(vp);
    for (uint32_t sints = vp->synic.waiting; sints != 0; sints &= sints - 1)
        drop_dead(vp, (unsigned)__builtin_ctz(sints));
}

/* Whether a message has nothing to wait for. */
static bool is_free(const struct hv_vp *vp, unsigned sint)
{
    const struct hv_synic *synic = &vp->synic;

    return !(synic->waiting >> sint & 1) && hv_synic_takes_messages(vp) &&
           load_type(slot_of(synic, sint)) == HvMessageTypeNone;
}

bool hv_synic_show(struct hv_vp *vp, unsigned sint, const struct hv_message *message)
{
    size_t words = (message->header.payload_size + sizeof(uint64_t) - 1) / sizeof(uint64_t);

    if (hv_synic_has_posts(&vp->synic) || !is_free(vp, sint))
        return false;
    fill_slot(vp, sint, message, words);
    hv_synic_interrupt(vp, vp, sint);
    return true;
}

void hv_synic_queue(struct hv_vp *vp, struct hv_synic_message *message)
{
    if (is_free(vp, message->sint) && !hv_synic_is_dead(message)) {
        put_in_slot(vp, message->sint, message);
        return;
    }
    append(&vp->synic, message);
    hv_synic_deliver(vp);
}

void hv_synic_unqueue(struct hv_vp *vp, struct hv_synic_message *message)
{
    struct hv_synic *synic = &vp->synic;
    struct hv_synic_message *before = synic->last[message->sint];

    if (!message->queued)
        return;
    while (before->next != message)
        before = before->next;
    if (before == message) {
        synic->last[message->sint] = NULL;
        synic->waiting &= ~(1u << message->sint);
    } else if (synic->last[message->sint] == message) {
        synic->last[message->sint] = before;
    }
    before->next = message->next;
    message->queued = false;
}

/* TLFS: messages arrive in the order in which they were posted. */
void hv_synic_add(struct hv_vp *vp, struct hv_synic_message *message)
{
    if (hv_synic_has_posts(&vp->synic))
        hv_synic_take_posts(vp);
    hv_synic_queue(vp, message);
}

bool hv_synic_is_here(const struct hv_vp *self, const struct hv_vp *target)
{
    return target == self || (hv_sched_is_shared(self, target) && !target->waiting);
}

void hv_synic_post(struct hv_vp *self, struct hv_vp *target, struct hv_synic_message *message)
{
    struct hv_synic_message *head;

    if (hv_synic_is_here(self, target)) {
        hv_synic_add(target, message);
        if (target != self)
            hv_vp_wake(target);
        return;
    }
    head = atomic_load_explicit(&target->synic.posts, memory_order_relaxed);
    do {
        message->next = head;
        /* Release: pairs with the acquire in hv_synic_take_posts(). */
    } while (!atomic_compare_exchange_weak_explicit(&target->synic.posts, &head, message,
                                                    memory_order_release, memory_order_relaxed));
    if (!head)
        hv_vp_kick(target);
}

void hv_synic_collect_posts(struct hv_vp *vp)
{
    struct hv_synic_message *in_order = NULL, *posted;

    posted = atomic_exchange_explicit(&vp->synic.posts, NULL, memory_order_acquire);
    while (posted) {
        struct hv_synic_message *next = posted->next;

        posted->next = in_order;
        in_order = posted;
        posted = next;
    }
    while (in_order) {
        struct hv_synic_message *next = in_order->next;

        append(&vp->synic, in_order);
        in_order = next;
    }
}

void hv_synic_take_posts(struct hv_vp *vp)
{
    hv_synic_collect_posts(vp);
    hv_synic_deliver(vp);
}

/* ---- Event flags ---- */

bool hv_synic_takes_events(const struct hv_vp *vp)
{
    return hv_synic_is_on(&vp->synic, &vp->synic.siefp);
}

hv_status hv_synic_signal(struct hv_vp *self, struct hv_vp *target, uint8_t sint, uint32_t flag,
                          bool *newly_set)
{
    struct hv_synic_event_flags_page *page = target->synic.event_page.page;
    uint8_t *flags = &page->sint_event_flags[sint].flags[flag / 8];
    uint8_t bit = (uint8_t)(1u << flag % 8);

    *newly_set = false;
    if (!hv_synic_takes_events(target) ||
        (atomic_load_explicit(&target->synic.sint[sint], memory_order_relaxed) &
         HV_X64_MSR_SINT_MASKED))
        return HV_STATUS_INVALID_SYNIC_STATE;
    /* What the signaller wrote before is visible to the guest that sees the flag. */
    *newly_set = !(__atomic_fetch_or(flags, bit, __ATOMIC_SEQ_CST) & bit);
    if (*newly_set)
        hv_synic_interrupt(self, target, sint);
    return HV_STATUS_SUCCESS;
}

hv_status hv_synic_raise(struct hv_vp *vp, uint32_t sint)
{
    const struct hv_synic *synic = &vp->synic;

    if (sint >= HV_SYNIC_SINT_COUNT)
        return HV_STATUS_INVALID_PARAMETER;
    if (!(atomic_load_explicit(&synic->scontrol, memory_order_relaxed) &
          HV_X64_MSR_SCONTROL_ENABLE) ||
        (atomic_load_explicit(&synic->sint[sint], memory_order_relaxed) & HV_X64_MSR_SINT_MASKED))
        return HV_STATUS_INVALID_SYNIC_STATE;
    hv_synic_interrupt(NULL, vp, sint);
    return HV_STATUS_SUCCESS;
}

/* ---- Registers ---- */

static void drop_all(struct hv_vp *vp)
{
    struct hv_synic *synic = &vp->synic;

    while (synic->waiting) {
        struct hv_synic_message *message =
            take_first(synic, (unsigned)__builtin_ctz(synic->waiting));

        message->release(vp, message);
    }
    synic->retry = HV_APIC_NEVER;
}

void hv_synic_reset(struct hv_vp *vp)
{
    struct hv_partition *partition = vp->partition;
    struct hv_synic *synic = &vp->synic;

    hv_lock_acquire(&partition->register_lock);
    atomic_store_explicit(&synic->scontrol, 0, memory_order_relaxed);
    atomic_store_explicit(&synic->siefp, hv_place_of_vp(vp, HV_PLACE_SIEFP), memory_order_relaxed);
    atomic_store_explicit(&synic->simp, hv_place_of_vp(vp, HV_PLACE_SIMP), memory_order_relaxed);
    atomic_store_explicit(&synic->sirbp, hv_place_of_vp(vp, HV_PLACE_SIRBP), memory_order_relaxed);
    hv_overlay_disable(partition, &synic->event_page);
    hv_overlay_disable(partition, &synic->message_page);
    hv_overlay_disable(partition, &synic->ring_page);
    hv_lock_release(&partition->register_lock);
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++)
        atomic_store_explicit(&synic->sint[i], HV_X64_MSR_SINT_RESET, memory_order_relaxed);
    memset(synic->auto_eoi, 0, sizeof(synic->auto_eoi));
    hv_event_ring_reset(vp);
    hv_synic_take_posts(vp);
    drop_all(vp);
    memset(synic->event_page.page, 0, HV_PAGE_SIZE);
    memset(synic->message_page.page, 0, HV_PAGE_SIZE);
}

hv_status hv_synic_init(struct hv_vp *vp)
{
    struct hv_synic *synic = &vp->synic;
    const uint8_t access = HV_ACCESS_READ | HV_ACCESS_WRITE;
    hv_status status =
        hv_overlay_init(vp->partition, &synic->event_page, access, HV_X64_EXCEPTION_MC);

    if (status == HV_STATUS_SUCCESS)
        status = hv_event_ring_init(vp);
    if (status == HV_STATUS_SUCCESS)
        status = hv_overlay_init(vp->partition, &synic->message_page, access, HV_X64_EXCEPTION_MC);
    if (status == HV_STATUS_SUCCESS)
        hv_synic_reset(vp);
    return status;
}

void hv_synic_destroy(struct hv_vp *vp)
{
    /* The page that is made last. */
    if (vp->synic.message_page.page)
        hv_synic_reset(vp);
    hv_overlay_destroy(vp->partition, &vp->synic.event_page);
    hv_event_ring_destroy(vp);
    hv_overlay_destroy(vp->partition, &vp->synic.message_page);
}

/* A vector needs no EOI if any SINT that raises it says so. */
static void find_auto_eoi(struct hv_synic *synic)
{
    memset(synic->auto_eoi, 0, sizeof(synic->auto_eoi));
    for (unsigned i = 0; i < HV_SYNIC_SINT_COUNT; i++) {
        uint64_t value = atomic_load_explicit(&synic->sint[i], memory_order_relaxed);

        if ((value & HV_X64_MSR_SINT_AUTO_EOI) && !(value & HV_X64_MSR_SINT_MASKED))
            hv_apic_set(synic->auto_eoi, value & HV_X64_MSR_SINT_VECTOR_MASK);
    }
}

/* The reset value has vector 0 and must be accepted when it is written back: it is masked. */
static enum hv_msr_result write_sint(struct hv_vp *vp, unsigned sint, uint64_t value)
{
    if ((value & HV_X64_MSR_SINT_VECTOR_MASK) < HV_X64_MSR_SINT_VECTOR_FIRST &&
        !(value & HV_X64_MSR_SINT_MASKED))
        return HV_MSR_FAULT;
    atomic_store_explicit(&vp->synic.sint[sint], value, memory_order_relaxed);
    find_auto_eoi(&vp->synic);
    return HV_MSR_OK;
}

static enum hv_msr_result place_page(struct hv_vp *vp, _Atomic uint64_t *reg,
                                     struct hv_overlay *overlay, uint64_t value)
{
    enum hv_msr_result result = hv_msr_place_page(vp->partition, reg, overlay, value);

    /* What came while the page was off can be delivered now. */
    hv_synic_deliver(vp);
    return result;
}

static bool is_sint(uint32_t msr)
{
    return msr >= HV_X64_MSR_SINT0 && msr <= HV_X64_MSR_SINT15;
}

enum hv_msr_result hv_synic_read(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    const struct hv_synic *synic = &vp->synic;

    switch (msr) {
    case HV_X64_MSR_SCONTROL:
        *value = atomic_load_explicit(&synic->scontrol, memory_order_relaxed);
        break;
    case HV_X64_MSR_SVERSION:
        *value = VERSION;
        break;
    case HV_X64_MSR_SIEFP:
        *value = atomic_load_explicit(&synic->siefp, memory_order_relaxed);
        break;
    case HV_X64_MSR_SIMP:
        *value = atomic_load_explicit(&synic->simp, memory_order_relaxed);
        break;
    case HV_X64_MSR_SIRBP:
        *value = atomic_load_explicit(&synic->sirbp, memory_order_relaxed);
        return synic->ring_page.page ? HV_MSR_OK : HV_MSR_FAULT;
    default:
        *value = is_sint(msr) ? atomic_load_explicit(&synic->sint[msr - HV_X64_MSR_SINT0],
                                                     memory_order_relaxed)
                              : 0;
        break;
    }
    return HV_MSR_OK;
}

enum hv_msr_result hv_synic_write(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_synic *synic = &vp->synic;

    switch (msr) {
    case HV_X64_MSR_SCONTROL:
        atomic_store_explicit(&synic->scontrol, value, memory_order_relaxed);
        hv_synic_deliver(vp);
        return HV_MSR_OK;
    case HV_X64_MSR_SIEFP:
        return place_page(vp, &synic->siefp, &synic->event_page, value);
    case HV_X64_MSR_SIMP:
        return place_page(vp, &synic->simp, &synic->message_page, value);
    case HV_X64_MSR_SIRBP:
        return synic->ring_page.page ? place_page(vp, &synic->sirbp, &synic->ring_page, value)
                                     : HV_MSR_FAULT;
    case HV_X64_MSR_EOM:
        hv_synic_deliver(vp);
        return HV_MSR_OK;
    default:
        return is_sint(msr) ? write_sint(vp, msr - HV_X64_MSR_SINT0, value) : HV_MSR_FAULT;
    }
}
