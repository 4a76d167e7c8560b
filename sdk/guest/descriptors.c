/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * GDT, TSS and IDT.
 */
#include "private.h"

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "64-bit gate");

#define GATE_INTERRUPT 0x8e
#define GATE_DPL3      0x60

#define IST_DF  1
#define IST_NMI 2
#define IST_MC  3

static struct gate idt[256];

/* Order of layout.h; the TSS descriptor is filled in for each CPU. */
static const uint64_t gdt_template[GDT_ENTRIES] = {
    0,
    0x00af9b000000ffff,
    0x00cf93000000ffff,
    0x00cf9b000000ffff,
    0x00cffb000000ffff,
    0x00cff3000000ffff,
    0x00affb000000ffff,
    0x00009b000000ffff | (uint64_t)LOW_STUB << 16,
    0x000093000000ffff,
};

static void set_gate(unsigned int vector, uint8_t ist, uint8_t type)
{
    uint64_t target = (uint64_t)(uintptr_t)trap_stubs + 16 * (uint64_t)vector;

    idt[vector] = (struct gate){
        .offset_low = (uint16_t)target,
        .selector = SEL_CODE64,
        .ist = ist,
        .type = type,
        .offset_middle = (uint16_t)(target >> 16),
        .offset_high = (uint32_t)(target >> 32),
    };
}

void idt_init(void)
{
    for (unsigned int vector = 0; vector < 256; vector++)
        set_gate(vector, 0, GATE_INTERRUPT);
    set_gate(VECTOR_DF, IST_DF, GATE_INTERRUPT);
    set_gate(VECTOR_NMI, IST_NMI, GATE_INTERRUPT);
    set_gate(VECTOR_MC, IST_MC, GATE_INTERRUPT);
    set_gate(VECTOR_BP, 0, GATE_INTERRUPT | GATE_DPL3);
    set_gate(VECTOR_OF, 0, GATE_INTERRUPT | GATE_DPL3);
    set_gate(VECTOR_USER_RETURN, 0, GATE_INTERRUPT | GATE_DPL3);
}

static uint64_t top(uint8_t *stack, size_t size)
{
    return (uint64_t)(uintptr_t)(stack + size);
}

static void fill_tss(struct cpu_private *priv)
{
    struct tss *tss = &priv->tss;
    uint64_t base = (uint64_t)(uintptr_t)tss;

    tss->rsp[0] = top(priv->trap_stack, sizeof(priv->trap_stack));
    tss->ist[IST_DF - 1] = top(priv->ist_stack[0], PAGE_SIZE);
    tss->ist[IST_NMI - 1] = top(priv->ist_stack[1], PAGE_SIZE);
    tss->ist[IST_MC - 1] = top(priv->ist_stack[2], PAGE_SIZE);
    tss->io_map = sizeof(*tss);
    priv->gdt[SEL_TSS / 8] =
        (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89ULL << 40 | (base >> 24 & 0xff) << 56;
    priv->gdt[SEL_TSS / 8 + 1] = base >> 32;
}

static void load_tables(const struct cpu_private *priv)
{
    struct descriptor_pointer gdtr = { sizeof(priv->gdt) - 1, (uintptr_t)priv->gdt };
    struct descriptor_pointer idtr = { sizeof(idt) - 1, (uintptr_t)idt };

    __asm__ volatile("lgdt %0; lidt %1; ltr %w2" ::"m"(gdtr), "m"(idtr), "r"(SEL_TSS));
}

void cpu_setup(struct cpu_private *priv, uint32_t index)
{
    memcpy(priv->gdt, gdt_template, sizeof(priv->gdt));
    fill_tss(priv);
    load_tables(priv);
    priv->cpu.self = &priv->cpu;
    priv->cpu.index = index;
    priv->cpu.priv = priv;
    wrmsr(MSR_GS_BASE, (uintptr_t)&priv->cpu);
}
