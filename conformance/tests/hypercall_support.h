/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Calls with which the rules that hold for every hypercall can be tested. No call but
 * HvCallNotifyLongSpinWait is there on every implementation, so a test takes what is announced.
 */
#ifndef CONFORMANCE_TESTS_HYPERCALL_SUPPORT_H
#define CONFORMANCE_TESTS_HYPERCALL_SUPPORT_H

#include <conformance/hyperv.h>
#include <conformance/test.h>

/* What a call is like; a test asks for those that it needs. */
enum test_call_kind {
    CALL_SIMPLE = 1,
    CALL_REP = 2,
    CALL_INPUT = 4,    /* has input */
    CALL_NO_INPUT = 8, /* has none */
    CALL_OUTPUT = 16,  /* has output */
    CALL_NO_OUTPUT = 32,
};

struct test_call {
    const char *name;
    uint16_t code;
    uint16_t kinds;                                  /* CALL_ bits */
    uint16_t header_size, element_size, output_size; /* output: of one element, or of all */
    uint64_t privilege;                              /* HV_PRIVILEGE_ bits, all of them */
    uint32_t recommends; /* HV_RECOMMEND_EAX_ bits, one of them; 0: no matter */
    void (*fill)(uint8_t *input, unsigned reps);
};

/* A hint that never fails. */
static inline void fill_notify(uint8_t *input, unsigned reps)
{
    struct hv_input_notify_long_spin_wait *block = (void *)input;

    (void)reps;
    *block = (struct hv_input_notify_long_spin_wait){ .spin_count = 1 };
}

/* Flushes everything everywhere, as a guest may at any time. */
static inline void fill_flush(uint8_t *input, unsigned reps)
{
    struct hv_input_flush_virtual_address_space *block = (void *)input;
    uint64_t *ranges = (void *)(block + 1);

    block->address_space = 0;
    block->flags = HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;
    block->processor_mask = 0;
    for (unsigned i = 0; i < reps; i++)
        ranges[i] = UINT64_C(0x400000) + (uint64_t)i * PAGE_SIZE;
}

static inline void fill_flush_space(uint8_t *input, unsigned reps)
{
    (void)reps;
    fill_flush(input, 0);
}

static inline void fill_register_header(uint8_t *input)
{
    struct hv_input_vp_registers *header = (void *)input;

    *header = (struct hv_input_vp_registers){ .partition_id = HV_PARTITION_ID_SELF,
                                              .vp_index = HV_VP_INDEX_SELF };
}

/* Reads the guest OS id again and again. */
static inline void fill_get_registers(uint8_t *input, unsigned reps)
{
    uint32_t *names = (void *)(input + sizeof(struct hv_input_vp_registers));

    fill_register_header(input);
    for (unsigned i = 0; i < reps; i++)
        names[i] = HvRegisterGuestOsId;
}

/* Writes the guest OS id that is there. */
static inline void fill_set_registers(uint8_t *input, unsigned reps)
{
    struct hv_register_assoc *elements = (void *)(input + sizeof(struct hv_input_vp_registers));

    fill_register_header(input);
    for (unsigned i = 0; i < reps; i++)
        elements[i] = (struct hv_register_assoc){ .name = HvRegisterGuestOsId,
                                                  .value.reg128.low = TEST_GUEST_OS_ID };
}

static inline void fill_nothing(uint8_t *input, unsigned reps)
{
    (void)input;
    (void)reps;
}

#define TEST_CALL_FLUSHES \
    (HV_RECOMMEND_EAX_LOCAL_FLUSH_HYPERCALL | HV_RECOMMEND_EAX_REMOTE_FLUSH_HYPERCALL)

static const struct test_call test_calls[] = {
    { "HvCallNotifyLongSpinWait", HvCallNotifyLongSpinWait,
      CALL_SIMPLE | CALL_INPUT | CALL_NO_OUTPUT, sizeof(struct hv_input_notify_long_spin_wait), 0,
      0, 0, 0, fill_notify },
    { "HvCallFlushVirtualAddressSpace", HvCallFlushVirtualAddressSpace,
      CALL_SIMPLE | CALL_INPUT | CALL_NO_OUTPUT,
      sizeof(struct hv_input_flush_virtual_address_space), 0, 0, 0, TEST_CALL_FLUSHES,
      fill_flush_space },
    { "HvCallGetVpRegisters", HvCallGetVpRegisters, CALL_REP | CALL_INPUT | CALL_OUTPUT,
      sizeof(struct hv_input_vp_registers), sizeof(uint32_t), sizeof(struct hv_u128),
      HV_PRIVILEGE_AccessVpRegisters, 0, fill_get_registers },
    { "HvCallSetVpRegisters", HvCallSetVpRegisters, CALL_REP | CALL_INPUT | CALL_NO_OUTPUT,
      sizeof(struct hv_input_vp_registers), sizeof(struct hv_register_assoc), 0,
      HV_PRIVILEGE_AccessVpRegisters, 0, fill_set_registers },
    { "HvCallFlushVirtualAddressList", HvCallFlushVirtualAddressList,
      CALL_REP | CALL_INPUT | CALL_NO_OUTPUT, sizeof(struct hv_input_flush_virtual_address_space),
      sizeof(uint64_t), 0, 0, TEST_CALL_FLUSHES, fill_flush },
    { "HvGetPartitionId", HvGetPartitionId, CALL_SIMPLE | CALL_NO_INPUT | CALL_OUTPUT, 0, 0,
      sizeof(uint64_t), HV_PRIVILEGE_AccessPartitionId, 0, fill_nothing },
    { "HvExtCallQueryCapabilities", HvExtCallQueryCapabilities,
      CALL_SIMPLE | CALL_NO_INPUT | CALL_OUTPUT, 0, 0, sizeof(uint64_t),
      HV_PRIVILEGE_EnableExtendedHypercalls, 0, fill_nothing },
};

