/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What may be written to PM1 control, the register that puts the machine to sleep (ACPI 6.5,
   4.8.3.2.1 and 16.1). A machine that wakes has lost its hypervisor. */
#ifndef TYPE1_POWER_H
#define TYPE1_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* In bytes, which are ports; what a block may have behind them is reserved. */
#define POWER_REGISTER_SIZE 2
/* PM1a and PM1b, each by the two fields of the FADT. */
#define POWER_MAX_REGISTERS 4

/* As SLP_TYP of a register where _S5 is not known: nothing is refused. */
#define POWER_ANY_TYPE 0xFF

struct power_register {
    uint16_t port;
    bool second;     /* PM1b */
    uint8_t s5_type; /* SLP_TYP that powers off, or POWER_ANY_TYPE */
};

struct power_registers {
    uint32_t count;
    struct power_register list[POWER_MAX_REGISTERS];
};

struct power_write {
    uint32_t value;
    bool refused;
};

/* What to write instead of value, of size bytes, at a port that lies offset ports behind the
   register's first one; a negative offset is in front of it. */
struct power_write power_filter(int offset, unsigned size, uint32_t value, uint8_t s5_type);

/* What to write to a register that reads control, to enter the state that has this SLP_TYP. */
uint16_t power_enter(uint16_t control, uint8_t type);

/* Finds SLP_TYP for PM1a and PM1b in the AML of a DSDT: Name (_S5_, Package () { a, b, ... }).
   False, with types left alone, if it is not there or is not made of integers. */
bool power_find_s5(const uint8_t *aml, uint32_t length, uint8_t types[2]);

#endif
