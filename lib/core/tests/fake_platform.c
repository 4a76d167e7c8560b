/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fake_platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hv/abi/tlfs.h>

#include "core.h"

#define FIRST_NAME 0x00010000u
#define LAST_NAME  0x0008FFFFu
#define GARBAGE    0xA5

static void must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fake platform: %s\n", what);
    abort();
}

/* ---- CPU ---- */

static bool is_name(uint32_t name, uint32_t first, uint32_t last)
{
    return name >= first && name <= last;
}

/* The 64-bit register that lives in fake_vp.gprs, or NULL. */
static uint64_t *find_gpr(struct fake_vp *vp, uint32_t name)
{
    if (is_name(name, HvX64RegisterRax, HvX64RegisterR15))
        return &vp->gprs.gpr[name - HvX64RegisterRax];
    if (name == HvX64RegisterRip)
        return &vp->gprs.rip;
    if (name == HvX64RegisterRflags)
        return &vp->gprs.rflags;
    return NULL;
}

static struct hv_register128 *find_in_table(struct fake_vp *vp, uint32_t name, bool add)
{
    for (size_t i = 0; i < FAKE_REGISTERS; i++) {
        if (vp->registers[i].used && vp->registers[i].name == name)
            return &vp->registers[i].value;
        if (vp->registers[i].used)
            continue;
        if (!add)
            return NULL;
        vp->registers[i].used = true;
        vp->registers[i].name = name;
        return &vp->registers[i].value;
    }
    must(!add, "too many registers written");
    return NULL;
}

static hv_status get_register(void *context, struct hv_vp *vp, uint32_t name,
                              struct hv_register128 *value)
{
    struct fake_vp *backend = fake_vp(vp);
    const uint64_t *gpr = find_gpr(backend, name);
    const struct hv_register128 *stored;

    (void)context;
    memset(value, 0, sizeof(*value));
    if (name == HvRegisterInternalActivityState) {
        value->low = backend->activity;
        return HV_STATUS_SUCCESS;
    }
    if (!is_name(name, FIRST_NAME, LAST_NAME))
        return HV_STATUS_INVALID_PARAMETER;

    if (gpr != NULL) {
        value->low = *gpr;
        return HV_STATUS_SUCCESS;
    }
    if (is_name(name, HvX64RegisterXmm0, HvX64RegisterXmm15)) {
        memcpy(value, backend->xmm[name - HvX64RegisterXmm0], sizeof(*value));
        return HV_STATUS_SUCCESS;
    }
    stored = find_in_table(backend, name, false);
    if (stored != NULL)
        *value = *stored;
    return HV_STATUS_SUCCESS;
}

static struct hv_gprs *gprs(void *context, struct hv_vp *vp)
{
    (void)context;
    return &fake_vp(vp)->gprs;
}

static uint64_t get_narrow(struct hv_vp *vp, uint32_t name)
{
    struct hv_register128 value;

    must(get_register(NULL, vp, name, &value) == HV_STATUS_SUCCESS, "a register is missing");
    return value.low;
}

static void read_shown(void *context, struct hv_vp *vp, struct hv_shown_registers *registers)
{
    for (uint32_t i = 0; i < 6; i++) {
        (void)get_register(context, vp, HvX64RegisterXmm0 + i, &registers->xmm[i]);
        (void)get_register(context, vp, HvX64RegisterEs + i, &registers->segments[i]);
    }
    registers->cr0 = get_narrow(vp, HvX64RegisterCr0);
    registers->cr3 = get_narrow(vp, HvX64RegisterCr3);
    registers->cr4 = get_narrow(vp, HvX64RegisterCr4);
    registers->efer = get_narrow(vp, HvX64RegisterEfer);
    registers->dr7 = get_narrow(vp, HvX64RegisterDr7);
    registers->xfem = get_narrow(vp, HvX64RegisterXfem);
    registers->pending_interruption = get_narrow(vp, HvRegisterPendingInterruption);
    registers->interrupt_state = get_narrow(vp, HvRegisterInterruptState);
}

static bool value_is_valid(uint32_t name, const struct hv_register128 *value)
{
    bool wide = is_name(name, HvX64RegisterXmm0, HvX64RegisterXmmControlStatus) ||
                is_name(name, HvX64RegisterEs, HvX64RegisterTr) ||
                is_name(name, HvX64RegisterIdtr, HvX64RegisterGdtr);
    bool narrow = name == HvX64RegisterCr0 || name == HvX64RegisterCr4;

    return (wide || value->high == 0) && (!narrow || value->low <= UINT32_MAX);
}

