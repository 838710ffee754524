/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * A conversation with one UDP machine in virtual time, written down in the order of the RFC's figure:
 *
 *     static void figure_1(struct transcript *t)
 *     {
 *         struct tftp tftp = ...;
 *
 *         tftp_start(&tftp, t->now, ...);
 *         transcript_with(t, &tftp.udp);
 *         transcript_sends(t, 0, 0);                            the RRQ, at once; returns it for a closer look
 *         transcript_gets(t, MILLISECONDS(1), server, data_1);  nothing else may have been sent before
 *         transcript_sends(t, MILLISECONDS(1), MILLISECONDS(1));
 *         transcript_silent(t, SECONDS(1));
 *         if (t->whole)
 *             assert_int_equal(tftp.status, STATUS_OK);
 *     }
 *
 *     transcript_run(figure_1);              once as written
 *     transcript_run_cut(figure_1);          once as written, then with each input cut at every length
 *
 * Times count from the start of the transcript; the machine sees them plus TRANSCRIPT_EPOCH, as `t->now` does. All
 * packets lie against a guard page. Every output is first offered far too little room, and must leave it for later.
 * In a run with a cut input (`t->whole` is false) nothing that is sent is judged any more; the machine must only not
 * crash, not overrun and not send without end. The cut packet comes once alone and once followed by the whole one.
 */
#ifndef PUCK_TESTS_HARNESS_TRANSCRIPT_H
#define PUCK_TESTS_HARNESS_TRANSCRIPT_H

#include "firmware/net/udp.h"
#include "tests/harness/guard_page.h"

#define TRANSCRIPT_EPOCH SECONDS(1000)

struct transcript {
    struct udp_client *client;
    time_us now;                /* the machine's time */
    bool whole;                 /* every input so far was given whole: expectations hold */
    struct udp_address own;     /* whom inputs are addressed to; may be changed */
    unsigned sent, got;         /* packets so far */
    struct udp_address sent_to; /* of the last packet sent */

    /* The harness's own. */
    struct guard_page input_page, output_page;
    uint8_t last_sent[UDP_PAYLOAD_MAX];
    size_t last_sent_len;
    unsigned cut_input; /* which input is cut, counted from 0 */
    size_t cut_len;     /* to how many bytes */
    bool cutting, whole_follows;
    size_t longest_input; /* of input number cut_input, as written */
};

typedef void transcript_script(struct transcript *);

void transcript_run(transcript_script *script);
void transcript_run_cut(transcript_script *script);

/* The machine that talks; call it after its start. */
void transcript_with(struct transcript *, struct udp_client *);

/*
 * The machine's next packet, which must leave between the two times (both included). The payload is valid until the
 * next call; where it went is in `sent_to`. In a run with a cut input: the last packet it sent, whenever that was.
 */
struct slice transcript_sends_at(struct transcript *, time_us earliest, time_us latest, const char *file, int line);

/* As above, and the payload must be these bytes. */
void transcript_sends_bytes_at(struct transcript *, time_us earliest, time_us latest, struct slice, const char *file,
                               int line);

/* A packet arrives; up to that moment the machine must have been silent. */
void transcript_gets_at(struct transcript *, time_us at, struct udp_address from, struct slice, const char *file,
                        int line);

/* Nothing is sent up to and including that moment. */
void transcript_silent_at(struct transcript *, time_us until, const char *file, int line);

/* Time passes and whatever is sent is not looked at; `t->sent` counts it. */
void transcript_passes(struct transcript *, time_us until);

#define transcript_sends(t, earliest, latest) transcript_sends_at(t, earliest, latest, __FILE__, __LINE__)
#define transcript_sends_bytes(t, earliest, latest, bytes) \
    transcript_sends_bytes_at(t, earliest, latest, bytes, __FILE__, __LINE__)
#define transcript_gets(t, at, from, bytes) transcript_gets_at(t, at, from, bytes, __FILE__, __LINE__)
#define transcript_silent(t, until)         transcript_silent_at(t, until, __FILE__, __LINE__)

/* Bytes written down as a string literal; keeps embedded NULs, drops the last one. */
#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

#endif
