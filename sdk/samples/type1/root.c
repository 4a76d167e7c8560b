/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "root.h"

#include <hv/abi/tlfs.h>

#include "apic.h"
#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "debug_loopback.h"
#include "lp.h"
#include "memory.h"
#include "platform.h"
#include "relocate.h"
#include "root_program.h"
#include "svm.h"

#define ROOT_ID       1
#define TABLE_ENTRIES 512
#define PAGES_2M      512
#define PAGES_1G      (PAGES_2M * 512)

/* Where nothing is mapped: who takes it for an address faults. */
#define GARBAGE        UINT64_C(0xDEADDEADDEADDEAD)
#define WORDS_PER_LINE 8

/* Nested tables for holes of 4 KiB pages and for what the root's program changes later. */
#define SPARE_TABLES 256

/* Memory below this can be given to children: the table of who has each page takes 1/256 of it, in
   one piece below 4 GiB. */
#define FRAMES_END (UINT64_C(128) << 30)

/* Pages that a partition is made of. */
struct memory {
    uint64_t *pages;
    uint64_t count;
};

static struct {
    uint64_t privileges;
    const struct relocation *relocation;
    void *frames; /* NULL: it has no children */
    struct memory current;
    struct memory other; /* where it is made next */
} root;

static uint64_t gpa_pages(void)
{
    return UINT64_C(1) << (platform_get()->facts.physical_address_bits - 12);
}

/*
 * Without 1 GiB pages the tables for all that can be addressed would be larger than the machine:
 * then the space ends at 64 GiB, or at twice the end of RAM where devices' windows are.
 */
static uint64_t mapped_pages(void)
{
    uint64_t limit = UINT64_C(64) * PAGES_1G, all = gpa_pages();

    if (platform_get()->facts.capabilities & HV_CPU_1G_PAGES)
        return all;
    while (limit * PAGE_SIZE < 2 * memory_top())
        limit *= 2;
    return limit < all ? limit : all;
}

static uint64_t table_pages(void)
{
    uint64_t pages = mapped_pages();
    uint64_t tables = pages / PAGES_1G / TABLE_ENTRIES + SPARE_TABLES;

    if (!(platform_get()->facts.capabilities & HV_CPU_1G_PAGES))
        tables += pages / PAGES_1G;
    return tables;
}

static uint64_t frame_count(void)
{
    return (memory_top() < FRAMES_END ? memory_top() : FRAMES_END) / PAGE_SIZE;
}

uint64_t root_pool_size(bool renewable)
{
    uint64_t tables = table_pages() * PAGE_SIZE;

    return renewable ? 2 * tables : tables + page_round_up(hv_frame_table_size(frame_count()));
}

/* What four levels of nested page tables translate; processors with more have nothing there yet. */
#define NESTED_ADDRESS_BITS 48

static void check(hv_status status, const char *what)
{
    if (status == HV_STATUS_INSUFFICIENT_MEMORY)
        boot_fail("%s: not enough memory; start the hypervisor with a larger pool=<MiB>", what);
    if (status != HV_STATUS_SUCCESS)
        boot_fail("%s: status 0x%x; the hypervisor is at fault", what, status);
}

static uint64_t take_page(void)
{
    uint64_t page;

    if (!memory_page_alloc(&page))
        boot_fail("the hypervisor's memory is used up; start it with a larger pool=<MiB>");
    return page;
}

static struct hv_partition_config root_config(void)
{
    const uint8_t bits = platform_get()->facts.physical_address_bits;

    return (struct hv_partition_config){
        .id = ROOT_ID,
        .privileges = root.privileges,
        .root = true,
        .max_vps = lp_count() < HV_PARTITION_MAX_VPS ? lp_count() : HV_PARTITION_MAX_VPS,
        .gpa_bits = bits < NESTED_ADDRESS_BITS ? bits : NESTED_ADDRESS_BITS,
        /* The hypervisor's own pages: nothing of the root is there, and its memory map says so. */
        .first_overlay = root.relocation->base / PAGE_SIZE,
        .frames = root.frames,
        .frame_count = root.frames ? frame_count() : 0,
    };
}

/* Most of what the pool has: the root pays for its overlays and hypercalls with it too. */
static void take_pages(struct memory *memory)
{
    const struct hv_partition_config config = root_config();

    memory->count = hv_partition_pages(&config) + table_pages() + lp_count() * hv_vp_pages(&config);
    memory->pages = memory_take(page_round_up(memory->count * sizeof(*memory->pages)) / PAGE_SIZE);
    for (uint64_t i = 0; i < memory->count; i++)
        memory->pages[i] = take_page();
}

static struct hv_partition *create(const struct memory *memory)
{
    const struct hv_partition_config config = root_config();
    struct hv_partition *partition;