static hv_status set_register(void *context, struct hv_vp *vp, uint32_t name,
                              const struct hv_register128 *value)
{
    struct fake_vp *backend = fake_vp(vp);
    uint64_t *gpr = find_gpr(backend, name);

    (void)context;
    if (name == HvRegisterInternalActivityState) {
        backend->activity = value->low;
        return HV_STATUS_SUCCESS;
    }
    if (!is_name(name, FIRST_NAME, LAST_NAME))
        return HV_STATUS_INVALID_PARAMETER;
    if (!value_is_valid(name, value))
        return HV_STATUS_INVALID_REGISTER_VALUE;

    if (gpr != NULL)
        *gpr = value->low;
    else if (is_name(name, HvX64RegisterXmm0, HvX64RegisterXmm15))
        memcpy(backend->xmm[name - HvX64RegisterXmm0], value, sizeof(*value));
    else
        *find_in_table(backend, name, true) = *value;
    return HV_STATUS_SUCCESS;
}

static void read_xmm(void *context, struct hv_vp *vp, unsigned first, unsigned count, void *out)
{
    (void)context;
    must(first <= 16 && count <= 16 - first, "XMM register out of range");
    memcpy(out, fake_vp(vp)->xmm[first], count * sizeof(fake_vp(vp)->xmm[0]));
}

static void write_xmm(void *context, struct hv_vp *vp, unsigned first, unsigned count,
                      const void *in)
{
    (void)context;
    must(first <= 16 && count <= 16 - first, "XMM register out of range");
    memcpy(fake_vp(vp)->xmm[first], in, count * sizeof(fake_vp(vp)->xmm[0]));
}

static void cpuid(void *context, struct hv_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)context;
    (void)vp;
    (void)leaf;
    (void)subleaf;
    for (uint32_t i = 0; i < 4; i++)
        out[i] = FAKE_CPUID(i);
}

static bool get_xsave(void *context, struct hv_vp *vp, uint64_t states, void *area, uint32_t size)
{
    (void)context;
    must(size == sizeof(fake_vp(vp)->xsave), "XSAVE area of another size");
    fake_vp(vp)->xsave_states = states;
    memcpy(area, fake_vp(vp)->xsave, size);
    return true;
}

/* Refuses one that begins with the byte FF. */
static bool set_xsave(void *context, struct hv_vp *vp, uint64_t states, const void *area,
                      uint32_t size)
{
    (void)context;
    must(size == sizeof(fake_vp(vp)->xsave), "XSAVE area of another size");
    if (*(const uint8_t *)area == 0xFF)
        return false;
    fake_vp(vp)->xsave_states = states;
    memcpy(fake_vp(vp)->xsave, area, size);
    return true;
}

static void inject_exception(void *context, struct hv_vp *vp, uint8_t vector, bool has_error,
                             uint32_t error)
{
    struct fake_vp *backend = fake_vp(vp);

    (void)context;
    must(!backend->injected, "two exceptions injected in one exit");
    backend->injected = true;
    backend->vector = vector;
    backend->has_error = has_error;
    backend->error = error;
}

static void inject_interrupt(void *context, struct hv_vp *vp, uint8_t vector)
{
    (void)context;
    fake_vp(vp)->last_interrupt = vector;
    fake_vp(vp)->interrupts++;
}

static hv_status start(void *context, struct hv_vp *vp, const struct hv_initial_vp_context *initial)
{
    struct fake_vp *backend = fake_vp(vp);

    (void)context;
    if (backend->activity != HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND)
        return HV_STATUS_INVALID_VP_STATE;
    if (initial->cr0 > UINT32_MAX)
        return HV_STATUS_INVALID_REGISTER_VALUE;
    backend->activity = 0;
    backend->gprs.rip = initial->rip;
    backend->started_pat = initial->msr_cr_pat;
    return HV_STATUS_SUCCESS;
}

static void end_of_interrupt(void *context, struct hv_vp *vp, uint8_t vector)
{
    (void)context;
    fake_vp(vp)->last_eoi = vector;
    fake_vp(vp)->eois++;
}

static void apic_changed(void *context, struct hv_vp *vp)
{
    (void)context;
    fake_vp(vp)->apic_changes++;
}

