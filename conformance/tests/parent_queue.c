/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Intercepts that come while the parent has not dealt with earlier ones. */
#include <conformance/child.h>

/* mov al, N; out 0x80, al; for N from 1 to 3 */
static const uint8_t code[] = { 0xb0, 1, CHILD_OUT, 0xb0, 2, CHILD_OUT, 0xb0, 3, CHILD_OUT };

#define STEP 4u /* bytes of each */

static bool is_intercepted(const struct child *child)
{
    uint64_t end = rdtsc() + tsc_from_us(2000000);

    while (!(child_get(child, 0, HvRegisterInterceptSuspend) & 1) && rdtsc() < end)
        cpu_pause();
    return child_get(child, 0, HvRegisterInterceptSuspend) & 1;
}

/* Behind the intercepted instruction, as if it had been emulated. */
static void go_on(const struct child *child, unsigned number)
{
    child_set(child, 0, HvX64RegisterRip, CHILD_CODE_GPA + STEP * number);
    child_run(child, 0);
}

/* What AL was; 0 if no message comes. */
static unsigned next_number(void)
{
    struct hv_message message;
    const struct hv_x64_io_port_intercept_message *io = (const void *)message.payload;

    if (child_is_quiet() || !child_wait(&message))
        return 0;
    CHECK_EQ(message.header.message_type, HvMessageTypeX64IoPortIntercept);
    return io->rax & 0xff;
}

/* The one buffer of a VP has its latest intercept. Whether an earlier one that waits in the queue
 * is overwritten, or the VP waits until it is not, a parent sees them in order, and the last one.
 */
HV_TEST(synic, the_latest_intercept_is_delivered, COVERS(HV_REQ_SYNIC_064), NEEDS_PARENT,
        "A parent that answers an intercept of the past completes another instruction")
{
    struct child child;
    unsigned number, last = 0;

    parent_begin();
    child = child_make(CHILD_EXO);
    child_add_vp(&child, 0);
    child_listen();
    child_load(&child, 0, code, sizeof(code));
    child_run(&child, 0);
    REQUIRE(is_intercepted(&child), "the VP does not run");
    go_on(&child, 1); /* the first message stays in the slot */
    REQUIRE(is_intercepted(&child), "the second intercept does not come");
    go_on(&child, 2);
    udelay(20000);
    while ((number = next_number()) != 0) {
        CHECK(number > last, "the intercept %u comes after %u", number, last);
        last = number;
    }
    CHECK_EQ(last, 3);
    CHECK_EQ(child_get(&child, 0, HvX64RegisterRip), CHILD_CODE_GPA + 2 * STEP + 2);
}
