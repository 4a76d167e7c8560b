/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A caller of hypercalls for tests: a VP whose registers all hold something, a table with one call
 * of each shape, and a check that a call changed nothing but what it may change.
 */
#ifndef HV_CORE_TESTS_HYPERCALL_RIG_H
#define HV_CORE_TESTS_HYPERCALL_RIG_H

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "hypercall.h"

#define RIG_INPUT  UINT64_C(0x10000)
#define RIG_OUTPUT UINT64_C(0x20000)
#define RIG_RIP    UINT64_C(0xFFFFF80012345678)
#define RIG_LENGTH 3
#define RIG_REFUSE UINT64_C(0xBAD) /* an element that the handlers refuse */

/* Calls of the test table. */
enum rig_code {
    RIG_NO_PARAMETERS = 0x100,
    RIG_SIMPLE,      /* 24 bytes in, 16 out: the sum of the words, and the first of them */
    RIG_OUTPUT_ONLY, /* 8 bytes out: RIG_REFUSE + 1 */
    RIG_SHORT,       /* 16 bytes in, nothing out */
    RIG_REP,         /* header of 8; elements of 8 in, 8 out: header + element */
    RIG_REP_IN,      /* header of 8; elements of 8 in */
    RIG_REP_OUT,     /* header of 8; elements of 16 out */
    RIG_VARIABLE,    /* header of 8 and variable, 8 out: the sum of all */
    RIG_VARIABLE_REP,
    RIG_MEMORY_ONLY, /* 8 bytes in; not fast */
    RIG_NEEDS_TWO,   /* two privileges */
    RIG_NEEDS_ONE,   /* one of the two */
    RIG_NEEDS_ROOT,
    RIG_KNOWN, /* no handler */
    RIG_KNOWN_PRIVILEGED,
    RIG_CODE_END,
};

#define RIG_PRIVILEGES (HV_PRIVILEGE_PostMessages | HV_PRIVILEGE_SignalEvents)

struct rig {
    struct fake_platform fake;
    struct hv_partition *partition;
    struct hv_vp *vp;
    bool long_mode;
    uint8_t cpl;
    bool protected_mode;
    struct hv_gprs before;
    uint8_t xmm_before[16][16];
    enum hv_disposition disposition;
    unsigned calls;         /* of any handler */
    uint16_t first_index;   /* of the first of them */
    uint64_t handler_ticks; /* how long each takes */
};

static struct rig rig;

/* No partition becomes that, so what is remembered of the last call has to be forgotten. */
static inline void rig_is_no_root(void)
{
    rig.partition->root = false;
    rig.vp->hypercall_form.find = NULL;
}

static inline hv_status rig_run(struct hv_hypercall_call *call)
{
    if (rig.calls++ == 0)
        rig.first_index = call->index;
    rig.fake.tsc += rig.handler_ticks;
    return HV_STATUS_SUCCESS;
}

static inline hv_status rig_simple(struct hv_hypercall_call *call)
{
    const uint64_t *input = call->header;
    uint64_t *output = call->output;

    ck_assert_ptr_null(call->input);
    ck_assert_uint_eq(output[0] | output[1], 0);
    output[0] = input[0] + input[1] + input[2];
    output[1] = input[0];
    return input[0] == RIG_REFUSE ? HV_STATUS_OPERATION_DENIED : rig_run(call);
}

static inline hv_status rig_output_only(struct hv_hypercall_call *call)
{
    *(uint64_t *)call->output = RIG_REFUSE + 1;
    return rig_run(call);
}

static inline hv_status rig_rep(struct hv_hypercall_call *call)
{
    const uint64_t *header = call->header, *input = call->input;
    uint64_t *output = call->output;

    ck_assert_uint_eq(*output, 0);
    *output = *header + *input;
    for (unsigned i = 0; i < call->control->variable_qwords; i++)
        *output += call->variable[i];
    return *input == RIG_REFUSE ? HV_STATUS_INVALID_PARAMETER : rig_run(call);
}

static inline hv_status rig_rep_in(struct hv_hypercall_call *call)
{
    return *(const uint64_t *)call->input == RIG_REFUSE ? HV_STATUS_INVALID_PARAMETER
                                                        : rig_run(call);
}

static inline hv_status rig_rep_out(struct hv_hypercall_call *call)
{
    uint64_t *output = call->output;

    output[0] = call->index;
    output[1] = ~(uint64_t)call->index;
    return rig_run(call);
}

static inline hv_status rig_variable(struct hv_hypercall_call *call)
{
    uint64_t *output = call->output;

    *output = *(const uint64_t *)call->header;
    for (unsigned i = 0; i < call->control->variable_qwords; i++)
        *output += call->variable[i];
    return rig_run(call);
}