static bool push(void *context, struct hv_vp *vp, uint32_t value)
{
    (void)context;
    if (fake_vp(vp)->push_faults)
        return false;
    fake_vp(vp)->pushed = value;
    fake_vp(vp)->gprs.gpr[HV_GPR_RSP] -= sizeof(value);
    return true;
}

/* The back end's part: two pages of the pool. */
static hv_status create_vp(void *context, struct hv_vp *vp, void **backend)
{
    struct fake_platform *fake = context;
    struct hv_partition *partition = hv_vp_partition(vp);
    struct fake_vp *created = calloc(1, sizeof(*created));

    must(created != NULL, "out of memory");
    for (unsigned i = 0; i < FAKE_VP_PAGES; i++) {
        if (hv_partition_alloc_page(partition, &created->pages[i]) != NULL)
            continue;
        while (i-- > 0)
            hv_partition_free_page(partition, created->pages[i]);
        free(created);
        return HV_STATUS_INSUFFICIENT_MEMORY;
    }
    created->activity = hv_vp_index(vp) != 0 ? HV_INTERNAL_ACTIVITY_STARTUP_SUSPEND : 0;
    created->next = fake->vps;
    fake->vps = created;
    *backend = created;
    return HV_STATUS_SUCCESS;
}

static void delete_vp(void *context, struct hv_vp *vp)
{
    struct fake_platform *fake = context;
    struct fake_vp *backend = fake_vp(vp), **link = &fake->vps;

    must(hv_vp_is_suspended(vp), "a VP deleted that may run");
    for (unsigned i = 0; i < FAKE_VP_PAGES; i++)
        hv_partition_free_page(hv_vp_partition(vp), backend->pages[i]);
    while (*link != backend)
        link = &(*link)->next;
    *link = backend->next;
    free(backend);
}

static void lp_run_time(void *context, uint32_t lp, struct hv_lp_run_time *time)
{
    (void)context;
    *time = (struct hv_lp_run_time){ .total = FAKE_TSC_HZ * (lp + 1),
                                     .guests = FAKE_TSC_HZ / 2,
                                     .hypervisor = FAKE_TSC_HZ / 4 };
}

static void flush_slat(void *context, struct hv_partition *partition)
{
    struct fake_platform *fake = context;

    (void)partition;
    fake->slat_flushes++;
}

static void flush_tlb(void *context, struct hv_vp *vp)
{
    (void)context;
    fake_vp(vp)->tlb_flushes++;
}

static void flush_ranges(void *context, struct hv_vp *vp, const uint64_t *ranges, uint32_t count)
{
    (void)context;
    must(count > 0 && hv_flush_pages(ranges, count) <= HV_FLUSH_MAXIMUM_PAGES,
         "too few or too many ranges to flush");
    fake_vp(vp)->range_flushes++;
    hv_flush_queue_add(&fake_vp(vp)->flushes, ranges, count);
}

static void wait_flushed(void *context, struct hv_vp *vp)
{
    (void)context;
    fake_vp(vp)->tlb_waits++;
}

static void kick(void *context, struct hv_vp *vp)
{
    const struct fake_platform *fake = context;

    fake_vp(vp)->kicks++;
    if (fake->on_kick != NULL)
        fake->on_kick(vp);
}

static void kick_lp(void *context, void *lp)
{
    const struct fake_platform *fake = context;

    if (fake->on_kick_lp != NULL)
        fake->on_kick_lp(lp);
}

static void move_vp(void *context, struct hv_vp *vp, void *lp)
{
    (void)context;
    fake_vp(vp)->lp = lp;
    fake_vp(vp)->moves++;
}

/* ---- the rest of the machine ---- */

static uint64_t read_tsc(void *context)
{
    struct fake_platform *fake = context;

    return atomic_fetch_add(&fake->tsc, fake->tsc_step);
}

static void *map(void *context, uint64_t spa_page)
{
    struct fake_platform *fake = context;

    if (spa_page >= FAKE_PAGES)
        return NULL;
    if (fake->on_map != NULL && spa_page < FAKE_FIRST_POOL)
        fake->on_map(fake, spa_page);
    return fake_page(fake, spa_page);
}

static bool alloc_page(void *context, uint64_t *spa_page)
{
    struct fake_platform *fake = context;

    for (uint64_t page = FAKE_FIRST_POOL; page < FAKE_PAGES; page++) {
        if (fake->taken[page])
            continue;
        fake->taken[page] = true;
        *spa_page = page;
        return true;
    }
    return false;
}

