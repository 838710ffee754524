/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * relay: a cable between QEMU and a tap interface (or another QEMU) whose delay, loss and other vices are chosen on the
 * command line and drawn from a seed. See options_usage.
 */
#include "tests/relay/capture.h"
#include "tests/relay/event_queue.h"
#include "tests/relay/link.h"
#include "tests/relay/options.h"
#include "tests/relay/port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH    32 /* frames taken from one port before the clock is looked at again */
#define COUNTERS 3

struct relay {
    struct options options;
    struct port port[LINK_DIRECTIONS]; /* [LINK_UP]: where frames going up come from, that is QEMU */
    struct link link[LINK_DIRECTIONS];
    struct event_queue queue;
    struct capture client, server;
    const volatile uint64_t *counters;
    FILE *samples;
    int64_t epoch_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC at start: time stamps never step back */
    uint64_t first_frame_ns;
    uint64_t late_sum_ns, late_max_ns, late_count;
};

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static void note(struct relay *r, bool at_client, const uint8_t *frame, size_t len)
{
    uint64_t epoch = (uint64_t)((int64_t)now_ns() + r->epoch_offset_ns);
    capture_frame(at_client ? &r->client : &r->server, epoch, frame, len);
    if (!at_client || !r->samples)
        return;
    uint64_t sample[COUNTERS];
    for (unsigned i = 0; i < COUNTERS; i++)
        sample[i] = r->counters[i];
    fwrite(sample, sizeof sample, 1, r->samples);
}

static void deliver(struct relay *r, unsigned direction, const uint8_t *frame, size_t len)
{
    note(r, direction == LINK_DOWN, frame, len);
    r->link[direction].count.delivered_frames++;
    r->link[direction].count.delivered_bytes += len;
    port_send(&r->port[direction == LINK_UP ? LINK_DOWN : LINK_UP], frame, len);
}

/* Takes frames that wait at one end and puts them on the link. True: there may be more. */
static bool take(struct relay *r, unsigned direction)
{
    const uint8_t *frame;
    size_t len;
    for (int i = 0; i < BATCH; i++) {
        if (!port_receive(&r->port[direction], &frame, &len))
            return false;
        uint64_t now = now_ns();
        if (!r->first_frame_ns)
            r->first_frame_ns = now;
        note(r, direction == LINK_UP, frame, len);
        struct link_verdict v = link_frame(&r->link[direction], now, r->first_frame_ns, frame, len);
        uint8_t damaged[PORT_FRAME_MAX];
        if (v.corrupt) {
            memcpy(damaged, frame, len);
            damaged[v.corrupt_bit / 8] ^= (uint8_t)(1u << v.corrupt_bit % 8);
            frame = damaged;
        }
        for (unsigned copy = 0; copy < v.copies; copy++) {
            /* What is due at once need not go through the queue, unless an earlier frame is still there. */
            if (v.due_ns[copy] <= now && !r->queue.count)
                deliver(r, direction, frame, len);
            else if (!event_queue_put(&r->queue, v.due_ns[copy], direction, frame, len))
                r->link[direction].count.dropped[DROP_QUEUE]++;
        }
    }
    return true;
}

static void deliver_due(struct relay *r)
{
    struct event e;
    uint64_t now = now_ns();
    while (event_queue_take(&r->queue, now, &e)) {
        uint64_t late = now - e.due_ns;
        r->late_sum_ns += late;
        r->late_count++;
        if (late > r->late_max_ns)
            r->late_max_ns = late;
        deliver(r, e.direction, e.frame, e.len);
        free(e.frame);
        now = now_ns();
    }
}

static void print_link(const char *name, const struct link_counters *c, uint64_t backlog)
{
    printf("\"%s\":{\"frames\":%llu,\"bytes\":%llu,\"delivered_frames\":%llu,\"delivered_bytes\":%llu,", name,
           (unsigned long long)c->frames, (unsigned long long)c->bytes, (unsigned long long)c->delivered_frames,
           (unsigned long long)c->delivered_bytes);
    static const char *const reason[DROP_REASONS] = {"blackout", "size", "fragment", "loss", "queue"};
    for (unsigned i = 0; i < DROP_REASONS; i++)
        printf("\"dropped_%s\":%llu,", reason[i], (unsigned long long)c->dropped[i]);
    printf("\"dropped_backlog\":%llu,\"duplicated\":%llu,\"reordered\":%llu,\"corrupted\":%llu}",
           (unsigned long long)backlog, (unsigned long long)c->duplicated, (unsigned long long)c->reordered,
           (unsigned long long)c->corrupted);
}

static void print_counters(const struct relay *r)
{
    printf("{");
    print_link("up", &r->link[LINK_UP].count, r->port[LINK_DOWN].backlog_drops);
    printf(",");
    print_link("down", &r->link[LINK_DOWN].count, r->port[LINK_UP].backlog_drops);
    double mean = r->late_count ? (double)r->late_sum_ns / (double)r->late_count : 0;
    printf(",\"late_us_mean\":%.1f,\"late_us_max\":%.1f,\"seed\":%llu}\n", mean / 1e3, (double)r->late_max_ns / 1e3,
           (unsigned long long)r->options.seed);
    fflush(stdout);
}

