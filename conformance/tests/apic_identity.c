/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What an APIC is: its id, its version, where it is, and whether it is on. The TLFS lets a
 * hypervisor hold much of that fixed. So what is tried here may have its effect, or none, and no
 * other.
 */
#include "apic_support.h"

#define VECTOR     APIC_MIDDLE
#define LAST       (cpu_count() - 1)
#define OTHER_BASE UINT64_C(0xfed80000) /* where nothing is */
#define BASE_MASK  UINT64_C(0x000ffffffffff000)
#define X2_SELF    0x83fu
#define X2_ID      0x802u
#define X2_TPR     0x808u
#define X2_LDR     0x80du
#define X2_DFR     0x80eu
#define X2_ICR     0x830u

static uint64_t bases[GUEST_MAX_CPUS];

static void note_base(void *unused)
{
    (void)unused;
    bases[cpu_index()] = rdmsr(MSR_APIC_BASE);
}

HV_TEST(local_apic, each_cpu_has_its_id_and_the_same_version, COVERS(HV_REQ_APIC_001),
        NEEDS_NOTHING, "The id is that of CPUID, the version that of an integrated APIC")
{
    uint32_t version;

    apic_begin();
    version = apic_read(APIC_VERSION);
    CHECK_EQ(apic_id() & 0xff, cpuid(1).ebx >> 24);
    CHECK((version & 0xf0) == 0x10, "version 0x%x", version);
    CHECK((version >> 16 & 0xff) >= 3, "%u entries in the local vector table",
          (version >> 16 & 0xff) + 1);
    apic_write(APIC_VERSION, 0);
    CHECK_EQ(apic_read(APIC_VERSION), version);
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++)
        for (uint32_t other = 0; other < cpu; other++)
            CHECK(cpu_at(cpu)->apic_id != cpu_at(other)->apic_id, "CPUs %u and %u share an id", cpu,
                  other);
}

