/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The EOI assist (TLFS: virtual interrupts, "EOI Assist"): a guest that completes an interrupt by
 * clearing No EOI Required, the hypervisor that sets it and finds out later, and senders on other
 * LPs that make interrupts pending meanwhile. Two vectors of different priority, by edge.
 *
 * Whatever the order of their steps: what was to be done before an IPI is done in the end, no
 * interrupt stays in service or requested, and each completion of the hypervisor's stands for one of
 * the guest's, of the same vector.
 *
 * The VP's guest and the hypervisor on its LP take turns, so they are one process; a kick reaches
 * the guest after any of its steps, but not at once.
 */
#define LOW   1
#define HIGH  2
#define SENDS 2 /* IPIs of a sender */
/* On the stack: the idle guest, and one for each IPI, since one may come before the IRET of another. */
#define HANDLERS (1 + 2 * SENDS)

/* Of the vectors in a mask. */
#define HIGHEST(mask) ((mask) & HIGH -> HIGH : (mask))

byte work[HIGH + 1];             /* what an IPI asks for; the guest's own */
byte posted;                     /* the inbox */
bool kicked;

byte irr, isr;
bool no_eoi_required;            /* guest memory */
bool lazy;                       /* it was set for the highest in service, which may be complete */

/* The guest: its handlers, one on top of another, and how far each has come. */
mtype = { IDLE, ENTERED, DONE, SAW_BIT, WRITES_EOI, ENDED };
mtype step[HANDLERS];
byte vector[HANDLERS];
byte depth;
bool interruptible = true;             /* RFLAGS.IF */
bool window;                     /* the VP exits when the guest sets it */

byte ended[HIGH + 1];            /* EOIs of the guest's that the hypervisor has not seen */

inline post(target)
{
    atomic { was = posted; posted = posted | target };
    if
#ifdef KICKS_FOR_HIGHER
    /* A sender that looks what is in service: below that, it thinks, there is no hurry. */
    :: was == 0 && target > HIGHEST(isr) -> kicked = true
#else
    :: was == 0 -> kicked = true
#endif
    :: else
    fi
}

proctype Sender(byte target)
{
    byte i, was;

    for (i : 1 .. SENDS) {
        work[target] = work[target] + 1;
        post(target)
    }
}

/* ---- The hypervisor; what no other process sees is one step ---- */

/* As hv_apic_eoi(). */
inline complete()
{
    if
    :: isr != 0 ->
       assert(ended[HIGHEST(isr)] > 0);
       ended[HIGHEST(isr)] = ended[HIGHEST(isr)] - 1;
       isr = isr & ~HIGHEST(isr)
    :: else
    fi
}

/* What the guest has completed by itself is seen. */
inline settle()
{
    if
    :: lazy && !no_eoi_required ->
#ifndef SETTLES_TWICE
       lazy = false;
#endif
       complete()
    :: else
    fi
}

/* An interrupt that is requested may wait for the EOI, and wants to be told of it. */
inline want_eoi()
{
    if
#ifdef FORGETS_EQUAL
    :: lazy && (irr & ~HIGHEST(isr)) ->
#else
    :: lazy && irr != 0 ->
#endif
       no_eoi_required = false;
       lazy = false
    :: else
    fi
}

inline take_posts()
{
#ifdef FORGETS_KICK
    irr = irr | posted;
    posted = 0;
    kicked = false
#else
    kicked = false;
    atomic { irr = irr | posted; posted = 0 }
#endif
}

inline inject()
{
    window = HIGHEST(irr) > HIGHEST(isr);
    if
    :: window && interruptible ->
       taken = HIGHEST(irr);
       irr = irr & ~taken;
       isr = isr | taken;
#ifdef IGNORES_PENDING
       no_eoi_required = true;
#else
       no_eoi_required = irr == 0;
#endif
       lazy = no_eoi_required;
       depth++;
       vector[depth] = taken;
       step[depth] = ENTERED;
       interruptible = false;
       window = false
    :: else
    fi
}

inline prepare()
{
    take_posts();
    atomic {
#ifdef CLEARS_WITHOUT_LOOKING
        want_eoi();
        settle();
#else
        settle();
#ifndef LEAVES_IT_SET
        want_eoi();
#endif
#endif
        inject()
    }
}

inline write_eoi()
{
#ifndef EOI_ALONE
    settle();
#endif
#ifndef EOI_LEAVES_IT_SET
    no_eoi_required = false;
#endif
    lazy = false;
    complete()
}

/* ---- The guest ---- */

inline clear_bit()
{
    no_eoi_required = false;
    ended[vector[depth]] = ended[vector[depth]] + 1;
    step[depth] = ENDED
}

inline end_interrupt()
{
    if
#ifdef TESTS_THEN_CLEARS
    :: no_eoi_required -> step[depth] = SAW_BIT
#else
    :: no_eoi_required -> clear_bit()
#endif
    :: !no_eoi_required -> step[depth] = WRITES_EOI
    :: step[depth] = WRITES_EOI /* a conventional one, whatever the bit says */
    fi
}

inline set_if()
{
    interruptible = true;
    if
    :: window -> break
    :: else
    fi
}

inline run_guest()
{
    do
    :: kicked -> break
    :: step[depth] == ENTERED -> work[vector[depth]] = 0; step[depth] = DONE
    :: step[depth] == DONE -> end_interrupt()
#ifdef TESTS_THEN_CLEARS
    :: step[depth] == SAW_BIT -> clear_bit()
#endif
    :: atomic {
           step[depth] == WRITES_EOI ->
           ended[vector[depth]] = ended[vector[depth]] + 1;
           step[depth] = ENDED;
           write_eoi();
           break
       }
    :: atomic {
           step[depth] == ENDED -> /* IRET */
           vector[depth] = 0;
           depth--;
           set_if()
       }
    :: atomic { !interruptible -> set_if() }
    od
}

active proctype Processor()
{
    byte taken;

    step[0] = IDLE;
    do
    :: prepare(); run_guest()
    od
}

init {
    atomic {
        run Sender(LOW);
        run Sender(HIGH)
    }
    timeout;
    assert(depth == 0 && work[LOW] == 0 && work[HIGH] == 0);
    /* The last one may be complete without the hypervisor having looked. */
    assert(posted == 0 && irr == 0);
    assert(isr == 0 || (lazy && !no_eoi_required));
    assert(ended[LOW] + ended[HIGH] == (isr == 0 -> 0 : 1))
}
