/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * tftpd: a TFTP server for tests, quick enough not to be what is measured, that knows windowsize (RFC 7440) and can be
 * told to refuse options or to bend them. Read requests in octet mode only. Prints one line of JSON per transfer.
 */
#include "tests/servers/tftp_request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define TRANSFERS 64
#define PACKET    2048

struct transfer {
    int fd; /* -1: free */
    struct tftp_request request;
    char name[256];
    const uint8_t *file;
    uint64_t size, blocks; /* blocks: the number of the last one, which is short */
    uint64_t acked, sent;  /* block numbers that do not wrap; sent: the last of the current window */
    bool oack_pending;
    uint64_t started_ms, deadline_ms;
    unsigned tries;
    uint64_t data_packets, acks;
};

struct server {
    const char *root;
    struct sockaddr_in address;
    unsigned rto_ms, retries;
    const char *error_text;
    struct tftp_manners manners;
    struct transfer transfer[TRANSFERS];
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void finish(struct transfer *t, const char *result)
{
    printf(
        "{\"file\":\"%s\",\"size\":%llu,\"blksize\":%u,\"windowsize\":%u,\"data\":%llu,\"resent\":%lld,\"acks\":%llu,"
        "\"ms\":%llu,\"result\":\"%s\"}\n",
        t->name, (unsigned long long)t->size, t->request.blksize, t->request.windowsize,
        (unsigned long long)t->data_packets, (long long)(t->data_packets - t->sent), (unsigned long long)t->acks,
        (unsigned long long)(now_ms() - t->started_ms), result);
    fflush(stdout);
    if (t->file)
        munmap((void *)(uintptr_t)t->file, t->size);
    close(t->fd);
    t->fd = -1;
}

static void send_error(int fd, uint8_t code, const char *text)
{
    uint8_t packet[256] = {0, 5, 0, code};
    int len = snprintf((char *)packet + 4, sizeof packet - 4, "%s", text);
    if (len > (int)sizeof packet - 5)
        len = (int)sizeof packet - 5;
    (void)send(fd, packet, 5 + (size_t)len, 0);
}

static void send_block(struct transfer *t, uint64_t block)
{
    uint64_t at = (block - 1) * t->request.blksize;
    uint64_t len = t->size - at < t->request.blksize ? t->size - at : t->request.blksize;
    uint8_t header[4] = {0, 3, (uint8_t)(block >> 8), (uint8_t)block};
    struct iovec parts[2] = {{header, sizeof header}, {(void *)(uintptr_t)(t->file + at), len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = len ? 2 : 1};
    (void)sendmsg(t->fd, &message, 0);
    t->data_packets++;
}

/* What follows the last acknowledged block; again, if it was sent before. */
static void send_window(const struct server *s, struct transfer *t)
{
    t->deadline_ms = now_ms() + (t->request.timeout_s ? 1000u * t->request.timeout_s : s->rto_ms);
    if (t->oack_pending) {
        (void)send(t->fd, t->request.oack, t->request.oack_len, 0);
        return;
    }
    uint64_t last = t->acked + t->request.windowsize;
    for (t->sent = t->acked; t->sent < last && t->sent < t->blocks;)
        send_block(t, ++t->sent);
}

static void receive_ack(const struct server *s, struct transfer *t, uint16_t number)
{
    t->acks++;
    uint64_t behind = (uint16_t)(number - (uint16_t)t->acked);
    if (t->oack_pending) {
        if (number)
            return;
        t->oack_pending = false;
    } else if (behind > t->sent - t->acked) {
        return;
    } else if (behind == 0 && t->request.windowsize == 1) {
        return; /* RFC 1123 §4.2.3.1: never answer a duplicate ACK, or every packet will be sent twice to the end */
    }
    t->acked += behind;
    t->tries = 0;
    if (t->acked == t->blocks)
        finish(t, "done");
    else
        send_window(s, t);
}

static void receive(const struct server *s, struct transfer *t)
{
    uint8_t packet[PACKET];
    ssize_t len = recv(t->fd, packet, sizeof packet - 1, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len < 0) {
        finish(t, "unreachable");
    } else if (len >= 4 && packet[1] == 4) {
        receive_ack(s, t, (uint16_t)(packet[2] << 8 | packet[3]));
    } else if (len >= 4 && packet[1] == 5) {
        finish(t, packet[3] == 8 ? "refused by the client" : "error from the client");
    }
}

static bool open_file(const struct server *s, struct transfer *t)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", s->root, t->name);
    int fd = strstr(t->name, "..") ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool usable = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    t->file = NULL;
    if (usable && st.st_size > 0) {
        void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
        usable = map != MAP_FAILED;
        t->file = usable ? map : NULL;
    }
    close(fd);
    t->size = usable ? (uint64_t)st.st_size : 0;
    return usable;
}

static void start(struct server *s, int listener)
{
    uint8_t packet[PACKET];
    struct sockaddr_in peer;
    socklen_t peer_len = sizeof peer;
    ssize_t len = recvfrom(listener, packet, sizeof packet - 1, MSG_DONTWAIT, (struct sockaddr *)&peer, &peer_len);
    struct transfer *t = s->transfer;
    while (t < s->transfer + TRANSFERS && t->fd >= 0)
        t++;
    struct tftp_request request;
    if (len < 0 || t == s->transfer + TRANSFERS || !tftp_request_parse(&request, packet, (size_t)len, &s->manners))
        return;
    struct sockaddr_in own = s->address;
    own.sin_port = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 8 << 20;
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    *t = (struct transfer){.fd = fd, .request = request, .started_ms = now_ms()};
    snprintf(t->name, sizeof t->name, "%s", request.file);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0 || connect(fd, (struct sockaddr *)&peer, sizeof peer) < 0) {
        finish(t, strerror(errno));
    } else if (s->error_text) {
        send_error(fd, (uint8_t)atoi(s->error_text), strchr(s->error_text, ':') ? strchr(s->error_text, ':') + 1 : "");
        finish(t, "refused");
    } else if (!open_file(s, t)) {
        send_error(fd, 1, "File not found");
        finish(t, "not found");
    } else {
        tftp_request_answer(&t->request, t->size, &s->manners);
        t->blocks = t->size / t->request.blksize + 1;
        t->oack_pending = t->request.oack_len > 0;
        send_window(s, t);
    }
}

