/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file
 * @brief What tests need again and again to talk to the implementation.
 */
#ifndef CONFORMANCE_HYPERV_H
#define CONFORMANCE_HYPERV_H

#include <stdbool.h>
#include <stdint.h>

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

/**
 * A guest OS id in the open-source encoding, for tests that need just any. Its version is not 0:
 * Xen takes the highest byte of that for the OS of a closed-source id, and recommends nothing to
 * those below 4.
 */
#define TEST_GUEST_OS_ID UINT64_C(0x8100060000000001)

/** Privilege mask of CPUID leaf 0x40000003. */
uint64_t hv_privileges(void);

/** CPUID leaf 0x40000003 EDX. */
uint32_t hv_features(void);

/** CPUID leaf 0x40000004 EAX as a guest with an identity sees it: Xen shows it to no other. */
uint32_t hv_recommendations(void);

/** Whether the implementation announces all of these HV_PRIVILEGE_ bits. */
bool hv_may(uint64_t privileges);

/** "readable", or the name of the exception that reading @p msr raises. */
const char *hv_access_to(uint32_t msr);

/** What the registers held before the kernel touched any of them. */
struct hv_initial_state {
    struct fault fault;   /**< of reading them, if there was one */
    uint64_t guest_os_id; /**< HV_X64_MSR_GUEST_OS_ID */
    uint64_t hypercall;   /**< HV_X64_MSR_HYPERCALL */
};

/** The SynIC and the synthetic timers of the last VP, before the kernel touched them. */
struct hv_initial_synic {
    bool present;    /**< the registers of the SynIC can be read */
    bool has_timers; /**< and those of the timers */
    uint64_t scontrol, siefp, simp, sint[16], timer_config[4];
    unsigned message_bytes_set, event_bytes_set; /**< bytes other than 0 in the pages */
};

/** Reads the initial state, then the recommendations; called once, before the first test. */
void hv_note_initial_state(void);

/** Reads the initial state of the SynIC; likewise, and after it. */
void hv_note_initial_synic(void);

/** Notes the reference counter, before anything that takes time. */
void hv_note_initial_counter(void);

/** What hv_note_initial_counter() has found; 0 where there is no counter. */
uint64_t hv_initial_counter(void);

/** What hv_note_initial_synic() has found. */
const struct hv_initial_synic *hv_initial_synic(void);

/** The state that hv_note_initial_state() read. */
const struct hv_initial_state *hv_initial_state(void);

/**
 * Whether a register that places a page may hold @p value before it is written: 0, or in a root
 * partition the place that the hypervisor has for that page, where it is not enabled.
 */
bool hv_is_initial_place(uint64_t value);

/**
 * Puts the partition's synthetic state back: hypercall page, reference TSC page, VP assist and
 * statistics pages of CPU 0 disabled, its synthetic timers stopped, its SynIC and the SynIC's pages
 * disabled, guest OS id 0. Registers that are not there are passed over.
 */
void hv_baseline(void);

/** The hypercall instruction of this CPU's vendor: ENTRY_VMCALL or ENTRY_VMMCALL. */
enum hypercall_entry hv_native_entry(void);

/**
 * Sets TEST_GUEST_OS_ID and puts the hypercall page over a page of RAM; fails the running test when
 * that does not work.
 * @return where the page can be called (executable, read-only mapping)
 */
void *hv_enable_hypercalls(void);

/** GPA of the RAM page that hv_enable_hypercalls() uses. */
uint64_t hv_hypercall_gpa(void);

/** A hypercall input value. */
static inline uint64_t hv_control(uint16_t code, bool fast, unsigned variable_qwords,
                                  unsigned rep_count, unsigned rep_start)
{
    return (uint64_t)code | (fast ? UINT64_C(1) << 16 : 0) | (uint64_t)variable_qwords << 17 |
           (uint64_t)rep_count << 32 | (uint64_t)rep_start << 48;
}

/**
 * Calls the hypervisor through the hypercall page, which hv_enable_hypercalls() must have enabled.
 * @return the 64-bit result value; an exception fails the running test
 */
uint64_t hv_call(uint64_t control, uint64_t input_gpa, uint64_t output_gpa);

/** The same with all registers; hands back the fault. RCX is the control word. */
struct fault hv_call_regs(struct regs *regs);

/** Status of a result value. */
static inline uint16_t hv_result_status(uint64_t result)
{
    return (uint16_t)result;
}

/** Reps completed of a result value. */
static inline uint32_t hv_result_reps(uint64_t result)
{
    return (uint32_t)(result >> 32) & 0xfff;
}

/**
 * Counts the interrupts of a vector, from 0, until another handler is registered for it. Each is
 * acknowledged at the local APIC.
 */
void hv_count_interrupts(uint8_t vector);

/** How many there were since hv_count_interrupts(). */
uint32_t hv_interrupt_count(void);

/** Maps the page at @p gpa readable and executable, not writable. */
const void *hv_map_code(uint64_t gpa);

/** Maps the page at @p gpa readable and writable. */
volatile void *hv_map_data(uint64_t gpa);

/** A page of RAM filled with @p byte; its address is its GPA. */
uint8_t *hv_test_page(uint8_t byte);

/**
 * Compares a page with one byte value, without running through failures 4096 times.
 * @return how many bytes from offset @p from on differ from @p byte
 */
unsigned hv_differing(const volatile uint8_t *page, uint8_t byte, unsigned from);

/** Bits of a guest physical address: CPUID leaf 0x80000008 EAX[7:0]. */
unsigned hv_physical_address_bits(void);

#endif
