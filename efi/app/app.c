/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/app.h"

#include "efi/app/boot_image.h"
#include "efi/app/origin.h"
#include "efi/platform/services.h"
#include "efi/platform/smbios.h"
#include "efi/status.h"
#include "firmware/base/format.h"
#include "firmware/platform.h"

/* DHCP option 93 (RFC 4578 section 2.1, as IANA's registry corrects it). */
#ifdef __x86_64__
#define ARCHITECTURE 7
#else
#define ARCHITECTURE 6
#endif

static struct app *app_of(struct net_boot *boot)
{
    return (struct app *)boot;
}

/*
 * To a boot program, a card that somebody else holds is a failed call; to a person, it is the end of the boot. Nobody
 * releases what was not acquired, so a card that was taken but does not start goes back here.
 */
static enum status app_acquire(struct net_boot *boot)
{
    struct loan *loan = &app_of(boot)->loan;
    enum status status = loan_take(loan);

    if (loan->state == LOAN_NONE && loan->idle == NULL)
        platform_print("Puck: some other driver or program holds this network card and does not let go\n");
    if (status != STATUS_OK)
        loan_give_back(loan);
    return status;
}

/* Between the calls of a boot program it is kept for a while, since taking it costs the firmware its whole stack. */
static void app_release(struct net_boot *boot, bool expects_replies)
{
    struct app *app = app_of(boot);

    (void)expects_replies;
    if (app->loan.idle != NULL)
        loan_rest(&app->loan);
    else
        loan_give_back(&app->loan);
}

static void app_stopped(struct net_boot *boot)
{
    loan_give_back(&app_of(boot)->loan);
}

static const struct net_boot_ops ops = {.acquire = app_acquire, .release = app_release, .stopped = app_stopped};

/* For what fails where no session can tell it. */
static void tell_failure(enum status why, const char *what)
{
    char line[120];

    text_format(line, sizeof(line), "Puck: PXE-E%02X: %s%s\n", status_number(why), status_text(why), what);
    platform_print(line);
}

static void configure(struct app *app, const struct card *card, const struct origin *origin, bool is_origin)
{
    struct session_config *config = &app->boot.config;

    app->card = card;
    loan_init(&app->loan, card, &app->boot.is_busy);
    app->boot.ops = &ops;
    *config = (struct session_config){
        .nic = &app->loan.nic.nic,
        .nic_name = "firmware's driver",
        .nic_place = card->place,
        .architecture = ARCHITECTURE,
        .target = &efi_boot_target,
        .user_class = "Puck",
        .lease = is_origin && origin->has_lease ? &origin->lease : NULL,
        .own_file = origin->own_file[0] != '\0' ? origin->own_file : NULL,
        .own_server = origin->own_server,
        .file_name = origin->file_name[0] != '\0' ? origin->file_name : NULL,
        .file_server = origin->file_server,
    };
    config->has_uuid = smbios_uuid(config->uuid);
    net_boot_start(&app->boot);
}

/* STATUS_OK: a boot program has run, and `result` is what it ended with. */
static enum status boot_card(const struct card *card, const struct origin *origin, bool is_origin, EFI_STATUS *result)
{
    struct app *app = services_alloc(sizeof(*app));
    enum status status;

    if (app == NULL) {
        tell_failure(STATUS_OUT_OF_RESOURCES, "");
        return STATUS_OUT_OF_RESOURCES;
    }
    configure(app, card, origin, is_origin);
    status = net_boot_run(&app->boot);
    *result = status == STATUS_OK ? boot_image_run(app) : efi_status(status);
    net_boot_stop(&app->boot);
    services_free(app);
    return status;
}

/* The card that we came from, and no other: a person who chose it meant it. Else each, until one boots. */
static EFI_STATUS boot(const struct cards *cards, const struct origin *origin)
{
    const struct card *own = cards_on_path(cards, origin->path);
    EFI_STATUS result = EFI_NOT_FOUND;

    if (own != NULL) {
        (void)boot_card(own, origin, true, &result);
        return result;
    }
    for (size_t i = 0; i < cards->count; i++) {
        enum status status = boot_card(&cards->card[i], origin, false, &result);

        if (status == STATUS_OK || status == STATUS_CANCELLED || status == STATUS_LOCAL_BOOT)
            break;
    }
    return result;
}

static EFI_STATUS find_and_boot(struct cards *cards, struct origin *origin)
{
    EFI_STATUS status;

    origin_find(origin);
    if (origin->is_bad_file) {
        tell_failure(STATUS_BAD_PARAMETER,
                     ": what the load options name is neither a file name nor tftp://address/name");
        origin_forget(origin);
        return EFI_INVALID_PARAMETER;
    }
    cards_find(cards);
    if (cards->count == 0)
        cards_connect(cards);
    if (cards->count == 0)
        tell_failure(STATUS_NIC_FAILED, ": the firmware has no driver for any network card here");
    status = boot(cards, origin);
    cards_forget(cards);
    origin_forget(origin);
    return status;
}

EFI_STATUS app_run(void)
{
    struct {
        struct cards cards;
        struct origin origin;
    } *found = services_alloc(sizeof(*found));
    EFI_STATUS status;

    if (found == NULL)
        return EFI_OUT_OF_RESOURCES;
    status = find_and_boot(&found->cards, &found->origin);
    services_free(found);
    return status;
}
