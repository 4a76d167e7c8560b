/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What conformance/ports.h promises. */
#include <conformance/hyperv_testdev.h>
#include <conformance/ports.h>
#include <conformance/test.h>

#include "run.h"

#define MAX_CONNECTIONS 64

/* What has been made, by ID. */
static struct {
    enum hyperv_testdev_action action; /* by which it was made; 0: free */
    uint32_t vp;
    unsigned sint;
} made[MAX_CONNECTIONS];

bool ports_available(void)
{
    return hyperv_testdev_present();
}

/* ID 0 is left out: it would not show a connection ID that got lost on its way. */
static uint32_t make(enum hyperv_testdev_action action, uint32_t vp, unsigned sint)
{
    uint32_t id = 1;

    while (id < MAX_CONNECTIONS && made[id].action != 0) {
        if (made[id].action == action && made[id].vp == vp && made[id].sint == sint)
            return id;
        id++;
    }
    REQUIRE(id < MAX_CONNECTIONS, "no connection ID is left");
    made[id].action = action;
    made[id].vp = vp;
    made[id].sint = sint;
    hyperv_testdev_command(action, vp, sint, action == HYPERV_TESTDEV_CREATE_ROUTE ? 0 : id);
    return id;
}

uint32_t ports_messages(uint32_t vp, unsigned sint)
{
    return make(HYPERV_TESTDEV_CREATE_MESSAGES, vp, sint);
}

uint32_t ports_events(uint32_t vp, unsigned sint)
{
    return make(HYPERV_TESTDEV_CREATE_EVENTS, vp, sint);
}

void ports_set_sint(uint32_t vp, unsigned sint)
{
    make(HYPERV_TESTDEV_CREATE_ROUTE, vp, sint);
    hyperv_testdev_command(HYPERV_TESTDEV_SET_SINT, vp, sint, 0);
}
