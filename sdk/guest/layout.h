/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Numbers that C and assembler share: selectors, the low memory area, what boot loaders pass.
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

/* Selectors of every CPU's GDT. 32-bit user code, user data, 64-bit user code stand in the order
 * that SYSRET wants (AMD APM vol. 2, 6.1.1). */
#define SEL_CODE64  0x08
#define SEL_DATA    0x10
#define SEL_CODE32  0x18
#define SEL_UCODE32 0x23
#define SEL_UDATA   0x2b
#define SEL_UCODE64 0x33
#define SEL_CODE16  0x38
#define SEL_DATA16  0x40
#define SEL_TSS     0x48
#define GDT_ENTRIES 11

/* Pages below 64 KiB, for code that starts in real mode and for run_mode(). The code page follows
 * the stub so that one real-mode code segment spans both. */
#define LOW_STACK_TOP     0x7ff0
#define LOW_START         0x7000
#define LOW_AP_TRAMPOLINE 0x8000
#define LOW_STUB          0x9000
#define LOW_CODE          0xa000
#define LOW_AREA          0xb000
#define LOW_DATA          0xc000
#define LOW_END           0xd000

/* struct mode_area at LOW_AREA. */
#define AREA_EAX     (LOW_AREA + 0)
#define AREA_EBX     (LOW_AREA + 4)
#define AREA_ECX     (LOW_AREA + 8)
#define AREA_EDX     (LOW_AREA + 12)
#define AREA_ESI     (LOW_AREA + 16)
#define AREA_EDI     (LOW_AREA + 20)
#define AREA_EBP     (LOW_AREA + 24)
#define AREA_EFLAGS  (LOW_AREA + 28)
#define AREA_XMM     (LOW_AREA + 32)
#define AREA_RSP     (LOW_AREA + 128)
#define AREA_CR0     (LOW_AREA + 136)
#define AREA_CR3     (LOW_AREA + 144)
#define AREA_CR4     (LOW_AREA + 152)
#define AREA_EFER    (LOW_AREA + 160)
#define AREA_FS_BASE (LOW_AREA + 168)
#define AREA_GS_BASE (LOW_AREA + 176)
#define AREA_IDTR    (LOW_AREA + 184)
#define AREA_ENTRY   (LOW_AREA + 200)
#define AREA_MODE    (LOW_AREA + 204)
#define AREA_RAISED  (LOW_AREA + 208)
#define AREA_VECTOR  (LOW_AREA + 212)
#define AREA_ERROR   (LOW_AREA + 216)
#define AREA_EIP     (LOW_AREA + 220)
#define AREA_CR2     (LOW_AREA + 224)
#define AREA_IDTR32  (LOW_AREA + 232)
#define AREA_IDTR16  (LOW_AREA + 240)
#define AREA_IVT     (LOW_AREA + 256)

/* enum cpu_mode */
#define ASM_MODE_PAE32 3
#define ASM_MODE_REAL  4

#define VECTOR_USER_RETURN 0x80

#define MAGIC_MULTIBOOT1 0x2badb002
#define MAGIC_MULTIBOOT2 0x36d76289
#define MAGIC_PVH        0x336ec578

#endif
