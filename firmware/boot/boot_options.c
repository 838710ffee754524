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

/* Whose word a packet of the lease is. */
enum word_of {
    WORD_OF_DHCP,
    WORD_OF_PROXY,
    WORD_OF_BOOT_SERVER,
};

struct word {
    enum word_of of;
    enum boot_action action;
    struct slice packet;
    const struct dhcp_boot *boot;
    struct dhcp_facts facts;
    uint32_t server;
};

/*
 * The order in which words count; the first row that a word of the lease fits is followed. PXE 2.1 section 2.2 has the
 * proxyDHCP server beside a DHCP server that says nothing of PXE, and a boot server's reply as the end of every search.
 */
static const struct word_row {
    enum word_of of;
    enum boot_action action;
    bool is_pxe; /* only of a message marked "PXEClient" */
} word_rows[] = {
    {WORD_OF_BOOT_SERVER, BOOT_FILE, false},
    /* A DHCP server that is the PXE server as well needs no proxyDHCP server (PXE 2.1 section 2.2, step 2). */
    {WORD_OF_DHCP, BOOT_PXE, true},
    {WORD_OF_DHCP, BOOT_FILE, true},
    {WORD_OF_PROXY, BOOT_PXE, true},
    {WORD_OF_PROXY, BOOT_FILE, false},
    /* Deviation: PXE 2.1 knows no boot file without a mark; servers that only name one are the most there are. */
    {WORD_OF_DHCP, BOOT_FILE, false},
    {WORD_OF_PROXY, BOOT_ASK, true},
    /* Last, for option 60 is set by hand at many a DHCP server that has nothing behind it. */
    {WORD_OF_DHCP, BOOT_ASK, true},
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
    bool has_file = word->boot->file_source != DHCP_FILE_NONE;

    if (word->of != WORD_OF_BOOT_SERVER && facts->has_discovery && !(facts->downloads_at_once && has_file))
        return BOOT_PXE;
    if (has_file)
        return BOOT_FILE;
    return word->of != WORD_OF_BOOT_SERVER && facts->is_pxe ? BOOT_ASK : BOOT_NOTHING;
}

static bool read_word(enum word_of of, const struct dhcp_packet *packet, const struct dhcp_boot *boot,
                      struct word *word)
{
    struct reader r = reader_of(slice_of(packet->bytes, packet->len));
    struct dhcp_message m;

    if (packet->len == 0 || !dhcp_message_parse(&r, &m))
        return false;
    *word = (struct word){.of = of, .packet = slice_of(packet->bytes, packet->len), .boot = boot};
    dhcp_facts_of(&m, &word->facts);
    word->server = speaker(&m, boot);
    word->action = action_of(word);
    return true;
}

static const struct word *first_word(const struct word *words, size_t count)
{
    for (size_t row = 0; row < sizeof(word_rows) / sizeof(word_rows[0]); row++) {
        for (size_t n = 0; n < count; n++) {
            if (words[n].of == word_rows[row].of && words[n].action == word_rows[row].action &&
                (words[n].facts.is_pxe || !word_rows[row].is_pxe))
                return &words[n];
        }
    }
    return NULL;
}

static void tell_why(const struct dhcp_lease *lease, struct boot_choice *choice, const struct dhcp_boot *boot,
                     const char *whose)
{
    uint32_t who = choice->said_by != 0 ? choice->said_by : lease->server_id;

    if (choice->action == BOOT_PXE)
        text_format(choice->why, sizeof(choice->why), "option 43 of %s " IPV4_FORMAT, whose, IPV4_ARGS(who));
    else if (choice->action == BOOT_ASK)
        text_format(choice->why, sizeof(choice->why), "PXE mark without a boot file of %s " IPV4_FORMAT, whose,
                    IPV4_ARGS(who));
    else
        text_format(choice->why, sizeof(choice->why), "%s and %s of %s " IPV4_FORMAT,
                    file_source_text(boot->file_source), server_source_text(boot->server_source), whose,
                    IPV4_ARGS(who));
}

enum status boot_options_choose(const struct dhcp_lease *lease, struct boot_choice *out)
{
    static const char *const whose[] = {"DHCP server", "proxyDHCP server", "boot server"};
    struct word words[3];
    size_t count = 0;
    const struct word *word;

    count += read_word(WORD_OF_BOOT_SERVER, &lease->reply, &lease->reply_boot, &words[count]);
    count += read_word(WORD_OF_PROXY, &lease->proxy, &lease->proxy_boot, &words[count]);
    count += read_word(WORD_OF_DHCP, &lease->ack, &lease->boot, &words[count]);
    word = first_word(words, count);
    *out = (struct boot_choice){.server = lease->boot.server};
    if (word == NULL) {
        tell_why(lease, out, &lease->boot, whose[WORD_OF_DHCP]);
        return STATUS_DHCP_NO_BOOTFILE;
    }
    out->action = word->action;
    out->packet = word->packet;
    out->said_by = word->server;
    out->mtftp = word->facts.mtftp;
    out->server = word->boot->server;
    out->is_proxy = word->of == WORD_OF_PROXY;
    memcpy(out->file, word->boot->file, sizeof(out->file));
    tell_why(lease, out, word->boot, whose[word->of]);
    return out->action == BOOT_FILE && out->server == 0 ? STATUS_NO_PXE_SERVER : STATUS_OK;
}
