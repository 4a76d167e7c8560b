/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The back end of /dev/kvm: a partition of lib/core in this process, whose VPs KVM runs.
 *
 * All that is Hyper-V's is lib/core's, and the local APICs too; KVM has none of either. What each
 * file does:
 *
 *   vid_kvm.c        the table of the back end
 *   kvm_partition.c  the making of virtual machine, partition and VPs
 *   kvm_platform.c   what lib/core needs of its embedder
 *   kvm_memory.c     memory as the guest and as lib/core see it, and overlay pages
 *   kvm_cpuid.c      what guests see of the processor
 *   kvm_run.c        VPs' threads: entering and leaving the guest, waiting
 *   kvm_exit.c       why the guest was left
 *   kvm_fault.c      writes to overlay pages that must not be written
 *   kvm_interrupt.c  interrupts on their way between lib/core's APIC and the guest
 *   kvm_registers.c, kvm_segments.c, kvm_state.c   registers by their TLFS names; INIT and start-up
 */
#ifndef VMM_KVM_BACKEND_H
#define VMM_KVM_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <linux/kvm.h>

#include <hv/abi/tlfs.h>
#include <hv/hv.h>

#include "backend.h"

/* The instruction of hypercall pages is OUT to this port, of 8 bits, which no PC has. */
#define KVM_HYPERCALL_PORT        0xE6u
#define KVM_HYPERCALL_INSTRUCTION 2u /* bytes of it */

#define KVM_MOST_PIECES 8u /* of RAM */

/* Overlay pages where no RAM is: those of the partition, and those of each VP. */
#define KVM_MOST_WINDOWS (8u + 8u * HV_MACHINE_MAX_VPS)

/* RAM, and behind it lib/core's pages: one file, whose pages are the "system physical" ones. */
struct kvm_memory {
    int file;      /* -1: there is none */
    uint8_t *seen; /* RAM as the guest sees it: overlay pages lie over it */
    uint8_t *all;  /* everything as it is, for lib/core */
    uint64_t ram_size;
    uint64_t pages; /* of the file */
    uint8_t *windows;
    _Atomic uint64_t protected_gpa; /* of the page that was protected last */
    uint32_t piece_count;
    struct {
        uint64_t gpa, size;
        uint64_t offset;                   /* in the file */
    } pieces[KVM_MOST_PIECES];             /* the slots of KVM have their numbers */
    uint64_t window_gpa[KVM_MOST_WINDOWS]; /* KVM_NO_WINDOW: not in use */
};

#define KVM_NO_WINDOW UINT64_MAX

enum kvm_activity { KVM_RUNS, KVM_WAITS_FOR_STARTUP, KVM_HALTED, KVM_IDLE };

struct kvm_exception {
    bool valid;
    uint8_t vector;
    bool has_error;
    uint32_t error;
};

struct kvm_vp {
    struct kvm_partition *partition;
    uint32_t index;
    int file;
    struct kvm_run *run; /* shared with KVM; its s.regs are the registers outside the guest */
    struct hv_vp *vp;
    const struct hv_interrupt_view *view;
    struct hv_gprs gprs;            /* the general ones, as lib/core wants them */
    _Atomic int activity;           /* enum kvm_activity */
    struct kvm_exception exception; /* that the guest takes next */
    bool nmi;                       /* so does an NMI */
    bool unfinished; /* KVM ends an instruction at the next entry: registers must not be changed */
    bool counted;    /* as running */
    int extint;      /* vector of an 8259, or HV_INTERRUPT_NONE */

    pthread_t thread;
    bool has_thread;
    timer_t timer;
    uint64_t armed; /* TSC at which it sends VMM_KICK, or HV_INTERRUPT_NEVER */

    _Atomic bool kicked;      /* something was posted for it */
    _Atomic bool flush;       /* its TLB, before it is entered */
    _Atomic bool inside;      /* a system call, which VMM_KICK ends */
    _Atomic bool in_guest;    /* that one runs the guest */
    _Atomic uint32_t waiters; /* for in_guest to end */
};

struct kvm_partition {
    /* ioctl(), or what a test has in its place. */
    int (*call)(int file, unsigned long request, void *argument);
    int device; /* -1: not open */
    int file;   /* of the virtual machine; -1: there is none */
    int ended;  /* an eventfd: a level-triggered interrupt has ended */
    bool tsc_is_reliable;
    uint32_t host_processors;
    struct hv_platform platform;
    struct hv_partition *partition;
    struct kvm_memory memory;
    uint64_t tsc_hz;
    _Atomic uint64_t ended_vectors[4];
    _Atomic bool extint_taken;
    _Atomic bool broken; /* memory could not be changed: no VP goes on */
    pthread_mutex_t left_lock;
    pthread_cond_t left; /* a VP has left the guest that somebody waits for */
    uint32_t vp_count;   /* that were begun */
    struct kvm_vp vp[HV_MACHINE_MAX_VPS];
};

