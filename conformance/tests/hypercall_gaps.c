/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypercall interface where the TLFS is silent or contradicts itself: what calls answer. */
#include "hypercall_walk.h"

static uint8_t input[2][4096] __attribute__((aligned(4096)));
static uint8_t output[2][4096] __attribute__((aligned(4096)));

/* "status 5", or the exception. */
static void observe_call(const char *key, uint64_t control, uint64_t rdx, uint64_t r8)
{
    struct regs regs = { .rcx = control, .rdx = rdx, .r8 = r8 };
    struct fault fault = hv_call_regs(&regs);

    if (fault.raised)
        OBSERVE(key, "%s", vector_name(fault.vector));
    else
        OBSERVE(key, "status %x", hv_result_status(regs.rax));
}

/* ---- The input and the result value ---- */

HV_CHARACTERIZE(hypercall_abi, upper_bits_of_the_variable_header, COVERS(HV_REQ_GAP_101),
                NEEDS_NOTHING,
                "Bit 26 is of the header size in one document and asks for the outer hypervisor in "
                "the other, where bit 31 is reserved")
{
    hv_enable_hypercalls();
    observe_call("bit-26", notify_value() | UINT64_C(1) << 26, 1, 0);
    observe_call("bit-31", notify_value() | UINT64_C(1) << 31, 1, 0);
}

HV_CHARACTERIZE(hypercall_abi, reps_completed_beyond_255, COVERS(HV_REQ_GAP_103), NEEDS_NOTHING,
                "A table prints bits 43:40 of the result as reserved; a count needs them")
{
    const struct test_call *call = call_required(CALL_REP, "rep call");

    hv_enable_hypercalls();
    while (call && call->header_size + 256u * call->element_size > PAGE_SIZE)
        call = call_from(call + 1, CALL_REP);
    if (!call)
        test_skip("no announced rep call takes 256 elements");
    call->fill(input[0], 256);
    OBSERVE("reps-of-256", "%u",
            hv_result_reps(hv_call(call_control(call, 256), phys_of(input), phys_of(output))));
}

HV_CHARACTERIZE(hypercall_abi, order_of_checks, COVERS(HV_REQ_GAP_220), NEEDS_NOTHING,
                "Two mistakes at once: which is reported, so that callers can be compared")
{
    const uint64_t reserved = UINT64_C(1) << 27, count = UINT64_C(1) << 32;
    uint64_t slow = HvCallNotifyLongSpinWait;

    hv_enable_hypercalls();
    observe_call("code+reserved", 0x7123 | reserved, phys_of(input), 0);
    observe_call("code+count", 0x7123 | count, phys_of(input), 0);
    observe_call("code+alignment", 0x7123, phys_of(input) + 1, 0);
    observe_call("reserved+alignment", slow | reserved, phys_of(input) + 1, 0);
    observe_call("count+alignment", slow | count, phys_of(input) + 1, 0);
    if (!hv_may(HV_PRIVILEGE_CreatePartitions)) {
        observe_call("privilege+reserved", HvCallCreatePartition | reserved, phys_of(input), 0);
        observe_call("privilege+alignment", HvCallCreatePartition, phys_of(input) + 1, 0);
    }
}

HV_CHARACTERIZE(hypercall_abi, progress_of_32_bit_callers, COVERS(HV_REQ_GAP_247), NEEDS_NOTHING,
                "EDX:EAX is both the input value, where a rep call keeps its place, and the result")
{
    const struct test_call *call = call_required(CALL_REP, "rep call");
    uint64_t control = call_control(call, 100);
    struct regs32 regs = { .eax = (uint32_t)control,
                           .edx = (uint32_t)(control >> 32),
                           .ecx = (uint32_t)phys_of(input),
                           .esi = (uint32_t)phys_of(output),
                           .ebp = (uint32_t)hv_hypercall_gpa() };

    hv_enable_hypercalls();
    call->fill(input[0], 100);
    REQUIRE_NO_FAULT(run_mode(MODE_PROTECTED32, call_ebp, sizeof(call_ebp), &regs));
    OBSERVE("eax", "status %x", regs.eax);
    OBSERVE("edx", "%u of 100", regs.edx);
}

/* ---- Where parameters are ---- */

HV_CHARACTERIZE(hypercall_abi, a_list_that_starts_behind_the_page, COVERS(HV_REQ_GAP_232),
                NEEDS(.privileges = HV_PRIVILEGE_AccessVpRegisters),
                "The list spans two pages; what is left of it from its start index does not")
{
    unsigned offset = (unsigned)PAGE_SIZE - sizeof(struct hv_input_vp_registers) - 8;

    hv_enable_hypercalls();
    fill_get_registers(&input[0][offset], 4);
    observe_call("start-2", hv_control(HvCallGetVpRegisters, false, 0, 4, 2),
                 phys_of(&input[0][offset]), phys_of(output));
}

/* A page of the GPA space where nothing is: just below its end, or 0 if there is no such place. */
static uint64_t unmapped_gpa(void)
{
    unsigned bits = hv_physical_address_bits();

    return bits > 33 ? (UINT64_C(1) << bits) - PAGE_SIZE : 0;
}

HV_CHARACTERIZE(hypercall_abi, parameters_where_nothing_is, COVERS(HV_REQ_GAP_233), NEEDS_NOTHING,
                "Outside the GPA space is an error, inside it a message to somebody else")
{
    struct walk outside = { .used = 0 }, unmapped = { .used = 0 };
    uint64_t end = UINT64_C(1) << hv_physical_address_bits(), nothing = unmapped_gpa();

    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_INPUT)
    {
        uint64_t control = call_control(call, 1);

        walk_note(&outside, call->code, hv_result_status(hv_call(control, end, phys_of(output))));
        if (nothing)
            walk_note(&unmapped, call->code,
                      hv_result_status(hv_call(control, nothing, phys_of(output))));
    }
    walk_report(&outside, "outside");
    walk_report(&unmapped, "unmapped");
}

