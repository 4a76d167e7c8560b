/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/* System V ABI, chapters 4 and 5; Multiboot Specification 0.6.96, 3.1; PVH: the Xen ELF note
   XEN_ELFNOTE_PHYS32_ENTRY. */
#include <boot/elf.h>

#include <stddef.h>

#include <boot/multiboot.h>

#define FOUR_GIB           (UINT64_C(1) << 32)
#define CLASS_32           1
#define CLASS_64           2
#define LITTLE_ENDIAN_DATA 1
#define TYPE_EXEC          2
#define TYPE_DYN           3
#define MACHINE_386        3
#define MACHINE_X86_64     62
#define SEGMENT_LOAD       1
#define SEGMENT_NOTE       4
#define NOTE_PVH           18
#define MAX_HEADERS        1024

/* Requirements that a loader must know: bits 0 to 15; of them, pages, memory map and video modes
   (a wish that need not be granted) are known. */
#define MULTIBOOT_FLAGS_UNKNOWN 0xFFF8u

/* The file: every access is checked against its size. */
struct reader {
    const uint8_t *bytes;
    uint64_t size;
    bool wide; /* ELF64 */
};

/* A program header of either class. */
struct program_header {
    uint32_t type;
    struct elf_segment segment;
    uint64_t virtual_address;
};

static bool in_file(const struct reader *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

/* A little-endian number of 2, 4 or 8 bytes; the caller has checked the range. */
static uint64_t number(const struct reader *file, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)file->bytes[offset + i] << (8 * i);
    return value;
}

static enum elf_status check_identity(struct reader *file)
{
    static const uint8_t magic[4] = { 0x7F, 'E', 'L', 'F' };

    if (file->size < 20)
        return ELF_TOO_SHORT;
    for (unsigned i = 0; i < sizeof(magic); i++)
        if (file->bytes[i] != magic[i])
            return ELF_NOT_ELF;
    if ((file->bytes[4] != CLASS_32 && file->bytes[4] != CLASS_64) ||
        file->bytes[5] != LITTLE_ENDIAN_DATA)
        return ELF_WRONG_MACHINE;
    file->wide = file->bytes[4] == CLASS_64;
    if (file->size < (file->wide ? 64 : 52))
        return ELF_TOO_SHORT;
    if (number(file, 18, 2) != MACHINE_386 && number(file, 18, 2) != MACHINE_X86_64)
        return ELF_WRONG_MACHINE;
    if (number(file, 16, 2) != TYPE_EXEC && number(file, 16, 2) != TYPE_DYN)
        return ELF_NOT_EXECUTABLE;
    return ELF_OK;
}

static struct program_header read_header(const struct reader *file, uint64_t at)
{
    struct program_header header = { .type = (uint32_t)number(file, at, 4) };

    if (file->wide) {
        header.segment.offset = number(file, at + 8, 8);
        header.virtual_address = number(file, at + 16, 8);
        header.segment.address = number(file, at + 24, 8);
        header.segment.file_size = number(file, at + 32, 8);
        header.segment.memory_size = number(file, at + 40, 8);
        return header;
    }
    header.segment.offset = number(file, at + 4, 4);
    header.virtual_address = number(file, at + 8, 4);
    header.segment.address = number(file, at + 12, 4);
    header.segment.file_size = number(file, at + 16, 4);
    header.segment.memory_size = number(file, at + 20, 4);
    return header;
}

static enum elf_status add_segment(const struct reader *file, struct elf_image *image,
                                   const struct elf_segment *segment)
{
    if (segment->memory_size == 0)
        return ELF_OK;
    if (segment->file_size > segment->memory_size ||
        !in_file(file, segment->offset, segment->file_size))
        return ELF_BAD_SEGMENT;
    /* Both protocols start the program below 4 GiB. */
    if (segment->address >= FOUR_GIB || segment->memory_size > FOUR_GIB - segment->address)
        return ELF_BAD_SEGMENT;
    if (image->segment_count == ELF_MAX_SEGMENTS)
        return ELF_TOO_MANY_SEGMENTS;
    image->segments[image->segment_count++] = *segment;
    return ELF_OK;
}

static uint64_t aligned(uint64_t size)
{
    return (size + 3) & ~UINT64_C(3);
}

/* Notes: name size, description size, type, name, description, each padded to four bytes. */
static void search_notes(const struct reader *file, const struct elf_segment *segment,
                         struct elf_image *image)
{
    uint64_t at = segment->offset, end = segment->offset + segment->file_size;

    if (!in_file(file, segment->offset, segment->file_size))
        return;
    while (end - at >= 12) {
        uint64_t name_size = number(file, at, 4), size = number(file, at + 4, 4);
        uint64_t name = at + 12, description = name + aligned(name_size);

        if (description > end || size > end - description)
            return;
        if (number(file, at + 8, 4) == NOTE_PVH && name_size == 4 &&
            number(file, name, 4) == 0x6E6558 /* "Xen" */ && size >= 4) {
            image->pvh = true;
            image->pvh_entry = (uint32_t)number(file, description, 4);
        }
        if (aligned(size) > end - description)
            return;
        at = description + aligned(size);
    }
}

