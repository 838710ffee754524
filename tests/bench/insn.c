/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * insn.so: a QEMU TCG plugin that counts guest instructions and, with mem=1, the bytes loaded and stored, and keeps the
 * counts in a file that others may map: three 64-bit numbers (instructions, bytes loaded, bytes stored). The relay
 * copies them beside each frame it sees (--counters, --samples), so that a count can be taken between any two frames.
 *
 *   -plugin insn.so,counters=PATH[,mem=1][,hot=PATH]
 *
 * hot=PATH: at exit, writes how often each block ran between the first and the last change of the file's fourth number
 * (0: not yet, 1: counting, 2: done; set by whoever maps the file), busiest first: a profile.
 *
 * A string instruction with a repeat prefix counts once per element, as TCG runs it. Plugin API version 1 (QEMU 4.2 to
 * 9); Debian does not package its header, so the few declarations needed are here. They are an interface, from QEMU's
 * documentation "QEMU TCG Plugins".
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum plugin_op {
    INLINE_ADD_U64
};
enum plugin_registers {
    REGISTERS_UNUSED
};
enum plugin_access {
    ACCESS_READ = 1,
    ACCESS_WRITE,
    ACCESS_BOTH
};

typedef void (*translated_fn)(uint64_t id, struct qemu_plugin_tb *);
typedef void (*accessed_fn)(unsigned vcpu, uint32_t access, uint64_t address, void *user);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated_fn);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum plugin_op, void *at, uint64_t add);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, accessed_fn, enum plugin_registers, enum plugin_access,
                                      void *user);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*)(uint64_t id, void *user), void *user);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t index);
unsigned qemu_plugin_mem_size_shift(uint32_t access);
bool qemu_plugin_mem_is_store(uint32_t access);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

struct counters {
    uint64_t instructions, loaded, stored;
    volatile uint64_t window;
};

/* One translated block. Blocks are never freed: QEMU translates the same address again after a flush or a change. */
struct block {
    struct block *next;
    uint64_t address, runs, runs_before, runs_after;
    size_t instructions;
};

static struct counters *counters;
static bool counts_memory;
static const char *hot_path;
static struct block *blocks;
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;

static void accessed(unsigned vcpu, uint32_t access, uint64_t address, void *user)
{
    (void)vcpu;
    (void)address;
    (void)user;
    uint64_t bytes = 1u << qemu_plugin_mem_size_shift(access);
    if (qemu_plugin_mem_is_store(access))
        counters->stored += bytes;
    else
        counters->loaded += bytes;
}

static void count_block(struct qemu_plugin_tb *tb, size_t instructions)
{
    struct block *b = calloc(1, sizeof *b);
    if (!b)
        return;
    b->address = qemu_plugin_tb_vaddr(tb);
    b->instructions = instructions;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &b->runs, 1);
    pthread_mutex_lock(&blocks_lock);
    b->next = blocks;
    blocks = b;
    pthread_mutex_unlock(&blocks_lock);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t instructions = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &counters->instructions, instructions);
    if (hot_path)
        count_block(tb, instructions);
    for (size_t i = 0; counts_memory && i < instructions; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), accessed, REGISTERS_UNUSED, ACCESS_BOTH, NULL);
}

/* Notes every block's count when the window opens and when it closes. A thread of its own: no cost to the guest. */
static void *watch_window(void *unused)
{
    (void)unused;
    for (uint64_t seen = 0; seen < 2; usleep(1000)) {
        if (counters->window == seen)
            continue;
        seen = counters->window;
        pthread_mutex_lock(&blocks_lock);
        for (struct block *b = blocks; b; b = b->next) {
            if (seen == 1)
                b->runs_before = b->runs;
            b->runs_after = b->runs;
        }
        pthread_mutex_unlock(&blocks_lock);
    }
    return NULL;
}

static uint64_t weight(const struct block *b)
{
    return (b->runs_after - b->runs_before) * b->instructions;
}

static int by_address(const void *a, const void *b)
{
    const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
    return (x->address > y->address) - (x->address < y->address);
}

static int by_weight(const void *a, const void *b)
{
    uint64_t x = weight(*(struct block *const *)a), y = weight(*(struct block *const *)b);
    return (x < y) - (x > y);
}

static void write_profile(uint64_t id, void *user)
{
    (void)id;
    (void)user;
    FILE *out = fopen(hot_path, "w");
    size_t count = 0, i = 0;
    for (const struct block *b = blocks; b; b = b->next)
        count++;
    struct block **sorted = calloc(count + 1, sizeof *sorted);
    if (!out || !sorted)
        return;
    for (struct block *b = blocks; b; b = b->next) {
        if (counters->window < 2)
            b->runs_after = b->runs;
        sorted[i++] = b;
    }
    /* The same address translated more than once is one line. */
    qsort(sorted, count, sizeof *sorted, by_address);
    size_t kept = 0;
    uint64_t total = 0;
    for (i = 0; i < count; i++) {
        struct block *last = kept ? sorted[kept - 1] : NULL;
        total += weight(sorted[i]);
        if (last && last->address == sorted[i]->address && last->instructions == sorted[i]->instructions)
            last->runs_after += sorted[i]->runs_after - sorted[i]->runs_before;
        else
            sorted[kept++] = sorted[i];
    }
    qsort(sorted, kept, sizeof *sorted, by_weight);
    fprintf(out, "# %" PRIu64 " instructions; share, address, instructions of the block, times run\n", total);
    for (i = 0; i < kept && weight(sorted[i]) * 10000 > total; i++) {
        fprintf(out, "%6.2f%% %08" PRIx64 " %3zu %12" PRIu64 "\n", 100.0 * (double)weight(sorted[i]) / (double)total,
                sorted[i]->address, sorted[i]->instructions, sorted[i]->runs_after - sorted[i]->runs_before);
    }
    fclose(out);
    free(sorted);
}

static bool map_counters(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, 4096) < 0)
        return false;
    counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (counters == MAP_FAILED)
        return false;
    memset(counters, 0, sizeof *counters);
    return true;
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    const char *file = NULL;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "counters=", 9) == 0)
            file = argv[i] + 9;
        else if (strncmp(argv[i], "hot=", 4) == 0)
            hot_path = argv[i] + 4;
        else if (strcmp(argv[i], "mem=1") == 0 || strcmp(argv[i], "mem=on") == 0)
            counts_memory = true;
        else
            fprintf(stderr, "insn: unknown argument %s\n", argv[i]);
    }
    if (!file || !map_counters(file)) {
        fputs("insn: needs counters=PATH, to be written\n", stderr);
        return 1;
    }
    if (hot_path) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, watch_window, NULL) == 0)
            pthread_detach(thread);
        qemu_plugin_register_atexit_cb(id, write_profile, NULL);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
