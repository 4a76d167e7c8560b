/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How a VP comes to forget a translation: somebody leaves the address in the VP's queue, or that
 * everything is to go, makes the VP's LP leave the guest if it is there, and waits.
 *
 * Whatever the order of their steps: when the wait has ended, the guest runs with nothing that was
 * to be forgotten; each wait ends; nothing is left in the queue.
 *
 * Each requester asks for a page of its own; GIF is clear while the hypervisor runs.
 */
#define REQUESTERS 2
#define ROUNDS     2 /* of the first; the second has one less */
#define EXITS      1 /* of the guest, by itself */

bool cached[REQUESTERS] = true;  /* the VP has an old translation of the page */
bool promised[REQUESTERS];       /* it is to have none */

/* The queue, with one place: what others want does not fit. */
bool claimed, filled, all;
byte range;                      /* whose page */

/* The LP. */
bool in_guest;
bool running;                    /* executes the guest */
bool leave;                      /* LP_EVENT_LEAVE */
bool kicked;                     /* an NMI is under way */
bool nmi;                        /* waits for the guest */

byte finished;

/* ---- Who asks ---- */

/* As hv_flush_queue_add(). */
inline add()
{
#ifdef CLAIMS_IN_TWO_STEPS
    was = claimed;
    claimed = true;
#else
    atomic { was = claimed; claimed = true };
#endif
    if
#ifdef FULL_IS_NOTHING
    :: was
#else
    :: was -> all = true
#endif
    :: else ->
#ifdef FILLS_LAST
       filled = true;
       range = self
#else
       range = self;
       filled = true
#endif
    fi
}

/* As lp_notify_other(). */
inline notify()
{
#ifndef NOTIFIES_LATE
    leave = true;
#endif
    atomic { was = kicked; kicked = true };
    if
    :: !was -> nmi = true
    :: else
    fi;
#ifdef NOTIFIES_LATE
    leave = true
#endif
}

inline request()
{
#ifdef LOOKS_BEFORE_IT_ADDS
    inside = in_guest;
    add();
#else
    add();
    inside = in_guest;
#endif
    if
    :: inside -> notify()
    :: else
    fi
}

proctype Requester(byte self)
{
    bool was, inside;
    byte i;

    for (i : 1 .. ROUNDS - self) {
        request();
#ifndef DOES_NOT_WAIT
        !in_guest || !leave;
#endif
        atomic { promised[self] = true; assert(!running || !cached[self]) };
        /* The VP finds the new translation, which the next round changes. */
        atomic { promised[self] = false; cached[self] = true; was = false; inside = false }
    }
    finished++
}

/* ---- The LP ---- */

/* As svm_flush() and hv_flush_queue_take(). */
inline flush()
{
    leave = false;
    atomic { took_range = filled; took_all = all; filled = false; all = false };
    if
    :: took_all -> atomic { cached[0] = false; cached[1] = false }
    :: else
    fi;
    if
    :: took_range ->
#ifdef FREES_FIRST
       claimed = false;
       cached[range] = false
#else
       cached[range] = false;
       claimed = false
#endif
    :: else
    fi
}

inline run_guest()
{
    atomic {
        running = true;
        assert(!(promised[0] && cached[0]) && !(promised[1] && cached[1]))
    };
    if
    :: nmi
    :: exits > 0 -> exits--
    :: finished == REQUESTERS
    fi;
    running = false
}

inline take_nmi()
{
    if
    :: nmi ->
       nmi = false;
#ifndef NMI_KEEPS_KICKED
       kicked = false
#endif
    :: else
    fi
}

/* As run(). */
active proctype Processor()
{
    bool took_range, took_all;
    byte exits = EXITS;

    do
    ::
#ifdef LOOKS_BEFORE_IT_ANNOUNCES
       if
       :: leave || filled || all -> flush()
       :: else
       fi;
       in_guest = true;
#else
       in_guest = true;
       do
       :: leave || filled || all ->
          in_guest = false;
          flush();
          in_guest = true
       :: else -> break
       od;
#endif
       run_guest();
       in_guest = false;
       take_nmi();
       if
       :: finished == REQUESTERS && !nmi && !leave && !filled && !all -> break
       :: else
       fi
    od
}

init {
    atomic { run Requester(0); run Requester(1) };
    timeout;
    assert(finished == REQUESTERS);
    assert(!claimed && !filled && !all)
}
