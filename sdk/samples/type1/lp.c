/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "lp.h"

#include <hv/abi/tlfs.h>

#include "acpi.h"
#include "apic.h"
#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "fault.h"
#include "idle.h"
#include "memory.h"
#include "paging.h"
#include "platform.h"
#include "string.h"
#include "svm.h"

#define LOW_MEMORY_END   0x9F000
#define LOW_MEMORY_START 0x1000
#define START_TIMEOUT_US 1000000
#define SCHEDULER_PAGES  8 /* enough for hv_lp_pages() */
#define GDT_CODE         UINT64_C(0x00AF9B000000FFFF)
#define GDT_DATA         UINT64_C(0x00CF93000000FFFF)
#define GDT_TSS          UINT64_C(0x0000890000000000)

/* As in trampoline.S. */
struct trampoline_fields {
    uint64_t tables;
    uint32_t long_offset;
    uint16_t long_selector;
    uint16_t reserved0;
    uint64_t stack;
    uint64_t entry;
    uint16_t gdt_limit;
    uint32_t gdt_offset;
    uint16_t reserved1;
} __attribute__((packed));

extern const uint8_t trampoline_start[], trampoline_end[], trampoline_fields[];

static struct lp **lps;
static struct lp_firmware_apic firmware_apic;
static uint32_t count;
static uint64_t final_tables;

static void count_one(void *context, uint32_t apic_id)
{
    (void)apic_id;
    ++*(uint32_t *)context;
}

uint32_t lp_count_possible(void)
{
    uint32_t possible = 0;

    acpi_for_each_processor(count_one, &possible);
    return possible;
}

static uint64_t slot_of(uint32_t index)
{
    return STACK_BASE + (uint64_t)index * STACK_SLOT;
}

static void map_stack(uint64_t top, uint64_t size)
{
    paging_map(top - size, memory_physical(memory_take(size / PAGE_SIZE)), size,
               PAGE_WRITE | PAGE_NO_EXECUTE);
}

static void prepare_stacks(struct lp *lp)
{
    uint64_t slot = slot_of(lp->index);

    map_stack(slot + STACK_MAIN_TOP, STACK_MAIN_SIZE);
    map_stack(slot + STACK_DF_TOP, STACK_IST_SIZE);
    map_stack(slot + STACK_NMI_TOP, STACK_IST_SIZE);
    map_stack(slot + STACK_MC_TOP, STACK_IST_SIZE);
    lp->tss.ist[FAULT_IST_DF - 1] = slot + STACK_DF_TOP;
    lp->tss.ist[FAULT_IST_NMI - 1] = slot + STACK_NMI_TOP;
    lp->tss.ist[FAULT_IST_MC - 1] = slot + STACK_MC_TOP;
    lp->tss.io_map = sizeof(lp->tss);
}

static void prepare_gdt(struct lp *lp)
{
    uint64_t base = (uint64_t)(uintptr_t)&lp->tss;

    lp->gdt[SELECTOR_CODE / 8] = GDT_CODE;
    lp->gdt[SELECTOR_DATA / 8] = GDT_DATA;
    lp->gdt[SELECTOR_TSS / 8] =
        GDT_TSS | (sizeof(lp->tss) - 1) | (base & 0xFFFFFF) << 16 | (base >> 24 & 0xFF) << 56;
    lp->gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
}

static void add_lp(void *context, uint32_t apic_id)
{
    struct lp *lp = memory_take(page_round_up(sizeof(*lp)) / PAGE_SIZE);
    uint32_t first_id = *(const uint32_t *)context;

    /* The first one is LP 0, wherever the MADT has it. */
    if (apic_id == first_id) {
        lps[0] = lp;
    } else {
        lps[count] = lp;
        lp->index = count++;
    }
    lp->apic_id = apic_id;
    lp->scheduler_memory = memory_physical(memory_take(hv_lp_pages()));
    prepare_stacks(lp);
    prepare_gdt(lp);
}

void lp_init(void)
{
    uint32_t first_id = apic_id();

    lps = memory_take(page_round_up(lp_count_possible() * sizeof(struct lp *)) / PAGE_SIZE);
    count = 1;
    acpi_for_each_processor(add_lp, &first_id);
    if (!lps[0])
        boot_fail("ACPI's MADT does not list the processor that booted (APIC ID %u)", first_id);
    lps[0]->online = true;
    final_tables = read_cr3();
}

void lp_make_scheduler(struct lp *lp)
{
    uint64_t pages[SCHEDULER_PAGES];
    struct hv_lp *scheduler;

    for (unsigned i = 0; i < hv_lp_pages(); i++)
        pages[i] = lp->scheduler_memory / PAGE_SIZE + i;
    if (hv_lp_create(platform_get(), pages, lp, &scheduler) != HV_STATUS_SUCCESS)
        boot_fail("scheduler of LP %u: the hypervisor is at fault", lp->index);
    atomic_store(&lp->scheduler, scheduler);
}

uint32_t lp_count(void)
{
    return count;
}

