/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* The hypervisor's own messages, on COM1. The port is the root partition's, so that nothing is
   written unless the machine stops or the command line asks for it. */
#ifndef TYPE1_CONSOLE_H
#define TYPE1_CONSOLE_H

#include <stdint.h>

/* From here on log_line() writes. */
void console_enable_log(void);

/* One line, "hvkit: " before it, if the log is on. Knows %s %c %u %x %d, with l, width and 0. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line with text that is not trusted: prefix, then what is printable of length bytes. */
void log_text(const char *prefix, const char *text, uint32_t length);

/* As log_line(), log or no log: for what is said last. */
void console_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says why the machine can't start, then stops it: exit code 2 of QEMU's isa-debug-exit. */
void boot_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends QEMU with that code where it has isa-debug-exit, else halts this LP for ever. */
void machine_stop(unsigned code) __attribute__((noreturn));

#endif
