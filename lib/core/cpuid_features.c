/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Which bits of CPUID the features have that a partition's properties name, and so which of them a
 * parent has taken away when it created the partition (TLFS: HV_PARTITION_CREATION_PROPERTIES), and
 * which a processor has. Bits of the properties: TLFS,
 * HV_PARTITION_PROCESSOR_FEATURES; of XSAVE features: Linux, include/hyperv, and beyond the first
 * three OpenVMM, hvdef. Bits of CPUID: Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E.
 *
 * A bit that names no feature with a bit of CPUID hides nothing; parents disable all that they do
 * not know.
 */
#include <hv/processor.h>

#include "core.h"
#include "cpuid.h"

enum bank { FEATURES_0, FEATURES_1, XSAVE, BANKS };

#define LEAF_XSAVE 0xDu
#define LEAF_RANGE \
    0x80000000u /* of its bits; EAX of the leaf that is no more has the range's last */

struct cpuid_bit {
    uint8_t bank;    /* enum bank */
    uint8_t feature; /* bit of the property */
    uint8_t subleaf; /* of leaves that have them */
    uint8_t where;   /* register; HV_EAX and so on */
    uint8_t bit;
};

static const struct cpuid_bit leaf_1[] = {
    { FEATURES_0, 0, 0, HV_ECX, 0 },   /* SSE3 */
    { FEATURES_0, 17, 0, HV_ECX, 1 },  /* PCLMULQDQ */
    { FEATURES_0, 2, 0, HV_ECX, 9 },   /* SSSE3 */
    { XSAVE, 4, 0, HV_ECX, 12 },       /* FMA */
    { FEATURES_0, 8, 0, HV_ECX, 13 },  /* CMPXCHG16B */
    { FEATURES_0, 18, 0, HV_ECX, 17 }, /* PCID */
    { FEATURES_0, 3, 0, HV_ECX, 19 },  /* SSE4.1 */
    { FEATURES_0, 4, 0, HV_ECX, 20 },  /* SSE4.2 */
    { FEATURES_0, 29, 0, HV_ECX, 22 }, /* MOVBE */
    { FEATURES_0, 7, 0, HV_ECX, 23 },  /* POPCNT */
    { FEATURES_1, 17, 0, HV_ECX, 24 }, /* TSC deadline */
    { FEATURES_0, 16, 0, HV_ECX, 25 }, /* AES */
    { XSAVE, 0, 0, HV_ECX, 26 },       /* XSAVE */
    { XSAVE, 2, 0, HV_ECX, 28 },       /* AVX */
    { FEATURES_0, 20, 0, HV_ECX, 29 }, /* F16C */
    { FEATURES_0, 21, 0, HV_ECX, 30 }, /* RDRAND */
};

static const struct cpuid_bit leaf_6[] = {
    { FEATURES_1, 0, 0, HV_ECX, 0 }, /* APERF, MPERF */
};

