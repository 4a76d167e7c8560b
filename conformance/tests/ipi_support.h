/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Interrupts that are counted on each CPU, and the calls that send them. Unlike a flush, which may
 * do more than was asked, an interrupt must come to those VPs that are named and to nobody else.
 */
#ifndef CONFORMANCE_TESTS_IPI_SUPPORT_H
#define CONFORMANCE_TESTS_IPI_SUPPORT_H

#include "hypercall_support.h"

#define IPI_VECTOR 0x74
#define IPI_MASKS  NEEDS(.recommends = HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI)
#define IPI_SETS        \
    NEEDS(.recommends = \
              HV_RECOMMEND_EAX_EX_PROCESSOR_MASKS | HV_RECOMMEND_EAX_SYNTHETIC_CLUSTER_IPI)

/* ---- Receivers ---- */

static struct {
    uint32_t vp[GUEST_MAX_CPUS];       /* VP index */
    uint32_t received[GUEST_MAX_CPUS]; /* since the last ipi_forget() */
} ipi;

static inline void ipi_note(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    ipi.received[cpu_index()]++;
    apic_eoi();
}

static inline void ipi_prepare_cpu(void *unused)
{
    (void)unused;
    ipi.vp[cpu_index()] = (uint32_t)rdmsr(HV_X64_MSR_VP_INDEX);
    apic_enable();
    irq_window();
}

static inline void ipi_take(void *unused)
{
    (void)unused;
    irq_window();
}

static inline void ipi_forget(void)
{
    memset(ipi.received, 0, sizeof(ipi.received));
}

static inline void ipi_begin(void)
{
    hv_enable_hypercalls();
    register_interrupt(IPI_VECTOR, ipi_note, NULL);
    REQUIRE_NO_FAULT(smp_call_all(ipi_prepare_cpu, NULL));
    ipi_forget();
}

static inline void ipi_end(void)
{
    register_interrupt(IPI_VECTOR, NULL, NULL);
}

/* Lets every VP take what is pending. */
static inline void ipi_collect(void)
{
    REQUIRE_NO_FAULT(smp_call_all(ipi_take, NULL));
}

/* ---- Members of a set of VPs ---- */

/* By VP index. */
struct vps {
    uint64_t banks[GUEST_MAX_CPUS / HV_VP_SET_VPS_PER_BANK];
};

static inline void vps_add(struct vps *vps, uint32_t cpu)
{
    vps->banks[ipi.vp[cpu] / HV_VP_SET_VPS_PER_BANK] |= UINT64_C(1)
                                                        << (ipi.vp[cpu] % HV_VP_SET_VPS_PER_BANK);
}

static inline bool vps_has(const struct vps *vps, uint32_t cpu)
{
    return vps->banks[ipi.vp[cpu] / HV_VP_SET_VPS_PER_BANK] >>
               (ipi.vp[cpu] % HV_VP_SET_VPS_PER_BANK) &
           1;
}

/* Whether a call is to take an empty set is open. */
static inline bool vps_is_empty(const struct vps *vps)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < sizeof(vps->banks) / sizeof(vps->banks[0]); i++)
        any |= vps->banks[i];
    return any == 0;
}

/* Each member has had one interrupt since the last time, nobody else any. */
static inline void ipi_check(const struct vps *vps, const char *what)
{
    ipi_collect();
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        CHECK(ipi.received[cpu] == vps_has(vps, cpu), "%s: VP %u has %u interrupts, not %u", what,
              ipi.vp[cpu], ipi.received[cpu], vps_has(vps, cpu));
    ipi_forget();
}

static inline void ipi_check_nobody(const char *what)
{
    static const struct vps nobody;

    ipi_check(&nobody, what);
}

/* Choices of members that tell bits, banks and their order apart: the set number @p number. */
#define VPS_CHOICES 12u

static inline struct vps vps_choose(unsigned number)
{
    struct vps vps = { { 0 } };

    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        bool in = number < 8 ? (number >> cpu % 3 & 1) != 0                 /* every subset of 3 */
                             : cpu == (cpu_count() - 1) * (number - 8) / 3; /* one of them alone */

        if (in)
            vps_add(&vps, cpu);
    }
    return vps;
}

/* ---- The calls ---- */

static uint64_t ipi_input[GUEST_MAX_CPUS / 8] __attribute__((aligned(4096)));

static inline struct hv_input_send_synthetic_cluster_ipi *ipi_by_mask(void)
{
    return (void *)ipi_input;
}

static inline struct hv_input_send_synthetic_cluster_ipi_ex *ipi_by_set(void)
{
    return (void *)ipi_input;
}

/* Makes the call with the input as it is. @return the result value */
static inline uint64_t ipi_call(uint16_t code, bool fast, unsigned banks)
{
    struct regs regs = { .rcx = hv_control(code, fast, banks, 0, 0) };

    if (fast) {
        regs.rdx = ipi_input[0];
        regs.r8 = ipi_input[1];
        memcpy(regs.xmm, &ipi_input[2], sizeof(regs.xmm));
    } else {
        regs.rdx = phys_of(ipi_input);
    }
    REQUIRE_NO_FAULT(hv_call_regs(&regs));
    return regs.rax;
}

/* Interrupts those members whose index is below 64. */
static inline uint64_t ipi_send_mask(uint32_t vector, const struct vps *vps, bool fast)
{
    *ipi_by_mask() =
        (struct hv_input_send_synthetic_cluster_ipi){ .vector = vector,
                                                      .processor_mask = vps->banks[0] };
    return ipi_call(HvCallSendSyntheticClusterIpi, fast, 0);
}

/* A set as it is packed: a bank for each that has members, and for each of @p more.
   @return how many banks there are */
static inline unsigned ipi_pack(const struct vps *vps, uint64_t more)
{
    uint64_t *banks = (uint64_t *)(void *)(ipi_by_set() + 1);
    unsigned count = 0;

    *ipi_by_set() = (struct hv_input_send_synthetic_cluster_ipi_ex){
        .vector = IPI_VECTOR, .processor_set = { .format = HV_GENERIC_SET_SPARSE_4K }
    };
    for (unsigned bank = 0; bank < 64; bank++) {
        uint64_t members = bank < GUEST_MAX_CPUS / HV_VP_SET_VPS_PER_BANK ? vps->banks[bank] : 0;

        if (!members && !(more >> bank & 1))
            continue;
        ipi_by_set()->processor_set.valid_banks_mask |= UINT64_C(1) << bank;
        banks[count++] = members;
    }
    return count;
}

static inline uint64_t ipi_send_set(const struct vps *vps, bool fast)
{
    unsigned banks = ipi_pack(vps, 0);

    return ipi_call(HvCallSendSyntheticClusterIpiEx, fast, banks);
}

static inline void ipi_send_all(uint32_t vector)
{
    *ipi_by_set() = (struct hv_input_send_synthetic_cluster_ipi_ex){
        .vector = vector, .processor_set = { .format = HV_GENERIC_SET_ALL }
    };
}

/* A call that may have no fast form; the TLFS does not say which have one. */
static inline bool ipi_has_fast_form(uint16_t code, unsigned banks)
{
    uint16_t status = hv_result_status(ipi_call(code, true, banks));

    return status != HV_STATUS_INVALID_PARAMETER && status != HV_STATUS_INVALID_HYPERCALL_INPUT;
}

#endif
