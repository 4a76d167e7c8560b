/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The time of day, from the clock of the machine: an MC146818A with UTC. */
#include <guest/guest.h>

#include "host.h"

#define INDEX_PORT 0x70u
#define DATA_PORT  0x71u

#define SECONDS        0x00u
#define MINUTES        0x02u
#define HOURS          0x04u
#define DAY            0x07u
#define MONTH          0x08u
#define YEAR           0x09u
#define STATUS_A       0x0Au
#define STATUS_B       0x0Bu
#define CENTURY        0x32u
#define UPDATING       0x80u
#define BINARY         0x04u
#define HOURS_24       0x02u
#define AFTERNOON      0x80u
#define MOST_UPDATE_US 10000u /* an update takes 2 ms */

#define DAYS_TO_1970 719468 /* from March 1 of the year 0 */

struct date {
    int64_t year;
    unsigned month, day, hour, minute, second;
};

static uint8_t read_register(uint8_t index)
{
    outb(INDEX_PORT, index);
    return inb(DATA_PORT);
}

static unsigned read_number(uint8_t index, uint8_t format)
{
    uint8_t value = read_register(index);

    return format & BINARY ? value : (value >> 4) * 10u + (value & 0x0Fu);
}

static unsigned read_hour(uint8_t format)
{
    uint8_t value = read_register(HOURS);
    unsigned hour = value & (uint8_t)~AFTERNOON;

    if (!(format & BINARY))
        hour = (hour >> 4) * 10u + (hour & 0x0Fu);
    if (format & HOURS_24)
        return hour;
    return hour % 12 + (value & AFTERNOON ? 12 : 0);
}

static struct date read_date(void)
{
    uint8_t format = read_register(STATUS_B);
    unsigned century = read_number(CENTURY, format);

    return (struct date){
        /* Where there is no byte for the century, it is this one. */
        .year = (century >= 19 && century < 100 ? century : 20) * 100 + read_number(YEAR, format),
        .month = read_number(MONTH, format),
        .day = read_number(DAY, format),
        .hour = read_hour(format),
        .minute = read_number(MINUTES, format),
        .second = read_number(SECONDS, format),
    };
}

/* Years begin in March, so that the leap day is the last one. */
static int64_t days_of(const struct date *date)
{
    int64_t year = date->month > 2 ? date->year : date->year - 1;
    int64_t month = ((int64_t)date->month + 9) % 12;

    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + date->day - 1 -
           DAYS_TO_1970;
}

int64_t root_host_unix_time(void)
{
    struct date date;

    for (unsigned us = 0; us < MOST_UPDATE_US && (read_register(STATUS_A) & UPDATING); us += 100)
        udelay(100);
    date = read_date();
    return (((days_of(&date) * 24 + date.hour) * 60 + date.minute) * 60 + date.second) * 10000000;
}
