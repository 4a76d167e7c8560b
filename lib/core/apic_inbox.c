/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How interrupts cross from one LP to another: bits in words that any LP sets and the owner takes,
 * and a summary that lets the owner find out with one load that there is nothing.
 */
#include "apic_bits.h"
#include "mem.h"

#define LEVEL       (UINT32_C(1) << HV_APIC_WORDS)
#define EDGE_MASK   (LEVEL - 1)
#define EVENT_SHIFT (HV_APIC_WORDS + 1)
#define WORDS_MASK  ((UINT32_C(1) << EVENT_SHIFT) - 1)

static bool announce(struct hv_apic_inbox *inbox, uint32_t bits)
{
    /* Release: who takes these bits by acquire sees the words and vectors set before. */
    return atomic_fetch_or_explicit(&inbox->summary, bits, memory_order_release) == 0;
}

static bool post_edge(struct hv_apic_inbox *inbox, uint8_t vector)
{
    unsigned word = vector / 32;

    /* Release: who takes the bit, be it on the announcement of another, sees what was before it. */
    atomic_fetch_or_explicit(&inbox->edge[word], 1u << vector % 32, memory_order_release);
    return announce(inbox, 1u << word);
}

static bool post_level(struct hv_apic_inbox *inbox, uint8_t vector)
{
    hv_lock_acquire(&inbox->level_lock);
    hv_apic_set(inbox->level, vector);
    hv_lock_release(&inbox->level_lock);
    return announce(inbox, LEVEL);
}

bool hv_apic_post(struct hv_apic *apic, uint8_t vector, bool level)
{
    return level ? post_level(&apic->inbox, vector) : post_edge(&apic->inbox, vector);
}

bool hv_apic_post_withdrawal(struct hv_apic *apic)
{
    struct hv_apic_inbox *inbox = &apic->inbox;

    hv_lock_acquire(&inbox->level_lock);
    memset(inbox->level, 0, sizeof(inbox->level));
    inbox->withdrawn = true;
    hv_lock_release(&inbox->level_lock);
    return announce(inbox, LEVEL);
}

/* An INIT makes its target wait for a start-up IPI that comes later: one from before is over. */
static bool announce_init(struct hv_apic_inbox *inbox)
{
    const uint32_t startup = (uint32_t)HV_APIC_EVENT_STARTUP << EVENT_SHIFT;
    const uint32_t init = (uint32_t)HV_APIC_EVENT_INIT << EVENT_SHIFT;
    uint32_t summary = atomic_load_explicit(&inbox->summary, memory_order_relaxed);

    /* Release: as in announce(). */
    while (!atomic_compare_exchange_weak_explicit(&inbox->summary, &summary,
                                                  (summary & ~startup) | init, memory_order_release,
                                                  memory_order_relaxed))
        continue;
    return summary == 0;
}

bool hv_apic_post_event(struct hv_apic *apic, enum hv_apic_event event, int vector)
{
    struct hv_apic_inbox *inbox = &apic->inbox;

    if (event == HV_APIC_EVENT_STARTUP)
        atomic_store_explicit(&inbox->startup_vector, (uint8_t)vector, memory_order_relaxed);
    if (event == HV_APIC_EVENT_EXTINT)
        atomic_store_explicit(&inbox->extint_vector, vector, memory_order_relaxed);
    if (event == HV_APIC_EVENT_INIT)
        return announce_init(inbox);
    return announce(inbox, (uint32_t)event << EVENT_SHIFT);
}

static void request(struct hv_apic *apic, uint32_t bits, unsigned word, bool level)
{
    for (; bits != 0; bits &= bits - 1)
        hv_apic_request(apic, (uint8_t)(word * 32 + (unsigned)__builtin_ctz(bits)), level);
}

static void take_edges(struct hv_apic *apic, uint32_t words)
{
    for (; words != 0; words &= words - 1) {
        unsigned word = (unsigned)__builtin_ctz(words);
        /* Acquire: pairs with the release of each post. */
        uint32_t bits = atomic_exchange_explicit(&apic->inbox.edge[word], 0, memory_order_acquire);

        request(apic, bits, word, false);
    }
}

static void withdraw(struct hv_apic *apic)
{
    for (unsigned word = 0; word < HV_APIC_WORDS; word++)
        apic->irr[word] &= ~apic->tmr[word];
    hv_apic_touch(apic);
}

static void take_levels(struct hv_apic *apic)
{
    struct hv_apic_inbox *inbox = &apic->inbox;
    uint32_t words[HV_APIC_WORDS];
    bool withdrawn;

    hv_lock_acquire(&inbox->level_lock);
    memcpy(words, inbox->level, sizeof(words));
    memset(inbox->level, 0, sizeof(inbox->level));
    withdrawn = inbox->withdrawn;
    inbox->withdrawn = false;
    hv_lock_release(&inbox->level_lock);
    if (withdrawn)
        withdraw(apic);
    for (unsigned word = 0; word < HV_APIC_WORDS; word++)
        request(apic, words[word], word, true);
}

static void take_words(struct hv_apic *apic, uint32_t summary)
{
    take_edges(apic, summary & EDGE_MASK);
    if (summary & LEVEL)
        take_levels(apic);
}

uint32_t hv_apic_take_posts(struct hv_apic *apic)
{
    /* Acquire pairs with the release of each announcement, which later ones carry on. */
    uint32_t summary = atomic_exchange_explicit(&apic->inbox.summary, 0, memory_order_acquire);

    take_words(apic, summary);
    return summary >> EVENT_SHIFT;
}

uint32_t hv_apic_take_interrupts(struct hv_apic *apic)
{
    /* As above. */
    uint32_t summary =
        atomic_fetch_and_explicit(&apic->inbox.summary, ~WORDS_MASK, memory_order_acquire);

    take_words(apic, summary);
    return summary >> EVENT_SHIFT;
}
