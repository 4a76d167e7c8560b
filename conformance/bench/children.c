/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* What a child partition takes: to be made, to be there, and to be changed to. */
#include "bench.h"
#include "child.h"

/* Words of a child. */
#define WORD_LAST  0 /* its newest reading of the TSC's low half */
#define WORD_FIRST 1 /* that when it had not run for a while */
#define WORD_HIGH  1 /* the first instruction's reading, whole */
#define WORD_COUNT 2 /* VPs that have begun */

/* Who reads the TSC in a loop and finds it that much later, did not run: a round is far shorter,
 * the shortest way through a hypervisor longer. */
#define GAP     200 /* also in reads_tsc */
#define WAIT_US 200000

const char *begin_child(const struct bench_row *row)
{
    (void)row;
    return child_prepare();
}

void end_child(const struct bench_row *row)
{
    (void)row;
    child_finish();
}

/* ---- To the first instruction ---- */

CHILD_CODE(tells_start, "rdtsc\n movl %eax, 0x3000\n movl %edx, 0x3004\n lock incl 0x3008\n"
                        "1: hlt\n jmp 1b");

uint64_t measure_child_creation(const struct bench_row *row)
{
    uint64_t start, first;
    bool ran;

    (void)row;
    child_load(tells_start, CHILD_CODE_SIZE(tells_start));
    start = rdtsc();
    child_create();
    child_map_ram();
    child_add_vp();
    child_run(0);
    ran = child_wait(WORD_COUNT, 1);
    first = (uint64_t)child_words()[WORD_HIGH] << 32 | child_words()[WORD_LAST];
    return child_remove() && ran ? first - start : BENCH_FAILED;
}

/* ---- Memory ---- */

uint64_t measure_memory_partition(const struct bench_row *row)
{
    uint64_t own = child_memory_own(), bytes;

    (void)row;
    child_create();
    bytes = child_memory() + child_memory_own() - own;
    return child_remove() ? bytes : BENCH_FAILED;
}

uint64_t measure_memory_vp(const struct bench_row *row)
{
    uint64_t own = child_memory_own(), bytes;

    (void)row;
    child_create();
    child_add_vp();
    own = child_memory_own();
    bytes = child_memory();
    child_add_vp();
    bytes = child_memory() - bytes + child_memory_own() - own;
    return child_remove() ? bytes : BENCH_FAILED;
}

/* What mapping its memory takes are the nested page tables. */
uint64_t measure_memory_4_vps(const struct bench_row *row)
{
    uint64_t own = child_memory_own(), bytes, tables;
    bool ran;

    (void)row;
    child_load(tells_start, CHILD_CODE_SIZE(tells_start));
    child_create();
    tables = child_memory();
    child_map_ram();
    tables = child_memory() - tables;
    for (uint32_t vp = 0; vp < 4; vp++)
        child_add_vp();
    child_map_state_pages();
    for (uint32_t vp = 0; vp < 4; vp++)
        child_run(vp);
    ran = child_wait(WORD_COUNT, 4);
    bytes = child_memory() - tables + child_memory_own() - own;
    return child_remove() && ran ? bytes : BENCH_FAILED;
}

/* ---- To another partition and back ---- */

CHILD_CODE(reads_tsc, "1: rdtsc\n movl %eax, %ecx\n subl %ebx, %ecx\n movl %eax, %ebx\n"
                      "cmpl $200, %ecx\n jb 2f\n movl %eax, 0x3004\n"
                      "2: movl %eax, 0x3000\n jmp 1b");

const char *begin_world_switch(const struct bench_row *row)
{
    const char *wrong = begin_child(row);

    if (wrong)
        return wrong;
    child_load(reads_tsc, CHILD_CODE_SIZE(reads_tsc));
    child_create();
    child_map_ram();
    child_add_vp();
    child_run(0);
    return NULL;
}

void end_world_switch(const struct bench_row *row)
{
    child_remove();
    end_child(row);
}

/* Both VPs are busy on one processor until their time is up. */
uint64_t measure_world_switch(const struct bench_row *row)
{
    volatile uint32_t *words = child_words();
    uint32_t before = words[WORD_LAST], last, now = (uint32_t)rdtsc(), start = now;

    (void)row;
    do {
        last = now;
        now = (uint32_t)rdtsc();
        if (now - start > tsc_from_us(WAIT_US))
            return BENCH_FAILED;
    } while (now - last < GAP || words[WORD_LAST] == before);
    return (words[WORD_FIRST] - last) + (now - words[WORD_LAST]);
}
