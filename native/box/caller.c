/*
 * The thread whose call is answered: its memory, root, working directory and rights. Everything is read while it
 * waits; is_waiting says afterwards that its number still meant the same thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

/* A proc of our own, attached nowhere: what programs do to the one of the box does not matter. */
static int proc = -1;
static int own_root = -1;

static bool set_effective(unsigned long long capabilities) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &head, sets) < 0) return false;
    for (int i = 0; i < 2; i++) sets[i].effective = (unsigned)(capabilities >> 32 * i) & sets[i].permitted;
    return syscall(SYS_capset, &head, sets) == 0;
}

/* Needs all of an older proc in sight, as any new one (user_namespaces(7)). */
void open_own_proc(void) {
    proc = make_filesystem("proc", 0, (const char *const[]){NULL});
    if (proc < 0) fail("proc", "of the recorder");
}

void open_own_root(void) {
    own_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (own_root < 0) fail("recorder", "/");
}

int own_proc(void) { return proc; }

static int open_of(pid_t pid, const char *what, int flags) {
    char path[64];
    snprintf(path, sizeof path, "%d/%s", (int)pid, what);
    return openat(proc, path, flags | O_CLOEXEC);
}

static const char *find_line(const char *status, const char *name) {
    const char *line = strstr(status, name);
    return line == NULL ? "" : line + strlen(name);
}

/* Fourth of the ids: the one of the file system. */
static unsigned long fourth(const char *text) {
    unsigned long value = (unsigned long)-1;
    for (int i = 0; i < 4; i++) {
        char *end;
        value = strtoul(text, &end, 10);
        text = end;
    }
    return value;
}

static void read_groups(struct caller *caller, const char *text) {
    while (caller->group_count < MOST_GROUPS) {
        char *end;
        text += strspn(text, " \t");
        unsigned long group = strtoul(text, &end, 10);
        if (end == text || *text == '\n') return;
        caller->groups[caller->group_count++] = (gid_t)group;
        text = end;
    }
}

static bool read_status(struct caller *caller) {
    char status[8192];
    int fd = open_of((pid_t)caller->call->pid, "status", O_RDONLY);
    if (fd < 0) return false;
    ssize_t length = read(fd, status, sizeof status - 1);
    close(fd);
    if (length <= 0) return false;
    status[length] = '\0';
    caller->umask = (mode_t)strtoul(find_line(status, "\nUmask:"), NULL, 8);
    caller->fsuid = (uid_t)fourth(find_line(status, "\nUid:"));
    caller->fsgid = (gid_t)fourth(find_line(status, "\nGid:"));
    caller->capabilities = strtoull(find_line(status, "\nCapEff:"), NULL, 16);
    read_groups(caller, find_line(status, "\nGroups:"));
    return true;
}

bool is_waiting(int listener, const struct seccomp_notif *call) {
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) == 0;
}

bool open_caller(struct caller *caller, int listener, const struct seccomp_notif *call) {
    *caller = (struct caller){.call = call, .listener = listener, .root = -1, .cwd = -1};
    caller->root = open_of((pid_t)call->pid, "root", O_PATH | O_DIRECTORY);
    caller->cwd = open_of((pid_t)call->pid, "cwd", O_PATH | O_DIRECTORY);
    return caller->root >= 0 && caller->cwd >= 0 && read_status(caller) && is_waiting(listener, call);
}

int open_fd_of(const struct seccomp_notif *call, int fd) {
    char name[32];
    snprintf(name, sizeof name, "fd/%d", fd);
    return open_of((pid_t)call->pid, name, O_PATH);
}

/* What the fd is for the caller; ours to close. */
int open_caller_fd(const struct caller *caller, int fd) {
    if (fd == AT_FDCWD) return fcntl(caller->cwd, F_DUPFD_CLOEXEC, 3);
    int opened = open_fd_of(caller->call, fd);
    if (opened < 0 && errno == ENOENT) errno = EBADF;
    return opened;
}

void close_caller(struct caller *caller) {
    if (caller->root >= 0) close(caller->root);
    if (caller->cwd >= 0) close(caller->cwd);
}

bool read_caller_bytes(const struct seccomp_notif *call, unsigned long long address, void *bytes, size_t count) {
    struct iovec here = {bytes, count}, there = {(void *)(size_t)address, count};
    return process_vm_readv((pid_t)call->pid, &here, 1, &there, 1, 0) == (ssize_t)count;
}

/* Up to the end of the text, page by page: the page after it may be missing. */
bool read_caller_text(const struct seccomp_notif *call, unsigned long long address, char *text, size_t room) {
    const size_t page = 4096;
    for (size_t done = 0; done < room;) {
        size_t wanted = page - (size_t)((address + done) % page);
        if (wanted > room - done) wanted = room - done;
        struct iovec here = {text + done, wanted}, there = {(void *)(size_t)(address + done), wanted};
        ssize_t got = process_vm_readv((pid_t)call->pid, &here, 1, &there, 1, 0);
        if (got <= 0) {
            if (got == 0) errno = EFAULT;
            return false;
        }
        if (memchr(text + done, '\0', (size_t)got) != NULL) return true;
        done += (size_t)got;
    }
    errno = ENAMETOOLONG;
    return false;
}

/* From here on paths and permissions are those of the caller. Rights last: setting ids takes some. */
bool enter_caller(const struct caller *caller) {
    if (fchdir(caller->root) < 0 || chroot(".") < 0 || fchdir(caller->cwd) < 0) return false;
    if (setgroups(caller->group_count, caller->groups) < 0) return false;
    setfsgid(caller->fsgid);
    setfsuid(caller->fsuid);
    umask(caller->umask);
    return set_effective(caller->capabilities);
}

/* There is no way on from a half-way state. A change of ids takes back that our end follows the caller's. errno stays. */
void leave_caller(void) {
    int reason = errno;
    bool left = set_effective(~0ull);
    setfsuid(0);
    setfsgid(0);
    umask(0);
    left = left && setgroups(0, NULL) == 0 && fchdir(own_root) == 0 && chroot(".") == 0;
    left = left && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
    if (!left) fail("recorder", "leaving a caller");
    errno = reason;
}

int open_beneath(int at, const char *path, int flags, mode_t mode, unsigned long long resolve) {
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, at, path, &how, sizeof how);
}
