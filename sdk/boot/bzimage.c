/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <boot/bzimage.h>

#include <stddef.h>

#define SECTOR                512u
#define DEFAULT_SETUP_SECTORS 4u
#define BOOT_FLAG             0xAA55u
#define MAGIC                 0x53726448u /* "HdrS" */
#define VERSION_NEEDED        0x020Cu
#define LOADED_HIGH           0x01u
#define KERNEL_64             0x0001u
#define HEADER_END_NEEDED     (BZIMAGE_INIT_SIZE + 4)
#define SIXTEEN_BYTES         16u
#define ADDRESS_LIMIT         (UINT64_C(1) << 40)

static uint64_t number(const uint8_t *bytes, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[offset + i] << (8 * i);
    return value;
}

static enum bzimage_status check_kind(const uint8_t *bytes, uint64_t size)
{
    if (size < BZIMAGE_MAGIC + 4 || number(bytes, BZIMAGE_BOOT_FLAG, 2) != BOOT_FLAG ||
        number(bytes, BZIMAGE_MAGIC, 4) != MAGIC)
        return BZIMAGE_NOT_LINUX;
    if (size < HEADER_END_NEEDED)
        return BZIMAGE_TOO_SHORT;
    if (number(bytes, BZIMAGE_VERSION, 2) < VERSION_NEEDED)
        return BZIMAGE_TOO_OLD;
    if (!(number(bytes, BZIMAGE_LOAD_FLAGS, 1) & LOADED_HIGH) ||
        !(number(bytes, BZIMAGE_EXTENDED_LOAD_FLAGS, 2) & KERNEL_64))
        return BZIMAGE_NOT_64_BIT;
    return BZIMAGE_OK;
}

static enum bzimage_status read_header(const uint8_t *bytes, uint64_t size, struct bzimage *image)
{
    uint32_t end = BZIMAGE_MAGIC + (uint32_t)number(bytes, BZIMAGE_HEADER_LENGTH, 1);

    if (end < HEADER_END_NEEDED || end > ZERO_PAGE_HEADER_END)
        return BZIMAGE_BAD_HEADER;
    if (end > size)
        return BZIMAGE_TOO_SHORT;
    image->header_size = end - BZIMAGE_SETUP_SECTORS;
    image->command_line_size = (uint32_t)number(bytes, BZIMAGE_COMMAND_LINE_SIZE, 4);
    image->initrd_max = number(bytes, BZIMAGE_INITRD_MAX, 4);
    image->relocatable = number(bytes, BZIMAGE_RELOCATABLE, 1) != 0;
    return BZIMAGE_OK;
}

/* What stands behind the 64-bit part, such as a signature, is not part of it; the protocol lets
   the size be rounded up. */
static enum bzimage_status find_kernel(const uint8_t *bytes, uint64_t size, struct bzimage *image)
{
    uint64_t sectors = number(bytes, BZIMAGE_SETUP_SECTORS, 1);
    uint64_t told = number(bytes, BZIMAGE_SYSTEM_SIZE, 4) * SIXTEEN_BYTES;

    image->kernel_offset = ((sectors ? sectors : DEFAULT_SETUP_SECTORS) + 1) * SECTOR;
    if (image->kernel_offset + BZIMAGE_ENTRY_64 >= size)
        return BZIMAGE_TOO_SHORT;
    image->kernel_size = size - image->kernel_offset;
    if (told <= BZIMAGE_ENTRY_64)
        return BZIMAGE_BAD_HEADER;
    if (told >= image->kernel_size + SIXTEEN_BYTES)
        return BZIMAGE_TOO_SHORT;
    if (told < image->kernel_size)
        image->kernel_size = told;
    return BZIMAGE_OK;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static enum bzimage_status find_place(const uint8_t *bytes, struct bzimage *image)
{
    image->address = number(bytes, BZIMAGE_PREFERRED_ADDRESS, 8);
    image->alignment = number(bytes, BZIMAGE_ALIGNMENT, 4);
    image->memory_size = number(bytes, BZIMAGE_INIT_SIZE, 4);
    if (!is_power_of_two(image->alignment) || image->address % image->alignment != 0 ||
        image->address == 0 || image->address >= ADDRESS_LIMIT)
        return BZIMAGE_BAD_HEADER;
    if (image->memory_size < image->kernel_size)
        image->memory_size = image->kernel_size;
    return BZIMAGE_OK;
}

enum bzimage_status bzimage_parse(const uint8_t *bytes, uint64_t size, struct bzimage *image)
{
    enum bzimage_status status = check_kind(bytes, size);

    if (status == BZIMAGE_OK)
        status = read_header(bytes, size, image);
    if (status == BZIMAGE_OK)
        status = find_kernel(bytes, size, image);
    return status == BZIMAGE_OK ? find_place(bytes, image) : status;
}

const char *bzimage_status_text(enum bzimage_status status)
{
    static const char *const texts[BZIMAGE_STATUS_COUNT] = {
        [BZIMAGE_OK] = "is good",
        [BZIMAGE_TOO_SHORT] = "ends before the kernel does; it is cut off or damaged",
        [BZIMAGE_NOT_LINUX] = "is not a Linux kernel; give a bzImage",
        [BZIMAGE_TOO_OLD] = "has a boot protocol before 2.12; take Linux 3.8 or later",
        [BZIMAGE_NOT_64_BIT] = "has no 64-bit entry; build it for x86-64",
        [BZIMAGE_BAD_HEADER] = "has a header that makes no sense; it is damaged",
    };

    return texts[status];
}
