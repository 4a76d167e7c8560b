/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * KVM without a guest: it keeps what it is told, and each KVM_RUN ends as the test says. What it
 * shares with a VP lies in files, so that they can be mapped as KVM's can.
 */
#ifndef VMM_TESTS_FAKE_KVM_H
#define VMM_TESTS_FAKE_KVM_H

#include "kvm_backend.h"

#define FAKE_RAM   UINT64_C(0x400000)
#define FAKE_SLOTS 80u
#define FAKE_RUNS  16u

/* One KVM_RUN: it changes what is shared, and returns what the call returns; errno for -1. */
typedef int fake_run(struct kvm_run *run, struct kvm_sregs *sregs);

struct fake_kvm {
    struct kvm_run *run[2];
    fake_run *runs[FAKE_RUNS]; /* of VP 0; NULL: a signal comes */
    unsigned run_count;        /* that were made */
    unsigned taken[FAKE_RUNS]; /* interrupts that had gone in before each */
    unsigned finished;         /* that only ended an instruction */
    struct kvm_userspace_memory_region slots[FAKE_SLOTS];
    struct kvm_vcpu_events events;
    unsigned events_set;
    uint32_t interrupts[8];
    unsigned interrupt_count, nmis, sregs_set;
    uint64_t changed_cr4; /* all bits that were changed by KVM_SET_SREGS */
    struct kvm_cpuid_entry2 cpuid[128];
    uint32_t cpuid_count;
    uint64_t tsc_offset, msr_index, msr_value;
    uint32_t missing; /* a capability; 0: none */
};

extern struct fake_kvm fake_kvm;
extern struct kvm_partition fake_partition;
extern struct hv_machine fake_machine;

/* A partition with that many VPs, 1 or 2, and memory. */
void fake_kvm_start(uint32_t vp_count);
void fake_kvm_make(void); /* its last part */
void fake_kvm_end(void);

/* Adds a KVM_RUN. */
void fake_kvm_add(fake_run *run);

/* In a KVM_RUN: the guest writes a byte to a port, or to COM1. */
int fake_kvm_out(struct kvm_run *run, uint16_t port, uint8_t value);
fake_run fake_kvm_out_to_com1;

/* Runs VP 0 until something comes of it. */
enum vmm_run fake_kvm_run(struct worker_intercept *intercept);

/* The answer that the guest was given; NULL: none. */
const struct kvm_cpuid_entry2 *fake_kvm_cpuid(uint32_t leaf, uint32_t subleaf);

#endif
