/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fit.h"

/* Room for the tables of the largest module. */
#define TABLES_MAX (UINT64_C(2) << 20)

/* Of the last file that was too large. */
static const char *too_large(uint64_t limit)
{
    static char text[48];

    snprintf(text, sizeof(text), "it is larger than %llu MiB", (unsigned long long)(limit >> 20));
    return text;
}

/* A file that becomes shorter meanwhile is told by errno 0. */
static bool read_all(int descriptor, uint8_t *bytes, uint64_t size)
{
    uint64_t done = 0;

    while (done < size) {
        ssize_t count = read(descriptor, bytes + done, size - done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            errno = count == 0 ? 0 : errno;
            return false;
        }
        done += (uint64_t)count;
    }
    return true;
}

static const char *read_open(int descriptor, uint64_t limit, struct file *file)
{
    struct stat facts;

    if (fstat(descriptor, &facts) != 0)
        return strerror(errno);
    if (!S_ISREG(facts.st_mode))
        return "it is not an ordinary file";
    if (facts.st_size == 0)
        return "it is empty";
    if ((uint64_t)facts.st_size > limit)
        return too_large(limit);
    *file = (struct file){ .device = facts.st_dev,
                           .inode = facts.st_ino,
                           .bytes = malloc((size_t)facts.st_size),
                           .size = (uint64_t)facts.st_size };
    if (!file->bytes)
        return strerror(ENOMEM);
    if (read_all(descriptor, file->bytes, file->size))
        return NULL;
    free(file->bytes);
    return errno != 0 ? strerror(errno) : "it became shorter while it was read";
}

const char *file_read(const char *path, uint64_t limit, struct file *file)
{
    /* Whatever it is, opening it may not wait. */
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const char *problem;

    if (descriptor < 0)
        return strerror(errno);
    problem = read_open(descriptor, limit, file);
    close(descriptor);
    return problem;
}

bool file_is(const struct file *file, const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && facts.st_dev == file->device && facts.st_ino == file->inode;
}

/* Where a description's file is found; NULL without memory. */
static char *path_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t length = *name == '/' || !slash ? 0 : (size_t)(slash - path) + 1;
    char *joined = malloc(length + strlen(name) + 1);

    if (joined) {
        memcpy(joined, path, length);
        strcpy(joined + length, name);
    }
    return joined;
}

static struct file *known_file(struct files *files, const char *path)
{
    for (unsigned i = 0; i < files->count; i++)
        if (file_is(&files->entries[i], path))
            return &files->entries[i];
    return NULL;
}

/* Two files a machine are as many as there is room for. */
static const char *add_file(struct files *files, const char *path, uint64_t limit,
                            struct file **result)
{
    struct file *file = known_file(files, path);
    const char *problem;

    *result = file;
    if (file)
        return file->size > limit ? too_large(limit) : NULL;
    file = &files->entries[files->count];
    problem = file_read(path, limit, file);
    if (problem)
        return problem;
    *result = file;
    files->count++;
    files->size += (file->size + HV_MACHINE_FILE_ALIGNMENT - 1) / HV_MACHINE_FILE_ALIGNMENT *
                   HV_MACHINE_FILE_ALIGNMENT;
    return files->size + TABLES_MAX > HV_MACHINE_MAX_SIZE ? "all files together exceed 1 GiB"
                                                          : NULL;
}

static bool read_named(struct files *files, const char *path, uint64_t limit,
                       struct hv_machine_file *named, struct errors *errors, struct position at,
                       const char *key)
{
    char *joined = path_beside(path, named->name);
    struct file *file = NULL;
    const char *problem = joined ? add_file(files, joined, limit, &file) : strerror(ENOMEM);

    free(joined);
    if (problem) {
        errors_add(errors, at, "%s: '%s' cannot be used: %s", key,
                   quote(named->name, strlen(named->name)).text, problem);
        return false;
    }
    named->bytes = file->bytes;
    named->size = file->size;
    return true;
}

bool files_read(struct files *files, const char *path, struct description *description,
                struct errors *errors)
{
    files->count = 0;
    files->size = 0;
    for (uint32_t i = 0; i < description->count; i++) {
        struct hv_machine *machine = &description->machines[i];
        const struct places *places = &description->places[i];
        bool good = read_named(files, path, KERNEL_MAX_BYTES, &machine->kernel, errors,
                               places->kernel, "kernel");

        if (*machine->initrd.name)
            good &= read_named(files, path, INITRD_MAX_BYTES, &machine->initrd, errors,
                               places->initrd, "initrd");
        if (good)
            machine_fit(machine, places, errors);
    }
    return errors->count == 0;
}

void files_free(struct files *files)
{
    for (unsigned i = 0; i < files->count; i++)
        free(files->entries[i].bytes);
}
