/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The bench kernel: how many instructions an operation takes, of the guest and of all that is
 * below it, counted by a machine whose TSC counts instructions (docs/bench.md).
 */
#ifndef CONFORMANCE_BENCH_H
#define CONFORMANCE_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

/* The vector of every interrupt that is measured. */
#define BENCH_VECTOR 0x60

/* The SINT of every message and event. */
#define BENCH_SINT 3

/* What is in a count besides the operation. */
enum bench_frame {
    FRAME_CLOCK,     /* reading the clock twice */
    FRAME_INTERRUPT, /* reading it, and again at the start of the handler of an interrupt */
    FRAME_NONE,      /* nothing */
};

/* One operation. Its functions run on CPU 0 with interrupts enabled. */
struct bench_row {
    const char *name;
    uint64_t privileges; /* HV_PRIVILEGE_ bits that it needs, all of them */
    uint32_t features;   /* HV_FEATURE_EDX_ bits that it needs, all of them */
    uint32_t vps;        /* virtual processors that it reaches; 0: its own */
    enum bench_frame frame;
    bool is_memory; /* bytes and not ticks are what it returns */
    bool scattered; /* its way leads through a kernel whose clock ticks: that has to be in all
                       states */

    /* Before all repetitions; may be NULL. @return NULL, or why the operation can't be measured */
    const char *(*begin)(const struct bench_row *row);

    /* Once. @return ticks of the TSC, or bytes; BENCH_FAILED: it can't be measured after all */
    uint64_t (*measure)(const struct bench_row *row);

    /* After all repetitions; may be NULL. */
    void (*end)(const struct bench_row *row);
};

#define BENCH_FAILED UINT64_MAX

/* All operations, in the order in which they run (rows.c). */
extern const struct bench_row bench_rows[];
extern const unsigned bench_row_count;

/* ---- Interrupts (interrupts.c) ---- */

/* Interrupts of BENCH_VECTOR since arrivals_clear(), on all CPUs. */
uint32_t arrivals(void);
void arrivals_clear(void);

/* The TSC when the last one of them arrived. */
uint64_t arrival_tsc(void);

/* Waits for so many. @return whether they came, within a second */
bool arrivals_wait(uint32_t count);

/* Registers the handler that counts. */
void interrupts_init(void);

/* Ends an interrupt by the shortest way that takes an exit. */
void end_interrupt(void);

/* ---- Hypercalls (hypercalls.c) ---- */

/* Enables the hypercall page. @return whether there is one */
bool hypercalls_init(void);

/* A call of which all parameters fit in registers, or whose parameters are GPAs. @return the result
 * value */
uint64_t hypercall(uint64_t control, uint64_t rdx, uint64_t r8);

/* ---- The other CPUs (processors.c) ---- */

/* Lets them halt for ever, with interrupts enabled. */
void processors_init(void);

/* The mask of the VPs that an operation for so many reaches: another one alone, or else all from
 * CPU 0 on. */
uint64_t processors_mask(uint32_t vps);

/* The VP index of a CPU. */
uint32_t processors_vp(uint32_t cpu);

/* Runs a function on another CPU. */
void processors_call(uint32_t cpu, void (*run)(void));

/* Of the VPs in the mask all but CPU 0 stay in the guest and are busy, until processors_rest(). */
void processors_spin(uint64_t mask);
void processors_rest(void);

/* Instructions that they have executed themselves while they were busy. */
uint64_t processors_spun(void);

/* Lets them come to rest. */
void processors_settle(void);

/* ---- The SynIC of CPU 0 or 1 (synic.c) ---- */

/* Pages for messages and events, and BENCH_SINT at BENCH_VECTOR; of the CPU that this runs on. */
void synic_on(void);
void synic_off(void);

/* Empties CPU 0's message slot. */
void synic_take_message(void);

/* Clears an event flag of a CPU. @return whether it was set */
bool synic_take_event(uint32_t cpu, unsigned flag);

/* ---- What the rows name ---- */

uint64_t measure_nothing(const struct bench_row *row);
uint64_t measure_trap(const struct bench_row *row);

uint64_t measure_cpuid(const struct bench_row *row);
uint64_t measure_time_ref_count(const struct bench_row *row);
const char *begin_device_port(const struct bench_row *row);
uint64_t measure_device_port(const struct bench_row *row);

const char *begin_hypercall(const struct bench_row *row);
uint64_t measure_hypercall_slow(const struct bench_row *row);
uint64_t measure_hypercall_fast(const struct bench_row *row);

uint64_t measure_eoi_msr(const struct bench_row *row);
const char *begin_eoi_assist(const struct bench_row *row);
uint64_t measure_eoi_assist(const struct bench_row *row);
void end_eoi_assist(const struct bench_row *row);

uint64_t measure_self_ipi(const struct bench_row *row);
uint64_t measure_cluster_ipi(const struct bench_row *row);

const char *begin_flush(const struct bench_row *row);
uint64_t measure_flush(const struct bench_row *row);
uint64_t measure_flush_list(const struct bench_row *row);
void end_flush(const struct bench_row *row);

const char *begin_timer_message(const struct bench_row *row);
const char *begin_timer_direct(const struct bench_row *row);
uint64_t measure_timer_arm(const struct bench_row *row);
uint64_t measure_timer_expiry(const struct bench_row *row);
void end_timer(const struct bench_row *row);

const char *begin_post_message(const struct bench_row *row);
uint64_t measure_post_message(const struct bench_row *row);
void end_post_message(const struct bench_row *row);
const char *begin_signal_event(const struct bench_row *row);
uint64_t measure_signal_event(const struct bench_row *row);
void end_signal_event(const struct bench_row *row);

const char *begin_child(const struct bench_row *row);
uint64_t measure_child_creation(const struct bench_row *row);
uint64_t measure_memory_partition(const struct bench_row *row);
uint64_t measure_memory_vp(const struct bench_row *row);
uint64_t measure_memory_4_vps(const struct bench_row *row);
void end_child(const struct bench_row *row);
const char *begin_world_switch(const struct bench_row *row);
uint64_t measure_world_switch(const struct bench_row *row);
void end_world_switch(const struct bench_row *row);

#endif
