/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/boot/boot_options.h"

#include "firmware/base/format.h"
#include "firmware/proto/dhcp_facts.h"

static const char *file_source_text(enum dhcp_file_source source)
{
    switch (source) {
    case DHCP_FILE_FIELD:
        return "boot file field";
    case DHCP_FILE_OPTION_67:
        return "option 67";
    case DHCP_FILE_NONE:
        break;
    }
    return "no boot file";
}

static const char *server_source_text(enum dhcp_server_source source)
{
    switch (source) {
    case DHCP_SERVER_SIADDR:
        return "next-server";
    case DHCP_SERVER_OPTION_66:
        return "option 66";
    case DHCP_SERVER_SNAME:
        return "server name field";
    case DHCP_SERVER_ID:
        return "no next-server";
    case DHCP_SERVER_NONE:
        break;
    }
    return "no server";
}

/* What offers of an address are, worst first. */
enum address_kind {
    ADDRESS_BOOTP,      /* no option 53; taken when nobody speaks DHCP */
    ADDRESS_BOOTP_FILE, /* the same with a boot file */
    ADDRESS_BARE,       /* nothing to boot */
    ADDRESS_ALONE,      /* the same, and the administrator says that there is no proxyDHCP server */
    ADDRESS_MARKED,     /* a PXE server by option 60, and nothing to boot: it may be asked at port 4011 */
    ADDRESS_FILE,       /* names a boot file, the server not */
    ADDRESS_FILE_SERVER,
    ADDRESS_MARKED_FILE, /* a PXE server by option 60, with a boot file */
    ADDRESS_WHOLE,       /* a PXE server by option 43, or says that its boot file is to be fetched at once */
};

/* What offers of proxies are, worst first. */
enum proxy_kind {
    PROXY_NONE,
    PROXY_SILENT, /* marked and no more: it may be asked at port 4011 */
    PROXY_FILE,   /* names a boot file */
    PROXY_PXE,    /* a menu or boot servers, or a boot file that is to be fetched at once */
};

enum offer_wait {
    WAIT_NOT,    /* waiting can bring nothing */
    WAIT_GRACE,  /* four round trips, 20 to 60 ms: whoever is on the same wire has answered */
    WAIT_BRIEF,  /* four round trips, 150 to 200 ms */
    WAIT_BOOTP,  /* 2 s: ISC dhcpd pings an address for a second before it offers it */
    WAIT_WINDOW, /* 4 s: the first window of PXE 2.1 section 2.2 */
};

/*
 * The first row that fits says whose word about booting counts, and how long to wait from the moment that its offers
 * are there. `proxy`: at least that much of one.
 *
 * PXE 2.1 section 2.2 has a client collect offers for whole windows of 4, 8, 16 and 32 s. Every wait shorter than the
 * first of these is a deviation: no server that we know needs it, and each boot would pay for it.
 */
static const struct offer_row {
    enum address_kind address;
    enum proxy_kind proxy;
    bool proxy_speaks;
    enum offer_wait wait;
} offer_rows[] = {
    /* A DHCP server that is a PXE server itself needs no proxy. */
    {ADDRESS_WHOLE, PROXY_NONE, false, WAIT_NOT},
    /*
     * Option 60 without 43 is set by hand, at DHCP servers that stand beside a PXE server as well as at others. To PXE
     * 2.1 it means "ask me at port 4011"; deviation: a boot file in it is taken at its word, unless a proxy is a PXE
     * server with more to say.
     */
    {ADDRESS_MARKED_FILE, PROXY_PXE, true, WAIT_NOT},
    {ADDRESS_MARKED_FILE, PROXY_NONE, false, WAIT_GRACE},
    /*
     * Deviation: PXE 2.1 knows no boot file without option 60, but most servers name one so. A proxy exists for nothing
     * but booting, so its word comes first; one that would have to be asked is not worth the question then.
     */
    {ADDRESS_FILE_SERVER, PROXY_FILE, true, WAIT_NOT},
    {ADDRESS_FILE_SERVER, PROXY_NONE, false, WAIT_BRIEF},
    {ADDRESS_FILE, PROXY_FILE, true, WAIT_NOT},
    {ADDRESS_FILE, PROXY_NONE, false, WAIT_BRIEF},
    /* Nothing but a mark: a proxy that says anything comes first. Its own word is an answer from port 4011. */
    {ADDRESS_MARKED, PROXY_FILE, true, WAIT_NOT},
    {ADDRESS_MARKED, PROXY_SILENT, true, WAIT_BRIEF},
    {ADDRESS_MARKED, PROXY_NONE, false, WAIT_BRIEF},
    /* Deviation: iPXE's no-pxedhcp. */
    {ADDRESS_ALONE, PROXY_NONE, false, WAIT_NOT},
    /* PXE 2.1's own case: one server gives addresses, the other says what to boot. */
    {ADDRESS_BARE, PROXY_FILE, true, WAIT_NOT},
    {ADDRESS_BARE, PROXY_SILENT, true, WAIT_BRIEF},
    {ADDRESS_BARE, PROXY_NONE, false, WAIT_WINDOW},
    /* Deviation: PXE 2.1 has no BOOTP servers. They are waited for as DHCP servers may be slower. */
    {ADDRESS_BOOTP_FILE, PROXY_FILE, true, WAIT_BOOTP},
    {ADDRESS_BOOTP_FILE, PROXY_NONE, false, WAIT_BOOTP},
    {ADDRESS_BOOTP, PROXY_SILENT, true, WAIT_BOOTP},
    {ADDRESS_BOOTP, PROXY_NONE, false, WAIT_WINDOW},
};