static inline const struct hv_hypercall_row *rig_find(uint16_t code)
{
    enum { FAST = HV_HYPERCALL_ALLOW_FAST, REP = HV_HYPERCALL_REP };
    static const struct hv_hypercall_row rows[] = {
        { .code = RIG_NO_PARAMETERS, .flags = FAST, .handler = rig_run },
        { .code = RIG_SIMPLE,
          .flags = FAST,
          .header_size = 24,
          .output_size = 16,
          .handler = rig_simple },
        { .code = RIG_OUTPUT_ONLY, .flags = FAST, .output_size = 8, .handler = rig_output_only },
        { .code = RIG_SHORT, .flags = FAST, .header_size = 16, .handler = rig_run },
        { .code = RIG_REP,
          .flags = REP | FAST,
          .header_size = 8,
          .input_size = 8,
          .output_size = 8,
          .handler = rig_rep },
        { .code = RIG_REP_IN,
          .flags = REP | FAST,
          .header_size = 8,
          .input_size = 8,
          .handler = rig_rep_in },
        { .code = RIG_REP_OUT,
          .flags = REP | FAST,
          .header_size = 8,
          .output_size = 16,
          .handler = rig_rep_out },
        { .code = RIG_VARIABLE,
          .flags = FAST | HV_HYPERCALL_VARIABLE_HEADER,
          .header_size = 8,
          .output_size = 8,
          .handler = rig_variable },
        { .code = RIG_VARIABLE_REP,
          .flags = REP | FAST | HV_HYPERCALL_VARIABLE_HEADER,
          .header_size = 8,
          .input_size = 8,
          .output_size = 8,
          .handler = rig_rep },
        { .code = RIG_MEMORY_ONLY, .header_size = 8, .handler = rig_run },
        { .code = RIG_NEEDS_TWO, .privilege = RIG_PRIVILEGES, .handler = rig_run },
        { .code = RIG_NEEDS_ONE,
          .flags = HV_HYPERCALL_ANY_PRIVILEGE,
          .privilege = RIG_PRIVILEGES,
          .handler = rig_run },
        { .code = RIG_NEEDS_ROOT, .flags = HV_HYPERCALL_ROOT, .handler = rig_run },
        { .code = RIG_KNOWN },
        { .code = RIG_KNOWN_PRIVILEGED, .privilege = RIG_PRIVILEGES },
    };

    if (code < RIG_NO_PARAMETERS || code >= RIG_CODE_END)
        return NULL;
    ck_assert_uint_eq(rows[code - RIG_NO_PARAMETERS].code, code);
    return &rows[code - RIG_NO_PARAMETERS];
}

static inline void rig_setup(void)
{
    memset(&rig, 0, sizeof(rig));
    fake_platform_init(&rig.fake);
    rig.partition = fake_partition(&rig.fake);
    rig.vp = fake_vp_create(&rig.fake, rig.partition, 0);
    atomic_store(&rig.partition->guest_os_id, 1);
    rig.long_mode = true;
    rig.protected_mode = true;
}

static inline void rig_teardown(void)
{
    fake_platform_destroy(&rig.fake);
}

/* Every register holds something else, in both halves. */
static inline void rig_fill_registers(struct fake_vp *backend)
{
    for (unsigned i = 0; i < HV_GPR_COUNT; i++)
        backend->gprs.gpr[i] = UINT64_C(0xA5A5000012340000) + i * UINT64_C(0x0000000100000101);
    backend->gprs.rip = RIG_RIP;
    backend->gprs.rflags = 0x202;
}

static inline void rig_set_pair(struct hv_gprs *gprs, enum hv_gpr high, enum hv_gpr low,
                                uint64_t value)
{
    gprs->gpr[high] = (gprs->gpr[high] & ~UINT64_C(0xFFFFFFFF)) | value >> 32;
    gprs->gpr[low] = (gprs->gpr[low] & ~UINT64_C(0xFFFFFFFF)) | (uint32_t)value;
}

static inline void rig_set_inputs(struct hv_gprs *gprs, uint64_t control, uint64_t first,
                                  uint64_t second)
{
    if (rig.long_mode) {
        gprs->gpr[HV_GPR_RCX] = control;
        gprs->gpr[HV_GPR_RDX] = first;
        gprs->gpr[HV_GPR_R8] = second;
    } else {
        rig_set_pair(gprs, HV_GPR_RDX, HV_GPR_RAX, control);
        rig_set_pair(gprs, HV_GPR_RBX, HV_GPR_RCX, first);
        rig_set_pair(gprs, HV_GPR_RDI, HV_GPR_RSI, second);
    }
}