static void free_page(void *context, uint64_t spa_page)
{
    struct fake_platform *fake = context;

    must(spa_page < FAKE_PAGES && fake->taken[spa_page], "page freed that was not allocated");
    fake->taken[spa_page] = false;
}

static void write_log(void *context, enum hv_log_level level, const char *text)
{
    struct fake_platform *fake = context;

    (void)level;
    must(text != NULL && strchr(text, '\n') == NULL, "a log line is one line");
    fake->log_lines++;
}

static void guest_crashed(void *context, struct hv_partition *partition,
                          const struct hv_crash_report *report)
{
    struct fake_platform *fake = context;

    (void)partition;
    must(report->message_length <= sizeof(fake->crash_message), "crash message too long");
    fake->crashes++;
    fake->crash = *report;
    if (report->message == NULL)
        return;
    memcpy(fake->crash_message, report->message, report->message_length);
    fake->crash.message = fake->crash_message;
}

/* ---- the debugger ---- */

static hv_status post(void *context, struct hv_partition *partition, const void *data,
                      uint32_t count, uint32_t *pending)
{
    struct fake_platform *fake = context;

    (void)partition;
    must(count <= HV_DEBUG_MAXIMUM_DATA_SIZE, "too much debug data posted");
    *pending = fake->debug.posted;
    if (count > FAKE_DEBUG_BUFFER - fake->debug.posted)
        return HV_STATUS_INSUFFICIENT_BUFFERS;
    memcpy(fake->debug.outgoing + fake->debug.posted, data, count);
    fake->debug.posted += count;
    *pending = fake->debug.posted;
    return HV_STATUS_SUCCESS;
}

static hv_status retrieve(void *context, struct hv_partition *partition, void *data, uint32_t count,
                          uint32_t *retrieved, uint32_t *remaining)
{
    struct fake_platform *fake = context;
    uint32_t size = count < fake->debug.arrived ? count : fake->debug.arrived;

    (void)partition;
    if (fake->debug.arrived == 0)
        return HV_STATUS_NO_DATA;
    memcpy(data, fake->debug.incoming, size);
    fake->debug.arrived -= size;
    memmove(fake->debug.incoming, fake->debug.incoming + size, fake->debug.arrived);
    *retrieved = size;
    *remaining = fake->debug.arrived;
    return HV_STATUS_SUCCESS;
}

static hv_status purge(void *context, struct hv_partition *partition, bool incoming, bool outgoing)
{
    struct fake_platform *fake = context;
    uint32_t purged = (incoming ? fake->debug.arrived : 0) + (outgoing ? fake->debug.posted : 0);

    (void)partition;
    if (incoming)
        fake->debug.arrived = 0;
    if (outgoing)
        fake->debug.posted = 0;
    return purged ? HV_STATUS_SUCCESS : HV_STATUS_NO_DATA;
}

static uint64_t received(void *context)
{
    struct fake_platform *fake = context;

    return fake->debug.received;
}

void *fake_page(struct fake_platform *fake, uint64_t spa_page)
{
    must(spa_page < FAKE_PAGES, "no such page");
    return fake->memory + spa_page * HV_PAGE_SIZE;
}

