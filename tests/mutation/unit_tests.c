/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The unit tests of lib/core and lib/insn as one program: runs those whose topic begins with one of
 * the words given, then all others but the slow ones, up to the first that fails. A topic that uses
 * more processor time than any should is stopped: a mutant may loop.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define QUICK    4 /* seconds of processor time */
#define THREADED 30

/* topics.h has a line TOPIC(name) for each. */
#define TOPIC(topic) int unit_##topic(void);
#include "topics.h"
#undef TOPIC

static struct {
    const char *name;
    int (*run)(void);
    bool done;
} topics[] = {
#define TOPIC(topic) { #topic, unit_##topic, false },
#include "topics.h"
#undef TOPIC
};

#define COUNT (sizeof(topics) / sizeof(topics[0]))

static bool is_slow(size_t index)
{
    return strcmp(topics[index].name, "request") == 0;
}

/* Threads that wait for one another, which takes longer on a busy machine. */
static bool is_threaded(size_t index)
{
    const char *name = topics[index].name;

    return is_slow(index) || strcmp(name, "apic_inbox") == 0 || strcmp(name, "apic_route") == 0 ||
           strstr(name, "threads") || strstr(name, "stress");
}

static void run(size_t index)
{
    struct itimerval limit = { .it_value.tv_sec = is_threaded(index) ? THREADED : QUICK };

    if (topics[index].done)
        return;
    topics[index].done = true;
    /* SIGPROF ends the program. */
    setitimer(ITIMER_PROF, &limit, NULL);
    if (topics[index].run() != EXIT_SUCCESS)
        exit(EXIT_FAILURE);
}

static bool named(size_t index, char **words)
{
    for (; *words; words++)
        if (strncmp(*words, topics[index].name, strlen(*words)) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    (void)argc;
    for (size_t i = 0; i < COUNT; i++)
        if (named(i, argv + 1))
            run(i);
    for (size_t i = 0; i < COUNT; i++)
        if (!is_slow(i))
            run(i);
    return EXIT_SUCCESS;
}
