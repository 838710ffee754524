/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/boot_image.h"

#include "efi/app/boot_handle.h"
#include "efi/platform/device_path.h"
#include "efi/platform/services.h"
#include "efi/platform/watchdog.h"
#include "firmware/base/text.h"
#include "firmware/boot/failure.h"
#include "firmware/platform.h"

enum {
    EXIT_TEXT_MAX = 160,
};

static void tell_failure(struct app *app, EFI_STATUS status)
{
    enum status why = STATUS_IMAGE_INVALID;

    if (status == EFI_SECURITY_VIOLATION || status == EFI_ACCESS_DENIED)
        why = STATUS_IMAGE_REFUSED;
    else if (status == EFI_OUT_OF_RESOURCES)
        why = STATUS_OUT_OF_RESOURCES;
    failure_show(&app->boot.session, why);
}

/* What a program says as it ends is UCS-2, with or without an end. */
static void tell_exit_data(const CHAR16 *data, UINTN size)
{
    char text[EXIT_TEXT_MAX];
    size_t len = 0;

    for (; len < sizeof(text) - 1 && (len + 1) * sizeof(*data) <= size && data[len] != 0; len++)
        text[len] = data[len] >= ' ' && data[len] < 0x7f ? (char)data[len] : '?';
    text[len] = '\0';
    if (len != 0) {
        platform_print(text);
        platform_print("\n");
    }
}

static void tell_exit(EFI_STATUS status, const CHAR16 *data, UINTN size)
{
    char line[80];

    if (status == EFI_SUCCESS)
        return;
    text_format(line, sizeof(line), "\nThe boot program ended with status %llx\n", (unsigned long long)status);
    platform_print(line);
    if (data != NULL)
        tell_exit_data(data, size);
}

/* A refused image has a handle all the same, and lies in memory until it is unloaded. */
static EFI_STATUS load(struct app *app, const EFI_DEVICE_PATH *path, EFI_HANDLE *image)
{
    struct slice file = session_boot_file(&app->boot.session);
    EFI_DEVICE_PATH *copy = device_path_append(path, NULL);
    EFI_STATUS status = EFI_OUT_OF_RESOURCES;

    *image = NULL;
    if (copy != NULL)
        status = efi_boot->LoadImage(FALSE, efi_image, copy, (void *)(uintptr_t)file.data, file.len, image);
    services_free(copy);
    if (!EFI_ERROR(status))
        return EFI_SUCCESS;
    if (*image != NULL)
        efi_boot->UnloadImage(*image);
    tell_failure(app, status);
    return status;
}

static EFI_STATUS start(EFI_HANDLE image)
{
    UINTN size = 0;
    CHAR16 *data = NULL;
    EFI_STATUS status;

    watchdog_hand_over();
    status = efi_boot->StartImage(image, &size, &data);
    watchdog_disarm();
    tell_exit(status, data, size);
    services_free(data);
    return status;
}

static EFI_STATUS load_and_start(struct app *app, const EFI_DEVICE_PATH *path)
{
    EFI_HANDLE image;
    EFI_STATUS status = load(app, path, &image);

    if (EFI_ERROR(status))
        return status;
    page_sink_empty(&app->boot.file);
    return start(image);
}

EFI_STATUS boot_image_run(struct app *app)
{
    struct boot_handle own;
    EFI_STATUS status = boot_handle_make(&own, app);

    if (EFI_ERROR(status)) {
        tell_failure(app, status);
        return status;
    }
    loan_serve(&app->loan);
    status = load_and_start(app, own.path);
    loan_serve_end(&app->loan);
    boot_handle_drop(&own, app);
    return status;
}
