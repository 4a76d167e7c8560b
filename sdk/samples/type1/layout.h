/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Where things lie in the hypervisor's own address space; read by C, the assembler and the linker
   script alike. */
#ifndef TYPE1_LAYOUT_H
#define TYPE1_LAYOUT_H

/* The boot loader puts the image here; it moves itself away before the root partition starts. */
#define LOAD_ADDRESS 0x100000

/* The image is linked for the last 2 GiB, so that it may move in physical memory as it likes. */
#define IMAGE_BASE 0xFFFFFFFF80000000

/* All of physical memory, at this offset (PML4 entry 256). */
#define DIRECT_BASE 0xFFFF800000000000

/* A page for the local APIC, uncached. */
#define APIC_VIRTUAL 0xFFFFFFFFBFFFF000

/* Stacks: a slot an LP, with unmapped pages between the stacks in it. */
#define STACK_BASE      0xFFFFFFFFC0000000
#define STACK_SLOT      0x10000
#define STACK_MAIN_TOP  0xC000
#define STACK_MAIN_SIZE 0x6000
#define STACK_DF_TOP    0x2000
#define STACK_NMI_TOP   0x4000
#define STACK_MC_TOP    0xE000
#define STACK_IST_SIZE  0x1000

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS  0x18

#endif
