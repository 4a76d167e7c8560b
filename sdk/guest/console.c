/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * COM1, polled; the byte sink of port 0xe9 (Bochs, Xen) where there is none.
 */
#include "private.h"

#define COM1     0x3f8
#define COM_DATA (COM1 + 0)
#define COM_IER  (COM1 + 1)
#define COM_FCR  (COM1 + 2)
#define COM_IIR  (COM1 + 2)
#define COM_LCR  (COM1 + 3)
#define COM_MCR  (COM1 + 4)
#define COM_LSR  (COM1 + 5)
#define COM_SCR  (COM1 + 7)

#define LCR_8N1   0x03
#define LCR_DLAB  0x80
#define IIR_FIFO  0xc0
#define LSR_DATA  0x01
#define LSR_READY 0x20
#define LSR_EMPTY 0x40

#define FIFO_SIZE  16
#define DEBUG_PORT 0xe9

#define NO_OWNER UINT32_MAX

static bool has_com1;
static unsigned fifo_size; /* bytes that an empty transmitter takes at once */
static unsigned room;      /* bytes that it takes before it must be asked again */
static struct spinlock lock;
static uint32_t lock_owner = NO_OWNER;

void console_init(void)
{
    /* The scratch register is not in every UART; where there is no UART, all bits read as one. */
    outb(COM_SCR, 0x5a);
    has_com1 = inb(COM_SCR) == 0x5a || inb(COM_LSR) != 0xff;
    if (!has_com1)
        return;
    outb(COM_IER, 0);
    outb(COM_LCR, LCR_DLAB | LCR_8N1);
    outb(COM_DATA, 1); /* divisor 1: 115200 */
    outb(COM_IER, 0);
    outb(COM_LCR, LCR_8N1);
    outb(COM_FCR, 0x07);
    outb(COM_MCR, 0x03);
    fifo_size = (inb(COM_IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_SIZE : 1;
}

static void put(char c)
{
    if (!has_com1) {
        outb(DEBUG_PORT, (uint8_t)c);
        return;
    }
    if (room == 0) {
        while ((inb(COM_LSR) & LSR_READY) == 0)
            cpu_pause();
        room = fifo_size;
    }
    room--;
    outb(COM_DATA, (uint8_t)c);
}

static void put_text(void *context, char c)
{
    (void)context;
    if (c == '\n')
        put('\r');
    put(c);
}

/* An exception may strike while this CPU prints; its report must come out nevertheless.
 * @return whether the lock was taken here */
static bool console_lock(void)
{
    if (__atomic_load_n(&lock_owner, __ATOMIC_RELAXED) == cpu_index())
        return false;
    spin_lock(&lock);
    __atomic_store_n(&lock_owner, cpu_index(), __ATOMIC_RELAXED);
    return true;
}

static void console_unlock(bool taken)
{
    if (!taken)
        return;
    __atomic_store_n(&lock_owner, NO_OWNER, __ATOMIC_RELAXED);
    spin_unlock(&lock);
}

void console_break_lock(void)
{
    console_unlock(__atomic_load_n(&lock_owner, __ATOMIC_RELAXED) == cpu_index());
}

int vprintf(const char *fmt, va_list args)
{
    bool taken = console_lock();
    int count = format(put_text, NULL, fmt, args);

    console_unlock(taken);
    return count;
}

int printf(const char *fmt, ...)
{
    va_list args;
    int count;

    va_start(args, fmt);
    count = vprintf(fmt, args);
    va_end(args);
    return count;
}

void console_write(const char *bytes, size_t length)
{
    bool taken = console_lock();

    for (size_t i = 0; i < length; i++)
        put(bytes[i]);
    console_unlock(taken);
}

int console_read(void)
{
    return has_com1 && (inb(COM_LSR) & LSR_DATA) != 0 ? inb(COM_DATA) : -1;
}

void console_drain(void)
{
    if (!has_com1)
        return;
    while ((inb(COM_LSR) & LSR_EMPTY) == 0)
        cpu_pause();
}
