/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * PXENV_TFTP_OPEN, READ, CLOSE, READ_FILE and GET_FSIZE (PXE 2.1 section 4.2). OPEN and READ walk through a file block
 * by block: the server's next block is asked for when the caller reads, so it never runs ahead of the caller's memory.
 */
#ifndef PUCK_PXE_TFTP_API_H
#define PUCK_PXE_TFTP_API_H

#include "firmware/base/sink.h"
#include "firmware/spec/pxe_api.h"

#define PXE_TFTP_BLOCK_MAX 1468 /* what fits one frame: 1500 - 20 - 8 - 4 */

struct pxe_api;

struct pxe_tftp {
    struct sink sink; /* must be first */
    bool is_open, has_block, is_over;
    uint16_t block_size, packet_number; /* as agreed; of the block that READ gave last */
    size_t block_len;
    uint8_t block[PXE_TFTP_BLOCK_MAX];
};

enum status pxe_tftp_open(struct pxe_api *, void *parameters);
enum status pxe_tftp_read(struct pxe_api *, void *parameters);
enum status pxe_tftp_close(struct pxe_api *, void *parameters);
enum status pxe_tftp_read_file(struct pxe_api *, void *parameters);
enum status pxe_tftp_get_fsize(struct pxe_api *, void *parameters);

/* Part of RESTART_TFTP: the file into `memory`; its length goes to `len`. */
enum status pxe_tftp_fetch(struct pxe_api *, const struct pxenv_tftp_read_file *, void *memory, uint32_t capacity,
                           uint32_t *len);

#endif