HV_TEST(local_apic, one_cpu_is_the_bootstrap_processor, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Firmware and kernels tell it by a bit of the base register")
{
    apic_begin();
    REQUIRE_NO_FAULT(smp_call_all(note_base, NULL));
    for (uint32_t cpu = 0; cpu < cpu_count(); cpu++) {
        CHECK(((bases[cpu] & APIC_BASE_BSP) != 0) == (cpu == 0), "CPU %u: base 0x%llx", cpu,
              (unsigned long long)bases[cpu]);
        CHECK_EQ(bases[cpu] & BASE_MASK, bases[0] & BASE_MASK);
    }
}

/* ---- The base register ---- */

HV_TEST(local_apic, the_base_moves_or_stays, COVERS(HV_REQ_APIC_002), NEEDS_NOTHING,
        "It may be one for the partition, or fixed; half of a change would lose the registers")
{
    uint64_t own, now = 0;
    struct fault fault;

    apic_begin();
    REQUIRE_NO_FAULT(smp_call_all(note_base, NULL));
    own = bases[0];
    CHECK_NO_FAULT(safe_wrmsr(MSR_APIC_BASE, own));
    CHECK_EQ(rdmsr(MSR_APIC_BASE), own);
    fault = safe_wrmsr(MSR_APIC_BASE, (own & ~BASE_MASK) | OTHER_BASE);
    CHECK_NO_FAULT(safe_rdmsr(MSR_APIC_BASE, &now));
    REQUIRE_NO_FAULT(smp_call_all(note_base, NULL));
    CHECK_NO_FAULT(safe_wrmsr(MSR_APIC_BASE, own));
    CHECK(!fault.raised || fault.vector == VECTOR_GP, "%s", vector_name(fault.vector));
    CHECK(now == own || (!fault.raised && now == ((own & ~BASE_MASK) | OTHER_BASE)), "base 0x%llx",
          (unsigned long long)now);
    for (uint32_t cpu = 1; cpu < cpu_count(); cpu++)
        CHECK((bases[cpu] & BASE_MASK) == (own & BASE_MASK) ||
                  (bases[cpu] & BASE_MASK) == (now & BASE_MASK),
              "CPU %u: base 0x%llx", cpu, (unsigned long long)bases[cpu]);
    CHECK_EQ(rdmsr(MSR_APIC_BASE), own);
    OBSERVE("base", "%s", fault.raised ? "#GP" : now == own ? "ignored" : "moved");
    apic_send(0, APIC_ICR_ALL | APIC_ICR_ASSERT | VECTOR);
    apic_check_arrival(VECTOR, apic_all_cpus(), "afterwards");
}

struct disabling {
    struct fault fault;
    uint64_t before, during, after;
    bool announced; /* by CPUID, while it is disabled */
    uint32_t svr;   /* when it is enabled again */
};

static void disable_and_enable(void *argument)
{
    struct disabling *result = argument;

    result->before = rdmsr(MSR_APIC_BASE);
    result->fault = safe_wrmsr(MSR_APIC_BASE, result->before & ~(uint64_t)APIC_BASE_ENABLE);
    result->during = rdmsr(MSR_APIC_BASE);
    result->announced = (cpuid(1).edx & 1u << 9) != 0;
    (void)safe_wrmsr(MSR_APIC_BASE, result->before);
    result->after = rdmsr(MSR_APIC_BASE);
    result->svr = apic_read(APIC_SVR);
    apic_calm(NULL);
}

HV_TEST(local_apic, the_apic_can_be_disabled_or_not, COVERS(HV_REQ_APIC_003), NEEDS_NOTHING,
        "The bit may always be 1; where it is not, the APIC comes back and works")
{
    struct disabling result = { .before = 0 };

    apic_begin();
    if (apic_is_x2())
        test_skip("x2APIC mode can't be left without a loss");
    REQUIRE_NO_FAULT(smp_call(LAST, disable_and_enable, &result));
    CHECK(!result.fault.raised || result.fault.vector == VECTOR_GP, "%s",
          vector_name(result.fault.vector));
    CHECK(result.during == result.before ||
              (!result.fault.raised &&
               result.during == (result.before & ~(uint64_t)APIC_BASE_ENABLE)),
          "0x%llx became 0x%llx", (unsigned long long)result.before,
          (unsigned long long)result.during);
    CHECK_EQ(result.after, result.before);
    if (result.during != result.before)
        CHECK(!result.announced, "CPUID announces an APIC that is disabled");
    OBSERVE("enable-bit", "%s", result.during == result.before ? "always-1" : "writable");
    OBSERVE("state", "%s", result.svr == 0xff ? "reset" : "kept");
    apic_send_ipi(cpu_at(LAST)->apic_id, VECTOR);
    apic_check_arrival(VECTOR, apic_cpu(LAST), "afterwards");
}

HV_TEST(local_apic, reserved_bits_of_the_base_fault, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "As those of any register of the processor")
{
    static const unsigned bits[] = { 0, 1, 7, 9, 62, 63 };
    uint64_t base;

    apic_begin();
    base = rdmsr(MSR_APIC_BASE);
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        struct fault fault = safe_wrmsr(MSR_APIC_BASE, base | UINT64_C(1) << bits[i]);

        CHECK(fault.raised && fault.vector == VECTOR_GP, "bit %u is taken", bits[i]);
        CHECK_EQ(rdmsr(MSR_APIC_BASE), base);
        wrmsr(MSR_APIC_BASE, base);
    }
}

/* ---- The id ---- */

/* An id that no CPU has. */
static uint32_t free_id(void)
{
    uint32_t id = 1;

    for (uint32_t cpu = 0; cpu < cpu_count();)
        if (cpu_at(cpu)->apic_id == id) {
            id++;
            cpu = 0;
        } else {
            cpu++;
        }
    return id;
}

static void write_id(void *id)
{
    apic_write(APIC_ID, *(const uint32_t *)id << 24);
}

static void read_id(void *id)
{
    *(uint32_t *)id = apic_id();
}

/* Gives the last CPU an id; returns what it has then. */
static uint32_t try_id(uint32_t id)
{
    uint32_t now = 0;

    CHECK_NO_FAULT(smp_call(LAST, write_id, &id));
    CHECK_NO_FAULT(smp_call(LAST, read_id, &now));
    return now;
}

