/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "core_host.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <hv/address.h>

#include "../host.h"
#include "core.h"
#include "fake_platform.h"

/* Physical memory: at this address of the host, and there in the root's GPA space, so that a page
   has the same number for the program and for the hypervisor's calls. */
#define ARENA       UINT64_C(0x20000000)
#define ARENA_PAGE  (ARENA / HV_PAGE_SIZE)
#define ROOT_PAGES  6144u /* of the root's; what follows is the hypervisor's */
#define PAGES       8192u
#define OWN_PAGES   256u /* of the root partition at its creation */
#define GPA_BITS    40u
#define VECTOR      0x50u
#define SIM_PAGE    (ROOT_PAGES - 1)
#define CALL_PAGE   (ROOT_PAGES - 3) /* and the next */
#define TICKS_100NS (FAKE_TSC_HZ / 10000000)
#define STEP_100NS  2000u /* that a step takes: more than a character at 115200 baud */

struct core_host core;

static struct fake_platform fake;
static struct hv_frame frames[PAGES];
static struct hv_partition *root;
static struct hv_vp *root_vp;
static bool taken[PAGES];
static uint64_t free_pages;
static uint8_t *arena;
static const struct fake_step *next[CORE_CHILDREN];
static uint64_t first_child;

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "root on lib/core: %s\n", what);
    abort();
}

/* ---- The platform ---- */

static void *map(void *context, uint64_t spa_page)
{
    (void)context;
    return spa_page < PAGES ? arena + spa_page * HV_PAGE_SIZE : NULL;
}

static bool alloc_page(void *context, uint64_t *spa_page)
{
    (void)context;
    for (uint64_t page = ROOT_PAGES; page < PAGES; page++) {
        if (taken[page])
            continue;
        taken[page] = true;
        *spa_page = page;
        return true;
    }
    return false;
}

static void free_page(void *context, uint64_t spa_page)
{
    (void)context;
    taken[spa_page] = false;
}

/* The LP of any VP reacts at once. */
static void react(struct hv_vp *vp)
{
    hv_vp_prepare(vp);
}

/* ---- The root ---- */

static void write_msr(uint32_t msr, uint64_t value)
{
    must(fake_wrmsr(root_vp, msr, value) == HV_DISPOSITION_RESUME && !fake_vp(root_vp)->injected,
         "MSR refused");
}