    check(hv_partition_create(platform_get(), &config, memory->pages, memory->count, &partition),
          "root partition");
    if (platform_get()->debug.post)
        check(hv_partition_set_property(partition, HvPartitionPropertyDebugChannelId,
                                        DEBUG_LOOPBACK_CHANNEL),
              "debug channel");
    return partition;
}

static void map(struct hv_partition *partition, uint64_t first, uint64_t end)
{
    if (first < end)
        check(hv_address_map(partition, first, first, end - first, HV_ACCESS_ALL,
                             HV_CACHE_WRITE_BACK),
              "root address space");
}

/*
 * Guest physical is system physical, for memory and devices alike. The nested type is write-back
 * everywhere: so that the type that the guest's own PAT and the MTRRs give prevails (APM vol. 2,
 * 15.25.8). The hypervisor's memory is left out, and the local APIC, which lib/core has.
 */
static void map_machine(struct hv_partition *partition)
{
    uint64_t hole = root.relocation->base / PAGE_SIZE;
    uint64_t apic = apic_page() / PAGE_SIZE;

    map(partition, 0, hole);
    map(partition, hole + root.relocation->size / PAGE_SIZE, apic);
    map(partition, apic + 1, mapped_pages());
}

static void create_vp(struct hv_partition *partition, uint32_t index, struct svm_vp *vp)
{
    struct hv_vp *created;

    check(hv_vp_create(partition, index, lp_get(index)->apic_id, vp, &created),
          "virtual processor");
    svm_vp_join(vp, created);
}

static void create_vps(struct hv_partition *partition)
{
    for (uint32_t i = 0; i < lp_count() && i < HV_PARTITION_MAX_VPS; i++) {
        struct svm_vp *vp = svm_vp_create(lp_get(i));

        create_vp(partition, i, vp);
        vp->activity = i == 0 ? SVM_RUNNING : SVM_WAIT_FOR_STARTUP;
    }
    /* The program on VP 0 comes to the machine as firmware would leave it to it. */
    hv_interrupt_set_firmware_state(hv_vp_get(partition, 0), lp_firmware_apic()->spurious,
                                    lp_firmware_apic()->lint0, lp_firmware_apic()->lint1);
    svm_apic_changed(NULL, hv_vp_get(partition, 0));
}

/* LP 0 comes to its VP by itself. */
static void launch(struct hv_partition *partition)
{
    for (uint32_t i = 0; i < lp_count() && i < HV_PARTITION_MAX_VPS; i++) {
        struct lp *lp = lp_get(i);

        lp_make_scheduler(lp);
        /* From here on the LP waits no longer for something to run. */
        atomic_store(&lp->backend, hv_vp_backend(hv_vp_get(partition, i)));
        check(hv_lp_add(atomic_load(&lp->scheduler), hv_vp_get(partition, i)), "scheduler");
    }
}

void root_start(const struct boot_info *boot, const struct relocation *relocation,
                uint64_t privileges, bool renewable)
{
    struct hv_partition *partition;

    root.privileges = privileges;
    root.relocation = relocation;
    if (!renewable)
        root.frames = memory_take(page_round_up(hv_frame_table_size(frame_count())) / PAGE_SIZE);
    take_pages(&root.current);
    if (renewable)
        take_pages(&root.other);
    partition = create(&root.current);
    map_machine(partition);
    create_vps(partition);
    root_program_load(boot, relocation, hv_vp_backend(hv_vp_get(partition, 0)));
    log_line("root partition: %u VPs, %lu pages of its own left, %lu of the hypervisor", lp_count(),
             (uint64_t)hv_partition_available(partition), memory_available());
    launch(partition);
}

/* A word of each cache line, so that whoever still looks there finds out. */
static void overwrite(const struct memory *memory)
{
    for (uint64_t i = 0; i < memory->count; i++) {
        uint64_t *words = memory_at(memory->pages[i] * PAGE_SIZE);

        for (uint64_t word = 0; word < PAGE_SIZE / sizeof(*words); word += WORDS_PER_LINE)
            words[word] = GARBAGE;
    }
}

struct hv_partition *root_renew(void)
{
    struct memory old = root.current;
    struct hv_partition *partition = create(&root.other);

    root.current = root.other;
    root.other = old;
    map_machine(partition);
    for (uint32_t i = 0; i < lp_count() && i < HV_PARTITION_MAX_VPS; i++) {
        create_vp(partition, i, atomic_load(&lp_get(i)->backend));
        lp_make_scheduler(lp_get(i));
        check(hv_lp_add(atomic_load(&lp_get(i)->scheduler), hv_vp_get(partition, i)), "scheduler");
    }
    overwrite(&old);
    return partition;
}
