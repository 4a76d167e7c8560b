/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A root with two VPs whose SynICs are on, and a child of it: what tests of intercepts stand on. */
#ifndef HV_CORE_TESTS_CHILD_FIXTURE_H
#define HV_CORE_TESTS_CHILD_FIXTURE_H

#include <check.h>
#include <string.h>

#include "core.h"
#include "fake_platform.h"
#include "hypercall.h"

#define ROOT_ID     5
#define CHILD_PAGES 64
#define CHILD_RAM   16 /* pages of the root's that the child has at GPA 0 */
#define INPUT_GPA   UINT64_C(0x10000)
#define OUTPUT_GPA  UINT64_C(0x11000)
#define SIM_GPA     UINT64_C(0x20000)
#define MESSAGES    0x41 /* vector of the root's SINT 0 */
/* Where a page of the child's pool was before it was deposited. */
#define DEPOSIT_GPA_PAGE(spa_page) (UINT64_C(0x1000) + (spa_page))

#define EXO_FLAGS                                                                          \
    (HV_PARTITION_CREATION_FLAG_EXO_PARTITION | HV_PARTITION_CREATION_FLAG_LAPIC_ENABLED | \
     HV_PARTITION_CREATION_FLAG_INTERCEPT_MESSAGE_PAGE_ENABLED)

static struct fake_platform fake;
static struct hv_frame frames[FAKE_PAGES];
static struct hv_partition *root, *child;
static struct hv_vp *root_vp, *other_root_vp, *vp;
static bool root_reacts; /* its LPs to kicks; the child's do always */

/* Another LP. */
static inline void react(struct hv_vp *kicked)
{
    if (root_reacts || kicked->partition != root)
        hv_vp_prepare(kicked);
}

static inline struct hv_partition *build_partition(bool is_root, size_t count)
{
    struct hv_partition_config config = { .id = ROOT_ID,
                                          .privileges = UINT64_MAX,
                                          .root = is_root,
                                          .max_vps = 4,
                                          .gpa_bits = 36,
                                          .frames = is_root ? frames : NULL,
                                          .frame_count = FAKE_PAGES };
    struct hv_partition *partition;
    uint64_t pages[128];

    for (size_t i = 0; i < count; i++)
        ck_assert(fake.platform.pages.alloc(&fake, &pages[i]));
    ck_assert_uint_eq(hv_partition_create(&fake.platform, &config, pages, count, &partition),
                      HV_STATUS_SUCCESS);
    for (size_t i = 0; !is_root && i < count; i++)
        hv_frame_note_place(&root->lineage.hierarchy->frames, pages[i], 0,
                            DEPOSIT_GPA_PAGE(pages[i]));
    return partition;
}

static inline void write_msr(struct hv_vp *target, uint32_t msr, uint64_t value)
{
    ck_assert_int_eq(fake_wrmsr(target, msr, value), HV_DISPOSITION_RESUME);
    ck_assert(!fake_vp(target)->injected);
}

static inline void enable_messages(struct hv_vp *target)
{
    write_msr(target, HV_X64_MSR_SCONTROL, HV_X64_MSR_SCONTROL_ENABLE);
    write_msr(target, HV_X64_MSR_SIMP,
              (SIM_GPA + target->index * HV_PAGE_SIZE) | HV_X64_MSR_PAGE_ENABLE);
    write_msr(target, HV_X64_MSR_SINT0, MESSAGES);
    hv_apic_write(&target->apic, HV_APIC_SVR, 0x1FF, 0);
}

static inline struct hv_partition *add_child(struct hv_partition *parent, uint64_t flags)
{
    struct hv_partition *added = build_partition(false, CHILD_PAGES);

    added->creation_flags = flags;
    hv_hierarchy_add(parent, added);
    return added;
}

