/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/realmode/hooks.h"

#include "bios/realmode/low.h"
#include "bios/realmode/memory_map.h"
#include "firmware/base/bytes.h"

LOW_SYMBOL(low_int15);
LOW_SYMBOL(low_int18);
LOW_SYMBOL(low_int19);
LOW_SYMBOL(low_int1a);
LOW_SYMBOL(low_old_int15);
LOW_SYMBOL(low_old_int18);
LOW_SYMBOL(low_old_int19);
LOW_SYMBOL(low_old_int1a);

struct hook {
    uint8_t vector;
    const uint8_t *entry, *old;
};

static const struct hook hooks[] = {
    {0x15, low_int15, low_old_int15},
    {0x18, low_int18, low_old_int18},
    {0x19, low_int19, low_old_int19},
    {0x1a, low_int1a, low_old_int1a},
};
#define HOOKS (sizeof(hooks) / sizeof(hooks[0]))

static bool installed;

static struct far_pointer entry_of(const struct hook *hook)
{
    return (struct far_pointer){(uint16_t)(uint32_t)hook->entry, low_segment()};
}

static struct far_pointer *vector_of(const struct hook *hook)
{
    return memory_at(hook->vector * 4u);
}

static bool points_to(const struct far_pointer *vector, struct far_pointer entry)
{
    return memcmp(vector, &entry, sizeof(entry)) == 0;
}

void hooks_prepare(void)
{
    for (size_t i = 0; i < HOOKS; i++)
        LOW(struct far_pointer, hooks[i].old) = *vector_of(&hooks[i]);
}

void hooks_install(void)
{
    if (installed)
        return;
    memory_map_hide();
    hooks_prepare();
    for (size_t i = 0; i < HOOKS; i++)
        *vector_of(&hooks[i]) = entry_of(&hooks[i]);
    installed = true;
}

bool hooks_remove(void)
{
    if (!installed)
        return true;
    for (size_t i = 0; i < HOOKS; i++)
        if (!points_to(vector_of(&hooks[i]), entry_of(&hooks[i])) &&
            !points_to(vector_of(&hooks[i]), LOW(struct far_pointer, hooks[i].old)))
            return false;
    for (size_t i = 0; i < HOOKS; i++)
        *vector_of(&hooks[i]) = LOW(struct far_pointer, hooks[i].old);
    installed = false;
    return true;
}
