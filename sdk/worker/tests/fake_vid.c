/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "fake_vid.h"

#include <stdlib.h>
#include <string.h>

union hv_register_value *fake_vid_register(struct fake_vid *fake, uint32_t name)
{
    for (uint32_t i = 0; i < fake->register_count; i++)
        if (fake->registers[i].name == name)
            return &fake->registers[i].value;
    if (fake->register_count == FAKE_REGISTERS)
        abort();
    fake->registers[fake->register_count].name = name;
    return &fake->registers[fake->register_count++].value;
}

uint64_t fake_vid_get(const struct fake_vid *fake, uint32_t name)
{
    for (uint32_t i = 0; i < fake->register_count; i++)
        if (fake->registers[i].name == name)
            return fake->registers[i].value.reg64;
    return 0;
}

void fake_vid_set(struct fake_vid *fake, uint32_t name, uint64_t value)
{
    fake_vid_register(fake, name)->reg64 = value;
}

static hv_status map(void *context, uint64_t gpa, void *host, uint64_t size, uint32_t flags)
{
    struct fake_vid *fake = context;

    if (fake->refusal != HV_STATUS_SUCCESS)
        return fake->refusal;
    if (fake->map_count == FAKE_MAPPINGS)
        abort();
    fake->maps[fake->map_count].gpa = gpa;
    fake->maps[fake->map_count].host = host;
    fake->maps[fake->map_count].size = size;
    fake->maps[fake->map_count++].flags = flags;
    return HV_STATUS_SUCCESS;
}

static hv_status unmap(void *context, uint64_t gpa, uint64_t size)
{
    struct fake_vid *fake = context;

    (void)gpa;
    (void)size;
    return fake->refusal;
}

static hv_status get_registers(void *context, uint32_t vp_index, const uint32_t *names,
                               union hv_register_value *values, uint32_t count)
{
    struct fake_vid *fake = context;

    (void)vp_index;
    fake->reads++;
    if (fake->refusal != HV_STATUS_SUCCESS)
        return fake->refusal;
    for (uint32_t i = 0; i < count; i++)
        values[i] = *fake_vid_register(fake, names[i]);
    return HV_STATUS_SUCCESS;
}

static hv_status set_registers(void *context, uint32_t vp_index,
                               const struct worker_register *registers, uint32_t count)
{
    struct fake_vid *fake = context;

    (void)vp_index;
    if (fake->refusal != HV_STATUS_SUCCESS)
        return fake->refusal;
    for (uint32_t i = 0; i < count; i++)
        *fake_vid_register(fake, registers[i].name) = registers[i].value;
    return HV_STATUS_SUCCESS;
}

static struct hv_vp_register_page *register_page(void *context, uint32_t vp_index)
{
    const struct fake_vid *fake = context;

    (void)vp_index;
    return fake->register_page;
}

static hv_status resume(void *context, uint32_t vp_index, const struct worker_register *registers,
                        uint32_t count)
{
    struct fake_vid *fake = context;

    fake->resumes++;
    fake->resumed_vp = vp_index;
    fake->resumed_before = fake->resumed_registers;
    fake->resumed_registers = count;
    return set_registers(context, vp_index, registers, count);
}

static hv_status suspend(void *context, uint32_t vp_index)
{
    struct fake_vid *fake = context;

    (void)vp_index;
    fake->suspends++;
    return fake->refusal;
}

static uint32_t translate_page(const struct fake_vid *fake, uint64_t gva, uint64_t flags,
                               uint64_t *gpa)
{
    for (uint32_t i = 0; i < fake->page_count; i++) {
        const struct fake_page *page = &fake->pages[i];

        if (gva / HV_PAGE_SIZE != page->gva / HV_PAGE_SIZE)
            continue;
        *gpa = page->gpa + gva % HV_PAGE_SIZE;
        if (page->read_only && (flags & HV_TRANSLATE_GVA_VALIDATE_WRITE))
            return HvTranslateGvaPrivilegeViolation;
        return page->code;
    }
    *gpa = gva;
    return HvTranslateGvaSuccess;
}

static hv_status translate(void *context, uint32_t vp_index, uint64_t gva, uint64_t flags,
                           uint64_t *gpa, uint32_t *code)
{
    struct fake_vid *fake = context;

    (void)vp_index;
    fake->translations++;
    fake->translation_flags = flags;
    *code = translate_page(fake, gva, flags, gpa);
    return fake->refusal;
}

static hv_status assert_interrupt(void *context, const struct worker_interrupt *interrupt)
{
    struct fake_vid *fake = context;

    fake->interrupts[fake->interrupt_count++ % FAKE_INTERRUPTS] = *interrupt;
    return fake->refusal;
}

static hv_status clear_interrupt(void *context)
{
    struct fake_vid *fake = context;
    bool taken = fake->legacy_taken;

    fake->legacy_taken = false;
    return taken ? HV_STATUS_SUCCESS : HV_STATUS_NOT_ACKNOWLEDGED;
}

static uint64_t now(void *context)
{
    const struct fake_vid *fake = context;

    return fake->now;
}

void fake_vid_init(struct fake_vid *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->vid = (struct worker_vid){ .context = fake,
                                     .map = map,
                                     .unmap = unmap,
                                     .get_registers = get_registers,
                                     .set_registers = set_registers,
                                     .register_page = register_page,
                                     .resume = resume,
                                     .suspend = suspend,
                                     .translate = translate,
                                     .assert_interrupt = assert_interrupt,
                                     .clear_interrupt = clear_interrupt,
                                     .now = now };
}
