/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include <worker/register_page.h>

static bool get_segment(const struct hv_vp_register_page *page, uint32_t name,
                        union hv_register_value *value)
{
    if (name < HvX64RegisterEs || name > HvX64RegisterGs)
        return false;
    value->segment = page->segment_registers[name - HvX64RegisterEs];
    return true;
}

static bool get(const struct hv_vp_register_page *page, uint32_t name,
                union hv_register_value *value)
{
    value->reg128 = (struct hv_u128){ 0 };
    if (name >= HvX64RegisterRax && name <= HvX64RegisterR15) {
        value->reg64 = page->gp_registers[name - HvX64RegisterRax];
        return true;
    }
    switch (name) {
    case HvX64RegisterRip:
        value->reg64 = page->rip;
        return true;
    case HvX64RegisterRflags:
        value->reg64 = page->rflags;
        return true;
    case HvX64RegisterCr0:
        value->reg64 = page->cr0;
        return true;
    case HvX64RegisterCr3:
        value->reg64 = page->cr3;
        return true;
    case HvX64RegisterCr4:
        value->reg64 = page->cr4;
        return true;
    case HvX64RegisterEfer:
        value->reg64 = page->efer;
        return true;
    default:
        return get_segment(page, name, value);
    }
}

bool worker_register_page_get(const struct hv_vp_register_page *page, const uint32_t *names,
                              union hv_register_value *values, uint32_t count)
{
    if (!page->is_valid)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!get(page, names[i], &values[i]))
            return false;
    return true;
}
