/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Fields of MSRs that mean nothing or may not be touched: reserved bits, registers that are only
 * read, registers of the processor that the hypervisor keeps for itself.
 */
#include <conformance/hyperv.h>
#include <conformance/test.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a write came to, in a word. */
static const char *outcome(struct fault fault, uint64_t before, uint64_t written, uint64_t after)
{
    if (fault.raised)
        return vector_name(fault.vector);
    if (after == written && written != before)
        return "stored";
    return after == before ? "dropped" : "changed";
}

/* ---- Reserved bits ---- */

struct reserved {
    const char *key;
    uint32_t msr;
    uint64_t privilege;
    uint32_t feature;
    uint64_t defined; /* a value of the defined fields */
    uint64_t bits;    /* reserved bits to try */
};

#define REENLIGHTENMENT HV_PRIVILEGE_AccessReenlightenmentControls

static const struct reserved reserved_fields[] = {
    /* RsvdZ: a guest must write zero. */
    { "reenlightenment-15:8", HV_X64_MSR_REENLIGHTENMENT_CONTROL, REENLIGHTENMENT, 0, 0x40,
      0xa500 },
    { "reenlightenment-31:17", HV_X64_MSR_REENLIGHTENMENT_CONTROL, REENLIGHTENMENT, 0, 0x40,
      0x80020000 },
    { "tsc-emulation-control-63:1", HV_X64_MSR_TSC_EMULATION_CONTROL, REENLIGHTENMENT, 0, 0,
      UINT64_C(0x8000000000000002) },
    { "tpr-63:8", HV_X64_MSR_TPR, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, 0, UINT64_C(0x100000100) },
    { "npiep-63:4", HV_X64_MSR_NPIEP_CONFIG, 0, HV_FEATURE_EDX_NPIEP, 0,
      UINT64_C(0x8000000000000010) },
    { "unhalted-timer-63:9", HV_X64_MSR_STIME_UNHALTED_TIMER_CONFIG,
      HV_PRIVILEGE_AccessSyntheticTimerRegs, HV_FEATURE_EDX_SYNTHETIC_TIME_UNHALTED_TIMER, 0x40,
      UINT64_C(0x8000000000000200) },
    /* RsvdP: a guest should write what it read. */
    { "hypercall-11:2", HV_X64_MSR_HYPERCALL, HV_PRIVILEGE_AccessHypercallMsrs, 0, 0, 0xffc },
    { "reference-tsc-11:1", HV_X64_MSR_REFERENCE_TSC, HV_PRIVILEGE_AccessPartitionReferenceTsc, 0,
      0, 0xffe },
    { "vp-assist-11:1", HV_X64_MSR_VP_ASSIST_PAGE, HV_PRIVILEGE_AccessIntrCtrlRegs, 0, 0, 0xffe },
    { "stats-11:1", HV_X64_MSR_STATS_VP_RETAIL_PAGE, HV_PRIVILEGE_AccessStatsReg, 0, 0, 0xffe },
    { "tsc-emulation-status-63:1", HV_X64_MSR_TSC_EMULATION_STATUS, REENLIGHTENMENT, 0, 0, 0x2 },
};

static bool is_offered(const struct reserved *field)
{
    return hv_may(field->privilege) && (hv_features() & field->feature) == field->feature;
}

struct attempt {
    struct fault fault;
    uint64_t before, after;
};

/* Writes the reserved bits beside the defined value, and puts the register back. */
static struct attempt try_bits(const struct reserved *field)
{
    struct attempt attempt;
    uint64_t initial;

    REQUIRE_NO_FAULT(safe_rdmsr(field->msr, &initial));
    REQUIRE_NO_FAULT(safe_wrmsr(field->msr, field->defined));
    REQUIRE_NO_FAULT(safe_rdmsr(field->msr, &attempt.before));
    attempt.fault = safe_wrmsr(field->msr, field->defined | field->bits);
    REQUIRE_NO_FAULT(safe_rdmsr(field->msr, &attempt.after));
    REQUIRE_NO_FAULT(safe_wrmsr(field->msr, initial));
    return attempt;
}

