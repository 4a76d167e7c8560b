/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file smp.h
 * @brief Work for the other CPUs, locks and barriers.
 *
 * All CPUs are started before guest_main() runs on CPU 0 (at most maxcpus=N of them). The others
 * poll memory for work with PAUSE, interrupts disabled, so that nothing about interrupts has to
 * work for them to be used.
 */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include <stdbool.h>
#include <stdint.h>
#include <guest/percpu.h>

/** Largest number of CPUs that the runtime starts. */
#define GUEST_MAX_CPUS 512u

/** A job. */
typedef void smp_fn(void *arg);

/** Number of CPUs that run. */
uint32_t cpu_count(void);

/** Number of CPUs that firmware or CPUID announce. */
uint32_t cpu_count_announced(void);

/** CPU @p index, or NULL if there is none. */
struct cpu *cpu_at(uint32_t index);

/**
 * @brief Runs @p fn on CPU @p index and waits for it; on the calling CPU it is a call.
 *
 * @return the fault that ended the job on another CPU: an exception there that nobody expected is
 *         reported on the console, and that CPU takes its next job
 */
struct fault smp_call(uint32_t index, smp_fn *fn, void *arg);

/** Runs @p fn on every CPU at once, the calling one included, and waits for all. @return the first
 * fault, in order of CPUs */
struct fault smp_call_all(smp_fn *fn, void *arg);

/** Starts @p fn on another CPU and does not wait, except for its previous job. */
void smp_start(uint32_t index, smp_fn *fn, void *arg);

/** Waits for the job of smp_start(). @return the fault that ended it */
struct fault smp_join(uint32_t index);

/** Waits at most @p microseconds for the job of smp_start(). @return whether it has ended */
bool smp_join_timeout(uint32_t index, uint64_t microseconds);

/**
 * @brief Stops another CPU by INIT, when its job has ended; no job may be given to it until it is
 * back, by smp_restart() or by other means that lead to smp_entry(). One CPU at a time.
 */
void smp_stop(uint32_t index);

/** Where a stopped CPU takes up its work again: in 64-bit mode, with the page table of the others,
 * interrupts disabled, and no stack. */
uint64_t smp_entry(void);

/** Waits at most @p microseconds for a stopped CPU to be back. @return whether it is */
bool smp_join_online(uint32_t index, uint64_t microseconds);

/** Starts a stopped CPU by start-up IPIs. @return whether it came back within a second */
bool smp_restart(uint32_t index);

/**
 * @brief What the other CPUs do over and over while they have no job; NULL, as at the start: they
 * only PAUSE.
 *
 * @p step must be short, since a job waits for its end, and must not touch what jobs touch. It runs
 * with interrupts disabled; an exception that nobody expected there ends that step alone.
 */
void smp_set_idle(smp_fn *step, void *arg);

/** A spinlock; all zero is unlocked. */
struct spinlock {
    uint32_t locked;
};

void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);

/** A barrier for a fixed number of CPUs, reusable. */
struct smp_barrier {
    uint32_t members;
    uint32_t arrived;
    uint32_t generation;
};

/** Prepares @p barrier for @p members CPUs. */
void smp_barrier_init(struct smp_barrier *barrier, uint32_t members);

/** Waits, with PAUSE, until all members are here. */
void smp_barrier_wait(struct smp_barrier *barrier);

#endif
