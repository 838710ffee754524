/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/driver/component_name.h"

#include "efi/driver/binding.h"
#include "efi/driver/controller.h"

static CHAR16 driver_name[] = L"Puck network boot driver";
static CHAR8 english[] = "eng";
static CHAR8 english2[] = "en";

static bool same(const CHAR8 *a, const CHAR8 *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return *a == *b;
}

static EFI_STATUS name_driver(const CHAR8 *ours, const CHAR8 *language, CHAR16 **name)
{
    if (language == NULL || name == NULL)
        return EFI_INVALID_PARAMETER;
    if (!same(language, ours))
        return EFI_UNSUPPORTED;
    *name = driver_name;
    return EFI_SUCCESS;
}

static EFI_STATUS name_controller(EFI_HANDLE handle, EFI_HANDLE child, const CHAR8 *ours, const CHAR8 *language,
                                  CHAR16 **name)
{
    struct controller *c = binding_find(handle);

    if (handle == NULL || language == NULL || name == NULL)
        return EFI_INVALID_PARAMETER;
    if (!same(language, ours) || c == NULL)
        return EFI_UNSUPPORTED;
    if (child != NULL && child != c->station.handle && child != c->boot_entry.handle)
        return EFI_UNSUPPORTED;
    *name = c->name;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_driver_name(EFI_COMPONENT_NAME_PROTOCOL *this, CHAR8 *language, CHAR16 **name)
{
    (void)this;
    return name_driver(english, language, name);
}

static EFI_STATUS EFIAPI get_controller_name(EFI_COMPONENT_NAME_PROTOCOL *this, EFI_HANDLE handle, EFI_HANDLE child,
                                             CHAR8 *language, CHAR16 **name)
{
    (void)this;
    return name_controller(handle, child, english, language, name);
}

static EFI_STATUS EFIAPI get_driver_name2(EFI_COMPONENT_NAME2_PROTOCOL *this, CHAR8 *language, CHAR16 **name)
{
    (void)this;
    return name_driver(english2, language, name);
}

static EFI_STATUS EFIAPI get_controller_name2(EFI_COMPONENT_NAME2_PROTOCOL *this, EFI_HANDLE handle, EFI_HANDLE child,
                                              CHAR8 *language, CHAR16 **name)
{
    (void)this;
    return name_controller(handle, child, english2, language, name);
}

EFI_COMPONENT_NAME_PROTOCOL component_name = {
    .GetDriverName = get_driver_name,
    .GetControllerName = get_controller_name,
    .SupportedLanguages = english,
};

EFI_COMPONENT_NAME2_PROTOCOL component_name2 = {
    .GetDriverName = get_driver_name2,
    .GetControllerName = get_controller_name2,
    .SupportedLanguages = english2,
};
