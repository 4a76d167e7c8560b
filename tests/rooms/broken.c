// SPDX-License-Identifier: BSD-2-Clause-Patent
/* Breaks each rule that check_archive.py knows, so that a test can see it being noticed. */
int counter = 1;
int zeroed;

int printf_like(const char *format);
int rooms_broken(unsigned long value);

int rooms_broken(unsigned long value)
{
    __asm__ volatile("wrmsr" ::"c"(0), "a"(0), "d"(0));
    __asm__ volatile("outb %%al, $0x80" ::"a"(0));
    __asm__ volatile("mov %0, %%cr3" ::"r"(value));
    return printf_like("x") + counter++ + zeroed++;
}
