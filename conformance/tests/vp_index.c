/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Indexes of virtual processors, and their APIC ids. */
#include <conformance/hyperv.h>
#include <conformance/test.h>

static struct {
    uint64_t index;
    uint64_t apic_base;
    uint32_t initial_apic_id;
    uint32_t apic_id;
} seen[GUEST_MAX_CPUS];

static void note_identity(void *unused)
{
    uint32_t cpu = cpu_index();

    (void)unused;
    seen[cpu].index = ~UINT64_C(0);
    safe_rdmsr(HV_X64_MSR_VP_INDEX, &seen[cpu].index);
    seen[cpu].apic_base = rdmsr(MSR_APIC_BASE);
    seen[cpu].initial_apic_id = cpuid(1).ebx >> 24;
    seen[cpu].apic_id = apic_id();
}

static void see_all(void)
{
    REQUIRE_NO_FAULT(smp_call_all(note_identity, NULL));
}

#define VP_INDEX_ACCESS NEEDS(.privileges = HV_PRIVILEGE_AccessVpIndex)

HV_TEST(virtual_processor, indexes_are_unique_and_constant, COVERS(HV_REQ_VP_001), VP_INDEX_ACCESS,
        "Guests read the index once and address VPs by it for ever")
{
    static uint64_t first[GUEST_MAX_CPUS];

    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        first[i] = seen[i].index;
        for (uint32_t j = 0; j < i; j++)
            CHECK(first[i] != first[j], "CPU %u and %u have index %llu", j, i,
                  (unsigned long long)first[i]);
    }
    for (unsigned round = 0; round < 4; round++) {
        see_all();
        for (uint32_t i = 0; i < cpu_count(); i++)
            CHECK_EQ(seen[i].index, first[i]);
    }
}

HV_TEST(virtual_processor, boot_processor_is_vp_0, COVERS(HV_REQ_VP_002), VP_INDEX_ACCESS,
        "What is done for VP 0 alone is done on the boot processor")
{
    const uint64_t bsp = UINT64_C(1) << 8;

    see_all();
    CHECK_EQ(seen[0].index, 0);
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(((seen[i].apic_base & bsp) != 0) == (seen[i].index == 0),
              "VP %llu: IA32_APIC_BASE is 0x%llx", (unsigned long long)seen[i].index,
              (unsigned long long)seen[i].apic_base);
}

HV_TEST(virtual_processor, no_vp_has_a_reserved_index, COVERS(HV_REQ_VP_003, HV_REQ_VP_001),
        VP_INDEX_ACCESS, "0xFFFFFFFE means the caller and 0xFFFFFFFF any VP")
{
    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++)
        CHECK(seen[i].index < HV_VP_INDEX_SELF, "CPU %u has index 0x%llx", i,
              (unsigned long long)seen[i].index);
}

HV_TEST(virtual_processor, apic_ids_are_the_indexes, COVERS(HV_REQ_VP_005), VP_INDEX_ACCESS,
        "Guests that start VPs in order of APIC ids expect them in order of index")
{
    see_all();
    for (uint32_t i = 0; i < cpu_count(); i++) {
        CHECK_EQ(seen[i].initial_apic_id, seen[i].index & 0xff);
        CHECK(seen[i].apic_id == seen[i].index, "VP %llu has APIC id %u",
              (unsigned long long)seen[i].index, seen[i].apic_id);
    }
}
