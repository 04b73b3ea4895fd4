/*
 * Places files and symbolic links on a thread of its own, in the order in which they are handed over, while node goes on with the next
 * ones. What is in the way is not removed: the thread stops at the first thing that fails, and node goes on from there itself.
 * One batch at a time; the caller keeps its memory until `placed` has answered.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "sys.h"

/* One thing to place, as place.ts writes it. */
struct order {
    uint32_t kind; /* 0: a file, 1: a symbolic link */
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    int64_t seconds;
    uint32_t nanoseconds;
    uint32_t path; /* where it begins in `texts`, ended by NUL */
    double data; /* of a file: where it begins in `data`; of a link: its target in `texts` */
    double size; /* of a file */
};

static struct {
    const struct order *orders;
    size_t count;
    const char *texts;
    const char *data;
    size_t done;
    bool busy;
    bool begun; /* there is a thread */
} batch;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static int write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Owner first, since chown clears set-id bits; the time last. */
static int fill_file(int fd, const struct order *order, const char *bytes, const struct timespec times[2]) {
    if (write_all(fd, bytes, (size_t)order->size) < 0) return -1;
    if (fchown(fd, order->uid, order->gid) < 0) return -1;
    if (fchmod(fd, order->mode) < 0) return -1;
    return futimens(fd, times);
}

static int place_file(const char *path, const struct order *order, const char *bytes, const struct timespec times[2]) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    int outcome = fill_file(fd, order, bytes, times);
    int reason = errno;
    if (close(fd) < 0 && outcome == 0) return -1;
    errno = reason;
    return outcome;
}

static int place(const struct order *order) {
    const char *path = batch.texts + order->path;
    const struct timespec time = {.tv_sec = order->seconds, .tv_nsec = order->nanoseconds};
    const struct timespec times[2] = {time, time};
    if (order->kind == 0) return place_file(path, order, batch.data + (size_t)order->data, times);
    if (symlink(batch.texts + (size_t)order->data, path) < 0) return -1;
    if (lchown(path, order->uid, order->gid) < 0) return -1;
    return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

static void *place_batches(void *nothing) {
    (void)nothing;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (!batch.busy) pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
        size_t done = 0;
        while (done < batch.count && place(&batch.orders[done]) == 0) done += 1;
        pthread_mutex_lock(&lock);
        batch.done = done;
        batch.busy = false;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static int begin_thread(void) {
    pthread_t thread;
    if (batch.begun) return 0;
    int reason = pthread_create(&thread, NULL, place_batches, NULL);
    if (reason == 0) pthread_detach(thread);
    batch.begun = reason == 0;
    return reason;
}

/* Nothing of an order leads out of the memory that came with it. */
static bool is_inside(const struct order *order, size_t texts, size_t data) {
    if (order->path >= texts || !(order->data >= 0 && order->size >= 0)) return false;
    return order->kind == 0 ? order->data + order->size <= (double)data : order->data < (double)texts;
}

/* orders, texts ended by NUL, data; the batch before must have been asked for with `placed` */
napi_value sys_place(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    size_t orders, texts, data;
    const struct order *first = take_bytes(&call, 0, &orders);
    const char *text = take_bytes(&call, 1, &texts);
    const char *bytes = take_bytes(&call, 2, &data);
    size_t count = orders / sizeof *first;
    if (call.reason == 0 && (texts == 0 || text[texts - 1] != '\0' || (uintptr_t)first % 8 != 0)) call.reason = EINVAL;
    for (size_t at = 0; call.reason == 0 && at < count; at += 1)
        if (!is_inside(&first[at], texts, data)) call.reason = EINVAL;
    if (call.reason != 0) return refuse_call(&call);
    pthread_mutex_lock(&lock);
    int reason = batch.busy ? EBUSY : begin_thread();
    if (reason == 0) {
        batch.orders = first;
        batch.count = count;
        batch.texts = text;
        batch.data = bytes;
        batch.busy = true;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return give_number(&call, -reason);
}

/* Waits for the batch: how many orders were done. */
napi_value sys_placed(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    pthread_mutex_lock(&lock);
    while (batch.busy) pthread_cond_wait(&changed, &lock);
    int64_t done = (int64_t)batch.done;
    batch.done = 0;
    pthread_mutex_unlock(&lock);
    return give_number(&call, done);
}
