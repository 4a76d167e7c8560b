/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "console.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"
#include "lock.h"

#define COM1             0x3F8
#define COM_LINE_CONTROL (COM1 + 3)
#define COM_LINE_STATUS  (COM1 + 5)
#define COM_EMPTY        0x20
#define COM_IDLE         0x40

/* No port answers with these bits for so long; without a UART the bus reads as ones anyway. */
#define COM_PATIENCE 100000

#define DEBUG_EXIT_PORT 0xF4

static bool log_enabled;
static atomic_flag console_lock = ATOMIC_FLAG_INIT;

void console_enable_log(void)
{
    log_enabled = true;
}

/* Once: later the port is the root partition's, and programmed as its program likes. */
static void port_set_up(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    outb(COM_LINE_CONTROL, 0x80);
    outb(COM1, 1); /* 115200 baud */
    outb(COM1 + 1, 0);
    outb(COM_LINE_CONTROL, 0x03); /* 8 bits, no parity, one stop bit */
}

static void put_char(char c)
{
    for (unsigned i = 0; i < COM_PATIENCE && !(inb(COM_LINE_STATUS) & COM_EMPTY); i++)
        cpu_relax();
    outb(COM1, (uint8_t)c);
}

static void drain(void)
{
    for (unsigned i = 0; i < COM_PATIENCE && !(inb(COM_LINE_STATUS) & COM_IDLE); i++)
        cpu_relax();
}

static void put_string(const char *text)
{
    while (*text)
        put_char(*text++);
}

static void put_number(uint64_t value, unsigned base, unsigned width, char fill)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (unsigned i = count; i < width; i++)
        put_char(fill);
    while (count > 0)
        put_char(digits[--count]);
}

static void put_signed(int64_t value)
{
    if (value < 0)
        put_char('-');
    put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, 0, ' ');
}

/* The conversion after a '%'; returns what follows it. */
static const char *put_conversion(const char *format, va_list *arguments)
{
    char fill = ' ';
    unsigned width = 0;
    bool wide = false;

    if (*format == '0')
        fill = *format++;
    while (*format >= '0' && *format <= '9')
        width = width * 10 + (unsigned)(*format++ - '0');
    while (*format == 'l') {
        wide = true;
        format++;
    }
    switch (*format) {
    case 'u':
    case 'x': {
        uint64_t value = wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);

        put_number(value, *format == 'x' ? 16 : 10, width, fill);
        break;
    }
    case 'd':
        put_signed(wide ? va_arg(*arguments, int64_t) : va_arg(*arguments, int));
        break;
    case 's':
        put_string(va_arg(*arguments, const char *));
        break;
    case 'c':
        put_char((char)va_arg(*arguments, int));
        break;
    default:
        put_char(*format);
        break;
    }
    return format + 1;
}

static void put_line(const char *format, va_list *arguments)
{
    lock_acquire(&console_lock);
    port_set_up();
    put_string("hvkit: ");
    while (*format) {
        if (*format != '%') {
            put_char(*format++);
            continue;
        }
        format = put_conversion(format + 1, arguments);
    }
    put_string("\r\n");
    lock_release(&console_lock);
}

void log_text(const char *prefix, const char *text, uint32_t length)
{
    if (!log_enabled)
        return;
    lock_acquire(&console_lock);
    port_set_up();
    put_string("hvkit: ");
    put_string(prefix);
    for (uint32_t i = 0; i < length; i++)
        put_char(text[i] >= ' ' && text[i] <= '~' ? text[i] : '.');
    put_string("\r\n");
    lock_release(&console_lock);
}

void log_line(const char *format, ...)
{
    va_list arguments;

    if (!log_enabled)
        return;
    va_start(arguments, format);
    put_line(format, &arguments);
    va_end(arguments);
}

void console_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line(format, &arguments);
    va_end(arguments);
}

void boot_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line(format, &arguments);
    va_end(arguments);
    machine_stop(2);
}

void machine_stop(unsigned code)
{
    drain();
    outl(DEBUG_EXIT_PORT, code);
    for (;;)
        __asm__ volatile("cli; hlt");
}
