/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "svm_features.h"

#include <stdbool.h>
#include <stddef.h>

#include <hv/abi/tlfs.h>
#include <hv/platform.h>

#include "cpu.h"
#include "svm_switch.h"
#include "svm_xsave.h"

#define CLFLUSH_SHIFT 8 /* of leaf 1 EBX */
#define CLFLUSH_MASK  0xFFu

enum bank { BANK_0, BANK_1, BANK_XSAVE, BANKS };

enum reg { EAX, EBX, ECX, EDX };

/* A bit of HV_PARTITION_PROCESSOR_FEATURES or HV_PARTITION_PROCESSOR_XSAVE_FEATURES, and of CPUID.
   TLFS: data types; AMD APM vol. 3, appendix E. */
struct rule {
    uint8_t bank, bit;
    uint32_t leaf, subleaf;
    uint8_t reg, cpuid_bit;
};

static const struct rule rules[] = {
    { BANK_0, 0, 0x1, 0, ECX, 0 },          /* SSE3 */
    { BANK_0, 1, 0x80000001, 0, ECX, 0 },   /* LAHF and SAHF */
    { BANK_0, 2, 0x1, 0, ECX, 9 },          /* SSSE3 */
    { BANK_0, 3, 0x1, 0, ECX, 19 },         /* SSE4.1 */
    { BANK_0, 4, 0x1, 0, ECX, 20 },         /* SSE4.2 */
    { BANK_0, 5, 0x80000001, 0, ECX, 6 },   /* SSE4A */
    { BANK_0, 6, 0x80000001, 0, ECX, 11 },  /* XOP */
    { BANK_0, 7, 0x1, 0, ECX, 23 },         /* POPCNT */
    { BANK_0, 8, 0x1, 0, ECX, 13 },         /* CMPXCHG16B */
    { BANK_0, 9, 0x80000001, 0, ECX, 4 },   /* LOCK MOV CR0 for CR8 */
    { BANK_0, 10, 0x80000001, 0, ECX, 5 },  /* LZCNT */
    { BANK_0, 11, 0x80000001, 0, ECX, 7 },  /* misaligned SSE */
    { BANK_0, 12, 0x80000001, 0, EDX, 22 }, /* MMX extensions */
    { BANK_0, 13, 0x80000001, 0, EDX, 31 }, /* 3DNow! */
    { BANK_0, 14, 0x80000001, 0, EDX, 30 }, /* 3DNow! extensions */
    { BANK_0, 15, 0x80000001, 0, EDX, 26 }, /* pages of 1 GiB */
    { BANK_0, 16, 0x1, 0, ECX, 25 },        /* AES */
    { BANK_0, 17, 0x1, 0, ECX, 1 },         /* PCLMULQDQ */
    { BANK_0, 18, 0x1, 0, ECX, 17 },        /* PCID */
    { BANK_0, 19, 0x80000001, 0, ECX, 16 }, /* FMA4 */
    { BANK_0, 20, 0x1, 0, ECX, 29 },        /* F16C */
    { BANK_0, 21, 0x1, 0, ECX, 30 },        /* RDRAND */
    { BANK_0, 22, 0x7, 0, EBX, 0 },         /* RDFSBASE and its like */
    { BANK_0, 23, 0x7, 0, EBX, 7 },         /* SMEP */
    { BANK_0, 24, 0x7, 0, EBX, 9 },         /* fast MOVSB */
    { BANK_0, 25, 0x7, 0, EBX, 3 },         /* BMI1 */
    { BANK_0, 26, 0x7, 0, EBX, 8 },         /* BMI2 */
    { BANK_0, 29, 0x1, 0, ECX, 22 },        /* MOVBE */
    { BANK_0, 32, 0x7, 0, EBX, 18 },        /* RDSEED */
    { BANK_0, 33, 0x7, 0, EBX, 19 },        /* ADX */
    { BANK_0, 34, 0x80000001, 0, ECX, 8 },  /* PREFETCHW */
    { BANK_0, 35, 0x7, 0, EBX, 20 },        /* SMAP */
    { BANK_0, 38, 0x80000001, 0, EDX, 27 }, /* RDTSCP */
    { BANK_0, 39, 0x7, 0, EBX, 23 },        /* CLFLUSHOPT */
    { BANK_0, 40, 0x7, 0, EBX, 24 },        /* CLWB */
    { BANK_0, 41, 0x7, 0, EBX, 29 },        /* SHA */
    { BANK_0, 43, 0x7, 0, EBX, 10 },        /* INVPCID */
    { BANK_0, 44, 0x80000008, 0, EBX, 14 }, /* IBRS */
    { BANK_0, 45, 0x80000008, 0, EBX, 15 }, /* STIBP */
    { BANK_0, 46, 0x80000008, 0, EBX, 12 }, /* IBPB */
    { BANK_0, 49, 0x7, 0, EDX, 4 },         /* fast short MOVSB */
    { BANK_0, 57, 0x7, 0, ECX, 22 },        /* RDPID */
    { BANK_0, 58, 0x7, 0, ECX, 2 },         /* UMIP */
    { BANK_1, 2, 0x80000008, 0, EBX, 0 },   /* CLZERO */
    { BANK_1, 3, 0x80000008, 0, EBX, 4 },   /* RDPRU */
    { BANK_1, 4, 0x7, 0, ECX, 16 },         /* LA57 */
    { BANK_XSAVE, 0, 0x1, 0, ECX, 26 },     /* XSAVE */
    { BANK_XSAVE, 1, 0xD, 1, EAX, 0 },      /* XSAVEOPT */
    { BANK_XSAVE, 2, 0x1, 0, ECX, 28 },     /* AVX */
    { BANK_XSAVE, 3, 0x7, 0, EBX, 5 },      /* AVX2 */
    { BANK_XSAVE, 4, 0x1, 0, ECX, 12 },     /* FMA */
    { BANK_XSAVE, 5, 0x7, 0, EBX, 14 },     /* MPX */
    { BANK_XSAVE, 6, 0x7, 0, EBX, 16 },     /* AVX-512 F */
    { BANK_XSAVE, 7, 0x7, 0, EBX, 17 },     /* AVX-512 DQ */
    { BANK_XSAVE, 8, 0x7, 0, EBX, 28 },     /* AVX-512 CD */
    { BANK_XSAVE, 9, 0x7, 0, EBX, 30 },     /* AVX-512 BW */
    { BANK_XSAVE, 10, 0x7, 0, EBX, 31 },    /* AVX-512 VL */
    { BANK_XSAVE, 11, 0xD, 1, EAX, 1 },     /* XSAVEC */
};

static bool machine_has(const struct rule *rule)
{
    struct cpuid_result leaf;
    uint32_t value;

    if (cpuid(rule->leaf & 0x80000000, 0).eax < rule->leaf)
        return false;
    leaf = cpuid(rule->leaf, rule->subleaf);
    value = rule->reg == EAX   ? leaf.eax
            : rule->reg == EBX ? leaf.ebx
            : rule->reg == ECX ? leaf.ecx
                               : leaf.edx;
    return value >> rule->cpuid_bit & 1;
}

void svm_features_find(struct hv_processor_facts *facts)
{
    uint64_t banks[BANKS] = { 0 };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (machine_has(&rules[i]))
            banks[rules[i].bank] |= UINT64_C(1) << rules[i].bit;
    facts->features[0] = banks[BANK_0];
    facts->features[1] = banks[BANK_1];
    facts->clflush_size = cpuid(1, 0).ebx >> CLFLUSH_SHIFT & CLFLUSH_MASK;
    facts->xsave_states = svm_switch_states();
    if (facts->xsave_states == 0)
        return;
    facts->xsave_features = banks[BANK_XSAVE];
    facts->xsave_size = svm_xsave_size(facts->xsave_states);
}