/* Waits, and notes who has it. */
static apic_cpus receivers_of(uint32_t id)
{
    apic_cpus cpus;

    apic_send_ipi(id, VECTOR);
    udelay(10 * APIC_QUIET);
    cpus = apic_holders(VECTOR);
    CHECK_NO_FAULT(smp_call_all(apic_calm, NULL));
    return cpus;
}

HV_TEST(local_apic, an_id_is_changed_or_not, COVERS(HV_REQ_APIC_004), NEEDS_NOTHING,
        "Where it does change, interrupts follow it")
{
    uint32_t own = cpu_at(LAST)->apic_id, other = free_id(), now;

    apic_begin();
    if (apic_is_x2() || other > 0xfe)
        test_skip("the id is read-only in x2APIC mode");
    now = try_id(other);
    CHECK(now == own || now == other, "id %u, written %u, reads %u", own, other, now);
    CHECK_EQ(receivers_of(now), apic_cpu(LAST));
    CHECK_EQ(receivers_of(now == own ? other : own), 0);
    CHECK_EQ(try_id(own), own);
    CHECK_EQ(receivers_of(own), apic_cpu(LAST));
    OBSERVE("id", "%s", now == own ? "read-only" : "writable");
}

HV_TEST(local_apic, duplicate_ids_reach_nobody_else, COVERS(HV_REQ_APIC_005), NEEDS(.vps = 2),
        "One, all or none of those that share it, the TLFS says")
{
    uint32_t own = cpu_at(LAST)->apic_id, first = cpu_at(0)->apic_id;
    bool shared;

    apic_begin();
    shared = !apic_is_x2() && try_id(first) == first;
    if (shared) {
        CHECK((receivers_of(first) & ~(apic_cpu(0) | apic_cpu(LAST))) == 0, "another CPU has it");
        CHECK((receivers_of(own) & ~apic_cpu(LAST)) == 0,
              "another CPU has what the old id was sent");
        CHECK_EQ(try_id(own), own);
    }
    CHECK_EQ(receivers_of(own), apic_cpu(LAST));
    CHECK_EQ(receivers_of(first), apic_cpu(0));
    OBSERVE("duplicate-ids", "%s", shared ? "possible" : "impossible");
}

/* ---- x2APIC mode ---- */

struct x2 {
    struct fault enter, direct, leave, dfr, ldr, reserved;
    uint64_t base, id, logical, icr, same;
    bool self;
};

static volatile uint32_t self_count;

static void count_self(struct trap_frame *frame, void *unused)
{
    (void)frame;
    (void)unused;
    self_count++;
    apic_eoi();
}

/* On a CPU of its own: in, around, and out by way of the disabled state. */
static void visit_x2(void *argument)
{
    struct x2 *x2 = argument;
    uint64_t base = rdmsr(MSR_APIC_BASE), value;

    x2->enter = safe_wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
    if (x2->enter.raised)
        return;
    apic_enable();
    x2->base = rdmsr(MSR_APIC_BASE);
    (void)safe_rdmsr(X2_ID, &x2->id);
    (void)safe_rdmsr(X2_LDR, &x2->logical);
    x2->dfr = safe_rdmsr(X2_DFR, &value);
    x2->ldr = safe_wrmsr(X2_LDR, 0);
    x2->reserved = safe_wrmsr(X2_TPR, 0x100);
    self_count = 0;
    (void)safe_wrmsr(X2_SELF, VECTOR);
    irq_window();
    (void)safe_wrmsr(X2_ICR, x2->id << 32 | APIC_ICR_ASSERT | VECTOR);
    irq_window();
    x2->self = self_count == 2;
    (void)safe_rdmsr(X2_ICR, &x2->icr);
    x2->direct = safe_wrmsr(MSR_APIC_BASE, base);
    x2->same = rdmsr(MSR_APIC_BASE);
    x2->leave = safe_wrmsr(MSR_APIC_BASE, base & ~(uint64_t)APIC_BASE_ENABLE);
    wrmsr(MSR_APIC_BASE, base);
    apic_calm(NULL);
}