static void make_root(void)
{
    struct hv_partition_config config = { .id = 1,
                                          .privileges = UINT64_MAX,
                                          .root = true,
                                          .max_vps = 1,
                                          .gpa_bits = GPA_BITS,
                                          .frames = frames,
                                          .frame_count = PAGES };
    uint64_t pages[OWN_PAGES];

    for (unsigned i = 0; i < OWN_PAGES; i++)
        must(alloc_page(NULL, &pages[i]), "no page for the root");
    must(hv_partition_create(&fake.platform, &config, pages, OWN_PAGES, &root) == HV_STATUS_SUCCESS,
         "no root");
    must(hv_address_map(root, ARENA_PAGE, 0, ROOT_PAGES, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) ==
             HV_STATUS_SUCCESS,
         "no memory for the root");
    root_vp = fake_vp_create(&fake, root, 0);
    write_msr(HV_X64_MSR_GUEST_OS_ID, 1);
    write_msr(HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    write_msr(HV_X64_MSR_SIMP, (ARENA + SIM_PAGE * HV_PAGE_SIZE) | HV_X64_MSR_PAGE_ENABLE);
    write_msr(HV_X64_MSR_SINT0, VECTOR);
}

void core_host_init(void)
{
    memset(&core, 0, sizeof(core));
    memset(frames, 0, sizeof(frames));
    memset(taken, 0, sizeof(taken));
    memset(next, 0, sizeof(next));
    first_child = 0;
    arena = mmap((void *)(uintptr_t)ARENA, PAGES * HV_PAGE_SIZE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    must(arena == (void *)(uintptr_t)ARENA, "the arena's addresses are in use");
    fake_platform_init(&fake);
    fake.platform.memory.map = map;
    fake.platform.pages.alloc = alloc_page;
    fake.platform.pages.free = free_page;
    fake.on_kick = react;
    make_root();
    free_pages = CORE_FREE_PAGES;
}

void core_host_free(void)
{
    fake_platform_destroy(&fake);
    munmap(arena, PAGES * HV_PAGE_SIZE);
}

unsigned core_host_shown(const char *text)
{
    unsigned count = 0;

    for (const char *at = core.output; (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

uint64_t core_host_root_pages(void)
{
    return hv_partition_available(root);
}

unsigned core_host_children(void)
{
    struct hv_partition *child;
    uint64_t id = HV_PARTITION_ID_INVALID;
    unsigned count = 0;

    while ((child = hv_hierarchy_next_child(root, id)) != NULL) {
        id = child->id;
        hv_partition_drop(child);
        count++;
    }
    return count;
}

/* ---- Memory ---- */

static bool run_is_free(uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (taken[first + i])
            return false;
    return true;
}

static void mark(uint64_t first, uint64_t count, bool value)
{
    for (uint64_t i = 0; i < count; i++) {
        must(taken[first + i] != value, "memory given back that nobody has");
        taken[first + i] = value;
    }
}

void *root_host_take_pages(uint64_t count, uint64_t alignment)
{
    uint64_t step = alignment > HV_PAGE_SIZE ? alignment / HV_PAGE_SIZE : 1;

    for (uint64_t first = 0; count <= free_pages && first + count <= CALL_PAGE; first += step) {
        if (!run_is_free(first, count))
            continue;
        mark(first, count, true);
        free_pages -= count;
        return memset(arena + first * HV_PAGE_SIZE, 0, count * HV_PAGE_SIZE);
    }
    return NULL;
}

/* Whatever is given back must be the root's again, or it would fault. */
void root_host_give_pages(void *pages, uint64_t count)
{
    uint64_t first = (uint64_t)((uint8_t *)pages - arena) / HV_PAGE_SIZE;
    struct hv_mapping mapping;

    for (uint64_t i = 0; i < count; i++)
        must(hv_address_translate(root, ARENA_PAGE + first + i, &mapping) && !mapping.overlay &&
                 mapping.spa_page == first + i && mapping.access == HV_ACCESS_ALL,
             "a page given back that the root has not got");
    memset(pages, 0, count * HV_PAGE_SIZE);
    mark(first, count, false);
    free_pages += count;
}

uint64_t root_host_free_pages(void)
{
    return free_pages;
}

/* ---- Serial port and time ---- */

void root_host_write(const char *bytes, uint64_t count)
{
    must(core.output_count + count < CORE_OUTPUT_SIZE, "too much is said");
    memcpy(core.output + core.output_count, bytes, count);
    core.output_count += (uint32_t)count;
}

int root_host_read(void)
{
    return -1;
}

uint64_t root_host_now(void)
{
    uint64_t now;

    must(fake_rdmsr(root_vp, HV_X64_MSR_TIME_REF_COUNT, &now) == HV_DISPOSITION_RESUME,
         "no reference time");
    return now;
}

int64_t root_host_unix_time(void)
{
    return INT64_C(1767225599) * 10000000;
}

uint64_t root_host_privileges(void)
{
    return root->features.privileges;
}

/* ---- Hypercalls and messages ---- */

struct root_call_pages *root_host_call_pages(void)
{
    return (void *)(arena + CALL_PAGE * HV_PAGE_SIZE);
}

uint64_t root_host_hypercall(uint64_t control, struct root_call_pages *pages)
{
    return fake_hypercall(root_vp, control, (uintptr_t)pages->input, (uintptr_t)pages->output);
}

uint64_t root_host_hypercall_short(uint64_t control, uint64_t first, uint64_t second,
                                   uint64_t third)
{
    return root_host_hypercall_by_page(control, first, second, third);
}

static struct hv_message *slot(void)
{
    struct hv_message_page *page = root_vp->synic.message_page.page;

    return &page->sint_message[0];
}

const struct hv_message *root_host_message(void)
{
    hv_vp_prepare(root_vp);
    return slot()->header.message_type == HvMessageTypeNone ? NULL : slot();
}

void root_host_free_message(void)
{
    slot()->header.message_type = HvMessageTypeNone;
    if (slot()->header.message_flags & HV_MESSAGE_FLAG_PENDING)
        write_msr(HV_X64_MSR_EOM, 0);
}

/* ---- What children do ---- */

static struct hv_exit begin_exit(struct hv_vp *vp, enum hv_exit_reason reason)
{
    fake_vp(vp)->injected = false;
    return (
        struct hv_exit){ .reason = reason, .instruction_length = 1, .gprs = &fake_vp(vp)->gprs };
}

static void take_step(struct hv_vp *vp, const struct fake_step *step)
{
    struct hv_exit exit = begin_exit(vp, HV_EXIT_SHUTDOWN);

    fake.tsc += STEP_100NS * TICKS_100NS;
    switch (step->kind) {
    case FAKE_OUT:
        exit.reason = HV_EXIT_IO;
        exit.io.port = step->port;
        exit.io.size = step->size;
        exit.io.write = true;
        exit.gprs->gpr[HV_GPR_RAX] = step->value;
        break;
    case FAKE_RDMSR:
        exit.reason = HV_EXIT_UNKNOWN_MSR;
        exit.gprs->gpr[HV_GPR_RCX] = 0x1234;
        break;
    case FAKE_HALT:
        fake_vp(vp)->activity = HV_INTERNAL_ACTIVITY_HALT_SUSPEND;
        exit.gprs->rflags = step->value;
        return;
    case FAKE_CRASH:
        fake_wrmsr(vp, HV_X64_MSR_CRASH_P0, step->value);
        return;
    default:
        break;
    }
    must(hv_vp_exit(vp, &exit) == HV_DISPOSITION_SUSPEND, "an exit that suspends nobody");
}

/* As far as it may. */
static bool run_child(const struct hv_partition *child)
{
    uint64_t index = child->id - first_child;
    struct hv_vp *vp = hv_vp_get(child, 0);
    bool ran = false;

    must(index < CORE_CHILDREN, "too many children");
    if (!next[index])
        next[index] = core.script[index];
    while (vp && !hv_vp_is_suspended(vp) && next[index]->kind != FAKE_END) {
        take_step(vp, next[index]++);
        ran = true;
    }
    return ran;
}

static bool run_children(void)
{
    struct hv_partition *child;
    uint64_t id = HV_PARTITION_ID_INVALID;
    bool ran = false;

    while ((child = hv_hierarchy_next_child(root, id)) != NULL) {
        id = child->id;
        if (first_child == 0)
            first_child = id;
        ran |= run_child(child);
        hv_partition_drop(child);
    }
    return ran;
}

/* The hypervisor schedules here. */
void root_host_wake_at(uint64_t deadline)
{
    (void)deadline;
}

void root_host_poll(void)
{
}

void root_host_wait(uint64_t deadline)
{
    uint64_t now = root_host_now();

    if (run_children())
        return;
    must(deadline != UINT64_MAX, "nothing will ever happen");
    if (deadline > now)
        fake.tsc += (deadline - now) * TICKS_100NS;
}
