/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The hypercall dispatcher and its handlers, from all that a guest controls: mode, registers, XMM,
 * memory that another VP may be changing meanwhile, and a clock that suspends rep calls. Each call
 * is executed until it ends; what it may not do is checked after each execution.
 *
 * Input: 2 bytes of options, hypercall input value, two parameter words, XMM0 to XMM5; the rest is
 * put where the first word points, or at the start of the guest's memory.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "fuzz.h"
#include "hypercall_frame.h"

#define RAM_PAGES  8
#define RAM_SIZE   (RAM_PAGES * HV_PAGE_SIZE)
#define RIP        UINT64_C(0x00007FFF12345678)
#define LENGTH     3
#define SHAPE_CODE 0x7F00 /* codes from here on are calls of every shape, see find() */

enum option {
    OPTION_CPL = 3,
    OPTION_NOT_PROTECTED = 1 << 2,
    OPTION_32_BIT = 1 << 3,
    OPTION_NO_XMM_INPUT = 1 << 4,
    OPTION_NO_XMM_OUTPUT = 1 << 5,
    OPTION_SLOW = 1 << 6,
    OPTION_RACE = 1 << 7,
    OPTION_NO_PRIVILEGES = 1 << 8,
    OPTION_CHILD = 1 << 9,
    OPTION_READ_ONLY = 1 << 10, /* the second page */
    OPTION_NO_IDENTITY = 1 << 11,
};

struct __attribute__((packed)) fuzz_input {
    uint16_t options;
    uint64_t control;
    uint64_t words[2];
    uint8_t xmm[6][16];
};

static struct fake_platform fake;
static struct hv_partition *partition;
static struct hv_vp *vp;
static struct hv_gprs before;
static uint8_t xmm_before[16][16];
static uint8_t ram_before[RAM_SIZE];
static uint32_t races;

static void must(bool condition)
{
    if (!condition)
        abort();
}

/* ---- A back end without a limit on the registers that it keeps ---- */

static struct hv_register128 kept;

static hv_status get_register(void *context, struct hv_vp *of, uint32_t name,
                              struct hv_register128 *value)
{
    (void)context;
    *value = (struct hv_register128){ 0 };
    if (name >= HvX64RegisterRax && name <= HvX64RegisterR15)
        value->low = fake_vp(of)->gprs.gpr[name - HvX64RegisterRax];
    else
        *value = kept;
    return name % 64 == 63 ? HV_STATUS_INVALID_PARAMETER : HV_STATUS_SUCCESS;
}

static hv_status set_register(void *context, struct hv_vp *of, uint32_t name,
                              const struct hv_register128 *value)
{
    (void)context;
    if (name % 64 == 63)
        return HV_STATUS_INVALID_PARAMETER;
    if (name >= HvX64RegisterRax && name <= HvX64RegisterR15)
        fake_vp(of)->gprs.gpr[name - HvX64RegisterRax] = value->low;
    else
        kept = *value;
    return HV_STATUS_SUCCESS;
}

/* The other VP's LP reacts at once. */
static void kick(void *context, struct hv_vp *of)
{
    (void)context;
    hv_vp_prepare(of);
}

/* Another VP writes to the page just before the hypervisor looks at it. */
static void race(struct fake_platform *platform, uint64_t spa_page)
{
    uint8_t *page = fake_page(platform, spa_page);

    races = races * 1664525 + 1013904223;
    page[races >> 20] = (uint8_t)(races >> 8);
}

/* ---- Calls of every shape ---- */

/* Touches every byte that it was given, so that the sanitizer sees one that is not there. */
static hv_status touch(struct hv_hypercall_call *call)
{
    uint64_t sum = 0;
    const uint8_t *header = call->header, *element = call->input;
    uint8_t *output = call->output;

    for (unsigned i = 0; i < 24; i++)
        sum += header[i];
    for (unsigned i = 0; i < call->control->variable_qwords; i++)
        sum += call->variable[i];
    if (element)
        for (unsigned i = 0; i < 12; i++)
            sum += element[i];
    for (unsigned i = 0; i < 20; i++) {
        must(output[i] == 0);
        output[i] = (uint8_t)(sum + i + 1);
    }
    return sum % 61 == 60 ? HV_STATUS_OPERATION_DENIED : HV_STATUS_SUCCESS;
}