static const struct cpuid_bit leaf_7[] = {
    { FEATURES_0, 22, 0, HV_EBX, 0 },  /* FSGSBASE */
    { FEATURES_1, 18, 0, HV_EBX, 1 },  /* TSC_ADJUST */
    { FEATURES_0, 25, 0, HV_EBX, 3 },  /* BMI1 */
    { FEATURES_0, 36, 0, HV_EBX, 4 },  /* HLE */
    { XSAVE, 3, 0, HV_EBX, 5 },        /* AVX2 */
    { FEATURES_0, 23, 0, HV_EBX, 7 },  /* SMEP */
    { FEATURES_0, 26, 0, HV_EBX, 8 },  /* BMI2 */
    { FEATURES_0, 24, 0, HV_EBX, 9 },  /* enhanced REP MOVSB */
    { FEATURES_0, 43, 0, HV_EBX, 10 }, /* INVPCID */
    { FEATURES_0, 37, 0, HV_EBX, 11 }, /* RTM */
    { FEATURES_0, 31, 0, HV_EBX, 13 }, /* no FPU CS and DS */
    { XSAVE, 5, 0, HV_EBX, 14 },       /* MPX */
    { XSAVE, 6, 0, HV_EBX, 16 },       /* AVX512F */
    { XSAVE, 7, 0, HV_EBX, 17 },       /* AVX512DQ */
    { FEATURES_0, 32, 0, HV_EBX, 18 }, /* RDSEED */
    { FEATURES_0, 33, 0, HV_EBX, 19 }, /* ADX */
    { FEATURES_0, 35, 0, HV_EBX, 20 }, /* SMAP */
    { XSAVE, 15, 0, HV_EBX, 21 },      /* AVX512_IFMA */
    { FEATURES_0, 39, 0, HV_EBX, 23 }, /* CLFLUSHOPT */
    { FEATURES_0, 40, 0, HV_EBX, 24 }, /* CLWB */
    { XSAVE, 8, 0, HV_EBX, 28 },       /* AVX512CD */
    { FEATURES_0, 41, 0, HV_EBX, 29 }, /* SHA */
    { XSAVE, 9, 0, HV_EBX, 30 },       /* AVX512BW */
    { XSAVE, 10, 0, HV_EBX, 31 },      /* AVX512VL */
    { XSAVE, 16, 0, HV_ECX, 1 },       /* AVX512_VBMI */
    { FEATURES_0, 58, 0, HV_ECX, 2 },  /* UMIP */
    { FEATURES_1, 12, 0, HV_ECX, 5 },  /* UMWAIT, TPAUSE */
    { XSAVE, 17, 0, HV_ECX, 6 },       /* AVX512_VBMI2 */
    { FEATURES_1, 8, 0, HV_ECX, 7 },   /* CET shadow stacks */
    { XSAVE, 19, 0, HV_ECX, 8 },       /* GFNI */
    { XSAVE, 20, 0, HV_ECX, 9 },       /* VAES */
    { XSAVE, 22, 0, HV_ECX, 10 },      /* VPCLMULQDQ */
    { XSAVE, 18, 0, HV_ECX, 11 },      /* AVX512_VNNI */
    { XSAVE, 14, 0, HV_ECX, 12 },      /* AVX512_BITALG */
    { XSAVE, 21, 0, HV_ECX, 14 },      /* AVX512_VPOPCNTDQ */
    { FEATURES_1, 4, 0, HV_ECX, 16 },  /* LA57 */
    { FEATURES_0, 57, 0, HV_ECX, 22 }, /* RDPID */
    { FEATURES_1, 15, 0, HV_ECX, 25 }, /* CLDEMOTE */
    { FEATURES_1, 13, 0, HV_ECX, 27 }, /* MOVDIRI */
    { FEATURES_1, 14, 0, HV_ECX, 28 }, /* MOVDIR64B */
    { FEATURES_0, 49, 0, HV_EDX, 4 },  /* fast short REP MOV */
    { XSAVE, 24, 0, HV_EDX, 8 },       /* AVX512_VP2INTERSECT */
    { FEATURES_0, 60, 0, HV_EDX, 10 }, /* MD_CLEAR */
    { FEATURES_1, 16, 0, HV_EDX, 14 }, /* SERIALIZE */
    { FEATURES_1, 22, 0, HV_EDX, 16 }, /* TSXLDTRK */
    { FEATURES_1, 9, 0, HV_EDX, 20 },  /* CET indirect branch tracking */
    { XSAVE, 28, 0, HV_EDX, 22 },      /* AMX_BF16 */
    { XSAVE, 25, 0, HV_EDX, 23 },      /* AVX512_FP16 */
    { XSAVE, 27, 0, HV_EDX, 24 },      /* AMX_TILE */
    { XSAVE, 29, 0, HV_EDX, 25 },      /* AMX_INT8 */
    { FEATURES_0, 44, 0, HV_EDX, 26 }, /* IBRS */
    { FEATURES_0, 45, 0, HV_EDX, 27 }, /* STIBP */
    { XSAVE, 30, 1, HV_EAX, 4 },       /* AVX_VNNI */
    { XSAVE, 23, 1, HV_EAX, 5 },       /* AVX512_BF16 */
    { FEATURES_1, 40, 1, HV_EAX, 7 },  /* CMPCCXADD */
    { FEATURES_1, 19, 1, HV_EAX, 10 }, /* fast zero-length REP MOVSB */
    { FEATURES_1, 20, 1, HV_EAX, 11 }, /* fast short REP STOSB */
    { FEATURES_1, 21, 1, HV_EAX, 12 }, /* fast short REP CMPSB, SCASB */
};

/* Of state components, those without which the instructions are nothing. */
static const struct cpuid_bit leaf_d[] = {
    { XSAVE, 2, 0, HV_EAX, 2 },   /* AVX */
    { XSAVE, 5, 0, HV_EAX, 3 },   /* MPX: bounds registers */
    { XSAVE, 5, 0, HV_EAX, 4 },   /* MPX: configuration */
    { XSAVE, 6, 0, HV_EAX, 5 },   /* AVX512: masks */
    { XSAVE, 6, 0, HV_EAX, 6 },   /* AVX512: upper halves */
    { XSAVE, 6, 0, HV_EAX, 7 },   /* AVX512: upper registers */
    { XSAVE, 27, 0, HV_EAX, 17 }, /* AMX: configuration */
    { XSAVE, 27, 0, HV_EAX, 18 }, /* AMX: tiles */
    { XSAVE, 1, 1, HV_EAX, 0 },   /* XSAVEOPT */
    { XSAVE, 11, 1, HV_EAX, 1 },  /* XSAVEC */
    { XSAVE, 13, 1, HV_EAX, 2 },  /* XGETBV of XCR1 */
    { XSAVE, 12, 1, HV_EAX, 3 },  /* XSAVES */
    { XSAVE, 26, 1, HV_EAX, 4 },  /* XFD */
};

