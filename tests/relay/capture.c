/* SPDX-License-Identifier: BSD-2-Clause-Patent */
#include "tests/relay/capture.h"

#define PCAP_MAGIC_NS 0xa1b23c4du
#define PCAP_ETHERNET 1u

bool capture_open(struct capture *c, const char *path, uint32_t snap)
{
    c->snap = snap;
    c->file = NULL;
    if (!path)
        return true;
    c->file = fopen(path, "wb");
    if (!c->file)
        return false;
    setvbuf(c->file, NULL, _IOFBF, 1u << 16);
    const uint32_t header[6] = {PCAP_MAGIC_NS, 2u | 4u << 16, 0, 0, snap, PCAP_ETHERNET};
    return fwrite(header, sizeof header, 1, c->file) == 1;
}

void capture_frame(struct capture *c, uint64_t epoch_ns, const uint8_t *frame, size_t len)
{
    if (!c->file)
        return;
    uint32_t kept = len < c->snap ? (uint32_t)len : c->snap;
    const uint32_t record[4] = {(uint32_t)(epoch_ns / 1000000000u), (uint32_t)(epoch_ns % 1000000000u), kept,
                                (uint32_t)len};
    fwrite(record, sizeof record, 1, c->file);
    fwrite(frame, 1, kept, c->file);
}

bool capture_close(struct capture *c)
{
    if (!c->file)
        return true;
    bool failed = ferror(c->file) != 0;
    return fclose(c->file) == 0 && !failed;
}