static const struct hv_hypercall_row shapes[] = {
#define SHAPE(flags_)                                                                         \
    {                                                                                         \
        .flags = (flags_) | HV_HYPERCALL_ALLOW_FAST, .header_size = 24,                       \
        .input_size = (flags_)&HV_HYPERCALL_REP ? 12 : 0, .output_size = 20, .handler = touch \
    }
    SHAPE(0),
    SHAPE(HV_HYPERCALL_REP),
    SHAPE(HV_HYPERCALL_VARIABLE_HEADER),
    SHAPE(HV_HYPERCALL_REP | HV_HYPERCALL_VARIABLE_HEADER),
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static const struct hv_hypercall_row *find(uint16_t code)
{
    if (code >= SHAPE_CODE && code < SHAPE_CODE + SHAPES)
        return &shapes[code - SHAPE_CODE];
    return hv_hypercall_find(code);
}

/* ---- Set up ---- */

static void set_up_once(void)
{
    fake_platform_init(&fake);
    fake.platform.cpu.get_register = get_register;
    fake.platform.cpu.set_register = set_register;
    fake.platform.cpu.kick = kick;
    partition = fake_partition(&fake);
    must(hv_address_unmap(partition, RAM_PAGES, FAKE_FIRST_POOL - RAM_PAGES) == HV_STATUS_SUCCESS);
    vp = fake_vp_create(&fake, partition, 0);
    fake_vp_create(&fake, partition, 1);
    must(hv_partition_set_property(partition, HvPartitionPropertyDebugChannelId, 1) ==
         HV_STATUS_SUCCESS);
    /* Pages of their own, so that the sanitizer sees their ends. */
    vp->hypercall_input = aligned_alloc(16, HV_PAGE_SIZE);
    vp->hypercall_output = aligned_alloc(16, HV_PAGE_SIZE);
}

static void set_up(const struct fuzz_input *input, const uint8_t *rest, size_t size)
{
    uint64_t at = input->words[0] < RAM_SIZE ? input->words[0] : 0;
    uint8_t *ram = fake_page(&fake, 0);

    hv_partition_reset(partition);
    memset(ram, 0x5A, RAM_SIZE);
    memcpy(ram + at, rest, size < RAM_SIZE - at ? size : RAM_SIZE - at);
    /* Calls of the root for itself may have taken rights. */
    must(hv_address_map(partition, 0, 0, RAM_PAGES, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) ==
         HV_STATUS_SUCCESS);
    if (input->options & OPTION_READ_ONLY)
        hv_address_protect(partition, 1, 1, HV_ACCESS_READ | HV_ACCESS_EXECUTE);
    atomic_store(&partition->guest_os_id, !(input->options & OPTION_NO_IDENTITY));
    /* There is no hierarchy: what needs one is for fuzz_parent.c. */
    partition->features.privileges =
        input->options & OPTION_NO_PRIVILEGES ? 0 : ~HV_FEATURES_OF_HIERARCHIES;
    partition->features.features_edx = UINT32_MAX;
    if (input->options & OPTION_NO_XMM_INPUT)
        partition->features.features_edx &= ~HV_FEATURE_EDX_XMM_HYPERCALL_INPUT;
    if (input->options & OPTION_NO_XMM_OUTPUT)
        partition->features.features_edx &= ~HV_FEATURE_EDX_XMM_HYPERCALL_OUTPUT;
    partition->root = !(input->options & OPTION_CHILD);
    fake.tsc_step = input->options & OPTION_SLOW ? FAKE_TSC_HZ / 50000 : 0;
    fake.on_map = input->options & OPTION_RACE ? race : NULL;
    races = (uint32_t)input->control;
    fake.debug.posted = 0;
    fake.debug.arrived = input->words[1] % FAKE_DEBUG_BUFFER;
}

static void set_registers(const struct fuzz_input *input)
{
    struct fake_vp *backend = fake_vp(vp);
    uint64_t *gpr = backend->gprs.gpr;

    memset(gpr, 0xC3, sizeof(backend->gprs.gpr));
    memcpy(backend->xmm, input->xmm, sizeof(input->xmm));
    backend->gprs.rip = RIP;
    backend->gprs.rflags = 0x202;
    if (!(input->options & OPTION_32_BIT)) {
        gpr[HV_GPR_RCX] = input->control;
        gpr[HV_GPR_RDX] = input->words[0];
        gpr[HV_GPR_R8] = input->words[1];
        return;
    }
    gpr[HV_GPR_RDX] = input->control >> 32;
    gpr[HV_GPR_RAX] = (uint32_t)input->control;
    gpr[HV_GPR_RBX] = input->words[0] >> 32;
    gpr[HV_GPR_RCX] = (uint32_t)input->words[0];
    gpr[HV_GPR_RDI] = input->words[1] >> 32;
    gpr[HV_GPR_RSI] = (uint32_t)input->words[1];
}

/* ---- Checks ---- */

static void check_gprs(uint32_t may_change)
{
    const struct hv_gprs *now = &fake_vp(vp)->gprs;

    for (unsigned i = 0; i < HV_GPR_COUNT; i++)
        must((may_change & 1u << i) || now->gpr[i] == before.gpr[i]);
    must(now->rflags == before.rflags);
}

static void check_xmm(const struct hv_hypercall_frame *frame)
{
    uint32_t first = 16;

    if (frame->form->control.fast && frame->form->row && frame->form->output_size)
        first = (frame->form->input_size + 15) / 16;
    first = first == 0 ? 0 : first - 1;
    must(memcmp(fake_vp(vp)->xmm, xmm_before, sizeof(xmm_before[0]) * (first < 6 ? first : 16)) ==
         0);
    must(memcmp(fake_vp(vp)->xmm[6], xmm_before[6], 10 * sizeof(xmm_before[0])) == 0);
}

static void check_ram(const struct hv_hypercall_frame *frame)
{
    const uint8_t *ram = fake_page(&fake, 0);
    uint64_t from = frame->words[1], to = from;

    if (frame->form->row && !frame->form->control.fast && from < RAM_SIZE) {
        to =
            frame->form->output_size < RAM_SIZE - from ? from + frame->form->output_size : RAM_SIZE;
        if (frame->form->row->flags & HV_HYPERCALL_DATA_OUT)
            to = (from | HV_PAGE_MASK) + 1;
        from += (uint64_t)frame->form->control.rep_start * frame->form->row->output_size;
        from = from < to ? from : to;
    } else {
        from = to = 0;
    }
    must(memcmp(ram, ram_before, from) == 0);
    must(memcmp(ram + to, ram_before + to, RAM_SIZE - to) == 0);
}

static void check_result(const struct hv_hypercall_frame *frame, uint64_t result)
{
    uint64_t reps = (result & HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK) >>
                    HV_HYPERCALL_RESULT_REPS_COMPLETED_SHIFT;

    must(!(result & ~(HV_HYPERCALL_RESULT_STATUS_MASK | HV_HYPERCALL_RESULT_REPS_COMPLETED_MASK)));
    must(reps <= frame->form->control.rep_count);
    if ((result & HV_HYPERCALL_RESULT_STATUS_MASK) == HV_STATUS_SUCCESS)
        must(reps == frame->form->control.rep_count);
}

static uint64_t pair(enum hv_gpr high, enum hv_gpr low)
{
    const uint64_t *gpr = fake_vp(vp)->gprs.gpr;

    must(gpr[high] >> 32 == 0 && gpr[low] >> 32 == 0);
    return gpr[high] << 32 | gpr[low];
}

static void check_suspension(const struct hv_hypercall_frame *frame, uint64_t value)
{
    struct hv_hypercall_control control;

    must(hv_hypercall_parse_control(value, &control) == HV_STATUS_SUCCESS);
    must(hv_hypercall_resume_value(value, frame->form->control.rep_start) == frame->value);
    must(control.rep_start > frame->form->control.rep_start &&
         control.rep_start < control.rep_count);
    must(frame->form->row->flags & HV_HYPERCALL_REP);
}

/* Whether the call goes on. */
static bool check(const struct hv_hypercall_frame *frame, bool long_mode)
{
    const struct fake_vp *backend = fake_vp(vp);
    bool suspended = backend->gprs.rip == RIP;
    uint32_t may_change = long_mode ? 1u << (suspended ? HV_GPR_RCX : HV_GPR_RAX)
                                    : 1u << HV_GPR_RAX | 1u << HV_GPR_RDX;

    if (!fake.on_map)
        check_ram(frame);
    if (backend->injected) {
        must(backend->vector == HV_X64_EXCEPTION_UD && !backend->has_error && suspended);
        check_gprs(0);
        must(memcmp(backend->xmm, xmm_before, sizeof(xmm_before)) == 0);
        return false;
    }
    must(suspended || backend->gprs.rip == RIP + LENGTH ||
         (!long_mode && backend->gprs.rip == (uint32_t)(RIP + LENGTH)));
    if (frame->form->control.fast && long_mode && frame->form->row && frame->form->input_size == 0)
        may_change |= 1u << HV_GPR_RDX | 1u << HV_GPR_R8;
    if (frame->form->control.code != HvCallSetVpRegisters)
        check_gprs(may_change);
    check_xmm(frame);
    if (!suspended)
        check_result(frame,
                     long_mode ? backend->gprs.gpr[HV_GPR_RAX] : pair(HV_GPR_RDX, HV_GPR_RAX));
    else
        check_suspension(frame,
                         long_mode ? backend->gprs.gpr[HV_GPR_RCX] : pair(HV_GPR_RDX, HV_GPR_RAX));
    return suspended;
}

/* Executes the instruction once. */
static bool execute(const struct fuzz_input *input)
{
    struct fake_vp *backend = fake_vp(vp);
    bool long_mode = !(input->options & OPTION_32_BIT);
    struct hv_exit exit = { .reason = HV_EXIT_HYPERCALL,
                            .instruction_length = LENGTH,
                            .gprs = &backend->gprs };
    struct hv_hypercall_form form;
    struct hv_hypercall_frame frame = { .vp = vp, .form = &form };

    exit.hypercall.cpl = input->options & OPTION_CPL;
    exit.hypercall.protected_mode = !(input->options & OPTION_NOT_PROTECTED);
    exit.hypercall.long_mode = long_mode;
    backend->injected = false;
    before = backend->gprs;
    memcpy(xmm_before, backend->xmm, sizeof(xmm_before));
    memcpy(ram_before, fake_page(&fake, 0), RAM_SIZE);

    if (long_mode) {
        frame.value = before.gpr[HV_GPR_RCX];
        frame.words[0] = before.gpr[HV_GPR_RDX];
        frame.words[1] = before.gpr[HV_GPR_R8];
    } else {
        frame.value = before.gpr[HV_GPR_RDX] << 32 | (uint32_t)before.gpr[HV_GPR_RAX];
        frame.words[0] = before.gpr[HV_GPR_RBX] << 32 | (uint32_t)before.gpr[HV_GPR_RCX];
        frame.words[1] = before.gpr[HV_GPR_RDI] << 32 | (uint32_t)before.gpr[HV_GPR_RSI];
    }
    hv_hypercall_make_form(&form, vp->partition, frame.value, find);

    must(hv_hypercall_dispatch(vp, &exit, find) == HV_DISPOSITION_RESUME);
    return check(&frame, long_mode);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input;
    unsigned executions = 0;

    if (size < sizeof(input))
        return 0;
    if (!vp)
        set_up_once();
    memcpy(&input, data, sizeof(input));
    set_up(&input, data + sizeof(input), size - sizeof(input));
    set_registers(&input);
    while (execute(&input))
        must(++executions < HV_HYPERCALL_MAX_REP_COUNT);
    return 0;
}
