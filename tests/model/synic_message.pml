/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Messages on their way into one slot (TLFS: inter-partition communication, "SynIC messages"):
 * posters on other LPs, the hypervisor on the LP that owns the VP, and the guest that empties the
 * slot, on that VP or on another one, so at any time.
 *
 * Whatever the order of their steps: each message is seen once, those of one poster in order, and
 * in the end none is left. There is no retry by time here; the pending flag must do alone.
 *
 * A define of the list below makes one step wrong; README.md tells which and why.
 */
#define POSTERS  2
#define EACH     2 /* messages of a poster */
#define TOTAL    (POSTERS * EACH)
#define BUFFERS  2 /* of the port, fewer than messages: so each comes back in use */
#define NONE     0 /* HvMessageTypeNone, and the end of a list */

/* Message m of poster p is p * EACH + m, from 1 on; buffers are numbered from 1 on. */
bool is_free[BUFFERS + 1];
byte content[BUFFERS + 1];
byte next[BUFFERS + 1];
byte posts;                      /* head of the list of posts */
chan queue = [BUFFERS] of { byte };
bool kicked;

/* Guest memory. */
byte slot_type;
byte slot_body;
bool slot_pending;

bool irr;                        /* the SINT's interrupt is requested */
bool eom;                        /* the guest writes EOM: an exit of the VP */
byte received;
byte latest[POSTERS];

inline take_buffer(buffer)
{
    atomic {
        if
        :: is_free[1] -> buffer = 1
        :: is_free[2] -> buffer = 2
        fi;
        is_free[buffer] = false
    }
}

inline kick_if_first()
{
    if
    :: head == NONE -> kicked = true
    :: else
    fi
}

proctype Poster(byte id)
{
    byte message, buffer, head;

    for (message : id * EACH + 1 .. (id + 1) * EACH) {
        take_buffer(buffer);
        content[buffer] = message;
        head = posts;
#ifdef KICKS_FIRST
        kick_if_first();
#endif
        do
        :: next[buffer] = head;
#ifdef PUSHES_IN_TWO_STEPS
           posts = buffer;
           break
#else
           atomic {
               if
               :: posts == head -> posts = buffer; break
               :: else -> head = posts
               fi
           }
#endif
        od;
#ifndef KICKS_FIRST
        kick_if_first()
#endif
    }
}

/* As hv_synic_take_posts(): all at once, turned round. */
inline take_posts()
{
#ifdef TAKES_IN_TWO_STEPS
    list = posts;
    posts = NONE;
#else
    atomic { list = posts; posts = NONE }
#endif
    in_order = NONE;
    do
    :: list != NONE ->
       buffer = list;
       list = next[buffer];
#ifdef LATEST_FIRST
       queue ! buffer
#else
       next[buffer] = in_order;
       in_order = buffer
#endif
    :: else -> break
    od;
    do
    :: in_order != NONE ->
       buffer = in_order;
       in_order = next[buffer];
       queue ! buffer
    :: else -> break
    od
}

/* As is_full_still(). */
inline look_at_slot()
{
    type = slot_type;
    if
    :: type != NONE ->
#ifndef NEVER_TELLS
       slot_pending = true;
#endif
#ifndef LOOKS_ONCE
       type = slot_type
#endif
    :: else
    fi
}

/* As fill_slot(): the type last. */
inline fill_slot()
{
#ifdef TYPE_FIRST
    slot_type = content[buffer];
#endif
    slot_pending = nempty(queue);
    slot_body = content[buffer];
    slot_type = content[buffer]
}

inline deliver()
{
    do
    :: empty(queue) -> break
    :: nempty(queue) ->
       look_at_slot();
#ifndef OVERWRITES
       if
       :: type != NONE -> break
       :: else
       fi;
#endif
       queue ? buffer;
#ifdef RELEASES_FIRST
       is_free[buffer] = true;
#endif
#ifdef INTERRUPTS_FIRST
       irr = true;
       fill_slot();
#else
       fill_slot();
       irr = true;
#endif
       is_free[buffer] = true
    od
}

active proctype Hypervisor()
{
    byte list, in_order, buffer, type;

    do
    :: kicked -> kicked = false; take_posts(); deliver()
    :: eom -> deliver(); eom = false
    od
}

inline copy_message()
{
    message = slot_body;
    assert(message == slot_type);
    assert(message == latest[(message - 1) / EACH] + 1);
    latest[(message - 1) / EACH] = message;
    received++
}

active proctype Guest()
{
    byte message;
    bool pending;

    do
    :: irr ->
       irr = false;
       do
       :: slot_type == NONE -> break
       :: slot_type != NONE ->
          copy_message();
#ifdef READS_FLAG_FIRST
          pending = slot_pending;
          slot_type = NONE;
#else
          slot_type = NONE;
          pending = slot_pending;
#endif
          if
          :: pending -> eom = true; !eom
          :: else
          fi;
          if
          :: break /* the handler takes one message */
          :: skip  /* or looks for more */
          fi
       od
    od
}

init {
    byte id;

    atomic {
        is_free[1] = true;
        is_free[2] = true;
        for (id : 0 .. POSTERS - 1) {
            latest[id] = id * EACH;
            run Poster(id)
        }
    }
    timeout;
    assert(received == TOTAL);
    assert(posts == NONE && empty(queue) && is_free[1] && is_free[2])
}
