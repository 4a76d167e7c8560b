/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What a root partition that nobody here has written calls, and what comes of it if some of that is
 * changed: calls that were recorded from Linux and from QEMU on it (fuzz/recorder), from the making
 * of a child to its end. After each call all that household.h says holds, and the children's VPs
 * that may run leave the guest for their parent.
 *
 * Input: a list of calls, each a struct head and as many bytes of input behind it as that says.
 */
#include <string.h>

#include <hv/address.h>

#include "household.h"

#define MAX_CALLS    160
#define MAX_CHILDREN 4
#define VPS          4 /* of a child, that are run */
#define INPUT_PAGE   UINT64_C(1)
#define OUTPUT_PAGE  UINT64_C(2)
#define FAST_WORDS   2 /* in general registers, before those in XMM */

struct __attribute__((packed)) head {
    uint64_t control; /* hypercall input value */
    uint16_t size;    /* of the input, bytes */
};

static struct fake_platform fake;
static struct hv_vp *root_vp;

static bool is_full(struct hv_partition *root)
{
    uint64_t id = HV_PARTITION_ID_INVALID;

    for (unsigned count = 0; count < MAX_CHILDREN; count++) {
        struct hv_partition *child = hv_hierarchy_next_child(root, id);

        if (!child)
            return false;
        id = child->id;
        hv_partition_drop(child);
    }
    return true;
}

/* The caller's own registers, and more children than are needed, are left alone. */
static bool is_wanted(uint64_t control, const uint64_t *input)
{
    struct hv_partition *root = hv_vp_partition(root_vp);

    switch (control & 0xFFFF) {
    case HvCallCreatePartition:
        return !is_full(root);
    case HvCallSetVpRegisters:
        return input[0] != root->id && input[0] != HV_PARTITION_ID_SELF;
    default:
        return true;
    }
}

/* The root may have given its parameters' page away: then it calls with what is not there. */
static void *parameters(void)
{
    static uint8_t nowhere[HV_PAGE_SIZE];
    struct hv_mapping mapping;

    return hv_address_translate(hv_vp_partition(root_vp), INPUT_PAGE, &mapping) &&
                   mapping.spa_page == INPUT_PAGE
               ? fake_page(&fake, INPUT_PAGE)
               : nowhere;
}

/* Executes a call until it ends. The input is zeroes from its size to the end of its page. */
static void call(uint64_t control, const uint64_t *input)
{
    struct fake_vp *registers = fake_vp(root_vp);
    uint64_t words[FAST_WORDS] = { INPUT_PAGE << HV_PAGE_SHIFT, OUTPUT_PAGE << HV_PAGE_SHIFT };
    unsigned executions = 0;

    if (control & HV_HYPERCALL_FAST) {
        memcpy(words, input, sizeof(words));
        memcpy(registers->xmm, input + FAST_WORDS, 6 * sizeof(registers->xmm[0]));
    } else {
        memcpy(parameters(), input, HV_PAGE_SIZE);
    }
    do {
        registers->gprs.rip = 0;
        fake_hypercall(root_vp, control, words[0], words[1]);
        control = registers->gprs.gpr[HV_GPR_RCX];
        CHECK(++executions < 5000);
    } while (registers->gprs.rip == 0);
}

/* A VP that may run accesses a port, which is its parent's. */
static void run(struct hv_vp *vp)
{
    struct hv_exit exit = { .reason = HV_EXIT_IO, .instruction_length = 2 };

    hv_vp_prepare(vp);
    if (hv_vp_is_suspended(vp))
        return;
    exit.gprs = &fake_vp(vp)->gprs;
    exit.io.size = 1;
    (void)hv_vp_exit(vp, &exit);
}

static void run_children(void)
{
    struct hv_partition *root = hv_vp_partition(root_vp);
    struct hv_partition *child = hv_hierarchy_next_child(root, HV_PARTITION_ID_INVALID);

    while (child) {
        uint64_t id = child->id;

        for (uint32_t index = 0;
             index < VPS && hv_partition_state(&child->lineage) == HV_PARTITION_ACTIVE; index++)
            if (hv_vp_get(child, index))
                run(hv_vp_get(child, index));
        hv_partition_drop(child);
        child = hv_hierarchy_next_child(root, id);
    }
    household_take_intercepts();
}

/* Bytes that the next call takes of the data; 0 at its end. */
static size_t take(const uint8_t *data, size_t size)
{
    static uint64_t input[HV_PAGE_SIZE / sizeof(uint64_t)];
    struct head head;
    size_t given;

    if (size < sizeof(head))
        return 0;
    memcpy(&head, data, sizeof(head));
    given = head.size % (HV_PAGE_SIZE + 1u);
    if (given > size - sizeof(head))
        given = size - sizeof(head);
    memset(input, 0, sizeof(input));
    memcpy(input, data + sizeof(head), given);
    if (is_wanted(head.control, input)) {
        call(head.control, input);
        run_children();
        household_check();
    }
    return sizeof(head) + given;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t own, taken = 1;

    root_vp = household_begin(&fake);
    own = household_own_pages();
    for (unsigned i = 0; i < MAX_CALLS && taken != 0; i++) {
        taken = take(data, size);
        data += taken;
        size -= taken;
    }
    household_end(own);
    fake_platform_destroy(&fake);
    return 0;
}
