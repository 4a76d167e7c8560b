/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Leaves errno set on failure. */
static bool write_all(int descriptor, const uint8_t *bytes, uint64_t size)
{
    while (size > 0) {
        ssize_t count = write(descriptor, bytes, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        size -= (uint64_t)count;
    }
    return true;
}

static const char *write_to(const char *path, int flags, const uint8_t *bytes, uint64_t size)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
    bool written;

    if (descriptor < 0)
        return strerror(errno);
    written = write_all(descriptor, bytes, size);
    /* Some file systems find out only now that there is no room. */
    if (close(descriptor) != 0 || !written)
        return strerror(errno);
    return NULL;
}

const char *output_write(const char *path, const uint8_t *bytes, uint64_t size)
{
    size_t room = strlen(path) + 32;
    struct stat facts;
    const char *problem;
    char *unfinished;

    if (stat(path, &facts) == 0 && !S_ISREG(facts.st_mode))
        return write_to(path, 0, bytes, size);
    unfinished = malloc(room);
    if (!unfinished)
        return strerror(ENOMEM);
    snprintf(unfinished, room, "%s.%ld.tmp", path, (long)getpid());
    problem = write_to(unfinished, O_CREAT | O_EXCL, bytes, size);
    if (!problem && rename(unfinished, path) != 0)
        problem = strerror(errno);
    if (problem)
        unlink(unfinished);
    free(unfinished);
    return problem;
}
