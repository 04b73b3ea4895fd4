/* Placeholders: made with the caller's rights at the caller's path, marked with ours. */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "box.h"
#include "notify.h"

unsigned long long mount_of(int file) {
    struct statx status;
    if (statx(file, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0) return 0;
    return status.stx_mnt_id;
}

bool same_mount(int one, int other) { return mount_of(one) != 0 && mount_of(one) == mount_of(other); }

bool write_mark(int file, struct node node) {
    char text[40];
    int length = snprintf(text, sizeof text, "%c %u %u", node.type, node.major, node.minor);
    return fsetxattr(file, NODE_MARK, text, (size_t)length, 0) == 0;
}

bool read_mark(int file, struct node *node) {
    char text[40];
    ssize_t length = fgetxattr(file, NODE_MARK, text, sizeof text - 1);
    if (length <= 0) return false;
    text[length] = '\0';
    return sscanf(text, "%c %u %u", &node->type, &node->major, &node->minor) == 3;
}

/*
 * As mknod has it: the umask holds, a link in the last place is something that exists. Links of proc are not followed:
 * those of "self" would be ours.
 */
static int create(const struct caller *caller, int at, const char *path, mode_t mode) {
    struct open_how how = {
        .flags = O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC,
        .mode = mode & 07777,
        .resolve = RESOLVE_NO_MAGICLINKS,
    };
    int file = enter_caller(caller) ? (int)syscall(SYS_openat2, at, path, &how, sizeof how) : -1;
    leave_caller();
    if (file < 0 && errno == EISDIR) errno = ENOENT; /* "name/" */
    return file;
}

/* The name is free again; should it have been moved meanwhile, an empty file without a mark stays. */
static void take_back(const struct caller *caller, int at, const char *path, int file) {
    struct stat made, there;
    int reason = errno;
    if (enter_caller(caller) && fstat(file, &made) == 0 && fstatat(at, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        made.st_ino == there.st_ino && made.st_dev == there.st_dev)
        unlinkat(at, path, 0);
    leave_caller();
    errno = reason;
}

/* Nodes on file systems that end with the box need no mark; without one on the root they would be lost in silence. */
static bool record(int file, struct node node) {
    if (is_on_dev(file)) return remember_dev_node(file, node);
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool recorded = write_mark(file, node) || !same_mount(file, root);
    close(root);
    return recorded;
}

int make_placeholder(const struct caller *caller, int at, const char *path, mode_t mode, struct node node) {
    int file = create(caller, at, path, mode);
    if (file < 0) return -errno;
    if (!record(file, node)) {
        int reason = errno;
        take_back(caller, at, path, file);
        close(file);
        return -reason;
    }
    lay_cover(file, node);
    close(file);
    return 0;
}