struct lp *lp_get(uint32_t index)
{
    return lps[index];
}

struct lp *lp_current(void)
{
    uint64_t stack = (uint64_t)(uintptr_t)__builtin_frame_address(0);

    return lps[(stack - STACK_BASE) / STACK_SLOT];
}

static void load_tables(struct lp *lp)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr = { sizeof(lp->gdt) - 1, (uint64_t)(uintptr_t)lp->gdt };

    __asm__ volatile("lgdt %0\n"
                     "pushq %1\n"
                     "leaq 1f(%%rip), %%rax\n"
                     "pushq %%rax\n"
                     "lretq\n"
                     "1: ltr %w2\n"
                     :
                     : "m"(gdtr), "i"(SELECTOR_CODE), "r"(SELECTOR_TSS)
                     : "rax", "memory");
    fault_load_idt();
}

/*
 * CR0.TS and EM stay clear, CR4.OSFXSR set: so that the hypervisor can reach the guest's XMM. The
 * PAT gives nested page tables the types that lib/core takes for granted; the guest has its own.
 */
static void set_control_registers(void)
{
    uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (cpuid(1, 0).ecx & CPUID_1_ECX_XSAVE)
        cr4 |= CR4_OSXSAVE;
    write_cr0(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
    write_cr4(cr4);
    wrmsr(MSR_PAT, PAT_RESET);
}

const struct lp_firmware_apic *lp_firmware_apic(void)
{
    return &firmware_apic;
}

void lp_take_apic(struct lp *lp)
{
    if (lp->index == 0) {
        firmware_apic.spurious = apic_read(APIC_SVR);
        firmware_apic.lint0 = apic_read(APIC_LVT_LINT0);
        firmware_apic.lint1 = apic_read(APIC_LVT_LINT1);
    }
    lp->armed = UINT64_MAX;
    lp->started = rdtsc();
    apic_take();
}

void lp_enter_first(void (*next)(void))
{
    load_tables(lps[0]);
    set_control_registers();
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "call *%1\n"
                     "ud2\n"
                     :
                     : "a"(slot_of(0) + STACK_MAIN_TOP), "d"(next)
                     : "memory");
    __builtin_unreachable();
}

/* Here an LP comes from the trampoline, on its own stack. */
static void lp_entry(void)
{
    struct lp *lp;

    write_cr3(final_tables);
    lp = lp_current();
    load_tables(lp);
    set_control_registers();
    lp_take_apic(lp);
    atomic_store(&lp->online, true);
    svm_run_lp(lp);
}

/* A page of usable memory below 1 MiB that no start-up of the machine minds. */
static uint8_t *low_page(void)
{
    for (uint64_t address = LOW_MEMORY_END - PAGE_SIZE; address >= LOW_MEMORY_START;
         address -= PAGE_SIZE)
        if (memory_is_ram(address / PAGE_SIZE))
            return memory_at(address);
    boot_fail("no page of memory below 640 KiB to start processors in");
}

static bool wait_online(const struct lp *lp, uint64_t timeout_us)
{
    for (uint64_t waited = 0; waited < timeout_us; waited += 10) {
        if (atomic_load(&lp->online))
            return true;
        clock_delay_us(10);
    }
    return atomic_load(&lp->online);
}

/* Multiprocessor Specification 1.4, B.4: INIT, 10 ms, start-up IPIs; the wait is once for all. */
static void send_init_to_others(void)
{
    for (uint32_t i = 1; i < count; i++)
        apic_send(lps[i]->apic_id, APIC_ICR_INIT | APIC_ICR_ASSERT);
    if (count > 1)
        clock_delay_us(10000);
}

static void start(struct lp *lp, uint64_t page, struct trampoline_fields *fields)
{
    uint32_t startup = APIC_ICR_STARTUP | APIC_ICR_ASSERT | (uint32_t)(page >> 12);

    fields->stack = slot_of(lp->index) + STACK_MAIN_TOP;
    apic_send(lp->apic_id, startup);
    if (wait_online(lp, 1000))
        return;
    apic_send(lp->apic_id, startup);
    if (!wait_online(lp, START_TIMEOUT_US))
        boot_fail("processor with APIC ID %u does not start; disable it in the firmware",
                  lp->apic_id);
}

void lp_start_others(void)
{
    uint64_t size = (uint64_t)(trampoline_end - trampoline_start);
    uint8_t *page = low_page();
    uint8_t *saved = memory_take(1);
    uint64_t address = memory_physical(page);
    struct trampoline_fields *fields = (void *)(page + (trampoline_fields - trampoline_start));

    memcpy(saved, page, size);
    memcpy(page, trampoline_start, size);
    fields->tables = paging_start_tables();
    fields->long_offset += (uint32_t)address;
    fields->gdt_offset += (uint32_t)address;
    fields->entry = (uint64_t)(uintptr_t)lp_entry;
    send_init_to_others();
    for (uint32_t i = 1; i < count; i++)
        start(lps[i], address, fields);
    memcpy(page, saved, size);
}

