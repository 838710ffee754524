/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * Where a file is sent by multicast (PXE 2.1's MTFTP), as a PXE server's option 43 says in tags 1 to 5 or a caller of
 * the API in its parameters.
 */
#ifndef PUCK_PROTO_MTFTP_GROUP_H
#define PUCK_PROTO_MTFTP_GROUP_H

#include <stdbool.h>
#include <stdint.h>

struct mtftp_group {
    uint32_t address;     /* the group, host byte order; 0: none, the file comes by unicast */
    uint16_t client_port; /* where the group's packets go, host byte order */
    uint16_t server_port; /* where the server takes requests, host byte order */
    bool
        ports_may_be_swapped; /* written in an order that is not certain (option 43): to be tried the other way round */
    uint8_t open_s;           /* how long to listen before the first request, and for an answer to one; seconds, 0: 1 */
    uint8_t reopen_s; /* how long to listen before a request after a session that left blocks out; seconds, 0: 1 */
};

#endif
