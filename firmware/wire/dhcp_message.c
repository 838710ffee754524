/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/dhcp_message.h"

#define MAGIC      0x63825363u
#define CHADDR_LEN 16
#define MAC_LEN    6

enum option_field {
    MAIN_FIELD,
    FILE_FIELD,
    SNAME_FIELD,
    FIELDS_END,
};

/* The next option that is neither pad nor end. False at the end; `r` has failed when an option runs past it. */
static bool next_option(struct reader *r, bool *has_end, uint8_t *tag, struct slice *value)
{
    while (reader_left(r) > 0) {
        *tag = read_u8(r);
        if (*tag == DHCP_TAG_PAD)
            continue;
        if (*tag == DHCP_TAG_END) {
            *has_end = true;
            return false;
        }
        *value = read_slice(r, read_u8(r));
        return !r->failed;
    }
    return false;
}

/*
 * Cuts the main field to its options and finds option 52 there. A field without its end option was cut on its way (or
 * is longer than what its sender's buffer held): RFC 2131 section 4.1 has the end option as a must.
 */
static bool parse_main_field(struct reader *r, struct dhcp_message *out)
{
    struct slice field = read_rest(r), value;
    struct reader options = reader_of(field);
    bool has_end = false;
    uint8_t tag;

    while (next_option(&options, &has_end, &tag, &value)) {
        if (tag == DHCP_TAG_OVERLOAD && value.len == 1 && value.data[0] >= 1 && value.data[0] <= 3)
            out->overload = value.data[0];
    }
    if (!has_end || options.failed)
        return false;
    out->options = slice_first(field, (size_t)(options.next - field.data) - 1);
    return true;
}

bool dhcp_message_parse(struct reader *r, struct dhcp_message *out)
{
    *out = (struct dhcp_message){0};
    out->op = read_u8(r);
    out->htype = read_u8(r);
    out->hlen = read_u8(r);
    out->hops = read_u8(r);
    out->xid = read_be32(r);
    out->secs = read_be16(r);
    out->flags = read_be16(r);
    out->ciaddr = read_be32(r);
    out->yiaddr = read_be32(r);
    out->siaddr = read_be32(r);
    out->giaddr = read_be32(r);
    read_bytes(r, out->chaddr.byte, MAC_LEN);
    read_skip(r, CHADDR_LEN - MAC_LEN);
    out->sname = read_slice(r, DHCP_SNAME_LEN);
    out->file = read_slice(r, DHCP_FILE_LEN);
    if (read_be32(r) != MAGIC || r->failed || !parse_main_field(r, out))
        return false;
    return !dhcp_has_option(out, DHCP_TAG_TYPE) || dhcp_option_u8(out, DHCP_TAG_TYPE, &out->type);
}

static struct slice option_field(const struct dhcp_message *m, unsigned field)
{
    if (field == MAIN_FIELD)
        return m->options;
    if (field == FILE_FIELD && (m->overload & DHCP_OVERLOAD_FILE) != 0)
        return m->file;
    if (field == SNAME_FIELD && (m->overload & DHCP_OVERLOAD_SNAME) != 0)
        return m->sname;
    return slice_of(m->options.data, 0);
}

void dhcp_option_walk_start(struct dhcp_option_walk *walk, const struct dhcp_message *message)
{
    *walk = (struct dhcp_option_walk){
        .message = message,
        .reader = reader_of(option_field(message, MAIN_FIELD)),
        .field = MAIN_FIELD,
    };
}

/*
 * An overloaded field that has no end option, or whose last option runs past it, ends there; what came before counts.
 * An option 52 in such a field is skipped like any other: fields are looked into once, in a fixed order.
 */
bool dhcp_option_walk_next(struct dhcp_option_walk *walk, uint8_t *tag, struct slice *value)
{
    bool has_end = false;

    while (walk->field < FIELDS_END) {
        while (next_option(&walk->reader, &has_end, tag, value)) {
            if (*tag != DHCP_TAG_OVERLOAD)
                return true;
        }
        walk->field++;
        walk->reader = reader_of(option_field(walk->message, walk->field));
    }
    return false;
}

bool dhcp_option(const struct dhcp_message *m, uint8_t tag, struct writer *joined)
{
    struct dhcp_option_walk walk;
    struct slice value;
    uint8_t found;
    bool is_there = false;

    dhcp_option_walk_start(&walk, m);
    while (dhcp_option_walk_next(&walk, &found, &value)) {
        if (found != tag)
            continue;
        is_there = true;
        write_slice(joined, value);
    }
    return is_there && !joined->failed;
}

static bool first_instance(const struct dhcp_message *m, uint8_t tag, struct slice *value)
{
    struct dhcp_option_walk walk;
    uint8_t found;

    dhcp_option_walk_start(&walk, m);
    while (dhcp_option_walk_next(&walk, &found, value)) {
        if (found == tag)
            return true;
    }
    return false;
}

bool dhcp_has_option(const struct dhcp_message *m, uint8_t tag)
{
    struct slice value;

    return first_instance(m, tag, &value);
}

bool dhcp_option_u8(const struct dhcp_message *m, uint8_t tag, uint8_t *value)
{
    struct slice s;

    if (!first_instance(m, tag, &s) || s.len != 1)
        return false;
    *value = s.data[0];
    return true;
}

bool dhcp_option_u32(const struct dhcp_message *m, uint8_t tag, uint32_t *value)
{
    struct slice s;
    struct reader r;

    if (!first_instance(m, tag, &s) || s.len != 4)
        return false;
    r = reader_of(s);
    *value = read_be32(&r);
    return true;
}

static void emit_field(struct writer *w, struct slice text, size_t len)
{
    text = slice_first(text, len);
    write_slice(w, text);
    write_fill(w, 0, len - text.len);
}

void dhcp_message_emit(struct writer *w, const struct dhcp_message *m)
{
    write_u8(w, m->op);
    write_u8(w, m->htype);
    write_u8(w, m->hlen);
    write_u8(w, m->hops);
    write_be32(w, m->xid);
    write_be16(w, m->secs);
    write_be16(w, m->flags);
    write_be32(w, m->ciaddr);
    write_be32(w, m->yiaddr);
    write_be32(w, m->siaddr);
    write_be32(w, m->giaddr);
    emit_field(w, slice_of(m->chaddr.byte, MAC_LEN), CHADDR_LEN);
    emit_field(w, m->sname, DHCP_SNAME_LEN);
    emit_field(w, m->file, DHCP_FILE_LEN);
    write_be32(w, MAGIC);
}

void dhcp_option_emit(struct writer *w, uint8_t tag, struct slice value)
{
    do {
        struct slice piece = slice_first(value, 255);

        write_u8(w, tag);
        write_u8(w, (uint8_t)piece.len);
        write_slice(w, piece);
        value = slice_from(value, piece.len);
    } while (value.len != 0);
}

void dhcp_option_emit_u8(struct writer *w, uint8_t tag, uint8_t value)
{
    dhcp_option_emit(w, tag, slice_of(&value, 1));
}

void dhcp_option_emit_u16(struct writer *w, uint8_t tag, uint16_t value)
{
    write_u8(w, tag);
    write_u8(w, 2);
    write_be16(w, value);
}

void dhcp_option_emit_u32(struct writer *w, uint8_t tag, uint32_t value)
{
    write_u8(w, tag);
    write_u8(w, 4);
    write_be32(w, value);
}

void dhcp_message_emit_end(struct writer *w, size_t at_least)
{
    write_u8(w, DHCP_TAG_END);
    if (writer_len(w) < at_least)
        write_fill(w, 0, at_least - writer_len(w));
}
