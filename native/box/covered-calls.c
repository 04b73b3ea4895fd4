/*
 * Calls that change a name, an owner, a mode or a time. Meant for a covered placeholder, they are carried out here, with the
 * caller's rights, between lifting its cover and laying it again; all others the kernel carries out as if nobody had asked.
 * What the kernel is told to go on with it judges anew: nothing that was read here matters then.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define SELF_FD "/proc/self/fd/"
#define NONE (-1)

/* Where the arguments of a call are: fd and path, twice for those with two; its flags; what its rest points to. */
struct shape {
    int nr;
    signed char at[2], path[2], flags;
    bool follows;
    signed char times, name, owner;
};

#define FD(call, ...) {.nr = (call), .at = {0, NONE}, .path = {NONE, NONE}, .flags = NONE, REST, __VA_ARGS__}
#define ONE(call, at0, path0, ...) {.nr = (call), .at = {at0, NONE}, .path = {path0, NONE}, REST, __VA_ARGS__}
#define TWO(call, at0, path0, at1, path1) {.nr = (call), .at = {at0, at1}, .path = {path0, path1}, .flags = NONE, REST}
#define REST .times = NONE, .name = NONE, .owner = NONE

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct shape shapes[] = {
#ifdef SYS_chmod
    ONE(SYS_chmod, NONE, 0, .flags = NONE, .follows = true),
    ONE(SYS_chown, NONE, 0, .flags = NONE, .follows = true, .owner = 1),
    ONE(SYS_lchown, NONE, 0, .flags = NONE, .owner = 1),
    ONE(SYS_unlink, NONE, 0, .flags = NONE),
    TWO(SYS_rename, NONE, 0, NONE, 1),
    TWO(SYS_link, NONE, 0, NONE, 1),
#endif
#ifdef SYS_renameat
    TWO(SYS_renameat, 0, 1, 2, 3),
#endif
    ONE(SYS_fchmodat, 0, 1, .flags = NONE, .follows = true),
    ONE(SYS_fchmodat2, 0, 1, .flags = 3, .follows = true),
    ONE(SYS_fchownat, 0, 1, .flags = 4, .follows = true, .owner = 2),
    ONE(SYS_utimensat, 0, 1, .flags = 3, .follows = true, .times = 2),
    ONE(SYS_unlinkat, 0, 1, .flags = NONE),
    ONE(SYS_setxattr, NONE, 0, .flags = NONE, .follows = true, .name = 1),
    ONE(SYS_lsetxattr, NONE, 0, .flags = NONE, .name = 1),
    TWO(SYS_renameat2, 0, 1, 2, 3),
    TWO(SYS_linkat, 0, 1, 2, 3),
    FD(SYS_fchmod),
    FD(SYS_fchown, .owner = 1),
};

#define SHAPES (sizeof shapes / sizeof shapes[0])

size_t count_covered_calls(void) { return SHAPES; }
int covered_call(size_t i) { return shapes[i].nr; }

/* Arguments of ours in place of the caller's. */
struct copy {
    const struct shape *shape;
    char text[2][PATH_MAX], name[256], value[4096];
    struct timespec times[2];
    int at[2];
    size_t paths;
    bool follows;
};

/* The attribute's value is small for all that makes sense on a node. */
static bool copy_rest(struct copy *copy, const struct seccomp_notif *call) {
    const unsigned long long *args = (const unsigned long long *)call->data.args;
    const struct shape *shape = copy->shape;
    if (shape->times >= 0 && args[(int)shape->times] != 0)
        return read_caller_bytes(call, args[(int)shape->times], copy->times, sizeof copy->times);
    if (shape->name < 0) return true;
    return read_caller_text(call, args[1], copy->name, sizeof copy->name) && args[3] <= sizeof copy->value &&
           read_caller_bytes(call, args[2], copy->value, args[3]);
}

static bool copy_paths(struct copy *copy, const struct seccomp_notif *call) {
    const struct shape *shape = copy->shape;
    unsigned long long flags = shape->flags < 0 ? 0 : call->data.args[(int)shape->flags];
    copy->follows = shape->follows && !(flags & AT_SYMLINK_NOFOLLOW);
    copy->at[0] = copy->at[1] = -1;
    for (copy->paths = 0; copy->paths < 2 && shape->path[copy->paths] >= 0; copy->paths++) {
        unsigned long long address = call->data.args[(int)shape->path[copy->paths]];
        if (!read_caller_text(call, address, copy->text[copy->paths], PATH_MAX)) return false;
    }
    return true;
}

static bool names_a_cover(const struct copy *copy) {
    for (size_t i = 0; i < copy->paths; i++)
        if (may_be_covered(copy->text[i])) return true;
    return false;
}

static bool open_fds(struct copy *copy, const struct caller *caller) {
    for (size_t i = 0; i < copy->paths; i++) {
        signed char at = copy->shape->at[i];
        int fd = at < 0 || copy->text[i][0] == '/' ? AT_FDCWD : (int)caller->call->data.args[(int)at];
        copy->at[i] = open_caller_fd(caller, fd);
        if (copy->at[i] < 0) return false;
    }
    return is_waiting(caller->listener, caller->call);
}