static void serve(struct server *s, int listener)
{
    for (;;) {
        struct pollfd fds[TRANSFERS + 1] = {{.fd = listener, .events = POLLIN}};
        uint64_t now = now_ms(), next = now + 1000;
        for (struct transfer *t = s->transfer; t < s->transfer + TRANSFERS; t++) {
            if (t->fd >= 0 && t->deadline_ms <= now) {
                if (++t->tries > s->retries)
                    finish(t, "no answer");
                else
                    send_window(s, t);
            }
            fds[1 + (t - s->transfer)] = (struct pollfd){.fd = t->fd, .events = POLLIN};
            if (t->fd >= 0 && t->deadline_ms < next)
                next = t->deadline_ms;
        }
        if (poll(fds, TRANSFERS + 1, next > now ? (int)(next - now) : 0) < 0 && errno != EINTR)
            return;
        for (unsigned i = 0; i < TRANSFERS; i++) {
            if (fds[i + 1].revents)
                receive(s, &s->transfer[i]);
        }
        if (fds[0].revents)
            start(s, listener);
    }
}

static int usage(void)
{
    fputs("usage: tftpd --root DIR [options]\n"
          "  --address A (0.0.0.0) --port N (69)\n"
          "  --rto MS (1000) --retries N (10)   time before a window is sent again, and how often\n"
          "  --max-blksize N (65464) --max-windowsize N (65535)\n"
          "  --refuse NAME           do not know this option: blksize, tsize, timeout, windowsize, or all\n"
          "  --say NAME=VALUE        put this into the OACK when the option was asked for, whatever was asked\n"
          "  --add NAME=VALUE        put an option into the OACK that nobody asked for\n"
          "  --error CODE:TEXT       answer each request with this error\n"
          "  --die-with-parent\n",
          stderr);
    return 2;
}

static bool set_option(struct tftp_manners *m, const char *option, const char *value)
{
    bool found = false;
    for (enum tftp_option o = 0; o < OPTION_COUNT; o++) {
        size_t len = strlen(tftp_option_name[o]);
        bool all = strcmp(value, "all") == 0;
        if (strcmp(option, "--refuse") == 0 && (all || strcmp(value, tftp_option_name[o]) == 0))
            found = m->refuses[o] = true;
        if (strcmp(option, "--say") == 0 && strncmp(value, tftp_option_name[o], len) == 0 && value[len] == '=') {
            m->says[o] = value + len + 1;
            found = true;
        }
    }
    return found;
}

static bool set(struct server *s, const char *option, const char *value)
{
    unsigned long v = strtoul(value, NULL, 10);
    if (strcmp(option, "--root") == 0)
        s->root = value;
    else if (strcmp(option, "--address") == 0)
        return inet_pton(AF_INET, value, &s->address.sin_addr) == 1;
    else if (strcmp(option, "--port") == 0)
        s->address.sin_port = htons((uint16_t)v);
    else if (strcmp(option, "--rto") == 0)
        s->rto_ms = (unsigned)v;
    else if (strcmp(option, "--retries") == 0)
        s->retries = (unsigned)v;
    else if (strcmp(option, "--max-blksize") == 0)
        s->manners.max_blksize = (uint32_t)v;
    else if (strcmp(option, "--max-windowsize") == 0)
        s->manners.max_windowsize = (uint32_t)v;
    else if (strcmp(option, "--add") == 0)
        s->manners.adds = value;
    else if (strcmp(option, "--error") == 0)
        s->error_text = value;
    else
        return set_option(&s->manners, option, value);
    return true;
}

int main(int argc, char **argv)
{
    static struct server s;
    s = (struct server){.address = {.sin_family = AF_INET, .sin_port = htons(69)},
                        .rto_ms = 1000,
                        .retries = 10,
                        .manners = {.max_blksize = 65464, .max_windowsize = 65535}};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--die-with-parent") == 0)
            prctl(PR_SET_PDEATHSIG, SIGTERM);
        else if (i + 1 == argc || !set(&s, argv[i], argv[i + 1]))
            return usage();
        else
            i++;
    }
    if (!s.root)
        return usage();
    for (unsigned i = 0; i < TRANSFERS; i++)
        s.transfer[i].fd = -1;
    int listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&s.address, sizeof s.address) < 0) {
        perror("tftpd");
        return 1;
    }
    serve(&s, listener);
    return 1;
}