static void check_defined_fields(const struct reserved *field)
{
    struct attempt attempt = try_bits(field);

    CHECK(attempt.before == field->defined, "%s: 0x%llx reads back as 0x%llx", field->key,
          (unsigned long long)field->defined, (unsigned long long)attempt.before);
    if (attempt.fault.raised)
        CHECK(attempt.fault.vector == VECTOR_GP && attempt.after == attempt.before,
              "%s: %s, and the register is 0x%llx", field->key, vector_name(attempt.fault.vector),
              (unsigned long long)attempt.after);
    else
        CHECK((attempt.after & ~field->bits) == field->defined,
              "%s: the defined fields become 0x%llx", field->key,
              (unsigned long long)(attempt.after & ~field->bits));
}

HV_TEST(synthetic_msrs, reserved_bits_do_not_spoil_defined_fields,
        COVERS(HV_REQ_MSR_033, HV_REQ_MSR_032), NEEDS_NOTHING,
        "Zeros are taken; other values are refused as a whole, or taken without harm")
{
    wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID);
    for (unsigned i = 0; i < COUNT(reserved_fields); i++)
        if (is_offered(&reserved_fields[i]))
            check_defined_fields(&reserved_fields[i]);
}

static void observe_bits(const struct reserved *field)
{
    struct attempt attempt;

    if (!is_offered(field))
        return;
    attempt = try_bits(field);
    OBSERVE(field->key, "%s",
            outcome(attempt.fault, attempt.before, field->defined | field->bits, attempt.after));
}

/* KVM stores most of them raw, hvkit refuses what must be zero and stores what is preserved. */
HV_CHARACTERIZE(synthetic_msrs, reserved_bits, COVERS(HV_REQ_GAP_207),
                NEEDS(.privileges = HV_PRIVILEGE_AccessHypercallMsrs),
                "No document says what a reserved bit that is set comes to")
{
    wrmsr(HV_X64_MSR_GUEST_OS_ID, TEST_GUEST_OS_ID);
    for (unsigned i = 0; i < COUNT(reserved_fields); i++)
        observe_bits(&reserved_fields[i]);
}

/* ---- Registers that are only read ---- */

struct read_only {
    const char *key;
    uint32_t msr;
    uint64_t privilege;
};

/* Xen takes a write to VP_INDEX and drops it. */
HV_CHARACTERIZE(synthetic_msrs, writes_to_read_only_registers, COVERS(HV_REQ_GAP_208),
                NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex),
                "For most of them the documents say read-only and no more")
{
    static const struct read_only registers[] = {
        { "vp-index", HV_X64_MSR_VP_INDEX, HV_PRIVILEGE_AccessVpIndex },
        { "vp-runtime", HV_X64_MSR_VP_RUNTIME, HV_PRIVILEGE_AccessVpRunTimeReg },
        { "time-ref-count", HV_X64_MSR_TIME_REF_COUNT,
          HV_PRIVILEGE_AccessPartitionReferenceCounter },
        { "tsc-frequency", HV_X64_MSR_TSC_FREQUENCY, HV_PRIVILEGE_AccessFrequencyRegs },
        { "apic-frequency", HV_X64_MSR_APIC_FREQUENCY, HV_PRIVILEGE_AccessFrequencyRegs },
        { "sversion", HV_X64_MSR_SVERSION, HV_PRIVILEGE_AccessSynicRegs },
        { "guest-idle", HV_X64_MSR_GUEST_IDLE, HV_PRIVILEGE_AccessGuestIdleReg },
    };

    for (unsigned i = 0; i < COUNT(registers); i++) {
        struct fault fault;

        if (!hv_may(registers[i].privilege))
            continue;
        fault = safe_wrmsr(registers[i].msr, 0);
        OBSERVE(registers[i].key, "%s", fault.raised ? vector_name(fault.vector) : "dropped");
    }
}

/* ---- Registers of the processor ---- */

#define MSR_PLATFORM_ID      0x17u
#define MSR_VSM_CAPABILITIES 0x000d0006u

HV_TEST(synthetic_msrs, the_platform_id_is_not_for_guests, COVERS(HV_REQ_MSR_027),
        NEEDS(.lacks = HV_PRIVILEGE_CreatePartitions | HV_PRIVILEGE_CpuManagement),
        "It tells which physical processor this is, and guests move")
{
    uint64_t value;

    CHECK_FAULT(safe_rdmsr(MSR_PLATFORM_ID, &value), VECTOR_GP);
    CHECK_FAULT(safe_wrmsr(MSR_PLATFORM_ID, 0), VECTOR_GP);
}

