/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How an interrupt reaches a VP that runs or waits: a sender posts it into the VP's inbox and kicks
 * the VP's LP; a device interrupts that LP itself. The LP looks at what has come before it enters
 * the guest and before it halts, and it looks at nothing twice that has not changed.
 *
 * Whatever the order of their steps: the guest takes what was sent, whether it halts in between or
 * not; no LP halts over it.
 *
 * GIF is clear while the hypervisor runs: an NMI or an interrupt of the machine waits until the LP
 * halts or enters the guest.
 */
#define SENDS 2 /* IPIs of the sender, and interrupts of the device */

#define IPI    1 /* two vectors, as bits: in two words of the inbox */
#define DEVICE 2

byte work[DEVICE + 1];           /* what an interrupt tells of; the guest's own */

/* The inbox. */
bool word[DEVICE + 1];
bool summary;

/* The LP. */
bool events;                     /* LP_EVENT_PREPARE */
bool kicked;                     /* an NMI is under way */
bool nmi, physical;              /* wait for GIF */

/* The VP; its LP's own. */
byte irr;
bool current;                    /* the view shows what irr says */
byte view;
bool quiet;
byte event;                      /* to be injected */
bool window;                     /* exit when the guest can take one */
bool interruptible = true;       /* RFLAGS.IF */

/* As hv_apic_post(); was: whether a kick is under way. */
inline post(vector)
{
#ifdef ANNOUNCES_FIRST
    atomic { was = summary; summary = true };
    word[vector] = true
#else
    word[vector] = true;
    atomic { was = summary; summary = true }
#endif
}

active proctype Sender()
{
    byte i;
    bool was;

    for (i : 1 .. SENDS) {
        work[IPI]++;
        post(IPI);
        if
        :: !was -> /* lp_notify() */
#ifdef NOTIFIES_LATE
           atomic { was = kicked; kicked = true };
           if
           :: !was -> nmi = true
           :: else
           fi;
           events = true
#else
           events = true;
           atomic { was = kicked; kicked = true };
           if
           :: !was -> nmi = true
           :: else
           fi
#endif
        :: else
        fi
    }
}

active proctype Device()
{
    byte i;

    for (i : 1 .. SENDS) {
        work[DEVICE]++;
        physical = true
    }
}

/* ---- The LP ---- */

inline take_nmi()
{
    nmi = false;
#ifndef NMI_KEEPS_KICKED
    kicked = false
#endif
}

/* As lp_interrupt(): posted to the LP's own VP, with no NMI. */
inline take_interrupt()
{
    physical = false;
    post(DEVICE);
    if
    :: !was -> events = true
    :: else
    fi
}

inline request(vector)
{
    if
    :: word[vector] ->
       word[vector] = false;
       irr = irr | vector;
#ifndef REQUEST_KEEPS_VIEW
       current = false
#endif
    :: else
    fi
}

/* As svm_take_events(). */
inline take_events()
{
#ifdef CLEARS_EVENTS_LAST
    taken = summary;
#else
    events = false;
    atomic { taken = summary; summary = false };
#endif
    if
    :: taken ->
#ifdef CLEARS_EVENTS_LAST
       atomic { request(IPI) };
       atomic { request(DEVICE) };
       summary = false;
       events = false
#else
       atomic { request(IPI) };
       atomic { request(DEVICE) }
#endif
    :: else
    fi
}

inline look()
{
#ifndef LOOK_KEEPS_QUIET
    quiet = false;
#endif
    current = true;
    view = irr
}

/* As svm_interrupt_prepare(). */
inline prepare()
{
    look();
    if
    :: view != 0 && interruptible && event == 0 ->
       event = (view & DEVICE -> DEVICE : IPI);
       irr = irr & ~event;
       look()
    :: else
    fi;
    window = view != 0;
    quiet = !window
}

/* As idle_wait_interrupt(): what comes before HLT makes it return behind HLT. */
inline halt()
{
#ifdef NMI_RETURNS_TO_HALT
    if
    :: nmi -> take_nmi()
    :: else
    fi;
#endif
    if
    :: nmi -> take_nmi()
    :: physical -> take_interrupt()
    fi
}

/* As svm_wait(). */
inline wait()
{
#ifdef TAKES_EVENTS_ONCE
    take_events();
#endif
    do
    ::
#ifndef TAKES_EVENTS_ONCE
       take_events();
#endif
       atomic { look() };
       if
       :: view != 0 -> break
       :: else
       fi;
       halt()
    od
}

inline take_event()
{
    if
    :: event != 0 -> work[event] = 0; event = 0; interruptible = false
    :: else
    fi
}

/* A guest that has nothing to do halts, or spins. */
inline run_guest()
{
    take_event();
    do
    :: nmi -> take_nmi(); break
    :: physical -> take_interrupt(); break
    :: atomic {
           !interruptible ->
           interruptible = true;
           if
           :: window -> break
           :: else
           fi
       }
    :: interruptible && !spins -> wait(); break
    od
}

active proctype Processor()
{
    bool was, taken, spins;

    do
    :: if
       :: atomic { !quiet || !current -> prepare() }
       :: else
       fi;
       if
#ifndef ENTERS_BLINDLY
       :: events -> take_events()
#endif
       :: else ->
          if
          :: spins = true
          :: spins = false
          fi;
          run_guest()
       fi
    od
}

init {
    timeout;
    assert(work[IPI] == 0 && work[DEVICE] == 0);
    assert(irr == 0 && !word[IPI] && !word[DEVICE] && !events)
}