void fake_platform_init(struct fake_platform *fake)
{
    size_t ram = FAKE_FIRST_POOL * HV_PAGE_SIZE;

    memset(fake, 0, sizeof(*fake));
    fake->memory = aligned_alloc(HV_PAGE_SIZE, FAKE_PAGES * HV_PAGE_SIZE);
    must(fake->memory != NULL, "out of memory");
    memset(fake->memory, 0, ram);
    memset(fake->memory + ram, GARBAGE, FAKE_PAGES * HV_PAGE_SIZE - ram);
    fake->tsc = FAKE_TSC_HZ;
    fake->platform = (struct hv_platform){
        .cpu = { .context = fake,
                 .get_register = get_register,
                 .read_shown = read_shown,
                 .gprs = gprs,
                 .set_register = set_register,
                 .read_xmm = read_xmm,
                 .write_xmm = write_xmm,
                 .inject_exception = inject_exception,
                 .inject_interrupt = inject_interrupt,
                 .end_of_interrupt = end_of_interrupt,
                 .apic_changed = apic_changed,
                 .push = push,
                 .start = start,
                 .create_vp = create_vp,
                 .delete_vp = delete_vp,
                 .lp_run_time = lp_run_time,
                 .cpuid = cpuid,
                 .get_xsave = get_xsave,
                 .set_xsave = set_xsave,
                 .flush_slat = flush_slat,
                 .flush_tlb = flush_tlb,
                 .flush_ranges = flush_ranges,
                 .wait_flushed = wait_flushed,
                 .kick = kick,
                 .kick_lp = kick_lp,
                 .move_vp = move_vp },
        .time = { .context = fake, .tsc = read_tsc },
        .memory = { .context = fake, .map = map },
        .pages = { .context = fake, .alloc = alloc_page, .free = free_page },
        .log = { .context = fake, .write = write_log, .guest_crashed = guest_crashed },
        .debug = { .context = fake,
                   .post = post,
                   .retrieve = retrieve,
                   .purge = purge,
                   .received = received },
        .facts = { .tsc_hz = FAKE_TSC_HZ,
                   .apic_hz = 200000000,
                   .lp_count = 4,
                   .capabilities = HV_CPU_INVARIANT_TSC | HV_CPU_NPIEP | HV_CPU_GUEST_IDLE |
                                   HV_CPU_RESET | HV_CPU_XMM | HV_CPU_1G_PAGES |
                                   HV_CPU_EPT_EXECUTE_ONLY | HV_CPU_MSR_BITMAPS |
                                   HV_CPU_LOCAL_APIC | HV_CPU_START_VP | HV_CPU_CREATE_VP,
                   .slat_format = HV_SLAT_NPT,
                   .physical_address_bits = 40 },
    };
}

void fake_platform_destroy(struct fake_platform *fake)
{
    while (fake->vps != NULL) {
        struct fake_vp *vp = fake->vps;

        fake->vps = vp->next;
        free(vp);
    }
    free(fake->frames);
    free(fake->memory);
    fake->memory = NULL;
}

/* ---- partitions and VPs ---- */

static struct hv_partition *create_root(struct fake_platform *fake, uint64_t privileges,
                                        void *frames)
{
    struct hv_partition_config config = { .id = 1,
                                          .privileges = privileges,
                                          .root = true,
                                          .max_vps = 64,
                                          .gpa_bits = 40,
                                          .first_overlay = fake->first_overlay,
                                          .frames = frames,
                                          .frame_count = FAKE_PAGES };
    uint64_t pages[128];
    struct hv_partition *partition;

    for (size_t i = 0; i < 128; i++)
        must(alloc_page(fake, &pages[i]), "no page left");
    must(hv_partition_create(&fake->platform, &config, pages, 128, &partition) == HV_STATUS_SUCCESS,
         "partition not created");
    must(hv_address_map(partition, 0, 0, FAKE_FIRST_POOL, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK) ==
             HV_STATUS_SUCCESS,
         "guest RAM not mapped");
    return partition;
}

struct hv_partition *fake_partition_with(struct fake_platform *fake, uint64_t privileges)
{
    return create_root(fake, privileges, NULL);
}

struct hv_partition *fake_root(struct fake_platform *fake)
{
    must(fake->frames == NULL, "a second root");
    fake->frames = calloc(1, hv_frame_table_size(FAKE_PAGES));
    must(fake->frames != NULL, "out of memory");
    return create_root(fake, UINT64_MAX, fake->frames);
}

struct hv_partition *fake_partition(struct fake_platform *fake)
{
    return fake_partition_with(fake, UINT64_MAX);
}

struct hv_partition *fake_space(struct fake_platform *fake, uint8_t gpa_bits, size_t pages)
{
    struct hv_partition *partition;
    uint64_t page;

    must(alloc_page(fake, &page), "no page left");
    partition = fake_page(fake, page);
    memset(partition, 0, sizeof(*partition));
    partition->platform = &fake->platform;
    partition->gpa_bits = gpa_bits;
    hv_pool_init(&partition->pool, &fake->platform.memory);
    for (size_t i = 0; i < pages; i++) {
        must(alloc_page(fake, &page), "no page left");
        must(hv_pool_deposit(&partition->pool, page) == HV_STATUS_SUCCESS, "page not deposited");
    }
    must(hv_address_space_init(partition, gpa_bits) == HV_STATUS_SUCCESS, "space not created");
    return partition;
}

