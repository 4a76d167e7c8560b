/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What the files of the runtime know of each other.
 */
#ifndef GUEST_PRIVATE_H
#define GUEST_PRIVATE_H

#include <guest/guest.h>
#include "layout.h"

#define KERNEL_STACK_SIZE 16384
#define TRAP_STACK_SIZE   8192
#define USER_STACK_SIZE   8192

#define BOOT_MAPPED_END 0x100000000ULL  /* boot.S maps what is below */
#define MEMORY_END      0x8000000000ULL /* an entry of the top table: no RAM above is used */

struct descriptor_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* 64-bit TSS: AMD APM vol. 2, 12.2.5. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104, "TSS");

enum job_state {
    JOB_NONE,
    JOB_POSTED,
};

struct cpu_private {
    uint8_t user_stack[USER_STACK_SIZE];
    uint8_t kernel_stack[KERNEL_STACK_SIZE];
    uint8_t trap_stack[TRAP_STACK_SIZE];
    uint8_t ist_stack[3][PAGE_SIZE];
    struct cpu cpu;
    uint64_t gdt[GDT_ENTRIES];
    struct tss tss;
    uint64_t user_result;
    uint32_t online;
    uint32_t job_state; /* release by who posts or ends a job, acquire by who sees it */
    smp_fn *job_fn;
    void *job_arg;
    struct fault job_fault;
} __attribute__((aligned(4096)));

/* boot.S */
extern uint64_t boot_pml4[512];
extern uint64_t boot_pd[2048];
extern void *ap_stack_offer;
extern const char ap_trampoline[], ap_trampoline_end[], ap64[];

/* guest.lds */
extern char guest_image_start[], guest_text_end[], guest_image_end[];
extern const char trap_code_start[], trap_code_end[];

/* trap.S, mode.S */
extern const char trap_stubs[], user_returned[], compat_user_returned[];

/* boot.c */
void boot_parse(uint32_t magic, uint32_t info);

/* The head of every ACPI table. */
struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

static inline uint32_t acpi_read32(const void *table, size_t offset)
{
    uint32_t value;

    memcpy(&value, (const char *)table + offset, sizeof(value));
    return value;
}

/* acpi.c */
void acpi_init(uint64_t rsdp);
uint32_t acpi_list_cpus(uint32_t *apic_ids, uint32_t max);
const struct acpi_header *acpi_table_at(uint64_t address);

/* fadt.c; the port is 0 where there is none */
uint16_t acpi_pm_timer_port(void);

/* calibrate.c */
uint64_t calibrate_tsc(enum tsc_source *source);

/* descriptors.c */
void idt_init(void);
void cpu_setup(struct cpu_private *priv, uint32_t index);

/* trap.c */
void trap_dispatch(struct trap_frame *frame);
void fault_resume(struct trap_frame *frame, const struct guest_jmp *jmp, int value);

/* mode.c */
void mode_init(void);
bool mode_take_return(struct trap_frame *frame);

/* memory.c, paging.c */
void memory_init(const struct guest_boot_info *boot);
void paging_init(const struct guest_boot_info *boot);

/* console.c */
void console_init(void);
void console_break_lock(void);

/* smp.c */
void smp_init(void);
void ap_main(struct cpu_private *priv) __attribute__((noreturn));

/* apic.c */
void apic_init(void);

/* start.c */
void guest_start(uint32_t magic, uint32_t info) __attribute__((noreturn));

/* format.c */
typedef void format_sink(void *context, char c);
int format(format_sink *sink, void *context, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