/* Executes the hypercall instruction with the registers as they are. */
static inline void rig_execute(hv_hypercall_lookup *find)
{
    struct fake_vp *backend = fake_vp(rig.vp);
    struct hv_exit exit = { .reason = HV_EXIT_HYPERCALL,
                            .instruction_length = RIG_LENGTH,
                            .gprs = &backend->gprs };

    exit.hypercall.cpl = rig.cpl;
    exit.hypercall.protected_mode = rig.protected_mode;
    exit.hypercall.long_mode = rig.long_mode;
    backend->injected = false;
    rig.calls = 0;
    rig.before = backend->gprs;
    memcpy(rig.xmm_before, backend->xmm, sizeof(rig.xmm_before));
    rig.disposition = hv_hypercall_dispatch(rig.vp, &exit, find);
    ck_assert_int_eq(rig.disposition, HV_DISPOSITION_RESUME);
}

static inline void rig_call(uint64_t control, uint64_t first, uint64_t second)
{
    rig_fill_registers(fake_vp(rig.vp));
    rig_set_inputs(&fake_vp(rig.vp)->gprs, control, first, second);
    rig_execute(rig_find);
}

static inline uint64_t rig_result(void)
{
    const uint64_t *gpr = fake_vp(rig.vp)->gprs.gpr;

    if (rig.long_mode)
        return gpr[HV_GPR_RAX];
    ck_assert_uint_eq(gpr[HV_GPR_RAX] >> 32, 0);
    ck_assert_uint_eq(gpr[HV_GPR_RDX] >> 32, 0);
    return gpr[HV_GPR_RDX] << 32 | gpr[HV_GPR_RAX];
}

/* All general registers but those in the mask, and flags, are as before. */
static inline void rig_expect_kept(uint32_t except)
{
    const struct hv_gprs *now = &fake_vp(rig.vp)->gprs;

    for (unsigned i = 0; i < HV_GPR_COUNT; i++)
        if (!(except & 1u << i))
            ck_assert_uint_eq(now->gpr[i], rig.before.gpr[i]);
    ck_assert_uint_eq(now->rflags, rig.before.rflags);
}

static inline void rig_expect_xmm_kept(void)
{
    ck_assert_mem_eq(fake_vp(rig.vp)->xmm, rig.xmm_before, sizeof(rig.xmm_before));
}

static inline uint32_t rig_result_registers(void)
{
    return rig.long_mode ? 1u << HV_GPR_RAX : 1u << HV_GPR_RAX | 1u << HV_GPR_RDX;
}

/* The call ended with this status and count of reps, and changed no other register. */
static inline void rig_expect(hv_status status, uint16_t reps)
{
    uint64_t next = RIG_RIP + RIG_LENGTH;

    ck_assert_uint_eq(rig_result(), status | (uint64_t)reps << 32);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.rip, rig.long_mode ? next : (uint32_t)next);
    ck_assert(!fake_vp(rig.vp)->injected);
    rig_expect_kept(rig_result_registers());
    rig_expect_xmm_kept();
}

/* As above, and no handler ran. */
static inline void rig_expect_refused(hv_status status)
{
    rig_expect(status, 0);
    ck_assert_uint_eq(rig.calls, 0);
}

static inline void rig_expect_ud(void)
{
    ck_assert(fake_injected(rig.vp, HV_X64_EXCEPTION_UD));
    ck_assert(!fake_vp(rig.vp)->has_error);
    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.rip, RIG_RIP);
    ck_assert_uint_eq(rig.calls, 0);
    rig_expect_kept(0);
    rig_expect_xmm_kept();
}

/* The call is to be continued at the element. */
static inline void rig_expect_suspended(uint64_t control, uint16_t next)
{
    const uint64_t *gpr = fake_vp(rig.vp)->gprs.gpr;
    uint64_t value = (control & ~(UINT64_C(0xFFF) << 48)) | (uint64_t)next << 48;

    ck_assert_uint_eq(fake_vp(rig.vp)->gprs.rip, RIG_RIP);
    ck_assert_uint_eq(rig.long_mode ? gpr[HV_GPR_RCX] : rig_result(), value);
    rig_expect_kept(rig.long_mode ? 1u << HV_GPR_RCX : rig_result_registers());
}

static inline uint64_t *rig_words(uint64_t gpa)
{
    return (uint64_t *)(void *)((uint8_t *)fake_page(&rig.fake, gpa >> 12) + gpa % 4096);
}

static inline uint64_t rig_reps(uint16_t code, uint64_t count, uint64_t start)
{
    return code | count << 32 | start << 48;
}

#endif
