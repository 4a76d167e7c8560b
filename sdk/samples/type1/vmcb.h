/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The virtual machine control block (APM vol. 2, appendix B) and the numbers in it (appendix C). */
#ifndef TYPE1_VMCB_H
#define TYPE1_VMCB_H

#include <stdint.h>

struct vmcb_segment {
    uint16_t selector;
    uint16_t attributes; /* descriptor bits 47:40 in 7:0, 55:52 in 11:8 */
    uint32_t limit;
    uint64_t base;
};

struct vmcb {
    uint32_t intercept_cr;
    uint32_t intercept_dr;
    uint32_t intercept_exceptions;
    uint32_t intercept_1; /* enum vmcb_intercept_1 */
    uint32_t intercept_2;
    uint32_t intercept_3;
    uint8_t reserved_018[0x3C - 0x18];
    uint16_t pause_threshold;
    uint16_t pause_count;
    uint64_t iopm;
    uint64_t msrpm;
    uint64_t tsc_offset;
    uint32_t asid;
    uint32_t tlb_control;
    uint64_t virtual_interrupt;
    uint64_t interrupt_shadow;
    uint64_t exit_code;
    uint64_t exit_info_1;
    uint64_t exit_info_2;
    uint64_t exit_event;
    uint64_t nested_control;
    uint64_t avic_bar;
    uint64_t ghcb;
    uint64_t event;
    uint64_t nested_cr3;
    uint64_t lbr_control;
    uint32_t clean;
    uint32_t reserved_0c4;
    uint64_t next_rip;
    uint8_t bytes_fetched;
    uint8_t bytes[15];
    uint8_t reserved_0e0[0x400 - 0xE0];

    struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t reserved_4a0[0x4CB - 0x4A0];
    uint8_t cpl;
    uint32_t reserved_4cc;
    uint64_t efer;
    uint8_t reserved_4d8[0x548 - 0x4D8];
    uint64_t cr4;
    uint64_t cr3;
    uint64_t cr0;
    uint64_t dr7;
    uint64_t dr6;
    uint64_t rflags;
    uint64_t rip;
    uint8_t reserved_580[0x5D8 - 0x580];
    uint64_t rsp;
    uint64_t s_cet;
    uint64_t ssp;
    uint64_t isst;
    uint64_t rax;
    uint64_t star;
    uint64_t lstar;
    uint64_t cstar;
    uint64_t sfmask;
    uint64_t kernel_gs_base;
    uint64_t sysenter_cs;
    uint64_t sysenter_esp;
    uint64_t sysenter_eip;
    uint64_t cr2;
    uint8_t reserved_648[0x668 - 0x648];
    uint64_t pat;
    uint64_t debugctl;
    uint8_t reserved_678[0x1000 - 0x678];
};

