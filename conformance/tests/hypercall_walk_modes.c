/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Every call of the TLFS in the other modes of the processor: by 32-bit kernels, called wrongly,
 * and where no hypercall is allowed at all.
 */
#include "hypercall_walk.h"

static uint8_t input[4096] __attribute__((aligned(4096)));
static uint8_t output[4096] __attribute__((aligned(4096)));

/* ---- 32-bit callers ---- */

/* Registers of a call; the result replaces EAX and EDX. */
struct call32 {
    uint32_t eax, edx, ecx, ebx, esi, edi;
};

/* Calls EBP with each of ECX blocks of registers at EAX. A switch of modes for each call would take
 * the greater part of the time. */
__asm__(".pushsection .rodata\n"
        ".code32\n"
        "call_all_32:\n"
        "push %ecx\n"
        "push %eax\n"
        "1: mov (%esp), %eax\n"
        "mov 4(%eax), %edx\n"
        "mov 8(%eax), %ecx\n"
        "mov 12(%eax), %ebx\n"
        "mov 16(%eax), %esi\n"
        "mov 20(%eax), %edi\n"
        "mov (%eax), %eax\n"
        "call *%ebp\n"
        "mov (%esp), %ecx\n"
        "mov %eax, (%ecx)\n"
        "mov %edx, 4(%ecx)\n"
        "addl $24, (%esp)\n"
        "decl 4(%esp)\n"
        "jnz 1b\n"
        "add $8, %esp\n"
        "call_all_32_end:\n"
        ".code64\n"
        ".popsection\n");

extern const uint8_t call_all_32[], call_all_32_end[];

#define BATCH (PAGE_SIZE / sizeof(struct call32))

_Static_assert(TABLE_COUNT <= BATCH, "the calls no longer fit the page that every mode can reach");

static struct call32 *batch(void)
{
    return virt_of(MODE_DATA_ADDRESS);
}

static struct call32 registers(uint64_t value, unsigned misalignment)
{
    return (struct call32){
        .eax = (uint32_t)value,
        .edx = (uint32_t)(value >> 32),
        .ecx = (uint32_t)phys_of(input) + misalignment,
        .esi = (uint32_t)phys_of(output) + misalignment,
    };
}

/* Makes the first @p count calls of the batch. */
static void call_batch(enum cpu_mode mode, uint32_t count)
{
    struct regs32 regs = { .eax = MODE_DATA_ADDRESS,
                           .ecx = count,
                           .ebp = (uint32_t)hv_hypercall_gpa() };

    REQUIRE_NO_FAULT(run_mode(mode, call_all_32, (size_t)(call_all_32_end - call_all_32), &regs));
}

static void walk_in_mode(enum cpu_mode mode, const struct mistake *mistake)
{
    struct call32 *block = batch();
    struct walk walk = { .used = 0 };
    uint32_t count = 0;
    char key[64];

    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++)
        if (walk_concerns(mistake, call))
            block[count++] = registers(walk_control(mistake, call), walk_misalignment(call));
    call_batch(mode, count);
    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++) {
        uint64_t result;

        if (!walk_concerns(mistake, call))
            continue;
        result = (uint64_t)block->edx << 32 | block->eax;
        walk_check(mistake, call, result);
        walk_note(&walk, call->code, hv_result_status(result));
        block++;
    }
    snprintf(key, sizeof(key), "%s-%s", mode_name(mode), mistake->name);
    walk_report(&walk, key);
}

static void walk_32(const struct mistake *mistakes, unsigned count)
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++)
        for (unsigned j = 0; j < count; j++)
            walk_in_mode(modes32[i], &mistakes[j]);
}