/* What the path leads to for the caller, or -1. */
static int find(const struct copy *copy, size_t i, const struct caller *caller) {
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (unsigned)(copy->follows ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_NO_MAGICLINKS,
    };
    int found = enter_caller(caller) ? (int)syscall(SYS_openat2, copy->at[i], copy->text[i], &how, sizeof how) : -1;
    leave_caller();
    return found;
}

static bool lift_covers(const struct copy *copy, const struct caller *caller) {
    bool lifted = false;
    for (size_t i = 0; i < copy->paths; i++) {
        int found = find(copy, i, caller);
        if (found < 0) continue;
        lifted = lift_cover(found) >= 0 || lifted;
        close(found);
    }
    return lifted;
}

static unsigned long long pointer(const void *to) { return (unsigned long long)(size_t)to; }

/* The host's root is nobody inside: who copies a node of the host with its owner means root. */
static void mend_owner(unsigned long long *ids) {
    if ((unsigned)ids[0] == 65534 && (unsigned)ids[1] == 65534) ids[0] = ids[1] = 0;
}

static long carry_out(struct copy *copy, const struct caller *caller) {
    const struct shape *shape = copy->shape;
    unsigned long long a[6];
    memcpy(a, caller->call->data.args, sizeof a);
    for (size_t i = 0; i < 2; i++) {
        if (shape->path[i] >= 0 && a[(int)shape->path[i]] != 0) a[(int)shape->path[i]] = pointer(copy->text[i]);
        if (shape->at[i] >= 0) a[(int)shape->at[i]] = (unsigned)copy->at[i];
    }
    if (shape->times >= 0 && a[(int)shape->times] != 0) a[(int)shape->times] = pointer(copy->times);
    if (shape->owner >= 0) mend_owner(a + shape->owner);
    if (shape->name >= 0) {
        a[1] = pointer(copy->name);
        a[2] = pointer(copy->value);
    }
    long result = enter_caller(caller) ? syscall(shape->nr, a[0], a[1], a[2], a[3], a[4]) : -1;
    if (result < 0) result = -errno;
    leave_caller();
    return result;
}

static long answer_by_paths(struct copy *copy, const struct caller *caller, bool *go_on) {
    long result = 0;
    if (open_fds(copy, caller) && lift_covers(copy, caller)) {
        result = carry_out(copy, caller);
        lay_lifted_covers();
    } else {
        *go_on = true;
    }
    for (size_t i = 0; i < 2; i++)
        if (copy->at[i] >= 0) close(copy->at[i]);
    return result;
}

/*
 * The fd that the call is about: its own, the one of utimensat without a path, or N of "/proc/self/fd/N", by which the C library
 * changes the mode of what may be a link. -1: it is about a path.
 */
static int fd_of(const struct copy *copy, const struct seccomp_notif *call) {
    const char *path = copy->text[0], *digits = path + strlen(SELF_FD);
    if (copy->shape->path[0] < 0) return (int)call->data.args[0];
    if (copy->shape->times >= 0 && call->data.args[1] == 0) return (int)call->data.args[0];
    if (!copy->follows || strncmp(path, SELF_FD, strlen(SELF_FD)) != 0) return -1;
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 9) return -1;
    return (int)parse_number(digits, 10);
}

static long answer_by_fd(struct copy *copy, int fd, const struct caller *caller, bool *go_on) {
    int found = open_caller_fd(caller, fd), placeholder = -1;
    if (found >= 0 && is_waiting(caller->listener, caller->call)) placeholder = lift_cover(found);
    if (found >= 0) close(found);
    *go_on = placeholder < 0;
    if (*go_on) return 0;
    /* In the words of another process the path means another fd: ours of the placeholder. */
    if (copy->paths > 0) snprintf(copy->text[0], PATH_MAX, SELF_FD "%d", placeholder);
    copy->at[0] = placeholder;
    long result = carry_out(copy, caller);
    lay_lifted_covers();
    return result;
}

long answer_covered_call(int listener, const struct seccomp_notif *call, bool *go_on) {
    static struct copy copy;
    struct caller caller = {.root = -1, .cwd = -1};
    long result = 0;
    copy.shape = NULL;
    for (size_t i = 0; i < SHAPES; i++)
        if (shapes[i].nr == call->data.nr) copy.shape = &shapes[i];
    bool readable = copy.shape != NULL && copy_paths(&copy, call), pathless = copy.shape != NULL && call->data.args[1] == 0;
    *go_on = true;
    int fd = readable || pathless ? fd_of(&copy, call) : -1;
    bool met = fd >= 0 ? fd_is_covered(call, fd) : readable && names_a_cover(&copy);
    if (!met || !copy_rest(&copy, call) || !open_caller(&caller, listener, call)) return 0;
    *go_on = false;
    result = fd >= 0 ? answer_by_fd(&copy, fd, &caller, go_on) : answer_by_paths(&copy, &caller, go_on);
    close_caller(&caller);
    return result;
}
