/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How interrupts cross from one LP to another: bits in words that any LP sets and the owner takes,
 * and a summary that lets the owner find out with one load that there is nothing.
 */
#include "apic_bits.h"

#define LEVEL_SHIFT HV_APIC_WORDS
#define EVENT_SHIFT (2 * HV_APIC_WORDS)
#define WORDS_MASK  ((UINT32_C(1) << EVENT_SHIFT) - 1)

static bool announce(struct hv_apic_inbox *inbox, uint32_t bits)
{
    /* Release: who takes these bits by acquire sees the words and vectors set before. */
    return atomic_fetch_or_explicit(&inbox->summary, bits, memory_order_release) == 0;
}

bool hv_apic_post(struct hv_apic *apic, uint8_t vector, bool level)
{
    struct hv_apic_inbox *inbox = &apic->inbox;
    unsigned word = vector / 32;
    _Atomic uint32_t *words = level ? inbox->level : inbox->edge;

    /* Release: who takes the bit, be it on the announcement of another, sees what was before it. */
    atomic_fetch_or_explicit(&words[word], 1u << vector % 32, memory_order_release);
    return announce(inbox, 1u << (level ? word + LEVEL_SHIFT : word));
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

bool hv_apic_post_event(struct hv_apic *apic, enum hv_apic_event event, uint8_t vector)
{
    struct hv_apic_inbox *inbox = &apic->inbox;

    if (event == HV_APIC_EVENT_STARTUP)
        atomic_store_explicit(&inbox->startup_vector, vector, memory_order_relaxed);
    if (event == HV_APIC_EVENT_EXTINT)
        atomic_store_explicit(&inbox->extint_vector, vector, memory_order_relaxed);
    if (event == HV_APIC_EVENT_INIT)
        return announce_init(inbox);
    return announce(inbox, (uint32_t)event << EVENT_SHIFT);
}

static void take_word(struct hv_apic *apic, _Atomic uint32_t *word, unsigned first, bool level)
{
    /* Acquire: pairs with the release of each post. */
    uint32_t bits = atomic_exchange_explicit(word, 0, memory_order_acquire);

    while (bits != 0) {
        unsigned bit = (unsigned)__builtin_ctz(bits);

        bits &= bits - 1;
        hv_apic_request(apic, (uint8_t)(first + bit), level);
    }
}

static void take_words(struct hv_apic *apic, uint32_t summary)
{
    struct hv_apic_inbox *inbox = &apic->inbox;

    for (uint32_t words = summary & WORDS_MASK; words != 0; words &= words - 1) {
        unsigned index = (unsigned)__builtin_ctz(words);
        unsigned word = index % HV_APIC_WORDS;

        if (index < LEVEL_SHIFT)
            take_word(apic, &inbox->edge[word], word * 32, false);
        else
            take_word(apic, &inbox->level[word], word * 32, true);
    }
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
