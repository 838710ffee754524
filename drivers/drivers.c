/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "drivers/drivers.h"

/* Weak here: the entry of a driver that is not linked is NULL. */
extern const struct nic_driver intel_driver __attribute__((weak));
extern const struct nic_driver virtio_net_driver __attribute__((weak));

const struct nic_driver *const nic_drivers[] = {
    &intel_driver,
    &virtio_net_driver,
};
const size_t nic_driver_count = sizeof(nic_drivers) / sizeof(nic_drivers[0]);

const struct nic_driver *driver_for(const struct pci_device *pci, const struct pci_id **id)
{
    for (size_t i = 0; i < nic_driver_count; i++) {
        if (nic_drivers[i] == NULL)
            continue;
        for (*id = nic_drivers[i]->ids; (*id)->vendor != 0; (*id)++)
            if ((*id)->vendor == pci->vendor && (*id)->device == pci->device)
                return nic_drivers[i];
    }
    *id = NULL;
    return NULL;
}
