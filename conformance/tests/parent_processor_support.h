/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Code of a child for tests of its processor: in 32-bit mode, with VP 0, a stop at each CHILD_OUT.
 */
#ifndef PARENT_PROCESSOR_SUPPORT_H
#define PARENT_PROCESSOR_SUPPORT_H

#include <conformance/child.h>

#define CPUID_XSAVE (1u << 26)        /* 1 ECX */
#define CR4_XMM     UINT64_C(0x200)   /* OSFXSR */
#define CR4_XCR0    UINT64_C(0x40000) /* OSXSAVE */

#define ZERO_ECX       0x31, 0xc9
#define ZERO_EDX       0x31, 0xd2
#define RDMSR          0x0f, 0x32
#define MOV_ECX(value) 0xb9, (value)&0xff, (value) >> 8 & 0xff, (value) >> 16 & 0xff, (value) >> 24

/* A child whose VP 0 will run the code, with XMM registers and XCR0 enabled in CR4. */
static inline struct child processor_begin(const uint8_t *code, size_t size, uint32_t rax)
{
    struct child child = child_begin(CHILD_EXO);

    child_listen();
    child_load(&child, 0, code, size);
    child_set(&child, 0, HvX64RegisterCr4, CR4_XMM | (cpuid(1).ecx & CPUID_XSAVE ? CR4_XCR0 : 0));
    child_set(&child, 0, HvX64RegisterRax, rax);
    return child;
}

/* Lets it run to the next CHILD_OUT. @return its EAX there */
static inline uint32_t processor_run(const struct child *child)
{
    struct hv_message message;

    child_run(child, 0);
    REQUIRE(child_wait(&message), "no message");
    REQUIRE_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    return (uint32_t)child_get(child, 0, HvX64RegisterRax);
}

/* The same from behind the one at which it is. */
static inline uint32_t processor_go_on(const struct child *child)
{
    child_set(child, 0, HvX64RegisterRip, child_get(child, 0, HvX64RegisterRip) + 2);
    return processor_run(child);
}

#endif
