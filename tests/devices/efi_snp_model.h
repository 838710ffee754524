/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * An EFI_SIMPLE_NETWORK_PROTOCOL as firmware has it (UEFI 2.10, section 24.1), over one end of a simulated wire; with
 * knobs for what such drivers get wrong. What the specification forbids their users is counted as a fault.
 */
#ifndef PUCK_TESTS_EFI_SNP_MODEL_H
#define PUCK_TESTS_EFI_SNP_MODEL_H

#include "efi/spec/uefi.h"
#include "firmware/nic/nic.h"

#define EFI_SNP_MODEL_RING 32

enum efi_snp_recycling {
    EFI_SNP_GIVES_BACK,
    EFI_SNP_GIVES_NONE,    /* TxBuf is NULL for ever */
    EFI_SNP_GIVES_FOREIGN, /* what it copied the frame to */
    EFI_SNP_FAILS,         /* GetStatus() itself */
};

struct efi_snp_model {
    EFI_SIMPLE_NETWORK_PROTOCOL protocol; /* first */
    EFI_SIMPLE_NETWORK_MODE mode;
    struct nic *nic; /* the wire's end */

    /* Knobs. */
    enum efi_snp_recycling recycling;
    bool start_is_repeated;       /* Start() says ALREADY_STARTED */
    unsigned initialize_failures; /* so many calls fail */
    bool is_link_hidden;          /* MediaPresent stays FALSE */
    bool is_link_down;
    unsigned stale;           /* buffers of a former user that GetStatus() gives back first */
    UINT32 refused_filters;   /* bits that ReceiveFilters() refuses though the mask has them */
    unsigned filter_refusals; /* so many calls fail, whatever they ask */
    unsigned busy;            /* so many Transmit() calls say NOT_READY, then OUT_OF_RESOURCES in turn */
    bool is_transmit_broken;
    unsigned receive_errors; /* so many Receive() calls fail */
    size_t jumbo;            /* a frame of this length lies in the ring, and stays until it is taken */
    unsigned room;           /* frames it takes before one is given back; 0: EFI_SNP_MODEL_RING */

    /* State. */
    void *out[EFI_SNP_MODEL_RING];
    size_t out_count;
    unsigned resets, initializations, transmitted;
    unsigned faults;
    const char *fault; /* the first */
};

/* Stopped, on a wire's end. */
void efi_snp_model_init(struct efi_snp_model *, struct nic *);

#endif