static void search_multiboot(const struct reader *file, struct elf_image *image)
{
    uint64_t limit = file->size < MULTIBOOT1_HEADER_SEARCH ? file->size : MULTIBOOT1_HEADER_SEARCH;

    for (uint64_t at = 0; at + 12 <= limit; at += 4) {
        uint32_t magic = (uint32_t)number(file, at, 4), flags = (uint32_t)number(file, at + 4, 4);

        if (magic != MULTIBOOT1_HEADER_MAGIC)
            continue;
        if ((uint32_t)(magic + flags + (uint32_t)number(file, at + 8, 4)) != 0)
            continue;
        image->multiboot = (flags & MULTIBOOT_FLAGS_UNKNOWN) == 0;
        return;
    }
}

static bool is_loaded(const struct elf_image *image, uint64_t address)
{
    for (uint32_t i = 0; i < image->segment_count; i++)
        if (address >= image->segments[i].address &&
            address - image->segments[i].address < image->segments[i].memory_size)
            return true;
    return false;
}

/* The header gives the entry as a virtual address if the segments differ in theirs. */
static uint64_t physical_entry(uint64_t entry, const struct program_header *header, uint64_t found)
{
    const struct elf_segment *segment = &header->segment;

    if (entry < header->virtual_address || entry - header->virtual_address >= segment->memory_size)
        return found;
    return entry - header->virtual_address + segment->address;
}

static enum elf_status read_headers(const struct reader *file, struct elf_image *image)
{
    uint64_t table = number(file, file->wide ? 32 : 28, file->wide ? 8 : 4);
    uint64_t entry = number(file, 24, file->wide ? 8 : 4), physical = entry;
    uint32_t size = (uint32_t)number(file, file->wide ? 54 : 42, 2);
    uint32_t count = (uint32_t)number(file, file->wide ? 56 : 44, 2);

    if (size < (file->wide ? 56u : 32u) || count > MAX_HEADERS ||
        !in_file(file, table, (uint64_t)size * count))
        return ELF_BAD_HEADERS;
    for (uint32_t i = 0; i < count; i++) {
        struct program_header header = read_header(file, table + (uint64_t)i * size);
        enum elf_status status;

        if (header.type == SEGMENT_NOTE)
            search_notes(file, &header.segment, image);
        if (header.type != SEGMENT_LOAD)
            continue;
        status = add_segment(file, image, &header.segment);
        if (status != ELF_OK)
            return status;
        physical = physical_entry(entry, &header, physical);
    }
    image->entry = (uint32_t)physical;
    if (image->segment_count == 0)
        return ELF_NO_SEGMENTS;
    return physical < FOUR_GIB ? ELF_OK : ELF_ENTRY_OUTSIDE;
}

enum elf_status elf_parse(const uint8_t *bytes, uint64_t size, struct elf_image *image)
{
    struct reader file = { .bytes = bytes, .size = size };
    enum elf_status status = check_identity(&file);

    if (status != ELF_OK)
        return status;
    *image = (struct elf_image){ 0 };
    status = read_headers(&file, image);
    if (status != ELF_OK)
        return status;
    search_multiboot(&file, image);
    if (!image->multiboot && !image->pvh)
        return ELF_NO_PROTOCOL;
    if ((image->multiboot && !is_loaded(image, image->entry)) ||
        (image->pvh && !is_loaded(image, image->pvh_entry)))
        return ELF_ENTRY_OUTSIDE;
    return ELF_OK;
}

const char *elf_status_text(enum elf_status status)
{
    static const char *const texts[ELF_STATUS_COUNT] = {
        [ELF_OK] = "is good",
        [ELF_TOO_SHORT] = "is shorter than an ELF header; check the file",
        [ELF_NOT_ELF] = "is not an ELF file; give a kernel in that format",
        [ELF_WRONG_MACHINE] = "is not for x86; build it for i386 or x86-64",
        [ELF_NOT_EXECUTABLE] = "is an ELF file but no executable; link it",
        [ELF_BAD_HEADERS] = "has program headers outside of the file; it is cut off or damaged",
        [ELF_TOO_MANY_SEGMENTS] = "has more segments than are supported; link it with fewer",
        [ELF_NO_SEGMENTS] = "has nothing to load; link it with PT_LOAD segments",
        [ELF_BAD_SEGMENT] =
            "has a segment outside of the file or above 4 GiB; link it for lower addresses",
        [ELF_ENTRY_OUTSIDE] = "has its entry outside of what it loads; check its linker script",
        [ELF_NO_PROTOCOL] =
            "has neither a multiboot1 header in its first 8 KiB nor a PVH note; add one",
    };

    return texts[status];
}
