/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "efi/protocols/net_boot.h"

#include "efi/platform/watchdog.h"
#include "efi/status.h"

void net_boot_start(struct net_boot *boot)
{
    page_sink_start(&boot->file);
    boot->config.file = &boot->file.buffer;
    boot->config.cached = &boot->cached;
    boot->is_busy = false;
    session_attach(&boot->session, &boot->config);
    pxe_base_code_init(&boot->pxe, boot);
    load_file_init(&boot->load_file, boot);
}

static enum status run_session(struct net_boot *boot)
{
    struct session *s = &boot->session;
    enum status status = boot->ops->acquire(boot);

    if (status != STATUS_OK) {
        session_attach(s, &boot->config);
        boot_flow_fail(s, session_now(), status);
        return status;
    }
    status = session_start(s, &boot->config);
    if (status == STATUS_OK)
        status = session_boot(s);
    if (status == STATUS_OK)
        pxe_base_code_after_boot(&boot->pxe);
    boot->ops->release(boot, false);
    return status;
}

enum status net_boot_run(struct net_boot *boot)
{
    enum status status;

    boot->is_busy = true;
    watchdog_arm();
    pxe_base_code_reset(&boot->pxe);
    page_sink_empty(&boot->file);
    status = run_session(boot);
    if (status != STATUS_OK)
        page_sink_empty(&boot->file);
    watchdog_disarm();
    boot->is_busy = false;
    return status;
}

EFI_STATUS net_boot_begin(struct net_boot *boot)
{
    enum status status;

    if (boot->is_busy)
        return EFI_NOT_READY;
    status = boot->ops->acquire(boot);
    if (status != STATUS_OK)
        return efi_status(status);
    boot->is_busy = true;
    return EFI_SUCCESS;
}

void net_boot_end(struct net_boot *boot, bool expects_replies)
{
    boot->is_busy = false;
    boot->ops->release(boot, expects_replies);
}

void net_boot_stop(struct net_boot *boot)
{
    pxe_base_code_reset(&boot->pxe);
    page_sink_empty(&boot->file);
}
