/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* hvkit-machine: checks machine descriptions and compiles them (docs/machines.md). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "description.h"
#include "files.h"
#include "module_write.h"
#include "output.h"
#include "show.h"

/* Exit statuses. */
enum { EXIT_GOOD, EXIT_BAD_INPUT, EXIT_TROUBLE };

static const char usage[] =
    "usage: hvkit-machine check FILE\n"
    "       hvkit-machine compile FILE -o MODULE\n"
    "       hvkit-machine show MODULE\n"
    "\n"
    "check looks for errors in a machine description (docs/machines.md) and in the files that it\n"
    "names; compile also writes the boot module that it stands for; show writes the description\n"
    "that a module was made of, with each key spelled out.\n"
    "Exit status: 0 all is well, 1 the input is wrong, 2 something else is.\n";

static int trouble(const char *what, const char *problem)
{
    fprintf(stderr, "hvkit-machine: error: %s: %s\n", what, problem);
    return EXIT_TROUBLE;
}

/* Overwriting what the module is made of is never meant. */
static bool is_input(const char *path, const struct file *source, const struct files *files)
{
    for (unsigned i = 0; i < files->count; i++)
        if (file_is(&files->entries[i], path))
            return true;
    return file_is(source, path);
}

static int write_module(const struct description *description, const char *output)
{
    uint64_t size;
    uint8_t *bytes = module_write(description->machines, description->count, &size);
    const char *problem = bytes ? output_write(output, bytes, size) : strerror(ENOMEM);

    free(bytes);
    return problem ? trouble(output, problem) : EXIT_GOOD;
}

static int compile_with_files(struct description *description, const char *path,
                              const struct file *source, const char *output, struct errors *errors)
{
    static struct files files;
    int code = EXIT_GOOD;

    if (!files_read(&files, path, description, errors))
        code = EXIT_BAD_INPUT;
    else if (output && is_input(output, source, &files))
        code = trouble(output, "it is part of the input; give another name");
    else if (output)
        code = write_module(description, output);
    files_free(&files);
    return code;
}

/* Without an output, nothing but the check is done. */
static int compile(const char *path, const char *output)
{
    static struct description description;
    static struct errors errors;
    struct file source;
    /* The limit on descriptions is an error like others. */
    const char *problem = file_read(path, HV_MACHINE_MAX_SIZE, &source);
    int code = EXIT_BAD_INPUT;

    if (problem)
        return trouble(path, problem);
    if (description_read(&description, (const char *)source.bytes, source.size, &errors))
        code = compile_with_files(&description, path, &source, output, &errors);
    errors_print(&errors, path, stderr);
    description_free(&description);
    free(source.bytes);
    return code;
}

static int show(const char *path)
{
    struct hv_machine_module module;
    enum hv_machine_status status;
    struct file file;
    const char *problem = file_read(path, HV_MACHINE_MAX_SIZE, &file);

    if (problem)
        return trouble(path, problem);
    status = hv_machine_module_open(file.bytes, file.size, &module);
    if (status != HV_MACHINE_OK)
        fprintf(stderr, "%s: error: the module %s\n", path, hv_machine_status_text(status));
    else
        module_show(&module, stdout);
    free(file.bytes);
    if (status == HV_MACHINE_OK && (fflush(stdout) != 0 || ferror(stdout)))
        return trouble("standard output", strerror(errno));
    return status == HV_MACHINE_OK ? EXIT_GOOD : EXIT_BAD_INPUT;
}

static bool is(const char *argument, const char *word)
{
    return strcmp(argument, word) == 0;
}

int main(int count, char **arguments)
{
    if (count == 2 && (is(arguments[1], "--help") || is(arguments[1], "-h"))) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (count == 3 && is(arguments[1], "check"))
        return compile(arguments[2], NULL);
    if (count == 3 && is(arguments[1], "show"))
        return show(arguments[2]);
    if (count == 5 && is(arguments[1], "compile") && is(arguments[3], "-o"))
        return compile(arguments[2], arguments[4]);
    if (count == 5 && is(arguments[1], "compile") && is(arguments[2], "-o"))
        return compile(arguments[4], arguments[3]);
    fputs(usage, stderr);
    return EXIT_TROUBLE;
}
