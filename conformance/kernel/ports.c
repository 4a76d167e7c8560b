/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What conformance/ports.h promises. The device: QEMU, hw/hyperv/hyperv_testdev.c. */
#include <conformance/ports.h>
#include <conformance/test.h>

#include "run.h"

#define DEVICE_PORT      0x3000
#define VP_SHIFT         8
#define ACTION_SHIFT     16
#define CONNECTION_SHIFT 24
#define MAX_CONNECTIONS  64

enum action {
    CREATE_ROUTE = 1,
    SET_SINT = 3,
    CREATE_MESSAGES = 4,
    CREATE_EVENTS = 6,
};

/* What has been made, by ID. */
static struct {
    enum action action; /* by which it was made; 0: free */
    uint32_t vp;
    unsigned sint;
} made[MAX_CONNECTIONS];

bool ports_available(void)
{
    return boot_option("hyperv-testdev", NULL, 0);
}

static void command(enum action action, uint32_t vp, unsigned sint, uint32_t id)
{
    outl(DEVICE_PORT,
         id << CONNECTION_SHIFT | (uint32_t)action << ACTION_SHIFT | vp << VP_SHIFT | sint);
}

/* ID 0 is left out: it would not show a connection ID that got lost on its way. */
static uint32_t make(enum action action, uint32_t vp, unsigned sint)
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
    command(action, vp, sint, action == CREATE_ROUTE ? 0 : id);
    return id;
}

uint32_t ports_messages(uint32_t vp, unsigned sint)
{
    return make(CREATE_MESSAGES, vp, sint);
}

uint32_t ports_events(uint32_t vp, unsigned sint)
{
    return make(CREATE_EVENTS, vp, sint);
}

void ports_set_sint(uint32_t vp, unsigned sint)
{
    make(CREATE_ROUTE, vp, sint);
    command(SET_SINT, vp, sint, 0);
}
