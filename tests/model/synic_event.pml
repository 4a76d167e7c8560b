/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Event flags of one SINT (TLFS: inter-partition communication, "SynIC event flags"): signallers on
 * several LPs, which share the flags' byte, and the guest's handler.
 *
 * Whatever the order of their steps: all that was to be done before a signal is done in the end,
 * and there is an interrupt for each flag that becomes set, and for no other.
 */
#define SIGNALLERS 3
#define EACH       2 /* signals of each: the first flag, then the second */
#define FLAGS      2

byte flags;                      /* guest memory */
byte work[FLAGS];                /* what a signal tells of; the guest's own */
bool irr;                        /* the SINT's interrupt is requested */
byte became_set, interrupts;     /* how often */

/* As hv_synic_signal(). */
inline set_flag(mask)
{
#ifdef INTERRUPTS_FIRST
    irr = true;
#endif
#ifdef SETS_IN_TWO_STEPS
    was = flags;
    atomic {
        became_set = became_set + (flags & mask -> 0 : 1);
        flags = was | mask
    };
#else
    atomic {
        was = flags;
        became_set = became_set + (was & mask -> 0 : 1);
        flags = was | mask
    };
#endif
    if
#ifdef INTERRUPTS_ALWAYS
    :: true ->
#else
    :: !(was & mask) ->
#endif
       atomic {
#ifndef INTERRUPTS_FIRST
           irr = true;
#endif
           interrupts++
       }
    :: else
    fi
}

proctype Signaller()
{
    byte signal, was;

    for (signal : 0 .. EACH - 1) {
        work[signal % FLAGS] = work[signal % FLAGS] + 1;
        set_flag((1 << (signal % FLAGS)))
    }
}

/* What waits is taken at once, as from a ring. */
inline act()
{
    work[flag] = 0
}

inline clear_flag(mask)
{
#ifdef CLEARS_IN_TWO_STEPS
    seen_again = flags;
    flags = seen_again & ~mask
#else
    flags = flags & ~mask
#endif
}

inline handle()
{
#ifdef CLEARS_LAST
    act();
    clear_flag((1 << flag))
#else
    clear_flag((1 << flag));
    act()
#endif
}

active proctype Guest()
{
    byte seen, flag;
#ifdef CLEARS_IN_TWO_STEPS
    byte seen_again;
#endif

    do
    :: irr ->
#ifndef ACKNOWLEDGES_LAST
       irr = false;
#endif
       seen = flags;
       for (flag : 0 .. FLAGS - 1) {
           if
           :: seen & (1 << flag) -> handle()
           :: else
           fi
       }
#ifdef ACKNOWLEDGES_LAST
       irr = false
#endif
    od
}

init {
    byte id;

    atomic {
        for (id : 1 .. SIGNALLERS) {
            run Signaller()
        }
    }
    timeout;
    assert(work[0] == 0 && work[1] == 0);
    assert(flags == 0);
    assert(interrupts == became_set)
}