static size_t count_tables(struct fake_platform *fake, const struct hv_slat_ops *slat,
                           uint64_t table, unsigned level, bool *seen)
{
    const uint64_t *entries = fake_page(fake, table);
    size_t count = 1;

    must(!seen[table], "table page linked twice");
    seen[table] = true;
    for (unsigned i = 0; i < HV_SLAT_TABLE_ENTRIES; i++) {
        uint64_t below;

        if (slat->descend(entries[i], level, &below))
            count += count_tables(fake, slat, below, level - 1, seen);
    }
    return count;
}

size_t fake_tables(struct fake_platform *fake, const struct hv_partition *partition)
{
    const struct hv_address_space *space = &partition->address;
    bool seen[FAKE_PAGES] = { false };

    return count_tables(fake, space->slat, space->root, HV_SLAT_TOP_LEVEL, seen);
}

struct hv_vp *fake_vp_create(struct fake_platform *fake, struct hv_partition *partition,
                             uint32_t index)
{
    struct fake_vp *backend = calloc(1, sizeof(*backend));
    struct hv_vp *vp;

    must(backend != NULL, "out of memory");
    backend->next = fake->vps;
    fake->vps = backend;
    must(hv_vp_create(partition, index, index, backend, &vp) == HV_STATUS_SUCCESS,
         "VP not created");
    return vp;
}

struct fake_vp *fake_vp(struct hv_vp *vp)
{
    return hv_vp_backend(vp);
}

/* ---- exits ---- */

static struct hv_exit begin_exit(struct hv_vp *vp, enum hv_exit_reason reason, uint8_t length)
{
    struct fake_vp *backend = fake_vp(vp);

    backend->injected = false;
    return (
        struct hv_exit){ .reason = reason, .instruction_length = length, .gprs = &backend->gprs };
}

enum hv_disposition fake_cpuid(struct hv_vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    static const enum hv_gpr results[4] = { HV_GPR_RAX, HV_GPR_RBX, HV_GPR_RCX, HV_GPR_RDX };
    struct hv_exit exit = begin_exit(vp, HV_EXIT_CPUID, 2);
    enum hv_disposition disposition;

    for (uint32_t i = 0; i < 4; i++)
        exit.cpuid.native[i] = FAKE_CPUID(i);
    exit.gprs->gpr[HV_GPR_RAX] = leaf;
    exit.gprs->gpr[HV_GPR_RCX] = subleaf;
    disposition = hv_vp_exit(vp, &exit);
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint32_t)exit.gprs->gpr[results[i]];
    return disposition;
}

enum hv_disposition fake_rdmsr(struct hv_vp *vp, uint32_t msr, uint64_t *value)
{
    struct hv_exit exit = begin_exit(vp, HV_EXIT_MSR_READ, 2);
    uint64_t *gpr = exit.gprs->gpr;
    enum hv_disposition disposition;

    gpr[HV_GPR_RCX] = msr;
    disposition = hv_vp_exit(vp, &exit);
    *value = gpr[HV_GPR_RDX] << 32 | (uint32_t)gpr[HV_GPR_RAX];
    return disposition;
}

enum hv_disposition fake_wrmsr(struct hv_vp *vp, uint32_t msr, uint64_t value)
{
    struct hv_exit exit = begin_exit(vp, HV_EXIT_MSR_WRITE, 2);
    uint64_t *gpr = exit.gprs->gpr;

    gpr[HV_GPR_RCX] = msr;
    gpr[HV_GPR_RDX] = value >> 32;
    gpr[HV_GPR_RAX] = (uint32_t)value;
    return hv_vp_exit(vp, &exit);
}

uint64_t fake_hypercall(struct hv_vp *vp, uint64_t control, uint64_t input, uint64_t output)
{
    struct hv_exit exit = begin_exit(vp, HV_EXIT_HYPERCALL, 3);
    uint64_t *gpr = exit.gprs->gpr;
    enum hv_disposition disposition;

    exit.hypercall.protected_mode = true;
    exit.hypercall.long_mode = true;
    gpr[HV_GPR_RCX] = control;
    gpr[HV_GPR_RDX] = input;
    gpr[HV_GPR_R8] = output;
    disposition = hv_vp_exit(vp, &exit);
    fake_vp(vp)->disposition = disposition;
    must(disposition == HV_DISPOSITION_RESUME || disposition == HV_DISPOSITION_LOOK,
         "hypercall not completed");
    return gpr[HV_GPR_RAX];
}

bool fake_injected(struct hv_vp *vp, uint8_t vector)
{
    const struct fake_vp *backend = fake_vp(vp);

    return backend->injected && backend->vector == vector;
}
