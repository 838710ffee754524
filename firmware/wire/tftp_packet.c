/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "firmware/wire/tftp_packet.h"

#include "firmware/base/format.h"
#include "firmware/base/text.h"

bool tftp_packet_parse(struct reader *r, struct tftp_packet *out)
{
    struct slice opcode = read_slice(r, 2), number = {0};

    if (r->failed)
        return false;
    out->opcode = (enum tftp_opcode)load_be16(opcode.data);
    out->number = 0;
    if (out->opcode == TFTP_DATA || out->opcode == TFTP_ACK || out->opcode == TFTP_ERROR) {
        number = read_slice(r, 2);
        if (r->failed)
            return false;
        out->number = load_be16(number.data);
    }
    if (out->opcode < TFTP_RRQ || out->opcode > TFTP_DIR)
        return false;
    out->body = out->opcode == TFTP_ACK ? slice_of(r->next, 0) : read_rest(r);
    return true;
}

/* Takes a NUL-terminated text off `s`; false when there is no NUL. */
static bool take_text(struct slice *s, struct slice *text)
{
    for (size_t len = 0; len < s->len; len++) {
        if (s->data[len] == '\0') {
            *text = slice_first(*s, len);
            *s = slice_from(*s, len + 1);
            return true;
        }
    }
    return false;
}

bool tftp_rrq_parse(struct slice body, struct slice *file, struct slice *mode, struct slice *options)
{
    *options = body;
    return take_text(options, file) && take_text(options, mode);
}

enum tftp_option_result tftp_option_next(struct slice *options, struct tftp_option *out)
{
    if (options->len == 0)
        return TFTP_OPTION_END;
    if (take_text(options, &out->name) && out->name.len != 0 && take_text(options, &out->value))
        return TFTP_OPTION_OK;
    *options = slice_of(options->data, 0);
    return TFTP_OPTION_BAD;
}

static void write_text(struct writer *w, const char *text)
{
    write_bytes(w, text, text_length(text) + 1);
}

void tftp_request_emit(struct writer *w, enum tftp_opcode opcode, const char *file)
{
    write_be16(w, (uint16_t)opcode);
    write_text(w, file);
    write_text(w, "octet");
}

void tftp_oack_emit(struct writer *w)
{
    write_be16(w, TFTP_OACK);
}

void tftp_option_emit(struct writer *w, const char *name, uint64_t value)
{
    char digits[21];

    text_format(digits, sizeof(digits), "%llu", (unsigned long long)value);
    tftp_option_emit_text(w, name, digits);
}

void tftp_option_emit_text(struct writer *w, const char *name, const char *value)
{
    write_text(w, name);
    write_text(w, value);
}

void tftp_data_emit(struct writer *w, uint16_t block, struct slice bytes)
{
    write_be16(w, TFTP_DATA);
    write_be16(w, block);
    write_slice(w, bytes);
}

void tftp_ack_emit(struct writer *w, uint16_t block)
{
    write_be16(w, TFTP_ACK);
    write_be16(w, block);
}

void tftp_error_emit(struct writer *w, uint16_t code, const char *text)
{
    write_be16(w, TFTP_ERROR);
    write_be16(w, code);
    write_text(w, text);
}