HV_TEST(hypercall_abi, every_call_refuses_mistakes_of_32_bit_callers,
        COVERS(HV_REQ_HC_020, HV_REQ_HC_021, HV_REQ_HC_024, HV_REQ_HC_031, HV_REQ_HC_033),
        NEEDS_NOTHING, "The upper half of the input value is in EDX, and is as easily left out")
{
    static const struct mistake mistakes[] = {
        { .name = "bits-30-27", .set = UINT64_C(0xf) << 27 },
        { .name = "bits-63-60", .set = UINT64_C(0xf) << 60 },
        { .name = "start-1", .set = WALK_START(1) },
    };

    walk_32(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
}

HV_TEST(hypercall_abi, misaligned_input_of_32_bit_callers_is_refused,
        COVERS(HV_REQ_HC_024, HV_REQ_HC_041), NEEDS_NOTHING,
        "A call that looks for its input in RDX takes EDX, which is zero or a rep count here")
{
    hv_enable_hypercalls();
    for (unsigned i = 0; i < MODES32; i++)
        FOR_EACH_CALL(call, CALL_INPUT)
        {
            struct call32 *block = batch();

            *block = registers(call_control(call, 1), 1);
            call_batch(modes32[i], 1);
            CHECK(block->eax == HV_STATUS_INVALID_ALIGNMENT && block->edx == 0,
                  "%s, %s: EDX:EAX is 0x%x:0x%x", mode_name(modes32[i]), call->name, block->edx,
                  block->eax);
        }
}

/* ---- Where no call is allowed ---- */

struct user_walk {
    bool amd;
    uint32_t calls, refused;
};

/* Makes every call at CPL 3; counts those that raise #UD. */
static uint64_t walk_at_cpl3(void *argument)
{
    struct user_walk *walk = argument;

    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++) {
        uint64_t value = hv_control(call->code, false, 0, call->kinds & TABLE_REP, 0);
        uint64_t result = value;
        struct fault fault;

        fault_clear();
        if (walk->amd)
            __asm__ volatile(GUEST_TRY("vmmcall")
                             : "+a"(result)
                             : "c"(value), "d"(phys_of(input) + 1)
                             : "r8", "memory");
        else
            __asm__ volatile(GUEST_TRY("vmcall")
                             : "+a"(result)
                             : "c"(value), "d"(phys_of(input) + 1)
                             : "r8", "memory");
        fault = fault_take();
        walk->calls++;
        walk->refused += fault.raised && fault.vector == VECTOR_UD && result == value;
    }
    return 0;
}

HV_TEST(hypercall_abi, user_mode_can_make_no_call, COVERS(HV_REQ_HC_018), NEEDS_NOTHING,
        "The check must come before anything that depends on the code")
{
    static struct user_walk walk;

    hv_enable_hypercalls();
    walk = (struct user_walk){ .amd = is_amd() };
    REQUIRE_NO_FAULT(run_user(walk_at_cpl3, &walk, NULL));
    CHECK_EQ(walk.calls, TABLE_COUNT);
    CHECK_EQ(walk.refused, walk.calls);
}

/* Xen takes a call without this bit, which is reserved here, for one of its own, and may do what it
 * says. */
#define NOT_XENS_OWN 0x80000000u

static void check_mode_refuses_all(enum cpu_mode mode)
{
    hv_enable_hypercalls();
    for (const struct table_call *call = table; call < table + TABLE_COUNT; call++) {
        uint64_t value = hv_control(call->code, false, 0, call->kinds & TABLE_REP, 0);
        struct regs32 regs = { .eax = (uint32_t)value | NOT_XENS_OWN,
                               .edx = (uint32_t)(value >> 32),
                               .ecx = (uint32_t)phys_of(input) + 1 };
        struct fault fault = run_mode(mode, native_code(), sizeof(vmcall), &regs);

        CHECK(fault.raised && fault.vector == VECTOR_UD, "%s, code 0x%04x: %s", mode_name(mode),
              call->code, fault.raised ? vector_name(fault.vector) : "no exception");
    }
}

HV_TEST(hypercall_abi, real_mode_can_make_no_call, COVERS(HV_REQ_HC_019), NEEDS_NOTHING,
        "CPL is 0 there, and the check of CPL is not enough for any call")
{
    check_mode_refuses_all(MODE_REAL);
}

HV_TEST(hypercall_abi, compatibility_mode_user_can_make_no_call, COVERS(HV_REQ_HC_018),
        NEEDS_NOTHING, "32-bit programs take another way into many hypervisors")
{
    check_mode_refuses_all(MODE_COMPAT_CPL3);
}
