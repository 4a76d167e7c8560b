/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/**
 * @file console.h
 * @brief Text output on COM1 (0x3f8, 115200 8N1, polled), or on port 0xe9 where there is no COM1.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

/**
 * @brief Formatted output; one call is never interleaved with that of another CPU.
 *
 * Knows %d %i %u %x %X %p %s %c %%, the lengths hh h l ll z j t, width, precision for %s, and the
 * flags 0, - and #. A newline is sent as CR LF.
 * @return number of characters
 */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** printf() with its arguments as a list. */
int vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/** Formats into @p buffer, always terminated if @p size > 0. @return the untruncated length */
int snprintf(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** snprintf() with its arguments as a list. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/** Writes @p length bytes as they are. */
void console_write(const char *bytes, size_t length);

/** The next byte that has arrived at the UART, or -1 if there is none. */
int console_read(void);

/** Waits until the last byte has left the UART. */
void console_drain(void);

#endif
