/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "bios/realmode/low_pxe.h"

#include "bios/realmode/low.h"
#include "firmware/base/bytes.h"

struct segment_descriptor {
    uint16_t segment;
    uint32_t address;
    uint16_t size;
} __attribute__((packed));

struct pxe_structure {
    uint8_t signature[4];
    uint8_t length, checksum, revision, reserved1;
    struct far_pointer undi_rom_id, base_rom_id, entry_sp, entry_esp, status_callout;
    uint8_t reserved2, descriptors;
    uint16_t first_selector;
    struct segment_descriptor stack, undi_data, undi_code, undi_code_write, bc_data, bc_code, bc_code_write;
} __attribute__((packed));
_Static_assert(sizeof(struct pxe_structure) == 0x58, "ReactOS accepts no other size");

struct pxenv_structure {
    uint8_t signature[6];
    uint16_t version;
    uint8_t length, checksum;
    struct far_pointer entry;
    uint32_t pm_offset;
    uint16_t pm_selector, stack_segment, stack_size;
    uint16_t bc_code_segment, bc_code_size, bc_data_segment, bc_data_size;
    uint16_t undi_data_segment, undi_data_size, undi_code_segment, undi_code_size;
    struct far_pointer pxe;
} __attribute__((packed));
_Static_assert(sizeof(struct pxenv_structure) == 0x2c, "FreeBSD accepts nothing longer");

/* The byte that makes the sum over `size` bytes zero, where the checksum itself counts as zero. */
static uint8_t checksum(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t sum = 0;

    while (size--)
        sum = (uint8_t)(sum + *bytes++);
    return (uint8_t)-sum;
}

static struct segment_descriptor describe(uint32_t offset, uint32_t size)
{
    return (struct segment_descriptor){
        .segment = (uint16_t)((low_address() + offset) >> 4),
        .address = low_address() + offset,
        .size = (uint16_t)size,
    };
}

void low_pxe_describe(struct far_pointer undi_rom_id)
{
    struct pxe_structure *pxe = &LOW(struct pxe_structure, low_pxe);
    struct pxenv_structure *pxenv = &LOW(struct pxenv_structure, low_pxenv);
    uint32_t code = (uint32_t)low_text_end;
    uint32_t stack = ((uint32_t)low_nbp_stack + 15) & ~15u;

    /* Code and data together are the whole block: undionly.kpxe and pxelinux compute from them what they free. */
    pxe->undi_code = pxe->undi_code_write = describe(0, code);
    pxe->undi_data = describe(code, LOW_SIZE - code);
    pxe->stack = describe(stack, LOW_SIZE - stack);
    pxe->undi_rom_id = undi_rom_id;
    pxe->entry_sp.segment = low_segment();
    pxe->checksum = 0;
    pxe->checksum = checksum(pxe, sizeof(*pxe));

    pxenv->entry.segment = low_segment();
    pxenv->pxe.segment = low_segment();
    pxenv->stack_segment = pxe->stack.segment;
    pxenv->stack_size = pxe->stack.size;
    pxenv->undi_code_segment = pxe->undi_code.segment;
    pxenv->undi_code_size = pxe->undi_code.size;
    pxenv->undi_data_segment = pxe->undi_data.segment;
    pxenv->undi_data_size = pxe->undi_data.size;
    pxenv->checksum = 0;
    pxenv->checksum = checksum(pxenv, sizeof(*pxenv));
}

void low_pxe_forget(void)
{
    memset(&LOW(uint8_t, low_pxe), 0, sizeof(struct pxe_structure));
    memset(&LOW(uint8_t, low_pxenv), 0, sizeof(struct pxenv_structure));
}