static void leave_x2(void *unused)
{
    uint64_t base = rdmsr(MSR_APIC_BASE) & ~(uint64_t)(APIC_BASE_ENABLE | APIC_BASE_X2);

    (void)unused;
    wrmsr(MSR_APIC_BASE, base);
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    apic_calm(NULL);
}

/* Whether this test can go on; without x2APIC, none is to be had. */
static bool begin_x2(void)
{
    apic_begin();
    if (apic_is_x2())
        test_skip("x2APIC mode is in use");
    if (apic_has_x2())
        return true;
    CHECK_FAULT(safe_wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2), VECTOR_GP);
    /* The tests that come next are for xAPIC mode. */
    if (apic_is_x2())
        leave_x2(NULL);
    return false;
}

HV_TEST(local_apic, x2apic_mode_is_entered_and_left, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "Where CPUID announces it: registers by MSR, ids of 32 bits, and one way out")
{
    struct x2 x2 = { .base = 0 };
    uint32_t id = cpu_at(LAST)->apic_id;

    if (!begin_x2())
        return;
    register_interrupt(VECTOR, count_self, NULL);
    REQUIRE_NO_FAULT(smp_call(LAST, visit_x2, &x2));
    register_interrupt(VECTOR, NULL, NULL);
    CHECK_NO_FAULT(x2.enter);
    CHECK((x2.base & (APIC_BASE_X2 | APIC_BASE_ENABLE)) == (APIC_BASE_X2 | APIC_BASE_ENABLE),
          "base 0x%llx", (unsigned long long)x2.base);
    CHECK_EQ(x2.id, id);
    CHECK_EQ(x2.logical, (id >> 4) << 16 | 1u << (id & 15));
    CHECK_FAULT(x2.dfr, VECTOR_GP);
    CHECK_FAULT(x2.ldr, VECTOR_GP);
    CHECK(x2.self, "%u of 2 IPIs to itself have come", self_count);
    CHECK_EQ(x2.icr & ~(uint64_t)APIC_ICR_PENDING, (uint64_t)id << 32 | APIC_ICR_ASSERT | VECTOR);
    CHECK_FAULT(x2.direct, VECTOR_GP);
    CHECK_EQ(x2.same, x2.base);
    CHECK_NO_FAULT(x2.leave);
    apic_send_ipi(id, VECTOR);
    apic_check_arrival(VECTOR, apic_cpu(LAST), "afterwards");
}

HV_TEST(local_apic, x2apic_registers_refuse_reserved_bits, COVERS(HV_REQ_APIC_001), NEEDS_NOTHING,
        "They are MSRs, and fault as MSRs do")
{
    struct x2 x2 = { .base = 0 };

    if (!begin_x2())
        return;
    register_interrupt(VECTOR, count_self, NULL);
    REQUIRE_NO_FAULT(smp_call(LAST, visit_x2, &x2));
    register_interrupt(VECTOR, NULL, NULL);
    CHECK_FAULT(x2.reserved, VECTOR_GP);
}

static void enter_x2(void *unused)
{
    (void)unused;
    (void)apic_enable_x2();
}

static void send_to_first(void *unused)
{
    (void)unused;
    apic_send_ipi(cpu_at(0)->apic_id, VECTOR);
}

HV_TEST(local_apic, ipis_pass_between_the_two_modes, COVERS(HV_REQ_APIC_001), NEEDS(.vps = 2),
        "A system that switches does so CPU by CPU")
{
    if (!begin_x2())
        return;
    REQUIRE_NO_FAULT(smp_call(LAST, enter_x2, NULL));
    apic_send_ipi(cpu_at(LAST)->apic_id, VECTOR);
    apic_check_arrival(VECTOR, apic_cpu(LAST), "to x2APIC mode");
    CHECK_NO_FAULT(smp_call(LAST, send_to_first, NULL));
    apic_check_arrival(VECTOR, apic_cpu(0), "from x2APIC mode");
    apic_send(0, APIC_ICR_OTHERS | APIC_ICR_ASSERT | VECTOR);
    apic_check_arrival(VECTOR, apic_all_cpus() & ~apic_cpu(0), "to all others");
    REQUIRE_NO_FAULT(smp_call(LAST, leave_x2, NULL));
}
