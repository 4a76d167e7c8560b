/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The compiler of machine descriptions: any bytes are either machines or errors that say where.
 *
 * Invariants: an error has a place and a text that any terminal can show; what is accepted gives a
 * module that its own parser takes; the description that this module shows is accepted too, and
 * gives the same module again.
 */
#include <stdbool.h>
#include <string.h>

#include "description.h"
#include "fuzz.h"
#include "module_write.h"
#include "show.h"

static struct description description;
static struct errors errors;

static void check_errors(void)
{
    CHECK(errors.count > 0 && errors.count <= ERRORS_MAX);
    for (unsigned i = 0; i < errors.count; i++) {
        const char *text = errors.entries[i].text;

        CHECK(errors.entries[i].at.line > 0 && errors.entries[i].at.column > 0);
        CHECK(*text != 0);
        for (; *text; text++)
            CHECK(*text >= 0x20 && *text < 0x7F);
    }
}

/* Files are not what this is about: each machine has a byte of its own as its kernel. */
static void give_files(void)
{
    static const uint8_t bytes[2 * HV_MACHINE_MAX_MACHINES];

    for (uint32_t i = 0; i < description.count; i++) {
        struct hv_machine *machine = &description.machines[i];

        machine->kernel.bytes = &bytes[2 * i];
        machine->kernel.size = 1;
        if (machine->boot == BOOT_FROM_FILE)
            machine->boot = HV_MACHINE_BOOT_PVH;
        if (*machine->initrd.name) {
            machine->initrd.bytes = &bytes[2 * i + 1];
            machine->initrd.size = 1;
        }
    }
}

/* NULL if the bytes are no description. */
static uint8_t *compile(const char *bytes, size_t size, uint64_t *module_size)
{
    uint8_t *module = NULL;

    errors.count = 0;
    errors.more = false;
    if (description_read(&description, bytes, size, &errors)) {
        give_files();
        module = module_write(description.machines, description.count, module_size);
        CHECK(module != NULL);
    } else {
        check_errors();
    }
    description_free(&description);
    return module;
}

static char *show(const uint8_t *bytes, uint64_t size, size_t *length)
{
    struct hv_machine_module module;
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);

    CHECK(stream != NULL);
    CHECK(hv_machine_module_open(bytes, size, &module) == HV_MACHINE_OK);
    module_show(&module, stream);
    fclose(stream);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t first_size, second_size;
    uint8_t *first = compile((const char *)data, size, &first_size), *second;
    size_t length;
    char *text;

    if (!first)
        return 0;
    text = show(first, first_size, &length);
    second = compile(text, length, &second_size);
    CHECK(second != NULL);
    CHECK(first_size == second_size && memcmp(first, second, first_size) == 0);
    free(second);
    free(text);
    free(first);
    return 0;
}
