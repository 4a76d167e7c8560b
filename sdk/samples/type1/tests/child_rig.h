/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Child partitions for the sample's own tests: hypercalls of a parent in a line each. A call that
   fails is told on the console and counts as a failure. */
#ifndef CHILD_RIG_H
#define CHILD_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include <guest/guest.h>
#include <hv/abi/tlfs.h>

/* Where a child's code is, and where its stack ends. */
#define RIG_CODE_GPA  0x1000
#define RIG_STACK_GPA 0x3000

#define RIG_CHECK(condition) rig_check((condition), __FILE__, __LINE__, #condition)

/* Counts and tells what is false. */
bool rig_check(bool good, const char *file, int line, const char *what);
unsigned rig_failures(void);

/* Hypercalls and SINT 0 of this CPU; with interrupt, messages end a HLT. */
void rig_init(bool interrupt);

/* A partition with memory of its own: a page of code, two for stacks, room in its pool. */
uint64_t rig_create(uint64_t flags, const void *code, uint32_t size);

/* Its memory, by GPA below 0x4000. */
void *rig_memory(uint64_t partition, uint64_t gpa);

/* All of it back; how many pages that were. */
unsigned rig_delete(uint64_t partition);

/* A VP in flat 32-bit mode at RIG_CODE_GPA, EAX its index, not running yet. */
void rig_add_vp(uint64_t partition, uint32_t vp);
void rig_delete_vp(uint64_t partition, uint32_t vp);

uint64_t rig_get(uint64_t partition, uint32_t vp, uint32_t name);
void rig_set(uint64_t partition, uint32_t vp, uint32_t name, uint64_t value);

/* The parent wants to see that. */
void rig_intercept(uint64_t partition, uint32_t type, uint32_t access, uint64_t parameter);

/* Lets it run from its first instruction; and behind the one of a message. */
void rig_run(uint64_t partition, uint32_t vp);
void rig_go_on(const struct hv_message *message);

/* Waits for a message, by HLT or by looking; false when a second has passed. */
bool rig_wait(struct hv_message *message);

/* Waits for OUT to that port; returns what was written. */
uint64_t rig_expect_out(struct hv_message *message, uint16_t port);

#endif
