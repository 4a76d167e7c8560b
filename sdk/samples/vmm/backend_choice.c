/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "backend_choice.h"

#include <string.h>
#include <unistd.h>

static const struct vmm_backend *find_named(const struct vmm_backend *const *backends,
                                            const char *name, struct vmm_trouble *trouble)
{
    for (; *backends; backends++)
        if (strcmp((*backends)->name, name) == 0)
            return *backends;
    vmm_trouble(trouble, "--backend: this program has no back end '%s'", name);
    return NULL;
}

const struct vmm_backend *vmm_backend_choose(const struct vmm_backend *const *backends,
                                             const struct vmm_options *options,
                                             struct vmm_trouble *trouble)
{
    const struct vmm_backend *const *backend = backends;

    if (options->backend)
        return find_named(backends, options->backend, trouble);
    while (*backend && access((*backend)->device, F_OK) != 0)
        backend++;
    /* Opening it says what is missing. */
    return *backend ? *backend : backends[0];
}
