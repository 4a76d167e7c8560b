/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file mode.h
 * @brief Code in other modes than 64-bit mode at CPL 0.
 */
#ifndef GUEST_MODE_H
#define GUEST_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <guest/cpu.h>
#include <guest/fault.h>

/**
 * @brief Calls a function at CPL 3, on a stack of its own.
 *
 * The function may use the kernel image (code and static data) and pages mapped with MAP_USER;
 * safe_rdmsr() and its like work in it. It must not print, allocate or call another CPU.
 * @param fn     function
 * @param arg    its argument
 * @param result receives its result; may be NULL; unchanged if it faulted
 * @return the exception that it raised and did not catch itself
 */
struct fault run_user(guest_call_fn *fn, void *arg, uint64_t *result);

/** Where run_mode() runs code. Interrupts are disabled in all of them. */
enum cpu_mode {
    MODE_COMPAT_CPL0, /**< 32-bit code segment, EFER.LMA = 1 */
    MODE_COMPAT_CPL3, /**< the same at CPL 3 */
    MODE_PROTECTED32, /**< EFER.LME = 0, CR0.PG = 0 */
    MODE_PAE32,       /**< EFER.LME = 0, PAE paging, first 4 GiB identity mapped */
    MODE_REAL,        /**< CR0.PE = 0 */
};

#define MODE_COUNT 5

/**
 * @brief Whether run_mode() takes the mode.
 *
 * All are usable but MODE_PAE32 with the option "no-pae32" on the command line. QEMU's TCG sets the
 * accessed bit in the page directory pointer entries, where it is reserved. A hypervisor under it
 * that walks the guest's tables in software then finds them invalid; Xen executes the same
 * instruction for ever.
 */
bool mode_usable(enum cpu_mode mode);

/** "compat-cpl0" and so on. */
const char *mode_name(enum cpu_mode mode);

/** Registers in and out of run_mode(). */
struct regs32 {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
    uint32_t eflags; /**< in: only the arithmetic flags are taken */
    struct xmm xmm[6];
};

/** Where run_mode() puts the code, below 64 KiB; in real mode CS is 0x0900 and IP 0x1000. */
#define MODE_CODE_ADDRESS 0xa000u

/** Most bytes of code for run_mode(). */
#define MODE_CODE_SIZE 0xf00u

/** A page that is identity mapped and accessible in every mode, for parameters of the code. */
#define MODE_DATA_ADDRESS 0xc000u

/**
 * @brief Runs a few instructions in another mode.
 *
 * The bytes are copied to MODE_CODE_ADDRESS and run there; they leave at their end or by a near
 * RET. They have a stack of 2 KiB below 64 KiB, and flat segments with base 0 for data and stack.
 * One CPU at a time is inside; the others wait.
 *
 * @param mode where; a panic unless it is usable
 * @param code machine code for that mode, position independent or made for MODE_CODE_ADDRESS
 * @param size its size, at most MODE_CODE_SIZE
 * @param regs registers before, replaced by those after; unchanged if it faulted
 * @return the exception that it raised (no error code in real mode); .rip is the EIP, or in real
 *         mode the linear address CS * 16 + IP
 */
struct fault run_mode(enum cpu_mode mode, const void *code, size_t size, struct regs32 *regs);

#endif
