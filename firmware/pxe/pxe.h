/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * The meaning of the PXE API (PXE 2.1 chapters 3 and 4) on flat memory: what each call does to the session and to its
 * parameter block. How calls get here (real mode, stacks, registers) is the platform's business, which makes all of
 * this testable on a host.
 *
 * The NIC has one owner at a time. It belongs to the caller (raw) from UNDI_OPEN or UNDI_TRANSMIT on, and returns to
 * the stack with UNDI_CLOSE, UNDI_SHUTDOWN, or when the caller uses UDP or TFTP again.
 */
#ifndef PUCK_PXE_PXE_H
#define PUCK_PXE_PXE_H

#include "firmware/boot/run.h"
#include "firmware/pxe/tftp_api.h"
#include "firmware/pxe/udp_api.h"
#include "firmware/pxe/undi_api.h"

struct pxe_api;

/* What the API asks of the platform that it is mounted in. */
struct pxe_host_ops {
    /*
     * The memory at a physical address, for reading and writing, or NULL when any byte of it is not the caller's to
     * give: our own code, data or stacks, or no memory at all. len may be 0.
     */
    uint8_t *(*map)(struct pxe_api *, uint32_t physical, uint32_t len);
    /* STOP_UNDI: gives back every interrupt vector, or none and STATUS_KEEP_UNDI when somebody has hooked one since. */
    enum status (*release)(struct pxe_api *);
    /* RESTART_TFTP: starts another boot program over the caller. Returns only where there is no machine (tests). */
    void (*restart)(struct pxe_api *, struct slice image);
};

/* The NIC as PXENV_UNDI_GET_NIC_TYPE tells it. */
struct pxe_nic_identity {
    uint16_t vendor, device, subvendor, subdevice, bus_dev_fn;
    uint8_t class_code[3], revision;
};

struct pxe_api {
    const struct pxe_host_ops *host;
    struct session *session;
    struct pxe_nic_identity identity;
    struct pxe_far cached_packets; /* real-mode address of session->config.cached */
    struct pxe_far frame;          /* real-mode address of `frame_bytes` */
    uint8_t *frame_bytes;          /* NIC_FRAME_MAX bytes of base memory: the bounce frame of UNDI_ISR */
    struct pxe_udp udp;
    struct pxe_tftp tftp;
    struct pxe_undi undi;
    bool is_stopped; /* by STOP_UNDI: the vectors are given back, and the memory we lie in is no longer hidden */
};

/* Every pointer above must be set before; forgets UDP, TFTP and UNDI state. */
void pxe_start(struct pxe_api *);

/*
 * One call; segment:offset is the parameter block. Returns what goes to AX: PXENV_EXIT_SUCCESS or PXENV_EXIT_FAILURE.
 * The block's Status is always written, unless the block itself does not lie in the caller's memory.
 */
uint16_t pxe_call(struct pxe_api *, uint16_t opcode, uint16_t segment, uint16_t offset);

/* For the API's own files. */

/* Memory behind a far pointer; NULL as map() says. */
uint8_t *pxe_map_far(struct pxe_api *, struct pxe_far, uint32_t len);

/* Opens the NIC if need be; not after STOP_UNDI, for its DMA would go to memory that is somebody else's by now. */
enum status pxe_open_nic(struct pxe_api *);

/* The same, and gives it to the stack (or to the caller). */
enum status pxe_own_nic(struct pxe_api *, enum nic_owner);

static inline struct ip_address pxe_ip(const uint8_t bytes[4])
{
    return (struct ip_address){.family = IP_V4, .byte = {bytes[0], bytes[1], bytes[2], bytes[3]}};
}

static inline uint16_t pxe_port(const uint8_t bytes[2])
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void pxe_put_port(uint8_t bytes[2], uint16_t port)
{
    bytes[0] = (uint8_t)(port >> 8);
    bytes[1] = (uint8_t)port;
}

#endif
