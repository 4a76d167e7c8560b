/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Fifteen devices and a processor on the controllers, in random order: every request is served
 * once, none while one of the same or a higher priority is in service, and the processor is woken
 * by nothing but the output.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <hv/pic.h>

#include "pic_fixture.h"
#include "suite.h"

#define REQUESTS 20000u

struct machine {
    struct hv_pic pic;
    uint64_t random;
    uint16_t level; /* devices whose line stays high until they are served */
    bool nests;
    unsigned raised[16];
    unsigned served[16];
    unsigned stack[16]; /* lines in service, innermost last */
    unsigned depth;
};

static uint32_t roll(struct machine *machine, uint32_t sides)
{
    machine->random ^= machine->random << 13;
    machine->random ^= machine->random >> 7;
    machine->random ^= machine->random << 17;
    return (uint32_t)(machine->random >> 32) % sides;
}

/* 0, 1, 8 to 15, 3 to 7, as the slave stands where 2 would. */
static unsigned rank_of(unsigned irq)
{
    return irq < 2 ? irq : irq >= 8 ? irq - 6 : irq + 7;
}

static void raise_some(struct machine *machine)
{
    unsigned irq = roll(machine, 16);
    if (irq == HV_PIC_CASCADE || machine->raised[irq] != machine->served[irq]) {
        return;
    }
    machine->raised[irq]++;
    if ((machine->level & 1u << irq) != 0) {
        hv_pic_set_line(&machine->pic, irq, true);
    } else {
        pic_raise(&machine->pic, irq);
    }
}

static void enter(struct machine *machine)
{
    unsigned irq = hv_pic_acknowledge(&machine->pic) - MASTER_VECTOR;
    ck_assert_uint_lt(irq, 16);
    if (machine->depth != 0) {
        unsigned inner = machine->stack[machine->depth - 1];
        ck_assert_msg(rank_of(irq) < rank_of(inner), "%u in %u", irq, inner);
    }
    machine->stack[machine->depth++] = irq;
    machine->served[irq]++;
    ck_assert_uint_eq(machine->served[irq], machine->raised[irq]);
    hv_pic_set_line(&machine->pic, irq, false);
}

/* "Special Fully Nested Mode": the master is told only when nothing of the slave is in service. */
static void leave(struct machine *machine)
{
    unsigned irq = machine->stack[--machine->depth];
    if (irq >= 8) {
        hv_pic_write(&machine->pic, HV_PIC_SLAVE_COMMAND, 0x20);
        hv_pic_write(&machine->pic, HV_PIC_SLAVE_COMMAND, 0x0B);
        if (machine->nests && hv_pic_read(&machine->pic, HV_PIC_SLAVE_COMMAND) != 0) {
            return;
        }
    }
    hv_pic_write(&machine->pic, HV_PIC_MASTER_COMMAND, 0x20);
}

/* What waits is of no higher priority than what is served. */
static void check_waiting(const struct machine *machine)
{
    for (unsigned irq = 0; irq < 16; irq++) {
        bool waits = machine->raised[irq] != machine->served[irq];
        if (waits && !hv_pic_is_busy(&machine->pic, irq)) {
            ck_abort_msg("%u was lost", irq);
        }
        if (!waits || hv_pic_output(&machine->pic)) {
            continue;
        }
        unsigned inner = machine->depth == 0 ? 16 : machine->stack[machine->depth - 1];
        bool locked_out = !machine->nests && irq >= 8 && inner >= 8 && inner < 16;
        if (!locked_out && (inner == 16 || rank_of(irq) < rank_of(inner))) {
            ck_abort_msg("%u waits behind %u", irq, inner);
        }
    }
}

static void save_and_restore(struct machine *machine)
{
    struct hv_pic_record record;
    hv_pic_save(&machine->pic, &record);
    hv_pic_init(&machine->pic);
    ck_assert(hv_pic_restore(&machine->pic, &record, sizeof(record)));
}

START_TEST(every_request_is_served_once_and_in_its_turn)
{
    static struct machine machine;
    memset(&machine, 0, sizeof(machine));
    machine.random = 0x9E3779B97F4A7C15u * (uint64_t)(_i + 1);
    machine.nests = _i % 2 != 0;
    machine.level = (uint16_t)(roll(&machine, 65536) & 0xDEF8);
    hv_pic_init(&machine.pic);
    pic_initialize(&machine.pic, machine.nests ? 0x11 : 0x01);
    hv_pic_write(&machine.pic, HV_PIC_MASTER_LEVEL, (uint8_t)machine.level);
    hv_pic_write(&machine.pic, HV_PIC_SLAVE_LEVEL, (uint8_t)(machine.level >> 8));
    for (unsigned i = 0; i < REQUESTS || machine.depth != 0 || hv_pic_output(&machine.pic); i++) {
        unsigned what = roll(&machine, 8);
        if (what < 2 && i < REQUESTS) {
            raise_some(&machine);
        } else if (what < 5 && hv_pic_output(&machine.pic)) {
            enter(&machine);
        } else if (what < 7 && machine.depth != 0) {
            leave(&machine);
        } else {
            save_and_restore(&machine);
        }
        check_waiting(&machine);
    }
    for (unsigned irq = 0; irq < 16; irq++) {
        ck_assert_uint_eq(machine.raised[irq], machine.served[irq]);
        ck_assert(irq == HV_PIC_CASCADE || machine.served[irq] > 50);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pic model");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, every_request_is_served_once_and_in_its_turn, 0, 20);
    Suite *suite = suite_create("pic model");
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
