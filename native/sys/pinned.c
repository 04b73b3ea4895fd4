/*
 * Files that are held by a descriptor opened with O_PATH while they are worked on: whatever becomes of the names meanwhile, the
 * work is on that very file. Nothing here follows a symbolic link. Attributes go by /proc/self/fd, since no older call than
 * setxattrat(2) takes such a descriptor.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "call.h"
#include "sys.h"

#define MAGIC_LINK 32

static const char *take_pinned(struct call *call, char path[MAGIC_LINK]) {
    snprintf(path, MAGIC_LINK, "/proc/self/fd/%d", (int)take_number(call, 0));
    return path;
}

/* fd of the directory, name in it */
napi_value sys_open_pinned(napi_env env, napi_callback_info info) {
    char name[LONGEST_PATH];
    struct call call = begin_call(env, info);
    int directory = (int)take_number(&call, 0);
    take_text(&call, 1, name);
    if (call.reason != 0) return refuse_call(&call);
    int fd = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? give_outcome(&call, -1) : give_number(&call, fd);
}

/* fd of the directory, name in it or nothing for the fd itself: eleven numbers of 64 bits (pinned.ts) */
napi_value sys_stat_pinned(napi_env env, napi_callback_info info) {
    char name[LONGEST_PATH];
    struct call call = begin_call(env, info);
    int fd = (int)take_number(&call, 0);
    take_text(&call, 1, name);
    if (call.reason != 0) return refuse_call(&call);
    struct statx got;
    const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (statx(fd, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &got) < 0) return give_outcome(&call, -1);
    const int64_t numbers[] = {
        (int64_t)got.stx_ino,
        (int64_t)got.stx_dev_major << 32 | got.stx_dev_minor,
        (got.stx_mask & STATX_MNT_ID) != 0 ? (int64_t)got.stx_mnt_id : 0,
        got.stx_mode,
        got.stx_uid,
        got.stx_gid,
        got.stx_nlink,
        (got.stx_mask & STATX_BTIME) != 0 ? got.stx_btime.tv_sec * 1000000000 + got.stx_btime.tv_nsec : 0,
        (got.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0,
        got.stx_mtime.tv_sec,
        got.stx_mtime.tv_nsec,
    };
    napi_value value = NULL;
    napi_create_buffer_copy(env, sizeof numbers, numbers, NULL, &value);
    return value;
}

/* fd, uid, gid */
napi_value sys_chown_pinned(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    int fd = (int)take_number(&call, 0);
    uid_t uid = (uid_t)take_number(&call, 1);
    gid_t gid = (gid_t)take_number(&call, 2);
    return call.reason != 0 ? refuse_call(&call) : give_outcome(&call, fchownat(fd, "", uid, gid, AT_EMPTY_PATH));
}

static ssize_t fill_list(const char *path, const char *name, void *room, size_t size) {
    (void)name;
    return listxattr(path, room, size);
}

/* fd */
napi_value sys_list_pinned(napi_env env, napi_callback_info info) {
    char path[MAGIC_LINK];
    struct call call = begin_call(env, info);
    take_pinned(&call, path);
    return call.reason != 0 ? refuse_call(&call) : give_filled(&call, fill_list, path, NULL);
}

/* fd, name of the attribute */
napi_value sys_get_pinned(napi_env env, napi_callback_info info) {
    char path[MAGIC_LINK], name[LONGEST_PATH];
    struct call call = begin_call(env, info);
    take_pinned(&call, path);
    take_text(&call, 1, name);
    return call.reason != 0 ? refuse_call(&call) : give_filled(&call, getxattr, path, name);
}

/* fd, name of the attribute, value */
napi_value sys_set_pinned(napi_env env, napi_callback_info info) {
    char path[MAGIC_LINK], name[LONGEST_PATH];
    size_t length;
    struct call call = begin_call(env, info);
    take_pinned(&call, path);
    take_text(&call, 1, name);
    const void *value = take_bytes(&call, 2, &length);
    return call.reason != 0 ? refuse_call(&call) : give_outcome(&call, setxattr(path, name, value, length, 0));
}

/* fd of anything on the file system, not opened with O_PATH */
napi_value sys_syncfs(napi_env env, napi_callback_info info) {
    struct call call = begin_call(env, info);
    int fd = (int)take_number(&call, 0);
    return call.reason != 0 ? refuse_call(&call) : give_outcome(&call, syncfs(fd));
}
