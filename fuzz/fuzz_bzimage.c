/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A Linux kernel's setup header: whatever bzimage_parse() accepts must be safe to load by what it
 * says alone.
 */
#include <boot/bzimage.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bzimage image;
    enum bzimage_status status = bzimage_parse(data, size, &image);

    CHECK(bzimage_status_text(status));
    if (status != BZIMAGE_OK)
        return 0;
    CHECK(image.kernel_offset < size && image.kernel_size <= size - image.kernel_offset);
    CHECK(image.kernel_size > BZIMAGE_ENTRY_64);
    CHECK(BZIMAGE_SETUP_SECTORS + image.header_size <= size);
    CHECK(ZERO_PAGE_HEADER + image.header_size <= ZERO_PAGE_HEADER_END);
    CHECK(image.memory_size >= image.kernel_size);
    CHECK(image.alignment != 0 && image.address % image.alignment == 0);
    CHECK(image.address != 0 && image.address + image.memory_size > image.address);
    return 0;
}
