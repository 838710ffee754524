/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/app/loan.h"

#include "efi/platform/services.h"
#include "efi/platform/tpl.h"

enum {
    BINDING_VERSION = 0x10, /* the first of those for drivers that come without the firmware */
};

#define REST_100NS 20000000u /* two seconds */

static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;
static EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;

void loan_init(struct loan *loan, const struct card *card, const bool *is_busy)
{
    memset(loan, 0, sizeof(*loan));
    loan->handle = card->handle;
    loan->is_busy = is_busy;
    snp_nic_init(&loan->nic, card->snp);
}

/* BY_DRIVER names the controller that is driven; an application drives none. */
static EFI_HANDLE controller_of(const struct loan *loan, bool as_driver)
{
    return as_driver ? loan->handle : NULL;
}

static bool open_snp(const struct loan *loan, bool as_driver)
{
    void *interface;

    return !EFI_ERROR(efi_boot->OpenProtocol(loan->handle, &snp_guid, &interface, efi_image,
                                             controller_of(loan, as_driver),
                                             as_driver ? EFI_OPEN_PROTOCOL_BY_DRIVER : EFI_OPEN_PROTOCOL_EXCLUSIVE));
}

static void close_snp(const struct loan *loan, bool as_driver)
{
    efi_boot->CloseProtocol(loan->handle, &snp_guid, efi_image, controller_of(loan, as_driver));
}

/*
 * GRUB keeps its cards open while what it chainloads runs. It is an application and waits for us to return: nobody
 * polls the card behind our back. A driver that holds it exclusively would. NULL: no application has it.
 */
static EFI_HANDLE application_that_holds(const struct loan *loan)
{
    EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *holders;
    EFI_HANDLE application = NULL;
    bool has_driver = false;
    UINTN count;

    if (EFI_ERROR(efi_boot->OpenProtocolInformation(loan->handle, &snp_guid, &holders, &count)))
        return NULL;
    for (UINTN i = 0; i < count; i++) {
        has_driver |= (holders[i].Attributes & EFI_OPEN_PROTOCOL_BY_DRIVER) != 0;
        if ((holders[i].Attributes & EFI_OPEN_PROTOCOL_EXCLUSIVE) != 0)
            application = holders[i].AgentHandle;
    }
    services_free(holders);
    return has_driver ? NULL : application;
}

/* Under the same application as before only: one that took it since is the boot program, and uses it. */
static enum loan_state take_under(struct loan *loan)
{
    const EFI_SIMPLE_NETWORK_MODE *mode;
    EFI_HANDLE application = application_that_holds(loan);

    if (application == NULL || (loan->binding.Version != 0 && application != loan->above))
        return LOAN_NONE;
    mode = loan->nic.snp->Mode; /* not before: the SNP may be gone, with its handle */
    loan->above = application;
    loan->state_before = mode->State;
    loan->filter_before = mode->ReceiveFilterSetting;
    return LOAN_UNDER;
}

/* EXCLUSIVE makes the firmware's stack let go; at TPL_CALLBACK nobody comes between that and BY_DRIVER. */
static enum loan_state take_snp(struct loan *loan)
{
    if (!open_snp(loan, false))
        return take_under(loan);
    if (loan->binding.Version == 0)
        return LOAN_EXCLUSIVE;
    close_snp(loan, false);
    return open_snp(loan, true) ? LOAN_DRIVER : LOAN_NONE;
}

/* A boot program that has used the SNP without opening it may have left it in any state. */
static void notice_stop(struct loan *loan)
{
    if (loan->nic.snp->Mode->State != EfiSimpleNetworkInitialized)
        nic_close(&loan->nic.nic);
}

enum status loan_take(struct loan *loan)
{
    if (loan->state == LOAN_NONE)
        loan->state = take_snp(loan);
    else
        notice_stop(loan);
    return loan->state == LOAN_NONE ? STATUS_NIC_FAILED : nic_open(&loan->nic.nic);
}

static void restore_under(const struct loan *loan)
{
    EFI_SIMPLE_NETWORK_PROTOCOL *snp = loan->nic.snp;

    if (loan->state_before != EfiSimpleNetworkStopped)
        snp->Start(snp);
    if (loan->state_before != EfiSimpleNetworkInitialized || EFI_ERROR(snp->Initialize(snp, 0, 0)))
        return;
    snp->ReceiveFilters(snp, loan->filter_before, 0, FALSE, 0, NULL);
}

/* An SNP that is not stopped the firmware's stack does not take: its own Start() would fail. */
static void let_go(struct loan *loan)
{
    nic_close(&loan->nic.nic);
    if (loan->state == LOAN_UNDER)
        restore_under(loan);
    else
        close_snp(loan, loan->state == LOAN_DRIVER);
    loan->state = LOAN_NONE;
}

void loan_give_back(struct loan *loan)
{
    if (loan->state == LOAN_NONE)
        return;
    let_go(loan);
    efi_boot->ConnectController(loan->handle, NULL, NULL, TRUE);
}

/* --- while a boot program runs --------------------------------------------------------------------------------------
 */

static struct loan *loan_of(EFI_DRIVER_BINDING_PROTOCOL *binding)
{
    return (struct loan *)(void *)((uint8_t *)binding - offsetof(struct loan, binding));
}

/* It is there to be stopped: nothing is ever bound by it. */
static EFI_STATUS EFIAPI binding_supported(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
                                           EFI_DEVICE_PATH *remaining)
{
    (void)this;
    (void)controller;
    (void)remaining;
    return EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI binding_stop(EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller, UINTN child_count,
                                      EFI_HANDLE *children)
{
    struct loan *loan = loan_of(this);

    (void)child_count;
    (void)children;
    if (controller != loan->handle || loan->state != LOAN_DRIVER || *loan->is_busy)
        return EFI_DEVICE_ERROR;
    let_go(loan);
    return EFI_SUCCESS;
}

static void EFIAPI idle_for_long(EFI_EVENT event, void *context)
{
    struct loan *loan = context;
    struct tpl_entry entry = tpl_enter();

    (void)event;
    if (!*loan->is_busy)
        loan_give_back(loan);
    tpl_leave(entry);
}

EFI_STATUS loan_serve(struct loan *loan)
{
    EFI_HANDLE handle = efi_image;
    EFI_STATUS status;

    loan->binding = (EFI_DRIVER_BINDING_PROTOCOL){
        .Supported = binding_supported,
        .Start = binding_supported,
        .Stop = binding_stop,
        .Version = BINDING_VERSION,
        .ImageHandle = efi_image,
        .DriverBindingHandle = efi_image,
    };
    status = efi_boot->CreateEvent(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, idle_for_long, loan, &loan->idle);
    if (!EFI_ERROR(status))
        status = efi_boot->InstallProtocolInterface(&handle, &binding_guid, EFI_NATIVE_INTERFACE, &loan->binding);
    if (EFI_ERROR(status))
        loan->binding.Version = 0;
    return status;
}

void loan_serve_end(struct loan *loan)
{
    if (loan->idle != NULL)
        efi_boot->CloseEvent(loan->idle);
    loan->idle = NULL;
    loan_give_back(loan);
    if (loan->binding.Version != 0)
        efi_boot->UninstallProtocolInterface(efi_image, &binding_guid, &loan->binding);
    loan->binding.Version = 0;
}

void loan_rest(struct loan *loan)
{
    if (loan->state != LOAN_NONE && loan->idle != NULL)
        efi_boot->SetTimer(loan->idle, TimerRelative, REST_100NS);
}
