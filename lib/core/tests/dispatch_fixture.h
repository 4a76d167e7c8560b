/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* A root that schedules, on an LP that a VP of its child has too; and another LP. */
#ifndef HV_CORE_TESTS_DISPATCH_FIXTURE_H
#define HV_CORE_TESTS_DISPATCH_FIXTURE_H

#include <check.h>
#include <string.h>

#include "child_fixture.h"

static struct hv_lp *lp, *other_lp;
static uint64_t now;

/* Its back end's name is where the test has it. */
static inline void make_lp(struct hv_lp **made)
{
    uint64_t pages[3];

    for (unsigned i = 0; i < 3; i++)
        ck_assert(fake.platform.pages.alloc(&fake, &pages[i]));
    ck_assert_uint_eq(hv_lp_create(&fake.platform, pages, made, made), HV_STATUS_SUCCESS);
}

static inline void add(struct hv_lp *to, struct hv_vp *added)
{
    ck_assert_uint_eq(hv_lp_add(to, added), HV_STATUS_SUCCESS);
}

/* The root's first VP runs, on an LP that the child's has too. */
static inline void dispatch_setup(void)
{
    child_setup_on(HV_CPU_ROOT_SCHEDULER, EXO_FLAGS);
    make_lp(&lp);
    make_lp(&other_lp);
    now = 1000;
    add(lp, root_vp);
    add(lp, vp);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
}

static inline enum hv_disposition dispatch_with(struct hv_vp *caller,
                                                const struct hv_input_dispatch_vp *input)
{
    struct hv_gprs *gprs = &fake_vp(caller)->gprs;
    struct hv_exit exit = { .reason = HV_EXIT_HYPERCALL,
                            .instruction_length = 3,
                            .gprs = gprs,
                            .hypercall = { .protected_mode = true, .long_mode = true } };

    memcpy(input_page(), input, sizeof(*input));
    memset(output_page(), 0xEE, HV_PAGE_SIZE);
    gprs->gpr[HV_GPR_RCX] = HvCallDispatchVp;
    gprs->gpr[HV_GPR_RDX] = INPUT_GPA;
    gprs->gpr[HV_GPR_R8] = OUTPUT_GPA;
    gprs->gpr[HV_GPR_RAX] = UINT64_MAX;
    return hv_vp_exit(caller, &exit);
}

static inline enum hv_disposition dispatch_by(struct hv_vp *caller, uint32_t flags)
{
    const struct hv_input_dispatch_vp input = { .partition_id = child->id, .flags = flags };

    return dispatch_with(caller, &input);
}

static inline hv_status status_of(struct hv_vp *caller)
{
    return (hv_status)fake_vp(caller)->gprs.gpr[HV_GPR_RAX];
}

static inline void check_output(uint32_t state, uint32_t event)
{
    struct hv_output_dispatch_vp output;

    memcpy(&output, output_page(), sizeof(output));
    ck_assert_uint_eq(output.dispatch_state, state);
    ck_assert_uint_eq(output.dispatch_event, event);
}

/* The root, for which nothing has come, lends its time, and the child's VP runs. */
static inline void lend(uint32_t flags)
{
    hv_lp_look(lp, now);
    ck_assert_int_eq(dispatch_by(root_vp, flags), HV_DISPOSITION_DISPATCH);
    ck_assert(hv_vp_lends(root_vp));
    hv_lp_put(lp, now, HV_LP_LENDS, HV_LP_NEVER);
    ck_assert_ptr_eq(hv_lp_pick(lp, now), vp);
}

/* The child's VP is let go, and the root's goes on. */
static inline void end(enum hv_lp_release why, uint64_t deadline)
{
    hv_lp_put(lp, now, why, deadline);
    ck_assert(!hv_vp_lends(root_vp));
    ck_assert_ptr_eq(hv_lp_pick(lp, now), root_vp);
    hv_vp_end_lending(root_vp);
}

static inline uint64_t blocked(void)
{
    const uint64_t *counters = vp->stats.overlay[0].page;

    return counters[VpRootDispatchThreadBlocked];
}

static inline uint64_t signals(void)
{
    uint64_t value;

    ck_assert_uint_eq(get_register_of(root_vp, vp, HvRegisterVpRootSignalCount, &value),
                      HV_STATUS_SUCCESS);
    return value;
}

#endif