static inline bool call_is_announced(const struct test_call *call)
{
    uint32_t recommends = hv_recommendations();

    return hv_may(call->privilege) && (!call->recommends || (recommends & call->recommends));
}

/* The first announced call from @p call on that has all of @p kinds; NULL if there is none. */
static inline const struct test_call *call_from(const struct test_call *call, unsigned kinds)
{
    for (; call < test_calls + sizeof(test_calls) / sizeof(test_calls[0]); call++)
        if ((call->kinds & kinds) == kinds && call_is_announced(call))
            return call;
    return NULL;
}

#define FOR_EACH_CALL(call, kinds)                                              \
    for (const struct test_call *call = call_from(test_calls, (kinds)); (call); \
         (call) = call_from((call) + 1, (kinds)))

/* Some announced call of these kinds; without one the test is skipped. */
static inline const struct test_call *call_required(unsigned kinds, const char *what)
{
    const struct test_call *call = call_from(test_calls, kinds);

    if (!call)
        test_skip("no %s is announced", what);
    return call;
}

static inline uint64_t call_control(const struct test_call *call, unsigned reps)
{
    return hv_control(call->code, false, 0, call->kinds & CALL_REP ? reps : 0, 0);
}

static inline unsigned call_input_size(const struct test_call *call, unsigned reps)
{
    return call->header_size + reps * call->element_size;
}

static inline unsigned call_output_size(const struct test_call *call, unsigned reps)
{
    return call->kinds & CALL_REP ? reps * call->output_size : call->output_size;
}

/* Reps that a successful call of @p reps elements reports. */
static inline uint32_t call_reps(const struct test_call *call, unsigned reps)
{
    return call->kinds & CALL_REP ? reps : 0;
}

/* A result has nothing but a status and a number of reps (catalogue HC-055). */
static inline void check_result_layout(uint64_t result, const char *what)
{
    uint64_t reserved =
        ~(HV_HYPERCALL_RESULT_STATUS_MASK | HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK);

    CHECK((result & reserved) == 0, "%s: reserved bits in the result 0x%llx", what,
          (unsigned long long)result);
}

/* Not there, or not for this caller: what an implementation may answer to a call that needs a
 * privilege which it does not announce. */
static inline bool is_refusal(uint16_t status)
{
    return status == HV_STATUS_ACCESS_DENIED || status == HV_STATUS_INVALID_HYPERCALL_CODE;
}

/*
 * Whether a call is there, without making it: with rep fields that are wrong for every kind of
 * call, and parameters where there can be none. @return a refusal if it is not, or not for this
 * caller
 */
static inline uint16_t probe_call(uint16_t code)
{
    return hv_result_status(hv_call(hv_control(code, false, 0, 1, 1), 1, 1));
}

static inline bool call_is_there(uint16_t code)
{
    return !is_refusal(probe_call(code));
}

/* The input value of a fast call that never fails. */
static inline uint64_t notify_value(void)
{
    return hv_control(HvCallNotifyLongSpinWait, true, 0, 0, 0);
}

static inline bool is_amd(void)
{
    return hv_native_entry() == ENTRY_VMMCALL;
}

/* Code for run_mode(): the instructions of both vendors, and a call of the page at EBP. */
static const uint8_t vmcall[] = { 0x0f, 0x01, 0xc1 };
static const uint8_t vmmcall[] = { 0x0f, 0x01, 0xd9 };
static const uint8_t call_ebp[] = { 0xff, 0xd5 };

/* The instruction of this CPU's vendor; either has the size of the other. */
static inline const uint8_t *native_code(void)
{
    return is_amd() ? vmmcall : vmcall;
}

/* The modes of 32-bit kernels. The last may be unusable. */
static const enum cpu_mode modes32[] = { MODE_COMPAT_CPL0, MODE_PROTECTED32, MODE_PAE32 };
#define MODES32 (mode_usable(MODE_PAE32) ? 3u : 2u)

/* For a test that locks the hypercall page: nothing but a reset unlocks the register, so it runs
 * only when it is all that runs. @param name its full name */
static inline void require_to_run_alone(const char *name)
{
    char tests[64];

    if (!boot_option("tests", tests, sizeof(tests)) || strcmp(tests, name) != 0)
        test_skip("only a reset undoes it; run it alone by its full name");
}

#endif
