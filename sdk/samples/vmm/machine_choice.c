/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "machine_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of sdk/tools/machine. */
#include "files.h"

static struct description description;
static struct files files;

static void tell_names(FILE *stream)
{
    for (uint32_t i = 0; i < description.count; i++)
        fprintf(stream, "%s %s", i > 0 ? "," : "", description.machines[i].name);
    fputc('\n', stream);
}

/* The machine becomes the first; false: there is none of that name, or several to choose from. */
static bool choose(const char *path, const char *name)
{
    if (!name && description.count > 1) {
        fprintf(stderr, "%s: error: name one of the machines:", path);
        tell_names(stderr);
        return false;
    }
    for (uint32_t i = 0; i < description.count; i++)
        if (!name || strcmp(description.machines[i].name, name) == 0) {
            description.machines[0] = description.machines[i];
            description.places[0] = description.places[i];
            description.count = 1;
            return true;
        }
    fprintf(stderr, "%s: error: no machine is called '%s'; there are:", path,
            quote(name, strlen(name)).text);
    tell_names(stderr);
    return false;
}

const struct hv_machine *vmm_machine_choose(const char *path, const char *name)
{
    static struct errors errors;
    struct file source;
    const char *problem = file_read(path, HV_MACHINE_MAX_SIZE, &source);
    bool good;

    if (problem) {
        fprintf(stderr, "%s: error: %s\n", path, problem);
        return NULL;
    }
    /* What was chosen before. */
    files_free(&files);
    description_free(&description);
    files = (struct files){ 0 };
    description = (struct description){ 0 };
    errors = (struct errors){ 0 };
    good = description_read(&description, (const char *)source.bytes, source.size, &errors) &&
           choose(path, name) && files_read(&files, path, &description, &errors);
    errors_print(&errors, path, stderr);
    free(source.bytes);
    return good ? &description.machines[0] : NULL;
}