/* Sleeps until a frame comes or one is nearly due; the last spin_ns before that are spent awake. */
static int wait_for_work(struct relay *r, struct pollfd *fds, nfds_t count, bool has_work)
{
    uint64_t due = event_queue_next(&r->queue), now = now_ns();
    struct timespec timeout = {0}, *limit = NULL;
    if (has_work || due != UINT64_MAX) {
        uint64_t sleep_ns = !has_work && due > now + r->options.spin_ns ? due - now - r->options.spin_ns : 0;
        timeout = (struct timespec){(time_t)(sleep_ns / 1000000000u), (long)(sleep_ns % 1000000000u)};
        limit = &timeout;
    }
    return ppoll(fds, count, limit, NULL);
}

/* Runs until QEMU has come and gone, or a signal. */
static void carry(struct relay *r, int signals, int qemu_listener, int peer_listener)
{
    bool qemu_came = false, more[LINK_DIRECTIONS] = {false, false};
    for (;;) {
        struct port *qemu = &r->port[LINK_UP], *far = &r->port[LINK_DOWN];
        if (qemu_came && qemu->fd < 0)
            return;
        /* What was polled is what the answer is about: a port may close while frames are delivered below. */
        bool qemu_awaited = qemu->fd < 0, far_awaited = far->fd < 0;
        short qemu_events = (short)(POLLIN | (port_has_waiting(qemu) ? POLLOUT : 0));
        short far_events = (short)(POLLIN | (port_has_waiting(far) ? POLLOUT : 0));
        struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                               {.fd = qemu_awaited ? qemu_listener : qemu->fd, .events = qemu_events},
                               {.fd = far_awaited ? peer_listener : far->fd, .events = far_events}};
        if (wait_for_work(r, fds, 3, more[LINK_UP] || more[LINK_DOWN]) < 0 && errno != EINTR)
            return;
        deliver_due(r);
        if (fds[0].revents)
            return;
        if (fds[1].revents && qemu_awaited) {
            qemu_came = port_accept(qemu, qemu_listener);
            continue;
        }
        if (fds[2].revents && far_awaited) {
            port_accept(far, peer_listener);
            continue;
        }
        if (fds[1].revents & POLLOUT)
            port_flush(qemu);
        if (fds[2].revents & POLLOUT)
            port_flush(far);
        more[LINK_UP] = (more[LINK_UP] || fds[1].revents & (POLLIN | POLLHUP | POLLERR)) && take(r, LINK_UP);
        deliver_due(r);
        more[LINK_DOWN] = (more[LINK_DOWN] || fds[2].revents & (POLLIN | POLLHUP | POLLERR)) && take(r, LINK_DOWN);
    }
}

static bool open_files(struct relay *r)
{
    const struct options *o = &r->options;
    if (!capture_open(&r->client, o->pcap, o->snap) || !capture_open(&r->server, o->pcap_server, o->snap))
        return false;
    if (!o->samples)
        return true;
    int fd = open(o->counters, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, 4096) < 0)
        return false;
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return false;
    r->counters = map;
    r->samples = fopen(o->samples, "wb");
    return r->samples != NULL;
}

static int signal_fd(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int fail(const char *what)
{
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    struct relay *r = calloc(1, sizeof *r);
    if (!r)
        return fail("memory");
    if (!options_parse(&r->options, argc, argv)) {
        options_usage();
        return 2;
    }
    const struct options *o = &r->options;
    prctl(PR_SET_TIMERSLACK, 1);
    if (o->die_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    r->epoch_offset_ns = (int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)now_ns();
    uint64_t seed = o->seed;
    for (unsigned d = 0; d < LINK_DIRECTIONS; d++) {
        link_start(&r->link[d], &o->link[d], link_random(&seed));
        r->port[d].fd = -1;
    }
    int signals = signal_fd(), peer_listener = -1;
    if (signals < 0 || !open_files(r))
        return fail("files");
    if (o->tap && !port_open_tap(&r->port[LINK_DOWN], o->tap))
        return fail(o->tap);
    if (o->peer && (peer_listener = port_listen(o->peer)) < 0)
        return fail(o->peer);
    int qemu_listener = port_listen(o->qemu);
    if (qemu_listener < 0)
        return fail(o->qemu);

    carry(r, signals, qemu_listener, peer_listener);

    unlink(o->qemu);
    if (o->peer)
        unlink(o->peer);
    bool written = capture_close(&r->client);
    written &= capture_close(&r->server);
    if (r->samples)
        written &= fclose(r->samples) == 0;
    print_counters(r);
    event_queue_clear(&r->queue);
    free(r);
    return written ? 0 : fail("capture");
}
