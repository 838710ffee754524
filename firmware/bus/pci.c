/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/bus/pci.h"

void pci_identify(struct pci_device *pci)
{
    pci->vendor = (uint16_t)pci->ops->config_read(pci, PCI_VENDOR_ID, 2);
    pci->device = (uint16_t)pci->ops->config_read(pci, PCI_DEVICE_ID, 2);
    pci->subvendor = (uint16_t)pci->ops->config_read(pci, PCI_SUBSYSTEM_VENDOR, 2);
    pci->subdevice = (uint16_t)pci->ops->config_read(pci, PCI_SUBSYSTEM_ID, 2);
    pci->revision = (uint8_t)pci->ops->config_read(pci, PCI_REVISION, 1);
    for (unsigned i = 0; i < 3; i++)
        pci->class_code[i] = (uint8_t)pci->ops->config_read(pci, PCI_REVISION + 3 - i, 1);
}

void pci_command(struct pci_device *pci, uint16_t set, uint16_t clear)
{
    uint32_t command = pci->ops->config_read(pci, PCI_COMMAND, 2);

    pci->ops->config_write(pci, PCI_COMMAND, 2, (command | set) & ~(uint32_t)clear);
}

unsigned pci_find_capability(struct pci_device *pci, uint8_t id, unsigned after)
{
    unsigned at;

    if ((pci->ops->config_read(pci, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES) == 0)
        return 0;
    at = pci->ops->config_read(pci, after == 0 ? PCI_CAPABILITIES : after + 1, 1) & 0xfc;
    /* 48 capabilities of 4 bytes fill the space from 40h to FFh: a longer list is a loop. */
    for (unsigned n = 0; at >= 0x40 && n < 48; n++) {
        if (pci->ops->config_read(pci, at, 1) == id)
            return at;
        at = pci->ops->config_read(pci, at + 1, 1) & 0xfc;
    }
    return 0;
}
