/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The UNDI calls (PXE 2.1 section 4.4), polled: no interrupt is offered (IntNumber 0), UNDI_ISR works without one, and
 * the card's own interrupt stays masked.
 */
#ifndef PUCK_PXE_UNDI_API_H
#define PUCK_PXE_UNDI_API_H

#include "firmware/base/bytes.h"
#include "firmware/spec/pxe_api.h"

struct pxe_api;

struct pxe_undi {
    unsigned transmitted; /* completions that UNDI_ISR has not told yet */
    bool has_frame;       /* `frame` is lent by the NIC and waits for UNDI_ISR PROCESS or GET_NEXT */
    struct slice frame;
};

enum status pxe_undi_startup(struct pxe_api *, void *parameters); /* STARTUP, INITIALIZE */
enum status pxe_undi_reset(struct pxe_api *, void *parameters);
enum status pxe_undi_open(struct pxe_api *, void *parameters);
enum status pxe_undi_close(struct pxe_api *, void *parameters); /* CLOSE, SHUTDOWN, CLEANUP */
enum status pxe_undi_transmit(struct pxe_api *, void *parameters);
enum status pxe_undi_isr(struct pxe_api *, void *parameters);
enum status pxe_undi_set_station_address(struct pxe_api *, void *parameters);
enum status pxe_undi_get_information(struct pxe_api *, void *parameters);
enum status pxe_undi_get_statistics(struct pxe_api *, void *parameters);
enum status pxe_undi_clear_statistics(struct pxe_api *, void *parameters);
enum status pxe_undi_get_mcast_address(struct pxe_api *, void *parameters);
enum status pxe_undi_get_nic_type(struct pxe_api *, void *parameters);
enum status pxe_undi_get_iface_info(struct pxe_api *, void *parameters);

/* Forgets frames and completions, and gives a lent frame back. */
void pxe_undi_flush(struct pxe_api *);

#endif