static const struct cpuid_bit leaf_80000001[] = {
    { FEATURES_0, 1, 0, HV_ECX, 0 },   /* LAHF, SAHF */
    { FEATURES_0, 9, 0, HV_ECX, 4 },   /* LOCK MOV CR0 means CR8 */
    { FEATURES_0, 10, 0, HV_ECX, 5 },  /* LZCNT */
    { FEATURES_0, 5, 0, HV_ECX, 6 },   /* SSE4A */
    { FEATURES_0, 11, 0, HV_ECX, 7 },  /* misaligned SSE */
    { FEATURES_0, 34, 0, HV_ECX, 8 },  /* PREFETCHW */
    { FEATURES_0, 6, 0, HV_ECX, 11 },  /* XOP */
    { FEATURES_0, 19, 0, HV_ECX, 16 }, /* FMA4 */
    { FEATURES_0, 12, 0, HV_EDX, 22 }, /* MMX extensions */
    { FEATURES_0, 15, 0, HV_EDX, 26 }, /* pages of 1 GiB */
    { FEATURES_0, 38, 0, HV_EDX, 27 }, /* RDTSCP */
    { FEATURES_0, 14, 0, HV_EDX, 30 }, /* 3DNow! extensions */
    { FEATURES_0, 13, 0, HV_EDX, 31 }, /* 3DNow! */
};

static const struct cpuid_bit leaf_80000007[] = {
    { FEATURES_1, 1, 0, HV_EDX, 8 }, /* invariant TSC */
};

static const struct cpuid_bit leaf_80000008[] = {
    { FEATURES_1, 2, 0, HV_EBX, 0 },   /* CLZERO */
    { FEATURES_0, 42, 0, HV_EBX, 2 },  /* FPU error pointers are always saved */
    { FEATURES_1, 3, 0, HV_EBX, 4 },   /* RDPRU */
    { FEATURES_0, 46, 0, HV_EBX, 12 }, /* IBPB */
    { FEATURES_0, 44, 0, HV_EBX, 14 }, /* IBRS */
    { FEATURES_0, 45, 0, HV_EBX, 15 }, /* STIBP */
    { FEATURES_1, 32, 0, HV_EBX, 17 }, /* STIBP may be always on */
    { FEATURES_1, 7, 0, HV_EBX, 28 },  /* PSFD */
};

#define LEAF(number_, bits_)                                                          \
    {                                                                                 \
        .number = number_, .bits = bits_, .count = sizeof(bits_) / sizeof((bits_)[0]) \
    }

static const struct leaf {
    uint32_t number;
    uint32_t count;
    const struct cpuid_bit *bits;
} leaves[] = {
    LEAF(0x1, leaf_1),
    LEAF(0x6, leaf_6),
    LEAF(0x7, leaf_7),
    LEAF(LEAF_XSAVE, leaf_d),
    LEAF(0x80000001, leaf_80000001),
    LEAF(0x80000007, leaf_80000007),
    LEAF(0x80000008, leaf_80000008),
};

static const struct leaf *find_leaf(uint32_t number)
{
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        if (leaves[i].number == number)
            return &leaves[i];
    return NULL;
}

/* Leaves 7 and 0xD have subleaves; the others answer alike to any. */
static uint32_t subleaf_of(uint32_t leaf, uint32_t subleaf)
{
    return leaf == 0x7 || leaf == LEAF_XSAVE ? subleaf : 0;
}

void hv_cpuid_hide_disabled(const struct hv_partition *partition, uint32_t leaf, uint32_t subleaf,
                            uint32_t value[4])
{
    const struct hv_creation *creation = &partition->creation;
    const uint64_t disabled[] = { [FEATURES_0] = creation->disabled_features[0],
                                  [FEATURES_1] = creation->disabled_features[1],
                                  [XSAVE] = creation->disabled_xsave_features };
    const struct leaf *found = find_leaf(leaf);

    for (uint32_t i = 0; found && i < found->count; i++) {
        const struct cpuid_bit *bit = &found->bits[i];

        if (bit->subleaf == subleaf_of(leaf, subleaf) && (disabled[bit->bank] >> bit->feature & 1))
            value[bit->where] &= ~(UINT32_C(1) << bit->bit);
    }
}

/* State components say how a feature is saved, not that it is there. */
static bool is_state(const struct leaf *leaf, const struct cpuid_bit *bit)
{
    return leaf->number == LEAF_XSAVE && bit->subleaf == 0;
}

static void find_in_leaf(const struct leaf *leaf, hv_cpuid_function *read, void *context,
                         uint64_t banks[BANKS])
{
    uint32_t value[4];

    read(context, leaf->number & LEAF_RANGE, 0, value);
    if (value[HV_EAX] < leaf->number)
        return;
    for (uint32_t i = 0; i < leaf->count; i++) {
        const struct cpuid_bit *bit = &leaf->bits[i];

        read(context, leaf->number, bit->subleaf, value);
        if (!is_state(leaf, bit) && (value[bit->where] >> bit->bit & 1))
            banks[bit->bank] |= UINT64_C(1) << bit->feature;
    }
}

void hv_processor_find_features(hv_cpuid_function *read, void *context,
                                struct hv_processor_facts *facts)
{
    uint64_t banks[BANKS] = { 0 };

    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        find_in_leaf(&leaves[i], read, context, banks);
    facts->features[0] = banks[FEATURES_0];
    facts->features[1] = banks[FEATURES_1];
    facts->xsave_features = banks[XSAVE];
}