static inline void child_setup_on(uint32_t capabilities, uint64_t flags)
{
    fake_platform_init(&fake);
    fake.platform.facts.capabilities |= capabilities;
    fake.on_kick = react;
    root_reacts = true;
    memset(frames, 0, sizeof(frames));
    root = build_partition(true, 128);
    root->features.privileges |= HV_PRIVILEGE_CreatePartitions;
    atomic_store(&root->guest_os_id, 1);
    ck_assert_uint_eq(
        hv_address_map(root, 0, 0, FAKE_FIRST_POOL, HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
        HV_STATUS_SUCCESS);
    root_vp = fake_vp_create(&fake, root, 0);
    other_root_vp = fake_vp_create(&fake, root, 1);
    enable_messages(root_vp);
    enable_messages(other_root_vp);
    child = add_child(root, flags);
    ck_assert_uint_eq(hv_address_map(child, 0, FAKE_FIRST_POOL - CHILD_RAM, CHILD_RAM,
                                     HV_ACCESS_ALL, HV_CACHE_WRITE_BACK),
                      HV_STATUS_SUCCESS);
    vp = fake_vp_create(&fake, child, 0);
}

static inline void child_setup_with(uint64_t flags)
{
    child_setup_on(0, flags);
}

static inline void child_setup(void)
{
    child_setup_with(EXO_FLAGS);
}

static inline void child_teardown(void)
{
    fake_platform_destroy(&fake);
}

static inline void child_begin_again(uint64_t flags)
{
    child_teardown();
    child_setup_with(flags);
}

/* ---- What the parent does ---- */

static inline void *input_page(void)
{
    return fake_page(&fake, INPUT_GPA / HV_PAGE_SIZE);
}

static inline void *output_page(void)
{
    return fake_page(&fake, OUTPUT_GPA / HV_PAGE_SIZE);
}

/* A call with the input that is in its page; returns status and reps. */
static inline uint64_t call_from(struct hv_vp *caller, uint64_t control)
{
    memset(output_page(), 0xEE, HV_PAGE_SIZE);
    return fake_hypercall(caller, control, INPUT_GPA, OUTPUT_GPA);
}

static inline hv_status set_register_of(struct hv_vp *caller, const struct hv_vp *target,
                                        uint32_t name, uint64_t value)
{
    struct {
        struct hv_input_vp_registers header;
        struct hv_register_assoc element;
    } input = { .header = { .partition_id = target->partition->id, .vp_index = target->index } };

    input.element.name = name;
    memcpy(&input.element.value, &value, sizeof(value));
    memcpy(input_page(), &input, sizeof(input));
    return (hv_status)call_from(caller, HvCallSetVpRegisters | UINT64_C(1) << 32);
}

static inline hv_status get_register_of(struct hv_vp *caller, const struct hv_vp *target,
                                        uint32_t name, uint64_t *value)
{
    struct {
        struct hv_input_vp_registers header;
        uint32_t name;
    } input = { .header = { .partition_id = target->partition->id, .vp_index = target->index },
                .name = name };
    hv_status status;

    memcpy(input_page(), &input, sizeof(input));
    status = (hv_status)call_from(caller, HvCallGetVpRegisters | UINT64_C(1) << 32);
    memcpy(value, output_page(), sizeof(*value));
    return status;
}

/* The child's VP may run. */
static inline void resume(void)
{
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterInterceptSuspend, 0),
                      HV_STATUS_SUCCESS);
    ck_assert_uint_eq(set_register_of(root_vp, vp, HvRegisterExplicitSuspend, 0),
                      HV_STATUS_SUCCESS);
}

static inline struct hv_message *slot_of(struct hv_vp *target)
{
    struct hv_message_page *page = target->synic.message_page.page;

    return &page->sint_message[0];
}

/* The parent is done with the message in the slot, as it is with any that has the pending flag. */
static inline void empty_slot(struct hv_vp *target)
{
    slot_of(target)->header.message_type = HvMessageTypeNone;
    write_msr(target, HV_X64_MSR_EOM, 0);
}

/* ---- What the child does ---- */

static inline struct hv_exit exit_of(struct hv_vp *target, enum hv_exit_reason reason)
{
    return (struct hv_exit){ .reason = reason,
                             .instruction_length = 2,
                             .gprs = &fake_vp(target)->gprs };
}

static inline enum hv_disposition run_exit(struct hv_vp *target, struct hv_exit *exit)
{
    fake_vp(target)->injected = false;
    return hv_vp_exit(target, exit);
}

/* OUT to a port: the plainest intercept. */
static inline void intercept(struct hv_vp *target)
{
    struct hv_exit exit = exit_of(target, HV_EXIT_IO);

    exit.io.port = 0x80;
    exit.io.size = 1;
    exit.io.write = true;
    ck_assert_int_eq(run_exit(target, &exit), HV_DISPOSITION_SUSPEND);
}

#endif