static enum address_kind address_kind(const struct dhcp_facts *facts)
{
    if (facts->is_bootp)
        return facts->has_file ? ADDRESS_BOOTP_FILE : ADDRESS_BOOTP;
    if (facts->has_discovery || (facts->has_file && (facts->downloads_at_once || facts->has_no_proxy)))
        return ADDRESS_WHOLE;
    if (facts->has_file && facts->is_pxe)
        return ADDRESS_MARKED_FILE;
    if (facts->has_file)
        return facts->has_server ? ADDRESS_FILE_SERVER : ADDRESS_FILE;
    if (facts->has_no_proxy)
        return ADDRESS_ALONE;
    return facts->is_pxe ? ADDRESS_MARKED : ADDRESS_BARE;
}

static enum proxy_kind proxy_kind(const struct dhcp_facts *facts)
{
    if (facts->has_discovery || (facts->has_file && facts->downloads_at_once))
        return PROXY_PXE;
    if (facts->has_file)
        return PROXY_FILE;
    return facts->is_pxe ? PROXY_SILENT : PROXY_NONE;
}

/* Every kind of address has a row for PROXY_NONE, so there is one. */
static const struct offer_row *row_for(enum address_kind address, enum proxy_kind proxy)
{
    const struct offer_row *row = offer_rows;

    while (row->address != address || row->proxy > proxy)
        row++;
    return row;
}

/* --- the DHCP machine's policy ----------------------------------------------------------------------------------- */

static unsigned worth(const struct dhcp_facts *facts)
{
    return facts->is_proxy ? (unsigned)proxy_kind(facts) : (unsigned)address_kind(facts);
}

static time_us round_trips(time_us round_trip, time_us least, time_us most)
{
    if (round_trip > most / 4)
        return most;
    return round_trip * 4 < least ? least : round_trip * 4;
}

static time_us wait_time(enum offer_wait wait, time_us round_trip)
{
    switch (wait) {
    case WAIT_NOT:
        break;
    case WAIT_GRACE:
        return round_trips(round_trip, MILLISECONDS(20), MILLISECONDS(60));
    case WAIT_BRIEF:
        return round_trips(round_trip, MILLISECONDS(150), MILLISECONDS(200));
    case WAIT_BOOTP:
        return SECONDS(2);
    case WAIT_WINDOW:
        return SECONDS(4);
    }
    return 0;
}

/* When these two, or the offer alone, are waited for no longer. A server that refused us lets others come first. */
static time_us time_for(const struct dhcp_offer *offer, const struct dhcp_offer *proxy)
{
    const struct offer_row *row =
        row_for(address_kind(&offer->facts), proxy != NULL ? proxy_kind(&proxy->facts) : PROXY_NONE);
    const struct dhcp_offer *last = proxy != NULL && proxy->heard > offer->heard ? proxy : offer;

    return last->heard +
           wait_time(offer->was_refused && row->wait < WAIT_BRIEF ? WAIT_BRIEF : row->wait, last->round_trip);
}

static struct dhcp_decision choose(const struct dhcp_offers *heard)
{
    struct dhcp_decision decision = {.offer = dhcp_offers_best(heard, &boot_offer_policy), .at = TIME_NEVER};

    for (size_t n = 0; n < heard->offer_count; n++) {
        const struct dhcp_offer *offer = &heard->offers[n];

        decision.at = time_earlier(decision.at, time_for(offer, NULL));
        for (size_t k = 0; k < heard->proxy_count; k++)
            decision.at = time_earlier(decision.at, time_for(offer, &heard->proxies[k]));
    }
    return decision;
}

static const struct dhcp_offer *proxy_for(const struct dhcp_offers *heard, const struct dhcp_offer *offer)
{
    const struct dhcp_offer *proxy = dhcp_offers_best_proxy(heard, &boot_offer_policy);

    if (proxy == NULL || !row_for(address_kind(&offer->facts), proxy_kind(&proxy->facts))->proxy_speaks)
        return NULL;
    return proxy;
}