/* Registers that a hypervisor is likely to filter; a write of what was read asks for nothing. */
static const uint32_t filtered[] = {
    0x0000003a, /* IA32_FEATURE_CONTROL */
    0x0000008b, /* microcode revision */
    0x000000ce, /* MSR_PLATFORM_INFO */
    0x000000fe, /* IA32_MTRRCAP */
    0x00000179, /* IA32_MCG_CAP */
    0x0000017a, /* IA32_MCG_STATUS */
    0x000001a0, /* IA32_MISC_ENABLE */
    0x000001d9, /* IA32_DEBUGCTL */
    0x000002ff, /* IA32_MTRR_DEF_TYPE */
    0xc0010010, /* SYSCFG */
    0xc0010015, /* HWCR */
};

HV_TEST(synthetic_msrs, filtered_registers_stay_consistent, COVERS(HV_REQ_MSR_004), NEEDS_NOTHING,
        "Some fields may be hidden or frozen; an access is then to succeed and change nothing else")
{
    for (unsigned i = 0; i < COUNT(filtered); i++) {
        uint64_t before, after;
        struct fault fault = safe_rdmsr(filtered[i], &before);

        CHECK(!fault.raised || fault.vector == VECTOR_GP, "reading MSR 0x%x: %s", filtered[i],
              vector_name(fault.vector));
        if (fault.raised)
            continue;
        fault = safe_wrmsr(filtered[i], before);
        CHECK(!fault.raised || fault.vector == VECTOR_GP, "writing MSR 0x%x: %s", filtered[i],
              vector_name(fault.vector));
        CHECK_NO_FAULT(safe_rdmsr(filtered[i], &after));
        CHECK(after == before, "MSR 0x%x is 0x%llx and becomes 0x%llx", filtered[i],
              (unsigned long long)before, (unsigned long long)after);
    }
}

/* The number is that of a VP register, in a table of MSRs. */
HV_CHARACTERIZE(synthetic_msrs, vsm_capabilities_as_an_msr, COVERS(HV_REQ_GAP_235), NEEDS_NOTHING,
                "A guest that follows the table reads an MSR that hardly exists")
{
    OBSERVE("msr-0xd0006", "%s", hv_access_to(MSR_VSM_CAPABILITIES));
}

/* Linux has the numbers of these; the TLFS has only their names. */
HV_CHARACTERIZE(synthetic_msrs, registers_without_a_number, COVERS(HV_REQ_GAP_306), NEEDS_NOTHING,
                "What a guest of Linux's kind finds behind the numbers that it knows")
{
    OBSERVE("sirbp", "%s", hv_access_to(HV_X64_MSR_SIRBP));
    OBSERVE("syndbg-options", "%s", hv_access_to(HV_X64_MSR_SYNDBG_OPTIONS));
    OBSERVE("syndbg-control", "%s", hv_access_to(HV_X64_MSR_SYNDBG_CONTROL));
}

static const char *place(uint64_t value)
{
    return value ? "given" : "none";
}

/* Linux, as a root, takes the places that it finds, and enables the pages there. */
HV_CHARACTERIZE(synthetic_msrs, places_of_pages_before_they_are_chosen, COVERS(HV_REQ_GAP_307),
                NEEDS(.privileges = HV_PRIVILEGE_AccessSynicRegs),
                "A root of Linux's kind would put all of its pages over page 0")
{
    OBSERVE("hypercall", "%s", place(hv_initial_state()->hypercall));
    OBSERVE("simp", "%s", place(hv_initial_synic()->simp));
    OBSERVE("siefp", "%s", place(hv_initial_synic()->siefp));
}

/* KVM resets for the value 1 alone. */
HV_CHARACTERIZE(synthetic_msrs, reset_register_with_other_bits, COVERS(HV_REQ_GAP_243),
                NEEDS(.privileges = HV_PRIVILEGE_AccessResetReg),
                "Only TLFS v2.0 gives the register a format, and it says nothing of bits 63:1")
{
    struct fault fault = safe_wrmsr(HV_X64_MSR_RESET, 2);

    OBSERVE("bit-1", "%s", fault.raised ? vector_name(fault.vector) : "dropped");
    fault = safe_wrmsr(HV_X64_MSR_RESET, UINT64_C(1) << 63);
    OBSERVE("bit-63", "%s", fault.raised ? vector_name(fault.vector) : "dropped");
}