void lp_notify(struct lp *lp, uint32_t events)
{
    if (lp == lp_current())
        atomic_fetch_or(&lp->events, events);
    else
        lp_notify_other(lp, events);
}

void lp_notify_other(struct lp *lp, uint32_t events)
{
    atomic_fetch_or(&lp->events, events);
    /* One under way will do: it arrives after the bits were set. */
    if (!atomic_exchange(&lp->kicked, true))
        apic_send(lp->apic_id, APIC_ICR_NMI | APIC_ICR_ASSERT);
}

void lp_nmi(void)
{
    struct lp *lp = lp_current();

    if (!atomic_exchange(&lp->kicked, false))
        atomic_fetch_or(&lp->events, LP_EVENT_NMI);
}

/* For the VP that runs, for one that waits, or at the end of a slice. */
static void expire(struct lp *lp)
{
    struct svm_vp *running = atomic_load_explicit(&lp->running, memory_order_relaxed);

    lp->armed = UINT64_MAX;
    if (!running)
        return;
    running->quiet = false;
    if (lp->deadline != HV_LP_NEVER && lp->deadline <= rdtsc())
        atomic_fetch_or(&lp->events, LP_EVENT_LOOK);
}

/*
 * An interrupt that the APIC does not have in service comes from an 8259, or is spurious. One by
 * level stays in service here until the guest has dealt with its cause: else it would come again at
 * once.
 */
void lp_interrupt(uint8_t vector)
{
    struct lp *lp = lp_current();
    struct svm_vp *vp = atomic_load(&lp->backend);

    if (!apic_in_service(vector)) {
        if (vector != APIC_VECTOR_SPURIOUS && vp) {
            svm_interrupt_take_extint(vp, vector);
            if (atomic_load_explicit(&lp->running, memory_order_relaxed) != vp)
                hv_lp_kick(vp->vp);
        }
        return;
    }
    if (vector == APIC_VECTOR_TIMER) {
        expire(lp);
        apic_eoi();
        return;
    }
    if (!vp) {
        apic_eoi();
        return;
    }
    hv_interrupt_post(vp->vp, vector, apic_is_level(vector));
    if (!apic_is_level(vector))
        apic_eoi();
}

/* The APIC completes the highest in service, whichever the guest is done with first. */
void lp_end_of_interrupt(struct lp *lp, uint8_t vector)
{
    int highest;

    lp->completed[vector / 32] |= 1u << vector % 32;
    while ((highest = apic_highest_in_service()) >= 0 &&
           (lp->completed[highest / 32] >> highest % 32 & 1)) {
        lp->completed[highest / 32] &= ~(1u << highest % 32);
        apic_eoi();
    }
}

void lp_end_all_interrupts(struct lp *lp)
{
    memset(lp->completed, 0, sizeof(lp->completed));
    while (apic_highest_in_service() >= 0)
        apic_eoi();
}

/*
 * One whose time has passed is set again, and fires at once. QEMU's emulator (7.2) can lose the
 * interrupt of a timer: its main thread asks for it while #VMEXIT changes the same word without a
 * lock.
 */
void lp_set_timer(struct lp *lp, uint64_t now, uint64_t deadline)
{
    /* One that comes too early finds nothing to do but to set it again. */
    if (lp->armed <= deadline && now < lp->armed)
        return;
    lp->armed = deadline;
    apic_start_timer(deadline == UINT64_MAX ? 0 : clock_apic_ticks(deadline));
}

/* ---- Time ---- */

void lp_count_begin(struct lp *lp, enum lp_time kind, uint64_t tsc)
{
    atomic_store_explicit(&lp->since[kind], tsc, memory_order_relaxed);
}

void lp_count_end(struct lp *lp, enum lp_time kind, uint64_t tsc)
{
    uint64_t since = atomic_load_explicit(&lp->since[kind], memory_order_relaxed);
    uint64_t spent = atomic_load_explicit(&lp->spent[kind], memory_order_relaxed);

    atomic_store_explicit(&lp->since[kind], 0, memory_order_relaxed);
    atomic_store_explicit(&lp->spent[kind], spent + (tsc - since), memory_order_relaxed);
}

/* Seen from another LP a beginning may be missing, or count twice for a moment. */
static uint64_t spent_on(struct lp *lp, enum lp_time kind, uint64_t tsc)
{
    uint64_t since = atomic_load_explicit(&lp->since[kind], memory_order_relaxed);
    uint64_t spent = atomic_load_explicit(&lp->spent[kind], memory_order_relaxed);

    return since != 0 && since < tsc ? spent + (tsc - since) : spent;
}

void lp_run_time(struct lp *lp, uint64_t tsc, struct hv_lp_run_time *time)
{
    uint64_t idle = spent_on(lp, LP_TIME_IDLE, tsc);

    time->total = tsc - lp->started;
    time->guests = spent_on(lp, LP_TIME_GUESTS, tsc);
    time->hypervisor = time->total > time->guests + idle ? time->total - time->guests - idle : 0;
}
