/*
 * sys.node: the system calls that node:fs lacks. Each function is called with checked arguments by sys.ts, blocks,
 * and gives its result or the negative errno as a number; sys.ts makes errors of those. Paths and names are Buffers.
 */

#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../exports/exports.h"
#include "call.h"
#include "sys.h"

static ssize_t fill_list(const char *path, const char *name, void *room, size_t size) {
    (void)name;
    return llistxattr(path, room, size);
}

static napi_value sys_llistxattr(napi_env env, napi_callback_info info) {
    char path[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_text(&call, 0, path);
    return call.reason != 0 ? refuse_call(&call) : give_filled(&call, fill_list, path, NULL);
}

static napi_value sys_lgetxattr(napi_env env, napi_callback_info info) {
    char path[LONGEST_PATH], name[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_text(&call, 0, path);
    take_text(&call, 1, name);
    return call.reason != 0 ? refuse_call(&call) : give_filled(&call, lgetxattr, path, name);
}

static napi_value sys_lsetxattr(napi_env env, napi_callback_info info) {
    char path[LONGEST_PATH], name[LONGEST_PATH];
    size_t length;
    struct call call = begin_call(env, info);
    take_text(&call, 0, path);
    take_text(&call, 1, name);
    const void *value = take_bytes(&call, 2, &length);
    return call.reason != 0 ? refuse_call(&call) : give_outcome(&call, lsetxattr(path, name, value, length, 0));
}

static napi_value sys_lremovexattr(napi_env env, napi_callback_info info) {
    char path[LONGEST_PATH], name[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_text(&call, 0, path);
    take_text(&call, 1, name);
    return call.reason != 0 ? refuse_call(&call) : give_outcome(&call, lremovexattr(path, name));
}

/* path, mode with the type of the node, major, minor */
static napi_value sys_mknod(napi_env env, napi_callback_info info) {
    char path[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_text(&call, 0, path);
    mode_t mode = (mode_t)take_number(&call, 1);
    unsigned int major = (unsigned int)take_number(&call, 2), minor = (unsigned int)take_number(&call, 3);
    return call.reason != 0 ? refuse_call(&call) : give_outcome(&call, mknod(path, mode, makedev(major, minor)));
}

/* path, seconds, nanoseconds: both times, of a symlink itself */
static napi_value sys_lutimes(napi_env env, napi_callback_info info) {
    char path[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_text(&call, 0, path);
    struct timespec time = {.tv_sec = (time_t)take_number(&call, 1), .tv_nsec = (long)take_number(&call, 2)};
    struct timespec times[2] = {time, time};
    if (call.reason != 0) return refuse_call(&call);
    return give_outcome(&call, utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
}

/* fd, exclusive (1) or shared (0), not blocking (1) or blocking (0) */
static napi_value sys_flock(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    int fd = (int)take_number(&call, 0);
    int operation = take_number(&call, 1) != 0 ? LOCK_EX : LOCK_SH;
    if (take_number(&call, 2) != 0) operation |= LOCK_NB;
    if (call.reason != 0) return refuse_call(&call);
    int outcome;
    do outcome = flock(fd, operation);
    while (outcome < 0 && errno == EINTR);
    return give_outcome(&call, outcome);
}

/* A pipe, both ends closed by exec: one number, the read end times 2^20 plus the write end. */
static napi_value sys_pipe(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return give_outcome(&call, -1);
    return give_number(&call, (int64_t)ends[0] << 20 | ends[1]);
}

/* fd of the terminal: this process's group becomes its foreground again, after a shell that made its own has ended */
static napi_value sys_take_terminal(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    int fd = (int)take_number(&call, 0);
    if (call.reason != 0) return refuse_call(&call);
    /* A process in the background that does this is stopped, unless it blocks the signal (tcsetpgrp(3)). */
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &stop, &before);
    int outcome = tcsetpgrp(fd, getpgrp());
    int reason = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = reason;
    return give_outcome(&call, outcome);
}

static const struct exported functions[] = {
    {"llistxattr", sys_llistxattr}, {"lgetxattr", sys_lgetxattr}, {"lsetxattr", sys_lsetxattr},
    {"lremovexattr", sys_lremovexattr}, {"mknod", sys_mknod}, {"lutimes", sys_lutimes},
    {"flock", sys_flock}, {"pipe", sys_pipe}, {"socketpair", sys_socketpair}, {"receiveFd", sys_receive_fd},
    {"sendFd", sys_send_fd}, {"takeTerminal", sys_take_terminal}, {"openPinned", sys_open_pinned},
    {"statPinned", sys_stat_pinned}, {"chownPinned", sys_chown_pinned}, {"listPinned", sys_list_pinned},
    {"getPinned", sys_get_pinned}, {"setPinned", sys_set_pinned}, {"syncfs", sys_syncfs}, {"crypt", sys_crypt},
};

NAPI_MODULE_INIT() { return export_all(env, exports, functions, sizeof functions / sizeof functions[0]); }
