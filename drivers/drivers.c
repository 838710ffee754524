/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "drivers/drivers.h"

const struct nic_driver *const nic_drivers[] = {
    NULL,
};

const struct nic_driver *driver_for(const struct pci_device *pci, const struct pci_id **id)
{
    for (const struct nic_driver *const *driver = nic_drivers; *driver != NULL; driver++)
        for (*id = (*driver)->ids; (*id)->vendor != 0; (*id)++)
            if ((*id)->vendor == pci->vendor && (*id)->device == pci->device)
                return *driver;
    *id = NULL;
    return NULL;
}