static inline int kvm_call(const struct kvm_partition *partition, int file, unsigned long request,
                           const void *argument)
{
    return partition->call(file, request, (void *)(uintptr_t)argument);
}

/* ---- kvm_partition.c ---- */

bool kvm_partition_make(struct kvm_partition *partition, const struct hv_machine *machine,
                        struct vmm_trouble *trouble);
void kvm_partition_unmake(struct kvm_partition *partition);

/* ---- kvm_platform.c ---- */

void kvm_platform_init(struct kvm_partition *partition);
uint64_t kvm_tsc(void);

/* ---- kvm_memory.c ---- */

void *kvm_memory_take(struct kvm_memory *memory, uint64_t size, struct vmm_trouble *trouble);
void kvm_memory_give(struct kvm_memory *memory);

/* Makes room for that many pages of lib/core behind RAM. */
bool kvm_memory_extend(struct kvm_memory *memory, uint64_t pages, struct vmm_trouble *trouble);
void kvm_memory_shorten(struct kvm_memory *memory);

hv_status kvm_memory_map(struct kvm_partition *partition, uint64_t gpa, const void *host,
                         uint64_t size);
hv_status kvm_memory_unmap(struct kvm_partition *partition, uint64_t gpa, uint64_t size);

/* As in struct hv_cpu_ops. */
void kvm_page_changed(void *context, struct hv_partition *partition, uint64_t gpa_page);

/* ---- kvm_cpuid.c ---- */

bool kvm_cpuid_set(struct kvm_vp *vp, bool has_interface, struct vmm_trouble *trouble);

/* ---- kvm_run.c ---- */

enum vmm_run kvm_vp_run(struct kvm_vp *vp, struct worker_intercept *intercept,
                        struct vmm_trouble *trouble);

/* Has KVM end the instruction that it has begun. */
void kvm_vp_finish(struct kvm_vp *vp);

void kvm_vp_kicked(void);
void kvm_vp_delete_timer(struct kvm_vp *vp);

/* As in struct hv_cpu_ops. */
void kvm_kick(void *context, struct hv_vp *vp);
void kvm_flush_tlb(void *context, struct hv_vp *vp);
void kvm_wait_flushed(void *context, struct hv_vp *vp);

/* ---- kvm_exit.c ---- */

enum kvm_result {
    KVM_GOES_ON,
    KVM_INTERCEPTED, /* the intercept is there */
    KVM_FAILED,      /* there is trouble */
};

enum kvm_result kvm_exit_handle(struct kvm_vp *vp, struct worker_intercept *intercept,
                                struct vmm_trouble *trouble);

enum kvm_result kvm_tell_end(struct worker_intercept *intercept);

/* ---- kvm_fault.c ---- */

/* KVM could not get at memory, of which the guest has written some that it must not. */
enum kvm_result kvm_fault_handle(struct kvm_vp *vp, struct worker_intercept *intercept);

/* ---- kvm_interrupt.c ---- */

/* What has come for the VP besides interrupts that its APIC has. */
void kvm_interrupt_take_events(struct kvm_vp *vp);

/* Whether what it waits for has come. */
bool kvm_interrupt_is_awake(struct kvm_vp *vp);

/* What can be taken goes in; KVM is told to come back for what can't yet. */
void kvm_interrupt_prepare(struct kvm_vp *vp);

/* ---- kvm_registers.c, kvm_segments.c ---- */

/* Between struct kvm_vp and what KVM shares. */
void kvm_load_gprs(struct kvm_vp *vp);
void kvm_store_gprs(struct kvm_vp *vp);

bool kvm_long_mode(const struct kvm_vp *vp);

/*
 * Of system registers each value is taken: between two that are written they need not fit together.
 * When all are there, KVM is asked whether a processor can be in such a state; if not, they are put
 * back to what they were before.
 */
hv_status kvm_register_get(struct kvm_vp *vp, uint32_t name, struct hv_register128 *value);
hv_status kvm_register_set(struct kvm_vp *vp, uint32_t name, const struct hv_register128 *value);
hv_status kvm_registers_check(struct kvm_vp *vp, const struct kvm_sregs *before);

bool kvm_msr_get(struct kvm_vp *vp, uint32_t msr, uint64_t *value);
bool kvm_msr_set(struct kvm_vp *vp, uint32_t msr, uint64_t value);

void kvm_segment_get(const struct kvm_segment *segment, struct hv_register128 *value);
void kvm_segment_set(struct kvm_segment *segment, const struct hv_register128 *value);

/* ---- kvm_state.c ---- */

void kvm_set_reset_state(struct kvm_vp *vp);
void kvm_set_init_state(struct kvm_vp *vp);
void kvm_set_startup_state(struct kvm_vp *vp, uint8_t vector);

/* As in struct hv_cpu_ops. */
hv_status kvm_start(void *context, struct hv_vp *vp, const struct hv_initial_vp_context *initial);

#endif
