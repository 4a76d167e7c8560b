/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Two machines with a partition of two VPs each: what is saved on one is restored on the other. */
#ifndef HV_CORE_TESTS_SAVE_FIXTURE_H
#define HV_CORE_TESTS_SAVE_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "component.h"
#include "core.h"
#include "fake_platform.h"
#include "msr_access.h"

#define VPS            2
#define TICKS_PER_UNIT (FAKE_TSC_HZ / 10000000) /* TSC ticks in 100 ns */
#define MS             UINT64_C(10000)          /* units of 100 ns */
#define OTHER_TSC      UINT64_C(77000000)       /* of a machine that was started later */

struct machine {
    struct fake_platform fake;
    struct hv_partition *partition;
    struct hv_vp *vps[VPS];
};

/* One piece of what is saved. */
struct piece {
    uint8_t *bytes;
    size_t size;
};

static struct machine from, to;
static struct piece saved, saved_vp[VPS];

static inline void start_machine(struct machine *machine, uint64_t privileges)
{
    machine->partition = fake_partition_with(&machine->fake, privileges);
    for (uint32_t i = 0; i < VPS; i++) {
        machine->vps[i] = fake_vp_create(&machine->fake, machine->partition, i);
        hv_apic_write(&machine->vps[i]->apic, HV_APIC_SVR, 0x1FF, 0);
    }
}

static inline void setup(void)
{
    fake_platform_init(&from.fake);
    start_machine(&from, UINT64_MAX);
    fake_platform_init(&to.fake);
    to.fake.tsc = OTHER_TSC;
    start_machine(&to, UINT64_MAX);
}

static inline void drop(struct piece *piece)
{
    free(piece->bytes);
    *piece = (struct piece){ 0 };
}

static inline void teardown(void)
{
    fake_platform_destroy(&from.fake);
    fake_platform_destroy(&to.fake);
    drop(&saved);
    for (unsigned i = 0; i < VPS; i++)
        drop(&saved_vp[i]);
}

/* The target as it is when it has just been created. */
static inline void fresh_target(void)
{
    uint64_t tsc = to.fake.tsc;

    fake_platform_destroy(&to.fake);
    fake_platform_init(&to.fake);
    to.fake.tsc = tsc;
    start_machine(&to, UINT64_MAX);
}

static inline void save_partition(struct machine *machine)
{
    uint64_t tsc = machine->fake.tsc;

    drop(&saved);
    ck_assert_uint_eq(hv_partition_save(machine->partition, tsc, NULL, 0, &saved.size),
                      HV_STATUS_INSUFFICIENT_BUFFER);
    saved.bytes = malloc(saved.size);
    ck_assert_uint_eq(
        hv_partition_save(machine->partition, tsc, saved.bytes, saved.size, &saved.size),
        HV_STATUS_SUCCESS);
}

static inline void save_vp(struct machine *machine, unsigned index)
{
    struct piece *piece = &saved_vp[index];
    struct hv_vp *vp = machine->vps[index];
    uint64_t tsc = machine->fake.tsc;

    drop(piece);
    ck_assert_uint_eq(hv_vp_save(vp, tsc, NULL, 0, &piece->size), HV_STATUS_INSUFFICIENT_BUFFER);
    piece->bytes = malloc(piece->size);
    ck_assert_uint_eq(hv_vp_save(vp, tsc, piece->bytes, piece->size, &piece->size),
                      HV_STATUS_SUCCESS);
}

static inline void save_all(struct machine *machine)
{
    save_partition(machine);
    for (unsigned i = 0; i < VPS; i++)
        save_vp(machine, i);
}

static inline hv_status restore_partition(struct machine *machine)
{
    const struct hv_restore restore = { .tsc = machine->fake.tsc };

    return hv_partition_restore(machine->partition, &restore, saved.bytes, saved.size);
}

static inline hv_status restore_vp(struct machine *machine, unsigned index)
{
    const struct hv_restore restore = { .tsc = machine->fake.tsc };

    return hv_vp_restore(machine->vps[index], &restore, saved_vp[index].bytes,
                         saved_vp[index].size);
}

static inline void restore_all(struct machine *machine)
{
    ck_assert_uint_eq(restore_partition(machine), HV_STATUS_SUCCESS);
    for (unsigned i = 0; i < VPS; i++)
        ck_assert_uint_eq(restore_vp(machine, i), HV_STATUS_SUCCESS);
}

/* From one machine to the other. */
static inline void migrate(void)
{
    save_all(&from);
    restore_all(&to);
}

/* The payload of a record, to be looked at or changed. */
static inline void *payload_of(const struct piece *piece, uint32_t component)
{
    size_t at = 0;

    while (at < piece->size) {
        struct hv_record_header header;

        memcpy(&header, piece->bytes + at, sizeof(header));
        at += sizeof(header);
        if (header.component == component)
            return piece->bytes + at;
        at += header.size;
    }
    ck_abort_msg("no record of component %u", component);
}

static inline uint32_t payload_size(const struct piece *piece, uint32_t component)
{
    struct hv_record_header header;

    memcpy(&header, (uint8_t *)payload_of(piece, component) - sizeof(header), sizeof(header));
    return header.size;
}

/* One field of a payload that a test changes. */
struct change {
    const char *name;
    size_t offset, size;
    uint64_t value;
    hv_status status; /* what the restore has to say */
};

#define CHANGE(type, field, to, with)                                                        \
    {                                                                                        \
        .name = #field, .offset = offsetof(struct type, field),                              \
        .size = sizeof(((struct type *)0)->field), .value = (to), .status = HV_STATUS_##with \
    }

static inline void apply(uint8_t *payload, const struct change *change)
{
    memcpy(payload + change->offset, &change->value, change->size);
}

#endif
