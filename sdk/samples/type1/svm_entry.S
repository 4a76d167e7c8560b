/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * void svm_enter(struct svm_vp *vp): enters the guest and returns at its next exit. RAX, RSP, RIP
 * and RFLAGS travel in the VMCB; the offsets are those of struct svm_vp. With V_INTR_MASKING it is
 * the host's RFLAGS.IF that lets physical interrupts end the guest's run; the global interrupt flag
 * is clear here, so nothing comes in before or after.
 *
 * svm_enter_shadowed() is for a guest in the shadow of its own STI or MOV SS. QEMU's emulator (7.2)
 * does not read that from the VMCB, but gives the guest the shadow of an STI right before VMRUN. Without
 * it an interrupt would get in between a guest's STI and HLT, and the guest would sleep over it.
 */
/* shadow: STI is the last instruction before VMRUN. */
    .macro ENTER shadow
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdi
    /* GIF is clear. */
    .if \shadow == 0
    sti
    .endif
    mov 144(%rdi), %rax
    mov 8(%rdi), %rcx
    mov 16(%rdi), %rdx
    mov 24(%rdi), %rbx
    mov 40(%rdi), %rbp
    mov 48(%rdi), %rsi
    mov 64(%rdi), %r8
    mov 72(%rdi), %r9
    mov 80(%rdi), %r10
    mov 88(%rdi), %r11
    mov 96(%rdi), %r12
    mov 104(%rdi), %r13
    mov 112(%rdi), %r14
    mov 120(%rdi), %r15
    mov 56(%rdi), %rdi
    .if \shadow
    sti
    .endif
    vmrun %rax
    cli
    pop %rax
    mov %rcx, 8(%rax)
    mov %rdx, 16(%rax)
    mov %rbx, 24(%rax)
    mov %rbp, 40(%rax)
    mov %rsi, 48(%rax)
    mov %rdi, 56(%rax)
    mov %r8, 64(%rax)
    mov %r9, 72(%rax)
    mov %r10, 80(%rax)
    mov %r11, 88(%rax)
    mov %r12, 96(%rax)
    mov %r13, 104(%rax)
    mov %r14, 112(%rax)
    mov %r15, 120(%rax)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .endm

    .text
    .global svm_enter, svm_enter_shadowed
    .align 16
svm_enter:
    ENTER 0
    .align 16
svm_enter_shadowed:
    ENTER 1

    .section .note.GNU-stack, "", @progbits
