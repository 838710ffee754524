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

static bool installed;

static struct far_pointer entry_of(const struct hook *hook)
{
    return (struct far_pointer){(uint16_t)(uint32_t)hook->entry, low_segment()};
}

void hooks_install(void)
{
    if (installed)
        return;
    memory_map_hide();
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        struct far_pointer *vector = memory_at(hooks[i].vector * 4u);

        LOW(struct far_pointer, hooks[i].old) = *vector;
        *vector = entry_of(&hooks[i]);
    }
    installed = true;
}

bool hooks_remove(void)
{
    bool all = true;

    if (!installed)
        return true;
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        struct far_pointer *vector = memory_at(hooks[i].vector * 4u);
        struct far_pointer ours = entry_of(&hooks[i]);

        if (memcmp(vector, &ours, sizeof(ours)) == 0)
            *vector = LOW(struct far_pointer, hooks[i].old);
        else if (memcmp(vector, &LOW(struct far_pointer, hooks[i].old), sizeof(ours)) != 0)
            all = false;
    }
    if (all)
        installed = false;
    return all;
}
