/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * What DHCP transcripts share: the machine under test, and the servers of a small network to talk to it. One transcript
 * runs at a time.
 */
#ifndef PUCK_TESTS_HARNESS_DHCP_CONVERSATION_H
#define PUCK_TESTS_HARNESS_DHCP_CONVERSATION_H

#include "firmware/proto/dhcp.h"
#include "tests/harness/dhcp_reply.h"
#include "tests/harness/transcript.h"

#define SERVER  0xc0a86f82u /* 192.168.111.130 */
#define OTHER   0xc0a86f83u
#define PROXY   0xc0a86f84u
#define ADDRESS 0xc0a86f64u
#define ROUTER  0xc0a86f01u
#define MS(n)   MILLISECONDS(n)

extern const struct dhcp_config dhcp_test_config; /* gives up after 90 s, the link is up */
extern struct dhcp dhcp;
extern struct dhcp_reply reply; /* the one that was built last */
extern unsigned log_lines;      /* of more than debug level */

/* Starts the machine: owes the transcript its DISCOVER. */
void start_with(struct transcript *, const struct dhcp_config *);
void start(struct transcript *);

struct udp_address from(uint32_t address);

/* A reply of `server` to the last packet sent, with the options of the reference dhcpd.conf but no boot file. */
struct dhcp_reply *reply_of(struct transcript *, uint8_t type, uint32_t server);
struct dhcp_reply *with_file(struct dhcp_reply *);
struct dhcp_reply *with_class(struct dhcp_reply *, const char *class);
struct dhcp_reply *proxy_offer(struct transcript *, uint32_t server, const char *file);

/* The reply arrives, from the server that its option 54 names. */
void gets_reply(struct transcript *, time_us at, struct dhcp_reply *);

/* What the machine sent, parsed; all zero when it does not parse. */
struct dhcp_message parsed(struct slice sent);

void assert_option(const struct dhcp_message *, uint8_t tag, const void *bytes, size_t len);

/* A REQUEST for ADDRESS of that server, or a DISCOVER, leaves between the two times. */
void sends_request(struct transcript *, time_us earliest, time_us latest, uint32_t server);
void sends_discover(struct transcript *, time_us earliest, time_us latest);

/* Silence from now on, and a lease of ADDRESS. */
void is_bound(struct transcript *);

/* cmocka test functions whose initial state is a transcript_script. */
void run_whole(void **script);
void run_cut(void **script);

#define TRANSCRIPT(script)                             \
    {                                                  \
#script, run_whole, NULL, NULL, (void *)script \
    }
#define TRANSCRIPT_CUT(script)                       \
    {                                                \
#script, run_cut, NULL, NULL, (void *)script \
    }

#endif
