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

/* Returns the class that has changed; 0: the page does not have the register, or not to be changed.
 */
static uint32_t put(struct hv_vp_register_page *page, const struct worker_register *change)
{
    uint64_t value = change->value.reg64;

    if (change->name >= HvX64RegisterRax && change->name <= HvX64RegisterR15) {
        page->gp_registers[change->name - HvX64RegisterRax] = value;
        return HV_VP_REGISTER_PAGE_DIRTY_GENERAL;
    }
    if (change->name == HvX64RegisterRip) {
        page->rip = value;
        return HV_VP_REGISTER_PAGE_DIRTY_IP;
    }
    if (change->name == HvX64RegisterRflags) {
        page->rflags = value;
        return HV_VP_REGISTER_PAGE_DIRTY_FLAGS;
    }
    return 0;
}

/* What is not marked as changed is not taken, so a list that is refused halfway changes nothing. */
bool worker_register_page_put(struct hv_vp_register_page *page,
                              const struct worker_register *registers, uint32_t count)
{
    uint32_t dirty = 0;

    if (!page->is_valid)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t changed = put(page, &registers[i]);

        if (changed == 0)
            return false;
        dirty |= changed;
    }
    page->dirty |= dirty;
    return true;
}
