/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The one way to guest memory.
 *
 * The guest runs on other LPs and changes its memory at will, so accesses here are atomic and what
 * is behind a volatile pointer is never looked at twice; whoever checks, checks the copy.
 *
 * Addresses never wrap: the GPA space ends long before 2^64, and each loop below ends at the first
 * page outside it.
 */
#include "core.h"

#include "mem.h"

/* Where the page that gpa lies in can be accessed, at gpa's offset; NULL when access is denied.
   Until hv_address_leave(). */
static uint8_t *locate(const struct hv_partition *partition, uint64_t gpa, uint8_t access)
{
    const struct hv_memory_ops *memory = &partition->platform->memory;
    struct hv_mapping mapping;
    uint8_t *page;

    if (!hv_address_look_up(partition, gpa >> HV_PAGE_SHIFT, &mapping))
        return NULL;
    if (!(mapping.access & access))
        return NULL;
    if (access == HV_ACCESS_WRITE && hv_address_is_tracked(&partition->address))
        hv_address_record_write(partition, gpa >> HV_PAGE_SHIFT);
    page = memory->map(memory->context, mapping.spa_page);
    return page == NULL ? NULL : page + gpa % HV_PAGE_SIZE;
}

static uint32_t rest_of_page(uint64_t gpa, uint32_t size)
{
    uint32_t rest = (uint32_t)(HV_PAGE_SIZE - gpa % HV_PAGE_SIZE);

    return size < rest ? size : rest;
}

/* A word of memory that is declared as bytes elsewhere. */
typedef uint64_t __attribute__((may_alias)) guest_word;
typedef uint32_t __attribute__((may_alias)) guest_half;

static bool has_word(const volatile uint8_t *guest, uint32_t size)
{
    return size >= sizeof(guest_word) && (uintptr_t)guest % sizeof(guest_word) == 0;
}

static void copy_in(uint8_t *out, const volatile uint8_t *guest, uint32_t size)
{
    uint32_t step;

    for (; size > 0; size -= step, out += step, guest += step) {
        if (has_word(guest, size)) {
            guest_word word = __atomic_load_n((const volatile guest_word *)guest, __ATOMIC_RELAXED);

            step = sizeof(word);
            memcpy(out, &word, sizeof(word));
        } else {
            step = 1;
            *out = __atomic_load_n(guest, __ATOMIC_RELAXED);
        }
    }
}

static void copy_out(volatile uint8_t *guest, const uint8_t *in, uint32_t size)
{
    uint32_t step;

    for (; size > 0; size -= step, in += step, guest += step) {
        if (has_word(guest, size)) {
            guest_word word;

            step = sizeof(word);
            memcpy(&word, in, sizeof(word));
            __atomic_store_n((volatile guest_word *)guest, word, __ATOMIC_RELAXED);
        } else {
            step = 1;
            __atomic_store_n(guest, *in, __ATOMIC_RELAXED);
        }
    }
}

/* What the guest wrote before it changed the word is visible to who sees that. */
static uint64_t replace(uint8_t *guest, uint32_t size, uint64_t expected, uint64_t value)
{
    uint32_t half = (uint32_t)expected;

    if (size == sizeof(guest_half)) {
        __atomic_compare_exchange_n((guest_half *)(void *)guest, &half, (uint32_t)value, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return half;
    }
    __atomic_compare_exchange_n((guest_word *)(void *)guest, &expected, value, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

bool hv_address_replace_word(const struct hv_partition *partition, uint64_t gpa, uint32_t size,
                             uint64_t expected, uint64_t value, uint64_t *found)
{
    void *section = hv_address_enter(partition);
    uint8_t *guest = locate(partition, gpa, HV_ACCESS_WRITE);

    if (guest != NULL)
        *found = replace(guest, size, expected, value);
    hv_address_leave(section);
    return guest != NULL;
}

static bool is_writable(const struct hv_partition *partition, uint64_t gpa, uint32_t size)
{
    uint32_t step;

    for (; size > 0; size -= step, gpa += step) {
        step = rest_of_page(gpa, size);
        if (locate(partition, gpa, HV_ACCESS_WRITE) == NULL)
            return false;
    }
    return true;
}

static bool read_all(const struct hv_partition *partition, uint64_t gpa, void *out, uint32_t size)
{
    uint8_t *to = out;
    uint32_t step;

    for (; size > 0; size -= step, gpa += step, to += step) {
        const uint8_t *guest = locate(partition, gpa, HV_ACCESS_READ);

        step = rest_of_page(gpa, size);
        if (guest == NULL)
            return false;
        copy_in(to, guest, step);
    }
    return true;
}

static bool write_all(const struct hv_partition *partition, uint64_t gpa, const void *in,
                      uint32_t size)
{
    const uint8_t *from = in;
    uint32_t step;

    /* All or nothing; what is in one page is so anyway. */
    if (rest_of_page(gpa, size) < size && !is_writable(partition, gpa, size))
        return false;
    for (; size > 0; size -= step, gpa += step, from += step) {
        uint8_t *guest = locate(partition, gpa, HV_ACCESS_WRITE);

        step = rest_of_page(gpa, size);
        if (guest == NULL)
            return false;
        copy_out(guest, from, step);
    }
    return true;
}

bool hv_address_read(const struct hv_partition *partition, uint64_t gpa, void *out, uint32_t size)
{
    void *section = hv_address_enter(partition);
    bool done = read_all(partition, gpa, out, size);

    hv_address_leave(section);
    return done;
}

bool hv_address_write(const struct hv_partition *partition, uint64_t gpa, const void *in,
                      uint32_t size)
{
    void *section = hv_address_enter(partition);
    bool done = write_all(partition, gpa, in, size);

    hv_address_leave(section);
    return done;
}
