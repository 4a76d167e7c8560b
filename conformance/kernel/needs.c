/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a test needs against what the implementation announces. */
#include <conformance/hyperv.h>
#include <conformance/ports.h>

#include "run.h"

/* Privileges are bits of two registers; the reason names the register and the bit. */
static void name_privilege(char *reason, size_t size, uint64_t bits, const char *state)
{
    unsigned bit = (unsigned)__builtin_ctzll(bits);

    snprintf(reason, size, "privilege bit %u (CPUID 0x40000003 %s bit %u) is %s", bit,
             bit < 32 ? "EAX" : "EBX", bit % 32, state);
}

bool needs_met(const struct test_needs *needs, char *reason, size_t size)
{
    uint64_t privileges = hv_privileges();
    uint32_t features = hv_features();
    uint32_t recommends = hv_recommendations();

    if (cpu_count() < needs->vps) {
        snprintf(reason, size, "needs %u virtual processors, there are %u", needs->vps,
                 cpu_count());
    } else if (needs->privileges & ~privileges) {
        name_privilege(reason, size, needs->privileges & ~privileges, "clear");
    } else if (needs->lacks & privileges) {
        name_privilege(reason, size, needs->lacks & privileges, "set");
    } else if (needs->features & ~features) {
        snprintf(reason, size, "CPUID 0x40000003 EDX bit %d is clear",
                 __builtin_ctz(needs->features & ~features));
    } else if (needs->lacks_features & features) {
        snprintf(reason, size, "CPUID 0x40000003 EDX bit %d is set",
                 __builtin_ctz(needs->lacks_features & features));
    } else if (needs->recommends & ~recommends) {
        snprintf(reason, size, "CPUID 0x40000004 EAX bit %d is clear",
                 __builtin_ctz(needs->recommends & ~recommends));
    } else if (needs->ports && !ports_available()) {
        snprintf(reason, size,
                 "nothing here makes ports for a guest without a parent (hyperv-testdev)");
    } else {
        return true;
    }
    return false;
}