const struct dhcp_policy boot_offer_policy = {.worth = worth, .choose = choose, .proxy_for = proxy_for};

/* --- the choice from a lease ------------------------------------------------------------------------------------- */

/* Whose word a packet of the lease is. */
enum word_of {
    WORD_OF_DHCP,
    WORD_OF_PROXY,
    WORD_OF_BOOT_SERVER,
};

struct word {
    enum word_of of;
    struct slice packet;
    const struct dhcp_boot *boot;
    struct dhcp_facts facts;
    uint32_t server;
};

/* A server is told apart by its own server identifier; one without is known by the boot server it names. */
static uint32_t speaker(const struct dhcp_message *m, const struct dhcp_boot *boot)
{
    uint32_t server = boot->server;

    (void)dhcp_option_u32(m, DHCP_TAG_SERVER_ID, &server);
    return server;
}

/* Tag 6, bit 3: the boot file, if it is there, without prompt, menu and discovery. */
static enum boot_action action_of(const struct word *word)
{
    const struct dhcp_facts *facts = &word->facts;

    if (word->of != WORD_OF_BOOT_SERVER && facts->has_discovery && !(facts->downloads_at_once && facts->has_file))
        return BOOT_PXE;
    if (facts->has_file)
        return BOOT_FILE;
    return word->of != WORD_OF_BOOT_SERVER && facts->is_pxe ? BOOT_ASK : BOOT_NOTHING;
}

/* The boot file may be the OFFER's where the ACK is silent. */
static bool read_word(enum word_of of, const struct dhcp_packet *packet, const struct dhcp_boot *boot,
                      struct word *word)
{
    struct reader r = reader_of(slice_of(packet->bytes, packet->len));
    struct dhcp_message m;

    *word = (struct word){.of = of, .packet = slice_of(packet->bytes, packet->len), .boot = boot};
    if (packet->len == 0 || !dhcp_message_parse(&r, &m))
        return false;
    dhcp_facts_of(&m, &word->facts);
    word->facts.has_file = boot->file_source != DHCP_FILE_NONE;
    word->facts.has_server = boot->server_source != DHCP_SERVER_NONE && boot->server_source != DHCP_SERVER_ID;
    word->server = speaker(&m, boot);
    return true;
}

/* A boot server's answer is the end of every search; else the table says. */
static void first_word(const struct dhcp_lease *lease, struct word *word)
{
    enum proxy_kind kind = PROXY_NONE;
    struct word ack;

    if (read_word(WORD_OF_BOOT_SERVER, &lease->reply, &lease->reply_boot, word))
        return;
    if (read_word(WORD_OF_PROXY, &lease->proxy, &lease->proxy_boot, word))
        kind = proxy_kind(&word->facts);
    (void)read_word(WORD_OF_DHCP, &lease->ack, &lease->boot, &ack);
    if (!row_for(address_kind(&ack.facts), kind)->proxy_speaks)
        *word = ack;
}

static void tell_why(struct boot_choice *choice, const struct word *word)
{
    static const char *const whose[] = {"DHCP server", "proxyDHCP server", "boot server"};

    if (choice->action == BOOT_PXE)
        text_format(choice->why, sizeof(choice->why), "option 43 of %s " IPV4_FORMAT, whose[word->of],
                    IPV4_ARGS(word->server));
    else if (choice->action == BOOT_ASK)
        text_format(choice->why, sizeof(choice->why), "PXE mark without a boot file of %s " IPV4_FORMAT,
                    whose[word->of], IPV4_ARGS(word->server));
    else
        text_format(choice->why, sizeof(choice->why), "%s and %s of %s " IPV4_FORMAT,
                    file_source_text(word->boot->file_source), server_source_text(word->boot->server_source),
                    whose[word->of], IPV4_ARGS(word->server));
}

enum status boot_options_choose(const struct dhcp_lease *lease, struct boot_choice *out)
{
    struct word word;

    first_word(lease, &word);
    *out = (struct boot_choice){
        .action = action_of(&word),
        .packet = word.packet,
        .said_by = word.server,
        .mtftp = word.facts.mtftp,
        .server = word.boot->server,
        .is_proxy = word.of == WORD_OF_PROXY,
        .vendor_is_broken = word.facts.vendor_is_broken,
        .mtftp_is_wrong = word.facts.mtftp_is_wrong,
    };
    memcpy(out->file, word.boot->file, sizeof(out->file));
    tell_why(out, &word);
    if (out->action == BOOT_NOTHING)
        return STATUS_DHCP_NO_BOOTFILE;
    return out->action == BOOT_FILE && out->server == 0 ? STATUS_NO_PXE_SERVER : STATUS_OK;
}
