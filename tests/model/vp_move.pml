/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A VP that is dispatched from several LPs: each asks the one that has it, while others post
 * something for it and kick.
 *
 * Whatever the order of their steps: one LP at a time touches the VP; nothing that was posted is
 * left; each dispatch ends; and when the VP has ended, nobody touches it.
 */
#define LPS     3
#define SENDERS 1
#define NOBODY  LPS

/* What an LP is at with its dispatch. */
#define BEGINS 0
#define WAITS  1
#define RUNS   2
#define DONE   3

/* The VP. */
byte owner = 0;
byte taker = NOBODY;
bool mark;              /* it is in a list, or about to be */
bool posted;            /* a request, or what the VP waits for */
bool runs;              /* or is about to */
bool gone;              /* its memory is somebody else's */

/* Each LP's list of kicks, with this VP or without; and whether the LP is to look at it. */
bool listed[LPS];
bool kicked[LPS];

byte finished;          /* senders and dispatches */

#define ENDS (finished == LPS + SENDERS)

inline put_into(lp)
{
    assert(!gone && !listed[lp]);
    listed[lp] = true;
}

/* As hv_vp_kick(). */
inline kick()
{
    to = owner;
    atomic { was = mark; mark = true; assert(!gone) };
    if
    :: !was -> put_into(to)
    :: else
    fi;
#ifdef KICKS_WHO_HAS_IT
    to = owner;
#endif
    atomic { kicked[to] = true; to = 0; was = false }
}

/* ---- The LP ---- */

/* As make_ready() and hv_request_serve(). */
inline look()
{
    assert(!gone && owner == self);
    posted = false
}

/* As give(). */
inline give()
{
    if
#ifndef GIVES_WHO_RUNS
    :: runs -> taker = NOBODY; look()
#endif
    :: else ->
#ifdef TOUCHES_WHAT_IT_GAVE
       owner = taker;
       look()
#else
       owner = taker
#endif
    fi
}

/* As take_kick(). */
inline take_kick()
{
    assert(!gone);
    if
    :: owner != self ->
#ifdef DROPS_STRANGERS
       mark = false
#else
       to = owner;
       put_into(to);
#ifdef PASSES_ON_SILENTLY
       to = 0
#else
       atomic { kicked[to] = true; to = 0 }
#endif
#endif
    :: else ->
#ifdef LOOKS_AT_TAKER_FIRST
       wanted = taker;
       mark = false;
#else
#ifndef CLEARS_MARK_LAST
       mark = false;
#endif
       wanted = taker;
#endif
       if
       :: wanted != NOBODY && wanted != self -> give()
       :: else -> look()
       fi;
#ifdef CLEARS_MARK_LAST
       mark = false;
#endif
       wanted = 0
    fi
}

/* As take_kicks(). */
inline take_kicks()
{
    kicked[self] = false;
    atomic { was = listed[self]; listed[self] = false };
    if
    :: was -> was = false; take_kick()
    :: else
    fi
}

/* As hv_sched_take(), up to the wait. */
inline ask()
{
#ifdef TAKES_BY_ITSELF
    owner = self;
    go_on()
#else
    atomic {
        was = taker == NOBODY;
        if
        :: was -> taker = self
        :: else
        fi
    };
    if
    :: was -> was = false; kick(); phase = WAITS
    :: else -> end()
    fi
#endif
}

inline end()
{
    atomic { phase = DONE; finished++ }
}

/* What HvCallDispatchVp does then: the VP runs, or can't. */
inline go_on()
{
    if
    :: end()
    :: runs = true;
       look();
       phase = RUNS
    fi
}

/* It takes kicks whenever it is outside the guest and not in the middle of something. */
proctype Processor(byte self)
{
    byte phase = BEGINS, to, wanted;
    bool was;

    do
    :: kicked[self] -> take_kicks()
    :: phase == BEGINS ->
       if
       :: owner == self -> go_on()
       :: else -> ask()
       fi
    :: phase == WAITS && owner == self ->
       taker = NOBODY;
#ifndef FORGETS_REQUESTS
       look();
#endif
       go_on()
    :: phase == WAITS && owner != self && taker != self -> end()
    :: phase == RUNS -> assert(owner == self); runs = false; end()
    /* As leave(), when nobody dispatches or kicks the VP any more. */
#ifdef LEAVES_IN_A_LIST
    :: ENDS && owner == self && !gone -> gone = true
#else
    :: ENDS && owner == self && !gone && !mark -> gone = true
#endif
    :: gone && !kicked[self] -> break
    od
}

/* ---- Others ---- */

proctype Sender()
{
    byte to;
    bool was;

    posted = true;
    kick();
    finished++
}

init {
    byte i;

    atomic {
        for (i : 0 .. LPS - 1) {
            run Processor(i)
        }
        for (i : 1 .. SENDERS) {
            run Sender()
        }
    };
    timeout;
    assert(gone && !posted && taker == NOBODY)
}