#define VMCB_AT(field, offset) \
    _Static_assert(__builtin_offsetof(struct vmcb, field) == (offset), #field)
VMCB_AT(iopm, 0x40);
VMCB_AT(asid, 0x58);
VMCB_AT(virtual_interrupt, 0x60);
VMCB_AT(exit_code, 0x70);
VMCB_AT(event, 0xA8);
VMCB_AT(clean, 0xC0);
VMCB_AT(next_rip, 0xC8);
VMCB_AT(es, 0x400);
VMCB_AT(cpl, 0x4CB);
VMCB_AT(efer, 0x4D0);
VMCB_AT(cr4, 0x548);
VMCB_AT(rsp, 0x5D8);
VMCB_AT(rax, 0x5F8);
VMCB_AT(cr2, 0x640);
VMCB_AT(pat, 0x668);
_Static_assert(sizeof(struct vmcb) == 4096, "a VMCB is a page");

#define VMCB_INTERCEPT_WRITE_CR8 (1u << 24) /* of intercept_cr */

enum vmcb_intercept_1 {
    VMCB_INTERCEPT_INTERRUPT = 1 << 0,
    VMCB_INTERCEPT_NMI = 1 << 1,
    VMCB_INTERCEPT_INIT = 1 << 3,
    VMCB_INTERCEPT_VIRTUAL = 1 << 4, /* a virtual interrupt could be taken */
    VMCB_INTERCEPT_READ_IDTR = 1 << 6,
    VMCB_INTERCEPT_READ_GDTR = 1 << 7,
    VMCB_INTERCEPT_READ_LDTR = 1 << 8,
    VMCB_INTERCEPT_READ_TR = 1 << 9,
    VMCB_INTERCEPT_RDPMC = 1 << 15,
    VMCB_INTERCEPT_CPUID = 1 << 18,
    VMCB_INTERCEPT_IRET = 1 << 20,
    VMCB_INTERCEPT_INVD = 1 << 22,
    VMCB_INTERCEPT_HLT = 1 << 24,
    VMCB_INTERCEPT_INVLPGA = 1 << 26,
    VMCB_INTERCEPT_IO = 1 << 27,
    VMCB_INTERCEPT_MSR = 1 << 28,
};
#define VMCB_INTERCEPT_SHUTDOWN (1u << 31)

enum vmcb_intercept_2 {
    VMCB_INTERCEPT_VMRUN = 1 << 0,
    VMCB_INTERCEPT_VMMCALL = 1 << 1,
    VMCB_INTERCEPT_VMLOAD = 1 << 2,
    VMCB_INTERCEPT_VMSAVE = 1 << 3,
    VMCB_INTERCEPT_STGI = 1 << 4,
    VMCB_INTERCEPT_CLGI = 1 << 5,
    VMCB_INTERCEPT_SKINIT = 1 << 6,
    VMCB_INTERCEPT_WBINVD = 1 << 9,
    VMCB_INTERCEPT_MONITOR = 1 << 10,
    VMCB_INTERCEPT_MWAIT = 1 << 11,
    VMCB_INTERCEPT_XSETBV = 1 << 13,
};

enum vmcb_intercept_3 {
    VMCB_INTERCEPT_INVLPGB = 1 << 0,
    VMCB_INTERCEPT_INVLPGB_ILLEGAL = 1 << 1,
    VMCB_INTERCEPT_TLBSYNC = 1 << 4,
};

/* All 64 bits of the code count but for an impossible state, -1: emulators may write its low half.
 */
#define VMCB_EXIT_INVALID UINT32_MAX

enum vmcb_exit {
    VMCB_EXIT_WRITE_CR8 = 0x18,
    VMCB_EXIT_READ_DR0 = 0x20,  /* to DR15 */
    VMCB_EXIT_WRITE_DR0 = 0x30, /* likewise */
    VMCB_EXIT_EXCEPTION = 0x40, /* + vector */
    VMCB_EXIT_INTERRUPT = 0x60,
    VMCB_EXIT_NMI = 0x61,
    VMCB_EXIT_INIT = 0x63,
    VMCB_EXIT_VIRTUAL = 0x64,
    VMCB_EXIT_READ_IDTR = 0x66,
    VMCB_EXIT_READ_GDTR = 0x67,
    VMCB_EXIT_READ_LDTR = 0x68,
    VMCB_EXIT_READ_TR = 0x69,
    VMCB_EXIT_RDPMC = 0x6F,
    VMCB_EXIT_CPUID = 0x72,
    VMCB_EXIT_IRET = 0x74,
    VMCB_EXIT_INVD = 0x76,
    VMCB_EXIT_HLT = 0x78,
    VMCB_EXIT_INVLPGA = 0x7A,
    VMCB_EXIT_IO = 0x7B,
    VMCB_EXIT_MSR = 0x7C,
    VMCB_EXIT_SHUTDOWN = 0x7F,
    VMCB_EXIT_VMRUN = 0x80,
    VMCB_EXIT_VMMCALL = 0x81,
    VMCB_EXIT_VMLOAD = 0x82,
    VMCB_EXIT_VMSAVE = 0x83,
    VMCB_EXIT_STGI = 0x84,
    VMCB_EXIT_CLGI = 0x85,
    VMCB_EXIT_SKINIT = 0x86,
    VMCB_EXIT_WBINVD = 0x89,
    VMCB_EXIT_MONITOR = 0x8A,
    VMCB_EXIT_MWAIT = 0x8B,
    VMCB_EXIT_XSETBV = 0x8D,
    VMCB_EXIT_INVLPGB = 0xA0,
    VMCB_EXIT_INVLPGB_ILLEGAL = 0xA1,
    VMCB_EXIT_TLBSYNC = 0xA4,
    VMCB_EXIT_NPF = 0x400,
};

/* exit_info_1 of a nested page fault. */
#define VMCB_NPF_WRITE     (UINT64_C(1) << 1)
#define VMCB_NPF_EXECUTE   (UINT64_C(1) << 4)
#define VMCB_NPF_PAGE_WALK (UINT64_C(1) << 33)

/* exit_info_1 of an I/O port's exit; exit_info_2 is the RIP behind the instruction. */
#define VMCB_IO_IN         (UINT64_C(1) << 0)
#define VMCB_IO_STRING     (UINT64_C(1) << 2)
#define VMCB_IO_REP        (UINT64_C(1) << 3)
#define VMCB_IO_SIZE_SHIFT 4
#define VMCB_IO_SIZE_MASK  7u /* the size in bytes: one bit of three is set */
#define VMCB_IO_PORT_SHIFT 16

/* event and exit_event. */
#define VMCB_EVENT_VECTOR      UINT64_C(0xFF)
#define VMCB_EVENT_TYPE        (UINT64_C(7) << 8)
#define VMCB_EVENT_INTERRUPT   (UINT64_C(0) << 8)
#define VMCB_EVENT_NMI         (UINT64_C(2) << 8)
#define VMCB_EVENT_EXCEPTION   (UINT64_C(3) << 8)
#define VMCB_EVENT_SOFTWARE    (UINT64_C(4) << 8)
#define VMCB_EVENT_HAS_ERROR   (UINT64_C(1) << 11)
#define VMCB_EVENT_VALID       (UINT64_C(1) << 31)
#define VMCB_EVENT_ERROR_SHIFT 32

/* virtual_interrupt. */
#define VMCB_V_TPR            UINT64_C(0xF)
#define VMCB_V_IRQ            (UINT64_C(1) << 8)
#define VMCB_V_PRIORITY_SHIFT 16
#define VMCB_V_IGNORE_TPR     (UINT64_C(1) << 20)
#define VMCB_V_INTR_MASKING   (UINT64_C(1) << 24)
#define VMCB_V_PRIORITY_MAX   UINT64_C(0xF)
#define VMCB_V_VECTOR_SHIFT   32

#define VMCB_SHADOW         UINT64_C(1)
#define VMCB_NESTED_PAGING  UINT64_C(1)
#define VMCB_TLB_FLUSH_ALL  1u
#define VMCB_TLB_FLUSH_ASID 3u

/* Clean bits: the group of fields is as at the last exit. */
#define VMCB_CLEAN_INTERCEPTS (1u << 0)
#define VMCB_CLEAN_ASID       (1u << 2)
#define VMCB_CLEAN_TPR        (1u << 3)
#define VMCB_CLEAN_CR         (1u << 5)
#define VMCB_CLEAN_DR         (1u << 6)
#define VMCB_CLEAN_TABLES     (1u << 7)
#define VMCB_CLEAN_SEGMENTS   (1u << 8)
#define VMCB_CLEAN_CR2        (1u << 9)
#define VMCB_CLEAN_NESTED     (1u << 4)
#define VMCB_CLEAN_ALL        0xFFFFFFFFu

#endif