/* ---- Fast calls ---- */

/* What a call answers in registers: right input, as much as fits. */
static void note_fast(struct walk *walk, const struct test_call *call)
{
    struct regs regs = { .rcx = call_control(call, 1) | HV_HYPERCALL_FAST };
    struct fault fault;

    memset(input, 0, sizeof(input));
    call->fill(input[0], 1);
    memcpy(&regs.rdx, input[0], 8);
    memcpy(&regs.r8, input[0] + 8, 8);
    memcpy(regs.xmm, input[0] + 16, sizeof(regs.xmm));
    fault = hv_call_regs(&regs);
    walk_note(walk, call->code, fault.raised ? WALK_FAULT : hv_result_status(regs.rax));
}

HV_CHARACTERIZE(hypercall_abi, calls_with_a_fast_form, COVERS(HV_REQ_GAP_228), NEEDS_NOTHING,
                "Appendix A marks a few; what the others answer is nowhere said")
{
    struct walk walk = { .used = 0 };

    hv_enable_hypercalls();
    FOR_EACH_CALL(call, 0)
    note_fast(&walk, call);
    walk_report(&walk, "fast");
}

/* The smallest rep calls of the TLFS have 20 bytes of header and element. */
HV_CHARACTERIZE(hypercall_abi, fast_rep_calls_and_the_xmm_bit, COVERS(HV_REQ_GAP_229),
                NEEDS_NOTHING,
                "From which size on a fast call needs the XMM bit is said of simple calls only")
{
    struct walk walk = { .used = 0 };

    call_required(CALL_REP, "rep call");
    hv_enable_hypercalls();
    FOR_EACH_CALL(call, CALL_REP)
    note_fast(&walk, call);
    walk_report(&walk, hv_features() & HV_FEATURE_EDX_XMM_HYPERCALL_INPUT ? "with-the-bit"
                                                                          : "without-the-bit");
}

/* ---- Single calls ---- */

HV_CHARACTERIZE(hypercall_abi, size_of_the_spin_count, COVERS(HV_REQ_GAP_138), NEEDS_NOTHING,
                "64 bits by its prototype; 32 and 32 zero bits by its table")
{
    hv_enable_hypercalls();
    observe_call("upper-half-set", notify_value(), UINT64_C(1) << 32, 0);
    observe_call("all-ones", notify_value(), ~UINT64_C(0), 0);
}

HV_CHARACTERIZE(hypercall_abi, boot_zeroed_memory_output, COVERS(HV_REQ_GAP_106), NEEDS_NOTHING,
                "A count and 255 ranges in one document, one range in the other")
{
    unsigned written = PAGE_SIZE;
    uint16_t status;

    hv_enable_hypercalls();
    memset(output, 0xa5, sizeof(output));
    status =
        hv_result_status(hv_call(HvExtCallGetBootZeroedMemory, phys_of(input), phys_of(output)));
    while (written && output[0][written - 1] == 0xa5)
        written--;
    OBSERVE("answer", "status %x, %u bytes", status, written);
}

HV_CHARACTERIZE(hypercall_abi, extended_call_8005, COVERS(HV_REQ_GAP_140), NEEDS_NOTHING,
                "A bit of the capabilities and no row in the overview")
{
    uint64_t mask = 0;

    hv_enable_hypercalls();
    if (hv_call(HvExtCallQueryCapabilities, 0, phys_of(output)) == HV_STATUS_SUCCESS)
        memcpy(&mask, output, sizeof(mask));
    OBSERVE("capability", "%s", mask & HV_EXT_CAPABILITY_SCHEDULER_ASSIST_SETUP ? "yes" : "no");
    OBSERVE("call", "status %x", probe_call(HvExtCallSchedulerAssistSetup));
}

HV_CHARACTERIZE(hypercall_abi, status_of_what_is_not_implemented, COVERS(HV_REQ_GAP_141),
                NEEDS_NOTHING, "HV_STATUS_NOT_IMPLEMENTED has a name and no number")
{
    hv_enable_hypercalls();
    OBSERVE("unknown", "status %x", probe_call(0x7123));
    OBSERVE("save-partition", "status %x", probe_call(HvSavePartitionState));
}

HV_CHARACTERIZE(hypercall_abi, vtl_calls_without_vsm, COVERS(HV_REQ_GAP_234),
                NEEDS(.lacks = HV_PRIVILEGE_AccessVSM),
                "Windows asks for VSM before it tries; others may not")
{
    hv_enable_hypercalls();
    observe_call("vtl-call", HvCallVtlCall, 0, 0);
    observe_call("vtl-return", HvCallVtlReturn, 0, 0);
}

/* Codes below this one that the TLFS does not have, called so that nothing can come of it. */
#define CODES 0x200u

HV_CHARACTERIZE(hypercall_abi, codes_beyond_the_tlfs, COVERS(HV_REQ_GAP_305), NEEDS_NOTHING,
                "Hyper-V has some that Linux and OpenVMM know; a list of what answers")
{
    struct walk walk = { .used = 0 };

    hv_enable_hypercalls();
    for (uint16_t code = 0; code < CODES; code++)
        if (!table_has(code))
            walk_note(&walk, code, probe_call(code));
    walk_report(&walk, "answers");
}
