/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* Reading whole files, and those that a description names. */
#ifndef MACHINE_FILES_H
#define MACHINE_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "description.h"

#define KERNEL_MAX_BYTES (UINT64_C(256) << 20)
#define INITRD_MAX_BYTES (UINT64_C(768) << 20)

struct file {
    dev_t device;
    ino_t inode;
    uint8_t *bytes;
    uint64_t size;
};

struct files {
    unsigned count;
    struct file entries[HV_MACHINE_MAX_FILES];
    uint64_t size; /* of all, as they lie in a module */
};

/* Reads an ordinary file that is not empty and not larger than limit. Returns NULL, or what is
   wrong; then there is nothing to free. */
const char *file_read(const char *path, uint64_t limit, struct file *file);

/*
 * Reads the files of a description, each once, and compares them with what it says; takes the boot
 * protocol from the kernel where it is left open. path is the description's own, which the names of
 * files are relative to. Returns false if there are errors. In each case files_free() is needed,
 * and the description may be used no longer than until then.
 */
bool files_read(struct files *files, const char *path, struct description *description,
                struct errors *errors);

void files_free(struct files *files);

/* Whether path is the file, by whatever name. */
bool file_is(const struct file *file, const char *path);

#endif
