/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/nic/pci_io_bars.h"

#include "efi/nic/pci_io.h"
#include "efi/platform/services.h"
#include "firmware/base/bytes.h"

enum {
    BAR_PORT = 1, /* PCI 3.0, section 6.2.5.1 */
    BAR_MEMORY_TYPE = 6,
    BAR_MEMORY_64 = 4,
    /* The QWORD address space descriptor of ACPI 2.0, section 6.4.3.5.1, that GetBarAttributes() answers with. */
    ACPI_QWORD_ADDRESS_SPACE = 0x8a,
    ACPI_ADDRESS_MIN = 14,
    ACPI_TRANSLATION = 30,
};

/* The address of the firmware's BAR `index` as the bus has it. */
static bool address_of(EFI_PCI_IO_PROTOCOL *io, uint8_t index, uint64_t *address)
{
    UINT64 supports;
    void *resources = NULL;
    const uint8_t *descriptor;
    uint64_t translation;
    bool is_known;

    if (EFI_ERROR(io->GetBarAttributes(io, index, &supports, &resources)) || resources == NULL)
        return false;
    descriptor = resources;
    is_known = descriptor[0] == ACPI_QWORD_ADDRESS_SPACE;
    if (is_known) {
        memcpy(address, descriptor + ACPI_ADDRESS_MIN, sizeof(*address));
        memcpy(&translation, descriptor + ACPI_TRANSLATION, sizeof(translation));
        *address += translation; /* 0 on every x86 */
    }
    services_free(resources);
    return is_known;
}

static void find(struct pci_io *pci, unsigned bar, uint64_t address)
{
    for (uint8_t index = 0; index < PCI_IO_BARS; index++) {
        uint64_t theirs;

        if (address_of(pci->io, index, &theirs) && theirs == address) {
            pci->bar[bar].index = index;
            pci->bar[bar].is_there = true;
            return;
        }
    }
}

void pci_io_find_bars(struct pci_io *pci)
{
    struct pci_device *device = &pci->device;

    for (unsigned bar = 0; bar < PCI_IO_BARS; bar++) {
        uint32_t low = device->ops->config_read(device, PCI_BAR0 + 4 * bar, 4), high = 0;
        unsigned this_bar = bar;

        pci->bar[bar].is_port = (low & BAR_PORT) != 0;
        if (!pci->bar[bar].is_port && (low & BAR_MEMORY_TYPE) == BAR_MEMORY_64 && bar + 1 < PCI_IO_BARS)
            high = device->ops->config_read(device, PCI_BAR0 + 4 * ++bar, 4);
        low &= pci->bar[this_bar].is_port ? ~3u : ~15u;
        if (low != 0 || high != 0)
            find(pci, this_bar, (uint64_t)high << 32 | low);
    }
}
